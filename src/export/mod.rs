//! Export: the newsroom as lines of JSON that any program can read, and reading them back.
//!
//! Each line is a record (`line.rs`), those first that others name; `docs/export.schema.json` is their schema, made of the
//! same types. `writing.rs` writes them in short reads, so that no snapshot is held. Reading them back takes two passes:
//! `checking.rs` looks at all of it before `restoring.rs` writes anything.

mod applying;
mod checking;
mod doubles;
mod html;
mod line;
mod newest;
mod reading;
mod records;
mod restoring;
mod schema;
mod writing;

use std::fmt;

use crate::domain::instant::Instant;
use crate::words;

pub use line::SCHEMA;
pub use reading::is_it;
pub use restoring::{Restoring, restore};
pub use schema::schema;
pub use writing::export;

words! {
    /// What an export can be limited to.
    pub enum Part as "ExportPart" {
        /// Articles, with all that was ever said of them, and the names of their terms. Disclaimers come along.
        Articles = "articles",
        /// The comments on the articles.
        Comments = "comments",
        /// Disclaimers in all their versions, and the newsroom's languages.
        Disclaimers = "disclaimers",
        /// Keys, without their secrets.
        Keys = "keys",
    }
}

/// What an export is limited to. By default it is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// Only these parts; empty for all.
    pub only: Vec<Part>,
    /// Only articles of this section, by its slug.
    pub section: Option<String>,
    /// Only articles published at this instant or later, as readers are told it: nothing that readers have never had, and
    /// nothing that is a draft by now, under an embargo, or in the trash.
    pub published_after: Option<Instant>,
    /// Only articles published before this instant, as above.
    pub published_before: Option<Instant>,
}

impl Filters {
    /// True if the export has a part. What others name comes along with them. Keys say who did something in the whole
    /// newsroom: with some of its articles they come only if they are named.
    #[must_use]
    pub fn has(&self, part: Part) -> bool {
        let is_wanted = |part| self.only.is_empty() || self.only.contains(&part);
        match part {
            Part::Articles => is_wanted(part) || is_wanted(Part::Comments),
            Part::Comments => is_wanted(part),
            Part::Disclaimers => is_wanted(part) || self.has(Part::Articles),
            Part::Keys => match self.has_all_articles() {
                true => is_wanted(part),
                false => self.only.contains(&part),
            },
        }
    }

    /// True if the export has only articles published within some time.
    #[must_use]
    pub const fn has_dates(&self) -> bool {
        self.published_after.is_some() || self.published_before.is_some()
    }

    /// True if the export has all articles.
    #[must_use]
    pub const fn has_all_articles(&self) -> bool {
        self.section.is_none() && !self.has_dates()
    }
}

/// The number of things in an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Articles.
    pub articles: u64,
    /// Their former versions.
    pub revisions: u64,
    /// Their comments.
    pub comments: u64,
    /// Versions of disclaimers.
    pub disclaimer_versions: u64,
    /// Names of terms, of which people are not told: each section and each tag has one.
    pub terms: u64,
    /// Keys.
    pub keys: u64,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { articles, revisions, comments, disclaimer_versions, terms: _, keys } = self;
        let articles = many(*articles, "article");
        let revisions = many(*revisions, "former version");
        let comments = many(*comments, "comment");
        let versions = many(*disclaimer_versions, "version");
        let keys = many(*keys, "key");
        write!(f, "{articles} with {revisions}, {comments}, {versions} of disclaimers, {keys}")
    }
}

/// A number of things, by the name of one of them.
fn many(count: u64, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_name_comes_along() {
        let of = |only: &[Part]| Filters { only: only.to_vec(), ..Filters::default() };
        let has = |only: &[Part]| {
            let all = [Part::Articles, Part::Comments, Part::Disclaimers, Part::Keys];
            all.into_iter().filter(|part| of(only).has(*part)).collect::<Vec<_>>()
        };
        assert_eq!(has(&[]).len(), 4);
        assert_eq!(has(&[Part::Articles]), [Part::Articles, Part::Disclaimers]);
        assert_eq!(has(&[Part::Keys]), [Part::Keys]);
        assert_eq!(has(&[Part::Comments]), [Part::Articles, Part::Comments, Part::Disclaimers]);
        let city = Filters { section: Some("city".to_owned()), ..Filters::default() };
        assert!(city.has(Part::Articles) && !city.has(Part::Keys));
        let named = Filters { only: vec![Part::Articles, Part::Keys], ..city };
        assert!(named.has(Part::Keys));
    }

    #[test]
    fn one_is_one() {
        let counts =
            Counts { articles: 1, revisions: 2, disclaimer_versions: 1, ..Counts::default() };
        assert_eq!(
            counts.to_string(),
            "1 article with 2 former versions, 0 comments, 1 version of disclaimers, 0 keys"
        );
    }
}
