//! The kinds of audit events.

use crate::{stored_words, words};

words! {
    /// A kind of audit event.
    pub enum Event as "AuditEventKind" shown as "key_created" {
        /// A key was created.
        KeyCreated = "key_created",
        /// A key was revoked.
        KeyRevoked = "key_revoked",
        /// Requests came with a wrong, revoked or expired key.
        KeyRefused = "key_refused",
        /// An address was blocked from commenting.
        BlockCreated = "block_created",
        /// The block of an address was lifted.
        BlockLifted = "block_lifted",
    }
}

stored_words!(Event);
