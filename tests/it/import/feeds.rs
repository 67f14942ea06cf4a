//! Real feeds of other programs: what they show is what is public here.
//! Skipped, visibly, where the feeds are not there.

use std::fs;

use serde_json::{Value, json};

use super::{exported, import};
use crate::support::TestApp;
use crate::support::make::text;

/// The articles that readers or editors see, by their titles.
async fn listed(app: &TestApp, with_key: bool) -> Vec<Value> {
    let get = app.get("/v1/articles?limit=100");
    let get = if with_key { get.key() } else { get };
    let list = get.ok().await;
    let mut items = list["items"].as_array().unwrap().clone();
    items.sort_unstable_by_key(|item| text(&item["title"]).to_owned());
    items
}

fn titles(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| text(&item["title"])).collect()
}

#[actix_web::test]
async fn feeds_of_every_form_say_the_same() {
    for (name, storm) in [
        ("feeds/feedgen-1.0.0.rss", "storm"),
        ("feeds/feedgen-1.0.0.atom", "storm"),
        ("feeds/npm-feed-6.0.0.rss", "storm"),
        ("feeds/npm-feed-6.0.0.atom", "storm"),
        ("feeds/npm-feed-6.0.0.json", "storm"),
    ] {
        let Some(path) = exported(name) else {
            return;
        };
        let app = TestApp::new().await;
        let (done, lines) = import(&app, &path);
        assert_eq!((done.created, done.refused), (3, 0), "{name}: {lines:#?}");
        let public = listed(&app, false).await;
        let want = match name.starts_with("feeds/feedgen") {
            true => [
                "Bridge opens",
                "Storm closes the strait – “no ferries until Monday” & more",
                "Summary only",
            ],
            false => {
                ["Audio", "No id", "Storm closes the strait – “no ferries until Monday” & more"]
            }
        };
        assert_eq!(titles(&public), want, "{name}");
        // The address of the page leads to it.
        let slug = "storm-closes-the-strait-no-ferries-until-monday-more";
        let moved = app.get(format!("/v1/articles/{storm}")).expect(308).await;
        assert_eq!(moved.header("location"), format!("/v1/articles/{slug}"), "{name}");
        let article = app.get(format!("/v1/articles/{slug}")).ok().await;
        assert_eq!(article["published_at"], "2026-01-09T17:30:00.000000Z", "{name}");
        assert_eq!(article["summary"], "All crossings are cancelled.", "{name}");
        assert!(text(&article["body"]).contains("Supplied by Northwire."), "{name}");
        assert_eq!(article["external_id"], "https://courier.example/a/1", "{name}");
        assert_eq!(article["source"]["name"], "The Quay Courier", "{name}");
        assert_eq!(article["tags"], json!(["harbour", "lodz"]), "{name}");
        let authors: Vec<&str> = article["authors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|author| text(&author["name"]))
            .collect();
        assert_eq!(authors.first(), Some(&"Ida Marsh"), "{name}");
        assert!(!article.to_string().contains("ida@"), "{name}: an address came out");
        if name.starts_with("feeds/npm") {
            assert_eq!(
                article["image"]["url"], "https://courier.example/strait.png?a=1&b=2",
                "{name}"
            );
            // An audio file is no picture, whatever its type.
            let audio = public.iter().find(|item| item["title"] == "Audio").unwrap();
            assert_eq!(audio["image"], Value::Null, "{name}");
        }
        let (again, lines) = import(&app, &path);
        assert_eq!(
            (again.created, again.updated, again.unchanged),
            (0, 0, 3),
            "{name}: {lines:#?}"
        );
    }
}

#[actix_web::test]
async fn of_a_site_s_feed_all_that_has_a_date_is_public() {
    for (name, public_there, refused) in [
        // Hugo's page without a date says year 1.
        ("hugo/feeds/index-0.111.3.xml", 9, 1),
        ("hugo/feeds/index-0.168.0.xml", 10, 1),
        ("jekyll/feeds/feed.xml", 5, 0),
    ] {
        let Some(path) = exported(name) else {
            return;
        };
        let app = TestApp::new().await;
        let (done, lines) = import(&app, &path);
        assert_eq!(
            (done.created + done.refused, done.refused),
            (public_there, refused),
            "{name}: {lines:#?}"
        );
        let public = listed(&app, false).await;
        assert_eq!(public.len(), public_there - refused, "{name}: {:?}", titles(&public));
    }
}

#[actix_web::test]
async fn hugo_s_feed_has_summaries_and_says_so() {
    let Some(path) = exported("hugo/feeds/index-0.168.0.xml") else {
        return;
    };
    let app = TestApp::new().await;
    let (_, lines) = import(&app, &path);
    let cut = lines
        .iter()
        .filter(|line| line.contains("only a summary: the notice at its end may be missing"));
    assert_eq!(cut.count(), 9, "{lines:#?}");
    assert!(
        lines.iter().any(|line| line.contains("/1/01/") && line.contains("has no date")),
        "{lines:#?}"
    );
    let pictures = app.get("/v1/articles/a-page-with-its-pictures").ok().await;
    assert!(
        text(&pictures["body"])
            .contains("https://courier.example/2026/01/a-page-with-its-pictures/a.png"),
        "{pictures}"
    );
}

#[actix_web::test]
async fn what_a_feed_shows_of_the_future_is_a_schedule() {
    for name in ["pelican/feeds/all.atom.xml", "pelican/feeds/all.rss.xml"] {
        let Some(path) = exported(name) else {
            return;
        };
        let app = TestApp::new().await;
        let (done, lines) = import(&app, &path);
        assert_eq!((done.created, done.refused), (6, 0), "{name}: {lines:#?}");
        let public = listed(&app, false).await;
        assert!(!titles(&public).contains(&"New year address"), "{name}");
        assert_eq!(public.len(), 5, "{name}");
        let known = listed(&app, true).await;
        let address = known.iter().find(|item| item["title"] == "New year address").unwrap();
        assert_eq!(address["state"], "scheduled", "{name}");
    }
}

#[actix_web::test]
async fn a_feed_does_not_overwrite_the_article_of_another() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("feed.xml");
    let write = |link: &str, guid: &str, title: &str| {
        let feed = format!(
            "<rss version=\"2.0\"><channel><title>T</title><link>{link}</link><item><title>{title}</title><guid>{guid}</guid><pubDate>Fri, 09 Jan 2026 18:30:00 +0100</pubDate><description>x</description></item></channel></rss>"
        );
        fs::write(&file, feed).unwrap();
    };
    write("http://www.courier.example/", "http://courier.example/1", "Storm");
    let (done, lines) = import(&app, &file);
    assert_eq!(done.created, 1, "{lines:#?}");
    write("https://other.example/", "http://courier.example/1", "Forged");
    let (done, lines) = import(&app, &file);
    assert_eq!((done.updated, done.refused), (0, 1), "{lines:#?}");
    assert_eq!(titles(&listed(&app, false).await), ["Storm"]);
    // A site that moves to https keeps its articles.
    write("https://courier.example", "https://courier.example/1", "Storm");
    let (done, lines) = import(&app, &file);
    assert_eq!((done.created, done.updated, done.refused), (0, 1, 0), "{lines:#?}");
    assert_eq!(titles(&listed(&app, false).await), ["Storm"]);
}

