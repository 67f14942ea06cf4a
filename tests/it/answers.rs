//! Answers that are kept in memory: the same as fresh ones, for as long as those would be the same.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::app::KEY;
use crate::support::client::Answer;
use crate::support::make::{comments_of, path_of, text};
use crate::support::process::Server;

/// Headers without the request's own id.
fn headers(answer: &Answer) -> Vec<(String, String)> {
    let all = answer.headers.iter().map(|(name, value)| {
        (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned())
    });
    let mut all: Vec<_> = all.filter(|(name, _)| name != "x-request-id").collect();
    all.sort();
    all
}

/// A problem's body names the request.
fn without_id(answer: &Answer) -> String {
    let text = answer.text();
    match text.split_once(r#","instance":""#) {
        Some((before, _)) => before.to_owned(),
        None => text,
    }
}

#[actix_web::test]
async fn a_kept_answer_is_what_a_fresh_one_is() {
    let app = TestApp::new().await;
    let article = app
        .article_of(json!({"title": "A", "slug": "a", "section": "city", "tags": ["harbour"], "body": "The river. ".repeat(90), "state": "published"}))
        .await;
    let hidden = app.draft("B").await;
    let notice = app.disclaimer("notice").await;
    app.attach(&article, &notice).await;
    let comment = app.comment(&article, "First").await;
    let withdrawn = app.article_of(json!({"title": "C", "slug": "c", "state": "published"})).await;
    app.act(&withdrawn, "withdraw", json!({"notice": "Wrong."})).await;
    let paths = [
        "/v1/articles/a".to_owned(),
        path_of(&article),
        format!("{}?include=comments&fields=title", path_of(&article)),
        path_of(&hidden),
        "/v1/articles/c".to_owned(),
        "/v1/articles/nothing".to_owned(),
        "/v1/articles".to_owned(),
        "/v1/articles?count=true&facets=tag".to_owned(),
        "/v1/articles?q=river".to_owned(),
        "/v1/articles?state=draft".to_owned(),
        "/v1/articles?limit=1&fields=comment_count".to_owned(),
        comments_of(&article),
        format!("/v1/comments/{}", text(&comment["id"])),
        "/v1/articles/a/disclaimers".to_owned(),
        "/v1/articles/a/related".to_owned(),
        "/v1/articles/nothing/comments".to_owned(),
        "/v1/comment-counts?article=a".to_owned(),
        "/v1/sections".to_owned(),
        "/v1/tags/harbour".to_owned(),
    ];
    let wishes = [
        ("Accept-Encoding", "identity"),
        ("Accept-Encoding", "gzip"),
        ("Accept-Encoding", "br"),
        ("Accept", "application/json"),
        ("Accept", "text/html"),
        ("If-None-Match", "*"),
        ("If-None-Match", "\"no-such-tag\""),
        ("If-None-Match", "no tag"),
        ("Host", "no host"),
    ];
    let given = || app.parts.answers.given();
    for path in &paths {
        for method in ["GET", "HEAD"] {
            for (name, value) in wishes {
                let ask = || app.request(method, path).header(name, value).send();
                let fresh = ask().await;
                let before = given();
                let kept = ask().await;
                let told = format!("{method} {path} {name}: {value}");
                assert_eq!(kept.status, fresh.status, "{told}");
                assert_eq!(headers(&kept), headers(&fresh), "{told}");
                assert_eq!(without_id(&kept), without_id(&fresh), "{told}");
                let is_refused = [400, 406].contains(&kept.status);
                assert_eq!(given() - before, u64::from(!is_refused), "{told}");
            }
        }
        // With a key one sees more, and nobody else does.
        let before = given();
        app.key().get(path).send().await;
        app.get(path).header("Authorization", "Bearer wrong").expect(401).await;
        assert_eq!(given(), before, "{path}");
    }
    let before = given();
    app.get("/v1/comments/nothing").send().await;
    app.get(&paths[0]).send().await;
    assert_eq!(given(), before + 1);
}

#[actix_web::test]
async fn a_token_is_no_key_to_what_is_kept() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let body = json!({"author_name": "Sam", "body": "Hello"});
    let made = app.post(comments_of(&article), body).created().await;
    let path = format!("/v1/comments/{}", text(&made["id"]));
    for _ in 0..2 {
        let seen = app.get(&path).ok().await;
        assert!(seen.get("editable_until").is_none_or(Value::is_null), "{seen}");
    }
    let before = app.parts.answers.given();
    app.with_token(text(&made["edit_token"])).get(&path).ok().await;
    app.with_token("wrong").get(&path).expect(403).await;
    assert_eq!(app.parts.answers.given(), before);
}

