//! Exports of Ghost (JSON, as its 5 and 6 write them): posts with their comments.
//!
//! The tables of an export belong together, so the file is read whole before its first post is given; of each record
//! only the needed members are kept. It is one line of text, so places are the ids of records.

mod addresses;
mod comment;
mod gates;
mod post;
mod tables;
mod value;

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

use self::comment::Threads;
use self::post::{Joined, Site};
use self::tables::{Export, Post, Setting, Unread, Wanted};
use self::value::Field;
use super::item::{At, Item, Options, Sink};
use super::words;

/// Largest file that is read, in bytes. Ghost makes an export as one string, and its engine has none of more than half
/// a billion characters, of up to three bytes each.
const FILE_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// Bytes that are read at once.
const BUFFER: usize = 64 * 1024;
/// The byte order mark of UTF-8, which some editors put before a text.
const BOM: &[u8] = "\u{feff}".as_bytes();
/// Longest slug in the name of a record, in code points.
const NAME_MAX: usize = 80;

/// Names that an export of Ghost has and other files hardly do.
const KNOWN: [&str; 8] = [
    "\"exported_on\"", "\"posts_authors\"", "\"posts_meta\"", "\"posts_tags\"",
    "\"custom_theme_settings\"", "\"mobiledoc\"", "\"lexical\"", "\"feature_image\"",
];

/// True if a file that begins with this is an export of Ghost: `{"db": [{"meta": ..`, or the one dump in it alone.
#[must_use]
pub fn is_it(start: &[u8]) -> bool {
    let text = String::from_utf8_lossy(start.strip_prefix(BOM).unwrap_or(start));
    let begins = |tokens: &[&str]| {
        let mut tokens = tokens.iter();
        tokens.try_fold(&*text, |rest, token| rest.trim_start().strip_prefix(*token)).is_some()
    };
    let names = ["\"meta\"", "\"data\""];
    if names.into_iter().any(|name| begins(&["{", "\"db\"", ":", "[", "{", name])) {
        return true;
    }
    let is_dump = names.into_iter().any(|name| begins(&["{", name, ":", "{"]));
    is_dump && KNOWN.iter().any(|name| text.contains(name))
}

/// Reads an export.
///
/// # Errors
/// If the file cannot be read, or what the sink gives.
pub fn read(path: &Path, _options: &Options, sink: &mut Sink<'_>) -> io::Result<()> {
    let at = At::file(path);
    let file = File::open(path)?;
    if file.metadata()?.len() > FILE_MAX {
        let reason = "is over 2 GiB, which no export of Ghost is; export it again".to_owned();
        return sink(Item::Refused { at, reason });
    }
    let mut input = BufReader::with_capacity(BUFFER, file);
    if input.fill_buf()?.starts_with(BOM) {
        input.consume(BOM.len());
    }
    match tables::parse(input) {
        Ok(export) => give(&export, &at, sink),
        Err(Unread::Io(error)) => Err(error),
        Err(Unread::Malformed { line, reason }) => {
            sink(Item::Refused { at: at.line(line), reason })
        }
    }
}

/// Gives all posts with their comments.
fn give(export: &Export, at: &At, sink: &mut Sink<'_>) -> io::Result<()> {
    let tables = &export.tables;
    let site = site_of(export);
    for text in notes(export, &site) {
        sink(Item::Warning { at: at.clone(), text })?;
    }
    let joined = Joined::of(tables);
    let threads = Threads::of(tables, &site);
    let mut known: HashMap<&str, usize> = HashMap::new();
    for id in tables.posts.iter().filter_map(|post| post.id.get()) {
        *known.entry(id).or_default() += 1;
    }
    let mut answered: HashSet<&str> = HashSet::new();
    let mut without_address = 0_usize;
    for post in &tables.posts {
        let here = at.record(name_of(post));
        let Some(id) = post.id.get() else {
            let reason = "has no `id` by which it would be known again".to_owned();
            sink(Item::Refused { at: here, reason })?;
            continue;
        };
        let known_here = here.known_as(site.source_id("post", id)).in_version(site.as_of());
        let refused =
            |reason: &str| Item::Refused { at: known_here.clone(), reason: reason.to_owned() };
        if known.get(id).is_some_and(|count| *count > 1) {
            sink(refused("has the `id` of another post; give each its own"))?;
            continue;
        }
        match post.kind.text() {
            Some("post") => {}
            Some("page") => {
                answered.insert(id);
                // It may have been a post when it was imported.
                let reason = "is a page, not a post".to_owned();
                sink(Item::Skipped { at: known_here, reason })?;
                let count = threads.on(id).len();
                if count > 0 {
                    let reason = format!("comments of a page, not of a post ({count})");
                    sink(Item::Skipped { at: here, reason })?;
                }
                continue;
            }
            _ => {
                let reason = format!("`type` must be post or page, not {}", post.kind.shown());
                sink(refused(&reason))?;
                continue;
            }
        }
        match post::article(post, id, here.clone(), &joined, &site) {
            Ok(made) => {
                answered.insert(id);
                without_address += usize::from(made.lacks_address);
                for text in made.warnings {
                    sink(Item::Warning { at: here.clone(), text })?;
                }
                let article = made.item.source_id.clone();
                sink(Item::Article(Box::new(made.item)))?;
                discuss(&threads, id, &article, at, sink)?;
            }
            Err(reason) => sink(refused(&reason))?,
        }
    }
    for comment in &tables.comments {
        let post = comment.post_id.get();
        let reason = match post {
            Some(post) if answered.contains(post) => continue,
            Some(post) if known.contains_key(post) => {
                format!("is on the post {post}, which is refused")
            }
            Some(post) => format!("is on the post {post}, which is not in the file"),
            None => "is on no post".to_owned(),
        };
        let at = at.record(format!("comment {}", comment.id.get().unwrap_or("without an id")));
        sink(Item::Refused { at, reason })?;
    }
    if without_address > 0 {
        let text = format!(
            "the file has no address of its site: links and pictures of its own ({without_address} posts) are addresses from the root of the site, such as /content/images/x.png"
        );
        sink(Item::Warning { at: at.clone(), text })?;
    }
    Ok(())
}

