//! What the newsroom's settings say, and what all workers count together.

use std::sync::Arc;

use serde_json::Value;

use super::limit::{Limit, Proxies};

/// Whether a text holds what a list names.
pub type Names = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// What the newsroom's settings say.
#[derive(Default)]
pub struct Site {
    /// Values that members take where a body leaves them out, by the name of the schema.
    pub defaults: Vec<(&'static str, &'static str, Value)>,
    /// The newsroom's own language.
    pub language: String,
    /// How long after its publication an article takes comments, in microseconds.
    pub comments_close_after: Option<i64>,
    /// How many comments an address may write.
    pub comment_limit: Option<Limit>,
    /// How many comments an article takes.
    pub article_limit: Option<Limit>,
    /// How many comments an address may report.
    pub report_limit: Option<Limit>,
    /// Which comments wait for a moderator by themselves.
    pub holds: Holds,
    /// How long addresses are kept, in microseconds; for good where it says nothing.
    pub addresses_kept_for: Option<i64>,
    /// Proxies in front of the server.
    pub proxies: Proxies,
}

/// Which comments wait for a moderator by themselves; each rule is off where it says nothing.
#[derive(Default)]
pub struct Holds {
    /// Those with more links than this.
    pub links: Option<usize>,
    /// Those with something from a list in their text or their author's name.
    pub words: Option<Names>,
    /// Those by authors of whom none was published yet.
    pub first_comment: bool,
    /// Those on an article that has shown so many within a minute.
    pub flood: Option<i64>,
    /// Those that so many readers have reported.
    pub reports: Option<i64>,
}
