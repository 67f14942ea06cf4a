//! The numbers of comments on articles.

use crate::articles;
use crate::articles::ladder::Sight;
use crate::comments::CountComments;
use crate::comments::api::{CommentCount, CommentCounts};
use crate::domain::groups::{ARTICLES, COMMENTS, THREADS};
use crate::domain::until::Until;
use crate::problem::Problem;
use crate::web::{Call, Reply};

/// Count articles' comments
///
/// Up to 100 articles at once, by ids and slugs (also former ones), in the order in which they are
/// named. Articles that the caller may not read are left out.
#[utoipa::path(get, path = "/v1/comment-counts", responses((status = 200, description = "The counts.", body = CommentCounts)))]
pub async fn count_comments(call: Call<(), CountComments>) -> Result<Reply, Problem> {
    let sight = Sight::of_call(&call);
    let (items, until) = call.services.db.read(|conn| {
        let mut items = Vec::new();
        for locator in &call.query.article.0 {
            let found = articles::store::select_count(conn, locator, sight)?;
            items.extend(found.map(|(article_id, slug, count)| CommentCount {
                article_id,
                slug,
                count,
            }));
        }
        let until = match call.caller.is_anonymous() {
            true => articles::store::select_until(conn, sight.now)?,
            false => Until::EVER,
        };
        Ok((items, until))
    })?;
    Ok(Reply::ok(&CommentCounts { items })?.until(until).groups(&[ARTICLES, COMMENTS, THREADS]))
}
