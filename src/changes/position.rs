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
    /// The log that it belongs to.
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
        let (epoch, base) = store::select_log(conn)?;
        Ok(Self { epoch, id: 0, base })
    }

    /// The place before all that happened at an instant or later.
    ///
    /// # Errors
    /// A database fault.
    pub fn since(conn: &mut Conn, since: Instant) -> Result<Self, Problem> {
        let (epoch, _) = store::select_log(conn)?;
        // Before the first change there is nothing to miss.
        Ok(Self { epoch, id: since.as_micros().saturating_sub(1).max(0), base: 0 })
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

    /// Passes if nothing after it is missing.
    ///
    /// # Errors
    /// `cursor_expired`, or a database fault.
    pub fn check(&self, conn: &mut Conn, last_unit: Instant) -> Result<(), Problem> {
        let (epoch, removed_until) = store::select_log(conn)?;
        // A file that was put in the place of a newer one has not come that far.
        let is_ahead = self.id > store::select_last(conn)?.max(last_unit.as_micros());
        if epoch != self.epoch || removed_until > self.id.max(self.base) || is_ahead {
            return Err(Problem::plain(Code::CursorExpired).with("restart", PATH));
        }
        Ok(())
    }
}
