//! The cache groups of comments.

use crate::domain::groups::{COMMENTS, THREADS, of_article, of_comments};

/// The groups of what shows comments of one article. It changes with the article too: its readers
/// may lose sight of both.
#[must_use]
pub fn of_thread(article: &str) -> Vec<String> {
    vec![of_comments(article), THREADS.to_owned(), of_article(article)]
}

/// The groups that a write to a comment on an article changes.
#[must_use]
pub fn changed_with(article: &str) -> Vec<String> {
    vec![of_comments(article), COMMENTS.to_owned()]
}
