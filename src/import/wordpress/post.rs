//! Posts as articles. What a post's state says decides, and never its date.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Map, Value, json};
use url::Url;

use super::export::{Site, slug_of};
use super::fields::{Gate, gate_field};
use super::names::{is_gate, is_notice, listed, says_no};
use super::record::Post;
use super::text::{Text, text_of};
use super::times;
use crate::domain::instant::Instant;
use crate::import::item::{ArticleItem, At};
use crate::import::words::{author, cut, line_of_html, text_of_html, web_url};

/// Longest summary, in code points: as the API takes it.
const SUMMARY_MAX: usize = 2_000;
/// Longest description of a picture, in code points: as the API takes it.
const ALT_MAX: usize = 1_000;
/// Longest caption that is kept, in code points.
const CAPTION_MAX: usize = 1_000;
/// Words of the text that make the title of a post that has none.
const TITLE_WORDS: usize = 10;
/// Longest title that is made of them, in code points.
const TITLE_MAX: usize = 100;
/// Longest name that is shown in a reason, in characters.
const SHOWN_MAX: usize = 40;
/// The category that WordPress gives a post that has none.
const NO_CATEGORY: &str = "uncategorized";
/// The fields in which plugins keep the number of a post's first category.
const FIRST_CATEGORY: [&str; 2] = ["_yoast_wpseo_primary_category", "rank_math_primary_category"];
/// Most taxonomies that are told of by name: a post has a few.
const TERMS_TOLD: usize = 20;
/// Taxonomies that say something to readers: the form of a post, and the series that it belongs to. What those of
/// plugins are for is not known.
const KEPT_TERMS: [&str; 2] = ["post_format", "series"];

/// Words in the types of records with the rules of plugins for members, for many posts at once.
const RULE_WORDS: [&str; 4] = ["level", "plan", "restrict", "rule"];

/// Why a record is not imported.
#[derive(Debug, PartialEq, Eq)]
pub enum Not {
    /// It is no post, or none that is shown: nothing is wrong with it.
    Skipped(String),
    /// Something is wrong with it: the line, and the reason.
    Refused(usize, String),
}

/// An article, with what is to be said of it.
#[derive(Debug)]
pub struct Made {
    /// The article.
    pub item: ArticleItem,
    /// What is lost or looks wrong, with the lines.
    pub told: Vec<(usize, String)>,
    /// True if no reader could see the post.
    pub is_private: bool,
}

/// Tells posts from the records that stand between them.
///
/// # Errors
/// What the record is, if it is no post.
pub fn is_post(post: &Post) -> Result<(), Not> {
    let what = match post.get("wp:post_type").trim() {
        "post" => return Ok(()),
        "" => {
            let reason = "has no `wp:post_type`: what it is cannot be told; export the file again";
            return Err(Not::Refused(post.line, reason.to_owned()));
        }
        "page" => "is a page, not a post",
        "attachment" => "is a file of the media library, not a post",
        "nav_menu_item" | "wp_navigation" => "is an entry of a menu, not a post",
        "wp_block" => "is a synced pattern, not a post: its text comes with the posts that show it",
        "revision" => "is an older version of a post",
        "wp_template"
        | "wp_template_part"
        | "wp_global_styles"
        | "wp_font_family"
        | "wp_font_face"
        | "custom_css"
        | "customize_changeset" => "is part of the site's design, not a post",
        kind => {
            let (shown, _) = cut(kind, SHOWN_MAX);
            let is_rule = is_gate(kind) && RULE_WORDS.iter().any(|word| kind.contains(word));
            if is_rule && post.get("wp:status").trim() == "publish" {
                let reason = format!(
                    "is a `{shown}`, a rule of a plugin about who may read which posts, and the posts do not say it themselves: look at their access"
                );
                return Err(Not::Refused(post.line, reason));
            }
            return Err(Not::Skipped(format!("is a `{shown}`, not a post")));
        }
    };
    Err(Not::Skipped(what.to_owned()))
}

/// What a post's state says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Draft,
    Private,
    Published,
    Scheduled,
}

