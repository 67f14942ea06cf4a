//! Conditions on writes: each operation that takes them, met with each.

use copydesk::app;
use copydesk::web::Operation;
use serde_json::{Value, json};
use std::sync::Arc;

use crate::support::TestApp;
use crate::support::make::{path_of, text};

/// The path of an operation, of things that are there.
fn path(operation: &Operation, ids: &[(&str, &str)]) -> String {
    ids.iter().fold(operation.path.clone(), |path, (name, id)| {
        let start = path.find(&format!("{{{name}"));
        let Some(start) = start else { return path };
        let end = start + path[start..].find('}').unwrap() + 1;
        format!("{}{id}{}", &path[..start], &path[end..])
    })
}

#[actix_web::test]
async fn every_conditional_write_honours_if_none_match() {
    let mut met = 0;
    for operation in app::operations(&Arc::default(), &Arc::default(), &Arc::default()) {
        if !operation.conditional_write {
            continue;
        }
        let app = TestApp::new().await;
        let article = app.article("A").await;
        let attached = app.disclaimer("a").await;
        let disclaimer = app.disclaimer("b").await;
        let comment = app.comment(&article, "Hello").await;
        if operation.method == "DELETE" {
            app.attach(&article, &attached).await;
        }
        let correct = json!({"note": "It was Monday."});
        let corrected = app.act(&article, "correct", correct).await;
        let ids = [
            ("article", text(&article["id"])),
            (
                "disclaimer",
                text(match operation.path.starts_with("/v1/articles") {
                    true => &attached["id"],
                    false => &disclaimer["id"],
                }),
            ),
            ("comment", text(&comment["id"])),
            ("correction", text(&corrected["corrections"][0]["id"])),
            ("version", "1"),
        ];
        let path = path(&operation, &ids);
        let name = format!("{} {path}", operation.method);
        let before = app.get(path_of(&article)).send().await.text();
        let send = |condition: &str| {
            let request = app.key().request(operation.method.as_str(), &path);
            let request = request.header("If-None-Match", condition);
            match &operation.body_schema {
                Some(_) => request.json(&operation.body_example),
                None => request,
            }
        };
        let refused = send("*").expect(412).await;
        let problem = refused.problem("precondition_failed");
        let detail = text(&problem["detail"]);
        assert!(detail.contains("If-None-Match"), "{name}: {detail}");
        let tag = text(&problem["etag"]).to_owned();
        for same in [tag.clone(), format!("W/{tag}"), tag.replace("\" ", "-gzip\"")] {
            let refused = send(&same).expect(412).await;
            refused.problem("precondition_failed");
        }
        let malformed = send("3").expect(400).await;
        malformed.problem("invalid_parameter");
        let after = app.get(path_of(&article)).send().await.text();
        assert_eq!(before, after, "{name}");
        // Another tag is no reason not to write.
        let other = send("\"9-0\"").send().await;
        assert_ne!(other.status, 412, "{name}: {}", other.text());
        met += 1;
    }
    assert!(met >= 20, "{met}");
}

#[actix_web::test]
async fn a_weak_tag_is_taken_where_a_tag_is_needed() {
    let app =
        TestApp::changed(|parts| parts.live.change(|live| live.require_if_match = true)).await;
    let article = app.article("A").await;
    let patch = |tag: &'static str| {
        app.key().patch(path_of(&article), json!({"summary": "S"})).header("If-Match", tag)
    };
    patch("W/\"1-x\"").expect(200).await;
    let stale: Value = patch("W/\"1-x\"").expect(412).await.json();
    assert!(text(&stale["etag"]).starts_with("\"2-"), "{stale}");
}

/// Keys have no versions: their whole tag counts.
#[actix_web::test]
async fn a_key_is_revoked_under_conditions_as_well() {
    let app = TestApp::new().await;
    let made = app.key().post("/v1/keys", json!({"name": "N", "scopes": []})).created().await;
    let path = format!("/v1/keys/{}", text(&made["id"]));
    let tag = app.key().get(&path).expect(200).await.header("etag").to_owned();
    let revoke = |name: &str, value: &str| app.key().delete(&path).header(name, value);
    for (name, value) in [
        ("If-None-Match", "*"),
        ("If-None-Match", &*tag),
        ("If-Match", "\"99-x\""),
        ("If-Match", "\"x\", W/\"y\""),
    ] {
        let refused = revoke(name, value).expect(412).await;
        assert_eq!(refused.problem("precondition_failed")["etag"], *tag, "{name}: {value}");
    }
    revoke("If-Match", "x").expect(400).await;
    revoke("If-Match", &format!("W/{tag}")).done().await;
}
