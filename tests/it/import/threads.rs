//! Comments of Isso, Remark42 and Disqus: what readers saw there is what they see here, and nothing more.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{exported, import};
use crate::support::TestApp;
use crate::support::make::text;

/// A day, in microseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000_000;

fn isso() -> Option<PathBuf> {
    exported("isso/isso-0.14.0.db")
}

/// A newsroom with an article of each of these slugs, after all comments were written.
async fn newsroom(slugs: &[&str]) -> TestApp {
    let app = TestApp::new().await;
    app.clock.advance(30 * DAY);
    for slug in slugs {
        app.article_of(json!({"title": slug, "slug": slug, "state": "published"})).await;
    }
    app
}

/// Name, depth and text of each comment that readers see on an article.
async fn shown(app: &TestApp, slug: &str) -> Vec<(String, i64, String)> {
    let list = app.get(format!("/v1/articles/{slug}/comments?limit=100")).ok().await;
    let or_none = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let items = list["items"].as_array().unwrap().iter();
    let entry = |item: &Value| {
        (or_none(&item["author_name"]), item["depth"].as_i64().unwrap(), or_none(&item["body"]))
    };
    items.map(entry).collect()
}

fn entries(want: &[(&str, i64, &str)]) -> Vec<(String, i64, String)> {
    want.iter()
        .map(|(name, depth, body)| ((*name).to_owned(), *depth, (*body).to_owned()))
        .collect()
}

/// The texts of the comments in a state, as moderators see them, in order.
async fn in_state(app: &TestApp, state: &str) -> Vec<String> {
    let list = app.key().get(format!("/v1/comments?limit=100&state={state}")).ok().await;
    let items = list["items"].as_array().unwrap().iter();
    let mut texts: Vec<String> = items.map(|item| text(&item["body"]).to_owned()).collect();
    texts.sort_unstable();
    texts
}

#[actix_web::test]
async fn of_isso_s_comments_no_more_is_public_than_isso_showed() {
    let Some(path) = isso() else {
        return;
    };
    let app = newsroom(&["storm-closes-the-strait", "other"]).await;
    let before = fs::read(&path).unwrap();
    let (done, lines) = import(&app, &path);
    assert_eq!((done.created, done.refused), (0, 0), "{lines:#?}");
    assert_eq!((done.comments.created, done.comments.refused), (11, 0), "{lines:#?}");
    assert_eq!(
        shown(&app, "storm-closes-the-strait").await,
        entries(&[
            (
                "Sam Reed",
                0,
                "First! Will the night boat sail?\n\nSee https://reader.example/?a=1&b=2 and this (https://x.example)."
            ),
            ("Zo\u{eb} \u{141}uczak", 1, "Reply one."),
            ("", 1, "Reply to the reply."),
            ("Sam Reed", 1, "And to that one."),
            ("-", 0, "-"),
            ("Uma", 1, "An answer to what was taken back."),
            ("Wes", 0, "Typo here."),
        ])
    );
    let other = ("<b>Bold</b> & Co", 0, "code <b> & \"x\"\n\n> quoted\n\nraw");
    assert_eq!(shown(&app, "other").await, entries(&[other]));
    assert_eq!(
        in_state(&app, "pending").await,
        ["A reply to what is public waits too.", "An answer to what waits.", "Waits for the desk."]
    );
    let storm = app.get("/v1/articles/storm-closes-the-strait/comments?limit=100").ok().await;
    assert_eq!(storm["items"][0]["created_at"], "2026-11-27T04:35:56.577756Z");
    let edited = &storm["items"][6];
    assert_ne!(edited["created_at"], edited["updated_at"]);
    // Isso keeps the email address of a deleted comment; it is not taken from there.
    let known = "select count(*) as n from comments where author_email = 'sam@reader.example'";
    assert_eq!(app.count(known), 1);
    assert_eq!(app.count("select count(*) as n from comment_addresses"), 0);
    for lost in ["lost: the votes on comments (1)", "lost: the websites of comments' authors (1)"] {
        assert!(lines.iter().any(|line| line.contains(lost)), "{lost}: {lines:#?}");
    }
    let (again, _) = import(&app, &path);
    assert_eq!((again.comments.created, again.comments.unchanged), (0, 11));
    assert_eq!(fs::read(&path).unwrap(), before);
}

