//! Every statement that any test runs, explained once: what is executed is what is looked at, so no new query can
//! escape. One that scans a table or sorts it fails the test that ran it.

use std::cell::Cell;
use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, Once};

use copydesk::db::MIGRATIONS;
use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_migrations::MigrationHarness as _;

/// A database of the same tables, in memory, that nobody listens to.
static EXPLAINING: LazyLock<Mutex<SqliteConnection>> = LazyLock::new(|| {
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    conn.set_instrumentation(None::<Box<dyn Instrumentation>>);
    conn.run_pending_migrations(MIGRATIONS).unwrap();
    Mutex::new(conn)
});
/// Statements that were explained, and were fine.
static FINE: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

thread_local! {
    /// Statements that ran on this thread.
    static COUNT: Cell<usize> = const { Cell::new(0) };
    /// Those among them that read or write texts of articles.
    static TEXTS: Cell<usize> = const { Cell::new(0) };
}

struct Listener;

impl Instrumentation for Listener {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        let InstrumentationEvent::StartQuery { query, .. } = event else {
            return;
        };
        COUNT.set(COUNT.get() + 1);
        let text = query.to_string();
        let sql = text.split(" -- binds").next().unwrap_or_default();
        if sql.contains("`article_bodies`") || sql.contains("\"article_bodies\"") {
            TEXTS.set(TEXTS.get() + 1);
        }
        // A server plans by what is in its tables, and here there is little.
        if super::database::server().is_some()
            || !is_planned(sql)
            || FINE.lock().unwrap().contains(sql)
        {
            return;
        }
        // Outside the lock: a panic here is a fault in the handler, which its test meets as a 500.
        if let Err(why) = explain(sql) {
            panic!("{why}");
        }
        FINE.lock().unwrap().insert(sql.to_owned());
    }
}

/// Looks at the statements of all connections that are opened from now on.
pub fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| set_default_instrumentation(|| Some(Box::new(Listener))).unwrap());
}

/// Statements that ran on this thread so far.
pub fn count() -> usize {
    COUNT.get()
}

/// Those among them that read or write texts of articles.
pub fn texts() -> usize {
    TEXTS.get()
}

/// The statements that were explained so far.
pub fn explained() -> Vec<String> {
    FINE.lock().unwrap().iter().cloned().collect()
}

/// Whether it is the product's: made by Diesel, which quotes names, or by `fixed_query!`, which opens with its own. All
/// other SQL stands in `src/db/` (`tidy.rs` holds that) or is a test's own.
fn is_planned(sql: &str) -> bool {
    let verbs = ["SELECT", "INSERT", "UPDATE", "DELETE", "/* "];
    verbs.iter().any(|verb| sql.starts_with(verb)) && !sql.contains("__diesel_schema_migrations")
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

const KEPT: &str = "once after a change of disclaimers, and kept in memory";

/// Statements that look at all of a table, with the reason. The list may only shrink.
const SCANNING: [(&str, &str); 7] = [
    ("within_deadline", "on the side pool, with a deadline"),
    ("`history_clock`", "one row"),
    ("`site_secrets`", "one row"),
    ("`ever_rule` FROM `disclaimers` ORDER BY `disclaimers`.`id`", KEPT),
    ("`retired_at` FROM `disclaimer_versions` ORDER BY", KEPT),
    ("`language` FROM `site_languages` ORDER BY", KEPT),
    (
        "json_extract(rule.it",
        "before a disclaimer is forgotten, all articles are held against its rules",
    ),
];

/// Statements that sort, with the reason. The list may only shrink.
const SORTING: [(&str, &str); 2] = [
    ("within_deadline", "on the side pool, with a deadline"),
    ("`comments`.`email_key` = ?", "the comments of one person"),
];

/// Passes where the statement walks indexes and sorts nothing.
pub fn explain(sql: &str) -> Result<(), String> {
    let mut conn = EXPLAINING.lock().unwrap();
    // A function that this connection does not have, and that no plan can foresee either.
    let known = sql.replace("within_deadline()", "(random() is not null)");
    let known = known.replace("within_rows()", "(random() is not null)");
    let steps: Vec<Step> = diesel::sql_query(format!("explain query plan {known}"))
        .load(&mut *conn)
        .map_err(|error| format!("{error}: {sql}"))?;
    let plan: Vec<&str> = steps.iter().map(|step| step.detail.as_str()).collect();
    let is_excused = |list: &[(&str, &str)]| list.iter().any(|(mark, _)| sql.contains(mark));
    let is_scan = |step: &&str| step.starts_with("SCAN") && !step.contains("USING");
    // The rows of a list or of a union are no table.
    let is_small = |step: &str| {
        ["json_each", "VIRTUAL TABLE", "CONSTANT ROW", "SUBQUERY", "(subquery"]
            .iter()
            .any(|small| step.contains(small))
    };
    let scans = plan.iter().any(|step| is_scan(step) && !is_small(step));
    if scans && !is_excused(&SCANNING) {
        return Err(format!("a table is scanned: {sql}\n{plan:#?}"));
    }
    if plan.iter().any(|step| step.contains("TEMP B-TREE")) && !is_excused(&SORTING) {
        return Err(format!("rows are sorted: {sql}\n{plan:#?}"));
    }
    Ok(())
}
