//! The filter of a list of articles: the query's parameters in the store's terms; and its order.

use serde::{Deserialize, Serialize};

use super::ids::ArticleId;
use super::ladder::{Rung, Sight};
use super::words::{Access, Listed, Sort, Standing, TermKind};
use crate::domain::scope::Scope;

/// The sort keys of articles that were never published begin here (2^62, far above any instant).
pub const NEVER_PUBLISHED: i64 = 1 << 62;

/// The place of an article in the order of a list: what it is ordered by, as a text or a number,
/// and its row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place(pub String, pub i64, pub ArticleId);

/// What a list is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// The time of publication.
    Publication,
    /// The time of the last write.
    Update,
    /// The number of public comments.
    Comments,
    /// The headline.
    Title,
    /// How well it matches a search.
    Relevance,
}

impl Sort {
    /// What it orders by, and whether the smallest comes first.
    #[must_use]
    pub const fn key(self) -> (Key, bool) {
        match self {
            Self::Newest => (Key::Publication, false),
            Self::Oldest => (Key::Publication, true),
            Self::LastUpdated => (Key::Update, false),
            Self::FirstUpdated => (Key::Update, true),
            Self::Title => (Key::Title, true),
            Self::TitleBackwards => (Key::Title, false),
            Self::MostCommented => (Key::Comments, false),
            Self::LeastCommented => (Key::Comments, true),
            Self::Relevance | Self::BestMatch => (Key::Relevance, false),
        }
    }

    /// True if it orders by what a teaser hides.
    #[must_use]
    pub fn is_by_hidden(self) -> bool {
        self.key().0 == Key::Comments
    }
}

/// The leading condition of a list, by which its index is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lead {
    /// Articles that anyone may read.
    Public,
    /// Articles of one stored state.
    Standing(Standing),
    /// All articles that are not in the trash.
    Everything,
    /// The trash.
    Trash,
}

/// A filter by terms of one kind: an article has one of these keys. Without keys, none has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnyOf {
    /// The kind.
    pub kind: TermKind,
    /// The keys.
    pub keys: Vec<String>,
}

/// The articles of a list. A new filter is a member here and a condition in `store/walk.rs`; one
/// that has an index is a walk there. A filter or an order by what a teaser hides (the text, for
/// one) is met by articles that are read, not by those that are listed: else whoever may not read
/// an article could guess it word by word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Its leading condition.
    pub lead: Lead,
    /// Only articles that were public by this instant.
    pub public_by: Option<i64>,
    /// Only articles that become public after this instant.
    pub public_after: Option<i64>,
    /// Only articles that had expired by this instant.
    pub expired_by: Option<i64>,
    /// Only articles that the caller may read, and no teasers.
    pub only_read: bool,
    /// Only these, by row: what a search has found, for one.
    pub found: Option<Vec<ArticleId>>,
    /// Only these, by public id.
    pub ids: Option<Vec<String>>,
    /// Only articles with one of each of these.
    pub terms: Vec<AnyOf>,
    /// Only articles with this access.
    pub access: Option<Access>,
    /// Only articles published at this instant or later.
    pub published_after: Option<i64>,
    /// Only articles published before this instant.
    pub published_before: Option<i64>,
    /// Only articles written at this instant or later.
    pub updated_after: Option<i64>,
}

impl Filter {
    /// All articles that are not in the trash.
    #[must_use]
    pub fn everything() -> Self {
        Self {
            lead: Lead::Everything,
            public_by: None,
            public_after: None,
            expired_by: None,
            only_read: false,
            found: None,
            ids: None,
            terms: Vec::new(),
            access: None,
            published_after: None,
            published_before: None,
            updated_after: None,
        }
    }

    /// The filter for the list `listed`, or for all that the caller may read. `None` if the list
    /// can hold nothing for this caller: then no query runs, so that it costs nothing.
    #[must_use]
    pub fn of(listed: Option<Listed>, sight: Sight) -> Option<Self> {
        let may_see = |rungs: &[Rung]| rungs.iter().any(|rung| sight.lists(*rung));
        let everything = Self::everything();
        let of = |standing: Standing| Self { lead: Lead::Standing(standing), ..everything.clone() };
        let now = Some(sight.now.as_micros());
        let (rungs, filter): (&[Rung], Self) = match listed {
            None if sight.sees_more() => return Some(everything),
            None => {
                let lead = Lead::Public;
                return Some(Self { lead, ..everything });
            }
            Some(Listed::Published) => {
                let published = of(Standing::Published);
                return Some(Self { public_by: now, ..published });
            }
            Some(Listed::Trashed) => {
                let trash = Self { lead: Lead::Trash, ..everything };
                return sight.may(Scope::DraftsRead).then_some(trash);
            }
            Some(Listed::Draft) => (&[Rung::Unpublished], of(Standing::Draft)),
            Some(Listed::Scheduled) => {
                let published = of(Standing::Published);
                (&[Rung::Unpublished], Self { public_after: now, ..published })
            }
            Some(Listed::Withdrawn) => {
                (&[Rung::Embargoed, Rung::NeverSeen, Rung::Withdrawn], of(Standing::Withdrawn))
            }
            Some(Listed::Blocked) => {
                (&[Rung::Embargoed, Rung::NeverSeen, Rung::Blocked], of(Standing::Blocked))
            }
            Some(Listed::Expired) => {
                let published = of(Standing::Published);
                let rungs = &[Rung::Unpublished, Rung::Embargoed, Rung::Expired];
                (rungs, Self { expired_by: now, ..published })
            }
        };
        may_see(rungs).then_some(filter)
    }

    /// True if nothing can meet it, whatever articles there are.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.iter().any(|any| any.keys.is_empty())
            || self.published_after.zip(self.published_before).is_some_and(|(from, to)| from >= to)
    }

    /// Number of conditions besides the leading one.
    #[must_use]
    pub fn conditions(&self) -> usize {
        let dates = [self.published_after.or(self.published_before), self.updated_after];
        self.terms.len()
            + usize::from(self.ids.is_some())
            + usize::from(self.access.is_some())
            + dates.into_iter().flatten().count()
    }

    /// The sort keys by publication that it leaves, from the highest: articles under an embargo
    /// stand where it ends, and are published before that.
    #[must_use]
    pub fn spans(&self, sight: Sight) -> Vec<Span> {
        let Some((from, before)) = self.published() else {
            return vec![Span::ALL];
        };
        let below = Span { from, to: before.saturating_sub(1) };
        let now = sight.now.as_micros();
        match sight.sees_more() && before <= now {
            true => vec![Span { from: now + 1, to: NEVER_PUBLISHED - 1 }, below],
            false if sight.sees_more() => vec![Span { to: NEVER_PUBLISHED - 1, ..below }],
            false => vec![below],
        }
    }

    /// From when until when articles were published, if that is a condition.
    fn published(&self) -> Option<(i64, i64)> {
        self.published_after.or(self.published_before)?;
        Some((
            self.published_after.unwrap_or(i64::MIN),
            self.published_before.unwrap_or(NEVER_PUBLISHED),
        ))
    }
}

/// A span of sort keys, with both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The lowest.
    pub from: i64,
    /// The highest.
    pub to: i64,
}

impl Span {
    /// All of them.
    pub const ALL: Self = Self { from: i64::MIN, to: i64::MAX };
}
