//! HTML as tags and text with their places. The parser that renders texts knows no places; nothing is decided here that
//! readers are shown.

use std::borrow::Cow;
use std::iter;
use std::ops::Range;

/// Elements whose content is no HTML.
const RAW: [&str; 9] =
    ["iframe", "noembed", "noframes", "noscript", "script", "style", "textarea", "title", "xmp"];
/// Elements without content or end.
const VOID: [&str; 15] = [
    "area", "base", "basefont", "br", "col", "embed", "hr", "img", "input", "link", "meta",
    "param", "source", "track", "wbr",
];
/// References that texts are full of; others are left to the parser.
const REFERENCES: [(&str, char); 24] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", '\u{a0}'),
    ("ldquo", '\u{201c}'),
    ("rdquo", '\u{201d}'),
    ("bdquo", '\u{201e}'),
    ("lsquo", '\u{2018}'),
    ("rsquo", '\u{2019}'),
    ("sbquo", '\u{201a}'),
    ("laquo", '\u{ab}'),
    ("raquo", '\u{bb}'),
    ("ndash", '\u{2013}'),
    ("mdash", '\u{2014}'),
    ("hellip", '\u{2026}'),
    ("copy", '\u{a9}'),
    ("reg", '\u{ae}'),
    ("trade", '\u{2122}'),
    ("euro", '\u{20ac}'),
    ("pound", '\u{a3}'),
    ("sect", '\u{a7}'),
    ("shy", '\u{ad}'),
];
/// Longest name of a reference, in bytes (HTML Standard, section 13.5).
const NAME_MAX: usize = 32;

/// A piece of HTML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// Text, with its references.
    Text,
    /// A start tag, and its name in lower case.
    Open(String),
    /// An end tag, and its name in lower case.
    Close(String),
    /// What is not shown: a comment, or the content of a script.
    Unseen,
}

/// True if an element has no content and no end tag.
#[must_use]
pub fn is_void(name: &str) -> bool {
    VOID.contains(&name)
}

/// The pieces of HTML, in their order and with nothing between them.
pub fn tokens(html: &str) -> impl Iterator<Item = (Token, Range<usize>)> {
    let (mut at, mut raw) = (0, None::<String>);
    iter::from_fn(move || {
        let rest = &html[at..];
        if rest.is_empty() {
            return None;
        }
        let start = at;
        if let Some(name) = raw.take() {
            let length = end_of_raw(rest, &name);
            if length > 0 {
                at += length;
                return Some((Token::Unseen, start..at));
            }
        }
        let (token, length) = tag(rest).unwrap_or_else(|| {
            // A `<` that begins no tag is text.
            let length = rest.char_indices().skip(1).find(|(_, c)| *c == '<');
            (Token::Text, length.map_or(rest.len(), |(length, _)| length))
        });
        at += length;
        if let Token::Open(name) = &token {
            let is_closed = rest[..length].ends_with("/>");
            raw = Some(name.clone()).filter(|name| RAW.contains(&name.as_str()) && !is_closed);
        }
        Some((token, start..at))
    })
}

/// The tag or comment at the start of a text, and its length.
fn tag(text: &str) -> Option<(Token, usize)> {
    let behind = text.strip_prefix('<')?;
    let upto = |mark: &str| text.find(mark).map_or(text.len(), |at| at + mark.len());
    if behind.starts_with("!--") {
        return Some((Token::Unseen, upto("-->")));
    }
    if behind.starts_with(['!', '?']) {
        return Some((Token::Unseen, upto(">")));
    }
    let closes = behind.starts_with('/');
    let name = behind.strip_prefix('/').unwrap_or(behind);
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let is_end = |c: char| c.is_ascii_whitespace() || c == '/' || c == '>';
    let name = &name[..name.find(is_end).unwrap_or(name.len())];
    let begun = 1 + usize::from(closes) + name.len();
    let Some(length) = end_of_tag(&text[begun..]) else {
        // A tag without an end is not shown, and neither is what follows it.
        return Some((Token::Unseen, text.len()));
    };
    let name = name.to_ascii_lowercase();
    let token = if closes { Token::Close(name) } else { Token::Open(name) };
    Some((token, begun + length))
}

/// The length of a tag's attributes with its end.
fn end_of_tag(text: &str) -> Option<usize> {
    let (mut quote, mut is_value) = (None, false);
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'>') => return Some(at + 1),
            (None, b'"' | b'\'') if is_value => (quote, is_value) = (Some(byte), false),
            (None, b'=') => is_value = true,
            (None, _) => is_value = is_value && byte.is_ascii_whitespace(),
        }
    }
    None
}

/// The value of an attribute of a start tag, as it is written; `None` without that attribute.
#[must_use]
pub fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let is_space = |c: char| c.is_ascii_whitespace();
    let is_end = |c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>' | '=');
    let mut rest = &tag[tag.find(|c: char| is_space(c) || c == '/')?..];
    loop {
        rest = rest.trim_start_matches(is_end);
        if rest.is_empty() {
            return None;
        }
        let (own, behind) = rest.split_at(rest.find(is_end).unwrap_or(rest.len()));
        let Some(value) = behind.trim_start_matches(is_space).strip_prefix('=') else {
            rest = behind;
            continue;
        };
        let value = value.trim_start_matches(is_space);
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, behind) = match quote {
            Some(quote) => value[1..].split_once(quote)?,
            None => {
                let end = value.find(|c: char| is_space(c) || c == '>');
                value.split_at(end.unwrap_or(value.len()))
            }
        };
        if own.eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = behind;
    }
}

