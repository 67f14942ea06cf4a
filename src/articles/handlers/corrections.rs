//! Corrections of articles that readers have seen.

use std::sync::Arc;

use super::{Reach, Target, format_of_text, unit_on, whole, written};
use crate::articles::api::Article;
use crate::articles::input::CorrectInput;
use crate::articles::model::ArticleRow;
use crate::articles::write::{self, RenderedText};
use crate::articles::{ArticlePath, CorrectionPath, groups, store};
use crate::db::{Conn, Touched};
use crate::domain::ids::new_id;
use crate::problem::{Code, Problem};
use crate::web::body::Json;
use crate::web::idempotency::Created;
use crate::web::{Call, Reply};

/// Correct an article
///
/// Publishes a note on what was wrong in what readers have seen. With `title`, `summary` and `body`
/// it corrects the headline, the summary and the text in the same step.
#[utoipa::path(post, path = "/v1/articles/{article}/correct", responses((status = 200, description = "The article with its correction.", body = Article)))]
pub async fn correct_article(
    call: Call<ArticlePath, (), Json<CorrectInput>>,
) -> Result<Reply, Problem> {
    let Call { context: call, path, body: Json(input), .. } = call;
    let live = call.services.live.get();
    let ahead = match &input.body {
        Some(body) => {
            let format = format_of_text(&call, &path.0)?;
            Some(RenderedText::ahead(&live.renderer, body, format))
        }
        None => None,
    };
    let entropy = Arc::clone(&call.services.entropy);
    let unit = unit_on(
        Target::of(&call, path, Reach::There),
        |_, _, _| Ok(()),
        move |conn, row, (), by| {
            let text = (&live.renderer, ahead);
            let (after, removed) =
                write::correct(conn, row, &input, text, new_id(by.now(), entropy.as_ref()), by)?;
            let changed = groups::changed_with(&after)?;
            let article = Article { removed, ..whole(conn, after, by.sight)? };
            let touched = Touched::Everything;
            Ok(Created { reply: written(&article, &changed)?, subject: article.head.id, touched })
        },
    );
    call.create(unit).await
}

/// Withdraw a correction
///
/// It stays with the article, with the time when it was withdrawn.
#[utoipa::path(delete, path = "/v1/articles/{article}/corrections/{correction}", responses((status = 204, description = "It is withdrawn.")))]
pub async fn withdraw_correction(
    call: Call<(ArticlePath, CorrectionPath)>,
) -> Result<Reply, Problem> {
    let Call { context: call, path: (article, CorrectionPath(id)), .. } = call;
    let look_up = move |conn: &mut Conn, row: &ArticleRow, _| match store::has_correction(
        conn, row.id, id,
    )? {
        true => Ok(()),
        false => Err(Problem::plain(Code::CorrectionNotFound).with("id", id.to_string())),
    };
    let unit =
        unit_on(Target::of(&call, article, Reach::There), look_up, move |conn, row, (), by| {
            write::withdraw_correction(conn, row, id, by)?;
            groups::changed_with(row)
        });
    let changed = call.services.db.write(unit).await?;
    Ok(Reply::no_content().invalidates(&changed))
}
