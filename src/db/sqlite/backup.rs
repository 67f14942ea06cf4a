//! Backups: a whole and verified copy of a database, and one put in the place of a database.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Text;
use sha2::{Digest as _, Sha256};

use super::check::check;
use super::connection::{connect_to_copy, open};
use super::folder_lock::FolderLock;
use super::inspect::{Purpose, is_copy_of_served, look, look_inside, must_have_folder};
use super::log::empty_log;
use super::names::{LOGS, SUFFIXES, beside, folder_of, identity, remove_if_there};
use super::serve_lock::{ServeLock, keep_closed};
use super::unfinished::{Unfinished, remove_unfinished};
use super::write_through::write_log_through;
use crate::db::Options;
use crate::db::access::Access;
use crate::db::clock::last_at;
use crate::db::conn::Conn;
use crate::db::error::{OpenError, Reason, is_disk_fault};
use crate::db::invariant::{FindingKind, Invariant};
use crate::domain::instant::Instant;

/// Only the owner may read a newsroom's drafts and its readers' addresses.
const OWNER_ONLY: u32 = 0o600;
/// The name of a backup for standard output in the folder for temporary files.
const STREAMED: &str = "copydesk-backup";
/// Bytes that are read at once.
const CHUNK: usize = 256 * 1024;

/// A backup that was made and verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Its length, in bytes.
    pub length: u64,
    /// The instant of the newest write in it.
    pub as_of: Instant,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

/// Copies the present content of the database at `from` to `to`, which must not exist; copies
/// nothing if there is no database. A running server is not disturbed.
///
/// # Errors
/// [`OpenError`] if `from` cannot be read or `to` cannot be written.
pub fn copy(from: &Path, to: &Path, options: &Options) -> Result<(), OpenError> {
    if !look(from, Purpose::Read)? {
        return Ok(());
    }
    // SQLite would create it readable by all, as the folder may be.
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(OWNER_ONLY)
        .open(to)
        .map_err(|error| OpenError::unwritable(to, &error))?;
    let lacks_writes = is_copy_of_served(from);
    copy_from(&mut look_inside(from, options)?, (from, to))?;
    if lacks_writes {
        return Ok(());
    }
    // It is whole, and nobody serves it: what its header says of that is true of the other file.
    connect_to_copy(to, options)?
        .batch_execute("pragma user_version = 0;")
        .map_err(|error| OpenError::cannot_open(to, &error))
}

/// Copies a database into the empty file `to`. It is one read of the state at its begin: writes go on beside it, and
/// none delays it.
fn copy_from(conn: &mut SqliteConnection, (from, to): (&Path, &Path)) -> Result<(), OpenError> {
    diesel::sql_query("vacuum into ?")
        .bind::<Text, _>(to.to_string_lossy())
        .execute(conn)
        .map(drop)
        .map_err(|error| OpenError::not_copied(from, to, &error))
}

/// Makes a backup of the database at `from` in the file `to`, with its SHA-256 in `to.sha256`. What is there under that
/// name is the old backup or the new one, verified, at every moment.
///
/// # Errors
/// [`OpenError`]: `to` exists and is not to be replaced, or cannot be written; or the copy is not sound.
pub fn back_up(
    from: &Path,
    to: &Path,
    replace: bool,
    options: &Options,
    invariants: &[Invariant],
) -> Result<Backup, OpenError> {
    must_be_database(from)?;
    write_log_through(from)?;
    back_up_open(from, to, replace, options, invariants)
}

/// The same for a file that this process has open: it is read through SQLite alone, since a descriptor that is closed
/// drops SQLite's locks.
///
/// # Errors
/// As [`back_up`].
pub fn back_up_open(
    from: &Path,
    to: &Path,
    replace: bool,
    options: &Options,
    invariants: &[Invariant],
) -> Result<Backup, OpenError> {
    if let Ok(found) = fs::symlink_metadata(to) {
        if !found.is_file() {
            return Err(OpenError::not_a_file(to, "a link, a folder or a device").of_backup());
        }
        if !replace {
            return Err(OpenError::exists(to, "give another name, or --force to replace it"));
        }
    }
    must_not_be_part_of(from, to)?;
    if beside(to, "wal").exists() {
        return Err(OpenError::open_elsewhere(to));
    }
    let fault = |error: io::Error| OpenError::unwritable(to, &error).of_backup();
    must_have_folder(to).map_err(OpenError::of_backup)?;
    remove_unfinished(to);
    let checksum = checksum_of(to);
    remove_unfinished(&checksum);
    let unfinished = Unfinished::start(to).map_err(OpenError::of_backup)?;
    let backup = fill(from, unfinished.path(), options, invariants)?;
    // Without its checksum the old one is still a backup; with that of another it would be refused.
    remove_if_there(&checksum).map_err(fault)?;
    unfinished.replace(to).map_err(OpenError::of_backup)?;
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    let line = Unfinished::start(&checksum).map_err(OpenError::of_backup)?;
    fs::write(line.path(), format!("{}  {name}\n", backup.sha256)).map_err(fault)?;
    line.replace(&checksum).map_err(OpenError::of_backup)?;
    Ok(backup)
}

