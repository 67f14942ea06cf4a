//! Checks that the open file is still the one at its path: if the file was moved, removed or
//! replaced while it is served, every write would be lost without notice.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::{Resource, getrlimit};

use super::names::{Identity, beside, folder_of, identity, remove_if_there};
use crate::problem::{Code, Problem};

/// Bytes by which SQLite may want to lengthen a file. It calls it a fault of the disk if there is no room for them,
/// unless the error is ENOSPC of a write.
const ROOM_NEEDED: usize = 64 * 1024;

/// The database's file and its WAL, as they were opened.
pub struct Presence(Mutex<Noted>);

struct Noted {
    path: PathBuf,
    file: Identity,
    log_path: PathBuf,
    /// The WAL's identity; SQLite creates the WAL with the first write.
    log: Option<Identity>,
    /// True if a file was missing at the last check.
    missing: bool,
}

impl Presence {
    /// The presence of the file at `path`, which was just opened.
    pub(in crate::db) fn of(path: &Path) -> io::Result<Self> {
        Ok(Self(Mutex::new(Noted::of(path)?)))
    }

    /// From now on it is the presence of the file at `path`.
    pub(in crate::db) fn follow(&self, path: &Path) -> io::Result<()> {
        *self.noted() = Noted::of(path)?;
        Ok(())
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True if there is no room for more: a full or read-only file system, a quota, a limit of the length of files. What
    /// was refused for that is lost nowhere.
    pub(in crate::db) fn has_no_room(&self) -> bool {
        let noted = self.noted();
        let length = |path: &Path| fs::metadata(path).map_or(0, |found| found.len());
        let longest = length(&noted.path).max(length(&noted.log_path));
        let most = getrlimit(Resource::Fsize).current.unwrap_or(u64::MAX);
        // By a file of its own, without a name: what it is refused for, SQLite was.
        let tried = tempfile::tempfile_in(folder_of(&noted.path))
            .and_then(|mut file| file.write_all(&[0; ROOM_NEEDED]));
        let has_none = |error: io::Error| {
            use io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
            matches!(error.kind(), QuotaExceeded | ReadOnlyFilesystem | StorageFull)
        };
        longest + ROOM_NEEDED as u64 > most || tried.is_err_and(has_none)
    }

    /// Length of the log, in bytes.
    pub(in crate::db) fn log_length(&self) -> u64 {
        fs::metadata(&self.noted().log_path).map_or(0, |found| found.len())
    }

    /// Passes while both files are in their places. A change is logged once.
    ///
    /// # Errors
    /// `database_replaced`.
    pub(in crate::db) fn check(&self) -> Result<(), Problem> {
        let mut noted = self.noted();
        let noted = &mut *noted;
        let (path, log_path) = (&noted.path, &noted.log_path);
        // A file that cannot be checked for another reason counts as unchanged.
        let is_there = identity(path).map_or(true, |found| found == Some(noted.file));
        let log = identity(log_path).ok().flatten();
        let log_is_there = match noted.log {
            Some(known) => log == Some(known),
            None => {
                noted.log = log;
                true
            }
        };
        let missing = !(is_there && log_is_there);
        if missing != noted.missing {
            noted.missing = missing;
            let name = if is_there { log_path } else { path };
            match missing {
                true => log::error!(
                    "{} was moved, removed or replaced while it is served: no writes until it is back; put it back, or stop the server (SIGTERM: it puts its log aside then) and start it on the file that is to be served",
                    name.display()
                ),
                false => log::info!("{} is back: writes go on", path.display()),
            }
        }
        match missing {
            true => Err(Problem::plain(Code::DatabaseReplaced)),
            false => Ok(()),
        }
    }
}

impl Presence {
    /// Renames the WAL if another file is in the place of its database, so that the next start
    /// does not replay it into that file; returns its new name. Call it only after all connections
    /// are closed.
    ///
    /// # Errors
    /// If it cannot be renamed.
    pub fn put_log_aside(&self) -> io::Result<Option<PathBuf>> {
        let noted = self.noted();
        let (path, log_path) = (&noted.path, &noted.log_path);
        let is_replaced = identity(path)?.is_some_and(|found| found != noted.file);
        let log = identity(log_path)?;
        if !is_replaced || log.is_none() || noted.log != log {
            return Ok(None);
        }
        let aside = beside(path, &format!("wal-of-{:x}", noted.file.1));
        fs::rename(log_path, &aside)?;
        // SQLite rebuilds it from the WAL whenever it needs it.
        remove_if_there(&beside(path, "shm")).map(|()| Some(aside))
    }
}

impl Noted {
    fn of(path: &Path) -> io::Result<Self> {
        let file = identity(path)?.unwrap_or_default();
        let (path, log_path) = (path.to_owned(), beside(path, "wal"));
        Ok(Self { path, file, log_path, log: None, missing: false })
    }
}
