//! A whole newsroom from one database to another, of either engine.
//!
//! Each row goes as one JSON list: both engines write and read such lists, so no row passes through a type of its own, and
//! what arrived can be compared with what left, line by line.

use std::fmt::Write as _;

use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, RunQueryDsl};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::access::Access;
use super::clock::last_at;
use super::error::{OpenError, Reason};
use super::location::Location;
use super::postgres::{BEGIN_READ, keeper::BEGIN_WRITE};
use super::prelude::{Conn, QueryResult, Run};
use super::sqlite::ServeLock;
use super::{Options, ensure};
use crate::domain::instant::Instant;

/// All tables, each after those that it refers to. What is not here is made anew: `reading_rules`, and the index of words.
pub const TABLES: [&str; 38] = [
    "history_clock", "site_secrets", "site_languages", "api_keys", "audit_events", "articles",
    "article_bodies", "article_seen", "article_removals", "former_slugs", "article_history",
    "article_revisions", "article_corrections", "article_publications", "disclaimers",
    "disclaimer_versions", "article_disclaimers", "comments", "comment_history",
    "comment_addresses", "comment_reports", "blocked_addresses", "article_terms", "terms",
    "spellings", "imported_files", "imported_addresses", "imported_comments", "purged_imports",
    "idempotent_answers", "disclaimer_marks", "change_log", "changes", "change_log_epochs",
    "article_publicity", "webhooks", "webhook_deliveries", "unfinished_imports",
];
/// Those in which a new newsroom has a row already.
const FILLED: [&str; 6] = [
    "history_clock", "site_secrets", "site_languages", "disclaimer_marks", "change_log",
    "change_log_epochs",
];
/// Those in which a newsroom that was used has rows.
const USED: [&str; 5] = ["articles", "api_keys", "disclaimers", "comments", "audit_events"];
/// Bytes that are handed over at once.
const BATCH: usize = 1024 * 1024;

/// What was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transferred {
    /// Rows of all tables.
    pub rows: u64,
    /// The instant of the newest write in it.
    pub as_of: Instant,
    /// True if something was written to the source meanwhile, which is not in the copy.
    pub is_behind: bool,
}

/// Copies everything from one database to another that has nothing yet: all of it or nothing, as it is at one moment. It
/// is read again from there, and compared.
///
/// `progress` is told the table and the number of rows so far.
///
/// # Errors
/// [`OpenError`] if one of them cannot be used, the target is used already, or what arrived is not what left.
pub fn transfer(
    (from, to): (&Location, &Location),
    options: &Options,
    progress: &mut dyn FnMut(&str, u64),
) -> Result<Transferred, OpenError> {
    if from == to {
        return Err(OpenError::of(
            Reason::Exists,
            format!("{from} is the source and the target; name another in --to."),
        ));
    }
    super::must_exist(from)?;
    let _source = ensure(from, options, None)?;
    let _served = match to {
        Location::File(path) => ServeLock::take_existing(path)?,
        Location::Server(_) => None,
    };
    let _target = ensure(to, options, _served.as_ref())?;
    let (mut source, mut target) =
        (open(from, Access::Search, options)?, open(to, Access::Write, options)?);
    let source_fault = |error: diesel::result::Error| from.fault(&error);
    let target_fault = |error: diesel::result::Error| to.fault(&error);
    let begin = match source {
        Conn::Sqlite(_) => "begin",
        // A row that takes long is not an endless query.
        Conn::Postgres(_) => &format!(
            "{BEGIN_READ}; set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0"
        ),
    };
    source.batch_execute(begin).map_err(source_fault)?;
    let last = last_at(&mut source).map_err(source_fault)?;
    let begin = match target {
        Conn::Sqlite(_) => "begin immediate",
        Conn::Postgres(_) => BEGIN_WRITE,
    };
    target.batch_execute(begin).map_err(target_fault)?;
    if let Conn::Postgres(_) = target {
        // While the source is read, nothing is said here.
        let patient = "set local idle_in_transaction_session_timeout = 0";
        target.batch_execute(patient).map_err(target_fault)?;
    }
    must_be_unused(&mut target, to)?;
    let mut rows = 0;
    for table in FILLED {
        target.batch_execute(&format!("delete from {table}")).map_err(target_fault)?;
    }
    for table in TABLES {
        let left = copy_table((&mut source, &mut target), table, rows, progress).map_err(
            |(error, is_targets)| if is_targets { to.fault(&error) } else { from.fault(&error) },
        )?;
        let arrived = read(&mut target, table, &mut |_| Ok(())).map_err(target_fault)?;
        if arrived != left {
            return Err(OpenError::of(
                Reason::Damaged,
                format!(
                    "{to}: what arrived in {table} is not what left {from}; nothing was copied."
                ),
            ));
        }
        rows += left.rows;
    }
    if let Conn::Postgres(_) = target {
        follow_ids(&mut target).map_err(target_fault)?;
    }
    target.batch_execute("update reading_rules set version = ''; commit").map_err(target_fault)?;
    source.batch_execute("commit").map_err(source_fault)?;
    let now = last_at(&mut source).map_err(source_fault)?;
    Ok(Transferred { rows, as_of: Instant::from_micros(last), is_behind: now != last })
}

