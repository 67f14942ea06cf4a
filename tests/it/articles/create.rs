use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::path_of;

#[actix_web::test]
async fn a_draft_takes_its_defaults() {
    let app = TestApp::new().await;
    let answer =
        app.key().post("/v1/articles", json!({"title": "Flood warning"})).expect(201).await;
    let article = answer.json();
    assert_eq!(answer.header("location"), path_of(&article));
    assert!(answer.header("etag").starts_with("\"1-"));
    let want = json!({
        "slug": "flood-warning", "state": "draft", "version": 1, "title": "Flood warning", "summary": null,
        "body": "", "body_html": "", "body_format": "markdown", "word_count": 0, "dateline": null, "authors": [],
        "source": null, "external_id": null, "canonical_url": null, "language": "en", "section": null,
        "tags": [], "image": null, "comments_policy": "open", "comment_count": 0, "metadata": {},
        "comments_close_at": null, "comments_open": true, "access": "public", "embargo_until": null, "expires_at": null,
        "corrections": [], "disclaimers": [], "comments": null, "published_at": null, "created_at": "2026-11-22T10:00:00.000000Z",
        "updated_at": "2026-11-22T10:00:00.000000Z",
    });
    for (name, value) in want.as_object().unwrap() {
        assert_eq!(&article[name], value, "{name}");
    }
    assert_eq!(
        article.as_object().unwrap().len(),
        want.as_object().unwrap().len() + 1,
        "and the id"
    );
}

#[actix_web::test]
async fn everything_written_comes_back() {
    let app = TestApp::new().await;
    let body = json!({
        "title": "Überschwemmung", "slug": "flut", "summary": "Two\nlines", "body": "A *b*\r\nc", "body_format": "markdown",
        "dateline": "MOSCOW", "authors": [{"name": "Ada", "url": "https://example.com/ada"}, {"name": "Bo", "url": null}],
        "source": {"name": "Valley Wire", "url": null}, "external_id": "urn:1", "canonical_url": "https://example.com/x",
        "language": "de-AT", "section": "politik", "tags": ["wetter", "donau"],
        "image": {"url": "https://example.com/i.jpg", "alt": "River", "credit": null},
        "comments_policy": "moderated", "metadata": {"z": 1, "a": [1.5, null, {"deep": true}], "f": 123.456_789_012_345_67},
        "state": "published", "published_at": "2014-09-19T10:00:38.5-04:00",
    });
    let article = app.article_of(body.clone()).await;
    for (name, sent) in body.as_object().unwrap() {
        match name.as_str() {
            "body" => assert_eq!(article["body"], "A *b*\nc"),
            "published_at" => assert_eq!(article["published_at"], "2014-09-19T14:00:38.500000Z"),
            _ => assert_eq!(&article[name], sent, "{name}"),
        }
    }
    assert_eq!(article["body_html"], "<p>A <em>b</em>\nc</p>\n");
    assert_eq!(
        article["metadata"].to_string(),
        r#"{"z":1,"a":[1.5,null,{"deep":true}],"f":123.45678901234567}"#,
        "in its own order"
    );
}

#[actix_web::test]
async fn slugs_are_made_free_and_taken_ones_are_named() {
    let app = TestApp::new().await;
    let first = app.article("News").await;
    assert_eq!(app.article("News").await["slug"], "news-2");
    assert_eq!(app.article("News!").await["slug"], "news-3");
    let taken = json!({"title": "Other", "slug": "news"});
    let problem = app.key().post("/v1/articles", &taken).refused("slug_taken").await;
    assert_eq!((&problem["conflicting_id"], &problem["pointer"]), (&first["id"], &json!("/slug")));
    app.key().delete(path_of(&first)).done().await;
    app.key().post("/v1/articles", &taken).created().await;
}

#[actix_web::test]
async fn an_external_id_is_unique_within_its_source() {
    let app = TestApp::new().await;
    let body = |source: Value| json!({"title": "A", "external_id": "1", "source": source});
    let first = app.article_of(body(json!({"name": "Wire"}))).await;
    app.article_of(body(json!({"name": "Other"}))).await;
    app.article_of(body(Value::Null)).await;
    let again = app.key().post("/v1/articles", body(json!({"name": "Wire"}))).expect(409).await;
    assert_eq!(again.problem("external_id_taken")["conflicting_id"], first["id"]);
    app.key().post("/v1/articles", body(Value::Null)).expect(409).await;
}

