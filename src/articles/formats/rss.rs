//! RSS 2.0, with content:encoded, Dublin Core, Media RSS and links of Atom.
//!
//! Readers differ in what they take for the article: `content:encoded`, or `description` alone
//! (rss-parser's `content`). So both have the disclaimers in full: the first around the text, the
//! second around the summary. What is no text has no attributes but on `item`, since rss-parser gives
//! an object instead of a text for an element that has any.

use super::xml::Xml;
use super::{Feed, Piece, notices};
use crate::articles::api::Image;
use crate::domain::instant::{DAY, Instant};

/// The media type of an RSS feed: registered nowhere, and what all use.
const TYPE: &str = "application/rss+xml";
/// The namespace of Media RSS.
pub(super) const MEDIA: &str = "http://search.yahoo.com/mrss/";
/// The namespaces of a feed, besides those of Atom and Media RSS.
const CONTENT: &str = "http://purl.org/rss/1.0/modules/content/";
const DUBLIN_CORE: &str = "http://purl.org/dc/elements/1.1/";
const ATOM: &str = "http://www.w3.org/2005/Atom";

const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The media types of pictures by the ends of their names.
const PICTURES: [(&str, &str); 10] = [
    ("apng", "image/apng"),
    ("avif", "image/avif"),
    ("gif", "image/gif"),
    ("heic", "image/heic"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("jxl", "image/jxl"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("webp", "image/webp"),
];

/// A feed as RSS 2.0.
#[must_use]
pub fn rss(feed: &Feed) -> String {
    let namespaces = [
        ("version", "2.0"),
        ("xmlns:atom", ATOM),
        ("xmlns:content", CONTENT),
        ("xmlns:dc", DUBLIN_CORE),
        ("xmlns:media", MEDIA),
        ("xml:lang", &*feed.site.language),
    ];
    let title = feed.title();
    let mut xml = Xml::new();
    xml.element("rss", &namespaces, |xml| {
        xml.element("channel", &[], |xml| {
            xml.text("title", &[], &title);
            xml.text("link", &[], &feed.site.home);
            xml.text("description", &[], &title);
            xml.text("language", &[], &feed.site.language);
            let built = feed.updated_at().map(rfc_822);
            xml.text_if("lastBuildDate", &[], built.as_deref());
            xml.empty("atom:link", &[("rel", "self"), ("type", TYPE), ("href", &feed.url)]);
            if let Some(next) = &feed.next {
                xml.empty("atom:link", &[("rel", "next"), ("type", TYPE), ("href", next)]);
            }
            if let Some(hub) = &feed.hub {
                xml.empty("atom:link", &[("rel", "hub"), ("href", hub)]);
            }
            feed.pieces.iter().for_each(|piece| item(xml, piece));
        });
    });
    xml.finish()
}

fn item(xml: &mut Xml, piece: &Piece) {
    let head = &piece.head;
    xml.element("item", &[("xml:lang", &head.language), ("xml:base", &piece.url)], |xml| {
        xml.text("title", &[], &head.title);
        xml.text("link", &[], &piece.url);
        xml.text("guid", &[("isPermaLink", "false")], &format!("urn:uuid:{}", head.id));
        let published = head.published_at.map(rfc_822);
        xml.text_if("pubDate", &[], published.as_deref());
        xml.text("atom:updated", &[], &Piece::in_millis(piece.changed_at()));
        // RSS itself has an `author` only with an e-mail address.
        head.authors.iter().for_each(|author| xml.text("dc:creator", &[], &author.name));
        xml.text("dc:language", &[], &head.language);
        head.section.iter().chain(&head.tags).for_each(|term| xml.text("category", &[], term));
        if let Some(source) = &head.source {
            xml.text("dc:source", &[], &source.name);
            if let Some(url) = &source.url {
                xml.text("source", &[("url", url)], &source.name);
            }
        }
        xml.text_if("dc:rights", &[], notices::plain_rights(piece).as_deref());
        xml.html_if("description", &[], description(piece).as_deref());
        // A teaser has none: that tells a reader that the text is not there.
        if !piece.is_teaser() {
            xml.html_if("content:encoded", &[], Some(&notices::content(piece)));
        }
        if let Some(image) = &head.image {
            // Of an unknown length it says 0 (RSS Best Practices Profile); without a type it is none.
            if let Some(kind) = image_type(&image.url) {
                xml.empty("enclosure", &[("url", &image.url), ("length", "0"), ("type", kind)]);
            }
            media(xml, image);
        }
    });
}

/// The summary between the disclaimers. Where there is no summary, the whole content: a reader that
/// takes the description alone would have nothing else.
fn description(piece: &Piece) -> Option<String> {
    let html = match notices::plain_summary(piece) {
        Some(_) => notices::brief(piece),
        None => notices::content(piece),
    };
    Some(html).filter(|html| !html.is_empty())
}

/// A picture with its description and credit line, as Media RSS has it. The description is a title: a
/// `media:description` is taken by feedparser for the summary or even the content of the article.
pub(super) fn media(xml: &mut Xml, image: &Image) {
    let mut attributes = vec![("url", image.url.as_str()), ("medium", "image")];
    attributes.extend(image_type(&image.url).map(|kind| ("type", kind)));
    if image.alt.is_none() && image.credit.is_none() {
        return xml.empty("media:content", &attributes);
    }
    xml.element("media:content", &attributes, |xml| {
        xml.text_if("media:title", &[("type", "plain")], image.alt.as_deref());
        xml.text_if("media:credit", &[], image.credit.as_deref());
    });
}

/// The media type of a picture, by the name in its URL; `None` if that does not tell.
pub(super) fn image_type(url: &str) -> Option<&'static str> {
    let path = url.split(['?', '#']).next()?;
    let name = path.rsplit('/').next()?;
    let (_, end) = name.rsplit_once('.')?;
    let known = PICTURES.iter().find(|(known, _)| known.eq_ignore_ascii_case(end));
    known.map(|(_, kind)| *kind)
}

/// An instant in the form of RFC 822, with four digits of the year, in GMT: a zone by another name is
/// read in more than one way.
fn rfc_822(at: Instant) -> String {
    let text = at.to_string();
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let month =
        part(5, 7).parse::<usize>().ok().and_then(|month| MONTHS.get(month.checked_sub(1)?));
    // The epoch was a Thursday.
    let days = at.as_micros().div_euclid(DAY).rem_euclid(7);
    let weekday = usize::try_from(days).ok().and_then(|day| WEEKDAYS.get(day));
    format!(
        "{}, {} {} {} {} GMT",
        weekday.copied().unwrap_or_default(),
        part(8, 10),
        month.copied().unwrap_or_default(),
        part(0, 4),
        part(11, 19)
    )
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn an_item_has_all_that_its_article_has() {
        let piece = sample::piece();
        let (brief, content) = (notices::brief(&piece), notices::content(&piece));
        let text = rss(&sample::feed(vec![piece]));
        for part in [
            "<title>News &amp; Views: city, weather</title>",
            "<link>https://news.example/</link>",
            "<lastBuildDate>Sun, 22 Nov 2026 11:00:00 GMT</lastBuildDate>",
            "<atom:link rel=\"self\" type=\"application/rss+xml\" \
             href=\"https://api.news.example/feeds/articles.rss?section=city&amp;tag=weather\"/>",
            "<atom:link rel=\"hub\" href=\"https://hub.example/\"/>",
            "cursor=abc&amp;tag=weather\"/>",
            "<item xml:lang=\"en\" xml:base=\"https://news.example/articles/flood-warning\">",
            "<title>Flood &lt;warning&gt; &amp; more</title>",
            "<guid isPermaLink=\"false\">urn:uuid:0192d5a0-0000-7000-8000-000000000003</guid>",
            "<pubDate>Sun, 22 Nov 2026 10:00:00 GMT</pubDate>",
            "<dc:creator>Ada Marsh</dc:creator>\n<dc:creator>Ben &lt;Ito&gt;</dc:creator>",
            "<category>city</category>\n<category>weather</category>\n<category>river</category>",
            "<source url=\"https://wire.example/1?a=1&amp;b=2\">Valley &amp; Co Wire</source>",
            "<enclosure url=\"https://img.news.example/river.jpg?w=800&amp;h=600\" length=\"0\" \
             type=\"image/jpeg\"/>",
            "<media:credit>Photo: C. &lt;Lund&gt;</media:credit>",
        ] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
        for (name, html) in [("description", brief), ("content:encoded", content)] {
            let mut xml = Xml::new();
            xml.html_if(name, &[], Some(&html));
            let element = xml.finish();
            let (_, element) = element.split_once('\n').unwrap();
            assert!(text.contains(element), "{element} is missing in {text}");
        }
    }

    #[test]
    fn a_teaser_has_its_disclaimers_and_no_text() {
        let text = rss(&sample::feed(vec![sample::teaser()]));
        assert!(!text.contains("content:encoded>") && !text.contains("4.2 m"), "{text}");
        let title = format!("<strong>{}<", sample::advice().title);
        assert!(text.contains(&title) && text.contains("its terms"), "{text}");
    }

    #[test]
    fn what_an_article_has_not_is_not_there() {
        let text = rss(&sample::feed(vec![sample::bare()]));
        let (_, item) = text.split_once("<item").unwrap();
        for name in [
            "pubDate", "dc:creator", "category", "source", "dc:source", "dc:rights", "description",
            "enclosure", "media:content",
        ] {
            assert!(!item.contains(&format!("<{name}")), "{name} in {item}");
        }
        let empty = rss(&sample::feed(Vec::new()));
        assert!(
            !empty.contains("lastBuildDate") && empty.ends_with("</channel>\n</rss>\n"),
            "{empty}"
        );
        // Without a summary, the description is the whole.
        let mut piece = sample::piece();
        piece.head.summary = None;
        let text = rss(&sample::feed(vec![piece]));
        assert_eq!(text.matches("4.2 m").count(), 2, "{text}");
    }

    #[test]
    fn a_picture_has_its_description_and_its_credit_line() {
        let mut image = sample::piece().head.image.unwrap();
        let written = |image: &Image| {
            let mut xml = Xml::new();
            media(&mut xml, image);
            xml.finish()
        };
        let text = written(&image);
        assert!(text.contains(">The river &quot;at&quot; the bridge</media:title>"), "{text}");
        (image.alt, image.credit) = (None, None);
        assert!(written(&image).contains("type=\"image/jpeg\"/>"));
    }

    #[test]
    fn dates_have_their_weekday() {
        for (at, text) in [
            ("1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
            ("1969-12-31T23:59:59.999999Z", "Wed, 31 Dec 1969 23:59:59 GMT"),
            ("2024-02-29T12:30:45.5+01:00", "Thu, 29 Feb 2024 11:30:45 GMT"),
            ("0001-01-01T00:00:00Z", "Mon, 01 Jan 0001 00:00:00 GMT"),
            ("9999-12-31T23:59:59Z", "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] {
            assert_eq!(rfc_822(Instant::parse(at).unwrap()), text);
        }
    }

    #[test]
    fn a_picture_says_its_type_by_its_name() {
        for (url, kind) in [
            ("https://a.example/b.JPG", Some("image/jpeg")),
            ("https://a.example/b.c.webp?x=1.png#y", Some("image/webp")),
            ("https://a.example/b", None),
            ("https://a.png/b", None),
            ("https://a.png", Some("image/png")),
            ("https://a.example/b.mp4", None),
            ("", None),
        ] {
            assert_eq!(image_type(url), kind, "{url}");
        }
    }
}
