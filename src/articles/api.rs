//! Articles on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::store::{ArticleRow, BodyRow};
use crate::disclaimers::api::{BodyFormat, Kind, Placement};
use crate::disclaimers::store::{AttachedRow, ReferenceRow};
use crate::domain::instant::Instant;
use crate::problem::{Faults, Problem};
use crate::web::input::{Input, InputObject, ReadOnly, joined_schema, read_joined};
use crate::web::rules::{FreeObject, Language, Line, List, LongText, Slug, Text, WebUrl};
use crate::{input, words};

/// Largest text of an article, in bytes of UTF-8: a long book chapter.
pub const BODY_MAX: usize = 512 * 1024;
/// Largest free metadata, in bytes of JSON.
pub const METADATA_MAX: usize = 16 * 1024;
/// Most authors of one article.
const AUTHORS_MAX: usize = 20;
/// Most tags of one article.
const TAGS_MAX: usize = 50;
/// Longest summary, in code points.
const SUMMARY_MAX: usize = 2_000;
/// Longest reason of an action, in code points.
const REASON_MAX: usize = 500;

words! {
    /// Where an article stands in its life.
    pub enum State as "ArticleState" shown as "published" {
        /// Not public.
        Draft = "draft",
        /// Public.
        Published = "published",
    }

    /// Who may comment on an article.
    pub enum CommentsPolicy as "CommentsPolicy" {
        /// Anyone; comments appear at once.
        Open = "open",
        /// Anyone; comments wait for a moderator.
        Moderated = "moderated",
        /// No one.
        Closed = "closed",
    }
}

input! {
    /// An author as a client writes it.
    pub struct AuthorInput {
        /// The author's name.
        name: Line<200>,
        /// A page about the author.
        url: Option<WebUrl> = None,
    }

    /// A provider as a client writes it.
    pub struct SourceInput {
        /// The provider's name.
        name: Line<200>,
        /// Where the provider published the text.
        url: Option<WebUrl> = None,
    }

    /// A picture as a client writes it.
    pub struct ImageInput {
        /// Where the picture is.
        url: WebUrl,
        /// What it shows, for those who cannot see it.
        alt: Option<Line<1_000>> = None,
        /// Whose picture it is.
        credit: Option<Line<300>> = None,
    }

    /// An article as a client writes it.
    pub struct ArticleInput {
        /// The headline.
        title: Line<300>,
        /// Its name in URLs; left out or null, it is made from the title.
        slug: Option<Slug> = None,
        /// What it says, in short.
        summary: Option<Text<SUMMARY_MAX>> = None,
        /// The text, up to 512 KiB; it may be empty.
        body: LongText<BODY_MAX> = LongText::empty(),
        /// How `body` is written.
        body_format: BodyFormat = BodyFormat::Markdown,
        /// Where it was written ("MOSCOW"), kept out of the text.
        dateline: Option<Line<120>> = None,
        /// Who wrote it.
        authors: List<AuthorInput, AUTHORS_MAX> = List::empty(),
        /// The provider it comes from.
        source: Option<SourceInput> = None,
        /// The provider's own id; unique within the source.
        external_id: Option<Line<200>> = None,
        /// Where it stands first of all.
        canonical_url: Option<WebUrl> = None,
        /// Its language (BCP 47).
        language: Language = Language::english(),
        /// The section it belongs to.
        section: Option<Slug> = None,
        /// What it is about; a tag that is named twice stands once.
        tags: List<Slug, TAGS_MAX> = List::empty(),
        /// Its picture.
        image: Option<ImageInput> = None,
        /// Who may comment.
        comments_policy: CommentsPolicy = CommentsPolicy::Open,
        /// Anything a front end wants to keep with it, up to 16 KiB of JSON.
        metadata: FreeObject<METADATA_MAX> = FreeObject::empty(),
    }

    /// What can be said of an article only when it is created.
    pub struct CreationInput {
        /// Whether it is public from the start.
        state: State = State::Draft,
        /// When it was first published, where that was before it came here; not in the future.
        published_at: Option<Instant> = None,
    }

    /// Why an action is taken.
    pub struct ActionInput {
        /// The reason, kept in the article's history.
        reason: Option<Line<REASON_MAX>> = None,
    }
}

