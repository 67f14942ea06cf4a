//! What lists are filtered, ordered and searched by: terms and words, written with each article.

use std::collections::BTreeSet;

use diesel::sql_types::{BigInt, Bool, Text};
use serde_json::json;

use super::{select_next, select_row};
use crate::articles::ids::ArticleId;
use crate::articles::model::ArticleRow;
use crate::articles::terms::{RESTRICTED_MARK, Term, mark, terms_of};
use crate::articles::words::{Access, Standing, TermKind};
use crate::db::dialect::named;
use crate::db::prelude::*;
use crate::db::reading;
use crate::db::schema::{article_bodies, article_terms, terms};
use crate::db::words;
use crate::domain::markup::Rendered;
use crate::domain::search::{Indexed, order_key};
use crate::fixed_query;
use crate::problem::Problem;

/// The kind of the rows by which lists are in the order of titles.
pub const TITLE_KIND: &str = "title";

fixed_query! {
    /// Adds an article's terms, each `[kind, key]`, with its place in lists and its public dates.
    struct InsertTerms { terms: String => Text, article: i64 => BigInt } -> ()
        = "insert into article_terms (kind, key, sort_key, article_id, public_from, public_until, there)
             select term.value ->> 0, term.value ->> 1, articles.sort_key, articles.id,
                 case when articles.state = 'published' and articles.trashed_at is null
                     then case when articles.embargo_until > articles.went_public_at then articles.embargo_until
                         else articles.went_public_at end end,
                 articles.expires_at, case when articles.trashed_at is null then 1 else 0 end
             from articles cross join json_rows(?terms) as term on true where articles.id = ?article";
}

fixed_query! {
    /// Keeps the names of terms, each `[kind, key, value, name]`. A given name stays, and what is not
    /// public changes none that is known: readers would learn how a draft spells it.
    struct UpsertNames { names: String => Text, is_public: bool => Bool } -> ()
        = "insert into terms (kind, key, value, name)
             select term.value ->> 0, term.value ->> 1, term.value ->> 2, term.value ->> 3 from json_rows(?names) as term where true
             on conflict (kind, key) do update set value = excluded.value, name = excluded.name
                 where terms.is_given = 0 and ?is_public and (terms.value is distinct from excluded.value or terms.name is distinct from excluded.name)";
}

/// True if the two differ in what lists are filtered, ordered or searched by, the text apart.
fn differ(before: &ArticleRow, after: &ArticleRow) -> bool {
    fn read(row: &ArticleRow) -> impl PartialEq + '_ {
        let ArticleRow { title, summary, authors, source_name, section, tags, .. } = row;
        let ArticleRow { dateline, language, access, .. } = row;
        (title, summary, authors, source_name, section, tags, dateline, language, access)
    }
    read(before) != read(after)
}

/// Writes what an article is found by: a new one, or one whose members or text have changed.
///
/// # Errors
/// `internal` if a stored member is damaged, or a database error.
pub fn index(
    conn: &mut Conn,
    before: Option<&ArticleRow>,
    after: &ArticleRow,
    (rendered, has_other_text): (&Rendered, bool),
) -> Result<(), Problem> {
    if before.is_some_and(|before| !has_other_text && !differ(before, after)) {
        return Ok(());
    }
    let terms = terms_of(after)?;
    write_terms(conn, before, after, &terms)?;
    Ok(write_words(conn, after, &terms, rendered.indexed())?)
}

/// The update of the order by title: its SQL is always the same.
struct UpdateTitle;

/// Writes the terms of an article (primary key; index `article_terms_by_article`).
fn write_terms(
    conn: &mut Conn,
    before: Option<&ArticleRow>,
    after: &ArticleRow,
    terms: &BTreeSet<Term>,
) -> Result<(), Problem> {
    let keys = |row: &ArticleRow, terms: &BTreeSet<Term>| -> Vec<(&'static str, String)> {
        let terms = terms.iter().map(|term| (term.kind.word(), term.key.clone()));
        terms.chain([(TITLE_KIND, order_key(&row.title))]).collect()
    };
    let now = keys(after, terms);
    if let Some(before) = before {
        let had = terms_of(before)?;
        let known = keys(before, &had);
        let (title, was) = (now.last(), known.last());
        if known[..known.len() - 1] == now[..now.len() - 1] {
            if let Some((_, key)) = title.filter(|_| title != was) {
                let of_title = article_terms::table
                    .filter(article_terms::article_id.eq(after.id.0))
                    .filter(article_terms::kind.eq(TITLE_KIND));
                let title = diesel::update(of_title).set(article_terms::key.eq(key));
                named::<UpdateTitle, _>(title).execute(conn)?;
            }
            // The same names may be spelled in another way now.
            return match had == *terms {
                true => Ok(()),
                false => Ok(upsert_names(conn, after, terms)?),
            };
        }
        let of_article = article_terms::table.filter(article_terms::article_id.eq(after.id.0));
        diesel::delete(of_article).execute(conn)?;
    }
    InsertTerms { terms: json!(now).to_string(), article: after.id.0 }.execute(conn)?;
    Ok(upsert_names(conn, after, terms)?)
}

