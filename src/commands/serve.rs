//! `copydesk serve`: the server, from its first line to its last.

use std::error::Error;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix_web::HttpServer;

use crate::access::make_first_key;
use crate::app::{self, Parts};
use crate::db::{self, Db, Options, ServeLock, Shared};
use crate::domain::ids::{Entropy, SystemEntropy};
use crate::domain::instant::{Clock, SystemClock};
use crate::settings::Settings;

/// Seconds for which running requests may go on once the server is told to stop.
const SHUTDOWN_SECONDS: u64 = 10;

/// How often and how long to wait for the workers at the end: two seconds in all.
const CLOSING_CHECKS: usize = 200;
const CLOSING_PAUSE: std::time::Duration = std::time::Duration::from_millis(10);

pub(super) fn run(settings: &Settings) -> Result<(), Box<dyn Error>> {
    db::assert_sqlite()?;
    let path = &settings.database_url;
    let _lock = ServeLock::take(path)?;
    let applied = db::ensure_file(path, &Options::default())?;
    for migration in applied {
        log::info!("applied migration {migration}");
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let shared = Shared::open(path, Options::default(), Arc::clone(&clock))?;
    let mut parts = Parts::new(Arc::clone(&shared), clock, entropy, settings.admin_key()?);
    parts.cors_reads = settings.listen.ip().is_loopback();
    let served = actix_web::rt::System::new().block_on(serve(settings, parts));
    close(&shared);
    served
}

/// Waits until the workers have let go of the database: the last connection to
/// close takes the log back into the file. actix does not wait for its threads.
fn close(shared: &Arc<Shared>) {
    for _ in 0..CLOSING_CHECKS {
        if Arc::strong_count(shared) == 1 {
            return;
        }
        std::thread::sleep(CLOSING_PAUSE);
    }
    log::warn!("a worker still holds the database; its log is taken back at the next start");
}

async fn serve(settings: &Settings, parts: Parts) -> Result<(), Box<dyn Error>> {
    let stopping = Arc::clone(&parts.stopping);
    let for_key = parts.clone();
    let server = HttpServer::new(move || {
        let services = parts
            .services()
            .expect("the database that was just opened opens once more");
        app::build(services, app::operations())
    })
    .shutdown_timeout(SHUTDOWN_SECONDS)
    // Otherwise small answers wait for the client's delayed acknowledgement.
    .tcp_nodelay(true)
    .disable_signals()
    .bind(settings.listen)
    .map_err(|error| {
        format!(
            "{} cannot be listened on ({error}); choose another with --listen.",
            settings.listen
        )
    })?;
    let address = server.addrs().first().copied().unwrap_or(settings.listen);
    // Only now: a key that was made before an address was refused would be shown to nobody.
    let first_key = match settings.admin_key()? {
        Some(_) => None,
        None => first_key(&for_key).await?,
    };
    let running = server.run();
    let handle = running.handle();
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let mut interrupt = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?;
    actix_web::rt::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        log::info!("stopping: no new connections, running requests are finished");
        stopping.store(true, Ordering::Relaxed);
        handle.stop(true).await;
    });
    announce(address, settings, first_key.as_deref());
    running.await?;
    log::info!("stopped");
    Ok(())
}

async fn first_key(parts: &Parts) -> Result<Option<String>, Box<dyn Error>> {
    let database = Db::new(&parts.shared)?;
    let entropy = Arc::clone(&parts.entropy);
    let made = database
        .write(move |conn, now| make_first_key(conn, now, entropy.as_ref()))
        .await;
    Ok(made
        .map_err(|problem| problem.cause().unwrap_or(problem.detail()).to_owned())?
        .map(|key| key.reveal()))
}

/// The address stands alone on the first line, for programs; the rest is for people.
fn announce(address: std::net::SocketAddr, settings: &Settings, first_key: Option<&str>) {
    let mut text = format!(
        "http://{address}\ndocs       http://{address}/docs\ndatabase   {}\n",
        settings.database_url.display()
    );
    if let Some(key) = first_key {
        text.push_str(&format!("admin key  {key}   (shown this once: keep it)\n"));
    }
    // A program that reads the first line may close the pipe: no reason to stop.
    let mut out = std::io::stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
