//! Values in URLs, in a path or a query: each type has its reader, its schema and its texts for
//! errors.

use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::input::Input;
use super::rules::string;
use crate::domain::ids::{UUID_PATTERN, parse_id};
use crate::domain::instant::{INSTANT_PATTERN, Instant};
use crate::domain::slug::{SLUG_MAX, SLUG_PATTERN, is_slug};
use crate::domain::text::cut;
use crate::domain::words::{Word, hint};
use crate::problem::{FaultCode, Faults, ParameterFault};

/// A value in a URL.
pub trait UrlValue: Sized {
    /// True if it is a list of values separated by commas.
    const IS_LIST: bool = false;

    /// Parses it.
    fn parse(text: &str) -> Option<Self>;

    /// The same rules as JSON Schema (2020-12).
    fn schema() -> Value;

    /// A phrase for it in errors: "an id (a UUID)".
    fn form() -> String;

    /// The reason why `text` is refused, as the end of "The parameter `x` ..".
    fn refusal(text: &str) -> String {
        format!("takes {}, not {text:?}.", Self::form())
    }

    /// The value as text; equal values give equal texts.
    fn text(&self) -> String;
}

impl UrlValue for Uuid {
    fn parse(text: &str) -> Option<Self> {
        parse_id(text)
    }

    fn schema() -> Value {
        json!({"type": "string", "format": "uuid", "pattern": UUID_PATTERN})
    }

