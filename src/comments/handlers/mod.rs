//! The operations on comments: parse, decide, store, reply.

mod counts;
mod person;
mod queue;
mod reports;
mod thread;

use diesel::sqlite::SqliteConnection;
use uuid::Uuid;

use super::api::{
    Comment, CommentChange, CommentHistoryEntry, CommentInput, HeldBy, NewComment, State, View,
};
use super::rules::{
    DUPLICATE_WINDOW, EDIT_WINDOW, FLOOD_WINDOW, check_window, count_difference, depth_below,
    held_by_text, initial_state,
};
use super::store::{self, CommentRow, Creation, Decided};
use super::token::{self, Shown};
use crate::articles;
use crate::articles::api::CommentsPolicy;
use crate::articles::ladder::Sight;
use crate::articles::rules::shown_published_at;
use crate::articles::store::ArticleRow;
use crate::db::secret::site_secret;
use crate::domain::ids::{Entropy, new_id};
use crate::domain::instant::Instant;
use crate::domain::markup::render_comment;
use crate::problem::{Code, Fault, FaultCode, Problem};
use crate::web::call::PendingChange;
use crate::web::etag::Precondition;
use crate::web::idempotency::Created;
use crate::web::input::Change;
use crate::web::limit::key_of;
use crate::web::paging::{Listing, Page};
use crate::web::scope::Scope;
use crate::web::site::{Holds, Site};
use crate::web::{Call, Reply, reply};

pub use counts::*;
pub use person::*;
pub use queue::*;
pub use reports::*;
pub use thread::{__path_list_comments, list_comments};

/// Whether held comments, reasons and mail addresses are seen.
fn moderates(sight: Sight) -> bool {
    sight.may(Scope::CommentsModerate)
}

/// Comment on an article
///
/// Anyone may. Under the policy `open` the comment is shown at once, under `moderated` it is
/// `pending` until a moderator decides, under `closed` it is refused. `edit_token`, sent as the header
/// `Edit-Token`, reads, edits and deletes it for 15 minutes.
#[utoipa::path(post, path = "/v1/articles/{article}/comments", responses((status = 201, description = "The comment as stored.", body = NewComment)))]
pub async fn create_comment(call: Call) -> Result<Reply, Problem> {
    let locator = call.locator("article")?;
    let caller = call.caller.clone();
    let input: CommentInput = call.body()?;
    if let Some(reply) = call.kept_reply()? {
        return Ok(reply);
    }
    // Who comments for the newsroom is not counted.
    let is_counted = !caller.may(Scope::CommentsWrite);
    let site = std::sync::Arc::clone(&call.services.site);
    let address = call.address;
    let left = match (&site.comment_limit, address) {
        (Some(limit), Some(address)) if is_counted => Some(limit.check(&key_of(address))?),
        _ => None,
    };
    let html = render_comment(&input.body);
    let entropy = std::sync::Arc::clone(&call.services.entropy);
    let created = call.create(move |conn, now| {
        let (article, _) = articles::find(conn, &locator, Sight::of(&caller, now))?;
        if let (Some(limit), true) = (&site.article_limit, is_counted) {
            limit.check(&article.public_id)?;
        }
        let secret = site_secret(conn)?;
        let screened = is_counted.then(|| Screened {
            holds: &site.holds,
            held_by_text: held_by_text(&site.holds, &input.author_name, &input.body, &html),
            address: address.map(|address| token::of_address(&secret, address)),
        });
        let by = By {
            actor: caller.actor(),
            close_after: site.comments_close_after,
            screened,
        };
        let row = create(conn, &article, &input, &html, &by, entropy.as_ref(), now)?;
        forget_some_addresses(conn, &site, now)?;
        let version = row.version;
        let edit_token = token::make(&secret, &row.public_id);
        let comment = Comment::new(row, View::Author);
        let location = format!("/v1/comments/{}", comment.id);
        let made = NewComment {
            comment,
            edit_token,
        };
        Ok(Created {
            reply: Reply::created(location, &made)?.version(version),
            subject: made.comment.id,
        })
    });
    let reply = created.await?;
    Ok(match left {
        Some(left) => left.told(reply),
        None => reply,
    })
}

