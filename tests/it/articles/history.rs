//! Revisions and history: every version whole, who made it and why, and the way back.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{notice_path, path_of, text};

/// An article with a version for each kind of write, from 1 to 9.
async fn long_story(app: &TestApp) -> Value {
    let notice = app.disclaimer("notice").await;
    let words = json!({"title": "Flood", "body": "one\ntwo\nthree\n", "state": "published", "slug": "flood"});
    let article = app.article_of(words).await;
    let edit = |body: Value| app.key().patch(path_of(&article), &body);
    app.clock.advance(1_000);
    edit(json!({"title": "Flood ends", "body": "one\n2\nthree\n"})).expect(200).await;
    app.clock.advance(1_000);
    app.attach(&article, &notice).await;
    app.clock.advance(1_000);
    let text_of_notice = json!({"body": "Another text.", "text_mode": "current"});
    app.key().patch(notice_path(&notice), &text_of_notice).ok().await;
    app.act(&article, "correct", json!({"note": "It was two.", "reason": "A reader wrote."})).await;
    app.act(&article, "unpublish", json!({"reason": "Needs a look."})).await;
    app.act(&article, "publish", json!({"at": "2030-01-01T00:00:00Z"})).await;
    app.act(&article, "block", json!({"authority": "A court"})).await;
    app.act(&article, "unblock", json!({})).await;
    // Nothing is changed, and it is a write all the same.
    edit(json!({"title": "Flood ends"})).ok().await
}

async fn get(app: &TestApp, path: &str) -> Value {
    app.key().get(path).ok().await
}

#[actix_web::test]
async fn the_history_has_an_entry_for_each_write() {
    let app = TestApp::new().await;
    let article = long_story(&app).await;
    assert_eq!(article["version"], 9);
    let history = get(&app, &format!("{}/history?count=true", path_of(&article))).await;
    let told: Vec<(i64, &str, Value)> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (entry["version"].as_i64().unwrap(), text(&entry["event"]), entry["changes"].clone())
        })
        .collect();
    let none = || json!([]);
    assert_eq!(
        told,
        [
            (9, "edited", none()),
            (8, "unblocked", none()),
            (7, "blocked", none()),
            (6, "scheduled", none()),
            (5, "unpublished", none()),
            (4, "corrected", none()),
            (3, "attached", none()),
            (2, "edited", json!(["title", "body"])),
            (1, "created", none()),
        ]
    );
    assert_eq!(history["total"], 9);
    assert_eq!(history["items"][4]["reason"], "Needs a look.");
    assert_eq!(history["items"][5]["correction_id"], article["corrections"][0]["id"]);
    assert_eq!(history["items"][6]["disclaimer_id"], article["disclaimers"][0]["id"]);
    assert!(history["items"].as_array().unwrap().iter().all(|entry| entry["actor"] == "admin"));
    // Page by page the same, and under the slug it had before as well.
    let mut path = format!("{}/history?limit=2", path_of(&article));
    let mut versions = Vec::new();
    loop {
        let page = get(&app, &path).await;
        versions.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|entry| entry["version"].as_i64().unwrap()),
        );
        match page["next"].as_str() {
            Some(next) => {
                path = format!("/v1/articles/flood/history?limit=4&fields=at&cursor={next}")
            }
            None => break,
        }
    }
    assert_eq!(versions, (1..=9).rev().collect::<Vec<i64>>());
    app.key().patch(path_of(&article), json!({"slug": "other"})).ok().await;
    let moved = app.key().get("/v1/articles/flood/history?limit=2").expect(308).await;
    assert_eq!(moved.header("location"), "/v1/articles/other/history?limit=2");
}

