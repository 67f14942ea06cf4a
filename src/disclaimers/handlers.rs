//! The operations on disclaimers: parse, decide, store, reply.

use diesel::sqlite::SqliteConnection;
use uuid::Uuid;

use super::api::{Disclaimer, DisclaimerInput};
use super::store::{self, DisclaimerRow};
use crate::domain::ids::{Entropy, new_id};
use crate::domain::instant::Instant;
use crate::domain::markup::{NESTING_MAX, render};
use crate::problem::{Code, Fault, FaultCode, Problem};
use crate::web::call::PendingChange;
use crate::web::idempotency::Created;
use crate::web::input::Change;
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
            store::update(conn, &present, &input, &html, now)?;
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
        .write(move |conn, _now| {
            let present = find(conn, id)?;
            precondition.check(present.version, || tag_of(present.clone()))?;
            let carriers = store::count_carriers(conn, present.id)?;
            if carriers > 0 {
                let detail = format!("Articles that carry this disclaimer or once did: {carriers}. What was shown must stay provable, so it cannot be deleted; where it should no longer stand, detach it.");
                return Err(Problem::new(Code::DisclaimerInUse, detail).with("articles", carriers));
            }
            Ok(store::delete(conn, present.id, &present.public_id)?)
        })
        .await?;
    Ok(Reply::no_content())
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
