//! Lists of the articles that carry a disclaimer. What an article carries is computed and stored
//! nowhere: its rule, as filters, finds the articles that may carry it, and each of those is checked.

use std::collections::HashSet;
use std::sync::Arc;

use super::carried::carried_by;
use super::filter::{AnyOf, Place};
use super::ids::ArticleId;
use super::ladder::Sight;
use super::store::{self, Hit, List};
use super::words::TermKind;
use crate::db::Conn;
use crate::disclaimers::ids::DisclaimerId;
use crate::disclaimers::rules::ReadyRule;
use crate::disclaimers::store::{select_in_force, select_named};
use crate::domain::search::Typed;
use crate::problem::Problem;
use crate::web::url::Locator;

/// Fewest articles that are checked at once.
const CHECKED_AT_ONCE: i64 = 100;
/// Most articles that a disclaimer attached by hand is looked for among: the newest attachments.
const ATTACHED_MAX: i64 = 10_000;

/// The disclaimers of a filter: one by its id, or all of a key.
struct Wanted {
    disclaimers: Vec<DisclaimerId>,
    rules: Vec<Arc<ReadyRule>>,
}

impl Wanted {
    fn find(conn: &mut Conn, named: &Locator, sight: Sight) -> Result<Self, Problem> {
        let disclaimers = select_named(conn, named)?;
        let in_force = select_in_force(conn, &disclaimers, sight.now)?;
        let rules = in_force
            .iter()
            .filter(|one| disclaimers.contains(&one.disclaimer))
            .filter_map(|one| one.rule.clone());
        Ok(Self { rules: rules.collect(), disclaimers })
    }

    /// The lists that hold all articles that may carry it.
    fn lists(&self, conn: &mut Conn, list: &List) -> Result<Vec<List>, Problem> {
        let mut lists = Vec::new();
        for rule in &self.rules {
            let mut narrowed = list.clone();
            narrowed.filter.terms.extend(terms(rule));
            lists.push(narrowed);
        }
        let by_hand = store::select_attached(conn, &self.disclaimers, ATTACHED_MAX)?;
        let mut narrowed = list.clone();
        narrowed.filter.found = Some(by_hand);
        lists.push(narrowed);
        Ok(lists)
    }
}

/// A rule as filters: its lists are and, the values of each are or.
fn terms(rule: &ReadyRule) -> Vec<AnyOf> {
    let kinds = [
        (TermKind::Source, rule.sources()),
        (TermKind::Section, rule.sections()),
        (TermKind::Tag, rule.tags()),
        (TermKind::Language, rule.languages()),
    ];
    let some = kinds.into_iter().filter(|(_, values)| !values.is_empty());
    some.map(|(kind, values)| AnyOf {
        kind,
        keys: values.iter().filter_map(|value| kind.key(value)).collect(),
    })
    .collect()
}

/// What a search finds of the articles of a list that carry a disclaimer, and whether it may have
/// found more.
///
/// # Errors
/// A database fault.
pub fn search_carriers(
    conn: &mut Conn,
    (list, named): (&List, &Locator),
    typed: &Typed,
    newest: ArticleId,
) -> Result<(Vec<Hit>, bool), Problem> {
    let wanted = Wanted::find(conn, named, list.sight)?;
    let (mut hits, mut is_cut) = (Vec::new(), false);
    for list in wanted.lists(conn, list)? {
        let (some, is_some_cut) = store::search(conn, &list, typed, newest)?;
        hits.extend(some);
        is_cut |= is_some_cut;
    }
    store::put_in_order(&mut hits);
    let ids: Vec<ArticleId> = hits.iter().map(|hit| hit.id).collect();
    let carriers: HashSet<ArticleId> =
        among(conn, &wanted, &ids, list.sight)?.into_iter().collect();
    hits.retain(|hit| carriers.contains(&hit.id));
    Ok((hits, is_cut))
}

fn among(
    conn: &mut Conn,
    wanted: &Wanted,
    ids: &[ArticleId],
    sight: Sight,
) -> Result<Vec<ArticleId>, Problem> {
    let rows = store::select_rows(conn, ids)?;
    let mut carried = carried_by(conn, &rows, sight.now, false)?;
    let mut carries = |id: &ArticleId| {
        carried.take(*id).iter().any(|one| wanted.disclaimers.contains(&one.disclaimer))
    };
    Ok(rows.iter().map(|row| row.id).filter(|id| carries(id)).collect())
}

/// Up to `rows` places of those of a list that carry a disclaimer.
///
/// # Errors
/// `overloaded` if too many articles were looked at, or a database fault.
pub fn select_carriers_of(
    conn: &mut Conn,
    (list, named): (&List, &Locator),
    start: Option<&Place>,
    backwards: bool,
    rows: i64,
) -> Result<Vec<Place>, Problem> {
    let wanted = Wanted::find(conn, named, list.sight)?;
    let lists = wanted.lists(conn, list)?;
    let ascending = list.sort.key().1 != backwards;
    let at_once = rows.max(CHECKED_AT_ONCE);
    let mut start = start.cloned();
    let mut found: Vec<Place> = Vec::new();
    loop {
        let mut places = Vec::new();
        for list in &lists {
            places.extend(list.select_places(conn, start.as_ref(), backwards, at_once)?);
        }
        places.sort_unstable();
        places.dedup();
        if !ascending {
            places.reverse();
        }
        places.truncate(usize::try_from(at_once).unwrap_or_default());
        let is_last = i64::try_from(places.len()).is_ok_and(|count| count < at_once);
        let ids: Vec<ArticleId> = places.iter().map(|place| place.2).collect();
        let carriers: HashSet<ArticleId> =
            among(conn, &wanted, &ids, list.sight)?.into_iter().collect();
        start = places.last().cloned();
        found.extend(places.into_iter().filter(|place| carriers.contains(&place.2)));
        if is_last || i64::try_from(found.len()).is_ok_and(|count| count >= rows) {
            found.truncate(usize::try_from(rows).unwrap_or_default());
            return Ok(found);
        }
    }
}
