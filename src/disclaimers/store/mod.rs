//! Disclaimers at rest: an identity each, and its immutable versions.

mod carried;
mod matching;

use std::collections::{HashMap, HashSet};

use diesel::dsl::count_star;
use diesel::prelude::*;
use uuid::Uuid;

use super::api::DisclaimerInput;
use super::rules::Rule;
use crate::db::idempotency;
use crate::db::schema::{
    article_disclaimers, article_revisions, articles, disclaimer_versions, disclaimers,
    site_languages,
};
use crate::db::{Invariant, within_deadline};
use crate::domain::instant::Instant;

pub use carried::*;
pub use matching::*;

/// What holds of disclaimers though no constraint says it: what `copydesk check` looks at.
pub const INVARIANTS: &[Invariant] = &[
    Invariant {
        broken: "select format('the disclaimer %s has %d versions, up to %d', public_id, count(versions.version), max(versions.version)) as finding
             from disclaimers left join disclaimer_versions as versions on versions.disclaimer_id = disclaimers.id
             group by disclaimers.id having count(versions.version) <> ifnull(max(versions.version), 0) or count(versions.version) = 0",
        mend: None,
    },
    Invariant {
        broken: "select format('the disclaimer %s is not what its newest version says', public_id) as finding from disclaimers
             where exists (select 1 from disclaimer_versions where disclaimer_id = disclaimers.id)
                 and (version, key, language) is not (select version, key, language from disclaimer_versions
                     where disclaimer_id = disclaimers.id order by version desc limit 1)",
        mend: Some("update disclaimers set (version, key, language) = (select version, key, language from disclaimer_versions
                 where disclaimer_id = disclaimers.id order by version desc limit 1)
             where exists (select 1 from disclaimer_versions where disclaimer_id = disclaimers.id)"),
    },
    Invariant {
        broken: "select format('the disclaimer %s has a rule and is not looked at for it', public_id) as finding from disclaimers
             where ever_rule <> exists (select 1 from disclaimer_versions where disclaimer_id = disclaimers.id and applies_to is not null)",
        mend: Some("update disclaimers set ever_rule = exists (select 1 from disclaimer_versions
                 where disclaimer_id = disclaimers.id and applies_to is not null)"),
    },
    Invariant {
        broken: "select format('version %d of the disclaimer %s has a rule that is no JSON', versions.version, public_id) as finding
             from disclaimer_versions as versions join disclaimers on disclaimers.id = versions.disclaimer_id
             where applies_to is not null and not json_valid(applies_to)",
        mend: None,
    },
];

/// A disclaimer with its present version.
#[derive(Queryable, Clone)]
pub struct DisclaimerRow {
    pub id: i64,
    pub public_id: String,
    pub key: String,
    pub language: Option<String>,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub title: String,
    pub body: String,
    pub body_format: String,
    pub body_html: String,
    pub kind: String,
    pub placement: String,
    pub priority: i64,
    pub text_mode: String,
    pub applies_to: Option<String>,
    pub effective_from: Option<i64>,
    pub effective_until: Option<i64>,
    pub retired_at: Option<i64>,
}

impl DisclaimerRow {
    /// Its rule, if it has one.
    pub fn rule(&self) -> Option<Rule> {
        self.applies_to
            .as_deref()
            .and_then(|rule| serde_json::from_str(rule).ok())
    }
}

#[diesel::dsl::auto_type]
fn with_version() -> _ {
    with_versions().filter(disclaimer_versions::version.eq(disclaimers::version))
}

