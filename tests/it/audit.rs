//! Who was given access and who tried to get it without, addresses that are blocked, and for how
//! long such things are kept.

use std::sync::Arc;

use copydesk::app::Parts;
use copydesk::audit;
use copydesk::comments::policy::Policy;
use copydesk::web::limit::Limit;
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::app::KEY;
use crate::support::client::RequestBuilder;
use crate::support::database::url_of;
use crate::support::make::{
    DAY, MINUTE, NOWHERE, SECOND, comment_path, comments_of, path_of, text,
};
use crate::support::process::command;

/// A key that nobody has.
const WRONG: &str = "wrong-key-0123456789";
/// One in the form of those that Copydesk makes.
const INVENTED: &str = "cdk_aaaaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// The events of the audit, the newest first, without their ids.
async fn events(app: &TestApp, query: &str) -> Vec<Value> {
    let list = app.key().get(format!("/v1/audit{query}")).ok().await;
    let mut events = list["items"].as_array().unwrap().clone();
    for event in &mut events {
        assert!(event.as_object_mut().unwrap().remove("id").is_some_and(|id| id.is_string()));
    }
    events
}

/// A request for what a key may do, from an address.
fn own<'a>(app: &'a TestApp, from: &str, key: &str) -> RequestBuilder<'a> {
    app.as_key(key).get("/v1/keys/self").from(from)
}

/// A comment from an address.
fn comment<'a>(
    app: &'a TestApp,
    article: &Value,
    from: &str,
    key: &str,
    body: &str,
) -> RequestBuilder<'a> {
    let body = json!({"author_name": "Sam", "body": body});
    app.as_key(key).post(comments_of(article), body).from(from)
}

fn block_path(comment: &Value) -> String {
    format!("{}/block-address", comment_path(comment))
}

fn path_of_block(block: &Value) -> String {
    format!("/v1/blocked-addresses/{}", text(&block["id"]))
}

#[actix_web::test]
async fn keys_that_are_made_and_revoked_are_told_with_who_did_it() {
    let app = TestApp::new().await;
    let body = json!({"name": "Ada", "scopes": ["keys:manage"]});
    let ada = app.key().post("/v1/keys", body).created().await;
    let by = app.as_key(text(&ada["key"]));
    let desk = by.post("/v1/keys", json!({"name": "Desk", "scopes": []})).created().await;
    let path = format!("/v1/keys/{}", text(&desk["id"]));
    by.delete(&path).done().await;
    // What is refused changes nothing.
    by.delete(&path).expect(404).await;
    by.post("/v1/keys", json!({"name": "admin", "scopes": []})).expect(422).await;
    let mut found = events(&app, "").await;
    for event in &mut found {
        let event = event.as_object_mut().unwrap();
        let (at, last) = (event.remove("at"), event.remove("last_at"));
        assert!(at.is_some() && at == last, "{at:?} {last:?}");
    }
    let event = |event: &str, actor: &str, actor_key: &Value, key: &Value| {
        json!({
            "event": event, "count": 1, "actor": actor, "actor_key_id": actor_key,
            "subject_id": key["id"], "address_digest": null, "note": key["name"],
        })
    };
    let want = [
        event("key_revoked", "Ada", &ada["id"], &desk),
        event("key_created", "Ada", &ada["id"], &desk),
        event("key_created", "admin", &Value::Null, &ada),
    ];
    assert_eq!(found, want);
}

#[actix_web::test]
async fn the_command_line_is_in_it_too() {
    let app = TestApp::new().await;
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = command(folder.path());
        command.env("DATABASE_URL", url_of(&app.location)).arg("key").args(arguments);
        assert!(command.output().unwrap().status.success());
    };
    run(&["create", "--name", "Ops", "--scope", "audit:read"]);
    let made = events(&app, "?event=key_created").await;
    let id = text(&made[0]["subject_id"]);
    run(&["revoke", id]);
    let found = events(&app, "").await;
    for (event, kind) in found.iter().zip(["key_revoked", "key_created"]) {
        assert_eq!((&event["event"], &event["actor"]), (&json!(kind), &json!("command line")));
        assert_eq!((&event["subject_id"], &event["note"]), (&json!(id), &json!("Ops")));
    }
    assert_eq!(found.len(), 2);
}

