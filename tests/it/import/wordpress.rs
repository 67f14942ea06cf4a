//! Exports that WordPress 6.1.9 and 7.1 have written: what readers of that site saw is what readers see here. Skipped,
//! visibly, where they are not there.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{exported, import, titles};
use crate::support::TestApp;
use crate::support::make::{path_of, text};

/// The exports were made on 27 November 2026, and the tests' clock stands on the 22nd.
const TEN_DAYS: i64 = 10 * 24 * 60 * 60 * 1_000_000;

/// What the site showed. One is for those who have its password: its title is public, and its text is not.
const SHOWN: [&str; 8] = [
    "A note without a title.",
    "Bridge opens on 13 May",
    "Data page ]]> with code",
    "Fish & chips: prices > last year",
    "For members: the harbour accounts",
    "Markets close higher",
    "Storm closes the strait \u{2013} \u{201c}no ferries until Monday\u{201d}",
    "\u{41f}\u{430}\u{440}\u{43e}\u{43c} \u{43e}\u{442}\u{43c}\u{435}\u{43d}\u{451}\u{43d}",
];
/// What it did not show.
const KEPT_BACK: [&str; 5] = [
    "For the desk only",
    "New year address",
    "Plans for the fish market",
    "Reader\u{2019}s report: lost dog",
    "Taken back",
];

fn export(name: &str) -> Option<PathBuf> {
    exported(&format!("wordpress/{name}"))
}

async fn newsroom() -> TestApp {
    let app = TestApp::new().await;
    app.clock.advance(TEN_DAYS);
    app
}

const STORM: &str = "/v1/articles/storm-closes-the-strait-no-ferries-until-monday";

#[actix_web::test]
async fn no_more_is_public_than_wordpress_showed() {
    // Beside posts: a file, a synced pattern, a page, one in the trash with two comments, a pingback; notes from 6.9 on.
    for (name, skipped) in [("all-7.1.xml", 9), ("all-6.1.9.xml", 7)] {
        let Some(path) = export(name) else {
            return;
        };
        let app = newsroom().await;
        let (done, lines) = import(&app, &path);
        assert_eq!((done.created, done.skipped, done.refused), (13, skipped, 0), "{lines:#?}");
        assert_eq!((done.comments.created, done.comments.refused), (13, 0), "{lines:#?}");
        assert_eq!(titles(&app, false).await, SHOWN, "{name}");
        let mut all = [&SHOWN[..], &KEPT_BACK[..]].concat();
        all.sort_unstable();
        assert_eq!(titles(&app, true).await, all, "{name}");
        let teaser =
            app.get("/v1/articles/for-members-the-harbour-accounts").expect(403).await.text();
        assert!(!teaser.contains("Licensed text") && !teaser.contains("quay"), "{teaser}");
        for (slug, state) in [
            ("for-the-desk-only", "draft"),
            ("taken-back", "draft"),
            ("new-year-address", "scheduled"),
        ] {
            let path = format!("/v1/articles/{slug}");
            app.get(&path).expect(404).await;
            assert_eq!(app.key().get(&path).ok().await["state"], state, "{name} {slug}");
        }
        app.get("/v1/articles/withdrawn-the-mayor-resigns").expect(404).await;
        let told = |what: &str| lines.iter().any(|line| line.contains(what));
        for what in [
            "is a page, not a post",
            "is in the trash",
            "is a synced pattern",
            "has no title",
            "the pages that its text was divided into",
            "`[gallery]`",
            "fields of its own, which may not be for readers: `source` (2 times)",
        ] {
            assert!(told(what), "{what}: {lines:#?}");
        }
        assert!(!lines.iter().any(|line| line.contains("quay")), "{lines:#?}");
        // Again nothing changes.
        let (again, _) = import(&app, &path);
        assert_eq!((again.created, again.updated, again.unchanged), (0, 0, 13), "{name}");
        assert_eq!((again.comments.created, again.comments.updated), (0, 0), "{name}");
    }
}

