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

/// Oldest PostgreSQL that is accepted: the oldest that is still maintained. (The tests run on 15.)
const OLDEST: i32 = 14;
/// How a read begins: two queries of it see the same state.
pub const BEGIN_READ: &str = "begin isolation level repeatable read read only";
/// Time limit of a statement of a read on a worker, where other requests wait meanwhile.
const READ_LIMIT: Duration = Duration::from_secs(2);
/// After this time without a statement, the server ends a transaction whose process hangs: the lock of a writer stops all
/// others.
const IDLE_LIMIT: Duration = Duration::from_secs(5);
/// The same of a read, whose reader may be slow: it holds up nobody, but what is deleted meanwhile stays on the disk.
const READ_IDLE_LIMIT: Duration = Duration::from_secs(600);
/// Time limit of a statement of the writer: a purge of an article with all its comments may take long.
const WRITE_LIMIT: Duration = Duration::from_secs(60);
/// How much longer than the server's own time limits an answer may take, before the server is taken to hang.
const HANGS_AFTER: Duration = Duration::from_secs(1);

/// Connects, and sets the limits of the connection.
pub fn open(server: &Server, access: Access, options: &Options) -> Result<PgConnection, OpenError> {
    let mut conn = connect(server)?;
    let (statement, idle) = match access {
        Access::Write => (Duration::ZERO, IDLE_LIMIT),
        Access::Read => (READ_LIMIT, READ_IDLE_LIMIT),
        Access::Search => (options.search_deadline, READ_IDLE_LIMIT),
    };
    if options.watches {
        let longest = if access == Access::Write { WRITE_LIMIT } else { statement };
        watch(&mut conn, server, longest + HANGS_AFTER);
    }
    // The server may ask for more than `on`: what is stronger stays.
    let synchronous = match options.synchronous.is_kept() {
        true => {
            "case when current_setting('synchronous_commit') in ('off', 'local') then 'on' else current_setting('synchronous_commit') end"
        }
        false => "'off'",
    };
    // How many articles a word finds decides the plan: one plan for all words would be wrong for most.
    let plans = if access == Access::Search { "force_custom_plan" } else { "auto" };
    let settings = format!(
        "set copydesk.writes = 'on'; set statement_timeout = {}; set lock_timeout = {}; set idle_in_transaction_session_timeout = {};
         select set_config('synchronous_commit', {synchronous}, false); set plan_cache_mode = {plans};
         set client_min_messages = warning",
        statement.as_millis(),
        options.busy_timeout.as_millis(),
        idle.as_millis(),
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
