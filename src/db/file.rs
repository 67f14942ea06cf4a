//! The database file: made whole or not at all, and served by one process.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Integer;

use super::connection::{Access, connect, open};
use super::error::OpenError;
use super::{Options, migrate};

/// Only the owner reads a newsroom's drafts and its readers' addresses.
const OWNER_ONLY: u32 = 0o600;

/// Marks a file as Copydesk's: "CDSK" in ASCII, in SQLite's `application_id`.
const APPLICATION_ID: i32 = 0x4344_534b;

/// Makes the database file where there is none and brings its schema up to date.
/// Returns the names of the migrations applied.
///
/// A new file is made under a temporary name, synced and then put in place, so
/// that a kill at any moment leaves either no file or a whole one.
///
/// # Errors
/// [`OpenError`] with the reason and the remedy.
pub fn ensure_file(path: &Path, options: &Options) -> Result<Vec<String>, OpenError> {
    let exists = || {
        path.try_exists()
            .map_err(|error| OpenError::cannot_open(path, &error))
    };
    if exists()? {
        claim(path, options)?;
        let mut conn = open(path, Access::Write, options)?;
        return migrate(&mut conn);
    }
    let log = beside(path, "wal");
    // Asked again: another process may just have made the file.
    if log.exists() && !exists()? {
        // It may hold writes that were answered, so it is neither replayed into a new file nor removed.
        return Err(OpenError::orphaned_log(path, &log));
    }
    let temporary = beside(path, &format!("new-{}", std::process::id()));
    // In a container every process has the same id: one that was killed here may have left its own.
    remove_database(&temporary)?;
    let made = make(&temporary, options).and_then(|applied| {
        put_in_place(&temporary, path).map_err(|error| OpenError::cannot_open(path, &error))?;
        Ok(applied)
    });
    if made.is_err() {
        // Best effort: the reason for the failure is what the caller needs to see.
        let _ = remove_database(&temporary);
    }
    made
}

/// Makes sure that a file is Copydesk's before anything is written to it. An
/// empty file is taken over.
fn claim(path: &Path, options: &Options) -> Result<(), OpenError> {
    #[derive(QueryableByName)]
    struct Owner {
        #[diesel(sql_type = Integer)]
        application_id: i32,
        #[diesel(sql_type = Integer)]
        tables: i32,
    }
    let fault = |error: &dyn std::fmt::Display| OpenError::cannot_open(path, error);
    let mut conn = connect(path, options)?;
    let asked = "select application_id, (select count(*) from sqlite_schema) as tables from pragma_application_id";
    let owner: Owner = diesel::sql_query(asked)
        .get_result(&mut conn)
        .map_err(|error| fault(&error))?;
    match owner {
        Owner {
            application_id: APPLICATION_ID,
            ..
        } => Ok(()),
        Owner {
            application_id: 0,
            tables: 0,
        } => set_application_id(&mut conn).map_err(|error| fault(&error)),
        _ => Err(OpenError::foreign(path)),
    }
}

fn set_application_id(conn: &mut SqliteConnection) -> QueryResult<()> {
    conn.batch_execute(&format!("pragma application_id = {APPLICATION_ID};"))
}

/// Removes a database with what SQLite keeps beside it: a log left behind
/// would be replayed into the next file of that name.
fn remove_database(path: &Path) -> Result<(), OpenError> {
    for part in [path.to_owned(), beside(path, "wal"), beside(path, "shm")] {
        match fs::remove_file(&part) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(OpenError::cannot_open(&part, &error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn make(path: &Path, options: &Options) -> Result<Vec<String>, OpenError> {
    let fault = |error: &dyn std::fmt::Display| OpenError::cannot_open(path, error);
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(OWNER_ONLY)
        .open(path)
        .map_err(|error| fault(&error))?;
    let applied = {
        let mut conn = open(path, Access::Write, options)?;
        set_application_id(&mut conn).map_err(|error| fault(&error))?;
        let applied = migrate(&mut conn)?;
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
fn put_in_place(temporary: &Path, path: &Path) -> std::io::Result<()> {
    match fs::hard_link(temporary, path) {
        // A name that leads nowhere exists too.
        Err(error)
            if error.kind() != std::io::ErrorKind::AlreadyExists || !path.try_exists()? =>
        {
            return Err(error);
        }
        _ => fs::remove_file(temporary)?,
    }
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

/// `path` with `-suffix` behind its name.
fn beside(path: &Path, suffix: &str) -> PathBuf {
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
    let (parent, name) = (path.parent().unwrap_or(Path::new("")), path.file_name());
    let folder = if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    };
    match (folder.canonicalize(), name) {
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
    /// [`OpenError`] where another process serves it.
    pub fn take(path: &Path) -> Result<Self, OpenError> {
        let lock = beside(&real_path(path), "serve.lock");
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(OWNER_ONLY)
            .open(&lock)
            .map_err(|error| OpenError::cannot_open(&lock, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::in_use(path)),
            Err(TryLockError::Error(error)) => Err(OpenError::cannot_open(&lock, &error)),
        }
    }
}
