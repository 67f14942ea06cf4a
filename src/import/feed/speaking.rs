//! What members and elements that no form of feeds, and no version of ninjs, has say of a record: whether it is public,
//! from when and until when, and what must stand under it. They are known by their names, whoever made them up.

use serde_json::Value;

use super::date::Date;
use crate::domain::instant::{DAY, HOUR, Instant};
use crate::import::words;

/// Legal texts of one record that are kept: of more the number is told.
const LEGAL_MAX: usize = 20;
/// Dates of expiry, and warnings, of one record: a record has one or two, and a hostile one millions.
const SAID_MAX: usize = 20;
/// How much of a name or a value is shown, in code points.
const SHOWN_MAX: usize = 40;
/// From midnight in UTC until a day is over in the last time zone (UTC-12).
const DAY_EVERYWHERE: i64 = DAY + 12 * HOUR;

/// What was said of a record, or of a feed and so of all its records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spoken {
    /// True if it is not for everyone.
    pub is_held: bool,
    /// The latest end of an embargo.
    pub embargo: Option<Instant>,
    /// When it expires: what says it, and the date.
    pub expires: Vec<(String, Date)>,
    /// Legal texts, each with its name.
    pub legal: Vec<(String, Value)>,
    /// The names of what an article has no place for.
    pub lost: Vec<String>,
    /// What looks wrong.
    pub warnings: Vec<String>,
    /// How many legal texts are too many.
    more_legal: usize,
}

/// What the values of a name say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    /// True holds a record back.
    Truth,
    /// False does.
    Untruth,
    /// A word says it, and true or false say nothing that is certain.
    Word,
    /// It may be about something else: only what is certain counts.
    Hint,
    /// Anything but "no" holds a record back.
    Thing,
    /// Anything at all does. It is never shown.
    Secret,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Hidden,
    Shown,
}

/// What a name is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Topic {
    Gate(Takes),
    Embargo,
    Publication,
    Expiry,
    Legal,
}

/// Names by which programs keep a record from readers, in lower case and without what joins their words, also with `is`
/// or `has` before them.
const GATES: [(Takes, &[&str]); 5] = [
    (
        Takes::Truth,
        &[
            "adminonly", "authrequired", "blocked", "draft", "gated", "hidden", "internalonly",
            "invisible", "loginonly", "loginrequired", "memberonly", "membershiprequired",
            "membersonly", "nonpublic", "notpublic", "paid", "paidcontent", "paidonly",
            "passwordprotected", "paywall", "paywalled", "premium", "premiumcontent",
            "premiumonly", "private", "protected", "registeredonly", "registrationrequired",
            "requiresauth", "requiresauthentication", "requireslogin", "requiresmembership",
            "requiressubscription", "restricted", "restriction", "spiked", "staffonly",
            "subscriberonly", "subscribersonly", "subscriptiononly", "subscriptionrequired",
            "suppressed", "unlisted", "unpublished", "withheld",
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
            "articlestatus", "contentaccess", "contentstatus", "contenttier", "itemstatus",
            "poststatus", "privacy", "privacylevel", "publicationstatus", "publishingstatus",
            "publishstatus", "pubstatus", "readaccess", "status", "tier", "tiers", "visibility",
        ],
    ),
    (
        Takes::Hint,
        &[
            "audience", "confidential", "internal", "member", "members", "permission",
            "permissions", "poststate", "scope", "secret", "sharing", "state", "subscriber",
            "subscribers", "subscription", "workflow", "workflowstate",
        ],
    ),
    (
        Takes::Thing,
        &[
            "allowedroles", "allowedusers", "deleted", "deletedat", "removed", "removedat",
            "requiredroles", "restrictaccess", "restrictedto", "restrictto", "trashed",
            "trashedat", "unpublishedat", "visibleto", "withdrawn", "withdrawnat",
        ],
    ),
];
/// Parts of names that are gates whatever else is in them: `content_paywall`.
const GATE_PARTS: [&str; 6] = [
    "memberonly", "membersonly", "paywall", "subscriberonly", "subscribersonly",
    "subscriptionrequired",
];
/// Parts of the names of passwords.
const SECRET_PARTS: [&str; 3] = ["passcode", "passphrase", "password"];
/// Names of the time before which a record is not public, but for those with `embargo` in them.
const EMBARGOES: [&str; 20] = [
    "availablefrom", "goliveat", "hideuntil", "holdforrelease", "holduntil", "notbefore",
    "publicafter", "publicfrom", "publishafter", "publishat", "publishschedule", "scheduled",
    "scheduledat", "scheduleddate", "scheduledfor", "scheduledon", "scheduledpublish",
    "scheduledtime", "utcpublishschedule", "visiblefrom",
];
/// Names of the time of publication, beside that which the form itself has: the latest counts.
const PUBLICATIONS: [&str; 13] = [
    "datepublished", "golivedate", "liveat", "livefrom", "pubdate", "publishdate",
    "publishdatetime", "publishedat", "publisheddate", "publishedon", "publishfrom", "publishon",
    "publishtime",
];
/// Names of the time from which a record is not public any more.
const EXPIRIES: [&str; 18] = [
    "availableuntil", "expiration", "expirationdate", "expirationtime", "expire", "expiredate",
    "expires", "expiresat", "expireson", "expiry", "expirydate", "expirytime", "publicuntil",
    "unpublishat", "unpublishdate", "unpublishon", "validuntil", "visibleuntil",
];
/// Parts of the names of texts that may have to stand under an article.
const LEGAL_PARTS: [&str; 18] = [
    "advert", "affiliat", "attribution", "copyright", "correct", "corrig", "disclaim", "disclos",
    "errat", "impressum", "imprint", "legal", "liab", "licenc", "licens", "notice", "rights",
    "sponsor",
];
/// Names of the same that are whole.
const LEGAL: [&str; 5] =
    ["restrictions", "termsofuse", "usageinstructions", "usagerestrictions", "usageterms"];
