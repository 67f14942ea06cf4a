//! The reports of comments by readers.

use crate::comments::ids::CommentId;
use crate::comments::model::ReportRow;
use crate::db::prelude::*;
use crate::db::schema::{comment_reports, comments};
use crate::domain::instant::Instant;

/// Records a report; returns the number of reports now, or `None` if the reader has reported the
/// comment before (index `comment_reports_once`).
pub fn insert_report(
    conn: &mut Conn,
    comment: CommentId,
    reporter: &str,
    reason: Option<&str>,
    now: Instant,
) -> QueryResult<Option<i64>> {
    let inserted = diesel::insert_into(comment_reports::table)
        .values((
            comment_reports::comment_id.eq(comment),
            comment_reports::reporter.eq(reporter),
            comment_reports::reason.eq(reason),
            comment_reports::at.eq(now.as_micros()),
        ))
        .on_conflict_do_nothing()
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

/// Marks the reports so far as settled by a moderator's decision (index
/// `comment_reports_by_comment`).
pub fn settle_reports(conn: &mut Conn, comment: CommentId) -> QueryResult<()> {
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
    conn: &mut Conn,
    comment: CommentId,
    before: i64,
    rows: i64,
) -> QueryResult<Vec<ReportRow>> {
    comment_reports::table
        .filter(comment_reports::comment_id.eq(comment))
        .filter(comment_reports::id.lt(before))
        .order(comment_reports::id.desc())
        .limit(rows)
        .select(ReportRow::columns())
        .load(conn)
}
