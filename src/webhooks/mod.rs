//! Webhooks: changes are sent to those who asked for them, in the form of Standard Webhooks.
//!
//! A webhook has a position in the change log. What comes after it is sent in order, one request at a time: the next
//! event follows once the one before was taken or given up. One that fails is sent again for three days (`rules.rs`).

pub mod api;
mod delivery;
mod filter;
mod handlers;
pub mod ids;
pub mod input;
pub(crate) mod model;
mod read;
pub mod rules;
mod sending;
mod signature;
mod store;
pub mod words;
mod write;

use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;

use crate::db::Conn;
use crate::domain::instant::{DAY, Instant};
use crate::domain::scope::Scope;
use crate::problem::{Code, Problem};
use crate::web::Operation;
use crate::web::query::{Cursor, Fields, Limit};
use crate::{operation, path_values, query};
use words::DeliveryState;

pub use delivery::Follower;
pub use sending::Sender;

/// Most webhooks. Each has one request at a time and none waits for that of another, so this is also the most requests
/// that run at once: a thread and a connection each.
pub const WEBHOOKS_MAX: usize = 50;
/// The newest deliveries of a webhook that are kept: what a person looks through.
const KEPT_DELIVERIES: i64 = 100;
/// For how long deliveries are kept, in microseconds: as long as changes are by default.
const DELIVERIES_KEPT_FOR: i64 = 30 * DAY;
/// For how long a webhook belongs to one of several servers after its last request, in microseconds: a minute, which is
/// longer than a request may take, and after which another takes over from one that is gone.
const LEASE: i64 = 60 * 1_000_000;

const MANAGE: &[Scope] = &[Scope::WebhooksManage];

path_values! {
    /// The webhook's id.
    pub struct WebhookPath(Uuid) = "webhook", "0192d5a0-0000-7000-8000-00000000000a";
    /// The delivery's id.
    pub struct DeliveryPath(Uuid) = "delivery", "0192d5a0-0000-7000-8000-00000000000b";
}

query! {
    /// A list of webhooks.
    pub struct ListWebhooks {
        limit: Limit,
        cursor: Cursor,
        fields: Fields<api::Webhook>,
    }

    /// A list of a webhook's deliveries.
    pub struct ListDeliveries {
        limit: Limit,
        cursor: Cursor,
        fields: Fields<api::Delivery>,
        /// Only those in this state.
        state: Option<DeliveryState>,
    }
}

/// The operations, in URL order.
#[must_use]
pub fn operations(sender: &Arc<Sender>) -> Vec<Operation> {
    let given = || Arc::clone(sender);
    let example = || json!({"url": "https://site.example/hooks/news", "types": ["article"], "filter": {"sections": ["city"]}, "description": "The site's search index"});
    vec![
        operation!(handlers::[__path_list_webhooks, list_webhooks]).scope(MANAGE),
        operation!(handlers::[__path_create_webhook, create_webhook], given())
            .leads_to(&[
                "read_webhook", "update_webhook", "test_webhook", "list_webhook_deliveries",
                "delete_webhook",
            ])
            .scope(MANAGE)
            .example(example())
            .answers(json!({"filter": {"sources": [], "sections": ["city"], "tags": [], "languages": []}}))
            .fails(&[Code::TooManyWebhooks]),
        operation!(handlers::[__path_read_webhook, read_webhook])
            .scope(MANAGE)
            .fails(&[Code::WebhookNotFound]),
        operation!(handlers::[__path_update_webhook, update_webhook], given())
            .scope(MANAGE)
            .example(json!({"types": ["article", "comment"]}))
            .conditional_by_tag()
            .fails(&[Code::WebhookNotFound]),
        operation!(handlers::[__path_delete_webhook, delete_webhook])
            .scope(MANAGE)
            .no_content()
            .conditional_by_tag()
            .fails(&[Code::WebhookNotFound]),
        operation!(handlers::[__path_rotate_webhook_secret, rotate_webhook_secret])
            .scope(MANAGE)
            .fails(&[Code::WebhookNotFound]),
        operation!(handlers::[__path_test_webhook, test_webhook], given())
            .scope(MANAGE)
            .answers(json!({"type": handlers::TEST_EVENT, "attempts": 0, "failure": null}))
            .fails(&[Code::WebhookNotFound]),
        operation!(handlers::[__path_list_webhook_deliveries, list_webhook_deliveries])
            .scope(MANAGE)
            .fails(&[Code::WebhookNotFound]),
        operation!(handlers::[__path_resend_webhook_delivery, resend_webhook_delivery], given())
            .scope(MANAGE)
            .answers(json!({"failure": null}))
            .fails(&[Code::WebhookNotFound, Code::DeliveryNotFound]),
    ]
}

/// Deletes old deliveries, up to `most`, the oldest first. Returns true if there may be more.
///
/// # Errors
/// A database fault.
pub fn forget(conn: &mut Conn, most: i64, now: Instant) -> Result<bool, Problem> {
    Ok(store::forget_old(conn, now.minus(DELIVERIES_KEPT_FOR), most)?)
}
