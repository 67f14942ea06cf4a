//! What the database counts about itself.

use std::fs;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use super::Shared;
use super::lasting::Target;
use super::sqlite::beside;

/// Counters of the writer and of the side pool.
#[derive(Clone)]
pub struct DatabaseMetrics {
    /// Units that wait for the writer.
    pub(super) waiting_writes: Gauge,
    /// Units in one transaction.
    pub(super) batch: Histogram,
    /// Seconds from the begin of a transaction to the end of its commit.
    pub(super) commit: Histogram,
    /// Transactions that failed.
    pub(super) failed: Counter,
    /// Searches that wait or run.
    pub(super) searches: Gauge,
    /// Seconds of a search, without the wait for its turn.
    pub(super) search: Histogram,
    /// Searches that were refused: the queue was full, or their time was over.
    pub(super) refused_searches: Counter,
}

impl Default for DatabaseMetrics {
    fn default() -> Self {
        Self {
            waiting_writes: Gauge::default(),
            batch: Histogram::new(exponential_buckets(1.0, 2.0, 9)),
            commit: Histogram::new(exponential_buckets(0.000_25, 2.0, 14)),
            failed: Counter::default(),
            searches: Gauge::default(),
            search: Histogram::new(exponential_buckets(0.000_5, 2.0, 11)),
            refused_searches: Counter::default(),
        }
    }
}

/// Adds `took` to a histogram of seconds.
pub(super) fn observe(histogram: &Histogram, took: Duration) {
    histogram.observe(took.as_secs_f64());
}

impl Shared {
    /// Registers what the database counts, and the lengths of its files now.
    pub(super) fn register_metrics(&self, registry: &mut Registry) {
        let counted = self.metrics.clone();
        registry.register(
            "write_queue_length",
            "Writes that wait for the writer",
            counted.waiting_writes,
        );
        registry.register("write_batch_size", "Writes that were committed together", counted.batch);
        registry.register_with_unit(
            "write_transaction",
            "Time of a transaction, with its commit to the disk",
            Unit::Seconds,
            counted.commit,
        );
        registry.register(
            "write_transaction_failures",
            "Transactions that failed: a full disk, a fault of the disk, another writer",
            counted.failed,
        );
        registry.register(
            "search_queue_length",
            "Searches and counts that wait or run",
            counted.searches,
        );
        registry.register_with_unit(
            "search",
            "Time of a search or count, without the wait for its turn",
            Unit::Seconds,
            counted.search,
        );
        registry.register(
            "search_refused",
            "Searches and counts that got no turn, or no end, in time",
            counted.refused_searches,
        );
        let Target::File(place) = &self.target else {
            return;
        };
        let (path, _) = place.present();
        let length = |path| {
            let gauge = <Gauge>::default();
            let found = fs::metadata(path).map_or(0, |found| found.len());
            gauge.set(i64::try_from(found).unwrap_or(i64::MAX));
            gauge
        };
        let log = length(beside(&path, "wal"));
        registry.register_with_unit(
            "database_file_size",
            "Length of the database file",
            Unit::Bytes,
            length(path),
        );
        registry.register_with_unit(
            "database_log_size",
            "Length of the write-ahead log (-wal)",
            Unit::Bytes,
            log,
        );
    }
}
