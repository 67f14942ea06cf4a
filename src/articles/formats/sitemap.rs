//! Sitemaps (sitemaps.org 0.9), and the news sitemap of Google.

use super::Site;
use super::xml::Xml;
use crate::domain::instant::Instant;
use crate::domain::language::canonical;

/// Most URLs in a sitemap, and most sitemaps in an index: search engines refuse longer ones, and such of more than 50 MB,
/// which so many URLs of our longest slugs do not reach.
pub const URLS_MAX: usize = 50_000;
/// Most URLs in a news sitemap: Google reads no more of one.
pub const NEWS_URLS_MAX: usize = 1_000;

const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";
const NEWS: &str = "http://www.google.com/schemas/sitemap-news/0.9";

/// A page in a sitemap.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its absolute URL.
    pub loc: String,
    /// When it was last changed.
    pub lastmod: Instant,
}

/// A sitemap in an index of several.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its absolute URL.
    pub loc: String,
    /// When a page in it was last changed, if that is known.
    pub lastmod: Option<Instant>,
}

/// An article in a news sitemap.
#[derive(Clone, Debug)]
pub struct NewsEntry {
    /// The absolute URL of its page.
    pub loc: String,
    /// Its headline.
    pub title: String,
    /// Its language (BCP 47).
    pub language: String,
    /// When it was published.
    pub published_at: Instant,
}

/// A sitemap of at most [`URLS_MAX`] pages; more are left out.
#[must_use]
pub fn urlset(entries: &[Entry]) -> String {
    let mut xml = Xml::new();
    xml.element("urlset", &[("xmlns", NAMESPACE)], |xml| {
        for entry in entries.iter().take(URLS_MAX) {
            xml.element("url", &[], |xml| {
                xml.text("loc", &[], &entry.loc);
                xml.text("lastmod", &[], &w3c(entry.lastmod));
            });
        }
    });
    xml.finish()
}

/// An index of at most [`URLS_MAX`] sitemaps; more are left out.
#[must_use]
pub fn index(parts: &[Part]) -> String {
    let mut xml = Xml::new();
    xml.element("sitemapindex", &[("xmlns", NAMESPACE)], |xml| {
        for part in parts.iter().take(URLS_MAX) {
            xml.element("sitemap", &[], |xml| {
                xml.text("loc", &[], &part.loc);
                xml.text_if("lastmod", &[], part.lastmod.map(w3c).as_deref());
            });
        }
    });
    xml.finish()
}

/// A news sitemap of at most [`NEWS_URLS_MAX`] articles; more are left out.
#[must_use]
pub fn news(site: &Site, entries: &[NewsEntry]) -> String {
    let mut xml = Xml::new();
    xml.element("urlset", &[("xmlns", NAMESPACE), ("xmlns:news", NEWS)], |xml| {
        for entry in entries.iter().take(NEWS_URLS_MAX) {
            let language = news_language(&entry.language).or_else(|| news_language(&site.language));
            xml.element("url", &[], |xml| {
                xml.text("loc", &[], &entry.loc);
                xml.element("news:news", &[], |xml| {
                    xml.element("news:publication", &[], |xml| {
                        xml.text("news:name", &[], &site.name);
                        xml.text("news:language", &[], language.as_deref().unwrap_or("en"));
                    });
                    xml.text("news:publication_date", &[], &w3c(entry.published_at));
                    xml.text("news:title", &[], &entry.title);
                });
            });
        }
    });
    xml.finish()
}

/// A language as news sitemaps have it: its code of two or three letters (ISO 639), but for Chinese,
/// which says its script by the name of a country. `None` if it has no such code.
fn news_language(tag: &str) -> Option<String> {
    let form = canonical(tag);
    let mut parts = form.split('-');
    let code = parts.next().filter(|code| matches!(code.len(), 2 | 3))?;
    if code != "zh" {
        return Some(code.to_owned());
    }
    // A script that is written decides, not the region.
    let words: Vec<&str> = parts.collect();
    let is_traditional = !words.contains(&"hans")
        && words.iter().any(|word| matches!(*word, "hant" | "tw" | "hk" | "mo"));
    Some(if is_traditional { "zh-tw" } else { "zh-cn" }.to_owned())
}

/// An instant as W3C's note on dates has it, to the second: all who read sitemaps know that form.
fn w3c(at: Instant) -> String {
    let text = at.to_string();
    format!("{}Z", text.get(..19).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn entry(loc: &str) -> Entry {
        Entry { loc: loc.to_owned(), lastmod: sample::UPDATED_AT }
    }

    #[test]
    fn a_sitemap_has_pages_with_their_dates() {
        let text = urlset(&[entry("https://news.example/a?b=1&c=2")]);
        assert!(text.contains(
            "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n<url>\n\
             <loc>https://news.example/a?b=1&amp;c=2</loc>\n\
             <lastmod>2026-11-22T11:00:00Z</lastmod>\n</url>\n</urlset>\n"
        ));
        let parts = [
            Part {
                loc: "https://news.example/1.xml".to_owned(),
                lastmod: Some(sample::UPDATED_AT),
            },
            Part { loc: "https://news.example/2.xml".to_owned(), lastmod: None },
        ];
        let text = index(&parts);
        assert_eq!((text.matches("<sitemap>").count(), text.matches("<lastmod>").count()), (2, 1));
    }

    #[test]
    fn a_sitemap_is_not_longer_than_is_read() {
        // The longest slug, and a long address of the newsroom.
        let longest = format!("https://{}/{}", "n".repeat(250), "a".repeat(200));
        let text = urlset(&vec![entry(&longest); URLS_MAX + 1]);
        assert_eq!(text.matches("<url>").count(), URLS_MAX);
        assert!(text.len() < 50_000_000, "{}", text.len());
        let news_entry = NewsEntry {
            loc: longest,
            title: "A & B".to_owned(),
            language: "en".to_owned(),
            published_at: sample::PUBLISHED_AT,
        };
        let text = news(&sample::site(), &vec![news_entry; NEWS_URLS_MAX + 1]);
        assert_eq!(text.matches("<news:title>A &amp; B</news:title>").count(), NEWS_URLS_MAX);
    }

    #[test]
    fn a_news_sitemap_names_the_publication_and_its_language() {
        let entry = NewsEntry {
            loc: "https://news.example/a".to_owned(),
            title: "Flood <warning>".to_owned(),
            language: "pt-BR".to_owned(),
            published_at: sample::PUBLISHED_AT,
        };
        let text = news(&sample::site(), &[entry]);
        for part in [
            "xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\"",
            "<news:name>News &amp; Views</news:name>\n<news:language>pt</news:language>",
            "<news:publication_date>2026-11-22T10:00:00Z</news:publication_date>",
            "<news:title>Flood &lt;warning&gt;</news:title>",
        ] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
    }

    #[test]
    fn languages_are_codes_but_for_chinese() {
        for (tag, code) in [
            ("en", Some("en")),
            ("EN-gb", Some("en")),
            ("iw", Some("he")),
            ("fil-PH", Some("fil")),
            ("zh", Some("zh-cn")),
            ("zh-CN", Some("zh-cn")),
            ("zh-Hant", Some("zh-tw")),
            ("zh-HK", Some("zh-tw")),
            ("zh-Hans-HK", Some("zh-cn")),
            ("cmn-Hant-TW", Some("zh-tw")),
            ("yue-HK", Some("yue")),
            ("x-copy", None),
            ("", None),
        ] {
            assert_eq!(news_language(tag).as_deref(), code, "{tag}");
        }
    }
}
