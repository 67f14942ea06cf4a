//! Comments that wait by themselves: each rule alone, none of them by default, none for the newsroom.

use std::sync::Arc;

use actix_web::test::TestRequest;
use copydesk::comments::WordList;
use copydesk::comments::policy::{Holds, Policy};
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{MINUTE, comment_path, comments_of, path_of, text};

fn with(holds: Holds) -> Arc<Policy> {
    Arc::new(Policy { holds, ..Policy::default() })
}

/// State and reason of a comment, as a moderator sees them.
async fn held(app: &TestApp, made: &Value) -> (String, Value) {
    let comment = app.key().get(comment_path(made)).ok().await;
    assert_eq!(comment["state"], made["state"], "what its author is told");
    let state = text(&comment["state"]).to_owned();
    (state, comment["held_by"].clone())
}

async fn say(app: &TestApp, article: &Value, words: Value, key: &str) -> Value {
    app.as_key(key).post(comments_of(article), &words).created().await
}

fn free() -> (String, Value) {
    ("published".to_owned(), Value::Null)
}

fn waits(why: &str) -> (String, Value) {
    ("pending".to_owned(), json!(why))
}

#[actix_web::test]
async fn links_and_words_hold_what_is_written_and_what_is_changed() {
    let app = TestApp::changed(|parts| {
        parts.comments = with(Holds {
            links: Some(1),
            words: Some(Arc::new(|text| text.contains("casino"))),
            ..Holds::default()
        });
    })
    .await;
    let article = app.article("A").await;
    let sam = |body: &str| json!({"author_name": "Sam", "body": body});
    let one = say(&app, &article, sam("See https://a.example"), "").await;
    assert_eq!(held(&app, &one).await, free());
    let two = say(&app, &article, sam("https://a.example https://b.example"), "").await;
    assert_eq!(held(&app, &two).await, waits("links"));
    assert_eq!(two["held_by"], Value::Null, "its author is not told why");
    let three = say(&app, &article, sam("casino"), "").await;
    assert_eq!(held(&app, &three).await, waits("words"));
    let named = json!({"author_name": "casino", "body": "Hello"});
    assert_eq!(held(&app, &say(&app, &article, named, "").await).await, waits("words"));
    // A change is judged as well, and takes the comment back until a moderator has seen it.
    let author = app.with_token(text(&one["edit_token"]));
    let edited = author.patch(comment_path(&one), json!({"body": "My casino"})).ok().await;
    assert_eq!(held(&app, &edited).await, waits("words"));
    let count = app.get(path_of(&article)).send().await.json()["comment_count"].clone();
    assert_eq!(count, 0);
    // The newsroom itself is not held, and the article's policy holds it too.
    let site = app.key_with(&["comments:write"]).await;
    let own = say(&app, &article, sam("No casino here"), &site).await;
    assert_eq!(held(&app, &own).await, free());
    let author = app.with_token(text(&own["edit_token"]));
    let edited = author.patch(comment_path(&own), json!({"body": "Still no casino"})).ok().await;
    assert_eq!(held(&app, &edited).await, free());
    let moderated = json!({"title": "M", "state": "published", "comments_policy": "moderated"});
    let moderated = app.article_of(moderated).await;
    let own = say(&app, &moderated, sam("casino"), &site).await;
    assert_eq!(held(&app, &own).await, waits("policy"));
    let other = say(&app, &moderated, sam("The casino"), "").await;
    assert_eq!(held(&app, &other).await, waits("words"), "the more telling of two reasons");
    // What waits is found by why.
    assert_eq!(app.key().get("/v1/comments?held_by=words&count=true").ok().await["total"], 4);
}

