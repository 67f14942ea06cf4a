//! Articles on the wire.

mod history;
mod input;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::schema::AnyOfBuilder;
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, OneOfBuilder, Ref, RefOr, Schema, Type};

use super::rules::{shown_published_at, state_of};
use super::store::{ArticleRow, BodyRow, CorrectionRow};
use crate::disclaimers::api::{BodyFormat, Kind, Placement};
use crate::disclaimers::store::CarriedRow;
use crate::domain::instant::Instant;
use crate::problem::Problem;
use crate::web::input::ReadOnly;

pub use history::*;
pub use input::*;

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
    /// Where the provider published the text.
    pub url: Option<String>,
}

/// An article's picture.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Image {
    /// Where the picture is.
    #[schema(example = "https://example.com/river.jpg")]
    pub url: String,
    /// What it shows, for those who cannot see it.
    pub alt: Option<String>,
    /// Whose picture it is.
    pub credit: Option<String>,
}

/// A disclaimer as an article carries it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AttachedDisclaimer {
    /// The disclaimer's id.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000002")]
    pub id: String,
    /// Its name for programs.
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
    /// Where it stands beside the article's text.
    #[schema(value_type = Placement)]
    pub placement: String,
    /// What the notice is about.
    #[schema(value_type = Kind)]
    pub kind: String,
    /// Its language, or null for all.
    pub language: Option<String>,
    /// Why the article carries it: `manual` where it was attached by hand, else what of the article its rule
    /// meets: `all`, `source:X`, `section:X`, `tag:X`, `language:X`.
    #[schema(example = json!(["manual"]))]
    pub matched_by: Vec<String>,
}

/// A disclaimer as a list names it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DisclaimerReference {
    /// The disclaimer's name for programs.
    #[schema(example = "wire-agency")]
    pub key: String,
    /// The version that is shown.
    #[schema(example = 1)]
    pub version: i64,
    /// Where it stands beside the article's text.
    #[schema(value_type = Placement)]
    pub placement: String,
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

impl From<CarriedRow> for DisclaimerReference {
    fn from(row: CarriedRow) -> Self {
        Self {
            key: row.key,
            version: row.version,
            placement: row.placement,
        }
    }
}

/// What an article carries.
#[derive(Serialize, ToSchema)]
pub struct CarriedDisclaimers {
    /// The disclaimers, in the order in which they are shown.
    pub items: Vec<AttachedDisclaimer>,
}

/// What a single article and an entry of a list have in common.
#[derive(Serialize, ToSchema)]
pub struct ArticleHead {
    /// The article's id.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000003")]
    pub id: String,
    /// Its name in URLs.
    #[schema(example = "flood-warning-for-the-lower-valley")]
    pub slug: String,
    /// Where it stands in its life.
    #[schema(value_type = State)]
    pub state: String,
    /// Counts the writes to it: edits, actions, disclaimers attached and detached.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// The headline.
    #[schema(example = "Flood warning for the lower valley")]
    pub title: String,
    /// What it says, in short.
    pub summary: Option<String>,
    /// How `body` is written.
    #[schema(value_type = BodyFormat)]
    pub body_format: String,
    /// Words in its text.
    #[schema(example = 7, minimum = 0)]
    pub word_count: i64,
    /// Where it was written ("MOSCOW").
    pub dateline: Option<String>,
    /// Who wrote it.
    pub authors: Vec<Author>,
    /// The provider it comes from.
    pub source: Option<Source>,
    /// The provider's own id.
    pub external_id: Option<String>,
    /// Where it stands first of all.
    pub canonical_url: Option<String>,
    /// Its language (BCP 47).
    #[schema(example = "en")]
    pub language: String,
    /// The section it belongs to.
    pub section: Option<String>,
    /// What it is about.
    #[schema(example = json!(["weather"]))]
    pub tags: Vec<String>,
    /// Its picture.
    pub image: Option<Image>,
    /// Who may comment.
    #[schema(value_type = CommentsPolicy)]
    pub comments_policy: String,
    /// When comments close by themselves.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub comments_close_at: Option<Instant>,
    /// Who may read it once it is public.
    #[schema(value_type = Access)]
    pub access: String,
    /// Until when it is kept back.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub embargo_until: Option<Instant>,
    /// When it ceases to be public by itself.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub expires_at: Option<Instant>,
    /// Whatever the front end keeps with it.
    #[schema(value_type = Object, example = json!({}))]
    pub metadata: Map<String, Value>,
    /// When it was first published; kept while it is unpublished. Null before that.
    #[schema(value_type = Option<String>, format = "date-time", example = "2026-11-22T10:00:00.000000Z")]
    pub published_at: Option<Instant>,
    /// When it was created here.
    #[schema(value_type = String, format = "date-time")]
    pub created_at: Instant,
    /// When it was last written.
    #[schema(value_type = String, format = "date-time")]
    pub updated_at: Instant,
}

