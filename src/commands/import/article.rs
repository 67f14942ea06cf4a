//! Front matter made into an article as a client would send it, so that the
//! same rules judge both.

use serde_json::{Map, Value, json};

use crate::domain::instant::Instant;
use crate::domain::slug::{is_slug, spell};

use super::front_matter::Page;
use super::{Expiry, Refused};

/// Names of front matter that have a place of their own in an article, apart
/// from those that are renamed on the way.
const KEPT: [&str; 3] = ["slug", "title", "summary"];

/// Which front matter members of an article come from, where not from their own name.
const COMES_FROM: [(&str, &[&str]); 9] = [
    ("/slug", &["slug", "title"]),
    ("/summary", &["summary", "deck"]),
    ("/state", &["draft"]),
    ("/published_at", &["date"]),
    ("/authors", &["authors", "author"]),
    ("/tags", &["topics", "tags"]),
    ("/source/url", &["source_url"]),
    ("/canonical_url", &["canonical"]),
    ("/expires_at", &["expirydate"]),
];

/// The line of a page on which the member at `pointer` of its article stands;
/// the first of its front matter where that does not say it.
pub fn line_of(page: &Page<'_>, pointer: &str) -> usize {
    if pointer.starts_with("/body") {
        return page.body_line;
    }
    let own = pointer.split('/').nth(1).unwrap_or_default();
    let known = COMES_FROM
        .iter()
        .find(|(member, _)| pointer.starts_with(member));
    let names = known.map_or(&[][..], |(_, names)| names);
    let line = names
        .iter()
        .chain([&own])
        .find_map(|name| page.lines.get(*name));
    line.copied().unwrap_or(page.first_line)
}

/// Makes the body of a creation from front matter and text. What has no place
/// in an article goes to `metadata`.
///
/// # Errors
/// What cannot be understood, with its line.
pub fn from_page(page: &Page<'_>, expiry: Expiry) -> Result<Value, Refused> {
    let mut front = page.members.clone();
    let refuse = |pointer: &str, reason: String| Refused::at(line_of(page, pointer), reason);
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
        Some(other) => {
            let reason = format!("`draft` must be true or false, not {other:?}");
            return Err(refuse("/state", reason));
        }
    };
    article.insert(
        "state".to_owned(),
        json!(if draft { "draft" } else { "published" }),
    );
    match take("date") {
        Some(date) => {
            let date = date.as_str().unwrap_or_default();
            let at = instant(date).ok_or_else(|| {
                let reason = format!("`date` must be a date such as 2014-09-19 or 2014-09-19 10:00:38 -0400, not {date:?}");
                refuse("/published_at", reason)
            })?;
            article.insert("published_at".to_owned(), json!(at));
        }
        None if draft => {}
        None => {
            let reason = "`date` is missing: an article that is no draft needs the instant of its publication";
            return Err(refuse("/published_at", reason.to_owned()));
        }
    }
    if expiry == Expiry::Honoured
        && let Some(date) = take("expirydate")
    {
        let date = date.as_str().unwrap_or_default();
        let at = instant(date).ok_or_else(|| {
            let reason = format!("`expirydate` must be a date, not {date:?}");
            refuse("/expires_at", reason)
        })?;
        article.insert("expires_at".to_owned(), json!(at));
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
    article.insert("body".to_owned(), json!(page.body));
    Ok(Value::Object(article))
}

