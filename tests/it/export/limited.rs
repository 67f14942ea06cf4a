//! An export of a part of the newsroom: it has what was asked for, and names nothing else.

use copydesk::domain::instant::{Clock as _, Instant};
use copydesk::export::{Filters, Part};
use serde_json::{Value, json};

use super::{all, count, empty_like, exported, lines, newsroom, restored};
use crate::support::TestApp;
use crate::support::database::url_of;
use crate::support::make::{path_of, text};
use crate::support::process::command;

/// The articles of an export.
fn articles(text: &str) -> Vec<Value> {
    lines(text).into_iter().filter(|line| line["record"] == "article").collect()
}

/// The titles of the articles that were published within some time.
fn titles(app: &TestApp, after: Option<Instant>, before: Option<Instant>) -> Vec<String> {
    let filters =
        Filters { published_after: after, published_before: before, ..Filters::default() };
    let titles = |line: &Value| text(&line["content"]["title"]).to_owned();
    articles(&exported(app, &filters).0).iter().map(titles).collect()
}

#[actix_web::test]
async fn a_limited_export_names_no_article_that_it_has_not() {
    let room = newsroom().await;
    let of = |section: Option<&str>, after: Option<Instant>| Filters {
        section: section.map(str::to_owned),
        published_after: after,
        ..Filters::default()
    };
    let withdrawn = |text: &str| {
        let articles = articles(text).into_iter();
        articles.filter(|line| line["content"]["state"] == "withdrawn").collect::<Vec<_>>()
    };
    let plain = text(&room.articles[1]["id"]);
    assert!(all(&room.app).contains(&format!(
        "\"details\":{{\"notice\":\"It was wrong.\",\"replaced_by\":\"{plain}\"}}"
    )));
    // What replaces "Wrong" was published before that.
    let (text, _) = exported(&room.app, &of(None, room.instants.get(9).copied()));
    let found = withdrawn(&text);
    assert!(found.len() == 1 && found[0]["removal"]["replaced_by"].is_null(), "{found:?}");
    assert!(text.contains("\"details\":{\"notice\":\"It was wrong.\"}"), "{text}");
    assert!(!text.contains(plain), "{text}");
    // Drafts and what is yet to be published are not published.
    let (text, counts) = exported(&room.app, &of(None, room.instants.first().copied()));
    assert!(counts.articles > 0);
    assert!(!text.contains("\"title\":\"A draft\""), "a schedule");
    assert!(withdrawn(&text)[0]["removal"]["replaced_by"].is_string());
    assert!(withdrawn(&exported(&room.app, &of(Some("city"), None)).0).is_empty());
}

/// Readers are told the end of an embargo as the time of publication, and never had what was taken offline under it.
#[actix_web::test]
async fn dates_are_those_that_readers_are_told() {
    let app = TestApp::new().await;
    let start = app.clock.now().as_micros();
    let [soon, later] =
        [10, 3_600].map(|seconds| Instant::from_micros(start + seconds * 1_000_000));
    let under = |title: &str, until: Instant| json!({"title": title, "state": "published", "embargo_until": until.to_string()});
    app.article_of(under("Shown", soon)).await;
    app.article_of(under("Hidden", later)).await;
    let withdrawn = app.article_of(under("Withdrawn", soon)).await;
    let blocked = app.article_of(under("Blocked", soon)).await;
    app.act(&withdrawn, "withdraw", json!({"notice": "It was wrong."})).await;
    app.act(&blocked, "block", json!({"authority": "A court", "reference": "1/26"})).await;
    let trashed = app.article_of(json!({"title": "Trashed", "state": "published"})).await;
    app.key().delete(path_of(&trashed)).done().await;
    app.clock.advance(20_000_000);
    assert_eq!(titles(&app, Some(soon), None), ["Shown"]);
    assert!(titles(&app, None, Some(soon)).is_empty());
    assert_eq!(titles(&app, Some(Instant::from_micros(0)), None), ["Shown"]);
    assert_eq!(count(&all(&app), "article"), 5);
    // What readers had, they had, whatever became of it.
    let room = newsroom().await;
    let had = titles(&room.app, Some(Instant::from_micros(0)), None);
    assert_eq!(had, ["Storm 2", "Plain", "Wrong", "Blocked"]);
}

#[actix_web::test]
async fn an_export_can_be_limited_and_is_read_back_all_the_same() {
    let room = newsroom().await;
    let app = &room.app;
    app.key_with(&["drafts:read"]).await;
    let of = |only: &[Part]| Filters { only: only.to_vec(), ..Filters::default() };
    let (text, counts) = exported(app, &of(&[Part::Disclaimers]));
    assert_eq!((counts.articles, counts.keys), (0, 0));
    assert_eq!(count(&text, "disclaimer"), 3);
    assert_eq!(
        lines(&text)[0],
        json!({"record": "copydesk", "schema": 1, "only": ["disclaimers"]})
    );
    let (text, counts) = exported(app, &of(&[Part::Articles]));
    assert_eq!((counts.articles, counts.comments), (room.articles.len() as u64, 0));
    assert_eq!(count(&text, "disclaimer"), 3, "they come along");
    let other = empty_like(app).await;
    restored(&other, &text).unwrap();
    let shown = other.get("/v1/articles/storm-2").ok().await;
    assert_eq!(shown["comment_count"], 0);
    let city = Filters { section: Some("city".to_owned()), ..Filters::default() };
    let (text, counts) = exported(app, &city);
    assert_eq!((counts.articles, counts.keys), (2, 0));
    assert_eq!(lines(&text)[0]["section"], "city");
    let with_keys = Filters { only: vec![Part::Articles, Part::Keys], ..city };
    assert_eq!(exported(app, &with_keys).1.keys, 1);
    let other = empty_like(app).await;
    restored(&other, &text).unwrap();
    assert_eq!(other.get("/v1/tags/weather").ok().await["name"], "The weather");
    // What others are called is not in it.
    let desk = Filters { section: Some("new-desk".to_owned()), ..Filters::default() };
    let (text, counts) = exported(app, &desk);
    assert_eq!((counts.articles, counts.terms), (1, 0));
    assert!(!text.contains("The weather"), "{text}");
    // Published within some time: what was never published is not.
    let (from, end) = (room.instants[0], room.instants[2]);
    assert_eq!(titles(app, Some(from), Some(end)), ["Storm 2"]);
}

#[actix_web::test]
async fn the_command_says_that_nothing_is_left() {
    let room = newsroom().await;
    let folder = tempfile::tempdir().unwrap();
    let mut export = command(folder.path());
    export.env("DATABASE_URL", url_of(&room.app.location));
    export.args(["export", "-", "--section", "City", "--published-before", "1990-01-01T00:00:00Z"]);
    let done = export.output().unwrap();
    assert!(done.status.success(), "{done:?}");
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(told.contains("warning: no article meets"), "{told}");
    assert_eq!(count(&String::from_utf8_lossy(&done.stdout), "article"), 0);
}
