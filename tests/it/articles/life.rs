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
    app.delete(&path_of(&article))
        .key()
        .send()
        .await
        .expect(204);
    app.get("/v1/articles/second").send().await.expect(404);
}

/// What the public has seen is remembered through everything, and what it has not is not heard of.
#[actix_web::test]
async fn what_nobody_has_seen_stays_unseen_and_what_was_seen_stays_seen() {
    const MINUTE: i64 = 60_000_000;
    let soon = json!({"embargo_until": "2026-11-22T10:00:30Z"});
    let sequences: [(&[&str], u16); 7] = [
        (&["embargo", "block"], 404),
        (&["embargo", "publish", "unpublish", "wait", "block"], 404),
        (
            &["embargo", "publish", "unpublish", "no embargo", "block"],
            404,
        ),
        (&["publish", "wait", "unpublish", "later", "block"], 451),
        (
            &[
                "publish",
                "wait",
                "unpublish",
                "later",
                "unpublish",
                "block",
            ],
            451,
        ),
        (
            &["publish", "wait", "long embargo", "withdraw", "no embargo"],
            410,
        ),
        (
            &[
                "publish",
                "wait",
                "withdraw",
                "long embargo",
                "block",
                "unblock",
                "no embargo",
            ],
            410,
        ),
    ];
    for (steps, want) in sequences {
        let app = TestApp::new().await;
        let reader = app.key_with(&["embargo:read"]).await;
        let article = app
            .article_of(json!({"title": "A", "body": "The text."}))
            .await;
        let patch = async |body: Value| {
            app.patch(&path_of(&article))
                .key()
                .json(&body)
                .send()
                .await
                .expect(200)
        };
        for step in steps {
            match *step {
                "embargo" => drop(patch(soon.clone()).await),
                "long embargo" => {
                    drop(patch(json!({"embargo_until": "2030-01-01T00:00:00Z"})).await)
                }
                "no embargo" => drop(patch(json!({"embargo_until": null})).await),
                "wait" => app.clock.advance(MINUTE),
                "later" => drop(
                    app.act(&article, "publish", json!({"at": "2030-01-01T00:00:00Z"}))
                        .await,
                ),
                "block" => drop(app.act(&article, "block", json!({"authority": "C"})).await),
                action => drop(app.act(&article, action, json!({})).await),
            }
        }
        let answer = app.get(&path_of(&article)).send().await;
        assert_eq!(answer.status, want, "{steps:?}: {}", answer.text());
        let answer = app.get(&path_of(&article)).with(&reader).send().await;
        assert_eq!(
            answer.status,
            want,
            "{steps:?} to a reader: {}",
            answer.text()
        );
        let list = app.get("/v1/articles").with(&reader).send().await.json();
        assert_eq!(list["items"], json!([]), "{steps:?}");
    }
}

/// The clock changes what was read, and no write has: what was read can be sent back.
#[actix_web::test]
async fn what_the_clock_changes_does_not_spoil_a_save() {
    let app = TestApp::new().await;
    let article = app.draft("A").await;
    app.act(&article, "publish", json!({"at": "2026-11-22T10:00:10Z"}))
        .await;
    let read = app.get(&path_of(&article)).key().send().await;
    let tag = read.header("etag").to_owned();
    app.clock.advance(20_000_000);
    let saved = app
        .put(&path_of(&article))
        .key()
        .header("If-Match", &tag)
        .json(&read.json())
        .send()
        .await;
    assert_eq!(saved.expect(200).json()["state"], "published");
}

/// Writes tell no more of what is hidden than reads do.
#[actix_web::test]
async fn writes_tell_nothing_of_what_is_hidden() {
    let app = TestApp::new().await;
    let writer = app
        .key_with(&["articles:write", "articles:publish", "articles:purge"])
        .await;
    let hidden = app
        .article_of(json!({"title": "H", "slug": "h", "body": "SECRET"}))
        .await;
    let taken = app
        .post("/v1/articles")
        .with(&writer)
        .json(&json!({"title": "X", "slug": "h"}))
        .send()
        .await;
    assert_eq!(
        taken.expect(409).problem("slug_taken")["conflicting_id"],
        Value::Null
    );
    let article = app.article("A").await;
    let path = format!("{}/withdraw", path_of(&article));
    let successor = json!({"replaced_by": hidden["id"]});
    let refused = app
        .post(&path)
        .with(&writer)
        .json(&successor)
        .send()
        .await
        .expect(422);
    assert_eq!(
        refused.faults(),
        [("/replaced_by".to_owned(), "unknown_value".to_owned())]
    );
    // A purge by name reaches no namesake in the trash of what has the name.
    let namesake = app.article_of(json!({"title": "N", "slug": "n"})).await;
    app.delete(&path_of(&namesake))
        .key()
        .send()
        .await
        .expect(204);
    app.article_of(json!({"title": "N", "slug": "n"})).await;
    app.delete("/v1/articles/n?purge=true")
        .with(&writer)
        .send()
        .await
        .expect(404);
    app.post(&format!("{}/restore", path_of(&namesake)))
        .key()
        .send()
        .await
        .expect(409);
    // Who may not read a draft does not get it out of the trash either.
    app.delete(&path_of(&hidden)).key().send().await.expect(204);
    let restore = format!("{}/restore", path_of(&hidden));
    let answer = app.post(&restore).with(&writer).send().await.expect(404);
    assert!(!answer.text().contains("SECRET"));
    app.post(&restore).key().send().await.expect(200);
}

#[actix_web::test]
async fn a_teaser_in_a_list_tells_nothing_of_the_text() {
    let app = TestApp::new().await;
    let licensed = json!({"title": "L", "access": "restricted", "state": "published", "body": "One two three.", "metadata": {"a": 1}, "external_id": "x"});
    let article = app.article_of(licensed).await;
    let reader = app.key_with(&["restricted:read"]).await;
    let path = format!("{}/comments", path_of(&article));
    app.post(&path)
        .with(&reader)
        .json(&json!({"author_name": "S", "body": "B"}))
        .send()
        .await
        .expect(201);
    let list = "/v1/articles?fields=comment_count,word_count,metadata,external_id,title";
    let teaser = app.get(list).send().await.json()["items"][0].clone();
    let want = json!({"id": article["id"], "title": "L", "word_count": 0, "external_id": null, "comment_count": null, "metadata": {}, "disclaimers": []});
    assert_eq!(teaser, want);
    let whole = app.get(list).with(&reader).send().await.json()["items"][0].clone();
    assert_eq!(
        (&whole["comment_count"], &whole["word_count"]),
        (&json!(1), &json!(3))
    );
}