fn upsert_names(conn: &mut Conn, row: &ArticleRow, terms: &BTreeSet<Term>) -> QueryResult<()> {
    let names: Vec<[&str; 4]> = terms
        .iter()
        .map(|term| [term.kind.word(), &*term.key, &*term.value, &*term.name])
        .collect();
    let is_public = row.state == Standing::Published
        && row.trashed_at.is_none()
        && row.went_public_at.is_some_and(|at| at <= row.updated_at)
        && row.embargo_until.is_none_or(|end| end <= row.updated_at);
    UpsertNames { names: json!(names).to_string(), is_public }.execute(conn).map(drop)
}

/// Writes the words of an article.
fn write_words(
    conn: &mut Conn,
    row: &ArticleRow,
    terms: &BTreeSet<Term>,
    body: &Indexed,
) -> QueryResult<()> {
    let mut marks: Vec<String> = terms.iter().map(|term| mark(term.kind, &term.key)).collect();
    if row.access == Access::Restricted {
        marks.push(RESTRICTED_MARK.to_owned());
    }
    let named = terms.iter().filter(|term| term.kind != TermKind::Language);
    // A line for each, so that no phrase goes from one to the next.
    let names: Vec<&str> = named.map(|term| &*term.value).chain(row.dateline.as_deref()).collect();
    let title = Indexed::of(&row.title);
    let summary = Indexed::of(row.summary.as_deref().unwrap_or_default());
    let names = Indexed::of(&names.join("\n"));
    let head_forms = [title.forms, summary.forms, names.forms].join(" ");
    let words = words::Words {
        article: row.id.0,
        title: title.words,
        summary: summary.words,
        names: names.words,
        body: body.words.clone(),
        head_forms,
        body_forms: body.forms.clone(),
        marks: marks.join(" "),
    };
    words::replace(conn, words)
}

/// Takes an article that is about to be purged out of the index, with the names that nothing else
/// has.
pub fn unindex(conn: &mut Conn, row: &ArticleRow) -> Result<(), Problem> {
    words::delete(conn, row.id.0)?;
    let of_article = article_terms::table.filter(article_terms::article_id.eq(row.id.0));
    diesel::delete(of_article).execute(conn)?;
    for term in terms_of(row)? {
        // The newest that is left says how the name is spelled, a public one before all others.
        let left = article_terms::table
            .filter(article_terms::kind.eq(term.kind.word()))
            .filter(article_terms::key.eq(&term.key))
            .order((article_terms::sort_key.desc(), article_terms::article_id.desc()))
            .select(article_terms::article_id);
        let public = left.filter(article_terms::public_from.is_not_null());
        let left: Option<ArticleId> = match public.first(conn).optional()? {
            Some(public) => Some(public),
            None => left.first(conn).optional()?,
        };
        let known = terms::table.find((term.kind.word(), &term.key)).filter(terms::is_given.eq(0));
        diesel::delete(known).execute(conn)?;
        if let Some(left) = left {
            let row = select_row(conn, left)?;
            upsert_names(conn, &row, &terms_of(&row)?)?;
        }
    }
    Ok(())
}

/// Takes a step towards an index in which nothing of what was deleted is left. Returns false once it is.
pub fn merge_words(conn: &mut Conn, is_first: bool) -> QueryResult<bool> {
    words::merge(conn, is_first)
}

/// Empties the index, to make it anew.
pub fn clear_index(conn: &mut Conn) -> QueryResult<()> {
    words::clear(conn)?;
    diesel::delete(article_terms::table).execute(conn)?;
    diesel::delete(terms::table.filter(terms::is_given.eq(0))).execute(conn).map(drop)
}

/// Puts the next articles after `after` into an empty index. Returns the last of them; `None` when
/// all are in.
pub fn index_next(conn: &mut Conn, after: ArticleId) -> Result<Option<ArticleId>, Problem> {
    let next = select_next(conn, after, INDEXED_AT_ONCE.into())?;
    for id in &next {
        let row = select_row(conn, *id)?;
        let html = article_bodies::table.find(id).select(article_bodies::body_html).first(conn)?;
        index(conn, None, &row, (&Rendered::of_html(html, 0), true))?;
    }
    if next.is_empty() {
        reading::set_current(conn)?;
    }
    Ok(next.last().copied())
}

/// Articles that go into the index in one unit of the writer.
pub const INDEXED_AT_ONCE: u32 = 200;
