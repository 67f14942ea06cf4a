//! Writing an export.
//!
//! The database is read in short transactions: one of some articles, each of them whole in it. What is read goes through a
//! spool, so that a slow reader of the export holds no snapshot. A transaction that finds disclaimers changed writes those
//! before its articles: each article has the disclaimers of its own moment.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Seek as _, Write};

use serde_json::Value;
use tempfile::SpooledTempFile;

use super::line::{End, Header, Languages, Line};
use super::{Counts, Filters, Part};
use crate::access;
use crate::access::ids::KeyId;
use crate::articles::ids::ArticleId;
use crate::articles::ladder::Rung;
use crate::articles::model::ArticleRow;
use crate::articles::rules::shown_published_at;
use crate::articles::store as articles;
use crate::articles::store::exported::{ExportedArticle, ExportedEntry};
use crate::articles::words::TermKind;
use crate::comments::store::export as comments;
use crate::db::{Conn, Db};
use crate::disclaimers::ids::DisclaimerId;
use crate::disclaimers::store::export as disclaimers;
use crate::disclaimers::store::export::{ExportedDisclaimer, ExportedLanguage};
use crate::domain::instant::Instant;
use crate::problem::{Code, Problem};

/// Most articles that one transaction reads: some ten milliseconds.
const ARTICLES_AT_ONCE: i64 = 100;
/// Bytes after which a transaction ends with the article that it is at. The spool holds twice as much in memory.
const BYTES_AT_ONCE: u64 = 1024 * 1024;
/// Bytes that the spool holds in memory: an article with more, such as one with a thousand revisions, goes through a file.
const SPOOL_MAX: usize = 2 * 1024 * 1024;
/// Rows that are read at once of what is small.
const ROWS_AT_ONCE: i64 = 500;
/// Texts that are read at once: each may have 64 KiB twice.
const TEXTS_AT_ONCE: i64 = 20;
/// What names the article that replaces a withdrawn one, in the details of a history.
const REPLACED_BY: &str = "replaced_by";

/// Writes what the filters leave of a newsroom, one JSON object a line. What is to be published after `now` is not published
/// yet. `progress` is told how far it is.
///
/// # Errors
/// If `out` cannot be written to, or the database cannot be read.
pub fn export(
    db: &Db,
    filters: &Filters,
    now: Instant,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(&Counts),
) -> io::Result<Counts> {
    let mut exporter = Exporter {
        filters,
        now,
        spool: SpooledTempFile::new(SPOOL_MAX),
        counts: Counts::default(),
        mark: None,
        languages: Vec::new(),
        known: BTreeMap::new(),
        terms: HashSet::new(),
    };
    let mut after = Some(ArticleId::START);
    db.read(|conn| {
        exporter.put(&Line::Copydesk(Header::of(filters)))?;
        exporter.follow_disclaimers(conn)
    })
    .map_err(failed)?;
    exporter.hand_over(out)?;
    while let Some(last) = after.filter(|_| filters.has(Part::Articles)) {
        after = db.read(|conn| exporter.put_articles(conn, last)).map_err(failed)?;
        exporter.hand_over(out)?;
        progress(&exporter.counts);
    }
    if filters.has(Part::Articles) {
        exporter.put_terms(db, out)?;
    }
    if filters.has(Part::Keys) {
        exporter.put_keys(db, out)?;
    }
    let end = Line::End(End::from(exporter.counts));
    exporter.put(&end).map_err(failed)?;
    exporter.hand_over(out)?;
    out.flush()?;
    Ok(exporter.counts)
}

/// A problem as an error of IO, with its cause.
pub(super) fn failed(problem: Problem) -> io::Error {
    io::Error::other(match problem.code() {
        Code::Overloaded => {
            "another program is writing to the database; try again when it is done.".to_owned()
        }
        _ => problem.cause().map_or_else(|| problem.detail(), str::to_owned),
    })
}

/// What is known from one transaction to the next.
struct Exporter<'a> {
    filters: &'a Filters,
    now: Instant,
    /// What was read, and is not yet handed over.
    spool: SpooledTempFile,
    counts: Counts,
    /// The mark of the disclaimers that were written.
    mark: Option<Vec<u8>>,
    /// The languages that were written.
    languages: Vec<ExportedLanguage>,
    /// The disclaimers that were written, each with its public id and its newest version.
    known: BTreeMap<DisclaimerId, (String, i64)>,
    /// The terms of the articles that were written, if not all are: the names of others are left out.
    terms: HashSet<(TermKind, String)>,
}

