//! The rules for members of a body, each a type: a value that was read is valid.

use std::ops::Deref;

use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::input::{Input, wrong_type};
use super::schema::make_nullable;
use crate::domain::ids::{UUID_PATTERN, parse_id};
use crate::domain::instant::{INSTANT_PATTERN, Instant};
use crate::domain::slug::{SLUG_MAX, SLUG_PATTERN, is_slug};
use crate::domain::text::{
    FILLED_TEXT_PATTERN, LINE_PATTERN, TEXT_PATTERN, is_blank, is_forbidden_in_line,
    is_forbidden_in_text, normalize_newlines,
};
use crate::domain::words::Word;
use crate::problem::{FaultCode, Faults};

macro_rules! text_type {
    ($(#[$meta:meta])* $name:ident $(<$(const $param:ident: usize),+>)?) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(transparent)]
        pub struct $name $(<$(const $param: usize),+>)? (String);

        impl $(<$(const $param: usize),+>)? $name $(<$($param),+>)? {
            /// The text itself.
            #[must_use]
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl $(<$(const $param: usize),+>)? Deref for $name $(<$($param),+>)? {
            type Target = str;
            fn deref(&self) -> &str {
                &self.0
            }
        }
    };
}

text_type! {
    /// One line of 1 to `MAX` code points: not blank, no control characters or bidi overrides.
    Line<const MAX: usize>
}
text_type! {
    /// [`Line`], or an empty text where that says something else than null.
    LineOrEmpty<const MAX: usize>
}
text_type! {
    /// Text of up to `MAX` code points; tabs and newlines are allowed, CR LF becomes LF.
    Text<const MAX: usize>
}
text_type! {
    /// [`Text`] that is not blank.
    FilledText<const MAX: usize>
}
text_type! {
    /// Text of up to `MAX` bytes of UTF-8.
    LongText<const MAX: usize>
}
text_type! {
    /// A slug.
    Slug
}
text_type! {
    /// A language tag (BCP 47), in its canonical case.
    Language
}
text_type! {
    /// A mail address, checked without sending to it.
    Email
}

/// Longest language tag, in characters (RFC 5646 section 4.4.1).
const LANGUAGE_MAX: usize = 35;
/// The pattern of a language tag; the reader is stricter (RFC 5646 section 2.1).
const LANGUAGE_PATTERN: &str = "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$";
/// Longest mail address, in characters (RFC 5321 section 4.5.3.1.3, less its brackets).
const EMAIL_MAX: usize = 254;
/// The pattern of a mail address.
const EMAIL_PATTERN: &str =
    "^[^@\\s\\u0000-\\u001f\\u007f-\\u009f]{1,64}@[^@\\s\\u0000-\\u001f\\u007f-\\u009f]+$";

/// Reads a string from `value`.
pub(super) fn string(value: Value, at: &str, faults: &mut Faults) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        other => {
            wrong_type(&other, "a string", at, faults);
            None
        }
    }
}

/// Adds to `faults` what is wrong with a text that was sent with `count` code points; true if
/// nothing is.
fn check_text(
    text: &str,
    count: usize,
    length: std::ops::RangeInclusive<usize>,
    forbidden: fn(char) -> bool,
    at: &str,
    faults: &mut Faults,
) -> bool {
    let mut fine = true;
    if *length.start() > 0 && text.chars().all(is_blank) {
        let detail = "must not be blank: it holds nothing that is seen.";
        faults.add(at, FaultCode::TooShort, detail);
        fine = false;
    }
    if count > *length.end() {
        faults.add(
            at,
            FaultCode::TooLong,
            format!("has {count} characters; at most {} are taken.", length.end()),
        );
        fine = false;
    }
    if let Some(c) = text.chars().find(|c| forbidden(*c)) {
        faults.add(
            at,
            FaultCode::ForbiddenCharacter,
            format!("holds the character U+{:04X}, which may not stand here.", u32::from(c)),
        );
        fine = false;
    }
    fine
}

/// Reads a text of several lines. The length that counts is that of the text as sent, as
/// `maxLength` in the document says, though CR LF becomes LF.
fn several_lines(
    value: Value,
    length: std::ops::RangeInclusive<usize>,
    at: &str,
    faults: &mut Faults,
) -> Option<String> {
    let sent = string(value, at, faults)?;
    let count = sent.chars().count();
    let text = normalize_newlines(sent);
    check_text(&text, count, length, is_forbidden_in_text, at, faults).then_some(text)
}

impl<const MAX: usize> Input for Line<MAX> {
    fn read(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let text = string(value, at, faults)?;
        let count = text.chars().count();
        check_text(&text, count, 1..=MAX, is_forbidden_in_line, at, faults).then_some(Self(text))
    }

    fn schema() -> Value {
        json!({"type": "string", "minLength": 1, "maxLength": MAX, "pattern": LINE_PATTERN})
    }
}

impl<const MAX: usize> Input for LineOrEmpty<MAX> {
    fn read(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        match value == "" {
            true => Some(Self(String::new())),
            false => Line::<MAX>::read(value, at, faults).map(|line| Self(line.0)),
        }
    }

