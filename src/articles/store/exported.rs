//! Articles as an export has them: the form of its lines.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::articles::ids::ArticleId;
use crate::articles::model::{ArticleRow, EntryRow, stored_json};
use crate::articles::words::{Access, CommentsPolicy, HistoryEvent, Standing, State, TermKind};
use crate::db::{StoredAt, StoredDigest};
use crate::disclaimers::words::BodyFormat;
use crate::problem::Problem;

/// Added to the creation of what was never published, in `sort_key`: 2^62, far above any instant.
const NEVER_PUBLISHED: i64 = 1 << 62;

/// An author.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Author)]
pub struct ExportedAuthor {
    /// The author's name.
    pub name: String,
    /// A page about the author.
    pub url: Option<String>,
}

/// A provider.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Source)]
pub struct ExportedSource {
    /// The provider's name.
    pub name: String,
    /// The URL where the provider published the text.
    pub url: Option<String>,
}

/// A picture.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Image)]
pub struct ExportedImage {
    /// The picture's URL.
    pub url: String,
    /// A description of the picture for those who cannot see it.
    pub alt: Option<String>,
    /// The credit line.
    pub credit: Option<String>,
}

/// What an article is in one version of it, without its text.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Content)]
pub struct ExportedContent {
    /// Its name in URLs.
    pub slug: String,
    /// Its state, without the effects of clock and trash.
    pub state: Standing,
    /// Read access once it is public.
    pub access: Access,
    /// When it was published, or will be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<StoredAt>,
    /// Since when its present publication is in force, or from when on it will be. Of one that is withdrawn or blocked:
    /// since when readers had it, if they did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub went_public_at: Option<StoredAt>,
    /// The end of its embargo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embargo_until: Option<StoredAt>,
    /// When it expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<StoredAt>,
    /// Since when it is in the trash. It keeps its state there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trashed_at: Option<StoredAt>,
    /// When it was last written to.
    pub updated_at: StoredAt,
    /// The headline.
    pub title: String,
    /// A short summary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// The place where it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dateline: Option<String>,
    /// The format of its text.
    pub body_format: BodyFormat,
    /// The number of words of its text.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub word_count: i64,
    /// Its authors.
    #[serde(default)]
    pub authors: Vec<ExportedAuthor>,
    /// The provider that it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<ExportedSource>,
    /// The provider's own id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The URL of the original publication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canonical_url: Option<String>,
    /// Its language (BCP 47).
    pub language: String,
    /// The section that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// Its topics.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Its picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ExportedImage>,
    /// The policy for comments.
    pub comments_policy: CommentsPolicy,
    /// When comments close.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comments_close_at: Option<StoredAt>,
    /// Free metadata for front ends.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
}

/// What an article is in a version, beside its content.
pub struct Identity<'a> {
    /// Its row.
    pub number: ArticleId,
    /// Its id.
    pub id: &'a str,
    /// The version.
    pub version: i64,
    /// When it was created.
    pub created_at: StoredAt,
    /// The number of its public comments then.
    pub comment_count: i64,
}

impl ExportedContent {
    /// The content of a row.
    ///
    /// # Errors
    /// `internal` if a stored member is damaged.
    pub fn of(row: ArticleRow) -> Result<Self, Problem> {
        let at = |micros: Option<i64>| micros.map(StoredAt);
        Ok(Self {
            published_at: at(row.published_at),
            went_public_at: at(row.went_public_at),
            embargo_until: at(row.embargo_until),
            expires_at: at(row.expires_at),
            trashed_at: at(row.trashed_at),
            comments_close_at: at(row.comments_close_at),
            updated_at: StoredAt(row.updated_at),
            authors: stored_json(&row.authors)?,
            tags: stored_json(&row.tags)?,
            image: row.image.as_deref().map(stored_json).transpose()?,
            metadata: stored_json(&row.metadata)?,
            source: row.source_name.map(|name| ExportedSource { name, url: row.source_url }),
            slug: row.slug,
            state: row.state,
            access: row.access,
            title: row.title,
            summary: row.summary,
            dateline: row.dateline,
            body_format: row.body_format,
            word_count: row.word_count,
            external_id: row.external_id,
            canonical_url: row.canonical_url,
            language: row.language,
            section: row.section,
            comments_policy: row.comments_policy,
        })
    }

    /// The row with this content.
    ///
    /// # Errors
    /// `internal` if a member cannot be written as JSON.
    pub fn row(&self, of: &Identity<'_>) -> Result<ArticleRow, Problem> {
        fn json(value: &impl Serialize) -> Result<String, Problem> {
            serde_json::to_string(value).map_err(Problem::internal)
        }
        let at = |at: Option<StoredAt>| at.map(|at| at.0);
        let sort_key = match at(self.published_at) {
            Some(published) => published.max(at(self.embargo_until).unwrap_or(published)),
            None => of.created_at.0.saturating_add(NEVER_PUBLISHED),
        };
        Ok(ArticleRow {
            id: of.number,
            public_id: of.id.to_owned(),
            slug: self.slug.clone(),
            state: self.state,
            version: of.version,
            title: self.title.clone(),
            summary: self.summary.clone(),
            dateline: self.dateline.clone(),
            body_format: self.body_format,
            word_count: self.word_count,
            authors: json(&self.authors)?,
            source_name: self.source.as_ref().map(|source| source.name.clone()),
            source_url: self.source.as_ref().and_then(|source| source.url.clone()),
            external_id: self.external_id.clone(),
            canonical_url: self.canonical_url.clone(),
            language: self.language.clone(),
            section: self.section.clone(),
            tags: json(&self.tags)?,
            image: self.image.as_ref().map(json).transpose()?,
            comments_policy: self.comments_policy,
            comment_count: of.comment_count,
            metadata: json(&self.metadata)?,
            published_at: at(self.published_at),
            went_public_at: at(self.went_public_at),
            created_at: of.created_at.0,
            updated_at: self.updated_at.0,
            trashed_at: at(self.trashed_at),
            access: self.access,
            embargo_until: at(self.embargo_until),
            expires_at: at(self.expires_at),
            comments_close_at: at(self.comments_close_at),
            sort_key,
        })
    }
}

