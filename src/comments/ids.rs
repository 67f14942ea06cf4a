//! Ids of comments' rows.

use crate::row_ids;

row_ids! {
    /// The id of a row of `comments`.
    pub struct CommentId;
}
