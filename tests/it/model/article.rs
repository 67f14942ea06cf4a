//! An article as the model has it, and where it stands on the ladder.

use serde_json::Value;

use super::newsroom::Micros;
use super::remarks::Remark;

/// What stands in the column `state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    Draft,
    Published,
    Withdrawn,
    Blocked,
}

/// What is put aside of an article that was taken away.
#[derive(Clone, Debug)]
pub struct Removal {
    pub withdrawn_at: Option<Micros>,
    pub blocked_at: Option<Micros>,
    pub before: Kept,
    pub aside: Option<Micros>,
}

#[derive(Clone, Debug)]
pub struct Correction {
    pub id: String,
    pub note: String,
    pub corrected_at: Micros,
    pub withdrawn_at: Option<Micros>,
}

/// A version as it was: the article as its writer saw it, and what history says of it.
#[derive(Clone, Debug)]
pub struct Past {
    /// Who could read it then, as far as that still counts.
    pub restricted: bool,
    pub embargo: Option<Micros>,
    pub article: Value,
    pub entry: Value,
}

#[derive(Clone, Debug)]
pub struct Article {
    pub id: String,
    pub slug: String,
    pub title: &'static str,
    pub body: &'static str,
    pub restricted: bool,
    pub embargo: Option<Micros>,
    pub end: Option<Micros>,
    pub external_id: Option<String>,
    pub policy: &'static str,
    pub kept: Kept,
    pub goes_public: Option<Micros>,
    pub published_at: Option<Micros>,
    /// Whether the public ever saw it.
    pub seen: Option<Micros>,
    pub removal: Option<Removal>,
    pub trashed: bool,
    pub is_purged: bool,
    pub version: i64,
    pub created_at: Micros,
    pub updated_at: Micros,
    pub corrections: Vec<Correction>,
    pub notices: Vec<usize>,
    pub remarks: Vec<Remark>,
    pub past: Vec<Past>,
}

/// Where an article stands on the ladder of section 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rung {
    Absent,
    Unpublished,
    Embargoed,
    NeverSeen,
    Blocked,
    Withdrawn,
    Expired,
    Restricted,
    Public,
}

impl Article {
    pub fn state(&self, now: Micros) -> &'static str {
        match self.kept {
            _ if self.trashed => "trashed",
            Kept::Draft => "draft",
            Kept::Published if self.goes_public > Some(now) => "scheduled",
            Kept::Published => "published",
            Kept::Withdrawn => "withdrawn",
            Kept::Blocked => "blocked",
        }
    }

    /// The first rung that holds.
    pub fn rung(&self, now: Micros) -> Rung {
        let embargoed = self.embargo > Some(now);
        match self.kept {
            _ if self.trashed || self.is_purged => Rung::Absent,
            Kept::Draft => Rung::Unpublished,
            Kept::Published if self.goes_public > Some(now) => Rung::Unpublished,
            Kept::Blocked if self.seen.is_none() => Rung::NeverSeen,
            _ if embargoed => Rung::Embargoed,
            Kept::Withdrawn if self.seen.is_none() => Rung::NeverSeen,
            Kept::Blocked => Rung::Blocked,
            Kept::Withdrawn => Rung::Withdrawn,
            Kept::Published if self.end.is_some_and(|end| end <= now) => Rung::Expired,
            Kept::Published if self.restricted => Rung::Restricted,
            Kept::Published => Rung::Public,
        }
    }

    pub fn notice_readers(&mut self, now: Micros) {
        let Some(goes_public) = self.goes_public else {
            return;
        };
        let since = goes_public.max(self.embargo.unwrap_or(goes_public));
        if self.kept == Kept::Published && !self.trashed && since <= now && self.seen.is_none() {
            self.seen = Some(since);
        }
    }

    /// Since when it counts as published: from the end of its embargo, if that is later.
    pub fn shown_published_at(&self, now: Micros) -> Option<Micros> {
        let lifted = self.embargo.filter(|end| *end <= now);
        self.published_at.map(|at| lifted.map_or(at, |end| end.max(at)))
    }
}
