//! Blocks whose text stands elsewhere: in a field of the post, or in the reference to a synced pattern.

/// Puts a value into the HTML of a block, as WordPress does when it shows it. None where it is not known how.
///
/// Texts are HTML, and are cleaned with the rest of the article.
pub fn fill(block: &str, attribute: &str, value: &str, html: &str) -> Option<String> {
    match (block, attribute) {
        ("paragraph", "content") => inner(html, &["p"], value),
        ("heading", "content") => inner(html, &["h1", "h2", "h3", "h4", "h5", "h6"], value),
        ("list-item", "content") => inner(html, &["li"], value),
        ("verse" | "preformatted", "content") => inner(html, &["pre"], value),
        ("button", "text") => inner(html, &["a", "button"], value),
        ("button", "url") => with_attribute(html, "a", "href", value),
        ("image", "url") => with_attribute(html, "img", "src", value),
        ("image", "alt" | "title") => with_attribute(html, "img", attribute, value),
        ("image", "caption") => inner(html, &["figcaption"], value),
        // They say nothing to a reader.
        ("button", "linkTarget" | "rel") | ("image", "id") => Some(html.to_owned()),
        _ => None,
    }
}

/// The start and the end of the first opening tag of one of these names.
fn opening(html: &str, names: &[&str]) -> Option<(usize, usize)> {
    let mut starts = html.match_indices('<').map(|(at, _)| at);
    let is_one = |at: &usize| {
        names.iter().any(|name| {
            let behind = html[at + 1..].strip_prefix(name);
            behind.is_some_and(|rest| {
                rest.starts_with(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))
            })
        })
    };
    let start = starts.find(is_one)?;
    Some((start, start + html[start..].find('>')? + 1))
}

/// HTML with another text in the first element of one of these names.
fn inner(html: &str, names: &[&str], value: &str) -> Option<String> {
    let (start, end) = opening(html, names)?;
    let name = names
        .iter()
        .filter(|name| html[start + 1..].starts_with(**name))
        .max_by_key(|name| name.len())?;
    let close = html.rfind(&format!("</{name}")).filter(|close| *close >= end)?;
    Some(format!("{}{value}{}", &html[..end], &html[close..]))
}

/// HTML with another value of an attribute of the first element of this name.
fn with_attribute(html: &str, name: &str, attribute: &str, value: &str) -> Option<String> {
    let (start, end) = opening(html, &[name])?;
    let tag = &html[start..end];
    let mark = format!(" {attribute}=\"");
    let escaped = value.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    let escaped = escaped.replace("&amp;amp;", "&amp;");
    let tag = match tag.find(&mark) {
        Some(at) => {
            let from = at + mark.len();
            let to = from + tag[from..].find('"')?;
            format!("{}{escaped}{}", &tag[..from], &tag[to..])
        }
        None => {
            let from = 1 + name.len();
            format!("{}{mark}{escaped}\"{}", &tag[..from], &tag[from..])
        }
    };
    Some(format!("{}{tag}{}", &html[..start], &html[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_where_the_block_has_them() {
        for (block, attribute, html, want) in [
            ("paragraph", "content", "<p class=\"a\">old</p>", "<p class=\"a\">V & v</p>"),
            ("paragraph", "content", "<p></p>", "<p>V & v</p>"),
            ("heading", "content", "<h2>old <b>x</b></h2>", "<h2>V & v</h2>"),
            (
                "button",
                "text",
                "<div><a href=\"x\">old</a></div>",
                "<div><a href=\"x\">V & v</a></div>",
            ),
            (
                "image",
                "alt",
                "<figure><img src=\"x\" alt=\"\"/></figure>",
                "<figure><img src=\"x\" alt=\"V &amp; v\"/></figure>",
            ),
            (
                "image",
                "url",
                "<figure><img alt=\"\"/></figure>",
                "<figure><img src=\"V &amp; v\" alt=\"\"/></figure>",
            ),
        ] {
            assert_eq!(fill(block, attribute, "V & v", html).as_deref(), Some(want), "{html}");
        }
        for (block, attribute, html) in [
            ("paragraph", "content", "no element"),
            ("paragraph", "content", "<pre>x</pre>"),
            ("acme/box", "content", "<p>x</p>"),
            ("paragraph", "style", "<p>x</p>"),
        ] {
            assert_eq!(fill(block, attribute, "v", html), None, "{html}");
        }
    }
}
