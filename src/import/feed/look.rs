//! What a text that says nothing of its form shows of it: HTML or plain, and whose JSON it is.

use serde_json::Value;

use crate::domain::text::is_forbidden_in_text;
use crate::import::words;
use crate::problem::Problem;

/// Elements by which a text is told to be HTML. A text in brackets that is none of them (`<1>`, `<name>`) is text.
const ELEMENTS: [&str; 56] = [
    "a", "abbr", "address", "article", "aside", "audio", "b", "blockquote", "br", "cite", "code",
    "dd", "del", "div", "dl", "dt", "em", "figcaption", "figure", "font", "h1", "h2", "h3", "h4",
    "h5", "h6", "hr", "html", "i", "iframe", "img", "ins", "li", "mark", "ol", "p", "pre", "q",
    "s", "section", "small", "span", "strong", "sub", "sup", "table", "td", "th", "tr", "tt", "u",
    "ul", "video", "wbr", "header", "footer",
];
/// Longest name of them.
const NAME_MAX: usize = 10;
/// Longest name of a character reference that is looked for (HTML Standard, section 13.5: `CounterClockwiseContourIntegral`).
const REFERENCE_MAX: usize = 32;
/// Deepest nesting of JSON that is looked at.
const DEPTH_MAX: usize = 64;
/// Longest title that is made of the first words of a text, in code points.
const FIRST_WORDS_MAX: usize = 80;
/// Longest language tag (RFC 5646 section 4.4.1).
const LANGUAGE_MAX: usize = 35;

/// True if a text has elements of HTML.
pub fn has_elements(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        let rest = &text[at + 1..];
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        let length = rest.bytes().take(NAME_MAX + 1).take_while(u8::is_ascii_alphanumeric).count();
        let (name, after) = rest.split_at(length);
        ELEMENTS.iter().any(|known| known.eq_ignore_ascii_case(name))
            && after.starts_with(['>', '/', ' ', '\n', '\r', '\t'])
    })
}

/// True if a text has character references of HTML: `&ndash;`, `&#8211;`.
pub fn has_references(text: &str) -> bool {
    text.match_indices('&').any(|(at, _)| {
        let rest = &text.as_bytes()[at + 1..];
        let is_part = |c: &&u8| c.is_ascii_alphanumeric() || **c == b'#';
        let length = rest.iter().take(REFERENCE_MAX).take_while(is_part).count();
        length > 1 && rest.get(length) == Some(&b';')
    })
}

/// A text of which it is not known whether it is HTML, in one line of plain text; `None` if nothing is left.
pub fn plain_line(text: &str) -> Option<String> {
    match has_elements(text) || has_references(text) {
        true => words::line_of_html(text),
        false => words::line(text),
    }
}

/// A text with the ends of lines that a body has, and without what may not stand in one.
pub fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    match text.contains(is_forbidden_in_text) {
        true => text.chars().filter(|c| !is_forbidden_in_text(*c)).collect(),
        false => text,
    }
}

/// A title of the first words of a body; `None` if it has none.
pub fn first_words(body: &str, format: &str) -> Option<String> {
    let text = if format == "html" { words::line_of_html(body) } else { words::line(body) }?;
    let (start, is_cut) = words::cut(&text, FIRST_WORDS_MAX);
    match start.rsplit_once(' ').filter(|_| is_cut) {
        Some((whole, _)) => Some(whole.to_owned()),
        None => Some(start),
    }
}

/// A language tag (BCP 47), also where it is written as operating systems do (`en_US`); `None` if it is none.
pub fn language_tag(written: &str) -> Option<String> {
    let tag = written.trim().replace('_', "-");
    let is_tag = tag.len() <= LANGUAGE_MAX
        && oxilangtag::LanguageTag::parse(&*tag).is_ok_and(|tag| tag.primary_language().len() >= 2);
    is_tag.then_some(tag)
}

/// Why JSON in another encoding is refused (RFC 8259 section 8.1).
pub const NOT_UTF_8: &str =
    "is not in UTF-8 from this line on, and JSON must be: save or export it in UTF-8";

/// The line at which a JSON text cannot be read, counted from 1, and why.
pub fn unread_json(text: &[u8], problem: &Problem) -> (usize, String) {
    let line_at =
        |end: usize| text[..end.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1;
    if let Err(error) = std::str::from_utf8(text) {
        return (line_at(error.valid_up_to()), NOT_UTF_8.to_owned());
    }
    let offset = problem.member("offset").and_then(Value::as_u64);
    let line = line_at(offset.and_then(|offset| usize::try_from(offset).ok()).unwrap_or(0));
    // The sentence is one for clients of the API: of it, the cause is taken.
    let detail = problem.detail();
    let cause = detail.split_once(": ").filter(|_| offset.is_some()).map(|(_, cause)| cause);
    let cause = cause.map(|cause| cause.split(". Send one").next().unwrap_or(cause));
    let fault = problem.member("errors").and_then(|faults| faults.get(0)?.get("detail")?.as_str());
    let why = cause.or(fault).unwrap_or(&detail);
    let reason = match why.starts_with("EOF") {
        true => "is JSON that is cut short: the file ends inside it; export or download it again"
            .to_owned(),
        false => format!("is not JSON that can be read: {why}"),
    };
    (line, reason)
}

/// What the beginning of a JSON text shows of its members.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The names of the members of the whole.
    pub members: Vec<String>,
    /// The names of the members of its first record: of the first object of a list, or of the list `items` or `_items`.
    pub record: Vec<String>,
    /// Its member `version`, if that is a text.
    pub version: Option<String>,
}

