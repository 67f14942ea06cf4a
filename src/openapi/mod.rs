//! The OpenAPI document: the descriptions of the operations, completed with the behaviour that the
//! platform adds to each. Generated once, always the same.

mod examples;
mod links;
mod operation;
mod problems;

use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use operation::describe;
pub use problems::problems_markdown;

use crate::problem::{CATALOGUE, Code, Fault, ParameterFault};
use crate::web::Operation;
use crate::{access, articles, audit, changes, comments, disclaimers, meta, testing, webhooks};

/// Generates the document of these operations.
///
/// # Panics
/// If an operation's own part has no JSON form: a mistake in the source that every test detects.
#[must_use]
pub fn document(operations: &[Operation]) -> Value {
    let mut schemas = component_schemas();
    let mut refusals: Map<String, Value> = Map::new();
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations.iter().filter(|operation| !operation.hidden) {
        if let Some((name, schema)) = &operation.body_schema {
            schemas.insert(name.clone(), schema.clone());
        }
        let documented = describe(operation, &mut schemas, &mut refusals);
        let item = paths.entry(operation.path.clone()).or_insert_with(|| {
            match operation.path_parameters.as_slice() {
                [] => json!({}),
                parameters => json!({"parameters": parameters}),
            }
        });
        item[operation.method.as_str().to_lowercase()] = documented;
    }
    links::link(operations, &mut paths);
    refusals.sort_keys();
    // With `fields`, one article has only some of its members.
    let mut selected = schemas["Article"].clone();
    selected["description"] =
        json!("An article in full. With `fields`, only what it names, `id` and `disclaimers`.");
    selected["required"] = json!(["id", "disclaimers"]);
    schemas.insert("ReadArticle".to_owned(), selected);
    if let Some(read) = paths.get_mut("/v1/articles/{article}") {
        read["get"]["responses"]["200"]["content"]["application/json"]["schema"] =
            json!({"$ref": "#/components/schemas/ReadArticle"});
    }
    if let Some(page) = schemas.get_mut("ArticlePage") {
        page["properties"]["total"]["description"] = json!(
            "The number of entries on all pages, up to 100,000; with several filters or `has_disclaimer` up to 10,000, of a search up to 1,000. There with `count=true` only."
        );
        page["properties"]["total_is_capped"] = json!({"type": "boolean", "description": "Whether there are more than `total`; there with `count=true` only."});
        page["properties"]["facets"] = json!({"$ref": "#/components/schemas/Facets"});
        page["properties"]["facets_are_capped"] = json!({"type": "boolean", "description": "Whether `facets` counts the newest 10,000 articles alone, or the 1,000 that a search finds; there with `facets` only."});
    }
    keep_used(&mut schemas, &[&paths, &refusals]);
    json!({
        "openapi": "3.1.0",
        "info": info(),
        "servers": [
            {"url": "/", "description": "The server that this document comes from."},
            {"url": "http://127.0.0.1:8080", "description": "A server on this machine, as it starts by default."},
            {"url": "https://{host}", "description": "Your own server.", "variables": {"host": {"default": "news.example", "description": "Its host, with a port if it is not 443."}}},
        ],
        "tags": tags(operations),
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

/// What the tags of operations mean.
const TAGS: [(&str, &str); 11] = [
    (
        "articles",
        "What the newsroom publishes: drafts, schedules, embargoes, licensed texts, corrections, withdrawals and legal blocks. An article that a caller may not know of is 404; one that was public and is not any more is 410 or 451, with the reason. Every response with an article has its disclaimers.",
    ),
    (
        "terms",
        "What articles are filtered by: sections, tags, authors and providers, each with the number of articles.",
    ),
    (
        "feeds",
        "What is published, for readers and search engines: RSS, Atom, JSON Feed and sitemaps, each with the filters of the list, and each article with its disclaimers.",
    ),
    (
        "comments",
        "What readers say about an article, as threads. Readers need no key: the answer to a new comment has an `edit_token`, with which its author can read, change and delete it for 15 minutes. Moderators decide with a key.",
    ),
    (
        "disclaimers",
        "The legal and provider texts that travel with articles, attached by hand or by a rule (`applies_to`). Each change makes a new version; what a reader was shown at an instant can be proved.",
    ),
    (
        "keys",
        "API keys and their scopes. A key is shown once, when it is made, and is sent as `Authorization: Bearer <key>`.",
    ),
    (
        "changes",
        "What has become public, has changed, and is no longer public: by pages, and as a stream.",
    ),
    (
        "webhooks",
        "Changes are sent to those who asked for them, signed, in order and again until they are taken (Standard Webhooks).",
    ),
    ("audit", "Who was given access and who took it away, wrong keys, and blocked addresses."),
    (
        "server",
        "The server about itself: its document, its errors explained, its health. These need no key.",
    ),
    (
        "test mode",
        "For test suites, only in a server that was started with `--test`: a clock that can be moved, a reset, the requests that were sent. There the header `Prefer` (RFC 7240) of any request can ask for `code=503` (an answer of this document; with `example=NAME` that one), `delay=800` (milliseconds) or `drop` (the connection breaks after the write).",
    ),
];

/// The tags that these operations have, in order.
fn tags(operations: &[Operation]) -> Value {
    let has = |tag: &str| {
        let mut tags = operations.iter().filter_map(|operation| operation.document.tags.as_ref());
        tags.any(|tags| tags.iter().any(|one| one == tag))
    };
    let used = TAGS.iter().filter(|(name, _)| has(name));
    used.map(|(name, about)| json!({"name": name, "description": about})).collect()
}

fn info() -> Value {
    json!({
        "title": "Copydesk",
        "version": env!("CARGO_PKG_VERSION"),
        "summary": env!("CARGO_PKG_DESCRIPTION"),
        "description": "Articles, readers' comments and legal disclaimers as JSON over HTTP. One request, one status, one error body (RFC 9457) that says what is wrong and how to mend it; `/problems` explains each. A path that is none answers 404 (`route_not_found`), a method that a path does not know 405 (`method_not_allowed`), with `Allow`. An article never leaves without its disclaimers.",
        "contact": {"name": "The Copydesk developers"},
        // Either may be chosen. Pages link an identifier to its text at SPDX, which no expression has;
        // without one, openapi-generator 7.26 takes the whole document for invalid.
        "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT"},
    })
}

fn headers() -> Value {
    let text = json!({"type": "string"});
    let entry = |description: &str, schema: &Value, example: Value| json!({"description": description, "required": true, "schema": schema, "example": example});
    let sometimes = |description: &str, schema: &Value, example: &str| json!({"description": description, "required": false, "schema": schema, "example": example});
    json!({
        "X-Request-Id": entry("The request's id. A UUID that came with the request is kept, with hyphens or as 32 hexadecimal digits.", &json!({"type": "string", "pattern": "^[0-9A-Fa-f]{8}(-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}$"}), json!("0192d5a0-0000-7000-8000-000000000001")),
        "ETag": entry("The tag of this representation, for `If-None-Match` and `If-Match`.", &json!({"type": "string", "pattern": "^\"[0-9a-z-]+\"$"}), json!("\"3-2f0c9a51d6c3b7e8a1b2c3d4\"")),
        "Cache-Control": entry("How long the answer may be kept.", &text, json!("no-store")),
        "Location": entry("The path of what was created, or of what was asked for.", &json!({"type": "string", "format": "uri-reference"}), json!("/v1/articles/0192d5a0-0000-7000-8000-000000000003")),
        "Link": sometimes("The next page, as `rel=\"next\"`, and of lists of articles and terms the page before, as `rel=\"prev\"` (RFC 8288); left out where there is neither.", &text, "</v1/articles?cursor=eyJ2Ijox>; rel=\"next\""),
        "Idempotent-Replayed": sometimes("`true` where this answer was given before, to the same request with the same `Idempotency-Key`.", &json!({"type": "string", "const": "true"}), "true"),
        "WWW-Authenticate": entry("How to authenticate.", &text, json!("Bearer")),
        "RateLimit-Policy": sometimes("How many are taken in which time, in seconds (draft-ietf-httpapi-ratelimit-headers).", &text, "\"comments\";q=10;w=60"),
        "RateLimit": sometimes("How many of those are left, and in how many seconds all of them, or of none the next.", &text, "\"comments\";r=9;t=6"),
        "Retry-After": entry("Seconds after which to try again.", &json!({"type": "integer", "minimum": 1}), json!(6)),
        "Accept-Query": entry("The media types that a QUERY takes (RFC 10008).", &text, json!(crate::web::query_method::QUERY_TYPES.join(", "))),
        "Accept-Encoding": entry("The content codings that a body may have: none.", &text, json!("identity")),
    })
}

fn component_schemas() -> Map<String, Value> {
    let mut found: Vec<(String, RefOr<Schema>)> = Vec::new();
    collect::<articles::api::Article>(&mut found);
    collect::<articles::api::ArticleListItem>(&mut found);
    collect::<articles::api::ArticleTeaser>(&mut found);
    collect::<articles::api::HistoryEntry>(&mut found);
    collect::<articles::api::TimeMap>(&mut found);
    collect::<articles::api::RevisionListItem>(&mut found);
    collect::<articles::api::Revision>(&mut found);
    collect::<comments::api::Comment>(&mut found);
    collect::<comments::api::CreatedComment>(&mut found);
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
    collect::<articles::api::ListedDisclaimer>(&mut found);
    collect::<articles::api::Term>(&mut found);
    collect::<articles::api::RelatedArticles>(&mut found);
    collect::<articles::api::Facets>(&mut found);
    collect::<access::api::Key>(&mut found);
    collect::<access::api::CreatedKey>(&mut found);
    collect::<access::api::OwnKey>(&mut found);
    collect::<audit::api::AuditEvent>(&mut found);
    collect::<changes::api::Changes>(&mut found);
    collect::<webhooks::api::Webhook>(&mut found);
    collect::<webhooks::api::WebhookWithSecret>(&mut found);
    collect::<webhooks::api::Delivery>(&mut found);
    collect::<comments::api::AddressBlock>(&mut found);
    collect::<meta::Health>(&mut found);
    collect::<meta::Index>(&mut found);
    collect::<meta::ApiCatalog>(&mut found);
    collect::<meta::ProblemList>(&mut found);
    collect::<testing::ClockReading>(&mut found);
    collect::<testing::SentRequests>(&mut found);
    collect::<Fault>(&mut found);
    collect::<ParameterFault>(&mut found);
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut schemas: Map<String, Value> =
        found.into_iter().map(|(name, schema)| (name, to_value(&schema))).collect();
    // The catalogue's own examples, which a derived schema cannot refer to.
    schemas["ProblemEntry"]["properties"]["example_body"]["example"] =
        Code::SlugTaken.entry().example();
    let parts = schemas.clone();
    for schema in schemas.values_mut() {
        flatten(schema, &parts);
        modernize(schema);
    }
    schemas.remove("ArticleHead");
    schemas.remove("Authorship");
    // Every member of a response is always present; an empty one is null. What a write has removed
    // from a text is no member of the resource.
    for schema in schemas.values_mut() {
        if let Some(properties) = schema["properties"].as_object() {
            let members = properties.keys().filter(|name| *name != "removed");
            schema["required"] = members.cloned().collect();
        }
    }
    // A list item has all its members, or the ones in `fields` and these.
    schemas["ArticleListItem"]["required"] = json!(["id", "disclaimers"]);
    schemas["RevisionListItem"]["required"] = json!(["version"]);
    schemas["Facets"]["required"] = json!([]);
    schemas["ListedDisclaimer"]["required"] = json!(["key", "version", "placement"]);
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

/// Merges the `allOf` that utoipa generates for a flattened struct into one object.
fn flatten(schema: &mut Value, parts: &Map<String, Value>) {
    let Some(pieces) = schema.get("allOf").and_then(Value::as_array).cloned() else {
        return;
    };
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for piece in pieces {
        let name = piece["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
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
            // Inside `properties` the name is a member's, not a keyword.
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

/// Drops component schemas that nothing refers to.
fn keep_used(schemas: &mut Map<String, Value>, roots: &[&Map<String, Value>]) {
    let mut used: Vec<String> = Vec::new();
    let mut waiting: Vec<Value> = roots.iter().map(|root| Value::Object((*root).clone())).collect();
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
