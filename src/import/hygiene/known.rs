//! The notices that the newsroom has as disclaimers, and copies of them at the end of a text. The article gets the
//! newsroom's text instead of its own, so a copy that says anything else is none.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::blocks::{Block, Form};
use super::normal::{Word, words};
use super::notices::label_words;
use super::prepared::{Prepared, address, without_addresses};
use crate::articles::Lifted;
use crate::disclaimers::ids::DisclaimerId;

/// Fewest words of a text that another one is nearly equal to: of less, each word counts.
const NEARLY_MIN: usize = 10;
/// One word in this many may differ in a copy, and only one that means nothing. A copy with more changes was edited,
/// and an editor should look at it.
const NEARLY_EACH: usize = 20;
/// One word in this many may differ in a text that is like another one: it is only reported.
const LIKE_EACH: usize = 5;
/// Longest part in which two texts are compared word by word. The work grows with its length times the differences.
const COMPARED_MAX: usize = 1_000;
/// Most places at the end of a text at which a notice may begin: lines and paragraphs. A printed page has some fifty.
const PLACES_MAX: usize = 64;
/// Most differences that a report names.
const NAMED_MAX: usize = 4;
/// Fewest letters of a word that may be misspelt: of shorter ones, another spelling is often another word.
const MISSPELT_MIN: usize = 8;
/// Words without a meaning of their own, which a copy may have more or fewer of. There is no negation, number or
/// pronoun among them.
const IDLE: [&str; 31] = [
    // English.
    "a", "an", "the", "and", // German.
    "das", "dem", "den", "der", "des", "die", "ein", "eine", "einem", "einen", "einer", "eines",
    "und", // French.
    "et", "la", "le", "les", "un", "une", // Spanish.
    "el", "las", "los", "una", "unas", "unos", "y", // Russian.
    "и",
];

/// Words, with the addresses that they lead to.
#[derive(Default)]
struct Said {
    words: Vec<Word>,
    links: Vec<String>,
}

impl Said {
    /// Adds a part of a block's text.
    fn take(&mut self, block: &Block, part: Range<usize>) {
        let is_last = part.end == block.text.len();
        let (text, found) = without_addresses(&block.text[part.clone()]);
        self.words.extend(words(&text));
        self.links.extend(found);
        let is_in = |at: usize| part.contains(&at) || is_last && at >= part.end;
        let own = block.links.iter().filter(|link| is_in(link.text_at));
        self.links.extend(own.map(|link| address(&link.address)));
    }
}

/// How near a text is to a disclaimer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// The same words.
    Same,
    /// The same but for words that mean nothing; which they are.
    Nearly(String),
    /// Much of it is the same; what is not, and how many words that are.
    Like(String, usize),
}

impl Likeness {
    /// The nearer, the higher.
    fn rank(&self) -> (u8, Reverse<usize>) {
        match self {
            Self::Same => (3, Reverse(0)),
            Self::Nearly(_) => (2, Reverse(0)),
            Self::Like(_, changed) => (1, Reverse(*changed)),
        }
    }
}

/// A notice at the end of a text.
#[derive(Clone, Debug)]
pub struct Notice {
    /// The disclaimer that it is.
    pub disclaimer: Lifted,
    /// How near it is.
    pub likeness: Likeness,
    /// The number of the block that it begins in.
    pub block: usize,
    /// Its line break in that block, if it does not begin with the block.
    pub line: Option<usize>,
    /// True if it leads to addresses that the disclaimer does not have.
    pub has_other_links: bool,
    /// True if the article would show another translation of it.
    pub is_not_shown: bool,
}

impl Notice {
    /// True if it stays in the text: without it, something would be lost.
    #[must_use]
    pub fn stays(&self) -> bool {
        matches!(self.likeness, Likeness::Like(..)) || self.has_other_links || self.is_not_shown
    }
}

/// A notice that a text begins with.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// The key of the disclaimer that it is.
    pub key: String,
    /// How near it is.
    pub likeness: Likeness,
    /// Its place in the source.
    pub range: Range<usize>,
}

/// A place at which a notice may begin.
struct Place {
    block: usize,
    line: Option<usize>,
    /// How many words stand before it.
    before: usize,
    /// How many addresses stand before it.
    links_before: usize,
    /// How many words are a heading over it.
    label: usize,
}

