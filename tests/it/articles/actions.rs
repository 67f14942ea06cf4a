use serde_json::json;

use crate::support::TestApp;
use crate::support::make::{NOWHERE, path_of};

#[actix_web::test]
async fn publish_and_unpublish_keep_the_first_publication() {
    let app = TestApp::new().await;
    let draft = app.draft("A").await;
    let path = path_of(&draft);
    app.clock.advance(10);
    let published = app
        .post(&format!("{path}/publish"))
        .key()
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&published["state"], &published["version"]),
        (&json!("published"), &json!(2))
    );
    assert_eq!(published["published_at"], "2026-11-22T10:00:00.000010Z");
    app.get(&path).send().await.expect(200);
    let body = json!({"reason": "Needs another source."});
    let back = app
        .post(&format!("{path}/unpublish"))
        .key()
        .json(&body)
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&back["state"], &back["published_at"]),
        (&json!("draft"), &published["published_at"])
    );
    app.get(&path).send().await.expect(404);
    app.clock.advance(10);
    let again = app
        .post(&format!("{path}/publish"))
        .key()
        .json(&json!({}))
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(again["published_at"], published["published_at"]);
}

#[actix_web::test]
async fn an_action_that_the_state_does_not_allow_says_what_is_allowed() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let problem = app
        .post(&format!("{}/publish", path_of(&article)))
        .key()
        .send()
        .await
        .expect(409)
        .problem("invalid_transition");
    assert_eq!(
        (&problem["state"], &problem["allowed"]),
        (
            &json!("published"),
            &json!(["unpublish", "withdraw", "block", "correct"])
        )
    );
}

#[actix_web::test]
async fn an_action_takes_a_reason_and_nothing_else() {
    let app = TestApp::new().await;
    let path = format!("{}/publish", path_of(&app.draft("A").await));
    let faults = app
        .post(&path)
        .key()
        .json(&json!({"when": "2030-01-01T00:00:00Z"}))
        .send()
        .await
        .expect(422)
        .faults();
    assert_eq!(faults, [("/when".to_owned(), "unknown_member".to_owned())]);
    app.post(&path)
        .key()
        .json(&json!({"reason": "x".repeat(501)}))
        .send()
        .await
        .expect(422);
    app.post(&path).key().bytes("{}").send().await.expect(415);
    app.post(&path).send().await.expect(401);
    app.post(&format!("/v1/articles/{NOWHERE}/publish"))
        .key()
        .send()
        .await
        .expect(404);
}

#[actix_web::test]
async fn a_deleted_article_is_met_nowhere() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let comment = app.comment(&article, "Hello").await;
    let path = path_of(&article);
    app.delete(&path).key().send().await.expect(204);
    for request in [
        app.get(&path),
        app.delete(&path),
        app.get(&format!("{path}/comments")),
        app.get("/v1/articles/a"),
    ] {
        request
            .key()
            .send()
            .await
            .expect(404)
            .problem("article_not_found");
    }
    let comment = format!("/v1/comments/{}", comment["id"].as_str().unwrap());
    app.get(&comment)
        .key()
        .send()
        .await
        .expect(404)
        .problem("comment_not_found");
}
