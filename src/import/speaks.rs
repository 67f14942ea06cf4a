//! What a member of a record says of its visibility, by its name and its value: that it is for everyone, held back,
//! or public from an instant on. Names are known whoever made them up; what is certain to speak of it and is not
//! understood is told apart from what is about something else.

use serde_json::Value;

use crate::domain::instant::Instant;

/// What a member says of the visibility of its record. The later of two is the stricter one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    /// Nothing: it is about something else, or empty.
    Nothing,
    /// It is public.
    Shown,
    /// It is public from this instant on, which may be over.
    Until(Instant),
    /// It speaks of it, and what it says is not understood.
    Unclear,
    /// It is held back.
    Hidden,
}

/// Reads a date as the source of a record writes dates.
pub type ReadDate<'a> = dyn Fn(&str) -> Option<Instant> + 'a;

/// How the values of a name are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    /// True holds a record back.
    Truth,
    /// False does.
    Untruth,
    /// A word says it, and true or false say nothing that is certain.
    Word,
    /// The same, and it may be about something else: a land, a stage of a race.
    State,
    /// It may be about something else: only what is certain counts.
    Hint,
    /// The same, where false holds a record back.
    Show,
    /// Whom the text is for.
    Audience,
    /// Anything but "no" holds a record back.
    Thing,
    /// Anything at all does.
    Secret,
    /// The end of an embargo, or that there is one.
    Embargo,
    /// The instant of publication.
    From,
    /// The same, or that it is still to come.
    Scheduled,
    /// A date that may be that of something else: a film, a product.
    Release,
}

/// Names in lower case and without what joins their words, also with `is` or `has` before them.
const NAMES: [(Takes, &[&str]); 10] = [
    (
        Takes::Truth,
        &[
            "adminonly", "authrequired", "blocked", "draft", "gated", "hidden", "internalonly",
            "invisible", "loginonly", "loginrequired", "memberonly", "membershiprequired",
            "membersonly", "nonpublic", "notpublic", "onhold", "paid", "paidcontent", "paidonly",
            "passwordprotected", "paywall", "paywalled", "premium", "premiumcontent",
            "premiumonly", "private", "privatearticle", "privatepage", "privatepost", "protected",
            "registeredonly", "registrationrequired", "requiresauth", "requiresauthentication",
            "requireslogin", "requiresmembership", "requiressubscription", "restricted",
            "restriction", "spiked", "staffonly", "subscriberonly", "subscribersonly",
            "subscriptiononly", "subscriptionrequired", "suppressed", "unlisted", "unpublished",
            "unreleased", "withheld",
        ],
    ),
    (
        Takes::Untruth,
        &[
            "accessibleforfree", "listed", "public", "publiclyvisible", "publish", "published",
            "visible",
        ],
    ),
    (
        Takes::Word,
        &[
            "access", "accesscontrol", "accesslevel", "accesspolicy", "accessrights", "accesstype",
            "contentaccess", "contenttier", "privacy", "privacylevel", "readaccess", "status",
            "tier", "tiers", "visibility",
        ],
    ),
    (Takes::State, &["phase", "stage", "state", "workflow"]),
    (
        Takes::Hint,
        &[
            "confidential", "hide", "internal", "member", "members", "permission", "permissions",
            "scope", "secret", "sharing", "subscriber", "subscribers", "subscription",
        ],
    ),
    (Takes::Show, &["active", "approved", "enabled", "show", "shown"]),
    (Takes::Audience, &["audience", "audiences", "targetaudience"]),
    (
        Takes::Thing,
        &[
            "allowedroles", "allowedusers", "deleted", "deletedat", "removed", "removedat",
            "requiredroles", "restrictaccess", "restrictedto", "restrictto", "trashed",
            "trashedat", "unpublishedat", "visibleto", "withdrawn", "withdrawnat",
        ],
    ),
    (
        Takes::From,
        &[
            "datepublished", "golive", "goliveat", "golivedate", "goliveon", "hiddenuntil",
            "hideuntil", "holdforrelease", "holduntil", "liveat", "livefrom", "notbefore",
            "privateuntil", "pubdate", "pubdatetime", "publicafter", "publicationdate",
            "publicationtime", "publicfrom", "publishafter", "publishat", "publishdate",
            "publishdatetime", "publishedat", "publisheddate", "publishedon", "publishfrom",
            "publishingdate", "publishon", "publishtime", "pubtime", "visibleafter", "visiblefrom",
        ],
    ),
    (
        Takes::Release,
        &[
            "available", "availableafter", "availableat", "availabledate", "availablefrom",
            "availableon", "release", "releaseat", "released", "releasedat", "releasedate",
            "releasedon", "releaseon", "releasetime", "schedule",
        ],
    ),
];
/// What stands before `status`, `state` and `stage` where they are those of a text, and not of a land or a project.
const OF_TEXT: [&str; 17] = [
    "approval", "article", "content", "document", "editorial", "entry", "item", "page", "post",
    "pub", "publication", "publish", "publishing", "record", "release", "story", "workflow",
];
const STATES: [&str; 3] = ["stage", "state", "status"];
/// Parts of names that are gates whatever else is in them: `content_paywall`.
const GATE_PARTS: [&str; 6] = [
    "memberonly", "membersonly", "paywall", "subscriberonly", "subscribersonly",
    "subscriptionrequired",
];
/// Parts of the names of passwords.
const SECRET_PARTS: [&str; 3] = ["passcode", "passphrase", "password"];
/// Names that say that an embargo is over: true shows a record.
const NO_EMBARGO: [&str; 8] = [
    "embargoended", "embargoexpired", "embargolifted", "embargoover", "embargopassed",
    "embargoreleased", "noembargo", "unembargoed",
];

