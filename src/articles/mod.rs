//! Articles: what a newsroom publishes, and which disclaimers each carries.

pub mod api;
mod handlers;
mod import;
pub mod rules;
pub(crate) mod store;

use serde_json::json;

use crate::operation;
use crate::problem::Code;
use crate::web::Operation;
use crate::web::query::{COUNT, CURSOR, LIMIT, fields, state};

pub use handlers::{attach, create, find, rendered, replace};
pub use import::{ImportedFile, Outcome, import, is_imported};

/// The operations, in URL order.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let example = || json!({"title": "Flood warning for the lower valley", "body": "The river is expected to **rise** tonight.", "tags": ["weather"]});
    vec![
        operation!(handlers::[__path_list_articles, list_articles]).query(vec![
            LIMIT,
            CURSOR,
            COUNT,
            fields(api::ArticleListItem::MEMBERS),
            state(api::State::WORDS, "Only articles in this state. Without it, all that the caller may read."),
        ]),
        operation!(handlers::[__path_create_article, create_article])
            .key()
            .takes::<api::ArticleCreate>(json!({"title": "Flood warning for the lower valley", "body": "The river is expected to **rise** tonight.", "state": "published"}))
            .answers(json!({"authors": [], "tags": [], "disclaimers": []}))
            .fails(&[Code::SlugTaken, Code::ExternalIdTaken]),
        operation!(handlers::[__path_read_article, read_article]).fails(&[Code::ArticleNotFound]),
        operation!(handlers::[__path_replace_article, replace_article])
            .key()
            .takes::<api::ArticleInput>(example())
            .answers(json!({"version": 2}))
            .conditional()
            .fails(&[Code::ArticleNotFound, Code::SlugTaken, Code::ExternalIdTaken]),
        operation!(handlers::[__path_update_article, update_article])
            .key()
            .takes_patch::<api::ArticleInput>(json!({"summary": "The river rises.", "section": null}))
            .answers(json!({"version": 2}))
            .conditional()
            .fails(&[Code::ArticleNotFound, Code::SlugTaken, Code::ExternalIdTaken]),
        operation!(handlers::[__path_delete_article, delete_article])
            .key()
            .no_content()
            .conditional()
            .fails(&[Code::ArticleNotFound]),
        operation!(handlers::[__path_publish_article, publish_article])
            .key()
            .takes_optional::<api::ActionInput>(json!({"reason": "Checked by the desk."}))
            .answers(json!({"version": 2}))
            .conditional()
            .fails(&[Code::ArticleNotFound, Code::InvalidTransition]),
        operation!(handlers::[__path_unpublish_article, unpublish_article])
            .key()
            .takes_optional::<api::ActionInput>(json!({"reason": "Needs another source."}))
            .answers(json!({"state": "draft", "version": 3}))
            .conditional()
            .fails(&[Code::ArticleNotFound, Code::InvalidTransition]),
        operation!(handlers::[__path_attach_disclaimer, attach_disclaimer])
            .key()
            .no_content()
            .conditional()
            .fails(&[Code::ArticleNotFound, Code::DisclaimerNotFound]),
        operation!(handlers::[__path_detach_disclaimer, detach_disclaimer])
            .key()
            .no_content()
            .conditional()
            .fails(&[Code::ArticleNotFound, Code::DisclaimerNotFound]),
    ]
}
