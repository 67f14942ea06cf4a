//! What articles carry: the one place where that is worked out, in two queries for any number of articles.
//!
//! Everything is asked as of an instant: which attachments were open, which version of each
//! disclaimer was in force, with its rule. So the past is told by the same code as the present.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel::sqlite::Sqlite;

use crate::disclaimers::rules::{Candidate, Choice, Facts, ReadyRule, Rule, carried};
use crate::domain::instant::Instant;

/// An article, as far as disclaimers look at it.
#[derive(Clone, Debug)]
pub struct Carrier {
    /// Its internal id.
    pub id: i64,
    /// What rules look at.
    pub facts: Facts,
}

/// A disclaimer as an article carries it.
#[derive(Clone, Debug)]
pub struct CarriedRow {
    pub disclaimer_id: i64,
    pub public_id: String,
    pub key: String,
    pub version: i64,
    pub title: String,
    pub body_html: String,
    pub placement: String,
    pub priority: i64,
    pub kind: String,
    pub language: Option<String>,
    pub matched_by: Vec<String>,
}

/// What some articles carry.
#[derive(Debug, Default)]
pub struct Carried {
    rows: HashMap<i64, Vec<CarriedRow>>,
    /// When the clock next changes it, if it does.
    pub next_change: Option<i64>,
}

impl Carried {
    /// What the article `id` carries, in the order in which it is shown.
    pub fn take(&mut self, id: i64) -> Vec<CarriedRow> {
        self.rows.remove(&id).unwrap_or_default()
    }
}

/// Disclaimers with a rule, and those that are attached to some articles by hand (then with the
/// article's id), each in the version that was in force at an instant; and since when the articles
/// are public, as it was noted. The planner goes by `disclaimers_with_rule`, `article_disclaimers_by_article` and
/// `article_publications_by_article`.
#[derive(Clone, Debug, QueryId)]
struct Candidates {
    at: i64,
    articles: String,
}

type CandidateRow = (
    Option<i64>,
    i64,
    i64,
    String,
    Option<String>,
    String,
    Option<String>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    String,
);

impl Query for Candidates {
    type SqlType = (
        Nullable<BigInt>,
        BigInt,
        BigInt,
        Text,
        Nullable<Text>,
        Text,
        Nullable<Text>,
        Nullable<BigInt>,
        Nullable<BigInt>,
        Nullable<BigInt>,
        Text,
    );
}

impl RunQueryDsl<SqliteConnection> for Candidates {}

const MEMBERS: &str = "d.id, v.version, v.key, v.language, v.text_mode, v.applies_to, v.effective_from, v.effective_until, v.retired_at,
    (select language from site_languages where since <= ";
const IN_FORCE: &str = " order by since desc limit 1)";
const JOIN: &str = " join disclaimer_versions as v on v.disclaimer_id = d.id and v.version =
    (select max(version) from disclaimer_versions as newest where newest.disclaimer_id = d.id and newest.created_at <= ";

impl QueryFragment<Sqlite> for Candidates {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("select null, ");
        out.push_sql(MEMBERS);
        out.push_bind_param::<BigInt, _>(&self.at)?;
        out.push_sql(IN_FORCE);
        out.push_sql(" from disclaimers as d");
        out.push_sql(JOIN);
        out.push_bind_param::<BigInt, _>(&self.at)?;
        out.push_sql(
            ") where d.ever_rule = 1 and v.applies_to is not null union all select m.article_id, ",
        );
        out.push_sql(MEMBERS);
        out.push_bind_param::<BigInt, _>(&self.at)?;
        out.push_sql(IN_FORCE);
        out.push_sql(" from json_each(");
        out.push_bind_param::<Text, _>(&self.articles)?;
        out.push_sql(") as page cross join article_disclaimers as m on m.article_id = page.value and m.attached_at <= ");
        out.push_bind_param::<BigInt, _>(&self.at)?;
        out.push_sql(" and (m.detached_at is null or m.detached_at > ");
        out.push_bind_param::<BigInt, _>(&self.at)?;
        out.push_sql(") join disclaimers as d on d.id = m.disclaimer_id");
        out.push_sql(JOIN);
        out.push_bind_param::<BigInt, _>(&self.at)?;
        // The publication in force stands in the place of `effective_from`, of no disclaimer.
        out.push_sql(") union all select p.article_id, 0, 0, '', null, '', null, p.since, null, null, '' from json_each(");
        out.push_bind_param::<Text, _>(&self.articles)?;
        out.push_sql(") as page cross join article_publications as p on p.article_id = page.value and p.since <= ");
        out.push_bind_param::<BigInt, _>(&self.at)?;
        out.push_sql(" and (p.until is null or p.until > ");
        out.push_bind_param::<BigInt, _>(&self.at)?;
        out.push_sql(")");
        Ok(())
    }
}

/// The versions that are shown: for each choice its own, or the one that was in force at an
/// instant, else the first; the texts where they are asked for (primary key of
/// `disclaimer_versions`).
#[derive(Clone, Debug, QueryId)]
struct Shown {
    /// `[[place, disclaimer, version or null, instant or null], ..]`
    choices: String,
    with_text: bool,
}

type ShownRow = (
    i64,
    i64,
    String,
    String,
    i64,
    String,
    String,
    String,
    i64,
    String,
    Option<String>,
);

impl Query for Shown {
    type SqlType = (
        BigInt,
        BigInt,
        Text,
        Text,
        BigInt,
        Text,
        Text,
        Text,
        BigInt,
        Text,
        Nullable<Text>,
    );
}

impl RunQueryDsl<SqliteConnection> for Shown {}

impl QueryFragment<Sqlite> for Shown {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(
            "select choice.value ->> 0, d.id, d.public_id, v.key, v.version, v.title, case when ",
        );
        out.push_bind_param::<Bool, _>(&self.with_text)?;
        out.push_sql(" then v.body_html else '' end, v.placement, v.priority, v.kind, v.language from json_each(");
        out.push_bind_param::<Text, _>(&self.choices)?;
        out.push_sql(
            ") as choice cross join disclaimers as d on d.id = choice.value ->> 1
             join disclaimer_versions as v on v.disclaimer_id = d.id and v.version = coalesce(choice.value ->> 2,
                 (select max(version) from disclaimer_versions as then_ where then_.disclaimer_id = d.id
                     and then_.created_at <= choice.value ->> 3), 1)",
        );
        Ok(())
    }
}

