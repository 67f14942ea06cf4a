//! Replies: what a handler returns, and its conversion to an HTTP response.

use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::body::BodyStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue, LINK, LOCATION};
use actix_web::web::Bytes;
use futures_util::Stream;
use serde::{Deserialize, Serialize};

use super::answer::{Answer, Cache, NO_STORE};
use super::call::{Context, Services};
use super::etag;
use super::headers::{CACHE_GROUP_INVALIDATION, CACHE_GROUPS, IDEMPOTENT_REPLAYED, SURROGATE_KEY};
use super::paging::{Beside, ListBody, Page};
use super::selection::{Selected, Selection};
use crate::db::Shows;
use crate::domain::until::Until;
use crate::problem::Problem;

/// Longest URI that a header names: browsers, proxies and servers all take as much.
pub(super) const URI_MAX: usize = 2_000;

/// Room for the JSON of an article: most need no second piece of memory.
const JSON_BYTES: usize = 8 * 1024;

/// Media type of Server-Sent Events: answers without end.
pub const EVENT_STREAM: &str = "text/event-stream";

/// Media type of ordinary responses.
pub const JSON: &str = "application/json";

/// A body without end, piece by piece; an error ends the connection.
pub type Events = Pin<Box<dyn Stream<Item = Result<Bytes, Infallible>>>>;

/// Begins such a body, on the thread of its connection.
pub type Begin = Box<dyn FnOnce(&Rc<Services>) -> Events + Send>;

/// A response with status 200, 201, 204, 302 or 308.
pub struct Reply {
    status: StatusCode,
    content_type: &'static str,
    body: Vec<u8>,
    version: Option<i64>,
    cache: Cache,
    /// When the clock changes it; `None` if that is unknown.
    until: Option<Until>,
    /// The parts of the data that it shows.
    shows: Shows,
    headers: Vec<(HeaderName, String)>,
    /// True if the body is the representation of the request's URI, so that `If-None-Match`
    /// applies.
    is_representation: bool,
    /// True if the request had a key or token, which may make more visible.
    is_private: bool,
    /// True if it may be kept for others who ask for the same.
    is_kept: bool,
    /// True if `Accept` has decided on its media type.
    is_negotiated: bool,
    /// Its body, if it has no end.
    events: Option<Begin>,
}

