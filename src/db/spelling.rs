//! Spellings: the form in which names and languages are compared is computed in Rust and stored
//! with each known spelling, so that SQL can compare them too.

use super::prelude::*;
use super::schema::spellings;
use crate::domain::{language, text};

/// Version of the rules for keys: increase it when [`text::look_alike`] or [`language::canonical`]
/// gives other keys, also because of newer Unicode or CLDR tables.
pub const FOLDING: i64 = 1;

/// The kind of text that is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An article's provider.
    Source,
    /// An article's language.
    Language,
}

impl Kind {
    /// Its word in the table.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Language => "language",
        }
    }

    /// The form in which two spellings are compared.
    #[must_use]
    pub fn key(self, spelling: &str) -> String {
        match self {
            Self::Source => text::look_alike(spelling),
            Self::Language => language::canonical(spelling),
        }
    }
}

/// Stores a spelling that an article has, with its key (primary key).
pub fn note(conn: &mut Conn, kind: Kind, spelling: &str) -> QueryResult<()> {
    diesel::insert_into(spellings::table)
        .values((
            spellings::kind.eq(kind.word()),
            spellings::text.eq(spelling),
            spellings::key.eq(kind.key(spelling)),
            spellings::folding.eq(FOLDING),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .map(drop)
}

/// True if the present rules have made all keys (index `spellings_by_folding`).
pub fn is_current(conn: &mut Conn) -> QueryResult<bool> {
    let old = spellings::table.filter(spellings::folding.ne(FOLDING)).select(spellings::folding);
    Ok(old.first::<i64>(conn).optional()?.is_none())
}

/// Recomputes the keys that older rules have made (index `spellings_by_folding`).
pub fn refresh(conn: &mut Conn) -> QueryResult<()> {
    let old: Vec<(String, String)> = spellings::table
        .filter(spellings::folding.ne(FOLDING))
        .select((spellings::kind, spellings::text))
        .load(conn)?;
    for (kind, spelling) in old {
        let known = [Kind::Source, Kind::Language];
        let Some(kind) = known.into_iter().find(|known| known.word() == kind) else {
            continue;
        };
        diesel::update(spellings::table.find((kind.word(), &spelling)))
            .set((spellings::key.eq(kind.key(&spelling)), spellings::folding.eq(FOLDING)))
            .execute(conn)?;
    }
    Ok(())
}
