//! The schema on a server: brought up to date, and checked.

use diesel::connection::SimpleConnection as _;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::connection::connect;
use super::server::Server;
use crate::db::conn::Conn;
use crate::db::dialect::Engine as _;
use crate::db::ensured::Ensured;
use crate::db::error::OpenError;
use crate::db::invariant::{Finding, FindingKind, Invariant};
use crate::db::{migrate, reading};

/// How a change of the schema begins: with a lock of its own, so that of several processes that start at once one makes
/// it, and with that of the writers, so that nothing is written meanwhile.
const BEGIN_MIGRATION: &str = "begin isolation level read committed;
    select pg_advisory_xact_lock(1128551244); select pg_advisory_xact_lock(1128551243)";

/// Creates the tables in an empty database, and brings older ones up to date.
///
/// # Errors
/// [`OpenError`] if the server cannot be reached or refuses, if the tables are another program's or a newer Copydesk's.
pub fn ensure(server: &Server) -> Result<Ensured, OpenError> {
    let fault = |error: &dyn std::fmt::Display| OpenError::of_server(server, error);
    let mut conn = connect(server)?;
    // A warning for each table that is there already helps nobody.
    conn.batch_execute("set client_min_messages = warning").map_err(|error| fault(&error))?;
    let encoding = diesel::select(diesel::dsl::sql::<Text>("current_setting('server_encoding')"));
    let encoding: String = encoding.get_result(&mut conn).map_err(|error| fault(&error))?;
    if encoding != "UTF8" {
        return Err(OpenError::not_utf8(server, &encoding));
    }
    let state = State::of(&mut conn).map_err(|error| fault(&error))?;
    if state == State::Foreign {
        return Err(OpenError::foreign_server(server));
    }
    if loses_at_failover(&mut conn).map_err(|error| fault(&error))? {
        log::warn!(
            "{server} has a replica that is not synchronous: a failover would lose what was answered last (synchronous_standby_names)"
        );
    }
    let mut held = Conn::from(conn);
    let is_current = state == State::Copydesk && migrate::is_current(&mut held, server)?;
    let applied = match is_current {
        true => Vec::new(),
        false => migrate::migrate(&mut held, server, BEGIN_MIGRATION)?,
    };
    let is_index_old = !reading::is_current(&mut held).map_err(|error| fault(&error))?;
    Ok(Ensured { applied, is_index_old, _held: held })
}

/// True if there is a replica, and commits do not wait for it.
fn loses_at_failover(conn: &mut PgConnection) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Bool)]
        found: bool,
    }
    let sql = "select current_setting('synchronous_standby_names') = '' and exists (select 1 from pg_stat_replication) as found";
    diesel::sql_query(sql).get_result::<Found>(conn).map(|answer| answer.found)
}

/// A connection that has the lock of what is done once after an upgrade, and waits for it as long as that takes. The lock
/// goes with the connection.
///
/// # Errors
/// [`OpenError`] if the server cannot be reached.
pub fn alone_at_start(server: &Server) -> Result<PgConnection, OpenError> {
    let mut conn = connect(server)?;
    conn.batch_execute("select pg_advisory_lock(1128551245)")
        .map_err(|error| OpenError::of_server(server, &error))?;
    Ok(conn)
}

/// What stands in the schema in which tables are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Empty,
    Copydesk,
    Foreign,
}

impl State {
    fn of(conn: &mut PgConnection) -> QueryResult<Self> {
        #[derive(QueryableByName)]
        struct Found {
            #[diesel(sql_type = Bool)]
            is_own: bool,
            #[diesel(sql_type = Bool)]
            has_others: bool,
        }
        let found: Found = diesel::sql_query(
            "select to_regclass('history_clock') is not null and to_regclass('__diesel_schema_migrations') is not null as is_own,
                 exists (select 1 from pg_class where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')
                     and relname <> '__diesel_schema_migrations'
                     and not exists (select 1 from pg_depend where classid = 'pg_class'::regclass and objid = pg_class.oid and deptype = 'e')) as has_others",
        )
        .get_result(conn)?;
        Ok(match (found.is_own, found.has_others) {
            (true, _) => Self::Copydesk,
            (false, true) => Self::Foreign,
            (false, false) => Self::Empty,
        })
    }
}

