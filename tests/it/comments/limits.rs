//! How much a newsroom takes: by address, by article, and for how long.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::test::TestRequest;
use copydesk::app::Parts;
use copydesk::comments::policy::Policy;
use copydesk::web::address::Proxies;
use copydesk::web::limit::Limit;
use serde_json::{Value, json};

use crate::support::contract;
use crate::support::make::{SECOND, comments_of, path_of, text};
use crate::support::{Answer, TestApp};

/// Other words each time: the same again are a double click.
fn words() -> String {
    static SAID: AtomicUsize = AtomicUsize::new(0);
    format!("Hello {}", SAID.fetch_add(1, Ordering::Relaxed))
}

/// A comment from an address, with the header of a proxy and a key where there are any.
async fn comment(app: &TestApp, article: &Value, from: &str, forwarded: &str, key: &str) -> Answer {
    let path = comments_of(article);
    let mut request = TestRequest::post()
        .uri(&path)
        .peer_addr(format!("{from}:4711").parse().unwrap())
        .set_json(json!({"author_name": "Sam", "body": words()}));
    if !forwarded.is_empty() {
        request = request.append_header(("X-Forwarded-For", forwarded));
    }
    if !key.is_empty() {
        request = request.append_header(("Authorization", format!("Bearer {key}")));
    }
    let answer = app.call(request.to_request()).await;
    contract::check("POST", &path, &answer);
    answer
}

fn ten_a_minute(parts: &mut Parts) {
    parts.comments = Arc::new(Policy {
        comment_limit: Limit::new("comments", 10, &parts.clock),
        ..Policy::default()
    });
    let proxies = Proxies(vec!["10.0.0.0/8".parse().unwrap()]);
    parts.live.change(|live| live.proxies = proxies);
}

#[actix_web::test]
async fn an_address_writes_so_much_and_is_told_what_is_left() {
    let app = TestApp::changed(ten_a_minute).await;
    let article = app.article("A").await;
    for left in (0..10).rev() {
        let answer = comment(&app, &article, "192.0.2.1", "", "").await.expect(201);
        assert_eq!(answer.header("ratelimit-policy"), "\"comments\";q=10;w=60");
        let want = format!("\"comments\";r={left};t={}", (10 - left) * 6);
        assert_eq!(answer.header("ratelimit"), want);
    }
    let refused = comment(&app, &article, "192.0.2.1", "203.0.113.9", "").await.expect(429);
    assert_eq!(refused.header("retry-after"), "6");
    assert_eq!(refused.header("ratelimit"), "\"comments\";r=0;t=6");
    assert_eq!(refused.problem("rate_limited")["retry_after_seconds"], 6);
    comment(&app, &article, "192.0.2.2", "", "").await.expect(201);
    app.clock.advance(6 * SECOND);
    comment(&app, &article, "192.0.2.1", "", "").await.expect(201);
    comment(&app, &article, "192.0.2.1", "", "").await.expect(429);
    let count = app.get(path_of(&article)).send().await.json()["comment_count"].clone();
    assert_eq!(count, 12, "what was refused was not kept");
    // Who comments for the newsroom is not counted, and another key is.
    let site = app.key_with(&["comments:write"]).await;
    comment(&app, &article, "192.0.2.1", "", &site).await.expect(201);
    let reader = app.key_with(&[]).await;
    comment(&app, &article, "192.0.2.1", "", &reader).await.expect(429);
}

#[actix_web::test]
async fn what_is_refused_does_not_count() {
    let app = TestApp::changed(ten_a_minute).await;
    let open = app.article("A").await;
    let closed = json!({"title": "C", "state": "published", "comments_policy": "closed"});
    let closed = app.article_of(closed).await;
    for _ in 0..10 {
        comment(&app, &closed, "192.0.2.1", "", "").await.expect(403).problem("comments_closed");
        let nowhere = json!({"id": crate::support::make::NOWHERE});
        comment(&app, &nowhere, "192.0.2.1", "", "").await.expect(404);
    }
    for _ in 0..10 {
        comment(&app, &open, "192.0.2.1", "", "").await.expect(201);
    }
    comment(&app, &open, "192.0.2.1", "", "").await.expect(429);
    // Who goes on asking for what is refused is not looked at for ever.
    let mut statuses = Vec::new();
    for _ in 0..100 {
        statuses.push(comment(&app, &closed, "192.0.2.1", "", "").await.status);
    }
    assert_eq!((statuses[0], statuses[99]), (403, 429));
    comment(&app, &closed, "192.0.2.2", "", "").await.expect(403);
}

