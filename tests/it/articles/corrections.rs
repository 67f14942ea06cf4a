//! Corrections: what was wrong, said in public.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{NOWHERE, path_of, text, texts};

#[actix_web::test]
async fn corrections_stand_in_their_order_for_everyone() {
    let app = TestApp::new().await;
    let article = app
        .article_of(json!({"title": "A", "body": "The north bridge.", "state": "published"}))
        .await;
    app.clock.advance(1_000_000);
    let noted = app
        .act(&article, "correct", json!({"note": "An earlier version named the wrong river."}))
        .await;
    assert_eq!((&noted["version"], &noted["body"]), (&json!(2), &json!("The north bridge.")));
    app.clock.advance(1_000_000);
    let body = json!({"note": "It was the **old** bridge.\nWe regret that.", "body": "The *old* bridge.", "reason": "Mail of a reader."});
    let both = app.act(&article, "correct", body).await;
    assert_eq!(
        (&both["version"], &both["body_html"]),
        (&json!(3), &json!("<p>The <em>old</em> bridge.</p>\n"))
    );
    let shown = app.get(path_of(&article)).expect(200).await;
    let tag = shown.header("etag").to_owned();
    let shown = shown.json();
    let notes = texts(&shown["corrections"], "note");
    assert_eq!(
        notes,
        [
            "An earlier version named the wrong river.",
            "It was the **old** bridge.\nWe regret that."
        ]
    );
    assert_eq!(shown["corrections"][0]["corrected_at"], "2026-11-22T10:00:01.000000Z");
    assert_eq!(shown["corrections"][0]["withdrawn_at"], Value::Null);
    let list = app.get("/v1/articles").ok().await;
    assert_eq!(list["items"][0]["corrections"], shown["corrections"]);
    // A correction that was wrong itself stays, marked.
    app.clock.advance(1_000_000);
    let path =
        format!("{}/corrections/{}", path_of(&article), text(&shown["corrections"][0]["id"]));
    app.key().delete(&path).header("If-Match", "\"2-x\"").refused("precondition_failed").await;
    app.key().delete(&path).header("If-Match", &tag).done().await;
    app.key().delete(&path).refused("correction_not_found").await;
    let after = app.get(path_of(&article)).ok().await;
    assert_eq!(after["corrections"][0]["withdrawn_at"], "2026-11-22T10:00:03.000000Z");
    assert_eq!(
        (&after["corrections"][1], &after["version"]),
        (&shown["corrections"][1], &json!(4))
    );
    let history = app.key().get(format!("{}/history", path_of(&article))).ok().await;
    let events = texts(&history["items"], "event");
    assert_eq!(events, ["correction_withdrawn", "corrected", "corrected", "created"]);
    assert_eq!(history["items"][1]["changes"], json!(["body"]));
    let sent_back = app.key().put(path_of(&article), &after).send().await;
    assert_eq!(sent_back.expect(200).json()["corrections"], after["corrections"]);
}

#[actix_web::test]
async fn a_correction_is_of_what_readers_have_seen() {
    let app = TestApp::new().await;
    let draft = app.draft("D").await;
    let correct = |article: &Value, body: Value| {
        app.key().post(format!("{}/correct", path_of(article)), &body)
    };
    let problem = correct(&draft, json!({"note": "No."})).refused("invalid_transition").await;
    assert_eq!(problem["allowed"], json!(["publish", "block"]));
    let article = app.article("A").await;
    for body in [
        json!({}),
        json!({"note": " "}),
        json!({"note": null}),
        json!({"note": "x".repeat(2_001)}),
        json!({"note": "x", "title": " "}),
        json!({"note": "x", "slug": "y"}),
    ] {
        correct(&article, body).refused("validation_failed").await;
    }
    let deep = "<div>".repeat(101);
    let html =
        app.article_of(json!({"title": "H", "body_format": "html", "state": "published"})).await;
    let faults = correct(&html, json!({"note": "x", "body": deep})).faults().await;
    assert_eq!(faults, [("/body".to_owned(), "nested_too_deep".to_owned())]);
    let nowhere = format!("{}/corrections/{NOWHERE}", path_of(&article));
    app.key().delete(&nowhere).refused("correction_not_found").await;
    // Another article's correction is none of this one's.
    let corrected = app.act(&article, "correct", json!({"note": "x"})).await;
    let path =
        format!("{}/corrections/{}", path_of(&html), text(&corrected["corrections"][0]["id"]));
    app.key().delete(&path).refused("correction_not_found").await;
}

#[actix_web::test]
async fn an_article_has_so_many_corrections_and_no_more() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    for _ in 0..100 {
        app.act(&article, "correct", json!({"note": "Once more."})).await;
    }
    let path = format!("{}/correct", path_of(&article));
    let faults = app.key().post(&path, json!({"note": "Too much."})).faults().await;
    assert_eq!(faults, [(String::new(), "too_long".to_owned())]);
}

#[actix_web::test]
async fn a_revision_has_the_corrections_of_its_time() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    for note in ["One.", "Two."] {
        app.clock.advance(1_000_000);
        app.act(&article, "correct", json!({"note": note})).await;
    }
    let shown = app.get(path_of(&article)).ok().await;
    let path =
        format!("{}/corrections/{}", path_of(&article), text(&shown["corrections"][0]["id"]));
    app.clock.advance(1_000_000);
    app.key().delete(&path).done().await;
    for (version, want) in
        [(1, vec![]), (2, vec![true]), (3, vec![true, true]), (4, vec![false, true])]
    {
        let path = format!("{}/revisions/{version}", path_of(&article));
        let revision = app.key().get(&path).ok().await;
        let corrections = revision["corrections"].as_array().unwrap();
        let stand: Vec<bool> =
            corrections.iter().map(|one| one["withdrawn_at"].is_null()).collect();
        assert_eq!(stand, want, "version {version}");
    }
}