/// What is said of an article that was withdrawn or blocked.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Removal)]
pub struct ExportedRemoval {
    /// Since when it is withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<StoredAt>,
    /// The notice to readers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// The id of the article that replaces it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<String>,
    /// Since when it is blocked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked_at: Option<StoredAt>,
    /// Whose demand it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// The reference of the demand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// What it returns to once the block is lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_before_block: Option<Standing>,
    /// The publication that was in force before, or was to come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub went_public_at: Option<StoredAt>,
}

/// A slug that an article had before.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormerSlug {
    /// The slug.
    pub slug: String,
    /// When the article left it.
    pub left_at: StoredAt,
}

/// A correction of an article.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Correction)]
pub struct ExportedCorrection {
    /// Its id.
    pub id: String,
    /// What was put right.
    pub note: String,
    /// When.
    pub corrected_at: StoredAt,
    /// Since when it is withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<StoredAt>,
}

/// A publication of an article: what its disclaimers are pinned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// Since when readers have it.
    pub since: StoredAt,
    /// When another publication took its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<StoredAt>,
}

/// A disclaimer that was attached to an article by hand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// When it was attached.
    pub attached_at: StoredAt,
    /// The id of the disclaimer.
    pub disclaimer: String,
    /// When it was detached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detached_at: Option<StoredAt>,
}

/// What an import made the article of: the same again changes nothing.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportedFrom {
    /// What its source knows it by.
    pub source_id: String,
    /// The digest of what was imported.
    pub sha256: StoredDigest,
    /// When.
    pub imported_at: StoredAt,
    /// The number of its version there, where the source counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_version: Option<i64>,
}

/// An article. Its history, its former versions and its comments are the lines after it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportedArticle {
    /// The number of its row: articles are numbered in the order in which they were created, with gaps. Lists put those of
    /// the same instant in this order.
    #[schema(value_type = i64, minimum = 1)]
    pub number: ArticleId,
    /// Its id.
    pub id: String,
    /// Its version: the number of writes to it.
    #[schema(minimum = 1)]
    pub version: i64,
    /// When it was created.
    pub created_at: StoredAt,
    /// What it is now.
    pub content: ExportedContent,
    /// Its text, as it was written.
    pub body: String,
    /// Its text as sanitised HTML, as readers see it.
    pub body_html: String,
    /// Since when the public has seen it, as far as that was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seen_at: Option<StoredAt>,
    /// What is said of it, if it was withdrawn or blocked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removal: Option<ExportedRemoval>,
    /// The slugs that it had before, which redirect to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_slugs: Vec<FormerSlug>,
    /// Its corrections, in the order in which they were made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<ExportedCorrection>,
    /// Its publications that were noted, in their order: the present one is noted with the next write to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub publications: Vec<Publication>,
    /// The disclaimers that were ever attached to it by hand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// What imports made it of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imported_from: Vec<ImportedFrom>,
    /// The paths and URLs that it had where it was imported from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imported_addresses: Vec<String>,
}

/// One write to an article.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportedEntry {
    /// The id of the article.
    pub article: String,
    /// The version that it made, from 1 on without gaps.
    #[schema(minimum = 1)]
    pub version: i64,
    /// When.
    pub at: StoredAt,
    /// What was done.
    pub event: HistoryEvent,
    /// Who did it.
    pub actor: String,
    /// The id of the key that did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_key_id: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The written members that it changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<String>,
    /// The id of the disclaimer or correction that it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The version whose content it restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored_version: Option<i64>,
    /// What the action was given.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub details: Map<String, Value>,
    /// The state after it; unknown of entries from before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// The time of publication after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<StoredAt>,
    /// The publication in force after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub went_public_at: Option<StoredAt>,
}

impl ExportedEntry {
    /// An entry of the article `id`.
    ///
    /// # Errors
    /// `internal` if a stored member is damaged.
    pub fn of(id: &str, row: EntryRow) -> Result<Self, Problem> {
        Ok(Self {
            article: id.to_owned(),
            version: row.version,
            at: StoredAt(row.at),
            event: row.event,
            changes: stored_json(&row.changes)?,
            details: stored_json(&row.details)?,
            actor: row.actor,
            actor_key_id: row.actor_key_id,
            reason: row.reason,
            subject: row.subject,
            restored_version: row.restored_version,
            state: row.state,
            published_at: row.published_at.map(StoredAt),
            went_public_at: row.went_public_at.map(StoredAt),
        })
    }
}

/// What an article was up to and including a version, which an edit then changed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportedRevision {
    /// The id of the article.
    pub article: String,
    /// The version.
    #[schema(minimum = 1)]
    pub version: i64,
    /// The number of its public comments then.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub comment_count: i64,
    /// What it was; without it, versions up to this one are from before they were kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<ExportedContent>,
    /// Its text then, if the edit changed it; else it is that of the next revision with a text, or the present one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// The name of a section, tag, author, provider or language.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportedTerm {
    /// Its kind.
    pub kind: TermKind,
    /// What a filter takes: its slug, or its name.
    pub value: String,
    /// The name that people read.
    pub name: String,
    /// Whether somebody has named it; else the name follows from articles.
    #[serde(default)]
    pub is_given: bool,
}
