//! The comment tables.

mod address;
mod blocks;
pub mod export;
mod imported;
mod person;
mod queue;
mod reports;
mod thread;

use diesel::dsl::max;
use uuid::Uuid;

use super::ids::CommentId;
use super::input::CommentInput;
use super::model::{CommentRow, Creation, Decided, EntryRow};
use super::words::HeldBy;
use crate::articles::ids::ArticleId;
use crate::articles::ladder::Sight;
use crate::articles::store::{article_table, is_read};
use crate::db::prelude::*;
use crate::db::schema::{comment_history, comments, idempotent_answers};
use crate::db::{Conn, Invariant};
use crate::domain::instant::Instant;
use crate::web::caller::Actor;

pub use address::*;
pub use blocks::*;
pub use imported::*;
pub use person::*;
pub use queue::*;
pub use reports::*;
pub use thread::*;

/// Invariants of comments that no constraint expresses; checked by `copydesk check`.
pub const INVARIANTS: &[Invariant] = &[
    Invariant {
        broken: "select format('the comment %s is deleted and its state is %s', public_id, state) as finding
             from comments where deleted_at is not null and state <> 'removed'",
        mend: Some("update comments set state = 'removed' where deleted_at is not null and state <> 'removed'"),
    },
    Invariant {
        broken: "select format('the comment %s is shown as %s, and should be as %s', public_id, shown, wanted) as finding
             from (select public_id, shown, case when state = 'published' then 1 when exists (select 1 from comments as below
                 indexed by comments_in_thread where below.article_id = comments.article_id and below.in_thread in (0, 1)
                     and below.path > comments.path and below.path < comments.path || 'g' and below.state = 'published') then 2 else 0 end as wanted from comments) as told
             where shown <> wanted",
        mend: Some("update comments set shown = case when state = 'published' then 1 when exists (select 1 from comments as below
                 indexed by comments_in_thread where below.article_id = comments.article_id and below.in_thread in (0, 1)
                     and below.path > comments.path and below.path < comments.path || 'g' and below.state = 'published') then 2 else 0 end"),
    },
    Invariant {
        broken: "select format('the comment %s counts %s answers and has %s', public_id, reply_count, there) as finding
             from (select public_id, reply_count, (select count(*) from comments as answers
                 where answers.parent_id = comments.id and answers.shown > 0) as there from comments) as told
             where reply_count <> there",
        mend: Some("update comments set reply_count = (select count(*) from comments as answers
                 where answers.parent_id = comments.id and answers.shown > 0)"),
    },
    Invariant {
        broken: "select format('the comment %s does not stand below what it answers', answer.public_id) as finding
             from comments as answer left join comments as parent on parent.id = answer.parent_id
             where (answer.path <> coalesce(parent.path, '') || path_step(answer.id)
                     and answer.path not like coalesce(parent.path, '') || '__________g_____________' || path_step(answer.id))
                 or answer.depth <> coalesce(parent.depth + 1, 0)",
        mend: None,
    },
    Invariant {
        broken: "select format('the comment %s is at version %s and its history goes to %s', public_id, comments.version, coalesce(max(history.version), 0)) as finding
             from comments left join comment_history as history on history.comment_id = comments.id
             group by comments.id having coalesce(max(history.version), 0) <> comments.version",
        mend: None,
    },
    Invariant {
        broken: "select format('the comment %s counts %s reports and has %s', public_id, report_count, there) as finding
             from (select public_id, report_count, (select count(*) from comment_reports
                 where comment_id = comments.id and settled = 0) as there from comments) as told
             where report_count <> there",
        mend: Some("update comments set report_count = (select count(*) from comment_reports
                 where comment_id = comments.id and settled = 0)"),
    },
    Invariant {
        broken: "select format('the comment %s was erased and has a text', public_id) as finding
             from comments where erased_at is not null and (body <> '' or body_html <> ''
                 or author_name <> '' or author_email is not null or state <> 'removed')",
        mend: None,
    },
    Invariant {
        broken: "select format('the article %s counts %s comments and has %s', public_id, comment_count, there) as finding
             from (select public_id, comment_count, (select count(*) from comments
                 where article_id = articles.id and state = 'published') as there from articles) as told
             where comment_count <> there",
        mend: Some("update articles set comment_count = (select count(*) from comments
                 where article_id = articles.id and state = 'published')
             where comment_count <> (select count(*) from comments
                 where article_id = articles.id and state = 'published')"),
    },
];

