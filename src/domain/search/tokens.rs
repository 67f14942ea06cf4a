//! The words of a text, with their places and their other forms.

use std::ops::Range;

use icu_properties::props::Script;

use super::fold::{fold, is_mark, is_unseen, script, spelled_out};

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its bytes in the text.
    pub range: Range<usize>,
    /// The folded word; a single character of a script without spaces.
    pub text: String,
    /// Other forms under which readers look for it, or for it and the words after it.
    pub forms: Vec<Form>,
    /// True for a character of a script that writes no spaces.
    pub is_character: bool,
}

/// Another form of a word, or of several that are written as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Its bytes in the text.
    pub range: Range<usize>,
    /// The form.
    pub text: String,
    /// True if it replaces the word in a query: `C++` is not looked for as `c`.
    pub is_exact: bool,
}

/// Stand for signs that make a word another one (`C++`, `C#`). No folded word contains them: they
/// are for private use, and the index takes them for letters.
const PLUS: char = '\u{e001}';
const SHARP: char = '\u{e002}';
/// Most words that are joined to one form (`up-to-date`).
const JOINED_MAX: usize = 5;
/// Ends of English contractions: with them, an apostrophe does not make a name.
const CONTRACTIONS: [&str; 7] = ["ll", "re", "ve", "s", "t", "d", "m"];

/// Fewest characters before an apostrophe that stands inside a word; articles and the like are
/// shorter.
const INSIDE_MIN: usize = 3;

/// How characters of scripts without spaces are paired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pairing {
    /// Within words of the dictionary, and between words of one character each.
    Words,
    /// All neighbours: in what a reader types.
    All,
}

/// The words of a text.
#[must_use]
pub fn tokens(text: &str) -> Vec<Token> {
    read(text, Pairing::Words)
}

/// The words of a typed query.
pub(super) fn typed_tokens(text: &str) -> Vec<Token> {
    read(text, Pairing::All)
}

fn read(text: &str, pairing: Pairing) -> Vec<Token> {
    let mut out = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some(&(start, c)) = chars.peek() {
        if is_unspaced(c) {
            let mut clusters = Vec::new();
            while let Some(&(at, c)) = chars.peek() {
                let is_next = is_unspaced(c) || continues(c) && !clusters.is_empty();
                if !is_next {
                    break;
                }
                chars.next();
                let end = at + c.len_utf8();
                match clusters.last_mut() {
                    Some(last) if continues(c) || is_inner_jamo(c) || is_am(text, last, c) => {
                        let last: &mut Range<usize> = last;
                        last.end = end;
                    }
                    _ => clusters.push(at..end),
                }
            }
            push_characters(text, &clusters, pairing, &mut out);
        } else if is_letter(c) {
            let mut end = start;
            let mut last = c;
            while let Some(&(at, c)) = chars.peek() {
                let is_inside = !is_unspaced(c) && is_letter(c)
                    || is_mark(c)
                    || is_catalan_point(text, at, last)
                    || is_unseen(c)
                        && c != '\u{b7}'
                        && !(c == '\u{200c}' && script(last) == Script::Arabic)
                    || is_hebrew_sign(text, at, last);
                if !is_inside {
                    break;
                }
                chars.next();
                end = at + c.len_utf8();
                last = c;
            }
            push_word(text, start..end, &mut out);
        } else {
            chars.next();
        }
    }
    add_joined(text, &mut out);
    out
}

/// True if `c` is part of a word that has spaces around it.
fn is_letter(c: char) -> bool {
    c.is_alphanumeric() && !is_mark(c) && !is_apostrophe(c)
}

/// True for the apostrophe in its forms, also where it is a letter.
fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{2018}' | '\u{2bc}' | '\u{2bb}' | '\u{60}' | '\u{ff07}')
}