impl Reply {
    fn new(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Self {
        Self {
            status,
            content_type,
            body,
            version: None,
            cache: Cache::ByCaller,
            until: None,
            shows: Shows::Everything,
            headers: Vec::new(),
            is_representation: status == StatusCode::OK,
            is_private: false,
            is_kept: true,
            is_negotiated: false,
            events: None,
        }
    }

    /// 200 with events without end: neither kept nor compressed, and without an entity tag.
    #[must_use]
    pub fn stream(events: Begin) -> Self {
        let reply = Self::new(StatusCode::OK, EVENT_STREAM, Vec::new());
        Self { events: Some(events), ..reply.never_cached() }
    }

    /// The response, if its body has no end. `has_body` is false for HEAD.
    pub(super) fn streamed(
        &mut self,
        of_operation: &[(HeaderName, HeaderValue)],
        (services, has_body): (&Rc<Services>, bool),
    ) -> Option<HttpResponse> {
        let events = self.events.take()?;
        let mut response = HttpResponse::build(self.status);
        response.insert_header((header::CONTENT_TYPE, self.content_type));
        response.insert_header((header::CACHE_CONTROL, NO_STORE));
        // nginx keeps an answer until it is whole.
        response.insert_header(("X-Accel-Buffering", "no"));
        for (name, value) in of_operation {
            response.append_header((name, value.clone()));
        }
        Some(match has_body {
            true => response.body(BodyStream::new(events(services))),
            false => response.body(actix_web::body::None::new()),
        })
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
        let (next, prev) = (page.next.clone(), page.prev.clone());
        let reply = match fields {
            None => Self::ok(&ListBody::new(page, beside.into()))?,
            Some(_) => {
                let selection = Selection { fields, always };
                let items = page.items.iter().map(|item| Selected { item, selection });
                let thinned = Page { items: items.collect(), next: page.next, prev: page.prev };
                Self::ok(&ListBody::new(thinned, beside.into()))?
            }
        };
        Ok(reply.paged(call, next, prev))
    }

    /// 200 with a body of another media type.
    #[must_use]
    pub fn of_type(content_type: &'static str, body: Vec<u8>) -> Self {
        Self::new(StatusCode::OK, content_type, body)
    }

    /// 200 with JSON of a media type of its own.
    ///
    /// # Errors
    /// `internal` if the body has no JSON form.
    pub fn json_of_type(
        content_type: &'static str,
        body: &impl Serialize,
    ) -> Result<Self, Problem> {
        Ok(Self::of_type(content_type, to_json(body)?))
    }

    /// Adds the links to the next page and to the one before (RFC 8288).
    #[must_use]
    pub fn paged(self, call: &Context, next: Option<String>, prev: Option<String>) -> Self {
        let link = |(relation, cursor): (&str, Option<String>)| {
            let uri = call.page_uri(&cursor?);
            // A longer one is of a QUERY, and would break the limits of proxies and clients.
            (uri.len() <= URI_MAX).then(|| format!("<{uri}>; rel=\"{relation}\""))
        };
        let links: Vec<String> =
            [("next", next), ("prev", prev)].into_iter().filter_map(link).collect();
        match links.is_empty() {
            true => self,
            false => self.link(links.join(", ")),
        }
    }

    /// Makes it one for this request alone: it is not kept for others who ask for the same.
    #[must_use]
    pub fn not_kept(mut self) -> Self {
        self.is_kept = false;
        self
    }

    /// Declares that another `Accept` gets another media type of the same.
    #[must_use]
    pub fn negotiated(mut self) -> Self {
        self.is_negotiated = true;
        self
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

    /// 302 to another resource, for this request alone (RFC 9110 section 15.4.3).
    #[must_use]
    pub fn found(location: String) -> Self {
        let mut reply = Self::new(StatusCode::FOUND, JSON, Vec::new());
        reply.headers.push((LOCATION, location));
        reply
    }

    /// Sets the instant at which this response changes: shortly before that it is not cached.
    #[must_use]
    pub fn until(mut self, until: Until) -> Self {
        self.until = Some(until);
        self
    }

    /// Sets the parts of the data that it shows; by default any, so that each write makes a kept response useless.
    #[must_use]
    pub fn shows(mut self, shows: Shows) -> Self {
        self.shows = shows;
        self
    }

    /// What it shows and when the clock changes it, if it may be kept for others who ask for the same: it is public,
    /// and all that changes it is known.
    pub(super) fn kept(&self) -> Option<(Shows, Until)> {
        let is_public = self.cache == Cache::ByCaller && !self.is_private;
        let may_be_kept = is_public && self.status == StatusCode::OK;
        self.until.filter(|_| may_be_kept && self.is_kept).map(|until| (self.shows.clone(), until))
    }

    /// Length of its body in bytes.
    pub(super) const fn length(&self) -> usize {
        self.body.len()
    }

    /// The answer, ready but for what the request decides. `of_operation` are headers that all its answers have. One
    /// that `is_kept` takes no more memory than it needs.
    ///
    /// # Errors
    /// `internal` if a header has no valid value.
    pub(super) fn finish(
        mut self,
        of_operation: &[(HeaderName, HeaderValue)],
        is_kept: bool,
    ) -> Result<Answer, Problem> {
        if is_kept {
            self.body.shrink_to_fit();
        }
        let mut headers = Vec::with_capacity(self.headers.len() + of_operation.len());
        for (name, value) in self.headers {
            headers.push((name, HeaderValue::try_from(value).map_err(Problem::internal)?));
        }
        headers.extend_from_slice(of_operation);
        Ok(Answer {
            tag: etag::tag(self.version, &self.body),
            status: self.status,
            content_type: self.content_type,
            headers,
            cache: if self.status == StatusCode::OK { self.cache } else { Cache::Never },
            until: self.until.unwrap_or_default(),
            is_representation: self.is_representation,
            is_private: self.is_private,
            is_negotiated: self.is_negotiated,
            body: Bytes::from(self.body),
        })
    }

    /// Adds a link (RFC 8288).
    #[must_use]
    pub fn link(self, link: impl Into<String>) -> Self {
        self.header(LINK, link)
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
    let mut text = Vec::with_capacity(JSON_BYTES);
    sonic_rs::to_writer(&mut text, value).map_err(Problem::internal)?;
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
