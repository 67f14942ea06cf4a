//! The edit token, with which a comment's author reads, edits and deletes it for a while: derived
//! from the comment's id and never stored.

use actix_web::http::header::{HeaderMap, HeaderName};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac as _;

use crate::domain::signature::sign;
use crate::problem::Code;
use crate::web::Credential;

/// The header for an author's token.
pub const EDIT_TOKEN: HeaderName = HeaderName::from_static("edit-token");
/// The author's token as a credential of operations.
pub static CREDENTIAL: Credential = Credential {
    header: EDIT_TOKEN,
    scheme: "editToken",
    title: "the comment's `Edit-Token`",
    missing: "This needs the comment's own token, sent as `Edit-Token: <edit_token>`, or a moderator's key, sent as `Authorization: Bearer <key>`.",
    refused: Code::EditTokenInvalid,
};

/// The purpose of the signature.
const EDIT_PURPOSE: &[u8] = b"edit-token\n";

/// The token of a comment.
#[must_use]
pub fn make(secret: &[u8], comment: &str) -> String {
    URL_SAFE_NO_PAD.encode(sign(secret, EDIT_PURPOSE, comment).finalize().into_bytes())
}

/// A token from a request, not verified yet: it is one comment's or none.
#[derive(Clone, Debug)]
pub struct Shown(Vec<u8>);

impl Shown {
    /// The token of the request, if it has one.
    #[must_use]
    pub fn read(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(&EDIT_TOKEN);
        let value = values.next()?;
        // Two headers count as an invalid token.
        let bytes = match values.next() {
            None => URL_SAFE_NO_PAD.decode(value.as_bytes()).unwrap_or_default(),
            Some(_) => Vec::new(),
        };
        Some(Self(bytes))
    }

    /// True if it is this comment's token; compared in constant time.
    #[must_use]
    pub fn is_of(&self, secret: &[u8], comment: &str) -> bool {
        sign(secret, EDIT_PURPOSE, comment).verify_slice(&self.0).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;
    use crate::web::address::digest_of as of_address;

    #[test]
    fn an_address_is_known_again_and_never_shown() {
        let of = |secret: &[u8], text: &str| of_address(secret, text.parse().unwrap());
        assert_eq!(of(b"s", "2001:db8::1"), of(b"s", "2001:db8::2"));
        assert_ne!(of(b"s", "192.0.2.1"), of(b"s", "192.0.2.2"));
        assert_ne!(of(b"s", "192.0.2.1"), of(b"t", "192.0.2.1"));
        assert_ne!(of(b"s", "192.0.2.1"), make(b"s", "192.0.2.1"));
    }

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
