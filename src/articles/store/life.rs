//! What an article goes through: published, taken back, blocked, trashed.

use diesel::prelude::*;

use super::slugs::{insert_former_slug, take_slug};
use super::{ArticleRow, BLOCKED, DRAFT, PUBLISHED, WITHDRAWN, next_version};
use crate::db::idempotency;
use crate::db::schema::{
    article_publications, article_removals, article_seen, articles, comments, idempotent_answers,
};
use crate::domain::instant::Instant;

/// Why an article is not there any more.
#[derive(Queryable, Selectable, Clone, Debug)]
#[diesel(table_name = article_removals)]
pub struct RemovalRow {
    pub withdrawn_at: Option<i64>,
    pub blocked_at: Option<i64>,
    pub notice: Option<String>,
    pub replaced_by: Option<i64>,
    pub authority: Option<String>,
    pub reference: Option<String>,
    pub state_before_block: Option<String>,
    pub went_public_at: Option<i64>,
}

/// What is said of an article that was taken back or blocked.
pub fn select_removal(
    conn: &mut SqliteConnection,
    article: i64,
) -> QueryResult<Option<RemovalRow>> {
    article_removals::table
        .find(article)
        .select(RemovalRow::as_select())
        .first(conn)
        .optional()
}

/// Makes an article public at `at`, now or later, as its next version. The first
/// publication's instant stays what it counts as published since.
pub fn publish(
    conn: &mut SqliteConnection,
    row: &ArticleRow,
    at: Instant,
    now: Instant,
) -> QueryResult<()> {
    let id = row.id;
    next_version(conn, id, now)?;
    note_seen(conn, row, now)?;
    let before = article_publications::table
        .filter(article_publications::article_id.eq(id))
        .filter(article_publications::until.is_null());
    diesel::update(before)
        .set(article_publications::until.eq(now.as_micros()))
        .execute(conn)?;
    diesel::delete(article_removals::table.find(id)).execute(conn)?;
    diesel::update(articles::table.find(id))
        .set((
            articles::state.eq(PUBLISHED),
            articles::went_public_at.eq(at.as_micros()),
        ))
        .execute(conn)?;
    let never_yet = articles::published_at
        .is_null()
        .or(articles::published_at.gt(now.as_micros()));
    diesel::update(articles::table.find(id).filter(never_yet))
        .set(articles::published_at.eq(at.as_micros()))
        .execute(conn)
        .map(drop)
}

/// Makes an article a draft again, as its next version. What was only scheduled was never published.
pub fn unpublish(conn: &mut SqliteConnection, row: &ArticleRow, now: Instant) -> QueryResult<()> {
    let (id, at) = (row.id, now.as_micros());
    next_version(conn, id, now)?;
    note_seen(conn, row, now)?;
    diesel::delete(article_removals::table.find(id)).execute(conn)?;
    diesel::update(articles::table.find(id))
        .set(articles::state.eq(DRAFT))
        .execute(conn)?;
    diesel::update(
        articles::table
            .find(id)
            .filter(articles::published_at.gt(at)),
    )
    .set(articles::published_at.eq(None::<i64>))
    .execute(conn)?;
    diesel::update(
        articles::table
            .find(id)
            .filter(articles::went_public_at.gt(at)),
    )
    .set(articles::went_public_at.eq(None::<i64>))
    .execute(conn)
    .map(drop)
}

/// Takes an article back, as its next version.
pub fn withdraw(
    conn: &mut SqliteConnection,
    row: &ArticleRow,
    notice: Option<&str>,
    replaced_by: Option<i64>,
    now: Instant,
) -> QueryResult<()> {
    remove(conn, row, WITHDRAWN, now)?;
    diesel::update(article_removals::table.find(row.id))
        .set((
            article_removals::withdrawn_at.eq(now.as_micros()),
            article_removals::notice.eq(notice),
            article_removals::replaced_by.eq(replaced_by),
        ))
        .execute(conn)
        .map(drop)
}

/// Blocks an article, as its next version.
pub fn block(
    conn: &mut SqliteConnection,
    row: &ArticleRow,
    authority: &str,
    reference: Option<&str>,
    now: Instant,
) -> QueryResult<()> {
    remove(conn, row, BLOCKED, now)?;
    diesel::update(article_removals::table.find(row.id))
        .set((
            article_removals::blocked_at.eq(now.as_micros()),
            article_removals::authority.eq(authority),
            article_removals::reference.eq(reference),
            article_removals::state_before_block.eq(&row.state),
        ))
        .execute(conn)
        .map(drop)
}

/// Notes that the public has seen an article, where it has by now: asked before each
/// write, because a write may change what it is told from.
pub fn note_seen(conn: &mut SqliteConnection, row: &ArticleRow, now: Instant) -> QueryResult<()> {
    let Some(since) = row.went_public_at.max(row.embargo_until) else {
        return Ok(());
    };
    let is_seen =
        row.state == PUBLISHED && row.went_public_at.is_some() && since <= now.as_micros();
    if !is_seen {
        return Ok(());
    }
    diesel::insert_or_ignore_into(article_seen::table)
        .values((
            article_seen::article_id.eq(row.id),
            article_seen::first_seen_at.eq(since),
        ))
        .execute(conn)?;
    note_publication(conn, row.id, since)
}