/// Forgets addresses whose time is over, more than a write adds and few enough not to be felt.
fn forget_some_addresses(
    conn: &mut SqliteConnection,
    site: &Site,
    now: Instant,
) -> Result<(), Problem> {
    if let Some(kept_for) = site.addresses_kept_for {
        store::forget_addresses(conn, now.minus(kept_for), store::FORGOTTEN_AT_ONCE)?;
    }
    Ok(())
}

/// By whom a comment is written, and under which rules of the newsroom.
pub struct By<'a> {
    /// Who history says has written it.
    pub actor: &'a str,
    /// How long after its publication an article takes comments, in microseconds.
    pub close_after: Option<i64>,
    /// What may hold it; nothing but the article's policy where it is the newsroom that writes.
    pub screened: Option<Screened<'a>>,
}

/// What a reader's comment is judged by, beside the article's policy.
pub struct Screened<'a> {
    /// The newsroom's rules.
    pub holds: &'a Holds,
    /// What they make of its words.
    pub held_by_text: Option<HeldBy>,
    /// From where it comes, as it is known.
    pub address: Option<String>,
}

impl Screened<'_> {
    /// Why a new comment waits, where it does: what can be read in it, then who wrote it, then
    /// with how many others it came.
    fn held_by(
        &self,
        conn: &mut SqliteConnection,
        article: &ArticleRow,
        input: &CommentInput,
        now: Instant,
    ) -> Result<Option<HeldBy>, Problem> {
        if self.held_by_text.is_some() {
            return Ok(self.held_by_text);
        }
        if self.holds.first_comment
            && !store::is_known_author(conn, input, self.address.as_deref())?
        {
            return Ok(Some(HeldBy::FirstComment));
        }
        if let Some(most) = self.holds.flood {
            let since = now.minus(FLOOD_WINDOW * 1_000_000);
            if store::has_shown(conn, article.id, most, since)? {
                return Ok(Some(HeldBy::Flood));
            }
        }
        Ok(None)
    }
}

/// What an article's policy makes of a comment now.
fn state_under_policy(
    article: &ArticleRow,
    close_after: Option<i64>,
    now: Instant,
) -> Result<State, Problem> {
    let policy = CommentsPolicy::from_word(&article.comments_policy).ok_or_else(|| {
        Problem::internal(format!(
            "an article has the policy {}",
            article.comments_policy
        ))
    })?;
    let by_itself = article.comments_close_at.map(Instant::from_micros);
    let by_rule = shown_published_at(article, now).zip(close_after);
    let by_rule =
        by_rule.map(|(at, after)| Instant::from_micros(at.as_micros().saturating_add(after)));
    let close_at = [by_itself, by_rule].into_iter().flatten().min();
    initial_state(policy, close_at, now)
}

/// Why a comment waits that a moderator has put into a state, where it does: for the reason for
/// which it waited before, or as it was the moderator's.
fn held_by_moderator(row: &CommentRow, state: State) -> Option<HeldBy> {
    let before = row.held_by.as_deref().and_then(HeldBy::from_word);
    (state == State::Pending).then_some(before.unwrap_or(HeldBy::Moderator))
}

/// What becomes of a comment that the article's policy lets into a state, and a rule of the
/// newsroom perhaps holds.
fn screened_state(under_policy: State, held_by: Option<HeldBy>) -> (State, Option<HeldBy>) {
    match (under_policy, held_by) {
        (State::Pending, None) => (State::Pending, Some(HeldBy::Policy)),
        (_, Some(why)) => (State::Pending, Some(why)),
        (state, None) => (state, None),
    }
}

