//! schema.org's `NewsArticle` as JSON-LD: one article, and lists of them.
//!
//! Each disclaimer is a work of its own in `usageInfo`, with its language; the text has them as well, so that they are
//! shown by those who show nothing but `articleBody`. There is no `hasPart` for a licensed article: it would name the
//! part of a page that is closed, and the page is the front end's.

use serde_json::{Value, json};

use super::ninjs::{lines, list, object, urn};
use super::notices::{content, plain_summary};
use super::{Feed, Piece, Site};
use crate::articles::api::{ArticleHead, AttachedDisclaimer, Author, Correction, Image};
use crate::articles::words::Access;

const CONTEXT: &str = "https://schema.org";

/// An article as a `NewsArticle`.
#[must_use]
pub fn json_ld(piece: &Piece, site: &Site) -> Value {
    in_context(article(piece, site))
}

/// A list of articles as an `ItemList`. It has no link to its next page, since schema.org has none: the header
/// `Link` names it.
#[must_use]
pub fn json_ld_list(feed: &Feed) -> Value {
    let items = feed.pieces.iter().map(|piece| article(piece, &feed.site)).enumerate();
    let entry = |(at, item)| json!({"@type": "ListItem", "position": at + 1, "item": item});
    let entries: Vec<Value> = items.map(entry).collect();
    // The number is that of the whole list, which a page does not know.
    let number = feed.next.is_none().then_some(feed.pieces.len());
    in_context(object([
        ("@type", Some(json!("ItemList"))),
        ("@id", Some(json!(feed.url))),
        ("url", Some(json!(feed.url))),
        ("name", Some(json!(feed.title()))),
        ("numberOfItems", number.map(Value::from)),
        ("itemListElement", Some(Value::Array(entries))),
    ]))
}

fn in_context(mut node: Value) -> Value {
    if let Value::Object(members) = &mut node {
        members.shift_insert(0, "@context".to_owned(), json!(CONTEXT));
    }
    node
}

fn article(piece: &Piece, site: &Site) -> Value {
    let head = &piece.head;
    let text = piece.html.is_some().then(|| lines(&content(piece))).filter(|text| !text.is_empty());
    let words = piece.html.is_some().then_some(head.word_count);
    let corrections = piece.corrections.iter().filter(|made| made.withdrawn_at.is_none());
    // No property is an embargo's, and those who may read it before its end must see it.
    let embargo = head.embargo_until.map(|at| format!("Embargo until {at}"));
    object([
        ("@type", Some(json!("NewsArticle"))),
        ("@id", Some(json!(urn(&head.id)))),
        ("identifier", list(identifiers(head))),
        ("url", Some(json!(piece.url))),
        ("mainEntityOfPage", Some(json!({"@type": "WebPage", "@id": piece.url}))),
        ("headline", Some(json!(head.title))),
        ("description", plain_summary(piece).map(Value::from)),
        ("articleBody", text.map(Value::from)),
        ("wordCount", words.map(Value::from)),
        ("inLanguage", Some(json!(head.language))),
        ("dateline", head.dateline.as_deref().map(Value::from)),
        ("datePublished", head.published_at.map(|at| json!(at))),
        ("dateModified", Some(json!(piece.changed_at()))),
        ("expires", head.expires_at.map(|at| json!(at))),
        ("creativeWorkStatus", Some(json!(head.state))),
        ("version", Some(json!(head.version))),
        ("author", list(head.authors.iter().map(person))),
        ("publisher", Some(json!({"@type": "Organization", "name": site.name, "url": site.home}))),
        ("sourceOrganization", head.source.as_ref().map(|source| organization(&source.name))),
        ("isBasedOn", list(originals(head).map(Value::from))),
        ("articleSection", head.section.as_deref().map(Value::from)),
        ("keywords", list(head.tags.iter().map(|tag| json!(tag)))),
        ("image", head.image.as_ref().map(picture)),
        ("isAccessibleForFree", Some(json!(head.access == Access::Public))),
        ("conditionsOfAccess", embargo.map(Value::from)),
        ("correction", list(corrections.map(correction))),
        ("usageInfo", list(piece.disclaimers.iter().map(notice))),
    ])
}

