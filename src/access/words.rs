//! The enumerations of keys.

use crate::words;

words! {
    /// The state of a key.
    pub enum KeyState as "KeyState" shown as "revoked" {
        /// Grants access now.
        Active = "active",
        /// Expired, and not revoked.
        Expired = "expired",
        /// Revoked.
        Revoked = "revoked",
    }
}
