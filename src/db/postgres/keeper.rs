//! What the writer does in PostgreSQL's way: writers of all processes take turns by a lock, and what a lost connection
//! has left open is asked of the server.

use std::time::{Duration, Instant as Moment};

use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use crate::db::clock::last_at;
use crate::db::dialect::Statement;
use crate::db::prelude::*;
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
    /// The server's timeline, by the connection: a replica that is promoted begins another.
    timeline: Option<String>,
    /// The transaction that is under way.
    transaction: Option<Transaction>,
}

/// A transaction by the server's number, which is another one's on another timeline.
struct Transaction {
    number: String,
    timeline: Option<String>,
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

/// The present timeline of the server: the begin of the names of its log's files.
const TIMELINE: &str = "select substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)";

/// Committed, once a commit after it is answered: with a synchronous replica that has all before it then.
fn confirmed(conn: &mut Conn) -> Outcome {
    match conn.batch_execute("select pg_logical_emit_message(true, 'copydesk', '')") {
        Ok(()) => Outcome::Committed,
        Err(_) => Outcome::Unknown,
    }
}

impl Keeper {
    /// Notes a connection that was just opened.
    pub fn opened(&mut self, conn: &mut Conn) {
        let timeline = Statement::<Text>::new(TIMELINE.to_owned(), Vec::new());
        self.timeline = timeline.get_result(conn).ok();
    }

    /// Forgets what was seen by a connection that is no longer there.
    pub fn forget(&mut self) {
        self.seen = None;
    }

    /// The instant of the newest unit, at the begin of a transaction.
    pub fn begun(&mut self, conn: &mut Conn) -> QueryResult<i64> {
        let (last, number) = Clock { id: 1 }.get_result::<(i64, String)>(conn)?;
        self.transaction = Some(Transaction { number, timeline: self.timeline.clone() });
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

    /// How the transaction has ended that wrote up to the instant `last`, and whose commit was not answered: asked on a
    /// connection that was opened since, until `end`.
    pub fn outcome(&mut self, conn: &mut Conn, last: i64, end: Moment) -> Outcome {
        let Some(Transaction { number, timeline }) = self.transaction.take() else {
            return Outcome::Unknown;
        };
        // A replica that is about to be promoted may not show yet what it has.
        let recovering =
            || Statement::<Bool>::new("select pg_is_in_recovery()".to_owned(), Vec::new());
        while recovering().get_result(conn).unwrap_or(true) {
            if Moment::now() >= end {
                return Outcome::Unknown;
            }
            std::thread::sleep(ASK_EVERY);
        }
        self.opened(conn);
        if timeline.is_none() || timeline != self.timeline {
            // What that number is on this timeline, nobody knows. Had it been committed, the clock would show it.
            return match last_at(conn) {
                Ok(newest) if newest < last => Outcome::RolledBack,
                _ => Outcome::Unknown,
            };
        }
        loop {
            let sql = "select pg_xact_status(?number::xid8)".to_owned();
            let values = vec![("number", number.as_str().into())];
            let status = Statement::<Nullable<Text>>::new(sql, values);
            match status.get_result::<Option<String>>(conn).ok().flatten().as_deref() {
                // It stands on the primary; a synchronous replica may not have it yet.
                Some("committed") => return confirmed(conn),
                Some("aborted") => return Outcome::RolledBack,
                Some("in progress") if Moment::now() < end => std::thread::sleep(ASK_EVERY),
                _ => return Outcome::Unknown,
            }
        }
    }
}
