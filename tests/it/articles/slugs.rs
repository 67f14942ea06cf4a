//! Addresses that readers have: what takes them, what gives them back, and what may not.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{path_of, text};

const SECOND: i64 = 1_000_000;

/// An article that readers know as `old-name`, and that is `new-name` now.
async fn moved(app: &TestApp) -> Value {
    let article = app.article("Old name").await;
    let rename = json!({"slug": "new-name"});
    let patched = app
        .patch(&path_of(&article))
        .key()
        .json(&rename)
        .send()
        .await;
    patched.expect(200).json()
}

/// Where `old-name` leads a reader: a status, and the slug that is met.
async fn met(app: &TestApp, key: &str) -> (u16, String) {
    let answer = app.get("/v1/articles/old-name").with(key).send().await;
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
    let post = |body: Value| {
        let request = app.post("/v1/articles").with(&author);
        async move { request.json(&body).send().await.expect(201).json() }
    };
    let draft = post(json!({"title": "Old name"})).await;
    assert_eq!(draft["slug"], "old-name-2");
    let untitled = json!({"title": "Old name", "slug": null});
    let patch = app.patch(&path_of(&draft)).with(&author).json(&untitled);
    assert_eq!(patch.send().await.expect(200).json()["slug"], "old-name-2");
    assert_eq!(met(&app, "").await, to(308, "new-name"));
    // One that is asked for is taken, for those who may know of it.
    let asked = post(json!({"title": "Mine", "slug": "old-name"})).await;
    assert_eq!(met(&app, "").await, to(308, "new-name"));
    assert_eq!(met(&app, &author).await, to(200, "old-name"));
    let count = app.get("/v1/comment-counts?article=old-name").send().await;
    assert_eq!(count.expect(200).json()["items"][0]["slug"], "new-name");
    // Scheduled, it takes the address at its instant.
    app.act(&asked, "publish", json!({"at": "2026-11-22T10:00:10Z"}))
        .await;
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
    let rename = json!({"slug": "third"});
    app.patch(&path_of(&asked))
        .key()
        .json(&rename)
        .send()
        .await
        .expect(200);
    assert_eq!(met(&app, "").await, to(308, "third"));
    app.delete(&path_of(&asked)).key().send().await.expect(204);
    assert_eq!(met(&app, "").await, to(308, "new-name"), "out of the trash");
    let purge = format!("{}?purge=true", path_of(&asked));
    app.delete(&purge).key().send().await.expect(204);
    assert_eq!(met(&app, "").await, to(308, "new-name"));
    app.delete(&path_of(&first)).key().send().await.expect(204);
    assert_eq!(met(&app, "").await.0, 404);
}

/// What a draft had before leads nobody who may not know of the draft.
#[actix_web::test]
async fn a_renamed_draft_takes_no_address_either() {
    let app = TestApp::new().await;
    moved(&app).await;
    for (state, embargo) in [
        ("draft", Value::Null),
        ("published", json!("2026-11-23T00:00:00Z")),
    ] {
        let body =
            json!({"title": "Mine", "slug": "old-name", "state": state, "embargo_until": embargo});
        let other = app.article_of(body).await;
        assert_eq!(met(&app, "").await, to(308, "new-name"), "{state}");
        let rename = json!({"slug": format!("other-{state}")});
        app.patch(&path_of(&other))
            .key()
            .json(&rename)
            .send()
            .await
            .expect(200);
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
    app.delete(&path_of(&first)).key().send().await.expect(204);
    let second = app.article_of(item("Second")).await;
    let restore = |body: Value| {
        let path = format!("{}/restore", path_of(&first));
        app.post(&path).key().json(&body).send()
    };
    let problem = restore(json!({})).await.expect(409).problem("slug_taken");
    assert_eq!(problem["conflicting_id"], second["id"]);
    assert!(
        text(&problem["detail"]).contains(r#"{"slug": ".."}"#),
        "{problem}"
    );
    let problem = restore(json!({"slug": "b"})).await.expect(409);
    let problem = problem.problem("external_id_taken");
    assert!(
        text(&problem["detail"]).contains(r#"{"external_id": ".."}"#),
        "{problem}"
    );
    for (body, code) in [
        (json!({"slug": "A b"}), "/slug"),
        (json!({"external_id": ""}), "/external_id"),
        (json!({"title": "x"}), "/title"),
    ] {
        let faults = restore(body).await.expect(422).faults();
        assert_eq!(faults[0].0, code);
    }
    let chosen = json!({"slug": "b", "external_id": "7-old", "reason": "Both stand."});
    let restored = restore(chosen).await.expect(200).json();
    assert_eq!(
        (&restored["slug"], &restored["external_id"]),
        (&json!("b"), &json!("7-old"))
    );
    assert_eq!(restored["state"], "published");
    let history = app
        .get(&format!("{}/history", path_of(&first)))
        .key()
        .send()
        .await;
    let entry = history.expect(200).json()["items"][0].clone();
    assert_eq!(entry["changes"], json!(["slug", "external_id"]));
    assert_eq!(
        entry["details"],
        json!({"slug": "b", "external_id": "7-old"})
    );
    // What it was stays to be read, and who has the address keeps it.
    let before = app
        .get(&format!("{}/revisions/2", path_of(&first)))
        .key()
        .send()
        .await;
    assert_eq!(before.expect(200).json()["slug"], "a");
    let shown = app.get("/v1/articles/a").send().await.expect(200).json();
    assert_eq!(shown["id"], second["id"]);
    // With the other gone, its former address leads to it.
    app.delete(&path_of(&second)).key().send().await.expect(204);
    let moved = app.get("/v1/articles/a").send().await.expect(308);
    assert_eq!(moved.header("location"), "/v1/articles/b");
}
