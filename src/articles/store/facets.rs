//! Terms with the number of articles that have them: of a list, or of all that a caller may see.

use diesel::sql_types::{BigInt, Nullable, Text};
use serde_json::json;

use super::sight::{is_listed, ladder_sql};
use crate::articles::ids::ArticleId;
use crate::articles::ladder::Sight;
use crate::articles::model::{Counted, Sharing};
use crate::articles::words::TermKind;
use crate::db::dialect::{Bound, Statement};
use crate::db::prelude::*;
use crate::db::schema::terms;
use crate::domain::scope::Scope;

type CountedSql = (Text, Text, Text, BigInt, BigInt);

/// The terms of some kinds that some articles have, each with its kind (index
/// `article_terms_by_article`).
pub fn count_terms_of(
    conn: &mut Conn,
    kinds: &[TermKind],
    articles: &[ArticleId],
) -> QueryResult<Vec<(String, Counted)>> {
    let sql = "/* Facets */ select met.kind, met.key, coalesce(terms.value, met.key), coalesce(terms.name, met.key), met.articles, met.newest
         from (select has.kind as kind, has.key as key, count(*) as articles, max(has.sort_key) as newest
             from json_numbers(?articles) as one cross join article_terms as has on has.article_id = one.value
             where within_deadline() and has.kind || '' in (select value from json_texts(?kinds)) group by has.kind, has.key) as met
         left join terms on terms.kind = met.kind and terms.key = met.key";
    let values = vec![
        ("articles", json!(articles).to_string().into()),
        ("kinds", json!(kinds).to_string().into()),
    ];
    Statement::<(Text, CountedSql)>::new(sql.to_owned(), values).load(conn)
}

/// The terms of one kind that the articles listed for a caller have, in the order of their keys; for
/// the side pool.
pub fn count_terms(conn: &mut Conn, kind: TermKind, sight: Sight) -> QueryResult<Vec<Counted>> {
    counted(conn, kind, None, sight)
}

/// One term, if articles listed for a caller have it; for the side pool.
pub fn count_term(
    conn: &mut Conn,
    kind: TermKind,
    key: &str,
    sight: Sight,
) -> QueryResult<Option<Counted>> {
    Ok(counted(conn, kind, Some(key), sight)?.pop())
}

fn counted(
    conn: &mut Conn,
    kind: TermKind,
    key: Option<&str>,
    sight: Sight,
) -> QueryResult<Vec<Counted>> {
    // What everyone sees, and what those see who see everything, is told by the index alone; what is
    // between takes each article.
    let sees_all = sight.may(Scope::DraftsRead) && sight.may(Scope::EmbargoRead);
    let (from, listed) = match (sight.sees_more(), sees_all) {
        (false, _) => (
            "article_terms as has",
            "has.public_from <= ?now and (has.public_until is null or has.public_until > ?now)",
        ),
        (true, true) => ("article_terms as has", "has.there = 1"),
        (true, false) => (
            "article_terms as has cross join articles on articles.id = has.article_id and articles.trashed_at is null",
            ladder_sql(),
        ),
    };
    let one = if key.is_some() { "and has.key = ?key" } else { "" };
    let sql = format!(
        "/* Terms */ select counted.key, coalesce(terms.value, counted.key), coalesce(terms.name, counted.key), counted.articles, counted.newest
         from (select has.kind as kind, has.key as key, count(*) as articles,
                 coalesce(max(has.sort_key) filter (where has.sort_key < 4611686018427387904), 9223372036854775807) as newest
             from {from} where has.kind = ?kind {one} and within_deadline() and {listed} group by has.kind, has.key) as counted
         left join terms on terms.kind = counted.kind and terms.key = counted.key"
    );
    let mut values: Vec<(&'static str, Bound)> = vec![
        ("kind", kind.word().into()),
        ("key", key.map(str::to_owned).into()),
        ("now", sight.now.as_micros().into()),
    ];
    values.extend(is_listed(sight).values().map(|(name, passes)| (name, passes.into())));
    Statement::<CountedSql>::new(sql, values).load(conn)
}

/// Names a term; null takes the name away. Returns false if there is no such term (primary key).
pub fn name_term(
    conn: &mut Conn,
    kind: TermKind,
    key: &str,
    name: Option<&str>,
    default: &str,
) -> QueryResult<bool> {
    let changed = diesel::update(terms::table.find((kind.word(), key)))
        .set((
            terms::name.eq(name.unwrap_or(default)),
            terms::is_given.eq(i64::from(name.is_some())),
        ))
        .execute(conn)?;
    Ok(changed > 0)
}

/// Names a term that nobody has named (primary key).
pub fn suggest_name(conn: &mut Conn, kind: TermKind, key: &str, name: &str) -> QueryResult<()> {
    diesel::update(terms::table.find((kind.word(), key)).filter(terms::is_given.eq(0)))
        .set((terms::name.eq(name), terms::is_given.eq(1)))
        .execute(conn)
        .map(drop)
}

/// The newest articles listed for a caller that have a term, and how many have it, up to `most`
/// (primary key of `article_terms`).
pub fn select_sharing(
    conn: &mut Conn,
    (kind, key): (TermKind, &str),
    sight: Sight,
    most: i64,
) -> QueryResult<Vec<Sharing>> {
    let sql = format!(
        "/* Sharing */ select has.article_id, has.sort_key
         from article_terms as has cross join articles on articles.id = has.article_id
         where has.kind = ?kind and has.key = ?key and within_rows() and articles.trashed_at is null and {}
         order by has.sort_key desc, has.article_id desc limit ?most",
        ladder_sql()
    );
    let mut values: Vec<(&'static str, Bound)> = vec![
        ("kind", kind.word().into()),
        ("key", key.into()),
        ("most", most.into()),
        ("now", sight.now.as_micros().into()),
    ];
    values.extend(is_listed(sight).values().map(|(name, passes)| (name, passes.into())));
    Statement::<(BigInt, BigInt)>::new(sql, values).load(conn)
}

/// The time of publication of some articles, as a key of lists (primary key).
pub fn select_sort_keys(conn: &mut Conn, articles: &[ArticleId]) -> QueryResult<Vec<Option<i64>>> {
    let sql = "/* SortKeys */ select case when articles.published_at is not null then articles.sort_key end
         from json_numbers(?articles) as one cross join articles on articles.id = one.value";
    let values = vec![("articles", json!(articles).to_string().into())];
    Statement::<Nullable<BigInt>>::new(sql.to_owned(), values).load(conn)
}
