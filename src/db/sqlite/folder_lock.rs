//! The lock of a database's folder: what is done with names of files there is done by one process at a time.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use super::names::folder_of;

/// How often it is tried, and the pause in between: half a second in all. Our own hold it for milliseconds; another
/// program that holds it for longer must not keep a newsroom from starting.
const TRIES: usize = 100;
const BETWEEN_TRIES: Duration = Duration::from_millis(5);

/// The lock of a folder, until it is dropped. It holds between processes, and between two of one process.
pub(in crate::db) struct FolderLock {
    _folder: File,
}

impl FolderLock {
    /// The right to give, take and exchange names in the folder of `path`. `None` on a file system that has no locks
    /// for folders, or if another program does not let go of it.
    pub(in crate::db) fn alone(path: &Path) -> Option<Self> {
        Self::of(path, File::try_lock)
    }

    /// The right to open the file at `path`, which is the same file until SQLite has a lock on it.
    pub(in crate::db) fn shared(path: &Path) -> Option<Self> {
        Self::of(path, File::try_lock_shared)
    }

    fn of(path: &Path, lock: fn(&File) -> Result<(), TryLockError>) -> Option<Self> {
        let folder = File::open(folder_of(path)).ok()?;
        for _ in 0..TRIES {
            match lock(&folder) {
                Ok(()) => return Some(Self { _folder: folder }),
                Err(TryLockError::WouldBlock) => std::thread::sleep(BETWEEN_TRIES),
                Err(TryLockError::Error(_)) => return None,
            }
        }
        log::warn!("another program holds a lock on the folder {}", folder_of(path).display());
        None
    }
}
