//! One request to an operation, with everything its handler may use.

use std::marker::PhantomData;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use actix_web::http::header::HeaderMap;
use actix_web::web::Bytes;
use serde_json::Value;
use uuid::Uuid;

use super::caller::Caller;
use super::cors::Cors;
use super::etag::Precondition;
use super::idempotency::Once;
use super::input::{Change, Input, InputObject, ReadOnly, apply_change, check_change, read_body};
use super::json;
use super::path::Locator;
use super::query::Query;
use super::site::Site;
use crate::db::Db;
use crate::domain::ids::Entropy;
use crate::domain::instant::{Clock, Instant};
use crate::problem::Problem;

/// Tells who holds a key; `None` where nobody does.
pub type Authenticate = Arc<dyn Fn(&Db, &str) -> Result<Option<Caller>, Problem> + Send + Sync>;

/// What handlers work with; one a worker thread.
pub struct Services {
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Who holds which key.
    pub authenticate: Authenticate,
    /// Longest that a body may take to arrive.
    pub body_timeout: Duration,
    /// Which pages of other origins may use the server.
    pub cors: Cors,
    /// Whether a key was given from outside that may do everything.
    pub has_admin_key: bool,
    /// Whether a write to what is there must name the version that it is about.
    pub require_if_match: bool,
    /// What the newsroom's settings say.
    pub site: Arc<Site>,
    /// Whether the server is about to stop.
    pub stopping: Arc<AtomicBool>,
    /// The OpenAPI document, made once.
    pub document: Bytes,
}

impl Services {
    /// Now, and never before what was written last.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.db.now(self.clock.as_ref())
    }
}

/// One request to an operation.
pub struct Call {
    /// What to work with.
    pub services: Rc<Services>,
    /// Who asks.
    pub caller: Caller,
    /// The request's id.
    pub request_id: Uuid,
    /// The path as it was asked for, without the query.
    pub uri_path: String,
    /// The query as it was asked for, without `?`.
    pub raw_query: String,
    /// The query, read.
    pub query: Query,
    /// The condition under which a write may go ahead.
    pub precondition: Precondition,
    /// The headers.
    pub headers: HeaderMap,
    pub(super) path: Vec<(&'static str, Locator)>,
    /// Where the request comes from, as far as that is known.
    pub address: Option<IpAddr>,
    pub(super) once: Option<Once>,
    pub(super) body: Bytes,
}

impl Call {
    /// The path parameter `name`.
    ///
    /// # Errors
    /// `internal` where the operation's path has no such parameter.
    pub fn locator(&self, name: &'static str) -> Result<Locator, Problem> {
        let found = self.path.iter().find(|(known, _)| *known == name);
        found
            .map(|(_, locator)| locator.clone())
            .ok_or_else(|| Problem::internal(format!("no path parameter {name}")))
    }

    /// The path parameter `name`, which takes only ids.
    ///
    /// # Errors
    /// `internal` where the operation's path has no such parameter.
    pub fn id(&self, name: &'static str) -> Result<Uuid, Problem> {
        match self.locator(name)? {
            Locator::Id(id) => Ok(id),
            Locator::Slug(_) => Err(Problem::internal(format!(
                "the path parameter {name} is no id"
            ))),
        }
    }

    /// The path parameter `name`, which takes only numbers.
    ///
    /// # Errors
    /// `internal` where the operation's path has no such parameter.
    pub fn number(&self, name: &'static str) -> Result<i64, Problem> {
        let text = self.locator(name)?.to_string();
        text.parse()
            .map_err(|_| Problem::internal(format!("the path parameter {name} is no number")))
    }

    fn json(&self) -> Result<Value, Problem> {
        json::parse(&self.body)
    }

    /// Reads the body.
    ///
    /// # Errors
    /// `malformed_json` or `validation_failed`.
    pub fn body<T: Input>(&self) -> Result<T, Problem> {
        read_body(self.json()?)
    }

    /// Reads the body of what is created: what it leaves out takes the newsroom's values.
    ///
    /// # Errors
    /// `malformed_json` or `validation_failed`.
    pub fn new_body<T: InputObject>(&self) -> Result<T, Problem> {
        let mut body = self.json()?;
        self.fill::<T>(&mut body, |present| present.is_none_or(Value::is_null));
        read_body(body)
    }

    /// Gives members the newsroom's values where `wants` says so of what the body has.
    fn fill<T: InputObject>(&self, body: &mut Value, wants: impl Fn(Option<&Value>) -> bool) {
        let Value::Object(members) = body else {
            return;
        };
        let of_kind = |(schema, ..): &&(&str, _, _)| *schema == T::NAME;
        for (_, name, value) in self.services.site.defaults.iter().filter(of_kind) {
            if wants(members.get(*name)) {
                members.insert((*name).to_owned(), value.clone());
            }
        }
    }

    /// Reads the body; none at all stands for an empty object.
    ///
    /// # Errors
    /// `malformed_json` or `validation_failed`.
    pub fn body_or_nothing<T: Input>(&self) -> Result<T, Problem> {
        if self.body.is_empty() {
            read_body(Value::Object(serde_json::Map::new()))
        } else {
            self.body()
        }
    }

    /// Reads the body as a change of a thing whose members `read_only` nobody
    /// writes, to be applied once the thing is known.
    ///
    /// # Errors
    /// `malformed_json`, or `validation_failed` for what the body alone shows.
    pub fn change<T: InputObject>(
        &self,
        change: Change,
        read_only: &'static [ReadOnly],
    ) -> Result<PendingChange<T>, Problem> {
        let mut body = self.json()?;
        // Null asks for the default; PUT asks for it by leaving a member out as well.
        self.fill::<T>(&mut body, |present| match present {
            Some(value) => value.is_null(),
            None => change != Change::Merge,
        });
        check_change::<T>(change, &body, read_only)?;
        Ok(PendingChange {
            change,
            body,
            precondition: self.precondition.clone(),
            read_only,
            kind: PhantomData,
        })
    }
}

/// A change that was checked as far as can be without the thing it changes.
pub struct PendingChange<T> {
    change: Change,
    body: Value,
    /// The condition under which it may be made; checked before [`Self::apply`].
    pub precondition: Precondition,
    read_only: &'static [ReadOnly],
    kind: PhantomData<fn() -> T>,
}

impl<T: InputObject> PendingChange<T> {
    /// The text that the body has for `name`, as it was sent.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name)?.as_str()
    }

    /// Whether the body says anything of `name`.
    #[must_use]
    pub fn names(&self, name: &str) -> bool {
        self.body.get(name).is_some()
    }

    /// Applies the change to the thing whose full representation is `present`.
    ///
    /// With an `If-Match` that names a version, members that change without a
    /// write to the thing are not compared: the client has shown which version
    /// it read, and a reader's comment since then must not spoil its save.
    ///
    /// # Errors
    /// `validation_failed` with every broken rule.
    pub fn apply(self, present: &Value) -> Result<T, Problem> {
        let shown_version = self.precondition.names_version();
        apply_change(
            self.change,
            self.body,
            present,
            self.read_only,
            shown_version,
        )
    }
}
