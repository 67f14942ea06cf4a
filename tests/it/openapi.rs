//! The generated files are what the code says, and the document is sound.

use std::fs;
use std::path::Path;

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
    for operation in copydesk::app::operations(&std::sync::Arc::default())
        .iter()
        .filter(|operation| !operation.hidden)
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
fn what_settings_decide_has_no_default() {
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
    // What no setting decides keeps its own.
    assert_eq!(schemas["ArticleInput"]["properties"]["access"]["default"], "public");
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
    let by_none = ["route_not_found", "method_not_allowed"];
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
