//! Readers' comments on articles.

pub mod api;
mod groups;
mod handlers;
pub mod ids;
mod import;
pub mod input;
pub(crate) mod model;
pub mod policy;
mod read;
pub mod rules;
pub(crate) mod store;
mod token;
mod word_list;
pub mod words;
pub(crate) mod write;

use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;

use self::input::AUTHOR_NAME_MAX;
use self::policy::Policy;
use self::words::{HeldBy, Order, QueueOrder, State};
use crate::articles::ids::ArticleId;
use crate::articles::refusals::LADDER;
use crate::db::Conn;
use crate::domain::instant::Instant;
use crate::domain::scope::Scope;
use crate::problem::{Code, Problem};
use crate::web::Operation;
use crate::web::query::{Count, Cursor, Fields, Limit};
use crate::web::url::{Chars, Locator, Locators};
use crate::{operation, path_values, query};

pub use import::{Below, ImportedComment, Outcome as CommentOutcome, below, import};
pub use read::first_comments;
pub use word_list::WordList;

const MODERATE: &[Scope] = &[Scope::CommentsModerate];
/// Most articles in one request for counts: a page of a front end.
const COUNTED_MAX: usize = 100;
/// Longest search text, in characters: a sentence.
const QUERY_MAX: usize = 500;
/// Headers of these operations that pages of other origins may send.
pub const REQUEST_HEADERS: &[&str] = &["Edit-Token"];

path_values! {
    /// The comment's id.
    pub struct CommentPath(Uuid) = "comment", "0192d5a0-0000-7000-8000-000000000001";
    /// The block's id.
    pub struct BlockPath(Uuid) = "block", "0192d5a0-0000-7000-8000-000000000008";
}

query! {
    /// A list of an article's comments.
    pub struct ListComments {
        limit: Limit,
        cursor: Cursor,
        count: Count,
        fields: Fields<api::Comment>,
        /// `thread`, the default: each reply below its parent. `oldest`, the default with `state`,
        /// and `newest`: in order of time.
        order: Option<Order>,
        /// Only comments in this state; any other than `published` needs `comments:moderate`.
        state: Option<State>,
        /// Only comments written at this instant or later; goes with `order=oldest` and
        /// `order=newest`.
        since: Option<Instant>,
        /// Only replies below this comment; goes with `order=thread`.
        parent_id: Option<Uuid>,
    }

    /// The numbers of comments on articles.
    pub struct CountComments {
        /// The articles: up to 100 ids and slugs, separated by commas.
        article: Locators<COUNTED_MAX>,
    }

    /// The moderators' queue.
    pub struct ListQueue {
        limit: Limit,
        cursor: Cursor,
        count: Count,
        fields: Fields<api::Comment>,
        /// Only comments in this state; without it, pending ones.
        state: Option<State>,
        /// Only comments on this article: its id or slug.
        article: Option<Locator>,
        /// Only comments with this author's name.
        author: Option<Chars<AUTHOR_NAME_MAX>>,
        /// Only comments held for this reason.
        held_by: Option<HeldBy>,
        /// Only comments whose text contains this; the case of ASCII letters does not matter.
        q: Option<Chars<QUERY_MAX>>,
        /// Only comments written at this instant or later.
        created_after: Option<Instant>,
        /// Only comments written before this instant.
        created_before: Option<Instant>,
        /// Only comments that readers have reported since a moderator last decided; without
        /// `state`, published ones.
        reported: bool,
        /// Only comments from the same IP address as this one, while the address is kept.
        same_address_as: Option<Uuid>,
        /// The oldest first, or the newest.
        order: Option<QueueOrder>,
    }

    /// An export of a person's comments.
    pub struct ExportComments {
        limit: Limit,
        cursor: Cursor,
    }

    /// The history of a comment.
    pub struct ListCommentHistory {
        limit: Limit,
        cursor: Cursor,
        fields: Fields<api::CommentHistoryEntry>,
    }

    /// A list of blocked addresses.
    pub struct ListBlocks {
        limit: Limit,
        cursor: Cursor,
        count: Count,
        fields: Fields<api::AddressBlock>,
    }

    /// A list of a comment's reports.
    pub struct ListReports {
        limit: Limit,
        cursor: Cursor,
        fields: Fields<api::Report>,
    }
}

/// The path of an article's list of comments, the same for its id and its slugs.
fn thread_path(article: &str) -> String {
    format!("/v1/articles/{article}/comments")
}

