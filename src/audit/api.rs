//! The audit on the wire.

use serde::Serialize;
use utoipa::ToSchema;

use super::store::EventRow;
use super::words::Event;
use crate::domain::instant::Instant;
use crate::web::query::Members;

/// An event of the audit.
#[derive(Serialize, ToSchema)]
pub struct AuditEvent {
    /// Its id.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000009")]
    pub id: String,
    /// What happened.
    pub event: Event,
    /// The time when it happened; of several, the first.
    #[schema(value_type = String, format = "date-time")]
    pub at: Instant,
    /// The time of the last of several.
    #[schema(value_type = String, format = "date-time")]
    pub last_at: Instant,
    /// How often it happened: wrong keys from one address are one event an hour.
    #[schema(example = 1, minimum = 1)]
    pub count: i64,
    /// Who did it, as in the history; null for a wrong key.
    #[schema(example = "admin")]
    pub actor: Option<String>,
    /// The id of the key that did it; null without a stored key.
    #[schema(format = "uuid")]
    pub actor_key_id: Option<String>,
    /// The id of the key, or of the block, that it happened to; null for a wrong key.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000004")]
    pub subject_id: Option<String>,
    /// A digest of the client's address, the same for the same address; null once it is no longer
    /// kept, or if it is not known.
    #[schema(example = "p7Xr0m1x0kK1yq9u0t1n3cQ1w7z5r2h8s4d6f8g0h2j")]
    pub address_digest: Option<String>,
    /// The name of the key, or the reason of the block.
    #[schema(example = "City desk")]
    pub note: Option<String>,
}

impl Members for AuditEvent {
    const MEMBERS: &'static [&'static str] = &[
        "id", "event", "at", "last_at", "count", "actor", "actor_key_id", "subject_id",
        "address_digest", "note",
    ];
}

impl From<EventRow> for AuditEvent {
    fn from(row: EventRow) -> Self {
        Self {
            id: row.public_id,
            event: row.event,
            at: Instant::from_micros(row.at),
            last_at: Instant::from_micros(row.last_at),
            count: row.count,
            actor: row.actor,
            actor_key_id: row.actor_key_id,
            subject_id: row.subject,
            address_digest: row.address,
            note: row.note,
        }
    }
}
