//! The moderators' queue.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{bodies, comments_of, path_of, text};

async fn queue(app: &TestApp, key: &str, query: &str) -> Value {
    app.as_key(key).get(format!("/v1/comments?count=true{query}")).ok().await
}

#[actix_web::test]
async fn what_waits_is_found_in_its_order_and_by_what_is_known_of_it() {
    let app = TestApp::new().await;
    let moderated = |title: &str| {
        app.article_of(
            json!({"title": title, "state": "published", "comments_policy": "moderated"}),
        )
    };
    let (one, two) = (moderated("One").await, moderated("Two").await);
    let mut made = Vec::new();
    for (article, name, body) in
        [(&one, "Ada", "100% sure_thing"), (&two, "Ada", "Hello"), (&one, "Bo", "hello there")]
    {
        app.clock.advance(1_000_000);
        let words = json!({"author_name": name, "author_email": "a@example.com", "body": body});
        made.push(app.post(comments_of(article), &words).created().await);
    }
    let key = app.key_with(&["comments:moderate"]).await;
    let all = queue(&app, &key, "").await;
    assert_eq!(
        (bodies(&all), &all["total"]),
        (vec!["100% sure_thing", "Hello", "hello there"], &json!(3))
    );
    let first = &all["items"][0];
    assert_eq!(
        (&first["held_by"], &first["author_email"]),
        (&json!("policy"), &json!("a@example.com"))
    );
    let second = text(&made[1]["created_at"]);
    for (query, want) in [
        ("&order=newest", vec!["hello there", "Hello", "100% sure_thing"]),
        ("&article=two", vec!["Hello"]),
        (&format!("&article={}", text(&one["id"])), vec!["100% sure_thing", "hello there"]),
        ("&article=three", vec![]),
        ("&author=Ada", vec!["100% sure_thing", "Hello"]),
        ("&q=HELLO", vec!["Hello", "hello there"]),
        ("&q=0%25+s", vec!["100% sure_thing"]),
        ("&q=e_t", vec!["100% sure_thing"]),
        ("&held_by=policy&author=Bo", vec!["hello there"]),
        (&format!("&created_after={second}"), vec!["Hello", "hello there"]),
        (&format!("&created_before={second}"), vec!["100% sure_thing"]),
        ("&state=published", vec![]),
    ] {
        let found = queue(&app, &key, query).await;
        assert_eq!(
            (bodies(&found), &found["total"]),
            (want.clone(), &json!(want.len())),
            "{query}"
        );
    }
    let page = queue(&app, &key, "&limit=2").await;
    let rest = queue(&app, &key, &format!("&cursor={}", text(&page["next"]))).await;
    assert_eq!(bodies(&rest), ["hello there"]);
    for wrong in [
        "&article=No+Slug", "&state=gone", "&order=thread", "&held_by=mood",
        "&created_after=today", "&q=",
    ] {
        app.as_key(&key).get(format!("/v1/comments?limit=1{wrong}")).expect(400).await;
    }
}

#[actix_web::test]
async fn a_moderator_meets_only_comments_on_what_the_moderator_reads() {
    let app = TestApp::new().await;
    let article = app
        .article_of(json!({"title": "A", "state": "published", "comments_policy": "moderated"}))
        .await;
    let comment = app.comment(&article, "Hello").await;
    let key = app.key_with(&["comments:moderate"]).await;
    assert_eq!(queue(&app, &key, "").await["total"], 1);
    app.act(&article, "unpublish", json!({})).await;
    assert_eq!(queue(&app, &key, "").await["total"], 0);
    let decide = json!({"ids": [comment["id"]], "state": "published"});
    let decided = app.as_key(&key).post("/v1/comments/moderate", &decide).ok().await;
    assert_eq!(decided["items"][0]["code"], "comment_not_found");
    let history = format!("/v1/comments/{}/history", text(&comment["id"]));
    app.as_key(&key).get(&history).refused("comment_not_found").await;
}

#[actix_web::test]
async fn decisions_are_counted_and_kept_with_who_made_them() {
    let app = TestApp::new().await;
    let article = app
        .article_of(json!({"title": "A", "state": "published", "comments_policy": "moderated"}))
        .await;
    let mut ids = Vec::new();
    for number in 0..3 {
        ids.push(app.comment(&article, &format!("c{number}")).await["id"].clone());
    }
    let decide = |ids: &[Value], state: &str, reason: Value| {
        let body = json!({"ids": ids, "state": state, "reason": reason});
        app.key().post("/v1/comments/moderate", &body)
    };
    decide(&ids, "published", json!("On topic.")).expect(200).await;
    let count = async || app.get(path_of(&article)).send().await.json()["comment_count"].clone();
    assert_eq!(count().await, 3);
    decide(&ids[..2], "spam", json!("A ring.")).expect(200).await;
    assert_eq!(count().await, 1);
    let history = app.key().get(format!("/v1/comments/{}/history", text(&ids[0]))).ok().await;
    let told: Vec<Value> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            json!([
                entry["version"], entry["state"], entry["actor"], entry["reason"], entry["held_by"]
            ])
        })
        .collect();
    assert_eq!(
        told,
        [
            json!([3, "spam", "admin", "A ring.", null]),
            json!([2, "published", "admin", "On topic.", null]),
            json!([1, "pending", "anonymous", null, "policy"]),
        ]
    );
    let too_many: Vec<Value> = vec![ids[0].clone(); 101];
    let faults = decide(&too_many, "spam", Value::Null).faults().await;
    assert_eq!(faults, [("/ids".to_owned(), "too_long".to_owned())]);
}
