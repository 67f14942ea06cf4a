//! What articles are filtered by: sections, tags, authors and providers, with their names and the
//! number of articles that the caller may see.

use serde::{Deserialize, Serialize};

use crate::articles::api::Term;
use crate::articles::input::NameInput;
use crate::articles::ladder::Sight;
use crate::articles::model::Counted;
use crate::articles::terms::name_of_slug;
use crate::articles::words::{TermKind, TermSort};
use crate::articles::{ListTerms, TermPath, store};
use crate::changes;
use crate::db::{Conn, Shows};
use crate::domain::groups::ARTICLES;
use crate::domain::search::order_key;
use crate::problem::{Code, Problem};
use crate::web::body::Replace;
use crate::web::paging::{Listing, Page};
use crate::web::query::Limit;
use crate::web::reply::plain_tag_of;
use crate::web::{Call, Reply};

/// List sections
///
/// The sections of the articles that the caller may see in lists.
#[utoipa::path(get, path = "/v1/sections", responses((status = 200, description = "A page of sections.", body = [Term])))]
pub async fn list_sections(call: Call<(), ListTerms>) -> Result<Reply, Problem> {
    list(call, TermKind::Section, "/v1/sections").await
}

/// List tags
///
/// The tags of the articles that the caller may see in lists.
#[utoipa::path(get, path = "/v1/tags", responses((status = 200, description = "A page of tags.", body = [Term])))]
pub async fn list_tags(call: Call<(), ListTerms>) -> Result<Reply, Problem> {
    list(call, TermKind::Tag, "/v1/tags").await
}

/// List authors
///
/// The authors of the articles that the caller may see in lists. Spellings that a reader sees as one
/// name are one author, under the newest.
#[utoipa::path(get, path = "/v1/authors", responses((status = 200, description = "A page of authors.", body = [Term])))]
pub async fn list_authors(call: Call<(), ListTerms>) -> Result<Reply, Problem> {
    list(call, TermKind::Author, "/v1/authors").await
}

/// List providers
///
/// The providers of the articles that the caller may see in lists. Spellings that a reader sees as
/// one name are one provider, under the newest.
#[utoipa::path(get, path = "/v1/sources", responses((status = 200, description = "A page of providers.", body = [Term])))]
pub async fn list_sources(call: Call<(), ListTerms>) -> Result<Reply, Problem> {
    list(call, TermKind::Source, "/v1/sources").await
}

/// Read a section
///
/// Its name, and what the caller may see of it in lists; where that is nothing, 404.
#[utoipa::path(get, path = "/v1/sections/{slug}", responses((status = 200, description = "The section.", body = Term)))]
pub async fn read_section(call: Call<TermPath>) -> Result<Reply, Problem> {
    read(call, TermKind::Section).await
}

/// Read a tag
///
/// Its name, and what the caller may see of it in lists; where that is nothing, 404.
#[utoipa::path(get, path = "/v1/tags/{slug}", responses((status = 200, description = "The tag.", body = Term)))]
pub async fn read_tag(call: Call<TermPath>) -> Result<Reply, Problem> {
    read(call, TermKind::Tag).await
}

/// Name a section
///
/// Sets the name that people read beside the slug. Without one, it is made from the slug.
#[utoipa::path(put, path = "/v1/sections/{slug}", responses((status = 200, description = "The section.", body = Term)))]
pub async fn name_section(call: Call<TermPath, (), Replace<NameInput>>) -> Result<Reply, Problem> {
    name(call, TermKind::Section).await
}

/// Name a tag
///
/// Sets the name that people read beside the slug. Without one, it is made from the slug.
#[utoipa::path(put, path = "/v1/tags/{slug}", responses((status = 200, description = "The tag.", body = Term)))]
pub async fn name_tag(call: Call<TermPath, (), Replace<NameInput>>) -> Result<Reply, Problem> {
    name(call, TermKind::Tag).await
}

/// The place of a term in a list: after what it is ordered by, and its key; or before it.
#[derive(Serialize, Deserialize)]
struct Mark(String, i64, String, bool);

/// The place of a term in the list's order.
fn place(sort: TermSort, term: &Counted) -> (String, i64, String) {
    match sort {
        TermSort::Name => (order_key(&term.name), 0, term.key.clone()),
        // The highest first.
        TermSort::MostUsed => (String::new(), -term.count, term.key.clone()),
        TermSort::Newest => (String::new(), -term.newest, term.key.clone()),
    }
}

