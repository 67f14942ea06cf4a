//! The fields of a post by which plugins keep it from some readers. A field of a plugin that is known restricts its
//! post unless its value says that the post is for everyone; one that is not known does so if its name is that of a
//! level of membership.

use std::sync::LazyLock;

use regex::Regex;

use super::names::{is_gate, pattern, says_no};

/// Values that show a post to everyone, beside those that say "no".
const TO_ALL: [&str; 5] = ["all", "anyone", "everyone", "-1", "visible"];
/// The same, where only the name of the field says what it is.
const OPEN: [&str; 7] = ["default", "free", "guest", "guests", "open", "visitor", "visitors"];
/// Members of an array of PHP that switch the rules in it on and off.
const SWITCHES: [&str; 3] = ["_um_custom_access_settings", "_um_accessible", "lock_content"];
/// Deepest nesting of arrays of PHP that is read: those of plugins have two levels.
const DEPTH_MAX: usize = 16;

/// Names that are those of a level of membership.
static LEVEL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        "(?:^|[^A-Za-z])(?i:levels?|tiers?|plans?|roles?|memberships?|subscribers?|subscriptions?|patrons?|visibility|access)(?:[^a-z]|$)|[a-z](?:Level|Tier|Plan|Role|Membership|Subscriber|Subscription|Patron|Visibility|Access)s?(?:[^a-z]|$)",
    )
});
/// The same in fields that WordPress hides from editors: other plugins have many there.
static HIDDEN_LEVEL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        "(?i)(?:access|user|member|membership|subscriber|subscription|required|allowed)[-_]?(?:level|tier|plan|role|group)s?(?:[^a-z]|$)",
    )
});
/// Words of names that speak of other levels, plans and roles: that of a river, of a house, in a film.
static OTHER_LEVEL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        "(?:^|[^a-z])(?:actor|alarm|alert|author|board|business|byline|campaign|cast|character|comments?|count|course|crew|danger|date|difficulty|editorial|education|email|energy|event|experience|family|fire|flood|floor|grade|guest|headings?|image|job|lake|lesson|marketing|menu|nav|newsletter|noise|parking|person|pollution|price|reading|risk|river|school|sea|seat|seating|security|seo|skill|snow|speaker|staff|storm|story|team|threat|tide|time|toc|total|training|travel|venue|warning|water|weather|wheelchair|workout|writer|zoom)(?:[^a-z]|$)",
    )
});

/// A field that keeps its post from some readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gate<'a> {
    /// Its name.
    pub key: &'a str,
    /// True if it is known to be a plugin's; otherwise only its name looks like that.
    pub is_known: bool,
}

/// The first of a post's own fields that keeps it from some readers; those of plugins that are known come first.
pub fn gate_field(fields: &[(String, String)]) -> Option<Gate<'_>> {
    let found = |is_known: bool, keeps: &dyn Fn(&str, &str) -> bool| {
        let found = fields.iter().find(|(key, value)| keeps(key, value));
        found.map(|(key, _)| Gate { key, is_known })
    };
    found(true, &|key, value| is_gate(key) && !is_usual(key, value) && keeps(key, value, fields))
        .or_else(|| found(false, &looks_like_level))
}

/// What these plugins leave with each post, whoever may read it; and the number that Advanced Custom Fields keeps beside
/// each value.
fn is_usual(key: &str, value: &str) -> bool {
    key.starts_with("_mepr_unauth")
        || key.ends_with("content-restrict-type")
        || key.ends_with("_force_public")
        || key.starts_with("ihc_") && key != "ihc_mb_who"
        // Where a post is at Patreon.
        || key.starts_with("patreon-post")
        || key.starts_with("patreon_post")
        || key.starts_with('_') && value.starts_with("field_")
}

