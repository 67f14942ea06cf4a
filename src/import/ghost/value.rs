//! Values of an export. A record in which one has a strange type is refused by itself, not with its file; what only
//! says whether something is there is not kept.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::domain::instant::Instant;
use crate::domain::text::cut;

/// Longest text that is kept, in bytes: 16 times the longest body of an article, for the parts of a text that are cut.
const TEXT_MAX: usize = 8 * 1024 * 1024;
/// Longest id, in bytes: those of Ghost have 24, and ids are printed in reports.
const ID_MAX: usize = 64;
/// Longest document of an editor that may be blank, in bytes: an empty one has some hundreds.
const BLANK_DOCUMENT_MAX: usize = 16 * 1024;

/// What is made of a value; the default is that of null.
pub trait Taken: Default {
    /// That of a text.
    fn of_text(text: &str) -> Self;
    /// That of a whole number; true is 1 and false is 0, as in Ghost's databases.
    fn of_number(number: i64) -> Self;
    /// That of anything else.
    fn of_other() -> Self;
}

/// Takes a value of any type.
///
/// # Errors
/// Only what the input itself gives.
pub fn take<'de, T: Taken, D: Deserializer<'de>>(input: D) -> Result<T, D::Error> {
    input.deserialize_any(Taking::<T>(PhantomData))
}

struct Taking<T>(PhantomData<T>);

impl<'de, T: Taken> Visitor<'de> for Taking<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<T, E> {
        Ok(T::of_number(i64::from(truth)))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        Ok(T::of_number(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        Ok(i64::try_from(number).map_or_else(|_| T::of_other(), T::of_number))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<T, E> {
        Ok(T::of_other())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        Ok(T::of_text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<T, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(T::of_other())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<T, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(T::of_other())
    }
}

macro_rules! taken {
    ($($name:ty),+) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                take(input)
            }
        }
    )+};
}

taken!(Field, Filled, Id, Document);

/// A value that is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Field {
    /// Null, or not there.
    #[default]
    Nothing,
    /// A text.
    Text(String),
    /// A whole number, or a truth.
    Number(i64),
    /// Anything else, and a text over 8 MiB.
    Other,
}

impl Taken for Field {
    fn of_text(text: &str) -> Self {
        match text.len() {
            0..=TEXT_MAX => Self::Text(text.to_owned()),
            _ => Self::Other,
        }
    }

    fn of_number(number: i64) -> Self {
        Self::Number(number)
    }

    fn of_other() -> Self {
        Self::Other
    }
}

impl Field {
    /// Its text without white space around it, if it has one that is not blank.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// Its number.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// Its instant, in either of the forms that Ghost's databases give: `2026-01-09 17:30:00` (UTC) or RFC 3339.
    ///
    /// # Errors
    /// What the member `name` must be, if this is anything else.
    pub fn time(&self, name: &str) -> Result<Option<Instant>, String> {
        let at = match self {
            Self::Nothing => return Ok(None),
            Self::Text(text) if text.trim().is_empty() => return Ok(None),
            Self::Text(text) => instant(text.trim()),
            Self::Number(_) | Self::Other => None,
        };
        at.map(Some).ok_or_else(|| {
            let shown = self.shown();
            format!(
                "`{name}` must be a time such as 2026-01-09 17:30:00 or 2026-01-09T17:30:00.000Z, not {shown}"
            )
        })
    }

    /// The value as a refusal shows it.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Nothing => "null".to_owned(),
            Self::Text(text) => format!("{:?}", cut(text)),
            Self::Number(number) => number.to_string(),
            Self::Other => "a value of another type".to_owned(),
        }
    }
}

fn instant(text: &str) -> Option<Instant> {
    Instant::parse(text).or_else(|| {
        let (day, time) = text.split_once(' ')?;
        Instant::parse(&format!("{day}T{time}Z"))
    })
}

/// Whether a value is more than null, false, 0 and the blank text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filled(pub bool);

impl Taken for Filled {
    fn of_text(text: &str) -> Self {
        Self(!matches!(text.trim(), "" | "0" | "false"))
    }

    fn of_number(number: i64) -> Self {
        Self(number != 0)
    }

    fn of_other() -> Self {
        Self(true)
    }
}

/// The id of a record; none if it is anything but letters, digits, hyphens and underscores of ASCII.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Id(Option<String>);

impl Taken for Id {
    fn of_text(text: &str) -> Self {
        let fits = (1..=ID_MAX).contains(&text.len())
            && text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'));
        Self(fits.then(|| text.to_owned()))
    }

    fn of_number(number: i64) -> Self {
        Self(Some(number.to_string()))
    }

    fn of_other() -> Self {
        Self(None)
    }
}

impl Id {
    /// The id itself.
    #[must_use]
    pub fn get(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

/// Whether a document in the form of one of Ghost's editors (Lexical, Mobiledoc) says anything to readers of the site.
/// Its text is not kept: what the site showed is in `html`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// True if it does, or if that cannot be told.
    pub is_filled: bool,
}

impl Taken for Document {
    fn of_text(text: &str) -> Self {
        Self { is_filled: says_something(text.trim()) }
    }

    fn of_number(_: i64) -> Self {
        Self { is_filled: true }
    }

