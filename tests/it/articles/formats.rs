//! Articles in feeds, sitemaps and other formats: none without its disclaimers, and each for those who may read it.

use std::sync::Arc;

use copydesk::web::public_url::PublicUrl;
use copydesk::web::publishing::{PagePattern, Publishing};
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{DAY, path_of, text};

const NOTICE: &str = "The text of notice.";

const FEEDS: [&str; 3] = ["/feeds/articles.rss", "/feeds/articles.atom", "/feeds/articles.json"];

/// A newsroom with an article, a licensed one, a draft and one that is gone; the first two carry a disclaimer.
async fn newsroom(app: &TestApp) -> (Value, Value) {
    let notice = app.disclaimer("notice").await;
    let of = |title: &str, more: Value| {
        let mut body = json!({"title": title, "state": "published", "summary": "In short.", "body": "The secret text."});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        app.article_of(body)
    };
    let open = of("Open", json!({"section": "city", "body": "The open text."})).await;
    let licensed = of("Licensed", json!({"access": "restricted"})).await;
    for article in [&open, &licensed] {
        app.attach(article, &notice).await;
    }
    of("A draft", json!({"state": "draft"})).await;
    let gone = of("Withdrawn", json!({})).await;
    app.act(&gone, "withdraw", json!({})).await;
    (open, licensed)
}

#[actix_web::test]
async fn a_feed_has_what_is_public_with_its_disclaimers() {
    let app = TestApp::new().await;
    newsroom(&app).await;
    for path in FEEDS {
        let answer = app.get(path).expect(200).await;
        let feed = answer.text();
        for there in ["Open", "The open text.", "Licensed", "In short."] {
            assert!(feed.contains(there), "{path} lacks {there}: {feed}");
        }
        for hidden in ["The secret text.", "A draft", "Withdrawn"] {
            assert!(!feed.contains(hidden), "{path} has {hidden}: {feed}");
        }
        assert!(feed.matches(NOTICE).count() >= 2, "{path}: {feed}");
        let tag = answer.header("etag");
        app.get(path).header("If-None-Match", tag).expect(304).await;
        let whole = app.key().get(path).expect(200).await;
        assert!(whole.text().contains("The secret text."), "{path}: who may read it reads it");
        assert!(!whole.text().contains("A draft"), "{path}: a feed has what is published");
        assert_eq!(whole.header("cache-control"), "private, no-store");
        app.as_key("wrong").get(path).refused("invalid_key").await;
        let narrowed = app.get(format!("{path}?section=city")).expect(200).await.text();
        assert!(narrowed.contains("Open") && !narrowed.contains("Licensed"), "{path}: {narrowed}");
        app.get(format!("{path}?state=draft")).refused("invalid_parameter").await;
    }
    for (path, accept, want) in [
        (FEEDS[0], "*/*", "application/rss+xml"),
        // The path names the format: a reader of one is given another's all the same.
        (FEEDS[0], "text/xml", "application/rss+xml"),
        (FEEDS[1], "application/rss+xml", "application/atom+xml"),
        ("/sitemap.xml", "text/html", "application/xml"),
        (FEEDS[1], "application/xml", "application/xml"),
        (FEEDS[2], "application/json", "application/json"),
        (FEEDS[2], "application/feed+json", "application/feed+json"),
    ] {
        let answer = app.get(path).header("Accept", accept).expect(200).await;
        assert_eq!(answer.header("content-type"), want, "{path} {accept}");
    }
}

#[actix_web::test]
async fn a_feed_has_pages() {
    let app = TestApp::new().await;
    newsroom(&app).await;
    let first = app.get("/feeds/articles.json?limit=1").header("Host", "news.example").ok().await;
    let next = text(&first["next_url"]).strip_prefix("http://news.example").unwrap();
    let second = app.get(next).ok().await;
    let title = |feed: &Value| text(&feed["items"][0]["title"]).to_owned();
    assert_eq!((title(&first), title(&second)), ("Licensed".to_owned(), "Open".to_owned()));
    assert_eq!(second["next_url"], Value::Null);
}

#[actix_web::test]
async fn links_go_by_the_settings_or_by_the_host() {
    let app = TestApp::new().await;
    newsroom(&app).await;
    // Two names for one server: nobody is given the other's links.
    for host in ["a.example", "b.example:8080", "a.example"] {
        let feed = app.get(FEEDS[2]).header("Host", host).ok().await;
        assert_eq!(text(&feed["feed_url"]), format!("http://{host}{}", FEEDS[2]));
    }
    let set = |parts: &mut copydesk::app::Parts| {
        *parts = parts.clone().known_as(PublicUrl::parse("https://news.example/api").unwrap());
        let pages = PagePattern::parse("https://news.example/{section}/{slug}.html").ok();
        parts.publishing =
            Arc::new(Publishing { name: "The News".to_owned(), pages, ..Publishing::default() });
    };
    let app = TestApp::changed(set).await;
    newsroom(&app).await;
    let feed = app.get(FEEDS[2]).header("Host", "a.example").ok().await;
    assert_eq!(feed["feed_url"], "https://news.example/api/feeds/articles.json");
    assert_eq!(feed["title"], "The News");
    assert_eq!(feed["items"][0]["url"], "https://news.example/licensed.html");
    assert_eq!(feed["items"][1]["url"], "https://news.example/city/open.html");
    let map = app.get("/sitemaps/1").expect(200).await.text();
    assert!(map.contains("<loc>https://news.example/city/open.html</loc>"), "{map}");
}