#[actix_web::test]
async fn it_is_read_with_its_scope_and_in_part() {
    let app = TestApp::new().await;
    let other = app.key_with(&["keys:manage", "comments:moderate", "metrics:read"]).await;
    app.get("/v1/audit").refused("unauthenticated").await;
    let refused = app.as_key(&other).get("/v1/audit").refused("insufficient_scope").await;
    assert_eq!(refused["required_scope"], "audit:read");
    let reader = app.key_with(&["audit:read"]).await;
    app.as_key(&reader).get("/v1/audit").ok().await;
    app.clock.advance(DAY);
    let third = app.key().post("/v1/keys", json!({"name": "Third", "scopes": []})).created().await;
    app.key().delete(format!("/v1/keys/{}", text(&third["id"]))).done().await;
    let names = async |query: &str| {
        let found = events(&app, query).await;
        let name = |event: &Value| format!("{} {}", text(&event["event"]), text(&event["note"]));
        found.iter().map(name).collect::<Vec<_>>()
    };
    let all = ["key_revoked Third", "key_created Third", "key_created A key", "key_created A key"];
    assert_eq!(names("").await, all);
    assert_eq!(names("?event=key_revoked").await, all[..1]);
    assert_eq!(names("?event=key_created").await, all[1..]);
    assert_eq!(names("?event=block_created").await, [""; 0]);
    assert_eq!(names("?since=2026-11-23T00:00:00Z").await, all[..2]);
    assert_eq!(names("?since=2026-11-23T00:00:00Z&event=key_created").await, all[1..2]);
    let total = app.key().get("/v1/audit?count=true&event=key_created&limit=1").ok().await;
    assert_eq!(total["total"], 3);
    // Page by page, and with some members.
    let first = "/v1/audit?limit=3&fields=event";
    let mut path = first.to_owned();
    let mut found = Vec::new();
    loop {
        let page = app.key().get(&path).ok().await;
        found.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => path = format!("{first}&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(found.len(), 4);
    assert!(found.iter().all(|event| event["event"].is_string() && event["note"].is_null()));
    for wrong in ["event=lost", "since=yesterday", "fields=key"] {
        app.key().get(format!("/v1/audit?{wrong}")).refused("invalid_parameter").await;
    }
}

#[actix_web::test]
async fn wrong_keys_are_one_event_an_hour_and_address() {
    let app = TestApp::new().await;
    let made = app.key().post("/v1/keys", json!({"name": "Gone", "scopes": []})).created().await;
    app.key().delete(format!("/v1/keys/{}", text(&made["id"]))).done().await;
    // What comes through the writer behind them finds them written.
    let refused = async || {
        app.draft("A").await;
        events(&app, "?event=key_refused").await
    };
    for key in [WRONG, INVENTED, text(&made["key"])] {
        own(&app, "192.0.2.1", key).refused("invalid_key").await;
    }
    own(&app, "[2001:db8::1]", WRONG).expect(401).await;
    // No key is no wrong one, and a good one is none.
    own(&app, "192.0.2.1", "").expect(401).await;
    own(&app, "192.0.2.1", KEY).expect(200).await;
    let found = refused().await;
    let counts = |found: &[Value]| -> Vec<Value> {
        found.iter().map(|event| event["count"].clone()).collect()
    };
    assert_eq!(counts(&found), [1, 3]);
    for event in &found {
        for member in ["actor", "actor_key_id", "subject_id", "note"] {
            assert_eq!(event[member], Value::Null, "{member}");
        }
    }
    let digest = text(&found[1]["address_digest"]).to_owned();
    assert_ne!(found[0]["address_digest"], digest);
    assert!(!digest.contains("192"), "{digest}");
    app.clock.advance(59 * MINUTE);
    own(&app, "192.0.2.1", WRONG).expect(401).await;
    // Another address of the same network.
    own(&app, "[2001:db8::2]", WRONG).expect(401).await;
    let found = refused().await;
    assert_eq!(counts(&found), [2, 4]);
    assert!(text(&found[1]["at"]).starts_with("2026-11-22T10:00:"), "{}", found[1]);
    assert!(text(&found[1]["last_at"]).starts_with("2026-11-22T10:59:"), "{}", found[1]);
    app.clock.advance(MINUTE + SECOND);
    own(&app, "192.0.2.1", WRONG).expect(401).await;
    let found = refused().await;
    assert_eq!(counts(&found), [1, 2, 4]);
    assert_eq!(found[0]["address_digest"], digest);
    // By the last of several.
    assert_eq!(events(&app, "?event=key_refused&since=2026-11-22T10:30:00Z").await.len(), 3);
    assert_eq!(events(&app, "?event=key_refused&since=2026-11-22T11:00:00Z").await.len(), 1);
}

#[actix_web::test]
async fn it_is_kept_for_a_time_and_addresses_for_a_shorter_one() {
    let app = TestApp::new().await;
    own(&app, "192.0.2.1", WRONG).expect(401).await;
    app.key_with(&[]).await;
    app.clock.advance(10 * DAY);
    let forget = async |days: i64, addresses: i64| {
        let db = app.db();
        let forgotten = db.write(move |conn, now| {
            Ok(audit::forget(conn, now.minus(days * DAY), now.minus(addresses * DAY), 100)?)
        });
        assert!(!forgotten.await.unwrap(), "more than there is");
        events(&app, "").await
    };
    let kept = forget(365, 30).await;
    assert!(kept.len() == 2 && kept[1]["address_digest"].is_string(), "{kept:?}");
    let kept = forget(365, 9).await;
    assert!(kept.len() == 2 && kept[1]["address_digest"].is_null(), "{kept:?}");
    assert!(forget(9, 9).await.is_empty());
}

fn three_a_minute(parts: &mut Parts) {
    parts.key_uses.limit_wrong(Limit::new("wrong-keys", 3, &parts.clock));
}

#[actix_web::test]
async fn who_guesses_keys_is_no_longer_listened_to() {
    let app = TestApp::changed(three_a_minute).await;
    let stored = app.key_with(&["drafts:read"]).await;
    for key in [WRONG, INVENTED, WRONG] {
        own(&app, "192.0.2.1", key).refused("invalid_key").await;
    }
    let refused = own(&app, "192.0.2.1", WRONG).expect(429).await;
    assert_eq!(refused.header("retry-after"), "20");
    assert_eq!(refused.header("ratelimit-policy"), "\"wrong-keys\";q=3;w=60");
    assert_eq!(refused.problem("rate_limited")["retry_after_seconds"], 20);
    // Nobody learns there that a guess was right.
    for key in [KEY, INVENTED] {
        own(&app, "192.0.2.1", key).refused("rate_limited").await;
    }
    // A key that was made cannot be guessed. Others, and readers, are not concerned.
    own(&app, "192.0.2.1", &stored).expect(200).await;
    own(&app, "192.0.2.2", KEY).expect(200).await;
    app.key().get("/v1/keys/self").expect(200).await;
    app.get("/v1/articles").from("192.0.2.1").expect(200).await;
    app.draft("A").await;
    let counted = events(&app, "?event=key_refused").await;
    assert_eq!((counted.len(), &counted[0]["count"]), (1, &json!(3)), "those that were allowed");
    app.clock.advance(20 * SECOND - 1);
    own(&app, "192.0.2.1", KEY).expect(429).await;
    app.clock.advance(1);
    own(&app, "192.0.2.1", KEY).expect(200).await;
}

#[actix_web::test]
async fn a_network_guesses_as_one() {
    let app = TestApp::changed(three_a_minute).await;
    for host in 1..=3 {
        own(&app, &format!("[2001:db8::{host}]"), WRONG).expect(401).await;
    }
    own(&app, "[2001:db8::4]", WRONG).expect(429).await;
    own(&app, "[2001:db8::5]", KEY).expect(429).await;
    own(&app, "[2001:db8:0:1::5]", KEY).expect(200).await;
}

#[actix_web::test]
async fn nothing_is_taken_from_a_blocked_address_until_its_days_are_over() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let spam = comment(&app, &article, "192.0.2.1", "", "Spam").created().await;
    let other = comment(&app, &article, "192.0.2.2", "", "Hello").created().await;
    let body = json!({"days": 2, "reason": "Spam"});
    let answer = app.key().post(block_path(&spam), body).expect(201).await;
    let block = answer.json();
    assert_eq!(answer.header("location"), path_of_block(&block));
    assert_eq!(
        (&block["comment_id"], &block["reason"], &block["created_by"]),
        (&spam["id"], &json!("Spam"), &json!("admin"))
    );
    assert!(text(&block["until"]).starts_with("2026-11-24T10:00:"), "{block}");
    assert!(!text(&block["address_digest"]).contains("192"), "{block}");
    let refused = comment(&app, &article, "192.0.2.1", "", "More").expect(403).await;
    assert_eq!(refused.problem("address_blocked")["until"], block["until"]);
    // Nor is what was said changed from there, though it may be taken back.
    let author = app.with_token(text(&spam["edit_token"]));
    let edit = |from: &str| author.patch(comment_path(&spam), json!({"body": "Worse"})).from(from);
    assert_eq!(edit("192.0.2.1").refused("address_blocked").await["until"], block["until"]);
    edit("192.0.2.2").expect(200).await;
    author.delete(comment_path(&spam)).from("192.0.2.1").done().await;
    let report = |from: &str| {
        let path = format!("{}/reports", comment_path(&other));
        app.post(path, json!({"reason": "Rude"})).from(from)
    };
    let refused = report("192.0.2.1").refused("address_blocked").await;
    assert_eq!(refused["until"], block["until"]);
    report("192.0.2.3").expect(204).await;
    comment(&app, &article, "192.0.2.2", "", "Again").expect(201).await;
    // Who comments for the newsroom does so from anywhere.
    let site = app.key_with(&["comments:write"]).await;
    comment(&app, &article, "192.0.2.1", &site, "From us").expect(201).await;
    let none = app.key_with(&[]).await;
    comment(&app, &article, "192.0.2.1", &none, "More").expect(403).await;
    app.clock.advance(2 * DAY - MINUTE);
    comment(&app, &article, "192.0.2.1", "", "More").expect(403).await;
    assert_eq!(app.key().get(path_of_block(&block)).ok().await, block);
    app.clock.advance(MINUTE + SECOND);
    comment(&app, &article, "192.0.2.1", "", "More").expect(201).await;
    report("192.0.2.1").expect(204).await;
    app.key().get(path_of_block(&block)).refused("block_not_found").await;
    let list = app.key().get("/v1/blocked-addresses?count=true").ok().await;
    assert_eq!((&list["items"], &list["total"]), (&json!([]), &json!(0)));
}

#[actix_web::test]
async fn a_block_is_lifted_or_replaced() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let spam = comment(&app, &article, "[2001:db8::1]", "", "Spam").created().await;
    let moderator = app.key_with(&["comments:moderate"]).await;
    let by = app.as_key(&moderator);
    let first = by.post(block_path(&spam), json!({"days": 1, "reason": "Spam"})).created().await;
    // All of the network, and no other.
    comment(&app, &article, "[2001:db8::2]", "", "More").expect(403).await;
    comment(&app, &article, "[2001:db8:0:1::1]", "", "Hello").expect(201).await;
    let second = by.post_empty(block_path(&spam)).created().await;
    assert!(text(&second["until"]).starts_with("2026-12-22T10:00:"), "thirty days: {second}");
    assert_eq!((&second["reason"], &second["created_by"]), (&Value::Null, &json!("A key")));
    assert_eq!(second["address_digest"], first["address_digest"]);
    by.get(path_of_block(&first)).refused("block_not_found").await;
    let list = by.get("/v1/blocked-addresses?count=true").ok().await;
    assert_eq!((&list["items"], &list["total"]), (&json!([second]), &json!(1)));
    by.delete(path_of_block(&second)).done().await;
    comment(&app, &article, "[2001:db8::2]", "", "More").expect(201).await;
    let gone = by.delete(path_of_block(&second)).refused("block_not_found").await;
    assert_eq!(gone["id"], second["id"]);
    // Who did what is in the audit.
    let found = events(&app, "").await;
    let block = |event: &str, block: &Value| {
        json!([event, block["id"], block["reason"], first["address_digest"], "A key"])
    };
    let want = [
        block("block_lifted", &second),
        block("block_created", &second),
        block("block_created", &first),
    ];
    let told = found.iter().take(3).map(|event| {
        let members = ["event", "subject_id", "note", "address_digest", "actor"];
        members.iter().map(|member| event[member].clone()).collect::<Value>()
    });
    assert_eq!(told.collect::<Vec<_>>(), want);
    assert_eq!(events(&app, "?event=block_lifted").await.len(), 1);
}

