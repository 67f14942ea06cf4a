//! History, revisions and corrections on the wire.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{Article, ArticleHead, AttachedDisclaimer, attached};
use crate::articles::model::{CorrectionRow, EntryRow, stored_json};
use crate::articles::read::Story;
use crate::articles::words::{HistoryEvent, State};
use crate::domain::instant::Instant;
use crate::problem::Problem;
use crate::web::query::Members;

/// The actor, kind, reason and time of a version.
#[derive(Serialize, ToSchema)]
pub struct Authorship {
    /// The kind of the write.
    pub event: HistoryEvent,
    /// The actor: the name of the key.
    #[schema(example = "Ada Marsh")]
    pub actor: String,
    /// The key's id; null for the admin key from the settings, an import and the demo.
    #[schema(format = "uuid")]
    pub actor_key_id: Option<String>,
    /// The reason, if one was given.
    pub reason: Option<String>,
    /// The written members that it changed.
    #[schema(example = json!(["title", "body"]))]
    pub changes: Vec<String>,
    /// The time of the write.
    #[schema(value_type = String, format = "date-time")]
    pub at: Instant,
}

impl Authorship {
    /// The authorship in this row.
    pub fn new(row: EntryRow) -> Result<Self, Problem> {
        Ok(Self {
            changes: stored_json(&row.changes)?,
            event: row.event,
            actor: row.actor,
            actor_key_id: row.actor_key_id,
            reason: row.reason,
            at: Instant::from_micros(row.at),
        })
    }
}

/// One write to an article, with its actor, reason and time.
#[derive(Serialize, ToSchema)]
pub struct HistoryEntry {
    /// The version that it made.
    #[schema(example = 2, minimum = 1)]
    pub version: i64,
    /// The actor, kind, reason and time of the write.
    #[serde(flatten)]
    pub by: Authorship,
    /// The disclaimer that was attached or detached, else null.
    #[schema(format = "uuid")]
    pub disclaimer_id: Option<String>,
    /// The correction that was made or withdrawn, else null.
    #[schema(format = "uuid")]
    pub correction_id: Option<String>,
    /// The version whose content was restored, else null.
    #[schema(minimum = 1)]
    pub restored_version: Option<i64>,
    /// The parameters of an action besides its reason: `at`, `notice`, `replaced_by`, `authority`,
    /// `reference`.
    #[schema(value_type = Object, example = json!({}))]
    pub details: Map<String, Value>,
}

impl Members for HistoryEntry {
    const MEMBERS: &'static [&'static str] = &[
        "version", "event", "actor", "actor_key_id", "reason", "changes", "at", "disclaimer_id",
        "correction_id", "restored_version", "details",
    ];
}

impl HistoryEntry {
    /// The entry of this row.
    pub fn new(row: EntryRow) -> Result<Self, Problem> {
        use HistoryEvent::{Attached, Corrected, CorrectionWithdrawn, Detached};
        let about =
            |events: [HistoryEvent; 2]| row.subject.clone().filter(|_| events.contains(&row.event));
        Ok(Self {
            disclaimer_id: about([Attached, Detached]),
            correction_id: about([Corrected, CorrectionWithdrawn]),
            version: row.version,
            restored_version: row.restored_version,
            details: stored_json(&row.details)?,
            by: Authorship::new(row)?,
        })
    }
}

/// A version of an article in a list of versions.
#[derive(Serialize, ToSchema)]
pub struct RevisionListItem {
    /// The version.
    #[schema(example = 2, minimum = 1)]
    pub version: i64,
    /// The actor, kind, reason and time of the version.
    #[serde(flatten)]
    pub by: Authorship,
    /// The article's state in this version.
    pub state: State,
}

impl Members for RevisionListItem {
    const MEMBERS: &'static [&'static str] =
        &["version", "event", "actor", "actor_key_id", "reason", "changes", "at", "state"];
}

impl RevisionListItem {
    /// The entry of this row.
    pub fn new(row: EntryRow) -> Result<Self, Problem> {
        Ok(Self {
            version: row.version,
            state: row.state.ok_or_else(|| Problem::internal("a version without its state"))?,
            by: Authorship::new(row)?,
        })
    }
}

/// An article as it was in one version, in full, with the actor and the reason of that version.
#[derive(Serialize, ToSchema)]
pub struct Revision {
    /// The article as it was.
    #[serde(flatten)]
    pub head: ArticleHead,
    /// The text as it was written.
    #[schema(example = "The river is expected to **rise** tonight.")]
    pub body: String,
    /// The text as sanitised HTML.
    #[schema(example = "<p>The river is expected to <strong>rise</strong> tonight.</p>\n")]
    pub body_html: String,
    /// The corrections made by then, in their state at that time.
    pub corrections: Vec<Correction>,
    /// The disclaimers shown with it then, in display order.
    pub disclaimers: Vec<AttachedDisclaimer>,
    /// The actor, kind, reason and time of the version.
    #[serde(flatten)]
    pub by: Authorship,
    /// The differences from the version that `against` names; null without `against`.
    pub difference: Option<Difference>,
}

