//! Writing comments: requests and the demo both use this. Each call runs in a unit of the writer.

use std::net::IpAddr;
use std::sync::atomic::Ordering;

use uuid::Uuid;

use super::input::{CommentChange, CommentInput};
use super::model::{Author, CommentRow, Creation, Decided};
use super::policy::{Holds, Policy};
use super::read::{Seen, not_found};
use super::rules::{
    DUPLICATE_WINDOW, Edit, FLOOD_WINDOW, after_edit, count_difference, depth_below,
    held_by_moderator, screened_state, state_under_policy,
};
use super::words::{HeldBy, State};
use super::{api::View, store};
use crate::articles;
use crate::articles::ladder::Sight;
use crate::articles::model::ArticleRow;
use crate::changes::words::ChangeType;
use crate::changes::{self, NewCommentChange};
use crate::db::Conn;
use crate::db::secret::site_secret;
use crate::domain::instant::Instant;
use crate::domain::markup::render_comment;
use crate::problem::{Code, Fault, FaultCode, Problem};
use crate::web::address::digest_of;
use crate::web::caller::Actor;

/// How often writes delete expired addresses, in microseconds: they are kept for days.
const FORGET_EVERY: i64 = 60 * 1_000_000;

/// Deletes some expired addresses, unless that was done in the last minute.
pub fn forget_some_addresses(
    conn: &mut Conn,
    policy: &Policy,
    now: Instant,
) -> Result<(), Problem> {
    let Some(kept_for) = policy.addresses_kept_for else {
        return Ok(());
    };
    // Only the writer comes here, one unit after the other.
    if now.as_micros() < policy.forgot_at.load(Ordering::Relaxed) + FORGET_EVERY {
        return Ok(());
    }
    store::forget_addresses(conn, now.minus(kept_for), store::FORGOTTEN_AT_ONCE)?;
    policy.forgot_at.store(now.as_micros(), Ordering::Relaxed);
    Ok(())
}

/// The author of a comment, and the newsroom's rules that apply.
pub struct By<'a> {
    /// The actor in the history.
    pub actor: Actor<'a>,
    /// Time after an article's publication during which it takes comments, in microseconds.
    pub close_after: Option<i64>,
    /// The rules that may hold it; for the newsroom's own comments `None`: only the article's
    /// policy applies.
    pub screened: Option<Screened<'a>>,
}

/// The checks for a reader's comment besides the article's policy.
pub struct Screened<'a> {
    /// The newsroom's rules.
    pub holds: &'a Holds,
    /// Their result for its text.
    pub held_by_text: Option<HeldBy>,
    /// The keyed digest of the IP address that it comes from.
    pub address: Option<String>,
}

