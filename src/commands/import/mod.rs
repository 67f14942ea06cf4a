//! `copydesk import PATH`: imports Markdown files with front matter, as in Hugo, Jekyll and
//! similar generators, as articles. An article is imported whole or not at all; the files of a
//! batch share their commits. A page that its site holds back is never made public here: if that
//! cannot be determined, the file is refused.

mod article;
mod dates;
pub mod front_matter;
mod templates;
mod tree;
mod visibility;

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use futures_util::future::join_all;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use sha2::{Digest, Sha256};

use self::tree::{File, Files, collect};
use super::place::Place;
use super::{Ended, exit, open_once, say};
use crate::articles::input::ArticleCreate;
use crate::articles::words::State;
use crate::articles::write::rendered;
use crate::articles::{ImportedFile, Outcome, import, is_imported, public_slug};
use crate::db::{self, Db};
use crate::domain::ids::{Entropy, SystemEntropy};
use crate::domain::instant::SystemClock;
use crate::domain::markup::{RemovedContent, RemovedElement, Renderer};
use crate::problem::Problem;
use crate::settings::Cli;
use crate::web::input::read_body;

/// Files that wait for the writer together: enough to share the sync to disk, few enough that a
/// running server waits for less than a tenth of a second.
const BATCH: usize = 200;

/// Version of the mapping from files to articles: after an increase each file is imported again.
const MAPPING: u8 = 3;

/// The treatment of `expirydate` in front matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// It is kept in `metadata` and has no effect. Archives are full of dates that were never
    /// meant.
    Kept,
    /// The article expires then.
    Honoured,
}

/// Options for reading files.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The treatment of `expirydate`.
    pub expiry: Expiry,
    /// Values of members that no front matter sets.
    pub defaults: Vec<(&'static str, Value)>,
    /// Renders the texts.
    pub renderer: Renderer,
}

/// The result of an import.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files that created a new article.
    pub created: usize,
    /// Files that were edited; their articles were updated.
    pub updated: usize,
    /// Files that were not changed.
    pub unchanged: usize,
    /// Files that are not pages: without front matter, or because of their place.
    pub skipped: usize,
    /// Refused files, each with a line that gives the reason.
    pub refused: usize,
    /// Created or updated articles that are public.
    pub public: usize,
    /// Created or updated articles that are scheduled.
    pub scheduled: usize,
}

impl Summary {
    /// Counts the new state of an article.
    fn count(&mut self, state: State) {
        match state {
            State::Published => self.public += 1,
            State::Scheduled => self.scheduled += 1,
            _ => {}
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { created, updated, unchanged, skipped, refused, public, scheduled } = self;
        write!(
            f,
            "{created} created, {updated} updated ({public} public, {scheduled} scheduled, {} not), {unchanged} unchanged, {skipped} skipped, {refused} refused",
            (created + updated).saturating_sub(public + scheduled)
        )
    }
}

/// The reason why a file was refused, and the line.
#[derive(Debug)]
pub struct Refused {
    line: Option<usize>,
    reason: String,
}

impl Refused {
    fn at(line: usize, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        let line = Some(line);
        Self { line, reason }
    }

    /// The file as a whole is refused.
    fn whole(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { line: None, reason }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{line}: {}", self.reason),
            None => write!(f, " {}", self.reason),
        }
    }
}

/// The command: imports into the newsroom in the settings, or for a dry run into a copy of it, so
/// that its report is what would be done.
pub(super) fn command(cli: &Cli, path: &Path, dry_run: bool, expiry: Expiry) -> Ended {
    // Before a database is created in vain.
    let found = collect(path)?;
    if found.found.is_empty() && found.unread.is_empty() {
        let path = path.display();
        return Err(format!(
            "there is no Markdown file (.md, .markdown) at or below {path}; name another folder."
        )
        .into());
    }
    let place = Place::of(cli)?;
    let scratch = dry_run.then(Place::scratch).transpose()?;
    if let Some(scratch) = &scratch {
        match place.location.path() {
            Some(file) => db::copy(file, scratch.file("")?, &place.options)?,
            None if !db::is_there(&place.location)? => {}
            None => {
                let both = (&place.location, &scratch.location);
                db::transfer(both, &scratch.options, &mut |_, _| ())?;
            }
        }
    }
    let database = open_once(scratch.as_ref().unwrap_or(&place))?;
    // It is visible only on a terminal.
    let bar = ProgressBar::no_length();
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} files, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let entropy = Arc::new(SystemEntropy);
    let reading = Reading {
        expiry,
        defaults: cli.settings.article_defaults().into(),
        renderer: cli.settings.embed_hosts.clone(),
    };
    let summary = take(&found, &database, &reading, entropy, &bar, &mut io::stderr())?;
    bar.finish_and_clear();
    match scratch {
        Some(_) => say(format_args!("{summary}; a dry run: {} is as it was", place.name())),
        None => say(format_args!("{summary}; into {}", place.name())),
    }
    let ended = match summary.refused {
        0 => exit::DONE,
        _ => exit::FAILED,
    };
    Ok(ended.code.into())
}

