//! The visibility of articles for the caller of a request.

use super::ladder::Sight;
use crate::domain::instant::Instant;
use crate::domain::scope::Scopes;
use crate::web::{Caller, Context};

impl Sight {
    /// The visibility for `caller` at `now`.
    #[must_use]
    pub fn of(caller: &Caller, now: Instant) -> Self {
        Self::with(caller.scopes(), !caller.is_anonymous(), now)
    }

    /// The visibility for the public, as of now.
    #[must_use]
    pub fn of_public(call: &Context) -> Self {
        Self::with(Scopes::of(&[]), false, call.services.now())
    }

    /// The visibility for the caller of a request, as of now.
    #[must_use]
    pub fn of_call(call: &Context) -> Self {
        let services = &call.services;
        Self::of(&call.caller, services.now()).closing(services.comments_close_after)
    }
}
