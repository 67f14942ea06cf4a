//! The JSON Schemas of request bodies.

use serde_json::{Map, Value, json};

/// A member of an object's schema.
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// Its schema.
    pub schema: Value,
    /// Its default; `None` if it is required.
    pub default: Option<Value>,
    /// The setting that decides its default: the OpenAPI document must not promise the default of
    /// one server for all.
    pub setting: Option<&'static str>,
}

/// The schema of an object with these members and no others. Defaults are in the descriptions: a
/// client that is generated from `default` sends all of them, also where a setting has another.
#[must_use]
pub fn object_schema(doc: &str, properties: Vec<Property>) -> Value {
    let mut required = Vec::new();
    let mut members = Map::new();
    for property in properties {
        let mut schema = property.schema;
        let doc = one_paragraph(property.doc);
        schema["description"] = json!(doc);
        let has_default = property.setting.is_some() || property.default.is_some();
        match (property.setting, property.default) {
            (Some(setting), _) => {
                let by = format!("{doc} The server's setting `{setting}` is its default.");
                schema["description"] = json!(by);
            }
            (None, Some(Value::Null)) => {}
            (None, Some(default)) => {
                schema["description"] = json!(format!("{doc} Default: `{default}`."));
            }
            (None, None) => required.push(property.name),
        }
        if has_default {
            make_nullable(&mut schema);
        }
        members.insert(property.name.to_owned(), schema);
    }
    let mut schema = json!({
        "type": "object",
        "description": one_paragraph(doc),
        "properties": members,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn one_paragraph(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The schema of a merge patch for `object`: nothing is required, and null resets a member to its
/// default.
#[must_use]
pub fn patch_schema(object: &Value) -> Value {
    let mut schema = object.clone();
    if let Value::Object(members) = &mut schema {
        members.remove("required");
    }
    schema["description"] = json!(
        "A JSON Merge Patch (RFC 7396): members that are left out stay, null sets the default."
    );
    schema
}

/// Makes a schema accept null too. One of words becomes an alternative: null among the words of an
/// `enum` is more than generators of types can read.
pub fn make_nullable(schema: &mut Value) {
    if let Some(values) = schema.get("enum").cloned() {
        let description = schema.get("description").cloned();
        *schema = json!({"anyOf": [{"type": "string", "enum": values}, {"type": "null"}]});
        if let Some(description) = description {
            schema["description"] = description;
        }
        return;
    }
    match schema.get_mut("type") {
        Some(Value::String(kind)) => {
            let kind = std::mem::take(kind);
            schema["type"] = json!([kind, "null"]);
        }
        Some(Value::Array(kinds)) if !kinds.contains(&json!("null")) => kinds.push(json!("null")),
        // An alternative with null already.
        _ => {}
    }
}
