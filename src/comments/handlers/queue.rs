//! The moderators' queue, and decisions on the comments in it.

use crate::articles::ladder::Sight;
use crate::articles::model::ArticleRow;
use crate::articles::read::{Met, meet_present};
use crate::articles::store::Looked as _;
use crate::comments::api::{Comment, Decision, Decisions, View};
use crate::comments::input::DecisionsInput;
use crate::comments::store::{self, Wanted};
use crate::comments::words::{QueueOrder, State};
use crate::comments::{ListQueue, write};
use crate::db::Conn;
use crate::domain::groups::{COMMENTS, THREADS};
use crate::problem::{Code, Problem};
use crate::web::body::Json;
use crate::web::paging::{Listing, Page};
use crate::web::{Call, Reply};

const LIST_PATH: &str = "/v1/comments";

/// List comments to moderate
///
/// The comments that wait for a decision, the oldest first, on all articles that the caller may
/// read; or those in another `state`.
#[utoipa::path(get, path = "/v1/comments", responses((status = 200, description = "A page of the queue.", body = [Comment])))]
pub async fn list_queue(call: Call<(), ListQueue>) -> Result<Reply, Problem> {
    let Call { context: call, query, .. } = call;
    let sight = Sight::of_call(&call);
    let listing = Listing::of(LIST_PATH, &query);
    let newest_first = query.order == Some(QueueOrder::Newest);
    let first = if newest_first { store::NEWEST } else { store::OLDEST };
    let after = listing.start(&query.cursor, first)?;
    let (limit, fields, wants_total) = (query.limit, query.fields.clone(), query.count.0);
    let found = call.services.db.search(move |conn| {
        // An article or comment that is absent or hidden from the caller has no comments.
        let Some(wanted) = wanted(conn, query, sight)? else {
            return Ok((Vec::new(), wants_total.then_some(0)));
        };
        let rows = store::select_queue(conn, &wanted, sight, newest_first, after, limit.0 + 1)?;
        let total = match wants_total {
            true => Some(store::count_queue(conn, &wanted, sight)?),
            false => None,
        };
        Ok((rows, total))
    });
    let (rows, total) = found.await?;
    let page = Page::of(rows, limit, |row| listing.seal(&(row.created_at, row.id)));
    let page = page.map(|row| Comment::new(row, View::Moderator));
    Reply::page(&call, page, total, fields.names(), &["id"])
}

/// The store's filter for the query; `None` if it can match nothing.
fn wanted(conn: &mut Conn, query: ListQueue, sight: Sight) -> Result<Option<Wanted>, Problem> {
    let article = match &query.article {
        Some(locator) => match meet_present(conn, locator, sight)? {
            Met::Read(row) => Some(ArticleRow::into_row(row).id),
            Met::Refused(..) | Met::Moved(_) | Met::Absent => return Ok(None),
        },
        None => None,
    };
    let address = match query.same_address_as {
        Some(id) => {
            let row = store::select_any(conn, id, sight)?;
            let address = match row {
                Some(row) => store::select_address(conn, row.id)?,
                None => None,
            };
            match address {
                Some(address) => Some(address),
                None => return Ok(None),
            }
        }
        None => None,
    };
    // Pending comments are in the queue without being reported.
    let usual = if query.reported { State::Published } else { State::Pending };
    Ok(Some(Wanted {
        state: query.state.unwrap_or(usual),
        article,
        author: query.author.map(|author| author.0),
        held_by: query.held_by,
        text: query.q.map(|text| containing(&text.0)),
        since: query.created_after.map_or(i64::MIN, |at| at.as_micros()),
        before: query.created_before.map_or(i64::MAX, |at| at.as_micros()),
        address,
        is_reported: query.reported,
    }))
}

/// A `like` pattern that matches `text` anywhere.
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
/// Up to 100 at once, each on its own: one that cannot be decided on is reported with its problem
/// code, and does not affect the others. A deleted one counts as not found: use `restore`.
#[utoipa::path(post, path = "/v1/comments/moderate", responses((status = 200, description = "What became of each.", body = Decisions)))]
pub async fn moderate_comments(call: Call<(), (), Json<DecisionsInput>>) -> Result<Reply, Problem> {
    let Call { context: call, body: Json(input), .. } = call;
    let caller = call.caller.clone();
    let items = call.services.db.write(move |conn, now| {
        let sight = Sight::of(&caller, now);
        let decision = (input.state, input.reason.as_deref());
        let mut items = Vec::new();
        for id in &input.ids.0 {
            let found = store::select(conn, *id, sight)?;
            if let Some(row) = &found {
                write::moderate(conn, row, decision, caller.actor(), now)?;
            }
            let absent = Code::CommentNotFound.entry().name.to_owned();
            items.push(Decision {
                id: id.to_string(),
                state: found.is_some().then_some(input.state),
                code: found.is_none().then_some(absent),
            });
        }
        Ok(items)
    });
    Ok(Reply::ok(&Decisions { items: items.await? })?.invalidates(&[COMMENTS, THREADS]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_for_is_no_pattern() {
        assert_eq!(containing("100%_\\"), "%100\\%\\_\\\\%");
    }
}
