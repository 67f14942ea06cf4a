//! Full-text search: how texts become words that are compared, what a typed query means, and the
//! excerpt that shows why a text was found. Pure functions; the index itself is SQL.
//!
//! A text is a stream of [`Token`]s. Each has its word in the folded form ([`fold`]), and the other
//! forms under which a reader may look for it: `München` is `munchen`, and `muenchen` as well. The
//! index has both. A query is folded in the same way, and its other forms are looked for too, so
//! that both directions work.

mod expression;
mod fold;
mod snippet;
mod tokens;
mod typed;

pub use expression::{Columns, Expression};
pub use fold::fold;
pub use snippet::{SNIPPET_TEXT_MAX, snippet};
pub use tokens::{Form, Token, tokens};
pub use typed::{Typed, parse};

/// Version of the rules by which texts become words. Increase it when they give other words, also
/// because of newer Unicode tables: indexes made by older rules are made anew at the next start.
pub const RULES: i64 = 1;

/// The words of a text in the index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Indexed {
    /// Its words in their order, with spaces between.
    pub words: String,
    /// Their other forms, each once.
    pub forms: String,
}

impl Indexed {
    /// The words of `text`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut indexed = Self::default();
        let mut known = std::collections::HashSet::new();
        for token in tokens(text) {
            join(&mut indexed.words, &token.text);
            for form in token.forms {
                if !known.contains(&form.text) {
                    join(&mut indexed.forms, &form.text);
                    known.insert(form.text);
                }
            }
        }
        indexed
    }
}

fn join(words: &mut String, word: &str) {
    if !words.is_empty() {
        words.push(' ');
    }
    words.push_str(word);
}

/// The key by which titles are put in order: their words in the folded form.
#[must_use]
pub fn order_key(title: &str) -> String {
    let words: Vec<String> = tokens(title).into_iter().map(|token| token.text).collect();
    words.join(" ").chars().take(ORDER_KEY_MAX).collect()
}

/// Longest key for the order of titles, in characters: titles that agree in so many are ordered by
/// their dates.
const ORDER_KEY_MAX: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a reader who types `typed` finds `text`: what the index answers, without one.
    pub(super) fn finds(typed: &str, text: &str) -> bool {
        parse(typed).is_some_and(|typed| typed.is_met_by(text))
    }

    #[test]
    fn what_a_reader_types_finds_what_is_meant() {
        for (typed, text) in [
            ("munchen", "In M\u{fc}nchen"),
            ("muenchen", "In M\u{fc}nchen"),
            ("M\u{fc}nchen", "In Muenchen"),
            ("strasse", "Die Stra\u{df}e"),
            ("STRASSE", "Die stra\u{df}e"),
            ("lodz", "\u{141}\u{f3}d\u{17a}"),
            ("co2", "CO\u{2082}"),
            ("c++", "Why C++ lasts"),
            ("C#", "From C# to F#"),
            ("covid-19", "Covid19 is back"),
            ("covid 19", "A COVID-19 wave"),
            ("10000", "10.000 Menschen"),
            ("u.s.", "The US economy"),
            ("hawai\u{2bb}i", "in Hawaii"),
            ("shopfront*", "Shopfronts close"),
            ("\"night buses\"", "The night buses return"),
            ("-trains buses", "The night buses return"),
            ("\u{43c}\u{43e}\u{439}", "\u{43c}\u{43e}\u{438}\u{306} \u{434}\u{43e}\u{43c}"),
        ] {
            assert!(finds(typed, text), "{typed} in {text}");
        }
        for (typed, text) in [
            ("art", "The party"),
            ("c++", "Vitamin C is good"),
            ("c++", "C# is not"),
            ("ill", "I\u{2019}ll go"),
            ("night", "Knights"),
            ("\"buses night\"", "The night buses return"),
            ("buses -night", "The night buses return"),
            ("15", "1.5 million"),
            ("", "anything"),
            ("!!! ... --", "anything"),
            ("-night", "The day buses return"),
        ] {
            assert!(!finds(typed, text), "{typed} in {text}");
        }
    }

    /// The lines of a table of pairs that are not as expected. Its columns: `match` or `no match`,
    /// language, what a reader types, a text, the reason.
    fn wrong(table: &str) -> Vec<&str> {
        let is_wrong = |line: &&str| {
            let columns: Vec<&str> = line.split('\t').collect();
            finds(columns[2], columns[3]) != (columns[0] == "match")
        };
        table.lines().skip(1).filter(is_wrong).collect()
    }

    #[test]
    fn readers_of_eighty_languages_find_what_they_expect() {
        let table = include_str!("../../../tests/search/pairs.tsv");
        assert!(table.lines().count() > 300);
        assert_eq!(wrong(table), [""; 0]);
    }

    /// The acceptance table is no part of the project: the test is skipped, visibly, where it is
    /// missing.
    #[test]
    fn the_acceptance_table_is_as_expected() {
        let table = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/search/pairs.tsv");
        match std::fs::read_to_string(table) {
            Ok(table) => assert_eq!(wrong(&table), [""; 0]),
            Err(_) => eprintln!("skipped: the acceptance table of search pairs is not there"),
        }
    }

    #[test]
    fn the_order_of_titles_is_that_of_a_reader() {
        let mut titles = ["zebra", "\u{c4}pfel", "Apples", "\u{201c}Bees\u{201d}", "bears"];
        titles.sort_by_key(|title| order_key(title));
        assert_eq!(titles, ["\u{c4}pfel", "Apples", "bears", "\u{201c}Bees\u{201d}", "zebra"]);
    }
}
