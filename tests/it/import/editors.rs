//! What an editor has decided outlives a file, and what no file says is as the newsroom has it.

use std::fs;

use copydesk::import::{Expiry, Reading};
use serde_json::{Value, json};

use super::{PAGE, import, import_as, import_with, reading, summary};
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

/// A purge is an erasure: no import undoes it, edited or not, unless that is asked for.
#[actix_web::test]
async fn what_was_purged_is_not_imported_again() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("one.md");
    fs::write(&file, PAGE).unwrap();
    fs::write(dir.path().join("two.md"), PAGE.replace("slug: one", "slug: two")).unwrap();
    import(&app, dir.path());
    let path = path_of(&app.get("/v1/articles/one").ok().await);
    app.key().delete(&path).done().await;
    app.key().delete(format!("{path}?purge=true")).done().await;
    let purged = || app.count("select count(*) as n from purged_imports");
    assert_eq!(purged(), 1);
    for title in ["2048", "2049"] {
        fs::write(&file, PAGE.replace("2048", title)).unwrap();
        let (done, lines) = import(&app, dir.path());
        assert_eq!(done, summary(0, 0, 1, 1, 0));
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].starts_with("one.md: skipped, was purged here"), "{lines:?}");
        app.get("/v1/articles/one").expect(404).await;
    }
    let all = || Reading { imports_purged: true, ..reading() };
    assert_eq!(import_as(&app, dir.path(), all()).0, summary(1, 0, 1, 0, 0));
    app.get("/v1/articles/one").ok().await;
    // It is as any other again.
    assert_eq!(purged(), 0);
    assert_eq!(import(&app, dir.path()).0, summary(0, 0, 2, 0, 0));
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

/// What an editor has written stays, member by member.
#[actix_web::test]
async fn what_an_editor_wrote_outlives_an_edited_file() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("one.md");
    fs::write(&file, PAGE).unwrap();
    import(&app, dir.path());
    let article = app.get("/v1/articles/one").ok().await;
    let text = json!({"body": "Checked by the desk.", "summary": "Ours"});
    app.key().patch(path_of(&article), text).ok().await;
    fs::write(&file, PAGE.replace("2048", "2049").replace("The *text*.", "Other text.")).unwrap();
    for title in ["2049", "2050"] {
        fs::write(&file, PAGE.replace("2048", title).replace("The *text*.", "Other text."))
            .unwrap();
        let (done, lines) = import(&app, dir.path());
        assert_eq!(done, summary(0, 1, 0, 0, 0));
        let told =
            lines.iter().any(|line| line.ends_with("was edited here, and stays so: body, summary"));
        assert!(told, "{lines:?}");
        let kept = app.get("/v1/articles/one").ok().await;
        assert_eq!((&kept["title"], &kept["summary"]), (&json!(title), &json!("Ours")));
        assert_eq!(kept["body_html"], "<p>Checked by the desk.</p>\n");
    }
}

/// A draft that an import has made of an article is its own to publish again; that of an editor is not.
#[actix_web::test]
async fn what_an_editor_unpublished_stays_so() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("one.md");
    let state = async || app.key().get("/v1/articles/one").ok().await["state"].clone();
    let page = |more: &str| fs::write(&file, PAGE.replace("deck: D", more)).unwrap();
    for (more, want) in
        [("deck: D", "published"), ("draft: true", "draft"), ("deck: E", "published")]
    {
        page(more);
        import(&app, dir.path());
        assert_eq!(state().await, want, "{more}");
    }
    let article = app.get("/v1/articles/one").ok().await;
    app.act(&article, "unpublish", json!({})).await;
    page("deck: F");
    let (_, lines) = import(&app, dir.path());
    assert!(
        lines.iter().any(|line| line.ends_with("was unpublished here, and stays so")),
        "{lines:?}"
    );
    assert_eq!(state().await, "draft");
    // And what an editor published stays public, which is told.
    app.act(&article, "publish", json!({})).await;
    page("draft: true");
    let (_, lines) = import(&app, dir.path());
    assert!(lines.iter().any(|line| line.contains("an editor has published it here")), "{lines:?}");
    assert_eq!(state().await, "published");
}

