//! The audit: who was given access, who took it away, and who tried to get it without.

pub mod api;
mod handlers;
mod store;
pub mod words;

use std::net::IpAddr;

use crate::db::Conn;
use crate::db::secret::site_secret;
use crate::domain::instant::Instant;
use crate::domain::scope::Scope;
use crate::problem::Problem;
use crate::web::Operation;
use crate::web::address::digest_of;
use crate::web::caller::Actor;
use crate::web::query::{Count, Cursor, Fields, Limit};
use crate::{operation, query};

pub use store::{Happened, forget};
use words::Event;

query! {
    /// The audit.
    pub struct ListAudit {
        limit: Limit,
        cursor: Cursor,
        count: Count,
        fields: Fields<api::AuditEvent>,
        /// Only events of this kind.
        event: Option<Event>,
        /// Only events at this instant or later.
        since: Option<Instant>,
    }
}

/// The operations.
#[must_use]
pub fn operations() -> Vec<Operation> {
    vec![operation!(handlers::[__path_list_audit, list_audit]).scope(&[Scope::AuditRead])]
}

/// Records an event, in the transaction of what it is about.
///
/// # Errors
/// A database fault.
pub fn record(
    conn: &mut Conn,
    happened: Happened<'_>,
    by: Actor<'_>,
    now: Instant,
) -> Result<(), Problem> {
    Ok(store::insert(conn, &happened, by, now)?)
}

/// Records a wrong key from an address: the hour's first in a row of its own.
///
/// # Errors
/// A database fault.
pub fn record_wrong_key(conn: &mut Conn, address: IpAddr, now: Instant) -> Result<(), Problem> {
    let address = digest_of(&site_secret(conn)?, address);
    Ok(store::count_wrong_key(conn, &address, now)?)
}
