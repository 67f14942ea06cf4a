//! The commands of the command line; each is thin and calls the library.

mod backup;
mod check;
mod copy;
mod demo;
pub mod exit;
mod export;
mod fixtures;
mod first_key;
mod housekeeping;
mod import;
mod key;
mod listen;
mod place;
mod serve;
mod signals;
mod test_mode;

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use clap::CommandFactory as _;

use crate::db::{self, Db, ServeLock, Shared};
use crate::domain::instant::SystemClock;
use crate::problem::{Code, Problem};
use crate::settings::{Cli, Command};
use crate::{app, articles, comments, disclaimers};

use place::Place;

/// The result of a command, if nothing failed on the way.
type Ended = Result<ExitCode, Box<dyn Error>>;

/// Runs the command. On failure it prints a sentence on standard error and returns one of the
/// codes in [`exit`].
pub fn run(cli: &Cli) -> ExitCode {
    let ended = match &cli.command {
        None | Some(Command::Serve) => serve::run(cli, None),
        Some(Command::Demo) => serve::run(cli, Some(&demo::DEMO)),
        Some(Command::Migrate { no_backup }) => migrate(cli, *no_backup),
        Some(Command::Backup { file, force }) => backup::back_up(cli, file, *force),
        Some(Command::Restore { file, force }) => backup::restore(cli, file, *force),
        Some(Command::Compact) => backup::compact(cli),
        Some(Command::Import(asked)) => import::run(cli, asked),
        Some(Command::Export(asked)) => export::run(cli, asked),
        Some(Command::Key(what)) => key::run(cli, what),
        Some(Command::Check { fix }) => check::run(cli, *fix),
        Some(Command::Copy { from, to }) => copy::run(cli, from, to.as_ref()),
        Some(Command::Fixtures) => print_fixtures(cli),
        Some(Command::Completions { shell }) => {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "copydesk", &mut text);
            Ok(print(&text))
        }
        Some(Command::Man) => manual(),
        Some(Command::Openapi) => Ok(print(app::document().as_bytes())),
    };
    ended.unwrap_or_else(|error| exit::report(error.as_ref()))
}

/// Prints the manual page of the program.
fn manual() -> Ended {
    let mut text = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut text)?;
    Ok(print(&text))
}

/// Prints what a command is there to print. A reader that has seen enough closes the pipe: not an error.
fn print(text: &[u8]) -> ExitCode {
    let _ = std::io::stdout().write_all(text);
    ExitCode::SUCCESS
}

/// What must hold between rows of all subjects.
fn invariants() -> Vec<db::Invariant> {
    [articles::store::INVARIANTS, comments::store::INVARIANTS, disclaimers::store::INVARIANTS]
        .concat()
}

fn migrate(cli: &Cli, no_backup: bool) -> Ended {
    db::assert_sqlite()?;
    let mut place = Place::of(cli)?;
    place.options.backs_up = !no_backup;
    let ensured = db::ensure(&place.location, &place.options, None)?;
    if ensured.is_index_old {
        drop(open_once(&place)?);
    }
    match ensured.applied.len() {
        0 => say(format_args!("{} is up to date.", place.name())),
        n => say(format_args!("{}: {n} migration(s) applied.", place.name())),
    }
    Ok(ExitCode::SUCCESS)
}

fn print_fixtures(cli: &Cli) -> Ended {
    db::assert_sqlite()?;
    let place = Place::of(cli)?;
    db::must_exist(&place.location)?;
    let database = open_once(&place)?;
    let now = database.now(&SystemClock);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    database.read(|conn| fixtures::print(conn, now, &mut out)).map_err(failed)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Prints a line on standard output. A reader that has seen enough closes the pipe: not an error.
fn say(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A problem as shown to someone with access to the file: its cause, if there is one.
fn failed(problem: Problem) -> Box<dyn Error> {
    match problem.code() {
        Code::Overloaded => {
            "another program is writing to the database; try again when it is done.".into()
        }
        _ => match problem.cause() {
            Some(cause) => cause.into(),
            None => problem.detail().into(),
        },
    }
}

/// The database at `place`, created and migrated. `served` is the right to serve it, for a server.
fn ensure(place: &Place, served: Option<&ServeLock>) -> Result<db::Ensured, db::OpenError> {
    let ensured = db::ensure(&place.location, &place.options, served)?;
    for migration in &ensured.applied {
        log::info!("applied migration {migration}");
    }
    Ok(ensured)
}

/// The database at `place` for a command that writes and ends.
fn open_once(place: &Place) -> Result<Db, Box<dyn Error>> {
    open_with(place, None)
}

/// The same with the right to serve it.
fn open_with(place: &Place, served: Option<&ServeLock>) -> Result<Db, Box<dyn Error>> {
    db::assert_sqlite()?;
    let _ensured = ensure(place, served)?;
    let clock = Arc::new(SystemClock);
    let database = Db::new(&Shared::open(&place.location, place.options.clone(), clock)?)?;
    reindex(&database)?;
    Ok(database)
}

/// Makes the search index anew where an older version made it.
fn reindex(database: &Db) -> Result<(), Box<dyn Error>> {
    wait_for(articles::reindex(database))?.map_err(failed)
}

/// Waits for what runs on another thread, where no server does.
fn wait_for<T>(work: impl Future<Output = T>) -> std::io::Result<T> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(work))
}
