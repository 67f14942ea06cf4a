//! Responses that are stored for a time, in the same transaction as the write that they report, so
//! that a retry gets the same response.

use super::dialect::named;
use super::prelude::*;
use super::schema::idempotent_answers;
use crate::domain::instant::Instant;

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

/// The response to `request`, if it was stored after `since` (primary key).
pub fn find(
    conn: &mut Conn,
    request: &Digest,
    since: Instant,
) -> QueryResult<Option<StoredAnswer>> {
    idempotent_answers::table
        .find(request.as_slice())
        .filter(idempotent_answers::kept_at.gt(since.as_micros()))
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
    /// Responses from before have expired.
    pub expired: Instant,
}

/// Stores the response to `request`, and deletes some expired ones.
pub fn keep(conn: &mut Conn, request: &Digest, keep: &Keep<'_>, now: Instant) -> QueryResult<()> {
    forget_old(conn, FORGOTTEN_AT_ONCE, keep.expired)?;
    let what = (
        idempotent_answers::body_sha256.eq(keep.body_sha256.as_slice()),
        idempotent_answers::answer.eq(keep.answer),
        idempotent_answers::body.eq(keep.body),
        idempotent_answers::subject.eq(keep.subject),
        idempotent_answers::kept_at.eq(now.as_micros()),
    );
    let kept = diesel::insert_into(idempotent_answers::table)
        .values((idempotent_answers::request_sha256.eq(request.as_slice()), what))
        .on_conflict(idempotent_answers::request_sha256)
        .do_update()
        .set(what);
    named::<KeepAnswer, _>(kept).execute(conn).map(drop)
}

/// The one insert of a response: its SQL is always the same.
struct KeepAnswer;

/// Deletes responses from before an instant, up to `most`, the oldest first (index
/// `idempotent_answers_by_age`). Returns true if there may be more.
pub fn forget_old(conn: &mut Conn, most: i64, before: Instant) -> QueryResult<bool> {
    let old: Vec<Vec<u8>> = idempotent_answers::table
        .filter(idempotent_answers::kept_at.le(before.as_micros()))
        .order(idempotent_answers::kept_at.asc())
        .limit(most)
        .select(idempotent_answers::request_sha256)
        .load(conn)?;
    let has_more = i64::try_from(old.len()) == Ok(most);
    for request in old {
        diesel::delete(idempotent_answers::table.find(request)).execute(conn)?;
    }
    Ok(has_more)
}

/// Deletes the responses about a resource that is itself deleted (index
/// `idempotent_answers_by_subject`).
pub fn forget(conn: &mut Conn, subject: &str) -> QueryResult<()> {
    diesel::delete(idempotent_answers::table.filter(idempotent_answers::subject.eq(subject)))
        .execute(conn)
        .map(drop)
}
