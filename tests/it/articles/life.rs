//! What an article goes through, and what stays of it.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{MINUTE, comment_path, comments_of, path_of};

#[actix_web::test]
async fn what_is_taken_back_comes_back_as_it_was() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    app.clock.advance(1_000_000);
    let withdrawn = app.act(&article, "withdraw", json!({"notice": "N"})).await;
    assert_eq!((&withdrawn["state"], &withdrawn["version"]), (&json!("withdrawn"), &json!(2)));
    let blocked = app.act(&article, "block", json!({"authority": "C"})).await;
    assert_eq!(blocked["state"], "blocked");
    app.get(path_of(&article)).expect(451).await;
    let unblocked = app.act(&article, "unblock", json!({})).await;
    assert_eq!(unblocked["state"], "withdrawn", "what it was before");
    let gone = app.get(path_of(&article)).refused("article_withdrawn").await;
    assert_eq!(gone["notice"], "N");
    let published = app.act(&article, "publish", json!({})).await;
    assert_eq!(
        (&published["state"], &published["published_at"]),
        (&json!("published"), &article["published_at"])
    );
    app.get(path_of(&article)).ok().await;
    app.act(&article, "unpublish", json!({})).await;
    app.get(path_of(&article)).expect(404).await;
}

#[actix_web::test]
async fn a_schedule_survives_a_block_and_not_an_unpublication() {
    let app = TestApp::new().await;
    let article = app.draft("A").await;
    let at = json!({"at": "2026-11-22T10:01:00Z"});
    app.act(&article, "publish", at.clone()).await;
    app.act(&article, "block", json!({"authority": "C"})).await;
    app.clock.advance(120_000_000);
    app.get(path_of(&article)).expect(404).await;
    let unblocked = app.act(&article, "unblock", json!({})).await;
    assert_eq!(unblocked["state"], "published", "its time has come");
    app.get(path_of(&article)).ok().await;

    let other = app.draft("B").await;
    let later = app.act(&other, "publish", json!({"at": "2027-01-01T00:00:00Z"})).await;
    assert_eq!(
        (&later["state"], &later["published_at"]),
        (&json!("scheduled"), &json!("2027-01-01T00:00:00.000000Z"))
    );
    let earlier = app.act(&other, "publish", json!({"at": "2026-12-01T00:00:00Z"})).await;
    assert_eq!(earlier["published_at"], "2026-12-01T00:00:00.000000Z", "scheduled anew");
    let draft = app.act(&other, "unpublish", json!({})).await;
    assert_eq!((&draft["state"], &draft["published_at"]), (&json!("draft"), &Value::Null));
    let past = app.key().post(format!("{}/publish", path_of(&other)), &at).send().await;
    assert_eq!(past.expect(422).faults(), [("/at".to_owned(), "out_of_range".to_owned())]);
}

#[actix_web::test]
async fn the_trash_gives_back_and_a_purge_does_not() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let path = path_of(&article);
    let (restore, purge) = (format!("{path}/restore"), format!("{path}?purge=true"));
    app.key().post_empty(&restore).refused("invalid_transition").await;
    app.key().delete(&path).done().await;
    let trash = app.key().get("/v1/articles?state=trashed&count=true").send().await.json();
    assert_eq!((&trash["total"], &trash["items"][0]["state"]), (&json!(1), &json!("trashed")));
    let public = app.get("/v1/articles?state=trashed&count=true").send().await.json();
    assert_eq!((&public["total"], &public["items"]), (&json!(0), &json!([])));

    // Its slug is free, and taken a restore is refused.
    let other = app.article("A").await;
    assert_eq!(other["slug"], "a");
    let taken = app.key().post_empty(&restore).refused("slug_taken").await;
    assert_eq!(taken["conflicting_id"], other["id"]);
    app.key().delete(path_of(&other)).done().await;
    let back = app.key().post(&restore, json!({"reason": "R"})).ok().await;
    assert_eq!(
        (&back["state"], &back["version"], &back["slug"]),
        (&json!("published"), &json!(3), &json!("a"))
    );
    app.get("/v1/articles/a").ok().await;

    // Purged from where it stands, and out of the trash; a second time there is nothing.
    let comment = app.comment(&article, "Hello").await;
    let writer = app.key_with(&["articles:write", "drafts:read"]).await;
    app.as_key(&writer).delete(&purge).refused("insufficient_scope").await;
    let purger = app.key_with(&["articles:purge"]).await;
    app.as_key(&purger).delete(&path).refused("insufficient_scope").await;
    app.as_key(&purger).delete(&purge).done().await;
    app.key().delete(&purge).expect(404).await;
    app.key().delete(format!("{}?purge=true", path_of(&other))).done().await;
    app.key().post_empty(&restore).expect(404).await;
    app.key().get(comment_path(&comment)).expect(404).await;
}