/// True unless a value of a plugin's field is known to say that everyone sees the post.
fn keeps(key: &str, value: &str, fields: &[(String, String)]) -> bool {
    match key {
        // ARMember writes a row for each plan, and one of 0 where no plan has access.
        "arm_access_plan" => !value.trim().is_empty(),
        // Ultimate Membership Pro says there for whom, and beside it whether it is shown to them or not.
        "ihc_mb_who" if value.trim() == "all" => {
            fields.iter().any(|(key, value)| key == "ihc_mb_type" && value.trim() != "show")
        }
        _ => !shows_all(value),
    }
}

fn looks_like_level(key: &str, value: &str) -> bool {
    let is_level = match key.starts_with('_') {
        true => HIDDEN_LEVEL.is_match(key) && !value.starts_with("field_"),
        false => LEVEL.is_match(key),
    };
    let is_open = || OPEN.contains(&value.trim().to_lowercase().as_str()) || shows_all(value);
    is_level && !OTHER_LEVEL.is_match(key) && !is_usual(key, value) && !is_open()
}

/// True if a value says that everyone sees the post: "no", "all", or an array of PHP with nothing else in it, or whose
/// switch is off.
fn shows_all(value: &str) -> bool {
    let is_open =
        |value: &str| says_no(value) || TO_ALL.contains(&value.trim().to_lowercase().as_str());
    if is_open(value) {
        return true;
    }
    let (mut rest, mut leaves) = (value.trim(), Vec::new());
    let is_read = rest.starts_with("a:")
        && read(&mut rest, "", DEPTH_MAX, &mut leaves).is_some()
        && rest.is_empty();
    let is_off = |(key, value): &(&str, &str)| SWITCHES.contains(key) && says_no(value);
    is_read && (leaves.iter().any(is_off) || leaves.iter().all(|&(_, value)| is_open(value)))
}

/// Reads a value as PHP's `serialize` writes it: those in an array with their keys. `None` if it has another form.
fn read<'a>(
    text: &mut &'a str,
    key: &'a str,
    depth: usize,
    leaves: &mut Vec<(&'a str, &'a str)>,
) -> Option<()> {
    let Some(array) = text.strip_prefix("a:") else {
        leaves.push((key, scalar(text)?));
        return Some(());
    };
    let (count, members) = array.split_once(":{")?;
    let (count, depth): (usize, usize) = (count.parse().ok()?, depth.checked_sub(1)?);
    *text = members;
    for _ in 0..count {
        let key = scalar(text)?;
        read(text, key, depth, leaves)?;
    }
    *text = text.strip_prefix('}')?;
    Some(())
}

