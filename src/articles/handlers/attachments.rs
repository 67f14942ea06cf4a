//! Which disclaimers an article carries by hand.

use diesel::sqlite::SqliteConnection;

use super::{Reach, carried_by, record, write_to};
use crate::articles::api::HistoryEvent;
use crate::articles::store::{self, ArticleRow, Entry};
use crate::disclaimers;
use crate::disclaimers::store::DisclaimerRow;
use crate::domain::instant::Instant;
use crate::problem::{Code, Problem};
use crate::web::caller::Actor;
use crate::web::{Call, Reply};

/// Attach a disclaimer
///
/// The article carries it from now on, in every answer. Attaching it again changes nothing.
#[utoipa::path(put, path = "/v1/articles/{article}/disclaimers/{disclaimer}", responses((status = 204, description = "The article carries it.")))]
pub async fn attach_disclaimer(call: Call) -> Result<Reply, Problem> {
    let disclaimer = call.id("disclaimer")?;
    let look_up =
        move |conn: &mut SqliteConnection, _: &ArticleRow| disclaimers::find(conn, disclaimer);
    write_to(
        &call,
        Reach::There,
        look_up,
        move |conn, row, disclaimer, actor, now| attach(conn, row, &disclaimer, actor, now),
    )
    .await?;
    Ok(Reply::no_content())
}

/// Makes an article carry a disclaimer, unless it does so already; the one way.
///
/// # Errors
/// A database fault.
pub fn attach(
    conn: &mut SqliteConnection,
    row: &ArticleRow,
    disclaimer: &DisclaimerRow,
    actor: Actor<'_>,
    now: Instant,
) -> Result<(), Problem> {
    if !store::attach(conn, row.id, disclaimer.id, now)? {
        return Ok(());
    }
    store::next_version(conn, row.id, now)?;
    let entry = Entry::of(HistoryEvent::Attached).about(&disclaimer.public_id);
    record(conn, row.id, &entry, actor, now)
}

/// 403: what a rule attaches, its rule detaches.
fn required(rule: &str) -> Problem {
    let detail = format!(
        "This disclaimer is attached by its rule ({rule}) and cannot be detached. Change its `applies_to`, or what of the article the rule meets."
    );
    Problem::new(Code::DisclaimerRequired, detail).with("rule", rule.to_owned())
}

/// Detach a disclaimer
///
/// The article does not carry it any more. That it did stays recorded.
#[utoipa::path(delete, path = "/v1/articles/{article}/disclaimers/{disclaimer}", responses((status = 204, description = "The article does not carry it any more.")))]
pub async fn detach_disclaimer(call: Call) -> Result<Reply, Problem> {
    let id = call.id("disclaimer")?;
    let call_now = call.services.now();
    let look_up = move |conn: &mut SqliteConnection, row: &ArticleRow| {
        let disclaimer = disclaimers::find(conn, id)?;
        // A translation that stays is as good as the disclaimer itself.
        let carried = carried_by(conn, [row], call_now, false)?.take(row.id);
        let same = carried.into_iter().find(|one| one.key == disclaimer.key);
        let met: Vec<String> = same.map(|one| one.matched_by).unwrap_or_default();
        let met: Vec<String> = met.into_iter().filter(|why| why != "manual").collect();
        if !met.is_empty() {
            return Err(required(&met.join(", ")));
        }
        if store::carries(conn, row.id, disclaimer.id)? {
            return Ok(disclaimer);
        }
        let detail = format!(
            "The article does not carry the disclaimer `{id}`. Its `disclaimers` lists those that it carries."
        );
        Err(Problem::new(Code::DisclaimerNotFound, detail).with("id", id.to_string()))
    };
    write_to(
        &call,
        Reach::There,
        look_up,
        move |conn, row, disclaimer, actor, now| {
            store::detach(conn, row.id, disclaimer.id, now)?;
            store::next_version(conn, row.id, now)?;
            let entry = Entry::of(HistoryEvent::Detached).about(&disclaimer.public_id);
            record(conn, row.id, &entry, actor, now)
        },
    )
    .await?;
    Ok(Reply::no_content())
}
