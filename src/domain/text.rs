//! What characters a text may hold.

/// Explicit directional formatting (Unicode UAX #9, sections 2.1 to 2.4): in a
/// name or a title it makes a text read as something that it isn't.
#[must_use]
pub fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a one-line member (a name, a title) may not hold `c`.
#[must_use]
pub fn is_forbidden_in_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || is_bidi_control(c)
}

/// Whether a text of several lines may not hold `c`; tab and newline are fine.
#[must_use]
pub fn is_forbidden_in_text(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n')
}

/// What [`is_forbidden_in_line`] and "not blank" say, as a pattern (ECMA-262).
pub const LINE_PATTERN: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*[^\\s\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069][^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$";
/// What [`is_forbidden_in_text`] says, as a pattern; CR is allowed before LF and becomes LF.
pub const TEXT_PATTERN: &str = "^(?:[^\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]|\\r\\n)*$";
/// [`TEXT_PATTERN`] for a text that may not be blank.
pub const FILLED_TEXT_PATTERN: &str = "^(?:[^\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]|\\r\\n)*[^\\s\\u0000-\\u001f\\u007f-\\u009f](?:[^\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]|\\r\\n)*$";

/// CR LF becomes LF, so that a text has one form whatever system it was typed on.
#[must_use]
pub fn normalize_newlines(text: String) -> String {
    if text.contains("\r\n") {
        text.replace("\r\n", "\n")
    } else {
        text
    }
}

/// Number of words: runs of characters that are not white space and hold a letter or a digit.
#[must_use]
pub fn count_words(text: &str) -> usize {
    text.split_whitespace()
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .count()
}

/// Whether `c` is a mark on the letter before it that takes no room of its own (Unicode: Mn and Me).
fn is_mark(c: char) -> bool {
    use icu_properties::props::{EnumeratedProperty as _, GeneralCategory};
    matches!(
        GeneralCategory::for_char(c),
        GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark
    )
}

/// Whether `c` is never seen (Unicode: Default_Ignorable_Code_Point).
fn is_unseen(c: char) -> bool {
    use icu_properties::props::{BinaryProperty as _, DefaultIgnorableCodePoint};
    DefaultIgnorableCodePoint::for_char(c)
}

/// Most marks on one letter that are shown: no written language needs more.
const MARKS_MAX: usize = 6;

/// A text without what would reach beyond it where it is shown: explicit directions that turn
/// what follows around, and towers of marks that cover other lines.
#[must_use]
pub fn contained(text: &str) -> String {
    let mut marks = 0;
    let stays = |c: &char| {
        if is_mark(*c) {
            marks += 1;
        } else if !is_unseen(*c) {
            marks = 0;
        }
        // Variation selectors are marks that are not seen.
        marks <= MARKS_MAX && !is_bidi_control(*c)
    };
    text.chars().filter(stays).collect()
}

/// A text as it is compared with others: compatible characters are one (Unicode: NFKD), in any
/// case (Default Caseless Matching), without marks and characters that are not seen, with one space where
/// there is any white space.
#[must_use]
pub fn folded(text: &str) -> String {
    let normal = icu_normalizer::DecomposingNormalizerBorrowed::new_nfkd();
    let folded = icu_casemap::CaseMapper::new()
        .fold_string(&normal.normalize(text))
        .into_owned();
    let mut out = String::with_capacity(text.len());
    for word in normal.normalize(&folded).split_whitespace() {
        let start = out.len();
        if start > 0 {
            out.push(' ');
        }
        let before = out.len();
        out.extend(word.chars().filter(|c| !is_mark(*c) && !is_unseen(*c)));
        if out.len() == before {
            out.truncate(start);
        }
    }
    out
}

/// Longest piece of a client's own text that an answer repeats, in characters.
const ECHO_MAX: usize = 200;

/// What a client sent, cut so that an answer stays short.
#[must_use]
pub fn cut(text: &str) -> String {
    text.chars().take(ECHO_MAX).collect()
}
