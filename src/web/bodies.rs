//! The memory of request bodies: many at once must not take all there is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::problem::{Code, Problem};

/// Most memory of all bodies that are being read, in bytes: 128 of the largest.
const BODIES_MAX: usize = 256 * 1024 * 1024;

/// The memory of request bodies that are being read.
#[derive(Clone, Default)]
pub struct Bodies(Arc<AtomicUsize>);

impl Bodies {
    /// Bytes that they take now.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// What one body takes of it: nothing yet.
    pub(super) fn share(&self) -> Share<'_> {
        Share { all: self, bytes: 0 }
    }
}

/// What one body takes of the shared memory, until it is dropped.
pub(super) struct Share<'a> {
    all: &'a Bodies,
    bytes: usize,
}

impl Share<'_> {
    /// Takes more of it.
    pub(super) fn grow(&mut self, more: usize) -> Result<(), Problem> {
        let before = self.all.0.fetch_add(more, Ordering::Relaxed);
        self.bytes += more;
        match before + more <= BODIES_MAX {
            true => Ok(()),
            false => Err(Problem::plain(Code::Overloaded)
                .caused_by("the bodies of all requests take too much memory")),
        }
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.all.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
