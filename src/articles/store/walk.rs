//! The queries of lists of articles: each walks one index in the order of the list and leaves out
//! what does not meet the filter. Their SQL depends on the walk and its direction alone, so that
//! each is prepared once; a condition that is not asked for is true.

use std::sync::OnceLock;

use diesel::sql_types::{BigInt, Text};
use serde_json::json;

use super::index::TITLE_KIND;
use super::sight::{is_listed, is_read, ladder_sql};
use crate::articles::filter::{AnyOf, Filter, Lead, Place, Span};
use crate::articles::ids::ArticleId;
use crate::articles::ladder::Sight;
use crate::articles::words::{Standing, TermKind};
use crate::db::dialect::{Arranged, Bound, Statement};
use crate::db::prelude::*;
use crate::fixed_query;

/// An index to walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Walk {
    /// All, by publication (`articles_by_recency`).
    Recency,
    /// Those of one state, by publication (`articles_by_state_and_recency`).
    State(Standing),
    /// The trash, by publication (`articles_in_trash`).
    Trash,
    /// Licensed ones, by publication (`articles_restricted`).
    Restricted,
    /// Those that expire, by publication (`articles_ending`).
    Ending,
    /// Those with a term, by publication (primary key of `article_terms`).
    Term(TermKind, String),
    /// All, by title (primary key of `article_terms`).
    Title,
    /// All, by the last write (`articles_by_update`).
    Update,
    /// All, by the number of comments (`articles_by_comment_count`).
    Comments,
}

impl Walk {
    /// What it reads: the rows, the columns that make a place, and a condition that its index has.
    const fn parts(&self) -> (&'static str, [&'static str; 3], &'static str) {
        const ARTICLES: &str = "articles";
        const TERMS: &str =
            "article_terms as term cross join articles on articles.id = term.article_id";
        const PLACE: [&str; 3] = ["''", "articles.sort_key", "articles.id"];
        const TERM_PLACE: [&str; 3] = ["''", "term.sort_key", "term.article_id"];
        match self {
            Self::Recency | Self::Trash => (ARTICLES, PLACE, "true"),
            Self::State(_) => (ARTICLES, PLACE, "articles.state = ?standing"),
            Self::Restricted => (ARTICLES, PLACE, "articles.access = 'restricted'"),
            Self::Ending => (ARTICLES, PLACE, "articles.expires_at is not null"),
            // What is not public is passed over before the article is read.
            Self::Term(..) => (
                TERMS,
                TERM_PLACE,
                "term.kind = ?kind and term.key = ?key and (?sees_more or (term.public_from <= ?now
                     and (term.public_until is null or term.public_until > ?now)))",
            ),
            Self::Title => (
                TERMS,
                ["term.key", "term.sort_key", "term.article_id"],
                "term.kind = ?kind and (?sees_more or (term.public_from <= ?now
                     and (term.public_until is null or term.public_until > ?now)))",
            ),
            Self::Update => (ARTICLES, ["''", "articles.updated_at", "articles.id"], "true"),
            Self::Comments => (ARTICLES, ["''", "articles.comment_count", "articles.id"], "true"),
        }
    }

    /// Its number among all walks.
    const fn number(&self) -> usize {
        match self {
            Self::Recency => 0,
            Self::State(_) => 1,
            Self::Trash => 2,
            Self::Restricted => 3,
            Self::Ending => 4,
            Self::Term(..) => 5,
            Self::Title => 6,
            Self::Update => 7,
            Self::Comments => 8,
        }
    }

    fn values(&self) -> Vec<(&'static str, Bound)> {
        match self {
            Self::Term(kind, key) => {
                vec![("kind", kind.word().into()), ("key", key.clone().into())]
            }
            Self::Title => vec![("kind", TITLE_KIND.into())],
            _ => Vec::new(),
        }
    }
}

