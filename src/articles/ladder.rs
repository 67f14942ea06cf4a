//! The ladder: who may see an article, and what everyone else is told.
//!
//! One table, twice: as a pure function of an article's row and the time, and as
//! the SQL that every read has in its `where`. A test holds them against each other.

use diesel::expression::{AppearsOnTable, Expression, ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool};
use diesel::sqlite::Sqlite;

use super::store::ArticleRow;
use crate::domain::instant::Instant;
use crate::web::scope::{Preset, Scope, Scopes};
use crate::web::{Call, Caller};

/// Where an article stands, from the top of the ladder: the first that holds decides.
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
    /// Taken back.
    Withdrawn = 4,
    /// Past its end.
    Expired = 5,
    /// Licensed: whole for some, a teaser for all.
    Restricted = 6,
    /// Public.
    Public = 7,
}

/// All of them.
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
    /// Where `row` stands at `now`.
    #[must_use]
    pub fn of(row: &ArticleRow, now: Instant) -> Self {
        let now = now.as_micros();
        let later = |at: Option<i64>| at.is_some_and(|at| at > now);
        match row.state.as_str() {
            "draft" => Self::Unpublished,
            "published" if later(row.went_public_at) => Self::Unpublished,
            // Nobody hears of it, not even those who may read ahead.
            "blocked" if row.went_public_at.is_none() => Self::NeverSeen,
            _ if later(row.embargo_until) => Self::Embargoed,
            "withdrawn" if row.went_public_at.is_none() => Self::NeverSeen,
            "blocked" => Self::Blocked,
            "withdrawn" => Self::Withdrawn,
            _ if row.expires_at.is_some_and(|at| at <= now) => Self::Expired,
            _ if row.access == "restricted" => Self::Restricted,
            _ => Self::Public,
        }
    }
}

/// The same in SQL: the rung's number. `?` is now, three times.
const RUNG_SQL: [&str; 4] = [
    "(case when articles.state = 'draft' or (articles.state = 'published' and articles.went_public_at > ",
    ") then 0 when articles.state = 'blocked' and articles.went_public_at is null then 2 \
     when articles.embargo_until > ",
    " then 1 when articles.state in ('blocked', 'withdrawn') then case \
       when articles.went_public_at is null then 2 when articles.state = 'blocked' then 3 else 4 end \
     when articles.expires_at <= ",
    " then 5 when articles.access = 'restricted' then 6 else 7 end)",
];

/// What a caller sees at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// The instant.
    pub now: Instant,
    scopes: Scopes,
    with_key: bool,
}

impl Sight {
    /// What `caller` sees at `now`.
    #[must_use]
    pub fn of(caller: &Caller, now: Instant) -> Self {
        Self::with(caller.scopes(), !caller.is_anonymous(), now)
    }

    /// What the caller of a request sees as of now.
    #[must_use]
    pub fn of_call(call: &Call) -> Self {
        Self::of(&call.caller, call.services.now())
    }

    /// What a caller with these scopes sees at `now`.
    #[must_use]
    pub fn with(scopes: Scopes, with_key: bool, now: Instant) -> Self {
        Self {
            now,
            scopes,
            with_key,
        }
    }

    /// What whoever has just written an article sees of it: everything.
    #[must_use]
    pub fn whole(now: Instant) -> Self {
        Self::with(Preset::Admin.scopes(), true, now)
    }

    /// Whether a key was shown.
    #[must_use]
    pub fn has_key(self) -> bool {
        self.with_key
    }

    /// Whether the caller has `scope`.
    #[must_use]
    pub fn may(self, scope: Scope) -> bool {
        self.scopes.has(scope)
    }

    /// Whether an article on this rung is read.
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

    /// Whether it stands in lists: what is read, and teasers.
    #[must_use]
    pub fn lists(self, rung: Rung) -> bool {
        rung == Rung::Restricted || self.reads(rung)
    }

    /// Whether the caller may know that it is there; else it is told 404, as of what never was.
    #[must_use]
    pub fn knows(self, rung: Rung) -> bool {
        self.reads(rung)
            || match rung {
                Rung::Unpublished | Rung::NeverSeen => false,
                Rung::Embargoed => self.with_key,
                _ => true,
            }
    }

    /// Whether more than the public's articles are seen, so that the public's index is not enough.
    #[must_use]
    pub fn sees_more(self) -> bool {
        self.may(Scope::DraftsRead) || self.may(Scope::EmbargoRead)
    }

    /// The predicate of articles that are read.
    #[must_use]
    pub fn is_read(self) -> StandsOn {
        self.stands_on(Self::reads)
    }

    /// The predicate of articles that stand in lists.
    #[must_use]
    pub fn is_listed(self) -> StandsOn {
        self.stands_on(Self::lists)
    }

    /// The predicate of articles that may be known of.
    #[must_use]
    pub fn is_known(self) -> StandsOn {
        self.stands_on(Self::knows)
    }

    fn stands_on(self, passes: fn(Self, Rung) -> bool) -> StandsOn {
        let passing = RUNGS.into_iter().filter(|rung| passes(self, *rung));
        StandsOn {
            now: self.now.as_micros(),
            rungs: passing.fold(0, |mask, rung| mask | 1 << rung as i64),
        }
    }
}

/// Whether an article stands on one of some rungs: a condition on `articles`. Its
/// SQL is always the same, and its type says so to Diesel's statement cache.
#[derive(Clone, Copy, Debug, QueryId)]
pub struct StandsOn {
    now: i64,
    /// A bit for each rung.
    rungs: i64,
}

impl Expression for StandsOn {
    type SqlType = Bool;
}

impl ValidGrouping<()> for StandsOn {
    type IsAggregate = is_aggregate::No;
}

impl<T> AppearsOnTable<T> for StandsOn {}

impl QueryFragment<Sqlite> for StandsOn {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let [first, others @ ..] = RUNG_SQL;
        out.push_sql("((");
        out.push_bind_param::<BigInt, _>(&self.rungs)?;
        out.push_sql(" >> ");
        out.push_sql(first);
        for part in others {
            out.push_bind_param::<BigInt, _>(&self.now)?;
            out.push_sql(part);
        }
        out.push_sql(") & 1)");
        Ok(())
    }
}
