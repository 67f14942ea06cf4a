//! The articles of sitemaps, by their rows.

use diesel::dsl::max;

use super::is_listed;
use crate::articles::ids::ArticleId;
use crate::articles::ladder::Sight;
use crate::db::prelude::*;
use crate::db::schema::articles;
use crate::db::within_deadline;
use crate::domain::instant::Instant;

/// Rows of a sitemap: a fifth of the URLs that it may have, so that it takes some ten milliseconds. The same article is
/// always in the same one.
pub const PART_IDS: i64 = 10_000;

/// What a sitemap needs of an article.
#[derive(Queryable, Selectable, Clone, Debug)]
#[diesel(table_name = articles)]
pub struct MappedRow {
    pub public_id: String,
    pub slug: String,
    pub section: Option<String>,
    pub language: String,
    pub published_at: Option<i64>,
    pub updated_at: i64,
    pub went_public_at: Option<i64>,
    pub embargo_until: Option<i64>,
}

impl MappedRow {
    /// When it was published, for its readers.
    pub fn shown_published_at(&self, now: Instant) -> Option<Instant> {
        let lifted = self.embargo_until.filter(|end| *end <= now.as_micros());
        self.published_at.map(|at| Instant::from_micros(lifted.map_or(at, |end| end.max(at))))
    }

    /// When it last changed for its readers.
    pub fn changed_at(&self, now: Instant) -> Instant {
        let turns = [self.went_public_at, self.embargo_until].into_iter().flatten();
        let past = turns.filter(|at| *at <= now.as_micros()).max();
        Instant::from_micros(past.unwrap_or_default().max(self.updated_at))
    }
}

/// The row of the newest article; 0 if there is none (primary key).
pub fn last_id(conn: &mut Conn) -> QueryResult<i64> {
    let last: Option<ArticleId> = articles::table.select(max(articles::id)).first(conn)?;
    Ok(last.map_or(0, |last| last.0))
}

/// The articles of a sitemap, by its number, that the caller may see in lists; for the side pool (primary key).
pub fn select_mapped(conn: &mut Conn, part: i64, sight: Sight) -> QueryResult<Vec<MappedRow>> {
    let first = (part - 1).saturating_mul(PART_IDS);
    articles::table
        .filter(articles::id.gt(ArticleId(first)))
        .filter(articles::id.le(ArticleId(first.saturating_add(PART_IDS))))
        .filter(articles::trashed_at.is_null())
        .filter(is_listed(sight))
        .filter(within_deadline())
        .order(articles::id.asc())
        .select(MappedRow::columns())
        .load(conn)
}
