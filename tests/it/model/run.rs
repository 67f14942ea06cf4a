//! One sequence of steps, done to a server and told to the model.

use std::collections::BTreeMap;
use std::sync::Arc;

use copydesk::app::Parts;
use copydesk::domain::instant::Clock as _;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use super::follower::Follower;
use super::newsroom::{Micros, Newsroom, Refusal, SLUGS};
use super::oracle::Shown;
use super::remarks::with_rules;
use super::same;
use super::steps::{CALLERS, Step, Tag, Who, scopes};
use super::wire::{NOTICES, actor, instant};
use crate::support::app::KEY;
use crate::support::make::{NOWHERE, text};
use crate::support::{Answer, TestApp};

/// How far an instant of a write may be ahead of the clock: units of work have one each.
const AHEAD: Micros = 100;

pub type Told = Result<(), TestCaseError>;
/// How often each answer was compared: status, and its code or the method that got it.
pub type Tally = BTreeMap<(u16, String), usize>;

pub struct Run {
    pub app: TestApp,
    keys: BTreeMap<Who, String>,
    /// The ids of stored keys, by the names that history has.
    key_ids: BTreeMap<String, String>,
    pub notices: Vec<String>,
    pub room: Newsroom,
    pub told: Tally,
    pub follower: Follower,
    /// What readers were shown.
    pub shown: Vec<Shown>,
}

impl Run {
    /// Goes through a sequence; how often each answer was compared.
    pub async fn through(steps: Vec<Step>, keeps_answers: bool) -> Result<Tally, TestCaseError> {
        let with_rules_alone = |parts: &mut Parts| {
            with_rules(parts);
            parts.answers = Arc::default();
        };
        let app = TestApp::changed(if keeps_answers { with_rules } else { with_rules_alone }).await;
        let mut key_ids = BTreeMap::new();
        let mut keys = BTreeMap::from([(Who::Nobody, String::new()), (Who::Admin, KEY.to_owned())]);
        for who in CALLERS {
            if keys.contains_key(&who) {
                continue;
            }
            let body = json!({"name": actor(who), "scopes": scopes(who)});
            let made = app.key().post("/v1/keys", &body).created().await;
            keys.insert(who, text(&made["key"]).to_owned());
            key_ids.insert(actor(who), text(&made["id"]).to_owned());
        }
        let mut notices = Vec::new();
        for key in NOTICES {
            notices.push(text(&app.disclaimer(key).await["id"]).to_owned());
        }
        notices.push(NOWHERE.to_owned());
        let (room, follower) = (Newsroom::default(), Follower::default());
        let mut run = Self {
            app,
            keys,
            key_ids,
            notices,
            room,
            follower,
            shown: Vec::new(),
            told: Tally::new(),
        };
        for step in steps {
            run.app.clock.advance(1_000);
            run.step(step).await?;
        }
        run.app.clock.advance(1_000);
        for who in CALLERS {
            run.list(who, None).await?;
            for which in 0..run.room.articles.len() {
                run.read(who, which, false).await?;
            }
        }
        run.recall().await?;
        run.follow_to_the_end().await?;
        Ok(run.told)
    }

    pub fn now(&self) -> Micros {
        self.app.clock.now().as_micros()
    }

    /// What history says, once the key that it names is the one that did it.
    pub fn by_its_key(&self, mut said: Value) -> Result<Value, TestCaseError> {
        let id = said.as_object_mut().and_then(|said| said.shift_remove("actor_key_id"));
        let want = self.key_ids.get(text(&said["actor"]));
        same!(id, Some(json!(want)), "{said}");
        Ok(said)
    }

    /// Sends a request, and takes apart what the answer says.
    pub async fn ask(
        &mut self,
        who: Who,
        method: &str,
        path: &str,
        headers: &[(&str, String)],
        body: Option<&Value>,
    ) -> Answer {
        let mut request = self.app.as_key(&self.keys[&who]).request(method, path);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = match body {
            Some(body) => request.json(body).send().await,
            None => request.send().await,
        };
        let code = match answer.status {
            400.. => text(&answer.json()["code"]).to_owned(),
            _ => method.to_owned(),
        };
        *self.told.entry((answer.status, code)).or_default() += 1;
        answer
    }

    pub fn path(&self, which: usize) -> String {
        let id = self.room.articles.get(which).map_or(NOWHERE, |article| &article.id);
        format!("/v1/articles/{id}")
    }

