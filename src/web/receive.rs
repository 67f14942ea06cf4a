//! Reads the content of requests, and checks its size and its media type.

use std::pin::Pin;
use std::time::Duration;

use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use actix_web::web::{Bytes, BytesMut, Payload};
use actix_web::{FromRequest as _, HttpRequest};
use futures_util::Stream;
use futures_util::StreamExt as _;

use super::bodies::{Bodies, Share};
use super::body::BodyKind;
use super::query_method::QUERY_TYPES;
use crate::domain::text::cut;
use crate::problem::{Code, Problem};

/// Largest body, in bytes: four times the largest article.
pub const BODY_MAX: usize = 2 * 1024 * 1024;
/// Most bytes of an oversized body that are read and discarded, so that the client sees the
/// response instead of a connection reset.
const DRAIN_MAX: usize = 16 * 1024 * 1024;
/// Longest time for which nothing of a body may come.
const STALL_TIMEOUT: Duration = Duration::from_secs(10);

/// Reads and parses the body that an operation takes, and checks its media type.
pub(super) async fn receive(
    kind: BodyKind,
    headers: &HeaderMap,
    payload: Payload,
    limits: Limits<'_>,
) -> Result<Bytes, Problem> {
    if kind == BodyKind::None {
        return Ok(Bytes::new());
    }
    let body = read_body(headers, payload, limits).await?;
    if kind != BodyKind::OptionalJson || !body.is_empty() {
        check_media_type(headers, kind.media_types())?;
    }
    Ok(body)
}

/// Reads the content of a QUERY, and checks its media type.
pub(super) async fn receive_query(
    headers: &HeaderMap,
    payload: Payload,
    limits: Limits<'_>,
) -> Result<Bytes, Problem> {
    let body = read_body(headers, payload, limits).await?;
    check_media_type(headers, QUERY_TYPES)?;
    Ok(body)
}

/// What reading a body is limited by.
#[derive(Clone, Copy)]
pub(super) struct Limits<'a> {
    /// Longest time for the whole of it.
    pub(super) timeout: Duration,
    /// The memory that all bodies share.
    pub(super) bodies: &'a Bodies,
    /// True if the client has a key: then it has a part of that of its own.
    pub(super) has_key: bool,
}

/// Reads the body, at most [`BODY_MAX`] bytes and for at most the time that is set.
async fn read_body(
    headers: &HeaderMap,
    payload: Payload,
    limits: Limits<'_>,
) -> Result<Bytes, Problem> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok())
        .unwrap_or_default();
    if announced > DRAIN_MAX {
        return Err(too_large());
    }
    let Limits { timeout, bodies, has_key } = limits;
    let collected = collect(payload, STALL_TIMEOUT.min(timeout), bodies.share(has_key));
    tokio::time::timeout(timeout, collected).await.unwrap_or_else(|_| Err(too_late(timeout)))
}

async fn collect(
    mut payload: Payload,
    stall: Duration,
    mut share: Share<'_>,
) -> Result<Bytes, Problem> {
    let mut body = BytesMut::new();
    let mut received = 0;
    while let Some(chunk) =
        tokio::time::timeout(stall, payload.next()).await.map_err(|_| too_late(stall))?
    {
        // A body that ends early: the client is gone or its framing is wrong.
        let chunk = chunk.map_err(|error| {
            Problem::new(Code::MalformedJson, "The body broke off before its end. Send it again.")
                .with("offset", received)
                .caused_by(error)
        })?;
        received += chunk.len();
        if received > DRAIN_MAX {
            return Err(too_large());
        }
        if received <= BODY_MAX {
            share.grow(chunk.len())?;
            body.extend_from_slice(&chunk);
        }
    }
    if received > BODY_MAX { Err(too_large()) } else { Ok(body.freeze()) }
}

fn too_late(after: Duration) -> Problem {
    Problem::plain(Code::RequestTimeout).say("seconds", after.as_secs())
}

fn too_large() -> Problem {
    Problem::plain(Code::BodyTooLarge).with("limit_bytes", BODY_MAX)
}

fn check_media_type(headers: &HeaderMap, accepted: &[&str]) -> Result<(), Problem> {
    let refuse = |why: &str| {
        let problem = Problem::plain(Code::UnsupportedMediaType).with("accepted", accepted);
        Err(problem.say("why", why).say("types", accepted.join("` or `")))
    };
    if let Some(coding) = headers.get(CONTENT_ENCODING)
        && !coding.as_bytes().eq_ignore_ascii_case(b"identity")
    {
        return refuse("The body has a Content-Encoding, and none is accepted: leave that out.");
    }
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return refuse("The body has no Content-Type.");
    };
    let text = value.to_str().unwrap_or_default();
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    if !accepted.contains(&essence.as_str()) {
        return refuse(&format!("`{}` is not accepted here.", cut(&essence)));
    }
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.eq_ignore_ascii_case("charset").then(|| value.trim_matches('"').to_ascii_lowercase())
    });
    match charset.as_deref() {
        None | Some("utf-8") => Ok(()),
        Some(other) => {
            refuse(&format!("The body's charset is `{}`; JSON is sent in UTF-8.", cut(other)))
        }
    }
}

/// In test mode, reads the body before anything is checked, so that the journal has it whatever the
/// request is answered. Returns it, and a payload that gives the same again.
pub(super) async fn ahead(
    request: &HttpRequest,
    mut payload: Payload,
    timeout: Duration,
) -> (Bytes, Payload) {
    let mut body = BytesMut::new();
    let mut chunks = Vec::new();
    let reading = async {
        while body.len() <= DRAIN_MAX
            && let Some(chunk) = payload.next().await
        {
            if let Ok(chunk) = &chunk {
                body.extend_from_slice(chunk);
            }
            chunks.push(chunk);
        }
    };
    // What comes too slowly goes on where this ends.
    let _ = tokio::time::timeout(timeout, reading).await;
    let again = futures_util::stream::iter(chunks).chain(payload);
    let again: Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>> = Box::pin(again);
    let mut again = actix_web::dev::Payload::Stream { payload: again };
    let again = Payload::from_request(request, &mut again).await;
    (body.freeze(), again.expect("a payload that is at hand can be taken"))
}
