//! Webhooks as clients write them.

use crate::changes::words::Followed;
use crate::input;
use crate::outgoing::Target;
use crate::problem::{FaultCode, Problem};
use crate::web::body::Changeable;
use crate::web::input::ReadOnly;
use crate::web::rules::{Line, List};
use crate::web::web_url::WebUrl;

/// Longest description, in code points: a line.
const DESCRIPTION_MAX: usize = 200;
/// Most types of one webhook: all of them.
const TYPES_MAX: usize = Followed::WORDS.len();

input! {
    /// A webhook as a client writes it.
    pub struct WebhookInput checked by check {
        /// Where events are sent: to an address that is not private, unless the server allows that
        /// (`COPYDESK_WEBHOOKS`).
        url: WebUrl,
        /// The kinds of changes that are sent, as `types` of the change feed.
        types: List<Followed, TYPES_MAX> = List(vec![Followed::Article]),
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
