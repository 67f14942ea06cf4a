//! Answers that are kept in memory, for others who ask for the same: they cost neither a query nor a digest nor a
//! compression.
//!
//! Kept is what is public and says when the clock changes it ([`Reply::until`](super::Reply::until)). It is given as
//! long as it is what a read would give now ([`Db::holds`](crate::db::Db::holds)).

use std::hash::{BuildHasher as _, Hash, Hasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use actix_web::HttpResponse;
use actix_web::dev::RequestHead;
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use quick_cache::sync::Cache;
use quick_cache::{Equivalent, Weighter};

use super::answer::{Answer, Asked, Coded, Coding};
use super::headers::ACCEPT_DATETIME;
use super::refusal::refuse;
use super::{accept, etag};
use crate::db::{Db, Shows, Stamp};
use crate::domain::ids::RequestId;
use crate::domain::instant::Instant;
use crate::domain::until::Until;
use crate::problem::Problem;

/// Bytes that an entry takes besides what has a length of its own.
const ENTRY_BYTES: usize = 1_500;
/// What a byte of JSON takes as a value in memory.
const VALUE_BYTES: usize = 4;
/// What an answer takes on average, to guess how many there will be.
const AVERAGE_BYTES: usize = 8 * 1024;
/// A larger part of the whole is not kept as one answer.
const SHARE_MAX: usize = 16;

/// What a kept answer goes by: the request's URI, and the coding that it wants most.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    coding: Coding,
    uri: Box<str>,
}

/// The same, borrowed.
struct Wanted<'a> {
    coding: Coding,
    uri: &'a str,
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Wanted { coding: self.coding, uri: &self.uri }.hash(state);
    }
}

impl Hash for Wanted<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.coding.hash(state);
        self.uri.hash(state);
    }
}

impl Equivalent<Key> for Wanted<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.coding == key.coding && *self.uri == *key.uri
    }
}

/// An operation, as far as its kept answers need it.
pub(super) struct Route {
    /// Its path pattern, for the log.
    pub(super) pattern: String,
    /// The media types that it answers with.
    pub(super) produces: &'static [&'static str],
    /// The header of a credential that it accepts besides a key.
    pub(super) credential: Option<HeaderName>,
    /// Headers that all its responses have.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
}

impl Route {
    /// The response with a problem.
    pub(super) fn refuse(&self, problem: &Problem, id: RequestId) -> HttpResponse {
        let mut response = refuse(problem, id);
        for (name, value) in &self.headers {
            response.headers_mut().append(name.clone(), value.clone());
        }
        response
    }
}

/// What is kept.
#[derive(Clone)]
pub(super) enum Outcome {
    /// An answer in one coding.
    Answer(Arc<Answer>, Arc<Coded>),
    /// A refusal, and the length of its body.
    Problem(Arc<Problem>, usize),
    /// Nothing: two reads that began at one state of the ledger have read different things. Another process has written
    /// between them, and either may be the older one.
    Unsure,
}

impl Outcome {
    /// True if it says the same as another.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            // In another media type it takes the place of the one before.
            (Self::Answer(one, _), Self::Answer(other, _)) => {
                one.content_type != other.content_type || one.tag == other.tag
            }
            (Self::Problem(one, _), Self::Problem(other, _)) => {
                one.code() == other.code() && one.detail() == other.detail()
            }
            _ => false,
        }
    }
}

/// What is kept, and what it holds by.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) outcome: Outcome,
    pub(super) route: Arc<Route>,
    pub(super) stamp: Stamp,
    pub(super) shows: Arc<Shows>,
    pub(super) until: Until,
}

#[derive(Clone)]
struct Weight;

impl Weighter<Key, Kept> for Weight {
    fn weight(&self, key: &Key, kept: &Kept) -> u64 {
        let parts = match &*kept.shows {
            Shows::Parts(parts) => size_of_val(&**parts),
            Shows::Everything => 0,
        };
        let outcome = match &kept.outcome {
            Outcome::Answer(answer, coded) => answer.bytes() + coded.bytes_max(answer),
            Outcome::Problem(_, length) => length * VALUE_BYTES,
            Outcome::Unsure => 0,
        };
        (ENTRY_BYTES + key.uri.len() + parts + outcome) as u64
    }
}

/// Requests that are remembered by a few bits each: 256 KiB.
const SEEN: usize = 1 << 16;

/// The answers that are kept, by all workers.
#[derive(Default)]
pub struct Answers {
    cache: Option<Cache<Key, Kept, Weight>>,
    /// Largest body that is kept.
    body_max: usize,
    /// What was asked for lately: an answer is kept from the second time on, so that whoever asks for everything once
    /// drives out nothing.
    seen: Box<[AtomicU32]>,
    hasher: RandomState,
    given: AtomicU64,
}

