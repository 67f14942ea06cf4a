//! Which files there are to import, and what their place in a site says of them: the folders of
//! Jekyll, the bundles and cascades of Hugo.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::front_matter;
use super::visibility::speaks_of_it;

/// A file to be looked at.
pub(super) struct File {
    pub path: PathBuf,
    pub place: Place,
}

/// What a file's place says of it.
#[derive(Clone, Default)]
pub(super) struct Place {
    /// Why the file is no page by itself.
    pub no_page: Option<String>,
    /// Whether it lies where drafts lie.
    pub is_draft: bool,
    /// Members that it has from the folders above it, the nearest first.
    pub cascades: Vec<Rc<Cascade>>,
}

impl Place {
    /// A digest of what folders above say.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        for cascade in &self.cascades {
            digest.update(Value::Object(cascade.members.clone()).to_string());
            digest.update(cascade.unclear.as_deref().unwrap_or_default());
        }
        digest.finalize().into()
    }
}

/// What the page of a section says of all below it (Hugo's `cascade`).
pub(super) struct Cascade {
    /// The members, each once.
    pub members: Map<String, Value>,
    /// Why it can't be told what it says of a page.
    pub unclear: Option<String>,
}

/// What there is to import.
#[derive(Default)]
pub(super) struct Files {
    pub found: Vec<File>,
    /// Folders that could not be looked into, and why.
    pub unread: Vec<(PathBuf, io::Error)>,
}

/// Files by which a site's own folder is known, and whether folders with an `index.md` hold
/// nothing else that is a page there: Hugo's leaf bundles.
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

/// Most folders above the one that is imported that are looked at for a site's.
const ABOVE_MAX: usize = 32;

/// `path` itself, or every Markdown file below it, in the order of names; hidden files and folders
/// are left out, links are not followed.
///
/// # Errors
/// Where `path` cannot be read. A folder below it is noted, and the others are gone on with.
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
            let path = path.to_owned();
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

/// What folders above `path` say of it, and whether an `index.md` makes a bundle there. One that
/// nothing is known of is taken for Hugo's: there fewer files are pages.
fn from_above(path: &Path) -> (Place, bool) {
    let mut place = Place::default();
    let mut has_bundles = true;
    let mut outer = Vec::new();
    for folder in path.ancestors().take(ABOVE_MAX) {
        if let Some((_, bundles)) = ROOTS.iter().find(|(name, _)| folder.join(name).is_file()) {
            has_bundles = *bundles;
            outer.push(folder);
            break;
        }
        outer.push(folder);
        if folder.join(".git").exists() {
            break;
        }
    }
    let is_known = outer.last().is_some_and(|last| {
        last.join(".git").exists() || ROOTS.iter().any(|(name, _)| last.join(name).is_file())
    });
    for folder in outer.iter().rev() {
        let name = folder.file_name().unwrap_or_default();
        // Above a site nothing speaks of it; without one only the sections that follow each other.
        if is_known || folder.join(SECTION).is_file() {
            place.is_draft |= name == DRAFTS;
            if *folder != path {
                place.cascades.splice(0..0, cascade_of(folder));
            }
        }
    }
    place.is_draft |= path.components().any(|part| part.as_os_str() == DRAFTS);
    (place, has_bundles)
}

/// The page of a section, not an article of it (Hugo).
const SECTION: &str = "_index.md";
/// Where Jekyll has drafts, and where posts.
const DRAFTS: &str = "_drafts";
const POSTS: &str = "_posts";

type Entries = (Vec<(PathBuf, Place)>, Vec<File>);

