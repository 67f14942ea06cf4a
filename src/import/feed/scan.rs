//! The tags of an XML document and what is between them, with their places. It takes no account of namespaces and declares
//! nothing: it shows where the records of a feed begin and end, before anything else reads them.

use std::ops::Range;

/// Most attributes of one tag: readers of XML compare each with all before it.
const ATTRIBUTES_MAX: usize = 100;

/// What is wrong in a document, and the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong, and what to do.
    pub reason: String,
}

/// A piece of a document. Comments and instructions are left out.
#[derive(Debug)]
pub enum Piece<'a> {
    /// A start tag, or that of an empty element.
    Open(Tag<'a>),
    /// An end tag: its name.
    Close(&'a str),
    /// Text as written, with its references.
    Text(&'a str),
    /// The content of a CDATA section.
    Data(&'a str),
}

/// A start tag.
#[derive(Debug)]
pub struct Tag<'a> {
    /// Its name with the prefix, as written.
    pub name: &'a str,
    /// Its attributes, in their order.
    pub attributes: Vec<Attribute<'a>>,
    /// True if the element ends with it: `<link/>`.
    pub is_empty: bool,
    /// Its length, in bytes.
    pub length: usize,
}

/// An attribute.
#[derive(Debug)]
pub struct Attribute<'a> {
    /// Its name with the prefix, as written.
    pub name: &'a str,
    /// The whole of it, as written.
    pub written: &'a str,
    /// Its value, with its references.
    pub value: &'a str,
    /// The place of the value in the document, in bytes.
    pub at: Range<usize>,
}

impl<'a> Tag<'a> {
    /// The attribute with this name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute<'a>> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// The value of the attribute with this name, its references replaced.
    pub fn value(&self, name: &str) -> Option<String> {
        self.attribute(name).map(|attribute| unescaped(attribute.value))
    }
}

/// A name without its prefix: `dc:date` is `date`.
pub fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// The prefix of a name, or an empty text.
pub fn prefix(name: &str) -> &str {
    name.rsplit_once(':').map_or("", |(prefix, _)| prefix)
}

/// A text with its references replaced; as written, if one of them is not known.
pub fn unescaped(written: &str) -> String {
    match quick_xml::escape::unescape(written) {
        Ok(text) => text.into_owned(),
        Err(_) => written.to_owned(),
    }
}

/// Reads a document piece by piece.
pub struct Scanner<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    counted: usize,
}

impl<'a> Scanner<'a> {
    /// A scanner at the beginning of `text`.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 1, counted: 0 }
    }

    /// The line at a place that is not before those that were asked for.
    pub fn line_at(&mut self, at: usize) -> usize {
        if let Some(passed) = self.text.get(self.counted..at) {
            self.line += passed.matches('\n').count();
            self.counted = at;
        }
        self.line
    }

    /// Goes on at a place.
    pub fn seek(&mut self, at: usize) {
        self.at = at;
    }

    /// The next piece and its place; `None` at the end.
    ///
    /// # Errors
    /// What is no XML, or declares entities.
    pub fn piece(&mut self) -> Result<Option<(Range<usize>, Piece<'a>)>, Malformed> {
        loop {
            let (text, start) = (self.text, self.at);
            let rest = &text[start..];
            if rest.is_empty() {
                return Ok(None);
            }
            if !rest.starts_with('<') {
                let end = rest.find('<').map_or(text.len(), |at| start + at);
                self.at = end;
                return Ok(Some((start..end, Piece::Text(&text[start..end]))));
            }
            if rest.starts_with("<!--") {
                self.at = self.end_of(start, "<!--".len(), "-->")?;
            } else if rest.starts_with("<![CDATA[") {
                let begin = "<![CDATA[".len();
                let end = self.end_of(start, begin, "]]>")?;
                self.at = end;
                let data = &text[start + begin..end - "]]>".len()];
                return Ok(Some((start..end, Piece::Data(data))));
            } else if rest.starts_with("<?") {
                self.at = self.end_of(start, "<?".len(), "?>")?;
            } else if rest.starts_with("<!") {
                self.at = self.declaration(start)?;
            } else if rest.starts_with("</") {
                let end = self.end_of(start, "</".len(), ">")?;
                self.at = end;
                let name = text[start + "</".len()..end - 1].trim_end();
                return Ok(Some((start..end, Piece::Close(name))));
            } else {
                return self.tag(start).map(Some);
            }
        }
    }

    fn malformed(&mut self, at: usize, reason: impl Into<String>) -> Malformed {
        Malformed { line: self.line_at(at), reason: reason.into() }
    }

    /// The place behind the mark that ends what begins at `start`.
    fn end_of(&mut self, start: usize, begin: usize, mark: &str) -> Result<usize, Malformed> {
        let from = start + begin;
        match self.text[from..].find(mark) {
            Some(at) => Ok(from + at + mark.len()),
            None => {
                let what = &self.text[start..from];
                Err(self.malformed(
                    start,
                    format!("`{what}` has no end: the file was cut off, or is no XML"),
                ))
            }
        }
    }

    /// The place behind a document type. One that only names a file is nothing to read; one that declares entities can
    /// make a small text endless.
    fn declaration(&mut self, start: usize) -> Result<usize, Malformed> {
        let mut quote = None;
        for (at, byte) in self.text.as_bytes()[start..].iter().enumerate() {
            match (quote, byte) {
                (Some(open), byte) if *byte == open => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'') => quote = Some(*byte),
                (None, b'>') => return Ok(start + at + 1),
                (None, b'[') => break,
                (None, _) => {}
            }
        }
        Err(self.malformed(
            start,
            "has a DOCTYPE with declarations (entities), which are not read: remove it, and write what they stand for",
        ))
    }

    fn tag(&mut self, start: usize) -> Result<(Range<usize>, Piece<'a>), Malformed> {
        let text = self.text;
        let bytes = text.as_bytes();
        let mut at = end_of_name(bytes, start + 1);
        let name = &text[start + 1..at];
        if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return Err(self.malformed(start, "a `<` begins no tag: write it as `&lt;`"));
        }
        let mut attributes = Vec::new();
        let is_empty = loop {
            at = end_of_blank(bytes, at);
            match bytes.get(at) {
                None => {
                    return Err(self.malformed(start, "the file ends inside a tag: it was cut off"));
                }
                Some(b'<') => {
                    return Err(self.malformed(start, format!("the tag `<{name}` has no end")));
                }
                Some(b'>') => break false,
                Some(b'/') if bytes.get(at + 1) == Some(&b'>') => {
                    at += 1;
                    break true;
                }
                Some(b'/' | b'=') => at += 1,
                Some(_) => {
                    let begin = at;
                    at = end_of_name(bytes, at);
                    let equals = end_of_blank(bytes, at);
                    if bytes.get(equals) != Some(&b'=') {
                        continue;
                    }
                    let Some((value, next)) = value_at(text, end_of_blank(bytes, equals + 1))
                    else {
                        return Err(
                            self.malformed(start, format!("an attribute of `<{name}` has no end"))
                        );
                    };
                    attributes.push(Attribute {
                        name: &text[begin..at],
                        written: &text[begin..next],
                        value: &text[value.clone()],
                        at: value,
                    });
                    if attributes.len() > ATTRIBUTES_MAX {
                        let reason =
                            format!("the tag `<{name}` has more than {ATTRIBUTES_MAX} attributes");
                        return Err(self.malformed(start, reason));
                    }
                    at = next;
                }
            }
        };
        self.at = at + 1;
        let length = at + 1 - start;
        Ok((start..at + 1, Piece::Open(Tag { name, attributes, is_empty, length })))
    }
}

