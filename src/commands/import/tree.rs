//! Finds the files to import, and what their place in a site says about them: the folders of
//! Jekyll, the bundles and cascades of Hugo.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::front_matter;
use super::visibility::speaks_of_it;
use crate::domain::language::is_language;

/// A file to be read.
pub(super) struct File {
    pub path: PathBuf,
    pub place: Place,
}

/// What a file's place says about it.
#[derive(Clone, Default)]
pub(super) struct Place {
    /// The reason why the file is not a page of its own.
    pub no_page: Option<String>,
    /// True if it is in a folder of drafts.
    pub is_draft: bool,
    /// The language in its name.
    pub language: Option<String>,
    /// Members from the folders above it, the nearest first.
    pub cascades: Vec<Rc<Cascade>>,
}

impl Place {
    /// A digest of the members from the folders above.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        for cascade in &self.cascades {
            digest.update(Value::Object(cascade.members.clone()).to_string());
            for unclear in &cascade.unclear {
                digest.update(&unclear.why);
            }
        }
        digest.finalize().into()
    }
}

/// Members that the page of a section sets for all pages below it (Hugo's `cascade`).
pub(super) struct Cascade {
    /// The members, each once.
    pub members: Map<String, Value>,
    /// Parts of it that cannot be determined.
    pub unclear: Vec<Unclear>,
}

/// A part of a cascade that cannot be determined.
pub(super) struct Unclear {
    /// The member; `None` for the whole cascade.
    pub name: Option<String>,
    /// The reason.
    pub why: String,
}

/// The files to import.
#[derive(Default)]
pub(super) struct Files {
    pub found: Vec<File>,
    /// Folders that could not be read, and why.
    pub unread: Vec<(PathBuf, io::Error)>,
}

/// Files that identify the root folder of a site, and whether that site has leaf bundles (Hugo):
/// folders with an `index.md` in which nothing else is a page.
const ROOTS: [(&str, bool); 16] = [
    ("hugo.toml", true),
    ("hugo.yaml", true),
    ("hugo.yml", true),
    ("hugo.json", true),
    ("config.toml", true),
    ("config.yaml", true),
    ("config.yml", true),
    ("config.json", true),
    ("_config.yml", false),
    ("_config.toml", false),
    ("pelicanconf.py", false),
    ("mkdocs.yml", false),
    (".eleventy.js", false),
    ("eleventy.config.js", false),
    ("gatsby-config.js", false),
    ("astro.config.mjs", false),
];

/// If `folder` is the root of a site, whether that site has bundles.
fn has_bundles_as_root(folder: &Path) -> Option<bool> {
    let mut known = ROOTS.iter();
    let found = known.find(|(name, _)| folder.join(name).is_file());
    found.map(|(_, has_bundles)| *has_bundles)
}

/// Number of parent folders that are searched for the root of a site.
const ABOVE_MAX: usize = 32;

