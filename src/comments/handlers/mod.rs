//! The operations on comments: parse, decide, store, reply.

mod counts;
mod create;
mod person;
mod queue;
mod reports;
mod thread;

use std::net::IpAddr;
use std::sync::Arc;

use diesel::sqlite::SqliteConnection;
use uuid::Uuid;

use super::api::{
    Comment, CommentChange, CommentHistoryEntry, CommentRestoreInput, HeldBy, State, View,
};
use super::rules::{EDIT_WINDOW, check_window, count_difference, is_in_window};
use super::store::{self, Author, CommentRow, Decided};
use super::token::{self, Shown};
use crate::articles;
use crate::articles::ladder::Sight;
use crate::db::secret::site_secret;
use crate::domain::instant::Instant;
use crate::domain::markup::render_comment;
use crate::domain::text::normalize_newlines;
use crate::problem::{Code, Fault, FaultCode, Problem};
use crate::web::call::PendingChange;
use crate::web::etag::Precondition;
use crate::web::input::Change;
use crate::web::paging::{Listing, Page};
use crate::web::scope::Scope;
use crate::web::site::Site;
use crate::web::{Call, Reply, reply};

use crate::web::caller::Actor;
use create::{forget_some_addresses, judge_text, screened_state, state_under_policy};

pub use counts::*;
pub use create::{__path_create_comment, By, Screened, create, create_comment};
pub use person::*;
pub use queue::*;
pub use reports::*;
pub use thread::{__path_list_comments, list_comments};

/// Whether held comments, reasons and mail addresses are seen.
fn moderates(sight: Sight) -> bool {
    sight.may(Scope::CommentsModerate)
}

/// Why a comment waits that a moderator has put into a state, where it does: for the reason for
/// which it waited before, or as it was the moderator's.
fn held_by_moderator(row: &CommentRow, state: State) -> Option<HeldBy> {
    let before = row.held_by.as_deref().and_then(HeldBy::from_word);
    (state == State::Pending).then_some(before.unwrap_or(HeldBy::Moderator))
}

/// A comment as a caller has it before it.
struct Seen {
    row: CommentRow,
    view: View,
    /// Whether the caller has shown that it is its own, in time.
    is_own: bool,
    /// Whether the caller has shown that it was its own.
    is_late: bool,
}

/// The comment `id`, as the caller sees it: a published one, a pending one of its own, or
/// any that is not deleted for those who moderate.
fn find(
    conn: &mut SqliteConnection,
    id: Uuid,
    sight: Sight,
    token: Option<&Shown>,
) -> Result<Seen, Problem> {
    let Some(row) = store::select(conn, id, sight)? else {
        return Err(not_found(id));
    };
    let is_own = match token {
        Some(token) => token.is_of(&site_secret(conn)?, &row.public_id),
        None => false,
    };
    let waits_for_own = is_own && row.state == State::Pending.word();
    if row.state != State::Published.word() && !waits_for_own && !moderates(sight) {
        return Err(not_found(id));
    }
    if token.is_some() && !is_own {
        return Err(Problem::plain(Code::EditTokenInvalid).with("window_seconds", EDIT_WINDOW));
    }
    // What is its own and not public is its own for a while.
    if waits_for_own && !moderates(sight) {
        check_window(Instant::from_micros(row.created_at), sight.now)?;
    }
    let is_in_time = is_in_window(Instant::from_micros(row.created_at), sight.now);
    let view = match (moderates(sight), is_own && is_in_time) {
        (true, _) => View::Moderator,
        (false, true) => View::Author,
        (false, false) => View::Public,
    };
    Ok(Seen {
        view,
        is_own: is_own && is_in_time,
        is_late: is_own && !is_in_time,
        row,
    })
}

fn not_found(id: Uuid) -> Problem {
    let detail = format!("There is no comment `{id}` that you may read.");
    Problem::new(Code::CommentNotFound, detail).with("id", id.to_string())
}

