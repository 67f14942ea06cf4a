//! Finds the files to import, and what their place in a site says about them: the folders of
//! Jekyll, the bundles and cascades of Hugo, the configuration of the site.

use std::ffi::OsStr;
use std::fs::{self, File as Opened};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::beside::may_be_export;
use super::cascade::{Cascade, cascade_of};
use super::config::{Rules, Site, is_root};
use super::names::{is_content, is_index, is_markdown, is_section, language_among, other_format};

/// A file to be read.
pub struct File {
    pub path: PathBuf,
    pub place: Place,
}

/// What a file's place says about it.
#[derive(Clone, Default)]
pub struct Place {
    /// The reason why the file is not a page of its own.
    pub no_page: Option<String>,
    /// True if it is in a folder of drafts.
    pub is_draft: bool,
    /// Why its site does not show it, if its configuration says so, or if it was named in a place that is not shown.
    pub held_back: Option<String>,
    /// The language in its name, or of its folder, as the site names it.
    pub language: Option<String>,
    /// The name of the section of its folder.
    pub section: Option<String>,
    /// Members from the folders above it, the nearest first.
    pub cascades: Vec<Rc<Cascade>>,
    /// Its site.
    pub site: Option<Rc<Site>>,
    /// Its path in the folder of the site's pages, with slashes.
    pub inside: Option<String>,
}

impl Place {
    /// True if a folder with an `index.md` is one page. An unknown site is treated as Hugo's: there fewer files are pages.
    fn has_bundles(&self) -> bool {
        self.site.as_ref().is_none_or(|site| site.has_bundles())
    }

    /// True if the generator of its site is known: what that does not read holds no page back there.
    pub fn has_known_generator(&self) -> bool {
        self.site.as_ref().is_some_and(|site| !matches!(site.rules, Rules::Other))
    }

    /// Goes into a site. Folders above it say nothing about it.
    fn enter(&mut self, site: Rc<Site>) {
        self.held_back = None;
        self.cascades.clone_from(&site.cascades);
        self.site = Some(site);
    }

    /// That of a file in this folder; `names` are the files in there.
    fn of_file(&self, whole: &Path, names: &[PathBuf]) -> Self {
        let mut place = self.clone();
        let Some(site) = &self.site else {
            place.language = language_among(whole, names);
            return place;
        };
        let verdict = site.judge(whole, names);
        place.no_page = self.no_page.clone().or(verdict.no_page);
        place.held_back = verdict.held_back.or(place.held_back);
        place.language = verdict.language;
        place.section = verdict.section;
        place.inside = site.inside(whole).map(|(_, inside)| inside);
        // What pages and folders say is nearer than the configuration.
        let own = self.cascades.len().saturating_sub(site.cascades.len());
        place.cascades.splice(own..own, verdict.cascades);
        place
    }
}

/// The files to import.
#[derive(Default)]
pub struct Files {
    pub found: Vec<File>,
    /// Folders that could not be read, and why.
    pub unread: Vec<(PathBuf, io::Error)>,
    /// The sites that they belong to.
    pub sites: Vec<Rc<Site>>,
    /// Files in the folders below that may be exports of other systems; those in folders without pages come last.
    pub others: Vec<PathBuf>,
}

/// Number of parent folders that are searched for the root of a site.
const ABOVE_MAX: usize = 32;

/// A folder on the way: as it is shown, and without symbolic links.
struct Folder {
    path: PathBuf,
    whole: PathBuf,
}

