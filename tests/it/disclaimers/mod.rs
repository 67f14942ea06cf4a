mod names;
mod outputs;
mod proof;
mod rules;

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{NOWHERE, attachment, path_of, text};

fn path(disclaimer: &Value) -> String {
    format!("/v1/disclaimers/{}", text(&disclaimer["id"]))
}

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
    let second = app
        .put(&path(&made))
        .key()
        .json(&body)
        .send()
        .await
        .expect(200);
    assert!(second.header("etag").starts_with("\"2-"));
    let third = app
        .patch(&path(&made))
        .key()
        .json(&json!({"kind": "provider", "priority": 2.0}))
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(
        (
            &third["version"],
            &third["kind"],
            &third["title"],
            &third["priority"]
        ),
        (&json!(3), &json!("provider"), &json!("New"), &json!(2))
    );
    assert_eq!(app.get(&path(&made)).send().await.expect(200).json(), third);
    app.put(&path(&made))
        .key()
        .header("If-Match", second.header("etag"))
        .json(&body)
        .send()
        .await
        .expect(412);
}

#[actix_web::test]
async fn a_key_is_unique_within_a_language() {
    let app = TestApp::new().await;
    let first = app.disclaimer("notice").await;
    let body =
        |language: Value| json!({"key": "notice", "title": "T", "body": "B", "language": language});
    let problem = app
        .post("/v1/disclaimers")
        .key()
        .json(&body(Value::Null))
        .send()
        .await
        .expect(409)
        .problem("disclaimer_key_taken");
    assert_eq!(
        (&problem["conflicting_id"], &problem["pointer"]),
        (&first["id"], &json!("/key"))
    );
    let german = app
        .post("/v1/disclaimers")
        .key()
        .json(&body(json!("de")))
        .send()
        .await
        .expect(201)
        .json();
    app.post("/v1/disclaimers")
        .key()
        .json(&body(json!("DE")))
        .send()
        .await
        .expect(409);
    app.patch(&path(&german))
        .key()
        .json(&json!({"language": null}))
        .send()
        .await
        .expect(409);
}

#[actix_web::test]
async fn what_was_ever_carried_cannot_be_deleted() {
    let app = TestApp::new().await;
    let (unused, used) = (app.disclaimer("unused").await, app.disclaimer("used").await);
    let article = app.article("A").await;
    app.attach(&article, &used).await;
    app.delete(&attachment(&article, &used))
        .key()
        .send()
        .await
        .expect(204);
    app.attach(&article, &used).await;
    let problem = app
        .delete(&path(&used))
        .key()
        .send()
        .await
        .expect(409)
        .problem("disclaimer_in_use");
    assert_eq!(problem["articles"], 1);
    app.delete(&path_of(&article))
        .key()
        .send()
        .await
        .expect(204);
    app.delete(&path(&used)).key().send().await.expect(409);
    app.delete(&path(&unused)).key().send().await.expect(204);
    app.delete(&path(&unused))
        .key()
        .send()
        .await
        .expect(404)
        .problem("disclaimer_not_found");
    app.get(&path(&json!({"id": NOWHERE})))
        .send()
        .await
        .expect(404);
}

#[actix_web::test]
async fn they_are_listed_by_key() {
    let app = TestApp::new().await;
    for key in ["c", "a", "b"] {
        app.disclaimer(key).await;
    }
    let first = app
        .get("/v1/disclaimers?limit=2&count=true")
        .send()
        .await
        .expect(200)
        .json();
    let keys = |list: &Value| {
        list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|d| text(&d["key"]).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (keys(&first), &first["total"]),
        (vec!["a".to_owned(), "b".to_owned()], &json!(3))
    );
    let rest = app
        .get(&format!("/v1/disclaimers?cursor={}", text(&first["next"])))
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(keys(&rest), ["c"]);
    let thin = app
        .get("/v1/disclaimers?fields=key&limit=1")
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(
        thin["items"][0]
            .as_object()
            .unwrap()
            .keys()
            .collect::<Vec<_>>(),
        ["id", "key"]
    );
    app.post("/v1/disclaimers")
        .json(&json!({}))
        .send()
        .await
        .expect(401);
    app.get("/v1/disclaimers?state=draft")
        .send()
        .await
        .expect(400);
}
