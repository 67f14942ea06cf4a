//! The one writer: it takes what waits, runs each unit in a savepoint of its
//! own inside one transaction, commits once and answers all.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use tokio::sync::oneshot;

use super::connection::Lasting;
use super::error::{OpenError, Reason};
use super::schema::history_clock;
use crate::domain::instant::{Clock, Instant};
use crate::problem::{Code, Problem};

/// Most units in one transaction: more would make the first of them wait
/// longer than the sync that they share saves.
const GROUP_MAX: usize = 256;

/// Tells a unit's client, once it is known whether the transaction was committed.
type Answer = Box<dyn FnOnce(Result<(), Problem>) + Send>;
/// A unit of work. It says how it ended, and how to answer.
type Unit = Box<dyn FnOnce(Start<'_>) -> (Result<(), Code>, Answer) + Send>;

/// How a unit is started.
enum Start<'a> {
    /// In its savepoint, at its instant.
    Run(&'a mut SqliteConnection, Instant),
    /// Not at all: the transaction could not be begun.
    Refuse(Problem),
}

pub(super) struct Writer {
    units: Option<mpsc::SyncSender<Unit>>,
    latest: Arc<AtomicI64>,
    /// Whether the log holds what was to be forgotten.
    pub(super) overwrite: Arc<AtomicBool>,
    thread: Mutex<Option<thread::JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(
        mut conn: Lasting,
        queue: usize,
        clock: Arc<dyn Clock>,
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
                    commit_group(
                        conn.get(),
                        group.collect(),
                        clock.as_ref(),
                        &committed,
                        &wanted,
                    );
                }
            })
            .map_err(|error| {
                OpenError::of(
                    Reason::Other,
                    format!("no thread for the writer ({error}); give the process more room."),
                )
            })?;
        Ok(Self {
            units: Some(units),
            latest,
            overwrite,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// The instant of the newest unit that was committed here, in microseconds.
    pub(super) fn latest(&self) -> i64 {
        self.latest.load(Ordering::Acquire)
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection, Instant) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (answer, answered) = oneshot::channel();
        let unit: Unit = Box::new(move |start| {
            let result = match start {
                Start::Run(conn, now) => in_savepoint(conn, |conn| work(conn, now)),
                Start::Refuse(problem) => Err(problem),
            };
            let ended = result.as_ref().map(drop).map_err(Problem::code);
            let answer: Answer = Box::new(move |committed| {
                // The client may have gone; the write stands all the same.
                let _ = answer.send(result.and_then(|value| committed.map(|()| value)));
            });
            (ended, answer)
        });
        let units = self
            .units
            .as_ref()
            .ok_or_else(|| Problem::plain(Code::ShuttingDown))?;
        units.try_send(unit).map_err(|error| match error {
            mpsc::TrySendError::Full(_) => {
                Problem::plain(Code::Overloaded).caused_by("the queue of writes is full")
            }
            mpsc::TrySendError::Disconnected(_) => Problem::internal("the writer has ended"),
        })?;
        answered
            .await
            .map_err(|_| Problem::internal("a write ended without an answer"))?
    }
}

impl Drop for Writer {
    /// Lets the writer finish what waits and close the file.
    fn drop(&mut self) {
        self.units = None;
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            // A writer that panicked has logged it; there is nothing more to do here.
            let _ = thread.join();
        }
    }
}

/// Runs `work` in a savepoint: what Diesel makes of a nested transaction.
///
/// On a full disk SQLite rolls back more than the savepoint, and undoing that
/// fails in turn; the fault that is told is the first one.
fn in_savepoint<T>(
    conn: &mut SqliteConnection,
    work: impl FnOnce(&mut SqliteConnection) -> Result<T, Problem>,
) -> Result<T, Problem> {
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
    done.map_err(|undone| match (refused, undone) {
        (Some(problem), _) => problem,
        (None, Undone::ByDatabase(error)) => error.into(),
        (None, Undone::ByUnit) => Problem::internal("a unit was undone without a reason"),
    })
}

/// Runs `work`, with a panic in it made a fault of ours: the process lives on.
pub(super) fn catch_panic<T>(work: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Problem::internal("a panic in a database closure")))
}

/// Takes the log back into the file and empties it; false where a reader still needs it.
fn empty_log(conn: &mut SqliteConnection) -> bool {
    #[derive(QueryableByName)]
    struct Outcome {
        #[diesel(sql_type = BigInt)]
        busy: i64,
    }
    // The next write comes soon enough: nobody waits for a reader here.
    let checkpoint = |conn: &mut SqliteConnection| {
        let wait: i64 = diesel::sql_query("pragma busy_timeout")
            .get_result::<Wait>(conn)?
            .timeout;
        conn.batch_execute("pragma busy_timeout = 0")?;
        let outcome =
            diesel::sql_query("pragma wal_checkpoint(truncate)").get_result::<Outcome>(conn);
        conn.batch_execute(&format!("pragma busy_timeout = {wait}"))?;
        outcome.map(|outcome| outcome.busy == 0)
    };
    checkpoint(conn).unwrap_or(false)
}

/// How long a connection waits for others.
#[derive(QueryableByName)]
struct Wait {
    #[diesel(sql_type = BigInt)]
    timeout: i64,
}

fn commit_group(
    conn: &mut SqliteConnection,
    group: Vec<Unit>,
    clock: &dyn Clock,
    latest: &AtomicI64,
    overwrite: &AtomicBool,
) {
    let mut waiting = group.into_iter();
    let mut answers: Vec<Answer> = Vec::new();
    let mut disk_full = false;
    let committed = conn.immediate_transaction(|conn| {
        let before = history_clock::table
            .select(history_clock::last_at)
            .first::<i64>(conn)?;
        let mut last = before;
        for unit in waiting.by_ref() {
            let at = clock.now().as_micros().max(last + 1);
            let (ended, answer) = unit(Start::Run(conn, Instant::from_micros(at)));
            answers.push(answer);
            match ended {
                Ok(()) => last = at,
                Err(Code::StorageFull) => disk_full = true,
                Err(_) => {}
            }
        }
        if last != before {
            diesel::update(history_clock::table)
                .set(history_clock::last_at.eq(last))
                .execute(conn)?;
        }
        Ok::<i64, diesel::result::Error>(last)
    });
    let error = match committed {
        Ok(last) => {
            // Before anyone is answered: who has written reads what it has written.
            latest.fetch_max(last, Ordering::Release);
            if overwrite.load(Ordering::Relaxed) {
                overwrite.store(!empty_log(conn), Ordering::Relaxed);
            }
            return answers.into_iter().for_each(|answer| answer(Ok(())));
        }
        Err(error) => error,
    };
    // A full disk ends the whole transaction, and committing it then fails for another reason.
    let cause = error.to_string();
    let code = if disk_full {
        Code::StorageFull
    } else {
        Problem::from(error).code()
    };
    let refusal = || Problem::plain(code).caused_by(&cause);
    // Units that never ran, where the transaction could not be begun.
    answers.extend(waiting.map(|unit| unit(Start::Refuse(refusal())).1));
    answers
        .into_iter()
        .for_each(|answer| answer(Err(refusal())));
}
