//! Articles as clients write them.

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::disclaimers::api::BodyFormat;
use crate::domain::instant::Instant;
use crate::problem::Faults;
use crate::web::input::{Input, InputObject, joined_schema, read_joined};
use crate::web::rules::{
    FilledText, FreeObject, Language, Line, List, LongText, Slug, Text, WebUrl,
};
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
/// Longest notice to readers, in code points.
const NOTICE_MAX: usize = 2_000;
/// Longest reason of an action, in code points.
const REASON_MAX: usize = 500;

words! {
    /// Where an article stands in its life, as of now. Embargo and end are no states of it.
    pub enum State as "ArticleState" shown as "published" {
        /// Not public.
        Draft = "draft",
        /// Not public yet.
        Scheduled = "scheduled",
        /// Public, unless its embargo or its end say otherwise.
        Published = "published",
        /// Taken back.
        Withdrawn = "withdrawn",
        /// Blocked on a legal demand.
        Blocked = "blocked",
        /// In the trash.
        Trashed = "trashed",
    }

    /// The state in which an article is created.
    pub enum InitialState as "InitialState" {
        /// Not public.
        Draft = "draft",
        /// Public at once; needs `articles:publish`.
        Published = "published",
    }

    /// Who may read an article that is public.
    pub enum Access as "Access" {
        /// Anyone.
        Public = "public",
        /// Keys with `restricted:read`; everyone else sees a teaser.
        Restricted = "restricted",
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
        /// When comments close by themselves; null for never.
        comments_close_at: Option<Instant> = None,
        /// Who may read it once it is public.
        access: Access = Access::Public,
        /// Until when it is kept back, though published; null for not at all.
        embargo_until: Option<Instant> = None,
        /// When it ceases to be public by itself; null for never.
        expires_at: Option<Instant> = None,
        /// Anything a front end wants to keep with it, up to 16 KiB of JSON.
        metadata: FreeObject<METADATA_MAX> = FreeObject::empty(),
    }

    /// What can be said of an article only when it is created.
    pub struct CreationInput {
        /// Whether it is public from the start.
        state: InitialState = InitialState::Draft,
        /// When it was first published, where that was before it came here; not in the future.
        published_at: Option<Instant> = None,
    }

    /// Why an action is taken.
    pub struct ActionInput {
        /// The reason, kept in the article's history.
        reason: Option<Line<REASON_MAX>> = None,
    }

    /// How an article comes out of the trash.
    pub struct RestoreInput {
        /// Its slug from now on; left out or null, the one that it had.
        slug: Option<Slug> = None,
        /// Its provider's id from now on; left out or null, the one that it had.
        external_id: Option<Line<200>> = None,
        /// The reason, kept in the article's history.
        reason: Option<Line<REASON_MAX>> = None,
    }

    /// When to publish.
    pub struct PublishInput {
        /// An instant to come; left out or null, now.
        at: Option<Instant> = None,
        /// The reason, kept in the article's history.
        reason: Option<Line<REASON_MAX>> = None,
    }

    /// What is said of an article that is taken back.
    pub struct WithdrawInput {
        /// What readers are told.
        notice: Option<Text<NOTICE_MAX>> = None,
        /// The id of the article that stands in its place.
        replaced_by: Option<Uuid> = None,
        /// The reason, kept in the article's history.
        reason: Option<Line<REASON_MAX>> = None,
    }

    /// What was wrong in an article that readers have seen.
    pub struct CorrectInput {
        /// What was wrong, as readers are told.
        note: FilledText<NOTICE_MAX>,
        /// The text put right, in the article's `body_format`; left out or null, it stays.
        body: Option<LongText<BODY_MAX>> = None,
        /// The reason, kept in the article's history.
        reason: Option<Line<REASON_MAX>> = None,
    }

    /// Whose legal demand blocks an article.
    pub struct BlockInput {
        /// Who demands it, as readers are told.
        authority: Line<300>,
        /// Its file number or address, as readers are told.
        reference: Option<Line<300>> = None,
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
