//! The one writer: it takes all waiting units, runs each in a savepoint of its own inside one
//! transaction, commits once and answers all (group commit).

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant as Moment};

use tokio::sync::oneshot;

use super::clock::last_at;
use super::error::{OpenError, Reason};
use super::keeper::Keeper;
use super::lasting::Lasting;
use super::ledger::{LOOK_EVERY, Ledger, Touched};
use super::metrics::{DatabaseMetrics, observe};
use super::postgres::keeper::Outcome;
use super::postgres::refuse_while_it_hangs;
use super::prelude::*;
use super::unit::{Answer, Ended, Start, Turn, Unit, Within, catch_panic, run_within};
use crate::domain::instant::{Clock, Instant};
use crate::problem::{Code, Problem};

/// Most units in one transaction: with more, the first of them would wait longer than the shared
/// sync saves.
const GROUP_MAX: usize = 256;

/// Longest that a client waits for a write on a server, besides the time that the writer waits for the server.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);
/// Time between two attempts to reach a server that is gone.
const RECONNECT_EVERY: Duration = Duration::from_millis(100);

/// What the writer's thread does.
enum Job {
    /// A unit, in a transaction with those that wait beside it.
    Unit(Unit),
    /// Something outside of any transaction, while no unit runs.
    Alone(Alone),
}

/// Work on the writer's connection outside of a transaction.
type Alone = Box<dyn FnOnce(&mut Lasting, &mut Committer) + Send>;

pub(super) struct Writer {
    jobs: Option<mpsc::SyncSender<Job>>,
    latest: Arc<AtomicI64>,
    /// Longest that a client waits for its write.
    longest: Option<Duration>,
    thread: Mutex<Option<thread::JoinHandle<()>>>,
    metrics: DatabaseMetrics,
}

impl Writer {
    pub(super) fn start(
        mut conn: Lasting,
        (queue, patience): (usize, Duration),
        clock: Arc<dyn Clock>,
        mut keeper: Keeper,
        ledger: Arc<Ledger>,
        metrics: DatabaseMetrics,
    ) -> Result<Self, OpenError> {
        let (jobs, waiting) = mpsc::sync_channel::<Job>(queue);
        let last: i64 = last_at(conn.get()).map_err(|error| {
            OpenError::of(
                Reason::Damaged,
                format!("the database's clock cannot be read ({error}); restore a backup."),
            )
        })?;
        let latest = Arc::new(AtomicI64::new(last));
        keeper.opened(conn.get());
        let longest = keeper.is_on_server().then(|| patience + ANSWERED_WITHIN);
        let mut committer = Committer {
            clock,
            latest: Arc::clone(&latest),
            ledger,
            metrics: metrics.clone(),
            keeper,
            patience,
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
                            committer.look(&mut conn);
                            continue;
                        }
                        Err(mpsc::RecvTimeoutError::Disconnected) => return,
                    };
                    let (group, alone) = together(first, &waiting);
                    let taken = group.len() + usize::from(alone.is_some());
                    committer.metrics.waiting_writes.dec_by(i64::try_from(taken).unwrap_or(0));
                    let mut group = group.into_iter();
                    if group.len() > 0
                        && let Err(problem) = committer.keeper.check()
                    {
                        let refusal = || Start::Refuse(Problem::plain(problem.code()));
                        group.by_ref().for_each(|unit| unit(refusal()).1(Ok(())));
                    }
                    let mut not_begun = None;
                    // More than once only if a unit has rolled back its transaction.
                    while group.len() > 0 {
                        committer.follow(&mut conn);
                        not_begun = committer.commit(&mut conn, &mut group).err().or(not_begun);
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
        Ok(Self { jobs: Some(jobs), latest, longest, thread: Mutex::new(Some(thread)), metrics })
    }

    /// The instant of the newest committed unit of this process, in microseconds.
    pub(super) fn latest(&self) -> i64 {
        self.latest.load(Ordering::Acquire)
    }

