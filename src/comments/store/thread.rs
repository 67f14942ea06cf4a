//! Threads: in display order, from one range of an index.

use diesel::dsl::count_star;
use diesel::sql_types::BigInt;
use uuid::Uuid;

use super::with_article;
use crate::articles::ids::ArticleId;
use crate::comments::ids::CommentId;
use crate::comments::model::CommentRow;
use crate::comments::words::State;
use crate::db::prelude::*;
use crate::db::schema::comments;
use crate::db::within_deadline;
use crate::domain::instant::Instant;
use crate::fixed_query;

/// Not shown at all.
pub const HIDDEN: i64 = 0;
/// Shown in full.
const WHOLE: i64 = 1;
/// The empty place of a comment that has replies.
pub const TOMBSTONE: i64 = 2;

/// How a comment in a state, with so many replies, is shown.
pub const fn shown(state: State, replies: i64) -> i64 {
    match state {
        State::Published => WHOLE,
        _ if replies > 0 => TOMBSTONE,
        _ => HIDDEN,
    }
}

fixed_query! {
    /// Adds to a comment's number of shown replies. (Diesel's own updates are prepared at each call.)
    struct AddToReplyCount { difference: i64 => BigInt, id: i64 => BigInt } -> BigInt
        = "update comments set reply_count = reply_count + ?difference where id = ?id";
}

/// Adds `difference` to a comment's number of shown replies.
pub fn add_to_reply_count(conn: &mut Conn, id: CommentId, difference: i64) -> QueryResult<()> {
    AddToReplyCount { difference, id: id.0 }.execute(conn).map(drop)
}

/// Updates the display state of a comment after its state was written, and that of its ancestors:
/// at most as many as a thread is deep.
pub fn show(conn: &mut Conn, id: CommentId) -> QueryResult<()> {
    let mut next = Some(id);
    while let Some(id) = next {
        let (state, replies, before, parent): (State, i64, i64, Option<CommentId>) =
            comments::table
                .find(id)
                .select((
                    comments::state,
                    comments::reply_count,
                    comments::shown,
                    comments::parent_id,
                ))
                .first(conn)?;
        let shown = shown(state, replies);
        if shown == before {
            return Ok(());
        }
        diesel::update(comments::table.find(id)).set(comments::shown.eq(shown)).execute(conn)?;
        let difference = i64::from(shown > HIDDEN) - i64::from(before > HIDDEN);
        next = parent.filter(|_| difference != 0);
        if let Some(parent) = next {
            add_to_reply_count(conn, parent, difference)?;
        }
    }
    Ok(())
}

/// The part of an article's comments that a list covers.
#[derive(Clone, Debug)]
pub struct Part {
    /// The article.
    pub article: ArticleId,
    /// The path after which it starts.
    pub above: String,
    /// The path before which it ends.
    pub below: String,
}

/// Sorts after every path: its digits are hexadecimal.
const BEHIND_ALL: &str = "g";

impl Part {
    /// All comments of the article.
    #[must_use]
    pub fn whole(article: ArticleId) -> Self {
        Self { article, above: String::new(), below: BEHIND_ALL.to_owned() }
    }

    /// The replies below a comment.
    #[must_use]
    pub fn below(comment: &CommentRow) -> Self {
        Self {
            article: comment.article_id,
            above: comment.path.clone(),
            below: format!("{}{BEHIND_ALL}", comment.path),
        }
    }
}

/// A page of a thread, each reply below its parent (index `comments_in_thread`).
pub fn select_thread(
    conn: &mut Conn,
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

/// The comment `id` of an article, if it has a place in its thread (index `comments_public_id`).
pub fn select_place(
    conn: &mut Conn,
    article: ArticleId,
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
pub fn count_thread(conn: &mut Conn, part: &Part) -> QueryResult<i64> {
    comments::table
        .filter(comments::article_id.eq(part.article))
        .filter(comments::in_thread.eq(1))
        .filter(comments::path.gt(&part.above))
        .filter(comments::path.lt(&part.below))
        .filter(within_deadline())
        .select(count_star())
        .first(conn)
}

/// The start of a page: after this instant and id.
pub type After = (i64, CommentId);
/// The start of the first page, oldest first.
pub const OLDEST: After = (i64::MIN, CommentId(i64::MIN));
/// The start of the first page, newest first.
pub const NEWEST: After = (i64::MAX, CommentId(i64::MAX));

/// A page in one order of time, after an instant and an id: `from` is the start of its index
/// range.
macro_rules! page_in_time {
    ($base:expr, $from:expr, ($at:expr, $id:expr), $rows:expr, $reaches:ident, $passes:ident, $order:ident) => {
        $base
            .filter(comments::created_at.$reaches($from))
            .filter(comments::created_at.$passes($at).or(comments::id.$passes($id)))
            .order((comments::created_at.$order(), comments::id.$order()))
            .limit($rows)
    };
}
pub(super) use page_in_time;

/// A page of an article's comments in one state, in the order of time (index
/// `comments_by_article`).
pub fn select_flat(
    conn: &mut Conn,
    article: ArticleId,
    (state, since): (State, i64),
    newest_first: bool,
    (at, id): After,
    rows: i64,
) -> QueryResult<Vec<CommentRow>> {
    let of_article = with_article()
        .filter(comments::article_id.eq(article))
        .filter(comments::state.eq(state.word()))
        .filter(comments::erased_at.is_null());
    if newest_first {
        let since = of_article.filter(comments::created_at.ge(since));
        return page_in_time!(since, at, (at, id), rows, le, lt, desc).load(conn);
    }
    page_in_time!(of_article, at.max(since), (at, id), rows, ge, gt, asc).load(conn)
}

/// Number of an article's comments in one state since an instant; for the side pool.
pub fn count_since(
    conn: &mut Conn,
    article: ArticleId,
    state: State,
    since: i64,
) -> QueryResult<i64> {
    comments::table
        .filter(comments::article_id.eq(article))
        .filter(comments::state.eq(state.word()))
        .filter(comments::erased_at.is_null())
        .filter(comments::created_at.ge(since))
        .filter(within_deadline())
        .select(count_star())
        .first(conn)
}

fixed_query! {
    /// Counts the comments of an article that were public at an instant, by their histories (indexes `comments_by_article`,
    /// `comment_history_by_comment`). One from before histories is what it is now.
    struct CountThen { article: i64 => BigInt, at: i64 => BigInt } -> BigInt
        = "select count(*) from comments
           where comments.article_id = ?article and comments.created_at <= ?at
               and coalesce((select comment_history.state from comment_history
                   where comment_history.comment_id = comments.id and comment_history.at <= ?at
                   order by comment_history.version desc limit 1), comments.state) = 'published'
               and within_deadline()";
}

/// Number of an article's public comments at an instant; for the side pool.
pub fn count_then(conn: &mut Conn, article: ArticleId, at: Instant) -> QueryResult<i64> {
    CountThen { article: article.0, at: at.as_micros() }.get_result(conn)
}
