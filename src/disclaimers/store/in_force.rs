//! Disclaimers as of an instant: each in its version in force then, with its rule. So past and
//! present share the same code.
//!
//! All versions are read once after each change, without their texts, and kept in memory under the mark that the
//! database gives what it holds (`disclaimer_marks`). A read asks for the mark in its own transaction, so what it uses
//! is what it would have read.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use diesel::result::Error;

use crate::db::prelude::*;
use crate::db::schema::{disclaimer_marks, disclaimer_versions, disclaimers, site_languages};
use crate::disclaimers::ids::DisclaimerId;
use crate::disclaimers::model::CarriedRow;
use crate::disclaimers::rules::{Candidate, Choice, ReadyRule, Rule};
use crate::disclaimers::words::{Kind, Placement, TextMode};
use crate::domain::instant::Instant;
use crate::web::url::Locator;

/// Libraries that are kept: of the database as it is, and as a write that is under way sees it; a program that serves
/// several has one for each.
const LIBRARIES_MAX: usize = 8;
/// Most versions of all libraries that are kept, some 3 MB. The one that was read last is kept however large it is:
/// reading it for each article would take longer than all the rest.
const VERSIONS_MAX: usize = 10_000;
/// Most bytes of texts that a library keeps; the others are read at each use.
const TEXTS_MAX: usize = 4 * 1024 * 1024;

/// All disclaimers with all their versions.
struct Library {
    mark: Vec<u8>,
    disclaimers: Vec<Known>,
    places: HashMap<DisclaimerId, usize>,
    /// The newsroom's languages, each with the instant since when, the newest last.
    languages: Vec<(i64, String)>,
    /// The instant of the newest version: from then on the same ones are in force.
    newest: i64,
    /// Those with a rule, as in force from then on.
    present: OnceLock<Arc<[Candidate]>>,
    texts: AtomicUsize,
}

/// A disclaimer.
struct Known {
    id: DisclaimerId,
    public_id: String,
    ever_rule: bool,
    /// The oldest first.
    versions: Vec<Version>,
}

/// A version, without its text until that is asked for.
struct Version {
    row: VersionRow,
    rule: OnceLock<Arc<ReadyRule>>,
    text: OnceLock<Arc<str>>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = disclaimer_versions)]
struct VersionRow {
    disclaimer_id: DisclaimerId,
    version: i64,
    key: String,
    language: Option<String>,
    title: String,
    kind: Kind,
    placement: Placement,
    priority: i64,
    created_at: i64,
    text_mode: TextMode,
    applies_to: Option<String>,
    effective_from: Option<i64>,
    effective_until: Option<i64>,
    retired_at: Option<i64>,
}

static LIBRARIES: Mutex<Vec<Arc<Library>>> = Mutex::new(Vec::new());

/// The library of the connection's database (primary key of `disclaimer_marks`).
fn library(conn: &mut Conn) -> QueryResult<Arc<Library>> {
    let mark: Vec<u8> =
        disclaimer_marks::table.find(1).select(disclaimer_marks::mark).first(conn)?;
    // A panic while it is held is impossible; were it not, the list would still be whole.
    let kept = || LIBRARIES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept().iter().find(|known| known.mark == mark) {
        return Ok(Arc::clone(known));
    }
    let read = Arc::new(Library::read(conn, mark)?);
    let mut kept = kept();
    // Another thread may have been faster.
    if let Some(known) = kept.iter().find(|known| known.mark == read.mark) {
        return Ok(Arc::clone(known));
    }
    kept.push(Arc::clone(&read));
    while kept.len() > 1
        && (kept.len() > LIBRARIES_MAX
            || kept.iter().map(|one| one.versions()).sum::<usize>() > VERSIONS_MAX)
    {
        kept.remove(0);
    }
    Ok(read)
}