/// What an article must be, to be in a list.
pub(super) fn conditions(filter: &Filter) -> String {
    // The trash has no rung: one check applies to all of it.
    let (there, ladder) = match filter.lead {
        Lead::Trash => ("is not null", "true"),
        _ => ("is null", ladder_sql()),
    };
    format!(
        "articles.trashed_at {there} and {ladder}
         and (?standing is null or articles.state = ?standing)
         and (?public_by is null or articles.went_public_at <= ?public_by)
         and (?public_after is null or articles.went_public_at > ?public_after)
         and (?expired_by is null or articles.expires_at <= ?expired_by)
         and (?updated_after is null or articles.updated_at >= ?updated_after)
         and (?access is null or articles.access = ?access)
         and (?published_after is null or {SHOWN} >= ?published_after)
         and (?published_before is null or {SHOWN} < ?published_before)
         and (?found is null or articles.id in (select value from json_numbers(?found)))
         and (?ids is null or articles.public_id in (select value from json_texts(?ids)))
         and (?first_kind is null or exists (select 1 from article_terms as has
             where has.article_id = articles.id and has.kind = ?first_kind and has.key = ?first_key))
         and (?second_kind is null or exists (select 1 from article_terms as has
             where has.article_id = articles.id and has.kind = ?second_kind and has.key = ?second_key))
         and (?terms is null or not exists (select 1 from json_rows(?terms) as wanted
             where not exists (select 1 from article_terms as has
                 where has.article_id = articles.id and has.kind = wanted.value ->> 'kind'
                     and has.key in (select value from json_texts(wanted.value ->> 'keys')))))"
    )
}

/// The time of publication that is shown: the end of an embargo that has passed, if that is later.
const SHOWN: &str = "(case when articles.embargo_until <= ?now
    and articles.embargo_until > articles.published_at then articles.embargo_until else articles.published_at end)";

/// The values of [`conditions`]; a walk of one term leaves nothing else of it to check.
pub(super) fn values(
    filter: &Filter,
    sight: Sight,
    walk: Option<&Walk>,
) -> Vec<(&'static str, Bound)> {
    let is_walked = |any: &&AnyOf| match walk {
        Some(Walk::Term(kind, key)) => any.kind == *kind && any.keys == [key.clone()],
        _ => false,
    };
    // Two single terms are looked up as they are, which takes a fifth of what a list of lists takes.
    let (single, mut others): (Vec<&AnyOf>, Vec<&AnyOf>) =
        filter.terms.iter().filter(|any| !is_walked(any)).partition(|any| any.keys.len() == 1);
    let mut single = single.into_iter();
    let mut slot = || {
        let any = single.next();
        let key = any.and_then(|any| any.keys.first().cloned());
        (any.map(|any| any.kind.word().to_owned()), key)
    };
    let ((first_kind, first_key), (second_kind, second_key)) = (slot(), slot());
    others.extend(single);
    let standing = match filter.lead {
        Lead::Public => Some(Standing::Published.word().to_owned()),
        Lead::Standing(standing) => Some(standing.word().to_owned()),
        Lead::Everything | Lead::Trash => None,
    };
    let ladder = if filter.only_read { is_read(sight) } else { is_listed(sight) };
    let mut values: Vec<(&'static str, Bound)> = vec![
        ("now", sight.now.as_micros().into()),
        ("sees_more", sight.sees_more().into()),
        ("standing", standing.into()),
        ("public_by", filter.public_by.into()),
        ("public_after", filter.public_after.into()),
        ("expired_by", filter.expired_by.into()),
        ("updated_after", filter.updated_after.into()),
        ("access", filter.access.map(|access| access.word().to_owned()).into()),
        ("published_after", filter.published_after.into()),
        ("published_before", filter.published_before.into()),
        ("found", filter.found.as_ref().map(|rows| json!(rows).to_string()).into()),
        ("ids", filter.ids.as_ref().map(|ids| json!(ids).to_string()).into()),
        ("first_kind", first_kind.into()),
        ("first_key", first_key.into()),
        ("second_kind", second_kind.into()),
        ("second_key", second_key.into()),
        ("terms", (!others.is_empty()).then(|| json!(others).to_string()).into()),
    ];
    values.extend(ladder.values().map(|(name, passes)| (name, passes.into())));
    values
}

