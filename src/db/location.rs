//! Where a database is, and what is done with it before and beside serving.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Options;
use super::ensured::Ensured;
use super::error::OpenError;
use super::invariant::{Finding, Invariant};
use super::lasting::Target;
use super::postgres::{self, Server};
use super::sqlite::{self, Place, ServeLock};

/// Where a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// In a file.
    File(PathBuf),
    /// On a PostgreSQL server.
    Server(Server),
}

impl Location {
    /// Its path, for a command that works on files alone.
    ///
    /// # Errors
    /// [`OpenError`] if it is on a server, with what to do `instead`.
    pub fn file(&self, instead: &str) -> Result<&Path, OpenError> {
        match self {
            Self::File(path) => Ok(path),
            Self::Server(server) => Err(OpenError::for_files(server, instead)),
        }
    }

    /// What connections to it are opened by.
    pub(super) fn target(&self) -> Target {
        match self {
            Self::File(path) => Target::File(Arc::new(Place::new(path))),
            Self::Server(server) => Target::Server(Arc::new(server.clone())),
        }
    }

    /// An error of its engine.
    pub(super) fn fault(&self, cause: &dyn fmt::Display) -> OpenError {
        match self {
            Self::File(path) => OpenError::cannot_open(path, cause),
            Self::Server(server) => OpenError::of_server(server, cause),
        }
    }

    /// Its path, if it is in a file.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Server(_) => None,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Server(server) => server.fmt(f),
        }
    }
}

/// Creates the database if it does not exist and brings its schema up to date. (A server's database itself is created by
/// whoever runs the server.)
///
/// The schema of a file is not changed beneath a server, unless it is the caller's own: `served` is the right to serve it.
///
/// # Errors
/// [`OpenError`] with the reason and the remedy; an existing database is unchanged then.
pub fn ensure(
    location: &Location,
    options: &Options,
    served: Option<&ServeLock>,
) -> Result<Ensured, OpenError> {
    match location {
        Location::File(path) => sqlite::ensure_file(path, options, served),
        Location::Server(server) => postgres::ensure(server),
    }
}

/// Passes if the database exists, for a command that needs one and creates none.
///
/// # Errors
/// [`OpenError`] if it does not.
pub fn must_exist(location: &Location) -> Result<(), OpenError> {
    match location {
        Location::File(path) => sqlite::must_exist(path),
        Location::Server(server) => postgres::must_exist(server),
    }
}

/// True if the database exists; on a server, if it has a newsroom.
///
/// # Errors
/// [`OpenError`] if that cannot be found out.
pub fn is_there(location: &Location) -> Result<bool, OpenError> {
    match location {
        Location::File(path) => Ok(path.exists()),
        Location::Server(server) => postgres::is_there(server),
    }
}

/// Reads the whole database and lists what is wrong with it. A running server is not disturbed.
///
/// # Errors
/// [`OpenError`] if there is no readable database.
pub fn check(
    location: &Location,
    options: &Options,
    invariants: &[Invariant],
) -> Result<Vec<Finding>, OpenError> {
    match location {
        Location::File(path) => sqlite::check(path, options, invariants),
        Location::Server(server) => postgres::check(server, invariants),
    }
}

/// Repairs what can be derived: indexes, and what the invariants have SQL for. It repairs all of it or nothing; a running
/// server goes on meanwhile.
///
/// # Errors
/// [`OpenError`] if the database cannot be written to.
pub fn mend(
    location: &Location,
    options: &Options,
    invariants: &[Invariant],
) -> Result<(), OpenError> {
    match location {
        Location::File(path) => sqlite::mend(path, options, invariants),
        Location::Server(server) => postgres::mend(server, invariants),
    }
}