/// Comments on pages that are not here are named, and come in once those are.
#[actix_web::test]
async fn comments_wait_for_their_articles() {
    let Some(path) = isso() else {
        return;
    };
    let app = newsroom(&["other"]).await;
    let (done, lines) = import(&app, &path);
    assert_eq!(done.comments.created, 1, "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("/2026/storm-closes-the-strait/")), "{lines:#?}");
    app.article_of(json!({"title": "Storm closes the strait", "state": "published"})).await;
    let (done, lines) = import(&app, &path);
    assert_eq!((done.comments.created, done.comments.unchanged), (10, 1), "{lines:#?}");
}

#[actix_web::test]
async fn of_a_backup_of_remark42_what_readers_saw_is_public() {
    let app = newsroom(&["storm", "bridge"]).await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("backup-news");
    let line = |id: &str, pid: &str, user: Value, more: Value| {
        let mut line = json!({
            "id": id, "pid": pid, "text": format!("<p>Text {id}</p>\n"), "user": user, "score": 0, "vote": 0,
            "locator": {"site": "news", "url": "https://news.example/2026/storm/?utm=1"},
            "time": "2026-11-01T10:00:00.123456789+01:00",
        });
        let more = more.as_object().unwrap().clone();
        line.as_object_mut().unwrap().extend(more);
        line.to_string()
    };
    let sam = json!({"name": "Sam &amp; Co", "id": "sam", "ip": "293ec5b0cf154855258824ec7fac5dc63d176915", "admin": false});
    let blocked = json!({"name": "Bad", "id": "bad", "block": true, "admin": false});
    let elsewhere = json!({"locator": {"site": "news", "url": "https://news.example/bridge"}, "time": "2026-11-01T10:00:05Z"});
    let lines = [
        json!({"version": 1, "users": [], "posts": [{"url": "https://news.example/bridge", "read_only": true}]}).to_string(),
        line("a", "", sam.clone(), json!({})),
        line("e", "", sam.clone(), elsewhere),
        line("b", "a", blocked, json!({"delete": true, "time": "2026-11-01T10:00:01Z"})),
        line("c", "b", sam.clone(), json!({"text": "<p>To <a href=\"https://x.example/a/b\">https://x.example/...</a></p>", "time": "2026-11-01T10:00:02Z"})),
        line("d", "", json!({"name": "deleted", "id": "deleted", "admin": false}), json!({"delete": true, "text": "", "time": "2026-11-01T10:00:03Z"})),
        line("f", "", sam, json!({"delete": "perhaps"})),
    ];
    fs::write(&path, lines.join("\n")).unwrap();
    let (done, lines) = import(&app, &path);
    assert_eq!((done.comments.created, done.refused), (5, 1), "{lines:#?}");
    assert_eq!(
        shown(&app, "storm").await,
        entries(&[
            ("Sam & Co", 0, "Text a"),
            ("-", 1, "-"),
            ("Sam & Co", 2, "To https://x.example/a/b"),
        ])
    );
    assert_eq!(shown(&app, "bridge").await, entries(&[("Sam & Co", 0, "Text e")]));
    assert_eq!(in_state(&app, "rejected").await, ["Text b"]);
    assert!(lines.iter().any(|line| line.contains("pages are closed to comments")), "{lines:#?}");
    assert_eq!(app.count("select count(*) as n from comment_addresses"), 0);
}

/// Neither a backup nor a copy of it says when it was made.
#[actix_web::test]
async fn an_older_backup_brings_nothing_back() {
    let line = |id: &str, more: Value| {
        let mut line = json!({
            "id": id, "pid": "", "text": format!("<p>Text {id}</p>\n"),
            "user": {"name": "Sam", "id": "sam", "admin": false}, "score": 0, "vote": 0,
            "locator": {"site": "news", "url": "https://news.example/2026/storm/"},
            "time": "2026-11-01T10:00:00Z",
        });
        line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        line.to_string()
    };
    let head = |blocked: bool| {
        json!({"version": 1, "users": [{"id": "sam", "blocked": {"status": blocked}}], "posts": []})
            .to_string()
    };
    let first = [head(false), line("a", json!({})), line("b", json!({}))].join("\n");
    // Of the last two, nothing in them tells that the second is newer.
    let deleted =
        [head(false), line("a", json!({})), line("b", json!({"delete": true}))].join("\n");
    let blocked = [head(true), line("a", json!({})), line("b", json!({"delete": true}))].join("\n");
    for (names, later, want) in [
        (["a", "b"], &deleted, &["Text a"][..]),
        (["b", "a"], &deleted, &["Text a"][..]),
        (["a", "b"], &blocked, &[][..]),
        (["b", "a"], &blocked, &[][..]),
    ] {
        let app = newsroom(&["storm"]).await;
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in names.into_iter().zip([&first, later]) {
            fs::write(dir.path().join(name), text).unwrap();
        }
        for _ in 0..2 {
            let (done, lines) = import(&app, dir.path());
            assert_eq!((done.refused, done.comments.refused), (0, 0), "{lines:#?}");
            let texts: Vec<String> =
                shown(&app, "storm").await.into_iter().map(|(_, _, text)| text).collect();
            assert_eq!(texts, want, "{lines:#?}");
        }
    }
}

#[actix_web::test]
async fn of_an_export_of_disqus_what_readers_saw_is_public() {
    let app = newsroom(&["storm", "gone"]).await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("news-all.xml");
    let thread = |id: &str, slug: &str, is_deleted: bool| {
        format!(
            "<thread dsq:id=\"{id}\"><id/><link>https://news.example/2026/{slug}/</link><title>T</title><message/>\
             <isClosed>false</isClosed><isDeleted>{is_deleted}</isDeleted></thread>"
        )
    };
    let post = |id: &str,
                thread: &str,
                second: &str,
                is_deleted: bool,
                is_spam: bool,
                more: &str| {
        format!(
            "<post dsq:id=\"{id}\"><id/><message><![CDATA[<p>Text {id}</p>]]></message>\
             <createdAt>2026-11-01T10:00:{second}Z</createdAt><isDeleted>{is_deleted}</isDeleted><isSpam>{is_spam}</isSpam>\
             <author><name>Sam</name><email>sam@reader.example</email></author><ipAddress>203.0.113.7</ipAddress>\
             <thread dsq:id=\"{thread}\"/>{more}</post>"
        )
    };
    let content = [
        thread("1", "storm", false),
        thread("2", "gone", true),
        post("a", "1", "01", false, false, ""),
        post("b", "2", "02", false, false, ""),
        post("c", "1", "03", true, false, "<parent dsq:id=\"a\"/>"),
        post("d", "1", "04", false, false, "<parent dsq:id=\"c\"/>"),
        post("e", "1", "05", false, true, ""),
        post("f", "1", "06", false, false, "<isApproved>false</isApproved>"),
    ];
    let head = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<disqus xmlns=\"http://disqus.com\" xmlns:dsq=\"http://disqus.com/disqus-internals\">";
    fs::write(&path, format!("{head}{}</disqus>", content.concat())).unwrap();
    let (done, lines) = import(&app, &path);
    assert_eq!((done.comments.created, done.skipped, done.refused), (5, 1, 0), "{lines:#?}");
    assert_eq!(
        shown(&app, "storm").await,
        entries(&[("Sam", 0, "Text a"), ("-", 1, "-"), ("Sam", 2, "Text d")])
    );
    assert_eq!(shown(&app, "gone").await, entries(&[]));
    assert_eq!(in_state(&app, "spam").await, ["Text e"]);
    assert_eq!(in_state(&app, "pending").await, ["Text f"]);
    // Nothing is kept of what was deleted.
    let kept =
        "select count(*) as n from comments join comment_addresses on comment_id = comments.id
        where state = 'removed'";
    assert_eq!(app.count(kept), 0);
    let (again, _) = import(&app, &path);
    assert_eq!((again.comments.created, again.comments.unchanged), (0, 5));
}

/// Comments on a page of another site are not put on ours, whatever its name; and however many one page has, all come.
#[actix_web::test]
async fn comments_are_those_of_the_page() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let feed = dir.path().join("feed.xml");
    let item = "<item><guid>https://news.example/2026/storm/</guid><link>https://news.example/2026/storm/</link>\
        <title>Storm</title><description>It blew.</description><pubDate>Fri, 09 Jan 2026 18:30:00 GMT</pubDate></item>";
    fs::write(&feed, format!("<rss version=\"2.0\"><channel><title>N</title><link>https://news.example/</link>{item}</channel></rss>")).unwrap();
    let (done, lines) = import(&app, &feed);
    assert_eq!(done.created, 1, "{lines:?}");
    let path = dir.path().join("all.xml");
    let thread = |id: usize, link: &str| {
        format!(
            "<thread dsq:id=\"{id}\"><id/><link>{link}</link><title>T</title><message/><isClosed>false</isClosed><isDeleted>false</isDeleted></thread>"
        )
    };
    let post = |id: usize, thread: usize| {
        format!(
            "<post dsq:id=\"p{id}\"><id/><message><![CDATA[<p>Text {id}</p>]]></message><createdAt>2026-11-01T10:00:00Z</createdAt>\
             <isDeleted>false</isDeleted><isSpam>false</isSpam><author><name>Sam</name></author><thread dsq:id=\"{thread}\"/></post>"
        )
    };
    let head = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<disqus xmlns=\"http://disqus.com\" xmlns:dsq=\"http://disqus.com/disqus-internals\">";
    let links = [
        "http://www.news.example/2026/storm/?utm_source=x",
        "https://other.example/2026/storm/",
        "https://news.example/?p=17",
        "https://other.example/storm",
    ];
    let mut text = head.to_owned();
    links.iter().enumerate().for_each(|(id, link)| text.push_str(&thread(id, link)));
    (1..links.len()).for_each(|id| text.push_str(&post(id, id)));
    (10..1_310).for_each(|id| text.push_str(&post(id, 0)));
    fs::write(&path, format!("{text}</disqus>")).unwrap();
    let (done, lines) = import(&app, &path);
    assert_eq!((done.comments.created, done.comments.refused), (1_300, 3), "{lines:?}");
    let (again, _) = import(&app, &path);
    assert_eq!(again.comments.unchanged, 1_300);
}
