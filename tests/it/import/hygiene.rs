//! What an import finds in texts: legal notices, repetitions and error pages, each told with its place.

use std::fs;
use std::path::Path;

use copydesk::import::{Reading, Summary};
use serde_json::{Value, json};

use super::{import_as, reading, summary};
use crate::support::TestApp;
use crate::support::make::{SECOND, notice_path, text};

const NOTICE: &str = "This report was supplied by Northwire. The Courier has not checked it and is not liable for it.";

/// Imports, with or without the wish to mend; the summary, and the report.
fn import(app: &TestApp, folder: &Path, mends: bool) -> (Summary, String) {
    let reading = Reading { lifts_disclaimers: mends, fixes: mends, ..reading() };
    let (done, lines) = import_as(app, folder, reading);
    (done, lines.join("\n"))
}

async fn newsroom() -> (TestApp, tempfile::TempDir) {
    let app = TestApp::new().await;
    let notice = json!({"key": "northwire", "title": "Legal notice", "body": NOTICE});
    app.key().post("/v1/disclaimers", notice).created().await;
    let folder = tempfile::tempdir().unwrap();
    let storm = format!(
        "---\ntitle: Storm\ndate: 2020-01-01\n---\n[BRINMOUTH] A storm comes in from the north.\n\nThe ferries stay in port until Monday, said the harbour master.\n\nThe ferries stay in port until Monday, said the harbour master.\n\nThe strait is closed.\n\n**Legal Disclaimer:** {NOTICE}\n"
    );
    fs::write(folder.path().join("storm.md"), storm).unwrap();
    let gone = "---\ntitle: 404 Not Found\ndate: 2020-01-02\n---\n# Not Found\n\nThe requested URL was not found on this server.\n";
    fs::write(folder.path().join("gone.md"), gone).unwrap();
    (app, folder)
}

async fn storm(app: &TestApp) -> (String, Vec<Value>) {
    let storm = app.get("/v1/articles/storm").ok().await;
    let disclaimers = storm["disclaimers"].as_array().unwrap().clone();
    (text(&storm["body"]).to_owned(), disclaimers)
}

#[actix_web::test]
async fn nothing_is_changed_without_the_wish() {
    let (app, folder) = newsroom().await;
    let (done, told) = import(&app, folder.path(), false);
    assert_eq!(done, summary(1, 0, 0, 0, 1), "{told}");
    let (body, disclaimers) = storm(&app).await;
    assert!(body.contains(NOTICE), "{body}");
    assert_eq!(body.matches("The ferries stay").count(), 2);
    assert_eq!(disclaimers.len(), 0);
    for (line, part) in [(9, "stands in the text already, with --fix"), (13, "--lift-disclaimers")]
    {
        let place = format!("storm.md:{line}: ");
        let found = told.lines().any(|told| told.starts_with(&place) && told.contains(part));
        assert!(found, "{place} {part}: {told}");
    }
    let is_refused =
        |told: &str| told.starts_with("gone.md") && told.contains("is the page of an error");
    assert!(told.lines().any(is_refused), "{told}");
    app.key().get("/v1/articles/404-not-found").expect(404).await;
    let storm = app.get("/v1/articles/storm").ok().await;
    assert_eq!(storm["dateline"], "BRINMOUTH", "{told}");
}

#[actix_web::test]
async fn a_notice_becomes_the_disclaimer_that_it_is() {
    let (app, folder) = newsroom().await;
    import(&app, folder.path(), true);
    let (body, disclaimers) = storm(&app).await;
    assert!(!body.contains("Northwire") && !body.contains("Disclaimer"), "{body}");
    assert!(body.ends_with("The strait is closed.\n"), "{body}");
    assert_eq!(body.matches("The ferries stay").count(), 1);
    assert_eq!(disclaimers.len(), 1);
    assert_eq!(disclaimers[0]["key"], "northwire");
    assert_eq!(text(&disclaimers[0]["body_html"]).trim(), format!("<p>{NOTICE}</p>"));
    // Again, nothing is found that is not done already.
    assert_eq!(import(&app, folder.path(), true).0, summary(0, 0, 1, 0, 1));
    // Without the wish its text comes back, and the disclaimer stays: rather twice than never.
    import(&app, folder.path(), false);
    let (body, disclaimers) = storm(&app).await;
    assert!(body.contains(NOTICE), "{body}");
    assert_eq!(disclaimers.len(), 1);
}

/// A link in a copy is a part of it: where the disclaimer does not have it, it would be lost.
#[actix_web::test]
async fn a_copy_with_a_link_of_its_own_stays() {
    let (app, folder) = newsroom().await;
    let linked = |address: &str| {
        format!("---\ntitle: Linked\ndate: 2020-01-01\n---\nA storm.\n\n[{NOTICE}]({address})\n")
    };
    let path = folder.path().join("linked.md");
    fs::write(&path, linked("https://northwire.example/terms")).unwrap();
    let (_, told) = import(&app, folder.path(), true);
    let line = "linked.md:7: warning: ends with a text that is like the disclaimer `northwire`, but its links differ";
    assert!(told.contains(line), "{told}");
    let linked = app.get("/v1/articles/linked").ok().await;
    assert!(text(&linked["body"]).contains("https://northwire.example/terms"), "{linked}");
    assert_eq!(linked["disclaimers"].as_array().unwrap().len(), 0);
}

