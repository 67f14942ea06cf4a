//! The domain model of comments: stored rows, and the result of a write.

use diesel::{Queryable, Selectable};
use uuid::Uuid;

use super::ids::CommentId;
use super::words::{HeldBy, State};
use crate::articles::ids::ArticleId;
use crate::domain::instant::Instant;
use crate::web::caller::Actor;

/// A comment with the public id of its article.
#[derive(Queryable, Clone)]
pub struct CommentRow {
    pub id: CommentId,
    pub public_id: String,
    pub article_id: ArticleId,
    pub article_public_id: String,
    pub state: State,
    pub version: i64,
    pub author_name: String,
    pub author_email: Option<String>,
    pub body: String,
    pub body_html: String,
    pub state_reason: Option<String>,
    pub created_at: i64,
    pub updated_at: i64,
    pub parent_public_id: Option<String>,
    pub path: String,
    pub depth: i64,
    pub reply_count: i64,
    pub shown: i64,
    pub held_by: Option<HeldBy>,
    pub by_site: i64,
    pub report_count: i64,
}

/// An entry of a comment's history.
#[derive(Queryable, Selectable, Clone)]
#[diesel(table_name = crate::db::schema::comment_history)]
pub struct EntryRow {
    pub version: i64,
    pub state: State,
    pub actor: String,
    pub actor_key_id: Option<String>,
    pub reason: Option<String>,
    pub held_by: Option<HeldBy>,
    pub edited: i64,
    pub at: i64,
}

/// A reader's report of a comment.
#[derive(Queryable, Selectable, Clone)]
#[diesel(table_name = crate::db::schema::comment_reports)]
pub struct ReportRow {
    pub id: i64,
    pub reason: Option<String>,
    pub settled: i64,
    pub at: i64,
}

/// The values of a new comment besides its text and author.
pub struct Creation<'a> {
    /// Its public id.
    pub id: Uuid,
    /// The article that it is on.
    pub article: ArticleId,
    /// Its public id.
    pub article_public_id: &'a str,
    /// The comment that it replies to.
    pub parent: Option<&'a CommentRow>,
    /// Its depth in the thread: 0 at the top.
    pub depth: i64,
    /// Its first state.
    pub state: State,
    /// The reason why it waits.
    pub held_by: Option<HeldBy>,
    /// The actor in the history.
    pub actor: Actor<'a>,
    /// True if the newsroom wrote it itself.
    pub is_by_site: bool,
    /// The keyed digest of the IP address that it came from.
    pub address: Option<&'a str>,
}

/// The new values of a comment after a write.
pub struct Decided<'a> {
    /// Its state.
    pub state: State,
    /// The reason.
    pub reason: Option<&'a str>,
    /// The reason why it waits.
    pub held_by: Option<HeldBy>,
    /// Its text and HTML, if they change.
    pub text: Option<(&'a str, &'a str)>,
    /// The time when it was deleted; `None` restores it.
    pub deleted_at: Option<Instant>,
    /// True if a moderator has reviewed it: its reports are settled.
    pub settles: bool,
}

/// The author of a comment, if known.
#[derive(Clone, Copy, Debug)]
pub struct Author<'a> {
    /// The name, which is shown.
    pub name: &'a str,
    /// The email address, which is not.
    pub email: Option<&'a str>,
    /// The keyed digest of the IP address that the comment comes from.
    pub address: Option<&'a str>,
}

/// A blocked address.
#[derive(Queryable, Selectable, Clone, Debug)]
#[diesel(table_name = crate::db::schema::blocked_addresses)]
pub struct BlockRow {
    pub id: i64,
    pub public_id: String,
    pub address: String,
    pub comment: String,
    pub reason: Option<String>,
    pub created_at: i64,
    pub until: i64,
    pub actor: String,
    pub actor_key_id: Option<String>,
}
