//! The one writer: it takes all waiting units, runs each in a savepoint of its own inside one
//! transaction, commits once and answers all (group commit).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use tokio::sync::oneshot;

use super::Conn;
use super::connection::Lasting;
use super::error::{OpenError, Reason};
use super::presence::Presence;
use super::schema::history_clock;
use crate::domain::instant::{Clock, Instant};
use crate::problem::{Code, Problem};

/// Most units in one transaction: with more, the first of them would wait longer than the shared
/// sync saves.
const GROUP_MAX: usize = 256;

/// Tells a unit's client how it ended, or why it was not run.
type Answer = Box<dyn FnOnce(Result<(), Problem>) + Send>;
/// A unit of work. It returns how it ended, and how to answer.
type Unit = Box<dyn FnOnce(Start<'_>) -> (Ended, Answer) + Send>;

/// How a unit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// Its writes wait for the commit.
    Written,
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
    units: Option<mpsc::SyncSender<Unit>>,
    latest: Arc<AtomicI64>,
    /// True if the WAL holds data that was to be erased.
    pub(super) overwrite: Arc<AtomicBool>,
    thread: Mutex<Option<thread::JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(
        mut conn: Lasting,
        queue: usize,
        clock: Arc<dyn Clock>,
        presence: Arc<Presence>,
    ) -> Result<Self, OpenError> {
        let (units, waiting) = mpsc::sync_channel::<Unit>(queue);
        let last: i64 = history_clock::table
            .select(history_clock::last_at)
            .first(conn.get())
            .map_err(|error| {
                OpenError::of(
                    Reason::Damaged,
                    format!("the database's clock cannot be read ({error}); restore a copy."),
                )
            })?;
        let latest = Arc::new(AtomicI64::new(last));
        let committed = Arc::clone(&latest);
        let overwrite = Arc::new(AtomicBool::new(false));
        let wanted = Arc::clone(&overwrite);
        let thread = thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || {
                while let Ok(first) = waiting.recv() {
                    let group =
                        std::iter::once(first).chain(waiting.try_iter().take(GROUP_MAX - 1));
                    let mut group = group.collect::<Vec<_>>().into_iter();
                    if presence.check().is_err() {
                        let refusal = || Start::Refuse(Problem::plain(Code::DatabaseReplaced));
                        group.for_each(|unit| unit(refusal()).1(Ok(())));
                        continue;
                    }
                    // More than once only if a unit has rolled back its transaction.
                    while group.len() > 0 {
                        commit(conn.get(), &mut group, clock.as_ref(), &committed, &wanted);
                    }
                }
            })
            .map_err(|error| {
                OpenError::of(
                    Reason::Other,
                    format!("no thread for the writer ({error}); give the process more room."),
                )
            })?;
        Ok(Self { units: Some(units), latest, overwrite, thread: Mutex::new(Some(thread)) })
    }

    /// The instant of the newest committed unit of this process, in microseconds.
    pub(super) fn latest(&self) -> i64 {
        self.latest.load(Ordering::Acquire)
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn, Instant) -> Result<T, Problem> + Send + 'static,
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
        let units = self.units.as_ref().ok_or_else(|| Problem::plain(Code::ShuttingDown))?;
        units.try_send(unit).map_err(|error| match error {
            mpsc::TrySendError::Full(_) => {
                Problem::plain(Code::Overloaded).caused_by("the queue of writes is full")
            }
            mpsc::TrySendError::Disconnected(_) => Problem::internal("the writer has ended"),
        })?;
        answered.await.map_err(|_| Problem::internal("a write ended without an answer"))?
    }
}

impl Drop for Writer {
    /// Lets the writer finish the waiting units and close the file.
    fn drop(&mut self) {
        self.units = None;
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A writer that panicked has logged it; there is nothing more to do here.
            let _ = thread.join();
        }
    }
}

