//! One operation in the document, with everything that the platform adds to its handler's
//! description.

use serde_json::{Map, Value, json};

use super::examples::example_of;
use super::{modernize, to_value};
use crate::problem::{Code, PROBLEM_JSON};
use crate::web::Operation;
use crate::web::body::BodyKind;
use crate::web::etag::CONDITION_PATTERN;
use crate::web::metrics::OPENMETRICS;
use crate::web::once::KEY_MAX;
use crate::web::operation::Access;
use crate::web::reply::{EVENT_STREAM, JSON};

/// An operation; its response schemas are added to `schemas`, its error responses to `refusals`.
pub(super) fn describe(
    operation: &Operation,
    schemas: &mut Map<String, Value>,
    refusals: &mut Map<String, Value>,
) -> Value {
    let mut documented = to_value(&operation.document);
    documented["parameters"] = json!(parameters(operation));
    if let Some(body) = request_body(operation) {
        documented["requestBody"] = body;
    }
    if let Some(needed) = needed_key(operation) {
        let about = documented["description"].as_str().unwrap_or_default().trim_end();
        documented["description"] = json!(format!("{about}\n\n{needed}"));
    }
    if operation.in_formats {
        let about = documented["description"].as_str().unwrap_or_default().trim_end();
        documented["description"] =
            json!(format!("{about}\n\n{IN_FORMATS} `{}`.", operation.produces[1..].join("`, `")));
    }
    if operation.queried {
        let about = documented["description"].as_str().unwrap_or_default().trim_end();
        documented["description"] = json!(format!("{about}\n\n{QUERIED}"));
    }
    documented["security"] = security(operation);
    let told = documented["responses"].take();
    let mut responses = successes(operation, told, schemas);
    for (status, codes) in by_status(&operation.problems()) {
        // Operations with the same errors share one component.
        let name = component_name(&codes);
        let reference = json!({"$ref": format!("#/components/responses/{name}")});
        responses.insert(status.to_string(), reference);
        refusals.entry(name).or_insert_with(|| refusal(&codes));
    }
    responses.sort_keys();
    documented["responses"] = Value::Object(responses);
    documented
}

/// What an operation says of its other formats. Their media types are no part of the response here: among several, generated
/// clients lose the type of each.
const IN_FORMATS: &str = "Whoever asks for another format, by `format` or `Accept`, is answered in";

/// What an operation says of QUERY. OpenAPI 3.1 has no such method, and what names it in some other
/// way breaks generators.
const QUERIED: &str = "The method QUERY (RFC 10008) asks for the same, with the parameters as content: a form (`application/x-www-form-urlencoded`), or a JSON object whose members are the parameters, lists as arrays. Its answer is never stored, and `Content-Location` names this GET where that is short enough.";

/// Query parameters and headers.
fn parameters(operation: &Operation) -> Vec<Value> {
    let mut parameters: Vec<Value> = operation.query.clone();
    if operation.method == "GET" {
        parameters.push(condition("If-None-Match", "Answers 304 where the client has this representation already (RFC 9110 section 13.1.2)."));
    }
    if operation.leads_back {
        parameters.push(json!({"name": "Accept-Datetime", "in": "header", "required": false,
            "description": "Answers 302 to what the public saw at this instant (RFC 7089).",
            "schema": {"type": "string", "examples": ["Sun, 22 Nov 2026 10:00:00 GMT"]}}));
    }
    if operation.conditional_write {
        parameters.push(condition("If-Match", "The write goes ahead only where the version part of a tag is the present one; else 412. What a proxy makes of a tag on its way (`W/`, `-gzip`) does not matter."));
        parameters.push(condition("If-None-Match", "The write goes ahead only where none of these tags is the present one, or with `*` where nothing is there; else 412 (RFC 9110 section 13.1.2)."));
    }
    if operation.tagged_write {
        parameters.push(condition("If-Match", "The write goes ahead only where one of these tags is the present one, or with `*`; else 412."));
        parameters.push(condition("If-None-Match", "The write goes ahead only where none of these tags is the present one; with `*` never (RFC 9110 section 13.1.2)."));
    }
    if operation.creates {
        parameters.push(json!({"name": "Idempotency-Key", "in": "header", "required": false,
            "description": "A name of your own for this request, such as a new UUID. The same request with the same key is answered again for a day, and creates nothing twice.",
            "schema": {"type": "string", "minLength": 1, "maxLength": KEY_MAX, "pattern": "^[!-~]+$", "examples": ["0192d5a0-0000-7000-8000-0000000000aa"]}}));
    }
    parameters
}

