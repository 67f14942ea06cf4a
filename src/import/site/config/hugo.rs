//! The configuration of Hugo: `hugo.toml` and its like, and the files in `config/_default` and `config/production`.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use regex::Regex;
use serde_json::{Map, Value};

use super::{Content, HUGO, HUGO_JSON, Rules, Site, Verdict, folder_of, text, texts};
use crate::domain::language::is_language;
use crate::import::site::cascade::Cascade;
use crate::import::site::dates::{Zone, Zones};
use crate::import::site::names::last_part;
use crate::import::site::visibility::truth;

/// What is particular to a site of Hugo.
#[derive(Default)]
pub struct Hugo {
    /// The patterns of its addresses, by section.
    pub permalinks: HashMap<String, String>,
    /// Members other than the usual ones that have the date of publication.
    pub dates: Vec<String>,
    /// Members other than the usual ones that have the date of expiry.
    pub ends: Vec<String>,
    /// True if a date in the name of a file goes with those in its front matter.
    pub has_dates_in_names: bool,
    /// True if addresses end with `.html`.
    pub has_ugly_urls: bool,
    /// True if addresses keep upper case.
    pub keeps_case: bool,
    /// The language whose pages have no language in their addresses.
    pub plain_language: Option<String>,
    languages: Vec<Language>,
    ignored: Vec<Regex>,
    shows_no_pages: bool,
}

struct Language {
    /// Its name in lower case, as files and addresses have it.
    key: String,
    /// Its tag.
    tag: Option<String>,
    is_disabled: bool,
    zone: Option<Zone>,
    cascade: Option<Rc<Cascade>>,
}

/// Members that Hugo has dates in by itself.
const DATES: [&str; 4] = ["publishdate", "pubdate", "published", "date"];
const ENDS: [&str; 2] = ["expirydate", "unpublishdate"];

/// Reads the configuration in a site's folder.
pub fn open(site: &mut Site) {
    let mut settings = Map::new();
    let root = site.root.clone();
    let mut names = HUGO.iter().chain([&HUGO_JSON]).map(|name| root.join(name));
    let main = names.find(|file| file.is_file());
    if let Some(file) = &main {
        settings = site.settings(file, false);
    }
    for folder in ["config/_default", "config/production"] {
        for file in files_in(&root.join(folder)) {
            let members = site.settings(&file, false);
            let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let members = match stem.to_lowercase().split('.').collect::<Vec<_>>().as_slice() {
                ["hugo" | "config"] => members,
                // `languages.toml`, `params.de.toml`: a part of the whole, under its name.
                [name, language] => {
                    let part = Value::Object(wrap(name, Value::Object(members)));
                    wrap("languages", Value::Object(wrap(language, part)))
                }
                [name] => wrap(name, unwrapped(members, name)),
                _ => continue,
            };
            merge(&mut settings, members);
        }
    }
    let file = main.unwrap_or_else(|| root.join(super::HUGO_FOLDER));
    let mut hugo = Hugo::default();
    if let Some(zone) = text(&settings, "timezone") {
        site.zones = Zones::all(Zone::named(zone));
    }
    site.warn_of(&file, &settings, &["builddrafts", "buildfuture", "buildexpired"]);
    if let Some(url) = text(&settings, "baseurl") {
        site.set_base(url);
    }
    read_languages(site, &mut hugo, &settings, &file);
    read_contents(site, &hugo, &settings, &file);
    for pattern in texts(settings.get("ignorefiles")) {
        match Regex::new(&pattern) {
            Ok(pattern) => hugo.ignored.push(pattern),
            Err(_) => {
                let why = format!("`ignoreFiles` has {pattern:?}, which is no pattern");
                site.leave_unclear(&file, None, &why);
            }
        }
    }
    let kinds = texts(settings.get("disablekinds"));
    hugo.shows_no_pages = kinds.iter().any(|kind| kind.eq_ignore_ascii_case("page"));
    if let Some(cascade) = settings.get("cascade") {
        site.cascades.push(Rc::new(Cascade::of(cascade.clone(), &file.display())));
    }
    read_dates(&mut hugo, &settings);
    read_permalinks(&mut hugo, &settings);
    let is_on = |name: &str| settings.get(name).and_then(truth) == Some(true);
    hugo.has_ugly_urls = is_on("uglyurls");
    hugo.keeps_case = is_on("disablepathtolower");
    site.rules = Rules::Hugo(Box::new(hugo));
}