    fn form() -> String {
        "an id (a UUID)".to_owned()
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

impl UrlValue for Instant {
    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn schema() -> Value {
        json!({"type": "string", "format": "date-time", "pattern": INSTANT_PATTERN})
    }

    fn form() -> String {
        "an RFC 3339 instant with an offset, such as 2026-11-22T10:00:00Z (a `+` is written %2B)"
            .to_owned()
    }

    fn text(&self) -> String {
        self.as_micros().to_string()
    }
}

impl UrlValue for bool {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    fn schema() -> Value {
        json!({"type": "boolean"})
    }

    fn form() -> String {
        "true or false".to_owned()
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

impl<W: Word> UrlValue for W {
    fn parse(text: &str) -> Option<Self> {
        Self::from_word(text)
    }

    fn schema() -> Value {
        json!({"type": "string", "enum": Self::WORDS})
    }

    fn form() -> String {
        format!("one of {}", Self::WORDS.join(", "))
    }

    fn refusal(text: &str) -> String {
        format!("takes {}, not {text:?}.{}", Self::form(), hint(text, Self::WORDS))
    }

    fn text(&self) -> String {
        self.word().to_owned()
    }
}

/// Some words of an enum, separated by commas: what to add to an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Include<W>(pub Vec<W>);

impl<W> Default for Include<W> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<W: Word + PartialEq> Include<W> {
    /// True if `word` is among them.
    #[must_use]
    pub fn has(&self, word: W) -> bool {
        self.0.contains(&word)
    }
}

impl<W: Word> UrlValue for Include<W> {
    const IS_LIST: bool = true;

    fn parse(text: &str) -> Option<Self> {
        text.split(',').map(W::from_word).collect::<Option<_>>().map(Self)
    }

    fn schema() -> Value {
        words_schema(W::WORDS)
    }

    fn form() -> String {
        format!("some of {}, with commas between", W::WORDS.join(", "))
    }

    fn refusal(text: &str) -> String {
        refused_word(text, W::WORDS)
    }

    fn text(&self) -> String {
        let words: Vec<&str> = self.0.iter().map(|word| word.word()).collect();
        words.join(",")
    }
}

/// The schema of a list of these words, separated by commas.
pub(super) fn words_schema(words: &[&str]) -> Value {
    json!({"type": "array", "minItems": 1, "items": {"type": "string", "enum": words}})
}

/// The reason why a list is refused that contains a word other than these.
pub(super) fn refused_word(text: &str, words: &[&str]) -> String {
    let none = text.split(',').find(|word| !words.contains(word)).unwrap_or_default();
    format!(
        "takes some of {}, with commas between; {none:?} is none of them.{}",
        words.join(", "),
        hint(none, words)
    )
}

/// A text of up to `MAX` characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chars<const MAX: usize>(pub String);

impl<const MAX: usize> UrlValue for Chars<MAX> {
    fn parse(text: &str) -> Option<Self> {
        (text.chars().count() <= MAX).then(|| Self(text.to_owned()))
    }

    fn schema() -> Value {
        json!({"type": "string", "minLength": 1, "maxLength": MAX})
    }

    fn form() -> String {
        format!("a text of up to {MAX} characters")
    }

    fn refusal(_text: &str) -> String {
        format!("has at most {MAX} characters.")
    }

    fn text(&self) -> String {
        self.0.clone()
    }
}

/// A slug.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlugText(pub String);

impl UrlValue for SlugText {
    fn parse(text: &str) -> Option<Self> {
        is_slug(text).then(|| Self(text.to_owned()))
    }

    fn schema() -> Value {
        json!({"type": "string", "minLength": 1, "maxLength": SLUG_MAX, "pattern": SLUG_PATTERN})
    }

    fn form() -> String {
        "a slug (a-z, 0-9 and hyphens)".to_owned()
    }

    fn text(&self) -> String {
        self.0.clone()
    }
}

/// Longest text of a list, in characters: as of a single one.
const TEXT_MAX: usize = 200;

/// Up to `MAX` texts, separated by commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts<const MAX: usize>(pub Vec<String>);

impl<const MAX: usize> UrlValue for Texts<MAX> {
    const IS_LIST: bool = true;

    fn parse(text: &str) -> Option<Self> {
        let texts: Vec<String> = text.split(',').map(str::to_owned).collect();
        let is_one = |text: &String| !text.is_empty() && text.chars().count() <= TEXT_MAX;
        (texts.len() <= MAX && texts.iter().all(is_one)).then_some(Self(texts))
    }

    fn schema() -> Value {
        let item =
            json!({"type": "string", "minLength": 1, "maxLength": TEXT_MAX, "pattern": "^[^,]+$"});
        json!({"type": "array", "minItems": 1, "maxItems": MAX, "items": item})
    }

    fn form() -> String {
        format!("up to {MAX} names of up to {TEXT_MAX} characters, with commas between")
    }

    fn refusal(_text: &str) -> String {
        format!("takes {}, and none of them empty.", Self::form())
    }

    fn text(&self) -> String {
        self.0.join(",")
    }
}

/// Up to `MAX` ids, separated by commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uuids<const MAX: usize>(pub Vec<Uuid>);

impl<const MAX: usize> UrlValue for Uuids<MAX> {
    const IS_LIST: bool = true;

    fn parse(text: &str) -> Option<Self> {
        let count = text.split(',').count();
        let read = text.split(',').map(parse_id);
        read.collect::<Option<_>>().filter(|_| count <= MAX).map(Self)
    }

    fn schema() -> Value {
        json!({"type": "array", "minItems": 1, "maxItems": MAX, "items": <Uuid as UrlValue>::schema()})
    }

    fn form() -> String {
        format!("up to {MAX} ids (UUIDs), with commas between")
    }

    fn refusal(text: &str) -> String {
        if text.split(',').count() > MAX {
            return format!("takes up to {MAX} ids.");
        }
        let none = text.split(',').find(|item| parse_id(item).is_none()).unwrap_or_default();
        format!("takes ids (UUIDs), with commas between; {none:?} is none.")
    }

    fn text(&self) -> String {
        let items: Vec<String> = self.0.iter().map(Uuid::to_string).collect();
        items.join(",")
    }
}

/// The number of a version, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(pub i64);

/// Largest version number: the largest integer that every JSON parser keeps exactly (2^53 - 1).
const VERSION_MAX: i64 = 9_007_199_254_740_991;

impl UrlValue for Version {
    fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().all(|c| c.is_ascii_digit()) && !text.starts_with('0');
        let number = text.parse().ok().filter(|_| digits)?;
        (1..=VERSION_MAX).contains(&number).then_some(Self(number))
    }

    fn schema() -> Value {
        json!({"type": "integer", "format": "int64", "minimum": 1, "maximum": VERSION_MAX})
    }

    fn form() -> String {
        "the number of a version, a whole number from 1".to_owned()
    }

    fn text(&self) -> String {
        self.0.to_string()
    }
}

/// A reference to a resource in a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Locator {
    /// By its id.
    Id(Uuid),
    /// By its slug.
    Slug(String),
}

impl std::fmt::Display for Locator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Slug(slug) => slug.fmt(f),
        }
    }
}

