//! Opening a connection: its limits, and the version of the server.

use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::server::Server;
use super::watch::watch;
use crate::db::Options;
use crate::db::access::Access;
use crate::db::error::OpenError;

/// Oldest PostgreSQL that is accepted: the oldest that is still maintained, and that is tested.
const OLDEST: i32 = 14;
/// How a read begins: two queries of it see the same state.
pub const BEGIN_READ: &str = "begin isolation level repeatable read read only";
/// Time limit of a statement of a read on a worker, where other requests wait meanwhile.
const READ_LIMIT: Duration = Duration::from_secs(2);
/// After this time without a statement, the server ends a transaction whose process hangs: the lock of a writer stops all
/// others.
const IDLE_LIMIT: Duration = Duration::from_secs(5);
/// How much longer than the server's own time limits an answer may take, before the server is taken to hang.
const HANGS_AFTER: Duration = Duration::from_secs(1);

/// Connects, and sets the limits of the connection.
pub fn open(server: &Server, access: Access, options: &Options) -> Result<PgConnection, OpenError> {
    let mut conn = connect(server)?;
    let (statement, synchronous) = match access {
        Access::Write => (Duration::ZERO, options.synchronous.word_of_commit()),
        Access::Read => (READ_LIMIT, "on"),
        Access::Search => (options.search_deadline, "on"),
    };
    if options.watches {
        let longest = if access == Access::Write { options.busy_timeout } else { statement };
        watch(&mut conn, longest + HANGS_AFTER);
    }
    let settings = format!(
        "set copydesk.writes = 'on'; set statement_timeout = {}; set lock_timeout = {}; set idle_in_transaction_session_timeout = {};
         set synchronous_commit = {synchronous}; set client_min_messages = warning",
        statement.as_millis(),
        options.busy_timeout.as_millis(),
        IDLE_LIMIT.as_millis(),
    );
    conn.batch_execute(&settings).map_err(|error| OpenError::of_server(server, &error))?;
    Ok(conn)
}

/// Connects to a server that is new enough.
pub fn connect(server: &Server) -> Result<PgConnection, OpenError> {
    let fault = |error: &dyn std::fmt::Display| OpenError::of_server(server, error);
    let mut conn = PgConnection::establish(&server.connect_url()).map_err(|error| fault(&error))?;
    let number = diesel::select(diesel::dsl::sql::<Text>("current_setting('server_version')"));
    let version: String = number.get_result(&mut conn).map_err(|error| fault(&error))?;
    let major = version.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    match major.parse::<i32>() {
        Ok(major) if major >= OLDEST => Ok(conn),
        _ => Err(OpenError::old_server(server, &version, OLDEST)),
    }
}