/// The files of settings in a folder, in the order of their names.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.retain(|file| {
        let ending = file.extension().and_then(|ending| ending.to_str());
        ending.is_some_and(|ending| ["toml", "yaml", "yml", "json"].contains(&ending))
            && file.is_file()
    });
    files.sort_unstable();
    files
}

fn wrap(name: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), value)])
}

/// What `languages.toml` holds may also be under `languages` there.
fn unwrapped(mut members: Map<String, Value>, name: &str) -> Value {
    match members.len() {
        1 => members.remove(name).unwrap_or(Value::Object(members)),
        _ => Value::Object(members),
    }
}

fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (name, value) in from {
        let value = match (into.remove(&name), value) {
            (Some(Value::Object(mut known)), Value::Object(more)) => {
                merge(&mut known, more);
                Value::Object(known)
            }
            (_, value) => value,
        };
        into.insert(name, value);
    }
}

/// A language tag among the settings of a language or of the whole site.
fn tag_of(settings: &Map<String, Value>) -> Option<String> {
    let code = text(settings, "languagecode").or_else(|| text(settings, "locale"))?;
    let primary = code.split('-').next()?.to_lowercase();
    is_language(&primary).then(|| code.to_owned())
}

fn read_languages(site: &mut Site, hugo: &mut Hugo, settings: &Map<String, Value>, file: &Path) {
    let disabled = texts(settings.get("disablelanguages"));
    let languages = settings.get("languages").and_then(Value::as_object);
    for (key, language) in languages.into_iter().flatten() {
        let Value::Object(language) = language else {
            continue;
        };
        let says_so = language.get("disabled").is_some_and(|value| truth(value) != Some(false));
        let cascade = language.get("cascade").map(|cascade| {
            let place = file.display();
            Rc::new(Cascade::of(cascade.clone(), &place))
        });
        hugo.languages.push(Language {
            key: key.clone(),
            tag: tag_of(language),
            is_disabled: says_so || disabled.iter().any(|name| name.eq_ignore_ascii_case(key)),
            zone: text(language, "timezone").map(Zone::named),
            cascade,
        });
    }
    let main = text(settings, "defaultcontentlanguage").map(str::to_lowercase);
    let in_folder = settings.get("defaultcontentlanguageinsubdir").and_then(truth) == Some(true);
    hugo.plain_language = Some(main.clone().unwrap_or_else(|| "en".to_owned()));
    if in_folder {
        hugo.plain_language = None;
    }
    let of_main = main.as_deref().and_then(|main| hugo.tag(main));
    site.language = of_main
        .or_else(|| tag_of(settings))
        .or_else(|| main.filter(|main| is_language(main.split('-').next().unwrap_or_default())));
}

fn read_contents(site: &mut Site, hugo: &Hugo, settings: &Map<String, Value>, file: &Path) {
    let main = folder_of(text(settings, "contentdir").unwrap_or("content"));
    let mut contents: Vec<Content> = Vec::new();
    for language in &hugo.languages {
        let own = settings.get("languages").and_then(|all| all.get(&language.key)?.as_object());
        if let Some(folder) = own.and_then(|own| text(own, "contentdir")) {
            contents
                .push(Content { folder: folder_of(folder), language: Some(language.key.clone()) });
        }
    }
    let module = settings.get("module").and_then(Value::as_object);
    let mounts = module.and_then(|module| module.get("mounts")?.as_array());
    let mut mounted = Vec::new();
    for mount in mounts.into_iter().flatten().filter_map(Value::as_object) {
        let target = folder_of(text(mount, "target").unwrap_or_default());
        if target != "content" && !target.starts_with("content/") {
            continue;
        }
        let chooses = ["includefiles", "excludefiles", "files"];
        if chooses.iter().any(|name| mount.contains_key(*name)) || target != "content" {
            let why = "a mount of `content` takes some files, or puts them elsewhere";
            site.leave_unclear(file, None, why);
        }
        let source = text(mount, "source").unwrap_or_default();
        let language = text(mount, "lang").map(str::to_lowercase);
        mounted.push(Content { folder: folder_of(source), language });
    }
    // Where mounts are given, or each language has a folder of its own, the usual one is none.
    let have_own = !contents.is_empty() && contents.len() == hugo.languages.len();
    if mounted.is_empty() && !have_own {
        contents.push(Content { folder: main, language: None });
    }
    contents.extend(mounted);
    site.contents = contents;
}

