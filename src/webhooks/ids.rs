//! Ids of webhooks' rows.

use crate::row_ids;

row_ids! {
    /// The id of a row of `webhooks`.
    pub struct WebhookId;
    /// The id of a row of `webhook_deliveries`.
    pub struct DeliveryId;
}
