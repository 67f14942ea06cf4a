//! The files from which articles were imported.

use crate::articles::ids::ArticleId;
use crate::articles::model::ArticleRow;
use crate::db::prelude::*;
use crate::db::schema::{articles, imported_files};
use crate::domain::instant::Instant;

/// Sets the article's time of publication; part of an import's edit.
pub fn set_published_at(conn: &mut Conn, id: ArticleId, at: Option<Instant>) -> QueryResult<()> {
    diesel::update(articles::table.find(id))
        .set(articles::published_at.eq(at.map(Instant::as_micros)))
        .execute(conn)
        .map(drop)
}

/// The previous import of a file: the file's digest and its article, `None` if that is in the
/// trash.
pub struct Imported {
    /// SHA-256 of the file.
    pub sha256: Vec<u8>,
    /// The article, unless it is in the trash.
    pub article: Option<ArticleRow>,
}

/// The previous import of `path`.
pub fn select_imported(conn: &mut Conn, path: &str) -> QueryResult<Option<Imported>> {
    let found: Option<(Vec<u8>, ArticleId)> = imported_files::table
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
        .select(ArticleRow::columns())
        .first(conn)
        .optional()?;
    Ok(Some(Imported { sha256, article }))
}

/// True if `path` was imported with this digest (primary key of `imported_files`).
pub fn is_imported(conn: &mut Conn, path: &str, sha256: &[u8]) -> QueryResult<bool> {
    let same = imported_files::table.find(path).filter(imported_files::sha256.eq(sha256));
    diesel::select(diesel::dsl::exists(same)).get_result(conn)
}

/// Records the import of `path`.
pub fn upsert_imported(
    conn: &mut Conn,
    path: &str,
    article: ArticleId,
    sha256: &[u8],
    now: Instant,
) -> QueryResult<()> {
    let what = (
        imported_files::article_id.eq(article),
        imported_files::sha256.eq(sha256),
        imported_files::imported_at.eq(now.as_micros()),
    );
    diesel::insert_into(imported_files::table)
        .values((imported_files::path.eq(path), what))
        .on_conflict(imported_files::path)
        .do_update()
        .set(what)
        .execute(conn)
        .map(drop)
}