#[actix_web::test]
async fn all_broken_rules_come_at_once() {
    let app = TestApp::new().await;
    let body = json!({
        "slug": "Not A Slug", "summary": "x".repeat(2_001), "body": 3, "body_format": "rtf", "authors": [{"nam": "x"}, "y"],
        "source": {"url": "ftp://x"}, "canonical_url": "no", "language": "e", "tags": ["ok", "Not ok"], "image": {},
        "comments_policy": 1, "metadata": [], "published_at": "yesterday", "state": "archived", "titel": "x",
    });
    let faults = app.key().post("/v1/articles", &body).faults().await;
    for (pointer, code) in [
        ("/title", "required"),
        ("/slug", "wrong_form"),
        ("/summary", "too_long"),
        ("/body", "wrong_type"),
        ("/body_format", "unknown_value"),
        ("/authors/0/name", "required"),
        ("/authors/0/nam", "unknown_member"),
        ("/authors/1", "wrong_type"),
        ("/source/name", "required"),
        ("/source/url", "wrong_form"),
        ("/canonical_url", "wrong_form"),
        ("/language", "wrong_form"),
        ("/tags/1", "wrong_form"),
        ("/image/url", "required"),
        ("/comments_policy", "wrong_type"),
        ("/metadata", "wrong_type"),
        ("/published_at", "wrong_form"),
        ("/state", "unknown_value"),
        ("/titel", "unknown_member"),
    ] {
        assert!(
            faults.contains(&(pointer.to_owned(), code.to_owned())),
            "{pointer} {code} in {faults:?}"
        );
    }
    assert_eq!(faults.len(), 19, "{faults:?}");
}

#[actix_web::test]
async fn members_that_nobody_writes_are_refused_and_not_ignored() {
    let app = TestApp::new().await;
    for member in ["corrections", "word_count", "id", "version"] {
        let mut body = json!({"title": "A"});
        body[member] = json!("public");
        let faults = app.key().post("/v1/articles", &body).faults().await;
        assert_eq!(faults, [(format!("/{member}"), "unknown_member".to_owned())]);
    }
}

#[actix_web::test]
async fn characters_that_deceive_are_refused() {
    let app = TestApp::new().await;
    for (member, text, fine) in [
        ("title", "a\u{202e}b", false),
        ("title", "a\nb", false),
        ("title", "a\tb", false),
        ("title", " \u{a0}", false),
        ("title", "👩‍👩‍👧 e\u{301}", true),
        ("body", "a\u{0}b", false),
        ("body", "a\u{7}b", false),
        ("body", "a\rb", false),
        ("body", "tab\tline\nnext\r\n", true),
        ("summary", "a\u{9b}b", false),
        ("dateline", "MOSCOW", true),
    ] {
        let mut body = json!({"title": "A"});
        body[member] = json!(text);
        let answer = app.key().post("/v1/articles", &body).send().await;
        assert_eq!(
            answer.status,
            if fine { 201 } else { 422 },
            "{member} {text:?}: {}",
            answer.text()
        );
    }
}

#[actix_web::test]
async fn lengths_are_code_points_and_the_body_is_bytes() {
    let app = TestApp::new().await;
    for (body, status) in [
        (json!({"title": "é".repeat(300)}), 201),
        (json!({"title": "é".repeat(301)}), 422),
        (json!({"title": "A", "body": "é".repeat(262_144)}), 201),
        (json!({"title": "A", "body": "é".repeat(262_145)}), 422),
        (json!({"title": "A", "metadata": {"k": "x".repeat(16_376)}}), 201),
        (json!({"title": "A", "metadata": {"k": "x".repeat(16_377)}}), 422),
        (json!({"title": "A", "body": "<div>".repeat(101), "body_format": "html"}), 422),
    ] {
        app.key().post("/v1/articles", &body).expect(status).await;
    }
}

#[actix_web::test]
async fn numbers_that_readers_cannot_keep_are_refused() {
    let app = TestApp::new().await;
    for (number, status) in [
        ("9007199254740991", 201),
        ("9007199254740992", 422),
        ("-9007199254740992", 422),
        ("1e30", 422),
        ("1.0", 201),
    ] {
        let body = format!("{{\"title\":\"A\",\"metadata\":{{\"n\":{number}}}}}");
        let answer = app.key().request("POST", "/v1/articles").json_text(body).send().await;
        assert_eq!(answer.status, status, "{number}");
        if status == 422 {
            assert_eq!(answer.faults(), [("/metadata/n".to_owned(), "out_of_range".to_owned())]);
        }
    }
}

#[actix_web::test]
async fn a_publication_cannot_lie_in_the_future() {
    let app = TestApp::new().await;
    let body =
        json!({"title": "A", "state": "published", "published_at": "2026-11-22T10:00:00.000001Z"});
    let faults = app.key().post("/v1/articles", &body).faults().await;
    assert_eq!(faults, [("/published_at".to_owned(), "out_of_range".to_owned())]);
}
