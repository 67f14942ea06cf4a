//! From where comments came and what somebody wrote lately: what rules on new comments look at.

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::select;

use crate::comments::api::{CommentInput, State};
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

/// From where the comment `id` came, while that is kept (index `comments_public_id`).
pub fn select_address(conn: &mut SqliteConnection, id: &str) -> QueryResult<Option<String>> {
    comment_addresses::table
        .inner_join(comments::table)
        .filter(comments::public_id.eq(id))
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

/// The comment on an article in which the same author has said the same since an instant, if
/// it was not taken back (index `comments_by_author`).
pub fn select_duplicate(
    conn: &mut SqliteConnection,
    article: i64,
    input: &CommentInput,
    since: Instant,
) -> QueryResult<Option<String>> {
    comments::table
        .filter(comments::author_name.eq(&*input.author_name))
        .filter(comments::created_at.gt(since.as_micros()))
        .filter(comments::article_id.eq(article))
        .filter(comments::body.eq(&*input.body))
        .filter(comments::author_email.is(input.author_email.as_deref()))
        .filter(comments::deleted_at.is_null())
        .select(comments::public_id)
        .first(conn)
        .optional()
}

/// Whether something by this author is published: under the same name with the same mail
/// address or, where none is given, from the same address (indexes `comments_by_email`,
/// `comment_addresses_by_address`).
pub fn is_known_author(
    conn: &mut SqliteConnection,
    input: &CommentInput,
    address: Option<&str>,
) -> QueryResult<bool> {
    let name: &str = &input.author_name;
    let published = State::Published.word();
    match (&input.author_email, address) {
        (Some(email), _) => {
            let found = comments::table
                .filter(comments::email_key.eq(email.to_ascii_lowercase()))
                .filter(comments::state.eq(published))
                .filter(comments::author_name.eq(name));
            select(exists(found)).get_result(conn)
        }
        (None, Some(address)) => {
            let found = comments::table
                .inner_join(comment_addresses::table)
                .filter(comment_addresses::address.eq(address))
                .filter(comments::state.eq(published))
                .filter(comments::author_email.is_null())
                .filter(comments::author_name.eq(name));
            select(exists(found)).get_result(conn)
        }
        (None, None) => Ok(false),
    }
}

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
