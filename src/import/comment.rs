//! What the readers of other systems' comments have in common: texts, names, times and addresses of pages.

use std::io;

use super::item::{At, CommentItem, Item, Sink};
use super::words;
use crate::comments::input::AUTHOR_NAME_MAX;
use crate::domain::instant::Instant;
use crate::domain::markup::{Markup, Renderer, plain_text};
use crate::domain::text::{is_blank, is_forbidden_in_text};

/// Longest comment, in code points: as the API takes it.
const BODY_MAX: usize = 5_000;
/// What is looked at of an escaped name, in code points: a name of the longest length is shorter, whatever is escaped.
const ESCAPED_MAX: usize = 2_000;
/// Most marks of a quotation before a line: more of them tell a reader nothing, and each line repeats them.
const QUOTES_MAX: usize = 3;

/// Elements of rendered HTML that stand apart from what is around them.
const BLOCKS: [&str; 32] = [
    "address", "article", "aside", "blockquote", "caption", "center", "dd", "details", "div", "dl",
    "dt", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
    "main", "menu", "nav", "ol", "p", "pre", "section", "summary", "table", "ul",
];

/// Gives an item for a comment and what was to be said of it, or for its refusal.
///
/// # Errors
/// Those of the sink.
pub fn give(
    at: &At,
    made: Result<CommentItem, String>,
    told: Vec<String>,
    sink: &mut Sink<'_>,
) -> io::Result<()> {
    let comment = match made {
        Ok(comment) => comment,
        Err(reason) => return sink(Item::Refused { at: at.clone(), reason }),
    };
    sink(Item::Comment(Box::new(comment)))?;
    for text in told {
        sink(Item::Warning { at: at.clone(), text })?;
    }
    Ok(())
}

/// Warns once of what is lost of a file, if there is any of it.
///
/// # Errors
/// Those of the sink.
pub fn lose(at: &At, count: usize, what: &str, sink: &mut Sink<'_>) -> io::Result<()> {
    match count {
        0 => Ok(()),
        count => sink(Item::Warning { at: at.clone(), text: format!("lost: {what} ({count})") }),
    }
}

/// The plain text of a comment in Markdown or HTML, as long as a comment may be. Quoted lines begin with `>`, items of
/// lists with `-`, and links have their addresses behind them: nothing that a reader could see is lost.
///
/// # Errors
/// If no text is left.
pub fn body_of(source: &str, markup: Markup, told: &mut Vec<String>) -> Result<String, String> {
    let rendered = match markup {
        Markup::Markdown => Renderer::default().render(&with_breaks(source), markup),
        Markup::Html | Markup::Text => Renderer::default().render(source, markup),
    };
    let text = match rendered {
        Ok(rendered) => text_of(&rendered.html_of("")),
        Err(_) => {
            told.push(
                "its text is nested too deep to be read, and stands as it is written".to_owned(),
            );
            let source = source.replace("\r\n", "\n");
            source.chars().filter(|c| !is_forbidden_in_text(*c)).collect()
        }
    };
    if text.chars().all(is_blank) {
        return Err("has no text: write one at the source, or delete it there".to_owned());
    }
    let (text, is_cut) = words::cut(&text, BODY_MAX);
    if is_cut {
        told.push(format!("its text is cut to {BODY_MAX} characters"));
    }
    Ok(text)
}

/// The name of an author, as long as it may be. The systems store it escaped as HTML. One with a `<` was not escaped, and
/// is taken as it stands.
pub fn name_of(escaped: &str, told: &mut Vec<String>) -> String {
    let (escaped, _) = words::cut(escaped, ESCAPED_MAX);
    let name = match escaped.contains('<') {
        true => words::line(&escaped),
        false => words::line_of_html(&escaped),
    };
    let (name, is_cut) = words::cut(&name.unwrap_or_default(), AUTHOR_NAME_MAX);
    if is_cut {
        told.push(format!("the name of its author is cut to {AUTHOR_NAME_MAX} characters"));
    }
    name.trim_end().to_owned()
}

