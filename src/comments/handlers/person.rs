//! What a person may ask for: what is kept of them, and that it be erased.

use diesel::sqlite::SqliteConnection;

use super::count_article;
use crate::comments::api::{Comment, Comments, DataRequestInput, Erased, State, View};
use crate::comments::store::{self, CommentRow};
use crate::problem::{Fault, FaultCode, Problem};
use crate::web::paging::{Listing, Page};
use crate::web::{Call, Reply};

/// Comments that one unit of the writer erases: some ten milliseconds, so that no other write waits longer.
const ERASED_AT_ONCE: i64 = 200;

/// Refuses a request that names nobody.
fn named(input: DataRequestInput) -> Result<DataRequestInput, Problem> {
    if input.author_email.is_some() || !input.ids.0.is_empty() {
        return Ok(input);
    }
    Err(Problem::validation(vec![Fault {
        pointer: "/author_email".to_owned(),
        code: FaultCode::Required,
        detail: "names whose comments are asked for; `ids` names them one by one.".to_owned(),
    }]))
}

/// The next comments that a request is about: first those that it names by `ids`, without those
/// that are not there, and then those with its mail address.
fn next_of(
    conn: &mut SqliteConnection,
    input: &DataRequestInput,
    after: (usize, i64),
    rows: i64,
) -> Result<Vec<((usize, i64), CommentRow)>, Problem> {
    let (done, behind) = after;
    let most = usize::try_from(rows).unwrap_or_default();
    let mut found = Vec::new();
    for (number, id) in input.ids.0.iter().enumerate().skip(done) {
        if found.len() < most {
            let row = store::select_kept(conn, &id.to_string())?;
            found.extend(row.map(|row| ((number + 1, 0), row)));
        }
    }
    if let Some(email) = &input.author_email {
        let rows = rows - i64::try_from(found.len()).unwrap_or_default();
        let all = input.ids.0.len();
        // Those that are named as well stand further up.
        let more = rows + i64::try_from(all).unwrap_or_default();
        let by_email = store::select_by_email(conn, email, behind, more)?;
        let named = |row: &CommentRow| input.ids.0.iter().any(|id| id.to_string() == row.public_id);
        let others = by_email.into_iter().filter(|row| !named(row));
        found.extend(others.map(|row| ((all, row.id), row)));
        found.truncate(most);
    }
    Ok(found)
}

/// Export a person's comments
///
/// All that is kept of them, whatever became of it and of its article: those with a mail address, in any case of
/// ASCII letters, and those that `ids` name. What the person asked for stands in the body, so that no log holds it.
#[utoipa::path(post, path = "/v1/comments/export", responses((status = 200, description = "A page of comments, oldest first.", body = Comments)))]
pub async fn export_comments(call: Call) -> Result<Reply, Problem> {
    let input = named(call.body()?)?;
    let asked = serde_json::to_string(&input).map_err(Problem::internal)?;
    let listing = Listing::new("/v1/comments/export", &[("body", &asked)]);
    let after = listing.start(&call.query, (0, 0))?;
    let limit = call.query.limit();
    let rows = call
        .services
        .db
        .search(move |conn| next_of(conn, &input, after, limit + 1))
        .await?;
    let page = Page::of(
        rows,
        limit,
        |(at, _)| listing.seal(at),
        |(_, row)| Comment::new(row, View::Moderator),
    );
    // No `Link`: the next page is asked for by POST as well.
    let comments = Comments {
        items: page.items,
        next: page.next,
    };
    Ok(Reply::ok(&comments)?.never_cached())
}

/// Erase a person's comments
///
/// Name, mail address and text of all of them, for good, and what else tells of the person. What has answers keeps
/// its place in the thread, empty.
#[utoipa::path(post, path = "/v1/comments/erase", responses((status = 200, description = "What was erased.", body = Erased)))]
pub async fn erase_comments(call: Call) -> Result<Reply, Problem> {
    let input = std::sync::Arc::new(named(call.body()?)?);
    let actor = call.caller.actor().to_owned();
    let mut erased = 0;
    loop {
        let (input, actor) = (std::sync::Arc::clone(&input), actor.clone());
        let some = call.services.db.write(move |conn, now| {
            let rows = next_of(conn, &input, (0, 0), ERASED_AT_ONCE)?;
            for (_, row) in &rows {
                store::erase(conn, row, &actor, now)?;
                count_article(conn, row, State::Removed)?;
            }
            Ok(i64::try_from(rows.len()).unwrap_or_default())
        });
        let some = some.await?;
        erased += some;
        if some == 0 {
            return Ok(Reply::ok(&Erased { erased })?.never_cached());
        }
    }
}
