//! What the writer leaves to its engine.

use std::time::Instant as Moment;

use diesel::sql_types::BigInt;

use super::clock::last_at;
use super::postgres::has_answered;
use super::postgres::keeper::{self as server, Outcome};
use super::sqlite::keeper::{self as file, Left};
use crate::db::prelude::*;
use crate::fixed_query;
use crate::problem::Problem;

fixed_query! {
    /// Sets the instant of the newest unit. (Diesel's own updates are prepared at each call.)
    struct SetClock { last: i64 => BigInt } -> BigInt = "update history_clock set last_at = ?last where id = 1";
}

/// What is known of the database from group to group.
pub enum Keeper {
    /// Of a file.
    Sqlite(file::Keeper),
    /// Of a database on a server.
    Postgres(server::Keeper),
}

impl Keeper {
    /// The SQL with which a write begins.
    pub const fn begin(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "begin immediate",
            Self::Postgres(_) => server::BEGIN_WRITE,
        }
    }

    /// Passes while what is written is not lost.
    pub fn check(&self) -> Result<(), Problem> {
        match self {
            Self::Sqlite(keeper) => keeper.check(),
            Self::Postgres(_) => Ok(()),
        }
    }

    /// Forgets what was seen by a connection that is no longer there.
    pub fn forget(&mut self) {
        match self {
            Self::Sqlite(keeper) => keeper.forget(),
            Self::Postgres(keeper) => keeper.forget(),
        }
    }

    /// Notes a connection that was just opened.
    pub fn opened(&mut self, conn: &mut Conn) {
        if let Self::Postgres(keeper) = self {
            keeper.opened(conn);
        }
    }

    /// The instant of the newest unit, at the begin of a transaction.
    pub fn begun(&mut self, conn: &mut Conn) -> QueryResult<i64> {
        match (self, conn) {
            (Self::Postgres(keeper), conn) => keeper.begun(conn),
            (Self::Sqlite(_), conn) => last_at(conn),
        }
    }

    /// The instant of the newest unit, if another process has written since the last look.
    pub fn look(&mut self, conn: &mut Conn) -> QueryResult<Option<i64>> {
        if let (Self::Sqlite(keeper), Conn::Sqlite(file)) = (&mut *self, &mut *conn) {
            let is_changed = keeper.is_changed(file)?;
            return is_changed.then(|| last_at(conn)).transpose();
        }
        let last = last_at(conn)?;
        self.look_since(conn, last)
    }

    /// The same in a transaction, with the instant of the newest unit.
    pub fn look_since(&mut self, conn: &mut Conn, last: i64) -> QueryResult<Option<i64>> {
        match (self, conn) {
            (Self::Sqlite(keeper), Conn::Sqlite(conn)) => {
                Ok(keeper.is_changed(conn)?.then_some(last))
            }
            (Self::Postgres(keeper), _) => {
                has_answered();
                Ok(keeper.is_changed(last).then_some(last))
            }
            (Self::Sqlite(_), Conn::Postgres(_)) => Ok(None),
        }
    }

    /// Sets the instant of the newest unit from `before` to `last`: at once, or by SQL that is run with the commit.
    pub fn ending(
        &self,
        conn: &mut Conn,
        (before, last): (i64, i64),
    ) -> QueryResult<Option<String>> {
        match self {
            _ if before == last => Ok(None),
            Self::Sqlite(_) => SetClock { last }.execute(conn).map(|_| None),
            Self::Postgres(_) => Ok(Some(format!(
                "update history_clock set last_at = greatest(last_at + 1, {last}) where id = 1"
            ))),
        }
    }

    /// After a commit up to the instant `last`, before its units are answered.
    pub fn committed(&mut self, conn: &mut Conn, units: usize, last: i64) -> Left {
        match (self, conn) {
            (Self::Sqlite(keeper), Conn::Sqlite(conn)) => keeper.committed(conn, units),
            (Self::Postgres(keeper), _) => {
                keeper.committed(last);
                Left::Nothing
            }
            (Self::Sqlite(_), Conn::Postgres(_)) => Left::Nothing,
        }
    }

    /// After its units were answered.
    pub fn answered(&self, conn: &mut Conn, left: Left) {
        if let (Self::Sqlite(keeper), Conn::Sqlite(conn)) = (self, conn) {
            keeper.answered(conn, left);
        }
    }

    /// After a transaction that failed.
    pub fn failed(&self, conn: &mut Conn, fault: &Problem) {
        if let (Self::Sqlite(keeper), Conn::Sqlite(conn)) = (self, conn) {
            keeper.failed(conn, fault);
        }
    }

    /// Tells of what has failed outside of a transaction.
    pub fn noting_fault(&self, done: QueryResult<()>) -> QueryResult<()> {
        match self {
            Self::Sqlite(keeper) => keeper.noting_fault(done),
            Self::Postgres(_) => done,
        }
    }

    /// How the transaction has ended that wrote up to the instant `last`, and whose commit was not answered.
    pub fn outcome(&mut self, conn: &mut Conn, last: i64, end: Moment) -> Outcome {
        match self {
            Self::Postgres(keeper) => keeper.outcome(conn, last, end),
            Self::Sqlite(_) => Outcome::RolledBack,
        }
    }

    /// True if the database is on a server, which may be gone for a while.
    pub const fn is_on_server(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}
