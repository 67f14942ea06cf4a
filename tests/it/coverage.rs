//! Walks the document: what every operation must answer, without naming any.

use serde_json::{Map, Value, json};

use crate::support::TestApp;
use crate::support::contract::{DOCUMENT, resolve, validator};
use crate::support::make::{NOWHERE, path_of, text};

struct Operation {
    method: String,
    pattern: String,
    documented: &'static Value,
}

impl Operation {
    /// A path that fits and leads nowhere.
    fn path(&self) -> String {
        self.pattern
            .replace("{code}", "nothing")
            .replace("{slug}", "nothing")
            .replace("{article}", NOWHERE)
            .replace("{comment}", NOWHERE)
            .replace("{block}", NOWHERE)
            .replace("{webhook}", NOWHERE)
            .replace("{delivery}", NOWHERE)
            .replace("{correction}", NOWHERE)
            .replace("{disclaimer}", NOWHERE)
            .replace("{version}", "1")
            .replace("{part}", "99")
            .replace("{key}", NOWHERE)
    }

    fn needs_key(&self) -> bool {
        let ways = self.documented["security"].as_array().unwrap();
        !ways.is_empty() && !ways.contains(&json!({}))
    }

    fn body_schema(&self) -> Option<&'static Value> {
        let content = self.documented["requestBody"]["content"].as_object()?;
        Some(resolve(&content.values().next().unwrap()["schema"]))
    }
}

fn operations() -> Vec<Operation> {
    let mut all = Vec::new();
    for (pattern, item) in DOCUMENT["paths"].as_object().unwrap() {
        for (method, documented) in
            item.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters")
        {
            all.push(Operation {
                method: method.to_uppercase(),
                pattern: pattern.clone(),
                documented,
            });
        }
    }
    assert!(all.len() > 20, "the walk walks");
    all
}

#[actix_web::test]
async fn credentials_are_checked_everywhere() {
    let app = TestApp::new().await;
    for operation in operations() {
        if operation.needs_key() {
            app.request(&operation.method, &operation.path())
                .send()
                .await
                .expect(401)
                .problem("unauthenticated");
        }
        let with_bad_key = app
            .request(&operation.method, &operation.path())
            .header("Authorization", "Bearer nobody")
            .send()
            .await;
        let with_keys = ["/v1/", "/metrics", "/feeds/", "/sitemap"];
        if with_keys.iter().any(|path| operation.pattern.starts_with(path)) {
            with_bad_key.expect(401).problem("invalid_key");
        } else {
            assert_ne!(with_bad_key.status, 401, "{} is open", operation.pattern);
        }
    }
}

#[actix_web::test]
async fn an_unknown_parameter_is_refused_everywhere() {
    let app = TestApp::new().await;
    for operation in operations() {
        let request =
            app.request(&operation.method, &format!("{}?surprise=1", operation.path())).key();
        let problem =
            request.json(&json!({})).send().await.expect(400).problem("invalid_parameter");
        assert_eq!(problem["errors"][0]["parameter"], "surprise", "{}", operation.pattern);
    }
}

#[actix_web::test]
async fn what_is_not_there_is_404_everywhere() {
    let app = TestApp::new().await;
    let of_things = |operation: &&Operation| {
        // The sitemaps are numbered: one that is not there is a path that is none.
        operation.pattern.contains('{') && operation.pattern != "/sitemaps/{part}"
    };
    for operation in operations().iter().filter(of_things) {
        let request = app.request(&operation.method, &operation.path()).key();
        let example = &operation.documented["requestBody"]["content"].as_object();
        let answer = match example.and_then(|content| content.values().next()) {
            Some(content) => request.json(&content["example"]).send().await,
            None => request.send().await,
        };
        let body = answer.expect(404).json();
        assert!(body["id"] == NOWHERE || body["id"] == "nothing", "{body}");
    }
}

#[actix_web::test]
async fn every_body_is_refused_where_it_is_broken() {
    let app = TestApp::new().await;
    for operation in operations() {
        let Some(schema) = operation.body_schema() else {
            continue;
        };
        let send = |body: Vec<u8>| {
            app.request(&operation.method, &operation.path())
                .key()
                .header("Content-Type", "application/json")
                .bytes(body)
                .send()
        };
        send(b"{\"a\":".to_vec()).await.expect(400).problem("malformed_json");
        send(vec![b' '; 2 * 1024 * 1024 + 1]).await.expect(413).problem("body_too_large");
        send(b"[]".to_vec()).await.expect(422).problem("validation_failed");
        let unknown = json!({"surprise_member": 1}).to_string().into_bytes();
        let faults = send(unknown).await.expect(422).faults();
        assert!(
            faults.contains(&("/surprise_member".to_owned(), "unknown_member".to_owned())),
            "{faults:?}"
        );
        for (pointer, body) in broken_bodies(schema) {
            let faults = send(body.to_string().into_bytes()).await.expect(422).faults();
            assert!(
                faults.iter().any(|(at, _)| at.starts_with(&pointer)),
                "{} {}: {pointer} not in {faults:?}",
                operation.method,
                operation.pattern
            );
            assert!(
                !validator(schema).is_valid(&body),
                "the document allows what {} {} refuses: {pointer}",
                operation.method,
                operation.pattern
            );
        }
    }
}

