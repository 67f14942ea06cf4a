//! Comments of posts. Only those of readers are imported: editors' notes are exported as comments too, some of them as
//! approved ones.

use std::io;

use super::classic::paragraphs;
use super::export::Site;
use super::record::Comment;
use super::times;
use crate::comments::words::State;
use crate::domain::markup::Markup;
use crate::import::comment::{body_of, give, name_of};
use crate::import::item::{At, CommentItem, Item, On, Sink};
use crate::import::words::{cut, email};

/// Longest kind or state of a comment that is told of, in characters.
const SHOWN_MAX: usize = 40;

/// Where the comments of a post belong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The article.
    pub source_id: String,
    /// True if no reader could see the post, nor its comments.
    pub is_private: bool,
}

/// Gives a comment, or says why it is not imported; `place` is none where its post is not.
///
/// # Errors
/// Those of the sink.
pub fn take(
    comment: &Comment,
    place: Option<&Place>,
    site: &Site,
    at: &At,
    sink: &mut Sink<'_>,
) -> io::Result<()> {
    let mut skip = |reason: String| sink(Item::Skipped { at: at.clone(), reason });
    match comment.get("wp:comment_type").trim() {
        "comment" | "" => {}
        kind @ ("pingback" | "trackback") => {
            return skip(format!("is a {kind} of another site, not a comment of a reader"));
        }
        "note" => {
            return skip("is a note that editors wrote to each other, and is internal".to_owned());
        }
        kind => {
            let (kind, _) = cut(kind, SHOWN_MAX);
            return skip(format!("is a `{kind}`, not a comment of a reader"));
        }
    }
    let Some(place) = place else {
        return skip("is a comment on a post that is not imported".to_owned());
    };
    let mut told = Vec::new();
    let made = made(comment, place, site, at, &mut told);
    give(at, made, told, sink)
}

fn made(
    comment: &Comment,
    place: &Place,
    site: &Site,
    at: &At,
    told: &mut Vec<String>,
) -> Result<CommentItem, String> {
    let id = comment.id().ok_or("`wp:comment_id` must be a number: comments are known by it")?;
    let state = match comment.get("wp:comment_approved").trim() {
        // On a private post readers could not see it.
        "1" if place.is_private => State::Pending,
        "1" => State::Published,
        // The post is out of the trash, and what the comment was before is not told.
        "0" | "post-trashed" => State::Pending,
        "spam" => State::Spam,
        "trash" => State::Removed,
        other => {
            let (other, _) = cut(other, SHOWN_MAX);
            return Err(format!(
                "`wp:comment_approved` must be 1, 0, spam, trash or post-trashed, not `{other}`: whether the comment is public cannot be told"
            ));
        }
    };
    let by_clock = comment.get("wp:comment_date");
    let in_utc = times::utc(comment.get("wp:comment_date_gmt"));
    let created_at = match in_utc {
        Some(at) => at,
        None => {
            let (at, offset) = site.offsets.instant(by_clock).ok_or(
                "has no time in UTC (`wp:comment_date_gmt`), and the zone of its site is not known for that year",
            )?;
            let offset = times::shown(offset);
            told.push(format!(
                "its time has no zone, and is taken as {offset}, as others of its year are"
            ));
            at
        }
    };
    let parent = match comment.get("wp:comment_parent").trim() {
        "" | "0" => None,
        number => {
            let parent: u64 = number
                .parse()
                .map_err(|_| "`wp:comment_parent` must be the number of a comment, or 0")?;
            Some(site.source_id("comment", parent))
        }
    };
    let mut item = CommentItem {
        at: at.clone(),
        source_id: site.source_id("comment", id),
        on: On::Article(place.source_id.clone()),
        parent,
        state,
        author_name: String::new(),
        author_email: None,
        address: None,
        body: String::new(),
        created_at,
        edited_at: None,
        source_version: site.as_of(),
    };
    // Of one that was taken down nothing stays but its place.
    if state != State::Removed {
        item.author_name = name_of(comment.get("wp:comment_author"), told);
        item.author_email = email(comment.get("wp:comment_author_email"));
        item.address = comment.get("wp:comment_author_IP").trim().parse().ok();
        item.body = body_of(&paragraphs(comment.get("wp:comment_content")), Markup::Html, told)?;
    }
    Ok(item)
}
