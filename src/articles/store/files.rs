//! From what articles were imported: files, and records of other systems.

use std::collections::BTreeSet;

use diesel::dsl::exists;
use sha2::{Digest as _, Sha256};

use crate::articles::ids::ArticleId;
use crate::articles::model::ArticleRow;
use crate::db::dialect::is_one_of;
use crate::db::prelude::*;
use crate::db::schema::{
    article_disclaimers, article_history, articles, former_slugs, imported_addresses,
    imported_files, purged_imports,
};
use crate::disclaimers::ids::DisclaimerId;
use crate::domain::instant::Instant;

/// Addresses of one article that are looked at: far more than any has.
const ADDRESSES_MAX: i64 = 1_000;

/// Sets the article's time of publication; part of an import's edit.
pub fn set_published_at(conn: &mut Conn, id: ArticleId, at: Option<Instant>) -> QueryResult<()> {
    diesel::update(articles::table.find(id))
        .set(articles::published_at.eq(at.map(Instant::as_micros)))
        .execute(conn)
        .map(drop)
}

/// The previous import of a file or record: its digest and version, and its article, `None` if that is in the trash.
pub struct Imported {
    /// SHA-256 of what was imported.
    pub sha256: Vec<u8>,
    /// The number of its version, where its source counts them.
    pub source_version: Option<i64>,
    /// The article, unless it is in the trash.
    pub article: Option<ArticleRow>,
}

/// The previous import of `source_id` (primary key of `imported_files`).
pub fn select_imported(conn: &mut Conn, source_id: &str) -> QueryResult<Option<Imported>> {
    let found: Option<(Vec<u8>, Option<i64>, ArticleId)> = imported_files::table
        .find(source_id)
        .select((
            imported_files::sha256,
            imported_files::source_version,
            imported_files::article_id,
        ))
        .first(conn)
        .optional()?;
    let Some((sha256, source_version, id)) = found else {
        return Ok(None);
    };
    let article = articles::table
        .find(id)
        .filter(articles::trashed_at.is_null())
        .select(ArticleRow::columns())
        .first(conn)
        .optional()?;
    Ok(Some(Imported { sha256, source_version, article }))
}

/// True if `source_id` was imported with this digest, and in no older version (primary key of `imported_files`).
pub fn is_imported(
    conn: &mut Conn,
    source_id: &str,
    (sha256, source_version): (&[u8], Option<i64>),
) -> QueryResult<bool> {
    let known: Option<Option<i64>> = imported_files::table
        .find(source_id)
        .filter(imported_files::sha256.eq(sha256))
        .select(imported_files::source_version)
        .first(conn)
        .optional()?;
    Ok(known.is_some_and(|known| known >= source_version))
}

/// Records that the source of `source_id` says the same in this version (primary key of `imported_files`).
pub fn note_source_version(
    conn: &mut Conn,
    source_id: &str,
    source_version: i64,
) -> QueryResult<()> {
    diesel::update(imported_files::table.find(source_id))
        .set(imported_files::source_version.eq(source_version))
        .execute(conn)
        .map(drop)
}

/// What the source of an article knows it by, the first of several (index `imported_files_by_article`).
pub fn select_source(conn: &mut Conn, article: ArticleId) -> QueryResult<Option<String>> {
    let known_by: Vec<String> = imported_files::table
        .filter(imported_files::article_id.eq(article))
        .select(imported_files::path)
        .load(conn)?;
    Ok(known_by.into_iter().min())
}

/// Records the import of `source_id`, in a version if its source counts them.
pub fn upsert_imported(
    conn: &mut Conn,
    source_id: &str,
    article: ArticleId,
    (sha256, source_version): (&[u8], Option<i64>),
    now: Instant,
) -> QueryResult<()> {
    let what = (
        imported_files::article_id.eq(article),
        imported_files::sha256.eq(sha256),
        imported_files::imported_at.eq(now.as_micros()),
        imported_files::source_version.eq(source_version),
    );
    diesel::insert_into(imported_files::table)
        .values((imported_files::path.eq(source_id), what))
        .on_conflict(imported_files::path)
        .do_update()
        .set(what)
        .execute(conn)
        .map(drop)
}

/// What is kept of the id of a source whose article was purged: no word of it.
fn purged_as(source_id: &str) -> [u8; 32] {
    Sha256::digest(source_id.as_bytes()).into()
}

/// Records that an article is being purged, so that no import of its sources makes it again (index
/// `imported_files_by_article`).
pub fn note_purged(conn: &mut Conn, article: ArticleId, now: Instant) -> QueryResult<()> {
    let sources: Vec<String> = imported_files::table
        .filter(imported_files::article_id.eq(article))
        .select(imported_files::path)
        .load(conn)?;
    for source_id in sources {
        diesel::insert_into(purged_imports::table)
            .values((
                purged_imports::sha256.eq(&purged_as(&source_id)[..]),
                purged_imports::purged_at.eq(now.as_micros()),
            ))
            .on_conflict_do_nothing()
            .execute(conn)?;
    }
    Ok(())
}

