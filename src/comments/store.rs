//! Comments at rest.

use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use uuid::Uuid;

use super::api::{CommentInput, State};
use crate::articles::ladder::Sight;
use crate::db::schema::{articles as article_table, comments};
use crate::db::{Invariant, within_deadline};
use crate::domain::instant::Instant;
use crate::web::scope::Scope;

/// What holds of comments though no constraint says it: what `copydesk check` looks at.
pub const INVARIANTS: &[Invariant] = &[
    Invariant {
        broken: "select format('the comment %s is deleted and its state is %s', public_id, state) as finding
             from comments where deleted_at is not null and state <> 'removed'",
        mend: Some("update comments set state = 'removed' where deleted_at is not null and state <> 'removed'"),
    },
    Invariant {
        broken: "select format('the article %s counts %d comments and has %d', public_id, comment_count, there) as finding
             from (select public_id, comment_count, (select count(*) from comments
                 where article_id = articles.id and state = 'published') as there from articles)
             where comment_count <> there",
        mend: Some("update articles set comment_count = (select count(*) from comments
                 where article_id = articles.id and state = 'published')
             where comment_count <> (select count(*) from comments
                 where article_id = articles.id and state = 'published')"),
    },
];

/// A comment with the public id of its article.
#[derive(Queryable, Clone)]
pub struct CommentRow {
    pub id: i64,
    pub public_id: String,
    pub article_id: i64,
    pub article_public_id: String,
    pub state: String,
    pub version: i64,
    pub author_name: String,
    pub author_email: Option<String>,
    pub body: String,
    pub body_html: String,
    pub state_reason: Option<String>,
    pub created_at: i64,
    pub updated_at: i64,
}

#[diesel::dsl::auto_type]
fn with_article() -> _ {
    comments::table
        .inner_join(article_table::table)
        .filter(article_table::trashed_at.is_null())
        .select((
            comments::id,
            comments::public_id,
            comments::article_id,
            article_table::public_id,
            comments::state,
            comments::version,
            comments::author_name,
            comments::author_email,
            comments::body,
            comments::body_html,
            comments::state_reason,
            comments::created_at,
            comments::updated_at,
        ))
}

/// The comment `id`, if it may be known of: it must be public, unless the caller
/// moderates, and the article must be one that the caller reads (index `comments_public_id`).
pub fn select(
    conn: &mut SqliteConnection,
    id: Uuid,
    sight: Sight,
) -> QueryResult<Option<CommentRow>> {
    let shown = comments::state
        .eq(State::Published.word())
        .or(sight.may(Scope::CommentsModerate).into_sql::<Bool>());
    with_article()
        .filter(comments::public_id.eq(id.to_string()))
        .filter(comments::deleted_at.is_null())
        .filter(shown)
        .filter(sight.is_read())
        .first(conn)
        .optional()
}

/// Where a page starts: behind this instant and id.
pub type After = (i64, i64);
/// Before everything.
pub const FIRST: After = (i64::MIN, i64::MIN);

/// A page of an article's comments in one state, oldest first (index `comments_by_article`).
pub fn select_page(
    conn: &mut SqliteConnection,
    article: i64,
    state: &str,
    after: After,
    rows: i64,
) -> QueryResult<Vec<CommentRow>> {
    let (at, id) = after;
    with_article()
        .filter(comments::article_id.eq(article))
        .filter(comments::state.eq(state))
        .filter(comments::created_at.ge(at))
        .filter(comments::created_at.gt(at).or(comments::id.gt(id)))
        .order((comments::created_at.asc(), comments::id.asc()))
        .limit(rows)
        .load(conn)
}

/// Number of an article's comments in one state; for the side pool.
pub fn count(conn: &mut SqliteConnection, article: i64, state: &str) -> QueryResult<i64> {
    comments::table
        .filter(comments::article_id.eq(article))
        .filter(comments::state.eq(state))
        .filter(within_deadline())
        .select(count_star())
        .first(conn)
}

/// Adds a comment.
pub fn insert(
    conn: &mut SqliteConnection,
    id: Uuid,
    article: i64,
    state: State,
    input: &CommentInput,
    body_html: &str,
    now: Instant,
) -> QueryResult<()> {
    diesel::insert_into(comments::table)
        .values((
            comments::public_id.eq(id.to_string()),
            comments::article_id.eq(article),
            comments::state.eq(state.word()),
            comments::author_name.eq(&*input.author_name),
            comments::author_email.eq(input.author_email.as_deref()),
            comments::body.eq(&*input.body),
            comments::body_html.eq(body_html),
            comments::created_at.eq(now.as_micros()),
            comments::updated_at.eq(now.as_micros()),
        ))
        .execute(conn)
        .map(drop)
}

/// Moves a comment to another state, as its next version.
pub fn set_state(
    conn: &mut SqliteConnection,
    id: i64,
    state: State,
    reason: Option<&str>,
    now: Instant,
) -> QueryResult<()> {
    diesel::update(comments::table.find(id))
        .set((
            comments::state.eq(state.word()),
            comments::state_reason.eq(reason),
            comments::version.eq(comments::version + 1),
            comments::updated_at.eq(now.as_micros()),
        ))
        .execute(conn)
        .map(drop)
}

/// Hides a comment from every read by id; a moderator's list of what was
/// removed still has it, with the reason it had.
pub fn delete(conn: &mut SqliteConnection, id: i64, now: Instant) -> QueryResult<()> {
    diesel::update(comments::table.find(id))
        .set((
            comments::state.eq(State::Removed.word()),
            comments::version.eq(comments::version + 1),
            comments::updated_at.eq(now.as_micros()),
            comments::deleted_at.eq(now.as_micros()),
        ))
        .execute(conn)
        .map(drop)
}
