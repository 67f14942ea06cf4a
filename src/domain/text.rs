//! The characters that a text may contain, and the forms in which texts are compared.

/// Explicit directional formatting (Unicode UAX #9, sections 2.1 to 2.4): in a name or a title it
/// makes the text read as something else.
#[must_use]
pub fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// True if a one-line member (a name, a title) must not contain `c`.
#[must_use]
pub fn is_forbidden_in_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || is_bidi_control(c)
}

/// True if a text of several lines must not contain `c`; tab and newline are allowed.
#[must_use]
pub fn is_forbidden_in_text(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n')
}

/// The characters of [`is_blank`] other than white space, as part of a character class. It ends
/// with the basic multilingual plane: engines differ about characters above it in a class (with
/// and without the flag `u` of ECMA-262), and the reader is stricter.
macro_rules! unseen {
    () => {
        "\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufff8"
    };
}
/// [`is_forbidden_in_line`] and "not blank" as a pattern (ECMA-262).
pub const LINE_PATTERN: &str = concat!(
    "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*[^\\s\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e",
    unseen!(),
    "][^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"
);
/// [`is_forbidden_in_text`] as a pattern; CR is allowed before LF and becomes LF.
pub const TEXT_PATTERN: &str = "^(?:[^\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]|\\r\\n)*$";
/// [`TEXT_PATTERN`] for a text that must not be blank.
pub const FILLED_TEXT_PATTERN: &str = concat!(
    "^(?:[^\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]|\\r\\n)*[^\\s\\u0000-\\u001f\\u007f-\\u009f\\u202a-\\u202e",
    unseen!(),
    "](?:[^\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]|\\r\\n)*$"
);

/// Converts CR LF to LF, so that a text is the same on every system.
#[must_use]
pub fn normalize_newlines(text: String) -> String {
    if text.contains("\r\n") { text.replace("\r\n", "\n") } else { text }
}

/// Number of words (UAX 29 section 4): of those with a letter or digit. Languages that write no
/// spaces are divided by a dictionary. Words that ASCII punctuation or a hyphen joins are one
/// (`AT&T`, `well-known`, an address), unless it is a dash (`--`) or dots (`...`).
#[must_use]
pub fn count_words(text: &str) -> usize {
    if text.is_ascii() {
        return text.split_ascii_whitespace().map(count_ascii_words).sum();
    }
    let segmenter = icu_segmenter::WordSegmenter::new_dictionary(Default::default());
    let (mut words, mut start, mut last) = (0, 0, None);
    for end in segmenter.segment_str(text).skip(1) {
        // Its own judgement of what is a word misses those that end with a combining mark.
        if text[start..end].contains(char::is_alphanumeric) {
            let joins = last.is_some_and(|last: usize| is_joiner(&text[last..start]));
            words += usize::from(!joins);
            last = Some(end);
        }
        start = end;
    }
    words
}

fn count_ascii_words(run: &str) -> usize {
    let parts = run.split("--").flat_map(|part| part.split("..."));
    parts.filter(|part| part.bytes().any(|c| c.is_ascii_alphanumeric())).count()
}

/// True if the text between two words makes them one.
fn is_joiner(between: &str) -> bool {
    let is_hyphen = |c| matches!(c, '\u{2010}' | '\u{2011}');
    !between.is_empty()
        && between.chars().all(|c| c.is_ascii_punctuation() || is_hyphen(c))
        && !between.contains("--")
        && !between.contains("...")
}

/// True if `c` is a combining mark that takes no space of its own (Unicode: Mn and Me).
fn is_mark(c: char) -> bool {
    use icu_properties::props::{EnumeratedProperty as _, GeneralCategory};
    matches!(
        GeneralCategory::for_char(c),
        GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark
    )
}

/// True if `c` is invisible (Unicode: Default_Ignorable_Code_Point).
fn is_unseen(c: char) -> bool {
    use icu_properties::props::{BinaryProperty as _, DefaultIgnorableCodePoint};
    DefaultIgnorableCodePoint::for_char(c)
}

/// Most combining marks that are shown on one letter: no written language needs more.
const MARKS_MAX: usize = 6;

/// A text without characters that affect its surroundings: explicit directional formatting that
/// reverses what follows, and stacks of marks that cover other lines.
#[must_use]
pub fn contained(text: &str) -> String {
    let mut marks = 0;
    let stays = |c: &char| {
        if is_mark(*c) {
            marks += 1;
        } else if !is_unseen(*c) {
            marks = 0;
        }
        // Variation selectors are invisible marks.
        marks <= MARKS_MAX && !is_bidi_control(*c)
    };
    text.chars().filter(stays).collect()
}

