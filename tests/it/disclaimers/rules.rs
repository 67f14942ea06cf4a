//! Disclaimers that attach themselves, and in which version they are shown.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{NOT_KEPT, NOWHERE, SECOND, attachment, notice_path, path_of, text};

async fn make(app: &TestApp, key: &str, more: Value) -> Value {
    let mut body = json!({"key": key, "title": key, "body": format!("{key} one")});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = app.key().post("/v1/disclaimers", &body).send().await;
    app.clock.advance(SECOND);
    made.expect(201).json()
}

async fn change(app: &TestApp, disclaimer: &Value, body: Value) -> Value {
    let changed = app.key().patch(notice_path(disclaimer), &body).send().await;
    app.clock.advance(SECOND);
    changed.expect(200).json()
}

/// Key, version and reasons of what an article carries.
async fn carried(app: &TestApp, article: &Value) -> Vec<String> {
    let article = app.key().get(path_of(article)).ok().await;
    told(&article["disclaimers"])
}

fn told(disclaimers: &Value) -> Vec<String> {
    let tell = |one: &Value| {
        let why: Vec<&str> = one["matched_by"].as_array().unwrap().iter().map(text).collect();
        format!("{} {} {}", text(&one["key"]), one["version"], why.join(","))
    };
    disclaimers.as_array().unwrap().iter().map(tell).collect()
}

#[actix_web::test]
async fn a_rule_attaches_by_what_an_article_is() {
    let app = TestApp::new().await;
    make(&app, "all", json!({"applies_to": {"all": true}, "placement": "before"})).await;
    let wire =
        json!({"applies_to": {"sources": ["Valley Wire", "Hill Wire"], "tags": ["law", "court"]}});
    let wire = make(&app, "wire", wire).await;
    make(&app, "none", json!({"applies_to": {}})).await;
    make(
        &app,
        "pt",
        json!({"applies_to": {"languages": ["pt"], "sections": ["harbour"]}, "priority": -1}),
    )
    .await;
    let body = json!({"title": "A", "state": "published", "source": {"name": "Valley Wire"}, "tags": ["court", "law", "sea"],
        "language": "pt-BR", "section": "harbour"});
    let article = app.article_of(body).await;
    let want = [
        "all 1 all",
        "pt 1 section:harbour,language:pt",
        "wire 1 source:Valley Wire,tag:law,tag:court",
    ];
    assert_eq!(carried(&app, &article).await, want);
    // Its facts decide, at once, and the tag tells.
    let before = app.get(path_of(&article)).send().await;
    app.key().patch(path_of(&article), json!({"tags": ["sea"]})).ok().await;
    assert_eq!(carried(&app, &article).await, want[..2]);
    // So does the rule.
    change(&app, &wire, json!({"applies_to": {"tags": null}})).await;
    let after = app.get(path_of(&article)).send().await;
    assert_eq!(told(&after.json()["disclaimers"])[2], "wire 1 source:Valley Wire");
    assert_ne!(before.header("etag"), after.header("etag"));
    assert_eq!(after.json()["version"], 2, "a rule is no write to the article");
    let rule = app.get(notice_path(&wire)).ok().await["applies_to"].clone();
    let want = json!({"all": false, "sources": ["Valley Wire", "Hill Wire"], "sections": [], "tags": [], "languages": []});
    assert_eq!(rule, want);
    let none = change(&app, &wire, json!({"applies_to": null})).await;
    assert_eq!(none["applies_to"], Value::Null);
    assert_eq!(carried(&app, &article).await.len(), 2);
}

