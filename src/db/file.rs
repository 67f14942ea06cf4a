//! The database file: made whole or not at all, and served by one process.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::connection::{Access, open};
use super::error::OpenError;
use super::migrate::migrate;
use super::{Options, inspect};

/// Only the owner reads a newsroom's drafts and its readers' addresses.
const OWNER_ONLY: u32 = 0o600;

/// Marks a file as Copydesk's: "CDSK" in ASCII, in SQLite's `application_id`.
pub(super) const APPLICATION_ID: i32 = 0x4344_534b;

/// Makes the database file where there is none and brings its schema up to date.
/// Returns the names of the migrations applied.
///
/// A new file is made under a temporary name, synced and then put in place, so
/// that a kill at any moment leaves either no file or a whole one.
///
/// # Errors
/// [`OpenError`] with the reason and the remedy; what was there is untouched then.
pub fn ensure_file(path: &Path, options: &Options) -> Result<Vec<String>, OpenError> {
    let exists = inspect::look(path)?;
    remove_unfinished(path);
    if exists {
        inspect::look_inside(path, options)?;
        let mut conn = open(path, Access::Write, options)?;
        return migrate(&mut conn, path);
    }
    let unfinished = Unfinished::start(path)?;
    let applied = make(&unfinished.path, options)?;
    put_in_place(&unfinished.path, path).map_err(|error| OpenError::unwritable(path, &error))?;
    Ok(applied)
}

/// Marks the temporary name of a file that is being made.
const UNFINISHED: &str = "new-";

/// A database on its way, under a name of its own, held by a lock so that no
/// other process takes it for one that was left behind. It goes with this value:
/// by then the file has its real name, or is not wanted.
struct Unfinished {
    path: PathBuf,
    _lock: File,
}

impl Unfinished {
    fn start(path: &Path) -> Result<Self, OpenError> {
        let unfinished = beside(path, &format!("{UNFINISHED}{}", std::process::id()));
        let lock = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(OWNER_ONLY)
            .open(&unfinished)
            .map_err(|error| OpenError::unwritable(folder_of(path), &error))?;
        lock.lock()
            .map_err(|error| OpenError::unwritable(&unfinished, &error))?;
        Ok(Self {
            path: unfinished,
            _lock: lock,
        })
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Best effort: what stays behind is removed by the next start.
        let _ = remove_database(&self.path);
    }
}

/// Removes what killed starts have left beside `path`. Best effort: it does no harm there.
fn remove_unfinished(path: &Path) {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return;
    };
    let prefix = format!("{name}-{UNFINISHED}");
    let entries = fs::read_dir(folder_of(path))
        .into_iter()
        .flatten()
        .flatten();
    for entry in entries {
        let found = entry.file_name();
        // What SQLite keeps beside such a file has no lock of its own, and goes with it.
        let is_one = found
            .to_str()
            .and_then(|found| found.strip_prefix(&prefix))
            .is_some_and(|id| id.bytes().all(|c| c.is_ascii_digit()));
        let is_abandoned = || File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
        if is_one && is_abandoned() {
            let _ = remove_database(&entry.path());
        }
    }
}

fn set_application_id(conn: &mut SqliteConnection) -> QueryResult<()> {
    conn.batch_execute(&format!("pragma application_id = {APPLICATION_ID};"))
}

/// Removes a database with what SQLite keeps beside it: a log left behind
/// would be replayed into the next file of that name.
fn remove_database(path: &Path) -> io::Result<()> {
    for part in [path.to_owned(), beside(path, "wal"), beside(path, "shm")] {
        match fs::remove_file(&part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Fills the empty file at `path`.
fn make(path: &Path, options: &Options) -> Result<Vec<String>, OpenError> {
    let fault = |error: &dyn std::fmt::Display| OpenError::cannot_open(path, error);
    let applied = {
        let mut conn = open(path, Access::Write, options)?;
        set_application_id(&mut conn).map_err(|error| fault(&error))?;
        let applied = migrate(&mut conn, path)?;
        // Everything into the one file that is about to be renamed.
        conn.batch_execute("pragma wal_checkpoint(truncate);")
            .map_err(|error| fault(&error))?;
        applied
    };
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|error| fault(&error))?;
    Ok(applied)
}

/// Puts the finished file under its name, unless another process was faster: its file wins then.
fn put_in_place(unfinished: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(unfinished, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => File::open(folder_of(path))?.sync_all(),
    }
}

/// The folder that a file is in.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// `path` with `-suffix` behind its name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-");
    name.push(suffix);
    PathBuf::from(name)
}

/// The path without symbolic links, so that one file has one lock by whatever name it goes.
fn real_path(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    // The file may be about to be made; its folder is there.
    match (folder_of(path).canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

/// Holds the right to serve a file. The lock ends with the process, however that ends.
pub struct ServeLock {
    _file: File,
}

impl ServeLock {
    /// Takes the right to serve `path`.
    ///
    /// A file of its own is locked: opening and closing the database file
    /// itself would drop SQLite's own locks on it (POSIX locks belong to the process).
    ///
    /// # Errors
    /// [`OpenError`] where another process serves it, or it cannot be served at all.
    pub fn take(path: &Path) -> Result<Self, OpenError> {
        inspect::look(path)?;
        let lock = beside(&real_path(path), "serve.lock");
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(OWNER_ONLY)
            .open(&lock)
            .map_err(|error| OpenError::unwritable(&lock, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::in_use(path)),
            Err(TryLockError::Error(error)) => Err(OpenError::unwritable(&lock, &error)),
        }
    }
}
