//! The JSON Schema of an export, made of the types that are written and read.

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::line::{End, Header, Languages, SCHEMA};
use crate::access::export::ExportedKey;
use crate::articles::store::exported::{
    ExportedArticle, ExportedEntry, ExportedRevision, ExportedTerm,
};
use crate::comments::store::export::ExportedComment;
use crate::disclaimers::store::export::{ExportedDisclaimer, ExportedDisclaimerVersion};

/// Where OpenAPI has what a schema refers to.
const COMPONENTS: &str = "#/components/schemas/";
/// Where JSON Schema has it.
const DEFINITIONS: &str = "#/$defs/";

/// The JSON Schema (draft 2020-12) of each line of an export, as text.
#[must_use]
pub fn schema() -> String {
    let mut definitions = Map::new();
    add::<Header>(&mut definitions, "copydesk");
    add::<Languages>(&mut definitions, "languages");
    add::<ExportedDisclaimer>(&mut definitions, "disclaimer");
    add::<ExportedDisclaimerVersion>(&mut definitions, "disclaimer_version");
    add::<ExportedArticle>(&mut definitions, "article");
    add::<ExportedEntry>(&mut definitions, "history");
    add::<ExportedRevision>(&mut definitions, "revision");
    add::<ExportedComment>(&mut definitions, "comment");
    add::<ExportedTerm>(&mut definitions, "term");
    add::<ExportedKey>(&mut definitions, "key");
    add::<End>(&mut definitions, "end");
    let lines = definitions.iter().filter(|(_, schema)| is_line(schema));
    let lines: Vec<Value> =
        lines.map(|(name, _)| json!({"$ref": format!("{DEFINITIONS}{name}")})).collect();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("A line of an export of Copydesk, version {SCHEMA}"),
        "description": "`copydesk export` writes one such object a line (JSON Lines, UTF-8). The lines stand in the order in which docs/export.md has them.",
        "oneOf": lines,
        "$defs": definitions,
    });
    // A value of JSON can always be written.
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}

/// Adds the schema of a record, and those that it refers to.
fn add<T: ToSchema>(definitions: &mut Map<String, Value>, record: &str) {
    let mut named = Vec::new();
    T::schemas(&mut named);
    for (name, schema) in named {
        definitions.insert(name, own(&serde_json::to_value(schema).unwrap_or_default()));
    }
    let mut schema = own(&serde_json::to_value(T::schema()).unwrap_or_default());
    let mut members = Map::new();
    members.insert("record".to_owned(), json!({"const": record}));
    if let Some(Value::Object(others)) = schema.get("properties") {
        members.extend(others.clone());
    }
    let mut required = vec![json!("record")];
    if let Some(Value::Array(others)) = schema.get("required") {
        required.extend(others.iter().cloned());
    }
    schema["properties"] = members.into();
    schema["required"] = required.into();
    definitions.insert(record.to_owned(), schema);
}

fn is_line(schema: &Value) -> bool {
    schema["properties"]["record"].get("const").is_some()
}

/// A schema of OpenAPI as one of JSON Schema alone: what it refers to stands elsewhere, and an object has no members but
/// its own.
fn own(schema: &Value) -> Value {
    match schema {
        Value::String(text) => text.replace(COMPONENTS, DEFINITIONS).into(),
        Value::Array(values) => values.iter().map(own).collect(),
        Value::Object(members) => {
            let mut kept: Map<String, Value> =
                members.iter().map(|(name, value)| (name.clone(), own(value))).collect();
            let is_object = kept.get("properties").is_some_and(Value::is_object)
                && kept.get("type") == Some(&json!("object"));
            if is_object {
                kept.insert("additionalProperties".to_owned(), json!(false));
            }
            kept.into()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_referred_to_that_is_not_there() {
        fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
            match value {
                Value::Array(values) => values.iter().for_each(|value| references(value, found)),
                Value::Object(members) => {
                    found.extend(members.get("$ref").and_then(Value::as_str));
                    members.values().for_each(|value| references(value, found));
                }
                _ => {}
            }
        }
        let schema: Value = serde_json::from_str(&schema()).unwrap();
        let mut found = Vec::new();
        references(&schema, &mut found);
        assert!(found.len() > 30, "{found:?}");
        for reference in found {
            let name = reference.strip_prefix(DEFINITIONS).unwrap();
            assert!(schema["$defs"].get(name).is_some(), "{reference}");
        }
        assert_eq!(schema["oneOf"].as_array().map(Vec::len), Some(11));
        assert_eq!(schema["$defs"]["article"]["additionalProperties"], false);
        assert_eq!(schema["$defs"]["Content"]["additionalProperties"], false);
    }
}
