//! Articles on the wire: views of a story.

mod history;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::{ObjectBuilder, OneOfBuilder, Ref, RefOr, Schema, Type};

use super::filter::NEVER_PUBLISHED;
use super::ladder::{Rung, Sight};
use super::model::{ArticleRow, Counted, stored_json};
use super::read::Story;
use super::rules::{shown_published_at, state_of};
use super::words::{Access, CommentsPolicy, State};
use crate::disclaimers::model::CarriedRow;
use crate::disclaimers::words::{BodyFormat, Kind, Placement};
use crate::domain::instant::Instant;
use crate::domain::markup::RemovedElement;
use crate::problem::Problem;
use crate::web::json::Raw;
use crate::web::query::{Fields, Members};

pub use history::*;

/// A person who wrote an article.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Author {
    /// The author's name.
    #[schema(example = "Ada Marsh")]
    pub name: String,
    /// A page about the author.
    pub url: Option<String>,
}

/// The provider that an article comes from.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Source {
    /// The provider's name.
    #[schema(example = "Valley Wire")]
    pub name: String,
    /// The URL where the provider published the text.
    pub url: Option<String>,
}

/// An article's picture.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Image {
    /// The picture's URL.
    #[schema(example = "https://example.com/river.jpg")]
    pub url: String,
    /// A description of the picture for those who cannot see it.
    pub alt: Option<String>,
    /// The credit line.
    pub credit: Option<String>,
}

/// A disclaimer as an article carries it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AttachedDisclaimer {
    /// The disclaimer's id.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000002")]
    pub id: String,
    /// A stable name for programs.
    #[schema(example = "wire-agency")]
    pub key: String,
    /// The version that is shown.
    #[schema(example = 1)]
    pub version: i64,
    /// Headline of the notice.
    #[schema(example = "Agency report")]
    pub title: String,
    /// The notice as sanitised HTML.
    #[schema(example = "<p>This report comes from an agency and was not edited by us.</p>\n")]
    pub body_html: String,
    /// Its position relative to the article's text.
    pub placement: Placement,
    /// The category of the notice.
    pub kind: Kind,
    /// Its language; null for all languages.
    pub language: Option<String>,
    /// The reasons why the article carries it: `manual` if it was attached by hand, and the
    /// conditions of its rule that the article meets: `all`, `source:X`, `section:X`, `tag:X`,
    /// `language:X`.
    #[schema(example = json!(["manual"]))]
    pub matched_by: Vec<String>,
}

/// A disclaimer in a list of articles: a reference, and with `include=disclaimers` the whole.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ListedDisclaimer {
    /// The disclaimer's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = "uuid", example = "0192d5a0-0000-7000-8000-000000000002")]
    pub id: Option<String>,
    /// The disclaimer's stable name for programs.
    #[schema(example = "wire-agency")]
    pub key: String,
    /// The version that is shown.
    #[schema(example = 1)]
    pub version: i64,
    /// Headline of the notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, example = "Agency report")]
    pub title: Option<String>,
    /// The notice as sanitised HTML.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, example = "<p>This report comes from an agency and was not edited by us.</p>\n")]
    pub body_html: Option<String>,
    /// Its position relative to the article's text.
    pub placement: Placement,
    /// The category of the notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Kind)]
    pub kind: Option<Kind>,
    /// Its language; null for all languages.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub language: Option<Option<String>>,
    /// The reasons why the article carries it, as in the article itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, example = json!(["manual"]))]
    pub matched_by: Option<Vec<String>>,
}

impl ListedDisclaimer {
    /// A disclaimer, in full or as a reference.
    #[must_use]
    pub fn new(row: CarriedRow, in_full: bool) -> Self {
        Self {
            id: in_full.then_some(row.public_id),
            key: row.key,
            version: row.version,
            title: in_full.then_some(row.title),
            body_html: in_full.then_some(row.body_html),
            placement: row.placement,
            kind: in_full.then_some(row.kind),
            language: in_full.then_some(row.language),
            matched_by: in_full.then_some(row.matched_by),
        }
    }
}