fn standing(post: &Post) -> Result<Standing, Not> {
    match post.get("wp:status").trim() {
        "publish" => Ok(Standing::Published),
        "future" => Ok(Standing::Scheduled),
        "private" => Ok(Standing::Private),
        "draft" | "pending" | "auto-draft" | "inherit" => Ok(Standing::Draft),
        "trash" | "post-trashed" => Err(Not::Skipped("is in the trash".to_owned())),
        other => {
            let (other, _) = cut(other, SHOWN_MAX);
            let reason = format!(
                "`wp:status` must be publish, future, private, pending, draft or trash, not `{other}`: whether the post is public cannot be told"
            );
            Err(Not::Refused(post.line_of("wp:status"), reason))
        }
    }
}

/// Makes an article of a post.
///
/// # Errors
/// Why the post is not imported.
pub fn article(post: &Post, id: u64, site: &Site, at: &At) -> Result<Box<Made>, Not> {
    if let Some(name) = post.twice {
        let reason =
            format!("`{name}` stands twice in it: which of them counts cannot be told; keep one");
        return Err(Not::Refused(post.line_of(name), reason));
    }
    let standing = standing(post)?;
    if post.has_too_much {
        let reason = "has more fields or terms of its own than are read (4 MiB, 5,000 fields, 1,000 terms): what they say of it cannot be told; take those of plugins out";
        return Err(Not::Refused(post.line, reason.to_owned()));
    }
    let mut maker = Maker {
        post,
        id,
        site,
        members: Map::new(),
        metadata: Map::new(),
        said: Vec::new(),
        names: Vec::new(),
        told: Vec::new(),
    };
    maker.publish(standing)?;
    let text = maker.text()?;
    let is_restricted = maker.access(text.gate.as_deref());
    maker.title(&text.html, is_restricted)?;
    maker.set("body", json!(text.html));
    maker.set("body_format", json!("html"));
    let former_slugs = maker.slugs();
    maker.summary();
    maker.author();
    maker.terms();
    maker.image();
    if post.get("wp:comment_status").trim() == "closed" {
        maker.say("comments_policy", json!("closed"));
    }
    if post.get("wp:is_sticky").trim() == "1" {
        maker.metadata.insert("sticky".to_owned(), json!(true));
    }
    maker.fields(&text);
    Ok(Box::new(maker.made(at, former_slugs, standing)))
}

/// The slugs and names of a post's terms of one kind.
fn terms_of<'a>(post: &'a Post, domain: &'a str) -> impl Iterator<Item = (String, String)> + 'a {
    post.terms.iter().filter(move |term| term.domain == domain).filter_map(|term| {
        let name = line_of_html(&term.name);
        let slug = slug_of(&term.nicename).or_else(|| slug_of(name.as_deref()?))?;
        let name = name.unwrap_or_else(|| slug.clone());
        Some((slug, name))
    })
}

/// An article in the making.
struct Maker<'a> {
    post: &'a Post,
    id: u64,
    site: &'a Site,
    members: Map<String, Value>,
    metadata: Map<String, Value>,
    said: Vec<&'static str>,
    names: Vec<(&'static str, String, String)>,
    told: Vec<(usize, String)>,
}

