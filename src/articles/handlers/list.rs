//! The list of articles.

use super::LIST_PATH;
use crate::articles::api::ArticleListItem;
use crate::articles::filter::{FIRST, Filter};
use crate::articles::ladder::Sight;
use crate::articles::read::{Want, stories};
use crate::articles::words::WithArticles;
use crate::articles::{ListArticles, store};
use crate::domain::until::Until;
use crate::problem::Problem;
use crate::web::paging::{Listing, Page};
use crate::web::{Call, Reply};

/// List articles
///
/// Newest publication first; articles that were never published come before that, newest first.
/// Without `state` all that the caller may read, and the teasers of licensed articles; not the
/// trash.
#[utoipa::path(get, path = "/v1/articles", responses((status = 200, description = "A page of articles.", body = [ArticleListItem])))]
pub async fn list_articles(call: Call<(), ListArticles>) -> Result<Reply, Problem> {
    let (query, sight) = (&call.query, Sight::of_call(&call));
    let listing = Listing::of(LIST_PATH, query);
    let after = listing.start(&query.cursor, FIRST)?;
    let whole = query.include.has(WithArticles::Disclaimers);
    let want = Want {
        texts: query.fields.has("body") || query.fields.has("body_html"),
        corrections: true,
        notices: whole,
    };
    let (page, total, until) = match Filter::of(query.state, sight) {
        Some(filter) => {
            let (page, until) = call.services.db.read(|conn| {
                let rows = store::select_page(conn, &filter, sight, after, query.limit.0 + 1)?;
                let page = Page::of(rows, query.limit, |row| listing.seal(&(row.sort_key, row.id)));
                let (stories, until) = stories(conn, page.items, want, sight.now)?;
                let until = match call.caller.is_anonymous() {
                    true => until.and(store::select_until(conn, sight.now)?),
                    false => Until::EVER,
                };
                Ok((Page { items: stories, next: page.next }, until))
            })?;
            let count = move |conn: &mut _| Ok(store::count(conn, &filter, sight)?);
            let total = match query.count.0 {
                true => Some(call.services.db.search(count).await?),
                false => None,
            };
            (page, total, until)
        }
        None => (Page::empty(), query.count.0.then_some(0), Until::EVER),
    };
    let page = page.try_map(|story| ArticleListItem::new(story, sight, &query.fields, whole))?;
    // No article leaves without its disclaimers, whatever fields are requested.
    let reply = Reply::page(&call, page, total, query.fields.names(), &["id", "disclaimers"])?;
    Ok(reply.until(until, sight.now).surrogate_key("articles disclaimers"))
}
