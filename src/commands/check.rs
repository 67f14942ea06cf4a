//! `copydesk check`: checks that the file is sound, and repairs what can be derived.

use std::process::ExitCode;

use super::exit;
use super::place::Place;
use super::{Ended, invariants, say};
use crate::db::{self, Finding, FindingKind};
use crate::settings::Cli;

/// Reads the whole file; a running server is not disturbed. Prints what it finds, one line each.
/// With `fix` it derives again what can be derived, and prints what that repaired.
pub(super) fn run(cli: &Cli, fix: bool) -> Ended {
    db::assert_sqlite()?;
    let place = Place::of(cli)?;
    let mut invariants = invariants();
    // An older schema has no such table: that of a file is compared first.
    let is_asked = place.location.path().is_some()
        || db::must_be_whole(&place.location, &place.options)
            .is_err_and(|error| error.reason() == db::Reason::Damaged);
    invariants.extend(is_asked.then_some(db::UNFINISHED_IMPORT));
    let look = || db::check(&place.location, &place.options, &invariants).map(told);
    let found = look()?;
    let is = |kind| move |finding: &&Finding| finding.kind == kind;
    let derived = found.iter().filter(is(FindingKind::Derived)).count();
    // Writing to damaged pages could make it worse.
    let is_damaged = found.iter().any(|finding| finding.kind == FindingKind::Damage);
    let left = match fix && derived > 0 && !is_damaged {
        true => {
            db::mend(&place.location, &place.options, &invariants)?;
            // What the program itself derives.
            drop(super::open_once(&place)?);
            look()?
        }
        false => found.clone(),
    };
    for finding in found.iter().filter(|finding| !left.contains(finding)) {
        say(format_args!("mended: {}", finding.text));
    }
    left.iter().for_each(|finding| say(&finding.text));
    let name = place.name();
    if left.iter().all(|finding| finding.kind == FindingKind::Note) {
        say(format_args!("{name} is sound."));
        return Ok(ExitCode::SUCCESS);
    }
    let begins_anew = left.iter().any(is_unfinished) && !is_damaged;
    let rest = match left.iter().filter(is(FindingKind::Derived)).count() {
        _ if begins_anew => "import the export again, or begin with an empty database.".to_owned(),
        n if n == left.len() && !fix => "`copydesk check --fix` mends that.".to_owned(),
        n if n > 0 && !fix && !is_damaged => format!(
            "`copydesk check --fix` mends {n} of them; for the others restore a backup from before."
        ),
        _ => "restore a backup from before.".to_owned(),
    };
    eprintln!("copydesk: {name} is not sound in {} place(s): {rest}", left.len());
    Ok(ExitCode::from(exit::of(db::Reason::Damaged).code))
}

fn is_unfinished(finding: &Finding) -> bool {
    finding.text == db::UNFINISHED
}

/// What there is to tell. Of a newsroom that has only a part of an export no row is whole, and none is worth mending.
fn told(mut found: Vec<Finding>) -> Vec<Finding> {
    if found.iter().any(is_unfinished) {
        let is_plain = |kind| matches!(kind, FindingKind::Damage | FindingKind::Note);
        found.retain(|finding| is_plain(finding.kind) || is_unfinished(finding));
    }
    found
}