impl From<CarriedRow> for AttachedDisclaimer {
    fn from(row: CarriedRow) -> Self {
        Self {
            id: row.public_id,
            key: row.key,
            version: row.version,
            title: row.title,
            body_html: row.body_html,
            placement: row.placement,
            kind: row.kind,
            language: row.language,
            matched_by: row.matched_by,
        }
    }
}

/// The disclaimers of an article.
#[derive(Serialize, ToSchema)]
pub struct CarriedDisclaimers {
    /// The disclaimers, in the order in which they are shown.
    pub items: Vec<AttachedDisclaimer>,
}

/// The members that a single article and an entry of a list have in common.
#[derive(Serialize, ToSchema)]
pub struct ArticleHead {
    /// The article's id.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000003")]
    pub id: String,
    /// Its name in URLs.
    #[schema(example = "flood-warning-for-the-lower-valley")]
    pub slug: String,
    /// The state of the article.
    pub state: State,
    /// Version number; every write increments it: edits, actions, attaching and detaching
    /// disclaimers.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// The headline.
    #[schema(example = "Flood warning for the lower valley")]
    pub title: String,
    /// A short summary.
    pub summary: Option<String>,
    /// The format of `body`.
    pub body_format: BodyFormat,
    /// Number of words in its text.
    #[schema(example = 7, minimum = 0)]
    pub word_count: i64,
    /// The place where it was written ("MOSCOW").
    pub dateline: Option<String>,
    /// Its authors.
    pub authors: Vec<Author>,
    /// The provider that it comes from.
    pub source: Option<Source>,
    /// The provider's own id.
    pub external_id: Option<String>,
    /// The URL of the original publication.
    pub canonical_url: Option<String>,
    /// Its language (BCP 47).
    #[schema(example = "en")]
    pub language: String,
    /// The section that it belongs to.
    pub section: Option<String>,
    /// Its topics.
    #[schema(example = json!(["weather"]))]
    pub tags: Vec<String>,
    /// Its picture.
    pub image: Option<Image>,
    /// The policy for comments.
    pub comments_policy: CommentsPolicy,
    /// The time when comments close automatically; null for never.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub comments_close_at: Option<Instant>,
    /// Whether it takes comments now: false if its policy is `closed`, once its comments have closed,
    /// and in a teaser.
    #[schema(example = true)]
    pub comments_open: bool,
    /// Read access once it is public.
    pub access: Access,
    /// End of the embargo; null if there is none.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub embargo_until: Option<Instant>,
    /// The time when it expires, that is, stops being public; null for never.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub expires_at: Option<Instant>,
    /// Free metadata of front ends.
    #[schema(value_type = Object, example = json!({}))]
    pub metadata: Map<String, Value>,
    /// The time of its first publication; kept when it is unpublished. Null before that.
    #[schema(value_type = Option<String>, format = "date-time", example = "2026-11-22T10:00:00.000000Z")]
    pub published_at: Option<Instant>,
    /// The time when it was created here.
    #[schema(value_type = String, format = "date-time")]
    pub created_at: Instant,
    /// The time of the last write.
    #[schema(value_type = String, format = "date-time")]
    pub updated_at: Instant,
}

/// The schema of an article's first page of comments, or null. Comments depend on articles, so it
/// is referenced by name here.
fn first_comments() -> RefOr<Schema> {
    let page = Ref::builder().ref_location_from_schema_name("Comments").description(Some(
        "The first page of its comments, where `include=comments` asks for it; else null.",
    ));
    let null = ObjectBuilder::new().schema_type(Type::Null);
    OneOfBuilder::new().item(page.build()).item(null).into()
}

