//! Markdown files with front matter, as in Hugo, Jekyll, Pelican and similar generators. A page that its site holds back
//! is never made public here: if that cannot be determined, the file is refused.

mod address;
mod article;
mod beside;
mod cascade;
mod config;
mod dates;
mod desk;
mod front;
pub mod front_matter;
mod gates;
mod glob;
mod making;
mod names;
mod notices;
mod placeholders;
mod plain;
mod python;
mod refused;
mod remarks;
mod templates;
mod tree;
mod unknown;
mod visibility;
mod whole;

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::rc::Rc;

use self::article::Found;
use self::config::{Rules, Site};
use self::making::Made;
pub use self::refused::Refused;
use self::tree::{File, Files, collect};
use super::item::{ArticleItem, At, Item, Options, Sink};

/// True if `path` is a Markdown file, or a folder with pages in it or below it.
#[must_use]
pub fn is_it(path: &Path) -> bool {
    tree::has_pages(path)
}

/// Reads a page, or every page below a folder: an article each.
///
/// # Errors
/// If `path` cannot be read or has no Markdown file, or what the sink gives.
pub fn read(path: &Path, options: &Options, sink: &mut Sink<'_>) -> io::Result<()> {
    let files = collect(path)?;
    if files.found.is_empty() && files.unread.is_empty() {
        let text = format!(
            "there is no Markdown file (.md, .markdown) at or below {}; name another folder.",
            path.display()
        );
        return Err(io::Error::new(io::ErrorKind::NotFound, text));
    }
    for (file, text) in files.sites.iter().flat_map(|site| &site.warnings) {
        sink(Item::Warning { at: At::file(file), text: text.clone() })?;
    }
    for (folder, error) in &files.unread {
        sink(Refused::whole(format!("cannot be read: {error}")).item(folder))?;
    }
    for site in &files.sites {
        tell_unread(site, &files, sink)?;
    }
    beside::tell(&files.others, sink)?;
    // What a folder or the configuration sets is told of once.
    let mut told: HashSet<String> = HashSet::new();
    for file in &files.found {
        if file.place.site.as_ref().is_some_and(|site| !site.unread.is_empty()) {
            continue;
        }
        match item(file, options) {
            Ok(Read::Article { article, mut warnings, notices_of_place }) => {
                let new: Vec<String> =
                    notices_of_place.into_iter().filter(|name| told.insert(name.clone())).collect();
                if !new.is_empty() {
                    let text = format!(
                        "for this file and others, by a folder or the configuration of the site, {}",
                        notices::told(&new)
                    );
                    warnings.push((1, text));
                }
                for (line, text) in warnings {
                    sink(Item::Warning { at: article.at.line(line), text })?;
                }
                sink(Item::Article(article))?;
            }
            Ok(Read::NoPage(reason)) => {
                sink(Item::Skipped { at: At::file(&file.path), reason })?;
            }
            Err(refused) => sink(refused.item(&file.path))?,
        }
    }
    Ok(())
}

/// Tells in one line of a configuration that cannot be read, and of the pages that are not imported for it.
fn tell_unread(site: &Rc<Site>, files: &Files, sink: &mut Sink<'_>) -> io::Result<()> {
    let is_of_site =
        |file: &&File| file.place.site.as_ref().is_some_and(|known| Rc::ptr_eq(known, site));
    for (file, why) in &site.unread {
        let pages = match files.found.iter().filter(is_of_site).count() {
            1 => "the one file of the site is".to_owned(),
            count => format!("the {count} files of the site are"),
        };
        let reason = format!(
            "cannot be read ({why}): make it readable, and import again; what it says of the site's pages cannot be told, and {pages} not imported"
        );
        sink(Refused::whole(reason).item(file))?;
    }
    Ok(())
}

/// What a file is.
enum Read {
    /// An article, and what to say about it, with lines.
    Article {
        article: Box<ArticleItem>,
        warnings: Vec<(usize, String)>,
        /// Members that its place sets and that may be notices to readers.
        notices_of_place: Vec<String>,
    },
    /// No page, and why.
    NoPage(String),
}

fn item(file: &File, options: &Options) -> Result<Read, Refused> {
    let File { path, place } = file;
    if let Some(why) = &place.no_page {
        return Ok(Read::NoPage(why.clone()));
    }
    let unread = |error: io::Error| Refused::whole(format!("cannot be read: {error}"));
    // Two folders may each have an index.md: a name relative to the folder does not identify a
    // file.
    let known_by = path.canonicalize().map_err(unread)?;
    let known_by = known_by
        .into_os_string()
        .into_string()
        .map_err(|_| Refused::whole("has a name that is not UTF-8, and is known by its name"))?;
    let bytes = whole::read(path).map_err(unread)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let fine = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = fine.iter().filter(|byte| **byte == b'\n').count() + 1;
        Refused::at(line, "is not UTF-8")
    })?;
    let rules = place.site.as_ref().map(|site| &site.rules);
    let page = match rules {
        Some(Rules::Pelican(_)) => plain::split(&text)?,
        _ => front_matter::split(&text)?,
    };
    let Some(page) = page else {
        let shown_all_the_same = match (rules, &place.inside) {
            (Some(Rules::Hugo(_)), Some(_)) => ", but Hugo shows it all the same",
            (Some(Rules::Jekyll(jekyll)), Some(inside)) if !jekyll.is_page(inside) => {
                ", but Jekyll shows it all the same"
            }
            _ => "",
        };
        return Ok(Read::NoPage(format!("it has no front matter{shown_all_the_same}")));
    };
    let bare = remarks::take_out(page.body, page.body_line)?;
    let cleaned = templates::clean(&bare.text, page.body_line)?;
    placeholders::look(&cleaned.text, page.body_line)?;
    let knows_liquid = !matches!(rules, Some(Rules::Hugo(_) | Rules::Pelican(_)));
    let gate = cleaned.gates.why(knows_liquid);
    let made =
        article::from_page(&page, &cleaned.text, path, place, gate.as_ref(), options.expiry)?;
    let made = match made {
        Found::Article(made) => *made,
        Found::NoPage(why) => return Ok(Read::NoPage(why.to_owned())),
    };
    let Made {
        article: members,
        said,
        former_slugs,
        names,
        addresses,
        notices_of_place,
        warnings: mut of_front,
    } = made;
    let mut warnings = bare.warnings;
    warnings.extend(cleaned.warnings);
    warnings.append(&mut of_front);
    let article = ArticleItem {
        at: At::file(path),
        source_id: known_by,
        members,
        said,
        former_slugs,
        names,
        addresses,
        lines: front::lines_of(&page),
        source_version: None,
        is_schedule: false,
        withdrawn: None,
    };
    Ok(Read::Article { article: Box::new(article), warnings, notices_of_place })
}
