//! The disclaimer tables: an identity each, and its immutable versions.

pub mod export;
mod in_force;

use std::collections::HashMap;

use diesel::dsl::count_star;
use uuid::Uuid;

use super::ids::DisclaimerId;
use super::input::DisclaimerInput;
use super::model::DisclaimerRow;
use super::rules::Rule;
use crate::db::idempotency;
use crate::db::prelude::*;
use crate::db::schema::{disclaimer_versions, disclaimers, site_languages};
use crate::db::{Invariant, within_deadline};
use crate::domain::instant::Instant;

pub use in_force::*;

/// Invariants of disclaimers that no constraint expresses; checked by `copydesk check`.
pub const INVARIANTS: &[Invariant] = &[
    Invariant {
        broken: "select format('the disclaimer %s has %s versions, up to %s', public_id, count(versions.version), max(versions.version)) as finding
             from disclaimers left join disclaimer_versions as versions on versions.disclaimer_id = disclaimers.id
             group by disclaimers.id having count(versions.version) <> coalesce(max(versions.version), 0) or count(versions.version) = 0",
        mend: None,
    },
    Invariant {
        broken: "select format('the disclaimer %s is not what its newest version says', public_id) as finding from disclaimers
             where exists (select 1 from disclaimer_versions where disclaimer_id = disclaimers.id)
                 and not exists (select 1 from disclaimer_versions as newest
                     where newest.disclaimer_id = disclaimers.id and newest.version = disclaimers.version and newest.key = disclaimers.key
                         and newest.language is not distinct from disclaimers.language
                         and newest.version = (select max(version) from disclaimer_versions where disclaimer_id = disclaimers.id))",
        mend: Some("update disclaimers set (version, key, language) = (select version, key, language from disclaimer_versions
                 where disclaimer_id = disclaimers.id order by version desc limit 1)
             where exists (select 1 from disclaimer_versions where disclaimer_id = disclaimers.id)"),
    },
    Invariant {
        broken: "select format('the disclaimer %s has a rule and is not looked at for it', public_id) as finding from disclaimers
             where ever_rule <> case when exists (select 1 from disclaimer_versions where disclaimer_id = disclaimers.id and applies_to is not null) then 1 else 0 end",
        mend: Some("update disclaimers set ever_rule = case when exists (select 1 from disclaimer_versions
                 where disclaimer_id = disclaimers.id and applies_to is not null) then 1 else 0 end"),
    },
    Invariant {
        broken: "select format('version %s of the disclaimer %s has a rule that is no JSON', versions.version, public_id) as finding
             from disclaimer_versions as versions join disclaimers on disclaimers.id = versions.disclaimer_id
             where applies_to is not null and not json_valid(applies_to)",
        mend: None,
    },
];

#[diesel::dsl::auto_type]
fn with_version() -> _ {
    with_versions().filter(disclaimer_versions::version.eq(disclaimers::version))
}

/// Disclaimers joined with each of their versions.
#[diesel::dsl::auto_type]
fn with_versions() -> _ {
    let on = disclaimer_versions::disclaimer_id.eq(disclaimers::id);
    disclaimers::table.inner_join(disclaimer_versions::table.on(on)).select((
        disclaimers::id,
        disclaimers::public_id,
        disclaimer_versions::key,
        disclaimer_versions::language,
        disclaimer_versions::version,
        disclaimers::created_at,
        disclaimer_versions::created_at,
        disclaimer_versions::title,
        disclaimer_versions::body,
        disclaimer_versions::body_format,
        disclaimer_versions::body_html,
        disclaimer_versions::kind,
        disclaimer_versions::placement,
        disclaimer_versions::priority,
        disclaimer_versions::text_mode,
        disclaimer_versions::applies_to,
        disclaimer_versions::effective_from,
        disclaimer_versions::effective_until,
        disclaimer_versions::retired_at,
    ))
}

/// The disclaimer `id` (index `disclaimers_public_id`).
pub fn select(conn: &mut Conn, id: Uuid) -> QueryResult<Option<DisclaimerRow>> {
    with_version().filter(disclaimers::public_id.eq(id.to_string())).first(conn).optional()
}