/// An article in full.
#[derive(Serialize, ToSchema)]
pub struct Article {
    /// All but the text.
    #[serde(flatten)]
    pub head: ArticleHead,
    /// The text as it was written.
    #[schema(example = "The river is expected to **rise** tonight.")]
    pub body: String,
    /// The text as sanitised HTML.
    #[schema(example = "<p>The river is expected to <strong>rise</strong> tonight.</p>\n")]
    pub body_html: String,
    /// Number of public comments.
    #[schema(example = 0, minimum = 0)]
    pub comment_count: i64,
    /// The corrections made after readers had seen it, in the order in which they were made.
    pub corrections: Vec<Correction>,
    /// The disclaimers that must be shown with it, in display order.
    pub disclaimers: Vec<AttachedDisclaimer>,
    /// The first page of its comments with `include=comments`; else null.
    #[schema(schema_with = first_comments)]
    pub comments: Option<Raw>,
    /// The elements of the text that `body_html` does not have; only in the answer to a write of
    /// the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<RemovedElement>)]
    pub removed: Option<Vec<RemovedElement>>,
}

/// An article in a list. The text and the number of comments are present only if `fields` names
/// them.
#[derive(Serialize, ToSchema)]
pub struct ArticleListItem {
    /// All but the text.
    #[serde(flatten)]
    pub head: ArticleHead,
    /// The text as it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub body: Option<Option<String>>,
    /// The text as sanitised HTML.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub body_html: Option<Option<String>>,
    /// Number of public comments; null in a teaser.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub comment_count: Option<Option<i64>>,
    /// The corrections made after readers had seen it, in the order in which they were made.
    pub corrections: Vec<Correction>,
    /// The disclaimers that it carries: references, or in full with `include=disclaimers`.
    pub disclaimers: Vec<ListedDisclaimer>,
    /// Where the words of `q` stand in it, as HTML: the words are in `<mark>`, everything else is
    /// escaped. Only with `q`; null if they stand in none of headline, summary and the first 32 KiB
    /// of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "The <mark>river</mark> is expected to rise")]
    pub snippet: Option<Option<String>>,
    /// The first page of its comments, only with `include=comments`; null in a teaser.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = first_comments)]
    pub comments: Option<Option<Raw>>,
}

/// The articles related to one.
#[derive(Serialize, ToSchema)]
pub struct RelatedArticles {
    /// The related articles, the closest first.
    pub items: Vec<ArticleListItem>,
}

/// A section, tag, author or provider of articles.
#[derive(Serialize, ToSchema)]
pub struct Term {
    /// What the filter of lists takes: a slug, or a name.
    #[schema(example = "sao-paulo")]
    pub value: String,
    /// The name that people read.
    #[schema(example = "S\u{e3}o Paulo")]
    pub name: String,
    /// The number of articles that have it and that the caller may see in lists.
    #[schema(example = 12, minimum = 0)]
    pub article_count: i64,
    /// The time of publication of the newest of them; null if none was published.
    #[schema(value_type = Option<String>, format = "date-time", example = "2026-11-22T10:00:00.000000Z")]
    pub last_published_at: Option<Instant>,
}

impl Members for Term {
    const MEMBERS: &'static [&'static str] =
        &["value", "name", "article_count", "last_published_at"];
}

impl From<Counted> for Term {
    fn from(counted: Counted) -> Self {
        let newest = Some(counted.newest).filter(|newest| *newest < NEVER_PUBLISHED);
        Self {
            value: counted.value,
            name: counted.name,
            article_count: counted.count,
            last_published_at: newest.map(Instant::from_micros),
        }
    }
}

/// A value by which the articles of a list can be filtered, and how many have it.
#[derive(Serialize, ToSchema)]
pub struct FacetValue {
    /// What the filter takes; of `month`, a month (UTC).
    #[schema(example = "city")]
    pub value: String,
    /// The name that people read.
    #[schema(example = "City")]
    pub name: String,
    /// The number of articles of the list that have it.
    #[schema(example = 12, minimum = 1)]
    pub count: i64,
}

