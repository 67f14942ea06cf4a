//! The index of words: FTS5 in a file, a `tsvector` on a server. The words are folded by the program; both engines find
//! the same.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use diesel::sql_types::{BigInt, Text};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub use super::dialect::MATCHES;
use super::dialect::{Both, Bound};
use super::prelude::*;
use crate::domain::search::{Columns, Expression};
use crate::fixed_query;

/// The words of an article, by column.
#[derive(Clone, Debug)]
pub struct Words {
    /// The article's row.
    pub article: i64,
    /// Its title.
    pub title: String,
    /// Its summary.
    pub summary: String,
    /// The names of its terms.
    pub names: String,
    /// Its text.
    pub body: String,
    /// Other forms of the words of title, summary and names.
    pub head_forms: String,
    /// Other forms of the words of the text.
    pub body_forms: String,
    /// Its marks.
    pub marks: String,
}

fixed_query! {
    /// Puts an article's words into the index, in place of those that it has there. A plain
    /// insert over a row that is there would be accepted, and leave its words behind for ever.
    struct ReplaceWords {
        article: i64 => BigInt, title: String => Text, summary: String => Text, names: String => Text, body: String => Text,
        head_forms: String => Text, body_forms: String => Text, marks: String => Text,
    } -> ()
        = "insert or replace into article_search (rowid, title, summary, names, body, head_forms, body_forms, marks)
             values (?article, ?title, ?summary, ?names, ?body, ?head_forms, ?body_forms, ?marks)";
}

fixed_query! {
    /// The same on a server.
    struct ReplaceVector { article: i64 => BigInt, words: String => Text, title: String => Text, names: String => Text, body: String => Text } -> ()
        = "insert into article_search (rowid, words, title, names, body) values (?article, (?words)::tsvector, ?title, ?names, ?body)
             on conflict (rowid) do update set words = excluded.words, title = excluded.title, names = excluded.names, body = excluded.body";
}

fixed_query! {
    /// Takes an article out of the index.
    struct DeleteWords { article: i64 => BigInt } -> () = "delete from article_search where rowid = ?article";
}

/// Puts an article's words into the index, in place of those that it has there.
pub fn replace(conn: &mut Conn, words: Words) -> QueryResult<()> {
    let article = words.article;
    match conn {
        Conn::Sqlite(_) => {
            let Words { title, summary, names, body, head_forms, body_forms, marks, .. } = words;
            let all = ReplaceWords {
                article,
                title,
                summary,
                names,
                body,
                head_forms,
                body_forms,
                marks,
            };
            all.execute(conn).map(drop)
        }
        Conn::Postgres(_) => {
            let vector = vector(&words);
            let names = format!("{}\n{}", in_order(&words.summary), in_order(&words.names));
            let (title, body) = (in_order(&words.title), in_order(&words.body));
            ReplaceVector { article, words: vector, title, names, body }.execute(conn).map(drop)
        }
    }
}

/// Takes an article out of the index.
pub fn delete(conn: &mut Conn, article: i64) -> QueryResult<()> {
    DeleteWords { article }.execute(conn).map(drop)
}

/// Empties the index.
pub fn clear(conn: &mut Conn) -> QueryResult<()> {
    conn.batch_execute(match conn {
        Conn::Sqlite(_) => "insert into article_search (article_search) values ('delete-all')",
        Conn::Postgres(_) => "delete from article_search",
    })
}

/// Pages of the index that one step of a merge writes: some 20 ms.
const MERGED_PAGES: i64 = 500;

/// Takes a step towards an index of one part, in which nothing of what was deleted is left. Returns
/// false once it is. (A server cleans its index itself.)
pub fn merge(conn: &mut Conn, is_first: bool) -> QueryResult<bool> {
    fixed_query! {
        /// One step: some pages; at first with a negative number, which marks all parts for it.
        struct MergeWords { command: String => Text, pages: i64 => BigInt } -> ()
            = "insert into article_search (article_search, rank) values (?command, ?pages)";
    }
    fixed_query! {
        /// The number of rows that this connection has written.
        struct Changes { column: i64 => BigInt } -> BigInt = "select total_changes() + ?column - ?column";
    }
    if matches!(conn, Conn::Postgres(_)) {
        return Ok(false);
    }
    let changes = |conn: &mut Conn| Changes { column: 0 }.get_result::<i64>(conn);
    let before = changes(conn)?;
    let pages = if is_first { -MERGED_PAGES } else { MERGED_PAGES };
    MergeWords { command: "merge".to_owned(), pages }.execute(conn)?;
    // A step that had nothing to do has written at most the command itself.
    Ok(changes(conn)? - before > 1)
}

/// The values of [`MATCHES`].
pub fn matching(expression: &Expression) -> [(&'static str, Bound); 2] {
    let exact = has_phrase(expression).then(|| exact(expression, Columns::All).to_string());
    let both = Both { sqlite: expression.to_string(), postgres: query(expression, Columns::All) };
    [("words", Bound::Either(both)), ("exact", exact.into())]
}

/// Most bytes of all words of an article, and of what says where they stand. (A `tsvector` takes up to 1,048,575, and the
/// words of a head and its marks need little.) Half a megabyte of characters that are all different reaches it.
const VECTOR_MAX: usize = 900_000;
/// Most bytes of a word in a `tsvector`. (It takes up to 2046.)
const WORD_MAX: usize = 1_000;

/// A word as it is in a `tsvector`: of a longer one its begin, and what tells it from others.
fn lexeme(word: &str) -> Cow<'_, str> {
    if word.len() <= WORD_MAX {
        return Cow::Borrowed(word);
    }
    let begin = &word[..word.floor_char_boundary(WORD_MAX)];
    let digest = Sha256::digest(word);
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Cow::Owned(format!("{begin}{digest}"))
}

