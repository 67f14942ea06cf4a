//! The follower: sends to each webhook what comes after its position in the change log.
//!
//! Each webhook has one request at a time and a task of its own, so a receiver that hangs holds up nobody else. Where
//! several servers share a database, a webhook belongs to one of them for as long as that sends to it (`claim`).

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;

use super::ids::WebhookId;
use super::model::{By, Parcel};
use super::read::{self, Next};
use super::sending::{Sender, attempt, log_disabled};
use super::words::DisabledReason;
use super::{LEASE, store, write};
use crate::changes::{CatchUp, catch_up_with_clock};
use crate::db::{Conn, Db, Stamp, Touched};
use crate::domain::instant::{Clock, HOUR, Instant};
use crate::problem::Problem;

/// How often to look for what is to be sent: readers have it already, and receivers soon.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// The pause after a fault of the database: whoever reads meets it too, and is told.
const FAULT_PAUSE: Duration = Duration::from_secs(5);

/// The pause after which a webhook is looked at again that somebody sends to by hand, in microseconds.
const BUSY_PAUSE: i64 = 1_000_000;
/// How far a webhook looks on, in positions (microseconds), before that is noted: what it follows may be rare, and a start
/// must not take it for one that was away.
const NOTE_EVERY: i64 = HOUR;

/// What one turn of a webhook came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// An event was sent, whatever became of it: there may be another.
    Sent,
    /// Nothing that it follows was found yet, and there is more to look at.
    Looked,
    /// There is nothing to send, or it is another server's.
    Over,
}

/// Sends to all webhooks.
pub struct Follower {
    db: Db,
    clock: Arc<dyn Clock>,
    sender: Arc<Sender>,
    catch_up: CatchUp,
    /// The server's name, if others may send too.
    name: Option<String>,
    /// The position in the log up to which nothing was found for a webhook.
    looked_until: RefCell<HashMap<WebhookId, i64>>,
    /// The stamp of the last look.
    seen: Cell<Option<Stamp>>,
    /// When to look, though nothing was written.
    wake: Cell<Option<Instant>>,
    has_webhooks: Cell<bool>,
}

impl Follower {
    /// A follower that sends with `sender`. `name` is the server's, another one after each start, if several may share the
    /// database.
    #[must_use]
    pub fn new(
        (db, clock): (Db, Arc<dyn Clock>),
        sender: Arc<Sender>,
        catch_up: CatchUp,
        name: Option<String>,
    ) -> Self {
        Self {
            db,
            clock,
            sender,
            catch_up,
            name,
            looked_until: RefCell::default(),
            seen: Cell::new(None),
            wake: Cell::new(None),
            has_webhooks: Cell::new(true),
        }
    }

