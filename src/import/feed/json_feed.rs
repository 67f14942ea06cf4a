//! JSON Feed 1 and 1.1. It is read member by member: feed-rs has no place for pictures and languages of records, puts a
//! plain text where a summary stands, and refuses a whole feed for one number where a text must stand.

use serde_json::{Map, Value, json};

use super::date::Date;
use super::entry::{Entry, Form, Head, Text};
use super::people;
use super::pictures::{Media, picture};
use super::speaking::Spoken;
use crate::import::words;

/// How much of a name is told, in code points.
const NAME_MAX: usize = 80;
/// Members of a record that the versions of JSON Feed have.
const OF_ITEM: [&str; 16] = [
    "attachments", "author", "authors", "banner_image", "content_html", "content_text",
    "date_modified", "date_published", "external_url", "id", "image", "language", "summary",
    "tags", "title", "url",
];
/// Members of the feed itself.
const OF_FEED: [&str; 15] = [
    "author", "authors", "description", "expired", "favicon", "feed_url", "home_page_url", "hubs",
    "icon", "items", "language", "next_url", "title", "user_comment", "version",
];

/// The feed itself.
pub fn head(feed: &Map<String, Value>, fetched_from: Option<&str>) -> Head {
    let (spoken, unclear) = match spoken(feed, &OF_FEED) {
        Ok(spoken) => (spoken.of_feed(), None),
        Err(reason) => (Spoken::default(), Some(reason)),
    };
    Head {
        title: text(feed, "title").and_then(|title| words::line(&title)),
        link: text(feed, "home_page_url"),
        id: text(feed, "feed_url"),
        language: text(feed, "language"),
        rights: None,
        authors: authors(feed),
        fetched_from: fetched_from.map(str::to_owned).or_else(|| text(feed, "feed_url")),
        spoken,
        unclear,
    }
}

/// The id of a record, else its URL.
pub fn id(item: &Value) -> Option<String> {
    let item = item.as_object()?;
    text(item, "id").or_else(|| text(item, "url"))
}

/// A record.
///
/// # Errors
/// Why it is refused.
pub fn entry(item: &Value, head: &Head) -> Result<Entry, String> {
    let Value::Object(item) = item else {
        return Err("must be an object: a record of a feed".to_owned());
    };
    let spoken = spoken(item, &OF_ITEM)?;
    let link = text(item, "url");
    let mut media = Media::default();
    media.page.clone_from(&link);
    if let Some(url) = text(item, "image").or_else(|| text(item, "banner_image")) {
        media.push_picture(&url);
    }
    for file in list(item, "attachments").filter_map(Value::as_object) {
        if let Some(url) = text(file, "url") {
            media.push(
                &url,
                file.get("mime_type").and_then(Value::as_str),
                text(file, "title"),
                None,
            );
        }
    }
    let (image, warnings) = picture(&media);
    let mut metadata = Map::new();
    if let Some(url) = text(item, "external_url") {
        metadata.insert("external_url".to_owned(), json!(url));
    }
    let html = text(item, "content_html").and_then(|html| Text::of(html, Form::Html));
    let plain = || text(item, "content_text").and_then(|plain| Text::of(plain, Form::Plain));
    let own = authors(item);
    Ok(Entry {
        id: text(item, "id"),
        link,
        title: text(item, "title").and_then(|title| words::line(&title)),
        content: html.or_else(plain),
        summary: text(item, "summary").and_then(|summary| Text::of(summary, Form::Plain)),
        published: date(item, "date_published"),
        updated: date(item, "date_modified"),
        authors: if own.is_empty() { head.authors.clone() } else { own },
        tags: list(item, "tags").filter_map(Value::as_str).map(str::to_owned).collect(),
        image,
        language: text(item, "language"),
        base: None,
        is_draft: false,
        rights: None,
        spoken,
        metadata,
        warnings,
    })
}

/// What members say that are not of JSON Feed: extensions and programs of a house have them.
fn spoken(members: &Map<String, Value>, known: &[&str]) -> Result<Spoken, String> {
    let mut spoken = Spoken::default();
    for (name, value) in members.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
        let (path, _) = words::cut(name, NAME_MAX);
        spoken.hear_in(&path, "", name, value)?;
    }
    Ok(spoken)
}