#[actix_web::test]
async fn a_former_slug_leads_on_until_another_takes_it() {
    let app = TestApp::new().await;
    let article = app.article("First").await;
    let rename = async |slug: &str| {
        app.key().patch(path_of(&article), json!({"slug": slug})).expect(200).await
    };
    rename("second").await;
    rename("third").await;
    for (method, path, location) in [
        ("GET", "/v1/articles/first", "/v1/articles/third"),
        ("HEAD", "/v1/articles/second", "/v1/articles/third"),
        ("GET", "/v1/articles/first/comments?limit=5", "/v1/articles/third/comments?limit=5"),
    ] {
        let moved = app.request(method, path).expect(308).await;
        assert_eq!(
            (moved.header("location"), moved.header("cache-control")),
            (location, "no-store")
        );
        assert!(moved.body.is_empty());
    }
    // Only reads are led on.
    app.key().patch("/v1/articles/first", json!({})).expect(404).await;
    // As the article itself answers.
    app.act(&article, "withdraw", json!({})).await;
    app.get("/v1/articles/first").expect(410).await;
    app.act(&article, "publish", json!({})).await;
    // Its own again: no way in a circle.
    rename("first").await;
    app.get("/v1/articles/first").ok().await;
    assert_eq!(
        app.get("/v1/articles/third").expect(308).await.header("location"),
        "/v1/articles/first"
    );
    app.key().delete(path_of(&article)).done().await;
    app.get("/v1/articles/second").expect(404).await;
}

/// What the public has seen is remembered through everything, and what it has not is not heard of.
#[actix_web::test]
async fn what_nobody_has_seen_stays_unseen_and_what_was_seen_stays_seen() {
    let soon = json!({"embargo_until": "2026-11-22T10:00:30Z"});
    let sequences: [(&[&str], u16); 7] = [
        (&["embargo", "block"], 404),
        (&["embargo", "publish", "unpublish", "wait", "block"], 404),
        (&["embargo", "publish", "unpublish", "no embargo", "block"], 404),
        (&["publish", "wait", "unpublish", "later", "block"], 451),
        (&["publish", "wait", "unpublish", "later", "unpublish", "block"], 451),
        (&["publish", "wait", "long embargo", "withdraw", "no embargo"], 410),
        (&["publish", "wait", "withdraw", "long embargo", "block", "unblock", "no embargo"], 410),
    ];
    for (steps, want) in sequences {
        let app = TestApp::new().await;
        let reader = app.key_with(&["embargo:read"]).await;
        let article = app.article_of(json!({"title": "A", "body": "The text."})).await;
        let patch = async |body: Value| app.key().patch(path_of(&article), &body).expect(200).await;
        for step in steps {
            match *step {
                "embargo" => drop(patch(soon.clone()).await),
                "long embargo" => {
                    drop(patch(json!({"embargo_until": "2030-01-01T00:00:00Z"})).await)
                }
                "no embargo" => drop(patch(json!({"embargo_until": null})).await),
                "wait" => app.clock.advance(MINUTE),
                "later" => {
                    drop(app.act(&article, "publish", json!({"at": "2030-01-01T00:00:00Z"})).await)
                }
                "block" => drop(app.act(&article, "block", json!({"authority": "C"})).await),
                action => drop(app.act(&article, action, json!({})).await),
            }
        }
        let answer = app.get(path_of(&article)).send().await;
        assert_eq!(answer.status, want, "{steps:?}: {}", answer.text());
        let answer = app.as_key(&reader).get(path_of(&article)).send().await;
        assert_eq!(answer.status, want, "{steps:?} to a reader: {}", answer.text());
        let list = app.as_key(&reader).get("/v1/articles").send().await.json();
        assert_eq!(list["items"], json!([]), "{steps:?}");
    }
}

