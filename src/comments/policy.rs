//! The newsroom's settings for comments, and the counters that all workers share.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::web::limit::Limit;

/// A predicate: the text contains an entry of a word list.
pub type Names = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// The newsroom's settings for comments.
#[derive(Default)]
pub struct Policy {
    /// Time after an article's publication during which it takes comments, in microseconds.
    pub close_after: Option<i64>,
    /// Limit of comments by one address.
    pub comment_limit: Option<Limit>,
    /// Limit of comments on one article.
    pub article_limit: Option<Limit>,
    /// Limit of reports by one address.
    pub report_limit: Option<Limit>,
    /// The rules that hold comments for a moderator.
    pub holds: Holds,
    /// Time for which addresses are kept, in microseconds; for ever if `None`.
    pub addresses_kept_for: Option<i64>,
    /// When a write last deleted expired ones.
    pub forgot_at: AtomicI64,
}

impl Policy {
    /// Puts what is counted back to its start, for a reset in test mode.
    pub fn restart(&self) {
        let limits = [&self.comment_limit, &self.article_limit, &self.report_limit];
        limits.into_iter().flatten().for_each(Limit::restart);
        self.forgot_at.store(0, Ordering::Relaxed);
    }
}

/// The rules that hold comments for a moderator; each is off if it is not set.
#[derive(Default)]
pub struct Holds {
    /// Hold comments with more links than this.
    pub links: Option<usize>,
    /// Hold comments with an entry of a list in their text or their author's name.
    pub words: Option<Names>,
    /// Hold comments by authors without a published one.
    pub first_comment: bool,
    /// Hold comments on an article that has shown this many within a minute.
    pub flood: Option<i64>,
    /// Hold comments that this many readers have reported.
    pub reports: Option<i64>,
}