impl Revision {
    /// The version that `entry` made; `story` is the article as of then.
    pub fn new(
        story: Story,
        entry: EntryRow,
        difference: Option<Difference>,
    ) -> Result<Self, Problem> {
        let story = story.into_parts();
        let text = story.text.ok_or_else(|| Problem::internal("a story without its text"))?;
        let mut head = ArticleHead::new(story.row, story.at, story.takes_comments)?;
        head.state = entry.state.unwrap_or(head.state);
        let corrections = story.corrections.into_iter();
        Ok(Self {
            head,
            body: text.body,
            body_html: text.body_html,
            corrections: corrections.filter_map(|row| Correction::at(row, story.at)).collect(),
            disclaimers: attached(story.disclaimers),
            by: Authorship::new(entry)?,
            difference,
        })
    }
}

/// The changes from one version to another.
#[derive(Serialize, ToSchema)]
pub struct Difference {
    /// The version that it is compared with.
    #[schema(example = 1, minimum = 1)]
    pub against: i64,
    /// The members that differ, apart from the text.
    pub changes: Vec<MemberChange>,
    /// The change of the text as a unified diff; null if the text is the same.
    #[schema(
        example = "--- version 1\n+++ version 2\n@@ -1 +1 @@\n-The river rises.\n+The river is expected to rise.\n"
    )]
    pub body: Option<String>,
}

/// A member that differs.
#[derive(Serialize, ToSchema)]
pub struct MemberChange {
    /// Its name.
    #[schema(example = "title")]
    pub member: String,
    /// Its value in the version that is compared with.
    #[schema(example = "Flood warning")]
    pub from: Value,
    /// Its value in this version.
    #[schema(example = "Flood warning for the lower valley")]
    pub to: Value,
}

/// A correction of an article that readers had seen.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Correction {
    /// The correction's id.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000005")]
    pub id: String,
    /// The correction notice, as shown to readers.
    #[schema(example = "An earlier version named the wrong bridge.")]
    pub note: String,
    /// The time when it was made.
    #[schema(value_type = String, format = "date-time")]
    pub corrected_at: Instant,
    /// The time when it was withdrawn; null if it was not.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub withdrawn_at: Option<Instant>,
}

impl Correction {
    /// The correction in its state at `at`; `None` if it was not made yet.
    #[must_use]
    pub fn at(row: CorrectionRow, at: Instant) -> Option<Self> {
        let now = Self::from(row);
        let withdrawn_at = now.withdrawn_at.filter(|withdrawn| *withdrawn <= at);
        (now.corrected_at <= at).then_some(Self { withdrawn_at, ..now })
    }
}

impl From<CorrectionRow> for Correction {
    fn from(row: CorrectionRow) -> Self {
        Self {
            id: row.public_id,
            note: row.note,
            corrected_at: Instant::from_micros(row.corrected_at),
            withdrawn_at: row.withdrawn_at.map(Instant::from_micros),
        }
    }
}

impl Article {
    /// The article as of the story's instant, when it had so many public comments.
    pub fn then(story: Story, comment_count: i64) -> Result<Self, Problem> {
        let story = story.into_parts();
        let text = story.text.ok_or_else(|| Problem::internal("a story without its text"))?;
        let corrections = story.corrections.into_iter();
        Ok(Self {
            comment_count,
            corrections: corrections.filter_map(|row| Correction::at(row, story.at)).collect(),
            head: ArticleHead::new(story.row, story.at, story.takes_comments)?,
            body: text.body,
            body_html: text.body_html,
            disclaimers: attached(story.disclaimers),
            comments: None,
            removed: None,
        })
    }
}

/// A public version of an article.
#[derive(Clone, Serialize, ToSchema)]
pub struct Memento {
    /// The version.
    #[schema(example = 2, minimum = 1)]
    pub version: i64,
    /// The instant from which readers could see it.
    #[schema(value_type = String, format = "date-time")]
    pub at: Instant,
    /// Its URL: the article as of that instant.
    #[schema(
        example = "https://news.example/v1/articles/0192d5a0-0000-7000-8000-000000000003?as_of=2026-11-22T10:00:00.000000Z"
    )]
    pub url: String,
}

/// The public versions of an article (RFC 7089 section 5).
#[derive(Serialize, ToSchema)]
pub struct TimeMap {
    /// The URL of the article, which leads to its past for `Accept-Datetime`.
    #[schema(example = "https://news.example/v1/articles/0192d5a0-0000-7000-8000-000000000003")]
    pub original: String,
    /// The URL of this list.
    #[schema(
        example = "https://news.example/v1/articles/0192d5a0-0000-7000-8000-000000000003/timemap"
    )]
    pub timemap: String,
    /// The versions, the oldest first; of very many the newest 1,000.
    pub items: Vec<Memento>,
}
