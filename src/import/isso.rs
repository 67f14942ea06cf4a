//! Comments of Isso: its database, a SQLite file.

use std::io;
use std::path::Path;

use super::comment::{addresses, body_of, give, lose, name_of};
use super::item::{At, CommentItem, FOR_GOOD, Item, On, Options, Sink};
use super::words;
use crate::comments::words::State;
use crate::db::isso::{IssoComment, Stopped, comments, is_foreign, lacks_tables};
use crate::domain::instant::Instant;
use crate::domain::markup::Markup;

/// True for a SQLite database that is not Copydesk's: whether it is Isso's its tables tell.
#[must_use]
pub fn is_it(start: &[u8]) -> bool {
    is_foreign(start)
}

/// True if the SQLite database at `path` is certainly not Isso's: of a folder it is not taken then.
#[must_use]
pub fn is_another(path: &Path) -> bool {
    lacks_tables(path)
}

/// Reads the comments of the database at `path`, which is left as it is.
///
/// # Errors
/// Those of the sink.
pub fn read(path: &Path, _options: &Options, sink: &mut Sink<'_>) -> io::Result<()> {
    let file = At::file(path);
    let (mut votes, mut websites) = (0, 0);
    let newest = newest(path);
    let read = comments(path, |row| {
        let row = match row {
            Ok(row) => row,
            Err(reason) => {
                let reason =
                    format!("a comment cannot be read ({reason}); its texts must be UTF-8");
                return sink(Item::Refused { at: file.clone(), reason });
            }
        };
        votes += usize::from(row.has_votes);
        websites += usize::from(row.has_website);
        let at = file.record(format!("comment {}", row.id));
        let mut told = Vec::new();
        let made = comment(&at, row, newest, &mut told);
        give(&at, made, told, sink)
    });
    match read {
        Ok(()) => {}
        Err(Stopped::Unread(reason)) => sink(Item::Refused { at: file.clone(), reason })?,
        Err(Stopped::Taker(error)) => return Err(error),
    }
    lose(&file, votes, "the votes on comments", sink)?;
    lose(&file, websites, "the websites of comments' authors", sink)
}

/// The newest time in a database, in microseconds since 1970: it says how old its state is, in which it has no time of its
/// own. What keeps it from being read is told of when the comments are.
fn newest(path: &Path) -> Option<i64> {
    let mut newest = None;
    let read = comments(path, |row| {
        let times = row.map_or([None; 2], |row| [row.created, row.modified]);
        newest = times.into_iter().fold(newest, Option::max);
        Ok(())
    });
    read.ok().and(newest)
}

fn comment(
    at: &At,
    row: IssoComment,
    newest: Option<i64>,
    told: &mut Vec<String>,
) -> Result<CommentItem, String> {
    let state = match row.mode {
        Some(1) => State::Published,
        Some(2) => State::Pending,
        Some(4) => State::Removed,
        mode => {
            let said = mode.map_or_else(|| "anything else".to_owned(), |mode| mode.to_string());
            return Err(format!(
                "`mode` must be 1 (public), 2 (waits) or 4 (deleted), not {said}: whether the comment is public cannot be told"
            ));
        }
    };
    let uri = row.uri.unwrap_or_default();
    let addresses = addresses(&uri);
    if addresses.is_empty() {
        let reason =
            "is on no page: its thread is not there, or has no `uri` of 2,000 characters at most";
        return Err(reason.to_owned());
    }
    let created = row.created.ok_or("`created` must be a number of seconds")?;
    let created_at = instant(created).ok_or("`created` must be in the years 1 to 9999")?;
    // A comment that was written later has the number of one that is gone.
    let answered = row.parent.zip(row.parent_created).filter(|(_, written)| *written <= created);
    let parent = answered.map(|(id, written)| source_id(&uri, id, written));
    if row.is_answer && parent.is_none() {
        told.push("what it answers is not in its thread any more: it stands at the top".to_owned());
    }
    let item = CommentItem {
        at: at.clone(),
        source_id: source_id(&uri, row.id, created),
        on: On::Addresses(addresses),
        parent,
        state,
        author_name: String::new(),
        author_email: None,
        // Isso keeps a part of an address only.
        address: None,
        body: String::new(),
        created_at,
        edited_at: None,
        // A deletion has no time, and Isso knows no way back. Once nothing answers a deleted comment it is gone, and its
        // own time with it: the newest time of a later state may be an earlier one.
        source_version: if state == State::Removed { Some(FOR_GOOD) } else { newest },
    };
    // The email address of a deleted comment is left in the file, and is not taken out of it.
    if state == State::Removed {
        return Ok(item);
    }
    let body = row.body.ok_or("its text is over a million characters; cut it at the source")?;
    let email = row.email.and_then(|escaped| words::line_of_html(&escaped));
    let edited_at = row.modified.filter(|modified| *modified >= created).and_then(instant);
    Ok(CommentItem {
        author_name: name_of(&row.author.unwrap_or_default(), told),
        author_email: email.and_then(|email| words::email(&email)),
        body: body_of(&body, Markup::Markdown, told)?,
        edited_at,
        ..item
    })
}

