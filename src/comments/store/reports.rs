//! What readers report.

use diesel::prelude::*;

use crate::db::schema::{comment_reports, comments};
use crate::domain::instant::Instant;

/// What a reader has reported of a comment.
#[derive(Queryable, Selectable, Clone)]
#[diesel(table_name = comment_reports)]
pub struct ReportRow {
    pub id: i64,
    pub reason: Option<String>,
    pub settled: i64,
    pub at: i64,
}

/// Notes a report; how many there are now, or nothing where the reader has reported the comment
/// before (index `comment_reports_once`).
pub fn insert_report(
    conn: &mut SqliteConnection,
    comment: i64,
    reporter: &str,
    reason: Option<&str>,
    now: Instant,
) -> QueryResult<Option<i64>> {
    let inserted = diesel::insert_or_ignore_into(comment_reports::table)
        .values((
            comment_reports::comment_id.eq(comment),
            comment_reports::reporter.eq(reporter),
            comment_reports::reason.eq(reason),
            comment_reports::at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    if inserted == 0 {
        return Ok(None);
    }
    diesel::update(comments::table.find(comment))
        .set(comments::report_count.eq(comments::report_count + 1))
        .returning(comments::report_count)
        .get_result(conn)
        .map(Some)
}

/// Notes that a moderator has decided on what was reported so far (index
/// `comment_reports_by_comment`).
pub fn settle_reports(conn: &mut SqliteConnection, comment: i64) -> QueryResult<()> {
    diesel::update(comment_reports::table.filter(comment_reports::comment_id.eq(comment)))
        .set(comment_reports::settled.eq(1))
        .execute(conn)?;
    diesel::update(comments::table.find(comment))
        .set(comments::report_count.eq(0))
        .execute(conn)
        .map(drop)
}

/// A page of a comment's reports, newest first (index `comment_reports_by_comment`).
pub fn select_reports(
    conn: &mut SqliteConnection,
    comment: i64,
    before: i64,
    rows: i64,
) -> QueryResult<Vec<ReportRow>> {
    comment_reports::table
        .filter(comment_reports::comment_id.eq(comment))
        .filter(comment_reports::id.lt(before))
        .order(comment_reports::id.desc())
        .limit(rows)
        .select(ReportRow::as_select())
        .load(conn)
}
