//! Keys: made, shown once, limited, ended.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{NOWHERE, text};

#[actix_web::test]
async fn a_key_is_shown_once_and_says_who_it_is() {
    let app = TestApp::new().await;
    let body = json!({"name": "City desk", "scopes": ["articles:write", "drafts:read"], "expires_at": "2027-01-01T00:00:00Z"});
    let answer = app
        .post("/v1/keys")
        .key()
        .json(&body)
        .send()
        .await
        .expect(201);
    assert_eq!(answer.header("cache-control"), "no-store");
    let made = answer.json();
    let path = format!("/v1/keys/{}", text(&made["id"]));
    assert_eq!(answer.header("location"), path);
    let key = text(&made["key"]);
    assert!(key.starts_with("cdk_") && key.len() == 60, "{key}");
    let own = app
        .get("/v1/keys/self")
        .with(key)
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(
        own,
        json!({"id": made["id"], "name": "City desk", "scopes": ["drafts:read", "articles:write"], "expires_at": "2027-01-01T00:00:00.000000Z"})
    );
    for path in [path.as_str(), "/v1/keys"] {
        let shown = app.get(path).key().send().await.expect(200);
        assert!(
            shown.text().contains("City desk") && !shown.text().contains(&key[17..]),
            "{}",
            shown.text()
        );
    }
    let admin = app
        .get("/v1/keys/self")
        .key()
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&admin["id"], &admin["name"]),
        (&Value::Null, &json!("admin"))
    );
    assert_eq!(admin["scopes"].as_array().unwrap().len(), 10);
    app.get("/v1/keys/self").send().await.expect(401);
    // In history the name stands.
    let article = app
        .post("/v1/articles")
        .with(key)
        .json(&json!({"title": "A"}))
        .send()
        .await;
    article.expect(201);
}

#[actix_web::test]
async fn a_key_ends_when_it_is_revoked_or_its_time_is_over() {
    let app = TestApp::new().await;
    let make = async |body: Value| {
        app.post("/v1/keys")
            .key()
            .json(&body)
            .send()
            .await
            .expect(201)
            .json()
    };
    let short =
        make(json!({"name": "S", "scopes": [], "expires_at": "2026-11-22T10:00:10Z"})).await;
    let long = make(json!({"name": "L", "scopes": []})).await;
    let me = async |made: &Value| {
        app.get("/v1/keys/self")
            .with(text(&made["key"]))
            .send()
            .await
    };
    app.clock.advance(9_999_999);
    me(&short).await.expect(200);
    app.clock.advance(1);
    me(&short).await.expect(401).problem("invalid_key");
    // Public reads refuse it too: a bad key is never taken for none.
    app.get("/v1/articles")
        .with(text(&short["key"]))
        .send()
        .await
        .expect(401);
    me(&long).await.expect(200);
    let path = format!("/v1/keys/{}", text(&long["id"]));
    app.delete(&path).key().send().await.expect(204);
    me(&long).await.expect(401).problem("invalid_key");
    app.delete(&path)
        .key()
        .send()
        .await
        .expect(404)
        .problem("key_not_found");
    app.get(&format!("/v1/keys/{NOWHERE}"))
        .key()
        .send()
        .await
        .expect(404);
    let past = json!({"name": "P", "scopes": [], "expires_at": "2026-11-22T10:00:00Z"});
    let past = app
        .post("/v1/keys")
        .key()
        .json(&past)
        .send()
        .await
        .expect(422);
    assert_eq!(
        past.faults(),
        [("/expires_at".to_owned(), "out_of_range".to_owned())]
    );
}

#[actix_web::test]
async fn a_key_in_a_url_is_refused_and_not_repeated() {
    let app = TestApp::new().await;
    let key = app.key_with(&["drafts:read"]).await;
    for path in [
        format!("/v1/articles?access_token={key}"),
        format!("/v1/articles?{key}"),
        format!("/v1/keys/self?key={key}"),
    ] {
        let refused = app.get(&path).key().send().await.expect(400);
        assert!(!refused.text().contains(&key[17..]), "{}", refused.text());
        let detail = refused.problem("invalid_parameter")["detail"].clone();
        assert!(text(&detail).contains("Authorization"), "{detail}");
    }
}

#[actix_web::test]
async fn a_key_grants_only_what_it_has() {
    let app = TestApp::new().await;
    let manager = app.key_with(&["keys:manage", "drafts:read"]).await;
    let ask = |scopes: Value| {
        let body = json!({"name": "N", "scopes": scopes});
        app.post("/v1/keys").with(&manager).json(&body).send()
    };
    ask(json!(["drafts:read"])).await.expect(201);
    let refused = ask(json!(["drafts:read", "articles:purge"]))
        .await
        .expect(403);
    assert_eq!(
        refused.problem("insufficient_scope")["required_scope"],
        "articles:purge"
    );
    ask(json!(["everything"])).await.expect(422);
    for name in ["admin", " Import"] {
        let body = json!({"name": name, "scopes": []});
        let refused = app
            .post("/v1/keys")
            .with(&manager)
            .json(&body)
            .send()
            .await
            .expect(422);
        assert_eq!(
            refused.faults(),
            [("/name".to_owned(), "unknown_value".to_owned())]
        );
    }
    let reader = app.key_with(&["drafts:read"]).await;
    app.get("/v1/keys").with(&reader).send().await.expect(403);
}

#[actix_web::test]
async fn its_use_is_noted_to_the_minute() {
    let app = TestApp::new().await;
    let made = app
        .post("/v1/keys")
        .key()
        .json(&json!({"name": "N", "scopes": []}))
        .send()
        .await
        .json();
    let used = async || {
        app.get("/v1/keys/self")
            .with(text(&made["key"]))
            .send()
            .await
            .expect(200);
        // The note goes through the writer, behind which this write stands.
        app.draft("A").await;
        let path = format!("/v1/keys/{}", text(&made["id"]));
        app.get(&path).key().send().await.json()["last_used_at"].clone()
    };
    assert_eq!(made["last_used_at"], Value::Null);
    let first = used().await;
    assert!(first.is_string());
    app.clock.advance(59_000_000);
    assert_eq!(used().await, first);
    app.clock.advance(1_000_000);
    assert_ne!(used().await, first);
}

#[actix_web::test]
async fn publication_at_once_needs_its_scope() {
    let app = TestApp::new().await;
    let author = app.key_with(&["articles:write"]).await;
    let ask = |body: Value| app.post("/v1/articles").with(&author).json(&body).send();
    ask(json!({"title": "A"})).await.expect(201);
    let refused = ask(json!({"title": "A", "state": "published"}))
        .await
        .expect(403);
    assert_eq!(
        refused.problem("insufficient_scope")["required_scope"],
        "articles:publish"
    );
}
