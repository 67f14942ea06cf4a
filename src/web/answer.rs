//! Answers: responses that are ready but for what one request decides.

use std::io::Write as _;
use std::sync::OnceLock;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, ETAG, HeaderMap, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder};

use super::{accept, etag};
use crate::domain::instant::Instant;
use crate::domain::until::Until;
use crate::problem::Problem;

/// `max-age` of a public response, in seconds. One second takes the edge off a rush, and no reader
/// sees anything older than that.
pub const PUBLIC_MAX_AGE: u32 = 1;
/// Seconds before a scheduled change within which a response gets `max-age=0`: caches that count
/// whole seconds (nginx, Traffic Server) keep a response of one second for up to two.
const CHANGES_SOON: i64 = 2;
/// `Cache-Control` of a public response that the clock does not change soon, where nothing is set for shared caches.
/// `must-revalidate` and `stale-while-revalidate=0` (RFC 9111 section 5.2.2.2, RFC 5861 section 3): without them
/// Apache, Traffic Server and Varnish go on serving what was blocked or withdrawn while this server is down or slow.
const PUBLIC: &str = "public, max-age=1, must-revalidate, stale-while-revalidate=0";
/// What follows `max-age` in it.
const NEVER_STALE: &str = "must-revalidate, stale-while-revalidate=0";
pub(super) const NO_STORE: &str = "no-store";
/// Smallest body that is compressed: below this the packet gets no shorter.
const COMPRESS_MIN: usize = 512;
/// Compression levels of gzip and brotli: those at which a page takes under a millisecond.
const GZIP_LEVEL: u32 = 4;
const BROTLI_LEVEL: i32 = 3;
const BROTLI_WINDOW: i32 = 20;

/// How a response may be cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cache {
    /// Publicly if no key was sent, else privately.
    ByCaller,
    /// Never.
    Never,
    /// For as long as the binary runs: pages and assets that are part of it.
    Static,
}

/// A content coding of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Coding {
    /// None.
    Identity,
    /// Gzip (RFC 1952).
    Gzip,
    /// Brotli (RFC 7932).
    Brotli,
}

impl Coding {
    /// The one that a request wants most.
    pub(super) fn wanted(headers: &HeaderMap) -> Self {
        match accept::coding(headers, &["br", "gzip"]) {
            Some("br") => Self::Brotli,
            Some(_) => Self::Gzip,
            None => Self::Identity,
        }
    }

    const fn name(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Brotli => Some("br"),
        }
    }
}

/// The parts of the request that an answer depends on, besides its coding.
pub(super) struct Asked<'a> {
    /// The request's headers.
    pub(super) headers: &'a HeaderMap,
    /// True if the method is GET or HEAD.
    pub(super) is_read: bool,
    /// Seconds for which shared caches may keep a public response, if that is set.
    pub(super) shared_max_age: Option<u32>,
    /// Now.
    pub(super) now: Instant,
}

/// An answer with any status but that of a problem.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) content_type: &'static str,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) cache: Cache,
    /// When the clock changes it.
    pub(super) until: Until,
    /// True if the body is the representation of the request's URI, so that `If-None-Match`
    /// applies.
    pub(super) is_representation: bool,
    /// True if the request had a key or token, which may make more visible.
    pub(super) is_private: bool,
    /// True if `Accept` has decided on its media type.
    pub(super) is_negotiated: bool,
    /// Its entity tag without coding and quotes.
    pub(super) tag: String,
    pub(super) body: Bytes,
}

/// An answer in a content coding. The body is coded once somebody needs it.
pub(super) struct Coded {
    coding: Coding,
    etag: HeaderValue,
    body: OnceLock<Bytes>,
}

impl Answer {
    /// Bytes of its body and its headers.
    pub(super) fn bytes(&self) -> usize {
        let header = |(name, value): &(HeaderName, HeaderValue)| {
            size_of_val(name) + size_of_val(value) + name.as_str().len() + value.len()
        };
        self.body.len() + self.headers.iter().map(header).sum::<usize>()
    }

    /// The answer in a content coding; as it is if it is too short for one.
    ///
    /// # Errors
    /// `internal` if its tag is no header's value.
    pub(super) fn coded(&self, wanted: Coding) -> Result<Coded, Problem> {
        let coding = if self.body.len() < COMPRESS_MIN { Coding::Identity } else { wanted };
        let quoted = match coding.name() {
            Some(name) => format!("\"{}-{name}\"", self.tag),
            None => format!("\"{}\"", self.tag),
        };
        let etag = HeaderValue::try_from(quoted).map_err(Problem::internal)?;
        Ok(Coded { coding, etag, body: OnceLock::new() })
    }