#[actix_web::test]
async fn the_format_is_asked_for_or_accepted() {
    let app = TestApp::new().await;
    let (open, licensed) = newsroom(&app).await;
    let path = path_of(&open);
    for (format, media_type) in [
        ("ninjs", "application/ninjs+json"),
        ("jsonld", "application/ld+json"),
        ("newsml", "application/vnd.iptc.g2.newsitem+xml"),
    ] {
        let asked = app.get(format!("{path}?format={format}")).expect(200).await;
        let accepted = app.get(&path).header("Accept", media_type).expect(200).await;
        for answer in [&asked, &accepted] {
            assert_eq!(answer.header("content-type"), media_type);
            assert!(answer.text().contains(NOTICE) && answer.text().contains("The open text."));
            assert!(answer.header("vary").contains(", Accept, Accept-Datetime"));
        }
        assert_eq!(asked.body, accepted.body);
        // What is kept of one media type is not given for another.
        assert_eq!(app.get(&path).expect(200).await.header("content-type"), "application/json");
        let refused = app.get(format!("{}?format={format}", path_of(&licensed)));
        refused.refused("article_restricted").await;
        app.get(format!("{path}?format={format}&fields=title")).refused("invalid_parameter").await;
        if format == "newsml" {
            app.get("/v1/articles?format=newsml").refused("invalid_parameter").await;
            continue;
        }
        let list = app.get(format!("/v1/articles?format={format}&limit=1")).expect(200).await;
        assert_eq!(list.header("content-type"), media_type);
        assert!(list.text().contains(NOTICE) && list.text().contains("Licensed"));
        assert!(!list.text().contains("The secret text."));
        assert!(list.header("link").contains("rel=\"next\""));
        for more in ["fields=title", "include=comments", "count=true", "facets=tag"] {
            let wrong = app.get(format!("/v1/articles?format={format}&{more}"));
            wrong.refused("invalid_parameter").await;
        }
    }
    // A page may be of another format than the one before.
    let list = app.get("/v1/articles?limit=1").ok().await;
    let second = format!("/v1/articles?limit=1&format=ninjs&cursor={}", text(&list["next"]));
    let second = app.get(second).ok().await;
    assert_eq!(second["_items"][0]["headlines"][0]["value"], "Open");
}

#[actix_web::test]
async fn sitemaps_have_what_is_public() {
    let app = TestApp::new().await;
    newsroom(&app).await;
    let index = app.get("/sitemap.xml").header("Host", "news.example").expect(200).await.text();
    assert!(index.contains("<loc>http://news.example/sitemaps/1</loc>"), "{index}");
    app.get("/sitemaps/2").refused("route_not_found").await;
    app.get("/sitemaps/0").refused("invalid_parameter").await;
    for path in ["/sitemaps/1", "/sitemap-news.xml"] {
        let map = app.get(path).expect(200).await.text();
        assert!(map.contains("/open<") && map.contains("/licensed<"), "{map}");
        assert!(!map.contains("draft") && !map.contains("withdrawn"), "{map}");
    }
    app.clock.advance(3 * DAY);
    assert!(!app.get("/sitemap-news.xml").expect(200).await.text().contains("/open<"));
    assert!(app.get("/sitemaps/1").expect(200).await.text().contains("/open<"));
}

#[actix_web::test]
async fn a_reader_in_rust_loses_nothing() {
    let app = TestApp::new().await;
    let notice = json!({"key": "notice", "title": "إخلاء", "body": "نص الإخلاء.", "language": "ar", "placement": "before"});
    let notice = app.key().post("/v1/disclaimers", notice).created().await;
    let body = json!({
        "title": "A table", "state": "published", "body_format": "markdown", "summary": "In short.",
        "body": "| Gauge | Level |\n|---|---|\n| Old Bridge | 4.2 m |\n",
        "authors": [{"name": "Ada Marsh"}], "image": {"url": "https://img.example/a.jpg", "alt": "A bridge"},
    });
    let article = app.article_of(body).await;
    app.attach(&article, &notice).await;
    for path in FEEDS {
        let bytes = app.get(path).expect(200).await.body;
        // It cleans texts by default, and drops `dir` then.
        let reader = feed_rs::parser::Builder::new().sanitize_content(false).build();
        let feed = reader.parse(&bytes[..]).unwrap();
        let entry = &feed.entries[0];
        assert_eq!(entry.id, format!("urn:uuid:{}", text(&article["id"])), "{path}");
        let html = entry.content.as_ref().and_then(|content| content.body.clone()).unwrap();
        for there in ["نص الإخلاء.", "lang=\"ar\"", "dir=\"rtl\"", "<td>4.2 m</td>"] {
            assert!(html.contains(there), "{path} lacks {there}: {html}");
        }
        assert_eq!(entry.authors[0].name, "Ada Marsh", "{path}");
        assert!(entry.published.is_some(), "{path}");
    }
}
