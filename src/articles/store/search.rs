//! Full-text search of articles.

use std::collections::HashMap;
use std::sync::OnceLock;

use diesel::sql_types::BigInt;

use super::lists::List;
use super::walk::{conditions, values};
use crate::articles::filter::{AnyOf, Filter, Lead};
use crate::articles::ids::ArticleId;
use crate::articles::terms::{RESTRICTED_MARK, mark};
use crate::articles::words::Access;
use crate::db::dialect::{Arranged, Bound};
use crate::db::prelude::*;
use crate::db::words::{MATCHES, matching};
use crate::domain::scope::Scope;
use crate::domain::search::{Columns, Expression, Typed};

/// Most matches that a search finds: those that came here last. A common word then costs about what a rare one does.
pub const RANKED_MAX: i64 = 1_000;

/// The columns that count more than the text, with what a word there counts; in the text it counts 1.
const COUNT_MORE: [(Columns, i64); 2] = [(Columns::BelowTitle, 4), (Columns::Title, 10)];
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
fn expressions(list: &List, typed: &Typed) -> Vec<Expression> {
    let restricted = || Expression::Mark(RESTRICTED_MARK.to_owned());
    let found = |columns, marks: Vec<Expression>| {
        let words = typed.expression().within(columns);
        let terms = list.filter.terms.iter().map(of_terms);
        Expression::all(std::iter::once(words).chain(terms).chain(marks).collect())
    };
    if list.sight.may(Scope::RestrictedRead) {
        let marks = match list.filter.access {
            Some(Access::Restricted) => vec![restricted()],
            _ => Vec::new(),
        };
        return vec![found(Columns::All, marks)];
    }
    let public = || found(Columns::All, Vec::new()).without(restricted());
    let teasers = || found(Columns::Head, vec![restricted()]);
    match list.filter.access {
        Some(Access::Public) => vec![public()],
        Some(Access::Restricted) => vec![teasers()],
        None => vec![public(), teasers()],
    }
}

fn of_terms(any: &AnyOf) -> Expression {
    Expression::any(any.keys.iter().map(|key| Expression::Mark(mark(any.kind, key))).collect())
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
    let most = usize::try_from(RANKED_MAX).unwrap_or_default();
    let (mut hits, mut is_cut): (Vec<Hit>, bool) = (Vec::new(), false);
    for words in expressions(list, typed) {
        let mut values = values(&list.filter, list.sight, None);
        values.extend(matching(&words));
        values.extend([("newest", newest.0.into()), ("rows", RANKED_MAX.into())]);
        let found = select_found(conn, &list.filter, values)?;
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
fn rank(conn: &mut Conn, hits: &mut [Hit], words: &Expression, typed: &Typed) -> QueryResult<()> {
    let (Some(last), Some(first)) = (hits.first(), hits.last()) else {
        return Ok(());
    };
    let (last, first) = (last.id.0, first.id.0);
    for term in typed.terms().iter().take(RANKED_WORDS_MAX) {
        let mut counts: HashMap<ArticleId, i64> = HashMap::new();
        for (columns, count) in COUNT_MORE {
            let there = Expression::All(vec![words.clone(), term.clone().within(columns)]);
            let there = select_standing(conn, &there, (first, last))?;
            counts.extend(there.into_iter().map(|id| (id, count)));
        }
        for hit in &mut *hits {
            hit.score += counts.get(&hit.id).copied().unwrap_or(1);
        }
    }
    Ok(())
}

/// Articles that match, with their places by publication.
fn select_found(
    conn: &mut Conn,
    filter: &Filter,
    values: Vec<(&'static str, Bound)>,
) -> QueryResult<Vec<(ArticleId, i64)>> {
    // The trash has conditions of its own.
    static SQL: [OnceLock<Arranged>; 2] = [const { OnceLock::new() }; 2];
    struct Listed;
    struct Trashed;
    let is_trash = filter.lead == Lead::Trash;
    let query = SQL[usize::from(is_trash)].get_or_init(|| {
        let conditions = conditions(filter);
        let sql = format!(
            "/* ArticleSearch */ select articles.id, articles.sort_key
             from article_search cross join articles on articles.id = article_search.rowid
             where {MATCHES} and article_search.rowid <= ?newest and within_rows() and {conditions}
             order by article_search.rowid desc limit ?rows"
        );
        Arranged::new(&sql, &values)
    });
    match is_trash {
        true => query.with::<Trashed, (BigInt, BigInt)>(values).load(conn),
        false => query.with::<Listed, (BigInt, BigInt)>(values).load(conn),
    }
}

/// The rows among some that match.
fn select_standing(
    conn: &mut Conn,
    words: &Expression,
    (first, last): (i64, i64),
) -> QueryResult<Vec<ArticleId>> {
    static SQL: OnceLock<Arranged> = OnceLock::new();
    struct Standing;
    let mut values = vec![("first", first.into()), ("last", last.into())];
    values.extend(matching(words));
    let query = SQL.get_or_init(|| {
        let sql = format!(
            "/* Standing */ select rowid from article_search where {MATCHES}
                 and rowid between ?first and ?last and within_rows() order by rowid desc"
        );
        Arranged::new(&sql, &values)
    });
    query.with::<Standing, BigInt>(values).load(conn)
}
