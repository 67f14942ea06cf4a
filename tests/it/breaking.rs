//! No breaking change of the API passes unseen: the document against the released one, as lists of
//! promises. `openapi/released.txt` is what was released; a break is named in the changelog.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use crate::support::contract::DOCUMENT;

/// Which way a schema is used: what clients send, or what they get.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    Sent,
    Got,
}

/// What a document promises to clients, line by line; each begins with what it is about.
#[derive(Debug, Default, PartialEq)]
struct Surface {
    /// What clients may rely on: one that is missing is a break.
    gives: BTreeSet<String>,
    /// What clients must do or put up with: one that is new is a break.
    asks: BTreeSet<String>,
    /// The largest that is taken: a lower one is a break.
    most: BTreeMap<String, i64>,
    /// The smallest that is taken: a higher one is a break.
    least: BTreeMap<String, i64>,
}

impl Surface {
    fn of(document: &Value) -> Self {
        let mut surface = Self::default();
        let mut schemas: BTreeSet<(String, Use)> = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            let shared = item["parameters"].as_array().cloned().unwrap_or_default();
            for (method, operation) in item.as_object().unwrap() {
                if method == "parameters" {
                    continue;
                }
                let about = format!("`{} {path}`", method.to_uppercase());
                surface.gives.insert(about.clone());
                let mut security = operation["security"].as_array().into_iter().flatten();
                let is_public = operation["security"] == json!([])
                    || security.any(|one| one.as_object().is_some_and(serde_json::Map::is_empty));
                if !is_public {
                    surface.asks.insert(format!("{about} | needs a key"));
                }
                let own = operation["parameters"].as_array().cloned().unwrap_or_default();
                for parameter in shared.iter().chain(&own) {
                    surface.parameter(&about, parameter, &mut schemas);
                }
                surface.body(&about, &operation["requestBody"], &mut schemas);
                for (status, response) in operation["responses"].as_object().unwrap() {
                    let response = follow(document, response);
                    surface.response(&format!("{about} -> {status}"), response, &mut schemas);
                }
            }
        }
        let mut done = BTreeSet::new();
        while let Some(next) = schemas.pop_first() {
            if done.insert(next.clone()) {
                let (name, used) = next;
                let schema = &document["components"]["schemas"][&name];
                surface.schema(&format!("`{name}`"), schema, used, &mut schemas);
            }
        }
        surface
    }

    fn parameter(&mut self, about: &str, parameter: &Value, found: &mut BTreeSet<(String, Use)>) {
        let place = parameter["in"].as_str().unwrap();
        let at = format!("{about} {place} {}", parameter["name"].as_str().unwrap());
        if parameter["required"] == true && place != "path" {
            let name = parameter["name"].as_str().unwrap();
            self.asks.insert(format!("{about} | needs {place} {name}"));
        }
        self.gives.insert(at.clone());
        let explode = &parameter["explode"];
        self.gives.insert(format!(
            "{at} explode {}",
            if explode.is_null() {
                "by default"
            } else if *explode == true {
                "true"
            } else {
                "false"
            }
        ));
        self.schema(&at, &parameter["schema"], Use::Sent, found);
    }

    fn body(&mut self, about: &str, body: &Value, found: &mut BTreeSet<(String, Use)>) {
        if body["required"] == true {
            self.asks.insert(format!("{about} | needs a body"));
        }
        for (media_type, content) in body["content"].as_object().into_iter().flatten() {
            let at = format!("{about} body {media_type}");
            self.gives.insert(at.clone());
            self.schema(&at, &content["schema"], Use::Sent, found);
        }
    }

    fn response(&mut self, at: &str, response: &Value, found: &mut BTreeSet<(String, Use)>) {
        self.gives.insert(at.to_owned());
        // What every response has is looked at in every test.
        let everywhere = ["X-Request-Id", "Cache-Control"];
        let headers = response["headers"].as_object().into_iter().flatten();
        for (name, _) in headers.filter(|(name, _)| !everywhere.contains(&name.as_str())) {
            self.gives.insert(format!("{at} header {name}"));
        }
        for (media_type, content) in response["content"].as_object().into_iter().flatten() {
            let at = format!("{at} {media_type}");
            self.gives.insert(at.clone());
            self.schema(&at, &content["schema"], Use::Got, found);
        }
    }

    fn schema(&mut self, at: &str, schema: &Value, used: Use, found: &mut BTreeSet<(String, Use)>) {
        self.gives.insert(at.to_owned());
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap();
            self.gives.insert(format!("{at} is a {name}"));
            found.insert((name.to_owned(), used));
            return;
        }
        for choices in ["oneOf", "anyOf", "allOf"] {
            for choice in schema[choices].as_array().into_iter().flatten() {
                self.schema(at, choice, used, found);
            }
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::String(one) => vec![one],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        for kind in types {
            match used {
                Use::Sent => self.gives.insert(format!("{at} takes {kind}")),
                Use::Got => self.asks.insert(format!("{at} | may be {kind}")),
            };
        }
        for word in schema["enum"].as_array().into_iter().flatten() {
            self.gives.insert(format!("{at} knows {word}"));
        }
        if let Some(value) = schema.get("const") {
            self.gives.insert(format!("{at} is always {value}"));
        }
        if used == Use::Sent {
            if let Some(pattern) = schema["pattern"].as_str() {
                self.asks.insert(format!("{at} | has the form {pattern}"));
            }
            for name in ["maxLength", "maxItems", "maximum", "maxProperties"] {
                self.most
                    .extend(schema[name].as_i64().map(|most| (format!("{at} | {name}"), most)));
            }
            for name in ["minLength", "minItems", "minimum"] {
                self.least
                    .extend(schema[name].as_i64().map(|least| (format!("{at} | {name}"), least)));
            }
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            match used {
                Use::Sent => self.asks.insert(format!("{at} | needs {name}")),
                Use::Got => self.gives.insert(format!("{at}/{name} is always there")),
            };
        }
        for (name, member) in schema["properties"].as_object().into_iter().flatten() {
            let at = format!("{at}/{name}");
            self.schema(&at, member, used, found);
        }
        if schema["items"].is_object() {
            self.schema(&format!("{at}[]"), &schema["items"], used, found);
        }
    }

    /// As text: a line each, with a mark of its kind.
    fn text(&self) -> String {
        let gives = self.gives.iter().map(|line| format!("+ {line}"));
        let asks = self.asks.iter().map(|line| format!("! {line}"));
        let most = self.most.iter().map(|(line, number)| format!("< {line} = {number}"));
        let least = self.least.iter().map(|(line, number)| format!("> {line} = {number}"));
        gives.chain(asks).chain(most).chain(least).map(|line| line + "\n").collect()
    }

    fn parse(text: &str) -> Self {
        let mut surface = Self::default();
        for line in text.lines() {
            let (mark, line) = line.split_once(' ').unwrap();
            let number = || {
                let (line, number) = line.rsplit_once(" = ").unwrap();
                (line.to_owned(), number.parse().unwrap())
            };
            match mark {
                "+" => surface.gives.extend([line.to_owned()]),
                "!" => surface.asks.extend([line.to_owned()]),
                "<" => surface.most.extend([number()]),
                ">" => surface.least.extend([number()]),
                other => panic!("{other}: {line}"),
            }
        }
        surface
    }

    /// What of this surface `next` breaks.
    fn breaks_in(&self, next: &Self) -> Vec<String> {
        let gone = self.gives.difference(&next.gives).map(|line| format!("{line}: gone"));
        // What is asked of a thing that is new breaks nobody.
        let is_old = |line: &&String| self.gives.contains(line.split(" | ").next().unwrap());
        let asked = next.asks.difference(&self.asks).filter(is_old);
        let asked = asked.map(|line| format!("{line}: new"));
        let narrower = |old: &BTreeMap<String, i64>, new: &BTreeMap<String, i64>, sign: i64| {
            let lines = new.iter().filter_map(|(line, now)| {
                let was = old.get(line);
                let is_narrower = was.map_or(is_old(&line), |was| sign * now < sign * was);
                is_narrower.then(|| format!("{line}: {now}, and was {was:?}"))
            });
            lines.collect::<Vec<_>>()
        };
        let most = narrower(&self.most, &next.most, 1);
        let least = narrower(&self.least, &next.least, -1);
        gone.chain(asked).chain(most).chain(least).collect()
    }
}