/// Names of parts that have a visibility of their own, which is not that of the record.
const ASIDE: [&str; 12] = [
    "author", "authors", "comments", "image", "images", "media", "related", "replies", "thumbnail",
    "user", "video", "videos",
];

const YES: [&str; 5] = ["1", "on", "true", "y", "yes"];
const NO: [&str; 6] = ["0", "false", "n", "no", "none", "off"];
/// Words for what everyone may read. `c_abf2` is open access in the vocabulary of repositories (COAR).
const OPEN: [&str; 23] = [
    "active", "all", "anonymous", "anyone", "available", "cabf2", "everybody", "everyone", "free",
    "listed", "live", "ok", "okay", "online", "open", "openaccess", "public", "publish",
    "published", "released", "unrestricted", "usable", "visible",
];
/// Words for what not everyone may read.
const CLOSED: [&str; 70] = [
    "archived", "blocked", "canceled", "cancelled", "closed", "closedaccess", "confidential",
    "deleted", "direct", "disabled", "draft", "drafts", "embargoed", "embargoedaccess", "expired",
    "followers", "friends", "future", "gated", "hard", "hidden", "inactive", "inprogress",
    "inreview", "internal", "invisible", "killed", "licensed", "login", "member", "memberonly",
    "members", "membersonly", "metered", "offline", "onhold", "paid", "password", "paywall",
    "paywalled", "pending", "premium", "private", "protected", "recalled", "registered",
    "registration", "removed", "restricted", "restrictedaccess", "review", "scheduled", "secret",
    "skip", "soft", "softtrashed", "spiked", "staff", "submitted", "subscriber", "subscriberonly",
    "subscribers", "subscribersonly", "subscription", "trash", "trashed", "unlisted",
    "unpublished", "withdrawn", "withheld",
];

impl Spoken {
    /// Hears a member or an element, and what is in it. `path` names it for people; `outer` is the name of what it is
    /// in.
    ///
    /// # Errors
    /// If whether the record is public cannot be told by it.
    pub fn hear_in(
        &mut self,
        path: &str,
        outer: &str,
        name: &str,
        value: &Value,
    ) -> Result<(), String> {
        // `{"members": {"only": true}}` is `membersOnly`.
        let is_heard = self.hear(path, name, value)?
            || !outer.is_empty() && self.hear(path, &format!("{outer}{name}"), value)?;
        if is_heard {
            return Ok(());
        }
        match value.as_object().filter(|_| !ASIDE.contains(&&*bare(name))) {
            Some(members) => {
                for (inner, value) in members {
                    let path = format!("{path}.{}", words::cut(inner, SHOWN_MAX).0);
                    self.hear_in(&path, name, inner, value)?;
                }
            }
            None if is_empty(value) => {}
            None => self.lost.push(path.to_owned()),
        }
        Ok(())
    }

