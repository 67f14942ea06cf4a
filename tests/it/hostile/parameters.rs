//! Hostile strings in every parameter of a query, of a path and of a header.

use actix_web::http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use serde_json::Value;

use super::corpus::{CORPUS, Hostile};
use super::walk::{Operation, Sent, Walk, operations};
use crate::support::make::text;

/// Whose every query parameter meets every string.
const QUERIED_IN_FULL: [&str; 2] = ["list_articles", "list_queue"];
/// Whose every path parameter meets every string: one of each kind.
const NAMED_IN_FULL: [&str; 6] = [
    "read_article", "read_comment", "read_disclaimer_version", "read_key", "read_section",
    "read_problem",
];
/// Whose headers meet every string: one operation for each header.
const HEADED_IN_FULL: [(&str, &str); 8] = [
    ("create_article", "Idempotency-Key"),
    ("update_article", "If-Match"),
    ("update_article", "If-None-Match"),
    ("read_section", "If-None-Match"),
    ("read_section", "Accept"),
    ("read_section", "X-Request-Id"),
    ("read_section", "Prefer"),
    ("read_comment", "Edit-Token"),
];
/// The part of the corpus that the other parameters meet: of a query each third string, another third each..
const THIRD: usize = 3;
/// ..and since their readers are the same everywhere, fewer of a path and of a header.
const SIXTH: usize = 6;
const TWENTIETH: usize = 20;

/// The strings that a parameter meets.
fn sample(nth: usize, every: usize) -> impl Iterator<Item = &'static Hostile> {
    CORPUS.iter().skip(nth % every).step_by(every)
}

/// A body that is valid, where there must be one.
fn example(operation: &Operation) -> Option<(&'static str, Vec<u8>)> {
    let (_, example) = operation.body()?;
    Some((operation.media_types()[0], example.to_string().into_bytes()))
}

/// What a required parameter of a query is given while another one is hostile.
fn required(parameters: &[&'static Value], other_than: &str) -> String {
    let is_needed = |one: &&&Value| one["required"] == true && one["name"] != other_than;
    let needed = parameters.iter().filter(is_needed);
    needed.map(|one| format!("{}=plain&", text(&one["name"]))).collect()
}

async fn meet_queries(operation: &Operation, nth_operation: usize) {
    let parameters = operation.parameters("query");
    if parameters.is_empty() {
        return;
    }
    let every = if QUERIED_IN_FULL.contains(&operation.name) { 1 } else { THIRD };
    let mut walk = Walk::new(operation.name).await;
    walk.populate().await;
    let mut path = walk.stage(operation).await;
    let names = parameters.iter().map(|one| text(&one["name"]));
    // And a parameter whose name is hostile.
    for (nth, name) in names.chain([""]).enumerate() {
        let others = required(&parameters, name);
        let place = format!("the query's {name}");
        for hostile in sample(nth_operation + nth, every) {
            let Some(value) = hostile.uri() else {
                continue;
            };
            let query = match name {
                "" => format!("{others}{value}=1"),
                name => format!("{others}{name}={value}"),
            };
            let uri = format!("{path}?{query}");
            let sent = Sent::new(&operation.method, uri, (&place, hostile));
            let answer = walk.send(&sent.with_body(example(operation))).await;
            if let Some(fresh) = walk.restage(operation, answer.as_ref()).await {
                path = fresh;
            }
        }
    }
}

async fn meet_paths(operation: &Operation, nth_operation: usize) {
    let parameters = operation.parameters("path");
    if parameters.is_empty() {
        return;
    }
    let every = if NAMED_IN_FULL.contains(&operation.name) { 1 } else { SIXTH };
    let mut walk = Walk::new(operation.name).await;
    let mut filled = walk.filled(operation).await;
    for (nth, parameter) in parameters.iter().enumerate() {
        let name = text(&parameter["name"]);
        let place = format!("the path's {name}");
        for hostile in sample(nth_operation + nth, every) {
            let Some(value) = hostile.uri() else {
                continue;
            };
            let mut path = operation.pattern.to_owned();
            for (other, usual) in &filled {
                let value = if *other == name { &value } else { usual };
                path = path.replace(&format!("{{{other}}}"), value);
            }
            let sent = Sent::new(&operation.method, path, (&place, hostile));
            let answer = walk.send(&sent.with_body(example(operation))).await;
            if walk.restage(operation, answer.as_ref()).await.is_some() {
                filled = walk.filled(operation).await;
            }
        }
    }
    walk.read_again().await;
}

/// The headers that an operation reads, and those that every operation meets.
fn headers(operation: &Operation) -> Vec<&'static str> {
    let own = operation.parameters("header").into_iter().map(|one| text(&one["name"]));
    let token = operation.takes_token().then_some("Edit-Token");
    let body = operation.body().map(|_| "Content-Type");
    own.chain(token)
        .chain(body)
        .chain(["Accept", "X-Request-Id", "Prefer", "Authorization"])
        .collect()
}

