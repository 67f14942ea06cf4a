//! The configuration of a site, as far as it decides which pages are public, their dates and their addresses.

mod hugo;
mod jekyll;
mod pelican;

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::{Map, Value};
use url::Url;

pub use self::hugo::Hugo;
pub use self::jekyll::Jekyll;
pub use self::pelican::Pelican;
use super::cascade::Cascade;
use super::dates::Zones;
use super::front_matter;
use super::names::language_among;
use super::visibility::truth;

/// Largest file of settings, in bytes: those of real sites have some kilobytes.
const SETTINGS_MAX: u64 = 1024 * 1024;

/// A site: the folder with its configuration, and what that says.
pub struct Site {
    /// Its folder, without symbolic links.
    pub root: PathBuf,
    /// The zones of dates that name none.
    pub zones: Zones,
    /// The URL of its home page, with a slash at its end.
    pub base: Option<Url>,
    /// The language of its pages, if it says one.
    pub language: Option<String>,
    /// The folders with its pages; empty if they are not known.
    pub contents: Vec<Content>,
    /// What it sets for all its pages.
    pub cascades: Vec<Rc<Cascade>>,
    /// What is not understood, or not as on the site: a file, and a text.
    pub warnings: Vec<(PathBuf, String)>,
    /// Files of its configuration that cannot be read, and why: none of its pages is known to be public then.
    pub unread: Vec<(PathBuf, String)>,
    /// What is particular to its generator.
    pub rules: Rules,
}

/// A folder with pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Its path from the site's folder, with slashes; empty for that folder itself.
    pub folder: String,
    /// The language of its pages.
    pub language: Option<String>,
}

/// The rules of a generator.
pub enum Rules {
    /// Those of Hugo.
    Hugo(Box<Hugo>),
    /// Those of Jekyll, and of what is like it.
    Jekyll(Box<Jekyll>),
    /// Those of Pelican.
    Pelican(Box<Pelican>),
    /// Another generator, whose configuration is not read.
    Other,
}

/// What a site says of one file.
#[derive(Default)]
pub struct Verdict {
    /// Why it is not a page of its own.
    pub no_page: Option<String>,
    /// Why the site does not show it.
    pub held_back: Option<String>,
    /// The language of the page.
    pub language: Option<String>,
    /// The name of its section.
    pub section: Option<String>,
    /// What the configuration sets for it, the nearest first.
    pub cascades: Vec<Rc<Cascade>>,
}

/// The generators, by the files that show them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Hugo,
    Jekyll,
    Pelican,
    Other,
}

/// Names of a file of settings of Hugo, the first that is there counts.
const HUGO: [&str; 7] =
    ["hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json", "config.toml", "config.yaml", "config.yml"];
const JEKYLL: [&str; 3] = ["_config.yml", "_config.yaml", "_config.toml"];
const PELICAN: &str = "pelicanconf.py";
const OTHERS: [&str; 5] =
    ["mkdocs.yml", ".eleventy.js", "eleventy.config.js", "gatsby-config.js", "astro.config.mjs"];
/// The last of the names of Hugo's file: many programs have one.
const HUGO_JSON: &str = "config.json";
/// Hugo's folder of files of settings.
const HUGO_FOLDER: &str = "config/_default";

/// The generator of the site in `folder`, if it is the root of one.
fn kind_of(folder: &Path) -> Option<Kind> {
    let has = |name: &str| folder.join(name).is_file();
    let has_posts = || ["_posts", "source/_posts"].iter().any(|name| folder.join(name).is_dir());
    let (own, shared) = HUGO.split_at(4);
    match () {
        () if own.iter().any(|name| has(name)) => Some(Kind::Hugo),
        () if has(PELICAN) => Some(Kind::Pelican),
        () if JEKYLL.iter().any(|name| has(name)) && has_posts() => Some(Kind::Jekyll),
        () if shared.iter().chain([&HUGO_JSON]).any(|name| is_of_hugo(folder, name)) => {
            Some(Kind::Hugo)
        }
        () if folder.join(HUGO_FOLDER).is_dir() => Some(Kind::Hugo),
        () if JEKYLL.iter().any(|name| has(name)) => Some(Kind::Jekyll),
        () if OTHERS.iter().any(|name| has(name)) => Some(Kind::Other),
        () => None,
    }
}

