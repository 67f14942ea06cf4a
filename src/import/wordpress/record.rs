//! The records of an export as they are written: fields by the names of their elements, nothing decided.

use std::collections::HashMap;
use std::io::{self, BufRead};

use crate::import::xml::{Element, Malformed, Node, Stopped, Xml};

/// Bytes that are kept of a post's own fields (`wp:postmeta`): page builders put whole pages there, which are not read.
const METAS_MAX: usize = 4 * 1024 * 1024;
/// Longest field of a post that is kept, in bytes: that of the footnotes of a long text.
const META_MAX: usize = 512 * 1024;
/// Most own fields of a post: plugins leave some hundred.
const METAS_COUNT_MAX: usize = 5_000;
/// Most terms of a post: an article has fifty tags at most.
const TERMS_MAX: usize = 1_000;
/// Most members of an author or a term that are read: WordPress writes six.
const CHILDREN_MAX: usize = 100;

/// The members of a post that are read.
const POST_FIELDS: [&str; 19] = [
    "title", "link", "dc:creator", "guid", "content:encoded", "excerpt:encoded", "wp:post_id",
    "wp:post_date", "wp:post_date_gmt", "wp:post_modified", "wp:post_modified_gmt",
    "wp:comment_status", "wp:post_name", "wp:status", "wp:post_type", "wp:post_password",
    "wp:is_sticky", "wp:attachment_url", "wp:post_parent",
];
/// The member with a post's own password: only whether there is one is kept.
const PASSWORD: &str = "wp:post_password";
/// The members of a comment that are read.
const COMMENT_FIELDS: [&str; 10] = [
    "wp:comment_id", "wp:comment_author", "wp:comment_author_email", "wp:comment_author_IP",
    "wp:comment_date", "wp:comment_date_gmt", "wp:comment_content", "wp:comment_approved",
    "wp:comment_type", "wp:comment_parent",
];

/// A category, tag or other term of a post.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Term {
    /// What it is of: `category`, `post_tag`, or a taxonomy of a plugin.
    pub domain: String,
    /// Its slug, percent-encoded.
    pub nicename: String,
    /// Its name, as HTML.
    pub name: String,
}

/// An item of an export, without its comments.
#[derive(Debug, Default)]
pub struct Post {
    /// The line where it begins.
    pub line: usize,
    /// Its terms, in their order.
    pub terms: Vec<Term>,
    /// Its own fields, in their order.
    pub metas: Vec<(String, String)>,
    /// True if it has more own fields than are kept.
    pub has_too_much: bool,
    /// A member that stands in it twice.
    pub twice: Option<&'static str>,
    /// True if a member stands behind a comment: what was told of it before was not whole.
    pub is_late: bool,
    fields: HashMap<&'static str, (String, usize)>,
    bytes: usize,
    comments: usize,
}

impl Post {
    /// The text of a member; empty if there is none. That of a password only says that there is one.
    pub fn get(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |(text, _)| text)
    }

    /// The line of a member, or of the post if it has none.
    pub fn line_of(&self, name: &str) -> usize {
        self.fields.get(name).map_or(self.line, |(_, line)| *line)
    }

    /// Its number.
    pub fn id(&self) -> Option<u64> {
        self.get("wp:post_id").trim().parse().ok()
    }

    /// The first of its own fields with this name.
    pub fn meta(&self, key: &str) -> Option<&str> {
        self.metas.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// Sets a member.
    pub fn set(&mut self, name: &'static str, text: String, line: usize) {
        let text = match name {
            PASSWORD if !text.is_empty() => "set".to_owned(),
            _ => text,
        };
        if self.fields.insert(name, (text, line)).is_some() {
            self.twice = Some(name);
        }
        self.is_late |= self.comments > 0;
    }

    /// Adds one of its own fields.
    pub fn add_meta(&mut self, key: String, value: String) {
        self.is_late |= self.comments > 0;
        // What page builders keep is no text of the post.
        if value.len() > META_MAX {
            return;
        }
        self.bytes += key.len() + value.len();
        if self.bytes > METAS_MAX || self.metas.len() >= METAS_COUNT_MAX {
            self.has_too_much = true;
            return;
        }
        self.metas.push((key, value));
    }

    fn add_term(&mut self, term: Term) {
        self.is_late |= self.comments > 0;
        match self.terms.len() < TERMS_MAX {
            true => self.terms.push(term),
            false => self.has_too_much = true,
        }
    }
}

