//! Visibility of a page, in the terms of Hugo, Jekyll, Pelican and similar generators. A page that
//! is held back there is a draft here; a value that is not certain is refused, never published.

use serde_json::{Map, Value};

use crate::import::speaks::{bare, is_closed, is_for_all};

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

/// Members that affect visibility in the generators themselves. Names are in lower case, without what joins their words.
static WORDS: [Word; 10] = [
    Word { names: &["draft"], read: |value| hidden_if(truth(value)?), takes: "true or false" },
    Word {
        names: &[
            "private", "hidden", "unlisted", "unpublished", "headless", "isdraft", "isprivate",
            "ishidden",
        ],
        read: |value| hidden_if(truth(value)?),
        takes: "true or false",
    },
    Word {
        names: &["public", "publish", "ispublished", "ispublic"],
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
        takes: "published, public, live, draft, hidden, private, unlisted, pending, review, scheduled, archived or trash",
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
        takes: "public, private, hidden, unlisted, draft, members, paid, tiers, password or none",
    },
    Word {
        names: &["password"],
        // A text with a password is only for those who have it.
        read: |_| Some(Says::Hidden),
        takes: "a text",
    },
    Word { names: &["render"], read: |value| hidden_if(!truth(value)?), takes: "true or false" },
    Word { names: &["build"], read: build, takes: "`render` and `list`, each always or never" },
    Word {
        names: &["eleventyexcludefromcollections"],
        read: |value| hidden_if(truth(value)?),
        takes: "true or false",
    },
];

/// The end of an embargo, or that there is one.
const EMBARGOES: &[&str] = &[
    "embargo", "embargoat", "embargodate", "embargodatetime", "embargoed", "embargoedat",
    "embargoedtill", "embargoeduntil", "embargoend", "embargoenddate", "embargoends",
    "embargotill", "embargountil",
];

/// Members by which a site's own templates and plugins keep a page from some readers. Also in the maps that a site has
/// for its own members.
static GATES: [Word; 4] = [
    Word {
        names: &["access", "accesslevel"],
        read: access,
        takes: "public, members, paid or restricted",
    },
    Word {
        names: &[
            "haspaywall", "ispaywalled", "ispremium", "isprivate", "isprotected", "isrestricted",
            "loginrequired", "memberonly", "membersonly", "passwordprotected", "paywall",
            "paywalled", "premium", "protected", "requireslogin", "restricted", "subscriberonly",
            "subscribersonly",
        ],
        read: gate,
        takes: "true or false",
    },
    // These may also be about something else.
    Word {
        names: &["confidential", "isinternal", "members", "secret", "subscribers"],
        read: |value| hidden_if(truth(value) == Some(true)),
        takes: "",
    },
    // What is a date here is the end of an embargo.
    Word { names: EMBARGOES, read: |value| hidden_if(truth(value) == Some(true)), takes: "" },
];

/// Names of maps in which a site has members of its own.
const MAPS: [&str; 2] = ["params", "extra"];

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

/// Who may read a page: a word, or a list of them, each of which must be known.
fn access(value: &Value) -> Option<Says> {
    let Value::Array(items) = value else {
        let text = bare(value.as_str()?);
        return match text.as_str() {
            text if text.is_empty() || is_for_all(text) => Some(Says::Shown),
            text if is_closed(text) => Some(Says::Hidden),
            _ => None,
        };
    };
    let mut says = Says::Shown;
    for item in items {
        if access(item)? == Says::Hidden {
            says = Says::Hidden;
        }
    }
    Some(says)
}

/// Whether a page is kept from some readers. How YAML reads `no` does not matter: it means the same.
fn gate(value: &Value) -> Option<Says> {
    if let Some(truth) = truth(value) {
        return hidden_if(truth);
    }
    match value {
        Value::Number(number) => gate_word(&Value::String(number.to_string())),
        other => gate_word(other),
    }
}

fn gate_word(value: &Value) -> Option<Says> {
    match value.as_str().map(bare).as_deref() {
        Some("no" | "none" | "off" | "0") => Some(Says::Shown),
        Some("yes" | "on" | "1") => Some(Says::Hidden),
        _ => access(value),
    }
}

fn known(words: &'static [Word], name: &str) -> Option<&'static Word> {
    let name = bare(name);
    words.iter().find(|word| word.names.contains(&name.as_str()))
}

/// The gate of this name, with or without an `is` before it.
fn gate_of(name: &str) -> Option<&'static Word> {
    known(&GATES, name).or_else(|| known(&GATES, &format!("is{name}")))
}

