//! The folded form of a word: what two spellings have in common that a reader takes for one.

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::props::{
    BinaryProperty as _, DefaultIgnorableCodePoint, EnumeratedProperty as _, GeneralCategory,
    Script,
};

/// True if `c` is a combining mark (Unicode: Mn, Mc, Me).
pub(super) fn is_mark(c: char) -> bool {
    matches!(
        GeneralCategory::for_char(c),
        GeneralCategory::NonspacingMark
            | GeneralCategory::SpacingMark
            | GeneralCategory::EnclosingMark
    )
}

/// True if a reader cannot see `c`, or it only stretches a word.
pub(super) fn is_unseen(c: char) -> bool {
    // Tatweel; Armenian marks of stress and question, which stand inside words; the point of l·l.
    matches!(c, '\u{640}' | '\u{55b}'..='\u{55e}' | '\u{b7}')
        || DefaultIgnorableCodePoint::for_char(c)
}

/// The script of a character.
pub(super) fn script(c: char) -> Script {
    Script::for_char(c)
}

/// The folded form of a word: any case (Unicode Default Caseless Matching), composed or decomposed,
/// compatibility forms (half-width, superscripts), marks that readers leave out, letters that most
/// keyboards lack, and digits of any script.
///
/// Marks go by script: in Latin, Greek, Hebrew and Arabic all are left out in typing; in Cyrillic
/// only that of \u{451} and the stress; in Indic scripts the nukta; elsewhere they tell words apart.
#[must_use]
pub fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    let decomposing = DecomposingNormalizerBorrowed::new_nfkd();
    let folded = CaseMapper::new().fold_string(&decomposing.normalize(word)).into_owned();
    let mut out = String::with_capacity(folded.len());
    let mut base = Script::Common;
    let mut last = None;
    for c in decomposing.normalize(&folded).chars() {
        if is_unseen(c) {
            continue;
        }
        if is_mark(c) {
            if is_kept(c, base, last) {
                out.push(c);
            }
            continue;
        }
        base = script(c);
        last = Some(c);
        push_letter(c, &mut out);
    }
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(&out).into_owned();
    match base {
        Script::Devanagari => nasals(&composed),
        Script::Armenian => composed.replace("\u{565}\u{57e}", "\u{565}\u{582}"),
        _ => composed,
    }
}

/// True if a mark tells one word from another in the script of its letter.
fn is_kept(mark: char, base: Script, letter: Option<char>) -> bool {
    match base {
        Script::Latin
        | Script::Greek
        | Script::Hebrew
        | Script::Arabic
        | Script::Syriac
        | Script::Common => false,
        // Short i and short u are letters of their own, and so is the Ukrainian yi; the two dots of
        // yo and the stress are left out.
        Script::Cyrillic => match mark {
            '\u{306}' => matches!(letter, Some('\u{438}' | '\u{443}' | '\u{436}')),
            '\u{308}' => letter == Some('\u{456}'),
            '\u{301}' => matches!(letter, Some('\u{433}' | '\u{43a}')),
            _ => false,
        },
        // The nukta of all Indic scripts.
        _ => !matches!(
            mark,
            '\u{93c}' | '\u{9bc}' | '\u{a3c}' | '\u{abc}' | '\u{b3c}' | '\u{cbc}' | '\u{1133c}'
        ),
    }
}

/// Adds a letter, or what it is written as where a keyboard lacks it.
fn push_letter(c: char, out: &mut String) {
    let other = match c {
        '\u{142}' => "l",
        '\u{f8}' => "o",
        '\u{f0}' | '\u{111}' | '\u{256}' => "d",
        '\u{fe}' => "th",
        '\u{e6}' => "ae",
        '\u{153}' => "oe",
        '\u{127}' => "h",
        '\u{131}' => "i",
        '\u{14b}' => "n",
        '\u{167}' => "t",
        '\u{138}' => "k",
        '\u{259}' | '\u{1dd}' => "e",
        '\u{253}' => "b",
        '\u{257}' => "d",
        '\u{199}' => "k",
        '\u{1b4}' => "y",
        '\u{3c2}' => "\u{3c3}",
        // Letters of Malayalam that stand for one with a virama.
        '\u{d7a}' => "\u{d23}\u{d4d}",
        '\u{d7b}' => "\u{d28}\u{d4d}",
        '\u{d7c}' => "\u{d30}\u{d4d}",
        '\u{d7d}' => "\u{d32}\u{d4d}",
        '\u{d7e}' => "\u{d33}\u{d4d}",
        '\u{d7f}' => "\u{d15}\u{d4d}",
        // Alif in its forms, yeh, kaf, teh marbuta.
        '\u{671}' => "\u{627}",
        '\u{649}' | '\u{6cc}' | '\u{6d2}' => "\u{64a}",
        '\u{6a9}' => "\u{643}",
        '\u{629}' | '\u{6c1}' | '\u{6d5}' => "\u{647}",
        c => {
            match digit(c) {
                Some(digit) => out.push(digit),
                None => out.push(c),
            }
            return;
        }
    };
    out.push_str(other);
}

