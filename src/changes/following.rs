//! Following the log within the process: the newest changes are read once for all streams.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::store::{self, ChangeRow};
use super::{CatchUp, catch_up_with_clock};
use crate::problem::{Code, Problem};
use crate::web::call::Services;

/// How often to look for new changes: writes of other processes are noticed about as often.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Changes that are kept for streams: whoever is further behind reads them itself. Some 300 KB.
const KEPT: usize = 1_024;
/// The detail if there are too many streams.
const TOO_MANY: &str = "There are as many streams as there may be (COPYDESK_MAX_STREAMS). Read `/v1/changes` instead, or try again later.";
/// Changes that are read at once.
const READ_AT_ONCE: i64 = 256;

/// The newest changes, for all streams of the process.
pub struct Following {
    /// Most streams at once.
    streams_max: usize,
    newest: Mutex<Newest>,
    /// Moves when there are new changes, and when the server is about to stop.
    moved: watch::Sender<u64>,
    runs: AtomicBool,
}

#[derive(Default)]
struct Newest {
    /// The changes after `floor`, all of them.
    rows: VecDeque<Arc<ChangeRow>>,
    floor: i64,
    last: i64,
}

impl Default for Following {
    fn default() -> Self {
        Self::with_at_most(usize::MAX)
    }
}

impl Following {
    /// For so many streams at once.
    #[must_use]
    pub fn with_at_most(streams_max: usize) -> Self {
        let (newest, moved) = (Mutex::default(), watch::Sender::new(0));
        Self { streams_max, newest, moved, runs: AtomicBool::new(false) }
    }

    /// A receiver for one more stream, which is woken when there may be new changes.
    ///
    /// # Errors
    /// `overloaded` if there are as many streams as there may be.
    pub fn join(&self) -> Result<watch::Receiver<u64>, Problem> {
        match self.streams() < self.streams_max {
            true => Ok(self.moved.subscribe()),
            false => Err(Problem::plain(Code::Overloaded).saying(TOO_MANY)),
        }
    }

    fn newest(&self) -> MutexGuard<'_, Newest> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of streams.
    #[must_use]
    pub fn streams(&self) -> usize {
        self.moved.receiver_count()
    }

    /// Up to `most` changes after a position, if they are kept here; `None` if they are not.
    #[must_use]
    pub fn after(&self, id: i64, most: usize) -> Option<Vec<Arc<ChangeRow>>> {
        let newest = self.newest();
        if newest.floor == 0 || id < newest.floor {
            return None;
        }
        let first = newest.rows.partition_point(|row| row.id <= id);
        Some(newest.rows.iter().skip(first).take(most).cloned().collect())
    }

    /// Looks for changes on this thread from now on, unless that is done already, as long as there are streams. Whoever
    /// calls it listens already.
    pub fn go_on(self: &Arc<Self>, services: &Rc<Services>, catch_up: CatchUp) {
        if self.runs.swap(true, Ordering::AcqRel) {
            return;
        }
        let (following, services) = (Arc::clone(self), Rc::clone(services));
        actix_web::rt::spawn(async move {
            loop {
                following.look_while_streamed(&services, catch_up).await;
                following.end();
                // A stream that has begun just now relies on it.
                let is_needed = following.streams() > 0 && !services.is_stopping();
                if !is_needed || following.runs.swap(true, Ordering::AcqRel) {
                    return;
                }
            }
        });
    }

    async fn look_while_streamed(&self, services: &Services, catch_up: CatchUp) {
        let (mut seen, mut put_back) = (None, services.put_back());
        while self.streams() > 0 && !services.is_stopping() {
            tokio::time::sleep(LOOK_EVERY).await;
            let now = services.now();
            if catch_up_with_clock(&services.db, now, catch_up).await.is_err() {
                // Whoever reads meets the fault too, and is told.
                continue;
            }
            if services.put_back() != put_back {
                *self.newest() = Newest::default();
                put_back = services.put_back();
                seen = None;
            }
            let present = services.db.stamp();
            if seen != Some(present) && self.read(services).is_ok() {
                seen = Some(present);
            }
        }
    }

    /// Reads what is new.
    fn read(&self, services: &Services) -> Result<(), Problem> {
        let last = self.newest().last;
        let mut from = last;
        if from == 0 {
            from = services.db.read(|conn| Ok(store::select_last(conn)?))?;
            // What comes from now on is kept; 1 where there is nothing yet.
            let mut newest = self.newest();
            newest.floor = from.max(1);
            newest.last = from.max(1);
            from = newest.last;
        }
        loop {
            let rows =
                services.db.read(|conn| Ok(store::select_after(conn, from, READ_AT_ONCE)?))?;
            let is_last = i64::try_from(rows.len()).is_ok_and(|rows| rows < READ_AT_ONCE);
            let Some(newest_row) = rows.last() else { break };
            from = newest_row.id;
            let mut newest = self.newest();
            newest.last = from;
            newest.rows.extend(rows.into_iter().map(Arc::new));
            while newest.rows.len() > KEPT {
                if let Some(oldest) = newest.rows.pop_front() {
                    newest.floor = oldest.id;
                }
            }
            if is_last {
                break;
            }
        }
        self.moved.send_modify(|moved| *moved += 1);
        Ok(())
    }

    /// Ends: what is kept would be old when it begins again.
    fn end(&self) {
        *self.newest() = Newest::default();
        self.runs.store(false, Ordering::Release);
        self.moved.send_modify(|moved| *moved += 1);
    }
}
