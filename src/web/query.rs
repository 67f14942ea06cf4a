//! Query parameters: a struct for each operation, which gives their OpenAPI description, the
//! reader, and the values that a cursor is bound to. An unknown, repeated or empty parameter is
//! refused; a misspelt name does not compile.

use std::marker::PhantomData;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::url::{Include, KEY_PREFIX, Locators, UrlValue, fault, refused_word, words_schema};
use crate::domain::words::{Word, hint};
use crate::problem::{FAULTS_MAX, ParameterFault, Problem};

/// Fewest and most entries on a page: beyond a hundred, a page costs more than the round trip that
/// it saves.
pub const LIMIT_RANGE: std::ops::RangeInclusive<i64> = 1..=100;
/// Default page size.
pub const LIMIT_DEFAULT: i64 = 20;
/// Longest cursor, in characters: three times the longest that is made here.
const CURSOR_MAX: usize = 512;
/// Name of the parameter that makes an operation a paged list.
const CURSOR: &str = "cursor";

/// All query parameters of an operation; made by [`query!`](crate::query).
pub trait Query: Sized + Default {
    /// Their names.
    const NAMES: &'static [&'static str];

    /// The parameters in the OpenAPI document.
    fn documents() -> Vec<Value>;

    /// Reads them from the request's parameters.
    fn take(given: &mut Given) -> Option<Self>;

    /// The parameters that filter or order the list, by name: a cursor is valid for these only.
    fn binding(&self) -> Vec<(&'static str, String)>;

    /// True if the operation answers with pages.
    #[must_use]
    fn is_paged() -> bool {
        Self::NAMES.contains(&CURSOR)
    }

    /// Parses the raw query string (without `?`).
    fn read(raw: &str, faults: &mut Vec<ParameterFault>) -> Option<Self> {
        let mut given = Given::split(raw, Self::NAMES);
        let read = Self::take(&mut given);
        // In the order of the request.
        given.faults.sort_by_key(|(place, _)| *place);
        given.faults.truncate(FAULTS_MAX);
        faults.extend(given.faults.into_iter().map(|(_, fault)| fault));
        read
    }
}

