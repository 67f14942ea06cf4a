//! Articles of ninjs items.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::members::{Members, text_in, text_of};
use super::picture::picture;
use super::state::{State, embargo_of, instant_of, state_of, unless_withheld};
use super::text;
use crate::domain::instant::Instant;
use crate::import::feed::look::{first_words, language_tag};
use crate::import::feed::speaking::Spoken;
use crate::import::feed::told::{Legal, expiry};
use crate::import::item::{ArticleItem, At, Expiry, Options};
use crate::import::words;

/// Longest title of an article, in code points.
const TITLE_MAX: usize = 300;
/// Longest dateline of an article, in code points.
const DATELINE_MAX: usize = 120;
/// Longest name of a provider or author, in code points.
const NAME_MAX: usize = 200;
/// Longest id of a provider that an article takes, in code points.
const EXTERNAL_ID_MAX: usize = 200;
/// Most tags of an article.
const TAGS_MAX: usize = 50;
/// Most authors of an article.
const AUTHORS_MAX: usize = 20;
/// How much of a legal text a warning shows, in code points.
const SHOWN_MAX: usize = 100;

/// Members that say nothing that an article has not, or that were looked at before.
const USED: [&str; 7] = [
    "standard", "$standard", "mimetype", "charcount", "wordcount", "readtime", "representationtype",
];

/// Texts that are kept in `metadata`: the member, its name there, and whether it is a legal text.
const KEPT: [(&str, &str, bool); 9] = [
    ("usageterms", "usage_terms", true),
    ("copyrightnotice", "copyright_notice", true),
    ("copyrightholder", "copyright_holder", false),
    ("slugline", "slugline", false),
    ("urgency", "urgency", false),
    ("priority", "priority", false),
    ("profile", "profile", false),
    ("title", "short_title", false),
    ("evolvedfrom", "evolved_from", false),
];

/// Members that say what others may do with an item.
const LEGAL: [&str; 3] = ["usageterms", "copyrightnotice", "copyrightholder"];

/// Lists of which the names are kept in `metadata`.
const NAMED: [(&str, &str); 5] = [
    ("genres", "genres"),
    ("genre", "genres"),
    ("places", "places"),
    ("place", "places"),
    ("digitalsourcetype", "digital_source_type"),
];

/// Why an item is no article.
#[derive(Debug)]
pub enum NoArticle {
    /// It is refused, and why.
    Refused(String),
    /// It is something else, and what.
    Skipped(String),
}

impl From<String> for NoArticle {
    fn from(reason: String) -> Self {
        Self::Refused(reason)
    }
}

/// An article in the making.
struct Draft {
    members: Map<String, Value>,
    metadata: Map<String, Value>,
    said: Vec<&'static str>,
    warnings: Vec<String>,
}

impl Draft {
    fn set(&mut self, name: &str, value: Value) {
        self.members.insert(name.to_owned(), value);
    }

    /// Sets a member that editors set too.
    fn say(&mut self, name: &'static str, value: Value) {
        self.set(name, value);
        self.said.push(name);
    }
}

