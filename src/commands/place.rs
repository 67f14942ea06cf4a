//! Where a command finds its newsroom: in a file, or in memory until it ends.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;

use super::signals::on_ending;
use crate::db::{self, Options, Synchronous};
use crate::settings::{self, Cli};

/// Nobody else looks into a folder that keeps nothing.
const OWNER_ONLY: u32 = 0o700;
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
    /// Whether somebody else ends the process in an orderly way.
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
            path: db::resolved(&cli.settings.database_url),
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
        let doomed = Arc::new(Mutex::new(None::<PathBuf>));
        let is_ended_elsewhere = Arc::new(AtomicBool::new(false));
        let (to_remove, elsewhere) = (Arc::clone(&doomed), Arc::clone(&is_ended_elsewhere));
        // Before there is anything that could stay behind.
        on_ending(move |code| {
            if elsewhere.load(Ordering::Relaxed) {
                return;
            }
            let folder = to_remove.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(folder) = &*folder {
                // Best effort: what stays is removed by the next one.
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
                is_ended_elsewhere,
            }),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The caller listens to signals from now on, and lets this value go in the end.
    pub(super) fn is_ended_by_caller(&self) {
        if let Some(ephemeral) = &self.ephemeral {
            ephemeral.is_ended_elsewhere.store(true, Ordering::Relaxed);
        }
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
