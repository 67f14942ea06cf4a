//! Threads: in the order in which they are shown, from one range of an index.

use diesel::dsl::count_star;
use diesel::prelude::*;
use uuid::Uuid;

use super::{CommentRow, with_article};
use crate::comments::api::State;
use crate::db::schema::comments;
use crate::db::within_deadline;

/// Not shown at all.
const HIDDEN: i64 = 0;
/// Shown as it is.
const WHOLE: i64 = 1;
/// The empty place of one that has answers.
pub const TOMBSTONE: i64 = 2;

/// Works out how a comment is shown after its state was written, and what that
/// makes of those above it: at most as many as a thread is deep.
pub fn show(conn: &mut SqliteConnection, id: i64) -> QueryResult<()> {
    let mut next = Some(id);
    while let Some(id) = next {
        let (state, replies, before, parent): (String, i64, i64, Option<i64>) = comments::table
            .find(id)
            .select((
                comments::state,
                comments::reply_count,
                comments::shown,
                comments::parent_id,
            ))
            .first(conn)?;
        let shown = match state == State::Published.word() {
            true => WHOLE,
            false if replies > 0 => TOMBSTONE,
            false => HIDDEN,
        };
        if shown == before {
            return Ok(());
        }
        diesel::update(comments::table.find(id))
            .set(comments::shown.eq(shown))
            .execute(conn)?;
        let difference = i64::from(shown > HIDDEN) - i64::from(before > HIDDEN);
        next = parent.filter(|_| difference != 0);
        if let Some(parent) = next {
            diesel::update(comments::table.find(parent))
                .set(comments::reply_count.eq(comments::reply_count + difference))
                .execute(conn)?;
        }
    }
    Ok(())
}

/// The part of an article's comments that a list is about.
#[derive(Clone, Debug)]
pub struct Part {
    /// The article.
    pub article: i64,
    /// Behind which path it starts.
    pub above: String,
    /// Before which path it ends.
    pub below: String,
}

/// Behind every path: its digits are hexadecimal.
const BEHIND_ALL: &str = "g";

impl Part {
    /// All of them.
    #[must_use]
    pub fn whole(article: i64) -> Self {
        Self {
            article,
            above: String::new(),
            below: BEHIND_ALL.to_owned(),
        }
    }

    /// What stands below a comment.
    #[must_use]
    pub fn below(comment: &CommentRow) -> Self {
        Self {
            article: comment.article_id,
            above: comment.path.clone(),
            below: format!("{}{BEHIND_ALL}", comment.path),
        }
    }
}

/// A page of a thread, each answer below what it answers (index `comments_in_thread`).
pub fn select_thread(
    conn: &mut SqliteConnection,
    part: &Part,
    after: &str,
    rows: i64,
) -> QueryResult<Vec<CommentRow>> {
    with_article()
        .filter(comments::article_id.eq(part.article))
        .filter(comments::in_thread.eq(1))
        .filter(comments::path.gt(part.above.as_str().max(after)))
        .filter(comments::path.lt(&part.below))
        .order(comments::path.asc())
        .limit(rows)
        .load(conn)
}

/// The comment `id` of an article, where it has a place in its thread (index `comments_public_id`).
pub fn select_place(
    conn: &mut SqliteConnection,
    article: i64,
    id: Uuid,
) -> QueryResult<Option<CommentRow>> {
    with_article()
        .filter(comments::public_id.eq(id.to_string()))
        .filter(comments::article_id.eq(article))
        .filter(comments::shown.gt(HIDDEN))
        .first(conn)
        .optional()
}

/// Number of entries of a thread; for the side pool.
pub fn count_thread(conn: &mut SqliteConnection, part: &Part) -> QueryResult<i64> {
    comments::table
        .filter(comments::article_id.eq(part.article))
        .filter(comments::in_thread.eq(1))
        .filter(comments::path.gt(&part.above))
        .filter(comments::path.lt(&part.below))
        .filter(within_deadline())
        .select(count_star())
        .first(conn)
}

/// Where a page starts: behind this instant and id.
pub type After = (i64, i64);
/// Before everything that comes oldest first.
pub const OLDEST: After = (i64::MIN, i64::MIN);
/// Before everything that comes newest first.
pub const NEWEST: After = (i64::MAX, i64::MAX);

/// A page of an article's comments in one state, oldest first (index `comments_by_article`).
pub fn select_oldest(
    conn: &mut SqliteConnection,
    article: i64,
    state: &str,
    since: i64,
    after: After,
    rows: i64,
) -> QueryResult<Vec<CommentRow>> {
    let (at, id) = after;
    with_article()
        .filter(comments::article_id.eq(article))
        .filter(comments::state.eq(state))
        .filter(comments::erased_at.is_null())
        .filter(comments::created_at.ge(at.max(since)))
        .filter(comments::created_at.gt(at).or(comments::id.gt(id)))
        .order((comments::created_at.asc(), comments::id.asc()))
        .limit(rows)
        .load(conn)
}

/// A page of an article's comments in one state, newest first (index `comments_by_article`).
pub fn select_newest(
    conn: &mut SqliteConnection,
    article: i64,
    state: &str,
    since: i64,
    after: After,
    rows: i64,
) -> QueryResult<Vec<CommentRow>> {
    let (at, id) = after;
    with_article()
        .filter(comments::article_id.eq(article))
        .filter(comments::state.eq(state))
        .filter(comments::erased_at.is_null())
        .filter(comments::created_at.ge(since))
        .filter(comments::created_at.le(at))
        .filter(comments::created_at.lt(at).or(comments::id.lt(id)))
        .order((comments::created_at.desc(), comments::id.desc()))
        .limit(rows)
        .load(conn)
}

/// Number of an article's comments in one state since an instant; for the side pool.
pub fn count_since(
    conn: &mut SqliteConnection,
    article: i64,
    state: &str,
    since: i64,
) -> QueryResult<i64> {
    comments::table
        .filter(comments::article_id.eq(article))
        .filter(comments::state.eq(state))
        .filter(comments::erased_at.is_null())
        .filter(comments::created_at.ge(since))
        .filter(within_deadline())
        .select(count_star())
        .first(conn)
}
