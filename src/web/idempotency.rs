//! Requests that may be sent again: what creates something under an `Idempotency-Key` does so
//! once, and whoever sends the same again gets the same answer.

use std::net::IpAddr;

use actix_web::http::header::{HeaderMap, HeaderName};
use diesel::sqlite::SqliteConnection;
use sha2::{Digest as _, Sha256};

use super::call::Call;
use super::caller::Caller;
use super::reply::Reply;
use crate::db::idempotency::{self, Digest, Keep};
use crate::domain::instant::Instant;
use crate::problem::{Code, Problem};

/// The header with the client's own name for a request.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer was given before.
pub const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// Longest key, in characters: a digest in hexadecimal, some times over.
pub const KEY_MAX: usize = 255;

/// What a creating write has made.
pub struct Created {
    /// The answer.
    pub reply: Reply,
    /// The id of the thing with which the answer is forgotten.
    pub subject: String,
}

/// What a request asks for once: two digests, so that neither key nor body is kept.
#[derive(Clone, Debug)]
pub(super) struct Once {
    request: Digest,
    body: Digest,
}

impl Once {
    /// Reads `Idempotency-Key`.
    ///
    /// # Errors
    /// `invalid_parameter` where it stands twice or is no 1 to 255 visible ASCII characters.
    pub(super) fn read(
        headers: &HeaderMap,
        caller: &Caller,
        address: Option<IpAddr>,
        path: &str,
        body: &[u8],
    ) -> Result<Option<Self>, Problem> {
        let mut values = headers.get_all(&IDEMPOTENCY_KEY);
        let Some(key) = values.next() else {
            return Ok(None);
        };
        let key = key.as_bytes();
        let fits = (1..=KEY_MAX).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic);
        if !fits || values.next().is_some() {
            return Err(Problem::parameter(
                IDEMPOTENCY_KEY.as_str(),
                format!(
                    "The header `Idempotency-Key` stands once, with 1 to {KEY_MAX} visible ASCII characters."
                ),
            ));
        }
        let caller = match caller {
            Caller::Admin => "admin".to_owned(),
            Caller::Key { id, .. } => format!("key {id}"),
            Caller::Anonymous => format!(
                "address {}",
                address.map_or_else(String::new, |ip| ip.to_string())
            ),
        };
        Ok(Some(Self {
            request: digest(&[caller.as_bytes(), path.as_bytes(), key]),
            body: digest(&[body]),
        }))
    }
}

/// The digest of some texts, each with its length before it, so that none runs into the next.
fn digest(parts: &[&[u8]]) -> Digest {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_le_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

fn kept_reply(
    conn: &mut SqliteConnection,
    request: &Digest,
    body: &Digest,
    now: Instant,
) -> Result<Option<Reply>, Problem> {
    match idempotency::find(conn, request, now)? {
        None => Ok(None),
        Some(kept) if kept.body_sha256 == body => {
            Reply::replayed(&kept.answer, kept.body).map(Some)
        }
        Some(_) => Err(Problem::plain(Code::IdempotencyKeyReused)),
    }
}

impl Call {
    /// The answer that was given to this request before, if it is kept: asked before
    /// anything is worked out that only a new one needs.
    ///
    /// # Errors
    /// `idempotency_key_reused`, or a database fault.
    pub fn kept_reply(&self) -> Result<Option<Reply>, Problem> {
        let Some(Once { request, body }) = &self.once else {
            return Ok(None);
        };
        let (db, now) = (&self.services.db, self.services.now());
        db.read(|conn| kept_reply(conn, request, body, now))
    }

    /// Runs a creating write as one unit of the writer. Where the request has an
    /// `Idempotency-Key` its answer is kept with what it wrote, and the same request again is
    /// answered with it instead.
    ///
    /// # Errors
    /// What `work` fails with, `idempotency_key_reused`, or a database fault.
    pub async fn create(
        &self,
        work: impl FnOnce(&mut SqliteConnection, Instant) -> Result<Created, Problem> + Send + 'static,
    ) -> Result<Reply, Problem> {
        let once = self.once.clone();
        self.services
            .db
            .write(move |conn, now| {
                let Some(Once { request, body }) = once else {
                    return Ok(work(conn, now)?.reply);
                };
                // Another one may have been faster.
                if let Some(reply) = kept_reply(conn, &request, &body, now)? {
                    return Ok(reply);
                }
                let Created { reply, subject } = work(conn, now)?;
                let (answer, shown) = reply.to_keep()?;
                let keep = Keep {
                    body_sha256: &body,
                    answer: &answer,
                    body: shown,
                    subject: &subject,
                };
                idempotency::keep(conn, &request, &keep, now)?;
                Ok(reply)
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn read(key: &str, path: &str, body: &str) -> Result<Option<Once>, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert(
            IDEMPOTENCY_KEY,
            HeaderValue::from_bytes(key.as_bytes()).unwrap(),
        );
        Once::read(&headers, &Caller::Admin, None, path, body.as_bytes())
    }

    #[test]
    fn a_request_is_its_caller_its_path_and_its_key() {
        let one = read("k", "/a", "x").unwrap().unwrap();
        let same = read("k", "/a", "y").unwrap().unwrap();
        assert_eq!(one.request, same.request);
        assert_ne!(one.body, same.body);
        for (key, path) in [("k2", "/a"), ("k", "/b"), ("ak", "/")] {
            assert_ne!(read(key, path, "x").unwrap().unwrap().request, one.request);
        }
        let other = Once::read(&HeaderMap::new(), &Caller::Admin, None, "/a", b"x").unwrap();
        assert!(other.is_none());
    }

    #[test]
    fn a_key_is_short_and_visible() {
        assert!(read(&"k".repeat(KEY_MAX), "/", "").is_ok());
        for key in ["", "two words", "é", &"k".repeat(KEY_MAX + 1)] {
            assert!(read(key, "/", "").is_err(), "{key}");
        }
    }
}
