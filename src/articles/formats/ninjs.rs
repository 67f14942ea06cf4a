//! ninjs 3.1 (IPTC, "News in JSON"): one article, and lists of them.
//!
//! The standard describes one article and no list. A list has the form of Superdesk Newsroom's News API: `_items` and
//! `_links`, with `next` as its searches have it and `next_page` as its feed has it. Each of `_items` is an article as
//! it would be alone, without further members, since the schema takes none.

use serde_json::{Value, json};

use super::notices::{content, plain_summary};
use super::uri::uri;
use super::{Feed, HTML, Piece, Site};
use crate::articles::api::{ArticleHead, AttachedDisclaimer, Image};
use crate::articles::words::State;
use crate::domain::instant::Instant;
use crate::domain::markup::plain_text;
use crate::domain::text::count_words;

/// The identifier of the schema, as the schema has it.
const SCHEMA: &str = "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#";

/// An article as ninjs.
///
/// Nobody is named as the holder of a copyright, since no member of an article says who that is.
#[must_use]
pub fn ninjs(piece: &Piece, site: &Site) -> Value {
    let head = &piece.head;
    let plain = |role: &str, value: &str| json!({"role": role, "contentType": "text/plain", "value": value});
    object([
        ("uri", Some(json!(urn(&head.id)))),
        ("standard", Some(json!({"name": "ninjs", "version": "3.1", "schema": SCHEMA}))),
        ("type", Some(json!("text"))),
        ("representationType", Some(json!(if piece.is_teaser() { "partial" } else { "full" }))),
        ("version", Some(json!(head.version.to_string()))),
        ("pubStatus", Some(json!(pub_status(head.state)))),
        ("firstCreated", Some(json!(head.created_at))),
        ("versionCreated", Some(json!(head.updated_at))),
        ("contentCreated", Some(json!(content_created(head)))),
        ("embargoedUntil", head.embargo_until.map(|at| json!(at))),
        ("expires", head.expires_at.map(|at| json!(at))),
        ("language", Some(json!(head.language))),
        ("slugline", Some(json!(head.slug))),
        ("headlines", list([plain("main", &head.title)])),
        ("by", byline(head).map(Value::from)),
        ("located", head.dateline.as_deref().map(Value::from)),
        ("descriptions", list(plain_summary(piece).map(|summary| plain("summary", summary)))),
        ("bodies", list(body(piece))),
        ("people", list(people(head))),
        ("infoSources", list(info_sources(head, site))),
        ("subjects", list(subjects(head))),
        ("altIds", list(alt_ids(head))),
        ("usageTerms", usage_terms(piece).map(Value::from)),
        ("rightsInfo", rights_info(piece)),
        ("renditions", list(renditions(piece))),
        ("associations", list(head.image.as_ref().map(association))),
    ])
}

/// A list of articles as ninjs, with a link to its next page.
#[must_use]
pub fn ninjs_list(feed: &Feed) -> Value {
    let link = |href: &str| json!({"title": feed.title(), "href": href});
    let items: Vec<Value> = feed.pieces.iter().map(|piece| ninjs(piece, &feed.site)).collect();
    let next = feed.next.as_deref().map(link);
    let links =
        object([("self", Some(link(&feed.url))), ("next", next.clone()), ("next_page", next)]);
    json!({"_items": items, "_links": links})
}

/// The name of an article, disclaimer or correction in other formats. It is the same whatever name the server is
/// reached by, unlike a URL.
pub(super) fn urn(id: &str) -> String {
    format!("urn:uuid:{id}")
}

/// The word of the IPTC for what receivers may do with an article. What is no longer to be used at all is canceled;
/// what may yet be used is withheld. An embargo is no status.
pub(super) const fn pub_status(state: State) -> &'static str {
    match state {
        State::Published => "usable",
        State::Draft | State::Scheduled | State::Blocked => "withheld",
        State::Withdrawn | State::Trashed => "canceled",
    }
}

/// The earliest instant at which an article is known to have existed: an imported one was published before it came
/// here.
pub(super) fn content_created(head: &ArticleHead) -> Instant {
    head.published_at.map_or(head.created_at, |published_at| published_at.min(head.created_at))
}

