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

#[actix_web::test]
async fn what_its_author_took_back_comes_back_only_by_name() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let comment = app.comment(&article, "Hello").await;
    let other = app.comment(&article, "Good morning").await;
    let path = format!("/v1/comments/{}", text(&comment["id"]));
    let restore = format!("{path}/restore");
    let moderator = app.key_with(&["comments:moderate"]).await;
    // The batch was made before the author deleted one of them.
    let batch = json!({"ids": [comment["id"], other["id"]], "state": "published"});
    let token = text(&comment["edit_token"]).to_owned();
    app.delete(&path)
        .header("Edit-Token", &token)
        .send()
        .await
        .expect(204);
    let decided = app
        .post("/v1/comments/moderate")
        .with(&moderator)
        .json(&batch);
    let items = decided.send().await.expect(200).json()["items"].clone();
    assert_eq!(
        items[0],
        json!({"id": comment["id"], "state": null, "code": "comment_not_found"})
    );
    assert_eq!(items[1]["state"], "published");
    app.get(&path).with(&moderator).send().await.expect(404);
    // By name, to what it was before.
    app.post(&restore).send().await.expect(401);
    let weak = app.key_with(&["comments:write"]).await;
    app.post(&restore).with(&weak).send().await.expect(403);
    let back = app
        .post(&restore)
        .with(&moderator)
        .json(&json!({"reason": "Asked for it."}));
    let back = back.send().await.expect(200).json();
    assert_eq!(
        (&back["state"], &back["reason"]),
        (&json!("published"), &json!("Asked for it."))
    );
    app.get(&path).send().await.expect(200);
    let again = app.post(&restore).with(&moderator).send().await.expect(409);
    assert_eq!(again.problem("invalid_transition")["state"], "published");
    // Or to another state: from one that waited, for what it waited for.
    app.patch(&path)
        .with(&moderator)
        .json(&json!({"state": "pending"}))
        .send()
        .await
        .expect(200);
    app.delete(&path).with(&moderator).send().await.expect(204);
    let waits = app
        .post(&restore)
        .with(&moderator)
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(waits["state"], "pending");
    app.delete(&path).with(&moderator).send().await.expect(204);
    let spam = app
        .post(&restore)
        .with(&moderator)
        .json(&json!({"state": "spam"}));
    assert_eq!(spam.send().await.expect(200).json()["state"], "spam");
    let history = app
        .get(&format!("{path}/history?limit=1"))
        .with(&moderator)
        .send()
        .await;
    let entry = history.expect(200).json()["items"][0].clone();
    assert!(entry["actor_key_id"].is_string(), "{entry}");
    for body in [json!({"state": "gone"}), json!({"body": "x"})] {
        app.post(&restore)
            .with(&moderator)
            .json(&body)
            .send()
            .await
            .expect(422);
    }
    app.post(&format!("/v1/comments/{NOWHERE}/restore"))
        .with(&moderator)
        .send()
        .await
        .expect(404)
        .problem("comment_not_found");
}