/// `path` itself, or every Markdown file below it, in the order of names; hidden files and folders
/// are skipped, symbolic links are not followed.
///
/// # Errors
/// If `path` cannot be read. A folder below it that cannot be read is recorded, and the others are
/// read.
pub(super) fn collect(path: &Path) -> io::Result<Files> {
    let unread = |error: io::Error| {
        let text = format!(
            "{} cannot be read ({error}); name a folder of Markdown files, or one file.",
            path.display()
        );
        io::Error::new(error.kind(), text)
    };
    let mut files = Files::default();
    let is_folder = fs::metadata(path).map_err(unread)?.is_dir();
    let whole = path.canonicalize().map_err(unread)?;
    let (place, has_bundles) = from_above(&whole);
    if !is_folder {
        if is_markdown(path) {
            let folder = whole.parent().map(names_in).unwrap_or_default();
            let language = language_among(path, &folder);
            let (path, place) = (path.to_owned(), Place { language, ..place });
            files.found.push(File { path, place });
        }
        return Ok(files);
    }
    let mut folders = vec![(path.to_owned(), place)];
    while let Some((folder, place)) = folders.pop() {
        match look_into(&folder, place, has_bundles) {
            Ok((below, found)) => {
                folders.extend(below);
                files.found.extend(found);
            }
            Err(error) if folder == path => return Err(unread(error)),
            Err(error) => files.unread.push((folder, error)),
        }
    }
    files.found.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// What the folders above `path` say about it, and whether an `index.md` makes a bundle there. An
/// unknown site is treated as Hugo's: there fewer files are pages.
fn from_above(path: &Path) -> (Place, bool) {
    let mut place = Place::default();
    let mut has_bundles = true;
    let mut is_known = false;
    let mut outer = Vec::new();
    for folder in path.ancestors().take(ABOVE_MAX) {
        outer.push(folder);
        let as_root = has_bundles_as_root(folder);
        has_bundles = as_root.unwrap_or(has_bundles);
        is_known = as_root.is_some() || folder.join(".git").exists();
        if is_known {
            break;
        }
    }
    for folder in outer.iter().rev() {
        // Folders above a site say nothing about it; without a site only folders with a section
        // page count.
        if *folder != path && (is_known || folder.join(SECTION).is_file()) {
            place.cascades.splice(0..0, cascade_of(names_in(folder)));
        }
    }
    place.is_draft |= path.components().any(|part| part.as_os_str() == DRAFTS);
    (place, has_bundles)
}

/// The page of a section, which is not an article in it (Hugo).
const SECTION: &str = "_index.md";
/// Jekyll's folders of drafts and of posts.
const DRAFTS: &str = "_drafts";
const POSTS: &str = "_posts";

type Entries = (Vec<(PathBuf, Place)>, Vec<File>);

/// Folders in the root of a site that hold its sources or its output.
const NOT_CONTENT: [&str; 8] =
    ["archetypes", "dist", "node_modules", "public", "resources", "static", "themes", "vendor"];
/// Hugo's folder of pages.
const CONTENT: &str = "content";

/// The folders and Markdown files in a folder.
fn look_into(folder: &Path, mut place: Place, has_bundles: bool) -> io::Result<Entries> {
    let (mut folders, mut pages) = (Vec::new(), Vec::new());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (kind, path, name) = (entry.file_type()?, entry.path(), entry.file_name());
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        match () {
            () if kind.is_dir() => folders.push((path, name)),
            () if kind.is_file() => {
                names.push(path.clone());
                if is_markdown(&path) && !is_section(&path) {
                    pages.push((path, name));
                }
            }
            () => {}
        }
    }
    place.cascades.splice(0..0, cascade_of(names.clone()));
    let index = names.iter().find(|path| is_content(path) && is_index(path));
    let index = index.filter(|_| has_bundles && place.no_page.is_none());
    let of_bundle = |path: &Path| {
        format!(
            "it belongs to the bundle of {} and is no page by itself (Hugo); name the file to import it all the same",
            path.display()
        )
    };
    let is_root = has_bundles_as_root(folder).is_some();
    let has_content = is_root && has_bundles && folder.join(CONTENT).is_dir();
    let of_folder = |name: &OsStr| {
        let known = name.to_str().unwrap_or_default();
        let is_kept = known == DRAFTS || known == POSTS;
        let why = match () {
            () if known.starts_with('_') && !is_kept => "is not published (Jekyll)",
            () if is_root && NOT_CONTENT.contains(&known) || known == "node_modules" => {
                "is no content of the site"
            }
            () if has_content && known != CONTENT => {
                "lies beside content/ and is not published (Hugo)"
            }
            () => return None,
        };
        Some(format!(
            "the folder {} {why}; name the file to import it all the same",
            name.to_string_lossy()
        ))
    };
    let below = folders.into_iter().map(|(path, name)| {
        let no_page = place.no_page.clone();
        let no_page = no_page.or_else(|| index.map(|index| of_bundle(index)));
        let place = Place {
            is_draft: place.is_draft || name == DRAFTS,
            no_page: no_page.or_else(|| of_folder(&name)),
            ..place.clone()
        };
        (path, place)
    });
    let below = below.collect();
    let found = pages.into_iter().map(|(path, name)| {
        let no_page = place.no_page.clone();
        let of_bundle = index.filter(|_| !is_index(&path)).map(|index| of_bundle(index));
        let no_page = no_page.or(of_bundle).or_else(|| {
            let is_hidden = name.as_encoded_bytes().starts_with(b"_");
            is_hidden.then(|| "a file whose name begins with _ is not published (Jekyll); name it to import it all the same".to_owned())
        });
        let place = Place {
            no_page,
            language: language_among(&path, &names),
            ..place.clone()
        };
        File { path, place }
    });
    Ok((below, found.collect()))
}

/// The files in a folder.
fn names_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// Extensions of Markdown files.
const MARKDOWN: [&str; 6] = ["md", "markdown", "mkd", "mkdn", "mkdown", "mdown"];
/// Extensions of other formats that sites write pages in.
const OTHER_FORMATS: [&str; 7] = ["html", "htm", "adoc", "asciidoc", "org", "rst", "pandoc"];

fn is_content(path: &Path) -> bool {
    is_markdown(path) || has_ending(path, &OTHER_FORMATS)
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| endings.contains(&&*extension.to_ascii_lowercase()))
}

pub(super) fn is_markdown(path: &Path) -> bool {
    has_ending(path, &MARKDOWN)
}

/// A file's name without its extension and language.
pub(super) fn stem_of<'a>(path: &'a Path, language: Option<&str>) -> &'a str {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let without = language.and_then(|language| stem.strip_suffix(language)?.strip_suffix('.'));
    without.unwrap_or(stem)
}

