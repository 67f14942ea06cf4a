//! The disclaimers of articles: resolved in this one place, in two queries for any number of
//! articles; more after a change of disclaimers, whose versions are kept in memory.
//!
//! Everything is resolved as of an instant: the attachments open then, and each disclaimer's
//! version in force with its rule. So past and present share the same code.

use std::collections::HashMap;

use super::ids::ArticleId;
use super::model::{ArticleRow, stored_json};
use super::rules::public_since;
use super::store;
use crate::db::Conn;
use crate::disclaimers::ids::DisclaimerId;
use crate::disclaimers::model::CarriedRow;
use crate::disclaimers::rules::{Facts, carried};
use crate::disclaimers::store::{select_in_force, select_rules_until};
use crate::disclaimers::words::Placement;
use crate::domain::instant::Instant;
use crate::domain::until::Until;
use crate::problem::Problem;

/// The disclaimers of some articles.
#[derive(Debug, Default)]
pub struct Carried {
    rows: HashMap<ArticleId, Vec<CarriedRow>>,
    /// The time at which they next change.
    pub until: Until,
}

impl Carried {
    /// The disclaimers of the article `id`, in display order.
    pub fn take(&mut self, id: ArticleId) -> Vec<CarriedRow> {
        self.rows.remove(&id).unwrap_or_default()
    }
}

/// The facts of an article that rules look at, as of an instant.
///
/// # Errors
/// `internal` where its stored tags are damaged.
pub fn facts(row: &ArticleRow, at: Instant) -> Result<Facts, Problem> {
    Ok(Facts::new(
        row.source_name.as_deref(),
        row.section.as_deref(),
        stored_json(&row.tags)?,
        &row.language,
        public_since(row, at),
    ))
}

/// The disclaimers of articles at an instant, in display order: those before the text first, then
/// by priority and key. Without `with_text` bodies are left empty.
pub fn carried_by<'a>(
    conn: &mut Conn,
    rows: impl IntoIterator<Item = &'a ArticleRow> + Clone,
    at: Instant,
    with_text: bool,
) -> Result<Carried, Problem> {
    let mut attached: HashMap<ArticleId, Vec<DisclaimerId>> = HashMap::new();
    let mut noted: HashMap<ArticleId, i64> = HashMap::new();
    let mut by_hand: Vec<DisclaimerId> = Vec::new();
    let ids: Vec<ArticleId> = rows.clone().into_iter().map(|row| row.id).collect();
    for note in store::select_noted(conn, &ids, at)? {
        if let Some(disclaimer) = note.attached {
            attached.entry(note.article).or_default().push(disclaimer);
            by_hand.push(disclaimer);
        }
        noted.extend(note.public_since.map(|since| (note.article, since)));
    }
    let in_force = select_in_force(conn, &by_hand, at)?;
    if in_force.iter().next().is_none() {
        return Ok(Carried::default());
    }
    let turns = in_force
        .iter()
        .filter(|one| one.rule.is_some())
        .flat_map(|one| [one.effective_from, one.effective_until]);
    let mut all = Carried { until: Until::after(at, turns), ..Carried::default() };
    let site_language = match in_force.has_translations() {
        true => in_force.site_language(at),
        false => "",
    };
    for row in rows {
        let mut facts = facts(row, at)?;
        // The recorded publication takes precedence over the present dates: those may have been
        // edited since.
        facts.public_since = noted.get(&row.id).copied().or(facts.public_since);
        let by_hand = attached.get(&row.id).map_or(&[][..], Vec::as_slice);
        let chosen = carried(in_force.iter(), by_hand, &facts, site_language, at.as_micros());
        let choices = chosen.into_iter().map(|choice| (choice, facts.public_since));
        all.rows.insert(row.id, in_force.shown(conn, choices, with_text)?);
    }
    for shown in all.rows.values_mut() {
        shown.sort_by_cached_key(|row| {
            let is_after = row.placement == Placement::After;
            (is_after, row.priority, row.key.clone(), row.disclaimer)
        });
    }
    Ok(all)
}

/// The disclaimers of one article as of an instant, without their texts.
pub fn carried_by_one(
    conn: &mut Conn,
    row: &ArticleRow,
    at: Instant,
) -> Result<Vec<CarriedRow>, Problem> {
    Ok(carried_by(conn, [row], at, false)?.take(row.id))
}

/// Number of articles that carry a disclaimer or ever did: by attachment by hand, or because one
/// of its rules matched them while it was in force.
pub fn count_carriers(
    conn: &mut Conn,
    disclaimer: DisclaimerId,
    now: Instant,
) -> Result<i64, Problem> {
    let rules = select_rules_until(conn, disclaimer, now)?;
    Ok(store::count_ever_carried(conn, disclaimer, &rules)?)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use diesel::SqliteConnection;
    use diesel::connection::{Connection as _, InstrumentationEvent};
    use diesel_migrations::MigrationHarness as _;

    use super::*;
    use crate::db::MIGRATIONS;

    fn blank() -> ArticleRow {
        let text = r#"{"id": 0, "public_id": "", "slug": "", "state": "published", "version": 1, "title": "T",
            "body_format": "text", "word_count": 0, "authors": "[]", "language": "en", "tags": "[]",
            "comments_policy": "open", "comment_count": 0, "metadata": "{}", "created_at": 1, "updated_at": 1,
            "access": "public", "sort_key": 1}"#;
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_page_of_any_length_takes_two_queries() {
        let mut file = SqliteConnection::establish(":memory:").unwrap();
        file.run_pending_migrations(MIGRATIONS).unwrap();
        let mut conn = Conn::from(file);
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
        let page: Vec<ArticleRow> = (1..=100)
            .map(|id| ArticleRow {
                id: ArticleId(id),
                went_public_at: (id > 50).then_some(4),
                ..blank()
            })
            .collect();
        // The first read takes what is kept in memory from then on.
        carried_by(&mut conn, &page, Instant::from_micros(8), true).unwrap();
        for with_text in [false, true] {
            queries.store(0, Ordering::Relaxed);
            let mut carried =
                carried_by(&mut conn, &page, Instant::from_micros(8), with_text).unwrap();
            assert_eq!(queries.load(Ordering::Relaxed), 2);
            let mut told = |id: i64| {
                let rows = carried.take(ArticleId(id)).into_iter();
                rows.map(|row| format!("{}{} {}", row.key, row.version, row.matched_by.join(",")))
                    .collect::<Vec<_>>()
            };
            assert_eq!(told(7), ["a1 all", "b1 manual"]);
            assert_eq!(told(60), ["a1 all"], "as it was when the article went public");
        }
        let then = carried_by(&mut conn, &page[6..7], Instant::from_micros(2), true)
            .unwrap()
            .take(ArticleId(7));
        assert_eq!(then.len(), 1, "attached later");
        assert_eq!(then[0].body_html, "a1");
        let after = carried_by(&mut conn, &page[6..7], Instant::from_micros(9), false)
            .unwrap()
            .take(ArticleId(7));
        assert_eq!(after.len(), 1, "and detached again");
        let before = carried_by(&mut conn, &page, Instant::from_micros(1), false).unwrap();
        assert!(before.rows.is_empty(), "nothing was in force yet");
    }
}
