//! The OpenAPI document: what the operations say of themselves, completed with
//! what the platform does for each of them. Made once, always the same.

mod examples;
mod problems;

use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use examples::example_of;
pub use problems::problems_markdown;

use crate::problem::{CATALOGUE, Code, Fault, PROBLEM_JSON, ParameterFault};
use crate::web::Operation;
use crate::web::etag::CONDITION_PATTERN;
use crate::web::idempotency::KEY_MAX;
use crate::web::operation::{Access, BodyKind};
use crate::web::path::{path_document, path_names};
use crate::web::reply::JSON;
use crate::{access, articles, comments, disclaimers, meta};

/// Makes the document of these operations.
///
/// # Panics
/// Where an operation's own part has no JSON form: a mistake in the source
/// that every test meets.
#[must_use]
pub fn document(operations: &[Operation]) -> Value {
    let mut schemas = component_schemas();
    let mut refusals: Map<String, Value> = Map::new();
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations.iter().filter(|operation| !operation.hidden) {
        if let Some((name, schema, _)) = &operation.body_schema {
            schemas.insert(name.clone(), schema.clone());
        }
        let documented = describe(operation, &mut schemas, &mut refusals);
        let item = paths.entry(operation.path.clone()).or_insert_with(|| {
            let parameters: Vec<Value> = path_names(&operation.path).map(path_document).collect();
            if parameters.is_empty() {
                json!({})
            } else {
                json!({"parameters": parameters})
            }
        });
        item[operation.method.as_str().to_lowercase()] = documented;
    }
    refusals.sort_keys();
    keep_used(&mut schemas, &[&paths, &refusals]);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Copydesk",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": env!("CARGO_PKG_DESCRIPTION"),
            "description": "Articles, readers' comments and legal disclaimers as JSON over HTTP. One request, one status, one error body (RFC 9457) that says what is wrong and how to mend it; `/problems` explains each. A path that is none answers 404 (`route_not_found`), a method that a path does not know 405 (`method_not_allowed`), with `Allow`. An article never leaves without its disclaimers.",
            "contact": {"name": "The Copydesk developers"},
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [
            {"url": "/", "description": "The server that this document comes from."},
            {"url": "http://127.0.0.1:8080", "description": "A server on this machine, as it starts by default."},
        ],
        "tags": [
            {"name": "articles", "description": "What the newsroom publishes."},
            {"name": "comments", "description": "What readers say about it."},
            {"name": "disclaimers", "description": "The legal and provider texts that travel with articles."},
            {"name": "keys", "description": "Who may do what."},
            {"name": "server", "description": "The server about itself."},
        ],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": refusals,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key, sent as `Authorization: Bearer <key>`. The first start prints one that may do everything; `POST /v1/keys` and `copydesk key create` make others.",
                },
                "editToken": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Edit-Token",
                    "description": "The `edit_token` of the answer that created a comment. It reads, edits and deletes that one for 15 minutes.",
                },
            },
            "headers": headers(),
        },
    })
}

fn headers() -> Value {
    let text = json!({"type": "string"});
    let entry = |description: &str, schema: &Value| json!({"description": description, "required": true, "schema": schema});
    json!({
        "X-Request-Id": entry("The request's id; a UUID that came with the request is kept.", &json!({"type": "string", "format": "uuid"})),
        "ETag": entry("The tag of this representation, for `If-None-Match` and `If-Match`.", &json!({"type": "string", "pattern": "^\"[0-9a-z-]+\"$"})),
        "Cache-Control": entry("How long the answer may be kept.", &text),
        "Location": entry("The path of what was created, or of what was asked for.", &json!({"type": "string", "format": "uri-reference"})),
        "Link": {"description": "The next page, as `rel=\"next\"` (RFC 8288); left out on the last page.", "required": false, "schema": text},
        "Idempotent-Replayed": {"description": "`true` where this answer was given before, to the same request with the same `Idempotency-Key`.", "required": false, "schema": {"type": "string", "const": "true"}},
        "WWW-Authenticate": entry("How to authenticate.", &text),
        "RateLimit-Policy": {"description": "How many are taken in which time, in seconds (draft-ietf-httpapi-ratelimit-headers).", "required": false, "schema": text},
        "RateLimit": {"description": "How many of those are left, and in how many seconds all of them, or of none the next.", "required": false, "schema": text},
        "Retry-After": entry("Seconds after which to try again.", &json!({"type": "integer", "minimum": 1})),
        "Accept-Encoding": entry("The content codings that a body may have: none.", &text),
    })
}

