//! One application a test, on a copy of a migrated template database.

use std::future::poll_fn;
use std::path::Path;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use actix_http::Request;
use actix_web::body::{BoxBody, MessageBody as _};
use actix_web::dev::{Service, ServiceResponse};
use actix_web::test::{self, TestRequest};
use copydesk::access::AdminKey;
use copydesk::app::{self, Parts};
use copydesk::changes;
use copydesk::db::{Conn, Db, Location, Options, Run, Shared};
use copydesk::domain::ids::Entropy;
use copydesk::domain::instant::{Clock, Instant};
use copydesk::web::Operation;
use copydesk::web::answers::Answers;
use futures_util::future::LocalBoxFuture;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::client::{Answer, Client, RequestBuilder, bearer};
use super::database::{self, Kept};
use super::plans;

/// The admin key of every test.
pub const KEY: &str = "test-key-0123456789";

/// Room for kept answers: enough that a test which is given an old one fails.
const ANSWERS_BYTES: usize = 4 * 1024 * 1024;

/// For how long a look at the database is good: the machine may be too busy for the writer to look as often as a server
/// does, and what a test is given from memory must not hang on that.
const LOOK_HOLDS: Duration = Duration::from_secs(3_600);

/// A clock that stands still until it is moved.
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// 2026-11-22T10:00:00Z.
    pub const START: i64 = 1_795_341_600_000_000;

    pub fn advance(&self, micros: i64) {
        self.0.fetch_add(micros, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.load(Ordering::Relaxed))
    }
}

/// Bytes that never repeat and are the same in every run.
#[derive(Default)]
pub struct CountingEntropy(AtomicU64);

impl Entropy for CountingEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let count = self.0.fetch_add(1, Ordering::Relaxed);
            chunk.copy_from_slice(&Sha256::digest(count.to_le_bytes())[..chunk.len()]);
        }
    }
}

type Serve = dyn Fn(Request) -> LocalBoxFuture<'static, ServiceResponse<BoxBody>>;

/// Longest that a test waits for a piece of a body: far longer than it takes.
const PIECE_TIMEOUT: Duration = Duration::from_secs(20);

/// A body that comes in pieces.
pub struct Pieces(Pin<Box<BoxBody>>);

impl Pieces {
    /// The next piece.
    pub async fn next(&mut self) -> String {
        let piece = poll_fn(|cx| self.0.as_mut().poll_next(cx));
        let piece = tokio::time::timeout(PIECE_TIMEOUT, piece).await.expect("no piece in time");
        let piece = piece.expect("the body has ended").unwrap();
        String::from_utf8(piece.to_vec()).unwrap()
    }
}

/// An application with everything that a test may turn.
pub struct TestApp {
    serve: Box<Serve>,
    pub clock: Arc<ManualClock>,
    pub parts: Parts,
    pub location: Location,
    _kept: Kept,
}

/// How a test's application differs from the usual one.
#[derive(Default)]
pub struct Setup {
    pub options: Option<Options>,
    pub extra: Vec<Operation>,
    pub change: Option<fn(&mut Parts)>,
    /// True for a test of what only a file has; the others run on a server as well.
    pub in_file: bool,
    /// A database that others use too; without it, one of its own is made.
    pub location: Option<Location>,
}

/// The application of these parts, with some operations more.
async fn serve(parts: &Parts, extra: Vec<Operation>) -> Box<Serve> {
    let mut operations = parts.operations();
    operations.extend(extra);
    let service = test::init_service(app::build(parts.services().unwrap(), operations)).await;
    let service = Rc::new(service);
    Box::new(move |request: Request| -> LocalBoxFuture<'static, ServiceResponse<BoxBody>> {
        let service = Rc::clone(&service);
        Box::pin(async move {
            match service.call(request).await {
                Ok(response) => response.map_into_boxed_body(),
                Err(error) => {
                    panic!("the application gave an error instead of an answer: {error}")
                }
            }
        })
    })
}

impl TestApp {
    /// The same newsroom, after its parts were turned.
    pub async fn again(self) -> Self {
        let serve = serve(&self.parts, Vec::new()).await;
        Self { serve, ..self }
    }

    pub async fn new() -> Self {
        Self::with(Setup::default()).await
    }

    /// One in a file, for a test of what only a file has.
    pub async fn in_file() -> Self {
        Self::with(Setup { in_file: true, ..Setup::default() }).await
    }

    /// One of whose parts this changes some.
    pub async fn changed(change: fn(&mut Parts)) -> Self {
        Self::with(Setup { change: Some(change), ..Setup::default() }).await
    }

