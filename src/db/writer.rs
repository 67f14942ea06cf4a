//! The one writer: it takes all waiting units, runs each in a savepoint of its own inside one
//! transaction, commits once and answers all (group commit).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Instant as Moment;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};
use tokio::sync::oneshot;

use super::Conn;
use super::connection::Lasting;
use super::dialect::{Statement, run};
use super::error::{OpenError, Reason, is_disk_fault};
use super::ledger::{LOOK_EVERY, Ledger, Touched};
use super::metrics::{DatabaseMetrics, observe};
use super::presence::Presence;
use super::schema::history_clock;
use crate::domain::instant::{Clock, Instant};
use crate::fixed_query;
use crate::problem::{Code, Problem};

/// Most units in one transaction: with more, the first of them would wait longer than the shared
/// sync saves.
const GROUP_MAX: usize = 256;

/// Pages in the log from which on it is taken back into the file, as by SQLite itself: 4 MB.
const LOG_PAGES: i32 = 1_000;
/// Units after which the log's pages are counted: some hundred pages.
const LOOK_AFTER_UNITS: usize = 16;
/// Bytes by which its file grows before that: large texts are few units.
const LOOK_AFTER_GROWTH: u64 = 256 * 1024;

/// Tells a unit's client how it ended, or why it was not run.
type Answer = Box<dyn FnOnce(Result<(), Problem>) + Send>;
/// A unit of work. It returns how it ended, and how to answer.
type Unit = Box<dyn FnOnce(Start<'_>) -> (Ended, Answer) + Send>;

/// What the writer's thread does.
enum Job {
    /// A unit, in a transaction with those that wait beside it.
    Unit(Unit),
    /// Something outside of any transaction, while no unit runs.
    Alone(Alone),
}

/// Work on the writer's connection outside of a transaction.
type Alone = Box<dyn FnOnce(&mut Lasting, &mut Committer) + Send>;

/// How a unit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// Its writes wait for the commit.
    Written(Touched),
    /// It was refused, and all its writes are undone.
    Refused,
    /// It rolled back the whole transaction: the writes of the units before it are undone too.
    WithTransaction(Code),
}

/// How a unit is started.
enum Start<'a> {
    /// In its savepoint, at its instant.
    Run(&'a mut Conn, Instant),
    /// Not at all: the transaction could not be started.
    Refuse(Problem),
}

pub(super) struct Writer {
    jobs: Option<mpsc::SyncSender<Job>>,
    latest: Arc<AtomicI64>,
    /// True if the WAL holds data that was to be erased.
    pub(super) overwrite: Arc<AtomicBool>,
    thread: Mutex<Option<thread::JoinHandle<()>>>,
    metrics: DatabaseMetrics,
}