/// Notes since when readers have an article by its present publication, unless that is noted
/// already (index `article_publications_open`).
fn note_publication(conn: &mut SqliteConnection, article: i64, since: i64) -> QueryResult<()> {
    diesel::insert_or_ignore_into(article_publications::table)
        .values((
            article_publications::article_id.eq(article),
            article_publications::since.eq(since),
        ))
        .execute(conn)
        .map(drop)
}

/// Notes after an edit that it has made an article public, where it has: by lifting an embargo.
pub(super) fn note_lifted(
    conn: &mut SqliteConnection,
    article: i64,
    now: Instant,
) -> QueryResult<()> {
    let row = super::select_row(conn, article)?;
    let is_come = |at: Option<i64>| at.is_none_or(|at| at <= now.as_micros());
    let is_public = row.state == PUBLISHED
        && row.went_public_at.is_some()
        && is_come(row.went_public_at)
        && is_come(row.embargo_until);
    match is_public {
        true => note_publication(conn, article, now.as_micros()),
        false => Ok(()),
    }
}

/// Takes an article away. What it had as its publication is put aside; the article
/// itself has since when it was seen, or nothing where it was not.
fn remove(
    conn: &mut SqliteConnection,
    row: &ArticleRow,
    state: &str,
    now: Instant,
) -> QueryResult<()> {
    next_version(conn, row.id, now)?;
    note_seen(conn, row, now)?;
    let seen: Option<i64> = article_seen::table
        .find(row.id)
        .select(article_seen::first_seen_at)
        .first(conn)
        .optional()?;
    // What was withdrawn has put it aside already.
    diesel::insert_or_ignore_into(article_removals::table)
        .values((
            article_removals::article_id.eq(row.id),
            article_removals::went_public_at.eq(row.went_public_at),
        ))
        .execute(conn)?;
    diesel::update(articles::table.find(row.id))
        .set((articles::state.eq(state), articles::went_public_at.eq(seen)))
        .execute(conn)
        .map(drop)
}

/// Lifts a block, as the article's next version: it is again what it was.
pub fn unblock(conn: &mut SqliteConnection, id: i64, now: Instant) -> QueryResult<()> {
    next_version(conn, id, now)?;
    let removal = select_removal(conn, id)?;
    let before = removal
        .as_ref()
        .and_then(|removal| removal.state_before_block.as_deref())
        .unwrap_or(DRAFT);
    diesel::update(articles::table.find(id))
        .set(articles::state.eq(before))
        .execute(conn)?;
    if before == WITHDRAWN {
        return diesel::update(article_removals::table.find(id))
            .set((
                article_removals::blocked_at.eq(None::<i64>),
                article_removals::authority.eq(None::<&str>),
                article_removals::reference.eq(None::<&str>),
                article_removals::state_before_block.eq(None::<&str>),
            ))
            .execute(conn)
            .map(drop);
    }
    if let Some(removal) = removal {
        // A schedule whose time came while it was blocked comes true now, and not then.
        let (aside, blocked) = (removal.went_public_at, removal.blocked_at);
        let came = aside.filter(|at| Some(*at) > blocked && *at < now.as_micros());
        let goes_public = came.map(|_| now.as_micros()).or(aside);
        diesel::update(articles::table.find(id))
            .set(articles::went_public_at.eq(goes_public))
            .execute(conn)?;
        if let Some(scheduled) = came {
            diesel::update(
                articles::table
                    .find(id)
                    .filter(articles::published_at.eq(scheduled)),
            )
            .set(articles::published_at.eq(goes_public))
            .execute(conn)?;
        }
    }
    diesel::delete(article_removals::table.find(id))
        .execute(conn)
        .map(drop)
}

/// Puts an article into the trash, where no read meets it. Its state stays, for a restore.
pub fn trash(conn: &mut SqliteConnection, id: i64, now: Instant) -> QueryResult<()> {
    next_version(conn, id, now)?;
    diesel::update(articles::table.find(id))
        .set(articles::trashed_at.eq(now.as_micros()))
        .execute(conn)
        .map(drop)
}

/// Takes an article out of the trash, as its next version.
/// It comes back under `slug` and `external_id`: others may have taken its own.
pub fn restore(
    conn: &mut SqliteConnection,
    row: &ArticleRow,
    slug: &str,
    external_id: Option<&str>,
    now: Instant,
) -> QueryResult<()> {
    next_version(conn, row.id, now)?;
    take_slug(conn, slug, row.id)?;
    diesel::update(articles::table.find(row.id))
        .set((
            articles::trashed_at.eq(None::<i64>),
            articles::slug.eq(slug),
            articles::external_id.eq(external_id),
        ))
        .execute(conn)?;
    match row.slug == slug {
        true => Ok(()),
        false => insert_former_slug(conn, row.id, &row.slug, now),
    }
}

/// Forgets an article, with everything that hangs on it.
pub fn purge(conn: &mut SqliteConnection, row: &ArticleRow) -> QueryResult<()> {
    idempotency::forget(conn, &row.public_id)?;
    let its_comments = comments::table
        .filter(comments::article_id.eq(row.id))
        .select(comments::public_id);
    diesel::delete(
        idempotent_answers::table.filter(idempotent_answers::subject.eq_any(its_comments)),
    )
    .execute(conn)?;
    diesel::delete(articles::table.find(row.id))
        .execute(conn)
        .map(drop)
}
