//! Notices to readers, by their names: templates that make them, and front matter that a site shows beside the text and
//! that is in `metadata` alone here.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

/// Words in the names of templates that produce notices to readers.
static NOTICE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        "(?i)disclaim|disclosure|notice|legal|imprint|impressum|sponsor|advert|affiliat|correction|corrigend|erratum|errata|copyright|advisory|embargo",
    )
});
/// Words in the names of front matter that is one, beside those.
static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        "(?i)licen[cs]e|clarification|retract|warning|haftung|hinweis|gegendarstellung|berichtigung|mentions[-_ ]?l|rights[-_ ]?reserved|paid[-_ ]?(partner|post|promo)|promoted|branded",
    )
});
/// Words in the names of legal texts, beside [`FOREIGN`].
const LEGAL: [&str; 5] = ["disclaim", "disclosure", "impressum", "imprint", "legal"];
/// Front matter that names a kind of page: `layout: disclaimer`.
const KINDS: [&str; 8] =
    ["badge", "format", "genre", "kind", "label", "layout", "template", "type"];
/// Values that say that there is none.
const NO: [&str; 6] = ["", "0", "false", "no", "none", "off"];
/// Most names that one warning lists.
const NAMED_MAX: usize = 10;

/// Words in the names of notices in other languages.
static FOREIGN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        "(?i)haftung|hinweis|gegendarstellung|berichtigung|avertissement|mentions[-_ ]?l[eé]g|descargo|дисклеймер|отказ[-_ ]?от",
    )
});

/// A regular expression that is fixed.
pub fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a fixed pattern, which the tests use")
}

/// True if what has this name makes a notice to readers.
pub fn is_notice(name: &str) -> bool {
    NOTICE.is_match(name)
}

/// True if what has this name, which may be that of anything, is a notice to readers.
pub fn names_notice(name: &str) -> bool {
    // A file about illegal parking is none.
    let name = name.to_lowercase().replace("illegal", "");
    is_notice(&name) || FOREIGN.is_match(&name)
}

/// The same of legal texts alone: an empty box or a label may also be for advertising.
pub fn names_legal_text(name: &str) -> bool {
    let name = name.to_lowercase().replace("illegal", "");
    LEGAL.iter().any(|word| name.contains(word)) || FOREIGN.is_match(&name)
}

/// The members that may be notices to readers, also in maps below: `params.disclaimer`.
pub fn fields(members: &Map<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    collect(members, "", &mut found);
    found
}

/// What to say of such members.
pub fn told(names: &[String]) -> String {
    let more = match names.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let names = names.iter().take(NAMED_MAX).map(|name| format!("`{name}`"));
    let names = names.collect::<Vec<_>>().join(", ");
    format!(
        "only in `metadata`: fields that may be notices to readers: {names}{more}; write them into the text, or attach a disclaimer by a rule"
    )
}

fn collect(members: &Map<String, Value>, above: &str, found: &mut Vec<String>) {
    for (name, value) in members {
        let is_named = is_notice(name) || FIELD.is_match(name);
        let is_kind = || KINDS.contains(&&*name.to_lowercase()) && names_one(value);
        match value {
            value if is_named && says_something(value) || is_kind() => {
                found.push(format!("{above}{name}"));
            }
            Value::Object(below) => collect(below, &format!("{above}{name}."), found),
            _ => {}
        }
    }
}

/// True if a value is the name of a notice, or has one.
fn names_one(value: &Value) -> bool {
    match value {
        Value::String(text) => is_notice(text),
        Value::Array(items) => items.iter().any(names_one),
        _ => false,
    }
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_i64() != Some(0),
        Value::String(text) => !NO.contains(&&*text.trim().to_lowercase()),
        Value::Array(items) => items.iter().any(says_something),
        Value::Object(members) => members.values().any(says_something),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_that_may_be_notices_are_found_by_their_names() {
        for front in [
            json!({"disclaimer": "This is not investment advice."}),
            json!({"Disclaimer": "no advice"}),
            json!({"legal_notice": "x"}),
            json!({"correction": ["x"]}),
            json!({"showDisclaimer": "true"}),
            json!({"advertorial": true}),
            json!({"sponsor": {"name": "Northwire"}}),
            json!({"copyright": "Northwire"}),
            json!({"license": "CC BY"}),
            json!({"content_warning": "Pictures of war"}),
            json!({"layout": "disclaimer"}),
            json!({"type": ["news", "advertorial"]}),
        ] {
            let names = fields(front.as_object().unwrap());
            assert_eq!(names.len(), 1, "{front}");
        }
        let below = json!({"params": {"disclaimer": "x", "kicker": "K"}});
        assert_eq!(fields(below.as_object().unwrap()), ["params.disclaimer"]);
        for front in [
            json!({"disclaimer": "false"}),
            json!({"disclaimer": " "}),
            json!({"sponsored": false}),
            json!({"corrections": []}),
            json!({"kicker": "Legal advice", "layout": "post"}),
            json!({"legislation": "x", "params": {"sponsor": "none"}}),
        ] {
            assert!(fields(front.as_object().unwrap()).is_empty(), "{front}");
        }
        let many: Vec<String> = (0..12).map(|number| format!("notice_{number}")).collect();
        assert!(told(&many).contains("`notice_9` and 2 more; write"), "{}", told(&many));
    }
}
