//! NewsML-G2 2.35 (IPTC): one article as a `newsItem`.
//!
//! The text is HTML as a whole, with its notices, in `inlineData`: it is no XML, and would not survive becoming some. A
//! teaser has its summary there, and `profile` says so. Each disclaimer is one of `usageTerms` as well, as plain text
//! with its language and direction, and a link to where it stands in full.

use super::ninjs::{byline, content_created, lines, plain_notice, pub_status, urn};
use super::notices::{content, direction, plain_summary};
use super::uri::uri;
use super::xml::Xml;
use super::{HTML, Piece, Site};
use crate::articles::api::{ArticleHead, AttachedDisclaimer};
use crate::domain::text::count_words;

const NAMESPACE: &str = "http://iptc.org/std/nar/2006-10-01/";
/// The IPTC's vocabularies, of which `ninat` and `stat` are used here.
const CATALOG: &str = "http://www.iptc.org/std/catalog/catalog.IPTC-G2-Standards_41.xml";

/// An article as a document of NewsML-G2.
#[must_use]
pub fn newsml(piece: &Piece, site: &Site) -> String {
    let head = &piece.head;
    let (guid, version) = (urn(&head.id), head.version.to_string());
    let mut attributes = vec![
        ("xmlns", NAMESPACE),
        ("guid", guid.as_str()),
        ("version", version.as_str()),
        ("standard", "NewsML-G2"),
        ("standardversion", "2.35"),
        ("conformance", "power"),
    ];
    attributes.extend(language_of(Some(&head.language)));
    let mut xml = Xml::new();
    xml.element("newsItem", &attributes, |xml| {
        xml.empty("catalogRef", &[("href", CATALOG)]);
        rights_info(piece, xml);
        xml.element("itemMeta", &[], |xml| item_meta(piece, site, xml));
        xml.element("contentMeta", &[], |xml| content_meta(piece, xml));
        content_set(piece, xml);
    });
    xml.finish()
}

/// The attributes of a text's language and direction. A text that is for all languages says that its language is
/// unknown, or it would take that of the article.
fn language_of(language: Option<&str>) -> impl Iterator<Item = (&'static str, &str)> {
    let dir = language.and_then(direction).map(|dir| ("dir", dir));
    [("xml:lang", language.unwrap_or_default())].into_iter().chain(dir)
}

fn rights_info(piece: &Piece, xml: &mut Xml) {
    if piece.disclaimers.is_empty() {
        return;
    }
    let link = uri(&format!("{}/disclaimers", piece.api_url));
    let terms = |disclaimer: &AttachedDisclaimer, xml: &mut Xml| {
        let language = language_of(disclaimer.language.as_deref());
        let attributes: Vec<_> = language.chain([("href", link.as_str())]).collect();
        xml.text("usageTerms", &attributes, &plain_notice(disclaimer));
    };
    xml.element("rightsInfo", &[], |xml| {
        piece.disclaimers.iter().for_each(|disclaimer| terms(disclaimer, xml));
    });
}

/// What describes the item. The order is the schema's.
fn item_meta(piece: &Piece, site: &Site, xml: &mut Xml) {
    let head = &piece.head;
    let status = format!("stat:{}", pub_status(head.state));
    let newsroom: Vec<_> = language_of(Some(&site.language)).collect();
    xml.empty("itemClass", &[("qcode", "ninat:text")]);
    xml.element("provider", &[("uri", &uri(&site.home))], |xml| {
        xml.text("name", &newsroom, &site.name);
    });
    xml.text("versionCreated", &[], &head.updated_at.to_string());
    xml.text("firstCreated", &[], &head.created_at.to_string());
    let embargo = head.embargo_until.map(|at| at.to_string());
    xml.text_if("embargoed", &[], embargo.as_deref());
    xml.empty("pubStatus", &[("qcode", &status)]);
    xml.text_if("profile", &[], piece.is_teaser().then_some("teaser"));
    if piece.url_type == HTML {
        xml.text("altRep", &[("contenttype", "text/html")], &uri(&piece.url));
    }
    xml.text("altRep", &[("contenttype", "application/json")], &uri(&piece.api_url));
    let expiry = head.expires_at.map(|at| at.to_string());
    xml.text_if("expires", &[], expiry.as_deref());
}

/// What describes the content. The order is the schema's as far as the dates go, and free after them.
fn content_meta(piece: &Piece, xml: &mut Xml) {
    let head = &piece.head;
    xml.text("contentCreated", &[], &content_created(head).to_string());
    if let Some(dateline) = &head.dateline {
        named("located", dateline, xml);
    }
    creators(head, xml);
    if let Some(source) = &head.source {
        named("infoSource", &source.name, xml);
    }
    xml.text_if("altId", &[], head.external_id.as_deref());
    xml.empty("language", &[("tag", &head.language)]);
    head.tags.iter().for_each(|tag| xml.text("keyword", &[], tag));
    if let Some(section) = &head.section {
        named("subject", section, xml);
    }
    xml.text("slugline", &[], &head.slug);
    xml.text("headline", &[], &head.title);
    xml.text_if("dateline", &[], head.dateline.as_deref());
    xml.text_if("by", &[], byline(head).as_deref());
    xml.text_if("description", &[], plain_summary(piece));
}

fn creators(head: &ArticleHead, xml: &mut Xml) {
    for author in &head.authors {
        match &author.url {
            Some(url) => xml.element("creator", &[("uri", &uri(url))], |xml| {
                xml.text("name", &[], &author.name);
            }),
            None => named("creator", &author.name, xml),
        }
    }
}

