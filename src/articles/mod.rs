//! Articles: the content that a newsroom publishes, and the disclaimers that each carries.
//!
//! A read goes `handlers` -> `read` (typed query, filter, rows, `read::Story`) -> `api` (a view
//! of it); a write goes `handlers` -> `write` -> `store`. The refusals for those who may not read
//! an article are in `refusals`.

mod addresses;
pub mod api;
mod caller;
mod carried;
mod carrying;
mod difference;
mod filter;
mod finding;
mod format;
mod formats;
mod groups;
mod handlers;
pub mod ids;
mod import;
pub mod input;
pub mod ladder;
mod listing;
mod memento;
pub(crate) mod model;
pub(crate) mod read;
pub(crate) mod refusals;
mod reindex;
mod related;
pub mod rules;
pub(crate) mod store;
mod terms;
pub mod words;
pub(crate) mod write;
mod yielding;

use serde_json::json;
use uuid::Uuid;

use self::api::ArticleListItem;
use self::format::{In, OF_LIST, OF_ONE};
use self::ids::ArticleId;
use self::ladder::Sight;
use self::refusals::LADDER;
use self::words::{
    Access, Facet, Format, ListFormat, Listed, Sort, TermSort, WithArticle, WithArticles,
};
use crate::db::{Conn, Shows, Touched};
use crate::domain::instant::Instant;
use crate::domain::scope::Scope;
use crate::problem::{Code, Problem};
use crate::web::Operation;
use crate::web::json::Raw;
use crate::web::query::{Count, Cursor, Fields, Limit};
use crate::web::reply::JSON;
use crate::web::url::{Chars, Include, Locator, SlugText, Texts, Uuids, Version};
use crate::{operation, path_values, query};

pub use carried::count_carriers;
pub use finding::article_of;
pub use handlers::ARTICLE_SEGMENT;
use handlers::{ATOM, JSON_FEED, LINK_FORMAT, RSS, SITEMAP};
pub use import::{
    Done, INSTANTS, ImportedArticle, Lifted, Outcome, Shown, article_by_source, import,
    is_imported, is_purged, public_slug, taken_away,
};
pub use reindex::reindex;
pub use terms::term_slug;
use write::ForgetComments;

const WRITE: &[Scope] = &[Scope::ArticlesWrite];
const READ_DRAFTS: &[Scope] = &[Scope::DraftsRead];
const PUBLISH: &[Scope] = &[Scope::ArticlesPublish];
const ATTACH: &[Scope] = &[Scope::ArticlesWrite, Scope::DisclaimersWrite];

path_values! {
    /// The article's id or slug.
    pub struct ArticlePath(Locator) = "article", "flood-warning-for-the-lower-valley";
    /// The number of a sitemap, as the index names it.
    pub struct PartPath(Version) = "part", "1";
    /// The section's or tag's slug.
    pub struct TermPath(SlugText) = "slug", "city";
    /// The correction's id.
    pub struct CorrectionPath(Uuid) = "correction", "0192d5a0-0000-7000-8000-000000000005";
}

