//! The address that a page has on its site: from its front matter, or from its file and the pattern of the site.

use std::path::Path;

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::config::{Hugo, Jekyll, Pelican, Rules, Site};
use super::dates::of_name;
use super::names::stem_of;
use super::tree::Place;

/// What an address is made of.
pub struct Parts<'a> {
    /// The place of the page.
    pub place: &'a Place,
    /// Its file.
    pub path: &'a Path,
    /// Its members, by names in lower case.
    pub members: &'a Map<String, Value>,
    /// The day of its publication in its site's zone.
    pub day: Option<Date>,
    /// Its title.
    pub title: &'a str,
    /// Its categories.
    pub categories: &'a [String],
}

/// Names of months, as addresses have them.
const MONTHS: [&str; 12] = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
];

impl Parts<'_> {
    fn member(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    fn stem(&self) -> &str {
        stem_of(self.path, self.place.language.as_deref())
    }

    /// The name of the file, or of the folder of a bundle.
    fn name(&self) -> &str {
        match self.stem() {
            "index" => {
                let folder = self.path.parent().and_then(Path::file_name);
                folder.and_then(|name| name.to_str()).unwrap_or_default()
            }
            stem => stem,
        }
    }

    /// The folders below that of the site's pages, without that of a bundle.
    fn folders(&self) -> Vec<&str> {
        let inside = self.place.inside.as_deref().unwrap_or_default();
        let mut folders: Vec<&str> = inside.split('/').collect();
        folders.pop();
        if self.stem() == "index" {
            folders.pop();
        }
        folders
    }

    /// A part of a date, as most patterns name it.
    fn date(&self, name: &str) -> Option<String> {
        let day = self.day?;
        let month = usize::try_from(day.month()).ok()?;
        Some(match name {
            "year" => format!("{:04}", day.year()),
            "month" => format!("{:02}", day.month()),
            "day" => format!("{:02}", day.day()),
            "i_month" => day.month().to_string(),
            "i_day" => day.day().to_string(),
            "short_year" => format!("{:02}", day.year().rem_euclid(100)),
            "yearday" => day.day_of_year().to_string(),
            "y_day" => format!("{:03}", day.day_of_year()),
            "monthname" => (*MONTHS.get(month.checked_sub(1)?)?).to_owned(),
            _ => return None,
        })
    }

    fn of_hugo(&self, hugo: &Hugo) -> Option<String> {
        if let Some(url) = self.member("url") {
            if url.contains("://") {
                return None;
            }
            let url = expand(url, |name| self.token_of_hugo(name))?;
            return Some(format!("/{}", url.trim_start_matches('/')));
        }
        let case = |text: &str| match hugo.keeps_case {
            true => url_text(text),
            false => url_text(text).to_lowercase(),
        };
        let folders = self.folders();
        let language = self.place.language.as_deref().map(str::to_lowercase);
        let language = language.filter(|language| hugo.plain_language.as_ref() != Some(language));
        let section = folders.first().copied().unwrap_or_default().to_lowercase();
        let mut path = match hugo.permalinks.get(&section) {
            Some(pattern) => case(&expand(pattern, |name| self.token_of_hugo(name))?),
            None => {
                let last = self.member("slug").unwrap_or_else(|| self.name());
                let parts = folders.into_iter().chain([last]).map(case);
                parts.collect::<Vec<_>>().join("/")
            }
        };
        path = path.trim_matches('/').to_owned();
        if let Some(language) = language {
            path = format!("{language}/{path}");
        }
        Some(if hugo.has_ugly_urls { format!("/{path}.html") } else { format!("/{path}/") })
    }

    fn token_of_hugo(&self, name: &str) -> Option<String> {
        let slug = || self.member("slug").map(str::to_owned);
        let title = || url_text(self.title);
        match name {
            "title" => Some(title()),
            "slug" => slug().or_else(|| Some(title())),
            "slugorfilename" | "slugorcontentbasename" => {
                slug().or_else(|| Some(self.name().to_owned()))
            }
            "filename" | "contentbasename" => Some(self.name().to_owned()),
            "section" => Some(self.folders().first().copied().unwrap_or_default().to_owned()),
            "sections" => Some(self.folders().join("/")),
            // With noughts there.
            "month" | "day" | "year" | "yearday" | "monthname" => self.date(name),
            _ => None,
        }
    }

    fn of_jekyll(&self, jekyll: &Jekyll) -> Option<String> {
        let is_post = !jekyll.is_page(self.place.inside.as_deref()?);
        let pattern = match self.member("permalink") {
            Some(own) => own,
            // Pages and collections have patterns of their own.
            None if is_post && of_name(self.stem()).is_some() => jekyll.permalink.as_str(),
            None => return None,
        };
        let pattern = match pattern {
            "date" => "/:categories/:year/:month/:day/:title:output_ext",
            "pretty" => "/:categories/:year/:month/:day/:title/",
            "ordinal" => "/:categories/:year/:y_day/:title:output_ext",
            "none" => "/:categories/:title:output_ext",
            pattern => pattern,
        };
        let rest = of_name(self.stem()).map_or(self.stem(), |(_, rest)| rest);
        let path = expand(pattern, |name| match name {
            "title" | "slug" => Some(self.member("slug").unwrap_or(rest).to_owned()),
            "categories" => {
                let words = self.categories.iter().map(|name| url_text(name).to_lowercase());
                Some(words.collect::<Vec<_>>().join("/"))
            }
            "output_ext" => Some(".html".to_owned()),
            "basename" | "name" => Some(self.stem().to_owned()),
            _ => self.date(name),
        })?;
        let is_folder = path.ends_with('/');
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        Some(format!("/{}{}", parts.join("/"), if is_folder { "/" } else { "" }))
    }

    fn of_pelican(&self, pelican: &Pelican) -> Option<String> {
        let pattern = self.member("url").or_else(|| self.member("save_as"));
        let mut path = String::new();
        let mut rest = pattern.unwrap_or(&pelican.article_url);
        while let Some((before, after)) = rest.split_once('{') {
            let (name, behind) = after.split_once('}')?;
            path.push_str(before);
            let part = match name {
                // The slug of a title is made otherwise there.
                "slug" => self.member("slug")?.to_owned(),
                "category" => self.categories.first()?.to_lowercase(),
                "lang" => self.member("lang")?.to_owned(),
                _ => {
                    let mut text = String::new();
                    for part in name.strip_prefix("date:")?.split('%').skip(1) {
                        let (sign, more) = part.split_at_checked(1)?;
                        let name = match sign {
                            "Y" => "year",
                            "m" => "month",
                            "d" => "day",
                            "y" => "short_year",
                            "j" => "y_day",
                            _ => return None,
                        };
                        text.push_str(&self.date(name)?);
                        text.push_str(more);
                    }
                    text
                }
            };
            path.push_str(&part);
            rest = behind;
        }
        path.push_str(rest);
        Some(format!("/{}", path.trim_start_matches('/')))
    }
}

