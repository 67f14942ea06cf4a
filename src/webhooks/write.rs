//! Writing webhooks, and what became of what was sent to them.

use std::time::Duration;

use uuid::Uuid;

use super::ids::{DeliveryId, WebhookId};
use super::input::WebhookInput;
use super::model::{By, DeliveryRow, Message, WebhookRow};
use super::rules::{FORMER_SECRET_FOR, Outcome, next_attempt};
use super::words::{DeliveryState, DisabledReason};
use super::{KEPT_DELIVERIES, LEASE, WEBHOOKS_MAX, read, store};
use crate::changes;
use crate::db::Conn;
use crate::domain::instant::Instant;
use crate::problem::{Code, Problem};
use crate::web::caller::Actor;

/// Creates the webhook `id`: it is sent what happens from now on.
///
/// # Errors
/// `too_many_webhooks`, or a database fault.
pub fn create(
    conn: &mut Conn,
    input: &WebhookInput,
    id: Uuid,
    by: Actor<'_>,
    now: Instant,
) -> Result<WebhookRow, Problem> {
    let most = i64::try_from(WEBHOOKS_MAX).unwrap_or(i64::MAX);
    if store::count_up_to(conn, most)? >= WEBHOOKS_MAX {
        return Err(Problem::plain(Code::TooManyWebhooks).with("limit", most));
    }
    let disabled = (!input.enabled).then_some((now.as_micros(), DisabledReason::ByHand));
    let row = WebhookRow {
        id: WebhookId::START,
        public_id: id.to_string(),
        url: input.url.to_string(),
        types: types_of(input)?,
        filter: filter_of(input)?,
        description: input.description.as_deref().map(str::to_owned),
        secret_number: 1,
        former_secret_until: None,
        position: changes::select_last(conn)?,
        failing_since: None,
        disabled_at: disabled.map(|(at, _)| at),
        disabled_reason: disabled.map(|(_, reason)| reason),
        sender: None,
        sender_until: 0,
        created_at: now.as_micros(),
        updated_at: now.as_micros(),
        created_by: by.name.to_owned(),
        created_by_key_id: by.stored_key_id(),
    };
    store::insert(conn, &row)?;
    read::find(conn, id)
}

/// Changes a webhook. One that is enabled again is sent what happens from now on.
///
/// # Errors
/// A database fault.
pub fn edit(
    conn: &mut Conn,
    mut row: WebhookRow,
    input: &WebhookInput,
    now: Instant,
) -> Result<WebhookRow, Problem> {
    row.url = input.url.to_string();
    row.types = types_of(input)?;
    row.filter = filter_of(input)?;
    row.description = input.description.as_deref().map(str::to_owned);
    row.updated_at = now.as_micros();
    match (row.disabled_at.is_none(), input.enabled) {
        (true, false) => disable(conn, &mut row, DisabledReason::ByHand, now)?,
        (false, true) => {
            row.position = row.position.max(changes::select_last(conn)?);
            (row.disabled_at, row.disabled_reason, row.failing_since) = (None, None, None);
        }
        _ => {}
    }
    store::update(conn, &row)?;
    Ok(row)
}

/// Gives a webhook another secret. The one before signs too, for a while.
///
/// # Errors
/// A database fault.
pub fn rotate(conn: &mut Conn, mut row: WebhookRow, now: Instant) -> Result<WebhookRow, Problem> {
    row.secret_number += 1;
    row.former_secret_until = now.checked_plus(FORMER_SECRET_FOR).map(Instant::as_micros);
    row.updated_at = now.as_micros();
    store::update(conn, &row)?;
    Ok(row)
}

/// Gives a webhook to a server until [`LEASE`] is over, unless another has it. Returns whether it did.
///
/// # Errors
/// A database fault.
pub fn claim(conn: &mut Conn, id: WebhookId, sender: &str, now: Instant) -> Result<bool, Problem> {
    let Some(mut row) = store::select_row(conn, id)? else {
        return Ok(false);
    };
    let is_free = row.sender.as_deref().is_none_or(|has| has == sender)
        || row.sender_until <= now.as_micros();
    if is_free {
        hand_to(&mut row, Some(sender.to_owned()), now);
        store::update(conn, &row)?;
    }
    Ok(is_free)
}

fn hand_to(row: &mut WebhookRow, sender: Option<String>, now: Instant) {
    row.sender_until = match sender {
        Some(_) => now.checked_plus(LEASE).unwrap_or(now).as_micros(),
        None => 0,
    };
    row.sender = sender;
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug)]
pub struct Attempted {
    /// What the receiver made of it.
    pub outcome: Outcome,
    /// The status of its answer.
    pub status: Option<u16>,
    /// How long that took.
    pub took: Option<Duration>,
}

/// What was recorded of an attempt.
pub struct Recorded {
    /// The delivery as it is now.
    pub delivery: DeliveryRow,
    /// Why the webhook was disabled, if it was by this.
    pub disabled: Option<DisabledReason>,
}