impl From<Counted> for FacetValue {
    fn from(counted: Counted) -> Self {
        Self { value: counted.value, name: counted.name, count: counted.count }
    }
}

/// The numbers of a list's articles by what `facets` names: each the 100 most frequent values, the
/// most frequent first; of months the newest first.
#[derive(Serialize, ToSchema)]
pub struct Facets {
    /// By section.
    pub section: Vec<FacetValue>,
    /// By tag.
    pub tag: Vec<FacetValue>,
    /// By author.
    pub author: Vec<FacetValue>,
    /// By provider.
    pub source: Vec<FacetValue>,
    /// By language; a language counts the regional ones too.
    pub language: Vec<FacetValue>,
    /// By month of publication (UTC).
    pub month: Vec<FacetValue>,
}

impl Members for Article {
    const MEMBERS: &'static [&'static str] = &[
        "id", "slug", "state", "version", "title", "summary", "body", "body_html", "body_format",
        "word_count", "dateline", "authors", "source", "external_id", "canonical_url", "language",
        "section", "tags", "image", "comments_policy", "comments_close_at", "comments_open",
        "access", "embargo_until", "expires_at", "comment_count", "metadata", "corrections",
        "disclaimers", "comments", "published_at", "created_at", "updated_at",
    ];
}

impl Members for ArticleListItem {
    const MEMBERS: &'static [&'static str] = &[
        "id", "slug", "state", "version", "title", "summary", "body", "body_html", "body_format",
        "word_count", "dateline", "authors", "source", "external_id", "canonical_url", "language",
        "section", "tags", "image", "comments_policy", "comments_close_at", "comments_open",
        "access", "embargo_until", "expires_at", "comment_count", "metadata", "corrections",
        "disclaimers", "snippet", "comments", "published_at", "created_at", "updated_at",
    ];
}

/// The public part of a licensed article.
#[derive(Serialize, ToSchema)]
pub struct ArticleTeaser {
    /// The article's id.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000003")]
    pub id: String,
    /// Its name in URLs.
    #[schema(example = "flood-warning-for-the-lower-valley")]
    pub slug: String,
    /// The headline.
    #[schema(example = "Flood warning for the lower valley")]
    pub title: String,
    /// A short summary.
    pub summary: Option<String>,
    /// The place where it was written.
    pub dateline: Option<String>,
    /// Its authors.
    pub authors: Vec<Author>,
    /// The provider that it comes from.
    pub source: Option<Source>,
    /// Its language (BCP 47).
    #[schema(example = "en")]
    pub language: String,
    /// The section that it belongs to.
    pub section: Option<String>,
    /// Its topics.
    pub tags: Vec<String>,
    /// Its picture.
    pub image: Option<Image>,
    /// Read access to the full article.
    pub access: Access,
    /// The time when it was published.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub published_at: Option<Instant>,
    /// The disclaimers that must be shown with it.
    pub disclaimers: Vec<AttachedDisclaimer>,
}

/// The article that replaces another one.
#[derive(Serialize)]
pub struct Successor {
    /// Its id.
    pub id: String,
    /// Its name in URLs.
    pub slug: String,
}

fn attached(disclaimers: Vec<CarriedRow>) -> Vec<AttachedDisclaimer> {
    disclaimers.into_iter().map(AttachedDisclaimer::from).collect()
}

impl From<Story> for CarriedDisclaimers {
    fn from(story: Story) -> Self {
        let items = attached(story.into_parts().disclaimers);
        Self { items }
    }
}