/// Imports a file, or every Markdown file below a folder. Each refused or skipped file is a line
/// in `report`.
///
/// # Errors
/// If `path` cannot be read.
pub fn run(
    path: &Path,
    database: &Db,
    reading: &Reading,
    entropy: Arc<dyn Entropy>,
    bar: &ProgressBar,
    report: &mut impl Write,
) -> io::Result<Summary> {
    take(&collect(path)?, database, reading, entropy, bar, report)
}

fn take(
    files: &Files,
    database: &Db,
    reading: &Reading,
    entropy: Arc<dyn Entropy>,
    bar: &ProgressBar,
    report: &mut impl Write,
) -> io::Result<Summary> {
    bar.set_length(files.found.len().try_into().unwrap_or(u64::MAX));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let mut summary = Summary { refused: files.unread.len(), ..Summary::default() };
    for (folder, error) in &files.unread {
        writeln!(report, "{}: cannot be read: {error}", folder.display())?;
    }
    for batch in files.found.chunks(BATCH) {
        let mut tell = |name: &Path, what: String| {
            bar.suspend(|| writeln!(report, "{}:{what}", name.display()))
        };
        let mut writes = Vec::new();
        for file in batch {
            let path = &*file.path;
            match read(file, database, reading) {
                Ok(Found::Article(file)) => {
                    for (line, warning) in &file.warnings {
                        tell(path, format!("{line}: warning: {warning}"))?;
                    }
                    let (entropy, lines) = (Arc::clone(&entropy), file.lines);
                    let file = file.file;
                    let write =
                        database.write(move |conn, now| import(conn, &file, entropy.as_ref(), now));
                    writes.push(async move { (path, lines, write.await) });
                }
                Ok(Found::Unchanged) => summary.unchanged += 1,
                Ok(Found::NoPage(why)) => {
                    summary.skipped += 1;
                    let stays = still_public(path, database);
                    tell(path, format!(" skipped, {why}{stays}"))?;
                }
                Err(refused) => {
                    summary.refused += 1;
                    let stays = still_public(path, database);
                    tell(path, format!("{refused}{stays}"))?;
                }
            }
        }
        // All files of a batch wait for the writer together, so that it commits many at once.
        for (path, lines, outcome) in runtime.block_on(join_all(writes)) {
            let refused = match outcome {
                Ok(Outcome::Created(state)) => {
                    summary.created += 1;
                    summary.count(state);
                    continue;
                }
                Ok(Outcome::Updated(state)) => {
                    summary.updated += 1;
                    summary.count(state);
                    continue;
                }
                Ok(Outcome::Unchanged) => {
                    summary.unchanged += 1;
                    continue;
                }
                Ok(Outcome::InTrash) => {
                    Refused::whole("was edited, but its article is in the trash")
                }
                Err(problem) => refused_for(&problem, &lines),
            };
            summary.refused += 1;
            tell(path, refused.to_string())?;
        }
        bar.inc(batch.len().try_into().unwrap_or_default());
    }
    Ok(summary)
}

/// A warning for a file that is not imported although its article is public: an earlier import, or
/// an earlier version of the file, published it.
fn still_public(path: &Path, database: &Db) -> String {
    let known_by =
        path.canonicalize().ok().and_then(|path| path.into_os_string().into_string().ok());
    let now = database.now(&SystemClock);
    let slug = known_by
        .and_then(|path| database.read(|conn| public_slug(conn, &path, now)).ok().flatten());
    slug.map_or_else(String::new, |slug| {
        format!("; its article `{slug}` is public and stays so: unpublish it if it should not be")
    })
}

/// The content of a file.
enum Found {
    Article(Box<Located>),
    Unchanged,
    /// The reason why it is not a page.
    NoPage(String),
}

/// An article, and the line of each member in its file.
struct Located {
    file: ImportedFile,
    /// Warnings, with their lines.
    warnings: Vec<(usize, String)>,
    lines: HashMap<&'static str, usize>,
}

