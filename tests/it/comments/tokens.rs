//! The author's token: for a while, and for this comment alone.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{MINUTE, NOWHERE, comment_path, comments_of, path_of, text};

fn own(comment: &Value) -> (String, String) {
    let path = comment_path(comment);
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
    let read = app.with_token(&token).get(&path).expect(200).await;
    assert_eq!(read.header("cache-control"), "private, no-store");
    assert!(read.header("vary").contains("Edit-Token"), "{}", read.header("vary"));
    assert_eq!(read.json()["state"], "pending");
    let edited = app.with_token(&token).patch(&path, json!({"body": "Hello, all"})).ok().await;
    assert_eq!(
        (&edited["body"], &edited["version"], &edited["state"]),
        (&json!("Hello, all"), &json!(2), &json!("pending"))
    );
    for (patch, at) in
        [(json!({"state": "published"}), "/state"), (json!({"reason": "I say so"}), "/reason")]
    {
        let faults = app.with_token(&token).patch(&path, &patch).faults().await;
        assert_eq!(faults, [(at.to_owned(), "read_only_member".to_owned())]);
    }
    // A whole representation is taken back as it is.
    let mut whole = edited.clone();
    whole["body"] = json!("Hello, everyone");
    app.with_token(&token).patch(&path, &whole).ok().await;
    app.with_token(&token).delete(&path).done().await;
    app.with_token(&token).get(&path).refused("comment_not_found").await;
}

#[actix_web::test]
async fn a_token_shows_no_more_than_its_time() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let path = comments_of(&article);
    let words =
        json!({"author_name": "Sam", "author_email": "sam@example.org", "body": "One\nTwo"});
    let made = app.post(&path, &words).created().await;
    let own = comment_path(&made);
    let token = text(&made["edit_token"]);
    let read = async || app.with_token(token).get(&own).ok().await;
    assert_eq!(read().await["author_email"], "sam@example.org");
    // Another line end is no other text.
    app.key().patch(path_of(&article), json!({"comments_policy": "closed"})).ok().await;
    app.with_token(token).patch(&own, json!({"body": "One\r\nTwo"})).expect(200).await;
    app.clock.advance(16 * 60 * 1_000_000);
    assert_eq!(read().await["author_email"], Value::Null);
    let late = app.key().patch(&own, json!({"body": "Three"})).header("Edit-Token", token);
    let late = late.refused("validation_failed").await;
    assert_eq!(late["errors"][0]["code"], "read_only_member");
}

#[actix_web::test]
async fn a_changed_text_is_judged_again() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let (path, token) = own(&app.comment(&article, "Fine").await);
    let set = async |policy: Value| {
        app.key().patch(path_of(&article), &policy).ok().await;
    };
    set(json!({"comments_policy": "moderated"})).await;
    let same = app.with_token(&token).patch(&path, json!({"body": "Fine"})).send().await;
    assert_eq!(same.expect(200).json()["state"], "published", "nothing was changed");
    let held = app.with_token(&token).patch(&path, json!({"body": "Not so fine"})).ok().await;
    assert_eq!(held["state"], "pending");
    assert_eq!(app.get(path_of(&article)).send().await.json()["comment_count"], 0);
    app.get(&path).expect(404).await;
    set(json!({"comments_policy": "closed"})).await;
    app.with_token(&token).patch(&path, json!({"body": "More"})).refused("comments_closed").await;
    // To take it back is always possible in time.
    app.with_token(&token).delete(&path).done().await;
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
            let request = app.with_token(wrong).request(method, &path);
            let request =
                if method == "PATCH" { request.json(&json!({"body": "x"})) } else { request };
            let problem = request.refused("edit_token_invalid").await;
            assert_eq!(problem["window_seconds"], 900);
        }
    }
    let nowhere = format!("/v1/comments/{NOWHERE}");
    app.with_token(&token).delete(&nowhere).expect(404).await;
    app.with_token(&token).delete(&path).header("If-Match", "\"9-x\"").expect(412).await;
    app.clock.advance(15 * MINUTE + 1_000);
    app.with_token(&token).get(&path).ok().await;
    app.with_token(&token).patch(&path, json!({"body": "x"})).refused("edit_window_closed").await;
    app.with_token(&token).delete(&path).refused("edit_window_closed").await;
    // A moderator's time is never over, with a token or without.
    app.key().delete(&path).header("Edit-Token", &token).done().await;
}