/// The SQL of a page of a walk: the same for all filters, but for that of the trash, which has a walk of its own.
fn page_sql(walk: &Walk, filter: &Filter, ascending: bool) -> String {
    debug_assert_eq!(*walk == Walk::Trash, filter.lead == Lead::Trash);
    let (from, [text, number, id], own) = walk.parts();
    let (sign, order) = if ascending { (">", "asc") } else { ("<", "desc") };
    // Bounds as an index takes them: the first column, then what decides between equals.
    let (bounds, order) = match walk {
        Walk::Title => (
            format!(
                "{text} {sign}= ?text and ({text} {sign} ?text or ({number}, {id}) {sign} (?number, ?id))"
            ),
            format!("{text} {order}, {number} {order}, {id} {order}"),
        ),
        _ => {
            let end = if ascending { "<=" } else { ">=" };
            (
                format!(
                    "{number} {sign}= ?number and ({number} {sign} ?number or {id} {sign} ?id) and {number} {end} ?end"
                ),
                format!("{number} {order}, {id} {order}"),
            )
        }
    };
    let conditions = conditions(filter);
    format!(
        "/* ArticlePage */ select {text}, {number}, {id} from {from}
         where {own} and {bounds} and within_rows() and {conditions} order by {order} limit ?rows"
    )
}

/// Statements of pages: one for each walk and direction.
const PAGES: usize = 18;
/// The name of one of them.
struct Page<const NUMBER: usize>;
/// A walk was added without its page.
fn no_such_page() -> diesel::result::Error {
    diesel::result::Error::QueryBuilderError("a walk without a page".into())
}

static PAGE_SQL: [OnceLock<Arranged>; PAGES] = [const { OnceLock::new() }; PAGES];

/// Up to `rows` places on a walk, in its order from `start` on (without it), within a span of its
/// keys by publication.
pub(super) fn select_places(
    conn: &mut Conn,
    walk: &Walk,
    (filter, sight): (&Filter, Sight),
    (start, ascending): (Option<&Place>, bool),
    span: Span,
    rows: i64,
) -> QueryResult<Vec<Place>> {
    let edge = match ascending {
        true => Place(String::new(), i64::MIN, ArticleId(i64::MIN)),
        false => Place(LAST_TEXT.to_owned(), i64::MAX, ArticleId(i64::MAX)),
    };
    let Place(text, mut number, mut id) = start.cloned().unwrap_or(edge);
    let end = match ascending {
        true if span.from > number => {
            (number, id) = (span.from, ArticleId(i64::MIN));
            span.to
        }
        true => span.to,
        false if span.to < number => {
            (number, id) = (span.to, ArticleId(i64::MAX));
            span.from
        }
        false => span.from,
    };
    let mut values = values(filter, sight, Some(walk));
    values.extend([
        ("text", text.into()),
        ("number", number.into()),
        ("id", id.0.into()),
        ("end", end.into()),
        ("rows", rows.into()),
    ]);
    values.extend(walk.values());
    let which = walk.number() * 2 + usize::from(ascending);
    let make = || Arranged::new(&page_sql(walk, filter, ascending), &values);
    let page = PAGE_SQL.get(which).ok_or_else(no_such_page)?.get_or_init(make);
    // One type for each, by which Diesel knows it again.
    macro_rules! load {
        ($($number:literal)+) => {
            match which {
                $($number => {
                    page.with::<Page<$number>, (Text, BigInt, BigInt)>(values).load(conn)?
                })+
                _ => return Err(no_such_page()),
            }
        };
    }
    let rows: Vec<(String, i64, ArticleId)> = load!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17);
    Ok(rows.into_iter().map(|(text, number, id)| Place(text, number, id)).collect())
}

