//! The slugs that articles have, and those that they had before.
//!
//! A slug that one article has and others had before is the one's own for whoever may know of it;
//! for everybody else it leads on as it did. So a draft takes no address away from readers, what
//! is published takes it at that instant, and what is purged gives it back.

use diesel::dsl::exists;
use diesel::prelude::*;
use uuid::Uuid;

use super::select_slug_owner;
use crate::articles::ladder::Sight;
use crate::db::schema::{articles, former_slugs};
use crate::domain::instant::Instant;

/// The article that had `slug` before, of those that the caller may know of the one that left it last
/// (primary key of `former_slugs`).
pub fn select_by_former_slug(
    conn: &mut SqliteConnection,
    slug: &str,
    sight: Sight,
) -> QueryResult<Option<Uuid>> {
    let id: Option<String> = former_slugs::table
        .inner_join(articles::table)
        .filter(former_slugs::slug.eq(slug))
        .filter(articles::trashed_at.is_null())
        .filter(sight.is_known())
        .order(former_slugs::left_at.desc())
        .select(articles::public_id)
        .first(conn)
        .optional()?;
    Ok(id.and_then(|id| Uuid::try_parse(&id).ok()))
}

/// Whether an article that the caller may know of has `slug` (index `articles_slug`).
pub fn is_known_slug(conn: &mut SqliteConnection, slug: &str, sight: Sight) -> QueryResult<bool> {
    let known = articles::table
        .filter(articles::slug.eq(slug))
        .filter(articles::trashed_at.is_null())
        .filter(sight.is_known());
    diesel::select(exists(known)).get_result(conn)
}

/// Whether another article than `but` has `slug` or had it before: one that is made from a title keeps
/// off it.
pub fn is_slug_used(conn: &mut SqliteConnection, slug: &str, but: i64) -> QueryResult<bool> {
    if select_slug_owner(conn, slug, but)?.is_some() {
        return Ok(true);
    }
    let left = former_slugs::table
        .filter(former_slugs::slug.eq(slug))
        .filter(former_slugs::article_id.ne(but));
    diesel::select(exists(left)).get_result(conn)
}

/// Notes that an article had `slug` before.
pub fn insert_former_slug(
    conn: &mut SqliteConnection,
    article: i64,
    slug: &str,
    now: Instant,
) -> QueryResult<()> {
    take_slug(conn, slug, article)?;
    diesel::insert_into(former_slugs::table)
        .values((
            former_slugs::slug.eq(slug),
            former_slugs::article_id.eq(article),
            former_slugs::left_at.eq(now.as_micros()),
        ))
        .execute(conn)
        .map(drop)
}

/// Notes that an article's file names `slug` as one that it had. No other article's past is taken for
/// it: where one has it, or had it, nothing is noted.
pub fn insert_alias(
    conn: &mut SqliteConnection,
    article: i64,
    slug: &str,
    now: Instant,
) -> QueryResult<()> {
    let known = former_slugs::table.filter(former_slugs::slug.eq(slug));
    let is_known = diesel::select(exists(known)).get_result(conn)?;
    if is_known || select_slug_owner(conn, slug, 0)?.is_some() {
        return Ok(());
    }
    insert_former_slug(conn, article, slug, now)
}

/// Notes that `slug` is an article's own from now on: for the article itself it is no former one any
/// more (index `former_slugs_by_article`).
pub(super) fn take_slug(conn: &mut SqliteConnection, slug: &str, article: i64) -> QueryResult<()> {
    let own = former_slugs::table
        .filter(former_slugs::slug.eq(slug))
        .filter(former_slugs::article_id.eq(article));
    diesel::delete(own).execute(conn).map(drop)
}