    /// Sends until the server stops.
    pub async fn run(self, stopping: Arc<AtomicBool>) {
        let follower = Rc::new(self);
        while !stopping.load(Ordering::Relaxed) {
            let pause = match follower.look().await {
                Ok(due) => {
                    for id in due {
                        let (follower, stopping) = (Rc::clone(&follower), Arc::clone(&stopping));
                        actix_web::rt::spawn(async move { follower.go_on(id, &stopping).await });
                    }
                    LOOK_EVERY
                }
                Err(problem) => {
                    log_fault(&problem);
                    FAULT_PAUSE
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Sends one event to each webhook that has one now, all at once, and waits for them. Returns how many were sent.
    ///
    /// # Errors
    /// A database fault.
    pub async fn step(&self) -> Result<usize, Problem> {
        self.seen.set(None);
        let due = self.look().await?;
        let turns = join_all(due.into_iter().map(|id| self.step_of(id))).await;
        turns.into_iter().try_fold(0, |sent, turn| Ok(sent + usize::from(turn? == Turn::Sent)))
    }

    async fn step_of(&self, id: WebhookId) -> Result<Turn, Problem> {
        let lane = self.sender.lane(id);
        let _held = lane.lock().await;
        loop {
            match self.turn(id).await? {
                Turn::Looked => {}
                turn => return Ok(turn),
            }
        }
    }

    /// The webhooks that may have something to be sent; none if nothing was written since the last look and no pause is
    /// over.
    async fn look(&self) -> Result<Vec<WebhookId>, Problem> {
        let now = self.now();
        if self.has_webhooks.get() {
            catch_up_with_clock(&self.db, now, self.catch_up).await?;
        }
        // Before the read: what comes meanwhile is seen by the next.
        let present = self.db.stamp();
        let is_woken = self.wake.get().is_some_and(|at| at <= now);
        if self.seen.get() == Some(present) && !is_woken {
            return Ok(Vec::new());
        }
        let due = self.db.read(|conn| Ok(store::select_enabled(conn)?))?;
        self.has_webhooks.set(!due.is_empty());
        self.seen.set(Some(present));
        self.wake.set(None);
        self.looked_until.borrow_mut().retain(|id, _| due.contains(id));
        Ok(due)
    }

    /// Sends to a webhook as long as there is something, unless somebody else does.
    async fn go_on(&self, id: WebhookId, stopping: &AtomicBool) {
        let lane = self.sender.lane(id);
        let Ok(_held) = lane.try_lock() else {
            // Its own task sees what is new. Whoever sends by hand does not.
            self.wake_at(self.now().checked_plus(BUSY_PAUSE).unwrap_or_else(|| self.now()));
            return;
        };
        while !stopping.load(Ordering::Relaxed) {
            match self.turn(id).await {
                Ok(Turn::Sent | Turn::Looked) => tokio::task::yield_now().await,
                Ok(Turn::Over) => return,
                Err(problem) => {
                    log_fault(&problem);
                    tokio::time::sleep(FAULT_PAUSE).await;
                    self.wake_at(self.now());
                    return;
                }
            }
        }
    }

    /// Sends what is next to a webhook, if it is due. Whoever calls it holds its lane.
    async fn turn(&self, id: WebhookId) -> Result<Turn, Problem> {
        match self.next(id)? {
            Next::Never => Ok(Turn::Over),
            Next::At(at) => {
                self.wake_at(at);
                Ok(Turn::Over)
            }
            Next::Behind { public_id } => {
                let disable = move |conn: &mut Conn, now| {
                    Ok((write::disable_behind(conn, id, now)?, Touched::Nothing))
                };
                self.db.write_touching(disable).await?;
                log_disabled(&public_id, DisabledReason::Behind);
                Ok(Turn::Over)
            }
            Next::Nothing { noted, looked_until, has_more } => {
                self.looked_until.borrow_mut().insert(id, looked_until);
                if looked_until - noted > NOTE_EVERY {
                    let note = move |conn: &mut Conn, _| {
                        Ok((write::note_position(conn, id, looked_until)?, Touched::Nothing))
                    };
                    self.db.write_touching(note).await?;
                }
                Ok(if has_more { Turn::Looked } else { Turn::Over })
            }
            Next::Send { parcel, lease } => match self.mine(id, parcel, lease).await? {
                Some(parcel) => self.deliver(*parcel).await,
                None => Ok(Turn::Over),
            },
        }
    }

    fn next(&self, id: WebhookId) -> Result<Next, Problem> {
        let looked_until = self.looked_until.borrow().get(&id).copied().unwrap_or_default();
        let now = self.now();
        self.db.read(|conn| read::next(conn, id, looked_until, now))
    }

    async fn deliver(&self, parcel: Parcel) -> Result<Turn, Problem> {
        let by = By::Schedule { sender: self.name.clone() };
        let context = (&self.db, &*self.clock);
        match attempt(context, &self.sender, parcel, by).await? {
            Some(_) => Ok(Turn::Sent),
            // The server has too much to do: the next look tries again. Or the webhook is gone.
            None => {
                self.wake_at(self.now());
                Ok(Turn::Over)
            }
        }
    }

    /// What is to be sent, if this server sends to the webhook: it makes it its own for a while, unless it has it for
    /// long enough or there is no other. `None` if another has it.
    async fn mine(
        &self,
        id: WebhookId,
        parcel: Box<Parcel>,
        (has, until): (Option<String>, Instant),
    ) -> Result<Option<Box<Parcel>>, Problem> {
        let Some(name) = self.name.clone() else {
            return Ok(Some(parcel));
        };
        let now = self.now();
        let is_mine = has.as_ref() == Some(&name);
        if is_mine && until.minus(LEASE / 2) > now {
            return Ok(Some(parcel));
        }
        if !is_mine && has.is_some() && until > now {
            self.wake_at(until);
            return Ok(None);
        }
        let claim = move |conn: &mut Conn, now: Instant| {
            Ok((write::claim(conn, id, &name, now)?, Touched::Nothing))
        };
        if !self.db.write_touching(claim).await? {
            self.wake_at(until);
            return Ok(None);
        }
        // The one before may have sent it meanwhile.
        match self.next(id)? {
            Next::Send { parcel, .. } => Ok(Some(parcel)),
            _ => {
                self.wake_at(self.now());
                Ok(None)
            }
        }
    }

    fn now(&self) -> Instant {
        self.db.now(self.clock.as_ref())
    }

    fn wake_at(&self, at: Instant) {
        self.wake.set(Some(self.wake.get().map_or(at, |wake| wake.min(at))));
    }
}

fn log_fault(problem: &Problem) {
    let cause = problem.cause().unwrap_or_default();
    log::error!("webhooks could not be sent, and are tried again: {cause}");
}