    pub fn tag(&self, which: usize, tag: Tag) -> Vec<(&'static str, String)> {
        let version = self.room.articles.get(which).map_or(1, |article| article.version);
        match tag {
            Tag::None => Vec::new(),
            // As a proxy that packs hands it on.
            Tag::Present => vec![("If-Match", format!("W/\"{version}-0-gzip\""))],
            Tag::Stale => vec![("If-Match", format!("\"{}-0\"", version - 1))],
        }
    }

    /// Compares an answer that the model refuses.
    pub fn refused(answer: &Answer, (status, code, members): &Refusal, about: &str) -> Told {
        same!(answer.status, *status, "{about}: {}", answer.text());
        let body = plain(answer.json());
        same!(text(&body["code"]), *code, "{about}");
        for (name, want) in members.as_object().into_iter().flatten() {
            same!(body[name], plain(want.clone()), "{about}: {name}");
        }
        Ok(())
    }

    /// When the last write to an article was made, as the server has it.
    pub async fn written_at(
        &mut self,
        which: usize,
        is_trashed: bool,
    ) -> Result<Micros, TestCaseError> {
        let path = match is_trashed {
            true => "/v1/articles?state=trashed&limit=100".to_owned(),
            false => self.path(which),
        };
        let shown = self.ask(Who::Admin, "GET", &path, &[], None).await.json();
        let id = &self.room.articles[which].id;
        let entry = shown["items"]
            .as_array()
            .and_then(|items| items.iter().find(|item| item["id"] == **id));
        self.instant_of(entry.unwrap_or(&shown))
    }

    /// The instant of the write that left this article: the clock's, or a little later.
    pub fn instant_of(&self, article: &Value) -> Result<Micros, TestCaseError> {
        let told = article["updated_at"].as_str().unwrap_or_default();
        let at = copydesk::domain::instant::Instant::parse(told)
            .map(|at| at.as_micros())
            .unwrap_or_default();
        match (self.now()..self.now() + AHEAD).contains(&at) {
            true => Ok(at),
            false => Err(TestCaseError::fail(format!(
                "written at {told}, by a clock at {}: {article}",
                instant(self.now())
            ))),
        }
    }

    async fn step(&mut self, step: Step) -> Told {
        let about = format!("{step:?}");
        match step {
            Step::Wait(millis) => self.app.clock.advance(millis * 1_000),
            Step::Create { who, words, published, once } => {
                self.create(who, words, published, once, &about).await?
            }
            Step::Edit { who, which, words, put, tag } => {
                self.edit(who, which, words, put, tag, &about).await?
            }
            Step::Act { who, which, act, at, tag } => {
                self.act(who, which, act, at, tag, &about).await?
            }
            Step::Delete { who, which, purge, tag } => {
                self.delete(who, which, purge, tag, &about).await?
            }
            Step::Attach { who, which, notice, tag } => {
                self.attach(who, which, notice, tag, true, &about).await?
            }
            Step::Detach { who, which, notice, tag } => {
                self.attach(who, which, notice, tag, false, &about).await?
            }
            Step::Correct { who, which, body, tag } => {
                self.correct(who, which, body, tag, &about).await?
            }
            Step::WithdrawCorrection { who, which, nth, tag } => {
                self.withdraw_correction(who, which, nth, tag, &about).await?
            }
            Step::RestoreRevision { who, which, version, tag } => {
                self.restore_revision(who, which, version, tag, &about).await?
            }
            Step::Remark(step) => self.remark(step, &about).await?,
            Step::Read { who, which, by_slug } => self.read(who, which, by_slug).await?,
            Step::ReadSlug { who, slug } => {
                self.read_slug(who, SLUGS[usize::from(slug)].to_owned()).await?
            }
            Step::History { who, which } => self.history(who, which, &about).await?,
            Step::Revision { who, which, version, against } => {
                self.revision(who, which, version, against, &about).await?
            }
            Step::Follow => {
                self.follow(&about).await?;
                self.remember().await;
            }
            Step::List { who, state } => self.list(who, state).await?,
        }
        Ok(())
    }
}

/// An answer without the ids of disclaimers, which the model does not know.
pub fn plain(mut body: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(members) => {
                if members.contains_key("matched_by") {
                    members.shift_remove("id");
                }
                members.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut body);
    body
}
