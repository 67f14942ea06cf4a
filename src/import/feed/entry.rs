//! What a feed says of itself and of one of its records, whatever its form.

use serde_json::{Map, Value};

use super::date::Date;
use super::speaking::Spoken;

/// A feed.
#[derive(Debug, Default)]
pub struct Head {
    /// Its title in one line.
    pub title: Option<String>,
    /// The URL of its site.
    pub link: Option<String>,
    /// Its own id.
    pub id: Option<String>,
    /// Its language, as written.
    pub language: Option<String>,
    /// What it says of rights.
    pub rights: Option<String>,
    /// The names of its authors, who are those of records that name none.
    pub authors: Vec<String>,
    /// The URL that it was fetched from.
    pub fetched_from: Option<String>,
    /// What it says of all its records.
    pub spoken: Spoken,
    /// Why it cannot be told whether its records are public.
    pub unclear: Option<String>,
}

/// The form of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// HTML.
    Html,
    /// Plain.
    Plain,
    /// Markdown.
    Markdown,
    /// It is said to be plain or nothing is said; many that are HTML are.
    Unsure,
}

/// A text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub text: String,
    /// Its form.
    pub form: Form,
}

impl Text {
    /// A text; `None` if it is blank.
    pub fn of(text: impl Into<String>, form: Form) -> Option<Self> {
        let text = text.into();
        (!text.trim().is_empty()).then_some(Self { text, form })
    }
}

/// A record of a feed.
#[derive(Debug, Default)]
pub struct Entry {
    /// Its own id, as written; never one that was made for it.
    pub id: Option<String>,
    /// The URL of its page.
    pub link: Option<String>,
    /// Its title in one line.
    pub title: Option<String>,
    /// Its text.
    pub content: Option<Text>,
    /// A shorter text.
    pub summary: Option<Text>,
    /// When it was published.
    pub published: Date,
    /// When it was last changed.
    pub updated: Date,
    /// The names of its authors.
    pub authors: Vec<String>,
    /// The names of its topics.
    pub tags: Vec<String>,
    /// Its picture, as an article has it.
    pub image: Option<Value>,
    /// Its language, as written.
    pub language: Option<String>,
    /// The URL that its links are relative to, where the feed says one.
    pub base: Option<String>,
    /// True if it says that it is not published.
    pub is_draft: bool,
    /// What it says of rights.
    pub rights: Option<String>,
    /// What it says in words that are no feed's.
    pub spoken: Spoken,
    /// What else is kept.
    pub metadata: Map<String, Value>,
    /// What is lost of it, or looks wrong.
    pub warnings: Vec<String>,
}
