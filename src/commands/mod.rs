//! What the command line can do; each command is thin and calls the library.

mod check;
mod demo;
pub mod exit;
pub mod import;
mod place;
mod serve;

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use crate::app;
use crate::db::{self, Db, Shared};
use crate::domain::instant::{Clock, SystemClock};
use crate::settings::{Cli, Command};

use place::Place;

/// How a command ended, where nothing went wrong on the way.
type Ended = Result<ExitCode, Box<dyn Error>>;

/// Does what the command line says. Ends with a sentence on standard error
/// where that cannot be done, and with one of the codes in [`exit`].
pub fn run(cli: &Cli) -> ExitCode {
    let ended = match &cli.command {
        None | Some(Command::Serve) => serve::run(cli, None),
        Some(Command::Demo) => serve::run(cli, Some(&demo::DEMO)),
        Some(Command::Migrate) => migrate(cli),
        Some(Command::Import { path, dry_run }) => import::command(cli, path, *dry_run),
        Some(Command::Check) => check::run(cli),
        Some(Command::Openapi) => {
            // A reader that has seen enough closes the pipe: no failure of ours.
            let _ = std::io::stdout().write_all(app::document().as_bytes());
            Ok(ExitCode::SUCCESS)
        }
    };
    ended.unwrap_or_else(|error| exit::report(error.as_ref()))
}

fn migrate(cli: &Cli) -> Ended {
    db::assert_sqlite()?;
    let place = Place::of(cli)?;
    let applied = db::ensure_file(place.path(), &place.options)?;
    match applied.len() {
        0 => println!("{} is up to date.", place.name()),
        n => println!("{}: {n} migration(s) applied.", place.name()),
    }
    Ok(ExitCode::SUCCESS)
}

/// The database at `place`, made and migrated.
fn open(place: &Place, clock: Arc<dyn Clock>) -> Result<Arc<Shared>, db::OpenError> {
    for migration in db::ensure_file(place.path(), &place.options)? {
        log::info!("applied migration {migration}");
    }
    Shared::open(place.path(), place.options.clone(), clock)
}

/// The database at `place` for a command that writes and ends.
fn open_once(place: &Place) -> Result<Db, db::OpenError> {
    db::assert_sqlite()?;
    Db::new(&open(place, Arc::new(SystemClock))?)
}
