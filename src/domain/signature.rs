//! Signatures with the newsroom's own secret (HMAC, RFC 2104).

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// The signature of a text for a purpose: one never passes for that of another purpose.
#[must_use]
pub fn sign(secret: &[u8], purpose: &[u8], text: &str) -> Hmac<Sha256> {
    // A key of any length will do (RFC 2104 section 3), so this never fails.
    let mut mac = Hmac::new_from_slice(secret).unwrap_or_else(|_| Hmac::new(&Default::default()));
    mac.update(purpose);
    mac.update(text.as_bytes());
    mac
}
