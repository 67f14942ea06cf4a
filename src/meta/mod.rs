//! The server about itself: problems explained, the document, its page, health.

mod handlers;

use crate::domain::scope::Scope;
use crate::problem::Code;
use crate::web::Operation;
use crate::web::metrics::OPENMETRICS;
use crate::web::path::Name;
use crate::web::reply::JSON;
use crate::{operation, path_values};

path_values! {
    /// A file of the documentation page.
    pub struct AssetPath(Name) = "asset", "docs.js";
    /// The problem's code.
    pub struct CodePath(Name) = "code", "slug_taken";
}

/// Media type of a page.
pub const HTML: &str = "text/html";
/// Media type of a set of links (RFC 9264 section 4.2).
pub const LINKSET: &str = "application/linkset+json";

/// The operations, in URL order.
#[must_use]
pub fn operations() -> Vec<Operation> {
    vec![
        operation!(handlers::[__path_read_index, read_index]).open().produces(&[JSON, HTML]),
        operation!(handlers::[__path_read_api_catalog, read_api_catalog])
            .open()
            .produces(&[LINKSET]),
        operation!(handlers::[__path_read_docs, read_docs]).open().produces(&[HTML]),
        operation!(handlers::[__path_read_docs_asset, read_docs_asset])
            .open()
            .produces(&[])
            .fails(&[Code::RouteNotFound])
            .hidden(),
        operation!(handlers::[__path_check_health, check_health]).open(),
        operation!(handlers::[__path_read_openapi, read_openapi]).open(),
        operation!(handlers::[__path_list_problems, list_problems]).open().produces(&[JSON, HTML]),
        operation!(handlers::[__path_read_problem, read_problem])
            .open()
            .produces(&[JSON, HTML])
            .fails(&[Code::ProblemNotFound]),
        readiness(),
        metrics().scope(&[Scope::MetricsRead]),
    ]
}

/// The operations on the address for metrics, which need no key there.
#[must_use]
pub fn operations_of_metrics() -> Vec<Operation> {
    vec![metrics().open(), readiness()]
}

fn readiness() -> Operation {
    operation!(handlers::[__path_check_readiness, check_readiness]).open().fails(&[
        Code::Overloaded,
        Code::DatabaseReplaced,
        Code::DatabaseDamaged,
        Code::ShuttingDown,
    ])
}

fn metrics() -> Operation {
    operation!(handlers::[__path_read_metrics, read_metrics]).produces(&[OPENMETRICS])
}

pub use handlers::{ApiCatalog, Health, Index, ProblemEntry, ProblemList};
