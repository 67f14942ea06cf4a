//! Articles: what a newsroom publishes, and which disclaimers each carries.

pub mod api;
mod difference;
mod handlers;
mod import;
pub mod ladder;
pub mod rules;
pub(crate) mod store;

use diesel::sqlite::SqliteConnection;
use serde_json::{Value, json};

use self::ladder::Sight;
use crate::disclaimers::api::PreviewInput;
use crate::operation;
use crate::problem::{Code, Problem};
use crate::web::Operation;
use crate::web::query::{AGAINST, COUNT, CURSOR, LIMIT, PURGE, Parameter, Takes, fields, state};
use crate::web::scope::Scope;

pub use handlers::{Found, attach, create, find, look_up, moved, rendered, replace};
pub use import::{ImportedFile, Outcome, import, is_imported, public_slug};

const WRITE: &[Scope] = &[Scope::ArticlesWrite];
const READ_DRAFTS: &[Scope] = &[Scope::DraftsRead];
const PUBLISH: &[Scope] = &[Scope::ArticlesPublish];
const ATTACH: &[Scope] = &[Scope::ArticlesWrite, Scope::DisclaimersWrite];

/// The list of articles past their end; that is no state.
const EXPIRED: &str = "expired";
/// What lists of articles can be asked for.
const LISTS: &[&str] = &[
    "draft",
    "scheduled",
    "published",
    "withdrawn",
    "blocked",
    "trashed",
    EXPIRED,
];
/// What comes with an article where that is asked for.
const INCLUDE: Parameter = Parameter {
    name: "include",
    doc: "What to add: `comments`, the first page of its comments.",
    takes: Takes::Words(&["comments"]),
};
/// What comes with the articles of a list where that is asked for.
const INCLUDE_DISCLAIMERS: Parameter = Parameter {
    name: "include",
    doc: "What to add: `disclaimers`, whole and not as references.",
    takes: Takes::Words(&["disclaimers"]),
};
/// An instant that has come.
const AS_OF: Parameter = Parameter {
    name: "as_of",
    doc: "What a reader was shown at this instant; it has come.",
    takes: Takes::Instant,
};
/// What the ladder has for those who may not read an article.
pub const LADDER: &[Code] = &[
    Code::ArticleRestricted,
    Code::ArticleEmbargoed,
    Code::ArticleNotFound,
    Code::ArticleWithdrawn,
    Code::ArticleExpired,
    Code::BlockedForLegalReasons,
];

/// Reads the first page of an article's comments, by its internal and its public id: comments
/// stand below articles.
pub type FirstComments = fn(&mut SqliteConnection, i64, &str, Sight) -> Result<Value, Problem>;