/// Adds a comment to an article, as its policy has it; the one way in.
///
/// # Errors
/// `comments_closed`, `thread_too_deep`, `duplicate_comment`, `validation_failed` for a parent that is
/// not shown on this article, or a database fault.
pub fn create(
    conn: &mut SqliteConnection,
    article: &ArticleRow,
    input: &CommentInput,
    html: &str,
    by: &By<'_>,
    entropy: &dyn Entropy,
    now: Instant,
) -> Result<CommentRow, Problem> {
    let under_policy = state_under_policy(article, by.close_after, now)?;
    let parent = match input.parent_id {
        Some(id) => Some(parent(conn, article, id, now)?),
        None => None,
    };
    let depth = match &parent {
        Some(parent) => depth_below(parent.depth)?,
        None => 0,
    };
    let since = now.minus(DUPLICATE_WINDOW * 1_000_000);
    if let Some(first) = store::select_duplicate(conn, article.id, input, since)? {
        return Err(Problem::plain(Code::DuplicateComment).with("comment_id", first));
    }
    let held_by = match &by.screened {
        Some(screened) => screened.held_by(conn, article, input, now)?,
        None => None,
    };
    let (state, held_by) = screened_state(under_policy, held_by);
    let creation = Creation {
        id: new_id(now, entropy),
        article: article.id,
        parent: parent.as_ref(),
        depth,
        state,
        held_by,
        actor: by.actor,
        is_by_site: by.screened.is_none(),
        address: by
            .screened
            .as_ref()
            .and_then(|screened| screened.address.as_deref()),
    };
    store::insert(conn, &creation, input, html, now)?;
    if state == State::Published {
        articles::store::add_to_comment_count(conn, article.id, 1)?;
    }
    // Its author sees a pending one.
    store::select(conn, creation.id, Sight::whole(now))?
        .ok_or_else(|| Problem::internal("a comment is gone as soon as it is there"))
}

/// The comment that a new one answers.
fn parent(
    conn: &mut SqliteConnection,
    article: &ArticleRow,
    id: Uuid,
    now: Instant,
) -> Result<CommentRow, Problem> {
    let found = store::select(conn, id, Sight::whole(now))?;
    let fits =
        |row: &CommentRow| row.article_id == article.id && row.state == State::Published.word();
    found.filter(fits).ok_or_else(|| {
        Problem::validation(vec![Fault {
            pointer: "/parent_id".to_owned(),
            code: FaultCode::UnknownValue,
            detail: "must be the id of a published comment on this article.".to_owned(),
        }])
    })
}

/// A comment as a caller has it before it.
struct Seen {
    row: CommentRow,
    view: View,
    /// Whether the caller has shown that it is its own.
    is_own: bool,
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
    let view = match (moderates(sight), is_own) {
        (true, _) => View::Moderator,
        (false, true) => View::Author,
        (false, false) => View::Public,
    };
    Ok(Seen { row, view, is_own })
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
    if seen.view == View::Author {
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
    let site = std::sync::Arc::clone(&call.services.site);
    let change: PendingChange<CommentChange> = call.change(Change::Merge, Comment::READ_ONLY)?;
    let (row, view) = call
        .services
        .db
        .write(move |conn, now| {
            let sight = Sight::of(&caller, now);
            let seen = find_for_write(conn, id, sight, token.as_ref())?;
            let writes_text = change
                .text("body")
                .is_some_and(|body| body != seen.row.body);
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
            let present = serde_json::to_value(Comment::new(seen.row.clone(), seen.view))
                .map_err(Problem::internal)?;
            let wanted = change.apply(&present)?;
            refuse_foreign_members(&seen, &wanted)?;
            let html = render_comment(&wanted.body);
            let decides = seen.view == View::Moderator;
            let is_by_site = seen.row.by_site != 0 || caller.may(Scope::CommentsWrite);
            let held_before = seen.row.held_by.as_deref().and_then(HeldBy::from_word);
            let (state, held_by) = match under_policy {
                _ if decides => (wanted.state, held_by_moderator(&seen.row, wanted.state)),
                None => (wanted.state, None),
                Some(under_policy) => {
                    let held_by = match is_by_site {
                        true => None,
                        false => {
                            held_by_text(&site.holds, &seen.row.author_name, &wanted.body, &html)
                        }
                    };
                    match screened_state(under_policy, held_by) {
                        (State::Pending, held_by) => (State::Pending, held_by),
                        _ => (wanted.state, None),
                    }
                }
            };
            let reason = match seen.view {
                View::Moderator => wanted.reason.as_deref(),
                _ => seen.row.state_reason.as_deref(),
            };
            let decided = Decided {
                state,
                reason,
                // What waits already waits for the reason that it had.
                held_by: held_before.or(held_by).filter(|_| state == State::Pending),
                settles: decides,
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
    actor: &str,
    now: Instant,
) -> Result<(), Problem> {
    store::update(conn, row.id, decided, actor, now)?;
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
/// `state=removed` still lists it for a moderator, and `POST /v1/comments/moderate` brings it back.
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
