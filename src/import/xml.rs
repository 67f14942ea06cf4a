//! XML as other systems write it: read in a stream, tolerant of what they get wrong in texts, strict about what could
//! hide something or eat the memory.

use std::io::{self, BufRead, Read};
use std::mem;

use quick_xml::errors::{Error, IllFormedError};
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use super::words::cut;

/// Deepest nesting of elements: exports have at most ten levels.
const DEPTH_MAX: usize = 64;
/// Longest text of an element, and longest piece of markup, in bytes: 32 of the longest articles.
const TEXT_MAX: usize = 16 * 1024 * 1024;
/// Longest name of an element, in bytes: the parser keeps those that are open.
const NAME_MAX: usize = 1_000;
/// Most attributes of one element: exports have at most twenty, of namespaces.
const ATTRIBUTES_MAX: usize = 1_000;
/// Longest reference, in bytes, without its `&`: `#x10FFFF;` with zeros before it.
const REFERENCE_MAX: usize = 16;

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The line, counted from 1.
    pub line: usize,
    /// The reason, in words for people.
    pub reason: String,
}

/// Why a file was not read to its end.
#[derive(Debug)]
pub enum Stopped {
    /// The file is no XML, or no whole one.
    Malformed(Malformed),
    /// The sink or the disk gave an error.
    Sink(io::Error),
}

impl From<Malformed> for Stopped {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Sink(error)
    }
}

/// The start of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// Its name as it is written, with its prefix: `wp:post_id`.
    pub name: String,
    /// Its attributes as they are written, with their values decoded.
    pub attributes: Vec<(String, String)>,
    /// The line of its `<`, counted from 1.
    pub line: usize,
}

impl Element {
    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// An element begins. One that is written as empty begins, and ends next.
    Open(Element),
    /// A piece of text, decoded: a text may come in several pieces.
    Text(String),
    /// The element that was opened last ends.
    Close,
    /// The file ends, after its outermost element.
    End,
}

/// Counts lines, and ends what is too long before it is in memory.
struct Counted<R> {
    input: R,
    newlines: usize,
    /// True if the last byte was a newline.
    ends_line: bool,
    /// Bytes that may still be read for this piece.
    left: usize,
    is_too_long: bool,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(out)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            self.is_too_long = true;
            return Err(io::Error::other("too long"));
        }
        self.input.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        // What is consumed is still in the buffer: this reads nothing.
        if let Ok(seen) = self.input.fill_buf() {
            let seen = &seen[..count.min(seen.len())];
            self.newlines += seen.iter().filter(|byte| **byte == b'\n').count();
            if let Some(last) = seen.last() {
                self.ends_line = *last == b'\n';
            }
        }
        self.left = self.left.saturating_sub(count);
        self.input.consume(count);
    }
}

/// A streaming reader of XML files. After a [`Malformed`] there is nothing more to read.
pub struct Xml<R> {
    reader: Reader<Counted<R>>,
    buffer: Vec<u8>,
    depth: usize,
    /// True once the outermost element has begun.
    has_root: bool,
}

impl<R: BufRead> Xml<R> {
    /// Reads from `input`.
    #[must_use]
    pub fn new(input: R) -> Self {
        let counted =
            Counted { input, newlines: 0, ends_line: false, left: TEXT_MAX, is_too_long: false };
        let mut reader = Reader::from_reader(counted);
        let config = reader.config_mut();
        config.allow_dangling_amp = true;
        config.expand_empty_elements = true;
        Self { reader, buffer: Vec::new(), depth: 0, has_root: false }
    }

