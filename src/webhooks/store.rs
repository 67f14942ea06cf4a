//! The tables of webhooks and their deliveries.

use uuid::Uuid;

use super::ids::{DeliveryId, WebhookId};
use super::model::{DeliveryRow, WebhookRow};
use super::words::{AttemptFailure, DeliveryState, DisabledReason};
use crate::db::prelude::*;
use crate::db::schema::{webhook_deliveries, webhooks};
use crate::domain::instant::Instant;
use crate::load_boxed;

/// The webhook `id` (index `webhooks_public_id`).
pub fn select(conn: &mut Conn, id: Uuid) -> QueryResult<Option<WebhookRow>> {
    webhooks::table
        .filter(webhooks::public_id.eq(id.to_string()))
        .select(WebhookRow::columns())
        .first(conn)
        .optional()
}

/// A webhook by its row (primary key).
pub fn select_row(conn: &mut Conn, id: WebhookId) -> QueryResult<Option<WebhookRow>> {
    webhooks::table.find(id).select(WebhookRow::columns()).first(conn).optional()
}

/// A page of the webhooks, oldest first (primary key).
pub fn select_page(conn: &mut Conn, after: WebhookId, rows: i64) -> QueryResult<Vec<WebhookRow>> {
    webhooks::table
        .filter(webhooks::id.gt(after))
        .order(webhooks::id.asc())
        .limit(rows)
        .select(WebhookRow::columns())
        .load(conn)
}

/// The rows of all webhooks that are enabled (primary key; there are few).
pub fn select_enabled(conn: &mut Conn) -> QueryResult<Vec<WebhookId>> {
    webhooks::table
        .filter(webhooks::id.gt(WebhookId::START))
        .filter(webhooks::disabled_at.is_null())
        .order(webhooks::id.asc())
        .select(webhooks::id)
        .load(conn)
}

/// The number of webhooks, up to `most` (primary key).
pub fn count_up_to(conn: &mut Conn, most: i64) -> QueryResult<usize> {
    let ids: Vec<WebhookId> = webhooks::table
        .filter(webhooks::id.gt(WebhookId::START))
        .order(webhooks::id.asc())
        .limit(most)
        .select(webhooks::id)
        .load(conn)?;
    Ok(ids.len())
}

/// Stores a new webhook; the id of its row is not looked at.
pub fn insert(conn: &mut Conn, row: &WebhookRow) -> QueryResult<()> {
    diesel::insert_into(webhooks::table)
        .values((
            webhooks::public_id.eq(&row.public_id),
            webhooks::url.eq(&row.url),
            webhooks::types.eq(&row.types),
            webhooks::filter.eq(&row.filter),
            webhooks::description.eq(&row.description),
            webhooks::secret_number.eq(row.secret_number),
            webhooks::position.eq(row.position),
            webhooks::disabled_at.eq(row.disabled_at),
            webhooks::disabled_reason.eq(row.disabled_reason.map(DisabledReason::word)),
            webhooks::sender_until.eq(row.sender_until),
            webhooks::created_at.eq(row.created_at),
            webhooks::updated_at.eq(row.updated_at),
            webhooks::created_by.eq(&row.created_by),
            webhooks::created_by_key_id.eq(&row.created_by_key_id),
        ))
        .execute(conn)
        .map(drop)
}

/// Stores all of a webhook that can change (primary key).
pub fn update(conn: &mut Conn, row: &WebhookRow) -> QueryResult<()> {
    diesel::update(webhooks::table.find(row.id))
        .set((
            webhooks::url.eq(&row.url),
            webhooks::types.eq(&row.types),
            webhooks::filter.eq(&row.filter),
            webhooks::description.eq(&row.description),
            webhooks::secret_number.eq(row.secret_number),
            webhooks::former_secret_until.eq(row.former_secret_until),
            webhooks::position.eq(row.position),
            webhooks::failing_since.eq(row.failing_since),
            webhooks::disabled_at.eq(row.disabled_at),
            webhooks::disabled_reason.eq(row.disabled_reason.map(DisabledReason::word)),
            webhooks::sender.eq(&row.sender),
            webhooks::sender_until.eq(row.sender_until),
            webhooks::updated_at.eq(row.updated_at),
        ))
        .execute(conn)
        .map(drop)
}

/// Deletes a webhook, with its deliveries.
pub fn delete(conn: &mut Conn, id: WebhookId) -> QueryResult<()> {
    diesel::delete(webhooks::table.find(id)).execute(conn).map(drop)
}

/// The delivery `id` of a webhook (index `webhook_deliveries_public_id`).
pub fn select_delivery(
    conn: &mut Conn,
    webhook: WebhookId,
    id: &str,
) -> QueryResult<Option<DeliveryRow>> {
    webhook_deliveries::table
        .filter(webhook_deliveries::public_id.eq(id))
        .filter(webhook_deliveries::webhook_id.eq(webhook))
        .select(DeliveryRow::columns())
        .first(conn)
        .optional()
}

