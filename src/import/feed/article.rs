//! Articles of the records of a feed.

use std::collections::{HashMap, HashSet};
use std::io;

use serde_json::{Map, Value, json};
use url::Url;

use super::date::Date;
use super::entry::{Entry, Form, Head, Text};
use super::links::absolute;
use super::look::{clean, first_words, has_elements, has_references, language_tag};
use super::told::{Legal, Lost, expiry};
use crate::articles::input::BODY_MAX;
use crate::domain::instant::Instant;
use crate::domain::text::is_forbidden_in_text;
use crate::import::item::{ArticleItem, At, Expiry, Item, Sink};
use crate::import::words;

/// Longest summary of an article, in code points.
const SUMMARY_MAX: usize = 2_000;
/// Longest name of a provider, in code points.
const NAME_MAX: usize = 200;
/// Longest id of a provider that an article takes, in code points.
const EXTERNAL_ID_MAX: usize = 200;
/// Most tags of an article.
const TAGS_MAX: usize = 50;
/// How much of a text that is no date or language a line shows, in code points.
const SHOWN_MAX: usize = 100;
/// Longest URL that relative links are read against, in bytes: it is written out for each of them.
const BASE_MAX: usize = 2_000;

/// Makes articles of the records of one feed.
pub struct Maker<'a> {
    head: &'a Head,
    /// What distinguishes the feed from others.
    key: String,
    seen: HashSet<String>,
    expiry: Expiry,
    legal: Legal,
    lost: Lost,
}

impl<'a> Maker<'a> {
    /// For the records of a feed.
    pub fn new(head: &'a Head, expiry: Expiry) -> Self {
        let of = [&head.link, &head.id, &head.fetched_from, &head.title];
        let key = of.into_iter().flatten().next().map(|said| key_of(said)).unwrap_or_default();
        let legal = Legal::of(head.rights.as_deref(), &head.spoken.legal);
        Self { head, key, seen: HashSet::new(), expiry, legal, lost: Lost::default() }
    }

    /// The place of a record that has no article, with what it is known by.
    pub fn known(&self, id: Option<&str>, at: &At) -> At {
        id.map_or_else(|| at.clone(), |id| at.known_as(self.source_id(id)))
    }

    /// Tells of what the feed says of itself and every article lacks.
    ///
    /// # Errors
    /// What the sink gives.
    pub fn begin(&self, at: &At, sink: &mut Sink<'_>) -> io::Result<()> {
        let told = self.head.spoken.told();
        for text in self.legal.candidates().chain(told) {
            sink(Item::Warning { at: at.clone(), text })?;
        }
        Ok(())
    }

    /// Tells of what was lost of the records.
    ///
    /// # Errors
    /// What the sink gives.
    pub fn end(&self, at: &At, sink: &mut Sink<'_>) -> io::Result<()> {
        match self.lost.told() {
            Some(text) => sink(Item::Warning { at: at.clone(), text }),
            None => Ok(()),
        }
    }

    /// Gives a record to the sink, as an article or refused.
    ///
    /// # Errors
    /// What the sink gives.
    pub fn take(&mut self, entry: Entry, at: &At, sink: &mut Sink<'_>) -> io::Result<()> {
        let Some(id) = entry.id.as_ref().or(entry.link.as_ref()).cloned() else {
            let reason = "has neither an id (`guid`, `id`) nor a link: the next import could not tell that it is the same; give it one".to_owned();
            return sink(Item::Refused { at: at.clone(), reason });
        };
        let at = at.record(words::cut(&id, NAME_MAX).0);
        let source_id = self.source_id(&id);
        if !self.seen.insert(source_id.clone()) {
            let reason =
                "has the id of a record before it in this feed; give each its own".to_owned();
            return sink(Item::Refused { at, reason });
        }
        self.lost.add(&entry.spoken.lost);
        let known = at.known_as(source_id.clone());
        match self.article(entry, (id.as_str(), source_id), &at) {
            Ok((article, warnings)) => {
                for text in warnings {
                    sink(Item::Warning { at: at.clone(), text })?;
                }
                sink(Item::Article(Box::new(article)))
            }
            Err(reason) => sink(Item::Refused { at: known, reason }),
        }
    }

