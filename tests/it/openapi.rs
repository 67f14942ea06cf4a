//! The generated files are what the code says, and the document is sound.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use copydesk::problem::CATALOGUE;
use serde_json::Value;

use crate::support::contract::{DOCUMENT, resolve, validator};

/// Compares a checked-in file with what the code makes; `UPDATE=1` writes it.
#[expect(
    clippy::disallowed_methods,
    reason = "UPDATE=1 is for the person at the keyboard, not for the program"
)]
fn compare(name: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "{name} is out of date; run: UPDATE=1 cargo test --test it openapi");
}

/// The collection is made by `tests/postman/collection.mjs`, which needs Node.js; that it is of
/// this document, byte for byte, is for .ci/run to say.
#[test]
fn the_postman_collection_has_every_operation() {
    fn requests(item: &Value, found: &mut Vec<String>) {
        for item in item["item"].as_array().into_iter().flatten() {
            requests(item, found);
        }
        let segments = item["request"]["url"]["path"].as_array();
        let path: String = segments
            .into_iter()
            .flatten()
            .map(|segment| match segment.as_str().unwrap() {
                name if name.starts_with(':') => format!("/{{{}}}", &name[1..]),
                name => format!("/{name}"),
            })
            .collect();
        found.push(format!("{} {path}", item["request"]["method"].as_str().unwrap_or_default()));
    }
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/copydesk.postman_collection.json");
    let collection: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let mut found = Vec::new();
    requests(&collection, &mut found);
    for operation in copydesk::app::operations(&Arc::default(), &Arc::default(), &Arc::default())
        .iter()
        .filter(|operation| !operation.hidden && !operation.produces.contains(&"text/event-stream"))
    {
        let wanted = format!("{} {}", operation.method, operation.path);
        // The root has no segments.
        let same = |known: &String| known.trim_end_matches('/') == wanted.trim_end_matches('/');
        assert!(
            found.iter().any(same),
            "{wanted} is not in the collection: .ci/run writes it, or the command at the top of tests/postman/collection.mjs"
        );
    }
}

#[test]
fn the_document_is_the_one_checked_in() {
    compare("openapi/openapi.json", &copydesk::app::document());
}

#[test]
fn the_page_of_problems_is_the_one_checked_in() {
    compare("openapi/problems.md", &copydesk::openapi::problems_markdown());
}

#[test]
fn the_example_of_settings_is_the_one_checked_in() {
    compare(".env.example", &copydesk::settings::env_example());
    compare("docs/settings.md", &copydesk::settings::page());
}

#[test]
fn defaults_are_told_and_not_sent() {
    let schemas = DOCUMENT["components"]["schemas"].as_object().unwrap();
    for (schema, member, setting) in [
        ("ArticleCreate", "language", "COPYDESK_LANGUAGE"),
        ("ArticleCreate", "comments_policy", "COPYDESK_COMMENTS_POLICY"),
        ("ArticleInput", "language", "COPYDESK_LANGUAGE"),
        ("ArticleInputPatch", "comments_policy", "COPYDESK_COMMENTS_POLICY"),
    ] {
        let property = &schemas[schema]["properties"][member];
        assert!(property.get("default").is_none(), "{schema} {member}: {property}");
        assert!(property["description"].as_str().unwrap().contains(setting), "{property}");
        // It can be left out all the same.
        let required = schemas[schema]["required"].as_array();
        assert!(!required.is_some_and(|names| names.contains(&member.into())), "{schema} {member}");
    }
    let access = &schemas["ArticleInput"]["properties"]["access"];
    assert!(
        access["description"].as_str().unwrap().ends_with("Default: `\"public\"`."),
        "{access}"
    );
    // A client that is generated from a default sends it.
    for operation in operations() {
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        let Some(name) = body["$ref"].as_str().and_then(|name| name.rsplit('/').next()) else {
            continue;
        };
        assert!(!has_key(&schemas[name], "default"), "{name}");
    }
}

/// All operations of the document.
fn operations() -> impl Iterator<Item = &'static Value> {
    let items = DOCUMENT["paths"].as_object().unwrap().values();
    let all = items.flat_map(|item| item.as_object().unwrap());
    all.filter(|(name, _)| *name != "parameters").map(|(_, operation)| operation)
}

/// True if an object anywhere in `part` has this key.
fn has_key(part: &Value, key: &str) -> bool {
    match part {
        Value::Object(members) => {
            members.contains_key(key) || members.values().any(|inner| has_key(inner, key))
        }
        Value::Array(items) => items.iter().any(|inner| has_key(inner, key)),
        _ => false,
    }
}

#[test]
fn no_request_that_is_tried_from_the_page_is_another_ones() {
    // Pages that try requests send a parameter's example, and only show a schema's.
    for operation in operations() {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        for header in parameters.filter(|one| one["in"] == "header") {
            assert!(header.get("example").is_none(), "{header}");
            let is_shown = header["schema"].get("examples").is_some();
            assert!(is_shown || header["name"] == "Edit-Token", "{header}");
        }
    }
}