#[actix_web::test]
async fn each_version_is_kept_whole() {
    let app = TestApp::new().await;
    let article = long_story(&app).await;
    let at = |version: u32| format!("{}/revisions/{version}", path_of(&article));
    let states = [
        "published", "published", "published", "published", "draft", "scheduled", "blocked",
        "scheduled", "scheduled",
    ];
    for (version, state) in (1..).zip(states) {
        let revision = get(&app, &at(version)).await;
        let (title, body) = match version {
            1 => ("Flood", "one\ntwo\nthree\n"),
            _ => ("Flood ends", "one\n2\nthree\n"),
        };
        let told = (text(&revision["title"]), text(&revision["body"]), text(&revision["state"]));
        assert_eq!(told, (title, body, state), "version {version}");
        assert_eq!(revision["version"], version);
        assert_eq!(revision["updated_at"], revision["at"]);
        // What stood beside it then, in the words that it had then.
        let carried: Vec<&str> = revision["disclaimers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|disclaimer| text(&disclaimer["body_html"]))
            .collect();
        let want: &[&str] = match version {
            1 | 2 => &[],
            3 => &["<p>The text of notice.</p>\n"],
            _ => &["<p>Another text.</p>\n"],
        };
        assert_eq!(carried, want, "version {version}");
    }
    let list = get(&app, &format!("{}/revisions?count=true", path_of(&article))).await;
    let listed: Vec<&str> =
        list["items"].as_array().unwrap().iter().rev().map(|entry| text(&entry["state"])).collect();
    assert_eq!((listed.as_slice(), &list["total"]), (states.as_slice(), &json!(9)));
    let problem = app.key().get(at(10)).refused("revision_not_found").await;
    assert_eq!(problem["id"], "10");
    for none in ["0", "-1", "01x", "01", "9007199254740992", "99999999999999999999"] {
        let path = format!("{}/revisions/{none}", path_of(&article));
        app.key().get(&path).refused("invalid_parameter").await;
    }
}

#[actix_web::test]
async fn a_difference_names_members_and_lines() {
    let app = TestApp::new().await;
    let article = long_story(&app).await;
    let compare = async |version: u32, against: u32| {
        let path = format!("{}/revisions/{version}?against={against}", path_of(&article));
        get(&app, &path).await["difference"].clone()
    };
    assert_eq!(
        compare(2, 1).await,
        json!({
            "against": 1,
            "changes": [{"member": "title", "from": "Flood", "to": "Flood ends"}],
            "body": "--- version 1\n+++ version 2\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n",
        })
    );
    // The other way round as well, and a state is a difference.
    let back = compare(1, 5).await;
    assert_eq!(back["changes"][1], json!({"member": "state", "from": "draft", "to": "published"}));
    assert_eq!(
        back["body"],
        "--- version 5\n+++ version 1\n@@ -1,3 +1,3 @@\n one\n-2\n+two\n three\n"
    );
    assert_eq!(compare(3, 3).await, json!({"against": 3, "changes": [], "body": null}));
    let path = format!("{}/revisions/1", path_of(&article));
    assert_eq!(get(&app, &path).await["difference"], Value::Null);
    for (query, status) in
        [("against=99", 404), ("against=0", 400), ("against=x", 400), ("against=1&against=2", 400)]
    {
        app.key().get(format!("{path}?{query}")).expect(status).await;
    }
}

#[actix_web::test]
async fn a_restored_revision_brings_words_back_and_nothing_else() {
    let app = TestApp::new().await;
    let first = json!({"title": "First", "slug": "first", "body": "Old *words*.", "tags": ["a"], "state": "published", "external_id": "x1"});
    let article = app.article_of(first).await;
    let path = path_of(&article);
    let second = json!({"title": "Second", "slug": "second", "body": "New.", "tags": ["b"], "access": "restricted", "comments_policy": "closed", "embargo_until": "2030-01-01T00:00:00Z", "external_id": "x2"});
    let edited = app.key().patch(&path, &second).ok().await;
    let restore =
        |version: u32| app.key().request("POST", &format!("{path}/revisions/{version}/restore"));
    let stale = restore(1).header("If-Match", "\"1-x\"").send().await;
    stale.expect(412).problem("precondition_failed");
    let restored = restore(1).json(&json!({"reason": "Too soon."})).ok().await;
    assert_eq!(restored["version"], 3);
    for name in ["title", "body", "body_html", "tags", "word_count"] {
        assert_eq!(restored[name], article[name], "{name}");
    }
    for name in [
        "slug", "access", "comments_policy", "embargo_until", "external_id", "source", "state",
        "published_at",
    ] {
        assert_eq!(restored[name], edited[name], "{name}");
    }
    let entry = get(&app, &format!("{path}/history?limit=1")).await["items"][0].clone();
    assert_eq!(
        (&entry["event"], &entry["restored_version"], &entry["reason"]),
        (&json!("restored"), &json!(1), &json!("Too soon."))
    );
    assert_eq!(entry["changes"], json!(["title", "body", "tags"]));
    // What it took the place of is not lost.
    assert_eq!(get(&app, &format!("{path}/revisions/2")).await["body"], "New.");
    restore(9).refused("revision_not_found").await;
}

#[actix_web::test]
async fn the_past_is_read_by_those_who_read_drafts_and_the_article() {
    let app = TestApp::new().await;
    let open = app.article("Open").await;
    let secret = app
        .article_of(
            json!({"title": "S", "state": "published", "embargo_until": "2030-01-01T00:00:00Z"}),
        )
        .await;
    let licensed =
        app.article_of(json!({"title": "L", "state": "published", "access": "restricted"})).await;
    let only_drafts = app.key_with(&["drafts:read"]).await;
    let only_writes = app.key_with(&["articles:write"]).await;
    for what in ["history", "revisions", "revisions/1"] {
        let ask = async |article: &Value, key: &str| {
            let answer = app.as_key(key).get(format!("{}/{what}", path_of(article))).send().await;
            (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
        };
        assert_eq!(ask(&open, "").await, (401, "unauthenticated".to_owned()));
        assert_eq!(ask(&open, &only_writes).await, (403, "insufficient_scope".to_owned()));
        assert_eq!(ask(&open, &only_drafts).await, (200, String::new()));
        assert_eq!(ask(&secret, &only_drafts).await, (403, "article_embargoed".to_owned()));
        assert_eq!(ask(&licensed, &only_drafts).await, (403, "article_restricted".to_owned()));
    }
    // A restored text would be in the answer.
    let path = format!("{}/revisions/1/restore", path_of(&open));
    let problem = app.as_key(&only_writes).post_empty(&path).refused("insufficient_scope").await;
    assert_eq!(problem["required_scope"], "drafts:read");
    let wrong = app
        .as_key(&only_writes)
        .request("POST", &format!("{path}?x=1"))
        .header("Content-Type", "text/plain");
    wrong.bytes("x").expect(403).await;
    // What is in the trash is not there, and what is purged never was.
    app.key().delete(path_of(&open)).done().await;
    let revision = format!("{}/revisions/1", path_of(&open));
    app.key().get(&revision).refused("article_not_found").await;
    app.act(&open, "restore", json!({})).await;
    assert_eq!(get(&app, &revision).await["title"], "Open");
    app.key().delete(format!("{}?purge=true", path_of(&open))).done().await;
    app.key().get(&revision).refused("article_not_found").await;
}

#[actix_web::test]
async fn what_was_closed_then_is_closed_now() {
    let app = TestApp::new().await;
    let writer = app.key_with(&["drafts:read", "articles:write"]).await;
    for (closed, opened, code) in [
        (json!({"access": "restricted"}), json!({"access": "public"}), "article_restricted"),
        (
            json!({"embargo_until": "2030-01-01T00:00:00Z"}),
            json!({"embargo_until": null}),
            "article_embargoed",
        ),
    ] {
        let mut words = closed.clone();
        words["title"] = json!("T");
        words["body"] = json!("CLOSED");
        words["state"] = json!("published");
        let article = app.article_of(words).await;
        let path = path_of(&article);
        let mut edit = opened.clone();
        edit["body"] = json!("Open.");
        app.key().patch(&path, &edit).ok().await;
        app.get(&path).ok().await;
        for way in ["revisions/1", "revisions/2?against=1", "revisions/1?against=2"] {
            let past = app.as_key(&writer).get(format!("{path}/{way}")).send().await;
            let told = past.text();
            past.expect(403).problem(code);
            assert!(!told.contains("CLOSED"), "{told}");
        }
        app.as_key(&writer).get(format!("{path}/revisions/2")).ok().await;
        let restore = format!("{path}/revisions/1/restore");
        app.as_key(&writer).post_empty(&restore).expect(403).await.problem(code);
        // Whoever may read it may bring it back, and it is closed again.
        let restored = app.key().post_empty(&restore).ok().await;
        assert_eq!(restored["body"], "CLOSED");
        let public = app.get(&path).send().await;
        assert!([403, 404].contains(&public.status), "{}", public.text());
    }
}

#[actix_web::test]
async fn history_keeps_whose_demand_it_was_and_what_was_said() {
    let app = TestApp::new().await;
    let successor = app.article("B").await;
    let article = app.article("A").await;
    let withdrawn = json!({"notice": "A source took it back.", "replaced_by": successor["id"]});
    app.act(&article, "withdraw", withdrawn.clone()).await;
    app.act(&article, "unpublish", json!({})).await;
    let blocked = json!({"authority": "A court", "reference": "4 O 1"});
    app.act(&article, "block", blocked.clone()).await;
    app.act(&article, "unblock", json!({"reason": "Settled."})).await;
    app.act(&article, "publish", json!({"at": "2030-01-01T00:00:00+01:00"})).await;
    let history = get(&app, &format!("{}/history", path_of(&article))).await;
    let details: Vec<&Value> =
        history["items"].as_array().unwrap().iter().map(|entry| &entry["details"]).collect();
    let none = json!({});
    let scheduled = json!({"at": "2029-12-31T23:00:00.000000Z"});
    assert_eq!(details, [&scheduled, &none, &blocked, &none, &withdrawn, &none]);
}

#[actix_web::test]
async fn a_text_is_put_aside_where_it_changes_and_found_where_it_does_not() {
    let app = TestApp::new().await;
    let article = app.article_of(json!({"title": "T", "body": "*one*"})).await;
    let path = path_of(&article);
    for edit in [
        json!({"tags": ["a"]}),
        json!({"body_format": "text"}),
        json!({"tags": ["b"]}),
        json!({"body": "two"}),
        json!({"title": "U"}),
    ] {
        app.key().patch(&path, &edit).ok().await;
    }
    let html = [
        "<p><em>one</em></p>\n", "<p><em>one</em></p>\n", "<p>*one*</p>\n", "<p>*one*</p>\n",
        "<p>two</p>\n", "<p>two</p>\n",
    ];
    for (version, want) in (1..).zip(html) {
        let revision = get(&app, &format!("{path}/revisions/{version}")).await;
        assert_eq!(revision["body_html"], want, "version {version}");
    }
    assert_eq!(app.count("select count(body) as n from article_revisions"), 2);
}