/// The address of a page on its site, a path from the site's home page; `None` if it cannot be told.
pub fn address(parts: &Parts<'_>) -> Option<String> {
    let site = parts.place.site.as_ref()?;
    parts.place.inside.as_ref()?;
    match &site.rules {
        Rules::Hugo(hugo) => parts.of_hugo(hugo),
        Rules::Jekyll(jekyll) => parts.of_jekyll(jekyll),
        Rules::Pelican(pelican) => parts.of_pelican(pelican),
        Rules::Other => None,
    }
}

/// An address as a path from the host, and as a URL where the site says its own.
pub fn whole(site: &Site, address: &str) -> Vec<String> {
    let Some(base) = &site.base else {
        return vec![address.to_owned()];
    };
    let path = format!("{}{}", base.path().trim_end_matches('/'), address);
    let mut url = base.clone();
    url.set_path(&path);
    vec![path, url.into()]
}

/// A pattern with a value for each `:name`; `None` if one of them has none.
fn expand(pattern: &str, value: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut parts = pattern.split(':');
    let mut out = parts.next()?.to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(part.len());
        let (name, more) = part.split_at(end);
        if more.starts_with('[') {
            return None;
        }
        out.push_str(&value(name)?);
        out.push_str(more);
    }
    Some(out)
}

/// A text as a part of an address: letters, digits and a few signs, words joined by hyphens.
fn url_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            c if c.is_alphanumeric() || "._-/".contains(c) => out.push(c),
            c if c.is_whitespace() && !out.ends_with('-') => out.push('-'),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_filled_in() {
        let value = |name: &str| (name != "no").then(|| name.to_uppercase());
        assert_eq!(expand("/:year/:month/x-:slug/", value).as_deref(), Some("/YEAR/MONTH/x-SLUG/"));
        assert_eq!(expand("/about/", value).as_deref(), Some("/about/"));
        assert_eq!(expand("/:no/", value), None);
        assert_eq!(expand("/:sections[1:]/", value), None);
        assert_eq!(expand("", value).as_deref(), Some(""));
    }

    #[test]
    fn texts_become_parts_of_addresses() {
        assert_eq!(url_text(" Storm  closes, “now” "), "Storm-closes-now");
        assert_eq!(url_text("Паром отменён"), "Паром-отменён");
    }
}
