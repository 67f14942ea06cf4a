//! The tables of an export, without what is not needed of them. An export has the passwords, keys and tokens of a whole
//! newsroom: they are read over, and never become a text in memory.

use std::fmt;
use std::io::{self, Read};

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;

use super::value::{Document, Field, Filled, Id, Taken, take};
use crate::domain::instant::Instant;

/// A post or page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Post {
    /// Its id.
    pub id: Id,
    /// Its headline: plain text.
    pub title: Field,
    /// Its name in URLs.
    pub slug: Field,
    /// Its text, as the site shows it.
    pub html: Field,
    /// Its text for the present editor.
    pub lexical: Document,
    /// Its text for the former editor.
    pub mobiledoc: Document,
    /// Its picture.
    pub feature_image: Field,
    /// Whether its editors have set it apart.
    pub featured: Filled,
    /// `post` or `page`.
    #[serde(rename = "type")]
    pub kind: Field,
    /// `draft`, `scheduled`, `published` or `sent`.
    pub status: Field,
    /// Its language.
    pub locale: Field,
    /// `public`, `members`, `paid` or `tiers`.
    pub visibility: Field,
    /// When it was last written.
    pub updated_at: Field,
    /// When it was published, or is to be.
    pub published_at: Field,
    /// Its summary: plain text.
    pub custom_excerpt: Field,
    /// Code in the head of its page.
    pub codeinjection_head: Field,
    /// Code at the foot of its page.
    pub codeinjection_foot: Field,
    /// Where it was published first.
    pub canonical_url: Field,
}

/// More about a post.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PostMeta {
    /// The post.
    pub post_id: Id,
    /// What its picture shows.
    pub feature_image_alt: Field,
    /// The caption of its picture: HTML.
    pub feature_image_caption: Field,
    /// Its title for search engines.
    pub meta_title: Field,
    /// Its description for search engines.
    pub meta_description: Field,
    /// Whether it is sent by email alone.
    pub email_only: Filled,
    /// Whether it has a picture for social media; so with the next ones.
    pub og_image: Filled,
    /// A title.
    pub og_title: Filled,
    /// A description.
    pub og_description: Filled,
    /// A picture.
    pub twitter_image: Filled,
    /// A title.
    pub twitter_title: Filled,
    /// A description.
    pub twitter_description: Filled,
}

/// An author or a tag of a post.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Link {
    /// The post.
    pub post_id: Id,
    /// The user or tag.
    #[serde(rename = "author_id", alias = "tag_id")]
    pub other_id: Id,
    /// Its place among those of the post.
    pub sort_order: Field,
}

/// A user, of whom no more than a byline is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct User {
    /// The user's id.
    pub id: Id,
    /// The name.
    pub name: Field,
    /// A page of the user's own.
    pub website: Field,
}

/// A tag.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Tag {
    /// Its id.
    pub id: Id,
    /// Its name; one with `#` before it is internal.
    pub name: Field,
    /// Its name in URLs.
    pub slug: Field,
    /// `public` or `internal`.
    pub visibility: Field,
}

/// A member of the site, of whom no more is read than a comment shows.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Member {
    /// The member's id.
    pub id: Id,
    /// The name.
    pub name: Field,
    /// The email address.
    pub email: Field,
}

/// A comment.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Comment {
    /// Its id.
    pub id: Id,
    /// The post that it is on.
    pub post_id: Id,
    /// Who wrote it; null once that member is gone.
    pub member_id: Id,
    /// The comment at the top of its thread.
    pub parent_id: Id,
    /// The comment that it answers, if that is not the one at the top.
    pub in_reply_to_id: Id,
    /// `published`, `hidden` or `deleted`.
    pub status: Field,
    /// Its text.
    pub html: Field,
    /// When it was edited.
    pub edited_at: Field,
    /// Whether it stands above the others.
    pub pinned_at: Filled,
    /// When it was written.
    pub created_at: Field,
}

/// The tables that are read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Tables {
    /// Posts and pages.
    pub posts: Vec<Post>,
    /// More about them.
    pub posts_meta: Vec<PostMeta>,
    /// Their authors.
    pub posts_authors: Vec<Link>,
    /// Their tags.
    pub posts_tags: Vec<Link>,
    /// All users.
    pub users: Vec<User>,
    /// All tags.
    pub tags: Vec<Tag>,
    /// All settings.
    pub settings: Vec<Setting>,
    /// All comments: only in an export that was asked for them.
    pub comments: Vec<Comment>,
    /// All members: only in an export that was asked for them.
    pub members: Vec<Member>,
}

