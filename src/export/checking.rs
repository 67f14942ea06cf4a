//! The first pass over an export: whether it is whole, and each line is what it should be where it stands. Nothing is
//! written before all of it was looked at. The second pass looks again: the file may have changed in between.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io;

use super::Counts;
use super::doubles::{self, Met, MetComments};
use super::line::{End, Line};
use super::newest::newest_of;
use super::reading::Lines;
use super::records;
use crate::articles::store::exported::{ExportedArticle, ExportedEntry, ExportedRevision};
use crate::comments::rules::DEPTH_MAX;
use crate::comments::store::export::ExportedComment;
use crate::db::StoredAt;
use crate::disclaimers::store::export::{ExportedDisclaimer, ExportedDisclaimerVersion};

/// The member that an import writes by itself: no revision is kept of what it was before.
const DATE: &str = "published_at";

/// What is known of an export that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Checked {
    /// The instant of the last write in it.
    pub newest: StoredAt,
    /// What it has.
    pub counts: Counts,
    /// The greatest `number` of its articles; 0 if there is none.
    pub articles_max: i64,
    /// The same of its comments.
    pub comments_max: i64,
    /// The same of its disclaimers.
    pub disclaimers_max: i64,
}

/// Looks at all lines of an export.
///
/// # Errors
/// If the file cannot be read; with the place of the first line that is wrong.
pub(super) fn check(lines: &mut Lines<'_>) -> io::Result<Checked> {
    let mut checker = Checker::default();
    while let Some((line, _)) = lines.read_next()? {
        checker.take(&line).map_err(|reason| lines.refused(&reason))?;
    }
    checker.end().map_err(|reason| lines.refused(reason))
}

/// What was met so far.
#[derive(Default)]
pub(super) struct Checker {
    lines: u64,
    is_ended: bool,
    newest: i64,
    counts: Counts,
    /// What may stand only once.
    met: Met,
    /// True if each export of this kind has the newsroom's languages.
    needs_languages: bool,
    has_languages: bool,
    /// Disclaimers by their ids.
    disclaimers: HashMap<String, Notice>,
    /// The ids of those that are, or were, attached to an article.
    attached: HashSet<String>,
    /// The ids of disclaimers by their numbers.
    numbers: HashMap<i64, String>,
    /// The disclaimer whose versions follow.
    disclaimer: Option<String>,
    /// The article whose history, revisions and comments follow.
    article: Option<Current>,
    /// The number of the last article, which is the greatest.
    number: i64,
    /// The greatest number of a comment.
    comments_max: i64,
    /// The greatest number of a disclaimer.
    disclaimers_max: i64,
}

/// A disclaimer of which versions were read.
struct Notice {
    number: i64,
    /// The last version so far.
    last: i64,
    /// The newest version that it is said to have.
    newest: i64,
}

/// An article whose lines are being read.
struct Current {
    id: String,
    version: i64,
    /// The last version of its history so far.
    entry: i64,
    /// The last of its revisions so far.
    revision: i64,
    /// The versions whose content was changed then, and is yet to come as a revision.
    changed: BTreeSet<i64>,
    /// The depth of each of its comments.
    comments: HashMap<String, i64>,
    /// What of them may stand only once.
    met: MetComments,
}