/// True if the article that was imported as `source_id` was purged (primary key of `purged_imports`).
pub fn is_purged(conn: &mut Conn, source_id: &str) -> QueryResult<bool> {
    let digest = purged_as(source_id);
    let purged = purged_imports::table.filter(purged_imports::sha256.eq(&digest[..]));
    diesel::select(exists(purged)).get_result(conn)
}

/// Forgets that the article that was imported as `source_id` was purged (primary key of `purged_imports`).
pub fn forget_purged(conn: &mut Conn, source_id: &str) -> QueryResult<()> {
    let digest = purged_as(source_id);
    diesel::delete(purged_imports::table.filter(purged_imports::sha256.eq(&digest[..])))
        .execute(conn)
        .map(drop)
}

/// Records an address of an article at its source. One that another article has there stays that one's.
pub fn note_address(conn: &mut Conn, article: ArticleId, address: &str) -> QueryResult<()> {
    diesel::insert_into(imported_addresses::table)
        .values((
            imported_addresses::address.eq(address),
            imported_addresses::article_id.eq(article),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .map(drop)
}

/// The article that had `address` at its source, unless it is in the trash (primary key of `imported_addresses`).
pub fn select_by_address(conn: &mut Conn, address: &str) -> QueryResult<Option<ArticleRow>> {
    imported_addresses::table
        .inner_join(articles::table)
        .filter(imported_addresses::address.eq(address))
        .filter(articles::trashed_at.is_null())
        .select(ArticleRow::columns())
        .first(conn)
        .optional()
}

/// The article that has `slug`, or else the one that left it last (index `articles_slug`, primary key of
/// `former_slugs`).
pub fn select_by_slug(conn: &mut Conn, slug: &str) -> QueryResult<Option<ArticleRow>> {
    let present = articles::table
        .filter(articles::slug.eq(slug))
        .filter(articles::trashed_at.is_null())
        .select(ArticleRow::columns())
        .first(conn)
        .optional()?;
    if present.is_some() {
        return Ok(present);
    }
    former_slugs::table
        .inner_join(articles::table)
        .filter(former_slugs::slug.eq(slug))
        .filter(articles::trashed_at.is_null())
        .order(former_slugs::left_at.desc())
        .select(ArticleRow::columns())
        .first(conn)
        .optional()
}

/// The article that has `external_id`, if there is exactly one, of whatever provider (index `articles_by_external_id`).
pub fn select_by_external_id(
    conn: &mut Conn,
    external_id: &str,
) -> QueryResult<Option<ArticleRow>> {
    let mut found: Vec<ArticleRow> = articles::table
        .filter(articles::external_id.eq(external_id))
        .filter(articles::trashed_at.is_null())
        .limit(2)
        .select(ArticleRow::columns())
        .load(conn)?;
    Ok(found.pop().filter(|_| found.is_empty()))
}

/// Whether an article carries one of some disclaimers by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attached {
    /// It does.
    Now,
    /// It did.
    Before,
    /// It never did.
    Never,
}

/// Whether one of these disclaimers is attached to an article by hand, or was (index
/// `article_disclaimers_by_disclaimer`).
pub fn attached(
    conn: &mut Conn,
    article: ArticleId,
    disclaimers: impl IntoIterator<Item = DisclaimerId>,
) -> QueryResult<Attached> {
    let ids = disclaimers.into_iter().map(|id| id.0);
    let ends: Vec<Option<i64>> = article_disclaimers::table
        .filter(is_one_of(article_disclaimers::disclaimer_id, ids))
        .filter(article_disclaimers::article_id.eq(article))
        .select(article_disclaimers::detached_at)
        .load(conn)?;
    Ok(match () {
        () if ends.iter().any(Option::is_none) => Attached::Now,
        () if ends.is_empty() => Attached::Never,
        () => Attached::Before,
    })
}

/// The members of an article that others than `actor` have changed last (index `article_history_by_article`).
pub fn members_of_others(
    conn: &mut Conn,
    article: ArticleId,
    actor: &str,
) -> QueryResult<BTreeSet<String>> {
    let entries: Vec<(String, String)> = article_history::table
        .filter(article_history::article_id.eq(article))
        .filter(article_history::changes.ne("[]"))
        .order(article_history::version.asc())
        .select((article_history::actor, article_history::changes))
        .load(conn)?;
    let mut theirs = BTreeSet::new();
    for (by, changes) in entries {
        let changes: Vec<String> = serde_json::from_str(&changes)
            .map_err(|error| diesel::result::Error::DeserializationError(error.into()))?;
        for member in changes {
            match by == actor {
                true => theirs.remove(&member),
                false => theirs.insert(member),
            };
        }
    }
    Ok(theirs)
}

/// The addresses that an article has at its source (index `imported_addresses_by_article`).
pub fn select_addresses(conn: &mut Conn, article: ArticleId) -> QueryResult<Vec<String>> {
    imported_addresses::table
        .filter(imported_addresses::article_id.eq(article))
        .limit(ADDRESSES_MAX)
        .select(imported_addresses::address)
        .load(conn)
}