    /// Runs a unit, and waits for its end; on a server not for ever.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn, Instant) -> Result<(T, Touched), Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        if self.longest.is_some() {
            refuse_while_it_hangs()?;
        }
        let (turn, answered) = self.hand_in(work)?;
        let answer = match self.longest {
            None => answered.await,
            Some(longest) => match tokio::time::timeout(longest, answered).await {
                Ok(answer) => answer,
                Err(_) if turn.leave() => {
                    return Err(Problem::plain(Code::Overloaded)
                        .caused_by("the database's server took too long to begin the write"));
                }
                Err(_) => {
                    return Err(Problem::plain(Code::OutcomeUnknown)
                        .caused_by("the database's server took too long to end the write"));
                }
            },
        };
        answer.map_err(|_| Problem::internal("a write ended without an answer"))?
    }

    /// Hands in a unit, and waits for nothing.
    pub(super) fn hand_in<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn, Instant) -> Result<(T, Touched), Problem> + Send + 'static,
    ) -> Result<(Arc<Turn>, oneshot::Receiver<Result<T, Problem>>), Problem> {
        let (answer, answered) = oneshot::channel();
        let turn = Arc::new(Turn::default());
        let own = Arc::clone(&turn);
        let unit: Unit = Box::new(move |start| {
            if !own.come() {
                return (Ended::Refused, Box::new(drop));
            }
            let (ended, result) = match start {
                Start::Run(conn, now, within) => run_within(within, conn, |conn| work(conn, now)),
                Start::Refuse(problem) => (Ended::Refused, Err(problem)),
            };
            let answer: Answer = Box::new(move |stands| {
                // The client may be gone; the write is committed all the same.
                let _ = answer.send(stands.and(result));
            });
            (ended, answer)
        });
        self.hand_over(Job::Unit(unit))?;
        Ok((turn, answered))
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
    ledger: Arc<Ledger>,
    metrics: DatabaseMetrics,
    pub(super) keeper: Keeper,
    /// Longest that writes wait for a server that is gone.
    patience: Duration,
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
            self.keeper.forget();
            self.keeper.opened(conn.get());
            self.looked_at = None;
            self.reopened = conn.reopened();
        }
    }

    /// Takes the instant of the newest unit from the file, which is another one now and may be earlier.
    pub(super) fn start_anew(&mut self, conn: &mut Lasting) -> Result<(), Problem> {
        self.follow(conn);
        let last = last_at(conn.get())?;
        self.latest.store(last, Ordering::Release);
        self.ledger.mark(Touched::Everything);
        self.ledger.publish();
        Ok(())
    }

    /// Looks whether another process has written, unless that was just done. A database that cannot be read is not
    /// trusted.
    fn look(&mut self, conn: &mut Lasting) {
        let now = Moment::now();
        if self.looked_at.is_some_and(|at| now < at + LOOK_EVERY) {
            return;
        }
        match self.keeper.look(conn.get()) {
            Ok(others) => self.note_look(now, others),
            Err(_) if self.keeper.is_on_server() => drop(conn.reopen()),
            Err(_) => {}
        }
    }

    /// Records a look at `now`, and that another process has written since the one before, up to an instant.
    fn note_look(&mut self, now: Moment, others: Option<i64>) {
        if let Some(last) = others {
            // Its instants may be ahead of our clock.
            self.latest.fetch_max(last, Ordering::Release);
        }
        // While no look was good, what is kept was not given, and readers may have been shown newer from the database.
        if others.is_some() || self.ledger.has_lapsed(Moment::now()) {
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
        lasting: &mut Lasting,
        group: &mut std::vec::IntoIter<Unit>,
    ) -> Result<(), Problem> {
        let (mut ran, mut fault, mut written) = (Vec::<Ran>::new(), None::<Problem>, None::<i64>);
        let began = Moment::now();
        let mut committed;
        loop {
            committed = lasting.get().transaction_ending_with(self.keeper.begin(), |conn| {
                let before = self.begun(conn)?;
                let is_alone = group.len() == 1 && self.keeper.is_on_server();
                let within = if is_alone { Within::Transaction } else { Within::Savepoint };
                let work = run_units(conn, (group, within), self.clock.as_ref(), &mut ran, before);
                // What is marked is not given from memory while the commit is under way.
                ran.iter().for_each(|unit| self.ledger.mark(unit.ended.touched()));
                // If SQLite has rolled back already, the error of Diesel's own attempt hides the reason.
                let last = work.map_err(|cause| {
                    fault = Some(cause.into());
                    diesel::result::Error::RollbackTransaction
                })?;
                written = Some(last);
                Ok(((), self.keeper.ending(conn, (before, last))?))
            });
            // The server was restarted since: nothing was begun.
            let has_failed = ran.is_empty() && committed.is_err() && self.keeper.is_on_server();
            if !(has_failed && lasting.is_lost() && self.has_come_back(lasting, began)) {
                break;
            }
            thread::sleep(RECONNECT_EVERY);
        }
        observe(&self.metrics.commit, began.elapsed());
        self.metrics.batch.observe(ran.len() as f64);
        let is_refused = !ran.is_empty() && ran.iter().all(|unit| unit.ended == Ended::Refused);
        if committed.is_err()
            && !is_refused
            && self.has_been_committed(lasting, written, &mut fault)
        {
            committed = Ok(());
        }
        if committed.is_err() {
            self.metrics.failed.inc_by(u64::from(!is_refused));
        } else if let Some(last) = written {
            // Before it is published: no read that has seen it may be earlier by the clock.
            self.latest.fetch_max(last, Ordering::Release);
        }
        // Before anyone is answered: clients read their own writes.
        self.ledger.publish();
        let conn = lasting.get();
        let error = match (committed, written) {
            (Ok(()), Some(last)) => {
                let left = self.keeper.committed(conn, ran.len(), last);
                ran.into_iter().for_each(|unit| (unit.answer)(Ok(())));
                self.keeper.answered(conn, left);
                return Ok(());
            }
            (Err(error), _) => error,
            (Ok(()), None) => diesel::result::Error::RollbackTransaction,
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
        self.keeper.failed(conn, &fault);
        if has_begun { Ok(()) } else { Err(refusal()) }
    }

    /// The instant of the newest unit, in a transaction that has just begun.
    fn begun(&mut self, conn: &mut Conn) -> QueryResult<i64> {
        let last = self.keeper.begun(conn)?;
        let now = Moment::now();
        if self.looked_at.is_none_or(|at| now >= at + LOOK_EVERY) || self.keeper.is_on_server() {
            let others = self.keeper.look_since(conn, last)?;
            self.note_look(now, others);
        }
        Ok(last)
    }

    /// Waits until a server that was gone is there again, but not longer than writes wait.
    fn has_come_back(&mut self, lasting: &mut Lasting, since: Moment) -> bool {
        while since.elapsed() < self.patience {
            if lasting.reopen() {
                self.follow(lasting);
                return true;
            }
            thread::sleep(RECONNECT_EVERY);
        }
        false
    }

    /// True if a transaction has been committed whose commit was not answered: the connection was lost. `written` is
    /// what would have been; without it, the transaction did not get that far.
    fn has_been_committed(
        &mut self,
        lasting: &mut Lasting,
        written: Option<i64>,
        fault: &mut Option<Problem>,
    ) -> bool {
        // Without it the commit was not sent; the next group waits for the server.
        let Some(last) = written.filter(|_| self.keeper.is_on_server() && lasting.is_lost()) else {
            return false;
        };
        let began = Moment::now();
        let is_back = self.has_come_back(lasting, began);
        let outcome = match is_back {
            true => self.keeper.outcome(lasting.get(), last, began + self.patience),
            false => Outcome::Unknown,
        };
        if outcome == Outcome::Unknown {
            *fault = Some(Problem::plain(Code::OutcomeUnknown));
        }
        outcome == Outcome::Committed
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
}

/// The reason why a transaction is given up.
enum GivenUp {
    /// A unit rolled it back, with this problem.
    Unit(Code),
    /// The only unit in it was refused.
    Refusal,
    /// A database error.
    Database(diesel::result::Error),
}

impl From<diesel::result::Error> for GivenUp {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error)
    }
}

