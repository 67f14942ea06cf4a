//! Exports that Ghost 5 and 6 have written: what readers of those sites saw is what readers see here. Skipped, visibly,
//! where they are not there.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{exported, import, titles};
use crate::support::TestApp;
use crate::support::make::text;

/// The exports were made on 27 November 2026, and the tests' clock stands on the 22nd.
const TEN_DAYS: i64 = 10 * 24 * 60 * 60 * 1_000_000;

fn export(name: &str) -> Option<PathBuf> {
    exported(&format!("ghost/{name}"))
}

async fn newsroom() -> TestApp {
    let app = TestApp::new().await;
    app.clock.advance(TEN_DAYS);
    app
}

/// What the sites showed: five public posts, and the titles of two for members.
const SHOWN: [&str; 7] = [
    "Bridge opens on 13 May",
    "For members: the harbour accounts",
    "For subscribers: the ledger",
    "Old editor",
    "Public, with a part for members",
    "Storm closes the strait \u{2013} \u{201c}no ferries until Monday\u{201d}",
    "\u{41f}\u{430}\u{440}\u{43e}\u{43c} \u{43e}\u{442}\u{43c}\u{435}\u{43d}\u{451}\u{43d}",
];

#[actix_web::test]
async fn no_more_is_public_than_ghost_showed() {
    for name in [
        "5.130.6-sqlite.json",
        "5.130.6-sqlite-with-comments.json",
        "6.65.0-mysql.json",
        "6.65.0-mysql-with-comments.json",
    ] {
        let Some(path) = export(name) else {
            return;
        };
        let app = newsroom().await;
        let (done, lines) = import(&app, &path);
        assert_eq!((done.created, done.skipped, done.refused), (10, 1, 0), "{name}: {lines:#?}");
        assert_eq!(titles(&app, false).await, SHOWN, "{name}");
        assert_eq!(titles(&app, true).await.len(), 10, "{name}");
        for restricted in ["for-members-the-harbour-accounts", "for-subscribers-the-ledger"] {
            let teaser = app.get(format!("/v1/articles/{restricted}")).expect(403).await.text();
            assert!(!teaser.contains("behind the wall") && !teaser.contains("who pay"), "{teaser}");
        }
        for (hidden, state) in [
            ("plans-for-the-fish-market", "draft"),
            ("taken-back", "draft"),
            ("new-year-address", "scheduled"),
        ] {
            let path = format!("/v1/articles/{hidden}");
            app.get(&path).expect(404).await;
            assert_eq!(app.key().get(&path).ok().await["state"], state, "{name} {hidden}");
        }
        // A part for members of a public post is nowhere, for editors neither.
        let gated = app.key().get("/v1/articles/public-with-a-part-for-members").ok().await;
        assert!(text(&gated["body"]).contains("For all again."), "{gated}");
        assert!(!gated.to_string().contains("Only members"), "{gated}");
        let told = |what: &str| lines.iter().any(|line| line.contains(what));
        for what in [
            "without its parts that visitors do not see who are no members (1)",
            "\"No investment advice.\" beside the text: a candidate for a disclaimer",
            "`codeinjection_head`",
            "is a page, not a post",
            "lost: its picture",
            "the file has no address of its site",
        ] {
            assert!(told(what), "{name}: {what}: {lines:#?}");
        }
    }
}

#[actix_web::test]
async fn a_post_is_whole_and_nothing_secret_is_in_it() {
    for name in ["5.130.6-sqlite.json", "6.65.0-mysql.json"] {
        let Some(path) = export(name) else {
            return;
        };
        let app = newsroom().await;
        let (_, lines) = import(&app, &path);
        let storm = app.get("/v1/articles/storm-closes-the-strait").ok().await;
        for (member, want) in [
            ("published_at", json!("2026-01-09T17:30:00.000000Z")),
            ("summary", json!("All crossings are cancelled.")),
            ("canonical_url", json!("https://northwire.example/n/4711?a=1&b=2")),
            (
                "authors",
                json!([{"name": "Ida Marsh", "url": null}, {"name": "J\u{fc}rgen Wei\u{df}", "url": null}]),
            ),
            ("section", json!("harbour")),
            ("tags", json!(["lodz", "c"])),
            ("access", json!("public")),
        ] {
            assert_eq!(storm[member], want, "{name} {member}");
        }
        let metadata = &storm["metadata"];
        assert_eq!(metadata["internal_tags"], json!(["#northwire"]));
        assert_eq!(metadata["feature_image"], "/content/images/2026/01/strait.png");
        assert_eq!(metadata["feature_image_caption"], "Waves at the pier, Friday.");
        // The notice in a callout, and the links of the site.
        let html = text(&storm["body_html"]);
        assert!(html.contains("The Courier has not checked it"), "{html}");
        assert!(html.contains("\"/harbour-office/?x=1&amp;y=2\""), "{html}");
        let all = app.key().get("/v1/articles?limit=100&fields=body,metadata,title").ok().await;
        for mark in ["__GHOST", "kg-card-begin", "kg-gated", "members-only", "REMOVED"] {
            assert!(!all.to_string().contains(mark), "{name} {mark}");
            assert!(!lines.concat().contains(mark), "{lines:#?}");
        }
    }
}

