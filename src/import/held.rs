//! Items that are held until they are written together.

use serde_json::Value;

use super::item::{Item, On};

/// Articles that wait for the writer together: enough to share the sync to disk, few enough that a running server waits
/// for less than a tenth of a second.
const ARTICLES_AT_ONCE: usize = 200;
/// The bytes of such a batch: it bounds the memory, whatever the number of records.
const BYTES_AT_ONCE: usize = 8 * 1024 * 1024;
/// Comments of one batch. Those of one article are in one batch, so that an answer may stand before what it answers.
const COMMENTS_AT_ONCE: usize = 1_000;
/// The bytes of the comments of one article that are held, and of what is told of them: an import is to need less than
/// 200 MB. It is more than any discussion has. Of a longer one these are written first: answers to what comes later
/// stand at the top.
const BYTES_OF_ONE: usize = 32 * 1024 * 1024;
/// What a record needs beside its text, in bytes: its place, its ids, its lines in the report.
const BYTES_OF_RECORD: usize = 1024;

/// Items that are written together.
#[derive(Default)]
pub(super) struct Batch {
    /// In their order.
    pub items: Vec<Item>,
    articles: usize,
    bytes: usize,
    comments: usize,
    /// What the last comment is on.
    on: Option<On>,
}

impl Batch {
    /// True if it is to be written before this item.
    pub fn is_full_for(&self, item: &Item) -> bool {
        match item {
            Item::Comment(comment) if self.on.as_ref() == Some(&comment.on) => {
                self.bytes >= BYTES_OF_ONE
            }
            Item::Article(_) | Item::Comment(_) => {
                self.articles >= ARTICLES_AT_ONCE
                    || self.bytes >= BYTES_AT_ONCE
                    || self.comments >= COMMENTS_AT_ONCE
            }
            // It belongs to what is there, or to nothing.
            Item::Refused { .. } | Item::Skipped { .. } | Item::Warning { .. } => {
                self.bytes >= BYTES_OF_ONE
            }
        }
    }

    /// Adds an item.
    pub fn push(&mut self, item: Item) {
        let text = match &item {
            Item::Article(article) => {
                self.articles += 1;
                let body = article.members.get("body").and_then(Value::as_str);
                body.map_or(0, str::len)
            }
            Item::Comment(comment) => {
                self.comments += 1;
                if self.on.as_ref() != Some(&comment.on) {
                    self.on = Some(comment.on.clone());
                }
                comment.body.len()
            }
            Item::Refused { reason: text, .. }
            | Item::Skipped { reason: text, .. }
            | Item::Warning { text, .. } => text.len(),
        };
        self.bytes += BYTES_OF_RECORD + text;
        self.items.push(item);
    }

    /// Leaves out the comments of the last discussion, which may not be whole: an answer that stands before what it
    /// answers would come to stand at the top, and stay there.
    pub fn leave_last_discussion(&mut self) {
        let last = self.on.take();
        self.items.retain(|item| match item {
            Item::Comment(comment) => Some(&comment.on) != last.as_ref(),
            _ => true,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comments::words::State;
    use crate::domain::instant::Instant;
    use crate::import::item::{At, CommentItem};

    fn comment(on: &str, body: &str) -> Item {
        Item::Comment(Box::new(CommentItem {
            at: At::file("a.xml"),
            source_id: "comment 1".to_owned(),
            on: On::Article(on.to_owned()),
            parent: None,
            state: State::Published,
            author_name: String::new(),
            author_email: None,
            address: None,
            body: body.to_owned(),
            created_at: Instant::from_micros(0),
            edited_at: None,
            source_version: None,
        }))
    }

    /// Neither tiny nor long comments of one article add up.
    #[test]
    fn what_is_held_of_one_discussion_is_bounded() {
        for body in ["x".to_owned(), "x".repeat(5_000)] {
            let mut batch = Batch::default();
            let mut held = 0;
            while !batch.is_full_for(&comment("1", &body)) {
                batch.push(comment("1", &body));
                held += 1;
            }
            assert!(held * body.len() <= BYTES_OF_ONE && held <= 40_000, "{held}");
            assert!(held > COMMENTS_AT_ONCE, "{held}");
        }
    }

    #[test]
    fn a_discussion_that_may_not_be_whole_is_left() {
        let mut batch = Batch::default();
        for on in ["1", "1", "2"] {
            batch.push(comment(on, "x"));
        }
        batch.push(Item::Warning { at: At::file("a.xml"), text: "y".to_owned() });
        batch.leave_last_discussion();
        assert_eq!(batch.items.len(), 3, "{:?}", batch.items);
    }
}