/// The last copies of disclaimers in a text, from the end: each ends where the one before it begins. In place of those
/// that are `not_shown`, the article would show another translation.
#[must_use]
pub fn notices(
    blocks: &[Block],
    known: &[Prepared],
    not_shown: &HashSet<DisclaimerId>,
) -> Vec<Notice> {
    let mut found = Vec::new();
    let mut end = blocks.len();
    while !known.is_empty() {
        // Footnotes are shown at the end, wherever they stand.
        let is_behind = |block: &Block| block.is_blank() || block.form == Form::Note;
        while end > 0 && is_behind(&blocks[end - 1]) {
            end -= 1;
        }
        let Some(notice) = last(&blocks[..end], known, not_shown, found.is_empty()) else {
            break;
        };
        let (block, line) = (notice.block, notice.line);
        let stays = notice.stays();
        found.push(notice);
        if stays || line.is_some() {
            break;
        }
        end = block;
    }
    found
}

/// The notice that some blocks end with.
fn last(
    blocks: &[Block],
    known: &[Prepared],
    not_shown: &HashSet<DisclaimerId>,
    with_like: bool,
) -> Option<Notice> {
    let (places, Said { words, links }) = places(blocks);
    let mut best: Option<((bool, usize, bool, bool), Notice)> = None;
    for known in known.iter().filter(|known| !known.words.is_empty()) {
        // With its heading, it begins earlier.
        let found = places.iter().filter_map(|place| {
            let likeness = likeness(known, &words[place.before..], place.label)?;
            let is_like = matches!(likeness, Likeness::Like(..));
            let is_one = !is_like || with_like && place.line.is_none();
            is_one.then(|| ((likeness.rank(), words.len() - place.before), likeness, place))
        });
        let Some(((_, length), likeness, place)) = found.max_by_key(|(rank, ..)| *rank) else {
            continue;
        };
        let has_links = known.has(&links[place.links_before..]);
        let is_not_shown = not_shown.contains(&known.own.disclaimer);
        // The longest is the most certain: another one may be a part of it.
        let value = (!matches!(likeness, Likeness::Like(..)), length, !is_not_shown, has_links);
        if best.as_ref().is_none_or(|(least, _)| value > *least) {
            let (disclaimer, block, line) = (known.own.clone(), place.block, place.line);
            let has_other_links = !has_links;
            let notice =
                Notice { disclaimer, likeness, block, line, has_other_links, is_not_shown };
            best = Some((value, notice));
        }
    }
    best.map(|(_, notice)| notice)
}

/// True for a block of nothing but text.
fn is_text(block: &Block) -> bool {
    block.is_plain && !matches!(block.form, Form::Other | Form::Note)
}

/// The notice that a text begins with, under its title or picture.
#[must_use]
pub fn beginning(blocks: &[Block], known: &[Prepared]) -> Option<Beginning> {
    if known.is_empty() {
        return None;
    }
    let is_over = |block: &Block| {
        let is_heading = block.form == Form::Heading;
        block.is_blank() || !is_text(block) || is_heading && label_words(&words(&block.text)) == 0
    };
    let first = blocks.iter().position(|block| !is_over(block))?;
    let start = blocks[first].range.start;
    let (mut ends, mut said) = (Vec::new(), Said::default());
    for block in blocks[first..].iter().take(PLACES_MAX).take_while(|block| is_text(block)) {
        let mut from = 0;
        for line in block.breaks.iter().take(PLACES_MAX) {
            said.take(block, from..line.text_at);
            from = line.text_at;
            ends.push((line.at, said.words.len()));
        }
        said.take(block, from..block.text.len());
        ends.push((block.range.end, said.words.len()));
    }
    ends.truncate(PLACES_MAX);
    let words = &said.words;
    let label = label_words(words);
    let mut best: Option<((bool, usize), Beginning)> = None;
    for known in known {
        // What begins with other words is no copy that begins here.
        let own = [known.words.first(), known.words.get(known.label)];
        let is_own = |word: &Word| own.iter().flatten().any(|own| own.text == word.text);
        let titled = if begins(words, &known.title) { known.title.len() } else { 0 };
        let heads = [0, label, titled];
        if !heads.into_iter().any(|head| words.get(head).is_some_and(is_own)) {
            continue;
        }
        let found = ends.iter().filter(|(_, count)| *count > label).filter_map(|(end, count)| {
            Some((likeness(known, &words[..*count], label)?, *end, *count))
        });
        let Some((likeness, end, count)) = found.max_by_key(|(likeness, ..)| likeness.rank())
        else {
            continue;
        };
        let value = (!matches!(likeness, Likeness::Like(..)), count);
        if best.as_ref().is_none_or(|(least, _)| value > *least) {
            let (key, range) = (known.own.key.clone(), start..end);
            best = Some((value, Beginning { key, likeness, range }));
        }
    }
    best.map(|(_, beginning)| beginning)
}

