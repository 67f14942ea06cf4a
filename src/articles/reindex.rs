//! Making the index of articles anew: after an upgrade whose rules give other words or keys.

use super::ids::ArticleId;
use super::store::{clear_index, index_next};
use crate::db::{Db, reading};
use crate::problem::Problem;

/// Makes the index by which lists are filtered, ordered and searched, if older rules made it. An
/// interrupted one starts over at the next start. Runs before requests are answered.
///
/// # Errors
/// A database fault.
pub async fn reindex(db: &Db) -> Result<(), Problem> {
    if db.read(|conn| Ok(reading::is_current(conn)?))? {
        return Ok(());
    }
    db.write(|conn, _| Ok(clear_index(conn)?)).await?;
    let mut last = ArticleId::START;
    let mut has_told = false;
    while let Some(next) = db.write(move |conn, _| index_next(conn, last)).await? {
        if !has_told {
            log::info!("making the search index of all articles, once after an upgrade");
            has_told = true;
        }
        last = next;
    }
    Ok(())
}
