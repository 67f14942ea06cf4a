//! Articles related to one.

use serde::Serialize;

use super::ARTICLE_SEGMENT;
use crate::articles::api::{ArticleListItem, RelatedArticles};
use crate::articles::ladder::Sight;
use crate::articles::listing::{Shown, items};
use crate::articles::model::ArticleRow;
use crate::articles::refusals::{Found, look_up};
use crate::articles::related::related;
use crate::articles::words::WithArticles;
use crate::articles::{ArticlePath, FirstComments, ListRelated, store};
use crate::db::Conn;
use crate::domain::groups::{ARTICLES, COMMENTS, DISCLAIMERS, THREADS};
use crate::problem::Problem;
use crate::web::selection::{Selected, Selection};
use crate::web::{Call, Reply};

/// List related articles
///
/// Up to `limit` articles that share its tags, a rare tag counting more than a common one, or its
/// section; of equals the newer first. Without itself, and without what the caller may not see.
#[utoipa::path(get, path = "/v1/articles/{article}/related", responses((status = 200, description = "The related articles, the closest first.", body = RelatedArticles)))]
pub async fn list_related(
    call: Call<ArticlePath, ListRelated>,
    first_comments: FirstComments,
) -> Result<Reply, Problem> {
    let (query, sight) = (call.query.clone(), Sight::of_call(&call));
    let article = call.path.0.clone();
    let with_comments = query.include.has(WithArticles::Comments);
    let fields = query.fields.clone();
    let find = move |conn: &mut Conn| {
        look_up(conn, &article, sight)?.try_map(|row: ArticleRow| {
            let most = usize::try_from(query.limit.0).unwrap_or_default();
            let rows = related(conn, &row, sight, most)?;
            let shown = Shown {
                sight,
                fields: query.fields,
                whole: query.include.has(WithArticles::Disclaimers),
                comments: with_comments.then_some(first_comments),
                typed: None,
            };
            let (items, until) = items(conn, rows, &shown)?;
            Ok((items, until.and(store::select_listed_until(conn, sight)?)))
        })
    };
    // Its tags may be many, and each is looked through.
    match call.services.db.search(find).await? {
        Found::Moved(slug) => Ok(Reply::renamed(&call, ARTICLE_SEGMENT, &slug)),
        Found::Here((items, until)) => {
            let mut always = vec!["id", "disclaimers"];
            always.extend(with_comments.then_some("comments"));
            let reply = match fields.names() {
                None => Reply::ok(&RelatedArticles { items })?,
                fields => {
                    let selection = Selection { fields, always: &always };
                    let items = items.iter().map(|item| Selected { item, selection });
                    Reply::ok(&Thinned { items: items.collect() })?
                }
            };
            Ok(reply.until(until).groups(&[ARTICLES, DISCLAIMERS, COMMENTS, THREADS]))
        }
    }
}

/// Related articles with some of their members.
#[derive(Serialize)]
struct Thinned<'a> {
    items: Vec<Selected<'a, ArticleListItem>>,
}