    fn article(
        &self,
        entry: Entry,
        (id, source_id): (&str, String),
        at: &At,
    ) -> Result<(ArticleItem, Vec<String>), String> {
        let head = self.head;
        if let Some(reason) = &head.unclear {
            return Err(format!("{reason} (the feed says it of all its records)"));
        }
        let spoken = entry.spoken;
        let mut warnings = entry.warnings;
        warnings.extend(spoken.told());
        let is_draft = entry.is_draft || spoken.is_held || head.spoken.is_held;
        let base = base_of(entry.base.as_deref(), entry.link.as_deref(), head);
        let link = entry.link.as_deref().and_then(|link| web_url(link, base.as_ref()));
        let (published, updated) =
            dates(&entry.published, &entry.updated, is_draft, &mut warnings)?;
        let mut members = Map::new();
        let is_whole = entry.content.is_some();
        let body = entry.content.as_ref().or(entry.summary.as_ref());
        let (body, format) = match body {
            Some(text) => body_of(text, base.as_ref(), &mut warnings),
            None => (String::new(), "html"),
        };
        let title = match entry.title {
            Some(title) => title,
            None => {
                warnings.push("has no title: the first words of its text are taken".to_owned());
                first_words(&body, format).ok_or("has neither a title nor a text; give it one")?
            }
        };
        members.insert("title".to_owned(), json!(title));
        if body.is_empty() {
            warnings.push("has no text: only its title is taken".to_owned());
        } else if is_whole {
            if let Some(summary) =
                entry.summary.as_ref().and_then(|text| summary_of(text, &mut warnings))
            {
                members.insert("summary".to_owned(), json!(summary));
            }
        } else {
            warnings.push("only a summary: the notice at its end may be missing".to_owned());
        }
        members.insert("body".to_owned(), json!(body));
        members.insert("body_format".to_owned(), json!(format));
        let authors: Vec<Value> = entry.authors.iter().map(|name| words::author(name)).collect();
        members.insert("authors".to_owned(), json!(authors));
        let (tags, names) = tags_of(entry.tags, &mut warnings);
        members.insert("tags".to_owned(), json!(tags));
        if let Some(source) = source_of(head) {
            members.insert("source".to_owned(), source);
        }
        let mut said = Vec::new();
        let mut metadata = entry.metadata;
        if id.chars().count() > EXTERNAL_ID_MAX {
            warnings.push(format!(
                "its id is longer than {EXTERNAL_ID_MAX} characters: it stands in `metadata` alone"
            ));
            metadata.insert("external_id".to_owned(), json!(id));
        } else if let Some(id) = words::line(id) {
            members.insert("external_id".to_owned(), json!(id));
            said.push("external_id");
        }
        if let Some(link) = &link {
            members.insert("canonical_url".to_owned(), json!(link));
        }
        let language = entry.language.as_deref().or(head.language.as_deref());
        if let Some(language) = language_of(language, &mut warnings) {
            members.insert("language".to_owned(), json!(language));
            said.push("language");
        }
        if let Some(image) = entry.image {
            members.insert("image".to_owned(), image);
            said.push("image");
        }
        let state = if is_draft { "draft" } else { "published" };
        members.insert("state".to_owned(), json!(state));
        if let Some(at) = published {
            members.insert("published_at".to_owned(), json!(at));
        }
        if let Some(updated) = updated.filter(|updated| published.is_none_or(|at| *updated > at)) {
            metadata.insert("updated".to_owned(), json!(updated));
        }
        let until = spoken.embargo.max(head.spoken.embargo);
        // One that was over when it was published says nothing more.
        if let Some(until) = until.filter(|until| published.is_none_or(|at| *until > at)) {
            members.insert("embargo_until".to_owned(), json!(until));
            said.push("embargo_until");
        }
        if let Some(end) = expiry(&spoken.expires, self.expiry, &mut warnings)? {
            match self.expiry {
                Expiry::Honoured => drop(members.insert("expires_at".to_owned(), json!(end))),
                Expiry::Kept => drop(metadata.insert("expires".to_owned(), json!(end))),
            }
        }
        self.legal.keep(entry.rights.as_deref(), &spoken.legal, &mut metadata, &mut warnings);
        members.insert("metadata".to_owned(), Value::Object(metadata));
        let ids = link.clone().into_iter().chain(words::web_url(id));
        let mut addresses: Vec<String> = ids.collect();
        addresses.dedup();
        let article = ArticleItem {
            at: at.clone(),
            source_id,
            members,
            said,
            former_slugs: link.as_deref().and_then(words::slug_of_address).into_iter().collect(),
            names,
            addresses,
            lines: HashMap::new(),
            source_version: None,
            is_schedule: false,
            withdrawn: None,
        };
        Ok((article, warnings))
    }