/// Makes a backup in a temporary file, and writes it to `out` once it is verified.
///
/// # Errors
/// [`OpenError`] if the copy is not sound, or there is no room for it.
pub fn stream_backup(
    from: &Path,
    out: &mut dyn Write,
    options: &Options,
    invariants: &[Invariant],
) -> Result<Backup, OpenError> {
    must_be_database(from)?;
    write_log_through(from)?;
    let folder = tempfile::env::temp_dir();
    let name = folder.join(STREAMED);
    remove_unfinished(&name);
    let temporary = Unfinished::start(&name)?;
    let backup = fill(from, temporary.path(), options, invariants)?;
    let mut copy = File::open(temporary.path())
        .map_err(|error| OpenError::no_temporary_folder(&folder, &error))?;
    let written = io::copy(&mut copy, out).and_then(|_| out.flush());
    written
        .map_err(|error| OpenError::unwritable(Path::new("standard output"), &error).of_backup())?;
    Ok(backup)
}

/// Refuses to write a backup over the database itself, or over its log.
fn must_not_be_part_of(from: &Path, to: &Path) -> Result<(), OpenError> {
    match is_part_of(from, to) || is_part_of(from, &checksum_of(to)) {
        true => Err(OpenError::is_database_itself(to)),
        false => Ok(()),
    }
}

/// True if a file that is written at `to` would take the place of the database at `from`, or of its log.
#[must_use]
pub fn is_part_of(from: &Path, to: &Path) -> bool {
    let parts = SUFFIXES.map(|suffix| beside(from, suffix));
    let folder = |file: &Path| fs::canonicalize(folder_of(file)).ok();
    let is_same = |part: &Path| {
        let known = identity(part).ok().flatten();
        let is_one = known.is_some() && known == identity(to).ok().flatten();
        // SQLite makes those that are not there now.
        is_one || (part.file_name() == to.file_name() && folder(part) == folder(to))
    };
    let mut parts = std::iter::once(from).chain(parts.iter().map(PathBuf::as_path));
    parts.any(is_same)
}

fn must_be_database(path: &Path) -> Result<(), OpenError> {
    match look(path, Purpose::Read)? {
        true => Ok(()),
        false => Err(OpenError::missing(path)),
    }
}

/// Copies a database into an empty file, verifies the copy and syncs it.
fn fill(
    from: &Path,
    to: &Path,
    options: &Options,
    invariants: &[Invariant],
) -> Result<Backup, OpenError> {
    look_inside(from, options)?;
    let mut conn = connect_to_copy(from, options)?;
    copy_from(&mut conn, (from, to))?;
    drop(conn);
    let remedy =
        format!("nothing was kept of it; see what `copydesk check` finds in {}", from.display());
    let as_of = verify(to, options, invariants, ("the copy", &remedy))?;
    let unreadable = |error: io::Error| OpenError::unreadable(to, &error);
    let (length, sha256) = digest(to).map_err(unreadable)?;
    File::open(to).and_then(|file| file.sync_all()).map_err(unreadable)?;
    Ok(Backup { length, as_of, sha256 })
}

/// Checks a copy, and makes it one that nobody serves. Returns the instant of its newest write.
fn verify(
    path: &Path,
    options: &Options,
    invariants: &[Invariant],
    (name, remedy): (&str, &str),
) -> Result<Instant, OpenError> {
    let fault = |error: &dyn std::fmt::Display| OpenError::cannot_open(path, error);
    let mut conn = open(path, Access::Write, options)?;
    // A copy has no log: all of it is in one file.
    conn.batch_execute("pragma user_version = 0; pragma journal_mode = delete;")
        .map_err(|error| fault(&error))?;
    let mut conn = Conn::from(conn);
    let last = last_at(&mut conn).map_err(|error| fault(&error))?;
    drop(conn);
    let findings = check(path, options, invariants)?;
    let unsound: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.kind != FindingKind::Note)
        .map(|finding| finding.text.as_str())
        .collect();
    match unsound.first() {
        None => Ok(Instant::from_micros(last)),
        Some(first) => {
            let matter = format!("is not sound in {} place(s), the first: {first}", unsound.len());
            Err(OpenError::unsound(name, &matter, remedy))
        }
    }
}

