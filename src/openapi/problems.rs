//! The catalogue of problems as a page for people.

use crate::problem::CATALOGUE;

/// The catalogue as a Markdown page: `openapi/problems.md`.
#[must_use]
pub fn problems_markdown() -> String {
    let mut page = String::from(
        "# Problems\n\nGenerated from the catalogue in `src/problem/catalogue.rs`. Every refusal and failure is one of these, as `application/problem+json` (RFC 9457).\n\n| status | code | title | extra members |\n|---|---|---|---|\n",
    );
    for entry in CATALOGUE {
        let members: Vec<String> =
            entry.members.iter().map(|member| format!("`{}`", member.name)).collect();
        page.push_str(&format!(
            "| {} | [`{}`](#{}) | {} | {} |\n",
            entry.status.as_u16(),
            entry.name,
            entry.name,
            entry.title,
            members.join(", ")
        ));
    }
    for entry in CATALOGUE {
        let example = serde_json::to_string_pretty(&entry.example()).unwrap_or_default();
        page.push_str(&format!(
            "\n## {}\n\n{} {}. {}\n\n```json\n{example}\n```\n",
            entry.name,
            entry.status.as_u16(),
            entry.title,
            entry.about()
        ));
    }
    page
}
