//! The place of a command's newsroom: a file, a server, or memory until the command ends.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;

use super::signals::on_ending;
use crate::db::{self, Location, OpenError, Options, Synchronous};
use crate::settings::{self, Cli};

/// Nobody else may look into an ephemeral folder.
const OWNER_ONLY: u32 = 0o700;
/// The folder in which Linux keeps files in memory.
const IN_MEMORY: &str = "/dev/shm";
/// The prefix of the names of ephemeral folders.
const PREFIX: &str = "copydesk-ephemeral-";
/// A file in each of them, locked while its process lives.
const ALIVE: &str = "alive.lock";

/// A database's location and options; an ephemeral folder is removed with it.
pub(super) struct Place {
    pub(super) location: Location,
    pub(super) options: Options,
    ephemeral: Option<Ephemeral>,
}

struct Ephemeral {
    _folder: TempDir,
    _alive: File,
    /// True if the caller ends the process in an orderly way.
    is_ended_elsewhere: Arc<AtomicBool>,
}

impl Place {
    /// The place that the settings name.
    pub(super) fn of(cli: &Cli) -> io::Result<Self> {
        if cli.keeps_nothing() {
            return Self::ephemeral();
        }
        let synchronous = match cli.settings.synchronous {
            settings::Synchronous::Full => Synchronous::Full,
            settings::Synchronous::Normal => Synchronous::Normal,
        };
        Ok(Self {
            location: match &cli.settings.database_url {
                Location::File(path) => Location::File(db::resolved(path)),
                server => server.clone(),
            },
            options: Options {
                synchronous,
                backups: cli.settings.backup_dir.clone(),
                ..Options::default()
            },
            ephemeral: None,
        })
    }

    /// A new private folder on disk: a copy of a newsroom may not fit into memory.
    pub(super) fn scratch() -> io::Result<Self> {
        let base = tempfile::env::temp_dir();
        Self::fresh_in(&base).map_err(|error| {
            let text = format!(
                "{} cannot hold a newsroom for a while ({error}); name a folder with room for it in TMPDIR.",
                base.display()
            );
            io::Error::new(error.kind(), text)
        })
    }

    /// A new private folder, in memory if the system has an in-memory file system.
    fn ephemeral() -> io::Result<Self> {
        let in_memory = Path::new(IN_MEMORY);
        match in_memory.is_dir() {
            true => Self::fresh_in(in_memory),
            false => Self::scratch(),
        }
    }

    fn fresh_in(base: &Path) -> io::Result<Self> {
        remove_abandoned(base);
        let doomed = Arc::new(Mutex::new(None::<PathBuf>));
        let is_ended_elsewhere = Arc::new(AtomicBool::new(false));
        let (to_remove, elsewhere) = (Arc::clone(&doomed), Arc::clone(&is_ended_elsewhere));
        // Before anything exists that could be left behind.
        on_ending(move |code| {
            if elsewhere.load(Ordering::Relaxed) {
                return;
            }
            let folder = to_remove.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(folder) = &*folder {
                // Best effort: what is left is removed by the next one.
                let _ = fs::remove_dir_all(folder);
            }
            std::process::exit(code.into());
        })?;
        let folder = {
            let mut doomed = doomed.lock().unwrap_or_else(PoisonError::into_inner);
            let folder = tempfile::Builder::new()
                .prefix(PREFIX)
                .permissions(fs::Permissions::from_mode(OWNER_ONLY))
                .tempdir_in(base)?;
            *doomed = Some(folder.path().to_owned());
            folder
        };
        // Locked before it gets its name: whoever finds it finds it locked.
        let nameless = folder.path().join("alive.new");
        let alive = File::create(&nameless)?;
        alive.lock()?;
        fs::rename(nameless, folder.path().join(ALIVE))?;
        Ok(Self {
            location: Location::File(folder.path().join("copydesk.db")),
            options: Options { synchronous: Synchronous::Off, ..Options::default() },
            ephemeral: Some(Ephemeral { _folder: folder, _alive: alive, is_ended_elsewhere }),
        })
    }

    /// The path of its file, for a command that works on files alone.
    pub(super) fn file(&self, instead: &str) -> Result<&Path, OpenError> {
        self.location.file(instead)
    }

    /// True if the database ends with the process.
    pub(super) fn keeps_nothing(&self) -> bool {
        self.ephemeral.is_some()
    }

    /// From now on the caller listens for signals, and drops this value at the end.
    pub(super) fn is_ended_by_caller(&self) {
        if let Some(ephemeral) = &self.ephemeral {
            ephemeral.is_ended_elsewhere.store(true, Ordering::Relaxed);
        }
    }

    /// Its name for people.
    pub(super) fn name(&self) -> String {
        match self.ephemeral {
            Some(_) => "in memory, gone at the end".to_owned(),
            None => self.location.to_string(),
        }
    }
}

/// Removes the folders of processes that were killed: they would fill the memory. Best effort:
/// another user's folders cannot be removed, and need not be.
fn remove_abandoned(base: &Path) {
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let is_one = entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes());
        // A folder without the file is about to get it.
        let abandoned =
            || File::open(entry.path().join(ALIVE)).is_ok_and(|alive| alive.try_lock().is_ok());
        if is_one && abandoned() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