async fn list(call: Call<(), ListTerms>, kind: TermKind, path: &str) -> Result<Reply, Problem> {
    let (query, sight) = (&call.query, Sight::of_call(&call));
    let listing = Listing::of(path, query);
    let sort = query.sort.unwrap_or(TermSort::Name);
    let start: Option<Mark> = listing.start(&query.cursor, None)?;
    let (limit, wants_total) = (query.limit, query.count.0);
    let find = move |conn: &mut Conn| {
        let mut terms = store::count_terms(conn, kind, sight)?;
        terms.sort_by_cached_key(|term| place(sort, term));
        let total = i64::try_from(terms.len()).ok().filter(|_| wants_total);
        let page = page(terms, start, sort, limit, &listing);
        Ok((page, total, store::select_listed_until(conn, sight)?))
    };
    let (page, total, until) = call.services.db.search(find).await?;
    let page = page.map(Term::from);
    let reply = Reply::page(&call, page, total, query.fields.names(), &["value"])?;
    Ok(reply.until(until).shows(Shows::nothing()).groups(&[ARTICLES]))
}

/// The page of `terms` that starts after a place, or before it.
fn page(
    mut terms: Vec<Counted>,
    start: Option<Mark>,
    sort: TermSort,
    limit: Limit,
    listing: &Listing,
) -> Page<Counted> {
    let has_start = start.is_some();
    let (at, backwards) = match start {
        Some(Mark(text, number, key, backwards)) => {
            let mark = (text, number, key);
            let is_before = |term: &Counted| match backwards {
                true => place(sort, term) < mark,
                false => place(sort, term) <= mark,
            };
            (terms.partition_point(is_before), backwards)
        }
        None => (0, false),
    };
    let rows = usize::try_from(limit.0 + 1).unwrap_or_default();
    let found: Vec<Counted> = match backwards {
        true => terms.drain(..at).rev().take(rows).collect(),
        false => terms.drain(at..).take(rows).collect(),
    };
    Page::between(found, limit, (has_start, backwards), |term, backwards| {
        let (text, number, key) = place(sort, term);
        listing.seal(&Mark(text, number, key, backwards))
    })
}

/// The term `slug` with what the caller may see of it.
fn find(conn: &mut Conn, kind: TermKind, slug: &str, sight: Sight) -> Result<Counted, Problem> {
    let counted = store::count_term(conn, kind, slug, sight)?;
    counted.ok_or_else(|| Problem::plain(Code::TermNotFound).with("id", slug))
}

async fn read(call: Call<TermPath>, kind: TermKind) -> Result<Reply, Problem> {
    let (sight, slug) = (Sight::of_call(&call), call.path.0.0.clone());
    let look = move |conn: &mut Conn| {
        Ok((find(conn, kind, &slug, sight)?, store::select_listed_until(conn, sight)?))
    };
    let (term, until) = call.services.db.search(look).await?;
    Ok(Reply::ok(&Term::from(term))?.until(until).shows(Shows::nothing()).groups(&[ARTICLES]))
}

async fn name(
    call: Call<TermPath, (), Replace<NameInput>>,
    kind: TermKind,
) -> Result<Reply, Problem> {
    let Call { context: call, path: TermPath(slug), body: Replace(change), .. } = call;
    let (sight, slug) = (Sight::of_call(&call), slug.0);
    // The numbers are counted off the writer: other writes do not wait for that.
    let asked = slug.clone();
    let look = move |conn: &mut Conn| find(conn, kind, &asked, sight);
    let present = Term::from(call.services.db.search(look).await?);
    change.precondition.check_whole(&plain_tag_of(&present)?)?;
    let shown = serde_json::to_value(&present).map_err(Problem::internal)?;
    let input: NameInput = change.apply(&shown)?;
    let default = name_of_slug(&slug);
    let name = input.name.as_deref().map(str::to_owned);
    let named = Term { name: name.clone().unwrap_or_else(|| default.clone()), ..present };
    let known = call.services.db.write(move |conn, now| {
        let is_known = store::name_term(conn, kind, &slug, name.as_deref(), &default)?;
        if is_known {
            changes::record_names(conn, &slug, now)?;
        }
        Ok(is_known)
    });
    match known.await? {
        true => Ok(Reply::ok(&named)?.invalidates(&[ARTICLES])),
        // Purged meanwhile.
        false => Err(Problem::plain(Code::TermNotFound).with("id", named.value)),
    }
}