impl UrlValue for Locator {
    fn parse(text: &str) -> Option<Self> {
        let slug = || is_slug(text).then(|| Self::Slug(text.to_owned()));
        parse_id(text).map(Self::Id).or_else(slug)
    }

    fn schema() -> Value {
        locator_schema()
    }

    fn form() -> String {
        "an id (a UUID) or a slug (a-z, 0-9 and hyphens)".to_owned()
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

impl Serialize for Locator {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Input for Locator {
    fn read(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let text = string(value, at, faults)?;
        let parsed = Self::parse(&text);
        if parsed.is_none() {
            let detail = format!("must be {}.", Self::form());
            faults.add(at, FaultCode::WrongForm, detail);
        }
        parsed
    }

    fn schema() -> Value {
        locator_schema()
    }
}

/// One string with one pattern: generators make an empty type, or code that does not compile, of
/// alternatives that are all strings.
fn locator_schema() -> Value {
    let inner = |pattern: &str| pattern.trim_matches(['^', '$']).to_owned();
    let pattern = format!("^({}|{})$", inner(UUID_PATTERN), inner(SLUG_PATTERN));
    json!({"type": "string", "minLength": 1, "maxLength": SLUG_MAX, "pattern": pattern})
}

/// Up to `MAX` ids and slugs, separated by commas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locators<const MAX: usize>(pub Vec<Locator>);

impl<const MAX: usize> UrlValue for Locators<MAX> {
    const IS_LIST: bool = true;

    fn parse(text: &str) -> Option<Self> {
        let count = text.split(',').count();
        let read = text.split(',').map(Locator::parse);
        read.collect::<Option<_>>().filter(|_| count <= MAX).map(Self)
    }

    fn schema() -> Value {
        json!({"type": "array", "minItems": 1, "maxItems": MAX, "items": locator_schema()})
    }

    fn form() -> String {
        format!("up to {MAX} ids and slugs, with commas between")
    }

    fn refusal(text: &str) -> String {
        if text.split(',').count() > MAX {
            return format!("takes up to {MAX} ids or slugs.");
        }
        let neither = text.split(',').find(|item| Locator::parse(item).is_none());
        let neither = neither.unwrap_or_default();
        format!("takes ids and slugs, with commas between; {neither:?} is neither.")
    }

    fn text(&self) -> String {
        let items: Vec<String> = self.0.iter().map(Locator::text).collect();
        items.join(",")
    }
}

/// Longest detail, in characters: it may repeat what a client sent.
const DETAIL_MAX: usize = 600;

/// The beginning of every API key.
pub(crate) const KEY_PREFIX: &str = "cdk_";

/// A fault of a parameter. An API key in a URL is never repeated.
pub(super) fn fault(parameter: &str, detail: &str) -> ParameterFault {
    ParameterFault {
        parameter: cut(&without_keys(parameter)),
        detail: without_keys(detail).chars().take(DETAIL_MAX).collect(),
    }
}

fn without_keys(text: &str) -> String {
    let mut pieces = text.split(KEY_PREFIX);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = piece.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        out.push_str(KEY_PREFIX);
        out.push_str("..");
        out.push_str(rest);
    }
    out
}