/// `path` itself, or every file below it that a site may have a page in, in the order of names; hidden files and folders
/// are skipped, symbolic links are not followed.
///
/// # Errors
/// If `path` cannot be read. A folder below it that cannot be read is recorded, and the others are
/// read.
pub fn collect(path: &Path) -> io::Result<Files> {
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
    let place = from_above(&whole, is_folder);
    files.sites.extend(place.site.iter().map(Rc::clone));
    if !is_folder {
        if is_markdown(path) {
            files.found.push(File { path: path.to_owned(), place: of_named(&place, &whole) });
        }
        return Ok(files);
    }
    let (mut near, mut far) = (Vec::new(), Vec::new());
    let mut folders = vec![(Folder { path: path.to_owned(), whole }, place)];
    while let Some((folder, mut place)) = folders.pop() {
        if place.site.is_none()
            && place.no_page.is_none()
            && let Some(site) = Site::at(&folder.whole).map(Rc::new)
        {
            files.sites.push(Rc::clone(&site));
            place.enter(site);
        }
        let others = if place.no_page.is_some() { &mut far } else { &mut near };
        match look_into(&folder, place) {
            Ok(Entries { below, found, others: other }) => {
                folders.extend(below);
                files.found.extend(found);
                others.extend(other.into_iter().filter(|_| folder.path != path));
            }
            Err(error) if folder.path == path => return Err(unread(error)),
            Err(error) => files.unread.push((folder.path, error)),
        }
    }
    files.found.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    near.sort_unstable();
    far.sort_unstable();
    files.others = near;
    files.others.append(&mut far);
    Ok(files)
}

/// True if `path` is a Markdown file or the folder of a site, or has such a file with front matter or such a folder below
/// it. A folder of other exports may have a README beside them: a file without front matter counts only where all in
/// the folder are Markdown.
pub fn has_pages(path: &Path) -> bool {
    if !path.is_dir() {
        return is_markdown(path) && path.is_file();
    }
    let (mut has_markdown, mut has_others) = (false, false);
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        if is_root(&folder) {
            return true;
        }
        let is_top = folder == path;
        let Ok(entries) = fs::read_dir(&folder) else {
            // It is told of when it is read.
            has_markdown |= !is_top;
            continue;
        };
        for entry in entries.flatten() {
            let (kind, path) = (entry.file_type(), entry.path());
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            match kind {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() && is_markdown(&path) => {
                    if has_front_matter(&path) {
                        return true;
                    }
                    has_markdown = true;
                }
                Ok(kind) if kind.is_file() => has_others |= is_top,
                _ => {}
            }
        }
    }
    has_markdown && !has_others
}

/// The place of a file that is named by itself. It is taken, and is a draft if its site would not show it.
fn of_named(place: &Place, whole: &Path) -> Place {
    let folder = whole.parent().unwrap_or(whole);
    let names = names_in(folder);
    let index = names.iter().find(|path| is_content(path) && is_index(path));
    let index = index.filter(|_| place.has_bundles()).map(PathBuf::as_path);
    let beside = beside_content(place, folder);
    let mut of_file = place.of_file(whole, &names);
    let why = why_no_page(&mut of_file, whole, index, beside.as_deref());
    if let Some(why) = why.filter(|why| !is_page_of_site(why)) {
        of_file.held_back = of_file.held_back.or_else(|| Some(without_advice(&why)));
    }
    of_file
}

/// Why the site does not show what is in the last of some folders, each of which is in the one before.
fn why_not_shown(place: &Place, folders: &[&Path], is_known: bool) -> Option<String> {
    // Without a site, only the folder itself says anything by its name and by what is beside it.
    let from = if is_known { 0 } else { folders.len().saturating_sub(2) };
    folders[from..].windows(2).find_map(|pair| {
        let (above, folder) = (pair[0], pair[1]);
        let name = folder.file_name()?;
        let beside = beside_content(place, above);
        let is_on_the_way = place.site.as_ref().is_some_and(|site| site.is_on_the_way(folder));
        let why = of_folder(place, above, folder, name, beside.filter(|_| !is_on_the_way));
        let why = why.or_else(|| {
            let names = names_in(above);
            // Without a site, an `index.html` is that of anything.
            let is_page = |path: &&PathBuf| match place.site.is_some() {
                true => is_content(path) && is_index(path),
                false => is_markdown(path) && is_index(path),
            };
            let index = names.iter().find(is_page).filter(|_| place.has_bundles())?;
            Some(of_bundle(index))
        })?;
        Some(without_advice(&why))
    })
}

