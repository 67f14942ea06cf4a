//! What the change log is told of articles: by each write, and of the clock.

use crate::articles::groups;
use crate::articles::ids::ArticleId;
use crate::articles::ladder::Rung;
use crate::articles::model::ArticleRow;
use crate::articles::store;
use crate::articles::words::Standing;
use crate::changes::words::{ChangeType, Shows};
use crate::changes::{self, Publicity};
use crate::db::Conn;
use crate::domain::instant::Instant;
use crate::problem::Problem;

/// What readers can see of an article at an instant.
fn shows(row: &ArticleRow, at: Instant) -> Shows {
    match Rung::of(row, at) {
        _ if row.trashed_at.is_some() => Shows::Nothing,
        Rung::Public => Shows::Article,
        Rung::Restricted => Shows::Teaser,
        _ => Shows::Nothing,
    }
}

/// The next instant after `at` at which the clock may change what readers can see of an article.
fn due_after(row: &ArticleRow, at: Instant) -> Option<i64> {
    if row.state != Standing::Published || row.trashed_at.is_some() {
        return None;
    }
    let turns = [row.went_public_at, row.embargo_until, row.expires_at];
    turns.into_iter().flatten().filter(|turn| *turn > at.as_micros()).min()
}

/// What a change is called after which readers see nothing of an article.
fn removal(row: &ArticleRow, at: Instant) -> ChangeType {
    match Rung::of(row, at) {
        _ if row.trashed_at.is_some() => ChangeType::ArticleDeleted,
        Rung::Withdrawn => ChangeType::ArticleWithdrawn,
        Rung::Blocked => ChangeType::ArticleBlocked,
        Rung::Expired => ChangeType::ArticleExpired,
        _ => ChangeType::ArticleUnpublished,
    }
}

/// Writes down what the clock did to an article, whose row is as it was then, up to the unit's instant.
fn settle(
    conn: &mut Conn,
    row: &ArticleRow,
    mut known: Publicity,
    now: Instant,
) -> Result<Publicity, Problem> {
    while let Some(due) = known.due_at.filter(|due| *due <= now.as_micros()) {
        let at = Instant::from_micros(due);
        let after = shows(row, at);
        let change = changes::change_between(known.shows, after, removal(row, at), false);
        if let Some(change) = change {
            let groups = groups::changed_with(row)?.join(" ");
            let subject = (&*row.public_id, row.version);
            changes::record(conn, change, subject, (at, now), Some(&groups))?;
        }
        known = Publicity { shows: after, due_at: due_after(row, at) };
        changes::note_publicity(conn, row.id.0, known, at)?;
    }
    Ok(known)
}

/// Writes down a write to an article: what it was before, if it was there, and what it is now, if it still is.
///
/// # Errors
/// `internal` if a stored member is damaged, or a database fault.
pub fn note_change(
    conn: &mut Conn,
    before: Option<&ArticleRow>,
    after: Option<&ArticleRow>,
    now: Instant,
) -> Result<(), Problem> {
    let Some(row) = after.or(before) else {
        return Ok(());
    };
    let known = match before {
        Some(before) => match changes::select_publicity(conn, before.id.0)? {
            Some(known) => settle(conn, before, known, now)?,
            None => Publicity { shows: Shows::Nothing, due_at: None },
        },
        None => Publicity { shows: Shows::Nothing, due_at: None },
    };
    let (shown, due_at, removal) = match after {
        Some(after) => (shows(after, now), due_after(after, now), removal(after, now)),
        None => (Shows::Nothing, None, ChangeType::ArticleDeleted),
    };
    if let Some(change) = changes::change_between(known.shows, shown, removal, true) {
        let mut groups = groups::changed_with(row)?;
        if let Some(before) = before {
            // Lists that it is no longer in change too.
            groups.extend(groups::changed_with(before)?);
        }
        groups.sort_unstable();
        groups.dedup();
        let subject = (&*row.public_id, row.version);
        changes::record(conn, change, subject, (now, now), Some(&groups.join(" ")))?;
    }
    let present = Publicity { shows: shown, due_at };
    if before.is_none() || present != known {
        changes::note_publicity(conn, row.id.0, present, now)?;
    }
    Ok(())
}

/// Writes down what the clock did to articles since it was last written down, up to a number of them. Returns how many
/// there were.
///
/// # Errors
/// `internal` if a stored member is damaged, or a database fault.
pub fn catch_up(conn: &mut Conn, now: Instant, most: i64) -> Result<usize, Problem> {
    let due = changes::select_due(conn, now, most)?;
    for id in &due {
        let row = store::select_row(conn, ArticleId(*id))?;
        if let Some(known) = changes::select_publicity(conn, *id)? {
            settle(conn, &row, known, now)?;
        }
    }
    Ok(due.len())
}
