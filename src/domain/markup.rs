//! Conversion of Markdown, HTML and plain text to HTML that is safe to display.

use std::collections::HashSet;
use std::sync::LazyLock;

use pulldown_cmark::{Options, Parser, html};

use super::text::{contained, count_words};

/// Deepest nesting of elements that is rendered: browsers stop at about 500, and the sanitiser's
/// work per element grows with its depth.
pub const NESTING_MAX: usize = 100;

/// A text in displayable form.
#[derive(Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Sanitised HTML.
    pub html: String,
    /// Number of words that a reader sees.
    pub words: usize,
}

/// The text nests elements deeper than [`NESTING_MAX`].
#[derive(Debug, PartialEq, Eq)]
pub struct NestedTooDeep;

/// The format of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Markup {
    /// CommonMark with tables, strikethrough and footnotes; HTML inside is sanitised.
    Markdown,
    /// HTML, sanitised.
    Html,
    /// Plain text: escaped, in paragraphs.
    Text,
}

/// Renders `body` to sanitised HTML.
///
/// # Errors
/// [`NestedTooDeep`] if elements nest deeper than [`NESTING_MAX`].
pub fn render(body: &str, markup: Markup) -> Result<Rendered, NestedTooDeep> {
    let raw = match markup {
        Markup::Markdown => {
            let options =
                Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES;
            let mut out = String::with_capacity(body.len() * 5 / 4);
            html::push_html(&mut out, Parser::new_ext(body, options));
            out
        }
        Markup::Html => body.to_owned(),
        Markup::Text => {
            let html = paragraphs(body, escape_into);
            return Ok(Rendered { words: count_words(body), html });
        }
    };
    if nests_too_deep(&raw, &SELF_CLOSING) {
        return Err(NestedTooDeep);
    }
    let html = SANITIZER.clean(&raw).to_string();
    // The sanitiser closes every element that it opens, so on its own output this check is exact.
    if nests_too_deep(&html, &[]) {
        return Err(NestedTooDeep);
    }
    let words = count_words(&visible_text(&html));
    Ok(Rendered { html, words })
}

/// A reader's comment as HTML: escaped, in paragraphs, with URLs as links that vouch for nothing
/// (`rel="nofollow ugc noopener"`). Nothing in it affects the page around it.
#[must_use]
pub fn render_comment(body: &str) -> String {
    paragraphs(&contained(body), |line, out| {
        for piece in line.split_inclusive(char::is_whitespace) {
            let word = piece.trim_end();
            link_or_escape(word, out);
            escape_into(&piece[word.len()..], out);
        }
    })
}

static SANITIZER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = ammonia::Builder::default();
    builder
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel"]))
        .link_rel(Some("noopener noreferrer"));
    builder
});

/// Each block of text between blank lines becomes a `<p>`, a single newline a `<br>`.
fn paragraphs(body: &str, mut line_into: impl FnMut(&str, &mut String)) -> String {
    let mut out = String::with_capacity(body.len() + 16);
    let mut open = false;
    for line in body.split('\n') {
        if line.trim().is_empty() {
            if open {
                out.push_str("</p>\n");
            }
            open = false;
            continue;
        }
        out.push_str(if open { "<br>\n" } else { "<p>" });
        open = true;
        line_into(line, &mut out);
    }
    if open {
        out.push_str("</p>\n");
    }
    out
}

