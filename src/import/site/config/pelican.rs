//! The configuration of Pelican: `pelicanconf.py`, and `publishconf.py`, which changes it for publication. Nothing is run:
//! plain assignments are read, and others are told of.

use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

use regex::Regex;
use serde_json::{Map, Value, json};

use super::{Content, PELICAN, Rules, Site, Verdict, folder_of, inside, text_of, texts};
use crate::domain::language::is_language;
use crate::import::site::cascade::Cascade;
use crate::import::site::dates::{Zone, Zones};
use crate::import::site::glob::glob;
use crate::import::site::python::assignments;
use crate::import::site::visibility::truth;

/// What is particular to a site of Pelican.
pub struct Pelican {
    /// The pattern of the addresses of articles.
    pub article_url: String,
    has_folders_as_sections: bool,
    articles: Vec<String>,
    pages: Vec<String>,
    excluded: Vec<String>,
    ignored: Vec<Regex>,
}

/// The settings that are read.
const NAMES: [&str; 16] = [
    "TIMEZONE", "DEFAULT_LANG", "SITEURL", "PATH", "ARTICLE_URL", "ARTICLE_PATHS",
    "ARTICLE_EXCLUDES", "PAGE_PATHS", "IGNORE_FILES", "DEFAULT_METADATA", "DEFAULT_STATUS",
    "PATH_METADATA", "FILENAME_METADATA", "EXTRA_PATH_METADATA", "USE_FOLDER_AS_CATEGORY",
    "AUTHOR",
];
/// Those without which it cannot be told which files are articles.
const PLACES: [&str; 5] =
    ["PATH", "ARTICLE_PATHS", "ARTICLE_EXCLUDES", "PAGE_PATHS", "IGNORE_FILES"];
/// Those that may give articles a status.
const STATUSES: [&str; 5] = [
    "DEFAULT_METADATA", "DEFAULT_STATUS", "PATH_METADATA", "FILENAME_METADATA",
    "EXTRA_PATH_METADATA",
];

/// Reads the configuration in a site's folder.
pub fn open(site: &mut Site) {
    let mut settings: HashMap<&'static str, Value> = HashMap::new();
    let main = site.root.join(PELICAN);
    for file in [main.clone(), site.root.join("publishconf.py")] {
        if !file.is_file() {
            continue;
        }
        let text = match text_of(&file) {
            Ok(text) => text,
            Err(why) => {
                site.unread.push((file, why));
                continue;
            }
        };
        for assigned in assignments(&text, &NAMES) {
            let name = assigned.name;
            match assigned.value {
                Some(value) => drop(settings.insert(name, value)),
                None => not_plain(site, &file, name, assigned.line),
            }
        }
    }
    let said = |name: &str| settings.get(name).and_then(Value::as_str).map(str::trim);
    let is_on = |name: &str, usual: bool| settings.get(name).and_then(truth).unwrap_or(usual);
    if let Some(zone) = said("TIMEZONE") {
        site.zones = Zones::all(Zone::named(zone));
    }
    if let Some(url) = said("SITEURL") {
        site.set_base(url);
    }
    site.language = said("DEFAULT_LANG").filter(|tag| is_language(tag)).map(str::to_owned);
    let folder = folder_of(said("PATH").unwrap_or_default());
    if let Some(path) = said("PATH").filter(|path| Path::new(path).is_absolute()) {
        site.leave_unclear(&main, None, &format!("`PATH` is {path:?}, not below its folder"));
    }
    site.contents = vec![Content { folder, language: None }];
    read_metadata(site, &main, &settings);
    let folders = |name: &str, usual: &str| match settings.get(name) {
        None => vec![usual.to_owned()],
        said => texts(said).iter().map(|path| folder_of(path)).collect(),
    };
    let mut ignored = Vec::new();
    for pattern in texts(settings.get("IGNORE_FILES")) {
        match glob(&pattern) {
            Some(pattern) => ignored.push(pattern),
            None => site.leave_unclear(&main, None, "`IGNORE_FILES` has what is no pattern"),
        }
    }
    site.rules = Rules::Pelican(Box::new(Pelican {
        article_url: said("ARTICLE_URL").unwrap_or("{slug}.html").to_owned(),
        has_folders_as_sections: is_on("USE_FOLDER_AS_CATEGORY", true),
        articles: folders("ARTICLE_PATHS", ""),
        pages: folders("PAGE_PATHS", "pages"),
        excluded: texts(settings.get("ARTICLE_EXCLUDES"))
            .iter()
            .map(|path| folder_of(path))
            .collect(),
        ignored,
    }));
}

