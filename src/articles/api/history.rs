//! History, revisions and corrections on the wire.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{ArticleHead, AttachedDisclaimer, State, stored_json};
use crate::articles::store::{CorrectionRow, EntryRow};
use crate::domain::instant::Instant;
use crate::problem::Problem;
use crate::words;

words! {
    /// What was done to an article.
    pub enum HistoryEvent as "HistoryEvent" shown as "edited" {
        /// It was created.
        Created = "created",
        /// Written members were changed.
        Edited = "edited",
        /// It was published.
        Published = "published",
        /// It was made a draft again.
        Unpublished = "unpublished",
        /// It was given an instant of publication to come.
        Scheduled = "scheduled",
        /// It was taken back.
        Withdrawn = "withdrawn",
        /// It was blocked on a legal demand.
        Blocked = "blocked",
        /// The block was lifted.
        Unblocked = "unblocked",
        /// It was put into the trash.
        Trashed = "trashed",
        /// It came out of the trash, or an earlier version's content came back (`restored_version`).
        Restored = "restored",
        /// A correction was added.
        Corrected = "corrected",
        /// A correction was withdrawn.
        CorrectionWithdrawn = "correction_withdrawn",
        /// A disclaimer was attached.
        Attached = "attached",
        /// A disclaimer was detached.
        Detached = "detached",
    }
}

/// Who made a version of an article, how, why and when.
#[derive(Serialize, ToSchema)]
pub struct Authorship {
    /// What was done.
    #[schema(value_type = HistoryEvent)]
    pub event: String,
    /// Who did it: the name of the key.
    #[schema(example = "Ada Marsh")]
    pub actor: String,
    /// That key's id; null for the admin key that was given from outside, an import and the demo.
    #[schema(format = "uuid")]
    pub actor_key_id: Option<String>,
    /// Why, where a reason was given.
    pub reason: Option<String>,
    /// The written members that it changed.
    #[schema(example = json!(["title", "body"]))]
    pub changes: Vec<String>,
    /// When it was done.
    #[schema(value_type = String, format = "date-time")]
    pub at: Instant,
}

impl Authorship {
    /// What this row says of it.
    ///
    /// # Errors
    /// `internal` where a stored JSON text is damaged.
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

/// One write to an article: what, by whom, why and when.
#[derive(Serialize, ToSchema)]
pub struct HistoryEntry {
    /// The version that it made.
    #[schema(example = 2, minimum = 1)]
    pub version: i64,
    /// Who made it, how, why and when.
    #[serde(flatten)]
    pub by: Authorship,
    /// The disclaimer that was attached or detached, else null.
    #[schema(format = "uuid")]
    pub disclaimer_id: Option<String>,
    /// The correction that was made or withdrawn, else null.
    #[schema(format = "uuid")]
    pub correction_id: Option<String>,
    /// The version whose content came back, else null.
    #[schema(minimum = 1)]
    pub restored_version: Option<i64>,
    /// What an action was given beside its reason: `at`, `notice`, `replaced_by`, `authority`, `reference`.
    #[schema(value_type = Object, example = json!({}))]
    pub details: Map<String, Value>,
}

impl HistoryEntry {
    /// Names of all members.
    pub const MEMBERS: &'static [&'static str] = &[
        "version",
        "event",
        "actor",
        "actor_key_id",
        "reason",
        "changes",
        "at",
        "disclaimer_id",
        "correction_id",
        "restored_version",
        "details",
    ];

    /// The entry of this row.
    ///
    /// # Errors
    /// `internal` where a stored JSON text is damaged.
    pub fn new(row: EntryRow) -> Result<Self, Problem> {
        use HistoryEvent::{Attached, Corrected, CorrectionWithdrawn, Detached};
        let event = HistoryEvent::from_word(&row.event);
        let about = |events: [HistoryEvent; 2]| {
            let is_about = event.is_some_and(|event| events.contains(&event));
            row.subject.clone().filter(|_| is_about)
        };
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

/// A version of an article in the list of them.
#[derive(Serialize, ToSchema)]
pub struct RevisionListItem {
    /// The version.
    #[schema(example = 2, minimum = 1)]
    pub version: i64,
    /// Who made it, how, why and when.
    #[serde(flatten)]
    pub by: Authorship,
    /// What the article was from then on.
    #[schema(value_type = State)]
    pub state: String,
}

impl RevisionListItem {
    /// Names of all members.
    pub const MEMBERS: &'static [&'static str] = &[
        "version",
        "event",
        "actor",
        "actor_key_id",
        "reason",
        "changes",
        "at",
        "state",
    ];

    /// The entry of this row.
    ///
    /// # Errors
    /// `internal` where a stored JSON text is damaged.
    pub fn new(mut row: EntryRow) -> Result<Self, Problem> {
        Ok(Self {
            version: row.version,
            state: row.state.take().unwrap_or_default(),
            by: Authorship::new(row)?,
        })
    }
}

/// An article as it was in one version, whole, with who made it and why.
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
    /// The corrections that had been made by then, as they stood then.
    pub corrections: Vec<Correction>,
    /// The disclaimers that stood with it then, in the order in which they stood.
    pub disclaimers: Vec<AttachedDisclaimer>,
    /// Who made it, how, why and when.
    #[serde(flatten)]
    pub by: Authorship,
    /// How it differs from the version that `against` names; null without.
    pub difference: Option<Difference>,
}

/// What changed from one version to another.
#[derive(Serialize, ToSchema)]
pub struct Difference {
    /// The version that it is compared with.
    #[schema(example = 1, minimum = 1)]
    pub against: i64,
    /// The members that differ, apart from the text.
    pub changes: Vec<MemberChange>,
    /// The change of the text as a unified diff; null where it is the same.
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

/// Something that was put right after readers had seen it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Correction {
    /// The correction's id.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000005")]
    pub id: String,
    /// What was wrong, as readers are told.
    #[schema(example = "An earlier version named the wrong bridge.")]
    pub note: String,
    /// When it was made.
    #[schema(value_type = String, format = "date-time")]
    pub corrected_at: Instant,
    /// Since when it does not stand any more; null while it does.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub withdrawn_at: Option<Instant>,
}

impl Correction {
    /// The correction as it stood at `at`; none where it was not made yet.
    #[must_use]
    pub fn at(row: CorrectionRow, at: Instant) -> Option<Self> {
        let now = Self::from(row);
        let withdrawn_at = now.withdrawn_at.filter(|withdrawn| *withdrawn <= at);
        (now.corrected_at <= at).then_some(Self {
            withdrawn_at,
            ..now
        })
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
