//! The place of the database file, which a reset in test mode changes.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

/// The path of the file that all connections of this process are to have open.
pub struct Place {
    path: RwLock<PathBuf>,
    /// How often it was changed: a connection that has opened another is opened anew.
    number: AtomicU64,
}

impl Place {
    pub fn new(path: &Path) -> Self {
        Self { path: RwLock::new(path.to_owned()), number: AtomicU64::new(0) }
    }

    /// The number of the present file.
    pub fn number(&self) -> u64 {
        self.number.load(Ordering::Acquire)
    }

    /// The present path, with its number.
    pub fn present(&self) -> (PathBuf, u64) {
        let path = self.path.read().unwrap_or_else(PoisonError::into_inner);
        (path.clone(), self.number())
    }

    /// Puts another file in its place: each connection opens it with its next use.
    pub fn change(&self, path: &Path) {
        let mut present = self.path.write().unwrap_or_else(PoisonError::into_inner);
        path.clone_into(&mut present);
        self.number.fetch_add(1, Ordering::Release);
    }
}
