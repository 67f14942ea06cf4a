//! Replies: what a handler returns, and its conversion to an HTTP response.

use std::io::Write as _;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, ETAG, HeaderMap, HeaderName, HeaderValue, LINK, LOCATION};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde::{Deserialize, Serialize};

use super::accept;
use super::call::Context;
use super::etag;
use super::headers::{CACHE_GROUP_INVALIDATION, CACHE_GROUPS, IDEMPOTENT_REPLAYED, SURROGATE_KEY};
use super::paging::{Beside, ListBody, Page, thin};
use super::query::is_cursor;
use crate::domain::ids::RequestId;
use crate::domain::instant::Instant;
use crate::domain::until::Until;
use crate::problem::{Code, PROBLEM_JSON, Problem, RETRY_AFTER_SECONDS};

/// `max-age` of a public response, in seconds. One second takes the edge off a rush, and no reader
/// sees anything older than that.
pub const PUBLIC_MAX_AGE: u32 = 1;
/// Seconds before a scheduled change within which a response gets `max-age=0`: caches that count
/// whole seconds (nginx, Traffic Server) keep a response of one second for up to two.
const CHANGES_SOON: i64 = 2;
/// Sent with the `max-age` of a public response (RFC 9111 section 5.2.2.2, RFC 5861 section 3).
/// Without it Apache, Traffic Server and Varnish go on serving what was blocked or withdrawn while
/// this server is down or slow.
const NEVER_STALE: &str = "must-revalidate, stale-while-revalidate=0";
/// Smallest body that is compressed: below this the packet gets no shorter.
const COMPRESS_MIN: usize = 512;
/// Compression levels of gzip and brotli: those at which a page takes under a millisecond.
const GZIP_LEVEL: u32 = 4;
const BROTLI_LEVEL: i32 = 3;
const BROTLI_WINDOW: i32 = 20;

/// Longest URI that a header names: browsers, proxies and servers all take as much.
pub(super) const URI_MAX: usize = 2_000;

/// Media type of ordinary responses.
pub const JSON: &str = "application/json";

/// How a response may be cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cache {
    /// Publicly if no key was sent, else privately.
    ByCaller,
    /// Never.
    Never,
    /// For as long as the binary runs: pages and assets that are part of it.
    Static,
}

/// A response with status 200, 201, 204 or 308.
pub struct Reply {
    status: StatusCode,
    content_type: &'static str,
    body: Vec<u8>,
    version: Option<i64>,
    cache: Cache,
    /// Microseconds until the clock changes it, if it does.
    changes_in: Option<i64>,
    headers: Vec<(HeaderName, String)>,
    /// True if the body is the representation of the request's URI, so that `If-None-Match`
    /// applies.
    is_representation: bool,
    /// True if the request had a key or token, which may make more visible.
    is_private: bool,
}