#[actix_web::test]
async fn a_network_is_one_and_a_named_proxy_speaks_for_others() {
    let app = TestApp::changed(ten_a_minute).await;
    let article = app.article("A").await;
    for host in 1..=10 {
        comment(&app, &article, &format!("[2001:db8::{host}]"), "", "").await.expect(201);
    }
    comment(&app, &article, "[2001:db8::ffff]", "", "").await.expect(429);
    comment(&app, &article, "[2001:db8:0:1::1]", "", "").await.expect(201);
    for client in 1..=20 {
        comment(&app, &article, "10.0.0.1", &format!("192.0.2.{client}"), "").await.expect(201);
    }
    for _ in 0..9 {
        comment(&app, &article, "10.0.0.1", "1.1.1.1, 192.0.2.1", "").await.expect(201);
    }
    comment(&app, &article, "10.0.0.1", "2.2.2.2, 192.0.2.1", "").await.expect(429);
}

#[actix_web::test]
async fn an_answer_that_is_given_again_is_not_counted() {
    let app = TestApp::changed(ten_a_minute).await;
    let article = app.article("A").await;
    let path = comments_of(&article);
    for _ in 0..15 {
        let request = TestRequest::post()
            .uri(&path)
            .peer_addr("192.0.2.1:4711".parse().unwrap())
            .append_header(("Idempotency-Key", "k"))
            .set_json(json!({"author_name": "Sam", "body": "Hello"}));
        app.call(request.to_request()).await.expect(201);
    }
    for _ in 0..9 {
        comment(&app, &article, "192.0.2.1", "", "").await.expect(201);
    }
    comment(&app, &article, "192.0.2.1", "", "").await.expect(429);
}

#[actix_web::test]
async fn an_article_takes_so_many_from_all() {
    let app = TestApp::changed(|parts| {
        parts.comments = Arc::new(Policy {
            article_limit: Limit::new("article", 3, &parts.clock),
            ..Policy::default()
        });
    })
    .await;
    let (article, other) = (app.article("A").await, app.article("B").await);
    for client in 1..=3 {
        comment(&app, &article, &format!("192.0.2.{client}"), "", "").await.expect(201);
    }
    let refused = comment(&app, &article, "192.0.2.4", "", "").await.expect(429);
    assert_eq!(refused.header("ratelimit-policy"), "\"article\";q=3;w=60");
    comment(&app, &other, "192.0.2.4", "", "").await.expect(201);
}

#[actix_web::test]
async fn the_newsroom_says_who_may_comment_and_how_long() {
    let app = TestApp::changed(|parts| {
        parts.defaults = Arc::new([("comments_policy", json!("moderated"))]);
        parts.comments = Arc::new(Policy { close_after: Some(60 * SECOND), ..Policy::default() });
    })
    .await;
    let article = app.article("A").await;
    assert_eq!(article["comments_policy"], "moderated");
    let set = async |method: &str, body: Value| {
        let set = app.key().request(method, &path_of(&article)).json(&body).ok().await;
        text(&set["comments_policy"]).to_owned()
    };
    assert_eq!(set("PATCH", json!({"comments_policy": "open"})).await, "open");
    assert_eq!(set("PATCH", json!({"title": "B"})).await, "open");
    assert_eq!(set("PATCH", json!({"comments_policy": null})).await, "moderated");
    assert_eq!(set("PUT", json!({"title": "B", "comments_policy": "open"})).await, "open");
    assert_eq!(set("PUT", json!({"title": "B"})).await, "moderated");
    app.comment(&article, "In time").await;
    app.clock.advance(61 * SECOND);
    let path = comments_of(&article);
    let late = app.post(&path, json!({"author_name": "Sam", "body": "Late"})).send().await;
    let problem = late.expect(403).problem("comments_closed");
    assert_eq!(
        (&problem["closed_at"], &problem["policy"]),
        (&json!("2026-11-22T10:01:00.000000Z"), &json!("moderated"))
    );
}
