//! JSON Feed 1.1.
//!
//! `content_html` is in every item and has the disclaimers; readers show `summary` only where they
//! list items. The extension `_copydesk` has what the format has no place for:
//!
//! | member | of an item |
//! |---|---|
//! | `id`, `version`, `url` | the article's id and version, and its URL in the API |
//! | `access` | `restricted` if it is licensed; `teaser` is true if its text was left out |
//! | `dateline`, `section`, `source`, `canonical_url`, `image` | as in the article |
//! | `corrections` | all of them, as in the article; those that are withdrawn say so |
//! | `disclaimers` | all of them in full, in display order, as in the article |
//!
//! The feed's own `_copydesk` has `about`, where all of these are explained.

use serde_json::{Map, Value, json};

use super::rss::image_type;
use super::{Feed, Piece, notices};
use crate::articles::api::{Author, Image};

/// The version of the format, as feeds name it.
const VERSION: &str = "https://jsonfeed.org/version/1.1";

/// A feed as JSON Feed. Members without a value are left out: readers take `null` for a fault.
#[must_use]
pub fn json_feed(feed: &Feed) -> Value {
    let site = &feed.site;
    let hubs = feed.hub.as_ref().map(|hub| json!([{ "type": "WebSub", "url": hub }]));
    let items: Vec<Value> = feed.pieces.iter().map(item).collect();
    given([
        ("version", Some(json!(VERSION))),
        ("title", Some(json!(feed.title()))),
        ("home_page_url", Some(json!(site.home))),
        ("feed_url", Some(json!(feed.url))),
        ("next_url", feed.next.as_ref().map(|next| json!(next))),
        ("authors", Some(json!([{ "name": site.name, "url": site.home }]))),
        ("language", Some(json!(site.language))),
        ("hubs", hubs),
        ("_copydesk", Some(json!({ "about": format!("{}/docs", site.api) }))),
        ("items", Some(Value::Array(items))),
    ])
}

fn item(piece: &Piece) -> Value {
    let head = &piece.head;
    let source_url = head.source.as_ref().and_then(|source| source.url.as_ref());
    let tags: Vec<&String> = head.section.iter().chain(&head.tags).collect();
    let authors: Vec<Value> = head.authors.iter().map(author).collect();
    given([
        ("id", Some(json!(format!("urn:uuid:{}", head.id)))),
        ("url", Some(json!(piece.url))),
        ("external_url", head.canonical_url.as_ref().or(source_url).map(|url| json!(url))),
        ("title", Some(json!(head.title))),
        ("content_html", Some(json!(notices::content(piece)))),
        ("summary", notices::plain_summary(piece).map(|summary| json!(summary))),
        ("image", head.image.as_ref().map(|image| json!(image.url))),
        ("date_published", head.published_at.map(|at| json!(Piece::in_millis(at)))),
        ("date_modified", Some(json!(Piece::in_millis(piece.changed_at())))),
        ("authors", Some(Value::Array(authors)).filter(|_| !head.authors.is_empty())),
        ("tags", Some(json!(tags)).filter(|_| !tags.is_empty())),
        ("language", Some(json!(head.language))),
        ("attachments", head.image.as_ref().and_then(attachments)),
        ("_copydesk", Some(extension(piece))),
    ])
}

fn extension(piece: &Piece) -> Value {
    let head = &piece.head;
    json!({
        "id": head.id,
        "version": head.version,
        "url": piece.api_url,
        "access": head.access,
        "teaser": piece.is_teaser(),
        "dateline": head.dateline,
        "section": head.section,
        "source": head.source,
        "canonical_url": head.canonical_url,
        "image": head.image,
        "corrections": piece.corrections,
        "disclaimers": piece.disclaimers,
    })
}

fn author(author: &Author) -> Value {
    given([("name", Some(json!(author.name))), ("url", author.url.as_ref().map(|url| json!(url)))])
}

/// The picture as an attachment, which needs a media type.
fn attachments(image: &Image) -> Option<Value> {
    let kind = image_type(&image.url)?;
    let attachment = given([
        ("url", Some(json!(image.url))),
        ("mime_type", Some(json!(kind))),
        ("title", image.alt.as_ref().map(|alt| json!(alt))),
    ]);
    Some(Value::Array(vec![attachment]))
}

/// An object of the members that have a value.
fn given<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let members = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(members.collect::<Map<String, Value>>())
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn an_item_has_all_that_its_article_has() {
        let piece = sample::piece_in("ar");
        let content = notices::content(&piece);
        let feed = json_feed(&sample::feed(vec![piece]));
        assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
        assert_eq!(feed["title"], "News & Views: city, weather");
        assert_eq!(feed["hubs"], json!([{ "type": "WebSub", "url": "https://hub.example/" }]));
        assert!(feed["next_url"].as_str().unwrap().contains("cursor=abc"));
        assert_eq!(feed["_copydesk"]["about"], "https://api.news.example/docs");
        let item = &feed["items"][0];
        assert_eq!(item["id"], "urn:uuid:0192d5a0-0000-7000-8000-000000000003");
        assert_eq!(item["content_html"], content);
        assert_eq!(item["summary"], "The river rises & \"stays\" high.");
        assert_eq!(item["language"], "ar");
        assert_eq!(item["external_url"], "https://wire.example/original");
        assert_eq!(item["date_published"], "2026-11-22T10:00:00.000Z");
        assert_eq!(item["date_modified"], "2026-11-22T11:00:00.500Z");
        assert_eq!(item["tags"], json!(["city", "weather", "river"]));
        assert_eq!(
            item["authors"],
            json!([
                { "name": "Ada Marsh", "url": "https://news.example/ada?a=1&b=2" },
                { "name": "Ben <Ito>" },
            ])
        );
        assert_eq!(item["attachments"][0]["mime_type"], "image/jpeg");
        let ours = &item["_copydesk"];
        assert_eq!((&ours["version"], &ours["access"]), (&json!(7), &json!("public")));
        assert_eq!(ours["url"], format!("https://api.news.example/v1/articles/{}", sample::ID));
        assert_eq!(ours["image"]["credit"], "Photo: C. <Lund>");
        assert_eq!(ours["disclaimers"], json!([sample::agency(), sample::advice()]));
        assert_eq!(ours["corrections"][1]["withdrawn_at"], "2026-11-22T11:00:00.500000Z");
    }

    #[test]
    fn a_teaser_has_its_disclaimers_and_no_text() {
        let feed = json_feed(&sample::feed(vec![sample::teaser()]));
        let item = &feed["items"][0];
        let html = item["content_html"].as_str().unwrap();
        assert!(!html.contains("4.2 m") && html.contains(&sample::advice().body_html), "{html}");
        assert_eq!(item["_copydesk"]["teaser"], true);
        assert_eq!(item["_copydesk"]["access"], "restricted");
        assert_eq!(item["_copydesk"]["disclaimers"][0]["title"], "Agency <report>");
    }

    #[test]
    fn what_an_article_has_not_is_not_there() {
        let feed = json_feed(&sample::feed(vec![sample::bare()]));
        let item = feed["items"][0].as_object().unwrap();
        let names: Vec<&String> = item.keys().collect();
        assert_eq!(
            names,
            ["id", "url", "title", "content_html", "date_modified", "language", "_copydesk"]
        );
        assert_eq!(item["content_html"], "");
    }
}
