//! A feed in XML taken apart: its head, and its records one by one. Each record is read by itself, so that one that is
//! broken is refused with its line, and the others are imported.

use super::scan::{Malformed, Piece, Scanner, Tag, local, unescaped};

/// Deepest nesting of elements in a feed. Readers of some extensions go down by recursion, and no text is rendered that
/// nests as deep.
const DEPTH_MAX: usize = 128;
/// Most declarations of namespaces that are in force at one place: readers look through all of them for each name.
const NAMESPACES_MAX: usize = 100;
/// Longest start tag of a feed or its channel, in bytes: it stands around each record that is read.
const AROUND_MAX: usize = 8 * 1024;
/// Records that are not XML, after which a feed is given up: each may cost a look at all that follows.
const BROKEN_MAX: usize = 100;

/// The kind of a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// RSS 2.0, and 0.9x without RDF.
    Rss,
    /// RSS 1.0.
    Rdf,
    /// Atom 1.0.
    Atom,
}

/// A feed that was taken apart.
#[derive(Debug)]
pub struct Split<'a> {
    /// Its kind.
    pub kind: Kind,
    /// The document without its records.
    pub head: String,
    /// The start tags around each record.
    pub open: String,
    /// Their end tags.
    pub close: String,
    /// Its `xml:base`.
    pub base: Option<String>,
    /// Its `xml:lang`.
    pub language: Option<String>,
    /// Its records, in their order.
    pub records: Vec<Record<'a>>,
    /// The ids of entries that their source has deleted (RFC 6721), with their lines.
    pub deleted: Vec<(usize, String)>,
    /// Records that cannot be read, and where the reading ended before its time.
    pub broken: Vec<Malformed>,
}

/// A record.
#[derive(Debug)]
pub struct Record<'a> {
    /// Its element, as written.
    pub xml: &'a str,
    /// Its line.
    pub line: usize,
}

/// What a root element is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// A feed.
    Feed(Kind),
    /// An export of WordPress, which has the form of a feed and says more.
    WordPress,
    /// Something else.
    Other,
}

/// What the root element of a document is of; `None` where it has none.
///
/// # Errors
/// What is no XML before it.
pub fn root_of(text: &str) -> Result<Option<Root>, Malformed> {
    Ok(first_tag(&mut Scanner::new(text))?.map(|(_, tag)| judged(&tag)))
}

fn judged(root: &Tag<'_>) -> Root {
    let names = |part: &str| root.attributes.iter().any(|attribute| attribute.value.contains(part));
    match local(root.name) {
        "rss" if names("wordpress.org/export") => Root::WordPress,
        "rss" => Root::Feed(Kind::Rss),
        "RDF" if names("purl.org/rss/1.0") || names("netscape.com/rdf") => Root::Feed(Kind::Rdf),
        "feed" if names("www.w3.org/2005/Atom") || !names("://") => Root::Feed(Kind::Atom),
        _ => Root::Other,
    }
}

fn first_tag<'a>(scanner: &mut Scanner<'a>) -> Result<Option<(usize, Tag<'a>)>, Malformed> {
    while let Some((place, piece)) = scanner.piece()? {
        match piece {
            Piece::Open(tag) => return Ok(Some((place.end, tag))),
            Piece::Text(text) if text.trim_matches('\u{feff}').trim().is_empty() => {}
            Piece::Text(_) | Piece::Data(_) | Piece::Close(_) => return Ok(None),
        }
    }
    Ok(None)
}

/// An element that is open.
struct Open<'a> {
    name: &'a str,
    namespaces: usize,
}

/// A record that is open: its start, its line, the elements around it, its name.
struct Begun<'a> {
    start: usize,
    line: usize,
    depth: usize,
    name: &'a str,
}