/// Text, depth and author of each comment on an article, by text.
fn shape(list: &Value) -> Vec<(String, i64, Option<String>)> {
    let entry = |item: &Value| {
        let body = item["body"].as_str().unwrap_or("-").lines().next().unwrap_or_default();
        let name = item["author_name"].as_str().filter(|name| !name.is_empty());
        (body.to_owned(), item["depth"].as_i64().unwrap(), name.map(str::to_owned))
    };
    let mut shape: Vec<_> = list["items"].as_array().unwrap().iter().map(entry).collect();
    shape.sort_unstable();
    shape
}

#[actix_web::test]
async fn comments_are_as_ghost_showed_them() {
    for name in ["5.130.6-sqlite-with-comments.json", "6.65.0-mysql-with-comments.json"] {
        let Some(path) = export(name) else {
            return;
        };
        let app = newsroom().await;
        let (done, lines) = import(&app, &path);
        assert_eq!((done.comments.created, done.comments.refused), (12, 0), "{name}: {lines:#?}");
        let storm = "/v1/articles/storm-closes-the-strait";
        assert_eq!(app.get(storm).ok().await["comment_count"], 9, "{name}");
        let shown = app.get(format!("{storm}/comments?limit=100")).ok().await;
        let (sam, zoe) = (Some("Sam Reed"), Some("Zo\u{eb} \u{141}uczak"));
        // What was hidden or deleted leaves its place, since it has answers.
        let want = [
            ("-", 0, None),
            ("-", 0, None),
            ("An answer to what was hidden.", 1, sam),
            ("An answer to what was taken back.", 1, zoe),
            ("And to that one.", 3, zoe),
            ("By one who left.", 0, zoe),
            ("First!", 0, sam),
            ("My account goes.", 0, None),
            ("Reply one.", 1, zoe),
            ("Reply to the reply.", 2, sam),
            ("Typo here.", 0, sam),
        ];
        let owned = |(body, depth, name): (&str, i64, Option<&str>)| {
            (body.to_owned(), depth, name.map(str::to_owned))
        };
        assert_eq!(shape(&shown), want.map(owned), "{name}");
        // Comments on a post for members are for those who may read it.
        let members = "/v1/articles/for-members-the-harbour-accounts/comments";
        assert_ne!(app.get(members).send().await.status, 200, "{name}");
        for state in ["published", "pending", "rejected", "removed"] {
            let of_state = format!("/v1/comments?limit=100&state={state}");
            let of_state = app.key().get(of_state).ok().await.to_string();
            assert!(!of_state.contains("I take this back"), "{name}: {of_state}");
        }
        let rejected = app.key().get("/v1/comments?state=rejected&count=true").ok().await;
        assert_eq!(rejected["total"], 1, "{name}");
        assert_eq!(rejected["items"][0]["body"], "Rude words.");
        assert_eq!(rejected["items"][0]["author_email"], "rudeone@reader.example");
    }
}

#[actix_web::test]
async fn a_second_import_changes_nothing() {
    let Some(path) = export("6.65.0-mysql-with-comments.json") else {
        return;
    };
    let app = newsroom().await;
    import(&app, &path);
    let storm = "/v1/articles/storm-closes-the-strait";
    let before = app.key().get(storm).ok().await;
    // An editor's decision outlives it.
    let bridge = app.key().get("/v1/articles/bridge-opens-13-may").ok().await;
    app.act(&bridge, "unpublish", json!({})).await;
    let (done, lines) = import(&app, &path);
    assert_eq!((done.created, done.updated, done.unchanged), (0, 0, 10), "{lines:#?}");
    assert_eq!((done.comments.created, done.comments.unchanged), (0, 12), "{lines:#?}");
    assert_eq!(app.key().get(storm).ok().await, before);
    app.get("/v1/articles/bridge-opens-13-may").expect(404).await;
    // The export without comments is one of the same posts.
    if let Some(path) = export("6.65.0-mysql.json") {
        assert_eq!(import(&app, &path).0.unchanged, 10);
    }
}