/// The places at the end of some blocks at which a notice may begin, and what is said there.
fn places(blocks: &[Block]) -> (Vec<Place>, Said) {
    let count = blocks.iter().rev().take_while(|block| is_text(block)).take(PLACES_MAX).count();
    let (mut places, mut said) = (Vec::new(), Said::default());
    let mut add = |block, line, said: &Said| {
        let (before, links_before) = (said.words.len(), said.links.len());
        places.push(Place { block, line, before, links_before, label: 0 });
    };
    for (number, block) in blocks.iter().enumerate().skip(blocks.len() - count) {
        if block.is_blank() {
            continue;
        }
        let first = block.breaks.len().saturating_sub(PLACES_MAX);
        add(number, None, &said);
        let mut from = 0;
        for (line, at) in block.breaks.iter().enumerate().skip(first) {
            said.take(block, from..at.text_at);
            from = at.text_at;
            add(number, Some(line), &said);
        }
        said.take(block, from..block.text.len());
    }
    let many = places.len().saturating_sub(PLACES_MAX);
    let mut places = places.split_off(many);
    for place in &mut places {
        place.label = label_words(&said.words[place.before..]);
    }
    (places, said)
}

/// How near some words are to a disclaimer, with or without a heading before either: `label` of them are one.
fn likeness(known: &Prepared, text: &[Word], label: usize) -> Option<Likeness> {
    let is_titled = !known.title.is_empty() && begins(text, &known.title);
    let bare = &known.words[known.label..];
    let heads = [label, if is_titled { known.title.len() } else { 0 }];
    let mut best = compare(known, &known.words, text);
    for head in heads.into_iter().filter(|head| *head > 0) {
        best = nearer(best, compare(known, &known.words, &text[head..]));
        best = nearer(best, compare(known, bare, &text[head..]));
    }
    if known.label > 0 && bare.len() >= NEARLY_MIN {
        best = nearer(best, compare(known, bare, text));
    }
    best
}

fn nearer(one: Option<Likeness>, other: Option<Likeness>) -> Option<Likeness> {
    let rank = |likeness: &Option<Likeness>| likeness.as_ref().map(Likeness::rank);
    if rank(&other) > rank(&one) { other } else { one }
}

fn begins(text: &[Word], with: &[Word]) -> bool {
    text.len() > with.len() && text.iter().zip(with).all(|(a, b)| a.text == b.text)
}

fn compare(known: &Prepared, notice: &[Word], text: &[Word]) -> Option<Likeness> {
    let total = notice.len().max(text.len());
    // Empty, or one is much longer.
    if notice.is_empty() || notice.len().abs_diff(text.len()) * LIKE_EACH > total {
        return None;
    }
    let same = |(a, b): &(&Word, &Word)| a.text == b.text;
    let prefix = notice.iter().zip(text).take_while(same).count();
    let (notice, text) = (&notice[prefix..], &text[prefix..]);
    let suffix = notice.iter().rev().zip(text.iter().rev()).take_while(same).count();
    let (notice, text) = (&notice[..notice.len() - suffix], &text[..text.len() - suffix]);
    if notice.is_empty() && text.is_empty() {
        return Some(Likeness::Same);
    }
    let strange = text.iter().filter(|word| !known.set.contains(&word.text)).count();
    let is_far = strange * LIKE_EACH > total || notice.len().max(text.len()) > COMPARED_MAX;
    if total < NEARLY_MIN || is_far {
        return None;
    }
    differences(notice, text, total)
}

