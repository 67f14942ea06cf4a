//! Plain text as HTML: escaped, in paragraphs.

use super::autolink::{Piece, pieces};
use crate::domain::text::contained;

/// A reader's comment as HTML: escaped, in paragraphs, with URLs as links that vouch for nothing
/// (`rel="nofollow ugc noopener"`). Nothing in it affects the page around it.
#[must_use]
pub fn render_comment(body: &str) -> String {
    paragraphs(&contained(body), |line, out| {
        for piece in pieces(line) {
            match piece {
                Piece::Plain(text) => escape_into(text, out),
                Piece::Link(address) => link_into("", address, out),
                Piece::WebLink(address) => link_into("http://", address, out),
            }
        }
    })
}

fn link_into(scheme: &str, address: &str, out: &mut String) {
    out.push_str("<a href=\"");
    out.push_str(scheme);
    escape_into(address, out);
    out.push_str("\" rel=\"nofollow ugc noopener\">");
    escape_into(address, out);
    out.push_str("</a>");
}

/// Plain text as HTML. Each block of text between blank lines becomes a `<p>`, a single newline a
/// `<br>`.
pub(super) fn paragraphs(body: &str, mut line_into: impl FnMut(&str, &mut String)) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(
            render_comment("www.example.com"),
            "<p><a href=\"http://www.example.com\" rel=\"nofollow ugc noopener\">\
             www.example.com</a></p>\n"
        );
        assert_eq!(render_comment("javascript:alert(1)"), "<p>javascript:alert(1)</p>\n");
    }
}
