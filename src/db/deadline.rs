//! The limits of a query: SQL functions, because Diesel exposes no progress handler. (PostgreSQL has
//! `statement_timeout` for this.)

use std::cell::Cell;
use std::time::Instant as Moment;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::serialize::{IsNull, Output, ToSql};
use diesel::sql_types::Bool;
use diesel::sqlite::Sqlite;

/// SQLite's error message after a search has run for too long.
pub(super) const DEADLINE_PASSED: &str = "search deadline passed";
/// SQLite's error message after a query has looked at too many rows.
pub(super) const ROWS_SPENT: &str = "row budget spent";
/// Most rows that a walk of an index looks at to fill a page on the side pool: about its deadline.
/// Beyond that, filters that each let many articles through let none through together.
pub const ROWS_MAX: u64 = 200_000;
/// The same on a worker, where all other requests wait meanwhile: some 5 ms.
pub const WORKER_ROWS_MAX: u64 = 2_000;

#[diesel::declare_sql_function]
extern "SQL" {
    /// True before the search's deadline, an error after it; the `where` of an unbounded query
    /// evaluates it for each row.
    fn within_deadline() -> Bool;
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// The same, and an error after the rows given by
    /// [`start_counting`]: for walks that filter.
    fn within_rows() -> Bool;
}

thread_local! {
    /// The deadline of the search that runs on this thread.
    static DEADLINE: Cell<Option<Moment>> = const { Cell::new(None) };
    /// The rows that the query that runs on this thread may still look at.
    static ROWS: Cell<u64> = const { Cell::new(ROWS_MAX) };
}

/// True within a limit; beyond it, its SQL form is an error with this message.
#[derive(Debug, AsExpression, FromSqlRow)]
#[diesel(sql_type = Bool)]
struct Within(Result<(), &'static str>);

impl Within {
    fn deadline() -> Self {
        let is_within = DEADLINE.get().is_none_or(|end| Moment::now() < end);
        Self(if is_within { Ok(()) } else { Err(DEADLINE_PASSED) })
    }

    fn rows() -> Self {
        let left = ROWS.get();
        ROWS.set(left.saturating_sub(1));
        if left == 0 { Self(Err(ROWS_SPENT)) } else { Self::deadline() }
    }
}

impl ToSql<Bool, Sqlite> for Within {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> diesel::serialize::Result {
        self.0?;
        out.set_value(1_i32);
        Ok(IsNull::No)
    }
}

/// Registers the functions with a connection.
pub(super) fn register_limits(conn: &mut SqliteConnection) -> QueryResult<()> {
    within_deadline_utils::register_nondeterministic_impl(conn, Within::deadline)?;
    within_rows_utils::register_nondeterministic_impl(conn, Within::rows)
}

/// Gives the queries that follow on this thread so many rows: [`ROWS_MAX`] or [`WORKER_ROWS_MAX`].
pub fn start_counting(most: u64) {
    ROWS.set(most);
}

/// Runs `job`, whose queries fail after `end`.
pub(super) fn run_until(end: Moment, job: impl FnOnce()) {
    DEADLINE.set(Some(end));
    job();
    DEADLINE.set(None);
}
