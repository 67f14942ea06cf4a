use serde_json::json;

use crate::support::TestApp;
use crate::support::make::{NOWHERE, comment_path, path_of};

#[actix_web::test]
async fn publish_and_unpublish_keep_the_first_publication() {
    let app = TestApp::new().await;
    let draft = app.draft("A").await;
    let path = path_of(&draft);
    app.clock.advance(10);
    let published = app.key().post_empty(format!("{path}/publish")).ok().await;
    assert_eq!((&published["state"], &published["version"]), (&json!("published"), &json!(2)));
    assert_eq!(published["published_at"], "2026-11-22T10:00:00.000010Z");
    app.get(&path).ok().await;
    let body = json!({"reason": "Needs another source."});
    let back = app.key().post(format!("{path}/unpublish"), &body).ok().await;
    assert_eq!(
        (&back["state"], &back["published_at"]),
        (&json!("draft"), &published["published_at"])
    );
    app.get(&path).expect(404).await;
    app.clock.advance(10);
    let again = app.key().post(format!("{path}/publish"), json!({})).ok().await;
    assert_eq!(again["published_at"], published["published_at"]);
}

#[actix_web::test]
async fn an_action_that_the_state_does_not_allow_says_what_is_allowed() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let problem = app
        .key()
        .post_empty(format!("{}/publish", path_of(&article)))
        .refused("invalid_transition")
        .await;
    assert_eq!(
        (&problem["state"], &problem["allowed"]),
        (&json!("published"), &json!(["unpublish", "withdraw", "block", "correct"]))
    );
}

#[actix_web::test]
async fn an_action_takes_a_reason_and_nothing_else() {
    let app = TestApp::new().await;
    let path = format!("{}/publish", path_of(&app.draft("A").await));
    let faults = app.key().post(&path, json!({"when": "2030-01-01T00:00:00Z"})).faults().await;
    assert_eq!(faults, [("/when".to_owned(), "unknown_member".to_owned())]);
    app.key().post(&path, json!({"reason": "x".repeat(501)})).expect(422).await;
    app.key().request("POST", &path).bytes("{}").expect(415).await;
    app.post_empty(&path).expect(401).await;
    app.key().post_empty(format!("/v1/articles/{NOWHERE}/publish")).expect(404).await;
}

#[actix_web::test]
async fn a_deleted_article_is_met_nowhere() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let comment = app.comment(&article, "Hello").await;
    let path = path_of(&article);
    app.key().delete(&path).done().await;
    for request in [
        app.get(&path),
        app.delete(&path),
        app.get(format!("{path}/comments")),
        app.get("/v1/articles/a"),
    ] {
        request.key().refused("article_not_found").await;
    }
    let comment = comment_path(&comment);
    app.key().get(&comment).refused("comment_not_found").await;
}