const YES: [&str; 5] = ["1", "on", "true", "y", "yes"];
const NO: [&str; 6] = ["0", "false", "n", "no", "none", "off"];
/// Values that say that an embargo is over.
const LIFTED: [&str; 6] = ["ended", "expired", "lifted", "over", "passed", "released"];
/// Values that say that a record is public from now on.
const NOW: [&str; 2] = ["immediately", "now"];
/// Words for everyone. `c_abf2` is open access in the vocabulary of repositories (COAR).
const FOR_ALL: [&str; 14] = [
    "all", "anonymous", "anyone", "cabf2", "everybody", "everyone", "free", "general",
    "generalpublic", "open", "openaccess", "public", "unrestricted", "world",
];
/// Words for the state of what everyone may read. They say nothing good of a paywall.
const PUBLIC: [&str; 17] = [
    "active", "available", "corrected", "current", "final", "listed", "live", "ok", "okay",
    "online", "publicised", "publish", "published", "released", "updated", "usable", "visible",
];
/// Words for what not everyone may read.
const CLOSED: [&str; 72] = [
    "archived", "blocked", "board", "closed", "closedaccess", "confidential", "deleted", "direct",
    "disabled", "draft", "drafts", "editors", "embargoed", "embargoedaccess", "employees",
    "expired", "followers", "friends", "future", "gated", "hard", "hidden", "inactive", "inreview",
    "insiders", "internal", "invisible", "licensed", "login", "member", "memberonly", "members",
    "membersonly", "metered", "nobody", "offline", "onhold", "paid", "password", "paywall",
    "paywalled", "pending", "premium", "private", "protected", "registered", "registration",
    "removed", "restricted", "restrictedaccess", "review", "scheduled", "secret", "skip", "soft",
    "softtrashed", "spiked", "staff", "subscriber", "subscriberonly", "subscribers",
    "subscribersonly", "subscription", "team", "todo", "trash", "trashed", "unlisted",
    "unpublished", "vip", "wip", "withheld",
];
/// Words of a state or of an audience that hold a text back whatever stands beside them: `awaiting legal`, `on hold`.
const HELD_WORDS: [&str; 16] = [
    "board", "editors", "employees", "held", "hold", "insiders", "killed", "member", "members",
    "not", "paid", "progress", "queued", "staff", "todo", "wip",
];
/// How such words begin.
const HELD_STEMS: [&str; 26] = [
    "await", "confidential", "deleted", "draft", "embargo", "hidden", "incomplete", "internal",
    "paywall", "pending", "premium", "private", "quarantine", "registered", "reject", "restrict",
    "review", "schedul", "subscriber", "suspend", "trash", "unapprov", "unpublish", "unreleas",
    "withdraw", "withh",
];
/// Audiences that anyone may belong to.
const READERS: [&str; 26] = [
    "adults", "beginners", "business", "children", "citizens", "consumers", "developers",
    "experts", "families", "international", "kids", "local", "locals", "national", "parents",
    "patients", "professionals", "readers", "regional", "residents", "seniors", "students",
    "teachers", "tourists", "voters", "youth",
];