/// One body for each limit in the schema, broken by one.
fn broken_bodies(schema: &Value) -> Vec<(String, Value)> {
    let mut bodies = Vec::new();
    for (name, property) in schema["properties"].as_object().unwrap() {
        let mut broken = Vec::new();
        if let Some(longest) = property["maxLength"].as_u64() {
            broken.push(json!("a".repeat(usize::try_from(longest).unwrap() + 1)));
        }
        if let Some(most) = property["maxItems"].as_u64() {
            broken.push(Value::Array(vec![
                example_item(&property["items"]);
                usize::try_from(most).unwrap() + 1
            ]));
        }
        if let Some(most) = property["maximum"].as_i64() {
            broken.push(json!(most + 1));
        }
        if let Some(least) = property["minimum"].as_i64() {
            broken.push(json!(least - 1));
        }
        if property.get("enum").is_some() {
            broken.push(json!("none of them"));
        }
        broken.push(json!([[]]));
        if !property["type"].to_string().contains("boolean") {
            broken.push(json!(true));
        }
        for value in broken {
            bodies
                .push((format!("/{name}"), Value::Object(Map::from_iter([(name.clone(), value)]))));
        }
    }
    bodies
}

fn example_item(schema: &Value) -> Value {
    if schema["type"] == "object" { json!({"name": "x"}) } else { json!("x") }
}

#[actix_web::test]
async fn an_answer_sent_back_is_taken() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let notice = app.disclaimer("notice").await;
    app.attach(&article, &notice).await;
    for path in [path_of(&article), format!("/v1/disclaimers/{}", text(&notice["id"]))] {
        for method in ["PUT", "PATCH"] {
            let shown = app.get(&path).key().send().await.expect(200).json();
            app.request(method, &path).key().json(&shown).send().await.expect(200);
            let shown = app.get(&path).key().send().await.expect(200).json();
            for (name, value) in shown.as_object().unwrap() {
                let mut one = Map::from_iter([(name.clone(), value.clone())]);
                if method == "PUT" {
                    for required in ["title", "key", "body"] {
                        one.entry(required)
                            .or_insert_with(|| shown.get(required).cloned().unwrap_or_default());
                    }
                    one.retain(|name, value| {
                        name == "language" || !value.is_null() || shown.get(name).is_some()
                    });
                    one.retain(|name, _| shown.get(name).is_some());
                }
                let now = app.get(&path).key().send().await.json();
                one.iter_mut().for_each(|(name, value)| *value = now[name].clone());
                app.request(method, &path).key().json(&Value::Object(one)).send().await.expect(200);
            }
        }
    }
}

#[actix_web::test]
async fn no_article_leaves_without_its_disclaimers() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let notice = app.disclaimer("notice").await;
    app.attach(&article, &notice).await;
    let mut found = 0;
    for operation in operations() {
        let ok = &operation.documented["responses"]["200"];
        let Some(schema) = ok.pointer("/content/application~1json/schema") else {
            continue;
        };
        let name = schema["$ref"].as_str().unwrap_or_default().rsplit('/').next().unwrap();
        if !name.starts_with("Article") && name != "Revision" {
            continue;
        }
        found += 1;
        let path = operation.pattern.replace("{article}", text(&article["id"]));
        let path = path.replace("{version}", "2");
        let body = match operation.method.as_str() {
            "PUT" | "PATCH" => json!({"title": "A"}),
            _ if operation.pattern.ends_with("/correct") => json!({"note": "Wrong bridge."}),
            _ if operation.pattern.ends_with("/block") => json!({"authority": "A court"}),
            _ => json!({}),
        };
        let request = app.request(&operation.method, &path).key();
        let request = if operation.method == "GET" { request } else { request.json(&body) };
        let answer = request.send().await;
        if answer.status == 409 {
            continue;
        }
        let answer = answer.expect(200).json();
        let shown = answer.get("items").map_or(&answer, |items| &items[0]);
        assert_eq!(
            shown["disclaimers"][0]["key"], "notice",
            "{} {}",
            operation.method, operation.pattern
        );
    }
    assert!(found >= 5, "the walk finds the operations on articles");
}
