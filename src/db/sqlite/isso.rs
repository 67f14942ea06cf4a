//! Isso's database, which is another program's: it is read, and neither written to nor created.

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::{Path, absolute};

use diesel::connection::{DefaultLoadingMode, SimpleConnection as _};
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use url::Url;

use super::names::{APPLICATION_ID, beside};

/// The first bytes of a SQLite database.
const MAGIC: &[u8] = b"SQLite format 3\0";
/// Where its header has the number of the program that made it (SQLite's file format, section 1.3.18).
const APPLICATION: Range<usize> = 68..72;
/// Length of the part of a database's header that says how it is written, in bytes (SQLite's file format, section 1.3).
const HEADER: usize = 20;
/// What that says of a database with a write-ahead log.
const WITH_LOG: u8 = 2;

/// Both tables, each with a number that only one row has: otherwise a join would multiply the rows.
const TABLES: &str = "select count(*) as found from sqlite_schema s
    where s.type = 'table' and s.name in ('threads', 'comments')
    and (select group_concat(lower(name || ' ' || type)) from pragma_table_info(s.name) where pk > 0) = 'id integer'";

/// The comments, those of one page one after the other: threads that differ by their query alone are on one page.
/// Numbers that are none, and texts that are longer than any that people write, are null. Names are cut, far behind the
/// end of what is kept of them. Times are cut, not rounded, to microseconds: how SQLite rounds differs between versions,
/// and they are part of an identity.
const COMMENTS: &str = "select c.id as id,
        case when length(t.uri) <= 2000 then t.uri end as uri,
        c.parent is not null as is_answer,
        case when p.id <> c.id then p.id end as parent,
        case when typeof(p.created) in ('integer', 'real') then cast(p.created * 1000000 as integer) end as parent_created,
        case when typeof(c.created) in ('integer', 'real') then cast(c.created * 1000000 as integer) end as created,
        case when typeof(c.modified) in ('integer', 'real') then cast(c.modified * 1000000 as integer) end as modified,
        case when typeof(c.mode) = 'integer' then c.mode end as mode,
        case when length(c.text) <= 1048576 then c.text end as body,
        substr(c.author, 1, 2000) as author,
        substr(c.email, 1, 2000) as email,
        length(coalesce(c.website, '')) > 0 as has_website,
        coalesce(c.likes, 0) <> 0 or coalesce(c.dislikes, 0) <> 0 as has_votes
    from comments c
    left join threads t on t.id = c.tid
    left join comments p on p.id = c.parent and p.tid = c.tid
    order by case instr(t.uri, '?') when 0 then t.uri else substr(t.uri, 1, instr(t.uri, '?') - 1) end, c.tid, c.id";

/// A comment as Isso stores it.
#[derive(Clone, Debug, QueryableByName)]
pub struct IssoComment {
    /// Its number. The number of one that is gone is given to another.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// The path of its page, with the query; `None` without a thread, or if it is over 2,000 characters.
    #[diesel(sql_type = Nullable<Text>)]
    pub uri: Option<String>,
    /// True if it answers another one, there or not.
    #[diesel(sql_type = Bool)]
    pub is_answer: bool,
    /// The number of the comment of the same thread that it answers.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub parent: Option<i64>,
    /// When that was written, in microseconds since 1970.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub parent_created: Option<i64>,
    /// When it was written, in microseconds since 1970.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub created: Option<i64>,
    /// When it was last edited, in microseconds since 1970.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub modified: Option<i64>,
    /// 1 is public, 2 waits for a moderator, 4 is deleted.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub mode: Option<i64>,
    /// Its Markdown; `None` if it is over a million characters.
    #[diesel(sql_type = Nullable<Text>)]
    pub body: Option<String>,
    /// The name of its author, escaped as HTML; its first 2,000 characters.
    #[diesel(sql_type = Nullable<Text>)]
    pub author: Option<String>,
    /// The email address of its author, escaped as HTML; its first 2,000 characters.
    #[diesel(sql_type = Nullable<Text>)]
    pub email: Option<String>,
    /// True if its author gave a website.
    #[diesel(sql_type = Bool)]
    pub has_website: bool,
    /// True if anybody has voted on it.
    #[diesel(sql_type = Bool)]
    pub has_votes: bool,
}

/// Why the comments of a database were not read to their end.
#[derive(Debug)]
pub enum Stopped {
    /// It is not Isso's, or is damaged: one sentence.
    Unread(String),
    /// What takes them has failed.
    Taker(io::Error),
}

