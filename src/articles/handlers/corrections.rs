//! What was put right in an article after readers had seen it.

use diesel::sqlite::SqliteConnection;
use serde_json::Value;

use super::{
    Reach, by_id, members_as_they_are, no_more, record, render_ahead, rendered_of, shown, unit_on,
    write_members, write_to,
};
use crate::articles::api::{Article, ArticleInput, CorrectInput, HistoryEvent};
use crate::articles::ladder::Sight;
use crate::articles::rules::{Action, state_of};
use crate::articles::store::{self, ArticleRow, Entry};
use crate::domain::ids::new_id;
use crate::problem::{Code, Fault, FaultCode, Problem};
use crate::web::idempotency::Created;
use crate::web::input::{InputObject as _, read_body};
use crate::web::{Call, Reply};

/// Most corrections of one article: each is shown with it, in every list that has it.
const CORRECTIONS_MAX: i64 = 100;

/// Correct an article
///
/// Says in public what was wrong in what readers have seen, and with `body` puts the text right
/// in the same step.
#[utoipa::path(post, path = "/v1/articles/{article}/correct", responses((status = 200, description = "The article with its correction.", body = Article)))]
pub async fn correct_article(call: Call) -> Result<Reply, Problem> {
    let input: CorrectInput = call.body()?;
    if let Some(reply) = call.kept_reply()? {
        return Ok(reply);
    }
    let sight = Sight::of_call(&call);
    let ahead = match &input.body {
        Some(body) => render_ahead(&call, &call.locator("article")?, sight, body, None)?,
        None => None,
    };
    let entropy = std::sync::Arc::clone(&call.services.entropy);
    let unit = unit_on(
        &call,
        Reach::There,
        no_more,
        move |conn, row, (), actor, now| {
            Action::Correct.check(state_of(row, now)?)?;
            if store::count_corrections(conn, row.id)? >= CORRECTIONS_MAX {
                return Err(too_many());
            }
            let id = new_id(now, entropy.as_ref());
            store::insert_correction(conn, row.id, id, &input.note, now)?;
            let id = id.to_string();
            let entry = Entry::of(Action::Correct.event())
                .about(&id)
                .because(input.reason.as_deref());
            match input.body {
                Some(body) => {
                    let mut members = members_as_they_are(row, &body, now)?;
                    members.retain(|name, _| ArticleInput::MEMBERS.contains(&name.as_str()));
                    let article: ArticleInput = read_body(Value::Object(members))?;
                    let rendered = rendered_of(&article, [ahead])?;
                    write_members(conn, row, &article, &rendered, entry, actor, now)?;
                }
                None => {
                    store::next_version(conn, row.id, now)?;
                    record(conn, row.id, &entry, actor, now)?;
                }
            }
            let article = by_id(conn, row, now)?;
            Ok(Created {
                reply: shown(&article)?,
                subject: article.head.id,
            })
        },
    )?;
    call.create(unit).await
}

fn too_many() -> Problem {
    Problem::validation(vec![Fault {
        pointer: String::new(),
        code: FaultCode::TooLong,
        detail: format!("is a correction too many: an article has at most {CORRECTIONS_MAX}."),
    }])
}

/// Withdraw a correction
///
/// It stays with the article, and says since when it does not stand any more.
#[utoipa::path(delete, path = "/v1/articles/{article}/corrections/{correction}", responses((status = 204, description = "It is withdrawn.")))]
pub async fn withdraw_correction(call: Call) -> Result<Reply, Problem> {
    let id = call.id("correction")?;
    let look_up = move |conn: &mut SqliteConnection, row: &ArticleRow| {
        if store::has_correction(conn, row.id, id)? {
            return Ok(());
        }
        let detail = format!(
            "The article has no correction `{id}` that stands. Its `corrections` lists them."
        );
        Err(Problem::new(Code::CorrectionNotFound, detail).with("id", id.to_string()))
    };
    write_to(
        &call,
        Reach::There,
        look_up,
        move |conn, row, (), actor, now| {
            store::withdraw_correction(conn, row.id, id, now)?;
            store::next_version(conn, row.id, now)?;
            let id = id.to_string();
            let entry = Entry::of(HistoryEvent::CorrectionWithdrawn).about(&id);
            record(conn, row.id, &entry, actor, now)
        },
    )
    .await?;
    Ok(Reply::no_content())
}
