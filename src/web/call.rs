//! One request to an operation, with everything that its handler may use.

use std::net::IpAddr;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use actix_web::http::header::HeaderMap;
use actix_web::web::Bytes;
use serde_json::Value;

use super::answers::Answers;
use super::caller::Caller;
use super::etag::Precondition;
use super::live::LiveSettings;
use super::once::Once;
use super::test_mode::TestMode;
use crate::db::Db;
use crate::domain::ids::{Entropy, RequestId, RequestIds};
use crate::domain::instant::{Clock, Instant};
use crate::problem::Problem;

/// Finds the holder of a key; `None` if there is none.
pub type Authenticate = Arc<dyn Fn(&Db, &str) -> Result<Option<Caller>, Problem> + Send + Sync>;

/// The OpenAPI document, generated when it is first asked for: that takes as long as the rest of a
/// start.
pub type Document = Arc<LazyLock<Bytes>>;

/// The services that handlers use; one instance per worker thread.
pub struct Services {
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Looks up the holder of a key.
    pub authenticate: Authenticate,
    /// Longest time that a body may take to arrive.
    pub body_timeout: Duration,
    /// The settings that can change while the server runs.
    pub live: Arc<LiveSettings>,
    /// Time after its publication for which an article takes comments, in microseconds.
    pub comments_close_after: Option<i64>,
    /// True if an admin key was given in the settings.
    pub has_admin_key: bool,
    /// Defaults that the settings decide, by the names of the members.
    pub defaults: Arc<[(&'static str, Value)]>,
    /// True once the server is about to stop.
    pub stopping: Arc<AtomicBool>,
    /// The OpenAPI document.
    pub document: Document,
    /// The answers that are kept for others.
    pub answers: Arc<Answers>,
    /// Makes the ids of requests.
    pub request_ids: RequestIds,
    /// What a test suite may decide; `None` outside test mode.
    pub test_mode: Option<Arc<TestMode>>,
}

impl Services {
    /// Now, and never earlier than the last commit.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.db.now(self.clock.as_ref())
    }
}

/// The context of a request, as every handler gets it: the caller, the request and the services.
pub struct Context {
    /// The services.
    pub services: Rc<Services>,
    /// The caller.
    pub caller: Caller,
    /// The request's id.
    pub request_id: RequestId,
    /// The path as requested, without the query.
    pub uri_path: String,
    /// The query string as requested, without `?`.
    pub raw_query: String,
    /// The precondition of a write (`If-Match`, `If-None-Match`).
    pub precondition: Precondition,
    /// The headers.
    pub headers: HeaderMap,
    /// The client's address, if known.
    pub address: Option<IpAddr>,
    pub(super) once: Option<Once>,
}

/// One request to an operation: its context, and its parsed path, query and body. The types are
/// those that the OpenAPI document is generated from.
pub struct Call<P = (), Q = (), B = ()> {
    /// The caller, the request and the services.
    pub context: Context,
    /// The path parameters.
    pub path: P,
    /// The query parameters.
    pub query: Q,
    /// The body.
    pub body: B,
}

impl<P, Q, B> Deref for Call<P, Q, B> {
    type Target = Context;

    fn deref(&self) -> &Context {
        &self.context
    }
}
