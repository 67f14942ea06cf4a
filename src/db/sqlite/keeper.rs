//! What the writer does in SQLite's way: it watches the file, its log and its disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::log::{LogSize, empty_log, take_back};
use super::presence::Presence;
use crate::db::dialect::Statement;
use crate::db::error::is_disk_fault;
use crate::problem::{Code, Problem};

/// What is known of the file from group to group.
pub struct Keeper {
    presence: Arc<Presence>,
    log: LogSize,
    /// True if the log holds data that was to be erased.
    overwrite: Arc<AtomicBool>,
    on_disk_fault: Option<fn()>,
    /// The version of the file's content, by the last look at it: it changes with the writes of other connections.
    seen: Option<i64>,
}

/// What is left to be done with the log once the units are answered.
pub enum Left {
    /// It was emptied, or could not be.
    Emptied(QueryResult<()>),
    /// There is much in it.
    Much,
    /// Nothing.
    Nothing,
}

impl Keeper {
    /// The keeper of a file that was just opened.
    pub fn new(
        presence: Arc<Presence>,
        overwrite: Arc<AtomicBool>,
        on_disk_fault: Option<fn()>,
    ) -> Self {
        Self { log: LogSize::of(&presence), presence, overwrite, on_disk_fault, seen: None }
    }

    /// Passes while the open file is the one at its path.
    pub fn check(&self) -> Result<(), Problem> {
        self.presence.check()
    }

    /// Forgets what was seen by a connection that is no longer there.
    pub fn forget(&mut self) {
        self.seen = None;
    }

    /// True if another process has written since the last look.
    pub fn is_changed(&mut self, conn: &mut SqliteConnection) -> QueryResult<bool> {
        let version = Statement::<BigInt>::new("pragma data_version".to_owned(), Vec::new());
        let version: i64 = version.get_result(conn)?;
        Ok(self.seen.replace(version) != Some(version))
    }

    /// After a commit, before its units are answered: what was to be erased is gone from the log then.
    pub fn committed(&mut self, conn: &mut SqliteConnection, units: usize) -> Left {
        let emptied = self.overwrite.load(Ordering::Relaxed).then(|| empty_log(conn));
        if let Some(emptied) = &emptied {
            self.overwrite.store(!matches!(emptied, Ok(true)), Ordering::Relaxed);
        }
        let is_much = self.log.is_much(conn, units);
        match emptied {
            Some(emptied) => Left::Emptied(emptied.map(drop)),
            None if is_much => Left::Much,
            None => Left::Nothing,
        }
    }

    /// After its units were answered.
    pub fn answered(&self, conn: &mut SqliteConnection, left: Left) {
        // It is told; the units are on disk all the same.
        let _ = self.noting_fault(match left {
            Left::Emptied(emptied) => emptied,
            Left::Much => take_back(conn),
            Left::Nothing => Ok(()),
        });
    }

    /// After a transaction that failed.
    pub fn failed(&self, conn: &mut SqliteConnection, fault: &Problem) {
        if is_disk_fault(fault.cause().unwrap_or_default()) {
            self.disk_failed();
        }
        if fault.code() == Code::StorageFull {
            // What is in the log may fit into the file as it is: then the log begins anew, in the room that it has. If not,
            // the disk is as full as was just told.
            let _ = take_back(conn);
        }
    }

    /// Tells of what has failed outside of a transaction: the log could not be taken back into the file.
    pub fn noting_fault(&self, done: QueryResult<()>) -> QueryResult<()> {
        if let Err(error) = &done {
            ::log::error!("the log cannot be taken back: {error}");
            if is_disk_fault(&error.to_string()) {
                self.disk_failed();
            }
        }
        done
    }

    /// What the system did with pages that it could not write, nobody knows: it may have dropped them, and would not say
    /// so again.
    fn disk_failed(&self) {
        if let Some(act) = self.on_disk_fault.filter(|_| !self.presence.has_no_room()) {
            act();
        }
    }
}
