//! Exit codes: they tell a script the result without parsing a sentence.

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;
use std::process::ExitCode;

use crate::db::{OpenError, Reason};

/// An exit code with its meaning.
pub struct Exit {
    /// The code.
    pub code: u8,
    /// When a command ends with it.
    pub when: &'static str,
}

const fn exit(code: u8, when: &'static str) -> Exit {
    Exit { code, when }
}

/// Success.
pub const DONE: Exit = exit(0, "done; a server was told to stop and has stopped");
/// Failure.
pub const FAILED: Exit = exit(
    1,
    "a failure that no other code names: the disk is full, files of an import were refused",
);
/// The exit code of the command line parser.
pub const USAGE: Exit = exit(2, "a wrong command line, or a setting that is wrong or unknown");
/// See [`CannotListen`].
pub const CANNOT_LISTEN: Exit = exit(
    23,
    "the address cannot be listened on: another program does, or it is not this machine's",
);

/// The end of a server whose disk has failed.
pub const DISK_FAILED: Exit = exit(
    25,
    "the disk has failed while serving: nothing that was answered is lost, and the next start reads the log anew",
);

/// The exit code of a command whose database was not opened.
#[must_use]
pub const fn of(reason: Reason) -> Exit {
    match reason {
        Reason::Other => FAILED,
        Reason::InUse => exit(
            10,
            "another `copydesk serve` is running on the file, or another program has it open",
        ),
        Reason::Empty => exit(11, "the file is empty"),
        Reason::NotADatabase => exit(12, "the file is not a SQLite database"),
        Reason::Truncated => exit(13, "the file is cut short"),
        Reason::Foreign => exit(14, "the file is a database of another program"),
        Reason::Newer => exit(15, "a newer Copydesk has written the file"),
        Reason::Unreadable => exit(16, "the file may not be read"),
        Reason::Unwritable => exit(17, "the file, or its folder, may not be written to"),
        Reason::NotAFile => exit(18, "it is a folder, a device, a pipe or a link to nothing"),
        Reason::NoFolder => exit(19, "there is no folder to make the file in"),
        Reason::OrphanedLog => exit(20, "the file is gone, but its log (-wal) is there"),
        Reason::Exists => {
            exit(24, "the backup, or the database to restore or to copy to, is there already")
        }
        Reason::Unreachable => {
            exit(26, "the database's server cannot be reached, or has no connection left")
        }
        Reason::Refused => {
            exit(27, "the database's server refuses the user, the password or the database")
        }
        Reason::OldServer => exit(28, "the database's server is too old"),
        Reason::ForFiles => {
            exit(29, "the command is for a database in a file, and this one is on a server")
        }
        Reason::Linked => exit(22, "the file has another name, as a hard link"),
        Reason::Damaged => {
            exit(21, "the file is damaged: its first pages, or what `check` has found")
        }
    }
}

/// All of them, in numerical order.
#[must_use]
pub fn all() -> Vec<Exit> {
    let reasons = [
        Reason::InUse,
        Reason::Empty,
        Reason::NotADatabase,
        Reason::Truncated,
        Reason::Foreign,
        Reason::Newer,
        Reason::Unreadable,
        Reason::Unwritable,
        Reason::NotAFile,
        Reason::NoFolder,
        Reason::OrphanedLog,
        Reason::Damaged,
        Reason::Linked,
    ];
    let mut all = vec![DONE, FAILED, USAGE];
    all.extend(reasons.map(of));
    all.push(CANNOT_LISTEN);
    all.push(of(Reason::Exists));
    all.push(DISK_FAILED);
    let of_servers = [Reason::Unreachable, Reason::Refused, Reason::OldServer, Reason::ForFiles];
    all.extend(of_servers.map(of));
    all
}

/// The address that a server was to listen on is not available.
#[derive(Debug)]
pub struct CannotListen {
    /// The address.
    pub address: SocketAddr,
    /// The flag that says it.
    pub setting: &'static str,
    /// Why.
    pub cause: std::io::Error,
}

impl fmt::Display for CannotListen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, setting, cause } = self;
        write!(
            f,
            "{address} cannot be listened on ({cause}); choose another with {setting}, or port 0 for a free one."
        )
    }
}

impl Error for CannotListen {}

/// A setting that turns out to be wrong only when it is used.
#[derive(Debug)]
pub struct WrongSetting {
    /// Its name, as flag and variable.
    pub name: &'static str,
    /// What is wrong.
    pub why: String,
}

impl fmt::Display for WrongSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.why.ends_with(['.', '?']) { "" } else { "." };
        write!(f, "{}: {}{end}", self.name, self.why)
    }
}

impl Error for WrongSetting {}

/// Prints the reason why a command failed on standard error, and returns its exit code.
pub(super) fn report(error: &(dyn Error + 'static)) -> ExitCode {
    eprintln!("copydesk: {error}");
    let exit = if let Some(error) = error.downcast_ref::<OpenError>() {
        of(error.reason())
    } else if error.is::<CannotListen>() {
        CANNOT_LISTEN
    } else if error.is::<WrongSetting>() {
        USAGE
    } else {
        FAILED
    };
    ExitCode::from(exit.code)
}