    fn schema() -> Value {
        json!({"type": "string", "maxLength": MAX, "pattern": format!("^$|{LINE_PATTERN}")})
    }
}

impl<const MAX: usize> Input for Text<MAX> {
    fn read(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        several_lines(value, 0..=MAX, at, faults).map(Self)
    }

    fn schema() -> Value {
        json!({"type": "string", "maxLength": MAX, "pattern": TEXT_PATTERN})
    }
}

impl<const MAX: usize> Input for FilledText<MAX> {
    fn read(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        several_lines(value, 1..=MAX, at, faults).map(Self)
    }

    fn schema() -> Value {
        json!({"type": "string", "minLength": 1, "maxLength": MAX, "pattern": FILLED_TEXT_PATTERN})
    }
}

impl<const MAX: usize> Input for LongText<MAX> {
    fn read(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let bytes = value.as_str().map_or(0, str::len);
        if bytes > MAX {
            let detail = format!("has {bytes} bytes of UTF-8; at most {MAX} are taken.");
            faults.add(at, FaultCode::TooLong, detail);
            return None;
        }
        several_lines(value, 0..=MAX, at, faults).map(Self)
    }

    fn schema() -> Value {
        json!({"type": "string", "maxLength": MAX, "pattern": TEXT_PATTERN})
    }
}

impl<const MAX: usize> LongText<MAX> {
    /// The empty text.
    #[must_use]
    pub const fn empty() -> Self {
        Self(String::new())
    }
}

impl<const MAX: usize> FreeObject<MAX> {
    /// An object without members.
    #[must_use]
    pub fn empty() -> Self {
        Self(Map::new())
    }
}

impl Input for Slug {
    fn read(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let text = string(value, at, faults)?;
        if !is_slug(&text) {
            faults.add(at, FaultCode::WrongForm, format!("must be a slug: 1 to {SLUG_MAX} of a-z, 0-9 and single hyphens between them, and no UUID."));
            return None;
        }
        Some(Self(text))
    }

    fn schema() -> Value {
        json!({"type": "string", "minLength": 1, "maxLength": SLUG_MAX, "pattern": SLUG_PATTERN})
    }
}

impl Input for Language {
    fn read(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let text = string(value, at, faults)?;
        let parsed = (text.len() <= LANGUAGE_MAX)
            .then(|| oxilangtag::LanguageTag::parse_and_normalize(&text).ok())
            .flatten()
            // "x-..." is private use and "i-..." is withdrawn: neither names a language.
            .filter(|tag| tag.primary_language().len() >= 2);
        if parsed.is_none() {
            faults.add(
                at,
                FaultCode::WrongForm,
                "must be a language tag (BCP 47) such as en or pt-BR.",
            );
        }
        parsed.map(|tag| Self(tag.into_inner()))
    }

    fn schema() -> Value {
        json!({"type": "string", "maxLength": LANGUAGE_MAX, "pattern": LANGUAGE_PATTERN})
    }
}

impl Language {
    /// English, the language where no setting applies.
    #[must_use]
    pub fn english() -> Self {
        Self("en".to_owned())
    }
}

impl Input for Email {
    fn read(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let text = string(value, at, faults)?;
        let parts = text.split_once('@');
        let fits = text.chars().count() <= EMAIL_MAX
            && !text.chars().any(|c| c.is_whitespace() || is_forbidden_in_line(c))
            && parts.is_some_and(|(local, domain)| {
                (1..=64).contains(&local.chars().count())
                    && !domain.is_empty()
                    && !domain.contains('@')
            });
        if !fits {
            faults.add(
                at,
                FaultCode::WrongForm,
                format!("must be a mail address of at most {EMAIL_MAX} characters."),
            );
            return None;
        }
        Some(Self(text))
    }

    fn schema() -> Value {
        json!({"type": "string", "maxLength": EMAIL_MAX, "pattern": EMAIL_PATTERN})
    }
}

impl Input for Uuid {
    fn read(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let text = string(value, at, faults)?;
        let parsed = parse_id(&text);
        if parsed.is_none() {
            faults.add(at, FaultCode::WrongForm, "must be an id (a UUID).");
        }
        parsed
    }

    fn schema() -> Value {
        json!({"type": "string", "format": "uuid", "pattern": UUID_PATTERN})
    }
}

impl Input for Instant {
    fn read(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let text = string(value, at, faults)?;
        let parsed = Self::parse(&text);
        if parsed.is_none() {
            faults.add(at, FaultCode::WrongForm, "must be an RFC 3339 instant with an offset and at most 6 fraction digits, such as 2026-11-22T10:00:00Z, a day of the years 0001 to 9999 (UTC).");
        }
        parsed
    }

    fn schema() -> Value {
        json!({"type": "string", "format": "date-time", "pattern": INSTANT_PATTERN})
    }
}

/// A whole number from `MIN` to `MAX`; `1.0` is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Integer<const MIN: i64, const MAX: i64>(pub i64);