impl From<GivenUp> for Problem {
    fn from(cause: GivenUp) -> Self {
        match cause {
            GivenUp::Unit(Code::StorageFull) => {
                Self::plain(Code::StorageFull).caused_by("another write met a full disk")
            }
            // What failed in another write need not fail in this one: it may be retried.
            GivenUp::Unit(_) | GivenUp::Refusal => Self::plain(Code::Overloaded)
                .caused_by("another write took the transaction with it"),
            GivenUp::Database(error) => error.into(),
        }
    }
}

/// Runs units, each in its savepoint, and returns the instant of the last one that wrote.
fn run_units(
    conn: &mut Conn,
    (group, within): (&mut std::vec::IntoIter<Unit>, Within),
    clock: &dyn Clock,
    ran: &mut Vec<Ran>,
    before: i64,
) -> Result<i64, GivenUp> {
    let mut last = before;
    for unit in group {
        let at = clock.now().as_micros().max(last + 1);
        let (ended, answer) = unit(Start::Run(conn, Instant::from_micros(at), within));
        ran.push(Ran { answer, ended, saw_others: last != before });
        match ended {
            Ended::Written(_) => last = at,
            // Without a savepoint, what it has written goes with the transaction; nothing else is in it.
            Ended::Refused if within == Within::Transaction => return Err(GivenUp::Refusal),
            Ended::Refused => {}
            Ended::WithTransaction(code) => return Err(GivenUp::Unit(code)),
        }
    }
    Ok(last)
}