/// The id of none.
const NO_DISCLAIMER: i64 = 0;

/// What articles carry at an instant, in the order in which it is shown: before the text first,
/// then by priority and key. Without `with_text` bodies are left empty.
pub fn select_carried(
    conn: &mut SqliteConnection,
    carriers: &[Carrier],
    at: Instant,
    with_text: bool,
) -> QueryResult<Carried> {
    let at = at.as_micros();
    let ids: Vec<String> = carriers
        .iter()
        .map(|carrier| carrier.id.to_string())
        .collect();
    let articles = format!("[{}]", ids.join(","));
    let rows: Vec<CandidateRow> = Candidates { at, articles }.load(conn)?;
    let mut attached: HashMap<i64, Vec<i64>> = HashMap::new();
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut site_language = String::new();
    let mut public_since: HashMap<i64, Option<i64>> = HashMap::new();
    for (article, disclaimer, version, key, language, mode, rule, from, until, retired_at, site) in
        rows
    {
        if let Some(article) = article {
            if disclaimer == NO_DISCLAIMER {
                public_since.insert(article, from);
                continue;
            }
            attached.entry(article).or_default().push(disclaimer);
        }
        site_language = site;
        if candidates
            .iter()
            .any(|known| known.disclaimer == disclaimer)
        {
            continue;
        }
        let rule: Result<Option<Rule>, _> = rule.as_deref().map(serde_json::from_str).transpose();
        candidates.push(Candidate {
            disclaimer,
            version,
            key,
            language,
            is_current: mode == "current",
            rule: rule
                .map_err(|error| diesel::result::Error::DeserializationError(Box::new(error)))?
                .map(ReadyRule::from),
            effective_from: from,
            effective_until: until,
            retired_at,
        });
    }
    let turns = candidates
        .iter()
        .filter(|one| one.rule.is_some())
        .flat_map(|one| [one.effective_from, one.effective_until]);
    let next_change = turns.flatten().filter(|turn| *turn > at).min();
    let mut chosen: Vec<(i64, Choice)> = Vec::new();
    let mut choices = Vec::new();
    for carrier in carriers {
        let by_hand = attached.get(&carrier.id).map_or(&[][..], Vec::as_slice);
        // What was noted goes before what the present dates say: those may have been edited since.
        let noted = public_since.get(&carrier.id).copied().flatten();
        let mut facts = carrier.facts.clone();
        facts.public_since = noted.or(facts.public_since);
        for choice in carried(&candidates, by_hand, &facts, &site_language, at) {
            choices.push(serde_json::json!([
                chosen.len(),
                choice.disclaimer,
                choice.version,
                facts.public_since
            ]));
            chosen.push((carrier.id, choice));
        }
    }
    let mut carried = Carried {
        next_change,
        ..Carried::default()
    };
    if chosen.is_empty() {
        return Ok(carried);
    }
    let choices = serde_json::Value::from(choices).to_string();
    for row in (Shown { choices, with_text }).load::<ShownRow>(conn)? {
        let (
            place,
            disclaimer_id,
            public_id,
            key,
            version,
            title,
            body_html,
            placement,
            priority,
            kind,
            language,
        ) = row;
        let Some((article, choice)) = usize::try_from(place)
            .ok()
            .and_then(|place| chosen.get_mut(place))
        else {
            continue;
        };
        carried.rows.entry(*article).or_default().push(CarriedRow {
            disclaimer_id,
            public_id,
            key,
            version,
            title,
            body_html,
            placement,
            priority,
            kind,
            language,
            matched_by: std::mem::take(&mut choice.matched_by),
        });
    }
    for rows in carried.rows.values_mut() {
        // "before" stands first, and "after" < "before" as text.
        rows.sort_by(|a, b| {
            let order = |row: &CarriedRow| (row.priority, row.key.clone(), row.disclaimer_id);
            b.placement
                .cmp(&a.placement)
                .then_with(|| order(a).cmp(&order(b)))
        });
    }
    Ok(carried)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use diesel::connection::{InstrumentationEvent, SimpleConnection as _};
    use diesel_migrations::MigrationHarness as _;

    use super::*;
    use crate::db::MIGRATIONS;

    #[test]
    fn a_page_of_any_length_takes_two_queries() {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        conn.run_pending_migrations(MIGRATIONS).unwrap();
        conn.batch_execute(
            "pragma foreign_keys = off;
             insert into disclaimers (id, public_id, key, version, created_at, updated_at, ever_rule)
                 values (1, 'a', 'a', 2, 1, 5, 1), (2, 'b', 'b', 1, 1, 1, 0);
             insert into disclaimer_versions (disclaimer_id, version, key, title, body, body_format, body_html, kind, placement,
                     created_at, applies_to)
                 select 1, n.value, 'a', 'A', '', 'text', 'a' || n.value, 'legal', 'before', n.value * 3 - 1,
                     '{\"all\":true,\"sources\":[],\"sections\":[],\"tags\":[],\"languages\":[]}' from json_each('[1, 2]') as n;
             insert into disclaimer_versions (disclaimer_id, version, key, title, body, body_format, body_html, kind, placement, created_at)
                 values (2, 1, 'b', 'B', '', 'text', 'b1', 'legal', 'after', 1);
             insert into article_disclaimers (article_id, disclaimer_id, attached_at, detached_at) values (7, 2, 3, 9);",
        )
        .unwrap();
        let queries = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&queries);
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { .. } = event {
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        let page: Vec<Carrier> = (1..=100)
            .map(|id| Carrier {
                id,
                facts: Facts::new(None, None, Vec::new(), "en", (id > 50).then_some(4)),
            })
            .collect();
        for with_text in [false, true] {
            queries.store(0, Ordering::Relaxed);
            let mut carried =
                select_carried(&mut conn, &page, Instant::from_micros(8), with_text).unwrap();
            assert_eq!(queries.load(Ordering::Relaxed), 2);
            let mut told = |id: i64| {
                let rows = carried.take(id).into_iter();
                rows.map(|row| format!("{}{} {}", row.key, row.version, row.matched_by.join(",")))
                    .collect::<Vec<_>>()
            };
            assert_eq!(told(7), ["a1 all", "b1 manual"]);
            assert_eq!(
                told(60),
                ["a1 all"],
                "as it was when the article went public"
            );
        }
        let then = select_carried(&mut conn, &page[6..7], Instant::from_micros(2), true)
            .unwrap()
            .take(7);
        assert_eq!(then.len(), 1, "attached later");
        assert_eq!(then[0].body_html, "a1");
        let after = select_carried(&mut conn, &page[6..7], Instant::from_micros(9), false)
            .unwrap()
            .take(7);
        assert_eq!(after.len(), 1, "and detached again");
        let before = select_carried(&mut conn, &page, Instant::from_micros(1), false).unwrap();
        assert!(before.rows.is_empty(), "nothing was in force yet");
    }
}