/// Takes a feed apart.
///
/// # Errors
/// If its root element is not that of a feed.
pub fn split(text: &str) -> Result<Split<'_>, Malformed> {
    let mut scanner = Scanner::new(text);
    let no_feed = |line| Malformed {
        line,
        reason: "is no feed: its first element must be `rss`, `feed` (Atom) or `rdf:RDF` (RSS 1.0)"
            .to_owned(),
    };
    let Some((end, root)) = first_tag(&mut scanner)? else {
        return Err(no_feed(1));
    };
    let Root::Feed(kind) = judged(&root) else {
        let line = scanner.line_at(end);
        return Err(no_feed(line));
    };
    if root.length > AROUND_MAX {
        return Err(Malformed { line: scanner.line_at(end), reason: too_long(&root) });
    }
    let open = around(&root, if kind == Kind::Rss { " version=\"2.0\"" } else { "" });
    let mut taken = Split {
        kind,
        head: open.clone(),
        open,
        close: format!("</{}>", root.name),
        base: root.value("xml:base"),
        language: root.value("xml:lang"),
        records: Vec::new(),
        deleted: Vec::new(),
        broken: Vec::new(),
    };
    let mut walk =
        Walk { text, scanner, open: vec![], record: None, channel: None, kept: end, good: end };
    if root.is_empty {
        taken.head.push_str(&taken.close);
    } else {
        walk.open.push(Open { name: root.name, namespaces: namespaces_of(&root) });
        walk.run(&mut taken);
    }
    if kind == Kind::Rss {
        taken.open.push_str(walk.channel.as_deref().unwrap_or("<channel>"));
        taken.close.insert_str(0, "</channel>");
    }
    Ok(taken)
}

/// The start tag of the root or the channel, with what its records depend on alone: it is read once for each. That of an
/// RSS feed says a version that is known: others write `2.0.1`, or none.
fn around(tag: &Tag<'_>, version: &str) -> String {
    let mut out = format!("<{}{version}", tag.name);
    for attribute in &tag.attributes {
        let name = attribute.name;
        if name.starts_with("xmlns") || matches!(name, "xml:base" | "xml:lang") {
            out.push(' ');
            out.push_str(attribute.written);
        }
    }
    out.push('>');
    out
}

fn too_long(tag: &Tag<'_>) -> String {
    let name: String = tag.name.chars().take(40).collect();
    format!("the tag `<{name}` is longer than {AROUND_MAX} bytes")
}

fn namespaces_of(tag: &Tag<'_>) -> usize {
    tag.attributes.iter().filter(|attribute| attribute.name.starts_with("xmlns")).count()
}

/// The way through a document.
struct Walk<'a> {
    text: &'a str,
    scanner: Scanner<'a>,
    open: Vec<Open<'a>>,
    record: Option<Begun<'a>>,
    channel: Option<String>,
    /// The head has all before this place.
    kept: usize,
    /// The end of the last piece that was read.
    good: usize,
}

impl<'a> Walk<'a> {
    fn run(&mut self, taken: &mut Split<'a>) {
        loop {
            let malformed = match self.step(taken) {
                Ok(true) => continue,
                Ok(false) => break,
                Err(malformed) => malformed,
            };
            let goes_on = self.goes_on_behind_record(taken.broken.len() + 1);
            let rest = if goes_on { "" } else { "; what follows is not read" };
            let Malformed { line, reason } = malformed;
            taken.broken.push(Malformed { line, reason: format!("{reason}{rest}") });
            if !goes_on {
                break;
            }
        }
        // What is read of a feed that was cut off has ends too.
        let depth = self.record.as_ref().map_or(self.open.len(), |record| record.depth);
        if self.record.is_none() {
            taken.head.push_str(&self.text[self.kept..self.good]);
        }
        for element in self.open[..depth].iter().rev() {
            taken.head.push_str(&format!("</{}>", element.name));
        }
    }

    /// Leaves a record that is no XML, if its end tag is there.
    fn goes_on_behind_record(&mut self, broken: usize) -> bool {
        if broken >= BROKEN_MAX {
            return false;
        }
        let Some(record) = self.record.take() else {
            return false;
        };
        let end = format!("</{}>", record.name);
        let Some(at) = self.text[record.start..].find(&end) else {
            self.record = Some(record);
            return false;
        };
        self.open.truncate(record.depth);
        self.kept = record.start + at + end.len();
        self.good = self.kept;
        self.scanner.seek(self.kept);
        true
    }

