//! Checks a path before it is opened for writing: a file that cannot be served is refused here,
//! unchanged, and without reading more than its first page.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};

use super::connection::connect_to_look;
use super::names::{APPLICATION_ID, LOGS, beside, folder_of};
use crate::db::error::OpenError;
use crate::db::{Options, migrate};

/// Length of the header of a SQLite database, in bytes.
const HEADER: usize = 100;
/// The first bytes of the header.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// The purpose of a check.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To read it.
    Read,
    /// To write to it too.
    Write,
}

/// Checks `path` from outside: `true` if it is a Copydesk database, `false` if nothing is there
/// and one can be created.
///
/// It opens and closes the file itself, which would drop the locks of a connection of this process
/// (POSIX locks belong to the process and not to the descriptor): call it before there is one.
///
/// # Errors
/// [`OpenError`] with what is there instead.
pub fn look(path: &Path, purpose: Purpose) -> Result<bool, OpenError> {
    match fs::metadata(path) {
        // Under another name it would have another WAL, and each would undo the other's writes.
        Ok(found) if found.is_file() && found.nlink() > 1 => return Err(OpenError::linked(path)),
        Ok(found) if found.is_file() => {}
        Ok(found) if found.is_dir() => return Err(OpenError::not_a_file(path, "a folder")),
        Ok(found) => {
            let kind = found.file_type();
            let what = if kind.is_fifo() { "a pipe" } else { "a device or a socket" };
            return Err(OpenError::not_a_file(path, what));
        }
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return look_beside(path).map(|()| false);
        }
        Err(error) => return Err(OpenError::unreadable(path, &error)),
    }
    let file = File::open(path).map_err(|error| OpenError::unreadable(path, &error))?;
    let start = start_of(&file).map_err(|error| OpenError::unreadable(path, &error))?;
    let Some(header) = Header::read(&start) else {
        return Err(match start.as_slice() {
            [] => OpenError::empty(path),
            start if start.starts_with(MAGIC) => OpenError::truncated(path, false),
            _ => OpenError::not_a_database(path),
        });
    };
    if header.application_id != APPLICATION_ID {
        return Err(OpenError::foreign(path));
    }
    // If there is a WAL, the missing pages may be in it. The length is read last: it only grows.
    let may_be_in_log = has_content(&beside(path, "wal"));
    let found = file.metadata().map_err(|error| OpenError::unreadable(path, &error))?;
    if !may_be_in_log && found.len() < header.length() {
        return Err(OpenError::truncated(path, header.is_served));
    }
    if purpose == Purpose::Write {
        OpenOptions::new()
            .write(true)
            .open(path)
            .map_err(|error| OpenError::unwritable(path, &error))?;
    }
    Ok(true)
}

/// The first bytes of a file: its header, if it is a database.
fn start_of(file: &File) -> io::Result<Vec<u8>> {
    let mut start = Vec::with_capacity(HEADER);
    let limit = u64::try_from(HEADER).unwrap_or(u64::MAX);
    file.take(limit).read_to_end(&mut start)?;
    Ok(start)
}

/// Passes if there is a folder for the file.
///
/// # Errors
/// [`OpenError`] if there is none.
pub fn must_have_folder(path: &Path) -> Result<(), OpenError> {
    let folder = folder_of(path);
    match folder.is_dir() {
        true => Ok(()),
        false => Err(OpenError::no_folder(path, folder)),
    }
}

/// Checks the place where a file is about to be created.
fn look_beside(path: &Path) -> Result<(), OpenError> {
    must_have_folder(path)?;
    if path.is_symlink() {
        return Err(OpenError::not_a_file(path, "a link to nothing"));
    }
    // It may hold acknowledged writes, so it is neither replayed into a new file nor removed.
    match LOGS.map(|suffix| beside(path, suffix)).iter().find(|log| has_content(log)) {
        Some(log) => Err(OpenError::orphaned_log(path, log)),
        None => Ok(()),
    }
}

/// True if there is a file that is not empty.
pub(in crate::db) fn has_content(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.len() > 0)
}

