//! What a reader types into a search box: words are and, `"phrases"`, `prefix*`, `-not`. Whatever
//! is typed is safe: it is read here, and what the index gets is made of folded words alone.

use super::expression::Expression;
use super::tokens::{Form, Token, is_sign_in_word, tokens, typed_tokens};

/// Fewest characters of a prefix: with one, the index would read a large part of itself.
const PREFIX_MIN: usize = 2;

/// A query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    /// All of these must be there.
    wanted: Vec<Term>,
    /// None of these may be there.
    unwanted: Vec<Term>,
}

/// A term of a query: one of its alternatives is met.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Term(pub(super) Vec<Alternative>);

/// All parts of an alternative are met.
pub(super) type Alternative = Vec<Part>;

/// Words one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Part {
    pub(super) words: Vec<String>,
    /// True if the last word may go on.
    pub(super) is_prefix: bool,
}

impl Part {
    fn word(text: String) -> Self {
        Self { words: vec![text], is_prefix: false }
    }

    fn expression(&self) -> Expression {
        Expression::Words { words: self.words.clone(), is_prefix: self.is_prefix }
    }
}

impl Term {
    fn expression(&self) -> Expression {
        let all = |alternative: &Alternative| {
            Expression::all(alternative.iter().map(Part::expression).collect())
        };
        Expression::any(self.0.iter().map(all).collect())
    }
}

impl Typed {
    /// The query as the index is asked it.
    #[must_use]
    pub fn expression(&self) -> Expression {
        let wanted = Expression::all(self.terms());
        if self.unwanted.is_empty() {
            return wanted;
        }
        // One group: a chain of exclusions would be as deep as it is long.
        wanted.without(Expression::any(self.unwanted.iter().map(Term::expression).collect()))
    }

    /// Each wanted term as an expression of its own.
    #[must_use]
    pub fn terms(&self) -> Vec<Expression> {
        self.wanted.iter().map(Term::expression).collect()
    }

    /// The wanted terms, for the excerpt.
    pub(super) fn wanted(&self) -> &[Term] {
        &self.wanted
    }

    /// True if `text` meets the query.
    #[must_use]
    pub fn is_met_by(&self, text: &str) -> bool {
        let tokens = tokens(text);
        let is_met = |term: &Term| {
            term.0.iter().any(|all| all.iter().all(|part| !places(part, &tokens).is_empty()))
        };
        self.wanted.iter().all(is_met) && !self.unwanted.iter().any(is_met)
    }
}

/// The bytes of a text where a part of a query is met.
pub(super) fn places(part: &Part, tokens: &[Token]) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let (last, before) = match part.words.split_last() {
        Some(split) => split,
        None => return found,
    };
    for (at, token) in tokens.iter().enumerate() {
        let Some(end) = tokens.get(at + before.len()) else {
            break;
        };
        let is_run = before.iter().zip(&tokens[at..]).all(|(word, token)| *word == token.text);
        let meets = |text: &str| match part.is_prefix {
            true => text.starts_with(last.as_str()),
            false => text == last,
        };
        if is_run && meets(&end.text) {
            found.push(token.range.start..end.range.end);
        } else if before.is_empty()
            && let Some(form) = token.forms.iter().find(|form| meets(&form.text))
        {
            found.push(form.range.clone());
        }
    }
    found
}

/// Reads what was typed; `None` if there is nothing to search for.
#[must_use]
pub fn parse(typed: &str) -> Option<Typed> {
    let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
    let mut phrases = PHRASES_MAX;
    for (is_unwanted, is_phrase, text) in split(typed) {
        // Past that, the words of a phrase are looked for one by one.
        let is_phrase = is_phrase && phrases > 0;
        phrases -= usize::from(is_phrase);
        let terms = match is_phrase {
            true => phrase(text).into_iter().collect(),
            false => words(text),
        };
        match is_unwanted {
            // What must not be there is the whole, not each of its words.
            true if terms.len() > 1 => unwanted.extend(phrase(text)),
            true => unwanted.extend(terms),
            false => wanted.extend(terms),
        }
    }
    let mut known = std::collections::HashSet::new();
    wanted.retain(|term: &Term| known.insert(term.clone()));
    (!wanted.is_empty()).then_some(Typed { wanted, unwanted })
}

