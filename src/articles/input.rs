//! Articles as clients write them.

use serde::Serialize;
use serde_json::Value;

use super::words::{Access, CommentsPolicy, InitialState};
use crate::disclaimers::words::BodyFormat;
use crate::domain::instant::Instant;
use crate::domain::scope::Scope;
use crate::input;
use crate::problem::{Faults, Problem};
use crate::web::Caller;
use crate::web::body::Changeable;
use crate::web::input::{Input, InputObject, ReadOnly, joined_schema, read_joined};
use crate::web::rules::{
    FilledText, FreeObject, Language, Line, LineOrEmpty, List, LongText, Slug, Text,
};
use crate::web::url::Locator;
use crate::web::web_url::WebUrl;

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
        /// The URL where the provider published the text.
        url: Option<WebUrl> = None,
    }

    /// A picture as a client writes it.
    pub struct ImageInput {
        /// The picture's URL.
        url: WebUrl,
        /// A description of the picture for those who cannot see it; empty for a picture that says
        /// nothing (HTML Standard, section 4.8.4.4).
        alt: Option<LineOrEmpty<1_000>> = None,
        /// The credit line.
        credit: Option<Line<300>> = None,
    }

    /// An article as a client writes it.
    pub struct ArticleInput {
        /// The headline.
        title: Line<300>,
        /// Its name in URLs; if left out or null, it is made from the title.
        slug: Option<Slug> = None,
        /// A short summary.
        summary: Option<Text<SUMMARY_MAX>> = None,
        /// The text, up to 512 KiB; it may be empty.
        body: LongText<BODY_MAX> = LongText::empty(),
        /// The format of `body`.
        body_format: BodyFormat = BodyFormat::Markdown,
        /// The place where it was written ("MOSCOW"), kept out of the text.
        dateline: Option<Line<120>> = None,
        /// Its authors.
        authors: List<AuthorInput, AUTHORS_MAX> = List::empty(),
        /// The provider that it comes from.
        source: Option<SourceInput> = None,
        /// The provider's own id; unique within the source.
        external_id: Option<Line<200>> = None,
        /// The URL of the original publication.
        canonical_url: Option<WebUrl> = None,
        /// Its language (BCP 47).
        @"COPYDESK_LANGUAGE" language: Language = Language::english(),
        /// The section that it belongs to.
        section: Option<Slug> = None,
        /// Its topics; duplicates are removed.
        tags: List<Slug, TAGS_MAX> = List::empty(),
        /// Its picture.
        image: Option<ImageInput> = None,
        /// The policy for comments.
        @"COPYDESK_COMMENTS_POLICY" comments_policy: CommentsPolicy = CommentsPolicy::Open,
        /// The time when comments close automatically; null for never.
        comments_close_at: Option<Instant> = None,
        /// Read access once it is public.
        access: Access = Access::Public,
        /// End of the embargo; null if there is none.
        embargo_until: Option<Instant> = None,
        /// The time when it expires, that is, stops being public; null for never.
        expires_at: Option<Instant> = None,
        /// Free metadata for front ends, up to 16 KiB of JSON.
        metadata: FreeObject<METADATA_MAX> = FreeObject::empty(),
    }

    /// The members of an article that can be set only on creation.
    pub struct CreationInput {
        /// Its first state: a draft, or public from the start.
        state: InitialState = InitialState::Draft,
        /// The time of first publication, if it was published elsewhere before; not in the future.
        published_at: Option<Instant> = None,
    }

    /// The name of a section or tag.
    pub struct NameInput {
        /// The name that people read; if left out or null, it is made from the slug.
        name: Option<Line<200>> = None,
    }

    /// The reason for an action.
    pub struct ActionInput {
        /// The reason, kept in the article's history.
        reason: Option<Line<REASON_MAX>> = None,
    }

    /// The options for restoring an article from the trash.
    pub struct RestoreInput {
        /// Its new slug; if left out or null, it keeps its own.
        slug: Option<Slug> = None,
        /// Its new provider's id; if left out or null, it keeps its own.
        external_id: Option<Line<200>> = None,
        /// The reason, kept in the article's history.
        reason: Option<Line<REASON_MAX>> = None,
    }

    /// The time of publication.
    pub struct PublishInput {
        /// A time in the future; if left out or null, now.
        at: Option<Instant> = None,
        /// The reason, kept in the article's history.
        reason: Option<Line<REASON_MAX>> = None,
    }

    /// The withdrawal of an article.
    pub struct WithdrawInput {
        /// The notice to readers.
        notice: Option<Text<NOTICE_MAX>> = None,
        /// The article that replaces it, by id or slug.
        replaced_by: Option<Locator> = None,
        /// The reason, kept in the article's history.
        reason: Option<Line<REASON_MAX>> = None,
    }

    /// A correction of an article that readers have seen.
    pub struct CorrectInput {
        /// The correction notice to readers.
        note: FilledText<NOTICE_MAX>,
        /// The corrected headline; if left out or null, the headline stays.
        title: Option<Line<300>> = None,
        /// The corrected summary; if left out or null, the summary stays.
        summary: Option<Text<SUMMARY_MAX>> = None,
        /// The corrected text, in the article's `body_format`; if left out or null, the text
        /// stays.
        body: Option<LongText<BODY_MAX>> = None,
        /// The reason, kept in the article's history.
        reason: Option<Line<REASON_MAX>> = None,
    }

    /// The legal demand that blocks an article.
    pub struct BlockInput {
        /// The authority that demands it, as shown to readers.
        authority: Line<300>,
        /// Its file number or address, as shown to readers.
        reference: Option<Line<300>> = None,
        /// The reason, kept in the article's history.
        reason: Option<Line<REASON_MAX>> = None,
    }
}