/// The article's own name, and the provider's for it.
fn identifiers(head: &ArticleHead) -> impl Iterator<Item = Value> {
    let provider = head.source.as_ref().map(|source| json!(source.name));
    let external = head.external_id.as_deref().map(|id| {
        object([
            ("@type", Some(json!("PropertyValue"))),
            ("propertyID", provider),
            ("value", Some(json!(id))),
        ])
    });
    [json!(urn(&head.id))].into_iter().chain(external)
}

fn organization(name: &str) -> Value {
    json!({"@type": "Organization", "name": name})
}

fn person(author: &Author) -> Value {
    object([
        ("@type", Some(json!("Person"))),
        ("name", Some(json!(author.name))),
        ("url", author.url.as_deref().map(Value::from)),
    ])
}

/// Where it was published first, each address once.
fn originals(head: &ArticleHead) -> impl Iterator<Item = &str> {
    let canonical = head.canonical_url.as_deref();
    let source = head.source.as_ref().and_then(|source| source.url.as_deref());
    canonical.into_iter().chain(source.filter(|source| Some(*source) != canonical))
}

/// The picture. What is written for those who cannot see it is its description, and no caption.
fn picture(image: &Image) -> Value {
    object([
        ("@type", Some(json!("ImageObject"))),
        ("url", Some(json!(image.url))),
        ("contentUrl", Some(json!(image.url))),
        ("description", image.alt.as_deref().map(Value::from)),
        ("creditText", image.credit.as_deref().map(Value::from)),
    ])
}

fn correction(made: &Correction) -> Value {
    json!({
        "@type": "CorrectionComment",
        "@id": urn(&made.id),
        "text": made.note,
        "datePublished": made.corrected_at,
    })
}

