//! Reading a list of articles: from the query to a page of what is shown.

use std::collections::BTreeSet;

use super::LIST_PATH;
use crate::articles::filter::{AnyOf, Filter};
use crate::articles::ladder::Sight;
use crate::articles::listing::{Asked, Listed, Made, Shown};
use crate::articles::model::ArticleRow;
use crate::articles::store::List;
use crate::articles::words::{Sort, TermKind, WithArticles};
use crate::articles::{FirstComments, ListArticles, groups};
use crate::db::Conn;
use crate::domain::instant::Instant;
use crate::domain::search::parse;
use crate::domain::text::cut;
use crate::problem::Problem;
use crate::web::Context;
use crate::web::paging::Listing;
use crate::web::query::Query as _;

/// A list that is asked for, and how it is answered.
pub(super) struct Wanted {
    /// What is asked for.
    pub asked: Asked,
    /// The cache groups of the answer.
    pub groups: Vec<String>,
    /// True if it shows comments or their number.
    pub shows_comments: bool,
    is_nothing: bool,
}

/// What a query asks for. Without `first_comments` none are shown.
pub(super) fn wanted(
    query: &ListArticles,
    sight: Sight,
    first_comments: Option<FirstComments>,
) -> Result<Wanted, Problem> {
    refuse_exclusions(query)?;
    let sort = sort_of(query)?;
    let with_comments = query.include.has(WithArticles::Comments);
    let typed = query.q.as_ref().map(|typed| parse(&typed.0));
    let filter = Filter::of(query.state, sight);
    // Without anything to search for, and without anything to see, no query runs.
    let is_nothing = filter.is_none() || typed == Some(None);
    let filter = filter.or_else(|| Filter::of(None, sight)).unwrap_or_else(Filter::everything);
    let asked = Asked {
        list: List { filter: narrowed(filter, query, sort), sight, sort },
        disclaimer: query.has_disclaimer.clone(),
        listing: listing_of(query),
        limit: query.limit,
        cursor: query.cursor.clone(),
        shown: Shown {
            sight,
            fields: query.fields.clone(),
            whole: query.include.has(WithArticles::Disclaimers),
            comments: first_comments.filter(|_| with_comments),
            typed: typed.flatten(),
        },
        count: query.count.0,
        facets: query.facets.0.clone(),
    };
    asked.check_cursor()?;
    let shows_comments = with_comments || query.fields.has("comment_count") || sort.is_by_hidden();
    let groups = groups::of_list(&asked, shows_comments);
    Ok(Wanted { asked, groups, shows_comments, is_nothing })
}

/// Reads a list, on the worker if that is quick; `make` makes of its articles what is shown of them.
pub(super) async fn read_list<T: Send + 'static>(
    call: &Context,
    Wanted { asked, is_nothing, .. }: Wanted,
    make: impl Fn(&mut Conn, Vec<ArticleRow>, &Shown) -> Made<T> + Send + 'static,
) -> Result<Listed<T>, Problem> {
    let db = &call.services.db;
    let tried = match (is_nothing, asked.is_light()) {
        (true, _) => Some(Listed::nothing(&asked)),
        (_, true) => db.read(|conn| asked.try_read(conn, &make))?,
        _ => None,
    };
    match tried {
        Some(listed) => Ok(listed),
        None => db.search(move |conn| asked.read(conn, make)).await,
    }
}

/// The list that cursors belong to. Parameters that are left out are no part of it, except the one
/// that always was: an upgrade must not break a page that somebody is about to turn.
fn listing_of(query: &ListArticles) -> Listing {
    let mut binding = query.binding();
    binding.retain(|(name, value)| *name == "state" || !value.is_empty());
    Listing::new(LIST_PATH, &binding)
}

/// Refuses a value that means an exclusion elsewhere: as a name it would find what it shall leave out.
fn refuse_exclusions(query: &ListArticles) -> Result<(), Problem> {
    for (name, values) in
        [("section", &query.section), ("tag", &query.tag), ("tag_all", &query.tag_all)]
    {
        let values = values.iter().flat_map(|values| values.0.iter());
        if let Some(value) = values.into_iter().find(|value| value.starts_with(['-', '!'])) {
            return Err(Problem::parameter(
                name,
                format!(
                    "The parameter `{name}` excludes nothing: {:?} would be looked for.",
                    cut(value)
                ),
            ));
        }
    }
    Ok(())
}

/// The order: as asked for, or the usual one.
fn sort_of(query: &ListArticles) -> Result<Sort, Problem> {
    match (query.sort, &query.q) {
        (None, None) => Ok(Sort::Newest),
        (None, Some(_)) => Ok(Sort::Relevance),
        (Some(Sort::Relevance | Sort::BestMatch), None) => Err(Problem::parameter(
            "sort",
            "The parameter `sort` is `relevance` only for a search: give `q` too, or sort by another.",
        )),
        (Some(sort), _) => Ok(sort),
    }
}

/// The filter with the query's conditions.
fn narrowed(filter: Filter, query: &ListArticles, sort: Sort) -> Filter {
    let single = [(TermKind::Source, &query.source), (TermKind::Author, &query.author)];
    let any = |kind: TermKind, values: &[String]| AnyOf {
        kind,
        keys: values.iter().filter_map(|value| kind.key(value)).collect(),
    };
    let mut terms: Vec<AnyOf> = single
        .into_iter()
        .filter_map(|(kind, value)| Some(any(kind, std::slice::from_ref(&value.as_ref()?.0))))
        .collect();
    let several = [
        (TermKind::Section, &query.section),
        (TermKind::Tag, &query.tag),
        (TermKind::Language, &query.language),
    ];
    terms.extend(
        several.into_iter().filter_map(|(kind, values)| Some(any(kind, &values.as_ref()?.0))),
    );
    let all = query.tag_all.iter().flat_map(|tags| tags.0.chunks(1));
    terms.extend(all.map(|tag| any(TermKind::Tag, tag)));
    let micros = |at: Option<Instant>| at.map(Instant::as_micros);
    Filter {
        // A teaser hides it.
        only_read: sort.is_by_hidden(),
        ids: query.id.as_ref().map(|ids| {
            let ids: BTreeSet<String> = ids.0.iter().map(ToString::to_string).collect();
            ids.into_iter().collect()
        }),
        terms,
        access: query.access,
        published_after: micros(query.published_after),
        published_before: micros(query.published_before),
        updated_after: micros(query.updated_after),
        ..filter
    }
}
