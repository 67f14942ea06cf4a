//! The ladder in SQL: equivalent to [`Rung::of`] and [`Sight`].

use diesel::expression::{AppearsOnTable, Expression, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool};

use crate::articles::ladder::{RUNGS, Rung, Sight};
use crate::db::dialect::{Bound, Engine};
use crate::db::prelude::*;

/// The articles that the caller may read.
pub fn is_read(sight: Sight) -> StandsOn {
    StandsOn::where_(sight, Sight::reads)
}

/// The articles listed for the caller.
pub fn is_listed(sight: Sight) -> StandsOn {
    StandsOn::where_(sight, Sight::lists)
}

/// The articles that the caller may know of.
pub fn is_known(sight: Sight) -> StandsOn {
    StandsOn::where_(sight, Sight::knows)
}

/// A condition on `articles`: the article is on one of some rungs. Its SQL is always the same, and
/// its type tells Diesel's statement cache so.
#[derive(Clone, Copy, Debug, QueryId)]
pub struct StandsOn {
    now: i64,
    /// True for each rung that passes, in the order of [`RUNGS`].
    passes: [bool; RUNGS.len()],
}

impl StandsOn {
    /// Its values in [`ladder_sql`], `now` apart.
    pub(super) fn values(self) -> impl Iterator<Item = (&'static str, bool)> {
        RUNGS.into_iter().map(move |rung| (name_of(rung), self.passes[rung as usize]))
    }

    /// Its values in the order of its SQL.
    pub(super) fn bound(self) -> impl Iterator<Item = Bound> {
        LADDER.iter().filter_map(move |piece| match piece {
            Sql(_) => None,
            Now => Some(self.now.into()),
            Passes(rung) => Some(self.passes[*rung as usize].into()),
        })
    }

    fn where_(sight: Sight, passes: fn(Sight, Rung) -> bool) -> Self {
        Self { now: sight.now.as_micros(), passes: RUNGS.map(|rung| passes(sight, rung)) }
    }
}

/// A piece of the condition.
enum Piece {
    Sql(&'static str),
    Now,
    Passes(Rung),
}

use Piece::{Now, Passes, Sql};

const LADDER: &[Piece] = &[
    Sql(
        "(case when articles.state = 'draft' or (articles.state = 'published' and articles.went_public_at > ",
    ),
    Now,
    Sql(") then "),
    Passes(Rung::Unpublished),
    Sql(" when articles.state = 'blocked' and articles.went_public_at is null then "),
    Passes(Rung::NeverSeen),
    Sql(" when articles.embargo_until > "),
    Now,
    Sql(" then "),
    Passes(Rung::Embargoed),
    Sql(
        " when articles.state in ('blocked', 'withdrawn') then case when articles.went_public_at is null then ",
    ),
    Passes(Rung::NeverSeen),
    Sql(" when articles.state = 'blocked' then "),
    Passes(Rung::Blocked),
    Sql(" else "),
    Passes(Rung::Withdrawn),
    Sql(" end when articles.expires_at <= "),
    Now,
    Sql(" then "),
    Passes(Rung::Expired),
    Sql(" when articles.access = 'restricted' then "),
    Passes(Rung::Restricted),
    Sql(" else "),
    Passes(Rung::Public),
    Sql(" end)"),
];

/// The name of the value that says whether a rung passes.
const fn name_of(rung: Rung) -> &'static str {
    match rung {
        Rung::Unpublished => "passes_unpublished",
        Rung::Embargoed => "passes_embargoed",
        Rung::NeverSeen => "passes_never_seen",
        Rung::Blocked => "passes_blocked",
        Rung::Withdrawn => "passes_withdrawn",
        Rung::Expired => "passes_expired",
        Rung::Restricted => "passes_restricted",
        Rung::Public => "passes_public",
    }
}

/// The condition as SQL with named values.
pub(super) fn ladder_sql() -> &'static str {
    static SQL: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    SQL.get_or_init(|| {
        let text = |piece: &Piece| match piece {
            Sql(text) => (*text).to_owned(),
            Now => "?now".to_owned(),
            Passes(rung) => format!("?{}", name_of(*rung)),
        };
        LADDER.iter().map(text).collect()
    })
}

impl Expression for StandsOn {
    type SqlType = Bool;
}

impl ValidGrouping<()> for StandsOn {
    type IsAggregate = is_aggregate::No;
}

impl<T> AppearsOnTable<T> for StandsOn {}

impl<E: Engine> QueryFragment<E> for StandsOn
where
    i64: ToSql<BigInt, E>,
    bool: ToSql<Bool, E>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, E>) -> QueryResult<()> {
        for piece in LADDER {
            match piece {
                Sql(text) => out.push_sql(text),
                Now => out.push_bind_param::<BigInt, _>(&self.now)?,
                Passes(rung) => out.push_bind_param::<Bool, _>(&self.passes[*rung as usize])?,
            }
        }
        Ok(())
    }
}
