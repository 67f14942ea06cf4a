//! Ids of disclaimers' rows.

use crate::row_ids;

row_ids! {
    /// The id of a row of `disclaimers`.
    pub struct DisclaimerId;
}