    /// What a record is known by. An id is one of its feed, also where it has the form of a global one: another feed may
    /// say the same id, and must not overwrite the article.
    fn source_id(&self, id: &str) -> String {
        let id = without_scheme(id);
        words::bounded_id(match self.key.is_empty() {
            true => format!("feed {id}"),
            false => format!("feed {} {id}", self.key),
        })
    }
}

/// What distinguishes a feed from others: of a URL host and path. Its scheme, `www.` and a slash at its end come and go,
/// and its query may hold a secret.
fn key_of(said: &str) -> String {
    let Some(url) = words::web_url(said).and_then(|url| Url::parse(&url).ok()) else {
        return said.trim().to_owned();
    };
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    format!("{host}{port}{}", url.path().trim_end_matches('/'))
}

/// An id without the scheme of a web page: a site that moves to https keeps its pages.
fn without_scheme(id: &str) -> &str {
    let rest = ["https://", "http://"].iter().find_map(|scheme| {
        let (start, rest) = id.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    });
    rest.unwrap_or(id)
}

/// When it was published and last changed.
fn dates(
    published: &Date,
    updated: &Date,
    is_draft: bool,
    warnings: &mut Vec<String>,
) -> Result<(Option<Instant>, Option<Instant>), String> {
    let unread = |written: &str| {
        let (shown, _) = words::cut(written, SHOWN_MAX);
        format!(
            "its date must be one of RFC 3339 (2026-01-09T18:30:00+01:00) or RFC 2822 (Fri, 09 Jan 2026 18:30:00 +0100; zones by name are not known), not {shown:?}: when it is public cannot be told"
        )
    };
    let changed = match updated {
        Date::At(at) => Some(*at),
        Date::Missing | Date::Unread(_) => None,
    };
    match (published, updated) {
        (Date::Unread(written), _) | (Date::Missing, Date::Unread(written)) => Err(unread(written)),
        (Date::At(at), Date::Unread(written)) => {
            let (shown, _) = words::cut(written, SHOWN_MAX);
            warnings.push(format!("lost: the date of its last change, {shown:?}, which is none"));
            Ok((Some(*at), None))
        }
        (Date::At(at), _) => Ok((Some(*at), changed)),
        (Date::Missing, Date::At(at)) => {
            let text = "has no date of publication: that of its last change is taken";
            warnings.push(text.to_owned());
            Ok((Some(*at), changed))
        }
        (Date::Missing, Date::Missing) if is_draft => Ok((None, None)),
        (Date::Missing, Date::Missing) => {
            Err("has no date of publication and none of a change (or year 1, which means none); give it one".to_owned())
        }
    }
}

/// What relative links are relative to: what the feed says, else the page of the record, else that of the site, else the
/// feed itself.
fn base_of(said: Option<&str>, link: Option<&str>, head: &Head) -> Option<Url> {
    let candidates = [said, link, head.link.as_deref(), head.fetched_from.as_deref()];
    let short = candidates.into_iter().flatten().filter(|url| url.len() <= BASE_MAX);
    short.filter_map(words::web_url).find_map(|url| Url::parse(&url).ok())
}

