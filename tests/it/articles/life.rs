//! What an article goes through, and what stays of it.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::path_of;

#[actix_web::test]
async fn what_is_taken_back_comes_back_as_it_was() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    app.clock.advance(1_000_000);
    let withdrawn = app.act(&article, "withdraw", json!({"notice": "N"})).await;
    assert_eq!(
        (&withdrawn["state"], &withdrawn["version"]),
        (&json!("withdrawn"), &json!(2))
    );
    let blocked = app.act(&article, "block", json!({"authority": "C"})).await;
    assert_eq!(blocked["state"], "blocked");
    app.get(&path_of(&article)).send().await.expect(451);
    let unblocked = app.act(&article, "unblock", json!({})).await;
    assert_eq!(unblocked["state"], "withdrawn", "what it was before");
    let gone = app
        .get(&path_of(&article))
        .send()
        .await
        .problem("article_withdrawn");
    assert_eq!(gone["notice"], "N");
    let published = app.act(&article, "publish", json!({})).await;
    assert_eq!(
        (&published["state"], &published["published_at"]),
        (&json!("published"), &article["published_at"])
    );
    app.get(&path_of(&article)).send().await.expect(200);
    app.act(&article, "unpublish", json!({})).await;
    app.get(&path_of(&article)).send().await.expect(404);
}

#[actix_web::test]
async fn a_schedule_survives_a_block_and_not_an_unpublication() {
    let app = TestApp::new().await;
    let article = app.draft("A").await;
    let at = json!({"at": "2026-11-22T10:01:00Z"});
    app.act(&article, "publish", at.clone()).await;
    app.act(&article, "block", json!({"authority": "C"})).await;
    app.clock.advance(120_000_000);
    app.get(&path_of(&article)).send().await.expect(404);
    let unblocked = app.act(&article, "unblock", json!({})).await;
    assert_eq!(unblocked["state"], "published", "its time has come");
    app.get(&path_of(&article)).send().await.expect(200);

    let other = app.draft("B").await;
    let later = app
        .act(&other, "publish", json!({"at": "2027-01-01T00:00:00Z"}))
        .await;
    assert_eq!(
        (&later["state"], &later["published_at"]),
        (&json!("scheduled"), &json!("2027-01-01T00:00:00.000000Z"))
    );
    let earlier = app
        .act(&other, "publish", json!({"at": "2026-12-01T00:00:00Z"}))
        .await;
    assert_eq!(
        earlier["published_at"], "2026-12-01T00:00:00.000000Z",
        "scheduled anew"
    );
    let draft = app.act(&other, "unpublish", json!({})).await;
    assert_eq!(
        (&draft["state"], &draft["published_at"]),
        (&json!("draft"), &Value::Null)
    );
    let past = app
        .post(&format!("{}/publish", path_of(&other)))
        .key()
        .json(&at)
        .send()
        .await;
    assert_eq!(
        past.expect(422).faults(),
        [("/at".to_owned(), "out_of_range".to_owned())]
    );
}

#[actix_web::test]
async fn the_trash_gives_back_and_a_purge_does_not() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let path = path_of(&article);
    let (restore, purge) = (format!("{path}/restore"), format!("{path}?purge=true"));
    app.post(&restore)
        .key()
        .send()
        .await
        .expect(409)
        .problem("invalid_transition");
    app.delete(&path).key().send().await.expect(204);
    let trash = app
        .get("/v1/articles?state=trashed&count=true")
        .key()
        .send()
        .await
        .json();
    assert_eq!(
        (&trash["total"], &trash["items"][0]["state"]),
        (&json!(1), &json!("trashed"))
    );
    let public = app
        .get("/v1/articles?state=trashed&count=true")
        .send()
        .await
        .json();
    assert_eq!(
        (&public["total"], &public["items"]),
        (&json!(0), &json!([]))
    );

    // Its slug is free, and taken a restore is refused.
    let other = app.article("A").await;
    assert_eq!(other["slug"], "a");
    let taken = app
        .post(&restore)
        .key()
        .send()
        .await
        .expect(409)
        .problem("slug_taken");
    assert_eq!(taken["conflicting_id"], other["id"]);
    app.delete(&path_of(&other)).key().send().await.expect(204);
    let back = app
        .post(&restore)
        .key()
        .json(&json!({"reason": "R"}))
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&back["state"], &back["version"], &back["slug"]),
        (&json!("published"), &json!(3), &json!("a"))
    );
    app.get("/v1/articles/a").send().await.expect(200);

    // Purged from where it stands, and out of the trash; a second time there is nothing.
    let comment = app.comment(&article, "Hello").await;
    let writer = app.key_with(&["articles:write", "drafts:read"]).await;
    app.delete(&purge)
        .with(&writer)
        .send()
        .await
        .expect(403)
        .problem("insufficient_scope");
    let purger = app.key_with(&["articles:purge"]).await;
    app.delete(&path)
        .with(&purger)
        .send()
        .await
        .expect(403)
        .problem("insufficient_scope");
    app.delete(&purge).with(&purger).send().await.expect(204);
    app.delete(&purge).key().send().await.expect(404);
    app.delete(&format!("{}?purge=true", path_of(&other)))
        .key()
        .send()
        .await
        .expect(204);
    app.post(&restore).key().send().await.expect(404);
    app.get(&format!("/v1/comments/{}", comment["id"].as_str().unwrap()))
        .key()
        .send()
        .await
        .expect(404);
}

#[actix_web::test]
async fn a_former_slug_leads_on_until_another_takes_it() {
    let app = TestApp::new().await;
    let article = app.article("First").await;
    let rename = async |slug: &str| {
        app.patch(&path_of(&article))
            .key()
            .json(&json!({"slug": slug}))
            .send()
            .await
            .expect(200)
    };
    rename("second").await;
    rename("third").await;
    for (method, path, location) in [
        ("GET", "/v1/articles/first", "/v1/articles/third"),
        ("HEAD", "/v1/articles/second", "/v1/articles/third"),
        (
            "GET",
            "/v1/articles/first/comments?limit=5",
            "/v1/articles/third/comments?limit=5",
        ),
    ] {
        let moved = app.request(method, path).send().await.expect(308);
        assert_eq!(
            (moved.header("location"), moved.header("cache-control")),
            (location, "no-store")
        );
        assert!(moved.body.is_empty());
    }
    // Only reads are led on.
    app.patch("/v1/articles/first")
        .key()
        .json(&json!({}))
        .send()
        .await
        .expect(404);
    // As the article itself answers.
    app.act(&article, "withdraw", json!({})).await;
    app.get("/v1/articles/first").send().await.expect(410);
    app.act(&article, "publish", json!({})).await;
    // Its own again: no way in a circle.
    rename("first").await;
    app.get("/v1/articles/first").send().await.expect(200);
    assert_eq!(
        app.get("/v1/articles/third")
            .send()
            .await
            .expect(308)
            .header("location"),
        "/v1/articles/first"
    );
    // Who takes it has it, though nobody may see that.
    let draft = app.article_of(json!({"title": "D", "slug": "third"})).await;
    app.get("/v1/articles/third").send().await.expect(404);
    app.delete(&path_of(&draft)).key().send().await.expect(204);
    app.get("/v1/articles/third").send().await.expect(404);
    app.delete(&path_of(&article))
        .key()
        .send()
        .await
        .expect(204);
    app.get("/v1/articles/second").send().await.expect(404);
}
