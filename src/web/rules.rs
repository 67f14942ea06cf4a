//! The rules that members of a body follow, each a type: what was read is right.

use std::ops::Deref;

use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::input::{Input, make_nullable, wrong_type};
use crate::domain::ids::parse_id;
use crate::domain::instant::{INSTANT_PATTERN, Instant};
use crate::domain::slug::{SLUG_MAX, SLUG_PATTERN, is_slug};
use crate::domain::text::{
    FILLED_TEXT_PATTERN, LINE_PATTERN, TEXT_PATTERN, is_blank, is_forbidden_in_line,
    is_forbidden_in_text, normalize_newlines,
};
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
    /// One line of 1 to `MAX` code points, not blank, without control characters or bidi overrides.
    Line<const MAX: usize>
}
text_type! {
    /// Text of up to `MAX` code points; tabs and newlines are fine, CR LF becomes LF.
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
    /// An absolute http or https URL of up to [`URL_MAX`] characters.
    WebUrl
}
text_type! {
    /// A language tag (BCP 47), in its canonical case.
    Language
}
text_type! {
    /// An address of electronic mail, as far as one can tell without sending to it.
    Email
}

/// Longest URL, in characters: what browsers and proxies are sure to carry.
pub const URL_MAX: usize = 2_048;
/// What a URL looks like; the reader is stricter (WHATWG URL Standard).
const URL_PATTERN: &str =
    "^https?://[^\\s<>\"\\u0000-\\u0020\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]+$";
/// Longest language tag, in characters (RFC 5646 section 4.4.1).
const LANGUAGE_MAX: usize = 35;
/// What a language tag looks like; the reader is stricter (RFC 5646 section 2.1).
const LANGUAGE_PATTERN: &str = "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$";
/// Longest mail address, in characters (RFC 5321 section 4.5.3.1.3, less its brackets).
const EMAIL_MAX: usize = 254;
/// What a mail address looks like.
const EMAIL_PATTERN: &str =
    "^[^@\\s\\u0000-\\u001f\\u007f-\\u009f]{1,64}@[^@\\s\\u0000-\\u001f\\u007f-\\u009f]+$";

/// Takes a string out of `value`.
fn string(value: Value, at: &str, faults: &mut Faults) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        other => {
            wrong_type(&other, "a string", at, faults);
            None
        }
    }
}

/// Notes what is wrong with a text that was sent with `count` code points;
/// whether all was well.
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
            format!(
                "has {count} characters; at most {} are taken.",
                length.end()
            ),
        );
        fine = false;
    }
    if let Some(c) = text.chars().find(|c| forbidden(*c)) {
        faults.add(
            at,
            FaultCode::ForbiddenCharacter,
            format!(
                "holds the character U+{:04X}, which may not stand here.",
                u32::from(c)
            ),
        );
        fine = false;
    }
    fine
}

/// Reads a text of several lines. Its length is that of what was sent, as the
/// document's `maxLength` says, though CR LF becomes LF.
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
    /// No text.
    #[must_use]
    pub const fn empty() -> Self {
        Self(String::new())
    }
}

impl<const MAX: usize> FreeObject<MAX> {
    /// No members.
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

impl Input for WebUrl {
    fn read(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let text = string(value, at, faults)?;
        let fits = text.chars().count() <= URL_MAX
            && (text.starts_with("https://") || text.starts_with("http://"))
            && !text
                .chars()
                .any(|c| c.is_whitespace() || is_forbidden_in_line(c) || "<>\"".contains(c))
            && url::Url::parse(&text).is_ok_and(|url| url.has_host());
        if !fits {
            faults.add(
                at,
                FaultCode::WrongForm,
                format!("must be an absolute http or https URL of at most {URL_MAX} characters."),
            );
            return None;
        }
        Some(Self(text))
    }

    fn schema() -> Value {
        json!({"type": "string", "maxLength": URL_MAX, "pattern": URL_PATTERN})
    }
}

impl Input for Language {
    fn read(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let text = string(value, at, faults)?;
        let parsed = (text.len() <= LANGUAGE_MAX)
            .then(|| oxilangtag::LanguageTag::parse_and_normalize(&text).ok())
            .flatten()
            // "x-..." is private use and "i-..." withdrawn: neither names a language.
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
    /// The language of what names none, until it can be set.
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
            && !text
                .chars()
                .any(|c| c.is_whitespace() || is_forbidden_in_line(c))
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

/// The pattern of a UUID (RFC 9562 section 4).
pub const UUID_PATTERN: &str = "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$";

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
            faults.add(at, FaultCode::WrongForm, "must be an RFC 3339 instant with an offset and at most 6 fraction digits, such as 2026-11-22T10:00:00Z.");
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
        // Bounds are far inside what an f64 keeps exactly, so the comparison is exact too.
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "see above"
        )]
        if (MIN as f64..=MAX as f64).contains(&number) {
            Some(Self(number as i64))
        } else {
            faults.add(
                at,
                FaultCode::OutOfRange,
                format!("must be from {MIN} to {MAX}."),
            );
            None
        }
    }

    fn schema() -> Value {
        json!({"type": "integer", "format": "int64", "minimum": MIN, "maximum": MAX})
    }
}

impl<T: Input> Input for Option<T> {
    fn read(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        if value.is_null() {
            Some(None)
        } else {
            T::read(value, at, faults).map(Some)
        }
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
    /// No values.
    #[must_use]
    pub const fn empty() -> Self {
        Self(Vec::new())
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

/// Any JSON object whose compact text has at most `MAX` bytes.
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

/// NUL and control characters are refused inside free objects too, in names and in values.
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

/// Declares an enum whose values are words on the wire and in the database.
#[macro_export]
macro_rules! words {
    ($( $(#[doc = $doc:literal])+ pub enum $name:ident as $schema:literal $(shown as $example:literal)? { $( $(#[doc = $value_doc:literal])+ $value:ident = $word:literal ),+ $(,)? } )+) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
        pub enum $name { $( $(#[doc = $value_doc])+ #[serde(rename = $word)] $value ),+ }

        impl $name {
            /// All values as words.
            pub const WORDS: &'static [&'static str] = &[ $($word),+ ];

            /// The value as a word.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $( Self::$value => $word ),+ }
            }

            /// The value that `word` names.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $( $word => Some(Self::$value), )+ _ => None }
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some(concat!($($doc, "\n"),+).trim()))
                    .enum_values(Some(Self::WORDS.iter().copied()))
                    $( .examples([$example]) )?
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                $schema.into()
            }
        }

        impl $crate::web::input::Input for $name {
            fn read(value: serde_json::Value, at: &str, faults: &mut $crate::problem::Faults) -> Option<Self> {
                let serde_json::Value::String(word) = &value else {
                    $crate::web::input::wrong_type(&value, "a string", at, faults);
                    return None;
                };
                let known = Self::from_word(word);
                if known.is_none() {
                    faults.add(at, $crate::problem::FaultCode::UnknownValue, format!("must be one of {}.", Self::WORDS.join(", ")));
                }
                known
            }

            fn schema() -> serde_json::Value {
                serde_json::json!({"type": "string", "enum": Self::WORDS})
            }
        }
    )+ };
}