/// The disclaimer in this row.
pub fn select_row(conn: &mut Conn, id: DisclaimerId) -> QueryResult<DisclaimerRow> {
    with_version().filter(disclaimers::id.eq(id)).first(conn)
}

/// A page in the order of keys, starting after `after` (index `disclaimers_by_key`).
pub fn select_page(
    conn: &mut Conn,
    after: &(String, DisclaimerId),
    rows: i64,
) -> QueryResult<Vec<DisclaimerRow>> {
    let (key, id) = after;
    with_version()
        .filter(disclaimers::key.ge(key))
        .filter(disclaimers::key.gt(key).or(disclaimers::id.gt(id)))
        .order((disclaimers::key.asc(), disclaimers::id.asc()))
        .limit(rows)
        .load(conn)
}

/// A page of a disclaimer's versions, newest first (primary key of `disclaimer_versions`).
pub fn select_versions(
    conn: &mut Conn,
    id: DisclaimerId,
    before: i64,
    rows: i64,
) -> QueryResult<Vec<DisclaimerRow>> {
    with_versions()
        .filter(disclaimers::id.eq(id))
        .filter(disclaimer_versions::version.lt(before))
        .order(disclaimer_versions::version.desc())
        .limit(rows)
        .load(conn)
}

/// Number of all disclaimers; for the side pool.
pub fn count(conn: &mut Conn) -> QueryResult<i64> {
    disclaimers::table.filter(within_deadline()).select(count_star()).first(conn)
}

/// The public id of the disclaimer that has `key` in `language`, other than `but`
/// (index `disclaimers_key`).
pub fn select_key_owner(
    conn: &mut Conn,
    key: &str,
    language: Option<&str>,
    but: Option<DisclaimerId>,
) -> QueryResult<Option<String>> {
    let of_key = disclaimers::table
        .filter(disclaimers::key.eq(key))
        .select((disclaimers::id, disclaimers::public_id));
    let owner: Option<(DisclaimerId, String)> = match language {
        Some(tag) => of_key.filter(disclaimers::language.eq(tag)).first(conn),
        None => of_key.filter(disclaimers::language.is_null()).first(conn),
    }
    .optional()?;
    Ok(owner.filter(|(id, _)| Some(*id) != but).map(|(_, public_id)| public_id))
}

/// Creates a disclaimer with its version 1.
pub fn insert(
    conn: &mut Conn,
    public_id: Uuid,
    input: &DisclaimerInput,
    body_html: &str,
    now: Instant,
) -> QueryResult<()> {
    let id = diesel::insert_into(disclaimers::table)
        .values((
            disclaimers::public_id.eq(public_id.to_string()),
            disclaimers::key.eq(&*input.key),
            disclaimers::language.eq(input.language.as_deref()),
            disclaimers::version.eq(1),
            disclaimers::created_at.eq(now.as_micros()),
            disclaimers::updated_at.eq(now.as_micros()),
        ))
        .returning(disclaimers::id)
        .get_result(conn)?;
    insert_version(conn, id, 1, input, body_html, None, now)
}

/// Adds the next version of a disclaimer.
pub fn update(
    conn: &mut Conn,
    present: &DisclaimerRow,
    input: &DisclaimerInput,
    body_html: &str,
    retired_at: Option<Instant>,
    now: Instant,
) -> QueryResult<()> {
    let version = present.version + 1;
    insert_version(conn, present.id, version, input, body_html, retired_at, now)?;
    diesel::update(disclaimers::table.find(present.id))
        .set((
            disclaimers::key.eq(&*input.key),
            disclaimers::language.eq(input.language.as_deref()),
            disclaimers::version.eq(version),
            disclaimers::updated_at.eq(now.as_micros()),
        ))
        .execute(conn)
        .map(drop)
}