/// The names of the authors in one line; `None` if there are none.
pub(super) fn byline(head: &ArticleHead) -> Option<String> {
    let names: Vec<&str> = head.authors.iter().map(|author| author.name.as_str()).collect();
    Some(names.join(", ")).filter(|names| !names.is_empty())
}

/// A disclaimer as plain text, its headline in the first line.
pub(super) fn plain_notice(disclaimer: &AttachedDisclaimer) -> String {
    format!("{}\n{}", disclaimer.title, lines(&disclaimer.body_html)).trim_end().to_owned()
}

/// Sanitised HTML as plain text, a line for each paragraph, cell or other block of it.
pub(super) fn lines(html: &str) -> String {
    // A newline in HTML is a space, except in preformatted text.
    let is_preformatted = html.contains("<pre");
    let text =
        if is_preformatted { plain_text(html) } else { plain_text(&html.replace('\n', " ")) };
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// An object of the members that have a value: the formats have no null.
pub(super) fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let members = members.into_iter();
    members.filter_map(|(name, value)| Some((name, value?))).collect()
}

/// A list; `None` if it is empty.
pub(super) fn list(values: impl IntoIterator<Item = Value>) -> Option<Value> {
    let values: Vec<Value> = values.into_iter().collect();
    (!values.is_empty()).then(|| Value::Array(values))
}

/// The text with its notices. A teaser has only these and its summary, and a role that says so.
fn body(piece: &Piece) -> Option<Value> {
    let html = content(piece);
    let text = lines(&html);
    (!html.is_empty()).then(|| {
        json!({
            "role": if piece.is_teaser() { "teaser" } else { "main" },
            "contentType": "text/html",
            "charCount": text.chars().count(),
            "wordCount": count_words(&text),
            "value": html,
        })
    })
}

fn people(head: &ArticleHead) -> impl Iterator<Item = Value> {
    head.authors.iter().map(|author| {
        object([
            ("name", Some(json!(author.name))),
            ("rel", Some(json!("author"))),
            ("uri", author.url.as_deref().map(|url| json!(uri(url)))),
        ])
    })
}

/// The provider, and the newsroom. A party without a role is one that the article comes from.
fn info_sources(head: &ArticleHead, site: &Site) -> impl Iterator<Item = Value> {
    let provider = head.source.as_ref().map(|source| json!({"name": source.name}));
    let newsroom = object([
        ("name", Some(json!(site.name))),
        ("role", provider.is_some().then(|| json!("distributor"))),
        ("uri", Some(json!(uri(&site.home)))),
    ]);
    provider.into_iter().chain([newsroom])
}

fn subjects(head: &ArticleHead) -> impl Iterator<Item = Value> {
    let subject = |slug: &String, rel: &str| json!({"name": slug, "rel": rel, "literal": slug});
    let section = head.section.iter().map(move |section| subject(section, "section"));
    section.chain(head.tags.iter().map(move |tag| subject(tag, "about")))
}

/// The names that an article has elsewhere.
fn alt_ids(head: &ArticleHead) -> impl Iterator<Item = Value> {
    let source_url = head.source.as_ref().and_then(|source| source.url.as_deref());
    let ids = [
        ("provider", head.external_id.as_deref()),
        ("providerUrl", source_url),
        ("canonicalUrl", head.canonical_url.as_deref()),
    ];
    ids.into_iter().filter_map(|(role, id)| id.map(|id| json!({"role": role, "value": id})))
}

/// All disclaimers as plain text: that they are shown with the article is a term of its use, whatever their kind.
fn usage_terms(piece: &Piece) -> Option<String> {
    let notices: Vec<String> = piece.disclaimers.iter().map(plain_notice).collect();
    Some(notices.join("\n\n")).filter(|notices| !notices.is_empty())
}

/// Where the disclaimers stand by themselves, with their languages and links.
fn rights_info(piece: &Piece) -> Option<Value> {
    let link = uri(&format!("{}/disclaimers", piece.api_url));
    (!piece.disclaimers.is_empty()).then(|| json!({"linkedRights": link}))
}

/// The same article elsewhere: its page, if it has one, and in this API.
fn renditions(piece: &Piece) -> impl Iterator<Item = Value> {
    let page = (piece.url_type == HTML).then_some(("page", &piece.url, HTML));
    let api = ("api", &piece.api_url, "application/json");
    page.into_iter()
        .chain([api])
        .map(|(name, url, kind)| json!({"name": name, "href": uri(url), "contentType": kind}))
}

