//! CORS: which pages of other origins may use this server (Fetch Standard, CORS protocol).

use actix_web::dev::RequestHead;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderName, HeaderValue};

/// Response headers that pages of another origin may read.
const EXPOSED: &str = "ETag, Link, Location, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id, Idempotent-Replayed, Memento-Datetime";
/// Request headers that pages of another origin may send, besides those of single operations.
const ALLOWED: [&str; 2] = [
    "Authorization, Accept, Content-Type",
    "Idempotency-Key, If-Match, If-None-Match, X-Request-Id, Accept-Datetime, Last-Event-ID",
];
/// The safe methods.
const READS: &str = "GET, HEAD, QUERY";
/// All methods.
const METHODS: &str = "DELETE, GET, HEAD, PATCH, POST, PUT, QUERY";
/// Seconds for which a browser may cache a preflight: the lowest cap of the major browsers
/// (WebKit).
const MAX_AGE: &str = "600";

/// The origins whose pages may read and write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origins {
    /// Any origin.
    Any,
    /// These, as browsers write them in `Origin`.
    These(Vec<String>),
}

/// The CORS policy. By default no origin is allowed and no header is sent.
#[derive(Clone, Debug)]
pub struct Cors {
    /// True if pages of any origin may read.
    pub any_may_read: bool,
    /// The origins whose pages may read and write.
    pub origins: Origins,
    /// Request headers of single operations that pages may send as well.
    pub own_headers: Vec<&'static str>,
}

impl Default for Cors {
    fn default() -> Self {
        Self { any_may_read: false, origins: Origins::These(Vec::new()), own_headers: Vec::new() }
    }
}

/// True for the safe methods.
fn is_read(method: &[u8]) -> bool {
    READS.split(", ").any(|read| read.as_bytes() == method)
}

type Headers = Vec<(HeaderName, HeaderValue)>;

impl Cors {
    /// True if responses depend on the request's `Origin`.
    #[must_use]
    pub fn varies_by_origin(&self) -> bool {
        matches!(&self.origins, Origins::These(origins) if !origins.is_empty())
    }

    /// The CORS headers of the response to a request. A page that may not do what it asks for gets
    /// none, so the browser blocks it.
    #[must_use]
    pub fn headers(&self, request: &RequestHead) -> Headers {
        let mut headers = Headers::new();
        let fixed = |name, value| (name, HeaderValue::from_static(value));
        let preflight = request.headers().get(header::ACCESS_CONTROL_REQUEST_METHOD);
        let wanted = match (&request.method, preflight) {
            (&Method::OPTIONS, Some(method)) => method.as_bytes(),
            (&Method::OPTIONS, None) => return headers,
            (method, _) => method.as_str().as_bytes(),
        };
        let writes = !is_read(wanted);
        let Some(allowed) = self.allowed(request, writes) else {
            return headers;
        };
        headers.push((header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed));
        if request.method == Method::OPTIONS {
            let methods = if writes { METHODS } else { READS };
            headers.push(fixed(header::ACCESS_CONTROL_ALLOW_METHODS, methods));
            headers.push((header::ACCESS_CONTROL_ALLOW_HEADERS, self.allowed_headers()));
            headers.push(fixed(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE));
        } else {
            headers.push(fixed(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED));
        }
        headers
    }

    fn allowed_headers(&self) -> HeaderValue {
        let [first, last] = ALLOWED;
        let all = [&[first], self.own_headers.as_slice(), &[last]].concat().join(", ");
        HeaderValue::from_str(&all).unwrap_or(HeaderValue::from_static(first))
    }

    /// True if this is a preflight of a request that is allowed.
    #[must_use]
    pub fn allows_preflight(&self, request: &RequestHead) -> bool {
        let preflight = request.headers().get(header::ACCESS_CONTROL_REQUEST_METHOD);
        let writes = |method: &HeaderValue| !is_read(method.as_bytes());
        request.method == Method::OPTIONS
            && preflight.is_some_and(|method| self.allowed(request, writes(method)).is_some())
    }

    /// The value of `Access-Control-Allow-Origin`. Keys are sent explicitly and never by the
    /// browser itself, so CORS credentials are not needed.
    fn allowed(&self, request: &RequestHead, writes: bool) -> Option<HeaderValue> {
        match &self.origins {
            _ if self.any_may_read && !writes => Some(HeaderValue::from_static("*")),
            Origins::Any => Some(HeaderValue::from_static("*")),
            Origins::These(origins) => {
                let origin = request.headers().get(header::ORIGIN)?;
                let known = origins.iter().any(|known| origin == known.as_str());
                known.then(|| origin.clone())
            }
        }
    }
}
