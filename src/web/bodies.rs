//! The memory of request bodies: many at once must not take all there is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::problem::{Code, Problem};

/// Most memory of all bodies that are being read, in bytes: 128 of the largest.
const BODIES_MAX: usize = 256 * 1024 * 1024;
/// The part of it that clients without a key may take: a thousand times what the largest comment needs. The rest stays
/// for editors, whatever readers send.
const WITHOUT_KEY_MAX: usize = 64 * 1024 * 1024;

/// The memory of request bodies that are being read.
#[derive(Clone, Default)]
pub struct Bodies(Arc<Sizes>);

#[derive(Default)]
struct Sizes {
    with_key: AtomicUsize,
    without_key: AtomicUsize,
}

impl Bodies {
    /// Bytes that they take now.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.with_key.load(Ordering::Relaxed) + self.0.without_key.load(Ordering::Relaxed)
    }

    /// What one body takes of it: nothing yet.
    pub(super) fn share(&self, has_key: bool) -> Share<'_> {
        Share { all: self, bytes: 0, has_key }
    }
}

/// What one body takes of the shared memory, until it is dropped.
pub(super) struct Share<'a> {
    all: &'a Bodies,
    bytes: usize,
    has_key: bool,
}

impl Share<'_> {
    fn taken(&self) -> &AtomicUsize {
        match self.has_key {
            true => &self.all.0.with_key,
            false => &self.all.0.without_key,
        }
    }

    /// Takes more of it.
    pub(super) fn grow(&mut self, more: usize) -> Result<(), Problem> {
        let most = match self.has_key {
            true => BODIES_MAX - WITHOUT_KEY_MAX,
            false => WITHOUT_KEY_MAX,
        };
        let before = self.taken().fetch_add(more, Ordering::Relaxed);
        self.bytes += more;
        match before + more <= most {
            true => Ok(()),
            false => Err(Problem::plain(Code::Overloaded)
                .caused_by("the bodies of all requests take too much memory")),
        }
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.taken().fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_readers_send_leaves_room_for_editors() {
        let bodies = Bodies::default();
        let (mut reader, mut editor) = (bodies.share(false), bodies.share(true));
        assert!(reader.grow(WITHOUT_KEY_MAX).is_ok());
        assert!(reader.grow(1).is_err() && bodies.share(false).grow(1).is_err());
        assert!(editor.grow(BODIES_MAX - WITHOUT_KEY_MAX).is_ok());
        assert!(editor.grow(1).is_err());
        drop(reader);
        assert!(bodies.share(false).grow(WITHOUT_KEY_MAX).is_ok());
        drop(editor);
        assert_eq!(bodies.bytes(), 0);
    }
}
