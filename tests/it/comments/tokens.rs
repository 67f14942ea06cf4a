//! The author's token: for a while, and for this comment alone.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{NOWHERE, path_of, text};

const MINUTE: i64 = 60_000_000;

fn own(comment: &Value) -> (String, String) {
    let path = format!("/v1/comments/{}", text(&comment["id"]));
    (path, text(&comment["edit_token"]).to_owned())
}

#[actix_web::test]
async fn an_author_reads_edits_and_deletes_what_waits() {
    let app = TestApp::new().await;
    let article = app
        .article_of(json!({"title": "M", "state": "published", "comments_policy": "moderated"}))
        .await;
    let comment = app.comment(&article, "Hello").await;
    let (path, token) = own(&comment);
    let read = app
        .get(&path)
        .header("Edit-Token", &token)
        .send()
        .await
        .expect(200);
    assert_eq!(read.header("cache-control"), "private, no-store");
    assert!(
        read.header("vary").contains("Edit-Token"),
        "{}",
        read.header("vary")
    );
    assert_eq!(read.json()["state"], "pending");
    let edit = json!({"body": "Hello, all"});
    let edited = app
        .patch(&path)
        .header("Edit-Token", &token)
        .json(&edit)
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&edited["body"], &edited["version"], &edited["state"]),
        (&json!("Hello, all"), &json!(2), &json!("pending"))
    );
    for (patch, at) in [
        (json!({"state": "published"}), "/state"),
        (json!({"reason": "I say so"}), "/reason"),
    ] {
        let faults = app
            .patch(&path)
            .header("Edit-Token", &token)
            .json(&patch)
            .send()
            .await
            .expect(422)
            .faults();
        assert_eq!(faults, [(at.to_owned(), "read_only_member".to_owned())]);
    }
    // A whole representation is taken back as it is.
    let mut whole = edited.clone();
    whole["body"] = json!("Hello, everyone");
    app.patch(&path)
        .header("Edit-Token", &token)
        .json(&whole)
        .send()
        .await
        .expect(200);
    app.delete(&path)
        .header("Edit-Token", &token)
        .send()
        .await
        .expect(204);
    app.get(&path)
        .header("Edit-Token", &token)
        .send()
        .await
        .expect(404)
        .problem("comment_not_found");
}

#[actix_web::test]
async fn a_token_shows_no_more_than_its_time() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let path = format!("{}/comments", path_of(&article));
    let words =
        json!({"author_name": "Sam", "author_email": "sam@example.org", "body": "One\nTwo"});
    let made = app.post(&path).json(&words).send().await.expect(201).json();
    let own = format!("/v1/comments/{}", text(&made["id"]));
    let token = text(&made["edit_token"]);
    let read = async || {
        app.get(&own)
            .header("Edit-Token", token)
            .send()
            .await
            .expect(200)
            .json()
    };
    assert_eq!(read().await["author_email"], "sam@example.org");
    // Another line end is no other text.
    let close = app
        .patch(&path_of(&article))
        .key()
        .json(&json!({"comments_policy": "closed"}));
    close.send().await.expect(200);
    let same = app
        .patch(&own)
        .header("Edit-Token", token)
        .json(&json!({"body": "One\r\nTwo"}));
    same.send().await.expect(200);
    app.clock.advance(16 * 60 * 1_000_000);
    assert_eq!(read().await["author_email"], Value::Null);
    let late = app
        .patch(&own)
        .header("Edit-Token", token)
        .key()
        .json(&json!({"body": "Three"}));
    let late = late.send().await.expect(422).problem("validation_failed");
    assert_eq!(late["errors"][0]["code"], "read_only_member");
}

#[actix_web::test]
async fn a_changed_text_is_judged_again() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let (path, token) = own(&app.comment(&article, "Fine").await);
    let set = async |policy: Value| {
        app.patch(&path_of(&article))
            .key()
            .json(&policy)
            .send()
            .await
            .expect(200);
    };
    set(json!({"comments_policy": "moderated"})).await;
    let same = app
        .patch(&path)
        .header("Edit-Token", &token)
        .json(&json!({"body": "Fine"}))
        .send()
        .await;
    assert_eq!(
        same.expect(200).json()["state"],
        "published",
        "nothing was changed"
    );
    let edit = json!({"body": "Not so fine"});
    let held = app
        .patch(&path)
        .header("Edit-Token", &token)
        .json(&edit)
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(held["state"], "pending");
    assert_eq!(
        app.get(&path_of(&article)).send().await.json()["comment_count"],
        0
    );
    app.get(&path).send().await.expect(404);
    set(json!({"comments_policy": "closed"})).await;
    let late = app
        .patch(&path)
        .header("Edit-Token", &token)
        .json(&json!({"body": "More"}))
        .send()
        .await;
    late.expect(403).problem("comments_closed");
    // To take it back is always possible in time.
    app.delete(&path)
        .header("Edit-Token", &token)
        .send()
        .await
        .expect(204);
}

#[actix_web::test]
async fn a_token_is_good_for_its_comment_and_fifteen_minutes() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let comment = app.comment(&article, "One").await;
    let (path, token) = own(&comment);
    let (_, other) = own(&app.comment(&article, "Two").await);
    for wrong in [other.as_str(), "", "x", "\u{e9}"] {
        for method in ["GET", "PATCH", "DELETE"] {
            let request = app.request(method, &path).header("Edit-Token", wrong);
            let request = if method == "PATCH" {
                request.json(&json!({"body": "x"}))
            } else {
                request
            };
            let problem = request
                .send()
                .await
                .expect(403)
                .problem("edit_token_invalid");
            assert_eq!(problem["window_seconds"], 900);
        }
    }
    let nowhere = format!("/v1/comments/{NOWHERE}");
    app.delete(&nowhere)
        .header("Edit-Token", &token)
        .send()
        .await
        .expect(404);
    let stale = app
        .delete(&path)
        .header("Edit-Token", &token)
        .header("If-Match", "\"9-x\"");
    stale.send().await.expect(412);
    app.clock.advance(15 * MINUTE + 1_000);
    app.get(&path)
        .header("Edit-Token", &token)
        .send()
        .await
        .expect(200);
    let edit = app
        .patch(&path)
        .header("Edit-Token", &token)
        .json(&json!({"body": "x"}));
    edit.send().await.expect(403).problem("edit_window_closed");
    app.delete(&path)
        .header("Edit-Token", &token)
        .send()
        .await
        .expect(403)
        .problem("edit_window_closed");
    // A moderator's time is never over, with a token or without.
    app.delete(&path)
        .key()
        .header("Edit-Token", &token)
        .send()
        .await
        .expect(204);
}
