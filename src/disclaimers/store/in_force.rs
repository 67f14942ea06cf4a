//! Disclaimers as of an instant: each in its version in force then, with its rule. So past and
//! present share the same code.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use crate::db::Conn;
use crate::db::dialect::json_list;
use crate::db::schema::{disclaimers, site_languages};
use crate::disclaimers::ids::DisclaimerId;
use crate::disclaimers::model::CarriedRow;
use crate::disclaimers::rules::{Candidate, Choice, ReadyRule, Rule};
use crate::disclaimers::words::{Kind, Placement, TextMode};
use crate::domain::instant::Instant;
use crate::fixed_query;
use crate::web::url::Locator;

fixed_query! {
    /// Disclaimers with a rule, and those in `named`, each in the version that was in force at an
    /// instant. The query plan uses `disclaimers_with_rule` and the primary keys.
    struct InForce { at: i64 => BigInt, named: String => Text }
        -> (BigInt, BigInt, Text, Nullable<Text>, Text, Nullable<Text>, Nullable<BigInt>, Nullable<BigInt>, Nullable<BigInt>)
        = "select d.id, v.version, v.key, v.language, v.text_mode, v.applies_to, v.effective_from, v.effective_until, v.retired_at
             from disclaimers as d join disclaimer_versions as v on v.disclaimer_id = d.id and v.version = (
                 select max(version) from disclaimer_versions as newest where newest.disclaimer_id = d.id and newest.created_at <= ?at)
             where d.ever_rule = 1 and v.applies_to is not null
         union all
         select d.id, v.version, v.key, v.language, v.text_mode, v.applies_to, v.effective_from, v.effective_until, v.retired_at
             from json_each(?named) as named cross join disclaimers as d on d.id = named.value
             join disclaimer_versions as v on v.disclaimer_id = d.id and v.version = (
                 select max(version) from disclaimer_versions as newest where newest.disclaimer_id = d.id and newest.created_at <= ?at)";
}

#[derive(Queryable)]
struct InForceRow {
    id: DisclaimerId,
    version: i64,
    key: String,
    language: Option<String>,
    text_mode: TextMode,
    applies_to: Option<String>,
    effective_from: Option<i64>,
    effective_until: Option<i64>,
    retired_at: Option<i64>,
}

/// Disclaimers that an article may carry as of an instant, each once: all with a rule, and those
/// in `named`.
pub fn select_in_force(
    conn: &mut Conn,
    named: &[DisclaimerId],
    at: Instant,
) -> QueryResult<Vec<Candidate>> {
    let query = InForce { at: at.as_micros(), named: json_list(named.iter().map(|id| id.0)) };
    let mut candidates: Vec<Candidate> = Vec::new();
    for row in query.load::<InForceRow>(conn)? {
        if candidates.iter().any(|known| known.disclaimer == row.id) {
            continue;
        }
        candidates.push(Candidate {
            disclaimer: row.id,
            version: row.version,
            key: row.key,
            language: row.language,
            is_current: row.text_mode == TextMode::Current,
            rule: row.applies_to.as_deref().map(ready_rule).transpose()?,
            effective_from: row.effective_from,
            effective_until: row.effective_until,
            retired_at: row.retired_at,
        });
    }
    Ok(candidates)
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

/// Number of prepared rules that a thread keeps; past that the cache is cleared. A newsroom has
/// some hundred.
const READY_MAX: usize = 1_000;

thread_local! {
    static READY: RefCell<HashMap<String, Arc<ReadyRule>>> = RefCell::default();
}

/// The prepared rule of a stored text. Preparing one takes longer than all its comparisons, so
/// each thread caches the ones that it has met.
fn ready_rule(text: &str) -> QueryResult<Arc<ReadyRule>> {
    READY.with_borrow_mut(|ready| {
        if let Some(known) = ready.get(text) {
            return Ok(Arc::clone(known));
        }
        let rule: Rule = serde_json::from_str(text)
            .map_err(|error| Error::DeserializationError(Box::new(error)))?;
        if ready.len() >= READY_MAX {
            ready.clear();
        }
        let rule = Arc::new(ReadyRule::from(rule));
        ready.insert(text.to_owned(), Arc::clone(&rule));
        Ok(rule)
    })
}

/// The newsroom's language at an instant (primary key of `site_languages`).
pub fn select_site_language(conn: &mut Conn, at: Instant) -> QueryResult<String> {
    let language: Option<String> = site_languages::table
        .filter(site_languages::since.le(at.as_micros()))
        .order(site_languages::since.desc())
        .select(site_languages::language)
        .first(conn)
        .optional()?;
    Ok(language.unwrap_or_default())
}

fixed_query! {
    /// The versions that are shown: for each choice its own, or the one that was in force at an
    /// instant, else the first; with texts if asked for (primary key of `disclaimer_versions`). A
    /// choice is `[place, disclaimer, version or null, instant or null]`.
    struct Shown { choices: String => Text, with_text: bool => Bool }
        -> (BigInt, BigInt, Text, Text, BigInt, Text, Text, Text, BigInt, Text, Nullable<Text>)
        = "select choice.value ->> 0, d.id, d.public_id, v.key, v.version, v.title, case when ?with_text then v.body_html else '' end,
                 v.placement, v.priority, v.kind, v.language
             from json_each(?choices) as choice cross join disclaimers as d on d.id = choice.value ->> 1
             join disclaimer_versions as v on v.disclaimer_id = d.id and v.version = coalesce(choice.value ->> 2,
                 (select max(version) from disclaimer_versions as then_ where then_.disclaimer_id = d.id
                     and then_.created_at <= choice.value ->> 3), 1)";
}

#[derive(Queryable)]
struct ShownRow {
    place: i64,
    id: DisclaimerId,
    public_id: String,
    key: String,
    version: i64,
    title: String,
    body_html: String,
    placement: Placement,
    priority: i64,
    kind: Kind,
    language: Option<String>,
}

/// The disclaimer shown for each choice, with its index in `choices`; each choice comes with the
/// time since which its article is public. Without `with_text` bodies are left empty.
pub fn select_shown(
    conn: &mut Conn,
    choices: Vec<(Choice, Option<i64>)>,
    with_text: bool,
) -> QueryResult<Vec<(usize, CarriedRow)>> {
    if choices.is_empty() {
        return Ok(Vec::new());
    }
    let asked = choices.iter().enumerate().map(|(place, (choice, public_since))| {
        serde_json::json!([place, choice.disclaimer, choice.version, public_since])
    });
    let query = Shown { choices: asked.collect::<serde_json::Value>().to_string(), with_text };
    let mut reasons: Vec<Vec<String>> =
        choices.into_iter().map(|(choice, _)| choice.matched_by).collect();
    let rows = query.load::<ShownRow>(conn)?.into_iter();
    let shown = rows.filter_map(|row| {
        let place = usize::try_from(row.place).ok()?;
        let matched_by = std::mem::take(reasons.get_mut(place)?);
        let carried = CarriedRow {
            disclaimer: row.id,
            public_id: row.public_id,
            key: row.key,
            version: row.version,
            title: row.title,
            body_html: row.body_html,
            placement: row.placement,
            priority: row.priority,
            kind: row.kind,
            language: row.language,
            matched_by,
        };
        Some((place, carried))
    });
    Ok(shown.collect())
}