/// The same for a write: by its author in time, or by a moderator.
fn find_for_write(
    conn: &mut SqliteConnection,
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

fn check_precondition(precondition: &Precondition, seen: &Seen) -> Result<(), Problem> {
    precondition.check(seen.row.version, || {
        let comment = Comment::new(seen.row.clone(), seen.view);
        reply::tag_of(seen.row.version, &comment)
    })
}

/// Read a comment
///
/// A published one; its author reads one that waits, with the token, and a moderator all but deleted ones.
#[utoipa::path(get, path = "/v1/comments/{comment}", responses((status = 200, description = "The comment.", body = Comment)))]
pub async fn read_comment(call: Call) -> Result<Reply, Problem> {
    let id = call.id("comment")?;
    let sight = Sight::of_call(&call);
    let token = Shown::read(&call.headers);
    let (seen, next_change) = call.services.db.read(|conn| {
        let seen = find(conn, id, sight, token.as_ref())?;
        let next_change = articles::store::next_change_of(conn, seen.row.article_id, sight.now)?;
        Ok((seen, next_change))
    })?;
    let reply = shown(seen.row, seen.view)?;
    Ok(reply.changes_at(next_change.map(Instant::from_micros), sight.now))
}

/// Change a comment
///
/// A JSON Merge Patch (RFC 7396): of `body` by its author, with the token, within 15 minutes; of
/// `state` and `reason` by a moderator. A changed text is judged by the article's policy again.
#[utoipa::path(patch, path = "/v1/comments/{comment}", responses((status = 200, description = "The comment as stored.", body = Comment)))]
pub async fn update_comment(call: Call) -> Result<Reply, Problem> {
    let id = call.id("comment")?;
    let caller = call.caller.clone();
    let token = Shown::read(&call.headers);
    let site = Arc::clone(&call.services.site);
    let change: PendingChange<CommentChange> = call.change(Change::Merge, Comment::READ_ONLY)?;
    let said = change
        .text("body")
        .map(|body| normalize_newlines(body.to_owned()));
    // Its author's name was judged with its first words.
    let held_by_text = match &said {
        Some(body) => judge_text(&site, "", body).await?,
        None => None,
    };
    let address = call.address;
    let (row, view) = call
        .services
        .db
        .write(move |conn, now| {
            let sight = Sight::of(&caller, now);
            let seen = find_for_write(conn, id, sight, token.as_ref())?;
            let writes_text =
                seen.is_own && said.as_ref().is_some_and(|body| *body != seen.row.body);
            let article = articles::store::select_row(conn, seen.row.article_id)?;
            // A text that is changed is as good as a new one.
            let under_policy = match writes_text {
                true => Some(state_under_policy(
                    &article,
                    site.comments_close_after,
                    now,
                )?),
                false => None,
            };
            check_precondition(&change.precondition, &seen)?;
            // A change of something else decides nothing.
            let settles = change.names("state") || change.names("reason");
            let present = serde_json::to_value(Comment::new(seen.row.clone(), seen.view))
                .map_err(Problem::internal)?;
            let wanted = change.apply(&present)?;
            refuse_foreign_members(&seen, &wanted)?;
            let decides = seen.view == View::Moderator;
            let held_before = seen.row.held_by.as_deref().and_then(HeldBy::from_word);
            let (state, held_by) = match under_policy {
                _ if decides => (wanted.state, held_by_moderator(&seen.row, wanted.state)),
                None => (wanted.state, held_before),
                Some(under_policy) => {
                    let is_by_site = seen.row.by_site != 0 || caller.may(Scope::CommentsWrite);
                    let why = match is_by_site {
                        true => None,
                        false => held_by_change(conn, &site, &seen.row, held_by_text, address)?,
                    };
                    match screened_state(under_policy, why) {
                        // What its new words show stands first, then why it waited before.
                        (State::Pending, why) => (
                            State::Pending,
                            held_by_text.filter(|_| !is_by_site).or(held_before).or(why),
                        ),
                        _ => (wanted.state, held_before),
                    }
                }
            };
            let reason = match seen.view {
                View::Moderator => wanted.reason.as_deref(),
                _ => seen.row.state_reason.as_deref(),
            };
            let html = render_comment(&wanted.body);
            let decided = Decided {
                state,
                reason,
                held_by: held_by.filter(|_| state == State::Pending),
                settles: decides && settles,
                text: writes_text.then_some((&*wanted.body, html.as_str())),
                deleted_at: None,
            };
            decide(conn, &seen.row, &decided, caller.actor(), now)?;
            let row = store::select(conn, id, sight)?.ok_or_else(|| not_found(id))?;
            Ok((row, seen.view))
        })
        .await?;
    shown(row, view)
}

/// Why a comment waits once its author has changed it, where it does: for its new words, or as
/// nothing else by this author is published.
fn held_by_change(
    conn: &mut SqliteConnection,
    site: &Site,
    row: &CommentRow,
    held_by_text: Option<HeldBy>,
    address: Option<IpAddr>,
) -> Result<Option<HeldBy>, Problem> {
    if held_by_text.is_some() || !site.holds.first_comment {
        return Ok(held_by_text);
    }
    let secret = site_secret(conn)?;
    let address = address.map(|address| token::of_address(&secret, address));
    let author = Author {
        name: &row.author_name,
        email: row.author_email.as_deref(),
        address: address.as_deref(),
    };
    let is_known = store::is_known_author(conn, &author, row.id)?;
    Ok((!is_known).then_some(HeldBy::FirstComment))
}

/// Refuses what is not the caller's to write.
fn refuse_foreign_members(seen: &Seen, wanted: &CommentChange) -> Result<(), Problem> {
    let mut faults = Vec::new();
    let mut refuse = |pointer: &str, detail: &str| {
        faults.push(Fault {
            pointer: pointer.to_owned(),
            code: FaultCode::ReadOnlyMember,
            detail: detail.to_owned(),
        });
    };
    if !seen.is_own && *wanted.body != *seen.row.body {
        refuse(
            "/body",
            "is written by the comment's author alone, with `Edit-Token`.",
        );
    }
    if seen.view != View::Moderator {
        let by_moderators = "is decided by moderators, with a key that has `comments:moderate`.";
        if wanted.state.word() != seen.row.state {
            refuse("/state", by_moderators);
        }
        if wanted.reason.is_some() {
            refuse("/reason", by_moderators);
        }
    }
    match faults.is_empty() {
        true => Ok(()),
        false => Err(Problem::validation(faults)),
    }
}

/// Writes what becomes of a comment, and counts the article's; the one way.
fn decide(
    conn: &mut SqliteConnection,
    row: &CommentRow,
    decided: &Decided<'_>,
    actor: Actor<'_>,
    now: Instant,
) -> Result<(), Problem> {
    store::update(conn, row, decided, actor, now)?;
    count_article(conn, row, decided.state)
}

/// Counts an article's comments, one of which is in another state now.
fn count_article(
    conn: &mut SqliteConnection,
    row: &CommentRow,
    state: State,
) -> Result<(), Problem> {
    let difference = count_difference(&row.state, state.word());
    Ok(articles::store::add_to_comment_count(
        conn,
        row.article_id,
        difference,
    )?)
}

/// Delete a comment
///
/// By its author, with the token, within 15 minutes, or by a moderator. No read by id meets it any more;
/// `state=removed` still lists it for a moderator, and `restore` brings it back.
#[utoipa::path(delete, path = "/v1/comments/{comment}", responses((status = 204, description = "It is gone.")))]
pub async fn delete_comment(call: Call) -> Result<Reply, Problem> {
    let id = call.id("comment")?;
    let caller = call.caller.clone();
    let token = Shown::read(&call.headers);
    let precondition = call.precondition.clone();
    call.services
        .db
        .write(move |conn, now| {
            let sight = Sight::of(&caller, now);
            let seen = find_for_write(conn, id, sight, token.as_ref())?;
            check_precondition(&precondition, &seen)?;
            let decided = Decided {
                state: State::Removed,
                reason: seen.row.state_reason.as_deref(),
                held_by: None,
                text: None,
                deleted_at: Some(now),
                settles: seen.view == View::Moderator,
            };
            decide(conn, &seen.row, &decided, caller.actor(), now)
        })
        .await?;
    Ok(Reply::no_content())
}

/// Restore a comment
///
/// One that was deleted, by its author or by a moderator, is again what it was before, or in the `state` that is
/// named. A batch of decisions never does that: what an author has taken back stays so unless a moderator asks for just this.
#[utoipa::path(post, path = "/v1/comments/{comment}/restore", responses((status = 200, description = "The comment as it is again.", body = Comment)))]
pub async fn restore_comment(call: Call) -> Result<Reply, Problem> {
    let id = call.id("comment")?;
    let input: CommentRestoreInput = call.body_or_nothing()?;
    let caller = call.caller.clone();
    let precondition = call.precondition.clone();
    let row = call
        .services
        .db
        .write(move |conn, now| {
            let sight = Sight::of(&caller, now);
            let row = store::select_any(conn, id, sight)?.ok_or_else(|| not_found(id))?;
            precondition.check(row.version, || {
                let comment = Comment::new(row.clone(), View::Moderator);
                reply::tag_of(row.version, &comment)
            })?;
            if store::select(conn, id, sight)?.is_some() {
                let detail = format!(
                    "This comment is not deleted: it is `{}`. Change its `state` with PATCH.",
                    row.state
                );
                return Err(Problem::new(Code::InvalidTransition, detail)
                    .with("state", &*row.state)
                    .with("allowed", Vec::<String>::new()));
            }
            let state = match input.state {
                Some(state) => state,
                None => state_before_deletion(conn, row.id)?,
            };
            let decided = Decided {
                state,
                reason: input.reason.as_deref(),
                held_by: held_by_moderator(&row, state),
                settles: true,
                text: None,
                deleted_at: None,
            };
            decide(conn, &row, &decided, caller.actor(), now)?;
            store::select(conn, id, sight)?.ok_or_else(|| not_found(id))
        })
        .await?;
    shown(row, View::Moderator)
}

/// What a deleted comment was before: its last entry but one.
fn state_before_deletion(conn: &mut SqliteConnection, id: i64) -> Result<State, Problem> {
    let entries = store::select_entries(conn, id, i64::MAX, 2)?;
    let before = entries
        .get(1)
        .and_then(|entry| State::from_word(&entry.state));
    // One whose history was not kept waits for a decision.
    Ok(before.unwrap_or(State::Pending))
}

/// List a comment's history
///
/// One entry for each write to it, the newest first; of a deleted one as well.
#[utoipa::path(get, path = "/v1/comments/{comment}/history", responses((status = 200, description = "A page of the history.", body = [CommentHistoryEntry])))]
pub async fn list_comment_history(call: Call) -> Result<Reply, Problem> {
    let id = call.id("comment")?;
    let sight = Sight::of_call(&call);
    let listing = Listing::new(&format!("/v1/comments/{id}/history"), &[]);
    let limit = call.query.limit();
    let entries = call.services.db.read(|conn| {
        let row = store::select_any(conn, id, sight)?.ok_or_else(|| not_found(id))?;
        let before = listing.start(&call.query, i64::MAX)?;
        Ok(store::select_entries(conn, row.id, before, limit + 1)?)
    })?;
    let page = Page::of(
        entries,
        limit,
        |row| listing.seal(&row.version),
        CommentHistoryEntry::from,
    );
    Reply::page(&call, page, None, &["version"])
}

fn shown(row: CommentRow, view: View) -> Result<Reply, Problem> {
    let version = row.version;
    let comment = Comment::new(row, view);
    let keys = format!("comments article-{}", comment.article_id);
    Ok(Reply::ok(&comment)?.version(version).surrogate_key(&keys))
}
