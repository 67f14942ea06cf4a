//! Applies items: prepares articles, writes them and their comments in batches that share their commits, and reports what
//! became of each record.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use futures_util::future::join_all;
use indicatif::ProgressBar;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::held::Batch;
use super::hygiene::{self, Found, Hygiene, Known, Looked, Prepared};
use super::item::{ArticleItem, At, CommentItem, Item, On};
use super::report::{Counted, Line, RecordKey, at_of, faults, reason_of};
use super::thread;
use super::{Reading, Summary};
use crate::articles::input::ArticleCreate;
use crate::articles::words::{Standing, TermKind};
use crate::articles::write::rendered;
use crate::articles::{
    self, Done, ImportedArticle, Lifted, Outcome, is_imported, is_purged, public_slug,
};
use crate::comments::CommentOutcome;
use crate::db::Db;
use crate::disclaimers;
use crate::domain::ids::Entropy;
use crate::domain::instant::{Instant, SystemClock};
use crate::domain::markup::RemovedContent;
use crate::problem::Problem;
use crate::web::input::read_body;

/// Lines that tell of skipped records for one reason: an export has thousands of pictures.
const SKIPPED_LINES: usize = 20;

/// Version of the mapping from sources to articles: after an increase each record is imported again.
const MAPPING: u8 = 4;

/// A disclaimer with its text is compared with the end of each text: of more of them the first are.
const KNOWN_MAX: i64 = 1_000;

/// What is told of a record that changes nothing, each time: what is newer may have come from another file.
const OLDER: &str = "warning: is an older version than the one that was imported: left alone";

/// Why a record is skipped that its source does not show, as another file of the import says.
const HELD_BACK: &str =
    "another file of this import has it in the same or a newer version, which is not imported";

/// Why a record is skipped whose article was purged.
const PURGED: &str = "was purged here, and is not imported again; --purged imports it all the same";

/// Takes items, and writes them.
pub(super) struct Importer<'a, W: Write> {
    database: &'a Db,
    reading: &'a Reading,
    entropy: Arc<dyn Entropy>,
    bar: &'a ProgressBar,
    report: &'a mut W,
    runtime: tokio::runtime::Runtime,
    known: Vec<Prepared>,
    summary: Summary,
    batch: Batch,
    skipped: HashMap<String, usize>,
    found: Counted,
    /// The records that were refused or skipped in some version: digests of what they are known by and of their files.
    held_back: HashMap<u64, (u64, i64)>,
}

