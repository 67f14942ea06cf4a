//! `Idempotency-Key`: what creates does so once, and says so again.

use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::support::contract::DOCUMENT;
use crate::support::make::{path_of, text};
use crate::support::process::{Server, try_send_with};
use crate::support::{Answer, TestApp};

/// A day, in microseconds.
const DAY: i64 = 86_400_000_000;
const KEY: &str = "test-key-0123456789";

async fn post(app: &TestApp, path: &str, with: &str, name: &str, body: &Value) -> Answer {
    let request = app.post(path).with(with).header("Idempotency-Key", name);
    request.json(body).send().await
}

#[actix_web::test]
async fn every_creating_post_answers_again_what_it_answered() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let comments = format!("{}/comments", path_of(&article));
    let cases = [
        (
            "/v1/articles",
            json!({"title": "Once", "state": "published"}),
        ),
        (
            "/v1/disclaimers",
            json!({"key": "once", "title": "T", "body": "B"}),
        ),
        (
            comments.as_str(),
            json!({"author_name": "Sam", "body": "Hello"}),
        ),
    ];
    for (path, body) in &cases {
        let first = post(&app, path, KEY, "a-key", body).await.expect(201);
        assert_eq!(first.find("idempotent-replayed"), None);
        app.clock.advance(DAY - 1_000);
        let again = post(&app, path, KEY, "a-key", body).await.expect(201);
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!(again.body, first.body, "byte for byte");
        for name in ["etag", "location", "cache-control", "content-type"] {
            assert_eq!(again.header(name), first.header(name), "{path}: {name}");
        }
        let mut other = body.clone();
        other["body"] = json!("Other words");
        post(&app, path, KEY, "a-key", &other)
            .await
            .expect(422)
            .problem("idempotency_key_reused");
    }
    // A correction that is sent again is said once.
    let path = format!("{}/correct", path_of(&article));
    let body = json!({"note": "Wrong bridge."});
    let first = post(&app, &path, KEY, "a-key", &body).await.expect(200);
    let again = post(&app, &path, KEY, "a-key", &body).await.expect(200);
    assert_eq!(
        (again.header("idempotent-replayed"), &again.body),
        ("true", &first.body)
    );
    assert_eq!(again.json()["corrections"].as_array().unwrap().len(), 1);
    // Each of them is one that the document says so of, and there is no other.
    let documented = DOCUMENT["paths"]
        .as_object()
        .unwrap()
        .values()
        .filter(|item| {
            let parameters = item["post"]["parameters"].as_array().into_iter().flatten();
            parameters
                .into_iter()
                .any(|parameter| parameter["name"] == "Idempotency-Key")
        });
    assert_eq!(documented.count(), cases.len() + 1);
    let count = app
        .get("/v1/articles?count=true")
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(count["total"], 2);
}

#[actix_web::test]
async fn a_key_is_its_callers_its_paths_and_its_days() {
    let app = TestApp::new().await;
    let body = json!({"title": "Once"});
    let id = async |with: &str, name: &str| {
        let made = post(&app, "/v1/articles", with, name, &body)
            .await
            .expect(201);
        text(&made.json()["id"]).to_owned()
    };
    let other = app.key_with(&["articles:write"]).await;
    let first = id(KEY, "k").await;
    assert_ne!(id(&other, "k").await, first, "another caller");
    assert_ne!(id(KEY, "l").await, first, "another key");
    assert_eq!(id(KEY, "k").await, first);
    app.clock.advance(DAY + 1_000);
    let second = id(KEY, "k").await;
    assert_ne!(second, first, "another day");
    assert_eq!(id(KEY, "k").await, second);
    // It is forgotten with what it made.
    app.delete(&format!("/v1/articles/{second}?purge=true"))
        .key()
        .send()
        .await
        .expect(204);
    assert_ne!(id(KEY, "k").await, second);
}

