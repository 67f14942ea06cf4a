//! The schema's migrations, compiled into the binary.

use std::fmt;
use std::path::Path;

use diesel::migration::MigrationSource;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::Conn;
use super::error::{OpenError, Reason};

/// All migrations, oldest first.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Applies the pending migrations and returns their names.
///
/// # Errors
/// [`OpenError`] if a migration fails (that one is rolled back whole), or if the file has one that
/// this binary does not know.
pub fn migrate(conn: &mut Conn, path: &Path) -> Result<Vec<String>, OpenError> {
    // Two processes may start at once: one of them migrates, the other finds it done.
    let done = conn.immediate_transaction(|conn| {
        let applied = conn.applied_migrations()?;
        if let Err(error) = refuse_newer(path, applied.iter().map(ToString::to_string)) {
            return Ok(Err(error));
        }
        let done = conn.run_pending_migrations(MIGRATIONS)?;
        let done = done.iter().map(ToString::to_string).collect();
        // Data that SQL alone cannot derive.
        super::spelling::refresh(conn)?;
        super::reading::set_current_if_empty(conn)?;
        Ok(Ok(done))
    });
    done.unwrap_or_else(|error: Box<dyn std::error::Error + Send + Sync>| Err(fault(path, &error)))
}

/// The first migration of this binary that the file lacks. Reads, and writes nothing.
pub(super) fn first_pending(conn: &mut Conn, path: &Path) -> Result<Option<String>, OpenError> {
    let pending = conn.pending_migrations(MIGRATIONS).map_err(|error| fault(path, &error))?;
    Ok(pending.first().map(|migration| migration.name().version().to_string()))
}

/// Refuses a file that has a migration of a newer Copydesk. Reads, and writes nothing.
pub(super) fn refuse_newer_file(conn: &mut Conn, path: &Path) -> Result<(), OpenError> {
    #[derive(QueryableByName)]
    struct Applied {
        #[diesel(sql_type = Text)]
        version: String,
    }
    let applied =
        diesel::sql_query("select version from __diesel_schema_migrations order by version")
            .load::<Applied>(conn)
            .map_err(|error| OpenError::cannot_open(path, &error))?;
    refuse_newer(path, applied.into_iter().map(|row| row.version))
}

fn refuse_newer(path: &Path, mut applied: impl Iterator<Item = String>) -> Result<(), OpenError> {
    let known: Vec<String> = MigrationSource::<Sqlite>::migrations(&MIGRATIONS)
        .map_err(|error| fault(path, &error))?
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect();
    match applied.find(|version| !known.contains(version)) {
        Some(unknown) => Err(OpenError::newer(path, &unknown)),
        None => Ok(()),
    }
}

fn fault(path: &Path, cause: &dyn fmt::Display) -> OpenError {
    OpenError::of(
        Reason::Other,
        format!(
            "the schema of {} could not be brought up to date ({cause}); restore a backup or name another file in DATABASE_URL.",
            path.display()
        ),
    )
}