impl Library {
    fn read(conn: &mut Conn, mark: Vec<u8>) -> QueryResult<Self> {
        let all: Vec<(DisclaimerId, String, i64)> = disclaimers::table
            .order(disclaimers::id.asc())
            .select((disclaimers::id, disclaimers::public_id, disclaimers::ever_rule))
            .load(conn)?;
        let places = all.iter().enumerate().map(|(place, (id, ..))| (*id, place)).collect();
        let mut library = Self {
            mark,
            places,
            disclaimers: all
                .into_iter()
                .map(|(id, public_id, ever_rule)| Known {
                    id,
                    public_id,
                    ever_rule: ever_rule != 0,
                    versions: Vec::new(),
                })
                .collect(),
            languages: site_languages::table
                .order(site_languages::since.asc())
                .select((site_languages::since, site_languages::language))
                .load(conn)?,
            newest: i64::MIN,
            present: OnceLock::new(),
            texts: AtomicUsize::new(0),
        };
        let versions: Vec<VersionRow> = disclaimer_versions::table
            .order((disclaimer_versions::disclaimer_id.asc(), disclaimer_versions::version.asc()))
            .select(VersionRow::columns())
            .load(conn)?;
        for row in versions {
            library.newest = library.newest.max(row.created_at);
            if let Some(place) = library.places.get(&row.disclaimer_id) {
                let version = Version { row, rule: OnceLock::new(), text: OnceLock::new() };
                library.disclaimers[*place].versions.push(version);
            }
        }
        Ok(library)
    }

    /// The number of all versions.
    fn versions(&self) -> usize {
        self.disclaimers.iter().map(|known| known.versions.len()).sum()
    }

    fn get(&self, id: DisclaimerId) -> Option<&Known> {
        self.places.get(&id).map(|place| &self.disclaimers[*place])
    }

    /// Those with a rule that is in force at an instant.
    fn with_rule(&self, at: i64) -> QueryResult<Arc<[Candidate]>> {
        if at >= self.newest
            && let Some(known) = self.present.get()
        {
            return Ok(Arc::clone(known));
        }
        let in_force = self.disclaimers.iter().filter(|known| known.ever_rule);
        let in_force = in_force.filter_map(|known| Some((known, known.at(at)?)));
        let candidates: Arc<[Candidate]> = in_force
            .filter(|(_, version)| version.row.applies_to.is_some())
            .map(|(known, version)| known.candidate(version))
            .collect::<QueryResult<_>>()?;
        if at >= self.newest {
            let _ = self.present.set(Arc::clone(&candidates));
        }
        Ok(candidates)
    }

    /// The text of a version, as HTML.
    fn text(&self, conn: &mut Conn, version: &Version) -> QueryResult<Arc<str>> {
        if let Some(known) = version.text.get() {
            return Ok(Arc::clone(known));
        }
        let key = (version.row.disclaimer_id, version.row.version);
        let text: String = disclaimer_versions::table
            .find(key)
            .select(disclaimer_versions::body_html)
            .first(conn)?;
        let text: Arc<str> = text.into();
        let all = self.texts.fetch_add(text.len(), Ordering::Relaxed) + text.len();
        if all <= TEXTS_MAX {
            let _ = version.text.set(Arc::clone(&text));
        } else {
            self.texts.fetch_sub(text.len(), Ordering::Relaxed);
        }
        Ok(text)
    }
}

impl Known {
    /// The version in force at an instant: the newest that was there.
    fn at(&self, at: i64) -> Option<&Version> {
        self.versions.iter().rev().find(|version| version.row.created_at <= at)
    }

    fn candidate(&self, version: &Version) -> QueryResult<Candidate> {
        let row = &version.row;
        Ok(Candidate {
            disclaimer: self.id,
            version: row.version,
            key: row.key.clone(),
            language: row.language.clone(),
            is_current: row.text_mode == TextMode::Current,
            rule: version.rule()?,
            effective_from: row.effective_from,
            effective_until: row.effective_until,
            retired_at: row.retired_at,
        })
    }
}

impl Version {
    /// Its rule, prepared: that takes longer than all its comparisons.
    fn rule(&self) -> QueryResult<Option<Arc<ReadyRule>>> {
        let Some(text) = &self.row.applies_to else {
            return Ok(None);
        };
        if let Some(known) = self.rule.get() {
            return Ok(Some(Arc::clone(known)));
        }
        let rule: Rule = serde_json::from_str(text)
            .map_err(|error| Error::DeserializationError(Box::new(error)))?;
        Ok(Some(Arc::clone(self.rule.get_or_init(|| Arc::new(ReadyRule::from(rule))))))
    }
}

