//! What a person may ask for: what is kept of them, and that it be erased.

use std::collections::HashSet;

use diesel::sqlite::SqliteConnection;

use super::count_article;
use crate::articles::ladder::Sight;
use crate::comments::api::{Comment, Comments, DataRequestInput, Erased, State, View};
use crate::comments::store::{self, CommentRow};
use crate::problem::{Fault, FaultCode, Problem};
use crate::web::paging::{Listing, Page};
use crate::web::{Call, Reply};

/// Comments that one unit of the writer erases: some ten milliseconds, so that no other write waits longer.
const ERASED_AT_ONCE: i64 = 200;

/// Each id once; refuses a request that names nobody.
fn named(mut input: DataRequestInput) -> Result<DataRequestInput, Problem> {
    let mut known = HashSet::new();
    input.ids.0.retain(|id| known.insert(*id));
    if input.author_email.is_some() || !input.ids.0.is_empty() {
        return Ok(input);
    }
    Err(Problem::validation(vec![Fault {
        pointer: "/author_email".to_owned(),
        code: FaultCode::Required,
        detail: "is missing: give `author_email`, whose comments are meant, or `ids`, which ones."
            .to_owned(),
    }]))
}

/// The next comments that a request is about: first those that it names by `ids`, as far as they are
/// on articles that the caller reads, and then those with its mail address, wherever they are.
fn next_of(
    conn: &mut SqliteConnection,
    input: &DataRequestInput,
    after: (usize, i64),
    rows: i64,
    sight: Sight,
) -> Result<Vec<((usize, i64), CommentRow)>, Problem> {
    let (done, behind) = after;
    let most = usize::try_from(rows).unwrap_or_default();
    let mut found = Vec::new();
    for (number, id) in input.ids.0.iter().enumerate().skip(done) {
        if found.len() < most {
            let row = store::select_any(conn, *id, sight)?;
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
/// All that they wrote, whatever became of it and of its article: the comments with a mail address, in any case of
/// ASCII letters; and those that `ids` name, on articles that the caller reads. What the person asked for stands in the body, so that no log holds it.
#[utoipa::path(post, path = "/v1/comments/export", responses((status = 200, description = "A page of comments, oldest first.", body = Comments)))]
pub async fn export_comments(call: Call) -> Result<Reply, Problem> {
    let input = named(call.body()?)?;
    let asked = serde_json::to_string(&input).map_err(Problem::internal)?;
    let listing = Listing::new("/v1/comments/export", &[("body", &asked)]);
    let after = listing.start(&call.query, (0, 0))?;
    let limit = call.query.limit();
    let sight = Sight::of_call(&call);
    let rows = call
        .services
        .db
        .search(move |conn| next_of(conn, &input, after, limit + 1, sight))
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
    let caller = call.caller.clone();
    let mut erased = 0;
    loop {
        let (input, caller) = (std::sync::Arc::clone(&input), caller.clone());
        let some = call.services.db.write_and_overwrite(move |conn, now| {
            let sight = Sight::of(&caller, now);
            let rows = next_of(conn, &input, (0, 0), ERASED_AT_ONCE, sight)?;
            for (_, row) in &rows {
                store::erase(conn, row, caller.actor(), now)?;
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
