//! The cache groups of articles and of lists of them.

use super::listing::Asked;
use super::model::ArticleRow;
use super::terms::terms_of;
use super::words::TermKind;
use crate::domain::groups::{
    ARTICLES, COMMENTS, DISCLAIMERS, THREADS, named, of_article, of_comments,
};
use crate::problem::Problem;

/// The groups of what shows one article, and the number of its comments or these.
#[must_use]
pub fn of_shown(id: &str) -> Vec<String> {
    vec![of_article(id), DISCLAIMERS.to_owned(), of_comments(id), THREADS.to_owned()]
}

/// The groups of a list: of the one term that it is narrowed by, else of all lists.
#[must_use]
pub fn of_list(asked: &Asked, shows_comments: bool) -> Vec<String> {
    let single = asked.list.filter.terms.iter().find_map(|any| match any.keys.as_slice() {
        [key] => Some(of_term(any.kind, key)),
        _ => None,
    });
    let mut groups = vec![single.unwrap_or_else(|| ARTICLES.to_owned()), DISCLAIMERS.to_owned()];
    // Names of terms belong to all lists.
    if !asked.facets.is_empty() && !groups.contains(&ARTICLES.to_owned()) {
        groups.push(ARTICLES.to_owned());
    }
    if shows_comments {
        groups.extend([COMMENTS.to_owned(), THREADS.to_owned()]);
    }
    groups
}

fn of_term(kind: TermKind, key: &str) -> String {
    named(kind.word(), key)
}

/// The groups that a write to an article changes: its own, and those of the lists that it is in.
///
/// # Errors
/// `internal` if a stored member is damaged.
pub fn changed_with(row: &ArticleRow) -> Result<Vec<String>, Problem> {
    let mut groups = vec![of_article(&row.public_id), ARTICLES.to_owned()];
    groups.extend(terms_of(row)?.iter().map(|term| of_term(term.kind, &term.key)));
    Ok(groups)
}