/// A disclaimer with a link is found in a text with the same one.
#[actix_web::test]
async fn a_copy_with_the_disclaimer_s_link_is_lifted() {
    let app = TestApp::new().await;
    let body = "Supplied by [Northwire](https://northwire.example/terms), unchecked.";
    let notice =
        json!({"key": "wire", "title": "Legal notice", "body": body, "body_format": "markdown"});
    app.key().post("/v1/disclaimers", notice).created().await;
    let folder = tempfile::tempdir().unwrap();
    let page = format!("---\ntitle: Linked\ndate: 2020-01-01\n---\nA storm.\n\n{body}\n");
    fs::write(folder.path().join("linked.md"), page).unwrap();
    import(&app, folder.path(), true);
    let linked = app.get("/v1/articles/linked").ok().await;
    assert_eq!(
        (text(&linked["body"]), &linked["disclaimers"][0]["key"]),
        ("A storm.\n", &json!("wire"))
    );
}

/// The text of another translation than the article shows is no copy of what readers would get.
#[actix_web::test]
async fn only_the_translation_that_is_shown_is_lifted() {
    let app = TestApp::new().await;
    let german = "Dieser Text wurde von der Hafenbank bezahlt.";
    for (language, body) in [("en", "Paid for by a bank."), ("de", german)] {
        let notice = json!({"key": "up", "title": "Up", "language": language, "body": body});
        app.key().post("/v1/disclaimers", notice).created().await;
    }
    let folder = tempfile::tempdir().unwrap();
    let page = |title: &str| {
        format!("---\ntitle: {title}\ndate: 2020-01-01\n---\nEin Sturm.\n\n{german}\n")
    };
    fs::write(folder.path().join("one.md"), page("One")).unwrap();
    let (_, told) = import(&app, folder.path(), true);
    let line = "one.md:7: warning: ends with the disclaimer `up` in another language, and an article in `en`";
    assert!(told.contains(line), "{told}");
    let one = app.get("/v1/articles/one").ok().await;
    assert!(text(&one["body"]).contains(german), "{one}");
    assert_eq!(one["disclaimers"], json!([]));
    // In its language it is the one that is shown.
    fs::remove_file(folder.path().join("one.md")).unwrap();
    fs::write(folder.path().join("two.md"), page("Two")).unwrap();
    let defaults = vec![("language", json!("de"))];
    let reading = Reading { lifts_disclaimers: true, defaults, ..reading() };
    import_as(&app, folder.path(), reading);
    let two = app.get("/v1/articles/two").ok().await;
    assert_eq!(text(&two["body"]), "Ein Sturm.\n");
    assert_eq!(text(&two["disclaimers"][0]["body_html"]).trim(), format!("<p>{german}</p>"));
}

/// Readers of an article are shown the version that was in force when it went public: the text of a newer one stays at
/// the source until that is shown.
#[actix_web::test]
async fn a_copy_of_a_version_that_is_not_shown_is_refused() {
    let app = TestApp::new().await;
    let notice = json!({"key": "up", "title": "Up", "body": NOTICE});
    let made = app.key().post("/v1/disclaimers", notice).created().await;
    app.clock.advance(SECOND);
    let folder = tempfile::tempdir().unwrap();
    let write = |notice: &str| {
        let page = format!("---\ntitle: Storm\ndate: 2020-01-01\n---\nA storm.\n\n{notice}\n");
        fs::write(folder.path().join("storm.md"), page).unwrap();
    };
    write(NOTICE);
    assert_eq!(import(&app, folder.path(), true).0, summary(1, 0, 0, 0, 0));
    app.clock.advance(SECOND);
    let longer = format!("{NOTICE} Shares of the port are owned by its author.");
    app.key().patch(notice_path(&made), json!({"body": longer})).ok().await;
    app.clock.advance(SECOND);
    write(&longer);
    let (done, told) = import(&app, folder.path(), true);
    assert_eq!(done, summary(0, 0, 0, 0, 1), "{told}");
    let line = "storm.md:7: disclaimers names `up`, whose version 2 its text ends with, and readers of the article are shown version 1";
    assert!(told.contains(line), "{told}");
    // Published again, it shows the new one.
    let article = app.key().get("/v1/articles/storm").ok().await;
    app.act(&article, "unpublish", json!({})).await;
    app.act(&article, "publish", json!({})).await;
    app.clock.advance(SECOND);
    assert_eq!(import(&app, folder.path(), true).0, summary(0, 1, 0, 0, 0));
    let (body, disclaimers) = storm(&app).await;
    assert_eq!(body, "A storm.\n");
    assert_eq!(text(&disclaimers[0]["body_html"]).trim(), format!("<p>{longer}</p>"));
}
