//! The ladder: who may see an article, and the refusal for everyone else.
//!
//! A pure function of an article and the time. Every read has the same ladder as SQL in its
//! `where` (`store/sight.rs`); a test compares the two.

use super::model::ArticleRow;
use super::words::{Access, Standing};
use crate::domain::instant::Instant;
use crate::domain::scope::{Scope, Scopes};

/// The visibility of an article, from the top of the ladder: the first matching rung applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rung {
    /// A draft, or scheduled.
    Unpublished = 0,
    /// Under an embargo.
    Embargoed = 1,
    /// Blocked or withdrawn before anyone could see it.
    NeverSeen = 2,
    /// Blocked on a legal demand.
    Blocked = 3,
    /// Withdrawn.
    Withdrawn = 4,
    /// Expired.
    Expired = 5,
    /// Licensed: in full for some, a teaser for everyone.
    Restricted = 6,
    /// Public.
    Public = 7,
}

/// All rungs, in order.
pub const RUNGS: [Rung; 8] = [
    Rung::Unpublished,
    Rung::Embargoed,
    Rung::NeverSeen,
    Rung::Blocked,
    Rung::Withdrawn,
    Rung::Expired,
    Rung::Restricted,
    Rung::Public,
];

impl Rung {
    /// The rung of `row` at `now`.
    #[must_use]
    pub fn of(row: &ArticleRow, now: Instant) -> Self {
        let now = now.as_micros();
        let later = |at: Option<i64>| at.is_some_and(|at| at > now);
        let was_never_public = row.went_public_at.is_none();
        match row.state {
            Standing::Draft => Self::Unpublished,
            Standing::Published if later(row.went_public_at) => Self::Unpublished,
            // It stays unknown to everyone without `drafts:read`, even to those who may read ahead
            // of an embargo.
            Standing::Blocked if was_never_public => Self::NeverSeen,
            _ if later(row.embargo_until) => Self::Embargoed,
            Standing::Withdrawn if was_never_public => Self::NeverSeen,
            Standing::Blocked => Self::Blocked,
            Standing::Withdrawn => Self::Withdrawn,
            _ if row.expires_at.is_some_and(|at| at <= now) => Self::Expired,
            _ if row.access == Access::Restricted => Self::Restricted,
            _ => Self::Public,
        }
    }
}

/// The view of one caller at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// The instant.
    pub now: Instant,
    scopes: Scopes,
    with_key: bool,
    closing_after: Option<i64>,
}

impl Sight {
    /// The view of a caller with these scopes at `now`.
    #[must_use]
    pub fn with(scopes: Scopes, with_key: bool, now: Instant) -> Self {
        Self { now, scopes, with_key, closing_after: None }
    }

    /// The same where the newsroom closes comments this long after publication, in microseconds.
    #[must_use]
    pub fn closing(self, closing_after: Option<i64>) -> Self {
        Self { closing_after, ..self }
    }

    /// The same at another instant.
    #[must_use]
    pub fn at(self, now: Instant) -> Self {
        Self { now, ..self }
    }

    /// The same of what readers are given: licensed texts to those who may read them, and nothing that is not public yet.
    #[must_use]
    pub fn of_readers(self) -> Self {
        let licensed = [Scope::RestrictedRead];
        let scopes = if self.may(Scope::RestrictedRead) { &licensed[..] } else { &[] };
        Self { scopes: Scopes::of(scopes), ..self }
    }

    /// How long after publication the newsroom closes comments, in microseconds.
    #[must_use]
    pub fn closing_after(self) -> Option<i64> {
        self.closing_after
    }

    /// The view of the author of a write: everything.
    #[must_use]
    pub fn whole(now: Instant) -> Self {
        Self::with(Scopes::ALL, true, now)
    }

    /// True if the request came with a key.
    #[must_use]
    pub fn has_key(self) -> bool {
        self.with_key
    }

    /// True if the caller has `scope`.
    #[must_use]
    pub fn may(self, scope: Scope) -> bool {
        self.scopes.has(scope)
    }

    /// True if the caller may read an article on this rung.
    #[must_use]
    pub fn reads(self, rung: Rung) -> bool {
        match rung {
            Rung::Unpublished
            | Rung::NeverSeen
            | Rung::Blocked
            | Rung::Withdrawn
            | Rung::Expired => self.may(Scope::DraftsRead),
            Rung::Embargoed => self.may(Scope::EmbargoRead),
            Rung::Restricted => self.may(Scope::RestrictedRead),
            Rung::Public => true,
        }
    }

    /// True if lists include it for the caller: as an article or as a teaser.
    #[must_use]
    pub fn lists(self, rung: Rung) -> bool {
        rung == Rung::Restricted || self.reads(rung)
    }

    /// True if the caller may know that the article exists; otherwise the answer is 404, as if it
    /// never had.
    #[must_use]
    pub fn knows(self, rung: Rung) -> bool {
        self.reads(rung)
            || match rung {
                Rung::Unpublished | Rung::NeverSeen => false,
                Rung::Embargoed => self.with_key,
                _ => true,
            }
    }

    /// True if the caller sees more than the public's articles, so that the public's index is not
    /// enough.
    #[must_use]
    pub fn sees_more(self) -> bool {
        self.may(Scope::DraftsRead) || self.may(Scope::EmbargoRead)
    }
}
