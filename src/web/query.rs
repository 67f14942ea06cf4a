//! Path and query parameters: declared once with each operation, which gives
//! both the document and the reader. Nothing unknown, repeated or empty passes.

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::path::Locator;
use super::rules::UUID_PATTERN;
use crate::domain::ids::parse_id;
use crate::domain::instant::{INSTANT_PATTERN, Instant};
use crate::domain::slug::{SLUG_MAX, SLUG_PATTERN};
use crate::domain::text::cut;
use crate::problem::{FAULTS_MAX, ParameterFault, Problem};

/// Fewest and most entries on a page: past a hundred a page costs more than
/// the round trip that it saves.
pub const LIMIT_RANGE: std::ops::RangeInclusive<i64> = 1..=100;
/// Entries on a page where the client names no number.
pub const LIMIT_DEFAULT: i64 = 20;
/// Longest cursor, in characters: ours are a third of this.
const CURSOR_MAX: usize = 512;

/// What a query parameter takes.
#[derive(Clone, Copy, Debug)]
pub enum Takes {
    /// A page size.
    Limit,
    /// An opaque cursor.
    Cursor,
    /// `true` or `false`.
    Flag,
    /// The number of a version.
    Version,
    /// An id.
    Id,
    /// An instant.
    Instant,
    /// A text of up to so many characters.
    Text(usize),
    /// One of these words.
    Word(&'static [&'static str]),
    /// Some of these words, with commas between.
    Words(&'static [&'static str]),
    /// Ids or slugs, up to so many, with commas between; always given.
    Locators(usize),
}

/// A query parameter.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// What it takes.
    pub takes: Takes,
}

/// Page size.
pub const LIMIT: Parameter = Parameter {
    name: "limit",
    doc: "Entries on a page.",
    takes: Takes::Limit,
};
/// Where the page starts.
pub const CURSOR: Parameter = Parameter {
    name: "cursor",
    doc: "Where to go on: `next` of the page before. Filters must stay the same; `limit`, `fields` and `count` may change.",
    takes: Takes::Cursor,
};
/// Whether to count.
pub const COUNT: Parameter = Parameter {
    name: "count",
    doc: "Whether to add `total`, the number of entries on all pages.",
    takes: Takes::Flag,
};

/// The parameter `fields`.
#[must_use]
pub const fn fields(names: &'static [&'static str]) -> Parameter {
    Parameter {
        name: "fields",
        doc: "Members to show of each entry, with commas between; always shown are `id`, of a version its number, and of an article its `disclaimers`.",
        takes: Takes::Words(names),
    }
}

/// `purge=true`.
pub const PURGE: Parameter = Parameter {
    name: "purge",
    doc: "Forget it for good, with its comments and its history; needs `articles:purge`.",
    takes: Takes::Flag,
};

/// `against=2`.
pub const AGAINST: Parameter = Parameter {
    name: "against",
    doc: "The version to compare with: `difference` says what changed from that one to this one.",
    takes: Takes::Version,
};

/// The parameter `state`.
#[must_use]
pub const fn state(words: &'static [&'static str], doc: &'static str) -> Parameter {
    Parameter {
        name: "state",
        doc,
        takes: Takes::Word(words),
    }
}

impl Parameter {
    /// The parameter in the document.
    #[must_use]
    pub fn document(&self) -> Value {
        let schema = match self.takes {
            Takes::Limit => {
                json!({"type": "integer", "minimum": LIMIT_RANGE.start(), "maximum": LIMIT_RANGE.end(), "default": LIMIT_DEFAULT})
            }
            Takes::Cursor => {
                json!({"type": "string", "minLength": 1, "maxLength": CURSOR_MAX, "pattern": "^[A-Za-z0-9_-]+$"})
            }
            Takes::Flag => json!({"type": "boolean", "default": false}),
            Takes::Version => version_schema(),
            Takes::Id => json!({"type": "string", "format": "uuid", "pattern": UUID_PATTERN}),
            Takes::Instant => {
                json!({"type": "string", "format": "date-time", "pattern": INSTANT_PATTERN})
            }
            Takes::Text(longest) => {
                json!({"type": "string", "minLength": 1, "maxLength": longest})
            }
            Takes::Word(words) => json!({"type": "string", "enum": words}),
            Takes::Words(words) => {
                json!({"type": "array", "minItems": 1, "items": {"type": "string", "enum": words}})
            }
            Takes::Locators(most) => {
                let id = json!({"type": "string", "format": "uuid", "pattern": UUID_PATTERN});
                json!({"type": "array", "minItems": 1, "maxItems": most, "items": {"anyOf": [id, slug_schema()]}})
            }
        };
        let is_list = matches!(self.takes, Takes::Words(_) | Takes::Locators(_));
        let mut parameter = json!({"name": self.name, "in": "query", "required": self.is_required(), "description": self.doc, "schema": schema});
        if is_list {
            parameter["style"] = json!("form");
            parameter["explode"] = json!(false);
        }
        parameter
    }

    /// Whether it is always given.
    fn is_required(&self) -> bool {
        matches!(self.takes, Takes::Locators(_))
    }

