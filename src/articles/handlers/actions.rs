//! The actions on an article.

use super::{Reach, Target, whole, write_to, written};
use crate::articles::api::Article;
use crate::articles::input::{ActionInput, BlockInput, PublishInput, RestoreInput, WithdrawInput};
use crate::articles::model::ArticleRow;
use crate::articles::rules::publication_at;
use crate::articles::write::{self, By, Withdrawal};
use crate::articles::{ArticlePath, groups};
use crate::db::Conn;
use crate::problem::Problem;
use crate::web::body::{Json, OptionalJson};
use crate::web::{Call, Context, Reply};

/// Publish an article
///
/// At once, or at an instant in the future. The first publication sets `published_at`; later ones
/// leave it unchanged.
#[utoipa::path(post, path = "/v1/articles/{article}/publish", responses((status = 200, description = "The article as published.", body = Article)))]
pub async fn publish_article(
    call: Call<ArticlePath, (), OptionalJson<PublishInput>>,
) -> Result<Reply, Problem> {
    let Call { context, path, body: OptionalJson(input), .. } = call;
    publication_at(input.at, context.services.now())?;
    act(&context, path, Reach::There, move |conn, row, by| {
        write::publish(conn, row, input.at, input.reason.as_deref(), by)
    })
    .await
}

/// Unpublish an article
///
/// Makes it a draft again: for those who may not read drafts it no longer exists.
#[utoipa::path(post, path = "/v1/articles/{article}/unpublish", responses((status = 200, description = "The article as a draft.", body = Article)))]
pub async fn unpublish_article(
    call: Call<ArticlePath, (), OptionalJson<ActionInput>>,
) -> Result<Reply, Problem> {
    let Call { context, path, body: OptionalJson(input), .. } = call;
    act(&context, path, Reach::There, move |conn, row, by| {
        write::unpublish(conn, row, input.reason.as_deref(), by)
    })
    .await
}

/// Withdraw an article
///
/// Takes it offline with a notice: readers get 410 with the notice, and the article that replaces
/// it.
#[utoipa::path(post, path = "/v1/articles/{article}/withdraw", responses((status = 200, description = "The article as withdrawn.", body = Article)))]
pub async fn withdraw_article(
    call: Call<ArticlePath, (), OptionalJson<WithdrawInput>>,
) -> Result<Reply, Problem> {
    let Call { context, path, body: OptionalJson(input), .. } = call;
    act(&context, path, Reach::There, move |conn, row, by| {
        let said = Withdrawal {
            notice: input.notice.as_deref(),
            replaced_by: input.replaced_by.as_ref(),
            reason: input.reason.as_deref(),
        };
        write::withdraw(conn, row, &said, by)
    })
    .await
}

/// Block an article
///
/// On a legal demand, and only for that: readers get 451 with the authority that demands it (RFC
/// 7725).
#[utoipa::path(post, path = "/v1/articles/{article}/block", responses((status = 200, description = "The article as blocked.", body = Article)))]
pub async fn block_article(
    call: Call<ArticlePath, (), Json<BlockInput>>,
) -> Result<Reply, Problem> {
    let Call { context, path, body: Json(input), .. } = call;
    act(&context, path, Reach::There, move |conn, row, by| write::block(conn, row, &input, by))
        .await
}

/// Unblock an article
///
/// Returns it to its state before the block.
#[utoipa::path(post, path = "/v1/articles/{article}/unblock", responses((status = 200, description = "The article as it was.", body = Article)))]
pub async fn unblock_article(
    call: Call<ArticlePath, (), OptionalJson<ActionInput>>,
) -> Result<Reply, Problem> {
    let Call { context, path, body: OptionalJson(input), .. } = call;
    act(&context, path, Reach::There, move |conn, row, by| {
        write::unblock(conn, row, input.reason.as_deref(), by)
    })
    .await
}

/// Restore an article
///
/// Restores it from the trash, to its state before. If its slug or its `external_id` belongs to
/// another article by now (409), send other ones here.
#[utoipa::path(post, path = "/v1/articles/{article}/restore", responses((status = 200, description = "The article as it was.", body = Article)))]
pub async fn restore_article(
    call: Call<ArticlePath, (), OptionalJson<RestoreInput>>,
) -> Result<Reply, Problem> {
    let Call { context, path, body: OptionalJson(input), .. } = call;
    act(&context, path, Reach::Trash, move |conn, row, by| write::restore(conn, row, &input, by))
        .await
}

/// Applies an action and replies with the resulting article.
async fn act(
    call: &Context,
    path: ArticlePath,
    reach: Reach,
    work: impl FnOnce(&mut Conn, &ArticleRow, By<'_>) -> Result<ArticleRow, Problem> + Send + 'static,
) -> Result<Reply, Problem> {
    let target = Target::of(call, path, reach);
    let article = write_to(call, target, move |conn, row, by| {
        let after = work(conn, row, by)?;
        let changed = groups::changed_with(&after)?;
        Ok((whole(conn, after, by.sight)?, changed))
    });
    let (article, changed) = article.await?;
    written(&article, &changed)
}