/// The folders and the Markdown files in a folder.
fn look_into(folder: &Path, mut place: Place, has_bundles: bool) -> io::Result<Entries> {
    place.cascades.splice(0..0, cascade_of(folder));
    let (mut folders, mut pages) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (kind, path, name) = (entry.file_type()?, entry.path(), entry.file_name());
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        match () {
            () if kind.is_dir() => folders.push((path, name)),
            () if kind.is_file() && is_markdown(&path) && !is_section(&path) => {
                pages.push((path, name));
            }
            () => {}
        }
    }
    let is_bundle = has_bundles
        && place.no_page.is_none()
        && pages
            .iter()
            .any(|(path, _)| is_index(path) && language_of(path).is_none());
    let of_bundle = |path: &Path| {
        format!(
            "it belongs to the bundle of {} and is no page by itself (Hugo); name the file to import it all the same",
            path.display()
        )
    };
    let index = folder.join("index.md");
    let folders = folders.into_iter().map(|(path, name)| {
        let mut below = place.clone();
        below.is_draft |= name == DRAFTS;
        if below.no_page.is_none() && is_bundle {
            below.no_page = Some(of_bundle(&index));
        }
        let is_kept = name == DRAFTS || name == POSTS;
        if below.no_page.is_none() && name.as_encoded_bytes().starts_with(b"_") && !is_kept {
            let name = name.to_string_lossy();
            below.no_page = Some(format!(
                "a folder such as {name} is not published (Jekyll); name the file to import it all the same"
            ));
        }
        (path, below)
    });
    let folders = folders.collect();
    let pages = pages.into_iter().map(|(path, name)| {
        let mut place = place.clone();
        if place.no_page.is_none() && is_bundle && !is_index(&path) {
            place.no_page = Some(of_bundle(&index));
        }
        if place.no_page.is_none() && name.as_encoded_bytes().starts_with(b"_") {
            place.no_page = Some(
                "a file whose name begins with _ is not published (Jekyll); name it to import it all the same"
                    .to_owned(),
            );
        }
        File { path, place }
    });
    Ok((folders, pages.collect()))
}

pub(super) fn is_markdown(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| {
        ["md", "markdown"].contains(&extension.to_ascii_lowercase().as_str())
    })
}

/// A file's name without its ending and its language.
pub(super) fn stem_of(path: &Path) -> &str {
    let stem = path
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    match language_of(path) {
        Some(language) => &stem[..stem.len() - language.len() - 1],
        None => stem,
    }
}

/// The language that a file's name says: `storm.fr.md`, `storm.pt-br.md`.
pub(super) fn language_of(path: &Path) -> Option<&str> {
    let (stem, language) = path.file_stem()?.to_str()?.rsplit_once('.')?;
    let (primary, region) = language.split_once('-').unwrap_or((language, "XX"));
    let letters = |text: &str, count: std::ops::RangeInclusive<usize>| {
        count.contains(&text.len()) && text.bytes().all(|c| c.is_ascii_alphabetic())
    };
    // Of three letters many words are: `notes.old.md`.
    (!stem.is_empty() && letters(primary, 2..=2) && letters(region, 2..=4)).then_some(language)
}

fn is_index(path: &Path) -> bool {
    stem_of(path) == "index"
}

fn is_section(path: &Path) -> bool {
    stem_of(path) == "_index"
}

/// What the page of this section says of those below it; in which language it says so does not matter.
fn cascade_of(folder: &Path) -> Vec<Rc<Cascade>> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let pages = entries
        .map(|entry| entry.path())
        .filter(|path| is_markdown(path) && is_section(path));
    let mut pages: Vec<PathBuf> = pages.collect();
    pages.sort_unstable();
    let read = pages.iter().filter_map(|page| read_cascade(page));
    read.map(Rc::new).collect()
}

fn read_cascade(page: &Path) -> Option<Cascade> {
    let unclear = |why: String| {
        let unclear = Some(format!(
            "what {} says of the pages below it cannot be told ({why})",
            page.display()
        ));
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
    let (_, cascade) = front
        .members
        .into_iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("cascade"))?;
    let entries = match cascade {
        Value::Array(entries) => entries,
        single => vec![single],
    };
    let mut members = Map::new();
    let mut targeted = None;
    for entry in entries {
        let Value::Object(mut entry) = entry else {
            return unclear("its `cascade` is no map".to_owned());
        };
        // Hugo has members of the page itself, and those below `params`.
        if let Some(Value::Object(params)) = entry.remove("params") {
            entry.extend(params);
        }
        let has_target = ["target", "_target"]
            .iter()
            .any(|name| entry.remove(*name).is_some());
        for (name, value) in entry {
            let name = name.to_lowercase();
            match has_target {
                true if is_about_visibility(&name) => targeted = Some(name),
                true => {}
                false => drop(members.entry(name).or_insert(value)),
            }
        }
    }
    let unclear = targeted.map(|name| {
        format!(
            "{} says `{name}` of some of the pages below it (`target`), and which cannot be told",
            page.display()
        )
    });
    Some(Cascade { members, unclear })
}

/// Whether a member may keep a page back.
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
            ("v1.10.md", None, "v1.10"),
            (".fr.md", None, ".fr"),
        ] {
            let path = Path::new(name);
            assert_eq!(
                (language_of(path), stem_of(path)),
                (language, stem),
                "{name}"
            );
        }
    }
}