/// An instant in RFC 3339. What is finer than a microsecond is left out.
#[must_use]
pub fn instant(text: &str) -> Option<Instant> {
    let text = text.trim();
    Instant::parse(text).or_else(|| {
        let (head, rest) = text.split_once('.')?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (fraction, offset) = rest.split_at(digits);
        Instant::parse(&format!("{head}.{}{offset}", fraction.get(..6)?))
    })
}

/// The addresses by which the page at `address` (a URL or a path) is known: that, and the same without its query,
/// unless that is the front page. None if it is empty.
#[must_use]
pub fn addresses(address: &str) -> Vec<String> {
    let whole = address.trim();
    if whole.is_empty() {
        return Vec::new();
    }
    let path = whole.split(['?', '#']).next().unwrap_or_default();
    let below = match path.split_once("://") {
        Some((_, site)) => site.split_once('/').map_or("", |(_, below)| below),
        None => path,
    };
    let is_page = !below.trim_matches('/').is_empty();
    let mut found = vec![whole.to_owned()];
    found.extend(Some(path).filter(|path| is_page && *path != whole).map(str::to_owned));
    found
}

/// Markdown in which a single newline is a break, as it is in comments.
fn with_breaks(markdown: &str) -> String {
    let mut out = String::with_capacity(markdown.len() + 16);
    for line in markdown.lines() {
        out.push_str(line);
        // A backslash at the end is a break already.
        if !line.trim().is_empty() && !line.ends_with('\\') {
            out.push_str("  ");
        }
        out.push('\n');
    }
    out
}

/// Plain text of rendered HTML.
fn text_of(html: &str) -> String {
    let mut writer = Writer::default();
    let mut pieces = html.split('<');
    writer.text(&plain_text(pieces.next().unwrap_or_default()));
    for piece in pieces {
        let (tag, text) = piece.split_once('>').unwrap_or((piece, ""));
        writer.tag(tag);
        writer.text(&plain_text(text));
    }
    let lines = writer.out.lines().map(str::trim_end);
    lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

/// A link that is open.
struct Link {
    address: String,
    /// Where its text begins, once it does.
    start: Option<usize>,
}

/// Writes plain text.
#[derive(Default)]
struct Writer {
    out: String,
    /// Newlines that are due before the next text.
    due: usize,
    /// True if a space is due before it.
    has_space: bool,
    /// True if it is the first of an item of a list.
    is_item: bool,
    /// Quotations that are open.
    quotes: usize,
    /// Elements that are open whose newlines count.
    codes: usize,
    link: Option<Link>,
}

impl Writer {
    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '\n' if self.codes > 0 => self.end_line(),
                c if c.is_ascii_whitespace() && self.codes == 0 => self.has_space = true,
                c => self.push(c),
            }
        }
    }

    /// Adds a character, with what is due before it.
    fn push(&mut self, c: char) {
        let begins = self.out.is_empty() || self.due > 0;
        if begins {
            if !self.out.is_empty() {
                self.out.extend(std::iter::repeat_n('\n', self.due));
            }
            self.out.extend(std::iter::repeat_n("> ", self.quotes.min(QUOTES_MAX)));
        } else if self.has_space {
            self.out.push(' ');
        }
        if self.is_item {
            self.out.push_str("- ");
        }
        (self.due, self.has_space, self.is_item) = (0, false, false);
        if let Some(link) = &mut self.link {
            link.start.get_or_insert(self.out.len());
        }
        self.out.push(c);
    }

    fn push_all(&mut self, text: &str) {
        text.chars().for_each(|c| self.push(c));
    }

    /// Ends the line; the second time, leaves a blank one.
    fn end_line(&mut self) {
        self.due = (self.due + 1).min(2);
        self.has_space = false;
    }

    fn end_block(&mut self, lines: usize) {
        self.due = self.due.max(lines);
        self.has_space = false;
    }

    fn tag(&mut self, tag: &str) {
        let (is_end, tag) = match tag.strip_prefix('/') {
            Some(tag) => (true, tag),
            None => (false, tag),
        };
        let end = tag.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(tag.len());
        match &tag[..end] {
            "br" => self.end_line(),
            "img" => self.picture(tag),
            "a" if is_end => self.end_link(),
            "a" => {
                let address = attribute(tag, "href").unwrap_or_default();
                self.link = Some(Link { address, start: None });
            }
            "li" => {
                self.end_block(1);
                self.is_item = !is_end;
            }
            "tr" => self.end_block(1),
            "td" | "th" => self.has_space = true,
            name if BLOCKS.contains(&name) => {
                // The first paragraph of an item stands beside its mark.
                if !self.is_item {
                    self.end_block(2);
                }
                let count = match name {
                    "blockquote" => &mut self.quotes,
                    "pre" => &mut self.codes,
                    _ => return,
                };
                *count = if is_end { count.saturating_sub(1) } else { *count + 1 };
            }
            _ => {}
        }
    }

    /// A picture as its description and address.
    fn picture(&mut self, tag: &str) {
        let description = attribute(tag, "alt").and_then(|text| words::line(&text));
        let address = attribute(tag, "src").filter(|address| is_shown(address));
        let text = match (description, address) {
            (Some(text), Some(address)) => format!("{text} ({address})"),
            (Some(text), None) => text,
            (None, Some(address)) => address,
            (None, None) => return,
        };
        self.push_all(&text);
    }

    /// Adds the address of the link, unless its text says it.
    fn end_link(&mut self) {
        let Some(Link { address, start }) = self.link.take() else {
            return;
        };
        if !is_shown(&address) {
            return;
        }
        let Some(start) = start else {
            return self.push_all(bare_mail(&address));
        };
        let shown = self.out[start..].trim_end();
        if bare(shown) == bare(&address) {
            return;
        }
        // Some systems shorten the text of an address.
        let short = shown.strip_suffix("...").or_else(|| shown.strip_suffix('…'));
        if short.is_some_and(|short| !short.is_empty() && bare(&address).starts_with(bare(short))) {
            self.out.truncate(start);
            self.out.push_str(bare_mail(&address));
            return;
        }
        self.out.push_str(" (");
        self.out.push_str(bare_mail(&address));
        self.out.push(')');
    }
}

