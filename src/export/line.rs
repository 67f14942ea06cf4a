//! The lines of an export: one record each.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Counts, Filters, Part};
use crate::access::export::ExportedKey;
use crate::articles::store::exported::{
    ExportedArticle, ExportedEntry, ExportedRevision, ExportedTerm,
};
use crate::comments::store::export::ExportedComment;
use crate::db::StoredAt;
use crate::disclaimers::store::export::{
    ExportedDisclaimer, ExportedDisclaimerVersion, ExportedLanguage,
};

/// The version of the schema that is written. A new member that may be missing needs no new one: it has a default. An
/// export of any version up to this one is read.
pub const SCHEMA: u32 = 1;

/// The first line: what the file is. It says nothing of the time or the machine, so that two exports of the same are the
/// same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The version of the schema.
    #[schema(minimum = 1)]
    pub schema: u32,
    /// The parts that it is limited to; without it, it has all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<Part>,
    /// The section that its articles are limited to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// Its articles were published at this instant or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_after: Option<StoredAt>,
    /// Its articles were published before this instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_before: Option<StoredAt>,
}

impl Header {
    /// That of an export with these filters.
    #[must_use]
    pub fn of(filters: &Filters) -> Self {
        Self {
            schema: SCHEMA,
            only: filters.only.clone(),
            section: filters.section.clone(),
            published_after: filters.published_after.map(StoredAt::from),
            published_before: filters.published_before.map(StoredAt::from),
        }
    }

    /// True if the newsroom's languages are in the export, as each with disclaimers has them.
    #[must_use]
    pub fn has_languages(&self) -> bool {
        let filters = Filters { only: self.only.clone(), ..Filters::default() };
        filters.has(Part::Disclaimers)
    }
}

/// The newsroom's own languages, each from an instant on. Another such line takes the place of the one before.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Languages {
    /// The oldest first.
    pub languages: Vec<ExportedLanguage>,
}

/// The last line: without it the file is cut short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// The number of articles.
    pub articles: u64,
    /// The number of their former versions.
    pub revisions: u64,
    /// The number of their comments.
    pub comments: u64,
    /// The number of versions of disclaimers.
    pub disclaimer_versions: u64,
    /// The number of names of terms.
    pub terms: u64,
    /// The number of keys.
    pub keys: u64,
}

impl From<Counts> for End {
    fn from(counts: Counts) -> Self {
        let Counts { articles, revisions, comments, disclaimer_versions, terms, keys } = counts;
        Self { articles, revisions, comments, disclaimer_versions, terms, keys }
    }
}

/// A line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Line {
    /// The first.
    Copydesk(Header),
    /// The newsroom's languages.
    Languages(Languages),
    /// A disclaimer; its versions follow.
    Disclaimer(ExportedDisclaimer),
    /// A version of the disclaimer before it.
    DisclaimerVersion(Box<ExportedDisclaimerVersion>),
    /// An article; its history, its revisions and its comments follow.
    Article(Box<ExportedArticle>),
    /// A write to the article before it.
    History(Box<ExportedEntry>),
    /// What the article before it was in a former version.
    Revision(Box<ExportedRevision>),
    /// A comment on the article before it.
    Comment(Box<ExportedComment>),
    /// The name of a term.
    Term(ExportedTerm),
    /// A key.
    Key(Box<ExportedKey>),
    /// The last.
    End(End),
}
