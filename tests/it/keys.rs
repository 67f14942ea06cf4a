//! Keys: made, shown once, limited, ended.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{NOWHERE, text};

#[actix_web::test]
async fn a_key_is_shown_once_and_says_who_it_is() {
    let app = TestApp::new().await;
    let body = json!({"name": "City desk", "scopes": ["articles:write", "drafts:read"], "expires_at": "2027-01-01T00:00:00Z"});
    let answer = app.key().post("/v1/keys", &body).expect(201).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let made = answer.json();
    let path = format!("/v1/keys/{}", text(&made["id"]));
    assert_eq!(answer.header("location"), path);
    let key = text(&made["key"]);
    assert!(key.starts_with("cdk_") && key.len() == 60, "{key}");
    let own = app.as_key(key).get("/v1/keys/self").ok().await;
    assert_eq!(
        own,
        json!({"id": made["id"], "name": "City desk", "scopes": ["drafts:read", "articles:write"], "expires_at": "2027-01-01T00:00:00.000000Z"})
    );
    for path in [path.as_str(), "/v1/keys"] {
        let shown = app.key().get(path).expect(200).await;
        assert!(
            shown.text().contains("City desk") && !shown.text().contains(&key[17..]),
            "{}",
            shown.text()
        );
    }
    let admin = app.key().get("/v1/keys/self").ok().await;
    assert_eq!((&admin["id"], &admin["name"]), (&Value::Null, &json!("admin")));
    assert_eq!(admin["scopes"].as_array().unwrap().len(), 13);
    app.get("/v1/keys/self").expect(401).await;
    // In history the name stands.
    app.as_key(key).post("/v1/articles", json!({"title": "A"})).created().await;
}

#[actix_web::test]
async fn a_key_ends_when_it_is_revoked_or_its_time_is_over() {
    let app = TestApp::new().await;
    let make = async |body: Value| app.key().post("/v1/keys", &body).created().await;
    let short =
        make(json!({"name": "S", "scopes": [], "expires_at": "2026-11-22T10:00:10Z"})).await;
    let long = make(json!({"name": "L", "scopes": []})).await;
    let me = |made: &Value| app.as_key(text(&made["key"])).get("/v1/keys/self");
    app.clock.advance(9_999_999);
    me(&short).expect(200).await;
    app.clock.advance(1);
    me(&short).refused("invalid_key").await;
    // Public reads refuse it too: a bad key is never taken for none.
    app.as_key(text(&short["key"])).get("/v1/articles").expect(401).await;
    me(&long).expect(200).await;
    let path = format!("/v1/keys/{}", text(&long["id"]));
    app.key().delete(&path).done().await;
    me(&long).refused("invalid_key").await;
    app.key().delete(&path).refused("key_not_found").await;
    app.key().get(format!("/v1/keys/{NOWHERE}")).expect(404).await;
    let past = json!({"name": "P", "scopes": [], "expires_at": "2026-11-22T10:00:00Z"});
    let past = app.key().post("/v1/keys", &past).expect(422).await;
    assert_eq!(past.faults(), [("/expires_at".to_owned(), "out_of_range".to_owned())]);
}

#[actix_web::test]
async fn a_key_in_a_url_is_refused_and_not_repeated() {
    let app = TestApp::new().await;
    let key = app.key_with(&["drafts:read"]).await;
    for path in [
        format!("/v1/articles?access_token={key}"),
        format!("/v1/articles?{key}"),
        format!("/v1/keys/self?key={key}"),
        format!("/v1/articles?limit={key}"),
        format!("/v1/articles?state={key}%zz"),
        format!("/v1/articles/{key}/comments?article={key}"),
    ] {
        let refused = app.key().get(&path).expect(400).await;
        assert!(!refused.text().contains(&key[17..]), "{}", refused.text());
        let fault = &refused.problem("invalid_parameter")["errors"][0];
        let is_name = !["limit", "state", "article"].iter().any(|name| fault["parameter"] == *name);
        assert_eq!(text(&fault["detail"]).contains("Authorization"), is_name, "{fault}");
    }
}

#[actix_web::test]
async fn a_key_grants_only_what_it_has() {
    let app = TestApp::new().await;
    let manager = app.key_with(&["keys:manage", "drafts:read"]).await;
    let ask = |scopes: Value| {
        app.as_key(&manager).post("/v1/keys", json!({"name": "N", "scopes": scopes}))
    };
    ask(json!(["drafts:read"])).expect(201).await;
    let refused = ask(json!(["drafts:read", "articles:purge"])).expect(403).await;
    assert_eq!(refused.problem("insufficient_scope")["required_scope"], "articles:purge");
    ask(json!(["everything"])).expect(422).await;
    for name in ["admin", " Import"] {
        let body = json!({"name": name, "scopes": []});
        let refused = app.as_key(&manager).post("/v1/keys", &body).expect(422).await;
        assert_eq!(refused.faults(), [("/name".to_owned(), "unknown_value".to_owned())]);
    }
    let reader = app.key_with(&["drafts:read"]).await;
    app.as_key(&reader).get("/v1/keys").expect(403).await;
}