    fn of_other() -> Self {
        Self { is_filled: true }
    }
}

/// Nodes of Lexical that are nothing without their text.
const PLAIN_NODES: [&str; 7] =
    ["root", "paragraph", "text", "extended-text", "linebreak", "heading", "extended-heading"];
/// Nodes of Lexical that are sent by email alone.
const EMAIL_NODES: [&str; 2] = ["email", "email-cta"];

fn says_something(document: &str) -> bool {
    if document.is_empty() {
        return false;
    }
    if document.len() > BLANK_DOCUMENT_MAX {
        return true;
    }
    let Ok(document) = serde_json::from_str::<Value>(document) else {
        return true;
    };
    match (document.get("root"), document["sections"].as_array()) {
        (Some(root), _) => node_says_something(root),
        (None, Some(sections)) => {
            let has_cards = document["cards"].as_array().is_some_and(|cards| !cards.is_empty());
            has_cards || sections.iter().any(section_says_something)
        }
        (None, None) => true,
    }
}

/// Judges a node of Lexical.
fn node_says_something(node: &Value) -> bool {
    let kind = node["type"].as_str().unwrap_or_default();
    if EMAIL_NODES.contains(&kind) {
        return false;
    }
    let has_text = node["text"].as_str().is_some_and(|text| !text.trim().is_empty());
    let children = node["children"].as_array();
    !PLAIN_NODES.contains(&kind)
        || has_text
        || children.into_iter().flatten().any(node_says_something)
}

/// Judges a section of Mobiledoc: `[1, "p", [[0, [], 0, "text"]]]` is a paragraph, other numbers are pictures, lists
/// and cards.
fn section_says_something(section: &Value) -> bool {
    let has_text = |marker: &Value| marker[3].as_str().is_some_and(|text| !text.trim().is_empty());
    let markers = section[2].as_array();
    section[0] != 1 || markers.into_iter().flatten().any(has_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_in_two_forms() {
        for (text, want) in [
            ("2026-01-09 17:30:00", "2026-01-09T17:30:00.000000Z"),
            ("2026-01-09T17:30:00.000Z", "2026-01-09T17:30:00.000000Z"),
            (" 2026-01-09T18:30:00+01:00 ", "2026-01-09T17:30:00.000000Z"),
        ] {
            let at = Field::of_text(text).time("published_at").unwrap().unwrap();
            assert_eq!(at.to_string(), want, "{text}");
        }
        assert_eq!(Field::Nothing.time("x"), Ok(None));
        assert_eq!(Field::of_text(" ").time("x"), Ok(None));
        for wrong in [
            Field::of_text("2026-01-09"),
            Field::of_text("2026-02-30 17:30:00"),
            Field::of_text("2026-01-09 17:30:00+01:00"),
            Field::Number(1_408_552_443_891),
            Field::Other,
        ] {
            let reason = wrong.time("published_at").unwrap_err();
            assert!(reason.starts_with("`published_at` must be a time"), "{reason}");
        }
    }

    #[test]
    fn a_value_may_have_any_type() {
        let read = |text: &str| serde_json::from_str::<Field>(text).unwrap();
        assert_eq!(read("null"), Field::Nothing);
        assert_eq!(read("true"), Field::Number(1));
        assert_eq!(read("-3"), Field::Number(-3));
        assert_eq!(read("18446744073709551615"), Field::Other);
        for text in ["1.5", "[1, [2]]", "{\"a\": {\"b\": 1}}"] {
            assert_eq!(read(text), Field::Other, "{text}");
        }
        assert_eq!(read("\"x\"").text(), Some("x"));
        let id = |text: &str| serde_json::from_str::<Id>(text).unwrap().0;
        assert_eq!(id("\"65f0-a\"").as_deref(), Some("65f0-a"));
        assert_eq!(id("7").as_deref(), Some("7"));
        for text in ["null", "\"\"", "\"a b\"", "\"a\\n\"", "[]", "1.5"] {
            assert_eq!(id(text), None, "{text}");
        }
        let filled = |text: &str| serde_json::from_str::<Filled>(text).unwrap().0;
        assert!(["1", "true", "\"x\"", "\"1\"", "[]"].into_iter().all(filled));
        assert!(!["0", "false", "null", "\"\"", "\"0\"", "\"false\""].into_iter().any(filled));
    }

    #[test]
    fn a_document_without_words_is_blank() {
        let lexical = |children: &str| {
            format!(
                r#"{{"root":{{"children":[{{"children":[{children}],"type":"paragraph","version":1}}],"type":"root"}}}}"#
            )
        };
        for blank in [
            String::new(),
            lexical(""),
            lexical(r#"{"text":" ","type":"extended-text"}"#),
            r#"{"root":{"type":"root","children":[{"type":"email","html":"<p>Hello</p>"}]}}"#
                .to_owned(),
            r#"{"version":"0.3.1","cards":[],"sections":[[1,"p",[]],[1,"p",[[0,[],0,""]]]]}"#
                .to_owned(),
        ] {
            assert!(!says_something(&blank), "{blank}");
        }
        for filled in [
            lexical(r#"{"text":"Hello","type":"extended-text"}"#),
            lexical(r#"{"type":"image","src":"x"}"#),
            r#"{"version":"0.3.1","cards":[],"sections":[[1,"p",[[0,[],0,"Hello"]]]]}"#.to_owned(),
            r#"{"version":"0.3.1","cards":[["html",{}]],"sections":[[10,0]]}"#.to_owned(),
            "Hello".to_owned(),
            "{}".to_owned(),
            format!("{}{}", lexical(""), " ".repeat(BLANK_DOCUMENT_MAX)) + "x",
        ] {
            assert!(says_something(&filled), "{filled}");
        }
    }
}