fn scalar<'a>(text: &mut &'a str) -> Option<&'a str> {
    let written: &'a str = text;
    if let Some(rest) = written.strip_prefix("N;") {
        *text = rest;
        return Some("");
    }
    if let Some(string) = written.strip_prefix("s:") {
        let (length, rest) = string.split_once(":\"")?;
        let value = rest.get(..length.parse().ok()?)?;
        *text = rest[value.len()..].strip_prefix("\";")?;
        return Some(value);
    }
    let number = ["i:", "b:", "d:"].iter().find_map(|kind| written.strip_prefix(*kind))?;
    let (value, rest) = number.split_once(';')?;
    *text = rest;
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn found(key: &str, value: &str) -> Option<(String, bool)> {
        let fields = fields(&[(key, value)]);
        gate_field(&fields).map(|gate| (gate.key.to_owned(), gate.is_known))
    }

    /// What Ultimate Member keeps with each post.
    fn ultimate_member(is_own: u8, who: u8) -> String {
        format!(
            "a:4:{{s:26:\"_um_custom_access_settings\";b:{is_own};s:14:\"_um_accessible\";i:{who};s:27:\"_um_restrict_custom_message\";s:3:\"\u{e9}!\";s:16:\"_um_access_roles\";a:1:{{i:0;s:6:\"editor\";}}}}"
        )
    }

    #[test]
    fn fields_of_membership_plugins_restrict() {
        for (key, value) in [
            ("passster_password", "x"),
            ("rcUserLevel", "Editor"),
            ("premium", "1"),
            ("patreon-level", "5"),
            ("patreon_level", "12.50"),
            ("patreon-active-patrons-only", "1"),
            ("ihc_mb_who", "1,4"),
            ("ihc_mb_who", "reg"),
            ("_wc_memberships_use_custom_content_restricted_message", "yes"),
            ("um_content_restriction", ultimate_member(1, 2).as_str()),
            ("um_content_restriction", "a:1:{s:14:\"_um_accessible\""),
            ("_um_accessible", "2"),
            ("arm_access_plan", "0"),
            ("arm_access_plan", "3"),
            ("arm_is_paid_post", "1"),
            ("_members_access_role", "editor"),
            ("memberful_acl", "a:1:{s:12:\"subscription\";a:1:{i:0;i:5;}}"),
            ("_issuem_leaky_paywall_visibility", "a:1:{s:15:\"visibility_type\";s:4:\"only\";}"),
            ("rcp_subscription_level", "any"),
            ("groups-read", "7"),
            ("wpf-settings", "a:1:{s:12:\"lock_content\";i:1;}"),
            ("_jetpack_memberships_contains_paid_content", "1"),
        ] {
            assert_eq!(found(key, value), Some((key.to_owned(), true)), "{key} {value}");
        }
        let blocked = fields(&[("ihc_mb_type", "block"), ("ihc_mb_who", "all")]);
        assert!(gate_field(&blocked).is_some());
    }

    #[test]
    fn fields_that_say_no_keep_nothing_back() {
        for (key, value) in [
            ("rcUserLevel", "None"),
            ("_wpmem_block", "0"),
            ("_premium", "field_5f3a"),
            ("_mepr_unauthorized_message_type", "default"),
            ("pms-content-restrict-type", "default"),
            ("_wc_memberships_force_public", "yes"),
            ("source", "Northwire"),
            ("patreon-level", "0"),
            ("patreon-level", ""),
            ("patreon-post-id", "4711"),
            ("ihc_mb_type", "show"),
            ("ihc_mb_who", ""),
            ("ihc_mb_who", "-1"),
            ("ihc_mb_who", "all"),
            ("um_content_restriction", ultimate_member(0, 0).as_str()),
            ("um_content_restriction", ultimate_member(0, 2).as_str()),
            ("um_content_restriction", ultimate_member(1, 0).as_str()),
            ("memberful_acl", "a:0:{}"),
            ("memberful_acl", "a:2:{s:12:\"subscription\";a:0:{}s:7:\"product\";a:0:{}}"),
            ("rcp_user_level", "All"),
            ("rcp_subscription_level", "[]"),
            ("wpf-settings", "a:2:{s:12:\"lock_content\";i:0;s:8:\"redirect\";s:1:\"7\";}"),
            ("_jetpack_newsletter_access", "everybody"),
        ] {
            assert_eq!(found(key, value), None, "{key} {value}");
        }
    }

    #[test]
    fn names_of_levels_restrict_too() {
        for key in [
            "level", "access_level", "accessLevel", "tier", "gold-tier", "required_plan",
            "allowed_roles", "visibility", "_acme_access_level", "acme_subscribers",
        ] {
            assert_eq!(found(key, "gold"), Some((key.to_owned(), false)), "{key}");
            for open in ["", "0", "none", "free", "Public", "everyone", "a:1:{i:0;s:1:\"0\";}"] {
                assert_eq!(found(key, open), None, "{key} {open}");
            }
        }
        for key in [
            "water_level", "readingLevel", "author_role", "floor_plan", "elevel", "planet",
            "accessibility", "_edit_lock", "_acme_level", "source", "frontier",
        ] {
            assert_eq!(found(key, "2"), None, "{key}");
        }
    }

    #[test]
    fn hostile_arrays_are_read_once() {
        for piece in ["a:9:{i:0;", "a:9:{", "s:5:\"", "a:1:{s:1:\"a\";"] {
            assert!(!shows_all(&format!("a:1:{{{}", piece.repeat(50_000))), "{piece}");
        }
        assert!(!shows_all("a:99999999999999999999:{}"));
        assert!(!shows_all("a:1:{i:0;s:1:\"\u{e9}\";}"));
    }
}
