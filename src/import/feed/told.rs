//! What a feed's records say in words that are no feed's, as articles have it: when they are out, the legal texts that
//! may have to stand under them, what is lost of them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::date::Date;
use super::look::{clean, plain_line};
use super::speaking::{bare, shown, texts_of};
use crate::domain::instant::Instant;
use crate::import::item::Expiry;
use crate::import::words;

/// How much of a legal text a warning shows, in code points.
const SHOWN_MAX: usize = 100;
/// Names of what is lost that a feed has counted: of more of them only the number is told.
const NAMES_MAX: usize = 1_000;
/// Names that a warning lists.
const LISTED_MAX: usize = 20;
/// Names of legal texts that are kept as `rights`, as those of RSS and Atom are.
const RIGHTS: [&str; 4] = ["copyright", "licence", "license", "rights"];

/// Legal texts of a feed, which are those of records that have none of the same name.
#[derive(Debug)]
pub struct Legal(Vec<(String, Value)>);

impl Legal {
    /// What a feed says of rights, and other legal texts of it.
    pub fn of(rights: Option<&str>, others: &[(String, Value)]) -> Self {
        let mut known = Map::new();
        let rights = rights.map(|rights| ("rights".to_owned(), json!(clean(rights))));
        for (name, value) in rights.iter().chain(others) {
            keep(name, value, &mut known);
        }
        Self(known.into_iter().collect())
    }

    /// A warning for each of them.
    pub fn candidates(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(name, value)| candidate(name, value))
    }

    /// Keeps the legal texts of a record in `metadata`, each with a warning, and those of its feed.
    pub fn keep(
        &self,
        rights: Option<&str>,
        others: &[(String, Value)],
        metadata: &mut Map<String, Value>,
        warnings: &mut Vec<String>,
    ) {
        let rights = rights.map(|rights| ("rights".to_owned(), json!(clean(rights))));
        for (name, value) in rights.iter().chain(others) {
            if keep(name, value, metadata) {
                warnings.push(candidate(name, value));
            }
        }
        for (name, value) in &self.0 {
            if !metadata.contains_key(name) {
                metadata.insert(name.clone(), value.clone());
            }
        }
    }
}

/// Keeps a legal text under its name. False if the same text is there already.
fn keep(name: &str, value: &Value, metadata: &mut Map<String, Value>) -> bool {
    let line = |value: &Value| value.as_str().and_then(plain_line);
    let own = line(value);
    if own.is_some() && metadata.values().any(|known| line(known) == own) {
        return false;
    }
    let is_rights = RIGHTS.contains(&&*bare(name)) && !metadata.contains_key("rights");
    let name = if is_rights { "rights" } else { name };
    let mut key = name.to_owned();
    let mut number = 1;
    while metadata.contains_key(&key) {
        number += 1;
        key = format!("{name}_{number}");
    }
    let value = value.as_str().map_or_else(|| value.clone(), |text| json!(clean(text)));
    metadata.insert(key, value);
    true
}

/// The warning for a text that may have to stand under the article.
fn candidate(name: &str, legal: &Value) -> String {
    match plain_line(&texts_of(legal)) {
        Some(line) => {
            let (shown, is_cut) = words::cut(&line, SHOWN_MAX);
            let more = if is_cut { " .." } else { "" };
            format!("candidate for a disclaimer: {shown}{more}")
        }
        None => format!("candidate for a disclaimer: `{name}` is {}", shown(legal)),
    }
}

/// When a record expires: the first date that it says.
///
/// # Errors
/// If it is to expire, and the date cannot be read.
pub fn expiry(
    ends: &[(String, Date)],
    treatment: Expiry,
    warnings: &mut Vec<String>,
) -> Result<Option<Instant>, String> {
    let mut first: Option<(Instant, &str)> = None;
    for (name, date) in ends {
        match date {
            Date::At(at) if first.is_none_or(|(known, _)| *at < known) => {
                first = Some((*at, name.as_str()))
            }
            Date::At(_) | Date::Missing => {}
            Date::Unread(written) => {
                let (written, _) = words::cut(written, SHOWN_MAX);
                if treatment == Expiry::Honoured {
                    return Err(format!(
                        "`{name}` must be a date such as 2026-01-09T17:30:00Z, not {written:?}: when it expires cannot be told"
                    ));
                }
                warnings.push(format!("lost: `{name}`, which is no date: {written}"));
            }
        }
    }
    if let Some((at, name)) = first.filter(|_| treatment == Expiry::Kept) {
        warnings.push(format!(
            "`{name}` ({at}) has no effect and is kept in `metadata`: with --honour-expiry it expires then"
        ));
    }
    Ok(first.map(|(at, _)| at))
}