#[actix_web::test]
async fn posts_come_whole() {
    let Some(path) = export("all-7.1.xml") else {
        return;
    };
    let app = newsroom().await;
    import(&app, &path);
    let storm = app.get(STORM).ok().await;
    for (name, want) in [
        ("published_at", json!("2026-01-09T17:30:00.000000Z")),
        ("authors", json!([{"name": "Ida Marsh", "url": null}])),
        ("section", json!("ferries")),
        ("summary", json!("All crossings are cancelled.")),
    ] {
        assert_eq!(storm[name], want, "{name}");
    }
    let mut tags: Vec<&str> = storm["tags"].as_array().unwrap().iter().map(text).collect();
    tags.sort_unstable();
    assert_eq!(tags, ["c", "harbour", "lodz", "storm", "weather"]);
    assert_eq!(storm["image"]["alt"], "Waves break over the pier");
    assert_eq!(storm["metadata"]["sticky"], true);
    let body = text(&storm["body"]);
    for part in ["<table>", "not liable for it.", "https://video.example/watch?v=1&amp;t=3</a>"] {
        assert!(body.contains(part), "{part}: {body}");
    }
    assert!(!body.contains("<!--"), "{body}");
    // A notice that stands in many posts, written out.
    let markets = app.get("/v1/articles/markets-close-higher").ok().await;
    assert!(text(&markets["body_html"]).contains("Supplied by Northwire. All rights reserved."));
    // A text of the first editor.
    let fish = app.get("/v1/articles/fish-last-year").ok().await;
    let html = text(&fish["body_html"]);
    for part in [
        "<p>Prices rose again.</p>",
        "for a portion.<br>",
        "<figcaption>A caption</figcaption>",
        ">https://video.example/watch?v=2</a>",
        "a[b[0]]&gt;c; a\\b",
        "no investment advice.",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert_eq!(fish["published_at"], "2025-06-30T22:30:00.000000Z");
    let former = app.get("/v1/articles/bridge-opens-in-may").expect(308).await;
    assert_eq!(former.header("location"), "/v1/articles/bridge-opens-13-may");
    let tags = app.key().get("/v1/tags").ok().await;
    let name = |value: &str| {
        let mut items = tags["items"].as_array().unwrap().iter();
        items.find(|tag| tag["value"] == value).map(|tag| tag["name"].clone())
    };
    assert_eq!(name("c"), Some(json!("C++")));
    assert_eq!(name("fish-chips"), Some(json!("Fish & Chips")));
}

#[actix_web::test]
async fn comments_of_readers_and_no_others_are_public() {
    let Some(path) = export("all-7.1.xml") else {
        return;
    };
    let app = newsroom().await;
    import(&app, &path);
    let page = app.get(format!("{STORM}/comments?limit=100")).ok().await;
    let public: Vec<&Value> = page["items"].as_array().unwrap().iter().collect();
    let bodies: Vec<&str> = public.iter().filter_map(|one| one["body"].as_str()).collect();
    assert_eq!(bodies.len(), 10, "{bodies:#?}");
    for body in [
        "First!\n\nWill the *night* boat sail? See here (https://reader.example/x?a=1&b=2)",
        "Reply at depth 6.",
        "An approved answer to what became spam.",
        "An approved answer to what was trashed.",
        "ends ]]> here \\ and \"quotes\" <b>",
    ] {
        assert!(bodies.contains(&body), "{body}: {bodies:#?}");
    }
    assert!(public.iter().any(|one| one["author_name"] == "Old Boy & Co"), "{page}");
    let whole = app.key().get("/v1/comments?limit=100").ok().await.to_string();
    for hidden in ["Please let me in.", "An answer on a private post."] {
        assert!(whole.contains(hidden) && !bodies.contains(&hidden), "{hidden}");
    }
    // What was taken down, what went to the trash with its post, and what editors wrote to each other is nowhere.
    for gone in [
        "Rude words.",
        "On a post that goes to the trash.",
        "Waits there.",
        "licensed for this",
        "until June",
    ] {
        assert!(!whole.contains(gone), "{gone}");
    }
}

#[actix_web::test]
async fn a_notice_that_is_not_in_the_file_refuses_its_post() {
    let Some(path) = export("posts-only-7.1.xml") else {
        return;
    };
    let app = newsroom().await;
    let (done, lines) = import(&app, &path);
    assert_eq!((done.created, done.refused), (12, 1), "{lines:#?}");
    assert!(
        lines.iter().any(|line| line.contains("(post 19): ") && line.contains("synced pattern 18")),
        "{lines:#?}"
    );
    app.key().get("/v1/articles/markets-close-higher").expect(404).await;
}

#[actix_web::test]
async fn a_file_that_was_cut_off_gives_nothing() {
    let Some(path) = export("all-7.1.xml") else {
        return;
    };
    let app = newsroom().await;
    let dir = tempfile::tempdir().unwrap();
    let whole = fs::read(&path).unwrap();
    let cut = dir.path().join("cut.xml");
    fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    let (done, lines) = import(&app, &cut);
    assert_eq!((done.created, done.refused), (0, 1), "{lines:#?}");
    assert!(lines[0].contains("the file ends here"), "{lines:#?}");
}

/// An export with one post in a state.
fn with_post(folder: &Path, status: &str, password: &str) -> PathBuf {
    let path = folder.join("site.xml");
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<rss version=\"2.0\" xmlns:wp=\"http://wordpress.org/export/1.2/\">\n<channel>\n<title>A</title><link>https://site.example</link><wp:wxr_version>1.2</wp:wxr_version><wp:base_blog_url>https://site.example/</wp:base_blog_url>\n<item><title>Storm</title><link>https://site.example/storm/</link><dc:creator>ida</dc:creator><content:encoded>One.</content:encoded><wp:post_id>7</wp:post_id><wp:post_date>2026-01-09 18:30:00</wp:post_date><wp:post_date_gmt>2026-01-09 17:30:00</wp:post_date_gmt><wp:post_name>storm</wp:post_name><wp:status>{status}</wp:status><wp:post_type>post</wp:post_type><wp:post_password>{password}</wp:post_password></item>\n</channel>\n</rss>\n"
    );
    fs::write(&path, text).unwrap();
    path
}