fn request_body(operation: &Operation) -> Option<Value> {
    let (name, _) = operation.body_schema.as_ref()?;
    let reference = json!({"$ref": format!("#/components/schemas/{name}")});
    let form = json!({"schema": reference, "example": operation.body_example});
    let types = operation.body.media_types().iter();
    let content: Map<String, Value> =
        types.map(|media_type| ((*media_type).to_owned(), form.clone())).collect();
    let is_required = operation.body != BodyKind::OptionalJson;
    Some(json!({"required": is_required, "content": content}))
}

/// The sentence about the key that it needs, if any.
fn needed_key(operation: &Operation) -> Option<String> {
    let (Access::Key(scopes @ [_, ..]) | Access::KeyOrOther(scopes @ [_, ..])) = operation.access
    else {
        return None;
    };
    let words: Vec<String> = scopes.iter().map(|scope| format!("`{}`", scope.word())).collect();
    let other = match (operation.access, operation.credential) {
        (Access::KeyOrOther(_), Some(other)) => format!(", or {}", other.title),
        _ => String::new(),
    };
    let also = operation.also.map_or_else(String::new, |scope| format!(", and `{}`", scope.word()));
    Some(format!("Needs a key with {}{also}{other}.", words.join(" or ")))
}

fn security(operation: &Operation) -> Value {
    let other = operation.credential.map(|other| json!({other.scheme: []}));
    match (operation.access, other) {
        (Access::Open, _) => json!([]),
        (Access::Public, Some(other)) => json!([{}, {"bearer": []}, other]),
        (Access::Public, None) => json!([{}, {"bearer": []}]),
        (Access::KeyOrOther(_), Some(other)) => json!([{"bearer": []}, other]),
        (Access::Key(_) | Access::KeyOrOther(_), _) => json!([{"bearer": []}]),
    }
}

/// The successful responses; `told` is the handler's own description of them.
fn successes(
    operation: &Operation,
    told: Value,
    schemas: &mut Map<String, Value>,
) -> Map<String, Value> {
    let is_get = operation.method == "GET";
    let mut all: Map<String, Value> = Map::new();
    for (status, mut response) in told.as_object().cloned().unwrap_or_default() {
        for media_type in
            operation.produces.iter().filter(|_| status == "200" && !operation.in_formats)
        {
            // A page for people is text, and another format's JSON is described elsewhere; every other response is
            // described by its handler.
            if response["content"].get(media_type).is_none() {
                let kind = if media_type.ends_with("json") { "object" } else { "string" };
                response["content"][media_type] = json!({"schema": {"type": kind}});
            }
        }
        complete_success(&status, &mut response, operation.is_paged, is_get, schemas);
        if operation.queried {
            response["headers"]["Accept-Query"] =
                json!({"$ref": "#/components/headers/Accept-Query"});
        }
        if operation.creates {
            let mut told = vec!["Idempotent-Replayed"];
            if operation.fails.contains(&Code::RateLimited) {
                told.extend(["RateLimit-Policy", "RateLimit"]);
            }
            let replayed = references(&told);
            let headers = response["headers"].as_object_mut().into_iter();
            headers.for_each(|headers| {
                headers.extend(replayed.as_object().cloned().unwrap_or_default())
            });
        }
        show_request(operation, &mut response);
        all.insert(status, response);
    }
    if is_get && !operation.produces.contains(&EVENT_STREAM) {
        all.insert(
            "304".to_owned(),
            json!({
                "description": "The client has this representation already.",
                "headers": references(&["X-Request-Id", "ETag", "Cache-Control"]),
            }),
        );
    }
    if operation.leads_back {
        all.insert(
            "302".to_owned(),
            json!({
                "description": "For `Accept-Datetime`: the article as of then, in `Location` (RFC 7089).",
                "headers": references(&["X-Request-Id", "Location", "Cache-Control"]),
            }),
        );
    }
    if operation.moves {
        all.insert(
            "308".to_owned(),
            json!({
                "description": "The article has another slug now: its path is in `Location`.",
                "headers": references(&["X-Request-Id", "Location", "Cache-Control"]),
            }),
        );
    }
    all
}

