//! The schema's migrations, compiled into the binary.

use diesel::migration::{MigrationSource, MigrationVersion};
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::error::OpenError;

/// All migrations, oldest first.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Applies what is missing and names what was applied.
///
/// # Errors
/// [`OpenError`] where a migration fails (that one is rolled back whole), or
/// where the file has one that this binary doesn't know.
pub fn migrate(conn: &mut SqliteConnection) -> Result<Vec<String>, OpenError> {
    let known: Vec<MigrationVersion<'static>> = MigrationSource::<Sqlite>::migrations(&MIGRATIONS)
        .map_err(|error| fault(&error))?
        .iter()
        .map(|migration| migration.name().version().as_owned())
        .collect();
    let applied = conn.applied_migrations().map_err(|error| fault(&error))?;
    if let Some(unknown) = applied.iter().find(|version| !known.contains(version)) {
        return Err(OpenError::from_text(format!(
            "the database was written by a newer Copydesk (migration {unknown}); use that version or a backup."
        )));
    }
    let done = conn
        .run_pending_migrations(MIGRATIONS)
        .map_err(|error| fault(&error))?;
    Ok(done.iter().map(ToString::to_string).collect())
}

fn fault(cause: &dyn std::fmt::Display) -> OpenError {
    OpenError::from_text(format!(
        "the database's schema could not be brought up to date ({cause}); restore a backup or name another file in DATABASE_URL."
    ))
}