/// Escapes the five characters that are special in HTML text and attributes.
pub fn escape_into(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

fn link_or_escape(word: &str, out: &mut String) {
    let bare = word.trim_start_matches(['(', '[', '<', '"', '\'']);
    let before = &word[..word.len() - bare.len()];
    let mut address = bare.trim_end_matches(['.', ',', ';', ':', '!', '?', '>', ']', '"', '\'']);
    // A closing bracket belongs to the URL if the opening one does.
    while address.ends_with(')') && !address.contains('(') {
        address = address[..address.len() - 1].trim_end_matches(['.', ',', ';', ':', '!', '?']);
    }
    let is_web = ["https://", "http://"].iter().any(|scheme| {
        let start = address.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    if !is_web || !url::Url::parse(address).is_ok_and(|url| url.has_host()) {
        return escape_into(word, out);
    }
    escape_into(before, out);
    let after = &bare[address.len()..];
    out.push_str("<a href=\"");
    escape_into(address, out);
    out.push_str("\" rel=\"nofollow ugc noopener\">");
    escape_into(address, out);
    out.push_str("</a>");
    escape_into(after, out);
}

/// Void elements: no content and no end tag (HTML Standard).
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

/// Elements whose end tag is often left out, so that the parser closes them itself.
const SELF_CLOSING: [&str; 12] =
    ["p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "colgroup", "caption"];

/// Elements whose content is text: tags inside them are not parsed.
const RAW_TEXT: [&str; 7] =
    ["script", "style", "textarea", "title", "iframe", "noembed", "noframes"];

/// True if elements nest deeper than [`NESTING_MAX`], judged by the tags alone: building the tree
/// to measure it is what the limit protects against. An element that is never closed counts as
/// open, so this errs towards refusing; the elements in `flat` are not counted.
fn nests_too_deep(html: &str, flat: &[&str]) -> bool {
    let mut open: Vec<String> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            // `<!-->` and `<!--->` are complete comments (HTML Standard, section 13.2.5.43).
            let empty = ["->", ">"].iter().find_map(|end| comment.strip_prefix(end));
            let rest_of = || comment.find("-->").map_or("", |end| &comment[end..]);
            rest = empty.unwrap_or_else(rest_of);
            continue;
        }
        let closing = rest.starts_with('/');
        rest = rest.strip_prefix('/').unwrap_or(rest);
        let length = rest.bytes().take_while(|c| c.is_ascii_alphanumeric() || *c == b'-').count();
        let name = rest[..length].to_ascii_lowercase();
        if name.is_empty() {
            continue;
        }
        rest = after_tag(&rest[length..]);
        if VOID.contains(&name.as_str()) || flat.contains(&name.as_str()) {
            continue;
        }
        if closing {
            if let Some(depth) = open.iter().rposition(|known| *known == name) {
                open.truncate(depth);
            }
        } else if RAW_TEXT.contains(&name.as_str()) {
            rest = after_raw_text(rest, &name);
        } else {
            open.push(name);
            if open.len() > NESTING_MAX {
                return true;
            }
        }
    }
    false
}

/// The text after a tag whose attributes begin here. A `>` in a quoted value does not end the tag;
/// a quote opens a value only directly after `=`.
fn after_tag(attributes: &str) -> &str {
    let (mut quote, mut before) = (None, ' ');
    for (at, c) in attributes.char_indices() {
        match quote {
            None if c == '>' => return &attributes[at + 1..],
            None if before == '=' && matches!(c, '"' | '\'') => quote = Some(c),
            Some(open) if c == open => quote = None,
            _ => {}
        }
        if !c.is_whitespace() {
            before = c;
        }
    }
    ""
}

/// The text after the end tag of a raw text element.
fn after_raw_text<'a>(content: &'a str, name: &str) -> &'a str {
    let end = content.char_indices().find(|(at, _)| {
        let tail = &content.as_bytes()[*at..];
        tail.starts_with(b"</")
            && tail
                .get(2..2 + name.len())
                .is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
    });
    end.map_or("", |(at, _)| after_tag(&content[at..]))
}

/// Inline elements: their tags do not separate words.
const INLINE: [&str; 22] = [
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "em", "i", "ins", "kbd", "mark", "q",
    "s", "small", "span", "strike", "strong", "sub", "sup", "u",
];

