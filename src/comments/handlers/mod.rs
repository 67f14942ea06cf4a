//! The operations on comments: parse, read or write, reply.

mod blocks;
mod counts;
mod create;
mod person;
mod queue;
mod reports;
mod thread;

use std::sync::Arc;

use super::api::{Comment, CommentHistoryEntry, View};
use super::input::{CommentChange, CommentRestoreInput};
use super::model::CommentRow;
use super::policy::Policy;
use super::read::{Seen, find, find_any, find_for_write, not_found};
use super::rules::state_under_policy;
use super::token::Shown;
use super::write::{self, Change};
use super::{CommentPath, ListCommentHistory, groups, store};
use crate::articles;
use crate::articles::ladder::Sight;
use crate::db::secret::site_secret;
use crate::domain::scope::Scope;
use crate::domain::text::normalize_newlines;
use crate::problem::Problem;
use crate::web::body::{Merge, OptionalJson};
use crate::web::etag::Precondition;
use crate::web::paging::{Listing, Page};
use crate::web::{Call, Reply, reply};

use blocks::admitted;
use create::judge_text;

pub use blocks::{
    __path_block_address, __path_list_blocks, __path_read_block, __path_unblock_address,
    block_address, list_blocks, read_block, unblock_address,
};
pub use counts::*;
pub use create::{__path_create_comment, create_comment};
pub use person::*;
pub use queue::*;
pub use reports::*;
pub use thread::{__path_list_comments, list_comments};

fn check(precondition: &Precondition, row: &CommentRow, view: View) -> Result<(), Problem> {
    precondition.check(row.version, || reply::tag_of(row.version, &Comment::new(row.clone(), view)))
}

/// Read a comment
///
/// A published one; its author can also read a pending one, with the token, and a moderator all
/// but deleted ones.
#[utoipa::path(get, path = "/v1/comments/{comment}", responses((status = 200, description = "The comment.", body = Comment)))]
pub async fn read_comment(call: Call<CommentPath>) -> Result<Reply, Problem> {
    let sight = Sight::of_call(&call);
    let token = Shown::read(&call.headers);
    let (seen, until) = call.services.db.read(|conn| {
        let seen = find(conn, call.path.0, sight, token.as_ref())?;
        let until = articles::store::select_until_of(conn, seen.row.article_id, sight.now)?;
        Ok((seen, until))
    })?;
    let shows = articles::comments_of([seen.row.article_id]);
    Ok(shown(seen.row, seen.view)?.until(until).shows(shows))
}

/// Change a comment
///
/// A JSON Merge Patch (RFC 7396): of `body` by its author, with the token, within 15 minutes; of
/// `state` and `reason` by a moderator. A changed text is judged by the article's policy again.
#[utoipa::path(patch, path = "/v1/comments/{comment}", responses((status = 200, description = "The comment as stored.", body = Comment)))]
pub async fn update_comment(
    call: Call<CommentPath, (), Merge<CommentChange>>,
    policy: Arc<Policy>,
) -> Result<Reply, Problem> {
    let Call { context: call, path: CommentPath(id), body: Merge(asked), .. } = call;
    let token = Shown::read(&call.headers);
    let said = asked.text("body").map(|body| normalize_newlines(body.to_owned()));
    // The author's name was checked when the comment was created.
    let held_by_text = match &said {
        Some(body) => judge_text(&policy, "", body).await?,
        None => None,
    };
    let (caller, address) = (call.caller.clone(), call.address);
    let changed = call.services.db.write_touching(move |conn, now| {
        let sight = Sight::of(&caller, now);
        let seen = find_for_write(conn, id, sight, token.as_ref())?;
        let is_new = |body: &String| seen.is_own && *body != seen.row.body;
        let under_policy = match said.as_ref().is_some_and(is_new) {
            true => {
                let is_reader = !caller.may(Scope::CommentsWrite);
                let secret = site_secret(conn)?;
                admitted(conn, (address, &secret), is_reader, now)?;
                let article = articles::store::select_row(conn, seen.row.article_id)?;
                Some(state_under_policy(&article, policy.close_after, now)?)
            }
            false => None,
        };
        check(&asked.precondition, &seen.row, seen.view)?;
        let change = Change {
            actor: caller.actor(),
            is_by_site: caller.may(Scope::CommentsWrite),
            address,
            held_by_text,
            under_policy,
            // A change of anything else is no decision.
            settles: asked.names("state") || asked.names("reason"),
        };
        let present = Comment::new(seen.row.clone(), seen.view);
        let wanted = asked.apply(&serde_json::to_value(present).map_err(Problem::internal)?)?;
        write::change(conn, &seen, &wanted, &change, &policy, now)?;
        let row = store::select(conn, id, sight)?.ok_or_else(|| not_found(id))?;
        let touched = articles::touching_comments_of(row.article_id);
        Ok(((row, seen.view), touched))
    });
    let (row, view) = changed.await?;
    written(row, view)
}