/// Compares the parts that differ, of texts of `total` words.
fn differences(notice: &[Word], text: &[Word], total: usize) -> Option<Likeness> {
    let plain = |words: &[Word]| words.iter().map(|word| word.text.clone()).collect::<Vec<_>>();
    let (old, new) = (plain(notice), plain(text));
    let (mut changed, mut is_idle, mut told) = (0, true, Vec::new());
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let (old_at, new_at) = match op {
            DiffOp::Equal { .. } => continue,
            DiffOp::Delete { old_index, old_len, new_index } => {
                (old_index..old_index + old_len, new_index..new_index)
            }
            DiffOp::Insert { old_index, new_index, new_len } => {
                (old_index..old_index, new_index..new_index + new_len)
            }
            DiffOp::Replace { old_index, old_len, new_index, new_len } => {
                (old_index..old_index + old_len, new_index..new_index + new_len)
            }
        };
        changed += old_at.len().max(new_at.len());
        is_idle = is_idle && means_nothing(&notice[old_at.clone()], &text[new_at.clone()]);
        let (old, new) = (old[old_at].join(" "), new[new_at].join(" "));
        told.push(match (old.is_empty(), new.is_empty()) {
            (true, _) => format!("with \"{new}\""),
            (_, true) => format!("without \"{old}\""),
            _ => format!("\"{new}\" for \"{old}\""),
        });
    }
    if changed * LIKE_EACH > total {
        return None;
    }
    let more = if told.len() > NAMED_MAX { " .." } else { "" };
    told.truncate(NAMED_MAX);
    let told = format!("{}{more}", told.join(", "));
    let is_near = changed == 1 || changed * NEARLY_EACH <= total;
    Some(if is_idle && is_near { Likeness::Nearly(told) } else { Likeness::Like(told, changed) })
}

/// True if a text says the same with `new` as with `old`.
fn means_nothing(old: &[Word], new: &[Word]) -> bool {
    let is_idle = |word: &Word| IDLE.contains(&word.text.as_str());
    let is_spelt = |(old, new): (&Word, &Word)| is_same_spelt_otherwise(old, new);
    old.len() == new.len() && old.iter().zip(new).all(is_spelt)
        || old.iter().chain(new).all(is_idle)
}

/// True if two words are one with a letter doubled or not, or with `s` for `z`. Other slips can make another word of
/// almost any (`contract`, `contrast`), and so can any slip in a name.
fn is_same_spelt_otherwise(one: &Word, other: &Word) -> bool {
    let is_word = |word: &Word| {
        let is_long = word.text.chars().count() >= MISSPELT_MIN;
        word.is_small && is_long && word.text.chars().all(char::is_alphabetic)
    };
    let spelt = |word: &Word| {
        let mut letters: Vec<char> =
            word.text.chars().map(|c| if c == 'z' { 's' } else { c }).collect();
        letters.dedup();
        letters
    };
    is_word(one) && is_word(other) && spelt(one) == spelt(other)
}

#[cfg(test)]
mod tests {
    use super::super::plain;
    use super::super::prepared::Known;
    use super::*;

    const TEXT: &str = "This report was supplied by Northwire on 9 January 2026. The Courier has not checked it and is not liable for it. Organisations that are named in the report are responsible for what they have said.";

    fn prepared() -> Prepared {
        let (key, title) = ("northwire".to_owned(), "A supplied text".to_owned());
        Prepared::new(Known { key, title, text: TEXT.to_owned() })
    }

    fn found(text: &str) -> Option<Likeness> {
        let words = words(text);
        likeness(&prepared(), &words, label_words(&words))
    }

    #[test]
    fn what_means_nothing_may_differ() {
        assert_eq!(found(TEXT), Some(Likeness::Same));
        assert_eq!(found(&TEXT.to_uppercase()), Some(Likeness::Same));
        for text in [
            format!("Disclaimer: {TEXT}"),
            format!("LEGAL NOTICE\n{TEXT}"),
            format!("A supplied text. {TEXT}"),
            TEXT.replace(". ", " - "),
        ] {
            assert_eq!(found(&text), Some(Likeness::Same), "{text}");
        }
        for (from, to) in [
            ("the report", "report"),
            ("Organisations that are", "The organisations that are"),
            ("responsible", "ressponsible"),
            ("for it. O", "for it; and o"),
        ] {
            let text = TEXT.replace(from, to);
            assert!(
                matches!(found(&text), Some(Likeness::Nearly(_))),
                "{text}: {:?}",
                found(&text)
            );
        }
        let told = found(&TEXT.replace("the report", "report"));
        assert_eq!(told, Some(Likeness::Nearly("without \"the\"".to_owned())));
    }

