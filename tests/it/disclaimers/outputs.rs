//! No article leaves without its disclaimers: every operation of the document that answers with one.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::contract::{DOCUMENT, resolve};
use crate::support::make::{path_of, text};

/// Whether a schema describes an article, by what only articles have.
fn is_article(schema: &Value) -> bool {
    let members = &schema["properties"];
    members["slug"].is_object() && members["title"].is_object() && members["tags"].is_object()
}

/// Whether an article stands anywhere in a schema, and each with `disclaimers` that it must have.
fn holds_articles(schema: &'static Value, depth: usize) -> bool {
    let schema = resolve(schema);
    if depth == 0 {
        return false;
    }
    if is_article(schema) {
        let required = schema["required"].as_array().unwrap();
        assert!(
            required.contains(&json!("disclaimers")),
            "an article without disclaimers: {schema}"
        );
        return true;
    }
    let members = schema["properties"].as_object().into_iter().flatten().map(|(_, member)| member);
    let others =
        ["anyOf", "oneOf", "allOf"].iter().filter_map(|name| schema[*name].as_array()).flatten();
    members
        .chain(others)
        .chain([&schema["items"]])
        .filter(|part| part.is_object())
        .any(|part| holds_articles(part, depth - 1))
}

/// The articles in an answer.
fn articles(body: &Value, found: &mut Vec<Value>) {
    match body {
        Value::Object(members) => {
            if members.contains_key("slug")
                && members.contains_key("title")
                && members.contains_key("tags")
            {
                found.push(body.clone());
            }
            members.values().for_each(|member| articles(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| articles(item, found)),
        _ => {}
    }
}

#[actix_web::test]
async fn every_answer_with_an_article_carries_them() {
    let app = TestApp::new().await;
    let body = json!({"key": "all", "title": "All", "body": "All", "applies_to": {"all": true}});
    app.key().post("/v1/disclaimers", &body).created().await;
    let mut walked = Vec::new();
    for (pattern, item) in DOCUMENT["paths"].as_object().unwrap() {
        for (method, operation) in
            item.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters")
        {
            for (status, answer) in operation["responses"].as_object().unwrap() {
                let schemas = answer["content"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(_, media)| &media["schema"]);
                let holds = schemas.filter(|schema| holds_articles(schema, 8)).count() > 0;
                if holds && status.starts_with('2') {
                    walked.push((
                        method.to_uppercase(),
                        pattern.clone(),
                        operation["operationId"].clone(),
                    ));
                }
            }
        }
    }
    assert!(walked.len() >= 14, "{walked:?}");
    for (method, pattern, id) in walked {
        let article = app.article_of(json!({"title": "A", "tags": ["shared"], "state": if pattern.ends_with("/publish") { "draft" } else { "published" }})).await;
        let path = path_of(&article);
        let first = match text(&id) {
            "unblock_article" => Some(("block", json!({"authority": "A court"}))),
            _ => None,
        };
        if let Some((action, body)) = first {
            app.act(&article, action, body).await;
        }
        if id == "restore_article" {
            app.key().delete(&path).done().await;
        }
        let body = match text(&id) {
            "create_article" => json!({"title": "B"}),
            "replace_article" | "update_article" => json!({"title": "B"}),
            "block_article" => json!({"authority": "A court"}),
            "correct_article" => json!({"note": "It was another."}),
            _ => json!({}),
        };
        let target = pattern.replace("{article}", text(&article["id"])).replace("{version}", "1");
        let fields =
            if pattern == "/v1/articles" && method == "GET" { "?fields=title" } else { "" };
        let mut targets = vec![target.clone()];
        if !fields.is_empty() {
            targets.push(format!("{target}{fields}"));
            targets.push(format!("{target}?include=disclaimers"));
        }
        for target in targets {
            let request = app.key().request(&method, &target);
            let answer = if method == "GET" {
                request.send().await
            } else {
                request.json(&body).send().await
            };
            assert!(answer.status < 300, "{id}: {} {}", answer.status, answer.text());
            let mut found = Vec::new();
            articles(&answer.json(), &mut found);
            assert!(!found.is_empty() || target.contains("fields"), "{id} answers no article");
            let body = answer.json();
            for item in found.iter().chain(body["items"].as_array().into_iter().flatten()) {
                let carried = item["disclaimers"].as_array().map(Vec::len);
                assert_eq!(carried, Some(1), "{id}: {item}");
                if target.contains("include") {
                    assert_eq!(item["disclaimers"][0]["body_html"], "<p>All</p>\n");
                }
            }
        }
    }
    // And where an article is shown in an error.
    let licensed = json!({"title": "L", "state": "published", "access": "restricted"});
    let licensed = app.article_of(licensed).await;
    let teaser = app.get(path_of(&licensed)).expect(403).await;
    assert_eq!(teaser.json()["article"]["disclaimers"][0]["key"], "all");
}
