//! The change feed as Server-Sent Events (WHATWG HTML section 9.2).
//!
//! A stream makes its next events when the connection has room for them, and nothing before: a slow reader costs no
//! memory, and one that takes nothing is disconnected (`web/connection.rs`).

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::api::Change;
use super::feed::chosen;
use super::following::Following;
use super::position::Position;
use super::store;
use super::words::Followed;
use crate::problem::Problem;
use crate::web::call::Services;
use crate::web::reply::Events;

/// The header with which a client goes on.
pub const LAST_EVENT_ID: &str = "last-event-id";
/// How often a stream without news says that it is alive: well below the idle times of proxies (60 s).
const HEARTBEAT_EVERY: Duration = Duration::from_secs(15);
/// Changes that are sent at once: some 20 KB.
const SENT_AT_ONCE: usize = 64;
/// Milliseconds after which a client that was disconnected comes again.
const RETRY_AFTER: u32 = 1_000;

/// One consumer's stream.
struct Consumer {
    services: Rc<Services>,
    following: Arc<Following>,
    moved: watch::Receiver<u64>,
    followed: Vec<Followed>,
    from: Position,
    /// True once the first events were made.
    has_begun: bool,
    /// How often the newsroom had been put back when it began.
    put_back: u64,
}

/// The events after `from` that are `followed`, without end.
pub fn events(
    services: &Rc<Services>,
    (following, moved): (Arc<Following>, watch::Receiver<u64>),
    from: Position,
    followed: Vec<Followed>,
) -> Events {
    let consumer = Consumer {
        services: Rc::clone(services),
        moved,
        following,
        followed,
        from,
        has_begun: false,
        put_back: services.put_back(),
    };
    Box::pin(futures_util::stream::unfold(Some(consumer), |consumer| async {
        let mut consumer = consumer?;
        match consumer.next().await {
            Ok(Some(text)) => Some((Ok(text.into()), Some(consumer))),
            Ok(None) => None,
            Err(problem) => {
                let cause = problem.cause().unwrap_or_default();
                log::warn!("a stream of changes ends: {cause}");
                None
            }
        }
    }))
}

impl Consumer {
    /// The next events, or a sign of life; `None` once the server is about to stop, or the newsroom was put back.
    async fn next(&mut self) -> Result<Option<String>, Problem> {
        if !self.has_begun {
            self.has_begun = true;
            return Ok(Some(format!("retry: {RETRY_AFTER}\n\n")));
        }
        loop {
            if self.services.is_stopping() || self.services.put_back() != self.put_back {
                return Ok(None);
            }
            // Before looking: what comes meanwhile wakes it at once.
            self.moved.mark_unchanged();
            let (changes, is_behind) = self.look()?;
            if is_behind {
                // Much to catch up with: others on this thread get their turn between any two batches.
                tokio::task::yield_now().await;
            }
            if !changes.is_empty() {
                return Ok(Some(changes.iter().map(event).collect()));
            }
            if is_behind {
                continue;
            }
            match timeout(HEARTBEAT_EVERY, self.moved.changed()).await {
                Ok(Ok(())) => {}
                // Nobody looks for changes any more.
                Ok(Err(_)) => return Ok(None),
                // The id moves on with changes of other types.
                Err(_) => return Ok(Some(format!(": alive\nid: {}\n\n", self.from.seal()))),
            }
        }
    }

    /// The next changes that are followed, and whether there may be more.
    fn look(&mut self) -> Result<(Vec<Change>, bool), Problem> {
        let most = i64::try_from(SENT_AT_ONCE).unwrap_or(i64::MAX);
        let (changes, looked_at, last) = match self.following.after(self.from.id, SENT_AT_ONCE) {
            Some(rows) => {
                let changes = chosen(rows.iter().map(|row| &**row), &self.followed, &self.from);
                (changes, rows.len(), rows.last().map(|row| row.id))
            }
            None => self.services.db.read(|conn| {
                self.from = self.from.clone().checked(conn)?;
                let rows = store::select_after(conn, self.from.id, most)?;
                let changes = chosen(&rows, &self.followed, &self.from);
                Ok((changes, rows.len(), rows.last().map(|row| row.id)))
            })?,
        };
        if let Some(last) = last {
            self.from = self.from.at(last);
        }
        Ok((changes, looked_at == SENT_AT_ONCE))
    }
}

/// A change as an event.
fn event(change: &Change) -> String {
    // A change has a JSON form, in one line.
    let data = serde_json::to_string(change).unwrap_or_default();
    format!("id: {}\nevent: {}\ndata: {data}\n\n", change.id, change.kind.word())
}
