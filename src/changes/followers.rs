//! How far those have come who follow the log for this newsroom, as what tells caches.

use diesel::sql_types::{BigInt, Text};

use super::store;
use crate::db::prelude::*;
use crate::domain::instant::{HOUR, Instant};
use crate::fixed_query;
use crate::problem::Problem;

/// For how long nothing is missing in the log, whatever is kept: well below the least of `COPYDESK_KEEP_CHANGES`, a day.
const NOTHING_IS_MISSING_FOR: i64 = 20 * HOUR;

fixed_query! {
    /// The log that a follower has read, and up to where (primary key).
    struct SelectFollower { name: String => Text } -> (Text, BigInt)
        = "select epoch, position from followers where name = ?name";
}

fixed_query! {
    /// Notes up to where a follower has read the log that is there.
    struct NoteFollower { name: String => Text, position: i64 => BigInt } -> BigInt
        = "insert into followers (name, epoch, position)
           select ?name, epoch, ?position from change_log where id = 1
           on conflict (name) do update set epoch = excluded.epoch, position = excluded.position";
}

/// The position up to which a follower has read; `None` if it never has, or if changes after that may be missing: the
/// database is another one than it was, or it is too long ago.
///
/// # Errors
/// A database fault.
pub fn follower_position(
    conn: &mut Conn,
    name: &str,
    now: Instant,
) -> Result<Option<i64>, Problem> {
    let rows: Vec<(String, i64)> = SelectFollower { name: name.to_owned() }.load(conn)?;
    let Some((known, position)) = rows.into_iter().next() else {
        return Ok(None);
    };
    let (epoch, _) = store::select_log(conn)?;
    let is_ahead = position > store::select_last(conn)?.max(now.as_micros());
    let is_old = position < now.minus(NOTHING_IS_MISSING_FOR).as_micros();
    Ok((known == epoch && !is_ahead && !is_old).then_some(position))
}

/// Notes that a follower has read all up to a position.
///
/// # Errors
/// A database fault.
pub fn note_follower(conn: &mut Conn, name: &str, position: i64) -> Result<(), Problem> {
    NoteFollower { name: name.to_owned(), position }.execute(conn)?;
    Ok(())
}
