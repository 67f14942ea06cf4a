//! The cache groups of articles and of lists of them.

use super::api::ArticleHead;
use super::listing::Asked;
use super::model::ArticleRow;
use super::terms::{Term, terms_of};
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

fn with_terms<'a>(id: &str, terms: impl IntoIterator<Item = &'a Term>) -> Vec<String> {
    let mut groups = vec![of_article(id), ARTICLES.to_owned()];
    groups.extend(terms.into_iter().map(|term| of_term(term.kind, &term.key)));
    groups
}

/// The groups that a write to an article changes: its own, and those of the lists that it is in.
///
/// # Errors
/// `internal` if a stored member is damaged.
pub fn changed_with(row: &ArticleRow) -> Result<Vec<String>, Problem> {
    Ok(with_terms(&row.public_id, &terms_of(row)?))
}

/// The same, from the article as it is answered.
#[must_use]
pub fn changed_with_answer(head: &ArticleHead) -> Vec<String> {
    let mut any: Vec<(TermKind, &str)> = Vec::new();
    any.extend(head.section.as_deref().map(|section| (TermKind::Section, section)));
    any.extend(head.tags.iter().map(|tag| (TermKind::Tag, &**tag)));
    any.extend(head.authors.iter().map(|author| (TermKind::Author, &*author.name)));
    any.extend(head.source.iter().map(|source| (TermKind::Source, &*source.name)));
    let mut groups = vec![of_article(&head.id), ARTICLES.to_owned()];
    let keyed = any.into_iter().filter_map(|(kind, value)| Some(of_term(kind, &kind.key(value)?)));
    groups.extend(keyed);
    let tag = TermKind::Language.key(&head.language).unwrap_or_default();
    let ranges = tag.match_indices('-').map(|(end, _)| end).chain([tag.len()]);
    groups.extend(ranges.map(|end| of_term(TermKind::Language, &tag[..end])));
    groups
}