#[actix_web::test]
async fn its_use_is_noted_to_the_minute() {
    let app = TestApp::new().await;
    let made = app.key().post("/v1/keys", json!({"name": "N", "scopes": []})).send().await.json();
    let used = async || {
        app.as_key(text(&made["key"])).get("/v1/keys/self").ok().await;
        // The note goes through the writer, behind which this write stands.
        app.draft("A").await;
        let path = format!("/v1/keys/{}", text(&made["id"]));
        app.key().get(&path).send().await.json()["last_used_at"].clone()
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
    let ask = |body: Value| app.as_key(&author).post("/v1/articles", &body);
    ask(json!({"title": "A"})).expect(201).await;
    let refused = ask(json!({"title": "A", "state": "published"})).expect(403).await;
    assert_eq!(refused.problem("insufficient_scope")["required_scope"], "articles:publish");
}

#[actix_web::test]
async fn the_last_key_that_makes_keys_is_not_lost_by_chance() {
    // As if the server had no admin key from outside, which could make others.
    let app = TestApp::changed(|parts| parts.has_admin_key = false).await;
    let one = app.key().post("/v1/keys", json!({"name": "One", "scopes": ["keys:manage"]}));
    let one = one.created().await;
    let (key, path) = (text(&one["key"]).to_owned(), format!("/v1/keys/{}", text(&one["id"])));
    let revoke = |path: String| app.as_key(&key).delete(&path);
    let refused = revoke(path.clone()).refused("last_key").await;
    assert!(text(&refused["detail"]).contains("force=true"), "{refused}");
    // One that makes no keys, one whose time is over and one that was revoked do not stand in for it.
    let more = async |body: Value| app.as_key(&key).post("/v1/keys", &body).created().await;
    let manage = || json!(["keys:manage"]);
    more(json!({"name": "No", "scopes": []})).await;
    let ends = "2026-11-22T10:00:10Z";
    let expired = more(json!({"name": "Short", "scopes": manage(), "expires_at": ends})).await;
    let revoked = more(json!({"name": "Gone", "scopes": manage()})).await;
    revoke(format!("/v1/keys/{}", text(&revoked["id"]))).done().await;
    app.clock.advance(10_000_000);
    revoke(path.clone()).expect(409).await;
    revoke(format!("/v1/keys/{}", text(&expired["id"]))).done().await;
    app.as_key(&key).get("/v1/keys/self").ok().await;
    // By force, and where another does.
    let other = more(json!({"name": "Other", "scopes": manage()})).await;
    revoke(path).done().await;
    let last = format!("/v1/keys/{}?force=true", text(&other["id"]));
    app.as_key(text(&other["key"])).delete(&last).done().await;
    app.key().delete("/v1/keys/x?force=perhaps").expect(400).await;
}

#[actix_web::test]
async fn revoked_keys_stay_listed_with_who_and_when() {
    let app = TestApp::new().await;
    let made = async |by: &str, body: Value| app.as_key(by).post("/v1/keys", &body).created().await;
    let root = crate::support::app::KEY;
    let manager = made(root, json!({"name": "Ada", "scopes": ["keys:manage"]})).await;
    let by = text(&manager["key"]);
    let short = json!({"name": "Short", "scopes": [], "expires_at": "2026-11-22T10:00:10Z"});
    let short = made(by, short).await;
    let gone = made(by, json!({"name": "Gone", "scopes": []})).await;
    let path = format!("/v1/keys/{}", text(&gone["id"]));
    app.clock.advance(11_000_000);
    app.as_key(by).delete(&path).done().await;
    app.as_key(by).delete(&path).expect(404).await;
    let list = async |state: &str| {
        let list = app.key().get(format!("/v1/keys?count=true{state}")).ok().await;
        let items = list["items"].as_array().unwrap();
        assert_eq!(list["total"], items.len());
        let names: Vec<_> = items.iter().map(|key| text(&key["name"]).to_owned()).collect();
        names
    };
    assert_eq!(list("").await, ["Ada", "Short"]);
    assert_eq!(list("&state=active").await, ["Ada"]);
    assert_eq!(list("&state=expired").await, ["Short"]);
    assert_eq!(list("&state=revoked").await, ["Gone"]);
    app.key().get("/v1/keys?state=lost").expect(400).await;
    let shown = app.key().get(&path).ok().await;
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
        app.key().post("/v1/keys", json!({"name": name, "scopes": ["articles:write"]}))
    };
    for taken in [
        "admin", "ADMIN", " admin ", "adm\u{200b}in", "\u{430}dmin", "\u{ff41}\u{ff44}min",
        "AD\u{41c}IN", "anonymous\u{3164}", "Command  Line", "\u{2060}import", "d\u{435}mo",
    ] {
        let faults = name(taken).faults().await;
        assert_eq!(faults, [("/name".to_owned(), "unknown_value".to_owned())], "{taken:?}");
    }
    // Names may be alike otherwise; history says which key it was.
    let mut ids = Vec::new();
    for _ in 0..2 {
        let made = name("City desk").created().await;
        let article = app.as_key(text(&made["key"])).post("/v1/articles", json!({"title": "A"}));
        let article = article.created().await;
        let history = format!("/v1/articles/{}/history", text(&article["id"]));
        let entry = app.key().get(&history).ok().await["items"][0].clone();
        assert_eq!(entry["actor"], "City desk");
        assert_eq!(entry["actor_key_id"], made["id"]);
        ids.push(made["id"].clone());
    }
    assert_ne!(ids[0], ids[1]);
}