#[actix_web::test]
async fn a_first_comment_waits_and_the_next_does_not() {
    let app = TestApp::changed(|parts| {
        parts.comments = with(Holds { first_comment: true, ..Holds::default() });
    })
    .await;
    let article = app.article("A").await;
    let path = comments_of(&article);
    let said = async |name: &str, email: Option<&str>, address: &str, body: &str| {
        let request = TestRequest::post()
            .uri(&path)
            .peer_addr(format!("{address}:4711").parse().unwrap())
            .set_json(json!({"author_name": name, "author_email": email, "body": body}));
        app.call(request.to_request()).await.expect(201).json()
    };
    let publish = async |made: &Value| {
        app.key().patch(comment_path(made), json!({"state": "published"})).ok().await;
    };
    let mail = Some("sam@example.org");
    let first = said("Sam", mail, "192.0.2.1", "One").await;
    assert_eq!(held(&app, &first).await, waits("first_comment"));
    let second = said("Sam", mail, "192.0.2.1", "Two").await;
    assert_eq!(held(&app, &second).await, waits("first_comment"), "nothing was published yet");
    publish(&first).await;
    let known = said("Sam", Some("SAM@example.org"), "192.0.2.9", "Three").await;
    assert_eq!(held(&app, &known).await, free());
    for (name, mail) in [("Sam", None), ("Ada", mail), ("Sam", Some("other@example.org"))] {
        let body = format!("I am {name} {mail:?}");
        let stranger = said(name, mail, "192.0.2.1", &body).await;
        assert_eq!(held(&app, &stranger).await, waits("first_comment"), "{body}");
    }
    // What was let through cannot be made into something else while it is all that is known.
    let only = said("Kim", Some("kim@example.org"), "192.0.2.7", "Harmless").await;
    publish(&only).await;
    let author = app.with_token(text(&only["edit_token"]));
    let edited = author.patch(comment_path(&only), json!({"body": "Buy now"})).ok().await;
    assert_eq!(held(&app, &edited).await, waits("first_comment"));
    // Without a mail address it is the name and the address.
    let nameless = said("Bo", None, "192.0.2.2", "Four").await;
    publish(&nameless).await;
    let again = said("Bo", None, "192.0.2.2", "Five").await;
    assert_eq!(held(&app, &again).await, free());
    let elsewhere = said("Bo", None, "192.0.2.3", "Six").await;
    assert_eq!(held(&app, &elsewhere).await, waits("first_comment"));
    // A moderator meets what came from one address, and never the address.
    let query = format!("/v1/comments?state=published&same_address_as={}", text(&nameless["id"]));
    let found = app.key().get(&query).expect(200).await;
    assert!(!found.text().contains("192.0.2"));
    let bodies: Vec<_> =
        found.json()["items"].as_array().unwrap().iter().map(|one| one["body"].clone()).collect();
    assert_eq!(bodies, ["Four", "Five"]);
}

#[actix_web::test]
async fn a_flood_waits_until_it_has_gone_by() {
    let app = TestApp::changed(|parts| {
        parts.comments = with(Holds { flood: Some(3), ..Holds::default() });
    })
    .await;
    let (article, other) = (app.article("A").await, app.article("B").await);
    for nth in 0..3 {
        assert_eq!(app.comment(&article, &format!("{nth}")).await["state"], "published");
    }
    let late = app.comment(&article, "late").await;
    assert_eq!(held(&app, &late).await, waits("flood"));
    assert_eq!(app.comment(&other, "elsewhere").await["state"], "published");
    app.clock.advance(2 * MINUTE);
    assert_eq!(app.comment(&article, "later").await["state"], "published");
}

#[actix_web::test]
async fn a_list_in_a_file_holds_as_it_is_now() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("words.txt");
    std::fs::write(&path, "casino\n/v[i1]agra/\n").unwrap();
    let list = WordList::open(&path).unwrap();
    let mut app = TestApp::new().await;
    app.parts.comments =
        with(Holds { words: Some(Arc::new(move |text| list.is_in(text))), ..Holds::default() });
    let app = app.again().await;
    let article = app.article("A").await;
    for (body, want) in [("Casino!", "pending"), ("V1AGRA", "pending"), ("casinos", "published")] {
        assert_eq!(app.comment(&article, body).await["state"], want, "{body}");
    }
    std::fs::write(&path, "casinos only").unwrap();
    assert_eq!(app.comment(&article, "A casino").await["state"], "published");
    assert_eq!(app.comment(&article, "Casinos only").await["state"], "pending");
}

#[actix_web::test]
async fn the_same_again_is_a_double_click_for_ten_minutes() {
    let app = TestApp::new().await;
    let (article, other) = (app.article("A").await, app.article("B").await);
    let path = comments_of(&article);
    let words = json!({"author_name": "Sam", "body": "Hello"});
    let first = app.comment(&article, "Hello").await;
    let again = app.post(&path, &words).expect(409).await;
    assert_eq!(again.problem("duplicate_comment")["comment_id"], first["id"]);
    for others in [
        json!({"author_name": "Ada", "body": "Hello"}),
        json!({"author_name": "Sam", "body": "hello"}),
        json!({"author_name": "Sam", "author_email": "sam@example.org", "body": "Hello"}),
    ] {
        app.post(&path, &others).created().await;
    }
    app.comment(&other, "Hello").await;
    // What was taken back may be said again; what a moderator took away may not.
    let own = comment_path(&first);
    app.with_token(text(&first["edit_token"])).delete(&own).done().await;
    let second = app.post(&path, &words).created().await;
    let own = comment_path(&second);
    app.key().patch(&own, json!({"state": "spam"})).ok().await;
    app.post(&path, &words).expect(409).await;
    app.clock.advance(11 * MINUTE);
    app.post(&path, &words).created().await;
}
