//! The storage platform: one database behind three handles, in a SQLite file or on a PostgreSQL server. It knows no
//! resource.
//!
//! - [`Db::read`]: in place, on the worker's own connection, for bounded queries;
//! - [`Db::search`]: on a side pool with a deadline, for unbounded queries;
//! - [`Db::write`]: through the one writer, durable once it returns.

mod access;
mod clock;
mod conn;
mod deadline;
pub(crate) mod dialect;
mod ensured;
mod error;
mod exported;
pub(crate) mod idempotency;
mod invariant;
mod keeper;
mod lasting;
mod ledger;
mod location;
mod metrics;
mod migrate;
mod postgres;
pub(crate) mod reading;
mod replica;
mod restoring;
pub(crate) mod schema;
mod search;
pub(crate) mod secret;
pub(crate) mod spelling;
mod sqlite;
mod stored;
mod transfer;
mod unit;
pub(crate) mod words;
mod writer;

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt as _;
use prometheus_client::registry::Registry;

use crate::domain::instant::{Clock, Instant};
use crate::problem::Problem;

pub use clock::last_at;
pub use conn::{Columns, Conn, Run, Selection, prelude};
pub use deadline::{ROWS_MAX, WORKER_ROWS_MAX, start_counting, within_deadline};
pub use ensured::Ensured;
pub use error::{OpenError, Reason, is_rows_spent};
pub use exported::{StoredAt, StoredDigest};
pub use invariant::{Finding, FindingKind, Invariant};
pub use ledger::{Shows, Stamp, Touched};
pub use location::{Location, check, ensure, is_there, mend, must_exist};
pub use metrics::DatabaseMetrics;
pub use migrate::MIGRATIONS;
pub use postgres::{Server, UrlError};
pub use restoring::{
    UNFINISHED, UNFINISHED_IMPORT, Unfinished, follow_ids, give_ids_above, must_be_whole,
};
pub use sqlite::isso;
pub use sqlite::{
    Backup, COPY_OF_SERVED, Compacted, Presence, Restored, ServeLock, Source, StartState,
    abandon_unfinished, assert_sqlite, back_up, back_up_open, compact, compile_options, copy,
    ensure_file, is_part_of, remove_if_there, remove_unfinished, resolved, restore, sqlite_version,
    stream_backup,
};
pub use transfer::{TABLES, Transferred, transfer};

use access::Access;
use keeper::Keeper;
use lasting::{Lasting, Target};
use ledger::{LOOK_HOLDS, Ledger};
use replica::Replica;

/// The process is about to end: nothing is waited for long on a server that does not answer.
pub fn end_soon() {
    postgres::end_soon();
}

/// Runs a trivial query, to check that the database can be read.
pub fn ask(conn: &mut Conn) -> diesel::QueryResult<()> {
    use diesel::QueryDsl as _;
    let count = schema::history_clock::table.count().get_result::<i64>(conn);
    count.map(drop)
}

/// When SQLite syncs to the disk (`pragma synchronous`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synchronous {
    /// At each commit: an acknowledged write survives a power failure.
    Full,
    /// At checkpoints: a power failure can lose the last commits, the end of the process never
    /// does.
    Normal,
    /// Never: for data that is not kept anyway.
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

    /// True if a commit waits for the disk, also on a server (`synchronous_commit`).
    const fn is_kept(self) -> bool {
        matches!(self, Self::Full)
    }
}

/// Options for opening a database. The defaults are those of `serve`.
#[derive(Clone, Debug)]
pub struct Options {
    /// When a write is synced to disk.
    pub synchronous: Synchronous,
    /// Longest that a write waits for another process's transaction before the client is told to
    /// retry.
    pub busy_timeout: std::time::Duration,
    /// Units that may wait for the writer; beyond that a client is told to retry.
    pub write_queue: usize,
    /// Threads (and connections) of the side pool.
    pub search_threads: usize,
    /// Searches that may wait for the side pool.
    pub search_queue: usize,
    /// Time limit of one search.
    pub search_deadline: std::time::Duration,
    /// For how long nothing is written by others after a look at the database, as far as kept answers go.
    pub look_holds: std::time::Duration,
    /// What to do once a write or a sync of the file has failed, after its clients were told. Without it the process
    /// goes on.
    pub on_disk_fault: Option<fn()>,
    /// True if a connection to a server that does not answer is ended: for a program that serves.
    pub watches: bool,
    /// A replica of the database on a server, for reads.
    pub replica: Option<Arc<Server>>,
    /// True if a file is backed up before its schema is changed.
    pub backs_up: bool,
    /// The folder for that backup; by default the file's own.
    pub backups: Option<std::path::PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            synchronous: Synchronous::Full,
            // An import next to a running server commits a batch in some 100 ms.
            busy_timeout: std::time::Duration::from_secs(5),
            // Some 70 ms of work at 14,500 writes a second: waiting longer helps nobody.
            write_queue: 1024,
            search_threads: 2,
            search_queue: 64,
            // Ten times the time of a count of a million rows.
            search_deadline: std::time::Duration::from_millis(500),
            look_holds: LOOK_HOLDS,
            on_disk_fault: None,
            replica: None,
            watches: false,
            backs_up: true,
            backups: None,
        }
    }
}

