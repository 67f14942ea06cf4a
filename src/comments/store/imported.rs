//! Comments of other systems: what each is known by there, and its place in a thread.
//!
//! A thread is in the order of time. A comment that comes last is the last of its siblings, and the step of its path
//! is its own number. One from elsewhere may be older than siblings that are there already: then its step begins with
//! the number of the sibling before it, goes on with a sign that sorts behind all below that one, and ends with its
//! time and its own number.

use diesel::dsl::exists;

use super::{
    HIDDEN, PATH_DIGITS, Part, add_to_reply_count, insert_entry, insert_row, next_id, own_step,
    show, shown, with_any_article,
};
use crate::articles::ids::ArticleId;
use crate::comments::ids::CommentId;
use crate::comments::model::{CommentRow, Creation};
use crate::comments::words::State;
use crate::db::prelude::*;
use crate::db::schema::{comment_history, comments, imported_comments};
use crate::domain::instant::Instant;

/// What separates the number of the sibling before from the rest of a step: it sorts behind every digit.
pub(super) const BEHIND: char = 'g';
/// Digits of a time in a step: hexadecimal microseconds until the year 2112. As [`INVARIANTS`](super::INVARIANTS) has
/// it.
pub(super) const TIME_DIGITS: usize = 13;

/// A comment that was imported before.
#[derive(Queryable, Clone, Debug)]
pub struct ImportedRow {
    /// Its row.
    pub id: CommentId,
    /// The article that it is on.
    pub article: ArticleId,
    /// Its depth in the thread: 0 at the top.
    pub depth: i64,
    /// Its state.
    pub state: State,
    /// SHA-256 of the record that it was last made from.
    pub sha256: Vec<u8>,
    /// The instant at which its source said so, in microseconds since 1970.
    pub source_version: Option<i64>,
}

/// The author and the text of a comment; all of it empty for one that its source has deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Content<'a> {
    /// The author's name.
    pub author_name: &'a str,
    /// The author's email address.
    pub author_email: Option<&'a str>,
    /// The text.
    pub body: &'a str,
    /// Its HTML.
    pub body_html: &'a str,
}

/// The comment that was made from the record `source_id` (primary key of `imported_comments`).
pub fn select_imported(conn: &mut Conn, source_id: &str) -> QueryResult<Option<ImportedRow>> {
    imported_comments::table
        .inner_join(comments::table)
        .filter(imported_comments::source_id.eq(source_id))
        .select((
            comments::id,
            comments::article_id,
            comments::depth,
            comments::state,
            imported_comments::sha256,
            imported_comments::source_version,
        ))
        .first(conn)
        .optional()
}

/// The comment that another one replies to (primary key).
pub fn select_parent(conn: &mut Conn, id: CommentId) -> QueryResult<Option<CommentId>> {
    comments::table.find(id).select(comments::parent_id).first(conn)
}

/// Records from what a comment was made, and the instant at which its source said so.
pub fn upsert_imported(
    conn: &mut Conn,
    source_id: &str,
    comment: CommentId,
    (sha256, source_version): (&[u8], Option<i64>),
    now: Instant,
) -> QueryResult<()> {
    let what = (
        imported_comments::comment_id.eq(comment),
        imported_comments::sha256.eq(sha256),
        imported_comments::imported_at.eq(now.as_micros()),
        imported_comments::source_version.eq(source_version),
    );
    diesel::insert_into(imported_comments::table)
        .values((imported_comments::source_id.eq(source_id), what))
        .on_conflict(imported_comments::source_id)
        .do_update()
        .set(what)
        .execute(conn)
        .map(drop)
}

/// Records that a comment's source says the same at this instant.
pub fn note_version(conn: &mut Conn, source_id: &str, source_version: i64) -> QueryResult<()> {
    diesel::update(imported_comments::table.find(source_id))
        .set(imported_comments::source_version.eq(source_version))
        .execute(conn)
        .map(drop)
}

/// The comment in this row, in any state and whatever became of its article.
pub fn select_row(conn: &mut Conn, id: CommentId) -> QueryResult<Option<CommentRow>> {
    with_any_article().filter(comments::id.eq(id)).first(conn).optional()
}

/// True if a comment was erased: by a moderator, or because its source has deleted it.
pub fn is_erased(conn: &mut Conn, id: CommentId) -> QueryResult<bool> {
    let erased_at: Option<i64> =
        comments::table.find(id).select(comments::erased_at).first(conn)?;
    Ok(erased_at.is_some())
}

/// True if anyone but `actor` has written to a comment (index `comment_history_by_comment`).
pub fn is_written_by_others(conn: &mut Conn, id: CommentId, actor: &str) -> QueryResult<bool> {
    let others = comment_history::table
        .filter(comment_history::comment_id.eq(id))
        // A key may have any name.
        .filter(comment_history::actor.ne(actor).or(comment_history::actor_key_id.is_not_null()));
    diesel::select(exists(others)).get_result(conn)
}