#[actix_web::test]
async fn blocks_are_listed_the_latest_first_and_page_by_page() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let mut blocks = Vec::new();
    for (host, days) in [(1, 3), (2, 1), (3, 3)] {
        let from = format!("192.0.2.{host}");
        let spam = comment(&app, &article, &from, "", &format!("Spam {host}")).created().await;
        let block = app.key().post(block_path(&spam), json!({"days": days})).created().await;
        blocks.insert(0, block);
    }
    let list = app.key().get("/v1/blocked-addresses").ok().await;
    assert_eq!(list["items"], json!(blocks));
    let page = app.key().get("/v1/blocked-addresses?limit=2").ok().await;
    assert_eq!(page["items"], json!(blocks[..2]));
    let rest = format!("/v1/blocked-addresses?limit=2&cursor={}", text(&page["next"]));
    let rest = app.key().get(rest).ok().await;
    assert_eq!((&rest["items"], &rest["next"]), (&json!(blocks[2..]), &Value::Null));
    app.clock.advance(DAY + SECOND);
    let list = app.key().get("/v1/blocked-addresses?count=true").ok().await;
    assert_eq!((&list["items"], &list["total"]), (&json!([blocks[0], blocks[2]]), &json!(2)));
}

#[actix_web::test]
async fn an_address_that_is_not_known_cannot_be_blocked() {
    let app = TestApp::changed(|parts| {
        let kept = Policy { addresses_kept_for: Some(DAY), ..Policy::default() };
        parts.comments = Arc::new(kept);
    })
    .await;
    let article = app.article("A").await;
    let refused =
        async |comment: &Value| app.key().post_empty(block_path(comment)).send().await.expect(409);
    // Of what the newsroom says none is kept.
    let site = app.key_with(&["comments:write"]).await;
    let ours = comment(&app, &article, "192.0.2.1", &site, "From us").created().await;
    refused(&ours).await.problem("address_not_kept");
    let old = comment(&app, &article, "192.0.2.1", "", "Old").created().await;
    app.clock.advance(2 * DAY);
    // The next write forgets those whose time is over.
    let new = comment(&app, &article, "192.0.2.2", "", "New").created().await;
    refused(&old).await.problem("address_not_kept");
    app.key().post_empty(block_path(&new)).created().await;
    app.key().post_empty(block_path(&json!({"id": NOWHERE}))).refused("comment_not_found").await;
    for days in [0, 366] {
        let faults = app.key().post(block_path(&new), json!({"days": days})).faults().await;
        assert_eq!(faults, [("/days".to_owned(), "out_of_range".to_owned())]);
    }
}

