use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{NOWHERE, comment_path, path_of, text};

#[actix_web::test]
async fn a_decision_is_kept_with_its_reason_and_the_count_follows() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let comment = app.comment(&article, "Hello").await;
    let path = comment_path(&comment);
    let count = async || app.get(path_of(&article)).send().await.json()["comment_count"].clone();
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
        let decided = app.key().patch(&path, &decision).ok().await;
        assert_eq!((&decided["state"], &decided["reason"]), (&json!(state), &decision["reason"]));
        assert_eq!(count().await, want, "{state}");
        let public = app.get(&path).send().await;
        assert_eq!(public.status, if state == "published" { 200 } else { 404 }, "{state}");
        if state == "published" {
            assert_eq!(public.json()["reason"], Value::Null, "a reason is for moderators");
        }
    }
    app.key().delete(&path).done().await;
    assert_eq!(count().await, 0);
    app.key().delete(&path).expect(404).await;
    app.key().get(&path).refused("comment_not_found").await;
    let removed = format!("{}/comments?state=removed&count=true", path_of(&article));
    let list = app.key().get(&removed).ok().await;
    assert_eq!((&list["total"], &list["items"][0]["reason"]), (&json!(1), &json!("now published")));
    assert_eq!(app.get(&removed).send().await.json()["items"], json!([]));
}

#[actix_web::test]
async fn only_state_and_reason_are_decided() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let comment = app.comment(&article, "Hello").await;
    let path = comment_path(&comment);
    for (patch, fault) in [
        (json!({"body": "Changed"}), ("/body", "read_only_member")),
        (json!({"state": "gone"}), ("/state", "unknown_value")),
        (json!({"state": null}), ("/state", "required")),
        (json!({"parent_id": NOWHERE}), ("/parent_id", "read_only_member")),
        (json!({"karma": 1}), ("/karma", "unknown_member")),
    ] {
        let faults = app.key().patch(&path, &patch).faults().await;
        assert_eq!(faults, [(fault.0.to_owned(), fault.1.to_owned())], "{patch}");
    }
    app.as_key("").patch(&path, json!({"state": "spam"})).refused("unauthenticated").await;
    app.key().put(&path, json!({"state": "spam"})).expect(405).await;
    let tag = app.get(&path).send().await.header("etag").to_owned();
    app.key().patch(&path, json!({"state": "spam"})).header("If-Match", &tag).expect(200).await;
    app.key().patch(&path, json!({"state": "spam"})).header("If-Match", &tag).expect(412).await;
}

#[actix_web::test]
async fn what_its_author_took_back_comes_back_only_by_name() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let comment = app.comment(&article, "Hello").await;
    let other = app.comment(&article, "Good morning").await;
    let path = comment_path(&comment);
    let restore = format!("{path}/restore");
    let moderator = app.key_with(&["comments:moderate"]).await;
    // The batch was made before the author deleted one of them.
    let batch = json!({"ids": [comment["id"], other["id"]], "state": "published"});
    let token = text(&comment["edit_token"]).to_owned();
    app.with_token(&token).delete(&path).done().await;
    let decided = app.as_key(&moderator).post("/v1/comments/moderate", &batch);
    let items = decided.ok().await["items"].clone();
    assert_eq!(items[0], json!({"id": comment["id"], "state": null, "code": "comment_not_found"}));
    assert_eq!(items[1]["state"], "published");
    app.as_key(&moderator).get(&path).expect(404).await;
    // By name, to what it was before.
    app.post_empty(&restore).expect(401).await;
    let weak = app.key_with(&["comments:write"]).await;
    app.as_key(&weak).post_empty(&restore).expect(403).await;
    let back = app.as_key(&moderator).post(&restore, json!({"reason": "Asked for it."})).ok().await;
    assert_eq!((&back["state"], &back["reason"]), (&json!("published"), &json!("Asked for it.")));
    app.get(&path).ok().await;
    let again = app.as_key(&moderator).post_empty(&restore).expect(409).await;
    assert_eq!(again.problem("invalid_transition")["state"], "published");
    // Or to another state: from one that waited, for what it waited for.
    app.as_key(&moderator).patch(&path, json!({"state": "pending"})).ok().await;
    app.as_key(&moderator).delete(&path).done().await;
    let waits = app.as_key(&moderator).post_empty(&restore).ok().await;
    assert_eq!(waits["state"], "pending");
    app.as_key(&moderator).delete(&path).done().await;
    let spam = app.as_key(&moderator).post(&restore, json!({"state": "spam"}));
    assert_eq!(spam.ok().await["state"], "spam");
    let history = app.as_key(&moderator).get(format!("{path}/history?limit=1")).send().await;
    let entry = history.expect(200).json()["items"][0].clone();
    assert!(entry["actor_key_id"].is_string(), "{entry}");
    for body in [json!({"state": "gone"}), json!({"body": "x"})] {
        app.as_key(&moderator).post(&restore, &body).expect(422).await;
    }
    app.as_key(&moderator)
        .post_empty(format!("/v1/comments/{NOWHERE}/restore"))
        .refused("comment_not_found")
        .await;
}