    /// The response to a request.
    ///
    /// # Errors
    /// `invalid_parameter` if its `If-None-Match` is not valid, or `internal`.
    pub(super) fn respond(
        &self,
        coded: &Coded,
        asked: &Asked<'_>,
    ) -> Result<HttpResponse, Problem> {
        let mut response = self.head(asked);
        let has_body = ![StatusCode::NO_CONTENT, StatusCode::PERMANENT_REDIRECT, StatusCode::FOUND]
            .contains(&self.status);
        if !has_body {
            return Ok(response.finish());
        }
        response.insert_header((ETAG, coded.etag.clone()));
        if self.is_known(asked)? {
            return Ok(response.status(StatusCode::NOT_MODIFIED).finish());
        }
        let content_type = HeaderValue::from_static(self.content_type);
        response.insert_header((header::CONTENT_TYPE, content_type));
        if let Some(name) = coded.coding.name() {
            response.insert_header((header::CONTENT_ENCODING, HeaderValue::from_static(name)));
        }
        Ok(response.body(coded.body(&self.body)?))
    }

    /// True if the client has it already.
    fn is_known(&self, asked: &Asked<'_>) -> Result<bool, Problem> {
        let may_be_known = asked.is_read && self.is_representation;
        Ok(may_be_known && etag::is_known(asked.headers, &self.tag)?)
    }

    fn head(&self, asked: &Asked<'_>) -> HttpResponseBuilder {
        let mut response = HttpResponse::build(self.status);
        for (name, value) in &self.headers {
            response.append_header((name, value.clone()));
        }
        response.insert_header((header::CACHE_CONTROL, self.cache_control(asked)));
        response
    }

    fn cache_control(&self, asked: &Asked<'_>) -> HeaderValue {
        match self.cache {
            Cache::Never => HeaderValue::from_static(NO_STORE),
            Cache::Static => HeaderValue::from_static("public, max-age=3600"),
            Cache::ByCaller if self.is_private => HeaderValue::from_static("private, no-store"),
            Cache::ByCaller => self.public(asked),
        }
    }

    /// The `Cache-Control` of a public response: caches keep it for `max-age` seconds, and shared
    /// ones for the newsroom's setting, but never past the instant at which the clock changes it.
    fn public(&self, asked: &Asked<'_>) -> HeaderValue {
        let left = self.until.micros_from(asked.now).map(|micros| micros / 1_000_000);
        let is_soon = left.is_some_and(|left| left < CHANGES_SOON);
        if !is_soon && asked.shared_max_age.is_none() {
            return HeaderValue::from_static(PUBLIC);
        }
        let max_age = if is_soon { 0 } else { PUBLIC_MAX_AGE };
        let shared = asked.shared_max_age.map(|most| {
            let left = left.map_or(i64::MAX, |left| (left - CHANGES_SOON).max(0));
            format!(", s-maxage={}", left.min(most.into()))
        });
        let text =
            format!("public, max-age={max_age}{}, {NEVER_STALE}", shared.unwrap_or_default());
        // Numbers and words: always a valid header.
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(NO_STORE))
    }
}

impl Coded {
    /// The coded form of `body`.
    fn body(&self, body: &Bytes) -> Result<Bytes, Problem> {
        if let Some(known) = self.body.get() {
            return Ok(known.clone());
        }
        let coded = match self.coding {
            Coding::Identity => body.clone(),
            Coding::Gzip => gzip(body).map_err(Problem::internal)?.into(),
            Coding::Brotli => brotli(body).map_err(Problem::internal)?.into(),
        };
        Ok(self.body.get_or_init(|| coded).clone())
    }

    /// Bytes that it takes besides the answer, at most.
    pub(super) fn bytes_max(&self, answer: &Answer) -> usize {
        if self.coding == Coding::Identity { 0 } else { answer.body.len() }
    }
}

fn brotli(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(body.len() / 3);
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: BROTLI_LEVEL,
        lgwin: BROTLI_WINDOW,
        size_hint: body.len(),
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &*body, &mut out, &parameters)?;
    Ok(out)
}

fn gzip(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(
        Vec::with_capacity(body.len() / 3),
        flate2::Compression::new(GZIP_LEVEL),
    );
    encoder.write_all(body)?;
    encoder.finish()
}

/// A response with this status and body, as the document shows it.
///
/// # Errors
/// `internal` if the document names what is no status.
pub(super) fn shown(
    status: u16,
    content_type: Option<&str>,
    body: Option<&serde_json::Value>,
) -> Result<HttpResponse, Problem> {
    let mut response =
        HttpResponse::build(StatusCode::from_u16(status).map_err(Problem::internal)?);
    if let Some(content_type) = content_type {
        response.insert_header((header::CONTENT_TYPE, content_type));
    }
    Ok(response.body(match body {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(json) => json.to_string(),
        None => String::new(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_cache_control_is_as_the_others_are_made() {
        assert_eq!(PUBLIC, format!("public, max-age={PUBLIC_MAX_AGE}, {NEVER_STALE}"));
    }
}