/// The slugs that a page's aliases had: the last segment of each.
pub fn former_slugs(page: &Page<'_>) -> Vec<String> {
    let aliases = page
        .members
        .get("aliases")
        .cloned()
        .map(list)
        .unwrap_or_default();
    let last = |alias: &Value| {
        let alias = alias.as_str()?.trim_end_matches('/');
        let segment = alias.rsplit('/').next()?;
        let segment = segment.strip_suffix(".html").unwrap_or(segment);
        // A year or a month is the name of a list.
        let is_number = segment.bytes().all(|c| c.is_ascii_digit());
        (is_slug(segment) && !is_number).then(|| segment.to_owned())
    };
    aliases.iter().filter_map(last).collect()
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

/// Reads RFC 3339, or what else Hugo's pages have: a space for the `T`, one digit for the hour, no
/// seconds, a zone without its colon or none at all (UTC then, as in Hugo), a day alone (its
/// midnight). What is finer than a microsecond is left out.
fn instant(text: &str) -> Option<Instant> {
    let (day, rest) = text.trim().split_at_checked("2014-09-19".len())?;
    let rest = rest.trim_start_matches(['T', 't', ' ']);
    let at_zone = rest.find(['Z', 'z', '+', '-', ' ']).unwrap_or(rest.len());
    let (time, zone) = rest.split_at(at_zone);
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let time = match time.split(':').collect::<Vec<_>>().as_slice() {
        [""] if fraction == "0" => "00:00:00".to_owned(),
        [hour, minute] => format!("{hour:0>2}:{minute}:00"),
        [hour, minute, second] => format!("{hour:0>2}:{minute}:{second}"),
        _ => return None,
    };
    let fraction = fraction.get(..6).unwrap_or(fraction);
    let zone = match zone.trim() {
        "" | "Z" | "z" | "UTC" => "Z".to_owned(),
        zone if zone.len() == "-0400".len() => format!("{}:{}", zone.get(..3)?, zone.get(3..)?),
        zone => zone.to_owned(),
    };
    Instant::parse(&format!("{day}T{time}.{fraction}{zone}"))
}

#[cfg(test)]
mod tests {
    use super::super::front_matter::split;
    use super::*;

    fn article(front: &str) -> Result<Value, String> {
        let text = format!("---\n{front}\n---\n\nText");
        from_page(&split(&text).unwrap().unwrap(), Expiry::Kept)
            .map_err(|refused| refused.to_string())
    }

    #[test]
    fn everything_finds_its_place() {
        let front = "slug: a-b\ndate: 2014-09-19 9:00:38 -0400\ntitle: A\ndeck: D\nkicker: K\nauthors: [one, {name: two}, ]\ntopics: [Open Data, open-data]\nsource: 18f\nsource_url: https://18f.example/x\ncanonical: https://example.com/y\nexpirydate: 2025-01-01\nweight: 1\naliases: [/old]\nsummary: ''\nimage:";
        assert_eq!(
            article(front).unwrap(),
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
    fn a_date_is_read_as_hugo_reads_it() {
        for (text, want) in [
            ("2014-09-19 10:00:38 -0400", "2014-09-19T14:00:38"),
            ("2014-09-19T10:00:38+02:00", "2014-09-19T08:00:38"),
            ("2014-09-19 10:00:38+02:00", "2014-09-19T08:00:38"),
            ("2014-09-19 10:00:38", "2014-09-19T10:00:38"),
            ("2014-09-19T10:00:38", "2014-09-19T10:00:38"),
            ("2014-09-19T10:00:38-0400", "2014-09-19T14:00:38"),
            ("2014-09-19 10:00:38Z", "2014-09-19T10:00:38"),
            ("2014-09-19 9:00 -0400", "2014-09-19T13:00:00"),
            ("2014-09-19T10:00", "2014-09-19T10:00:00"),
            ("2014-09-19", "2014-09-19T00:00:00"),
        ] {
            let made = article(&format!("title: A\ndate: {text}")).unwrap();
            assert_eq!(made["published_at"], format!("{want}.000000Z"), "{text}");
        }
        let fine = article("title: A\ndate: 2014-09-19 10:00:38.123456789 -0400").unwrap();
        assert_eq!(fine["published_at"], "2014-09-19T14:00:38.123456Z");
        for text in [
            "soon",
            "2014-13-01",
            "19.09.2014",
            "14-09-19",
            "0000-01-01",
            "2014-09-19 at noon",
            "2014-09-19 10",
        ] {
            let reason = article(&format!("title: A\ndate: {text}")).unwrap_err();
            assert!(reason.starts_with("3: `date` must be a date"), "{reason}");
        }
    }

    #[test]
    fn what_is_refused_has_its_line() {
        for (front, want) in [
            ("title: A", "1: `date` is missing"),
            ("title: A\ndraft: maybe", "3: `draft`"),
        ] {
            let reason = article(front).unwrap_err();
            assert!(reason.starts_with(want), "{reason}");
        }
        assert_eq!(
            article("title: A\ndraft: 'true'").unwrap()["state"],
            "draft"
        );
        let page = split("---\ntitle: A\n\ntopics: [x]\nsource_url: u\n---\nText")
            .unwrap()
            .unwrap();
        for (pointer, line) in [
            ("/slug", 2),
            ("/tags/0", 4),
            ("/source/url", 5),
            ("/source", 1),
            ("/metadata/x", 1),
            ("/body", 7),
        ] {
            assert_eq!(line_of(&page, pointer), line, "{pointer}");
        }
    }
}
