//! The write-ahead log (WAL): when it is taken back into the file.

use std::sync::Arc;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};

use super::presence::Presence;

/// Pages in the log from which on it is taken back into the file, as by SQLite itself: 4 MB.
const LOG_PAGES: i32 = 1_000;
/// Units after which the log's pages are counted: some hundred pages.
const LOOK_AFTER_UNITS: usize = 16;
/// Bytes by which its file grows before that: large texts are few units.
const LOOK_AFTER_GROWTH: u64 = 256 * 1024;

/// The busy timeout of a connection.
#[derive(QueryableByName)]
struct Wait {
    #[diesel(sql_type = BigInt)]
    timeout: i64,
}

/// Checkpoints and truncates the WAL; false if a reader still needs it.
pub fn empty_log(conn: &mut SqliteConnection) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Outcome {
        #[diesel(sql_type = BigInt)]
        busy: i64,
    }
    // The next write tries again soon enough: do not wait for a reader here.
    let wait: i64 = diesel::sql_query("pragma busy_timeout").get_result::<Wait>(conn)?.timeout;
    conn.batch_execute("pragma busy_timeout = 0")?;
    let outcome = diesel::sql_query("pragma wal_checkpoint(truncate)").get_result::<Outcome>(conn);
    conn.batch_execute(&format!("pragma busy_timeout = {wait}"))?;
    outcome.map(|outcome| outcome.busy == 0)
}

/// Takes back what no reader needs, and waits for nobody.
pub fn take_back(conn: &mut SqliteConnection) -> QueryResult<()> {
    conn.batch_execute("pragma wal_checkpoint(passive)")
}

/// How much there is in the log.
pub struct LogSize {
    presence: Arc<Presence>,
    /// Units since its pages were counted, and the length of its file then.
    units: usize,
    length: u64,
}

#[derive(QueryableByName)]
struct LogPages {
    #[diesel(sql_type = Integer)]
    log: i32,
}

impl LogSize {
    /// That of a file.
    pub fn of(presence: &Arc<Presence>) -> Self {
        Self { presence: Arc::clone(presence), units: 0, length: 0 }
    }

    /// True if there is so much in the log that it is taken back: then it needs little room, and a start after a kill
    /// reads little of it.
    pub fn is_much(&mut self, conn: &mut SqliteConnection, written: usize) -> bool {
        self.units += written;
        let length = self.presence.log_length();
        if self.units < LOOK_AFTER_UNITS && length < self.length + LOOK_AFTER_GROWTH {
            return false;
        }
        (self.units, self.length) = (0, length);
        let pages = diesel::sql_query("pragma wal_checkpoint(noop)").get_result::<LogPages>(conn);
        pages.is_ok_and(|pages| pages.log >= LOG_PAGES)
    }
}