impl<'a, W: Write> Importer<'a, W> {
    /// An importer into a newsroom.
    ///
    /// # Errors
    /// If the newsroom cannot be read.
    pub fn new(
        database: &'a Db,
        reading: &'a Reading,
        entropy: Arc<dyn Entropy>,
        bar: &'a ProgressBar,
        report: &'a mut W,
    ) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let known = database.read(|conn| disclaimers::read::given(conn, KNOWN_MAX));
        let known = known.map_err(|problem| failed(&problem))?.into_iter().map(|row| {
            let text = super::words::text_of_html(&row.body_html);
            Prepared::new(Known { key: row.key, title: row.title, text })
                .stored_as(row.id, row.version, row.language)
                .leading_to(&row.body_html)
        });
        let known = known.collect();
        Ok(Self {
            database,
            reading,
            entropy,
            bar,
            report,
            runtime,
            known,
            summary: Summary::default(),
            batch: Batch::default(),
            skipped: HashMap::new(),
            found: Counted::default(),
            held_back: HashMap::new(),
        })
    }

    /// Takes an item, in the order of its source.
    ///
    /// # Errors
    /// If the report cannot be written, or the import is to end.
    pub fn take(&mut self, item: Item) -> io::Result<()> {
        if self.batch.is_full_for(&item) {
            self.write()?;
        }
        if self.reading.is_to_end() {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "told to end"));
        }
        self.batch.push(item);
        Ok(())
    }

    /// Its source is not read to its end.
    pub fn stop(&mut self) {
        self.batch.leave_last_discussion();
    }

    /// Writes what is left, and gives the result.
    ///
    /// # Errors
    /// If the report cannot be written.
    pub fn finish(mut self) -> io::Result<Summary> {
        self.write()?;
        let mut more: Vec<(String, usize)> =
            self.skipped.drain().filter(|(_, count)| *count > SKIPPED_LINES).collect();
        more.sort_unstable();
        for (reason, count) in more {
            let count = count - SKIPPED_LINES;
            self.tell(&format!("{count} more skipped, {reason}"))?;
        }
        for line in self.found.lines() {
            self.tell(&line)?;
        }
        Ok(self.summary)
    }

    fn tell(&mut self, line: &str) -> io::Result<()> {
        self.bar.suspend(|| writeln!(self.report, "{line}"))
    }

    /// Writes the batch: its articles together, then the comments of each.
    fn write(&mut self) -> io::Result<()> {
        let items = std::mem::take(&mut self.batch).items;
        let count = items.len();
        let mut lines: Vec<Vec<Line>> = Vec::with_capacity(count);
        lines.resize_with(count, Vec::new);
        let (mut waiting, mut comments) = (Vec::new(), Vec::new());
        let mut unchanged: HashSet<RecordKey> = HashSet::new();
        for (number, item) in items.into_iter().enumerate() {
            let told = &mut lines[number];
            match item {
                Item::Warning { at, text } => told.push(Line::warning(at, text)),
                Item::Refused { at, reason } => self.refuse(at, &reason, told),
                Item::Skipped { at, reason } => self.skip(at, reason, told),
                Item::Comment(comment) => comments.push((number, comment)),
                Item::Article(article) => match self.prepare(*article) {
                    Ok(Ready::Article(ready)) => waiting.push((number, ready)),
                    Ok(Ready::Unchanged(at)) => {
                        self.summary.unchanged += 1;
                        unchanged.insert(at.key());
                    }
                    Ok(Ready::Skipped(at, reason)) => self.skip(at, reason.to_owned(), told),
                    Err(refused) => {
                        let (at, reason) = *refused;
                        self.refuse(at, &reason, told);
                    }
                },
            }
        }
        for (number, looks, outcome) in self.write_articles(waiting) {
            let (Looks { at, told, found }, own) = (looks, &mut lines[number]);
            let outcome = outcome.map(|Done { outcome, shown, left, namesake }| {
                self.summary.count(shown);
                // Of one that is left alone nothing was done.
                if matches!(outcome, Outcome::Created(_) | Outcome::Updated(_)) {
                    own.extend(told);
                    found.iter().for_each(|found| self.found.add(found, &at));
                }
                let left = left.into_iter().chain(namesake.and_then(moved));
                own.extend(left.map(|text| Line::warning(at.clone(), text)));
                outcome
            });
            match outcome {
                Ok(Outcome::Created(_)) => self.summary.created += 1,
                Ok(Outcome::Updated(_)) => self.summary.updated += 1,
                Ok(Outcome::Unchanged) => {
                    self.summary.unchanged += 1;
                    unchanged.insert(at.key());
                }
                Ok(Outcome::Older) => {
                    self.summary.unchanged += 1;
                    unchanged.insert(at.key());
                    own.push(Line::told(at, OLDER.to_owned()));
                }
                Ok(Outcome::InTrash) => {
                    self.summary.unchanged += 1;
                    let text = "was edited at its source, and its article is in the trash here: left there";
                    own.push(Line::warning(at, text.to_owned()));
                }
                Ok(Outcome::Purged) => self.skip(at, PURGED.to_owned(), own),
                Err((at, reason)) => self.refuse(at, &reason, own),
            }
        }
        let mut group = Vec::new();
        for (number, comment) in comments {
            let first: Option<&(usize, Box<CommentItem>)> = group.first();
            if first.is_some_and(|(_, first)| first.on != comment.on) {
                let whole = std::mem::take(&mut group);
                self.write_comments(whole, &mut lines, &mut unchanged);
            }
            group.push((number, comment));
        }
        self.write_comments(group, &mut lines, &mut unchanged);
        let mut last = String::new();
        for line in lines.into_iter().flatten() {
            let text = format!("{}: {}", line.at, line.text);
            // What two looks at a text find is told once.
            if line.is_warning && unchanged.contains(&line.at.key()) || text == last {
                continue;
            }
            last.clone_from(&text);
            self.tell(&text)?;
        }
        self.bar.inc(count.try_into().unwrap_or_default());
        Ok(())
    }

    /// Notes that a record is not imported in its version.
    fn hold_back(&mut self, at: &At) {
        if let Some((id, version)) = at.source_id().zip(at.version()) {
            let known = self.held_back.entry(digest_64(id)).or_insert((0, version));
            if version >= known.1 {
                *known = (digest_64(at.path()), version);
            }
        }
    }

    /// True if another file has a record in a version that is not older, and it is not imported from there.
    fn is_held_back(&self, at: &At) -> bool {
        let held = at.source_id().and_then(|id| self.held_back.get(&digest_64(id)));
        held.is_some_and(|(file, version)| {
            *file != digest_64(at.path()) && at.version() <= Some(*version)
        })
    }

    fn refuse(&mut self, at: At, reason: &str, told: &mut Vec<Line>) {
        self.summary.refused += 1;
        self.hold_back(&at);
        let stays = self.still_public(&at);
        // A sentence that goes on has no full stop yet.
        let reason = if stays.is_empty() { reason } else { reason.trim_end_matches('.') };
        told.push(Line::told(at, format!("{reason}{stays}")));
    }

    fn skip(&mut self, at: At, reason: String, told: &mut Vec<Line>) {
        self.summary.skipped += 1;
        self.hold_back(&at);
        let stays = self.still_public(&at);
        let count = self.skipped.entry(reason.clone()).or_default();
        *count += 1;
        if *count <= SKIPPED_LINES || !stays.is_empty() {
            told.push(Line::told(at, format!("skipped, {reason}{stays}")));
        }
    }

    /// A warning for a file or record that is not imported although its article is public: an earlier import, or an
    /// earlier version of it, published it.
    fn still_public(&self, at: &At) -> String {
        let file = || at.path().canonicalize().ok()?.into_os_string().into_string().ok();
        let known_by = match at.source_id() {
            Some(id) => Some(id.to_owned()),
            None => (!at.is_record()).then(file).flatten(),
        };
        let now = self.now();
        let slug = known_by
            .and_then(|id| self.database.read(|conn| public_slug(conn, &id, now)).ok().flatten());
        slug.map_or_else(String::new, |slug| {
            format!(
                "; its article `{slug}` is public and stays so: unpublish it if it should not be"
            )
        })
    }

    /// Prepares an article for the writer: the work that needs no transaction.
    fn prepare(&self, mut item: ArticleItem) -> Result<Ready, Box<(At, String)>> {
        let at = item.at.known_as(&*item.source_id).in_version(item.source_version);
        let refused_here = |reason: String| Box::new((at.clone(), reason));
        if self.is_held_back(&at) {
            return Ok(Ready::Skipped(at, HELD_BACK));
        }
        // Nothing of it is told, either.
        let purged = self.database.read(|conn| is_purged(conn, &item.source_id));
        let purged = purged.map_err(|problem| refused_here(problem.detail()))?;
        if purged && !self.reading.imports_purged {
            return Ok(Ready::Skipped(at, PURGED));
        }
        let language = self.reading.defaults.iter().find(|(name, _)| *name == "language");
        let hygiene = Hygiene {
            known: &self.known,
            // What an article is in that nothing says it of.
            language: language.and_then(|(_, value)| value.as_str()).unwrap_or("en"),
            lift_disclaimers: self.reading.lifts_disclaimers,
            fix: self.reading.fixes,
        };
        // What a withdrawal says is shown to nobody, and nothing may stand in its way.
        let looked = match item.withdrawn {
            Some(_) => Looked::default(),
            None => hygiene::look(&mut item, &hygiene).map_err(refused_here)?,
        };
        let body_line = item.lines.get("/body").copied();
        let (found, attach) = (looked.found, looked.attach);
        let mut told = Vec::new();
        for found in &found {
            let line = found.line_in_file(&at, body_line);
            let at = line.map_or_else(|| at.clone(), |line| at.line(line));
            told.push(Line::warning(at, found.text.clone()));
        }
        // Only copies at the end are taken out.
        let copy = found.iter().rfind(|found| found.kind == hygiene::Kind::Disclaimer);
        if let Some(line) = copy.and_then(|copy| copy.line_in_file(&at, body_line)) {
            item.lines.entry("/disclaimers").or_insert(line);
        }
        let sha256 = digest_of(&item, &attach);
        // Saves the work of rendering; the writer still decides.
        let version = (&sha256[..], item.source_version);
        let known = self.database.read(|conn| is_imported(conn, &item.source_id, version));
        if known.map_err(|problem| refused_here(problem.detail()))? {
            return Ok(Ready::Unchanged(at));
        }
        if item.is_schedule
            && is_over(&item.members, self.now())
            && !self.is_out(&item.source_id).map_err(|problem| refused_here(problem.detail()))?
        {
            item.members.insert("state".to_owned(), json!("draft"));
            let text = "its schedule is over, and its source had not published it: it is a draft";
            told.push(Line::warning(
                at_of(&at, Some("/published_at"), &item.lines),
                text.to_owned(),
            ));
        }
        let mut value = Value::Object(item.members);
        for (name, default) in &self.reading.defaults {
            if value.get(*name).is_none() {
                value[*name] = default.clone();
            }
        }
        let lines = item.lines;
        let refused = |problem: &Problem| {
            let pointer = faults(problem).next().map(|(pointer, _)| pointer);
            Box::new((at_of(&at, pointer, &lines), reason_of(problem)))
        };
        let article: ArticleCreate = read_body(value).map_err(|problem| refused(&problem))?;
        let rendered = rendered(&self.reading.renderer, &article.article)
            .map_err(|problem| refused(&problem))?;
        let gone = rendered.removed.iter().flatten();
        for removed in gone.filter(|removed| removed.content == RemovedContent::Removed) {
            let text =
                format!("the text is taken without its <{}> ({})", removed.element, removed.count);
            told.push(Line::warning(at_of(&at, Some("/body"), &lines), text));
        }
        let article = ImportedArticle {
            source_id: item.source_id,
            sha256,
            article,
            said: item.said,
            former_slugs: item.former_slugs,
            names: item.names.into_iter().map(named).collect(),
            rendered,
            addresses: item.addresses,
            source_version: item.source_version,
            withdrawn: item.withdrawn,
            disclaimers: attach,
            is_wanted_again: self.reading.imports_purged,
        };
        let looks = Looks { at, told, found };
        Ok(Ready::Article(Box::new(Waiting { looks, lines, article })))
    }

    /// True if an article that was imported is published: a schedule of here has run.
    fn is_out(&self, source_id: &str) -> Result<bool, Problem> {
        let known = self.database.read(|conn| articles::article_by_source(conn, source_id))?;
        Ok(known.is_some_and(|row| row.state == Standing::Published))
    }

    /// Writes articles together, so that many share a commit.
    fn write_articles(&self, waiting: Vec<(usize, Box<Waiting>)>) -> Vec<(usize, Looks, Written)> {
        let writes = waiting.into_iter().map(|(number, waiting)| {
            let entropy = Arc::clone(&self.entropy);
            let Waiting { looks, lines, article } = *waiting;
            let write = self
                .database
                .write(move |conn, now| articles::import(conn, &article, entropy.as_ref(), now));
            async move {
                let written = write.await.map_err(|problem| {
                    let pointer = match problem.member("pointer") {
                        Some(pointer) => pointer.as_str(),
                        None => faults(&problem).next().map(|(pointer, _)| pointer),
                    };
                    (at_of(&looks.at, pointer, &lines), reason_of(&problem))
                });
                (number, looks, written)
            }
        });
        self.runtime.block_on(join_all(writes))
    }
}

