//! Keyset pages: the opaque cursor and the shape of a list.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::query::Query;
use crate::problem::{Code, Problem};

/// Bytes of the digest that binds a cursor to its list: enough to tell an
/// accident, and a forged cursor leads nowhere that a client could not go anyway.
const DIGEST_BYTES: usize = 8;

/// Which list a cursor belongs to: its path, filters and sort order.
pub struct Listing(String);

impl Listing {
    /// The scope of a list at `path` with these filters.
    #[must_use]
    pub fn new(path: &str, filters: &[(&str, &str)]) -> Self {
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

    /// Makes the cursor of the entry whose sort key is `key`.
    ///
    /// # Panics
    /// Never: keys are numbers and texts.
    #[must_use]
    pub fn seal<K: Serialize>(&self, key: &K) -> String {
        let key = serde_json::to_vec(key).expect("numbers and texts have a JSON form");
        URL_SAFE_NO_PAD.encode([&self.digest(&key)[..], &key].concat())
    }

    /// Where a page starts: behind the request's cursor, or at `first`.
    ///
    /// # Errors
    /// `invalid_cursor` where it is not ours or belongs to another list.
    pub fn start<K: serde::de::DeserializeOwned>(
        &self,
        query: &Query,
        first: K,
    ) -> Result<K, Problem> {
        query.cursor().map_or(Ok(first), |cursor| self.open(cursor))
    }

    /// Opens a cursor.
    ///
    /// # Errors
    /// `invalid_cursor` where it is not ours or belongs to another list.
    pub fn open<K: serde::de::DeserializeOwned>(&self, cursor: &str) -> Result<K, Problem> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).unwrap_or_default();
        bytes
            .split_at_checked(DIGEST_BYTES)
            .filter(|(digest, key)| *digest == self.digest(key))
            .and_then(|(_, key)| serde_json::from_slice(key).ok())
            .ok_or_else(|| Problem::plain(Code::InvalidCursor))
    }
}

/// One page of a list.
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// The cursor of the next page, where there is one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page of rows of which one more than `limit` was asked for.
    pub fn of<R>(
        mut rows: Vec<R>,
        limit: i64,
        cursor: impl Fn(&R) -> String,
        item: impl FnMut(R) -> T,
    ) -> Self {
        let limit = usize::try_from(limit).unwrap_or_default();
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(cursor) } else { None };
        Self {
            items: rows.into_iter().map(item).collect(),
            next,
        }
    }
}

/// The body of a list. `total` is there only where it was asked for.
#[derive(Serialize)]
pub struct ListBody<T> {
    items: Vec<T>,
    next: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<i64>,
}

impl<T> ListBody<T> {
    /// The body of `page`.
    pub fn new(page: Page<T>, total: Option<i64>) -> Self {
        Self {
            items: page.items,
            next: page.next,
            total,
        }
    }
}

/// Shows of `item` only the members in `keep`.
///
/// # Errors
/// `internal` where the item has no JSON form.
pub fn thin<T: Serialize>(
    item: &T,
    keep: impl Fn(&str) -> bool,
) -> Result<Map<String, Value>, Problem> {
    match serde_json::to_value(item).map_err(Problem::internal)? {
        Value::Object(mut members) => {
            members.retain(|name, _| keep(name));
            Ok(members)
        }
        other => Err(Problem::internal(format!(
            "a list item is no object: {other}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_only_where_it_was_made() {
        let scope = Listing::new("/v1/articles", &[("state", "published")]);
        let cursor = scope.seal(&(17_i64, 3_i64));
        assert_eq!(scope.open::<(i64, i64)>(&cursor).unwrap(), (17, 3));
        let other = Listing::new("/v1/articles", &[("state", "draft")]);
        for (scope, cursor) in [
            (&other, cursor.as_str()),
            (&scope, ""),
            (&scope, "abc"),
            (&scope, &cursor[1..]),
        ] {
            let problem = scope.open::<(i64, i64)>(cursor).unwrap_err();
            assert_eq!(problem.code(), Code::InvalidCursor);
        }
    }

    #[test]
    fn a_page_knows_whether_there_is_more() {
        let page = Page::of(vec![1, 2, 3], 2, ToString::to_string, |n| n * 10);
        assert_eq!(
            (page.items, page.next),
            (vec![10, 20], Some("2".to_owned()))
        );
        let page = Page::of(vec![1, 2], 2, ToString::to_string, |n| n);
        assert_eq!((page.items, page.next), (vec![1, 2], None));
    }
}
