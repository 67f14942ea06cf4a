//! Records of other systems: versions, withdrawals and disclaimers of articles, and what comments find them by.

use copydesk::articles::words::{State, TermKind};
use copydesk::articles::{
    ImportedArticle, Lifted, Outcome, Shown, article_by_source, article_of, import, public_slug,
};
use copydesk::disclaimers::ids::DisclaimerId;
use copydesk::domain::ids::SystemEntropy;
use copydesk::domain::markup::{Markup, Renderer};
use copydesk::problem::Problem;
use copydesk::web::input::read_body;
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{attachment, path_of, text, texts};

/// A published article of 2020.
fn article(digest: u8, title: &str) -> ImportedArticle {
    of(
        digest,
        json!({"title": title, "slug": "storm", "state": "published", "published_at": "2020-01-01T00:00:00Z"}),
    )
}

fn of(digest: u8, members: Value) -> ImportedArticle {
    ImportedArticle {
        source_id: "test 1".to_owned(),
        sha256: [digest; 32],
        article: read_body(members).unwrap(),
        said: Vec::new(),
        former_slugs: Vec::new(),
        names: Vec::new(),
        addresses: Vec::new(),
        source_version: None,
        withdrawn: None,
        disclaimers: Vec::new(),
        is_wanted_again: false,
        rendered: Renderer::default().render("", Markup::Markdown).unwrap(),
    }
}

async fn take(app: &TestApp, article: ImportedArticle) -> Result<Outcome, Problem> {
    let db = app.db();
    let done = db.write(move |conn, now| import(conn, &article, &SystemEntropy, now)).await;
    done.map(|done| done.outcome)
}

/// The slug of the article that comments with one of these addresses are on.
fn found(app: &TestApp, on: &[&str]) -> Option<String> {
    let on: Vec<String> = on.iter().map(|one| (*one).to_owned()).collect();
    app.db().read(|conn| article_of(conn, &on)).unwrap().map(|row| row.slug)
}

#[actix_web::test]
async fn an_older_version_changes_nothing() {
    let app = TestApp::new().await;
    let version = |digest, title: &str, source_version| ImportedArticle {
        source_version,
        ..article(digest, title)
    };
    for (digest, number, outcome, title) in [
        (1, Some(9), Outcome::Created(State::Published), "1"),
        (2, Some(10), Outcome::Updated(State::Published), "2"),
        (1, Some(9), Outcome::Older, "2"),
        (2, Some(10), Outcome::Unchanged, "2"),
        // It may be read in another way, as with other options.
        (3, Some(10), Outcome::Updated(State::Published), "3"),
        // One that is not counted is as it says.
        (4, None, Outcome::Updated(State::Published), "4"),
        (5, Some(1), Outcome::Updated(State::Published), "5"),
    ] {
        let done = take(&app, version(digest, &digest.to_string(), number)).await.unwrap();
        assert_eq!(done, outcome, "{digest}");
        assert_eq!(app.get("/v1/articles/storm").ok().await["title"], title);
    }
}

/// What an export says that is newer, and the same, is what an older one must not undo.
#[actix_web::test]
async fn the_same_in_a_newer_version_is_newer() {
    let app = TestApp::new().await;
    let hours = |hour: i64| Some(1_767_000_000_000_000 + hour * 3_600_000_000);
    for (digest, version, outcome, title) in [
        (1, None, Outcome::Created(State::Published), "1"),
        (1, hours(2), Outcome::Unchanged, "1"),
        (1, hours(1), Outcome::Unchanged, "1"),
        (2, hours(1), Outcome::Older, "1"),
        (2, hours(2), Outcome::Updated(State::Published), "2"),
        (2, hours(9), Outcome::Unchanged, "2"),
        (1, hours(8), Outcome::Older, "2"),
        (1, hours(9), Outcome::Updated(State::Published), "1"),
    ] {
        let one =
            ImportedArticle { source_version: version, ..article(digest, &digest.to_string()) };
        assert_eq!(take(&app, one).await.unwrap(), outcome, "{digest} {version:?}");
        assert_eq!(app.get("/v1/articles/storm").ok().await["title"], title);
    }
}

