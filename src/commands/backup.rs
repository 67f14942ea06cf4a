//! `copydesk backup`, `restore` and `compact`; and the backups that a server makes by itself.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use super::exit::WrongSetting;
use super::place::Place;
use super::signals::on_ending;
use super::{Ended, invariants, say};
use crate::db::{self, Backup, Compacted, OpenError, Options, Source};
use crate::domain::instant::{Clock, Instant, SystemClock};
use crate::settings::Cli;

/// Standard input or output in the place of a file.
const STREAM: &str = "-";
/// How much a backup gives way, of 19.
const NICE: i32 = 10;
/// Bytes in a megabyte, for people.
const MEGABYTE: f64 = 1e6;
/// The longest wait after a backup that failed: the disk may have room again.
const RETRY_AFTER: Duration = Duration::from_secs(10 * 60);

/// What to do instead where the database is on a server.
const PG_DUMP: &str = "back it up with pg_dump, or with its server (docs/postgres.md)";
/// The same to restore one.
const PG_RESTORE: &str = "restore it with pg_restore, or with its server (docs/postgres.md)";

/// `copydesk backup FILE`.
pub(super) fn back_up(cli: &Cli, to: &Path, replace: bool) -> Ended {
    db::assert_sqlite()?;
    let place = Place::of(cli)?;
    let from = place.file(PG_DUMP)?;
    give_way();
    leave_nothing_unfinished()?;
    if to == Path::new(STREAM) {
        let mut out = io::stdout().lock();
        let made = db::stream_backup(from, &mut out, &place.options, &invariants())?;
        // Standard output is the backup.
        eprintln!("copydesk: {}", told(&made));
        return Ok(ExitCode::SUCCESS);
    }
    let to = match to.is_dir() {
        true => {
            remove_unfinished(to, from);
            to.join(dated(from, SystemClock.now()))
        }
        false => to.to_owned(),
    };
    let made = db::back_up(from, &to, replace, &place.options, &invariants())?;
    say(format_args!("{}: {}", to.display(), told(&made)));
    Ok(ExitCode::SUCCESS)
}

/// From now on a signal that ends the process removes what it is making.
fn leave_nothing_unfinished() -> io::Result<()> {
    on_ending(|code| {
        db::abandon_unfinished();
        std::process::exit(code.into());
    })
}

/// What a copy goes up to.
fn newest(as_of: Instant) -> String {
    match as_of.as_micros() {
        0 => "nothing written yet".to_owned(),
        _ => format!("the newest write at {as_of}"),
    }
}

fn told(made: &Backup) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a number for people")]
    let megabytes = made.length as f64 / MEGABYTE;
    format!("{megabytes:.1} MB, sound, {}, SHA-256 {}", newest(made.as_of), made.sha256)
}

