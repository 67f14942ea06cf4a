//! Comments on the wire.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::store::{CommentRow, EntryRow, ReportRow};
use crate::domain::instant::Instant;
use crate::domain::text::contained;
use crate::web::input::ReadOnly;
use crate::web::rules::{Email, FilledText, Line, List};
use crate::{input, words};

/// Longest comment, in code points.
const BODY_MAX: usize = 5_000;
/// Longest name of a commenter, in code points.
pub const AUTHOR_NAME_MAX: usize = 80;
/// Most comments that one request decides on: a moderator's page.
const DECISIONS_MAX: usize = 100;
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

words! {
    /// Why a comment waits for a moderator.
    pub enum HeldBy as "HeldBy" shown as "policy" {
        /// The article's policy is `moderated`.
        Policy = "policy",
        /// It has more links than the newsroom lets through.
        Links = "links",
        /// Something of the newsroom's list stands in it, or in its author's name.
        Words = "words",
        /// Nothing was published by this author yet.
        FirstComment = "first_comment",
        /// So many came on the article within a minute.
        Flood = "flood",
        /// So many readers reported it.
        Reports = "reports",
        /// A moderator put it back.
        Moderator = "moderator",
    }

    /// The order of a list of comments.
    pub enum Order as "CommentOrder" {
        /// Each answer below what it answers, oldest first.
        Thread = "thread",
        /// The newest first, whatever they answer.
        Newest = "newest",
        /// The oldest first, whatever they answer.
        Oldest = "oldest",
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
        /// The comment that this one answers; null for none.
        parent_id: Option<Uuid> = None,
    }

    /// A change of a comment: of its text by whoever wrote it, of its state by a moderator.
    pub struct CommentChange {
        /// Plain text; written by the comment's author, with the token.
        body: FilledText<BODY_MAX>,
        /// Whether it is shown; decided by a moderator.
        state: State,
        /// Why; said by a moderator.
        reason: Option<Line<REASON_MAX>> = None,
    }

    /// What is wrong with a comment, as a reader says it.
    pub struct ReportInput {
        /// Why a moderator should look at it.
        reason: Option<Line<REASON_MAX>> = None,
    }

    /// Whose comments are asked for: by mail address, or one by one where none was given with them.
    pub struct DataRequestInput {
        /// The mail address that stood with the comments; the case of ASCII letters does not matter.
        author_email: Option<Email> = None,
        /// The comments' ids, up to 100.
        ids: List<Uuid, DECISIONS_MAX> = List::empty(),
    }

    /// A decision on several comments at once.
    pub struct DecisionsInput {
        /// The comments' ids, up to 100.
        ids: List<Uuid, DECISIONS_MAX>,
        /// What becomes of them.
        state: State,
        /// Why.
        reason: Option<Line<REASON_MAX>> = None,
    }

    /// How a deleted comment comes back.
    pub struct CommentRestoreInput {
        /// What it is from now on; left out or null, what it was before it was deleted.
        state: Option<State> = None,
        /// Why.
        reason: Option<Line<REASON_MAX>> = None,
    }
}

/// A comment.
#[derive(Clone, Serialize, ToSchema)]
pub struct Comment {
    /// The comment's id.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000001")]
    pub id: String,
    /// The article that it is on.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000003")]
    pub article_id: String,
    /// The comment that it answers, or null.
    #[schema(format = "uuid")]
    pub parent_id: Option<String>,
    /// How many stand above it: 0 at the top.
    #[schema(example = 0, minimum = 0, maximum = 10)]
    pub depth: i64,
    /// Answers to it that are shown.
    #[schema(example = 0, minimum = 0)]
    pub reply_count: i64,
    /// Whether it is shown. One that is not shown any more keeps its place in the thread while it
    /// has answers, as `removed` and without name and text.
    #[schema(value_type = State)]
    pub state: String,
    /// Why it is in this state; seen with `comments:moderate`.
    pub reason: Option<String>,
    /// Why it waits for a moderator; seen with `comments:moderate`.
    #[schema(value_type = Option<HeldBy>)]
    pub held_by: Option<String>,
    /// Readers who have reported it since a moderator last decided; seen with `comments:moderate`.
    pub report_count: Option<i64>,
    /// Counts the writes to it.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// The reader's name.
    #[schema(example = "Sam")]
    pub author_name: Option<String>,
    /// The reader's mail address; seen with `comments:moderate`, and in the answer to its author.
    pub author_email: Option<String>,
    /// The text as it was written.
    #[schema(example = "Is the bridge still open?")]
    pub body: Option<String>,
    /// The text escaped, in paragraphs, with links that vouch for nothing.
    #[schema(example = "<p>Is the bridge still open?</p>\n")]
    pub body_html: Option<String>,
    /// When it was written.
    #[schema(value_type = String, format = "date-time")]
    pub created_at: Instant,
    /// When it was last changed.
    #[schema(value_type = String, format = "date-time")]
    pub updated_at: Instant,
}

/// A comment as its author gets it, this once with the token.
#[derive(Serialize, ToSchema)]
pub struct NewComment {
    /// The comment.
    #[serde(flatten)]
    pub comment: Comment,
    /// Shown as the header `Edit-Token`, it reads, edits and deletes the comment for 15 minutes.
    #[schema(example = "nQ3xyzJ0m7bS5V0w1d6vJr4m2Q0aF8cYk5T1hUe3gZo")]
    pub edit_token: String,
}

