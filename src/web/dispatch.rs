//! From actix to a handler: finds the operation and makes the checks in the one order that the
//! contract fixes (`Resource::run`).

use std::net::IpAddr;
use std::ops::Deref;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::body::{BodySize, MessageBody as _};
use actix_web::http::Method;
use actix_web::http::header::{ALLOW, AUTHORIZATION, CACHE_CONTROL, HeaderMap, HeaderName, VARY};
use actix_web::web::{self, Payload};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use futures_util::FutureExt as _;
use percent_encoding::percent_decode_str;

use super::accept;
use super::answer::{Asked, Coding};
use super::answers::{Kept, Outcome, Route};
use super::body::MERGE_PATCH;
use super::call::{Context, Services};
use super::caller::Caller;
use super::etag::{self, Precondition};
use super::hints::no_such_path;
use super::journal::SentBody;
use super::live::LiveSettings;
use super::middleware::{Pattern, request_id};
use super::once::Once;
use super::operation::{Access, Operation};
use super::prefer;
use super::query_method::{self, ACCEPT_QUERY, QUERY, accept_query, query_string};
use super::receive::{Limits, ahead, receive, receive_query};
use super::refusal::refuse;
use super::reply::Reply;
use crate::db::{Shows, Stamp};
use crate::domain::ids::RequestId;
use crate::domain::text::cut;
use crate::problem::{Code, Problem};

/// A response to OPTIONS must not be cached.
const NO_STORE: (HeaderName, &str) = (CACHE_CONTROL, "no-store");
/// Adds all operations to an actix application, one resource per path.
///
/// They are one service of actix, which finds the path in a tree: actix itself would hold it against the pattern of each
/// resource in turn, and takes megabytes for the patterns of each worker.
pub fn configure(
    operations: &[Operation],
    services: &Rc<Services>,
    config: &mut web::ServiceConfig,
) {
    let routes = Rc::new(Routes::of(operations, services));
    config.default_service(web::route().to(move |request: HttpRequest, payload: Payload| {
        let routes = Rc::clone(&routes);
        async move { routes.serve(request, payload).await }
    }));
}

/// All paths.
struct Routes {
    resources: matchit::Router<Rc<Resource>>,
    patterns: Vec<String>,
    services: Rc<Services>,
}

impl Routes {
    /// # Panics
    /// If two patterns are of the same paths: a mistake in the source that every test detects.
    fn of(operations: &[Operation], services: &Rc<Services>) -> Self {
        let mut patterns: Vec<String> =
            operations.iter().map(|operation| operation.path.clone()).collect();
        patterns.sort_unstable();
        patterns.dedup();
        let mut resources = matchit::Router::new();
        for pattern in &patterns {
            let own = operations.iter().filter(|operation| operation.path == *pattern);
            let resource = Rc::new(Resource {
                pattern: Pattern(pattern.as_str().into()),
                operations: own.cloned().map(Served::from).collect(),
                services: Rc::clone(services),
            });
            resources.insert(pattern.as_str(), resource).expect("each path has one pattern");
        }
        Self { resources, patterns, services: Rc::clone(services) }
    }

    async fn serve(&self, request: HttpRequest, payload: Payload) -> HttpResponse {
        // As actix decodes it: all escapes but those of characters that have a meaning in paths.
        let found = self.resources.at(request.match_info().as_str()).map(|found| {
            let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
            (Rc::clone(found.value), found.params.iter().map(owned).collect::<Vec<_>>())
        });
        if let Ok((resource, segments)) = found {
            request.extensions_mut().insert(resource.pattern.clone());
            return resource.serve(request, payload, &segments).await;
        }
        // Answer the preflight of unknown paths too, so that the page can read the 404.
        if self.services.live.get().cors.allows_preflight(request.head()) {
            let mut response = HttpResponse::NoContent();
            return response.insert_header(NO_STORE).finish();
        }
        refuse(&no_such_path(request.path(), &self.patterns), request_id(&request))
    }
}

/// An operation, with what is the same for all its answers.
struct Served {
    operation: Operation,
    route: Arc<Route>,
}

impl Deref for Served {
    type Target = Operation;

    fn deref(&self) -> &Operation {
        &self.operation
    }
}

impl From<Operation> for Served {
    fn from(operation: Operation) -> Self {
        let mut headers = Vec::new();
        if operation.queried {
            headers.push((ACCEPT_QUERY, accept_query()));
        }
        let credential = operation.credential.map(|other| other.header.clone());
        headers.extend(credential.clone().map(|header| (VARY, header.into())));
        let (pattern, produces) = (operation.path.clone(), operation.produces);
        let route = Arc::new(Route { pattern, produces, credential, headers });
        Self { operation, route }
    }
}

/// One path with its operations.
struct Resource {
    pattern: Pattern,
    operations: Vec<Served>,
    services: Rc<Services>,
}