    fn read(&self, text: &str) -> Result<Parsed, String> {
        let name = self.name;
        match self.takes {
            Takes::Limit => match text.parse::<i64>() {
                Ok(number) if LIMIT_RANGE.contains(&number) && !text.starts_with('+') => Ok(Parsed::Integer(number)),
                _ => Err(format!(
                    "The parameter `{name}` takes a whole number from {} to {}, not {text:?}.",
                    LIMIT_RANGE.start(),
                    LIMIT_RANGE.end()
                )),
            },
            Takes::Cursor if text.len() > CURSOR_MAX => Err(format!("The parameter `{name}` has at most {CURSOR_MAX} characters.")),
            Takes::Cursor => Ok(Parsed::Text(text.to_owned())),
            Takes::Flag => match text {
                "true" => Ok(Parsed::Flag(true)),
                "false" => Ok(Parsed::Flag(false)),
                _ => Err(format!("The parameter `{name}` takes true or false, not {text:?}.")),
            },
            Takes::Version => version_of(text)
                .map(Parsed::Integer)
                .ok_or_else(|| format!("The parameter `{name}` takes the number of a version, not {text:?}.")),
            Takes::Id => parse_id(text)
                .map(|id| Parsed::Text(id.to_string()))
                .ok_or_else(|| format!("The parameter `{name}` takes an id (a UUID), not {text:?}.")),
            Takes::Instant => Instant::parse(text)
                .map(|at| Parsed::Integer(at.as_micros()))
                .ok_or_else(|| format!("The parameter `{name}` takes an RFC 3339 instant with an offset, such as 2026-11-22T10:00:00Z (a `+` is written %2B), not {text:?}.")),
            Takes::Text(longest) if text.chars().count() > longest => {
                Err(format!("The parameter `{name}` has at most {longest} characters."))
            }
            Takes::Text(_) => Ok(Parsed::Text(text.to_owned())),
            Takes::Word(words) => known(text, words)
                .map(Parsed::Word)
                .ok_or_else(|| format!("The parameter `{name}` takes one of {}, not {text:?}.", words.join(", "))),
            Takes::Words(words) => text
                .split(',')
                .map(|word| {
                    known(word, words).ok_or_else(|| {
                        format!("The parameter `{name}` takes some of {}, with commas between; {word:?} is none of them.", words.join(", "))
                    })
                })
                .collect::<Result<_, _>>()
                .map(Parsed::Words),
            Takes::Locators(most) if text.split(',').count() > most => {
                Err(format!("The parameter `{name}` takes up to {most} ids or slugs."))
            }
            Takes::Locators(_) => text
                .split(',')
                .map(|item| {
                    Locator::read(item).ok_or_else(|| {
                        format!("The parameter `{name}` takes ids and slugs, with commas between; {item:?} is neither.")
                    })
                })
                .collect::<Result<_, _>>()
                .map(Parsed::Locators),
        }
    }
}

/// An article's slug in the document.
pub(super) fn slug_schema() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": SLUG_MAX, "pattern": SLUG_PATTERN})
}

/// Largest number of a version: the largest that every JSON reader keeps (2^53 - 1).
const VERSION_MAX: i64 = 9_007_199_254_740_991;

pub(super) fn version_schema() -> Value {
    json!({"type": "integer", "minimum": 1, "maximum": VERSION_MAX})
}

/// The version that `text` names, in digits alone.
pub(super) fn version_of(text: &str) -> Option<i64> {
    let digits = text.bytes().all(|c| c.is_ascii_digit()) && !text.starts_with('0');
    let number = text.parse().ok().filter(|_| digits)?;
    (1..=VERSION_MAX).contains(&number).then_some(number)
}

fn known(word: &str, words: &'static [&'static str]) -> Option<&'static str> {
    words.iter().copied().find(|known| *known == word)
}

