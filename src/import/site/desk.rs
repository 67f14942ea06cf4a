//! Members of a page that its newsroom may have written for itself: notes, addresses of people, passwords. Readers of a site
//! see a member only where its templates show it; those of `metadata` see them all.

use serde_json::{Map, Value};

/// Words of a name that are never for readers.
const DESK: [&str; 10] = [
    "email", "emails", "mail", "passwd", "password", "passwords", "secret", "secrets", "todo",
    "todos",
];
/// Words that say whose notes they are.
const WHOSE: [&str; 10] = [
    "author", "desk", "editor", "editorial", "editors", "private", "production", "reporter",
    "source", "staff",
];

/// Takes such members out of `members` and what is in them, and adds their names to `lost`.
pub fn take_out(members: &mut Map<String, Value>, lost: &mut Vec<String>) {
    members.retain(|name, value| {
        if is_for_desk(name) {
            lost.push(name.clone());
            return false;
        }
        take_out_below(value, lost);
        true
    });
}

fn take_out_below(value: &mut Value, lost: &mut Vec<String>) {
    match value {
        Value::Object(members) => take_out(members, lost),
        Value::Array(items) => items.iter_mut().for_each(|item| take_out_below(item, lost)),
        _ => {}
    }
}

/// True if a name, as it is written, may be that of something for the desk alone.
fn is_for_desk(name: &str) -> bool {
    let words = words_of(name);
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    let is_note = has(&["note", "notes"]) && (words.len() == 1 || has(&WHOSE));
    // Nothing international is meant.
    let is_internal = |word: &String| word.starts_with("interna") && !word.starts_with("internat");
    has(&DESK) || is_note || words.iter().any(is_internal)
}

/// The words of a name in lower case: `editorNote`, `editor_note` and `editor-note` have the same.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for c in name.chars() {
        let begins = c.is_uppercase() && was_small;
        if !c.is_alphanumeric() || begins {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        was_small = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_compared_by_whole_words() {
        for name in [
            "editor_note", "editorNote", "Editor-Notes", "notes", "note", "author_email", "email",
            "authorEmail", "db_password", "secret", "Internal", "internal_id", "internalNotes",
            "TODO", "source_notes",
        ] {
            assert!(is_for_desk(name), "{name}");
        }
        for name in [
            "footnotes", "kicker", "international", "release_notes", "notebook", "mailbox",
            "secretary", "keynote", "deck", "",
        ] {
            assert!(!is_for_desk(name), "{name}");
        }
    }

    #[test]
    fn what_is_below_is_looked_at_too() {
        let mut members =
            json!({"kicker": "K", "params": {"email": "i@x.example", "a": [{"todo": 1}]}});
        let mut lost = Vec::new();
        take_out(members.as_object_mut().unwrap(), &mut lost);
        assert_eq!(members, json!({"kicker": "K", "params": {"a": [{}]}}));
        assert_eq!(lost, ["email", "todo"]);
    }
}