/// Splits a query into words and phrases: whether it is excluded, whether it is a phrase, its text.
fn split(typed: &str) -> Vec<(bool, bool, &str)> {
    let mut out = Vec::new();
    let mut rest = typed;
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return out;
        }
        let bare = rest.trim_start_matches(['-', '\u{2212}']);
        let is_unwanted = bare.len() + 1 == rest.len()
            && rest.starts_with('-')
            && !bare.starts_with(char::is_whitespace);
        let text = if is_unwanted { bare } else { rest };
        let opens = |c: char| matches!(c, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}');
        if let Some(inside) = text.strip_prefix(opens) {
            let closes = |(at, c): &(usize, char)| {
                matches!(c, '"' | '\u{201c}' | '\u{201d}' | '\u{bb}')
                    && !is_sign_in_word(inside, *at)
            };
            let end = inside.char_indices().find(closes);
            let (end, length) =
                end.map_or((inside.len(), 0), |(at, closing)| (at, closing.len_utf8()));
            out.push((is_unwanted, true, &inside[..end]));
            rest = &inside[end + length..];
            continue;
        }
        let ends =
            |(at, c): &(usize, char)| c.is_whitespace() || *c == '"' && !is_sign_in_word(text, *at);
        let end = text.char_indices().find(ends).map_or(text.len(), |(at, _)| at);
        out.push((is_unwanted, false, &text[..end]));
        rest = &text[end..];
    }
}

/// Most phrases of a query, and most words of one: the index compares their places in each text
/// before anything can stop it. What is longer is met by its first words one after the other, and by
/// the others anywhere.
const PHRASES_MAX: usize = 4;
const PHRASE_MAX: usize = 12;

/// A quoted phrase: its words, one after the other.
fn phrase(text: &str) -> Option<Term> {
    let tokens = typed_tokens(text);
    if tokens.len() == 1 {
        return words(text).pop();
    }
    let words: Vec<String> = tokens.into_iter().map(|token| token.text).collect();
    (!words.is_empty()).then(|| Term(vec![one_after_the_other(words, false)]))
}

/// Words one after the other, up to [`PHRASE_MAX`], and the others, each once.
fn one_after_the_other(mut words: Vec<String>, is_prefix: bool) -> Alternative {
    let is_whole = words.len() <= PHRASE_MAX;
    let mut others = words.split_off(words.len().min(PHRASE_MAX));
    others.sort_unstable();
    others.dedup();
    let first = Part { words, is_prefix: is_prefix && is_whole };
    std::iter::once(first).chain(others.into_iter().map(Part::word)).collect()
}

/// The terms of what stands between two spaces: mostly one word. Words that signs join are looked
/// for one after the other, and in the spellings that join them; where a script without spaces
/// meets another, there are several terms.
fn words(text: &str) -> Vec<Term> {
    let tokens = typed_tokens(text);
    let is_prefix = text.ends_with('*');
    let mut terms = Vec::new();
    let mut rest = &tokens[..];
    while let Some(first) = rest.first() {
        let same = |token: &&Token| token.is_character == first.is_character;
        let length = rest.iter().take_while(same).count();
        let (run, others) = rest.split_at(length);
        rest = others;
        terms.push(match first.is_character {
            true => characters(run),
            false => spaced(run, is_prefix && rest.is_empty()),
        });
    }
    terms
}

/// A run of a script without spaces: one character, a pair that belongs together, or a string.
fn characters(run: &[Token]) -> Term {
    Term(vec![match run {
        [one, _] if let Some(pair) = one.forms.first() => vec![Part::word(pair.text.clone())],
        _ => one_after_the_other(run.iter().map(|token| token.text.clone()).collect(), false),
    }])
}

