//! The disclaimers of the newsroom, prepared for comparisons with the texts of an import.

use std::collections::HashSet;

use super::normal::{Word, words};
use super::notices::label_words;
use super::tags::{Token, decoded, link_of, tokens};
use crate::articles::Lifted;
use crate::disclaimers::ids::DisclaimerId;
use crate::disclaimers::rules::{Candidate, Facts, carried};
use crate::import::words::web_url;

/// A disclaimer that the newsroom has.
#[derive(Clone, Debug)]
pub struct Known {
    /// Its key.
    pub key: String,
    /// Its title, which may stand above a copy.
    pub title: String,
    /// Its text, without markup.
    pub text: String,
}

/// A disclaimer, prepared for many comparisons.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Which one it is.
    pub(super) own: Lifted,
    /// Its language; `None` for all languages.
    language: Option<String>,
    pub(super) title: Vec<Word>,
    pub(super) words: Vec<Word>,
    /// How many of its words are a heading of its own.
    pub(super) label: usize,
    /// Its words, each once.
    pub(super) set: HashSet<String>,
    /// The addresses in it.
    links: HashSet<String>,
}

impl Prepared {
    /// Prepares a disclaimer.
    #[must_use]
    pub fn new(known: Known) -> Self {
        let Known { key, title, text } = known;
        let words = words(&without_addresses(&text).0);
        let set = words.iter().map(|word| word.text.clone()).collect();
        let (title, label) = (self::words(&title), label_words(&words));
        let own = Lifted { key, disclaimer: DisclaimerId(0), version: 0 };
        let prepared =
            Self { own, language: None, title, words, label, set, links: HashSet::new() };
        prepared.leading_to(&text)
    }

    /// The same as this version of this row, in this language; `None` is for all languages.
    #[must_use]
    pub fn stored_as(
        mut self,
        disclaimer: DisclaimerId,
        version: i64,
        language: Option<String>,
    ) -> Self {
        (self.own.disclaimer, self.own.version) = (disclaimer, version);
        self.language = language;
        self
    }

    /// The same with the addresses that are in its HTML, or in a text: a copy may have these, and no others.
    #[must_use]
    pub fn leading_to(mut self, html: &str) -> Self {
        for (token, range) in tokens(html) {
            match token {
                Token::Text => {
                    let text = decoded(&html[range.clone()]);
                    let text = text.as_deref().unwrap_or(&html[range]);
                    self.links.extend(without_addresses(text).1);
                }
                Token::Open(name) => {
                    self.links.extend(link_of(&name, &html[range]).map(|link| address(&link)));
                }
                Token::Close(_) | Token::Unseen => {}
            }
        }
        self
    }

    /// True if all these addresses are in it.
    pub(super) fn has(&self, links: &[String]) -> bool {
        links.iter().all(|link| self.links.contains(link))
    }

    /// It as one of several translations.
    fn candidate(&self) -> Candidate {
        Candidate {
            disclaimer: self.own.disclaimer,
            version: self.own.version,
            key: self.own.key.clone(),
            language: self.language.clone(),
            is_current: false,
            rule: None,
            effective_from: None,
            effective_until: None,
            retired_at: None,
        }
    }
}

/// Those of some disclaimers, in the order of their keys, in place of which an article in this language shows another
/// translation. The rule of the API decides, and `site` is the newsroom's language.
#[must_use]
pub fn not_shown(known: &[Prepared], language: &str, site: &str) -> HashSet<DisclaimerId> {
    let mut out = HashSet::new();
    let is_same = |one: &Prepared, next: &Prepared| one.own.key == next.own.key;
    for all in known.chunk_by(is_same).filter(|all| all.len() > 1) {
        let facts = Facts::new(None, None, Vec::new(), language, None);
        let ids: Vec<DisclaimerId> = all.iter().map(|one| one.own.disclaimer).collect();
        let candidates: Vec<Candidate> = all.iter().map(Prepared::candidate).collect();
        let chosen = carried(&candidates, &ids, &facts, site, 0);
        let is_chosen = |id: &DisclaimerId| chosen.iter().any(|choice| choice.disclaimer == *id);
        out.extend(ids.into_iter().filter(|id| !is_chosen(id)));
    }
    out
}

/// An address in the form for comparisons.
pub(super) fn address(written: &str) -> String {
    web_url(written).unwrap_or_else(|| written.trim().to_owned())
}

/// A text without the web addresses that stand in it, and those.
pub(super) fn without_addresses(text: &str) -> (String, Vec<String>) {
    let (mut plain, mut found) = (String::with_capacity(text.len()), Vec::new());
    let is_behind = |c: char| c.is_whitespace() || ".,;:!?)]}>'\"\u{201d}\u{bb}".contains(c);
    for word in text.split_inclusive(char::is_whitespace) {
        let begins = ["https://", "http://"].into_iter().filter_map(|scheme| word.find(scheme));
        let (before, url) = word.split_at(begins.min().unwrap_or(word.len()));
        plain.push_str(before);
        if !url.is_empty() {
            plain.push(' ');
            found.push(address(url.trim_end_matches(is_behind)));
        }
    }
    (plain, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_translation_is_shown() {
        let one = |id: i64, key: &str, language: Option<&str>| {
            let (key, title, text) = (key.to_owned(), String::new(), "Supplied.".to_owned());
            let known = Prepared::new(Known { key, title, text });
            known.stored_as(DisclaimerId(id), 1, language.map(str::to_owned))
        };
        let known = [one(1, "a", Some("en")), one(2, "b", Some("en")), one(3, "b", Some("de"))];
        let others = |language: &str| not_shown(&known, language, "en");
        assert_eq!(others("en"), HashSet::from([DisclaimerId(3)]));
        assert_eq!(others("de-AT"), HashSet::from([DisclaimerId(2)]));
        assert_eq!(others("fr"), HashSet::from([DisclaimerId(3)]), "that of the newsroom");
        assert!(not_shown(&known[..2], "de", "de").is_empty(), "the only one");
    }
}
