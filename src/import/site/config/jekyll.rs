//! The configuration of Jekyll: `_config.yml`. Programs that are like it (Hexo) have a file of that name too.

use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

use jiff::tz::TimeZone;
use regex::Regex;
use serde_json::{Map, Value};

use super::{Content, JEKYLL, Rules, Site, Verdict, folder_of, inside, text, texts};
use crate::import::site::cascade::Cascade;
use crate::import::site::dates::{Zone, Zones, of_name};
use crate::import::site::glob::glob;
use crate::import::site::names::stem_of;
use crate::import::site::visibility::truth;

/// Folders of posts and of drafts.
const POSTS: &str = "_posts";
const DRAFTS: &str = "_drafts";
/// What Jekyll leaves out where a site does not say.
const LEFT_OUT: [&str; 6] =
    ["node_modules", "vendor/bundle/", "vendor/cache/", "vendor/gems/", "vendor/ruby/", "Gemfile"];
/// The pattern of addresses where a site does not say.
const PERMALINK: &str = "date";

/// What is particular to a site of Jekyll.
pub struct Jekyll {
    /// The pattern of the addresses of posts, or the name of one.
    pub permalink: String,
    /// True if it is of Jekyll itself, whose names of members have case, and whose posts are those with a date in their
    /// names.
    pub is_jekyll: bool,
    /// Whether pages of collections are public.
    shown: HashMap<String, bool>,
    /// The folder of collections.
    collections: String,
    excluded: Vec<Pattern>,
    included: Vec<Pattern>,
    /// The nearest first.
    defaults: Vec<Scope>,
}

/// A path or pattern of paths.
struct Pattern {
    text: String,
    glob: Option<Regex>,
}

impl Pattern {
    fn new(text: &str) -> Self {
        let text = text.trim_start_matches("./").trim_start_matches('/').to_owned();
        // Jekyll compares the start of a path too: what stands below a folder is left out with it.
        let glob = text.contains(['*', '?', '[']).then(|| glob(&text)).flatten();
        Self { text, glob }
    }

    /// True if a path is this, or begins with it.
    fn leads(&self, path: &str) -> bool {
        path.starts_with(self.text.trim_end_matches('/')) && !self.text.is_empty()
            || self.glob.as_ref().is_some_and(|glob| glob.is_match(path))
    }

    /// True if a path or its last part is just this.
    fn is(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or_default();
        let text = self.text.trim_end_matches('/');
        [path, name]
            .iter()
            .any(|path| *path == text || self.glob.as_ref().is_some_and(|glob| glob.is_match(path)))
    }
}

/// Members for the pages of a path and kind.
struct Scope {
    path: String,
    glob: Option<Regex>,
    kind: Option<String>,
    cascade: Rc<Cascade>,
}

/// Reads the configuration in a site's folder.
pub fn open(site: &mut Site) {
    let root = site.root.clone();
    let mut names = JEKYLL.iter().map(|name| root.join(name));
    let Some(file) = names.find(|file| file.is_file()) else {
        return;
    };
    let settings = site.settings(&file, true);
    let source = folder_of(text(&settings, "source").unwrap_or_default());
    let is_jekyll = !root.join("source/_posts").is_dir() || source == "source";
    let zone = match text(&settings, "timezone") {
        Some(zone) => Zone::named(zone),
        None => Zone::Known(TimeZone::UTC),
    };
    site.zones = Zones::all(zone);
    if is_jekyll {
        // YAML of Ruby has them in UTC.
        site.zones.times = Zone::Known(TimeZone::UTC);
    }
    site.warn_of(&file, &settings, &["future", "unpublished", "show_drafts"]);
    if let Some(url) = text(&settings, "url") {
        let below = text(&settings, "baseurl").unwrap_or_default().trim_matches('/');
        site.set_base(&format!("{}/{below}", url.trim_end_matches('/')));
    }
    site.language = text(&settings, "lang").map(|tag| tag.replace('_', "-"));
    let folder = if is_jekyll { source } else { "source".to_owned() };
    site.contents = vec![Content { folder, language: None }];
    let (defaults, unclear) = defaults_of(&settings);
    if let Some(why) = unclear {
        site.leave_unclear(&file, None, why);
    }
    let left_out = match settings.get("exclude") {
        None | Some(Value::Null) => Vec::new(),
        said => texts(said),
    };
    let mut excluded = patterns(&left_out);
    excluded.extend(LEFT_OUT.map(Pattern::new));
    site.rules = Rules::Jekyll(Box::new(Jekyll {
        permalink: text(&settings, "permalink").unwrap_or(PERMALINK).to_owned(),
        is_jekyll,
        shown: shown(&settings),
        collections: folder_of(text(&settings, "collections_dir").unwrap_or_default()),
        excluded,
        included: patterns(&texts(settings.get("include"))),
        defaults,
    }));
}

fn patterns(texts: &[String]) -> Vec<Pattern> {
    texts.iter().map(|text| Pattern::new(text)).collect()
}

/// Whether the pages of each collection are public.
fn shown(settings: &Map<String, Value>) -> HashMap<String, bool> {
    match settings.get("collections") {
        Some(Value::Object(collections)) => {
            let of = |options: &Value, usual: bool| {
                options.get("output").map_or(usual, |output| truth(output) == Some(true))
            };
            let each = collections.iter();
            each.map(|(name, options)| (name.clone(), of(options, name == "posts"))).collect()
        }
        // Of a list of names none is public.
        names => texts(names).into_iter().map(|name| (name, false)).collect(),
    }
}

