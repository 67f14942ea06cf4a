//! The operations on disclaimers: parse, read or write, reply.

use super::api::Disclaimer;
use super::ids::DisclaimerId;
use super::input::{DisclaimerInput, rendered};
use super::model::DisclaimerRow;
use super::{CountCarriers, DisclaimerPath, ListDisclaimers, ListVersions, read, store, write};
use crate::db::Touched;
use crate::domain::groups::DISCLAIMERS;
use crate::domain::ids::new_id;
use crate::domain::instant::Instant;
use crate::problem::Problem;
use crate::web::body::{Json, Merge, PendingChange, Replace};
use crate::web::idempotency::Created;
use crate::web::paging::{Listing, Page};
use crate::web::path::VersionPath;
use crate::web::url::Version;
use crate::web::{Call, Context, Reply, reply};

const LIST_PATH: &str = "/v1/disclaimers";

/// List disclaimers
///
/// All disclaimers, in the order of their keys.
#[utoipa::path(get, path = "/v1/disclaimers", responses((status = 200, description = "A page of disclaimers.", body = [Disclaimer])))]
pub async fn list_disclaimers(call: Call<(), ListDisclaimers>) -> Result<Reply, Problem> {
    let (query, db) = (&call.query, &call.services.db);
    let listing = Listing::of(LIST_PATH, query);
    let after = listing.start(&query.cursor, (String::new(), DisclaimerId::START))?;
    let rows = db.read(|conn| Ok(store::select_page(conn, &after, query.limit.0 + 1)?))?;
    let total = match query.count.0 {
        true => Some(db.search(|conn| Ok(store::count(conn)?)).await?),
        false => None,
    };
    let page = Page::of(rows, query.limit, |row| listing.seal(&(&row.key, row.id)));
    let page = page.map(Disclaimer::from);
    let reply = Reply::page(&call, page, total, query.fields.names(), &["id"])?;
    Ok(reply.groups(&[DISCLAIMERS]))
}

/// Create a disclaimer
///
/// Attach it to articles with `PUT /v1/articles/{article}/disclaimers/{disclaimer}`.
#[utoipa::path(post, path = "/v1/disclaimers", responses((status = 201, description = "The disclaimer as stored.", body = Disclaimer)))]
pub async fn create_disclaimer(
    call: Call<(), (), Json<DisclaimerInput>>,
) -> Result<Reply, Problem> {
    let Call { context: call, body: Json(input), .. } = call;
    let rendered = rendered(&input)?;
    let entropy = std::sync::Arc::clone(&call.services.entropy);
    call.create(move |conn, now| {
        let row = write::create(conn, &input, &rendered, new_id(now, entropy.as_ref()), now)?;
        let version = row.version;
        let disclaimer = Disclaimer { removed: rendered.removed, ..Disclaimer::from(row) };
        let reply = Reply::created(format!("{LIST_PATH}/{}", disclaimer.id), &disclaimer)?;
        let reply = reply.version(version).invalidates(&[DISCLAIMERS]);
        Ok(Created { reply, subject: disclaimer.id, touched: Touched::Everything })
    })
    .await
}

/// Read a disclaimer
///
/// In its present version.
#[utoipa::path(get, path = "/v1/disclaimers/{disclaimer}", responses((status = 200, description = "The disclaimer.", body = Disclaimer)))]
pub async fn read_disclaimer(call: Call<DisclaimerPath>) -> Result<Reply, Problem> {
    shown(&call.services.db.read(|conn| read::find(conn, call.path.0))?.into())
}

/// Replace a disclaimer
///
/// Makes a new version; members that are left out take their defaults.
#[utoipa::path(put, path = "/v1/disclaimers/{disclaimer}", responses((status = 200, description = "The disclaimer as stored.", body = Disclaimer)))]
pub async fn replace_disclaimer(
    call: Call<DisclaimerPath, (), Replace<DisclaimerInput>>,
) -> Result<Reply, Problem> {
    let Call { context, path, body: Replace(change), .. } = call;
    edit(&context, path, change).await
}

/// Change a disclaimer
///
/// Makes a new version. The body is a JSON Merge Patch (RFC 7396).
#[utoipa::path(patch, path = "/v1/disclaimers/{disclaimer}", responses((status = 200, description = "The disclaimer as stored.", body = Disclaimer)))]
pub async fn update_disclaimer(
    call: Call<DisclaimerPath, (), Merge<DisclaimerInput>>,
) -> Result<Reply, Problem> {
    let Call { context, path, body: Merge(change), .. } = call;
    edit(&context, path, change).await
}

