//! The method QUERY (RFC 10008).

use serde_json::json;

use crate::support::TestApp;
use crate::support::make::text;

const TYPES: &str = "application/json, application/x-www-form-urlencoded";

async fn newsroom() -> TestApp {
    let app = TestApp::new().await;
    for (title, tags) in
        [("One", json!(["a"])), ("Two", json!(["b"])), ("Three", json!(["a", "c"]))]
    {
        app.article_of(json!({"title": title, "tags": tags, "state": "published"})).await;
    }
    app
}

#[actix_web::test]
async fn a_query_says_what_the_get_says() {
    let app = newsroom().await;
    let get = app.get("/v1/articles?tag=a,c&limit=1&fields=title&count=true").expect(200).await;
    let json = json!({"tag": ["a", "c"], "limit": 1, "fields": ["title"], "count": true});
    let query = app.request("QUERY", "/v1/articles").json(&json).expect(200).await;
    assert_eq!(query.body, get.body);
    assert_eq!(query.header("etag"), get.header("etag"));
    assert_eq!(query.header("vary"), get.header("vary"));
    assert_eq!(query.header("cache-control"), "no-store");
    assert_eq!(
        query.header("content-location"),
        "/v1/articles?tag=a&tag=c&limit=1&fields=title&count=true"
    );
    assert_eq!((query.header("accept-query"), get.header("accept-query")), (TYPES, TYPES));
    assert_eq!(app.get(query.header("content-location")).expect(200).await.body, get.body);
    let form = |content: &'static str| {
        app.request("QUERY", "/v1/articles")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .bytes(content)
    };
    assert_eq!(form("tag=a,c&limit=1&fields=title&count=true").expect(200).await.body, get.body);
    // Pages go on by GET and by QUERY.
    let next = query.json()["next"].as_str().unwrap().to_owned();
    assert!(query.header("link").contains(&format!("cursor={next}>; rel=\"next\"")));
    let more = json!({"tag": ["a", "c"], "limit": 1, "cursor": next});
    app.request("QUERY", "/v1/articles").json(&more).expect(200).await;
    let known = app
        .request("QUERY", "/v1/articles")
        .json(&json)
        .header("If-None-Match", query.header("etag"));
    let known = known.expect(304).await;
    assert_eq!((known.header("cache-control"), known.body.len()), ("no-store", 0));
}

#[actix_web::test]
async fn a_long_query_has_no_get() {
    let app = newsroom().await;
    let ids = vec!["0192d5a0-0000-7000-8000-00000000dead"; 100];
    let answer = app.request("QUERY", "/v1/articles").json(&json!({"id": ids})).expect(200).await;
    assert_eq!(answer.find("content-location"), None);
    let tags: Vec<String> = ["a".to_owned()]
        .into_iter()
        .chain((0..49).map(|n| format!("{n}{}", "x".repeat(100))))
        .collect();
    let page = app
        .request("QUERY", "/v1/articles")
        .json(&json!({"tag": tags, "limit": 1}))
        .expect(200)
        .await;
    assert!(page.json()["next"].is_string());
    assert_eq!(page.find("link"), None, "a header of 5,000 bytes breaks the limits of proxies");
}

#[actix_web::test]
async fn what_is_wrong_with_its_content_is_told() {
    let app = newsroom().await;
    let query = || app.request("QUERY", "/v1/articles");
    let typed = |media_type: &str| query().header("Content-Type", media_type);
    for (request, status, code) in [
        (query(), 415, "unsupported_media_type"),
        (query().bytes("tag=a"), 415, "unsupported_media_type"),
        (typed("text/plain").bytes("tag=a"), 415, "unsupported_media_type"),
        (typed("application/json"), 400, "invalid_parameter"),
        (typed("application/x-www-form-urlencoded"), 400, "invalid_parameter"),
        (query().json_text("{"), 400, "malformed_json"),
        (query().json_text("[]"), 400, "invalid_parameter"),
        (query().json_text("{\"tag\": null}"), 400, "invalid_parameter"),
        (query().json_text("{\"tag\": \"a\", \"tag\": \"b\"}"), 400, "malformed_json"),
        (query().json_text("{\"tags\": \"a\"}"), 400, "invalid_parameter"),
        (query().json_text("{\"limit\": 101}"), 400, "invalid_parameter"),
        (
            query().json_text(format!("{{\"q\": \"{}\"}}", "a".repeat(501))),
            400,
            "invalid_parameter",
        ),
        (query().json_text(vec![b'['; 3_000_000]), 413, "body_too_large"),
        (app.request("QUERY", "/v1/articles?tag=a").json(&json!({})), 400, "invalid_parameter"),
        (query().json(&json!({})).header("Accept", "text/html"), 406, "not_acceptable"),
        (query().json(&json!({})).header("Authorization", "Bearer x"), 401, "invalid_key"),
        (app.request("query", "/v1/articles").json(&json!({})), 405, "method_not_allowed"),
        (app.request("QUERY", "/v1/tags").json(&json!({})), 405, "method_not_allowed"),
    ] {
        let answer = request.send().await;
        assert_eq!(
            (answer.status, text(&answer.json()["code"])),
            (status, code),
            "{}",
            answer.text()
        );
        let is_of_lists = answer.json()["code"] != "method_not_allowed";
        assert_eq!(answer.find("accept-query").is_some(), is_of_lists, "{}", answer.text());
    }
    assert_eq!(query().json(&json!({})).ok().await["items"].as_array().unwrap().len(), 3);
}

#[actix_web::test]
async fn the_queue_of_comments_is_queried_too() {
    let app = newsroom().await;
    app.request("QUERY", "/v1/comments").json(&json!({"state": "pending"})).expect(401).await;
    let query = app
        .key()
        .request("QUERY", "/v1/comments")
        .json(&json!({"state": "pending"}))
        .expect(200)
        .await;
    assert_eq!(query.header("content-location"), "/v1/comments?state=pending");
    let options = app.request("OPTIONS", "/v1/comments").done().await;
    assert_eq!(
        (options.header("allow"), options.header("accept-query")),
        ("GET, HEAD, OPTIONS, QUERY", TYPES)
    );
}
