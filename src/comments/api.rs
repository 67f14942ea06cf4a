//! Comments on the wire.

use serde::Serialize;
use utoipa::ToSchema;

use super::store::CommentRow;
use crate::domain::instant::Instant;
use crate::web::input::ReadOnly;
use crate::web::rules::{Email, FilledText, Line};
use crate::{input, words};

/// Longest comment, in code points.
const BODY_MAX: usize = 5_000;
/// Longest name of a commenter, in code points.
const AUTHOR_NAME_MAX: usize = 80;
/// Longest reason of a decision, in code points.
const REASON_MAX: usize = 500;

words! {
    /// Whether a comment is shown.
    pub enum State as "CommentState" shown as "published" {
        /// It waits for a moderator.
        Pending = "pending",
        /// Everyone sees it.
        Published = "published",
        /// A moderator did not let it through.
        Rejected = "rejected",
        /// It is advertising.
        Spam = "spam",
        /// It was taken down.
        Removed = "removed",
    }
}

input! {
    /// A comment as a reader writes it.
    pub struct CommentInput {
        /// The reader's name, as it is shown.
        author_name: Line<AUTHOR_NAME_MAX>,
        /// The reader's mail address; only moderators see it.
        author_email: Option<Email> = None,
        /// Plain text.
        body: FilledText<BODY_MAX>,
    }

    /// A moderator's decision on a comment.
    pub struct DecisionInput {
        /// Whether it is shown.
        state: State,
        /// Why.
        reason: Option<Line<REASON_MAX>> = None,
    }
}

/// A comment.
#[derive(Serialize, ToSchema)]
pub struct Comment {
    /// The comment's id.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000001")]
    pub id: String,
    /// The article that it is on.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000003")]
    pub article_id: String,
    /// Whether it is shown.
    #[schema(value_type = State)]
    pub state: String,
    /// Why it is in this state; seen only with a key.
    pub reason: Option<String>,
    /// Counts the writes to it.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// The reader's name.
    #[schema(example = "Sam")]
    pub author_name: String,
    /// The reader's mail address; seen only with a key.
    pub author_email: Option<String>,
    /// The text as it was written.
    #[schema(example = "Is the bridge still open?")]
    pub body: String,
    /// The text escaped, in paragraphs, with links that vouch for nothing.
    #[schema(example = "<p>Is the bridge still open?</p>\n")]
    pub body_html: String,
    /// When it was written.
    #[schema(value_type = String, format = "date-time")]
    pub created_at: Instant,
    /// When it was last changed.
    #[schema(value_type = String, format = "date-time")]
    pub updated_at: Instant,
}

impl Comment {
    /// Names of all members.
    pub const MEMBERS: &'static [&'static str] = &[
        "id",
        "article_id",
        "state",
        "reason",
        "version",
        "author_name",
        "author_email",
        "body",
        "body_html",
        "created_at",
        "updated_at",
    ];
    /// Members that a moderator does not write.
    pub const READ_ONLY: &'static [ReadOnly] = &[
        ReadOnly::new("id"),
        ReadOnly::new("article_id"),
        ReadOnly::new("version"),
        ReadOnly::new("author_name"),
        ReadOnly::new("author_email"),
        ReadOnly::new("body"),
        ReadOnly::new("body_html"),
        ReadOnly::new("created_at"),
        ReadOnly::new("updated_at"),
    ];

    /// The comment as a caller sees it: `in_full` with what only moderators see.
    #[must_use]
    pub fn new(row: CommentRow, in_full: bool) -> Self {
        Self {
            id: row.public_id,
            article_id: row.article_public_id,
            state: row.state,
            reason: row.state_reason.filter(|_| in_full),
            version: row.version,
            author_name: row.author_name,
            author_email: row.author_email.filter(|_| in_full),
            body: row.body,
            body_html: row.body_html,
            created_at: Instant::from_micros(row.created_at),
            updated_at: Instant::from_micros(row.updated_at),
        }
    }
}
