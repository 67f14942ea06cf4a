//! Comments on the wire.

use serde::Serialize;
use utoipa::ToSchema;

use super::model::{BlockRow, CommentRow, EntryRow, ReportRow};
use super::words::{HeldBy, State};
use crate::domain::instant::Instant;
use crate::domain::text::contained;
use crate::web::query::Members;

/// A comment.
#[derive(Clone, Serialize, ToSchema)]
pub struct Comment {
    /// The comment's id.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000001")]
    pub id: String,
    /// The article that it is on.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000003")]
    pub article_id: String,
    /// The comment that it replies to, or null.
    #[schema(format = "uuid")]
    pub parent_id: Option<String>,
    /// Number of ancestors: 0 at the top.
    #[schema(example = 0, minimum = 0, maximum = 10)]
    pub depth: i64,
    /// Number of replies that are shown.
    #[schema(example = 0, minimum = 0)]
    pub reply_count: i64,
    /// The moderation state. A comment that is no longer shown keeps its place in the thread while
    /// it has replies, as `removed` and without name and text.
    pub state: State,
    /// The reason for its state; only with `comments:moderate`.
    pub reason: Option<String>,
    /// The reason why it waits for a moderator; only with `comments:moderate`.
    pub held_by: Option<HeldBy>,
    /// Number of readers who have reported it since a moderator last decided; only with
    /// `comments:moderate`.
    pub report_count: Option<i64>,
    /// Version number; every write increments it.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// The reader's name.
    #[schema(example = "Sam")]
    pub author_name: Option<String>,
    /// The reader's email address; only with `comments:moderate`, and in the response to its
    /// author.
    pub author_email: Option<String>,
    /// The text as it was written.
    #[schema(example = "Is the bridge still open?")]
    pub body: Option<String>,
    /// The text escaped, in paragraphs, with links marked `nofollow`.
    #[schema(example = "<p>Is the bridge still open?</p>\n")]
    pub body_html: Option<String>,
    /// The time when it was written.
    #[schema(value_type = String, format = "date-time")]
    pub created_at: Instant,
    /// The time when it was last changed.
    #[schema(value_type = String, format = "date-time")]
    pub updated_at: Instant,
}

/// A comment as returned to its author, this once with the token.
#[derive(Serialize, ToSchema)]
pub struct CreatedComment {
    /// The comment.
    #[serde(flatten)]
    pub comment: Comment,
    /// Sent as the header `Edit-Token`, it lets its holder read, edit and delete the comment for
    /// 15 minutes.
    #[schema(example = "nQ3xyzJ0m7bS5V0w1d6vJr4m2Q0aF8cYk5T1hUe3gZo")]
    pub edit_token: String,
}

/// The outcome for one of several comments.
#[derive(Serialize, ToSchema)]
pub struct Decision {
    /// The comment's id.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000001")]
    pub id: String,
    /// Its state now; null if it was not found.
    pub state: Option<State>,
    /// The problem code if it could not be decided on; otherwise null.
    #[schema(example = json!(null))]
    pub code: Option<String>,
}

/// The outcomes for several comments, in the order in which they were named.
#[derive(Serialize, ToSchema)]
pub struct Decisions {
    /// One entry for each id.
    pub items: Vec<Decision>,
}

/// A reader's report of a comment.
#[derive(Serialize, ToSchema)]
pub struct Report {
    /// Its number.
    #[schema(example = 1, minimum = 1)]
    pub id: i64,
    /// The reader's reason.
    #[schema(example = "Insults its neighbour.")]
    pub reason: Option<String>,
    /// True if a moderator has decided since.
    pub settled: bool,
    /// The time of the report.
    #[schema(value_type = String, format = "date-time")]
    pub at: Instant,
}

impl Members for Report {
    const MEMBERS: &'static [&'static str] = &["id", "reason", "settled", "at"];
}

impl From<ReportRow> for Report {
    fn from(row: ReportRow) -> Self {
        Self {
            id: row.id,
            reason: row.reason,
            settled: row.settled != 0,
            at: Instant::from_micros(row.at),
        }
    }
}

/// The result of an erasure.
#[derive(Serialize, ToSchema)]
pub struct Erased {
    /// Number of comments whose name, email address and text were erased.
    #[schema(example = 3, minimum = 0)]
    pub erased: i64,
}

/// The number of comments on an article.
#[derive(Serialize, ToSchema)]
pub struct CommentCount {
    /// The article's id.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000003")]
    pub article_id: String,
    /// Its name in URLs.
    #[schema(example = "flood-warning-for-the-lower-valley")]
    pub slug: String,
    /// Number of public comments.
    #[schema(example = 2, minimum = 0)]
    pub count: i64,
}

/// The numbers of comments on articles, in the order in which the articles were named.
#[derive(Serialize, ToSchema)]
pub struct CommentCounts {
    /// One entry for each article that the caller may read.
    pub items: Vec<CommentCount>,
}