/// A conditional header. Its example is the schema's: pages that try requests send a parameter's.
fn condition(name: &str, description: &str) -> Value {
    json!({"name": name, "in": "header", "required": false, "description": description,
        "schema": {"type": "string", "pattern": CONDITION_PATTERN, "examples": ["\"3-2f0c9a51d6c3b7e8a1b2c3d4\""]}})
}

fn references(names: &[&str]) -> Value {
    let headers: Map<String, Value> = names
        .iter()
        .map(|name| ((*name).to_owned(), json!({"$ref": format!("#/components/headers/{name}")})))
        .collect();
    Value::Object(headers)
}

fn complete_success(
    status: &str,
    response: &mut Value,
    is_list: bool,
    is_get: bool,
    schemas: &mut Map<String, Value>,
) {
    let mut headers = vec!["X-Request-Id", "Cache-Control"];
    // What has no end has no tag.
    let is_stream = response["content"].get(EVENT_STREAM).is_some();
    if status != "204" && !is_stream {
        headers.push("ETag");
    }
    if status == "201" {
        headers.push("Location");
    }
    if is_list && is_get {
        headers.push("Link");
    }
    response["headers"] = references(&headers);
    let Some(content) = response.get_mut("content").and_then(Value::as_object_mut) else {
        return;
    };
    for (media_type, body) in content {
        // A page with a schema of its own needs no generated one.
        if is_list && is_get && body["schema"].get("items").is_some() {
            body["schema"] = page_schema(&body["schema"], schemas);
        }
        modernize(&mut body["schema"]);
        body["example"] = match media_type.as_str() {
            OPENMETRICS => json!("# TYPE copydesk_ready gauge\ncopydesk_ready 1\n# EOF\n"),
            json if json.ends_with("json") => example_of(&body["schema"], schemas),
            EVENT_STREAM => json!(EVENTS),
            xml if xml.ends_with("xml") => json!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n.."),
            _ => json!("<!doctype html>\n<html lang=\"en\">\n..</html>\n"),
        };
    }
}

/// Events, as a client meets them.
const EVENTS: &str = "retry: 1000\n\nid: kVq3n1mU0fJb\nevent: article.published\ndata: {\"id\":\"kVq3n1mU0fJb\",\"type\":\"article.published\"}\n\n";

/// Copies the values of the request's example into the response's.
fn show_request(operation: &Operation, response: &mut Value) {
    let content = response.get_mut("content").and_then(|content| content.get_mut(JSON));
    let shown = content.and_then(|content| content.get_mut("example"));
    let Some(shown) = shown.and_then(Value::as_object_mut) else {
        return;
    };
    let members = [&operation.body_example, &operation.answer_example].into_iter();
    for (name, value) in members.filter_map(Value::as_object).flatten() {
        if let Some(member) = shown.get_mut(name) {
            *member = value.clone();
        }
    }
}

/// The member that identifies an entry of a list: it is always shown.
fn named_by(schema: &Value) -> &'static str {
    let has = |name: &&str| schema["properties"].get(name).is_some();
    ["id", "version", "value"].into_iter().find(has).unwrap_or_default()
}