/// True if a file with a name that many programs have is one of Hugo's: its folder has Hugo's folders, or it says a base URL.
fn is_of_hugo(folder: &Path, name: &str) -> bool {
    let file = folder.join(name);
    let has_folder = |name: &&str| folder.join(name).is_dir();
    let says_url = || text_of(&file).is_ok_and(|text| text.to_lowercase().contains("baseurl"));
    // What it holds back is not known then.
    let is_closed = || name != HUGO_JSON && fs::File::open(&file).is_err();
    let folders = ["content", "archetypes", "layouts", "themes"];
    file.is_file() && (folders.iter().any(has_folder) || says_url() || is_closed())
}

/// True if `folder` is the root of a site.
pub fn is_root(folder: &Path) -> bool {
    kind_of(folder).is_some()
}

impl Site {
    /// The site whose root is `folder` (without symbolic links); `None` if it is the root of none.
    pub fn at(folder: &Path) -> Option<Self> {
        let kind = kind_of(folder)?;
        let mut site = Self {
            root: folder.to_owned(),
            zones: Zones::default(),
            base: None,
            language: None,
            contents: Vec::new(),
            cascades: Vec::new(),
            warnings: Vec::new(),
            unread: Vec::new(),
            rules: Rules::Other,
        };
        match kind {
            Kind::Hugo => hugo::open(&mut site),
            Kind::Jekyll => jekyll::open(&mut site),
            Kind::Pelican => pelican::open(&mut site),
            Kind::Other => {}
        }
        // A folder that is not there says nothing of the others.
        let root = site.root.clone();
        site.contents.retain(|content| root.join(&content.folder).is_dir());
        site.contents.sort_by_key(|content| std::cmp::Reverse(content.folder.len()));
        Some(site)
    }

    /// True if a folder with an `index.md` is one page (Hugo).
    pub fn has_bundles(&self) -> bool {
        matches!(self.rules, Rules::Hugo(_))
    }

