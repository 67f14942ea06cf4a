//! Full-text search of articles. (SQLite's FTS5; PostgreSQL has `tsvector`.)

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::lists::List;
use super::walk::{conditions, values};
use crate::articles::filter::AnyOf;
use crate::articles::ids::ArticleId;
use crate::articles::terms::{RESTRICTED_MARK, mark};
use crate::articles::words::Access;
use crate::db::Conn;
use crate::db::dialect::Statement;
use crate::domain::scope::Scope;
use crate::domain::search::Typed;
use crate::fixed_query;

/// Most matches that a search finds: those that came here last. A common word then costs about what a rare one does.
pub const RANKED_MAX: i64 = 1_000;

/// The columns of the index that a teaser shows, and their words' other forms.
const HEAD: &str = "{title summary names head_forms}";
/// The columns that hold words of articles.
const ALL: &str = "{title summary names body head_forms body_forms}";
/// The columns that count more than the text, with what a word there counts; in the text it counts 1.
const COUNT_MORE: [(&str, i64); 2] = [("{summary names head_forms}", 4), ("{title}", 10)];
/// Most words of a search that are ranked by where they stand: each takes a query.
const RANKED_WORDS_MAX: usize = 6;

/// An article that matches a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Its row.
    pub id: ArticleId,
    /// Its place by publication.
    pub sort_key: i64,
    /// How well it matches: the sum of what each word counts where it stands.
    score: i64,
}

/// The searches that find what a caller may find: each an expression, for articles that are read
/// and for teasers. What a teaser hides is never matched, neither to find nor to leave out: else
/// whoever may not read an article could guess it word by word.
fn expressions(list: &List, typed: &Typed) -> Vec<String> {
    let words = typed.sql();
    let marks: String = list.filter.terms.iter().map(of_terms).collect();
    let restricted = format!("marks : \"{RESTRICTED_MARK}\"");
    let read = match list.filter.access {
        Some(Access::Restricted) => format!("{ALL} : ({words}){marks} AND {restricted}"),
        _ => format!("{ALL} : ({words}){marks}"),
    };
    if list.sight.may(Scope::RestrictedRead) {
        return vec![read];
    }
    let public = format!("({ALL} : ({words}){marks}) NOT {restricted}");
    let teasers = format!("{HEAD} : ({words}){marks} AND {restricted}");
    match list.filter.access {
        Some(Access::Public) => vec![public],
        Some(Access::Restricted) => vec![teasers],
        None => vec![public, teasers],
    }
}

fn of_terms(any: &AnyOf) -> String {
    let marks: Vec<String> =
        any.keys.iter().map(|key| format!("\"{}\"", mark(any.kind, key))).collect();
    format!(" AND marks : ({})", marks.join(" OR "))
}

/// The articles of a list that match a search, the best first and of equals the newest: of those up
/// to `newest`, the last [`RANKED_MAX`] that came here; and whether there are more.
///
/// A word counts by where it stands: in the headline most, then in summary, tags and authors, then
/// in the text. That depends on the article alone, so that pages are stable while others are
/// written; and unlike FTS5's own `bm25`, which reads all matches of a word to rank the first, it
/// costs the same for any word.
pub fn search(
    conn: &mut Conn,
    list: &List,
    typed: &Typed,
    newest: ArticleId,
) -> QueryResult<(Vec<Hit>, bool)> {
    if list.filter.is_empty() {
        return Ok((Vec::new(), false));
    }
    let conditions = conditions(&list.filter);
    let sql = format!(
        "/* ArticleSearch */ select articles.id, articles.sort_key
         from article_search cross join articles on articles.id = article_search.rowid
         where article_search match ?words and article_search.rowid <= ?newest and within_rows() and {conditions}
         order by article_search.rowid desc limit ?rows"
    );
    let most = usize::try_from(RANKED_MAX).unwrap_or_default();
    let (mut hits, mut is_cut): (Vec<Hit>, bool) = (Vec::new(), false);
    for words in expressions(list, typed) {
        let mut values = values(&list.filter, list.sight, None);
        values.extend([
            ("words", words.clone().into()),
            ("newest", newest.0.into()),
            ("rows", RANKED_MAX.into()),
        ]);
        let found: Vec<(ArticleId, i64)> =
            Statement::<(BigInt, BigInt)>::new(sql.clone(), values).load(conn)?;
        is_cut |= found.len() >= most;
        let start = hits.len();
        hits.extend(found.into_iter().map(|(id, sort_key)| Hit { id, sort_key, score: 0 }));
        rank(conn, &mut hits[start..], &words, typed)?;
    }
    is_cut |= hits.len() > most;
    put_in_order(&mut hits);
    Ok((hits, is_cut))
}

/// Puts what several searches have found in order: the last [`RANKED_MAX`] that came here, each once,
/// the best first.
pub fn put_in_order(hits: &mut Vec<Hit>) {
    hits.sort_unstable_by_key(|hit| std::cmp::Reverse((hit.id, hit.score)));
    hits.dedup_by_key(|hit| hit.id);
    hits.truncate(usize::try_from(RANKED_MAX).unwrap_or_default());
    hits.sort_by_key(|hit| std::cmp::Reverse((hit.score, hit.sort_key, hit.id)));
}

/// Adds to the score of each hit what the words of the search count where they stand in it. `hits`
/// are in the order of rows, the last first, and all that `words` finds there.
fn rank(conn: &mut Conn, hits: &mut [Hit], words: &str, typed: &Typed) -> QueryResult<()> {
    let (Some(last), Some(first)) = (hits.first(), hits.last()) else {
        return Ok(());
    };
    let (last, first) = (last.id.0, first.id.0);
    for term in typed.terms().iter().take(RANKED_WORDS_MAX) {
        let mut counts: HashMap<ArticleId, i64> = HashMap::new();
        for (columns, count) in COUNT_MORE {
            let there =
                Standing { words: format!("({words}) AND {columns} : ({term})"), first, last };
            let there: Vec<ArticleId> = there.load(conn)?;
            counts.extend(there.into_iter().map(|id| (id, count)));
        }
        for hit in &mut *hits {
            hit.score += counts.get(&hit.id).copied().unwrap_or(1);
        }
    }
    Ok(())
}

fixed_query! {
    /// The rows among some that match.
    struct Standing { words: String => Text, first: i64 => BigInt, last: i64 => BigInt } -> BigInt
        = "select rowid from article_search where article_search match ?words
             and rowid between ?first and ?last and within_rows() order by rowid desc";
}
