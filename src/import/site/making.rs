//! The members of an article from those of a page, one after the other.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::Refused;
use super::address;
use super::config::{Hugo, Jekyll, Rules};
use super::dates::{Dated, Undated, Zone, Zones, dated};
use super::front::{DATES, ENDS, Front, SUMMARIES, is_empty, line_of, line_of_name, list, text_of};
use super::front_matter::Page;
use super::tree::Place;
use super::visibility::{embargoes, is_embargo, truth};
use crate::articles::term_slug;
use crate::domain::instant::Instant;
use crate::domain::language::is_language;
use crate::domain::slug::{is_slug, spell};
use crate::import::item::Expiry;
use crate::import::words;

/// Front matter that is a member of the article under the same name; other members are renamed.
const KEPT: [&str; 2] = ["slug", "title"];
/// Candidates for the summary that are more than one, and are kept in `metadata` as well.
const STAYING: [&str; 1] = ["deck"];
/// Front matter with the page's present or former URLs.
const ADDRESSES: [&str; 5] = ["aliases", "url", "permalink", "redirect_from", "save_as"];

/// The result for a page.
#[derive(Default)]
pub struct Made {
    /// The body of a creation. Its `published_at` may be in the future: a schedule.
    pub article: Map<String, Value>,
    /// Optional members that the page sets: for the others an editor's change is kept.
    pub said: Vec<&'static str>,
    /// Its former slugs: the last segment of each URL.
    pub former_slugs: Vec<String>,
    /// The names of its section and tags: the member, the slug, the name.
    pub names: Vec<(&'static str, String, String)>,
    /// Its paths and URLs on its site.
    pub addresses: Vec<String>,
    /// Names of its members that may be notices to readers and that its folders or its site set.
    pub notices_of_place: Vec<String>,
    /// Warnings, with their lines.
    pub warnings: Vec<(usize, String)>,
}

/// A page that becomes an article.
pub struct Making<'a> {
    /// The page.
    pub page: &'a Page<'a>,
    /// Its place.
    pub place: &'a Place,
    /// What has been made of it.
    pub made: Made,
}