/// What the site takes back after it was imported is taken back here. In the trash it is skipped, and in a state that is
/// not known refused: somebody is told to look.
#[actix_web::test]
async fn what_the_site_holds_back_later_is_held_back_here() {
    let app = newsroom().await;
    let folder = tempfile::tempdir().unwrap();
    for (status, password, seen) in [
        ("publish", "", 200),
        ("draft", "", 404),
        ("publish", "", 200),
        ("private", "", 404),
        ("publish", "", 200),
        ("publish", "harbour", 403),
        ("publish", "", 200),
        ("archived", "", 200),
        ("trash", "", 200),
    ] {
        let (_, lines) = import(&app, &with_post(folder.path(), status, password));
        app.get("/v1/articles/storm").expect(seen).await;
        let stays = "its article `storm` is public and stays so";
        let is_told = lines.iter().any(|line| line.contains(stays));
        assert_eq!(is_told, ["archived", "trash"].contains(&status), "{status}: {lines:?}");
    }
}

/// An export of these items that was written on the first day of a month of 2026.
fn written_in(month: &str, items: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<rss version=\"2.0\" xmlns:wp=\"http://wordpress.org/export/1.2/\">\n<channel>\n<title>A</title><link>https://site.example</link><pubDate>1 {month} 2026 04:18:22 +0000</pubDate><wp:wxr_version>1.2</wp:wxr_version><wp:base_blog_url>https://site.example/</wp:base_blog_url>\n{items}</channel>\n</rss>\n"
    )
}