/// Of two articles that are to have one slug readers get theirs, whatever came first.
#[actix_web::test]
async fn a_draft_leaves_its_slug_to_what_is_public() {
    let draft = |digest, title: &str| ImportedArticle {
        source_id: "test draft".to_owned(),
        ..of(digest, json!({"title": title, "slug": "storm", "state": "draft"}))
    };
    for draft_first in [true, false] {
        let app = TestApp::new().await;
        if draft_first {
            take(&app, draft(1, "Plans")).await.unwrap();
        }
        let done = take(&app, article(1, "Storm")).await.unwrap();
        assert_eq!(done, Outcome::Created(State::Published));
        if !draft_first {
            take(&app, draft(1, "Plans")).await.unwrap();
        }
        assert_eq!(app.get("/v1/articles/storm").ok().await["title"], "Storm");
        let own = if draft_first { "storm-2" } else { "plans" };
        let slug = format!("/v1/articles/{own}");
        assert_eq!(app.key().get(&slug).ok().await["title"], "Plans");
        // Its source still wants the other one.
        let done = take(&app, draft(2, "Further plans")).await.unwrap();
        assert_eq!(done, Outcome::Updated(State::Draft));
        assert_eq!(app.key().get(&slug).ok().await["title"], "Further plans");
        // An editor's draft stays as it is, and so does what was public once.
        let app = TestApp::new().await;
        if draft_first {
            app.article_of(json!({"title": "Ours", "slug": "storm"})).await;
        } else {
            take(&app, article(1, "Once public")).await.unwrap();
            take(&app, of(2, json!({"title": "Back", "slug": "storm", "state": "draft"})))
                .await
                .unwrap();
        }
        let other = ImportedArticle { source_id: "test 2".to_owned(), ..article(1, "Storm") };
        assert!(take(&app, other).await.is_err());
    }
}

#[actix_web::test]
async fn what_its_source_has_withdrawn_is_withdrawn() {
    let app = TestApp::new().await;
    let withdrawn = |digest, notice: &str| ImportedArticle {
        withdrawn: Some(notice.to_owned()),
        ..article(digest, "Storm")
    };
    let done = take(&app, withdrawn(1, "Killed by the agency.")).await.unwrap();
    assert_eq!(done, Outcome::Created(State::Withdrawn));
    let gone = app.get("/v1/articles/storm").expect(410).await.problem("article_withdrawn");
    assert_eq!(gone["notice"], "Killed by the agency.");
    // Its source shows it again, and then no longer.
    let back = Outcome::Updated(State::Published);
    assert_eq!(take(&app, article(2, "Storm")).await.unwrap(), back);
    app.get("/v1/articles/storm").ok().await;
    let done = take(&app, withdrawn(3, " ")).await.unwrap();
    assert_eq!(done, Outcome::Updated(State::Withdrawn));
    let gone = app.get("/v1/articles/storm").expect(410).await.problem("article_withdrawn");
    assert_eq!(gone["notice"], Value::Null);
    // An editor's decision stays, whatever its source says.
    let row = app.key().get("/v1/articles/storm").ok().await;
    app.act(&row, "publish", json!({})).await;
    assert_eq!(take(&app, withdrawn(4, "Again.")).await.unwrap(), back);
    app.act(&row, "withdraw", json!({"notice": "Ours."})).await;
    assert_eq!(take(&app, article(5, "Storm")).await.unwrap(), Outcome::Updated(State::Withdrawn));
    let gone = app.get("/v1/articles/storm").expect(410).await.problem("article_withdrawn");
    assert_eq!(gone["notice"], "Ours.");
}