/// The delivery of a webhook that is sent again; one at most (index `webhook_deliveries_waiting`).
pub fn select_waiting(conn: &mut Conn, webhook: WebhookId) -> QueryResult<Option<DeliveryRow>> {
    webhook_deliveries::table
        .filter(webhook_deliveries::webhook_id.eq(webhook))
        .filter(webhook_deliveries::next_at.is_not_null())
        .select(DeliveryRow::columns())
        .first(conn)
        .optional()
}

/// A page of a webhook's deliveries, newest first (index `webhook_deliveries_by_webhook`). (A boxed query is one
/// engine's.)
pub fn select_deliveries(
    conn: &mut Conn,
    webhook: WebhookId,
    state: Option<DeliveryState>,
    before: DeliveryId,
    rows: i64,
) -> QueryResult<Vec<DeliveryRow>> {
    macro_rules! in_state {
        ($state:expr) => {{
            let mut all = webhook_deliveries::table.into_boxed();
            if let Some(state) = $state {
                all = all.filter(webhook_deliveries::state.eq(state.word()));
            }
            all
        }};
    }
    load_boxed!(
        conn,
        in_state!(state)
            .filter(webhook_deliveries::webhook_id.eq(webhook))
            .filter(webhook_deliveries::id.lt(before))
            .order(webhook_deliveries::id.desc())
            .limit(rows)
            .select(DeliveryRow::columns())
    )
}

/// Stores a new delivery of a webhook; the id of its row is not looked at.
pub fn insert_delivery(conn: &mut Conn, webhook: WebhookId, row: &DeliveryRow) -> QueryResult<()> {
    diesel::insert_into(webhook_deliveries::table)
        .values((
            webhook_deliveries::public_id.eq(&row.public_id),
            webhook_deliveries::webhook_id.eq(webhook),
            webhook_deliveries::event.eq(&row.event),
            webhook_deliveries::change.eq(row.change),
            webhook_deliveries::body.eq(&row.body),
            webhook_deliveries::state.eq(row.state.word()),
            webhook_deliveries::attempts.eq(row.attempts),
            webhook_deliveries::created_at.eq(row.created_at),
            webhook_deliveries::last_at.eq(row.last_at),
            webhook_deliveries::next_at.eq(row.next_at),
            webhook_deliveries::status.eq(row.status),
            webhook_deliveries::failure.eq(row.failure.map(AttemptFailure::word)),
            webhook_deliveries::took.eq(row.took),
        ))
        .execute(conn)
        .map(drop)
}

/// Stores all of a delivery that can change (primary key).
pub fn update_delivery(conn: &mut Conn, row: &DeliveryRow) -> QueryResult<()> {
    diesel::update(webhook_deliveries::table.find(row.id))
        .set((
            webhook_deliveries::state.eq(row.state.word()),
            webhook_deliveries::attempts.eq(row.attempts),
            webhook_deliveries::last_at.eq(row.last_at),
            webhook_deliveries::next_at.eq(row.next_at),
            webhook_deliveries::status.eq(row.status),
            webhook_deliveries::failure.eq(row.failure.map(AttemptFailure::word)),
            webhook_deliveries::took.eq(row.took),
        ))
        .execute(conn)
        .map(drop)
}

/// Deletes a webhook's deliveries but for the newest `kept` and the one that is sent again (index
/// `webhook_deliveries_by_webhook`).
pub fn forget_surplus(conn: &mut Conn, webhook: WebhookId, kept: i64) -> QueryResult<()> {
    let surplus: Option<DeliveryId> = webhook_deliveries::table
        .filter(webhook_deliveries::webhook_id.eq(webhook))
        .order(webhook_deliveries::id.desc())
        .offset(kept)
        .select(webhook_deliveries::id)
        .first(conn)
        .optional()?;
    let Some(surplus) = surplus else {
        return Ok(());
    };
    let old = webhook_deliveries::table
        .filter(webhook_deliveries::webhook_id.eq(webhook))
        .filter(webhook_deliveries::id.le(surplus))
        .filter(webhook_deliveries::next_at.is_null());
    diesel::delete(old).execute(conn).map(drop)
}

/// Deletes deliveries that were last sent before an instant, up to `most`, the oldest first (index
/// `webhook_deliveries_by_time`). Returns true if there may be more. One that is sent again is kept.
pub fn forget_old(conn: &mut Conn, before: Instant, most: i64) -> QueryResult<bool> {
    let old: Vec<DeliveryId> = webhook_deliveries::table
        .filter(webhook_deliveries::next_at.is_null())
        .filter(webhook_deliveries::last_at.lt(before.as_micros()))
        .order(webhook_deliveries::last_at.asc())
        .limit(most)
        .select(webhook_deliveries::id)
        .load(conn)?;
    for id in &old {
        diesel::delete(webhook_deliveries::table.find(id)).execute(conn)?;
    }
    Ok(i64::try_from(old.len()) == Ok(most))
}
