//! Words of comments, on the wire and in the database.

use crate::{stored_words, words};

words! {
    /// The moderation state of a comment.
    pub enum State as "CommentState" shown as "published" {
        /// Waits for a moderator.
        Pending = "pending",
        /// Public.
        Published = "published",
        /// Refused by a moderator.
        Rejected = "rejected",
        /// Spam.
        Spam = "spam",
        /// Taken down.
        Removed = "removed",
    }

    /// The reason why a comment waits for a moderator.
    pub enum HeldBy as "HeldBy" shown as "policy" {
        /// The article's policy is `moderated`.
        Policy = "policy",
        /// It has more links than the newsroom allows.
        Links = "links",
        /// It has an entry of the newsroom's word list in its text or its author's name.
        Words = "words",
        /// Its author has no published comment yet.
        FirstComment = "first_comment",
        /// Too many comments came on the article within a minute.
        Flood = "flood",
        /// Enough readers reported it.
        Reports = "reports",
        /// A moderator returned it to the queue.
        Moderator = "moderator",
    }

    /// The order of a list of comments.
    pub enum Order as "CommentOrder" {
        /// Each reply below its parent, oldest first.
        Thread = "thread",
        /// The newest first, regardless of nesting.
        Newest = "newest",
        /// The oldest first, regardless of nesting.
        Oldest = "oldest",
    }

    /// The order of the moderators' queue.
    pub enum QueueOrder as "QueueOrder" {
        /// The oldest first.
        Oldest = "oldest",
        /// The newest first.
        Newest = "newest",
    }
}

stored_words!(HeldBy, State);