impl Making<'_> {
    /// Sets a member of the article.
    pub fn set(&mut self, name: &str, value: Value) {
        self.made.article.insert(name.to_owned(), value);
    }

    /// Adds a warning.
    pub fn warn(&mut self, line: usize, text: impl Into<String>) {
        self.made.warnings.push((line, text.into()));
    }

    /// The line of a member, by its name in lower case.
    pub fn at_name(&self, name: &str) -> usize {
        line_of_name(self.page, name).unwrap_or(self.page.first_line)
    }

    fn rules(&self) -> Option<&Rules> {
        Some(&self.place.site.as_ref()?.rules)
    }

    fn hugo(&self) -> Option<&Hugo> {
        match self.rules() {
            Some(Rules::Hugo(hugo)) => Some(hugo),
            _ => None,
        }
    }

    fn jekyll(&self) -> Option<&Jekyll> {
        match self.rules() {
            Some(Rules::Jekyll(jekyll)) => Some(jekyll),
            _ => None,
        }
    }

    fn is_pelican(&self) -> bool {
        matches!(self.rules(), Some(Rules::Pelican(_)))
    }

    /// True if it is a page of Jekyll that no collection has.
    pub fn is_page_of_jekyll(&self) -> bool {
        let inside = self.place.inside.as_deref();
        self.jekyll().zip(inside).is_some_and(|(jekyll, inside)| jekyll.is_page(inside))
    }

    /// Its title and slug; `rest` is the name of its file behind a date.
    pub fn name(&mut self, front: &mut Front, rest: Option<&str>) {
        for name in KEPT {
            if let Some(value) = front.take(name) {
                self.set(name, text_of(value));
            }
        }
        if let Some(rest) = rest.filter(|_| self.jekyll().is_some_and(|jekyll| jekyll.is_jekyll))
            && !self.made.article.contains_key("title")
        {
            let words = rest.split(['-', '_', ' ']).filter(|word| !word.is_empty());
            let words = words.map(|word| {
                let mut chars = word.chars();
                let first = chars.next().into_iter().flat_map(char::to_uppercase);
                first.chain(chars).collect::<String>()
            });
            let title = words.collect::<Vec<_>>().join(" ");
            let line = self.page.first_line;
            self.warn(line, format!("has no `title`: it is {title:?} by the name of the file"));
            self.set("title", json!(title));
        }
    }

    /// The zones of its dates.
    fn zones(&self) -> Zones {
        let language = self.place.language.as_deref();
        let of_language = self.hugo().and_then(|hugo| hugo.zones(language));
        let of_site = || self.place.site.as_ref().map(|site| site.zones.clone());
        of_language.or_else(of_site).unwrap_or_default()
    }

    fn dated(&self, name: &str, value: &Value, zones: &Zones) -> Result<Dated, Refused> {
        let is_quoted = self.page.quoted.iter().any(|known| known.to_lowercase() == name);
        let read = value.as_str().ok_or(Undated::NoDate);
        read.and_then(|text| dated(text, zones, is_quoted)).map_err(|why| {
            let reason = match why {
                Undated::NoDate => {
                    let value =
                        value.as_str().map_or_else(|| value.to_string(), |text| format!("{text:?}"));
                    let or = if name == "published" { "true, false or " } else { "" };
                    format!("`{name}` must be {or}a date such as 2014-09-19 or 2014-09-19 10:00:38 -0400, not {value}")
                }
                Undated::Zone(zone) => no_zone(name, &zone),
            };
            Refused::at(self.at_name(name), reason)
        })
    }

    /// The date of publication of a page. If several members have one and one of them is in the
    /// future, its site shows the page then at the earliest: the latest counts. Its day is that of `date`, from which
    /// sites make addresses. `more` are those of members that no known generator reads.
    pub fn published_at(
        &self,
        front: &mut Front,
        of_name: Option<&str>,
        more: &[Instant],
    ) -> Result<Option<Dated>, Refused> {
        let zones = self.zones();
        let others = self.hugo().map_or(&[][..], |hugo| &hugo.dates[..]);
        let mut dates: Vec<Dated> = Vec::new();
        let mut day: Option<Date> = None;
        for name in others.iter().map(String::as_str).chain(DATES) {
            let value = match others.iter().any(|other| other == name) {
                // It stays in `metadata`: its name may say more.
                true => front.members.get(name).filter(|value| !is_empty(value)).cloned(),
                false => front.take(name),
            };
            let Some(value) = value else {
                continue;
            };
            // A boolean of this name says if the page is published, not when.
            if name == "published" && truth(&value).is_some() {
                continue;
            }
            let date = self.dated(name, &value, &zones)?;
            day = Some(date.day).filter(|_| name == "date" || day.is_none()).or(day);
            dates.push(date);
        }
        let counts_name = self.hugo().is_some_and(|hugo| hugo.has_dates_in_names);
        if let Some(text) = of_name.filter(|_| counts_name || dates.is_empty()) {
            let date = dated(text, &zones, false).map_err(|why| {
                let reason = match why {
                    Undated::NoDate => format!("the date {text} in the name of the file is none"),
                    Undated::Zone(zone) => no_zone("date", &zone),
                };
                Refused::at(self.page.first_line, reason)
            })?;
            day = day.or(Some(date.day));
            dates.push(date);
        }
        for at in more {
            let day = local_day(*at, &zones.days).unwrap_or_default();
            dates.push(Dated { at: *at, late: *at, day });
        }
        let latest = dates.into_iter().max_by_key(|date| date.at);
        Ok(latest.map(|latest| {
            let local = self.jekyll().and_then(|_| local_day(latest.at, &zones.days));
            Dated { day: local.or(day).unwrap_or(latest.day), ..latest }
        }))
    }

    /// Its end. Hugo does not show a page after it; what other sites make of it is not known.
    pub fn expiry(&mut self, front: &mut Front, expiry: Expiry) -> Result<(), Refused> {
        let is_hugo = self.hugo().is_some();
        if expiry == Expiry::Kept && !is_hugo {
            return Ok(());
        }
        let zones = self.zones();
        let others = self.hugo().map_or(Vec::new(), |hugo| hugo.ends.clone());
        let mut ends = Vec::new();
        for name in ENDS.into_iter().chain(others.iter().map(String::as_str)) {
            let Some(value) = front.take(name) else {
                continue;
            };
            ends.push((self.dated(name, &value, &zones)?.at, name.to_owned()));
        }
        if let Some((first, name)) = ends.into_iter().min() {
            self.set("expires_at", json!(first));
            if expiry == Expiry::Kept {
                let text =
                    format!("`{name}` ends it here too, since Hugo does not show it from then on");
                self.warn(self.at_name(&name), text);
            }
        }
        Ok(())
    }

    /// The end of its embargo: the latest that it names, or of `more`. One that is over changes nothing.
    pub fn embargo(
        &mut self,
        front: &mut Front,
        more: impl Iterator<Item = Instant>,
    ) -> Result<(), Refused> {
        let zones = self.zones();
        let mut ends: Vec<Instant> = more.collect();
        for (name, value) in embargoes(&front.members) {
            ends.push(self.dated(name, value, &zones)?.late);
        }
        front.members.retain(|name, _| !is_embargo(name));
        if let Some(end) = ends.into_iter().max() {
            self.set("embargo_until", json!(end));
            self.made.said.push("embargo_until");
        }
        Ok(())
    }

    /// Its authors.
    pub fn authors(&mut self, front: &mut Front) {
        let several = front.take("authors");
        let is_list = several.is_some();
        let said = several.or_else(|| front.take("author"));
        let names = said.into_iter().flat_map(list).flat_map(|author| match author {
            // A name may have a comma in it: a semicolon separates then.
            Value::String(names) if is_list && self.is_pelican() => pieces(&names),
            other => vec![other],
        });
        let mut authors = Vec::new();
        let mut lost = Vec::new();
        for author in names.collect::<Vec<_>>() {
            match author {
                Value::Object(mut author) if author.contains_key("name") => {
                    let name = author.remove("name").map(text_of);
                    let mut one = json!({"name": name});
                    let url = author.get("url").and_then(Value::as_str).and_then(words::web_url);
                    if let Some(url) = url {
                        author.remove("url");
                        one["url"] = json!(url);
                    }
                    lost.extend(
                        author
                            .into_iter()
                            .filter(|(_, said)| !is_empty(said))
                            .map(|(name, _)| name),
                    );
                    authors.push(one);
                }
                other => authors.push(json!({"name": text_of(other)})),
            }
        }
        if !lost.is_empty() {
            let line = line_of(self.page, "/authors");
            let text =
                format!("lost: an author is a name and a `url`, without `{}`", lost.join("`, `"));
            self.warn(line, text);
        }
        self.set("authors", json!(authors));
    }

    /// Its tags.
    pub fn tags(&mut self, front: &mut Front) {
        let (is_jekyll, is_pelican) = (self.jekyll().is_some(), self.is_pelican());
        let mut names: Vec<String> = Vec::new();
        let known = ["topics", "tags"].into_iter().chain(is_jekyll.then_some("tag"));
        for name in known {
            let values: Vec<Value> = match front.take(name) {
                Some(Value::String(text)) if is_jekyll && name != "tag" => {
                    text.split_whitespace().map(Value::from).collect()
                }
                Some(value) => list(value),
                None => continue,
            };
            for value in values {
                match value {
                    Value::String(text) if is_pelican => {
                        names.extend(
                            pieces(&text).iter().filter_map(|tag| tag.as_str().map(str::to_owned)),
                        );
                    }
                    other => names.extend(text_of(other).as_str().map(str::to_owned)),
                }
            }
        }
        for name in names.iter().filter(|name| term_slug(name).is_none()) {
            let line = line_of(self.page, "/tags");
            self.made
                .warnings
                .push((line, format!("lost: the tag {name:?} has no letter or digit")));
        }
        let (tags, named) = words::tags(names);
        self.made.names.extend(named);
        self.set("tags", json!(tags));
    }

    /// Its summary.
    pub fn summary(&mut self, front: &mut Front) {
        for name in SUMMARIES {
            let said = front.members.get(name);
            let Some(text) = said.filter(|said| said.is_string() && !is_empty(said)).cloned()
            else {
                continue;
            };
            if self.made.article.contains_key("summary") {
                continue;
            }
            self.set("summary", text);
            if !STAYING.contains(&name) {
                front.take(name);
            }
        }
    }

    /// Its language: what it says itself, or its name or folder; else what its site says, which editors may change.
    pub fn language(&mut self, front: &mut Front) {
        let language = front.take("language").or_else(|| front.take("lang"));
        // Some sites write `en_US`, as operating systems do.
        let written = language.map(|language| match language {
            Value::String(tag) => json!(tag.trim().replace('_', "-")),
            other => other,
        });
        let of_place = self.place.language.clone().map(|key| {
            let tag = self.hugo().and_then(|hugo| hugo.tag(&key));
            tag.unwrap_or(key)
        });
        let of_place = of_place
            .filter(|tag| is_language(&tag.split('-').next().unwrap_or_default().to_lowercase()));
        if let Some(language) = written.or_else(|| of_place.map(|tag| json!(tag))) {
            self.set("language", language);
            self.made.said.push("language");
        } else if let Some(tag) = self.place.site.as_ref().and_then(|site| site.language.clone()) {
            self.set("language", json!(tag));
        }
    }

    /// Its section, and the names of its categories, the first of which that is.
    pub fn section(&mut self, front: &mut Front) -> Vec<String> {
        let mut categories: Vec<String> = self.place.section.clone().into_iter().collect();
        if self.is_pelican() {
            if let Some(own) = front.text("category").map(str::to_owned) {
                front.take("category");
                categories = vec![own];
            }
        } else if self.jekyll().is_some() {
            let said = front.members.get("categories").cloned();
            let more: Vec<String> = match said {
                Some(Value::String(text)) => text.split_whitespace().map(str::to_owned).collect(),
                Some(value) => list(value)
                    .into_iter()
                    .filter_map(|name| text_of(name).as_str().map(str::to_owned))
                    .collect(),
                None => Vec::new(),
            };
            categories.extend(more);
            categories.extend(front.text("category").map(str::to_owned));
        }
        if let Some((slug, named)) = categories.first().and_then(|name| words::section(name)) {
            self.set("section", json!(slug));
            self.made.said.push("section");
            self.made.names.extend(named);
        }
        categories
    }

    /// Its addresses, and the slugs that are former ones here.
    pub fn addresses(
        &mut self,
        members: &Map<String, Value>,
        address: Option<String>,
        of_name: Option<&str>,
    ) {
        let said = ADDRESSES.iter().filter_map(|name| members.get(*name).cloned());
        let said: Vec<Value> = said.flat_map(list).collect();
        let mut slugs: Vec<String> = said.iter().filter_map(last_segment).collect();
        slugs.extend(of_name.and_then(spell));
        slugs.extend(address.as_deref().and_then(words::slug_of_address));
        let mut addresses = Vec::new();
        if let (Some(site), Some(address)) = (&self.place.site, &address) {
            addresses = address::whole(site, address);
        }
        let texts = said.iter().filter_map(Value::as_str).map(str::trim);
        let own = texts.filter(|text| text.starts_with('/') || words::web_url(text).is_some());
        addresses.extend(
            own.filter(|text| !text.contains(':') || text.contains("://")).map(str::to_owned),
        );
        for slug in slugs {
            if !self.made.former_slugs.contains(&slug) {
                self.made.former_slugs.push(slug);
            }
        }
        for address in addresses {
            if !self.made.addresses.contains(&address) {
                self.made.addresses.push(address);
            }
        }
    }
}

fn no_zone(name: &str, zone: &str) -> String {
    format!(
        "`{name}` has no zone, and that of the site ({zone:?}) is not known here; write it with its offset, as 2014-09-19 10:00:38 -0400"
    )
}

/// The day of an instant in a zone.
fn local_day(at: Instant, zone: &Zone) -> Option<Date> {
    let Zone::Known(zone) = zone else {
        return None;
    };
    let at = Timestamp::from_microsecond(at.as_micros()).ok()?;
    Some(zone.to_datetime(at).date())
}

/// The names in a text, with semicolons or else commas between them (Pelican).
fn pieces(text: &str) -> Vec<Value> {
    let mark = if text.contains(';') { ';' } else { ',' };
    text.split(mark).map(str::trim).filter(|piece| !piece.is_empty()).map(Value::from).collect()
}

/// The slug at the end of a page's URL.
fn last_segment(address: &Value) -> Option<String> {
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
}
