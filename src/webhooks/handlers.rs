//! The operations on webhooks: parse, read or write, send, reply.

use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;

use super::api::{Delivery, Webhook, WebhookWithSecret};
use super::ids::{DeliveryId, WebhookId};
use super::input::{WebhookInput, check};
use super::model::{By, Message, Parcel, Receiver, WebhookRow};
use super::sending::{Sender, attempt};
use super::{DeliveryPath, ListDeliveries, ListWebhooks, WebhookPath, read, store, write};
use crate::db::secret::site_secret;
use crate::db::{Conn, Touched};
use crate::domain::ids::new_id;
use crate::domain::instant::Instant;
use crate::problem::{Code, FaultCode, Problem};
use crate::web::body::{Json, Merge};
use crate::web::paging::{Listing, Page};
use crate::web::{Call, Context, Reply, reply};

const LIST_PATH: &str = "/v1/webhooks";
/// The kind of event of a test.
pub(super) const TEST_EVENT: &str = "webhook.test";

/// List webhooks
///
/// In the order in which they were created, without their secrets.
#[utoipa::path(get, path = "/v1/webhooks", responses((status = 200, description = "A page of webhooks.", body = [Webhook])))]
pub async fn list_webhooks(call: Call<(), ListWebhooks>) -> Result<Reply, Problem> {
    let query = &call.query;
    let listing = Listing::of(LIST_PATH, query);
    let after = listing.start(&query.cursor, WebhookId::START)?;
    let rows =
        call.services.db.read(|conn| Ok(store::select_page(conn, after, query.limit.0 + 1)?))?;
    let page = Page::of(rows, query.limit, |row| listing.seal(&row.id)).map(Webhook::from);
    Reply::page(&call, page, None, query.fields.names(), &["id"])
}

/// Create a webhook
///
/// What happens from then on is sent to its URL, in the form of Standard Webhooks. The response shows the secret that
/// the receiver verifies signatures with, only this once.
#[utoipa::path(post, path = "/v1/webhooks", responses((status = 201, description = "The webhook, with its secret.", body = WebhookWithSecret)))]
pub async fn create_webhook(
    call: Call<(), (), Json<WebhookInput>>,
    sender: Arc<Sender>,
) -> Result<Reply, Problem> {
    let Call { context: call, body: Json(input), .. } = call;
    refuse_private(&sender, &input)?;
    let (entropy, caller) = (Arc::clone(&call.services.entropy), call.caller.clone());
    let unit = move |conn: &mut Conn, now: Instant| {
        let id = new_id(now, entropy.as_ref());
        let row = write::create(conn, &input, id, caller.actor(), now)?;
        Ok((with_secret(conn, row)?, Touched::Nothing))
    };
    let made = call.services.db.write_touching(unit).await?;
    log_change(&call, &made.about.id, "created");
    Reply::created(format!("{LIST_PATH}/{}", made.about.id), &made)
}

/// Read a webhook
///
/// All but its secret.
#[utoipa::path(get, path = "/v1/webhooks/{webhook}", responses((status = 200, description = "The webhook.", body = Webhook)))]
pub async fn read_webhook(call: Call<WebhookPath>) -> Result<Reply, Problem> {
    let row = call.services.db.read(|conn| read::find(conn, call.path.0))?;
    Reply::ok(&Webhook::from(row))
}

/// Change a webhook
///
/// The body is a JSON Merge Patch (RFC 7396). One that is enabled again is sent what happens from then on: what it
/// missed is in the change feed.
#[utoipa::path(patch, path = "/v1/webhooks/{webhook}", responses((status = 200, description = "The webhook as stored.", body = Webhook)))]
pub async fn update_webhook(
    call: Call<WebhookPath, (), Merge<WebhookInput>>,
    sender: Arc<Sender>,
) -> Result<Reply, Problem> {
    let Call { context: call, path: WebhookPath(id), body: Merge(change), .. } = call;
    let unit = move |conn: &mut Conn, now: Instant| {
        let row = read::find(conn, id)?;
        let present = Webhook::from(row.clone());
        change.precondition.check_whole(&reply::plain_tag_of(&present)?)?;
        let present = serde_json::to_value(present).map_err(Problem::internal)?;
        let input = change.apply(&present)?;
        check(&input)?;
        refuse_private(&sender, &input)?;
        Ok((write::edit(conn, row, &input, now)?, Touched::Nothing))
    };
    let row = call.services.db.write_touching(unit).await?;
    Reply::ok(&Webhook::from(row))
}

/// Delete a webhook
///
/// With its deliveries. A request that is on its way is not called back.
#[utoipa::path(delete, path = "/v1/webhooks/{webhook}", responses((status = 204, description = "It is gone.")))]
pub async fn delete_webhook(call: Call<WebhookPath>) -> Result<Reply, Problem> {
    let WebhookPath(id) = call.path;
    let precondition = call.precondition.clone();
    let unit = move |conn: &mut Conn, _| {
        let row = read::find(conn, id)?;
        let present = Webhook::from(row.clone());
        precondition.check_whole(&reply::plain_tag_of(&present)?)?;
        store::delete(conn, row.id)?;
        Ok(((), Touched::Nothing))
    };
    call.services.db.write_touching(unit).await?;
    log_change(&call, &id.to_string(), "deleted");
    Ok(Reply::no_content())
}