/// The text between the tags of sanitised HTML, for counting its words.
fn visible_text(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        let tag = rest[at + 1..].trim_start_matches('/');
        let length = tag.bytes().take_while(u8::is_ascii_alphanumeric).count();
        if !INLINE.contains(&&tag[..length]) {
            text.push(' ');
        }
        rest = after_tag(&tag[length..]);
    }
    text.push_str(rest);
    // The sanitiser writes only these entities; none is part of a word.
    for entity in ["&amp;", "&lt;", "&gt;", "&quot;", "&nbsp;"] {
        text = text.replace(entity, " ");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_html_comes_out_harmless() {
        for body in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "<a href=\"javascript:alert(1)\">x</a>",
            "[x](javascript:alert(1))",
            "<svg><script>alert(1)</script></svg>",
            "<iframe src=\"https://example.com\"></iframe>",
            "<style>*{}</style>",
        ] {
            for markup in [Markup::Markdown, Markup::Html, Markup::Text] {
                let html = render(body, markup).unwrap().html;
                for bad in ["<script", "onerror=", "href=\"javascript:", "<iframe", "<style"] {
                    let escaped = markup == Markup::Text || !html.contains('<');
                    assert!(escaped || !html.contains(bad), "{markup:?} {body} -> {html}");
                }
            }
        }
    }

    #[test]
    fn deep_nesting_is_refused_and_long_lists_are_not() {
        assert_eq!(render(&"<div>".repeat(101), Markup::Html), Err(NestedTooDeep));
        assert_eq!(render(&">".repeat(101), Markup::Markdown), Err(NestedTooDeep));
        assert!(render(&"<div>".repeat(100), Markup::Html).is_ok());
        for hidden in [
            "<div></x>",
            "<div title=\"</div>\">",
            "<div><textarea></div></textarea>",
            "<div><!--</div>-->",
            "<b>",
        ] {
            assert_eq!(render(&hidden.repeat(101), Markup::Html), Err(NestedTooDeep), "{hidden}");
        }
        for flat in
            ["<div></div>", "<br>", "<b title='>'>x</b>", "a < b <3 ", "<script>'<div>'</script>"]
        {
            assert!(render(&flat.repeat(500), Markup::Html).is_ok(), "{flat}");
        }
        assert!(render(&"<p>one".repeat(500), Markup::Html).is_ok());
        assert!(render(&"- item\n".repeat(500), Markup::Markdown).is_ok());
    }

    #[test]
    fn words_are_those_a_reader_sees() {
        for (html, words) in [
            ("Q &amp; A", 2),
            ("<p>one</p><p>two</p>", 2),
            ("<table><tr><td>a</td><td>b</td></tr></table>", 2),
            ("<b>bo</b>ld and <img alt='a > b' src='https://example.com/x'>", 2),
        ] {
            assert_eq!(render(html, Markup::Html).unwrap().words, words, "{html}");
        }
        let rendered =
            render("# Two *words*\n\n- and [a link](https://example.com)", Markup::Markdown);
        assert_eq!(rendered.unwrap().words, 5);
        assert_eq!(
            render("", Markup::Markdown).unwrap(),
            Rendered { html: String::new(), words: 0 }
        );
    }

    #[test]
    fn comments_are_escaped_and_their_links_vouch_for_nothing() {
        assert_eq!(
            render_comment(
                "See <b>https://example.com/a?b=1&c=2</b>.\nsecond\n\nthird (http://x.org)!"
            ),
            "<p>See &lt;b&gt;https://example.com/a?b=1&amp;c=2&lt;/b&gt;.<br>\nsecond</p>\n\
             <p>third (<a href=\"http://x.org\" rel=\"nofollow ugc noopener\">http://x.org</a>)!</p>\n"
        );
        assert_eq!(
            render_comment("https://example.com/a?b=1&c=\"2, fine"),
            "<p><a href=\"https://example.com/a?b=1&amp;c=&quot;2\" rel=\"nofollow ugc noopener\">\
             https://example.com/a?b=1&amp;c=&quot;2</a>, fine</p>\n"
        );
        for (text, address, after) in [
            ("HTTP://X.org,", "HTTP://X.org", ","),
            ("https://x.org/a_(b)", "https://x.org/a_(b)", ""),
            ("https://x.org/a).", "https://x.org/a", ")."),
        ] {
            let link = format!(
                "<p><a href=\"{address}\" rel=\"nofollow ugc noopener\">{address}</a>{after}</p>\n"
            );
            assert_eq!(render_comment(text), link);
        }
        assert_eq!(render_comment("javascript:alert(1)"), "<p>javascript:alert(1)</p>\n");
    }
}