/// Passes if the database has Copydesk's tables.
///
/// # Errors
/// [`OpenError`] if it has none, or cannot be reached.
pub fn must_exist(server: &Server) -> Result<(), OpenError> {
    match is_there(server)? {
        true => Ok(()),
        false => Err(OpenError::empty_server(server)),
    }
}

/// True if the database has Copydesk's tables, false if it has none.
///
/// # Errors
/// [`OpenError`] if it has another program's, or cannot be reached.
pub fn is_there(server: &Server) -> Result<bool, OpenError> {
    let mut conn = connect(server)?;
    match State::of(&mut conn).map_err(|error| OpenError::of_server(server, &error))? {
        State::Copydesk => Ok(true),
        State::Foreign => Err(OpenError::foreign_server(server)),
        State::Empty => Ok(false),
    }
}

/// The migrations as they were written, for the indexes in them.
const SCHEMA: &[&str] = &[
    include_str!("../../../migrations/postgres/2026-11-28-000001_create_newsroom/up.sql"),
    include_str!("../../../migrations/postgres/2026-11-28-000002_add_changes/up.sql"),
    include_str!("../../../migrations/postgres/2026-11-28-000003_add_imports/up.sql"),
];

/// The indexes that a new database has and this one lacks, each with its SQL.
fn missing_indexes(conn: &mut PgConnection) -> QueryResult<Vec<(&'static str, &'static str)>> {
    #[derive(QueryableByName)]
    struct Index {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let there: Vec<Index> = diesel::sql_query(
        "select relname::text as name from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'i'",
    )
    .load(conn)?;
    let statements = SCHEMA.iter().flat_map(|schema| schema.split(";\n"));
    let named = statements.filter_map(|statement| {
        let sql = statement.lines().find(|line| line.starts_with("create "))?;
        let sql = &statement[statement.find(sql)?..];
        let rest = sql.strip_prefix("create unique index ").or(sql.strip_prefix("create index "))?;
        Some((rest.split(' ').next()?, sql))
    });
    Ok(named.filter(|(name, _)| there.iter().all(|index| index.name != *name)).collect())
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    finding: String,
}

/// Lists the rules between rows that are broken. Pages and references are the server's to check.
///
/// # Errors
/// [`OpenError`] if the database cannot be read.
pub fn check(server: &Server, invariants: &[Invariant]) -> Result<Vec<Finding>, OpenError> {
    must_exist(server)?;
    let mut conn = connect(server)?;
    let missing =
        missing_indexes(&mut conn).map_err(|error| OpenError::of_server(server, &error))?;
    let gone = missing.into_iter().map(|(name, _)| Finding {
        text: format!("the index {name} is gone"),
        kind: FindingKind::Derived,
    });
    let mut findings: Vec<Finding> = gone.collect();
    for invariant in invariants {
        let kind = match invariant.mend {
            Some(_) => FindingKind::Derived,
            None => FindingKind::Contradiction,
        };
        let lines: Vec<Line> = diesel::sql_query(Pg::written(invariant.broken))
            .load(&mut conn)
            .map_err(|error| OpenError::of_server(server, &error))?;
        findings.extend(lines.into_iter().map(|line| Finding { text: line.finding, kind }));
    }
    Ok(findings)
}

/// Repairs what the invariants have SQL for: all of it or nothing.
///
/// # Errors
/// [`OpenError`] if the database cannot be written to.
pub fn mend(server: &Server, invariants: &[Invariant]) -> Result<(), OpenError> {
    let mut conn = Conn::from(connect(server)?);
    let mended = conn.transaction(super::keeper::BEGIN_WRITE, |conn| {
        for (_, sql) in missing_indexes(conn.server()?)? {
            conn.batch_execute(sql)?;
        }
        let mends = invariants.iter().filter_map(|invariant| invariant.mend);
        mends.map(Pg::written).try_for_each(|sql| conn.batch_execute(&sql))
    });
    mended.map_err(|error: diesel::result::Error| OpenError::of_server(server, &error))
}