impl<const MIN: i64, const MAX: i64> Input for Integer<MIN, MAX> {
    fn read(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let number = match &value {
            Value::Number(number) => number.as_f64().filter(|number| number.fract() == 0.0),
            _ => None,
        };
        let Some(number) = number else {
            wrong_type(&value, "a whole number", at, faults);
            return None;
        };
        // The bounds are far inside the range that an f64 keeps exactly, so the comparison is
        // exact too.
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "see above"
        )]
        if (MIN as f64..=MAX as f64).contains(&number) {
            Some(Self(number as i64))
        } else {
            faults.add(at, FaultCode::OutOfRange, format!("must be from {MIN} to {MAX}."));
            None
        }
    }

    fn schema() -> Value {
        json!({"type": "integer", "format": "int64", "minimum": MIN, "maximum": MAX})
    }
}

impl<T: Input> Input for Option<T> {
    fn read(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        if value.is_null() { Some(None) } else { T::read(value, at, faults).map(Some) }
    }

    fn schema() -> Value {
        let mut schema = T::schema();
        make_nullable(&mut schema);
        schema
    }
}

impl Input for bool {
    fn read(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let read = value.as_bool();
        if read.is_none() {
            wrong_type(&value, "true or false", at, faults);
        }
        read
    }

    fn schema() -> Value {
        json!({"type": "boolean"})
    }
}

/// A list of up to `MAX` values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct List<T, const MAX: usize>(pub Vec<T>);

impl<T, const MAX: usize> List<T, MAX> {
    /// The empty list.
    #[must_use]
    pub const fn empty() -> Self {
        Self(Vec::new())
    }
}

impl<T: Deref<Target = str>, const MAX: usize> List<T, MAX> {
    /// Its texts, each once.
    #[must_use]
    pub fn once(&self) -> Vec<String> {
        let mut entries: Vec<String> = Vec::new();
        for entry in &self.0 {
            if !entries.iter().any(|known| **known == **entry) {
                entries.push(entry.to_string());
            }
        }
        entries
    }
}

impl<T: Input, const MAX: usize> Input for List<T, MAX> {
    fn read(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let Value::Array(values) = value else {
            wrong_type(&value, "an array", at, faults);
            return None;
        };
        if values.len() > MAX {
            faults.add(
                at,
                FaultCode::TooLong,
                format!("has {} entries; at most {MAX} are taken.", values.len()),
            );
            return None;
        }
        let count = values.len();
        let read: Vec<T> = values
            .into_iter()
            .enumerate()
            .filter_map(|(index, value)| T::read(value, &format!("{at}/{index}"), faults))
            .collect();
        (read.len() == count).then_some(Self(read))
    }

    fn schema() -> Value {
        json!({"type": "array", "maxItems": MAX, "items": T::schema()})
    }
}

/// Any JSON object whose compact text is at most `MAX` bytes long.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct FreeObject<const MAX: usize>(pub Map<String, Value>);

impl<const MAX: usize> Input for FreeObject<MAX> {
    fn read(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let size = value.to_string().len();
        let Value::Object(members) = value else {
            wrong_type(&value, "an object", at, faults);
            return None;
        };
        if size > MAX {
            faults.add(
                at,
                FaultCode::TooLong,
                format!("has {size} bytes of JSON; at most {MAX} are taken."),
            );
            return None;
        }
        check_strings(&members, at, faults).then_some(Self(members))
    }

    fn schema() -> Value {
        json!({"type": "object", "additionalProperties": true})
    }
}

/// NUL and control characters are refused inside free objects too, in names and values.
fn check_strings(members: &Map<String, Value>, at: &str, faults: &mut Faults) -> bool {
    fn walk(value: &Value, at: &str, faults: &mut Faults) -> bool {
        match value {
            Value::String(text) => check_text(
                text,
                0,
                0..=usize::MAX,
                |c| c != '\r' && is_forbidden_in_text(c),
                at,
                faults,
            ),
            Value::Array(items) => items.iter().enumerate().fold(true, |fine, (index, item)| {
                walk(item, &format!("{at}/{index}"), faults) && fine
            }),
            Value::Object(members) => check_strings(members, at, faults),
            Value::Null | Value::Bool(_) | Value::Number(_) => true,
        }
    }
    members.iter().fold(true, |fine, (name, value)| {
        let at = super::json::pointer(at, name);
        let name_fine = check_text(name, 0, 0..=usize::MAX, is_forbidden_in_line, &at, faults);
        walk(value, &at, faults) && name_fine && fine
    })
}

impl<W: Word> Input for W {
    fn read(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let Value::String(word) = &value else {
            wrong_type(&value, "a string", at, faults);
            return None;
        };
        let known = Self::from_word(word);
        if known.is_none() {
            let detail = format!("must be one of {}.", Self::WORDS.join(", "));
            faults.add(at, FaultCode::UnknownValue, detail);
        }
        known
    }

    fn schema() -> Value {
        json!({"type": "string", "enum": Self::WORDS})
    }
}
