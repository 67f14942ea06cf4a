//! Import: content of other systems, as articles and comments. `source -> items -> plan -> apply`.
//!
//! A reader makes items of a file or folder (`site/`, `wordpress/`, `ghost/` ..), and knows no database. `hygiene/` looks at
//! each article, `batch.rs` writes them. A record is imported whole or not at all. What its source holds back is never
//! made public here: a record of which that cannot be determined is refused.

mod batch;
mod comment;
mod held;
pub mod item;
mod report;
mod source;
mod speaks;
mod thread;
mod words;

mod xml;

mod disqus;
mod feed;
mod ghost;
mod hygiene;
mod isso;
mod ninjs;
mod remark42;
mod remote;
pub mod site;
mod wordpress;

use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::ProgressBar;
use serde_json::Value;

use self::batch::Importer;
pub use self::item::Expiry;
use self::item::Options;
pub use self::remote::{FetchFailure, Remote};
pub use self::source::Source;
use crate::articles::Shown;
use crate::db::Db;
use crate::domain::ids::Entropy;
use crate::domain::markup::Renderer;

/// What decides how a source is read, and what becomes of it.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The treatment of dates of expiry in front matter.
    pub expiry: Expiry,
    /// Values of members that a source does not set.
    pub defaults: Vec<(&'static str, Value)>,
    /// Renders the texts.
    pub renderer: Renderer,
    /// Whether a notice at the end of a text that the newsroom has as a disclaimer is taken out, and the disclaimer
    /// attached.
    pub lifts_disclaimers: bool,
    /// For how long addresses that comments came from are kept, in microseconds; `None` for ever.
    pub addresses_kept_for: Option<i64>,
    /// Whether what is certainly a mistake is mended: a paragraph that stands twice.
    pub fixes: bool,
    /// Whether what was purged here is imported again.
    pub imports_purged: bool,
    /// Set to true, it ends the import after what is being written.
    pub is_over: Option<Arc<AtomicBool>>,
}

impl Reading {
    fn options(&self) -> Options {
        Options { expiry: self.expiry }
    }

    fn is_to_end(&self) -> bool {
        self.is_over.as_ref().is_some_and(|is_over| is_over.load(Ordering::Acquire))
    }
}

/// What became of records of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// They were created.
    pub created: usize,
    /// They were edited at their source since, and are as there now.
    pub updated: usize,
    /// Nothing was to be done.
    pub unchanged: usize,
    /// They are not imported, each with a line that gives the reason.
    pub refused: usize,
}

/// The result of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Records that created a new article.
    pub created: usize,
    /// Records that were edited; their articles were updated.
    pub updated: usize,
    /// Records that were not changed.
    pub unchanged: usize,
    /// Records that are no articles: without front matter, or because of their place or kind. And what was purged here,
    /// with its comments.
    pub skipped: usize,
    /// Refused records, each with a line that gives the reason.
    pub refused: usize,
    /// Created or updated articles that readers have now: not before an embargo ends, nor once an article has expired.
    pub public: usize,
    /// Created or updated articles that readers get later: scheduled ones, and those under an embargo that ends.
    pub scheduled: usize,
    /// What became of the comments.
    pub comments: Counts,
}

impl Summary {
    /// Counts what readers have of an article that was created or updated.
    fn count(&mut self, shown: Option<Shown>) {
        match shown {
            Some(Shown::Public) => self.public += 1,
            Some(Shown::Later) => self.scheduled += 1,
            Some(Shown::Nothing) | None => {}
        }
    }

    /// True if anything was refused.
    #[must_use]
    pub fn has_refused(&self) -> bool {
        self.refused + self.comments.refused > 0
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { created, updated, unchanged, skipped, refused, public, scheduled, comments } =
            self;
        write!(
            f,
            "{created} created, {updated} updated ({public} public, {scheduled} scheduled, {} not), {unchanged} unchanged, {skipped} skipped, {refused} refused",
            (created + updated).saturating_sub(public + scheduled)
        )?;
        let Counts { created, updated, unchanged, refused } = comments;
        if *comments == Counts::default() {
            return Ok(());
        }
        write!(
            f,
            "; comments: {created} created, {updated} updated, {unchanged} unchanged, {refused} refused"
        )
    }
}

/// Imports a file or a folder, whatever its form. Each refused or skipped record is a line in `report`.
///
/// # Errors
/// If `path` cannot be read or holds nothing that can be imported, or `report` cannot be written. If it cannot be read to
/// its end, or the import is told to end, what was read before is imported, and the error says how much that is.
pub fn run(
    path: &Path,
    database: &Db,
    reading: &Reading,
    entropy: Arc<dyn Entropy>,
    bar: &ProgressBar,
    report: &mut impl Write,
) -> io::Result<Summary> {
    take(&Source::of(path)?, database, reading, entropy, bar, report)
}

/// Imports a source that was recognised.
///
/// # Errors
/// As [`run`].
pub fn take(
    source: &Source,
    database: &Db,
    reading: &Reading,
    entropy: Arc<dyn Entropy>,
    bar: &ProgressBar,
    report: &mut impl Write,
) -> io::Result<Summary> {
    let mut importer = Importer::new(database, reading, entropy, bar, report)?;
    let read = source.read(&reading.options(), &mut |item| importer.take(item));
    let Err(error) = read else {
        return importer.finish();
    };
    importer.stop();
    let done = importer.finish()?;
    let text = match reading.is_to_end() {
        true => format!("{error}: {done}"),
        false => format!("{error}; until then: {done}"),
    };
    Err(io::Error::new(error.kind(), text))
}