fn component_schemas() -> Map<String, Value> {
    let mut found: Vec<(String, RefOr<Schema>)> = Vec::new();
    collect::<articles::api::Article>(&mut found);
    collect::<articles::api::ArticleListItem>(&mut found);
    collect::<articles::api::ArticleTeaser>(&mut found);
    collect::<articles::api::HistoryEntry>(&mut found);
    collect::<articles::api::RevisionListItem>(&mut found);
    collect::<articles::api::Revision>(&mut found);
    collect::<comments::api::Comment>(&mut found);
    collect::<comments::api::NewComment>(&mut found);
    collect::<comments::api::Decisions>(&mut found);
    collect::<comments::api::CommentHistoryEntry>(&mut found);
    collect::<comments::api::Report>(&mut found);
    collect::<comments::api::Erased>(&mut found);
    collect::<comments::api::CommentCounts>(&mut found);
    collect::<comments::api::Comments>(&mut found);
    collect::<disclaimers::api::Disclaimer>(&mut found);
    collect::<disclaimers::api::DisclaimerCarriers>(&mut found);
    collect::<disclaimers::api::RulePreview>(&mut found);
    collect::<articles::api::CarriedDisclaimers>(&mut found);
    collect::<articles::api::DisclaimerReference>(&mut found);
    collect::<access::api::Key>(&mut found);
    collect::<access::api::NewKey>(&mut found);
    collect::<access::api::OwnKey>(&mut found);
    collect::<meta::Health>(&mut found);
    collect::<meta::Index>(&mut found);
    collect::<meta::ProblemList>(&mut found);
    collect::<Fault>(&mut found);
    collect::<ParameterFault>(&mut found);
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut schemas: Map<String, Value> = found
        .into_iter()
        .map(|(name, schema)| (name, to_value(&schema)))
        .collect();
    // The catalogue's own examples, which a derived schema can't name.
    schemas["ProblemEntry"]["properties"]["example_body"]["example"] =
        Code::SlugTaken.entry().example();
    let parts = schemas.clone();
    for schema in schemas.values_mut() {
        flatten(schema, &parts);
        modernize(schema);
    }
    schemas.remove("ArticleHead");
    schemas.remove("Authorship");
    // Every member of an answer is always there; what is empty is null.
    for schema in schemas.values_mut() {
        if let Some(properties) = schema["properties"].as_object() {
            schema["required"] = properties.keys().cloned().collect();
        }
    }
    // A list item shows all its members, or those that `fields` names and these.
    schemas["ArticleListItem"]["required"] = json!(["id", "disclaimers"]);
    schemas["RevisionListItem"]["required"] = json!(["version"]);
    schemas["RulePreview"]["required"] = json!(["items", "next", "unmatched"]);
    for entry in CATALOGUE {
        schemas.insert(entry.schema_name(), entry.schema());
    }
    schemas
}

fn collect<T: ToSchema>(found: &mut Vec<(String, RefOr<Schema>)>) {
    found.push((T::name().into_owned(), T::schema()));
    T::schemas(found);
}

fn to_value(part: &impl serde::Serialize) -> Value {
    serde_json::to_value(part).expect("every part of a document has a JSON form")
}

/// Makes the `allOf` that utoipa gives for a flattened struct into one object.
fn flatten(schema: &mut Value, parts: &Map<String, Value>) {
    let Some(pieces) = schema.get("allOf").and_then(Value::as_array).cloned() else {
        return;
    };
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for piece in pieces {
        let name = piece["$ref"]
            .as_str()
            .and_then(|reference| reference.rsplit('/').next());
        let piece = name.and_then(|name| parts.get(name)).unwrap_or(&piece);
        properties.extend(piece["properties"].as_object().cloned().unwrap_or_default());
        required.extend(piece["required"].as_array().cloned().unwrap_or_default());
    }
    let description = schema["description"].clone();
    *schema = json!({"type": "object", "description": description, "required": required, "properties": properties});
}

