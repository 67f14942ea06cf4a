//! The life cycle of an article: published, withdrawn, blocked, trashed.

use super::slugs::{insert_former_slug, take_slug};
use super::{next_version, select_row, unindex};
use crate::articles::ids::ArticleId;
use crate::articles::model::{ArticleRow, RemovalRow};
use crate::articles::words::Standing;
use crate::db::idempotency;
use crate::db::prelude::*;
use crate::db::schema::{article_publications, article_removals, article_seen, articles};
use crate::domain::instant::Instant;
use crate::problem::Problem;

/// The removal of an article that was withdrawn or blocked.
pub fn select_removal(conn: &mut Conn, article: ArticleId) -> QueryResult<Option<RemovalRow>> {
    article_removals::table.find(article).select(RemovalRow::columns()).first(conn).optional()
}

/// Makes an article public at `at`, now or later, as its next version. `published_at` keeps the
/// instant of the first publication.
pub fn publish(
    conn: &mut Conn,
    row: &ArticleRow,
    at: Instant,
    now: Instant,
) -> QueryResult<ArticleRow> {
    let id = row.id;
    next_version(conn, id, now)?;
    note_seen(conn, row, now)?;
    let before = article_publications::table
        .filter(article_publications::article_id.eq(id))
        .filter(article_publications::until.is_null());
    diesel::update(before).set(article_publications::until.eq(now.as_micros())).execute(conn)?;
    diesel::delete(article_removals::table.find(id)).execute(conn)?;
    diesel::update(articles::table.find(id))
        .set((
            articles::state.eq(Standing::Published.word()),
            articles::went_public_at.eq(at.as_micros()),
        ))
        .execute(conn)?;
    let never_yet = articles::published_at.is_null().or(articles::published_at.gt(now.as_micros()));
    diesel::update(articles::table.find(id).filter(never_yet))
        .set(articles::published_at.eq(at.as_micros()))
        .execute(conn)?;
    select_row(conn, id)
}

/// Makes an article a draft again, as its next version. An article that was only scheduled was
/// never published: its times of publication are cleared.
pub fn unpublish(conn: &mut Conn, row: &ArticleRow, now: Instant) -> QueryResult<ArticleRow> {
    let (id, at) = (row.id, now.as_micros());
    next_version(conn, id, now)?;
    note_seen(conn, row, now)?;
    diesel::delete(article_removals::table.find(id)).execute(conn)?;
    diesel::update(articles::table.find(id))
        .set(articles::state.eq(Standing::Draft.word()))
        .execute(conn)?;
    diesel::update(articles::table.find(id).filter(articles::published_at.gt(at)))
        .set(articles::published_at.eq(None::<i64>))
        .execute(conn)?;
    diesel::update(articles::table.find(id).filter(articles::went_public_at.gt(at)))
        .set(articles::went_public_at.eq(None::<i64>))
        .execute(conn)?;
    select_row(conn, id)
}

/// Withdraws an article, as its next version.
pub fn withdraw(
    conn: &mut Conn,
    row: &ArticleRow,
    notice: Option<&str>,
    replaced_by: Option<ArticleId>,
    now: Instant,
) -> QueryResult<ArticleRow> {
    remove(conn, row, Standing::Withdrawn, now)?;
    diesel::update(article_removals::table.find(row.id))
        .set((
            article_removals::withdrawn_at.eq(now.as_micros()),
            article_removals::notice.eq(notice),
            article_removals::replaced_by.eq(replaced_by),
        ))
        .execute(conn)?;
    select_row(conn, row.id)
}

/// Blocks an article, as its next version.
pub fn block(
    conn: &mut Conn,
    row: &ArticleRow,
    authority: &str,
    reference: Option<&str>,
    now: Instant,
) -> QueryResult<ArticleRow> {
    remove(conn, row, Standing::Blocked, now)?;
    diesel::update(article_removals::table.find(row.id))
        .set((
            article_removals::blocked_at.eq(now.as_micros()),
            article_removals::authority.eq(authority),
            article_removals::reference.eq(reference),
            article_removals::state_before_block.eq(row.state.word()),
        ))
        .execute(conn)?;
    select_row(conn, row.id)
}

/// Records that the public has seen an article, if it has by now. Called before each write,
/// because a write may change the columns that tell.
pub fn note_seen(conn: &mut Conn, row: &ArticleRow, now: Instant) -> QueryResult<()> {
    let Some(since) = row.went_public_at.max(row.embargo_until) else {
        return Ok(());
    };
    let is_seen = row.state == Standing::Published
        && row.went_public_at.is_some()
        && since <= now.as_micros();
    if !is_seen {
        return Ok(());
    }
    diesel::insert_into(article_seen::table)
        .values((article_seen::article_id.eq(row.id), article_seen::first_seen_at.eq(since)))
        .on_conflict_do_nothing()
        .execute(conn)?;
    note_publication(conn, row.id, since)
}

