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
use crate::db::Conn;
use crate::domain::groups::ARTICLES;
use crate::domain::search::order_key;
use crate::problem::{Code, Problem};
use crate::web::body::Json;
use crate::web::paging::{Listing, Page};
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
pub async fn name_section(call: Call<TermPath, (), Json<NameInput>>) -> Result<Reply, Problem> {
    name(call, TermKind::Section).await
}

/// Name a tag
///
/// Sets the name that people read beside the slug. Without one, it is made from the slug.
#[utoipa::path(put, path = "/v1/tags/{slug}", responses((status = 200, description = "The tag.", body = Term)))]
pub async fn name_tag(call: Call<TermPath, (), Json<NameInput>>) -> Result<Reply, Problem> {
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
    let find = move |conn: &mut Conn| Ok(store::count_terms(conn, kind, sight, None)?);
    let mut terms = call.services.db.search(find).await?;
    terms.sort_by_cached_key(|term| place(sort, term));
    let total = i64::try_from(terms.len()).ok().filter(|_| query.count.0);
    let (at, backwards) = match &start {
        Some(Mark(text, number, key, backwards)) => {
            let after = (text.clone(), *number, key.clone());
            let is_before = |term: &Counted| match backwards {
                true => place(sort, term) < after,
                false => place(sort, term) <= after,
            };
            (terms.partition_point(is_before), *backwards)
        }
        None => (0, false),
    };
    let rows = usize::try_from(query.limit.0 + 1).unwrap_or_default();
    let mut found: Vec<Counted> = match backwards {
        true => terms.drain(..at).rev().take(rows).collect(),
        false => terms.drain(at..).take(rows).collect(),
    };
    found.shrink_to_fit();
    let page =
        Page::between(found, query.limit, (start.is_some(), backwards), |term, backwards| {
            let (text, number, key) = place(sort, term);
            listing.seal(&Mark(text, number, key, backwards))
        });
    let reply = Reply::page(&call, page.map(Term::from), total, query.fields.names(), &["value"])?;
    Ok(reply.groups(&[ARTICLES]))
}

async fn read(call: Call<TermPath>, kind: TermKind) -> Result<Reply, Problem> {
    let (sight, key) = (Sight::of_call(&call), call.path.0.0.clone());
    let asked = key.clone();
    let find = move |conn: &mut Conn| Ok(store::count_terms(conn, kind, sight, Some(&asked))?);
    match call.services.db.search(find).await?.pop() {
        Some(term) => Ok(Reply::ok(&Term::from(term))?.groups(&[ARTICLES])),
        None => Err(not_found(&key)),
    }
}

async fn name(call: Call<TermPath, (), Json<NameInput>>, kind: TermKind) -> Result<Reply, Problem> {
    let Call { context: call, path: TermPath(slug), body: Json(input), .. } = call;
    let (sight, key) = (Sight::of_call(&call), slug.0);
    let named = call.services.db.write(move |conn, _| {
        let name = input.name.as_deref();
        if !store::name_term(conn, kind, &key, name, &name_of_slug(&key))? {
            return Err(not_found(&key));
        }
        let counted = store::count_terms(conn, kind, sight, Some(&key))?.pop();
        let default = || Counted {
            value: key.clone(),
            name: name.map_or_else(|| name_of_slug(&key), str::to_owned),
            key: key.clone(),
            count: 0,
            newest: i64::MAX,
        };
        Ok(counted.unwrap_or_else(default))
    });
    Ok(Reply::ok(&Term::from(named.await?))?.invalidates(&[ARTICLES]))
}

fn not_found(slug: &str) -> Problem {
    Problem::plain(Code::TermNotFound).with("id", slug)
}
