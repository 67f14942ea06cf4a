//! Lines as rows: what one unit of the writer does while an export is read back, and how it is taken out again.

use std::collections::HashMap;

use uuid::Uuid;

use super::line::Line;
use crate::access;
use crate::access::ids::KeyId;
use crate::articles::ids::ArticleId;
use crate::articles::store as articles;
use crate::articles::store::exported::ExportedArticle;
use crate::articles::store::restoring::GaveWay;
use crate::articles::words::{Standing, TermKind};
use crate::articles::write::purge;
use crate::changes::words::{ChangeType, Shows};
use crate::changes::{self, Publicity};
use crate::comments;
use crate::comments::store::export::Lost;
use crate::db::prelude::{OptionalExtension as _, QueryResult};
use crate::db::{Conn, StoredAt, Unfinished};
use crate::disclaimers::ids::DisclaimerId;
use crate::disclaimers::store as disclaimers;
use crate::disclaimers::store::export::{ExportedDisclaimer, ExportedLanguage, Stored};
use crate::domain::ids::parse_id;
use crate::domain::instant::Instant;
use crate::problem::Problem;

/// Rows that one unit goes through where it writes little of each.
const ROWS_AT_ONCE: usize = 500;
/// Articles that one unit deletes, each with its comments, its revisions and its words.
const REMOVED_AT_ONCE: usize = 20;
/// The same of articles that an import has left which was killed.
const LEFT_AT_ONCE: i64 = 20;
/// Rows of other tables that are read at once.
const READ_AT_ONCE: i64 = 500;
/// Before all writes: the change log tells what became public since.
const BEGINNING: Instant = Instant::from_micros(0);

/// What was written so far, and what later lines name.
#[derive(Default)]
pub(super) struct Applied {
    /// What is not as it was, in sentences.
    pub warnings: Vec<String>,
    /// The import as the database knows it, from its first unit to its last.
    pub import: Option<Unfinished>,
    /// Disclaimers by their ids.
    disclaimers: HashMap<String, DisclaimerId>,
    /// The article whose lines follow: its id, its number, and when it was created.
    article: Option<(String, ArticleId, StoredAt)>,
    /// By how much the numbers of articles are greater than in the export.
    shift: i64,
    /// Articles that were withdrawn for another, which may come later: each with the ids of both.
    replaced: Vec<(ArticleId, String, String)>,
    /// The ids of disclaimers that have given way to others with their key.
    nameless: Vec<String>,
    /// What is in the database: this alone is taken out again, as others may write beside the import.
    kept: Written,
    /// What the unit at work has written.
    begun: Written,
}

/// What was written that was not there.
#[derive(Default)]
struct Written {
    /// Articles by their rows, in the order of these.
    articles: Vec<(ArticleId, Uuid)>,
    /// Disclaimers by their rows.
    disclaimers: Vec<(DisclaimerId, String)>,
    /// The ids of keys.
    keys: Vec<String>,
    /// Terms that somebody has named.
    terms: Vec<(TermKind, String)>,
    /// The newsroom's languages before, and those in their place.
    languages: Option<(Vec<ExportedLanguage>, Vec<ExportedLanguage>)>,
}

impl Written {
    fn has(&self, article: ArticleId) -> bool {
        self.articles.binary_search_by_key(&article, |(id, _)| *id).is_ok()
    }
}

