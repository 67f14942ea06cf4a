//! Fixtures: loaded in every state, refused with their place, printed and loaded again.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use super::{EDITOR, Suite};
use crate::support::app::KEY;
use crate::support::database::fresh_database;
use crate::support::process::{Server, command};

#[test]
fn fixtures_are_in_every_state_of_the_ladder() {
    let suite = Suite::start(&[]);
    for (slug, status, with_key) in [
        ("flood-warning", 200, 200),
        ("tomorrow", 404, 200),
        ("under-embargo", 404, 200),
        ("ends", 200, 200),
        ("licensed", 403, 200),
        ("gone", 410, 200),
        ("blocked", 451, 200),
        ("thrown-away", 404, 404),
        ("taken-back", 404, 200),
        ("draft", 404, 200),
    ] {
        let path = format!("GET /v1/articles/{slug}");
        let got = |key: &str| suite.ask(key, &path, "", "").unwrap().status;
        assert_eq!((got(""), got("test")), (status, with_key), "{slug}");
    }
    let flood = suite.get("/v1/articles/019b0000-0000-7000-8000-000000000001").body;
    assert_eq!(flood["created_at"], "2025-12-31T10:00:00.000000Z");
    assert_eq!(flood["published_at"], "2025-12-31T10:00:00.000000Z");
    assert_eq!(flood["corrections"][0]["note"], "It was another river.");
    let carried = flood["disclaimers"].as_array().unwrap().iter().map(|one| &one["key"]);
    assert_eq!(carried.collect::<Vec<_>>(), ["wire", "by-hand"]);
    assert_eq!(flood["comment_count"], 1);
    let gone = suite.get("/v1/articles/gone").body;
    assert_eq!(gone["notice"], "A source took it back.");
    assert_eq!(gone["replaced_by"]["slug"], "flood-warning");
    let thread = suite.get("/v1/articles/flood-warning/comments").body;
    let states = thread["items"].as_array().unwrap().iter().map(|one| &one["state"]);
    assert_eq!(states.collect::<Vec<_>>(), ["removed", "published"]);
    let queue = suite.ask(EDITOR, "GET /v1/comments?state=pending", "", "").unwrap().body;
    assert_eq!(queue["items"][0]["held_by"], "links");
    let late = "cdk_late00000000_0000000000000000000000000000000000000000000";
    assert_eq!(suite.ask(late, "GET /v1/articles", "", "").unwrap().status, 401);
}

