//! `copydesk serve`: the life of the server, from start to end.

use std::error::Error;
use std::io::Write as _;
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use super::backup::Schedule;
use super::exit::{self, WrongSetting};
use super::first_key::{FirstKey, first_key};
use super::housekeeping::{self, Retention};
use super::listen;
use super::place::Place;
use super::signals::{Signals, Told};
use super::test_mode::{self, Fixtures};
use super::{Ended, ensure, failed, wait_for};
use crate::app::Parts;
use crate::articles;
use crate::changes::{self, Following};
use crate::comments::policy::{Holds, Names, Policy};
use crate::comments::{self, WordList};
use crate::db::{self, Conn, Db, ServeLock, Shared, Touched};
use crate::disclaimers;
use crate::domain::ids::{Entropy, SystemEntropy, new_id};
use crate::domain::instant::{Clock, DAY, HOUR, SystemClock};
use crate::logging;
use crate::outgoing::Reach;
use crate::purge::Purger;
use crate::settings::{self, Cli, Settings, Site};
use crate::web::answers::Answers;
use crate::web::cors::Cors;
use crate::web::limit::Limit;
use crate::web::live::{Live, LiveSettings};
use crate::web::publishing::Publishing;
use crate::webhooks;

/// Seconds that running requests get to finish once the server is told to stop.
const SHUTDOWN_SECONDS: u64 = 10;

/// How long a server that was told to stop goes on with `Connection: close`: as long as a client that has just
/// connected, or sent its next request, needs to be heard.
const STOP_GRACE: Duration = Duration::from_millis(200);

/// How often to check, and how long to pause, while waiting for the workers at the end: ten
/// seconds in all, as threads end late on a busy machine, and only the last connection to close
/// checkpoints the WAL.
const CLOSING_CHECKS: usize = 1_000;
const CLOSING_PAUSE: Duration = Duration::from_millis(10);

/// Bytes in a MiB.
const MEBIBYTE: usize = 1024 * 1024;

/// Content that a newsroom is filled with before it is served.
pub(super) struct Content {
    /// Fills the fresh database.
    pub fill: fn(&Db, Arc<dyn Entropy>) -> Result<(), Box<dyn Error>>,
    /// Text to print below the address, for a URL and a key.
    pub guide: fn(&str, &str) -> String,
}

/// A guide that is printed once the address is known.
struct Guide {
    text: fn(&str, &str) -> String,
    given_key: Option<String>,
}