/// Sets the author of a comment, which is no longer an erased one; part of an import's change.
pub fn set_author(conn: &mut Conn, id: CommentId, content: Content<'_>) -> QueryResult<()> {
    diesel::update(comments::table.find(id))
        .set((
            comments::author_name.eq(content.author_name),
            comments::author_email.eq(content.author_email),
            comments::erased_at.eq(None::<i64>),
        ))
        .execute(conn)
        .map(drop)
}

/// Adds a comment among the other replies to its parent, by the time at which it was created, with the first entry of
/// its history. One that is removed is an erased one: nothing is left of it that could be restored.
pub fn insert_imported(
    conn: &mut Conn,
    creation: &Creation<'_>,
    content: Content<'_>,
    (created_at, updated_at): (Instant, Instant),
    now: Instant,
) -> QueryResult<CommentRow> {
    let id = next_id(conn)?;
    let parent = creation.parent;
    let part = parent.map_or_else(|| Part::whole(creation.article), Part::below);
    let step = step(conn, &part, creation.depth, created_at, id)?;
    let row = CommentRow {
        id,
        public_id: creation.id.to_string(),
        article_id: creation.article,
        article_public_id: creation.article_public_id.to_owned(),
        state: creation.state,
        version: 1,
        author_name: content.author_name.to_owned(),
        author_email: content.author_email.map(str::to_owned),
        body: content.body.to_owned(),
        body_html: content.body_html.to_owned(),
        state_reason: None,
        created_at: created_at.as_micros(),
        updated_at: updated_at.as_micros(),
        parent_public_id: parent.map(|parent| parent.public_id.clone()),
        path: format!("{}{step}", part.above),
        depth: creation.depth,
        reply_count: 0,
        shown: shown(creation.state, 0),
        held_by: creation.held_by,
        by_site: i64::from(creation.is_by_site),
        report_count: 0,
    };
    insert_row(conn, &row, parent.map(|parent| parent.id), creation.address)?;
    if creation.state == State::Removed {
        diesel::update(comments::table.find(id))
            .set((
                comments::said.eq(None::<i64>),
                comments::deleted_at.eq(now.as_micros()),
                comments::erased_at.eq(now.as_micros()),
            ))
            .execute(conn)?;
    }
    insert_entry(conn, &row, creation.actor, false, now)?;
    if let Some(parent) = parent.filter(|_| row.shown != HIDDEN) {
        add_to_reply_count(conn, parent.id, 1)?;
        // One that is not shown has a place from now on, and so have those above it.
        show(conn, parent.id)?;
    }
    Ok(row)
}

/// The step of a new comment's path, by its time.
fn step(
    conn: &mut Conn,
    siblings: &Part,
    depth: i64,
    at: Instant,
    id: CommentId,
) -> QueryResult<String> {
    let (own, at) = (own_step(id), at.as_micros());
    let last = last_sibling(conn, siblings, depth, i64::MAX)?;
    if last.is_none_or(|(_, created_at)| created_at <= at) {
        return Ok(own);
    }
    let before = last_sibling(conn, siblings, depth, at)?;
    let start = siblings.above.len();
    let number = before.as_ref().and_then(|(path, _)| path.get(start..start + PATH_DIGITS));
    let number = number.map_or_else(|| own_step(CommentId::START), str::to_owned);
    Ok(format!("{number}{BEHIND}{:0TIME_DIGITS$x}{own}", at.max(0)))
}

/// Path and time of the last of some siblings that were created until an instant (index `comments_in_thread`).
fn last_sibling(
    conn: &mut Conn,
    siblings: &Part,
    depth: i64,
    until: i64,
) -> QueryResult<Option<(String, i64)>> {
    let mut last: Option<(String, i64)> = None;
    // Those that are not shown, and those that are: each in the order of the index.
    for in_thread in [0_i64, 1] {
        let found: Option<(String, i64)> = comments::table
            .filter(comments::article_id.eq(siblings.article))
            .filter(comments::in_thread.eq(in_thread))
            .filter(comments::path.gt(&siblings.above))
            .filter(comments::path.lt(&siblings.below))
            .filter(comments::depth.eq(depth))
            .filter(comments::created_at.le(until))
            .order(comments::path.desc())
            .select((comments::path, comments::created_at))
            .first(conn)
            .optional()?;
        last = last.max(found);
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use super::super::INVARIANTS;
    use super::*;

    #[test]
    fn the_invariants_know_the_form_of_a_place() {
        let form = format!("'{}{BEHIND}{}'", "_".repeat(PATH_DIGITS), "_".repeat(TIME_DIGITS));
        assert!(INVARIANTS.iter().any(|invariant| invariant.broken.contains(&form)), "{form}");
    }
}
