//! The history of articles, and their past content.

use diesel::dsl::{count_star, max};

use super::{json, select_body};
use crate::articles::ids::ArticleId;
use crate::articles::model::{ArticleRow, BodyRow, Entry, EntryRow};
use crate::articles::words::{HistoryEvent, State};
use crate::db::prelude::*;
use crate::db::schema::{article_history, article_revisions};
use crate::db::within_deadline;
use crate::domain::instant::Instant;
use crate::web::caller::Actor;

/// Records a write in an article's history. `row` is the article after the write.
pub fn insert_entry(
    conn: &mut Conn,
    row: &ArticleRow,
    state: State,
    entry: &Entry<'_>,
    actor: Actor<'_>,
    now: Instant,
) -> QueryResult<()> {
    diesel::insert_into(article_history::table)
        .values((
            article_history::article_id.eq(row.id),
            article_history::version.eq(row.version),
            article_history::event.eq(entry.event.word()),
            article_history::actor.eq(actor.name),
            article_history::actor_key_id.eq(actor.stored_key_id()),
            article_history::reason.eq(entry.reason),
            article_history::changes.eq(json(&entry.changes)?),
            article_history::subject.eq(entry.subject),
            article_history::restored_version.eq(entry.restored_version),
            article_history::details.eq(json(&entry.details)?),
            article_history::state.eq(state.word()),
            article_history::published_at.eq(row.published_at),
            article_history::went_public_at.eq(row.went_public_at),
            article_history::at.eq(now.as_micros()),
        ))
        .execute(conn)
        .map(drop)
}

/// True if `actor` made the last entry that created, scheduled or published the article (index
/// `article_history_by_article`).
pub fn is_published_by(conn: &mut Conn, article: ArticleId, actor: &str) -> QueryResult<bool> {
    let last: Option<String> = article_history::table
        .filter(article_history::article_id.eq(article))
        .filter(
            article_history::event
                .eq(HistoryEvent::Scheduled.word())
                .or(article_history::event.eq(HistoryEvent::Published.word()))
                .or(article_history::event.eq(HistoryEvent::Created.word())),
        )
        .order(article_history::version.desc())
        .select(article_history::actor)
        .first(conn)
        .optional()?;
    Ok(last.as_deref() == Some(actor))
}

/// The start of the first page: the newest entry comes first.
pub const NEWEST: i64 = i64::MAX;

/// A page of an article's history above version `least`, newest first (index
/// `article_history_by_article`).
pub fn select_entries(
    conn: &mut Conn,
    article: ArticleId,
    least: i64,
    before: i64,
    rows: i64,
) -> QueryResult<Vec<EntryRow>> {
    article_history::table
        .filter(article_history::article_id.eq(article))
        .filter(article_history::version.lt(before))
        .filter(article_history::version.gt(least))
        .order(article_history::version.desc())
        .limit(rows)
        .select(EntryRow::columns())
        .load(conn)
}

/// Number of entries above version `least`; for the side pool.
pub fn count_entries(conn: &mut Conn, article: ArticleId, least: i64) -> QueryResult<i64> {
    article_history::table
        .filter(article_history::article_id.eq(article))
        .filter(article_history::version.gt(least))
        .filter(within_deadline())
        .select(count_star())
        .first(conn)
}

/// The entry that made `version` (index `article_history_by_article`).
pub fn select_entry(
    conn: &mut Conn,
    article: ArticleId,
    version: i64,
) -> QueryResult<Option<EntryRow>> {
    article_history::table
        .filter(article_history::article_id.eq(article))
        .filter(article_history::version.eq(version))
        .select(EntryRow::columns())
        .first(conn)
        .optional()
}

/// The last entry of a kind up to an instant (index `article_history_by_article`).
pub fn select_last_entry(
    conn: &mut Conn,
    article: ArticleId,
    event: HistoryEvent,
    at: Instant,
) -> QueryResult<Option<EntryRow>> {
    article_history::table
        .filter(article_history::article_id.eq(article))
        .filter(article_history::event.eq(event.word()))
        .filter(article_history::at.le(at.as_micros()))
        .order(article_history::version.desc())
        .select(EntryRow::columns())
        .first(conn)
        .optional()
}

/// The last version whose content was not saved; 0 if all of it was (primary key of
/// `article_revisions`).
pub fn last_unkept(conn: &mut Conn, article: ArticleId) -> QueryResult<i64> {
    let last: Option<i64> = article_revisions::table
        .filter(article_revisions::article_id.eq(article))
        .filter(article_revisions::content.is_null())
        .select(max(article_revisions::last_version))
        .first(conn)?;
    Ok(last.unwrap_or_default())
}

/// Saves an article's content before it is changed, with its text if that changes too.
pub fn keep_content(conn: &mut Conn, row: &ArticleRow, text: Option<&BodyRow>) -> QueryResult<()> {
    diesel::insert_into(article_revisions::table)
        .values((
            article_revisions::article_id.eq(row.id),
            article_revisions::last_version.eq(row.version),
            article_revisions::content.eq(json(row)?),
            article_revisions::body.eq(text.map(|text| &text.body)),
        ))
        .execute(conn)
        .map(drop)
}

/// A text as an article had it.
pub struct PastBody {
    /// As it was written.
    pub body: String,
    /// Its HTML, if the article still has this text: that of former texts is made when it is read.
    pub html: Option<String>,
}

/// Like [`select_content`], without the text.
pub fn select_past_row(
    conn: &mut Conn,
    row: &ArticleRow,
    version: i64,
) -> QueryResult<Option<ArticleRow>> {
    let content: Option<Option<String>> = article_revisions::table
        .filter(article_revisions::article_id.eq(row.id))
        .filter(article_revisions::last_version.ge(version))
        .order(article_revisions::last_version.asc())
        .select(article_revisions::content)
        .first(conn)
        .optional()?;
    match content {
        None => Ok(Some(row.clone())),
        Some(None) => Ok(None),
        Some(Some(content)) => serde_json::from_str(&content)
            .map(Some)
            .map_err(|error| diesel::result::Error::DeserializationError(Box::new(error))),
    }
}

/// The content of an article in `version`: the first saved from then on, or else the present one
/// (primary key of `article_revisions`).
pub fn select_content(
    conn: &mut Conn,
    row: &ArticleRow,
    version: i64,
) -> QueryResult<Option<(ArticleRow, PastBody)>> {
    let Some(content) = select_past_row(conn, row, version)? else {
        return Ok(None);
    };
    let kept = article_revisions::table
        .filter(article_revisions::article_id.eq(row.id))
        .filter(article_revisions::last_version.ge(version))
        .order(article_revisions::last_version.asc());
    let text: Option<Option<String>> = kept
        .filter(article_revisions::body.is_not_null())
        .select(article_revisions::body)
        .first(conn)
        .optional()?;
    let text = match text.flatten() {
        Some(body) => PastBody { body, html: None },
        None => {
            let BodyRow { body, body_html } = select_body(conn, row.id)?;
            PastBody { body, html: Some(body_html) }
        }
    };
    Ok(Some((content, text)))
}
