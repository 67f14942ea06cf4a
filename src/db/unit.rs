//! A unit of work: what it is run in, how it ends, and who waits for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, Ordering};

use super::dialect::run;
use super::ledger::Touched;
use super::prelude::*;
use crate::domain::instant::Instant;
use crate::problem::{Code, Problem};

/// Tells a unit's client how it ended, or why it was not run.
pub type Answer = Box<dyn FnOnce(Result<(), Problem>) + Send>;
/// A unit of work. It returns how it ended, and how to answer.
pub type Unit = Box<dyn FnOnce(Start<'_>) -> (Ended, Answer) + Send>;

/// How a unit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Its writes wait for the commit.
    Written(Touched),
    /// It was refused, and all its writes are undone.
    Refused,
    /// It rolled back the whole transaction: the writes of the units before it are undone too.
    WithTransaction(Code),
}

/// Whether a unit has begun, or nobody waits for it any more: one of the two, whichever comes first.
#[derive(Default)]
pub struct Turn(AtomicU8);

impl Turn {
    const BEGUN: u8 = 1;
    const LEFT: u8 = 2;

    /// True if it has not begun, and never will.
    pub fn leave(&self) -> bool {
        self.becomes(Self::LEFT)
    }

    /// True if somebody waits for it, and it begins.
    pub fn come(&self) -> bool {
        self.becomes(Self::BEGUN)
    }

    fn becomes(&self, state: u8) -> bool {
        self.0.compare_exchange(0, state, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// What undoes a unit that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// A savepoint of its own.
    Savepoint,
    /// The transaction, in which nothing else is: on a server a savepoint is two round trips more.
    Transaction,
}

/// How a unit is started.
pub enum Start<'a> {
    /// At its instant.
    Run(&'a mut Conn, Instant, Within),
    /// Not at all: the transaction could not be started.
    Refuse(Problem),
}

impl Ended {
    pub const fn touched(self) -> Touched {
        match self {
            Self::Written(touched) => touched,
            Self::Refused | Self::WithTransaction(_) => Touched::Nothing,
        }
    }
}

/// Runs `work` in what undoes it if it is refused.
pub fn run_within<T>(
    within: Within,
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<(T, Touched), Problem>,
) -> (Ended, Result<T, Problem>) {
    match within {
        Within::Savepoint => in_savepoint(conn, work),
        Within::Transaction => match catch_panic(|| work(conn)) {
            Ok((value, touched)) => (Ended::Written(touched), Ok(value)),
            Err(problem) => (Ended::Refused, Err(problem)),
        },
    }
}

/// Runs `work` in a savepoint. (Diesel's nested transactions are the same, but their statements are prepared at each
/// use.)
///
/// On a full disk, an I/O error and `raise(rollback, ..)` SQLite rolls back more than the
/// savepoint: the whole transaction. Rolling back or releasing the savepoint then fails; the first
/// error is the one that is reported.
fn in_savepoint<T>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<(T, Touched), Problem>,
) -> (Ended, Result<T, Problem>) {
    let with_transaction = |problem: Problem| {
        let ended = Ended::WithTransaction(problem.code());
        (ended, Err(problem))
    };
    if let Err(error) = run(conn, "savepoint unit") {
        return with_transaction(error.into());
    }
    match catch_panic(|| work(conn)) {
        Ok((value, touched)) => match run(conn, "release unit") {
            Ok(()) => (Ended::Written(touched), Ok(value)),
            Err(error) => with_transaction(error.into()),
        },
        Err(problem) => {
            let undone = run(conn, "rollback to unit").and_then(|()| run(conn, "release unit"));
            match undone {
                Ok(()) => (Ended::Refused, Err(problem)),
                Err(_) => with_transaction(problem),
            }
        }
    }
}

/// Runs `work` and turns a panic in it into an internal error: the process goes on.
pub fn catch_panic<T>(work: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Problem::internal("a panic in a database closure")))
}