/// What a line is about: an operation or a schema, between backticks.
fn subject(line: &str) -> &str {
    line.split('`').nth(1).unwrap()
}

fn follow<'a>(document: &'a Value, part: &'a Value) -> &'a Value {
    match part["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => part,
    }
}

/// The section of the changelog's unreleased part that names breaking changes.
fn announced(changelog: &str) -> &str {
    let unreleased = changelog.split("\n## ").nth(1).unwrap_or_default();
    let breaking =
        unreleased.split_once("### Breaking\n").map(|(_, rest)| rest).unwrap_or_default();
    breaking.split("\n### ").next().unwrap()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a switch for whoever releases, not a setting")]
fn a_breaking_change_is_announced() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = root.join("openapi/released.txt");
    let present = Surface::of(&DOCUMENT);
    if std::env::var_os("RELEASE").is_some() {
        std::fs::write(&file, present.text()).unwrap();
    }
    let released = Surface::parse(&std::fs::read_to_string(file).unwrap());
    let changelog = std::fs::read_to_string(root.join("CHANGELOG.md")).unwrap();
    let announced = announced(&changelog);
    let is_unseen = |line: &String| !announced.contains(&format!("`{}`", subject(line)));
    let unseen: Vec<String> = released.breaks_in(&present).into_iter().filter(is_unseen).collect();
    assert!(
        unseen.is_empty(),
        "these break clients: undo them, or name the operation or schema in CHANGELOG.md, under `### Breaking`:\n{}",
        unseen.join("\n")
    );
}