/// Names the page type of a list of `items` and generates its schema.
fn page_schema(items: &Value, schemas: &mut Map<String, Value>) -> Value {
    let item = items["items"]["$ref"].as_str().unwrap_or_default().to_owned();
    let mut entry = item.rsplit('/').next().unwrap_or_default().to_owned();
    let name = format!("{}Page", entry.trim_end_matches("ListItem"));
    if !entry.ends_with("ListItem") {
        // `fields` can thin out the entries of every list, so they are a type of their own.
        let mut thinned = schemas.get(&entry).cloned().unwrap_or_default();
        thinned["required"] = json!([named_by(&thinned)]);
        entry.push_str("ListItem");
        let whole = thinned["description"].as_str().unwrap_or_default().to_owned();
        thinned["description"] = json!(format!(
            "{whole} With `fields`, only what it names and `{}`; else all members.",
            named_by(&thinned)
        ));
        schemas.insert(entry.clone(), thinned);
    }
    let item = format!("#/components/schemas/{entry}");
    schemas.insert(name.clone(), json!({
        "type": "object",
        "description": "A page of a list: up to `limit` entries, and where the next ones are.",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "description": "The entries.", "items": {"$ref": item}},
            "next": {"type": ["string", "null"], "description": "The cursor of the next page; null on the last one."},
            "total": {"type": "integer", "minimum": 0, "description": "The number of entries on all pages; there with `count=true` only."},
        },
    }));
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// The catalogue's codes by status, in order.
fn by_status(codes: &[Code]) -> Vec<(u16, Vec<Code>)> {
    let mut groups: Vec<(u16, Vec<Code>)> = Vec::new();
    for code in codes {
        let status = code.entry().status.as_u16();
        match groups.iter_mut().find(|(known, _)| *known == status) {
            Some((_, group)) => group.push(*code),
            None => groups.push((status, vec![*code])),
        }
    }
    groups
}

/// The name of the component for these errors.
fn component_name(codes: &[Code]) -> String {
    codes.iter().map(|code| format!("{code:?}")).collect::<Vec<_>>().join("Or")
}

fn refusal(codes: &[Code]) -> Value {
    let entries: Vec<_> = codes.iter().map(|code| code.entry()).collect();
    let title = format!("{}Problem", component_name(codes));
    let reference = |name: String| json!({"$ref": format!("#/components/schemas/{name}")});
    let schema = match entries.as_slice() {
        [entry] => reference(entry.schema_name()),
        several => {
            json!({"title": title, "oneOf": several.iter().map(|entry| reference(entry.schema_name())).collect::<Vec<_>>()})
        }
    };
    let examples: Map<String, Value> = entries
        .iter()
        .map(|entry| {
            (entry.name.to_owned(), json!({"summary": entry.title, "value": entry.example()}))
        })
        .collect();
    let mut headers = vec!["X-Request-Id", "Cache-Control"];
    match codes.first() {
        Some(Code::Unauthenticated | Code::InvalidKey) => headers.push("WWW-Authenticate"),
        Some(
            Code::Overloaded
            | Code::DatabaseReadOnly
            | Code::DatabaseReplaced
            | Code::DatabaseDamaged
            | Code::DatabaseUnavailable
            | Code::OutcomeUnknown
            | Code::ShuttingDown,
        ) => headers.push("Retry-After"),
        Some(Code::RateLimited) => headers.extend(["Retry-After", "RateLimit-Policy", "RateLimit"]),
        Some(Code::UnsupportedMediaType) => headers.push("Accept-Encoding"),
        _ => {}
    }
    let titles: Vec<String> =
        entries.iter().map(|entry| format!("{} (`{}`)", entry.title, entry.name)).collect();
    json!({
        "description": format!("{}.", titles.join(", or ")),
        "headers": references(&headers),
        "content": {PROBLEM_JSON: {"schema": schema, "examples": examples}},
    })
}
