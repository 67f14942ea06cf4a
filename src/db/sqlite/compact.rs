//! Gives the room of deleted rows back to the disk.

use std::path::Path;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::connection::open;
use super::log::empty_log;
use super::serve_lock::ServeLock;
use crate::db::Options;
use crate::db::access::Access;
use crate::db::error::OpenError;

/// Pages that one step gives back: some ten milliseconds, for which writes wait.
const PAGES_AT_ONCE: u32 = 500;

/// What compacting has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compacted {
    /// Length of the file before, in bytes.
    pub before: i64,
    /// Its length now.
    pub after: i64,
}

#[derive(QueryableByName, Clone, Copy)]
struct Pages {
    #[diesel(sql_type = BigInt)]
    page_count: i64,
    #[diesel(sql_type = BigInt)]
    page_size: i64,
    #[diesel(sql_type = BigInt)]
    freelist_count: i64,
    /// 2 if free pages can be given back one by one.
    #[diesel(sql_type = BigInt)]
    auto_vacuum: i64,
}

impl Pages {
    fn of(conn: &mut SqliteConnection) -> QueryResult<Self> {
        diesel::sql_query(
            "select page_count, page_size, freelist_count, auto_vacuum
             from pragma_page_count, pragma_page_size, pragma_freelist_count, pragma_auto_vacuum",
        )
        .get_result(conn)
    }

    const fn length(self) -> i64 {
        self.page_count * self.page_size
    }
}

/// Gives free pages back, in short steps beside a running server. A file that was made before this was possible is
/// written anew, once, for which no server may run on it.
///
/// # Errors
/// [`OpenError`] if the file must be written anew and is served, or there is no room for that.
pub fn compact(path: &Path, options: &Options) -> Result<Compacted, OpenError> {
    let fault = |error: diesel::result::Error| OpenError::cannot_open(path, &error);
    let mut conn = open(path, Access::Write, options)?;
    let before = Pages::of(&mut conn).map_err(fault)?;
    let mut now = before;
    if before.auto_vacuum != 2 {
        drop(conn);
        let _lock = ServeLock::take(path).map_err(OpenError::to_compact)?;
        conn = open(path, Access::Write, options)?;
        conn.batch_execute("vacuum;").map_err(fault)?;
        empty_log(&mut conn).map_err(fault)?;
        now = Pages::of(&mut conn).map_err(fault)?;
        // Closed before the lock is let go of.
        drop(conn);
        return Ok(Compacted { before: before.length(), after: now.length() });
    }
    while now.freelist_count > 0 {
        // The log is taken back at once: it would grow to the length of all that moves.
        conn.batch_execute(&format!(
            "pragma incremental_vacuum({PAGES_AT_ONCE}); pragma wal_checkpoint(passive);"
        ))
        .map_err(fault)?;
        let next = Pages::of(&mut conn).map_err(fault)?;
        // Another process may be filling them at the same time.
        if next.freelist_count >= now.freelist_count {
            break;
        }
        now = next;
    }
    empty_log(&mut conn).map_err(fault)?;
    Ok(Compacted { before: before.length(), after: now.length() })
}