    /// Reads a piece; false at the end of the feed.
    fn step(&mut self, taken: &mut Split<'a>) -> Result<bool, Malformed> {
        let Some((place, piece)) = self.scanner.piece()? else {
            let name = self.open.last().map_or("", |element| element.name);
            let line = self.scanner.line_at(self.text.len());
            return Err(Malformed {
                line,
                reason: format!("the file ends before `</{name}>`: it was cut off"),
            });
        };
        match piece {
            Piece::Text(_) | Piece::Data(_) => {}
            Piece::Open(tag) => self.opened(&tag, place.start, place.end, taken)?,
            Piece::Close(name) => {
                if self.open.last().is_none_or(|element| element.name != name) {
                    let line = self.scanner.line_at(place.start);
                    let wanted = self.open.last().map_or("", |element| element.name);
                    let reason = format!("`</{name}>` stands where `</{wanted}>` must stand");
                    return Err(Malformed { line, reason });
                }
                self.open.pop();
                let depth = self.open.len();
                if let Some(record) = self.record.take_if(|record| record.depth == depth) {
                    let xml = &self.text[record.start..place.end];
                    taken.records.push(Record { xml, line: record.line });
                    self.kept = place.end;
                }
            }
        }
        self.good = place.end;
        Ok(!self.open.is_empty())
    }

    fn opened(
        &mut self,
        tag: &Tag<'a>,
        start: usize,
        end: usize,
        taken: &mut Split<'a>,
    ) -> Result<(), Malformed> {
        let depth = self.open.len();
        if self.record.is_none() {
            if self.is_record(tag, taken.kind) {
                taken.head.push_str(&self.text[self.kept..start]);
                let line = self.scanner.line_at(start);
                if tag.is_empty {
                    taken.records.push(Record { xml: &self.text[start..end], line });
                    self.kept = end;
                } else {
                    self.record = Some(Begun { start, line, depth, name: tag.name });
                }
            } else if depth == 1 && local(tag.name) == "channel" && self.channel.is_none() {
                if tag.length > AROUND_MAX {
                    let line = self.scanner.line_at(start);
                    return Err(Malformed { line, reason: too_long(tag) });
                }
                self.channel = Some(around(tag, ""));
            } else if depth == 1 && local(tag.name) == "deleted-entry" {
                let line = self.scanner.line_at(start);
                taken.deleted.extend(tag.attribute("ref").map(|id| (line, unescaped(id.value))));
            }
        }
        if tag.is_empty {
            return Ok(());
        }
        let namespaces = namespaces_of(tag);
        let in_force = self.open.last().map_or(0, |element| element.namespaces) + namespaces;
        let reason = if depth >= DEPTH_MAX {
            format!("nests elements deeper than {DEPTH_MAX}")
        } else if in_force > NAMESPACES_MAX {
            format!("declares more than {NAMESPACES_MAX} namespaces at one place")
        } else {
            self.open.push(Open { name: tag.name, namespaces: in_force });
            return Ok(());
        };
        Err(Malformed { line: self.scanner.line_at(start), reason })
    }