async fn meet_headers(operation: &Operation, nth_operation: usize) {
    let mut walk = Walk::new(operation.name).await;
    let mut path = walk.stage(operation).await;
    for (nth, name) in headers(operation).into_iter().enumerate() {
        let is_full = HEADED_IN_FULL.contains(&(operation.name, name));
        let every = if is_full { 1 } else { TWENTIETH };
        let header = HeaderName::try_from(name).unwrap();
        for hostile in sample(nth_operation + nth, every) {
            let Some(value) = hostile.header() else {
                continue;
            };
            let sent = Sent::new(&operation.method, path.clone(), (name, hostile));
            let mut sent = sent.with_body(example(operation));
            if matches!(name, "Edit-Token" | "Authorization") {
                sent.headers.retain(|(name, _)| *name != AUTHORIZATION);
            }
            if name == "Content-Type" {
                sent.body = sent.body.map(|(_, body)| ("", body));
            }
            sent.headers.push((header.clone(), value));
            if name == "Idempotency-Key" {
                // Kept answers are given again.
                walk.send(&sent).await;
            }
            let answer = walk.send(&sent).await;
            if let Some(fresh) = walk.restage(operation, answer.as_ref()).await {
                path = fresh;
            }
        }
    }
    walk.read_again().await;
}

/// Two lines of one header, and lists that go on in a second line.
#[actix_web::test]
async fn headers_that_stand_twice() {
    let mut walk = Walk::new("twice").await;
    let all = operations();
    let operation = all.iter().find(|operation| operation.name == "update_article").unwrap();
    let path = walk.stage(operation).await;
    for (nth, hostile) in CORPUS.iter().enumerate() {
        let Some(value) = hostile.header() else {
            continue;
        };
        let name =
            ["If-Match", "If-None-Match", "Accept", "X-Request-Id", "Authorization"][nth % 5];
        let header = HeaderName::try_from(name).unwrap();
        let sent = Sent::new("PATCH", path.clone(), (name, hostile));
        let mut sent = sent.with_body(example(operation));
        sent.headers.push((header.clone(), value));
        sent.headers.push((header, HeaderValue::from_static("\"1-a\"")));
        walk.send(&sent).await;
    }
    walk.read_again().await;
}

/// The method QUERY takes the same parameters as content, as a form and as JSON.
#[actix_web::test]
async fn queries_as_content() {
    let mut walk = Walk::new("QUERY").await;
    walk.populate().await;
    for (nth, name) in ["q", "tag", "cursor", "id", "published_after", "sort"].iter().enumerate() {
        for hostile in sample(nth, THIRD) {
            let json = [&b"{\""[..], name.as_bytes(), b"\":", &hostile.json(), b"}"].concat();
            let form = match hostile {
                Hostile::Text(text) => format!("{name}={text}").into_bytes(),
                Hostile::Escaped(text) => format!("{name}={text}").into_bytes(),
                Hostile::Json(bytes) => [name.as_bytes(), b"=", bytes].concat(),
            };
            for body in [("application/json", json), ("application/x-www-form-urlencoded", form)] {
                let sent = Sent::new("QUERY", "/v1/articles".to_owned(), (name, hostile));
                walk.send(&sent.with_body(Some(body))).await;
            }
        }
    }
}

#[actix_web::test]
async fn queries_of_articles() {
    for (nth, operation) in operations().iter().enumerate() {
        if operation.is_of(&["articles"]) {
            meet_queries(operation, nth).await;
        }
    }
}

#[actix_web::test]
async fn queries_of_comments() {
    for (nth, operation) in operations().iter().enumerate() {
        if operation.is_of(&["comments"]) {
            meet_queries(operation, nth).await;
        }
    }
}

#[actix_web::test]
async fn other_queries() {
    for (nth, operation) in operations().iter().enumerate() {
        if !operation.is_of(&["articles", "comments"]) {
            meet_queries(operation, nth).await;
        }
    }
}

#[actix_web::test]
async fn paths() {
    for (nth, operation) in operations().iter().enumerate() {
        meet_paths(operation, nth).await;
    }
}

#[actix_web::test]
async fn headers_of_articles() {
    for (nth, operation) in operations().iter().enumerate() {
        if operation.is_of(&["articles", "terms"]) {
            meet_headers(operation, nth).await;
        }
    }
}

#[actix_web::test]
async fn other_headers() {
    for (nth, operation) in operations().iter().enumerate() {
        if !operation.is_of(&["articles", "terms"]) {
            meet_headers(operation, nth).await;
        }
    }
}
