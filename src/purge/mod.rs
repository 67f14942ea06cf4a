//! Purging: HTTP caches in front are told what has changed, so that they may keep answers for hours.
//!
//! It follows the change log and nothing else: a row is there once its write is committed, and names the cache groups
//! that it changes. So no write waits for a cache, and what was not told when the server ended is told when it starts
//! again. Each server of a newsroom tells for itself: until one has noticed a write of another it may still give a cache
//! what was true before, and its own purge comes after that. What is told twice does no harm.

mod follower;
mod keys;
mod style;
mod token;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::changes::CatchUp;
use crate::db::Db;
use crate::domain::instant::Clock;
use crate::outgoing::{Client, Reach, Target};
use crate::web::metrics::Metrics;

use follower::Follower;
pub use style::Style;
pub use token::Token;

/// How long a server that stops waits for the last purge: a cache that is there takes some milliseconds.
const ENDS_WITHIN: Duration = Duration::from_secs(2);

/// A cache, and how it is told.
#[derive(Clone, Debug)]
pub struct Cache {
    /// Where purges go.
    pub target: Target,
    /// Their form.
    pub style: Style,
    /// What proves to the cache that they are from here.
    pub token: Option<Token>,
}

/// What tells the cache, while the server runs.
pub struct Purger {
    ending: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Purger {
    /// Begins to tell a cache, on this thread, what has changed since it was last told.
    ///
    /// # Errors
    /// If the system has no room for a thread.
    pub fn start(
        db: Db,
        clock: Arc<dyn Clock>,
        catch_up: CatchUp,
        cache: Cache,
        metrics: Metrics,
    ) -> io::Result<Self> {
        // The newsroom's own settings say where to: usually the same machine. One thread, as one follows the other.
        let client = Client::start("purge", 1, Reach::Anywhere)?;
        metrics.purges();
        log::info!("purges go to {} ({})", cache.target, cache.style.word());
        let (ending, ends) = watch::channel(false);
        let follower = Follower::new((db, clock, catch_up), (client, cache), metrics);
        Ok(Self { ending, task: actix_web::rt::spawn(follower.run(ends)) })
    }

    /// Tells what the last writes have changed, and ends.
    pub async fn finish(mut self) {
        self.ending.send_replace(true);
        if tokio::time::timeout(ENDS_WITHIN, &mut self.task).await.is_err() {
            log::warn!("the cache was not told of the last changes; it is at the next start");
            self.task.abort();
        }
    }
}
