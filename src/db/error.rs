//! Conversion of database errors to problems, and the reasons not to start.

use std::fmt;
use std::io;
use std::path::Path;

use diesel::result::{DatabaseErrorKind, Error};

use super::postgres::Server;
use crate::problem::{Code, Problem};

/// The kind of reason why a database was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Another process serves the file.
    InUse,
    /// The file has no content.
    Empty,
    /// The file is not a SQLite database.
    NotADatabase,
    /// The file ends before its last page.
    Truncated,
    /// The database belongs to another program.
    Foreign,
    /// A newer Copydesk has written it.
    Newer,
    /// The file is not readable.
    Unreadable,
    /// The file, or its folder, is not writable.
    Unwritable,
    /// The path is a folder, a device or a pipe.
    NotAFile,
    /// The folder for the file does not exist.
    NoFolder,
    /// The file is missing but its WAL exists.
    OrphanedLog,
    /// SQLite finds the file's content malformed.
    Damaged,
    /// The file has another name (a hard link).
    Linked,
    /// What was to be made is there already.
    Exists,
    /// The server cannot be reached.
    Unreachable,
    /// The server refuses the user, the password or the database.
    Refused,
    /// The server is too old.
    OldServer,
    /// The command is for databases in files.
    ForFiles,
    /// Anything else: a full disk, or an unsuitable SQLite.
    Other,
}

/// The reason why a database was not opened: one sentence with the remedy.
#[derive(Debug)]
pub struct OpenError {
    reason: Reason,
    sentence: String,
}

/// The remedy that always works.
const ANOTHER: &str = "name another file in DATABASE_URL";