fn read_dates(hugo: &mut Hugo, settings: &Map<String, Value>) {
    let Some(Value::Object(order)) = settings.get("frontmatter") else {
        return;
    };
    let mut others = |names: &[&str], usual: &[&str]| {
        let all = names.iter().flat_map(|name| texts(order.get(*name)));
        let mut own = Vec::new();
        for name in all.map(|name| name.to_lowercase()) {
            hugo.has_dates_in_names |= name == ":filename";
            if !name.starts_with(':') && !usual.contains(&&*name) && !own.contains(&name) {
                own.push(name);
            }
        }
        own
    };
    let mut dates = others(&["publishdate"], &DATES);
    // A date of an edit says nothing of the publication.
    let shown =
        others(&["date"], &["publishdate", "pubdate", "published", "date", "lastmod", "modified"]);
    let ends = others(&["expirydate"], &ENDS);
    dates.extend(shown);
    hugo.dates = dates;
    hugo.ends = ends;
}

fn read_permalinks(hugo: &mut Hugo, settings: &Map<String, Value>) {
    let Some(Value::Object(all)) = settings.get("permalinks") else {
        return;
    };
    let pages = all.get("page").and_then(Value::as_object);
    for (section, pattern) in pages.into_iter().flatten().chain(all) {
        if let Some(pattern) = pattern.as_str() {
            let section = section.trim_matches('/').to_owned();
            hugo.permalinks.entry(section).or_insert_with(|| pattern.to_owned());
        }
    }
}

impl Hugo {
    fn language(&self, key: &str) -> Option<&Language> {
        self.languages.iter().find(|language| language.key.eq_ignore_ascii_case(key))
    }

    /// The tag of a language that the site names `key`.
    pub fn tag(&self, key: &str) -> Option<String> {
        self.language(key)?.tag.clone()
    }

    /// The zones of dates in pages of a language.
    pub fn zones(&self, language: Option<&str>) -> Option<Zones> {
        let zone = self.language(language?)?.zone.clone()?;
        Some(Zones::all(zone))
    }

    /// The language in a file's name: one of those of the site, if it has any.
    fn language_in_name(&self, whole: &Path, guessed: Option<String>) -> Option<String> {
        if self.languages.is_empty() {
            return guessed;
        }
        let part = last_part(whole)?;
        // Case matters where the name is cut off its end.
        self.language(part).map(|_| part.to_owned())
    }

    pub(super) fn judge(
        &self,
        whole: &Path,
        content: &Content,
        inside: &str,
        guessed: Option<String>,
    ) -> Verdict {
        let name = whole.to_string_lossy().replace('\\', "/");
        let is_ignored = self.ignored.iter().any(|pattern| pattern.is_match(&name));
        let language = self.language_in_name(whole, guessed).or_else(|| content.language.clone());
        let known = language.as_deref().or(self.plain_language.as_deref());
        let known = known.and_then(|key| self.language(key));
        let held_back = match known {
            Some(language) if language.is_disabled => {
                Some(format!("the language {} is disabled on the site", language.key))
            }
            _ if self.shows_no_pages => Some("the site's `disableKinds` shows no pages".to_owned()),
            _ => None,
        };
        let mut folders: Vec<&str> = inside.split('/').collect();
        let is_bundle = folders.pop().is_some_and(|name| name.starts_with("index."));
        let has_section = folders.len() > usize::from(is_bundle);
        Verdict {
            no_page: is_ignored.then(|| {
                "is left out by the site's `ignoreFiles`; name the file to import it as a draft"
                    .to_owned()
            }),
            held_back,
            section: folders.first().filter(|_| has_section).map(|name| (*name).to_owned()),
            cascades: known.and_then(|language| language.cascade.clone()).into_iter().collect(),
            language,
        }
    }
}
