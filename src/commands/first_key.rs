//! The admin key that the first start makes, and where it is told.

use std::error::Error;
use std::fs::{self, Permissions};
use std::io::{self, IsTerminal as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::NamedTempFile;

use super::failed;
use super::place::Place;
use crate::access::{has_keys, make_first_key};
use crate::app::Parts;
use crate::db::{Db, Location};

/// Ending of the name of the file beside the database to which the first admin key is written.
const KEY_FILE: &str = ".admin-key";
/// Mode of a file that nobody but its owner reads.
const OWNER_READS: u32 = 0o600;

/// The admin key that the first start has made.
pub(super) struct FirstKey {
    /// The key.
    pub key: String,
    /// The file that it was written to; else it is printed.
    pub file: Option<PathBuf>,
}

/// Makes an admin key if the newsroom has no key yet, and writes it to `named` or to a file beside
/// the database. On a terminal without `named`, and for a newsroom that ends with the process, it
/// is to be printed instead: a service's output goes to a journal that others read.
///
/// # Errors
/// If the file cannot be written, or holds something already. Then no key is made.
pub(super) async fn first_key(
    parts: &Parts,
    place: &Place,
    named: Option<&Path>,
) -> Result<Option<FirstKey>, Box<dyn Error>> {
    let database = Db::new(&parts.shared)?;
    if database.read(has_keys).map_err(failed)? {
        if let Some(file) = named.filter(|file| !file.exists()) {
            log::warn!(
                "{} does not exist, and the newsroom has keys already: none is written there",
                file.display()
            );
        }
        return Ok(None);
    }
    let target = match named {
        Some(file) => Some(file.to_owned()),
        None if place.keeps_nothing() || io::stdout().is_terminal() => None,
        None => {
            // Beside the file; of a database on a server, in the working directory under its name.
            let mut name = match &place.location {
                Location::File(path) => path.as_os_str().to_owned(),
                Location::Server(server) => format!("copydesk-{}", server.database()).into(),
            };
            name.push(KEY_FILE);
            Some(PathBuf::from(name))
        }
    };
    // Before there is a key that could not be told.
    let prepared = target.map(|file| prepare(&file).map(|empty| (empty, file))).transpose()?;
    let entropy = Arc::clone(&parts.entropy);
    let made = database.write(move |conn, now| make_first_key(conn, now, entropy.as_ref())).await;
    let Some(key) = made.map_err(failed)?.map(|key| key.reveal()) else {
        return Ok(None);
    };
    let file = match prepared {
        Some((empty, file)) => Some(keep(empty, &file, &key)?),
        None => None,
    };
    Ok(Some(FirstKey { key, file }))
}

/// An empty private file, to become `file`.
fn prepare(file: &Path) -> Result<NamedTempFile, String> {
    let refuse = |why: &dyn std::fmt::Display| {
        format!("the first admin key cannot be written to {}: {why}", file.display())
    };
    if fs::metadata(file).is_ok_and(|there| there.len() > 0) {
        return Err(refuse(
            &"it holds something, perhaps the key of another newsroom. Move it away, or name another file with --admin-key-file",
        ));
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    tempfile::Builder::new()
        .permissions(Permissions::from_mode(OWNER_READS))
        .tempfile_in(folder.unwrap_or(Path::new(".")))
        .map_err(|error| refuse(&error))
}

/// Writes the key, and gives the file its name; returns its whole path.
fn keep(mut empty: NamedTempFile, file: &Path, key: &str) -> io::Result<PathBuf> {
    writeln!(empty, "{key}")?;
    empty.as_file().sync_all()?;
    empty.persist(file)?;
    std::path::absolute(file)
}