/// A text in the form for comparisons: compatibility decomposition (Unicode: NFKD), any case
/// (Default Caseless Matching), without marks and invisible characters, and with one space for any
/// white space.
#[must_use]
pub fn folded(text: &str) -> String {
    let normal = icu_normalizer::DecomposingNormalizerBorrowed::new_nfkd();
    let folded = icu_casemap::CaseMapper::new().fold_string(&normal.normalize(text)).into_owned();
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

/// The form of a name for comparisons: two names that a reader takes for the same have the same
/// form.
///
/// Canonically and compatibly equivalent characters are equal (Unicode C6, NFKD), in any case
/// (Default Caseless Matching); invisible characters are left out, white space is one space, a
/// dash is a hyphen, and quotation marks are the ASCII one. A letter of another script is replaced
/// by the ASCII letter that its capital looks like (UTS 39 section 4), if its word mixes scripts
/// with ASCII or consists of such letters alone. Letters within a script stay distinct, and so do
/// letters with and without accents.
#[must_use]
pub fn look_alike(text: &str) -> String {
    let words = match text.is_ascii() {
        true => text.split_ascii_whitespace().map(str::to_ascii_lowercase).collect(),
        false => folded_words(text),
    };
    words.join(" ")
}

fn folded_words(text: &str) -> Vec<String> {
    let normal = icu_normalizer::DecomposingNormalizerBorrowed::new_nfkd();
    // Before the decomposition: an acute accent by itself is a space with a mark.
    let marked: String = text.chars().map(plain_mark).collect();
    let folded =
        icu_casemap::CaseMapper::new().fold_string(&normal.normalize(&marked)).into_owned();
    let mut plain = String::with_capacity(text.len());
    for c in normal.normalize(&folded).chars() {
        match c {
            c if is_unseen(c) => {}
            c if is_blank(c) => plain.push(' '),
            // Turkish and Azerbaijani have a dotless i, and a dotted capital I.
            '\u{131}' => plain.push('i'),
            '\u{307}' if plain.ends_with('i') => {}
            c => plain.push(plain_mark(c)),
        }
    }
    plain.split_whitespace().map(in_ascii).collect()
}

/// A dash as a hyphen and a quotation mark as the ASCII one; any other character unchanged.
fn plain_mark(c: char) -> char {
    use icu_properties::props::{EnumeratedProperty as _, GeneralCategory};
    match c {
        '\u{60}' | '\u{b4}' | '\u{2018}'..='\u{201b}' | '\u{2032}' | '\u{2b9}'..='\u{2bd}' => '\'',
        '\u{ab}' | '\u{bb}' | '\u{201c}'..='\u{201f}' | '\u{2033}' => '"',
        '\u{2212}' => '-',
        c if GeneralCategory::for_char(c) == GeneralCategory::DashPunctuation => '-',
        c => c,
    }
}

/// A word with ASCII letters instead of those that look like them, if it imitates an ASCII word.
fn in_ascii(word: &str) -> String {
    let letters = || word.chars().filter(|c| c.is_alphabetic());
    let mixes = letters().any(|c| c.is_ascii());
    let passes = letters().all(|c| c.is_ascii() || prototype(c).is_some());
    match !word.is_ascii() && (mixes || passes) {
        true => word.chars().map(|c| prototype(c).unwrap_or(c)).collect(),
        false => word.to_owned(),
    }
}

/// The ASCII lower-case letter whose capital looks like the capital of `c`. Comparing capitals
/// makes a name the same in any case.
fn prototype(c: char) -> Option<char> {
    let mut capitals = c.to_uppercase();
    let capital = capitals.next().filter(|capital| !c.is_ascii() && *capital != c)?;
    if capitals.next().is_some() {
        return None;
    }
    let mut buffer = [0; 4];
    let mut skeleton = unicode_security::skeleton(capital.encode_utf8(&mut buffer));
    match (skeleton.next()?, skeleton.next()) {
        // The table has `l` for letters that look like a capital I.
        ('l', None) => Some('i'),
        (letter, None) => letter.is_ascii_uppercase().then(|| letter.to_ascii_lowercase()),
        _ => None,
    }
}

/// True if `c` is invisible: white space, ignorable characters (UAX 44: `White_Space`,
/// `Default_Ignorable_Code_Point`), the blank Braille cell.
#[must_use]
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || is_unseen(c) || c == '\u{2800}'
}

