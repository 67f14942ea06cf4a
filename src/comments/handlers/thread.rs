//! An article's comments: its thread, or a flat list.

use uuid::Uuid;

use crate::articles::ids::ArticleId;
use crate::articles::ladder::Sight;
use crate::articles::model::ArticleRow;
use crate::articles::refusals::{Found, look_up};
use crate::articles::rules::until;
use crate::articles::{ARTICLE_SEGMENT, ArticlePath, comments_of};
use crate::comments::api::Comment;
use crate::comments::model::CommentRow;
use crate::comments::read::{in_thread, moderates, not_found, view_of};
use crate::comments::store::{self, Part};
use crate::comments::words::{Order, State};
use crate::comments::{ListComments, groups, thread_path};
use crate::db::Conn;
use crate::problem::Problem;
use crate::web::paging::{Listing, Page};
use crate::web::{Call, Context, Reply};

/// The kind of list of an article's comments.
#[derive(Clone, Copy)]
enum Asked {
    /// The thread, or the part below one of its comments.
    Thread(Option<Uuid>),
    /// Comments in one state, regardless of nesting.
    Flat { state: State, newest_first: bool, since: i64 },
}

impl Asked {
    fn of(query: &ListComments) -> Result<Self, Problem> {
        let (order, state, since) = (query.order, query.state, query.since);
        let below = query.parent_id;
        let refuse = |name: &str, detail: &str| Err(Problem::parameter(name, detail));
        match order {
            Some(Order::Thread) if state.is_some() => refuse(
                "state",
                "The parameter `state` goes with `order=oldest` or `order=newest`: a thread holds what is shown.",
            ),
            None | Some(Order::Thread) if state.is_none() => match since {
                Some(_) => refuse(
                    "since",
                    "The parameter `since` goes with `order=oldest` or `order=newest`: in a thread, what is new stands anywhere.",
                ),
                None => Ok(Self::Thread(below)),
            },
            _ if below.is_some() => refuse(
                "parent_id",
                "The parameter `parent_id` goes with `order=thread`, without `state`.",
            ),
            order => Ok(Self::Flat {
                state: state.unwrap_or(State::Published),
                newest_first: order == Some(Order::Newest),
                since: since.map_or(i64::MIN, |since| since.as_micros()),
            }),
        }
    }
}

/// List an article's comments
///
/// As a thread, each reply below its parent; or in order of time with `order=oldest` and
/// `order=newest`. A comment that is no longer shown and has replies keeps its place in the
/// thread, without name and text. A key with `comments:moderate` may list another `state`.
#[utoipa::path(get, path = "/v1/articles/{article}/comments", responses((status = 200, description = "A page of comments.", body = [Comment])))]
pub async fn list_comments(call: Call<ArticlePath, ListComments>) -> Result<Reply, Problem> {
    let Call { context: call, path, mut query, .. } = call;
    let sight = Sight::of_call(&call);
    let asked = Asked::of(&query)?;
    // Leaving the default out or naming it gives the same list.
    query.order = query.order.filter(|order| *order != Order::Thread);
    let read = call.services.db.read(|conn| {
        look_up(conn, &path.0, sight)?.try_map(|article: ArticleRow| {
            // The listing goes by the id and not the path: a cursor remains valid after a change
            // of slug.
            let listing = Listing::of(&thread_path(&article.public_id), &query);
            let (rows, part) = select(conn, article.id, asked, &listing, &query, sight)?;
            Ok((article, listing, rows, part))
        })
    })?;
    let (article, listing, rows, part) = match read {
        Found::Here(read) => read,
        Found::Moved(slug) => return Ok(Reply::renamed(&call, ARTICLE_SEGMENT, &slug)),
    };
    let is_thread = part.is_some();
    let total = match query.count.0 {
        true => Some(count(&call, asked, part, article.id, sight).await?),
        false => None,
    };
    let cursor = |row: &CommentRow| match is_thread {
        true => listing.seal(&row.path),
        false => listing.seal(&(row.created_at, row.id)),
    };
    let view = view_of(sight);
    let page = Page::of(rows, query.limit, cursor).map(|row| match is_thread {
        true => in_thread(row, view),
        false => Comment::new(row, view),
    });
    Ok(Reply::page(&call, page, total, query.fields.names(), &["id"])?
        .until(until(&article, sight.now))
        .shows(comments_of([article.id]))
        .groups(&groups::of_thread(&article.public_id)))
}

/// The rows of a page and one more; for a thread also the part that it shows.
fn select(
    conn: &mut Conn,
    article: ArticleId,
    asked: Asked,
    listing: &Listing,
    query: &ListComments,
    sight: Sight,
) -> Result<(Vec<CommentRow>, Option<Part>), Problem> {
    let (cursor, rows) = (&query.cursor, query.limit.0 + 1);
    let (state, newest_first, since) = match asked {
        Asked::Thread(below) => {
            let part = match below {
                None => Part::whole(article),
                Some(id) => {
                    let place = store::select_place(conn, article, id)?;
                    Part::below(&place.ok_or_else(|| not_found(id))?)
                }
            };
            let after: String = listing.start(cursor, String::new())?;
            let found = store::select_thread(conn, &part, &after, rows)?;
            return Ok((found, Some(part)));
        }
        Asked::Flat { state, newest_first, since } => (state, newest_first, since),
    };
    // A caller gets no comment here that it may not read.
    if is_hidden(state, sight) {
        return Ok((Vec::new(), None));
    }
    let first = if newest_first { store::NEWEST } else { store::OLDEST };
    let after = listing.start(cursor, first)?;
    let found = store::select_flat(conn, article, (state, since), newest_first, after, rows)?;
    Ok((found, None))
}

fn is_hidden(state: State, sight: Sight) -> bool {
    state != State::Published && !moderates(sight)
}

async fn count(
    call: &Context,
    asked: Asked,
    part: Option<Part>,
    article: ArticleId,
    sight: Sight,
) -> Result<i64, Problem> {
    let db = &call.services.db;
    match (asked, part) {
        (_, Some(part)) => db.search(move |conn| Ok(store::count_thread(conn, &part)?)).await,
        (Asked::Flat { state, .. }, None) if is_hidden(state, sight) => Ok(0),
        (Asked::Flat { state, since, .. }, None) => {
            db.search(move |conn| Ok(store::count_since(conn, article, state, since)?)).await
        }
        (Asked::Thread(_), None) => Err(Problem::internal("a thread has no part")),
    }
}
