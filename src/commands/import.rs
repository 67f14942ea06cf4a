//! `copydesk import`: content of other systems, into the newsroom in the settings.

use std::error::Error;
use std::fmt::Display;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::exit::{self, WrongSetting};
use super::place::Place;
use super::signals::on_ending;
use super::{Ended, open_with, say};
use crate::db::{self, ServeLock};
use crate::domain::ids::SystemEntropy;
use crate::domain::instant::{DAY, SystemClock};
use crate::export::{self, Restoring};
use crate::import::{self, Expiry, FetchFailure, Reading, Remote, Source};
use crate::outgoing::Reach;
use crate::settings::{Cli, Importing};

/// For how long an import that was told to end may go on: what is being written takes less. A large file may be read for
/// longer before it gives a record; nothing is half written then.
const ENDS_WITHIN: Duration = Duration::from_secs(10);
/// The argument, as the help names it.
const FROM: &str = "PATH_OR_URL";

/// How an import has ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// Nothing was refused.
    Whole,
    /// Something was.
    Refused,
    /// A signal has ended it: the exit code for that.
    Told(u8),
}

impl End {
    fn code(self) -> ExitCode {
        let code = match self {
            Self::Whole => exit::DONE.code,
            Self::Refused => exit::FAILED.code,
            Self::Told(code) => code,
        };
        code.into()
    }
}

/// What a signal has told an import.
struct Ending {
    is_over: Arc<AtomicBool>,
    /// The exit code for the signal; 0 before.
    code: Arc<AtomicU8>,
}

impl Ending {
    /// Listens from now on. An import that has not ended within `most` after a signal is ended where it is.
    fn listen(most: Option<Duration>) -> io::Result<Self> {
        let ending = Self { is_over: Arc::default(), code: Arc::default() };
        let (is_over, told) = (Arc::clone(&ending.is_over), Arc::clone(&ending.code));
        on_ending(move |code| {
            told.store(code, Ordering::Relaxed);
            is_over.store(true, Ordering::Release);
            if let Some(most) = most {
                std::thread::sleep(most);
                eprintln!("copydesk: told to end while a file was read; import it again to go on");
                std::process::exit(code.into());
            }
        })?;
        Ok(ending)
    }

    /// The exit code for the signal, once there was one.
    fn code(&self) -> Option<u8> {
        Some(self.code.load(Ordering::Relaxed)).filter(|code| *code > 0)
    }
}

/// Imports, or for a dry run imports into a copy of the newsroom, so that its report is what would be done.
pub(super) fn run(cli: &Cli, asked: &Importing) -> Ended {
    let url = asked.from.to_str().filter(|from| is_url(from));
    let Some(url) = url else {
        if asked.watch {
            return Err(wrong("--watch", "it needs the URL of a feed (https://..)"));
        }
        if let Some(scheme) = other_scheme(&asked.from) {
            return Err(wrong(FROM, &format!("a URL is http or https, not {scheme}")));
        }
        // Before a database is created in vain.
        let source = Source::of(&asked.from)?;
        return once(cli, asked, &source).map(End::code);
    };
    let reach = if asked.any_address { Reach::Anywhere } else { Reach::Public };
    let mut remote = Remote::parse(url, reach)
        .ok_or_else(|| wrong(FROM, "a URL has a host, no user and no fragment (#..)"))?;
    if !asked.watch {
        let bytes = remote.fetch()?.unwrap_or_default();
        return fetched(cli, asked, remote.url(), bytes).map(End::code);
    }
    let (told, tells) = mpsc::channel();
    on_ending(move |code| {
        // If nobody receives it, the program is ending already.
        let _ = told.send(code);
    })?;
    loop {
        let wait = match again(cli, asked, &mut remote) {
            Ok(()) => asked.every,
            Err(error) if is_final(error.as_ref()) => return Err(error),
            // Whoever watches for days meets a server that is away: the next time is another.
            Err(error) => {
                log::error!("{error}");
                asked.every.max(retry_after(error.as_ref()))
            }
        };
        match tells.recv_timeout(wait) {
            Ok(code) => return Ok(code.into()),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => std::thread::sleep(wait),
        }
    }
}

/// Fetches a feed that is watched, and imports it if it has changed.
fn again(cli: &Cli, asked: &Importing, remote: &mut Remote) -> Result<(), Box<dyn Error>> {
    let Some(bytes) = remote.fetch_new(Instant::now())? else {
        return Ok(());
    };
    let done = fetched(cli, asked, remote.url(), bytes);
    match &done {
        Ok(End::Refused) => remote.had_refused(Instant::now()),
        Ok(End::Whole | End::Told(_)) => {}
        Err(_) => remote.forget(),
    }
    done.map(drop)
}

/// Imports what came from a URL.
fn fetched(cli: &Cli, asked: &Importing, url: &str, bytes: Vec<u8>) -> Result<End, Box<dyn Error>> {
    once(cli, asked, &Source::fetched(url, bytes)?)
}

/// True if no other time can be better.
fn is_final(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<FetchFailure>().is_some_and(|failure| failure.is_final)
}

