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

#[actix_web::test]
async fn the_last_key_that_makes_keys_is_not_lost_by_chance() {
    use crate::support::app::Setup;
    // As if the server had no admin key from outside, which could make others.
    let app = TestApp::with(Setup {
        change: Some(|parts| parts.has_admin_key = false),
        ..Setup::default()
    })
    .await;
    let one = app
        .post("/v1/keys")
        .key()
        .json(&json!({"name": "One", "scopes": ["keys:manage"]}));
    let one = one.send().await.expect(201).json();
    let (key, path) = (
        text(&one["key"]).to_owned(),
        format!("/v1/keys/{}", text(&one["id"])),
    );
    let revoke = |path: String| app.delete(&path).with(&key).send();
    let refused = revoke(path.clone()).await.expect(409).problem("last_key");
    assert!(text(&refused["detail"]).contains("force=true"), "{refused}");
    // One that makes no keys, one whose time is over and one that was revoked do not stand in for it.
    let more = async |body: Value| {
        let made = app.post("/v1/keys").with(&key).json(&body).send().await;
        made.expect(201).json()
    };
    let manage = || json!(["keys:manage"]);
    more(json!({"name": "No", "scopes": []})).await;
    let ends = "2026-11-22T10:00:10Z";
    let expired = more(json!({"name": "Short", "scopes": manage(), "expires_at": ends})).await;
    let revoked = more(json!({"name": "Gone", "scopes": manage()})).await;
    revoke(format!("/v1/keys/{}", text(&revoked["id"])))
        .await
        .expect(204);
    app.clock.advance(10_000_000);
    revoke(path.clone()).await.expect(409);
    revoke(format!("/v1/keys/{}", text(&expired["id"])))
        .await
        .expect(204);
    app.get("/v1/keys/self").with(&key).send().await.expect(200);
    // By force, and where another does.
    let other = more(json!({"name": "Other", "scopes": manage()})).await;
    revoke(path).await.expect(204);
    let last = format!("/v1/keys/{}?force=true", text(&other["id"]));
    app.delete(&last)
        .with(text(&other["key"]))
        .send()
        .await
        .expect(204);
    app.delete("/v1/keys/x?force=perhaps")
        .key()
        .send()
        .await
        .expect(400);
}

#[actix_web::test]
async fn revoked_keys_stay_listed_with_who_and_when() {
    let app = TestApp::new().await;
    let made = async |by: &str, body: Value| {
        let made = app.post("/v1/keys").with(by).json(&body).send().await;
        made.expect(201).json()
    };
    let root = crate::support::app::KEY;
    let manager = made(root, json!({"name": "Ada", "scopes": ["keys:manage"]})).await;
    let by = text(&manager["key"]);
    let short = json!({"name": "Short", "scopes": [], "expires_at": "2026-11-22T10:00:10Z"});
    let short = made(by, short).await;
    let gone = made(by, json!({"name": "Gone", "scopes": []})).await;
    let path = format!("/v1/keys/{}", text(&gone["id"]));
    app.clock.advance(11_000_000);
    app.delete(&path).with(by).send().await.expect(204);
    app.delete(&path).with(by).send().await.expect(404);
    let list = async |state: &str| {
        let path = format!("/v1/keys?count=true{state}");
        let list = app.get(&path).key().send().await.expect(200).json();
        let items = list["items"].as_array().unwrap();
        assert_eq!(list["total"], items.len());
        let names: Vec<_> = items
            .iter()
            .map(|key| text(&key["name"]).to_owned())
            .collect();
        names
    };
    assert_eq!(list("").await, ["Ada", "Short"]);
    assert_eq!(list("&state=active").await, ["Ada"]);
    assert_eq!(list("&state=expired").await, ["Short"]);
    assert_eq!(list("&state=revoked").await, ["Gone"]);
    app.get("/v1/keys?state=lost")
        .key()
        .send()
        .await
        .expect(400);
    let shown = app.get(&path).key().send().await.expect(200).json();
    for (member, want) in [
        ("created_by", json!("Ada")),
        ("created_by_key_id", manager["id"].clone()),
        ("revoked_by", json!("Ada")),
        ("revoked_by_key_id", manager["id"].clone()),
        ("revoked_at", json!("2026-11-22T10:00:11.000000Z")),
    ] {
        assert_eq!(shown[member], want, "{member}");
    }
    assert_eq!(
        (&manager["created_by"], &manager["created_by_key_id"]),
        (&json!("admin"), &Value::Null)
    );
    assert_eq!(short["revoked_at"], Value::Null);
}

#[actix_web::test]
async fn no_key_has_a_name_that_reads_as_another_s() {
    let app = TestApp::new().await;
    let name = |name: &str| {
        let body = json!({"name": name, "scopes": ["articles:write"]});
        app.post("/v1/keys").key().json(&body).send()
    };
    for taken in [
        "admin",
        "ADMIN",
        " admin ",
        "adm\u{200b}in",
        "\u{430}dmin",
        "\u{ff41}\u{ff44}min",
        "AD\u{41c}IN",
        "anonymous\u{3164}",
        "Command  Line",
        "\u{2060}import",
        "d\u{435}mo",
    ] {
        let faults = name(taken).await.expect(422).faults();
        assert_eq!(
            faults,
            [("/name".to_owned(), "unknown_value".to_owned())],
            "{taken:?}"
        );
    }
    // Names may be alike otherwise; history says which key it was.
    let mut ids = Vec::new();
    for _ in 0..2 {
        let made = name("City desk").await.expect(201).json();
        let article = app
            .post("/v1/articles")
            .with(text(&made["key"]))
            .json(&json!({"title": "A"}));
        let article = article.send().await.expect(201).json();
        let history = format!("/v1/articles/{}/history", text(&article["id"]));
        let entry = app.get(&history).key().send().await.expect(200).json()["items"][0].clone();
        assert_eq!(entry["actor"], "City desk");
        assert_eq!(entry["actor_key_id"], made["id"]);
        ids.push(made["id"].clone());
    }
    assert_ne!(ids[0], ids[1]);
}