/// What the member `name` says of the visibility of its record; `date` reads its dates. The strictest of several values
/// counts.
pub fn speaks(name: &str, value: &Value, date: &ReadDate<'_>) -> Said {
    let Some(takes) = takes_of(name) else {
        return Said::Nothing;
    };
    // Programs that have drafts write them so.
    if value.is_null() && bare(name) == "publishedat" {
        return Said::Hidden;
    }
    said_by(takes, value, date)
}

/// True if the member `name` is about an embargo.
pub fn is_embargo(name: &str) -> bool {
    bare(name).contains("embargo")
}

/// True if the member `name` has the instant of a publication, and not of something else.
pub fn is_publication(name: &str) -> bool {
    takes_of(name) == Some(Takes::From)
}

/// True if a word, as [`bare`] has it, names everyone.
pub fn is_for_all(word: &str) -> bool {
    FOR_ALL.contains(&word)
}

/// True if a word, as [`bare`] has it, says that not everyone may read a text.
pub fn is_closed(word: &str) -> bool {
    CLOSED.contains(&word)
}

/// A name or a word in lower case without what joins its words: `_membersOnly`, `members-only` and `Members only` are
/// the same.
pub fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn takes_of(name: &str) -> Option<Takes> {
    let name = bare(name);
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if name.contains("embargo") {
        let is_over = NO_EMBARGO.contains(&&*name);
        return Some(if is_over { Takes::Untruth } else { Takes::Embargo });
    }
    let short = name.strip_prefix("is").or_else(|| name.strip_prefix("has"));
    known(&name)
        .or_else(|| known(short?))
        .or_else(|| has(&SECRET_PARTS).then_some(Takes::Secret))
        .or_else(|| has(&GATE_PARTS).then_some(Takes::Truth))
}

fn known(name: &str) -> Option<Takes> {
    let found = NAMES.iter().find(|(_, names)| names.contains(&name));
    let is_state = || {
        let mut states = STATES.iter().filter_map(|state| name.strip_suffix(state));
        states.any(|of| OF_TEXT.contains(&of))
    };
    found
        .map(|(takes, _)| *takes)
        .or_else(|| is_state().then_some(Takes::Word))
        .or_else(|| name.starts_with("scheduled").then_some(Takes::Scheduled))
}

fn said_by(takes: Takes, value: &Value, date: &ReadDate<'_>) -> Said {
    let may_be_other = matches!(
        takes,
        Takes::State | Takes::Hint | Takes::Show | Takes::Audience | Takes::Release
    );
    match value {
        Value::Null => Said::Nothing,
        Value::Bool(truth) => said_by_truth(takes, *truth),
        // How many there are, or which one.
        Value::Number(_) if may_be_other && takes != Takes::Release => Said::Nothing,
        Value::Number(number) => said_by_text(takes, &number.to_string(), date),
        Value::String(text) => said_by_text(takes, text, date),
        Value::Array(items) => strictest(takes, items.iter(), date),
        // What is in it has a name of its own.
        Value::Object(_) if may_be_other => Said::Nothing,
        Value::Object(members) => strictest(takes, members.values(), date),
    }
}

fn strictest<'a>(
    takes: Takes,
    values: impl Iterator<Item = &'a Value>,
    date: &ReadDate<'_>,
) -> Said {
    values.map(|value| said_by(takes, value, date)).max().unwrap_or(Said::Nothing)
}

fn said_by_truth(takes: Takes, truth: bool) -> Said {
    match takes {
        Takes::Truth
        | Takes::State
        | Takes::Hint
        | Takes::Thing
        | Takes::Secret
        | Takes::Embargo
        | Takes::Scheduled => hidden_if(truth),
        Takes::Untruth | Takes::Show | Takes::Release => hidden_if(!truth),
        Takes::Word | Takes::Audience | Takes::From => Said::Unclear,
    }
}

