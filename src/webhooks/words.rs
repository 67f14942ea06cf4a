//! The enumerations of webhooks.

use crate::{stored_words, words};

words! {
    /// The state of a delivery.
    pub enum DeliveryState as "DeliveryState" shown as "delivered" {
        /// It has failed, and is sent again.
        Waiting = "waiting",
        /// The receiver has taken it.
        Delivered = "delivered",
        /// It is not sent again by itself.
        GivenUp = "given_up",
    }

    /// Why an attempt has failed.
    pub enum AttemptFailure as "DeliveryFailure" shown as "status" {
        /// The receiver answered with another status than 2xx.
        Status = "status",
        /// The host has an address that may not be sent to.
        Address = "address",
        /// The host is not known, no connection was made, or it was lost.
        Connection = "connection",
        /// There was no answer in time.
        Timeout = "timeout",
    }

    /// Why nothing is sent to a webhook.
    pub enum DisabledReason as "WebhookDisabledReason" shown as "failing" {
        /// Somebody has switched it off.
        ByHand = "by_hand",
        /// The receiver answered 410.
        Gone = "gone",
        /// Nothing was taken for days.
        Failing = "failing",
        /// Removals that it was to be told are no longer kept: what it has may be old. Start anew from the feed.
        Behind = "behind",
    }
}

stored_words!(DeliveryState, AttemptFailure, DisabledReason);
