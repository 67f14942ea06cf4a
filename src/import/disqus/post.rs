//! The elements of an export of Disqus: a post, and what a post and a thread have in common.

use std::io::BufRead;

use crate::comments::words::State;
use crate::domain::markup::Markup;
use crate::import::comment::{body_of, instant, name_of};
use crate::import::item::{At, CommentItem, On};
use crate::import::words;
use crate::import::xml::{Element, Malformed, Node, Xml};

/// Longest text of a post that is looked at, in bytes: much more than the 5,000 characters that are kept.
const MESSAGE_MAX: usize = 1024 * 1024;

/// A post as it is written.
#[derive(Default)]
pub struct Post {
    id: Option<String>,
    /// Its second number. Some posts have no other.
    number: String,
    message: String,
    /// What keeps the message from being read.
    unread: Option<&'static str>,
    created: String,
    name: String,
    email: String,
    address: String,
    thread: Option<String>,
    parent: Option<String>,
    is_deleted: bool,
    is_spam: bool,
    is_held: bool,
    /// True if it says whether it is deleted or spam.
    is_said: bool,
    /// True if readers have reported it.
    pub is_flagged: bool,
    unclear: Option<String>,
}

impl Post {
    /// Reads the post that begins with `element`.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn read<R: BufRead>(element: &Element, xml: &mut Xml<R>) -> Result<Self, Malformed> {
        let mut post = Self { id: id_of(element), ..Self::default() };
        while let Some(child) = child_of(xml)? {
            match local(&child.name) {
                "id" => post.number = xml.text()?.trim().to_owned(),
                "message" => post.read_message(xml)?,
                "createdAt" => post.created = xml.text()?,
                "ipAddress" => post.address = xml.text()?,
                "author" => post.read_author(xml)?,
                "thread" => post.thread = referred(&child, xml)?,
                "parent" => post.parent = referred(&child, xml)?,
                "isDeleted" => {
                    post.is_said = true;
                    let said = truth("isDeleted", &xml.text()?, &mut post.unclear);
                    post.is_deleted |= said == Some(true);
                }
                "isSpam" => {
                    post.is_said = true;
                    let said = truth("isSpam", &xml.text()?, &mut post.unclear);
                    post.is_spam |= said == Some(true);
                }
                "isApproved" => {
                    let said = truth("isApproved", &xml.text()?, &mut post.unclear);
                    post.is_held |= said == Some(false);
                }
                "isFlagged" => post.is_flagged = xml.text()?.trim() == "true",
                _ => xml.skip()?,
            }
        }
        Ok(post)
    }

    /// The message: HTML as text. Elements in it would be lost, so they are not taken for it.
    fn read_message<R: BufRead>(&mut self, xml: &mut Xml<R>) -> Result<(), Malformed> {
        loop {
            match xml.next()? {
                Node::Text(text) if self.message.len() + text.len() <= MESSAGE_MAX => {
                    self.message.push_str(&text);
                }
                Node::Text(_) => self.unread = Some("`message` is over a megabyte; cut it"),
                Node::Open(_) => {
                    self.unread =
                        Some("`message` has elements; its HTML must be in a CDATA section");
                    xml.skip()?;
                }
                Node::Close | Node::End => return Ok(()),
            }
        }
    }

    fn read_author<R: BufRead>(&mut self, xml: &mut Xml<R>) -> Result<(), Malformed> {
        while let Some(child) = child_of(xml)? {
            match local(&child.name) {
                "name" => self.name = xml.text()?,
                "email" => self.email = xml.text()?,
                _ => xml.skip()?,
            }
        }
        Ok(())
    }

    /// What it is called in the report.
    pub fn name(&self) -> String {
        let (id, _) = words::cut(self.id.as_deref().unwrap_or(&self.number), 40);
        format!("post {id}")
    }

    /// Its thread, and the comment that it makes, which is on nothing yet.
    ///
    /// # Errors
    /// What is not understood of it, and what to do.
    pub fn made(self, at: &At, told: &mut Vec<String>) -> Result<(String, CommentItem), String> {
        if let Some(said) = self.unclear {
            return Err(said);
        }
        if !self.is_said {
            let reason = "has neither `isDeleted` nor `isSpam`: whether the comment is public cannot be told; add `<isDeleted>false</isDeleted>` if it is";
            return Err(reason.to_owned());
        }
        let source_id = match (self.id, self.number) {
            (Some(id), _) => source_id(&id),
            (None, number) if !number.is_empty() => {
                words::bounded_id(format!("disqus post id {number}"))
            }
            (None, _) => return Err("has no `dsq:id`".to_owned()),
        };
        let thread = self.thread.ok_or("is in no thread: it has no `thread`")?;
        let created_at = instant(&self.created).ok_or_else(|| {
            let said = words::cut(self.created.trim(), 40).0;
            format!("`createdAt` must be an instant such as 2026-01-09T18:30:00Z, not {said:?}")
        })?;
        // What was deleted is gone, whatever else it was.
        let state = match (self.is_deleted, self.is_spam, self.is_held) {
            (true, ..) => State::Removed,
            (_, true, _) => State::Spam,
            (_, _, true) => State::Pending,
            _ => State::Published,
        };
        let item = CommentItem {
            at: at.clone(),
            source_id,
            on: On::Addresses(Vec::new()),
            parent: self.parent.as_deref().map(self::source_id),
            state,
            author_name: String::new(),
            author_email: None,
            address: None,
            body: String::new(),
            created_at,
            edited_at: None,
            source_version: None,
        };
        if state == State::Removed {
            return Ok((thread, item));
        }
        if let Some(reason) = self.unread {
            return Err(reason.to_owned());
        }
        let item = CommentItem {
            author_name: name_of(&self.name, told),
            author_email: words::email(&self.email),
            address: self.address.trim().parse().ok(),
            body: body_of(&self.message, Markup::Html, told)?,
            ..item
        };
        Ok((thread, item))
    }
}

/// The identity of the post with this `dsq:id`.
fn source_id(id: &str) -> String {
    words::bounded_id(format!("disqus post {id}"))
}

/// A name without its prefix.
pub fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// The number that Disqus gave an element: `dsq:id`, whatever its prefix is.
pub fn id_of(element: &Element) -> Option<String> {
    let mut ids = element.attributes.iter().filter(|(name, _)| local(name) == "id");
    ids.next().map(|(_, id)| id.trim().to_owned()).filter(|id| !id.is_empty())
}

/// What an element refers to: by its `dsq:id`, or by its text.
fn referred<R: BufRead>(element: &Element, xml: &mut Xml<R>) -> Result<Option<String>, Malformed> {
    let text = xml.text()?.trim().to_owned();
    Ok(id_of(element).or_else(|| Some(text).filter(|text| !text.is_empty())))
}

/// The next element in the one that is open; `None` at its end.
///
/// # Errors
/// [`Malformed`].
pub fn child_of<R: BufRead>(xml: &mut Xml<R>) -> Result<Option<Element>, Malformed> {
    loop {
        match xml.next()? {
            Node::Open(element) => return Ok(Some(element)),
            Node::Text(_) => {}
            Node::Close | Node::End => return Ok(None),
        }
    }
}

/// The boolean in the element `name`, if it is one; else what is not understood goes to `unclear`.
pub fn truth(name: &str, text: &str, unclear: &mut Option<String>) -> Option<bool> {
    match text.trim() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        other => {
            let said = words::cut(other, 40).0;
            *unclear = Some(format!(
                "`{name}` must be true or false, not {said:?}: whether the comment is public cannot be told"
            ));
            None
        }
    }
}