query! {
    /// A list of articles.
    pub struct ListArticles {
        limit: Limit,
        cursor: Cursor,
        count: Count,
        fields: Fields<ArticleListItem>,
        /// What to add: `disclaimers`, in full instead of references; `comments`, the first page of
        /// the comments of each.
        include: Include<WithArticles>,
        /// Only articles in this state. Without it, all that the caller may read, except the
        /// trash.
        state: Option<Listed>,
        /// Only these articles: up to 100 ids, separated by commas.
        id: Option<Uuids<100>>,
        /// Only articles of one of these sections, by slug or name. One that nothing has gives an
        /// empty list.
        section: Option<Texts<TERMS_MAX>>,
        /// Only articles with one of these tags, by slug or name.
        tag: Option<Texts<TERMS_MAX>>,
        /// Only articles with all of these tags, by slug or name.
        tag_all: Option<Texts<TERMS_MAX>>,
        /// Only articles of this provider, by its whole name in any case. One that nothing has gives
        /// an empty list.
        source: Option<Chars<NAME_MAX>>,
        /// Only articles by this author, by the whole name in any case.
        author: Option<Chars<NAME_MAX>>,
        /// Only articles in one of these languages (BCP 47); `pt` finds `pt-BR` too, `pt-BR` no `pt`.
        language: Option<Texts<TERMS_MAX>>,
        /// Only articles with this read access.
        access: Option<Access>,
        /// Only articles published at this instant or later.
        published_after: Option<Instant>,
        /// Only articles published before this instant.
        published_before: Option<Instant>,
        /// Only articles written at this instant or later.
        updated_after: Option<Instant>,
        /// Only articles that carry this disclaimer: its key, or its id.
        has_disclaimer: Option<Locator>,
        /// Full-text search in headline, summary, text, tags, authors, section, provider and dateline:
        /// all words must be there; `"a phrase"`, `prefix*`, `-not`. It finds the 1,000 matches that
        /// were added last. Licensed articles are searched by what their teaser shows, unless the
        /// key may read them.
        q: Option<Chars<QUERY_MAX>>,
        /// The order. By default `-published_at`, and with `q` `relevance`: where the words stand, then
        /// the newest. `relevance` and `-relevance` are the same.
        sort: Option<Sort>,
        /// What to count the articles of all pages by, with commas between: `facets` has the
        /// numbers, of the newest 10,000 (with `q`, of what it finds).
        facets: Include<Facet>,
        format: In<ListFormat>,
    }

    /// A feed of articles.
    pub struct ReadFeed {
        limit: Limit,
        cursor: Cursor,
        /// Only articles of one of these sections, by slug or name.
        section: Option<Texts<TERMS_MAX>>,
        /// Only articles with one of these tags, by slug or name.
        tag: Option<Texts<TERMS_MAX>>,
        /// Only articles with all of these tags, by slug or name.
        tag_all: Option<Texts<TERMS_MAX>>,
        /// Only articles of this provider, by its whole name in any case.
        source: Option<Chars<NAME_MAX>>,
        /// Only articles by this author, by the whole name in any case.
        author: Option<Chars<NAME_MAX>>,
        /// Only articles in one of these languages (BCP 47); `pt` finds `pt-BR` too, `pt-BR` no `pt`.
        language: Option<Texts<TERMS_MAX>>,
        /// Only articles published at this instant or later.
        published_after: Option<Instant>,
        /// Only articles published before this instant.
        published_before: Option<Instant>,
        /// Only articles written at this instant or later.
        updated_after: Option<Instant>,
        /// Only articles that carry this disclaimer: its key, or its id.
        has_disclaimer: Option<Locator>,
        /// Full-text search, as in the list; the newest come first.
        q: Option<Chars<QUERY_MAX>>,
    }

    /// An article.
    pub struct ReadArticle {
        fields: Fields<api::Article>,
        format: In<Format>,
        /// The article as its readers saw it at this instant, with the disclaimers of then; not in the future.
        as_of: Option<Instant>,
        /// Related resources to add: `comments`, the first page of its comments. `disclaimers` are
        /// always there in full.
        include: Include<WithArticle>,
    }

    /// The articles related to an article.
    pub struct ListRelated {
        limit: Limit,
        fields: Fields<ArticleListItem>,
        /// What to add: `disclaimers`, in full instead of references; `comments`, the first page of
        /// the comments of each.
        include: Include<WithArticles>,
    }

    /// The sections, tags, authors or providers of articles.
    pub struct ListTerms {
        limit: Limit,
        cursor: Cursor,
        count: Count,
        fields: Fields<api::Term>,
        /// The order: by `name`, or `-article_count` or `-last_published_at`, the highest first.
        sort: Option<TermSort>,
    }

    /// The deletion of an article.
    pub struct DeleteArticle {
        /// Purge it: delete it for good, with its comments and its history; needs
        /// `articles:purge`.
        purge: bool,
    }

    /// The history of an article.
    pub struct ListHistory {
        limit: Limit,
        cursor: Cursor,
        count: Count,
        fields: Fields<api::HistoryEntry>,
    }

    /// The versions of an article.
    pub struct ListRevisions {
        limit: Limit,
        cursor: Cursor,
        count: Count,
        fields: Fields<api::RevisionListItem>,
    }

    /// A version of an article.
    pub struct ReadRevision {
        /// The version to compare with: `difference` has the changes from that version to this
        /// one.
        against: Option<Version>,
    }

    /// The disclaimers of an article.
    pub struct ListCarried {
        /// The disclaimers shown to a reader at this instant; not in the future.
        as_of: Option<Instant>,
    }

    /// A list of the articles that carry a disclaimer.
    pub struct ListCarriers {
        limit: Limit,
        cursor: Cursor,
    }

    /// A list of the articles that a rule would match.
    pub struct PreviewRule {
        limit: Limit,
        cursor: Cursor,
        count: Count,
    }
}