/// A possible language in a file's name: `storm.fr.md`, `storm.pt-br.md`.
fn language_of(path: &Path) -> Option<&str> {
    let (stem, language) = path.file_stem()?.to_str()?.rsplit_once('.')?;
    let (primary, region) = language.split_once('-').unwrap_or((language, "XX"));
    let letters = |text: &str, count: std::ops::RangeInclusive<usize>| {
        count.contains(&text.len()) && text.bytes().all(|c| c.is_ascii_alphabetic())
    };
    // Many words have three letters: `notes.old.md`; and `about.us.md` names no language.
    let fits = !stem.is_empty() && letters(primary, 2..=2) && letters(region, 2..=4);
    (fits && is_language(primary)).then_some(language)
}

/// The language in a file's name, if the same page exists next to it without one or in another:
/// `intro.ts.md` alone has none. A bundle's page needs no other.
fn language_among(path: &Path, names: &[PathBuf]) -> Option<String> {
    let language = language_of(path)?;
    let stem = stem_of(path, Some(language));
    let is_same = |other: &&PathBuf| {
        other.file_name() != path.file_name()
            && is_content(other)
            && stem_of(other, language_of(other)) == stem
    };
    (stem == "index" || names.iter().any(|other| is_same(&other))).then(|| language.to_owned())
}

fn is_index(path: &Path) -> bool {
    stem_of(path, language_of(path)) == "index"
}

fn is_section(path: &Path) -> bool {
    stem_of(path, language_of(path)) == "_index"
}

/// The cascade that the page of a section, one of the files `names` in its folder, sets for the
/// pages below it; its language does not matter.
fn cascade_of(mut names: Vec<PathBuf>) -> Vec<Rc<Cascade>> {
    names.retain(|path| is_content(path) && is_section(path));
    names.sort_unstable();
    let read = names.iter().filter_map(|page| read_cascade(page));
    read.map(Rc::new).collect()
}

fn read_cascade(page: &Path) -> Option<Cascade> {
    let unclear = |why: String| {
        let why =
            format!("what {} says of the pages below it cannot be told ({why})", page.display());
        let unclear = vec![Unclear { name: None, why }];
        let members = Map::new();
        Some(Cascade { members, unclear })
    };
    let text = match fs::read(page).map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => return unclear("it is not UTF-8".to_owned()),
        Err(error) => return unclear(error.to_string()),
    };
    let front = match front_matter::split(&text) {
        Ok(front) => front?,
        Err(refused) => return unclear(refused.to_string().trim().to_owned()),
    };
    let mut named = front.members.into_iter();
    let (_, cascade) = named.find(|(name, _)| name.eq_ignore_ascii_case("cascade"))?;
    let entries = match cascade {
        Value::Array(entries) => entries,
        single => vec![single],
    };
    let (mut members, mut unclear_ones) = (Map::new(), Vec::new());
    for entry in entries {
        let Value::Object(entry) = entry else {
            return unclear("its `cascade` is no map".to_owned());
        };
        let mut entry: Map<String, Value> =
            entry.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
        // Hugo's own members are at the top level, others are below `params`; those do not affect
        // visibility.
        if let Some(Value::Object(params)) = entry.remove("params") {
            for (name, value) in params {
                let name = name.to_lowercase();
                if !is_about_visibility(&name) {
                    entry.entry(name).or_insert(value);
                }
            }
        }
        let targets = ["target", "_target"].map(|name| entry.remove(name).is_some());
        for (name, value) in entry {
            match targets.contains(&true) {
                true if is_about_visibility(&name) => {
                    let why = format!(
                        "{} says `{name}` of some of the pages below it (`target`), and which cannot be told",
                        page.display()
                    );
                    let name = Some(name);
                    unclear_ones.push(Unclear { name, why });
                }
                true => {}
                false => drop(members.entry(name).or_insert(value)),
            }
        }
    }
    let unclear = unclear_ones;
    Some(Cascade { members, unclear })
}

/// True if a member may hold a page back.
fn is_about_visibility(name: &str) -> bool {
    speaks_of_it(name) || ["published", "publishdate", "date", "permalink"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_its_language() {
        for (name, language, stem) in [
            ("storm.fr.md", Some("fr"), "storm"),
            ("storm.pt-br.md", Some("pt-br"), "storm"),
            ("index.zh-hant.md", Some("zh-hant"), "index"),
            ("storm.md", None, "storm"),
            ("notes.old.md", None, "notes.old"),
            ("about.us.md", None, "about.us"),
            ("vue.js.md", None, "vue.js"),
            ("about.it.md", Some("it"), "about"),
            ("v1.10.md", None, "v1.10"),
            (".fr.md", None, ".fr"),
        ] {
            let path = Path::new(name);
            let found = language_of(path);
            assert_eq!((found, stem_of(path, found)), (language, stem), "{name}");
        }
    }

    #[test]
    fn a_language_is_one_where_the_page_has_others() {
        let folder =
            ["intro.ts.md", "storm.md", "storm.fr.md", "sea.de.md", "sea.fr.html", "index.en.md"]
                .map(PathBuf::from);
        let found = folder.each_ref().map(|path| language_among(path, &folder));
        let want = [None, None, Some("fr"), Some("de"), Some("fr"), Some("en")];
        assert_eq!(found, want.map(|language| language.map(str::to_owned)));
    }
}
