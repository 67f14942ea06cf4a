//! Articles by what they carry, and as they were at an instant.

use std::collections::HashSet;

use diesel::dsl::{count_star, exists};
use diesel::prelude::*;

use super::{ArticleRow, PUBLISHED, select_past_row};
use crate::articles::ladder::Sight;
use crate::db::schema::{article_disclaimers, article_history, articles};
use crate::db::within_deadline;
use crate::disclaimers::rules::{Facts, Rule};
use crate::disclaimers::store::matches_article;
use crate::domain::instant::Instant;

/// A page of articles that stand in lists for the caller and may carry a disclaimer: it is attached
/// to them by hand or `rule` holds of them; the oldest first, from behind `after`. For the side pool.
pub fn select_carriers(
    conn: &mut SqliteConnection,
    disclaimer: i64,
    rule: &Rule,
    sight: Sight,
    after: i64,
    rows: i64,
) -> QueryResult<Vec<ArticleRow>> {
    let by_hand = article_disclaimers::table
        .filter(article_disclaimers::article_id.eq(articles::id))
        .filter(article_disclaimers::disclaimer_id.eq(disclaimer))
        .filter(article_disclaimers::detached_at.is_null());
    articles::table
        .filter(articles::id.gt(after))
        .filter(articles::trashed_at.is_null())
        .filter(sight.is_listed())
        .filter(exists(by_hand).or(matches_article(rule)?))
        .filter(within_deadline())
        .order(articles::id.asc())
        .limit(rows)
        .select(ArticleRow::as_select())
        .load(conn)
}

/// Number of articles that stand in lists for the caller and of which `rule` holds; for the side pool.
pub fn count_matching(conn: &mut SqliteConnection, rule: &Rule, sight: Sight) -> QueryResult<i64> {
    articles::table
        .filter(articles::trashed_at.is_null())
        .filter(sight.is_listed())
        .filter(matches_article(rule)?)
        .filter(within_deadline())
        .select(count_star())
        .first(conn)
}

/// All that articles say that stand in lists for the caller, each once, as far as a rule asks for it; for the side pool.
pub fn select_said(
    conn: &mut SqliteConnection,
    rule: &Rule,
    sight: Sight,
) -> QueryResult<Vec<Facts>> {
    let listed = || {
        articles::table
            .filter(articles::trashed_at.is_null())
            .filter(sight.is_listed())
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
        said.extend(
            tags.iter()
                .map(|tag| Facts::new(None, None, Vec::new(), tag, None)),
        );
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

/// The article as a write had left it at an instant; nothing where it was not there, or what it said
/// then was not kept (index `article_history_by_article`).
pub fn select_row_at(
    conn: &mut SqliteConnection,
    present: &ArticleRow,
    at: Instant,
) -> QueryResult<Option<ArticleRow>> {
    let entry: Option<(i64, Option<String>, Option<i64>, Option<i64>, i64)> =
        article_history::table
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
    let state = state.unwrap_or_else(|| content.state.clone());
    Ok(Some(ArticleRow {
        version,
        trashed_at: (state == "trashed").then_some(written_at),
        // A schedule is a publication to come.
        state: match state.as_str() {
            "scheduled" => PUBLISHED.to_owned(),
            _ => state,
        },
        published_at,
        went_public_at,
        updated_at: written_at,
        ..content
    }))
}
