//! Reads from a replica, where it has caught up.

use std::sync::Arc;
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
    failed_at: Option<Moment>,
}

impl Replica {
    /// The replica on a server. It is connected to with the first read.
    pub fn new(server: &Arc<Server>, options: &Options) -> Self {
        let target = Target::Server(Arc::clone(server));
        Self { target, options: options.clone(), conn: None, failed_at: None }
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
        if self.conn.is_none() && self.failed_at.is_none_or(|at| at.elapsed() >= TRY_EVERY) {
            match Lasting::open(&self.target, Access::Read, &self.options) {
                Ok(conn) => {
                    self.conn = Some(conn);
                    self.failed_at = None;
                }
                Err(error) => {
                    log::warn!("reads go to the primary alone: {error}");
                    self.give_up();
                }
            }
        }
        self.conn.as_mut()
    }

    /// Leaves it alone for a while.
    fn give_up(&mut self) {
        self.conn = None;
        self.failed_at = Some(Moment::now());
    }
}