/// An article as a client creates it.
#[derive(Clone, Debug, Serialize)]
pub struct ArticleCreate {
    /// The members fixed on creation.
    #[serde(flatten)]
    pub creation: CreationInput,
    /// The members that can be changed later.
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
    const BY_SETTING: &'static [(&'static str, &'static str)] = ArticleInput::BY_SETTING;

    /// Publishing needs a scope of its own.
    fn check(&self, caller: &Caller) -> Result<(), Problem> {
        match self.creation.state {
            InitialState::Published => caller.require(&[Scope::ArticlesPublish]),
            InitialState::Draft => Ok(()),
        }
    }

    fn check_member(name: &str, value: Value, at: &str, faults: &mut Faults) {
        ArticleInput::check_member(name, value, at, faults);
    }
}

impl Changeable for ArticleInput {
    const READ_ONLY: &'static [ReadOnly] = &[
        ReadOnly::new("id"),
        ReadOnly::new("state").moving().changed_by("An article's state is changed by its actions: `publish`, `unpublish`, `withdraw`, `block`, `unblock`."),
        ReadOnly::new("version"),
        ReadOnly::new("word_count"),
        ReadOnly::new("published_at").moving(),
        ReadOnly::new("created_at"),
        ReadOnly::new("updated_at"),
        ReadOnly::new("body_html"),
        ReadOnly::new("comment_count").moving(),
        ReadOnly::new("comments_open").moving(),
        ReadOnly::new("comments").on_demand(),
        ReadOnly::new("removed").on_demand(),
        ReadOnly::new("corrections").changed_by(
            "Add one with POST `/v1/articles/{article}/correct`, withdraw it with DELETE `/v1/articles/{article}/corrections/{correction}`.",
        ),
        ReadOnly::new("disclaimers").moving().changed_by(
            "Attach one with PUT `/v1/articles/{article}/disclaimers/{disclaimer}`, detach it with DELETE.",
        ),
    ];
    const STICKY: &'static [&'static str] = &["slug", "external_id"];
}

impl Changeable for NameInput {
    const READ_ONLY: &'static [ReadOnly] = &[
        ReadOnly::new("value"),
        ReadOnly::new("article_count").moving(),
        ReadOnly::new("last_published_at").moving(),
    ];
    const STICKY: &'static [&'static str] = &[];
}

impl ArticleInput {
    /// The provider as the article names it, and the provider's id of the article.
    #[must_use]
    pub fn provider(&self) -> (Option<&str>, Option<&str>) {
        let source = self.source.as_ref().map(|source| &*source.name);
        (source, self.external_id.as_deref())
    }
}