fn said_by_text(takes: Takes, text: &str, date: &ReadDate<'_>) -> Said {
    let text = text.trim();
    if text.is_empty() {
        return Said::Nothing;
    }
    let word = bare(last_of_identifier(text));
    let is_in = |words: &[&str]| words.contains(&&*word);
    if matches!(
        takes,
        Takes::Untruth
            | Takes::Show
            | Takes::Embargo
            | Takes::From
            | Takes::Scheduled
            | Takes::Release
    ) && let Some(at) = date_in(takes, text, date)
    {
        return Said::Until(at);
    }
    let (is_yes, is_no) = (is_in(&YES), is_in(&NO));
    let has_no_letter = !text.contains(char::is_alphabetic);
    match takes {
        Takes::Secret => Said::Hidden,
        Takes::Embargo | Takes::From => said_of_instant(takes, &word),
        Takes::Truth | Takes::Thing if is_for_all(&word) => Said::Shown,
        Takes::Truth if is_in(&PUBLIC) => Said::Unclear,
        Takes::Thing => hidden_if(!is_no),
        _ if is_for_all(&word) || is_in(&PUBLIC) => Said::Shown,
        _ if is_closed(&word) => Said::Hidden,
        Takes::Word | Takes::State | Takes::Audience if is_held(text) => Said::Hidden,
        Takes::Truth | Takes::Scheduled if is_yes || is_no => hidden_if(is_yes),
        Takes::Untruth | Takes::Show | Takes::Release if is_yes || is_no => hidden_if(is_no),
        // `members: 1` is a number of them.
        Takes::State | Takes::Hint if is_yes && !has_no_letter => Said::Hidden,
        Takes::Release if has_no_letter => Said::Unclear,
        Takes::Audience if is_in(&READERS) || has_no_letter => Said::Nothing,
        Takes::State | Takes::Hint | Takes::Show | Takes::Release => Said::Nothing,
        Takes::Truth | Takes::Untruth | Takes::Word | Takes::Audience | Takes::Scheduled => {
            Said::Unclear
        }
    }
}

/// What a word says that stands where an instant should.
fn said_of_instant(takes: Takes, word: &str) -> Said {
    match takes == Takes::Embargo {
        true if YES.contains(&word) || is_closed(word) => Said::Hidden,
        true if NO.contains(&word) || LIFTED.contains(&word) => Said::Shown,
        false if NOW.contains(&word) => Said::Shown,
        _ => Said::Unclear,
    }
}

/// A date in a text. Of a film or a product sometimes only the year is known.
fn date_in(takes: Takes, text: &str, date: &ReadDate<'_>) -> Option<Instant> {
    let is_year = text.len() == "2026".len() && text.bytes().all(|c| c.is_ascii_digit());
    match takes == Takes::Release && is_year {
        true => date(&format!("{text}-12-31")),
        false => date(text),
    }
}

/// True if a word of a text says that not everyone may read it.
fn is_held(text: &str) -> bool {
    let text = text.to_lowercase();
    text.split(|c: char| !c.is_alphanumeric()).any(|word| {
        HELD_WORDS.contains(&word) || HELD_STEMS.iter().any(|stem| word.starts_with(stem))
    })
}

fn hidden_if(is_hidden: bool) -> Said {
    if is_hidden { Said::Hidden } else { Said::Shown }
}

