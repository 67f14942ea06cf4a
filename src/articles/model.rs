//! The domain model of articles: stored rows, and the history entry of a write.

use diesel::{Queryable, Selectable};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::ids::ArticleId;
use super::words::{Access, CommentsPolicy, HistoryEvent, Standing, State};
use crate::disclaimers::words::BodyFormat;
use crate::domain::instant::Instant;
use crate::problem::Problem;

/// An article without its text. As JSON it is the saved content of a version: a column that is
/// added later needs a default for versions saved before.
#[derive(Queryable, Selectable, Clone, Serialize, Deserialize)]
#[diesel(table_name = crate::db::schema::articles)]
pub struct ArticleRow {
    pub id: ArticleId,
    pub public_id: String,
    pub slug: String,
    pub state: Standing,
    pub version: i64,
    pub title: String,
    pub summary: Option<String>,
    pub dateline: Option<String>,
    pub body_format: BodyFormat,
    pub word_count: i64,
    pub authors: String,
    pub source_name: Option<String>,
    pub source_url: Option<String>,
    pub external_id: Option<String>,
    pub canonical_url: Option<String>,
    pub language: String,
    pub section: Option<String>,
    pub tags: String,
    pub image: Option<String>,
    pub comments_policy: CommentsPolicy,
    pub comment_count: i64,
    pub metadata: String,
    pub published_at: Option<i64>,
    pub went_public_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
    pub trashed_at: Option<i64>,
    pub access: Access,
    pub embargo_until: Option<i64>,
    pub expires_at: Option<i64>,
    pub comments_close_at: Option<i64>,
    pub sort_key: i64,
}

/// An article's text.
#[derive(Queryable, Selectable, Clone)]
#[diesel(table_name = crate::db::schema::article_bodies)]
pub struct BodyRow {
    pub body: String,
    pub body_html: String,
}

/// The reason why an article was removed.
#[derive(Queryable, Selectable, Clone, Debug)]
#[diesel(table_name = crate::db::schema::article_removals)]
pub struct RemovalRow {
    pub withdrawn_at: Option<i64>,
    pub blocked_at: Option<i64>,
    pub notice: Option<String>,
    pub replaced_by: Option<ArticleId>,
    pub authority: Option<String>,
    pub reference: Option<String>,
    pub state_before_block: Option<Standing>,
    pub went_public_at: Option<i64>,
}

/// A correction of an article.
#[derive(Queryable, Selectable, Clone, Debug)]
#[diesel(table_name = crate::db::schema::article_corrections)]
pub struct CorrectionRow {
    pub article_id: ArticleId,
    pub public_id: String,
    pub note: String,
    pub corrected_at: i64,
    pub withdrawn_at: Option<i64>,
}

/// A term, and what has it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Counted {
    /// The key.
    pub key: String,
    /// What a filter takes.
    pub value: String,
    /// What people read.
    pub name: String,
    /// The number of articles.
    pub count: i64,
    /// The sort key of the newest.
    pub newest: i64,
}

/// An article that has a term: its row, and its place by publication.
#[derive(Clone, Debug, Queryable)]
pub struct Sharing {
    /// Its row.
    pub id: ArticleId,
    /// Its place by publication.
    pub sort_key: i64,
}

/// One write to an article.
#[derive(Queryable, Selectable, Clone, Debug)]
#[diesel(table_name = crate::db::schema::article_history)]
pub struct EntryRow {
    pub version: i64,
    pub event: HistoryEvent,
    pub actor: String,
    pub actor_key_id: Option<String>,
    pub reason: Option<String>,
    pub changes: String,
    pub subject: Option<String>,
    pub restored_version: Option<i64>,
    pub details: String,
    pub state: Option<State>,
    pub published_at: Option<i64>,
    pub went_public_at: Option<i64>,
    pub at: i64,
}

/// The history entry for a write.
pub struct Entry<'a> {
    /// The event.
    pub event: HistoryEvent,
    /// The reason.
    pub reason: Option<&'a str>,
    /// The written members that changed.
    pub changes: &'a [&'a str],
    /// The public id of the disclaimer or correction concerned.
    pub subject: Option<&'a str>,
    /// The version whose content was restored.
    pub restored_version: Option<i64>,
    /// The parameters of the action.
    pub details: Map<String, Value>,
}

impl<'a> Entry<'a> {
    /// An entry with the event only.
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

    /// Sets the disclaimer or correction concerned.
    #[must_use]
    pub fn about(mut self, subject: &'a str) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Sets the changed members.
    #[must_use]
    pub fn changing(mut self, members: &'a [&'a str]) -> Self {
        self.changes = members;
        self
    }

    /// Sets the parameters of the action.
    #[must_use]
    pub fn with(mut self, details: Map<String, Value>) -> Self {
        self.details = details;
        self
    }

    /// Sets the reason, if there is one.
    #[must_use]
    pub fn because(mut self, reason: Option<&'a str>) -> Self {
        self.reason = reason;
        self
    }
}

/// Parses a stored JSON text.
///
/// # Errors
/// `internal` where it is damaged.
pub fn stored_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Problem> {
    serde_json::from_str(text)
        .map_err(|error| Problem::internal(format!("stored JSON is damaged: {error}")))
}

/// An article's written members as JSON, as a client would write them.
pub fn written_members(row: &ArticleRow, body: &str) -> Result<Map<String, Value>, Problem> {
    let instant = |at: Option<i64>| json!(at.map(Instant::from_micros));
    let source = row.source_name.as_ref();
    let source = source.map(|name| json!({"name": name, "url": row.source_url}));
    let image: Option<Value> = row.image.as_deref().map(stored_json).transpose()?;
    let members = [
        ("title", json!(row.title)),
        ("slug", json!(row.slug)),
        ("summary", json!(row.summary)),
        ("body", json!(body)),
        ("body_format", json!(row.body_format)),
        ("dateline", json!(row.dateline)),
        ("authors", stored_json(&row.authors)?),
        ("source", json!(source)),
        ("external_id", json!(row.external_id)),
        ("canonical_url", json!(row.canonical_url)),
        ("language", json!(row.language)),
        ("section", json!(row.section)),
        ("tags", stored_json(&row.tags)?),
        ("image", json!(image)),
        ("comments_policy", json!(row.comments_policy)),
        ("comments_close_at", instant(row.comments_close_at)),
        ("access", json!(row.access)),
        ("embargo_until", instant(row.embargo_until)),
        ("expires_at", instant(row.expires_at)),
        ("metadata", stored_json(&row.metadata)?),
    ];
    Ok(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}
