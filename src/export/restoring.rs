//! The second pass over an export: what it has is written as it was, with its instants, into a newsroom that has nothing
//! yet. What cannot be written whole is taken out again.

use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Runtime;

use super::Counts;
use super::applying::{Applied, forget_left_names, remove_left_articles, remove_left_disclaimers};
use super::checking::{Checked, Checker, check};
use super::html::safe;
use super::line::Line;
use super::reading::{Lines, go_on};
use super::writing::failed;
use crate::access;
use crate::access::ids::KeyId;
use crate::articles::ids::ArticleId;
use crate::articles::store as articles;
use crate::articles::store::exported::ExportedArticle;
use crate::comments::ids::CommentId;
use crate::comments::store as comments;
use crate::db::{self, Conn, Db, Unfinished};
use crate::disclaimers::ids::DisclaimerId;
use crate::disclaimers::store::export as disclaimers;
use crate::disclaimers::store::export::ExportedDisclaimerVersion;
use crate::domain::instant::{Clock, Instant};
use crate::domain::markup::Renderer;
use crate::problem::Problem;

/// Lines from which on a unit ends before the next one that it may end before: few enough that a running server waits for
/// less than a tenth of a second.
const LINES_AT_ONCE: usize = 500;
/// The same in bytes, which bounds the memory to this and a line (of a disclaimer, to all of its versions).
const BYTES_AT_ONCE: usize = 1024 * 1024;
/// Keys that are read at once.
const KEYS_AT_ONCE: i64 = 500;
/// Microseconds for which the last write in an export may be ahead of the clock here: two machines need not agree to the
/// second. Further ahead, the newsroom's time would be moved there, and what is to be published until then would be public.
const AHEAD_MAX: i64 = 5 * 60 * 1_000_000;

/// What decides how an export is read back.
#[derive(Clone, Copy)]
pub struct Restoring<'a> {
    /// Renders the texts of articles: their HTML is compared with it, and made safe by its rules.
    pub renderer: &'a Renderer,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Once it is true, the import ends, and what was written is taken out again: set by a signal.
    pub is_over: &'a AtomicBool,
}

/// Reads an export back into a newsroom that has no articles, comments and disclaimers: all of it or nothing. What was
/// changed on the way is a line in `report`; `progress` is told how far it is. What an import has left there that was killed
/// is taken out first.
///
/// # Errors
/// If the file cannot be read; with the place of the first line that is wrong; if the newsroom has something already; if the
/// database cannot be written to; or if it was told to end.
pub fn restore(
    path: &Path,
    db: &Db,
    with: Restoring<'_>,
    report: &mut dyn Write,
    progress: &mut dyn FnMut(&Counts),
) -> io::Result<Counts> {
    // On a server, one that is at work would be taken for killed: it is waited for. (A file has one at a time.)
    let _alone = db.alone_at_start().map_err(failed)?;
    let left = db.read(|conn| Ok(Unfinished::select(conn)?)).map_err(failed)?;
    if left.is_none() {
        db.read(must_be_empty).map_err(failed)??;
    }
    let mut lines = Lines::open(path, with.is_over)?;
    let checked = check(&mut lines)
        .map_err(|error| io::Error::new(error.kind(), format!("{error}; nothing is imported")))?;
    let (newest, now) = (Instant::from(checked.newest), db.now(with.clock));
    if newest.minus(AHEAD_MAX) > now {
        return Err(io::Error::other(format!(
            "{}: the last write in it is of {newest}, and here it is {now}: set the clock; nothing is imported",
            path.display()
        )));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(db.follow(newest)).map_err(failed)?;
    lines.rewind()?;
    let mut writer = Writer { db, with, runtime, checked, applied: Arc::default(), made_safe: 0 };
    if let Some(left) = left {
        let removed = writer.take_out(left).map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("{error}; nothing is imported, and what the killed import has left is not all taken out: import again"),
            )
        })?;
        writeln!(
            report,
            "an import of an export was killed here: what it had written is taken out ({removed} articles)"
        )?;
        db.read(must_be_empty).map_err(failed)??;
    }
    let written = writer.write_all(&mut lines, progress).and_then(|()| writer.finish());
    if let Err(error) = written {
        let left = writer.undo().unwrap_or_else(|undoing| {
            format!(
                "what was imported of it could not be taken out again ({undoing}): import it again, or begin with an empty database"
            )
        });
        return Err(io::Error::new(error.kind(), format!("{error}; {left}")));
    }
    writer.report(checked.counts, report)?;
    Ok(checked.counts)
}

