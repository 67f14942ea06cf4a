//! The walk over the document: its operations, something for each of them to act on, and the one way in which a request
//! is sent and its answer looked at.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{Method, Uri};
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use super::corpus::Hostile;
use crate::support::app::{KEY, TestApp};
use crate::support::client::{Answer, bearer};
use crate::support::contract::{self, DOCUMENT, resolve};
use crate::support::make::{NOWHERE, path_of, text};

/// Longest time that an answer may take. Without optimisations, beside other tests, all is some ten times slower.
const SLOWEST: Duration = Duration::from_secs(if cfg!(debug_assertions) { 10 } else { 2 });
/// What is counted as slow, and told.
const SLOW: Duration = Duration::from_secs(2);
/// Every so many of the things that are created are read at once by their own address.
const READ_EVERY: usize = 16;
/// Most pages of one list that are read again.
const PAGES_MAX: usize = 1_000;

/// An operation of the document.
pub struct Operation {
    pub name: &'static str,
    pub method: String,
    pub pattern: &'static str,
    pub documented: &'static Value,
    /// Of all operations at this path.
    shared: &'static Value,
}

impl Operation {
    pub fn is_of(&self, tags: &[&str]) -> bool {
        tags.contains(&text(&self.documented["tags"][0]))
    }

    /// The names of its parameters of one kind: `path`, `query` or `header`.
    pub fn parameters(&self, place: &str) -> Vec<&'static Value> {
        let own = self.documented["parameters"].as_array();
        let all = own.into_iter().chain(self.shared.as_array()).flatten().map(resolve);
        all.filter(|parameter| parameter["in"] == place).collect()
    }

    /// The media types of its body.
    pub fn media_types(&self) -> Vec<&'static str> {
        let content = self.documented["requestBody"]["content"].as_object();
        content.into_iter().flatten().map(|(name, _)| name.as_str()).collect()
    }

    /// The schema of its body, and an example of one that is valid.
    pub fn body(&self) -> Option<(&'static Value, &'static Value)> {
        let content = self.documented["requestBody"]["content"].as_object()?;
        let first = content.values().next()?;
        Some((resolve(&first["schema"]), &first["example"]))
    }

    /// True if it makes something new.
    pub fn creates(&self) -> bool {
        self.documented["responses"].get("201").is_some()
    }

    /// True if it changes what it acts on so that it could not act on it again.
    fn uses_up(&self) -> bool {
        let acts = self.method == "DELETE" || self.method == "POST" && !self.creates();
        acts && self.pattern.contains('{')
    }

    /// True if a comment's own token lets in.
    pub fn takes_token(&self) -> bool {
        let ways = self.documented["security"].as_array();
        ways.into_iter().flatten().any(|way| way.get("editToken").is_some())
    }
}

pub fn operations() -> Vec<Operation> {
    let mut all = Vec::new();
    for (pattern, item) in DOCUMENT["paths"].as_object().unwrap() {
        for (method, documented) in item.as_object().unwrap() {
            let Some(name) = documented["operationId"].as_str() else {
                continue;
            };
            let (method, shared) = (method.to_uppercase(), &item["parameters"]);
            all.push(Operation { name, method, pattern, documented, shared });
        }
    }
    assert!(all.len() > 60, "the walk walks");
    all
}

/// A request, with the place in it where a hostile string stands.
pub struct Sent<'a> {
    pub method: &'a str,
    pub path: String,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// With its media type; without one where the headers have it.
    pub body: Option<(&'a str, Vec<u8>)>,
    pub place: &'a str,
    pub hostile: &'a Hostile,
}

impl<'a> Sent<'a> {
    /// One with the admin key.
    pub fn new(method: &'a str, path: String, (place, hostile): (&'a str, &'a Hostile)) -> Self {
        let key = HeaderValue::try_from(bearer(KEY)).unwrap();
        let headers = vec![(actix_web::http::header::AUTHORIZATION, key)];
        Self { method, path, headers, body: None, place, hostile }
    }