#[test]
fn a_surface_is_read_as_it_was_written() {
    let surface = Surface::of(&DOCUMENT);
    assert_eq!(Surface::parse(&surface.text()), surface);
    assert!(surface.gives.len() > 1_000);
}

/// A change of the document.
type Edit = fn(&mut Value);

#[test]
fn each_kind_of_break_is_seen() {
    let schema = |name: &str| format!("/components/schemas/{name}");
    let edits: [(&str, Edit, &str); 14] = [
        (
            "an operation removed",
            (|d| drop(d["paths"]["/v1/keys"].as_object_mut().unwrap().remove("get"))),
            "`GET /v1/keys`: gone",
        ),
        (
            "a member removed",
            (|d| {
                drop(
                    d["components"]["schemas"]["Article"]["properties"]
                        .as_object_mut()
                        .unwrap()
                        .remove("title"),
                )
            }),
            "`Article`/title: gone",
        ),
        (
            "a word removed",
            (|d| {
                d["components"]["schemas"]["ArticleInput"]["properties"]["access"] =
                    json!({"enum": ["public"]})
            }),
            "knows \"restricted\": gone",
        ),
        (
            "a member required",
            (|d| d["components"]["schemas"]["ArticleInput"]["required"] = json!(["title", "body"])),
            "`ArticleInput` | needs body: new",
        ),
        (
            "a type narrower",
            (|d| {
                d["components"]["schemas"]["ArticleInput"]["properties"]["summary"]["type"] =
                    json!("string")
            }),
            "takes null: gone",
        ),
        (
            "a length shorter",
            (|d| {
                d["components"]["schemas"]["ArticleInput"]["properties"]["title"]["maxLength"] =
                    json!(200)
            }),
            "`ArticleInput`/title | maxLength: 200, and was Some(300)",
        ),
        (
            "an answer wider",
            (|d| {
                d["components"]["schemas"]["Article"]["properties"]["title"]["type"] =
                    json!(["string", "null"])
            }),
            "`Article`/title | may be null: new",
        ),
        (
            "a code gone",
            (|d| {
                drop(d["components"]["responses"]["InsufficientScope"]["content"]["application/problem+json"]["schema"].as_object_mut().unwrap().remove("$ref"))
            }),
            "is a InsufficientScopeProblem: gone",
        ),
        (
            "a status gone",
            (|d| {
                drop(
                    d["paths"]["/v1/articles/{article}"]["get"]["responses"]
                        .as_object_mut()
                        .unwrap()
                        .remove("410"),
                )
            }),
            "`GET /v1/articles/{article}` -> 410: gone",
        ),
        (
            "a constant changed",
            (|d| {
                d["components"]["schemas"]["ArticleNotFoundProblem"]["properties"]["code"]["const"] =
                    json!("not_found")
            }),
            "is always \"article_not_found\": gone",
        ),
        (
            "explode changed",
            (|d| {
                let parameters =
                    d["paths"]["/v1/articles"]["get"]["parameters"].as_array_mut().unwrap();
                let tag = parameters.iter_mut().find(|one| one["name"] == "tag").unwrap();
                tag["explode"] = json!(true);
            }),
            "query tag explode false: gone",
        ),
        (
            "a parameter required",
            (|d| d["paths"]["/v1/articles"]["get"]["parameters"][0]["required"] = json!(true)),
            "`GET /v1/articles` | needs query limit: new",
        ),
        (
            "a key needed",
            |d| d["paths"]["/v1/articles"]["get"]["security"] = json!([{"bearer": []}]),
            "`GET /v1/articles` | needs a key: new",
        ),
        (
            "a pattern new",
            (|d| {
                d["components"]["schemas"]["ArticleInput"]["properties"]["dateline"]["pattern"] =
                    json!("^[A-Z]+$")
            }),
            "`ArticleInput`/dateline | has the form ^[A-Z]+$: new",
        ),
    ];
    let before = Surface::of(&DOCUMENT);
    for (what, edit, want) in edits {
        let mut changed = DOCUMENT.clone();
        edit(&mut changed);
        let breaks = before.breaks_in(&Surface::of(&changed));
        assert!(breaks.iter().any(|line| line.contains(want)), "{what}: {breaks:?}");
    }
    let mut grown = DOCUMENT.clone();
    let article = grown.pointer_mut(&schema("Article")).unwrap();
    article["properties"]["mood"] = json!({"type": "string"});
    article["required"].as_array_mut().unwrap().push(json!("mood"));
    let input = grown.pointer_mut(&schema("ArticleInput")).unwrap();
    input["properties"]["mood"] = json!({"type": "string", "maxLength": 20});
    input["properties"]["title"]["maxLength"] = json!(400);
    grown["paths"]["/v1/moods"] = grown["paths"]["/v1/articles"].clone();
    assert_eq!(before.breaks_in(&Surface::of(&grown)), [] as [String; 0]);
}
