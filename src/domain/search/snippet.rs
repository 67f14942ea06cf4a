//! The excerpt of a text that shows why it was found, safe to put into a page.

use std::ops::Range;

use super::tokens::tokens;
use super::typed::{Typed, places};
use crate::domain::markup::escape_into;

/// Most bytes of a text that are looked through for an excerpt: a long read, and under a
/// millisecond.
pub const SNIPPET_TEXT_MAX: usize = 32 * 1024;
/// Length of an excerpt, in bytes: two or three lines of a search result.
const LENGTH: usize = 240;
/// Bytes of it before the first word that was found.
const LEAD: usize = 60;

/// The excerpt of `text` around the first words that `typed` finds, as HTML: those are in
/// `<mark>`, everything else is escaped, and `…` stands where the text goes on. `None` if it finds
/// none there.
#[must_use]
pub fn snippet(typed: &Typed, text: &str) -> Option<String> {
    let text = &text[..floor(text, SNIPPET_TEXT_MAX)];
    let tokens = tokens(text);
    let parts = typed.wanted().iter().flat_map(|term| term.0.iter().flatten());
    let mut hits: Vec<Range<usize>> = parts.flat_map(|part| places(part, &tokens)).collect();
    hits.sort_unstable_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end)));
    let first_hit = hits.first()?.clone();
    let first = first_hit.start;
    // Cut between words.
    let borders = || tokens.iter().filter(|token| !token.range.is_empty());
    let start = match first > LEAD {
        true => borders()
            .map(|token| token.range.start)
            .find(|start| *start + LEAD >= first)
            .unwrap_or(first),
        false => 0,
    };
    let ends = borders().map(|token| token.range.end);
    let end = match text.len() - start > LENGTH {
        true => ends.take_while(|end| *end <= start + LENGTH).last().unwrap_or(first),
        false => text.len(),
    };
    // A word that is longer than the excerpt is shown in part.
    let end = end.max(floor(text, first_hit.end.min(first + LENGTH)));
    for hit in &mut hits {
        hit.end = hit.end.min(end);
    }
    let mut out = String::with_capacity(LENGTH * 2);
    if start > 0 {
        out.push('\u{2026}');
    }
    let mut at = start;
    for hit in hits {
        if hit.start < at || hit.start >= hit.end {
            continue;
        }
        push(&text[at..hit.start], &mut out);
        out.push_str("<mark>");
        push(&text[hit.clone()], &mut out);
        out.push_str("</mark>");
        at = hit.end;
    }
    push(&text[at..end], &mut out);
    if end < text.len() {
        out.push('\u{2026}');
    }
    Some(out.trim().to_owned())
}

/// Adds a text, escaped and on one line.
fn push(text: &str, out: &mut String) {
    let mut was_space = false;
    for c in text.chars() {
        if c.is_whitespace() {
            if !was_space {
                out.push(' ');
            }
            was_space = true;
            continue;
        }
        was_space = false;
        escape_into(c.encode_utf8(&mut [0; 4]), out);
    }
}

/// The last border of a character at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn of(typed: &str, text: &str) -> String {
        snippet(&parse(typed).unwrap(), text).unwrap_or_default()
    }

    #[test]
    fn what_was_found_is_marked_and_the_rest_is_escaped() {
        for (typed, text, want) in [
            ("fox", "A <b> fox & a hen", "A &lt;b&gt; <mark>fox</mark> &amp; a hen"),
            ("amp", "AT&T amp; <mark>", "AT&amp;T <mark>amp</mark>; &lt;mark&gt;"),
            ("\"a hen\"", "A fox & a\n\nhen", "A fox &amp; <mark>a hen</mark>"),
            ("muenchen", "In M\u{fc}nchen.", "In <mark>M\u{fc}nchen</mark>."),
            ("obrien", "Mr O\u{2019}Brien left", "Mr <mark>O\u{2019}Brien</mark> left"),
            (
                "\u{5317}\u{4eac}",
                "\u{5728}\u{5317}\u{4eac}\u{6210}\u{7acb}",
                "\u{5728}<mark>\u{5317}\u{4eac}</mark>\u{6210}\u{7acb}",
            ),
            ("fox", "no such animal", ""),
        ] {
            assert_eq!(of(typed, text), want, "{text}");
        }
    }

    #[test]
    fn a_long_text_is_cut_between_words() {
        let text = format!("{} needle {}", "before ".repeat(100), "after ".repeat(100));
        let got = of("needle", &text);
        assert!(got.starts_with("\u{2026}before") && got.ends_with("after\u{2026}"), "{got}");
        assert!(got.contains("<mark>needle</mark>") && got.len() < LENGTH + 30, "{got}");
        let word = "x".repeat(1_000);
        let long = of(&format!("{}*", &word[..9]), &word);
        assert!(long.starts_with("<mark>xxx") && long.ends_with("</mark>\u{2026}"), "{long}");
        let after = of("xxxx*", &format!("zzz {word}"));
        assert!(after.starts_with("zzz <mark>xxx") && after.len() < LENGTH + 30, "{after}");
    }
}