/// `example` became `examples` in OpenAPI 3.1 (JSON Schema 2020-12, section 9.5).
fn modernize(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            // Inside `properties` a name is a member's and no keyword.
            if let Some(example) = members.remove("example") {
                members.insert("examples".to_owned(), json!([example]));
            }
            for (name, member) in members.iter_mut() {
                if name == "properties" {
                    member
                        .as_object_mut()
                        .into_iter()
                        .flat_map(Map::values_mut)
                        .for_each(modernize);
                } else if name != "examples" && name != "default" {
                    modernize(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(modernize),
        _ => {}
    }
}

/// One operation with everything that the platform adds to it.
fn describe(
    operation: &Operation,
    schemas: &mut Map<String, Value>,
    refusals: &mut Map<String, Value>,
) -> Value {
    let mut documented = to_value(&operation.document);
    let is_list = operation
        .query
        .iter()
        .any(|parameter| parameter.name == "cursor");
    let mut parameters: Vec<Value> = operation
        .query
        .iter()
        .map(|parameter| parameter.document())
        .collect();
    let is_get = operation.method == "GET";
    if is_get {
        parameters.push(condition("If-None-Match", "Answers 304 where the client has this representation already (RFC 9110 section 13.1.2)."));
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
            "schema": {"type": "string", "minLength": 1, "maxLength": KEY_MAX, "pattern": "^[!-~]+$"}, "example": "0192d5a0-0000-7000-8000-0000000000aa"}));
    }
    documented["parameters"] = json!(parameters);
    if let Some((name, _, example)) = &operation.body_schema {
        let reference = json!({"$ref": format!("#/components/schemas/{name}")});
        let content: Map<String, Value> = operation
            .body
            .media_types()
            .iter()
            .map(|media_type| {
                (
                    (*media_type).to_owned(),
                    json!({"schema": reference, "example": example}),
                )
            })
            .collect();
        documented["requestBody"] =
            json!({"required": operation.body != BodyKind::OptionalJson, "content": content});
    }
    if let Access::Key(scopes @ [_, ..]) | Access::KeyOrToken(scopes @ [_, ..]) = operation.access {
        let words: Vec<String> = scopes
            .iter()
            .map(|scope| format!("`{}`", scope.word()))
            .collect();
        let about = documented["description"]
            .as_str()
            .unwrap_or_default()
            .trim_end();
        let token = match operation.access {
            Access::KeyOrToken(_) => ", or the comment's `Edit-Token`",
            _ => "",
        };
        let also = operation
            .also
            .map_or_else(String::new, |scope| format!(", and `{}`", scope.word()));
        documented["description"] = json!(format!(
            "{about}\n\nNeeds a key with {}{also}{token}.",
            words.join(" or ")
        ));
    }
    documented["security"] = match operation.access {
        Access::Open => json!([]),
        Access::Public if operation.takes_token => {
            json!([{}, {"bearer": []}, {"editToken": []}])
        }
        Access::Public => json!([{}, {"bearer": []}]),
        Access::KeyOrToken(_) => json!([{"bearer": []}, {"editToken": []}]),
        Access::Key(_) => json!([{"bearer": []}]),
    };
    let responses = documented["responses"].take();
    let mut all: Map<String, Value> = Map::new();
    for (status, mut response) in responses.as_object().cloned().unwrap_or_default() {
        for media_type in operation.produces.iter().filter(|_| status == "200") {
            // A page for people is text; everything else is described by its handler.
            if response["content"].get(media_type).is_none() {
                response["content"][media_type] = json!({"schema": {"type": "string"}});
            }
        }
        complete_success(&status, &mut response, is_list, is_get, schemas);
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
    if is_get {
        all.insert(
            "304".to_owned(),
            json!({
                "description": "The client has this representation already.",
                "headers": references(&["X-Request-Id", "ETag", "Cache-Control"]),
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
    for (status, codes) in by_status(&operation.problems()) {
        // Operations that fail alike share one component.
        let names: Vec<String> = codes.iter().map(|code| format!("{code:?}")).collect();
        let name = names.join("Or");
        all.insert(
            status.to_string(),
            json!({"$ref": format!("#/components/responses/{name}")}),
        );
        refusals.entry(name).or_insert_with(|| refusal(&codes));
    }
    all.sort_keys();
    documented["responses"] = Value::Object(all);
    documented
}

fn condition(name: &str, description: &str) -> Value {
    json!({"name": name, "in": "header", "required": false, "description": description,
        "schema": {"type": "string", "pattern": CONDITION_PATTERN}, "example": "\"3-2f0c9a51d6c3b7e8a1b2c3d4\""})
}

fn references(names: &[&str]) -> Value {
    let headers: Map<String, Value> = names
        .iter()
        .map(|name| {
            (
                (*name).to_owned(),
                json!({"$ref": format!("#/components/headers/{name}")}),
            )
        })
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
    if status != "204" {
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
        // What is a page by itself has a type of its own already.
        if is_list && is_get && body["schema"].get("items").is_some() {
            body["schema"] = page_schema(&body["schema"], schemas);
        }
        modernize(&mut body["schema"]);
        if media_type.ends_with("json") {
            let all = &*schemas;
            body["example"] = example_of(&body["schema"], all);
        }
    }
}

/// Puts what the request's example writes into the answer's.
fn show_request(operation: &Operation, response: &mut Value) {
    let content = response
        .get_mut("content")
        .and_then(|content| content.get_mut(JSON));
    let shown = content.and_then(|content| content.get_mut("example"));
    let Some(shown) = shown.and_then(Value::as_object_mut) else {
        return;
    };
    let request = operation
        .body_schema
        .as_ref()
        .map(|(_, _, example)| example);
    let members = request.into_iter().chain([&operation.answer_example]);
    for (name, value) in members.filter_map(Value::as_object).flatten() {
        if let Some(member) = shown.get_mut(name) {
            *member = value.clone();
        }
    }
}

/// The member that names an entry of a list: what is always shown.
fn named_by(schema: &Value) -> &'static str {
    match schema["properties"].get("id") {
        Some(_) => "id",
        None => "version",
    }
}

/// Names the page type of a list of `items` and makes its schema.
fn page_schema(items: &Value, schemas: &mut Map<String, Value>) -> Value {
    let item = items["items"]["$ref"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let mut entry = item.rsplit('/').next().unwrap_or_default().to_owned();
    let name = format!("{}Page", entry.trim_end_matches("ListItem"));
    if !entry.ends_with("ListItem") {
        // `fields` thins the entries of every list, so they are a type of their own.
        let mut thinned = schemas.get(&entry).cloned().unwrap_or_default();
        thinned["required"] = json!([named_by(&thinned)]);
        entry.push_str("ListItem");
        let whole = thinned["description"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
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

fn refusal(codes: &[Code]) -> Value {
    let entries: Vec<_> = codes.iter().map(|code| code.entry()).collect();
    let reference = |name: String| json!({"$ref": format!("#/components/schemas/{name}")});
    let schema = match entries.as_slice() {
        [entry] => reference(entry.schema_name()),
        several => {
            json!({"oneOf": several.iter().map(|entry| reference(entry.schema_name())).collect::<Vec<_>>()})
        }
    };
    let examples: Map<String, Value> = entries
        .iter()
        .map(|entry| {
            (
                entry.name.to_owned(),
                json!({"summary": entry.title, "value": entry.example()}),
            )
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
            | Code::ShuttingDown,
        ) => headers.push("Retry-After"),
        Some(Code::RateLimited) => headers.extend(["Retry-After", "RateLimit-Policy", "RateLimit"]),
        Some(Code::UnsupportedMediaType) => headers.push("Accept-Encoding"),
        _ => {}
    }
    let titles: Vec<String> = entries
        .iter()
        .map(|entry| format!("{} (`{}`)", entry.title, entry.name))
        .collect();
    json!({
        "description": format!("{}.", titles.join(", or ")),
        "headers": references(&headers),
        "content": {PROBLEM_JSON: {"schema": schema, "examples": examples}},
    })
}

/// Drops component schemas that nothing refers to.
fn keep_used(schemas: &mut Map<String, Value>, roots: &[&Map<String, Value>]) {
    let mut used: Vec<String> = Vec::new();
    let mut waiting: Vec<Value> = roots
        .iter()
        .map(|root| Value::Object((*root).clone()))
        .collect();
    while let Some(part) = waiting.pop() {
        match part {
            Value::Object(members) => {
                if let Some(name) = members
                    .get("$ref")
                    .and_then(|r| r.as_str()?.strip_prefix("#/components/schemas/"))
                    && !used.iter().any(|known| known == name)
                {
                    used.push(name.to_owned());
                    waiting.extend(schemas.get(name).cloned());
                }
                waiting.extend(members.into_iter().map(|(_, member)| member));
            }
            Value::Array(items) => waiting.extend(items),
            _ => {}
        }
    }
    schemas.retain(|name, _| used.contains(name));
    schemas.sort_keys();
}
