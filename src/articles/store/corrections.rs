//! What was put right in articles.

use diesel::prelude::*;
use uuid::Uuid;

use crate::db::fragment::is_one_of;
use crate::db::schema::article_corrections;
use crate::domain::instant::Instant;

/// A correction of an article.
#[derive(Queryable, Selectable, Clone, Debug)]
#[diesel(table_name = article_corrections)]
pub struct CorrectionRow {
    pub article_id: i64,
    pub public_id: String,
    pub note: String,
    pub corrected_at: i64,
    pub withdrawn_at: Option<i64>,
}

/// The corrections of a page of articles, in the order in which they were made (index
/// `article_corrections_by_article`).
pub fn select_corrections(
    conn: &mut SqliteConnection,
    articles: &[i64],
) -> QueryResult<Vec<CorrectionRow>> {
    article_corrections::table
        .filter(is_one_of(article_corrections::article_id, articles))
        .order((
            article_corrections::article_id.asc(),
            article_corrections::id.asc(),
        ))
        .select(CorrectionRow::as_select())
        .load(conn)
}

/// Number of an article's corrections.
pub fn count_corrections(conn: &mut SqliteConnection, article: i64) -> QueryResult<i64> {
    article_corrections::table
        .filter(article_corrections::article_id.eq(article))
        .count()
        .first(conn)
}

/// Adds a correction to an article.
pub fn insert_correction(
    conn: &mut SqliteConnection,
    article: i64,
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

/// Whether the article has this correction, and it stands (index
/// `article_corrections_public_id`).
pub fn has_correction(conn: &mut SqliteConnection, article: i64, id: Uuid) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(standing(article, id.to_string()))).get_result(conn)
}

#[diesel::dsl::auto_type]
fn standing(article: i64, id: String) -> _ {
    article_corrections::table
        .filter(article_corrections::public_id.eq(id))
        .filter(article_corrections::article_id.eq(article))
        .filter(article_corrections::withdrawn_at.is_null())
}

/// Marks a correction as withdrawn.
pub fn withdraw_correction(
    conn: &mut SqliteConnection,
    article: i64,
    id: Uuid,
    now: Instant,
) -> QueryResult<()> {
    diesel::update(standing(article, id.to_string()))
        .set(article_corrections::withdrawn_at.eq(now.as_micros()))
        .execute(conn)
        .map(drop)
}