/// True if a file that starts with these bytes is a SQLite database of another program.
#[must_use]
pub fn is_foreign(start: &[u8]) -> bool {
    start.starts_with(MAGIC) && !is_newsroom(start)
}

/// True if a file that starts with these bytes is a database of Copydesk.
#[must_use]
pub fn is_newsroom(start: &[u8]) -> bool {
    let id = APPLICATION_ID.to_be_bytes();
    start.starts_with(MAGIC) && start.get(APPLICATION).is_some_and(|written| written == id)
}

/// True if the database in the file at `path` can be read, and has no tables of Isso. The file is opened: none that this
/// process has open as a database.
#[must_use]
pub fn lacks_tables(path: &Path) -> bool {
    open(path).is_ok_and(|mut conn| has_tables(&mut conn).is_ok_and(|has| !has))
}

/// True if both tables are there.
fn has_tables(conn: &mut SqliteConnection) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Tables {
        #[diesel(sql_type = BigInt)]
        found: i64,
    }
    let tables = diesel::sql_query(TABLES).get_result::<Tables>(conn)?;
    Ok(tables.found == 2)
}

/// Gives each comment of the database in the file at `path` to `take`, those of one page one after the other; for one
/// with a text that is not UTF-8, the reason why it cannot be read.
///
/// # Errors
/// [`Stopped`]; comments before that were taken.
pub fn comments(
    path: &Path,
    mut take: impl FnMut(Result<IssoComment, String>) -> io::Result<()>,
) -> Result<(), Stopped> {
    let mut conn = open(path)?;
    if !has_tables(&mut conn).map_err(|error| unread(&error))? {
        let reason =
            "is a SQLite database, but not Isso's: it has no tables `threads` and `comments`";
        return Err(Stopped::Unread(reason.to_owned()));
    }
    let rows = diesel::sql_query(COMMENTS);
    let rows = rows.load_iter::<IssoComment, DefaultLoadingMode>(&mut conn);
    let rows = rows.map_err(|error| unread(&error))?;
    for row in rows {
        let row = match row {
            Ok(row) => Ok(row),
            Err(Error::DeserializationError(error)) => Err(error.to_string()),
            Err(error) => return Err(unread(&error)),
        };
        take(row).map_err(Stopped::Taker)?;
    }
    Ok(())
}

/// Opens the file for reading. One that Isso has open is read as of its last commit.
fn open(path: &Path) -> Result<SqliteConnection, Stopped> {
    let fault =
        |error: &dyn std::fmt::Display| Stopped::Unread(format!("cannot be opened: {error}"));
    // Before there is a connection: closing a file takes away the locks that this process has on it.
    let has_log = has_log(path).map_err(|error| fault(&error))?;
    let whole = absolute(path).map_err(|error| fault(&error))?;
    let mut url = Url::from_file_path(whole).map_err(|()| fault(&"its path is not absolute"))?;
    // To read a database with a log SQLite makes files beside it. Without one nobody has it open, and there is nothing
    // to wait for.
    let is_alone = has_log && !beside(path, "wal").exists();
    url.set_query(Some(if is_alone { "mode=ro&immutable=1" } else { "mode=ro" }));
    let mut conn = SqliteConnection::establish(url.as_str()).map_err(|error| fault(&error))?;
    // Another program's schema may hold anything.
    conn.batch_execute(
        "pragma busy_timeout = 5000; pragma trusted_schema = off; pragma query_only = on;",
    )
    .map_err(|error| fault(&error))?;
    Ok(conn)
}

