//! The present and former slugs of articles.
//!
//! A slug that one article has and others had before leads to the present owner for callers who
//! may know of it; for everyone else it still redirects as before. So a draft takes no address
//! away from readers, an article takes it at the instant of its publication, and a purge gives it
//! back.

use diesel::dsl::exists;
use uuid::Uuid;

use super::{is_known, select_slug_owner};
use crate::articles::ids::ArticleId;
use crate::articles::ladder::Sight;
use crate::db::prelude::*;
use crate::db::schema::{articles, former_slugs};
use crate::domain::instant::Instant;

/// The article that had `slug` before: among those that the caller may know of, the last to leave
/// it (primary key of `former_slugs`).
pub fn select_by_former_slug(
    conn: &mut Conn,
    slug: &str,
    sight: Sight,
) -> QueryResult<Option<Uuid>> {
    let id: Option<String> = former_slugs::table
        .inner_join(articles::table)
        .filter(former_slugs::slug.eq(slug))
        .filter(articles::trashed_at.is_null())
        .filter(is_known(sight))
        .order(former_slugs::left_at.desc())
        .select(articles::public_id)
        .first(conn)
        .optional()?;
    Ok(id.and_then(|id| Uuid::try_parse(&id).ok()))
}

/// True if an article that the caller may know of has `slug` (index `articles_slug`).
pub fn is_known_slug(conn: &mut Conn, slug: &str, sight: Sight) -> QueryResult<bool> {
    let known = articles::table
        .filter(articles::slug.eq(slug))
        .filter(articles::trashed_at.is_null())
        .filter(is_known(sight));
    diesel::select(exists(known)).get_result(conn)
}

/// True if an article other than `but` has or had `slug`: slugs made from titles avoid it.
pub fn is_slug_used(conn: &mut Conn, slug: &str, but: Option<ArticleId>) -> QueryResult<bool> {
    if select_slug_owner(conn, slug)?.is_some_and(|(id, _)| Some(id) != but) {
        return Ok(true);
    }
    let left: Vec<ArticleId> = former_slugs::table
        .filter(former_slugs::slug.eq(slug))
        .select(former_slugs::article_id)
        .load(conn)?;
    Ok(left.into_iter().any(|id| Some(id) != but))
}

/// Records that an article had `slug` before.
pub fn insert_former_slug(
    conn: &mut Conn,
    article: ArticleId,
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

/// Records `slug` as a former one of an article, as its file says. Nothing is recorded if an
/// article has or had it: no other article's past is taken.
pub fn insert_alias(
    conn: &mut Conn,
    article: ArticleId,
    slug: &str,
    now: Instant,
) -> QueryResult<()> {
    let known = former_slugs::table.filter(former_slugs::slug.eq(slug));
    let is_known = diesel::select(exists(known)).get_result(conn)?;
    if is_known || select_slug_owner(conn, slug)?.is_some() {
        return Ok(());
    }
    insert_former_slug(conn, article, slug, now)
}

/// Records that `slug` is an article's own from now on: it is no longer a former one of the same
/// article (index `former_slugs_by_article`).
pub(super) fn take_slug(conn: &mut Conn, slug: &str, article: ArticleId) -> QueryResult<()> {
    let own = former_slugs::table
        .filter(former_slugs::slug.eq(slug))
        .filter(former_slugs::article_id.eq(article));
    diesel::delete(own).execute(conn).map(drop)
}
