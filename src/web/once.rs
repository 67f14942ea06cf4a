//! The header `Idempotency-Key`.

use std::net::IpAddr;

use actix_web::http::header::HeaderMap;
use sha2::{Digest as _, Sha256};

use super::caller::Caller;
use super::headers::IDEMPOTENCY_KEY;
use crate::db::idempotency::Digest;
use crate::problem::Problem;

/// Longest key, in characters: several times a digest in hexadecimal.
pub const KEY_MAX: usize = 255;

/// A request with an idempotency key as two digests, so that neither key nor body is stored.
#[derive(Clone, Debug)]
pub(super) struct Once {
    /// Digest of the caller, the path and the key.
    pub(super) request: Digest,
    /// Digest of the body.
    pub(super) body: Digest,
}

impl Once {
    /// Reads `Idempotency-Key`.
    ///
    /// # Errors
    /// `invalid_parameter` if it is repeated or is not 1 to 255 visible ASCII characters.
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
                    "The header `Idempotency-Key` may be sent once, with 1 to {KEY_MAX} visible ASCII characters."
                ),
            ));
        }
        let caller = match caller {
            Caller::Admin => "admin".to_owned(),
            Caller::Key { id, .. } => format!("key {id}"),
            Caller::Anonymous => {
                format!("address {}", address.map_or_else(String::new, |ip| ip.to_string()))
            }
        };
        Ok(Some(Self {
            request: digest(&[caller.as_bytes(), path.as_bytes(), key]),
            body: digest(&[body]),
        }))
    }
}

/// The digest of several texts, each preceded by its length, so that they cannot run together.
fn digest(parts: &[&[u8]]) -> Digest {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_le_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn read(key: &str, path: &str, body: &str) -> Result<Option<Once>, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert(IDEMPOTENCY_KEY, HeaderValue::from_bytes(key.as_bytes()).unwrap());
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