/// True if the script of `c` writes words without spaces, or glues endings to them (Korean).
fn is_unspaced(c: char) -> bool {
    if c.is_ascii() || is_mark(c) {
        return false;
    }
    // Words in one square are Katakana, and no letters.
    matches!(c, '\u{30fc}' | '\u{ff70}' | '\u{3300}'..='\u{3357}')
        || c.is_alphabetic()
            && matches!(
                script(c),
                Script::Han
                    | Script::Hiragana
                    | Script::Katakana
                    | Script::Hangul
                    | Script::Bopomofo
                    | Script::Yi
                    | Script::Thai
                    | Script::Lao
                    | Script::Khmer
                    | Script::Myanmar
                    | Script::TaiLe
                    | Script::NewTaiLue
                    | Script::Javanese
                    | Script::Balinese
            )
}

/// True if `c` belongs to the character before it.
fn continues(c: char) -> bool {
    is_mark(c) || is_unseen(c) || matches!(c, '\u{ff9e}' | '\u{ff9f}' | '\u{e33}' | '\u{eb3}')
}

/// True if `c` is the second half of the vowel am, which Thai and Lao have in one code too.
fn is_am(text: &str, before: &Range<usize>, c: char) -> bool {
    let ends = |mark: char| text[before.clone()].ends_with(mark);
    c == '\u{e32}' && ends('\u{e4d}') || c == '\u{eb2}' && ends('\u{ecd}')
}

/// True for a vowel or final consonant of a decomposed Korean syllable.
fn is_inner_jamo(c: char) -> bool {
    matches!(c, '\u{1160}'..='\u{11ff}' | '\u{d7b0}'..='\u{d7ff}')
}

/// True if a point stands between two l: then it is part of a word (Catalan).
fn is_catalan_point(text: &str, at: usize, last: char) -> bool {
    let mut rest = text[at..].chars();
    rest.next() == Some('\u{b7}')
        && matches!(last, 'l' | 'L')
        && matches!(rest.next(), Some('l' | 'L'))
}

/// True if a quotation mark or apostrophe stands between two Hebrew letters: then it is the sign of
/// an abbreviation.
fn is_hebrew_sign(text: &str, at: usize, last: char) -> bool {
    let mut rest = text[at..].chars();
    let is_sign = rest
        .next()
        .is_some_and(|c| matches!(c, '"' | '\'' | '\u{5f3}' | '\u{5f4}' | '\u{2019}' | '\u{201d}'));
    is_sign
        && script(last) == Script::Hebrew
        && rest.next().is_some_and(|next| script(next) == Script::Hebrew && is_letter(next))
}

/// True if `at` is such a sign in a typed query, where a quotation mark opens a phrase else.
pub(super) fn is_sign_in_word(text: &str, at: usize) -> bool {
    let before = text[..at].chars().rev().find(|c| !is_mark(*c));
    before.is_some_and(|last| is_hebrew_sign(text, at, last))
}

fn push_word(text: &str, range: Range<usize>, out: &mut Vec<Token>) {
    let raw = &text[range.clone()];
    let raw: &str = match raw.is_ascii() {
        true => raw,
        // Hebrew signs are no part of the word.
        false if raw.contains(['"', '\'', '\u{5f3}', '\u{5f4}', '\u{2019}', '\u{201d}']) => {
            let bare: String = raw.chars().filter(|c| c.is_alphanumeric() || is_mark(*c)).collect();
            let text = fold(&bare);
            out.push(Token { range, text, forms: Vec::new(), is_character: false });
            return;
        }
        false => raw,
    };
    let folded = fold(raw);
    if folded.is_empty() {
        return;
    }
    let form = |text| Form { range: range.clone(), text, is_exact: false };
    let mut forms: Vec<Form> = spelled_out(raw).into_iter().map(form).collect();
    forms.retain(|form| form.text != folded);
    let rest = &text[range.end..];
    let signs = rest.find(|c| !matches!(c, '+' | '#')).unwrap_or(rest.len());
    let is_last = !rest[signs..].chars().next().is_some_and(char::is_alphanumeric);
    if matches!(&rest[..signs], "+" | "++" | "#") && is_last {
        let signs: String =
            rest[..signs].chars().map(|c| if c == '+' { PLUS } else { SHARP }).collect();
        let range = range.start..range.end + signs.chars().count();
        forms.push(Form { range, text: format!("{folded}{signs}"), is_exact: true });
    }
    out.push(Token { range, text: folded, forms, is_character: false });
}

