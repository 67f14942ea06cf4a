//! Elements that no form of feeds has, of a record or of the feed: what they say of visibility and rights is heard,
//! whatever their namespace. The usual vocabularies of feeds say other things with the same names, and are known by
//! their prefixes.

use std::cmp::Ordering;

use serde_json::Value;

use super::look::plain_line;
use super::scan::{Piece, Scanner, Tag, local, prefix, unescaped};
use super::speaking::{Spoken, is_flag, is_gate, is_legal};
use crate::import::words;

/// How much of a name is told, in code points.
const NAME_MAX: usize = 80;

/// Elements of the forms themselves, and others that are read elsewhere.
const STANDARD: [&str; 43] = [
    "author", "body", "category", "cloud", "comments", "content", "contributor", "created",
    "creator", "date", "description", "div", "docs", "enclosure", "encoded", "entry", "generator",
    "guid", "icon", "id", "image", "info", "issued", "item", "items", "language", "lastBuildDate",
    "link", "logo", "managingEditor", "modified", "pubDate", "published", "rating", "skipDays",
    "skipHours", "subject", "subtitle", "summary", "tagline", "textInput", "title", "updated",
];
/// More of them.
const STANDARD_TOO: [&str; 7] =
    ["name", "post-id", "site", "textinput", "thumbnail", "ttl", "webMaster"];
/// Prefixes of vocabularies that feeds have every day: what they say else is not told of as lost.
const USUAL: [&str; 42] = [
    "activity", "admin", "app", "atom", "blogger", "cc", "content", "creativeCommons", "dc", "dct",
    "dcterms", "feedburner", "foaf", "g", "gd", "geo", "georss", "gml", "googleplay", "itunes",
    "mastodon", "media", "openSearch", "opensearch", "pingback", "poco", "podcast", "prism", "psc",
    "rawvoice", "rdf", "rdfs", "slash", "snf", "spotify", "sy", "syn", "thr", "trackback",
    "webfeeds", "wfw", "yandex",
];
/// More of them.
const USUAL_TOO: [&str; 3] = ["wp", "xhtml", "yt"];
/// Prefixes of directories of podcasts: what they list says nothing of an article.
const PODCASTS: [&str; 5] = ["googleplay", "itunes", "podcast", "rawvoice", "spotify"];
/// Prefixes of vocabularies whose states are those of something else: of a warning of the weather (`cap:status`), of an
/// event, of a message (`statusnet:notice_info`).
const OTHERS: [&str; 5] = ["cap", "ostatus", "statusnet", "xCal", "xcal"];

/// What is done with an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// It is heard, and what is in it. What is not understood is told of as lost, if that is true.
    Hear(bool),
    /// It and what is in it are part of the text around it.
    Text,
    /// It is passed, and what is in it.
    Pass,
    /// Of what is in it, the legal texts are heard.
    Rights,
    /// Of what is in it, whether it may be shown is heard.
    Media,
}

/// An element that is open.
struct Open<'a> {
    name: &'a str,
    mode: Mode,
    attributes: Vec<(&'a str, String)>,
    text: String,
    has_children: bool,
}

impl<'a> Open<'a> {
    fn new(tag: &Tag<'a>, mode: Mode) -> Self {
        let own = tag.attributes.iter().filter(|one| !matches!(prefix(one.name), "xml" | "xmlns"));
        let own = own.filter(|one| one.name != "xmlns");
        let attributes = match mode {
            Mode::Hear(_) => own.map(|one| (local(one.name), unescaped(one.value))).collect(),
            _ => Vec::new(),
        };
        Self { name: tag.name, mode, attributes, text: String::new(), has_children: false }
    }

    fn attribute(&self, name: &str) -> &str {
        let known = self.attributes.iter().find(|(known, _)| *known == name);
        known.map_or("", |(_, value)| value.trim())
    }

    /// What it says: its text, else its first attribute.
    fn said(&self) -> String {
        let text = self.text.trim();
        match self.attributes.first() {
            Some((_, value)) if text.is_empty() => value.trim().to_owned(),
            _ => text.to_owned(),
        }
    }