impl Maker<'_> {
    fn set(&mut self, name: &str, value: Value) {
        self.members.insert(name.to_owned(), value);
    }

    /// Sets a member that the source speaks of.
    fn say(&mut self, name: &'static str, value: Value) {
        self.set(name, value);
        if !self.said.contains(&name) {
            self.said.push(name);
        }
    }

    /// True if the post is for those who have its password.
    fn has_password(&self) -> bool {
        !self.post.get("wp:post_password").is_empty()
    }

    fn tell(&mut self, member: &str, text: impl Into<String>) {
        self.told.push((self.post.line_of(member), text.into()));
    }

    /// Sets the state, and the time of publication.
    fn publish(&mut self, standing: Standing) -> Result<(), Not> {
        let post = self.post;
        let in_utc = times::utc(post.get("wp:post_date_gmt"));
        let modified = times::utc(post.get("wp:post_modified_gmt"));
        if let Some(modified) = modified {
            self.metadata.insert("modified".to_owned(), json!(modified));
        }
        let exported_at = self.site.exported_at;
        let is_missed = |at: Instant| exported_at.is_none_or(|now| at <= now);
        let at = match (standing, in_utc) {
            // WordPress gives drafts no time, or the one that they had.
            (Standing::Draft | Standing::Private, at) => at,
            (_, Some(at)) => Some(at),
            (_, None) => Some(self.by_clock()?),
        };
        let state = match (standing, at) {
            (Standing::Published, _) => "published",
            (Standing::Scheduled, Some(at)) if is_missed(at) => {
                // It was not public, and its time is not that of a publication.
                self.metadata.insert("scheduled_for".to_owned(), json!(at));
                let text = match exported_at {
                    Some(_) => {
                        "was to be published before the file was written, and was not (WordPress missed its time): it is a draft"
                    }
                    None => {
                        "is scheduled, and the file does not say when it was written (`pubDate`), so that whether WordPress missed its time cannot be told: it is a draft"
                    }
                };
                self.tell("wp:status", text);
                self.set("state", json!("draft"));
                return Ok(());
            }
            (Standing::Scheduled, _) => "published",
            (Standing::Draft | Standing::Private, _) => "draft",
        };
        self.set("state", json!(state));
        if let Some(at) = at {
            self.set("published_at", json!(at));
        }
        Ok(())
    }

    /// The time by the site's clock, where that in UTC is missing.
    fn by_clock(&mut self) -> Result<Instant, Not> {
        let by_clock = self.post.get("wp:post_date");
        let Some((at, offset)) = self.site.offsets.instant(by_clock) else {
            let reason = "has no time in UTC (`wp:post_date_gmt`), and the zone of its site is not known for that year; set its date again in WordPress, and export it anew";
            return Err(Not::Refused(self.post.line_of("wp:post_date_gmt"), reason.to_owned()));
        };
        let offset = times::shown(offset);
        self.tell(
            "wp:post_date",
            format!("its time has no zone, and is taken as {offset}, as others of its year are"),
        );
        Ok(at)
    }

    fn text(&mut self) -> Result<Text, Not> {
        let content = self.post.get("content:encoded");
        let mut text = text_of(content, self.post, self.site)
            .map_err(|reason| Not::Refused(self.post.line_of("content:encoded"), reason))?;
        for told in std::mem::take(&mut text.told) {
            self.tell("content:encoded", told);
        }
        Ok(text)
    }

    fn title(&mut self, html: &str, is_restricted: bool) -> Result<(), Not> {
        if let Some(title) = line_of_html(self.post.get("title")) {
            self.set("title", json!(title));
            return Ok(());
        }
        let text = text_of_html(html);
        let words: Vec<&str> = text.split_whitespace().take(TITLE_WORDS).collect();
        let (title, _) = cut(&words.join(" "), TITLE_MAX);
        if title.is_empty() {
            let reason =
                "has neither a title nor a text; give it a title, or delete it in WordPress";
            return Err(Not::Refused(self.post.line_of("title"), reason.to_owned()));
        }
        let (title, from) = match is_restricted {
            // A title is for everyone, and the text is not. The slug of a post without a title may be its number.
            true => {
                let slug = slug_of(self.post.get("wp:post_name"));
                let slug = slug.filter(|slug| slug.contains(|c: char| c.is_ascii_alphabetic()));
                (slug.unwrap_or_else(|| format!("post {}", self.id)), "its slug or number is taken")
            }
            false => (title, "the first words of its text are taken"),
        };
        self.tell("title", format!("has no title: {from}"));
        self.set("title", json!(title));
        Ok(())
    }

    /// What keeps a post from some readers restricts it; the password itself goes nowhere. True if anything does.
    fn access(&mut self, gate: Option<&str>) -> bool {
        let post = self.post;
        let mut is_restricted = self.has_password();
        if let Some(gate) = gate {
            is_restricted = true;
            self.tell("content:encoded", format!("`{gate}` in its text is for some readers alone: access to the article is restricted"));
        }
        if let Some(Gate { key, is_known }) = gate_field(&post.metas) {
            let (key, _) = cut(key, SHOWN_MAX);
            is_restricted = true;
            let why = match is_known {
                true => "keeps it from some readers: access to the article is restricted",
                false => {
                    "has the name of a level of membership, and may keep it from some readers: access to the article is restricted; take the field out if it says nothing about readers"
                }
            };
            self.tell("title", format!("its field `{key}` {why}"));
        }
        self.say("access", json!(if is_restricted { "restricted" } else { "public" }));
        is_restricted
    }

    /// Sets the slug; its former slugs.
    fn slugs(&mut self) -> Vec<String> {
        let (post, site) = (self.post, self.site);
        let own = slug_of(post.get("wp:post_name"));
        match &own {
            Some(slug) if site.is_taken(slug, self.id) => {
                self.tell("wp:post_name", format!("another post of this file has the slug `{slug}`: this one gets one of its title"));
            }
            Some(slug) => self.set("slug", json!(slug)),
            None => {}
        }
        let (mut former, mut seen) = (Vec::new(), HashSet::new());
        for (_, name) in post.metas.iter().filter(|(key, _)| key == "_wp_old_slug") {
            let slug = slug_of(name);
            let slug =
                slug.filter(|slug| !site.is_taken(slug, self.id) && own.as_ref() != Some(slug));
            former.extend(slug.filter(|slug| seen.insert(slug.clone())));
        }
        former
    }

    fn summary(&mut self) {
        let text = text_of_html(self.post.get("excerpt:encoded"));
        if text.is_empty() {
            return;
        }
        // WordPress shows it to those alone who have the password, and a summary is for everyone.
        if self.has_password() {
            self.tell("excerpt:encoded", "lost: its excerpt, which is behind its password");
            return;
        }
        let (text, is_cut) = cut(&text, SUMMARY_MAX);
        if is_cut {
            self.tell("excerpt:encoded", format!("its summary is cut to {SUMMARY_MAX} characters"));
        }
        self.set("summary", json!(text));
    }

    fn author(&mut self) {
        let login = self.post.get("dc:creator").trim();
        let site = self.site;
        match site.authors.get(login) {
            Some(name) => self.set("authors", json!([author(name)])),
            None if login.is_empty() => {
                self.set("authors", json!([]));
                self.tell(
                    "dc:creator",
                    "its author is not known to WordPress any more: it has none",
                );
            }
            // A login is no name for readers, nor for a report.
            None => {
                self.set("authors", json!([]));
                self.tell("dc:creator", "the name of its author is not in this file: it has none");
            }
        }
    }

    /// The first category is the section, the others are tags.
    fn terms(&mut self) {
        let post = self.post;
        let mut categories: Vec<(String, String)> =
            terms_of(post, "category").filter(|(slug, _)| slug != NO_CATEGORY).collect();
        let first = FIRST_CATEGORY.iter().find_map(|key| {
            let id: u64 = post.meta(key)?.trim().parse().ok()?;
            let slug = slug_of(self.site.categories.get(&id)?)?;
            categories.iter().position(|(known, _)| *known == slug)
        });
        if let Some(first) = first {
            categories[..=first].rotate_right(1);
        }
        let mut categories = categories.into_iter();
        let section = categories.next();
        let (mut tags, mut names) = (Vec::new(), Vec::new());
        let mut seen = HashSet::new();
        // WordPress 2 wrote `tag` for `post_tag`.
        let own = terms_of(post, "post_tag").chain(terms_of(post, "tag"));
        for (slug, name) in categories.chain(own) {
            if !seen.insert(slug.clone()) {
                continue;
            }
            if slug != name {
                names.push(("tags", slug.clone(), name));
            }
            tags.push(slug);
        }
        self.other_terms();
        if let Some((slug, name)) = section {
            if slug != name {
                self.names.push(("section", slug.clone(), name));
            }
            self.say("section", json!(slug));
        }
        self.names.extend(names);
        self.set("tags", json!(tags));
    }

    /// Keeps those terms that are for readers, and tells of the others without their names.
    fn other_terms(&mut self) {
        let post = self.post;
        let mut kept: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut lost: BTreeMap<&str, usize> = BTreeMap::new();
        // WordPress 2 wrote each category a second time, without a domain.
        let is_old = post.terms.iter().any(|term| term.domain == "category");
        for term in &post.terms {
            match term.domain.as_str() {
                "category" | "post_tag" | "tag" => {}
                "" if is_old => {}
                domain if KEPT_TERMS.contains(&domain) => {
                    kept.entry(domain).or_default().extend(line_of_html(&term.name));
                }
                domain => *lost.entry(domain).or_default() += 1,
            }
        }
        if !kept.is_empty() {
            self.metadata.insert("terms".to_owned(), json!(kept));
        }
        let more = lost.len().saturating_sub(TERMS_TOLD);
        for (domain, count) in lost.into_iter().take(TERMS_TOLD) {
            let (domain, _) = cut(domain, SHOWN_MAX);
            self.tell("title", format!("lost: terms of `{domain}` ({count})"));
        }
        if more > 0 {
            self.tell("title", format!("lost: terms of further taxonomies ({more})"));
        }
    }

    fn image(&mut self) {
        let Some(id) = self.post.meta("_thumbnail_id").map(str::trim).filter(|id| !says_no(id))
        else {
            return;
        };
        let site = self.site;
        let picture = id.parse().ok().and_then(|id: u64| site.pictures.get(&id));
        let Some((picture, url)) = picture.and_then(|known| Some((known, web_url(&known.url)?)))
        else {
            let (id, _) = cut(id, SHOWN_MAX);
            self.tell(
                "title",
                format!(
                    "lost: its picture (file {id} of the media library), which is not in this file"
                ),
            );
            return;
        };
        let alt = picture.alt.as_deref().map(|alt| cut(alt, ALT_MAX).0);
        self.say("image", json!({"url": url, "alt": alt, "credit": null}));
        let caption = picture.caption.as_deref();
        if self.has_password() && caption.is_some() {
            // Themes show no picture of such a post, and none of its words.
            self.tell("title", "lost: the caption of its picture, which is behind its password");
        } else if let Some(caption) = caption {
            let (caption, _) = cut(caption, CAPTION_MAX);
            self.metadata.insert("image_caption".to_owned(), json!(caption));
        }
    }

    /// Tells of fields that are not imported: whether readers were shown them is not known.
    fn fields(&mut self, text: &Text) {
        let post = self.post;
        let (mut own, mut notices): (BTreeMap<&str, usize>, BTreeMap<&str, usize>) =
            (BTreeMap::new(), BTreeMap::new());
        for (key, value) in &post.metas {
            let is_known = text.fields.contains(key) || key == "footnotes";
            let says_nothing = says_no(value) || value == "1";
            if is_known || says_nothing {
                continue;
            }
            if is_notice(key) && !key.starts_with("_wp_") && !key.starts_with("_yoast_") {
                *notices.entry(key).or_default() += 1;
            } else if !key.starts_with('_') && !FIRST_CATEGORY.contains(&key.as_str()) {
                *own.entry(key).or_default() += 1;
            }
        }
        let shown = |found: &BTreeMap<&str, usize>| {
            listed(found.iter().map(|(key, count)| (cut(key, SHOWN_MAX).0, *count)))
        };
        if !notices.is_empty() {
            let text = format!(
                "lost: fields that may be notices to readers: {}; write them into the text, or attach a disclaimer by a rule",
                shown(&notices)
            );
            self.tell("title", text);
        }
        if !own.is_empty() {
            let text =
                format!("lost: fields of its own, which may not be for readers: {}", shown(&own));
            self.tell("title", text);
        }
    }

    /// The addresses of the post at its source.
    fn addresses(&self) -> Vec<String> {
        let post = self.post;
        let mut found: Vec<String> = Vec::new();
        for address in [post.get("link").trim(), post.get("guid").trim()] {
            if let Some(url) = web_url(address).and_then(|address| Url::parse(&address).ok()) {
                let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
                found.extend([address.to_owned(), format!("{}{query}", url.path())]);
            }
        }
        found.push(format!("/?p={}", self.id));
        let mut each: Vec<String> = Vec::new();
        for address in found {
            // The front page is no post's.
            if !each.contains(&address) && address != "/" {
                each.push(address);
            }
        }
        each
    }

    fn made(mut self, at: &At, former_slugs: Vec<String>, standing: Standing) -> Made {
        let post = self.post;
        if !self.metadata.is_empty() {
            self.members
                .insert("metadata".to_owned(), Value::Object(std::mem::take(&mut self.metadata)));
        }
        let lines: HashMap<&'static str, usize> = [
            ("/title", "title"),
            ("/slug", "wp:post_name"),
            ("/summary", "excerpt:encoded"),
            ("/body", "content:encoded"),
            ("/authors", "dc:creator"),
            ("/state", "wp:status"),
            ("/published_at", "wp:post_date_gmt"),
        ]
        .into_iter()
        .map(|(pointer, name)| (pointer, post.line_of(name)))
        .collect();
        let item = ArticleItem {
            at: at.clone(),
            source_id: self.site.source_id("post", self.id),
            addresses: self.addresses(),
            members: self.members,
            said: self.said,
            former_slugs,
            names: self.names,
            lines,
            source_version: self.site.as_of(),
            is_schedule: standing == Standing::Scheduled,
            withdrawn: None,
        };
        Made { item, told: self.told, is_private: standing == Standing::Private }
    }
}