/// What became of one of several comments.
#[derive(Serialize, ToSchema)]
pub struct Decision {
    /// The comment's id.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000001")]
    pub id: String,
    /// What it is now; null where it was not found.
    #[schema(value_type = Option<State>)]
    pub state: Option<String>,
    /// The code of the problem that there is with it; null where it was decided on.
    #[schema(example = json!(null))]
    pub code: Option<String>,
}

/// What became of several comments, in the order in which they were named.
#[derive(Serialize, ToSchema)]
pub struct Decisions {
    /// One entry for each id.
    pub items: Vec<Decision>,
}

/// What a reader reports of a comment.
#[derive(Serialize, ToSchema)]
pub struct Report {
    /// Its number.
    #[schema(example = 1, minimum = 1)]
    pub id: i64,
    /// What the reader says.
    #[schema(example = "Insults its neighbour.")]
    pub reason: Option<String>,
    /// Whether a moderator has decided since.
    pub settled: bool,
    /// When it was reported.
    #[schema(value_type = String, format = "date-time")]
    pub at: Instant,
}

impl Report {
    /// Names of all members.
    pub const MEMBERS: &'static [&'static str] = &["id", "reason", "settled", "at"];
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

/// What was erased.
#[derive(Serialize, ToSchema)]
pub struct Erased {
    /// Comments whose name, mail address and text are gone.
    #[schema(example = 3, minimum = 0)]
    pub erased: i64,
}

/// How many comments an article has.
#[derive(Serialize, ToSchema)]
pub struct CommentCount {
    /// The article's id.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000003")]
    pub article_id: String,
    /// Its name in URLs.
    #[schema(example = "flood-warning-for-the-lower-valley")]
    pub slug: String,
    /// Comments that everyone sees.
    #[schema(example = 2, minimum = 0)]
    pub count: i64,
}

/// How many comments articles have, in the order in which they were asked for.
#[derive(Serialize, ToSchema)]
pub struct CommentCounts {
    /// One entry for each article that the caller reads.
    pub items: Vec<CommentCount>,
}

/// Comments, whole, and where there are more of them.
#[derive(Serialize, ToSchema)]
pub struct Comments {
    /// The comments.
    pub items: Vec<Comment>,
    /// Where to go on, as `cursor`: in an article's thread with `GET /v1/articles/{article}/comments`, in an export
    /// with the same request. Null where that is all.
    pub next: Option<String>,
}

/// One write to a comment.
#[derive(Serialize, ToSchema)]
pub struct CommentHistoryEntry {
    /// The version that it made.
    #[schema(example = 2, minimum = 1)]
    pub version: i64,
    /// What the comment was from then on.
    #[schema(value_type = State)]
    pub state: String,
    /// Who did it: the name of the key, `anonymous` for a reader, empty where it was not kept.
    #[schema(example = "City desk")]
    pub actor: String,
    /// That key's id; null where it was none that is stored.
    #[schema(format = "uuid")]
    pub actor_key_id: Option<String>,
    /// Why, where a reason was given.
    pub reason: Option<String>,
    /// Why it waited for a moderator from then on, or null.
    #[schema(value_type = Option<HeldBy>)]
    pub held_by: Option<String>,
    /// Whether the text was changed.
    pub edited: bool,
    /// When it was done.
    #[schema(value_type = String, format = "date-time")]
    pub at: Instant,
}

impl CommentHistoryEntry {
    /// Names of all members.
    pub const MEMBERS: &'static [&'static str] = &[
        "version",
        "state",
        "actor",
        "actor_key_id",
        "reason",
        "held_by",
        "edited",
        "at",
    ];
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

/// As whom a comment is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// As anyone.
    Public,
    /// As the one who wrote it.
    Author,
    /// As a moderator.
    Moderator,
}

impl Comment {
    /// Names of all members.
    pub const MEMBERS: &'static [&'static str] = &[
        "id",
        "article_id",
        "parent_id",
        "depth",
        "reply_count",
        "state",
        "reason",
        "held_by",
        "report_count",
        "version",
        "author_name",
        "author_email",
        "body",
        "body_html",
        "created_at",
        "updated_at",
    ];
    /// Members that nobody writes once it is there.
    pub const READ_ONLY: &'static [ReadOnly] = &[
        ReadOnly::new("id"),
        ReadOnly::new("article_id"),
        ReadOnly::new("parent_id"),
        ReadOnly::new("depth"),
        ReadOnly::new("reply_count").moving(),
        ReadOnly::new("held_by"),
        ReadOnly::new("report_count").moving(),
        ReadOnly::new("version"),
        ReadOnly::new("author_name"),
        ReadOnly::new("author_email"),
        ReadOnly::new("body_html"),
        ReadOnly::new("created_at"),
        ReadOnly::new("updated_at"),
    ];

    /// The comment as it is seen.
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

    /// The place of one that is not shown, in a thread that goes on below it.
    #[must_use]
    pub fn tombstone(row: CommentRow) -> Self {
        Self {
            state: State::Removed.word().to_owned(),
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
