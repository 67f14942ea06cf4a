//! Requests by a person about their data: export and erasure.

use std::collections::HashSet;

use crate::articles::ladder::Sight;
use crate::comments::ExportComments;
use crate::comments::api::{Comment, Comments, Erased, View};
use crate::comments::ids::CommentId;
use crate::comments::input::DataRequestInput;
use crate::comments::model::CommentRow;
use crate::comments::store;
use crate::comments::write::erase;
use crate::db::Conn;
use crate::domain::groups::{COMMENTS, THREADS};
use crate::problem::{FaultCode, Problem};
use crate::web::body::Json;
use crate::web::paging::{Listing, Page};
use crate::web::{Call, Reply};

/// Comments erased in one unit of the writer: some ten milliseconds, so that no other write waits
/// longer.
const ERASED_AT_ONCE: i64 = 200;

/// Removes duplicate ids, and refuses a request that names nobody.
fn named(mut input: DataRequestInput) -> Result<DataRequestInput, Problem> {
    let mut known = HashSet::new();
    input.ids.0.retain(|id| known.insert(*id));
    if input.author_email.is_some() || !input.ids.0.is_empty() {
        return Ok(input);
    }
    Err(Problem::fault(
        "/author_email",
        FaultCode::Required,
        "is missing: give `author_email` (all comments of that person) or `ids` (these comments).",
    ))
}

/// The next comments that a request is about: first those that it names by `ids`, on articles that
/// the caller may read; then those with its email address, on any article.
fn next_of(
    conn: &mut Conn,
    input: &DataRequestInput,
    after: (usize, CommentId),
    rows: i64,
    sight: Sight,
) -> Result<Vec<((usize, CommentId), CommentRow)>, Problem> {
    let (done, behind) = after;
    let most = usize::try_from(rows).unwrap_or_default();
    let mut found = Vec::new();
    for (number, id) in input.ids.0.iter().enumerate().skip(done) {
        if found.len() < most {
            let row = store::select_any(conn, *id, sight)?;
            found.extend(row.map(|row| ((number + 1, CommentId::START), row)));
        }
    }
    if let Some(email) = &input.author_email {
        let rows = rows - i64::try_from(found.len()).unwrap_or_default();
        let all = input.ids.0.len();
        // The ones also named by `ids` come earlier, and are skipped here.
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
/// All comments with an email address, in any case of ASCII letters, in any state and whatever
/// became of the article; and those that `ids` name, on articles that the caller may read. The
/// person is named in the body, so that no log records it.
#[utoipa::path(post, path = "/v1/comments/export", responses((status = 200, description = "A page of comments, oldest first.", body = Comments)))]
pub async fn export_comments(
    call: Call<(), ExportComments, Json<DataRequestInput>>,
) -> Result<Reply, Problem> {
    let Call { context: call, query, body: Json(input), .. } = call;
    let input = named(input)?;
    let asked = serde_json::to_string(&input).map_err(Problem::internal)?;
    let listing = Listing::new("/v1/comments/export", &[("body", asked)]);
    let after = listing.start(&query.cursor, (0, CommentId::START))?;
    let limit = query.limit;
    let sight = Sight::of_call(&call);
    let rows = call
        .services
        .db
        .search(move |conn| next_of(conn, &input, after, limit.0 + 1, sight))
        .await?;
    let page = Page::of(rows, limit, |(at, _)| listing.seal(at));
    let page = page.map(|(_, row)| Comment::new(row, View::Moderator));
    // No `Link`: the next page is requested by POST as well.
    let comments = Comments { items: page.items, next: page.next };
    Ok(Reply::ok(&comments)?.never_cached())
}

/// Erase a person's comments
///
/// Erases name, email address and text of all of them for good, and other data about the person:
/// IP addresses, and the texts of reasons and reports. A comment with replies keeps its place in
/// the thread, empty.
#[utoipa::path(post, path = "/v1/comments/erase", responses((status = 200, description = "What was erased.", body = Erased)))]
pub async fn erase_comments(call: Call<(), (), Json<DataRequestInput>>) -> Result<Reply, Problem> {
    let Call { context: call, body: Json(input), .. } = call;
    let input = std::sync::Arc::new(named(input)?);
    let caller = call.caller.clone();
    let mut erased = 0;
    loop {
        let (input, caller) = (std::sync::Arc::clone(&input), caller.clone());
        let some = call.services.db.write_and_overwrite(move |conn, now| {
            let sight = Sight::of(&caller, now);
            let rows = next_of(conn, &input, (0, CommentId::START), ERASED_AT_ONCE, sight)?;
            for (_, row) in &rows {
                erase(conn, row, caller.actor(), now)?;
            }
            Ok(i64::try_from(rows.len()).unwrap_or_default())
        });
        let some = some.await?;
        erased += some;
        if some == 0 {
            let reply = Reply::ok(&Erased { erased })?.never_cached();
            return Ok(reply.invalidates(&[COMMENTS, THREADS]));
        }
    }
}