/// A post with a comment, unless that has no state.
fn item(id: u64, slug: &str, status: &str, comment: &str) -> String {
    let comment = match comment {
        "" => String::new(),
        state => format!(
            "<wp:comment><wp:comment_id>{id}</wp:comment_id><wp:comment_author>Sam</wp:comment_author><wp:comment_date>2026-01-10 10:00:00</wp:comment_date><wp:comment_date_gmt>2026-01-10 09:00:00</wp:comment_date_gmt><wp:comment_content>Rude words.</wp:comment_content><wp:comment_approved>{state}</wp:comment_approved><wp:comment_type>comment</wp:comment_type><wp:comment_parent>0</wp:comment_parent></wp:comment>"
        ),
    };
    format!(
        "<item><title>Post {id}</title><link>https://site.example/{slug}/</link><dc:creator>ida</dc:creator><content:encoded>One.</content:encoded><wp:post_id>{id}</wp:post_id><wp:post_date>2026-01-09 18:30:00</wp:post_date><wp:post_date_gmt>2026-01-09 17:30:00</wp:post_date_gmt><wp:post_name>{slug}</wp:post_name><wp:status>{status}</wp:status><wp:post_type>post</wp:post_type><wp:post_password></wp:post_password>{comment}</item>\n"
    )
}

/// What the site has held back stays so, in whatever order its exports are read, and how often.
#[actix_web::test]
async fn an_older_export_brings_nothing_back() {
    let old = [item(1, "deal", "publish", ""), item(2, "storm", "publish", "1")].concat();
    let new = [item(1, "deal", "private", ""), item(2, "storm", "publish", "trash")].concat();
    let (old, new) = (written_in("Feb", &old), written_in("Nov", &new));
    for names in [["2026-11.xml", "old.xml"], ["b.xml", "a.xml"]] {
        let app = newsroom().await;
        let folder = tempfile::tempdir().unwrap();
        let [new_file, old_file] = names.map(|name| folder.path().join(name));
        fs::write(&new_file, &new).unwrap();
        fs::write(&old_file, &old).unwrap();
        for path in [folder.path(), folder.path(), old_file.as_path(), new_file.as_path()] {
            let (done, lines) = import(&app, path);
            assert_eq!((done.refused, done.comments.refused), (0, 0), "{lines:#?}");
            app.get("/v1/articles/deal").expect(404).await;
            let comments = app.get("/v1/articles/storm/comments").ok().await;
            assert_eq!(comments["items"], json!([]), "{lines:#?}");
        }
        let (done, lines) = import(&app, &old_file);
        assert_eq!((done.unchanged, done.comments.unchanged), (2, 1), "{lines:#?}");
        let older = "is an older version than the one that was imported: left alone";
        let count = lines.iter().filter(|line| line.ends_with(older)).count();
        assert_eq!((count, lines.len()), (2, 2), "{lines:#?}");
    }
}

/// A post that the site has in its trash is none of its posts, though an older file has it.
#[actix_web::test]
async fn what_is_in_the_trash_does_not_come_from_an_older_export() {
    let app = newsroom().await;
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, month: &str, status: &str| {
        let text = written_in(month, &item(1, "deal", status, "1"));
        fs::write(folder.path().join(name), text).unwrap();
    };
    write("1.xml", "Nov", "trash");
    write("2.xml", "Feb", "publish");
    let (done, lines) = import(&app, folder.path());
    // Twice the post, twice its comment.
    assert_eq!((done.created, done.skipped, done.refused), (0, 4, 0), "{lines:#?}");
    assert_eq!(done.comments.refused, 0);
    assert!(lines.iter().any(|line| line.contains("another file of this import")), "{lines:#?}");
    // Out of the trash again.
    write("2.xml", "Dec", "publish");
    let (done, lines) = import(&app, folder.path());
    assert_eq!((done.created, done.skipped), (1, 2), "{lines:#?}");
    app.get("/v1/articles/deal").ok().await;
}

