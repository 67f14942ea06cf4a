//! From actix to a handler: finds the operation and makes the checks in the
//! one order that the contract fixes. Path, method, credentials, size, type,
//! `Accept`, parameters; the handler goes on with the body and the thing itself.

use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap,
    HeaderName, VARY,
};
use actix_web::web::{self, Bytes, BytesMut, Payload};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::{FutureExt as _, StreamExt as _};
use percent_encoding::percent_decode_str;
use uuid::Uuid;

use super::accept;
use super::call::{Call, Services};
use super::caller::Caller;
use super::etag::{self, Precondition};
use super::idempotency::Once;
use super::middleware::request_id;
use super::operation::{Access, BodyKind, MERGE_PATCH, Operation};
use super::path::{path_names, read_path};
use super::query::{Query, refuse_if_any};
use super::reply::{Asked, refuse, respond};
use crate::domain::text::cut;
use crate::problem::{Code, Problem};

/// What is answered to OPTIONS is not kept.
const NO_STORE: (HeaderName, &str) = (CACHE_CONTROL, "no-store");
/// The header with an author's token.
pub const EDIT_TOKEN: HeaderName = HeaderName::from_static("edit-token");
/// Largest body, in bytes: four times the largest article.
pub const BODY_MAX: usize = 2 * 1024 * 1024;
/// Most bytes of a body too large that are read and thrown away, so that the
/// client gets to see the answer instead of a broken connection.
const DRAIN_MAX: usize = 16 * 1024 * 1024;

/// Adds all operations to an actix application, one resource a path.
pub fn configure(
    operations: &[Operation],
    services: &Rc<Services>,
    config: &mut web::ServiceConfig,
) {
    let mut patterns: Vec<String> = operations
        .iter()
        .map(|operation| operation.path.clone())
        .collect();
    patterns.sort_unstable();
    patterns.dedup();
    for pattern in &patterns {
        let resource = Rc::new(Resource {
            operations: operations
                .iter()
                .filter(|operation| operation.path == *pattern)
                .cloned()
                .collect(),
            services: Rc::clone(services),
        });
        config.service(web::resource(pattern.as_str()).route(web::route().to(
            move |request: HttpRequest, payload: Payload| {
                let resource = Rc::clone(&resource);
                async move { resource.serve(request, payload).await }
            },
        )));
    }
    let (patterns, services) = (Rc::new(patterns), Rc::clone(services));
    config.default_service(web::route().to(move |request: HttpRequest| {
        let (patterns, services) = (Rc::clone(&patterns), Rc::clone(&services));
        async move {
            // A browser asks before, and would keep from its page the 404 that says what is wrong.
            if services.cors.allows_preflight(request.head()) {
                let mut response = HttpResponse::NoContent();
                return response.insert_header(NO_STORE).finish();
            }
            refuse(
                &no_such_path(request.path(), &patterns),
                request_id(&request),
            )
        }
    }));
}

/// One path with the operations on it.
struct Resource {
    operations: Vec<Operation>,
    services: Rc<Services>,
}

impl Resource {
    /// The methods of this path, in alphabetical order.
    fn allowed(&self) -> Vec<&str> {
        let mut methods: Vec<&str> = self
            .operations
            .iter()
            .map(|operation| operation.method.as_str())
            .collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.push("OPTIONS");
        methods.sort_unstable();
        methods
    }

    async fn serve(&self, request: HttpRequest, payload: Payload) -> HttpResponse {
        let id = request_id(&request);
        let method = match *request.method() {
            Method::HEAD => &Method::GET,
            ref other => other,
        };
        if let Some(operation) = self
            .operations
            .iter()
            .find(|operation| operation.method == *method)
        {
            return self.call(operation, &request, payload, id).await;
        }
        let allowed = self.allowed();
        if *method == Method::OPTIONS {
            return self.options(&allowed);
        }
        let detail = format!(
            "`{}` is not a method of this path. It knows {}.",
            cut(method.as_str()),
            allowed.join(", ")
        );
        refuse(
            &Problem::new(Code::MethodNotAllowed, detail).with("allowed", allowed),
            id,
        )
    }

    /// What can be done here (RFC 9110 section 9.3.7, RFC 5789 section 3.1).
    fn options(&self, allowed: &[&str]) -> HttpResponse {
        let mut response = HttpResponse::NoContent();
        response.insert_header((ALLOW, allowed.join(", ")));
        if allowed.contains(&"PATCH") {
            let types = format!("{MERGE_PATCH}, application/json");
            response.insert_header(("Accept-Patch", types));
        }
        response.insert_header(NO_STORE);
        response.finish()
    }

