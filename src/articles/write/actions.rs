//! The actions on an article: each checks that the state allows it, applies it, and records it in
//! the history.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    By, RenderedText, input_with, record, refuse_taken_external_id, refuse_taken_slug, rendered_of,
    write_members,
};
use crate::articles::carried::carried_by_one;
use crate::articles::ids::ArticleId;
use crate::articles::input::{BlockInput, CorrectInput, RestoreInput};
use crate::articles::model::{ArticleRow, Entry};
use crate::articles::rules::{Action, publication_at, state_of};
use crate::articles::store;
use crate::articles::words::HistoryEvent;
use crate::db::Conn;
use crate::domain::instant::Instant;
use crate::domain::markup::{RemovedElement, Renderer};
use crate::problem::{Code, FaultCode, Problem};
use crate::web::url::Locator;

/// Most corrections of one article: all of them are shown with it, in every list that includes it.
const CORRECTIONS_MAX: i64 = 100;

/// Checks that the article's state allows an action.
fn check(action: Action, row: &ArticleRow, by: By<'_>) -> Result<(), Problem> {
    action.check(state_of(row, by.now()))
}

/// The parameters that were given: members that are null are dropped.
fn said(details: Value) -> Map<String, Value> {
    let mut said = match details {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    said.retain(|_, value| !value.is_null());
    said
}

/// Makes an article public, now or at an instant in the future.
///
/// # Errors
/// `invalid_transition`, `validation_failed`, or a database fault.
pub fn publish(
    conn: &mut Conn,
    row: &ArticleRow,
    at: Option<Instant>,
    reason: Option<&str>,
    by: By<'_>,
) -> Result<ArticleRow, Problem> {
    check(Action::Publish, row, by)?;
    let goes_public = publication_at(at, by.now())?;
    if at.is_some() {
        return schedule(conn, row, goes_public, reason, by);
    }
    let before = pinned(conn, row, by.now())?;
    let after = store::publish(conn, row, goes_public, by.now())?;
    let now_pinned = pinned(conn, &after, by.now())?;
    // An article that had pinned disclaimers before pins them again.
    let is_pinned_anew = row.went_public_at.is_some() && before != now_pinned;
    let details = json!({"disclaimers": is_pinned_anew.then_some(now_pinned)});
    let entry = Entry::of(Action::Publish.event()).because(reason).with(said(details));
    record(conn, (Some(row), &after), &entry, by)?;
    Ok(after)
}

/// Schedules an article for publication at an instant in the future.
pub fn schedule(
    conn: &mut Conn,
    row: &ArticleRow,
    at: Instant,
    reason: Option<&str>,
    by: By<'_>,
) -> Result<ArticleRow, Problem> {
    let after = store::publish(conn, row, at, by.now())?;
    let details = said(json!({"at": at}));
    let entry = Entry::of(HistoryEvent::Scheduled).because(reason).with(details);
    record(conn, (Some(row), &after), &entry, by)?;
    Ok(after)
}

/// The versions of an article's disclaimers.
fn pinned(conn: &mut Conn, row: &ArticleRow, now: Instant) -> Result<Value, Problem> {
    let carried = carried_by_one(conn, row, now)?.into_iter();
    Ok(carried.map(|one| json!({"key": one.key, "version": one.version})).collect())
}

/// Makes an article a draft again.
///
/// # Errors
/// `invalid_transition`, or a database fault.
pub fn unpublish(
    conn: &mut Conn,
    row: &ArticleRow,
    reason: Option<&str>,
    by: By<'_>,
) -> Result<ArticleRow, Problem> {
    check(Action::Unpublish, row, by)?;
    let after = store::unpublish(conn, row, by.now())?;
    let entry = Entry::of(Action::Unpublish.event()).because(reason);
    record(conn, (Some(row), &after), &entry, by)?;
    Ok(after)
}

/// The parameters of a withdrawal.
pub struct Withdrawal<'a> {
    /// The notice to readers.
    pub notice: Option<&'a str>,
    /// The article that replaces it.
    pub replaced_by: Option<&'a Locator>,
    /// The reason, for the history.
    pub reason: Option<&'a str>,
}

/// Withdraws an article.
///
/// # Errors
/// `invalid_transition`, `validation_failed` for an unknown successor, or a database fault.
pub fn withdraw(
    conn: &mut Conn,
    row: &ArticleRow,
    said_of_it: &Withdrawal<'_>,
    by: By<'_>,
) -> Result<ArticleRow, Problem> {
    check(Action::Withdraw, row, by)?;
    let Withdrawal { notice, replaced_by, reason } = *said_of_it;
    let successor = match replaced_by {
        Some(locator) => Some(successor(conn, row, locator, by)?),
        None => None,
    };
    let (successor, successor_id) = successor.unzip();
    let after = store::withdraw(conn, row, notice, successor, by.now())?;
    let details = said(json!({"notice": notice, "replaced_by": successor_id}));
    let entry = Entry::of(Action::Withdraw.event()).because(reason).with(details);
    record(conn, (Some(row), &after), &entry, by)?;
    Ok(after)
}

/// The article that replaces another one, with its public id.
fn successor(
    conn: &mut Conn,
    row: &ArticleRow,
    locator: &Locator,
    by: By<'_>,
) -> Result<(ArticleId, String), Problem> {
    let found = store::select_id(conn, locator, by.sight)?.filter(|(found, _)| *found != row.id);
    found.ok_or_else(|| {
        let detail = "must be the id or the slug of another article that you may read.";
        Problem::fault("/replaced_by", FaultCode::UnknownValue, detail)
    })
}