/// The words as FTS5's tokenizer `ascii` reads them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_sign = |c: char| c.is_ascii() && !c.is_ascii_alphanumeric();
    text.split(is_sign).filter(|word| !word.is_empty())
}

/// The words in their order, with a space before and after each.
fn in_order(text: &str) -> String {
    words(text).fold(" ".to_owned(), |all, word| all + word + " ")
}

/// A text in quotation marks, for `tsvector` and `tsquery`.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\\', "\\\\").replace('\'', "''"))
}

/// All words, each with the weights of the places where it stands. (Their positions would be cut off in long texts.)
fn vector(all: &Words) -> String {
    let mut weights: BTreeMap<Cow<'_, str>, [bool; 4]> = BTreeMap::new();
    let columns = [
        (&all.title, 0),
        (&all.summary, 1),
        (&all.names, 1),
        (&all.head_forms, 1),
        (&all.body, 2),
        (&all.body_forms, 2),
        (&all.marks, 3),
    ];
    for (text, weight) in columns {
        words(text).for_each(|word| weights.entry(lexeme(word)).or_default()[weight] = true);
    }
    let (mut vector, mut room) = (String::new(), VECTOR_MAX);
    for (word, weights) in weights {
        let count = weights.iter().filter(|has| **has).count();
        // Its length, rounded up, and two bytes for each place and for their number.
        let length = word.len() + 1 + 2 * (count + 1);
        // What stands in the head, and marks, always have room.
        if length > room && !weights[..2].contains(&true) && !weights[3] {
            continue;
        }
        room = room.saturating_sub(length);
        let places: Vec<String> = (1..)
            .zip("ABCD".chars())
            .zip(weights)
            .filter(|(_, has)| *has)
            .map(|((place, weight), _)| format!("{place}{weight}"))
            .collect();
        // Writing to a string cannot fail.
        let _ = write!(vector, "{}:{} ", quoted(&word), places.join(","));
    }
    vector
}

const fn weights(columns: Columns) -> &'static str {
    match columns {
        Columns::All => "ABC",
        Columns::Head => "AB",
        Columns::BelowTitle => "B",
        Columns::Title => "A",
    }
}

/// The columns in which phrases are looked for: title, names with the summary, body.
const fn of_phrases(columns: Columns) -> &'static str {
    match columns {
        Columns::All => "tnb",
        Columns::Head => "tn",
        Columns::BelowTitle => "n",
        Columns::Title => "t",
    }
}

fn has_phrase(expression: &Expression) -> bool {
    match expression {
        Expression::Words { words, .. } => words.len() > 1,
        Expression::Mark(_) => false,
        Expression::All(of) | Expression::Any(of) => of.iter().any(has_phrase),
        Expression::Without(wanted, unwanted) => has_phrase(wanted) || has_phrase(unwanted),
        Expression::In(_, of) => has_phrase(of),
    }
}

/// A `tsquery` that matches at least what the expression does: of a phrase, all words.
fn query(expression: &Expression, columns: Columns) -> String {
    let joined = |of: &[Expression], sign: &str| {
        let of: Vec<String> = of.iter().map(|one| query(one, columns)).collect();
        format!("({})", of.join(sign))
    };
    match expression {
        Expression::Words { words, is_prefix } => {
            let last = words.len().saturating_sub(1);
            let one = |(at, word): (usize, &String)| {
                let is_prefix = *is_prefix && at == last;
                let star = if is_prefix { "*" } else { "" };
                let word = match is_prefix {
                    true => Cow::Borrowed(&word[..word.floor_char_boundary(WORD_MAX)]),
                    false => lexeme(word),
                };
                format!("{}:{star}{}", quoted(&word), weights(columns))
            };
            let all: Vec<String> = words.iter().enumerate().map(one).collect();
            format!("({})", all.join(" & "))
        }
        Expression::Mark(mark) => format!("{}:D", quoted(mark)),
        Expression::All(of) => joined(of, " & "),
        Expression::Any(of) => joined(of, " | "),
        Expression::Without(wanted, unwanted) => match has_phrase(unwanted) {
            // Too much would be left out.
            true => query(wanted, columns),
            false => format!("({} & !{})", query(wanted, columns), query(unwanted, columns)),
        },
        Expression::In(columns, of) => query(of, *columns),
    }
}

/// The expression for `search_meets`.
fn exact(expression: &Expression, columns: Columns) -> Value {
    let each = |of: &[Expression]| of.iter().map(|one| exact(one, columns)).collect::<Vec<_>>();
    match expression {
        Expression::Words { words, is_prefix } if words.len() > 1 => {
            let end = if *is_prefix { "" } else { " " };
            json!({ "in": of_phrases(columns), "phrase": format!(" {}{end}", words.join(" ")) })
        }
        Expression::Words { .. } | Expression::Mark(_) => {
            json!({ "word": query(expression, columns) })
        }
        Expression::All(of) => json!({ "all": each(of) }),
        Expression::Any(of) => json!({ "any": each(of) }),
        Expression::Without(wanted, unwanted) => {
            json!({ "all": [exact(wanted, columns), { "not": exact(unwanted, columns) }] })
        }
        Expression::In(columns, of) => exact(of, *columns),
    }
}
