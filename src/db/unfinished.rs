//! A file that is being made: under a temporary name, until it is whole.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use tempfile::NamedTempFile;

use super::error::OpenError;
use super::names::{beside, folder_of};

/// Part of the temporary name of a file that is being made.
const UNFINISHED: &str = "new-";

/// A database that is being made, under a unique name (unique even if a process in another
/// container has the same id), locked so that no other process takes it for an abandoned one. Only
/// its owner may read it.
pub(super) struct Unfinished(NamedTempFile);

impl Unfinished {
    pub(super) fn start(path: &Path) -> Result<Self, OpenError> {
        let fault = |error: io::Error| OpenError::unwritable(folder_of(path), &error);
        let made = tempfile::Builder::new()
            .prefix(&unfinished_prefix(path))
            .tempfile_in(folder_of(path))
            .map_err(fault)?;
        made.as_file().lock().map_err(fault)?;
        Ok(Self(made))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Renames it to `path`, in the place of what is there.
    pub(super) fn replace(self, path: &Path) -> Result<(), OpenError> {
        let fault = |error: io::Error| OpenError::unwritable(path, &error);
        self.0.persist(path).map_err(|failed| fault(failed.error))?;
        sync_folder_of(path).map_err(fault)
    }

    /// Renames it to `path`, unless another process was faster: its file wins then.
    pub(super) fn put_in_place(self, path: &Path) -> Result<(), OpenError> {
        let fault = |error: io::Error| OpenError::unwritable(path, &error);
        match self.0.persist_noclobber(path) {
            Err(failed) if failed.error.kind() != io::ErrorKind::AlreadyExists => {
                Err(fault(failed.error))
            }
            _ => sync_folder_of(path).map_err(fault),
        }
    }
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    File::open(folder_of(path)).and_then(|folder| folder.sync_all())
}

fn unfinished_prefix(path: &Path) -> OsString {
    let mut prefix = path.file_name().unwrap_or_default().to_owned();
    prefix.push("-");
    prefix.push(UNFINISHED);
    prefix
}

/// Removes temporary files that killed starts left next to `path`. Best effort: they do no harm.
pub(super) fn remove_unfinished(path: &Path) {
    let prefix = unfinished_prefix(path);
    let entries = fs::read_dir(folder_of(path)).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let found = name.as_encoded_bytes();
        // SQLite's own files next to it have a suffix and no lock; they are removed with it.
        let is_one = found
            .strip_prefix(prefix.as_encoded_bytes())
            .is_some_and(|rest| rest.iter().all(u8::is_ascii_alphanumeric));
        if is_one && is_abandoned(&entry.path()) {
            let _ = remove_database(&entry.path());
        }
    }
}

/// True if no process is working on the file. An empty one is about to be locked.
fn is_abandoned(path: &Path) -> bool {
    let has_content =
        fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && found.len() > 0);
    has_content && File::open(path).is_ok_and(|file| file.try_lock().is_ok())
}

/// Removes a database with SQLite's files next to it: a leftover WAL would be replayed into the
/// next file of that name.
pub(super) fn remove_database(path: &Path) -> io::Result<()> {
    let suffixes = ["wal", "shm", "journal"];
    let beside = suffixes.map(|suffix| beside(path, suffix));
    for part in [path.to_owned()].iter().chain(&beside) {
        match fs::remove_file(part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