impl<W: Write> Importer<'_, W> {
    /// Writes the comments of one article.
    fn write_comments(
        &mut self,
        group: Vec<(usize, Box<CommentItem>)>,
        lines: &mut [Vec<Line>],
        unchanged: &mut HashSet<RecordKey>,
    ) {
        let Some((number, first)) = group.first() else {
            return;
        };
        let found = self.database.read(|conn| match &first.on {
            On::Article(source) => articles::article_by_source(conn, source),
            On::Addresses(addresses) => articles::article_of(conn, addresses),
        });
        let count = group.len();
        let article = match found {
            Ok(Some(article)) => article,
            Ok(None) => {
                let on = match &first.on {
                    On::Article(source) => {
                        let read = self.database.read(|conn| articles::taken_away(conn, source));
                        let on = first.at.known_as(source).in_version(first.source_version);
                        let held = self.is_held_back(&on).then_some("is on a post that is skipped");
                        if let Some(reason) = read.ok().flatten().or(held) {
                            for (number, comment) in group {
                                self.skip(comment.at, reason.to_owned(), &mut lines[number]);
                            }
                            return;
                        }
                        "its article was not imported".to_owned()
                    }
                    On::Addresses(addresses) => format!(
                        "no article has the address {}",
                        addresses.first().map_or("", String::as_str)
                    ),
                };
                let more = if count == 1 { String::new() } else { format!(" ({count} comments)") };
                self.summary.comments.refused += count;
                lines[*number].push(Line::told(first.at.clone(), format!("{on}{more}")));
                return;
            }
            Err(problem) => {
                self.summary.comments.refused += count;
                lines[*number].push(Line::told(first.at.clone(), reason_of(&problem)));
                return;
            }
        };
        let kept_since = self.reading.addresses_kept_for.map(|kept| self.now().minus(kept));
        let writer = thread::Writer {
            database: self.database,
            runtime: &self.runtime,
            entropy: &self.entropy,
            kept_since,
        };
        let counts = &mut self.summary.comments;
        writer.write(article, group, |number, at, outcome| {
            let (outcome, note) = match outcome {
                Ok(done) => done,
                Err(problem) => {
                    counts.refused += 1;
                    lines[number].push(Line::told(at, reason_of(&problem)));
                    return;
                }
            };
            let told = match outcome {
                CommentOutcome::Created => {
                    counts.created += 1;
                    note
                }
                CommentOutcome::Updated => {
                    counts.updated += 1;
                    note
                }
                CommentOutcome::Unchanged => {
                    counts.unchanged += 1;
                    unchanged.insert(at.key());
                    None
                }
                CommentOutcome::Older => {
                    counts.unchanged += 1;
                    unchanged.insert(at.key());
                    lines[number].push(Line::told(at, OLDER.to_owned()));
                    return;
                }
                CommentOutcome::EditedHere => {
                    counts.unchanged += 1;
                    Some("was edited at its source and here: left as it is here")
                }
                CommentOutcome::Gone => {
                    counts.unchanged += 1;
                    Some("was edited at its source, and erased here: left so")
                }
            };
            if let Some(text) = told {
                lines[number].push(Line::warning(at, text.to_owned()));
            }
        });
    }

    fn now(&self) -> Instant {
        self.database.now(&SystemClock)
    }
}