/// Members that only the writer can refuse: another article may have the value, or the rule
/// depends on the present article or time.
const JUDGED_LATE: [&str; 3] = ["/slug", "/external_id", "/published_at"];

/// Reads a file; gives a reason if it is not an article.
fn read(file: &File, database: &Db, reading: &Reading) -> Result<Found, Refused> {
    let File { path, place } = file;
    if let Some(why) = &place.no_page {
        return Ok(Found::NoPage(why.clone()));
    }
    let unread = |error: io::Error| Refused::whole(format!("cannot be read: {error}"));
    // Two folders may each have an index.md: a name relative to the folder does not identify a
    // file.
    let known_by = path.canonicalize().map_err(unread)?;
    let known_by = known_by
        .into_os_string()
        .into_string()
        .map_err(|_| Refused::whole("has a name that is not UTF-8, and is known by its name"))?;
    let bytes = fs::read(path).map_err(unread)?;
    let sha256: [u8; 32] = Sha256::new()
        .chain_update(&bytes)
        .chain_update([MAPPING, reading.expiry as u8, u8::from(place.is_draft)])
        // The folders above it determine some of its members too.
        .chain_update(place.digest())
        .finalize()
        .into();
    // Saves the work of rendering; the writer still decides.
    let is_imported = database.read(|conn| is_imported(conn, &known_by, &sha256));
    if is_imported.map_err(|problem| Refused::whole(problem.detail()))? {
        return Ok(Found::Unchanged);
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let fine = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = fine.iter().filter(|byte| **byte == b'\n').count() + 1;
        Refused::at(line, "is not UTF-8")
    })?;
    let Some(page) = front_matter::split(&text)? else {
        return Ok(Found::NoPage("it has no front matter".to_owned()));
    };
    let cleaned = templates::clean(page.body, page.body_line)?;
    let made = article::from_page(&page, &cleaned.text, path, place, reading.expiry)?;
    let mut value = made.article;
    for (name, default) in &reading.defaults {
        if value.get(*name).is_none() {
            value[*name] = default.clone();
        }
    }
    let refused = |problem: Problem| {
        let first = faults(&problem).next().map(|(pointer, _)| pointer.to_owned());
        let line = article::line_of(&page, first.as_deref().unwrap_or_default());
        Refused::at(line, reason_of(&problem))
    };
    let article: ArticleCreate = read_body(value).map_err(refused)?;
    let rendered = rendered(&reading.renderer, &article.article).map_err(refused)?;
    let mut warnings = cleaned.warnings;
    let gone = rendered
        .removed
        .iter()
        .flatten()
        .filter(|removed| removed.content == RemovedContent::Removed);
    warnings.extend(gone.map(|removed| {
        let RemovedElement { element, count, .. } = removed;
        (page.body_line, format!("the text is taken without its <{element}> ({count})"))
    }));
    Ok(Found::Article(Box::new(Located {
        warnings,
        lines: JUDGED_LATE.map(|pointer| (pointer, article::line_of(&page, pointer))).into(),
        file: ImportedFile {
            former_slugs: made.former_slugs,
            tag_names: made.tag_names,
            said: made.said,
            path: known_by,
            sha256,
            article,
            rendered,
        },
    })))
}

/// A refusal by the writer, with its line.
fn refused_for(problem: &Problem, lines: &HashMap<&str, usize>) -> Refused {
    let pointer = match problem.member("pointer") {
        Some(pointer) => pointer.as_str(),
        None => faults(problem).next().map(|(pointer, _)| pointer),
    };
    let line = pointer.and_then(|pointer| lines.get(pointer)).copied();
    let reason = reason_of(problem);
    Refused { line, reason }
}

/// The rules that a body breaks: where, and how.
fn faults(problem: &Problem) -> impl Iterator<Item = (&str, &str)> {
    let faults = problem.member("errors").and_then(|errors| errors.as_array());
    faults.into_iter().flatten().map(|fault| {
        let text = |name: &str| fault[name].as_str().unwrap_or_default();
        (text("pointer"), text("detail"))
    })
}

/// A problem in one line: each broken rule with its member.
fn reason_of(problem: &Problem) -> String {
    let lines: Vec<String> = faults(problem)
        .map(|(pointer, detail)| format!("{} {detail}", pointer.trim_start_matches('/')))
        .collect();
    if !lines.is_empty() {
        return lines.join(" ");
    }
    let owner = problem.member("conflicting_id").and_then(|id| id.as_str());
    let owner = owner.map_or_else(String::new, |id| format!(" (article {id})"));
    format!("{}{owner}", problem.detail())
}