    pub async fn with(setup: Setup) -> Self {
        plans::watch();
        let (location, kept) = match setup.location {
            Some(location) => (location, Kept::Elsewhere),
            None if setup.in_file => database::fresh_file(),
            None => database::fresh(),
        };
        let clock = Arc::new(ManualClock(AtomicI64::new(ManualClock::START)));
        let options = Options { look_holds: LOOK_HOLDS, ..setup.options.unwrap_or_default() };
        let shared = Shared::open(&location, options, clock.clone()).unwrap();
        let key = AdminKey::new(KEY).unwrap();
        let mut parts =
            Parts::new(shared, clock.clone(), Arc::new(CountingEntropy::default()), Some(key));
        parts.answers = Arc::new(Answers::at_once(ANSWERS_BYTES));
        if let Some(change) = setup.change {
            change(&mut parts);
        }
        let serve = serve(&parts, setup.extra).await;
        Self { serve, clock, parts, location, _kept: kept }
    }

    /// The path of its file.
    pub fn file(&self) -> &Path {
        self.location.path().expect("the test is for a file")
    }

    /// The name of its database on the server.
    pub fn database_name(&self) -> String {
        let url = self.location.to_string();
        url.rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// Runs SQL on a connection of its own, as another program does.
    pub fn run_beside(&self, sql: &str) {
        database::connect(&self.location).batch_execute(sql).unwrap();
    }

    /// The number `n` that SQL gives.
    pub fn count(&self, sql: &str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Number {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        let mut conn = database::connect(&self.location);
        Run::get_result::<Number>(diesel::sql_query(sql), &mut conn).unwrap().n
    }

    /// Another program is in the middle of a write, until what is returned is dropped.
    pub fn write_beside(&self) -> Conn {
        let mut other = database::connect(&self.location);
        let begin = match other {
            Conn::Sqlite(_) => "begin immediate",
            Conn::Postgres(_) => "begin; select pg_advisory_xact_lock(1128551243)",
        };
        other.batch_execute(begin).unwrap();
        other
    }

    /// A handle on the same database, for what HTTP cannot show.
    pub fn db(&self) -> Db {
        Db::new(&self.parts.shared).unwrap()
    }

    /// Writes beside all requests.
    pub async fn db_write(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<(), copydesk::problem::Problem> + Send + 'static,
    ) {
        self.db().write(move |conn, _| work(conn)).await.unwrap();
    }

    /// Deletes the changes that a reader from the start does not need, whatever their age.
    pub async fn compact(&self) {
        let unit = |conn: &mut Conn, now: Instant| {
            let before = now.as_micros();
            let mut after = Some(0);
            while let Some(position) = after {
                after = changes::compact(conn, position, before, 10)?;
            }
            Ok(())
        };
        self.db().write(unit).await.unwrap();
    }

    pub async fn call(&self, request: Request) -> Answer {
        Answer::read((self.serve)(request).await).await
    }

    /// The body of a response that has no end.
    pub async fn stream(&self, path: &str, headers: &[(&str, &str)]) -> Pieces {
        let request = TestRequest::get().uri(path);
        let request =
            headers.iter().fold(request, |request, header| request.append_header(*header));
        let response = (self.serve)(request.to_request()).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers().get("content-type").unwrap(), "text/event-stream");
        assert_eq!(response.headers().get("cache-control").unwrap(), "no-store");
        Pieces(Box::pin(response.into_body()))
    }

    /// A caller with the admin key.
    pub fn key(&self) -> Client<'_> {
        self.as_key(KEY)
    }

    /// A caller with this key; with none where it is empty.
    pub fn as_key(&self, key: &str) -> Client<'_> {
        match key {
            "" => Client::nobody(self),
            key => Client::of(self, "Authorization", bearer(key)),
        }
    }

    /// A reader with the edit token of a comment.
    pub fn with_token(&self, token: &str) -> Client<'_> {
        Client::of(self, "Edit-Token", token.to_owned())
    }

    pub fn get(&self, path: impl AsRef<str>) -> RequestBuilder<'_> {
        self.request("GET", path.as_ref())
    }

    pub fn delete(&self, path: impl AsRef<str>) -> RequestBuilder<'_> {
        self.request("DELETE", path.as_ref())
    }

    pub fn post(&self, path: impl AsRef<str>, body: impl Serialize) -> RequestBuilder<'_> {
        Client::nobody(self).post(path, body)
    }

    pub fn post_empty(&self, path: impl AsRef<str>) -> RequestBuilder<'_> {
        self.request("POST", path.as_ref())
    }

    pub fn put_empty(&self, path: impl AsRef<str>) -> RequestBuilder<'_> {
        self.request("PUT", path.as_ref())
    }

    pub fn request(&self, method: &str, path: &str) -> RequestBuilder<'_> {
        RequestBuilder::new(self, method, path)
    }
}
