//! The deadline of a search: a SQL function, because Diesel exposes no progress handler.
//! (PostgreSQL has `statement_timeout` for this.)

use std::cell::Cell;
use std::time::{Duration, Instant as Moment};

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::serialize::{IsNull, Output, ToSql};
use diesel::sql_types::Bool;
use diesel::sqlite::Sqlite;

use super::Conn;

/// SQLite's error message after a search has run for too long.
pub(super) const DEADLINE_PASSED: &str = "search deadline passed";

#[diesel::declare_sql_function]
extern "SQL" {
    /// True before the search's deadline, an error after it; the `where` of an unbounded query
    /// evaluates it for each row.
    fn within_deadline() -> Bool;
}

thread_local! {
    /// The deadline of the search that runs on this thread.
    static DEADLINE: Cell<Option<Moment>> = const { Cell::new(None) };
}

/// True before the deadline; its SQL form is an error after it.
#[derive(Debug, AsExpression, FromSqlRow)]
#[diesel(sql_type = Bool)]
struct TimeLeft(bool);

impl ToSql<Bool, Sqlite> for TimeLeft {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> diesel::serialize::Result {
        if !self.0 {
            return Err(DEADLINE_PASSED.into());
        }
        out.set_value(1_i32);
        Ok(IsNull::No)
    }
}

/// Registers [`within_deadline()`] with a connection.
pub(super) fn register_deadline(conn: &mut Conn) -> QueryResult<()> {
    within_deadline_utils::register_nondeterministic_impl(conn, || {
        TimeLeft(DEADLINE.get().is_none_or(|end| Moment::now() < end))
    })
}

/// Runs `job`, whose queries fail after `limit`.
pub(super) fn run_until(limit: Duration, job: impl FnOnce()) {
    DEADLINE.set(Some(Moment::now() + limit));
    job();
    DEADLINE.set(None);
}
