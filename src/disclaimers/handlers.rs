//! The operations on disclaimers: parse, decide, store, reply.

use diesel::sqlite::SqliteConnection;
use serde_json::Value;
use uuid::Uuid;

use super::api::{Disclaimer, DisclaimerInput};
use super::store::{self, DisclaimerRow};
use crate::domain::ids::{Entropy, new_id};
use crate::domain::instant::Instant;
use crate::domain::markup::{NESTING_MAX, render};
use crate::problem::{Code, Fault, FaultCode, Problem};
use crate::web::call::PendingChange;
use crate::web::idempotency::Created;
use crate::web::input::{Change, InputObject as _, read_body};
use crate::web::paging::{Listing, Page};
use crate::web::{Call, Reply, reply};

const LIST_PATH: &str = "/v1/disclaimers";
const SURROGATE_KEY: &str = "disclaimers";

/// List disclaimers
///
/// All disclaimers, in the order of their keys.
#[utoipa::path(get, path = "/v1/disclaimers", responses((status = 200, description = "A page of disclaimers.", body = [Disclaimer])))]
pub async fn list_disclaimers(call: Call) -> Result<Reply, Problem> {
    let listing = Listing::new(LIST_PATH, &[]);
    let after = listing.start(&call.query, <(String, i64)>::default())?;
    let limit = call.query.limit();
    let rows = call
        .services
        .db
        .read(|conn| Ok(store::select_page(conn, &after, limit + 1)?))?;
    let total = match call.query.count() {
        true => Some(
            call.services
                .db
                .search(|conn| Ok(store::count(conn)?))
                .await?,
        ),
        false => None,
    };
    let page = Page::of(
        rows,
        limit,
        |row| listing.seal(&(&row.key, row.id)),
        Disclaimer::from,
    );
    Ok(Reply::page(&call, page, total, &["id"])?.surrogate_key(SURROGATE_KEY))
}

/// Create a disclaimer
///
/// Attach it to articles with `PUT /v1/articles/{article}/disclaimers/{disclaimer}`.
#[utoipa::path(post, path = "/v1/disclaimers", responses((status = 201, description = "The disclaimer as stored.", body = Disclaimer)))]
pub async fn create_disclaimer(call: Call) -> Result<Reply, Problem> {
    let input: DisclaimerInput = call.body()?;
    let html = body_html(&input)?;
    check_period(&input)?;
    let entropy = std::sync::Arc::clone(&call.services.entropy);
    call.create(move |conn, now| {
        let row = create(conn, &input, &html, entropy.as_ref(), now)?;
        let version = row.version;
        let disclaimer = Disclaimer::from(row);
        let reply = Reply::created(format!("{LIST_PATH}/{}", disclaimer.id), &disclaimer)?;
        Ok(Created {
            reply: reply.version(version),
            subject: disclaimer.id,
        })
    })
    .await
}

/// Creates a disclaimer; the one way in.
///
/// # Errors
/// `disclaimer_key_taken`, or a database fault.
pub fn create(
    conn: &mut SqliteConnection,
    input: &DisclaimerInput,
    html: &str,
    entropy: &dyn Entropy,
    now: Instant,
) -> Result<DisclaimerRow, Problem> {
    refuse_taken_key(conn, input, 0)?;
    let id = new_id(now, entropy);
    store::insert(conn, id, input, html, now)?;
    find(conn, id)
}

/// Read a disclaimer
///
/// In its present version.
#[utoipa::path(get, path = "/v1/disclaimers/{disclaimer}", responses((status = 200, description = "The disclaimer.", body = Disclaimer)))]
pub async fn read_disclaimer(call: Call) -> Result<Reply, Problem> {
    let id = call.id("disclaimer")?;
    shown(call.services.db.read(|conn| find(conn, id))?)
}

/// Replace a disclaimer
///
/// Makes a new version; members that are left out take their defaults.
#[utoipa::path(put, path = "/v1/disclaimers/{disclaimer}", responses((status = 200, description = "The disclaimer as stored.", body = Disclaimer)))]
pub async fn replace_disclaimer(call: Call) -> Result<Reply, Problem> {
    change(call, Change::Replace { sticky: &[] }).await
}