/// The clock changes what was read, and no write has: what was read can be sent back.
#[actix_web::test]
async fn what_the_clock_changes_does_not_spoil_a_save() {
    let app = TestApp::new().await;
    let article = app.draft("A").await;
    app.act(&article, "publish", json!({"at": "2026-11-22T10:00:10Z"})).await;
    let read = app.key().get(path_of(&article)).send().await;
    let tag = read.header("etag").to_owned();
    app.clock.advance(20_000_000);
    let saved = app.key().put(path_of(&article), read.json()).header("If-Match", &tag).send().await;
    assert_eq!(saved.expect(200).json()["state"], "published");
}

/// Writes tell no more of what is hidden than reads do.
#[actix_web::test]
async fn writes_tell_nothing_of_what_is_hidden() {
    let app = TestApp::new().await;
    let writer = app.key_with(&["articles:write", "articles:publish", "articles:purge"]).await;
    let hidden = app.article_of(json!({"title": "H", "slug": "h", "body": "SECRET"})).await;
    let taken =
        app.as_key(&writer).post("/v1/articles", json!({"title": "X", "slug": "h"})).send().await;
    assert_eq!(taken.expect(409).problem("slug_taken")["conflicting_id"], Value::Null);
    let article = app.article("A").await;
    let path = format!("{}/withdraw", path_of(&article));
    let successor = json!({"replaced_by": hidden["id"]});
    let refused = app.as_key(&writer).post(&path, &successor).expect(422).await;
    assert_eq!(refused.faults(), [("/replaced_by".to_owned(), "unknown_value".to_owned())]);
    // A purge by name reaches no namesake in the trash of what has the name.
    let namesake = app.article_of(json!({"title": "N", "slug": "n"})).await;
    app.key().delete(path_of(&namesake)).done().await;
    app.article_of(json!({"title": "N", "slug": "n"})).await;
    app.as_key(&writer).delete("/v1/articles/n?purge=true").expect(404).await;
    app.key().post_empty(format!("{}/restore", path_of(&namesake))).expect(409).await;
    // Who may not read a draft does not get it out of the trash either.
    app.key().delete(path_of(&hidden)).done().await;
    let restore = format!("{}/restore", path_of(&hidden));
    let answer = app.as_key(&writer).post_empty(&restore).expect(404).await;
    assert!(!answer.text().contains("SECRET"));
    app.key().post_empty(&restore).ok().await;
}

#[actix_web::test]
async fn a_teaser_in_a_list_tells_nothing_of_the_text() {
    let app = TestApp::new().await;
    let licensed = json!({"title": "L", "access": "restricted", "state": "published", "body": "One two three.", "metadata": {"a": 1}, "external_id": "x"});
    let article = app.article_of(licensed).await;
    let reader = app.key_with(&["restricted:read"]).await;
    let path = comments_of(&article);
    app.as_key(&reader).post(&path, json!({"author_name": "S", "body": "B"})).created().await;
    let list = "/v1/articles?fields=comment_count,word_count,metadata,external_id,title";
    let teaser = app.get(list).send().await.json()["items"][0].clone();
    let want = json!({"id": article["id"], "title": "L", "word_count": 0, "external_id": null, "comment_count": null, "metadata": {}, "disclaimers": []});
    assert_eq!(teaser, want);
    let whole = app.as_key(&reader).get(list).send().await.json()["items"][0].clone();
    assert_eq!((&whole["comment_count"], &whole["word_count"]), (&json!(1), &json!(3)));
}
