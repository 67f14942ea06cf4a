//! The database's own clock: one order of all that was written.

use super::prelude::*;
use super::schema::history_clock;

/// The instant of the newest unit, in microseconds.
pub fn last_at(conn: &mut Conn) -> QueryResult<i64> {
    history_clock::table.select(history_clock::last_at).first(conn)
}