/// Change a disclaimer
///
/// Makes a new version. The body is a JSON Merge Patch (RFC 7396).
#[utoipa::path(patch, path = "/v1/disclaimers/{disclaimer}", responses((status = 200, description = "The disclaimer as stored.", body = Disclaimer)))]
pub async fn update_disclaimer(call: Call) -> Result<Reply, Problem> {
    change(call, Change::Merge).await
}

async fn change(call: Call, kind: Change) -> Result<Reply, Problem> {
    let id = call.id("disclaimer")?;
    let change: PendingChange<DisclaimerInput> = call.change(kind, Disclaimer::READ_ONLY)?;
    let row = call
        .services
        .db
        .write(move |conn, now| {
            let present = find(conn, id)?;
            change
                .precondition
                .check(present.version, || tag_of(present.clone()))?;
            let shown = serde_json::to_value(Disclaimer::from(present.clone()))
                .map_err(Problem::internal)?;
            let input = change.apply(&shown)?;
            let html = body_html(&input)?;
            refuse_taken_key(conn, &input, present.id)?;
            check_period(&input)?;
            let retired_at = present.retired_at.map(Instant::from_micros);
            store::update(conn, &present, &input, &html, retired_at, now)?;
            find(conn, id)
        })
        .await?;
    shown(row)
}

/// Delete a disclaimer
///
/// Only one that no article carries or ever carried: what was shown must stay provable.
#[utoipa::path(delete, path = "/v1/disclaimers/{disclaimer}", responses((status = 204, description = "It is gone.")))]
pub async fn delete_disclaimer(call: Call) -> Result<Reply, Problem> {
    let id = call.id("disclaimer")?;
    let precondition = call.precondition.clone();
    call.services
        .db
        .write(move |conn, now| {
            let present = find(conn, id)?;
            precondition.check(present.version, || tag_of(present.clone()))?;
            let carriers = store::count_carriers(conn, present.id, now)?;
            if carriers > 0 {
                let detail = format!("Articles that carry this disclaimer or once did: {carriers}. What was shown must stay provable, so it cannot be deleted. Detach it, or `retire` it so that it attaches itself to nothing new.");
                return Err(Problem::new(Code::DisclaimerInUse, detail).with("articles", carriers));
            }
            Ok(store::delete(conn, present.id, &present.public_id)?)
        })
        .await?;
    Ok(Reply::no_content())
}

/// Retire a disclaimer
///
/// Its rule attaches it to nothing that is published from now on; whatever was public before keeps it. A new
/// version says so. Retiring it again changes nothing.
#[utoipa::path(post, path = "/v1/disclaimers/{disclaimer}/retire", responses((status = 200, description = "The disclaimer as retired.", body = Disclaimer)))]
pub async fn retire_disclaimer(call: Call) -> Result<Reply, Problem> {
    let id = call.id("disclaimer")?;
    let precondition = call.precondition.clone();
    let row = call
        .services
        .db
        .write(move |conn, now| {
            let present = find(conn, id)?;
            precondition.check(present.version, || tag_of(present.clone()))?;
            if present.retired_at.is_some() {
                return Ok(present);
            }
            let shown = serde_json::to_value(Disclaimer::from(present.clone()))
                .map_err(Problem::internal)?;
            let input = as_input(shown)?;
            store::update(conn, &present, &input, &present.body_html, Some(now), now)?;
            find(conn, id)
        })
        .await?;
    shown(row)
}

/// A disclaimer as a client would write it.
fn as_input(mut shown: Value) -> Result<DisclaimerInput, Problem> {
    if let Value::Object(members) = &mut shown {
        members.retain(|name, _| DisclaimerInput::MEMBERS.contains(&name.as_str()));
    }
    read_body(shown)
}