/// Delete a comment
///
/// By its author, with the token, within 15 minutes, or by a moderator. It can no longer be read
/// by id; `state=removed` still lists it for a moderator, and `restore` brings it back.
#[utoipa::path(delete, path = "/v1/comments/{comment}", responses((status = 204, description = "It is gone.")))]
pub async fn delete_comment(call: Call<CommentPath>) -> Result<Reply, Problem> {
    let Call { context: call, path: CommentPath(id), .. } = call;
    let (caller, precondition) = (call.caller.clone(), call.precondition.clone());
    let token = Shown::read(&call.headers);
    let deleted = call.services.db.write_touching(move |conn, now| {
        let sight = Sight::of(&caller, now);
        let seen: Seen = find_for_write(conn, id, sight, token.as_ref())?;
        check(&precondition, &seen.row, seen.view)?;
        write::delete(conn, &seen, caller.actor(), now)?;
        let touched = articles::touching_comments_of(seen.row.article_id);
        Ok((Comment::new(seen.row, seen.view).article_id, touched))
    });
    let article = deleted.await?;
    Ok(Reply::no_content().invalidates(&groups::changed_with(&article)))
}

/// Restore a comment
///
/// Returns a comment deleted by its author or by a moderator to its state before, or to the given
/// `state`. A batch of decisions never does that: a comment that its author has deleted stays so
/// unless a moderator asks for just this one.
#[utoipa::path(post, path = "/v1/comments/{comment}/restore", responses((status = 200, description = "The comment as it is again.", body = Comment)))]
pub async fn restore_comment(
    call: Call<CommentPath, (), OptionalJson<CommentRestoreInput>>,
) -> Result<Reply, Problem> {
    let Call { context: call, path: CommentPath(id), body: OptionalJson(input), .. } = call;
    let (caller, precondition) = (call.caller.clone(), call.precondition.clone());
    let row = call.services.db.write_touching(move |conn, now| {
        let sight = Sight::of(&caller, now);
        let row = find_any(conn, id, sight)?;
        check(&precondition, &row, View::Moderator)?;
        let wanted = (input.state, input.reason.as_deref());
        let touched = articles::touching_comments_of(row.article_id);
        Ok((write::restore(conn, &row, wanted, caller.actor(), sight)?, touched))
    });
    written(row.await?, View::Moderator)
}

/// List a comment's history
///
/// One entry for each write, the newest first; also of a deleted comment.
#[utoipa::path(get, path = "/v1/comments/{comment}/history", responses((status = 200, description = "A page of the history.", body = [CommentHistoryEntry])))]
pub async fn list_comment_history(
    call: Call<CommentPath, ListCommentHistory>,
) -> Result<Reply, Problem> {
    let (id, query) = (call.path.0, &call.query);
    let sight = Sight::of_call(&call);
    let listing = Listing::of(&format!("/v1/comments/{id}/history"), query);
    let entries = call.services.db.read(|conn| {
        let row = find_any(conn, id, sight)?;
        let before = listing.start(&query.cursor, i64::MAX)?;
        Ok(store::select_entries(conn, row.id, before, query.limit.0 + 1)?)
    })?;
    let page = Page::of(entries, query.limit, |row| listing.seal(&row.version));
    let page = page.map(CommentHistoryEntry::from);
    Reply::page(&call, page, None, query.fields.names(), &["version"])
}

/// The comment after a write.
fn written(row: CommentRow, view: View) -> Result<Reply, Problem> {
    let version = row.version;
    let comment = Comment::new(row, view);
    let changed = groups::changed_with(&comment.article_id);
    Ok(Reply::ok(&comment)?.version(version).invalidates(&changed))
}

fn shown(row: CommentRow, view: View) -> Result<Reply, Problem> {
    let version = row.version;
    let comment = Comment::new(row, view);
    let groups = groups::of_thread(&comment.article_id);
    Ok(Reply::ok(&comment)?.version(version).groups(&groups))
}
