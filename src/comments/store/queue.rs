//! The moderators' queue: comments of all articles.

use diesel::dsl::{count_star, exists, sql};
use diesel::expression::SqlLiteral;
use diesel::sql_types::Bool;

use super::thread::page_in_time;
use super::{After, with_article};
use crate::articles::ids::ArticleId;
use crate::articles::ladder::Sight;
use crate::articles::store::{article_table, is_read};
use crate::comments::model::CommentRow;
use crate::comments::words::{HeldBy, State};
use crate::db::dialect::contains;
use crate::db::prelude::*;
use crate::db::schema::{comment_addresses, comments};
use crate::db::within_deadline;
use crate::if_given;

/// The condition of the index `comments_reported`, spelled exactly as there: with a bound value
/// the index would not be used.
fn is_reported() -> SqlLiteral<Bool> {
    sql("comments.report_count > 0")
}

/// The filter of the moderators' queue.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// In this state.
    pub state: State,
    /// On this article.
    pub article: Option<ArticleId>,
    /// With this author's name.
    pub author: Option<String>,
    /// Held for this reason.
    pub held_by: Option<HeldBy>,
    /// With this in the text, in any case of ASCII letters; a `like` pattern.
    pub text: Option<String>,
    /// Written at this instant or later.
    pub since: i64,
    /// Written before this instant.
    pub before: i64,
    /// From the IP address with this keyed digest.
    pub address: Option<String>,
    /// Reported since a moderator last decided.
    pub is_reported: bool,
}

/// The comments that match the filter, on articles that the caller may read. Its type is always
/// the same, so the statement is prepared once for all filters.
macro_rules! wanted {
    ($base:expr, $wanted:expr, $sight:expr) => {
        $base
            .filter(comments::state.eq($wanted.state.word()))
            .filter(comments::created_at.ge($wanted.since))
            .filter(comments::created_at.lt($wanted.before))
            .filter(if_given!($wanted.article, comments::article_id.nullable().eq($wanted.article)))
            .filter(if_given!(
                $wanted.author,
                comments::author_name.eq($wanted.author.as_deref().unwrap_or_default())
            ))
            .filter(if_given!(
                $wanted.held_by,
                comments::held_by.eq($wanted.held_by.map(HeldBy::word))
            ))
            .filter(if_given!(
                $wanted.text,
                contains(comments::body, $wanted.text.as_deref().unwrap_or_default())
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
            .filter(is_read($sight))
            .filter(within_deadline())
    };
}

/// Runs a statement by the index that leads to the fewest rows: the article's, the author's, the
/// address's, that of reported comments, or the state's. A filter in the form of [`if_given`] uses
/// no index.
macro_rules! led {
    ($base:expr, $wanted:expr, $sight:expr, $run:expr) => {{
        let (base, wanted, sight) = ($base, $wanted, $sight);
        match (wanted.article, &wanted.author, &wanted.address, wanted.is_reported) {
            (Some(article), ..) => {
                $run(wanted!(base.filter(comments::article_id.eq(article)), wanted, sight))
            }
            (None, _, Some(address), _) => {
                let there = comment_addresses::table
                    .filter(comment_addresses::address.eq(address))
                    .select(comment_addresses::comment_id);
                $run(wanted!(base.filter(comments::id.eq_any(there)), wanted, sight))
            }
            (None, Some(author), None, _) => {
                $run(wanted!(base.filter(comments::author_name.eq(author)), wanted, sight))
            }
            (None, None, None, true) => $run(wanted!(base.filter(is_reported()), wanted, sight)),
            (None, None, None, false) => $run(wanted!(base, wanted, sight)),
        }
    }};
}

/// A page of the queue; for the side pool (indexes `comments_in_queue`, `comments_by_article`,
/// `comments_by_author`, `comment_addresses_by_address`, `comments_reported`).
pub fn select_queue(
    conn: &mut Conn,
    wanted: &Wanted,
    sight: Sight,
    newest_first: bool,
    (at, id): After,
    rows: i64,
) -> QueryResult<Vec<CommentRow>> {
    if newest_first {
        let page = page_in_time!(with_article(), at, (at, id), rows, le, lt, desc);
        return led!(page, wanted, sight, |found| Run::load(found, conn));
    }
    let page = page_in_time!(with_article(), at, (at, id), rows, ge, gt, asc);
    led!(page, wanted, sight, |found| Run::load(found, conn))
}

/// Number of comments that match the filter; for the side pool.
pub fn count_queue(conn: &mut Conn, wanted: &Wanted, sight: Sight) -> QueryResult<i64> {
    let all = comments::table.inner_join(article_table::table).select(count_star());
    led!(all, wanted, sight, |found| Run::first(found, conn))
}
