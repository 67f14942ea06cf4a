use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{NOWHERE, path_of, text};

#[actix_web::test]
async fn a_decision_is_kept_with_its_reason_and_the_count_follows() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let comment = app.comment(&article, "Hello").await;
    let path = format!("/v1/comments/{}", text(&comment["id"]));
    let count = async || app.get(&path_of(&article)).send().await.json()["comment_count"].clone();
    for (state, want) in [
        ("spam", 0),
        ("spam", 0),
        ("published", 1),
        ("published", 1),
        ("removed", 0),
        ("pending", 0),
        ("rejected", 0),
        ("published", 1),
    ] {
        let decision = json!({"state": state, "reason": format!("now {state}")});
        let decided = app
            .patch(&path)
            .key()
            .json(&decision)
            .send()
            .await
            .expect(200)
            .json();
        assert_eq!(
            (&decided["state"], &decided["reason"]),
            (&json!(state), &decision["reason"])
        );
        assert_eq!(count().await, want, "{state}");
        let public = app.get(&path).send().await;
        assert_eq!(
            public.status,
            if state == "published" { 200 } else { 404 },
            "{state}"
        );
        if state == "published" {
            assert_eq!(
                public.json()["reason"],
                Value::Null,
                "a reason is for moderators"
            );
        }
    }
    app.delete(&path).key().send().await.expect(204);
    assert_eq!(count().await, 0);
    app.delete(&path).key().send().await.expect(404);
    app.get(&path)
        .key()
        .send()
        .await
        .expect(404)
        .problem("comment_not_found");
    let removed = format!("{}/comments?state=removed&count=true", path_of(&article));
    let list = app.get(&removed).key().send().await.expect(200).json();
    assert_eq!(
        (&list["total"], &list["items"][0]["reason"]),
        (&json!(1), &json!("now published"))
    );
    assert_eq!(app.get(&removed).send().await.json()["items"], json!([]));
}

#[actix_web::test]
async fn only_state_and_reason_are_decided() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let comment = app.comment(&article, "Hello").await;
    let path = format!("/v1/comments/{}", text(&comment["id"]));
    for (patch, fault) in [
        (json!({"body": "Changed"}), ("/body", "read_only_member")),
        (json!({"state": "gone"}), ("/state", "unknown_value")),
        (json!({"state": null}), ("/state", "required")),
        (
            json!({"parent_id": NOWHERE}),
            ("/parent_id", "read_only_member"),
        ),
        (json!({"karma": 1}), ("/karma", "unknown_member")),
    ] {
        let faults = app
            .patch(&path)
            .key()
            .json(&patch)
            .send()
            .await
            .expect(422)
            .faults();
        assert_eq!(
            faults,
            [(fault.0.to_owned(), fault.1.to_owned())],
            "{patch}"
        );
    }
    app.patch(&path)
        .json(&json!({"state": "spam"}))
        .send()
        .await
        .expect(401)
        .problem("unauthenticated");
    app.put(&path)
        .key()
        .json(&json!({"state": "spam"}))
        .send()
        .await
        .expect(405);
    let tag = app.get(&path).send().await.header("etag").to_owned();
    app.patch(&path)
        .key()
        .header("If-Match", &tag)
        .json(&json!({"state": "spam"}))
        .send()
        .await
        .expect(200);
    app.patch(&path)
        .key()
        .header("If-Match", &tag)
        .json(&json!({"state": "spam"}))
        .send()
        .await
        .expect(412);
}
