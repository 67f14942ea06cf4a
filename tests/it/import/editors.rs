//! What an editor has decided outlives a file, and what no file says is as the newsroom has it.

use std::fs;

use copydesk::commands::import::Expiry;
use serde_json::{Value, json};

use super::{PAGE, import, import_with, summary};
use crate::support::TestApp;
use crate::support::make::path_of;

#[actix_web::test]
async fn aliases_lead_on_and_an_end_is_honoured_where_that_is_asked_for() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let page = PAGE.replace(
        "slug: one",
        "slug: one\naliases:\n  - /2014/old-name/\n  - /two\n  - /x/page.html\n  - /Not A Slug",
    );
    fs::write(dir.path().join("one.md"), &page).unwrap();
    fs::write(dir.path().join("two.md"), PAGE.replace("slug: one", "slug: two")).unwrap();
    assert_eq!(import(&app, dir.path()).0, summary(2, 0, 0, 0, 0));
    for former in ["old-name", "page"] {
        let moved = app.get(format!("/v1/articles/{former}")).expect(308).await;
        assert_eq!(moved.header("location"), "/v1/articles/one");
    }
    app.get("/v1/articles/two").ok().await;
    assert_eq!(app.get("/v1/articles/one").send().await.json()["expires_at"], Value::Null);
    // The same files in another newsroom, with their ends.
    let other = TestApp::new().await;
    assert_eq!(import_with(&other, dir.path(), Expiry::Honoured, vec![]).0, summary(2, 0, 0, 0, 0));
    let gone = other.get("/v1/articles/one").expect(410).await;
    assert_eq!(gone.problem("article_expired")["expired_at"], "2025-01-01T00:00:00.000000Z");
    let kept = other.key().get("/v1/articles/one").ok().await;
    assert_eq!(kept["metadata"].get("expirydate"), None);
}

/// An edited file does not bring back what an editor took away.
#[actix_web::test]
async fn what_was_withdrawn_stays_so() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("one.md");
    fs::write(&file, PAGE).unwrap();
    import(&app, dir.path());
    let article = app.get("/v1/articles/one").send().await.json();
    app.act(&article, "withdraw", json!({})).await;
    fs::write(&file, PAGE.replace("2048", "2049")).unwrap();
    assert_eq!(import(&app, dir.path()).0, summary(0, 1, 0, 0, 0));
    let after = app.key().get("/v1/articles/one").ok().await;
    assert_eq!((&after["state"], &after["title"]), (&json!("withdrawn"), &json!("2049")));
}

/// What an editor decided outlives an edit of the file.
#[actix_web::test]
async fn an_end_and_an_unpublication_outlive_an_edited_file() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("one.md");
    fs::write(&file, PAGE).unwrap();
    import(&app, dir.path());
    let article = app.get("/v1/articles/one").send().await.json();
    app.key().patch(path_of(&article), json!({"expires_at": "2021-01-01T00:00:00Z"})).ok().await;
    fs::write(&file, PAGE.replace("2048", "2049")).unwrap();
    assert_eq!(import(&app, dir.path()).0, summary(0, 1, 0, 0, 0));
    app.get("/v1/articles/one").expect(410).await;
    app.act(&article, "unpublish", json!({})).await;
    fs::write(&file, PAGE.replace("2048", "2050")).unwrap();
    assert_eq!(import(&app, dir.path()).0, summary(0, 1, 0, 0, 0));
    let kept = app.key().get("/v1/articles/one").ok().await;
    assert_eq!((&kept["state"], &kept["title"]), (&json!("draft"), &json!("2050")));
}

#[actix_web::test]
async fn what_no_file_says_is_as_the_newsroom_has_it() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("one.md"), PAGE).unwrap();
    let newsroom =
        |policy: &str| vec![("comments_policy", json!(policy)), ("language", json!("pt-BR"))];
    let (summary, _) = import_with(&app, dir.path(), Expiry::Kept, newsroom("moderated"));
    assert_eq!(summary.created, 1);
    let read = async || app.get("/v1/articles/one").ok().await;
    let article = read().await;
    assert_eq!(
        (&article["comments_policy"], &article["language"]),
        (&json!("moderated"), &json!("pt-BR"))
    );
    // What it is by now is its editors' to say.
    fs::write(dir.path().join("one.md"), format!("{PAGE}More.\n")).unwrap();
    let (summary, _) = import_with(&app, dir.path(), Expiry::Kept, newsroom("closed"));
    assert_eq!(summary.updated, 1);
    assert_eq!(read().await["comments_policy"], "moderated");
}
