//! An article as its readers saw it at an instant, and when they saw another one.
//!
//! Who may read an article now may read its past, as far as the public could: the ladder is asked twice, for now and for
//! then.

use super::ids::ArticleId;
use super::ladder::{Rung, Sight};
use super::model::{ArticleRow, EntryRow};
use super::read::{Story, story_with};
use super::refusals::{article_not_found, instant, restricted};
use super::store;
use super::words::HistoryEvent;
use super::write::rendered_past;
use crate::db::Conn;
use crate::domain::instant::Instant;
use crate::domain::markup::Renderer;
use crate::domain::scope::Scope;
use crate::problem::{Code, Problem};
use crate::web::url::Locator;
use uuid::Uuid;

/// Most versions that are looked at for a list: the newest.
const VERSIONS_MAX: i64 = 1_000;

/// The article `present` as its readers saw it at an instant. A licensed text is shown to those who may read such now.
///
/// # Errors
/// What its readers were told then instead: `article_not_found`, `article_withdrawn`, `article_expired`,
/// `blocked_for_legal_reasons`, `article_restricted`; or a database fault.
pub fn story_then(
    conn: &mut Conn,
    present: &ArticleRow,
    (at, locator): (Instant, &Locator),
    sight: Sight,
    renderer: &Renderer,
) -> Result<Story, Problem> {
    let row = store::select_row_at(conn, present, at)?;
    let Some(row) = row.filter(|row| row.trashed_at.is_none()) else {
        return Err(article_not_found(locator, sight));
    };
    match Rung::of(&row, at) {
        Rung::Public => {}
        Rung::Restricted if sight.may(Scope::RestrictedRead) => {}
        Rung::Restricted => return Err(restricted(conn, row, sight.at(at))?),
        Rung::Unpublished | Rung::Embargoed | Rung::NeverSeen => {
            return Err(article_not_found(locator, sight));
        }
        Rung::Expired => {
            let expired_at = instant(row.expires_at);
            return Err(Problem::plain(Code::ArticleExpired).with("expired_at", expired_at));
        }
        Rung::Withdrawn => return Err(withdrawn_then(conn, row.id, at, sight)?),
        Rung::Blocked => return Err(blocked_then(conn, row.id, at)?),
    }
    let content = store::select_content(conn, present, row.version)?;
    let Some((_, text)) = content else {
        return Err(article_not_found(locator, sight));
    };
    let text = rendered_past(&row, &text, renderer)?;
    Ok(story_with(conn, row, text, sight.at(at))?.0)
}

/// The write by which an article came into the state that it had at an instant.
fn last(
    conn: &mut Conn,
    article: ArticleId,
    event: HistoryEvent,
    at: Instant,
) -> Result<EntryRow, Problem> {
    let entry = store::select_last_entry(conn, article, event, at)?;
    entry.ok_or_else(|| Problem::internal("a state without the write that made it"))
}

fn withdrawn_then(
    conn: &mut Conn,
    article: ArticleId,
    at: Instant,
    sight: Sight,
) -> Result<Problem, Problem> {
    let entry = last(conn, article, HistoryEvent::Withdrawn, at)?;
    let details: serde_json::Value = super::model::stored_json(&entry.details)?;
    // Only a successor that this caller's lists include is named.
    let named = details["replaced_by"].as_str().and_then(|id| Uuid::try_parse(id).ok());
    let found = match named {
        Some(id) => store::select_id(conn, &Locator::Id(id), sight)?,
        None => None,
    };
    let successor = match found {
        Some((id, _)) => store::select_listed(conn, id, sight)?,
        None => None,
    };
    let successor = successor.map(|(id, slug)| super::api::Successor { id, slug });
    Ok(Problem::plain(Code::ArticleWithdrawn)
        .with("withdrawn_at", instant(Some(entry.at)))
        .with("notice", details["notice"].as_str())
        .with("replaced_by", serde_json::json!(successor)))
}

fn blocked_then(conn: &mut Conn, article: ArticleId, at: Instant) -> Result<Problem, Problem> {
    let entry = last(conn, article, HistoryEvent::Blocked, at)?;
    let details: serde_json::Value = super::model::stored_json(&entry.details)?;
    Ok(Problem::plain(Code::BlockedForLegalReasons)
        .with("authority", details["authority"].as_str().unwrap_or_default())
        .with("reference", details["reference"].as_str()))
}

/// The instant from which readers could first see an article; `None` if they never could.
///
/// # Errors
/// A database fault.
pub fn first_public(
    conn: &mut Conn,
    present: &ArticleRow,
    now: Instant,
) -> Result<Option<Instant>, Problem> {
    // It is noted with the first write after that.
    let seen = store::select_first_seen(conn, present.id)?;
    let since = present.went_public_at.map(|at| at.max(present.embargo_until.unwrap_or(at)));
    let since = since.filter(|at| *at <= now.as_micros());
    Ok(seen.or(since).map(Instant::from_micros))
}

/// The versions of an article that its readers could see, each with the instant from which they could, the oldest first.
///
/// # Errors
/// A database fault.
pub fn public_versions(
    conn: &mut Conn,
    present: &ArticleRow,
    now: Instant,
) -> Result<Vec<(i64, Instant)>, Problem> {
    let entries = store::select_entries(conn, present.id, 0, store::NEWEST, VERSIONS_MAX)?;
    let mut versions = Vec::new();
    let mut end = now.as_micros().saturating_add(1);
    for entry in &entries {
        let begin = Instant::from_micros(entry.at);
        let row = store::select_row_at(conn, present, begin)?;
        let shown = row.filter(|row| row.trashed_at.is_none() && row.version == entry.version);
        if let Some(row) = shown {
            let turns = [row.went_public_at, row.embargo_until].into_iter().flatten();
            let mut turns: Vec<i64> = turns.chain([entry.at]).collect();
            turns.sort_unstable();
            let first = turns
                .into_iter()
                .filter(|at| (entry.at..end).contains(at))
                .map(Instant::from_micros)
                .find(|at| matches!(Rung::of(&row, *at), Rung::Public | Rung::Restricted));
            versions.extend(first.map(|at| (row.version, at)));
        }
        end = entry.at;
    }
    versions.reverse();
    Ok(versions)
}