    /// The line up to which the file was read, counted from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.reader.get_ref().newlines + 1
    }

    /// The next part of the file. Comments and processing instructions are left out.
    ///
    /// # Errors
    /// [`Malformed`], also where the file ends too early or cannot be read.
    pub fn next(&mut self) -> Result<Node, Malformed> {
        self.step(true)
    }

    /// The text of the element that was opened last, up to and with its end: CDATA and text joined, elements in it left
    /// out.
    ///
    /// # Errors
    /// [`Malformed`], also where the text is longer than 16 MiB.
    pub fn text(&mut self) -> Result<String, Malformed> {
        let (mut text, mut within) = (String::new(), 0_usize);
        loop {
            match self.step(within == 0)? {
                Node::Open(_) => within += 1,
                Node::Close if within == 0 => return Ok(text),
                Node::Close => within -= 1,
                Node::Text(piece) if within == 0 => {
                    if text.len() + piece.len() > TEXT_MAX {
                        return Err(self.too_long(self.line()));
                    }
                    text.push_str(&piece);
                }
                Node::Text(_) => {}
                Node::End => return Err(self.cut_off()),
            }
        }
    }

    /// Leaves out the rest of the element that was opened last, with its end.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn skip(&mut self) -> Result<(), Malformed> {
        let mut within = 0_usize;
        loop {
            match self.step(false)? {
                Node::Open(_) => within += 1,
                Node::Close if within == 0 => return Ok(()),
                Node::Close => within -= 1,
                Node::Text(_) => {}
                Node::End => return Err(self.cut_off()),
            }
        }
    }

    /// The next part; without its text and attributes if those are not wanted.
    fn step(&mut self, is_wanted: bool) -> Result<Node, Malformed> {
        let mut buffer = mem::take(&mut self.buffer);
        let found = loop {
            buffer.clear();
            let line = self.line();
            self.reader.get_mut().left = TEXT_MAX;
            let found = match self.reader.read_event_into(&mut buffer) {
                Ok(event) => self.node(&event, line, is_wanted).transpose(),
                Err(error) => Some(Err(self.malformed(&error, line))),
            };
            if let Some(found) = found {
                break found;
            }
        };
        self.buffer = buffer;
        found
    }

    /// The part that an event is; none for what is left out.
    fn node(
        &mut self,
        event: &Event<'_>,
        line: usize,
        is_wanted: bool,
    ) -> Result<Option<Node>, Malformed> {
        let text = match event {
            Event::Start(start) | Event::Empty(start) => {
                return self.open(start, line, is_wanted).map(Some);
            }
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                return Ok(Some(Node::Close));
            }
            Event::Eof if self.depth > 0 => return Err(self.cut_off()),
            Event::Eof if !self.has_root => {
                let reason = "the file has no element: it is no XML".to_owned();
                return Err(Malformed { line, reason });
            }
            Event::Eof => return Ok(Some(Node::End)),
            Event::Decl(declaration) => return declared(declaration, line).map(|()| None),
            Event::DocType(doctype) if doctype.contains('[') => {
                let reason = "a document type with declarations of its own (`<!DOCTYPE .. [`) stands here: no export needs one, and entities can hide or multiply text; take it out".to_owned();
                return Err(Malformed { line, reason });
            }
            Event::DocType(_) | Event::Comment(_) | Event::PI(_) => return Ok(None),
            Event::Text(_) | Event::CData(_) | Event::GeneralRef(_)
                if !is_wanted && self.depth > 0 =>
            {
                String::new()
            }
            Event::Text(text) => text.xml10_content().into_owned(),
            Event::CData(text) => text.xml10_content().into_owned(),
            Event::GeneralRef(reference) => meant_by(reference),
        };
        if self.depth == 0 {
            return match text.trim().is_empty() {
                true => Ok(None),
                false => {
                    let reason = "text stands outside of the outermost element: the file is no XML; take out what stands before or behind the export".to_owned();
                    Err(Malformed { line, reason })
                }
            };
        }
        Ok(Some(Node::Text(text)))
    }

    fn open(
        &mut self,
        start: &BytesStart<'_>,
        line: usize,
        is_wanted: bool,
    ) -> Result<Node, Malformed> {
        let wrong = |reason: String| Malformed { line, reason };
        if self.depth == 0 && self.has_root {
            return Err(wrong("a second outermost element begins here: the file is no XML; keep each export in a file of its own".to_owned()));
        }
        self.has_root = true;
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(wrong(format!(
                "elements are nested deeper than {DEPTH_MAX}: no export needs that"
            )));
        }
        let name = start.name();
        let name: &str = name.as_ref();
        if name.is_empty() || name.len() > NAME_MAX {
            return Err(wrong(
                "a `<` stands here that begins no element; write it as `&lt;`".to_owned(),
            ));
        }
        let mut attributes = Vec::new();
        if is_wanted {
            // Without the parser's own check for doubles, which compares each with all before it.
            for attribute in start.attributes().with_checks(false) {
                let attribute = attribute.map_err(|_| {
                    wrong(format!("the attributes of `<{name}>` are no XML: each has a name, and a value in quotes"))
                })?;
                if attributes.len() >= ATTRIBUTES_MAX {
                    return Err(wrong(format!(
                        "`<{name}>` has more than {ATTRIBUTES_MAX} attributes: no export needs that"
                    )));
                }
                let key: &str = attribute.key.as_ref();
                attributes.push((key.to_owned(), decoded(&attribute.value)));
            }
        }
        Ok(Node::Open(Element { name: name.to_owned(), attributes, line }))
    }

    /// The fault that the parser found in a piece that begins on `line`.
    fn malformed(&mut self, error: &Error, line: usize) -> Malformed {
        let input = self.reader.get_mut();
        if input.is_too_long {
            return self.too_long(line);
        }
        let at_end = matches!(input.input.fill_buf(), Ok(rest) if rest.is_empty());
        let reason = match error {
            Error::Io(error) => format!("the file cannot be read further: {error}"),
            Error::Syntax(_) if at_end => return self.cut_off(),
            Error::Encoding(_) => "is not UTF-8; convert the file".to_owned(),
            Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => {
                let (expected, _) = cut(expected, 80);
                let (found, _) = cut(found, 80);
                format!(
                    "`</{found}>` stands where `</{expected}>` must: the file is not whole XML; export it again"
                )
            }
            Error::IllFormed(IllFormedError::UnmatchedEndTag(found)) => {
                let (found, _) = cut(found, 80);
                format!("`</{found}>` ends nothing: the file is not whole XML; export it again")
            }
            _ => "the markup that begins here is no XML; export the file again".to_owned(),
        };
        Malformed { line, reason }
    }

    fn too_long(&self, line: usize) -> Malformed {
        let reason = format!(
            "a text of more than {} MiB begins here: no article is that long",
            TEXT_MAX >> 20
        );
        Malformed { line: line.min(self.line()), reason }
    }

    /// The file ends too early: told with its last line.
    fn cut_off(&self) -> Malformed {
        let input = self.reader.get_ref();
        let line = input.newlines + usize::from(!input.ends_line);
        let reason =
            "the file ends here, within an element: it is not whole; export or copy it again"
                .to_owned();
        Malformed { line: line.max(1), reason }
    }
}

