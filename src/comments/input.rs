//! Comments as clients write them.

use uuid::Uuid;

use super::words::State;
use crate::input;
use crate::web::body::Changeable;
use crate::web::input::ReadOnly;
use crate::web::rules::{Email, FilledText, Integer, Line, List};

/// Longest comment, in code points.
const BODY_MAX: usize = 5_000;
/// Longest name of a comment's author, in code points.
pub const AUTHOR_NAME_MAX: usize = 80;
/// Most comments in one moderation request: a moderator's page.
const DECISIONS_MAX: usize = 100;
/// Longest reason of a decision, in code points.
const REASON_MAX: usize = 500;
/// Longest block of an address, in days: by then most addresses are somebody else's.
const BLOCK_DAYS_MAX: i64 = 365;

input! {
    /// A comment as a reader writes it.
    pub struct CommentInput {
        /// The reader's name, as displayed.
        author_name: Line<AUTHOR_NAME_MAX>,
        /// The reader's email address; only moderators see it.
        author_email: Option<Email> = None,
        /// Plain text.
        body: FilledText<BODY_MAX>,
        /// The comment that this one replies to; null for none.
        parent_id: Option<Uuid> = None,
    }

    /// A change of a comment: of its text by its author, of its state by a moderator.
    pub struct CommentChange {
        /// Plain text; set by the comment's author, with the token.
        body: FilledText<BODY_MAX>,
        /// The moderation state; set by a moderator.
        state: State,
        /// The reason; set by a moderator.
        reason: Option<Line<REASON_MAX>> = None,
    }

    /// A reader's report of a comment.
    pub struct ReportInput {
        /// The reason for the report.
        reason: Option<Line<REASON_MAX>> = None,
    }

    /// The block of the address that a comment came from.
    pub struct BlockAddressInput {
        /// Days for which no comment is taken from it.
        days: Integer<1, BLOCK_DAYS_MAX> = Integer(30),
        /// The reason; only moderators see it.
        reason: Option<Line<REASON_MAX>> = None,
    }

    /// The person whose comments are requested: by email address, or comment by comment if none
    /// was given with them.
    pub struct DataRequestInput {
        /// The email address given with the comments; the case of ASCII letters does not matter.
        author_email: Option<Email> = None,
        /// The comments' ids, up to 100.
        ids: List<Uuid, DECISIONS_MAX> = List::empty(),
    }

    /// A decision on several comments at once.
    pub struct DecisionsInput {
        /// The comments' ids, up to 100.
        ids: List<Uuid, DECISIONS_MAX>,
        /// Their new state.
        state: State,
        /// The reason.
        reason: Option<Line<REASON_MAX>> = None,
    }

    /// The options for restoring a deleted comment.
    pub struct CommentRestoreInput {
        /// Its new state; if left out or null, its state before it was deleted.
        state: Option<State> = None,
        /// The reason.
        reason: Option<Line<REASON_MAX>> = None,
    }
}

impl Changeable for CommentChange {
    const READ_ONLY: &'static [ReadOnly] = &[
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
}
