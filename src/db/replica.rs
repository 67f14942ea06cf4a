//! Reads from a replica, where it has caught up.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant as Moment};

use super::Options;
use super::access::Access;
use super::clock::last_at;
use super::conn::Conn;
use super::dialect::run;
use super::lasting::{Lasting, Target};
use super::postgres::{BEGIN_READ, Server};
use crate::problem::Problem;

/// Time between two attempts to reach a replica that is gone.
const TRY_EVERY: Duration = Duration::from_secs(5);

/// One thread's connection to a replica, which may be gone.
pub struct Replica {
    target: Target,
    options: Options,
    conn: Option<Lasting>,
    /// A connection that is being made, by a thread of its own: a replica that does not answer holds up no worker.
    coming: Option<mpsc::Receiver<Lasting>>,
    tried_at: Option<Moment>,
}

impl Replica {
    /// The replica on a server. It is connected to with the first read.
    pub fn new(server: &Arc<Server>, options: &Options) -> Self {
        let target = Target::Server(Arc::clone(server));
        Self { target, options: options.clone(), conn: None, coming: None, tried_at: None }
    }

    /// Runs `work` in one read transaction, if the replica has all that was written up to the instant `latest`; else gives
    /// it back, for the primary: nothing that this process has answered is ever taken back.
    pub fn read<T, W>(&mut self, latest: i64, work: W) -> Result<Result<T, Problem>, W>
    where
        W: FnOnce(&mut Conn) -> Result<T, Problem>,
    {
        let Some(conn) = self.connected() else {
            return Err(work);
        };
        let began = run(conn.get(), BEGIN_READ).and_then(|()| last_at(conn.get()));
        match began {
            Ok(last) if last >= latest => {
                let result = work(conn.get());
                if run(conn.get(), "commit").is_err() {
                    self.give_up();
                }
                Ok(result)
            }
            Ok(_) => {
                if run(conn.get(), "commit").is_err() {
                    self.give_up();
                }
                Err(work)
            }
            Err(_) => {
                self.give_up();
                Err(work)
            }
        }
    }

    fn connected(&mut self) -> Option<&mut Lasting> {
        if let Some(coming) = self.coming.take() {
            match coming.try_recv() {
                Ok(conn) => self.conn = Some(conn),
                Err(mpsc::TryRecvError::Empty) => self.coming = Some(coming),
                Err(mpsc::TryRecvError::Disconnected) => {}
            }
        }
        let is_coming = self.conn.is_some() || self.coming.is_some();
        if !is_coming && self.tried_at.is_none_or(|at| at.elapsed() >= TRY_EVERY) {
            self.tried_at = Some(Moment::now());
            self.coming = connect(self.target.clone(), self.options.clone());
        }
        self.conn.as_mut()
    }

    /// Leaves it alone for a while.
    fn give_up(&mut self) {
        self.conn = None;
        self.tried_at = Some(Moment::now());
    }
}

/// Connects on a thread of its own; what is received is a connection, or nothing if there is none.
fn connect(target: Target, options: Options) -> Option<mpsc::Receiver<Lasting>> {
    let (made, coming) = mpsc::sync_channel(1);
    let connect = move || match Lasting::open(&target, Access::Read, &options) {
        // Nobody may wait for it any more.
        Ok(conn) => drop(made.try_send(conn)),
        Err(error) => {
            log::warn!("reads go to the primary alone: {}", error.naming("COPYDESK_REPLICA_URL"))
        }
    };
    thread::Builder::new().name("replica".to_owned()).spawn(connect).is_ok().then_some(coming)
}
