//! Full-text search of articles. (SQLite's FTS5; PostgreSQL has `tsvector`.)

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double};

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

/// Most matches that are ranked: the newest. A common word then costs about what a rare one does.
pub const RANKED_MAX: i64 = 1_000;

/// The columns of the index that a teaser shows, and their words' other forms.
const HEAD: &str = "{title summary names head_forms}";
/// The columns that hold words of articles.
const ALL: &str = "{title summary names body head_forms body_forms}";
/// The weight of a match in each column: a word in the headline says most about an article.
const WEIGHTS: &str = "10.0, 4.0, 4.0, 1.0, 4.0, 1.0, 0.0";

/// An article that matches a search.
#[derive(Clone, Debug, Queryable)]
pub struct Hit {
    /// Its row.
    pub id: ArticleId,
    /// Its place by publication.
    pub sort_key: i64,
    /// How well it matches: the lower, the better.
    score: f64,
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

/// The articles of a list that match a search, the best first: of those up to `newest`, the last
/// [`RANKED_MAX`] that came here.
pub fn search(
    conn: &mut Conn,
    list: &List,
    typed: &Typed,
    newest: ArticleId,
) -> QueryResult<Vec<Hit>> {
    if list.filter.is_empty() {
        return Ok(Vec::new());
    }
    let conditions = conditions(&list.filter);
    let sql = format!(
        "/* ArticleSearch */ select articles.id, articles.sort_key, bm25(article_search, {WEIGHTS})
         from article_search cross join articles on articles.id = article_search.rowid
         where article_search match ?words and article_search.rowid <= ?newest and within_rows() and {conditions}
         order by article_search.rowid desc limit ?rows"
    );
    let mut hits: Vec<Hit> = Vec::new();
    for words in expressions(list, typed) {
        let mut values = values(&list.filter, list.sight);
        values.extend([
            ("words", words.into()),
            ("newest", newest.0.into()),
            ("rows", RANKED_MAX.into()),
        ]);
        let found: Vec<Hit> =
            Statement::<(BigInt, BigInt, Double)>::new(sql.clone(), values).load(conn)?;
        hits.extend(found);
    }
    hits.sort_unstable_by_key(|hit| std::cmp::Reverse(hit.id));
    hits.truncate(usize::try_from(RANKED_MAX).unwrap_or_default());
    hits.sort_by(|one, other| {
        one.score
            .total_cmp(&other.score)
            .then((other.sort_key, other.id).cmp(&(one.sort_key, one.id)))
    });
    Ok(hits)
}

/// Number of articles of a list that match a search, up to `most`; for the side pool.
pub fn count_matches(conn: &mut Conn, list: &List, typed: &Typed, most: i64) -> QueryResult<i64> {
    if list.filter.is_empty() {
        return Ok(0);
    }
    let conditions = conditions(&list.filter);
    let sql = format!(
        "/* CountMatches */ select count(*) from (select 1
             from article_search cross join articles on articles.id = article_search.rowid
             where article_search match ?words and within_deadline() and {conditions} limit ?most)"
    );
    let mut total = 0;
    for words in expressions(list, typed) {
        let mut values = values(&list.filter, list.sight);
        values.extend([("words", words.into()), ("most", (most - total).into())]);
        total += Statement::<BigInt>::new(sql.clone(), values).get_result::<i64>(conn)?;
    }
    Ok(total)
}

/// The row of the article that came last.
pub fn select_newest(conn: &mut Conn) -> QueryResult<ArticleId> {
    use crate::db::schema::articles;
    let newest = articles::table.order(articles::id.desc()).select(articles::id);
    Ok(newest.first(conn).optional()?.unwrap_or(ArticleId::START))
}
