//! Follows the change log for a cache: what is new is told at once, and once more a moment later.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

use tokio::sync::watch;
use tokio::time::timeout;

use super::Cache;
use super::keys::Keys;
use crate::changes::{self, CatchUp, ChangeRow};
use crate::db::{Conn, Db, Stamp};
use crate::domain::instant::Clock;
use crate::outgoing::Client;
use crate::problem::Problem;
use crate::web::metrics::Metrics;

/// How often to look for new changes: writes of other processes are noticed about as often.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Time after which the same is told again: an answer from before the change may have been on its way to the cache while
/// that was told. Longer than that takes, and than another server takes to notice the write (100 ms); short enough for
/// readers to see the change within a second.
const AGAIN_AFTER: Duration = Duration::from_millis(500);
/// The wait after a purge that failed: this at first, twice as long each time, up to the other.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_LAST: Duration = Duration::from_secs(5);
/// Changes that are read at once, and how often in a row: some ten milliseconds. If there are still more, everything is
/// dropped.
const READ_AT_ONCE: i64 = 1_000;
const READS_MAX: usize = 5;

/// What one cache was told, and is to be told.
pub(super) struct Follower {
    db: Db,
    clock: Arc<dyn Clock>,
    catch_up: CatchUp,
    client: Client,
    cache: Cache,
    metrics: Metrics,
    /// The stamp of the last read of the log.
    seen: Option<Stamp>,
    /// The position up to which the log was read; `None` before the first read.
    read: Option<i64>,
    /// What is to be told of it.
    waiting: Keys,
    /// What was told, and when it is told again.
    again: VecDeque<(Moment, Keys)>,
    /// Purges that failed in a row.
    failures: u32,
}

impl Follower {
    pub(super) fn new(
        (db, clock, catch_up): (Db, Arc<dyn Clock>, CatchUp),
        (client, cache): (Client, Cache),
        metrics: Metrics,
    ) -> Self {
        Self {
            db,
            clock,
            catch_up,
            client,
            cache,
            metrics,
            seen: None,
            read: None,
            waiting: Keys::default(),
            again: VecDeque::new(),
            failures: 0,
        }
    }

    /// Tells until the server ends, and then what is left.
    pub(super) async fn run(mut self, mut ends: watch::Receiver<bool>) {
        loop {
            let is_ending = *ends.borrow_and_update();
            // Whoever reads or writes meets a fault of the database too, and is told.
            drop(self.look().await);
            self.tell(is_ending).await;
            if is_ending {
                return;
            }
            // Woken for the end; an error means that nobody can tell of it any more.
            if let Ok(Err(_)) = timeout(self.pause(), ends.changed()).await {
                return;
            }
        }
    }

    /// The time until the next look.
    fn pause(&self) -> Duration {
        match self.failures {
            0 => LOOK_EVERY,
            failures => {
                let doubled = RETRY_FIRST.saturating_mul(2_u32.saturating_pow(failures - 1));
                doubled.min(RETRY_LAST)
            }
        }
    }

    /// Reads what is new in the log.
    async fn look(&mut self) -> Result<(), Problem> {
        let now = self.db.now(self.clock.as_ref());
        // What others have written is told also while nothing can be written here.
        drop(changes::catch_up_with_clock(&self.db, now, self.catch_up).await);
        // Before the read: what comes meanwhile is seen by the next.
        let present = self.db.stamp();
        if self.seen == Some(present) {
            return Ok(());
        }
        let (keys, read) = self.db.read(|conn| match self.read {
            Some(from) => read_after(conn, from),
            // What was told before, nobody knows; and settings may be others now.
            None => Ok((Keys::everything(), changes::select_last(conn)?)),
        })?;
        self.waiting.take_in(keys);
        self.metrics.purge_waits(self.waiting.number());
        (self.read, self.seen) = (Some(read), Some(present));
        Ok(())
    }

    /// Tells the cache what waits, and again what it was told a moment ago: all of that if the server ends.
    async fn tell(&mut self, is_ending: bool) {
        while !self.waiting.is_empty() {
            let part = self.waiting.first();
            if !self.send(&part).await {
                return;
            }
            self.waiting.remove(&part);
            self.again.push_back((Moment::now() + AGAIN_AFTER, part));
            self.metrics.purge_waits(self.waiting.number());
        }
        let now = Moment::now();
        let mut due = Keys::default();
        while let Some((_, keys)) = self.again.pop_front_if(|(at, _)| *at <= now || is_ending) {
            due.take_in(keys);
        }
        while !due.is_empty() {
            let part = due.first();
            if !self.send(&part).await {
                self.waiting.take_in(due);
                return;
            }
            due.remove(&part);
        }
    }

    /// Tells the cache to drop what belongs to `keys`. Returns false if it has not.
    async fn send(&mut self, keys: &Keys) -> bool {
        let why = match self.client.send(self.cache.request(keys)).await {
            Ok(response) if response.is_success() => None,
            Ok(response) => Some(format!("it answers with {}", response.status)),
            Err(failure) => Some(failure.to_string()),
        };
        self.metrics.purged(why.is_none());
        let target = &self.cache.target;
        match why {
            None => {
                if self.failures > 0 {
                    log::info!("{target} is told again what has changed, with all that waited");
                }
                self.failures = 0;
                true
            }
            Some(why) => {
                if self.failures == 0 {
                    log::error!(
                        "{target} could not be told what has changed ({why}): readers may see what was true before until it can be; it is tried again for as long"
                    );
                }
                self.failures = self.failures.saturating_add(1);
                false
            }
        }
    }
}

/// What changes after a position change, and the position of the last of them. If there are too many, everything.
fn read_after(conn: &mut Conn, from: i64) -> Result<(Keys, i64), Problem> {
    let (mut keys, mut at) = (Keys::default(), from);
    for _ in 0..READS_MAX {
        let rows: Vec<ChangeRow> = changes::select_after(conn, at, READ_AT_ONCE)?;
        at = rows.last().map_or(at, |row| row.id);
        keys.add(rows.iter().flat_map(changes::groups_of));
        if i64::try_from(rows.len()).is_ok_and(|number| number < READ_AT_ONCE) {
            return Ok((keys, at));
        }
    }
    Ok((Keys::everything(), changes::select_last(conn)?))
}
