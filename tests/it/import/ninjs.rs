//! Items of news agencies in every version of ninjs: what they hold back is not public here.
//! Skipped, visibly, where the items are not there.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{exported, import};
use crate::support::TestApp;
use crate::support::make::path_of;

fn items() -> Option<PathBuf> {
    exported("ninjs")
}

async fn all(app: &TestApp) -> Vec<Value> {
    let list = app.key().get("/v1/articles?limit=100").ok().await;
    list["items"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn an_item_comes_in_with_its_texts_and_terms() {
    let Some(folder) = items() else {
        return;
    };
    let app = TestApp::new().await;
    let (done, lines) = import(&app, &folder.join("3.1-text.json"));
    assert_eq!((done.created, done.refused), (1, 0), "{lines:#?}");
    let article =
        app.get("/v1/articles/storm-closes-the-strait-no-ferries-until-monday").ok().await;
    for (name, want) in [
        ("title", json!("Storm closes the strait – “no ferries until Monday”")),
        ("summary", json!("All crossings are cancelled.")),
        ("published_at", json!("2026-01-09T17:30:00.000000Z")),
        ("dateline", json!("HAMBURG")),
        ("authors", json!([{"name": "By Ida Marsh and Jürgen Weiß", "url": null}])),
        ("source", json!({"name": "Northwire", "url": "https://northwire.example/"})),
        ("external_id", json!("tag:northwire.example,2026:n:4711")),
        ("tags", json!(["weather", "lodz"])),
        (
            "image",
            json!({"url": "https://northwire.example/p/1.jpg", "alt": "Waves at the pier", "credit": "I. Marsh"}),
        ),
        ("language", json!("en-GB")),
    ] {
        assert_eq!(article[name], want, "{name}");
    }
    let terms =
        "Not for use in print before Saturday. The report must carry: Supplied by Northwire.";
    assert_eq!(article["metadata"]["usage_terms"], terms);
    assert!(
        lines.iter().any(|line| line.contains("candidate for a disclaimer: Not for use in print")),
        "{lines:#?}"
    );
    let whole = format!("{article} {lines:?}");
    assert!(!whole.contains("harbour master."), "an internal note came out: {whole}");
    // Again, it changes nothing.
    let (again, lines) = import(&app, &folder.join("3.1-text.json"));
    assert_eq!((again.created, again.updated, again.unchanged), (0, 0, 1), "{lines:#?}");
    assert_eq!(lines, [] as [&str; 0]);
}

#[actix_web::test]
async fn each_version_is_read() {
    let Some(folder) = items() else {
        return;
    };
    for name in ["1.6-text.json", "2.2-text.json"] {
        let app = TestApp::new().await;
        let (done, lines) = import(&app, &folder.join(name));
        assert_eq!((done.created, done.refused), (1, 0), "{name}: {lines:#?}");
        let article = app.get("/v1/articles/storm-closes-the-strait").ok().await;
        assert_eq!(article["dateline"], "HAMBURG", "{name}");
        assert_eq!(article["metadata"]["usage_terms"], "Supplied by Northwire.", "{name}");
    }
}

#[actix_web::test]
async fn an_item_under_an_embargo_is_not_public_though_it_is_usable() {
    let Some(folder) = items() else {
        return;
    };
    let app = TestApp::new().await;
    let (done, lines) = import(&app, &folder.join("3.1-embargoed.json"));
    assert_eq!((done.created, done.refused), (1, 0), "{lines:#?}");
    let public = app.get("/v1/articles?limit=100").ok().await;
    assert_eq!(public["items"], json!([]));
    let known = all(&app).await;
    assert_eq!(known.len(), 1);
    assert_eq!(known[0]["embargo_until"], "2031-02-01T18:00:00.000000Z");
}

#[actix_web::test]
async fn an_older_item_without_a_number_does_not_bring_back_what_was_withdrawn() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("item.json");
    let write = |status: &str, created: &str| {
        let item = json!({
            "uri": "tag:northwire.example,2026:n:4710", "type": "text", "pubstatus": status,
            "firstcreated": "2026-01-09T17:30:00Z", "versioncreated": created,
            "headline": "The mayor resigns", "body_text": "The mayor has resigned.",
        });
        fs::write(&file, item.to_string()).unwrap();
    };
    write("usable", "2026-01-09T17:30:00Z");
    import(&app, &file);
    app.get("/v1/articles/the-mayor-resigns").ok().await;
    write("canceled", "2026-01-09T18:00:00Z");
    import(&app, &file);
    app.get("/v1/articles/the-mayor-resigns").expect(410).await;
    write("usable", "2026-01-09T17:30:00Z");
    let (done, lines) = import(&app, &file);
    assert_eq!((done.updated, done.unchanged), (0, 1), "{lines:#?}");
    app.get("/v1/articles/the-mayor-resigns").expect(410).await;
}

/// An item that was usable, with other members set.
fn item(more: &Value) -> String {
    let mut item = json!({
        "uri": "tag:northwire.example,2026:n:4710", "type": "text", "version": "1", "pubStatus": "usable",
        "firstCreated": "2026-01-09T17:30:00Z", "headlines": [{"value": "The mayor resigns"}],
        "bodies": [{"value": "The mayor has resigned."}],
    });
    item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    item.to_string()
}

#[actix_web::test]
async fn an_embargo_that_is_lifted_is_lifted_here_unless_an_editor_has_set_one() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("item.json");
    for edited in [None, Some("2098-01-01T00:00:00.000000Z")] {
        let app = TestApp::new().await;
        let embargo = json!({"embargoedUntil": "2099-01-01T00:00:00Z"});
        fs::write(&file, item(&embargo)).unwrap();
        let (done, lines) = import(&app, &file);
        assert_eq!(done.created, 1, "{lines:#?}");
        app.get("/v1/articles/the-mayor-resigns").expect(404).await;
        if let Some(until) = edited {
            let article = app.key().get("/v1/articles/the-mayor-resigns").ok().await;
            app.key().patch(path_of(&article), json!({"embargo_until": until})).ok().await;
        }
        fs::write(&file, item(&json!({"version": "2"}))).unwrap();
        let (done, lines) = import(&app, &file);
        assert_eq!(done.updated, 1, "{lines:#?}");
        let article = app.key().get("/v1/articles/the-mayor-resigns").ok().await;
        assert_eq!(article["embargo_until"], json!(edited));
        let is_told = lines.iter().any(|line| line.ends_with("stays so: embargo_until"));
        assert_eq!(is_told, edited.is_some(), "{lines:#?}");
        let seen = if edited.is_some() { 404 } else { 200 };
        app.get("/v1/articles/the-mayor-resigns").expect(seen).await;
    }
}

