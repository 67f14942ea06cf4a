//! Operations: each is a handler with the conditions for calling it and its description in the
//! OpenAPI document. Method and path come from the handler's `#[utoipa::path]`; the rest is
//! declared here once and gives both the checks and the documentation of their responses.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, HeaderName};
use serde_json::Value;
use utoipa::openapi::path::{HttpMethod, Operation as Document};

use super::body::{Body, BodyKind};
use super::call::{Call, Context};
use super::caller::Caller;
use super::path::{Path, path_names};
use super::query::{Query, refuse_if_any};
use super::reply::{JSON, Reply};
use crate::domain::scope::Scope;
use crate::problem::{Code, Problem};

/// A handler's response, as a future.
pub type Pending = Pin<Box<dyn Future<Output = Result<Reply, Problem>>>>;
/// A handler whose parameters and body have been read.
pub(super) type Ready = Box<dyn FnOnce(Context) -> Pending>;
/// A handler whose parameters have been read; the body is next.
pub(super) type WithParameters = Box<dyn FnOnce(&[u8], &Context) -> Result<Ready, Problem>>;
/// A handler: it first reads its path parameters, each in raw form, and the query.
type Handler = Rc<dyn Fn(&dyn Fn(&str) -> String, &str) -> Result<WithParameters, Problem>>;

/// The credentials that an operation needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Credentials are ignored: pages about the server itself.
    Open,
    /// None needed; a key shows more, and an invalid one is refused.
    Public,
    /// A key with one of these scopes; any key if the list is empty.
    Key(&'static [Scope]),
    /// The same, or the operation's other credential instead: the handler checks that one once it
    /// has the resource.
    KeyOrOther(&'static [Scope]),
}

/// A credential other than a key: a header for a single resource.
#[derive(Debug, PartialEq, Eq)]
pub struct Credential {
    /// The header that carries it.
    pub header: HeaderName,
    /// Its name in the document's security schemes.
    pub scheme: &'static str,
    /// Its title in the document.
    pub title: &'static str,
    /// The detail if neither it nor a key was sent.
    pub missing: &'static str,
    /// The problem if it is wrong.
    pub refused: Code,
}

/// One operation.
#[derive(Clone)]
pub struct Operation {
    /// Its method.
    pub method: Method,
    /// Its path pattern.
    pub path: String,
    /// Its part of the OpenAPI document, from its handler.
    pub document: Document,
    /// The credentials that it needs.
    pub access: Access,
    /// A second scope the key must also have.
    pub also: Option<Scope>,
    /// The body that it takes.
    pub body: BodyKind,
    /// Name and schema of its body.
    pub body_schema: Option<(String, Value)>,
    /// An example of its body.
    pub body_example: Value,
    /// Its path parameters in the OpenAPI document.
    pub path_parameters: Vec<Value>,
    /// Its query parameters in the OpenAPI document.
    pub query: Vec<Value>,
    /// True if it answers with pages of a list.
    pub is_paged: bool,
    /// Problems specific to it.
    pub fails: Vec<Code>,
    /// True if it honours `If-Match`, by version, and `If-None-Match`.
    pub conditional_write: bool,
    /// True if it honours conditions by the whole tag of a resource without versions.
    pub tagged_write: bool,
    /// True if it creates something and honours `Idempotency-Key`.
    pub creates: bool,
    /// The credential that it accepts besides a key.
    pub credential: Option<&'static Credential>,
    /// True if it answers 308 for a name that has changed.
    pub moves: bool,
    /// True if it answers whatever `Accept` says.
    pub whatever_accept: bool,
    /// True if its other media types are described in words alone.
    pub in_formats: bool,
    /// True if it answers 302 to its past, for `Accept-Datetime`.
    pub leads_back: bool,
    /// True if QUERY asks for the same, with the parameters as content.
    pub queried: bool,
    /// True if it is left out of the document: a part of a page, not of the API.
    pub hidden: bool,
    /// The ids of operations on what it has created: links of its response.
    pub leads_to: &'static [&'static str],
    /// Members of the example response that the example request does not have.
    pub answer_example: Value,
    /// The media types that it can answer with, the first by default; empty if its response has no
    /// body, and `Accept` is then ignored.
    pub produces: &'static [&'static str],
    pub(super) handler: Handler,
}