    /// True if it says that a picture or film is not for everyone (Media RSS, `media:restriction`). What others may do
    /// with it is not meant.
    fn is_restriction(&self) -> bool {
        let text = self.text.trim();
        match (self.attribute("relationship"), self.attribute("type")) {
            (_, "sharing") => false,
            ("allow", _) => text != "all",
            ("deny", _) => !matches!(text, "" | "none"),
            _ => true,
        }
    }
}

/// Hears a record.
///
/// # Errors
/// Why it is refused.
pub fn of_record(xml: &str) -> Result<Spoken, String> {
    hear(xml, 0)
}

/// Hears a feed without its records; `depth` is how many elements are around the one that says something of it.
///
/// # Errors
/// What is unclear of all its records.
pub fn of_feed(xml: &str, depth: usize) -> Result<Spoken, String> {
    hear(xml, depth).map(Spoken::of_feed)
}

fn hear(xml: &str, depth: usize) -> Result<Spoken, String> {
    let mut spoken = Spoken::default();
    let mut scanner = Scanner::new(xml);
    let mut path: Vec<Open<'_>> = Vec::new();
    // The prefix of the form itself.
    let mut own = "";
    while let Some((_, piece)) = scanner.piece().map_err(|malformed| malformed.reason)? {
        match piece {
            Piece::Text(text) => add(&mut path, &unescaped(text)),
            Piece::Data(text) => add(&mut path, text),
            Piece::Open(tag) => {
                let mode = match path.len().cmp(&depth) {
                    Ordering::Less => Mode::Pass,
                    Ordering::Equal => {
                        own = prefix(tag.name);
                        of_attributes(&tag, &mut spoken)?;
                        Mode::Pass
                    }
                    Ordering::Greater if path.len() == depth + 1 => mode_of_child(&tag, own),
                    Ordering::Greater => path.last().map_or(Mode::Pass, |outer| inner(outer, &tag)),
                };
                if let Some(outer) = path.last_mut() {
                    outer.has_children = true;
                }
                if path.len() == depth + 1 {
                    license_of_link(&tag, &mut spoken);
                }
                let open = Open::new(&tag, mode);
                if tag.is_empty {
                    close(&open, &mut path, &mut spoken)?;
                } else {
                    path.push(open);
                }
            }
            Piece::Close(_) => {
                if let Some(open) = path.pop() {
                    close(&open, &mut path, &mut spoken)?;
                }
            }
        }
    }
    Ok(spoken)
}

