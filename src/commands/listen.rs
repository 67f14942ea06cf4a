//! The HTTP server: actix's, over connections with deadlines, and up to a number of them.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol};
use actix_rt::net::TcpStream;
use actix_server::{Server, ServerBuilder};
use actix_service::{IntoServiceFactory as _, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::dev::AppConfig;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::exit::{self, CannotListen};
use crate::app::{self, Parts};
use crate::domain::ids::{RequestId, new_id};
use crate::meta;
use crate::web::Operation;
use crate::web::connection::{Connections, HEAD_TIMEOUT, Timed};
use crate::web::refusal::refusal_of_connection;
use crate::web::test_mode::Connection;

/// Connections that may wait to be accepted: with the usual 128, clients beyond them wait a second for another try.
const BACKLOG: i32 = 4096;
/// Most connections at once to the address for metrics: some Prometheus servers, and a person.
const METRICS_CONNECTIONS: usize = 32;
/// Open files that the server needs besides its connections: the database's, on each thread.
const OTHER_FILES: u64 = 256;
/// Open files that the process asks for, as far as it may: more than any newsroom needs.
const FILES_WANTED: u64 = 65_536;
/// How long a client may take to close its side of a connection.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a refused client gets to read its refusal.
const REFUSED_FOR: Duration = Duration::from_secs(2);

/// What a server is limited by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Most connections at once.
    pub connections: usize,
    /// How long an idle one is kept.
    pub keep_alive: Duration,
    /// How long running requests may take to finish once the server is told to stop.
    pub shutdown: Duration,
    /// Threads that answer requests; as many as there are cores by default.
    pub workers: Option<usize>,
}

/// Listens on the address of a setting.
pub(super) fn listen(
    address: SocketAddr,
    setting: &'static str,
) -> Result<TcpListener, CannotListen> {
    let fault = |cause| CannotListen { address, setting, cause };
    let listener = TcpListener::bind(address).map_err(fault)?;
    rustix::net::listen(&listener, BACKLOG).map_err(|error| fault(error.into()))?;
    Ok(listener)
}

/// The number of connections that the system lets this process have, at most `wanted`. It asks the system for as many
/// open files as it may have: the usual limit is 1,024.
pub(super) fn connections_possible(wanted: usize) -> usize {
    let files = getrlimit(Resource::Nofile);
    let most = files.maximum.unwrap_or(u64::MAX).min(FILES_WANTED);
    let now = files.current.unwrap_or(u64::MAX);
    if now < most {
        let asked = Rlimit { current: Some(most), maximum: files.maximum };
        if let Err(error) = setrlimit(Resource::Nofile, asked) {
            log::warn!("the limit of open files stays at {now} ({error})");
        }
    }
    let now = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let possible = usize::try_from(now.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX).max(1);
    if possible < wanted {
        log::warn!(
            "COPYDESK_MAX_CONNECTIONS is {wanted}, and the system allows {possible}: raise the limit of open files (`ulimit -n`, LimitNOFILE)"
        );
    }
    possible.min(wanted)
}

/// The server, not running yet. `for_metrics` is a second address, which answers `/metrics` without a key.
pub(super) fn server(
    (listener, for_metrics): (TcpListener, Option<TcpListener>),
    parts: &Parts,
    limits: Limits,
) -> io::Result<Server> {
    let mut builder = Server::build().disable_signals().shutdown_timeout(limits.shutdown.as_secs());
    if let Some(workers) = limits.workers {
        builder = builder.workers(workers);
    }
    let place = (listener, parts.connections.clone());
    builder = serving(builder, place, parts.clone(), limits, Parts::operations)?;
    if let Some(listener) = for_metrics {
        let limits = Limits { connections: METRICS_CONNECTIONS, ..limits };
        // Counted apart: also a server that has no connection free for a client is watched.
        let place = (listener, Connections::default());
        let operations = |_: &Parts| meta::operations_of_metrics();
        builder = serving(builder, place, parts.clone(), limits, operations)?;
    }
    Ok(builder.run())
}

fn serving(
    builder: ServerBuilder,
    (listener, connections): (TcpListener, Connections),
    parts: Parts,
    limits: Limits,
    operations: fn(&Parts) -> Vec<Operation>,
) -> io::Result<ServerBuilder> {
    let address = listener.local_addr()?;
    let in_test_mode = parts.test_mode().is_some();
    let stops = builder.graceful_shutdown_signal();
    builder.listen("copydesk", listener, move || {
        let services = parts.services().unwrap_or_else(|error| {
            // A worker is one more connection, and a server may have none left.
            let code = exit::of(error.reason()).code;
            eprintln!("copydesk: {error}");
            std::process::exit(code.into())
        });
        let app = app::build(services, operations(&parts)).into_factory();
        let app = app.map_err(|error: actix_web::Error| error.error_response());
        let stops = stops.clone();
        let http = HttpService::build()
            // Idle connections end with the server.
            .graceful_shutdown_signal(move || {
                let stops = stops.clone();
                async move { stops.notified().await }
            })
            .client_disconnect_timeout(DISCONNECT_TIMEOUT)
            .keep_alive(limits.keep_alive)
            .client_request_timeout(HEAD_TIMEOUT)
            .local_addr(address)
            .on_connect_ext(move |stream: &Timed, data| {
                let connection = in_test_mode.then(|| Connection::of(stream.stream()));
                if let Some(connection) = connection.flatten() {
                    data.insert(connection);
                }
            })
            .finish(map_config(app, |()| AppConfig::default()));
        let (connections, metrics) = (connections.clone(), parts.metrics.clone());
        let (clock, entropy) = (Arc::clone(&parts.clock), Arc::clone(&parts.entropy));
        let accept = move |stream: TcpStream| {
            let slot = connections.take(limits.connections).ok_or_else(|| {
                metrics.refused_connection();
                RequestId::new(new_id(clock.now(), entropy.as_ref()))
            });
            async move {
                match slot {
                    Ok(slot) => {
                        let stream = Timed::new(stream, slot);
                        let peer = stream.peer();
                        Ok((stream, Protocol::Http1, peer))
                    }
                    Err(id) => {
                        // A client that gives up is no error.
                        let _ = tokio::time::timeout(REFUSED_FOR, refuse(stream, id)).await;
                        Err(DispatchError::DisconnectTimeout)
                    }
                }
            }
        };
        fn_service(accept).and_then(http)
    })
}

/// Tells a client that there are too many, and waits until it has read that: closing earlier would reset the connection.
async fn refuse(mut stream: TcpStream, id: RequestId) -> io::Result<()> {
    let mut request = [0; 4096];
    // What it asks for decides nothing, but has to be taken.
    let _ = stream.read(&mut request).await?;
    stream.write_all(refusal_of_connection(id).as_bytes()).await?;
    stream.shutdown().await?;
    while stream.read(&mut request).await? > 0 {}
    Ok(())
}