/// A draft has a slug that is nobody's address yet: a public post in another file has it too.
#[actix_web::test]
async fn a_draft_of_another_file_takes_no_address_away() {
    let draft = written_in("Nov", &item(3, "deal", "draft", ""));
    let public = written_in("Nov", &item(4, "deal", "publish", ""));
    for files in [[&draft, &public], [&public, &draft]] {
        let app = newsroom().await;
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in ["1.xml", "2.xml"].into_iter().zip(files) {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let (done, lines) = import(&app, folder.path());
        assert_eq!((done.created, done.refused), (2, 0), "{lines:#?}");
        assert!(lines.iter().any(|line| line.contains(" its slug `deal`")), "{lines:#?}");
        assert_eq!(app.get("/v1/articles/deal").ok().await["title"], "Post 4");
        let (done, _) = import(&app, folder.path());
        assert_eq!((done.unchanged, done.refused), (2, 0));
    }
}

/// Comments of what was taken away here are no fault.
#[actix_web::test]
async fn comments_of_a_purged_article_are_skipped() {
    let app = newsroom().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("site.xml");
    fs::write(&path, written_in("Nov", &item(2, "storm", "publish", "1"))).unwrap();
    import(&app, &path);
    let article = path_of(&app.get("/v1/articles/storm").ok().await);
    for (delete, skipped, why) in [
        (article.clone(), 1, "is on an article that is in the trash here"),
        (format!("{article}?purge=true"), 2, "is on an article that was purged here"),
    ] {
        app.key().delete(delete).done().await;
        let (done, lines) = import(&app, &path);
        assert_eq!((done.skipped, done.comments.refused), (skipped, 0), "{lines:#?}");
        let want = format!("(comment 2): skipped, {why}");
        assert!(lines.iter().any(|line| line.ends_with(&want)), "{lines:#?}");
    }
}

/// Fields and shortcodes of plugins for members: a post with them has no more readers here than there.
#[actix_web::test]
async fn what_plugins_keep_from_some_readers_is_restricted() {
    let app = newsroom().await;
    let folder = tempfile::tempdir().unwrap();
    let path = with_post(folder.path(), "publish", "");
    let whole = fs::read_to_string(&path).unwrap();
    let level = "a:2:{s:26:\"_um_custom_access_settings\";b:1;s:14:\"_um_accessible\";i:2;}";
    for (key, value, seen) in [
        ("patreon-level", "5", 403),
        ("patreon-level", "0", 200),
        ("ihc_mb_who", "2,reg", 403),
        ("ihc_mb_who", "", 200),
        ("um_content_restriction", level, 403),
        ("um_content_restriction", level.replace("b:1", "b:0").as_str(), 200),
        ("arm_access_plan", "0", 403),
        ("water_level", "5", 200),
        ("reader_tier", "gold", 403),
        ("reader_tier", "free", 200),
    ] {
        let field = format!(
            "<wp:postmeta><wp:meta_key>{key}</wp:meta_key><wp:meta_value>{value}</wp:meta_value></wp:postmeta></item>"
        );
        fs::write(&path, whole.replace("</item>", &field)).unwrap();
        let (_, lines) = import(&app, &path);
        app.get("/v1/articles/storm").expect(seen).await;
        let is_told = lines.iter().any(|line| line.contains("access to the article is restricted"));
        assert_eq!(is_told, seen == 403, "{key} {value}: {lines:?}");
    }
    fs::write(&path, whole.replace(">One.<", ">One. [patreon level=5]Two.[/patreon]<")).unwrap();
    import(&app, &path);
    app.get("/v1/articles/storm").expect(403).await;
}

#[actix_web::test]
async fn what_is_found_in_a_text_has_the_line_where_that_begins() {
    let app = newsroom().await;
    let folder = tempfile::tempdir().unwrap();
    let path = with_post(folder.path(), "publish", "");
    let text = "<![CDATA[<p>One.</p><p>Disclaimer: None of it is checked.</p>]]>";
    let whole = fs::read_to_string(&path).unwrap().replace(">One.<", &format!(">{text}<"));
    fs::write(&path, whole).unwrap();
    let (_, lines) = import(&app, &path);
    let is_told = |line: &String| line.contains(":5 (post 7): warning: \"Disclaimer\" stands over");
    assert!(lines.iter().any(is_told), "{lines:?}");
}