/// The identity of a comment: its number alone is given away again.
fn source_id(uri: &str, id: i64, created: i64) -> String {
    let (seconds, micros) = (created.div_euclid(1_000_000), created.rem_euclid(1_000_000));
    words::bounded_id(format!("isso {uri} {id} {seconds}.{micros:06}"))
}

fn instant(micros: i64) -> Option<Instant> {
    Instant::from_micros(0).checked_plus(micros)
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection as _;
    use diesel::{Connection as _, SqliteConnection};

    use super::*;
    use crate::import::item::Expiry;

    const SCHEMA: &str = "
        create table threads (id integer primary key, uri varchar(256) unique, title varchar(256));
        create table comments (
            tid integer, id integer primary key, parent integer, created float not null, modified float,
            mode integer, remote_addr varchar, text varchar not null, author varchar, email varchar, website varchar,
            likes integer default 0, dislikes integer default 0, voters blob not null, notification integer default 0);
        insert into threads values (1, '/2026/storm/', 'Storm'), (2, '/2026/storm/?page=2', 'Storm');";

    /// What is read of rows of `comments`: comments by their ids, and the lines of the report.
    fn read_rows(rows: &str) -> (Vec<CommentItem>, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("comments");
        let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        conn.batch_execute(&format!("{SCHEMA} insert into comments values {rows};")).unwrap();
        drop(conn);
        assert!(is_it(&std::fs::read(&path).unwrap()));
        let (mut comments, mut lines) = (Vec::new(), Vec::new());
        let options = Options { expiry: Expiry::Kept };
        read(&path, &options, &mut |item| {
            match item {
                Item::Comment(comment) => comments.push(*comment),
                Item::Refused { at, reason } => lines.push(format!("{at}: {reason}")),
                Item::Warning { at, text } => lines.push(format!("{at}: warning: {text}")),
                other => panic!("{other:?}"),
            }
            Ok(())
        })
        .unwrap();
        let below = format!("{}/", dir.path().display());
        (comments, lines.into_iter().map(|line| line.replace(&below, "")).collect())
    }

    #[test]
    fn a_comment_is_as_its_readers_saw_it() {
        let (comments, lines) = read_rows(
            "(1, 1, null, 1767965400.25, 1767965460.5, 1, '203.0.113.0', 'One *two*' || char(10) || 'three', '&lt;b&gt;Sam&lt;/b&gt; &amp; Co', 'o&#39;neil@reader.example', 'https://reader.example', 2, 0, x'00', 0),
             (1, 2, 1, 1767965401, null, 2, '203.0.113.0', 'Waits.', null, 'none', null, 0, 0, x'00', 0)",
        );
        let [first, second] = comments.as_slice() else {
            panic!("{comments:?}");
        };
        assert_eq!(first.source_id, "isso /2026/storm/ 1 1767965400.250000");
        assert_eq!(first.on, On::Addresses(vec!["/2026/storm/".to_owned()]));
        assert_eq!((first.state, first.body.as_str()), (State::Published, "One two\nthree"));
        assert_eq!(first.author_name, "<b>Sam</b> & Co");
        assert_eq!(first.author_email.as_deref(), Some("o'neil@reader.example"));
        assert_eq!((first.parent.as_deref(), first.address), (None, None));
        assert_eq!(first.created_at.to_string(), "2026-01-09T13:30:00.250000Z");
        assert_eq!(first.edited_at.unwrap().to_string(), "2026-01-09T13:31:00.500000Z");
        assert_eq!((second.state, second.author_name.as_str()), (State::Pending, ""));
        assert_eq!(second.parent.as_ref(), Some(&first.source_id));
        assert_eq!((second.author_email.as_deref(), second.edited_at), (None, None));
        // Both are as of the newest time.
        let newest = first.edited_at.map(Instant::as_micros);
        assert_eq!([first.source_version, second.source_version], [newest; 2]);
        assert_eq!(
            lines,
            [
                "comments: warning: lost: the votes on comments (1)",
                "comments: warning: lost: the websites of comments' authors (1)",
            ]
        );
    }

    /// Isso empties the text and the name of a deleted comment, and keeps the rest.
    #[test]
    fn a_deleted_comment_is_its_place_alone() {
        let (comments, lines) = read_rows(
            "(1, 5, null, 1, 2, 4, '203.0.113.0', 'left over', 'Sam', 'sam@reader.example', null, 0, 0, x'00', 0),
             (1, 6, 5, 3, null, 1, '203.0.113.0', 'Answer', 'Uma', null, null, 0, 0, x'00', 0)",
        );
        assert_eq!(lines, Vec::<String>::new());
        let (gone, answer) = (&comments[0], &comments[1]);
        assert_eq!(gone.state, State::Removed);
        assert_eq!((gone.body.as_str(), gone.author_name.as_str()), ("", ""));
        assert_eq!((gone.author_email.as_deref(), gone.edited_at), (None, None));
        assert_eq!((gone.source_version, answer.source_version), (Some(FOR_GOOD), Some(3_000_000)));
        assert_eq!(answer.parent.as_ref(), Some(&gone.source_id));
    }

    /// Isso gives the number of a comment that is gone to the next.
    #[test]
    fn numbers_are_no_identities() {
        let (before, _) =
            read_rows("(1, 7, null, 10, null, 1, '', 'x', 'A', null, null, 0, 0, '', 0)");
        let (comments, lines) = read_rows(
            "(1, 7, null, 20, null, 1, '', 'x', 'A', null, null, 0, 0, '', 0),
             (1, 6, 7, 15, null, 1, '', 'before', 'A', null, null, 0, 0, '', 0),
             (1, 8, 99, 30, null, 1, '', 'orphan', 'A', null, null, 0, 0, '', 0),
             (2, 9, 7, 30, null, 1, '', 'elsewhere', 'A', null, null, 0, 0, '', 0)",
        );
        assert!(comments.iter().all(|comment| comment.source_id != before[0].source_id));
        assert!(comments.iter().all(|comment| comment.parent.is_none()), "{comments:?}");
        let at_top = "what it answers is not in its thread any more: it stands at the top";
        let told = [6, 8, 9].map(|id| format!("comments (comment {id}): warning: {at_top}"));
        assert_eq!(lines, told);
        let page_two = ["/2026/storm/?page=2", "/2026/storm/"].map(str::to_owned).to_vec();
        assert_eq!(comments[3].on, On::Addresses(page_two));
    }

    #[test]
    fn what_is_not_certain_is_refused() {
        let (comments, lines) = read_rows(
            "(1, 1, null, 1, null, 3, '', 'x', 'A', null, null, 0, 0, '', 0),
             (1, 2, null, 1, null, null, '', 'x', 'A', null, null, 0, 0, '', 0),
             (1, 3, null, 1, null, '1', '', 'kept', 'A', null, null, 0, 0, '', 0),
             (1, 4, null, 'soon', null, 1, '', 'x', 'A', null, null, 0, 0, '', 0),
             (1, 5, null, 1e300, null, 1, '', 'x', 'A', null, null, 0, 0, '', 0),
             (9, 6, null, 1, null, 1, '', 'x', 'A', null, null, 0, 0, '', 0),
             (1, 7, null, 1, null, 1, '', '', 'A', null, null, 0, 0, '', 0),
             (1, 8, null, 1, null, 1, '', x'ff', 'A', null, null, 0, 0, '', 0)",
        );
        let kept: Vec<&str> = comments.iter().map(|comment| comment.body.as_str()).collect();
        assert_eq!(kept, ["kept"], "a column of numbers makes a number of it");
        for (line, want) in lines.iter().zip([
            "comments (comment 6): is on no page",
            "comments (comment 1): `mode` must be 1 (public), 2 (waits) or 4 (deleted), not 3",
            "comments (comment 2): `mode` must be 1 (public), 2 (waits) or 4 (deleted), not anything else",
            "comments (comment 4): `created` must be a number",
            "comments (comment 5): `created` must be in the years",
            "comments (comment 7): has no text",
            "comments: a comment cannot be read",
        ]) {
            assert!(line.starts_with(want), "{want}: {lines:#?}");
        }
        assert_eq!(lines.len(), 7, "{lines:#?}");
    }

    #[test]
    fn another_database_is_refused_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("other.db");
        let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        conn.batch_execute("create table notes (id integer primary key)").unwrap();
        drop(conn);
        assert!(is_another(&path));
        let mut items = Vec::new();
        let options = Options { expiry: Expiry::Kept };
        read(&path, &options, &mut |item| {
            items.push(item);
            Ok(())
        })
        .unwrap();
        assert!(
            matches!(&items[..], [Item::Refused { reason, .. }] if reason.contains("not Isso's"))
        );
        let full = read(&path, &options, &mut |_| Err(io::Error::other("full")));
        assert_eq!(full.unwrap_err().to_string(), "full");
    }
}
