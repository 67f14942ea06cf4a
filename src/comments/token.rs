//! The token with which whoever wrote a comment reads, edits and deletes it for a while: an HMAC
//! (RFC 2104) of the comment's id under the newsroom's own secret. Nothing of it is stored.

use actix_web::http::header::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::web::dispatch::EDIT_TOKEN;

/// What the secret signs, so that what else it may sign one day is never taken for this.
const PURPOSE: &[u8] = b"edit-token\n";

fn mac(secret: &[u8], comment: &str) -> Hmac<Sha256> {
    // A key of any length will do (RFC 2104 section 3), so this never fails.
    let mut mac = Hmac::new_from_slice(secret).unwrap_or_else(|_| Hmac::new(&Default::default()));
    mac.update(PURPOSE);
    mac.update(comment.as_bytes());
    mac
}

/// The token of a comment.
#[must_use]
pub fn make(secret: &[u8], comment: &str) -> String {
    URL_SAFE_NO_PAD.encode(mac(secret, comment).finalize().into_bytes())
}

/// A token as a request shows it; whatever it is, it is this comment's or none.
#[derive(Clone, Debug)]
pub struct Shown(Vec<u8>);

impl Shown {
    /// What the request shows, if it shows anything.
    #[must_use]
    pub fn read(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(&EDIT_TOKEN);
        let value = values.next()?;
        // Two of them are none.
        let bytes = match values.next() {
            None => URL_SAFE_NO_PAD.decode(value.as_bytes()).unwrap_or_default(),
            Some(_) => Vec::new(),
        };
        Some(Self(bytes))
    }

    /// Whether it is this comment's; compared in constant time.
    #[must_use]
    pub fn is_of(&self, secret: &[u8], comment: &str) -> bool {
        mac(secret, comment).verify_slice(&self.0).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn a_token_is_of_one_comment_under_one_secret() {
        let token = make(b"secret", "one");
        assert_eq!(token.len(), 43);
        let shown = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(EDIT_TOKEN, HeaderValue::from_str(value).unwrap());
            }
            Shown::read(&headers)
        };
        assert!(shown(&[]).is_none());
        assert!(shown(&[&token]).unwrap().is_of(b"secret", "one"));
        assert!(!shown(&[&token]).unwrap().is_of(b"secret", "two"));
        assert!(!shown(&[&token]).unwrap().is_of(b"other", "one"));
        for wrong in [&["", ""][..], &["x"], &[&token[1..]], &[&token, &token]] {
            assert!(!shown(wrong).unwrap().is_of(b"secret", "one"), "{wrong:?}");
        }
    }
}
