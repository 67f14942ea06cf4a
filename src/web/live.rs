//! The settings that a running server can take anew.

use std::sync::{Arc, PoisonError, RwLock};

use super::address::Proxies;
use super::cors::Cors;
use crate::domain::markup::Renderer;

/// The settings that a running server can take anew.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// The CORS policy: which pages of other origins may use the server.
    pub cors: Cors,
    /// True if a write to an existing resource must send `If-Match`.
    pub require_if_match: bool,
    /// Seconds for which shared caches may keep a public response; as others if `None`.
    pub shared_max_age: Option<u32>,
    /// Renders texts.
    pub renderer: Renderer,
    /// Trusted proxies in front of the server.
    pub proxies: Proxies,
}

/// The present [`Live`] settings, shared by all workers.
#[derive(Debug, Default)]
pub struct LiveSettings(RwLock<Arc<Live>>);

impl LiveSettings {
    /// The present ones.
    #[must_use]
    pub fn get(&self) -> Arc<Live> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes them for the requests that arrive from now on.
    pub fn change(&self, change: impl FnOnce(&mut Live)) {
        let mut present = self.0.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut present));
    }
}