/// Only UTF-8 is read: in other encodings letters would come out wrong.
fn declared(declaration: &BytesDecl<'_>, line: usize) -> Result<(), Malformed> {
    let Some(Ok(encoding)) = declaration.encoding() else {
        return Ok(());
    };
    let known = ["utf-8", "utf8", "us-ascii", "ascii"];
    if known.iter().any(|known| encoding.eq_ignore_ascii_case(known)) {
        return Ok(());
    }
    let (name, _) = cut(&encoding, 40);
    Err(Malformed { line, reason: format!("the file is written in `{name}`; convert it to UTF-8") })
}

/// The text that a reference stands for: the five of XML, and numbers. Others stay as they are written.
fn meant_by(reference: &BytesRef<'_>) -> String {
    let name: &str = reference;
    let known = match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => {
            let number = (name.len() < REFERENCE_MAX).then(|| reference.resolve_char_ref());
            return match number {
                Some(Ok(Some(c))) => c.to_string(),
                _ => format!("&{name};"),
            };
        }
    };
    known.to_owned()
}

/// An attribute's value with its references decoded.
fn decoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('&') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let near = &from[1..from.floor_char_boundary(REFERENCE_MAX.min(from.len())).max(1)];
        let Some(end) = near.find([';', '&']).filter(|end| near[*end..].starts_with(';')) else {
            out.push('&');
            rest = &from[1..];
            continue;
        };
        out.push_str(&meant_by(&BytesRef::new(&near[..end])));
        rest = &from[end + 2..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    /// The parts of a text in short: `<name`, `"text`, `>`.
    fn parts(text: &str) -> Result<Vec<String>, Malformed> {
        let mut xml = Xml::new(text.as_bytes());
        let mut parts = Vec::new();
        loop {
            match xml.next()? {
                Node::Open(element) => parts.push(format!("<{}", element.name)),
                Node::Text(text) => parts.push(format!("\"{text}")),
                Node::Close => parts.push(">".to_owned()),
                Node::End => return Ok(parts),
            }
        }
    }

    fn refused(text: &str) -> String {
        match parts(text) {
            Err(Malformed { line, reason }) => format!("{line}: {reason}"),
            Ok(parts) => panic!("{text}: {parts:?}"),
        }
    }

    #[test]
    fn parts_come_in_their_order() {
        let text =
            "\n<?xml version=\"1.0\" encoding=\"utf-8\"?><!-- x -->\n<a><b/>x<!-- y --><?z?></a>\n";
        assert_eq!(parts(text).unwrap(), ["<a", "<b", ">", "\"x", ">"]);
        assert_eq!(parts("\u{feff}<a></a>").unwrap(), ["<a", ">"]);
        assert_eq!(parts("<!DOCTYPE html><a/>").unwrap(), ["<a", ">"]);
    }

    #[test]
    fn texts_are_joined_and_decoded() {
        let text = "<a>1 &lt; 2 &amp; <![CDATA[3 ]]]]><![CDATA[> &amp; <b>]]><c>not</c> AT&T &nbsp;&#233;&#x2014; a & b;\u{b}\r\nx</a>";
        let mut xml = Xml::new(text.as_bytes());
        assert!(matches!(xml.next(), Ok(Node::Open(_))));
        let want = "1 < 2 & 3 ]]> &amp; <b> AT&T &nbsp;\u{e9}\u{2014} a & b;\u{b}\nx";
        assert_eq!(xml.text().unwrap(), want);
        assert_eq!(xml.next(), Ok(Node::End));
    }

    #[test]
    fn elements_have_lines_and_attributes() {
        let text = "<a>\n  <b c='1 &amp; 2' d:e=\"x&y &#65;&;\">\n<f/></b>\n<g>h</g></a>";
        let mut xml = Xml::new(BufReader::with_capacity(3, text.as_bytes()));
        assert!(matches!(xml.next(), Ok(Node::Open(element)) if element.line == 1));
        assert!(matches!(xml.next(), Ok(Node::Text(_))));
        let Ok(Node::Open(element)) = xml.next() else {
            panic!("an element");
        };
        assert_eq!((element.line, element.attribute("c")), (2, Some("1 & 2")));
        assert_eq!((element.attribute("d:e"), element.attribute("e")), (Some("x&y A&;"), None));
        xml.skip().unwrap();
        assert_eq!(xml.next(), Ok(Node::Text("\n".to_owned())));
        assert!(matches!(xml.next(), Ok(Node::Open(element)) if element.line == 4));
        assert_eq!(xml.text().unwrap(), "h");
        assert_eq!(xml.next(), Ok(Node::Close));
        assert_eq!((xml.next(), xml.line()), (Ok(Node::End), 4));
    }

    #[test]
    fn what_is_not_whole_is_refused_with_its_line() {
        for (text, want) in [
            ("<a>\n<b>x</b>\n", "2: the file ends here"),
            ("<a>\n<b>x", "2: the file ends here"),
            ("<a>\n<![CDATA[x\ny", "3: the file ends here"),
            ("<a>\n<b c='", "2: the file ends here"),
            ("<a>\n<!-- x", "2: the file ends here"),
            ("<a>\n<b></a>", "2: `</a>` stands where `</b>` must"),
            ("<a/>\n</b>", "2: `</b>` ends nothing"),
            ("<a/>\n<b/>", "2: a second outermost element"),
            ("<a/>\n\nx", "1: text stands outside"),
            ("Warning: x\n<a/>", "1: text stands outside"),
            ("", "1: the file has no element"),
            ("<a>\n<b c></b></a>", "2: the attributes of `<b>`"),
            ("<a>\n1 < 2</a>", "2: "),
            ("<a>\n<!FOO>x</a>", "2: the markup that begins here"),
            ("<?xml version='1.0' encoding='ISO-8859-1'?><a/>", "1: the file is written in `ISO"),
        ] {
            let reason = refused(text);
            assert!(reason.starts_with(want), "{text:?}: {reason}");
        }
        let mut xml = Xml::new(&b"<a>\n\xe9</a>"[..]);
        xml.next().unwrap();
        assert!(xml.next().unwrap_err().reason.starts_with("is not UTF-8"));
    }

    #[test]
    fn what_is_hostile_is_refused() {
        for (text, want) in [
            ("<!DOCTYPE a [<!ENTITY b \"c\">]>\n<a>&b;</a>".to_owned(), "a document type"),
            ("<a>".repeat(65), "elements are nested deeper than 64"),
            (format!("<{}/>", "a".repeat(2_000)), "a `<` stands here"),
            (format!("<a{}/>", " b='c'".repeat(1_001)), "`<a>` has more than 1000"),
        ] {
            let reason = refused(&text);
            assert!(reason.contains(want), "{reason}");
        }
        // Without its internal subset an entity is only text.
        assert_eq!(parts("<a>&b;</a>").unwrap().concat(), "<a\"&b;>");
    }

    /// Refused before it is in memory, whatever it is.
    #[test]
    fn what_is_too_long_is_refused() {
        for start in ["<a>", "<a><![CDATA[", "<a><!--", "<a b='", "<a", "<a>&"] {
            let endless = start.as_bytes().chain(io::repeat(b'x'));
            let mut xml = Xml::new(BufReader::new(endless));
            let error = loop {
                match xml.next() {
                    Ok(_) => {}
                    Err(error) => break error,
                }
            };
            assert!(error.reason.starts_with("a text of more than 16 MiB"), "{start}: {error:?}");
        }
        let many = format!("<a>{}</a>", "<![CDATA[0123456789abcdef]]>".repeat(TEXT_MAX / 16 + 1));
        let mut xml = Xml::new(many.as_bytes());
        xml.next().unwrap();
        assert!(xml.text().unwrap_err().reason.starts_with("a text of more than 16 MiB"));
    }
}
