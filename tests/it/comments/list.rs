use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{NOWHERE, bodies, comments_of, path_of, text};

#[actix_web::test]
async fn published_comments_come_oldest_first_page_by_page() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    for number in 0..5 {
        app.comment(&article, &format!("c{number}")).await;
    }
    let path = comments_of(&article);
    let first = app.get(format!("{path}?limit=2&count=true")).ok().await;
    assert_eq!((bodies(&first), &first["total"]), (vec!["c0", "c1"], &json!(5)));
    // The cursor is the article's, however it is named.
    let second = app
        .get(format!("/v1/articles/a/comments?limit=4&cursor={}", text(&first["next"])))
        .expect(200)
        .await;
    assert_eq!(
        (bodies(&second.json()), &second.json()["next"]),
        (vec!["c2", "c3", "c4"], &Value::Null)
    );
    let other = app.article("B").await;
    app.get(format!("{}/comments?cursor={}", path_of(&other), text(&first["next"])))
        .refused("invalid_cursor")
        .await;
    let thin = app.get(format!("{path}?limit=1&fields=body")).ok().await;
    assert_eq!(thin["items"][0].as_object().unwrap().len(), 2, "the body and the id");
}

#[actix_web::test]
async fn held_comments_are_found_with_a_key_only() {
    let app = TestApp::new().await;
    let article = app
        .article_of(json!({"title": "M", "state": "published", "comments_policy": "moderated"}))
        .await;
    app.comment(&article, "held").await;
    let path = comments_of(&article);
    for (query, key, want) in [
        ("", false, 0),
        ("", true, 0),
        ("?state=pending&count=true", false, 0),
        ("?state=pending&count=true", true, 1),
    ] {
        let request = app.get(format!("{path}{query}"));
        let list = if key { request.key() } else { request }.ok().await;
        assert_eq!(bodies(&list).len(), want, "{query} {key}");
        assert!(query.is_empty() || list["total"] == want);
    }
}

#[actix_web::test]
async fn the_comments_of_what_is_not_seen_are_not_seen() {
    let app = TestApp::new().await;
    let draft = app.draft("D").await;
    app.get(comments_of(&draft)).refused("article_not_found").await;
    app.key().get(comments_of(&draft)).ok().await;
    app.get(format!("/v1/articles/{NOWHERE}/comments?state=pending")).expect(404).await;
}