/// The `defaults`, the nearest first, and what is wrong with them.
fn defaults_of(settings: &Map<String, Value>) -> (Vec<Scope>, Option<&'static str>) {
    const UNCLEAR: &str = "`defaults` must be a list of maps, each with `scope` and `values`";
    let entries = match settings.get("defaults") {
        None | Some(Value::Null) => return (Vec::new(), None),
        Some(Value::Array(entries)) => entries,
        Some(_) => return (Vec::new(), Some(UNCLEAR)),
    };
    let mut defaults = Vec::new();
    let mut unclear = None;
    for entry in entries {
        let part = |name: &str| match entry.get(name) {
            None | Some(Value::Null) => Some(Map::new()),
            Some(Value::Object(members)) => Some(members.clone()),
            Some(_) => None,
        };
        let (Some(scope), Some(values)) = (part("scope"), part("values")) else {
            unclear = Some(UNCLEAR);
            continue;
        };
        let path = text(&scope, "path").unwrap_or_default().trim_start_matches('/').to_owned();
        let has_glob = path.contains('*');
        let pattern = has_glob.then(|| glob(&format!("{path}*"))).flatten();
        if has_glob && pattern.is_none() {
            unclear = Some("a `path` of `defaults` is no pattern");
        }
        defaults.push(Scope {
            path,
            glob: pattern,
            kind: text(&scope, "type").map(str::to_owned),
            cascade: Rc::new(Cascade::said(values)),
        });
    }
    // The last of those that are as near as each other counts.
    defaults.reverse();
    defaults.sort_by_key(|scope| std::cmp::Reverse((scope.path.len(), scope.kind.is_some())));
    (defaults, unclear)
}

impl Scope {
    fn has(&self, path: &str, kinds: &[&str]) -> bool {
        let is_kind = self.kind.as_deref().is_none_or(|kind| kinds.contains(&kind));
        is_kind
            && match &self.glob {
                Some(glob) => glob.is_match(path),
                None => path.starts_with(&self.path),
            }
    }
}

impl Jekyll {
    /// The collection of a folder with this name at `path`, if it is one.
    fn collection_at(&self, path: &str) -> Option<(&str, bool)> {
        let top = match self.collections.as_str() {
            "" => path,
            folder => inside(path, folder)?,
        };
        let name = top.split('/').next()?.strip_prefix('_')?;
        let (name, shown) = self.shown.get_key_value(name)?;
        Some((name.as_str(), *shown))
    }

    /// True if the site leaves this path out.
    fn leaves_out(&self, path: &str) -> bool {
        let is_kept = self.included.iter().any(|pattern| pattern.is(path));
        !is_kept && self.excluded.iter().any(|pattern| pattern.leads(path))
    }

    pub(super) fn says_of_folder(&self, path: &str, name: &str) -> Option<Result<(), String>> {
        if self.leaves_out(path) {
            return Some(Err(LEFT_OUT_HERE.to_owned()));
        }
        if !name.starts_with('_') || name == POSTS || name == DRAFTS {
            return None;
        }
        match self.collection_at(path) {
            Some((_, true)) => Some(Ok(())),
            Some((name, false)) => Some(Err(format!(
                "is of the collection `{name}`, which has no `output` and is not published (Jekyll); name the file to import it as a draft"
            ))),
            None => self.included.iter().any(|pattern| pattern.is(path)).then_some(Ok(())),
        }
    }

    pub(super) fn judge(&self, path: &str) -> Verdict {
        let mut verdict = Verdict::default();
        let folders: Vec<&str> = path.split('/').collect();
        let (name, folders) = folders.split_last().unwrap_or((&"", &[]));
        let is_draft = folders.contains(&DRAFTS);
        let is_post = folders.contains(&POSTS);
        let has_date = of_name(stem_of(Path::new(name), None)).is_some();
        if self.leaves_out(path) {
            verdict.no_page = Some(LEFT_OUT_HERE.to_owned());
        } else if self.is_jekyll && is_post && !is_draft && !has_date {
            verdict.no_page = Some(
                "is no post: its name does not begin with a date, so Jekyll does not publish it; name the file to import it as a draft".to_owned(),
            );
        }
        if is_post && self.shown.get("posts") == Some(&false) {
            verdict.held_back = Some("the site's posts have no `output`".to_owned());
        }
        let kinds = match (is_draft, is_post) {
            (true, _) => vec!["drafts", "posts"],
            (_, true) => vec!["posts"],
            _ => vec![self.collection_at(path).map_or("pages", |(name, _)| name)],
        };
        let defaults = self.defaults.iter().filter(|scope| scope.has(path, &kinds));
        verdict.cascades = defaults.map(|scope| Rc::clone(&scope.cascade)).collect();
        // A folder above that of the posts is their first category.
        let is_own = |folder: &&&str| **folder != POSTS && **folder != DRAFTS;
        let above = folders.first().filter(is_own).filter(|_| is_post || is_draft);
        verdict.section = above.map(|name| (*name).to_owned());
        verdict
    }

    /// True if a file at this path is a page that no collection has.
    pub fn is_page(&self, path: &str) -> bool {
        let mut folders = path.split('/');
        self.is_jekyll
            && !folders.any(|name| name == POSTS || name == DRAFTS)
            && self.collection_at(path).is_none()
    }
}

const LEFT_OUT_HERE: &str =
    "is left out by the site's `exclude`; name the file to import it as a draft";