impl Applied {
    /// Writes a line.
    pub fn apply(&mut self, conn: &mut Conn, line: &mut Line, now: Instant) -> Result<(), Problem> {
        match line {
            Line::Copydesk(_) | Line::End(_) => Ok(()),
            Line::Languages(line) => {
                let before = disclaimers::export::select_languages(conn)?;
                disclaimers::export::replace_languages(conn, &line.languages)?;
                self.begun.put_languages(before, line.languages.clone());
                Ok(())
            }
            Line::Disclaimer(disclaimer) => self.apply_disclaimer(conn, disclaimer),
            Line::DisclaimerVersion(version) => {
                let id = self.disclaimers.get(&version.disclaimer).copied();
                let id = id.ok_or_else(|| stray(&version.disclaimer))?;
                let is_ours = |id: &str| self.disclaimers.contains_key(id);
                let other = disclaimers::export::restore_version(conn, id, version, &is_ours)?;
                self.nameless.extend(other);
                Ok(())
            }
            Line::Article(article) => {
                article.number = self.free_number(conn, article.number)?;
                self.apply_article(conn, article)
            }
            Line::History(entry) => {
                let (article, _) = self.current(&entry.article)?;
                Ok(articles::restoring::restore_entry(conn, article, entry)?)
            }
            Line::Revision(revision) => {
                let current = self.current(&revision.article)?;
                articles::restoring::restore_revision(conn, current, revision)
            }
            Line::Comment(comment) => {
                let (article, _) = self.current(&comment.article)?;
                let lost = comments::store::export::restore(conn, article, comment)?;
                self.warnings.extend(lost.into_iter().map(|what| told_of(&comment.id, what)));
                Ok(())
            }
            Line::Term(term) => {
                let given = articles::restoring::restore_term(conn, term)?;
                self.begun.terms.extend(given.map(|key| (term.kind, key)));
                Ok(())
            }
            Line::Key(key) => {
                if access::export::restore(conn, key, now)? {
                    self.begun.keys.push(key.id.clone());
                }
                Ok(())
            }
        }
    }

    /// The number that an article gets: its own, unless somebody else's has it by now. (A server gives numbers above all of
    /// the export, see [`crate::db::give_ids_above`]; a file gives the next one.) Those after it come after it all the same.
    fn free_number(&mut self, conn: &mut Conn, number: ArticleId) -> QueryResult<ArticleId> {
        let mut free = ArticleId(number.0 + self.shift);
        let next = articles::select_next(conn, ArticleId(free.0 - 1), 1)?;
        if next.first() == Some(&free) {
            while let Some(last) = articles::select_next(conn, free, READ_AT_ONCE)?.pop() {
                free = last;
            }
            free.0 += 1;
            self.shift = free.0 - number.0;
        }
        Ok(free)
    }

    fn apply_article(&mut self, conn: &mut Conn, article: &ExportedArticle) -> Result<(), Problem> {
        let id = parse_id(&article.id).ok_or_else(|| stray(&article.id))?;
        let known = |id: &str| self.disclaimers.get(id).copied();
        let is_ours = |id: ArticleId| self.kept.has(id) || self.begun.has(id);
        let gave_way = articles::restoring::restore_exported(conn, article, &known, &is_ours)?;
        self.warnings.extend(gave_way.into_iter().map(told));
        let replaced = article.removal.as_ref().and_then(|removal| removal.replaced_by.clone());
        if let Some(by) = replaced {
            self.replaced.push((article.number, article.id.clone(), by));
        }
        self.article = Some((article.id.clone(), article.number, article.created_at));
        self.begun.articles.push((article.number, id));
        Ok(())
    }

    fn apply_disclaimer(
        &mut self,
        conn: &mut Conn,
        disclaimer: &ExportedDisclaimer,
    ) -> Result<(), Problem> {
        let (id, public_id) = (disclaimer.id, &disclaimer.public_id);
        let is_ours = |id: &str| self.disclaimers.contains_key(id);
        match disclaimers::export::restore(conn, disclaimer, &is_ours)? {
            Stored::Newer => return Ok(()),
            Stored::New => {}
            Stored::InPlaceOf(other) => {
                self.disclaimers.remove(&other);
                self.warnings.push(format!(
                    "the disclaimer {other} was deleted while the export was made: it is not here, and {public_id} has its number"
                ));
            }
        }
        self.disclaimers.insert(public_id.clone(), id);
        self.begun.disclaimers.push((id, public_id.clone()));
        Ok(())
    }

    /// The article with this id, if it is the one whose lines follow.
    fn current(&self, id: &str) -> Result<(ArticleId, StoredAt), Problem> {
        let current = self.article.as_ref().filter(|(known, ..)| known == id);
        current.map(|(_, number, created_at)| (*number, *created_at)).ok_or_else(|| stray(id))
    }

    /// The unit at work is done: what it has written is in the database.
    pub fn keep(&mut self) {
        let Written { articles, disclaimers, keys, terms, languages } =
            std::mem::take(&mut self.begun);
        self.kept.articles.extend(articles);
        self.kept.disclaimers.extend(disclaimers);
        self.kept.keys.extend(keys);
        self.kept.terms.extend(terms);
        if let Some((before, after)) = languages {
            self.kept.put_languages(before, after);
        }
    }

