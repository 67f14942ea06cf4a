//! The filter of a list of articles: the query's parameters in the store's terms.

use super::ids::ArticleId;
use super::ladder::{Rung, Sight};
use super::words::{Listed, Standing};
use crate::domain::scope::Scope;

/// The start of a page: after this sort key and article.
pub type After = (i64, ArticleId);
/// The start of the first page.
pub const FIRST: After = (i64::MAX, ArticleId(i64::MAX));

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

/// The articles of a list. A new filter is a member here and a condition in `store/lists.rs`. Such a
/// condition uses no index: a filter that needs one becomes a [`Lead`]. A filter on what a teaser
/// hides (the text, for one) must be met by articles that are read, not by those that are listed:
/// else whoever may not read an article could guess it word by word.
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
}

impl Filter {
    /// The filter for the list `listed`, or for all that the caller may read. `None` if the list
    /// can hold nothing for this caller: then no query runs, so that it costs nothing.
    #[must_use]
    pub fn of(listed: Option<Listed>, sight: Sight) -> Option<Self> {
        let may_see = |rungs: &[Rung]| rungs.iter().any(|rung| sight.lists(*rung));
        let everything =
            Self { lead: Lead::Everything, public_by: None, public_after: None, expired_by: None };
        let of = |standing: Standing| Self { lead: Lead::Standing(standing), ..everything };
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
}
