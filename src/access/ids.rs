//! Ids of keys' rows.

use crate::row_ids;

row_ids! {
    /// The id of a row of `api_keys`.
    pub struct KeyId;
}
