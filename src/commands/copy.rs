//! `copydesk copy`: a whole newsroom from one database to another.

use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};

use super::place::Place;
use super::{Ended, exit, open_once, say};
use crate::db::{self, Location};
use crate::settings::Cli;

/// Copies everything, and compares what arrived.
pub(super) fn run(cli: &Cli, from: &Location, to: Option<&Location>) -> Ended {
    db::assert_sqlite()?;
    let mut place = Place::of(cli)?;
    if let Some(to) = to {
        place.location = to.clone();
    }
    // It is visible only on a terminal.
    let bar = ProgressBar::no_length();
    let style = ProgressStyle::with_template("{spinner} {pos} rows, {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    let mut progress = |table: &str, rows: u64| {
        bar.set_message(table.to_owned());
        bar.set_position(rows);
    };
    let setting = if to.is_some() { "--to" } else { "DATABASE_URL" };
    db::must_exist(from).map_err(|error| error.naming("--from"))?;
    let done = db::transfer((from, &place.location), &place.options, &mut progress)
        .map_err(|error| error.naming(setting))?;
    bar.finish_and_clear();
    // The index of words is made there.
    drop(open_once(&place)?);
    say(format_args!(
        "{from} is copied to {}: {} rows, the newest write at {}; what arrived was read again and is the same.",
        place.name(),
        done.rows,
        done.as_of
    ));
    if done.is_behind {
        eprintln!(
            "copydesk: {from} was written to meanwhile, which is not in the copy: stop its servers, and copy again into an empty database."
        );
        return Ok(ExitCode::from(exit::FAILED.code));
    }
    Ok(ExitCode::SUCCESS)
}
