//! The database file: created atomically, and served by one process.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use tempfile::NamedTempFile;

use super::Conn;
use super::connection::{Access, open};
use super::error::OpenError;
use super::inspect::Purpose;
use super::migrate::migrate;
use super::names::{APPLICATION_ID, beside, folder_of};
use super::{Options, inspect};

/// A database that exists and is up to date.
pub struct Ensured {
    /// The names of the migrations that were applied.
    pub applied: Vec<String>,
    /// True if older rules have made the search index: it is to be made anew.
    pub is_index_old: bool,
    /// Open for as long as this value lives: the first connection reads the whole WAL, and the
    /// last one to close checkpoints it. Connections that are opened while this is held do
    /// neither.
    _held: Conn,
}

/// Creates the database file if it does not exist and brings its schema up to date.
///
/// A new file is made under a temporary name, synced and then renamed, so that a kill at any
/// moment leaves either no file or a complete one.
///
/// # Errors
/// [`OpenError`] with the reason and the remedy; an existing file is unchanged then.
pub fn ensure_file(path: &Path, options: &Options) -> Result<Ensured, OpenError> {
    let exists = inspect::look(path, Purpose::Write)?;
    remove_unfinished(path);
    let mut applied = Vec::new();
    if !exists {
        let unfinished = Unfinished::start(path)?;
        applied = make(unfinished.0.path(), options)?;
        unfinished.put_in_place(path)?;
    }
    let looked = inspect::look_inside(path, options)?;
    let mut held = open(path, Access::Write, options)?;
    drop(looked);
    applied.extend(migrate(&mut held, path)?);
    let is_current = super::reading::is_current(&mut held);
    let is_index_old = !is_current.map_err(|error| OpenError::cannot_open(path, &error))?;
    Ok(Ensured { applied, is_index_old, _held: held })
}

/// Passes if the file exists, for a command that needs one and creates none.
///
/// # Errors
/// [`OpenError`] if it does not.
pub fn must_exist(path: &Path) -> Result<(), OpenError> {
    match path.exists() {
        true => Ok(()),
        false => Err(OpenError::missing(path)),
    }
}

/// Part of the temporary name of a file that is being made.
const UNFINISHED: &str = "new-";

/// A database that is being made, under a unique name (unique even if a process in another
/// container has the same id), locked so that no other process takes it for an abandoned one. Only
/// its owner may read it.
struct Unfinished(NamedTempFile);

impl Unfinished {
    fn start(path: &Path) -> Result<Self, OpenError> {
        let fault = |error: io::Error| OpenError::unwritable(folder_of(path), &error);
        let made = tempfile::Builder::new()
            .prefix(&unfinished_prefix(path))
            .tempfile_in(folder_of(path))
            .map_err(fault)?;
        made.as_file().lock().map_err(fault)?;
        Ok(Self(made))
    }

    /// Renames it to `path`, unless another process was faster: its file wins then.
    fn put_in_place(self, path: &Path) -> Result<(), OpenError> {
        let fault = |error: io::Error| OpenError::unwritable(path, &error);
        match self.0.persist_noclobber(path) {
            Err(failed) if failed.error.kind() != io::ErrorKind::AlreadyExists => {
                Err(fault(failed.error))
            }
            _ => File::open(folder_of(path)).and_then(|folder| folder.sync_all()).map_err(fault),
        }
    }
}

fn unfinished_prefix(path: &Path) -> OsString {
    let mut prefix = path.file_name().unwrap_or_default().to_owned();
    prefix.push("-");
    prefix.push(UNFINISHED);
    prefix
}

/// Removes temporary files that killed starts left next to `path`. Best effort: they do no harm.
fn remove_unfinished(path: &Path) {
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

fn set_application_id(conn: &mut Conn) -> QueryResult<()> {
    conn.batch_execute(&format!("pragma application_id = {APPLICATION_ID};"))
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

/// Initializes the empty file at `path`.
fn make(path: &Path, options: &Options) -> Result<Vec<String>, OpenError> {
    let fault = |error: &dyn std::fmt::Display| OpenError::cannot_open(path, error);
    let applied = {
        let mut conn = open(path, Access::Write, options)?;
        set_application_id(&mut conn).map_err(|error| fault(&error))?;
        let applied = migrate(&mut conn, path)?;
        // Moves everything into the one file that is about to be renamed.
        conn.batch_execute("pragma wal_checkpoint(truncate);").map_err(|error| fault(&error))?;
        applied
    };
    File::open(path).and_then(|file| file.sync_all()).map_err(|error| fault(&error))?;
    Ok(applied)
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
        match inspect::look(path, Purpose::Write)? {
            true => Self::take(path).map(Some),
            false => Ok(None),
        }
    }
}
