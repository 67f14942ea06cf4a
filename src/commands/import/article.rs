//! Converts front matter to an article as a client would send it, so that the same rules apply to
//! both.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::articles::term_slug;
use crate::domain::slug::{is_slug, spell};

use super::dates::{instant, of_name};
use super::front_matter::Page;
use super::tree::{Place, Unclear, stem_of};
use super::visibility::{is_kept_back, speaks_of_it, truth};
use super::{Expiry, Refused};

/// Front matter that is a member of the article under the same name; other members are renamed.
const KEPT: [&str; 2] = ["slug", "title"];
/// Candidates for the summary; the first that is not empty is taken.
const SUMMARIES: [&str; 4] = ["summary", "description", "deck", "excerpt"];
/// Those of them that are more than a summary, and are kept in `metadata` as well.
const STAYING: [&str; 1] = ["deck"];
/// Candidates for the date of publication, the first that is not empty (Hugo's order; Jekyll has
/// `date`).
const DATES: [&str; 4] = ["publishdate", "pubdate", "published", "date"];
/// Candidates for the date of expiry.
const ENDS: [&str; 2] = ["expirydate", "unpublishdate"];
/// Front matter with the page's present or former URLs.
const ADDRESSES: [&str; 4] = ["aliases", "url", "permalink", "redirect_from"];

/// The front matter that members of an article are made from, if it has another name.
const COMES_FROM: [(&str, &[&str]); 10] = [
    ("/slug", &["slug", "title"]),
    ("/summary", &SUMMARIES),
    ("/state", &["draft"]),
    ("/published_at", &DATES),
    ("/authors", &["authors", "author"]),
    ("/tags", &["topics", "tags"]),
    ("/source/url", &["source_url"]),
    ("/canonical_url", &["canonical"]),
    ("/expires_at", &ENDS),
    ("/language", &["language", "lang"]),
];

/// The line of a page with the member at `pointer` of its article; the first line of its front
/// matter if no line has it.
pub fn line_of(page: &Page<'_>, pointer: &str) -> usize {
    if pointer.starts_with("/body") {
        return page.body_line;
    }
    let own = pointer.split('/').nth(1).unwrap_or_default();
    let known = COMES_FROM.iter().find(|(member, _)| pointer.starts_with(member));
    let names = known.map_or(&[][..], |(_, names)| names);
    let line = names.iter().chain([&own]).find_map(|name| line_of_name(page, name));
    line.unwrap_or(page.first_line)
}

/// The line of the member `name`, in upper or lower case.
fn line_of_name(page: &Page<'_>, name: &str) -> Option<usize> {
    let lines = page.lines.iter();
    let mut same = lines.filter(|(known, _)| known.to_lowercase() == name);
    same.next().map(|(_, line)| *line)
}

/// A page's members by their lower-case names, as Hugo has them, with the names as written.
struct Front {
    members: Map<String, Value>,
    written: Map<String, Value>,
}

impl Front {
    /// The page's own members, and those from the folders above it that it lacks.
    fn of(page: &Page<'_>, place: &Place) -> Result<Self, Refused> {
        let (mut members, mut written) = (Map::new(), Map::new());
        for (name, value) in &page.members {
            let key = name.to_lowercase();
            if members.get(&key).is_some_and(|before| before != value) {
                let line = page.lines.get(name).copied().unwrap_or(page.first_line);
                let reason = format!(
                    "`{name}` stands twice, in other letters and with another value; keep one of them"
                );
                return Err(Refused::at(line, reason));
            }
            members.insert(key.clone(), value.clone());
            written.insert(key, json!(name));
        }
        let own = members.clone();
        for cascade in &place.cascades {
            // The page's own value takes precedence, and a page that holds itself back stays held
            // back.
            let is_kept_back = || is_kept_back(&own).unwrap_or(false);
            let mut unclear = cascade.unclear.iter();
            let open = unclear.find(|unclear| {
                let is_said = unclear.name.as_ref().is_some_and(|name| own.contains_key(name));
                !is_said && !is_kept_back()
            });
            if let Some(Unclear { name, why }) = open {
                let say = name.as_deref().unwrap_or("draft: true");
                let reason = format!("{why}; say `{say}` in this file");
                return Err(Refused::at(page.first_line, reason));
            }
            for (name, value) in &cascade.members {
                if !members.contains_key(name) {
                    members.insert(name.clone(), value.clone());
                }
            }
        }
        Ok(Self { members, written })
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.members.remove(name).filter(|value| !is_empty(value))
    }