#[actix_web::test]
async fn answers_are_kept_for_as_long_as_the_setting_says() {
    let app = TestApp::changed(|parts| parts.answers_kept_for = 60 * MINUTE).await;
    let body = json!({"title": "Once"});
    let ask = async || {
        let request = app.key().post("/v1/articles", &body).header("Idempotency-Key", "k");
        let answer = request.expect(201).await;
        (answer.find("idempotent-replayed").is_some(), answer.json()["id"].clone())
    };
    let (_, first) = ask().await;
    app.clock.advance(59 * MINUTE);
    assert_eq!(ask().await, (true, first.clone()));
    app.clock.advance(2 * MINUTE);
    let (is_replayed, second) = ask().await;
    assert!(!is_replayed && second != first, "{second}");
}

#[actix_web::test]
async fn the_html_of_a_revision_is_what_it_was_when_it_was_the_article_s() {
    let app = TestApp::new().await;
    let markdown = "# Head\n\n*one* [link](https://example.org/) <b>bold</b>\n\n- a\n- b\n";
    let html = "<p>One <script>alert(1)</script><a href=\"https://example.org/\">two</a></p>";
    let texts = [("markdown", markdown), ("html", html), ("text", "One\n\n<two> & three")];
    let article = app.draft("A").await;
    let path = path_of(&article);
    let mut shown = Vec::new();
    for (format, body) in texts {
        let change = json!({"body": body, "body_format": format});
        shown.push(app.key().patch(&path, change).ok().await);
    }
    app.key().patch(&path, json!({"body": "", "title": "B"})).ok().await;
    for then in shown {
        let revision = format!("{path}/revisions/{}", then["version"]);
        let revision = app.key().get(&revision).ok().await;
        assert!(!text(&then["body_html"]).is_empty());
        assert_eq!(revision["body_html"], then["body_html"], "{}", then["body_format"]);
        assert_eq!(revision["body"], then["body"]);
    }
}
