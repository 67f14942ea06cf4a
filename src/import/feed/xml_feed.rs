//! RSS and Atom: each record is read by feed-rs, and what that leaves out by `beside.rs`.

use feed_rs::model::{self, Link};
use feed_rs::parser::{Builder, Parser};
use serde_json::{Map, json};
use url::Url;

use super::beside::{Beside, beside};
use super::date::Date;
use super::entry::{Entry, Form, Head, Text};
use super::foreign;
use super::look::plain_line;
use super::mend::mend;
use super::people;
use super::pictures::{Media, picture};
use super::speaking::Spoken;
use super::split::{Kind, Split};
use crate::import::words;

/// Why a record is no article.
#[derive(Debug)]
pub enum NoEntry {
    /// It is refused: its id, and why.
    Refused(Option<String>, String),
    /// It is something else, and what.
    Skipped(String),
}

/// Reads the records of a feed.
pub struct Reader<'s> {
    split: &'s Split<'s>,
    parser: Parser,
    fetched_from: Option<Url>,
    /// The feed itself.
    pub head: Head,
}

impl<'s> Reader<'s> {
    /// A reader of a feed that was fetched from a URL, and a sentence if what it says of itself cannot be read.
    pub fn new(split: &'s Split<'s>, fetched_from: Option<&str>) -> (Self, Option<String>) {
        let fetched_from = fetched_from.and_then(|url| Url::parse(url).ok());
        let parser = parser(fetched_from.as_ref());
        let (head, warning) = match parser.parse(split.head.as_bytes()) {
            Ok(feed) => (head_of(&feed), None),
            Err(error) => {
                let text = format!(
                    "what the feed says of itself cannot be read ({error}): its title and language are lost"
                );
                (Head::default(), Some(text))
            }
        };
        let language = split.language.clone();
        let fetched = fetched_from.as_ref().map(Url::to_string);
        // RSS has a channel in its root element.
        let around = usize::from(split.kind != Kind::Atom);
        let (spoken, unclear) = match foreign::of_feed(&split.head, around) {
            Ok(spoken) => (spoken, None),
            Err(reason) => (Spoken::default(), Some(reason)),
        };
        let language = head.language.clone().or(language);
        let head = Head { language, fetched_from: fetched, spoken, unclear, ..head };
        (Self { split, parser, fetched_from, head }, warning)
    }

    /// Reads a record.
    ///
    /// # Errors
    /// If it is no article.
    pub fn entry(&self, xml: &str) -> Result<Entry, NoEntry> {
        let unread = |reason: String| format!("cannot be read: {reason}");
        let more =
            beside(xml).map_err(|malformed| NoEntry::Refused(None, unread(malformed.reason)))?;
        let refused = |reason: String| {
            let id = more.about.as_ref().or(more.id.as_ref()).or(more.link.as_ref());
            NoEntry::Refused(id.cloned(), reason)
        };
        if let Some(name) = &more.foreign {
            let reason = format!(
                "has `{name}`: it is a record of WordPress, and whether it is public cannot be told from a feed; import the export (WXR) itself"
            );
            return Err(refused(reason));
        }
        if let Some(kind) = more.blogger.as_deref().filter(|kind| *kind != "post") {
            return Err(NoEntry::Skipped(format!("is a {kind} of Blogger, not a post")));
        }
        let is_draft = match more.draft.as_deref().map(str::to_ascii_lowercase).as_deref() {
            None | Some("no" | "false") => false,
            Some("yes" | "true") => true,
            Some(said) => {
                let said: String = said.chars().take(40).collect();
                let reason = format!(
                    "`draft` must be yes or no, not {said:?}: whether it is public cannot be told"
                );
                return Err(refused(reason));
            }
        };
        let spoken = foreign::of_record(xml).map_err(&refused)?;
        let mended = mend(xml).map_err(|malformed| refused(unread(malformed.reason)))?;
        let document = format!("{}{mended}{}", self.split.open, self.split.close);
        let feed = self.parser.parse(document.as_bytes());
        let mut feed = feed.map_err(|error| refused(unread(error.to_string())))?;
        let Some(read) = feed.entries.pop() else {
            let reason = "has no link: a record of RSS 1.0 must have one".to_owned();
            return Err(refused(reason));
        };
        Ok(Entry { is_draft, spoken, ..self.made(read, more) })
    }