fn refused(dir: &Path, arguments: &[&str]) -> Output {
    let output = command(dir).args(arguments).args(["--listen", "127.0.0.1:0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert!(output.stdout.is_empty());
    output
}

#[test]
fn a_fixture_that_breaks_a_rule_stops_the_start() {
    let dir = tempfile::tempdir().unwrap();
    for (fixtures, want) in [
        ("{\"article\": {\"titel\": \"A\"}}", "f.jsonl:1: /article/title is required."),
        ("{\"article\": {\"titel\": \"A\"}}", "f.jsonl:1: /article/titel is not a member"),
        ("\n\n{\"article\": ", "f.jsonl:3: "),
        ("{\"articles\": {}}", "f.jsonl:1: must be an object with one member"),
        ("{\"article\": {\"title\": \"A\"}, \"key\": {}}", "f.jsonl:1: must be an object"),
        ("{\"article\": {\"title\": \"A\", \"title\": \"B\"}}", "f.jsonl:1: "),
        (
            "{\"article\": {\"title\": \"A\", \"slug\": \"a\"}}\n{\"article\": {\"title\": \"B\", \"slug\": \"a\"}}",
            "f.jsonl:2: /article/slug The slug `a`",
        ),
        (
            "{\"article\": {\"title\": \"A\", \"state\": \"scheduled\"}}",
            "f.jsonl:1: /article/published_at",
        ),
        (
            "{\"article\": {\"title\": \"A\", \"state\": \"blocked\"}}",
            "f.jsonl:1: /article/authority",
        ),
        (
            "{\"article\": {\"title\": \"A\", \"created_at\": \"2027-01-01T00:00:00Z\"}}",
            "f.jsonl:1: /article/created_at",
        ),
        (
            "{\"article\": {\"title\": \"A\", \"disclaimers\": [{\"key\": \"none\"}]}}",
            "f.jsonl:1: /article/disclaimers/0",
        ),
        (
            "{\"article\": {\"title\": \"A\", \"state\": \"withdrawn\", \"replaced_by\": \"none\"}}",
            "f.jsonl:1: /article/replaced_by",
        ),
        (
            "{\"comment\": {\"article\": \"none\", \"author_name\": \"A\", \"body\": \"B\"}}",
            "f.jsonl:1: /comment/article_id",
        ),
        (
            "{\"article\": {\"title\": \"A\", \"notice\": \"So.\"}}",
            "f.jsonl:1: /article/notice has no effect on an article that is `draft`",
        ),
        (
            "{\"key\": {\"name\": \"A\", \"preset\": \"admin\", \"revoked_at\": \"2024-01-01T00:00:00Z\", \"created_at\": \"2025-01-01T00:00:00Z\"}}",
            "f.jsonl:1: /key/revoked_at must not lie before 2025",
        ),
        (
            "{\"article\": {\"id\": \"019b0000-0000-7000-8000-000000000001\", \"title\": \"A\"}}\n{\"article\": {\"id\": \"019b0000-0000-7000-8000-000000000001\", \"title\": \"B\"}}",
            "f.jsonl:2: /article/id is that of another line.",
        ),
        (
            "{\"article\": {\"title\": \"A\", \"title\": \"B\"}}",
            "f.jsonl:1: is not well-formed JSON, at byte",
        ),
        ("{\"key\": {\"name\": \"A\", \"preset\": \"boss\"}}", "f.jsonl:1: /key/preset"),
        (
            "{\"key\": {\"name\": \"A\", \"preset\": \"admin\", \"key\": \"short\"}}",
            "f.jsonl:1: /key/key",
        ),
    ] {
        fs::write(dir.path().join("f.jsonl"), fixtures).unwrap();
        let start =
            ["--ephemeral", "--test", "--clock", "2026-01-01T00:00:00Z", "--fixtures", "f.jsonl"];
        let output = refused(dir.path(), &start);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(text.contains(want), "{fixtures}: {text}");
    }
    let output = refused(dir.path(), &["--ephemeral", "--test", "--fixtures", "none.jsonl"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("none.jsonl cannot be read"));
}

#[test]
fn settings_of_test_mode_need_test_mode() {
    let dir = tempfile::tempdir().unwrap();
    for (arguments, want) in [
        (&["--test"][..], "--ephemeral"),
        (&["--ephemeral", "--clock", "2026-01-01T00:00:00Z"], "--test"),
        (&["--ephemeral", "--seed", "3"], "--test"),
        (&["--ephemeral", "--fixtures", "f.jsonl"], "--test"),
        (&["demo", "--test", "--fixtures", "f.jsonl"], "content of its own"),
        (&["--ephemeral", "--test", "--clock", "yesterday"], "RFC 3339"),
    ] {
        let output = refused(dir.path(), arguments);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(text.contains(want), "{arguments:?}: {text}");
    }
}

#[test]
fn what_a_server_has_can_be_loaded_again() {
    let (dir, database) = fresh_database();
    let url = database.to_str().unwrap();
    let server =
        Server::start(dir.path(), 1, &[("DATABASE_URL", url), ("COPYDESK_ADMIN_KEY", KEY)]);
    let made = |path: &str, body: Value| {
        let (status, answer) = server.send("POST", path, KEY, &body.to_string());
        assert!(status == 201 || status == 200, "{path}: {answer}");
        answer
    };
    made(
        "/v1/disclaimers",
        json!({"key": "wire", "title": "Agency", "body": "As it came.", "applies_to": {"tags": ["wire"]}}),
    );
    let hand = made(
        "/v1/disclaimers",
        json!({"key": "hand", "title": "By hand", "body": "So.", "language": "de"}),
    );
    let first = made(
        "/v1/articles",
        json!({"title": "First", "state": "published", "tags": ["wire"], "body": "*One*", "metadata": {"a": [1]}}),
    );
    let id = first["id"].as_str().unwrap();
    let attach = format!("/v1/articles/{id}/disclaimers/{}", hand["id"].as_str().unwrap());
    assert_eq!(server.send("PUT", &attach, KEY, "").0, 204);
    made(&format!("/v1/articles/{id}/correct"), json!({"note": "It was one."}));
    let said = made(
        &format!("/v1/articles/{id}/comments"),
        json!({"author_name": "Sam", "body": "Hello", "author_email": "sam@example.com"}),
    );
    let reply = made(
        &format!("/v1/articles/{id}/comments"),
        json!({"author_name": "Kim", "body": "Hi", "parent_id": said["id"]}),
    );
    made("/v1/comments/moderate", json!({"ids": [reply["id"]], "state": "spam"}));
    made("/v1/articles", json!({"title": "Planned"}));
    made("/v1/articles/planned/publish", json!({"at": "2999-01-01T00:00:00Z"}));
    made("/v1/articles", json!({"title": "Taken", "state": "published"}));
    made("/v1/articles/taken/withdraw", json!({"notice": "Wrong.", "replaced_by": "first"}));
    made("/v1/articles", json!({"title": "Barred", "state": "published"}));
    made("/v1/articles/barred/block", json!({"authority": "Court"}));
    made("/v1/articles", json!({"title": "Thrown"}));
    assert_eq!(server.send("DELETE", "/v1/articles/thrown", KEY, "").0, 204);
    made("/v1/keys", json!({"name": "Desk", "preset": "legal"}));
    let gone = made("/v1/keys", json!({"name": "Gone", "preset": "reader"}));
    let delete = |path: String| assert_eq!(server.send("DELETE", &path, KEY, "").0, 204, "{path}");
    delete(format!("/v1/keys/{}", gone["id"].as_str().unwrap()));
    // What was done to it twice.
    let article = |title: &str, state: &str| {
        made("/v1/articles", json!({"title": title, "state": state}));
        format!("/v1/articles/{}", title.to_lowercase().replace(' ', "-"))
    };
    delete(article("Same", "draft"));
    article("Same", "published");
    let later = json!({"at": "2999-01-01T00:00:00Z"});
    let path = article("Planned and thrown", "draft");
    made(&format!("{path}/publish"), later.clone());
    delete(path);
    let path = article("Planned and barred", "draft");
    made(&format!("{path}/publish"), later);
    made(&format!("{path}/block"), json!({"authority": "Court"}));
    let path = article("Taken and barred", "published");
    made(&format!("{path}/withdraw"), json!({"notice": "Wrong."}));
    made(&format!("{path}/block"), json!({"authority": "Court"}));
    let path = article("Barred and corrected", "draft");
    made(&format!("{path}/block"), json!({"authority": "Court"}));
    made(&format!("{path}/correct"), json!({"note": "It was another."}));
    let path = article("Replaced by what is thrown", "published");
    let successor = article("Successor", "published");
    made(&format!("{path}/withdraw"), json!({"replaced_by": "successor"}));
    delete(successor);
    let path = article("Discussed", "published");
    let comments = format!("{path}/comments");
    let said = |name: &str, parent: &Value| {
        let mail = format!("{name}@example.com");
        made(
            &comments,
            json!({"author_name": name, "body": "So.", "author_email": mail, "parent_id": parent}),
        )["id"]
            .clone()
    };
    let erased = said("Ada", &Value::Null);
    said("Bob", &erased);
    let (status, _) =
        server.send("POST", "/v1/comments/erase", KEY, &json!({"ids": [erased]}).to_string());
    assert_eq!(status, 200);
    let deleted = said("Cid", &Value::Null);
    delete(format!("/v1/comments/{}", deleted.as_str().unwrap()));

    let printed = command(dir.path()).arg("fixtures").env("DATABASE_URL", url).output().unwrap();
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let fixtures = String::from_utf8(printed.stdout).unwrap();
    let suite = Suite::with(&fixtures, "2990-01-01T00:00:00Z", &[]);
    let seen = |path: &str| {
        let (_, there) = server.send("GET", path, KEY, "");
        let here = suite.ask("test", &format!("GET {path}"), "", "").unwrap().body;
        (without_counts(there), without_counts(here))
    };
    for path in [
        "/v1/articles?sort=title&fields=title,state,slug,tags,body,metadata,published_at,created_at,corrections,comment_count",
        "/v1/articles?state=trashed&fields=title,state",
        "/v1/disclaimers",
        "/v1/comments",
        "/v1/keys",
        "/v1/articles/first",
        "/v1/articles/first/comments",
    ] {
        let (there, here) = seen(path);
        assert_eq!(there, here, "{path}");
    }
    for path in [
        "/v1/articles/taken",
        "/v1/articles/barred",
        "/v1/articles/same",
        "/v1/articles/planned-and-barred",
        "/v1/articles/taken-and-barred",
        "/v1/articles/barred-and-corrected",
        "/v1/articles/replaced-by-what-is-thrown",
        "/v1/articles/discussed/comments",
        &format!("/v1/comments/{}", deleted.as_str().unwrap()),
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let there = server.raw(request.as_bytes());
        let there: Value = serde_json::from_str(there.split_once("\r\n\r\n").unwrap().1).unwrap();
        let here = suite.get(path).body;
        let without_names = |value: Value| {
            // What stands for an erased name is no name.
            serde_json::from_str::<Value>(&value.to_string().replace("(erased)", "")).unwrap()
        };
        assert_eq!(without_counts(there), without_names(without_counts(here)), "{path}");
    }
    // Undone, they are what they were before.
    let bar = |state: &str, slug: &str| {
        let path = format!("/v1/articles/{slug}/unblock");
        assert_eq!(suite.post("test", &path, &json!({})).body["state"], state, "{slug}");
    };
    bar("scheduled", "planned-and-barred");
    bar("withdrawn", "taken-and-barred");
    bar("draft", "barred-and-corrected");
}

/// Without what a newsroom counts anew: a fixture tells what is, not how it came about.
fn without_counts(mut value: Value) -> Value {
    match &mut value {
        Value::Object(members) => {
            for name in [
                "version", "updated_at", "instance", "created_by", "last_used_at", "revoked_by",
                "revoked_by_key_id", "created_by_key_id", "reason", "next",
            ] {
                members.remove(name);
            }
            members.values_mut().for_each(|inner| *inner = without_counts(inner.take()));
        }
        Value::Array(items) => {
            items.iter_mut().for_each(|inner| *inner = without_counts(inner.take()))
        }
        _ => {}
    }
    value
}
