//! An article's comments: its thread, or a flat list.

use uuid::Uuid;

use super::{moderates, not_found};
use crate::articles;
use crate::articles::Found;
use crate::articles::ladder::Sight;
use crate::articles::rules::next_change;
use crate::comments::api::{Comment, Order, State, View};
use crate::comments::store::{self, CommentRow, Part, TOMBSTONE};
use crate::problem::Problem;
use crate::web::paging::{Listing, Page};
use crate::web::{Call, Reply};

/// What a list of an article's comments is asked for.
enum Asked {
    /// The thread, or what stands below one of its comments.
    Thread(Option<Uuid>),
    /// Comments in one state, whatever they answer.
    Flat {
        state: &'static str,
        newest_first: bool,
        since: i64,
    },
}

impl Asked {
    fn read(call: &Call) -> Result<Self, Problem> {
        let order = call.query.word("order").and_then(Order::from_word);
        let (state, since) = (call.query.state(), call.query.number("since"));
        let below = call.query.text("parent_id");
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
                None => Ok(Self::Thread(below.and_then(|id| Uuid::try_parse(id).ok()))),
            },
            _ if below.is_some() => refuse(
                "parent_id",
                "The parameter `parent_id` goes with `order=thread`, without `state`.",
            ),
            order => Ok(Self::Flat {
                state: state.unwrap_or(State::Published.word()),
                newest_first: order == Some(Order::Newest),
                since: since.unwrap_or(i64::MIN),
            }),
        }
    }
}

/// List an article's comments
///
/// As a thread, each answer below what it answers; or with `order=oldest` and `order=newest` as they came.
/// What is not shown any more and has answers keeps its place in the thread, without name and text.
/// A key with `comments:moderate` may ask for another `state`.
#[utoipa::path(get, path = "/v1/articles/{article}/comments", responses((status = 200, description = "A page of comments.", body = [Comment])))]
pub async fn list_comments(call: Call) -> Result<Reply, Problem> {
    let locator = call.locator("article")?;
    let sight = Sight::of_call(&call);
    let asked = Asked::read(&call)?;
    let limit = call.query.limit();
    let filters = FILTERS.map(|name| {
        let query = &call.query;
        let number = query.number(name).map(|number| number.to_string());
        let given = query.word(name).or(query.text(name)).map(str::to_owned);
        // The default is the same list, named or not.
        let given = given.filter(|word| word != Order::Thread.word());
        (name, given.or(number).unwrap_or_default())
    });
    let filters = filters
        .each_ref()
        .map(|(name, given)| (*name, given.as_str()));
    // The id and not the path is the listing: a cursor goes on where the slug was used before.
    let read = call.services.db.read(|conn| {
        articles::look_up(conn, &locator, sight)?.and_then(|(article, _)| {
            let listing = thread_listing(&article.public_id, &filters);
            let (rows, part) = match &asked {
                Asked::Thread(below) => {
                    let part = match below {
                        None => Part::whole(article.id),
                        Some(id) => {
                            let place = store::select_place(conn, article.id, *id)?;
                            Part::below(&place.ok_or_else(|| not_found(*id))?)
                        }
                    };
                    let after: String = listing.start(&call.query, String::new())?;
                    let rows = store::select_thread(conn, &part, &after, limit + 1)?;
                    (rows, Some(part))
                }
                // What a caller may not read, the caller meets nowhere.
                Asked::Flat { state, .. } if is_hidden(state, sight) => (Vec::new(), None),
                Asked::Flat {
                    state,
                    newest_first: true,
                    since,
                } => {
                    let after = listing.start(&call.query, store::NEWEST)?;
                    let of = article.id;
                    let rows = store::select_newest(conn, of, state, *since, after, limit + 1)?;
                    (rows, None)
                }
                Asked::Flat { state, since, .. } => {
                    let after = listing.start(&call.query, store::OLDEST)?;
                    let of = article.id;
                    let rows = store::select_oldest(conn, of, state, *since, after, limit + 1)?;
                    (rows, None)
                }
            };
            Ok((article, listing, rows, part))
        })
    })?;
    let (article, listing, rows, part) = match read {
        Found::Here(read) => read,
        Found::Moved(slug) => return Ok(articles::moved(&call, &slug)),
    };
    let is_thread = part.is_some();
    let total = match call.query.count() {
        true => Some(count(&call, &asked, part, article.id, sight).await?),
        false => None,
    };
    let cursor = |row: &CommentRow| match is_thread {
        true => listing.seal(&row.path),
        false => listing.seal(&(row.created_at, row.id)),
    };
    let view = view_of(sight);
    let page = Page::of(rows, limit, cursor, |row| match is_thread {
        true => in_thread(row, view),
        false => Comment::new(row, view),
    });
    Ok(Reply::page(&call, page, total, &["id"])?
        .changes_at(next_change(&article, sight.now), sight.now)
        .surrogate_key(&format!("comments article-{}", article.public_id)))
}

/// What narrows an article's comments.
const FILTERS: [&str; 4] = ["order", "state", "since", "parent_id"];
/// Those of a thread that nothing narrows.
pub(super) const NO_FILTERS: [(&str, &str); 4] = [
    (FILTERS[0], ""),
    (FILTERS[1], ""),
    (FILTERS[2], ""),
    (FILTERS[3], ""),
];

/// The list of an article's comments, however the article was named.
pub(super) fn thread_listing(article: &str, filters: &[(&str, &str)]) -> Listing {
    Listing::new(&format!("/v1/articles/{article}/comments"), filters)
}

/// As whom a caller sees comments that are not its own.
pub(super) fn view_of(sight: Sight) -> View {
    match moderates(sight) {
        true => View::Moderator,
        false => View::Public,
    }
}

/// A comment as it stands in a thread.
pub(super) fn in_thread(row: CommentRow, view: View) -> Comment {
    match row.shown {
        TOMBSTONE => Comment::tombstone(row),
        _ => Comment::new(row, view),
    }
}

fn is_hidden(state: &str, sight: Sight) -> bool {
    state != State::Published.word() && !moderates(sight)
}

async fn count(
    call: &Call,
    asked: &Asked,
    part: Option<Part>,
    article: i64,
    sight: Sight,
) -> Result<i64, Problem> {
    let db = &call.services.db;
    match (asked, part) {
        (_, Some(part)) => {
            db.search(move |conn| Ok(store::count_thread(conn, &part)?))
                .await
        }
        (Asked::Flat { state, .. }, None) if is_hidden(state, sight) => Ok(0),
        (Asked::Flat { state, since, .. }, None) => {
            let (state, since) = (*state, *since);
            db.search(move |conn| Ok(store::count_since(conn, article, state, since)?))
                .await
        }
        (Asked::Thread(_), None) => Err(Problem::internal("a thread has no part")),
    }
}