    /// Records which article replaces which, and what disclaimers are called that gave way, now that all are there.
    pub fn name_others(&mut self, conn: &mut Conn) -> Result<(), Problem> {
        for (article, id, by) in self.replaced.drain(..) {
            if !articles::restoring::restore_replacement(conn, article, &by)? {
                self.warnings.push(format!(
                    "the article {id} is replaced by {by}, which the export does not have: it is replaced by none here"
                ));
            }
        }
        for id in self.nameless.drain(..) {
            if let Some((key, other)) = disclaimers::export::name_again(conn, &id)? {
                self.warnings.push(format!(
                    "the key {key} of the disclaimer {id} was taken by another while the export was made: it has the key {other} here; retire it if it was deleted"
                ));
            }
        }
        Ok(())
    }

    /// Notes of the next articles, from the one at `start` on, when they become public, or did: the change log tells of it
    /// once it is read. Returns where the next ones begin; `None` at the end.
    pub fn tell_some_articles(
        &self,
        conn: &mut Conn,
        start: usize,
    ) -> Result<Option<usize>, Problem> {
        let some = next(&self.kept.articles, start);
        for (id, _) in some {
            let Some(row) = articles::select_row(conn, *id).optional()? else { continue };
            let is_published = row.state == Standing::Published && row.trashed_at.is_none();
            let public = row.went_public_at.filter(|_| is_published);
            let due_at = public.map(|at| at.max(row.embargo_until.unwrap_or(at)));
            let publicity = Publicity { shows: Shows::Nothing, due_at };
            changes::note_publicity(conn, id.0, publicity, BEGINNING)?;
        }
        Ok((!some.is_empty()).then_some(start + some.len()))
    }

    /// Writes the next disclaimers, from the one at `start` on, down in the change log. Returns where the next ones begin;
    /// `None` at the end.
    pub fn tell_some_disclaimers(
        &self,
        conn: &mut Conn,
        start: usize,
        now: Instant,
    ) -> Result<Option<usize>, Problem> {
        let some = next(&self.kept.disclaimers, start);
        for (id, public_id) in some {
            let found = disclaimers::export::select_exported(conn, *id, public_id)?;
            let Some(disclaimer) = found else { continue };
            let subject = (&*disclaimer.public_id, disclaimer.version);
            let at = Instant::from(disclaimer.created_at);
            changes::record(conn, ChangeType::DisclaimerCreated, subject, (at, now), None)?;
        }
        Ok((!some.is_empty()).then_some(start + some.len()))
    }

    /// Deletes some of the articles that are in the database, and once there are none, some of the disclaimers. Returns
    /// false once there is nothing left.
    pub fn remove_some(&mut self, conn: &mut Conn, now: Instant) -> Result<bool, Problem> {
        let Written { articles, disclaimers, .. } = &mut self.kept;
        if !articles.is_empty() {
            let start = articles.len().saturating_sub(REMOVED_AT_ONCE);
            for (number, id) in articles.drain(start..) {
                let row = articles::select_row(conn, number).optional()?;
                if let Some(row) = row.filter(|row| row.public_id == id.to_string()) {
                    purge(conn, &row, comments::forget_comments, now)?;
                }
            }
            return Ok(true);
        }
        let start = disclaimers.len().saturating_sub(ROWS_AT_ONCE);
        let is_last = disclaimers.is_empty();
        for (id, public_id) in disclaimers.drain(start..) {
            disclaimers::export::forget(conn, id, &public_id)?;
        }
        Ok(!is_last)
    }

    /// Takes out keys and names that are new here, and puts the newsroom's own languages back.
    pub fn forget_names(&self, conn: &mut Conn) -> Result<(), Problem> {
        for id in &self.kept.keys {
            access::export::forget(conn, id)?;
        }
        for (kind, key) in &self.kept.terms {
            articles::restoring::forget_term(conn, *kind, key)?;
        }
        if let Some((before, after)) = &self.kept.languages
            && disclaimers::export::select_languages(conn)? == *after
        {
            disclaimers::export::replace_languages(conn, before)?;
        }
        Ok(())
    }
}