#[diesel::dsl::auto_type]
fn with_article() -> _ {
    with_any_article().filter(article_table::trashed_at.is_null())
}

/// A comment with the public id of its article, even if the article is in the trash.
#[diesel::dsl::auto_type]
fn with_any_article() -> _ {
    comments::table.inner_join(article_table::table).select((
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
        comments::parent_public_id,
        comments::path,
        comments::depth,
        comments::reply_count,
        comments::shown,
        comments::held_by,
        comments::by_site,
        comments::report_count,
    ))
}

/// The comment `id`, if it is not deleted and is on an article that the caller may read (index
/// `comments_public_id`). The caller of this function decides if the comment itself may be seen.
pub fn select(conn: &mut Conn, id: Uuid, sight: Sight) -> QueryResult<Option<CommentRow>> {
    with_article()
        .filter(comments::public_id.eq(id.to_string()))
        .filter(comments::deleted_at.is_null())
        .filter(is_read(sight))
        .first(conn)
        .optional()
}

/// The same, deleted or not, unless it was erased.
pub fn select_any(conn: &mut Conn, id: Uuid, sight: Sight) -> QueryResult<Option<CommentRow>> {
    with_article()
        .filter(comments::public_id.eq(id.to_string()))
        .filter(comments::erased_at.is_null())
        .filter(is_read(sight))
        .first(conn)
        .optional()
}

/// When a comment was deleted, if it was.
pub fn select_deleted_at(conn: &mut Conn, id: CommentId) -> QueryResult<Option<i64>> {
    comments::table.find(id).select(comments::deleted_at).first(conn)
}

/// The next comments after `after`, in the order in which they were made: replies come after what
/// they answer.
pub fn select_next(conn: &mut Conn, after: CommentId, most: i64) -> QueryResult<Vec<CommentRow>> {
    with_any_article()
        .filter(comments::id.gt(after))
        .order(comments::id.asc())
        .limit(most)
        .load(conn)
}

/// Number of digits of an id in a path.
const PATH_DIGITS: usize = 10;

/// The id of the next comment: its path holds it.
fn next_id(conn: &mut Conn) -> QueryResult<CommentId> {
    let last: Option<CommentId> = comments::table.select(max(comments::id)).first(conn)?;
    Ok(CommentId(last.map_or(1, |last| last.0 + 1)))
}

/// The step of a comment's path after that of its parent, if it stands behind the others there.
fn own_step(id: CommentId) -> String {
    format!("{:0PATH_DIGITS$x}", id.0)
}

/// Adds a comment after the other replies to its parent, with the first entry of its history.
pub fn insert(
    conn: &mut Conn,
    creation: &Creation<'_>,
    input: &CommentInput,
    body_html: &str,
    now: Instant,
) -> QueryResult<CommentRow> {
    let id = next_id(conn)?;
    let parent = creation.parent;
    let above = parent.map_or("", |parent| &parent.path);
    let row = CommentRow {
        id,
        public_id: creation.id.to_string(),
        article_id: creation.article,
        article_public_id: creation.article_public_id.to_owned(),
        state: creation.state,
        version: 1,
        author_name: input.author_name.to_string(),
        author_email: input.author_email.as_deref().map(str::to_owned),
        body: input.body.to_string(),
        body_html: body_html.to_owned(),
        state_reason: None,
        created_at: now.as_micros(),
        updated_at: now.as_micros(),
        parent_public_id: parent.map(|parent| parent.public_id.clone()),
        path: format!("{above}{}", own_step(id)),
        depth: creation.depth,
        reply_count: 0,
        shown: shown(creation.state, 0),
        held_by: creation.held_by,
        by_site: i64::from(creation.is_by_site),
        report_count: 0,
    };
    insert_row(conn, &row, parent.map(|parent| parent.id), creation.address)?;
    if let Some(parent) = parent.filter(|_| row.shown != HIDDEN) {
        // It is shown itself, so nothing changes above it.
        add_to_reply_count(conn, parent.id, 1)?;
    }
    insert_entry(conn, &row, creation.actor, false, now)?;
    Ok(row)
}