    /// Hears a member or an element alone; false if it is about something else.
    ///
    /// # Errors
    /// If whether the record is public cannot be told by it.
    pub fn hear(&mut self, path: &str, name: &str, value: &Value) -> Result<bool, String> {
        match topic_of(name) {
            None => return Ok(false),
            Some(Topic::Embargo) => self.hear_embargo(path, value),
            // What is no date is told of as lost.
            Some(Topic::Publication) => {
                let Some(Date::At(at)) = value.as_str().map(Date::parse) else {
                    return Ok(false);
                };
                self.embargo = self.embargo.max(Some(at));
            }
            Some(Topic::Expiry) => self.hear_expiry(path, value),
            Some(Topic::Legal) => self.add_legal(name, value.clone()),
            Some(Topic::Gate(Takes::Hint)) => {
                // What is in it has a name of its own.
                let is_hidden =
                    !value.is_object() && says(Takes::Hint, value) == Some(Says::Hidden);
                self.is_held |= is_hidden;
                return Ok(is_hidden);
            }
            Some(Topic::Gate(takes)) => {
                // `published` may be the time of it.
                let from = value.as_str().filter(|_| takes == Takes::Untruth).and_then(end_of);
                if from.is_some() {
                    self.embargo = self.embargo.max(from);
                    return Ok(true);
                }
                let says = says(takes, value).ok_or_else(|| unclear(path, value))?;
                self.is_held |= says == Says::Hidden;
            }
        }
        Ok(true)
    }

    /// Keeps a legal text; one that says nothing, or the same as another one, is not kept.
    pub fn add_legal(&mut self, name: &str, value: Value) {
        let is_known = value.is_string() && self.legal.iter().any(|(_, known)| *known == value);
        if is_empty(&value) || is_known {
            return;
        }
        if self.legal.len() == LEGAL_MAX {
            self.more_legal += 1;
            return;
        }
        let (name, _) = words::cut(name.trim_start_matches('_'), SHOWN_MAX);
        self.legal.push((name, value));
    }

    /// What a feed says of its records: it says more of itself than that.
    #[must_use]
    pub fn of_feed(self) -> Self {
        Self { lost: Vec::new(), ..self }
    }

    /// What to tell of it.
    pub fn told(&self) -> Vec<String> {
        let more = (self.more_legal > 0).then(|| {
            let count = self.more_legal;
            format!("lost: {count} more of its legal texts: look at them before it is published")
        });
        self.warnings.iter().cloned().chain(more).collect()
    }

    fn hear_embargo(&mut self, path: &str, value: &Value) {
        let leaves = leaves(value);
        let ends = leaves.iter().filter_map(|leaf| leaf.as_str().and_then(end_of));
        if let Some(end) = ends.max() {
            self.embargo = self.embargo.max(Some(end));
        } else if leaves.iter().any(|leaf| says(Takes::Thing, leaf) == Some(Says::Hidden)) {
            self.is_held = true;
            if *value != Value::Bool(true) && self.warnings.len() < SAID_MAX {
                self.warnings.push(format!(
                    "`{path}` is {}, of which the end of an embargo cannot be told: it is a draft",
                    shown(value)
                ));
            }
        }
    }

    fn hear_expiry(&mut self, path: &str, value: &Value) {
        for leaf in leaves(value) {
            let date = match leaf {
                Value::String(text) if is_no(text) => continue,
                Value::String(text) => Date::parse(text),
                other if is_empty(other) => continue,
                other => Date::Unread(other.to_string()),
            };
            if date != Date::Missing && self.expires.len() < SAID_MAX {
                self.expires.push((path.to_owned(), date));
            }
        }
    }
}

/// True if something of this name alone, without a value, holds a record back: `<premium/>`.
pub fn is_flag(name: &str) -> bool {
    topic_of(name) == Some(Topic::Gate(Takes::Truth))
}

/// True if something of this name says whether a record is public.
pub fn is_gate(name: &str) -> bool {
    matches!(topic_of(name), Some(Topic::Gate(takes)) if takes != Takes::Hint)
}

/// True if something of this name may have to stand under an article.
pub fn is_legal(name: &str) -> bool {
    topic_of(name) == Some(Topic::Legal)
}

/// The texts in a value, in one.
pub fn texts_of(value: &Value) -> String {
    leaves(value).into_iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
}

/// True if a value says nothing.
pub fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.iter().all(is_empty),
        Value::Object(members) => members.values().all(is_empty),
    }
}

/// A value as a refusal shows it.
pub fn shown(value: &Value) -> String {
    words::cut(&value.to_string(), SHOWN_MAX).0
}

