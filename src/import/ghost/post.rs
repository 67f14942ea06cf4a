//! Posts as articles.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};
use url::Url;

use super::addresses::addressed;
use super::gates::{self, Visibility};
use super::tables::{Link, Post, PostMeta, Tables, Tag, User};
use super::value::{Field, Id};
use crate::articles::term_slug;
use crate::domain::instant::Instant;
use crate::domain::slug::{is_slug, slugify};
use crate::domain::text::cut;
use crate::import::item::{ArticleItem, At};
use crate::import::words;

/// Words of a text that stand for a title.
const TITLE_WORDS: usize = 10;
/// Longest title that is made of them, in code points.
const TITLE_MAX: usize = 80;
/// Longest description of a picture, in code points: that of an article.
const ALT_MAX: usize = 1_000;
/// Longest text that goes to `metadata`, in code points: all of it has to fit in 16 KiB.
const METADATA_TEXT_MAX: usize = 1_000;
/// Most tags of a post that are looked at: an article has fifty at most.
const TAGS_MAX: usize = 1_000;
/// How much of injected code is quoted, in code points: enough to know a notice by.
const QUOTE_MAX: usize = 100;

/// What decides how all posts of a file are read.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// The address of the site, if the file has it.
    pub url: Option<String>,
    /// Whether the whole site has a password: nothing of it was public.
    pub is_private: bool,
    /// Whether its comments are switched off.
    pub has_no_comments: bool,
    /// When the file was made, or the newest time in it: a schedule before that was missed.
    pub exported_at: Option<Instant>,
}

impl Site {
    /// The instant at which the site was as the file says, in microseconds since 1970.
    #[must_use]
    pub fn as_of(&self) -> Option<i64> {
        self.exported_at.map(Instant::as_micros)
    }

    /// What a record is known by. Ids may be small numbers, which other sites have too, so the address of the site is
    /// in it where the file has one.
    #[must_use]
    pub fn source_id(&self, kind: &str, id: &str) -> String {
        let url = self.url.as_deref().and_then(|url| Url::parse(url).ok());
        let named = url.as_ref().and_then(|url| {
            let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
            Some(format!("{}{port}{}", url.host_str()?, url.path().trim_end_matches('/')))
        });
        words::bounded_id(match named {
            Some(site) => format!("ghost {site} {kind} {id}"),
            None => format!("ghost {kind} {id}"),
        })
    }
}

/// The tables that belong to posts, by the posts' ids.
#[derive(Debug)]
pub struct Joined<'a> {
    metas: HashMap<&'a str, &'a PostMeta>,
    email_only: HashSet<&'a str>,
    authors: HashMap<&'a str, Vec<Option<&'a User>>>,
    tags: HashMap<&'a str, Vec<Option<&'a Tag>>>,
}

/// What is made of a post.
#[derive(Debug)]
pub struct Made {
    /// The article.
    pub item: ArticleItem,
    /// What is lost of it or looks wrong.
    pub warnings: Vec<String>,
    /// True if it names the address of its site, and that is not known.
    pub lacks_address: bool,
}

impl<'a> Joined<'a> {
    /// Those of an export.
    #[must_use]
    pub fn of(tables: &'a Tables) -> Self {
        let metas = tables.posts_meta.iter();
        let metas = metas.filter_map(|meta| Some((meta.post_id.get()?, meta)));
        let email_only = metas.clone().filter(|(_, meta)| meta.email_only.0).map(|(id, _)| id);
        Self {
            email_only: email_only.collect(),
            metas: metas.collect(),
            authors: linked(&tables.posts_authors, &by_id(&tables.users, |user| &user.id)),
            tags: linked(&tables.posts_tags, &by_id(&tables.tags, |tag| &tag.id)),
        }
    }
}

fn by_id<T>(rows: &[T], id: fn(&T) -> &Id) -> HashMap<&str, &T> {
    rows.iter().filter_map(|row| Some((id(row).get()?, row))).collect()
}

/// What each post is linked to, in the order of its editors; `None` for what is not in the file.
fn linked<'a, T>(
    links: &'a [Link],
    rows: &HashMap<&'a str, &'a T>,
) -> HashMap<&'a str, Vec<Option<&'a T>>> {
    let mut sorted: Vec<&Link> = links.iter().collect();
    sorted.sort_by_key(|link| link.sort_order.number().unwrap_or(i64::MAX));
    let mut found: HashMap<&str, Vec<Option<&T>>> = HashMap::new();
    for link in sorted {
        if let Some(post) = link.post_id.get() {
            let row = link.other_id.get().and_then(|id| rows.get(id).copied());
            found.entry(post).or_default().push(row);
        }
    }
    found
}

