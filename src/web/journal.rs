//! The journal of test mode: the requests that were sent, without secrets.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::HttpRequest;
use actix_web::http::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName, PROXY_AUTHORIZATION};
use actix_web::web::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::json;
use crate::domain::ids::RequestId;
use crate::domain::instant::Instant;

/// Requests that are kept, the newest: more than one test makes.
pub const ENTRIES_MAX: usize = 1_000;
/// Bytes of a body that are kept.
pub const BODY_KEPT: usize = 32 * 1024;
/// Bytes of all entries together, as far as they are text.
const BYTES_MAX: usize = 16 * 1024 * 1024;

/// Removes keys from a text.
pub type Redact = Box<dyn Fn(&str) -> String + Send + Sync>;

/// Stands for a secret.
const REDACTED: &str = "***";

/// A request as it was sent.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SentRequest {
    /// Its id, as in `X-Request-Id` of the answer.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000001")]
    pub id: String,
    /// The time at which it arrived.
    #[schema(value_type = String, format = "date-time")]
    pub at: Instant,
    /// Its method.
    #[schema(example = "GET")]
    pub method: String,
    /// Its path, as it was sent.
    #[schema(example = "/v1/articles")]
    pub path: String,
    /// Its query, as it was sent, without `?`; empty if there was none.
    #[schema(example = "limit=1")]
    pub query: String,
    /// Its headers, with names in lower case. Values of repeated ones are joined with `, `; secrets
    /// are replaced by `***`.
    #[schema(value_type = Object, example = json!({"accept": "application/json"}))]
    pub headers: Map<String, Value>,
    /// Its body: the JSON that it holds, or its text; null if there was none, or the path or method is
    /// unknown. Of more than 32 KiB, the start as text.
    #[schema(value_type = Value)]
    pub body: Value,
    /// The status of the answer.
    #[schema(example = 200, minimum = 100, maximum = 599)]
    pub status: u16,
}

/// The body of a request, for the journal.
pub(super) struct SentBody(pub(super) Bytes);

/// The newest requests, the oldest first.
pub struct Journal {
    redact: Redact,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Each with its body as it was sent: as JSON it takes many times as much.
    entries: VecDeque<(SentRequest, String)>,
    bytes: usize,
    forgotten: u64,
}

/// The bytes of an entry.
fn size(request: &SentRequest, body: &str) -> usize {
    let headers = request.headers.iter();
    let headers: usize =
        headers.map(|(name, value)| name.len() + value.as_str().unwrap_or_default().len()).sum();
    request.path.len() + request.query.len() + headers + body.len()
}

impl Journal {
    /// An empty one.
    #[must_use]
    pub fn new(redact: Redact) -> Self {
        Self { redact, kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a request that has arrived at `at` and was answered with `status`.
    pub(super) fn note(&self, request: &HttpRequest, id: RequestId, at: Instant, status: u16) {
        use actix_web::HttpMessage as _;
        let body = request.extensions().get::<SentBody>().map(|body| body.0.clone());
        // Somewhat more than is kept: what is cut off must not leave a part of a key.
        let body = body.unwrap_or_default();
        let start = &body[..body.len().min(2 * BODY_KEPT)];
        let mut text = (self.redact)(&String::from_utf8_lossy(start));
        if text.len() > BODY_KEPT {
            text.truncate(text.floor_char_boundary(BODY_KEPT));
        }
        let entry = SentRequest {
            id: id.to_string(),
            at,
            method: request.method().to_string(),
            path: (self.redact)(request.path()),
            query: (self.redact)(request.query_string()),
            headers: self.headers(request.headers()),
            body: Value::Null,
            status,
        };
        let mut kept = self.kept();
        kept.bytes += size(&entry, &text);
        kept.entries.push_back((entry, text));
        while kept.entries.len() > ENTRIES_MAX || kept.bytes > BYTES_MAX {
            let Some((oldest, body)) = kept.entries.pop_front() else { break };
            kept.bytes -= size(&oldest, &body);
            kept.forgotten += 1;
        }
    }

    fn headers(&self, headers: &HeaderMap) -> Map<String, Value> {
        let mut shown: Map<String, Value> = Map::new();
        for name in headers.keys() {
            let values =
                headers.get_all(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
            let values: Vec<Cow<'_, str>> = values.map(|value| self.header(name, value)).collect();
            shown.insert(name.as_str().to_owned(), values.join(", ").into());
        }
        shown.sort_keys();
        shown
    }

    fn header<'a>(&self, name: &HeaderName, value: Cow<'a, str>) -> Cow<'a, str> {
        match name {
            &AUTHORIZATION | &PROXY_AUTHORIZATION => match value.split_once(' ') {
                Some((scheme, _)) => format!("{scheme} {REDACTED}").into(),
                None => REDACTED.into(),
            },
            &COOKIE => REDACTED.into(),
            name if name.as_str() == "edit-token" => REDACTED.into(),
            _ => (self.redact)(&value).into(),
        }
    }

    /// The requests, the oldest first, and how many older ones were forgotten.
    #[must_use]
    pub fn entries(&self) -> (Vec<SentRequest>, u64) {
        let kept = self.kept();
        let whole = kept.entries.iter().map(|(entry, body)| {
            // What the server takes for malformed is shown as it was sent.
            let json = || json::parse(body.as_bytes()).unwrap_or_else(|_| body.clone().into());
            let body = if body.is_empty() { Value::Null } else { json() };
            SentRequest { body, ..entry.clone() }
        });
        (whole.collect(), kept.forgotten)
    }

    /// Forgets all.
    pub fn clear(&self) {
        *self.kept() = Kept::default();
    }
}