/// A thing that has a name, and no place in a vocabulary.
fn named(element: &str, name: &str, xml: &mut Xml) {
    xml.element(element, &[("literal", name)], |xml| xml.text("name", &[], name));
}

fn content_set(piece: &Piece, xml: &mut Xml) {
    let html = content(piece);
    if html.is_empty() {
        return;
    }
    let text = lines(&html);
    let (words, chars) = (count_words(&text).to_string(), text.chars().count().to_string());
    let attributes = [("contenttype", "text/html"), ("wordcount", &words), ("charcount", &chars)];
    xml.element("contentSet", &[], |xml| xml.text("inlineData", &attributes, &html));
}

#[cfg(test)]
mod tests {
    use quick_xml::escape::escape;

    use super::super::sample;
    use super::*;
    use crate::articles::words::State;

    /// The parts of a document, in the order in which they must stand in it.
    fn assert_in_order(document: &str, parts: &[&str]) {
        let mut rest = document;
        for part in parts {
            let at = rest.find(part).unwrap_or_else(|| panic!("{part} is missing in {document}"));
            rest = &rest[at + part.len()..];
        }
    }

    #[test]
    fn an_article_stands_in_the_order_of_the_schema() {
        let piece = sample::piece();
        let got = newsml(&piece, &sample::site());
        let [agency, advice] = [sample::agency(), sample::advice()]
            .map(|disclaimer| escape(plain_notice(&disclaimer)).into_owned());
        let link = format!("{}/disclaimers", piece.api_url);
        let body = content(&piece);
        assert_in_order(
            &got,
            &[
                "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<newsItem xmlns=\"http://iptc.org/std/nar/2006-10-01/\"",
                " guid=\"urn:uuid:0192d5a0-0000-7000-8000-000000000003\" version=\"7\"",
                " standard=\"NewsML-G2\" standardversion=\"2.35\" conformance=\"power\" xml:lang=\"en\" dir=\"ltr\">",
                "<catalogRef href=",
                &format!("<rightsInfo>\n<usageTerms xml:lang=\"\" href=\"{link}\">{agency}<"),
                &format!("<usageTerms xml:lang=\"ar\" dir=\"rtl\" href=\"{link}\">{advice}<"),
                "<itemMeta>\n<itemClass qcode=\"ninat:text\"/>",
                "<provider uri=\"https://news.example/\">\n<name xml:lang=\"en\" dir=\"ltr\">News &amp; Views</name>",
                "<versionCreated>2026-11-22T11:00:00.500000Z</versionCreated>",
                "<firstCreated>2026-11-22T10:00:00.000000Z</firstCreated>",
                "<pubStatus qcode=\"stat:usable\"/>",
                "<altRep contenttype=\"text/html\">https://news.example/articles/flood-warning</altRep>",
                "<altRep contenttype=\"application/json\">https://api.news.example/v1/articles/",
                "<contentMeta>\n<contentCreated>2026-11-22T10:00:00.000000Z</contentCreated>",
                "<located literal=\"LOWER VALLEY\">\n<name>LOWER VALLEY</name>",
                "<creator uri=\"https://news.example/ada?a=1&amp;b=2\">\n<name>Ada Marsh</name>",
                "<creator literal=\"Ben &lt;Ito&gt;\">\n<name>Ben &lt;Ito&gt;</name>",
                "<infoSource literal=\"Valley &amp; Co Wire\">",
                "<altId>vw-1</altId>\n<language tag=\"en\"/>",
                "<keyword>weather</keyword>\n<keyword>river</keyword>\n<subject literal=\"city\">",
                "<slugline>flood-warning</slugline>",
                "<headline>Flood &lt;warning&gt; &amp; more</headline>",
                "<dateline>LOWER VALLEY</dateline>\n<by>Ada Marsh, Ben &lt;Ito&gt;</by>",
                "<contentSet>\n<inlineData contenttype=\"text/html\" wordcount=",
                &escape(&body),
                "</inlineData>\n</contentSet>\n</newsItem>\n",
            ],
        );
        assert!(!got.contains("<embargoed>") && !got.contains("<profile>"), "{got}");
    }

    #[test]
    fn a_teaser_has_its_disclaimers_and_no_text() {
        let got = newsml(&sample::teaser(), &sample::site());
        for disclaimer in [sample::agency(), sample::advice()] {
            for part in [plain_notice(&disclaimer), disclaimer.body_html] {
                assert!(got.contains(&*escape(part)), "{got}");
            }
        }
        assert!(got.contains("<description>The river rises"), "{got}");
        assert!(got.contains("<profile>teaser</profile>") && !got.contains("4.2 m"), "{got}");
    }

    #[test]
    fn what_an_article_lacks_is_left_out() {
        let mut piece = sample::bare();
        piece.url_type = "application/json";
        let got = newsml(&piece, &sample::site());
        for name in [
            "rightsInfo", "located", "creator", "infoSource", "altId", "keyword", "subject",
            "dateline", "by>", "description", "contentSet", "profile",
        ] {
            assert!(!got.contains(&format!("<{name}")), "{name}: {got}");
        }
        assert_eq!(got.matches("<altRep ").count(), 1, "{got}");
        assert!(got.contains("stat:withheld"), "{got}");
        piece.head.state = State::Trashed;
        piece.head.embargo_until = Some(sample::UPDATED_AT);
        piece.head.expires_at = Some(sample::UPDATED_AT);
        let got = newsml(&piece, &sample::site());
        let at = "2026-11-22T11:00:00.500000Z";
        let wanted =
            [format!("<embargoed>{at}<"), "stat:canceled".to_owned(), format!("<expires>{at}<")];
        assert_in_order(&got, &wanted.each_ref().map(String::as_str));
    }
}