    /// The remaining members, under the names as written.
    fn rest(self) -> Map<String, Value> {
        let named = |(key, value): (String, Value)| {
            let name = self.written.get(&key).and_then(Value::as_str);
            (name.map_or(key.clone(), str::to_owned), value)
        };
        let said = self.members.into_iter().filter(|(_, value)| !is_empty(value));
        said.map(named).collect()
    }
}

/// The result for a page.
pub struct Made {
    /// The body of a creation. Its `published_at` may be in the future: a schedule.
    pub article: Value,
    /// Optional members that the page sets: for the others an editor's change is kept.
    pub said: Vec<&'static str>,
    /// Its former slugs: the last segment of each URL.
    pub former_slugs: Vec<String>,
    /// The names of its tags, by their slugs.
    pub tag_names: Vec<(String, String)>,
}

/// Makes the body of a creation from front matter and text. Members that an article does not have
/// go to `metadata`.
///
/// # Errors
/// The value that cannot be understood, with its line.
pub fn from_page(
    page: &Page<'_>,
    body: &str,
    path: &Path,
    place: &Place,
    expiry: Expiry,
) -> Result<Made, Refused> {
    let mut front = Front::of(page, place)?;
    let refuse = |pointer: &str, reason: String| Refused::at(line_of(page, pointer), reason);
    let at_name = |name: &str| line_of_name(page, name).unwrap_or(page.first_line);
    let is_kept_back = is_kept_back(&front.members)
        .map_err(|(name, reason)| Refused::at(at_name(&name), reason))?;
    let draft = is_kept_back || place.is_draft;
    let mut article = Map::new();
    for name in KEPT {
        if let Some(value) = front.take(name) {
            article.insert(name.to_owned(), text_of(value));
        }
    }
    let state = if draft { "draft" } else { "published" };
    article.insert("state".to_owned(), json!(state));
    let named = of_name(stem_of(path, place.language.as_deref()));
    let date = published_at(&mut front, &at_name, named.map(|(day, _)| day))?;
    match date {
        Some(at) => drop(article.insert("published_at".to_owned(), json!(at))),
        None if draft => {}
        None => {
            let reason = "`date` is missing: an article that is no draft needs the instant of its publication";
            return Err(refuse("/published_at", reason.to_owned()));
        }
    }
    if expiry == Expiry::Honoured {
        let mut ends = Vec::new();
        for name in ENDS {
            let Some(date) = front.take(name) else {
                continue;
            };
            let at = date.as_str().and_then(instant).ok_or_else(|| {
                Refused::at(at_name(name), format!("`{name}` must be a date, not {date}"))
            })?;
            ends.push(at);
        }
        if let Some(first) = ends.into_iter().min() {
            article.insert("expires_at".to_owned(), json!(first));
        }
    }
    let authors: Vec<Value> = front
        .take("authors")
        .or_else(|| front.take("author"))
        .into_iter()
        .flat_map(list)
        .map(|author| match author {
            Value::String(name) => json!({"name": name}),
            other => other,
        })
        .collect();
    article.insert("authors".to_owned(), json!(authors));
    let tagged: Vec<(String, String)> = ["topics", "tags"]
        .into_iter()
        .filter_map(|name| front.take(name))
        .flat_map(list)
        .filter_map(|tag| {
            let name = text_of(tag).as_str()?.trim().to_owned();
            Some((term_slug(&name)?, name))
        })
        .collect();
    let tags: Vec<&String> = tagged.iter().map(|(slug, _)| slug).collect();
    article.insert("tags".to_owned(), json!(tags));
    // A slug has no name that says more.
    let tag_names = tagged.iter().filter(|(slug, name)| slug != name).cloned().collect();
    if let Some(name) = front.take("source") {
        article.insert(
            "source".to_owned(),
            json!({"name": text_of(name), "url": front.take("source_url")}),
        );
    }
    if let Some(url) = front.take("canonical") {
        article.insert("canonical_url".to_owned(), url);
    }
    for name in SUMMARIES {
        let said = front.members.get(name);
        let Some(text) = said.filter(|said| said.is_string() && !is_empty(said)).cloned() else {
            continue;
        };
        if article.contains_key("summary") {
            continue;
        }
        article.insert("summary".to_owned(), text);
        if !STAYING.contains(&name) {
            front.take(name);
        }
    }
    let mut said = Vec::new();
    let language = front.take("language").or_else(|| front.take("lang"));
    // Some sites write `en_US`, as operating systems do.
    let written = language.map(|language| match language {
        Value::String(tag) => json!(tag.trim().replace('_', "-")),
        other => other,
    });
    if let Some(language) = written.or_else(|| place.language.as_ref().map(|tag| json!(tag))) {
        article.insert("language".to_owned(), language);
        said.push("language");
    }
    let mut former_slugs = former_slugs(&front.members);
    former_slugs.extend(named.and_then(|(_, rest)| spell(rest)));
    front.members.retain(|name, _| !speaks_of_it(name) && name != "cascade");
    article.insert("metadata".to_owned(), Value::Object(front.rest()));
    article.insert("body".to_owned(), json!(body));
    Ok(Made { article: Value::Object(article), said, former_slugs, tag_names })
}

