//! The moderators' queue: comments of all articles.

use diesel::dsl::{count_star, exists, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::{After, CommentRow, with_article};
use crate::articles::ladder::Sight;
use crate::db::schema::{articles as article_table, comment_addresses, comments};
use crate::db::within_deadline;

/// The condition of the index `comments_reported`, in its own words: a bound value would not
/// lead to it.
fn is_reported() -> SqlLiteral<Bool> {
    sql("comments.report_count > 0")
}

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
    /// From this address, as it is known.
    pub address: Option<String>,
    /// Reported since a moderator last decided.
    pub is_reported: bool,
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
            .filter(if_given!(
                $wanted.address,
                exists(
                    comment_addresses::table
                        .filter(comment_addresses::comment_id.eq(comments::id))
                        .filter(
                            comment_addresses::address
                                .eq($wanted.address.as_deref().unwrap_or_default())
                        )
                )
            ))
            .filter(comments::report_count.ge(i64::from($wanted.is_reported)))
            .filter(comments::erased_at.is_null())
            .filter(article_table::trashed_at.is_null())
            .filter($sight.is_read())
            .filter(within_deadline())
    };
}

/// Runs a statement by the index that leads to the fewest: the article's, the author's, the
/// address's, that of what is reported, or the state's. A filter in the form of [`if_given`] leads to none.
macro_rules! led {
    ($base:expr, $wanted:expr, $sight:expr, $run:expr) => {{
        let (base, wanted, sight) = ($base, $wanted, $sight);
        match (
            wanted.article,
            &wanted.author,
            &wanted.address,
            wanted.is_reported,
        ) {
            (Some(article), ..) => $run(wanted!(
                base.filter(comments::article_id.eq(article)),
                wanted,
                sight
            )),
            (None, _, Some(address), _) => {
                let there = comment_addresses::table
                    .filter(comment_addresses::address.eq(address))
                    .select(comment_addresses::comment_id);
                $run(wanted!(
                    base.filter(comments::id.eq_any(there)),
                    wanted,
                    sight
                ))
            }
            (None, Some(author), None, _) => $run(wanted!(
                base.filter(comments::author_name.eq(author)),
                wanted,
                sight
            )),
            (None, None, None, true) => $run(wanted!(base.filter(is_reported()), wanted, sight)),
            (None, None, None, false) => $run(wanted!(base, wanted, sight)),
        }
    }};
}

/// A page of the queue, oldest first; for the side pool (indexes `comments_in_queue`,
/// `comments_by_article`, `comments_by_author`, `comment_addresses_by_address`, `comments_reported`).
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
    led!(behind, wanted, sight, |found| RunQueryDsl::load(
        found, conn
    ))
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
    led!(behind, wanted, sight, |found| RunQueryDsl::load(
        found, conn
    ))
}

/// Number of comments that are looked for; for the side pool.
pub fn count_queue(conn: &mut SqliteConnection, wanted: &Wanted, sight: Sight) -> QueryResult<i64> {
    let all = comments::table
        .inner_join(article_table::table)
        .select(count_star());
    led!(all, wanted, sight, |found| RunQueryDsl::first(found, conn))
}