/// The characters of a folded text, each with its marks.
fn characters(folded: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for c in folded.chars() {
        match all.last_mut() {
            Some(last) if continues(c) || is_am(last, &(0..last.len()), c) => last.push(c),
            _ => all.push(c.to_string()),
        }
    }
    all
}

/// Adds the characters of a run, each with the pair that it begins.
fn push_characters(text: &str, clusters: &[Range<usize>], pairing: Pairing, out: &mut Vec<Token>) {
    let (Some(first), Some(last)) = (clusters.first(), clusters.last()) else {
        return;
    };
    let words = match pairing {
        Pairing::All => None,
        Pairing::Words => Some(Words::of(text, first.start..last.end)),
    };
    // Some characters stand for several.
    let folded: Vec<(&Range<usize>, String)> = clusters
        .iter()
        .flat_map(|range| {
            characters(&fold(&text[range.clone()])).into_iter().map(move |part| (range, part))
        })
        .collect();
    for (place, (range, character)) in folded.iter().enumerate() {
        let mut forms = Vec::new();
        if let Some((next, other)) = folded.get(place + 1)
            && (range == next || words.as_ref().is_none_or(|words| words.has_pair(range, next)))
        {
            let range = range.start..next.end;
            forms.push(Form { range, text: format!("{character}{other}"), is_exact: false });
        }
        let (range, text) = ((*range).clone(), character.clone());
        out.push(Token { range, text, forms, is_character: true });
    }
}

/// Characters that stand alone between words: and, of, is, in, to.. (Chinese). The dictionary takes
/// the longest word that it finds from the left, and joins them to the next word.
const PARTICLES: &str = "\u{548c}\u{7684}\u{4e86}\u{5728}\u{662f}\u{4e0e}\u{8207}\u{53ca}\u{6216}\u{800c}\u{4e5f}\u{5c31}\u{4e0d}\u{4e3a}\u{70ba}\u{4ece}\u{5f9e}\u{5230}\u{5bf9}\u{5c0d}\u{5c06}\u{5c07}\u{88ab}\u{628a}\u{4e4b}\u{5176}\u{4e8e}\u{7531}\u{4f46}\u{8fd9}\u{9019}\u{90a3}\u{6709}\u{4e2a}\u{500b}\u{624d}\u{4e2d}";
/// Characters that are added to the name of a place: they form no word with the end of that name.
const PLACE_ENDINGS: &str = "\u{90fd}\u{5e9c}\u{770c}\u{7e23}\u{53bf}\u{5e02}\u{533a}\u{5340}\u{753a}\u{6751}\u{5dde}\u{7701}";

/// The words of a run of characters, by the dictionary.
struct Words<'a> {
    text: &'a str,
    segmenter: icu_segmenter::WordSegmenterBorrowed<'static>,
    /// Their ends, as bytes of the text, with the start of the run before them.
    borders: Vec<usize>,
}

impl<'a> Words<'a> {
    fn of(text: &'a str, run: Range<usize>) -> Self {
        let segmenter = icu_segmenter::WordSegmenter::new_dictionary(Default::default());
        let ends = segmenter.segment_str(&text[run.clone()]);
        let borders = ends.map(|end| run.start + end).collect();
        Self { text, segmenter, borders }
    }

