//! Addresses that readers have: what takes them, what gives them back, and what may not.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{SECOND, path_of, text};

/// An article that readers know as `old-name`, and that is `new-name` now.
async fn moved(app: &TestApp) -> Value {
    let article = app.article("Old name").await;
    app.key().patch(path_of(&article), json!({"slug": "new-name"})).ok().await
}

/// Where `old-name` leads a reader: a status, and the slug that is met.
async fn met(app: &TestApp, key: &str) -> (u16, String) {
    let answer = app.as_key(key).get("/v1/articles/old-name").send().await;
    let slug = match answer.status {
        308 => answer.header("location").replace("/v1/articles/", ""),
        200 => text(&answer.json()["slug"]).to_owned(),
        _ => String::new(),
    };
    (answer.status, slug)
}

fn to(status: u16, slug: &str) -> (u16, String) {
    (status, slug.to_owned())
}

#[actix_web::test]
async fn a_draft_takes_no_address_from_readers() {
    let app = TestApp::new().await;
    let first = moved(&app).await;
    // Made from a title, a slug keeps off what leads elsewhere.
    let author = app.key_with(&["articles:write", "drafts:read"]).await;
    let post = |body: Value| app.as_key(&author).post("/v1/articles", body).created();
    let draft = post(json!({"title": "Old name"})).await;
    assert_eq!(draft["slug"], "old-name-2");
    let untitled = json!({"title": "Old name", "slug": null});
    let patch = app.as_key(&author).patch(path_of(&draft), &untitled);
    assert_eq!(patch.ok().await["slug"], "old-name-2");
    assert_eq!(met(&app, "").await, to(308, "new-name"));
    // One that is asked for is taken, for those who may know of it.
    let asked = post(json!({"title": "Mine", "slug": "old-name"})).await;
    assert_eq!(met(&app, "").await, to(308, "new-name"));
    assert_eq!(met(&app, &author).await, to(200, "old-name"));
    let count = app.get("/v1/comment-counts?article=old-name").send().await;
    assert_eq!(count.expect(200).json()["items"][0]["slug"], "new-name");
    // Scheduled, it takes the address at its instant.
    app.act(&asked, "publish", json!({"at": "2026-11-22T10:00:10Z"})).await;
    assert_eq!(met(&app, "").await, to(308, "new-name"));
    app.clock.advance(10 * SECOND);
    assert_eq!(met(&app, "").await, to(200, "old-name"));
    // Taken back as what readers have seen, it says so; as a draft it gives the address back.
    app.act(&asked, "withdraw", json!({})).await;
    assert_eq!(met(&app, "").await.0, 410);
    app.act(&asked, "unpublish", json!({})).await;
    assert_eq!(met(&app, "").await, to(308, "new-name"));
    app.act(&asked, "publish", json!({})).await;
    // Renamed, its own readers come to it; purged, those of the first one do again.
    app.key().patch(path_of(&asked), json!({"slug": "third"})).ok().await;
    assert_eq!(met(&app, "").await, to(308, "third"));
    app.key().delete(path_of(&asked)).done().await;
    assert_eq!(met(&app, "").await, to(308, "new-name"), "out of the trash");
    let purge = format!("{}?purge=true", path_of(&asked));
    app.key().delete(&purge).done().await;
    assert_eq!(met(&app, "").await, to(308, "new-name"));
    app.key().delete(path_of(&first)).done().await;
    assert_eq!(met(&app, "").await.0, 404);
}

/// What a draft had before leads nobody who may not know of the draft.
#[actix_web::test]
async fn a_renamed_draft_takes_no_address_either() {
    let app = TestApp::new().await;
    moved(&app).await;
    for (state, embargo) in [("draft", Value::Null), ("published", json!("2026-11-23T00:00:00Z"))] {
        let body =
            json!({"title": "Mine", "slug": "old-name", "state": state, "embargo_until": embargo});
        let other = app.article_of(body).await;
        assert_eq!(met(&app, "").await, to(308, "new-name"), "{state}");
        app.key().patch(path_of(&other), json!({"slug": format!("other-{state}")})).ok().await;
        assert_eq!(met(&app, "").await, to(308, "new-name"), "{state}");
        let key = app.key_with(&["drafts:read", "embargo:read"]).await;
        assert_eq!(met(&app, &key).await, to(308, &format!("other-{state}")));
    }
}

#[actix_web::test]
async fn a_restore_names_what_is_in_the_way_and_takes_another() {
    let app = TestApp::new().await;
    let item = |title: &str| json!({"title": title, "slug": "a", "state": "published", "source": {"name": "Wire"}, "external_id": "7"});
    let first = app.article_of(item("First")).await;
    app.key().delete(path_of(&first)).done().await;
    let second = app.article_of(item("Second")).await;
    let restore = |body: Value| app.key().post(format!("{}/restore", path_of(&first)), &body);
    let problem = restore(json!({})).refused("slug_taken").await;
    assert_eq!(problem["conflicting_id"], second["id"]);
    assert!(text(&problem["detail"]).contains(r#"{"slug": ".."}"#), "{problem}");
    let problem = restore(json!({"slug": "b"})).expect(409).await;
    let problem = problem.problem("external_id_taken");
    assert!(text(&problem["detail"]).contains(r#"{"external_id": ".."}"#), "{problem}");
    for (body, code) in [
        (json!({"slug": "A b"}), "/slug"),
        (json!({"external_id": ""}), "/external_id"),
        (json!({"title": "x"}), "/title"),
    ] {
        let faults = restore(body).faults().await;
        assert_eq!(faults[0].0, code);
    }
    let chosen = json!({"slug": "b", "external_id": "7-old", "reason": "Both stand."});
    let restored = restore(chosen).ok().await;
    assert_eq!((&restored["slug"], &restored["external_id"]), (&json!("b"), &json!("7-old")));
    assert_eq!(restored["state"], "published");
    let history = app.key().get(format!("{}/history", path_of(&first))).send().await;
    let entry = history.expect(200).json()["items"][0].clone();
    assert_eq!(entry["changes"], json!(["slug", "external_id"]));
    assert_eq!(entry["details"], json!({"slug": "b", "external_id": "7-old"}));
    // What it was stays to be read, and who has the address keeps it.
    assert_eq!(app.key().get(format!("{}/revisions/2", path_of(&first))).ok().await["slug"], "a");
    let shown = app.get("/v1/articles/a").ok().await;
    assert_eq!(shown["id"], second["id"]);
    // With the other gone, its former address leads to it.
    app.key().delete(path_of(&second)).done().await;
    assert_eq!(app.get("/v1/articles/a").expect(308).await.header("location"), "/v1/articles/b");
}
