//! Texts as other systems write them, as an article or a comment takes them.

use std::collections::HashSet;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::articles::term_slug;
use crate::domain::markup::{Markup, Renderer, plain_text};
use crate::domain::slug::spell;
use crate::domain::text::{hex, is_forbidden_in_line};

/// Longest id of a source that is stored as it is, in bytes: that of a long URL.
const ID_MAX: usize = 2_000;
/// Longest email address, in bytes (RFC 5321 section 4.5.3.1).
const EMAIL_MAX: usize = 254;

/// What HTML says in one line of plain text; `None` if nothing is left.
#[must_use]
pub fn line_of_html(html: &str) -> Option<String> {
    line(&text_of_html(html))
}

/// What HTML says in plain text: paragraphs apart by a blank line, `<br>` a newline. What cannot be rendered, because it
/// is nested too deep or too long, says nothing.
#[must_use]
pub fn text_of_html(html: &str) -> String {
    let Ok(rendered) = Renderer::default().render(html, Markup::Html) else {
        return String::new();
    };
    let plain = plain_text(&rendered.html_of(""));
    let mut out = String::with_capacity(plain.len());
    let mut blank = 0_usize;
    for text in plain.lines().map(str::trim) {
        if text.is_empty() {
            blank += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if blank > 0 { "\n\n" } else { "\n" });
        }
        out.push_str(text);
        blank = 0;
    }
    out
}

/// A text in one line: control characters and what turns the direction of text are left out, white space is joined; `None`
/// if nothing is left.
#[must_use]
pub fn line(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace()) {
        let before = out.len();
        if !out.is_empty() && !word.is_empty() {
            out.push(' ');
        }
        let begun = out.len();
        out.extend(word.chars().filter(|c| !is_forbidden_in_line(*c)));
        if out.len() == begun {
            out.truncate(before);
        }
    }
    (!out.is_empty()).then_some(out)
}

/// A text cut to `max` code points, and true if it was longer.
#[must_use]
pub fn cut(text: &str, max: usize) -> (String, bool) {
    match text.char_indices().nth(max) {
        Some((end, _)) => (text[..end].to_owned(), true),
        None => (text.to_owned(), false),
    }
}

/// An author of whom only the name is known.
#[must_use]
pub fn author(name: &str) -> Value {
    json!({"name": name, "url": null})
}

/// An absolute http or https URL, else `None`.
#[must_use]
pub fn web_url(text: &str) -> Option<String> {
    let url = Url::parse(text.trim()).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    is_web.then(|| url.into())
}

/// The slug that the last segment of a path or URL makes; `None` where it has none, or only a number: that of a page, a
/// year or a month.
#[must_use]
pub fn slug_of_address(address: &str) -> Option<String> {
    let path = match Url::parse(address) {
        Ok(url) => url.path().to_owned(),
        Err(_) => address.split(['?', '#']).next().unwrap_or_default().to_owned(),
    };
    let segment = path.trim_end_matches('/').rsplit('/').next()?;
    let segment = percent_decode_str(segment).decode_utf8().ok()?;
    let segment = segment.strip_suffix(".html").unwrap_or(&segment);
    let slug = spell(segment)?;
    (!slug.bytes().all(|c| c.is_ascii_digit())).then_some(slug)
}

