//! Atom (RFC 4287), with pages (RFC 5005) and Media RSS for the credit lines of pictures.

use super::rss::{MEDIA, image_type, media};
use super::xml::Xml;
use super::{Feed, HTML, Piece, notices};
use crate::articles::api::Image;
use crate::domain::instant::Instant;

/// The media type of an Atom feed.
const TYPE: &str = "application/atom+xml";
/// Its namespace.
const ATOM: &str = "http://www.w3.org/2005/Atom";
/// When a feed changed in which there never was anything: Atom wants an instant.
const NEVER: Instant = Instant::from_micros(0);

/// A feed as Atom.
#[must_use]
pub fn atom(feed: &Feed) -> String {
    let site = &feed.site;
    let namespaces =
        [("xmlns", ATOM), ("xmlns:media", MEDIA), ("xml:lang", site.language.as_str())];
    let mut xml = Xml::new();
    xml.element("feed", &namespaces, |xml| {
        xml.text("id", &[], &feed.url);
        xml.text("title", &[], &feed.title());
        xml.text("updated", &[], &Piece::in_millis(feed.updated_at().unwrap_or(NEVER)));
        // Of each article that names no author.
        person(xml, &site.name, Some(&site.home));
        xml.empty("link", &[("rel", "alternate"), ("href", &site.home)]);
        xml.empty("link", &[("rel", "self"), ("type", TYPE), ("href", &feed.url)]);
        if let Some(next) = &feed.next {
            xml.empty("link", &[("rel", "next"), ("type", TYPE), ("href", next)]);
        }
        if let Some(hub) = &feed.hub {
            xml.empty("link", &[("rel", "hub"), ("href", hub)]);
        }
        feed.pieces.iter().for_each(|piece| entry(xml, piece, &site.api));
    });
    xml.finish()
}

fn entry(xml: &mut Xml, piece: &Piece, api: &str) {
    let head = &piece.head;
    xml.element("entry", &[("xml:lang", &head.language), ("xml:base", &piece.url)], |xml| {
        xml.text("id", &[], &format!("urn:uuid:{}", head.id));
        xml.text("title", &[], &head.title);
        let published = head.published_at.map(Piece::in_millis);
        xml.text_if("published", &[], published.as_deref());
        xml.text("updated", &[], &Piece::in_millis(piece.changed_at()));
        for author in &head.authors {
            person(xml, &author.name, author.url.as_deref());
        }
        links(xml, piece);
        if let Some(section) = &head.section {
            category(xml, api, "sections", section);
        }
        head.tags.iter().for_each(|tag| category(xml, api, "tags", tag));
        if let Some(source) = &head.source {
            xml.element("source", &[], |xml| {
                xml.text("title", &[], &source.name);
                // If the article names no author, this is it (RFC 4287 section 4.1.2).
                person(xml, &source.name, None);
            });
        }
        xml.html_if("rights", &[("type", "html")], notices::rights(piece).as_deref());
        // With the disclaimers: there are readers that show the summary alone.
        let summary = match notices::plain_summary(piece) {
            None if !piece.is_teaser() => None,
            _ => Some(notices::brief(piece)).filter(|html| !html.is_empty()),
        };
        xml.html_if("summary", &[("type", "html")], summary.as_deref());
        // A teaser has no content: that tells a reader that the text is not there.
        if !piece.is_teaser() {
            xml.html_if("content", &[("type", "html")], Some(&notices::content(piece)));
        }
        if let Some(image) = &head.image {
            media(xml, image);
        }
    });
}

fn links(xml: &mut Xml, piece: &Piece) {
    let head = &piece.head;
    let mut page = vec![("rel", "alternate"), ("hreflang", head.language.as_str())];
    // There are readers that take a link to anything but a page for none, if it says so.
    page.extend((piece.url_type == HTML).then_some(("type", HTML)));
    page.push(("href", piece.url.as_str()));
    xml.empty("link", &page);
    if let Some(canonical) = &head.canonical_url {
        xml.empty("link", &[("rel", "canonical"), ("href", canonical)]);
    }
    if let Some(source) = &head.source
        && let Some(url) = &source.url
    {
        xml.empty("link", &[("rel", "via"), ("href", url), ("title", &source.name)]);
    }
    if let Some(image) = &head.image {
        enclosure(xml, image);
    }
}