fn plain_alt(alt: &str) -> Value {
    json!({"role": "alt", "contentType": "text/plain", "value": alt})
}

fn association(image: &Image) -> Value {
    let url = uri(&image.url);
    let alt = image.alt.as_deref().map(plain_alt);
    object([
        ("name", Some(json!("image"))),
        ("uri", Some(json!(url))),
        ("type", Some(json!("picture"))),
        ("by", image.credit.as_deref().map(Value::from)),
        ("descriptions", list(alt)),
        ("renditions", list([json!({"name": "image", "href": url})])),
    ])
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::super::sample;
    use super::*;

    #[test]
    fn an_article_says_all_that_the_schema_has_a_place_for() {
        let piece = sample::piece();
        let got = ninjs(&piece, &sample::site());
        let plain =
            |role, value| json!([{"role": role, "contentType": "text/plain", "value": value}]);
        let picture = "https://img.news.example/river.jpg?w=800&h=600";
        let text = lines(&content(&piece));
        let advice = sample::advice();
        let terms = format!(
            "Agency <report>\nFrom an agency & not edited: its terms.\n\n{}\n{}",
            advice.title,
            lines(&advice.body_html)
        );
        let wanted = [
            ("uri", json!("urn:uuid:0192d5a0-0000-7000-8000-000000000003")),
            ("standard", json!({"name": "ninjs", "version": "3.1", "schema": SCHEMA})),
            ("type", json!("text")),
            ("representationType", json!("full")),
            ("version", json!("7")),
            ("pubStatus", json!("usable")),
            ("firstCreated", json!("2026-11-22T10:00:00.000000Z")),
            ("versionCreated", json!("2026-11-22T11:00:00.500000Z")),
            ("contentCreated", json!("2026-11-22T10:00:00.000000Z")),
            ("language", json!("en")),
            ("slugline", json!("flood-warning")),
            ("headlines", plain("main", "Flood <warning> & more")),
            ("by", json!("Ada Marsh, Ben <Ito>")),
            ("located", json!("LOWER VALLEY")),
            ("descriptions", plain("summary", "The river rises & \"stays\" high.")),
            (
                "bodies",
                json!([{
                    "role": "main",
                    "contentType": "text/html",
                    "charCount": text.chars().count(),
                    "wordCount": count_words(&text),
                    "value": content(&piece),
                }]),
            ),
            (
                "people",
                json!([
                    {"name": "Ada Marsh", "rel": "author", "uri": "https://news.example/ada?a=1&b=2"},
                    {"name": "Ben <Ito>", "rel": "author"},
                ]),
            ),
            (
                "infoSources",
                json!([
                    {"name": "Valley & Co Wire"},
                    {"name": "News & Views", "role": "distributor", "uri": "https://news.example/"},
                ]),
            ),
            (
                "subjects",
                json!([
                    {"name": "city", "rel": "section", "literal": "city"},
                    {"name": "weather", "rel": "about", "literal": "weather"},
                    {"name": "river", "rel": "about", "literal": "river"},
                ]),
            ),
            (
                "altIds",
                json!([
                    {"role": "provider", "value": "vw-1"},
                    {"role": "providerUrl", "value": "https://wire.example/1?a=1&b=2"},
                    {"role": "canonicalUrl", "value": "https://wire.example/original"},
                ]),
            ),
            ("usageTerms", json!(terms)),
            ("rightsInfo", json!({"linkedRights": format!("{}/disclaimers", piece.api_url)})),
            (
                "renditions",
                json!([
                    {"name": "page", "href": piece.url, "contentType": "text/html"},
                    {"name": "api", "href": piece.api_url, "contentType": "application/json"},
                ]),
            ),
            (
                "associations",
                json!([{
                    "name": "image",
                    "uri": picture,
                    "type": "picture",
                    "by": "Photo: C. <Lund>",
                    "descriptions": plain("alt", "The river \"at\" the bridge"),
                    "renditions": [{"name": "image", "href": picture}],
                }]),
            ),
        ];
        assert_eq!(got.as_object().map(Map::len), Some(wanted.len()), "{got}");
        for (name, want) in wanted {
            assert_eq!(got[name], want, "{name}");
        }
    }

    #[test]
    fn a_teaser_is_partial_and_keeps_its_disclaimers() {
        let got = ninjs(&sample::teaser(), &sample::site());
        assert_eq!(got["representationType"], "partial");
        assert_eq!(got["bodies"][0]["role"], "teaser");
        let body = got["bodies"][0]["value"].as_str().unwrap();
        for disclaimer in [sample::agency(), sample::advice()] {
            assert!(body.contains(&disclaimer.body_html), "{body}");
            let terms = got["usageTerms"].as_str().unwrap();
            assert!(terms.contains(&plain_notice(&disclaimer)), "{terms}");
        }
        assert!(!got.to_string().contains("4.2 m"), "{got}");
        assert_eq!(got.get("altIds").map(|ids| ids.as_array().unwrap().len()), Some(1), "{got}");
    }

    #[test]
    fn what_an_article_lacks_is_left_out() {
        let mut piece = sample::bare();
        piece.url_type = "application/json";
        let got = ninjs(&piece, &sample::site());
        let names: Vec<&str> = got.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "uri", "standard", "type", "representationType", "version", "pubStatus",
                "firstCreated", "versionCreated", "contentCreated", "language", "slugline",
                "headlines", "infoSources", "renditions",
            ]
        );
        assert_eq!(got["pubStatus"], "withheld");
        assert_eq!(
            got["infoSources"],
            json!([{"name": "News & Views", "uri": "https://news.example/"}])
        );
        assert_eq!(got["renditions"].as_array().unwrap().len(), 1);
        piece.head.embargo_until = Some(sample::UPDATED_AT);
        piece.head.published_at = Some(Instant::from_micros(0));
        piece.head.state = State::Withdrawn;
        let got = ninjs(&piece, &sample::site());
        assert_eq!(got["embargoedUntil"], "2026-11-22T11:00:00.500000Z");
        assert_eq!(got["contentCreated"], "1970-01-01T00:00:00.000000Z");
        assert_eq!(got["pubStatus"], "canceled");
    }

    #[test]
    fn a_list_leads_to_its_next_page() {
        let mut feed = sample::feed(vec![sample::piece(), sample::teaser()]);
        let got = ninjs_list(&feed);
        assert_eq!(got["_items"][1], ninjs(&sample::teaser(), &sample::site()));
        let href = json!(feed.next);
        assert_eq!(got["_links"]["next"]["href"], href);
        assert_eq!(got["_links"]["next_page"]["href"], href);
        assert_eq!(got["_links"]["self"], json!({"title": feed.title(), "href": feed.url}));
        feed.next = None;
        feed.pieces.clear();
        let got = ninjs_list(&feed);
        assert_eq!(got["_items"], json!([]));
        assert_eq!(got["_links"].as_object().unwrap().len(), 1);
    }

    #[test]
    fn a_url_becomes_a_uri() {
        for (url, want) in [
            ("https://a.example/x?b=1&c=%20#d", "https://a.example/x?b=1&c=%20#d"),
            ("https://a.example/\u{e9}|{x}?[y]", "https://a.example/%C3%A9%7C%7Bx%7D?%5By%5D"),
            ("https://[2001:db8::1]:8080/[", "https://[2001:db8::1]:8080/%5B"),
            ("https://b\u{fc}cher.example", "https://b%C3%BCcher.example"),
            ("https://a.example/100%?%4#a#b", "https://a.example/100%25?%254#a%23b"),
            ("https://a.example/%e4%zz\\", "https://a.example/%e4%25zz%5C"),
        ] {
            assert_eq!(uri(url), want);
            assert_eq!(uri(want), want);
        }
    }

    #[test]
    fn blocks_are_lines() {
        for (html, want) in [
            ("<p>One\ntwo <b>th</b>ree</p>\n<ul>\n<li>four</li>\n</ul>\n", "One two three\nfour"),
            ("<p>a<br>\nb</p>", "a\nb"),
            ("<pre><code>a\n b</code></pre>\n", "a\nb"),
            ("", ""),
        ] {
            assert_eq!(lines(html), want);
        }
    }
}
