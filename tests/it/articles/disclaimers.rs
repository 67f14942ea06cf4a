use serde_json::json;

use crate::support::TestApp;
use crate::support::make::{NOWHERE, attachment, notice_path, path_of, texts};

#[actix_web::test]
async fn an_article_carries_what_is_attached_in_the_order_in_which_it_stands() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    for (key, placement, priority) in [
        ("late", "after", 5),
        ("b-early", "after", -5),
        ("a-early", "after", -5),
        ("top", "before", 9),
    ] {
        let body = json!({"key": key, "title": "T", "body": "B", "placement": placement, "priority": priority});
        let disclaimer = app.key().post("/v1/disclaimers", &body).created().await;
        app.attach(&article, &disclaimer).await;
    }
    let shown = app.get(path_of(&article)).ok().await;
    let keys = texts(&shown["disclaimers"], "key");
    assert_eq!(keys, ["top", "a-early", "b-early", "late"]);
    assert_eq!(shown["disclaimers"][0]["matched_by"], json!(["manual"]));
    assert_eq!(shown["disclaimers"][0]["body_html"], "<p>B</p>\n");
    assert_eq!(shown["version"], 5);
}

#[actix_web::test]
async fn attaching_again_changes_nothing_and_detaching_again_is_404() {
    let app = TestApp::new().await;
    let (article, notice) = (app.article("A").await, app.disclaimer("notice").await);
    let path = attachment(&article, &notice);
    let version = async || app.get(path_of(&article)).send().await.json()["version"].clone();
    app.key().put_empty(&path).done().await;
    app.key().put_empty(&path).done().await;
    assert_eq!(version().await, 2);
    app.key().delete(&path).done().await;
    app.key().delete(&path).refused("disclaimer_not_found").await;
    assert_eq!(version().await, 3);
    app.key().put_empty(&path).done().await;
    assert_eq!(app.get(path_of(&article)).send().await.json()["disclaimers"][0]["key"], "notice");
}

#[actix_web::test]
async fn a_text_that_is_always_the_newest_is_shown_at_once_and_moves_the_tag() {
    let app = TestApp::new().await;
    let body =
        json!({"key": "notice", "title": "Notice", "body": "Old text.", "text_mode": "current"});
    let made = app.key().post("/v1/disclaimers", &body).send().await;
    let (article, notice) = (app.article("A").await, made.expect(201).json());
    app.attach(&article, &notice).await;
    let before = app.get(path_of(&article)).expect(200).await;
    app.key().patch(notice_path(&notice), json!({"body": "New text."})).ok().await;
    let after = app.get(path_of(&article)).expect(200).await;
    assert_ne!(before.header("etag"), after.header("etag"));
    let shown = after.json();
    assert_eq!(
        (&shown["disclaimers"][0]["version"], &shown["disclaimers"][0]["body_html"]),
        (&json!(2), &json!("<p>New text.</p>\n"))
    );
    assert_eq!(
        shown["version"],
        before.json()["version"],
        "a disclaimer's text is no write to the article"
    );
}

#[actix_web::test]
async fn what_is_not_there_is_told_apart() {
    let app = TestApp::new().await;
    let (article, notice) = (app.article("A").await, app.disclaimer("notice").await);
    let nowhere = json!({"id": NOWHERE});
    app.key().put_empty(attachment(&nowhere, &notice)).refused("article_not_found").await;
    app.key().put_empty(attachment(&article, &nowhere)).refused("disclaimer_not_found").await;
    app.put_empty(attachment(&article, &notice)).expect(401).await;
    app.key()
        .put_empty(attachment(&article, &notice))
        .header("If-Match", "\"9-x\"")
        .expect(412)
        .await;
    // 404 comes before 412.
    for request in [
        app.delete(attachment(&article, &notice)),
        app.request("PUT", &attachment(&article, &nowhere)),
    ] {
        request.key().header("If-Match", "\"9-x\"").expect(404).await;
    }
}