/// The name of the file with a backup's SHA-256.
fn checksum_of(backup: &Path) -> PathBuf {
    let mut name = backup.as_os_str().to_owned();
    name.push(".sha256");
    PathBuf::from(name)
}

/// Length and SHA-256 of a file.
fn digest(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    let mut length = 0;
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok((length, format!("{:x}", digest.finalize()))),
            read => {
                digest.update(&chunk[..read]);
                length += read as u64;
            }
        }
    }
}

/// Compares a backup with the SHA-256 beside it, if there is one.
fn check_digest(backup: &Path) -> Result<(), OpenError> {
    let known = match fs::read_to_string(checksum_of(backup)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        known => known.map_err(|error| OpenError::unreadable(&checksum_of(backup), &error))?,
    };
    let (_, found) = digest(backup).map_err(|error| OpenError::unreadable(backup, &error))?;
    match known.split_whitespace().next() == Some(found.as_str()) {
        true => Ok(()),
        false => Err(OpenError::unsound(
            &backup.display().to_string(),
            "is not what its .sha256 file says: it was changed after it was made",
            "take another backup, or remove that file to go on without it",
        )),
    }
}

/// Where a backup is read from.
pub enum Source<'a> {
    /// A file, with its log if there is one.
    File(&'a Path),
    /// A stream, as [`stream_backup`] writes it.
    Stream(&'a mut dyn Read),
}

/// A backup that was put in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The instant of the newest write in it.
    pub as_of: Instant,
    /// Where the database is that was there before.
    pub aside: Option<PathBuf>,
    /// True if the backup is a copy of a file that was being served, without its log: it may lack the newest writes.
    pub is_copy_of_served: bool,
}

/// Puts a verified copy of a backup in the place of the database at `path`. The old one is kept beside it under a name
/// with `stamp`. At every moment the old database or the new one is at `path`, whole.
///
/// # Errors
/// [`OpenError`]: the backup is not sound; a database exists and is not to be replaced, or is in use.
pub fn restore(
    source: Source<'_>,
    path: &Path,
    (replace, stamp): (bool, &str),
    options: &Options,
    invariants: &[Invariant],
) -> Result<Restored, OpenError> {
    let fault = |error: io::Error| OpenError::unwritable(path, &error);
    if is_there(path) && !replace {
        return Err(OpenError::is_to_be_replaced(path));
    }
    if path.exists() && !path.is_file() {
        return Err(OpenError::not_a_file(path, "a folder or a device"));
    }
    must_have_folder(path)?;
    remove_unfinished(path);
    let unfinished = Unfinished::start(path)?;
    let is_copy;
    let name = match source {
        Source::File(backup) => {
            let found = look(backup, Purpose::Read);
            let name = backup.display().to_string();
            if !found.map_err(|error| OpenError::no_backup(&name, &error))? {
                return Err(OpenError::no_such_backup(backup));
            }
            check_digest(backup)?;
            is_copy = is_copy_of_served(backup);
            let mut conn = look_inside(backup, options)
                .map_err(|error| OpenError::no_backup(&name, &error))?;
            copy_from(&mut conn, (backup, unfinished.path())).map_err(|error| {
                match error.reason() {
                    Reason::Damaged => OpenError::no_backup(&name, &error),
                    _ => error,
                }
            })?;
            name
        }
        Source::Stream(stream) => {
            let mut to = File::create(unfinished.path()).map_err(fault)?;
            io::copy(stream, &mut to).map_err(fault)?;
            is_copy = is_copy_of_served(unfinished.path());
            let looked = must_be_database(unfinished.path())
                .and_then(|()| look_inside(unfinished.path(), options).map(drop));
            let name = "standard input".to_owned();
            looked.map_err(|error| OpenError::no_backup(&name, &error))?;
            name
        }
    };
    let as_of = verify(unfinished.path(), options, invariants, (&name, "it was not put in place"))?;
    // In WAL mode from the start on: what another program left of another kind of log could be read into it.
    drop(open(unfinished.path(), Access::Write, options)?);
    File::open(unfinished.path()).and_then(|file| file.sync_all()).map_err(fault)?;
    let aside = beside(path, &format!("before-restore-{stamp}"));
    let aside = put_in_place_of(path, unfinished, (replace, aside), options)?;
    Ok(Restored { as_of, aside, is_copy_of_served: is_copy })
}

