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

/// Marks that stand above or below any letter (Unicode: the blocks of combining diacritical marks).
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

/// Most marks on one letter that are shown: written languages need three.
const MARKS_MAX: usize = 4;

/// A text without what would reach beyond it where it is shown: explicit directions that turn
/// what follows around, and towers of marks that cover other lines.
#[must_use]
pub fn contained(text: &str) -> String {
    let mut marks = 0;
    let stays = |c: &char| {
        marks = if is_mark(*c) { marks + 1 } else { 0 };
        marks <= MARKS_MAX && !is_bidi_control(*c)
    };
    text.chars().filter(stays).collect()
}

/// Whether `c` leaves no letter of its own: what joins, splits or decorates letters so that a word
/// is no longer the same to a program (Unicode: default ignorable, and marks).
fn is_unseen(c: char) -> bool {
    is_mark(c)
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// A text as it is compared with others: in small letters, without characters that are not
/// seen, with one space where there is any white space.
#[must_use]
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let seen = word.chars().filter(|c| !is_unseen(*c));
        let before = out.len();
        if before > 0 {
            out.push(' ');
        }
        let start = out.len();
        out.extend(seen.flat_map(char::to_lowercase));
        if out.len() == start {
            out.truncate(before);
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
