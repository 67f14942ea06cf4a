//! The words of keys.

use crate::words;

words! {
    /// Which keys are listed.
    pub enum KeyState as "KeyState" shown as "revoked" {
        /// Those that open something now.
        Active = "active",
        /// Those whose time is over, and that were not revoked.
        Expired = "expired",
        /// Those that were revoked.
        Revoked = "revoked",
    }
}