impl Writer {
    pub(super) fn start(
        mut conn: Lasting,
        queue: usize,
        clock: Arc<dyn Clock>,
        presence: Arc<Presence>,
        ledger: Arc<Ledger>,
        (metrics, on_disk_fault): (DatabaseMetrics, Option<fn()>),
    ) -> Result<Self, OpenError> {
        let (jobs, waiting) = mpsc::sync_channel::<Job>(queue);
        let last: i64 = history_clock::table
            .select(history_clock::last_at)
            .first(conn.get())
            .map_err(|error| {
                OpenError::of(
                    Reason::Damaged,
                    format!("the database's clock cannot be read ({error}); restore a backup."),
                )
            })?;
        let latest = Arc::new(AtomicI64::new(last));
        let overwrite = Arc::new(AtomicBool::new(false));
        let mut committer = Committer {
            clock,
            latest: Arc::clone(&latest),
            overwrite: Arc::clone(&overwrite),
            ledger,
            metrics: metrics.clone(),
            on_disk_fault,
            log: LogSize::of(&presence),
            seen: None,
            looked_at: None,
            reopened: 0,
        };
        let thread = thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || {
                loop {
                    let first = match waiting.recv_timeout(LOOK_EVERY) {
                        Ok(first) => first,
                        Err(mpsc::RecvTimeoutError::Timeout) => {
                            committer.follow(&mut conn);
                            committer.look(conn.get());
                            continue;
                        }
                        Err(mpsc::RecvTimeoutError::Disconnected) => return,
                    };
                    let (group, alone) = together(first, &waiting);
                    let taken = group.len() + usize::from(alone.is_some());
                    committer.metrics.waiting_writes.dec_by(i64::try_from(taken).unwrap_or(0));
                    let mut group = group.into_iter();
                    if group.len() > 0 && presence.check().is_err() {
                        let refusal = || Start::Refuse(Problem::plain(Code::DatabaseReplaced));
                        group.by_ref().for_each(|unit| unit(refusal()).1(Ok(())));
                    }
                    let mut not_begun = None;
                    // More than once only if a unit has rolled back its transaction.
                    while group.len() > 0 {
                        committer.follow(&mut conn);
                        not_begun = committer.commit(conn.get(), &mut group).err().or(not_begun);
                    }
                    if let Some(problem) = not_begun {
                        committer.refuse(&problem, &waiting, &mut conn);
                    }
                    if let Some(work) = alone {
                        work(&mut conn, &mut committer);
                    }
                }
            })
            .map_err(|error| {
                OpenError::of(
                    Reason::Other,
                    format!("no thread for the writer ({error}); give the process more room."),
                )
            })?;
        Ok(Self { jobs: Some(jobs), latest, overwrite, thread: Mutex::new(Some(thread)), metrics })
    }

    /// The instant of the newest committed unit of this process, in microseconds.
    pub(super) fn latest(&self) -> i64 {
        self.latest.load(Ordering::Acquire)
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn, Instant) -> Result<(T, Touched), Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (answer, answered) = oneshot::channel();
        let unit: Unit = Box::new(move |start| {
            let (ended, result) = match start {
                Start::Run(conn, now) => in_savepoint(conn, |conn| work(conn, now)),
                Start::Refuse(problem) => (Ended::Refused, Err(problem)),
            };
            let answer: Answer = Box::new(move |stands| {
                // The client may be gone; the write is committed all the same.
                let _ = answer.send(stands.and(result));
            });
            (ended, answer)
        });
        self.hand_over(Job::Unit(unit))?;
        answered.await.map_err(|_| Problem::internal("a write ended without an answer"))?
    }

    /// Runs `work` outside of any transaction, while no unit runs.
    pub(super) async fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Lasting, &mut Committer) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (answer, answered) = oneshot::channel();
        self.hand_over(Job::Alone(Box::new(move |conn, committer| {
            // The client may be gone.
            let _ = answer.send(catch_panic(|| work(conn, committer)));
        })))?;
        answered.await.map_err(|_| Problem::internal("the writer ended without an answer"))?
    }

    fn hand_over(&self, job: Job) -> Result<(), Problem> {
        let jobs = self.jobs.as_ref().ok_or_else(|| Problem::plain(Code::ShuttingDown))?;
        self.metrics.waiting_writes.inc();
        jobs.try_send(job).map_err(|error| {
            self.metrics.waiting_writes.dec();
            match error {
                mpsc::TrySendError::Full(_) => {
                    Problem::plain(Code::Overloaded).caused_by("the queue of writes is full")
                }
                mpsc::TrySendError::Disconnected(_) => Problem::internal("the writer has ended"),
            }
        })
    }
}

/// The first job with those that wait: units for one transaction, and what is to be done alone after them.
fn together(first: Job, waiting: &mpsc::Receiver<Job>) -> (Vec<Unit>, Option<Alone>) {
    let mut units = Vec::new();
    for job in std::iter::once(first).chain(waiting.try_iter()).take(GROUP_MAX) {
        match job {
            Job::Unit(unit) => units.push(unit),
            Job::Alone(work) => return (units, Some(work)),
        }
    }
    (units, None)
}

impl Drop for Writer {
    /// Lets the writer finish the waiting units and close the file.
    fn drop(&mut self) {
        self.jobs = None;
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A writer that panicked has logged it; there is nothing more to do here.
            let _ = thread.join();
        }
    }
}