impl Written {
    /// Keeps what the languages were at first, and are now.
    fn put_languages(&mut self, before: Vec<ExportedLanguage>, after: Vec<ExportedLanguage>) {
        let first = self.languages.take().map_or(before, |(first, _)| first);
        self.languages = Some((first, after));
    }
}

/// Deletes, of the next articles after `after`, those that an import has left which was killed: they were created before it
/// began, and all others since, as there was none. Returns how many there were, and the last that was looked at; `None` at
/// the end.
pub(super) fn remove_left_articles(
    conn: &mut Conn,
    left: Unfinished,
    after: ArticleId,
    now: Instant,
) -> Result<(usize, Option<ArticleId>), Problem> {
    let some = articles::select_next(conn, after, LEFT_AT_ONCE)?;
    let mut removed = 0;
    for id in &some {
        let row = articles::select_row(conn, *id)?;
        if row.created_at < left.began_at {
            purge(conn, &row, comments::forget_comments, now)?;
            removed += 1;
        }
    }
    Ok((removed, some.last().copied()))
}

/// The same of disclaimers, once no article carries them any more.
pub(super) fn remove_left_disclaimers(
    conn: &mut Conn,
    left: Unfinished,
    after: DisclaimerId,
) -> Result<Option<DisclaimerId>, Problem> {
    let some = disclaimers::export::select_next_exported(conn, after, READ_AT_ONCE)?;
    for disclaimer in some.iter().filter(|disclaimer| disclaimer.created_at.0 < left.began_at) {
        disclaimers::export::forget(conn, disclaimer.id, &disclaimer.public_id)?;
    }
    Ok(some.last().map(|disclaimer| disclaimer.id))
}

/// Takes out the keys and the names that an import has left which was killed. (Names have no instants: one that somebody
/// has given since goes too.)
pub(super) fn forget_left_names(conn: &mut Conn, left: Unfinished) -> Result<(), Problem> {
    let mut after = Some(KeyId(left.keys_before));
    while let Some(last) = after {
        let some = access::export::select_next(conn, last, READ_AT_ONCE)?;
        for (_, key) in some.iter().filter(|(_, key)| key.created_at.0 < left.began_at) {
            access::export::forget(conn, &key.id)?;
        }
        after = some.last().map(|(row, _)| *row);
    }
    for kind in TermKind::WORDS.iter().filter_map(|word| TermKind::from_word(word)) {
        let mut after = Some(String::new());
        while let Some(last) = after {
            let (some, next) =
                articles::export::select_next_terms(conn, kind, &last, READ_AT_ONCE)?;
            let given = some.iter().filter(|term| term.is_given);
            for key in given.filter_map(|term| kind.key(&term.value)) {
                articles::restoring::forget_term(conn, kind, &key)?;
            }
            after = next;
        }
    }
    Ok(())
}

/// The next of a list, as many as one unit goes through.
fn next<T>(list: &[T], start: usize) -> &[T] {
    let rest = list.get(start..).unwrap_or_default();
    &rest[..rest.len().min(ROWS_AT_ONCE)]
}

/// The first pass lets no such line through.
fn stray(id: &str) -> Problem {
    Problem::internal(format!("a line belongs to {id}, which does not stand before it"))
}

fn told(gave_way: GaveWay) -> String {
    match gave_way {
        GaveWay::Slug(id) => format!(
            "the slug of the article {id} was taken by another while the export was made: it has another one here"
        ),
        GaveWay::ExternalId(id) => format!(
            "the external id of the article {id} was taken by another while the export was made: it has none here"
        ),
        GaveWay::Source(id) => format!(
            "what the article {id} was imported from became another article while the export was made: the next import changes that one"
        ),
    }
}

fn told_of(comment: &str, lost: Lost) -> String {
    match lost {
        Lost::Number => format!(
            "another comment has the number of the comment {comment}, as one that was purged while the export was made: it has another one here"
        ),
        Lost::Source(source) => format!(
            "another comment is known as {source:?} to imports, as one that was purged while the export was made: the comment {comment} is not here"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_belongs_to_the_article_before_it() {
        let article = Some(("a".to_owned(), ArticleId(3), StoredAt(5)));
        let applied = Applied { article, ..Applied::default() };
        assert_eq!(applied.current("a").ok(), Some((ArticleId(3), StoredAt(5))));
        assert!(applied.current("b").is_err());
        assert!(Applied::default().current("a").is_err());
    }
}
