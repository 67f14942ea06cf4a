//! A limit for what a server does not answer.
//!
//! libpq waits for an answer for as long as the system says that the other side is there: a server that hangs would hold
//! a worker for ever, and its own time limits with it. So each connection is watched, and its socket is shut down once a
//! statement has been under way for too long. Whoever waits for it then gets an error.

use std::fs;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, Once, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant as Moment};

use super::server::Server;
use crate::problem::{Code, Problem};
use diesel::connection::{Instrumentation, InstrumentationEvent};
use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable};
use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};

/// How often connections are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The connections that are watched.
static WATCHED: Mutex<Vec<Weak<Watched>>> = Mutex::new(Vec::new());
/// The begin of time for [`Watched::since`].
static BEGAN: LazyLock<Moment> = LazyLock::new(Moment::now);

/// True from when a connection was ended here until the server has answered another.
static HANGS: AtomicBool = AtomicBool::new(false);

/// True once the process is about to end.
static ENDING: AtomicBool = AtomicBool::new(false);
/// Longest that a statement may take then.
const ENDING_LIMIT: Duration = Duration::from_secs(3);

/// From now on no statement takes long: the process is about to end.
pub fn end_soon() {
    ENDING.store(true, Ordering::Relaxed);
}

/// Passes unless the server hangs, as far as is known: requests need not find that out one after the other.
///
/// # Errors
/// `database_unavailable`.
pub fn refuse_while_it_hangs() -> Result<(), Problem> {
    match HANGS.load(Ordering::Relaxed) {
        false => Ok(()),
        true => Err(Problem::plain(Code::DatabaseUnavailable)
            .caused_by("the database's server did not answer others")),
    }
}

/// Records that the server has answered.
pub fn has_answered() {
    HANGS.store(false, Ordering::Relaxed);
}

struct Watched {
    /// A second handle of its socket.
    socket: TcpStream,
    /// Milliseconds from which on a statement is under way; 0 if none is.
    since: AtomicU64,
    limit: Duration,
    is_primary: bool,
}

/// Tells when a statement begins and ends.
struct Listener(Arc<Watched>);

impl Instrumentation for Listener {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { .. } => {
                self.0.since.store(now(), Ordering::Relaxed);
            }
            InstrumentationEvent::FinishQuery { .. } => self.0.since.store(0, Ordering::Relaxed),
            _ => {}
        }
    }
}

fn now() -> u64 {
    u64::try_from(BEGAN.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
}

/// Watches a connection: a statement that is under way for longer than `limit` ends it. A connection by a socket of the
/// file system is not watched, nor any where the system does not let a process have a second handle of its own sockets.
pub fn watch(conn: &mut PgConnection, server: &Server, limit: Duration) {
    let Some(socket) = socket_of(conn, server) else {
        static TOLD: Once = Once::new();
        TOLD.call_once(|| {
            log::warn!(
                "connections to {server} cannot be watched here (docs/postgres.md): a server that hangs would hold up this one"
            );
        });
        return;
    };
    let is_primary = !server.is_replica();
    let watched = Arc::new(Watched { socket, since: AtomicU64::new(0), limit, is_primary });
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&watched));
    conn.set_instrumentation(Listener(watched));
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let thread = thread::Builder::new().name("watch".to_owned());
        if let Err(error) = thread.spawn(look_for_ever) {
            log::error!("no thread to watch connections ({error})");
        }
    });
}

fn look_for_ever() {
    loop {
        thread::sleep(LOOK_EVERY);
        let mut all = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|one| one.upgrade().inspect(|one| one.look()).is_some());
    }
}

impl Watched {
    fn look(&self) {
        let since = self.since.load(Ordering::Relaxed);
        let limit = match ENDING.load(Ordering::Relaxed) {
            true => self.limit.min(ENDING_LIMIT),
            false => self.limit,
        };
        if since > 0 && u128::from(now().saturating_sub(since)) > limit.as_millis() {
            log::error!(
                "the database's server has not answered for {limit:?}: a connection is ended"
            );
            HANGS.fetch_or(self.is_primary, Ordering::Relaxed);
            // It may be closed by now.
            let _ = self.socket.shutdown(Shutdown::Both);
            self.since.store(0, Ordering::Relaxed);
        }
    }
}

/// A second handle of a connection's socket: the one of this process with the port that the server sees.
fn socket_of(conn: &mut PgConnection, server: &Server) -> Option<TcpStream> {
    let ports = server.ports();
    let port = diesel::select(diesel::dsl::sql::<Nullable<Integer>>("inet_client_port()"));
    let port: u16 = port.get_result::<Option<i32>>(conn).ok()??.try_into().ok()?;
    let own = pidfd_open(getpid(), PidfdFlags::empty()).ok()?;
    let entries = fs::read_dir("/proc/self/fd").ok()?.flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers
        .filter_map(|number| pidfd_getfd(&own, number, PidfdGetfdFlags::empty()).ok())
        .map(TcpStream::from)
        .find(|socket| {
            let is_to_server = socket.peer_addr().is_ok_and(|peer| ports.contains(&peer.port()));
            is_to_server && socket.local_addr().is_ok_and(|address| address.port() == port)
        })
}
