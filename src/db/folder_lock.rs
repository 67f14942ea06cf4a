//! The lock of a database's folder: what is done with names of files there is done by one process at a time.

use std::fs::File;
use std::path::Path;

use super::names::folder_of;

/// The lock of a folder, until it is dropped. It holds between processes, and between two of one process.
pub(super) struct FolderLock {
    _folder: File,
}

impl FolderLock {
    /// The right to give, take and exchange names in the folder of `path`. `None` on a file system that has no locks
    /// for folders.
    pub(super) fn alone(path: &Path) -> Option<Self> {
        Self::of(path, File::lock)
    }

    /// The right to open the file at `path`, which is the same file until SQLite has a lock on it.
    pub(super) fn shared(path: &Path) -> Option<Self> {
        Self::of(path, File::lock_shared)
    }

    fn of(path: &Path, lock: fn(&File) -> std::io::Result<()>) -> Option<Self> {
        let folder = File::open(folder_of(path)).ok()?;
        lock(&folder).ok()?;
        Some(Self { _folder: folder })
    }
}