    /// True if two neighbours belong together. Within a word they do, and where the dictionary
    /// knows neither (names); across the border of a word that it knows they mostly form another
    /// word only by chance. It reads from the left and takes the longest word: a character that is
    /// left over may belong to the one before it.
    fn has_pair(&self, one: &Range<usize>, other: &Range<usize>) -> bool {
        let is_border = |at: usize| self.borders.binary_search(&at).is_ok();
        if !is_border(one.end) {
            let is_whole = is_border(one.start) && is_border(other.end);
            return !(is_whole && self.is_one_of(one, PARTICLES) && self.takes_next(other));
        }
        if !is_border(other.end) {
            return false;
        }
        is_border(one.start)
            || self.is_word(&(one.start..other.end))
                && !self.is_one_of(other, PLACE_ENDINGS)
                && !self.is_one_of(other, PARTICLES)
    }

    /// True if the last character of a word forms one with the single character after it.
    fn takes_next(&self, last: &Range<usize>) -> bool {
        let at = self.borders.binary_search(&last.end).map_or(self.borders.len(), |at| at + 1);
        let next = self.borders.get(at).map(|end| last.end..*end);
        next.is_some_and(|next| {
            self.text[next.clone()].chars().count() == 1 && self.is_word(&(last.start..next.end))
        })
    }

    fn is_word(&self, range: &Range<usize>) -> bool {
        self.segmenter.segment_str(&self.text[range.clone()]).nth(1) == Some(range.len())
    }

    fn is_one_of(&self, range: &Range<usize>, some: &str) -> bool {
        some.contains(&self.text[range.clone()])
    }
}

/// What stands between two words that are written as one in another spelling.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joint {
    Hyphen,
    Point,
    Group,
    Apostrophe,
}

/// Adds forms for words that others write as one: names with an apostrophe, hyphens, initialisms,
/// groups of a thousand.
fn add_joined(text: &str, tokens: &mut [Token]) {
    let mut at = 0;
    while at + 1 < tokens.len() {
        let Some(joint) = joint(text, tokens, at) else {
            at += 1;
            continue;
        };
        let mut end = at + 1;
        while end + 1 < tokens.len() && self::joint(text, tokens, end) == Some(joint) {
            end += 1;
        }
        // A longer chain is a list, or a text that means to be found by everything.
        if end - at < JOINED_MAX && (joint != Joint::Group || tokens[end].text.len() == 3) {
            let joined: String = tokens[at..=end].iter().map(|token| &*token.text).collect();
            let range = tokens[at].range.start..tokens[end].range.end;
            tokens[at].forms.push(Form { range, text: joined, is_exact: false });
        }
        at = end;
    }
}

