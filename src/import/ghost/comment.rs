//! Comments, each on its post and below the one that it answers.

use std::collections::{HashMap, HashSet};

use super::post::Site;
use super::tables::{Comment, Member, Tables};
use super::value::{Field, Id};
use crate::comments::words::State;
use crate::domain::markup::Markup;
use crate::domain::text::is_forbidden_in_text;
use crate::import::comment::body_of;
use crate::import::item::{At, CommentItem, On};
use crate::import::words;

/// Longest name of an author, in code points.
const NAME_MAX: usize = 80;

/// The comments of an export.
#[derive(Debug)]
pub struct Threads<'a> {
    by_post: HashMap<&'a str, Vec<&'a Comment>>,
    /// The posts of all comments, by the comments' ids.
    posts: HashMap<&'a str, Option<&'a str>>,
    /// Ids that several comments have.
    doubled: HashSet<&'a str>,
    members: HashMap<&'a str, &'a Member>,
    site: &'a Site,
}

/// What is made of a comment.
#[derive(Debug)]
pub struct Made {
    /// The comment.
    pub item: CommentItem,
    /// What is lost of it.
    pub warnings: Vec<String>,
}

impl<'a> Threads<'a> {
    /// Those of the export of a site.
    #[must_use]
    pub fn of(tables: &'a Tables, site: &'a Site) -> Self {
        let mut threads = Self {
            by_post: HashMap::new(),
            posts: HashMap::new(),
            doubled: HashSet::new(),
            members: HashMap::new(),
            site,
        };
        for comment in &tables.comments {
            let post = comment.post_id.get();
            if let Some(post) = post {
                threads.by_post.entry(post).or_default().push(comment);
            }
            let Some(id) = comment.id.get() else {
                continue;
            };
            if threads.posts.insert(id, post).is_some() {
                threads.doubled.insert(id);
            }
        }
        let members = tables.members.iter();
        threads.members = members.filter_map(|member| Some((member.id.get()?, member))).collect();
        threads
    }

    /// The comments on a post, in the order of the file.
    #[must_use]
    pub fn on(&self, post: &str) -> &[&'a Comment] {
        self.by_post.get(post).map_or(&[][..], Vec::as_slice)
    }

    /// Reads a comment on a post that became the article `article`.
    ///
    /// # Errors
    /// The reason why it is refused.
    pub fn read(&self, comment: &Comment, at: At, article: &str) -> Result<Made, String> {
        let id = comment.id.get().ok_or("has no `id` by which it would be known again")?;
        if self.doubled.contains(id) {
            return Err("has the `id` of another comment; give each its own".to_owned());
        }
        let created_at = comment.created_at.time("created_at")?;
        let mut made = Made {
            item: CommentItem {
                at,
                source_id: self.site.source_id("comment", id),
                on: On::Article(article.to_owned()),
                parent: self.parent(comment, id).map(|id| self.site.source_id("comment", id)),
                state: self.state(&comment.status)?,
                author_name: String::new(),
                author_email: None,
                address: None,
                body: String::new(),
                created_at: created_at.ok_or("`created_at` is missing")?,
                edited_at: None,
                source_version: self.site.as_of(),
            },
            warnings: Vec::new(),
        };
        // The text of a comment that was deleted is in the file all the same: nobody is to see it again.
        if made.item.state != State::Removed {
            made.item.edited_at = comment.edited_at.time("edited_at")?;
            self.write(comment, &mut made)?;
        }
        Ok(made)
    }

    fn state(&self, status: &Field) -> Result<State, String> {
        match status.text() {
            // The site has its comments switched off.
            Some("published") if self.site.has_no_comments => Ok(State::Pending),
            Some("published") => Ok(State::Published),
            Some("hidden") => Ok(State::Rejected),
            Some("deleted") => Ok(State::Removed),
            _ => Err(format!(
                "`status` must be published, hidden or deleted, not {}: whether readers see it cannot be told",
                status.shown()
            )),
        }
    }

    /// What a comment answers: `parent_id` is always the top of the thread, and `in_reply_to_id` is null where that is
    /// what it answers.
    fn parent<'c>(&self, comment: &'c Comment, own: &str) -> Option<&'c str> {
        let given = [&comment.in_reply_to_id, &comment.parent_id].into_iter().filter_map(Id::get);
        let given: Vec<&str> = given.filter(|id| *id != own).collect();
        let post = comment.post_id.get();
        let is_here = |id: &&&str| self.posts.get(**id) == Some(&post);
        given.iter().find(is_here).or(given.first()).copied()
    }

    /// Author and text.
    fn write(&self, comment: &Comment, made: &mut Made) -> Result<(), String> {
        let html = match &comment.html {
            Field::Text(html) => html,
            other => return Err(format!("`html` must be its text, not {}", other.shown())),
        };
        let mut body = body_of(html, Markup::Html, &mut made.warnings)?;
        body.retain(|c| !is_forbidden_in_text(c));
        if body.trim().is_empty() {
            return Err("has no text that can be read".to_owned());
        }
        made.item.body = body;
        // Of a member who is gone, no name is left.
        if let Some(member) = comment.member_id.get().and_then(|id| self.members.get(id)) {
            let name = member.name.text().and_then(words::line).unwrap_or_default();
            let (name, is_cut) = words::cut(&name, NAME_MAX);
            if is_cut {
                made.warnings
                    .push(format!("the name of its author is cut to {NAME_MAX} characters"));
            }
            made.item.author_name = name;
            made.item.author_email = member.email.text().and_then(words::email);
        }
        if comment.pinned_at.0 {
            made.warnings.push("lost: that it is pinned above the others".to_owned());
        }
        Ok(())
    }
}
