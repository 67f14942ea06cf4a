//! The comments of one person, in any state and whatever became of the article.

use super::{insert_entry, settle_reports, show};
use crate::comments::ids::CommentId;
use crate::comments::model::CommentRow;
use crate::comments::words::State;
use crate::db::idempotency;
use crate::db::prelude::*;
use crate::db::schema::{comment_addresses, comment_history, comment_reports, comments};
use crate::domain::instant::Instant;
use crate::web::caller::Actor;

#[diesel::dsl::auto_type]
fn of_person() -> _ {
    super::with_any_article().filter(comments::erased_at.is_null())
}

/// A page of a person's comments, oldest first: those with this email address, in any case of
/// ASCII letters (index `comments_by_email`).
pub fn select_by_email(
    conn: &mut Conn,
    email: &str,
    after: CommentId,
    rows: i64,
) -> QueryResult<Vec<CommentRow>> {
    of_person()
        .filter(comments::email_key.eq(email.to_ascii_lowercase()))
        .filter(comments::id.gt(after))
        .order(comments::id.asc())
        .limit(rows)
        .load(conn)
}

/// Erases the author's personal data from a comment: name, email address, text, IP address, the
/// texts of reasons and reports about it, and the responses stored for repeated requests. Its
/// place in the thread remains, and the record of its erasure, by whom and when.
pub fn erase(conn: &mut Conn, row: &CommentRow, actor: Actor<'_>, now: Instant) -> QueryResult<()> {
    diesel::update(comments::table.find(row.id))
        .set((
            comments::author_name.eq(""),
            comments::author_email.eq(None::<String>),
            comments::body.eq(""),
            comments::body_html.eq(""),
            comments::state.eq(State::Removed.word()),
            comments::state_reason.eq(None::<String>),
            comments::held_by.eq(None::<String>),
            comments::said.eq(None::<i64>),
            comments::version.eq(comments::version + 1),
            comments::updated_at.eq(now.as_micros()),
            comments::deleted_at.eq(now.as_micros()),
            comments::erased_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    diesel::delete(comment_addresses::table.find(row.id)).execute(conn)?;
    diesel::update(comment_reports::table.filter(comment_reports::comment_id.eq(row.id)))
        .set(comment_reports::reason.eq(None::<String>))
        .execute(conn)?;
    diesel::update(comment_history::table.filter(comment_history::comment_id.eq(row.id)))
        .set(comment_history::reason.eq(None::<String>))
        .execute(conn)?;
    idempotency::forget(conn, &row.public_id)?;
    settle_reports(conn, row.id)?;
    show(conn, row.id)?;
    let after = CommentRow {
        version: row.version + 1,
        state: State::Removed,
        state_reason: None,
        held_by: None,
        ..row.clone()
    };
    insert_entry(conn, &after, actor, true, now)
}
