//! What was done to an article, and what it said before.

use diesel::dsl::{count_star, max};
use diesel::prelude::*;
use serde_json::{Map, Value};

use super::{ArticleRow, BodyRow};
use crate::articles::api::HistoryEvent;
use crate::db::schema::{article_history, article_revisions};
use crate::db::within_deadline;
use crate::domain::instant::Instant;
use crate::web::caller::Actor;

/// One write to an article.
#[derive(Queryable, Selectable, Clone, Debug)]
#[diesel(table_name = article_history)]
pub struct EntryRow {
    pub version: i64,
    pub event: String,
    pub actor: String,
    pub actor_key_id: Option<String>,
    pub reason: Option<String>,
    pub changes: String,
    pub subject: Option<String>,
    pub restored_version: Option<i64>,
    pub details: String,
    pub state: Option<String>,
    pub published_at: Option<i64>,
    pub went_public_at: Option<i64>,
    pub at: i64,
}

/// What is to be noted of a write.
pub struct Entry<'a> {
    /// What was done.
    pub event: HistoryEvent,
    /// Why.
    pub reason: Option<&'a str>,
    /// The written members that it changed.
    pub changes: &'a [&'a str],
    /// The public id of the disclaimer or correction that it is about.
    pub subject: Option<&'a str>,
    /// The version whose content it brought back.
    pub restored_version: Option<i64>,
    /// What the action was given.
    pub details: Map<String, Value>,
}

impl<'a> Entry<'a> {
    /// That `event` happened, and no more.
    #[must_use]
    pub fn of(event: HistoryEvent) -> Self {
        Self {
            event,
            reason: None,
            changes: &[],
            subject: None,
            restored_version: None,
            details: Map::new(),
        }
    }

    /// About this disclaimer or correction.
    #[must_use]
    pub fn about(mut self, subject: &'a str) -> Self {
        self.subject = Some(subject);
        self
    }

    /// With these members changed.
    #[must_use]
    pub fn changing(mut self, members: &'a [&'a str]) -> Self {
        self.changes = members;
        self
    }

    /// With what the action was given.
    #[must_use]
    pub fn with(mut self, details: Map<String, Value>) -> Self {
        self.details = details;
        self
    }

    /// For this reason, if there is one.
    #[must_use]
    pub fn because(mut self, reason: Option<&'a str>) -> Self {
        self.reason = reason;
        self
    }
}

/// Notes a write in an article's history. `row` is the article as the write has left it.
pub fn insert_entry(
    conn: &mut SqliteConnection,
    row: &ArticleRow,
    state: &str,
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
            article_history::changes.eq(super::json(&entry.changes)?),
            article_history::subject.eq(entry.subject),
            article_history::restored_version.eq(entry.restored_version),
            article_history::details.eq(super::json(&entry.details)?),
            article_history::state.eq(state),
            article_history::published_at.eq(row.published_at),
            article_history::went_public_at.eq(row.went_public_at),
            article_history::at.eq(now.as_micros()),
        ))
        .execute(conn)
        .map(drop)
}

/// Whether what made an article public or scheduled it last was done by `actor` (index
/// `article_history_by_article`).
pub fn is_published_by(
    conn: &mut SqliteConnection,
    article: i64,
    actor: &str,
) -> QueryResult<bool> {
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

/// Before everything: the newest entry comes first.
pub const NEWEST: i64 = i64::MAX;

/// A page of an article's history from above version `least`, newest first (index
/// `article_history_by_article`).
pub fn select_entries(
    conn: &mut SqliteConnection,
    article: i64,
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
        .select(EntryRow::as_select())
        .load(conn)
}

/// Number of entries above version `least`; for the side pool.
pub fn count_entries(conn: &mut SqliteConnection, article: i64, least: i64) -> QueryResult<i64> {
    article_history::table
        .filter(article_history::article_id.eq(article))
        .filter(article_history::version.gt(least))
        .filter(within_deadline())
        .select(count_star())
        .first(conn)
}

/// The entry that made `version` (index `article_history_by_article`).
pub fn select_entry(
    conn: &mut SqliteConnection,
    article: i64,
    version: i64,
) -> QueryResult<Option<EntryRow>> {
    article_history::table
        .filter(article_history::article_id.eq(article))
        .filter(article_history::version.eq(version))
        .select(EntryRow::as_select())
        .first(conn)
        .optional()
}

/// The last version whose content is not known, as it was not kept then; 0 where
/// all of it is (primary key of `article_revisions`).
pub fn last_unkept(conn: &mut SqliteConnection, article: i64) -> QueryResult<i64> {
    let last: Option<i64> = article_revisions::table
        .filter(article_revisions::article_id.eq(article))
        .filter(article_revisions::content.is_null())
        .select(max(article_revisions::last_version))
        .first(conn)?;
    Ok(last.unwrap_or_default())
}

/// Puts aside what an article says, as it is about to be changed; its text where that
/// is changed as well.
pub fn keep_content(
    conn: &mut SqliteConnection,
    row: &ArticleRow,
    text: Option<&BodyRow>,
) -> QueryResult<()> {
    diesel::insert_into(article_revisions::table)
        .values((
            article_revisions::article_id.eq(row.id),
            article_revisions::last_version.eq(row.version),
            article_revisions::content.eq(super::json(row)?),
            article_revisions::body.eq(text.map(|text| &text.body)),
            article_revisions::body_html.eq(text.map(|text| &text.body_html)),
        ))
        .execute(conn)
        .map(drop)
}

/// The same without the text.
pub fn select_past_row(
    conn: &mut SqliteConnection,
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

/// What an article said in `version`: what was put aside first from then on, or
/// else what it says now (primary key of `article_revisions`).
pub fn select_content(
    conn: &mut SqliteConnection,
    row: &ArticleRow,
    version: i64,
) -> QueryResult<Option<(ArticleRow, BodyRow)>> {
    let Some(content) = select_past_row(conn, row, version)? else {
        return Ok(None);
    };
    let kept = article_revisions::table
        .filter(article_revisions::article_id.eq(row.id))
        .filter(article_revisions::last_version.ge(version))
        .order(article_revisions::last_version.asc());
    let text: Option<(Option<String>, Option<String>)> = kept
        .filter(article_revisions::body.is_not_null())
        .select((article_revisions::body, article_revisions::body_html))
        .first(conn)
        .optional()?;
    let text = match text {
        Some((Some(body), Some(body_html))) => BodyRow { body, body_html },
        _ => super::select_body(conn, row.id)?,
    };
    Ok(Some((content, text)))
}