/// Runs `work` in a savepoint. (Diesel's nested transactions are the same, but their statements are prepared at each
/// use.)
///
/// On a full disk, an I/O error and `raise(rollback, ..)` SQLite rolls back more than the
/// savepoint: the whole transaction. Rolling back or releasing the savepoint then fails; the first
/// error is the one that is reported.
fn in_savepoint<T>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<(T, Touched), Problem>,
) -> (Ended, Result<T, Problem>) {
    let with_transaction = |problem: Problem| {
        let ended = Ended::WithTransaction(problem.code());
        (ended, Err(problem))
    };
    if let Err(error) = run(conn, "savepoint unit") {
        return with_transaction(error.into());
    }
    match catch_panic(|| work(conn)) {
        Ok((value, touched)) => match run(conn, "release unit") {
            Ok(()) => (Ended::Written(touched), Ok(value)),
            Err(error) => with_transaction(error.into()),
        },
        Err(problem) => {
            let undone = run(conn, "rollback to unit").and_then(|()| run(conn, "release unit"));
            match undone {
                Ok(()) => (Ended::Refused, Err(problem)),
                Err(_) => with_transaction(problem),
            }
        }
    }
}

/// Runs `work` and turns a panic in it into an internal error: the process goes on.
pub(super) fn catch_panic<T>(work: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Problem::internal("a panic in a database closure")))
}

/// Checkpoints and truncates the WAL; false if a reader still needs it.
pub(super) fn empty_log(conn: &mut Conn) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Outcome {
        #[diesel(sql_type = BigInt)]
        busy: i64,
    }
    // The next write tries again soon enough: do not wait for a reader here.
    let wait: i64 = diesel::sql_query("pragma busy_timeout").get_result::<Wait>(conn)?.timeout;
    conn.batch_execute("pragma busy_timeout = 0")?;
    let outcome = diesel::sql_query("pragma wal_checkpoint(truncate)").get_result::<Outcome>(conn);
    conn.batch_execute(&format!("pragma busy_timeout = {wait}"))?;
    outcome.map(|outcome| outcome.busy == 0)
}

/// The busy timeout of a connection.
#[derive(QueryableByName)]
struct Wait {
    #[diesel(sql_type = BigInt)]
    timeout: i64,
}

/// A unit that has run and waits for the commit to be answered.
struct Ran {
    answer: Answer,
    ended: Ended,
    /// True if it has seen uncommitted writes of other units.
    saw_others: bool,
}

/// What the writer's thread knows from group to group.
pub(super) struct Committer {
    clock: Arc<dyn Clock>,
    latest: Arc<AtomicI64>,
    overwrite: Arc<AtomicBool>,
    ledger: Arc<Ledger>,
    metrics: DatabaseMetrics,
    on_disk_fault: Option<fn()>,
    log: LogSize,
    /// The version of the file's content, by the last look at it: it changes with the writes of other connections.
    seen: Option<i64>,
    looked_at: Option<Moment>,
    /// How often the connection was opened anew before that.
    reopened: u64,
}

impl Committer {
    /// Forgets what was seen by a connection that is no longer there.
    fn follow(&mut self, conn: &mut Lasting) {
        // The connection is opened anew here, if it must be.
        conn.get();
        if conn.reopened() != self.reopened {
            (self.seen, self.looked_at) = (None, None);
            self.reopened = conn.reopened();
        }
    }

    /// Takes the instant of the newest unit from the file, which is another one now and may be earlier.
    pub(super) fn start_anew(&mut self, conn: &mut Lasting) -> Result<(), Problem> {
        self.follow(conn);
        let last = history_clock::table.select(history_clock::last_at).first(conn.get())?;
        self.latest.store(last, Ordering::Release);
        self.ledger.mark(Touched::Everything);
        self.ledger.publish();
        Ok(())
    }

    /// Looks whether another process has written, unless that was just done. A file that cannot be read is not trusted.
    fn look(&mut self, conn: &mut Conn) {
        let now = Moment::now();
        if self.looked_at.is_some_and(|at| now < at + LOOK_EVERY) {
            return;
        }
        let version = Statement::<BigInt>::new("pragma data_version".to_owned(), Vec::new());
        let Ok(version) = version.get_result::<i64>(conn) else {
            return;
        };
        if self.seen.replace(version) != Some(version) {
            // Its instants may be ahead of our clock.
            let last = history_clock::table.select(history_clock::last_at).first(conn);
            self.latest.fetch_max(last.unwrap_or(i64::MIN), Ordering::Release);
            self.ledger.mark(Touched::Everything);
            self.ledger.publish();
        }
        self.looked_at = Some(now);
        self.ledger.trust(now);
    }