fn add(path: &mut [Open<'_>], text: &str) {
    if let Some(open) =
        path.last_mut().filter(|open| matches!(open.mode, Mode::Hear(_) | Mode::Text))
    {
        open.text.push_str(text);
    }
}

/// What is done with an element of a record or a feed.
fn mode_of_child(tag: &Tag<'_>, own: &str) -> Mode {
    let (prefix, name) = (prefix(tag.name), local(tag.name));
    let is_own = prefix.is_empty() || prefix == own || prefix == "atom";
    let is_usual = USUAL.contains(&prefix) || USUAL_TOO.contains(&prefix);
    match prefix {
        _ if OTHERS.contains(&prefix) || matches!(name, "encoded" | "draft") => Mode::Pass,
        _ if is_legal(name) => Mode::Hear(false),
        _ if is_own && name == "source" => Mode::Rights,
        // Records are taken out of a feed, and its pictures have titles.
        _ if is_own && (STANDARD.contains(&name) || STANDARD_TOO.contains(&name)) => Mode::Pass,
        // Inline XHTML, whatever its prefix.
        _ if matches!(name, "body" | "div" | "html") => Mode::Pass,
        _ if PODCASTS.contains(&prefix) => match name {
            "block" => Mode::Hear(true),
            _ => Mode::Pass,
        },
        "media" => match name {
            "restriction" | "status" => Mode::Hear(false),
            "content" | "group" => Mode::Media,
            _ => Mode::Pass,
        },
        "wp" => Mode::Pass,
        _ => Mode::Hear(!is_usual),
    }
}

/// What is done with an element in another one.
fn inner(outer: &Open<'_>, tag: &Tag<'_>) -> Mode {
    let (prefix, name) = (prefix(tag.name), local(tag.name));
    match outer.mode {
        Mode::Pass => Mode::Pass,
        Mode::Text => Mode::Text,
        Mode::Hear(_) if is_legal(local(outer.name)) => Mode::Text,
        // `app:control` has a `draft`, which is read elsewhere.
        Mode::Hear(_) if name == "draft" && local(outer.name) == "control" => Mode::Pass,
        Mode::Hear(is_told) => Mode::Hear(is_told),
        Mode::Rights if is_legal(name) => Mode::Hear(false),
        Mode::Rights => Mode::Pass,
        Mode::Media if prefix == "media" && matches!(name, "restriction" | "status") => {
            Mode::Hear(false)
        }
        Mode::Media if prefix == "media" && matches!(name, "content" | "group") => Mode::Media,
        Mode::Media => Mode::Pass,
    }
}

/// What attributes of other vocabularies say of the record that they are on.
fn of_attributes(tag: &Tag<'_>, spoken: &mut Spoken) -> Result<(), String> {
    for attribute in &tag.attributes {
        let of = prefix(attribute.name);
        let is_usual = USUAL.contains(&of) || USUAL_TOO.contains(&of) || OTHERS.contains(&of);
        if !is_usual && !matches!(of, "" | "xml" | "xmlns") {
            let value = Value::String(unescaped(attribute.value));
            spoken.hear(attribute.name, local(attribute.name), &value)?;
        }
    }
    Ok(())
}

/// The licence that a link of Atom leads to (RFC 4946).
fn license_of_link(tag: &Tag<'_>, spoken: &mut Spoken) {
    let is_license = tag.attribute("rel").is_some_and(|rel| rel.value.trim() == "license");
    if let Some(href) = tag.value("href").filter(|_| local(tag.name) == "link" && is_license) {
        spoken.add_legal("license", Value::String(href));
    }
}

/// Hears an element that ends; `path` are those around it.
fn close(open: &Open<'_>, path: &mut [Open<'_>], spoken: &mut Spoken) -> Result<(), String> {
    let outer = path.last_mut().filter(|outer| matches!(outer.mode, Mode::Hear(_) | Mode::Text));
    let outer_name = outer.as_ref().map_or("", |outer| local(outer.name));
    let (of, name) = (prefix(open.name), local(open.name));
    match open.mode {
        Mode::Hear(_) if is_legal(name) => {
            if let Some(line) = plain_line(&open.said()) {
                spoken.add_legal(name, Value::String(line));
            }
        }
        Mode::Hear(_) if of == "media" && name == "restriction" => {
            spoken.hear(open.name, "restriction", &Value::Bool(open.is_restriction()))?;
        }
        Mode::Hear(_) if PODCASTS.contains(&of) => {
            if open.text.trim().eq_ignore_ascii_case("yes") {
                spoken.lost.push(open.name.to_owned());
            }
        }
        // What is in it has said it.
        Mode::Hear(_) if open.has_children => {}
        Mode::Hear(is_told) => {
            let said = open.said();
            let value = match said.is_empty() && is_flag(name) {
                true => Value::Bool(true),
                false => Value::String(said),
            };
            let whole = format!("{outer_name}{name}");
            let is_heard = spoken.hear(open.name, name, &value)?
                || spoken.hear(open.name, &whole, &value)?
                // `<h:visibility><h:for>members`
                || is_gate(outer_name) && spoken.hear(open.name, outer_name, &value)?;
            if !is_heard && is_told && value.as_str().is_some_and(|text| !text.is_empty()) {
                let (name, _) = words::cut(open.name, NAME_MAX);
                spoken.lost.push(name);
            }
        }
        Mode::Text | Mode::Pass | Mode::Rights | Mode::Media => {}
    }
    if let Some(outer) = outer.filter(|_| matches!(open.mode, Mode::Hear(_) | Mode::Text)) {
        outer.text.push(' ');
        outer.text.push_str(&open.text);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(elements: &str) -> Option<bool> {
        of_record(&format!("<item>{elements}</item>")).map(|spoken| spoken.is_held).ok()
    }

    #[test]
    fn words_about_visibility_are_heard_whatever_their_prefix() {
        for (elements, want) in [
            ("<h:visibility>members</h:visibility>", Some(true)),
            ("<visibility>public</visibility>", Some(false)),
            ("<h:visibility>gold</h:visibility>", None),
            ("<h:visibility><h:for>members</h:for></h:visibility>", Some(true)),
            ("<h:status>draft</h:status>", Some(true)),
            ("<blogger:status>LIVE</blogger:status><blogger:trashed/>", Some(false)),
            ("<blogger:status>SOFT_TRASHED</blogger:status>", Some(true)),
            ("<h:access level='members'/>", Some(true)),
            ("<h:access><h:level>public</h:level></h:access>", Some(false)),
            ("<h:members><h:only>true</h:only></h:members>", Some(true)),
            ("<h:premium/>", Some(true)),
            ("<h:premium>0</h:premium>", Some(false)),
            ("<h:password>x</h:password>", Some(true)),
            ("<h:password/>", Some(false)),
            ("<dcterms:accessRights>Open Access</dcterms:accessRights>", Some(false)),
            ("<dcterms:accessRights>restricted</dcterms:accessRights>", Some(true)),
            ("<media:status state='blocked'/>", Some(true)),
            ("<media:status state='active'/>", Some(false)),
            ("<media:group><media:status state='deleted'/></media:group>", Some(true)),
            (
                "<media:restriction relationship='deny' type='country'>au</media:restriction>",
                Some(true),
            ),
            ("<media:restriction relationship='allow'>all</media:restriction>", Some(false)),
            ("<media:restriction relationship='deny' type='sharing'/>", Some(false)),
        ] {
            assert_eq!(held(elements), want, "{elements}");
        }
        assert!(of_record("<item h:visibility='members'/>").unwrap().is_held);
    }

    #[test]
    fn what_feeds_have_every_day_is_not_heard() {
        let usual = "<title>T</title><link/><dc:creator>I</dc:creator><dc:date>d</dc:date><slash:comments>3</slash:comments><wfw:commentRss>u</wfw:commentRss><georss:point>1 2</georss:point><feedburner:origLink>u</feedburner:origLink><itunes:explicit>no</itunes:explicit><itunes:keywords>private, premium</itunes:keywords><media:content url='u' isDefault='true'><media:title>draft</media:title><media:rights status='userCreated'/></media:content><content:encoded><![CDATA[<p>Members only</p>]]></content:encoded><yandex:full-text>x</yandex:full-text><category>private</category><author><name>N</name><status>x</status></author><thr:total>0</thr:total><post-id xmlns='com-wordpress:feed-additions:1'>7</post-id><cap:status>Actual</cap:status><cap:expires>2026-01-09T17:30:00Z</cap:expires><app:control><app:draft>no</app:draft></app:control>";
        assert_eq!(of_record(&format!("<item>{usual}</item>")), Ok(Spoken::default()));
        let xhtml = "<content type='xhtml'><div><h:status>x</h:status></div></content>";
        assert_eq!(of_record(&format!("<entry>{xhtml}</entry>")), Ok(Spoken::default()));
        let podcast = of_record("<item><itunes:block>Yes</itunes:block></item>").unwrap();
        assert_eq!((podcast.is_held, &podcast.lost[..]), (false, &["itunes:block".to_owned()][..]));
    }

    #[test]
    fn legal_texts_are_found() {
        let xml = "<entry><h:disclaimer><![CDATA[<p>No advice</p>]]></h:disclaimer><dc:rights>© N</dc:rights><copyright>© N</copyright><link rel='license' href='https://x.example/by'/><cc:license rdf:resource='https://x.example/cc'/><source><title>W</title><rights>© W</rights></source><snf:advertisement><snf:sponsoredLink/></snf:advertisement></entry>";
        let legal = of_record(xml).unwrap().legal;
        let texts: Vec<&str> = legal.iter().filter_map(|(_, value)| value.as_str()).collect();
        assert_eq!(
            texts,
            ["No advice", "© N", "https://x.example/by", "https://x.example/cc", "© W"]
        );
        assert_eq!(legal[0].0, "disclaimer");
    }
}