/// Reads the post with this id.
///
/// # Errors
/// The reason why it is refused.
pub fn article(
    post: &Post,
    id: &str,
    at: At,
    joined: &Joined<'_>,
    site: &Site,
) -> Result<Made, String> {
    let visibility = Visibility::of(&post.visibility)?;
    let stage = Stage::of(post, joined.email_only.contains(id), site)?;
    let shown = gates::shown(text_of(post)?, visibility)?;
    let mut making = Making {
        site,
        members: Map::new(),
        metadata: Map::new(),
        said: Vec::new(),
        names: Vec::new(),
        addresses: Vec::new(),
        warnings: shown.warnings,
        lacks_address: false,
    };
    let body = making.addressed(&shown.html);
    making.name(post, &body, visibility)?;
    making.set("body", Value::String(body));
    making.set("body_format", json!("html"));
    making.stand(stage);
    making.access(visibility);
    making.authors(joined.authors.get(id).map_or(&[][..], Vec::as_slice));
    making.terms(joined.tags.get(id).map_or(&[][..], Vec::as_slice));
    let meta = joined.metas.get(id).copied();
    making.picture(post, meta);
    making.canonical(post);
    making.rest(post, meta);
    let mut made = making.done(at, site.source_id("post", id));
    made.item.is_schedule = post.status.text() == Some("scheduled");
    Ok(made)
}

/// The text that the site shows.
fn text_of(post: &Post) -> Result<&str, String> {
    match &post.html {
        Field::Text(html) if !html.trim().is_empty() => Ok(html),
        Field::Nothing | Field::Text(_) if post.lexical.is_filled || post.mobiledoc.is_filled => {
            Err("has no `html`, and its text is there only in the form of Ghost's editor; export it from a running Ghost, which writes both".to_owned())
        }
        Field::Nothing | Field::Text(_) => Ok(""),
        Field::Number(_) | Field::Other => {
            Err("`html` must be a text of at most 8 MiB; shorten it at the source".to_owned())
        }
    }
}

/// Where a post stands on its way to readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stage {
    /// True if readers see it, or will from `at` on.
    is_out: bool,
    /// When it was or will be published.
    at: Option<Instant>,
    /// True if readers of the site never saw it, though it has a time.
    never_was_out: bool,
    warning: Option<&'static str>,
}

impl Stage {
    fn of(post: &Post, is_email_only: bool, site: &Site) -> Result<Self, String> {
        let at = post.published_at.time("published_at")?;
        let held = |warning| Self { is_out: false, at, never_was_out: true, warning };
        let needed = |status: &str| {
            at.ok_or_else(|| format!("`published_at` is missing, and its `status` is {status}"))
        };
        let stage = match post.status.text() {
            Some("draft") => Self { is_out: false, at, never_was_out: false, warning: None },
            Some("sent") => held(Some(
                "was sent by email and never stood on the site (`sent`): it becomes a draft",
            )),
            Some("published" | "scheduled") if is_email_only => held(Some(
                "is for emails alone (`email_only`), and not for the site: it becomes a draft",
            )),
            Some("published") => {
                let at = needed("published")?;
                let is_early = site.exported_at.is_some_and(|exported| at > exported);
                let warning = is_early.then_some(
                    "its date lies behind the export, though its site shows it: it becomes a schedule",
                );
                Self { is_out: true, at: Some(at), never_was_out: false, warning }
            }
            Some("scheduled") => {
                let at = needed("scheduled")?;
                match site.exported_at {
                    Some(exported) if at > exported => {
                        Self { is_out: true, at: Some(at), never_was_out: false, warning: None }
                    }
                    Some(_) => held(Some(
                        "its schedule was missed, and its site does not show it: it becomes a draft",
                    )),
                    None => held(Some(
                        "the file has no time of its export (`exported_on`), so its schedule may be over: it becomes a draft",
                    )),
                }
            }
            _ => {
                let shown = post.status.shown();
                return Err(format!(
                    "`status` must be draft, scheduled, published or sent, not {shown}: whether readers see it cannot be told"
                ));
            }
        };
        match site.is_private && stage.is_out {
            true => Ok(Self { is_out: false, never_was_out: true, ..stage }),
            false => Ok(stage),
        }
    }
}

/// An article in the making.
struct Making<'a> {
    site: &'a Site,
    members: Map<String, Value>,
    metadata: Map<String, Value>,
    said: Vec<&'static str>,
    names: Vec<(&'static str, String, String)>,
    addresses: Vec<String>,
    warnings: Vec<String>,
    lacks_address: bool,
}

