//! Holds an answer against the OpenAPI document: is this status documented for
//! this operation, does the body fit its schema, are the headers there?

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use copydesk::problem::{Code, PROBLEM_JSON};
use jsonschema::Validator;
use serde_json::{Value, json};

use super::client::Answer;

/// The document as it is served.
pub static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&copydesk::app::document()).unwrap());

/// The document of a server in test mode: it has some operations more.
static IN_TEST_MODE: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&copydesk::app::document_in_test_mode()).unwrap());

/// The document's components, closed: an answer may hold nothing that is not documented.
static COMPONENTS: LazyLock<Value> = LazyLock::new(|| {
    let mut components = IN_TEST_MODE["components"].clone();
    for schema in components["schemas"].as_object_mut().unwrap().values_mut() {
        if schema.get("properties").is_some() && schema.get("additionalProperties").is_none() {
            schema["additionalProperties"] = json!(false);
        }
    }
    components
});

static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// Headers that every answer has, whatever its status.
const ALWAYS: [&str; 6] = [
    "x-request-id", "x-content-type-options", "content-security-policy", "referrer-policy", "vary",
    "cache-control",
];

/// The schema of the document, made ready for validation.
pub fn validator(schema: &Value) -> Arc<Validator> {
    let mut validators = VALIDATORS.lock().unwrap();
    let validator = validators.entry(schema.to_string()).or_insert_with(|| {
        let mut root = schema.clone();
        root["components"] = COMPONENTS.clone();
        let options = jsonschema::options().should_validate_formats(true);
        Arc::new(options.build(&root).unwrap_or_else(|error| panic!("{schema}: {error}")))
    });
    Arc::clone(validator)
}

/// Follows a reference within the document.
pub fn resolve(part: &'static Value) -> &'static Value {
    match part["$ref"].as_str() {
        Some(reference) => IN_TEST_MODE.pointer(reference.trim_start_matches('#')).unwrap(),
        None => part,
    }
}

/// The document's operation that a request meets.
pub fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let path = path.split('?').next().unwrap();
    // Methods are case-sensitive (RFC 9110 section 9.1): `get` is none.
    let known = method.bytes().all(|byte| byte.is_ascii_uppercase());
    // OpenAPI 3.1 knows no QUERY: it is described with the GET that says the same.
    let is_get = matches!(method, "HEAD" | "QUERY");
    let method = if is_get { "get".to_owned() } else { method.to_lowercase() };
    let fits = |pattern: &str| {
        let (pattern, path): (Vec<_>, Vec<_>) =
            (pattern.split('/').collect(), path.split('/').collect());
        pattern.len() == path.len()
            && pattern
                .iter()
                .zip(&path)
                .all(|(want, have)| want == have || (want.starts_with('{') && !have.is_empty()))
    };
    let (_, item) = IN_TEST_MODE["paths"]
        .as_object()
        .unwrap()
        .iter()
        .find(|(pattern, _)| known && fits(pattern))?;
    item.get(&method)
}

/// Panics where the answer is not one that the document knows.
#[track_caller]
pub fn check(method: &str, path: &str, answer: &Answer) {
    let context = format!("{method} {path} -> {}", answer.status);
    for name in ALWAYS {
        assert!(answer.find(name).is_some(), "{context}: no {name}");
    }
    // Caches are met that obey only the first or only the last of several.
    let vary = answer.headers.get_all("vary").count();
    assert_eq!(vary, 1, "{context}: {vary} lines of Vary");
    let content_type = answer.find("content-type");
    if answer.status >= 400 && method != "HEAD" {
        check_problem(&context, answer);
    }
    // The operations of test mode are no paths outside of it.
    let is_absent = path.starts_with("/v1/test/") && answer.status == 404;
    let Some(operation) = operation(method, path).filter(|_| !is_absent) else {
        let expected = [200, 204, 404, 405].contains(&answer.status) || path.starts_with("/test/");
        assert!(expected, "{context}: no such operation is documented");
        return;
    };
    // What only content can be wrong with.
    let is_of_content = matches!(answer.status, 405 | 408 | 413 | 415)
        || answer.status == 400 && answer.json()["code"] == "malformed_json";
    if method == "QUERY" && is_of_content {
        return;
    }
    let documented = operation["responses"].get(answer.status.to_string());
    let documented = resolve(
        documented.unwrap_or_else(|| panic!("{context}: not documented: {}", answer.text())),
    );
    for (name, header) in documented["headers"].as_object().into_iter().flatten() {
        if resolve(header)["required"] == true {
            assert!(answer.find(name).is_some(), "{context}: no {name}");
        }
    }
    let Some(content) = documented.get("content") else {
        assert!(answer.body.is_empty(), "{context}: a body where none is documented");
        return;
    };
    let content_type = content_type.unwrap_or_else(|| panic!("{context}: no Content-Type"));
    let media_type = content_type.split(';').next().unwrap();
    // What was asked for by name: described in words.
    let in_words =
        ["application/ninjs+json", "application/ld+json", "application/vnd.iptc.g2.newsitem+xml"];
    if path.starts_with("/v1/articles") && in_words.contains(&media_type) {
        return;
    }
    let entry = content
        .get(media_type)
        .unwrap_or_else(|| panic!("{context}: {media_type} is not documented"));
    if method == "HEAD"
        || !media_type.ends_with("json")
        || answer.find("content-encoding").is_some()
    {
        return;
    }
    let body = answer.json();
    let faults: Vec<String> = validator(&entry["schema"])
        .iter_errors(&body)
        .map(|error| format!("{}: {error}", error.instance_path))
        .collect();
    assert!(faults.is_empty(), "{context}: {faults:#?}\n{body:#}");
}

/// What holds for every problem, documented operation or not.
#[track_caller]
fn check_problem(context: &str, answer: &Answer) {
    assert_eq!(answer.find("content-type"), Some(PROBLEM_JSON), "{context}: {}", answer.text());
    assert_eq!(answer.find("cache-control"), Some("no-store"), "{context}");
    let body = answer.json();
    let code = Code::from_name(body["code"].as_str().unwrap())
        .unwrap_or_else(|| panic!("{context}: {body}"));
    assert_eq!(body["status"], answer.status, "{context}");
    assert_eq!(code.entry().status.as_u16(), answer.status, "{context}");
    assert_eq!(
        body["instance"],
        format!("urn:uuid:{}", uuid::Uuid::parse_str(answer.header("x-request-id")).unwrap()),
        "{context}"
    );
    let detail = body["detail"].as_str().unwrap().to_lowercase();
    assert!(!detail.is_empty(), "{context}");
    for leak in ["sqlite", "select ", "diesel", "panicked", "constraint"] {
        assert!(!detail.contains(leak), "{context}: the detail holds a cause: {detail}");
    }
    let schema = json!({"$ref": format!("#/components/schemas/{}", code.entry().schema_name())});
    if DOCUMENT["components"]["schemas"].get(code.entry().schema_name()).is_some() {
        assert!(validator(&schema).is_valid(&body), "{context}: {body:#}");
    }
}
