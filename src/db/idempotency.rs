//! Responses that are stored for a day, in the same transaction as the write that they report, so
//! that a retry gets the same response.

use diesel::prelude::*;

use super::Conn;
use super::schema::idempotent_answers;
use crate::domain::instant::Instant;

/// How long a response is stored, in microseconds: a day, longer than any client retries.
const KEPT_FOR: i64 = 24 * 60 * 60 * 1_000_000;
/// Most expired responses that one write deletes: more than it adds, and too few to slow it down.
const FORGOTTEN_AT_ONCE: i64 = 8;

/// A SHA-256 digest.
pub type Digest = [u8; 32];

/// A stored response.
#[derive(Queryable)]
pub struct StoredAnswer {
    /// Digest of the request's body.
    pub body_sha256: Vec<u8>,
    /// The response without its body, as serialized by the caller.
    pub answer: String,
    /// The response's body.
    pub body: String,
}

/// The response to `request`, if it is still stored (primary key).
pub fn find(conn: &mut Conn, request: &Digest, now: Instant) -> QueryResult<Option<StoredAnswer>> {
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

/// A response to be stored.
pub struct Keep<'a> {
    /// Digest of the request's body.
    pub body_sha256: &'a Digest,
    /// The response without its body.
    pub answer: &'a str,
    /// The response's body.
    pub body: &'a str,
    /// The id of the resource that it is deleted with.
    pub subject: &'a str,
}

/// Stores the response to `request`, and deletes some expired ones.
pub fn keep(conn: &mut Conn, request: &Digest, keep: &Keep<'_>, now: Instant) -> QueryResult<()> {
    forget_old(conn, FORGOTTEN_AT_ONCE, now)?;
    let what = (
        idempotent_answers::body_sha256.eq(keep.body_sha256.as_slice()),
        idempotent_answers::answer.eq(keep.answer),
        idempotent_answers::body.eq(keep.body),
        idempotent_answers::subject.eq(keep.subject),
        idempotent_answers::kept_at.eq(now.as_micros()),
    );
    diesel::insert_into(idempotent_answers::table)
        .values((idempotent_answers::request_sha256.eq(request.as_slice()), what))
        .on_conflict(idempotent_answers::request_sha256)
        .do_update()
        .set(what)
        .execute(conn)
        .map(drop)
}

/// Deletes expired responses, the oldest first (index `idempotent_answers_by_age`).
pub fn forget_old(conn: &mut Conn, most: i64, now: Instant) -> QueryResult<()> {
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

/// Deletes the responses about a resource that is itself deleted (index
/// `idempotent_answers_by_subject`).
pub fn forget(conn: &mut Conn, subject: &str) -> QueryResult<()> {
    diesel::delete(idempotent_answers::table.filter(idempotent_answers::subject.eq(subject)))
        .execute(conn)
        .map(drop)
}