/// What a house says in its own words is heard, in a feed of JSON and one of XML.
#[actix_web::test]
async fn what_a_feed_keeps_back_in_its_own_words_is_not_public() {
    let dir = tempfile::tempdir().unwrap();
    let date = "2026-01-09T17:30:00Z";
    let item = |id: &str, more: Value| {
        let mut item = json!({"id": id, "title": id, "content_text": "x", "date_published": date});
        item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        item
    };
    let feed = json!({
        "version": "https://jsonfeed.org/version/1.1", "title": "T", "home_page_url": "https://site.example/",
        "items": [
            item("Open", json!({"_house": {"premium": false, "disclaimer": "No advice"}})),
            item("Embargoed", json!({"_house": {"embargo_until": "2999-01-01T00:00:00Z"}})),
            item("Members", json!({"_members": {"only": true}})),
            item("Unclear", json!({"_visibility": "gold"})),
        ],
    });
    let element = |id: &str, more: &str| {
        format!(
            "<item><title>{id}</title><guid>{id}</guid><pubDate>Fri, 09 Jan 2026 18:30:00 +0100</pubDate><description>x</description>{more}</item>"
        )
    };
    let rss = format!(
        "<rss version=\"2.0\" xmlns:h=\"h\" xmlns:prism=\"p\"><channel><title>T</title><link>https://site.example/</link>{}{}{}{}</channel></rss>",
        element("Open", "<h:premium>false</h:premium><h:disclaimer>No advice</h:disclaimer>"),
        element("Embargoed", "<prism:embargoDate>2999-01-01</prism:embargoDate>"),
        element("Members", "<h:visibility>members</h:visibility>"),
        element("Unclear", "<h:visibility>gold</h:visibility>"),
    );
    for (name, text) in [("feed.json", feed.to_string()), ("feed.xml", rss)] {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        let app = TestApp::new().await;
        let (done, lines) = import(&app, &path);
        assert_eq!((done.created, done.refused), (3, 1), "{name}: {lines:#?}");
        let public = listed(&app, false).await;
        assert_eq!(titles(&public), ["Open"], "{name}");
        let article = app.get("/v1/articles/open").ok().await;
        assert_eq!(article["metadata"]["disclaimer"], "No advice", "{name}");
        assert!(
            lines.iter().any(|line| line.contains("candidate for a disclaimer: No advice")),
            "{name}: {lines:#?}"
        );
    }
}

#[actix_web::test]
async fn the_two_feeds_of_a_site_are_the_same_articles() {
    let (Some(atom), Some(rss)) =
        (exported("pelican/feeds/all.atom.xml"), exported("pelican/feeds/all.rss.xml"))
    else {
        return;
    };
    let app = TestApp::new().await;
    import(&app, &atom);
    let (done, lines) = import(&app, &rss);
    assert_eq!((done.created, done.updated + done.unchanged), (0, 6), "{lines:#?}");
}