impl Query for () {
    const NAMES: &'static [&'static str] = &[];

    fn documents() -> Vec<Value> {
        Vec::new()
    }

    fn take(_given: &mut Given) -> Option<Self> {
        Some(())
    }

    fn binding(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// The parameters of a request, by name.
pub struct Given {
    values: Vec<(&'static str, usize, String)>,
    faults: Vec<(usize, ParameterFault)>,
}

impl Given {
    fn split(raw: &str, names: &[&'static str]) -> Self {
        let mut given = Self { values: Vec::new(), faults: Vec::new() };
        let pieces = raw.split('&').filter(|piece| !piece.is_empty());
        for (place, piece) in pieces.enumerate() {
            if given.faults.len() >= FAULTS_MAX {
                break;
            }
            given.add(place, piece, names);
        }
        given
    }

    fn add(&mut self, place: usize, piece: &str, names: &[&'static str]) {
        let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
        let (Some(name), Some(value)) = (decode(name), decode(value)) else {
            let detail = format!("The parameter {piece:?} is not percent-encoded UTF-8.");
            return self.refuse(place, piece, &detail);
        };
        let Some(known) = names.iter().find(|known| **known == name) else {
            let fault = fault(&name, &unknown(&name, names));
            // Said once, however often it is given.
            let is_new = self.faults.iter().all(|(_, known)| known.detail != fault.detail);
            return if is_new {
                self.faults.push((place, fault))
            };
        };
        if value.is_empty() {
            let detail =
                format!("The parameter `{name}` is empty; give it a value or leave it out.");
            self.refuse(place, &name, &detail);
        }
        if value.contains('\0') {
            // No stored text has one: none is taken.
            let detail = format!(
                "The parameter `{name}` has U+0000 in it, which no text has; leave that out."
            );
            self.refuse(place, &name, &detail);
        }
        self.values.push((known, place, value));
    }

    fn refuse(&mut self, place: usize, name: &str, detail: &str) {
        self.faults.push((place, fault(name, detail)));
    }

    /// Reads the parameter `name`; adds a fault if it is not valid.
    pub fn take<M: QueryMember>(&mut self, name: &'static str) -> Option<M> {
        let mut found = self.values.iter().filter(|(known, ..)| *known == name);
        let Some((_, place, mut text)) = found.next().cloned() else {
            let absent = M::absent();
            if absent.is_none() {
                let detail = format!("The parameter `{name}` must be given.");
                self.refuse(usize::MAX, name, &detail);
            }
            return absent;
        };
        // A list may be given as several parameters: many clients write it so.
        let others: Vec<(usize, String)> =
            found.map(|(_, place, text)| (*place, text.clone())).collect();
        for (place, other) in others {
            if !M::Value::IS_LIST {
                let detail = format!("The parameter `{name}` may be given once.");
                self.refuse(place, name, &detail);
                continue;
            }
            text.push(',');
            text.push_str(&other);
        }
        if text.is_empty() {
            return None;
        }
        let read = M::Value::parse(&text);
        if read.is_none() {
            let detail = format!("The parameter `{name}` {}", M::Value::refusal(&text));
            self.refuse(place, name, &detail);
        }
        read.map(M::of)
    }
}

/// A member of a query.
pub trait QueryMember: Sized {
    /// The type of its value.
    type Value: UrlValue;
    /// True if it filters or orders a list.
    const NARROWS: bool = true;
    /// Its description, if that is the same everywhere.
    const DOC: &'static str = "";

    /// The member with this value.
    fn of(value: Self::Value) -> Self;

    /// The member if it is left out; `None` if it is required.
    fn absent() -> Option<Self>;

    /// Its default in the OpenAPI document.
    fn default_value() -> Option<Value> {
        None
    }

    /// The member as text, equal for equal lists.
    fn bound(&self) -> String;

    /// The member in the OpenAPI document.
    #[must_use]
    fn document(name: &'static str, doc: &str) -> Value {
        let mut schema = Self::Value::schema();
        if let Some(default) = Self::default_value() {
            schema["default"] = default;
        }
        let doc = if doc.is_empty() { Self::DOC } else { doc };
        let is_required = Self::absent().is_none();
        let mut document = json!({"name": name, "in": "query", "required": is_required, "description": doc, "schema": schema});
        if Self::Value::IS_LIST {
            document["style"] = json!("form");
            document["explode"] = json!(false);
        }
        document
    }
}

impl<T: UrlValue> QueryMember for Option<T> {
    type Value = T;

    fn of(value: T) -> Self {
        Some(value)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn bound(&self) -> String {
        self.as_ref().map(UrlValue::text).unwrap_or_default()
    }
}

impl QueryMember for bool {
    type Value = Self;

    fn of(value: Self) -> Self {
        value
    }

    fn absent() -> Option<Self> {
        Some(false)
    }

    fn default_value() -> Option<Value> {
        Some(json!(false))
    }

    fn bound(&self) -> String {
        if *self { "true".to_owned() } else { String::new() }
    }
}

/// What may change from page to page: it neither narrows nor orders a list.
pub trait PageMember: UrlValue + Default {
    /// Its description in the document, where that is the same everywhere.
    const DOC: &'static str = "";
    /// Its default in the document.
    const DEFAULT: Option<i64> = None;
}

impl<T: PageMember> QueryMember for T {
    type Value = T;
    const NARROWS: bool = false;
    const DOC: &'static str = T::DOC;

    fn of(value: T) -> Self {
        value
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }

    fn default_value() -> Option<Value> {
        T::DEFAULT.map(Value::from)
    }

    fn bound(&self) -> String {
        String::new()
    }
}

impl<W: Word> PageMember for Include<W> {}

impl<const MAX: usize> QueryMember for Locators<MAX> {
    type Value = Self;

    fn of(value: Self) -> Self {
        value
    }

    fn absent() -> Option<Self> {
        None
    }

    fn bound(&self) -> String {
        self.text()
    }
}

/// Page size.
#[derive(Clone, Copy, Debug)]
pub struct Limit(pub i64);

impl Default for Limit {
    fn default() -> Self {
        Self(LIMIT_DEFAULT)
    }
}

impl UrlValue for Limit {
    fn parse(text: &str) -> Option<Self> {
        let number = text.parse().ok().filter(|_| !text.starts_with('+'))?;
        LIMIT_RANGE.contains(&number).then_some(Self(number))
    }

    fn schema() -> Value {
        json!({"type": "integer", "minimum": LIMIT_RANGE.start(), "maximum": LIMIT_RANGE.end()})
    }

    fn form() -> String {
        format!("a whole number from {} to {}", LIMIT_RANGE.start(), LIMIT_RANGE.end())
    }

    fn text(&self) -> String {
        self.0.to_string()
    }
}

impl PageMember for Limit {
    const DOC: &'static str = "Entries on a page.";
    const DEFAULT: Option<i64> = Some(LIMIT_DEFAULT);
}

/// The start of a page; still opaque.
#[derive(Clone, Debug, Default)]
pub struct Cursor(pub Option<String>);

impl UrlValue for Cursor {
    fn parse(text: &str) -> Option<Self> {
        (text.len() <= CURSOR_MAX).then(|| Self(Some(text.to_owned())))
    }

    fn schema() -> Value {
        json!({"type": "string", "minLength": 1, "maxLength": CURSOR_MAX, "pattern": "^[A-Za-z0-9_-]+$"})
    }

    fn form() -> String {
        "a cursor".to_owned()
    }

    fn refusal(_text: &str) -> String {
        format!("has at most {CURSOR_MAX} characters.")
    }

    fn text(&self) -> String {
        self.0.clone().unwrap_or_default()
    }
}

impl PageMember for Cursor {
    const DOC: &'static str = "Where to go on: `next` of the page before. Filters must stay the same; `limit`, `fields` and `count` may change.";
}

/// True to count the entries.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count(pub bool);

impl QueryMember for Count {
    type Value = bool;
    const NARROWS: bool = false;
    const DOC: &'static str = "Whether to add `total`, the number of entries on all pages.";

    fn of(value: bool) -> Self {
        Self(value)
    }

    fn absent() -> Option<Self> {
        Some(Self(false))
    }

    fn default_value() -> Option<Value> {
        Some(json!(false))
    }

    fn bound(&self) -> String {
        String::new()
    }
}

/// An entry of a list, whose members `fields` can select.
pub trait Members {
    /// Names of all members that an entry can have.
    const MEMBERS: &'static [&'static str];
}

/// The members to show of each entry `T`; all by default.
pub struct Fields<T>(Option<Vec<&'static str>>, PhantomData<fn() -> T>);

impl<T> Clone for Fields<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<T> Default for Fields<T> {
    fn default() -> Self {
        Self(None, PhantomData)
    }
}

impl<T: Members> Fields<T> {
    /// The names, if any.
    #[must_use]
    pub fn names(&self) -> Option<&[&'static str]> {
        self.0.as_deref()
    }

    /// True if `name` is explicitly selected.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        debug_assert!(T::MEMBERS.contains(&name), "no member {name}");
        self.0.as_ref().is_some_and(|names| names.contains(&name))
    }
}

impl<T: Members> UrlValue for Fields<T> {
    const IS_LIST: bool = true;

    fn parse(text: &str) -> Option<Self> {
        let known = |name: &str| T::MEMBERS.iter().copied().find(|known| *known == name);
        let names = text.split(',').map(known).collect::<Option<_>>();
        names.map(|names| Self(Some(names), PhantomData))
    }

    fn schema() -> Value {
        words_schema(T::MEMBERS)
    }

    fn form() -> String {
        format!("some of {}, with commas between", T::MEMBERS.join(", "))
    }

    fn refusal(text: &str) -> String {
        refused_word(text, T::MEMBERS)
    }

    fn text(&self) -> String {
        self.names().unwrap_or_default().join(",")
    }
}

impl<T: Members> PageMember for Fields<T> {
    const DOC: &'static str = "Members to show of each entry, with commas between; always shown are `id`, of a version its number, and of an article its `disclaimers`.";
}

/// Declares the query parameters of an operation. A member whose type has a description needs none
/// here.
#[macro_export]
macro_rules! query {
    ($( $(#[doc = $doc:literal])+ pub struct $name:ident { $( $(#[doc = $member_doc:literal])* $member:ident : $ty:ty ),+ $(,)? } )+) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, Default)]
        pub struct $name { $( $(#[doc = $member_doc])* #[doc = concat!("\n\nThe query parameter `", stringify!($member), "`.")] pub $member: $ty ),+ }

        impl $crate::web::query::Query for $name {
            const NAMES: &'static [&'static str] = &[ $( stringify!($member) ),+ ];

            fn documents() -> Vec<serde_json::Value> {
                vec![ $( <$ty as $crate::web::query::QueryMember>::document(
                    stringify!($member),
                    concat!("", $($member_doc),*).trim(),
                ) ),+ ]
            }

            fn take(given: &mut $crate::web::query::Given) -> Option<Self> {
                // Read every member before the first fault returns: all faults are reported at
                // once.
                $( let $member: Option<$ty> = given.take(stringify!($member)); )+
                Some(Self { $( $member: $member? ),+ })
            }

            fn binding(&self) -> Vec<(&'static str, String)> {
                let all = [ $( (
                    <$ty as $crate::web::query::QueryMember>::NARROWS,
                    stringify!($member),
                    $crate::web::query::QueryMember::bound(&self.$member),
                ) ),+ ];
                let narrowing = all.into_iter().filter(|(narrows, ..)| *narrows);
                narrowing.map(|(_, name, bound)| (name, bound)).collect()
            }
        }
    )+ };
}

/// Names under which other APIs take a key in the URL, where every log on the way would record it.
const KEY_NAMES: [&str; 5] = ["key", "api_key", "apikey", "access_token", "token"];

fn unknown(name: &str, names: &[&str]) -> String {
    if KEY_NAMES.contains(&name.to_ascii_lowercase().as_str()) || name.starts_with(KEY_PREFIX) {
        return format!(
            "There is no parameter `{name}`. If it was an API key: a key never belongs in a URL, where logs keep it. Send it as `Authorization: Bearer <key>`, and replace that key."
        );
    }
    if names.is_empty() {
        return format!("There is no parameter `{name}`: this operation takes none.");
    }
    let known = names.join(", ");
    match advice(name, names) {
        Some(advice) => {
            format!("There is no parameter `{name}`: {advice}. This operation takes {known}.")
        }
        None => format!(
            "There is no parameter `{name}`; this operation takes {known}.{}",
            hint(name, names)
        ),
    }
}

/// Names that other APIs give to parameters, with what they are here and what to do.
const OTHER_NAMES: [(&[&str], &str, &str); 13] = [
    (
        &["page", "offset", "start", "skip", "after", "before"],
        CURSOR,
        "pages go on by `cursor`, the `next` of the page before",
    ),
    (
        &["per_page", "page_size", "pagesize", "size", "show", "count_per_page", "top"],
        "limit",
        "the page size is `limit`",
    ),
    (&["search", "s", "query", "text", "term"], "q", "a search is `q`"),
    (
        &["order", "orderby", "order_by", "order-by", "sort_by", "direction"],
        "sort",
        "the order is `sort`, such as `sort=-published_at`",
    ),
    (&["category", "categories", "primary_tag", "channel"], "section", "a category is a `section`"),
    (&["filter", "where", "conditions"], "section", "each filter is a parameter of its own"),
    (
        &["from-date", "from_date", "from", "date_from"],
        "published_after",
        "the start is `published_after`",
    ),
    (
        &["to-date", "to_date", "to", "date_to", "until"],
        "published_before",
        "the end is `published_before`",
    ),
    (
        &["modified_after", "updated_since", "since", "last_modified"],
        "updated_after",
        "changes are found by `updated_after`",
    ),
    (&["slug"], "id", "one article is `GET /v1/articles/{slug}`"),
    (
        &["select", "_fields", "show-fields", "columns"],
        "fields",
        "the members to show are `fields`",
    ),
    (
        &["populate", "_embed", "expand", "embed", "with"],
        "include",
        "authors, tags and image are always there; `include` adds the rest",
    ),
    (&["year", "month"], "published_after", "a month is `published_after` and `published_before`"),
];

/// What to do instead of a parameter that other APIs have, if this operation has such a one.
fn advice(name: &str, names: &[&str]) -> Option<&'static str> {
    let name = name.to_lowercase();
    let known = |(others, here, _): &&(&[&str], &str, &str)| {
        others.contains(&&*name) && names.contains(here)
    };
    OTHER_NAMES.iter().find(known).map(|(.., advice)| *advice)
}

/// True if a piece of a query is the cursor, even if its name is percent-encoded.
#[must_use]
pub fn is_cursor(piece: &str) -> bool {
    decode(piece.split('=').next().unwrap_or_default()).as_deref() == Some(CURSOR)
}

/// Decodes form encoding; `None` if the bytes are not UTF-8.
fn decode(text: &str) -> Option<String> {
    percent_decode_str(&text.replace('+', " ")).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// One problem for all faults, if any.
///
/// # Errors
/// `invalid_parameter` naming each of them.
pub fn refuse_if_any(faults: Vec<ParameterFault>) -> Result<(), Problem> {
    if faults.is_empty() { Ok(()) } else { Err(Problem::parameters(faults)) }
}