/// The operations, in URL order.
#[must_use]
pub fn operations(first_comments: FirstComments) -> Vec<Operation> {
    let example = || json!({"title": "Flood warning for the lower valley", "body": "The river is expected to **rise** tonight.", "tags": ["weather"]});
    vec![
        operation!(handlers::[__path_list_articles, list_articles]).query(vec![
            LIMIT,
            CURSOR,
            COUNT,
            fields(api::ArticleListItem::MEMBERS),
            INCLUDE_DISCLAIMERS,
            state(LISTS, "Only articles in this state. Without it, all that the caller may read; the trash not."),
        ]),
        operation!(handlers::[__path_create_article, create_article])
            .scope(WRITE)
            .creates()
            .takes::<api::ArticleCreate>(json!({"title": "Flood warning for the lower valley", "body": "The river is expected to **rise** tonight.", "state": "published"}))
            .answers(json!({"authors": [], "tags": [], "disclaimers": []}))
            .fails(&[Code::SlugTaken, Code::ExternalIdTaken]),
        Operation::new(handlers::__path_read_article, move |call| handlers::read_article(call, first_comments))
            .query(vec![INCLUDE])
            .moves()
            .fails(LADDER),
        operation!(handlers::[__path_replace_article, replace_article])
            .scope(WRITE)
            .takes::<api::ArticleInput>(example())
            .answers(json!({"version": 2}))
            .conditional()
            .fails(LADDER)
            .fails(&[Code::SlugTaken, Code::ExternalIdTaken]),
        operation!(handlers::[__path_update_article, update_article])
            .scope(WRITE)
            .takes_patch::<api::ArticleInput>(json!({"summary": "The river rises.", "section": null}))
            .answers(json!({"version": 2}))
            .conditional()
            .fails(LADDER)
            .fails(&[Code::SlugTaken, Code::ExternalIdTaken]),
        operation!(handlers::[__path_delete_article, delete_article])
            .scope(&[Scope::ArticlesWrite, Scope::ArticlesPurge])
            .query(vec![PURGE])
            .no_content()
            .conditional()
            .fails(LADDER),
        operation!(handlers::[__path_publish_article, publish_article])
            .scope(PUBLISH)
            .takes_optional::<api::PublishInput>(json!({"reason": "Checked by the desk."}))
            .answers(json!({"version": 2}))
            .conditional()
            .fails(LADDER)
            .fails(&[Code::InvalidTransition]),
        operation!(handlers::[__path_unpublish_article, unpublish_article])
            .scope(PUBLISH)
            .takes_optional::<api::ActionInput>(json!({"reason": "Needs another source."}))
            .answers(json!({"state": "draft", "version": 3}))
            .conditional()
            .fails(LADDER)
            .fails(&[Code::InvalidTransition]),
        operation!(handlers::[__path_withdraw_article, withdraw_article])
            .scope(PUBLISH)
            .takes_optional::<api::WithdrawInput>(json!({"notice": "A source has taken back a statement."}))
            .answers(json!({"state": "withdrawn", "version": 3}))
            .conditional()
            .fails(LADDER)
            .fails(&[Code::InvalidTransition]),
        operation!(handlers::[__path_block_article, block_article])
            .scope(PUBLISH)
            .takes::<api::BlockInput>(json!({"authority": "Regional Court of Port Ellery", "reference": "4 O 112/26"}))
            .answers(json!({"state": "blocked", "version": 3}))
            .conditional()
            .fails(LADDER)
            .fails(&[Code::InvalidTransition]),
        operation!(handlers::[__path_unblock_article, unblock_article])
            .scope(PUBLISH)
            .takes_optional::<api::ActionInput>(json!({"reason": "The demand was taken back."}))
            .answers(json!({"version": 4}))
            .conditional()
            .fails(LADDER)
            .fails(&[Code::InvalidTransition]),
        operation!(handlers::[__path_correct_article, correct_article])
            .scope(WRITE)
            .takes::<api::CorrectInput>(json!({"note": "An earlier version named the wrong bridge.", "body": "The river is expected to **rise** at the old bridge tonight."}))
            .answers(json!({"version": 3}))
            .creates()
            .conditional()
            .fails(LADDER)
            .fails(&[Code::InvalidTransition]),
        operation!(handlers::[__path_withdraw_correction, withdraw_correction])
            .scope(WRITE)
            .no_content()
            .conditional()
            .fails(LADDER)
            .fails(&[Code::CorrectionNotFound]),
        operation!(handlers::[__path_list_history, list_history])
            .scope(READ_DRAFTS)
            .query(vec![LIMIT, CURSOR, COUNT, fields(api::HistoryEntry::MEMBERS)])
            .moves()
            .fails(LADDER),
        operation!(handlers::[__path_list_revisions, list_revisions])
            .scope(READ_DRAFTS)
            .query(vec![LIMIT, CURSOR, COUNT, fields(api::RevisionListItem::MEMBERS)])
            .moves()
            .fails(LADDER),
        operation!(handlers::[__path_read_revision, read_revision])
            .scope(READ_DRAFTS)
            .query(vec![AGAINST])
            .moves()
            .fails(LADDER)
            .fails(&[Code::RevisionNotFound]),
        operation!(handlers::[__path_restore_revision, restore_revision])
            .scope(WRITE)
            // The answer shows what it brings back.
            .also(Scope::DraftsRead)
            .takes_optional::<api::ActionInput>(json!({"reason": "The edit was about another bridge."}))
            .answers(json!({"version": 3}))
            .conditional()
            .fails(LADDER)
            .fails(&[Code::RevisionNotFound]),
        operation!(handlers::[__path_restore_article, restore_article])
            .scope(WRITE)
            .takes_optional::<api::RestoreInput>(json!({"reason": "Deleted by mistake."}))
            .answers(json!({"version": 3}))
            .conditional()
            .fails(LADDER)
            .fails(&[Code::SlugTaken, Code::ExternalIdTaken, Code::InvalidTransition]),
        operation!(handlers::[__path_list_carried, list_carried])
            .query(vec![AS_OF])
            .moves()
            .fails(LADDER),
        operation!(handlers::[__path_attach_disclaimer, attach_disclaimer])
            .scope(ATTACH)
            .no_content()
            .conditional()
            .fails(LADDER)
            .fails(&[Code::DisclaimerNotFound]),
        operation!(handlers::[__path_detach_disclaimer, detach_disclaimer])
            .scope(ATTACH)
            .no_content()
            .conditional()
            .fails(LADDER)
            .fails(&[Code::DisclaimerNotFound, Code::DisclaimerRequired]),
    ]
}

/// The operations on disclaimers that tell of articles, in URL order.
#[must_use]
pub fn carrier_operations() -> Vec<Operation> {
    vec![
        operation!(handlers::[__path_list_carriers, list_carriers])
            .scope(&[Scope::DisclaimersWrite])
            .query(vec![LIMIT, CURSOR])
            .fails(&[Code::DisclaimerNotFound]),
        operation!(handlers::[__path_preview_rule, preview_rule])
            .scope(&[Scope::DisclaimersWrite])
            .query(vec![LIMIT, CURSOR, COUNT])
            .takes::<PreviewInput>(json!({"applies_to": {"tags": ["weather"]}})),
    ]
}
