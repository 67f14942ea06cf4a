//! A file that is being made: under a temporary name, until it is whole.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use tempfile::NamedTempFile;

use super::folder_lock::FolderLock;
use super::names::{SUFFIXES, beside, folder_of, remove_if_there};
use crate::db::error::OpenError;

/// Part of the temporary name of a file that is being made.
const UNFINISHED: &str = "new-";
/// The user who may give files away.
const ROOT: u32 = 0;

/// A database that is being made, under a unique name (unique even if a process in another
/// container has the same id), locked so that no other process takes it for an abandoned one. Only
/// its owner may read it.
pub(in crate::db) struct Unfinished {
    file: NamedTempFile,
    _made: Made,
}

/// The files that this process is making. A signal ends all of it at once, wherever that is.
static MAKING: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn making() -> MutexGuard<'static, Vec<PathBuf>> {
    MAKING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes the files that this process is making, right before it ends.
pub fn abandon_unfinished() {
    for path in making().drain(..) {
        // The next to be made there removes what cannot be removed now.
        let _ = remove_database(&path);
    }
}

/// An entry among the files that are being made, for as long as one is.
struct Made(PathBuf);

impl Made {
    fn start(path: &Path) -> Self {
        making().push(path.to_owned());
        Self(path.to_owned())
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        making().retain(|path| *path != self.0);
    }
}

impl Unfinished {
    pub(in crate::db) fn start(path: &Path) -> Result<Self, OpenError> {
        let fault = |error: io::Error| OpenError::unwritable(folder_of(path), &error);
        // Whoever removes what others left sees it locked, or does not see it.
        let _folder = FolderLock::alone(path);
        let file = tempfile::Builder::new()
            .prefix(&unfinished_prefix(path))
            .tempfile_in(folder_of(path))
            .map_err(fault)?;
        file.as_file().lock().map_err(fault)?;
        let made = Made::start(file.path());
        Ok(Self { file, _made: made })
    }

    pub(in crate::db) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Gives it to the owner of `like`: what root makes is for the user whose files are there.
    pub(in crate::db) fn belong_like(&self, like: &Path) -> Result<(), OpenError> {
        let fault = |error: io::Error| OpenError::unwritable(self.path(), &error);
        let (own, other) = (fs::metadata(self.path()), fs::metadata(like));
        let (own, other) = (own.map_err(fault)?, other.map_err(fault)?);
        if (own.uid(), own.gid()) == (other.uid(), other.gid()) || own.uid() != ROOT {
            return Ok(());
        }
        chown(self.path(), Some(other.uid()), Some(other.gid())).map_err(fault)
    }

    /// Puts it in the place of `path`, which gets the name `aside`. At every moment one of the two is at `path`.
    pub(in crate::db) fn exchange(self, path: &Path, aside: &Path) -> Result<(), OpenError> {
        let fault = |error: io::Error| OpenError::unwritable(path, &error);
        let made = self.path().to_owned();
        let (_lock, _) = self.file.keep().map_err(|failed| fault(failed.error))?;
        // Not from its temporary name: whoever took the old one there for abandoned would remove it.
        fs::rename(&made, aside).map_err(fault)?;
        if renameat_with(CWD, aside, CWD, path, RenameFlags::EXCHANGE).is_err() {
            // A file system that cannot: the old one gets its second name first.
            fs::rename(aside, &made).map_err(fault)?;
            fs::hard_link(path, aside).map_err(fault)?;
            fs::rename(&made, path).map_err(fault)?;
        }
        sync_folder_of(path).map_err(fault)
    }

    /// Renames it to `path`, in the place of what is there.
    pub(in crate::db) fn replace(self, path: &Path) -> Result<(), OpenError> {
        let fault = |error: io::Error| OpenError::unwritable(path, &error);
        self.file.persist(path).map_err(|failed| fault(failed.error))?;
        sync_folder_of(path).map_err(fault)
    }

    /// Renames it to `path`, unless another process was faster: its file wins then, and this returns `false`.
    pub(in crate::db) fn put_in_place(self, path: &Path) -> Result<bool, OpenError> {
        let fault = |error: io::Error| OpenError::unwritable(path, &error);
        let is_there = match self.file.persist_noclobber(path) {
            Ok(_) => true,
            Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => false,
            Err(failed) => return Err(fault(failed.error)),
        };
        sync_folder_of(path).map_err(fault)?;
        Ok(is_there)
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
pub fn remove_unfinished(path: &Path) {
    let folder = FolderLock::alone(path);
    let prefix = unfinished_prefix(path);
    let entries = fs::read_dir(folder_of(path)).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let found = name.as_encoded_bytes();
        // SQLite's own files next to it have a suffix and no lock; they are removed with it.
        let is_one = found
            .strip_prefix(prefix.as_encoded_bytes())
            .is_some_and(|rest| rest.iter().all(u8::is_ascii_alphanumeric));
        if is_one && is_abandoned(&entry.path(), folder.is_some()) {
            let _ = remove_database(&entry.path());
        }
    }
}

/// True if no process is working on the file. Where folders have no locks, an empty one may be about to be locked.
fn is_abandoned(path: &Path, knows_all: bool) -> bool {
    let is_one = fs::symlink_metadata(path)
        .is_ok_and(|found| found.is_file() && (knows_all || found.len() > 0));
    is_one && File::open(path).is_ok_and(|file| file.try_lock().is_ok())
}

/// Removes a database with SQLite's files next to it: a leftover WAL would be replayed into the
/// next file of that name.
pub(in crate::db) fn remove_database(path: &Path) -> io::Result<()> {
    let beside = SUFFIXES.map(|suffix| beside(path, suffix));
    // The file itself last: by its name the others are found.
    beside.iter().try_for_each(|part| remove_if_there(part))?;
    remove_if_there(path)
}