/// The date of publication of a page. If several members have one and one of them is in the
/// future, its site shows the page then at the earliest: the latest counts.
fn published_at(
    front: &mut Front,
    line_of: &impl Fn(&str) -> usize,
    of_name: Option<&str>,
) -> Result<Option<crate::domain::instant::Instant>, Refused> {
    let mut dates = Vec::new();
    for name in DATES {
        let Some(value) = front.take(name) else {
            continue;
        };
        // A boolean of this name says if the page is published, not when.
        if name == "published" && truth(&value).is_some() {
            continue;
        }
        let at = value.as_str().and_then(instant).ok_or_else(|| {
            let value = value.as_str().map_or_else(|| value.to_string(), |text| format!("{text:?}"));
            let or = if name == "published" { "true, false or " } else { "" };
            let reason = format!("`{name}` must be {or}a date such as 2014-09-19 or 2014-09-19 10:00:38 -0400, not {value}");
            Refused::at(line_of(name), reason)
        })?;
        dates.push(at);
    }
    Ok(dates.into_iter().max().or_else(|| of_name.and_then(instant)))
}

/// The slugs in a page's URLs: the last segment of each.
fn former_slugs(members: &Map<String, Value>) -> Vec<String> {
    let addresses = ADDRESSES.iter().filter_map(|name| members.get(*name).cloned());
    let last = |address: Value| {
        let address = address.as_str()?.trim_end_matches('/');
        // A URL on another site is not the page's own.
        if address.contains("://") {
            return None;
        }
        let segment = address.rsplit('/').next()?;
        let segment = segment.strip_suffix(".html").unwrap_or(segment);
        // A year or a month is the name of a list.
        let is_number = segment.bytes().all(|c| c.is_ascii_digit());
        (is_slug(segment) && !is_number).then(|| segment.to_owned())
    };
    addresses.flat_map(list).filter_map(last).collect()
}

/// True if a member has no value.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.iter().all(is_empty),
        _ => false,
    }
}

