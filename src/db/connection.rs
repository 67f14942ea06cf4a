//! Opening a connection: pragmas, and the asserted SQLite.

use std::path::{Path, PathBuf};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager as _};
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::error::OpenError;
use super::file::beside;
use super::{Options, search};

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The one writer of this process.
    Write,
    /// Queries only.
    Read,
}

/// Oldest SQLite that is fit: older ones can corrupt a database in WAL mode.
const SQLITE_OLDEST: (u32, u32, u32) = (3, 51, 3);

/// Bytes of the log that are kept for use again: one that grew in a long read is
/// cut back to this, since a start after a kill reads all of it.
const LOG_KEPT: u64 = 16 * 1024 * 1024;

/// Compile options that queries and speed rely on (`.cargo/config.toml`).
const OPTIONS_NEEDED: [&str; 4] = [
    "ENABLE_QPSG",
    "DEFAULT_MEMSTATUS=0",
    "LIKE_DOESNT_MATCH_BLOBS",
    "OMIT_SHARED_CACHE",
];
/// Compile options that would undo them.
const OPTIONS_UNWANTED: [&str; 2] = ["ENABLE_STAT4", "ENABLE_MEMORY_MANAGEMENT"];

/// A connection that is opened anew where SQLite has broken it off: on a full
/// disk or a failing one it rolls a whole transaction back, savepoints and all,
/// and Diesel will not use such a connection again.
pub struct Lasting {
    conn: SqliteConnection,
    path: PathBuf,
    access: Access,
    options: Options,
}

impl Lasting {
    /// Opens `path`, which must exist.
    pub fn open(path: &Path, access: Access, options: &Options) -> Result<Self, OpenError> {
        let conn = open(path, access, options)?;
        Ok(Self {
            conn,
            path: path.to_owned(),
            access,
            options: options.clone(),
        })
    }

    /// The connection, fit for use unless the file cannot be opened any more.
    pub fn get(&mut self) -> &mut SqliteConnection {
        if AnsiTransactionManager::is_broken_transaction_manager(&mut self.conn) {
            match open(&self.path, self.access, &self.options) {
                Ok(conn) => self.conn = conn,
                Err(error) => log::error!("{error}"),
            }
        }
        &mut self.conn
    }
}

/// Opens `path`, which must exist, and sets the connection up.
pub fn open(path: &Path, access: Access, options: &Options) -> Result<SqliteConnection, OpenError> {
    let mut conn = connect(path, "rw", options)?;
    setup(&mut conn, access, options).map_err(|error| OpenError::cannot_open(path, &error))?;
    Ok(conn)
}

/// Opens `path`, which must exist, and leaves it as it is: such a connection
/// cannot write, so closing it takes no log back into the file.
pub fn connect_read_only(path: &Path, options: &Options) -> Result<SqliteConnection, OpenError> {
    connect(path, "ro", options)
}

/// The same for a moment's look. Where there is no log nobody has the file open,
/// and one is not made for it.
pub fn connect_to_look(path: &Path, options: &Options) -> Result<SqliteConnection, OpenError> {
    match beside(path, "wal").exists() {
        true => connect_read_only(path, options),
        false => connect(path, "ro&immutable=1", options),
    }
}

fn connect(path: &Path, mode: &str, options: &Options) -> Result<SqliteConnection, OpenError> {
    let fault = |error: &dyn std::fmt::Display| OpenError::cannot_open(path, error);
    let url = url_of(path, mode)?;
    let mut conn = SqliteConnection::establish(&url).map_err(|error| fault(&error))?;
    let wait = options.busy_timeout.as_millis();
    conn.batch_execute(&format!("pragma busy_timeout = {wait};"))
        .map_err(|error| fault(&error))?;
    Ok(conn)
}

/// The `file:` URL (SQLite's URI form) that opens `path` and creates nothing.
fn url_of(path: &Path, mode: &str) -> Result<String, OpenError> {
    let text = path
        .to_str()
        .ok_or_else(|| OpenError::path_not_text(path))?;
    let escaped = text
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23");
    // An absolute path is written with an empty authority: `//tmp` would be read as one.
    let authority = if path.is_absolute() { "//" } else { "" };
    Ok(format!("file:{authority}{escaped}?mode={mode}"))
}

fn setup(conn: &mut SqliteConnection, access: Access, options: &Options) -> QueryResult<()> {
    let synchronous = options.synchronous.word();
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
    // A reader opens the file for writing too (it needs the shared memory), and is held to reading here.
    if access == Access::Read {
        conn.batch_execute("pragma query_only = on;")?;
    }
    search::register_deadline(conn)
}

/// The version of the SQLite in this binary.
///
/// # Errors
/// A database fault.
pub fn sqlite_version(conn: &mut SqliteConnection) -> QueryResult<String> {
    diesel::select(diesel::dsl::sql::<Text>("sqlite_version()")).get_result(conn)
}

/// The compile options of the SQLite in this binary.
///
/// # Errors
/// A database fault.
pub fn compile_options(conn: &mut SqliteConnection) -> QueryResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        compile_options: String,
    }
    let rows = diesel::sql_query("pragma compile_options").load::<Row>(conn)?;
    Ok(rows.into_iter().map(|row| row.compile_options).collect())
}

/// Asserts that the SQLite in this binary is one that keeps what it answered.
///
/// # Errors
/// [`OpenError`] naming what is wrong with it.
pub fn assert_sqlite() -> Result<(), OpenError> {
    let fault = |error: &dyn std::fmt::Display| OpenError::wrong_sqlite(error);
    let mut conn = SqliteConnection::establish(":memory:").map_err(|e| fault(&e))?;
    let version = sqlite_version(&mut conn).map_err(|e| fault(&e))?;
    let mut numbers = version.split('.').map(|n| n.parse::<u32>().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    if (next(), next(), next()) < SQLITE_OLDEST {
        let (a, b, c) = SQLITE_OLDEST;
        return Err(fault(&format!(
            "it is {version}, and {a}.{b}.{c} or newer is needed"
        )));
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