/// List a disclaimer's versions
///
/// The newest first. None of them ever changes.
#[utoipa::path(get, path = "/v1/disclaimers/{disclaimer}/versions", responses((status = 200, description = "A page of versions.", body = [Disclaimer])))]
pub async fn list_disclaimer_versions(call: Call) -> Result<Reply, Problem> {
    let id = call.id("disclaimer")?;
    let limit = call.query.limit();
    let listing = Listing::new(&format!("{LIST_PATH}/{id}/versions"), &[]);
    let rows = call.services.db.read(|conn| {
        let present = find(conn, id)?;
        let before = listing.start(&call.query, i64::MAX)?;
        Ok(store::select_versions(conn, present.id, before, limit + 1)?)
    })?;
    let page = Page::of(
        rows,
        limit,
        |row| listing.seal(&row.version),
        Disclaimer::from,
    );
    Ok(Reply::page(&call, page, None, &["id", "version"])?.surrogate_key(SURROGATE_KEY))
}

/// Read a disclaimer's version
///
/// As it is for good.
#[utoipa::path(get, path = "/v1/disclaimers/{disclaimer}/versions/{version}", responses((status = 200, description = "The version.", body = Disclaimer)))]
pub async fn read_disclaimer_version(call: Call) -> Result<Reply, Problem> {
    let id = call.id("disclaimer")?;
    let version = call.number("version")?;
    let row = call.services.db.read(|conn| {
        let present = find(conn, id)?;
        let from = version.saturating_add(1);
        let found = store::select_versions(conn, present.id, from, 1)?.pop();
        found.filter(|row| row.version == version).ok_or_else(|| {
            let detail = format!("The disclaimer has no version {version}. `GET {LIST_PATH}/{id}/versions` lists them.");
            Problem::new(Code::VersionNotFound, detail).with("id", version.to_string())
        })
    })?;
    shown(row)
}

/// Refuses an end before its beginning.
fn check_period(input: &DisclaimerInput) -> Result<(), Problem> {
    match (input.effective_from, input.effective_until) {
        (Some(from), Some(until)) if until <= from => Err(Problem::validation(vec![Fault {
            pointer: "/effective_until".to_owned(),
            code: FaultCode::OutOfRange,
            detail: "must be later than `effective_from`.".to_owned(),
        }])),
        _ => Ok(()),
    }
}

/// The disclaimer `id`.
///
/// # Errors
/// `disclaimer_not_found`, or a database fault.
pub fn find(conn: &mut SqliteConnection, id: Uuid) -> Result<DisclaimerRow, Problem> {
    store::select(conn, id)?.ok_or_else(|| not_found(id))
}

fn not_found(id: Uuid) -> Problem {
    let detail = format!("There is no disclaimer `{id}`. `GET /v1/disclaimers` lists them.");
    Problem::new(Code::DisclaimerNotFound, detail).with("id", id.to_string())
}

fn shown(row: DisclaimerRow) -> Result<Reply, Problem> {
    let version = row.version;
    let reply = Reply::ok(&Disclaimer::from(row))?;
    Ok(reply.version(version).surrogate_key(SURROGATE_KEY))
}

fn tag_of(row: DisclaimerRow) -> Result<String, Problem> {
    let version = row.version;
    reply::tag_of(version, &Disclaimer::from(row))
}

/// Renders a disclaimer's text.
///
/// # Errors
/// `validation_failed` where it nests too deep.
pub fn body_html(input: &DisclaimerInput) -> Result<String, Problem> {
    let rendered = render(&input.body, input.body_format.into());
    rendered
        .map(|rendered| rendered.html)
        .map_err(|_| nested_too_deep())
}

/// 422 for a body whose elements nest too deep.
#[must_use]
pub fn nested_too_deep() -> Problem {
    Problem::validation(vec![Fault {
        pointer: "/body".to_owned(),
        code: FaultCode::NestedTooDeep,
        detail: format!("nests elements deeper than {NESTING_MAX}."),
    }])
}

fn refuse_taken_key(
    conn: &mut SqliteConnection,
    input: &DisclaimerInput,
    but: i64,
) -> Result<(), Problem> {
    match store::select_key_owner(conn, &input.key, input.language.as_deref(), but)? {
        None => Ok(()),
        Some(owner) => {
            let detail = format!(
                "The key `{}` is in use in this language. Change that disclaimer, or choose another key.",
                &*input.key
            );
            Err(Problem::new(Code::DisclaimerKeyTaken, detail)
                .with("conflicting_id", owner)
                .with("pointer", "/key"))
        }
    }
}
