//! The application: all operations in one actix app, the same for the server and for tests.

use std::rc::Rc;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::{App, Error};
use serde_json::Value;

use crate::access::{AdminKey, KeyUses, authenticator};
use crate::changes::Following;
use crate::comments::policy::Policy;
use crate::db::{Db, OpenError, Shared};
use crate::domain::ids::{Entropy, RequestIds};
use crate::domain::instant::{Clock, DAY};
use crate::web::answers::Answers;
use crate::web::bodies::Bodies;
use crate::web::call::{Authenticate, Document, Services};
use crate::web::connection::Connections;
use crate::web::live::LiveSettings;
use crate::web::metrics::{Metrics, Used};
use crate::web::public_url::PublicUrl;
use crate::web::publishing::Publishing;
use crate::web::test_mode::TestMode;
use crate::web::{Operation, dispatch, middleware};
use crate::webhooks::{Follower, Sender};
use crate::{
    access, articles, audit, changes, comments, disclaimers, meta, openapi, testing, webhooks,
};

/// Longest time that a body may take to arrive: 2 MiB over a line of 70 KiB a second.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// A day, in microseconds: longer than any client retries.
const ANSWERS_KEPT_FOR: i64 = DAY;

/// The tag of the operations that exist in test mode only.
const TEST_MODE: &str = "test mode";

/// All operations, in URL order within each tag.
#[must_use]
pub fn operations(
    policy: &Arc<Policy>,
    following: &Arc<Following>,
    sender: &Arc<Sender>,
) -> Vec<Operation> {
    // A module gets what it needs of modules above it as functions.
    let of_articles = articles::operations(
        (comments::first_comments, comments::count_then),
        comments::forget_comments,
    );
    let subjects = [
        ("articles", of_articles),
        ("terms", articles::term_operations()),
        ("feeds", articles::feed_operations()),
        ("comments", comments::operations(policy)),
        // First: `preview` is not the id of a disclaimer.
        ("disclaimers", articles::carrier_operations()),
        ("disclaimers", disclaimers::operations(articles::count_carriers)),
        ("changes", changes::operations(articles::write::catch_up, following)),
        ("webhooks", webhooks::operations(sender)),
        ("keys", access::operations()),
        ("audit", audit::operations()),
        ("server", meta::operations()),
    ];
    subjects
        .into_iter()
        .flat_map(|(tag, operations)| {
            operations.into_iter().map(move |operation| operation.tagged(tag))
        })
        .collect()
}

