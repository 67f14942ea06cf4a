//! The proof: what an article showed at any instant is told again, exactly.
//!
//! A random newsroom is edited for a while; after each turn every article is read as a reader does, and
//! what it carried is remembered with the instant. Then `as_of` must say the same of each of them.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{attachment, notice_path, path_of};

const TURNS: usize = 400;
/// Any other would do as well.
const SEED: u64 = 20_261_123;
const ARTICLES: usize = 4;

struct Newsroom {
    app: TestApp,
    /// State of a generator of numbers (SplitMix64).
    seed: u64,
    articles: Vec<Value>,
    disclaimers: Vec<Value>,
}

impl Newsroom {
    fn number(&mut self) -> u32 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.seed ^ (self.seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed >> 32) as u32
    }

    fn pick(&mut self, most: usize) -> usize {
        self.number() as usize % most
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        let at = self.pick(of.len());
        of[at].clone()
    }

    fn later(&mut self) -> Value {
        let seconds = self.one(&[-60_i64, 5, 60, 3_600, 90_000]);
        let now = copydesk::domain::instant::Clock::now(self.app.clock.as_ref()).as_micros();
        let at = copydesk::domain::instant::Instant::from_micros(now + seconds * 1_000_000);
        match self.pick(3) {
            0 => json!(at.to_string()),
            _ => Value::Null,
        }
    }

    fn rule(&mut self) -> Value {
        let mut rule = json!({"all": self.pick(4) == 0, "tags": [], "sources": [], "sections": [], "languages": []});
        for (list, words) in [
            ("tags", ["a", "b"]),
            ("sources", ["X", "Y"]),
            ("sections", ["s", "t"]),
            ("languages", ["de", "en"]),
        ] {
            if self.pick(3) == 0 {
                rule[list] = json!([self.one(&words)]);
            }
        }
        if self.pick(5) == 0 { Value::Null } else { rule }
    }

    fn facts(&mut self) -> Value {
        let source = self.one(&["X", "Y"]);
        json!({"tags": [self.one(&["a", "b", "c"])], "source": {"name": source}, "section": self.one(&["s", "t"]),
            "language": self.one(&["de", "en", "fr"])})
    }

    /// One write; whether it is let through is not what this is about.
    async fn turn(&mut self) {
        let article = {
            let at = self.pick(self.articles.len());
            self.articles[at].clone()
        };
        let disclaimer = {
            let at = self.pick(self.disclaimers.len());
            self.disclaimers[at].clone()
        };
        let (path, notice) = (path_of(&article), notice_path(&disclaimer));
        let kind = self.pick(20);
        let (method, target, body) = match kind {
            0..=3 => ("PATCH", path, self.facts()),
            4 => ("PATCH", path, json!({"embargo_until": self.later()})),
            5 => ("PATCH", path, json!({"expires_at": self.later()})),
            6 => ("PATCH", path, json!({"access": self.one(&["public", "restricted"])})),
            7..=10 => {
                let act = self.one(&[
                    "publish", "publish", "publish", "unblock", "restore", "unpublish", "withdraw",
                    "block", "unblock", "restore",
                ]);
                let body = match act {
                    "block" => json!({"authority": "A court"}),
                    "publish" if self.pick(3) == 0 => json!({"at": self.later()}),
                    _ => json!({}),
                };
                ("POST", format!("{path}/{act}"), body)
            }
            11 => ("DELETE", path, Value::Null),
            12 => ("PUT", attachment(&article, &disclaimer), Value::Null),
            13 => ("DELETE", attachment(&article, &disclaimer), Value::Null),
            14..=15 => ("PATCH", notice, json!({"body": format!("Text {}", self.number())})),
            16 => ("PATCH", notice, json!({"applies_to": self.rule()})),
            17 => {
                let change = json!({"text_mode": self.one(&["pinned", "current"]), "placement": self.one(&["before", "after"]),
                    "priority": self.pick(3)});
                ("PATCH", notice, change)
            }
            18 => (
                "PATCH",
                notice,
                json!({"effective_from": self.later(), "effective_until": self.later()}),
            ),
            _ if self.pick(4) == 0 => ("POST", format!("{notice}/retire"), Value::Null),
            _ => ("PATCH", notice, json!({"title": "T", "kind": self.one(&["legal", "risk"])})),
        };
        let request = self.app.key().request(method, &target);
        let answer = match body {
            Value::Null => request.send().await,
            body => request.json(&body).send().await,
        };
        assert!(answer.status < 500, "{}", answer.text());
    }

    /// What a reader of an article is shown now: none where it is not to be read.
    async fn shown(&self, article: &Value) -> Value {
        let answer = self.app.get(path_of(article)).send().await;
        let body = match answer.status {
            200 => answer.json(),
            403 => answer.json()["article"].clone(),
            _ => Value::Null,
        };
        match &body["disclaimers"] {
            Value::Null => json!([]),
            shown => shown.clone(),
        }
    }
}