#[actix_web::test]
async fn a_comment_leaves_what_does_not_show_it() {
    let app = TestApp::new().await;
    let (one, other) = (app.article("A").await, app.article("B").await);
    let paths = [path_of(&one), path_of(&other), "/v1/articles".to_owned(), comments_of(&other)];
    let with_numbers = "/v1/articles?fields=comment_count";
    let given = || app.parts.answers.given();
    for path in paths.iter().map(String::as_str).chain([with_numbers]) {
        app.get(path).ok().await;
    }
    app.comment(&one, "Hello").await;
    let before = given();
    for path in &paths[1..] {
        app.get(path).ok().await;
    }
    assert_eq!(given(), before + 3, "what shows none of its comments is kept");
    assert_eq!(app.get(&paths[0]).ok().await["comment_count"], 1);
    let list = app.get(with_numbers).ok().await;
    let numbers: Vec<i64> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| i["comment_count"].as_i64().unwrap())
        .collect();
    assert_eq!(numbers, [0, 1]);
    assert_eq!(given(), before + 3);
    // Any other write may change any answer.
    app.key().patch(&paths[0], json!({"title": "A2"})).ok().await;
    for path in &paths {
        app.get(path).ok().await;
    }
    assert_eq!(given(), before + 3);
}

#[actix_web::test]
async fn the_clock_ends_what_is_kept() {
    let app = TestApp::new().await;
    let second = 1_000_000;
    let at = |seconds: u32| format!("2026-11-22T10:00:{seconds:02}Z");
    let scheduled = app.article_of(json!({"title": "S", "slug": "s"})).await;
    app.act(&scheduled, "publish", json!({"at": at(20)})).await;
    app.article_of(json!({"title": "E", "slug": "e", "state": "published", "expires_at": at(40)}))
        .await;
    app.article_of(
        json!({"title": "C", "slug": "c", "state": "published", "comments_close_at": at(30)}),
    )
    .await;
    let mut told = Vec::new();
    for seconds in 0..6 {
        // Twice: the second is kept.
        for _ in 0..2 {
            let status = |answer: Answer| answer.status;
            let list = app.get("/v1/articles").ok().await;
            let now = (
                status(app.get("/v1/articles/s").send().await),
                status(app.get("/v1/articles/e").send().await),
                app.get("/v1/articles/c").ok().await["comments_open"].clone(),
                list["items"].as_array().unwrap().len(),
            );
            told.push((seconds * 10, now));
        }
        app.clock.advance(10 * second);
    }
    told.dedup();
    let (open, closed) = (json!(true), json!(false));
    let expected = [
        (0, (404, 200, open.clone(), 2)),
        (10, (404, 200, open.clone(), 2)),
        (20, (200, 200, open, 3)),
        (30, (200, 200, closed.clone(), 3)),
        (40, (200, 410, closed.clone(), 2)),
        (50, (200, 410, closed, 2)),
    ];
    assert_eq!(told, expected);
    assert!(app.parts.answers.given() >= 12);
}

/// A teaser is a refusal, and what it shows has times of its own.
#[actix_web::test]
async fn the_clock_ends_a_kept_teaser() {
    let app = TestApp::new().await;
    app.article_of(json!({"title": "R", "slug": "r", "access": "restricted", "tags": ["x"], "state": "published"}))
        .await;
    let rule = json!({"key": "late", "title": "Late", "body": "Late.", "applies_to": {"tags": ["x"]}, "effective_from": "2026-11-22T10:00:10Z", "effective_until": "2026-11-22T10:00:20Z"});
    app.key().post("/v1/disclaimers", rule).created().await;
    for expected in [0, 1, 0] {
        for path in ["/v1/articles/r", "/v1/articles/r/comments", "/v1/articles/r/related"] {
            for _ in 0..2 {
                let told = app.get(path).refused("article_restricted").await;
                let shown = told["article"]["disclaimers"].as_array().unwrap().len();
                assert_eq!(shown, expected, "{path}");
            }
        }
        app.clock.advance(10_000_000);
    }
}

/// What was shown then stays the same, but not who may ask for it.
#[actix_web::test]
async fn the_clock_ends_a_kept_proof() {
    let app = TestApp::new().await;
    app.article_of(json!({"title": "E", "slug": "e", "state": "published", "expires_at": "2026-11-22T10:00:10Z"}))
        .await;
    app.clock.advance(1_000_000);
    let path = "/v1/articles/e/disclaimers?as_of=2026-11-22T10:00:00Z";
    for _ in 0..2 {
        app.get(path).ok().await;
    }
    app.clock.advance(10_000_000);
    app.get(path).expect(410).await;
}