    async fn call(
        &self,
        operation: &Operation,
        request: &HttpRequest,
        payload: Payload,
        id: Uuid,
    ) -> HttpResponse {
        let headers = request.headers();
        let mut with_key = false;
        let result = async {
            let caller = self.authenticate(operation.access, headers)?;
            with_key = !caller.is_anonymous();
            match operation.access {
                Access::Open | Access::Public => {}
                Access::KeyOrToken(_) if headers.contains_key(&EDIT_TOKEN) => {}
                Access::KeyOrToken(_) if caller.is_anonymous() => {
                    return Err(Problem::new(
                        Code::Unauthenticated,
                        "This needs the comment's own token, sent as `Edit-Token: <edit_token>`, or a moderator's key, sent as `Authorization: Bearer <key>`.",
                    ));
                }
                Access::Key(scopes) | Access::KeyOrToken(scopes) => caller.require(scopes)?,
            }
            if let Some(scope) = operation.also {
                caller.require(&[scope])?;
            }
            let body = match operation.body {
                BodyKind::None => Bytes::new(),
                kind => {
                    let body = read_body(headers, payload, self.services.body_timeout).await?;
                    if kind != BodyKind::OptionalJson || !body.is_empty() {
                        check_media_type(headers, kind.media_types())?;
                    }
                    body
                }
            };
            check_accept(headers, operation.produces)?;
            let mut faults = Vec::new();
            let path = path_names(&operation.path)
                .filter_map(|name| {
                    let raw = request.match_info().get(name).unwrap_or_default();
                    Some((
                        super::path::segment_name(name),
                        read_path(name, raw, &mut faults)?,
                    ))
                })
                .collect();
            let query = Query::parse(request.query_string(), &operation.query, &mut faults);
            refuse_if_any(faults)?;
            let is_required = operation.conditional_write && self.services.require_if_match;
            let precondition = match operation.conditional_write || operation.tagged_write {
                true => Precondition::read(headers, is_required)?,
                false => Precondition::default(),
            };
            if operation.method == Method::GET {
                etag::check(headers)?;
            }
            let peer = request.peer_addr().map(|peer| peer.ip());
            let address = peer.map(|peer| self.services.site.proxies.client(peer, headers));
            let once = match operation.creates {
                true => {
                    // However it is escaped, it is one path.
                    let path = percent_decode_str(request.path()).decode_utf8_lossy();
                    Once::read(headers, &caller, address, &path, &body)?
                }
                false => None,
            };
            let call = Call {
                address,
                once,
                services: Rc::clone(&self.services),
                caller,
                request_id: id,
                uri_path: request.path().to_owned(),
                raw_query: request.query_string().to_owned(),
                query,
                precondition,
                headers: headers.clone(),
                path,
                body,
            };
            // A panic in a handler is a fault of ours; the process lives on.
            let pending = AssertUnwindSafe((operation.handler)(call)).catch_unwind();
            pending
                .await
                .unwrap_or_else(|_| Err(Problem::internal("a panic in a handler")))
        }
        .await;
        let is_read = operation.method == Method::GET;
        let with_token = operation.takes_token && headers.contains_key(&EDIT_TOKEN);
        let mut response = respond(
            result,
            &Asked {
                headers,
                request_id: id,
                is_private: with_key || with_token,
                is_read,
            },
        );
        if operation.takes_token {
            response.headers_mut().append(VARY, EDIT_TOKEN.into());
        }
        response
    }

    fn authenticate(&self, access: Access, headers: &HeaderMap) -> Result<Caller, Problem> {
        if access == Access::Open {
            return Ok(Caller::Anonymous);
        }
        let mut values = headers.get_all(AUTHORIZATION);
        let Some(value) = values.next() else {
            return Ok(Caller::Anonymous);
        };
        let invalid = || Problem::plain(Code::InvalidKey);
        let no_scheme = || {
            Problem::new(
                Code::InvalidKey,
                "`Authorization` holds no bearer key. Send it as `Authorization: Bearer <key>`.",
            )
        };
        if values.next().is_some() {
            return Err(invalid());
        }
        let text = value.to_str().map_err(|_| invalid())?;
        // The scheme's name is case-insensitive (RFC 9110 section 11.1).
        let (scheme, key) = text.split_once(' ').ok_or_else(no_scheme)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(no_scheme());
        }
        (self.services.authenticate)(&self.services.db, key.trim())?.ok_or_else(invalid)
    }
}

