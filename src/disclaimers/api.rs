//! Disclaimers on the wire.

use std::ops::Deref;

use serde::Serialize;
use utoipa::ToSchema;

use super::rules::Rule;
use super::store::DisclaimerRow;
use crate::domain::instant::Instant;
use crate::domain::markup::Markup;
use crate::web::input::ReadOnly;
use crate::web::rules::{Integer, Language, Line, List, LongText, Slug};
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

    /// Which version of a disclaimer an article shows.
    pub enum TextMode as "TextMode" shown as "pinned" {
        /// The one in force when the article went public, and from then on; the first where there was none.
        Pinned = "pinned",
        /// Always the newest.
        Current = "current",
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

/// Most entries of one list of a rule.
const RULE_LIST_MAX: usize = 200;

input! {
    /// To which articles a disclaimer attaches itself. In a list: or; between lists: and. Nothing at all: to none.
    pub struct AppliesToInput {
        /// To every article, as far as the lists let it.
        all: bool = false,
        /// To those of these providers, by their whole names.
        sources: List<Line<200>, RULE_LIST_MAX> = List::empty(),
        /// To those in these sections.
        sections: List<Slug, RULE_LIST_MAX> = List::empty(),
        /// To those with one of these tags.
        tags: List<Slug, RULE_LIST_MAX> = List::empty(),
        /// To those in these languages; `pt` is also `pt-BR` (RFC 4647 section 3.3.1).
        languages: List<Language, RULE_LIST_MAX> = List::empty(),
    }

    /// A rule that is to be tried out.
    pub struct PreviewInput {
        /// The rule.
        applies_to: AppliesToInput,
    }

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
        /// Which version an article shows.
        text_mode: TextMode = TextMode::Pinned,
        /// To which articles it attaches itself; null for none.
        applies_to: Option<AppliesToInput> = None,
        /// From when on it does; null for always.
        effective_from: Option<Instant> = None,
        /// Until when; null for ever.
        effective_until: Option<Instant> = None,
    }
}

impl AppliesToInput {
    /// The rule, each entry once; none where it says nothing.
    #[must_use]
    pub fn rule(&self) -> Option<Rule> {
        fn once<T: Deref<Target = str>, const MAX: usize>(list: &List<T, MAX>) -> Vec<String> {
            let mut entries: Vec<String> = Vec::new();
            for entry in &list.0 {
                if !entries.iter().any(|known| **known == **entry) {
                    entries.push(entry.to_string());
                }
            }
            entries
        }
        let rule = Rule {
            all: self.all,
            sources: once(&self.sources),
            sections: once(&self.sections),
            tags: once(&self.tags),
            languages: once(&self.languages),
        };
        (!rule.is_empty()).then_some(rule)
    }
}

impl DisclaimerInput {
    /// Its rule, if it has one.
    #[must_use]
    pub fn rule(&self) -> Option<Rule> {
        self.applies_to.as_ref().and_then(AppliesToInput::rule)
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
    /// Which version an article shows.
    #[schema(value_type = TextMode)]
    pub text_mode: String,
    /// To which articles it attaches itself, or null.
    pub applies_to: Option<Rule>,
    /// From when on it does.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub effective_from: Option<Instant>,
    /// Until when.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub effective_until: Option<Instant>,
    /// Since when it attaches itself to nothing that is published later.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub retired_at: Option<Instant>,
    /// When it was created.
    #[schema(value_type = String, format = "date-time")]
    pub created_at: Instant,
    /// When this version was made.
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
    /// The version of the disclaimer that it shows; null where it is only tried out.
    #[schema(example = 1)]
    pub version: Option<i64>,
    /// Why it carries it: `manual`, `all`, `source:X`, `section:X`, `tag:X`, `language:X`.
    #[schema(example = json!(["tag:weather"]))]
    pub matched_by: Vec<String>,
}

/// Articles that carry a disclaimer.
#[derive(Serialize, ToSchema)]
pub struct DisclaimerCarriers {
    /// The articles, the oldest first; a page may hold fewer than `limit`.
    pub items: Vec<DisclaimerCarrier>,
    /// Where to go on, as `cursor`, with the same request; null where that is all.
    pub next: Option<String>,
}

/// Articles that would carry a disclaimer with a rule that is tried out.
#[derive(Serialize, ToSchema)]
pub struct RulePreview {
    /// The articles, the oldest first; a page may hold fewer than `limit`.
    pub items: Vec<DisclaimerCarrier>,
    /// Where to go on, as `cursor`, with the same request; null where that is all.
    pub next: Option<String>,
    /// Conditions that no article meets by itself, as `matched_by` names them: look for a misspelt name. On the first
    /// page; null on others, and where it took too long to tell.
    #[schema(example = json!(["source:Valey Wire"]))]
    pub unmatched: Option<Vec<String>>,
    /// How many there are; there with `count=true` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, minimum = 0, required = false)]
    pub total: Option<i64>,
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
        "text_mode",
        "applies_to",
        "effective_from",
        "effective_until",
        "retired_at",
        "created_at",
        "updated_at",
    ];
    /// Members that nobody writes.
    pub const READ_ONLY: &'static [ReadOnly] = &[
        ReadOnly::new("id"),
        ReadOnly::new("version"),
        ReadOnly::new("body_html"),
        ReadOnly::new("retired_at")
            .changed_by("Retire it with POST `/v1/disclaimers/{disclaimer}/retire`."),
        ReadOnly::new("created_at"),
        ReadOnly::new("updated_at"),
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
            language: row.language,
            kind: row.kind,
            placement: row.placement,
            priority: row.priority,
            created_at: Instant::from_micros(row.created_at),
            updated_at: Instant::from_micros(row.updated_at),
        }
    }
}
