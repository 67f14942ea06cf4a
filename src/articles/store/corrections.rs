//! The corrections of articles.

use uuid::Uuid;

use crate::articles::ids::ArticleId;
use crate::articles::model::CorrectionRow;
use crate::db::dialect::is_one_of;
use crate::db::prelude::*;
use crate::db::schema::article_corrections;
use crate::domain::instant::Instant;

/// The corrections of a page of articles, in the order in which they were made (index
/// `article_corrections_by_article`).
pub fn select_corrections(conn: &mut Conn, ids: &[ArticleId]) -> QueryResult<Vec<CorrectionRow>> {
    let in_order = article_corrections::table
        .order((article_corrections::article_id.asc(), article_corrections::id.asc()))
        .select(CorrectionRow::columns());
    match ids {
        // Without a list to be taken apart, which takes longer than all the rest.
        [id] => in_order.filter(article_corrections::article_id.eq(id)).load(conn),
        ids => {
            let ids = ids.iter().map(|id| id.0);
            in_order.filter(is_one_of(article_corrections::article_id, ids)).load(conn)
        }
    }
}

/// Number of an article's corrections.
pub fn count_corrections(conn: &mut Conn, article: ArticleId) -> QueryResult<i64> {
    article_corrections::table
        .filter(article_corrections::article_id.eq(article))
        .count()
        .first(conn)
}

/// Adds a correction to an article.
pub fn insert_correction(
    conn: &mut Conn,
    article: ArticleId,
    id: Uuid,
    note: &str,
    now: Instant,
) -> QueryResult<()> {
    diesel::insert_into(article_corrections::table)
        .values((
            article_corrections::public_id.eq(id.to_string()),
            article_corrections::article_id.eq(article),
            article_corrections::note.eq(note),
            article_corrections::corrected_at.eq(now.as_micros()),
        ))
        .execute(conn)
        .map(drop)
}

/// True if the article has this correction and it is not withdrawn (index
/// `article_corrections_public_id`).
pub fn has_correction(conn: &mut Conn, article: ArticleId, id: Uuid) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(standing(article, id.to_string()))).get_result(conn)
}

#[diesel::dsl::auto_type]
fn standing(article: ArticleId, id: String) -> _ {
    article_corrections::table
        .filter(article_corrections::public_id.eq(id))
        .filter(article_corrections::article_id.eq(article))
        .filter(article_corrections::withdrawn_at.is_null())
}

/// Marks a correction as withdrawn.
pub fn withdraw_correction(
    conn: &mut Conn,
    article: ArticleId,
    id: Uuid,
    now: Instant,
) -> QueryResult<()> {
    diesel::update(standing(article, id.to_string()))
        .set(article_corrections::withdrawn_at.eq(now.as_micros()))
        .execute(conn)
        .map(drop)
}
