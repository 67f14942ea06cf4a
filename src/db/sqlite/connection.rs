//! Opening a connection: pragmas, and the checks of the linked SQLite.

use std::path::Path;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::folder_lock::FolderLock;
use super::names::beside;
use crate::db::access::Access;
use crate::db::error::OpenError;
use crate::db::{Options, deadline};

/// Oldest SQLite that is accepted: older ones can corrupt a database in WAL mode.
const SQLITE_OLDEST: (u32, u32, u32) = (3, 51, 3);

/// Bytes of the WAL that are kept for reuse (`journal_size_limit`). One that grew during a long
/// read is truncated to this, since a start after a kill reads all of it.
const LOG_KEPT: u64 = 16 * 1024 * 1024;

/// Compile options that the queries and their speed need (`.cargo/config.toml`).
const OPTIONS_NEEDED: [&str; 5] = [
    "ENABLE_QPSG", "DEFAULT_MEMSTATUS=0", "LIKE_DOESNT_MATCH_BLOBS", "OMIT_SHARED_CACHE",
    "THREADSAFE=2",
];
/// Compile options that would defeat them.
const OPTIONS_UNWANTED: [&str; 2] = ["ENABLE_STAT4", "ENABLE_MEMORY_MANAGEMENT"];

/// Opens `path`, which must exist, and configures the connection.
pub fn open(path: &Path, access: Access, options: &Options) -> Result<SqliteConnection, OpenError> {
    let mut conn = connect(path, "rw", options)?;
    setup(&mut conn, access, options).map_err(|error| OpenError::cannot_open(path, &error))?;
    Ok(conn)
}

/// Opens `path`, which must exist, read-only and without changes: such a connection cannot write,
/// so closing it does not checkpoint the WAL.
fn connect_read_only(path: &Path, options: &Options) -> Result<SqliteConnection, OpenError> {
    connect(path, "ro", options)
}

/// The same for a short look. Without a WAL nobody has the file open, and none is created. With a rollback journal, which
/// another program has left, the file is whole only once that is played back.
pub fn connect_to_look(path: &Path, options: &Options) -> Result<SqliteConnection, OpenError> {
    if beside(path, "journal").exists() {
        return connect(path, "rw", options);
    }
    match beside(path, "wal").exists() {
        true => connect_read_only(path, options),
        false => connect(path, "ro&immutable=1", options),
    }
}

/// The same to copy all of it, which takes a while. A connection that may write takes the log away with it at the end,
/// if it is the last.
pub fn connect_to_copy(path: &Path, options: &Options) -> Result<SqliteConnection, OpenError> {
    connect(path, "rw", options).or_else(|_| connect_read_only(path, options))
}

fn connect(path: &Path, mode: &str, options: &Options) -> Result<SqliteConnection, OpenError> {
    let fault = |error: &dyn std::fmt::Display| OpenError::cannot_open(path, error);
    let url = url_of(path, mode)?;
    // Otherwise a restore could put another file at the path in between, and this one would write its log beside that.
    let _folder = FolderLock::shared(path);
    let mut conn = SqliteConnection::establish(&url).map_err(|error| fault(&error))?;
    let wait = options.busy_timeout.as_millis();
    conn.batch_execute(&format!("pragma busy_timeout = {wait};")).map_err(|error| fault(&error))?;
    // From the first read on SQLite has a lock on the file. What is wrong with it is met again, and told, by the next.
    let _ = conn.batch_execute("pragma schema_version;");
    Ok(conn)
}

/// The `file:` URL (SQLite's URI form) that opens `path` and never creates it.
fn url_of(path: &Path, mode: &str) -> Result<String, OpenError> {
    let text = path.to_str().ok_or_else(|| OpenError::path_not_text(path))?;
    let escaped = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    // An absolute path needs an empty authority: `//tmp` would be read as one.
    let authority = if path.is_absolute() { "//" } else { "" };
    Ok(format!("file:{authority}{escaped}?mode={mode}"))
}

fn setup(conn: &mut SqliteConnection, access: Access, options: &Options) -> QueryResult<()> {
    let synchronous = options.synchronous.word();
    if access == Access::Write {
        // Of a new file only, before its first page: free pages can be given back one by one. The writer takes the log
        // back itself: SQLite tells nobody of what fails there.
        conn.batch_execute("pragma auto_vacuum = incremental; pragma wal_autocheckpoint = 0;")?;
    }
    conn.batch_execute(&format!(
        "pragma journal_mode = wal;
         pragma synchronous = {synchronous};
         pragma journal_size_limit = {LOG_KEPT};
         pragma foreign_keys = on;
         pragma secure_delete = on;
         pragma trusted_schema = off;
         pragma cache_size = -16384;
         pragma temp_store = memory;",
    ))?;
    // A reader opens the file for writing too (it needs the shared memory), and is made read-only
    // here.
    if access != Access::Write {
        conn.batch_execute("pragma query_only = on;")?;
    }
    deadline::register_limits(conn)
}

/// The version of the linked SQLite.
pub fn sqlite_version(conn: &mut SqliteConnection) -> QueryResult<String> {
    diesel::select(diesel::dsl::sql::<Text>("sqlite_version()")).get_result(conn)
}

/// The compile options of the linked SQLite.
pub fn compile_options(conn: &mut SqliteConnection) -> QueryResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        compile_options: String,
    }
    let rows = diesel::sql_query("pragma compile_options").load::<Row>(conn)?;
    Ok(rows.into_iter().map(|row| row.compile_options).collect())
}

/// Checks that the linked SQLite does not lose acknowledged writes.
///
/// # Errors
/// [`OpenError`] with what is wrong with it.
pub fn assert_sqlite() -> Result<(), OpenError> {
    let fault = |error: &dyn std::fmt::Display| OpenError::wrong_sqlite(error);
    let mut conn = SqliteConnection::establish(":memory:").map_err(|e| fault(&e))?;
    let version = sqlite_version(&mut conn).map_err(|e| fault(&e))?;
    let mut numbers = version.split('.').map(|n| n.parse::<u32>().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    if (next(), next(), next()) < SQLITE_OLDEST {
        let (a, b, c) = SQLITE_OLDEST;
        return Err(fault(&format!("it is {version}, and {a}.{b}.{c} or newer is needed")));
    }
    let options = compile_options(&mut conn).map_err(|e| fault(&e))?;
    let has = |name: &str| options.iter().any(|option| option == name);
    if let Some(missing) = OPTIONS_NEEDED.iter().find(|name| !has(name)) {
        return Err(fault(&format!(
            "it was built without {missing}; build inside the project, where .cargo/config.toml is read"
        )));
    }
    if let Some(unwanted) = OPTIONS_UNWANTED.iter().find(|name| has(name)) {
        return Err(fault(&format!("it was built with {unwanted}")));
    }
    Ok(())
}