    fn made(&self, read: model::Entry, more: Beside) -> Entry {
        let kind = self.split.kind;
        let own = some(&read.id);
        let id = match kind {
            Kind::Rdf => more.about.or(own),
            Kind::Rss | Kind::Atom => own,
        };
        // The guid of RSS is the URL of the page unless it says that it is not.
        let guid = id.as_ref().filter(|_| kind == Kind::Rss && more.is_permalink != Some(false));
        let page = page_of(&read.links).or_else(|| guid.filter(|id| is_web(id)).cloned());
        let base = self.base(&[self.split.base.as_ref(), more.base.as_ref(), read.base.as_ref()]);
        let mut media = media_of(&read);
        media.base = base.as_ref().or(self.fetched_from.as_ref()).cloned();
        media.page = page.clone();
        let (image, mut warnings) = picture(&media);
        let names = read.authors.iter().filter_map(|person| person_name(person, kind));
        let mut authors = words::each_once(names);
        if authors.is_empty() && kind == Kind::Atom {
            authors.clone_from(&self.head.authors);
        }
        let mut metadata = Map::new();
        if let Some((name, url)) =
            more.provider.and_then(|(name, url)| Some((plain_line(&name)?, url)))
        {
            metadata.insert("original_source".to_owned(), json!({"name": name, "url": url}));
        }
        let content = content_of(read.content, kind, &mut warnings);
        let topics = read
            .categories
            .iter()
            .map(|topic| topic.label.clone().unwrap_or_else(|| topic.term.clone()));
        let published = read.published.map(|at| at.timestamp_micros());
        // feed-rs gives the date of publication of RSS twice.
        let updated = read.updated.filter(|_| kind == Kind::Atom).map(|at| at.timestamp_micros());
        Entry {
            id,
            link: page,
            title: read.title.and_then(|title| line_of(&title)),
            content,
            summary: read.summary.and_then(|summary| {
                Text::of(summary.content, form_of(summary.content_type.as_str()))
            }),
            published: self.latest(published, &more.published),
            updated: self.latest(updated, &more.updated),
            authors,
            tags: topics.chain(more.topics).filter_map(|topic| plain_line(&topic)).collect(),
            image,
            language: read.language.or(more.language),
            base: base.map(String::from),
            is_draft: false,
            rights: read.rights.and_then(|rights| line_of(&rights)).or(more.rights),
            spoken: Spoken::default(),
            metadata,
            warnings,
        }
    }

    /// The latest date of one kind: a record is not out before. feed-rs reads one of those that are written, and not
    /// all: `dcterms:issued` is a date all the same.
    fn latest(&self, read: Option<i64>, written: &[String]) -> Date {
        let mut latest = Date::of(read, None);
        for text in written {
            latest = match (latest, self.date(text)) {
                (_, Date::Unread(text)) | (Date::Unread(text), _) => return Date::Unread(text),
                (known, Date::Missing) => known,
                (Date::At(known), Date::At(at)) => Date::At(known.max(at)),
                (Date::Missing, at) => at,
            };
        }
        latest
    }

    /// The date in a text. feed-rs understands more of them: a wrong day of the week, the names of months in full.
    fn date(&self, written: &str) -> Date {
        match Date::parse(written) {
            Date::Unread(_) => {
                let text = written.replace('&', "&amp;").replace('<', "&lt;");
                let feed = format!(
                    "<rss version=\"2.0\"><channel><item><pubDate>{text}</pubDate></item></channel></rss>"
                );
                let feed = self.parser.parse(feed.as_bytes()).ok();
                let at = feed.and_then(|feed| feed.entries.first()?.published);
                Date::of(at.map(|at| at.timestamp_micros()), Some(written))
            }
            read => read,
        }
    }

    /// The URL that the feed says its links are relative to: each `xml:base` is relative to the one outside it.
    fn base(&self, said: &[Option<&String>]) -> Option<Url> {
        let mut base = None;
        for written in said.iter().copied().flatten() {
            let outer: Option<&Url> = base.as_ref().or(self.fetched_from.as_ref());
            base = match outer {
                Some(outer) => outer.join(written).ok(),
                None => Url::parse(written).ok(),
            };
        }
        base
    }
}

/// feed-rs, with two of its habits off: it makes an id where a record has none, a random one at last, and another at each
/// change of a title; and what is sanitised here is sanitised on the way out.
fn parser(base: Option<&Url>) -> Parser {
    Builder::new()
        .base_uri(base.map(Url::as_str))
        .id_generator(|_, _, _| String::new())
        .sanitize_content(false)
        .build()
}

fn head_of(feed: &model::Feed) -> Head {
    Head {
        title: feed.title.as_ref().and_then(line_of),
        link: page_of(&feed.links),
        id: some(&feed.id),
        language: feed.language.as_deref().and_then(some),
        rights: feed.rights.as_ref().and_then(line_of),
        authors: feed.authors.iter().filter_map(|person| person_name(person, Kind::Atom)).collect(),
        fetched_from: None,
        spoken: Spoken::default(),
        unclear: None,
    }
}

