//! The schema's migrations, compiled into the binary: one list of versions for both engines.

use std::fmt;

use diesel::migration::{MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::conn::Conn;
use super::error::OpenError;

/// All migrations of a database in a file, oldest first.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// The same of a database on a server: each has the version of the SQLite migration with the same content.
const ON_SERVER: EmbeddedMigrations = embed_migrations!("migrations/postgres");

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Applies the pending migrations in a transaction that begins with `begin`, and returns their names. `name` is the
/// database's for people.
///
/// # Errors
/// [`OpenError`] if a migration fails (all are rolled back), or if the database has one that
/// this binary does not know.
pub fn migrate(
    conn: &mut Conn,
    name: &dyn fmt::Display,
    begin: &str,
) -> Result<Vec<String>, OpenError> {
    // Two processes may start at once: one of them migrates, the other finds it done.
    let done = conn.transaction(begin, |conn| {
        let applied = applied(conn)?;
        if let Err(error) =
            refuse_newer(name, applied.iter().map(ToString::to_string), known(conn)?)
        {
            return Ok(Err(error));
        }
        let done = match conn {
            Conn::Sqlite(conn) => conn.run_pending_migrations(MIGRATIONS)?,
            Conn::Postgres(conn) => conn.run_pending_migrations(ON_SERVER)?,
        };
        let done = done.iter().map(ToString::to_string).collect();
        // Data that SQL alone cannot derive.
        super::spelling::refresh(conn)?;
        super::reading::set_current_if_empty(conn)?;
        Ok(Ok(done))
    });
    let remedy = match conn {
        Conn::Sqlite(_) => "restore a backup",
        Conn::Postgres(_) => "name a server that takes writes, and a user that owns the tables",
    };
    done.unwrap_or_else(|error: Fault| Err(OpenError::not_up_to_date(name, remedy, &error)))
}

fn applied(conn: &mut Conn) -> Result<Vec<MigrationVersion<'static>>, Fault> {
    match conn {
        Conn::Sqlite(conn) => conn.applied_migrations(),
        Conn::Postgres(conn) => conn.applied_migrations(),
    }
}

/// The versions that this binary knows, of the connection's engine.
fn known(conn: &Conn) -> Result<Vec<String>, Fault> {
    fn versions<B: diesel::backend::Backend>(
        source: &impl MigrationSource<B>,
    ) -> Result<Vec<String>, Fault> {
        let all = source.migrations()?;
        Ok(all.iter().map(|migration| migration.name().version().to_string()).collect())
    }
    match conn {
        Conn::Sqlite(_) => versions::<Sqlite>(&MIGRATIONS),
        Conn::Postgres(_) => versions::<Pg>(&ON_SERVER),
    }
}

/// True if all migrations of this binary, and no other, are applied. Reads, and writes nothing.
///
/// # Errors
/// [`OpenError`] if the database has one that this binary does not know.
pub fn is_current(conn: &mut Conn, name: &dyn fmt::Display) -> Result<bool, OpenError> {
    let known = known(conn).map_err(|error| fault(name, &error))?;
    let applied = applied(conn).map_err(|error| fault(name, &error))?;
    let is_all = applied.len() == known.len();
    refuse_newer(name, applied.iter().map(ToString::to_string), known)?;
    let is_spelled = super::spelling::is_current(conn);
    Ok(is_all && is_spelled.map_err(|error| fault(name, &error))?)
}

/// The first migration of this binary that the file lacks. Reads, and writes nothing.
pub(super) fn first_pending(
    conn: &mut SqliteConnection,
    name: &dyn fmt::Display,
) -> Result<Option<String>, OpenError> {
    let pending = conn.pending_migrations(MIGRATIONS).map_err(|error| fault(name, &error))?;
    Ok(pending.first().map(|migration| migration.name().version().to_string()))
}

/// Refuses a file that has a migration of a newer Copydesk. Reads, and writes nothing.
pub(super) fn refuse_newer_file(
    conn: &mut SqliteConnection,
    path: &std::path::Path,
) -> Result<(), OpenError> {
    #[derive(QueryableByName)]
    struct Applied {
        #[diesel(sql_type = Text)]
        version: String,
    }
    let applied =
        diesel::sql_query("select version from __diesel_schema_migrations order by version")
            .load::<Applied>(conn)
            .map_err(|error| OpenError::cannot_open(path, &error))?;
    let known = MigrationSource::<Sqlite>::migrations(&MIGRATIONS)
        .map_err(|error| fault(&path.display(), &error))?;
    let known = known.iter().map(|migration| migration.name().version().to_string()).collect();
    refuse_newer(&path.display(), applied.into_iter().map(|row| row.version), known)
}

fn refuse_newer(
    name: &dyn fmt::Display,
    mut applied: impl Iterator<Item = String>,
    known: Vec<String>,
) -> Result<(), OpenError> {
    match applied.find(|version| !known.contains(version)) {
        Some(unknown) => Err(OpenError::newer(name, &unknown)),
        None => Ok(()),
    }
}

fn fault(name: &dyn fmt::Display, cause: &dyn fmt::Display) -> OpenError {
    OpenError::not_up_to_date(name, "restore a backup", cause)
}