/// A comment of an export.
#[derive(Debug, Default)]
pub struct Comment {
    /// The line where it begins.
    pub line: usize,
    fields: HashMap<&'static str, String>,
}

impl Comment {
    /// The text of a member; empty if there is none.
    pub fn get(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// Its number.
    pub fn id(&self) -> Option<u64> {
        self.get("wp:comment_id").trim().parse().ok()
    }
}

/// Goes through the parts of a channel. `part` reads the element that it is given to its end.
///
/// # Errors
/// Those of the file and of `part`.
pub fn walk<R: BufRead>(
    xml: &mut Xml<R>,
    mut part: impl FnMut(&mut Xml<R>, &Element) -> Result<(), Stopped>,
) -> Result<(), Stopped> {
    loop {
        match xml.next()? {
            Node::Open(element) if matches!(element.name.as_str(), "rss" | "channel") => {}
            Node::Open(element) => part(xml, &element)?,
            Node::Text(_) | Node::Close => {}
            Node::End => return Ok(()),
        }
    }
}

/// Reads an item that was just opened, up to its end, and gives its comments away one by one: a post can have any
/// number. WordPress writes them behind all else.
///
/// # Errors
/// Those of the file and of `on_comment`.
pub fn post<R: BufRead>(
    xml: &mut Xml<R>,
    line: usize,
    on_comment: &mut dyn FnMut(&Post, &Comment) -> io::Result<()>,
) -> Result<Post, Stopped> {
    let mut post = Post { line, ..Post::default() };
    while let Some(element) = child(xml)? {
        match element.name.as_str() {
            "wp:comment" => {
                let comment = comment(xml, element.line)?;
                post.comments += 1;
                on_comment(&post, &comment)?;
            }
            "wp:postmeta" => {
                let mut members = children(xml)?;
                let mut take = |name: &str| members.remove(name).unwrap_or_default();
                let (key, value) = (take("wp:meta_key"), take("wp:meta_value"));
                post.add_meta(key, value);
            }
            "category" => {
                let attribute = |name: &str| element.attribute(name).unwrap_or_default().to_owned();
                let (domain, nicename) = (attribute("domain"), attribute("nicename"));
                post.add_term(Term { domain, nicename, name: xml.text()? });
            }
            name => match POST_FIELDS.iter().find(|known| **known == name) {
                Some(&known) => {
                    let text = xml.text()?;
                    post.set(known, text, element.line);
                }
                None => xml.skip()?,
            },
        }
    }
    Ok(post)
}

fn comment<R: BufRead>(xml: &mut Xml<R>, line: usize) -> Result<Comment, Malformed> {
    let mut comment = Comment { line, ..Comment::default() };
    while let Some(element) = child(xml)? {
        match COMMENT_FIELDS.iter().find(|known| **known == element.name) {
            // A member that stands twice is not WordPress's: the state counts as unknown then.
            Some(&known) => {
                let text = xml.text()?;
                if comment.fields.insert(known, text).is_some() {
                    comment.fields.insert("wp:comment_approved", String::new());
                }
            }
            None => xml.skip()?,
        }
    }
    Ok(comment)
}

/// The texts of the elements in one that was just opened, by their names, up to its end.
///
/// # Errors
/// Those of the file.
pub fn children<R: BufRead>(xml: &mut Xml<R>) -> Result<HashMap<String, String>, Malformed> {
    let mut found = HashMap::new();
    while let Some(element) = child(xml)? {
        match found.len() < CHILDREN_MAX {
            true => {
                let text = xml.text()?;
                found.entry(element.name).or_insert(text);
            }
            false => xml.skip()?,
        }
    }
    Ok(found)
}

/// The next element in the one that is open; none at its end.
fn child<R: BufRead>(xml: &mut Xml<R>) -> Result<Option<Element>, Malformed> {
    loop {
        match xml.next()? {
            Node::Open(element) => return Ok(Some(element)),
            Node::Text(_) => {}
            Node::Close | Node::End => return Ok(None),
        }
    }
}
