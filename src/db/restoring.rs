//! What a database needs when rows are written that were written elsewhere before: its clock, the numbers of its rows, and
//! a mark for as long as not all of them are there.

use diesel::sql_types::BigInt;

use super::access::Access;
use super::error::{OpenError, Reason};
use super::invariant::Invariant;
use super::lasting::Lasting;
use super::location::Location;
use super::prelude::*;
use super::schema::unfinished_imports;
use super::writer::Committer;
use super::{Db, Options, transfer};
use crate::domain::instant::Instant;
use crate::fixed_query;
use crate::problem::Problem;

fixed_query! {
    /// Sets the instant of the newest unit, unless it is later already.
    struct AdvanceClock { last: i64 => BigInt } -> BigInt
        = "update history_clock set last_at = ?last where id = 1 and last_at < ?last";
}

impl Db {
    /// From now on units of work are later than `at`: so that what was written elsewhere up to then, and is about to be
    /// stored here, is older than all that is written here. A clock that is there already stays.
    ///
    /// # Errors
    /// A database fault.
    pub async fn follow(&self, at: Instant) -> Result<(), Problem> {
        let last = at.as_micros();
        let advance = move |conn: &mut Lasting, committer: &mut Committer| {
            AdvanceClock { last }.execute(conn.get())?;
            committer.start_anew(conn)
        };
        self.shared.writer.alone(advance).await
    }
}

/// Sets what gives ids on a server to go on from those that are there. A file does so by itself.
///
/// # Errors
/// A database error.
pub fn follow_ids(conn: &mut Conn) -> QueryResult<()> {
    match conn {
        Conn::Sqlite(_) => Ok(()),
        Conn::Postgres(_) => transfer::follow_ids(conn),
    }
}

/// Sets what gives ids on a server to go on behind these numbers of tables, which are about to be written: what others
/// write meanwhile takes none of them. A file gives the number behind the greatest that is there, whatever is to come.
///
/// # Errors
/// A database error.
pub fn give_ids_above(conn: &mut Conn, greatest: &[(&str, i64)]) -> QueryResult<()> {
    if matches!(conn, Conn::Sqlite(_)) {
        return Ok(());
    }
    greatest.iter().filter(|(_, greatest)| *greatest > 0).try_for_each(|(table, greatest)| {
        conn.batch_execute(&format!(
            "select setval(pg_get_serial_sequence('{table}', 'id'), {greatest})"
        ))
    })
}

/// The matter, for people and for SQL.
macro_rules! unfinished {
    () => {
        "it has only a part of an export: an import was killed here, or is still at work; import the export again, or begin with an empty database"
    };
}

/// What is said of a newsroom that an import of an export has not ended in.
pub const UNFINISHED: &str = unfinished!();

/// Finds that an import of an export has not ended.
pub const UNFINISHED_IMPORT: Invariant = Invariant {
    broken: concat!("select '", unfinished!(), "' as finding from unfinished_imports"),
    mend: None,
};

/// The id of the one row.
const ONLY: i64 = 1;

/// An import of an export that has begun and not ended: it is at work, or was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = unfinished_imports)]
pub struct Unfinished {
    /// When it began, in microseconds: what it writes was created before, and what others write was created since.
    pub began_at: i64,
    /// The greatest number of a key that was there before.
    pub keys_before: i64,
    taken_at: i64,
}

impl Unfinished {
    /// The one that is known, if there is one (primary key).
    ///
    /// # Errors
    /// A database error.
    pub fn select(conn: &mut Conn) -> QueryResult<Option<Self>> {
        unfinished_imports::table.find(ONLY).select(Self::columns()).first(conn).optional()
    }

    /// Records that one begins.
    ///
    /// # Errors
    /// A database error, also if there is one already.
    pub fn begin(conn: &mut Conn, keys_before: i64, now: Instant) -> QueryResult<Self> {
        let begun = Self { began_at: now.as_micros(), keys_before, taken_at: now.as_micros() };
        diesel::insert_into(unfinished_imports::table)
            .values((
                unfinished_imports::id.eq(ONLY),
                unfinished_imports::began_at.eq(begun.began_at),
                unfinished_imports::keys_before.eq(begun.keys_before),
                unfinished_imports::taken_at.eq(begun.taken_at),
            ))
            .execute(conn)?;
        Ok(begun)
    }

    /// True if it is still the one that is known, and no other import has taken it up.
    ///
    /// # Errors
    /// A database error.
    pub fn is_current(self, conn: &mut Conn) -> QueryResult<bool> {
        Ok(Self::select(conn)? == Some(self))
    }

    /// Takes it up: whoever has begun it, and is still at work after all, notices that.
    ///
    /// # Errors
    /// A database error.
    pub fn take_up(self, conn: &mut Conn, now: Instant) -> QueryResult<Self> {
        let taken = Self { taken_at: now.as_micros(), ..self };
        diesel::update(unfinished_imports::table.find(ONLY))
            .set(unfinished_imports::taken_at.eq(taken.taken_at))
            .execute(conn)?;
        Ok(taken)
    }

    /// Records that it has ended.
    ///
    /// # Errors
    /// A database error.
    pub fn end(self, conn: &mut Conn) -> QueryResult<()> {
        let own = unfinished_imports::table
            .filter(unfinished_imports::id.eq(ONLY))
            .filter(unfinished_imports::taken_at.eq(self.taken_at));
        diesel::delete(own).execute(conn).map(drop)
    }
}

/// Passes unless an import of an export was killed in the database, or is at work there.
///
/// # Errors
/// [`OpenError`] if so, or if it cannot be read.
pub fn must_be_whole(location: &Location, options: &Options) -> Result<(), OpenError> {
    let (mut conn, _) = location.target().open(Access::Search, options)?;
    match Unfinished::select(&mut conn).map_err(|error| location.fault(&error))? {
        None => Ok(()),
        Some(_) => {
            Err(OpenError::of(Reason::Damaged, format!("{location} is not whole: {UNFINISHED}.")))
        }
    }
}