/// Whoever asks for the same by many names fills no more memory than there is for it.
#[actix_web::test]
async fn what_is_kept_is_counted_as_it_is() {
    let app = TestApp::new().await;
    let rule = json!({"key": "long", "title": "Long", "body": "x ".repeat(9_000), "applies_to": {"all": true}});
    app.key().post("/v1/disclaimers", rule).created().await;
    app.article_of(json!({"title": "R", "slug": "restricted-one", "access": "restricted", "state": "published"}))
        .await;
    app.article_of(json!({"title": "P", "slug": "published-one", "state": "published"})).await;
    for (path, status) in
        [("/v1/articles/restricted-one", 403), ("/v1/articles/published-one", 200)]
    {
        let before = app.parts.answers.bytes();
        for name in ["", "?"] {
            app.get(format!("{path}{name}")).expect(status).await;
        }
        let taken = app.parts.answers.bytes() - before;
        assert!(taken >= 2 * 18_000, "{path}: {taken}");
    }
    for number in 0..400 {
        let spelled = format!("/v1/articles/published-one?fields=body{}", ",id".repeat(number));
        app.get(spelled).ok().await;
    }
    assert!(app.parts.answers.bytes() <= 4 * 1024 * 1024);
}

#[actix_web::test]
async fn what_another_process_writes_is_noticed() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let path = path_of(&article);
    let is_kept = async || {
        let before = app.parts.answers.given();
        app.get(&path).ok().await;
        app.parts.answers.given() > before
    };
    app.get(&path).ok().await;
    assert!(is_kept().await);
    // The writer looks at the file now and then.
    let until = Instant::now() + Duration::from_secs(20);
    app.run_beside("update articles set title = 'B'");
    while app.get(&path).ok().await["title"] != "B" {
        assert!(Instant::now() < until, "an old answer is given still");
    }
}

#[expect(clippy::disallowed_methods, reason = "a developer's way to look longer")]
fn writes() -> u64 {
    std::env::var("ANSWERS_WRITES").ok().and_then(|number| number.parse().ok()).unwrap_or(200)
}

/// A writer, and readers who are never shown less than what the writer was told. `ANSWERS_WRITES` sets the number of
/// writes.
#[test]
fn nobody_sees_an_older_state_than_the_one_answered() {
    const READERS: usize = 16;
    let writes = writes();
    let dir = tempfile::tempdir().unwrap();
    let settings = [("COPYDESK_ADMIN_KEY", KEY), ("COPYDESK_COMMENTS_PER_MINUTE", "0")];
    let server = Server::start(dir.path(), 3, &settings);
    let (status, article) =
        server.send("POST", "/v1/articles", KEY, r#"{"title":"0","state":"published"}"#);
    assert_eq!(status, 201);
    let path = format!("/v1/articles/{}", text(&article["id"]));
    // What the writer was told: comments, and versions.
    let (comments, version, is_over) =
        (AtomicU64::new(0), AtomicU64::new(1), AtomicBool::new(false));
    let ask = |method: &str, path: &str, body: &str| {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let answer = server.raw(request.as_bytes());
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str::<Value>(body).unwrap()
    };
    thread::scope(|scope| {
        let (comments, version, is_over) = (&comments, &version, &is_over);
        let (path, ask, server) = (&path, &ask, &server);
        for reader in 0..READERS {
            scope.spawn(move || {
                let list = "/v1/articles?fields=comment_count,version";
                let mut seen = (0, 0);
                while !is_over.load(Ordering::Acquire) {
                    let told = (comments.load(Ordering::Acquire), version.load(Ordering::Acquire));
                    let now = match reader % 2 {
                        0 => ask("GET", path, ""),
                        _ => ask("GET", list, "")["items"][0].clone(),
                    };
                    let now =
                        (now["comment_count"].as_u64().unwrap(), now["version"].as_u64().unwrap());
                    assert!(
                        now.0 >= told.0 && now.1 >= told.1,
                        "{now:?} after {told:?} was answered"
                    );
                    assert!(now.0 >= seen.0 && now.1 >= seen.1, "{now:?} after {seen:?} was seen");
                    seen = now;
                }
            });
        }
        let writer = scope.spawn(move || {
            for number in 1..=writes {
                if number.is_multiple_of(10) {
                    let body = format!(r#"{{"title":"{number}"}}"#);
                    let (status, after) = server.send("PATCH", path, KEY, &body);
                    assert_eq!(status, 200, "{after}");
                    version.store(after["version"].as_u64().unwrap(), Ordering::Release);
                } else {
                    let body = format!(r#"{{"author_name":"S","body":"{number}"}}"#);
                    let path = format!("{path}/comments");
                    assert_eq!(ask("POST", &path, &body)["version"], 1);
                    comments.fetch_add(1, Ordering::Release);
                }
            }
        });
        let written = writer.join();
        is_over.store(true, Ordering::Release);
        written.unwrap();
    });
    assert_eq!(comments.into_inner() + version.into_inner() - 1, writes);
}