/// A text, or a number as one; `None` if it is blank.
fn text(members: &Map<String, Value>, name: &str) -> Option<String> {
    let text = match members.get(name)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn date(members: &Map<String, Value>, name: &str) -> Date {
    match members.get(name) {
        None | Some(Value::Null) => Date::Missing,
        Some(Value::String(text)) => Date::parse(text),
        Some(other) => Date::Unread(other.to_string()),
    }
}

fn list<'a>(
    members: &'a Map<String, Value>,
    name: &str,
) -> impl Iterator<Item = &'a Value> + use<'a> {
    members.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// The names of authors, in the words of both versions.
fn authors(members: &Map<String, Value>) -> Vec<String> {
    let one = members.get("author").into_iter();
    words::each_once(one.chain(list(members, "authors")).filter_map(|author| {
        let name = author.as_str().or_else(|| author.get("name")?.as_str())?;
        people::name_of(name)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(item: Value) -> Result<Entry, String> {
        let head = Head { authors: vec!["Desk".to_owned()], ..Head::default() };
        entry(&item, &head)
    }

    #[test]
    fn html_is_the_content_and_no_text_is_a_summary() {
        let both = read(json!({"id": 7, "content_html": "<p>a</p>", "content_text": "a"})).unwrap();
        assert_eq!(both.id.as_deref(), Some("7"));
        assert_eq!(both.content, Text::of("<p>a</p>", Form::Html));
        assert_eq!(both.summary, None);
        assert_eq!(both.authors, ["Desk"]);
        let plain = read(json!({"content_text": "a <p> b", "authors": [{"name": "Ida"}, {"url": "x"}], "author": {"name": "Ida"}})).unwrap();
        assert_eq!(plain.content, Text::of("a <p> b", Form::Plain));
        assert_eq!(plain.authors, ["Ida"]);
        assert_eq!(plain.published, Date::Missing);
        let odd =
            read(json!({"date_published": 17, "tags": ["a", 1], "image": "https://x.example/a"}))
                .unwrap();
        assert_eq!(odd.published, Date::Unread("17".to_owned()));
        assert_eq!(odd.tags, ["a"]);
        assert_eq!(odd.image.unwrap()["url"], "https://x.example/a");
        assert!(read(json!("x")).is_err());
    }

    #[test]
    fn words_about_visibility_are_heard_or_refused() {
        for (item, want) in [
            (json!({"_draft": true}), Some(true)),
            (json!({"draft": false}), Some(false)),
            (json!({"draft": "yes"}), Some(true)),
            (json!({"draft": "perhaps"}), None),
            (json!({"Status": "Draft"}), Some(true)),
            (json!({"status": "published"}), Some(false)),
            (json!({"status": 1}), None),
            (json!({"status": true}), None),
            (json!({"published": false}), Some(true)),
            (json!({"published": true}), Some(false)),
            (json!({"visibility": null}), Some(false)),
            (json!({"visibility": "members"}), Some(true)),
            (json!({"visibility": "gold"}), None),
            (json!({"access": "public"}), Some(false)),
            (json!({"access": "restricted"}), Some(true)),
            (json!({"access": true}), None),
            (json!({"is_private": true}), Some(true)),
            (json!({"members_only": true}), Some(true)),
            (json!({"membersOnly": false}), Some(false)),
            (json!({"premium": true}), Some(true)),
            (json!({"premium": "free"}), Some(false)),
            (json!({"password": "x"}), Some(true)),
            (json!({"password": ""}), Some(false)),
            (json!({"isAccessibleForFree": false}), Some(true)),
            (json!({"_paywall": true}), Some(true)),
            (json!({"_paywall": {"enabled": false}}), Some(false)),
            (json!({"paywall": {"price": 2}}), None),
            // Extensions say it too.
            (json!({"_house": {"draft": true}}), Some(true)),
            (json!({"_house": {"published": false}}), Some(true)),
            (json!({"_house": {"published": "2026-01-09T17:30:00Z"}}), Some(false)),
            (json!({"_house": {"status": "embargoed"}}), Some(true)),
            (json!({"_house": {"desk": {"is-hidden": true}}}), Some(true)),
            (json!({"_members": {"only": true}}), Some(true)),
            (json!({"_members": {"count": 17}}), Some(false)),
            (json!({"_microblog": {"is_hidden": true}}), Some(true)),
            (
                json!({"_microblog": {"is_favorite": true, "comments": {"hidden": true}}}),
                Some(false),
            ),
            (json!({"_copydesk": {"access": "restricted", "version": 7}}), Some(true)),
            (json!({"house": {"draft": true}}), Some(true)),
            (json!({"_embargo": true}), Some(true)),
            (json!({"_embargo": "tomorrow"}), Some(true)),
            (json!({"_embargo": "2030-01-01T00:00:00Z"}), Some(false)),
            (json!({}), Some(false)),
        ] {
            let read = read(item.clone()).map(|entry| entry.spoken.is_held).ok();
            assert_eq!(read, want, "{item}");
        }
        let shown =
            format!("{:?}", read(json!({"_password": "sesame", "_x": {"password": ["sesame"]}})));
        assert!(!shown.contains("sesame"), "{shown}");
    }

    #[test]
    fn what_a_feed_says_is_said_of_its_records() {
        let of = |feed: Value| head(feed.as_object().unwrap(), None);
        assert!(of(json!({"_members_only": true, "items": []})).spoken.is_held);
        assert!(of(json!({"_house": {"status": "perhaps"}})).unclear.is_some());
        let usual = of(json!({"version": "x", "expired": true, "_house": {"about": "y"}}));
        assert_eq!((usual.spoken, usual.unclear), (Spoken::default(), None));
    }
}