/// The article of an item, and what is lost of it.
///
/// # Errors
/// Why it is none.
pub fn article(
    object: Map<String, Value>,
    options: &Options,
    at: &At,
) -> Result<(ArticleItem, Vec<String>), NoArticle> {
    let mut item = Members::of(object)?;
    let uri = item.text("uri").ok_or_else(|| {
        "has no `uri`: the next import could not tell that it is the same; give it one".to_owned()
    })?;
    let said = state_of(&mut item)?;
    if said == State::Canceled {
        return Ok(canceled(&mut item, &uri, at));
    }
    let mut draft =
        Draft { members: Map::new(), metadata: Map::new(), said: Vec::new(), warnings: Vec::new() };
    let twice = item.twice().map_or(Ok(()), |reason| Err(reason.to_owned()));
    unless_withheld(twice, said, &mut draft.warnings)?;
    // What its provider takes back is taken back, whatever it is called now.
    let kind = item.text("type").unwrap_or_default().to_lowercase();
    let kind = if said == State::Usable { kind } else { "text".to_owned() };
    if !matches!(&*kind, "" | "text" | "composite") {
        return Err(NoArticle::Skipped(format!("is of the type {kind}, not a text")));
    }
    let spoken = heard(item.strangers(), said)?;
    let state = if spoken.is_held { State::Withheld } else { said };
    let embargo = unless_withheld(embargo_of(&mut item), state, &mut draft.warnings)?;
    let embargo = embargo.max(spoken.embargo);
    let version = item.text("version");
    texts(&mut item, &mut draft, (kind.as_str(), state), &uri)?;
    let changed = dates(&mut item, &mut draft, (state, embargo))?;
    expires(&mut item, &mut draft, (state, &spoken), options)?;
    let source_version = version_of(version.as_deref(), changed, &mut draft.warnings);
    people(&mut item, &mut draft);
    let names = topics(&mut item, &mut draft);
    if uri.chars().count() > EXTERNAL_ID_MAX {
        draft.warnings.push(format!(
            "its `uri` is longer than {EXTERNAL_ID_MAX} characters: it stands in `metadata` alone"
        ));
        draft.metadata.insert("external_id".to_owned(), json!(uri));
    } else if let Some(uri) = words::line(&uri) {
        draft.say("external_id", json!(uri));
    }
    if let Some(language) = item.text("language") {
        match language_tag(&language) {
            Some(tag) => draft.say("language", json!(tag)),
            None => {
                let (shown, _) = words::cut(&language, SHOWN_MAX);
                draft
                    .warnings
                    .push(format!("lost: its language {shown:?}, which is no language tag"));
            }
        }
    }
    if let Some(found) = picture(&mut item, &mut draft.warnings) {
        draft.say("image", found.image);
        if let Some(terms) = found.terms {
            draft.warnings.push(candidate(&terms));
            draft.metadata.insert("image_usage_terms".to_owned(), json!(terms));
        }
    }
    kept(&mut item, &mut draft, state)?;
    draft.warnings.extend(spoken.told());
    let Draft { mut members, mut metadata, said, mut warnings } = draft;
    Legal::of(None, &[]).keep(None, &spoken.legal, &mut metadata, &mut warnings);
    lost(&mut item, &spoken.lost, &mut warnings);
    members.insert("metadata".to_owned(), Value::Object(metadata));
    let article = ArticleItem {
        at: at.clone(),
        source_id: source_id(&uri),
        members,
        said,
        former_slugs: Vec::new(),
        names,
        addresses: words::web_url(&uri).into_iter().collect(),
        lines: HashMap::new(),
        source_version,
        is_schedule: false,
        withdrawn: None,
    };
    Ok((article, warnings))
}

/// An item that its provider cancels: what it is known by, its version and a title. Nothing else in it may stand in the
/// way of a withdrawal, which leaves the article as it is.
fn canceled(item: &mut Members, uri: &str, at: &At) -> (ArticleItem, Vec<String>) {
    let mut warnings = Vec::new();
    let version = item.text("version");
    let changed = instant_of(item, "versioncreated").unwrap_or_default();
    let source_version = version_of(version.as_deref(), changed, &mut warnings);
    let (headline, _) = text::headlines(item);
    let title = headline.or_else(|| words::line(&item.text("title")?));
    let (title, _) = words::cut(title.as_deref().unwrap_or(uri), TITLE_MAX);
    let mut members = Map::new();
    for (name, value) in
        [("title", &*title), ("body", ""), ("body_format", "html"), ("state", "draft")]
    {
        members.insert(name.to_owned(), json!(value));
    }
    let mut said = Vec::new();
    if let Some(id) = words::line(uri).filter(|id| id.chars().count() <= EXTERNAL_ID_MAX) {
        members.insert("external_id".to_owned(), json!(id));
        said.push("external_id");
    }
    let article = ArticleItem {
        at: at.clone(),
        source_id: source_id(uri),
        members,
        said,
        former_slugs: Vec::new(),
        names: Vec::new(),
        addresses: words::web_url(uri).into_iter().collect(),
        lines: HashMap::new(),
        source_version,
        is_schedule: false,
        // What its source says of the reason (`edNote`) is not for readers.
        withdrawn: Some(String::new()),
    };
    (article, warnings)
}

