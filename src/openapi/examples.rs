//! Examples: a value for a schema.

use serde_json::{Map, Value, json};

/// Depth below which an example is cut off.
const EXAMPLE_DEPTH: usize = 16;

/// A value that matches a schema, from the schema's own examples if it has any.
pub(super) fn example_of(schema: &Value, schemas: &Map<String, Value>) -> Value {
    example_at(schema, schemas, EXAMPLE_DEPTH)
}

fn example_at(schema: &Value, schemas: &Map<String, Value>, depth: usize) -> Value {
    if depth == 0 {
        return Value::Null;
    }
    if let Some(example) = schema["examples"].get(0) {
        return example.clone();
    }
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return schemas
            .get(name)
            .map_or(Value::Null, |schema| example_at(schema, schemas, depth - 1));
    }
    if let Some(first) = schema["anyOf"].get(0) {
        return example_at(first, schemas, depth - 1);
    }
    if let Some(value) = schema["enum"].get(0) {
        return value.clone();
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => vec!["null"],
    };
    match kinds.as_slice() {
        ["object"] => {
            let properties = schema["properties"].as_object().into_iter().flatten();
            let optional = |name: &str| {
                schema["required"].as_array().is_some_and(|names| !names.contains(&json!(name)))
                    && matches!(name, "body" | "body_html" | "comment_count" | "total")
            };
            properties
                .filter(|(name, _)| !optional(name))
                .map(|(name, property)| (name.clone(), example_at(property, schemas, depth - 1)))
                .collect::<Map<_, _>>()
                .into()
        }
        ["array"] => json!([example_at(&schema["items"], schemas, depth - 1)]),
        ["string"] if schema["format"] == "date-time" => json!("2026-11-22T10:00:00.000000Z"),
        ["string"] => json!("text"),
        ["integer" | "number"] => json!(0),
        ["boolean"] => json!(true),
        _ => Value::Null,
    }
}