/// The first page of an article's comments, or null: comments stand below articles, so it is named and not known here.
fn first_comments() -> RefOr<Schema> {
    let page = Ref::builder()
        .ref_location_from_schema_name("Comments")
        .description(Some(
            "The first page of its comments, where `include=comments` asks for it; else null.",
        ));
    let null = ObjectBuilder::new().schema_type(Type::Null);
    OneOfBuilder::new().item(page.build()).item(null).into()
}

/// An article, whole.
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
    /// Comments that everyone sees.
    #[schema(example = 0, minimum = 0)]
    pub comment_count: i64,
    /// What was put right after readers had seen it, in the order in which it was.
    pub corrections: Vec<Correction>,
    /// The disclaimers that must be shown with it, in the order in which they stand.
    pub disclaimers: Vec<AttachedDisclaimer>,
    /// The first page of its comments, where `include=comments` asks for it; else null.
    #[schema(schema_with = first_comments)]
    pub comments: Option<Value>,
    /// When the clock next changes which disclaimers it carries.
    #[serde(skip)]
    pub next_change: Option<Instant>,
}

/// A disclaimer in a list of articles.
#[derive(Serialize)]
#[serde(untagged)]
pub enum ListedDisclaimer {
    /// By name.
    Reference(DisclaimerReference),
    /// With its text.
    Whole(AttachedDisclaimer),
}

fn listed_disclaimers() -> RefOr<Schema> {
    let one = AnyOfBuilder::new()
        .item(Ref::from_schema_name("DisclaimerReference"))
        .item(Ref::from_schema_name("AttachedDisclaimer"));
    let list = ArrayBuilder::new().items(one).description(Some(
        "The disclaimers that it carries: references, and with `include=disclaimers` the whole.",
    ));
    list.into()
}

/// An article in a list. The text and the count of comments are there only where `fields` names them.
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
    /// Comments that everyone sees; null in a teaser.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub comment_count: Option<Option<i64>>,
    /// What was put right after readers had seen it, in the order in which it was.
    pub corrections: Vec<Correction>,
    /// The disclaimers that it carries: references, and with `include=disclaimers` the whole.
    #[schema(schema_with = listed_disclaimers)]
    pub disclaimers: Vec<ListedDisclaimer>,
}

impl ArticleListItem {
    /// Names of all members that a list can show.
    pub const MEMBERS: &'static [&'static str] = &[
        "id",
        "slug",
        "state",
        "version",
        "title",
        "summary",
        "body",
        "body_html",
        "body_format",
        "word_count",
        "dateline",
        "authors",
        "source",
        "external_id",
        "canonical_url",
        "language",
        "section",
        "tags",
        "image",
        "comments_policy",
        "comments_close_at",
        "access",
        "embargo_until",
        "expires_at",
        "comment_count",
        "metadata",
        "corrections",
        "disclaimers",
        "published_at",
        "created_at",
        "updated_at",
    ];
}