/// What members say that no version of ninjs has: programs of agencies have their own.
///
/// # Errors
/// If whether the item is public cannot be told by them.
fn heard(strangers: Vec<(String, Value)>, said: State) -> Result<Spoken, String> {
    let mut spoken = Spoken::default();
    for (name, value) in strangers {
        let (path, _) = words::cut(&name, SHOWN_MAX);
        match spoken.hear_in(&path, "", &name, &value) {
            // It is not public, whatever this says.
            Err(_) if said != State::Usable => spoken.lost.push(path),
            fine => fine?,
        }
    }
    Ok(spoken)
}

/// What an item is known by.
pub fn source_id(uri: &str) -> String {
    words::bounded_id(format!("ninjs {uri}"))
}

/// The number of the version. It is a text, and is compared as a number: 10 is newer than 9. Where there is none the date
/// of the version stands for it, in microseconds: an older item must not bring back what a newer one has withdrawn. An
/// agency writes one or the other; of an item that once has a number and once a date, the date counts as newer, since
/// it is far above any number.
fn version_of(
    written: Option<&str>,
    changed: Option<Instant>,
    warnings: &mut Vec<String>,
) -> Option<i64> {
    let version = written.and_then(number_of).or(changed.map(Instant::as_micros));
    if version.is_none() {
        let text = "has neither a whole number as its `version` nor a `versionCreated`: an older one would not be told from a newer one";
        warnings.push(text.to_owned());
    }
    version
}

/// A version as a number.
pub fn number_of(version: &str) -> Option<i64> {
    let is_number = !version.is_empty() && version.bytes().all(|c| c.is_ascii_digit());
    version.parse().ok().filter(|_| is_number)
}

/// Title, summary and body.
fn texts(
    item: &mut Members,
    draft: &mut Draft,
    (kind, state): (&str, State),
    uri: &str,
) -> Result<(), NoArticle> {
    let (headline, others) = text::headlines(item);
    let summary = text::summary(item, &mut draft.warnings);
    let body = text::body(item, &mut draft.warnings);
    let body = unless_withheld(body, state, &mut draft.warnings)?;
    if body.is_none() {
        // Pictures with a headline, and things without a type, are no articles.
        if kind != "text" {
            let what = if kind.is_empty() {
                "has no type and no text"
            } else {
                "is a composite without a text"
            };
            return Err(NoArticle::Skipped(what.to_owned()));
        }
        draft.warnings.push("has no text: only its headline is taken".to_owned());
    }
    let (body, format) = body.unwrap_or((String::new(), "html"));
    // The title of an item is a name for those who work with it: where there is a headline it is kept aside.
    let title = match headline.or_else(|| words::line(&item.text("title")?)) {
        Some(title) => title,
        None => match first_words(&body, format) {
            Some(title) => {
                let text = "has no headline: the first words of its text are taken";
                draft.warnings.push(text.to_owned());
                title
            }
            None if state != State::Usable => words::cut(uri, NAME_MAX).0,
            None => {
                let reason = "has neither a headline nor a text; give it one";
                return Err(NoArticle::Refused(reason.to_owned()));
            }
        },
    };
    draft.set("title", json!(title));
    if let Some(summary) = summary {
        draft.set("summary", json!(summary));
    }
    draft.set("body", json!(body));
    draft.set("body_format", json!(format));
    if !others.is_empty() {
        draft.metadata.insert("headlines".to_owned(), Value::Object(others));
    }
    let whole =
        item.text("representationtype").is_none_or(|kind| matches!(&*kind, "full" | "complete"));
    if !whole {
        let text = "is sent in part only (`representationType`): a notice may be missing";
        draft.warnings.push(text.to_owned());
    }
    Ok(())
}

