//! Metrics of requests, in the text format of OpenMetrics 1.0, which Prometheus reads.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use actix_web::http::header::HeaderMap;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::headers::RATE_LIMIT_POLICY;
use crate::domain::instant::Instant;

/// The media type of the text.
pub const OPENMETRICS: &str = "application/openmetrics-text";
/// The same with its parameters.
pub const OPENMETRICS_1: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Upper ends of the buckets of a request's time, in seconds: from an answer out of memory to a body that takes its
/// time.
const BUCKETS: [f64; 14] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// A request's labels. The route is the pattern and not the path, so that there are few.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Named {
    limit: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Why {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    result: &'static str,
}

/// What all workers count.
#[derive(Clone)]
pub struct Metrics {
    requests: Family<Request, Histogram, fn() -> Histogram>,
    running: Gauge,
    limited: Family<Named, Counter>,
    held: Family<Why, Counter>,
    refused_connections: Counter,
    backups: Family<Ended, Counter>,
    purges: Family<Ended, Counter>,
    purge_waiting: Gauge,
    last_backup: Gauge,
    backup_size: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            running: Gauge::default(),
            limited: Family::default(),
            held: Family::default(),
            refused_connections: Counter::default(),
            backups: Family::default(),
            purges: Family::default(),
            purge_waiting: Gauge::default(),
            last_backup: Gauge::default(),
            backup_size: Gauge::default(),
        }
    }
}

/// Counts a request as running until it is dropped.
pub(super) struct Running(Gauge);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// The histograms that one worker has used: found without a lock.
#[derive(Default)]
pub struct Used(RefCell<HashMap<String, Vec<(&'static str, u16, Histogram)>>>);

impl Metrics {
    /// A request begins.
    pub(super) fn begin(&self) -> Running {
        self.running.inc();
        Running(self.running.clone())
    }

    /// A request has ended.
    pub(super) fn ended(
        &self,
        used: &Used,
        (method, route, status): (&'static str, &str, u16),
        took: Duration,
    ) {
        let mut used = used.0.borrow_mut();
        let known = used.get(route).and_then(|of_route| {
            of_route.iter().find(|(known, code, _)| *known == method && *code == status)
        });
        if let Some((_, _, histogram)) = known {
            return histogram.observe(took.as_secs_f64());
        }
        let labels = Request { method, route: route.to_owned(), status };
        let histogram = self.requests.get_or_create(&labels).clone();
        histogram.observe(took.as_secs_f64());
        used.entry(route.to_owned()).or_default().push((method, status, histogram));
    }

    /// A request was refused by a rate limit, whose name its headers have.
    pub(super) fn limited(&self, headers: &HeaderMap) {
        let policy = headers.get(RATE_LIMIT_POLICY).and_then(|value| value.to_str().ok());
        let name = policy.and_then(|policy| policy.split('"').nth(1)).unwrap_or("-");
        self.limited.get_or_create(&Named { limit: name.to_owned() }).inc();
    }

    /// A comment waits for a moderator.
    pub fn held(&self, reason: &'static str) {
        self.held.get_or_create(&Why { reason }).inc();
    }

    /// A connection was refused because there are too many.
    pub fn refused_connection(&self) {
        self.refused_connections.inc();
    }

    /// The server makes backups by itself; the newest that is there, with its length and when it was made.
    pub fn backs_up(&self, newest: Option<(u64, Instant)>) {
        // A counter that begins with its first failure would hide that from a rate.
        for result in ["made", "failed"] {
            drop(self.backups.get_or_create(&Ended { result }));
        }
        self.note_backup(newest);
    }

    fn note_backup(&self, newest: Option<(u64, Instant)>) {
        if let Some((length, at)) = newest {
            self.last_backup.set(at.as_micros() / 1_000_000);
            self.backup_size.set(i64::try_from(length).unwrap_or(i64::MAX));
        }
    }

    /// A backup was made, or not: its length and when.
    pub fn backed_up(&self, made: Option<(u64, Instant)>) {
        let result = if made.is_some() { "made" } else { "failed" };
        self.backups.get_or_create(&Ended { result }).inc();
        self.note_backup(made);
    }

    /// The server tells a cache what to drop.
    pub fn purges(&self) {
        for result in ["sent", "failed"] {
            drop(self.purges.get_or_create(&Ended { result }));
        }
    }

    /// A cache was told what to drop, or could not be.
    pub fn purged(&self, is_sent: bool) {
        let result = if is_sent { "sent" } else { "failed" };
        self.purges.get_or_create(&Ended { result }).inc();
    }

    /// Names that a cache is still to be told.
    pub fn purge_waits(&self, names: usize) {
        self.purge_waiting.set(i64::try_from(names).unwrap_or(i64::MAX));
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        let own = self.clone();
        registry.register_with_unit(
            "http_request_duration",
            "Time from a request's head to its response",
            Unit::Seconds,
            own.requests,
        );
        registry.register(
            "http_requests_running",
            "Requests that are read or answered",
            own.running,
        );
        registry.register("rate_limit_refusals", "Requests that a rate limit refused", own.limited);
        registry.register(
            "comments_held",
            "Comments that wait for a moderator, by the reason",
            own.held,
        );
        registry.register(
            "connections_refused",
            "Connections beyond COPYDESK_MAX_CONNECTIONS",
            own.refused_connections,
        );
        registry.register(
            "purges",
            "Requests that told a cache what to drop, or failed to",
            own.purges,
        );
        registry.register(
            "purge_waiting",
            "Names that a cache is still to be told to drop",
            own.purge_waiting,
        );
        registry.register(
            "backups",
            "Backups that the server made by itself, or failed to",
            own.backups,
        );
        registry.register_with_unit(
            "last_backup_timestamp",
            "When the last of them was made (Unix time); 0 for none since the start",
            Unit::Seconds,
            own.last_backup,
        );
        registry.register_with_unit(
            "last_backup_size",
            "Length of the last of them",
            Unit::Bytes,
            own.backup_size,
        );
    }
}