impl ArticleTeaser {
    /// The teaser of an article.
    pub fn new(story: Story) -> Result<Self, Problem> {
        let story = story.into_parts();
        let head = ArticleHead::new(story.row, story.at, story.takes_comments)?;
        Ok(Self {
            id: head.id,
            slug: head.slug,
            title: head.title,
            summary: head.summary,
            dateline: head.dateline,
            authors: head.authors,
            source: head.source,
            language: head.language,
            section: head.section,
            tags: head.tags,
            image: head.image,
            access: head.access,
            published_at: head.published_at,
            disclaimers: attached(story.disclaimers),
        })
    }
}

impl Article {
    /// The full article, from a story with its text.
    pub fn new(story: Story) -> Result<Self, Problem> {
        let story = story.into_parts();
        let text = story.text.ok_or_else(|| Problem::internal("a story without its text"))?;
        Ok(Self {
            comment_count: story.row.comment_count,
            corrections: story.corrections.into_iter().map(Correction::from).collect(),
            head: ArticleHead::new(story.row, story.at, story.takes_comments)?,
            body: text.body,
            body_html: text.body_html,
            disclaimers: attached(story.disclaimers),
            comments: None,
            removed: None,
        })
    }
}

impl ArticleListItem {
    /// An article as shown to a caller in a list: in full, or as a teaser for those who may not
    /// read it. If `whole`, disclaimers come with their texts.
    pub fn new(
        story: Story,
        sight: Sight,
        fields: &Fields<Self>,
        whole: bool,
    ) -> Result<Self, Problem> {
        let story = story.into_parts();
        let reads = sight.reads(Rung::of(&story.row, sight.now));
        // A teaser has no text for anyone, and nothing that reveals it.
        let text = story.text.filter(|_| reads);
        let (body, body_html) = text.map(|text| (text.body, text.body_html)).unzip();
        let comment_count = reads.then_some(story.row.comment_count);
        let listed = |row| ListedDisclaimer::new(row, whole);
        let corrections = story.corrections.into_iter().filter(|_| reads);
        let head = ArticleHead::new(story.row, story.at, story.takes_comments)?;
        Ok(Self {
            disclaimers: story.disclaimers.into_iter().map(listed).collect(),
            corrections: corrections.map(Correction::from).collect(),
            comment_count: fields.has("comment_count").then_some(comment_count),
            body: fields.has("body").then_some(body),
            body_html: fields.has("body_html").then_some(body_html),
            snippet: None,
            comments: None,
            head: if reads { head } else { head.teaser() },
        })
    }
}

impl ArticleHead {
    /// The head of `row` at `now`.
    pub(super) fn new(row: ArticleRow, now: Instant, comments_open: bool) -> Result<Self, Problem> {
        Ok(Self {
            comments_open,
            published_at: shown_published_at(&row, now),
            state: state_of(&row, now),
            id: row.public_id,
            slug: row.slug,
            version: row.version,
            title: row.title,
            summary: row.summary,
            body_format: row.body_format,
            word_count: row.word_count,
            dateline: row.dateline,
            authors: stored_json(&row.authors)?,
            source: row.source_name.map(|name| Source { name, url: row.source_url }),
            external_id: row.external_id,
            canonical_url: row.canonical_url,
            language: row.language,
            section: row.section,
            tags: stored_json(&row.tags)?,
            image: row.image.as_deref().map(stored_json).transpose()?,
            comments_policy: row.comments_policy,
            comments_close_at: row.comments_close_at.map(Instant::from_micros),
            access: row.access,
            embargo_until: row.embargo_until.map(Instant::from_micros),
            expires_at: row.expires_at.map(Instant::from_micros),
            metadata: stored_json(&row.metadata)?,
            created_at: Instant::from_micros(row.created_at),
            updated_at: Instant::from_micros(row.updated_at),
        })
    }

    /// The same without the members that reveal the text: a licensed article in lists for those
    /// who may not read it.
    #[must_use]
    pub fn teaser(self) -> Self {
        Self {
            word_count: 0,
            external_id: None,
            canonical_url: None,
            metadata: Map::new(),
            comments_open: false,
            ..self
        }
    }
}