/// True if there is a database, or what is left of one.
fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok() || has_log(path)
}

/// True if there is a log of either kind: it would be read into whatever file is put beside it.
fn has_log(path: &Path) -> bool {
    LOGS.iter().any(|suffix| beside(path, suffix).exists())
}

/// Puts a new file at `path`, and what is there, if it is to be replaced, at `aside`. Returns where that is now.
fn put_in_place_of(
    path: &Path,
    new: Unfinished,
    (replace, aside): (bool, PathBuf),
    options: &Options,
) -> Result<Option<PathBuf>, OpenError> {
    // Until the end: no server starts on what is about to be put aside.
    let lock = path.exists().then(|| ServeLock::take(path)).transpose()?;
    new.belong_like(if lock.is_some() { path } else { folder_of(path) })?;
    let has_old = replace && is_there(path);
    if has_old {
        // Who may not write to it learns that from the exchange.
        if matches!(keep_closed(path), Ok(None)) {
            return Err(OpenError::open_elsewhere(path));
        }
        take_log_back(path, &aside, options)?;
    }
    // From here on nobody opens what is there. Who has opened it since has begun a log; and it may have come since.
    let _folder = FolderLock::alone(path);
    if has_log(path) || path.exists() != lock.is_some() {
        return Err(match replace {
            true => OpenError::open_elsewhere(path),
            false => OpenError::is_to_be_replaced(path),
        });
    }
    if lock.is_some() {
        new.exchange(path, &aside)?;
        return Ok(Some(aside));
    }
    match new.put_in_place(path)? {
        // Of a database that was gone already there was the log alone.
        true => Ok(LOGS.map(|suffix| beside(&aside, suffix)).into_iter().find(|log| log.exists())),
        false => Err(OpenError::is_to_be_replaced(path)),
    }
}

/// Takes the log of the database at `path` back into its file, of either kind; if it cannot be read, puts it beside the name
/// `aside`, which the file is about to get.
fn take_log_back(path: &Path, aside: &Path, options: &Options) -> Result<(), OpenError> {
    if !has_log(path) {
        return Ok(());
    }
    write_log_through(path)?;
    if path.exists()
        && look_inside(path, options).is_ok()
        && let Ok(mut conn) = open(path, Access::Write, options)
    {
        // Whole without a log from now on, and nobody's.
        let is_alone = note_served(&mut conn, false).is_ok() && empty_log(&mut conn) == Ok(true);
        // The last connection to close removes the log.
        drop(conn);
        return match is_alone && !has_log(path) {
            true => Ok(()),
            false => Err(OpenError::open_elsewhere(path)),
        };
    }
    for suffix in LOGS {
        let log = beside(path, suffix);
        if log.exists() {
            fs::rename(&log, beside(aside, suffix))
                .map_err(|error| OpenError::unwritable(&log, &error))?;
        }
    }
    let shared = beside(path, "shm");
    remove_if_there(&shared).map_err(|error| OpenError::unwritable(&shared, &error))
}

/// Makes a backup before the schema of the database at `path` is changed, named after the first change. Returns its
/// path.
///
/// # Errors
/// As [`back_up`].
pub(in crate::db) fn before_migration(
    path: &Path,
    migration: &str,
    options: &Options,
) -> Result<PathBuf, OpenError> {
    let name = beside(path, &format!("before-{migration}"));
    let to = match &options.backups {
        Some(folder) => {
            fs::create_dir_all(folder).map_err(|error| OpenError::unwritable(folder, &error))?;
            folder.join(name.file_name().unwrap_or_default())
        }
        None => name,
    };
    // One of an attempt that failed is of the same content.
    back_up_open(path, &to, true, options, &[])?;
    Ok(to)
}

/// Notes in the file that a server has it open, or no longer has. It is in the file itself, not in its log alone, when
/// this returns.
pub fn note_served(conn: &mut SqliteConnection, is_served: bool) -> QueryResult<()> {
    conn.batch_execute(&format!("pragma user_version = {};", i32::from(is_served)))?;
    match empty_log(conn) {
        // What would be built on a file whose disk fails, nobody knows.
        Err(error) if is_disk_fault(&error.to_string()) => Err(error),
        // On a full disk it is in the log alone.
        _ => Ok(()),
    }
}