/// Runs `work` in a savepoint, which is Diesel's nested transaction.
///
/// On a full disk, an I/O error and `raise(rollback, ..)` SQLite rolls back more than the
/// savepoint: the whole transaction. Rolling back or releasing the savepoint then fails; the first
/// error is the one that is reported.
fn in_savepoint<T>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, Problem>,
) -> (Ended, Result<T, Problem>) {
    enum Undone {
        ByUnit,
        ByDatabase(diesel::result::Error),
    }
    impl From<diesel::result::Error> for Undone {
        fn from(error: diesel::result::Error) -> Self {
            Self::ByDatabase(error)
        }
    }
    let mut refused = None;
    let done = conn.transaction(|conn| {
        catch_panic(|| work(conn)).map_err(|problem| {
            refused = Some(problem);
            Undone::ByUnit
        })
    });
    let with_transaction = |problem: Problem| {
        let ended = Ended::WithTransaction(problem.code());
        (ended, Err(problem))
    };
    match (done, refused) {
        (Ok(value), _) => (Ended::Written, Ok(value)),
        (Err(Undone::ByUnit), Some(problem)) => (Ended::Refused, Err(problem)),
        (Err(Undone::ByDatabase(_)), Some(problem)) => with_transaction(problem),
        (Err(Undone::ByDatabase(error)), None) => with_transaction(error.into()),
        (Err(Undone::ByUnit), None) => {
            with_transaction(Problem::internal("a unit was undone without a reason"))
        }
    }
}

/// Runs `work` and turns a panic in it into an internal error: the process goes on.
pub(super) fn catch_panic<T>(work: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Problem::internal("a panic in a database closure")))
}

/// Checkpoints and truncates the WAL; false if a reader still needs it.
fn empty_log(conn: &mut Conn) -> bool {
    #[derive(QueryableByName)]
    struct Outcome {
        #[diesel(sql_type = BigInt)]
        busy: i64,
    }
    // The next write tries again soon enough: do not wait for a reader here.
    let checkpoint = |conn: &mut Conn| {
        let wait: i64 = diesel::sql_query("pragma busy_timeout").get_result::<Wait>(conn)?.timeout;
        conn.batch_execute("pragma busy_timeout = 0")?;
        let outcome =
            diesel::sql_query("pragma wal_checkpoint(truncate)").get_result::<Outcome>(conn);
        conn.batch_execute(&format!("pragma busy_timeout = {wait}"))?;
        outcome.map(|outcome| outcome.busy == 0)
    };
    checkpoint(conn).unwrap_or(false)
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

/// Runs units in one transaction, up to the last or to one that rolls the transaction back, and
/// answers those that ran. No answer differs from what is stored: if the transaction failed, so
/// did each unit in it, and also each refusal that was based on another unit's uncommitted writes.
fn commit(
    conn: &mut Conn,
    group: &mut std::vec::IntoIter<Unit>,
    clock: &dyn Clock,
    latest: &AtomicI64,
    overwrite: &AtomicBool,
) {
    let mut ran: Vec<Ran> = Vec::new();
    let mut fault: Option<Problem> = None;
    let committed = conn.immediate_transaction(|conn| {
        let work = run_units(conn, group, clock, &mut ran);
        // If SQLite has rolled back already, the error of Diesel's own attempt hides the reason.
        work.map_err(|cause| {
            fault = Some(cause.into());
            diesel::result::Error::RollbackTransaction
        })
    });
    let error = match committed {
        Ok(last) => {
            // Before anyone is answered: clients read their own writes.
            latest.fetch_max(last, Ordering::Release);
            if overwrite.load(Ordering::Relaxed) {
                overwrite.store(!empty_log(conn), Ordering::Relaxed);
            }
            return ran.into_iter().for_each(|unit| (unit.answer)(Ok(())));
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
            Ended::Written => false,
        };
        (unit.answer)(if stands { Ok(()) } else { Err(refusal()) });
    }
    if !has_begun {
        // The transaction could not be started; that holds for the waiting units too.
        group.for_each(|unit| unit(Start::Refuse(refusal())).1(Ok(())));
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
            Ended::Written => last = at,
            Ended::Refused => {}
            Ended::WithTransaction(code) => return Err(GivenUp::ByUnit(code)),
        }
    }
    if last != before {
        diesel::update(history_clock::table).set(history_clock::last_at.eq(last)).execute(conn)?;
    }
    Ok(last)
}