/// The parts that every worker's application is built from.
#[derive(Clone)]
pub struct Parts {
    /// The database.
    pub shared: Arc<Shared>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Looks up the holder of a key.
    pub authenticate: Authenticate,
    /// True if an admin key was given in the settings, so that none need be created.
    pub has_admin_key: bool,
    /// Time for which the response to a request with an `Idempotency-Key` is stored, in microseconds.
    pub answers_kept_for: i64,
    /// Longest time that a body may take to arrive.
    pub body_timeout: Duration,
    /// The settings that can change while the server runs.
    pub live: Arc<LiveSettings>,
    /// The settings for comments.
    pub comments: Arc<Policy>,
    /// Defaults that the settings decide, by the names of the members.
    pub defaults: Arc<[(&'static str, Value)]>,
    /// Set once the server is about to stop.
    pub stopping: Arc<AtomicBool>,
    /// The answers that are kept.
    pub answers: Arc<Answers>,
    /// What all workers count.
    pub metrics: Metrics,
    /// The connections that are open.
    pub connections: Connections,
    bodies: Bodies,
    public_url: PublicUrl,
    /// What the newsroom tells readers of itself.
    pub publishing: Arc<Publishing>,
    /// What sends to webhooks.
    pub webhooks: Arc<Sender>,
    /// What streams of changes follow.
    pub following: Arc<Following>,
    /// The uses of keys that were recorded.
    pub key_uses: Arc<KeyUses>,
    test_mode: Option<Arc<TestMode>>,
    document: Document,
}

impl Parts {
    /// The parts of an application on `shared`.
    #[must_use]
    pub fn new(
        shared: Arc<Shared>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        admin_key: Option<AdminKey>,
    ) -> Self {
        let key_uses = Arc::<KeyUses>::default();
        Self {
            shared,
            entropy,
            has_admin_key: admin_key.is_some(),
            authenticate: authenticator(admin_key, Arc::clone(&clock), Arc::clone(&key_uses)),
            key_uses,
            test_mode: None,
            clock,
            answers_kept_for: ANSWERS_KEPT_FOR,
            body_timeout: BODY_TIMEOUT,
            live: Arc::default(),
            comments: Arc::default(),
            defaults: Arc::default(),
            stopping: Arc::default(),
            answers: Arc::default(),
            metrics: Metrics::default(),
            connections: Connections::default(),
            bodies: Bodies::default(),
            public_url: PublicUrl::default(),
            following: Arc::default(),
            webhooks: Arc::default(),
            publishing: Arc::default(),
            document: Arc::new(LazyLock::new(Box::new(|| document().into()))),
        }
    }

    /// The same in test mode: with the operations by which a test suite decides on the server.
    #[must_use]
    pub fn in_test_mode(mut self, mode: Arc<TestMode>) -> Self {
        self.test_mode = Some(mode);
        self.document = Arc::new(LazyLock::new(Box::new(|| document_in_test_mode().into())));
        self
    }

    /// The same under a URL that clients know.
    #[must_use]
    pub fn known_as(mut self, public_url: PublicUrl) -> Self {
        if let Some(whole) = public_url.whole() {
            let here = "\"url\": \"/\"";
            let there = format!("\"url\": \"{whole}\"");
            let document = Arc::clone(&self.document);
            self.document = Arc::new(LazyLock::new(Box::new(move || {
                String::from_utf8_lossy(&document).replacen(here, &there, 1).into()
            })));
        }
        self.public_url = public_url;
        self
    }

    /// What a test suite may decide; `None` outside test mode.
    #[must_use]
    pub fn test_mode(&self) -> Option<&Arc<TestMode>> {
        self.test_mode.as_ref()
    }

    /// The operations that are served.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation> {
        match self.test_mode {
            Some(_) => operations_in_test_mode(&self.comments, &self.following, &self.webhooks),
            None => operations(&self.comments, &self.following, &self.webhooks),
        }
    }

    /// What sends to webhooks, on a database handle of its own. `name` is the server's, if others may send too.
    #[must_use]
    pub fn webhook_follower(&self, db: Db, name: Option<String>) -> Follower {
        let context = (db, Arc::clone(&self.clock));
        Follower::new(context, Arc::clone(&self.webhooks), articles::write::catch_up, name)
    }

    /// One worker's services, with a database connection of its own.
    ///
    /// # Errors
    /// [`OpenError`] if the connection cannot be opened.
    pub fn services(&self) -> Result<Rc<Services>, OpenError> {
        Ok(Rc::new(Services {
            db: Db::new(&self.shared)?,
            clock: Arc::clone(&self.clock),
            entropy: Arc::clone(&self.entropy),
            authenticate: Arc::clone(&self.authenticate),
            comments_close_after: self.comments.close_after,
            has_admin_key: self.has_admin_key,
            answers_kept_for: self.answers_kept_for,
            body_timeout: self.body_timeout,
            live: Arc::clone(&self.live),
            defaults: Arc::clone(&self.defaults),
            stopping: Arc::clone(&self.stopping),
            document: Arc::clone(&self.document),
            answers: Arc::clone(&self.answers),
            metrics: self.metrics.clone(),
            used_metrics: Used::default(),
            connections: self.connections.clone(),
            bodies: self.bodies.clone(),
            public_url: self.public_url.clone(),
            publishing: Arc::clone(&self.publishing),
            request_ids: match &self.test_mode {
                Some(mode) => RequestIds::one_by_one(Arc::clone(&mode.request_entropy) as _),
                None => RequestIds::new(Arc::clone(&self.entropy)),
            },
            test_mode: self.test_mode.clone(),
        }))
    }
}

/// The OpenAPI document as it is served and checked in.
#[must_use]
pub fn document() -> String {
    document_of(&operations(&Arc::default(), &Arc::default(), &Arc::default()))
}

/// The OpenAPI document of a server in test mode.
#[must_use]
pub fn document_in_test_mode() -> String {
    document_of(&operations_in_test_mode(&Arc::default(), &Arc::default(), &Arc::default()))
}

fn operations_in_test_mode(
    policy: &Arc<Policy>,
    following: &Arc<Following>,
    sender: &Arc<Sender>,
) -> Vec<Operation> {
    let of_tests = testing::operations().into_iter().map(|one| one.tagged(TEST_MODE));
    operations(policy, following, sender).into_iter().chain(of_tests).collect()
}

fn document_of(operations: &[Operation]) -> String {
    let document = openapi::document(operations);
    // A document is strings, numbers and lists: it always has a JSON form.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// One worker's application.
pub fn build(
    services: Rc<Services>,
    operations: Vec<Operation>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let for_wrap = Rc::clone(&services);
    App::new()
        .configure(|config| dispatch::configure(&operations, &services, config))
        .wrap(from_fn(move |request, next| middleware::wrap(Rc::clone(&for_wrap), request, next)))
}