/// Deletes data about an article's comments that is kept outside their rows, before the rows are
/// deleted with the article.
pub fn forget_comments(conn: &mut Conn, article: ArticleId) -> Result<(), Problem> {
    Ok(store::forget_answers(conn, article)?)
}

/// Counts an article's public comments as of an instant; for the side pool.
///
/// # Errors
/// A database fault.
pub fn count_then(conn: &mut Conn, article: ArticleId, at: Instant) -> Result<i64, Problem> {
    Ok(store::count_then(conn, article, at)?)
}

/// The operations, in URL order.
#[must_use]
pub fn operations(policy: &Arc<Policy>) -> Vec<Operation> {
    vec![
        operation!(handlers::[__path_list_comments, list_comments])
            .moves()
            .fails(LADDER)
            .fails(&[Code::CommentNotFound]),
        operation!(handlers::[__path_create_comment, create_comment], Arc::clone(policy))
            .creates()
            .leads_to(&["read_comment", "update_comment", "report_comment", "delete_comment"])
            .example(json!({"author_name": "Sam", "body": "Is the bridge still open?"}))
            .fails(LADDER)
            .fails(&[Code::CommentsClosed, Code::ThreadTooDeep, Code::DuplicateComment, Code::RateLimited, Code::AddressBlocked]),
        operation!(handlers::[__path_count_comments, count_comments]),
        operation!(handlers::[__path_list_queue, list_queue])
            .scope(MODERATE)
            .queried(),
        operation!(handlers::[__path_moderate_comments, moderate_comments])
            .scope(MODERATE)
            .example(json!({"ids": ["0192d5a0-0000-7000-8000-000000000001"], "state": "published", "reason": "On topic."})),
        operation!(handlers::[__path_export_comments, export_comments])
            .scope(MODERATE)
            .example(json!({"author_email": "sam@example.org"})),
        operation!(handlers::[__path_erase_comments, erase_comments])
            .scope(MODERATE)
            .example(json!({"author_email": "sam@example.org"})),
        operation!(handlers::[__path_read_comment, read_comment])
            .looking_at(&token::CREDENTIAL)
            .fails(&[Code::CommentNotFound, Code::EditWindowClosed]),
        operation!(handlers::[__path_update_comment, update_comment], Arc::clone(policy))
            .scope_or(MODERATE, &token::CREDENTIAL)
            .example(json!({"state": "published", "reason": "On topic."}))
            .answers(json!({"version": 2}))
            .conditional()
            .fails(&[
                Code::CommentNotFound,
                Code::EditWindowClosed,
                Code::CommentsClosed,
                Code::AddressBlocked,
            ]),
        operation!(handlers::[__path_delete_comment, delete_comment])
            .scope_or(MODERATE, &token::CREDENTIAL)
            .no_content()
            .conditional()
            .fails(&[Code::CommentNotFound, Code::EditWindowClosed]),
        operation!(handlers::[__path_restore_comment, restore_comment])
            .scope(MODERATE)
            .example(json!({"reason": "Its author asked for it."}))
            .answers(json!({"version": 3, "reason": "Its author asked for it."}))
            .conditional()
            .fails(&[Code::CommentNotFound, Code::InvalidTransition]),
        operation!(handlers::[__path_list_comment_history, list_comment_history])
            .scope(MODERATE)
            .fails(&[Code::CommentNotFound]),
        operation!(handlers::[__path_list_reports, list_reports])
            .scope(MODERATE)
            .fails(&[Code::CommentNotFound]),
        operation!(handlers::[__path_report_comment, report_comment], Arc::clone(policy))
            .example(json!({"reason": "Insults its neighbour."}))
            .no_content()
            .fails(&[Code::CommentNotFound, Code::RateLimited, Code::AddressBlocked]),
        operation!(handlers::[__path_block_address, block_address])
            .scope(MODERATE)
            .leads_to(&["read_block", "unblock_address"])
            .example(json!({"days": 30, "reason": "Spam"}))
            .fails(&[Code::CommentNotFound, Code::AddressNotKept]),
        operation!(handlers::[__path_list_blocks, list_blocks]).scope(MODERATE),
        operation!(handlers::[__path_read_block, read_block])
            .scope(MODERATE)
            .fails(&[Code::BlockNotFound]),
        operation!(handlers::[__path_unblock_address, unblock_address])
            .scope(MODERATE)
            .no_content()
            .fails(&[Code::BlockNotFound]),
    ]
}
