//! Feeds: RSS 2.0 and 0.9x, RSS 1.0, Atom 1.0, JSON Feed. What a feed shows was public where it comes from, so its records
//! are published here, with their dates. A record is known by its own id, else by its link: never by its title, and never by
//! an id that was made for it.

pub(super) mod look;
pub(super) mod speaking;
pub(super) mod told;

mod article;
mod beside;
mod date;
mod entry;
mod foreign;
mod json_feed;
mod links;
mod mend;
mod people;
mod pictures;
mod scan;
mod split;
mod xml_feed;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use encoding_rs::{Encoding, UTF_8};
use serde_json::Value;

use self::article::Maker;
use self::look::{NOT_UTF_8, unread_json};
use self::split::{Root, root_of, split};
use self::xml_feed::{NoEntry, Reader};
use super::item::{At, Item, Options, Sink};
use crate::web::json;

/// Largest feed, in bytes: a thousand long articles. It is held in memory.
pub const FEED_MAX: usize = 32 * 1024 * 1024;
/// How far into a file its encoding is looked for, in bytes: XML says it in its first line.
const DECLARED_IN: usize = 200;

/// True if a file that begins with these bytes is a feed. An export of WordPress is none, though it has the form of one.
#[must_use]
pub fn is_it(start: &[u8]) -> bool {
    // The last character may be cut.
    let (text, _) = decoded(start);
    if let Some(seen) = look::outline(text.as_bytes()) {
        return is_json_feed(&seen);
    }
    // One that declares entities is a feed too: it is refused with the reason.
    matches!(root_of(&text), Ok(Some(Root::Feed(_)))) || declares_a_feed(&text)
}

fn is_json_feed(seen: &look::Outline) -> bool {
    let has = |name: &str| seen.members.iter().any(|member| member == name);
    let is_version = |version: &str| version.contains("jsonfeed.org/version/");
    match seen.version.as_deref() {
        Some(version) => is_version(version),
        None => has("items") && (has("home_page_url") || has("feed_url")),
    }
}

/// True if a document type with declarations says that a feed follows.
fn declares_a_feed(text: &str) -> bool {
    let Some((_, name)) = text.split_once("<!DOCTYPE") else {
        return false;
    };
    let name = name.trim_start();
    ["rss", "feed", "rdf:RDF"].iter().any(|root| {
        name.strip_prefix(root).is_some_and(|rest| rest.starts_with([' ', '[', '\n', '\r', '\t']))
    })
}

/// Reads a feed from a file.
///
/// # Errors
/// If the file cannot be read, or what the sink gives.
pub fn read(path: &Path, options: &Options, sink: &mut Sink<'_>) -> io::Result<()> {
    let most = u64::try_from(FEED_MAX).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    read_bytes(&bytes, None, &At::file(path), options, sink)
}

/// Reads a feed, which was fetched from the URL `base` if that is given.
///
/// # Errors
/// What the sink gives.
pub fn read_bytes(
    bytes: &[u8],
    base: Option<&str>,
    at: &At,
    options: &Options,
    sink: &mut Sink<'_>,
) -> io::Result<()> {
    if bytes.len() > FEED_MAX {
        let reason =
            format!("is longer than {FEED_MAX} bytes, which no feed is: have it cut into several");
        return sink(Item::Refused { at: at.clone(), reason });
    }
    let text = match text_of(bytes) {
        Ok(text) => text,
        Err((line, reason)) => return sink(Item::Refused { at: at.line(line), reason }),
    };
    match text.trim_start().starts_with(['{', '[']) {
        true => read_json(&text, base, (at, options), sink),
        false => read_xml(&text, base, (at, options), sink),
    }
}

