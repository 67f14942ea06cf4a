//! Signatures of what is sent (Standard Webhooks), and the secrets that they are made with.
//!
//! No secret is stored: each follows from the newsroom's own secret, the webhook's id and the number of its secret. To
//! encrypt them would protect nothing, as the key for that would stand in the same file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Mac as _;

use crate::domain::instant::Instant;
use crate::domain::signature::sign;

/// The purpose of the signature that a secret is.
const SECRET_PURPOSE: &[u8] = b"webhook-secret\n";
/// What the text of a secret begins with.
const SECRET_PREFIX: &str = "whsec_";
/// The version of the signature: HMAC with SHA-256.
const VERSION: &str = "v1";
/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

/// The header with the event's id.
const ID: &str = "webhook-id";
/// The header with the instant of the attempt, in seconds since the epoch of Unix.
const TIMESTAMP: &str = "webhook-timestamp";
/// The header with the signatures.
const SIGNATURE: &str = "webhook-signature";

/// A webhook's secret, which its receiver knows too.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// The secret number `number` of a webhook.
    #[must_use]
    pub fn new(site_secret: &[u8], webhook: &str, number: i64) -> Self {
        let text = format!("{webhook}\n{number}");
        Self(sign(site_secret, SECRET_PURPOSE, &text).finalize().into_bytes().to_vec())
    }

    /// Its text, to be shown once.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{SECRET_PREFIX}{}", STANDARD.encode(&self.0))
    }

    fn signature(&self, id: &str, timestamp: i64, body: &str) -> String {
        let signed = sign(&self.0, format!("{id}.{timestamp}.").as_bytes(), body);
        format!("{VERSION},{}", STANDARD.encode(signed.finalize().into_bytes()))
    }
}

/// The headers of an attempt to send the event `id`, signed with each of these secrets.
#[must_use]
pub fn headers(
    secrets: &[Secret],
    id: &str,
    body: &str,
    now: Instant,
) -> Vec<(&'static str, String)> {
    let timestamp = now.as_micros() / SECOND;
    let signatures: Vec<String> =
        secrets.iter().map(|secret| secret.signature(id, timestamp, body)).collect();
    vec![(ID, id.to_owned()), (TIMESTAMP, timestamp.to_string()), (SIGNATURE, signatures.join(" "))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_specification() {
        let secret = Secret(STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap());
        assert_eq!(secret.reveal(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signature = secret
            .signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn each_webhook_and_each_rotation_has_another_secret() {
        let secret = |site: &[u8], id: &str, number| Secret::new(site, id, number).reveal();
        let first = secret(b"s", "a", 1);
        assert_eq!(first, secret(b"s", "a", 1));
        assert_eq!(first.len(), SECRET_PREFIX.len() + 44);
        for other in [secret(b"s", "a", 2), secret(b"s", "b", 1), secret(b"t", "a", 1)] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn an_attempt_is_signed_with_each_secret() {
        let secrets = [Secret::new(b"s", "a", 2), Secret::new(b"s", "a", 1)];
        let headers = headers(&secrets, "id", "{}", Instant::from_micros(17 * SECOND + 5));
        assert_eq!(headers[0], ("webhook-id", "id".to_owned()));
        assert_eq!(headers[1], ("webhook-timestamp", "17".to_owned()));
        let (name, signatures) = &headers[2];
        assert_eq!(*name, "webhook-signature");
        assert_eq!(signatures.split(' ').count(), 2);
        assert!(signatures.split(' ').all(|one| one.starts_with("v1,")), "{signatures}");
    }
}
