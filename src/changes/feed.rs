//! Reading the feed: from a position on, a page at a time.

use super::api::{Change, Changes};
use super::position::Position;
use super::store::{self, ChangeRow};
use super::words::Followed;
use crate::db::Conn;
use crate::domain::instant::Instant;
use crate::problem::Problem;

/// Changes that one page looks at: more of other types than these are left for the next.
const LOOKED_AT: i64 = 1_000;

/// Where a consumer begins.
#[derive(Clone, Debug)]
pub enum Start {
    /// Before all.
    Everything,
    /// After a change.
    After(Position),
    /// With what happened at an instant or later.
    Since(Instant),
}

impl Start {
    /// Its position, if nothing after it is missing.
    ///
    /// # Errors
    /// `cursor_expired`, or a database fault.
    pub fn position(self, conn: &mut Conn) -> Result<Position, Problem> {
        match self {
            Self::Everything => Position::start(conn),
            Self::After(position) => position.checked(conn),
            Self::Since(since) => Position::since(conn, since)?.checked(conn),
        }
    }
}

/// The changes after `from` that are `followed`, up to `limit`.
///
/// # Errors
/// A database fault.
pub fn page(
    conn: &mut Conn,
    from: &Position,
    followed: &[Followed],
    limit: i64,
) -> Result<Changes, Problem> {
    let most = usize::try_from(limit).unwrap_or_default();
    let (mut items, mut at, mut looked) = (Vec::new(), from.id, 0);
    loop {
        let rows = store::select_after(conn, at, limit + 1)?;
        let has_more = i64::try_from(rows.len()).is_ok_and(|rows| rows > limit);
        let mut is_full = false;
        for row in rows.iter().take(most) {
            at = row.id;
            items.extend(Change::of(row, followed, from));
            looked += 1;
            is_full = items.len() >= most || looked >= LOOKED_AT;
            if is_full {
                break;
            }
        }
        if is_full || !has_more {
            let is_last = rows.last().is_none_or(|row| row.id == at);
            return Ok(Changes { items, next: from.at(at).seal(), has_more: !is_last });
        }
    }
}

/// Those of `rows` that are `followed`.
#[must_use]
pub fn chosen<'a>(
    rows: impl IntoIterator<Item = &'a ChangeRow>,
    followed: &[Followed],
    from: &Position,
) -> Vec<Change> {
    rows.into_iter().filter_map(|row| Change::of(row, followed, from)).collect()
}