#[actix_web::test]
async fn what_a_rule_attaches_its_rule_detaches() {
    let app = TestApp::new().await;
    let rule = json!({"applies_to": {"tags": ["law"]}});
    let notice = make(&app, "notice", rule).await;
    let article =
        app.article_of(json!({"title": "A", "tags": ["law"], "state": "published"})).await;
    let at = attachment(&article, &notice);
    let refused = app.key().delete(&at).expect(403).await;
    assert_eq!(refused.problem("disclaimer_required")["rule"], "tag:law");
    app.key().put_empty(&at).done().await;
    assert_eq!(carried(&app, &article).await, ["notice 1 manual,tag:law"]);
    app.key().delete(&at).expect(403).await;
    app.key().patch(path_of(&article), json!({"tags": []})).ok().await;
    assert_eq!(carried(&app, &article).await, ["notice 1 manual"]);
    app.key().delete(&at).done().await;
    app.key().delete(&at).expect(404).await;
    // What it once attached to is not forgotten: neither by hand nor by rule.
    let in_use = app.key().delete(notice_path(&notice)).expect(409).await;
    assert_eq!(in_use.problem("disclaimer_in_use")["articles"], 1);
    let by_rule = make(&app, "by-rule", json!({"applies_to": {"tags": ["once"]}})).await;
    let tagged = app.article_of(json!({"title": "B", "tags": ["once"]})).await;
    app.key().patch(path_of(&tagged), json!({"tags": []})).ok().await;
    let in_use = app.key().delete(notice_path(&by_rule)).expect(409).await;
    assert_eq!(in_use.problem("disclaimer_in_use")["articles"], 1);
    let nobody = make(&app, "nobody", json!({"applies_to": {"tags": ["nobody"]}})).await;
    app.key().delete(notice_path(&nobody)).done().await;
}

#[actix_web::test]
async fn a_pinned_text_is_that_of_the_publication() {
    let app = TestApp::new().await;
    let pinned = make(&app, "pinned", json!({"applies_to": {"all": true}})).await;
    let current =
        make(&app, "current", json!({"applies_to": {"all": true}, "text_mode": "current"})).await;
    let early = app.article("Early").await;
    app.clock.advance(SECOND);
    for notice in [&pinned, &current] {
        change(&app, notice, json!({"body": "two"})).await;
    }
    let late = app
        .article_of(
            json!({"title": "Late", "state": "published", "published_at": "2020-01-01T00:00:00Z"}),
        )
        .await;
    let draft = app.article_of(json!({"title": "Draft"})).await;
    assert_eq!(carried(&app, &early).await, ["current 2 all", "pinned 1 all"]);
    assert_eq!(
        carried(&app, &late).await,
        ["current 2 all", "pinned 2 all"],
        "the real publication counts"
    );
    assert_eq!(carried(&app, &draft).await, ["current 2 all", "pinned 1 all"]);
    // One that came later than the article stands in its first version.
    let young = make(&app, "young", json!({"applies_to": {"all": true}})).await;
    change(&app, &young, json!({"body": "two"})).await;
    assert_eq!(carried(&app, &early).await[2], "young 1 all");
    // A republication pins anew, and its history says so.
    app.act(&early, "unpublish", json!({})).await;
    app.clock.advance(SECOND);
    app.act(&early, "publish", json!({})).await;
    assert_eq!(carried(&app, &early).await, ["current 2 all", "pinned 2 all", "young 2 all"]);
    let history = app.key().get(format!("{}/history?limit=1", path_of(&early))).send().await.json();
    let said = history["items"][0]["details"]["disclaimers"].clone();
    let want = json!([{"key": "current", "version": 2}, {"key": "pinned", "version": 2}, {"key": "young", "version": 2}]);
    assert_eq!(said, want);
    // No edit of dates pins a text to another instant.
    let before = copydesk::domain::instant::Clock::now(app.clock.as_ref()).to_string();
    let third = change(&app, &pinned, json!({"body": "two again"})).await;
    assert_eq!(third["version"], 3);
    for end in [json!("2020-01-01T00:00:00Z"), Value::Null, json!(before)] {
        app.key().patch(path_of(&late), json!({"embargo_until": end})).ok().await;
        assert_eq!(carried(&app, &late).await[1], "pinned 2 all");
    }
    app.act(&late, "withdraw", json!({})).await;
    assert_eq!(carried(&app, &late).await[1], "pinned 2 all");
    // The end of an embargo is the real publication.
    let end = copydesk::domain::instant::Instant::from_micros(
        crate::support::app::ManualClock::START + 60 * SECOND,
    );
    let embargoed = json!({"title": "E", "state": "published", "embargo_until": end.to_string()});
    let embargoed = app.article_of(embargoed).await;
    change(&app, &pinned, json!({"body": "three"})).await;
    assert_eq!(carried(&app, &embargoed).await[1], "pinned 3 all");
    app.clock.advance(60 * SECOND);
    assert_eq!(carried(&app, &embargoed).await[1], "pinned 4 all");
    app.key().patch(path_of(&embargoed), json!({"embargo_until": null})).ok().await;
    assert_eq!(carried(&app, &embargoed).await[1], "pinned 4 all", "as it was when it was lifted");
}