/// Passes if the newsroom has nothing yet; or the refusal.
fn must_be_empty(conn: &mut Conn) -> Result<io::Result<()>, Problem> {
    let has_articles = !articles::select_next(conn, ArticleId::START, 1)?.is_empty();
    let has_comments = !comments::select_next(conn, CommentId::START, 1)?.is_empty();
    let has_disclaimers =
        !disclaimers::select_next_exported(conn, DisclaimerId::START, 1)?.is_empty();
    if has_articles || has_comments || has_disclaimers || articles::export::has_given_names(conn)? {
        return Ok(Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "the newsroom has content already, and an export of Copydesk is imported into an empty one: name another database in DATABASE_URL",
        )));
    }
    Ok(Ok(()))
}

/// Marks the newsroom as one that has only a part of an export, and keeps the numbers in that from what others write.
fn begin(conn: &mut Conn, checked: Checked, now: Instant) -> Result<Unfinished, Problem> {
    let greatest = [
        ("articles", checked.articles_max),
        ("comments", checked.comments_max),
        ("disclaimers", checked.disclaimers_max),
    ];
    db::give_ids_above(conn, &greatest)?;
    let mut last = KeyId::START;
    while let Some((key, _)) = access::export::select_next(conn, last, KEYS_AT_ONCE)?.pop() {
        last = key;
    }
    Ok(Unfinished::begin(conn, last.0, now)?)
}

/// True if a unit may end before a line: whoever reads in between finds nothing that is wrong. A disclaimer is none without
/// its versions; of an article only what it was is yet to come.
const fn begins_anew(line: &Line) -> bool {
    !matches!(line, Line::DisclaimerVersion(_))
}

struct Writer<'a> {
    db: &'a Db,
    with: Restoring<'a>,
    runtime: Runtime,
    /// What the first pass has found.
    checked: Checked,
    /// What was written; units of the writer run on a thread of their own.
    applied: Arc<Mutex<Applied>>,
    /// Texts whose HTML was not safe as it was.
    made_safe: usize,
}