/// An export.
#[derive(Debug, Default)]
pub struct Export {
    /// When it was made, if it says so.
    pub exported_at: Option<Instant>,
    /// What is in it.
    pub tables: Tables,
}

/// Settings that are read; all others are passed over unread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// `url`: the site's address.
    Url,
    /// `is_private`: the whole site has a password.
    IsPrivate,
    /// `comments_enabled`: who may comment.
    CommentsEnabled,
    /// `codeinjection_head`: code in the head of each page.
    CodeHead,
    /// `codeinjection_foot`: code at the foot of each page.
    CodeFoot,
}

/// The name of a setting, if it is one that is read.
#[derive(Default)]
struct Name(Option<Wanted>);

impl Taken for Name {
    fn of_text(text: &str) -> Self {
        Self(match text {
            "url" => Some(Wanted::Url),
            "is_private" => Some(Wanted::IsPrivate),
            "comments_enabled" => Some(Wanted::CommentsEnabled),
            "codeinjection_head" => Some(Wanted::CodeHead),
            "codeinjection_foot" => Some(Wanted::CodeFoot),
            _ => None,
        })
    }

    fn of_number(_: i64) -> Self {
        Self(None)
    }

    fn of_other() -> Self {
        Self(None)
    }
}

/// A value that stands before its name: it may be a secret, so only the words of settings are kept.
#[derive(Default)]
struct Word(Field);

impl Taken for Word {
    fn of_text(text: &str) -> Self {
        const WORDS: [&str; 8] = ["", "0", "1", "all", "false", "off", "paid", "true"];
        Self(match WORDS.contains(&text) {
            true => Field::Text(text.to_owned()),
            false => Field::Other,
        })
    }

    fn of_number(number: i64) -> Self {
        Self(match number {
            0 | 1 => Field::Number(number),
            _ => Field::Other,
        })
    }

    fn of_other() -> Self {
        Self(Field::Other)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        take(input)
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        take(input)
    }
}

/// A setting: its value is there only if it is one that is read.
#[derive(Debug)]
pub struct Setting {
    /// Which one it is.
    pub name: Option<Wanted>,
    /// Its value.
    pub value: Field,
}

/// The members of a setting.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Part {
    Key,
    Value,
    #[serde(other)]
    Other,
}

struct SettingVisitor;

impl<'de> Visitor<'de> for SettingVisitor {
    type Value = Setting;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a setting")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Setting, A::Error> {
        let mut name: Option<Name> = None;
        let mut value = Field::Nothing;
        while let Some(part) = members.next_key::<Part>()? {
            match (part, name.as_ref().map(|name| name.0.is_some())) {
                (Part::Key, _) => name = Some(members.next_value()?),
                (Part::Value, Some(true)) => value = members.next_value()?,
                (Part::Value, None) => value = members.next_value::<Word>()?.0,
                (Part::Value, Some(false)) | (Part::Other, _) => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Setting { name: name.and_then(|name| name.0), value })
    }
}

impl<'de> Deserialize<'de> for Setting {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_map(SettingVisitor)
    }
}

/// What an export says of itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Meta {
    exported_on: Field,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Dump {
    meta: Option<Meta>,
    data: Option<Tables>,
}

/// A file: `{"db": [{"meta": .., "data": ..}]}`, or one such dump alone.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Whole {
    db: Option<Vec<Dump>>,
    meta: Option<Meta>,
    data: Option<Tables>,
}

