//! Answers that are kept for a day, in the same transaction as the write they tell of, so that
//! the same request gets the same answer again.

use diesel::prelude::*;

use super::schema::idempotent_answers;
use crate::domain::instant::Instant;

/// How long an answer is kept, in microseconds: a day, longer than any client keeps trying.
const KEPT_FOR: i64 = 24 * 60 * 60 * 1_000_000;
/// Most answers past their time that one write forgets: more than it adds, and so few that
/// it takes no longer for it.
const FORGOTTEN_AT_ONCE: i64 = 8;

/// SHA-256 of something.
pub type Digest = [u8; 32];

/// An answer that is kept.
#[derive(Queryable)]
pub struct KeptAnswer {
    /// Digest of the body that was answered.
    pub body_sha256: Vec<u8>,
    /// The answer without its body, as whoever keeps it wrote it down.
    pub answer: String,
    /// Its body.
    pub body: String,
}

/// The answer to `request`, if it is still kept (primary key).
pub fn find(
    conn: &mut SqliteConnection,
    request: &Digest,
    now: Instant,
) -> QueryResult<Option<KeptAnswer>> {
    idempotent_answers::table
        .find(request.as_slice())
        .filter(idempotent_answers::kept_at.gt(now.as_micros() - KEPT_FOR))
        .select((
            idempotent_answers::body_sha256,
            idempotent_answers::answer,
            idempotent_answers::body,
        ))
        .first(conn)
        .optional()
}

/// An answer to be kept.
pub struct Keep<'a> {
    /// Digest of the body that is answered.
    pub body_sha256: &'a Digest,
    /// The answer without its body.
    pub answer: &'a str,
    /// Its body.
    pub body: &'a str,
    /// What it is forgotten with.
    pub subject: &'a str,
}

/// Keeps the answer to `request`, and forgets some whose time is over.
pub fn keep(
    conn: &mut SqliteConnection,
    request: &Digest,
    keep: &Keep<'_>,
    now: Instant,
) -> QueryResult<()> {
    forget_old(conn, FORGOTTEN_AT_ONCE, now)?;
    diesel::replace_into(idempotent_answers::table)
        .values((
            idempotent_answers::request_sha256.eq(request.as_slice()),
            idempotent_answers::body_sha256.eq(keep.body_sha256.as_slice()),
            idempotent_answers::answer.eq(keep.answer),
            idempotent_answers::body.eq(keep.body),
            idempotent_answers::subject.eq(keep.subject),
            idempotent_answers::kept_at.eq(now.as_micros()),
        ))
        .execute(conn)
        .map(drop)
}

/// Forgets answers whose time is over, the oldest first (index `idempotent_answers_by_age`).
pub fn forget_old(conn: &mut SqliteConnection, most: i64, now: Instant) -> QueryResult<()> {
    let old: Vec<Vec<u8>> = idempotent_answers::table
        .filter(idempotent_answers::kept_at.le(now.as_micros() - KEPT_FOR))
        .order(idempotent_answers::kept_at.asc())
        .limit(most)
        .select(idempotent_answers::request_sha256)
        .load(conn)?;
    for request in old {
        diesel::delete(idempotent_answers::table.find(request)).execute(conn)?;
    }
    Ok(())
}

/// Forgets the answers about something that is itself forgotten (index
/// `idempotent_answers_by_subject`).
pub fn forget(conn: &mut SqliteConnection, subject: &str) -> QueryResult<()> {
    diesel::delete(idempotent_answers::table.filter(idempotent_answers::subject.eq(subject)))
        .execute(conn)
        .map(drop)
}