/// What is counted as public is what readers have.
#[actix_web::test]
async fn what_readers_have_of_it_is_told() {
    let app = TestApp::new().await;
    let later = "2027-01-01T00:00:00Z";
    for (more, shown) in [
        (json!({}), Shown::Public),
        (json!({"access": "restricted"}), Shown::Public),
        (json!({"expires_at": later}), Shown::Public),
        (json!({"expires_at": "2021-01-01T00:00:00Z"}), Shown::Nothing),
        (json!({"embargo_until": later}), Shown::Later),
        (json!({"embargo_until": later, "expires_at": "2026-12-01T00:00:00Z"}), Shown::Nothing),
        (json!({"published_at": later}), Shown::Later),
        (json!({"state": "draft"}), Shown::Nothing),
    ] {
        let mut members =
            json!({"title": "Storm", "state": "published", "published_at": "2020-01-01T00:00:00Z"});
        members.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let article = ImportedArticle { source_id: more.to_string(), ..of(1, members) };
        let db = app.db();
        let done = db.write(move |conn, now| import(conn, &article, &SystemEntropy, now)).await;
        assert_eq!(done.unwrap().shown, Some(shown), "{more}");
    }
}

/// Readers are told nothing of what they never had.
#[actix_web::test]
async fn what_was_to_come_and_is_withdrawn_stays_unknown() {
    let app = TestApp::new().await;
    let later = json!({"title": "Storm", "slug": "storm", "state": "published", "published_at": "2027-01-01T00:00:00Z"});
    let killed = |digest| ImportedArticle {
        withdrawn: Some("Killed.".to_owned()),
        ..of(digest, later.clone())
    };
    assert_eq!(take(&app, killed(1)).await.unwrap(), Outcome::Created(State::Draft));
    app.get("/v1/articles/storm").expect(404).await;
    let scheduled = of(2, later.clone());
    assert_eq!(take(&app, scheduled).await.unwrap(), Outcome::Updated(State::Scheduled));
    assert_eq!(take(&app, killed(3)).await.unwrap(), Outcome::Updated(State::Draft));
    let scheduled = ImportedArticle {
        source_id: "test 2".to_owned(),
        ..of(
            1,
            json!({"title": "Flood", "slug": "flood", "state": "published", "published_at": "2027-01-01T00:00:00Z"}),
        )
    };
    assert_eq!(take(&app, scheduled).await.unwrap(), Outcome::Created(State::Scheduled));
    // Its date is gone too.
    let past = ImportedArticle {
        source_id: "test 2".to_owned(),
        withdrawn: Some("Killed.".to_owned()),
        ..of(
            2,
            json!({"title": "Flood", "slug": "flood", "state": "published", "published_at": "2020-01-01T00:00:00Z"}),
        )
    };
    assert_eq!(take(&app, past).await.unwrap(), Outcome::Updated(State::Draft));
    app.get("/v1/articles/flood").expect(404).await;
}

/// The newsroom's first disclaimer, by this key.
fn lifted(key: &str) -> Lifted {
    Lifted { key: key.to_owned(), disclaimer: DisclaimerId(1), version: 1 }
}

#[actix_web::test]
async fn an_article_carries_the_disclaimers_that_its_source_names() {
    let app = TestApp::new().await;
    let notice = app.disclaimer("notice").await;
    let carrying = |digest, keys: &[&str]| ImportedArticle {
        disclaimers: keys.iter().map(|key| lifted(key)).collect(),
        ..article(digest, "Storm")
    };
    let unknown = take(&app, carrying(1, &["notice", "unknown"])).await.unwrap_err();
    assert_eq!(unknown.member("errors").unwrap()[0]["pointer"], "/disclaimers");
    app.get("/v1/articles/storm").expect(404).await;
    take(&app, carrying(1, &["notice", "notice"])).await.unwrap();
    let row = app.get("/v1/articles/storm").ok().await;
    assert_eq!(texts(&row["disclaimers"], "key"), ["notice"]);
    take(&app, carrying(2, &["notice"])).await.unwrap();
    assert_eq!(app.get("/v1/articles/storm").ok().await["version"], 3);
    // What an editor took off stays off, and its words are in no text that leaves without it.
    app.key().delete(attachment(&row, &notice)).done().await;
    let refused = take(&app, carrying(3, &["notice"])).await.unwrap_err();
    assert_eq!(refused.member("errors").unwrap()[0]["pointer"], "/disclaimers");
    let row = app.get("/v1/articles/storm").ok().await;
    assert_eq!((&row["disclaimers"], &row["version"]), (&json!([]), &json!(4)));
    // One that is retired is given to no more articles.
    app.key().post_empty(format!("/v1/disclaimers/{}/retire", text(&notice["id"]))).ok().await;
    let other =
        ImportedArticle { source_id: "test 2".to_owned(), ..of(1, json!({"title": "Flood"})) };
    let other = ImportedArticle { disclaimers: vec![lifted("notice")], ..other };
    assert!(take(&app, other).await.is_err());
}