/// True if the database is one with a write-ahead log.
fn has_log(path: &Path) -> io::Result<bool> {
    let mut header = [0; HEADER];
    match File::open(path)?.read_exact(&mut header) {
        Ok(()) => Ok(header[HEADER - 1] == WITH_LOG),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn unread(error: &Error) -> Stopped {
    Stopped::Unread(format!(
        "cannot be read as Isso's database ({error}); end Isso, or make a copy with `sqlite3 FILE '.backup COPY'`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(path: &Path, sql: &str) {
        let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        // A row may name a thread that is gone: Isso checks no references.
        conn.batch_execute(&format!("pragma foreign_keys = off; {sql}")).unwrap();
    }

    fn read(path: &Path) -> Result<Vec<Result<IssoComment, String>>, String> {
        let mut rows = Vec::new();
        let read = comments(path, |row| {
            rows.push(row);
            Ok(())
        });
        match read {
            Ok(()) => Ok(rows),
            Err(Stopped::Unread(reason)) => Err(reason),
            Err(Stopped::Taker(error)) => panic!("{error}"),
        }
    }

    const SCHEMA: &str = "
        create table threads (id integer primary key, uri varchar(256) unique, title varchar(256));
        create table comments (
            tid references threads(id), id integer primary key, parent integer, created float not null, modified float,
            mode integer, remote_addr varchar, text varchar not null, author varchar, email varchar, website varchar,
            likes integer default 0, dislikes integer default 0, voters blob not null, notification integer default 0);";

    #[test]
    fn a_foreign_file_is_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("is it? 100%#.db");
        for journal in ["delete", "wal"] {
            let rows = "insert into threads values (1, '/a', null);
                insert into comments values (1, 1, null, 1.5, null, 1, '', 'x', null, null, null, 0, 0, '', 0);";
            let _ = std::fs::remove_file(&path);
            database(&path, &format!("pragma journal_mode = {journal}; {SCHEMA} {rows}"));
            let before = std::fs::read(&path).unwrap();
            let rows = read(&path).unwrap();
            assert_eq!(rows.len(), 1);
            assert_eq!(rows[0].as_ref().unwrap().created, Some(1_500_000));
            assert_eq!(std::fs::read(&path).unwrap(), before);
            let beside = std::fs::read_dir(dir.path()).unwrap().count();
            assert_eq!(beside, 1, "nothing is made beside it: {journal}");
        }
    }

    #[test]
    fn what_is_not_isso_s_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for (name, sql, want) in [
            ("other.db", "create table threads (id integer primary key);", "not Isso's"),
            (
                "view.db",
                "create table t (id integer); create view threads as select * from t; create view comments as select * from t;",
                "not Isso's",
            ),
            (
                "keyless.db",
                "create table threads (id integer); create table comments (id integer);",
                "not Isso's",
            ),
            (
                "older.db",
                "create table threads (id integer primary key, uri text); create table comments (id integer primary key, tid integer);",
                "no such column",
            ),
        ] {
            let path = dir.path().join(name);
            database(&path, sql);
            let reason = read(&path).unwrap_err();
            assert_eq!(lacks_tables(&path), want == "not Isso's", "{name}");
            assert!(reason.contains(want), "{name}: {reason}");
        }
        let path = dir.path().join("text.db");
        std::fs::write(&path, "SQLite format 3\0 and then nothing").unwrap();
        assert!(read(&path).is_err(), "a torn file");
        assert!(read(&dir.path().join("none.db")).unwrap_err().contains("cannot be opened"));
        assert!(!dir.path().join("none.db").exists());
    }

    #[test]
    fn a_newsroom_is_told_by_its_header() {
        let dir = tempfile::tempdir().unwrap();
        let (path, ours) = (dir.path().join("isso.db"), dir.path().join("ours.db"));
        database(&path, SCHEMA);
        database(&ours, &format!("pragma application_id = {APPLICATION_ID}; {SCHEMA}"));
        let [start, of_ours] = [&path, &ours].map(|path| std::fs::read(path).unwrap());
        assert!(is_foreign(&start) && !is_newsroom(&start) && !lacks_tables(&path));
        assert!(!is_foreign(&of_ours) && is_newsroom(&of_ours));
        assert!(is_foreign(&start[..20]) && !is_foreign(b"SQLite") && !is_newsroom(b""));
    }

    #[test]
    fn values_of_the_wrong_kind_are_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("isso.db");
        let rows =
            "insert into threads values (1, '/b?p=1', null), (2, '/a', null), (3, '/b', null);
            insert into comments values
                (2, 1, null, 'soon', 'later', 'public', '', 'x', null, null, '', 0, 0, '', 0),
                (1, 2, 9, 2, null, 1, '', x'ff', 'a', null, 'https://x.example', 1, 0, '', 0),
                (3, 3, 3, 2, null, 1, '', 'y', x'ff', null, null, 0, 0, '', 0),
                (9, 4, 1, 2, null, 1, '', 'z', null, null, null, 0, 0, '', 0);";
        database(&path, &format!("{SCHEMA} {rows}"));
        let rows = read(&path).unwrap();
        let ids: Vec<_> = rows.iter().map(|row| row.as_ref().ok().map(|row| row.id)).collect();
        assert_eq!(
            ids,
            [Some(4), Some(1), None, None],
            "by page, and the page of the query beside it"
        );
        let of = |at: usize| rows[at].as_ref().unwrap();
        assert_eq!((of(0).uri.as_deref(), of(0).is_answer, of(0).parent), (None, true, None));
        assert_eq!((of(1).created, of(1).modified, of(1).mode), (None, None, None));
        assert!(!of(1).has_website && !of(1).has_votes);
        assert!(rows[2].as_ref().is_err_and(|reason| !reason.is_empty()));
    }
}