#[actix_web::test]
async fn a_rule_has_its_time_and_its_end() {
    let app = TestApp::new().await;
    let old = app.article("Old").await;
    let at = |seconds: i64| {
        let start = crate::support::app::ManualClock::START;
        copydesk::domain::instant::Instant::from_micros(start + seconds * SECOND).to_string()
    };
    let period =
        json!({"applies_to": {"all": true}, "effective_from": at(30), "effective_until": at(60)});
    make(&app, "timed", period).await;
    let wrong = json!({"key": "x", "title": "X", "body": "X", "effective_from": at(60), "effective_until": at(60)});
    let wrong = app.key().post("/v1/disclaimers", &wrong).expect(422).await;
    assert_eq!(wrong.problem("validation_failed")["errors"][0]["pointer"], "/effective_until");
    assert_eq!(carried(&app, &old).await.len(), 0);
    app.clock.advance(28 * SECOND);
    let soon = app.get(path_of(&old)).send().await;
    app.clock.advance(SECOND);
    assert_eq!(carried(&app, &old).await, ["timed 1 all"]);
    app.clock.advance(30 * SECOND);
    assert_eq!(carried(&app, &old).await.len(), 0);
    assert_eq!(soon.header("cache-control"), NOT_KEPT, "not past what the clock brings");
    // Retired, it stays with what was public and comes to nothing new.
    let standing = make(&app, "standing", json!({"applies_to": {"all": true}})).await;
    let draft = app.article_of(json!({"title": "Draft"})).await;
    let retire = format!("{}/retire", notice_path(&standing));
    app.post_empty(&retire).expect(401).await;
    app.key().post_empty(&retire).header("If-Match", "\"9-x\"").expect(412).await;
    let retired = app.key().post_empty(&retire).ok().await;
    assert_eq!(retired["version"], 2);
    let again = app.key().post_empty(&retire).ok().await;
    assert_eq!(again, retired);
    app.clock.advance(SECOND);
    let new = app.article("New").await;
    assert_eq!(carried(&app, &old).await, ["standing 1 all"]);
    assert_eq!(carried(&app, &draft).await.len(), 0);
    assert_eq!(carried(&app, &new).await.len(), 0);
    // It can still be attached by hand, and edited; it stays retired.
    app.attach(&new, &standing).await;
    let edited = change(&app, &standing, json!({"title": "Other"})).await;
    assert_eq!((&edited["version"], &edited["retired_at"]), (&json!(3), &retired["retired_at"]));
    assert_eq!(carried(&app, &new).await, ["standing 2 manual"]);
    app.key().patch(notice_path(&standing), json!({"retired_at": null})).expect(422).await;
    app.key().post_empty(format!("/v1/disclaimers/{NOWHERE}/retire")).expect(404).await;
}

