//! The text that a reader sees of rendered HTML, for searches.

/// Inline elements of rendered HTML: their tags do not separate words.
const INLINE: [&str; 33] = super::sanitize::INLINE;
/// The references that the serializer writes in text (HTML Standard, section 13.3).
const REFERENCES: [(&str, char); 6] = [
    ("amp;", '&'),
    ("lt;", '<'),
    ("gt;", '>'),
    ("nbsp;", '\u{a0}'),
    ("quot;", '"'),
    ("#39;", '\''),
];

/// The text of `html` as rendered here, with a newline where an element separates words. Only for
/// sanitised HTML: each `<` opens a tag, and no `>` stands in one.
#[must_use]
pub fn plain_text(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut pieces = html.split('<');
    decode_into(&mut out, pieces.next().unwrap_or_default());
    for piece in pieces {
        let (tag, text) = piece.split_once('>').unwrap_or((piece, ""));
        let name = tag.trim_start_matches('/');
        let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
        if !INLINE.contains(&&name[..end]) {
            out.push('\n');
        }
        decode_into(&mut out, text);
    }
    out
}

fn decode_into(out: &mut String, text: &str) {
    let mut pieces = text.split('&');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let known =
            REFERENCES.iter().find_map(|(name, c)| piece.strip_prefix(name).map(|rest| (*c, rest)));
        let (c, rest) = known.unwrap_or(('&', piece));
        out.push(c);
        out.push_str(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::markup::{Markup, Renderer};

    #[test]
    fn a_reader_sees_the_text_and_no_markup() {
        for (body, text) in [
            ("AT&T <b>cuts</b> jo<i>b</i>s", "AT&T cuts jobs"),
            ("<p>One</p><p>two</p><ul><li>three</li></ul>", "One two three"),
            ("<a href=\"https://example.com/?a=1&amp;b=%3E\" title=\"x>y\">a link</a>", "a link"),
            ("1 &lt; 2 &amp;amp; &quot;x&quot;&nbsp;y", "1 < 2 &amp; \"x\" y"),
        ] {
            let rendered = Renderer::default().render(body, Markup::Html).unwrap();
            let plain = plain_text(&rendered.html_of(""));
            let words: Vec<&str> = plain.split_whitespace().collect();
            assert_eq!(words.join(" "), text, "{body}");
        }
    }
}
