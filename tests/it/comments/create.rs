use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{NOWHERE, comment_path, comments_of, path_of};

fn hello() -> Value {
    json!({"author_name": "Sam", "body": "Hello"})
}

#[actix_web::test]
async fn an_open_article_shows_a_comment_at_once() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let body = json!({"author_name": "Sam", "author_email": "sam@example.com", "body": "Hi <b>\r\n\r\nhttps://example.com/x"});
    let answer = app.post(comments_of(&article), &body).expect(201).await;
    let comment = answer.json();
    assert_eq!(answer.header("location"), comment_path(&comment));
    assert_eq!((&comment["state"], &comment["article_id"]), (&json!("published"), &article["id"]));
    assert_eq!(comment["body"], "Hi <b>\n\nhttps://example.com/x");
    assert_eq!(
        comment["body_html"],
        "<p>Hi &lt;b&gt;</p>\n<p><a href=\"https://example.com/x\" rel=\"nofollow ugc noopener\">https://example.com/x</a></p>\n"
    );
    let public = app.get(answer.header("location")).ok().await;
    assert_eq!((&public["author_name"], &public["author_email"]), (&json!("Sam"), &Value::Null));
    let moderator = app.key().get(answer.header("location")).ok().await;
    assert_eq!(moderator["author_email"], "sam@example.com");
    assert_eq!(app.get("/v1/articles/a").send().await.json()["comment_count"], 1);
}

#[actix_web::test]
async fn a_moderated_article_holds_it_and_a_closed_one_refuses_it() {
    let app = TestApp::new().await;
    let moderated = app
        .article_of(json!({"title": "M", "state": "published", "comments_policy": "moderated"}))
        .await;
    let held = app.comment(&moderated, "Hello").await;
    assert_eq!(held["state"], "pending");
    let path = comment_path(&held);
    app.get(&path).refused("comment_not_found").await;
    app.key().get(&path).ok().await;
    assert_eq!(app.get(path_of(&moderated)).send().await.json()["comment_count"], 0);
    let closed = app
        .article_of(json!({"title": "C", "state": "published", "comments_policy": "closed"}))
        .await;
    for with_key in [false, true] {
        let request = app.post(comments_of(&closed), hello());
        let request = if with_key { request.key() } else { request };
        let problem = request.refused("comments_closed").await;
        assert_eq!((&problem["policy"], &problem["closed_at"]), (&json!("closed"), &Value::Null));
    }
}

#[actix_web::test]
async fn a_draft_takes_no_readers_comment_and_does_not_show_that_it_is_there() {
    let app = TestApp::new().await;
    let draft = app.article_of(json!({"title": "D", "comments_policy": "closed"})).await;
    app.post(comments_of(&draft), hello()).refused("article_not_found").await;
    app.post(format!("/v1/articles/{NOWHERE}/comments"), hello()).expect(404).await;
}

#[actix_web::test]
async fn the_rules_of_a_comment_are_told_at_once() {
    let app = TestApp::new().await;
    let path = comments_of(&app.article("A").await);
    for (body, fault) in [
        (json!({"author_name": "Sam"}), ("/body", "required")),
        (json!({"author_name": "Sam", "body": " \n "}), ("/body", "too_short")),
        (json!({"author_name": "Sam", "body": "é".repeat(5_001)}), ("/body", "too_long")),
        (json!({"author_name": "", "body": "x"}), ("/author_name", "too_short")),
        (json!({"author_name": "é".repeat(81), "body": "x"}), ("/author_name", "too_long")),
        (
            json!({"author_name": "a\u{202e}b", "body": "x"}),
            ("/author_name", "forbidden_character"),
        ),
        (
            json!({"author_name": "Sam", "author_email": "no", "body": "x"}),
            ("/author_email", "wrong_form"),
        ),
        (
            json!({"author_name": "Sam", "body": "x", "parent_id": "x"}),
            ("/parent_id", "wrong_form"),
        ),
    ] {
        let faults = app.post(&path, &body).faults().await;
        assert_eq!(faults, [(fault.0.to_owned(), fault.1.to_owned())], "{body}");
    }
    let with_newlines =
        json!({"author_name": "Sam", "body": format!("a\r\n{}", "x".repeat(4_998))});
    app.post(&path, &with_newlines).expect(422).await;
    let longest = json!({"author_name": "é".repeat(80), "body": "é".repeat(5_000)});
    app.post(&path, &longest).created().await;
}
