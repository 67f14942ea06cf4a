//! The HTML that an article may contain, and what is left out of the rest.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use ego_tree::{NodeRef, Tree};
use html5ever::serialize::{HtmlSerializer, SerializeOpts, Serializer as _};
use html5ever::{Attribute, LocalName, Namespace, QualName, ns};
use percent_encoding::percent_decode_str;
use url::Url;

use super::tree::Node;
use super::{OWNER, RemovedContent, RemovedElement};
use crate::domain::text::is_forbidden_in_text;

/// Elements that are left out with their content: it is a program, a form control, a picture in
/// another language, or what is shown instead of these.
const DROPPED: [&str; 37] = [
    "applet", "audio", "base", "basefont", "bgsound", "button", "canvas", "datalist", "dialog",
    "embed", "frame", "frameset", "iframe", "input", "keygen", "link", "math", "meta", "meter",
    "noembed", "noframes", "noscript", "object", "optgroup", "option", "param", "progress",
    "script", "select", "source", "style", "svg", "template", "textarea", "title", "track",
    "video",
];
/// Elements that are replaced by another one of the same effect; others that are not allowed leave
/// their content alone.
const REPLACED: [(&str, &str); 8] = [
    ("dir", "ul"),
    ("fieldset", "div"),
    ("form", "div"),
    ("legend", "div"),
    ("listing", "pre"),
    ("plaintext", "pre"),
    ("search", "div"),
    ("xmp", "pre"),
];
/// Styles that hide an element from readers: its text was not meant for them.
const HIDDEN: [&str; 2] = ["display:none", "mso-hide:all"];
/// Inline elements: their tags do not separate words.
pub(super) const INLINE: [&str; 33] = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em",
    "font", "i", "ins", "kbd", "mark", "q", "s", "samp", "small", "span", "strike", "strong",
    "sub", "sup", "time", "tt", "u", "var", "wbr", "ruby",
];
/// The schemes of links that stay.
const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];
/// The values of `rel` that stay on a link (HTML Standard, section 4.6.7).
const RELATIONS: [&str; 18] = [
    "alternate", "author", "bookmark", "external", "help", "license", "me", "next", "nofollow",
    "noopener", "noreferrer", "prev", "privacy-policy", "search", "sponsored", "tag",
    "terms-of-service", "ugc",
];
/// Bytes of text that are serialized at once.
const TEXT_AT_ONCE: usize = 4 * 1024;
/// What a frame of another host may do: play and open its own page, but not navigate this one.
const SANDBOX: &str = "allow-popups allow-presentation allow-same-origin allow-scripts";

/// The allowed elements and attributes, applied by a parse of their own after [`sanitize`]: nothing
/// that is missed there gets further.
static ALLOWED: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = ammonia::Builder::default();
    builder
        .url_schemes(HashSet::from(SCHEMES))
        .link_rel(None)
        .add_tags(["address", "iframe", "input", "main", "menu", "section", "tfoot"])
        .add_clean_content_tags(DROPPED.iter().filter(|name| !["iframe", "input"].contains(name)))
        .add_generic_attributes(["dir", "hidden", "id"])
        .filter_style_properties(HashSet::from(["text-align"]));
    let more: [(&str, &[&str]); 14] = [
        ("a", &["rel"]),
        ("code", &["class"]),
        ("data", &["value"]),
        ("details", &["open"]),
        ("iframe", &["allowfullscreen", "height", "loading", "sandbox", "src", "width"]),
        ("input", &["checked", "disabled", "type"]),
        ("li", &["type", "value"]),
        ("ol", &["reversed", "type"]),
        ("pre", &["class"]),
        ("section", &["class"]),
        ("td", &["abbr", "style"]),
        ("th", &["abbr", "style"]),
        ("time", &["datetime"]),
        ("ul", &["type"]),
    ];
    for (tag, attributes) in more {
        builder.add_tag_attributes(tag, attributes);
    }
    builder
});

static TAGS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| ALLOWED.clone_tags());

/// Writes a tree as HTML that has only allowed elements.
pub fn sanitize(tree: &Tree<Node>, embed_hosts: &[String]) -> Sanitized {
    let mut writer = Writer {
        html: HtmlSerializer::new(Vec::new(), SerializeOpts::default()),
        text: String::new(),
        ids: HashSet::new(),
        removed: BTreeMap::new(),
        embed_hosts,
    };
    writer.collect_ids(tree.root());
    // Writing to memory does not fail.
    let _ = writer.children(tree.root());
    let html = String::from_utf8_lossy(&writer.html.writer).into_owned();
    let removed = writer.removed.into_iter().map(|((element, content), count)| RemovedElement {
        element: element.to_owned(),
        count,
        content,
    });
    Sanitized {
        html: ALLOWED.clean(&html).to_string(),
        text: writer.text,
        removed: removed.collect(),
    }
}

