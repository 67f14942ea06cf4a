//! Disclaimers on the wire.

use serde::Serialize;
use utoipa::ToSchema;

use super::store::DisclaimerRow;
use crate::domain::instant::Instant;
use crate::domain::markup::Markup;
use crate::web::input::ReadOnly;
use crate::web::rules::{Integer, Language, Line, LongText, Slug};
use crate::{input, words};

/// Largest text of a disclaimer, in bytes of UTF-8: a page of print is some 4 KiB.
const BODY_MAX: usize = 64 * 1024;
/// Farthest that a priority lies from 0.
const PRIORITY_MAX: i64 = 1_000_000;

words! {
    /// How a body is written.
    pub enum BodyFormat as "BodyFormat" {
        /// CommonMark.
        Markdown = "markdown",
        /// HTML, sanitised on the way out.
        Html = "html",
        /// Plain text.
        Text = "text",
    }

    /// What a disclaimer is about.
    pub enum Kind as "DisclaimerKind" shown as "provider" {
        /// A legal notice.
        Legal = "legal",
        /// Asked for by the provider of the text.
        Provider = "provider",
        /// A warning of risk.
        Risk = "risk",
        /// Paid for.
        Sponsorship = "sponsorship",
        /// Links that earn a commission.
        Affiliate = "affiliate",
        /// Made with machine help.
        Ai = "ai",
        /// Anything else.
        Other = "other",
    }

    /// Where a disclaimer stands.
    pub enum Placement as "DisclaimerPlacement" shown as "after" {
        /// Above the article's text.
        Before = "before",
        /// Below it.
        After = "after",
    }
}

impl From<BodyFormat> for Markup {
    fn from(format: BodyFormat) -> Self {
        match format {
            BodyFormat::Markdown => Self::Markdown,
            BodyFormat::Html => Self::Html,
            BodyFormat::Text => Self::Text,
        }
    }
}

input! {
    /// A disclaimer as a client writes it.
    pub struct DisclaimerInput {
        /// Name for programs and editors; unique within a language.
        key: Slug,
        /// Headline of the notice.
        title: Line<300>,
        /// The notice itself, up to 64 KiB.
        body: LongText<BODY_MAX>,
        /// How `body` is written.
        body_format: BodyFormat = BodyFormat::Markdown,
        /// Language tag (BCP 47), or null for all languages.
        language: Option<Language> = None,
        /// What the notice is about.
        kind: Kind = Kind::Legal,
        /// Where it stands beside the article's text.
        placement: Placement = Placement::After,
        /// Order among those of one placement, smallest first.
        priority: Integer<{ -PRIORITY_MAX }, PRIORITY_MAX> = Integer(0),
    }
}

/// A disclaimer.
#[derive(Serialize, ToSchema)]
pub struct Disclaimer {
    /// Its id.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000002")]
    pub id: String,
    /// Name for programs and editors; unique within a language.
    #[schema(example = "wire-agency")]
    pub key: String,
    /// Number of its present version; each change is a new one.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// Headline of the notice.
    #[schema(example = "Agency report")]
    pub title: String,
    /// The notice itself.
    #[schema(example = "This report comes from an agency and was not edited by us.")]
    pub body: String,
    /// How `body` is written.
    #[schema(value_type = BodyFormat)]
    pub body_format: String,
    /// `body` as sanitised HTML.
    #[schema(example = "<p>This report comes from an agency and was not edited by us.</p>\n")]
    pub body_html: String,
    /// Language tag (BCP 47), or null for all languages.
    pub language: Option<String>,
    /// What the notice is about.
    #[schema(value_type = Kind)]
    pub kind: String,
    /// Where it stands beside the article's text.
    #[schema(value_type = Placement)]
    pub placement: String,
    /// Order among those of one placement, smallest first.
    #[schema(example = 0)]
    pub priority: i64,
    /// When it was created.
    #[schema(value_type = String, format = "date-time")]
    pub created_at: Instant,
    /// When it was last changed.
    #[schema(value_type = String, format = "date-time")]
    pub updated_at: Instant,
}

impl Disclaimer {
    /// Names of all members.
    pub const MEMBERS: &'static [&'static str] = &[
        "id",
        "key",
        "version",
        "title",
        "body",
        "body_format",
        "body_html",
        "language",
        "kind",
        "placement",
        "priority",
        "created_at",
        "updated_at",
    ];
    /// Members that nobody writes.
    pub const READ_ONLY: &'static [ReadOnly] = &[
        ReadOnly::new("id"),
        ReadOnly::new("version"),
        ReadOnly::new("body_html"),
        ReadOnly::new("created_at"),
        ReadOnly::new("updated_at"),
    ];
}

impl From<DisclaimerRow> for Disclaimer {
    fn from(row: DisclaimerRow) -> Self {
        Self {
            id: row.public_id,
            key: row.key,
            version: row.version,
            title: row.title,
            body: row.body,
            body_format: row.body_format,
            body_html: row.body_html,
            language: row.language,
            kind: row.kind,
            placement: row.placement,
            priority: row.priority,
            created_at: Instant::from_micros(row.created_at),
            updated_at: Instant::from_micros(row.updated_at),
        }
    }
}