impl Resource {
    /// The methods of this path, in alphabetical order.
    fn allowed(&self) -> Vec<&str> {
        let mut methods: Vec<&str> =
            self.operations.iter().map(|operation| operation.method.as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        if self.operations.iter().any(|operation| operation.queried) {
            methods.push(QUERY);
        }
        methods.push("OPTIONS");
        methods.sort_unstable();
        methods
    }

    async fn serve(
        &self,
        request: HttpRequest,
        payload: Payload,
        segments: &[(String, String)],
    ) -> HttpResponse {
        let id = request_id(&request);
        let is_query = request.method().as_str() == QUERY;
        let method = match *request.method() {
            Method::HEAD => &Method::GET,
            _ if is_query => &Method::GET,
            ref other => other,
        };
        let takes =
            |operation: &&Served| operation.method == *method && (operation.queried || !is_query);
        if let Some(operation) = self.operations.iter().find(takes) {
            let Some(mode) = &self.services.test_mode else {
                return self.call(operation, (&request, segments), payload, id).await;
            };
            let (body, payload) = ahead(&request, payload, self.services.body_timeout).await;
            request.extensions_mut().insert(SentBody(body));
            let served = self.call(operation, (&request, segments), payload, id);
            let document = &self.services.document;
            return prefer::answer(mode, document, operation, (&request, id), served).await;
        }
        let allowed = self.allowed();
        if *method == Method::OPTIONS {
            return self.options(&allowed);
        }
        let methods = allowed.join(", ");
        let problem = Problem::plain(Code::MethodNotAllowed)
            .with("allowed", allowed)
            .say("method", cut(request.method().as_str()))
            .header(ALLOW, methods);
        refuse(&problem, id)
    }

    /// The response to OPTIONS: the allowed methods (RFC 9110 section 9.3.7, RFC 5789 section
    /// 3.1).
    fn options(&self, allowed: &[&str]) -> HttpResponse {
        let mut response = HttpResponse::NoContent();
        response.insert_header((ALLOW, allowed.join(", ")));
        if allowed.contains(&QUERY) {
            response.insert_header((ACCEPT_QUERY, accept_query()));
        }
        if allowed.contains(&"PATCH") {
            let types = format!("{MERGE_PATCH}, application/json");
            response.insert_header(("Accept-Patch", types));
        }
        response.insert_header(NO_STORE);
        response.finish()
    }

    async fn call(
        &self,
        operation: &Served,
        (request, segments): (&HttpRequest, &[(String, String)]),
        payload: Payload,
        id: RequestId,
    ) -> HttpResponse {
        let is_query = request.method().as_str() == QUERY;
        // Before anything is read: what is written from now on may not be in the answer.
        let stamp = self.services.db.stamp();
        let mut query = (!is_query).then(|| request.query_string().to_owned());
        let running = self.run(operation, (request, segments), payload, id, &mut query);
        // A panic in a handler becomes a 500; the process goes on.
        let pending = AssertUnwindSafe(running).catch_unwind();
        let result =
            pending.await.unwrap_or_else(|_| Err(Problem::internal("a panic in a handler")));
        // Two requests to QUERY differ in their content.
        let stamp = Some(stamp).filter(|_| !is_query && operation.method == Method::GET);
        let mut response = result
            .and_then(|reply| self.answer(operation, request, reply, stamp))
            .unwrap_or_else(|problem| self.refuse(operation, request, problem, (id, stamp)));
        if is_query {
            query_method::finish(&mut response, request.path(), query.as_deref());
        }
        response
    }

    /// The response with a reply. With the stamp of its read, the reply is kept for others, if it may be.
    fn answer(
        &self,
        operation: &Served,
        request: &HttpRequest,
        mut reply: Reply,
        stamp: Option<Stamp>,
    ) -> Result<HttpResponse, Problem> {
        let services = &self.services;
        let has_body = request.method() != Method::HEAD;
        let for_stream = (services, has_body);
        if let Some(response) = reply.streamed(&operation.route.headers, for_stream) {
            return Ok(response);
        }
        let asked = Asked {
            headers: request.headers(),
            is_read: operation.method == Method::GET,
            shared_max_age: services.live.get().shared_max_age,
            now: services.now(),
        };
        let wanted = Coding::wanted(asked.headers);
        let kept = stamp.zip(reply.kept());
        let kept = kept.filter(|_| self.admits(request, wanted, reply.length()));
        let answer = Arc::new(reply.finish(&operation.route.headers, kept.is_some())?);
        let coded = Arc::new(answer.coded(wanted)?);
        if let Some((stamp, (shows, until))) = kept {
            let outcome = Outcome::Answer(Arc::clone(&answer), Arc::clone(&coded));
            let (route, shows) = (Arc::clone(&operation.route), Arc::new(shows));
            self.keep(request, wanted, Kept { outcome, route, stamp, shows, until });
        }
        answer.respond(&coded, &asked)
    }

    /// The response with a problem, which is kept like a reply: it is the same for everyone without a key.
    fn refuse(
        &self,
        operation: &Served,
        request: &HttpRequest,
        problem: Problem,
        (id, stamp): (RequestId, Option<Stamp>),
    ) -> HttpResponse {
        let response = operation.route.refuse(&problem, id);
        let headers = request.headers();
        let is_public = !headers.contains_key(AUTHORIZATION) && !operation.is_shown_other(headers);
        if let (true, Some((stamp, until))) = (is_public, stamp.zip(problem.known_until())) {
            let wanted = Coding::wanted(headers);
            let BodySize::Sized(length) = response.body().size() else {
                return response;
            };
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            if self.admits(request, wanted, length) {
                let outcome = Outcome::Problem(Arc::new(problem), length);
                let (route, shows) = (Arc::clone(&operation.route), Arc::new(Shows::nothing()));
                self.keep(request, wanted, Kept { outcome, route, stamp, shows, until });
            }
        }
        response
    }

    fn admits(&self, request: &HttpRequest, wanted: Coding, length: usize) -> bool {
        let uri = request.uri().path_and_query();
        uri.is_some_and(|uri| self.services.answers.admits(uri.as_str(), wanted, length))
    }

    fn keep(&self, request: &HttpRequest, wanted: Coding, kept: Kept) {
        if let Some(uri) = request.uri().path_and_query() {
            let services = &self.services;
            services.answers.keep(uri.as_str(), wanted, kept, services.now());
        }
    }

    /// The order of the checks: the first that fails decides the response. Path and method are
    /// checked before.
    async fn run(
        &self,
        operation: &Operation,
        (request, segments): (&HttpRequest, &[(String, String)]),
        payload: Payload,
        id: RequestId,
        query: &mut Option<String>,
    ) -> Result<Reply, Problem> {
        let (headers, services) = (request.headers(), &self.services);
        let address = self.address(request);
        let caller = self.authenticate(operation.access, headers, address)?; // 401, 429
        operation.authorise(&caller, headers)?; // 401, 403
        let is_query = query.is_none();
        let limits = Limits {
            timeout: services.body_timeout,
            bodies: &services.bodies,
            has_key: !caller.is_anonymous(),
        };
        let body = match is_query {
            true => receive_query(headers, payload, limits).await?,
            false => receive(operation.body, headers, payload, limits).await?,
        }; // 408, 413, 415
        if !operation.whatever_accept {
            check_accept(headers, operation.produces)?; // 406
        }
        let query = match query {
            Some(query) => query,
            // 400: content that says no parameters
            None => query.insert(query_string(request.query_string(), headers, &body)?),
        };
        let segment = |name: &str| {
            let found = segments.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let handler = (operation.handler)(&segment, query)?; // 400: path and query
        let precondition = condition(operation, headers, &services.live)?; // 400
        let once = once(operation, request, &caller, address, &body)?; // 400
        let is_private = !caller.is_anonymous() || operation.is_shown_other(headers);
        let context = Context {
            services: Rc::clone(services),
            caller,
            request_id: id,
            uri_path: request.path().to_owned(),
            raw_query: query.clone(),
            precondition,
            headers: headers.clone(),
            address,
            once,
        };
        let handler = handler(&body, &context)?; // 400, 422: what the body alone shows
        let reply = match context.kept_reply()? {
            Some(kept) => kept,              // the same request was answered before
            None => handler(context).await?, // 403, 404, 409, 410, 412, 428, 451: the thing itself
        };
        Ok(reply.private(is_private))
    }

    /// The client's address, if it can be trusted.
    fn address(&self, request: &HttpRequest) -> Option<IpAddr> {
        let peer = request.peer_addr().map(|peer| peer.ip());
        peer.map(|peer| self.services.live.get().proxies.client(peer, request.headers()))
    }

    fn authenticate(
        &self,
        access: Access,
        headers: &HeaderMap,
        address: Option<IpAddr>,
    ) -> Result<Caller, Problem> {
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
        (self.services.authenticate)(&self.services.db, key.trim(), address)?.ok_or_else(invalid)
    }
}

/// The precondition of a write; for a GET, only checks that `If-None-Match` is valid.
fn condition(
    operation: &Operation,
    headers: &HeaderMap,
    live: &LiveSettings,
) -> Result<Precondition, Problem> {
    if operation.method == Method::GET {
        etag::check(headers)?;
    }
    let is_required = operation.conditional_write && live.get().require_if_match;
    match operation.conditional_write || operation.tagged_write {
        true => Precondition::read(headers, is_required),
        false => Ok(Precondition::default()),
    }
}

/// The digests of a request with `Idempotency-Key`; `None` without one.
fn once(
    operation: &Operation,
    request: &HttpRequest,
    caller: &Caller,
    address: Option<IpAddr>,
    body: &[u8],
) -> Result<Option<Once>, Problem> {
    if !operation.creates {
        return Ok(None);
    }
    // A path is the same however it is percent-encoded.
    let path = percent_decode_str(request.path()).decode_utf8_lossy();
    Once::read(request.headers(), caller, address, &path, body)
}

fn check_accept(headers: &HeaderMap, produces: &'static [&'static str]) -> Result<(), Problem> {
    // An operation without media types of its own is part of a page: the browser knows what it
    // asked for.
    if produces.is_empty() || accept::media_type(headers, produces).is_some() {
        return Ok(());
    }
    Err(Problem::plain(Code::NotAcceptable).with("available", produces))
}