    pub fn with_body(self, body: Option<(&'a str, Vec<u8>)>) -> Self {
        Self { body, ..self }
    }
}

/// Tells which request it was, where a check of its answer fails.
struct Case<'a>(&'a Sent<'a>);

impl Drop for Case<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let shown: String = format!("{:?}", self.0.hostile).chars().take(300).collect();
            let path: String = self.0.path.chars().take(300).collect();
            eprintln!("hostile: {} {path}, {} = {shown}", self.0.method, self.0.place);
        }
    }
}

/// A newsroom, and what it was asked and has answered.
pub struct Walk {
    pub app: TestApp,
    name: &'static str,
    made: Cell<usize>,
    told: BTreeMap<u16, usize>,
    created: usize,
    slowest: Duration,
    slow: usize,
}

impl Walk {
    pub async fn new(name: &'static str) -> Self {
        Self {
            app: TestApp::new().await,
            name,
            made: Cell::new(0),
            told: BTreeMap::new(),
            created: 0,
            slowest: Duration::ZERO,
            slow: 0,
        }
    }

    /// Another number each time.
    pub fn number(&self) -> usize {
        self.made.set(self.made.get() + 1);
        self.made.get()
    }

    /// Sends a request; `None` if no client could send it.
    pub async fn send(&mut self, sent: &Sent<'_>) -> Option<Answer> {
        if sent.path.parse::<Uri>().is_err() {
            return None;
        }
        let method = Method::from_bytes(sent.method.as_bytes()).unwrap();
        let mut request = TestRequest::default().method(method).uri(&sent.path);
        for (name, value) in &sent.headers {
            request = request.append_header((name, value));
        }
        if let Some((media_type, body)) = &sent.body {
            request = request.set_payload(body.clone());
            if !media_type.is_empty() {
                request = request.append_header(("Content-Type", *media_type));
            }
        }
        let _case = Case(sent);
        let began = Instant::now();
        let answer = self.app.call(request.to_request()).await;
        let took = began.elapsed();
        assert!(took <= SLOWEST, "it took {took:?}");
        assert!(answer.status < 500, "{}: {}", answer.status, answer.text());
        // Every problem is one, of this status, and fits its schema; and so does all that is shown.
        contract::check(sent.method, &sent.path, &answer);
        *self.told.entry(answer.status).or_default() += 1;
        self.slowest = self.slowest.max(took);
        self.slow += usize::from(took > SLOW);
        if answer.status == 201 {
            self.created += 1;
            if self.created.is_multiple_of(READ_EVERY) {
                let location = answer.header("location");
                let path = location.find("/v1/").map(|at| &location[at..]).unwrap();
                self.app.key().get(path).expect(200).await;
            }
        }
        Some(answer)
    }

    /// The operation's path with something there that it can act on, made for this.
    pub async fn stage(&self, operation: &Operation) -> String {
        self.filled(operation)
            .await
            .into_iter()
            .fold(operation.pattern.to_owned(), |path, (name, value)| {
                path.replace(&format!("{{{name}}}"), &value)
            })
    }

