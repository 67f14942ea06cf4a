//! What articles say of their comments: how many there are, and the first of them.

use diesel::sqlite::SqliteConnection;
use serde_json::Value;

use super::thread::{NO_FILTERS, in_thread, thread_listing, view_of};
use crate::articles;
use crate::articles::ladder::Sight;
use crate::comments::api::{CommentCount, CommentCounts, Comments};
use crate::comments::store::{self, Part};
use crate::domain::instant::Instant;
use crate::problem::Problem;
use crate::web::paging::Page;
use crate::web::query::LIMIT_DEFAULT;
use crate::web::{Call, Reply};

/// Count articles' comments
///
/// Of up to 100 articles at once, by ids and slugs (former ones too), in the order in which they are named. What the
/// caller does not read is left out.
#[utoipa::path(get, path = "/v1/comment-counts", responses((status = 200, description = "The counts.", body = CommentCounts)))]
pub async fn count_comments(call: Call) -> Result<Reply, Problem> {
    let sight = Sight::of_call(&call);
    let asked = call.query.locators("article");
    let (items, next_change) = call.services.db.read(|conn| {
        let mut items = Vec::new();
        for locator in asked {
            let found = articles::store::select_count(conn, locator, sight)?;
            items.extend(found.map(|(article_id, slug, count)| CommentCount {
                article_id,
                slug,
                count,
            }));
        }
        let next_change = match call.caller.is_anonymous() {
            true => articles::store::next_change(conn, sight.now)?,
            false => None,
        };
        Ok((items, next_change))
    })?;
    Ok(Reply::ok(&CommentCounts { items })?
        .changes_at(next_change.map(Instant::from_micros), sight.now)
        .surrogate_key("articles comments"))
}

/// The first page of an article's thread, as `GET /v1/articles/{article}/comments` has it.
///
/// # Errors
/// A database fault.
pub fn first_comments(
    conn: &mut SqliteConnection,
    article: i64,
    article_public_id: &str,
    sight: Sight,
) -> Result<Value, Problem> {
    let listing = thread_listing(article_public_id, &NO_FILTERS);
    let rows = store::select_thread(conn, &Part::whole(article), "", LIMIT_DEFAULT + 1)?;
    let page = Page::of(
        rows,
        LIMIT_DEFAULT,
        |row| listing.seal(&row.path),
        |row| in_thread(row, view_of(sight)),
    );
    let first = Comments {
        items: page.items,
        next: page.next,
    };
    serde_json::to_value(first).map_err(Problem::internal)
}
