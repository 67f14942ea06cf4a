//! Texts as words: two copies of a text have the same ones, whatever quotation marks, spaces and emphasis they are
//! written with.

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;

use crate::domain::text::{folded, is_blank};

/// Signs that are words of their own: without them a text says something else.
const SIGNS: &str = "%\u{2030}$\u{20ac}\u{a3}\u{a5}\u{20bd}\u{a7}\u{b0}\u{a9}\u{ae}+<>=@";

/// A word.
#[derive(Clone, Debug)]
pub struct Word {
    /// The word in the form for comparisons (Unicode: NFKC, Default Caseless Matching). Letters with marks differ from
    /// those without: in many languages they are other words.
    pub text: String,
    /// True if it is written with a small letter, so that it is no name.
    pub is_small: bool,
}

/// The words of a text, and the signs in it that are no punctuation. A number is one word with its points, its sign and
/// its strokes.
#[must_use]
pub fn words(text: &str) -> Vec<Word> {
    let composed = ComposingNormalizerBorrowed::new_nfkc().normalize(text);
    let seen = |c: &char| c.is_whitespace() || !is_blank(*c);
    let mut chars = composed.chars().filter(seen).peekable();
    let (mut out, mut word) = (Vec::new(), String::new());
    let mut before = ' ';
    while let Some(c) = chars.next() {
        let c = plain_mark(c);
        let next = chars.peek().copied().unwrap_or(' ');
        let joins = match c {
            '\'' => before.is_alphanumeric() && next.is_alphanumeric(),
            '.' | ',' | ':' | '/' => before.is_ascii_digit() && next.is_ascii_digit(),
            '-' => {
                let is_sign = before.is_whitespace() || before == '(';
                next.is_ascii_digit() && (before.is_ascii_digit() || is_sign)
            }
            c => c.is_alphanumeric(),
        };
        if joins {
            word.push(c);
        } else {
            finish(&mut out, &mut word);
            if SIGNS.contains(c) {
                out.push(Word { text: c.to_string(), is_small: false });
            }
        }
        before = c;
    }
    finish(&mut out, &mut word);
    out
}

fn finish(out: &mut Vec<Word>, word: &mut String) {
    if word.is_empty() {
        return;
    }
    let is_small = word.starts_with(char::is_lowercase);
    let text = CaseMapper::new().fold_string(word).into_owned();
    out.push(Word { text, is_small });
    word.clear();
}

/// An apostrophe or dash as the ASCII one.
fn plain_mark(c: char) -> char {
    match c {
        '\u{2018}' | '\u{2019}' | '\u{2bc}' | '\u{60}' | '\u{2032}' => '\'',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        c => c,
    }
}

/// A short text for comparisons with lists of phrases: small letters without marks, apostrophes and punctuation, one
/// space between words.
#[must_use]
pub fn phrase(text: &str) -> String {
    let folded = folded(text);
    let is_letter = |c: char| c.is_alphanumeric() || is_apostrophe(c);
    let words = folded.split(|c: char| !is_letter(c)).filter(|word| !word.is_empty());
    let words = words.map(|word| word.replace(is_apostrophe, ""));
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{2bc}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        words(text).into_iter().map(|word| word.text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn copies_have_the_same_words() {
        for (one, other) in [
            (
                "Supplied by \u{201c}Northwire\u{201d} \u{2014} unchecked.",
                "supplied by \"NORTHWIRE\" - unchecked",
            ),
            ("isn\u{2019}t\u{a0}checked", "Isn't checked"),
            ("caf\u{e9}", "cafe\u{301}"),
            ("a\u{ad}b\u{200b}c", "abc"),
            ("2020\u{2013}2025", "2020-2025"),
            ("\u{fb01}t Stra\u{df}e", "fit STRASSE"),
        ] {
            assert_eq!(shown(one), shown(other), "{one}");
        }
        for (one, other) in [
            ("1.5", "15"),
            ("5 %", "5"),
            ("-5", "5"),
            ("10/1", "10.1"),
            ("is", "isn't"),
            ("$5", "5 €"),
            ("ou", "o\u{f9}"),
            ("мой", "мои"),
        ] {
            assert_ne!(shown(one), shown(other), "{one}");
        }
        assert_eq!(shown("(c) it's \u{2019}t 1,000.50 a-b a/b x."), "c it's t 1,000.50 a b a b x");
        assert!(words("northwire")[0].is_small && !words("Northwire")[0].is_small);
    }

    #[test]
    fn phrases_are_bare() {
        assert_eq!(phrase(" L\u{2019}URL doesn't \u{c9}xist!! "), "lurl doesnt exist");
        assert_eq!(phrase("' ... '"), "");
    }
}
