use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{NOWHERE, path_of, text};

#[actix_web::test]
async fn get_change_put_works() {
    let app = TestApp::new().await;
    let article = app
        .article_of(json!({"title": "A", "summary": "S", "tags": ["x"], "state": "published"}))
        .await;
    app.clock.advance(5);
    let mut body = article.clone();
    body["title"] = json!("B");
    let changed = app.key().put(path_of(&article), &body).ok().await;
    assert_eq!(
        (&changed["title"], &changed["version"], &changed["slug"]),
        (&json!("B"), &json!(2), &json!("a"))
    );
    assert_eq!((&changed["summary"], &changed["tags"]), (&json!("S"), &json!(["x"])));
    assert_eq!(changed["updated_at"], "2026-11-22T10:00:00.000005Z");
    assert_eq!(changed["created_at"], article["created_at"]);
    assert_eq!(app.get("/v1/articles/a").ok().await, changed);
}

#[actix_web::test]
async fn put_takes_defaults_for_what_it_leaves_out_but_keeps_what_is_sticky() {
    let app = TestApp::new().await;
    let article = app
        .article_of(json!({"title": "A", "slug": "own", "summary": "S", "external_id": "7", "language": "de", "state": "published", "published_at": "2001-01-01T00:00:00Z"}))
        .await;
    let changed = app.key().put(path_of(&article), json!({"title": "B"})).ok().await;
    for (name, want) in [
        ("slug", "own"),
        ("external_id", "7"),
        ("language", "en"),
        ("published_at", "2001-01-01T00:00:00.000000Z"),
        ("state", "published"),
    ] {
        assert_eq!(changed[name], want, "{name}");
    }
    assert_eq!(changed["summary"], Value::Null);
}

#[actix_web::test]
async fn patch_merges_objects_and_null_sets_the_default() {
    let app = TestApp::new().await;
    let article = app
        .article_of(json!({"title": "A", "summary": "S", "source": {"name": "W", "url": "https://example.com"}, "tags": ["a", "b"], "metadata": {"a": {"b": 1, "c": 2}}}))
        .await;
    let patch = json!({"summary": null, "source": {"url": null}, "tags": ["c"], "metadata": {"a": {"b": null}, "d": 3}, "comments_policy": null});
    let answer = app
        .key()
        .request("PATCH", &path_of(&article))
        .header("Content-Type", "application/merge-patch+json")
        .bytes(patch.to_string())
        .send()
        .await;
    let changed = answer.expect(200).json();
    assert_eq!(changed["summary"], Value::Null);
    assert_eq!(changed["source"], json!({"name": "W", "url": null}));
    assert_eq!(changed["tags"], json!(["c"]));
    assert_eq!(changed["metadata"], json!({"a": {"c": 2}, "d": 3}));
    for (patch, fault) in [
        (json!({"title": null}), ("/title", "required")),
        (json!({"source": {"name": null}}), ("/source/name", "required")),
        (json!({"state": "published"}), ("/state", "read_only_member")),
        (json!({"comment_count": 9}), ("/comment_count", "read_only_member")),
        (json!({"nothing": null}), ("/nothing", "unknown_member")),
        (json!({"tags": {"0": "a"}}), ("/tags", "wrong_type")),
        (json!([]), ("", "wrong_type")),
        (json!(null), ("", "wrong_type")),
    ] {
        let faults = app.key().patch(path_of(&article), &patch).faults().await;
        assert_eq!(faults, [(fault.0.to_owned(), fault.1.to_owned())], "{patch}");
    }
}

#[actix_web::test]
async fn what_the_body_alone_shows_is_refused_before_the_thing_is_looked_up() {
    let app = TestApp::new().await;
    let nowhere = format!("/v1/articles/{NOWHERE}");
    app.key().put(&nowhere, json!({})).expect(422).await;
    app.key().patch(&nowhere, json!({"titel": 1})).expect(422).await;
    app.key().patch(&nowhere, json!({"title": "A"})).refused("article_not_found").await;
    app.key().put(&nowhere, json!({"title": "A"})).expect(404).await;
}