/// Longest name of a section, tag, author, provider or language in a filter, in characters.
const NAME_MAX: usize = 200;
/// Most terms in one filter: as many as an article can have.
const TERMS_MAX: usize = 50;
/// Longest search, in characters: a long sentence.
const QUERY_MAX: usize = 500;

/// Reads the first page of an article's comments, by its row and its public id. A function
/// pointer, because comments depend on articles.
pub type FirstComments = fn(&mut Conn, ArticleId, &str, Sight) -> Result<Raw, Problem>;

/// Counts an article's public comments as of an instant; for the side pool.
pub type CountThen = fn(&mut Conn, ArticleId, Instant) -> Result<i64, Problem>;

/// The part of the data that an answer shows if it shows the comments of some articles, or their number. (Articles
/// themselves are no part: a write to one may change any list.)
#[must_use]
pub fn comments_of(articles: impl IntoIterator<Item = ArticleId>) -> Shows {
    Shows::Parts(articles.into_iter().map(|id| id.0).collect())
}

/// The same of a write that changes nothing but the comments of an article, and their number.
#[must_use]
pub const fn touching_comments_of(article: ArticleId) -> Touched {
    Touched::Part(article.0)
}

/// The operations, in URL order.
#[must_use]
pub fn operations(
    (first_comments, count_then): (FirstComments, CountThen),
    forget_comments: ForgetComments,
) -> Vec<Operation> {
    let of_comments = (first_comments, count_then);
    [edits(of_comments, forget_comments), actions(), past(), attachments()].concat()
}

/// The operations on what articles are filtered by, in URL order.
#[must_use]
pub fn term_operations() -> Vec<Operation> {
    let named = |operation: Operation| {
        operation
            .scope(WRITE)
            .example(json!({"name": "S\u{e3}o Paulo"}))
            .conditional_by_tag()
            .fails(&[Code::TermNotFound])
    };
    vec![
        operation!(handlers::[__path_list_sections, list_sections]),
        operation!(handlers::[__path_read_section, read_section]).fails(&[Code::TermNotFound]),
        named(operation!(handlers::[__path_name_section, name_section])),
        operation!(handlers::[__path_list_tags, list_tags]),
        operation!(handlers::[__path_read_tag, read_tag]).fails(&[Code::TermNotFound]),
        named(operation!(handlers::[__path_name_tag, name_tag])),
        operation!(handlers::[__path_list_authors, list_authors]),
        operation!(handlers::[__path_list_sources, list_sources]),
    ]
}

/// Feeds and sitemaps, in URL order.
#[must_use]
pub fn feed_operations() -> Vec<Operation> {
    let all = vec![
        operation!(handlers::[__path_read_rss_feed, read_rss_feed]).produces(RSS),
        operation!(handlers::[__path_read_atom_feed, read_atom_feed]).produces(ATOM),
        operation!(handlers::[__path_read_json_feed, read_json_feed]).produces(JSON_FEED),
        operation!(handlers::[__path_read_sitemap_index, read_sitemap_index]).produces(SITEMAP),
        operation!(handlers::[__path_read_sitemap, read_sitemap])
            .produces(SITEMAP)
            .fails(&[Code::RouteNotFound]),
        operation!(handlers::[__path_read_news_sitemap, read_news_sitemap]).produces(SITEMAP),
    ];
    all.into_iter().map(Operation::whatever_accept).collect()
}

/// Create, read, change and delete.
fn edits(
    (first_comments, count_then): (FirstComments, CountThen),
    forget_comments: ForgetComments,
) -> Vec<Operation> {
    let example = || json!({"title": "Flood warning for the lower valley", "body": "The river is expected to **rise** tonight.", "tags": ["weather"]});
    vec![
        operation!(handlers::[__path_list_articles, list_articles], first_comments)
            .in_formats(OF_LIST)
            .queried(),
        operation!(handlers::[__path_create_article, create_article])
            .scope(WRITE)
            .creates()
            .leads_to(&["read_article", "update_article", "publish_article", "create_comment", "delete_article"])
            .example(json!({"title": "Flood warning for the lower valley", "body": "The river is expected to **rise** tonight.", "state": "published"}))
            .answers(json!({"authors": [], "tags": [], "disclaimers": []}))
            .fails(&[Code::SlugTaken, Code::ExternalIdTaken]),
        operation!(handlers::[__path_read_article, read_article], (first_comments, count_then))
            .in_formats(OF_ONE)
            .leads_back()
            .moves()
            .fails(LADDER),
        operation!(handlers::[__path_list_related, list_related], first_comments)
            .moves()
            .fails(LADDER),
        operation!(handlers::[__path_replace_article, replace_article])
            .scope(WRITE)
            .example(example())
            .answers(json!({"version": 2}))
            .conditional()
            .fails(LADDER)
            .fails(&[Code::SlugTaken, Code::ExternalIdTaken]),
        operation!(handlers::[__path_update_article, update_article])
            .scope(WRITE)
            .example(json!({"summary": "The river rises.", "section": null}))
            .answers(json!({"version": 2}))
            .conditional()
            .fails(LADDER)
            .fails(&[Code::SlugTaken, Code::ExternalIdTaken]),
        operation!(handlers::[__path_delete_article, delete_article], forget_comments)
            .scope(&[Scope::ArticlesWrite, Scope::ArticlesPurge])
            .no_content()
            .conditional()
            .fails(LADDER),
    ]
}