/// A text that is safe to display.
pub struct Sanitized {
    /// The HTML; its ids begin with [`OWNER`].
    pub html: String,
    /// The text that a reader sees, with a space where an element separates words.
    pub text: String,
    /// What was left out, by name.
    pub removed: Vec<RemovedElement>,
}

/// The treatment of an element.
enum Verdict {
    Kept,
    /// A frame of an allowed host, with its URL.
    Framed(Url),
    Replaced(&'static str),
    Unwrapped,
    /// Its tags say nothing: they are left out, and nothing is lost.
    Bare,
    Dropped,
}

/// A text on its way out of the tree.
struct Writer<'a> {
    html: HtmlSerializer<Vec<u8>>,
    text: String,
    /// The ids of elements that stay.
    ids: HashSet<&'a str>,
    removed: BTreeMap<(&'a str, RemovedContent), usize>,
    embed_hosts: &'a [String],
}

impl<'a> Writer<'a> {
    fn verdict(&self, name: &QualName, attributes: &[Attribute]) -> Verdict {
        let local = &*name.local;
        let style = value_of(attributes, "style").map(compact).unwrap_or_default();
        if name.ns != ns!(html) || HIDDEN.iter().any(|hidden| style.contains(hidden)) {
            return Verdict::Dropped;
        }
        let is_lost = match local {
            // A picture that no reader could load: from the author's own disk, or within the text.
            "img" => !value_of(attributes, "src").is_none_or(is_web_or_relative),
            // Task lists have these.
            "input" => {
                !value_of(attributes, "type").is_some_and(|it| it.eq_ignore_ascii_case("checkbox"))
                    || value_of(attributes, "disabled").is_none()
            }
            "iframe" => {
                return self.embedded(attributes).map_or(Verdict::Dropped, Verdict::Framed);
            }
            // Google Docs puts all that is copied into one.
            "b" if style.contains("font-weight:normal") => return Verdict::Bare,
            _ => false,
        };
        if is_lost {
            return Verdict::Dropped;
        }
        if TAGS.contains(local) {
            return Verdict::Kept;
        }
        match REPLACED.iter().find(|(known, _)| *known == local) {
            Some((_, other)) => Verdict::Replaced(other),
            None if DROPPED.contains(&local) => Verdict::Dropped,
            None => Verdict::Unwrapped,
        }
    }

    /// The URL of a frame, if its host is allowed.
    fn embedded(&self, attributes: &[Attribute]) -> Option<Url> {
        let src = value_of(attributes, "src")?.trim();
        // Pages that were written for both protocols leave it out.
        let absolute = src.strip_prefix("//").map(|rest| format!("https://{rest}"));
        let url = Url::parse(absolute.as_deref().unwrap_or(src)).ok()?;
        let is_plain = url.scheme() == "https"
            && url.username().is_empty()
            && url.password().is_none()
            && url.port().is_none();
        let is_allowed = self.embed_hosts.iter().any(|host| Some(host.as_str()) == url.host_str());
        (is_plain && is_allowed).then_some(url)
    }

    fn collect_ids(&mut self, parent: NodeRef<'a, Node>) {
        for node in parent.children() {
            if let Node::Element(name, attributes) = node.value() {
                match self.verdict(name, attributes) {
                    Verdict::Dropped => continue,
                    Verdict::Kept | Verdict::Framed(_) => self.ids.extend(id_of(name, attributes)),
                    _ => {}
                }
            }
            self.collect_ids(node);
        }
    }

