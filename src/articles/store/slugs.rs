//! The slugs that articles have, and those that they had before.

use diesel::prelude::*;
use uuid::Uuid;

use super::select_slug_owner;
use crate::db::schema::{articles, former_slugs};
use crate::domain::instant::Instant;

/// The article that had `slug` before, unless another has it now (primary key of `former_slugs`).
pub fn select_by_former_slug(conn: &mut SqliteConnection, slug: &str) -> QueryResult<Option<Uuid>> {
    let id: Option<String> = former_slugs::table
        .inner_join(articles::table)
        .filter(former_slugs::slug.eq(slug))
        .filter(articles::trashed_at.is_null())
        .select(articles::public_id)
        .first(conn)
        .optional()?;
    Ok(id.and_then(|id| Uuid::try_parse(&id).ok()))
}

/// Notes that an article had `slug` before, unless an article has it now.
pub fn insert_former_slug(
    conn: &mut SqliteConnection,
    article: i64,
    slug: &str,
    now: Instant,
) -> QueryResult<()> {
    if select_slug_owner(conn, slug, 0)?.is_some() {
        return Ok(());
    }
    diesel::replace_into(former_slugs::table)
        .values((
            former_slugs::slug.eq(slug),
            former_slugs::article_id.eq(article),
            former_slugs::left_at.eq(now.as_micros()),
        ))
        .execute(conn)
        .map(drop)
}

/// Notes that an article's file names `slug` as one that it had: no other article's
/// past is taken for it.
pub fn insert_alias(
    conn: &mut SqliteConnection,
    article: i64,
    slug: &str,
    now: Instant,
) -> QueryResult<()> {
    if select_slug_owner(conn, slug, 0)?.is_some() {
        return Ok(());
    }
    diesel::insert_or_ignore_into(former_slugs::table)
        .values((
            former_slugs::slug.eq(slug),
            former_slugs::article_id.eq(article),
            former_slugs::left_at.eq(now.as_micros()),
        ))
        .execute(conn)
        .map(drop)
}

/// Notes that `slug` is an article's own from now on: it leads to no other any more.
pub(super) fn take_slug(conn: &mut SqliteConnection, slug: &str) -> QueryResult<()> {
    diesel::delete(former_slugs::table.find(slug))
        .execute(conn)
        .map(drop)
}
