//! The change feed, by pages and as a stream.

use std::rc::Rc;
use std::sync::Arc;

use super::api::Changes;
use super::feed::{Start, page};
use super::following::Following;
use super::position::{PATH, Position};
use super::stream::{self, LAST_EVENT_ID};
use super::words::Followed;
use super::{CatchUp, ListChanges, StreamChanges, catch_up_with_clock};
use crate::domain::instant::Instant;
use crate::problem::Problem;
use crate::web::call::Services;
use crate::web::url::{Include, UrlValue as _};
use crate::web::{Call, Context, Reply};

/// Follow changes
///
/// What has become public, has changed, and is no longer public: each change once, in the order of the commits. Whoever
/// applies all of them, from the start or from any cursor, has the public set: read what was published or updated, drop
/// what was removed. Old changes of what has changed again are left out after `COPYDESK_KEEP_CHANGES` days, and so are
/// removals: a cursor from before that is 410 `cursor_expired`; start anew then.
#[utoipa::path(get, path = "/v1/changes", responses((status = 200, description = "A page of changes.", body = Changes)))]
pub async fn list_changes(
    call: Call<(), ListChanges>,
    catch_up: CatchUp,
) -> Result<Reply, Problem> {
    let query = &call.query;
    let start = start(&call, query.after.0.as_deref(), query.since)?;
    let followed = followed(&query.types);
    let now = call.services.now();
    catch_up_with_clock(&call.services.db, now, catch_up).await?;
    let changes: Changes = call.services.db.read(|conn| {
        let from = start.position(conn)?;
        page(conn, &from, &followed, query.limit.0)
    })?;
    let mut others = Vec::new();
    if !query.types.0.is_empty() {
        others.push(format!("types={}", query.types.text()));
    }
    others.push(format!("limit={}", query.limit.0));
    others.push(format!("after={}", changes.next));
    let link = format!("<{PATH}?{}>; rel=\"next\"", others.join("&"));
    Ok(Reply::ok(&changes)?.link(link).never_cached())
}

/// Stream changes
///
/// The same changes as Server-Sent Events, as they happen: `id` is the cursor, `event` the type, `data` the change as in
/// the list. A client that comes again with `Last-Event-ID` misses nothing. A comment every 15 seconds keeps the
/// connection alive. A client that takes nothing for 30 seconds is disconnected.
#[utoipa::path(get, path = "/v1/changes/stream", responses((status = 200, description = "Events, without end.", body = String, content_type = "text/event-stream")))]
pub async fn stream_changes(
    call: Call<(), StreamChanges>,
    (catch_up, following): (CatchUp, Arc<Following>),
) -> Result<Reply, Problem> {
    let query = &call.query;
    // A browser that comes again asks for the same URL.
    let last = call.headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok());
    let last = last.filter(|last| !last.is_empty());
    let start = match last {
        Some(last) => Start::After(Position::open(last)?),
        None => start(&call, query.after.0.as_deref(), query.since)?,
    };
    let now = call.services.now();
    catch_up_with_clock(&call.services.db, now, catch_up).await?;
    let from = call.services.db.read(|conn| start.position(conn))?;
    let (moved, followed) = (following.join()?, followed(&query.types));
    following.go_on(&call.services, catch_up);
    let begin = Box::new(move |services: &Rc<Services>| {
        stream::events(services, (following, moved), from, followed)
    });
    Ok(Reply::stream(begin))
}

/// Where the consumer begins.
fn start(call: &Context, after: Option<&str>, since: Option<Instant>) -> Result<Start, Problem> {
    match (after, since) {
        (Some(_), Some(_)) => Err(Problem::parameter(
            "since",
            "The parameter `since` is for those who have no cursor; leave it out, or `after`.",
        )),
        (Some(after), None) => Ok(Start::After(Position::open(after)?)),
        (None, Some(since)) if since > call.services.now() => {
            Err(Problem::parameter("since", "The parameter `since` must not be in the future."))
        }
        (None, Some(since)) => Ok(Start::Since(since)),
        (None, None) => Ok(Start::Everything),
    }
}

/// What the consumer follows: articles by default.
fn followed(types: &Include<Followed>) -> Vec<Followed> {
    match types.0.is_empty() {
        true => vec![Followed::Article],
        false => types.0.clone(),
    }
}
