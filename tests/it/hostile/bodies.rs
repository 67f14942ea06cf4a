//! Every hostile string in every string member of every body, one member at a time in a body that is valid otherwise.

use serde_json::{Map, Value, json};

use super::corpus::{CORPUS, Hostile};
use super::walk::{Operation, Sent, Walk, operations};
use crate::support::contract::resolve;
use crate::support::make::NOWHERE;

/// Stands where the hostile string is put.
const PLACE: &str = "@@place@@";
/// Where every string meets every member. Members of the others meet each third string, another third each.
const IN_FULL: [&str; 3] = ["create_article", "create_comment", "create_disclaimer"];
/// The part of the corpus that the members of the other operations meet.
const THIRD: usize = 3;

/// A step from a body to a member in it.
#[derive(Clone, Copy, Debug)]
enum Step {
    Member(&'static str),
    /// The only entry of a list.
    Item,
    /// The name of a member, where any name will do.
    Name,
}

/// The schema without the ways to say nothing.
fn solid(schema: &'static Value) -> &'static Value {
    let schema = resolve(schema);
    let ways = schema["anyOf"].as_array();
    let way = ways.and_then(|ways| ways.iter().find(|way| way["type"] != "null"));
    way.map_or(schema, solid)
}

/// The type of a value, where it is not null.
fn kind(schema: &Value) -> &str {
    let kinds = schema["type"].as_array();
    let named = kinds.and_then(|kinds| kinds.iter().find(|kind| **kind != "null"));
    named.unwrap_or(&schema["type"]).as_str().unwrap_or_default()
}

/// The places of strings in a body.
fn places(schema: &'static Value) -> Vec<Vec<Step>> {
    let mut found = Vec::new();
    collect(schema, &mut Vec::new(), &mut found);
    found
}

fn collect(schema: &'static Value, at: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
    let schema = solid(schema);
    let mut below = |step: Step, schema: Option<&'static Value>| {
        at.push(step);
        match schema {
            Some(schema) => collect(schema, at, found),
            None => found.push(at.clone()),
        }
        at.pop();
    };
    match (kind(schema), schema["properties"].as_object()) {
        ("object", Some(members)) => {
            members.iter().for_each(|(name, inner)| below(Step::Member(name), Some(inner)));
        }
        // Any members: the value of one, and the name of another.
        ("object", None) => {
            below(Step::Member("note"), None);
            below(Step::Name, None);
        }
        ("array", _) => below(Step::Item, Some(&schema["items"])),
        ("string", _) => found.push(at.clone()),
        _ => {}
    }
}

/// Puts the mark at a place, with all that must stand beside it.
fn put(target: &mut Value, schema: &'static Value, steps: &[Step]) {
    let Some((step, rest)) = steps.split_first() else {
        *target = json!(PLACE);
        return;
    };
    let schema = solid(schema);
    match *step {
        Step::Item => {
            *target = json!([null]);
            put(&mut target[0], &schema["items"], rest);
        }
        Step::Member(name) => {
            if !target.is_object() {
                *target = sample(schema);
            }
            put(&mut target[name], &schema["properties"][name], rest);
        }
        Step::Name => *target = json!({PLACE: "x"}),
    }
}

/// A value that is valid.
fn sample(schema: &'static Value) -> Value {
    let schema = solid(schema);
    if let Some(words) = schema["enum"].as_array() {
        return words[0].clone();
    }
    match (kind(schema), schema["format"].as_str()) {
        ("string", Some("date-time")) => json!("2026-11-20T10:00:00Z"),
        ("string", Some("uuid")) => json!(NOWHERE),
        ("string", _) if schema["pattern"].as_str().is_some_and(|it| it.contains("[Tt][Pp]")) => {
            json!("https://news.example/x")
        }
        ("string", _) => json!("plain"),
        ("object", _) => {
            let required = schema["required"].as_array().into_iter().flatten();
            let names = required.filter_map(Value::as_str);
            let members = names.map(|name| (name.to_owned(), sample(&schema["properties"][name])));
            Value::Object(members.collect::<Map<_, _>>())
        }
        ("array", _) => json!([]),
        ("integer", _) => json!(1),
        ("boolean", _) => json!(true),
        other => panic!("a body with {other:?}"),
    }
}

/// The body with JSON instead of the mark, byte for byte.
fn with_literal(body: &Value, literal: &[u8]) -> Vec<u8> {
    let text = body.to_string();
    let (before, after) = text.split_once(&format!("\"{PLACE}\"")).unwrap();
    [before.as_bytes(), literal, after.as_bytes()].concat()
}

/// What is created differs from what was: neither slugs nor keys nor comments are refused for that.
fn numbered(body: &mut Value, number: usize) {
    let Value::Object(members) = body else {
        return;
    };
    for (name, form) in [("title", "Title"), ("body", "Body"), ("key", "key")] {
        if members.get(name).is_some_and(|value| *value != PLACE) {
            members[name] = json!(format!("{form}-{number}"));
        }
    }
}

/// What an operation is sent where nothing is hostile.
fn example(operation: &Operation, example: &'static Value) -> Value {
    let mut body = example.clone();
    // A rule in each of hundreds of disclaimers makes each look-up slow.
    if operation.name == "create_disclaimer" {
        body.as_object_mut().unwrap().remove("applies_to");
    }
    body
}

async fn meet(operation: &Operation) {
    let Some((schema, given)) = operation.body() else {
        return;
    };
    let types = operation.media_types();
    let mut walk = Walk::new(operation.name).await;
    let plain = example(operation, given);
    let mut path = walk.stage(operation).await;
    let request = walk.app.request(&operation.method, &path).key().json(&plain);
    let status = request.send().await.status;
    assert!(!matches!(status, 400 | 422), "the example of {} is {status}", operation.name);
    let every = if IN_FULL.contains(&operation.name) { 1 } else { THIRD };
    let all = places(schema);
    assert!(!all.is_empty(), "{} has no string", operation.name);
    for (nth, steps) in all.iter().enumerate() {
        path = walk.stage(operation).await;
        let place = format!("{steps:?}");
        for (number, hostile) in CORPUS.iter().enumerate() {
            if !(nth + number).is_multiple_of(every) {
                continue;
            }
            let mut body = plain.clone();
            put(&mut body, schema, steps);
            if operation.creates() {
                numbered(&mut body, walk.number());
            }
            let media_type = types[number / every % types.len()];
            let sent = Sent::new(&operation.method, path.clone(), (&place, hostile))
                .with_body(Some((media_type, with_literal(&body, &hostile.json()))));
            let answer = walk.send(&sent).await;
            if let Some(fresh) = walk.restage(operation, answer.as_ref()).await {
                path = fresh;
            }
        }
        walk.read_again().await;
        if operation.creates() {
            walk.renew().await;
        }
    }
}

async fn meet_all(wanted: impl Fn(&Operation) -> bool) {
    let mut met = 0;
    for operation in operations().iter().filter(|operation| wanted(operation)) {
        meet(operation).await;
        met += 1;
    }
    assert!(met > 0);
}

#[actix_web::test]
async fn bodies_of_new_articles() {
    meet_all(|operation| operation.name == "create_article").await;
}

#[actix_web::test]
async fn bodies_of_changed_articles() {
    meet_all(|operation| ["replace_article", "update_article"].contains(&operation.name)).await;
}

#[actix_web::test]
async fn bodies_of_actions_on_articles() {
    let others = ["create_article", "replace_article", "update_article"];
    meet_all(|operation| {
        operation.is_of(&["articles", "terms"]) && !others.contains(&operation.name)
    })
    .await;
}

#[actix_web::test]
async fn bodies_about_comments() {
    meet_all(|operation| operation.is_of(&["comments"])).await;
}

#[actix_web::test]
async fn bodies_of_new_disclaimers() {
    meet_all(|operation| operation.name == "create_disclaimer").await;
}

#[actix_web::test]
async fn bodies_of_changed_disclaimers() {
    meet_all(|operation| {
        operation.is_of(&["disclaimers"]) && operation.name != "create_disclaimer"
    })
    .await;
}

/// All that has no test of its own above, and what is added later.
#[actix_web::test]
async fn other_bodies() {
    let tags = ["articles", "terms", "comments", "disclaimers"];
    meet_all(|operation| !operation.is_of(&tags)).await;
}

/// A refusal names what is wrong and does not send a body back.
#[actix_web::test]
async fn long_names_are_not_repeated() {
    let mut walk = Walk::new("long names").await;
    let name = "n".repeat(500_000);
    let hostile = Hostile::Text("a name of half a megabyte".to_owned());
    for body in [
        format!("{{\"{name}\": 1, \"{name}\": 2}}"),
        format!("{{\"{name}\": 1e999}}"),
        format!("{{\"{name}\": 1}}"),
        format!("{{\"title\": \"A\", \"metadata\": {{\"{name}\": 1e30}}}}"),
        format!("{{\"title\": \"A\", \"state\": \"{name}\"}}"),
    ] {
        let sent = Sent::new("POST", "/v1/articles".to_owned(), ("body", &hostile));
        let sent = sent.with_body(Some(("application/json", body.into_bytes())));
        let answer = walk.send(&sent).await.unwrap();
        assert!(answer.status >= 400 && answer.body.len() < 10_000, "{}", answer.body.len());
    }
}