/// The joint between the words `at` and `at + 1`.
fn joint(text: &str, tokens: &[Token], at: usize) -> Option<Joint> {
    let (one, other) = (&tokens[at], &tokens[at + 1]);
    if one.is_character || other.is_character {
        return None;
    }
    let mut between = text[one.range.end..other.range.start].chars();
    let (sign, None) = (between.next()?, between.next()) else {
        return None;
    };
    let is_number = |token: &Token| token.text.bytes().all(|c| c.is_ascii_digit());
    // One letter, or one that is doubled for a plural (Spanish).
    let is_single = |token: &Token| {
        let mut chars = token.text.chars();
        let first = chars.next().filter(|c| c.is_alphabetic());
        first.is_some_and(|first| chars.next().is_none_or(|second| second == first))
            && chars.next().is_none()
    };
    let is_group = is_number(one)
        && is_number(other)
        && (1..=3).contains(&one.text.len())
        && (2..=3).contains(&other.text.len());
    match sign {
        ',' | '.' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\u{66c}' if is_group => {
            Some(Joint::Group)
        }
        '\'' | '\u{2019}' if is_group => Some(Joint::Group),
        '.' if is_single(one) && is_single(other) => Some(Joint::Point),
        '-' | '\u{2010}' | '\u{2011}' | '\u{5be}' => Some(Joint::Hyphen),
        // Letters that most keyboards lack.
        '\u{2bb}' | '\u{2bc}' => Some(Joint::Apostrophe),
        sign if is_apostrophe(sign) => {
            // A capital after it makes a name, and a long word before it no article.
            let is_name = text[other.range.clone()].chars().next().is_some_and(char::is_uppercase);
            let is_inside = one.text.chars().count() >= INSIDE_MIN;
            ((is_name || is_inside) && !CONTRACTIONS.contains(&&*other.text))
                .then_some(Joint::Apostrophe)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let tokens = tokens(text).into_iter();
        let told = tokens.map(|token| {
            let forms: Vec<&str> = token.forms.iter().map(|form| &*form.text).collect();
            format!("{}[{}]", token.text, forms.join(" ")).replace("[]", "")
        });
        told.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_text_is_its_words_and_their_forms() {
        for (text, want) in [
            ("Hello, world! ", "hello world"),
            ("Mr O\u{2019}Brien\u{2019}s", "mr o[obrien] brien s"),
            ("I\u{2019}LL", "i ll"),
            ("l\u{2019}\u{e9}t\u{e9}", "l ete"),
            ("Hawai\u{2bb}i", "hawai[hawaii] i"),
            ("COVID-19", "covid[covid19] 19"),
            ("The U.S. economy", "the u[us] s economy"),
            ("1,000 and 2.500.000", "1[1000] 000 and 2[2500000] 500 000"),
            ("1.5 or 3.51", "1 5 or 3 51"),
            ("C++ and C#", "c[c\u{e001}\u{e001}] and c[c\u{e002}]"),
            ("1+1 a#b", "1 1 a b"),
            ("Wasser\u{ad}kraft", "wasserkraft"),
            ("\u{5e6}\u{5d4}\u{5f4}\u{5dc}", "\u{5e6}\u{5d4}\u{5dc}"),
            ("\u{645}\u{6cc}\u{200c}\u{62e}", "\u{645}\u{64a} \u{62e}"),
            ("\u{7a0e}", "\u{7a0e}"),
            (
                "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}",
                "\u{d55c}[\u{d55c}\u{ad6d}] \u{ad6d}",
            ),
        ] {
            assert_eq!(told(text), want, "{text}");
        }
    }

    #[test]
    fn pairs_are_those_of_words() {
        for (text, pair, want) in [
            ("\u{4ea7}\u{54c1}\u{548c}\u{670d}\u{52a1}", "\u{548c}\u{670d}", false),
            ("\u{4ea7}\u{54c1}\u{548c}\u{670d}\u{52a1}", "\u{670d}\u{52a1}", true),
            ("\u{548c}\u{5e73}\u{5171}\u{5904}", "\u{548c}\u{5e73}", true),
            ("\u{7814}\u{7a76}\u{751f}\u{547d}\u{8d77}\u{6e90}", "\u{751f}\u{547d}", true),
            ("\u{7f8e}\u{56fd}\u{4f1a}\u{901a}\u{8fc7}", "\u{56fd}\u{4f1a}", true),
            ("\u{6771}\u{4eac}\u{90fd}\u{306e}", "\u{4eac}\u{90fd}", false),
            ("\u{6771}\u{4eac}\u{90fd}\u{306e}", "\u{6771}\u{4eac}", true),
            ("\u{6cfd}\u{8fde}\u{65af}\u{57fa}\u{8bbf}\u{95ee}", "\u{6cfd}\u{8fde}", true),
            ("\u{d55c}\u{ad6d}\u{c5d0}\u{c11c}", "\u{d55c}\u{ad6d}", true),
        ] {
            let forms: Vec<String> = tokens(text)
                .into_iter()
                .flat_map(|token| token.forms)
                .map(|form| form.text)
                .collect();
            assert_eq!(forms.contains(&pair.to_owned()), want, "{pair} in {text}: {forms:?}");
        }
    }

    #[test]
    fn the_places_are_those_of_the_text() {
        let text = "Caf\u{e9} de l\u{2019}Op\u{e9}ra \u{5317}\u{4eac} C++";
        for token in tokens(text) {
            assert_eq!(fold(&text[token.range.clone()]), token.text);
            assert!(token.forms.iter().all(|form| form.range.start == token.range.start));
        }
        assert_eq!(&text[tokens(text).pop().unwrap().forms[0].range.clone()], "C++");
    }
}
