//! `copydesk import DIR`: Markdown files with YAML front matter, as Hugo has
//! them, become articles. Whole articles only; the files of
//! a batch share their commits.

mod article;
mod front_matter;

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::join_all;
use sha2::{Digest, Sha256};

use crate::articles::api::ArticleCreate;
use crate::articles::{ImportedFile, Outcome, import, is_imported, rendered};
use crate::db::Db;
use crate::domain::ids::Entropy;
use crate::problem::Problem;
use crate::web::input::read_body;

/// Files that wait for the writer together: enough that the sync to disk is shared, few enough
/// that a running server waits for less than a tenth of a second.
const BATCH: usize = 200;

/// What an import has done.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files that made a new article.
    pub created: usize,
    /// Files that were edited, and their articles with them.
    pub updated: usize,
    /// Files that are as they were.
    pub unchanged: usize,
    /// Files without front matter.
    pub skipped: usize,
    /// Files that were refused, each with a line that says why.
    pub refused: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            created,
            updated,
            unchanged,
            skipped,
            refused,
        } = self;
        write!(
            f,
            "{created} created, {updated} updated, {unchanged} unchanged, {skipped} skipped (no front matter), {refused} refused"
        )
    }
}

/// Imports everything below `dir` that ends in `.md`. Each refused file is a
/// line in `report`.
///
/// # Errors
/// Where the folder cannot be read.
pub fn run(
    dir: &Path,
    database: &Db,
    entropy: Arc<dyn Entropy>,
    report: &mut impl Write,
) -> io::Result<Summary> {
    let mut paths = Vec::new();
    collect(dir, &mut paths).map_err(|error| {
        io::Error::new(
            error.kind(),
            format!(
                "{} cannot be read ({error}); name a folder of Markdown files.",
                dir.display()
            ),
        )
    })?;
    paths.sort_unstable();
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut summary = Summary::default();
    for batch in paths.chunks(BATCH) {
        let mut writes = Vec::new();
        for path in batch {
            let name = relative_name(dir, path);
            match read(path, database) {
                Ok(Found::Article(file)) => {
                    let entropy = Arc::clone(&entropy);
                    let write =
                        database.write(move |conn, now| import(conn, &file, entropy.as_ref(), now));
                    writes.push(async { (name, write.await) });
                }
                Ok(Found::Unchanged) => summary.unchanged += 1,
                Ok(Found::NoFrontMatter) => summary.skipped += 1,
                Err(reason) => refuse(&mut summary, report, &name, &reason)?,
            }
        }
        // All of a batch wait for the writer together, so that it commits many at once.
        for (name, outcome) in runtime.block_on(join_all(writes)) {
            match outcome {
                Ok(Outcome::Created) => summary.created += 1,
                Ok(Outcome::Updated) => summary.updated += 1,
                Ok(Outcome::Unchanged) => summary.unchanged += 1,
                Ok(Outcome::InTrash) => {
                    refuse(
                        &mut summary,
                        report,
                        &name,
                        "was edited, but its article is in the trash",
                    )?;
                }
                Err(problem) => refuse(&mut summary, report, &name, &reason_of(&problem))?,
            }
        }
    }
    Ok(summary)
}

fn refuse(
    summary: &mut Summary,
    report: &mut impl Write,
    name: &str,
    reason: &str,
) -> io::Result<()> {
    summary.refused += 1;
    writeln!(report, "{name}: {reason}")
}

/// Every `.md` file below `dir`; hidden files and folders are left out, links are not followed.
fn collect(dir: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let (kind, path) = (entry.file_type()?, entry.path());
        if kind.is_dir() {
            collect(&path, paths)?;
        } else if kind.is_file() && path.extension().is_some_and(|extension| extension == "md") {
            paths.push(path);
        }
    }
    Ok(())
}

/// How a report names a file: its path below the folder, with `/` between the parts.
fn relative_name(dir: &Path, path: &Path) -> String {
    let below = path.strip_prefix(dir).unwrap_or(path);
    let parts: Vec<_> = below
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    parts.join("/")
}

/// What a file holds.
enum Found {
    Article(Box<ImportedFile>),
    Unchanged,
    NoFrontMatter,
}

/// Reads a file; a reason where it is no article.
fn read(path: &Path, database: &Db) -> Result<Found, String> {
    let unread = |error: io::Error| format!("cannot be read: {error}");
    // Two folders may each have an index.md: a name below a folder is not enough to know a file by.
    let known_by = path
        .canonicalize()
        .map_err(unread)?
        .to_string_lossy()
        .into_owned();
    let bytes = fs::read(path).map_err(unread)?;
    let sha256: [u8; 32] = Sha256::digest(&bytes).into();
    let reason = |problem: Problem| reason_of(&problem);
    // Spares the work of rendering; the writer decides all the same.
    if database
        .read(|conn| is_imported(conn, &known_by, &sha256))
        .map_err(reason)?
    {
        return Ok(Found::Unchanged);
    }
    let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())?;
    let Some(page) = front_matter::split(&text)? else {
        return Ok(Found::NoFrontMatter);
    };
    let value = article::from_front_matter(page.members, page.body)?;
    let article: ArticleCreate = read_body(value).map_err(reason)?;
    let rendered = rendered(&article.article).map_err(reason)?;
    Ok(Found::Article(Box::new(ImportedFile {
        path: known_by,
        sha256,
        article,
        rendered,
    })))
}

/// A problem in one line: each broken rule with its member.
fn reason_of(problem: &Problem) -> String {
    let faults = problem
        .member("errors")
        .and_then(|errors| errors.as_array())
        .cloned()
        .unwrap_or_default();
    if faults.is_empty() {
        let owner = problem.member("conflicting_id").and_then(|id| id.as_str());
        let owner = owner.map_or_else(String::new, |id| format!(" (article {id})"));
        return format!("{}{owner}", problem.detail());
    }
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let lines: Vec<String> = faults
        .iter()
        .map(|fault| {
            format!(
                "{} {}",
                text(&fault["pointer"]).trim_start_matches('/'),
                text(&fault["detail"])
            )
        })
        .collect();
    lines.join(" ")
}