fn open(location: &Location, access: Access, options: &Options) -> Result<Conn, OpenError> {
    Ok(location.target().open(access, options)?.0)
}

fn must_be_unused(conn: &mut Conn, to: &Location) -> Result<(), OpenError> {
    for table in USED {
        let used = count(conn, table).map_err(|error| to.fault(&error))?;
        if used > 0 {
            return Err(OpenError::of(
                Reason::Exists,
                format!(
                    "{to} has a newsroom already ({used} rows in {table}); name an empty database in --to."
                ),
            ));
        }
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

fn count(conn: &mut Conn, table: &str) -> QueryResult<i64> {
    let sql = format!("select count(*) as number from {table}");
    Run::get_result::<Number>(diesel::sql_query(sql), conn).map(|count| count.number)
}

/// A column that is written (and not generated).
#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
    /// `integer`, `text` or `blob`; PostgreSQL says `bigint` and `bytea`.
    #[diesel(sql_type = Text)]
    kind: String,
    /// Its place in the primary key, from 1 on; 0 if it is not in it.
    #[diesel(sql_type = BigInt)]
    in_key: i64,
}

fn columns(conn: &mut Conn, table: &str) -> QueryResult<Vec<Column>> {
    let sql = match conn {
        Conn::Sqlite(_) => format!(
            "select name, lower(type) as kind, pk as in_key from pragma_table_xinfo('{table}') where hidden = 0 order by name"
        ),
        Conn::Postgres(_) => format!(
            "select attname::text as name, format_type(atttypid, null) as kind,
                 coalesce(array_position(indkey::int2[], attnum), -1)::bigint + 1 as in_key
             from pg_attribute join pg_index on indrelid = attrelid and indisprimary
             where attrelid = '{table}'::regclass and attnum > 0 and not attisdropped and attgenerated = ''
             order by attname collate \"C\""
        ),
    };
    Run::load(diesel::sql_query(sql), conn)
}

/// What is in a table: how many rows, and the digest of all in the order of its primary key.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Content {
    rows: u64,
    digest: [u8; 32],
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Reads a table, row by row, each as a JSON list of its columns by name.
fn read(
    conn: &mut Conn,
    table: &str,
    each: &mut dyn FnMut(&str) -> QueryResult<()>,
) -> QueryResult<Content> {
    let columns = columns(conn, table)?;
    let is_file = matches!(conn, Conn::Sqlite(_));
    let values: Vec<String> = columns
        .iter()
        .map(|Column { name, kind, .. }| match (kind.as_str(), is_file) {
            ("blob", _) => format!("case when {name} is not null then hex({name}) end"),
            ("bytea", _) => format!("upper(encode({name}, 'hex'))"),
            _ => name.clone(),
        })
        .collect();
    let mut key: Vec<&Column> = columns.iter().filter(|column| column.in_key > 0).collect();
    key.sort_by_key(|column| column.in_key);
    let key: Vec<&str> = key.into_iter().map(|column| &*column.name).collect();
    let list = if is_file { "json_array" } else { "json_build_array" };
    let text = if is_file { "" } else { "::text" };
    let sql = format!(
        "select {list}({}){text} as line from {table} order by {}",
        values.join(", "),
        key.join(", ")
    );
    let (mut rows, mut digest) = (0, Sha256::new());
    let mut take = |line: Line| -> QueryResult<()> {
        rows += 1;
        // Each engine sets spaces and escapes in its own way.
        let value: Value = serde_json::from_str(&line.line)
            .map_err(|error| diesel::result::Error::DeserializationError(Box::new(error)))?;
        digest.update(value.to_string());
        each(&line.line)
    };
    match conn {
        Conn::Sqlite(conn) => diesel::sql_query(sql)
            .load_iter::<Line, DefaultLoadingMode>(conn)?
            .try_for_each(|line| take(line?))?,
        Conn::Postgres(conn) => diesel::sql_query(sql)
            .load_iter::<Line, PgRowByRowLoadingMode>(conn)?
            .try_for_each(|line| take(line?))?,
    }
    Ok(Content { rows, digest: digest.finalize().into() })
}

/// Copies a table into one that is empty, and returns what left; or the error, and whether it is the target's.
fn copy_table(
    (source, target): (&mut Conn, &mut Conn),
    table: &str,
    before: u64,
    progress: &mut dyn FnMut(&str, u64),
) -> Result<Content, (diesel::result::Error, bool)> {
    let of_target = |error| (error, true);
    let sql = insertion(&columns(target, table).map_err(of_target)?, target, table);
    let (mut batch, mut rows, mut is_targets) = (String::new(), before, false);
    let content = read(source, table, &mut |line| {
        batch.push(if batch.is_empty() { '[' } else { ',' });
        batch.push_str(line);
        rows += 1;
        if batch.len() < BATCH {
            return Ok(());
        }
        progress(table, rows);
        insert(target, &sql, &mut batch).inspect_err(|_| is_targets = true)
    });
    let content = content.map_err(|error| (error, is_targets))?;
    insert(target, &sql, &mut batch).map_err(of_target)?;
    progress(table, rows);
    Ok(content)
}

fn insert(conn: &mut Conn, sql: &str, batch: &mut String) -> QueryResult<()> {
    if batch.is_empty() {
        return Ok(());
    }
    batch.push(']');
    let rows = std::mem::take(batch);
    Run::execute(diesel::sql_query(sql).bind::<Text, _>(rows), conn).map(drop)
}

/// The SQL that inserts a JSON list of rows.
fn insertion(columns: &[Column], conn: &Conn, table: &str) -> String {
    let names: Vec<&str> = columns.iter().map(|column| &*column.name).collect();
    let mut values = String::new();
    for (place, column) in columns.iter().enumerate() {
        let value = format!("member.value ->> {place}");
        let value = match column.kind.as_str() {
            "blob" => format!("unhex({value})"),
            "bytea" => format!("decode({value}, 'hex')"),
            "bigint" => format!("({value})::bigint"),
            _ => value,
        };
        // Writing to a string cannot fail.
        let _ = write!(values, "{}{value}", if place > 0 { ", " } else { "" });
    }
    let rows = match conn {
        Conn::Sqlite(_) => "json_each(?) as member",
        Conn::Postgres(_) => "jsonb_array_elements($1::jsonb) as member(value)",
    };
    format!("insert into {table} ({}) select {values} from {rows}", names.join(", "))
}

/// Sets what gives ids on a server to go on from those that are there.
pub(super) fn follow_ids(conn: &mut Conn) -> QueryResult<()> {
    let counting: Vec<Line> = Run::load(
        diesel::sql_query(
            "select relname::text as line from pg_attribute join pg_class on pg_class.oid = attrelid
             where relnamespace = current_schema()::regnamespace and attname = 'id' and attidentity <> ''",
        ),
        conn,
    )?;
    counting.into_iter().try_for_each(|Line { line: table }| {
        conn.batch_execute(&format!(
            "select setval(pg_get_serial_sequence('{table}', 'id'), max(id)) from {table} having max(id) is not null"
        ))
    })
}