/// Comments in full, and the cursor of the next page.
#[derive(Serialize, ToSchema)]
pub struct Comments {
    /// The comments.
    pub items: Vec<Comment>,
    /// The next page, as `cursor`: of an article's thread with
    /// `GET /v1/articles/{article}/comments`, of an export with the same request. Null on the last
    /// page.
    pub next: Option<String>,
}

/// One write to a comment.
#[derive(Serialize, ToSchema)]
pub struct CommentHistoryEntry {
    /// The version that it made.
    #[schema(example = 2, minimum = 1)]
    pub version: i64,
    /// The comment's state in this version.
    pub state: State,
    /// The actor: the name of the key, `anonymous` for a reader, empty if it was not recorded.
    #[schema(example = "City desk")]
    pub actor: String,
    /// The key's id; null without a stored key.
    #[schema(format = "uuid")]
    pub actor_key_id: Option<String>,
    /// The reason, if one was given.
    pub reason: Option<String>,
    /// The reason why it waited for a moderator in this version, or null.
    pub held_by: Option<HeldBy>,
    /// True if the text was changed.
    pub edited: bool,
    /// The time of the write.
    #[schema(value_type = String, format = "date-time")]
    pub at: Instant,
}

impl Members for CommentHistoryEntry {
    const MEMBERS: &'static [&'static str] =
        &["version", "state", "actor", "actor_key_id", "reason", "held_by", "edited", "at"];
}

impl From<EntryRow> for CommentHistoryEntry {
    fn from(row: EntryRow) -> Self {
        Self {
            version: row.version,
            state: row.state,
            actor: row.actor,
            actor_key_id: row.actor_key_id,
            reason: row.reason,
            held_by: row.held_by,
            edited: row.edited != 0,
            at: Instant::from_micros(row.at),
        }
    }
}

/// The role as which a caller sees a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// As anyone.
    Public,
    /// As its author.
    Author,
    /// As a moderator.
    Moderator,
}

impl Members for Comment {
    const MEMBERS: &'static [&'static str] = &[
        "id", "article_id", "parent_id", "depth", "reply_count", "state", "reason", "held_by",
        "report_count", "version", "author_name", "author_email", "body", "body_html",
        "created_at", "updated_at",
    ];
}

impl Comment {
    /// The comment as shown in this view.
    #[must_use]
    pub fn new(row: CommentRow, view: View) -> Self {
        let moderates = view == View::Moderator;
        Self {
            id: row.public_id,
            article_id: row.article_public_id,
            parent_id: row.parent_public_id,
            depth: row.depth,
            reply_count: row.reply_count,
            state: row.state,
            reason: row.state_reason.filter(|_| moderates),
            held_by: row.held_by.filter(|_| moderates),
            report_count: moderates.then_some(row.report_count),
            version: row.version,
            author_name: Some(contained(&row.author_name)),
            author_email: row.author_email.filter(|_| view != View::Public),
            body: Some(row.body),
            body_html: Some(row.body_html),
            created_at: Instant::from_micros(row.created_at),
            updated_at: Instant::from_micros(row.updated_at),
        }
    }

    /// The placeholder of a comment that is not shown, in a thread that goes on below it.
    #[must_use]
    pub fn tombstone(row: CommentRow) -> Self {
        Self {
            state: State::Removed,
            reason: None,
            held_by: None,
            report_count: None,
            author_name: None,
            author_email: None,
            body: None,
            body_html: None,
            ..Self::new(row, View::Public)
        }
    }
}

/// The block of an address.
#[derive(Serialize, ToSchema)]
pub struct AddressBlock {
    /// Its id.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000008")]
    pub id: String,
    /// The comment by whose address it was made.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000001")]
    pub comment_id: String,
    /// A digest of the address: comments and audit events from the same address have the same.
    #[schema(example = "p7Xr0m1x0kK1yq9u0t1n3cQ1w7z5r2h8s4d6f8g0h2j")]
    pub address_digest: String,
    /// The reason, if one was given.
    #[schema(example = "Spam")]
    pub reason: Option<String>,
    /// The time when it was made.
    #[schema(value_type = String, format = "date-time")]
    pub created_at: Instant,
    /// The time when it ends.
    #[schema(value_type = String, format = "date-time")]
    pub until: Instant,
    /// Who made it, as in the history.
    #[schema(example = "City desk")]
    pub created_by: String,
    /// The id of the key that made it; null without a stored key.
    #[schema(format = "uuid")]
    pub created_by_key_id: Option<String>,
}

impl Members for AddressBlock {
    const MEMBERS: &'static [&'static str] = &[
        "id", "comment_id", "address_digest", "reason", "created_at", "until", "created_by",
        "created_by_key_id",
    ];
}

impl From<BlockRow> for AddressBlock {
    fn from(row: BlockRow) -> Self {
        Self {
            id: row.public_id,
            comment_id: row.comment,
            address_digest: row.address,
            reason: row.reason,
            created_at: Instant::from_micros(row.created_at),
            until: Instant::from_micros(row.until),
            created_by: row.actor,
            created_by_key_id: row.actor_key_id,
        }
    }
}
