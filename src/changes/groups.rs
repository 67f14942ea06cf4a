//! The cache groups that a change makes invalid.

use super::store::{COMMENT_TOUCHED, ChangeRow, TERMS_NAMED};
use super::words::Followed;
use crate::domain::groups::{ARTICLES, COMMENTS, DISCLAIMERS, of_article, of_comments};

/// The groups of what a change makes invalid, as the write that made it names them in its answer.
#[must_use]
pub fn groups_of(row: &ChangeRow) -> Vec<String> {
    let more = row.cache_groups.iter().flat_map(|groups| groups.split(' ')).map(str::to_owned);
    let own = match row.change().map(super::words::ChangeType::of) {
        Some(Followed::Article) => vec![of_article(&row.subject), ARTICLES.to_owned()],
        Some(Followed::Comment) => of_thread(row),
        Some(_) => vec![DISCLAIMERS.to_owned()],
        None if row.kind == TERMS_NAMED => vec![ARTICLES.to_owned(), DISCLAIMERS.to_owned()],
        None if row.kind == COMMENT_TOUCHED => of_thread(row),
        None => Vec::new(),
    };
    let mut groups = Vec::new();
    for group in own.into_iter().chain(more) {
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    groups
}

/// The groups of what shows comments on an article.
fn of_thread(row: &ChangeRow) -> Vec<String> {
    let article = row.article.as_deref().unwrap_or_default();
    vec![of_comments(article), COMMENTS.to_owned()]
}