/// What everyone may see of a licensed article.
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
    /// What it says, in short.
    pub summary: Option<String>,
    /// Where it was written.
    pub dateline: Option<String>,
    /// Who wrote it.
    pub authors: Vec<Author>,
    /// The provider it comes from.
    pub source: Option<Source>,
    /// Its language (BCP 47).
    #[schema(example = "en")]
    pub language: String,
    /// The section it belongs to.
    pub section: Option<String>,
    /// What it is about.
    pub tags: Vec<String>,
    /// Its picture.
    pub image: Option<Image>,
    /// Who may read it whole.
    #[schema(value_type = Access)]
    pub access: String,
    /// When it was published.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub published_at: Option<Instant>,
    /// The disclaimers that must be shown with it.
    pub disclaimers: Vec<AttachedDisclaimer>,
}

impl ArticleTeaser {
    /// The teaser of an article that carries `disclaimers`.
    pub fn new(head: ArticleHead, disclaimers: Vec<CarriedRow>) -> Self {
        Self {
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
            disclaimers: disclaimers
                .into_iter()
                .map(AttachedDisclaimer::from)
                .collect(),
        }
    }
}

impl Article {
    /// Members that nobody writes on an article that exists.
    pub const READ_ONLY: &'static [ReadOnly] = &[
        ReadOnly::new("id"),
        ReadOnly::new("state").moving().changed_by("An article's state is changed by its actions: `publish`, `unpublish`, `withdraw`, `block`, `unblock`."),
        ReadOnly::new("version"),
        ReadOnly::new("word_count"),
        ReadOnly::new("published_at").moving(),
        ReadOnly::new("created_at"),
        ReadOnly::new("updated_at"),
        ReadOnly::new("body_html"),
        ReadOnly::new("comment_count").moving(),
        ReadOnly::new("comments").on_demand(),
        ReadOnly::new("corrections").changed_by(
            "Add one with POST `/v1/articles/{article}/correct`, withdraw it with DELETE `/v1/articles/{article}/corrections/{correction}`.",
        ),
        ReadOnly::new("disclaimers").moving().changed_by(
            "Attach one with PUT `/v1/articles/{article}/disclaimers/{disclaimer}`, detach it with DELETE.",
        ),
    ];

    /// The article of these rows.
    ///
    /// # Errors
    /// `internal` where a stored JSON text is damaged.
    pub fn new(
        row: ArticleRow,
        body: BodyRow,
        corrections: Vec<CorrectionRow>,
        disclaimers: Vec<CarriedRow>,
        now: Instant,
    ) -> Result<Self, Problem> {
        Ok(Self {
            comment_count: row.comment_count,
            corrections: corrections.into_iter().map(Correction::from).collect(),
            head: ArticleHead::new(row, now)?,
            body: body.body,
            body_html: body.body_html,
            disclaimers: disclaimers
                .into_iter()
                .map(AttachedDisclaimer::from)
                .collect(),
            comments: None,
            next_change: None,
        })
    }
}

impl ArticleHead {
    /// What `row` is at `now`.
    ///
    /// # Errors
    /// `internal` where a stored JSON text is damaged.
    pub fn new(row: ArticleRow, now: Instant) -> Result<Self, Problem> {
        Ok(Self {
            published_at: shown_published_at(&row, now),
            state: state_of(&row, now)?.word().to_owned(),
            id: row.public_id,
            slug: row.slug,
            version: row.version,
            title: row.title,
            summary: row.summary,
            body_format: row.body_format,
            word_count: row.word_count,
            dateline: row.dateline,
            authors: stored_json(&row.authors)?,
            source: row.source_name.map(|name| Source {
                name,
                url: row.source_url,
            }),
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

    /// The same without what tells of the text: as a licensed article stands in lists
    /// for those who may not read it.
    #[must_use]
    pub fn teaser(self) -> Self {
        Self {
            word_count: 0,
            external_id: None,
            canonical_url: None,
            metadata: Map::new(),
            ..self
        }
    }
}

fn stored_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Problem> {
    serde_json::from_str(text)
        .map_err(|error| Problem::internal(format!("stored JSON is damaged: {error}")))
}