/// Gives the comments of a post.
fn discuss(
    threads: &Threads<'_>,
    post: &str,
    article: &str,
    at: &At,
    sink: &mut Sink<'_>,
) -> io::Result<()> {
    for comment in threads.on(post) {
        let here = at.record(format!("comment {}", comment.id.get().unwrap_or("without an id")));
        match threads.read(comment, here.clone(), article) {
            Ok(made) => {
                for text in made.warnings {
                    sink(Item::Warning { at: here.clone(), text })?;
                }
                sink(Item::Comment(Box::new(made.item)))?;
            }
            Err(reason) => sink(Item::Refused { at: here, reason })?,
        }
    }
    Ok(())
}

/// The name of a post in reports: `post 65f0.. storm-closes`.
fn name_of(post: &Post) -> String {
    let id = post.id.get().unwrap_or("without an id");
    let slug = post.slug.text().and_then(words::line).unwrap_or_default();
    let (slug, _) = words::cut(&slug, NAME_MAX);
    format!("post {id} {slug}").trim_end().to_owned()
}

/// The values of a setting.
fn values(export: &Export, wanted: Wanted) -> impl Iterator<Item = &Field> {
    let is_it = move |setting: &&Setting| setting.name == Some(wanted);
    export.tables.settings.iter().filter(is_it).map(|setting| &setting.value)
}

fn site_of(export: &Export) -> Site {
    let mut addresses =
        values(export, Wanted::Url).filter_map(|value| words::web_url(value.text()?));
    let newest = || {
        let times = export.tables.posts.iter().map(|post| post.updated_at.time("updated_at"));
        times.filter_map(|time| time.ok().flatten()).max()
    };
    Site {
        url: addresses.next(),
        // What is not understood holds back.
        is_private: values(export, Wanted::IsPrivate).any(|value| match value {
            Field::Nothing | Field::Number(0) => false,
            Field::Text(text) => !matches!(text.trim(), "" | "0" | "false"),
            Field::Number(_) | Field::Other => true,
        }),
        has_no_comments: values(export, Wanted::CommentsEnabled)
            .any(|value| !matches!(value.text(), Some("all" | "paid"))),
        exported_at: export.exported_at.or_else(newest),
    }
}

/// What is to be said of a file as a whole.
fn notes(export: &Export, site: &Site) -> Vec<String> {
    let mut notes = Vec::new();
    if site.is_private {
        notes.push("the whole site has a password (`is_private`): nothing of it was public, and its posts become drafts".to_owned());
    }
    let has_comments = !export.tables.comments.is_empty();
    if site.has_no_comments && has_comments {
        notes.push("the site has its comments switched off (`comments_enabled`), and shows none: those that were published wait for a moderator".to_owned());
    }
    if has_comments && export.tables.members.is_empty() {
        notes.push("lost: the names of those who wrote the comments, since the file has no members; export it with `?include=comments,members`".to_owned());
    }
    for (name, wanted) in [
        ("codeinjection_head of the site", Wanted::CodeHead),
        ("codeinjection_foot of the site", Wanted::CodeFoot),
    ] {
        notes.extend(values(export, wanted).filter_map(|code| post::code_warning(name, code)));
    }
    notes
}

#[cfg(test)]
mod tests;