#[actix_web::test]
async fn the_version_part_of_a_tag_decides() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let path = path_of(&article);
    let first = app.get(&path).send().await.header("etag").to_owned();
    app.comment(&article, "Hello").await;
    let title = |title: &str| json!({"title": title});
    let second = app.key().patch(&path, title("B")).header("If-Match", &first).expect(200).await;
    let second = second.header("etag").to_owned();
    assert!(second.starts_with("\"2-"), "{second}");
    let problem = app
        .key()
        .patch(&path, title("C"))
        .header("If-Match", &first)
        .refused("precondition_failed")
        .await;
    assert_eq!(text(&problem["etag"]), second);
    for (condition, status) in [
        ("*", 200),
        ("\"x\"", 412),
        ("3", 400),
        ("\"9-a\", \"3-anything\"", 200),
        // As proxies hand it on: weakened, packed, both (nginx, HAProxy, Varnish).
        ("W/\"4-x\"", 200),
        ("\"5-x-gzip\"", 200),
        ("W/\"6-x-gzip\"", 200),
        ("W/\"6-x\"", 412),
    ] {
        let answer = app.key().patch(&path, title("D")).header("If-Match", condition).send().await;
        assert_eq!(answer.status, status, "{condition}: {}", answer.text());
    }
    app.key().delete(&path).header("If-Match", &first).expect(412).await;
    app.key().post_empty(format!("{path}/unpublish")).header("If-Match", &first).expect(412).await;
    let current = app.get(&path).send().await.header("etag").to_owned();
    app.key().delete(&path).header("If-Match", &current).done().await;
    app.key().delete(&path).header("If-Match", &current).expect(404).await;
}

#[actix_web::test]
async fn a_readers_comment_does_not_spoil_an_editors_save() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let path = path_of(&article);
    let answer = app.get(&path).expect(200).await;
    let (tag, mut body) = (answer.header("etag").to_owned(), answer.json());
    app.comment(&article, "Hello").await;
    body["title"] = json!("B");
    let faults = app.key().put(&path, &body).faults().await;
    assert_eq!(faults, [("/comment_count".to_owned(), "read_only_member".to_owned())]);
    // Any version is none that the client has shown.
    app.key().put(&path, &body).header("If-Match", "*").expect(422).await;
    let saved = app.key().put(&path, &body).header("If-Match", &tag).ok().await;
    assert_eq!((&saved["title"], &saved["comment_count"]), (&json!("B"), &json!(1)));
}

#[actix_web::test]
async fn of_parallel_saves_with_one_tag_one_wins() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let path = path_of(&article);
    let tag = app.get(&path).send().await.header("etag").to_owned();
    let saves = (0..32).map(|number| {
        let body = json!({"title": format!("T{number}")});
        app.key().patch(&path, &body).header("If-Match", &tag).send()
    });
    let statuses: Vec<u16> =
        futures_util::future::join_all(saves).await.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 31);
}

#[actix_web::test]
async fn a_slug_is_changed_or_made_anew() {
    let app = TestApp::new().await;
    let article = app.article("First").await;
    app.article("Second").await;
    let path = path_of(&article);
    app.key().patch(&path, json!({"slug": "second"})).refused("slug_taken").await;
    let changed = app.key().patch(&path, json!({"title": "Second", "slug": null})).ok().await;
    assert_eq!(changed["slug"], "second-2");
    let kept = app.key().patch(&path, json!({"slug": "second-2"})).ok().await;
    assert_eq!(kept["slug"], "second-2");
}

#[actix_web::test]
async fn a_save_of_the_same_text_stores_what_it_answers() {
    let app = TestApp::new().await;
    let article =
        app.article_of(json!({"title": "A", "body": "one *two*", "state": "published"})).await;
    // As an older renderer has left it.
    let older = "update article_bodies set body_html = '<p>older</p>'";
    app.db().write(move |conn, _| Ok(conn.batch_execute(older)?)).await.unwrap();
    let path = path_of(&article);
    assert_eq!(app.get(&path).ok().await["body_html"], "<p>older</p>");
    let saved = app.key().patch(&path, json!({"body": "one *two*"})).ok().await;
    assert_eq!(saved["body_html"], "<p>one <em>two</em></p>\n");
    assert_eq!(app.get(&path).ok().await["body_html"], saved["body_html"]);
    let history = app.key().get(format!("{path}/history")).ok().await;
    assert_eq!(history["items"][0]["changes"], json!([]), "it says what it said");
}