/// The disclaimers that articles may carry as of an instant.
pub struct InForce {
    library: Arc<Library>,
    with_rule: Arc<[Candidate]>,
    named: Vec<Candidate>,
}

impl InForce {
    /// Each once.
    pub fn iter(&self) -> impl Iterator<Item = &Candidate> + Clone {
        self.with_rule.iter().chain(&self.named)
    }

    /// True if several share a key: then languages decide. (A key is unique within a language.)
    #[must_use]
    pub fn has_translations(&self) -> bool {
        let mut keys = std::collections::HashSet::new();
        self.iter().any(|one| one.language.is_some())
            && !self.iter().all(|one| keys.insert(&one.key))
    }

    /// The newsroom's language at an instant.
    #[must_use]
    pub fn site_language(&self, at: Instant) -> &str {
        let mut newest_first = self.library.languages.iter().rev();
        newest_first
            .find(|(since, _)| *since <= at.as_micros())
            .map_or("", |(_, language)| language)
    }

    /// The disclaimer shown for each choice, in their order; each choice comes with the time since which its article
    /// is public. Its version is the choice's own, or the one that was in force at that time, else the first. Without
    /// `with_text` bodies are left empty.
    ///
    /// # Errors
    /// A database fault.
    pub fn shown(
        &self,
        conn: &mut Conn,
        choices: impl IntoIterator<Item = (Choice, Option<i64>)>,
        with_text: bool,
    ) -> QueryResult<Vec<CarriedRow>> {
        let mut shown = Vec::new();
        for (choice, public_since) in choices {
            let Some(known) = self.library.get(choice.disclaimer) else {
                continue;
            };
            let numbered =
                |number: i64| known.versions.iter().find(|one| one.row.version == number);
            let version = match (choice.version, public_since) {
                (Some(number), _) => numbered(number),
                (None, since) => since.and_then(|since| known.at(since)).or_else(|| numbered(1)),
            };
            let Some(version) = version else {
                continue;
            };
            let row = &version.row;
            shown.push(CarriedRow {
                disclaimer: known.id,
                public_id: known.public_id.clone(),
                key: row.key.clone(),
                version: row.version,
                title: row.title.clone(),
                body_html: match with_text {
                    true => self.library.text(conn, version)?.to_string(),
                    false => String::new(),
                },
                placement: row.placement,
                priority: row.priority,
                kind: row.kind,
                language: row.language.clone(),
                matched_by: choice.matched_by,
            });
        }
        Ok(shown)
    }
}

/// Disclaimers that an article may carry as of an instant: all with a rule, and those in `named`.
pub fn select_in_force(
    conn: &mut Conn,
    named: &[DisclaimerId],
    at: Instant,
) -> QueryResult<InForce> {
    let (library, at) = (library(conn)?, at.as_micros());
    let with_rule = library.with_rule(at)?;
    let mut others: Vec<Candidate> = Vec::new();
    for id in named {
        if with_rule.iter().chain(&others).any(|one| one.disclaimer == *id) {
            continue;
        }
        if let Some(known) = library.get(*id)
            && let Some(version) = known.at(at)
        {
            others.push(known.candidate(version)?);
        }
    }
    Ok(InForce { library, with_rule, named: others })
}

/// The disclaimers that `named` means: one by its id, or all with a key, in any language (indexes
/// `disclaimers_public_id`, `disclaimers_key`).
pub fn select_named(conn: &mut Conn, named: &Locator) -> QueryResult<Vec<DisclaimerId>> {
    let all = disclaimers::table.select(disclaimers::id);
    match named {
        Locator::Id(id) => all.filter(disclaimers::public_id.eq(id.to_string())).load(conn),
        Locator::Slug(key) => all.filter(disclaimers::key.eq(key)).load(conn),
    }
}