#[test]
fn clients_are_generated_from_names_and_not_from_places() {
    let schemas = DOCUMENT["components"]["schemas"].as_object().unwrap();
    // The alternatives of errors are named.
    for (name, response) in DOCUMENT["components"]["responses"].as_object().unwrap() {
        let schema = &response["content"]["application/problem+json"]["schema"];
        let is_named = schema.get("$ref").is_some() || schema["title"] == format!("{name}Problem");
        assert!(is_named, "{name}");
    }
    for (name, schema) in schemas.iter().filter(|(name, _)| name.ends_with("Problem")) {
        // A later release may add members, and word a title better.
        assert!(!has_key(schema, "additionalProperties"), "{name}");
        let told_apart = ["code", "status", "type"];
        for (member, property) in schema["properties"].as_object().unwrap() {
            let is_fixed = property.get("const").is_some();
            assert_eq!(is_fixed, told_apart.contains(&member.as_str()), "{name} {member}");
        }
    }
    // No name is another one's constructor in languages that prefix `New`.
    for name in schemas.keys() {
        assert!(!name.strip_prefix("New").is_some_and(|rest| schemas.contains_key(rest)), "{name}");
    }
    // No placeholder: every body that is answered has members, and an example with values.
    for operation in operations() {
        let answers = operation["responses"].as_object().unwrap().iter();
        for (status, answer) in answers.filter(|(status, _)| status.starts_with('2')) {
            let content = answer["content"].get("application/json");
            for body in content.into_iter() {
                let schema = resolve(&body["schema"]);
                let has_members =
                    schema.get("properties").is_some() || schema.get("anyOf").is_some();
                let id = &operation["operationId"];
                assert!(has_members || schema["type"] == "object", "{id} {status}: {schema}");
                assert!(!body["example"].is_null(), "{id} {status}");
            }
        }
    }
    // Alternatives of one type have one form: text is one string with one pattern.
    for (name, schema) in schemas {
        let alternatives = schema["anyOf"].as_array().into_iter().flatten();
        let texts = alternatives.filter(|one| one["type"] == "string").count();
        assert!(texts < 2, "{name}");
    }
    for item in DOCUMENT["paths"].as_object().unwrap().values() {
        for parameter in item["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["schema"].get("anyOf").is_none(), "{parameter}");
        }
    }
}

#[test]
fn headers_have_examples_that_fit() {
    for (name, header) in DOCUMENT["components"]["headers"].as_object().unwrap() {
        let example = header.get("example").unwrap_or_else(|| panic!("{name}"));
        assert!(validator(&header["schema"]).is_valid(example), "{name}: {example}");
    }
    assert!(!DOCUMENT.to_string().contains(r#""pattern":"^(\*|(W/)?\"[!#-~]*\"(\s"#));
}

#[test]
fn the_document_is_made_alike_each_time() {
    assert_eq!(copydesk::app::document(), copydesk::app::document());
}

#[test]
fn every_example_fits_its_schema() {
    let mut checked = 0;
    for item in DOCUMENT["paths"].as_object().unwrap().values() {
        for (method, operation) in
            item.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters")
        {
            let responses = operation["responses"].as_object().unwrap().values().map(resolve);
            let request = operation.get("requestBody");
            for content in responses.chain(request).filter_map(|part| part["content"].as_object()) {
                for (media_type, body) in
                    content.iter().filter(|(media_type, _)| media_type.ends_with("json"))
                {
                    let several = body["examples"]
                        .as_object()
                        .into_iter()
                        .flat_map(|examples| examples.values().map(|e| &e["value"]));
                    for example in several.chain(body.get("example")) {
                        let faults: Vec<String> = validator(&body["schema"])
                            .iter_errors(example)
                            .map(|e| e.to_string())
                            .collect();
                        assert!(
                            faults.is_empty(),
                            "{method} {} {media_type}: {faults:?}",
                            operation["operationId"]
                        );
                        checked += 1;
                    }
                }
            }
        }
    }
    assert!(checked > 100, "{checked} examples");
}

#[test]
fn every_operation_is_documented_in_full() {
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        for (method, operation) in
            item.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters")
        {
            let context = format!("{method} {path}");
            for member in ["operationId", "summary", "description"] {
                assert!(
                    operation[member].as_str().is_some_and(|text| !text.is_empty()),
                    "{context}: {member}"
                );
            }
            assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{context}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                let response = resolve(response);
                assert!(response["headers"].get("X-Request-Id").is_some(), "{context} {status}");
                let content = response["content"].as_object();
                let has_example = content.is_none_or(|content| {
                    content.iter().all(|(media_type, body)| {
                        !media_type.ends_with("json")
                            || body.get("example").or(body.get("examples")).is_some()
                    })
                });
                assert!(has_example, "{context} {status} has no example");
            }
        }
    }
}

#[test]
fn every_problem_that_is_about_an_operation_is_documented() {
    // Given before an operation is known, so by none of them.
    let by_none = ["route_not_found", "method_not_allowed", "too_many_connections"];
    let text = DOCUMENT["components"]["schemas"].to_string();
    for entry in CATALOGUE.iter().filter(|entry| !by_none.contains(&entry.name)) {
        assert!(text.contains(&format!("\"const\":\"{}\"", entry.name)), "{}", entry.name);
    }
    let ids: Vec<&str> = DOCUMENT["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|item| {
            item.as_object()
                .unwrap()
                .values()
                .filter_map(|operation| operation["operationId"].as_str())
        })
        .collect();
    let mut unique = ids.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(ids.len(), unique.len(), "operationIds are unique");
    assert_eq!(DOCUMENT["openapi"], Value::from("3.1.0"));
}