/// The state and what it depends on. Gives the date of the version.
fn dates(
    item: &mut Members,
    draft: &mut Draft,
    (state, embargo): (State, Option<Instant>),
) -> Result<Option<Instant>, NoArticle> {
    let mut dates = Vec::new();
    for name in ["firstpublished", "firstcreated", "contentcreated", "versioncreated"] {
        let date = instant_of(item, name);
        dates.push(unless_withheld(date, state, &mut draft.warnings)?);
    }
    let changed = dates.last().copied().flatten();
    // One that says no date is out when its embargo ends.
    let published = dates.into_iter().flatten().next().or(embargo);
    if let Some(updated) = changed.filter(|changed| published.is_none_or(|at| *changed > at)) {
        draft.metadata.insert("updated".to_owned(), json!(updated));
    }
    if let Some(at) = published {
        draft.set("published_at", json!(at));
    } else if state == State::Usable {
        let reason =
            "has no date (`firstCreated`, `contentCreated`, `versionCreated`); give it one";
        return Err(NoArticle::Refused(reason.to_owned()));
    }
    let is_usable = state == State::Usable;
    draft.set("state", json!(if is_usable { "published" } else { "draft" }));
    // One that was lifted is over here too.
    if is_usable || embargo.is_some() {
        draft.say("embargo_until", json!(embargo));
    }
    Ok(changed)
}

/// When it expires: the first of the dates that it says.
fn expires(
    item: &mut Members,
    draft: &mut Draft,
    (state, spoken): (State, &Spoken),
    options: &Options,
) -> Result<(), NoArticle> {
    let own = instant_of(item, "expires");
    let own = unless_withheld(own, state, &mut draft.warnings)?;
    let other = expiry(&spoken.expires, options.expiry, &mut draft.warnings);
    let other = unless_withheld(other, state, &mut draft.warnings)?;
    if let Some(end) = own.into_iter().chain(other).min() {
        match options.expiry {
            Expiry::Honoured => draft.set("expires_at", json!(end)),
            Expiry::Kept => drop(draft.metadata.insert("expires".to_owned(), json!(end))),
        }
    }
    Ok(())
}

/// Authors, provider, and place.
fn people(item: &mut Members, draft: &mut Draft) {
    let names: Vec<String> = item
        .list("authors")
        .iter()
        .filter_map(|author| words::line(&text_in(author, "name")?))
        .collect();
    // One line of prose: it cannot be told where a name ends.
    let line = item.text("by").or_else(|| item.text("byline")).and_then(|by| words::line(&by));
    let mut authors: Vec<String> =
        if names.is_empty() { line.into_iter().collect() } else { names };
    if authors.len() > AUTHORS_MAX {
        draft.warnings.push(format!(
            "lost: {} of its {} authors",
            authors.len() - AUTHORS_MAX,
            authors.len()
        ));
        authors.truncate(AUTHORS_MAX);
    }
    let authors: Vec<Value> = authors
        .iter()
        .map(|name| {
            let (name, is_cut) = words::cut(name, NAME_MAX);
            if is_cut {
                draft.warnings.push(format!("its byline is cut to {NAME_MAX} characters"));
            }
            words::author(&name)
        })
        .collect();
    draft.set("authors", json!(authors));
    let mut sources = item.list("infosources");
    sources.extend(item.list("infosource"));
    let is_supplier = |source: &&Map<String, Value>| {
        let role = text_in(source, "role").or_else(|| text_in(source, "rel"));
        role.is_some_and(|role| role.to_lowercase().contains("supplier"))
    };
    let named: Vec<&Map<String, Value>> =
        sources.iter().filter(|source| text_in(source, "name").is_some()).collect();
    let chosen =
        named.iter().copied().find(|source| is_supplier(source)).or(named.first().copied());
    let name = chosen.and_then(|source| text_in(source, "name")).or_else(|| item.text("source"));
    if let Some(name) = name.and_then(|name| words::line(&name)) {
        let url = chosen.and_then(|source| words::web_url(&text_in(source, "uri")?));
        draft.set("source", json!({"name": words::cut(&name, NAME_MAX).0, "url": url}));
    }
    if let Some(place) = item.text("located").and_then(|place| words::line(&place)) {
        let (place, is_cut) = words::cut(&place, DATELINE_MAX);
        if is_cut {
            draft.warnings.push(format!("its dateline is cut to {DATELINE_MAX} characters"));
        }
        draft.say("dateline", json!(place));
    }
}