    /// The name of its generator, for reasons.
    pub fn generator(&self) -> &'static str {
        match self.rules {
            Rules::Hugo(_) => "Hugo",
            Rules::Jekyll(_) => "Jekyll",
            Rules::Pelican(_) => "Pelican",
            Rules::Other => "the site",
        }
    }

    /// The path from the site's folder to `whole`, with slashes.
    pub fn below(&self, whole: &Path) -> Option<String> {
        let below = whole.strip_prefix(&self.root).ok()?;
        let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        Some(parts.join("/"))
    }

    /// The folder of pages that `whole` is in, and the path from there.
    pub fn inside(&self, whole: &Path) -> Option<(&Content, String)> {
        let below = self.below(whole)?;
        self.contents.iter().find_map(|content| {
            let inside = inside(&below, &content.folder)?;
            Some((content, inside.to_owned()))
        })
    }

    /// True if `whole` is a folder of pages, in one, or above one.
    pub fn is_on_the_way(&self, whole: &Path) -> bool {
        let Some(below) = self.below(whole) else {
            return true;
        };
        let mut contents = self.contents.iter();
        contents.any(|content| {
            let folder = &content.folder;
            below == *folder || inside(&below, folder).is_some() || inside(folder, &below).is_some()
        })
    }

    /// What it says of the folder `whole` with this name, if anything.
    ///
    /// # Errors
    /// Why no page is in it.
    pub fn says_of_folder(&self, whole: &Path, name: &str) -> Option<Result<(), String>> {
        match &self.rules {
            Rules::Jekyll(jekyll) => {
                let (_, inside) = self.inside(whole)?;
                jekyll.says_of_folder(&inside, name)
            }
            _ => None,
        }
    }

    /// What it says of the file `whole`; `names` are the files in its folder.
    pub fn judge(&self, whole: &Path, names: &[PathBuf]) -> Verdict {
        let language = language_among(whole, names);
        let Some((content, inside)) = self.inside(whole) else {
            return Verdict { language, ..Verdict::default() };
        };
        match &self.rules {
            Rules::Hugo(hugo) => hugo.judge(whole, content, &inside, language),
            Rules::Jekyll(jekyll) => Verdict { language, ..jekyll.judge(&inside) },
            Rules::Pelican(pelican) => Verdict { language, ..pelican.judge(&inside) },
            Rules::Other => Verdict { language, ..Verdict::default() },
        }
    }

    /// Adds what is wrong with its configuration: no page is known to be public then.
    fn leave_unclear(&mut self, file: &Path, name: Option<&str>, why: &str) {
        let why =
            format!("what {} says of the site's pages cannot be told ({why})", file.display());
        self.cascades.push(Rc::new(Cascade::unclear(name, why)));
    }

    /// The members of a file of settings, with names in lower case if they have none; those of a file that cannot be
    /// read are none, and it is put down.
    fn settings(&mut self, file: &Path, has_case: bool) -> Map<String, Value> {
        let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let read = text_of(file).and_then(|text| {
            front_matter::settings(&text, ending).map_err(|refused| refused.to_string())
        });
        match read {
            Ok(members) if has_case => members,
            Ok(members) => lower(members),
            Err(why) => {
                self.unread.push((file.to_owned(), why.trim().to_owned()));
                Map::new()
            }
        }
    }

    /// A warning for each setting of `names` that is on: it made more public than is so here.
    fn warn_of(&mut self, file: &Path, settings: &Map<String, Value>, names: &[&str]) {
        for name in names {
            if settings.get(*name).is_some_and(|value| truth(value) != Some(false)) {
                let text = format!(
                    "`{name}` may have made pages public on the site that are drafts or scheduled here"
                );
                self.warnings.push((file.to_owned(), text));
            }
        }
    }

    /// Takes a URL for that of the home page.
    fn set_base(&mut self, url: &str) {
        let url = format!("{}/", url.trim().trim_end_matches('/'));
        self.base = Url::parse(&url).ok().filter(|url| url.has_host());
    }
}

/// A file of settings as text.
fn text_of(file: &Path) -> Result<String, String> {
    let length = fs::metadata(file).map_err(|error| error.to_string())?.len();
    if length > SETTINGS_MAX {
        return Err(format!("it is longer than {SETTINGS_MAX} bytes"));
    }
    fs::read_to_string(file).map_err(|error| error.to_string())
}

/// The rest of the path `path` in `folder`; `None` if it is not in there.
fn inside<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    match folder {
        "" => Some(path).filter(|path| !path.is_empty()),
        _ => path.strip_prefix(folder)?.strip_prefix('/'),
    }
}

/// A path of folders as the configuration has it, without what does not matter.
fn folder_of(path: &str) -> String {
    let parts = path.split('/').filter(|part| !part.is_empty() && *part != ".");
    parts.collect::<Vec<_>>().join("/")
}

/// The same with all names in lower case, also of maps within.
fn lower(members: Map<String, Value>) -> Map<String, Value> {
    fn value_of(value: Value) -> Value {
        match value {
            Value::Object(members) => Value::Object(lower(members)),
            Value::Array(items) => items.into_iter().map(value_of).collect(),
            other => other,
        }
    }
    members.into_iter().map(|(name, value)| (name.to_lowercase(), value_of(value))).collect()
}

/// A text, or a list of texts.
fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(items)) => {
            items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
        }
        _ => Vec::new(),
    }
}

/// A text that is not empty.
fn text<'a>(settings: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    settings.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}