/// The word in an identifier: vocabularies of rights write `info:eu-repo/semantics/openAccess`.
fn last_of_identifier(text: &str) -> &str {
    let is_one = ["http://", "https://", "info:"].iter().any(|start| text.starts_with(start));
    if is_one { text.rsplit(['/', '#']).next().unwrap_or(text) } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(name: &str, value: &Value) -> Said {
        speaks(name, value, &|text: &str| {
            Instant::parse(text).or_else(|| Instant::parse(&format!("{text}T00:00:00Z")))
        })
    }

    #[test]
    fn what_holds_a_record_back_is_heard() {
        for (name, value) in [
            ("visible", json!(false)),
            ("is_visible", json!("no")),
            ("hide", json!(true)),
            ("hide", json!("yes")),
            ("show", json!("false")),
            ("approved", json!(false)),
            ("scheduled", json!(true)),
            ("draft", json!(1)),
            ("post_status", json!("draft")),
            ("publishStatus", json!("Draft")),
            ("workflow-state", json!("in_review")),
            ("editorialStage", json!("needs review")),
            ("state", json!("awaiting legal")),
            ("state", json!("Pending")),
            ("stage", json!("on hold")),
            ("status", json!("not yet public")),
            ("audience", json!("staff")),
            ("audience", json!(["everyone", "board members"])),
            ("_members", json!(true)),
            ("access", json!("Members only")),
            ("accessRights", json!("info:eu-repo/semantics/restrictedAccess")),
            ("accessRights", json!(["openAccess", "closedAccess"])),
            ("paywall", json!({"kind": "metered"})),
            ("content_paywall", json!("on")),
            ("is-premium", json!(true)),
            ("password", json!("sesame")),
            ("post_password", json!("no")),
            ("visible_to", json!("editors")),
            ("withdrawn", json!("2020-01-01")),
            ("embargo", json!(true)),
            ("embargo", json!("yes")),
            ("embargoLifted", json!(false)),
            ("available", json!(false)),
            ("publishedAt", json!(null)),
            ("internal", json!("yes")),
        ] {
            assert_eq!(said(name, &value), Said::Hidden, "{name} {value}");
        }
    }

    #[test]
    fn instants_are_read_as_their_source_writes_them() {
        let at = Said::Until(Instant::parse("2099-01-01T00:00:00Z").unwrap());
        for name in [
            "embargo_date_time", "embargoed_at", "embargo", "publish_at", "publish_on",
            "publishedAt", "pubDate", "release_date", "scheduled_for", "scheduled", "goLive",
            "available_from", "published", "hide-until",
        ] {
            assert_eq!(said(name, &json!("2099-01-01")), at, "{name}");
        }
        assert_eq!(said("embargoes", &json!(["2020-01-01", "2099-01-01"])), at);
        let year = Said::Until(Instant::parse("1994-12-31T00:00:00Z").unwrap());
        assert_eq!(said("releaseDate", &json!(1994)), year);
        assert!(is_embargo("Embargo_Until") && !is_embargo("publish_at"));
        assert!(is_publication("publishedAt") && !is_publication("release_date"));
    }

    #[test]
    fn what_is_public_and_what_is_about_something_else_holds_nothing_back() {
        for (name, value) in [
            ("visible", json!(true)),
            ("draft", json!("false")),
            ("status", json!("Published")),
            ("workflow_state", json!("live")),
            ("post_status", json!("usable")),
            ("visibility", json!("public")),
            ("access", json!("everyone")),
            ("premium", json!("free")),
            ("paywall", json!(0)),
            ("embargo", json!("none")),
            ("embargo_lifted", json!(true)),
            ("scheduled", json!(false)),
            ("audience", json!("General public")),
            ("withdrawn", json!("no")),
        ] {
            assert_eq!(said(name, &value), Said::Shown, "{name} {value}");
        }
        for (name, value) in [
            ("title", json!("Private")),
            ("state", json!("Saxony")),
            ("state", json!("Staffordshire")),
            ("stage", json!("Group A")),
            ("stage", json!(4)),
            ("hide", json!(["navigation", "toc"])),
            ("show", json!("The Morning Show")),
            ("audience", json!(["developers", "students"])),
            ("audience", json!(12_000)),
            ("members", json!(["Ida", "Sam"])),
            ("members", json!("1")),
            ("internal", json!("ask Ida")),
            ("workflow", json!({"owner": "Ida"})),
            ("release_date", json!("Spring 2027")),
            ("schedule", json!("weekly")),
            ("accessed", json!("2099-01-01")),
            ("accessibility", json!("high")),
            ("private_notes", json!("x")),
            ("visible_until", json!("2020-01-01")),
            ("remember", json!(true)),
            ("visibility", json!(null)),
            ("access", json!("")),
            ("access", json!([])),
        ] {
            assert_eq!(said(name, &value), Said::Nothing, "{name} {value}");
        }
    }

    #[test]
    fn what_is_not_understood_is_told_apart() {
        for (name, value) in [
            ("status", json!("almost")),
            ("status", json!(true)),
            ("post_status", json!(1)),
            ("workflow_state", json!("gold")),
            ("visibility", json!("gold")),
            ("access", json!({"level": "gold"})),
            ("audience", json!("gold")),
            ("paywall", json!("active")),
            ("paywall", json!({"price": 2})),
            ("visible", json!("perhaps")),
            ("embargo", json!("tomorrow")),
            ("embargo", json!("active")),
            ("embargo_reason", json!("the speech")),
            ("publish_at", json!("soon")),
            ("publish_at", json!(4_070_908_800_u64)),
            ("scheduled_for", json!("tomorrow")),
            ("release_date", json!("01.01.2099")),
        ] {
            assert_eq!(said(name, &value), Said::Unclear, "{name} {value}");
        }
    }
}
