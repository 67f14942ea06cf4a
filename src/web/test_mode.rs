//! Test mode: what a test suite may decide of a server besides what every client may.

use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::Value;
use tokio::sync::watch;

use super::journal::{Journal, Redact};
use crate::db::StartState;
use crate::domain::test_mode::{SeededEntropy, TestClock};
use crate::problem::Problem;

/// Puts something that is kept in memory back to its start.
type Restart = Box<dyn Fn() + Send + Sync>;

/// What a server in test mode has besides others.
pub struct TestMode {
    /// Its clock.
    pub clock: Arc<TestClock>,
    /// The randomness of ids and keys.
    pub entropy: Arc<SeededEntropy>,
    /// The randomness of the ids of requests: a read more changes no id of an article.
    pub request_entropy: Arc<SeededEntropy>,
    /// The requests that were sent.
    pub journal: Journal,
    restarts: Vec<Restart>,
    start: OnceLock<StartState>,
    document: OnceLock<Value>,
    next: Mutex<Vec<NextAnswer>>,
    /// How often it was reset, or told to stop: what waits for longer has no business here.
    interrupted: watch::Sender<u64>,
}

/// Most preferences for the next requests: more than a test has requests.
const NEXT_MAX: usize = 1_000;

/// What the next requests are taken to prefer that say nothing of it themselves.
#[derive(Clone, Debug)]
pub struct NextAnswer {
    /// The value of their header `Prefer`.
    pub prefer: String,
    /// Their method; any if `None`.
    pub method: Option<String>,
    /// Their path; any if `None`.
    pub path: Option<String>,
    /// How many requests it is still for.
    pub times: u32,
}

impl TestMode {
    /// Test mode with this clock and this seed; `redact` removes keys from what is kept of requests.
    #[must_use]
    pub fn new(clock: Arc<TestClock>, seed: u64, redact: Redact) -> Self {
        Self {
            clock,
            entropy: Arc::new(SeededEntropy::new(seed, "ids")),
            request_entropy: Arc::new(SeededEntropy::new(seed, "requests")),
            journal: Journal::new(redact),
            restarts: Vec::new(),
            start: OnceLock::new(),
            document: OnceLock::new(),
            next: Mutex::default(),
            interrupted: watch::Sender::new(0),
        }
    }

    /// Ends what waits: it is not to write into a newsroom that is another now, or to hold up the end.
    pub fn interrupt(&self) {
        self.interrupted.send_modify(|times| *times += 1);
    }

    /// How often what waits was ended.
    #[must_use]
    pub fn interrupted(&self) -> u64 {
        *self.interrupted.borrow()
    }

    /// Tells of the next interruption.
    pub(super) fn interruptions(&self) -> watch::Receiver<u64> {
        self.interrupted.subscribe()
    }

    fn next(&self) -> MutexGuard<'_, Vec<NextAnswer>> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a preference for the next requests; false if there are too many.
    #[must_use]
    pub fn prefer_next(&self, answer: NextAnswer) -> bool {
        let mut next = self.next();
        let has_room = next.len() < NEXT_MAX;
        if has_room {
            next.push(answer);
        }
        has_room
    }

    /// True if there are preferences for the next requests.
    pub(super) fn prefers_next(&self) -> bool {
        !self.next().is_empty()
    }

    /// Takes the preference for a request, the oldest first.
    pub(super) fn take_next(&self, method: &str, path: &str) -> Option<String> {
        let mut next = self.next();
        let fits = |wanted: &Option<String>, have: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == have)
        };
        let place =
            next.iter().position(|one| fits(&one.method, method) && fits(&one.path, path))?;
        next[place].times -= 1;
        match next[place].times {
            0 => Some(next.remove(place).prefer),
            _ => Some(next[place].prefer.clone()),
        }
    }

    /// Adds what a reset puts back to its start.
    pub fn at_reset(&mut self, restart: impl Fn() + Send + Sync + 'static) {
        self.restarts.push(Box::new(restart));
    }

    /// Makes the present state the one that [`Self::reset`] goes back to.
    pub fn start_from(&self, state: StartState) {
        self.entropy.start_here();
        let _ = self.start.set(state);
    }

    /// Puts everything back to the start: data, clock, randomness, limits and journal.
    ///
    /// # Errors
    /// `internal` if the data cannot be put back.
    pub async fn reset(self: &Arc<Self>) -> Result<(), Problem> {
        let start = self.start.get().ok_or_else(|| Problem::internal("no state to go back to"))?;
        let mode = Arc::clone(self);
        self.interrupt();
        start
            .go_back(move || {
                mode.clock.restart();
                mode.entropy.restart();
                mode.request_entropy.restart();
                mode.journal.clear();
                mode.next().clear();
                mode.restarts.iter().for_each(|restart| restart());
            })
            .await
    }

    /// The OpenAPI document, parsed once.
    pub(super) fn document(&self, text: &[u8]) -> &Value {
        // It is our own: it always has this form.
        self.document.get_or_init(|| serde_json::from_slice(text).unwrap_or_default())
    }
}

/// A second handle on a connection, to break it.
pub struct Connection(TcpStream);

impl Connection {
    /// A handle on the connection of `stream`; `None` if the system gives none.
    #[must_use]
    pub fn of(stream: &actix_web::rt::net::TcpStream) -> Option<Self> {
        use std::os::fd::AsFd as _;
        let handle = stream.as_fd().try_clone_to_owned().ok()?;
        Some(Self(handle.into()))
    }

    /// Breaks the connection: what is written to it from now on reaches nobody.
    pub(super) fn break_off(&self) {
        // One that the client has closed already is broken.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}
