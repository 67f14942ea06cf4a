//! Operations: each is a handler with what must hold before it runs, and its
//! place in the document. Method and path come from the handler's
//! `#[utoipa::path]`; the rest is declared here once and gives both the checks
//! and the documentation of what they answer.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use actix_web::http::Method;
use serde_json::Value;
use utoipa::openapi::path::{HttpMethod, Operation as Document};

use super::call::Call;
use super::input::{InputObject, patch_schema};
use super::query::{Parameter, Takes};
use super::reply::{JSON, Reply};
use super::scope::Scope;
use crate::problem::{Code, Problem};

/// The answer of a handler, to come.
pub type Pending = Pin<Box<dyn Future<Output = Result<Reply, Problem>>>>;
type Handler = Rc<dyn Fn(Call) -> Pending>;

/// Which credentials an operation asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// None are looked at: pages about the server itself.
    Open,
    /// None are needed; a key shows more, and a bad one is refused.
    Public,
    /// A key with one of these scopes is needed; any key where none is named.
    Key(&'static [Scope]),
    /// The same, or an `Edit-Token` in its place: whether it is the right one, the handler
    /// finds out once it has the thing.
    KeyOrToken(&'static [Scope]),
}

/// Which body an operation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// None; one that is sent is not read.
    None,
    /// JSON.
    Json,
    /// JSON, or nothing at all.
    OptionalJson,
    /// A JSON merge patch.
    MergePatch,
}

/// Media type of a JSON merge patch (RFC 7396 section 4).
pub const MERGE_PATCH: &str = "application/merge-patch+json";

impl BodyKind {
    /// The media types that it comes as.
    #[must_use]
    pub const fn media_types(self) -> &'static [&'static str] {
        match self {
            Self::None => &[],
            Self::Json | Self::OptionalJson => &[JSON],
            Self::MergePatch => &[MERGE_PATCH, JSON],
        }
    }
}

/// One operation.
#[derive(Clone)]
pub struct Operation {
    /// Its method.
    pub method: Method,
    /// Its path's pattern.
    pub path: String,
    /// Its place in the document, as far as its handler says.
    pub document: Document,
    /// Which credentials it asks for.
    pub access: Access,
    /// A scope that a key needs beside those.
    pub also: Option<Scope>,
    /// Which body it takes.
    pub body: BodyKind,
    /// Schema, name and example of its body.
    pub body_schema: Option<(String, Value, Value)>,
    /// Its query parameters.
    pub query: Vec<Parameter>,
    /// The problems of its own.
    pub fails: Vec<Code>,
    /// Whether it honours `If-Match`, by the version, and `If-None-Match`.
    pub conditional_write: bool,
    /// Whether it honours conditions by the whole tag of a thing that has no versions.
    pub tagged_write: bool,
    /// Whether it creates something, and honours `Idempotency-Key`.
    pub creates: bool,
    /// Whether it looks at `Edit-Token`.
    pub takes_token: bool,
    /// Whether it answers 308 where what its path names has another name now.
    pub moves: bool,
    /// Whether the document leaves it out: a part of a page, not of the API.
    pub hidden: bool,
    /// Members of its answer's example that its request does not show.
    pub answer_example: Value,
    /// The media types that it answers, the first by default; none where its answer
    /// has no body, and then `Accept` asks for nothing.
    pub produces: &'static [&'static str],
    pub(super) handler: Handler,
}

impl Operation {
    /// The operation of `handler`, whose `__path_..` type is `P`.
    ///
    /// # Panics
    /// Where `P` has another number of methods than one: a mistake in the
    /// source that every test meets.
    pub fn new<P, F, R>(_path: P, handler: F) -> Self
    where
        P: utoipa::Path,
        F: Fn(Call) -> R + 'static,
        R: Future<Output = Result<Reply, Problem>> + 'static,
    {
        let methods = P::methods();
        let method = match methods.as_slice() {
            [HttpMethod::Get] => Method::GET,
            [HttpMethod::Post] => Method::POST,
            [HttpMethod::Put] => Method::PUT,
            [HttpMethod::Patch] => Method::PATCH,
            [HttpMethod::Delete] => Method::DELETE,
            _ => panic!(
                "{} must have one of the methods GET, POST, PUT, PATCH, DELETE",
                P::path()
            ),
        };
        Self {
            method,
            path: P::path(),
            document: P::operation(),
            access: Access::Public,
            also: None,
            body: BodyKind::None,
            body_schema: None,
            query: Vec::new(),
            fails: Vec::new(),
            conditional_write: false,
            tagged_write: false,
            creates: false,
            takes_token: false,
            moves: false,
            hidden: false,
            answer_example: Value::Null,
            produces: &[JSON],
            handler: Rc::new(move |call| Box::pin(handler(call))),
        }
    }