fn web_url(link: &str, base: Option<&Url>) -> Option<String> {
    words::web_url(link).or_else(|| words::web_url(base?.join(link).ok()?.as_str()))
}

/// The body of an article, and its format.
fn body_of(text: &Text, base: Option<&Url>, warnings: &mut Vec<String>) -> (String, &'static str) {
    let cleaned = clean(&text.text);
    let dropped = text.text.chars().filter(|c| is_forbidden_in_text(*c) && *c != '\r').count();
    if dropped > 0 {
        warnings.push(format!("its text is taken without {dropped} control characters"));
    }
    let form = match text.form {
        Form::Unsure if has_elements(&cleaned) => {
            warnings.push("its text is not said to be HTML, and is: it is read as HTML".to_owned());
            Form::Html
        }
        Form::Unsure if has_references(&cleaned) => Form::Html,
        Form::Unsure => Form::Plain,
        form => form,
    };
    match form {
        Form::Plain | Form::Unsure => (cleaned, "text"),
        Form::Markdown => (cleaned, "markdown"),
        // It is refused anyway, and each link in it would grow.
        Form::Html if cleaned.len() > BODY_MAX => (cleaned, "html"),
        Form::Html if !has_elements(&cleaned) => (paragraphs(&cleaned), "html"),
        Form::Html => {
            let (html, open) = absolute(&cleaned, base);
            if open > 0 {
                warnings.push(format!(
                    "has {open} relative links, and the feed says no URL that they are relative to"
                ));
            }
            (html, "html")
        }
    }
}

/// Text without elements, as HTML: in HTML its lines would run together.
fn paragraphs(text: &str) -> String {
    let blocks = text.split("\n\n").map(str::trim).filter(|block| !block.is_empty());
    let blocks = blocks.map(|block| format!("<p>{}</p>", block.replace('\n', "<br>\n")));
    blocks.collect::<Vec<_>>().join("\n")
}

fn plain(text: &str, form: Form) -> String {
    let is_html = match form {
        Form::Html => true,
        Form::Unsure => has_elements(text) || has_references(text),
        Form::Plain | Form::Markdown => false,
    };
    if is_html { words::text_of_html(text) } else { clean(text) }
}

fn summary_of(text: &Text, warnings: &mut Vec<String>) -> Option<String> {
    let (summary, is_cut) = words::cut(plain(&text.text, text.form).trim(), SUMMARY_MAX);
    if is_cut {
        warnings.push(format!("its summary is cut to {SUMMARY_MAX} characters"));
    }
    (!summary.is_empty()).then_some(summary)
}

/// The feed as the provider of its articles.
fn source_of(head: &Head) -> Option<Value> {
    let url = head.link.as_deref().and_then(words::web_url);
    let host = || Url::parse(url.as_deref()?).ok()?.host_str().map(str::to_owned);
    let name = head.title.clone().or_else(host)?;
    let (name, _) = words::cut(&name, NAME_MAX);
    Some(json!({"name": name, "url": url}))
}

/// The slugs of topics, and their names.
fn tags_of(topics: Vec<String>, warnings: &mut Vec<String>) -> (Vec<String>, Vec<words::TermName>) {
    let (mut tags, mut names) = words::tags(topics);
    if tags.len() > TAGS_MAX {
        warnings.push(format!("lost: {} of its {} topics", tags.len() - TAGS_MAX, tags.len()));
        tags.truncate(TAGS_MAX);
        names.retain(|(_, slug, _)| tags.contains(slug));
    }
    (tags, names)
}

/// A language tag.
fn language_of(written: Option<&str>, warnings: &mut Vec<String>) -> Option<String> {
    let written = written.map(str::trim).filter(|text| !text.is_empty())?;
    let tag = language_tag(written);
    if tag.is_none() {
        let (shown, _) = words::cut(written, SHOWN_MAX);
        warnings.push(format!("lost: its language {shown:?}, which is no language tag"));
    }
    tag
}
