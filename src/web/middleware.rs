//! The wrapper of every response: the request id, the headers that are always set, and the
//! guarantee that only documented responses are sent.

use std::net::Ipv6Addr;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::ConnectionType;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpRequest, HttpResponse};
use uuid::Uuid;

use super::answers::Route;
use super::call::Services;
use super::headers::{PREFER, X_REQUEST_ID};
use super::prefer::TEST_PATHS;
use super::query_method::QUERY;
use super::refusal::refuse;
use crate::domain::ids::RequestId;
use crate::problem::{Code, PROBLEM_JSON, Problem};

/// No response may run or load anything, wherever it is displayed.
const CSP: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// The request's id; a valid one that the client sent is kept.
#[must_use]
pub fn request_id(request: &HttpRequest) -> RequestId {
    // `wrap` sets it before anything else runs.
    request.extensions().get().copied().unwrap_or_else(|| RequestId::new(Uuid::nil()))
}

/// The path pattern of a request, for the log.
#[derive(Clone)]
pub(super) struct Pattern(pub(super) Rc<str>);

/// Wraps the whole application.
///
/// # Errors
/// Never: any error inside becomes a problem.
pub async fn wrap(
    services: Rc<Services>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let given = request.headers().get(X_REQUEST_ID);
    let given = given.and_then(|value| RequestId::parse(value.to_str().ok()?));
    let fresh = || services.request_ids.next(services.clock.now());
    let id = given.unwrap_or_else(fresh);
    request.extensions_mut().insert(id);
    let live = services.live.get();
    let cors = live.cors.headers(request.head());
    let varies_by_origin = live.cors.varies_by_origin();
    // What offers an upgrade is closed, and what would be closed by the end of the server.
    let is_last = request.head().upgrade() || services.stopping.load(Ordering::Relaxed);
    let began = std::time::Instant::now();
    let _running = services.metrics.begin();
    let finish = |headers: &mut HeaderMap| {
        if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
            headers.insert(X_REQUEST_ID, value);
        }
        set_always(headers, varies_by_origin);
        for (name, value) in cors {
            headers.insert(name, value);
        }
    };
    let foreign = |cause: String| refuse(&Problem::internal(cause), id);
    let mut route = None;
    let checked = check_host(request.headers());
    let mode = services.test_mode.as_ref();
    let arrived = mode.map(|mode| (services.now(), mode.interrupted()));
    let prefers =
        mode.is_some_and(|mode| request.headers().contains_key(PREFER) || mode.prefers_next());
    let kept = (checked.is_ok() && !prefers).then(|| {
        let read_now = (&services.db, services.now());
        services.answers.find(request.head(), read_now, live.shared_max_age, id)
    });
    let called = match (checked, kept.flatten()) {
        (Err(problem), _) => Ok(request.into_response(refuse(&problem, id))),
        (Ok(()), Some((response, kept))) => {
            route = Some(kept);
            Ok(request.into_response(response))
        }
        // The request itself must not be held across this call: actix writes to it while routing.
        (Ok(()), None) => next.call(request).await.map(ServiceResponse::map_into_boxed_body),
    };
    match called {
        Ok(response) => {
            // actix's own text/plain responses are replaced here.
            let mut response = match is_ours(response.status().is_success(), response.headers()) {
                true => {
                    let (request, response) = response.into_parts();
                    ServiceResponse::new(request, services.public_url.add_to_problem(response))
                }
                false => {
                    let cause = format!("actix answered {}", response.status());
                    response.into_response(foreign(cause)).map_into_boxed_body()
                }
            };
            finish(response.headers_mut());
            services.public_url.add_to_headers(response.headers_mut());
            if is_last {
                say_closed(response.response_mut());
            }
            if let Some(mode) = mode.filter(|_| !request_is_of_tests(&response)) {
                // A request from before a reset is not of the test that goes on after it.
                let arrived = arrived.filter(|(_, interrupted)| *interrupted == mode.interrupted());
                if let Some((at, _)) = arrived {
                    mode.journal.note(response.request(), id, at, response.status().as_u16());
                }
            }
            note_request(&services, id, &response, route.as_deref(), began.elapsed());
            Ok(response)
        }
        Err(error) => {
            let mut response = foreign(error.to_string());
            finish(response.headers_mut());
            if is_last {
                say_closed(&mut response);
            }
            Err(InternalError::from_response(error, response).into())
        }
    }
}

/// True for the operations by which a test suite decides on the server, which are no part of what it tests.
fn request_is_of_tests<B>(response: &ServiceResponse<B>) -> bool {
    response.request().path().starts_with(TEST_PATHS)
}

