//! Names of files: the database, and SQLite's files next to it.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Marks a file as a Copydesk database: "CDSK" in ASCII, in SQLite's `application_id`.
pub(in crate::db) const APPLICATION_ID: i32 = 0x4344_534b;

/// Suffixes of SQLite's files next to a database.
pub(in crate::db) const SUFFIXES: [&str; 3] = ["wal", "shm", "journal"];

/// Those of them that are read into a database when it is opened: what was written to it, or how it was before.
pub(in crate::db) const LOGS: [&str; 2] = ["wal", "journal"];

/// Device and inode: the identity of a file under any name.
pub(in crate::db) type Identity = (u64, u64);

/// The identity of the file at `path`; `None` if there is none.
pub(in crate::db) fn identity(path: &Path) -> io::Result<Option<Identity>> {
    match fs::metadata(path) {
        Ok(found) => Ok(Some((found.dev(), found.ino()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The folder that a file is in.
pub(in crate::db) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// `path` with `-suffix` appended to its name.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-");
    name.push(suffix);
    PathBuf::from(name)
}

/// The target of a symbolic link: SQLite keeps the WAL next to the target.
#[must_use]
pub fn resolved(path: &Path) -> PathBuf {
    match path.is_symlink() {
        // A dangling link is refused when the file is checked.
        true => path.canonicalize().unwrap_or_else(|_| path.to_owned()),
        false => path.to_owned(),
    }
}

/// Removes a file; that it is gone already is no error.
///
/// # Errors
/// Any other reason why it cannot be removed.
pub fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