impl Writer<'_> {
    fn applied(&self) -> MutexGuard<'_, Applied> {
        self.applied.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs one unit of the writer, with what was written before, unless another import has taken this one for killed.
    fn unit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Applied, &mut Conn, Instant) -> Result<T, Problem> + Send + 'static,
    ) -> io::Result<T> {
        let applied = Arc::clone(&self.applied);
        let work = move |conn: &mut Conn, now: Instant| {
            let mut applied = applied.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(import) = applied.import
                && !import.is_current(conn)?
            {
                return Err(Problem::internal("another import of an export has begun here"));
            }
            work(&mut applied, conn, now)
        };
        self.runtime.block_on(self.db.write(work)).map_err(failed)
    }

    /// Takes out what an import has left that was killed. Returns the number of articles.
    fn take_out(&self, left: Unfinished) -> io::Result<usize> {
        // If it is still at work after all, it ends here.
        let left = self.unit(move |_, conn, now| Ok(left.take_up(conn, now)?))?;
        self.applied().import = Some(left);
        let (mut removed, mut after) = (0, Some(ArticleId::START));
        while let Some(last) = after {
            go_on(self.with.is_over)?;
            let (some, next) =
                self.unit(move |_, conn, now| remove_left_articles(conn, left, last, now))?;
            removed += some;
            after = next;
        }
        let mut after = Some(DisclaimerId::START);
        while let Some(last) = after {
            go_on(self.with.is_over)?;
            after = self.unit(move |_, conn, _| remove_left_disclaimers(conn, left, last))?;
        }
        self.unit(move |_, conn, _| {
            forget_left_names(conn, left)?;
            Ok(left.end(conn)?)
        })?;
        self.applied().import = None;
        Ok(removed)
    }

    /// Writes all lines, in batches. They are looked at once more: the file may have changed since the first pass.
    fn write_all(
        &mut self,
        lines: &mut Lines<'_>,
        progress: &mut dyn FnMut(&Counts),
    ) -> io::Result<()> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        let mut checker = Checker::default();
        while let Some((mut line, length)) = lines.read_next()? {
            checker.take(&line).map_err(|reason| lines.refused(&reason))?;
            self.make_safe(&mut line).map_err(|reason| lines.refused(&reason))?;
            let is_full = batch.len() >= LINES_AT_ONCE || bytes >= BYTES_AT_ONCE;
            if is_full && begins_anew(&line) {
                self.apply(std::mem::take(&mut batch), lines)?;
                bytes = 0;
                progress(checker.counts());
            }
            batch.push((lines.number(), line));
            bytes += length;
        }
        if checker.end() != Ok(self.checked) {
            return Err(lines.refused("the file was changed while it was read"));
        }
        self.apply(batch, lines)
    }

    /// Writes some lines, each with its number, in one unit. What fails is told with the line that it failed at.
    fn apply(&self, mut batch: Vec<(usize, Line)>, lines: &Lines<'_>) -> io::Result<()> {
        let at = Arc::new(AtomicUsize::new(lines.number()));
        let (reached, checked) = (Arc::clone(&at), self.checked);
        let written = self.unit(move |applied, conn, now| {
            let import = match applied.import {
                Some(import) => import,
                // Others may have written since it was looked at.
                None => match must_be_empty(conn)? {
                    Ok(()) => begin(conn, checked, now)?,
                    Err(refusal) => return Ok(Err(refusal)),
                },
            };
            for (number, line) in &mut batch {
                reached.store(*number, Ordering::Relaxed);
                applied.apply(conn, line, now)?;
            }
            Ok(Ok(import))
        });
        let import = written
            .map_err(|error| lines.refused_at(at.load(Ordering::Relaxed), &error.to_string()))??;
        let mut applied = self.applied();
        applied.import = Some(import);
        applied.keep();
        Ok(())
    }

    /// Makes the HTML of a line safe.
    fn make_safe(&mut self, line: &mut Line) -> Result<(), String> {
        let notices = Renderer::default();
        let (renderer, (body, format), html, owner) = match line {
            Line::Article(article) => {
                let ExportedArticle { id, content, body, body_html, .. } = &mut **article;
                (self.with.renderer, (&*body, content.body_format), body_html, id)
            }
            Line::DisclaimerVersion(version) => {
                let version = &mut **version;
                let ExportedDisclaimerVersion { disclaimer, body, body_format, body_html, .. } =
                    version;
                // A notice has no frames.
                (&notices, (&*body, *body_format), body_html, disclaimer)
            }
            _ => return Ok(()),
        };
        let made = safe(renderer, (body, format), html, owner);
        let made =
            made.map_err(|why| format!("`body_html` of {owner} cannot be made safe: {why:?}"))?;
        if let Some(made) = made {
            *html = made;
            self.made_safe += 1;
        }
        Ok(())
    }

    /// Writes what can be written only once all is there: what articles and disclaimers say of others, and what the change
    /// log needs.
    fn finish(&self) -> io::Result<()> {
        self.unit(|applied, conn, _| {
            applied.name_others(conn)?;
            Ok(db::follow_ids(conn)?)
        })?;
        let mut start = Some(0);
        while let Some(next) = start {
            go_on(self.with.is_over)?;
            start = self.unit(move |applied, conn, _| applied.tell_some_articles(conn, next))?;
        }
        let mut start = Some(0);
        while let Some(next) = start {
            go_on(self.with.is_over)?;
            start = self
                .unit(move |applied, conn, now| applied.tell_some_disclaimers(conn, next, now))?;
        }
        self.end()
    }

    /// All that was to be written or taken out is.
    fn end(&self) -> io::Result<()> {
        let import = self.applied().import;
        match import {
            Some(import) => self.unit(move |_, conn, _| Ok(import.end(conn)?)),
            None => Ok(()),
        }
    }

    /// Takes out what was written. Returns what became of it.
    fn undo(&self) -> io::Result<String> {
        let import = self.applied().import;
        let Some(import) = import else {
            return Ok("nothing is imported".to_owned());
        };
        if !self.db.read(|conn| Ok(import.is_current(conn)?)).map_err(failed)? {
            return Ok("that one takes out what was imported of this one".to_owned());
        }
        while self.unit(Applied::remove_some)? {}
        self.unit(|applied, conn, _| applied.forget_names(conn))?;
        self.end()?;
        Ok("what was imported of it is taken out again".to_owned())
    }

    /// Tells what is not as it was.
    fn report(&self, counts: Counts, report: &mut dyn Write) -> io::Result<()> {
        let applied = self.applied();
        for warning in &applied.warnings {
            writeln!(report, "warning: {warning}")?;
        }
        if self.made_safe > 0 {
            writeln!(
                report,
                "warning: the HTML of {} texts was not what their texts give, nor safe as it was; it was sanitised anew",
                self.made_safe
            )?;
        }
        if counts.keys > 0 {
            writeln!(
                report,
                "the keys of the export ({}) open nothing here: make new ones with `copydesk key create`",
                counts.keys
            )?;
        }
        Ok(())
    }
}