pub(super) fn run(cli: &Cli, content: Option<&Content>) -> Ended {
    db::assert_sqlite()?;
    let list = cli.settings.hold_words.as_deref();
    let words = list.map(WordList::open).transpose().map_err(|why| {
        let name = "COPYDESK_HOLD_WORDS (--hold-words)";
        WrongSetting { name, why }
    })?;
    let admin_key = cli.admin_key()?;
    let test = test_mode::Start::of(cli, admin_key.as_ref())?;
    // Before anything is made: a start that cannot listen leaves nothing behind.
    let listener = listen::listen(cli.settings.listen, "--listen")?;
    let for_metrics = cli
        .settings
        .metrics_listen
        .map(|address| listen::listen(address, "--metrics-listen"))
        .transpose()?;
    let mut place = Place::of(cli)?;
    if !place.keeps_nothing() {
        place.options.on_disk_fault = Some(end_at_once);
    }
    place.options.replica = replica(cli, &place)?;
    place.options.watches = true;
    // An existing file is locked before it is migrated, a new one once it is created.
    let lock = match place.location.path() {
        Some(path) => ServeLock::take_existing(path)?,
        None => None,
    };
    let schedule = Schedule::of(cli, &place)?;
    log::info!("copydesk {} starts", env!("CARGO_PKG_VERSION"));
    let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) = match &test {
        Some(test) => (Arc::clone(&test.mode.clock) as _, Arc::clone(&test.mode.entropy) as _),
        None => (Arc::new(SystemClock), Arc::new(SystemEntropy)),
    };
    let ensured = ensure(&place, lock.as_ref())?;
    let _lock = match (lock, place.location.path()) {
        (None, Some(path)) => Some(ServeLock::take(path)?),
        (lock, _) => lock,
    };
    db::must_be_whole(&place.location, &place.options)?;
    let shared = Shared::open(&place.location, place.options.clone(), Arc::clone(&clock))?;
    drop(ensured);
    super::reindex(&Db::new(&shared)?)?;
    if let Some(content) = content {
        (content.fill)(&Db::new(&shared)?, Arc::clone(&entropy))?;
    }
    // A guide prints the key in its lines. Its newsroom ends with the process.
    let guide = content.map(|content| Guide {
        text: content.guide,
        given_key: admin_key.as_ref().map(|key| key.reveal().to_owned()),
    });
    let mut parts = Parts::new(Arc::clone(&shared), clock, entropy, admin_key);
    parts.comments = Arc::new(comment_policy(&cli.settings, &parts.clock, words));
    parts.defaults = cli.settings.article_defaults().into();
    parts.answers = Arc::new(Answers::new(cli.settings.cache_size as usize * MEBIBYTE));
    parts.following = Arc::new(Following::with_at_most(cli.settings.max_streams as usize));
    parts.webhooks = Arc::new(webhooks::Sender::new(cli.settings.webhooks));
    parts.publishing = Arc::new(publishing(&cli.settings));
    parts.answers_kept_for = i64::from(cli.settings.kept.answers) * HOUR;
    if !cli.keeps_nothing() {
        let limit = Limit::new("wrong-keys", cli.settings.wrong_keys_per_minute, &parts.clock);
        parts.key_uses.limit_wrong(limit);
    }
    parts.live.change(|live| *live = live_settings(cli));
    let parts = parts.known_as(cli.settings.public_url.clone().unwrap_or_default());
    let (parts, fixtures) = match test {
        Some(test) => test_mode::set_up(test, parts),
        None => (parts, None),
    };
    let serving =
        serve((listener, for_metrics), &place, parts, &cli.settings, (guide, fixtures, schedule));
    // Nobody copies what keeps nothing.
    let notes = !place.keeps_nothing();
    if notes {
        wait_for(shared.note_served(true))?.map_err(failed)?;
    }
    let served = actix_web::rt::System::new().block_on(serving);
    db::end_soon();
    // A scheduled backup ends with the process.
    db::abandon_unfinished();
    close(&shared);
    if notes && let Err(problem) = wait_for(shared.note_served(false))? {
        log::error!("the file could not be closed in order: {}", failed(problem));
    }
    let presence = shared.presence();
    drop(shared);
    match presence.map_or(Ok(None), |presence| presence.put_log_aside()) {
        Ok(None) => {}
        Ok(Some(aside)) => log::warn!(
            "{} was replaced while it was served; the log of the file that was served is {} now: rename it with that file to use both again",
            place.location,
            aside.display()
        ),
        Err(error) => log::error!(
            "the log of a file that was replaced stays beside the new one ({error}): move it away before the next start"
        ),
    }
    served.map(|()| ExitCode::SUCCESS)
}

/// The replica that reads may go to.
fn replica(cli: &Cli, place: &Place) -> Result<Option<Arc<db::Server>>, WrongSetting> {
    match (&cli.settings.replica_url, place.location.path()) {
        (Some(_), Some(_)) => Err(WrongSetting {
            name: "COPYDESK_REPLICA_URL (--replica-url)",
            why: "a database in a file has no replica; name a server in DATABASE_URL too"
                .to_owned(),
        }),
        (replica, _) => Ok(replica.clone().map(Arc::new)),
    }
}

/// Workers for each core with a database on a server: a statement is a round trip, for which a worker waits.
const WORKERS_PER_CORE_ON_SERVER: usize = 4;

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The settings that a running server takes anew at SIGHUP.
fn live_settings(cli: &Cli) -> Live {
    let Settings {
        cors_origins,
        require_if_match,
        embed_hosts,
        trusted_proxies,
        shared_max_age,
        ..
    } = &cli.settings;
    Live {
        cors: Cors {
            any_may_read: cli.settings.listen.ip().is_loopback() || cli.keeps_nothing(),
            origins: cors_origins.clone(),
            // Pages under test may be made to send `Prefer`.
            own_headers: [
                comments::REQUEST_HEADERS,
                if cli.settings.test { &["Prefer"] } else { &[] },
            ]
            .concat(),
        },
        require_if_match: *require_if_match,
        shared_max_age: *shared_max_age,
        renderer: embed_hosts.clone(),
        proxies: trusted_proxies.clone(),
    }
}

/// What the newsroom tells readers of itself, from the settings.
fn publishing(settings: &Settings) -> Publishing {
    let Site { name, home, pages, hub } = settings.site.clone();
    Publishing { name, language: settings.language.to_string(), home, pages, hub }
}

