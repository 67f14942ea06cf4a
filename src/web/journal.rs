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
/// Bytes of a body that are kept: the whole journal then takes at most 32 MiB.
pub const BODY_KEPT: usize = 32 * 1024;

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
    /// The time at which it was answered.
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
    entries: VecDeque<SentRequest>,
    forgotten: u64,
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

    /// Adds a request that was answered with `status`.
    pub(super) fn note(&self, request: &HttpRequest, id: RequestId, at: Instant, status: u16) {
        use actix_web::HttpMessage as _;
        let body = request.extensions().get::<SentBody>().map(|body| body.0.clone());
        let entry = SentRequest {
            id: id.to_string(),
            at,
            method: request.method().to_string(),
            path: (self.redact)(request.path()),
            query: (self.redact)(request.query_string()),
            headers: self.headers(request.headers()),
            body: self.body(&body.unwrap_or_default()),
            status,
        };
        let mut kept = self.kept();
        if kept.entries.len() == ENTRIES_MAX {
            kept.entries.pop_front();
            kept.forgotten += 1;
        }
        kept.entries.push_back(entry);
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

    fn body(&self, body: &[u8]) -> Value {
        if body.is_empty() {
            return Value::Null;
        }
        let is_whole = body.len() <= BODY_KEPT;
        let text = (self.redact)(&String::from_utf8_lossy(&body[..body.len().min(BODY_KEPT)]));
        // What the server takes for malformed is shown as it was sent.
        let json = is_whole.then(|| json::parse(text.as_bytes()).ok()).flatten();
        json.unwrap_or(Value::String(text))
    }

    /// The requests, the oldest first, and how many older ones were forgotten.
    #[must_use]
    pub fn entries(&self) -> (Vec<SentRequest>, u64) {
        let kept = self.kept();
        (kept.entries.iter().cloned().collect(), kept.forgotten)
    }

    /// Forgets all.
    pub fn clear(&self) {
        *self.kept() = Kept::default();
    }
}
