//! Webhooks and deliveries as they are stored, and what is sent.

use super::filter::Filter;
use super::ids::{DeliveryId, WebhookId};
use super::signature::Secret;
use super::words::{AttemptFailure, DeliveryState, DisabledReason};
use crate::changes::words::Followed;
use crate::db::prelude::*;
use crate::db::schema::{webhook_deliveries, webhooks};
use crate::domain::instant::Instant;

/// A stored webhook.
#[derive(Queryable, Selectable, Clone, Debug)]
#[diesel(table_name = webhooks)]
pub struct WebhookRow {
    /// The id of its row.
    pub id: WebhookId,
    /// Its public id.
    pub public_id: String,
    /// Where events are sent.
    pub url: String,
    /// The kinds of changes, a JSON list of words.
    pub types: String,
    /// The articles whose changes are sent, a filter as JSON; none for all.
    pub filter: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The number of its secret.
    pub secret_number: i64,
    /// Until when the secret before it signs too.
    pub former_secret_until: Option<i64>,
    /// The position in the change log up to which all is settled.
    pub position: i64,
    /// The first failure since the last success.
    pub failing_since: Option<i64>,
    /// Since when nothing is sent; none if it is enabled.
    pub disabled_at: Option<i64>,
    /// Why nothing is sent.
    pub disabled_reason: Option<DisabledReason>,
    /// The server that sends to it; none if there is one server only.
    pub sender: Option<String>,
    /// Until when no other server does.
    pub sender_until: i64,
    /// When it was created.
    pub created_at: i64,
    /// When a client last changed it, or it was disabled.
    pub updated_at: i64,
    /// Who created it.
    pub created_by: String,
    /// The key that created it.
    pub created_by_key_id: Option<String>,
}

impl WebhookRow {
    /// The kinds of changes. An unknown or former word names none.
    #[must_use]
    pub fn followed(&self) -> Vec<Followed> {
        let words: Vec<String> = serde_json::from_str(&self.types).unwrap_or_default();
        words.iter().filter_map(|word| Followed::from_word(word)).collect()
    }

    /// The articles whose changes are sent; `None` for all.
    #[must_use]
    pub fn filter(&self) -> Option<Filter> {
        self.filter.as_deref().and_then(|filter| serde_json::from_str(filter).ok())
    }

    /// Its first failure since the last success.
    #[must_use]
    pub fn failing_since(&self) -> Option<Instant> {
        self.failing_since.map(Instant::from_micros)
    }

    /// The secrets that sign at an instant, the present one first.
    #[must_use]
    pub fn secrets(&self, site_secret: &[u8], now: Instant) -> Vec<Secret> {
        let mut secrets = vec![self.secret(site_secret)];
        if self.former_secret_until.is_some_and(|until| until > now.as_micros()) {
            secrets.push(Secret::new(site_secret, &self.public_id, self.secret_number - 1));
        }
        secrets
    }

    /// Its present secret.
    #[must_use]
    pub fn secret(&self, site_secret: &[u8]) -> Secret {
        Secret::new(site_secret, &self.public_id, self.secret_number)
    }
}

/// A stored delivery: an event for one webhook.
#[derive(Queryable, Selectable, Clone, Debug)]
#[diesel(table_name = webhook_deliveries)]
pub struct DeliveryRow {
    /// The id of its row.
    pub id: DeliveryId,
    /// Its public id, which is the event's id for the receiver.
    pub public_id: String,
    /// The kind of event.
    pub event: String,
    /// The change's position in the log; none of a test.
    pub change: Option<i64>,
    /// What is sent, byte for byte.
    pub body: String,
    /// Its state.
    pub state: DeliveryState,
    /// How often it was sent, not counting by hand.
    pub attempts: i64,
    /// When it was first sent.
    pub created_at: i64,
    /// When it was last sent.
    pub last_at: i64,
    /// When it is sent again.
    pub next_at: Option<i64>,
    /// The status of the last answer.
    pub status: Option<i64>,
    /// Why the last attempt failed.
    pub failure: Option<AttemptFailure>,
    /// How long the last answer took, in milliseconds.
    pub took: Option<i64>,
}

/// An event for one webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id, the same for each attempt.
    pub id: String,
    /// The kind of event.
    pub event: String,
    /// The change's position in the log; none of a test.
    pub change: Option<i64>,
    /// What is sent.
    pub body: String,
}

impl From<DeliveryRow> for Message {
    fn from(row: DeliveryRow) -> Self {
        Self { id: row.public_id, event: row.event, change: row.change, body: row.body }
    }
}

/// Where to send a message, and what signs it.
#[derive(Clone)]
pub struct Receiver {
    /// The webhook's row.
    pub id: WebhookId,
    /// Its public id, for the log.
    pub public_id: String,
    /// Its URL.
    pub url: String,
    /// The secrets that sign.
    pub secrets: Vec<Secret>,
}

/// A message on its way.
#[derive(Clone)]
pub struct Parcel {
    /// Where to send it.
    pub to: Receiver,
    /// What to send.
    pub message: Message,
}

/// Who sends, and whether by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// The server, in its turn. `sender` is its name, if there may be others.
    Schedule {
        /// The server's name.
        sender: Option<String>,
    },
    /// Somebody who asked for it: a failure changes nothing of what the server does by itself.
    Hand,
}