/// The policy for comments from the settings.
fn comment_policy(settings: &Settings, clock: &Arc<dyn Clock>, words: Option<WordList>) -> Policy {
    let some = |number: u16| (number > 0).then_some(i64::from(number));
    Policy {
        close_after: some(settings.comments_close_after).map(|days| days * DAY),
        comment_limit: Limit::new("comments", settings.comments_per_minute, clock),
        article_limit: Limit::new("article", settings.article_comments_per_minute, clock),
        report_limit: Limit::new("reports", settings.comments_per_minute, clock),
        holds: Holds {
            links: settings.hold_links.map(usize::from),
            words: words.map(|list| Arc::new(move |text: &str| list.is_in(text)) as Names),
            first_comment: settings.hold_first_comment,
            flood: some(settings.hold_flood),
            reports: some(settings.hold_reports),
        },
        addresses_kept_for: Some(i64::from(settings.kept.addresses) * DAY),
        forgot_at: AtomicI64::new(0),
    }
}

/// How long the answers to the last writes get to go out.
const ANSWERS_GO_OUT: Duration = Duration::from_millis(100);

/// Ends the process without closing the database: a write or a sync of its file has failed. What the system holds of the
/// file may not be what is on the disk, and a later sync would not say so. The log is whole up to the last answer. The
/// next start reads all of it anew.
fn end_at_once() {
    log::error!(
        "the disk has failed: the server ends here, so that nothing is built on what may not be on it. Look at the disk, then start again"
    );
    std::thread::sleep(ANSWERS_GO_OUT);
    std::process::exit(exit::DISK_FAILED.code.into());
}

/// Waits until the workers have closed the database: the last connection to close checkpoints the
/// WAL. actix does not wait for its threads.
fn close(shared: &Arc<Shared>) {
    for _ in 0..CLOSING_CHECKS {
        if Arc::strong_count(shared) == 1 {
            return;
        }
        std::thread::sleep(CLOSING_PAUSE);
    }
    log::warn!("a worker still holds the database; its log is taken back at the next start");
}

