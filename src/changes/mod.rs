//! Changes: what has become public, has changed, and is no longer public, in one order.
//!
//! The log is written in the unit of work of what it tells of: articles, comments and disclaimers call [`record`] and its
//! like. What the clock does is written once somebody looks ([`catch_up_with_clock`]). Who follows reads it from a position on: the
//! change feed, its streams, and what tells caches.

mod after;
pub mod api;
mod feed;
mod following;
mod groups;
mod handlers;
mod position;
mod store;
mod stream;
pub mod words;

use crate::db::{Conn, Db};
use crate::domain::instant::Instant;
use crate::problem::{Code, Problem};
use crate::web::Operation;
use crate::web::query::Limit;
use crate::web::reply::EVENT_STREAM;
use crate::web::url::Include;
use crate::{operation, query};

use after::After;
pub use following::Following;
pub use groups::groups_of;
pub use position::Position;
pub use store::{
    ChangeRow, NewChange, NewCommentChange, Publicity, compact, note_publicity, select_after,
    select_due, select_last, select_next_due, select_publicity,
};
use words::{ChangeType, Followed, Shows};

query! {
    /// A page of the change feed.
    pub struct ListChanges {
        limit: Limit,
        after: After,
        /// Only changes that were written down at this instant or later, for those who have no cursor; not together with
        /// `after`.
        since: Option<Instant>,
        /// The kinds of changes, with commas between: `article`, `comment` and `disclaimer` are all changes of such
        /// things; by default `article`.
        types: Include<Followed>,
    }

    /// A stream of the change feed.
    pub struct StreamChanges {
        after: After,
        /// Only changes that were written down at this instant or later, for those who have no cursor; not together with
        /// `after`.
        since: Option<Instant>,
        /// The kinds of changes, with commas between: `article`, `comment` and `disclaimer` are all changes of such
        /// things; by default `article`.
        types: Include<Followed>,
    }
}

/// Writes down what the clock has done to articles since it was last written down, up to a number of them. Returns how
/// many there were. A function pointer, because articles depend on the log.
pub type CatchUp = fn(&mut Conn, Instant, i64) -> Result<usize, Problem>;

/// Articles that one unit of work writes down what the clock did to: some milliseconds.
const CAUGHT_UP_AT_ONCE: i64 = 500;

/// The operations, in URL order.
#[must_use]
pub fn operations(catch_up: CatchUp, following: &std::sync::Arc<Following>) -> Vec<Operation> {
    let fails = [Code::CursorExpired, Code::InvalidCursor];
    let given = (catch_up, std::sync::Arc::clone(following));
    vec![
        operation!(handlers::[__path_list_changes, list_changes], catch_up).fails(&fails),
        operation!(handlers::[__path_stream_changes, stream_changes], given)
            .produces(&[EVENT_STREAM])
            .fails(&fails),
    ]
}

/// Writes down what the clock has done up to `now`, if there is anything.
///
/// # Errors
/// A database fault.
pub async fn catch_up_with_clock(db: &Db, now: Instant, catch_up: CatchUp) -> Result<(), Problem> {
    let due = db.read(|conn| Ok(select_next_due(conn)?))?;
    if due.is_none_or(|due| due > now.as_micros()) {
        return Ok(());
    }
    // The writer's own instant is later.
    while db.write(move |conn, now| catch_up(conn, now, CAUGHT_UP_AT_ONCE)).await? > 0 {}
    Ok(())
}

/// The position up to which removals may be missing.
///
/// # Errors
/// A database fault.
pub fn removed_until(conn: &mut Conn) -> Result<i64, Problem> {
    Ok(store::select_log(conn)?.0)
}

/// The cache groups of what the last change of an article up to a position made invalid: of the lists that it was in
/// before, and is in since. `None` if the log has none.
///
/// # Errors
/// A database fault.
pub fn groups_of_last(
    conn: &mut Conn,
    article: &str,
    until: i64,
) -> Result<Option<String>, Problem> {
    Ok(store::select_groups(conn, article, until)?)
}

/// Begins another epoch of the log, as each server does when it starts.
///
/// # Errors
/// A database fault.
pub fn begin_epoch(conn: &mut Conn, epoch: &str) -> Result<(), Problem> {
    Ok(store::insert_epoch(conn, epoch)?)
}

/// Writes down a change of an article or disclaimer, in the unit of work at `now`.
///
/// # Errors
/// A database fault.
pub fn record(
    conn: &mut Conn,
    kind: ChangeType,
    (subject, version): (&str, i64),
    (at, now): (Instant, Instant),
    groups: Option<&str>,
) -> Result<(), Problem> {
    let change = NewChange { kind: kind.word(), subject, version: Some(version), at, groups };
    Ok(store::insert(conn, &change, now)?)
}

/// Writes down that names or texts with many articles are others now, as that of a term or the newsroom's language: nothing
/// that consumers follow, but caches are told.
///
/// # Errors
/// A database fault.
pub fn record_names(conn: &mut Conn, key: &str, now: Instant) -> Result<(), Problem> {
    let kind = store::TERMS_NAMED;
    let change = NewChange { kind, subject: key, version: None, at: now, groups: None };
    Ok(store::insert(conn, &change, now)?)
}

/// Writes down a change of a comment, if readers can see the comments of its article.
///
/// # Errors
/// A database fault.
pub fn record_comment(
    conn: &mut Conn,
    change: NewCommentChange<'_>,
    now: Instant,
) -> Result<(), Problem> {
    Ok(store::insert_of_comment(conn, change, now)?)
}

/// The change of an article that readers saw as `before` and see as `after`. `removal` is what it is called if they see
/// nothing of it any more, and `is_new_version` whether it was written to.
#[must_use]
pub fn change_between(
    before: Shows,
    after: Shows,
    removal: ChangeType,
    is_new_version: bool,
) -> Option<ChangeType> {
    match (before, after) {
        (Shows::Nothing, Shows::Nothing) => None,
        (Shows::Nothing, _) => Some(ChangeType::ArticlePublished),
        (_, Shows::Nothing) => Some(removal),
        (before, after) => {
            (is_new_version || before != after).then_some(ChangeType::ArticleUpdated)
        }
    }
}
