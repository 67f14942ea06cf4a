//! The side pool: searches, counts and other reads without a bound, kept off
//! the workers so that they never make a point read wait.

use std::cell::Cell;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant as Moment};

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::serialize::{IsNull, Output, ToSql};
use diesel::sql_types::Bool;
use diesel::sqlite::Sqlite;
use tokio::sync::oneshot;

use super::Options;
use super::connection::{Access, Lasting};
use super::error::OpenError;
use crate::problem::{Code, Problem};

/// What SQLite reports when a search has run for too long.
pub(super) const DEADLINE_PASSED: &str = "search deadline passed";

#[diesel::declare_sql_function]
extern "SQL" {
    /// True, and an error once the search's time is up: Diesel has no progress
    /// handler, so the `where` of an unbounded query asks at each row.
    fn within_deadline() -> Bool;
}

thread_local! {
    /// When the search that runs on this thread must end.
    static DEADLINE: Cell<Option<Moment>> = const { Cell::new(None) };
}

/// Whether there is time left; its SQL form fails where there is none.
#[derive(Debug, AsExpression, FromSqlRow)]
#[diesel(sql_type = Bool)]
struct TimeLeft(bool);

impl ToSql<Bool, Sqlite> for TimeLeft {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> diesel::serialize::Result {
        if !self.0 {
            return Err(DEADLINE_PASSED.into());
        }
        out.set_value(1_i32);
        Ok(IsNull::No)
    }
}

/// Makes [`within_deadline()`] known to a connection.
pub(super) fn register_deadline(conn: &mut SqliteConnection) -> QueryResult<()> {
    within_deadline_utils::register_nondeterministic_impl(conn, || {
        TimeLeft(DEADLINE.get().is_none_or(|end| Moment::now() < end))
    })
}

type Job = Box<dyn FnOnce(&mut SqliteConnection) + Send>;

/// Threads with a connection each, behind one bounded queue.
pub(super) struct Pool {
    jobs: Option<mpsc::SyncSender<Job>>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Drop for Pool {
    /// Lets what runs end and closes the connections: the last one to close
    /// takes the log back into the file.
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A thread that panicked has logged it; there is nothing more to do here.
            let _ = thread.join();
        }
    }
}

impl Pool {
    pub(super) fn open(path: &Path, options: &Options) -> Result<Self, OpenError> {
        let (jobs, queue) = mpsc::sync_channel::<Job>(options.search_queue);
        let queue = Arc::new(Mutex::new(queue));
        let mut threads = Vec::new();
        for number in 0..options.search_threads {
            let mut conn = Lasting::open(path, Access::Read, options)?;
            let queue = Arc::clone(&queue);
            let deadline = options.search_deadline;
            let thread = thread::Builder::new()
                .name(format!("search-{number}"))
                .spawn(move || {
                    loop {
                        // A job that panics is caught below, so the lock is never left poisoned by one.
                        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                        let Ok(job) = next else { return };
                        run_until(deadline, || job(conn.get()));
                    }
                })
                .map_err(|error| OpenError::cannot_open(path, &error))?;
            threads.push(thread);
        }
        Ok(Self {
            jobs: Some(jobs),
            threads,
        })
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |conn| {
            let result = conn.transaction(|conn| super::writer::catch_panic(|| work(conn)));
            // The client may have gone; then nobody waits for the answer.
            let _ = answer.send(result);
        });
        let jobs = self
            .jobs
            .as_ref()
            .ok_or_else(|| Problem::plain(Code::ShuttingDown))?;
        jobs.try_send(job).map_err(|_| {
            Problem::plain(Code::Overloaded).caused_by("the queue of searches is full")
        })?;
        answered
            .await
            .map_err(|_| Problem::internal("a search ended without an answer"))?
    }
}

fn run_until(limit: Duration, job: impl FnOnce()) {
    DEADLINE.set(Some(Moment::now() + limit));
    job();
    DEADLINE.set(None);
}