/// The database as shared by all threads: the writer and the side pool.
pub struct Shared {
    target: Target,
    options: Options,
    search: search::Pool,
    // Closed last and alone: of two connections that close at the same moment each takes the other for one that goes on,
    // and neither takes the log back into the file.
    writer: writer::Writer,
    /// Of a file.
    presence: Option<Arc<Presence>>,
    /// True if the log of a file holds data that was to be erased.
    overwrite: Arc<AtomicBool>,
    ledger: Arc<Ledger>,
    metrics: DatabaseMetrics,
    damaged: AtomicBool,
}

impl Shared {
    /// Opens a migrated database.
    ///
    /// # Errors
    /// [`OpenError`] if it is not Copydesk's or cannot be opened.
    pub fn open(
        location: &Location,
        options: Options,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, OpenError> {
        let target = location.target();
        let writer = Lasting::open(&target, Access::Write, &options)?;
        let metrics = DatabaseMetrics::default();
        let pool = search::Pool::open(&target, &options, &metrics)?;
        let overwrite = Arc::new(AtomicBool::new(false));
        let (presence, keeper) = match location {
            Location::File(path) => {
                let presence = Presence::of(path);
                let presence =
                    Arc::new(presence.map_err(|error| OpenError::unreadable(path, &error))?);
                let keeper = sqlite::keeper::Keeper::new(
                    Arc::clone(&presence),
                    Arc::clone(&overwrite),
                    options.on_disk_fault,
                );
                (Some(presence), Keeper::Sqlite(keeper))
            }
            Location::Server(_) => (None, Keeper::Postgres(Default::default())),
        };
        let ledger = Arc::new(Ledger::new(options.look_holds));
        Ok(Arc::new(Self {
            target,
            writer: writer::Writer::start(
                writer,
                (options.write_queue, options.busy_timeout),
                clock,
                keeper,
                Arc::clone(&ledger),
                metrics.clone(),
            )?,
            metrics,
            ledger,
            presence,
            overwrite,
            search: pool,
            options,
            damaged: AtomicBool::new(false),
        }))
    }

    /// The state of the file at its path, available after all connections are closed too; none of a server.
    #[must_use]
    pub fn presence(&self) -> Option<Arc<Presence>> {
        self.presence.clone()
    }

    /// Notes in the file that it is served, or no longer is: a copy that is made in between without its log can be told
    /// from a whole one. A server's database needs no note.
    ///
    /// # Errors
    /// A database error.
    pub async fn note_served(&self, is_served: bool) -> Result<(), Problem> {
        if self.presence.is_none() {
            return Ok(());
        }
        let note = move |conn: &mut Lasting, committer: &mut writer::Committer| {
            let noted = sqlite::note_served(conn.get().file()?, is_served);
            Ok(committer.keeper.noting_fault(noted)?)
        };
        self.writer.alone(note).await
    }

    /// Records that a page was damaged, if `result` says so.
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
    // Closed before the other is let go of: whoever counts those that hold it counts open connections.
    reader: RefCell<Lasting>,
    replica: Option<RefCell<Replica>>,
    shared: Arc<Shared>,
}

impl Db {
    /// A handle for the calling thread, with a read connection of its own.
    ///
    /// # Errors
    /// [`OpenError`] if the connection cannot be opened.
    pub fn new(shared: &Arc<Shared>) -> Result<Self, OpenError> {
        let reader = Lasting::open(&shared.target, Access::Read, &shared.options)?;
        let replica = shared.options.replica.as_ref();
        let replica = replica.map(|server| RefCell::new(Replica::new(server, &shared.options)));
        Ok(Self { shared: Arc::clone(shared), replica, reader: RefCell::new(reader) })
    }

