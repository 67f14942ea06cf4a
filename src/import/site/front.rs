//! The members of a page: its own, and those that its place has for it.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::Refused;
use super::cascade::Unclear;
use super::config::Rules;
use super::front_matter::Page;
use super::tree::Place;
use super::visibility::is_kept_back;

/// Candidates for the summary; the first that is not empty is taken.
pub const SUMMARIES: [&str; 4] = ["summary", "description", "deck", "excerpt"];
/// Candidates for the date of publication, the first that is not empty (Hugo's order; Jekyll has
/// `date`).
pub const DATES: [&str; 4] = ["publishdate", "pubdate", "published", "date"];
/// Candidates for the date of expiry.
pub const ENDS: [&str; 2] = ["expirydate", "unpublishdate"];

/// The front matter that members of an article are made from, if it has another name.
const COMES_FROM: [(&str, &[&str]); 11] = [
    ("/slug", &["slug", "title"]),
    ("/summary", &SUMMARIES),
    ("/state", &["draft", "published", "status"]),
    ("/published_at", &DATES),
    ("/authors", &["authors", "author"]),
    ("/tags", &["topics", "tags", "tag"]),
    ("/source/url", &["source_url"]),
    ("/canonical_url", &["canonical"]),
    ("/expires_at", &ENDS),
    ("/language", &["language", "lang"]),
    ("/section", &["categories", "category"]),
];

/// The members of an article that a refusal may name.
const POINTERS: [&str; 18] = [
    "/title", "/slug", "/summary", "/body", "/authors", "/tags", "/source", "/source/name",
    "/source/url", "/external_id", "/canonical_url", "/language", "/section", "/dateline",
    "/metadata", "/state", "/published_at", "/expires_at",
];

/// The lines of a page's members, by the members of its article.
pub fn lines_of(page: &Page<'_>) -> HashMap<&'static str, usize> {
    POINTERS.map(|pointer| (pointer, line_of(page, pointer))).into()
}

/// The line of a page with the member at `pointer` of its article; the first line of its front
/// matter if no line has it.
pub fn line_of(page: &Page<'_>, pointer: &str) -> usize {
    if pointer.starts_with("/body") {
        return page.body_line;
    }
    let own = pointer.split('/').nth(1).unwrap_or_default();
    let known = COMES_FROM.iter().find(|(member, _)| pointer.starts_with(member));
    let names = known.map_or(&[][..], |(_, names)| names);
    let line = names.iter().chain([&own]).find_map(|name| line_of_name(page, name));
    line.unwrap_or(page.first_line)
}

/// The line of the member `name`, in upper or lower case.
pub fn line_of_name(page: &Page<'_>, name: &str) -> Option<usize> {
    let lines = page.lines.iter();
    let mut same = lines.filter(|(known, _)| known.to_lowercase() == name);
    same.next().map(|(_, line)| *line)
}

/// A page's members by their lower-case names, as Hugo has them, with the names as written.
pub struct Front {
    pub members: Map<String, Value>,
    written: Map<String, Value>,
}

/// Names that Jekyll reads in lower case only, and that decide whether and when a page is public.
const WITH_CASE: [&str; 2] = ["published", "date"];

impl Front {
    /// The page's own members, and those from the folders above it that it lacks.
    ///
    /// # Errors
    /// If a name stands twice with different values, is one that the site does not read as it looks, or what the folders
    /// say cannot be determined.
    pub fn of(page: &Page<'_>, place: &Place) -> Result<Self, Refused> {
        let is_jekyll = place.site.as_ref().is_some_and(|site| match &site.rules {
            Rules::Jekyll(jekyll) => jekyll.is_jekyll,
            _ => false,
        });
        let (mut members, mut written) = (Map::new(), Map::new());
        for (name, value) in &page.members {
            let key = name.to_lowercase();
            let line = || page.lines.get(name).copied().unwrap_or(page.first_line);
            if members.get(&key).is_some_and(|before| before != value) {
                let reason = format!(
                    "`{name}` stands twice, in other letters and with another value; keep one of them"
                );
                return Err(Refused::at(line(), reason));
            }
            if is_jekyll && WITH_CASE.contains(&&*key) && *name != key {
                let reason = format!(
                    "Jekyll reads `{key}` and not `{name}`: what this page says and what its site shows differ; write `{key}`"
                );
                return Err(Refused::at(line(), reason));
            }
            members.insert(key.clone(), value.clone());
            written.insert(key, json!(name));
        }
        let own = members.clone();
        for cascade in &place.cascades {
            // The page's own value takes precedence, and a page that holds itself back stays held
            // back.
            let is_kept_back = || is_kept_back(&own).unwrap_or(false);
            let mut unclear = cascade.unclear.iter();
            let open = unclear.find(|unclear| {
                let is_said = unclear.name.as_ref().is_some_and(|name| own.contains_key(name));
                !is_said && !is_kept_back()
            });
            if let Some(Unclear { name, why }) = open {
                let reason = match name {
                    Some(name) => format!("{why}; say `{name}` in this file"),
                    None => format!("{why}; mend that, or say `draft: true` in this file"),
                };
                return Err(Refused::at(page.first_line, reason));
            }
            for (name, value) in &cascade.members {
                if !members.contains_key(name) {
                    members.insert(name.clone(), value.clone());
                }
            }
        }
        Ok(Self { members, written })
    }

    /// Takes a member out, if it has a value.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.members.remove(name).filter(|value| !is_empty(value))
    }

    /// A member that is a text and not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    /// The remaining members, under the names as written.
    pub fn rest(self) -> Map<String, Value> {
        let named = |(key, value): (String, Value)| {
            let name = self.written.get(&key).and_then(Value::as_str);
            (name.map_or(key.clone(), str::to_owned), value)
        };
        let said = self.members.into_iter().filter(|(_, value)| !is_empty(value));
        said.map(named).collect()
    }
}

/// True if a member has no value.
pub fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.iter().all(is_empty),
        _ => false,
    }
}

/// A number or boolean as the text that it would be in YAML.
pub fn text_of(value: Value) -> Value {
    match value {
        Value::Number(number) => json!(number.to_string()),
        Value::Bool(truth) => json!(truth.to_string()),
        other => other,
    }
}

/// One value or a list of them.
pub fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.into_iter().filter(|item| !is_empty(item)).collect(),
        single => vec![single],
    }
}
