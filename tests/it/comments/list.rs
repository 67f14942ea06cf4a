use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{NOWHERE, path_of, text};

fn bodies(list: &Value) -> Vec<&str> {
    list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| text(&item["body"]))
        .collect()
}

#[actix_web::test]
async fn published_comments_come_oldest_first_page_by_page() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    for number in 0..5 {
        app.comment(&article, &format!("c{number}")).await;
    }
    let path = format!("{}/comments", path_of(&article));
    let first = app
        .get(&format!("{path}?limit=2&count=true"))
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(
        (bodies(&first), &first["total"]),
        (vec!["c0", "c1"], &json!(5))
    );
    // The cursor is the article's, however it is named.
    let second = app
        .get(&format!(
            "/v1/articles/a/comments?limit=4&cursor={}",
            text(&first["next"])
        ))
        .send()
        .await
        .expect(200);
    assert_eq!(
        (bodies(&second.json()), &second.json()["next"]),
        (vec!["c2", "c3", "c4"], &Value::Null)
    );
    let other = app.article("B").await;
    app.get(&format!(
        "{}/comments?cursor={}",
        path_of(&other),
        text(&first["next"])
    ))
    .send()
    .await
    .expect(400)
    .problem("invalid_cursor");
    let thin = app
        .get(&format!("{path}?limit=1&fields=body"))
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(
        thin["items"][0].as_object().unwrap().len(),
        2,
        "the body and the id"
    );
}

#[actix_web::test]
async fn held_comments_are_found_with_a_key_only() {
    let app = TestApp::new().await;
    let article = app
        .article_of(json!({"title": "M", "state": "published", "comments_policy": "moderated"}))
        .await;
    app.comment(&article, "held").await;
    let path = format!("{}/comments", path_of(&article));
    for (query, key, want) in [
        ("", false, 0),
        ("", true, 0),
        ("?state=pending&count=true", false, 0),
        ("?state=pending&count=true", true, 1),
    ] {
        let request = app.get(&format!("{path}{query}"));
        let list = if key { request.key() } else { request }
            .send()
            .await
            .expect(200)
            .json();
        assert_eq!(bodies(&list).len(), want, "{query} {key}");
        assert!(query.is_empty() || list["total"] == want);
    }
}

#[actix_web::test]
async fn the_comments_of_what_is_not_seen_are_not_seen() {
    let app = TestApp::new().await;
    let draft = app.draft("D").await;
    app.get(&format!("{}/comments", path_of(&draft)))
        .send()
        .await
        .expect(404)
        .problem("article_not_found");
    app.get(&format!("{}/comments", path_of(&draft)))
        .key()
        .send()
        .await
        .expect(200);
    app.get(&format!("/v1/articles/{NOWHERE}/comments?state=pending"))
        .send()
        .await
        .expect(404);
}
