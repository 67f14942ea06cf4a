//! Receiving a reader's comment.

use std::sync::{Arc, OnceLock};

use super::blocks::admitted;
use crate::articles::ladder::Sight;
use crate::articles::model::ArticleRow;
use crate::articles::refusals;
use crate::articles::{ArticlePath, touching_comments_of};
use crate::comments::api::{Comment, CreatedComment, View};
use crate::comments::groups;
use crate::comments::input::CommentInput;
use crate::comments::policy::Policy;
use crate::comments::rules::held_by_text;
use crate::comments::token;
use crate::comments::words::HeldBy;
use crate::comments::write::{self, By, Screened, forget_some_addresses};
use crate::db::secret::site_secret;
use crate::domain::ids::new_id;
use crate::domain::markup::render_comment;
use crate::domain::scope::Scope;
use crate::problem::Problem;
use crate::web::address::key_of;
use crate::web::body::Json;
use crate::web::idempotency::Created;
use crate::web::limit::Left;
use crate::web::{Call, Reply};

/// Comment on an article
///
/// Open to anyone. Under the policy `open` the comment is shown at once, under `moderated` it is
/// `pending` until a moderator decides, under `closed` it is refused. The `edit_token`, sent as
/// the header `Edit-Token`, lets its author read, edit and delete it for 15 minutes.
#[utoipa::path(post, path = "/v1/articles/{article}/comments", responses((status = 201, description = "The comment as stored.", body = CreatedComment)))]
pub async fn create_comment(
    call: Call<ArticlePath, (), Json<CommentInput>>,
    policy: Arc<Policy>,
) -> Result<Reply, Problem> {
    let Call { context: call, path: ArticlePath(locator), body: Json(input), .. } = call;
    // Comments by the newsroom do not count towards the limits.
    let is_counted = !call.caller.may(Scope::CommentsWrite);
    let address = call.address;
    let counted_as = address.filter(|_| is_counted).map(key_of);
    if let (Some(limit), Some(key)) = (&policy.comment_limit, &counted_as) {
        limit.admit(key)?;
    }
    let left = Arc::new(OnceLock::new());
    let tells_left = Arc::clone(&left);
    let held_by_text = match is_counted {
        true => judge_text(&policy, &input.author_name, &input.body).await?,
        false => None,
    };
    let html = render_comment(&input.body);
    let (caller, entropy) = (call.caller.clone(), Arc::clone(&call.services.entropy));
    let metrics = call.services.metrics.clone();
    let created = call.create(move |conn, now| {
        let article: ArticleRow = refusals::find(conn, &locator, Sight::of(&caller, now))?;
        let secret = site_secret(conn)?;
        let address = admitted(conn, (address, &secret), is_counted, now)?;
        let screened = is_counted.then(|| Screened { holds: &policy.holds, held_by_text, address });
        let by = By { actor: caller.actor(), close_after: policy.close_after, screened };
        let row =
            write::create(conn, &article, &input, &html, &by, new_id(now, entropy.as_ref()), now)?;
        // Checked last: a comment that is refused for another reason than a limit does not count.
        if let (Some(limit), Some(key)) = (&policy.comment_limit, &counted_as) {
            let _ = tells_left.set(limit.check(key)?);
        }
        if let (Some(limit), true) = (&policy.article_limit, is_counted) {
            limit.check(&article.public_id)?;
        }
        forget_some_addresses(conn, &policy, now)?;
        if let Some(reason) = row.held_by {
            metrics.held(reason.word());
        }
        let version = row.version;
        let edit_token = token::make(&secret, &row.public_id);
        let comment = Comment::new(row, View::Author);
        let location = format!("/v1/comments/{}", comment.id);
        let made = CreatedComment { comment, edit_token };
        Ok(Created {
            reply: Reply::created(location, &made)?
                .version(version)
                .invalidates(&groups::changed_with(&made.comment.article_id)),
            subject: made.comment.id,
            touched: touching_comments_of(article.id),
        })
    });
    let reply = created.await?;
    let told = left.get().into_iter().flat_map(Left::headers);
    Ok(told.fold(reply, |reply, (name, value)| reply.header(name, value)))
}

/// The reason why a comment waits because of its text, if it does. A word list whose file has
/// changed is read again, off the threads that other requests wait for.
pub(super) async fn judge_text(
    policy: &Arc<Policy>,
    author_name: &str,
    body: &str,
) -> Result<Option<HeldBy>, Problem> {
    if policy.holds.words.is_none() {
        return Ok(held_by_text(&policy.holds, author_name, body));
    }
    let (policy, author_name, body) = (Arc::clone(policy), author_name.to_owned(), body.to_owned());
    let judge = move || held_by_text(&policy.holds, &author_name, &body);
    actix_web::web::block(judge).await.map_err(Problem::internal)
}