/// A disclaimer, whole: as HTML, since a link may be part of what it says.
fn notice(disclaimer: &AttachedDisclaimer) -> Value {
    object([
        ("@type", Some(json!("CreativeWork"))),
        ("@id", Some(json!(urn(&disclaimer.id)))),
        ("identifier", Some(json!(disclaimer.key))),
        ("version", Some(json!(disclaimer.version))),
        ("genre", Some(json!(disclaimer.kind))),
        ("inLanguage", disclaimer.language.as_deref().map(Value::from)),
        ("name", Some(json!(disclaimer.title))),
        ("encodingFormat", Some(json!("text/html"))),
        ("text", Some(json!(disclaimer.body_html))),
    ])
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn an_article_says_what_schema_org_has_a_word_for() {
        let piece = sample::piece();
        let got = json_ld(&piece, &sample::site());
        assert_eq!(got.as_object().and_then(|members| members.keys().next()).unwrap(), "@context");
        for (name, want) in [
            ("@context", json!("https://schema.org")),
            ("@type", json!("NewsArticle")),
            ("@id", json!("urn:uuid:0192d5a0-0000-7000-8000-000000000003")),
            (
                "identifier",
                json!([
                    "urn:uuid:0192d5a0-0000-7000-8000-000000000003",
                    {"@type": "PropertyValue", "propertyID": "Valley & Co Wire", "value": "vw-1"},
                ]),
            ),
            ("url", json!(piece.url)),
            ("mainEntityOfPage", json!({"@type": "WebPage", "@id": piece.url})),
            ("headline", json!("Flood <warning> & more")),
            ("description", json!("The river rises & \"stays\" high.")),
            ("wordCount", json!(12)),
            ("inLanguage", json!("en")),
            ("dateline", json!("LOWER VALLEY")),
            ("datePublished", json!("2026-11-22T10:00:00.000000Z")),
            ("dateModified", json!("2026-11-22T11:00:00.500000Z")),
            ("creativeWorkStatus", json!("published")),
            ("version", json!(7)),
            (
                "author",
                json!([
                    {"@type": "Person", "name": "Ada Marsh", "url": "https://news.example/ada?a=1&b=2"},
                    {"@type": "Person", "name": "Ben <Ito>"},
                ]),
            ),
            (
                "publisher",
                json!({"@type": "Organization", "name": "News & Views", "url": "https://news.example/"}),
            ),
            ("sourceOrganization", json!({"@type": "Organization", "name": "Valley & Co Wire"})),
            (
                "isBasedOn",
                json!(["https://wire.example/original", "https://wire.example/1?a=1&b=2"]),
            ),
            ("articleSection", json!("city")),
            ("keywords", json!(["weather", "river"])),
            ("isAccessibleForFree", json!(true)),
            (
                "correction",
                json!([{
                    "@type": "CorrectionComment",
                    "@id": "urn:uuid:0192d5a0-0000-7000-8000-000000000005",
                    "text": "An earlier version named the \"wrong\" <bridge>.",
                    "datePublished": "2026-11-22T10:30:00.000000Z",
                }]),
            ),
        ] {
            assert_eq!(got[name], want, "{name}");
        }
        assert_eq!(got["image"]["description"], "The river \"at\" the bridge");
        assert_eq!(got["image"]["creditText"], "Photo: C. <Lund>");
        assert_eq!(got["articleBody"], json!(lines(&content(&piece))));
    }

    #[test]
    fn disclaimers_are_whole_and_have_their_languages() {
        for piece in [sample::piece(), sample::teaser()] {
            let got = json_ld(&piece, &sample::site());
            let [agency, advice] = [sample::agency(), sample::advice()];
            assert_eq!(got["usageInfo"].as_array().unwrap().len(), 2);
            assert_eq!(got["usageInfo"][0]["text"], json!(agency.body_html));
            assert_eq!(got["usageInfo"][0].get("inLanguage"), None);
            assert_eq!(got["usageInfo"][1]["text"], json!(advice.body_html));
            assert_eq!(got["usageInfo"][1]["name"], json!(advice.title));
            assert_eq!(got["usageInfo"][1]["inLanguage"], "ar");
            assert_eq!(got["usageInfo"][1]["genre"], "legal");
        }
    }

    #[test]
    fn a_teaser_has_no_text_and_is_not_free() {
        let got = json_ld(&sample::teaser(), &sample::site());
        assert_eq!(got["isAccessibleForFree"], false);
        for name in ["articleBody", "wordCount", "correction"] {
            assert_eq!(got.get(name), None, "{name}");
        }
        assert!(!got.to_string().contains("4.2 m"), "{got}");
    }

    #[test]
    fn what_an_article_lacks_is_left_out() {
        let mut piece = sample::bare();
        let got = json_ld(&piece, &sample::site());
        for name in [
            "description", "articleBody", "dateline", "datePublished", "expires", "author",
            "sourceOrganization", "isBasedOn", "articleSection", "keywords", "image",
            "conditionsOfAccess", "correction", "usageInfo",
        ] {
            assert_eq!(got.get(name), None, "{name}");
        }
        assert_eq!(got["creativeWorkStatus"], "draft");
        piece.head.embargo_until = Some(sample::UPDATED_AT);
        let got = json_ld(&piece, &sample::site());
        assert_eq!(got["conditionsOfAccess"], "Embargo until 2026-11-22T11:00:00.500000Z");
    }

    #[test]
    fn a_list_counts_its_items_if_it_is_whole() {
        let mut feed = sample::feed(vec![sample::piece(), sample::teaser()]);
        let got = json_ld_list(&feed);
        assert_eq!(got["@context"], "https://schema.org");
        assert_eq!(got["@type"], "ItemList");
        assert_eq!(got["name"], json!(feed.title()));
        assert_eq!(got.get("numberOfItems"), None);
        let last = &got["itemListElement"][1];
        assert_eq!((&last["@type"], &last["position"]), (&json!("ListItem"), &json!(2)));
        assert_eq!(last["item"], article(&sample::teaser(), &sample::site()));
        assert_eq!(last["item"].get("@context"), None);
        feed.next = None;
        assert_eq!(json_ld_list(&feed)["numberOfItems"], 2);
    }
}
