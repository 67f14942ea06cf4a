//! `copydesk check`: whether the file is what it was.

use std::process::ExitCode;

use super::exit;
use super::place::Place;
use super::{Ended, say};
use crate::db;
use crate::settings::Cli;

/// Reads the whole file; a running server is not disturbed. Says what it finds,
/// one line each.
pub(super) fn run(cli: &Cli) -> Ended {
    db::assert_sqlite()?;
    let place = Place::of(cli)?;
    let findings = db::check(place.path(), &place.options)?;
    for finding in &findings {
        say(finding);
    }
    let name = place.name();
    if findings.is_empty() {
        say(format_args!("{name} is sound."));
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!(
        "copydesk: {name} is damaged in {} place(s); restore a copy from before.",
        findings.len()
    );
    Ok(ExitCode::from(exit::of(db::Reason::Damaged).code))
}