/// Why a file is not read.
#[derive(Debug)]
pub enum Unread {
    /// The file cannot be read.
    Io(io::Error),
    /// It is no whole export.
    Malformed {
        /// The line at which that was found.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

/// Reads an export. What is wrong with it is said without a word of its content, which may be a secret.
///
/// # Errors
/// [`Unread`].
pub fn parse(input: impl Read) -> Result<Export, Unread> {
    let whole: Whole = serde_json::from_reader(input).map_err(unread)?;
    let malformed = |reason: &str| Unread::Malformed { line: 1, reason: reason.to_owned() };
    let dump = match (whole.db, whole.data) {
        (None, data) => Dump { meta: whole.meta, data },
        (Some(dumps), None) => {
            let [dump] = <[Dump; 1]>::try_from(dumps).map_err(|_| {
                malformed("`db` must have one dump; split the file into one for each of them")
            })?;
            dump
        }
        (Some(_), Some(_)) => return Err(malformed("has `db` and `data`; keep one of them")),
    };
    let tables = dump.data.ok_or_else(|| malformed("has no `data`: it is no export of Ghost"))?;
    // Milliseconds since the epoch of Unix.
    let exported_on = dump.meta.and_then(|meta| meta.exported_on.number());
    let micros = exported_on.and_then(|millis| millis.checked_mul(1_000));
    Ok(Export { exported_at: micros.map(Instant::from_micros), tables })
}

fn unread(error: serde_json::Error) -> Unread {
    let (line, column) = (error.line(), error.column());
    let reason = match error.classify() {
        Category::Io => return Unread::Io(error.into()),
        Category::Eof => format!(
            "ends in the middle, at column {column}: the export is not whole, and nothing of it is imported; export it again"
        ),
        Category::Syntax => {
            format!("is no JSON at column {column}, so nothing of it is imported; export it again")
        }
        Category::Data => format!(
            "has not the form of an export of Ghost at column {column}: a table is no list of records, or a name stands twice in a record; export it again"
        ),
    };
    Unread::Malformed { line, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn malformed(text: &str) -> (usize, String) {
        match parse(text.as_bytes()) {
            Err(Unread::Malformed { line, reason }) => (line, reason),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn both_forms_of_a_file_are_read() {
        let dump = r#"{"meta": {"exported_on": 1795753878663, "version": "6.65.0"}, "data": {"posts": [{"id": "a", "type": "post"}]}}"#;
        for text in [dump.to_owned(), format!("{{\"db\": [{dump}]}}")] {
            let export = parse(text.as_bytes()).unwrap();
            assert_eq!(export.exported_at.unwrap().to_string(), "2026-11-27T04:31:18.663000Z");
            assert_eq!(export.tables.posts[0].id.get(), Some("a"));
            assert_eq!(export.tables.posts[0].kind.text(), Some("post"));
        }
    }

    #[test]
    fn a_file_that_is_not_whole_is_refused_with_its_line() {
        for (text, line, want) in [
            ("{\"data\": {\n\"posts\": [{\"id\": \"a\", ", 2, "ends in the middle"),
            ("{\"data\": {}}\nx", 2, "is no JSON"),
            ("{\"data\":\n{\"posts\": \"s3cret\"}}", 2, "has not the form"),
            (
                "{\"data\": {\"posts\": [{\"status\": \"s3cret\", \"status\": 1}]}}",
                1,
                "has not the form",
            ),
            ("{\"db\": []}", 1, "`db` must have one dump"),
            ("{\"db\": [{\"data\": {}}, {\"data\": {}}]}", 1, "`db` must have one dump"),
            ("{\"db\": [{\"data\": {}}], \"data\": {}}", 1, "has `db` and `data`"),
            ("{}", 1, "has no `data`"),
        ] {
            let (at, reason) = malformed(text);
            assert!(at == line && reason.starts_with(want), "{text}: {at} {reason}");
            assert!(!reason.contains("s3cret"), "{reason}");
        }
    }

    /// What hostile files nest is passed over without a stack.
    #[test]
    fn depth_is_no_matter() {
        let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        let text = format!(
            "{{\"data\": {{\"other\": {deep}, \"posts\": [{{\"x\": {deep}, \"title\": [{deep}]}}]}}}}"
        );
        let export = parse(text.as_bytes()).unwrap();
        assert_eq!(export.tables.posts[0].title, Field::Other);
    }

    #[test]
    fn no_secret_becomes_a_text() {
        let text = r#"{"data": {
            "users": [{"id": "1", "name": "Ida", "password": "s3cret", "email": "s3cret"}],
            "members": [{"id": "2", "name": "Sam", "email": "sam@reader.example", "transient_id": "s3cret", "note": "s3cret"}],
            "settings": [
                {"key": "ghost_private_key", "value": "s3cret"}, {"value": "s3cret", "key": "password"},
                {"value": "s3cret", "key": "url"}, {"key": "url", "value": "https://site.example"},
                {"value": "true", "key": "is_private"}, {"key": 7, "value": ["s3cret"]},
                {"id": "x", "value": null, "key": "members_private_key"}
            ],
            "integrations": [{"secret": "s3cret"}]
        }}"#;
        let tables = parse(text.as_bytes()).unwrap().tables;
        assert!(!format!("{tables:?}").contains("s3cret"), "{tables:?}");
        let known: Vec<_> = tables.settings.iter().map(|one| (one.name, &one.value)).collect();
        assert_eq!(known[2], (Some(Wanted::Url), &Field::Other));
        assert_eq!(known[3].1.text(), Some("https://site.example"));
        assert_eq!(known[4], (Some(Wanted::IsPrivate), &Field::Text("true".to_owned())));
        assert_eq!(tables.members[0].email.text(), Some("sam@reader.example"));
    }
}