enum Parsed {
    Integer(i64),
    Text(String),
    Flag(bool),
    Word(&'static str),
    Words(Vec<&'static str>),
    Locators(Vec<Locator>),
}

/// The query parameters of a request, all of them known and well-formed.
#[derive(Default)]
pub struct Query {
    values: Vec<(&'static str, Parsed)>,
}

impl Query {
    /// Reads the raw query string (without `?`) of an operation that takes `parameters`.
    pub fn parse(raw: &str, parameters: &[Parameter], faults: &mut Vec<ParameterFault>) -> Self {
        let mut query = Self::default();
        let mut seen: Vec<&str> = Vec::new();
        for piece in raw.split('&').filter(|piece| !piece.is_empty()) {
            if faults.len() >= FAULTS_MAX {
                break;
            }
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            let (Some(name), Some(value)) = (decode(name), decode(value)) else {
                faults.push(fault(
                    piece,
                    format!("The parameter {piece:?} is not percent-encoded UTF-8."),
                ));
                continue;
            };
            let Some(parameter) = parameters.iter().find(|parameter| parameter.name == name) else {
                faults.push(fault(&name, unknown(&name, parameters)));
                continue;
            };
            if seen.contains(&parameter.name) {
                faults.push(fault(
                    &name,
                    format!("The parameter `{name}` may be given once."),
                ));
                continue;
            }
            seen.push(parameter.name);
            if value.is_empty() {
                faults.push(fault(
                    &name,
                    format!("The parameter `{name}` is empty; give it a value or leave it out."),
                ));
                continue;
            }
            match parameter.read(&value) {
                Ok(parsed) => query.values.push((parameter.name, parsed)),
                Err(detail) => faults.push(fault(&name, detail)),
            }
        }
        for parameter in parameters
            .iter()
            .filter(|parameter| parameter.is_required())
        {
            if !seen.contains(&parameter.name) {
                let name = parameter.name;
                faults.push(fault(
                    name,
                    format!("The parameter `{name}` must be given."),
                ));
            }
        }
        query
    }

    fn get(&self, name: &str) -> Option<&Parsed> {
        self.values
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// The page size asked for, or the default.
    #[must_use]
    pub fn limit(&self) -> i64 {
        match self.get(LIMIT.name) {
            Some(Parsed::Integer(limit)) => *limit,
            _ => LIMIT_DEFAULT,
        }
    }

    /// The cursor, still opaque.
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        match self.get(CURSOR.name) {
            Some(Parsed::Text(cursor)) => Some(cursor),
            _ => None,
        }
    }

    /// Whether `total` is asked for.
    #[must_use]
    pub fn count(&self) -> bool {
        matches!(self.get(COUNT.name), Some(Parsed::Flag(true)))
    }

    /// The members asked for, where `fields` names them.
    #[must_use]
    pub fn fields(&self) -> Option<&[&'static str]> {
        match self.get("fields") {
            Some(Parsed::Words(words)) => Some(words),
            _ => None,
        }
    }

    /// Whether a purge is asked for.
    #[must_use]
    pub fn purge(&self) -> bool {
        matches!(self.get(PURGE.name), Some(Parsed::Flag(true)))
    }

    /// The version to compare with.
    #[must_use]
    pub fn against(&self) -> Option<i64> {
        self.number(AGAINST.name)
    }

    /// The state asked for.
    #[must_use]
    pub fn state(&self) -> Option<&'static str> {
        self.word("state")
    }

    /// The word given as `name`.
    #[must_use]
    pub fn word(&self, name: &str) -> Option<&'static str> {
        match self.get(name) {
            Some(Parsed::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// The number given as `name`; of an instant its microseconds.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<i64> {
        match self.get(name) {
            Some(Parsed::Integer(number)) => Some(*number),
            _ => None,
        }
    }

    /// The ids and slugs given as `name`.
    #[must_use]
    pub fn locators(&self, name: &str) -> &[Locator] {
        match self.get(name) {
            Some(Parsed::Locators(locators)) => locators,
            _ => &[],
        }
    }

    /// Whether the flag `name` is given as true.
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Parsed::Flag(true)))
    }

    /// Whether `word` is among the words given as `name`.
    #[must_use]
    pub fn names(&self, name: &str, word: &str) -> bool {
        matches!(self.get(name), Some(Parsed::Words(words)) if words.contains(&word))
    }

    /// The text or id given as `name`.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Parsed::Text(text)) => Some(text),
            _ => None,
        }
    }
}

/// What other programs call a key in a URL, where it would stand in every log on the way.
const KEY_NAMES: [&str; 5] = ["key", "api_key", "apikey", "access_token", "token"];

fn unknown(name: &str, parameters: &[Parameter]) -> String {
    if KEY_NAMES.contains(&name.to_ascii_lowercase().as_str()) || name.starts_with("cdk_") {
        return "A key never stands in a URL: send it as `Authorization: Bearer <key>`, and make a new one in place of one that stood there.".to_owned();
    }
    if parameters.is_empty() {
        return format!("There is no parameter `{name}`: this operation takes none.");
    }
    let names: Vec<_> = parameters.iter().map(|parameter| parameter.name).collect();
    format!(
        "There is no parameter `{name}`; this operation takes {}.",
        names.join(", ")
    )
}

pub(super) fn fault(parameter: &str, detail: String) -> ParameterFault {
    let parameter = match parameter.starts_with("cdk_") {
        true => "cdk_..".to_owned(),
        false => cut(parameter),
    };
    ParameterFault {
        parameter,
        detail: cut_detail(&detail),
    }
}

/// Longest detail, in characters: it may repeat what a client sent.
const DETAIL_MAX: usize = 600;

fn cut_detail(detail: &str) -> String {
    detail.chars().take(DETAIL_MAX).collect()
}

/// Whether a piece of a query is the cursor, however its name is spelled.
#[must_use]
pub fn is_cursor(piece: &str) -> bool {
    decode(piece.split('=').next().unwrap_or_default()).as_deref() == Some(CURSOR.name)
}

/// Undoes form encoding; `None` where the bytes are not UTF-8.
fn decode(text: &str) -> Option<String> {
    percent_decode_str(&text.replace('+', " "))
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

/// The one problem of all faults, if there are any.
///
/// # Errors
/// `invalid_parameter` naming each of them.
pub fn refuse_if_any(faults: Vec<ParameterFault>) -> Result<(), Problem> {
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Problem::parameters(faults))
    }
}
