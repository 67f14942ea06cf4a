//! Articles related to one: those that share its tags, a rare one more than a common one, and its
//! section; of equals the newer.

use std::collections::HashMap;

use super::ids::ArticleId;
use super::ladder::Sight;
use super::model::{ArticleRow, Sharing};
use super::store;
use super::terms::terms_of;
use super::words::TermKind;
use crate::db::{Conn, ROWS_MAX, start_counting};
use crate::problem::Problem;

/// Most articles of a term that are looked at: the newest. A tag that more have says little.
const SHARING_MAX: i64 = 200;
/// The weight of the section: below that of any tag, so that it decides between equals.
const SECTION_WEIGHT: f64 = 0.05;
/// What a tag weighs that only one other article has; one that twice as many have weighs less by
/// the logarithm.
const TAG_WEIGHT: f64 = 1.0;

/// The weight of a tag that so many other articles have.
fn weight(kind: TermKind, others: usize) -> f64 {
    match kind {
        TermKind::Tag => TAG_WEIGHT / (1.0 + f64::from(u32::try_from(others).unwrap_or(1)).ln()),
        _ => SECTION_WEIGHT,
    }
}

/// Up to `most` articles related to `row` that are listed for the caller, the closest first.
///
/// # Errors
/// `internal` if a stored member is damaged, or a database fault.
pub fn related(
    conn: &mut Conn,
    row: &ArticleRow,
    sight: Sight,
    most: usize,
) -> Result<Vec<ArticleRow>, Problem> {
    let mut scores: HashMap<ArticleId, (f64, i64)> = HashMap::new();
    let shared = [TermKind::Tag, TermKind::Section];
    for term in terms_of(row)?.iter().filter(|term| shared.contains(&term.kind)) {
        start_counting(ROWS_MAX);
        let mut sharing = store::select_sharing(conn, (term.kind, &term.key), sight, SHARING_MAX)?;
        sharing.retain(|other: &Sharing| other.id != row.id);
        let weight = weight(term.kind, sharing.len().max(1));
        for other in sharing {
            scores.entry(other.id).or_insert((0.0, other.sort_key)).0 += weight;
        }
    }
    let mut closest: Vec<(ArticleId, (f64, i64))> = scores.into_iter().collect();
    closest.sort_by(|(one, (a, at)), (other, (b, then))| {
        b.total_cmp(a).then((then, other).cmp(&(at, one)))
    });
    let ids: Vec<ArticleId> = closest.into_iter().take(most).map(|(id, _)| id).collect();
    Ok(store::select_rows(conn, &ids)?)
}