/// Publish, withdraw and block.
fn actions() -> Vec<Operation> {
    let action = |operation: Operation| {
        operation.scope(PUBLISH).conditional().fails(LADDER).fails(&[Code::InvalidTransition])
    };
    let all = vec![
        operation!(handlers::[__path_publish_article, publish_article])
            .example(json!({"reason": "Checked by the desk."}))
            .answers(json!({"version": 2})),
        operation!(handlers::[__path_unpublish_article, unpublish_article])
            .example(json!({"reason": "Needs another source."}))
            .answers(json!({"state": "draft", "version": 3})),
        operation!(handlers::[__path_withdraw_article, withdraw_article])
            .example(json!({"notice": "A source has taken back a statement."}))
            .answers(json!({"state": "withdrawn", "version": 3})),
        operation!(handlers::[__path_block_article, block_article])
            .example(
                json!({"authority": "Regional Court of Port Ellery", "reference": "4 O 112/26"}),
            )
            .answers(json!({"state": "blocked", "version": 3})),
        operation!(handlers::[__path_unblock_article, unblock_article])
            .example(json!({"reason": "The demand was taken back."}))
            .answers(json!({"version": 4})),
    ];
    all.into_iter().map(action).collect()
}

/// Corrections, history, revisions, and restoring from the trash.
fn past() -> Vec<Operation> {
    vec![
        operation!(handlers::[__path_correct_article, correct_article])
            .scope(WRITE)
            .example(json!({"note": "An earlier version named the wrong bridge.", "body": "The river is expected to **rise** at the old bridge tonight."}))
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
            .moves()
            .fails(LADDER),
        operation!(handlers::[__path_read_timemap, read_timemap])
            .produces(&[JSON, LINK_FORMAT])
            .moves()
            .fails(LADDER),
        operation!(handlers::[__path_list_revisions, list_revisions])
            .scope(READ_DRAFTS)
            .moves()
            .fails(LADDER),
        operation!(handlers::[__path_read_revision, read_revision])
            .scope(READ_DRAFTS)
            .moves()
            .fails(LADDER)
            .fails(&[Code::RevisionNotFound]),
        operation!(handlers::[__path_restore_revision, restore_revision])
            .scope(WRITE)
            // The answer shows the restored content.
            .also(Scope::DraftsRead)
            .example(json!({"reason": "The edit was about another bridge."}))
            .answers(json!({"version": 3}))
            .conditional()
            .fails(LADDER)
            .fails(&[Code::RevisionNotFound]),
        operation!(handlers::[__path_restore_article, restore_article])
            .scope(WRITE)
            .example(json!({"reason": "Deleted by mistake."}))
            .answers(json!({"version": 3}))
            .conditional()
            .fails(LADDER)
            .fails(&[Code::SlugTaken, Code::ExternalIdTaken, Code::InvalidTransition]),
    ]
}

/// An article's disclaimers.
fn attachments() -> Vec<Operation> {
    vec![
        operation!(handlers::[__path_list_carried, list_carried]).moves().fails(LADDER),
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

/// The operations on disclaimers that list articles, in URL order.
#[must_use]
pub fn carrier_operations() -> Vec<Operation> {
    vec![
        operation!(handlers::[__path_list_carriers, list_carriers])
            .scope(&[Scope::DisclaimersWrite])
            .fails(&[Code::DisclaimerNotFound]),
        operation!(handlers::[__path_preview_rule, preview_rule])
            .scope(&[Scope::DisclaimersWrite])
            .example(json!({"applies_to": {"tags": ["weather"]}})),
    ]
}