    fn children(&mut self, parent: NodeRef<'a, Node>) -> std::io::Result<()> {
        for node in parent.children() {
            match node.value() {
                Node::Text(text) => self.text(text)?,
                Node::Element(name, attributes) => self.element(node, name, attributes)?,
                Node::Root | Node::Other => {}
            }
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> std::io::Result<()> {
        let text = without_controls(text);
        self.text.push_str(&text);
        // The serializer takes time by the square of a text with many `&`. Comments divide it, also
        // for the second parse, which leaves them out.
        let (mut rest, is_divided) = (&*text, text.contains('&'));
        while is_divided && rest.len() > TEXT_AT_ONCE {
            let (piece, after) = rest.split_at(rest.floor_char_boundary(TEXT_AT_ONCE));
            self.html.write_text(piece)?;
            self.html.write_comment("")?;
            rest = after;
        }
        self.html.write_text(rest)
    }

    fn element(
        &mut self,
        node: NodeRef<'a, Node>,
        name: &'a QualName,
        attributes: &'a [Attribute],
    ) -> std::io::Result<()> {
        // The root that the parser adds.
        if node.parent().is_some_and(|parent| matches!(parent.value(), Node::Root)) {
            return self.children(node);
        }
        let verdict = self.verdict(name, attributes);
        let separates = !INLINE.contains(&&*name.local);
        if separates {
            self.text.push(' ');
        }
        match verdict {
            Verdict::Framed(url) => self.frame(name, attributes, &url)?,
            Verdict::Kept => {
                let attributes = self.attributes(name, attributes);
                self.written(node, name.clone(), &attributes)?;
            }
            Verdict::Replaced(other) => {
                self.count(name, RemovedContent::Kept);
                let other = QualName::new(None, ns!(html), LocalName::from(other));
                self.written(node, other, &[])?;
            }
            Verdict::Unwrapped => {
                self.count(name, RemovedContent::Kept);
                self.children(node)?;
            }
            Verdict::Bare => self.children(node)?,
            Verdict::Dropped => self.count(name, RemovedContent::Removed),
        }
        if separates {
            self.text.push(' ');
        }
        Ok(())
    }

    fn count(&mut self, name: &'a QualName, content: RemovedContent) {
        *self.removed.entry((&*name.local, content)).or_default() += 1;
    }

    fn written(
        &mut self,
        node: NodeRef<'a, Node>,
        name: QualName,
        attributes: &[(QualName, String)],
    ) -> std::io::Result<()> {
        if &*name.local == "p" && self.is_left_empty(node) {
            return self.children(node);
        }
        let given = attributes.iter().map(|(name, value)| (name, value.as_str()));
        self.html.start_elem(name.clone(), given)?;
        let first = node.first_child();
        let starts_with_newline = matches!(
            first.as_ref().map(NodeRef::value), Some(Node::Text(text)) if text.starts_with('\n')
        );
        if &*name.local == "pre" && starts_with_newline {
            // A parser drops the first newline: that of the second parse and that of the reader.
            self.html.write_text("\n\n")?;
        }
        self.children(node)?;
        self.html.end_elem(name)
    }

    /// True if an element had nothing but what is dropped: an empty paragraph would leave a gap.
    fn is_left_empty(&self, node: NodeRef<'a, Node>) -> bool {
        let mut has_lost = false;
        for child in node.children() {
            match child.value() {
                Node::Element(name, attributes) => match self.verdict(name, attributes) {
                    Verdict::Dropped => has_lost = true,
                    _ => return false,
                },
                Node::Text(text) if !text.trim().is_empty() => return false,
                _ => {}
            }
        }
        has_lost
    }

    /// A frame of an allowed host, with no more rights than it needs.
    fn frame(
        &mut self,
        name: &QualName,
        attributes: &[Attribute],
        url: &Url,
    ) -> std::io::Result<()> {
        let kept = ["title", "width", "height", "allowfullscreen"].into_iter();
        let kept = kept.filter_map(|name| Some((name, value_of(attributes, name)?)));
        let fixed = [("src", url.as_str()), ("loading", "lazy"), ("sandbox", SANDBOX)];
        let id = id_of(name, attributes).map(|id| attribute("id", &of_owner(id)));
        let others = fixed.into_iter().chain(kept);
        let others = others.map(|(name, value)| attribute(name, &without_controls(value)));
        let all: Vec<_> = id.into_iter().chain(others).collect();
        self.html
            .start_elem(name.clone(), all.iter().map(|(name, value)| (name, value.as_str())))?;
        self.html.end_elem(name.clone())
    }

    /// The attributes of an element that stays; those that are not allowed are left out by the
    /// second parse.
    fn attributes(&self, name: &QualName, given: &[Attribute]) -> Vec<(QualName, String)> {
        let local = &*name.local;
        let mut out = Vec::with_capacity(given.len() + 1);
        let id = id_of(name, given).map(|id| attribute("id", &of_owner(id)));
        out.extend(id);
        for one in given {
            let value = match &*one.name.local {
                "id" | "name" => continue,
                "href" => self.reference(&one.value),
                "headers" => self.references(&one.value),
                "rel" if local == "a" => continue,
                "class" => classes(local, &one.value),
                "style" => alignment(&one.value),
                _ => without_controls(&one.value).into_owned(),
            };
            if !(value.is_empty() && matches!(&*one.name.local, "class" | "headers" | "style")) {
                out.push((one.name.clone(), value));
            }
        }
        // A link within the page opens no other.
        if local == "a" && value_of(given, "href").is_some_and(leads_away) {
            out.push(attribute("rel", &relations(value_of(given, "rel").unwrap_or_default())));
        }
        out
    }

    /// A link to an id of the same text leads to that id; others stay as they are.
    fn reference(&self, href: &str) -> String {
        let target = href.trim().strip_prefix('#').filter(|fragment| {
            let decoded = percent_decode_str(fragment).decode_utf8_lossy();
            self.ids.contains(fragment) || self.ids.contains(&*decoded)
        });
        match target {
            Some(fragment) => format!("#{}", of_owner(&without_controls(fragment))),
            None => without_controls(href).into_owned(),
        }
    }

    fn references(&self, ids: &str) -> String {
        let ids = ids.split_whitespace().filter(|id| self.ids.contains(id));
        ids.map(of_owner).collect::<Vec<_>>().join(" ")
    }
}

/// An id under that of the text's owner.
fn of_owner(id: &str) -> String {
    format!("{OWNER}-{id}")
}

fn attribute(name: &str, value: &str) -> (QualName, String) {
    let name = QualName::new(None, Namespace::from(""), LocalName::from(name));
    (name, value.to_owned())
}

fn value_of<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a str> {
    attributes.iter().find(|one| &*one.name.local == name).map(|one| &*one.value)
}

/// The id of an element: a word. Links of older pages lead to the `name` of an `a`.
fn id_of<'a>(name: &QualName, attributes: &'a [Attribute]) -> Option<&'a str> {
    let older = || match &*name.local {
        "a" => value_of(attributes, "name"),
        _ => None,
    };
    let id = value_of(attributes, "id").or_else(older)?;
    let is_word = !id.is_empty() && !id.contains(|c: char| c.is_whitespace() || c.is_control());
    is_word.then_some(id)
}

/// The classes that carry meaning: the language of code, and the footnotes.
fn classes(element: &str, given: &str) -> String {
    let stays = |class: &&str| match element {
        "code" | "pre" => class.starts_with("language-"),
        "section" => *class == "footnotes",
        _ => false,
    };
    // A fence that names the class itself (` ```language-php `) has it twice.
    let given = given.replace("language-language-", "language-");
    let kept = given.split_ascii_whitespace().filter(stays).collect::<Vec<_>>().join(" ");
    without_controls(&kept).into_owned()
}

/// The alignment of a style, and nothing else of it.
fn alignment(style: &str) -> String {
    let style = compact(style);
    let mut values = style.split(';').filter_map(|one| one.strip_prefix("text-align:"));
    let known = ["left", "right", "center", "justify", "start", "end"];
    let last = values.rfind(|value| known.contains(value));
    last.map(|value| format!("text-align:{value}")).unwrap_or_default()
}

/// A style in lower case without white space.
fn compact(style: &str) -> String {
    style.split_whitespace().collect::<String>().to_ascii_lowercase()
}

/// Whether a link stays and leads out of its text.
fn leads_away(href: &str) -> bool {
    let href = without_controls(href);
    !href.trim().starts_with('#')
        && match Url::parse(&href) {
            Ok(url) => SCHEMES.contains(&url.scheme()),
            Err(error) => error == url::ParseError::RelativeUrlWithoutBase,
        }
}

/// Whether a reader's browser can load `src`, from the web or relative to the page.
fn is_web_or_relative(src: &str) -> bool {
    match Url::parse(src.trim()) {
        Ok(url) => matches!(url.scheme(), "http" | "https"),
        Err(error) => error == url::ParseError::RelativeUrlWithoutBase,
    }
}

/// The known values of `rel`, with `noopener`: the page that a link opens gets no hold of this one.
fn relations(given: &str) -> String {
    let given = given.to_ascii_lowercase();
    let mut kept: Vec<&str> = Vec::new();
    for word in given.split_ascii_whitespace().chain(["noopener"]) {
        if RELATIONS.contains(&word) && !kept.contains(&word) {
            kept.push(word);
        }
    }
    kept.join(" ")
}

/// A text without the characters that no text may contain: character references write them, and
/// one of them marks the place of the owner's id.
fn without_controls(text: &str) -> Cow<'_, str> {
    match text.contains(is_forbidden_in_text) {
        true => text.chars().filter(|c| !is_forbidden_in_text(*c)).collect::<String>().into(),
        false => text.into(),
    }
}
