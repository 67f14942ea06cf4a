//! Addresses that articles had at their sources, as comments name them: URLs and paths, with what does not matter in
//! them.

use percent_encoding::percent_decode_str;
use url::Url;

use crate::domain::slug::{is_slug, spell};

/// Longest address that is kept, in bytes: longer ones are no links that people follow.
const ADDRESS_MAX: usize = 2_000;
/// Endings of pages that are no part of their names.
const ENDINGS: [&str; 3] = [".html", ".htm", ".php"];

/// The path of a URL, or a path itself, without query and fragment, percent-decoded; `None` for what is neither, and
/// for a site's own page.
fn path_of(address: &str) -> Option<String> {
    let path = match Url::parse(address) {
        Ok(url) if url.has_host() => url.path().to_owned(),
        _ if address.starts_with('/') => without_query(address).to_owned(),
        _ => return None,
    };
    // Bytes that are no UTF-8 stay encoded.
    let decoded = percent_decode_str(&path).decode_utf8().map(String::from);
    let path = decoded.ok().filter(|decoded| !decoded.contains('\0')).unwrap_or(path);
    (!path.trim_matches('/').is_empty()).then_some(path)
}

fn without_query(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or(address)
}

/// The same with a slash at the end, or without.
fn other_end(address: &str) -> String {
    match address.strip_suffix('/') {
        Some(without) => without.to_owned(),
        None => format!("{address}/"),
    }
}

/// What is kept of an article's address: itself, and its path if that alone names the page.
pub fn noted(address: &str) -> Vec<String> {
    let is_kept =
        |text: &&str| !text.is_empty() && text.len() <= ADDRESS_MAX && !text.contains('\0');
    let mut noted: Vec<String> =
        Some(address).filter(is_kept).map(str::to_owned).into_iter().collect();
    // `/?p=17` and `/?p=18` are two pages.
    let path = path_of(address).filter(|path| !address.contains('?') && path.len() <= ADDRESS_MAX);
    noted.extend(path.filter(|path| path != address));
    noted
}

/// The other forms in which an address may have been kept, the most certain first: without its query, with another end,
/// as a path alone.
pub fn forms_of(address: &str) -> Vec<String> {
    let Some(path) = path_of(address) else {
        return Vec::new();
    };
    let bare = without_query(address);
    let mut forms: Vec<String> = Vec::new();
    for form in [bare.to_owned(), other_end(bare), path.clone(), other_end(&path)] {
        if form != address && !forms.contains(&form) {
            forms.push(form);
        }
    }
    forms
}

/// The host of a URL, without `www.`; `None` for what is no URL.
pub fn host_of(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    let host = url.host_str()?.to_ascii_lowercase();
    Some(host.strip_prefix("www.").map_or_else(|| host.clone(), str::to_owned))
}

/// True if a URL names its page by its query, as `/?p=17` does: its path is that of many pages.
pub fn is_of_many(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| {
        url.query_pairs()
            .any(|(name, _)| matches!(&*name, "p" | "page_id" | "id" | "attachment_id"))
    })
}

/// The slug that an address ends with, or that it is; `None` for a number, which names a page, a year or a record.
pub fn slug_in(address: &str) -> Option<String> {
    let Some(path) = path_of(address) else {
        return is_slug(address).then(|| address.to_owned());
    };
    let mut segments = path.trim_matches('/').rsplit('/').map(|segment| {
        let bare = ENDINGS.iter().find_map(|ending| segment.strip_suffix(*ending));
        bare.unwrap_or(segment)
    });
    let slug = spell(segments.find(|segment| *segment != "index")?)?;
    let is_number = slug.bytes().all(|c| c.is_ascii_digit());
    (is_slug(&slug) && !is_number).then_some(slug)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_with_its_path() {
        let kept = |address: &str| noted(address);
        assert_eq!(
            kept("https://site.example/a/storm/"),
            ["https://site.example/a/storm/", "/a/storm/"]
        );
        assert_eq!(kept("/a/storm"), ["/a/storm"]);
        assert_eq!(kept("/%D0%BF"), ["/%D0%BF", "/\u{43f}"]);
        for alone in ["https://site.example/?p=17", "https://site.example/", "/", "urn:x:1", "17"] {
            assert_eq!(kept(alone), [alone]);
        }
        for nothing in ["", "/a\0b", &"/a".repeat(ADDRESS_MAX)] {
            assert_eq!(kept(nothing), [""; 0]);
        }
    }

    #[test]
    fn an_address_is_looked_for_without_what_does_not_matter() {
        assert_eq!(
            forms_of("https://site.example/a/storm/?utm=x#c1"),
            [
                "https://site.example/a/storm/", "https://site.example/a/storm", "/a/storm/",
                "/a/storm"
            ]
        );
        assert_eq!(forms_of("/a/storm"), ["/a/storm/"]);
        for alone in ["https://site.example/?p=17", "storm", "urn:x:1", "", "?"] {
            assert_eq!(forms_of(alone), [""; 0], "{alone}");
        }
    }

    #[test]
    fn an_address_has_a_host() {
        for (address, host) in [
            ("https://www.Site.example:8443/a", Some("site.example")),
            ("http://site.example", Some("site.example")),
            ("/a/storm", None),
            ("storm", None),
            ("mailto:a@site.example", None),
        ] {
            assert_eq!(host_of(address).as_deref(), host, "{address}");
        }
        assert!(is_of_many("https://site.example/storm/?p=17"));
        assert!(!is_of_many("https://site.example/storm/?utm_source=x"));
    }

    #[test]
    fn an_address_ends_with_a_slug() {
        for (address, slug) in [
            ("https://site.example/2026/01/Storm_Closes/?p=1", Some("storm-closes")),
            ("/2026/01/storm.html", Some("storm")),
            ("/2026/storm/index.html", Some("storm")),
            ("storm", Some("storm")),
            ("/2026/01/", None),
            ("17", Some("17")),
            ("Not a slug", None),
            ("/?p=17", None),
            ("", None),
        ] {
            assert_eq!(slug_in(address).as_deref(), slug, "{address}");
        }
    }
}