    /// Runs units in one transaction, up to the last or to one that rolls the transaction back, and answers those that
    /// ran. No answer differs from what is stored: if the transaction failed, so did each unit in it, and also each
    /// refusal that was based on another unit's uncommitted writes.
    ///
    /// # Errors
    /// What the whole group was told, if no transaction could be begun.
    fn commit(
        &mut self,
        conn: &mut Conn,
        group: &mut std::vec::IntoIter<Unit>,
    ) -> Result<(), Problem> {
        let mut ran: Vec<Ran> = Vec::new();
        let mut fault: Option<Problem> = None;
        let began = Moment::now();
        let committed = conn.immediate_transaction(|conn| {
            self.look(conn);
            let work = run_units(conn, group, self.clock.as_ref(), &mut ran);
            // What is marked is not given from memory while the commit is under way.
            ran.iter().for_each(|unit| self.ledger.mark(unit.ended.touched()));
            // If SQLite has rolled back already, the error of Diesel's own attempt hides the reason.
            work.map_err(|cause| {
                fault = Some(cause.into());
                diesel::result::Error::RollbackTransaction
            })
        });
        observe(&self.metrics.commit, began.elapsed());
        self.metrics.batch.observe(ran.len() as f64);
        if committed.is_err() {
            self.metrics.failed.inc();
        }
        if let Ok(last) = &committed {
            // Before it is published: no read that has seen it may be earlier by the clock.
            self.latest.fetch_max(*last, Ordering::Release);
        }
        // Before anyone is answered: clients read their own writes.
        self.ledger.publish();
        let error = match committed {
            Ok(_) => {
                let emptied = self.overwrite.load(Ordering::Relaxed).then(|| empty_log(conn));
                if let Some(emptied) = &emptied {
                    self.overwrite.store(!matches!(emptied, Ok(true)), Ordering::Relaxed);
                }
                let is_much = self.log.is_much(conn, ran.len());
                ran.into_iter().for_each(|unit| (unit.answer)(Ok(())));
                // It is told; the units are on disk all the same.
                let _ = self.noting_fault(match emptied {
                    Some(emptied) => emptied.map(drop),
                    None if is_much => conn.batch_execute("pragma wal_checkpoint(passive)"),
                    None => Ok(()),
                });
                return Ok(());
            }
            Err(error) => error,
        };
        let has_begun = !ran.is_empty();
        let fault = fault.unwrap_or_else(|| error.into());
        let cause = fault.cause().unwrap_or_default();
        let refusal = || Problem::plain(fault.code()).caused_by(cause);
        for unit in ran {
            let stands = match unit.ended {
                Ended::WithTransaction(_) => true,
                Ended::Refused => !unit.saw_others,
                Ended::Written(_) => false,
            };
            (unit.answer)(if stands { Ok(()) } else { Err(refusal()) });
        }
        if !has_begun {
            group.for_each(|unit| unit(Start::Refuse(refusal())).1(Ok(())));
        }
        if is_disk_fault(cause) {
            self.disk_failed();
        }
        if fault.code() == Code::StorageFull {
            // What is in the log may fit into the file as it is: then the log begins anew, in the room that it has. If not,
            // the disk is as full as was just told.
            let _ = conn.batch_execute("pragma wal_checkpoint(passive)");
        }
        if has_begun { Ok(()) } else { Err(refusal()) }
    }

    /// Refuses the units that wait: no transaction could be begun (another process holds the lock), and each group would
    /// wait as long for the next to be told the same.
    fn refuse(&mut self, problem: &Problem, waiting: &mpsc::Receiver<Job>, conn: &mut Lasting) {
        let cause = problem.cause().unwrap_or_default();
        for job in waiting.try_iter() {
            self.metrics.waiting_writes.dec();
            let refusal = Problem::plain(problem.code()).caused_by(cause);
            match job {
                Job::Unit(unit) => unit(Start::Refuse(refusal)).1(Ok(())),
                Job::Alone(work) => work(conn, self),
            }
        }
    }