    /// Runs bounded queries in place, inside one read transaction.
    ///
    /// # Errors
    /// The error of `work`, or a database error.
    pub fn read<T>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        // `work` is synchronous and cannot reach these handles, so no borrow is nested.
        let work = |conn: &mut Conn| unit::catch_panic(|| work(conn));
        let work = match &self.replica {
            None => work,
            Some(replica) => {
                let latest = self.shared.writer.latest();
                match replica.borrow_mut().read(latest, work) {
                    Ok(result) => return result,
                    Err(work) => work,
                }
            }
        };
        let result = lasting::in_read(&mut self.reader.borrow_mut(), work);
        self.shared.noting_damage(result)
    }

    /// Waits until no other process does what is done once after an upgrade; until the value is dropped, no other does. A
    /// file has one server, so nothing is waited for there.
    ///
    /// # Errors
    /// A database error.
    pub fn alone_at_start(&self) -> Result<Option<Conn>, Problem> {
        match &self.shared.target {
            Target::File(_) => Ok(None),
            Target::Server(server) => {
                let conn = postgres::alone_at_start(server).map_err(Problem::internal)?;
                Ok(Some(conn.into()))
            }
        }
    }

    /// True if a query of this process has met a damaged page. It stays so until the process ends:
    /// no page can be repaired.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.shared.damaged.load(Ordering::Relaxed)
    }

    /// Passes while the open file is the one at its path. Writes check this themselves.
    ///
    /// # Errors
    /// `database_replaced`.
    pub fn check_presence(&self) -> Result<(), Problem> {
        self.shared.presence.as_ref().map_or(Ok(()), |presence| presence.check())
    }

    /// Runs an unbounded query on the side pool. Its `where` must have [`within_deadline()`].
    ///
    /// # Errors
    /// The error of `work`, a database error, or `overloaded` if the queue is full or the deadline
    /// has passed.
    pub async fn search<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.shared.noting_damage(self.shared.search.run(work).await)
    }

    /// Now, as `clock` has it, but never earlier than the last commit: each unit of work has an
    /// instant of its own, later than the one before, which may be ahead of a clock that stands
    /// still or was set back.
    #[must_use]
    pub fn now(&self, clock: &dyn Clock) -> Instant {
        clock.now().max(Instant::from_micros(self.shared.writer.latest()))
    }

    /// Hands the writer a unit of work that changes nothing shown without a key, and does not wait for its end. It is
    /// dropped if the queue is full.
    pub fn write_later(
        &self,
        work: impl FnOnce(&mut Conn, Instant) -> Result<(), Problem> + Send + 'static,
    ) {
        let work = move |conn: &mut Conn, now| Ok((work(conn, now)?, Touched::Nothing));
        // Nobody waits for its result.
        drop(self.shared.writer.hand_in(work));
    }

    /// Waits until the writer has done what it was handed before. The thread does nothing else
    /// meanwhile: for test mode.
    pub fn settle(&self) {
        let (done, is_done) = std::sync::mpsc::channel();
        drop(self.shared.writer.alone(move |_, _| Ok(done.send(()).is_ok())).now_or_never());
        // An error means that there is no writer any more.
        let _ = is_done.recv();
    }

    /// Runs one unit of work in the writer: all of it or nothing, on disk when this returns.
    /// `work` gets the unit's instant.
    ///
    /// # Errors
    /// The error of `work` (nothing is changed then), a database error, or `overloaded` if the
    /// queue is full.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn, Instant) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let work = move |conn: &mut Conn, now| Ok((work(conn, now)?, Touched::Everything));
        self.write_touching(work).await
    }

    /// The same for a unit that knows what it changes of that which is shown: kept responses that show nothing of it
    /// stay.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub async fn write_touching<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn, Instant) -> Result<(T, Touched), Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.shared.noting_damage(self.shared.writer.run(work).await)
    }

    /// Registers what the database counts, and the lengths of its files now.
    pub fn register_metrics(&self, registry: &mut Registry) {
        self.shared.register_metrics(registry);
    }

    /// The stamp of a read that begins now.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        self.shared.ledger.stamp()
    }

    /// True if nothing that a response with this stamp shows was written since. What the clock changes is not asked.
    #[must_use]
    pub fn holds(&self, stamp: Stamp, shows: &Shows) -> bool {
        self.shared.ledger.holds(stamp, shows, std::time::Instant::now())
    }

    /// The same for erasure: after the commit the WAL is checkpointed and truncated, so that the
    /// erased data is in neither file. If a reader still needs the WAL, each write tries again.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub async fn write_and_overwrite<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn, Instant) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let overwrite = Arc::clone(&self.shared.overwrite);
        self.write(move |conn, now| {
            let done = work(conn, now)?;
            overwrite.store(true, Ordering::Relaxed);
            Ok(done)
        })
        .await
    }
}
