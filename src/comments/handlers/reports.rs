//! What readers report of comments.

use diesel::sqlite::SqliteConnection;

use super::{find, forget_some_addresses, not_found};
use crate::articles::ladder::Sight;
use crate::comments::api::{HeldBy, Report, ReportInput, State};
use crate::comments::store::{self, Decided};
use crate::comments::token;
use crate::db::secret::site_secret;
use crate::domain::instant::Instant;
use crate::problem::Problem;
use crate::web::limit::key_of;
use crate::web::paging::{Listing, Page};
use crate::web::scope::Scope;
use crate::web::{Call, Caller, Reply};

/// Report a comment
///
/// Anyone may, of a comment that is shown. Whoever reports it again is not counted again. Where the newsroom
/// has set a number, so many reports hold it for a moderator.
#[utoipa::path(post, path = "/v1/comments/{comment}/reports", responses((status = 204, description = "It is noted.")))]
pub async fn report_comment(call: Call) -> Result<Reply, Problem> {
    let id = call.id("comment")?;
    let input: ReportInput = call.body_or_nothing()?;
    let caller = call.caller.clone();
    let address = call.address;
    let site = std::sync::Arc::clone(&call.services.site);
    if let (Some(limit), Some(address)) = (&site.report_limit, address)
        && !caller.may(Scope::CommentsWrite)
    {
        limit.check(&key_of(address))?;
    }
    let work = move |conn: &mut SqliteConnection, now: Instant| {
        let seen = find(conn, id, Sight::of(&caller, now), None)?;
        if seen.row.state != State::Published.word() {
            return Err(not_found(id));
        }
        let reporter = match (&caller, address) {
            (Caller::Admin, _) => "admin".to_owned(),
            (Caller::Key { id, .. }, _) => format!("key {id}"),
            (Caller::Anonymous, Some(address)) => token::of_address(&site_secret(conn)?, address),
            (Caller::Anonymous, None) => String::new(),
        };
        let reason = input.reason.as_deref();
        let reports = store::insert_report(conn, seen.row.id, &reporter, reason, now)?;
        let is_enough = reports
            .zip(site.holds.reports)
            .is_some_and(|(n, most)| n >= most);
        // What the newsroom wrote itself no rule holds.
        if is_enough && seen.row.by_site == 0 {
            let decided = Decided {
                state: State::Pending,
                reason: None,
                held_by: Some(HeldBy::Reports),
                text: None,
                deleted_at: None,
                settles: false,
            };
            super::decide(conn, &seen.row, &decided, caller.actor(), now)?;
        }
        forget_some_addresses(conn, &site, now)
    };
    call.services.db.write(work).await?;
    Ok(Reply::no_content())
}

/// List a comment's reports
///
/// The newest first, those as well on which a moderator has decided since.
#[utoipa::path(get, path = "/v1/comments/{comment}/reports", responses((status = 200, description = "A page of reports.", body = [Report])))]
pub async fn list_reports(call: Call) -> Result<Reply, Problem> {
    let id = call.id("comment")?;
    let sight = Sight::of_call(&call);
    let listing = Listing::new(&format!("/v1/comments/{id}/reports"), &[]);
    let limit = call.query.limit();
    let reports = call.services.db.read(|conn| {
        let row = store::select_any(conn, id, sight)?.ok_or_else(|| not_found(id))?;
        let before = listing.start(&call.query, i64::MAX)?;
        Ok(store::select_reports(conn, row.id, before, limit + 1)?)
    })?;
    let page = Page::of(reports, limit, |row| listing.seal(&row.id), Report::from);
    Reply::page(&call, page, None, &["id"])
}
