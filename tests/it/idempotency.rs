//! `Idempotency-Key`: what creates does so once, and says so again.

use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::app::KEY;
use crate::support::client::RequestBuilder;
use crate::support::contract::DOCUMENT;
use crate::support::make::{DAY, comments_of, path_of, text};
use crate::support::process::{Server, try_send_with};

fn post<'a>(
    app: &'a TestApp,
    path: &str,
    with: &str,
    name: &str,
    body: &Value,
) -> RequestBuilder<'a> {
    app.as_key(with).post(path, body).header("Idempotency-Key", name)
}

#[actix_web::test]
async fn every_creating_post_answers_again_what_it_answered() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let comments = comments_of(&article);
    let cases = [
        ("/v1/articles", json!({"title": "Once", "state": "published"})),
        ("/v1/disclaimers", json!({"key": "once", "title": "T", "body": "B"})),
        (comments.as_str(), json!({"author_name": "Sam", "body": "Hello"})),
    ];
    for (path, body) in &cases {
        let first = post(&app, path, KEY, "a-key", body).expect(201).await;
        assert_eq!(first.find("idempotent-replayed"), None);
        app.clock.advance(DAY - 1_000);
        let again = post(&app, path, KEY, "a-key", body).expect(201).await;
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!(again.body, first.body, "byte for byte");
        for name in ["etag", "location", "cache-control", "content-type"] {
            assert_eq!(again.header(name), first.header(name), "{path}: {name}");
        }
        let mut other = body.clone();
        other["body"] = json!("Other words");
        post(&app, path, KEY, "a-key", &other).refused("idempotency_key_reused").await;
    }
    // A correction that is sent again is said once.
    let path = format!("{}/correct", path_of(&article));
    let body = json!({"note": "Wrong bridge."});
    let first = post(&app, &path, KEY, "a-key", &body).expect(200).await;
    let again = post(&app, &path, KEY, "a-key", &body).expect(200).await;
    assert_eq!((again.header("idempotent-replayed"), &again.body), ("true", &first.body));
    assert_eq!(again.json()["corrections"].as_array().unwrap().len(), 1);
    // Each of them is one that the document says so of, and there is no other.
    let documented = DOCUMENT["paths"].as_object().unwrap().values().filter(|item| {
        let parameters = item["post"]["parameters"].as_array().into_iter().flatten();
        parameters.into_iter().any(|parameter| parameter["name"] == "Idempotency-Key")
    });
    assert_eq!(documented.count(), cases.len() + 1);
    let count = app.get("/v1/articles?count=true").ok().await;
    assert_eq!(count["total"], 2);
}

#[actix_web::test]
async fn a_key_is_its_callers_its_paths_and_its_days() {
    let app = TestApp::new().await;
    let body = json!({"title": "Once"});
    let id = async |with: &str, name: &str| {
        let made = post(&app, "/v1/articles", with, name, &body).expect(201).await;
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
    app.key().delete(format!("/v1/articles/{second}?purge=true")).done().await;
    assert_ne!(id(KEY, "k").await, second);
}

#[actix_web::test]
async fn only_what_was_made_is_kept() {
    let app = TestApp::new().await;
    let taken = json!({"title": "B", "slug": "a"});
    let article = app.article_of(json!({"title": "A", "slug": "a"})).await;
    post(&app, "/v1/articles", KEY, "k", &taken).refused("slug_taken").await;
    app.key().delete(path_of(&article)).done().await;
    let made = post(&app, "/v1/articles", KEY, "k", &taken).expect(201).await;
    assert_eq!(made.find("idempotent-replayed"), None);
    // What the body alone shows comes before a kept answer, and that before any look-up.
    post(&app, "/v1/articles", KEY, "k", &json!({})).refused("validation_failed").await;
    let gone = app.article("Gone").await;
    let comments = comments_of(&gone);
    let hello = json!({"author_name": "Sam", "body": "Hello"});
    post(&app, &comments, "", "k", &hello).expect(201).await;
    app.key().delete(path_of(&gone)).done().await;
    post(&app, &comments, "", "k", &hello).expect(201).await;
    post(&app, &comments, "", "l", &hello).expect(404).await;
}

#[actix_web::test]
async fn a_key_that_cannot_be_read_is_refused() {
    let app = TestApp::new().await;
    let body = json!({"title": "A"});
    for name in ["", "two words", "\u{e9}", &"k".repeat(256)] {
        let problem =
            post(&app, "/v1/articles", KEY, name, &body).refused("invalid_parameter").await;
        assert_eq!(problem["errors"][0]["parameter"], "idempotency-key");
    }
    let twice = app
        .key()
        .request("POST", "/v1/articles")
        .header("Idempotency-Key", "a")
        .header("Idempotency-Key", "a");
    twice.json(&body).expect(400).await;
    post(&app, "/v1/articles", KEY, &"k".repeat(255), &body).expect(201).await;
    // Where nothing is created it means nothing.
    let article = app.article("B").await;
    for _ in 0..2 {
        let patch = app.key().patch(path_of(&article), json!({"title": "C"}));
        let answer = patch.header("Idempotency-Key", "k").expect(200).await;
        assert_eq!(answer.find("idempotent-replayed"), None);
    }
}

#[actix_web::test]
async fn two_readers_are_two_addresses() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let path = comments_of(&article);
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

#[actix_web::test]
async fn what_the_body_alone_shows_comes_before_the_kept_answer() {
    let app = TestApp::new().await;
    let writer = app.key_with(&["articles:write"]).await;
    post(&app, "/v1/articles", &writer, "k1", &json!({"title": "A"})).created().await;
    let published = json!({"title": "A", "state": "published"});
    post(&app, "/v1/articles", &writer, "k1", &published).refused("insufficient_scope").await;
    let notice = json!({"key": "n", "title": "N", "body": "Text"});
    post(&app, "/v1/disclaimers", KEY, "k2", &notice).created().await;
    let mut ends_first = notice.clone();
    ends_first["effective_from"] = json!("2026-01-02T00:00:00Z");
    ends_first["effective_until"] = json!("2026-01-01T00:00:00Z");
    let mut nested = notice.clone();
    nested["body"] = json!("> ".repeat(150) + "deep");
    for (body, pointer) in [(ends_first, "/effective_until"), (nested, "/body")] {
        let faults = post(&app, "/v1/disclaimers", KEY, "k2", &body).faults().await;
        assert_eq!(faults[0].0, pointer);
    }
    let other = json!({"key": "n", "title": "Other", "body": "Text"});
    post(&app, "/v1/disclaimers", KEY, "k2", &other).refused("idempotency_key_reused").await;
}
