//! The terms of an article: what lists are filtered by. Each has a key, the form in which terms are
//! compared, the value that a filter takes, and a name that people read.

use std::collections::BTreeSet;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::model::{ArticleRow, stored_json};
use super::words::TermKind;
use crate::domain::language;
use crate::domain::slug::spell;
use crate::domain::text::look_alike;
use crate::problem::Problem;

/// A term of an article.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term {
    /// Its kind.
    pub kind: TermKind,
    /// The form in which it is compared.
    pub key: String,
    /// What a filter takes: a slug, or a name.
    pub value: String,
    /// What people read.
    pub name: String,
}

impl TermKind {
    /// The key of what a client asks for; `None` where nothing can have it.
    #[must_use]
    pub fn key(self, value: &str) -> Option<String> {
        match self {
            // Names are taken as well as slugs.
            Self::Section | Self::Tag => term_slug(value),
            Self::Author | Self::Source => Some(look_alike(value)),
            Self::Language => Some(language::canonical(value)),
        }
    }
}

/// The slug of a section or tag from its name. Signs that tell one name from another are spelled:
/// `C++` and `C#` are two.
#[must_use]
pub fn term_slug(name: &str) -> Option<String> {
    let mut spelled = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '+' => spelled.push_str(" plus "),
            '#' => spelled.push_str(" sharp "),
            c => spelled.push(c),
        }
    }
    spell(&spelled)
}

/// The name of a slug that nobody has named: `city-hall` is "City hall".
#[must_use]
pub fn name_of_slug(slug: &str) -> String {
    let words = slug.replace('-', " ");
    let mut chars = words.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// An author, as stored.
#[derive(Deserialize)]
struct Named {
    name: String,
}

/// The terms of an article, each once.
///
/// # Errors
/// `internal` if a stored member is damaged.
pub fn terms_of(row: &ArticleRow) -> Result<BTreeSet<Term>, Problem> {
    let slug = |kind, slug: &str| Term {
        kind,
        key: slug.to_owned(),
        value: slug.to_owned(),
        name: name_of_slug(slug),
    };
    let name = |kind, name: &str| Term {
        kind,
        key: look_alike(name),
        value: name.to_owned(),
        name: name.to_owned(),
    };
    let mut terms = BTreeSet::new();
    terms.extend(row.section.as_deref().map(|section| slug(TermKind::Section, section)));
    let tags: Vec<String> = stored_json(&row.tags)?;
    terms.extend(tags.iter().map(|tag| slug(TermKind::Tag, tag)));
    let authors: Vec<Named> = stored_json(&row.authors)?;
    let mut known = BTreeSet::new();
    for author in &authors {
        let term = name(TermKind::Author, &author.name);
        // Two spellings that look alike are one name.
        if known.insert(term.key.clone()) {
            terms.insert(term);
        }
    }
    terms.extend(row.source_name.as_deref().map(|source| name(TermKind::Source, source)));
    // A language is found by each range that it is in: `pt` has `pt-BR` (RFC 4647 section 3.3.1).
    let tag = language::canonical(&row.language);
    for (end, _) in tag.match_indices('-').chain([(tag.len(), "")]) {
        let range = &tag[..end];
        terms.insert(Term {
            kind: TermKind::Language,
            key: range.to_owned(),
            value: range.to_owned(),
            name: range.to_owned(),
        });
    }
    Ok(terms)
}

/// The word that stands for a term in the search index: no text has it.
#[must_use]
pub fn mark(kind: TermKind, key: &str) -> String {
    let digest = Sha256::new().chain_update(kind.word()).chain_update([0]).chain_update(key);
    let digest = digest.finalize();
    let number = u64::from_be_bytes(std::array::from_fn(|at| digest[at]));
    format!("{MARK}{number:x}")
}

/// Begins the words of the search index that are no words of a text: for private use, so no folded
/// word contains it.
const MARK: char = '\u{e000}';
/// The word that stands for licensed articles in the search index.
pub const RESTRICTED_MARK: &str = "\u{e000}restricted";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_tell_names_apart() {
        for (name, slug) in [
            ("C++", Some("c-plus-plus")),
            ("C#", Some("c-sharp")),
            ("C", Some("c")),
            ("S\u{e3}o Paulo", Some("sao-paulo")),
            ("city-hall", Some("city-hall")),
            ("+++", Some("plus-plus-plus")),
            ("!", None),
        ] {
            assert_eq!(term_slug(name).as_deref(), slug, "{name}");
        }
        assert_eq!(name_of_slug("city-hall"), "City hall");
    }
}