/// True if an address means something to a reader of plain text.
fn is_shown(address: &str) -> bool {
    ["https://", "http://", "mailto:"].iter().any(|scheme| address.starts_with(scheme))
}

/// An address as people write it.
fn bare(address: &str) -> &str {
    let schemes = ["https://", "http://", "mailto:"];
    let rest = schemes.iter().find_map(|scheme| address.strip_prefix(scheme));
    rest.unwrap_or(address).trim_end_matches('/')
}

/// An email address without its scheme; any other address as it is.
fn bare_mail(address: &str) -> &str {
    address.strip_prefix("mailto:").unwrap_or(address)
}

/// An attribute in a tag of rendered HTML: values are in double quotes, and hold none.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(plain_text(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(source: &str, markup: Markup) -> String {
        let mut told = Vec::new();
        let text = body_of(source, markup, &mut told).unwrap();
        assert_eq!(told, Vec::<String>::new(), "{source}");
        text
    }

    #[test]
    fn markdown_says_what_its_readers_saw() {
        for (source, want) in [
            ("One *two*\nthree\n\nfour", "One two\nthree\n\nfour"),
            ("One  \r\ntwo\\\nthree", "One\ntwo\nthree"),
            (
                "See <https://x.example/?a=1&b=2> and [this](https://y.example/ \"t\").",
                "See https://x.example/?a=1&b=2 and this (https://y.example/).",
            ),
            ("https://x.example and ida@x.example", "https://x.example and ida@x.example"),
            ("[write](mailto:ida@x.example)", "write (ida@x.example)"),
            (
                "```\ncode <b> & \"x\"\n\n  more\n```\n\n> quoted\n> still\n\nnot",
                "code <b> & \"x\"\n\n  more\n\n> quoted\n> still\n\nnot",
            ),
            ("> > deep\n\n> one", "> > deep\n\n> one"),
            ("<b>raw</b> &amp; 1 < 2", "raw & 1 < 2"),
            ("- one\n- two\n\nthree", "- one\n- two\n\nthree"),
            ("![a map](https://x.example/m.png)", "a map (https://x.example/m.png)"),
            ("# Title\ntext", "Title\n\ntext"),
        ] {
            assert_eq!(text(source, Markup::Markdown), want, "{source}");
        }
    }

    #[test]
    fn html_says_what_its_readers_saw() {
        for (source, want) in [
            ("<p>One<br>\ntwo</p><p>three</p>", "One\ntwo\n\nthree"),
            (
                "<p>See <a href=\"https://x.example/a/long/one\" title=\"x>y\">https://x.example/a/...</a> now</p>",
                "See https://x.example/a/long/one now",
            ),
            ("<p>See <a href=\"https://x.example/a\">x.example/a</a></p>", "See x.example/a"),
            ("<blockquote><p>a</p><p>b</p></blockquote><p>c</p>", "> a\n\n> b\n\nc"),
            ("<blockquote>a<br/>b</blockquote>c", "> a\n> b\n\nc"),
            ("<img src=\"https://x.example/p.png\">", "https://x.example/p.png"),
            ("<a href=\"/profile\">@sam</a> yes", "@sam yes"),
            ("<p>a</p><script>x()</script>", "a"),
        ] {
            assert_eq!(text(source, Markup::Html), want, "{source}");
        }
    }

    #[test]
    fn texts_are_bounded_and_none_is_refused() {
        for empty in ["", " \n", "<script>x</script>", "\u{200b}"] {
            assert!(body_of(empty, Markup::Html, &mut Vec::new()).is_err(), "{empty:?}");
        }
        let mut told = Vec::new();
        let long = body_of(&"é ".repeat(4_000), Markup::Markdown, &mut told).unwrap();
        assert_eq!((long.chars().count(), told.len()), (BODY_MAX, 1), "{told:?}");
        let deep = format!("{} deep\u{7}", ">".repeat(200));
        let (mut told, source) = (Vec::new(), deep.replace('\u{7}', ""));
        assert_eq!(body_of(&deep, Markup::Markdown, &mut told), Ok(source));
        assert_eq!(told.len(), 1);
    }

    #[test]
    fn names_are_decoded_once() {
        let mut told = Vec::new();
        for (escaped, want) in [
            ("&lt;b&gt;Bold&lt;/b&gt; &amp; Co", "<b>Bold</b> & Co"),
            ("Zoë Łuczak", "Zoë Łuczak"),
            ("O&#39;Neil &amp;amp; Co", "O'Neil &amp; Co"),
            ("I <3 news & all", "I <3 news & all"),
            (" a\nb\u{202e} ", "a b"),
            ("", ""),
        ] {
            assert_eq!(name_of(escaped, &mut told), want, "{escaped}");
        }
        assert!(told.is_empty());
        assert_eq!(name_of(&"&amp;".repeat(90), &mut told), "&".repeat(80));
        assert_eq!(told.len(), 1);
    }

    #[test]
    fn times_and_addresses() {
        for (text, want) in [
            ("2026-01-09T18:30:00.123456789-06:00", "2026-01-10T00:30:00.123456Z"),
            ("2026-01-09T18:30:00Z", "2026-01-09T18:30:00.000000Z"),
            (" 2026-01-09T18:30:00.5Z ", "2026-01-09T18:30:00.500000Z"),
        ] {
            assert_eq!(instant(text).unwrap().to_string(), want, "{text}");
        }
        for text in ["", "2026-x1-09T18:30:00Z", "2026-01-09", "2026-01-09T18:30:00.12345", "é.é"]
        {
            assert_eq!(instant(text), None, "{text}");
        }
        for (address, want) in [
            ("/2026/a/?p=1", &["/2026/a/?p=1", "/2026/a/"][..]),
            ("/2026/a/", &["/2026/a/"]),
            ("https://x.example/a#b", &["https://x.example/a#b", "https://x.example/a"]),
            ("https://x.example/?p=17", &["https://x.example/?p=17"]),
            ("/?p=17", &["/?p=17"]),
            (" ", &[]),
        ] {
            assert_eq!(addresses(address), want, "{address}");
        }
    }
}
