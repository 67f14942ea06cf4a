//! Readers' comments on articles.

pub mod api;
mod handlers;
pub mod rules;
pub(crate) mod store;
mod token;
mod word_list;

use serde_json::json;

use crate::articles::LADDER;
use crate::domain::slug::SLUG_MAX;
use crate::operation;
use crate::problem::Code;
use crate::web::Operation;
use crate::web::query::{COUNT, CURSOR, LIMIT, Parameter, Takes, fields, state};
use crate::web::scope::Scope;

pub use handlers::{By, Screened, create, first_comments};
pub use word_list::WordList;

const MODERATE: &[Scope] = &[Scope::CommentsModerate];
/// What narrows the moderators' queue.
const QUEUE: [Parameter; 9] = [
    state(
        api::State::WORDS,
        "Only comments in this state; without it, those that wait.",
    ),
    Parameter {
        name: "article",
        doc: "Only comments on this article: its id or slug.",
        takes: Takes::Text(SLUG_MAX),
    },
    Parameter {
        name: "author",
        doc: "Only comments with this author's name.",
        takes: Takes::Text(api::AUTHOR_NAME_MAX),
    },
    Parameter {
        name: "held_by",
        doc: "Only comments that wait for this reason.",
        takes: Takes::Word(api::HeldBy::WORDS),
    },
    Parameter {
        name: "q",
        doc: "Only comments with this in the text; the case of ASCII letters does not matter.",
        takes: Takes::Text(QUERY_MAX),
    },
    Parameter {
        name: "created_after",
        doc: "Only comments written at this instant or later.",
        takes: Takes::Instant,
    },
    Parameter {
        name: "created_before",
        doc: "Only comments written before this instant.",
        takes: Takes::Instant,
    },
    Parameter {
        name: "reported",
        doc: "Only comments that readers have reported since a moderator last decided; without `state`, those that are shown.",
        takes: Takes::Flag,
    },
    Parameter {
        name: "same_address_as",
        doc: "Only comments from the address from which this one came, while that is kept.",
        takes: Takes::Id,
    },
];
/// Articles whose comments are counted.
const COUNTED: Parameter = Parameter {
    name: "article",
    doc: "The articles: up to 100 ids and slugs, with commas between.",
    takes: Takes::Locators(COUNTED_MAX),
};
/// Most articles whose comments are counted at once: a page of a front end.
const COUNTED_MAX: usize = 100;
/// Longest text that is looked for, in characters: a sentence.
const QUERY_MAX: usize = 500;

/// The operations, in URL order.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let mut queue = vec![LIMIT, CURSOR, COUNT, fields(api::Comment::MEMBERS)];
    queue.extend(QUEUE);
    queue.push(Parameter {
        name: "order",
        doc: "The oldest first, or the newest.",
        takes: Takes::Word(&["oldest", "newest"]),
    });
    vec![
        operation!(handlers::[__path_list_comments, list_comments])
            .query(vec![
                LIMIT,
                CURSOR,
                COUNT,
                fields(api::Comment::MEMBERS),
                Parameter {
                    name: "order",
                    doc: "`thread`, the default: each answer below what it answers. `oldest`, the default with `state`, and `newest`: as they came.",
                    takes: Takes::Word(api::Order::WORDS),
                },
                Parameter {
                    name: "parent_id",
                    doc: "Only what stands below this comment; goes with `order=thread`.",
                    takes: Takes::Id,
                },
                Parameter {
                    name: "since",
                    doc: "Only comments written at this instant or later; goes with `order=oldest` and `order=newest`.",
                    takes: Takes::Instant,
                },
                state(api::State::WORDS, "Only comments in this state; others than published ones are seen with `comments:moderate`."),
            ])
            .moves()
            .fails(LADDER)
            .fails(&[Code::CommentNotFound]),
        operation!(handlers::[__path_create_comment, create_comment])
            .creates()
            .takes::<api::CommentInput>(json!({"author_name": "Sam", "body": "Is the bridge still open?"}))
            .fails(LADDER)
            .fails(&[Code::CommentsClosed, Code::ThreadTooDeep, Code::DuplicateComment, Code::RateLimited]),
        operation!(handlers::[__path_count_comments, count_comments])
            .query(vec![COUNTED]),
        operation!(handlers::[__path_list_queue, list_queue])
            .scope(MODERATE)
            .query(queue),
        operation!(handlers::[__path_moderate_comments, moderate_comments])
            .scope(MODERATE)
            .takes::<api::DecisionsInput>(json!({"ids": ["0192d5a0-0000-7000-8000-000000000001"], "state": "published", "reason": "On topic."})),
        operation!(handlers::[__path_export_comments, export_comments])
            .scope(MODERATE)
            .query(vec![LIMIT, CURSOR])
            .takes::<api::DataRequestInput>(json!({"author_email": "sam@example.org"})),
        operation!(handlers::[__path_erase_comments, erase_comments])
            .scope(MODERATE)
            .takes::<api::DataRequestInput>(json!({"author_email": "sam@example.org"})),
        operation!(handlers::[__path_read_comment, read_comment])
            .with_token()
            .fails(&[Code::CommentNotFound, Code::EditWindowClosed]),
        operation!(handlers::[__path_update_comment, update_comment])
            .scope_or_token(MODERATE)
            .takes_patch::<api::CommentChange>(json!({"state": "published", "reason": "On topic."}))
            .answers(json!({"version": 2}))
            .conditional()
            .fails(&[Code::CommentNotFound, Code::EditWindowClosed, Code::CommentsClosed]),
        operation!(handlers::[__path_delete_comment, delete_comment])
            .scope_or_token(MODERATE)
            .no_content()
            .conditional()
            .fails(&[Code::CommentNotFound, Code::EditWindowClosed]),
        operation!(handlers::[__path_restore_comment, restore_comment])
            .scope(MODERATE)
            .takes_optional::<api::CommentRestoreInput>(json!({"reason": "Its author asked for it."}))
            .answers(json!({"version": 3, "reason": "Its author asked for it."}))
            .conditional()
            .fails(&[Code::CommentNotFound, Code::InvalidTransition]),
        operation!(handlers::[__path_list_comment_history, list_comment_history])
            .scope(MODERATE)
            .query(vec![LIMIT, CURSOR, fields(api::CommentHistoryEntry::MEMBERS)])
            .fails(&[Code::CommentNotFound]),
        operation!(handlers::[__path_list_reports, list_reports])
            .scope(MODERATE)
            .query(vec![LIMIT, CURSOR, fields(api::Report::MEMBERS)])
            .fails(&[Code::CommentNotFound]),
        operation!(handlers::[__path_report_comment, report_comment])
            .takes_optional::<api::ReportInput>(json!({"reason": "Insults its neighbour."}))
            .no_content()
            .fails(&[Code::CommentNotFound, Code::RateLimited]),
    ]
}
