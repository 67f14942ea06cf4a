//! The parameter `after`.

use serde_json::Value;

use crate::web::query::{Cursor, PageMember};
use crate::web::url::UrlValue;

/// Where a follower of changes goes on; still opaque.
#[derive(Clone, Debug, Default)]
pub struct After(pub Option<String>);

impl UrlValue for After {
    fn parse(text: &str) -> Option<Self> {
        Cursor::parse(text).map(|cursor| Self(cursor.0))
    }

    fn schema() -> Value {
        Cursor::schema()
    }

    fn form() -> String {
        Cursor::form()
    }

    fn refusal(text: &str) -> String {
        Cursor::refusal(text)
    }

    fn text(&self) -> String {
        self.0.clone().unwrap_or_default()
    }
}

impl PageMember for After {
    const DOC: &'static str = "Where to go on: `next` of the page before, or the `id` of a change. Without it, from the start.";
}
