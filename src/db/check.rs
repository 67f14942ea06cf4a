//! Whether a database holds what it should: page by page, reference by reference, and by what the
//! schema cannot say; and mending what can be derived from the rest.

use std::path::Path;

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_migrations::MigrationHarness as _;

use super::Options;
use super::connection::{self, Access, connect_read_only};
use super::error::OpenError;
use super::inspect::{Purpose, look, look_inside};
use super::migrate::{self, MIGRATIONS};

/// What holds between rows though no constraint says it.
#[derive(Clone, Copy)]
pub struct Invariant {
    /// SQL that gives a text `finding` for each place where it does not hold.
    pub broken: &'static str,
    /// SQL that makes it hold again wherever the rest of the database says how.
    pub mend: Option<&'static str>,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What, in one line.
    pub text: String,
    /// Whether something may be done about it.
    pub kind: FindingKind,
}

/// What can be done about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingKind {
    /// Pages that are not what they were: nothing, and writing could make it worse.
    Damage,
    /// Rows that contradict each other, and none says which is right.
    Contradiction,
    /// What is derived from other rows: it is derived anew.
    Derived,
    /// Nothing is wrong, and not all could be looked at.
    Older,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    finding: String,
}

/// Reads the whole file and says what is wrong with it. A running server is not disturbed.
///
/// # Errors
/// [`OpenError`] where there is no database that can be looked at.
pub fn check(
    path: &Path,
    options: &Options,
    invariants: &[Invariant],
) -> Result<Vec<Finding>, OpenError> {
    if !look(path, Purpose::Read)? {
        return Err(OpenError::missing(path));
    }
    look_inside(path, options)?;
    let mut conn = connect_read_only(path, options)?;
    let mut findings = Vec::new();
    let pages = "select integrity_check as finding from pragma_integrity_check where integrity_check <> 'ok'";
    find(&mut conn, pages, damage_or_index, &mut findings);
    let dangling = "select format('%s row %s refers to a row of %s that is not there', \"table\", rowid, parent) as finding
         from pragma_foreign_key_check";
    find(
        &mut conn,
        dangling,
        |_| FindingKind::Contradiction,
        &mut findings,
    );
    // Of a damaged file no row can be believed, and an older one has other tables.
    let is_damaged = findings
        .iter()
        .any(|finding| finding.kind == FindingKind::Damage);
    let is_older = migrate::has_pending(&mut conn, path)?;
    if is_older {
        findings.push(Finding {
            text: "an older Copydesk has written it, so its rows were not compared: `copydesk migrate` brings it up to date, then check again.".to_owned(),
            kind: FindingKind::Older,
        });
    }
    if !is_damaged && !is_older {
        let missing =
            missing_indexes(&mut conn).map_err(|error| OpenError::cannot_open(path, &error))?;
        findings.extend(missing.into_iter().map(|(name, _)| Finding {
            text: format!("the index {name} is gone"),
            kind: FindingKind::Derived,
        }));
    }
    for invariant in invariants.iter().filter(|_| !is_damaged && !is_older) {
        let kind = match invariant.mend {
            Some(_) => FindingKind::Derived,
            None => FindingKind::Contradiction,
        };
        find(&mut conn, invariant.broken, |_| kind, &mut findings);
    }
    Ok(findings)
}

/// The indexes that a new database has and this one has not, each with the SQL that makes it.
fn missing_indexes(
    conn: &mut SqliteConnection,
) -> Result<Vec<(String, String)>, Box<dyn std::error::Error + Send + Sync>> {
    #[derive(QueryableByName)]
    struct Index {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = Text)]
        sql: String,
    }
    let all = "select name, sql from sqlite_schema where type = 'index' and sql is not null order by name";
    let mut new = SqliteConnection::establish(":memory:")?;
    new.run_pending_migrations(MIGRATIONS)?;
    let wanted: Vec<Index> = diesel::sql_query(all).load(&mut new)?;
    let there: Vec<Index> = diesel::sql_query(all).load(conn)?;
    let is_missing = |index: &Index| there.iter().all(|known| known.name != index.name);
    let missing = wanted.into_iter().filter(is_missing);
    Ok(missing.map(|index| (index.name, index.sql)).collect())
}

/// An index can be made anew from its table.
fn damage_or_index(line: &str) -> FindingKind {
    let of_index = [
        "missing from index",
        "wrong # of entries in index",
        "values differ from index",
    ];
    match of_index.iter().any(|words| line.contains(words)) {
        true => FindingKind::Derived,
        false => FindingKind::Damage,
    }
}

fn find(
    conn: &mut SqliteConnection,
    sql: &'static str,
    kind: impl Fn(&str) -> FindingKind,
    findings: &mut Vec<Finding>,
) {
    let mut note = |text: &str, kind| {
        let text = text.to_owned();
        findings.push(Finding { text, kind });
    };
    let rows = diesel::sql_query(sql);
    let rows = match rows.load_iter::<Line, DefaultLoadingMode>(conn) {
        Ok(rows) => rows,
        Err(error) => return note(&error.to_string(), FindingKind::Damage),
    };
    for row in rows {
        match row {
            Ok(row) => row.finding.lines().for_each(|line| note(line, kind(line))),
            // There SQLite goes no further.
            Err(error) => return note(&error.to_string(), FindingKind::Damage),
        }
    }
}

/// Derives anew what can be: indexes, and whatever the invariants say how to mend. All of it or
/// nothing; a running server goes on meanwhile.
///
/// # Errors
/// [`OpenError`] where the file cannot be written to.
pub fn mend(path: &Path, options: &Options, invariants: &[Invariant]) -> Result<(), OpenError> {
    look(path, Purpose::Write)?;
    let mut conn = connection::open(path, Access::Write, options)?;
    let fault = |error: &dyn std::fmt::Display| OpenError::cannot_open(path, error);
    let missing = missing_indexes(&mut conn).map_err(|error| fault(&error))?;
    let mended = conn.immediate_transaction(|conn| {
        diesel::sql_query("reindex").execute(conn)?;
        for (_, sql) in missing {
            diesel::sql_query(sql).execute(conn)?;
        }
        for mend in invariants.iter().filter_map(|invariant| invariant.mend) {
            diesel::sql_query(mend).execute(conn)?;
        }
        Ok::<(), diesel::result::Error>(())
    });
    mended.map_err(|error| fault(&error))
}