/// For how long the server of a feed wants no other request.
fn retry_after(error: &(dyn Error + 'static)) -> Duration {
    error.downcast_ref::<FetchFailure>().map_or(Duration::ZERO, |failure| failure.retry_after)
}

/// A wrong command line.
fn wrong(name: &'static str, why: &str) -> Box<dyn Error> {
    WrongSetting { name, why: why.to_owned() }.into()
}

fn is_url(text: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| {
        text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}

/// The scheme of a URL of another kind, unless there is a file of that name.
fn other_scheme(from: &Path) -> Option<&str> {
    let (scheme, _) = from.to_str()?.split_once("://")?;
    let is_one = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|c| c.is_ascii_alphanumeric() || b"+-.".contains(&c));
    (is_one && !from.exists()).then_some(scheme)
}

/// Imports a source.
fn once(cli: &Cli, asked: &Importing, source: &Source) -> Result<End, Box<dyn Error>> {
    let has_options = asked.honour_expiry || asked.lift_disclaimers || asked.fix || asked.purged;
    if source.export().is_some() && has_options {
        let why = "an export of Copydesk is imported as it is: leave --honour-expiry, --lift-disclaimers, --fix and --purged out.";
        return Err(why.into());
    }
    let place = Place::of(cli)?;
    if let (true, Some(_), Some(file)) = (asked.dry_run, source.export(), place.location.path()) {
        // What would refuse the import; let go of before the file is opened.
        drop(ServeLock::take_existing(file)?);
    }
    let scratch = asked.dry_run.then(Place::scratch).transpose()?;
    if let Some(scratch) = &scratch {
        match place.location.path() {
            Some(file) => db::copy(file, scratch.file("")?, &place.options)?,
            None if !db::is_there(&place.location)? => {}
            None => {
                let both = (&place.location, &scratch.location);
                db::transfer(both, &scratch.options, &mut |_, _| ())?;
            }
        }
    }
    let target = scratch.as_ref().unwrap_or(&place);
    // Nobody writes beside an export that is read back: numbers of rows are taken from it.
    let lock = match (source.export(), target.location.path()) {
        (Some(_), Some(path)) => ServeLock::take_existing(path)?,
        _ => None,
    };
    let database = open_with(target, lock.as_ref())?;
    if source.export().is_none() {
        db::must_be_whole(&target.location, &target.options)?;
    }
    let _lock = match (lock, source.export(), target.location.path()) {
        (None, Some(_), Some(path)) => Some(ServeLock::take(path)?),
        (lock, ..) => lock,
    };
    // A feed that is watched is imported whole: its watcher ends between two fetches.
    let most = source.export().is_none().then_some(ENDS_WITHIN);
    let ending = (!asked.watch).then(|| Ending::listen(most)).transpose()?;
    let told_to_end = || ending.as_ref().and_then(Ending::code);
    let is_over = ending.as_ref().map(|ending| Arc::clone(&ending.is_over)).unwrap_or_default();
    // Not while its files are written to.
    [Some(&place), scratch.as_ref()].into_iter().flatten().for_each(Place::is_ended_by_caller);
    // It is visible only on a terminal.
    let bar = ProgressBar::no_length();
    let style = ProgressStyle::with_template("{spinner} {pos} records, {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    let reading = Reading {
        expiry: if asked.honour_expiry { Expiry::Honoured } else { Expiry::Kept },
        defaults: cli.settings.article_defaults().into(),
        renderer: cli.settings.embed_hosts.clone(),
        lifts_disclaimers: asked.lift_disclaimers,
        addresses_kept_for: Some(i64::from(cli.settings.kept.addresses) * DAY),
        fixes: asked.fix,
        imports_purged: asked.purged,
        is_over: Some(Arc::clone(&is_over)),
    };
    if let Some(path) = source.export() {
        let (renderer, clock) = (&reading.renderer, &SystemClock);
        let with = Restoring { renderer, clock, is_over: &is_over };
        let done = export::restore(path, &database, with, &mut io::stderr(), &mut |counts| {
            bar.set_position(counts.articles);
        });
        bar.finish_and_clear();
        if let (Err(error), Some(code)) = (&done, told_to_end()) {
            eprintln!("copydesk: {error}");
            return Ok(End::Told(code));
        }
        told(&done?, scratch.is_some(), &place);
        return Ok(End::Whole);
    }
    let entropy = Arc::new(SystemEntropy);
    let done = import::take(source, &database, &reading, entropy, &bar, &mut io::stderr());
    bar.finish_and_clear();
    if let (Err(error), Some(code)) = (&done, told_to_end()) {
        match &scratch {
            Some(_) => eprintln!("copydesk: {error}; a dry run: {} is as it was", place.name()),
            None => eprintln!("copydesk: {error}; import it again to go on"),
        }
        return Ok(End::Told(code));
    }
    let summary = done?;
    told(&summary, scratch.is_some(), &place);
    Ok(if summary.has_refused() { End::Refused } else { End::Whole })
}

/// Tells what was done, or for a dry run would be.
fn told(what: &dyn Display, is_dry: bool, place: &Place) {
    match is_dry {
        true => say(format_args!("{what}; a dry run: {} is as it was", place.name())),
        false => say(format_args!("{what}; into {}", place.name())),
    }
}