fn some(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn is_web(text: &str) -> bool {
    words::web_url(text).is_some()
}

/// The URL of a page: the first link that is not another form of it, or something that belongs to it.
fn page_of(links: &[Link]) -> Option<String> {
    let is_page = |link: &&Link| link.rel.as_deref().is_none_or(|rel| rel == "alternate");
    links.iter().filter(is_page).find_map(|link| some(&link.href))
}

fn line_of(text: &model::Text) -> Option<String> {
    match form_of(text.content_type.as_str()) {
        Form::Html => words::line_of_html(&text.content),
        _ => plain_line(&text.content),
    }
}

fn form_of(content_type: &str) -> Form {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match &*essence {
        "text/html" | "application/xhtml+xml" => Form::Html,
        "text/markdown" | "text/x-markdown" => Form::Markdown,
        _ => Form::Unsure,
    }
}

fn content_of(
    content: Option<model::Content>,
    kind: Kind,
    warnings: &mut Vec<String>,
) -> Option<Text> {
    let content = content?;
    let is_text = content.content_type.as_str().to_ascii_lowercase().starts_with("text/");
    match content.body {
        Some(body) if is_text => Text::of(body, form_of(content.content_type.as_str())),
        Some(_) => {
            warnings.push(format!(
                "lost: its content, which is no text but {}",
                content.content_type.as_str()
            ));
            None
        }
        // In RSS it is the `xml:base`.
        None if kind == Kind::Atom => {
            let at = content.src.map(|link| link.href).unwrap_or_default();
            warnings.push(format!("its text is not in the feed but at {at}"));
            None
        }
        None => None,
    }
}

fn person_name(person: &model::Person, kind: Kind) -> Option<String> {
    // RSS has an address with the name behind it; feed-rs names such a person after the element.
    if let Some(written) =
        person.email.as_deref().filter(|_| kind != Kind::Atom && person.name == "author")
    {
        return people::name_of(written);
    }
    // So it does with one without a name.
    if person.name == "unknown" && (person.email.is_some() || person.uri.is_some()) {
        return None;
    }
    people::name_of(&person.name)
}

/// The pictures and other files of a record, in the order in which its picture is sought.
fn media_of(read: &model::Entry) -> Media {
    let mut media = Media::default();
    for link in read.links.iter().filter(|link| link.rel.as_deref() == Some("enclosure")) {
        media.push(&link.href, link.media_type.as_deref(), None, None);
    }
    for object in &read.media {
        let alt = object.description.as_ref().or(object.title.as_ref()).and_then(line_of);
        let credit = object.credits.first().and_then(|credit| plain_line(&credit.entity));
        for content in &object.content {
            let Some(url) = &content.url else {
                continue;
            };
            let kind = content.content_type.as_ref().map(|kind| kind.as_str());
            media.push(url.as_str(), kind, alt.clone(), credit.clone());
        }
        for thumbnail in &object.thumbnails {
            media.push_small(&thumbnail.image.uri, alt.clone(), credit.clone());
        }
    }
    media
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feed_rs_makes_no_ids() {
        let feed = "<rss version='2.0'><channel><item><title>T</title></item><item><link>https://x.example/</link></item></channel></rss>";
        let feed = parser(None).parse(feed.as_bytes()).unwrap();
        assert_eq!(feed.id, "");
        assert!(feed.entries.iter().all(|entry| entry.id.is_empty()));
    }

    #[test]
    fn types_say_the_form() {
        assert_eq!(form_of("text/HTML; charset=utf-8"), Form::Html);
        assert_eq!(form_of("text/markdown"), Form::Markdown);
        assert_eq!(form_of("text/plain"), Form::Unsure);
    }

    #[test]
    fn the_latest_date_counts_and_one_that_cannot_be_read_too() {
        let split = super::super::split::split("<feed/>").unwrap();
        let (reader, _) = Reader::new(&split, None);
        let early = "Fri, 09 Jan 2026 18:30:00 +0100";
        let late = "2099-01-01T00:00:00Z";
        let of = |written: Vec<&str>| {
            let written: Vec<String> = written.into_iter().map(str::to_owned).collect();
            reader.latest(Some(1_767_979_800_000_000), &written)
        };
        for (written, want) in [
            (vec![], Date::parse(early)),
            (vec![early], Date::parse(early)),
            (vec![early, late], Date::parse(late)),
            (vec![late, early, "0001-01-01T00:00:00Z"], Date::parse(late)),
            (vec!["Friday, 9 January 2026 18:30:00 +0100", early], Date::parse(early)),
            (vec![early, "Thu, 01 Jan 2099 9:00:00 GMT"], Date::parse("2099-01-01T09:00:00Z")),
            (vec!["<soon> & later", early], Date::Unread("<soon> & later".to_owned())),
            (
                vec![early, "Fri, 09 Jan 2026 18:30:00 CET"],
                Date::parse("Fri, 09 Jan 2026 18:30:00 CET"),
            ),
        ] {
            assert_eq!(of(written.clone()), want, "{written:?}");
        }
    }

    #[test]
    fn a_base_is_relative_to_the_one_outside_it() {
        let split = super::super::split::split("<feed/>").unwrap();
        let (reader, warning) = Reader::new(&split, Some("https://site.example/feed.atom"));
        assert_eq!(warning, None);
        let said = ["/a/".to_owned(), "b/".to_owned()];
        let base = reader.base(&[Some(&said[0]), None, Some(&said[1])]);
        assert_eq!(base.unwrap().as_str(), "https://site.example/a/b/");
        assert_eq!(reader.base(&[None]), None);
    }
}