    /// True if the element is a record: in the root, or in the channel of an RSS feed.
    fn is_record(&self, tag: &Tag<'_>, kind: Kind) -> bool {
        let name = local(tag.name);
        match (kind, self.open.len()) {
            (Kind::Atom, 1) => name == "entry",
            (Kind::Rdf | Kind::Rss, 1) => name == "item",
            (Kind::Rss, 2) => {
                name == "item"
                    && self.open.last().is_some_and(|element| local(element.name) == "channel")
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_is_its_head_and_its_records() {
        let text = "<?xml version='1.0'?>\n<rss version=\"2.0.1\" xmlns:a='b'>\n<channel xml:lang='en'><title>T</title>\n<item><b>\n1</b></item><item/>\n<link>l</link><item>2</item></channel></rss>";
        let taken = split(text).unwrap();
        assert_eq!(taken.kind, Kind::Rss);
        assert_eq!(taken.open, "<rss version=\"2.0\" xmlns:a='b'><channel xml:lang='en'>");
        assert_eq!(taken.close, "</channel></rss>");
        let records: Vec<_> =
            taken.records.iter().map(|record| (record.line, record.xml)).collect();
        assert_eq!(
            records,
            [(4, "<item><b>\n1</b></item>"), (5, "<item/>"), (6, "<item>2</item>")]
        );
        assert_eq!(
            taken.head,
            "<rss version=\"2.0\" xmlns:a='b'>\n<channel xml:lang='en'><title>T</title>\n\n<link>l</link></channel></rss>"
        );
        assert!(taken.broken.is_empty());
    }

    #[test]
    fn a_broken_record_is_left_out_and_the_next_is_read() {
        let text = "<feed>\n<entry><a></b></entry>\n<entry>2</entry><entry>3";
        let taken = split(text).unwrap();
        assert_eq!(taken.records.len(), 1);
        assert_eq!(taken.records[0].xml, "<entry>2</entry>");
        let broken: Vec<_> =
            taken.broken.iter().map(|broken| (broken.line, &*broken.reason)).collect();
        assert_eq!(
            broken,
            [
                (2, "`</b>` stands where `</a>` must stand"),
                (3, "the file ends before `</entry>`: it was cut off; what follows is not read")
            ]
        );
        assert_eq!(taken.head, "<feed>\n\n</feed>");
    }

    #[test]
    fn hostile_nesting_is_refused() {
        let deep = format!(
            "<feed><entry>{}{}</entry></feed>",
            "<m:content>".repeat(200),
            "</m:content>".repeat(200)
        );
        let taken = split(&deep).unwrap();
        assert!(taken.records.is_empty());
        assert!(taken.broken[0].reason.starts_with("nests elements deeper"));
        let long = format!("<rss><channel a='{}'><item/></channel></rss>", "x".repeat(9_000));
        let taken = split(&long).unwrap();
        assert!(taken.records.is_empty() && taken.broken[0].reason.contains("is longer than 8192"));
        assert!(split(&long.replace("<rss><channel", "<rss")).unwrap_err().reason.contains("8192"));
        let idle = split("<rss a='b'><channel c='d' xml:base='e'><item/></channel></rss>").unwrap();
        assert_eq!(idle.open, "<rss version=\"2.0\"><channel xml:base='e'>");
        let spaces =
            |count: usize| (0..count).map(|n| format!(" xmlns:n{n}='x'")).collect::<String>();
        let many = format!("<feed{}><entry><a{}></a></entry></feed>", spaces(60), spaces(60));
        assert!(split(&many).unwrap().broken[0].reason.starts_with("declares more than"));
    }

    #[test]
    fn roots_are_told_apart() {
        for (text, want) in [
            ("<rss version='2.0'>", Some(Root::Feed(Kind::Rss))),
            ("<rss xmlns:wp='http://wordpress.org/export/1.2/'>", Some(Root::WordPress)),
            ("<feed xmlns='http://www.w3.org/2005/Atom'>", Some(Root::Feed(Kind::Atom))),
            ("<atom:feed xmlns:atom='http://www.w3.org/2005/Atom'>", Some(Root::Feed(Kind::Atom))),
            ("<feed>", Some(Root::Feed(Kind::Atom))),
            ("<feed xmlns='http://purl.org/atom/ns#'>", Some(Root::Other)),
            ("<rdf:RDF xmlns='http://purl.org/rss/1.0/'>", Some(Root::Feed(Kind::Rdf))),
            ("<rdf:RDF>", Some(Root::Other)),
            ("<html>", Some(Root::Other)),
            ("text <rss>", None),
            ("", None),
        ] {
            assert_eq!(root_of(text).unwrap(), want, "{text}");
        }
    }
}