/// Tells of a setting that is no plain value.
fn not_plain(site: &mut Site, file: &Path, name: &'static str, line: usize) {
    let why = format!("`{name}` in line {line} is no plain value, and Python is not run");
    if STATUSES.contains(&name) {
        site.leave_unclear(file, Some("status"), &why);
    } else if PLACES.contains(&name) {
        site.leave_unclear(file, None, &why);
    } else if name == "TIMEZONE" {
        site.zones = Zones::all(Zone::Unknown(name.to_owned()));
    }
    site.warnings.push((file.to_owned(), why));
}

/// What articles have where they do not say it themselves.
fn read_metadata(site: &mut Site, file: &Path, settings: &HashMap<&'static str, Value>) {
    let mut members = Map::new();
    match settings.get("DEFAULT_METADATA") {
        None => {}
        Some(Value::Object(said)) => members.extend(said.clone()),
        // An older form: pairs.
        Some(Value::Array(pairs)) => {
            for pair in pairs {
                match pair.as_array().map(Vec::as_slice) {
                    Some([Value::String(name), value]) => {
                        members.insert(name.clone(), value.clone());
                    }
                    _ => {
                        site.leave_unclear(file, Some("status"), "`DEFAULT_METADATA` has no pairs")
                    }
                }
            }
        }
        Some(_) => site.leave_unclear(file, Some("status"), "`DEFAULT_METADATA` is no map"),
    }
    if let Some(status) = settings.get("DEFAULT_STATUS") {
        members.entry("status").or_insert_with(|| status.clone());
    }
    if let Some(author) = settings.get("AUTHOR").and_then(Value::as_str) {
        members.entry("author").or_insert_with(|| json!(author));
    }
    site.cascades.push(Rc::new(Cascade::said(members)));
    for name in ["PATH_METADATA", "FILENAME_METADATA", "EXTRA_PATH_METADATA"] {
        let Some(value) = settings.get(name) else {
            continue;
        };
        let says_status = value.to_string().to_lowercase().contains("status");
        if says_status {
            let why = format!("`{name}` says `status` by the path of a file");
            site.leave_unclear(file, Some("status"), &why);
        }
    }
}

impl Pelican {
    pub(super) fn judge(&self, path: &str) -> Verdict {
        let is_in = |folders: &[String]| {
            folders.iter().any(|folder| inside(path, folder).is_some() || path == *folder)
        };
        let name = path.rsplit('/').next().unwrap_or_default();
        let is_ignored = self.ignored.iter().any(|glob| glob.is_match(name) || glob.is_match(path));
        let no_page = match () {
            () if is_in(&self.pages) => "is a page, not an article (Pelican)",
            () if is_ignored => "is left out by the site's `IGNORE_FILES` (Pelican)",
            () if is_in(&self.excluded) => "is left out by the site's `ARTICLE_EXCLUDES` (Pelican)",
            () if !is_in(&self.articles) => "lies in none of the site's `ARTICLE_PATHS` (Pelican)",
            () => "",
        };
        let no_page = Some(no_page).filter(|why| !why.is_empty());
        let folder = path.rsplit('/').nth(1).filter(|_| self.has_folders_as_sections);
        Verdict {
            no_page: no_page.map(|why| {
                // Readers of the site see its pages.
                let as_what = if why.starts_with("is a page") { "" } else { " as a draft" };
                format!("{why}; name the file to import it{as_what}")
            }),
            section: folder.map(str::to_owned),
            ..Verdict::default()
        }
    }
}
