//! One request to an operation, with everything that its handler may use.

use std::net::IpAddr;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use actix_web::http::header::{HOST, HeaderMap};
use actix_web::web::Bytes;
use serde_json::Value;

use super::answers::Answers;
use super::bodies::Bodies;
use super::caller::Caller;
use super::connection::Connections;
use super::etag::Precondition;
use super::live::LiveSettings;
use super::metrics::{Metrics, Used};
use super::once::Once;
use super::public_url::PublicUrl;
use super::publishing::Publishing;
use super::query::is_cursor;
use super::test_mode::TestMode;
use crate::db::Db;
use crate::domain::ids::{Entropy, RequestId, RequestIds};
use crate::domain::instant::{Clock, Instant};
use crate::problem::{Code, Problem};

/// Finds the holder of a key that came from an address; `None` if there is none.
pub type Authenticate =
    Arc<dyn Fn(&Db, &str, Option<IpAddr>) -> Result<Option<Caller>, Problem> + Send + Sync>;

/// The OpenAPI document, generated when it is first asked for: that takes as long as the rest of a
/// start.
pub type Document = Arc<LazyLock<Bytes, Box<dyn FnOnce() -> Bytes + Send>>>;

/// The services that handlers use; one instance per worker thread.
pub struct Services {
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Time for which the response to a request with an `Idempotency-Key` is stored, in microseconds.
    pub answers_kept_for: i64,
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
    /// The URL under which clients reach the server.
    pub public_url: PublicUrl,
    /// What the newsroom tells readers of itself.
    pub publishing: Arc<Publishing>,
    /// The OpenAPI document.
    pub document: Document,
    /// The answers that are kept for others.
    pub answers: Arc<Answers>,
    /// What all workers count.
    pub metrics: Metrics,
    /// What of it this worker has used.
    pub used_metrics: Used,
    /// The connections that are open.
    pub connections: Connections,
    /// The memory of request bodies.
    pub bodies: Bodies,
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

    /// True once the server is about to stop.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// How often a test suite has put the newsroom back: what was read before is of another one then.
    #[must_use]
    pub fn put_back(&self) -> u64 {
        self.test_mode.as_ref().map_or(0, |mode| mode.interrupted())
    }

    /// Passes while the server can do its work.
    ///
    /// # Errors
    /// What keeps it from that: `shutting_down`, `database_damaged`, `database_replaced`, or a database error.
    pub fn readiness(&self) -> Result<(), Problem> {
        if self.is_stopping() {
            return Err(Problem::plain(Code::ShuttingDown));
        }
        let answered = self.db.read(|conn| Ok(crate::db::ask(conn)?));
        if self.db.is_damaged() {
            return Err(Problem::plain(Code::DatabaseDamaged));
        }
        answered?;
        self.db.check_presence()
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

impl Context {
    /// The absolute URL under which this caller reaches the API, without a `/` at its end: the one that is set, else by
    /// the header `Host`.
    #[must_use]
    pub fn base_url(&self) -> String {
        if let Some(whole) = self.services.public_url.whole() {
            return whole.to_owned();
        }
        let host = self.headers.get(HOST).and_then(|value| value.to_str().ok());
        format!("http://{}", host.filter(|host| !host.is_empty()).unwrap_or("localhost"))
    }

    /// The URI of another page of what was asked for.
    #[must_use]
    pub fn page_uri(&self, cursor: &str) -> String {
        let pieces = self.raw_query.split('&');
        let others: Vec<&str> =
            pieces.filter(|piece| !piece.is_empty() && !is_cursor(piece)).collect();
        let cursor = format!("cursor={cursor}");
        format!("{}?{}", self.uri_path, [&others[..], &[&cursor]].concat().join("&"))
    }
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
