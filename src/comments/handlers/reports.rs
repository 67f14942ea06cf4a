//! Readers' reports of comments.

use std::sync::Arc;

use super::blocks::admitted;
use crate::articles::ladder::Sight;
use crate::articles::touching_comments_of;
use crate::comments::api::Report;
use crate::comments::input::ReportInput;
use crate::comments::model::Decided;
use crate::comments::policy::Policy;
use crate::comments::read::{find, find_any, not_found};
use crate::comments::words::{HeldBy, State};
use crate::comments::write::{decide, forget_some_addresses};
use crate::comments::{CommentPath, ListReports, store};
use crate::db::secret::site_secret;
use crate::db::{Conn, Touched};
use crate::domain::instant::Instant;
use crate::domain::scope::Scope;
use crate::problem::Problem;
use crate::web::address::key_of;
use crate::web::body::OptionalJson;
use crate::web::paging::{Listing, Page};
use crate::web::{Call, Caller, Reply};

/// Report a comment
///
/// Open to anyone, for a comment that is shown. A second report by the same reader is not counted.
/// At the number of reports that the newsroom has set, if any, the comment is held for a
/// moderator.
#[utoipa::path(post, path = "/v1/comments/{comment}/reports", responses((status = 204, description = "It is noted.")))]
pub async fn report_comment(
    call: Call<CommentPath, (), OptionalJson<ReportInput>>,
    policy: Arc<Policy>,
) -> Result<Reply, Problem> {
    let Call { context: call, path: CommentPath(id), body: OptionalJson(input), .. } = call;
    let (caller, address) = (call.caller.clone(), call.address);
    let counted_as = address.filter(|_| !caller.may(Scope::CommentsWrite)).map(key_of);
    if let (Some(limit), Some(key)) = (&policy.report_limit, &counted_as) {
        limit.admit(key)?;
    }
    let work = move |conn: &mut Conn, now: Instant| {
        let seen = find(conn, id, Sight::of(&caller, now), None)?;
        if seen.row.state != State::Published {
            return Err(not_found(id));
        }
        // A report of a comment that is not there does not count.
        if let (Some(limit), Some(key)) = (&policy.report_limit, &counted_as) {
            limit.check(key)?;
        }
        let secret = site_secret(conn)?;
        let address = admitted(conn, (address, &secret), counted_as.is_some(), now)?;
        let reporter = match (&caller, address) {
            (Caller::Admin, _) => "admin".to_owned(),
            (Caller::Key { id, .. }, _) => format!("key {id}"),
            (Caller::Anonymous, address) => address.unwrap_or_default(),
        };
        let reason = input.reason.as_deref();
        let reports = store::insert_report(conn, seen.row.id, &reporter, reason, now)?;
        let is_enough = reports.zip(policy.holds.reports).is_some_and(|(n, most)| n >= most);
        // Comments by the newsroom itself are never held.
        let is_held = is_enough && seen.row.by_site == 0;
        if is_held {
            let decided = Decided {
                state: State::Pending,
                reason: None,
                held_by: Some(HeldBy::Reports),
                text: None,
                deleted_at: None,
                settles: false,
            };
            decide(conn, &seen.row, &decided, caller.actor(), now)?;
        }
        forget_some_addresses(conn, &policy, now)?;
        // A report alone is shown to moderators.
        let touched = touching_comments_of(seen.row.article_id);
        Ok(((), if is_held { touched } else { Touched::Nothing }))
    };
    call.services.db.write_touching(work).await?;
    Ok(Reply::no_content())
}

/// List a comment's reports
///
/// The newest first, including those on which a moderator has decided since.
#[utoipa::path(get, path = "/v1/comments/{comment}/reports", responses((status = 200, description = "A page of reports.", body = [Report])))]
pub async fn list_reports(call: Call<CommentPath, ListReports>) -> Result<Reply, Problem> {
    let (id, query) = (call.path.0, &call.query);
    let sight = Sight::of_call(&call);
    let listing = Listing::of(&format!("/v1/comments/{id}/reports"), query);
    let reports = call.services.db.read(|conn| {
        let row = find_any(conn, id, sight)?;
        let before = listing.start(&query.cursor, i64::MAX)?;
        Ok(store::select_reports(conn, row.id, before, query.limit.0 + 1)?)
    })?;
    let page = Page::of(reports, query.limit, |row| listing.seal(&row.id)).map(Report::from);
    Reply::page(&call, page, None, query.fields.names(), &["id"])
}