/// Records an attempt at the unit's instant; `None` if the webhook is gone.
///
/// # Errors
/// A database fault.
pub fn record(
    conn: &mut Conn,
    id: WebhookId,
    message: &Message,
    (attempted, by): (Attempted, &By),
    now: Instant,
) -> Result<Option<Recorded>, Problem> {
    let Some(mut row) = store::select_row(conn, id)? else {
        return Ok(None);
    };
    if let By::Schedule { sender } = by {
        hand_to(&mut row, sender.clone(), now);
    }
    let present = store::select_delivery(conn, id, &message.id)?;
    let is_new = present.is_none();
    let mut delivery = present.unwrap_or_else(|| new_delivery(message, now));
    delivery.last_at = now.as_micros();
    delivery.status = attempted.status.map(i64::from);
    delivery.failure = attempted.outcome.failure();
    delivery.took = attempted.took.map(|took| i64::try_from(took.as_millis()).unwrap_or(i64::MAX));
    let is_scheduled = *by != By::Hand;
    if is_scheduled {
        delivery.attempts += 1;
    }
    match attempted.outcome {
        Outcome::Taken => {
            (delivery.state, delivery.next_at) = (DeliveryState::Delivered, None);
            row.failing_since = None;
        }
        Outcome::Failed(_) | Outcome::Gone if is_scheduled => {
            row.failing_since = row.failing_since.or(Some(now.as_micros()));
            // One that was disabled meanwhile is sent nothing more.
            let next = next_attempt(delivery.attempts, now).filter(|_| row.disabled_at.is_none());
            delivery.next_at = next.map(Instant::as_micros);
            delivery.state = match next {
                Some(_) => DeliveryState::Waiting,
                None => DeliveryState::GivenUp,
            };
        }
        // What the server does by itself stays as it is.
        Outcome::Failed(_) | Outcome::Gone => {}
    }
    if let (Some(change), None) = (message.change, delivery.next_at) {
        row.position = row.position.max(change);
    }
    match is_new {
        true => {
            store::insert_delivery(conn, id, &delivery)?;
            store::forget_surplus(conn, id, KEPT_DELIVERIES)?;
        }
        false => store::update_delivery(conn, &delivery)?,
    }
    let is_enabled = row.disabled_at.is_none();
    let failing_since = row.failing_since().filter(|_| is_scheduled);
    // What is tried by hand changes nothing of what the server does by itself.
    let disabled = attempted.outcome.disables(failing_since, now);
    let disabled = disabled.filter(|_| is_enabled && is_scheduled);
    if let Some(reason) = disabled {
        disable(conn, &mut row, reason, now)?;
    } else if attempted.outcome == Outcome::Taken {
        send_waiting(conn, id, now)?;
    }
    store::update(conn, &row)?;
    let found = store::select_delivery(conn, id, &message.id)?;
    Ok(found.map(|delivery| Recorded { delivery, disabled }))
}

/// A delivery that has not been sent yet. A test, or what is sent by hand, is not sent again by itself.
fn new_delivery(message: &Message, now: Instant) -> DeliveryRow {
    DeliveryRow {
        id: DeliveryId(0),
        public_id: message.id.clone(),
        event: message.event.clone(),
        change: message.change,
        body: message.body.clone(),
        state: DeliveryState::GivenUp,
        attempts: 0,
        created_at: now.as_micros(),
        last_at: now.as_micros(),
        next_at: None,
        status: None,
        failure: None,
        took: None,
    }
}

/// The receiver is well again: what waits is sent at once.
fn send_waiting(conn: &mut Conn, id: WebhookId, now: Instant) -> Result<(), Problem> {
    if let Some(mut waiting) = store::select_waiting(conn, id)? {
        waiting.next_at = Some(now.as_micros());
        store::update_delivery(conn, &waiting)?;
    }
    Ok(())
}

/// Disables a webhook that has missed removals.
///
/// # Errors
/// A database fault.
pub fn disable_behind(conn: &mut Conn, id: WebhookId, now: Instant) -> Result<(), Problem> {
    let Some(mut row) = store::select_row(conn, id)?.filter(|row| row.disabled_at.is_none()) else {
        return Ok(());
    };
    disable(conn, &mut row, DisabledReason::Behind, now)?;
    Ok(store::update(conn, &row)?)
}

/// Notes that a webhook has nothing to be told up to a position.
///
/// # Errors
/// A database fault.
pub fn note_position(conn: &mut Conn, id: WebhookId, position: i64) -> Result<(), Problem> {
    match store::select_row(conn, id)?.filter(|row| row.position < position) {
        Some(row) => Ok(store::update(conn, &WebhookRow { position, ..row })?),
        None => Ok(()),
    }
}

/// Disables a webhook, whose row is stored by the caller: what waits is given up.
fn disable(
    conn: &mut Conn,
    row: &mut WebhookRow,
    reason: DisabledReason,
    now: Instant,
) -> Result<(), Problem> {
    (row.disabled_at, row.disabled_reason) = (Some(now.as_micros()), Some(reason));
    row.updated_at = now.as_micros();
    if let Some(mut waiting) = store::select_waiting(conn, row.id)? {
        (waiting.state, waiting.next_at) = (DeliveryState::GivenUp, None);
        store::update_delivery(conn, &waiting)?;
    }
    Ok(())
}

/// The kinds of changes as they are stored.
fn types_of(input: &WebhookInput) -> Result<String, Problem> {
    serde_json::to_string(&input.followed()).map_err(Problem::internal)
}

/// The filter as it is stored.
fn filter_of(input: &WebhookInput) -> Result<Option<String>, Problem> {
    let filter = input.filter().map(|filter| serde_json::to_string(&filter));
    filter.transpose().map_err(Problem::internal)
}
