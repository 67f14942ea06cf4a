//! What an import reads, whatever form it came in: articles and comments, each with its place.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::comments::words::State;
use crate::domain::instant::Instant;

/// The place of a record in what is imported, for people: `news/storm.md:4`, `site.xml:120 (post 17)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    file: PathBuf,
    line: Option<usize>,
    record: Option<String>,
    source_id: Option<String>,
    version: Option<i64>,
}

impl At {
    /// A file as a whole.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { file: path.into(), line: None, record: None, source_id: None, version: None }
    }

    /// The same with a line, counted from 1.
    #[must_use]
    pub fn line(&self, line: usize) -> Self {
        Self { line: Some(line), ..self.clone() }
    }

    /// The same with the name of a record: `post 17`.
    #[must_use]
    pub fn record(&self, record: impl Into<String>) -> Self {
        Self { record: Some(record.into()), ..self.clone() }
    }

    /// The same with what the record is known by ([`ArticleItem::source_id`]), so that one that is refused or skipped now,
    /// and was imported and is public, is told of.
    #[must_use]
    pub fn known_as(&self, source_id: impl Into<String>) -> Self {
        Self { source_id: Some(source_id.into()), ..self.clone() }
    }

    /// The same with the version of the record ([`ArticleItem::source_version`]).
    #[must_use]
    pub fn in_version(&self, version: Option<i64>) -> Self {
        Self { version, ..self.clone() }
    }

    /// The version of the record, if its reader has said so.
    #[must_use]
    pub fn version(&self) -> Option<i64> {
        self.version
    }

    /// What the record is known by, if its reader has said so.
    #[must_use]
    pub fn source_id(&self) -> Option<&str> {
        self.source_id.as_deref()
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.file
    }

    /// True if it is a record in a file.
    #[must_use]
    pub fn is_record(&self) -> bool {
        self.record.is_some()
    }

    /// The record without its line: its file, and its name in it.
    #[must_use]
    pub fn key(&self) -> (PathBuf, Option<String>) {
        (self.file.clone(), self.record.clone())
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        match &self.record {
            Some(record) => write!(f, " ({record})"),
            None => Ok(()),
        }
    }
}

/// What a reader finds.
#[derive(Debug)]
pub enum Item {
    /// An article.
    Article(Box<ArticleItem>),
    /// A comment. Those of one article come one after the other, behind the article where it is in the same source, in
    /// any order.
    Comment(Box<CommentItem>),
    /// A record that would have been an article or a comment, and is not imported.
    Refused {
        /// Its place.
        at: At,
        /// Why, and what to do: `` `draft` must be true or false, not "yes" ``.
        reason: String,
    },
    /// A record that is neither, or that its site does not show: nothing is wrong with it.
    Skipped {
        /// Its place.
        at: At,
        /// What it is: `is a page, not a post`.
        reason: String,
    },
    /// What is lost or looks wrong in a record that is imported.
    Warning {
        /// Its place.
        at: At,
        /// What: `the text is taken without its <iframe> (1)`.
        text: String,
    },
}

/// Takes what a reader finds, in its order. An error ends the import: its report cannot be written, or the database is
/// gone.
pub type Sink<'a> = dyn FnMut(Item) -> io::Result<()> + 'a;

/// An article of another system.
#[derive(Clone, Debug)]
pub struct ArticleItem {
    /// Its place.
    pub at: At,
    /// What its source knows it by, with the name of the source: imported again, it is the same article.
    pub source_id: String,
    /// The body of a creation, as a client would send it. `state` is always there; `published_at` may be in the future: a
    /// schedule, or for a draft only kept.
    pub members: Map<String, Value>,
    /// The members of `NOT_IN_FILES` (`articles/import.rs`) that the source does speak of: a second import sets them
    /// again. The others stay as editors made them.
    pub said: Vec<&'static str>,
    /// Its former slugs, which redirect to it.
    pub former_slugs: Vec<String>,
    /// The names of its section and tags that people read: the member (`section` or `tags`), the slug, the name.
    pub names: Vec<(&'static str, String, String)>,
    /// The paths and URLs that it has at its source: comments that are imported later find it by them.
    pub addresses: Vec<String>,
    /// The lines of members, by their pointers (`/slug`), for refusals.
    pub lines: HashMap<&'static str, usize>,
    /// True if its source has not shown it yet, and will from `published_at` on. One whose time has passed when it is imported
    /// was missed or stopped there: a draft.
    pub is_schedule: bool,
    /// The number of its version, where the source counts them, or else the instant at which the source said so, in
    /// microseconds since 1970: an older one changes nothing.
    pub source_version: Option<i64>,
    /// The notice of an article that its source has withdrawn (an empty one says nothing): readers get a 410.
    pub withdrawn: Option<String>,
}

/// What a comment is on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum On {
    /// The article with this `source_id`.
    Article(String),
    /// The article that has one of these: a URL or path at the source, a slug, an external id.
    Addresses(Vec<String>),
}

/// The version of a comment that its source has deleted for good: whatever is read later, it does not come back. It is the
/// greatest number that every reader of JSON keeps.
pub const FOR_GOOD: i64 = (1 << 53) - 1;

/// A comment of another system.
#[derive(Clone, Debug)]
pub struct CommentItem {
    /// Its place.
    pub at: At,
    /// What its source knows it by, with the name of the source.
    pub source_id: String,
    /// What it is on.
    pub on: On,
    /// The `source_id` of the comment that it replies to.
    pub parent: Option<String>,
    /// Its state. One that is `removed` has no text and no name.
    pub state: State,
    /// The name of its author; an empty one is shown as that of nobody.
    pub author_name: String,
    /// The email address of its author, which only moderators see.
    pub author_email: Option<String>,
    /// The whole IP address that it came from: only a digest of it is stored.
    pub address: Option<IpAddr>,
    /// Its plain text.
    pub body: String,
    /// When it was written.
    pub created_at: Instant,
    /// When it was last edited.
    pub edited_at: Option<Instant>,
    /// The instant at which its source said so, in microseconds since 1970; of one that does not tell the instant, the newest
    /// that it has. An older one changes nothing.
    pub source_version: Option<i64>,
}

/// What decides how sources are read.
#[derive(Clone, Debug)]
pub struct Options {
    /// The treatment of dates of expiry in front matter.
    pub expiry: Expiry,
}

/// The treatment of `expirydate` in front matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// It is kept in `metadata` and has no effect. Archives are full of dates that were never
    /// meant.
    Kept,
    /// The article expires then.
    Honoured,
}