impl Making<'_> {
    fn set(&mut self, name: &str, value: Value) {
        self.members.insert(name.to_owned(), value);
    }

    /// Sets a member that a second import sets again.
    fn say(&mut self, name: &'static str, value: Value) {
        self.said.push(name);
        self.set(name, value);
    }

    fn warn(&mut self, text: impl Into<String>) {
        self.warnings.push(text.into());
    }

    fn addressed(&mut self, text: &str) -> String {
        let (text, is_unknown) = addressed(text, self.site.url.as_deref());
        self.lacks_address |= is_unknown;
        text
    }

    /// Keeps a line in `metadata`.
    fn keep(&mut self, name: &str, line: Option<String>) {
        if let Some(line) = line {
            let (line, is_cut) = words::cut(&line, METADATA_TEXT_MAX);
            if is_cut {
                self.warn(format!("`{name}` is cut to {METADATA_TEXT_MAX} characters"));
            }
            self.metadata.insert(name.to_owned(), json!(line));
        }
    }

    /// Title and slug.
    fn name(&mut self, post: &Post, body: &str, visibility: Visibility) -> Result<(), String> {
        let slug = post.slug.text().map(|written| match is_slug(written) {
            true => written.to_owned(),
            false => {
                let slug = slugify(written);
                self.warn(format!("its slug {:?} becomes `{slug}`", cut(written)));
                slug
            }
        });
        let title = post.title.text().and_then(words::line);
        let title = title.or_else(|| {
            // What stands first in a restricted text is not for everyone, and a title is.
            let (title, from) = match visibility.is_restricted() {
                true => (slug.clone()?, "slug stands"),
                false => (first_words(body)?, "first words stand"),
            };
            self.warn(format!("has no title: its {from} for one"));
            Some(title)
        });
        let title = title.ok_or("has no title, and nothing to make one of; give it one")?;
        self.set("title", json!(title));
        if let Some(slug) = slug {
            let address = format!("/{}/", post.slug.text().unwrap_or(&slug));
            if let Some(site) = &self.site.url {
                self.addresses.push(format!("{}{address}", site.trim_end_matches('/')));
            }
            self.addresses.insert(0, address);
            self.set("slug", json!(slug));
        }
        Ok(())
    }

    fn stand(&mut self, stage: Stage) {
        let state = if stage.is_out { "published" } else { "draft" };
        self.set("state", json!(state));
        match stage.at {
            // For the editor who publishes it.
            Some(at) if stage.never_was_out => {
                self.metadata.insert("date".to_owned(), json!(at));
            }
            Some(at) => self.set("published_at", json!(at)),
            None => {}
        }
        self.warnings.extend(stage.warning.map(str::to_owned));
    }

    /// Who may read it.
    fn access(&mut self, visibility: Visibility) {
        match visibility.is_restricted() {
            true => {
                self.say("access", json!("restricted"));
                self.metadata.insert("visibility".to_owned(), json!(visibility.name()));
            }
            false => self.say("access", json!("public")),
        }
        if self.site.has_no_comments {
            self.say("comments_policy", json!("closed"));
        }
    }

    fn authors(&mut self, users: &[Option<&User>]) {
        let mut authors = Vec::new();
        for user in users {
            let named = user.and_then(|user| Some((user, words::line(user.name.text()?)?)));
            let Some((user, name)) = named else {
                self.warn("lost: an author who is not in the file");
                continue;
            };
            let mut author = words::author(&name);
            if let Some(url) = user.website.text().and_then(words::web_url) {
                author["url"] = json!(url);
            }
            authors.push(author);
        }
        self.set("authors", json!(authors));
    }

    /// The first public tag is the section, as Ghost's themes have it, and the others are tags.
    fn terms(&mut self, tags: &[Option<&Tag>]) {
        let (mut slugs, mut internal): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        let mut seen = HashSet::new();
        let more = tags.len().saturating_sub(TAGS_MAX);
        if more > 0 {
            self.warn(format!("lost: {more} tags"));
        }
        for tag in tags.iter().take(TAGS_MAX) {
            let named = tag.and_then(|tag| Some((tag, words::line(tag.name.text()?)?)));
            let Some((tag, name)) = named else {
                self.warn("lost: a tag that is not in the file");
                continue;
            };
            if tag.visibility.text() != Some("public") || name.starts_with('#') {
                internal.push(name);
                continue;
            }
            let own = tag.slug.text().filter(|slug| is_slug(slug)).map(str::to_owned);
            let Some(slug) = own.or_else(|| term_slug(&name)) else {
                self.warn(format!("lost: the tag {:?}, of which no slug can be made", cut(&name)));
                continue;
            };
            if !seen.insert(slug.clone()) {
                continue;
            }
            let member = if slugs.is_empty() { "section" } else { "tags" };
            if slug != name {
                self.names.push((member, slug.clone(), name));
            }
            slugs.push(slug);
        }
        let mut slugs = slugs.into_iter();
        if let Some(section) = slugs.next() {
            self.say("section", json!(section));
        }
        self.set("tags", json!(slugs.collect::<Vec<_>>()));
        if !internal.is_empty() {
            self.metadata.insert("internal_tags".to_owned(), json!(internal));
        }
    }

    fn picture(&mut self, post: &Post, meta: Option<&PostMeta>) {
        let caption = meta.and_then(|meta| meta.feature_image_caption.text());
        self.keep("feature_image_caption", caption.and_then(words::line_of_html));
        let Some(address) = post.feature_image.text() else {
            return;
        };
        let address = self.addressed(address);
        let alt = meta.and_then(|meta| words::line(meta.feature_image_alt.text()?));
        let Some(url) = words::web_url(&address) else {
            self.warn("lost: its picture, whose address on the web is not known; what the file has of it is in `metadata`");
            self.keep("feature_image", words::line(&address));
            self.keep("feature_image_alt", alt);
            return;
        };
        let alt = alt.map(|alt| {
            let (alt, is_cut) = words::cut(&alt, ALT_MAX);
            if is_cut {
                self.warn(format!("the description of its picture is cut to {ALT_MAX} characters"));
            }
            alt
        });
        self.say("image", json!({"url": url, "alt": alt, "credit": null}));
    }

    fn canonical(&mut self, post: &Post) {
        let Some(address) = post.canonical_url.text() else {
            return;
        };
        let address = self.addressed(address);
        if let Some(url) = words::web_url(&address) {
            self.addresses.push(url.clone());
            self.set("canonical_url", json!(url));
        } else {
            self.warn(
                "lost: its `canonical_url`, which is no address on the web; it is in `metadata`",
            );
            self.keep("canonical_url", words::line(&address));
        }
    }

    fn rest(&mut self, post: &Post, meta: Option<&PostMeta>) {
        if let Some(summary) = post.custom_excerpt.text() {
            self.set("summary", json!(summary));
        }
        if let Some(locale) = post.locale.text() {
            self.say("language", json!(locale.replace('_', "-")));
        }
        if post.featured.0 {
            self.metadata.insert("featured".to_owned(), json!(true));
        }
        for (name, code) in [
            ("codeinjection_head", &post.codeinjection_head),
            ("codeinjection_foot", &post.codeinjection_foot),
        ] {
            self.warnings.extend(code_warning(name, code));
        }
        let Some(meta) = meta else {
            return;
        };
        self.keep("meta_title", meta.meta_title.text().and_then(words::line));
        self.keep("meta_description", meta.meta_description.text().and_then(words::line));
        let for_social_media = [
            meta.og_image, meta.og_title, meta.og_description, meta.twitter_image,
            meta.twitter_title, meta.twitter_description,
        ];
        if for_social_media.iter().any(|one| one.0) {
            self.warn("lost: its titles, descriptions or pictures for social media");
        }
    }

    fn done(mut self, at: At, source_id: String) -> Made {
        let metadata = std::mem::take(&mut self.metadata);
        self.set("metadata", Value::Object(metadata));
        let item = ArticleItem {
            at,
            source_id,
            members: self.members,
            said: self.said,
            former_slugs: Vec::new(),
            names: self.names,
            addresses: self.addresses,
            lines: HashMap::new(),
            source_version: self.site.as_of(),
            is_schedule: false,
            withdrawn: None,
        };
        Made { item, warnings: self.warnings, lacks_address: self.lacks_address }
    }
}

/// The first words of a text.
fn first_words(body: &str) -> Option<String> {
    let text = words::line_of_html(body)?;
    let first: Vec<&str> = text.split(' ').take(TITLE_WORDS).collect();
    let (title, _) = words::cut(&first.join(" "), TITLE_MAX);
    Some(if title.len() < text.len() { format!("{}\u{2026}", title.trim_end()) } else { title })
}

/// What is said of code that a site shows beside its texts: readers may have been shown a notice by it.
#[must_use]
pub fn code_warning(name: &str, code: &Field) -> Option<String> {
    let text = match code {
        Field::Nothing => return None,
        Field::Text(code) if code.trim().is_empty() => return None,
        Field::Text(code) => words::line_of_html(code),
        Field::Number(_) | Field::Other => None,
    };
    let Some(text) = text else {
        return Some(format!("lost: `{name}`, code without a text that can be read"));
    };
    let (quote, is_cut) = words::cut(&text, QUOTE_MAX);
    let more = if is_cut { "\u{2026}" } else { "" };
    Some(format!(
        "lost: `{name}`, which shows readers \"{quote}{more}\" beside the text: a candidate for a disclaimer, which a rule can attach"
    ))
}