#[actix_web::test]
async fn every_instant_is_told_again_as_it_was() {
    let app = TestApp::new().await;
    let mut room = Newsroom { app, seed: SEED, articles: Vec::new(), disclaimers: Vec::new() };
    for nth in 0..ARTICLES {
        let mut body = room.facts();
        body["title"] = json!(format!("Article {nth}"));
        body["state"] = json!("published");
        let made = room.app.article_of(body).await;
        room.articles.push(made);
    }
    for (key, language) in [
        ("one", Value::Null),
        ("one", json!("de")),
        ("two", Value::Null),
        ("three", json!("en")),
        ("three", json!("de")),
    ] {
        let body = json!({"key": key, "title": key, "body": key, "language": language, "applies_to": room.rule(),
            "text_mode": room.one(&["pinned", "current"])});
        let made = room.app.key().post("/v1/disclaimers", &body).send().await;
        room.disclaimers.push(made.expect(201).json());
    }
    let mut remembered: Vec<(String, usize, Value)> = Vec::new();
    for _ in 0..TURNS {
        room.turn().await;
        let wait = room.one(&[1_000, 1_000_000, 30_000_000, 4_000_000_000]);
        room.app.clock.advance(wait);
        let now = copydesk::domain::instant::Clock::now(room.app.clock.as_ref()).to_string();
        for nth in 0..ARTICLES {
            let shown = room.shown(&room.articles[nth]).await;
            remembered.push((now.clone(), nth, shown));
        }
        // What is written in the same microsecond came after it.
        room.app.clock.advance(1);
    }
    for article in &room.articles {
        // What lies in the trash is told to nobody.
        let restore = room.app.key().post_empty(format!("{}/restore", path_of(article)));
        assert!(restore.send().await.status < 500);
    }
    let mut with_some = 0;
    for (at, nth, shown) in &remembered {
        let path = format!("{}/disclaimers?as_of={at}", path_of(&room.articles[*nth]));
        let told = room.app.key().get(&path).ok().await;
        assert_eq!(told["items"], *shown, "article {nth} at {at}");
        with_some += usize::from(shown.as_array().is_some_and(|shown| !shown.is_empty()));
    }
    println!("oracle: {} instants told again, {with_some} with disclaimers", remembered.len());
    assert!(with_some > remembered.len() / 20, "{with_some} of {}", remembered.len());
}

#[actix_web::test]
async fn what_is_to_come_and_what_never_was_is_not_told() {
    let app = TestApp::new().await;
    let body = json!({"key": "all", "title": "All", "body": "All", "applies_to": {"all": true}});
    app.key().post("/v1/disclaimers", &body).created().await;
    app.clock.advance(1_000_000);
    let article = app.article("A").await;
    let path = format!("{}/disclaimers", path_of(&article));
    assert_eq!(app.get(&path).ok().await["items"][0]["key"], "all");
    let before = app.get(format!("{path}?as_of=2020-01-01T00:00:00Z")).expect(200).await;
    assert_eq!(before.json(), json!({"items": []}));
    let ahead = app.get(format!("{path}?as_of=2099-01-01T00:00:00Z")).expect(400).await;
    assert_eq!(ahead.problem("invalid_parameter")["errors"][0]["parameter"], "as_of");
    app.get(format!("{path}?as_of=yesterday")).expect(400).await;
    let draft = app.article_of(json!({"title": "Draft", "slug": "draft"})).await;
    app.get(format!("{}/disclaimers", path_of(&draft))).expect(404).await;
    app.key().patch(path_of(&article), json!({"slug": "new"})).ok().await;
    let moved = app.get("/v1/articles/a/disclaimers?as_of=2020-01-01T00:00:00Z").expect(308).await;
    assert_eq!(moved.header("location"), "/v1/articles/new/disclaimers?as_of=2020-01-01T00:00:00Z");
}
