//! From where comments came and what somebody wrote lately: what rules on new comments look at.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::select;
use diesel::sql_types::Bool;
use sha2::{Digest as _, Sha256};

use crate::comments::api::{CommentInput, State};
use crate::db::fragment::is_one_of;
use crate::db::schema::{comment_addresses, comment_reports, comments};
use crate::domain::instant::Instant;

/// Most addresses past their time that one write forgets: more than it adds, and so few that
/// it takes no longer for it.
pub const FORGOTTEN_AT_ONCE: i64 = 8;

/// Notes from where a comment came, as it is known.
pub fn insert_address(
    conn: &mut SqliteConnection,
    comment: i64,
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

/// From where a comment came, while that is kept (primary key).
pub fn select_address(conn: &mut SqliteConnection, comment: i64) -> QueryResult<Option<String>> {
    comment_addresses::table
        .find(comment)
        .select(comment_addresses::address)
        .first(conn)
        .optional()
}

/// Forgets addresses from before an instant, up to `most` of comments and as many of reports, the
/// oldest first. True where there may be more.
pub fn forget_addresses(
    conn: &mut SqliteConnection,
    before: Instant,
    most: i64,
) -> QueryResult<bool> {
    // Rows are as old as their comments, so the oldest come first.
    let oldest: Vec<(i64, i64)> = comment_addresses::table
        .order(comment_addresses::comment_id.asc())
        .limit(most)
        .select((comment_addresses::comment_id, comment_addresses::at))
        .load(conn)?;
    let mut forgotten = 0;
    for (comment, at) in oldest {
        if at <= before.as_micros() {
            diesel::delete(comment_addresses::table.find(comment)).execute(conn)?;
            forgotten += 1;
        }
    }
    let reports: Vec<i64> = comment_reports::table
        .filter(comment_reports::reporter.is_not_null())
        .filter(comment_reports::at.le(before.as_micros()))
        .order(comment_reports::at.asc())
        .limit(most)
        .select(comment_reports::id)
        .load(conn)?;
    let has_more = forgotten == most || i64::try_from(reports.len()) == Ok(most);
    for report in reports {
        diesel::update(comment_reports::table.find(report))
            .set(comment_reports::reporter.eq(None::<String>))
            .execute(conn)?;
    }
    Ok(has_more)
}

/// Who says what where, as a number: what is the same has the same.
pub fn said(
    article: i64,
    author_name: &str,
    author_email: Option<&str>,
    parent: Option<&str>,
    body: &str,
) -> i64 {
    let parts = [Some(author_name), author_email, parent, Some(body)];
    let mut digest = Sha256::new_with_prefix(article.to_le_bytes());
    for part in parts {
        // With its length before it none runs into the next.
        let length = part.map_or(-1, |part| i64::try_from(part.len()).unwrap_or(i64::MAX));
        digest.update(length.to_le_bytes());
        digest.update(part.unwrap_or_default());
    }
    let mut number = [0; 8];
    number.copy_from_slice(&digest.finalize()[..8]);
    i64::from_le_bytes(number)
}

/// The comment on an article in which the same author has said the same in answer to the same since an
/// instant, if it was not taken back (index `comments_said`).
pub fn select_duplicate(
    conn: &mut SqliteConnection,
    article: i64,
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
    // Whoever gives no mail address and comes from another address is another person.
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

/// Whether something by this author is published, other than the comment `but`: under the same name with the same mail
/// address or, where none is given, from the same address (indexes `comments_by_email`,
/// `comment_addresses_by_address`).
pub fn is_known_author(
    conn: &mut SqliteConnection,
    author: &Author<'_>,
    but: i64,
) -> QueryResult<bool> {
    let published = comments::table
        .filter(comments::state.eq(State::Published.word()))
        .filter(comments::author_name.eq(author.name))
        .filter(comments::id.ne(but));
    match (author.email, author.address) {
        (Some(email), _) => {
            let found = published.filter(comments::email_key.eq(email.to_ascii_lowercase()));
            select(exists(found)).get_result(conn)
        }
        (None, Some(address)) => {
            // Two steps: by the name alone everybody who is called "Guest" would be looked at.
            let lately: Vec<i64> = comment_addresses::table
                .filter(comment_addresses::address.eq(address))
                .order(comment_addresses::comment_id.desc())
                .limit(LOOKED_AT)
                .select(comment_addresses::comment_id)
                .load(conn)?;
            let found = published
                .filter(is_one_of(comments::id, &lately))
                .filter(comments::author_email.is_null());
            select(exists(found)).get_result(conn)
        }
        (None, None) => Ok(false),
    }
}

/// Who writes a comment, as far as that can be told.
#[derive(Clone, Copy, Debug)]
pub struct Author<'a> {
    /// The name that is shown.
    pub name: &'a str,
    /// The mail address, which is not.
    pub email: Option<&'a str>,
    /// From where the comment comes, as it is known.
    pub address: Option<&'a str>,
}

/// Comments from an address among which a known author is looked for: the last of them.
const LOOKED_AT: i64 = 100;

/// Whether an article has shown `number` comments since an instant (index `comments_by_article`).
pub fn has_shown(
    conn: &mut SqliteConnection,
    article: i64,
    number: i64,
    since: Instant,
) -> QueryResult<bool> {
    let last: Option<i64> = comments::table
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