/// A number or boolean as the text that it would be in YAML.
fn text_of(value: Value) -> Value {
    match value {
        Value::Number(number) => json!(number.to_string()),
        Value::Bool(truth) => json!(truth.to_string()),
        other => other,
    }
}

/// One value or a list of them.
fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.into_iter().filter(|item| !is_empty(item)).collect(),
        single => vec![single],
    }
}

#[cfg(test)]
mod tests {
    use super::super::front_matter::split;
    use super::*;

    fn article(front: &str) -> Result<Value, String> {
        made(front, "page.md").map(|made| made.article)
    }

    fn made(front: &str, path: &str) -> Result<Made, String> {
        let text = format!("---\n{front}\n---\n\nText");
        let page = split(&text).unwrap().unwrap();
        let place =
            Place { language: path.contains(".fr.").then(|| "fr".to_owned()), ..Place::default() };
        from_page(&page, page.body, Path::new(path), &place, Expiry::Kept)
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
    fn what_is_refused_has_its_line() {
        for (front, want) in [
            ("title: A", "1: `date` is missing"),
            ("title: A\ndraft: maybe", "3: `draft`"),
            ("title: A\nDraft: true\ndraft: false", "4: `draft` stands twice"),
            ("title: A\ndate: soon", "3: `date` must be a date"),
            ("title: A\nPublishDate: soon\ndate: 2020-01-01", "3: `publishdate` must be a date"),
            ("title: A\nstatus: almost", "3: `status` must be"),
        ] {
            let reason = article(front).unwrap_err();
            assert!(reason.starts_with(want), "{reason}");
        }
        assert_eq!(article("title: A\ndraft: 'true'").unwrap()["state"], "draft");
        let page =
            split("---\ntitle: A\n\ntopics: [x]\nsource_url: u\n---\nText").unwrap().unwrap();
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

    #[test]
    fn names_are_read_in_any_case_and_kept_as_they_are_written() {
        let front = "Title: A\nDATE: 2020-01-01\nDescription: D\nKicker: K\nTags: [X]\nLang: fr\nexpiryDate: 2021-01-01";
        let made = article(front).unwrap();
        assert_eq!(made["title"], "A");
        assert_eq!(made["summary"], "D");
        assert_eq!((&made["tags"], &made["language"]), (&json!(["x"]), &json!("fr")));
        assert_eq!(made["metadata"], json!({"Kicker": "K", "expiryDate": "2021-01-01"}));
        let twice = article("title: A\nTitle: A\ndate: 2020-01-01").unwrap();
        assert_eq!(twice["title"], "A");
    }

    #[test]
    fn the_latest_of_several_dates_counts() {
        for (front, want) in [
            ("date: 2020-01-01\npublishDate: 2021-01-01", "2021-01-01"),
            ("date: 2022-01-01\npublishDate: 2021-01-01", "2022-01-01"),
            ("published: 2021-01-01", "2021-01-01"),
            ("published: true\ndate: 2020-01-01", "2020-01-01"),
        ] {
            let made = article(&format!("title: A\n{front}")).unwrap();
            assert_eq!(made["published_at"], format!("{want}T00:00:00.000000Z"), "{front}");
        }
    }

    #[test]
    fn a_files_name_says_its_date_its_language_and_an_address() {
        let post = made(
            "title: A\nurl: /legal/imprint.html\nredirect_from: [/old/]",
            "_posts/2026-01-09-storm-closes.fr.md",
        )
        .unwrap();
        assert_eq!(post.article["published_at"], "2026-01-09T00:00:00.000000Z");
        assert_eq!(post.article["language"], "fr");
        assert_eq!(post.said, ["language"]);
        assert_eq!(post.former_slugs, ["imprint", "old", "storm-closes"]);
        let own =
            made("title: A\ndate: 2025-01-01\nlanguage: de", "2026-01-09-storm.fr.md").unwrap();
        assert_eq!(own.article["published_at"], "2025-01-01T00:00:00.000000Z");
        assert_eq!(own.article["language"], "de");
    }
}
