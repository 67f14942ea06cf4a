//! Reading the audit.

use super::api::AuditEvent;
use super::{ListAudit, store};
use crate::problem::Problem;
use crate::web::paging::{Listing, Page};
use crate::web::{Call, Reply};

const LIST_PATH: &str = "/v1/audit";

/// Read the audit
///
/// Keys that were created and revoked, requests with wrong keys, addresses that were blocked; the newest
/// first. Events are kept for `COPYDESK_KEEP_AUDIT` days, digests of addresses for
/// `COPYDESK_KEEP_ADDRESSES` days.
#[utoipa::path(get, path = "/v1/audit", responses((status = 200, description = "A page of the audit.", body = [AuditEvent])))]
pub async fn list_audit(call: Call<(), ListAudit>) -> Result<Reply, Problem> {
    let query = &call.query;
    let wanted = store::Wanted { event: query.event, since: query.since };
    let listing = Listing::of(LIST_PATH, query);
    let before = listing.start(&query.cursor, i64::MAX)?;
    let db = &call.services.db;
    let rows = db.read(|conn| Ok(store::select_page(conn, wanted, before, query.limit.0 + 1)?))?;
    let total = match query.count.0 {
        true => Some(db.search(move |conn| Ok(store::count(conn, wanted)?)).await?),
        false => None,
    };
    let page = Page::of(rows, query.limit, |row| listing.seal(&row.id)).map(AuditEvent::from);
    Reply::page(&call, page, total, query.fields.names(), &["id"])
}
