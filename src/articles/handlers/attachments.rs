//! Attaching disclaimers to articles by hand.

use super::{Reach, Target, unit_on};
use crate::articles::ArticlePath;
use crate::articles::carried::carried_by_one;
use crate::articles::model::ArticleRow;
use crate::articles::{groups, store, write};
use crate::db::Conn;
use crate::disclaimers::DisclaimerPath;
use crate::disclaimers::model::DisclaimerRow;
use crate::disclaimers::read;
use crate::domain::instant::Instant;
use crate::problem::{Code, Problem};
use crate::web::{Call, Reply};

/// Attach a disclaimer
///
/// The article carries it from now on, in every response. Attaching it again changes nothing.
#[utoipa::path(put, path = "/v1/articles/{article}/disclaimers/{disclaimer}", responses((status = 204, description = "The article carries it.")))]
pub async fn attach_disclaimer(
    call: Call<(ArticlePath, DisclaimerPath)>,
) -> Result<Reply, Problem> {
    let Call { context: call, path: (article, DisclaimerPath(id)), .. } = call;
    let unit = unit_on(
        Target::of(&call, article, Reach::There),
        move |conn, _, _| read::find(conn, id),
        |conn, row, found, by| {
            write::attach(conn, row, (found.id, &found.public_id), by)?;
            groups::changed_with(row)
        },
    );
    let changed = call.services.db.write(unit).await?;
    Ok(Reply::no_content().invalidates(&changed))
}

/// Detach a disclaimer
///
/// The article no longer carries it. Its history keeps that it did.
#[utoipa::path(delete, path = "/v1/articles/{article}/disclaimers/{disclaimer}", responses((status = 204, description = "The article does not carry it any more.")))]
pub async fn detach_disclaimer(
    call: Call<(ArticlePath, DisclaimerPath)>,
) -> Result<Reply, Problem> {
    let Call { context: call, path: (article, DisclaimerPath(id)), .. } = call;
    let unit = unit_on(
        Target::of(&call, article, Reach::There),
        move |conn, row, sight| {
            let disclaimer = read::find(conn, id)?;
            carried_by_hand(conn, row, disclaimer, sight.now)
        },
        |conn, row, found, by| {
            write::detach(conn, row, (found.id, &found.public_id), by)?;
            groups::changed_with(row)
        },
    );
    let changed = call.services.db.write(unit).await?;
    Ok(Reply::no_content().invalidates(&changed))
}

/// Checks that the article carries the disclaimer by hand and by no rule: what a rule attaches can
/// be detached only by changing the rule.
fn carried_by_hand(
    conn: &mut Conn,
    row: &ArticleRow,
    disclaimer: DisclaimerRow,
    now: Instant,
) -> Result<DisclaimerRow, Problem> {
    // A translation that remains counts as the disclaimer itself.
    let carried = carried_by_one(conn, row, now)?.into_iter();
    let same = carried.filter(|one| one.key == disclaimer.key);
    let met: Vec<String> =
        same.flat_map(|one| one.matched_by).filter(|why| why != "manual").collect();
    if !met.is_empty() {
        return Err(Problem::plain(Code::DisclaimerRequired).with("rule", met.join(", ")));
    }
    if store::carries(conn, row.id, disclaimer.id)? {
        return Ok(disclaimer);
    }
    let id = disclaimer.public_id;
    let detail = format!(
        "The article does not carry the disclaimer `{id}`. Its `disclaimers` lists those that it carries."
    );
    Err(Problem::new(Code::DisclaimerNotFound, detail).with("id", id))
}