/// The place of a value that begins at `at`, and the place behind it; `None` if it has no end.
fn value_at(text: &str, at: usize) -> Option<(Range<usize>, usize)> {
    match text.as_bytes().get(at) {
        Some(quote @ (b'"' | b'\'')) => {
            let end = at + 1 + text[at + 1..].find(char::from(*quote))?;
            Some((at + 1..end, end + 1))
        }
        _ => {
            let is_end = |c: &u8| c.is_ascii_whitespace() || *c == b'>';
            let length = text.as_bytes().get(at..)?.iter().take_while(|c| !is_end(c)).count();
            Some((at..at + length, at + length))
        }
    }
}

fn end_of_name(bytes: &[u8], at: usize) -> usize {
    let is_end = |c: &u8| c.is_ascii_whitespace() || matches!(c, b'>' | b'/' | b'=' | b'<');
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|c| !is_end(c)).count()
}

fn end_of_blank(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|c| c.is_ascii_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Result<String, Malformed> {
        let mut scanner = Scanner::new(text);
        let mut out = String::new();
        while let Some((_, piece)) = scanner.piece()? {
            match piece {
                Piece::Open(tag) => {
                    let names: Vec<_> = tag
                        .attributes
                        .iter()
                        .map(|attribute| format!("{}:{}", attribute.name, attribute.value))
                        .collect();
                    out.push_str(&format!(
                        "<{}{names:?}{}>",
                        tag.name,
                        if tag.is_empty { "/" } else { "" }
                    ));
                }
                Piece::Close(name) => out.push_str(&format!("</{name}>")),
                Piece::Text(text) => out.push_str(&format!("T({text})")),
                Piece::Data(data) => out.push_str(&format!("D({data})")),
            }
        }
        Ok(out)
    }

    #[test]
    fn a_document_is_taken_apart() {
        let text = "<?xml version='1.0'?><!DOCTYPE rss PUBLIC \"-//x>//\" 'y'><!-- <a> --><a b='>' c = \"d\"/ e f=g>x<![CDATA[<]]></a ><b/>";
        assert_eq!(pieces(text).unwrap(), "<a[\"b:>\", \"c:d\", \"f:g\"]>T(x)D(<)</a><b[]/>");
        assert_eq!((local("dc:date"), prefix("dc:date"), prefix("date")), ("date", "dc", ""));
        assert_eq!(unescaped("a &amp; &#8211; &lt;"), "a & – <");
        assert_eq!(unescaped("a &nbsp; &amp;"), "a &nbsp; &amp;");
    }

    #[test]
    fn what_is_no_xml_has_its_line() {
        for (text, line, reason) in [
            ("<a>\n<!-- x", 2, "`<!--` has no end"),
            ("<a>\n\n<![CDATA[x", 3, "`<![CDATA[` has no end"),
            ("<a b='x", 1, "an attribute of `<a` has no end"),
            ("<a b", 1, "the file ends inside a tag"),
            ("<a <b>", 1, "the tag `<a` has no end"),
            ("1 < 2", 1, "a `<` begins no tag"),
            ("\n<!DOCTYPE x [<!ENTITY a 'b'>]>", 2, "has a DOCTYPE with declarations"),
        ] {
            let malformed = pieces(text).unwrap_err();
            assert_eq!(malformed.line, line, "{text}");
            assert!(malformed.reason.starts_with(reason), "{text}: {}", malformed.reason);
        }
        let many = format!("<a{}>", " b=''".repeat(101));
        assert!(pieces(&many).unwrap_err().reason.contains("more than 100 attributes"));
    }
}
