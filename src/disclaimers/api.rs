//! Disclaimers on the wire.

use serde::Serialize;
use utoipa::ToSchema;

use super::model::DisclaimerRow;
use super::rules::Rule;
use super::words::{BodyFormat, Kind, Placement, TextMode};
use crate::domain::instant::Instant;
use crate::domain::markup::RemovedElement;
use crate::web::query::Members;

/// A disclaimer.
#[derive(Serialize, ToSchema)]
pub struct Disclaimer {
    /// Its id.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000002")]
    pub id: String,
    /// A stable name for programs and editors; unique within a language.
    #[schema(example = "wire-agency")]
    pub key: String,
    /// Number of its present version; each change makes a new one.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// Headline of the notice.
    #[schema(example = "Agency report")]
    pub title: String,
    /// The notice itself.
    #[schema(example = "This report comes from an agency and was not edited by us.")]
    pub body: String,
    /// The format of `body`.
    pub body_format: BodyFormat,
    /// `body` as sanitised HTML.
    #[schema(example = "<p>This report comes from an agency and was not edited by us.</p>\n")]
    pub body_html: String,
    /// The elements of the text that `body_html` does not have; only in the answer to a write of
    /// the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<RemovedElement>)]
    pub removed: Option<Vec<RemovedElement>>,
    /// Language tag (BCP 47), or null for all languages.
    pub language: Option<String>,
    /// The category of the notice.
    pub kind: Kind,
    /// Its position relative to the article's text.
    pub placement: Placement,
    /// Order among disclaimers in the same position, smallest first.
    #[schema(example = 0)]
    pub priority: i64,
    /// The version that articles show: pinned or current.
    pub text_mode: TextMode,
    /// The rule by which it attaches to articles, or null.
    pub applies_to: Option<Rule>,
    /// The time from which the rule applies; null if it has no start.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub effective_from: Option<Instant>,
    /// The time until which the rule applies; null if it has no end.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub effective_until: Option<Instant>,
    /// The time since which the rule attaches it to no article published later; null if it is not
    /// retired.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub retired_at: Option<Instant>,
    /// The time when it was created.
    #[schema(value_type = String, format = "date-time")]
    pub created_at: Instant,
    /// The time when this version was made.
    #[schema(value_type = String, format = "date-time")]
    pub updated_at: Instant,
}

/// An article that carries a disclaimer.
#[derive(Serialize, ToSchema)]
pub struct DisclaimerCarrier {
    /// The article's id.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000003")]
    pub article_id: String,
    /// Its name in URLs.
    #[schema(example = "flood-warning-for-the-lower-valley")]
    pub slug: String,
    /// The version of the disclaimer that it shows; null in a preview.
    #[schema(example = 1)]
    pub version: Option<i64>,
    /// The reasons why it carries it: `manual`, `all`, `source:X`, `section:X`, `tag:X`,
    /// `language:X`.
    #[schema(example = json!(["tag:weather"]))]
    pub matched_by: Vec<String>,
}

/// Articles that carry a disclaimer.
#[derive(Serialize, ToSchema)]
pub struct DisclaimerCarriers {
    /// The articles, the oldest first; a page may hold fewer than `limit`.
    pub items: Vec<DisclaimerCarrier>,
    /// The next page, as `cursor`, with the same request; null on the last page.
    pub next: Option<String>,
}

/// Articles that would carry a disclaimer under a previewed rule.
#[derive(Serialize, ToSchema)]
pub struct RulePreview {
    /// The articles, the oldest first; a page may hold fewer than `limit`.
    pub items: Vec<DisclaimerCarrier>,
    /// The next page, as `cursor`, with the same request; null on the last page.
    pub next: Option<String>,
    /// Conditions that, taken alone, no article meets, named as in `matched_by`: probably misspelt
    /// names. On the first page; null on others, and if the search took too long.
    #[schema(example = json!(["source:Valey Wire"]))]
    pub unmatched: Option<Vec<String>>,
    /// Total number of articles; only with `count=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, minimum = 0, required = false)]
    pub total: Option<i64>,
}

impl Members for Disclaimer {
    const MEMBERS: &'static [&'static str] = &[
        "id", "key", "version", "title", "body", "body_format", "body_html", "language", "kind",
        "placement", "priority", "text_mode", "applies_to", "effective_from", "effective_until",
        "retired_at", "created_at", "updated_at",
    ];
}

impl From<DisclaimerRow> for Disclaimer {
    fn from(row: DisclaimerRow) -> Self {
        Self {
            applies_to: row.rule(),
            text_mode: row.text_mode,
            effective_from: row.effective_from.map(Instant::from_micros),
            effective_until: row.effective_until.map(Instant::from_micros),
            retired_at: row.retired_at.map(Instant::from_micros),
            id: row.public_id,
            key: row.key,
            version: row.version,
            title: row.title,
            body: row.body,
            body_format: row.body_format,
            body_html: row.body_html,
            removed: None,
            language: row.language,
            kind: row.kind,
            placement: row.placement,
            priority: row.priority,
            created_at: Instant::from_micros(row.created_at),
            updated_at: Instant::from_micros(row.updated_at),
        }
    }
}
