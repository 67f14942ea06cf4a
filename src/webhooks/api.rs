//! Webhooks on the wire.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::filter::Filter;
use super::model::{DeliveryRow, WebhookRow};
use super::words::{AttemptFailure, DeliveryState, DisabledReason};
use crate::changes::words::Followed;
use crate::domain::instant::Instant;
use crate::web::query::Members;

/// A webhook, without its secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Webhook {
    /// Its id.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-00000000000a")]
    pub id: String,
    /// Where events are sent.
    #[schema(format = "uri", example = "https://site.example/hooks/news")]
    pub url: String,
    /// The kinds of changes that are sent.
    pub types: Vec<Followed>,
    /// The articles whose changes and comments are sent; null for all.
    pub filter: Option<Filter>,
    /// What it is for; null if nobody said.
    #[schema(example = "The site's search index")]
    pub description: Option<String>,
    /// Whether events are sent.
    #[schema(example = true)]
    pub enabled: bool,
    /// The time since which nothing is sent; null if it is enabled.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub disabled_at: Option<Instant>,
    /// The reason why nothing is sent; null if it is enabled.
    pub disabled_reason: Option<DisabledReason>,
    /// The time of the first failure since the last success; null if the last attempt succeeded. Of a webhook that was
    /// disabled, what happened since then was not sent: the change feed has it.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub failing_since: Option<Instant>,
    /// The time until which the secret before the present one signs too; null if there was none.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub former_secret_until: Option<Instant>,
    /// The time when it was created.
    #[schema(value_type = String, format = "date-time")]
    pub created_at: Instant,
    /// The time when it was last changed, or disabled.
    #[schema(value_type = String, format = "date-time")]
    pub updated_at: Instant,
    /// The name of its creator, as in the history.
    #[schema(example = "admin")]
    pub created_by: String,
    /// The id of the key that created it; null without a stored key.
    #[schema(format = "uuid")]
    pub created_by_key_id: Option<String>,
}

impl Members for Webhook {
    const MEMBERS: &'static [&'static str] = &[
        "id", "url", "types", "filter", "description", "enabled", "disabled_at", "disabled_reason",
        "failing_since", "former_secret_until", "created_at", "updated_at", "created_by",
        "created_by_key_id",
    ];
}

impl From<WebhookRow> for Webhook {
    fn from(row: WebhookRow) -> Self {
        Self {
            types: row.followed(),
            filter: row.filter(),
            id: row.public_id,
            url: row.url,
            description: row.description,
            enabled: row.disabled_at.is_none(),
            disabled_at: row.disabled_at.map(Instant::from_micros),
            disabled_reason: row.disabled_reason,
            failing_since: row.failing_since.map(Instant::from_micros),
            former_secret_until: row.former_secret_until.map(Instant::from_micros),
            created_at: Instant::from_micros(row.created_at),
            updated_at: Instant::from_micros(row.updated_at),
            created_by: row.created_by,
            created_by_key_id: row.created_by_key_id,
        }
    }
}

/// A webhook with its secret, which is shown only this once.
#[derive(Serialize, ToSchema)]
pub struct WebhookWithSecret {
    /// The webhook without its secret.
    #[serde(flatten)]
    pub about: Webhook,
    /// The secret that its receiver verifies signatures with.
    #[schema(example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDB8sxOwP3gT4=")]
    pub secret: String,
}

/// An event for one webhook, and what became of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Delivery {
    /// Its id, which the receiver has as `webhook-id`: the same for each attempt.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-00000000000b")]
    pub id: String,
    /// The kind of event: a kind of change, or `webhook.test`.
    #[serde(rename = "type")]
    #[schema(example = "article.published")]
    pub kind: String,
    /// Its state.
    pub state: DeliveryState,
    /// How often it was sent in its turn: by hand is not counted.
    #[schema(example = 1, minimum = 0)]
    pub attempts: i64,
    /// The HTTP status of the last answer; null if there was none.
    #[schema(example = 204)]
    pub status: Option<i64>,
    /// The reason why the last attempt failed; null if it did not.
    pub failure: Option<AttemptFailure>,
    /// How long the last answer took, in milliseconds; null if there was none.
    #[schema(example = 38, minimum = 0)]
    pub took_ms: Option<i64>,
    /// What is sent.
    #[schema(value_type = Object)]
    pub payload: Value,
    /// The time when it was first sent.
    #[schema(value_type = String, format = "date-time")]
    pub created_at: Instant,
    /// The time when it was last sent.
    #[schema(value_type = String, format = "date-time")]
    pub last_attempt_at: Instant,
    /// The time when it is sent again; null if it is not.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub next_attempt_at: Option<Instant>,
}

impl Members for Delivery {
    const MEMBERS: &'static [&'static str] = &[
        "id", "type", "state", "attempts", "status", "failure", "took_ms", "payload", "created_at",
        "last_attempt_at", "next_attempt_at",
    ];
}

impl From<DeliveryRow> for Delivery {
    fn from(row: DeliveryRow) -> Self {
        Self {
            id: row.public_id,
            kind: row.event,
            state: row.state,
            attempts: row.attempts,
            status: row.status,
            failure: row.failure,
            took_ms: row.took,
            // It was written here.
            payload: serde_json::from_str(&row.body).unwrap_or_default(),
            created_at: Instant::from_micros(row.created_at),
            last_attempt_at: Instant::from_micros(row.last_at),
            next_attempt_at: row.next_at.map(Instant::from_micros),
        }
    }
}