    /// Belongs to the subject `tag` of the document.
    #[must_use]
    pub fn tagged(mut self, tag: &str) -> Self {
        self.document.tags = Some(vec![tag.to_owned()]);
        self
    }

    /// Looks at no credentials.
    #[must_use]
    pub fn open(mut self) -> Self {
        self.access = Access::Open;
        self
    }

    /// Asks for a key, whatever it may do.
    #[must_use]
    pub fn key(self) -> Self {
        self.scope(&[])
    }

    /// Asks for a key with one of these scopes, or the author's token.
    #[must_use]
    pub fn scope_or_token(mut self, any_of: &'static [Scope]) -> Self {
        self.access = Access::KeyOrToken(any_of);
        self.with_token()
    }

    /// Looks at the author's token.
    #[must_use]
    pub fn with_token(mut self) -> Self {
        self.takes_token = true;
        self
    }

    /// Asks for a key with one of these scopes.
    #[must_use]
    pub fn scope(mut self, any_of: &'static [Scope]) -> Self {
        self.access = Access::Key(any_of);
        self
    }

    /// Asks for a key that has this scope as well.
    #[must_use]
    pub fn also(mut self, scope: Scope) -> Self {
        self.also = Some(scope);
        self
    }

    /// Takes `T` as its body.
    #[must_use]
    pub fn takes<T: InputObject>(mut self, example: Value) -> Self {
        self.body = BodyKind::Json;
        self.body_schema = Some((T::NAME.to_owned(), T::schema(), example));
        self
    }

    /// Takes `T` as its body, or nothing.
    #[must_use]
    pub fn takes_optional<T: InputObject>(mut self, example: Value) -> Self {
        self = self.takes::<T>(example);
        self.body = BodyKind::OptionalJson;
        self
    }

    /// Takes a merge patch of `T` as its body.
    #[must_use]
    pub fn takes_patch<T: InputObject>(mut self, example: Value) -> Self {
        self.body = BodyKind::MergePatch;
        self.body_schema = Some((
            format!("{}Patch", T::NAME),
            patch_schema(&T::schema()),
            example,
        ));
        self
    }

    /// Takes these query parameters.
    #[must_use]
    pub fn query(mut self, parameters: Vec<Parameter>) -> Self {
        self.query = parameters;
        self
    }

    /// Can fail with these problems, beside those that its other properties bring.
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

    /// Honours `If-Match` and `If-None-Match` by the whole tag: the thing has no versions.
    #[must_use]
    pub fn conditional_by_tag(mut self) -> Self {
        self.tagged_write = true;
        self
    }

    /// Creates something once for each `Idempotency-Key`; its handler goes through [`Call::create`].
    #[must_use]
    pub fn creates(mut self) -> Self {
        self.creates = true;
        self
    }

    /// Answers 308 where what its path names has another name now.
    #[must_use]
    pub fn moves(mut self) -> Self {
        self.moves = true;
        self
    }

    /// Leaves it out of the document.
    #[must_use]
    pub fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// Shows these members in its answer's example.
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
        if !self.produces.is_empty() {
            codes.push(Code::NotAcceptable);
        }
        match self.access {
            Access::Open => {}
            Access::Public => codes.extend([Code::InvalidKey, Code::Overloaded]),
            Access::Key(scopes) | Access::KeyOrToken(scopes) => {
                codes.extend([Code::InvalidKey, Code::Unauthenticated, Code::Overloaded]);
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
                Code::StorageFull,
                Code::ShuttingDown,
            ]);
        }
        if self
            .query
            .iter()
            .any(|parameter| matches!(parameter.takes, Takes::Cursor))
        {
            codes.push(Code::InvalidCursor);
        }
        if self.conditional_write {
            codes.extend([Code::PreconditionFailed, Code::PreconditionRequired]);
        }
        if self.tagged_write {
            codes.push(Code::PreconditionFailed);
        }
        if self.takes_token {
            codes.push(Code::EditTokenInvalid);
        }
        if self.creates {
            codes.push(Code::IdempotencyKeyReused);
        }
        codes.sort_unstable();
        codes.dedup();
        codes
    }
}

/// Pairs a handler with the `__path_..` type that `#[utoipa::path]` made for it.
#[macro_export]
macro_rules! operation {
    ($($module:ident ::)* [$path:ident, $handler:ident]) => {
        $crate::web::Operation::new($($module::)*$path, $($module::)*$handler)
    };
}
