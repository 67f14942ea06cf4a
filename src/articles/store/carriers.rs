//! Articles by the disclaimers they carry, and articles as they were at an instant.

use std::collections::HashSet;

use diesel::dsl::{count_star, exists};

use super::{is_listed, matches_article, matches_revision, select_ever_attached, select_past_row};
use crate::articles::ids::ArticleId;
use crate::articles::ladder::Sight;
use crate::articles::model::ArticleRow;
use crate::articles::words::{Standing, State};
use crate::db::prelude::*;
use crate::db::schema::{article_disclaimers, article_history, article_revisions, articles};
use crate::db::within_deadline;
use crate::disclaimers::ids::DisclaimerId;
use crate::disclaimers::rules::{Facts, Rule};
use crate::domain::instant::Instant;

/// A page of the articles listed for the caller that may carry a disclaimer: it is attached by
/// hand or `rule` matches. The oldest first, starting after `after`. For the side pool.
pub fn select_carriers(
    conn: &mut Conn,
    disclaimer: Option<DisclaimerId>,
    rule: &Rule,
    sight: Sight,
    after: ArticleId,
    rows: i64,
) -> QueryResult<Vec<ArticleRow>> {
    let by_hand = article_disclaimers::table
        .filter(article_disclaimers::article_id.eq(articles::id))
        .filter(article_disclaimers::disclaimer_id.nullable().eq(disclaimer))
        .filter(article_disclaimers::detached_at.is_null());
    articles::table
        .filter(articles::id.gt(after))
        .filter(articles::trashed_at.is_null())
        .filter(is_listed(sight))
        .filter(exists(by_hand).or(matches_article(rule)?))
        .filter(within_deadline())
        .order(articles::id.asc())
        .limit(rows)
        .select(ArticleRow::columns())
        .load(conn)
}

/// Number of articles listed for the caller that `rule` matches; for the side pool.
pub fn count_matching(conn: &mut Conn, rule: &Rule, sight: Sight) -> QueryResult<i64> {
    articles::table
        .filter(articles::trashed_at.is_null())
        .filter(is_listed(sight))
        .filter(matches_article(rule)?)
        .filter(within_deadline())
        .select(count_star())
        .first(conn)
}

/// The distinct values of the members that a rule asks for, over all articles listed for the
/// caller; for the side pool.
pub fn select_said(conn: &mut Conn, rule: &Rule, sight: Sight) -> QueryResult<Vec<Facts>> {
    let listed = || {
        articles::table
            .filter(articles::trashed_at.is_null())
            .filter(is_listed(sight))
            .filter(within_deadline())
    };
    let mut said = Vec::new();
    if !rule.sources.is_empty() {
        let names = listed().select(articles::source_name).distinct();
        let names = names.load::<Option<String>>(conn)?;
        let fact = |name: &String| Facts::new(Some(name), None, Vec::new(), "", None);
        said.extend(names.iter().flatten().map(fact));
    }
    if !rule.sections.is_empty() {
        let names = listed().select(articles::section).distinct();
        let names = names.load::<Option<String>>(conn)?;
        let fact = |name: &String| Facts::new(None, Some(name), Vec::new(), "", None);
        said.extend(names.iter().flatten().map(fact));
    }
    if !rule.languages.is_empty() {
        let tags = listed().select(articles::language).distinct();
        let tags = tags.load::<String>(conn)?;
        said.extend(tags.iter().map(|tag| Facts::new(None, None, Vec::new(), tag, None)));
    }
    if !rule.tags.is_empty() {
        // Lists of tags repeat less than tags do, and more than articles.
        let lists = listed().select(articles::tags).distinct();
        let tags: HashSet<String> = lists
            .load::<String>(conn)?
            .iter()
            .filter_map(|list| serde_json::from_str::<Vec<String>>(list).ok())
            .flatten()
            .collect();
        said.push(Facts::new(None, None, tags.into_iter().collect(), "", None));
    }
    Ok(said)
}

/// The article as of an instant, as the last write before had left it; `None` if it did not exist,
/// or its content then was not saved (index `article_history_by_article`).
pub fn select_row_at(
    conn: &mut Conn,
    present: &ArticleRow,
    at: Instant,
) -> QueryResult<Option<ArticleRow>> {
    let entry: Option<(i64, Option<State>, Option<i64>, Option<i64>, i64)> = article_history::table
        .filter(article_history::article_id.eq(present.id))
        .filter(article_history::at.le(at.as_micros()))
        .order(article_history::version.desc())
        .select((
            article_history::version,
            article_history::state,
            article_history::published_at,
            article_history::went_public_at,
            article_history::at,
        ))
        .first(conn)
        .optional()?;
    let Some((version, state, published_at, went_public_at, written_at)) = entry else {
        return Ok(None);
    };
    let Some(content) = select_past_row(conn, present, version)? else {
        return Ok(None);
    };
    let standing = match state {
        Some(State::Draft) => Standing::Draft,
        // A scheduled article is stored as a publication in the future.
        Some(State::Scheduled | State::Published) => Standing::Published,
        Some(State::Withdrawn) => Standing::Withdrawn,
        Some(State::Blocked) => Standing::Blocked,
        Some(State::Trashed) | None => content.state,
    };
    Ok(Some(ArticleRow {
        version,
        trashed_at: (state == Some(State::Trashed)).then_some(written_at),
        state: standing,
        published_at,
        went_public_at,
        updated_at: written_at,
        ..content
    }))
}

/// Adds to `carriers` the articles created before an instant that `rule` matches, in their present
/// or any past version. Scans all articles.
fn select_ever_matched(
    conn: &mut Conn,
    rule: &Rule,
    before: i64,
    carriers: &mut HashSet<ArticleId>,
) -> QueryResult<()> {
    // The rule never matched an article created later.
    let present = articles::table
        .filter(articles::created_at.lt(before))
        .filter(matches_article(rule)?)
        .select(articles::id)
        .load::<ArticleId>(conn)?;
    let past = article_revisions::table
        .inner_join(articles::table)
        .filter(articles::created_at.lt(before))
        .filter(article_revisions::content.is_not_null())
        .filter(matches_revision(rule)?)
        .select(article_revisions::article_id)
        .load::<ArticleId>(conn)?;
    carriers.extend(present.into_iter().chain(past));
    Ok(())
}

/// Number of articles to which a disclaimer was ever attached, by hand or by one of `rules` (each
/// with the instant before which it attached).
pub fn count_ever_carried(
    conn: &mut Conn,
    disclaimer: DisclaimerId,
    rules: &[(Rule, i64)],
) -> QueryResult<i64> {
    let by_hand = select_ever_attached(conn, disclaimer)?;
    let mut carriers: HashSet<ArticleId> = by_hand.into_iter().collect();
    for (rule, before) in rules {
        select_ever_matched(conn, rule, *before, &mut carriers)?;
    }
    Ok(i64::try_from(carriers.len()).unwrap_or(i64::MAX))
}