    /// Tells of what has failed outside of a transaction: the log could not be taken back into the file.
    pub(super) fn noting_fault(&self, done: QueryResult<()>) -> QueryResult<()> {
        if let Err(error) = &done {
            log::error!("the log cannot be taken back: {error}");
            if is_disk_fault(&error.to_string()) {
                self.disk_failed();
            }
        }
        done
    }

    /// What the system did with pages that it could not write, nobody knows: it may have dropped them, and would not say
    /// so again.
    fn disk_failed(&self) {
        if let Some(act) = self.on_disk_fault.filter(|_| !self.log.presence.has_no_room()) {
            act();
        }
    }
}

/// How much there is in the log.
struct LogSize {
    presence: Arc<Presence>,
    /// Units since its pages were counted, and the length of its file then.
    units: usize,
    length: u64,
}

#[derive(QueryableByName)]
struct LogPages {
    #[diesel(sql_type = Integer)]
    log: i32,
}

impl LogSize {
    fn of(presence: &Arc<Presence>) -> Self {
        Self { presence: Arc::clone(presence), units: 0, length: 0 }
    }

    /// True if there is so much in the log that it is taken back: then it needs little room, and a start after a kill
    /// reads little of it.
    fn is_much(&mut self, conn: &mut Conn, written: usize) -> bool {
        self.units += written;
        let length = self.presence.log_length();
        if self.units < LOOK_AFTER_UNITS && length < self.length + LOOK_AFTER_GROWTH {
            return false;
        }
        (self.units, self.length) = (0, length);
        let pages = diesel::sql_query("pragma wal_checkpoint(noop)").get_result::<LogPages>(conn);
        pages.is_ok_and(|pages| pages.log >= LOG_PAGES)
    }
}

impl Ended {
    const fn touched(self) -> Touched {
        match self {
            Self::Written(touched) => touched,
            Self::Refused | Self::WithTransaction(_) => Touched::Nothing,
        }
    }
}

/// The reason why a transaction is given up.
enum GivenUp {
    /// A unit rolled it back, with this problem.
    ByUnit(Code),
    /// A database error.
    ByDatabase(diesel::result::Error),
}

impl From<diesel::result::Error> for GivenUp {
    fn from(error: diesel::result::Error) -> Self {
        Self::ByDatabase(error)
    }
}

impl From<GivenUp> for Problem {
    fn from(cause: GivenUp) -> Self {
        match cause {
            GivenUp::ByUnit(Code::StorageFull) => {
                Self::plain(Code::StorageFull).caused_by("another write met a full disk")
            }
            // What failed in another write need not fail in this one: it may be retried.
            GivenUp::ByUnit(_) => Self::plain(Code::Overloaded)
                .caused_by("another write took the transaction with it"),
            GivenUp::ByDatabase(error) => error.into(),
        }
    }
}

fixed_query! {
    /// Sets the instant of the newest unit. (Diesel's own updates are prepared at each call.)
    struct SetClock { last: i64 => BigInt } -> BigInt = "update history_clock set last_at = ?last where id = 1";
}

/// Runs units, each in its savepoint, and returns the instant of the last one that wrote.
fn run_units(
    conn: &mut Conn,
    group: &mut std::vec::IntoIter<Unit>,
    clock: &dyn Clock,
    ran: &mut Vec<Ran>,
) -> Result<i64, GivenUp> {
    let before = history_clock::table.select(history_clock::last_at).first::<i64>(conn)?;
    let mut last = before;
    for unit in group {
        let at = clock.now().as_micros().max(last + 1);
        let (ended, answer) = unit(Start::Run(conn, Instant::from_micros(at)));
        ran.push(Ran { answer, ended, saw_others: last != before });
        match ended {
            Ended::Written(_) => last = at,
            Ended::Refused => {}
            Ended::WithTransaction(code) => return Err(GivenUp::ByUnit(code)),
        }
    }
    if last != before {
        SetClock { last }.execute(conn)?;
    }
    Ok(last)
}