/// A member with terms, the slug of one, and the name that people read.
pub type TermName = (&'static str, String, String);

/// The slugs of tags, each once, and the names of those that a slug does not say.
#[must_use]
pub fn tags(names: impl IntoIterator<Item = String>) -> (Vec<String>, Vec<TermName>) {
    let (mut slugs, mut named) = (Vec::new(), Vec::new());
    let mut met = HashSet::new();
    for name in names {
        let Some((slug, name)) = line(&name).and_then(|name| Some((term_slug(&name)?, name)))
        else {
            continue;
        };
        if !met.insert(slug.clone()) {
            continue;
        }
        if slug != name {
            named.push(("tags", slug.clone(), name));
        }
        slugs.push(slug);
    }
    (slugs, named)
}

/// Names, each once, in their order.
#[must_use]
pub fn each_once(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut met = HashSet::new();
    names.into_iter().filter(|name| met.insert(name.clone())).collect()
}

/// The slug of a section, and its name if that says more.
#[must_use]
pub fn section(name: &str) -> Option<(String, Option<TermName>)> {
    let name = line(name)?;
    let slug = term_slug(&name)?;
    let named = (slug != name).then(|| ("section", slug.clone(), name));
    Some((slug, named))
}

/// A text that looks like an email address, else `None`.
#[must_use]
pub fn email(text: &str) -> Option<String> {
    let text = text.trim();
    let (name, host) = text.rsplit_once('@')?;
    let is_one = !name.is_empty()
        && host.contains('.')
        && !host.starts_with('.')
        && !host.ends_with('.')
        && text.len() <= EMAIL_MAX
        && text.bytes().all(|c| c.is_ascii_graphic());
    is_one.then(|| text.to_owned())
}

/// An id that is short enough to be stored: a long one is cut, with the digest of the whole behind it.
#[must_use]
pub fn bounded_id(id: String) -> String {
    if id.len() <= ID_MAX {
        return id;
    }
    let digest = hex(&Sha256::digest(id.as_bytes()));
    let kept = &id[..id.floor_char_boundary(ID_MAX - digest.len() - 1)];
    format!("{kept} {digest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_says_lines_and_paragraphs() {
        let html = "<p>One &amp; <b>two</b><br>three</p>\n<p>four <a href='https://x.example/'>five</a></p><ul><li>six</li></ul>";
        assert_eq!(text_of_html(html), "One & two\nthree\n\nfour five\n\nsix");
        assert_eq!(
            line_of_html("A <em>title</em>\nof&nbsp;two").as_deref(),
            Some("A title of two")
        );
        assert_eq!(line_of_html("<script>x</script> "), None);
        assert_eq!(line(" a\u{b}b\u{202e} \u{7} c\t").as_deref(), Some("a b c"));
        assert_eq!(line("\u{202e} \u{7}"), None);
        assert_eq!(cut("añb", 2), ("añ".to_owned(), true));
        assert_eq!(cut("añ", 2), ("añ".to_owned(), false));
    }

    #[test]
    fn an_address_says_a_slug() {
        for (address, want) in [
            ("https://site.example/2026/01/storm-closes/", Some("storm-closes")),
            ("/2026/01/storm.html?p=1#x", Some("storm")),
            ("/%D0%BC%D0%BE%D1%80%D0%B5/", Some("more")),
            ("/2026/01/", None),
            ("https://site.example/?p=17", None),
            ("", None),
        ] {
            assert_eq!(slug_of_address(address).as_deref(), want, "{address}");
        }
    }

    #[test]
    fn terms_have_slugs_and_names() {
        let names = ["Open Data", "open-data", "harbour", "C++", " "].map(str::to_owned);
        let (slugs, named) = tags(names);
        assert_eq!(slugs, ["open-data", "harbour", "c-plus-plus"]);
        assert_eq!(named.len(), 2);
        assert_eq!(section("City Hall").unwrap().1.unwrap().2, "City Hall");
        assert_eq!(section("city"), Some(("city".to_owned(), None)));
        assert_eq!(section(" - "), None);
        assert_eq!(each_once(["b", "a", "b"].map(str::to_owned)), ["b", "a"]);
        // Hostile lists are read once.
        assert_eq!(tags((0..200_000).map(|number| format!("t{number}"))).0.len(), 200_000);
    }

    #[test]
    fn what_is_no_address_is_left_out() {
        assert_eq!(email(" ida@site.example ").as_deref(), Some("ida@site.example"));
        for text in ["", "ida", "ida@", "@site.example", "ida@site", "i a@site.example"] {
            assert_eq!(email(text), None, "{text}");
        }
        assert_eq!(web_url(" https://site.example "), Some("https://site.example/".to_owned()));
        for text in ["", "site.example", "mailto:ida@site.example", "javascript:1", "/a"] {
            assert_eq!(web_url(text), None, "{text}");
        }
        let long = "x".repeat(3_000);
        let bounded = bounded_id(long.clone());
        assert!(bounded.len() <= ID_MAX && bounded != bounded_id(format!("{long}y")));
    }
}