/// An article as a client creates it.
#[derive(Clone, Debug, Serialize)]
pub struct ArticleCreate {
    /// What is fixed on creation.
    #[serde(flatten)]
    pub creation: CreationInput,
    /// What can be changed later.
    #[serde(flatten)]
    pub article: ArticleInput,
}

impl Input for ArticleCreate {
    fn read(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        read_joined(value, at, faults).map(|(creation, article)| Self { creation, article })
    }

    fn schema() -> Value {
        joined_schema::<CreationInput, ArticleInput>("An article as a client creates it.")
    }
}

impl InputObject for ArticleCreate {
    const NAME: &'static str = "ArticleCreate";
    const MEMBERS: &'static [&'static str] = ArticleInput::MEMBERS;
    const REQUIRED: &'static [&'static str] = ArticleInput::REQUIRED;

    fn check_member(name: &str, value: Value, at: &str, faults: &mut Faults) {
        ArticleInput::check_member(name, value, at, faults);
    }
}

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
    /// Why the article carries it: `manual` where it was attached by hand.
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

impl From<AttachedRow> for AttachedDisclaimer {
    fn from(row: AttachedRow) -> Self {
        Self {
            id: row.public_id,
            key: row.key,
            version: row.version,
            title: row.title,
            body_html: row.body_html,
            placement: row.placement,
            kind: row.kind,
            language: row.language,
            matched_by: vec!["manual".to_owned()],
        }
    }
}

impl From<ReferenceRow> for DisclaimerReference {
    fn from(row: ReferenceRow) -> Self {
        Self {
            key: row.key,
            version: row.version,
            placement: row.placement,
        }
    }
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
    /// The disclaimers that must be shown with it, in the order in which they stand.
    pub disclaimers: Vec<AttachedDisclaimer>,
}

/// An article in a list. The text and the count of comments are there only where `fields` names them.
#[derive(Serialize, ToSchema)]
pub struct ArticleListItem {
    /// All but the text.
    #[serde(flatten)]
    pub head: ArticleHead,
    /// The text as it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The text as sanitised HTML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_html: Option<String>,
    /// Comments that everyone sees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment_count: Option<i64>,
    /// The disclaimers that it carries.
    pub disclaimers: Vec<DisclaimerReference>,
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
        "comment_count",
        "metadata",
        "disclaimers",
        "published_at",
        "created_at",
        "updated_at",
    ];
}

impl Article {
    /// Members that nobody writes on an article that exists.
    pub const READ_ONLY: &'static [ReadOnly] = &[
        ReadOnly::new("id"),
        ReadOnly::new("state").changed_by("An article's state is changed by the actions `publish` and `unpublish`."),
        ReadOnly::new("version"),
        ReadOnly::new("word_count"),
        ReadOnly::new("published_at"),
        ReadOnly::new("created_at"),
        ReadOnly::new("updated_at"),
        ReadOnly::new("body_html"),
        ReadOnly::new("comment_count").moving(),
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
        disclaimers: Vec<AttachedRow>,
    ) -> Result<Self, Problem> {
        Ok(Self {
            comment_count: row.comment_count,
            head: ArticleHead::try_from(row)?,
            body: body.body,
            body_html: body.body_html,
            disclaimers: disclaimers
                .into_iter()
                .map(AttachedDisclaimer::from)
                .collect(),
        })
    }
}

impl TryFrom<ArticleRow> for ArticleHead {
    type Error = Problem;

    fn try_from(row: ArticleRow) -> Result<Self, Problem> {
        Ok(Self {
            id: row.public_id,
            slug: row.slug,
            state: row.state,
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
            metadata: stored_json(&row.metadata)?,
            published_at: row.published_at.map(Instant::from_micros),
            created_at: Instant::from_micros(row.created_at),
            updated_at: Instant::from_micros(row.updated_at),
        })
    }
}

fn stored_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Problem> {
    serde_json::from_str(text)
        .map_err(|error| Problem::internal(format!("stored JSON is damaged: {error}")))
}