    /// The parameters of such a path.
    pub async fn filled(&self, operation: &Operation) -> BTreeMap<&'static str, String> {
        let mut filled = BTreeMap::new();
        for parameter in operation.parameters("path") {
            filled.insert(text(&parameter["name"]), NOWHERE.to_owned());
        }
        if filled.contains_key("article") {
            self.fill_article(operation.name, &mut filled).await;
        } else if filled.contains_key("disclaimer") {
            let made = self.app.disclaimer(&format!("notice-{}", self.number())).await;
            filled.insert("disclaimer", text(&made["id"]).to_owned());
            filled.entry("version").and_modify(|version| "1".clone_into(version));
        }
        if filled.contains_key("comment") {
            let article = self.app.article("Commented").await;
            let made = self.app.comment(&article, &format!("Comment {}", self.number())).await;
            let id = text(&made["id"]).to_owned();
            if operation.name == "restore_comment" {
                self.app.key().delete(format!("/v1/comments/{id}")).done().await;
            }
            filled.insert("comment", id);
        }
        if filled.contains_key("key") {
            let body = json!({"name": "A key", "scopes": []});
            let made = self.app.key().post("/v1/keys", &body).created().await;
            filled.insert("key", text(&made["id"]).to_owned());
        }
        if filled.contains_key("slug") {
            let body = json!({"title": "A", "state": "published", "section": "weather", "tags": ["weather"]});
            self.app.article_of(body).await;
            filled.insert("slug", "weather".to_owned());
        }
        filled.entry("code").and_modify(|code| "slug_taken".clone_into(code));
        filled
    }

    /// The parameters of a path below an article, which is in the state that the operation asks for.
    async fn fill_article(&self, name: &str, filled: &mut BTreeMap<&'static str, String>) {
        let app = &self.app;
        let article = match name {
            "publish_article" => app.draft("A draft").await,
            _ => app.article("An article").await,
        };
        match name {
            "unblock_article" => {
                app.act(&article, "block", json!({"authority": "A court"})).await;
            }
            "restore_article" => {
                app.key().delete(path_of(&article)).done().await;
            }
            "withdraw_correction" => {
                let corrected = app.act(&article, "correct", json!({"note": "Another one."})).await;
                let id = text(&corrected["corrections"][0]["id"]).to_owned();
                filled.insert("correction", id);
            }
            _ => {}
        }
        if let Some(version) = filled.get_mut("version") {
            app.key().patch(path_of(&article), json!({"title": "Another title"})).ok().await;
            "1".clone_into(version);
        }
        if let Some(disclaimer) = filled.get_mut("disclaimer") {
            let notice = app.disclaimer(&format!("notice-{}", self.number())).await;
            text(&notice["id"]).clone_into(disclaimer);
            if name == "detach_disclaimer" {
                app.attach(&article, &notice).await;
            }
        }
        filled.insert("article", text(&article["id"]).to_owned());
    }

    /// Some of everything, for lists to find.
    pub async fn populate(&self) {
        let notice = self.app.disclaimer("notice").await;
        for nth in 0..5 {
            let article = json!({
                "title": format!("Night bus {nth}"), "state": "published", "language": "en", "section": "city",
                "body": "The **night** buses return to M\u{fc}nchen, \u{5317}\u{4eac} and the U.S.",
                "tags": ["buses", "night"], "authors": [{"name": "Ada"}], "source": {"name": "Valley Wire"},
            });
            let article = self.app.article_of(article).await;
            self.app.attach(&article, &notice).await;
            self.app.comment(&article, &format!("Is it {nth}?")).await;
        }
        self.app.draft("Not yet").await;
    }

    /// Makes anew what the operation has used up.
    pub async fn restage(&self, operation: &Operation, answer: Option<&Answer>) -> Option<String> {
        let is_used = answer.is_some_and(|answer| answer.status < 300) && operation.uses_up();
        match is_used {
            true => Some(self.stage(operation).await),
            false => None,
        }
    }

    /// Everything that was written can be read, by an editor and by a reader.
    pub async fn read_again(&self) {
        for list in ["articles", "disclaimers", "sections", "tags", "authors", "sources"] {
            self.read_list(&format!("/v1/{list}?limit=100"), true).await;
            self.read_list(&format!("/v1/{list}?limit=100"), false).await;
        }
        for list in ["articles?state=trashed&limit=100", "comments?limit=100", "keys?limit=100"] {
            self.read_list(&format!("/v1/{list}"), true).await;
        }
    }

    async fn read_list(&self, path: &str, with_key: bool) {
        let mut next = path.to_owned();
        for _ in 0..PAGES_MAX {
            let request = self.app.get(&next);
            let request = if with_key { request.key() } else { request };
            let page = request.ok().await;
            match page["next"].as_str() {
                Some(cursor) => next = format!("{path}&cursor={cursor}"),
                None => return,
            }
        }
        panic!("{path} has no end");
    }

    /// Another newsroom: lists and rules of thousands would make each request slower.
    pub async fn renew(&mut self) {
        self.app = TestApp::new().await;
    }
}

impl Drop for Walk {
    fn drop(&mut self) {
        let count: usize = self.told.values().sum();
        println!(
            "hostile {}: {count} requests, {} over {SLOW:?}, slowest {:?}, {:?}",
            self.name, self.slow, self.slowest, self.told
        );
    }
}