/// What became of an article; where it is refused, its place and the reason.
type Written = Result<Done, (At, String)>;

/// What is to be told of an article once it is written.
struct Looks {
    at: At,
    told: Vec<Line>,
    found: Vec<Found>,
}

/// An article that waits for the writer.
struct Waiting {
    looks: Looks,
    lines: HashMap<&'static str, usize>,
    article: ImportedArticle,
}

/// An article that was prepared.
enum Ready {
    Article(Box<Waiting>),
    Unchanged(At),
    Skipped(At, &'static str),
}

/// What is told of an article that was created where a public one has its slug, if the file of that one is gone: moving it
/// takes a page of a site back.
fn moved((slug, source): (String, String)) -> Option<String> {
    let path = Path::new(&source);
    let is_gone = path.is_absolute() && path.try_exists().is_ok_and(|is_there| !is_there);
    is_gone.then(|| {
        format!(
            "the article `{slug}` was imported from {source}, which is gone, and is public and stays so: unpublish it if it should not be"
        )
    })
}

/// The name of a term, as articles have it.
fn named((member, slug, name): (&str, String, String)) -> (TermKind, String, String) {
    let kind = if member == "section" { TermKind::Section } else { TermKind::Tag };
    (kind, slug, name)
}

/// True if the time of an article's publication has passed.
fn is_over(members: &serde_json::Map<String, Value>, now: Instant) -> bool {
    let at = members.get("published_at").and_then(Value::as_str).and_then(Instant::parse);
    at.is_some_and(|at| at <= now)
}

/// A short digest, for what is held of each record: where two are alike by chance, one is skipped, with a line.
fn digest_64(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// What tells whether a record was edited.
fn digest_of(item: &ArticleItem, attach: &[Lifted]) -> [u8; 32] {
    // Of another version, another text was taken out.
    let attach: Vec<(&str, i64)> =
        attach.iter().map(|lifted| (lifted.key.as_str(), lifted.version)).collect();
    // Each export of a system is of another instant, and the same record in it is the same.
    let version = item.source_version.filter(|version| *version < articles::INSTANTS);
    let whole = json!([
        MAPPING, item.members, item.said, item.former_slugs, item.names, item.addresses, version,
        item.withdrawn, attach,
    ]);
    Sha256::digest(whole.to_string().as_bytes()).into()
}

/// A fault of the database, for whoever runs the import.
fn failed(problem: &Problem) -> io::Error {
    io::Error::other(problem.cause().map_or_else(|| problem.detail(), str::to_owned))
}
