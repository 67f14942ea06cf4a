//! Changes on the wire.

use serde::Serialize;
use utoipa::ToSchema;

use super::position::Position;
use super::store::ChangeRow;
use super::words::{ChangeType, Followed};
use crate::domain::instant::Instant;

/// A change of what is public.
#[derive(Clone, Serialize, ToSchema)]
pub struct Change {
    /// Its id, which is a cursor too: the changes after it are those with `after=` this.
    #[schema(example = "kVq3n1mU0fJbIjlmMWMyZDNlNGI1YTY3ODgiLDE3OTU4NjAwMDAwMDAwMDAsMF0")]
    pub id: String,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: ChangeType,
    /// The id of the article; of a comment, the one that it is on; else null.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000003")]
    pub article_id: Option<String>,
    /// The id of the comment; else null.
    #[schema(format = "uuid")]
    pub comment_id: Option<String>,
    /// The id of the disclaimer; else null.
    #[schema(format = "uuid")]
    pub disclaimer_id: Option<String>,
    /// The version of the thing after the change.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// The time when it happened. What the clock does stands in the order in which it was met, and happened before
    /// that.
    #[schema(value_type = String, format = "date-time")]
    pub at: Instant,
}

/// A page of changes.
#[derive(Serialize, ToSchema)]
pub struct Changes {
    /// The changes, in the order of their commits.
    pub items: Vec<Change>,
    /// Where to go on, as `after`: always there, also where nothing is left for now.
    #[schema(example = "kVq3n1mU0fJbIjlmMWMyZDNlNGI1YTY3ODgiLDE3OTU4NjAwMDAwMDAwMDAsMF0")]
    pub next: String,
    /// Whether there are more changes by now. A page can be short, or empty, although there are: those between were of
    /// other types.
    #[schema(example = false)]
    pub has_more: bool,
}

impl Change {
    /// A change for a consumer that came from `from`; `None` if it is not one of those that are followed.
    #[must_use]
    pub fn of(row: &ChangeRow, followed: &[Followed], from: &Position) -> Option<Self> {
        let kind = row.change()?;
        followed.iter().any(|one| one.includes(kind)).then(|| {
            let subject = |of: Followed| (kind.of() == of).then(|| row.subject.clone());
            Self {
                id: from.at(row.id).seal(),
                kind,
                article_id: subject(Followed::Article).or_else(|| row.article.clone()),
                comment_id: subject(Followed::Comment),
                disclaimer_id: subject(Followed::Disclaimer),
                version: row.version.unwrap_or(1),
                at: Instant::from_micros(row.at),
            }
        })
    }
}
