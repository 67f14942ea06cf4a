//! Records of feeds as feed-rs takes them. It refuses a whole feed for a text whose `type` it does not know (feedgen writes
//! `type="CDATA"`), and drops the escapes in XHTML, so that a text such as `&lt;note&gt;` becomes an element.

use super::scan::{Malformed, Piece, Scanner, local, prefix};

/// Elements of HTML without an end tag (HTML Standard, section 13.1.2).
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr", "param",
];

/// The type that an element is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    /// This one.
    Type(&'static str),
    /// HTML, and its content is XHTML.
    Xhtml,
}

/// The record with types that are known, and XHTML as escaped HTML.
///
/// # Errors
/// What is no XML in it.
pub fn mend(xml: &str) -> Result<String, Malformed> {
    let mut scanner = Scanner::new(xml);
    let mut out = String::with_capacity(xml.len() + 32);
    let (mut kept, mut depth, mut own) = (0, 0_usize, "");
    // The depth of the element whose content is XHTML, and the HTML so far.
    let mut inside: Option<(usize, String)> = None;
    while let Some((place, piece)) = scanner.piece()? {
        if let Piece::Close(_) = piece {
            depth = depth.saturating_sub(1);
        }
        if let Some((outer, html)) = &mut inside {
            if depth == *outer && matches!(piece, Piece::Close(_)) {
                escape_into(&mut out, html);
                kept = place.start;
                inside = None;
                continue;
            }
            write_html(html, &piece);
            if let Piece::Open(tag) = &piece
                && !tag.is_empty
            {
                depth += 1;
            }
            continue;
        }
        let Piece::Open(tag) = piece else {
            continue;
        };
        if depth == 0 {
            own = prefix(tag.name);
        }
        let attribute = tag.attribute("type").filter(|_| tag.attribute("src").is_none());
        let becomes = attribute.and_then(|attribute| given(own, tag.name, attribute.value));
        if let (Some(attribute), Some(becomes)) = (attribute, becomes) {
            out.push_str(&xml[kept..attribute.at.start]);
            out.push_str(match becomes {
                Given::Type(name) => name,
                Given::Xhtml => "html",
            });
            kept = attribute.at.end;
            if becomes == Given::Xhtml && !tag.is_empty {
                out.push_str(&xml[kept..place.end]);
                kept = place.end;
                inside = Some((depth, String::new()));
            }
        }
        depth += usize::from(!tag.is_empty);
    }
    out.push_str(&xml[kept..]);
    Ok(out)
}

/// The type that an element is given instead of its own; `None` if feed-rs knows that.
fn given(own: &str, name: &str, value: &str) -> Option<Given> {
    let is_own = prefix(name) == own;
    let local = local(name);
    let kind = value.trim().to_ascii_lowercase();
    if !is_own {
        // Titles and descriptions of Media RSS.
        let is_text = matches!(local, "title" | "description");
        return match &*kind {
            _ if !is_text || matches!(value, "plain" | "html") => None,
            "xhtml" | "html" | "text/html" => Some(Given::Type("html")),
            _ => Some(Given::Type("plain")),
        };
    }
    if !matches!(local, "title" | "summary" | "content" | "rights" | "subtitle") {
        return None;
    }
    match &*kind {
        "text" | "html" | "text/html" if kind == value => None,
        "xhtml" | "application/xhtml+xml" => Some(Given::Xhtml),
        "text" | "plain" => Some(Given::Type("text")),
        "text/plain" if local != "content" => Some(Given::Type("text")),
        kind if kind.contains('/') && local == "content" => None,
        _ => Some(Given::Type("html")),
    }
}

/// A piece of XHTML as HTML: without prefixes, and each element that may have content with an end tag.
fn write_html(html: &mut String, piece: &Piece<'_>) {
    match piece {
        Piece::Text(text) => html.push_str(text),
        Piece::Data(text) => escape_into(html, text),
        Piece::Close(name) => {
            html.push_str("</");
            html.push_str(local(name));
            html.push('>');
        }
        Piece::Open(tag) => {
            let name = local(tag.name);
            html.push('<');
            html.push_str(name);
            for attribute in &tag.attributes {
                if !attribute.name.starts_with("xmlns") {
                    html.push(' ');
                    html.push_str(attribute.written);
                }
            }
            html.push('>');
            if tag.is_empty && !VOID.contains(&name) {
                html.push_str("</");
                html.push_str(name);
                html.push('>');
            }
        }
    }
}

fn escape_into(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_known_ones() {
        for (written, want) in [
            (
                "<content type=\"CDATA\"><![CDATA[<p>]]></content>",
                "<content type=\"html\"><![CDATA[<p>]]></content>",
            ),
            ("<content type='HTML'>x</content>", "<content type='html'>x</content>"),
            (
                "<content type='text/markdown'>x</content>",
                "<content type='text/markdown'>x</content>",
            ),
            ("<content src='a' type='CDATA'/>", "<content src='a' type='CDATA'/>"),
            ("<title type='text/plain'>x</title>", "<title type='text'>x</title>"),
            ("<title type='html'>x</title>", "<title type='html'>x</title>"),
            (
                "<media:title type='text'>x</media:title>",
                "<media:title type='plain'>x</media:title>",
            ),
            ("<media:content type='image/png'/>", "<media:content type='image/png'/>"),
            ("<link type='image/mp3'/>", "<link type='image/mp3'/>"),
        ] {
            let mended = mend(&format!("<entry>{written}</entry>")).unwrap();
            assert_eq!(mended, format!("<entry>{want}</entry>"));
        }
        let prefixed = "<atom:entry><atom:title type='text'>x</atom:title></atom:entry>";
        assert_eq!(mend(prefixed).unwrap(), prefixed);
    }

    #[test]
    fn xhtml_keeps_its_escapes() {
        let written = "<entry><content type='xhtml'><h:div xmlns:h='x'><h:p>a &lt;note&gt; b<h:br/></h:p><h:a id='n'/><![CDATA[<c>]]></h:div></content><id>1</id></entry>";
        let html = "<div><p>a &lt;note&gt; b<br></p><a id='n'></a>&lt;c&gt;</div>";
        let mut escaped = String::new();
        escape_into(&mut escaped, html);
        let want = format!("<entry><content type='html'>{escaped}</content><id>1</id></entry>");
        assert_eq!(mend(written).unwrap(), want);
    }
}
