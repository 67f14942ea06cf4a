//! Disclaimers as clients write them.

use super::rules::Rule;
use super::words::{BodyFormat, Kind, Placement, TextMode};
use crate::domain::instant::Instant;
use crate::domain::markup::{
    ATTRIBUTES_MAX, HTML_MAX, NESTING_MAX, Rendered, Renderer, Unrenderable,
};
use crate::input;
use crate::problem::{FaultCode, Problem};
use crate::web::body::Changeable;
use crate::web::input::ReadOnly;
use crate::web::rules::{Integer, Language, Line, List, LongText, Slug};

/// Largest text of a disclaimer, in bytes of UTF-8: a printed page is some 4 KiB.
const BODY_MAX: usize = 64 * 1024;
/// Largest distance of a priority from 0.
const PRIORITY_MAX: i64 = 1_000_000;

/// Most entries of one list of a rule.
const RULE_LIST_MAX: usize = 200;

input! {
    /// The rule by which a disclaimer attaches to articles. Entries of one list are alternatives;
    /// all lists that are not empty must match. An empty rule matches no article.
    pub struct AppliesToInput {
        /// Every article that the lists allow.
        all: bool = false,
        /// Articles of one of these providers, by full name.
        sources: List<Line<200>, RULE_LIST_MAX> = List::empty(),
        /// Articles in one of these sections.
        sections: List<Slug, RULE_LIST_MAX> = List::empty(),
        /// Articles with one of these tags.
        tags: List<Slug, RULE_LIST_MAX> = List::empty(),
        /// Articles in one of these languages; `pt` also matches `pt-BR` (RFC 4647 section 3.3.1).
        languages: List<Language, RULE_LIST_MAX> = List::empty(),
    }

    /// A rule to preview.
    pub struct PreviewInput {
        /// The rule.
        applies_to: AppliesToInput,
    }

    /// A disclaimer as a client writes it.
    pub struct DisclaimerInput checked by check {
        /// A stable name for programs and editors; unique within a language.
        key: Slug,
        /// Headline of the notice.
        title: Line<300>,
        /// The notice itself, up to 64 KiB.
        body: LongText<BODY_MAX>,
        /// The format of `body`.
        body_format: BodyFormat = BodyFormat::Markdown,
        /// Language tag (BCP 47), or null for all languages.
        language: Option<Language> = None,
        /// The category of the notice.
        kind: Kind = Kind::Legal,
        /// Its position relative to the article's text.
        placement: Placement = Placement::After,
        /// Order among disclaimers in the same position, smallest first.
        priority: Integer<{ -PRIORITY_MAX }, PRIORITY_MAX> = Integer(0),
        /// The version that articles show: pinned or current.
        text_mode: TextMode = TextMode::Pinned,
        /// The rule by which it attaches to articles; null for none.
        applies_to: Option<AppliesToInput> = None,
        /// The time from which the rule applies; null if it always has.
        effective_from: Option<Instant> = None,
        /// The time until which the rule applies; null for ever.
        effective_until: Option<Instant> = None,
    }
}

impl AppliesToInput {
    /// The rule, without duplicate entries; `None` if it is empty.
    #[must_use]
    pub fn rule(&self) -> Option<Rule> {
        let rule = Rule {
            all: self.all,
            sources: self.sources.once(),
            sections: self.sections.once(),
            tags: self.tags.once(),
            languages: self.languages.once(),
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

impl Changeable for DisclaimerInput {
    const READ_ONLY: &'static [ReadOnly] = &[
        ReadOnly::new("id"),
        ReadOnly::new("version"),
        ReadOnly::new("body_html"),
        ReadOnly::new("removed").on_demand(),
        ReadOnly::new("retired_at")
            .changed_by("Retire it with POST `/v1/disclaimers/{disclaimer}/retire`."),
        ReadOnly::new("created_at"),
        ReadOnly::new("updated_at"),
    ];
}

/// The rules over several members.
fn check(input: &DisclaimerInput) -> Result<(), Problem> {
    rendered(input)?;
    check_period(input)
}

/// Refuses an end before the start.
///
/// # Errors
/// `validation_failed`.
pub fn check_period(input: &DisclaimerInput) -> Result<(), Problem> {
    match (input.effective_from, input.effective_until) {
        (Some(from), Some(until)) if until <= from => Err(Problem::fault(
            "/effective_until",
            FaultCode::OutOfRange,
            "must be later than `effective_from`.",
        )),
        _ => Ok(()),
    }
}

/// Renders a disclaimer's text; a notice has no frames.
///
/// # Errors
/// `validation_failed` where it nests too deep.
pub fn rendered(input: &DisclaimerInput) -> Result<Rendered, Problem> {
    let rendered = Renderer::default().render(&input.body, input.body_format.into());
    rendered.map_err(unrenderable)
}

/// 422 for a body that cannot be rendered.
#[must_use]
pub fn unrenderable(why: Unrenderable) -> Problem {
    let (code, detail) = match why {
        Unrenderable::NestedTooDeep => (
            FaultCode::NestedTooDeep,
            format!("nests elements deeper than {NESTING_MAX}, or leaves formatting open."),
        ),
        Unrenderable::TooManyAttributes => {
            (FaultCode::TooLong, format!("has a tag with more than {ATTRIBUTES_MAX} attributes."))
        }
        Unrenderable::TooLong => {
            (FaultCode::TooLong, format!("makes HTML of more than {HTML_MAX} bytes."))
        }
    };
    Problem::fault("/body", code, detail)
}
