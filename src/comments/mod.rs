//! Readers' comments on articles.

pub mod api;
mod handlers;
pub mod rules;
pub(crate) mod store;

use serde_json::json;

use crate::articles::LADDER;
use crate::operation;
use crate::problem::Code;
use crate::web::Operation;
use crate::web::query::{COUNT, CURSOR, LIMIT, fields, state};
use crate::web::scope::Scope;

pub use handlers::create;

/// The operations, in URL order.
#[must_use]
pub fn operations() -> Vec<Operation> {
    vec![
        operation!(handlers::[__path_list_comments, list_comments])
            .query(vec![
                LIMIT,
                CURSOR,
                COUNT,
                fields(api::Comment::MEMBERS),
                state(api::State::WORDS, "Only comments in this state; without it, the published ones. Others are seen with `comments:moderate`."),
            ])
            .moves()
            .fails(LADDER),
        operation!(handlers::[__path_create_comment, create_comment])
            .creates()
            .takes::<api::CommentInput>(json!({"author_name": "Sam", "body": "Is the bridge still open?"}))
            .fails(LADDER)
            .fails(&[Code::CommentsClosed]),
        operation!(handlers::[__path_read_comment, read_comment]).fails(&[Code::CommentNotFound]),
        operation!(handlers::[__path_update_comment, update_comment])
            .scope(&[Scope::CommentsModerate])
            .takes_patch::<api::DecisionInput>(json!({"state": "published", "reason": "On topic."}))
            .answers(json!({"version": 2}))
            .conditional()
            .fails(&[Code::CommentNotFound]),
        operation!(handlers::[__path_delete_comment, delete_comment])
            .scope(&[Scope::CommentsModerate])
            .no_content()
            .conditional()
            .fails(&[Code::CommentNotFound]),
    ]
}