/// Looks at the beginning of a JSON text, which may end anywhere; `None` if it is no object and no list.
pub fn outline(start: &[u8]) -> Option<Outline> {
    let mut at = start.iter().position(|byte| !byte.is_ascii_whitespace())?;
    if !matches!(start[at], b'{' | b'[') {
        return None;
    }
    let mut outline = Outline::default();
    let (mut open, mut last, mut is_over) = (Vec::new(), String::new(), false);
    while let Some(byte) = start.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' if open.len() == DEPTH_MAX => break,
            b'{' | b'[' => open.push(*byte),
            b'}' | b']' => {
                is_over |= is_record(&open, &last);
                open.pop();
                if open.is_empty() {
                    break;
                }
            }
            b'"' => {
                let Some((text, end)) = string(start, at - 1) else {
                    break;
                };
                at = end;
                let next = start[at..].iter().find(|byte| !byte.is_ascii_whitespace());
                let is_name = next == Some(&b':') && open.last() == Some(&b'{');
                if open == b"{" {
                    if is_name {
                        last.clone_from(&text);
                        outline.members.push(text);
                    } else if last == "version" {
                        outline.version = Some(text);
                    }
                } else if is_name && !is_over && is_record(&open, &last) {
                    outline.record.push(text);
                }
            }
            _ => {}
        }
    }
    Some(outline)
}

/// True if the innermost open object is one of a list of records.
fn is_record(open: &[u8], last: &str) -> bool {
    open == b"[{" || open == b"{[{" && matches!(last, "items" | "_items")
}

/// The string that begins at `at`, and the place behind it; `None` if it has no end.
fn string(start: &[u8], at: usize) -> Option<(String, usize)> {
    let mut end = at + 1;
    loop {
        match start.get(end)? {
            b'"' => break,
            b'\\' => end += 2,
            _ => end += 1,
        }
    }
    let text = serde_json::from_slice(&start[at..=end]).ok()?;
    Some((text, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_told_from_text() {
        for text in ["<p>", "a <EM>b</EM>", "</div>", "<br/>", "<a href='x'>"] {
            assert!(has_elements(text), "{text}");
        }
        for text in ["<1> and <2>", "a < b", "<name>", "<pre-flight>", "<", "</", "<é>", "1<p"] {
            assert!(!has_elements(text), "{text}");
        }
        assert!(has_references("a &ndash; b") && has_references("&#8211;"));
        assert!(!has_references("AT&T; R & D; &;") && !has_references("a?b=1&c=2"));
        assert_eq!(plain_line("Bridge <em>opens</em>").as_deref(), Some("Bridge opens"));
        assert_eq!(plain_line("Levels <1>\n& <2>").as_deref(), Some("Levels <1> & <2>"));
        assert_eq!(plain_line("“no ferries” & more").as_deref(), Some("“no ferries” & more"));
        assert_eq!(plain_line(" "), None);
    }

    #[test]
    fn texts_are_mended() {
        assert_eq!(clean("a\r\nb\rc\u{b}d\te"), "a\nb\ncd\te");
        assert_eq!(first_words("<p>One two</p>", "html").as_deref(), Some("One two"));
        let long = first_words(&"word ".repeat(40), "text").unwrap();
        assert!(long.len() <= 80 && long.ends_with("word"), "{long}");
        assert_eq!(first_words(" ", "text"), None);
        assert_eq!(language_tag(" en_US ").as_deref(), Some("en-US"));
        assert_eq!(language_tag("not a tag"), None);
    }

    #[test]
    fn the_beginning_of_json_shows_its_members() {
        let text = br#" {"version": "https:\/\/jsonfeed.org\/version\/1", "a": {"b": ["c"]}, "items": [{"uri": "x", "d": [{"e": 1}]}, {"f": 2}], "z": ""#;
        let seen = outline(text).unwrap();
        assert_eq!(seen.members, ["version", "a", "items", "z"]);
        assert_eq!(seen.record, ["uri", "d"]);
        assert_eq!(seen.version.as_deref(), Some("https://jsonfeed.org/version/1"));
        assert_eq!(outline(b"[{\"uri\": 1}, {\"x\": 2}]").unwrap().record, ["uri"]);
        assert_eq!(outline(b"{\"_items\": [{\"uri\": 1}]}").unwrap().record, ["uri"]);
        assert_eq!(outline(b"{\"a").unwrap(), Outline::default());
        assert_eq!(outline(b"<rss>"), None);
        assert_eq!(outline(b"  "), None);
    }
}