/// Make another secret
///
/// The response shows it, only this once. For 24 hours the one before signs too: until then, a receiver that knows
/// either is content. One that was replaced before that signs no more.
#[utoipa::path(post, path = "/v1/webhooks/{webhook}/rotate-secret", responses((status = 200, description = "The webhook, with its new secret.", body = WebhookWithSecret)))]
pub async fn rotate_webhook_secret(call: Call<WebhookPath>) -> Result<Reply, Problem> {
    let WebhookPath(id) = call.path;
    let unit = move |conn: &mut Conn, now: Instant| {
        let row = read::find(conn, id)?;
        let row = write::rotate(conn, row, now)?;
        Ok((with_secret(conn, row)?, Touched::Nothing))
    };
    let rotated = call.services.db.write_touching(unit).await?;
    log_change(&call, &rotated.about.id, "given another secret");
    Reply::ok(&rotated)
}

/// Test a webhook
///
/// Sends an event `webhook.test` at once, once, also to a webhook that is disabled, and answers with what became of
/// it. If the receiver takes it, what waits for it is sent at once too.
#[utoipa::path(post, path = "/v1/webhooks/{webhook}/test", responses((status = 200, description = "The event and what became of it.", body = Delivery)))]
pub async fn test_webhook(call: Call<WebhookPath>, sender: Arc<Sender>) -> Result<Reply, Problem> {
    let (WebhookPath(id), now) = (call.path.clone(), call.services.now());
    let (row, to) = call.services.db.read(|conn| with_receiver(conn, id, now))?;
    let body = read::body_of(TEST_EVENT, now, json!({"webhook_id": row.public_id}))?;
    let message = Message {
        id: new_id(now, call.services.entropy.as_ref()).to_string(),
        event: TEST_EVENT.to_owned(),
        change: None,
        body,
    };
    send_by_hand(&call, &sender, Parcel { to, message }).await
}

/// List a webhook's deliveries
///
/// The newest first: each event that was sent, with its last attempt. The last 100 are kept, for up to 30 days.
#[utoipa::path(get, path = "/v1/webhooks/{webhook}/deliveries", responses((status = 200, description = "A page of deliveries.", body = [Delivery])))]
pub async fn list_webhook_deliveries(
    call: Call<WebhookPath, ListDeliveries>,
) -> Result<Reply, Problem> {
    let (WebhookPath(id), query) = (call.path.clone(), &call.query);
    let listing = Listing::of(&format!("{LIST_PATH}/{id}/deliveries"), query);
    let rows = call.services.db.read(|conn| {
        let webhook = read::find(conn, id)?;
        let before = listing.start(&query.cursor, DeliveryId(i64::MAX))?;
        let rows = query.limit.0 + 1;
        Ok(store::select_deliveries(conn, webhook.id, query.state, before, rows)?)
    })?;
    let page = Page::of(rows, query.limit, |row| listing.seal(&row.id)).map(Delivery::from);
    Reply::page(&call, page, None, query.fields.names(), &["id"])
}

/// Send a delivery again
///
/// The same event under the same `webhook-id`, at once, once, and answers with what became of it. If the receiver
/// takes it, what waits for it is sent at once too.
#[utoipa::path(post, path = "/v1/webhooks/{webhook}/deliveries/{delivery}/resend", responses((status = 200, description = "The delivery after this attempt.", body = Delivery)))]
pub async fn resend_webhook_delivery(
    call: Call<(WebhookPath, DeliveryPath)>,
    sender: Arc<Sender>,
) -> Result<Reply, Problem> {
    let (WebhookPath(id), DeliveryPath(delivery)) = call.path.clone();
    let now = call.services.now();
    let parcel = call.services.db.read(|conn| {
        let (row, to) = with_receiver(conn, id, now)?;
        let message = read::find_delivery(conn, row.id, delivery)?.into();
        Ok(Parcel { to, message })
    })?;
    send_by_hand(&call, &sender, parcel).await
}

/// Sends once, when the request that is on its way is over, if there is one.
async fn send_by_hand(call: &Context, sender: &Sender, parcel: Parcel) -> Result<Reply, Problem> {
    let id = parcel.to.public_id.clone();
    let lane = sender.lane(parcel.to.id);
    let _held = lane.lock().await;
    // The webhook may have gone meanwhile, and all threads may be busy.
    let services = &call.services;
    let context = (&services.db, &*services.clock);
    let webhook = parcel.to.id;
    match attempt(context, sender, parcel, By::Hand).await? {
        Some(row) => Ok(Reply::ok(&Delivery::from(row))?.never_cached()),
        None => match services.db.read(|conn| Ok(store::select_row(conn, webhook)?))? {
            Some(_) => Err(Problem::plain(Code::Overloaded)),
            None => Err(Problem::plain(Code::WebhookNotFound).with("id", id)),
        },
    }
}

fn with_receiver(
    conn: &mut Conn,
    id: Uuid,
    now: Instant,
) -> Result<(WebhookRow, Receiver), Problem> {
    let row = read::find(conn, id)?;
    let to = read::receiver_of(conn, &row, now)?;
    Ok((row, to))
}

fn with_secret(conn: &mut Conn, row: WebhookRow) -> Result<WebhookWithSecret, Problem> {
    let secret = row.secret(&site_secret(conn)?).reveal();
    Ok(WebhookWithSecret { about: row.into(), secret })
}

/// Refuses a URL that shows by itself that nothing would be sent there.
fn refuse_private(sender: &Sender, input: &WebhookInput) -> Result<(), Problem> {
    match sender.refuses(&input.target()?) {
        true => Err(Problem::fault(
            "/url",
            FaultCode::WrongForm,
            "must name a host that everybody can reach, not a private address; with COPYDESK_WEBHOOKS=anywhere the server takes such too.",
        )),
        false => Ok(()),
    }
}

/// Where news goes is worth a line.
fn log_change(call: &Context, id: &str, what: &str) {
    let by = call.caller.actor();
    let by_key = by.stored_key_id().unwrap_or_default();
    log::info!(webhook_id:display = id, by = by.name, by_key_id:display = by_key; "a webhook was {what}");
}