/// Longest piece of a client's own text that a response repeats, in characters.
const ECHO_MAX: usize = 200;

/// A client's text, cut to keep a response short.
#[must_use]
pub fn cut(text: &str) -> String {
    text.chars().take(ECHO_MAX).collect()
}

/// Bytes as hexadecimal digits, in lower case.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |number: u8| char::from(DIGITS[usize::from(number)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_in_every_script() {
        for (text, words) in [
            ("one two\nthree", 3),
            ("AT&T R&D Q&A", 3),
            ("don't don\u{2019}t", 2),
            ("well-known co\u{2010}op", 2),
            ("3.5 1,000 % & -", 2),
            ("either/or https://example.com/a_b?c=d editor@example.com", 3),
            ("wait\u{2014}what wait--what wait...what wait\u{2026}what", 8),
            // Marks at the end of words: Hindi, Hebrew, Arabic.
            ("\u{939}\u{93f}\u{928}\u{94d}\u{926}\u{940} \u{92d}\u{93e}\u{937}\u{93e}", 2),
            ("\u{5d0}\u{5b8} \u{5d1}\u{5b8}", 2),
            ("\u{643}\u{64e} \u{644}\u{64f}", 2),
            ("caf\u{e9} cafe\u{301} \u{ab}mot\u{bb}", 3),
            ("na\u{ad}ive", 1),
            // Japanese, Chinese, Thai, Korean.
            ("\u{79c1}\u{306f}\u{5b66}\u{751f}\u{3067}\u{3059}\u{3002}", 4),
            ("\u{6211}\u{4eec}\u{662f}\u{5b66}\u{751f}", 3),
            (
                "\u{e2a}\u{e27}\u{e31}\u{e2a}\u{e14}\u{e35}\u{e0a}\u{e32}\u{e27}\u{e42}\u{e25}\u{e01}",
                3,
            ),
            ("\u{d55c}\u{ad6d} \u{c0ac}\u{b78c}", 2),
            ("\u{43d}\u{43e}\u{432}\u{43e}\u{441}\u{442}\u{438} \u{434}\u{43d}\u{44f}", 2),
            ("", 0),
            ("--- ... \u{2014}", 0),
        ] {
            assert_eq!(count_words(text), words, "{text}");
        }
    }

    #[test]
    fn names_that_a_reader_takes_for_one_are_one() {
        for (names, form) in [
            (
                &[
                    "Northwire", "NORTHWIRE", " Northwire ", "North\u{ad}wire",
                    "\u{200b}Northwire\u{feff}", "\u{ff2e}orthwire", "N\u{43e}rthwire",
                    "N\u{41e}R\u{422}\u{41d}WIRE", "\u{39d}\u{39f}RTHW\u{406}RE",
                    "\u{1d40d}orthwire",
                ][..],
                "northwire",
            ),
            (&["Agence-Est", "Agence\u{2010}Est", "AGENCE\u{2011}EST"], "agence-est"),
            (
                &["Valley  Wire", "Valley\u{a0}Wire", "valley\twire", "Valley\u{2800}Wire"],
                "valley wire",
            ),
            (&["O'Hara", "O\u{2019}Hara", "O\u{b4}Hara"], "o'hara"),
            (
                &["\"Wire\"", "\u{201c}Wire\u{201d}", "\u{201e}Wire\u{201c}", "\u{ab}Wire\u{bb}"],
                "\"wire\"",
            ),
            (&["Agence - Est", "Agence \u{2014} Est"], "agence - est"),
            (&["demo", "D\u{435}\u{43c}\u{43e}", "\u{434}\u{435}mo"][..2], "demo"),
            (&["import", "\u{456}m\u{440}\u{43e}rt"], "import"),
        ] {
            for name in names {
                assert_eq!(look_alike(name), form, "{name:?}");
            }
        }
        let accents =
            ["Le T\u{e9}l\u{e9}gramme", "Le Te\u{301}le\u{301}gramme", "LE T\u{c9}L\u{c9}GRAMME"];
        assert!(accents.iter().all(|name| look_alike(name) == look_alike(accents[0])));
        assert_eq!(look_alike("STRASSE"), look_alike("Stra\u{df}e"));
        for (one, other) in [
            (accents[0], "Le Telegramme"),
            ("18F", "I8F"),
            ("Modern", "Modem"),
            ("North wire", "Northwire"),
            // Letters that are distinct within one script.
            ("\u{5d3}\u{5df}", "\u{5d3}\u{5d5}"),
            ("\u{571f}\u{5831}", "\u{58eb}\u{5831}"),
            ("\u{5317}\u{4eac}\u{4e00}", "\u{5317}\u{4eac}\u{30fc}"),
            ("\u{642}\u{646}\u{627}\u{629} \u{665}", "\u{642}\u{646}\u{627}\u{629} \u{647}"),
            ("\u{422}\u{412} \u{411}", "\u{422}\u{412} 6"),
            ("\u{413}\u{43e}\u{440}\u{430}", "Ropa"),
            (
                "\u{41d}\u{43e}\u{432}\u{43e}\u{441}\u{442}\u{438}",
                "\u{41d}\u{43e}\u{432}\u{44b}\u{435}",
            ),
        ] {
            assert_ne!(look_alike(one), look_alike(other), "{one} {other}");
        }
        // The form is idempotent.
        for name in [
            "\u{41d}\u{43e}\u{432}\u{43e}\u{441}\u{442}\u{438}",
            "\u{65b0}\u{534e}\u{793e}",
            accents[1],
        ] {
            assert_eq!(look_alike(&look_alike(name)), look_alike(name), "{name}");
        }
    }

    /// Providers' names are often written in capitals.
    #[test]
    fn a_name_is_the_same_in_any_case() {
        let alphabets = [
            'a'..='z',
            '\u{e0}'..='\u{f6}',
            '\u{f8}'..='\u{fe}',
            '\u{101}'..='\u{17e}',
            '\u{3b1}'..='\u{3c9}',
            '\u{430}'..='\u{45f}',
            '\u{48b}'..='\u{4ff}',
            '\u{561}'..='\u{586}',
            '\u{10d0}'..='\u{10f0}',
        ];
        for alphabet in alphabets {
            let letters: Vec<char> = alphabet.filter(|c| c.is_alphabetic()).collect();
            for pair in letters.windows(2) {
                for word in
                    [pair.iter().collect::<String>(), format!("x{}", pair[0]), pair[1].to_string()]
                {
                    let form = look_alike(&word);
                    assert_eq!(look_alike(&word.to_uppercase()), form, "{word}");
                    assert_eq!(look_alike(&word.to_lowercase()), form, "{word}");
                }
            }
        }
        for name in [
            "\u{420}\u{418}\u{410} \u{41d}\u{43e}\u{432}\u{43e}\u{441}\u{442}\u{438}",
            "\u{422}\u{410}\u{421}\u{421}",
            "\u{415}\u{43b}\u{43b}\u{430}\u{434}\u{430}",
            "\u{395}\u{3bb}\u{3bb}\u{3ac}\u{3c2}",
            "\u{391}\u{3c0}\u{3b5}",
            "I\u{15f}\u{131}k",
            "\u{130}stanbul",
        ] {
            let form = look_alike(name);
            assert_eq!(look_alike(&name.to_uppercase()), form, "{name}");
            assert_eq!(look_alike(&name.to_lowercase()), form, "{name}");
        }
    }

    #[test]
    fn patterns_say_what_is_blank() {
        let line = regex::Regex::new(LINE_PATTERN).unwrap();
        let filled = regex::Regex::new(FILLED_TEXT_PATTERN).unwrap();
        for c in (0..=0x10_ffff).filter_map(char::from_u32) {
            let (text, is_seen) = (c.to_string(), !is_blank(c) || c > '\u{ffff}');
            assert_eq!(line.is_match(&text), is_seen && !is_forbidden_in_line(c), "{c:?}");
            assert_eq!(filled.is_match(&text), is_seen && !is_forbidden_in_text(c), "{c:?}");
        }
    }

    /// If new Unicode tables give keys other than those stored in databases,
    /// `db::spelling::FOLDING` must be increased, and this number updated.
    #[test]
    fn keys_are_those_that_databases_hold() {
        use sha2::{Digest as _, Sha256};
        let mut digest = Sha256::new();
        for c in (0..=0x1_ffff).filter_map(char::from_u32) {
            digest.update(look_alike(&format!("a{c}b")).as_bytes());
        }
        let number = &digest.finalize()[..4];
        assert_eq!(u32::from_be_bytes(number.try_into().unwrap()), 2_295_910_006);
    }
}