/// What the folders above `path` say about it.
fn from_above(path: &Path, is_folder: bool) -> Place {
    let mut place = Place::default();
    let mut is_known = false;
    let mut outer = Vec::new();
    for folder in path.ancestors().take(ABOVE_MAX) {
        outer.push(folder);
        if let Some(site) = Site::at(folder) {
            place.enter(Rc::new(site));
            is_known = true;
            break;
        }
        if folder.join(".git").exists() {
            is_known = true;
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
    outer.reverse();
    if !is_folder {
        outer.pop();
    }
    place.held_back = why_not_shown(&place, &outer, is_known);
    place
}

/// The page of a section, which is not an article in it (Hugo).
const SECTION: &str = "_index.md";
/// Jekyll's folders of drafts and of posts.
const DRAFTS: &str = "_drafts";
const POSTS: &str = "_posts";

/// What is in a folder.
struct Entries {
    below: Vec<(Folder, Place)>,
    found: Vec<File>,
    /// What may be exports of other systems.
    others: Vec<PathBuf>,
}

/// What is told of a file or folder that is no page: it can be imported.
const ADVICE: &str = "; name the file to import it as a draft";

/// A reason without what to do.
fn without_advice(why: &str) -> String {
    why.strip_suffix(ADVICE).unwrap_or(why).to_owned()
}

/// Why what is in the folder of a bundle, or below it, is no page.
fn of_bundle(index: &Path) -> String {
    format!(
        "it belongs to the bundle of {} and is no page by itself (Hugo){ADVICE}",
        index.display()
    )
}

/// Folders in the root of a site that hold its sources or its output.
const NOT_CONTENT: [&str; 9] = [
    "archetypes", "dist", "node_modules", "output", "public", "resources", "static", "themes",
    "vendor",
];

/// The folders, and the files with pages, in a folder.
fn look_into(folder: &Folder, mut place: Place) -> io::Result<Entries> {
    let (mut folders, mut pages) = (Vec::new(), Vec::new());
    let (mut names, mut others) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(&folder.path)? {
        let entry = entry?;
        let (kind, path, name) = (entry.file_type()?, entry.path(), entry.file_name());
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        match () {
            () if kind.is_dir() => folders.push((path, name)),
            () if kind.is_file() => {
                names.push(path.clone());
                if is_content(&path) && !is_section(&path) {
                    pages.push((path, name));
                } else if may_be_export(&path) {
                    others.push(path);
                }
            }
            () => {}
        }
    }
    place.cascades.splice(0..0, cascade_of(names.clone()));
    let index = names.iter().find(|path| is_content(path) && is_index(path));
    let index = index.filter(|_| place.has_bundles() && place.no_page.is_none());
    let index = index.map(PathBuf::as_path);
    let beside = beside_content(&place, &folder.whole);
    let below = folders.into_iter().map(|(path, name)| {
        let whole = folder.whole.join(&name);
        let no_page = place.no_page.clone();
        let no_page = no_page.or_else(|| index.map(of_bundle));
        let place = Place {
            is_draft: place.is_draft || name == DRAFTS,
            no_page: no_page.or_else(|| {
                let is_beside =
                    || place.site.as_ref().is_some_and(|site| !site.is_on_the_way(&whole));
                let beside = beside.clone().filter(|_| is_beside());
                of_folder(&place, &folder.whole, &whole, &name, beside)
            }),
            ..place.clone()
        };
        (Folder { path, whole }, place)
    });
    let below = below.collect();
    let mut found = Vec::new();
    for (path, name) in pages {
        let whole = folder.whole.join(&name);
        let mut of_file = place.of_file(&whole, &names);
        let no_page = why_no_page(&mut of_file, &path, index, beside.as_deref());
        of_file.no_page = match other_format(&path) {
            None => no_page,
            // A file that is no page in any case is not told of.
            Some(format) if no_page.is_none() && may_be_page(&of_file, &path, format) => {
                Some(format!("{format} is not read, only Markdown"))
            }
            Some(_) if no_page.as_deref().is_some_and(is_page_of_site) => no_page,
            Some(_) => continue,
        };
        found.push(File { path, place: of_file });
    }
    Ok(Entries { below, found, others })
}

/// Takes out why a file is no page of its own, if there is a reason; `index` is the page of its folder's bundle.
fn why_no_page(
    of_file: &mut Place,
    path: &Path,
    index: Option<&Path>,
    beside: Option<&str>,
) -> Option<String> {
    let in_bundle = || index.filter(|_| !is_index(path)).map(of_bundle);
    let is_inside = of_file.inside.is_some();
    let no_page = of_file.no_page.take().or_else(in_bundle);
    let no_page = no_page.or_else(|| beside.filter(|_| !is_inside).map(str::to_owned));
    no_page.or_else(|| {
        let name = path.file_name()?;
        let is_hidden = name.as_encoded_bytes().starts_with(b"_");
        is_hidden
            .then(|| format!("a file whose name begins with _ is not published (Jekyll){ADVICE}"))
    })
}

/// True if a reason is that a site has the file as a page, and not as an article.
fn is_page_of_site(reason: &str) -> bool {
    reason.starts_with("is a page")
}

/// Why what is in a folder above those of the pages is no page, if `whole` is such a folder.
fn beside_content(place: &Place, whole: &Path) -> Option<String> {
    let site = place.site.as_ref()?;
    let is_above = site.is_on_the_way(whole)
        && site.inside(whole).is_none()
        && !site.contents.iter().any(|content| site.below(whole).as_ref() == Some(&content.folder));
    let content = site.contents.first().filter(|_| is_above)?;
    let generator = site.generator();
    Some(format!("lies beside {}/ and is not published ({generator})", content.folder))
}

/// Why no page is in a folder by its name.
fn of_folder(
    place: &Place,
    above: &Path,
    whole: &Path,
    name: &OsStr,
    beside: Option<String>,
) -> Option<String> {
    let known = name.to_str().unwrap_or_default();
    let site = place.site.as_ref();
    let is_root = site.is_some_and(|site| site.root == above);
    let is_kept = known == DRAFTS || known == POSTS;
    let why = match site.and_then(|site| site.says_of_folder(whole, known)) {
        Some(Ok(())) => return None,
        Some(Err(why)) => why,
        None if known.starts_with('_') && !is_kept => "is not published (Jekyll)".to_owned(),
        None if is_root && NOT_CONTENT.contains(&known) || known == "node_modules" => {
            "is no content of the site".to_owned()
        }
        None => beside?,
    };
    let more = if why.ends_with(ADVICE) { "" } else { ADVICE };
    Some(format!("the folder {} {why}{more}", name.to_string_lossy()))
}

/// True if a file that is not Markdown would be a page of its site: those are told of.
fn may_be_page(place: &Place, path: &Path, format: &str) -> bool {
    let knows_pages = place
        .site
        .as_ref()
        .is_some_and(|site| matches!(site.rules, Rules::Hugo(_) | Rules::Pelican(_)));
    match (knows_pages && place.inside.is_some(), format) {
        (true, _) => true,
        // Templates and whole pages are HTML too.
        (false, "HTML") => has_front_matter(path),
        (false, _) => place.site.is_none() || has_front_matter(path),
    }
}

/// How much of a file is looked at for front matter, in bytes: a mark and what is blank before it.
const LOOKED_AT: u64 = 64;

/// True if a file begins as one with front matter does.
fn has_front_matter(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = Opened::open(path).and_then(|file| file.take(LOOKED_AT).read_to_end(&mut start));
    let start = start.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&start).trim_ascii_start();
    let is_json = || start.starts_with(b"{") && start[1..].trim_ascii_start().starts_with(b"\"");
    read.is_ok() && (start.starts_with(b"---") || start.starts_with(b"+++") || is_json())
}

/// The files in a folder.
fn names_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}
