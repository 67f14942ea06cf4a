//! Deleting articles for good.

use super::note_change;
use crate::articles::ids::ArticleId;
use crate::articles::model::ArticleRow;
use crate::articles::store;
use crate::db::{Conn, Db};
use crate::domain::instant::Instant;
use crate::problem::Problem;

/// Deletes what other subjects keep about an article outside its rows.
pub type ForgetComments = fn(&mut Conn, ArticleId) -> Result<(), Problem>;

/// Erases an article: deletes it for good, and no import of its sources makes it again unless that is asked for.
///
/// # Errors
/// A database fault.
pub fn erase(
    conn: &mut Conn,
    row: &ArticleRow,
    forget_comments: ForgetComments,
    now: Instant,
) -> Result<(), Problem> {
    store::note_purged(conn, row.id, now)?;
    purge(conn, row, forget_comments, now)
}

/// Deletes an article for good, with all that depends on it. Its words leave the file with [`forget_words`]. Nothing
/// remembers it: what made it makes it again.
///
/// # Errors
/// A database fault.
pub fn purge(
    conn: &mut Conn,
    row: &ArticleRow,
    forget_comments: ForgetComments,
    now: Instant,
) -> Result<(), Problem> {
    // While its comments are still there: they leave with it.
    note_change(conn, Some(row), None, now)?;
    forget_comments(conn, row.id)?;
    store::purge(conn, row)
}

/// Erases the articles that were moved to the trash before an instant, up to `most`, the oldest first. Returns how many.
///
/// # Errors
/// A database fault.
pub fn purge_trash(
    conn: &mut Conn,
    (before, now): (Instant, Instant),
    most: i64,
    forget_comments: ForgetComments,
) -> Result<usize, Problem> {
    let rows = store::select_trashed_before(conn, before, most)?;
    for row in &rows {
        erase(conn, row, forget_comments, now)?;
    }
    Ok(rows.len())
}

/// Merges the search index until nothing of what was purged is left in it: until then its words
/// stand in the file, although no search finds them. Other writes go on between the steps.
///
/// # Errors
/// A database fault.
pub async fn forget_words(db: &Db) -> Result<(), Problem> {
    let mut is_first = true;
    while db.write(move |conn, _| Ok(store::merge_words(conn, is_first)?)).await? {
        is_first = false;
    }
    db.write_and_overwrite(|_, _| Ok(())).await
}
