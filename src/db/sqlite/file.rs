//! The database file: created atomically, and brought up to date.

use std::fs::File;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::backup::before_migration;
use super::connection::open;
use super::inspect;
use super::inspect::Purpose;
use super::names::APPLICATION_ID;
use super::serve_lock::ServeLock;
use super::unfinished::{Unfinished, remove_unfinished};
use super::write_through::write_log_through;
use crate::db::access::Access;
use crate::db::conn::Conn;
use crate::db::ensured::Ensured;
use crate::db::error::OpenError;
use crate::db::migrate::{first_pending, migrate};
use crate::db::{Options, Synchronous, reading};

/// Creates the database file if it does not exist and brings its schema up to date.
///
/// The schema is not changed beneath a server, unless it is the caller's own: `served` is the right to serve the file.
///
/// A new file is made under a temporary name, synced and then renamed, so that a kill at any
/// moment leaves either no file or a complete one.
///
/// # Errors
/// [`OpenError`] with the reason and the remedy; an existing file is unchanged then.
pub fn ensure_file(
    path: &Path,
    options: &Options,
    served: Option<&ServeLock>,
) -> Result<Ensured, OpenError> {
    let exists = inspect::look(path, Purpose::Write)?;
    remove_unfinished(path);
    let mut applied = Vec::new();
    if !exists {
        let unfinished = Unfinished::start(path)?;
        applied = make(unfinished.path(), options)?;
        unfinished.put_in_place(path)?;
    }
    if exists && inspect::is_copy_of_served(path) {
        log::warn!("{}: {}", path.display(), inspect::COPY_OF_SERVED);
    }
    let mut looked = inspect::look_inside(path, options)?;
    let pending = first_pending(&mut looked, &path.display())?;
    drop(looked);
    let is_kept = exists && options.synchronous != Synchronous::Off;
    if is_kept {
        write_log_through(path)?;
    }
    if let Some(first) = pending {
        let own = match served {
            Some(_) => None,
            None => Some(ServeLock::take(path).map_err(OpenError::to_migrate)?),
        };
        // A newsroom that keeps nothing needs no way back.
        if is_kept && options.backs_up {
            let backup = before_migration(path, &first, options)?;
            log::info!("{} is the newsroom as it was before the upgrade", backup.display());
        }
        // Closed before the lock is let go of.
        applied.extend(bring_up(&mut open(path, Access::Write, options)?.into(), path)?);
        drop(own);
    }
    let mut held = open(path, Access::Write, options)?.into();
    applied.extend(bring_up(&mut held, path)?);
    let is_current = reading::is_current(&mut held);
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

fn set_application_id(conn: &mut SqliteConnection) -> QueryResult<()> {
    conn.batch_execute(&format!("pragma application_id = {APPLICATION_ID};"))
}

/// Initializes the empty file at `path`.
fn make(path: &Path, options: &Options) -> Result<Vec<String>, OpenError> {
    let fault = |error: &dyn std::fmt::Display| OpenError::cannot_open(path, error);
    let applied = {
        let mut conn = open(path, Access::Write, options)?;
        set_application_id(&mut conn).map_err(|error| fault(&error))?;
        let mut conn = Conn::from(conn);
        let applied = bring_up(&mut conn, path)?;
        // Moves everything into the one file that is about to be renamed.
        conn.batch_execute("pragma wal_checkpoint(truncate);").map_err(|error| fault(&error))?;
        applied
    };
    File::open(path).and_then(|file| file.sync_all()).map_err(|error| fault(&error))?;
    Ok(applied)
}

fn bring_up(conn: &mut Conn, path: &Path) -> Result<Vec<String>, OpenError> {
    migrate(conn, &path.display(), "begin immediate")
}
