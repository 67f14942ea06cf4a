//! The right to serve a file, which one process has.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::error::OpenError;
use super::inspect::{Purpose, look};

/// The right to serve a file: a lock that ends with the process, even if that is killed.
pub struct ServeLock {
    _file: File,
}

impl ServeLock {
    /// Locks the database at `path`, by whatever name it is given.
    ///
    /// The lock must outlive every connection to the file: closing any descriptor of it drops
    /// SQLite's own locks (POSIX locks belong to the process).
    ///
    /// # Errors
    /// [`OpenError`] if another process serves it.
    pub fn take(path: &Path) -> Result<Self, OpenError> {
        let file = File::open(path).map_err(|error| OpenError::unreadable(path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::in_use(path)),
            Err(TryLockError::Error(error)) => Err(OpenError::unreadable(path, &error)),
        }
    }

    /// The same if the file exists; `None` if it does not.
    ///
    /// # Errors
    /// [`OpenError`] if another process serves it, or it cannot be served at all.
    pub fn take_existing(path: &Path) -> Result<Option<Self>, OpenError> {
        match look(path, Purpose::Write)? {
            true => Self::take(path).map(Some),
            false => Ok(None),
        }
    }
}