/// The ASCII digit for a decimal digit of any script. Unicode keeps ten in a row, and every row
/// begins at a multiple of two from which nine more follow.
fn digit(c: char) -> Option<char> {
    if GeneralCategory::for_char(c) != GeneralCategory::DecimalNumber {
        return c.is_ascii_digit().then_some(c);
    }
    let is_digit = |code: u32| {
        char::from_u32(code)
            .is_some_and(|c| GeneralCategory::for_char(c) == GeneralCategory::DecimalNumber)
    };
    let code = u32::from(c);
    // The first of the run of digits that it is in; runs follow one another without a gap only in
    // blocks of ten.
    let mut first = code;
    while first > 0 && is_digit(first - 1) {
        first -= 1;
    }
    char::from_digit((code - first) % 10, 10)
}

/// A nasal letter before a consonant of Devanagari is written as an anusvara too.
fn nasals(word: &str) -> String {
    const VIRAMA: char = '\u{94d}';
    let chars: Vec<char> = word.chars().collect();
    let mut out = String::with_capacity(word.len());
    let mut at = 0;
    while at < chars.len() {
        let is_nasal =
            matches!(chars[at], '\u{919}' | '\u{91e}' | '\u{923}' | '\u{928}' | '\u{92e}');
        let joins = chars.get(at + 1) == Some(&VIRAMA)
            && chars.get(at + 2).is_some_and(|next| ('\u{915}'..='\u{939}').contains(next));
        if is_nasal && joins && at > 0 {
            out.push('\u{902}');
            at += 2;
            continue;
        }
        out.push(if chars[at] == '\u{901}' { '\u{902}' } else { chars[at] });
        at += 1;
    }
    out
}

/// The other forms of a word that readers type for letters that their keyboard lacks: the official
/// spellings without them.
pub(super) fn spelled_out(word: &str) -> Vec<String> {
    if word.is_ascii() {
        return Vec::new();
    }
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(word).into_owned();
    let letters = CaseMapper::new().fold_string(&composed).into_owned();
    let letters = ComposingNormalizerBorrowed::new_nfc().normalize(&letters).into_owned();
    let with = |other: fn(char) -> Option<&'static str>| {
        let mut changed = false;
        let mut out = String::with_capacity(letters.len() + 2);
        for c in letters.chars() {
            match other(c) {
                Some(text) => {
                    changed = true;
                    out.push_str(text);
                }
                None => out.push(c),
            }
        }
        changed.then(|| fold(&out))
    };
    // Hexagonal spelling: umlauts and rings with a second letter; Croatian and Vietnamese d; schwa.
    let ways: [fn(char) -> Option<&'static str>; 3] = [
        |c| match c {
            '\u{e4}' => Some("ae"),
            '\u{f6}' | '\u{f8}' => Some("oe"),
            '\u{fc}' => Some("ue"),
            '\u{e5}' => Some("aa"),
            _ => None,
        },
        |c| (c == '\u{111}').then_some("dj"),
        |c| (c == '\u{259}').then_some("a"),
    ];
    let mut forms: Vec<String> = ways.into_iter().filter_map(with).collect();
    forms.dedup();
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_word_are_one() {
        for (one, other) in [
            ("ZU\u{308}RICH", "zurich"),
            ("stra\u{df}e", "STRASSE"),
            ("\u{130}stanbul", "istanbul"),
            ("\u{41}\u{308}", "a"),
            ("\u{660}\u{661}\u{662}", "012"),
            ("\u{1d7d8}\u{1d7e3}", "01"),
            ("\u{6f1}\u{6f4}", "14"),
            ("\u{ff76}\u{ff9e}", "\u{30ac}"),
            ("\u{30ab}\u{3099}", "\u{30ac}"),
            ("\u{1112}\u{1161}\u{11ab}", "\u{d55c}"),
            ("\u{565}\u{57e}", "\u{587}"),
            ("\u{936}\u{902}\u{915}\u{930}", "\u{936}\u{919}\u{94d}\u{915}\u{930}"),
            ("\u{623}\u{62d}\u{645}\u{62f}", "\u{627}\u{62d}\u{645}\u{62f}"),
            ("\u{401}\u{43b}\u{43a}\u{430}", "\u{435}\u{43b}\u{43a}\u{430}"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
        for (one, other) in [
            ("\u{439}", "\u{438}"),
            ("\u{457}", "\u{456}"),
            ("\u{45e}", "\u{443}"),
            ("\u{30ac}", "\u{30ab}"),
            ("\u{e04}\u{e23}\u{e31}\u{e1a}", "\u{e04}\u{e23}\u{e35}\u{e1a}"),
            ("\u{915}\u{93f}", "\u{915}\u{941}"),
        ] {
            assert_ne!(fold(one), fold(other), "{one} {other}");
        }
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for c in (0..=0x1_ffff).filter_map(char::from_u32) {
            let once = fold(&format!("a{c}"));
            assert_eq!(fold(&once), once, "{:x}", u32::from(c));
            let alone = fold(&c.to_string());
            assert_eq!(fold(&alone), alone, "{:x}", u32::from(c));
        }
    }

    #[test]
    fn letters_have_the_spellings_that_offices_use() {
        assert_eq!(spelled_out("M\u{fc}nchen"), ["muenchen"]);
        assert_eq!(spelled_out("\u{c5}rhus"), ["aarhus"]);
        assert_eq!(spelled_out("\u{110}okovi\u{107}"), ["djokovic"]);
        assert_eq!(spelled_out("\u{18f}liyev"), ["aliyev"]);
        assert!(spelled_out("Paris").is_empty() && spelled_out("Pe\u{f1}a").is_empty());
    }
}
