//! What the names of shortcodes, blocks and fields say: that something makes a notice to readers, or keeps a text from
//! some of them. Membership plugins are known by one list of words, wherever they leave their marks.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

/// Most names that one warning lists.
const NAMED_MAX: usize = 10;
/// Values of a field that say "no".
const NO: [&str; 12] =
    ["", "0", "no", "none", "false", "off", "public", "everybody", "a:0:{}", "[]", "{}", "null"];
/// Values of an attribute that show a block to all.
const TO_ALL: [&str; 4] = ["all", "always", "everyone", "visible"];
/// What a block is shown on: the page has it for every reader.
const SCREENS: [&str; 5] = ["desktop", "laptop", "mobile", "tablet", "viewport"];

/// Plugins that sell access, by their names, and the words that others have in theirs.
const GATE_WORDS: &str = concat!(
    "(?i)paywall|restrict|passster|password|protect|memberful|memberpress|memberspace|membermouse|",
    "memberium|membership|accessally|laterpay|patreon|pelcro|pmpro|poool|mepr|s2member|s2if|",
    "rcuserlevel|swpm|tinypass|wishlist[-_]?member|wpmem|zlick|newsletter_access|coil_visibility|",
    "content[-_]?control|paid[-_]?(content|member)|premium([^/]|$)|wpf-settings|",
    "(^|[^a-z])(lock(ed)?[-_]content|content[-_]lock)|",
    "(member|subscriber)s?[-_]?(only|content|view)|(^_?|/)members([^a-z]|$)|^_um_accessible$|",
    "(^|[^a-z])(gated|ppwp?|rcp|wlm|ihc|wcm|amember|emember)([^a-z]|$)|",
    "(^|[^a-z])um_(loggedin|show_content)|",
    "(^|[^a-z])groups[-_](read|groups_read|member|non_member|can)|",
    "(^|[^a-z])arm_(access|restrict|content|drip|if|is_paid|not_login|paid)|",
    "(^|[^a-z])mm_(access|member)_decision|^_?is_paid$",
);

/// Words in the names of what makes notices to readers.
static NOTICE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        "(?i)disclaim|disclosure|notice|legal|imprint|impressum|sponsor|advert|affiliat|correction|corrigend|erratum|errata|copyright|advisory|embargo",
    )
});
/// Words in the names of what membership plugins make. `premium/` is a collection of blocks for design, and a list of
/// the members of a team is for everyone.
static GATE: LazyLock<Regex> = LazyLock::new(|| pattern(GATE_WORDS));
/// Names of attributes of blocks with the rules of plugins about who sees the block.
static RULES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        "^(?:content|access|user|role|member)Controls$|(?:^v|V)isibility$|[a-z]Conditions$|(?:^r|R|_r)estrict",
    )
});

/// A regular expression that is fixed.
pub fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a fixed pattern, which the tests use")
}

/// True if a name is that of something that makes a notice to readers.
pub fn is_notice(name: &str) -> bool {
    NOTICE.is_match(name)
}

/// True if a name is that of something that shows a text to some readers alone.
pub fn is_gate(name: &str) -> bool {
    GATE.is_match(name)
}

/// True if a value says "no", or nothing.
pub fn says_no(value: &str) -> bool {
    NO.contains(&value.trim().to_lowercase().as_str())
}

/// The attribute of a block that says who sees it, by the rules of a plugin.
pub fn gate_attribute(attributes: &Map<String, Value>) -> Option<&str> {
    let keeps = |(name, value): &(&String, &Value)| {
        // `showControls: true` is about a player.
        let has_rules = name.ends_with("Controls") && (value.is_object() || value.is_array());
        (has_rules || RULES.is_match(name)) && says_something(value)
    };
    attributes.iter().find(keeps).map(|(name, _)| name.as_str())
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_i64() != Some(0),
        Value::String(text) => !says_no(text) && !TO_ALL.contains(&text.as_str()),
        Value::Array(list) => list.iter().any(says_something),
        Value::Object(rules) => {
            rules.get("enabled") != Some(&Value::Bool(false))
                && rules
                    .iter()
                    .any(|(name, rule)| !SCREENS.contains(&name.as_str()) && says_something(rule))
        }
    }
}