/// Reads the body, up to [`BODY_MAX`] bytes and as long as `timeout`.
async fn read_body(
    headers: &HeaderMap,
    payload: Payload,
    timeout: Duration,
) -> Result<Bytes, Problem> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok())
        .unwrap_or_default();
    if announced > DRAIN_MAX {
        return Err(too_large());
    }
    match tokio::time::timeout(timeout, collect(payload)).await {
        Ok(body) => body,
        Err(_) => {
            let detail = format!(
                "The body did not arrive within {} seconds. Nothing was changed; send the request again.",
                timeout.as_secs()
            );
            Err(Problem::new(Code::RequestTimeout, detail))
        }
    }
}

async fn collect(mut payload: Payload) -> Result<Bytes, Problem> {
    let mut body = BytesMut::new();
    let mut received = 0;
    while let Some(chunk) = payload.next().await {
        // A body that breaks off: the client is gone or its framing is wrong.
        let chunk = chunk.map_err(|error| {
            Problem::new(
                Code::MalformedJson,
                "The body broke off before its end. Send it again.",
            )
            .with("offset", received)
            .caused_by(error)
        })?;
        received += chunk.len();
        if received > DRAIN_MAX {
            return Err(too_large());
        }
        if received <= BODY_MAX {
            body.extend_from_slice(&chunk);
        }
    }
    if received > BODY_MAX {
        Err(too_large())
    } else {
        Ok(body.freeze())
    }
}

fn too_large() -> Problem {
    Problem::new(
        Code::BodyTooLarge,
        format!("The body is larger than {BODY_MAX} bytes. Send less."),
    )
    .with("limit_bytes", BODY_MAX)
}

fn check_media_type(headers: &HeaderMap, accepted: &[&str]) -> Result<(), Problem> {
    let refuse = |detail: String| {
        Err(Problem::new(Code::UnsupportedMediaType, detail).with("accepted", accepted))
    };
    let ask = format!("Send `Content-Type: {}`.", accepted.join("` or `"));
    if let Some(coding) = headers.get(CONTENT_ENCODING)
        && !coding.as_bytes().eq_ignore_ascii_case(b"identity")
    {
        return refuse(
            "The body has a Content-Encoding, and none is taken. Send it as it is.".to_owned(),
        );
    }
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return refuse(format!("The body has no Content-Type. {ask}"));
    };
    let text = value.to_str().unwrap_or_default();
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    if !accepted.contains(&essence.as_str()) {
        return refuse(format!(
            "The body comes as `{}`, which is not taken here. {ask}",
            cut(&essence)
        ));
    }
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.eq_ignore_ascii_case("charset")
            .then(|| value.trim_matches('"').to_ascii_lowercase())
    });
    match charset.as_deref() {
        None | Some("utf-8") => Ok(()),
        Some(other) => refuse(format!(
            "The body's charset is `{}`; JSON is sent in UTF-8. {ask}",
            cut(other)
        )),
    }
}

fn check_accept(headers: &HeaderMap, produces: &'static [&'static str]) -> Result<(), Problem> {
    // What names no type of its own is part of a page: a browser knows what it asked for.
    if produces.is_empty() || accept::media_type(headers, produces).is_some() {
        return Ok(());
    }
    let detail = format!(
        "This resource comes as {}. Leave `Accept` out, or name it there.",
        produces.join(" or ")
    );
    Err(Problem::new(Code::NotAcceptable, detail).with("available", produces))
}

/// 404 for a path that nothing has, with the one that was probably meant.
fn no_such_path(path: &str, patterns: &[String]) -> Problem {
    let known = |candidate: &str| {
        patterns
            .iter()
            .any(|pattern| matches_pattern(pattern, candidate))
    };
    let trimmed = path.trim_end_matches('/');
    let with_base = format!("/v1{trimmed}");
    let hint = if trimmed != path && known(trimmed) {
        format!("Paths have no trailing slash: ask for `{}`.", cut(trimmed))
    } else if known(&with_base) {
        format!("Did you mean `{}`?", cut(&with_base))
    } else {
        "The paths are listed at `/docs`, and for programs in `/openapi.json`.".to_owned()
    };
    Problem::new(
        Code::RouteNotFound,
        format!("There is nothing at `{}`. {hint}", cut(path)),
    )
}

fn matches_pattern(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given))
                if wanted == given || (wanted.starts_with('{') && !given.is_empty()) => {}
            _ => return false,
        }
    }
}
