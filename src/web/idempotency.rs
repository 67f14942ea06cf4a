//! Idempotent creation: a request with an `Idempotency-Key` creates something once; a retry gets
//! the same response.

use super::call::Context;
use super::once::Once;
use super::reply::Reply;
use crate::db::idempotency::{self, Digest, Keep};
use crate::db::{Conn, Touched};
use crate::domain::instant::Instant;
use crate::problem::{Code, Problem};

/// The result of a creating write.
pub struct Created {
    /// The response.
    pub reply: Reply,
    /// The id of the resource; its deletion deletes the stored response too.
    pub subject: String,
    /// What it has changed of that which is shown.
    pub touched: Touched,
}

fn kept_reply(
    conn: &mut Conn,
    request: &Digest,
    body: &Digest,
    since: Instant,
) -> Result<Option<Reply>, Problem> {
    match idempotency::find(conn, request, since)? {
        None => Ok(None),
        Some(kept) if kept.body_sha256 == body => {
            Reply::replayed(&kept.answer, kept.body).map(Some)
        }
        Some(_) => Err(Problem::plain(Code::IdempotencyKeyReused)),
    }
}

impl Context {
    /// The stored response to this request, if any. Called before any work that only a new request
    /// needs.
    ///
    /// # Errors
    /// `idempotency_key_reused`, or a database error.
    pub(super) fn kept_reply(&self) -> Result<Option<Reply>, Problem> {
        let Some(Once { request, body }) = &self.once else {
            return Ok(None);
        };
        let since = self.services.now().minus(self.services.answers_kept_for);
        self.services.db.read(|conn| kept_reply(conn, request, body, since))
    }

    /// Runs a creating write as one unit of the writer. If the request has an `Idempotency-Key`,
    /// its response is stored in the same transaction, and a retry gets that response.
    ///
    /// # Errors
    /// The error of `work`, `idempotency_key_reused`, or a database error.
    pub async fn create(
        &self,
        work: impl FnOnce(&mut Conn, Instant) -> Result<Created, Problem> + Send + 'static,
    ) -> Result<Reply, Problem> {
        let (once, kept_for) = (self.once.clone(), self.services.answers_kept_for);
        self.services
            .db
            .write_touching(move |conn, now| {
                let Some(Once { request, body }) = once else {
                    let created = work(conn, now)?;
                    return Ok((created.reply, created.touched));
                };
                // A concurrent retry may have been faster.
                if let Some(reply) = kept_reply(conn, &request, &body, now.minus(kept_for))? {
                    return Ok((reply, Touched::Nothing));
                }
                let Created { reply, subject, touched } = work(conn, now)?;
                let (answer, shown) = reply.to_keep()?;
                let keep = Keep {
                    body_sha256: &body,
                    answer: &answer,
                    body: shown,
                    subject: &subject,
                    expired: now.minus(kept_for),
                };
                idempotency::keep(conn, &request, &keep, now)?;
                Ok((reply, touched))
            })
            .await
    }
}