/// A name or a word in lower case without what joins its words: `_membersOnly`, `members-only` and `Members only` are
/// the same.
pub fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn topic_of(name: &str) -> Option<Topic> {
    let name = bare(name);
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    let short = name.strip_prefix("is").or_else(|| name.strip_prefix("has"));
    let of = |name: &str| {
        let gate = GATES.iter().find(|(_, names)| names.contains(&name));
        gate.map(|(takes, _)| Topic::Gate(*takes))
            .or_else(|| EXPIRIES.contains(&name).then_some(Topic::Expiry))
            .or_else(|| EMBARGOES.contains(&name).then_some(Topic::Embargo))
            .or_else(|| PUBLICATIONS.contains(&name).then_some(Topic::Publication))
            .or_else(|| LEGAL.contains(&name).then_some(Topic::Legal))
    };
    of(&name)
        .or_else(|| of(short?))
        .or_else(|| has(&SECRET_PARTS).then_some(Topic::Gate(Takes::Secret)))
        .or_else(|| name.contains("embargo").then_some(Topic::Embargo))
        .or_else(|| has(&GATE_PARTS).then_some(Topic::Gate(Takes::Truth)))
        .or_else(|| has(&LEGAL_PARTS).then_some(Topic::Legal))
}

/// What a value says; `None` if that is not certain.
fn says(takes: Takes, value: &Value) -> Option<Says> {
    match value {
        Value::Null => Some(Says::Shown),
        Value::Bool(_) | Value::Number(_) if takes == Takes::Word => None,
        Value::Bool(truth) => Some(hidden_if(*truth != (takes == Takes::Untruth))),
        Value::Number(number) => said_by(takes, &number.to_string()),
        Value::String(text) => said_by(takes, text),
        Value::Array(items) => said_by_all(takes, items.iter()),
        Value::Object(members) => said_by_all(takes, members.values()),
    }
}

fn said_by_all<'a>(takes: Takes, values: impl Iterator<Item = &'a Value>) -> Option<Says> {
    let mut all = Some(Says::Shown);
    for value in values {
        match says(takes, value) {
            Some(Says::Hidden) => return Some(Says::Hidden),
            Some(Says::Shown) => {}
            None => all = None,
        }
    }
    all
}

fn said_by(takes: Takes, text: &str) -> Option<Says> {
    if text.trim().is_empty() {
        return Some(Says::Shown);
    }
    if takes == Takes::Secret {
        return Some(Says::Hidden);
    }
    let word = bare(last_of_identifier(text));
    let is_in = |words: &[&str]| words.contains(&&*word);
    if is_in(&OPEN) {
        return Some(Says::Shown);
    }
    if is_in(&CLOSED) {
        return Some(Says::Hidden);
    }
    match (takes, is_in(&YES), is_in(&NO)) {
        (Takes::Truth, true, _) | (Takes::Untruth, _, true) => Some(Says::Hidden),
        (Takes::Truth, _, true) | (Takes::Untruth, true, _) => Some(Says::Shown),
        (Takes::Hint, is_yes, _) => Some(hidden_if(is_yes)),
        (Takes::Thing | Takes::Secret, _, is_no) => Some(hidden_if(!is_no)),
        (Takes::Truth | Takes::Untruth | Takes::Word, ..) => None,
    }
}

fn hidden_if(is_hidden: bool) -> Says {
    if is_hidden { Says::Hidden } else { Says::Shown }
}

/// The word in an identifier: vocabularies of rights write `info:eu-repo/semantics/openAccess`.
fn last_of_identifier(text: &str) -> &str {
    let is_one = ["http://", "https://", "info:"].iter().any(|start| text.starts_with(start));
    if is_one { text.rsplit(['/', '#']).next().unwrap_or(text) } else { text }
}

fn is_no(text: &str) -> bool {
    NO.contains(&&*bare(text))
}

/// The end of an embargo. A day without a time is under embargo as a whole, wherever it is read. Year 1 is how programs
/// write that there is no date.
fn end_of(text: &str) -> Option<Instant> {
    let text = text.trim();
    match Date::parse(text) {
        Date::At(at) if text.len() == "2026-01-09".len() => at.checked_plus(DAY_EVERYWHERE),
        Date::At(at) => Some(at),
        Date::Missing if text.is_empty() => None,
        Date::Missing => Some(Instant::from_micros(0)),
        Date::Unread(_) => None,
    }
}

/// The values in a value that have no others in them.
fn leaves(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(leaves).collect(),
        Value::Object(members) => members.values().flat_map(leaves).collect(),
        leaf => vec![leaf],
    }
}

fn unclear(path: &str, value: &Value) -> String {
    format!(
        "`{path}` is {}: whether the record is public cannot be told; leave it out, or write \"published\" or \"draft\"",
        shown(value)
    )
}