async fn serve(
    (listener, for_metrics): (TcpListener, Option<TcpListener>),
    place: &Place,
    parts: Parts,
    settings: &Settings,
    (guide, fixtures, schedule): (Option<Guide>, Option<Fixtures>, Option<Schedule>),
) -> Result<(), Box<dyn Error>> {
    let for_key = &parts;
    let stopping = Arc::clone(&parts.stopping);
    let address = listener.local_addr()?;
    let in_test_mode = for_key.test_mode().is_some();
    let limits = listen::Limits {
        connections: listen::connections_possible(settings.max_connections as usize),
        keep_alive: Duration::from_secs(settings.keep_alive.into()),
        shutdown: Duration::from_secs(if in_test_mode { 1 } else { SHUTDOWN_SECONDS }),
        // With several, the order in which requests are answered would be another on each run.
        workers: match (in_test_mode, settings.workers) {
            (true, _) => Some(1),
            (false, Some(given)) => Some(given.into()),
            (false, None) if place.location.path().is_none() => {
                Some(cores() * WORKERS_PER_CORE_ON_SERVER)
            }
            (false, None) => None,
        },
    };
    let database = Db::new(&for_key.shared)?;
    // Before all other writes: it notes how far the newsroom was.
    if !place.keeps_nothing() {
        let epoch = new_id(for_key.clock.now(), for_key.entropy.as_ref()).simple().to_string();
        let begin =
            move |conn: &mut Conn, _| Ok((changes::begin_epoch(conn, &epoch)?, Touched::Nothing));
        database.write_touching(begin).await.map_err(failed)?;
    }
    // Only now: a key created by a start that then fails would never be shown to anyone.
    let first_key = match for_key.has_admin_key {
        true => None,
        false => first_key(for_key, place, settings.admin_key_file.as_deref()).await?,
    };
    let language = settings.language.to_string();
    if let Some(mode) = for_key.test_mode() {
        test_mode::seed(&database, mode).await?;
    }
    database
        .write(move |conn, now| {
            match disclaimers::store::note_site_language(conn, &language, now)? {
                true => changes::record_names(conn, &language, now),
                false => Ok(()),
            }
        })
        .await
        .map_err(failed)?;
    if let Some(mode) = for_key.test_mode() {
        test_mode::begin(for_key, mode, fixtures).await?;
    }
    let for_metrics = match for_metrics {
        Some(listener) => {
            log::info!("metrics at http://{}/metrics", listener.local_addr()?);
            Some(listener)
        }
        None => None,
    };
    let running = listen::server((listener, for_metrics), &parts, limits)?;
    let handle = running.handle();
    let mut signals = Signals::listen(settings.watch_stdin)?;
    place.is_ended_by_caller();
    let (live, mode) = (Arc::clone(&for_key.live), for_key.test_mode().cloned());
    let grace = if place.keeps_nothing() { Duration::ZERO } else { STOP_GRACE };
    actix_web::rt::spawn(async move {
        while signals.next().await == Told::Reload {
            reload(&live);
        }
        log::info!("stopping: no new connections, running requests are finished");
        stopping.store(true, Ordering::Relaxed);
        if let Some(mode) = mode {
            mode.interrupt();
        }
        // Answers say that their connections end; who is just connecting is still answered.
        tokio::time::sleep(grace).await;
        handle.stop(true).await;
    });
    let url = format!("http://{address}");
    log::info!("listening at {url}");
    announce(&url, place, first_key.as_ref(), guide);
    // In test mode the order of writes is that of the requests.
    match in_test_mode {
        true => drop(database),
        false => {
            drop(actix_web::rt::spawn(housekeeping::run(database, Retention::of(settings))));
            if settings.webhooks != Reach::Nowhere {
                // Servers that share a database share the webhooks too.
                let name = place.location.path().is_none();
                let name =
                    name.then(|| new_id(parts.clock.now(), parts.entropy.as_ref()).to_string());
                let follower = parts.webhook_follower(Db::new(&parts.shared)?, name);
                drop(actix_web::rt::spawn(follower.run(Arc::clone(&parts.stopping))));
            }
        }
    }
    // In test mode nothing is written but by requests.
    let purger = match settings.purging.cache().filter(|_| !in_test_mode) {
        Some(cache) => {
            let (clock, metrics) = (Arc::clone(&parts.clock), parts.metrics.clone());
            let database = Db::new(&parts.shared)?;
            Some(Purger::start(database, clock, articles::write::catch_up, cache, metrics)?)
        }
        None => None,
    };
    if let Some(schedule) = schedule {
        let (metrics, clock) = (parts.metrics.clone(), Arc::clone(&parts.clock));
        metrics.backs_up(schedule.newest());
        drop(actix_web::rt::spawn(schedule.keep_making(move |made| {
            metrics.backed_up(made.ok().map(|made| (made.length, clock.now())));
        })));
    }
    running.await?;
    if let Some(purger) = purger {
        purger.finish().await;
    }
    log::info!("stopped");
    Ok(())
}

/// Reads the settings again, and takes those that a running server can change. If one is wrong, all
/// stay as they are.
fn reload(live: &LiveSettings) {
    match settings::read() {
        Ok(cli) => {
            logging::change(&cli.settings.rust_log, cli.settings.log_format);
            // The address that is served stays, and whom it is open to.
            live.change(|live| {
                let any_may_read = live.cors.any_may_read;
                *live = live_settings(&cli);
                live.cors.any_may_read = any_may_read;
            });
            log::info!(
                "reloaded: the log filter and format, CORS origins, trusted proxies, embed hosts, If-Match, shared max-age; \
                 other settings need a restart"
            );
        }
        Err(refusal) => {
            let why = refusal.to_string();
            let why = why.strip_prefix("copydesk: ").unwrap_or(&why);
            log::error!("not reloaded, nothing is changed: {why}");
        }
    }
}

/// The address is alone on the first line, for programs; the rest is for people.
fn announce(url: &str, place: &Place, first_key: Option<&FirstKey>, guide: Option<Guide>) {
    let mut text = format!("{url}\ndocs       {url}/docs\ndatabase   {}\n", place.name());
    match first_key.map(|key| (key, &key.file)) {
        Some((_, Some(file))) => {
            text.push_str(&format!("admin key  in {}   (readable by you alone)\n", file.display()));
        }
        Some((FirstKey { key, .. }, None)) => {
            text.push_str(&format!("admin key  {key}   (shown this once: keep it)\n"));
        }
        None => {}
    }
    if let Some(guide) = guide {
        let key = guide.given_key.as_deref().or(first_key.map(|key| key.key.as_str()));
        text.push_str(&(guide.text)(url, key.unwrap_or_default()));
    }
    // A program that reads only the first line may close the pipe: no reason to stop.
    let mut out = std::io::stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