fn read_json(
    text: &str,
    base: Option<&str>,
    (at, options): (&At, &Options),
    sink: &mut Sink<'_>,
) -> io::Result<()> {
    let feed = match json::parse(text.as_bytes()) {
        Ok(feed) => feed,
        Err(problem) => {
            let (line, reason) = unread_json(text.as_bytes(), &problem);
            return sink(Item::Refused { at: at.line(line), reason });
        }
    };
    let items = feed.get("items").and_then(Value::as_array);
    let (Some(members), Some(items)) = (feed.as_object(), items) else {
        let reason = "is no JSON Feed: it must be an object with a list `items`".to_owned();
        return sink(Item::Refused { at: at.clone(), reason });
    };
    let head = json_feed::head(members, base);
    let mut maker = Maker::new(&head, options.expiry);
    maker.begin(at, sink)?;
    for (number, item) in items.iter().enumerate() {
        let at = at.record(format!("item {}", number + 1));
        match json_feed::entry(item, &head) {
            Ok(entry) => maker.take(entry, &at, sink)?,
            Err(reason) => {
                let at = maker.known(json_feed::id(item).as_deref(), &at);
                sink(Item::Refused { at, reason })?;
            }
        }
    }
    maker.end(at, sink)
}

fn read_xml(
    text: &str,
    base: Option<&str>,
    (at, options): (&At, &Options),
    sink: &mut Sink<'_>,
) -> io::Result<()> {
    let taken = match split(text) {
        Ok(taken) => taken,
        Err(malformed) => {
            return sink(Item::Refused { at: at.line(malformed.line), reason: malformed.reason });
        }
    };
    let (reader, warning) = Reader::new(&taken, base);
    if let Some(text) = warning {
        sink(Item::Warning { at: at.clone(), text })?;
    }
    let mut maker = Maker::new(&reader.head, options.expiry);
    maker.begin(at, sink)?;
    for record in &taken.records {
        let at = at.line(record.line);
        match reader.entry(record.xml) {
            Ok(entry) => maker.take(entry, &at, sink)?,
            Err(NoEntry::Refused(id, reason)) => {
                let at = maker.known(id.as_deref(), &at);
                sink(Item::Refused { at, reason })?;
            }
            Err(NoEntry::Skipped(reason)) => sink(Item::Skipped { at, reason })?,
        }
    }
    maker.end(at, sink)?;
    for (line, id) in &taken.deleted {
        let text = format!("its source has deleted {id:?}: withdraw its article, if it is here");
        sink(Item::Warning { at: at.line(*line), text })?;
    }
    for malformed in &taken.broken {
        let reason = malformed.reason.clone();
        sink(Item::Refused { at: at.line(malformed.line), reason })?;
    }
    Ok(())
}

/// The text of a feed; the line and the reason, if it is not in the encoding that it says.
fn text_of(bytes: &[u8]) -> Result<Cow<'_, str>, (usize, String)> {
    let (text, encoding) = decoded(bytes);
    match encoding {
        Some(name) => {
            let fine = text.split('\u{fffd}').next().unwrap_or_default();
            let line = fine.matches('\n').count() + 1;
            let reason = match text.trim_start().starts_with(['{', '[']) {
                true => NOT_UTF_8.to_owned(),
                false => format!(
                    "is not {name}, the encoding that it says or that is meant without a word: mend the XML declaration"
                ),
            };
            Err((line, reason))
        }
        None => Ok(text),
    }
}

/// The text in the encoding that its byte order mark or its XML declaration says, else UTF-8; the name of the encoding, if
/// it is not in that.
fn decoded(bytes: &[u8]) -> (Cow<'_, str>, Option<&'static str>) {
    let encoding = declared(bytes).unwrap_or(UTF_8);
    let (text, encoding, has_errors) = encoding.decode(bytes);
    (text, has_errors.then(|| encoding.name()))
}

/// What an XML declaration says of the encoding.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(DECLARED_IN)]);
    let declaration = start.trim_start().strip_prefix("<?xml")?.split_once("?>")?.0;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let name = value[1..].split(quote).next()?;
    // What can be read as ASCII so far is not in UTF-16, whatever it says.
    Encoding::for_label(name.as_bytes()).filter(|encoding| encoding.is_ascii_compatible())
}