/// Checks a Copydesk database through SQLite, without writing to it. Returns the connection that
/// it used.
///
/// # Errors
/// [`OpenError`] if a newer Copydesk has written it, or it is damaged.
pub fn look_inside(path: &Path, options: &Options) -> Result<SqliteConnection, OpenError> {
    let mut conn = connect_to_look(path, options)?;
    migrate::refuse_newer_file(&mut conn, path)?;
    refuse_truncated(&mut conn, path)?;
    Ok(conn)
}

/// A page beyond the end of the file is in the WAL or lost. Finding out which pages the WAL holds
/// would need reading it; the most that it can hold is its number of frames.
fn refuse_truncated(conn: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
    #[derive(QueryableByName)]
    struct Pages {
        #[diesel(sql_type = BigInt)]
        page_count: i64,
        #[diesel(sql_type = BigInt)]
        page_size: i64,
        #[diesel(sql_type = BigInt)]
        user_version: i64,
    }
    #[derive(QueryableByName)]
    struct Log {
        #[diesel(sql_type = Integer)]
        log: i32,
    }
    let fault = |error: diesel::result::Error| OpenError::cannot_open(path, &error);
    let pages: Pages = diesel::sql_query(
        "select page_count, page_size, user_version
         from pragma_page_count, pragma_page_size, pragma_user_version",
    )
    .get_result(conn)
    .map_err(fault)?;
    let log: Log =
        diesel::sql_query("pragma wal_checkpoint(noop)").get_result(conn).map_err(fault)?;
    let length = fs::metadata(path).map_err(|error| OpenError::unreadable(path, &error))?.len();
    let in_file = i64::try_from(length).unwrap_or(i64::MAX) / pages.page_size.max(1);
    if pages.page_count - in_file > i64::from(log.log.max(0)) {
        let is_copy_of_served = pages.user_version != 0 && !beside(path, "wal").exists();
        return Err(OpenError::truncated(path, is_copy_of_served));
    }
    Ok(())
}

/// What is to be said of a copy of a file that was being served, without its log.
pub const COPY_OF_SERVED: &str = "this is a copy of a file that was being served, without its log (-wal). \
     A backup by a program that knows SQLite is whole; a copy of the file alone lacks the newest writes";

/// True if the file was copied while it was served, and has no log beside it. An online backup by another program is
/// such a copy, and whole; a copy of the file alone lacks its newest writes.
///
/// It opens and closes the file itself: see [`look`].
pub fn is_copy_of_served(path: &Path) -> bool {
    let header =
        File::open(path).and_then(|file| start_of(&file)).map(|start| Header::read(&start));
    let is_served = header.is_ok_and(|header| header.is_some_and(|header| header.is_served));
    // A server that is running, or was killed, has left one.
    is_served && !beside(path, "wal").exists()
}

/// The header of a SQLite database (its file format, section 1.3).
struct Header {
    page_size: u64,
    /// Number of pages, unless a program wrote the file that does not maintain it.
    pages: Option<u64>,
    application_id: i32,
    /// True from the start of a server to its orderly end (`user_version`).
    is_served: bool,
}

impl Header {
    fn read(start: &[u8]) -> Option<Self> {
        let header: &[u8; HEADER] = start.try_into().ok()?;
        if !header.starts_with(MAGIC) {
            return None;
        }
        let number = |at: usize| {
            u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
        };
        // 1 means 65536, which does not fit into two bytes.
        let page_size = match u16::from_be_bytes([header[16], header[17]]) {
            1 => 65_536,
            size => u64::from(size),
        };
        // The number is valid for the change that wrote it; another program may have changed the
        // file since.
        let (changes, counted_at) = (number(24), number(92));
        Some(Self {
            page_size,
            pages: (changes == counted_at).then(|| u64::from(number(28))),
            application_id: number(68).cast_signed(),
            is_served: number(60) != 0,
        })
    }

    /// Length of the whole file, in bytes; 0 if it is not known.
    fn length(&self) -> u64 {
        self.pages.unwrap_or_default() * self.page_size
    }
}