/// Checks the `Host` header: a host with an optional port, once (RFC 9112 section 3.2, RFC 9110
/// section 7.2). Whoever makes a link of it must be able to rely on it.
fn check_host(headers: &HeaderMap) -> Result<(), Problem> {
    let mut values = headers.get_all(header::HOST);
    let Some(value) = values.next() else {
        return Ok(());
    };
    let is_port = |port: &str| {
        port.is_empty() || port.bytes().all(|c| c.is_ascii_digit()) && port.parse::<u16>().is_ok()
    };
    let is_name = |name: &str| {
        name.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'_'))
    };
    let is_host = |text: &str| {
        let bracketed = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        match (bracketed, text.split_once(':')) {
            (Some((address, "")), _) => address.parse::<Ipv6Addr>().is_ok(),
            (Some((address, rest)), _) => {
                address.parse::<Ipv6Addr>().is_ok() && rest.strip_prefix(':').is_some_and(is_port)
            }
            (None, Some((name, port))) => is_name(name) && !name.is_empty() && is_port(port),
            (None, None) => is_name(text),
        }
    };
    match values.next().is_none() && value.to_str().is_ok_and(is_host) {
        true => Ok(()),
        false => Err(Problem::parameter(
            "Host",
            "The header `Host` takes one host with an optional port, as in `news.example:8080`."
                .to_owned(),
        )),
    }
}

/// The log target of request lines, one per request.
const REQUESTS: &str = "copydesk::requests";

/// The methods that are counted and logged by their names.
const KNOWN_METHODS: [&str; 8] =
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", QUERY];

/// Counts and logs a request: its route's pattern instead of path and query, which hold what people search
/// for, and nothing about the caller.
fn note_request<B>(
    services: &Services,
    id: RequestId,
    response: &ServiceResponse<B>,
    route: Option<&Route>,
    took: Duration,
) {
    let (request, status) = (response.request(), response.status());
    // Any token can be a method; logging only known ones reveals nothing about the caller.
    let method = request.method().as_str();
    let method = KNOWN_METHODS.iter().find(|known| **known == method).map_or("-", |known| known);
    let pattern = request.extensions().get::<Pattern>().cloned();
    let pattern = route.map(|route| &*route.pattern).or(pattern.as_ref().map(|known| &*known.0));
    let route = pattern.unwrap_or("-");
    let status = status.as_u16();
    services.metrics.ended(&services.used_metrics, (method, route, status), took);
    if status == Code::RateLimited.entry().status.as_u16() {
        services.metrics.limited(response.headers());
    }
    if !log::log_enabled!(target: REQUESTS, log::Level::Info) {
        return;
    }
    let micros = took.as_micros();
    log::info!(
        target: REQUESTS,
        request_id:display = id, method, route, status, micros;
        "{method} {route} {status} {micros} us"
    );
}

/// True if a response is in a form that this program produces.
fn is_ours(success: bool, headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE);
    success || content_type.is_none_or(|value| value == PROBLEM_JSON)
}

/// Announces that the connection ends with this response. No upgrade is accepted, and actix closes
/// such a connection while it sends `Connection: upgrade`: clients that offer HTTP/2 (Java's
/// HttpClient, `curl --http2`) would then wait for an upgrade that never comes.
fn say_closed<B>(response: &mut HttpResponse<B>) {
    response.head_mut().set_connection_type(ConnectionType::Close);
}

/// The request headers that every response varies by.
const VARIES_BY: [HeaderName; 2] = [header::ACCEPT_ENCODING, header::AUTHORIZATION];

/// The same as a line.
const VARIES_BY_LINE: &str = "Accept-Encoding, Authorization";

/// One `Vary` header with all that a response depends on: some caches obey only the last of
/// several lines (nginx before 1.23) or only the first (Traffic Server).
fn vary(headers: &mut HeaderMap, by_origin: bool) {
    if !by_origin && !headers.contains_key(header::VARY) {
        headers.insert(header::VARY, HeaderValue::from_static(VARIES_BY_LINE));
        return;
    }
    let mut names: Vec<String> = VARIES_BY.map(|name| title_case(&name)).into();
    let own: Vec<HeaderValue> = headers.remove(header::VARY).collect();
    let own = own.iter().filter_map(|value| value.to_str().ok());
    let named = own
        .flat_map(|value| value.split(','))
        .filter_map(|name| HeaderName::try_from(name.trim()).ok())
        .chain(by_origin.then_some(header::ORIGIN));
    for name in named {
        let name = title_case(&name);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if let Ok(value) = HeaderValue::from_str(&names.join(", ")) {
        headers.insert(header::VARY, value);
    }
}

/// A header's name in its usual spelling: `Accept-Encoding`.
fn title_case(name: &HeaderName) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at(1.min(word.len()));
        format!("{}{rest}", first.to_ascii_uppercase())
    };
    name.as_str().split('-').map(word).collect::<Vec<_>>().join("-")
}

fn set_always(headers: &mut HeaderMap, varies_by_origin: bool) {
    vary(headers, varies_by_origin);
    let mut default = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    default(header::CONTENT_SECURITY_POLICY, CSP);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}
