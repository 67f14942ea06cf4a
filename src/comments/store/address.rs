//! The addresses and recent comments of authors, which the rules for new comments look at.

use diesel::dsl::{exists, not};
use diesel::select;
use diesel::sql_types::Bool;
use sha2::{Digest as _, Sha256};

use crate::articles::ids::ArticleId;
use crate::comments::ids::CommentId;
use crate::comments::input::CommentInput;
use crate::comments::model::Author;
use crate::comments::words::State;
use crate::db::dialect::is_one_of;
use crate::db::prelude::*;
use crate::db::schema::{comment_addresses, comment_reports, comments};
use crate::domain::instant::Instant;
use crate::if_given;

/// Most expired addresses that one write deletes: few enough not to slow it down.
pub const FORGOTTEN_AT_ONCE: i64 = 100;

/// Records the keyed digest of the IP address that a comment came from.
pub fn insert_address(
    conn: &mut Conn,
    comment: CommentId,
    address: &str,
    now: Instant,
) -> QueryResult<()> {
    diesel::insert_into(comment_addresses::table)
        .values((
            comment_addresses::comment_id.eq(comment),
            comment_addresses::address.eq(address),
            comment_addresses::at.eq(now.as_micros()),
        ))
        .execute(conn)
        .map(drop)
}

/// The address digest of a comment, while it is kept (primary key).
pub fn select_address(conn: &mut Conn, comment: CommentId) -> QueryResult<Option<String>> {
    comment_addresses::table.find(comment).select(comment_addresses::address).first(conn).optional()
}

/// Deletes addresses from before an instant, up to `most` of comments and as many of reports, the
/// oldest first (indexes `comment_addresses_by_age`, `comment_reports_by_age`). Returns true if
/// there may be more.
pub fn forget_addresses(conn: &mut Conn, before: Instant, most: i64) -> QueryResult<bool> {
    // Comments that were imported are older than those before them.
    let oldest: Vec<CommentId> = comment_addresses::table
        .filter(comment_addresses::at.le(before.as_micros()))
        .order(comment_addresses::at.asc())
        .limit(most)
        .select(comment_addresses::comment_id)
        .load(conn)?;
    let reports: Vec<i64> = comment_reports::table
        .filter(comment_reports::reporter.is_not_null())
        .filter(comment_reports::at.le(before.as_micros()))
        .order(comment_reports::at.asc())
        .limit(most)
        .select(comment_reports::id)
        .load(conn)?;
    let has_more =
        [oldest.len(), reports.len()].iter().any(|count| i64::try_from(*count) == Ok(most));
    for comment in oldest {
        diesel::delete(comment_addresses::table.find(comment)).execute(conn)?;
    }
    for report in reports {
        diesel::update(comment_reports::table.find(report))
            .set(comment_reports::reporter.eq(None::<String>))
            .execute(conn)?;
    }
    Ok(has_more)
}

/// A digest of author, place and text, as a number: equal comments have equal digests.
pub fn said(
    article: ArticleId,
    author_name: &str,
    author_email: Option<&str>,
    parent: Option<&str>,
    body: &str,
) -> i64 {
    let parts = [Some(author_name), author_email, parent, Some(body)];
    let mut digest = Sha256::new_with_prefix(article.0.to_le_bytes());
    for part in parts {
        // With its length before it, no part can run into the next.
        let length = part.map_or(-1, |part| i64::try_from(part.len()).unwrap_or(i64::MAX));
        digest.update(length.to_le_bytes());
        digest.update(part.unwrap_or_default());
    }
    let mut number = [0; 8];
    number.copy_from_slice(&digest.finalize()[..8]);
    i64::from_le_bytes(number)
}

/// The comment by the same author with the same text and the same parent on an article since an
/// instant, unless it was deleted (index `comments_said`).
pub fn select_duplicate(
    conn: &mut Conn,
    article: ArticleId,
    input: &CommentInput,
    address: Option<&str>,
    since: Instant,
) -> QueryResult<Option<String>> {
    let parent = input.parent_id.map(|id| id.to_string());
    let number = said(
        article,
        &input.author_name,
        input.author_email.as_deref(),
        parent.as_deref(),
        &input.body,
    );
    // Without an email address, another IP address means another person.
    let elsewhere = comment_addresses::table
        .filter(comment_addresses::comment_id.eq(comments::id))
        .filter(comment_addresses::address.ne(address.unwrap_or_default()));
    let is_named = input.author_email.is_some() || address.is_none();
    comments::table
        .filter(comments::said.eq(number))
        .filter(comments::created_at.gt(since.as_micros()))
        .filter(comments::body.eq(&*input.body))
        .filter(is_named.into_sql::<Bool>().or(not(exists(elsewhere))))
        .filter(comments::deleted_at.is_null())
        .select(comments::public_id)
        .first(conn)
        .optional()
}

/// True if this author has a published comment other than `but`: under the same name with the same
/// email address or, without one, from the same IP address (indexes `comments_by_email`,
/// `comment_addresses_by_address`).
pub fn is_known_author(
    conn: &mut Conn,
    author: &Author<'_>,
    but: Option<CommentId>,
) -> QueryResult<bool> {
    let published = comments::table
        .filter(comments::state.eq(State::Published.word()))
        .filter(comments::author_name.eq(author.name))
        .filter(if_given!(but, comments::id.nullable().ne(but)));
    match (author.email, author.address) {
        (Some(email), _) => {
            let found = published.filter(comments::email_key.eq(email.to_ascii_lowercase()));
            select(exists(found)).get_result(conn)
        }
        (None, Some(address)) => {
            // Two steps: by the name alone, all comments by "Guest" would be scanned.
            let lately: Vec<CommentId> = comment_addresses::table
                .filter(comment_addresses::address.eq(address))
                .order(comment_addresses::comment_id.desc())
                .limit(LOOKED_AT)
                .select(comment_addresses::comment_id)
                .load(conn)?;
            let found = published
                .filter(is_one_of(comments::id, lately.iter().map(|id| id.0)))
                .filter(comments::author_email.is_null());
            select(exists(found)).get_result(conn)
        }
        (None, None) => Ok(false),
    }
}

/// Number of the latest comments from an address that are searched for a known author.
const LOOKED_AT: i64 = 100;

/// True if an article has shown `number` comments since an instant (index `comments_by_article`).
pub fn has_shown(
    conn: &mut Conn,
    article: ArticleId,
    number: i64,
    since: Instant,
) -> QueryResult<bool> {
    let last: Option<CommentId> = comments::table
        .filter(comments::article_id.eq(article))
        .filter(comments::state.eq(State::Published.word()))
        .filter(comments::created_at.gt(since.as_micros()))
        .order((comments::created_at.asc(), comments::id.asc()))
        .offset(number - 1)
        .limit(1)
        .select(comments::id)
        .first(conn)
        .optional()?;
    Ok(last.is_some())
}