#[actix_web::test]
async fn of_several_translations_one_stands_and_none_is_lost() {
    let app = TestApp::new().await;
    let all = || json!({"applies_to": {"all": true}});
    for language in ["de", "en", "pt"] {
        let mut more = all();
        more["language"] = json!(language);
        make(&app, "notice", more).await;
    }
    make(&app, "only-german", json!({"applies_to": {"all": true}, "language": "de"})).await;
    for (language, want) in [("de", "de"), ("pt-BR", "pt"), ("fr", "en")] {
        let body = json!({"title": language, "language": language, "state": "published"});
        let article = app.article_of(body).await;
        let shown = app.get(path_of(&article)).ok().await;
        let languages: Vec<_> = shown["disclaimers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["language"].clone())
            .collect();
        assert_eq!(languages, [want, "de"], "{language}");
    }
}

#[actix_web::test]
async fn versions_stand_for_good() {
    let app = TestApp::new().await;
    let notice = make(&app, "notice", json!({"applies_to": {"tags": ["a"]}})).await;
    for change_of in [
        json!({"body": "two"}),
        json!({"kind": "risk"}),
        json!({"applies_to": {"tags": ["b"]}}),
        json!({"text_mode": "current"}),
    ] {
        change(&app, &notice, change_of).await;
    }
    let list = app.get(format!("{}/versions?limit=2", notice_path(&notice))).ok().await;
    let numbers: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|one| one["version"].clone()).collect();
    assert_eq!(numbers, [5, 4]);
    let next = format!("{}/versions?cursor={}", notice_path(&notice), text(&list["next"]));
    let rest = app.get(&next).ok().await;
    assert_eq!(rest["items"].as_array().unwrap().len(), 3);
    let first = app.get(format!("{}/versions/1", notice_path(&notice))).expect(200).await;
    assert!(first.header("etag").starts_with("\"1-"));
    assert_eq!(first.json(), notice);
    let third = app.get(format!("{}/versions/3", notice_path(&notice))).ok().await;
    assert_eq!((&third["kind"], &third["applies_to"]["tags"]), (&json!("risk"), &json!(["a"])));
    for (version, status) in [("6", 404), ("0", 400), ("x", 400)] {
        app.get(format!("{}/versions/{version}", notice_path(&notice))).expect(status).await;
    }
    app.get(format!("/v1/disclaimers/{NOWHERE}/versions")).expect(404).await;
}

#[actix_web::test]
async fn who_carries_it_and_who_would() {
    let app = TestApp::new().await;
    let rule = json!({"applies_to": {"tags": ["law"], "languages": ["en"]}});
    let notice = make(&app, "notice", rule.clone()).await;
    let law = |title: &str, state: &str, tags: Value| json!({"title": title, "state": state, "tags": tags, "slug": title.to_lowercase()});
    for (title, state, tags) in [
        ("One", "published", json!(["law"])),
        ("Two", "draft", json!(["law", "sea"])),
        ("Three", "published", json!(["sea"])),
        ("Four", "published", json!([])),
    ] {
        app.article_of(law(title, state, tags)).await;
    }
    let four = app.get("/v1/articles/four").ok().await;
    app.attach(&four, &notice).await;
    let carriers = format!("{}/articles", notice_path(&notice));
    let legal = app.key_with(&["disclaimers:write"]).await;
    app.get(&carriers).expect(401).await;
    let list = async |request: crate::support::client::RequestBuilder<'_>| -> Vec<String> {
        let items = request.ok().await["items"].clone();
        let tell = |one: &Value| {
            let why: Vec<&str> = one["matched_by"].as_array().unwrap().iter().map(text).collect();
            format!("{} {} {}", text(&one["slug"]), one["version"], why.join(","))
        };
        items.as_array().unwrap().iter().map(tell).collect()
    };
    assert_eq!(
        list(app.as_key(&legal).get(&carriers)).await,
        ["one 1 tag:law,language:en", "four 1 manual"]
    );
    assert_eq!(list(app.key().get(&carriers)).await.len(), 3);
    let mut seen = Vec::new();
    let mut page = format!("{carriers}?limit=1");
    loop {
        let answer = app.key().get(&page).ok().await;
        seen.extend(answer["items"].as_array().unwrap().iter().map(|one| one["slug"].clone()));
        match answer["next"].as_str() {
            Some(next) => page = format!("{carriers}?limit=1&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ["one", "two", "four"]);
    // Before it is saved: the same lists, and nothing is written.
    let preview = |body: Value| app.key().post("/v1/disclaimers/preview?count=true", &body);
    let sea = json!({"applies_to": {"tags": ["sea"]}});
    assert_eq!(list(preview(sea.clone())).await, ["two null tag:sea", "three null tag:sea"]);
    let counted = preview(sea).ok().await;
    assert_eq!(counted["total"], 2);
    assert_eq!(list(preview(json!({"applies_to": {}}))).await, [""; 0]);
    let public =
        app.as_key(&legal).post("/v1/disclaimers/preview", json!({"applies_to": {"all": true}}));
    assert_eq!(list(public).await.len(), 3, "drafts are seen with drafts:read");
    app.post("/v1/disclaimers/preview", &rule).expect(401).await;
    app.key().post("/v1/disclaimers/preview", json!({})).expect(422).await;
    let listed = app.get("/v1/disclaimers").send().await.json()["items"].as_array().unwrap().len();
    assert_eq!(listed, 1);
}