/// Neither its type nor its length is needed here.
fn enclosure(xml: &mut Xml, image: &Image) {
    let mut attributes = vec![("rel", "enclosure"), ("href", image.url.as_str())];
    attributes.extend(image_type(&image.url).map(|kind| ("type", kind)));
    attributes.extend(image.alt.as_deref().map(|alt| ("title", alt)));
    xml.empty("link", &attributes);
}

fn person(xml: &mut Xml, name: &str, url: Option<&str>) {
    xml.element("author", &[], |xml| {
        xml.text("name", &[], name);
        xml.text_if("uri", &[], url);
    });
}

fn category(xml: &mut Xml, api: &str, list: &str, term: &str) {
    xml.empty("category", &[("scheme", &format!("{api}/v1/{list}")), ("term", term)]);
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn an_entry_has_all_that_its_article_has() {
        let piece = sample::piece_in("ar");
        let (brief, content) = (notices::brief(&piece), notices::content(&piece));
        let rights = notices::rights(&piece).unwrap();
        let text = atom(&sample::feed(vec![piece]));
        for part in [
            "<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:media=\"http://search.yahoo.com/mrss/\" \
             xml:lang=\"en\">",
            "<id>https://api.news.example/feeds/articles.rss?section=city&amp;tag=weather</id>",
            "<updated>2026-11-22T11:00:00.500Z</updated>",
            "<link rel=\"next\" type=\"application/atom+xml\" href=",
            "<link rel=\"hub\" href=\"https://hub.example/\"/>",
            "<entry xml:lang=\"ar\" xml:base=\"https://news.example/articles/flood-warning\">",
            "<id>urn:uuid:0192d5a0-0000-7000-8000-000000000003</id>",
            "<title>Flood &lt;warning&gt; &amp; more</title>",
            "<published>2026-11-22T10:00:00.000Z</published>",
            "<name>Ada Marsh</name>\n<uri>https://news.example/ada?a=1&amp;b=2</uri>",
            "<name>Ben &lt;Ito&gt;</name>\n</author>",
            "<link rel=\"canonical\" href=\"https://wire.example/original\"/>",
            "<link rel=\"via\" href=\"https://wire.example/1?a=1&amp;b=2\" title=\"Valley &amp; Co Wire\"/>",
            "<category scheme=\"https://api.news.example/v1/sections\" term=\"city\"/>",
            "<category scheme=\"https://api.news.example/v1/tags\" term=\"river\"/>",
            "<source>\n<title>Valley &amp; Co Wire</title>",
            "type=\"image/jpeg\" title=\"The river &quot;at&quot; the bridge\"/>",
            "<media:credit>Photo: C. &lt;Lund&gt;</media:credit>",
        ] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
        for (name, html) in [("summary", brief), ("content", content), ("rights", rights)] {
            let mut xml = Xml::new();
            xml.html_if(name, &[("type", "html")], Some(&html));
            let element = xml.finish();
            let (_, element) = element.split_once('\n').unwrap();
            assert!(text.contains(element), "{element} is missing in {text}");
        }
    }

    #[test]
    fn a_teaser_has_its_disclaimers_and_no_text() {
        let whole = sample::teaser();
        let mut bare = sample::teaser();
        bare.head.summary = None;
        for piece in [whole, bare] {
            let text = atom(&sample::feed(vec![piece]));
            assert!(!text.contains("<content") && !text.contains("4.2 m"), "{text}");
            let title = format!("<strong>{}<", sample::advice().title);
            assert!(text.contains("<summary type=\"html\"><![CDATA[<div"), "{text}");
            assert!(text.contains(&title) && text.contains("its terms"), "{text}");
        }
    }

    #[test]
    fn what_an_article_has_not_is_not_there() {
        let text = atom(&sample::feed(vec![sample::bare()]));
        let (_, entry) = text.split_once("<entry").unwrap();
        for name in
            ["published", "author", "category", "source", "rights", "summary", "content", "media"]
        {
            assert!(!entry.contains(&format!("<{name}")), "{name} in {entry}");
        }
        let empty = atom(&sample::feed(Vec::new()));
        assert!(empty.contains("<updated>1970-01-01T00:00:00.000Z</updated>"), "{empty}");
    }
}