impl OpenError {
    /// The kind of reason.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.reason
    }

    pub(super) fn of(reason: Reason, sentence: impl Into<String>) -> Self {
        Self { reason, sentence: sentence.into() }
    }

    /// An error about `path`: the matter, and a remedy besides naming another file.
    fn at(reason: Reason, path: &Path, matter: &str, remedy: &str) -> Self {
        Self::of(reason, format!("{} {matter}; {remedy}, or {ANOTHER}.", path.display()))
    }

    /// SQLite's error on opening or reading the file at the start. The reason is read from its
    /// text: Diesel does not expose the result code.
    pub(super) fn cannot_open(path: &Path, cause: &dyn fmt::Display) -> Self {
        let cause = cause.to_string();
        if cause == MALFORMED {
            Self::damaged(path)
        } else if cause == NOT_A_DATABASE {
            Self::not_a_database(path)
        } else if cause.contains("unable to open database file") || cause.contains(READ_ONLY) {
            let matter = "or a file beside it (-wal, -shm) cannot be written to";
            Self::at(
                Reason::Unwritable,
                path,
                matter,
                "mend the permissions of all and of their folder",
            )
        } else {
            let matter = format!("cannot be opened ({cause})");
            Self::at(Reason::Other, path, &matter, "mend that")
        }
    }

    pub(super) fn in_use(path: &Path) -> Self {
        Self::at(Reason::InUse, path, "is served by another `copydesk`", "stop that one")
    }

    pub(super) fn empty(path: &Path) -> Self {
        Self::at(
            Reason::Empty,
            path,
            "is empty",
            "remove it (a new database is made where there is none), restore a backup",
        )
    }

    pub(super) fn not_a_database(path: &Path) -> Self {
        Self::at(Reason::NotADatabase, path, "is not a SQLite database", "restore a backup")
    }

    /// `is_copy`: it was copied while it was served, and the rest is in the log that was not copied.
    pub(super) fn truncated(path: &Path, is_copy: bool) -> Self {
        let (matter, remedy) = match is_copy {
            true => (
                "is cut short: it was copied while it was served, without its log (-wal), which has the rest",
                "copy the log too, restore a backup",
            ),
            false => ("is cut short: its last pages are missing", "restore a backup"),
        };
        Self::at(Reason::Truncated, path, matter, remedy)
    }

    /// A backup that is not written over.
    pub(super) fn exists(path: &Path, remedy: &str) -> Self {
        Self::of(Reason::Exists, format!("{} is there already; {remedy}.", path.display()))
    }

    /// A database that a backup is not put in the place of.
    pub(super) fn is_to_be_replaced(path: &Path) -> Self {
        Self::exists(
            path,
            "give --force to put the backup in its place (the old one is kept beside it)",
        )
    }

    pub(super) fn is_database_itself(path: &Path) -> Self {
        let matter = "is the database itself, or belongs to it";
        Self::of(
            Reason::Exists,
            format!("{} {matter}; give the backup another name.", path.display()),
        )
    }

    /// A backup that is not what it was, or was not whole from the start.
    pub(super) fn unsound(name: &str, matter: &str, remedy: &str) -> Self {
        Self::of(Reason::Damaged, format!("{name} {matter}; {remedy}."))
    }

    pub(super) fn no_such_backup(path: &Path) -> Self {
        Self::of(Reason::Other, format!("{} is not there; name a backup.", path.display()))
    }

    /// A backup that is streamed is checked in a file before.
    pub(super) fn no_temporary_folder(folder: &Path, cause: &io::Error) -> Self {
        let matter = format!("cannot hold the backup while it is checked ({})", said(cause));
        Self::of(
            Reason::Unwritable,
            format!("{} {matter}; name a folder with room for it in TMPDIR.", folder.display()),
        )
    }

    /// What was to be restored is no backup.
    pub(super) fn no_backup(name: &str, why: &Self) -> Self {
        let matter = match why.reason {
            Reason::Newer => "a newer Copydesk has made it; use that version",
            Reason::Truncated | Reason::Empty => "it is cut short; copy it again, or take another",
            Reason::Unreadable | Reason::NotAFile | Reason::Linked => {
                return Self::of(why.reason, why.sentence.replace(ANOTHER, "take another backup"));
            }
            _ => "it is not a whole Copydesk database; take another",
        };
        Self::of(why.reason, format!("{name} is no backup that can be restored: {matter}."))
    }

    /// A file that must be written anew to be compacted, and is served.
    pub(super) fn to_compact(why: Self) -> Self {
        match why.reason {
            Reason::InUse => Self::of(
                Reason::InUse,
                "the first time, compacting writes the file anew, for which no server may run on it; stop that one.",
            ),
            _ => why,
        }
    }

    /// A log that the disk does not take.
    pub(super) fn not_written_through(log: &Path, cause: &io::Error) -> Self {
        let matter = format!("cannot be written to the disk ({})", said(cause));
        Self::of(
            Reason::Other,
            format!(
                "{} {matter}; look at the disk, and copy the database and its log to another.",
                log.display()
            ),
        )
    }

    /// A file that is served by an older version, while the schema must be changed.
    pub(super) fn to_migrate(why: Self) -> Self {
        match why.reason {
            Reason::InUse => Self::of(
                Reason::InUse,
                "an older `copydesk` serves the database, whose schema must be changed first; stop that one.",
            ),
            _ => why,
        }
    }

    /// The same about a backup, for which there is no setting.
    pub(super) fn of_backup(self) -> Self {
        Self::of(self.reason, self.sentence.replace(ANOTHER, "give another name for the backup"))
    }

    /// A copy that could not be made.
    pub(super) fn not_copied(from: &Path, to: &Path, cause: &Error) -> Self {
        let cause = cause.to_string();
        if cause == MALFORMED {
            return Self::damaged(from);
        }
        let room = if cause.contains("full") { "make room there" } else { "mend that" };
        Self::of(
            Reason::Other,
            format!("no copy of {} in {}: {cause}; {room}.", from.display(), to.display()),
        )
    }

    /// Another program has a connection to it, though none serves it.
    pub(super) fn open_elsewhere(path: &Path) -> Self {
        let matter = "is open in another program (an import, `sqlite3`)";
        Self::of(Reason::InUse, format!("{} {matter}; end that and try again.", path.display()))
    }

    pub(super) fn damaged(path: &Path) -> Self {
        Self::at(
            Reason::Damaged,
            path,
            "is damaged: SQLite finds its content malformed",
            "restore a backup",
        )
    }

    pub(super) fn foreign(path: &Path) -> Self {
        Self::of(
            Reason::Foreign,
            format!("{} is a database of another program; {ANOTHER}.", path.display()),
        )
    }

    pub(super) fn newer(name: &dyn fmt::Display, migration: &str) -> Self {
        let matter = format!("was written by a newer Copydesk (it has the migration {migration})");
        Self::of(
            Reason::Newer,
            format!("{name} {matter}; use that version, or name another database in DATABASE_URL."),
        )
    }

    pub(super) fn unreadable(path: &Path, cause: &io::Error) -> Self {
        let matter = format!("cannot be read ({})", said(cause));
        Self::at(Reason::Unreadable, path, &matter, "give this user the right to read and write it")
    }

    pub(super) fn unwritable(path: &Path, cause: &io::Error) -> Self {
        let matter = format!("cannot be written to ({})", said(cause));
        Self::at(Reason::Unwritable, path, &matter, "give this user the right to")
    }

    pub(super) fn not_a_file(path: &Path, what: &str) -> Self {
        Self::of(Reason::NotAFile, format!("{} is {what} and no file; {ANOTHER}.", path.display()))
    }

    pub(super) fn linked(path: &Path) -> Self {
        let matter = "has another name (a hard link), and each name would have a log of its own";
        Self::at(Reason::Linked, path, matter, "remove the other name")
    }

    pub(super) fn no_folder(path: &Path, folder: &Path) -> Self {
        let matter = format!("cannot be made: there is no folder {}", folder.display());
        Self::at(Reason::NoFolder, path, &matter, "make it")
    }

    pub(super) fn orphaned_log(path: &Path, log: &Path) -> Self {
        let matter = format!(
            "is missing, but its log {} is there and may hold what was answered",
            log.display()
        );
        Self::at(
            Reason::OrphanedLog,
            path,
            &matter,
            "put the database back beside it, remove the log",
        )
    }

    pub(super) fn missing(path: &Path) -> Self {
        Self::of(
            Reason::Other,
            format!("{} is not there; name the file in DATABASE_URL.", path.display()),
        )
    }

    pub(super) fn path_not_text(path: &Path) -> Self {
        Self::of(
            Reason::Other,
            format!("{} is not a path in UTF-8; choose another name.", path.display()),
        )
    }

    pub(super) fn no_thread(cause: &io::Error) -> Self {
        Self::of(
            Reason::Other,
            format!("no thread for the database ({cause}); give the process more room."),
        )
    }

    /// What a server, or libpq, says when a database there cannot be opened or read. The reason is read from its text:
    /// Diesel does not expose the code.
    pub(super) fn of_server(server: &Server, cause: &dyn fmt::Display) -> Self {
        let cause = cause.to_string();
        // Several hosts give a line for each.
        let lines: Vec<&str> =
            cause.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let mut said = lines.join("; ");
        for password in server.password().into_iter().flatten() {
            said = said.replace(&password, "***");
        }
        let is_any = |words: &[&str]| words.iter().any(|word| said.contains(word));
        if is_any(&[
            "password authentication failed", "no password supplied", "no pg_hba.conf entry",
            "is not permitted to log in", "\" does not exist",
        ]) && !is_any(&["relation \""])
        {
            return Self::of(
                Reason::Refused,
                format!(
                    "{server} refuses the connection ({said}); name a user, a password and a database that it knows in DATABASE_URL."
                ),
            );
        }
        if is_any(&["too many clients", "connection slots are reserved", "too many connections"]) {
            return Self::of(
                Reason::Unreachable,
                format!(
                    "{server} has no connection left ({said}); raise its max_connections, or take fewer with --workers."
                ),
            );
        }
        if is_any(&[
            "could not connect", "Connection refused", "connection to server",
            "could not translate host name", "timeout expired", "server closed the connection",
            "the database system is", "terminating connection",
        ]) {
            return Self::of(
                Reason::Unreachable,
                format!(
                    "{server} cannot be reached ({said}); start it, or name another in DATABASE_URL."
                ),
            );
        }
        if is_any(&["permission denied", "must be owner"]) {
            return Self::of(
                Reason::Refused,
                format!(
                    "{server} does not let this user do what it must ({said}); make it the owner of the database."
                ),
            );
        }
        if said.contains("SSL support is not compiled in") {
            let matter = "this binary was built without TLS; build it with `--features tls`, \
                 or leave sslmode out on a network that you trust.";
            return Self::of(Reason::Other, format!("{server}: {matter}"));
        }
        Self::of(
            Reason::Other,
            format!(
                "{server} cannot be used ({said}); mend that, or name another in DATABASE_URL."
            ),
        )
    }

    pub(super) fn old_server(server: &Server, version: &str, oldest: i32) -> Self {
        Self::of(
            Reason::OldServer,
            format!(
                "{server} is PostgreSQL {version}, and {oldest} or newer is needed; upgrade it."
            ),
        )
    }

    /// A database on a server in which another program has tables.
    pub(super) fn foreign_server(server: &Server) -> Self {
        Self::of(
            Reason::Foreign,
            format!(
                "{server} is a database of another program; create one for Copydesk alone and name it in DATABASE_URL."
            ),
        )
    }

    /// A database on a server in which there is no newsroom.
    pub(super) fn empty_server(server: &Server) -> Self {
        Self::of(
            Reason::Other,
            format!(
                "{server} has no newsroom yet; name another in DATABASE_URL, or start `copydesk serve` on it."
            ),
        )
    }

    /// The same error where another setting or flag names the database.
    #[must_use]
    pub fn naming(self, setting: &str) -> Self {
        Self::of(self.reason, self.sentence.replace("DATABASE_URL", setting))
    }

    /// A schema that could not be changed.
    pub(super) fn not_up_to_date(
        name: &dyn fmt::Display,
        remedy: &str,
        cause: &dyn fmt::Display,
    ) -> Self {
        Self::of(
            Reason::Other,
            format!(
                "the schema of {name} could not be brought up to date ({cause}); {remedy}, or name another database in DATABASE_URL."
            ),
        )
    }

    /// A database whose texts are in another encoding.
    pub(super) fn not_utf8(server: &Server, encoding: &str) -> Self {
        Self::of(
            Reason::Other,
            format!(
                "{server} has the encoding {encoding}, which lacks most characters; create one with `createdb --encoding UTF8 --template template0`."
            ),
        )
    }

    /// A command that is for files, given a server.
    pub(super) fn for_files(server: &Server, instead: &str) -> Self {
        Self::of(Reason::ForFiles, format!("{server} is a database on a server; {instead}."))
    }

    pub(super) fn wrong_sqlite(cause: impl fmt::Display) -> Self {
        Self::of(
            Reason::Other,
            format!("the SQLite in this binary is not fit to keep a newsroom: {cause}."),
        )
    }
}