impl Operation {
    /// The operation of `handler`, whose `__path_..` type is `D`. Path, query and body are the
    /// handler's argument types.
    ///
    /// # Panics
    /// If `D` does not have exactly one method, or has another path than the handler's parameters:
    /// mistakes in the source that every test detects.
    pub fn new<D, P, Q, B, F, R>(_documented: D, handler: F) -> Self
    where
        D: utoipa::Path,
        P: Path + 'static,
        Q: Query + 'static,
        B: Body + 'static,
        F: Fn(Call<P, Q, B>) -> R + 'static,
        R: Future<Output = Result<Reply, Problem>> + 'static,
    {
        let methods = D::methods();
        let method = match methods.as_slice() {
            [HttpMethod::Get] => Method::GET,
            [HttpMethod::Post] => Method::POST,
            [HttpMethod::Put] => Method::PUT,
            [HttpMethod::Patch] => Method::PATCH,
            [HttpMethod::Delete] => Method::DELETE,
            _ => panic!("{} must have one of the methods GET, POST, PUT, PATCH, DELETE", D::path()),
        };
        let path = D::path();
        let names: Vec<&str> = path_names(&path).collect();
        assert_eq!(names, P::names(), "{path} and its handler name other parameters");
        Self {
            method,
            path_parameters: P::documents(),
            path,
            document: D::operation(),
            access: Access::Public,
            also: None,
            body: B::KIND,
            body_schema: B::schema(),
            body_example: Value::Null,
            query: Q::documents(),
            is_paged: Q::is_paged(),
            fails: Vec::new(),
            conditional_write: false,
            tagged_write: false,
            creates: false,
            credential: None,
            moves: false,
            leads_back: false,
            whatever_accept: false,
            in_formats: false,
            queried: false,
            hidden: false,
            leads_to: &[],
            answer_example: Value::Null,
            produces: &[JSON],
            handler: ready(Rc::new(handler)),
        }
    }

    /// Puts it under the tag `tag` in the document.
    #[must_use]
    pub fn tagged(mut self, tag: &str) -> Self {
        self.document.tags = Some(vec![tag.to_owned()]);
        self
    }

    /// Ignores credentials.
    #[must_use]
    pub fn open(mut self) -> Self {
        self.access = Access::Open;
        self
    }

    /// Needs a key, with any scopes.
    #[must_use]
    pub fn key(self) -> Self {
        self.scope(&[])
    }

    /// Needs a key with one of these scopes, or the other credential.
    #[must_use]
    pub fn scope_or(mut self, any_of: &'static [Scope], other: &'static Credential) -> Self {
        self.access = Access::KeyOrOther(any_of);
        self.looking_at(other)
    }

    /// Accepts another credential as well.
    #[must_use]
    pub fn looking_at(mut self, other: &'static Credential) -> Self {
        self.credential = Some(other);
        self
    }

    /// Needs a key with one of these scopes.
    #[must_use]
    pub fn scope(mut self, any_of: &'static [Scope]) -> Self {
        self.access = Access::Key(any_of);
        self
    }

    /// Needs a key that has this scope too.
    #[must_use]
    pub fn also(mut self, scope: Scope) -> Self {
        self.also = Some(scope);
        self
    }

    /// Sets the example body in the document.
    #[must_use]
    pub fn example(mut self, body: Value) -> Self {
        self.body_example = body;
        self
    }

    /// Adds problems that it can fail with, besides those that follow from its other properties.
    #[must_use]
    pub fn fails(mut self, codes: &[Code]) -> Self {
        self.fails.extend_from_slice(codes);
        self
    }

    /// Honours `If-Match`.
    #[must_use]
    pub fn conditional(mut self) -> Self {
        self.conditional_write = true;
        self
    }

    /// Honours `If-Match` and `If-None-Match` by the whole tag: the resource has no versions.
    #[must_use]
    pub fn conditional_by_tag(mut self) -> Self {
        self.tagged_write = true;
        self
    }

    /// Creates something once per `Idempotency-Key`; its handler must use [`Context::create`].
    #[must_use]
    pub fn creates(mut self) -> Self {
        self.creates = true;
        self
    }

