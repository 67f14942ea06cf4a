//! The operations on comments: parse, decide, store, reply.

use diesel::sqlite::SqliteConnection;
use uuid::Uuid;

use super::api::{Comment, CommentInput, DecisionInput, State};
use super::rules::{count_difference, initial_state};
use super::store::{self, CommentRow};
use crate::articles;
use crate::articles::Found;
use crate::articles::api::CommentsPolicy;
use crate::articles::ladder::Sight;
use crate::articles::rules::next_change;
use crate::articles::store::ArticleRow;
use crate::domain::ids::{Entropy, new_id};
use crate::domain::instant::Instant;
use crate::domain::markup::render_comment;
use crate::problem::{Code, Problem};
use crate::web::call::PendingChange;
use crate::web::etag::Precondition;
use crate::web::idempotency::Created;
use crate::web::input::Change;
use crate::web::paging::{Listing, Page};
use crate::web::scope::Scope;
use crate::web::{Call, Reply, reply};

/// Whether held comments, reasons and mail addresses are seen.
fn moderates(sight: Sight) -> bool {
    sight.may(Scope::CommentsModerate)
}

/// List an article's comments
///
/// Oldest first; the published ones, unless a key with `comments:moderate` asks for another `state`.
#[utoipa::path(get, path = "/v1/articles/{article}/comments", responses((status = 200, description = "A page of comments.", body = [Comment])))]
pub async fn list_comments(call: Call) -> Result<Reply, Problem> {
    let locator = call.locator("article")?;
    let sight = Sight::of_call(&call);
    let state = call.query.state().unwrap_or(State::Published.word());
    // What a caller may not read, the caller meets nowhere.
    let hidden = state != State::Published.word() && !moderates(sight);
    let limit = call.query.limit();
    // The id and not the path is the listing: a cursor goes on where the slug was used before.
    let read = call.services.db.read(|conn| {
        articles::look_up(conn, &locator, sight)?.and_then(|(article, _)| {
            let listing = Listing::new(
                &format!("/v1/articles/{}/comments", article.public_id),
                &[("state", state)],
            );
            let after = listing.start(&call.query, store::FIRST)?;
            let rows = match hidden {
                true => Vec::new(),
                false => store::select_page(conn, article.id, state, after, limit + 1)?,
            };
            Ok((article, listing, rows))
        })
    })?;
    let (article, listing, rows) = match read {
        Found::Here(read) => read,
        Found::Moved(slug) => return Ok(articles::moved(&call, &slug)),
    };
    let of = article.id;
    let total = match call.query.count() {
        true if hidden => Some(0),
        true => Some(
            call.services
                .db
                .search(move |conn| Ok(store::count(conn, of, state)?))
                .await?,
        ),
        false => None,
    };
    let cursor = |row: &CommentRow| listing.seal(&(row.created_at, row.id));
    let page = Page::of(rows, limit, cursor, |row| {
        Comment::new(row, moderates(sight))
    });
    Ok(Reply::page(&call, page, total, &["id"])?
        .changes_at(next_change(&article, sight.now), sight.now)
        .surrogate_key(&format!("comments article-{}", article.public_id)))
}

/// Comment on an article
///
/// Anyone may. Under the policy `open` the comment is shown at once, under `moderated` it is
/// `pending` until a moderator decides, under `closed` it is refused.
#[utoipa::path(post, path = "/v1/articles/{article}/comments", responses((status = 201, description = "The comment as stored.", body = Comment)))]
pub async fn create_comment(call: Call) -> Result<Reply, Problem> {
    let locator = call.locator("article")?;
    let caller = call.caller.clone();
    let input: CommentInput = call.body()?;
    let html = render_comment(&input.body);
    let entropy = std::sync::Arc::clone(&call.services.entropy);
    call.create(move |conn, now| {
        let (article, _) = articles::find(conn, &locator, Sight::of(&caller, now))?;
        let row = create(conn, &article, &input, &html, entropy.as_ref(), now)?;
        let version = row.version;
        let comment = Comment::new(row, true);
        let reply = Reply::created(format!("/v1/comments/{}", comment.id), &comment)?;
        Ok(Created {
            reply: reply.version(version),
            subject: article.public_id,
        })
    })
    .await
}