/// After every text: the last character of Unicode.
const LAST_TEXT: &str = "\u{10ffff}";

/// An article of a few, with all that lists are ordered by.
#[derive(Clone, Debug, Queryable)]
pub(super) struct Few {
    pub(super) title_key: String,
    pub(super) sort_key: i64,
    pub(super) updated_at: i64,
    pub(super) comment_count: i64,
    pub(super) id: ArticleId,
}

/// Those of some articles, by row or by public id, that meet a filter; in no order (`articles`,
/// `articles_public_id`, `article_terms_by_article`).
pub(super) fn select_few(
    conn: &mut Conn,
    (filter, sight): (&Filter, Sight),
    rows: Option<&[ArticleId]>,
) -> QueryResult<Vec<Few>> {
    let from = match rows {
        Some(_) => "json_numbers(?rows) as one cross join articles on articles.id = one.value",
        None => "json_texts(?ids) as one cross join articles on articles.public_id = one.value",
    };
    let conditions = conditions(filter);
    let sql = format!(
        "/* SomeArticles */ select coalesce((select key from article_terms as title
             where title.article_id = articles.id and title.kind = 'title'), ''),
             articles.sort_key, articles.updated_at, articles.comment_count, articles.id
         from {from} where within_rows() and {conditions}"
    );
    let mut values = values(filter, sight, None);
    values.push(("rows", rows.map(|rows| json!(rows).to_string()).into()));
    Statement::<(Text, BigInt, BigInt, BigInt, BigInt)>::new(sql, values).load(conn)
}

/// Number of articles on a walk that meet a filter, up to `most`; for the side pool.
pub(super) fn count(
    conn: &mut Conn,
    walk: &Walk,
    (filter, sight): (&Filter, Sight),
    most: i64,
) -> QueryResult<i64> {
    let (from, _, own) = walk.parts();
    let conditions = conditions(filter);
    let sql = format!(
        "/* ArticleCount */ select count(*) from (select 1 from {from}
             where {own} and within_deadline() and {conditions} limit ?most) as counted"
    );
    let mut values = values(filter, sight, Some(walk));
    values.extend(walk.values());
    values.push(("most", most.into()));
    Statement::<BigInt>::new(sql, values).get_result(conn)
}

fixed_query! {
    /// Number of public articles that have a term of a kind: of titles each has one. Reads
    /// the primary key of `article_terms` alone.
    struct CountPublic { kind: String => Text, now: i64 => BigInt, most: i64 => BigInt } -> BigInt
        = "select count(*) from (select 1 from article_terms as term where term.kind = ?kind and within_deadline()
             and term.public_from <= ?now and (term.public_until is null or term.public_until > ?now) limit ?most) as counted";
}

fixed_query! {
    /// The same of some terms of a kind, each article once.
    struct CountAny { kind: String => Text, keys: String => Text, now: i64 => BigInt, most: i64 => BigInt } -> BigInt
        = "select count(*) from (select distinct term.article_id from json_texts(?keys) as one
             cross join article_terms as term on term.kind = ?kind and term.key = one.value
             where within_deadline()
             and term.public_from <= ?now and (term.public_until is null or term.public_until > ?now) limit ?most) as counted";
}

/// Number of articles that everyone sees and that have one of some terms of a kind, or any, up to
/// `most`; for the side pool.
pub(super) fn count_public(
    conn: &mut Conn,
    kind: &str,
    keys: Option<&[String]>,
    sight: Sight,
    most: i64,
) -> QueryResult<i64> {
    let (kind, now) = (kind.to_owned(), sight.now.as_micros());
    match keys {
        Some(keys) => CountAny { kind, keys: json!(keys).to_string(), now, most }.get_result(conn),
        None => CountPublic { kind, now, most }.get_result(conn),
    }
}
