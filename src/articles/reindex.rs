//! Making the index of articles anew: after an upgrade whose rules give other words or keys.

use super::ids::ArticleId;
use super::store::{INDEXED_AT_ONCE, clear_index, index_next};
use crate::db::{Db, reading};
use crate::problem::Problem;

/// Steps after which the log says how far it is.
const TOLD_EVERY: u32 = 50;

/// Makes the index by which lists are filtered, ordered and searched, if older rules made it. An
/// interrupted one starts over at the next start. Runs before requests are answered.
///
/// # Errors
/// A database fault.
pub async fn reindex(db: &Db) -> Result<(), Problem> {
    if db.read(|conn| Ok(reading::is_current(conn)?))? {
        return Ok(());
    }
    // Of several servers that start at once, one makes it, and the others find it made.
    let alone = db.alone_at_start()?;
    if db.read(|conn| Ok(reading::is_current(conn)?))? {
        return Ok(());
    }
    db.write(|conn, _| Ok(clear_index(conn)?)).await?;
    let mut last = ArticleId::START;
    let mut done: u32 = 0;
    while let Some(next) = db.write(move |conn, _| index_next(conn, last)).await? {
        if done.is_multiple_of(TOLD_EVERY) {
            log::info!(
                "making the search index of all articles (once after an upgrade, a copy or a repair): {} so far",
                done * INDEXED_AT_ONCE
            );
        }
        done += 1;
        last = next;
    }
    drop(alone);
    Ok(())
}
