//! Database faults made into problems, and the reasons not to start.

use std::fmt;
use std::path::Path;

use diesel::result::{DatabaseErrorKind, Error};

use crate::problem::{Code, Problem};

/// Why a database was not opened: one sentence with the remedy.
#[derive(Debug)]
pub struct OpenError(String);

impl OpenError {
    pub(super) fn cannot_open(path: &Path, cause: &dyn fmt::Display) -> Self {
        Self(format!(
            "{} cannot be opened as a Copydesk database ({cause}); \
             name another file in DATABASE_URL or mend this one.",
            path.display()
        ))
    }

    pub(super) fn path_not_text(path: &Path) -> Self {
        Self(format!(
            "{} is not a path in UTF-8; choose another name.",
            path.display()
        ))
    }

    pub(super) fn wrong_sqlite(cause: String) -> Self {
        Self(format!(
            "the SQLite in this binary is not fit to keep a newsroom: {cause}."
        ))
    }

    pub(super) fn in_use(path: &Path) -> Self {
        Self(format!(
            "another `copydesk serve` is running on {}; stop it first, or name another file in DATABASE_URL.",
            path.display()
        ))
    }

    pub(super) fn foreign(path: &Path) -> Self {
        Self(format!(
            "{} is a database of another program and was left as it is; name another file in DATABASE_URL.",
            path.display()
        ))
    }

    pub(super) fn orphaned_log(path: &Path, log: &Path) -> Self {
        Self(format!(
            "{} is missing, but its log {} is there and may hold what was answered: put the database back beside it, or remove the log.",
            path.display(),
            log.display()
        ))
    }

    pub(super) fn from_text(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OpenError {}

impl From<Error> for Problem {
    /// Diesel tells SQLite's result code only in the message, so the messages
    /// are read here, in one place.
    fn from(error: Error) -> Self {
        let message = match &error {
            Error::DatabaseError(DatabaseErrorKind::Unknown, info) => info.message(),
            _ => "",
        };
        let code = if message.contains("database is locked")
            || message.contains("database table is locked")
            || message.contains(super::search::DEADLINE_PASSED)
        {
            Code::Overloaded
        } else if message.contains("readonly database") {
            Code::DatabaseReadOnly
        } else if message.contains("database or disk is full") {
            Code::StorageFull
        } else {
            Code::Internal
        };
        Problem::plain(code).caused_by(error)
    }
}
