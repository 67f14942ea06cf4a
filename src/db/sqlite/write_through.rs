//! The log that a server has left behind: it is written to the disk once more before anything is built on it.
//!
//! After a sync that has failed the system may have the log in memory and not on the disk, and no later sync says so
//! (Linux: the pages count as clean). What SQLite adds to such a log, or takes from it into the file, a power loss could
//! tear.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use super::inspect::has_content;
use super::names::beside;
use super::serve_lock::keep_closed;
use crate::db::error::OpenError;

/// Bytes that are written at once.
const CHUNK: usize = 256 * 1024;

/// Writes the log of the database at `path` to the disk. Does nothing if there is none, or if another process has the file
/// open: that one may be adding to it. This process must have no connection to it.
///
/// # Errors
/// [`OpenError`] if the disk does not take it.
pub(in crate::db) fn write_log_through(path: &Path) -> Result<(), OpenError> {
    let log = beside(path, "wal");
    if !has_content(&log) {
        return Ok(());
    }
    match keep_closed(path) {
        Ok(Some(_closed)) => {
            rewrite(&log).map_err(|error| OpenError::not_written_through(&log, &error))
        }
        // Who may not write to it builds nothing on it.
        _ => Ok(()),
    }
}

/// Writes what a file holds in its place once more, and syncs it.
fn rewrite(path: &Path) -> io::Result<()> {
    let file = File::options().read(true).write(true).open(path)?;
    let (mut chunk, mut at) = (vec![0; CHUNK], 0);
    loop {
        let read = file.read_at(&mut chunk, at)?;
        if read == 0 {
            return file.sync_all();
        }
        file.write_all_at(&chunk[..read], at)?;
        at += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use diesel::connection::SimpleConnection as _;
    use diesel::prelude::*;
    use diesel::sql_types::Text;

    use super::super::connection::open;
    use super::*;
    use crate::db::access::Access;
    use crate::db::{Options, ensure_file};

    #[test]
    fn a_log_that_was_left_stays_as_it_is() {
        let options = Options::default();
        let folder = tempfile::tempdir().unwrap();
        let [path, left] = ["news.db", "left.db"].map(|name| folder.path().join(name));
        drop(ensure_file(&path, &options, None).unwrap());
        let mut conn = open(&path, Access::Write, &options).unwrap();
        let made = "create table kept (word text); insert into kept values ('news');";
        conn.batch_execute(made).unwrap();
        // As a kill leaves it.
        let log_left = beside(&left, "wal");
        fs::copy(&path, &left).unwrap();
        fs::copy(beside(&path, "wal"), &log_left).unwrap();
        let known = fs::read(&log_left).unwrap();
        assert!(!known.is_empty());
        write_log_through(&left).unwrap();
        assert_eq!(fs::read(&log_left).unwrap(), known);
        let mut conn = open(&left, Access::Read, &options).unwrap();
        let word = diesel::dsl::sql::<Text>("select word from kept");
        assert_eq!(word.get_result::<String>(&mut conn).unwrap(), "news");
        // Where there is none, there is nothing to do.
        write_log_through(&folder.path().join("none.db")).unwrap();
    }
}
