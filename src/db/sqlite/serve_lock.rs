//! The right to serve a file, which one process has.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::{FlockOperation, fcntl_lock};
use rustix::io::Errno;

use super::inspect::{Purpose, look};
use super::names::identity;
use crate::db::error::OpenError;

/// Keeps the database at `path` from being opened by another process, as SQLite sees it, until the file is dropped.
/// `None` if one has it open: in WAL mode from its first read on, else while it reads or writes.
///
/// This process must have no connection to it: dropping the file drops SQLite's locks.
pub(in crate::db) fn keep_closed(path: &Path) -> io::Result<Option<File>> {
    let file = File::options().read(true).write(true).open(path)?;
    match fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(Errno::ACCESS | Errno::AGAIN) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

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
        let fault = |error: io::Error| OpenError::unreadable(path, &error);
        let file = File::open(path).map_err(fault)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::in_use(path)),
            Err(TryLockError::Error(error)) => return Err(fault(error)),
        }
        // A restore may have put another there since it was opened.
        let found = file.metadata().map_err(fault)?;
        match identity(path).map_err(fault)? == Some((found.dev(), found.ino())) {
            true => Ok(Self { _file: file }),
            false => Err(OpenError::in_use(path)),
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
