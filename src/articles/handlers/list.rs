//! The list of articles.

use super::listed::{read_list, wanted};
use super::pieces::{feed_of, list_pieces, of_host};
use crate::articles::api::ArticleListItem;
use crate::articles::filter::Key;
use crate::articles::format::{JSON_LD, NINJS, refuse_members};
use crate::articles::formats;
use crate::articles::ladder::Sight;
use crate::articles::listing::items;
use crate::articles::words::{ListFormat, WithArticles};
use crate::articles::{FirstComments, ListArticles, comments_of};
use crate::db::Shows;
use crate::problem::Problem;
use crate::web::{Call, Reply};

/// List articles
///
/// Newest publication first; articles that were never published come before that, newest first.
/// Without `state` all that the caller may read, and the teasers of licensed articles; not the
/// trash. All filters must be met; a value that nothing has gives an empty list.
#[utoipa::path(get, path = "/v1/articles", responses((status = 200, description = "A page of articles.", body = [ArticleListItem])))]
pub async fn list_articles(
    call: Call<(), ListArticles>,
    first_comments: FirstComments,
) -> Result<Reply, Problem> {
    let query = &call.query;
    let format = query.format.of(&call.headers);
    if format != ListFormat::Json {
        refuse_members(&[
            ("fields", query.fields.names().is_some()),
            ("include", !query.include.0.is_empty()),
            ("facets", !query.facets.0.is_empty()),
            ("count", query.count.0),
        ])?;
    }
    let wanted = wanted(query, Sight::of_call(&call), Some(first_comments))?;
    let (groups, shows_comments) = (wanted.groups.clone(), wanted.shows_comments);
    let key = wanted.asked.list.sort.key().0;
    let (reply, ids, until) = match format {
        ListFormat::Json => {
            let listed = read_list(&call, wanted, items).await?;
            // No article leaves without its disclaimers, whatever fields are requested.
            let mut always = vec!["id", "disclaimers"];
            always.extend(query.q.is_some().then_some("snippet"));
            always.extend(query.include.has(WithArticles::Comments).then_some("comments"));
            let fields = query.fields.names();
            let reply = Reply::page(&call, listed.page, listed.beside, fields, &always)?;
            (reply, listed.ids, listed.until)
        }
        ListFormat::Ninjs | ListFormat::JsonLd => {
            let listed = list_pieces(&call, wanted).await?;
            let (ids, until) = (listed.ids.clone(), listed.until);
            let (next, prev) = (listed.page.next.clone(), listed.page.prev.clone());
            let feed = feed_of(&call, None, listed);
            let reply = match format {
                ListFormat::Ninjs => Reply::json_of_type(NINJS, &formats::ninjs::ninjs_list(&feed)),
                _ => Reply::json_of_type(JSON_LD, &formats::json_ld::json_ld_list(&feed)),
            };
            (of_host(&call, reply?.paged(&call, next, prev)), ids, until)
        }
    };
    let shows = match (key, shows_comments) {
        // Their order goes by the comments of all.
        (Key::Comments, _) => Shows::Everything,
        (_, true) => comments_of(ids),
        (_, false) => Shows::nothing(),
    };
    Ok(query.format.noted(reply).until(until).shows(shows).groups(&groups))
}
