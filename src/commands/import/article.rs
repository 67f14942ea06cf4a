//! Front matter made into an article as a client would send it, so that the
//! same rules judge both.

use jiff::fmt::strtime;
use serde_json::{Map, Value, json};

use crate::domain::instant::Instant;
use crate::domain::slug::spell;

/// Names of front matter that have a place of their own in an article, apart
/// from those that are renamed on the way.
const KEPT: [&str; 3] = ["slug", "title", "summary"];

/// Makes the body of a creation from front matter and text. What has no place
/// in an article goes to `metadata`.
///
/// # Errors
/// What cannot be understood, in one line.
pub fn from_front_matter(mut front: Map<String, Value>, body: &str) -> Result<Value, String> {
    let mut take = |name: &str| front.remove(name).filter(|value| !is_empty(value));
    let mut article = Map::new();
    for name in KEPT {
        if let Some(value) = take(name) {
            article.insert(name.to_owned(), value);
        }
    }
    let draft = match take("draft")
        .as_ref()
        .map(|value| value.as_str().unwrap_or_default())
    {
        None => false,
        Some(word) if word.eq_ignore_ascii_case("false") => false,
        Some(word) if word.eq_ignore_ascii_case("true") => true,
        Some(other) => return Err(format!("`draft` must be true or false, not {other:?}")),
    };
    article.insert(
        "state".to_owned(),
        json!(if draft { "draft" } else { "published" }),
    );
    match take("date") {
        Some(date) => {
            let date = date.as_str().unwrap_or_default();
            let at = instant(date).ok_or_else(|| format!("`date` must be a date with time and zone such as 2014-09-19 10:00:38 -0400, not {date:?}"))?;
            article.insert("published_at".to_owned(), json!(at));
        }
        None if draft => {}
        None => return Err(
            "`date` is missing: an article that is no draft needs the instant of its publication"
                .to_owned(),
        ),
    }
    let authors: Vec<Value> = take("authors")
        .or_else(|| take("author"))
        .into_iter()
        .flat_map(list)
        .map(|author| match author {
            Value::String(name) => json!({"name": name}),
            other => other,
        })
        .collect();
    article.insert("authors".to_owned(), json!(authors));
    let tags: Vec<String> = ["topics", "tags"]
        .into_iter()
        .filter_map(&mut take)
        .flat_map(list)
        .filter_map(|tag| spell(tag.as_str()?))
        .collect();
    article.insert("tags".to_owned(), json!(tags));
    if let Some(name) = take("source") {
        article.insert(
            "source".to_owned(),
            json!({"name": name, "url": take("source_url")}),
        );
    }
    if let Some(url) = take("canonical") {
        article.insert("canonical_url".to_owned(), url);
    }
    let deck = front
        .get("deck")
        .filter(|deck| deck.is_string() && !is_empty(deck))
        .cloned();
    if !article.contains_key("summary")
        && let Some(deck) = deck
    {
        article.insert("summary".to_owned(), deck);
    }
    front.retain(|_, value| !is_empty(value));
    article.insert("metadata".to_owned(), Value::Object(front));
    article.insert("body".to_owned(), json!(body));
    Ok(Value::Object(article))
}

/// Whether nothing was written behind a name.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.iter().all(is_empty),
        _ => false,
    }
}

/// One value or a list of them.
fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.into_iter().filter(|item| !is_empty(item)).collect(),
        single => vec![single],
    }
}

/// Reads `2014-09-19 10:00:38 -0400`, or RFC 3339.
fn instant(text: &str) -> Option<Instant> {
    let text = text.trim();
    Instant::parse(text).or_else(|| {
        [
            "%Y-%m-%d %H:%M:%S %z",
            "%Y-%m-%d %H:%M:%S %:z",
            "%Y-%m-%d %H:%M %z",
        ]
        .iter()
        .find_map(|format| {
            let broken_down = strtime::parse(format, text).ok()?;
            Some(Instant::from_micros(
                broken_down.to_timestamp().ok()?.as_microsecond(),
            ))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn article(front: Value) -> Result<Value, String> {
        from_front_matter(front.as_object().cloned().unwrap(), "Text")
    }

    #[test]
    fn everything_finds_its_place() {
        let made = article(json!({
            "slug": "a-b", "date": "2014-09-19 9:00:38 -0400", "title": "A", "deck": "D", "kicker": "K",
            "authors": ["one", {"name": "two"}, null], "topics": ["Open Data", "open-data"],
            "source": "18f", "source_url": "https://18f.example/x", "canonical": "https://example.com/y",
            "expirydate": "2025-01-01", "weight": "1", "aliases": ["/old"], "summary": "", "image": null,
        }))
        .unwrap();
        assert_eq!(
            made,
            json!({
                "slug": "a-b", "title": "A", "state": "published", "published_at": "2014-09-19T13:00:38.000000Z",
                "authors": [{"name": "one"}, {"name": "two"}], "tags": ["open-data", "open-data"],
                "source": {"name": "18f", "url": "https://18f.example/x"}, "canonical_url": "https://example.com/y",
                "summary": "D", "body": "Text",
                "metadata": {"deck": "D", "kicker": "K", "expirydate": "2025-01-01", "weight": "1", "aliases": ["/old"]},
            })
        );
    }

    #[test]
    fn a_date_needs_its_zone_unless_it_is_a_draft() {
        assert!(
            article(json!({"title": "A"}))
                .unwrap_err()
                .contains("`date` is missing")
        );
        assert!(
            article(json!({"title": "A", "date": "2014-09-19"}))
                .unwrap_err()
                .contains("zone")
        );
        assert!(
            article(json!({"title": "A", "draft": "maybe"}))
                .unwrap_err()
                .contains("`draft`")
        );
        assert_eq!(
            article(json!({"title": "A", "draft": "true"})).unwrap()["state"],
            "draft"
        );
    }
}