/// What is lost of the records of a feed, counted by its name: it is told once.
#[derive(Debug, Default)]
pub struct Lost {
    names: BTreeMap<String, usize>,
    more: usize,
}

impl Lost {
    /// Counts what is lost of a record.
    pub fn add(&mut self, names: &[String]) {
        for name in names {
            if let Some(count) = self.names.get_mut(name) {
                *count += 1;
            } else if self.names.len() < NAMES_MAX {
                self.names.insert(name.clone(), 1);
            } else {
                self.more += 1;
            }
        }
    }

    /// The warning; `None` if nothing is lost.
    pub fn told(&self) -> Option<String> {
        if self.names.is_empty() {
            return None;
        }
        let listed = self.names.iter().take(LISTED_MAX).map(|(name, count)| match count {
            1 => format!("`{name}`"),
            count => format!("`{name}` ({count} times)"),
        });
        let listed = listed.collect::<Vec<_>>().join(", ");
        let more = match self.names.len().saturating_sub(LISTED_MAX) + self.more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        Some(format!("lost: {listed}{more}, for which an article has no place"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legal_texts_are_kept_once_each_under_its_name() {
        let feed = Legal::of(Some("© N"), &[("legal".to_owned(), json!("Of the feed."))]);
        assert_eq!(feed.candidates().count(), 2);
        let (mut metadata, mut warnings) = (Map::new(), Vec::new());
        let own = [
            ("copyright".to_owned(), json!("Supplied by <b>Wire</b>.")),
            ("rights".to_owned(), json!("Supplied by Wire.")),
            ("license".to_owned(), json!({"name": "CC", "url": "https://x.example/"})),
            ("sponsored".to_owned(), json!(true)),
            ("disclaimer".to_owned(), json!("No advice.")),
            ("disclaimer".to_owned(), json!("None.")),
        ];
        feed.keep(None, &own, &mut metadata, &mut warnings);
        assert_eq!(
            json!(metadata),
            json!({
                "rights": "Supplied by <b>Wire</b>.",
                "license": {"name": "CC", "url": "https://x.example/"}, "sponsored": true,
                "disclaimer": "No advice.", "disclaimer_2": "None.", "legal": "Of the feed.",
            })
        );
        assert_eq!(
            warnings,
            [
                "candidate for a disclaimer: Supplied by Wire.",
                "candidate for a disclaimer: CC https://x.example/",
                "candidate for a disclaimer: `sponsored` is true",
                "candidate for a disclaimer: No advice.",
                "candidate for a disclaimer: None.",
            ]
        );
    }

    #[test]
    fn what_is_lost_is_told_once() {
        let mut lost = Lost::default();
        assert_eq!(lost.told(), None);
        lost.add(&["b".to_owned(), "a".to_owned(), "b".to_owned()]);
        let told = "lost: `a`, `b` (2 times), for which an article has no place";
        assert_eq!(lost.told().as_deref(), Some(told));
        lost.add(&(0..2_000).map(|number| format!("n{number}")).collect::<Vec<_>>());
        assert!(lost.told().unwrap().contains(" and 1982 more,"), "{:?}", lost.told());
    }

    #[test]
    fn the_first_date_of_expiry_counts() {
        let at = |text: &str| ("x".to_owned(), Date::parse(text));
        let ends = [at("2031-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z")];
        let mut warnings = Vec::new();
        let first = expiry(&ends, Expiry::Kept, &mut warnings).unwrap();
        assert_eq!(first.unwrap().to_string(), "2030-01-01T00:00:00.000000Z");
        assert!(warnings[0].starts_with("`x` (2030-01-01T00:00:00.000000Z) has no effect"));
        assert_eq!(expiry(&[at("soon")], Expiry::Kept, &mut warnings), Ok(None));
        assert!(expiry(&[at("soon")], Expiry::Honoured, &mut warnings).is_err());
    }
}
