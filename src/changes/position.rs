//! Positions in the log: where a consumer goes on.

use serde::{Deserialize, Serialize};

use super::store;
use crate::db::Conn;
use crate::domain::instant::Instant;
use crate::problem::{Code, Problem};
use crate::web::paging::Listing;

/// The path of the feed: its cursors are good for its stream too.
pub const PATH: &str = "/v1/changes";

/// The place after a change, for one consumer. As a cursor it is a list: shorter than an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(String, i64, i64)", into = "(String, i64, i64)")]
pub struct Position {
    /// The epoch in which it was reached.
    epoch: String,
    /// The number of the last change that the consumer knows; 0 before all.
    pub id: i64,
    /// Up to where removals were missing when the consumer began: it never had what they removed.
    base: i64,
}

impl From<(String, i64, i64)> for Position {
    fn from((epoch, id, base): (String, i64, i64)) -> Self {
        Self { epoch, id, base }
    }
}

impl From<Position> for (String, i64, i64) {
    fn from(position: Position) -> Self {
        (position.epoch, position.id, position.base)
    }
}

impl Position {
    /// The start of the log: for a consumer that has nothing.
    ///
    /// # Errors
    /// A database fault.
    pub fn start(conn: &mut Conn) -> Result<Self, Problem> {
        let (removed_until, compacted_until) = store::select_log(conn)?;
        // What a removal up to there is about is no longer in the log: the consumer never hears of it.
        let base = removed_until.max(compacted_until);
        Ok(Self { epoch: store::select_epoch(conn)?, id: 0, base })
    }

    /// The place before all that was written down at an instant or later.
    ///
    /// # Errors
    /// A database fault.
    pub fn since(conn: &mut Conn, since: Instant) -> Result<Self, Problem> {
        let before = since.as_micros().saturating_sub(1).max(0);
        // Nothing was reached yet that is not there.
        let id = before.min(store::select_last(conn)?);
        Ok(Self { epoch: store::select_epoch(conn)?, id, base: before })
    }

    /// Reads a cursor.
    ///
    /// # Errors
    /// `invalid_cursor` if it was not made here.
    pub fn open(cursor: &str) -> Result<Self, Problem> {
        Listing::new(PATH, &[]).open(cursor)
    }

    /// As a cursor.
    #[must_use]
    pub fn seal(&self) -> String {
        Listing::new(PATH, &[]).seal(self)
    }

    /// The place after the change `id`, for the same consumer.
    #[must_use]
    pub fn at(&self, id: i64) -> Self {
        Self { id, ..self.clone() }
    }

    /// The same place in the present epoch, if nothing after it is missing.
    ///
    /// # Errors
    /// `cursor_expired`, or a database fault.
    pub fn checked(self, conn: &mut Conn) -> Result<Self, Problem> {
        let (removed_until, _) = store::select_log(conn)?;
        // It may be of a state that was lost: a backup was put in its place.
        let is_of_here = store::has_reached(conn, &self.epoch, self.id)?;
        match is_of_here && removed_until <= self.id.max(self.base) {
            true => Ok(Self { epoch: store::select_epoch(conn)?, ..self }),
            false => Err(Problem::plain(Code::CursorExpired).with("restart", PATH)),
        }
    }
}
