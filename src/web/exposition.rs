//! The text of all metrics.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::call::Services;
use crate::problem::Problem;

/// The prefix of all names.
const PREFIX: &str = "copydesk";

/// All metrics as text.
///
/// # Errors
/// `internal` if they cannot be written.
pub fn text(services: &Services) -> Result<String, Problem> {
    let mut registry = Registry::with_prefix(PREFIX);
    services.metrics.register(&mut registry);
    services.db.register_metrics(&mut registry);
    let gauge = |value: usize| {
        let gauge = <Gauge>::default();
        gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        gauge
    };
    registry.register(
        "connections",
        "Connections that are open",
        gauge(services.connections.number()),
    );
    let given = <Counter>::default();
    given.inc_by(services.answers.given());
    registry.register(
        "http_responses_from_memory",
        "Responses that were given from the response cache",
        given,
    );
    registry.register_with_unit(
        "response_cache_size",
        "Memory of the response cache",
        Unit::Bytes,
        gauge(usize::try_from(services.answers.bytes()).unwrap_or(usize::MAX)),
    );
    registry.register_with_unit(
        "request_bodies_size",
        "Memory of request bodies that are being read",
        Unit::Bytes,
        gauge(services.bodies.bytes()),
    );
    let ready = usize::from(services.readiness().is_ok());
    registry.register("ready", "1 if /readyz is 200", gauge(ready));
    let mut text = String::new();
    encode(&mut text, &registry).map_err(Problem::internal)?;
    Ok(text)
}