/// True if `name` affects visibility and nothing else.
pub fn speaks_of_it(name: &str) -> bool {
    let word = known(&WORDS, name).filter(|word| !word.names.contains(&"state"));
    word.or_else(|| gate_of(name).filter(|word| !word.takes.is_empty())).is_some()
}

/// True if `name` is one by which a site's own templates may keep a page from readers.
pub fn is_gate(name: &str) -> bool {
    gate_of(name).is_some()
}

/// True if a member of this name may hold a page back.
pub fn may_hold_back(name: &str) -> bool {
    speaks_of_it(name) || is_gate(name)
}

/// True if a member of this name is about an embargo.
pub fn is_embargo(name: &str) -> bool {
    EMBARGOES.contains(&bare(name).as_str())
}

/// The ends of embargoes that a page names, by the names of the members.
pub fn embargoes(members: &Map<String, Value>) -> impl Iterator<Item = (&str, &Value)> {
    let below = MAPS.into_iter().filter_map(move |map| members.get(map)?.as_object()).flatten();
    let said = members.iter().chain(below).filter(|(name, _)| is_embargo(name));
    let dates = said.filter(|(_, value)| {
        let is_empty = value.as_str().is_some_and(|text| text.trim().is_empty());
        !value.is_null() && !is_empty && truth(value).is_none()
    });
    dates.map(|(name, value)| (name.as_str(), value))
}

/// True if `word` holds a page back with this value of the member `name`.
fn holds_back(word: &Word, name: &str, value: &Value) -> Result<bool, String> {
    if value.is_null() {
        return Ok(false);
    }
    match (word.read)(value) {
        Some(says) => Ok(says == Says::Hidden),
        None => Err(format!(
            "`{name}` must be {}, not {value}: whether the page is public cannot be told",
            word.takes
        )),
    }
}

/// True if a page is held back, according to its members (names in lower case).
///
/// # Errors
/// The name of the member whose value is not certain, and the values that it accepts.
pub fn is_kept_back(members: &Map<String, Value>) -> Result<bool, (String, String)> {
    let mut kept_back = false;
    for (name, value) in members {
        let Some(word) = known(&WORDS, name).or_else(|| gate_of(name)) else {
            // `permalink: false` keeps Eleventy from writing a page.
            kept_back |= name == "permalink" && truth(value) == Some(false);
            continue;
        };
        kept_back |= holds_back(word, name, value).map_err(|detail| (name.clone(), detail))?;
    }
    for map in MAPS {
        for (name, value) in members.get(map).and_then(Value::as_object).into_iter().flatten() {
            if let Some(word) = gate_of(name) {
                let whole = format!("{map}.{name}");
                let held = holds_back(word, &whole, value);
                kept_back |= held.map_err(|detail| (map.to_owned(), detail))?;
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
            (json!({"is_private": true}), Ok(true)),
            (json!({"members_only": "true"}), Ok(true)),
            (json!({"membersonly": false}), Ok(false)),
            (json!({"subscribers-only": true}), Ok(true)),
            (json!({"protected": true}), Ok(true)),
            (json!({"protected": "false"}), Ok(false)),
            (json!({"protected": ""}), Ok(false)),
            (json!({"paywall": "no"}), Ok(false)),
            (json!({"paywall": "free"}), Ok(false)),
            (json!({"paywall": "metered"}), Ok(true)),
            (json!({"paywall": 1}), Ok(true)),
            (json!({"paywall": "perhaps"}), Err("paywall")),
            (json!({"paywall": null}), Ok(false)),
            (json!({"access": "Public"}), Ok(false)),
            (json!({"access": "members only"}), Ok(true)),
            (json!({"access": "restricted"}), Ok(true)),
            (json!({"access": ["public", "paid"]}), Ok(true)),
            (json!({"access": []}), Ok(false)),
            (json!({"access": "gold"}), Err("access")),
            (json!({"is_internal": true}), Ok(true)),
            (json!({"Internal": true}), Ok(true)),
            (json!({"Internal": "ask Ida"}), Ok(false)),
            (json!({"members": ["Ida", "Sam"]}), Ok(false)),
            (json!({"embargoed": true}), Ok(true)),
            (json!({"embargo_until": "2030-01-01"}), Ok(false)),
            (json!({"params": {"members_only": true, "draft": true}}), Ok(true)),
            (json!({"params": {"draft": true}}), Ok(false)),
            (json!({"params": {"private": true}}), Ok(true)),
            (json!({"extra": {"access": "gold"}}), Err("extra")),
        ] {
            let read = is_kept_back(front.as_object().unwrap());
            assert_eq!(read.map_err(|(name, _)| name), want.map_err(str::to_owned), "{front}");
        }
    }
}
