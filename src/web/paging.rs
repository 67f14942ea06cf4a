//! Keyset pagination: the opaque cursor and the shape of a list.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::query::{Cursor, Limit, Query};
use crate::problem::{Code, Problem};

/// Bytes of the digest that binds a cursor to its list: enough to detect mistakes. A forged cursor
/// gives access to nothing more than the list itself.
const DIGEST_BYTES: usize = 8;

/// The list that a cursor belongs to: its path, filters and sort order.
pub struct Listing(String);

impl Listing {
    /// The list at `path` that `query` selects.
    #[must_use]
    pub fn of(path: &str, query: &impl Query) -> Self {
        Self::new(path, &query.binding())
    }

    /// The list at `path` with these filters.
    #[must_use]
    pub fn new(path: &str, filters: &[(&str, String)]) -> Self {
        let mut scope = path.to_owned();
        for (name, value) in filters {
            scope.push('\n');
            scope.push_str(name);
            scope.push('=');
            scope.push_str(value);
        }
        Self(scope)
    }

    fn digest(&self, key: &[u8]) -> [u8; DIGEST_BYTES] {
        let full = Sha256::new()
            .chain_update(self.0.as_bytes())
            .chain_update([0])
            .chain_update(key)
            .finalize();
        let mut digest = [0; DIGEST_BYTES];
        digest.copy_from_slice(&full[..DIGEST_BYTES]);
        digest
    }

    /// Makes the cursor after the entry whose sort key is `key`.
    ///
    /// # Panics
    /// Never: keys are numbers and texts.
    #[must_use]
    pub fn seal<K: Serialize>(&self, key: &K) -> String {
        let key = serde_json::to_vec(key).expect("numbers and texts have a JSON form");
        URL_SAFE_NO_PAD.encode([&self.digest(&key)[..], &key].concat())
    }

    /// The start of a page: after the request's cursor, or at `first`.
    ///
    /// # Errors
    /// `invalid_cursor` if it was not made here or belongs to another list.
    pub fn start<K: serde::de::DeserializeOwned>(
        &self,
        cursor: &Cursor,
        first: K,
    ) -> Result<K, Problem> {
        cursor.0.as_deref().map_or(Ok(first), |cursor| self.open(cursor))
    }

    /// Decodes a cursor.
    ///
    /// # Errors
    /// `invalid_cursor` if it was not made here or belongs to another list.
    pub fn open<K: serde::de::DeserializeOwned>(&self, cursor: &str) -> Result<K, Problem> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).unwrap_or_default();
        bytes
            .split_at_checked(DIGEST_BYTES)
            .filter(|(digest, key)| *digest == self.digest(key))
            .and_then(|(_, key)| serde_json::from_slice::<Value>(key).ok())
            .filter(|key| !has_null(key))
            .and_then(|key| serde_json::from_value(key).ok())
            .ok_or_else(|| Problem::plain(Code::InvalidCursor))
    }
}

/// True if a text in it has U+0000, which no text that is stored has.
fn has_null(json: &Value) -> bool {
    match json {
        Value::String(text) => text.contains('\0'),
        Value::Array(of) => of.iter().any(has_null),
        Value::Object(of) => of.values().any(has_null),
        _ => false,
    }
}

/// One page of a list.
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// The cursor of the next page, if any.
    pub next: Option<String>,
    /// The cursor of the page before, if there is one and the list can be read backwards.
    pub prev: Option<String>,
}

impl<T> Page<T> {
    /// An empty page.
    #[must_use]
    pub const fn empty() -> Self {
        Self { items: Vec::new(), next: None, prev: None }
    }

    /// Makes a page from the rows of a query for `limit` + 1.
    pub fn of(mut rows: Vec<T>, limit: Limit, cursor: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit.0).unwrap_or_default();
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(cursor) } else { None };
        Self { items: rows, next, prev: None }
    }

    /// Makes a page from the rows of a query for `limit` + 1 that starts after a place, or before it
    /// and goes `backwards`, the nearest first. `cursor` makes the cursor of the entries after one, or
    /// of those before it.
    pub fn between(
        mut rows: Vec<T>,
        limit: Limit,
        (has_start, backwards): (bool, bool),
        cursor: impl Fn(&T, bool) -> String,
    ) -> Self {
        let limit = usize::try_from(limit.0).unwrap_or_default();
        let more = rows.len() > limit;
        rows.truncate(limit);
        if backwards {
            rows.reverse();
        }
        // Where it comes from, there is a page.
        let (is_before, is_after) = if backwards { (more, true) } else { (has_start, more) };
        let next = rows.last().filter(|_| is_after).map(|last| cursor(last, false));
        let prev = rows.first().filter(|_| is_before).map(|first| cursor(first, true));
        Self { items: rows, next, prev }
    }

    /// Converts the entries.
    pub fn map<U>(self, item: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(item).collect(), next: self.next, prev: self.prev }
    }

    /// Converts the entries, if none fails.
    ///
    /// # Errors
    /// The error of `item`.
    pub fn try_map<U>(self, item: impl FnMut(T) -> Result<U, Problem>) -> Result<Page<U>, Problem> {
        Ok(Page {
            items: self.items.into_iter().map(item).collect::<Result<_, _>>()?,
            next: self.next,
            prev: self.prev,
        })
    }
}

/// The body of a list.
#[derive(Serialize)]
pub struct ListBody<T> {
    items: Vec<T>,
    next: Option<String>,
    #[serde(flatten)]
    beside: Beside,
}

impl<T> ListBody<T> {
    /// The body of `page`.
    pub fn new(page: Page<T>, beside: Beside) -> Self {
        Self { items: page.items, next: page.next, beside }
    }
}

/// What the body of a list has besides its page, only if it was asked for.
#[derive(Default, Serialize)]
pub struct Beside {
    /// The number of entries on all pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
    /// Members of this list alone.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

impl From<Option<i64>> for Beside {
    fn from(total: Option<i64>) -> Self {
        Self { total, others: Map::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_only_where_it_was_made() {
        let scope = Listing::new("/v1/articles", &[("state", "published".to_owned())]);
        let cursor = scope.seal(&(17_i64, 3_i64));
        assert_eq!(scope.open::<(i64, i64)>(&cursor).unwrap(), (17, 3));
        let other = Listing::new("/v1/articles", &[("state", "draft".to_owned())]);
        for (scope, cursor) in
            [(&other, cursor.as_str()), (&scope, ""), (&scope, "abc"), (&scope, &cursor[1..])]
        {
            let problem = scope.open::<(i64, i64)>(cursor).unwrap_err();
            assert_eq!(problem.code(), Code::InvalidCursor);
        }
    }

    #[test]
    fn a_page_knows_whether_there_is_more() {
        let page = Page::of(vec![1, 2, 3], Limit(2), ToString::to_string).map(|n| n * 10);
        assert_eq!((page.items, page.next), (vec![10, 20], Some("2".to_owned())));
        let page = Page::of(vec![1, 2], Limit(2), ToString::to_string);
        assert_eq!((page.items, page.next), (vec![1, 2], None));
    }
}
