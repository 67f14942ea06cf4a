//! Webhooks as clients write them.

use super::filter::Filter;
use crate::changes::words::Followed;
use crate::input;
use crate::outgoing::Target;
use crate::problem::{FaultCode, Problem};
use crate::web::body::Changeable;
use crate::web::input::ReadOnly;
use crate::web::rules::{Language, Line, List, Slug};
use crate::web::web_url::WebUrl;

/// Longest description, in code points: a line.
const DESCRIPTION_MAX: usize = 200;
/// Most types of one webhook: all of them.
const TYPES_MAX: usize = Followed::WORDS.len();

/// Most entries of one list of a filter.
const FILTER_LIST_MAX: usize = 200;

input! {
    /// The articles whose changes are sent. Entries of one list are alternatives; all lists that are not empty must
    /// match.
    pub struct WebhookFilterInput {
        /// Articles of one of these providers, by full name.
        sources: List<Line<200>, FILTER_LIST_MAX> = List::empty(),
        /// Articles in one of these sections.
        sections: List<Slug, FILTER_LIST_MAX> = List::empty(),
        /// Articles with one of these tags.
        tags: List<Slug, FILTER_LIST_MAX> = List::empty(),
        /// Articles in one of these languages; `pt` also matches `pt-BR` (RFC 4647 section 3.3.1).
        languages: List<Language, FILTER_LIST_MAX> = List::empty(),
    }

    /// A webhook as a client writes it.
    pub struct WebhookInput checked by check {
        /// Where events are sent: to an address that is not private, unless the server allows that
        /// (`COPYDESK_WEBHOOKS`).
        url: WebUrl,
        /// The kinds of changes that are sent, as `types` of the change feed.
        types: List<Followed, TYPES_MAX> = List(vec![Followed::Article]),
        /// The articles whose changes and comments are sent; null for all. Changes of disclaimers are not narrowed by it.
        filter: Option<WebhookFilterInput> = None,
        /// What it is for.
        description: Option<Line<DESCRIPTION_MAX>> = None,
        /// Whether events are sent. One that is enabled again is sent what happens from then on.
        enabled: bool = true,
    }
}

/// Refuses a webhook that nothing would be sent to.
///
/// # Errors
/// `validation_failed`.
pub fn check(input: &WebhookInput) -> Result<(), Problem> {
    if input.types.0.is_empty() {
        return Err(Problem::fault("/types", FaultCode::TooShort, "must name one at least."));
    }
    input.target().map(drop)
}

impl WebhookInput {
    /// Where events are sent.
    ///
    /// # Errors
    /// `validation_failed` if nothing can be sent there.
    pub fn target(&self) -> Result<Target, Problem> {
        Target::parse(&self.url).ok_or_else(|| {
            let detail =
                "must be an http or https URL of at most 2,000 characters, without a fragment.";
            Problem::fault("/url", FaultCode::WrongForm, detail)
        })
    }

    /// The kinds of changes, each once.
    #[must_use]
    pub fn followed(&self) -> Vec<Followed> {
        let mut followed = Vec::new();
        for one in &self.types.0 {
            if !followed.contains(one) {
                followed.push(*one);
            }
        }
        followed
    }

    /// The filter; `None` if it allows every article.
    #[must_use]
    pub fn filter(&self) -> Option<Filter> {
        let filter = self.filter.as_ref().map(|input| Filter {
            sources: input.sources.once(),
            sections: input.sections.once(),
            tags: input.tags.once(),
            languages: input.languages.once(),
        });
        filter.filter(|filter| !filter.is_empty())
    }
}

impl Changeable for WebhookInput {
    const READ_ONLY: &'static [ReadOnly] = &[
        ReadOnly::new("id"),
        ReadOnly::new("disabled_at").changed_by("Set `enabled`."),
        ReadOnly::new("disabled_reason").changed_by("Set `enabled`."),
        ReadOnly::new("failing_since").moving(),
        ReadOnly::new("former_secret_until")
            .changed_by("Make another secret with POST `/v1/webhooks/{webhook}/rotate-secret`."),
        ReadOnly::new("created_at"),
        ReadOnly::new("updated_at"),
        ReadOnly::new("created_by"),
        ReadOnly::new("created_by_key_id"),
    ];
}