/// One word, or several with signs between them.
fn spaced(run: &[Token], is_prefix: bool) -> Term {
    let texts: Vec<String> = run.iter().map(|token| token.text.clone()).collect();
    let is_prefix = (is_prefix || run.last().is_some_and(|last| takes_endings(&last.text)))
        && texts.last().is_some_and(|last| last.chars().count() >= PREFIX_MIN);
    let alternatives_of = |token: &Token, is_prefix: bool| -> Vec<Part> {
        if let Some(exact) = token.forms.iter().find(|form| form.is_exact) {
            return vec![Part::word(exact.text.clone())];
        }
        let own = token.forms.iter().filter(|form| form.range == token.range);
        let words = std::iter::once(&token.text).chain(own.map(|form| &form.text));
        words.map(|word| Part { words: vec![word.clone()], is_prefix }).collect()
    };
    let joined = |token: &Token| -> Vec<Form> {
        let is_whole = |form: &&Form| {
            form.range.end >= run.last().map_or(0, |last| last.range.end) && run.len() > 1
        };
        token.forms.iter().filter(is_whole).cloned().collect()
    };
    if let [one] = run {
        let alternatives = alternatives_of(one, is_prefix);
        return Term(alternatives.into_iter().map(|part| vec![part]).collect());
    }
    let mut all = vec![one_after_the_other(texts, is_prefix)];
    let has_exact = run.iter().any(|token| token.forms.iter().any(|form| form.is_exact));
    if has_exact {
        all.clear();
    }
    all.extend(joined(&run[0]).into_iter().map(|form| vec![Part::word(form.text)]));
    // Each word in each of its forms: together, as they are not in the index side by side.
    let lists: Vec<Vec<Part>> = run.iter().map(|token| alternatives_of(token, false)).collect();
    let forms: usize = lists.iter().map(Vec::len).fold(1, usize::saturating_mul);
    let is_short = run.len() <= COMBINED_WORDS_MAX && forms <= COMBINATIONS_MAX;
    if is_short && (has_exact || forms > 1) {
        let combinations = lists.iter().fold(vec![Vec::new()], |made: Vec<Vec<Part>>, list| {
            let longer = made.iter().flat_map(|before| {
                list.iter().map(|part| [&before[..], std::slice::from_ref(part)].concat())
            });
            longer.collect()
        });
        all.extend(combinations);
    } else if has_exact {
        // Too many to combine: each in its first form.
        all.push(lists.into_iter().filter_map(|list| list.into_iter().next()).collect());
    }
    Term(all)
}

/// Most combinations of forms of words that signs join, and most such words.
const COMBINATIONS_MAX: usize = 16;
const COMBINED_WORDS_MAX: usize = 5;
/// Fewest characters of a word that is looked for with any ending.
const STEM_MIN: usize = 3;

/// True if the language of a word glues case endings to it, and readers type it without: Bengali,
/// Tamil, Telugu, Kannada, Malayalam, Sinhala.
fn takes_endings(word: &str) -> bool {
    use icu_properties::props::Script;
    let is_of_such = |c: char| {
        matches!(
            super::fold::script(c),
            Script::Bengali
                | Script::Tamil
                | Script::Telugu
                | Script::Kannada
                | Script::Malayalam
                | Script::Sinhala
        )
    };
    let letters = word.chars().filter(|c| !super::fold::is_mark(*c));
    word.chars().next().is_some_and(is_of_such) && letters.count() >= STEM_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql(typed: &str) -> String {
        parse(typed).map(|typed| typed.expression().to_string()).unwrap_or_default()
    }

    #[test]
    fn a_query_is_made_of_folded_words_alone() {
        for (typed, want) in [
            ("Night buses", r#"("night" AND "buses")"#),
            ("night night", r#""night""#),
            (r#""night buses""#, r#""night buses""#),
            (r#""night"#, r#""night""#),
            ("bus*", r#""bus" *"#),
            ("b*", r#""b""#),
            ("-a b -\"c d\"", r#"("b") NOT (("a" OR "c d"))"#),
            ("a - b", r#"("a" AND "b")"#),
            ("AND OR NOT NEAR(", r#"("and" AND "or" AND "not" AND "near")"#),
            ("title:x ^y {z}", r#"("title x" AND "y" AND "z")"#),
            ("covid-19", r#"("covid 19" OR "covid19")"#),
            ("\u{fc}ber", r#"("uber" OR "ueber")"#),
            ("\u{5317}\u{4eac}", "\"\u{5317}\u{4eac}\""),
            (
                &"x y ".repeat(20).replace(' ', "-"),
                r#"("x y x y x y x y x y x y" AND "x" AND "y")"#,
            ),
            ("*", ""),
            ("\"\"", ""),
            ("-x", ""),
        ] {
            assert_eq!(sql(typed), want, "{typed}");
        }
    }
}