/// Records the time since which readers have an article by its present publication, unless it is
/// recorded already (index `article_publications_open`).
fn note_publication(conn: &mut Conn, article: ArticleId, since: i64) -> QueryResult<()> {
    diesel::insert_into(article_publications::table)
        .values((
            article_publications::article_id.eq(article),
            article_publications::since.eq(since),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .map(drop)
}

/// Records that an edit has made an article public by lifting an embargo, if it has. An article
/// that was public before is recorded already.
pub(super) fn note_lifted(
    conn: &mut Conn,
    before: &ArticleRow,
    after: &ArticleRow,
    now: Instant,
) -> QueryResult<()> {
    let is_come = |at: Option<i64>| at.is_none_or(|at| at <= now.as_micros());
    let is_public = |row: &ArticleRow| {
        row.state == Standing::Published
            && row.went_public_at.is_some()
            && is_come(row.went_public_at)
            && is_come(row.embargo_until)
    };
    match is_public(after) && !is_public(before) {
        true => note_publication(conn, after.id, now.as_micros()),
        false => Ok(()),
    }
}

/// When the public first saw an article, as far as that was noted (primary key).
pub fn select_first_seen(conn: &mut Conn, article: ArticleId) -> QueryResult<Option<i64>> {
    article_seen::table.find(article).select(article_seen::first_seen_at).first(conn).optional()
}

/// Takes an article offline. Its time of publication is saved in the removal; the article's own
/// column gets the time when it was first seen, or null if it never was.
fn remove(conn: &mut Conn, row: &ArticleRow, state: Standing, now: Instant) -> QueryResult<()> {
    next_version(conn, row.id, now)?;
    note_seen(conn, row, now)?;
    let seen = select_first_seen(conn, row.id)?;
    // A withdrawn article has saved it already.
    diesel::insert_into(article_removals::table)
        .values((
            article_removals::article_id.eq(row.id),
            article_removals::went_public_at.eq(row.went_public_at),
        ))
        .on_conflict_do_nothing()
        .execute(conn)?;
    diesel::update(articles::table.find(row.id))
        .set((articles::state.eq(state.word()), articles::went_public_at.eq(seen)))
        .execute(conn)
        .map(drop)
}

/// Lifts a block, as the article's next version: it returns to its state before.
pub fn unblock(conn: &mut Conn, id: ArticleId, now: Instant) -> QueryResult<ArticleRow> {
    next_version(conn, id, now)?;
    let removal = select_removal(conn, id)?;
    let before =
        removal.as_ref().and_then(|removal| removal.state_before_block).unwrap_or(Standing::Draft);
    diesel::update(articles::table.find(id))
        .set(articles::state.eq(before.word()))
        .execute(conn)?;
    if before == Standing::Withdrawn {
        diesel::update(article_removals::table.find(id))
            .set((
                article_removals::blocked_at.eq(None::<i64>),
                article_removals::authority.eq(None::<&str>),
                article_removals::reference.eq(None::<&str>),
                article_removals::state_before_block.eq(None::<&str>),
            ))
            .execute(conn)?;
        return select_row(conn, id);
    }
    if let Some(removal) = removal {
        // A schedule whose time came during the block takes effect now, and not retroactively.
        let (aside, blocked) = (removal.went_public_at, removal.blocked_at);
        let came = aside.filter(|at| Some(*at) > blocked && *at < now.as_micros());
        let goes_public = came.map(|_| now.as_micros()).or(aside);
        diesel::update(articles::table.find(id))
            .set(articles::went_public_at.eq(goes_public))
            .execute(conn)?;
        if let Some(scheduled) = came {
            diesel::update(articles::table.find(id).filter(articles::published_at.eq(scheduled)))
                .set(articles::published_at.eq(goes_public))
                .execute(conn)?;
        }
    }
    diesel::delete(article_removals::table.find(id)).execute(conn)?;
    select_row(conn, id)
}

/// Moves an article to the trash, which reads do not find. Its state is kept for a restore.
pub fn trash(conn: &mut Conn, id: ArticleId, now: Instant) -> QueryResult<ArticleRow> {
    next_version(conn, id, now)?;
    diesel::update(articles::table.find(id))
        .set(articles::trashed_at.eq(now.as_micros()))
        .execute(conn)?;
    select_row(conn, id)
}

/// Restores an article from the trash, as its next version, under `slug` and `external_id`: others
/// may have taken its own.
pub fn restore(
    conn: &mut Conn,
    row: &ArticleRow,
    slug: &str,
    external_id: Option<&str>,
    now: Instant,
) -> QueryResult<ArticleRow> {
    next_version(conn, row.id, now)?;
    take_slug(conn, slug, row.id)?;
    diesel::update(articles::table.find(row.id))
        .set((
            articles::trashed_at.eq(None::<i64>),
            articles::slug.eq(slug),
            articles::external_id.eq(external_id),
        ))
        .execute(conn)?;
    if row.slug != slug {
        insert_former_slug(conn, row.id, &row.slug, now)?;
    }
    select_row(conn, row.id)
}

/// Purges an article, with all its dependent rows.
///
/// # Errors
/// `internal` if a stored member is damaged, or a database error.
pub fn purge(conn: &mut Conn, row: &ArticleRow) -> Result<(), Problem> {
    idempotency::forget(conn, &row.public_id)?;
    unindex(conn, row)?;
    diesel::delete(articles::table.find(row.id)).execute(conn)?;
    Ok(())
}

/// Articles that were moved to the trash before an instant, the oldest first (index `articles_trashed`).
pub fn select_trashed_before(
    conn: &mut Conn,
    before: Instant,
    rows: i64,
) -> QueryResult<Vec<ArticleRow>> {
    articles::table
        .filter(articles::trashed_at.is_not_null())
        .filter(articles::trashed_at.lt(before.as_micros()))
        .order(articles::trashed_at.asc())
        .limit(rows)
        .select(ArticleRow::columns())
        .load(conn)
}
