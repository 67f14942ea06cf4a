//! Comments of one article: in the order in which they can be written, and writing them.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::runtime::Runtime;

use super::item::{At, CommentItem};
use crate::articles::model::ArticleRow;
use crate::comments::ids::CommentId;
use crate::comments::{self, Below, CommentOutcome, ImportedComment};
use crate::db::Db;
use crate::domain::ids::Entropy;
use crate::domain::instant::Instant;
use crate::problem::Problem;

/// Comments that wait for the writer together, whatever the number on one article: its queue has room for others too.
const WRITTEN_AT_ONCE: usize = 200;

/// What a reply is told of.
const TOO_DEEP: &str = "is nested deeper than comments are here: it stands below the comment above the one that it replies to";
const NO_PARENT: &str = "replies to a comment that was not imported: it stands at the top";

/// What became of a comment, and what is told of its place; or why it is refused.
pub(super) type Written = Result<(CommentOutcome, Option<&'static str>), Problem>;

/// Writes the comments of one article.
pub(super) struct Writer<'a> {
    pub database: &'a Db,
    pub runtime: &'a Runtime,
    pub entropy: &'a Arc<dyn Entropy>,
    /// Of comments that are older, no address is stored.
    pub kept_since: Option<Instant>,
}

impl Writer<'_> {
    /// Writes them, and tells of each.
    pub fn write<T>(
        &self,
        article: ArticleRow,
        comments: Vec<(T, Box<CommentItem>)>,
        mut tell: impl FnMut(T, At, Written),
    ) {
        let article = Arc::new(article);
        let mut waiting = in_order(comments).into_iter();
        loop {
            let writes = waiting.by_ref().take(WRITTEN_AT_ONCE).map(|(which, comment)| {
                let (entropy, article) = (Arc::clone(self.entropy), Arc::clone(&article));
                let at = comment.at.clone();
                let keeps = self.kept_since.is_none_or(|since| comment.created_at >= since);
                let write = self.database.write(move |conn, now| {
                    let (parent, note) = match &comment.parent {
                        None => (None, None),
                        Some(id) => match comments::below(conn, &article, id)? {
                            Below::It(id) => (Some(id), None),
                            Below::Above(id) => (Some(id), Some(TOO_DEEP)),
                            Below::Nobody => (None, Some(NO_PARENT)),
                        },
                    };
                    let comment = imported(*comment, parent, keeps);
                    let outcome =
                        comments::import(conn, &article, &comment, entropy.as_ref(), now)?;
                    Ok((outcome, note))
                });
                async move { (which, at, write.await) }
            });
            let written = self.runtime.block_on(join_all(writes));
            if written.is_empty() {
                return;
            }
            for (which, at, outcome) in written {
                tell(which, at, outcome);
            }
        }
    }
}

/// A comment for the writer.
fn imported(
    comment: CommentItem,
    parent: Option<CommentId>,
    keeps_address: bool,
) -> ImportedComment {
    ImportedComment {
        sha256: digest_of(&comment),
        source_id: comment.source_id,
        parent,
        state: comment.state,
        author_name: comment.author_name,
        author_email: comment.author_email,
        address: comment.address.filter(|_| keeps_address),
        body: comment.body,
        created_at: comment.created_at,
        edited_at: comment.edited_at,
        source_version: comment.source_version,
    }
}

/// Puts comments in the order of time, but each behind the one that it replies to. One that replies to itself by way of
/// others stands where the circle is met first.
fn in_order<T>(mut comments: Vec<(T, Box<CommentItem>)>) -> Vec<(T, Box<CommentItem>)> {
    comments.sort_by_key(|(_, comment)| comment.created_at);
    let mut known: HashMap<&str, usize> = HashMap::with_capacity(comments.len());
    for (place, (_, comment)) in comments.iter().enumerate() {
        known.entry(&comment.source_id).or_insert(place);
    }
    let parents: Vec<Option<usize>> = comments
        .iter()
        .map(|(_, comment)| comment.parent.as_deref().and_then(|id| known.get(id).copied()))
        .collect();
    let (mut order, mut is_met) = (Vec::with_capacity(comments.len()), vec![false; comments.len()]);
    let mut above = Vec::new();
    for first in 0..comments.len() {
        let mut next = Some(first);
        while let Some(place) = next.filter(|place| !is_met[*place]) {
            is_met[place] = true;
            above.push(place);
            next = parents[place];
        }
        order.extend(above.drain(..).rev());
    }
    let mut comments: Vec<Option<(T, Box<CommentItem>)>> = comments.into_iter().map(Some).collect();
    order.into_iter().filter_map(|place| comments[place].take()).collect()
}

/// What tells whether a comment was edited.
fn digest_of(comment: &CommentItem) -> [u8; 32] {
    let CommentItem {
        parent, state, author_name, author_email, body, created_at, edited_at, ..
    } = comment;
    let whole = json!([parent, state, author_name, author_email, body, created_at, edited_at]);
    Sha256::digest(whole.to_string().as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::super::item::On;
    use super::*;
    use crate::comments::words::State;

    fn comment(id: &str, parent: Option<&str>, at: i64) -> ((), Box<CommentItem>) {
        let comment = CommentItem {
            at: At::file("x"),
            source_id: id.to_owned(),
            on: On::Article("a".to_owned()),
            parent: parent.map(str::to_owned),
            state: State::Published,
            author_name: String::new(),
            author_email: None,
            address: None,
            body: "B".to_owned(),
            created_at: Instant::from_micros(at),
            edited_at: None,
            source_version: None,
        };
        ((), Box::new(comment))
    }

    #[test]
    fn what_is_answered_comes_first() {
        let given = vec![
            comment("d", Some("c"), 1),
            comment("a", None, 2),
            comment("c", Some("b"), 5),
            comment("b", Some("gone"), 4),
            comment("x", Some("y"), 6),
            comment("y", Some("x"), 7),
            comment("e", Some("e"), 3),
        ];
        let order: Vec<String> =
            in_order(given).into_iter().map(|(_, comment)| comment.source_id).collect();
        assert_eq!(order, ["b", "c", "d", "a", "e", "y", "x"]);
    }
}
