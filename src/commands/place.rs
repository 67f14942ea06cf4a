//! Where a command finds its newsroom: in a file, or in memory until it ends.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::db::{Options, Synchronous};
use crate::settings::{self, Cli};

/// Where Linux keeps files in memory.
const IN_MEMORY: &str = "/dev/shm";
/// What the names of the folders begin with that keep nothing.
const PREFIX: &str = "copydesk-ephemeral-";
/// A file in each of them, locked as long as its process lives.
const ALIVE: &str = "alive.lock";

/// A database's path and how it is opened; a folder that keeps nothing goes with it.
pub(super) struct Place {
    path: PathBuf,
    pub(super) options: Options,
    ephemeral: Option<Ephemeral>,
}

struct Ephemeral {
    _folder: TempDir,
    _alive: File,
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
            path: cli.settings.database_url.clone(),
            options: Options {
                synchronous,
                ..Options::default()
            },
            ephemeral: None,
        })
    }

    /// A fresh private folder on disk: a copy of a newsroom need not fit into memory.
    pub(super) fn scratch() -> io::Result<Self> {
        Self::fresh_in(&tempfile::env::temp_dir())
    }

    /// A fresh private folder, in memory where the system has files in memory.
    fn ephemeral() -> io::Result<Self> {
        let in_memory = Path::new(IN_MEMORY);
        match in_memory.is_dir() {
            true => Self::fresh_in(in_memory),
            false => Self::scratch(),
        }
    }

    fn fresh_in(base: &Path) -> io::Result<Self> {
        remove_abandoned(base);
        // Its permissions are the owner's alone.
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(base)?;
        // Locked before it has its name: who finds it finds it locked.
        let nameless = folder.path().join("alive.new");
        let alive = File::create(&nameless)?;
        alive.lock()?;
        fs::rename(nameless, folder.path().join(ALIVE))?;
        Ok(Self {
            path: folder.path().join("copydesk.db"),
            options: Options {
                synchronous: Synchronous::Off,
                ..Options::default()
            },
            ephemeral: Some(Ephemeral {
                _folder: folder,
                _alive: alive,
            }),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// How it is named to people.
    pub(super) fn name(&self) -> String {
        match self.ephemeral {
            Some(_) => "in memory, gone at the end".to_owned(),
            None => self.path.display().to_string(),
        }
    }
}

/// Removes the folders of processes that were killed: they would fill the memory.
/// Best effort: another user's cannot be removed, and need not be.
fn remove_abandoned(base: &Path) {
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let is_one = entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(PREFIX.as_bytes());
        // A folder without the file is about to get it.
        let abandoned =
            || File::open(entry.path().join(ALIVE)).is_ok_and(|alive| alive.try_lock().is_ok());
        if is_one && abandoned() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