/// `copydesk restore FILE`.
pub(super) fn restore(cli: &Cli, from: &Path, replace: bool) -> Ended {
    db::assert_sqlite()?;
    let place = Place::of(cli)?;
    let to = place.file(PG_RESTORE)?;
    leave_nothing_unfinished()?;
    let mut stream = io::stdin().lock();
    let source = match from == Path::new(STREAM) {
        true => Source::Stream(&mut stream),
        false => Source::File(from),
    };
    // To the microsecond: each old one has a name of its own.
    let stamp = without_marks(&SystemClock.now().to_string());
    let wanted = (replace, stamp.as_str());
    let done = db::restore(source, to, wanted, &place.options, &invariants())?;
    say(format_args!("{} is restored: {}.", place.name(), newest(done.as_of)));
    if done.is_copy_of_served {
        eprintln!("copydesk: {}.", db::COPY_OF_SERVED);
    }
    if let Some(aside) = done.aside {
        say(format_args!(
            "What was there is {} now: remove it when you are sure.",
            aside.display()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// `copydesk compact`.
pub(super) fn compact(cli: &Cli) -> Ended {
    db::assert_sqlite()?;
    let place = Place::of(cli)?;
    let file = place.file("the server gives back room itself (`vacuum full` at once)")?;
    db::must_exist(&place.location)?;
    let _ensured = super::ensure(&place, None)?;
    let Compacted { before, after } = db::compact(file, &place.options)?;
    #[expect(clippy::cast_precision_loss, reason = "numbers for people")]
    let [before, after] = [before, after].map(|bytes| bytes as f64 / MEGABYTE);
    say(format_args!("{}: {before:.1} MB before, {after:.1} MB now.", place.name()));
    Ok(ExitCode::SUCCESS)
}

/// Lets others go first: reading a whole database takes a core for a while. (On Linux this is of the calling thread
/// alone.)
fn give_way() {
    // Without the right to it, the backup is as quick as anyone.
    let _ = rustix::process::nice(NICE);
}

/// An instant in the name of a file: `20261128T030405Z`.
fn stamp(at: Instant) -> String {
    let text = at.to_string();
    format!("{}Z", without_marks(text.get(..19).unwrap_or_default()))
}

/// An instant's text as the name of a file has it.
fn without_marks(instant: &str) -> String {
    instant.chars().filter(|c| !"-:.".contains(*c)).collect()
}

/// The name of a backup of `database` that is made at an instant.
fn dated(database: &Path, at: Instant) -> String {
    format!("{}-{}.db", stem(database), stamp(at))
}

fn stem(database: &Path) -> String {
    database.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The instant in the name of a backup of `database`; `None` for any other file.
fn date_of(name: &str, database: &Path) -> Option<Instant> {
    let rest = name.strip_prefix(&stem(database))?.strip_prefix('-')?.strip_suffix(".db")?;
    let digits = |range: std::ops::Range<usize>| {
        rest.get(range).filter(|part| part.bytes().all(|c| c.is_ascii_digit()))
    };
    let (date, time) = (digits(0..8)?, digits(9..15)?);
    if rest.get(8..9) != Some("T") || rest.get(15..) != Some("Z") {
        return None;
    }
    Instant::parse(&format!(
        "{}-{}-{}T{}:{}:{}Z",
        &date[..4],
        &date[4..6],
        &date[6..],
        &time[..2],
        &time[2..4],
        &time[4..]
    ))
}

/// Removes what is left in a folder of backups of `database` that were killed: the next ones have other names.
fn remove_unfinished(folder: &Path, database: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let of = name.split_once("-new-").map(|(of, _)| of);
        let is_of_backup =
            |of: &&str| date_of(of.strip_suffix(".sha256").unwrap_or(of), database).is_some();
        if let Some(of) = of.filter(is_of_backup) {
            db::remove_unfinished(&folder.join(of));
        }
    }
}

/// Backups that a server makes by itself.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    /// The database.
    pub database: PathBuf,
    /// The folder of the backups.
    pub folder: PathBuf,
    /// The time from one to the next.
    pub every: Duration,
    /// How many are kept, the newest.
    pub keep: usize,
    /// Options for opening the database.
    pub options: Options,
    /// No other server makes backups of this name in this folder.
    _lock: Arc<File>,
}

/// The right to make and to remove the dated backups of a folder. Two newsrooms whose files have the same name would
/// each remove those of the other.
fn lock_backups(folder: &Path, database: &Path) -> io::Result<File> {
    let path = folder.join(format!("{}.lock", stem(database)));
    let file = File::options().write(true).create(true).truncate(false).open(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(io::Error::other(format!(
            "another server makes its backups there under the same name ({} is locked): give each newsroom a folder of its own",
            path.display()
        ))),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

impl Schedule {
    /// The schedule that the settings name. The folder is made if it is not there.
    pub(super) fn of(cli: &Cli, place: &Place) -> Result<Option<Self>, WrongSetting> {
        let settings = &cli.settings;
        let Some(folder) = settings.backup_dir.clone().filter(|_| !place.keeps_nothing()) else {
            return Ok(None);
        };
        let wrong = |why: String| WrongSetting { name: "COPYDESK_BACKUP_DIR (--backup-dir)", why };
        let database = place.file(PG_DUMP).map_err(|error| wrong(error.to_string()))?;
        let lock = fs::create_dir_all(&folder)
            .and_then(|()| lock_backups(&folder, database))
            .map_err(|error| wrong(format!("{}: {error}", folder.display())))?;
        Ok(Some(Self {
            _lock: Arc::new(lock),
            database: database.to_owned(),
            folder,
            every: settings.backup_every,
            keep: settings.backup_keep.into(),
            options: place.options.clone(),
        }))
    }

    /// The backups that are there with a date of up to `now`, the oldest first. What a clock that was wrong has dated
    /// later counts once that time has come: it must not take the place of a new one.
    fn made(&self, now: Instant) -> Vec<(Instant, PathBuf)> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut made: Vec<(Instant, PathBuf)> = entries
            .filter_map(|entry| {
                let at = date_of(entry.file_name().to_str()?, &self.database)?;
                (at <= now).then(|| (at, entry.path()))
            })
            .collect();
        made.sort();
        made
    }

    /// The time until the next is due: none if there is none yet, or the last is too old.
    fn wait(&self, now: Instant) -> Duration {
        let Some((last, _)) = self.made(now).pop() else {
            return Duration::ZERO;
        };
        let passed = now.as_micros().saturating_sub(last.as_micros());
        self.every.saturating_sub(Duration::from_micros(passed.cast_unsigned()))
    }

    /// The newest backup that is there: its length and when it was made.
    pub(super) fn newest(&self) -> Option<(u64, Instant)> {
        let (at, path) = self.made(SystemClock.now()).pop()?;
        Some((fs::metadata(path).ok()?.len(), at))
    }

    /// Makes one, and removes those that are too many.
    fn make(&self, now: Instant) -> Result<(PathBuf, Backup), OpenError> {
        remove_unfinished(&self.folder, &self.database);
        let to = self.folder.join(dated(&self.database, now));
        let made = db::back_up_open(&self.database, &to, true, &self.options, &invariants())?;
        let mut old = self.made(now);
        old.truncate(old.len().saturating_sub(self.keep));
        for (_, path) in old {
            let checksum = format!("{}.sha256", path.display());
            for file in [path, checksum.into()] {
                if let Err(error) = db::remove_if_there(&file) {
                    log::error!("an old backup cannot be removed: {} ({error})", file.display());
                }
            }
        }
        Ok((to, made))
    }

    /// Makes them when they are due, for as long as the server runs. Each is made on a thread of its own, which ends
    /// with the process: a stop does not wait for it.
    pub(super) async fn keep_making(self, note: impl Fn(Result<&Backup, &OpenError>)) {
        let mut retry_after = Duration::ZERO;
        loop {
            tokio::time::sleep(self.wait(SystemClock.now()).max(retry_after)).await;
            let (done, is_done) = tokio::sync::oneshot::channel();
            let own = self.clone();
            let run = move || {
                give_way();
                drop(done.send(own.make(SystemClock.now())));
            };
            let thread = std::thread::Builder::new().name("backup".to_owned()).spawn(run);
            let ended = match thread {
                Ok(_) => is_done.await.map_err(|_| "its thread has ended".to_owned()),
                Err(error) => Err(error.to_string()),
            };
            retry_after = match ended {
                Ok(Ok((path, made))) => {
                    note(Ok(&made));
                    log::info!("backup {}: {}", path.display(), told(&made));
                    Duration::ZERO
                }
                Ok(Err(error)) => {
                    note(Err(&error));
                    log::error!("no backup was made: {error}");
                    RETRY_AFTER.min(self.every)
                }
                Err(why) => {
                    log::error!("no backup was made: {why}");
                    RETRY_AFTER.min(self.every)
                }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    #[test]
    fn a_name_tells_when_a_backup_was_made() {
        let database = Path::new("/var/lib/news.db");
        let made = at("2026-11-28T03:04:05.999999Z");
        let name = dated(database, made);
        assert_eq!(name, "news-20261128T030405Z.db");
        assert_eq!(date_of(&name, database), Some(at("2026-11-28T03:04:05Z")));
        for other in [
            "news.db",
            "news-20261128T030405Z.db.sha256",
            "old-20261128T030405Z.db",
            "news-20261328T030405Z.db",
            "news-20261128T030405.db",
            "news-2026112\u{e9}T030405Z.db",
            "news.db-before-2026",
        ] {
            assert_eq!(date_of(other, database), None, "{other}");
        }
    }

    #[test]
    fn the_schedule_goes_on_from_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let schedule = Schedule {
            database: "copydesk.db".into(),
            folder: folder.path().to_owned(),
            every: Duration::from_secs(3600),
            keep: 2,
            options: Options::default(),
            _lock: Arc::new(lock_backups(folder.path(), Path::new("copydesk.db")).unwrap()),
        };
        let wait = |now: &str| schedule.wait(at(now)).as_secs();
        assert_eq!(wait("2026-11-28T03:00:00Z"), 0, "there is none");
        for name in ["copydesk-20261128T030000Z.db", "copydesk-20261127T030000Z.db", "other.db"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(wait("2026-11-28T03:10:00Z"), 50 * 60);
        assert_eq!(wait("2026-11-28T09:00:00Z"), 0);
        // A clock that was set back does not make it wait for what is dated later.
        assert_eq!(wait("2026-11-27T03:10:00Z"), 50 * 60);
        assert_eq!(wait("2026-11-26T03:10:00Z"), 0);
        // Another server may not go on with these.
        let again = lock_backups(folder.path(), Path::new("elsewhere/copydesk.db")).unwrap_err();
        assert!(again.to_string().contains("a folder of its own"), "{again}");
        assert!(lock_backups(folder.path(), Path::new("other.db")).is_ok());
    }
}
