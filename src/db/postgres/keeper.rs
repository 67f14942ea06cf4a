//! What the writer does in PostgreSQL's way: writers of all processes take turns by a lock, and what a lost connection
//! has left open is asked of the server.

use std::time::{Duration, Instant as Moment};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use crate::db::dialect::Statement;
use crate::fixed_query;

/// How a write begins: with the lock that the writers of all processes take turns by ("CDSK"). It goes with the
/// transaction, and with the connection. What is read after it is what the one before has committed.
pub const BEGIN_WRITE: &str =
    "begin isolation level read committed; select pg_advisory_xact_lock(1128551243)";

/// How often the outcome of a transaction is asked for that is still under way.
const ASK_EVERY: Duration = Duration::from_millis(50);

/// What is known of the database from group to group.
#[derive(Default)]
pub struct Keeper {
    /// The instant of the newest unit, of any process, by the last look.
    seen: Option<i64>,
    /// The transaction that is under way.
    transaction: Option<String>,
}

/// How a transaction has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was committed.
    Committed,
    /// It was not.
    RolledBack,
    /// The server does not say, or cannot be asked.
    Unknown,
}

fixed_query! {
    /// The instant of the newest unit of any process, and the number of this transaction.
    struct Clock { id: i64 => BigInt } -> (BigInt, Text)
        = "select last_at, pg_current_xact_id()::text from history_clock where id = ?id";
}

impl Keeper {
    /// Forgets what was seen by a connection that is no longer there.
    pub fn forget(&mut self) {
        self.seen = None;
    }

    /// The instant of the newest unit, at the begin of a transaction.
    pub fn begun(&mut self, conn: &mut PgConnection) -> QueryResult<i64> {
        let (last, transaction) = Clock { id: 1 }.get_result::<(i64, String)>(conn)?;
        self.transaction = Some(transaction);
        Ok(last)
    }

    /// True if another process has written since the last look, by the instant of the newest unit.
    pub fn is_changed(&mut self, last: i64) -> bool {
        self.seen.replace(last) != Some(last)
    }

    /// After a commit of this process.
    pub fn committed(&mut self, last: i64) {
        self.seen = Some(last);
        self.transaction = None;
    }

    /// How the transaction has ended whose commit was not answered: asked on a connection that was opened since, until
    /// `end`.
    pub fn outcome(&mut self, conn: &mut PgConnection, end: Moment) -> Outcome {
        let Some(transaction) = self.transaction.take() else {
            return Outcome::Unknown;
        };
        loop {
            let sql = "select pg_xact_status(?transaction::xid8)".to_owned();
            let values = vec![("transaction", transaction.as_str().into())];
            let status = Statement::<Nullable<Text>>::new(sql, values);
            match status.get_result::<Option<String>>(conn).ok().flatten().as_deref() {
                Some("committed") => return Outcome::Committed,
                Some("aborted") => return Outcome::RolledBack,
                Some("in progress") if Moment::now() < end => std::thread::sleep(ASK_EVERY),
                _ => return Outcome::Unknown,
            }
        }
    }
}