/// Sites take a page back by moving it: its article is known by the former place, and stays public.
#[actix_web::test]
async fn a_page_that_was_moved_is_told_of() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let page = PAGE.replace("slug: one\n", "").replace("2048", "Secret deal");
    fs::write(dir.path().join("one.md"), &page).unwrap();
    import(&app, dir.path());
    app.get("/v1/articles/secret-deal").ok().await;
    fs::remove_file(dir.path().join("one.md")).unwrap();
    fs::write(dir.path().join("kept.md"), page.replace("deck: D", "draft: true")).unwrap();
    let (done, lines) = import(&app, dir.path());
    assert_eq!((done.created, done.refused), (1, 0), "{lines:?}");
    let told = |line: &String| {
        line.contains("the article `secret-deal` was imported from ")
            && line.contains("one.md, which is gone, and is public and stays so")
    };
    assert!(lines.iter().any(told), "{lines:?}");
    assert_eq!(app.key().get("/v1/articles/secret-deal-2").ok().await["state"], "draft");
    // Of two pages with one title that are both there nothing is told.
    fs::write(dir.path().join("third.md"), &page).unwrap();
    fs::write(dir.path().join("one.md"), &page).unwrap();
    let (_, lines) = import(&app, dir.path());
    assert!(!lines.iter().any(told), "{lines:?}");
}

/// What was not done is not told, and not counted.
#[actix_web::test]
async fn a_refused_page_is_told_of_in_one_line() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("one.md"), PAGE).unwrap();
    let said = "The ferries stay in port until Monday, said the harbour master of Brinmouth.";
    let page = PAGE.replace("The *text*.", &format!("{said}\n\nThe strait is closed.\n\n{said}"));
    fs::write(dir.path().join("two.md"), &page).unwrap();
    let fixing = || Reading { fixes: true, ..reading() };
    let (done, lines) = import_as(&app, dir.path(), fixing());
    assert_eq!(done, summary(1, 0, 0, 0, 1));
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("belongs to another article"), "{lines:?}");
    // It is told once it is done.
    fs::write(dir.path().join("two.md"), page.replace("slug: one", "slug: two")).unwrap();
    let (done, lines) = import_as(&app, dir.path(), fixing());
    assert_eq!(done, summary(1, 0, 1, 0, 0));
    let is_told = |what: &str| lines.iter().any(|line| line.contains(what));
    assert!(is_told("it is taken out") && is_told("warning: in the texts: "), "{lines:?}");
}

/// A schedule that an editor took back is not made again.
#[actix_web::test]
async fn a_schedule_that_an_editor_took_back_is_not_made_again() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("one.md");
    let page = PAGE.replace("2014-09-19", "2030-09-19");
    fs::write(&file, &page).unwrap();
    import(&app, dir.path());
    let article = app.key().get("/v1/articles/one").ok().await;
    assert_eq!(article["state"], "scheduled");
    app.act(&article, "unpublish", json!({})).await;
    for page in [page.replace("2048", "2049"), PAGE.replace("2048", "2050")] {
        fs::write(&file, page).unwrap();
        import(&app, dir.path());
        assert_eq!(app.key().get("/v1/articles/one").ok().await["state"], "draft");
    }
}

/// A provider's kill changes no text, and an older item does not undo it.
#[actix_web::test]
async fn a_kill_takes_the_article_back_and_not_its_text() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("item.json");
    let item = |state: &str, created: &str, more: Value| {
        let mut item = json!({
            "uri": "urn:wire:1", "type": "text", "standard": {"name": "ninjs", "version": "3.1"},
            "pubStatus": state, "versionCreated": created,
        });
        item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fs::write(&file, item.to_string()).unwrap();
    };
    let text = json!({"headlines": [{"value": "Storm"}], "bodies": [{"value": "It blew."}]});
    item("usable", "2026-01-09T10:00:00Z", text.clone());
    import(&app, &file);
    app.get("/v1/articles/storm").ok().await;
    item("canceled", "2026-01-09T12:00:00Z", json!({}));
    import(&app, &file);
    app.get("/v1/articles/storm").refused("article_withdrawn").await;
    let kept = app.key().get("/v1/articles/storm").ok().await;
    assert_eq!((&kept["title"], &kept["state"]), (&json!("Storm"), &json!("withdrawn")));
    for created in ["2026-01-09T11:00:00Z", "2026-01-09T12:00:00Z"] {
        item("usable", created, text.clone());
        let (done, lines) = import(&app, &file);
        assert_eq!((done.updated, done.unchanged), (0, 1), "{lines:?}");
        app.get("/v1/articles/storm").refused("article_withdrawn").await;
    }
    item("usable", "2026-01-10T08:00:00Z", text);
    import(&app, &file);
    app.get("/v1/articles/storm").ok().await;
}
