//! Public identifiers (UUIDv7, RFC 9562 section 5.7) and the randomness in them.

use std::cell::RefCell;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::instant::Instant;

/// A source of random bytes fit for secrets. Injected, so that a test knows
/// which ids and keys to expect.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with random bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's generator.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        // Without randomness no id is unique and no key secret: the process must not go on.
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }
}

/// Random bytes of an id.
const ID_RANDOM: usize = 10;

/// Makes the UUIDv7 of something created at `at`.
pub fn new_id(at: Instant, entropy: &dyn Entropy) -> Uuid {
    let mut random = [0; ID_RANDOM];
    entropy.fill(&mut random);
    id_of(at, &random)
}

/// The UUIDv7 of the one thing that is called `name` at an instant: for what no client makes, so that it takes none of
/// the randomness that others are made of.
pub fn named_id(at: Instant, name: &str) -> Uuid {
    let mut digest = Sha256::new_with_prefix(at.as_micros().to_le_bytes());
    digest.update(name);
    let mut bytes = [0; ID_RANDOM];
    bytes.copy_from_slice(&digest.finalize()[..ID_RANDOM]);
    id_of(at, &bytes)
}

fn id_of(at: Instant, random: &[u8; ID_RANDOM]) -> Uuid {
    let millis = u64::try_from(at.as_micros() / 1000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, random).into_uuid()
}

/// Ids of requests that are made at once: a call of the operating system takes longer than all the rest of a request
/// that is answered from memory. (No id of a request is a secret.)
const REQUEST_IDS_AHEAD: usize = 64;

/// Makes the ids of one worker's requests.
pub struct RequestIds {
    entropy: Arc<dyn Entropy>,
    at_once: usize,
    ahead: RefCell<Vec<[u8; ID_RANDOM]>>,
}

impl RequestIds {
    /// With randomness from `entropy`.
    #[must_use]
    pub fn new(entropy: Arc<dyn Entropy>) -> Self {
        Self { entropy, at_once: REQUEST_IDS_AHEAD, ahead: RefCell::default() }
    }

    /// The same, but each is made when it is needed: what `entropy` gives decides them all.
    #[must_use]
    pub fn one_by_one(entropy: Arc<dyn Entropy>) -> Self {
        Self { at_once: 1, ..Self::new(entropy) }
    }

    /// The id of a request that arrives at `at`.
    pub fn next(&self, at: Instant) -> RequestId {
        let mut ahead = self.ahead.borrow_mut();
        let random = ahead.pop().unwrap_or_else(|| {
            let mut random = [[0; ID_RANDOM]; REQUEST_IDS_AHEAD];
            let random = &mut random[..self.at_once];
            self.entropy.fill(random.as_flattened_mut());
            ahead.extend_from_slice(&random[1..]);
            random[0]
        });
        RequestId::new(id_of(at, &random))
    }
}

/// The id of a request: a UUID, shown in the form in which the client wrote it.
#[derive(Clone, Copy, Debug)]
pub struct RequestId {
    id: Uuid,
    has_hyphens: bool,
}

impl RequestId {
    /// An id of our own.
    #[must_use]
    pub fn new(id: Uuid) -> Self {
        Self { id, has_hyphens: true }
    }

    /// Reads a UUID in its hyphenated form, or as 32 hexadecimal digits (`$request_id` of nginx).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let simple = || Uuid::try_parse(text).ok().filter(|_| text.len() == UUID_DIGITS);
        let hyphenated = parse_id(text).map(Self::new);
        hyphenated.or_else(|| simple().map(|id| Self { id, has_hyphens: false }))
    }

    /// The UUID.
    #[must_use]
    pub fn uuid(self) -> Uuid {
        self.id
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.has_hyphens {
            true => self.id.hyphenated().fmt(f),
            false => self.id.simple().fmt(f),
        }
    }
}

/// The form of a UUID (RFC 9562 section 4).
pub const UUID_PATTERN: &str = "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$";
/// Hexadecimal digits of a UUID.
const UUID_DIGITS: usize = 32;
/// Length of a UUID in its hyphenated text form.
const UUID_TEXT_LENGTH: usize = 36;

/// Reads a UUID in its hyphenated form, in either case (RFC 9562 section 4).
#[must_use]
pub fn parse_id(text: &str) -> Option<Uuid> {
    if text.len() != UUID_TEXT_LENGTH {
        return None;
    }
    Uuid::try_parse(text).ok()
}