impl Exporter<'_> {
    fn put(&mut self, line: &Line) -> Result<(), Problem> {
        let mut text = serde_json::to_vec(line).map_err(Problem::internal)?;
        text.push(b'\n');
        self.spool.write_all(&text).map_err(Problem::internal)
    }

    /// Writes out what was read.
    fn hand_over(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.spool.rewind()?;
        io::copy(&mut self.spool, out)?;
        self.spool.set_len(0)?;
        self.spool.rewind()
    }

    /// Writes the disclaimers and languages that are new or have changed since they were last written.
    fn follow_disclaimers(&mut self, conn: &mut Conn) -> Result<(), Problem> {
        if !self.filters.has(Part::Disclaimers) {
            return Ok(());
        }
        let mark = Some(disclaimers::select_mark(conn)?);
        if mark == self.mark {
            return Ok(());
        }
        let languages = disclaimers::select_languages(conn)?;
        if languages != self.languages {
            self.languages.clone_from(&languages);
            self.put(&Line::Languages(Languages { languages }))?;
        }
        let mut after = DisclaimerId::START;
        loop {
            let page = disclaimers::select_next_exported(conn, after, ROWS_AT_ONCE)?;
            let Some(last) = page.last() else { break };
            after = last.id;
            for disclaimer in page {
                self.put_disclaimer(conn, disclaimer)?;
            }
        }
        self.mark = mark;
        Ok(())
    }

    fn put_disclaimer(
        &mut self,
        conn: &mut Conn,
        disclaimer: ExportedDisclaimer,
    ) -> Result<(), Problem> {
        let known = self.known.get(&disclaimer.id).filter(|(id, _)| *id == disclaimer.public_id);
        let mut after = known.map_or(0, |(_, version)| *version);
        if after == disclaimer.version {
            return Ok(());
        }
        self.known.insert(disclaimer.id, (disclaimer.public_id.clone(), disclaimer.version));
        self.put(&Line::Disclaimer(disclaimer.clone()))?;
        loop {
            let page = disclaimers::select_next_versions(conn, &disclaimer, after, TEXTS_AT_ONCE)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.version;
            for version in page {
                self.put(&Line::DisclaimerVersion(Box::new(version)))?;
                self.counts.disclaimer_versions += 1;
            }
        }
    }

    /// Writes the next articles after `after`. Returns the last that it came to; `None` at the end.
    fn put_articles(
        &mut self,
        conn: &mut Conn,
        after: ArticleId,
    ) -> Result<Option<ArticleId>, Problem> {
        self.follow_disclaimers(conn)?;
        let ids = articles::select_next(conn, after, ARTICLES_AT_ONCE)?;
        let mut last = None;
        for id in ids {
            let row = articles::select_row(conn, id)?;
            last = Some(id);
            if self.is_wanted(&row) {
                self.put_article(conn, row)?;
            }
            if self.spool.stream_position().map_err(Problem::internal)? >= BYTES_AT_ONCE {
                break;
            }
        }
        Ok(last)
    }

    fn is_wanted(&self, row: &ArticleRow) -> bool {
        let Filters { section, published_after, published_before, .. } = self.filters;
        // As readers are told it, who have to have had it.
        let is_public = row.trashed_at.is_none()
            && !matches!(
                Rung::of(row, self.now),
                Rung::Unpublished | Rung::Embargoed | Rung::NeverSeen
            );
        let published = shown_published_at(row, self.now).filter(|_| is_public);
        section.as_ref().is_none_or(|section| row.section.as_ref() == Some(section))
            && published_after.is_none_or(|from| published.is_some_and(|at| at >= from))
            && published_before.is_none_or(|end| published.is_some_and(|at| at < end))
    }

    /// Writes an article with its history, its revisions and its comments.
    fn put_article(&mut self, conn: &mut Conn, row: ArticleRow) -> Result<(), Problem> {
        let (number, id) = (row.id, row.public_id.clone());
        if !self.filters.has_all_articles() {
            self.terms.extend(articles::export::term_keys_of(&row)?);
        }
        let known = &self.known;
        let named = |id: DisclaimerId| known.get(&id).map(|(public_id, _)| public_id.clone());
        let mut article = articles::export::select_exported(conn, row, &named)?;
        self.leave_out_replacement(conn, &mut article)?;
        self.put(&Line::Article(Box::new(article)))?;
        self.counts.articles += 1;
        let mut after = 0;
        loop {
            let of = (number, &*id);
            let page = articles::export::select_next_entries(conn, of, after, ROWS_AT_ONCE)?;
            let Some(last) = page.last() else { break };
            after = last.version;
            for mut entry in page {
                self.leave_out_replacement_then(conn, &mut entry)?;
                self.put(&Line::History(Box::new(entry)))?;
            }
        }
        let mut after = 0;
        while let Some(revision) =
            articles::export::select_next_revision(conn, (number, &id), after)?
        {
            after = revision.version;
            self.put(&Line::Revision(Box::new(revision)))?;
            self.counts.revisions += 1;
        }
        if self.filters.has(Part::Comments) {
            self.put_comments(conn, (number, &id))?;
        }
        Ok(())
    }

    /// True if the filters leave an article in the export: it names no other.
    fn has(&self, conn: &mut Conn, id: &str) -> Result<bool, Problem> {
        if self.filters.has_all_articles() {
            return Ok(true);
        }
        let other = articles::export::select_named(conn, id)?;
        Ok(other.is_some_and(|other| self.is_wanted(&other)))
    }

    /// A withdrawn article does not name what replaces it if that is left out.
    fn leave_out_replacement(
        &self,
        conn: &mut Conn,
        article: &mut ExportedArticle,
    ) -> Result<(), Problem> {
        if let Some(removal) = &mut article.removal
            && let Some(by) = &removal.replaced_by
            && !self.has(conn, by)?
        {
            removal.replaced_by = None;
        }
        Ok(())
    }

    /// The same in its history.
    fn leave_out_replacement_then(
        &self,
        conn: &mut Conn,
        entry: &mut ExportedEntry,
    ) -> Result<(), Problem> {
        if let Some(by) = entry.details.get(REPLACED_BY).and_then(Value::as_str)
            && !self.has(conn, by)?
        {
            entry.details.remove(REPLACED_BY);
        }
        Ok(())
    }

    fn put_comments(&mut self, conn: &mut Conn, of: (ArticleId, &str)) -> Result<(), Problem> {
        let mut next = Some(comments::Start::first());
        while let Some(start) = next {
            let (page, then) = comments::select_next_exported(conn, of, &start, ROWS_AT_ONCE)?;
            for comment in page {
                self.put(&Line::Comment(Box::new(comment)))?;
                self.counts.comments += 1;
            }
            next = then;
        }
        Ok(())
    }

    /// Writes the names of terms; of some articles alone, those that somebody has given to their terms.
    fn put_terms(&mut self, db: &Db, out: &mut dyn Write) -> io::Result<()> {
        for word in TermKind::WORDS {
            let Some(kind) = TermKind::from_word(word) else { continue };
            let mut after = Some(String::new());
            while let Some(last) = after {
                let page = db.read(|conn| {
                    articles::export::select_next_terms(conn, kind, &last, ROWS_AT_ONCE)
                });
                let (page, next) = page.map_err(failed)?;
                after = next;
                for term in page {
                    let is_wanted = self.filters.has_all_articles() || {
                        let key = term.kind.key(&term.value);
                        term.is_given && key.is_some_and(|key| self.terms.contains(&(kind, key)))
                    };
                    if is_wanted {
                        self.put(&Line::Term(term)).map_err(failed)?;
                        self.counts.terms += 1;
                    }
                }
                self.hand_over(out)?;
            }
        }
        Ok(())
    }

    fn put_keys(&mut self, db: &Db, out: &mut dyn Write) -> io::Result<()> {
        let mut after = Some(KeyId::START);
        while let Some(last) = after {
            let page = db.read(|conn| access::export::select_next(conn, last, ROWS_AT_ONCE));
            let page = page.map_err(failed)?;
            after = page.last().map(|(id, _)| *id);
            for (_, key) in page {
                self.put(&Line::Key(Box::new(key))).map_err(failed)?;
                self.counts.keys += 1;
            }
            self.hand_over(out)?;
        }
        Ok(())
    }
}