impl Answers {
    /// Room for so many bytes; with 0 nothing is kept.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        let cache = Cache::with_weighter(bytes / AVERAGE_BYTES, bytes as u64, Weight);
        let seen = if bytes > 0 { SEEN } else { 0 };
        Self {
            cache: (bytes > 0).then_some(cache),
            body_max: bytes / SHARE_MAX,
            seen: std::iter::repeat_with(AtomicU32::default).take(seen).collect(),
            hasher: RandomState::new(),
            given: AtomicU64::new(0),
        }
    }

    /// The response to a request, with its route, if an answer is kept for it. What is wrong with the request, if
    /// anything, is for the operation to say.
    pub(super) fn find(
        &self,
        request: &RequestHead,
        (db, now): (&Db, Instant),
        shared_max_age: Option<u32>,
        id: RequestId,
    ) -> Option<(HttpResponse, Arc<Route>)> {
        let cache = self.cache.as_ref()?;
        let headers = &request.headers;
        let is_read = matches!(request.method, Method::GET | Method::HEAD);
        // Kept is what is true now.
        let is_of_past = headers.contains_key(ACCEPT_DATETIME);
        if !is_read || is_of_past || headers.contains_key(AUTHORIZATION) {
            return None;
        }
        let uri = request.uri.path_and_query()?.as_str();
        let Kept { outcome, route, stamp, shows, until } =
            cache.get(&Wanted { coding: Coding::wanted(headers), uri })?;
        let is_there = db.holds(stamp, &shows) && !until.is_over(now);
        let is_plain = route.credential.as_ref().is_none_or(|name| !headers.contains_key(name));
        let wanted = accept::media_type(headers, route.produces);
        let fits = match &outcome {
            Outcome::Answer(answer, _) if answer.is_negotiated => {
                wanted == Some(answer.content_type)
            }
            _ => wanted.is_some(),
        };
        if !is_there || !is_plain || !fits {
            return None;
        }
        let response = match outcome {
            Outcome::Answer(answer, coded) => {
                let asked = Asked { headers, is_read, shared_max_age, now };
                answer.respond(&coded, &asked).ok()?
            }
            Outcome::Problem(problem, _) => {
                etag::check(headers).ok()?;
                route.refuse(&problem, id)
            }
            Outcome::Unsure => return None,
        };
        self.given.fetch_add(1, Ordering::Relaxed);
        Some((response, route))
    }

    /// The same, but answers are kept from the first time on that they are asked for.
    #[must_use]
    pub fn at_once(bytes: usize) -> Self {
        Self { seen: Box::default(), ..Self::new(bytes) }
    }

    /// The number of answers that were given from memory.
    #[must_use]
    pub fn given(&self) -> u64 {
        self.given.load(Ordering::Relaxed)
    }

    /// Bytes that kept answers take, as far as they are counted.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.cache.as_ref().map_or(0, Cache::weight)
    }

    /// True if an answer of this length is to be kept: somebody has asked for the same lately.
    pub(super) fn admits(&self, uri: &str, coding: Coding, length: usize) -> bool {
        let Some(cache) = &self.cache else {
            return false;
        };
        let wanted = Wanted { coding, uri };
        let hash = self.hasher.hash_one(&wanted);
        // Half of the bits are the place, and the others tell who stands there.
        let (place, mark) = (hash as usize % SEEN, (hash >> 32) as u32);
        let seen = self.seen.get(place);
        let was_seen = seen.is_none_or(|seen| seen.swap(mark, Ordering::Relaxed) == mark);
        length <= self.body_max && (was_seen || cache.contains_key(&wanted))
    }

    /// Keeps an outcome for those who want the same coding, unless a newer one is kept, or it is not known to be the
    /// newest that somebody was given.
    pub(super) fn keep(&self, uri: &str, coding: Coding, mut kept: Kept, now: Instant) {
        let Some(cache) = &self.cache else {
            return;
        };
        if let Some(before) = cache.peek(&Wanted { coding, uri }) {
            if before.stamp > kept.stamp {
                return;
            }
            let is_of_same = before.stamp == kept.stamp && !before.until.is_over(now);
            if is_of_same && !before.outcome.is_same(&kept.outcome) {
                kept.outcome = Outcome::Unsure;
            }
        }
        cache.insert(Key { coding, uri: uri.into() }, kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Code;

    fn answers() -> Answers {
        Answers::at_once(1 << 20)
    }

    /// Keeps a refusal of a URI, and says what is kept of it then.
    fn keep(answers: &Answers, code: Code, stamp: Stamp) -> Option<Code> {
        let route =
            Route { pattern: String::new(), produces: &[], credential: None, headers: vec![] };
        let kept = Kept {
            outcome: Outcome::Problem(Arc::new(Problem::plain(code)), 100),
            route: Arc::new(route),
            stamp,
            shows: Arc::new(Shows::nothing()),
            until: Until::EVER,
        };
        answers.keep("/v1/articles/a", Coding::Identity, kept, Instant::from_micros(0));
        let wanted = Wanted { coding: Coding::Identity, uri: "/v1/articles/a" };
        match answers.cache.as_ref()?.get(&wanted)?.outcome {
            Outcome::Problem(problem, _) => Some(problem.code()),
            _ => None,
        }
    }

    #[test]
    fn of_two_reads_of_one_state_that_differ_neither_is_kept() {
        let answers = answers();
        let [first, second] = Stamp::two();
        let (here, gone) = (Code::ArticleNotFound, Code::CommentNotFound);
        assert_eq!(keep(&answers, here, first), Some(here));
        assert_eq!(keep(&answers, here, first), Some(here));
        assert_eq!(keep(&answers, gone, first), None, "which of them is older is unknown");
        assert_eq!(keep(&answers, here, first), None);
        assert_eq!(keep(&answers, gone, second), Some(gone), "the next state is another");
        assert_eq!(keep(&answers, here, first), Some(gone), "an old read comes late");
    }
}