#[actix_web::test]
async fn what_an_agency_takes_back_goes_whatever_else_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("item.json");
    for (mut more, state) in [
        (json!({"pubStatus": "canceled", "embargoed": "tomorrow"}), "withdrawn"),
        (json!({"pubStatus": "canceled", "type": "picture"}), "withdrawn"),
        (
            json!({"pubStatus": "canceled", "bodies": [], "headlines": [], "versionCreated": 7}),
            "withdrawn",
        ),
        (json!({"pubStatus": "withheld", "embargoed": "tomorrow"}), "draft"),
        (json!({"pubStatus": "withheld", "type": "picture", "bodies": []}), "draft"),
        (json!({"status": "draft"}), "draft"),
        (json!({"access": "restricted"}), "draft"),
    ] {
        let app = TestApp::new().await;
        fs::write(&file, item(&json!({}))).unwrap();
        import(&app, &file);
        app.get("/v1/articles/the-mayor-resigns").ok().await;
        more["version"] = json!("4");
        fs::write(&file, item(&more)).unwrap();
        let (done, lines) = import(&app, &file);
        assert_eq!((done.updated, done.refused), (1, 0), "{more}: {lines:#?}");
        let article = app.key().get("/v1/articles/the-mayor-resigns").ok().await;
        assert_eq!(article["state"], state, "{more}");
    }
}

#[actix_web::test]
async fn a_canceled_item_is_never_public_and_withdraws_what_was() {
    let Some(folder) = items() else {
        return;
    };
    let app = TestApp::new().await;
    import(&app, &folder.join("3.1-canceled.json"));
    let public = app.get("/v1/articles?limit=100").ok().await;
    assert_eq!(public["items"], json!([]));
    // The same item in an earlier version is public first.
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("item.json");
    let item = json!({
        "uri": "tag:northwire.example,2026:n:4710", "type": "text", "version": "2", "pubStatus": "usable",
        "versionCreated": "2026-01-09T17:30:00Z", "headlines": [{"value": "The mayor resigns"}],
        "bodies": [{"value": "The mayor has resigned."}],
    });
    fs::write(&file, item.to_string()).unwrap();
    let (done, lines) = import(&app, &file);
    assert_eq!(done.created, 1, "{lines:#?}");
    app.get("/v1/articles/the-mayor-resigns").ok().await;
    fs::copy(folder.join("3.1-canceled.json"), &file).unwrap();
    let (done, lines) = import(&app, &file);
    assert_eq!((done.updated, done.refused), (1, 0), "{lines:#?}");
    let gone = app.get("/v1/articles/the-mayor-resigns").expect(410).await;
    assert!(!gone.json().to_string().contains("KILL"));
    // An older version does not bring it back.
    fs::write(&file, item.to_string()).unwrap();
    import(&app, &file);
    app.get("/v1/articles/the-mayor-resigns").expect(410).await;
}