#[actix_web::test]
async fn comments_find_their_article() {
    let app = TestApp::new().await;
    let named = ImportedArticle {
        addresses: vec![
            "https://site.example/2020/01/Storm-1/".to_owned(),
            "https://site.example/?p=17".to_owned(),
        ],
        former_slugs: vec!["gale".to_owned()],
        names: vec![(TermKind::Tag, "c-plus-plus".to_owned(), "C++".to_owned())],
        ..of(
            1,
            json!({"title": "Storm", "slug": "storm", "tags": ["c-plus-plus"], "external_id": "x 17", "state": "published", "published_at": "2020-01-01T00:00:00Z"}),
        )
    };
    take(&app, named).await.unwrap();
    // The address of the first that had it stays that one's.
    let other = ImportedArticle {
        source_id: "test 2".to_owned(),
        addresses: vec!["https://site.example/?p=17".to_owned(), "/2020/01/flood".to_owned()],
        ..of(
            1,
            json!({"title": "Flood", "slug": "flood", "external_id": "x 18", "source": {"name": "Wire"}}),
        )
    };
    take(&app, other).await.unwrap();
    for (on, slug) in [
        ("https://site.example/2020/01/Storm-1/", Some("storm")),
        ("http://www.site.example/2020/01/Storm-1?utm=x#c7", Some("storm")),
        ("/2020/01/Storm-1", Some("storm")),
        ("https://site.example/?p=17", Some("storm")),
        ("https://site.example/?p=18", None),
        ("https://site.example/", None),
        ("/elsewhere/storm.html", Some("storm")),
        ("gale", Some("storm")),
        ("x 17", Some("storm")),
        ("https://blog.example/2020/01/flood/", Some("flood")),
        ("x 18", Some("flood")),
        ("/2020/01/", None),
        ("x\0", None),
        ("", None),
    ] {
        assert_eq!(found(&app, &[on]).as_deref(), slug, "{on}");
    }
    // What is more certain comes first.
    assert_eq!(found(&app, &["flood", "x 17", "/2020/01/Storm-1/"]).as_deref(), Some("storm"));
    // Another provider may count as this one does: then the id says nothing.
    app.article_of(json!({"title": "Third", "external_id": "x 18", "source": {"name": "Other"}}))
        .await;
    assert_eq!(found(&app, &["x 18"]), None);
    let now = app.db().now(app.parts.clock.as_ref());
    let of_source = |id: &str| {
        let slug = app.db().read(|conn| public_slug(conn, id, now)).unwrap();
        (app.db().read(|conn| article_by_source(conn, id)).unwrap().map(|row| row.slug), slug)
    };
    assert_eq!(of_source("test 1"), (Some("storm".to_owned()), Some("storm".to_owned())));
    assert_eq!(of_source("test 2"), (Some("flood".to_owned()), None));
    assert_eq!(of_source("test 3"), (None, None));
    assert_eq!(app.get("/v1/tags/c-plus-plus").ok().await["name"], "C++");
    // None is found in the trash.
    let storm = app.get("/v1/articles/storm").ok().await;
    app.key().delete(path_of(&storm)).done().await;
    assert_eq!(found(&app, &["/2020/01/Storm-1/", "gale", "x 17"]), None);
    assert_eq!(of_source("test 1"), (None, None));
    app.key().delete(format!("{}?purge=true", path_of(&storm))).done().await;
    assert_eq!(app.count("select count(*) as n from imported_addresses"), 1);
}
