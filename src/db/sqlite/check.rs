//! Checks a database page by page, reference by reference, and by rules that the schema cannot
//! express; repairs what can be derived from the rest.

use std::path::Path;

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use diesel_migrations::MigrationHarness as _;

use super::connection;
use super::inspect::{COPY_OF_SERVED, Purpose, is_copy_of_served, look, look_inside};
use super::names::beside;
use crate::db::Options;
use crate::db::access::Access;
use crate::db::dialect::Engine as _;
use crate::db::error::OpenError;
use crate::db::invariant::{Finding, FindingKind, Invariant};
use crate::db::migrate::{self, MIGRATIONS};

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    finding: String,
}

/// Reads the whole file and lists what is wrong with it. A running server is not disturbed.
///
/// # Errors
/// [`OpenError`] if there is no readable database.
pub fn check(
    path: &Path,
    options: &Options,
    invariants: &[Invariant],
) -> Result<Vec<Finding>, OpenError> {
    if !look(path, Purpose::Read)? {
        return Err(OpenError::missing(path));
    }
    let mut findings = Vec::new();
    if is_copy_of_served(path) {
        findings.push(Finding { text: COPY_OF_SERVED.to_owned(), kind: FindingKind::Note });
    }
    let has_log = || beside(path, "wal").exists();
    let was_alone = !has_log();
    let mut conn = look_inside(path, options)?;
    let pages = "select integrity_check as finding from pragma_integrity_check where integrity_check <> 'ok'";
    find(&mut conn, pages, damage_or_index, &mut findings);
    let dangling = "select format('%s row %s refers to a row of %s that is not there', \"table\", rowid, parent) as finding
         from pragma_foreign_key_check";
    find(&mut conn, dangling, |_| FindingKind::Contradiction, &mut findings);
    // No row of a damaged file can be trusted, and an older file has other tables.
    let is_damaged = findings.iter().any(|finding| finding.kind == FindingKind::Damage);
    let is_older = migrate::first_pending(&mut conn, &path.display())?.is_some();
    if is_older {
        findings.push(Finding {
            text: "an older Copydesk has written it, so its rows were not compared: `copydesk migrate` brings it up to date, then check again.".to_owned(),
            kind: FindingKind::Note,
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
        find(&mut conn, &Sqlite::written(invariant.broken), |_| kind, &mut findings);
    }
    // A server that has started meanwhile has changed what was read as if nobody did.
    if was_alone && has_log() && findings.iter().any(|finding| finding.kind != FindingKind::Note) {
        return check(path, options, invariants);
    }
    Ok(findings)
}

/// The indexes that a new database has and this one lacks, each with its SQL.
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

/// An index can be rebuilt from its table.
fn damage_or_index(line: &str) -> FindingKind {
    let of_index =
        ["missing from index", "wrong # of entries in index", "values differ from index"];
    match of_index.iter().any(|words| line.contains(words)) {
        true => FindingKind::Derived,
        false => FindingKind::Damage,
    }
}

fn find(
    conn: &mut SqliteConnection,
    sql: &str,
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
            // SQLite stops the check here.
            Err(error) => return note(&error.to_string(), FindingKind::Damage),
        }
    }
}

/// Repairs what can be derived: indexes, and what the invariants have SQL for. It repairs all of
/// it or nothing; a running server goes on meanwhile.
///
/// # Errors
/// [`OpenError`] if the file is not writable.
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
            diesel::sql_query(Sqlite::written(mend)).execute(conn)?;
        }
        Ok::<(), diesel::result::Error>(())
    });
    mended.map_err(|error| fault(&error))
}
