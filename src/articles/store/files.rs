//! Which file made which article.

use diesel::prelude::*;

use super::ArticleRow;
use crate::db::schema::{articles, imported_files};
use crate::domain::instant::Instant;

/// Sets when an article counts as published; part of an import's edit.
pub fn set_published_at(
    conn: &mut SqliteConnection,
    id: i64,
    at: Option<Instant>,
) -> QueryResult<()> {
    diesel::update(articles::table.find(id))
        .set(articles::published_at.eq(at.map(Instant::as_micros)))
        .execute(conn)
        .map(drop)
}

/// What an import took from a file before: the file's digest and its article,
/// null where that is in the trash.
pub struct Imported {
    /// SHA-256 of the file.
    pub sha256: Vec<u8>,
    /// The article, unless it is in the trash.
    pub article: Option<ArticleRow>,
}

/// What was imported from `path`.
pub fn select_imported(conn: &mut SqliteConnection, path: &str) -> QueryResult<Option<Imported>> {
    let found: Option<(Vec<u8>, i64)> = imported_files::table
        .find(path)
        .select((imported_files::sha256, imported_files::article_id))
        .first(conn)
        .optional()?;
    let Some((sha256, id)) = found else {
        return Ok(None);
    };
    let article = articles::table
        .find(id)
        .filter(articles::trashed_at.is_null())
        .select(ArticleRow::as_select())
        .first(conn)
        .optional()?;
    Ok(Some(Imported { sha256, article }))
}

/// Whether `path` was imported as it is (primary key of `imported_files`).
pub fn is_imported(conn: &mut SqliteConnection, path: &str, sha256: &[u8]) -> QueryResult<bool> {
    let same = imported_files::table
        .find(path)
        .filter(imported_files::sha256.eq(sha256));
    diesel::select(diesel::dsl::exists(same)).get_result(conn)
}

/// Notes what was imported from `path`.
pub fn upsert_imported(
    conn: &mut SqliteConnection,
    path: &str,
    article: i64,
    sha256: &[u8],
    now: Instant,
) -> QueryResult<()> {
    diesel::replace_into(imported_files::table)
        .values((
            imported_files::path.eq(path),
            imported_files::article_id.eq(article),
            imported_files::sha256.eq(sha256),
            imported_files::imported_at.eq(now.as_micros()),
        ))
        .execute(conn)
        .map(drop)
}