/// A disclaimer as each of its versions had it.
#[diesel::dsl::auto_type]
fn with_versions() -> _ {
    let on = disclaimer_versions::disclaimer_id.eq(disclaimers::id);
    disclaimers::table
        .inner_join(disclaimer_versions::table.on(on))
        .select((
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
pub fn select(conn: &mut SqliteConnection, id: Uuid) -> QueryResult<Option<DisclaimerRow>> {
    with_version()
        .filter(disclaimers::public_id.eq(id.to_string()))
        .first(conn)
        .optional()
}

/// A page in the order of keys, from behind `after` (index `disclaimers_by_key`).
pub fn select_page(
    conn: &mut SqliteConnection,
    after: &(String, i64),
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
    conn: &mut SqliteConnection,
    id: i64,
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
pub fn count(conn: &mut SqliteConnection) -> QueryResult<i64> {
    disclaimers::table
        .filter(within_deadline())
        .select(count_star())
        .first(conn)
}

/// The public id of the disclaimer that has `key` in `language`, other than `but`
/// (index `disclaimers_key`).
pub fn select_key_owner(
    conn: &mut SqliteConnection,
    key: &str,
    language: Option<&str>,
    but: i64,
) -> QueryResult<Option<String>> {
    disclaimers::table
        .filter(disclaimers::key.eq(key))
        .filter(disclaimers::language.is(language))
        .filter(disclaimers::id.ne(but))
        .select(disclaimers::public_id)
        .first(conn)
        .optional()
}

/// Creates a disclaimer with its version 1.
pub fn insert(
    conn: &mut SqliteConnection,
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

/// Gives a disclaimer its next version.
pub fn update(
    conn: &mut SqliteConnection,
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
    conn: &mut SqliteConnection,
    id: i64,
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

/// Notes in which language the newsroom speaks from now on, where that is another one than before.
pub fn note_site_language(
    conn: &mut SqliteConnection,
    language: &str,
    now: Instant,
) -> QueryResult<()> {
    let known: String = site_languages::table
        .order(site_languages::since.desc())
        .select(site_languages::language)
        .first(conn)?;
    if known == language {
        return Ok(());
    }
    diesel::insert_into(site_languages::table)
        .values((
            site_languages::since.eq(now.as_micros()),
            site_languages::language.eq(language),
        ))
        .execute(conn)
        .map(drop)
}

/// How many articles carry the disclaimer or ever carried it: those to which it was attached by
/// hand (index `article_disclaimers_by_disclaimer`), and those that one of its rules met while it
/// was in force, as they are or as a version of them was. A rule has all articles looked at.
pub fn count_carriers(conn: &mut SqliteConnection, id: i64, now: Instant) -> QueryResult<i64> {
    let by_hand: Vec<i64> = article_disclaimers::table
        .filter(article_disclaimers::disclaimer_id.eq(id))
        .select(article_disclaimers::article_id)
        .load(conn)?;
    let mut carriers: HashSet<i64> = by_hand.into_iter().collect();
    for (rule, ended) in rules_until(conn, id, now)? {
        // What was made later it never met.
        carriers.extend(
            articles::table
                .filter(articles::created_at.lt(ended))
                .filter(matches_article(&rule)?)
                .select(articles::id)
                .load::<i64>(conn)?,
        );
        carriers.extend(
            article_revisions::table
                .inner_join(articles::table)
                .filter(articles::created_at.lt(ended))
                .filter(article_revisions::content.is_not_null())
                .filter(matches_revision(&rule)?)
                .select(article_revisions::article_id)
                .load::<i64>(conn)?,
        );
    }
    Ok(i64::try_from(carriers.len()).unwrap_or(i64::MAX))
}

/// Rule, since when, from when, until when, retired when.
type RuleRow = (Option<String>, i64, Option<i64>, Option<i64>, Option<i64>);

/// Each rule that a disclaimer had, once, with the last instant before which it attached to anything new.
fn rules_until(
    conn: &mut SqliteConnection,
    id: i64,
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

/// Forgets a disclaimer that no article ever carried, with its versions.
pub fn delete(conn: &mut SqliteConnection, id: i64, public_id: &str) -> QueryResult<()> {
    idempotency::forget(conn, public_id)?;
    diesel::delete(disclaimers::table.find(id))
        .execute(conn)
        .map(drop)
}
