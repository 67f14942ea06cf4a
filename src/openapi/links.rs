//! Links between operations: from what was created to what can be done with it, and from a page of
//! a list to the next.

use serde_json::{Map, Value, json};

use crate::web::Operation;
use crate::web::path::path_names;

/// Adds the links of each operation to its success in `paths`.
///
/// # Panics
/// If an operation leads to one that does not exist: a mistake in the source that every test
/// detects.
pub(super) fn link(operations: &[Operation], paths: &mut Map<String, Value>) {
    for operation in operations.iter().filter(|operation| !operation.hidden) {
        let mut links: Map<String, Value> = Map::new();
        for id in operation.leads_to {
            let target = operations.iter().find(|other| id_of(other) == *id);
            let target = target.unwrap_or_else(|| panic!("{}: no operation {id}", operation.path));
            let parameters = parameters(&target.path, |_| "$response.body#/id".to_owned());
            links.insert((*id).to_owned(), json!({"operationId": id, "parameters": parameters}));
        }
        if operation.is_paged {
            let mut parameters =
                parameters(&operation.path, |name| format!("$request.path.{name}"));
            parameters.insert("cursor".to_owned(), json!("$response.body#/next"));
            let next = json!({
                "operationId": id_of(operation),
                "parameters": parameters,
                "description": "The next page, unless `next` is null. Filters and order stay the same.",
            });
            links.insert("next_page".to_owned(), next);
        }
        let method = operation.method.as_str().to_lowercase();
        let responses = &mut paths[&operation.path][method]["responses"];
        let success = responses.as_object_mut().into_iter().flatten();
        if let Some((_, success)) = { success }.find(|(status, _)| status.starts_with('2'))
            && !links.is_empty()
        {
            success["links"] = Value::Object(links);
        }
    }
}

fn id_of(operation: &Operation) -> &str {
    operation.document.operation_id.as_deref().unwrap_or_default()
}

/// The path parameters of a link, each with the expression of its value.
fn parameters(path: &str, value: impl Fn(&str) -> String) -> Map<String, Value> {
    path_names(path).map(|name| (name.to_owned(), value(name).into())).collect()
}