impl Screened<'_> {
    /// The reason why a new comment waits, if it does: its text is checked first, then its author,
    /// then how many others came with it.
    fn held_by(
        &self,
        conn: &mut Conn,
        article: &ArticleRow,
        input: &CommentInput,
        now: Instant,
    ) -> Result<Option<HeldBy>, Problem> {
        if self.held_by_text.is_some() {
            return Ok(self.held_by_text);
        }
        let author = Author {
            name: &input.author_name,
            email: input.author_email.as_deref(),
            address: self.address.as_deref(),
        };
        if self.holds.first_comment && !store::is_known_author(conn, &author, None)? {
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

/// Adds the comment `id` to an article under its policy; every new comment is made here, but for
/// those that [`add_known`] and an import (`import.rs`) take over.
///
/// # Errors
/// `comments_closed`, `thread_too_deep`, `duplicate_comment`, `validation_failed` for a parent
/// that is not shown on this article, or a database fault.
pub fn create(
    conn: &mut Conn,
    article: &ArticleRow,
    input: &CommentInput,
    html: &str,
    by: &By<'_>,
    id: Uuid,
    now: Instant,
) -> Result<CommentRow, Problem> {
    let under_policy = state_under_policy(article, by.close_after, now)?;
    let (parent, depth) = place(conn, article, input, now)?;
    let since = now.minus(DUPLICATE_WINDOW * 1_000_000);
    let address = by.screened.as_ref().and_then(|screened| screened.address.as_deref());
    if let Some(first) = store::select_duplicate(conn, article.id, input, address, since)? {
        return Err(Problem::plain(Code::DuplicateComment).with("comment_id", first));
    }
    let held_by = match &by.screened {
        Some(screened) => screened.held_by(conn, article, input, now)?,
        None => None,
    };
    let (state, held_by) = screened_state(under_policy, held_by);
    let creation = Creation {
        id,
        article: article.id,
        article_public_id: &article.public_id,
        parent: parent.as_ref(),
        depth,
        state,
        held_by,
        actor: by.actor,
        is_by_site: by.screened.is_none(),
        address,
    };
    let row = store::insert(conn, &creation, input, html, now)?;
    if state == State::Published {
        articles::store::add_to_comment_count(conn, article.id, 1)?;
        tell(conn, &row, Some(ChangeType::CommentPublished), row.version, now)?;
    }
    // Also a pending one is returned: its author sees it.
    Ok(row)
}

/// Takes over a published comment from elsewhere: it was made before, so neither the article's
/// policy nor the newsroom's rules apply.
///
/// # Errors
/// `thread_too_deep`, `validation_failed` for a parent that is not on this article, or a database
/// fault.
pub fn add_known(
    conn: &mut Conn,
    article: &ArticleRow,
    input: &CommentInput,
    id: Uuid,
    actor: Actor<'_>,
    at: Instant,
) -> Result<CommentRow, Problem> {
    let (parent, depth) = place(conn, article, input, at)?;
    let creation = Creation {
        id,
        article: article.id,
        article_public_id: &article.public_id,
        parent: parent.as_ref(),
        depth,
        state: State::Published,
        held_by: None,
        actor,
        is_by_site: false,
        address: None,
    };
    let row = store::insert(conn, &creation, input, &render_comment(&input.body), at)?;
    articles::store::add_to_comment_count(conn, article.id, 1)?;
    tell(conn, &row, Some(ChangeType::CommentPublished), row.version, at)?;
    Ok(row)
}

/// Writes down a change of a comment in the change log; without a kind, for caches alone.
///
/// # Errors
/// A database fault.
pub fn tell(
    conn: &mut Conn,
    row: &CommentRow,
    kind: Option<ChangeType>,
    version: i64,
    now: Instant,
) -> Result<(), Problem> {
    let change = NewCommentChange {
        kind,
        subject: &row.public_id,
        article_id: row.article_id.0,
        article: &row.article_public_id,
        version,
    };
    changes::record_comment(conn, change, now)
}

/// The comment that a new one replies to, if any, and the depth below it.
fn place(
    conn: &mut Conn,
    article: &ArticleRow,
    input: &CommentInput,
    now: Instant,
) -> Result<(Option<CommentRow>, i64), Problem> {
    let Some(id) = input.parent_id else {
        return Ok((None, 0));
    };
    let parent = parent(conn, article, id, now)?;
    let depth = depth_below(parent.depth)?;
    Ok((Some(parent), depth))
}

/// The comment that a new one replies to.
fn parent(
    conn: &mut Conn,
    article: &ArticleRow,
    id: Uuid,
    now: Instant,
) -> Result<CommentRow, Problem> {
    let found = store::select(conn, id, Sight::whole(now))?;
    let fits = |row: &CommentRow| row.article_id == article.id && row.state == State::Published;
    found.filter(fits).ok_or_else(|| {
        let detail = "must be the id of a published comment on this article.";
        Problem::fault("/parent_id", FaultCode::UnknownValue, detail)
    })
}

/// Writes the new state of a comment, and updates the article's number of comments; every change
/// of state but an erasure is made here.
pub fn decide(
    conn: &mut Conn,
    row: &CommentRow,
    decided: &Decided<'_>,
    actor: Actor<'_>,
    now: Instant,
) -> Result<(), Problem> {
    store::update(conn, row, decided, actor, now)?;
    note_state(conn, row, decided.state, decided.text.is_some(), now)
}

/// Erases a person's data from a comment.
///
/// # Errors
/// A database fault.
pub fn erase(
    conn: &mut Conn,
    row: &CommentRow,
    actor: Actor<'_>,
    now: Instant,
) -> Result<(), Problem> {
    store::erase(conn, row, actor, now)?;
    note_state(conn, row, State::Removed, true, now)
}

/// Updates what follows from a comment's change, from `row` to the next version: its article's number of comments, and the
/// change log.
fn note_state(
    conn: &mut Conn,
    row: &CommentRow,
    state: State,
    has_new_text: bool,
    now: Instant,
) -> Result<(), Problem> {
    let difference = count_difference(row.state, state);
    articles::store::add_to_comment_count(conn, row.article_id, difference)?;
    let change = match (row.state == State::Published, state == State::Published) {
        (true, true) if has_new_text => ChangeType::CommentEdited,
        (false, true) => ChangeType::CommentPublished,
        (true, false) => ChangeType::CommentRemoved,
        // A published one or what is left of one that was removed: it has another version, and shows nothing else.
        _ if [row.state, state]
            .iter()
            .any(|one| matches!(one, State::Published | State::Removed)) =>
        {
            return tell(conn, row, None, row.version + 1, now);
        }
        _ => return Ok(()),
    };
    tell(conn, row, Some(change), row.version + 1, now)
}

/// The actor of a change, and the facts known before it is made.
pub struct Change<'a> {
    /// The actor in the history.
    pub actor: Actor<'a>,
    /// True if the newsroom itself writes.
    pub is_by_site: bool,
    /// The IP address that it comes from.
    pub address: Option<IpAddr>,
    /// The reason why the new text itself is held, if it is.
    pub held_by_text: Option<HeldBy>,
    /// The state that the article's policy gives to a new text; `None` if the text stays.
    pub under_policy: Option<State>,
    /// True if a moderator decides with it.
    pub settles: bool,
}

/// Changes a comment: its text by its author, its state by a moderator.
///
/// # Errors
/// `validation_failed` for a member that the caller may not write, or a database fault.
pub fn change(
    conn: &mut Conn,
    seen: &Seen,
    wanted: &CommentChange,
    change: &Change<'_>,
    policy: &Policy,
    now: Instant,
) -> Result<(), Problem> {
    refuse_foreign_members(seen, wanted)?;
    let by_moderator = seen.view == View::Moderator;
    let is_by_site = seen.row.by_site != 0 || change.is_by_site;
    let held_by_text = change.held_by_text.filter(|_| !is_by_site);
    let held_by = match change.under_policy {
        Some(_) if !by_moderator && !is_by_site => {
            held_by_change(conn, policy, &seen.row, held_by_text, change.address)?
        }
        _ => None,
    };
    let (state, held_by) = after_edit(Edit {
        by_moderator,
        wanted: wanted.state,
        held_before: seen.row.held_by,
        under_policy: change.under_policy,
        held_by_text,
        held_by,
    });
    let reason = match by_moderator {
        true => wanted.reason.as_deref(),
        false => seen.row.state_reason.as_deref(),
    };
    let html = render_comment(&wanted.body);
    let has_new_text = change.under_policy.is_some();
    let decided = Decided {
        state,
        reason,
        held_by,
        settles: by_moderator && change.settles,
        text: has_new_text.then_some((&*wanted.body, html.as_str())),
        deleted_at: None,
    };
    decide(conn, &seen.row, &decided, change.actor, now)
}

/// The reason why a comment waits after its author has changed it, if it does: its new text, or
/// that the author has no other published comment.
fn held_by_change(
    conn: &mut Conn,
    policy: &Policy,
    row: &CommentRow,
    held_by_text: Option<HeldBy>,
    address: Option<IpAddr>,
) -> Result<Option<HeldBy>, Problem> {
    if held_by_text.is_some() || !policy.holds.first_comment {
        return Ok(held_by_text);
    }
    let secret = site_secret(conn)?;
    let address = address.map(|address| digest_of(&secret, address));
    let author = Author {
        name: &row.author_name,
        email: row.author_email.as_deref(),
        address: address.as_deref(),
    };
    let is_known = store::is_known_author(conn, &author, Some(row.id))?;
    Ok((!is_known).then_some(HeldBy::FirstComment))
}

/// Refuses members that the caller may not write.
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
        refuse("/body", "is written by the comment's author alone, with `Edit-Token`.");
    }
    if seen.view != View::Moderator {
        let by_moderators = "is decided by moderators, with a key that has `comments:moderate`.";
        if wanted.state != seen.row.state {
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

/// Deletes a comment; it can be restored.
pub fn delete(conn: &mut Conn, seen: &Seen, actor: Actor<'_>, now: Instant) -> Result<(), Problem> {
    let decided = Decided {
        state: State::Removed,
        reason: seen.row.state_reason.as_deref(),
        held_by: None,
        text: None,
        deleted_at: Some(now),
        settles: seen.view == View::Moderator,
    };
    decide(conn, &seen.row, &decided, actor, now)
}

/// Writes a moderator's decision on a comment.
pub fn moderate(
    conn: &mut Conn,
    row: &CommentRow,
    (state, reason): (State, Option<&str>),
    actor: Actor<'_>,
    now: Instant,
) -> Result<(), Problem> {
    let decided = Decided {
        state,
        reason,
        held_by: held_by_moderator(row.held_by, state),
        text: None,
        deleted_at: None,
        settles: true,
    };
    decide(conn, row, &decided, actor, now)
}

/// Restores a deleted comment, to the given state or to the one before.
///
/// # Errors
/// `invalid_transition` where it is not deleted, or a database fault.
pub fn restore(
    conn: &mut Conn,
    row: &CommentRow,
    (state, reason): (Option<State>, Option<&str>),
    actor: Actor<'_>,
    sight: Sight,
) -> Result<CommentRow, Problem> {
    let id = Uuid::try_parse(&row.public_id).map_err(Problem::internal)?;
    if store::select(conn, id, sight)?.is_some() {
        let state = row.state.word();
        let detail =
            format!("This comment is not deleted: it is `{state}`. Change its `state` with PATCH.");
        return Err(Problem::new(Code::InvalidTransition, detail)
            .with("state", state)
            .with("allowed", Vec::<String>::new()));
    }
    let state = match state {
        Some(state) => state,
        None => state_before_deletion(conn, row)?,
    };
    moderate(conn, row, (state, reason), actor, sight.now)?;
    store::select(conn, id, sight)?.ok_or_else(|| not_found(id))
}

/// The state of a comment before its deletion: that of its last entry but one.
fn state_before_deletion(conn: &mut Conn, row: &CommentRow) -> Result<State, Problem> {
    let entries = store::select_entries(conn, row.id, i64::MAX, 2)?;
    // A comment without a recorded history waits for a decision.
    Ok(entries.get(1).map_or(State::Pending, |entry| entry.state))
}
