//! Visibility of a page, in the terms of Hugo, Jekyll, Pelican and similar generators. A page that
//! is held back there is a draft here; a value that is not certain is refused, never published.

use serde_json::{Map, Value};

/// The visibility of a page on its site, according to one of its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    /// The page is held back.
    Hidden,
    /// The page is public.
    Shown,
}

/// A member that affects visibility: its names in lower case, and the meaning of its values.
struct Word {
    names: &'static [&'static str],
    read: fn(&Value) -> Option<Says>,
    takes: &'static str,
}

/// Values of a status that hold a page back.
const HIDDEN: &[&str] = &[
    "draft", "drafts", "hidden", "private", "pending", "trash", "trashed", "skip", "unpublished",
    "unlisted", "archived", "in review", "review", "embargoed", "scheduled", "future",
];

/// Members that affect visibility.
const WORDS: [Word; 10] = [
    Word { names: &["draft"], read: |value| hidden_if(truth(value)?), takes: "true or false" },
    Word {
        names: &["private", "hidden", "unlisted", "unpublished", "headless", "isdraft", "is_draft"],
        read: |value| hidden_if(truth(value)?),
        takes: "true or false",
    },
    Word {
        names: &["public", "publish", "ispublished", "is_published"],
        read: |value| hidden_if(!truth(value)?),
        takes: "true or false",
    },
    Word {
        // A state may also be about something other than the text.
        names: &["state"],
        read: |value| Some(word(value, &[], HIDDEN).unwrap_or(Says::Shown)),
        takes: "a text",
    },
    Word {
        names: &["status"],
        read: |value| word(value, &["published", "publish", "public", "live"], HIDDEN),
        takes: "published, draft, hidden, private or pending",
    },
    Word {
        names: &["visibility"],
        read: |value| {
            word(
                value,
                &["public"],
                &[
                    "private", "hidden", "unlisted", "draft", "members", "paid", "tiers",
                    "password", "none",
                ],
            )
        },
        takes: "public, private, hidden or members",
    },
    Word {
        names: &["password"],
        // A text with a password is only for those who have it.
        read: |_| Some(Says::Hidden),
        takes: "a text",
    },
    Word { names: &["render"], read: |value| hidden_if(!truth(value)?), takes: "true or false" },
    Word {
        names: &["build", "_build"],
        read: build,
        takes: "`render` and `list`, each always or never",
    },
    Word {
        names: &["eleventyexcludefromcollections"],
        read: |value| hidden_if(truth(value)?),
        takes: "true or false",
    },
];

#[expect(clippy::unnecessary_wraps, reason = "it ends readings that may have none")]
fn hidden_if(hidden: bool) -> Option<Says> {
    Some(if hidden { Says::Hidden } else { Says::Shown })
}

/// The boolean in a value, if it is certain. YAML parsers differ about `yes`, `no`, `on` and
/// `off`.
pub fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn word(value: &Value, shown: &[&str], hidden: &[&str]) -> Option<Says> {
    let text = value.as_str()?.trim().to_lowercase();
    match text.as_str() {
        text if shown.contains(&text) => Some(Says::Shown),
        text if hidden.contains(&text) => Some(Says::Hidden),
        _ => None,
    }
}

/// Hugo's build options: a page that is not rendered or not listed is not for readers.
fn build(value: &Value) -> Option<Says> {
    let mut says = Says::Shown;
    for (name, value) in value.as_object()? {
        let shown = match (name.to_lowercase().as_str(), value) {
            ("publishresources", _) => continue,
            ("render" | "list", value) => match truth(value) {
                Some(truth) => truth,
                None => match value.as_str()?.trim().to_lowercase().as_str() {
                    "always" => true,
                    "never" | "link" | "local" => false,
                    _ => return None,
                },
            },
            _ => return None,
        };
        if !shown {
            says = Says::Hidden;
        }
    }
    Some(says)
}

/// True if `name`, in lower case, affects visibility and nothing else.
pub fn speaks_of_it(name: &str) -> bool {
    name != "state" && WORDS.iter().any(|word| word.names.contains(&name))
}

/// True if a page is held back, according to its members (names in lower case).
///
/// # Errors
/// The name of the member whose value is not certain, and the values that it accepts.
pub fn is_kept_back(members: &Map<String, Value>) -> Result<bool, (String, String)> {
    let mut kept_back = false;
    for (name, value) in members {
        let Some(word) = WORDS.iter().find(|word| word.names.contains(&name.as_str())) else {
            // `permalink: false` keeps Eleventy from writing a page.
            kept_back |= name == "permalink" && truth(value) == Some(false);
            continue;
        };
        if value.is_null() {
            continue;
        }
        match (word.read)(value) {
            Some(says) => kept_back |= says == Says::Hidden,
            None => {
                let detail = format!(
                    "`{name}` must be {}, not {value}: whether the page is public cannot be told",
                    word.takes
                );
                return Err((name.clone(), detail));
            }
        }
    }
    // A boolean of this name is Jekyll's (an empty value is not a boolean), a date is Hugo's.
    kept_back |= members
        .get("published")
        .is_some_and(|published| published.is_null() || truth(published) == Some(false));
    Ok(kept_back)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_kept_back_there_is_kept_back_here() {
        for (front, want) in [
            (json!({}), Ok(false)),
            (json!({"draft": "true"}), Ok(true)),
            (json!({"draft": true}), Ok(true)),
            (json!({"draft": "False"}), Ok(false)),
            (json!({"draft": null}), Ok(false)),
            (json!({"draft": "yes"}), Err("draft")),
            (json!({"draft": "1"}), Err("draft")),
            (json!({"draft": ["true"]}), Err("draft")),
            (json!({"published": "false"}), Ok(true)),
            (json!({"published": true, "draft": "true"}), Ok(true)),
            (json!({"published": "2026-01-01"}), Ok(false)),
            (json!({"status": "Draft"}), Ok(true)),
            (json!({"status": "hidden"}), Ok(true)),
            (json!({"status": "published"}), Ok(false)),
            (json!({"status": "almost"}), Err("status")),
            (json!({"published": null}), Ok(true)),
            (json!({"state": "draft"}), Ok(true)),
            (json!({"state": "Saxony"}), Ok(false)),
            (json!({"public": "false"}), Ok(true)),
            (json!({"publish": true}), Ok(false)),
            (json!({"publish": "later"}), Err("publish")),
            (json!({"isdraft": true}), Ok(true)),
            (json!({"visibility": "members"}), Ok(true)),
            (json!({"private": true}), Ok(true)),
            (json!({"headless": "true"}), Ok(true)),
            (json!({"headless": "false"}), Ok(false)),
            (json!({"build": {"render": "never"}}), Ok(true)),
            (json!({"build": {"render": "always", "list": "never"}}), Ok(true)),
            (json!({"_build": {"render": false}}), Ok(true)),
            (json!({"build": {"list": "always", "publishResources": false}}), Ok(false)),
            (json!({"build": {"render": "sometimes"}}), Err("build")),
            (json!({"build": "never"}), Err("build")),
            (json!({"render": "false"}), Ok(true)),
            (json!({"permalink": "false"}), Ok(true)),
            (json!({"permalink": "/about/"}), Ok(false)),
            (json!({"password": "sesame"}), Ok(true)),
        ] {
            let read = is_kept_back(front.as_object().unwrap());
            assert_eq!(read.map_err(|(name, _)| name), want.map_err(str::to_owned), "{front}");
        }
    }
}
