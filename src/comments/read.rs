//! Looking up comments for a caller.

use uuid::Uuid;

use super::api::{Comment, Comments, View};
use super::model::CommentRow;
use super::rules::{EDIT_WINDOW, check_window, is_in_window};
use super::store::{self, Part, TOMBSTONE};
use super::token::Shown;
use super::words::State;
use super::{ListComments, thread_path};
use crate::articles::ids::ArticleId;
use crate::articles::ladder::Sight;
use crate::db::Conn;
use crate::db::secret::site_secret;
use crate::domain::instant::Instant;
use crate::domain::scope::Scope;
use crate::problem::{Code, Problem};
use crate::web::json::{Raw, raw};
use crate::web::paging::{Listing, Page};
use crate::web::query::Limit;

/// True if the caller sees held comments, reasons and email addresses.
#[must_use]
pub fn moderates(sight: Sight) -> bool {
    sight.may(Scope::CommentsModerate)
}

/// A comment as a caller sees it.
pub struct Seen {
    /// The comment.
    pub row: CommentRow,
    /// The view in which it is seen.
    pub view: View,
    /// True if the caller has proved authorship, within the edit window.
    pub is_own: bool,
    /// True if the caller has proved authorship, after the edit window.
    pub is_late: bool,
}

/// The comment `id` as the caller sees it: a published one, a pending one of the caller's own, or,
/// for moderators, any that is not deleted.
///
/// # Errors
/// `comment_not_found`, `edit_token_invalid`, `edit_window_closed`, or a database fault.
pub fn find(
    conn: &mut Conn,
    id: Uuid,
    sight: Sight,
    token: Option<&Shown>,
) -> Result<Seen, Problem> {
    let row = store::select(conn, id, sight)?.ok_or_else(|| not_found(id))?;
    let is_own = match token {
        Some(token) => token.is_of(&site_secret(conn)?, &row.public_id),
        None => false,
    };
    let waits_for_own = is_own && row.state == State::Pending;
    if row.state != State::Published && !waits_for_own && !moderates(sight) {
        return Err(not_found(id));
    }
    if token.is_some() && !is_own {
        return Err(Problem::plain(Code::EditTokenInvalid).with("window_seconds", EDIT_WINDOW));
    }
    // A pending comment is readable by its author only within the edit window.
    if waits_for_own && !moderates(sight) {
        check_window(Instant::from_micros(row.created_at), sight.now)?;
    }
    let is_in_time = is_in_window(Instant::from_micros(row.created_at), sight.now);
    let view = match (moderates(sight), is_own && is_in_time) {
        (true, _) => View::Moderator,
        (false, true) => View::Author,
        (false, false) => View::Public,
    };
    Ok(Seen { view, is_own: is_own && is_in_time, is_late: is_own && !is_in_time, row })
}

/// The same for a write: by its author within the edit window, or by a moderator.
///
/// # Errors
/// As [`find`].
pub fn find_for_write(
    conn: &mut Conn,
    id: Uuid,
    sight: Sight,
    token: Option<&Shown>,
) -> Result<Seen, Problem> {
    let seen = find(conn, id, sight, token)?;
    if seen.is_late && seen.view != View::Moderator {
        check_window(Instant::from_micros(seen.row.created_at), sight.now)?;
    }
    Ok(seen)
}

/// The comment `id`, deleted or not, unless it was erased.
///
/// # Errors
/// `comment_not_found`, or a database fault.
pub fn find_any(conn: &mut Conn, id: Uuid, sight: Sight) -> Result<CommentRow, Problem> {
    store::select_any(conn, id, sight)?.ok_or_else(|| not_found(id))
}

/// 404: the same for hidden and for absent comments.
#[must_use]
pub fn not_found(id: Uuid) -> Problem {
    Problem::plain(Code::CommentNotFound).with("id", id.to_string())
}

/// The caller's view of comments that are not its own.
#[must_use]
pub fn view_of(sight: Sight) -> View {
    match moderates(sight) {
        true => View::Moderator,
        false => View::Public,
    }
}

/// A comment as shown in a thread.
#[must_use]
pub fn in_thread(row: CommentRow, view: View) -> Comment {
    match row.shown {
        TOMBSTONE => Comment::tombstone(row),
        _ => Comment::new(row, view),
    }
}

/// The first page of an article's thread, as in `GET /v1/articles/{article}/comments`.
pub fn first_comments(
    conn: &mut Conn,
    article: ArticleId,
    article_public_id: &str,
    sight: Sight,
) -> Result<Raw, Problem> {
    let listing = Listing::of(&thread_path(article_public_id), &ListComments::default());
    let limit = Limit::default();
    let rows = store::select_thread(conn, &Part::whole(article), "", limit.0 + 1)?;
    let page = Page::of(rows, limit, |row| listing.seal(&row.path));
    let page = page.map(|row| in_thread(row, view_of(sight)));
    let first = Comments { items: page.items, next: page.next };
    raw(&first)
}
