//! The moderators' queue, and decisions on what stands in it.

use super::{decide, held_by_moderator};
use crate::articles;
use crate::articles::ladder::Sight;
use crate::comments::api::{Comment, Decision, Decisions, DecisionsInput, Order, State, View};
use crate::comments::store::{self, Decided, Wanted};
use crate::domain::ids::parse_id;
use crate::problem::{Code, Problem};
use crate::web::paging::{Listing, Page};
use crate::web::path::Locator;
use crate::web::{Call, Reply};

const LIST_PATH: &str = "/v1/comments";
/// What narrows the queue.
const FILTERS: [&str; 10] = [
    "state",
    "article",
    "author",
    "held_by",
    "q",
    "created_after",
    "created_before",
    "reported",
    "same_address_as",
    "order",
];

/// List comments to moderate
///
/// Those that wait for a decision, the oldest first, of all articles that the caller reads; or those in another `state`.
#[utoipa::path(get, path = "/v1/comments", responses((status = 200, description = "A page of the queue.", body = [Comment])))]
pub async fn list_queue(call: Call) -> Result<Reply, Problem> {
    let sight = Sight::of_call(&call);
    let query = &call.query;
    let given = FILTERS.map(|name| {
        let number = query.number(name).map(|number| number.to_string());
        let number = number.or(query.flag(name).then(|| "true".to_owned()));
        let text = query.word(name).or(query.text(name)).map(str::to_owned);
        (name, text.or(number).unwrap_or_default())
    });
    let given = given
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let listing = Listing::new(LIST_PATH, &given);
    let newest_first = query.word("order") == Some(Order::Newest.word());
    let after = listing.start(
        query,
        if newest_first {
            store::NEWEST
        } else {
            store::OLDEST
        },
    )?;
    let article = query.text("article").map(locator).transpose()?;
    let limit = query.limit();
    let mut wanted = Wanted {
        state: query
            .state()
            .unwrap_or(match query.flag("reported") {
                // What waits is in the queue anyway.
                true => State::Published.word(),
                false => State::Pending.word(),
            })
            .to_owned(),
        article: None,
        author: query.text("author").map(str::to_owned),
        held_by: query.word("held_by").map(str::to_owned),
        text: query.text("q").map(containing),
        since: query.number("created_after").unwrap_or(i64::MIN),
        before: query.number("created_before").unwrap_or(i64::MAX),
        address: None,
        is_reported: query.flag("reported"),
    };
    let wants_total = query.count();
    let neighbour = query.text("same_address_as").and_then(parse_id);
    let (rows, total) = call
        .services
        .db
        .search(move |conn| {
            if let Some(locator) = &article {
                // What is not there, or not this caller's to see, has no comments.
                match articles::find(conn, locator, sight) {
                    Ok((row, _)) => wanted.article = Some(row.id),
                    Err(problem) if articles::LADDER.contains(&problem.code()) => {
                        return Ok((Vec::new(), wants_total.then_some(0)));
                    }
                    Err(problem) => return Err(problem),
                }
            }
            if let Some(id) = &neighbour {
                wanted.address = match store::select_any(conn, *id, sight)? {
                    Some(row) => store::select_address(conn, row.id)?,
                    None => None,
                };
                if wanted.address.is_none() {
                    return Ok((Vec::new(), wants_total.then_some(0)));
                }
            }
            let rows = match newest_first {
                true => store::select_queue_newest(conn, &wanted, sight, after, limit + 1)?,
                false => store::select_queue(conn, &wanted, sight, after, limit + 1)?,
            };
            let total = match wants_total {
                true => Some(store::count_queue(conn, &wanted, sight)?),
                false => None,
            };
            Ok((rows, total))
        })
        .await?;
    let page = Page::of(
        rows,
        limit,
        |row| listing.seal(&(row.created_at, row.id)),
        |row| Comment::new(row, View::Moderator),
    );
    Reply::page(&call, page, total, &["id"])
}

fn locator(text: &str) -> Result<Locator, Problem> {
    Locator::read(text).ok_or_else(|| {
        Problem::parameter(
            "article",
            "The parameter `article` takes an article's id or slug.",
        )
    })
}

/// The pattern of `like` that finds `text` anywhere.
fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// Decide on comments
///
/// Up to 100 at once, each on its own: what cannot be decided on is told with its code, and hinders none of the
/// others. A deleted one is not there for it: `restore` brings it back.
#[utoipa::path(post, path = "/v1/comments/moderate", responses((status = 200, description = "What became of each.", body = Decisions)))]
pub async fn moderate_comments(call: Call) -> Result<Reply, Problem> {
    let input: DecisionsInput = call.body()?;
    let caller = call.caller.clone();
    let items = call
        .services
        .db
        .write(move |conn, now| {
            let sight = Sight::of(&caller, now);
            let mut items = Vec::new();
            for id in &input.ids.0 {
                let found = store::select(conn, *id, sight)?;
                if let Some(row) = &found {
                    let decided = Decided {
                        state: input.state,
                        reason: input.reason.as_deref(),
                        held_by: held_by_moderator(row, input.state),
                        text: None,
                        deleted_at: None,
                        settles: true,
                    };
                    decide(conn, row, &decided, caller.actor(), now)?;
                }
                let absent = Code::CommentNotFound.entry().name.to_owned();
                items.push(Decision {
                    id: id.to_string(),
                    state: found.is_some().then(|| input.state.word().to_owned()),
                    code: found.is_none().then_some(absent),
                });
            }
            Ok(items)
        })
        .await?;
    Reply::ok(&Decisions { items })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_for_is_no_pattern() {
        assert_eq!(containing("100%_\\"), "%100\\%\\_\\\\%");
    }
}
