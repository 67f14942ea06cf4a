//! Metadata of Pelican's Markdown files: lines of `Name: value` up to a blank line, with or without lines of dashes
//! around them. They are no YAML: a list in brackets and quotation marks are text.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::Refused;
use super::front_matter::Page;

/// Metadata of which Pelican takes the first value only: two of them would contradict each other.
const SINGLE: [&str; 7] = ["status", "date", "modified", "slug", "url", "save_as", "category"];
/// Most names of one file: a file with more is no page, and each name is compared with those before it.
const ENTRIES_MAX: usize = 200;
/// Metadata that is one text, whatever lines it takes.
const JOINED: [&str; 2] = ["title", "summary"];

/// An entry: its name as written, its values, its line.
struct Entry<'a> {
    name: &'a str,
    values: Vec<&'a str>,
    line: usize,
}

/// Splits a page into its parts; `None` if it has no metadata.
///
/// # Errors
/// If a line among the metadata is none: what follows it would not be read. If a name that can have only one value has two.
pub fn split(text: &str) -> Result<Option<Page<'_>>, Refused> {
    let start = text.trim_start_matches('\u{feff}');
    let mut offset = text.len() - start.len();
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for (number, line) in start.split_inclusive('\n').enumerate() {
        let number = number + 1;
        let bare = line.trim_end();
        if number == 1 && is_mark(bare, "---") {
            offset += line.len();
            continue;
        }
        if bare.is_empty() || is_mark(bare, "---") || is_mark(bare, "...") {
            offset += line.len();
            break;
        }
        if let Some((name, value)) = entry(bare) {
            match entries.iter_mut().find(|known| known.name.eq_ignore_ascii_case(name)) {
                Some(known) => {
                    let is_single = SINGLE.contains(&&*name.to_lowercase());
                    if is_single && known.values.first().is_some_and(|first| *first != value) {
                        let reason = format!(
                            "`{name}` stands twice, with different values; keep one of them"
                        );
                        return Err(Refused::at(number, reason));
                    }
                    known.values.push(value);
                }
                None => {
                    if entries.len() == ENTRIES_MAX {
                        let reason = format!(
                            "the metadata has more than {ENTRIES_MAX} names, and no page has as many; put a blank line before the text"
                        );
                        return Err(Refused::at(number, reason));
                    }
                    entries.push(Entry { name, values: vec![value], line: number });
                }
            }
        } else if let Some(last) = entries.last_mut().filter(|_| bare.starts_with("    ")) {
            last.values.push(bare.trim());
        } else if entries.is_empty() {
            return Ok(None);
        } else {
            let reason = "this line is no `Name: value`, and the metadata below it would not be read (Pelican); put a blank line before the text";
            return Err(Refused::at(number, reason));
        }
        offset += line.len();
    }
    if entries.is_empty() {
        return Ok(None);
    }
    let line_of = |rest: &str| text[..text.len() - rest.len()].matches('\n').count() + 1;
    let first_line = entries.first().map_or(1, |entry| entry.line);
    let body = text[offset..].trim_start_matches(['\r', '\n']);
    let (mut members, mut lines) = (Map::new(), HashMap::new());
    for Entry { name, values, line } in entries {
        let key = name.to_lowercase();
        let value = match values.as_slice() {
            _ if JOINED.contains(&&*key) => Value::String(values.join(" ").trim().to_owned()),
            [single] => Value::String((*single).to_owned()),
            [first, ..] if SINGLE.contains(&&*key) => Value::String((*first).to_owned()),
            several => several.iter().copied().map(Value::from).collect(),
        };
        members.insert(name.to_owned(), value);
        lines.insert(name.to_owned(), line);
    }
    let body_line = line_of(body);
    Ok(Some(Page { members, lines, quoted: HashSet::new(), first_line, body, body_line }))
}

/// True if a line is this mark, with or without something behind a space.
fn is_mark(line: &str, mark: &str) -> bool {
    line.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// The name and value in a line, which may be indented by three spaces.
fn entry(line: &str) -> Option<(&str, &str)> {
    let bare = line.trim_start_matches(' ');
    if line.len() - bare.len() > 3 {
        return None;
    }
    let (name, value) = bare.split_once(':')?;
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (!name.is_empty() && name.chars().all(is_part)).then(|| (name, value.trim()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn metadata_is_read_without_dashes_and_with_them() {
        let text = "\u{feff}Title: Storm: now\nDate: 2026-01-09 18:30\nTags: a, b\nTags: c\nSummary: One\n    two\n\n\nText\n\nMore: x\n";
        let page = split(text).unwrap().unwrap();
        let want = json!({"Title": "Storm: now", "Date": "2026-01-09 18:30", "Tags": ["a, b", "c"], "Summary": "One two"});
        assert_eq!(Value::Object(page.members), want);
        assert_eq!((page.lines["Summary"], page.first_line, page.body_line), (5, 1, 9));
        assert_eq!(page.body, "Text\n\nMore: x\n");
        let page =
            split("---\r\ntitle: \"A\"\r\ntags: [a, b]\r\n---\r\n\r\nText").unwrap().unwrap();
        assert_eq!(Value::Object(page.members), json!({"title": "\"A\"", "tags": "[a, b]"}));
        assert_eq!((page.body, page.first_line, page.body_line), ("Text", 2, 6));
        let page = split("Title: A\nStatus: draft").unwrap().unwrap();
        assert_eq!((page.body, page.members["Status"].clone()), ("", json!("draft")));
    }

    #[test]
    fn names_are_bounded() {
        let many =
            |count: usize| (0..count).map(|number| format!("n{number}: x\n")).collect::<String>();
        assert_eq!(split(&many(ENTRIES_MAX)).unwrap().unwrap().members.len(), ENTRIES_MAX);
        let reason = split(&many(100_000)).err().unwrap().to_string();
        assert!(reason.starts_with("201: the metadata has more than 200 names"), "{reason}");
    }

    #[test]
    fn what_is_no_metadata_is_told_from_what_is_broken() {
        for text in
            ["", "# Title\n", "Some words\n", "\nTitle: A\n", "+++\na = 1\n+++\n", "---\n---\n"]
        {
            assert!(split(text).unwrap().is_none(), "{text:?}");
        }
        for (text, want) in [
            ("Title: A\nSome words\nStatus: draft\n\nText", "2: this line is no"),
            ("---\ntitle: A\ntags:\n  - a\nstatus: draft\n---\n", "4: this line is no"),
            ("Status: published\nTitle: A\nstatus: draft\n\n", "3: `status` stands twice"),
        ] {
            let reason = split(text).err().unwrap().to_string();
            assert!(reason.starts_with(want), "{text:?}: {reason}");
        }
    }
}