async fn edit(
    call: &Context,
    DisclaimerPath(id): DisclaimerPath,
    change: PendingChange<DisclaimerInput>,
) -> Result<Reply, Problem> {
    let row = call.services.db.write(move |conn, now| {
        let present = read::find(conn, id)?;
        change.precondition.check(present.version, || tag_of(present.clone()))?;
        let writes_text = change.names("body");
        let input = change.apply(&as_value(&present)?)?;
        let removed = write::edit(conn, &present, &input, now)?;
        let removed = removed.filter(|_| writes_text);
        Ok(Disclaimer { removed, ..Disclaimer::from(read::find(conn, id)?) })
    });
    written(&row.await?)
}

/// Delete a disclaimer
///
/// Only one that no article carries or ever carried: it must remain possible to prove what readers
/// were shown.
#[utoipa::path(delete, path = "/v1/disclaimers/{disclaimer}", responses((status = 204, description = "It is gone.")))]
pub async fn delete_disclaimer(
    call: Call<DisclaimerPath>,
    count_carriers: CountCarriers,
) -> Result<Reply, Problem> {
    let Call { context: call, path: DisclaimerPath(id), .. } = call;
    let precondition = call.precondition.clone();
    let deleted = call.services.db.write(move |conn, now| {
        let present = read::find(conn, id)?;
        precondition.check(present.version, || tag_of(present.clone()))?;
        let carriers = count_carriers(conn, present.id, now)?;
        write::delete(conn, &present, carriers, now)
    });
    deleted.await?;
    Ok(Reply::no_content().invalidates(&[DISCLAIMERS]))
}

/// Retire a disclaimer
///
/// Its rule no longer attaches it to articles published from now on; articles that were public
/// before keep it. This makes a new version. Retiring it again changes nothing.
#[utoipa::path(post, path = "/v1/disclaimers/{disclaimer}/retire", responses((status = 200, description = "The disclaimer as retired.", body = Disclaimer)))]
pub async fn retire_disclaimer(call: Call<DisclaimerPath>) -> Result<Reply, Problem> {
    let Call { context: call, path: DisclaimerPath(id), .. } = call;
    let precondition = call.precondition.clone();
    let row = call.services.db.write(move |conn, now: Instant| {
        let present = read::find(conn, id)?;
        precondition.check(present.version, || tag_of(present.clone()))?;
        write::retire(conn, &present, as_value(&present)?, now)?;
        read::find(conn, id)
    });
    written(&row.await?.into())
}

/// List a disclaimer's versions
///
/// The newest first. Versions never change.
#[utoipa::path(get, path = "/v1/disclaimers/{disclaimer}/versions", responses((status = 200, description = "A page of versions.", body = [Disclaimer])))]
pub async fn list_disclaimer_versions(
    call: Call<DisclaimerPath, ListVersions>,
) -> Result<Reply, Problem> {
    let (id, query) = (call.path.0, &call.query);
    let listing = Listing::of(&format!("{LIST_PATH}/{id}/versions"), query);
    let rows = call.services.db.read(|conn| {
        let present = read::find(conn, id)?;
        let before = listing.start(&query.cursor, i64::MAX)?;
        Ok(store::select_versions(conn, present.id, before, query.limit.0 + 1)?)
    })?;
    let page = Page::of(rows, query.limit, |row| listing.seal(&row.version));
    let page = page.map(Disclaimer::from);
    let reply = Reply::page(&call, page, None, query.fields.names(), &["id", "version"])?;
    Ok(reply.groups(&[DISCLAIMERS]))
}

/// Read a disclaimer's version
///
/// Versions never change.
#[utoipa::path(get, path = "/v1/disclaimers/{disclaimer}/versions/{version}", responses((status = 200, description = "The version.", body = Disclaimer)))]
pub async fn read_disclaimer_version(
    call: Call<(DisclaimerPath, VersionPath)>,
) -> Result<Reply, Problem> {
    let (DisclaimerPath(id), VersionPath(Version(version))) = call.path;
    shown(&call.services.db.read(|conn| read::find_version(conn, id, version))?.into())
}

/// The disclaimer after a write: every article may show it.
fn written(disclaimer: &Disclaimer) -> Result<Reply, Problem> {
    Ok(Reply::ok(disclaimer)?.version(disclaimer.version).invalidates(&[DISCLAIMERS]))
}

fn shown(disclaimer: &Disclaimer) -> Result<Reply, Problem> {
    let reply = Reply::ok(disclaimer)?;
    Ok(reply.version(disclaimer.version).groups(&[DISCLAIMERS]))
}

fn as_value(row: &DisclaimerRow) -> Result<serde_json::Value, Problem> {
    serde_json::to_value(Disclaimer::from(row.clone())).map_err(Problem::internal)
}

fn tag_of(row: DisclaimerRow) -> Result<String, Problem> {
    let version = row.version;
    reply::tag_of(version, &Disclaimer::from(row))
}