/// Writes the row of a new comment, and the address that it came from.
fn insert_row(
    conn: &mut Conn,
    row: &CommentRow,
    parent: Option<CommentId>,
    address: Option<&str>,
) -> QueryResult<()> {
    diesel::insert_into(comments::table)
        .values((
            comments::id.eq(row.id),
            comments::public_id.eq(&row.public_id),
            comments::article_id.eq(row.article_id),
            comments::state.eq(row.state.word()),
            comments::author_name.eq(&row.author_name),
            comments::author_email.eq(row.author_email.as_deref()),
            comments::body.eq(&row.body),
            comments::body_html.eq(&row.body_html),
            comments::created_at.eq(row.created_at),
            comments::updated_at.eq(row.updated_at),
            comments::parent_id.eq(parent),
            comments::parent_public_id.eq(row.parent_public_id.as_deref()),
            comments::path.eq(&row.path),
            comments::depth.eq(row.depth),
            comments::shown.eq(row.shown),
            comments::held_by.eq(row.held_by.map(HeldBy::word)),
            comments::by_site.eq(row.by_site),
            comments::said.eq(said(
                row.article_id,
                &row.author_name,
                row.author_email.as_deref(),
                row.parent_public_id.as_deref(),
                &row.body,
            )),
        ))
        .execute(conn)?;
    match address {
        Some(address) => {
            insert_address(conn, row.id, address, Instant::from_micros(row.created_at))
        }
        None => Ok(()),
    }
}

/// Adds an entry to a comment's history with what it is after a write.
fn insert_entry(
    conn: &mut Conn,
    row: &CommentRow,
    actor: Actor<'_>,
    edited: bool,
    now: Instant,
) -> QueryResult<()> {
    diesel::insert_into(comment_history::table)
        .values((
            comment_history::comment_id.eq(row.id),
            comment_history::version.eq(row.version),
            comment_history::state.eq(row.state.word()),
            comment_history::actor.eq(actor.name),
            comment_history::actor_key_id.eq(actor.stored_key_id()),
            comment_history::reason.eq(row.state_reason.as_deref()),
            comment_history::held_by.eq(row.held_by.map(HeldBy::word)),
            comment_history::edited.eq(i64::from(edited)),
            comment_history::at.eq(now.as_micros()),
        ))
        .execute(conn)
        .map(drop)
}

/// A page of a comment's history, newest first (index `comment_history_by_comment`).
pub fn select_entries(
    conn: &mut Conn,
    comment: CommentId,
    before: i64,
    rows: i64,
) -> QueryResult<Vec<EntryRow>> {
    comment_history::table
        .filter(comment_history::comment_id.eq(comment))
        .filter(comment_history::version.lt(before))
        .order(comment_history::version.desc())
        .limit(rows)
        .select(EntryRow::columns())
        .load(conn)
}

/// Writes a comment, as its next version.
pub fn update(
    conn: &mut Conn,
    row: &CommentRow,
    decided: &Decided<'_>,
    actor: Actor<'_>,
    now: Instant,
) -> QueryResult<()> {
    let id = row.id;
    if let Some((body, html)) = decided.text {
        let said = said(
            row.article_id,
            &row.author_name,
            row.author_email.as_deref(),
            row.parent_public_id.as_deref(),
            body,
        );
        diesel::update(comments::table.find(id))
            .set((comments::body.eq(body), comments::body_html.eq(html), comments::said.eq(said)))
            .execute(conn)?;
    }
    diesel::update(comments::table.find(id))
        .set((
            comments::state.eq(decided.state.word()),
            comments::state_reason.eq(decided.reason),
            comments::held_by.eq(decided.held_by.map(HeldBy::word)),
            comments::version.eq(comments::version + 1),
            comments::updated_at.eq(now.as_micros()),
            comments::deleted_at.eq(decided.deleted_at.map(Instant::as_micros)),
        ))
        .execute(conn)?;
    if decided.settles {
        settle_reports(conn, id)?;
    }
    show(conn, id)?;
    let after = CommentRow {
        version: row.version + 1,
        state: decided.state,
        state_reason: decided.reason.map(str::to_owned),
        held_by: decided.held_by,
        ..row.clone()
    };
    insert_entry(conn, &after, actor, decided.text.is_some(), now)
}

/// Deletes the stored responses (`Idempotency-Key`) about an article's comments, before those are
/// deleted with it.
pub fn forget_answers(conn: &mut Conn, article: ArticleId) -> QueryResult<()> {
    let its_comments =
        comments::table.filter(comments::article_id.eq(article)).select(comments::public_id);
    let about_them = idempotent_answers::subject.eq_any(its_comments);
    diesel::delete(idempotent_answers::table.filter(about_them)).execute(conn).map(drop)
}