/// The tags, and their names.
fn topics(item: &mut Members, draft: &mut Draft) -> Vec<words::TermName> {
    let mut topics: Vec<String> = Vec::new();
    for list in ["subjects", "subject"] {
        topics.extend(item.list(list).iter().filter_map(|topic| text_in(topic, "name")));
    }
    match item.take("keywords") {
        Some(Value::Array(keywords)) => topics.extend(keywords.iter().filter_map(text_of)),
        Some(Value::String(keywords)) => topics.extend(keywords.split(',').map(str::to_owned)),
        Some(_) => draft.warnings.push("lost: its `keywords`, which are no list".to_owned()),
        None => {}
    }
    let (mut tags, mut names) = words::tags(topics);
    if tags.len() > TAGS_MAX {
        draft.warnings.push(format!(
            "lost: {} of its {} topics",
            tags.len() - TAGS_MAX,
            tags.len()
        ));
        tags.truncate(TAGS_MAX);
        names.retain(|(_, slug, _)| tags.contains(slug));
    }
    draft.set("tags", json!(tags));
    names
}

/// What an article has no member for.
fn kept(item: &mut Members, draft: &mut Draft, state: State) -> Result<(), NoArticle> {
    for (name, kept, is_legal) in KEPT {
        let Some(text) = item.text(name) else {
            // Of one that is not for readers it is told of as lost.
            if state == State::Usable && LEGAL.contains(&name) && item.says(name) {
                return Err(NoArticle::Refused(format!(
                    "`{name}` must be a text: what it says of its use would be lost"
                )));
            }
            continue;
        };
        if is_legal {
            draft.warnings.push(candidate(&text));
        }
        draft.metadata.insert(kept.to_owned(), json!(text));
    }
    for (name, kept) in NAMED {
        let named = item.list(name);
        let names =
            named.iter().filter_map(|one| text_in(one, "name").or_else(|| text_in(one, "uri")));
        let names: Vec<String> = names.collect();
        if !names.is_empty() {
            draft.metadata.insert(kept.to_owned(), json!(names));
        }
    }
    Ok(())
}

/// What is lost, by name.
fn lost(item: &mut Members, strangers: &[String], warnings: &mut Vec<String>) {
    for name in USED {
        item.take(name);
    }
    if item.take("ednote").is_some() {
        warnings.push(
            "lost: `edNote`, which is for those who work with it, not for readers".to_owned(),
        );
    }
    if item.take("rightsinfo").is_some() {
        let text = "lost: `rightsInfo`, its rights in a language for programs: look at them before it is published";
        warnings.push(text.to_owned());
    }
    let mut rest = item.rest();
    rest.extend(strangers.iter().map(String::as_str));
    if !rest.is_empty() {
        let (names, _) = words::cut(&rest.join(", "), 300);
        warnings.push(format!("lost: {names}"));
    }
}

/// The warning for a text that may have to stand under the article.
fn candidate(legal: &str) -> String {
    let (shown, is_cut) = words::cut(legal, SHOWN_MAX);
    let more = if is_cut { " .." } else { "" };
    format!("candidate for a disclaimer: {shown}{more}")
}