impl Reply {
    fn new(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Self {
        Self {
            status,
            content_type,
            body,
            version: None,
            cache: Cache::ByCaller,
            changes_in: None,
            headers: Vec::new(),
            is_representation: status == StatusCode::OK,
            is_private: false,
        }
    }

    /// 200 with `body` as JSON.
    pub fn ok(body: &impl Serialize) -> Result<Self, Problem> {
        Ok(Self::new(StatusCode::OK, JSON, to_json(body)?))
    }

    /// 201 with `body` as JSON and the path of the created resource.
    pub fn created(location: String, body: &impl Serialize) -> Result<Self, Problem> {
        let mut reply = Self::new(StatusCode::CREATED, JSON, to_json(body)?);
        reply.headers.push((LOCATION, location));
        Ok(reply)
    }

    /// 204.
    #[must_use]
    pub fn no_content() -> Self {
        Self::new(StatusCode::NO_CONTENT, JSON, Vec::new())
    }

    /// 200 with a page of a list, and the links to the next one and to the one before (RFC 8288). If the client selects
    /// `fields`, entries have those and the members in `always`.
    pub fn page<T: Serialize>(
        call: &Context,
        page: Page<T>,
        beside: impl Into<Beside>,
        fields: Option<&[&str]>,
        always: &[&str],
    ) -> Result<Self, Problem> {
        let links = [("next", page.next.clone()), ("prev", page.prev.clone())];
        let mut reply = match fields {
            None => Self::ok(&ListBody::new(page, beside.into()))?,
            Some(_) => {
                let items = page.items.iter().map(|item| thin(item, fields, always));
                let items = items.collect::<Result<_, _>>()?;
                let thinned = Page { items, next: page.next, prev: page.prev };
                Self::ok(&ListBody::new(thinned, beside.into()))?
            }
        };
        let others: Vec<&str> = call
            .raw_query
            .split('&')
            .filter(|piece| !piece.is_empty() && !is_cursor(piece))
            .collect();
        let link = |(relation, cursor): (&str, Option<String>)| {
            let cursor = format!("cursor={}", cursor?);
            let query = [&others[..], &[&cursor]].concat().join("&");
            let uri = format!("{}?{query}", call.uri_path);
            // A longer one is of a QUERY, and would break the limits of proxies and clients.
            (uri.len() <= URI_MAX).then(|| format!("<{uri}>; rel=\"{relation}\""))
        };
        let links: Vec<String> = links.into_iter().filter_map(link).collect();
        if !links.is_empty() {
            reply.headers.push((LINK, links.join(", ")));
        }
        Ok(reply)
    }

    /// 200 with content that is part of the binary.
    #[must_use]
    pub fn fixed(content_type: &'static str, body: Vec<u8>) -> Self {
        let mut reply = Self::new(StatusCode::OK, content_type, body);
        reply.cache = Cache::Static;
        reply
    }

    /// The reply as (head, body), for replay.
    ///
    /// # Errors
    /// `internal` if it cannot be serialized.
    pub(super) fn to_keep(&self) -> Result<(String, &str), Problem> {
        let body = std::str::from_utf8(&self.body).map_err(Problem::internal)?;
        let headers = self.headers.iter();
        let kept = KeptReply {
            status: self.status.as_u16(),
            version: self.version,
            headers: headers
                .map(|(name, value)| (name.as_str().to_owned(), value.clone()))
                .collect(),
        };
        let kept = serde_json::to_string(&kept).map_err(Problem::internal)?;
        Ok((kept, body))
    }

    /// A stored reply.
    ///
    /// # Errors
    /// `internal` if `kept` is not one.
    pub(super) fn replayed(kept: &str, body: String) -> Result<Self, Problem> {
        let kept: KeptReply = serde_json::from_str(kept).map_err(Problem::internal)?;
        let status = StatusCode::from_u16(kept.status).map_err(Problem::internal)?;
        let mut reply = Self::new(status, JSON, body.into_bytes());
        reply.version = kept.version;
        for (name, value) in kept.headers {
            let name = HeaderName::try_from(name).map_err(Problem::internal)?;
            reply.headers.push((name, value));
        }
        Ok(reply.header(IDEMPOTENT_REPLAYED, "true"))
    }

    /// Puts the resource's version into the entity tag.
    #[must_use]
    pub fn version(mut self, version: i64) -> Self {
        self.version = Some(version);
        self
    }

    /// 308 to this request's path with `name` instead of its segment number `segment` (RFC 9110
    /// section 15.4.9).
    #[must_use]
    pub fn renamed(call: &Context, segment: usize, name: &str) -> Self {
        let mut segments: Vec<&str> = call.uri_path.split('/').collect();
        if let Some(segment) = segments.get_mut(segment) {
            *segment = name;
        }
        let mut location = segments.join("/");
        if !call.raw_query.is_empty() {
            location.push('?');
            location.push_str(&call.raw_query);
        }
        let mut reply = Self::new(StatusCode::PERMANENT_REDIRECT, JSON, Vec::new());
        reply.headers.push((LOCATION, location));
        reply
    }

    /// Sets the instant at which this response changes: shortly before that it is not cached.
    #[must_use]
    pub fn until(mut self, until: Until, now: Instant) -> Self {
        self.changes_in = until.micros_from(now);
        self
    }

    /// The `Cache-Control` of a public response: caches keep it for `max-age` seconds, and shared
    /// ones for the newsroom's setting, but never past the instant at which the clock changes it.
    fn public(&self, shared_max_age: Option<u32>) -> String {
        let left = self.changes_in.map(|micros| micros / 1_000_000);
        let is_soon = left.is_some_and(|left| left < CHANGES_SOON);
        let max_age = if is_soon { 0 } else { PUBLIC_MAX_AGE };
        let shared = shared_max_age.map(|most| {
            let left = left.map_or(i64::MAX, |left| (left - CHANGES_SOON).max(0));
            format!(", s-maxage={}", left.min(most.into()))
        });
        format!("public, max-age={max_age}{}, {NEVER_STALE}", shared.unwrap_or_default())
    }

    /// Sets whether the request had a key or token, which may make more visible.
    #[must_use]
    pub(super) fn private(mut self, is_private: bool) -> Self {
        self.is_private = is_private;
        self
    }

    /// Forbids caching of the response.
    #[must_use]
    pub fn never_cached(mut self) -> Self {
        self.cache = Cache::Never;
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Declares that the response depends on the request header `name` too.
    #[must_use]
    pub fn varies_by(self, name: &HeaderName) -> Self {
        self.header(header::VARY, name.as_str())
    }

    /// Sets the groups by which caches can drop the response.
    #[must_use]
    pub fn groups<S: AsRef<str>>(self, groups: &[S]) -> Self {
        let names: Vec<&str> = groups.iter().map(AsRef::as_ref).collect();
        self.header(SURROGATE_KEY, names.join(" ")).header(CACHE_GROUPS, list_of_strings(groups))
    }

    /// Sets the groups whose responses this write has made invalid.
    #[must_use]
    pub fn invalidates<S: AsRef<str>>(self, groups: &[S]) -> Self {
        self.header(CACHE_GROUP_INVALIDATION, list_of_strings(groups))
    }
}

/// A list of strings (RFC 9651 section 3.1), each once.
fn list_of_strings<S: AsRef<str>>(names: &[S]) -> String {
    let mut strings: Vec<String> = Vec::new();
    for name in names {
        let string = format!("\"{}\"", name.as_ref());
        if !strings.contains(&string) {
            strings.push(string);
        }
    }
    strings.join(", ")
}

/// A stored reply, without its body.
#[derive(Serialize, Deserialize)]
struct KeptReply {
    status: u16,
    version: Option<i64>,
    headers: Vec<(String, String)>,
}

/// `value` as JSON, with a final newline for terminals.
fn to_json(value: &impl Serialize) -> Result<Vec<u8>, Problem> {
    let mut text = sonic_rs::to_vec(value).map_err(Problem::internal)?;
    text.push(b'\n');
    Ok(text)
}

/// The entity tag of a response with `value`, without the quotes.
pub fn tag_of(version: i64, value: &impl Serialize) -> Result<String, Problem> {
    Ok(etag::tag(Some(version), &to_json(value)?))
}

/// The entity tag of a response with `value` and no version, without the quotes.
pub fn plain_tag_of(value: &impl Serialize) -> Result<String, Problem> {
    Ok(etag::tag(None, &to_json(value)?))
}

/// The parts of the request that the response depends on.
pub struct Asked<'a> {
    /// The request's headers.
    pub headers: &'a HeaderMap,
    /// The request's id.
    pub request_id: RequestId,
    /// True if the method is GET or HEAD.
    pub is_read: bool,
    /// Seconds for which shared caches may keep a public response, if that is set.
    pub shared_max_age: Option<u32>,
}

/// Converts the result of an operation to an HTTP response.
pub fn respond(result: Result<Reply, Problem>, asked: &Asked<'_>) -> HttpResponse {
    match result.and_then(|reply| answer(reply, asked)) {
        Ok(response) => response,
        Err(problem) => refuse(&problem, asked.request_id),
    }
}

fn answer(reply: Reply, asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let mut response = HttpResponse::build(reply.status);
    for (name, value) in &reply.headers {
        response.insert_header((name.clone(), header_value(value)?));
    }
    let cache = match reply.cache {
        Cache::Never => NO_STORE.to_owned(),
        _ if reply.status != StatusCode::OK => NO_STORE.to_owned(),
        Cache::Static => "public, max-age=3600".to_owned(),
        Cache::ByCaller if reply.is_private => "private, no-store".to_owned(),
        Cache::ByCaller => reply.public(asked.shared_max_age),
    };
    response.insert_header((header::CACHE_CONTROL, cache));
    if [StatusCode::NO_CONTENT, StatusCode::PERMANENT_REDIRECT].contains(&reply.status) {
        return Ok(response.finish());
    }
    let tag = etag::tag(reply.version, &reply.body);
    let coding = if reply.body.len() >= COMPRESS_MIN {
        accept::coding(asked.headers, &["br", "gzip"])
    } else {
        None
    };
    let quoted =
        coding.map_or_else(|| format!("\"{tag}\""), |coding| format!("\"{tag}-{coding}\""));
    response.insert_header((ETAG, quoted));
    if asked.is_read && reply.is_representation && etag::is_known(asked.headers, &tag)? {
        return Ok(response.status(StatusCode::NOT_MODIFIED).finish());
    }
    response.insert_header((header::CONTENT_TYPE, reply.content_type));
    let body = match coding {
        Some(coding) => {
            response.insert_header((header::CONTENT_ENCODING, coding));
            compress(&reply.body, coding).map_err(Problem::internal)?
        }
        None => reply.body,
    };
    Ok(response.body(body))
}

const NO_STORE: &str = "no-store";

fn header_value(text: &str) -> Result<HeaderValue, Problem> {
    HeaderValue::from_str(text).map_err(Problem::internal)
}

fn compress(body: &[u8], coding: &str) -> std::io::Result<Vec<u8>> {
    if coding == "br" {
        let mut out = Vec::with_capacity(body.len() / 3);
        let parameters = brotli::enc::BrotliEncoderParams {
            quality: BROTLI_LEVEL,
            lgwin: BROTLI_WINDOW,
            size_hint: body.len(),
            ..Default::default()
        };
        brotli::BrotliCompress(&mut &*body, &mut out, &parameters)?;
        return Ok(out);
    }
    let mut encoder = flate2::write::GzEncoder::new(
        Vec::with_capacity(body.len() / 3),
        flate2::Compression::new(GZIP_LEVEL),
    );
    encoder.write_all(body)?;
    encoder.finish()
}

/// Converts a problem to an HTTP response, and logs its cause once.
pub fn refuse(problem: &Problem, request_id: RequestId) -> HttpResponse {
    let entry = problem.code().entry();
    if let Some(cause) = problem.cause() {
        let level =
            if problem.code() == Code::Internal { log::Level::Error } else { log::Level::Warn };
        log::log!(level, request_id:display = request_id, code = entry.name; "{}: {cause}", entry.name);
    }
    let mut response = HttpResponse::build(entry.status);
    response.insert_header((header::CACHE_CONTROL, NO_STORE));
    add_problem_headers(&mut response, problem);
    let body = format!("{}\n", problem.body(request_id.uuid()));
    response.insert_header((header::CONTENT_TYPE, PROBLEM_JSON)).body(body)
}

/// Adds the problem's own headers, and those that HTTP requires for certain statuses.
fn add_problem_headers(response: &mut HttpResponseBuilder, problem: &Problem) {
    for (name, value) in problem.headers() {
        response.insert_header((name.clone(), value.as_str()));
    }
    match problem.code() {
        Code::Unauthenticated => {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        Code::InvalidKey => {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\""));
        }
        Code::UnsupportedMediaType => {
            response.insert_header((header::ACCEPT_ENCODING, "identity"));
        }
        Code::BlockedForLegalReasons => {
            // The entity that implements the block: this server (RFC 7725 section 4).
            response.insert_header((LINK, "</>; rel=\"blocked-by\""));
        }
        Code::Overloaded
        | Code::DatabaseReadOnly
        | Code::DatabaseReplaced
        | Code::DatabaseDamaged
        | Code::ShuttingDown => {
            response.insert_header((header::RETRY_AFTER, RETRY_AFTER_SECONDS.to_string()));
        }
        _ => {}
    }
}
