//! The report of an import: lines with the places of records, and what was found in their texts, counted.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use super::hygiene::{Found, Kind};
use super::item::At;

pub(super) use crate::problem::{faults, reason_of};

/// Notices without a disclaimer that the end of the report tells of: who has more makes rules for these first.
const NOTICES_TOLD: usize = 20;

/// A line of the report.
pub(super) struct Line {
    pub at: At,
    pub text: String,
    /// A warning is given once: not again for a record that is as it was.
    pub is_warning: bool,
}

/// A record: its file, and its name in it.
pub(super) type RecordKey = (PathBuf, Option<String>);

impl Line {
    pub fn told(at: At, text: String) -> Self {
        Self { at, text, is_warning: false }
    }

    pub fn warning(at: At, text: String) -> Self {
        Self { at, text: format!("warning: {text}"), is_warning: true }
    }
}

/// What was found in the texts, counted.
#[derive(Default)]
pub(super) struct Counted {
    kinds: BTreeMap<Kind, usize>,
    /// Notices without a disclaimer by the digest of their words.
    notices: HashMap<String, Often>,
}

/// A notice of several articles.
struct Often {
    /// How many.
    count: usize,
    first: At,
    /// The last one: a notice that stands in it twice counts once.
    last: RecordKey,
}

impl Counted {
    pub fn add(&mut self, found: &Found, at: &At) {
        *self.kinds.entry(found.kind).or_default() += 1;
        if let Some(digest) = &found.digest {
            let last = at.key();
            match self.notices.get_mut(digest) {
                None => {
                    let often = Often { count: 1, first: at.clone(), last };
                    self.notices.insert(digest.clone(), often);
                }
                Some(often) if often.last != last => {
                    often.count += 1;
                    often.last = last;
                }
                Some(_) => {}
            }
        }
    }

    /// Lines for the end of the report.
    pub fn lines(&self) -> Vec<String> {
        let mut often: Vec<&Often> =
            self.notices.values().filter(|notice| notice.count > 1).collect();
        often.sort_by_key(|notice| (std::cmp::Reverse(notice.count), notice.first.to_string()));
        let often = often.into_iter().take(NOTICES_TOLD).map(|Often { count, first, .. }| {
            format!(
                "warning: the notice in {first} stands in {count} texts: make it a disclaimer with a rule"
            )
        });
        let kinds = self.kinds.iter().map(|(kind, count)| format!("{count} {}", kind.word(*count)));
        let kinds = kinds.collect::<Vec<_>>().join(", ");
        let kinds = (!kinds.is_empty()).then(|| format!("warning: in the texts: {kinds}"));
        often.chain(kinds).collect()
    }
}

/// The place of a member of a record.
pub(super) fn at_of(at: &At, pointer: Option<&str>, lines: &HashMap<&'static str, usize>) -> At {
    let known = pointer.and_then(|pointer| {
        let own = pointer.split('/').nth(1).map(|name| format!("/{name}"));
        lines.get(pointer).or_else(|| lines.get(&*own?))
    });
    known.map_or_else(|| at.clone(), |line| at.line(*line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_counts_once_an_article() {
        let mut counted = Counted::default();
        let digest = Some("d".to_owned());
        let found = Found { line: None, kind: Kind::NoticeCandidate, text: String::new(), digest };
        let (one, other) = (At::file("a.md"), At::file("b.md"));
        for at in [&one, &one] {
            counted.add(&found, at);
        }
        assert_eq!(counted.lines(), ["warning: in the texts: 2 notices without a disclaimer"]);
        counted.add(&found, &other);
        assert!(counted.lines()[0].contains("the notice in a.md stands in 2 texts"));
    }
}
