//! The side pool: searches, counts and other unbounded reads, kept off the workers so that they
//! never delay a point read.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant as Moment};

use tokio::sync::oneshot;

use super::Options;
use super::access::Access;
use super::conn::Conn;
use super::deadline::run_until;
use super::error::OpenError;
use super::lasting::{Lasting, Target, in_read};
use super::metrics::{DatabaseMetrics, observe};
use crate::problem::{Code, Problem};

/// A job, and the moment until which it may run: its client has waited since it was handed in.
type Job = (Moment, Box<dyn FnOnce(&mut Lasting) + Send>);

/// Threads with a connection each, on one bounded queue.
pub(super) struct Pool {
    jobs: Option<mpsc::SyncSender<Job>>,
    threads: Vec<thread::JoinHandle<()>>,
    deadline: Duration,
    metrics: DatabaseMetrics,
}

impl Drop for Pool {
    /// Waits for running jobs and closes the connections: the last one to close checkpoints the
    /// WAL.
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A thread that panicked has logged it; there is nothing more to do here.
            let _ = thread.join();
        }
    }
}

impl Pool {
    pub(super) fn open(
        target: &Target,
        options: &Options,
        metrics: &DatabaseMetrics,
    ) -> Result<Self, OpenError> {
        let (jobs, queue) = mpsc::sync_channel::<Job>(options.search_queue);
        let queue = Arc::new(Mutex::new(queue));
        let mut threads = Vec::new();
        for number in 0..options.search_threads {
            let mut conn = Lasting::open(target, Access::Search, options)?;
            let queue = Arc::clone(&queue);
            let thread = thread::Builder::new()
                .name(format!("search-{number}"))
                .spawn(move || {
                    loop {
                        // A panic of a job is caught below, so the lock is never poisoned by one.
                        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                        let Ok((end, job)) = next else { return };
                        run_until(end, || job(&mut conn));
                    }
                })
                .map_err(|error| OpenError::no_thread(&error))?;
            threads.push(thread);
        }
        Ok(Self {
            jobs: Some(jobs),
            threads,
            deadline: options.search_deadline,
            metrics: metrics.clone(),
        })
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (answer, answered) = oneshot::channel();
        let end = Moment::now() + self.deadline;
        let metrics = self.metrics.clone();
        let job = Box::new(move |conn: &mut Lasting| {
            let began = Moment::now();
            let result = match Moment::now() < end {
                true => in_read(conn, |conn| super::unit::catch_panic(|| work(conn))),
                false => Err(Problem::plain(Code::Overloaded)
                    .caused_by("a search waited for its turn until its deadline")),
            };
            observe(&metrics.search, began.elapsed());
            metrics.searches.dec();
            if result.as_ref().is_err_and(|problem| problem.code() == Code::Overloaded) {
                metrics.refused_searches.inc();
            }
            // The client may be gone; then nobody waits for the result.
            let _ = answer.send(result);
        });
        let jobs = self.jobs.as_ref().ok_or_else(|| Problem::plain(Code::ShuttingDown))?;
        self.metrics.searches.inc();
        jobs.try_send((end, job)).map_err(|_| {
            self.metrics.searches.dec();
            self.metrics.refused_searches.inc();
            Problem::plain(Code::Overloaded).caused_by("the queue of searches is full")
        })?;
        answered.await.map_err(|_| Problem::internal("a search ended without an answer"))?
    }
}
