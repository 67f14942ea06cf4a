//! What articles say of their comments: numbers, and the first page.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{AT_ONCE, NOWHERE, path_of, text};

#[actix_web::test]
async fn counts_come_in_the_order_asked_and_without_what_is_hidden() {
    let app = TestApp::new().await;
    let (one, two) = (app.article("One").await, app.article("Two").await);
    app.article_of(json!({"title": "Draft"})).await;
    app.article_of(json!({"title": "Licensed", "state": "published", "access": "restricted"}))
        .await;
    app.comment(&one, "Hello").await;
    app.comment(&two, "Hello").await;
    app.comment(&two, "Hello again").await;
    app.key().patch(path_of(&two), json!({"slug": "second"})).ok().await;
    let asked = format!("two,draft,{},no-such,licensed,second,{NOWHERE},two", text(&one["id"]));
    let count = async |asked: &str, with_key: bool| {
        let request = app.get(format!("/v1/comment-counts?article={asked}"));
        if with_key { request.key() } else { request }.send().await
    };
    let counts = |answer: Value| -> Vec<(String, i64)> {
        let items = answer["items"].as_array().unwrap().iter();
        items
            .map(|item| (text(&item["slug"]).to_owned(), item["count"].as_i64().unwrap()))
            .collect()
    };
    let entry = |slug: &str, count| (slug.to_owned(), count);
    let answer = count(&asked, false).await.expect(200);
    assert_eq!(answer.header("cache-control"), AT_ONCE);
    let want = vec![entry("second", 2), entry("one", 1), entry("second", 2), entry("second", 2)];
    assert_eq!(counts(answer.json()), want);
    let answer = count(&asked, true).await.expect(200).json();
    assert_eq!(counts(answer).len(), 6);
    let most = vec!["one"; 100].join(",");
    assert_eq!(counts(count(&most, false).await.expect(200).json()).len(), 100);
    for wrong in ["", "&limit=1", "UPPER", "one,,two", &format!("{most},one")] {
        let refused = count(wrong, false).await.expect(400);
        refused.problem("invalid_parameter");
    }
    let nothing = app.get("/v1/comment-counts").expect(400).await;
    assert_eq!(nothing.problem("invalid_parameter")["errors"][0]["parameter"], "article");
}

#[actix_web::test]
async fn an_article_comes_with_its_first_comments_where_that_is_asked_for() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let path = path_of(&article);
    for nth in 0..25 {
        app.comment(&article, &format!("Comment {nth}")).await;
    }
    let without = app.get(&path).expect(200).await;
    assert_eq!(without.json()["comments"], Value::Null);
    let with = app.get(format!("{path}?include=comments")).expect(200).await;
    assert_ne!(with.header("etag"), without.header("etag"));
    assert!(with.header("surrogate-key").contains("comments"));
    let first = with.json()["comments"].clone();
    let listed = app.get(format!("{path}/comments")).ok().await;
    assert_eq!(first, listed, "the page that the list begins with");
    let next = format!("{path}/comments?cursor={}", text(&first["next"]));
    let rest = app.get(&next).ok().await;
    assert_eq!(rest["items"].as_array().unwrap().len(), 5);
    app.get(format!("{path}?include=all")).expect(400).await;
    // What was read so is written back.
    let mut body = with.json();
    body["title"] = json!("B");
    assert_eq!(app.key().put(&path, &body).ok().await["comments"], Value::Null);
    // A moderator's page has what a moderator sees.
    let seen = app.key().get(format!("{path}?include=comments")).ok().await;
    assert_eq!(seen["comments"]["items"][0]["report_count"], 0);
}

#[actix_web::test]
async fn a_comment_moves_the_tag_and_not_the_version() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let tag = async || app.get(path_of(&article)).send().await.header("etag").to_owned();
    let before = tag().await;
    app.comment(&article, "Hello").await;
    let after = tag().await;
    assert_ne!(before, after);
    assert_eq!(before.split('-').next(), after.split('-').next());
    let save = app.key().patch(path_of(&article), json!({"title": "B"}));
    save.header("If-Match", &before).expect(200).await;
}
