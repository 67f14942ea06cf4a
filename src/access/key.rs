//! The format of a key, and its digest, the only part of the secret that is stored.

use std::fmt;
use std::ops::RangeInclusive;

use regex::Regex;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::domain::ids::Entropy;
use crate::web::journal::Redact;
use crate::web::url::KEY_PREFIX;

/// Characters of a key: letters and digits, so that a double click selects all of it.
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Length of the public half: 71 bits, enough to be unique.
const PREFIX_LENGTH: usize = 12;
/// Length of the secret half: 256 bits.
const SECRET_LENGTH: usize = 43;

/// A key `cdk_<12 letters or digits>_<43 letters or digits>`.
pub struct Key {
    prefix: String,
    secret: String,
}

impl Key {
    /// Makes a new key.
    #[must_use]
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self {
            prefix: random_text(PREFIX_LENGTH, entropy),
            secret: random_text(SECRET_LENGTH, entropy),
        }
    }

    /// Parses a key from a request; `None` if it does not have the format of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (prefix, secret) = text.strip_prefix(KEY_PREFIX)?.split_once('_')?;
        let fits = |part: &str, length| {
            part.len() == length && part.bytes().all(|c| c.is_ascii_alphanumeric())
        };
        (fits(prefix, PREFIX_LENGTH) && fits(secret, SECRET_LENGTH))
            .then(|| Self { prefix: prefix.to_owned(), secret: secret.to_owned() })
    }

    /// The public half, by which the key is found.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The digest of the secret half. The secret is 256 random bits, so a plain
    /// SHA-256 is as hard to undo as a slow hash of a password would be.
    #[must_use]
    pub fn secret_sha256(&self) -> [u8; 32] {
        Sha256::digest(&self.secret).into()
    }

    /// The full key, to be shown once.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{KEY_PREFIX}{}_{}", self.prefix, self.secret)
    }
}

/// Random letters and digits, uniformly distributed.
fn random_text(length: usize, entropy: &dyn Entropy) -> String {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let mut bytes = [0; 64];
        entropy.fill(&mut bytes);
        // 248 is the largest multiple of 62 in a byte: larger values would favour some characters.
        let picked = bytes
            .iter()
            .filter(|byte| **byte < 248)
            .map(|byte| char::from(ALPHABET[usize::from(byte % 62)]));
        text.extend(picked.take(length - text.len()));
    }
    text
}

/// The admin key from the settings. It is kept in memory only.
#[derive(Clone)]
pub struct AdminKey(String);

/// Shortest and longest admin key, in characters: below 16 it can be guessed.
const ADMIN_KEY_LENGTH: RangeInclusive<usize> = 16..=200;
/// The same for a newsroom whose data is not kept: there is nothing worth guessing the key for.
const EPHEMERAL_KEY_LENGTH: RangeInclusive<usize> = 1..=200;

impl AdminKey {
    /// Reads the key.
    ///
    /// # Errors
    /// A sentence that says what a key must be.
    pub fn new(text: &str) -> Result<Self, String> {
        Self::of_length(text, &ADMIN_KEY_LENGTH)
    }

    /// Reads the key of a newsroom whose data is not kept.
    ///
    /// # Errors
    /// A sentence that says what a key must be.
    pub fn ephemeral(text: &str) -> Result<Self, String> {
        Self::of_length(text, &EPHEMERAL_KEY_LENGTH)
    }

    fn of_length(text: &str, length: &RangeInclusive<usize>) -> Result<Self, String> {
        let visible = text.bytes().all(|c| c.is_ascii_graphic());
        if visible && length.contains(&text.len()) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!(
            "an admin key has {} to {} visible ASCII characters and no spaces",
            length.start(),
            length.end()
        ))
    }

    /// The key in plain text, for the operator who set it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// True if `shown` is this key; compared in constant time.
    #[must_use]
    pub fn matches(&self, shown: &str) -> bool {
        Sha256::digest(&self.0).ct_eq(&Sha256::digest(shown)).into()
    }
}

/// Removes the secrets of keys from texts, and the admin key where it is long enough to be one: a
/// test suite's `test` is part of other words.
#[must_use]
pub fn redactor(admin: Option<&AdminKey>) -> Redact {
    let secret =
        format!("{KEY_PREFIX}[0-9A-Za-z]{{{PREFIX_LENGTH}}}_[0-9A-Za-z]{{{SECRET_LENGTH}}}");
    let long = admin.map(AdminKey::reveal).filter(|key| ADMIN_KEY_LENGTH.contains(&key.len()));
    let pattern =
        long.map_or_else(|| secret.clone(), |key| format!("{secret}|{}", regex::escape(key)));
    let known = Regex::new(&pattern).ok();
    Box::new(move |text| match &known {
        Some(known) => known.replace_all(text, "***").into_owned(),
        // Rather nothing than a secret.
        None => String::new(),
    })
}

impl fmt::Debug for AdminKey {
    /// Hides the key: settings are logged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::SystemEntropy;

    #[test]
    fn a_key_reads_back_and_nothing_else_does() {
        let key = Key::generate(&SystemEntropy);
        let text = key.reveal();
        assert_eq!(text.len(), 4 + 12 + 1 + 43);
        let read = Key::parse(&text).unwrap();
        assert_eq!((read.prefix(), read.secret_sha256()), (key.prefix(), key.secret_sha256()));
        for bad in ["", "cdk_", "cdk_a_b", &text[1..], &format!("{text}x"), &text.replace('_', "-")]
        {
            assert!(Key::parse(bad).is_none(), "{bad}");
        }
        assert_ne!(Key::generate(&SystemEntropy).reveal(), text);
    }

    #[test]
    fn an_admin_key_has_its_length_and_stays_unseen() {
        let key = AdminKey::new("0123456789abcdef").unwrap();
        assert!(key.matches("0123456789abcdef") && !key.matches("0123456789abcdeF"));
        assert!(!format!("{key:?}").contains("0123"));
        for bad in ["", "short", "0123456789 abcdef", "0123456789abcdé!", &"x".repeat(201)] {
            assert!(AdminKey::new(bad).is_err(), "{bad}");
        }
    }
}