impl Checker {
    /// What was counted so far.
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// What is known once all lines were looked at.
    pub fn end(&self) -> Result<Checked, &'static str> {
        match self.is_ended {
            true => Ok(Checked {
                newest: StoredAt(self.newest),
                counts: self.counts,
                articles_max: self.number,
                comments_max: self.comments_max,
                disclaimers_max: self.disclaimers_max,
            }),
            false => Err("the file is cut short: its last line is missing"),
        }
    }

    /// Looks at the next line.
    pub fn take(&mut self, line: &Line) -> Result<(), String> {
        if self.is_ended {
            return Err("there is a line behind the last one".to_owned());
        }
        self.lines += 1;
        if let Some(at) = newest_of(line) {
            self.newest = self.newest.max(at.0);
        }
        if !matches!(line, Line::DisclaimerVersion(_)) {
            self.end_disclaimer()?;
        }
        if !matches!(line, Line::History(_) | Line::Revision(_) | Line::Comment(_)) {
            self.end_article()?;
        }
        match line {
            Line::Copydesk(_) if self.lines > 1 => {
                Err("the first line of an export stands here again".to_owned())
            }
            Line::Copydesk(header) => {
                self.needs_languages = header.has_languages();
                Ok(())
            }
            Line::Languages(languages) => {
                self.has_languages = true;
                records::check_languages(languages)?;
                doubles::check_languages(languages)
            }
            Line::Term(term) => {
                self.counts.terms += 1;
                records::check_term(term)?;
                self.met.take_term(term)
            }
            Line::Disclaimer(disclaimer) => self.take_disclaimer(disclaimer),
            Line::DisclaimerVersion(version) => self.take_version(version),
            Line::Article(article) => self.take_article(article),
            Line::History(entry) => self.take_entry(entry),
            Line::Revision(revision) => self.take_revision(revision),
            Line::Comment(comment) => self.take_comment(comment),
            Line::Key(key) => {
                self.counts.keys += 1;
                records::check_key(key)?;
                self.met.take_key(key)
            }
            Line::End(end) => self.take_end(end),
        }
    }

    fn take_end(&mut self, end: &End) -> Result<(), String> {
        self.is_ended = true;
        if End::from(self.counts) != *end {
            return Err(format!(
                "lines are missing: the file has {}, and names of {} terms, and says otherwise of itself",
                self.counts, self.counts.terms
            ));
        }
        match self.needs_languages && !self.has_languages {
            true => Err("a line is missing: the one with the newsroom's `languages`".to_owned()),
            false => Ok(()),
        }
    }

    fn take_disclaimer(&mut self, disclaimer: &ExportedDisclaimer) -> Result<(), String> {
        records::check_disclaimer(disclaimer)?;
        let (id, number) = (&disclaimer.public_id, disclaimer.id.0);
        self.disclaimers_max = self.disclaimers_max.max(number);
        // One that had the number before was deleted while the export was made: nothing is attached to it any more.
        if let Some(other) = self.numbers.insert(number, id.clone()).filter(|other| other != id) {
            // The article was purged too, and stands in the export all the same.
            if self.attached.contains(&other) {
                return Err(format!(
                    "the disclaimer {id} has the `number` of {other}, which an article before it carries: both changed while the export was made; make it again"
                ));
            }
            self.disclaimers.remove(&other);
        }
        let fresh = Notice { number, last: 0, newest: 0 };
        let known = self.disclaimers.entry(id.clone()).or_insert(fresh);
        if known.number != number {
            return Err(format!("the disclaimer {id} stands here with another `number`"));
        }
        known.newest = disclaimer.version;
        self.disclaimer = Some(id.clone());
        Ok(())
    }

    fn take_version(&mut self, version: &ExportedDisclaimerVersion) -> Result<(), String> {
        let id = &version.disclaimer;
        let is_behind = self.disclaimer.as_ref() == Some(id);
        let Some(known) = self.disclaimers.get_mut(id).filter(|_| is_behind) else {
            return Err(format!("it does not stand behind the disclaimer {id}"));
        };
        if version.version != known.last + 1 {
            return Err(format!("version {} of the disclaimer {id} is missing", known.last + 1));
        }
        known.last = version.version;
        self.counts.disclaimer_versions += 1;
        records::check_disclaimer_version(version)
            .map_err(|reason| format!("the disclaimer {id}: {reason}"))
    }

    /// All versions of the disclaimer before have come.
    fn end_disclaimer(&mut self) -> Result<(), String> {
        let Some(id) = self.disclaimer.take() else {
            return Ok(());
        };
        match self.disclaimers.get(&id) {
            Some(Notice { last, newest, .. }) if last != newest => Err(format!(
                "before this line versions are missing: the disclaimer {id} is at {newest}, and its versions go to {last}"
            )),
            _ => Ok(()),
        }
    }

    fn take_article(&mut self, article: &ExportedArticle) -> Result<(), String> {
        records::check_article(article)?;
        if article.number.0 <= self.number {
            return Err(format!(
                "`number` is {}, and must be greater than that of the article before, {}",
                article.number.0, self.number
            ));
        }
        self.number = article.number.0;
        for attachment in &article.attachments {
            if !self.disclaimers.contains_key(&attachment.disclaimer) {
                return Err(format!(
                    "the disclaimer {}, which is attached to the article {}, does not stand before it",
                    attachment.disclaimer, article.id
                ));
            }
            if !self.attached.contains(&attachment.disclaimer) {
                self.attached.insert(attachment.disclaimer.clone());
            }
        }
        self.met.take_article(article)?;
        self.article = Some(Current {
            id: article.id.clone(),
            version: article.version,
            entry: 0,
            revision: 0,
            changed: BTreeSet::new(),
            comments: HashMap::new(),
            met: MetComments::default(),
        });
        self.counts.articles += 1;
        Ok(())
    }

    /// The article that a line belongs to.
    fn current(&mut self, id: &str) -> Result<&mut Current, String> {
        let current = self.article.as_mut().filter(|current| current.id == id);
        current.ok_or_else(|| format!("it does not stand behind the article {id}"))
    }

    fn take_entry(&mut self, entry: &ExportedEntry) -> Result<(), String> {
        let current = self.current(&entry.article)?;
        if entry.version != current.entry + 1 {
            return Err(format!(
                "version {} is missing in the history of the article {}",
                current.entry + 1,
                current.id
            ));
        }
        current.entry = entry.version;
        if entry.changes.iter().any(|name| name != DATE) {
            current.changed.insert(entry.version - 1);
        }
        records::check_entry(entry)
    }

    fn take_revision(&mut self, revision: &ExportedRevision) -> Result<(), String> {
        let current = self.current(&revision.article)?;
        let version = revision.version;
        if version <= current.revision || version >= current.version {
            return Err(format!(
                "`version` is {version}, and must be between those of the revision before, {}, and of the article, {}",
                current.revision, current.version
            ));
        }
        current.revision = version;
        current.changed.remove(&version);
        self.counts.revisions += 1;
        records::check_revision(revision)
    }

    /// All writes to the article before have come.
    fn end_article(&mut self) -> Result<(), String> {
        let Some(Current { id, version, entry, changed, .. }) = self.article.take() else {
            return Ok(());
        };
        if version != entry {
            return Err(format!(
                "before this line history is missing: the article {id} is at version {version}, and its history goes to {entry}"
            ));
        }
        match changed.first() {
            None => Ok(()),
            Some(missing) => Err(format!(
                "before this line a revision is missing: what the article {id} said until version {missing} was changed then"
            )),
        }
    }

    fn take_comment(&mut self, comment: &ExportedComment) -> Result<(), String> {
        records::check_comment(comment)?;
        self.comments_max = self.comments_max.max(comment.number.0);
        let current = self.current(&comment.article)?;
        let depth = match &comment.parent {
            None => 0,
            Some(parent) => {
                let above = current.comments.get(parent).ok_or_else(|| {
                    format!("the comment {parent}, which it replies to, does not stand before it")
                })?;
                above + 1
            }
        };
        if depth > DEPTH_MAX {
            return Err(format!("it is {depth} levels deep in its thread, of {DEPTH_MAX}"));
        }
        if current.comments.insert(comment.id.clone(), depth).is_some() {
            return Err(format!("the comment {} stands here twice", comment.id));
        }
        current.met.take(comment)?;
        self.counts.comments += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOTICE: &str = "0192d5a0-0000-7000-8000-00000000000a";
    const ARTICLE: &str = "0192d5a0-0000-7000-8000-000000000001";
    const AT: &str = "2024-01-01T00:00:00Z";

    fn notice(id: &str, number: i64) -> Value {
        json!({"record": "disclaimer", "number": number, "id": id, "version": 1, "created_at": AT,
            "updated_at": AT})
    }

    fn version(id: &str) -> Value {
        json!({"record": "disclaimer_version", "disclaimer": id, "version": 1, "created_at": AT,
            "key": "k", "title": "T", "body": "B", "body_format": "text", "body_html": "<p>B</p>",
            "kind": "legal", "placement": "after", "priority": 0, "text_mode": "pinned"})
    }

    fn article(version: i64, attached: &str) -> Value {
        json!({"record": "article", "number": 1, "id": ARTICLE, "version": version, "created_at": AT,
            "body": "", "body_html": "", "attachments": [{"attached_at": AT, "disclaimer": attached}],
            "content": {"slug": "a", "state": "draft", "access": "public", "updated_at": AT,
                "title": "A", "body_format": "text", "language": "en", "comments_policy": "open"}})
    }

    fn entry(version: i64, changes: &[&str]) -> Value {
        json!({"record": "history", "article": ARTICLE, "version": version, "at": AT,
            "event": "edited", "actor": "admin", "changes": changes})
    }

    /// What is wrong with the first wrong line.
    fn told(lines: impl IntoIterator<Item = Value>) -> Option<String> {
        let mut checker = Checker::default();
        let end =
            json!({"record": "key", "id": ARTICLE, "name": "K", "scopes": [], "created_at": AT});
        lines
            .into_iter()
            .chain([end])
            .find_map(|line| checker.take(&serde_json::from_value(line).unwrap()).err())
    }

    #[test]
    fn each_change_of_content_has_its_revision() {
        let start = || vec![notice(NOTICE, 1), version(NOTICE), article(2, NOTICE), entry(1, &[])];
        let revision = json!({"record": "revision", "article": ARTICLE, "version": 1});
        let with = |more: &[Value]| told(start().into_iter().chain(more.iter().cloned()));
        assert_eq!(with(&[entry(2, &["title"]), revision]), None);
        assert_eq!(with(&[entry(2, &["published_at"])]), None);
        let missing = with(&[entry(2, &["title"])]).unwrap();
        assert!(missing.contains("said until version 1 was changed"), "{missing}");
        let short = with(&[]).unwrap();
        assert!(short.contains("its history goes to 1"), "{short}");
    }

    #[test]
    fn nothing_is_attached_to_a_disclaimer_whose_number_another_has() {
        let other = "0192d5a0-0000-7000-8000-00000000000b";
        let both = || vec![notice(NOTICE, 1), version(NOTICE), notice(other, 1), version(other)];
        let with =
            |attached: &str| told(both().into_iter().chain([article(1, attached), entry(1, &[])]));
        assert_eq!(with(other), None);
        let refused = with(NOTICE).unwrap();
        assert!(refused.contains("does not stand before it"), "{refused}");
        let moved = told([notice(NOTICE, 1), version(NOTICE), notice(NOTICE, 2)]).unwrap();
        assert!(moved.contains("with another `number`"), "{moved}");
        // Nor is its number given away behind an article that carries it.
        let carried = [notice(NOTICE, 1), version(NOTICE), article(1, NOTICE), entry(1, &[])];
        let later = told(carried.into_iter().chain([notice(other, 1), version(other)])).unwrap();
        assert!(later.contains("make it again"), "{later}");
    }

    #[test]
    fn what_is_missing_is_noticed() {
        let end = |terms: u64| {
            json!({"record": "end", "articles": 0, "revisions": 0, "comments": 0,
                "disclaimer_versions": 0, "terms": terms, "keys": 0})
        };
        let first = json!({"record": "copydesk", "schema": 1});
        let languages =
            json!({"record": "languages", "languages": [{"since": AT, "language": "en"}]});
        let term = json!({"record": "term", "kind": "tag", "value": "city", "name": "City"});
        let of = |lines: &[&Value]| {
            let mut checker = Checker::default();
            lines.iter().find_map(|line| {
                checker.take(&serde_json::from_value((*line).clone()).unwrap()).err()
            })
        };
        assert_eq!(of(&[&first, &languages, &term, &end(1)]), None);
        let missing = of(&[&first, &languages, &end(1)]).unwrap();
        assert!(missing.contains("names of 0 terms"), "{missing}");
        let missing = of(&[&first, &end(0)]).unwrap();
        assert!(missing.contains("the newsroom's `languages`"), "{missing}");
        let keys = json!({"record": "copydesk", "schema": 1, "only": ["keys"]});
        assert_eq!(of(&[&keys, &end(0)]), None);
        let twice = of(&[&first, &languages, &term, &term]).unwrap();
        assert!(twice.contains("the tag city stands here twice"), "{twice}");
    }
}