    /// Answers in other formats to those who ask for one. They are described in words: among several media types of one
    /// answer, generated clients lose the type of each.
    #[must_use]
    pub fn in_formats(mut self, media_types: &'static [&'static str]) -> Self {
        self.in_formats = true;
        self.produces(media_types)
    }

    /// Answers whatever `Accept` says: its path names the format.
    #[must_use]
    pub fn whatever_accept(mut self) -> Self {
        self.whatever_accept = true;
        self
    }

    /// Answers 302 for the past that `Accept-Datetime` asks for (RFC 7089).
    #[must_use]
    pub fn leads_back(mut self) -> Self {
        self.leads_back = true;
        self
    }

    /// Answers 308 for a name that has changed.
    #[must_use]
    pub fn moves(mut self) -> Self {
        self.moves = true;
        self
    }

    /// Takes its parameters as the content of a QUERY too (RFC 10008).
    #[must_use]
    pub fn queried(mut self) -> Self {
        self.queried = true;
        self
    }

    /// Leaves it out of the document.
    #[must_use]
    pub fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// Names operations on what it has created, by their ids.
    #[must_use]
    pub fn leads_to(mut self, operations: &'static [&'static str]) -> Self {
        self.leads_to = operations;
        self
    }

    /// Adds these members to its example response.
    #[must_use]
    pub fn answers(mut self, members: Value) -> Self {
        self.answer_example = members;
        self
    }

    /// Answers without a body.
    #[must_use]
    pub fn no_content(self) -> Self {
        self.produces(&[])
    }

    /// Answers in these media types.
    #[must_use]
    pub fn produces(mut self, media_types: &'static [&'static str]) -> Self {
        self.produces = media_types;
        self
    }

    /// Every problem that it can answer with, in the catalogue's order.
    #[must_use]
    pub fn problems(&self) -> Vec<Code> {
        let mut codes = self.fails.clone();
        codes.extend([Code::InvalidParameter, Code::Internal]);
        if !self.produces.is_empty() && !self.whatever_accept {
            codes.push(Code::NotAcceptable);
        }
        match self.access {
            Access::Open => {}
            Access::Public => {
                codes.extend([
                    Code::InvalidKey,
                    Code::RateLimited,
                    Code::Overloaded,
                    Code::DatabaseUnavailable,
                ]);
            }
            Access::Key(scopes) | Access::KeyOrOther(scopes) => {
                codes.extend([
                    Code::InvalidKey,
                    Code::RateLimited,
                    Code::Unauthenticated,
                    Code::Overloaded,
                    Code::DatabaseUnavailable,
                ]);
                if !scopes.is_empty() {
                    codes.push(Code::InsufficientScope);
                }
            }
        }
        if self.body != BodyKind::None {
            codes.extend([
                Code::MalformedJson,
                Code::RequestTimeout,
                Code::BodyTooLarge,
                Code::UnsupportedMediaType,
                Code::ValidationFailed,
            ]);
        }
        if self.method != Method::GET {
            codes.extend([
                Code::DatabaseReadOnly,
                Code::DatabaseReplaced,
                Code::OutcomeUnknown,
                Code::StorageFull,
                Code::ShuttingDown,
            ]);
        }
        if self.is_paged {
            codes.push(Code::InvalidCursor);
        }
        if self.conditional_write {
            codes.extend([Code::PreconditionFailed, Code::PreconditionRequired]);
        }
        if self.tagged_write {
            codes.push(Code::PreconditionFailed);
        }
        if let Some(other) = self.credential {
            codes.push(other.refused);
        }
        if self.creates {
            codes.push(Code::IdempotencyKeyReused);
        }
        codes.sort_unstable();
        codes.dedup();
        codes
    }
}

impl Operation {
    /// Passes a caller whose credentials allow the operation.
    pub(super) fn authorise(&self, caller: &Caller, headers: &HeaderMap) -> Result<(), Problem> {
        match self.access {
            Access::Open | Access::Public => {}
            Access::KeyOrOther(_) if self.is_shown_other(headers) => {}
            Access::KeyOrOther(_) if caller.is_anonymous() => {
                let missing = self.credential.map_or("", |other| other.missing);
                return Err(Problem::new(Code::Unauthenticated, missing));
            }
            Access::Key(scopes) | Access::KeyOrOther(scopes) => caller.require(scopes)?,
        }
        match self.also {
            Some(scope) => caller.require(&[scope]),
            None => Ok(()),
        }
    }

    /// True if the request has the other credential.
    pub(super) fn is_shown_other(&self, headers: &HeaderMap) -> bool {
        self.credential.is_some_and(|other| headers.contains_key(&other.header))
    }
}

/// Splits a typed handler into the steps that the order of the checks needs.
fn ready<P, Q, B, F, R>(handler: Rc<F>) -> Handler
where
    P: Path + 'static,
    Q: Query + 'static,
    B: Body + 'static,
    F: Fn(Call<P, Q, B>) -> R + 'static,
    R: Future<Output = Result<Reply, Problem>> + 'static,
{
    Rc::new(move |segments, raw_query| {
        let mut faults = Vec::new();
        let path = P::read(segments, &mut faults);
        let query = Q::read(raw_query, &mut faults);
        refuse_if_any(faults)?;
        let (path, query) = path
            .zip(query)
            .ok_or_else(|| Problem::internal("a parameter was refused without saying why"))?;
        let handler = Rc::clone(&handler);
        let with_body: WithParameters = Box::new(move |bytes, context| {
            let body = B::read(bytes, context)?;
            let ready: Ready =
                Box::new(move |context| Box::pin(handler(Call { context, path, query, body })));
            Ok(ready)
        });
        Ok(with_body)
    })
}

/// Pairs a handler with the `__path_..` type that `#[utoipa::path]` made for it.
#[macro_export]
macro_rules! operation {
    ($($module:ident ::)* [$path:ident, $handler:ident]) => {
        $crate::web::Operation::new($($module::)*$path, $($module::)*$handler)
    };
    // With a value that the handler gets besides the call.
    ($($module:ident ::)* [$path:ident, $handler:ident], $given:expr) => {{
        let given = $given;
        $crate::web::Operation::new($($module::)*$path, move |call| {
            $($module::)*$handler(call, given.clone())
        })
    }};
}
