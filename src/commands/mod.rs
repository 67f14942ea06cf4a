//! What the command line can do; each command is thin and calls the library.

pub mod import;
mod serve;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use crate::app;
use crate::db::{self, Options, Shared};
use crate::domain::ids::SystemEntropy;
use crate::domain::instant::SystemClock;
use crate::settings::{Cli, Command, Settings};

/// Does what the command line says. Ends with a sentence on standard error
/// where that cannot be done.
pub fn run(cli: Cli) -> ExitCode {
    let settings = &cli.settings;
    let done = match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(settings),
        Command::Migrate => migrate(settings),
        Command::Import { dir } => return report(import(settings, &dir)),
        Command::Openapi => {
            // A reader that has seen enough closes the pipe: no failure of ours.
            let _ = std::io::stdout().write_all(app::document().as_bytes());
            Ok(())
        }
    };
    report(done.map(|()| ExitCode::SUCCESS))
}

fn report(done: Result<ExitCode, Box<dyn std::error::Error>>) -> ExitCode {
    done.unwrap_or_else(|error| {
        eprintln!("copydesk: {error}");
        ExitCode::FAILURE
    })
}

fn migrate(settings: &Settings) -> Result<(), Box<dyn std::error::Error>> {
    db::assert_sqlite()?;
    let applied = db::ensure_file(&settings.database_url, &Options::default())?;
    let path = settings.database_url.display();
    match applied.len() {
        0 => println!("{path} is up to date."),
        n => println!("{path}: {n} migration(s) applied."),
    }
    Ok(())
}

fn import(settings: &Settings, dir: &Path) -> Result<ExitCode, Box<dyn std::error::Error>> {
    db::assert_sqlite()?;
    db::ensure_file(&settings.database_url, &Options::default())?;
    let shared = Shared::open(
        &settings.database_url,
        Options::default(),
        Arc::new(SystemClock),
    )?;
    let database = db::Db::new(&shared)?;
    let summary = import::run(
        dir,
        &database,
        Arc::new(SystemEntropy),
        &mut std::io::stderr(),
    )?;
    println!("{summary}");
    Ok(if summary.refused == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