fn insert_version(
    conn: &mut Conn,
    id: DisclaimerId,
    version: i64,
    input: &DisclaimerInput,
    body_html: &str,
    retired_at: Option<Instant>,
    now: Instant,
) -> QueryResult<()> {
    let rule = input.rule();
    let rule = rule.map(|rule| serde_json::to_string(&rule)).transpose();
    let rule = rule.map_err(|error| diesel::result::Error::SerializationError(Box::new(error)))?;
    if rule.is_some() {
        diesel::update(disclaimers::table.find(id))
            .set(disclaimers::ever_rule.eq(1))
            .execute(conn)?;
    }
    diesel::insert_into(disclaimer_versions::table)
        .values((
            disclaimer_versions::disclaimer_id.eq(id),
            disclaimer_versions::version.eq(version),
            disclaimer_versions::key.eq(&*input.key),
            disclaimer_versions::language.eq(input.language.as_deref()),
            disclaimer_versions::title.eq(&*input.title),
            disclaimer_versions::body.eq(&*input.body),
            disclaimer_versions::body_format.eq(input.body_format.word()),
            disclaimer_versions::body_html.eq(body_html),
            disclaimer_versions::kind.eq(input.kind.word()),
            disclaimer_versions::placement.eq(input.placement.word()),
            disclaimer_versions::priority.eq(input.priority.0),
            disclaimer_versions::created_at.eq(now.as_micros()),
            disclaimer_versions::text_mode.eq(input.text_mode.word()),
            disclaimer_versions::applies_to.eq(rule),
            disclaimer_versions::effective_from.eq(input.effective_from.map(Instant::as_micros)),
            disclaimer_versions::effective_until.eq(input.effective_until.map(Instant::as_micros)),
            disclaimer_versions::retired_at.eq(retired_at.map(Instant::as_micros)),
        ))
        .execute(conn)
        .map(drop)
}

/// Records the newsroom's language from now on, if it has changed. Returns whether it has.
pub fn note_site_language(conn: &mut Conn, language: &str, now: Instant) -> QueryResult<bool> {
    let known: String = site_languages::table
        .order(site_languages::since.desc())
        .select(site_languages::language)
        .first(conn)?;
    if known == language {
        return Ok(false);
    }
    diesel::insert_into(site_languages::table)
        .values((site_languages::since.eq(now.as_micros()), site_languages::language.eq(language)))
        .execute(conn)?;
    Ok(true)
}

/// Rule, created at, effective from, effective until, retired at.
type RuleRow = (Option<String>, i64, Option<i64>, Option<i64>, Option<i64>);

/// The distinct rules that a disclaimer ever had, each with the last instant before which it
/// attached to anything new.
pub fn select_rules_until(
    conn: &mut Conn,
    id: DisclaimerId,
    now: Instant,
) -> QueryResult<Vec<(Rule, i64)>> {
    let versions: Vec<RuleRow> = disclaimer_versions::table
        .filter(disclaimer_versions::disclaimer_id.eq(id))
        .order(disclaimer_versions::version.asc())
        .select((
            disclaimer_versions::applies_to,
            disclaimer_versions::created_at,
            disclaimer_versions::effective_from,
            disclaimer_versions::effective_until,
            disclaimer_versions::retired_at,
        ))
        .load(conn)?;
    let mut rules: HashMap<&str, i64> = HashMap::new();
    for (at, (rule, created_at, from, until, retired_at)) in versions.iter().enumerate() {
        let next = versions.get(at + 1).map_or(now.as_micros(), |next| next.1);
        let since = from.unwrap_or(i64::MIN).max(*created_at);
        let ends = [*until, *retired_at, Some(next)];
        let ended = ends.into_iter().flatten().min().unwrap_or(next);
        if let Some(rule) = rule.as_deref().filter(|_| since < ended) {
            let last = rules.entry(rule).or_insert(ended);
            *last = ended.max(*last);
        }
    }
    let parsed = rules.into_iter().map(|(rule, ended)| {
        let rule = serde_json::from_str(rule)
            .map_err(|error| diesel::result::Error::DeserializationError(Box::new(error)))?;
        Ok((rule, ended))
    });
    parsed.collect()
}

/// Deletes a disclaimer that no article ever carried, with its versions.
pub fn delete(conn: &mut Conn, id: DisclaimerId, public_id: &str) -> QueryResult<()> {
    idempotency::forget(conn, public_id)?;
    diesel::delete(disclaimers::table.find(id)).execute(conn).map(drop)
}
