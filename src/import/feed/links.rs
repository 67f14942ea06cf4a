//! Relative links in the HTML of a record: they are read against the page that it was on, and would lead nowhere here.

use std::ops::Range;

use url::Url;

/// Attributes that are links.
const LINKS: [&str; 4] = ["href", "src", "poster", "cite"];

/// The HTML with absolute links, and the number of those that stay relative because nothing says against what to read
/// them. Links within the text (`#note`) stay as they are.
pub fn absolute(html: &str, base: Option<&Url>) -> (String, usize) {
    let (mut out, mut open) = (String::with_capacity(html.len()), 0);
    let (mut kept, mut at) = (0, 0);
    while let Some(found) = html[at..].find('<') {
        let start = at + found;
        let rest = &html[start..];
        at = match rest.strip_prefix("<!--") {
            Some(comment) => {
                comment.find("-->").map_or(html.len(), |end| start + "<!--".len() + end)
            }
            None if rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) => {
                let mut at = start + 1;
                while let Some((name, value, next)) = attribute(html, &mut at) {
                    at = next;
                    if !LINKS.iter().any(|link| link.eq_ignore_ascii_case(name)) {
                        continue;
                    }
                    match resolved(&html[value.clone()], base) {
                        Link::Stays => {}
                        Link::Open => open += 1,
                        Link::Becomes(url) => {
                            out.push_str(&html[kept..value.start]);
                            out.push_str(&url);
                            kept = value.end;
                        }
                    }
                }
                at
            }
            None => start + 1,
        };
    }
    out.push_str(&html[kept..]);
    (out, open)
}

/// What becomes of a link.
enum Link {
    Stays,
    /// It is relative, and there is no base.
    Open,
    Becomes(String),
}

fn resolved(written: &str, base: Option<&Url>) -> Link {
    let link = written.trim();
    if link.is_empty() || link.starts_with('#') || link.contains("&#") {
        return Link::Stays;
    }
    let link = link.replace("&amp;", "&");
    if Url::parse(&link) != Err(url::ParseError::RelativeUrlWithoutBase) {
        return Link::Stays;
    }
    let Some(base) = base else {
        return Link::Open;
    };
    match base.join(&link) {
        Ok(url) => Link::Becomes(url.as_str().replace('&', "&amp;").replace('"', "&quot;")),
        Err(_) => Link::Open,
    }
}

/// The next attribute with a value of the tag that is read at `at`: its name, the place of its value, the place behind it.
/// `None` at the end of the tag, with `at` there.
fn attribute<'a>(html: &'a str, at: &mut usize) -> Option<(&'a str, Range<usize>, usize)> {
    let bytes = html.as_bytes();
    let skip = |from: usize, is_part: fn(u8) -> bool| {
        let rest = bytes.get(from..).unwrap_or_default();
        from + rest.iter().take_while(|c| is_part(**c)).count()
    };
    let is_name = |c: u8| !c.is_ascii_whitespace() && !matches!(c, b'>' | b'/' | b'=');
    let is_blank = |c: u8| c.is_ascii_whitespace();
    loop {
        let begin = skip(*at, |c| c.is_ascii_whitespace() || matches!(c, b'/' | b'='));
        if matches!(bytes.get(begin), None | Some(b'>')) {
            *at = begin;
            return None;
        }
        let end = skip(begin, is_name);
        let equals = skip(end, is_blank);
        if bytes.get(equals) != Some(&b'=') {
            *at = end;
            continue;
        }
        let from = skip(equals + 1, is_blank);
        let (value, next) = match bytes.get(from) {
            Some(quote @ (b'"' | b'\'')) => {
                let length = html[from + 1..].find(char::from(*quote));
                let to = length.map_or(html.len(), |length| from + 1 + length);
                (from + 1..to, (to + 1).min(html.len()))
            }
            _ => {
                let to = skip(from, |c| !c.is_ascii_whitespace() && c != b'>');
                (from..to, to)
            }
        };
        return Some((&html[begin..end], value, next));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_links_are_made_absolute() {
        let base = Url::parse("https://site.example/2026/storm/").unwrap();
        for (html, want) in [
            ("<a href=\"/about/\">x</a>", "<a href=\"https://site.example/about/\">x</a>"),
            (
                "<IMG alt = 'href=\"/x\"' SRC='a.png?b=1&amp;c=2'/>",
                "<IMG alt = 'href=\"/x\"' SRC='https://site.example/2026/storm/a.png?b=1&amp;c=2'/>",
            ),
            ("<img src=a.png alt>", "<img src=https://site.example/2026/storm/a.png alt>"),
            (
                "<a href='#n1'>1</a> <a href='mailto:a@b.example'>",
                "<a href='#n1'>1</a> <a href='mailto:a@b.example'>",
            ),
            ("<a href='//cdn.example/a'>", "<a href='https://cdn.example/a'>"),
            (
                "<!-- <a href='/x'> --> 1 < 2 <a title='/y'>",
                "<!-- <a href='/x'> --> 1 < 2 <a title='/y'>",
            ),
            ("<!-- <a href='/x'>", "<!-- <a href='/x'>"),
            ("<a href='/x", "<a href='https://site.example/x"),
            ("<a href", "<a href"),
        ] {
            assert_eq!(absolute(html, Some(&base)), (want.to_owned(), 0), "{html}");
        }
        let (same, open) = absolute("<a href='/x'><img src='y'>", None);
        assert_eq!((&*same, open), ("<a href='/x'><img src='y'>", 2));
    }
}
