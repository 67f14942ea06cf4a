//! The storage platform: one SQLite file behind three handles. It knows no resource.
//!
//! - [`Db::read`]: in place, on the worker's own connection, for what is bounded;
//! - [`Db::search`]: on a side pool with a deadline, for what is not;
//! - [`Db::write`]: through the one writer, durable when it answers.

mod check;
mod connection;
mod error;
mod file;
pub(crate) mod fragment;
pub(crate) mod idempotency;
mod inspect;
mod migrate;
mod presence;
pub(crate) mod schema;
mod search;
pub(crate) mod spelling;
pub(crate) mod secret;
mod writer;

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::Connection as _;
use diesel::sqlite::SqliteConnection;
use futures_util::FutureExt as _;

use crate::domain::instant::{Clock, Instant};
use crate::problem::Problem;

pub use check::{Finding, FindingKind, Invariant, check, mend};
pub use connection::{assert_sqlite, compile_options, sqlite_version};
pub use error::{OpenError, Reason};
pub use file::{Ensured, ServeLock, ensure_file, must_exist, resolved};
pub use inspect::copy;
pub use migrate::MIGRATIONS;
pub use presence::Presence;
pub use search::within_deadline;

use connection::{Access, Lasting};

/// When SQLite waits for the disk (`pragma synchronous`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synchronous {
    /// At each commit: what was answered is kept, also when the power fails.
    Full,
    /// When the log is taken back: the last commits can go with the power, never with the process.
    Normal,
    /// Never: for what is not kept anyway.
    Off,
}

impl Synchronous {
    const fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Normal => "normal",
            Self::Off => "off",
        }
    }
}

/// How a database is opened. The defaults are what `serve` uses.
#[derive(Clone, Debug)]
pub struct Options {
    /// When a write is on disk.
    pub synchronous: Synchronous,
    /// How long a write waits for another process's transaction before the
    /// client is told to try again.
    pub busy_timeout: std::time::Duration,
    /// Units that may wait for the writer; past that a client is told to try again.
    pub write_queue: usize,
    /// Threads (and connections) of the side pool.
    pub search_threads: usize,
    /// Searches that may wait for the side pool.
    pub search_queue: usize,
    /// Longest that one search may run.
    pub search_deadline: std::time::Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            synchronous: Synchronous::Full,
            // An import beside the server commits a batch in some 100 ms.
            busy_timeout: std::time::Duration::from_secs(5),
            // Some 70 ms of work at 14,500 writes a second: waiting longer than that helps nobody.
            write_queue: 1024,
            search_threads: 2,
            search_queue: 64,
            // Ten times what a count of a million rows takes.
            search_deadline: std::time::Duration::from_millis(500),
        }
    }
}

/// The database as all threads share it: the writer and the side pool.
pub struct Shared {
    path: PathBuf,
    options: Options,
    writer: writer::Writer,
    search: search::Pool,
    presence: Arc<Presence>,
    damaged: AtomicBool,
}

impl Shared {
    /// Opens a migrated file.
    ///
    /// # Errors
    /// [`OpenError`] where the file is not a Copydesk database or cannot be opened.
    pub fn open(
        path: &Path,
        options: Options,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, OpenError> {
        let writer = Lasting::open(path, Access::Write, &options)?;
        let pool = search::Pool::open(path, &options)?;
        let presence = Presence::of(path);
        let presence = Arc::new(presence.map_err(|error| OpenError::unreadable(path, &error))?);
        Ok(Arc::new(Self {
            path: path.to_owned(),
            writer: writer::Writer::start(
                writer,
                options.write_queue,
                clock,
                Arc::clone(&presence),
            )?,
            presence,
            search: pool,
            options,
            damaged: AtomicBool::new(false),
        }))
    }

    /// What is known of the file's place, also once all connections are closed.
    #[must_use]
    pub fn presence(&self) -> Arc<Presence> {
        Arc::clone(&self.presence)
    }

    /// Notes where a page could not be read as what it was.
    fn noting_damage<T>(&self, result: Result<T, Problem>) -> Result<T, Problem> {
        if let Err(problem) = &result
            && error::is_damage(problem)
        {
            self.damaged.store(true, Ordering::Relaxed);
        }
        result
    }
}

/// One thread's handle on the database.
pub struct Db {
    shared: Arc<Shared>,
    reader: RefCell<Lasting>,
}

impl Db {
    /// A handle for the calling thread, with a read connection of its own.
    ///
    /// # Errors
    /// [`OpenError`] where the connection cannot be opened.
    pub fn new(shared: &Arc<Shared>) -> Result<Self, OpenError> {
        let reader = Lasting::open(&shared.path, Access::Read, &shared.options)?;
        Ok(Self {
            shared: Arc::clone(shared),
            reader: RefCell::new(reader),
        })
    }

    /// Runs bounded queries in place, inside one read transaction.
    ///
    /// # Errors
    /// What `work` fails with, or a database fault.
    pub fn read<T>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        // `work` is synchronous and has no way back to this handle, so the borrow is never nested.
        let mut reader = self.reader.borrow_mut();
        let result = reader
            .get()
            .transaction(|conn| writer::catch_panic(|| work(conn)));
        self.shared.noting_damage(result)
    }

    /// Whether a query of this process has met a page that could not be read as
    /// what it was. It stays so until the process ends: nothing mends a page.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.shared.damaged.load(Ordering::Relaxed)
    }

    /// Passes as long as the file that is open is the one at its path. Writes ask by themselves.
    ///
    /// # Errors
    /// `database_replaced`.
    pub fn check_presence(&self) -> Result<(), Problem> {
        self.shared.presence.check()
    }

    /// Runs an unbounded query on the side pool. Its `where` holds [`within_deadline()`].
    ///
    /// # Errors
    /// What `work` fails with, a database fault, or `overloaded` where the queue
    /// is full or the deadline has passed.
    pub async fn search<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.shared
            .noting_damage(self.shared.search.run(work).await)
    }

    /// Now, as `clock` has it, but never before what was committed last: units of work
    /// have instants of their own, one after another, which may be ahead of a clock that
    /// stands still or was set back.
    #[must_use]
    pub fn now(&self, clock: &dyn Clock) -> Instant {
        clock
            .now()
            .max(Instant::from_micros(self.shared.writer.latest()))
    }

    /// Hands the writer a unit of work whose end nobody waits for. It is left out
    /// where the queue is full.
    pub fn write_later(
        &self,
        work: impl FnOnce(&mut SqliteConnection, Instant) -> Result<(), Problem> + Send + 'static,
    ) {
        // The first step puts it into the queue; the answer is dropped with the rest.
        drop(self.shared.writer.run(work).now_or_never());
    }

    /// Runs one unit of work in the writer: all of it or nothing, on disk when
    /// this answers. `work` gets the unit's instant.
    ///
    /// # Errors
    /// What `work` fails with (nothing is changed then), a database fault, or
    /// `overloaded` where the queue is full.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection, Instant) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.shared
            .noting_damage(self.shared.writer.run(work).await)
    }

    /// The same for what is forgotten for good: once it is committed the log is taken back into
    /// the file and emptied, so that what was there is in neither. Where a reader still
    /// needs the log, that is tried again with each write.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub async fn write_and_overwrite<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection, Instant) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let overwrite = Arc::clone(&self.shared.writer.overwrite);
        self.write(move |conn, now| {
            let done = work(conn, now)?;
            overwrite.store(true, Ordering::Relaxed);
            Ok(done)
        })
        .await
    }
}
