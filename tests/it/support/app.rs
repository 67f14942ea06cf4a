//! One application a test, on a copy of a migrated template database.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use actix_http::Request;
use actix_web::dev::Service;
use actix_web::test;
use copydesk::access::AdminKey;
use copydesk::app::{self, Parts};
use copydesk::db::{self, Db, Options, Shared};
use copydesk::domain::ids::Entropy;
use copydesk::domain::instant::{Clock, Instant};
use copydesk::web::Operation;
use copydesk::web::answers::Answers;
use futures_util::future::LocalBoxFuture;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::client::{Answer, Client, RequestBuilder, bearer};
use super::plans;

/// The admin key of every test.
pub const KEY: &str = "test-key-0123456789";

/// Room for kept answers: enough that a test which is given an old one fails.
const ANSWERS_BYTES: usize = 4 * 1024 * 1024;

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

type Serve = dyn Fn(Request) -> LocalBoxFuture<'static, Answer>;

/// An application with everything that a test may turn.
pub struct TestApp {
    serve: Box<Serve>,
    pub clock: Arc<ManualClock>,
    pub parts: Parts,
    pub database: PathBuf,
    _dir: TempDir,
}

/// How a test's application differs from the usual one.
#[derive(Default)]
pub struct Setup {
    pub options: Option<Options>,
    pub extra: Vec<Operation>,
    pub change: Option<fn(&mut Parts)>,
}

/// The application of these parts, with some operations more.
async fn serve(parts: &Parts, extra: Vec<Operation>) -> Box<Serve> {
    let mut operations = parts.operations();
    operations.extend(extra);
    let service = test::init_service(app::build(parts.services().unwrap(), operations)).await;
    let service = Rc::new(service);
    Box::new(move |request: Request| -> LocalBoxFuture<'static, Answer> {
        let service = Rc::clone(&service);
        Box::pin(async move {
            match service.call(request).await {
                Ok(response) => Answer::read(response.map_into_boxed_body()).await,
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

    /// One of whose parts this changes some.
    pub async fn changed(change: fn(&mut Parts)) -> Self {
        Self::with(Setup { change: Some(change), ..Setup::default() }).await
    }

    pub async fn with(setup: Setup) -> Self {
        plans::watch();
        let (dir, database) = fresh_database();
        let clock = Arc::new(ManualClock(AtomicI64::new(ManualClock::START)));
        let shared =
            Shared::open(&database, setup.options.unwrap_or_default(), clock.clone()).unwrap();
        let key = AdminKey::new(KEY).unwrap();
        let mut parts =
            Parts::new(shared, clock.clone(), Arc::new(CountingEntropy::default()), Some(key));
        parts.answers = Arc::new(Answers::at_once(ANSWERS_BYTES));
        if let Some(change) = setup.change {
            change(&mut parts);
        }
        let serve = serve(&parts, setup.extra).await;
        Self { serve, clock, parts, database, _dir: dir }
    }

    /// A handle on the same database, for what HTTP cannot show.
    pub fn db(&self) -> Db {
        Db::new(&self.parts.shared).unwrap()
    }

    pub async fn call(&self, request: Request) -> Answer {
        (self.serve)(request).await
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

/// A migrated database in a folder of its own.
pub fn fresh_database() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let database = dir.path().join("test.db");
    std::fs::copy(template(), &database).unwrap();
    (dir, database)
}

/// The template, made once for these migrations.
fn template() -> &'static Path {
    static TEMPLATE: OnceLock<PathBuf> = OnceLock::new();
    TEMPLATE.get_or_init(make_template)
}

/// Tests may also run in processes of their own, so the file is named by the migrations.
fn make_template() -> PathBuf {
    let mut digest = Sha256::new();
    for file in migration_files() {
        digest.update(std::fs::read(file).unwrap());
    }
    let name: String = digest.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("template-{name}.db"));
    if !path.exists() {
        // Made under a name of its own and put in place whole: another test may be doing the same.
        db::ensure_file(&path, &Options::default(), None).unwrap();
    }
    path
}

pub fn migration_files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut files: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .flat_map(|dir| [dir.join("up.sql"), dir.join("down.sql")])
        .collect();
    files.sort();
    files
}
