//! A connection that is opened anew when it has broken.

use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

use super::Options;
use super::access::Access;
use super::conn::Conn;
use super::dialect::run;
use super::error::OpenError;
use super::postgres::{self, Server};
use super::sqlite::{Place, connection};
use crate::problem::Problem;

/// Where a connection leads, for as long as the process runs.
#[derive(Clone)]
pub enum Target {
    /// To the file that is in its place.
    File(Arc<Place>),
    /// To a server.
    Server(Arc<Server>),
}

impl Target {
    /// How often another database was put in its place.
    fn number(&self) -> u64 {
        match self {
            Self::File(place) => place.number(),
            Self::Server(_) => 0,
        }
    }

    pub(super) fn open(&self, access: Access, options: &Options) -> Result<(Conn, u64), OpenError> {
        match self {
            Self::File(place) => {
                let (path, number) = place.present();
                Ok((connection::open(&path, access, options)?.into(), number))
            }
            Self::Server(server) => Ok((postgres::open(server, access, options)?.into(), 0)),
        }
    }
}

/// A connection that is opened anew where it has broken: on a full or failing disk SQLite rolls back the whole
/// transaction, savepoints included, and Diesel will not use such a connection again; a server may end it at any time.
pub struct Lasting {
    conn: Conn,
    /// How often it was opened anew.
    reopened: u64,
    target: Target,
    /// The number of the database that is open.
    opened: u64,
    access: Access,
    options: Options,
    /// Until when it is not tried again to open it anew, after an attempt in vain.
    rests_until: Option<Moment>,
}

/// Time between two attempts of a reader to open it anew, while a server is gone.
const TRY_EVERY: Duration = Duration::from_millis(200);
/// The same where an attempt takes long, for the worker waits for it.
const TRY_SELDOM: Duration = Duration::from_secs(5);
/// An attempt that takes longer gets no answer: a server that is not there refuses at once.
const TAKES_LONG: Duration = Duration::from_millis(500);

impl Lasting {
    /// Opens the database at `target`, which must exist.
    pub fn open(target: &Target, access: Access, options: &Options) -> Result<Self, OpenError> {
        let (conn, opened) = target.open(access, options)?;
        let (target, options) = (target.clone(), options.clone());
        Ok(Self { conn, reopened: 0, target, opened, access, options, rests_until: None })
    }

    /// The connection, usable unless the database can no longer be opened.
    pub fn get(&mut self) -> &mut Conn {
        if self.opened != self.target.number() || self.conn.is_broken() {
            self.reopen_unless_just_tried();
        }
        &mut self.conn
    }

    /// The same, but not again at once where that has just failed.
    fn reopen_unless_just_tried(&mut self) {
        if self.rests_until.is_none_or(|end| Moment::now() >= end) {
            self.reopen();
        }
    }

    /// Opens the connection anew. Returns false if that failed, and it is as it was.
    pub fn reopen(&mut self) -> bool {
        let began = Moment::now();
        match self.target.open(self.access, &self.options) {
            Ok((conn, opened)) => {
                self.conn = conn;
                self.opened = opened;
                self.reopened += 1;
                if self.rests_until.take().is_some() {
                    log::info!("the database is there again");
                }
                true
            }
            Err(error) => {
                let rest = if began.elapsed() > TAKES_LONG { TRY_SELDOM } else { TRY_EVERY };
                // Once for all that wait for it.
                if self.rests_until.replace(Moment::now() + rest).is_none() {
                    log::error!("{error}");
                }
                false
            }
        }
    }

    /// True if nothing can be asked on it any more.
    pub fn is_lost(&mut self) -> bool {
        self.conn.is_broken() || self.conn.batch_execute("select 1").is_err()
    }

    /// How often it was opened anew: what is counted for a connection begins again then.
    pub const fn reopened(&self) -> u64 {
        self.reopened
    }
}

/// Runs `work` in one read transaction, so that all its queries see the same state.
pub fn in_read<T>(
    lasting: &mut Lasting,
    work: impl FnOnce(&mut Conn) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let begin = match lasting.target {
        Target::File(_) => "begin",
        Target::Server(_) => {
            postgres::refuse_while_it_hangs()?;
            postgres::BEGIN_READ
        }
    };
    if run(lasting.get(), begin).is_err() {
        // It could not be opened anew when it broke, or it has broken since.
        lasting.reopen_unless_just_tried();
        run(lasting.get(), begin)?;
    }
    let conn = lasting.get();
    let result = work(conn);
    // Nothing was written, so both end it alike; after some faults the engine has ended it already.
    if run(conn, "commit").is_err() && run(conn, "rollback").is_err() {
        lasting.reopen();
    }
    result
}
