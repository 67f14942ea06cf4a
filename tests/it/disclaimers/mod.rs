mod names;
mod outputs;
mod proof;
mod rules;

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{NOWHERE, attachment, notice_path, path_of, text};

#[actix_web::test]
async fn a_disclaimer_takes_its_defaults_and_each_change_is_a_version() {
    let app = TestApp::new().await;
    let made = app.disclaimer("wire-agency").await;
    for (name, want) in [
        ("version", json!(1)),
        ("kind", json!("legal")),
        ("placement", json!("after")),
        ("priority", json!(0)),
        ("body_format", json!("markdown")),
        ("language", Value::Null),
    ] {
        assert_eq!(made[name], want, "{name}");
    }
    let mut body = made.clone();
    body["title"] = json!("New");
    let second = app.key().put(notice_path(&made), &body).expect(200).await;
    assert!(second.header("etag").starts_with("\"2-"));
    let third = app
        .key()
        .patch(notice_path(&made), json!({"kind": "provider", "priority": 2.0}))
        .ok()
        .await;
    assert_eq!(
        (&third["version"], &third["kind"], &third["title"], &third["priority"]),
        (&json!(3), &json!("provider"), &json!("New"), &json!(2))
    );
    assert_eq!(app.get(notice_path(&made)).ok().await, third);
    app.key()
        .put(notice_path(&made), &body)
        .header("If-Match", second.header("etag"))
        .expect(412)
        .await;
}

#[actix_web::test]
async fn a_key_is_unique_within_a_language() {
    let app = TestApp::new().await;
    let first = app.disclaimer("notice").await;
    let body =
        |language: Value| json!({"key": "notice", "title": "T", "body": "B", "language": language});
    let problem =
        app.key().post("/v1/disclaimers", body(Value::Null)).refused("disclaimer_key_taken").await;
    assert_eq!((&problem["conflicting_id"], &problem["pointer"]), (&first["id"], &json!("/key")));
    let german = app.key().post("/v1/disclaimers", body(json!("de"))).created().await;
    app.key().post("/v1/disclaimers", body(json!("DE"))).expect(409).await;
    app.key().patch(notice_path(&german), json!({"language": null})).expect(409).await;
}

#[actix_web::test]
async fn what_was_ever_carried_cannot_be_deleted() {
    let app = TestApp::new().await;
    let (unused, used) = (app.disclaimer("unused").await, app.disclaimer("used").await);
    let article = app.article("A").await;
    app.attach(&article, &used).await;
    app.key().delete(attachment(&article, &used)).done().await;
    app.attach(&article, &used).await;
    let problem = app.key().delete(notice_path(&used)).refused("disclaimer_in_use").await;
    assert_eq!(problem["articles"], 1);
    app.key().delete(path_of(&article)).done().await;
    app.key().delete(notice_path(&used)).expect(409).await;
    app.key().delete(notice_path(&unused)).done().await;
    app.key().delete(notice_path(&unused)).refused("disclaimer_not_found").await;
    app.get(notice_path(&json!({"id": NOWHERE}))).expect(404).await;
}

#[actix_web::test]
async fn they_are_listed_by_key() {
    let app = TestApp::new().await;
    for key in ["c", "a", "b"] {
        app.disclaimer(key).await;
    }
    let first = app.get("/v1/disclaimers?limit=2&count=true").ok().await;
    let keys = |list: &Value| {
        list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|d| text(&d["key"]).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!((keys(&first), &first["total"]), (vec!["a".to_owned(), "b".to_owned()], &json!(3)));
    let rest = app.get(format!("/v1/disclaimers?cursor={}", text(&first["next"]))).ok().await;
    assert_eq!(keys(&rest), ["c"]);
    let thin = app.get("/v1/disclaimers?fields=key&limit=1").ok().await;
    assert_eq!(thin["items"][0].as_object().unwrap().keys().collect::<Vec<_>>(), ["id", "key"]);
    app.post("/v1/disclaimers", json!({})).expect(401).await;
    app.get("/v1/disclaimers?state=draft").expect(400).await;
}