/// Names in a list for people, with their numbers.
pub fn listed(names: impl ExactSizeIterator<Item = (String, usize)>) -> String {
    let more = names.len().saturating_sub(NAMED_MAX);
    let shown: Vec<String> = names
        .take(NAMED_MAX)
        .map(|(name, count)| match count {
            1 => format!("`{name}`"),
            count => format!("`{name}` ({count} times)"),
        })
        .collect();
    match more {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn membership_plugins_are_known_by_their_names() {
        for gate in [
            "passster", "passster/content-protector", "ppw_post_protect_password", "ppwp",
            "content_control_rules", "contentcontrol", "content-control/container", "s2Member",
            "memberful_acl", "rcUserLevel", "rcp_access_level", "_rcp_user_level",
            "swpm_protected", "premium", "premium-content/container", "gated-content",
            "acme/gated", "paywall", "jetpack/paywall", "members", "_members_access_role",
            "members/restricted", "members_only", "member-content", "subscriber-view",
            "_jetpack_newsletter_access", "_wpmem_block", "paid_content", "_is_paid", "patreon",
            "patreon-level", "ihc_mb_who", "ihc-hide-content", "wcm_restrict", "arm_access_plan",
            "arm_restrict_content", "um_content_restriction", "um_loggedin", "wlm_private",
            "MM_Member_Decision", "groups_member", "wpf-settings", "lock_content",
        ] {
            assert!(is_gate(gate), "{gate}");
        }
        for other in [
            "premium/accordion", "acme/team-members", "team_members", "investigated", "aggregated",
            "crcp", "gallery", "paragraph", "login", "subscribe", "_is_paid_for", "membrane",
            "remember", "alarm_access", "wishlist", "columns", "block", "blocked_content",
        ] {
            assert!(!is_gate(other), "{other}");
        }
        let names = ["a", "b"].map(|name| (name.to_owned(), 1));
        assert_eq!(listed(names.into_iter()), "`a`, `b`");
        let many = (0..12).map(|number| (number.to_string(), 2));
        assert!(listed(many).ends_with("`9` (2 times) and 2 more"));
    }

    #[test]
    fn rules_of_plugins_are_attributes() {
        let found = |attributes: &str| {
            let attributes: Map<String, Value> = serde_json::from_str(attributes).unwrap();
            gate_attribute(&attributes).map(str::to_owned)
        };
        for (attributes, name) in [
            (
                r#"{"contentControls":{"enabled":true,"rules":{"user":{"who":"in"}}}}"#,
                "contentControls",
            ),
            (r#"{"contentControls":true}"#, "contentControls"),
            (r#"{"acmeControls":{"roles":["editor"]}}"#, "acmeControls"),
            (r#"{"userVisibility":"logged-in"}"#, "userVisibility"),
            (r#"{"restrictTo":["editor"]}"#, "restrictTo"),
            (r#"{"isRestricted":1}"#, "isRestricted"),
            (r#"{"um_is_restrict":true,"um_who_access":"1"}"#, "um_is_restrict"),
            (r#"{"otterConditions":[[{"type":"loggedInUser"}]]}"#, "otterConditions"),
        ] {
            assert_eq!(found(attributes).as_deref(), Some(name), "{attributes}");
        }
        for attributes in [
            "{}",
            r#"{"contentControls":{"enabled":false,"rules":{"a":1}}}"#,
            r#"{"contentControls":null,"userVisibility":"","isRestricted":false,"restrictTo":[]}"#,
            r#"{"showControls":true,"controls":true,"visibility":"visible"}"#,
            r#"{"acmeVisibility":{"mobile":false,"tablet":true}}"#,
            r#"{"otterConditions":[[]],"fontSize":"small"}"#,
        ] {
            assert_eq!(found(attributes), None, "{attributes}");
        }
    }
}