#[actix_web::test]
async fn only_what_was_made_is_kept() {
    let app = TestApp::new().await;
    let taken = json!({"title": "B", "slug": "a"});
    let article = app.article_of(json!({"title": "A", "slug": "a"})).await;
    post(&app, "/v1/articles", KEY, "k", &taken)
        .await
        .expect(409)
        .problem("slug_taken");
    app.delete(&path_of(&article))
        .key()
        .send()
        .await
        .expect(204);
    let made = post(&app, "/v1/articles", KEY, "k", &taken)
        .await
        .expect(201);
    assert_eq!(made.find("idempotent-replayed"), None);
    // What the body alone shows comes before a kept answer, and that before any look-up.
    post(&app, "/v1/articles", KEY, "k", &json!({}))
        .await
        .expect(422)
        .problem("validation_failed");
    let gone = app.article("Gone").await;
    let comments = format!("{}/comments", path_of(&gone));
    let hello = json!({"author_name": "Sam", "body": "Hello"});
    post(&app, &comments, "", "k", &hello).await.expect(201);
    app.delete(&path_of(&gone)).key().send().await.expect(204);
    post(&app, &comments, "", "k", &hello).await.expect(201);
    post(&app, &comments, "", "l", &hello).await.expect(404);
}

#[actix_web::test]
async fn a_key_that_cannot_be_read_is_refused() {
    let app = TestApp::new().await;
    let body = json!({"title": "A"});
    for name in ["", "two words", "\u{e9}", &"k".repeat(256)] {
        let problem = post(&app, "/v1/articles", KEY, name, &body)
            .await
            .expect(400)
            .problem("invalid_parameter");
        assert_eq!(problem["errors"][0]["parameter"], "idempotency-key");
    }
    let twice = app
        .post("/v1/articles")
        .key()
        .header("Idempotency-Key", "a")
        .header("Idempotency-Key", "a");
    twice.json(&body).send().await.expect(400);
    post(&app, "/v1/articles", KEY, &"k".repeat(255), &body)
        .await
        .expect(201);
    // Where nothing is created it means nothing.
    let article = app.article("B").await;
    for _ in 0..2 {
        let request = app
            .patch(&path_of(&article))
            .key()
            .header("Idempotency-Key", "k");
        let answer = request
            .json(&json!({"title": "C"}))
            .send()
            .await
            .expect(200);
        assert_eq!(answer.find("idempotent-replayed"), None);
    }
}

#[actix_web::test]
async fn two_readers_are_two_addresses() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let path = format!("{}/comments", path_of(&article));
    let comment = async |address: &str| {
        let request = TestRequest::post()
            .uri(&path)
            .peer_addr(format!("{address}:4711").parse().unwrap())
            .append_header(("Idempotency-Key", "the-same"))
            .set_json(json!({"author_name": address, "body": "Hello"}));
        let answer = app.call(request.to_request()).await.expect(201);
        text(&answer.json()["id"]).to_owned()
    };
    let first = comment("192.0.2.1").await;
    assert_ne!(comment("192.0.2.2").await, first);
    assert_eq!(comment("192.0.2.1").await, first);
}

#[test]
fn a_restart_forgets_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let post = |server: &Server| {
        let body = r#"{"title":"Once","body":"Ünïcode \u0001f"}"#.replace("\\u0001f", "\\t");
        let headers = "Idempotency-Key: over-a-restart\r\n";
        try_send_with(&server.address, "POST", "/v1/articles", KEY, headers, &body).unwrap()
    };
    let start = || Server::start(dir.path(), 3, &[("COPYDESK_ADMIN_KEY", KEY)]);
    let mut server = start();
    let first = post(&server);
    // The hard way: nothing is said good-bye to.
    assert!(!server.signal("-KILL").success());
    let server = start();
    let again = post(&server);
    assert_eq!((first.0, again.0), (201, 201));
    assert_eq!(first.1, again.1);
}
