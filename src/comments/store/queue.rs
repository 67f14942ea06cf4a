//! The moderators' queue: comments of all articles.

use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::{After, CommentRow, with_article};
use crate::articles::ladder::Sight;
use crate::db::schema::{articles as article_table, comments};
use crate::db::within_deadline;

/// What moderators look for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// In this state.
    pub state: String,
    /// On this article.
    pub article: Option<i64>,
    /// With this author's name.
    pub author: Option<String>,
    /// Held for this reason.
    pub held_by: Option<String>,
    /// With this in the text, in any case of ASCII letters; a pattern of `like`.
    pub text: Option<String>,
    /// Written at this instant or later.
    pub since: i64,
    /// Written before this instant.
    pub before: i64,
}

/// Whether a filter is passed: always, where there is none.
macro_rules! if_given {
    ($given:expr, $condition:expr) => {
        $given.is_none().into_sql::<Bool>().or($condition)
    };
}

/// The comments that are looked for, on articles that the caller reads. Its type is always the
/// same, so the statement is prepared once, whatever is looked for.
macro_rules! wanted {
    ($base:expr, $wanted:expr, $sight:expr) => {
        $base
            .filter(comments::state.eq(&$wanted.state))
            .filter(comments::created_at.ge($wanted.since))
            .filter(comments::created_at.lt($wanted.before))
            .filter(if_given!(
                $wanted.article,
                comments::article_id.eq($wanted.article.unwrap_or_default())
            ))
            .filter(if_given!(
                $wanted.author,
                comments::author_name.eq($wanted.author.as_deref().unwrap_or_default())
            ))
            .filter(if_given!(
                $wanted.held_by,
                comments::held_by.eq($wanted.held_by.as_deref())
            ))
            .filter(if_given!(
                $wanted.text,
                comments::body
                    .like($wanted.text.as_deref().unwrap_or_default())
                    .escape('\\')
            ))
            .filter(article_table::trashed_at.is_null())
            .filter($sight.is_read())
            .filter(within_deadline())
    };
}

/// A page of the queue, oldest first; for the side pool (index `comments_in_queue`).
pub fn select_queue(
    conn: &mut SqliteConnection,
    wanted: &Wanted,
    sight: Sight,
    after: After,
    rows: i64,
) -> QueryResult<Vec<CommentRow>> {
    let (at, id) = after;
    let behind = with_article()
        .filter(comments::created_at.ge(at))
        .filter(comments::created_at.gt(at).or(comments::id.gt(id)))
        .order((comments::created_at.asc(), comments::id.asc()))
        .limit(rows);
    wanted!(behind, wanted, sight).load(conn)
}

/// The same, newest first.
pub fn select_queue_newest(
    conn: &mut SqliteConnection,
    wanted: &Wanted,
    sight: Sight,
    after: After,
    rows: i64,
) -> QueryResult<Vec<CommentRow>> {
    let (at, id) = after;
    let behind = with_article()
        .filter(comments::created_at.le(at))
        .filter(comments::created_at.lt(at).or(comments::id.lt(id)))
        .order((comments::created_at.desc(), comments::id.desc()))
        .limit(rows);
    wanted!(behind, wanted, sight).load(conn)
}

/// Number of comments that are looked for; for the side pool.
pub fn count_queue(conn: &mut SqliteConnection, wanted: &Wanted, sight: Sight) -> QueryResult<i64> {
    let all = comments::table
        .inner_join(article_table::table)
        .select(count_star());
    wanted!(all, wanted, sight).first(conn)
}