/// Where a start tag with this name leads, if it is that of a link.
#[must_use]
pub fn link_of<'a>(name: &str, tag: &'a str) -> Option<Cow<'a, str>> {
    let address = attribute(tag, "href").filter(|_| name == "a")?;
    // A reference that is not known stays as it is written.
    Some(decoded(address).unwrap_or(Cow::Borrowed(address)))
}

/// The length of the content of an element that is no HTML.
fn end_of_raw(text: &str, name: &str) -> usize {
    let is_end = |at: &usize| {
        let behind = text.as_bytes().get(at + 2..at + 2 + name.len());
        behind.is_some_and(|behind| behind.eq_ignore_ascii_case(name.as_bytes()))
    };
    let mut ends = text.match_indices("</").map(|(at, _)| at);
    ends.find(is_end).unwrap_or(text.len())
}

/// Text without references; `None` if it has one that is not known here.
#[must_use]
pub fn decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('&') {
        return Some(text.into());
    }
    let mut out = String::with_capacity(text.len());
    let mut pieces = text.split('&');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let is_end = |c: char| !c.is_ascii_alphanumeric() && c != '#';
        let name = &piece[..piece.find(is_end).unwrap_or(piece.len())];
        let behind = piece[name.len()..].strip_prefix(';').filter(|_| name.len() <= NAME_MAX);
        match behind {
            Some(behind) if !name.is_empty() => {
                out.push(referred(name)?);
                out.push_str(behind);
            }
            // An `&` that stands for itself.
            _ => {
                out.push('&');
                out.push_str(piece);
            }
        }
    }
    Some(out.into())
}

/// The character of a reference.
fn referred(name: &str) -> Option<char> {
    let Some(number) = name.strip_prefix('#') else {
        return REFERENCES.iter().find(|(known, _)| *known == name).map(|(_, c)| *c);
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    // Those below are other characters than their numbers say (HTML Standard, section 13.2.5.80).
    code.ok().and_then(char::from_u32).filter(|c| !c.is_control() || c.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(html: &str) -> Vec<String> {
        let shown = tokens(html).map(|(token, range)| match token {
            Token::Text => format!("text {}", &html[range]),
            Token::Open(name) => format!("open {name}"),
            Token::Close(name) => format!("close {name}"),
            Token::Unseen => format!("unseen {}", &html[range]),
        });
        shown.collect()
    }

    #[test]
    fn tags_are_told_from_text() {
        assert_eq!(
            shown("a<P CLASS=\"x>y\" b='\"'>1 < 2<3</p ><br/>"),
            ["text a", "open p", "text 1 ", "text < 2", "text <3", "close p", "open br"]
        );
        assert_eq!(
            shown("<!-- <p> --><!x><?y?>z"),
            ["unseen <!-- <p> -->", "unseen <!x>", "unseen <?y?>", "text z"]
        );
        assert_eq!(
            shown("<script>'<p>'</SCRIPT>a<iframe src=x />b"),
            ["open script", "unseen '<p>'", "close script", "text a", "open iframe", "text b"]
        );
        assert_eq!(shown("<a b\"c>d"), ["open a", "text d"]);
        assert_eq!(shown("<a href=\"x>y"), ["unseen <a href=\"x>y"]);
        assert_eq!(shown("<style>x"), ["open style", "unseen x"]);
        for html in ["", "<", "</", "<é", "&", "é<", "<a", "<!--", "<script></scr"] {
            let whole: usize = tokens(html).map(|(_, range)| range.len()).sum();
            assert_eq!(whole, html.len(), "{html}");
        }
    }

    #[test]
    fn attributes_are_read() {
        for (tag, want) in [
            ("<a href=\"/x?a=1&amp;b\">", Some("/x?a=1&amp;b")),
            ("<a class=x HREF = '/a b' >", Some("/a b")),
            ("<a download href=/x>", Some("/x")),
            ("<a title=\"href='/y'\" href=/x/>", Some("/x/")),
            ("<a data-href=\"/y\">", None),
            ("<a href>", None),
            ("<a>", None),
            ("<a/href='", None),
        ] {
            assert_eq!(attribute(tag, "href"), want, "{tag}");
        }
        let long = format!("<a {}>", "x='' ".repeat(100_000));
        assert_eq!(attribute(&long, "href"), None);
    }

    #[test]
    fn references_that_are_known_are_read() {
        for (text, want) in [
            ("AT&T &amp; a & b &", Some("AT&T & a & b &")),
            ("&#169;&#xA9;&copy;", Some("©©©")),
            ("&uuml;", None),
            ("&#150;", None),
            ("&#99999999;", None),
            ("a&;b", Some("a&;b")),
        ] {
            assert_eq!(decoded(text).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn long_texts_are_read_once() {
        for hostile in ["<", "<a ", "</", "<!--", "<script>", "</x", "&", "<a b='", "<div>"] {
            let html = hostile.repeat(400_000 / hostile.len());
            assert!(tokens(&html).count() > 0, "{hostile}");
        }
    }
}