/// Adds a comment to an article, as its policy has it; the one way in.
///
/// # Errors
/// `comments_closed`, or a database fault.
pub fn create(
    conn: &mut SqliteConnection,
    article: &ArticleRow,
    input: &CommentInput,
    html: &str,
    entropy: &dyn Entropy,
    now: Instant,
) -> Result<CommentRow, Problem> {
    let policy = CommentsPolicy::from_word(&article.comments_policy).ok_or_else(|| {
        Problem::internal(format!(
            "an article has the policy {}",
            article.comments_policy
        ))
    })?;
    let state = initial_state(
        policy,
        article.comments_close_at.map(Instant::from_micros),
        now,
    )?;
    let id = new_id(now, entropy);
    store::insert(conn, id, article.id, state, input, html, now)?;
    if state == State::Published {
        articles::store::add_to_comment_count(conn, article.id, 1)?;
    }
    // Its author sees a pending one, this once.
    find(conn, id, Sight::whole(now))
}

/// Read a comment
///
/// A published one; others are read with a key.
#[utoipa::path(get, path = "/v1/comments/{comment}", responses((status = 200, description = "The comment.", body = Comment)))]
pub async fn read_comment(call: Call) -> Result<Reply, Problem> {
    let id = call.id("comment")?;
    let sight = Sight::of_call(&call);
    let (row, next_change) = call.services.db.read(|conn| {
        let row = find(conn, id, sight)?;
        let next_change = articles::store::next_change_of(conn, row.article_id, sight.now)?;
        Ok((row, next_change))
    })?;
    Ok(shown(row, sight)?.changes_at(next_change.map(Instant::from_micros), sight.now))
}

/// Moderate a comment
///
/// The body is a JSON Merge Patch (RFC 7396) of `state` and `reason`.
#[utoipa::path(patch, path = "/v1/comments/{comment}", responses((status = 200, description = "The comment as stored.", body = Comment)))]
pub async fn update_comment(call: Call) -> Result<Reply, Problem> {
    let id = call.id("comment")?;
    let sight = Sight::of_call(&call);
    let change: PendingChange<DecisionInput> = call.change(Change::Merge, Comment::READ_ONLY)?;
    let row = call
        .services
        .db
        .write(move |conn, now| {
            let row = find_for_write(conn, id, sight, &change.precondition)?;
            let present =
                serde_json::to_value(Comment::new(row.clone(), true)).map_err(Problem::internal)?;
            let decision = change.apply(&present)?;
            store::set_state(
                conn,
                row.id,
                decision.state,
                decision.reason.as_deref(),
                now,
            )?;
            let difference = count_difference(&row.state, decision.state.word());
            articles::store::add_to_comment_count(conn, row.article_id, difference)?;
            find(conn, id, sight)
        })
        .await?;
    shown(row, sight)
}

/// Delete a comment
///
/// No read by id meets it any more; `state=removed` still lists it for a key.
#[utoipa::path(delete, path = "/v1/comments/{comment}", responses((status = 204, description = "It is gone.")))]
pub async fn delete_comment(call: Call) -> Result<Reply, Problem> {
    let id = call.id("comment")?;
    let sight = Sight::of_call(&call);
    let precondition = call.precondition.clone();
    call.services
        .db
        .write(move |conn, now| {
            let row = find_for_write(conn, id, sight, &precondition)?;
            store::delete(conn, row.id, now)?;
            let difference = count_difference(&row.state, State::Removed.word());
            Ok(articles::store::add_to_comment_count(
                conn,
                row.article_id,
                difference,
            )?)
        })
        .await?;
    Ok(Reply::no_content())
}

fn find(conn: &mut SqliteConnection, id: Uuid, sight: Sight) -> Result<CommentRow, Problem> {
    store::select(conn, id, sight)?.ok_or_else(|| {
        let detail = format!("There is no comment `{id}` that you may read.");
        Problem::new(Code::CommentNotFound, detail).with("id", id.to_string())
    })
}

fn find_for_write(
    conn: &mut SqliteConnection,
    id: Uuid,
    sight: Sight,
    precondition: &Precondition,
) -> Result<CommentRow, Problem> {
    let row = find(conn, id, sight)?;
    precondition.check(row.version, || {
        let comment = Comment::new(row.clone(), moderates(sight));
        reply::tag_of(row.version, &comment)
    })?;
    Ok(row)
}

fn shown(row: CommentRow, sight: Sight) -> Result<Reply, Problem> {
    let version = row.version;
    let comment = Comment::new(row, moderates(sight));
    let keys = format!("comments article-{}", comment.article_id);
    Ok(Reply::ok(&comment)?.version(version).surrogate_key(&keys))
}