/// Blocks an article on a legal demand.
///
/// # Errors
/// `invalid_transition`, or a database fault.
pub fn block(
    conn: &mut Conn,
    row: &ArticleRow,
    input: &BlockInput,
    by: By<'_>,
) -> Result<ArticleRow, Problem> {
    check(Action::Block, row, by)?;
    let reference = input.reference.as_deref();
    let after = store::block(conn, row, &input.authority, reference, by.now())?;
    let details = said(json!({"authority": input.authority, "reference": input.reference}));
    let entry = Entry::of(Action::Block.event()).because(input.reason.as_deref());
    record(conn, (Some(row), &after), &entry.with(details), by)?;
    Ok(after)
}

/// Lifts a block.
///
/// # Errors
/// `invalid_transition`, or a database fault.
pub fn unblock(
    conn: &mut Conn,
    row: &ArticleRow,
    reason: Option<&str>,
    by: By<'_>,
) -> Result<ArticleRow, Problem> {
    check(Action::Unblock, row, by)?;
    let after = store::unblock(conn, row.id, by.now())?;
    let entry = Entry::of(Action::Unblock.event()).because(reason);
    record(conn, (Some(row), &after), &entry, by)?;
    Ok(after)
}

/// Restores an article from the trash.
///
/// # Errors
/// `invalid_transition`, `slug_taken`, `external_id_taken`, or a database fault.
pub fn restore(
    conn: &mut Conn,
    row: &ArticleRow,
    input: &RestoreInput,
    by: By<'_>,
) -> Result<ArticleRow, Problem> {
    check(Action::Restore, row, by)?;
    let slug = input.slug.as_deref().unwrap_or(&row.slug);
    let external_id = input.external_id.as_deref().or(row.external_id.as_deref());
    refuse_taken_slug(conn, slug, Some(row.id), by).map_err(at_restore)?;
    let source = row.source_name.as_deref();
    refuse_taken_external_id(conn, source, external_id, Some(row.id), by).map_err(at_restore)?;
    let mut changes = Vec::new();
    if slug != row.slug {
        changes.push("slug");
    }
    if external_id != row.external_id.as_deref() {
        changes.push("external_id");
    }
    if !changes.is_empty() {
        store::keep_content(conn, row, None)?;
    }
    let after = store::restore(conn, row, slug, external_id, by.now())?;
    let details = said(json!({"slug": input.slug, "external_id": input.external_id}));
    let entry = Entry::of(Action::Restore.event()).because(input.reason.as_deref());
    record(conn, (Some(row), &after), &entry.changing(&changes).with(details), by)?;
    Ok(after)
}

/// Adds advice to a conflict over a slug or id that another article took while this one was in the
/// trash.
fn at_restore(problem: Problem) -> Problem {
    let member = match problem.code() {
        Code::SlugTaken => "slug",
        Code::ExternalIdTaken => "external_id",
        _ => return problem,
    };
    problem.advising(&format!(
        "It was free while this article was in the trash. Restore it under another: send `{{\"{member}\": \"..\"}}` with the request, or take it from the article that has it now."
    ))
}

/// Adds the correction `id` to an article that readers have seen; `ahead` is the corrected text,
/// rendered. Returns what was left out of that text, if it was corrected.
///
/// # Errors
/// `invalid_transition`, `validation_failed`, or a database fault.
pub fn correct(
    conn: &mut Conn,
    row: &ArticleRow,
    input: &CorrectInput,
    (renderer, ahead): (&Renderer, Option<RenderedText>),
    id: Uuid,
    by: By<'_>,
) -> Result<(ArticleRow, Option<Vec<RemovedElement>>), Problem> {
    check(Action::Correct, row, by)?;
    if store::count_corrections(conn, row.id)? >= CORRECTIONS_MAX {
        let detail = format!("is a correction too many: an article has at most {CORRECTIONS_MAX}.");
        return Err(Problem::fault("", FaultCode::TooLong, detail));
    }
    let reason = input.reason.as_deref();
    let others = said(json!({"title": input.title, "summary": input.summary}));
    if others.is_empty() && input.body.is_none() {
        return Ok((note_correction(conn, row, (id, &input.note), reason, by)?, None));
    }
    store::insert_correction(conn, row.id, id, &input.note, by.now())?;
    let id = id.to_string();
    let entry = Entry::of(Action::Correct.event()).about(&id).because(reason);
    let text = store::select_body(conn, row.id)?;
    let article = input_with(row, input.body.as_deref().unwrap_or(&text.body), others)?;
    let rendered =
        rendered_of(renderer, &article, [ahead, Some(RenderedText::stored(row, &text))])?;
    let after = write_members(conn, (row, &text), &article, &rendered, entry, by)?;
    Ok((after, rendered.removed))
}

/// Adds the note of a correction `id` that changes no text, whatever the article's state is.
pub fn note_correction(
    conn: &mut Conn,
    row: &ArticleRow,
    (id, note): (Uuid, &str),
    reason: Option<&str>,
    by: By<'_>,
) -> Result<ArticleRow, Problem> {
    store::insert_correction(conn, row.id, id, note, by.now())?;
    let id = id.to_string();
    let after = store::next_version(conn, row.id, by.now())?;
    let entry = Entry::of(Action::Correct.event()).about(&id).because(reason);
    record(conn, (Some(row), &after), &entry, by)?;
    Ok(after)
}

/// Withdraws a correction.
pub fn withdraw_correction(
    conn: &mut Conn,
    row: &ArticleRow,
    id: Uuid,
    by: By<'_>,
) -> Result<(), Problem> {
    store::withdraw_correction(conn, row.id, id, by.now())?;
    let after = store::next_version(conn, row.id, by.now())?;
    let id = id.to_string();
    let entry = Entry::of(HistoryEvent::CorrectionWithdrawn).about(&id);
    record(conn, (Some(row), &after), &entry, by)
}
