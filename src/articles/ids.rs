//! Ids of articles' rows.

use crate::row_ids;

row_ids! {
    /// The id of a row of `articles`.
    pub struct ArticleId;
}