    #[test]
    fn what_means_something_may_not() {
        for (from, to) in [
            ("has not checked", "has checked"),
            ("is not liable", "is liable"),
            ("9 January", "8 January"),
            ("2026", "2025"),
            ("January", "June"),
            ("Northwire", "Southwire"),
            ("Northwire", "Northwirre"),
            ("liable", "likable"),
            ("responsible", "irresponsible"),
            ("responsible", "responsable"),
            ("supplied by", "supplied to"),
            ("was supplied", "was not supplied"),
            ("are responsible", "aren't responsible"),
            ("what they have", "what we have"),
            ("on 9", "on -9"),
        ] {
            let text = TEXT.replacen(from, to, 1);
            assert!(matches!(found(&text), Some(Likeness::Like(..))), "{text}: {:?}", found(&text));
        }
        let told = found(&TEXT.replace("Northwire", "Southwire"));
        assert_eq!(told, Some(Likeness::Like("\"southwire\" for \"northwire\"".to_owned(), 1)));
        for other in [
            "",
            "Disclaimer",
            "Supplied by Northwire.",
            "The harbour is closed, the pilots say, and nobody knows for how long it will be so.",
        ] {
            assert_eq!(found(other), None, "{other}");
        }
        // Of a short one, each word counts.
        let short = |text: &str| {
            let (key, title) = ("short".to_owned(), String::new());
            let known =
                Prepared::new(Known { key, title, text: "Supplied by the wire.".to_owned() });
            likeness(&known, &words(text), 0)
        };
        assert_eq!(short("Supplied by the Wire"), Some(Likeness::Same));
        assert_eq!(short("Supplied by wire"), None);
    }

    #[test]
    fn copies_at_the_end_are_found_with_what_belongs_to_them() {
        let other = Prepared::new(Known {
            key: "other".to_owned(),
            title: "Other".to_owned(),
            text: "Paid for by the port.".to_owned(),
        });
        let known = [prepared(), other];
        let found = |text: &str| -> Vec<(String, usize, Option<usize>)> {
            let mut notices = notices(&plain::blocks(text).list, &known, &HashSet::new());
            notices.retain(|notice| !matches!(notice.likeness, Likeness::Like(..)));
            let place = |notice: Notice| (notice.disclaimer.key, notice.block, notice.line);
            notices.into_iter().map(place).collect()
        };
        let one = |block: usize, line: Option<usize>| vec![("northwire".to_owned(), block, line)];
        assert_eq!(found(&format!("A.\n\n{TEXT}\n")), one(1, None));
        assert_eq!(found(&format!("A.\n\n---\n\nDisclaimer:\n\n{TEXT}\n\n---\n")), one(2, None));
        assert_eq!(found(&format!("A.\nB.\n{TEXT}")), one(0, Some(1)));
        assert_eq!(found(&format!("A.\n\n{}", TEXT.replace(". ", ".\n\n"))), one(1, None));
        assert_eq!(
            found(&format!("A.\n\nOther\n\nPaid for by the port.\n\n{TEXT}")),
            [("northwire".to_owned(), 3, None), ("other".to_owned(), 1, None)]
        );
        for text in [
            format!("{TEXT}\n\nFire."),
            format!("Fire. {TEXT}"),
            format!("A.\n\n{TEXT} B, c, d, e, f, g, h, i, j, k, l, m."),
        ] {
            assert!(found(&text).is_empty(), "{text}");
        }
    }

    #[test]
    fn long_texts_are_compared_once() {
        let long: String = (0..20_000).map(|number| format!("w{number} ")).collect();
        let other: String =
            (0..20_000).map(|number| format!("w{} ", number * 7 % 20_000)).collect();
        let known =
            Prepared::new(Known { key: "k".to_owned(), title: String::new(), text: long.clone() });
        assert_eq!(likeness(&known, &words(&long), 0), Some(Likeness::Same));
        assert_eq!(likeness(&known, &words(&other), 0), None);
        let lines = "a\n\n".repeat(100_000);
        assert!(notices(&plain::blocks(&lines).list, &[known], &HashSet::new()).is_empty());
    }
}