/// An operating system error without its number: `Permission denied`.
fn said(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

/// SQLite's message for SQLITE_CORRUPT.
const MALFORMED: &str = "database disk image is malformed";
/// SQLite's message for SQLITE_NOTADB.
const NOT_A_DATABASE: &str = "file is not a database";
/// A part of SQLite's message for SQLITE_READONLY.
const READ_ONLY: &str = "readonly database";

/// SQLite's words for an error of the disk or of its file system.
const DISK_FAULT: &str = "disk I/O error";

/// True if the disk, or its file system, has failed, by the message of an error.
pub(super) fn is_disk_fault(message: &str) -> bool {
    message.contains(DISK_FAULT)
}

/// True if a problem was caused by a damaged page.
pub(super) fn is_damage(problem: &Problem) -> bool {
    let cause = problem.cause().unwrap_or_default();
    problem.code() == Code::Internal && [MALFORMED, NOT_A_DATABASE].contains(&cause)
}

/// PostgreSQL's message after the time limit of a statement.
const STATEMENT_LIMIT: &str = "canceling statement due to statement timeout";
/// Parts of the messages of PostgreSQL and libpq when the server is gone, stops or starts.
const SERVER_GONE: [&str; 6] = [
    "server closed the connection",
    "terminating connection",
    "no connection to the server",
    "the database system is",
    "could not receive data from server",
    "could not send data to server",
];

/// True if a problem was caused by a walk that looked at too many rows, or took too long for a worker.
pub fn is_rows_spent(problem: &Problem) -> bool {
    let spent = [super::deadline::ROWS_SPENT, STATEMENT_LIMIT];
    problem.cause().is_some_and(|cause| spent.iter().any(|words| cause.contains(words)))
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for OpenError {}

impl From<Error> for Problem {
    /// Diesel gives SQLite's result code only in the message, so the messages are matched here, in
    /// one place.
    fn from(error: Error) -> Self {
        // If a commit failed and its rollback too, the commit's error has the reason.
        if let Error::RollbackErrorOnCommit { commit_error, .. } = error {
            return Self::from(*commit_error);
        }
        let (message, is_lost) = match &error {
            Error::DatabaseError(
                DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
                info,
            ) => (info.message(), true),
            Error::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _) => (READ_ONLY, false),
            Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => {
                ("database is locked", false)
            }
            Error::DatabaseError(DatabaseErrorKind::Unknown, info)
                if info.message().contains("during recovery") =>
            {
                (READ_ONLY, false)
            }
            Error::DatabaseError(DatabaseErrorKind::Unknown, info) => (info.message(), false),
            Error::BrokenTransactionManager => ("", true),
            _ => ("", false),
        };
        let code = if is_lost || SERVER_GONE.iter().any(|words| message.contains(words)) {
            Code::DatabaseUnavailable
        } else if message.contains("database is locked")
            || message.contains("database table is locked")
            || message.contains(super::deadline::DEADLINE_PASSED)
            || message.contains(super::deadline::ROWS_SPENT)
            || message.contains(STATEMENT_LIMIT)
            || message.contains("canceling statement due to lock timeout")
            || message.contains("due to conflict with recovery")
            || message.contains("deadlock detected")
        {
            Code::Overloaded
        } else if message.contains(READ_ONLY) {
            Code::DatabaseReadOnly
        } else if message.contains("database or disk is full")
            || message.contains("No space left on device")
        {
            Code::StorageFull
        } else {
            Code::Internal
        };
        // libpq's messages have several lines.
        let said = error.to_string();
        Problem::plain(code).caused_by(said.lines().map(str::trim).collect::<Vec<_>>().join("; "))
    }
}
