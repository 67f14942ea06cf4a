//! Lists of articles, and the time at which the clock next changes them.

use std::collections::HashMap;

use diesel::sql_types::{BigInt, Nullable};

use super::index::TITLE_KIND;
use super::walk::{self, Few, Walk};
use crate::articles::filter::{AnyOf, Filter, Key, Lead, Place, Span};
use crate::articles::ids::ArticleId;
use crate::articles::ladder::Sight;
use crate::articles::model::ArticleRow;
use crate::articles::words::{Access, Sort, Standing, TermKind};
use crate::db::dialect::is_one_of;
use crate::db::prelude::*;
use crate::db::schema::{article_terms, articles};
use crate::domain::instant::Instant;
use crate::domain::until::Until;
use crate::fixed_query;

/// A list of articles: what is in it, for whom, and in which order.
#[derive(Clone, Debug)]
pub struct List {
    /// What is in it.
    pub filter: Filter,
    /// For whom.
    pub sight: Sight,
    /// Its order.
    pub sort: Sort,
}

/// Most articles that are put in order without an index: beyond that a walk in the list's order
/// finds a page sooner.
const FEW_MAX: i64 = 1_000;

/// Most articles of the trash that are put in another order than that of publication.
const TRASH_MAX: i64 = 20_000;

/// How a page of a list is found.
enum Plan {
    /// By walks in its order; of several, each article once.
    Walks(Vec<Walk>),
    /// From these, which are put in order here.
    Few(Vec<Few>),
}

impl List {
    fn asked(&self) -> (&Filter, Sight) {
        (&self.filter, self.sight)
    }

    /// True if one walk most likely leads to a page: then it may be tried where it is asked for.
    #[must_use]
    pub fn is_one_walk(&self) -> bool {
        let filter = &self.filter;
        let is_single = filter.terms.iter().all(|any| any.keys.len() == 1);
        filter.found.is_none() && is_single && filter.updated_after.is_none() && self.is_direct()
    }

    /// True if its one condition has an index in the order of the list.
    fn is_direct(&self) -> bool {
        let filter = &self.filter;
        let is_of_lead = matches!(filter.lead, Lead::Public | Lead::Everything);
        match filter.conditions() {
            0 => true,
            1 if filter.ids.is_some() => true,
            1 => {
                self.sort.key().0 == Key::Publication
                    && is_of_lead
                    && filter.access != Some(Access::Public)
                    && filter.updated_after.is_none()
            }
            _ => false,
        }
    }

    /// Chooses the index: the fewest rows that lead to a page.
    fn plan(&self, conn: &mut Conn) -> QueryResult<Plan> {
        let filter = &self.filter;
        if let Some(found) = &filter.found {
            return Ok(Plan::Few(walk::select_few(conn, self.asked(), Some(found))?));
        }
        if filter.ids.is_some() {
            return Ok(Plan::Few(walk::select_few(conn, self.asked(), None)?));
        }
        if let Some(rows) = self.select_turned(conn)? {
            return Ok(Plan::Few(walk::select_few(conn, self.asked(), Some(&rows))?));
        }
        let key = self.sort.key().0;
        if !self.is_direct()
            && filter.lead != Lead::Trash
            && let Some(rows) = self.select_fewest(conn)?
        {
            return Ok(Plan::Few(walk::select_few(conn, self.asked(), Some(&rows))?));
        }
        let by_publication = match filter.lead {
            Lead::Trash => Walk::Trash,
            Lead::Public => Walk::State(Standing::Published),
            Lead::Standing(standing) => Walk::State(standing),
            Lead::Everything => Walk::Recency,
        };
        let walk = match key {
            // The trash is small, and has one index.
            _ if filter.lead == Lead::Trash && key != Key::Publication => {
                let trash = (&self.filter, self.sight);
                let places = walk::select_places(
                    conn,
                    &Walk::Trash,
                    trash,
                    (None, false),
                    Span::ALL,
                    TRASH_MAX,
                )?;
                let rows: Vec<ArticleId> = places.into_iter().map(|place| place.2).collect();
                return Ok(Plan::Few(walk::select_few(conn, self.asked(), Some(&rows))?));
            }
            Key::Title => Walk::Title,
            Key::Update => Walk::Update,
            Key::Comments => Walk::Comments,
            Key::Publication | Key::Relevance => match self.rarest() {
                Some(any) => {
                    let walk = |key: &String| Walk::Term(any.kind, key.clone());
                    return Ok(Plan::Walks(any.keys.iter().map(walk).collect()));
                }
                None if filter.lead == Lead::Trash => Walk::Trash,
                None if filter.access == Some(Access::Restricted) => Walk::Restricted,
                None if filter.expired_by.is_some() => Walk::Ending,
                None => by_publication,
            },
        };
        Ok(Plan::Walks(vec![walk]))
    }

    /// The terms that most likely leave the fewest articles: by kind, because all are common here.
    fn rarest(&self) -> Option<&AnyOf> {
        let rank = |any: &&AnyOf| match any.kind {
            TermKind::Tag => 0,
            TermKind::Author => 1,
            TermKind::Source => 2,
            TermKind::Section => 3,
            TermKind::Language => 4,
        };
        // The trash keeps its terms, and has an index of its own.
        let has_index = self.filter.lead != Lead::Trash;
        self.filter.terms.iter().filter(|_| has_index).min_by_key(rank)
    }

    /// The articles that have expired, or are to become public, if these are what is asked for and are few (indexes
    /// `articles_expiring`, `articles_going_public`).
    fn select_turned(&self, conn: &mut Conn) -> QueryResult<Option<Vec<ArticleId>>> {
        let there = articles::table.filter(articles::trashed_at.is_null());
        let rows: Vec<ArticleId> = match (self.filter.expired_by, self.filter.public_after) {
            (Some(by), _) => {
                let expired = there.filter(articles::expires_at.is_not_null());
                let expired = expired.filter(articles::expires_at.le(by));
                expired.limit(FEW_MAX + 1).select(articles::id).load(conn)?
            }
            (_, Some(after)) => {
                let published = there.filter(articles::state.eq(Standing::Published.word()));
                let coming = published.filter(articles::went_public_at.gt(after));
                coming.limit(FEW_MAX + 1).select(articles::id).load(conn)?
            }
            _ => return Ok(None),
        };
        let is_few = i64::try_from(rows.len()).is_ok_and(|count| count <= FEW_MAX);
        Ok(is_few.then_some(rows))
    }

    /// The articles of the condition that leaves the fewest, if they are few (primary key of
    /// `article_terms`, `articles_by_update`, `articles_by_recency`).
    fn select_fewest(&self, conn: &mut Conn) -> QueryResult<Option<Vec<ArticleId>>> {
        let mut fewest: Option<Vec<ArticleId>> = None;
        let mut keep = |rows: Vec<ArticleId>| {
            let is_few = i64::try_from(rows.len()).is_ok_and(|count| count <= FEW_MAX);
            if is_few && fewest.as_ref().is_none_or(|known| rows.len() < known.len()) {
                fewest = Some(rows);
            }
        };
        for any in &self.filter.terms {
            let mut rows = Vec::new();
            for key in &any.keys {
                let of_term = article_terms::table
                    .filter(article_terms::kind.eq(any.kind.word()))
                    .filter(article_terms::key.eq(key))
                    .limit(FEW_MAX + 1)
                    .select(article_terms::article_id);
                rows.extend(of_term.load::<ArticleId>(conn)?);
            }
            rows.sort_unstable();
            rows.dedup();
            keep(rows);
        }
        let there = articles::table.filter(articles::trashed_at.is_null());
        if let Some(after) = self.filter.updated_after {
            let updated = there.filter(articles::updated_at.ge(after));
            keep(updated.limit(FEW_MAX + 1).select(articles::id).load(conn)?);
        }
        if self.filter.published_after.is_some() || self.filter.published_before.is_some() {
            let mut rows: Vec<ArticleId> = Vec::new();
            for span in self.filter.spans(self.sight) {
                let within = there
                    .filter(articles::sort_key.ge(span.from))
                    .filter(articles::sort_key.le(span.to));
                rows.extend(
                    within.limit(FEW_MAX + 1).select(articles::id).load::<ArticleId>(conn)?,
                );
            }
            keep(rows);
        }
        Ok(fewest)
    }

    /// Up to `rows` places of the list after `start`, or before it, the nearest first.
    pub fn select_places(
        &self,
        conn: &mut Conn,
        start: Option<&Place>,
        backwards: bool,
        rows: i64,
    ) -> QueryResult<Vec<Place>> {
        if self.filter.is_empty() {
            return Ok(Vec::new());
        }
        let (key, ascending) = self.sort.key();
        let ascending = ascending != backwards;
        let plan = self.plan(conn)?;
        let mut places = Vec::new();
        match plan {
            Plan::Few(few) => {
                places.extend(few.into_iter().map(|one| one.place(key)));
                places.retain(|place| {
                    start.is_none_or(|start| if ascending { place > start } else { place < start })
                });
            }
            Plan::Walks(walks) => {
                for walk in &walks {
                    let mut spans = match key {
                        Key::Publication => self.filter.spans(self.sight),
                        _ => vec![Span::ALL],
                    };
                    if ascending {
                        spans.reverse();
                    }
                    let mut left = rows;
                    for span in spans {
                        let found = walk::select_places(
                            conn,
                            walk,
                            self.asked(),
                            (start, ascending),
                            span,
                            left,
                        )?;
                        left -= i64::try_from(found.len()).unwrap_or(left);
                        places.extend(found);
                        if left <= 0 {
                            break;
                        }
                    }
                }
            }
        }
        places.sort_unstable();
        places.dedup();
        if !ascending {
            places.reverse();
        }
        places.truncate(usize::try_from(rows).unwrap_or_default());
        Ok(places)
    }

    /// The terms that a list of what everyone sees can be counted by, without reading an article.
    fn public_count(&self) -> Option<(&'static str, Option<&[String]>)> {
        let filter = &self.filter;
        let is_public = filter.lead == Lead::Public && !filter.only_read;
        match filter.terms.as_slice() {
            _ if !is_public || self.sight.sees_more() || filter.found.is_some() => None,
            [] if filter.conditions() == 0 => Some((TITLE_KIND, None)),
            [any] if filter.conditions() == 1 => Some((any.kind.word(), Some(&any.keys))),
            _ => None,
        }
    }

    /// True if counting reads an index alone, or the articles of one walk.
    #[must_use]
    pub fn is_counted_fast(&self) -> bool {
        self.public_count().is_some() || self.filter.conditions() == 0
    }

    /// Number of articles in the list, up to `most`; for the side pool.
    pub fn count(&self, conn: &mut Conn, most: i64) -> QueryResult<i64> {
        if self.filter.is_empty() {
            return Ok(0);
        }
        if let Some((kind, keys)) = self.public_count() {
            return walk::count_public(conn, kind, keys, self.sight, most);
        }
        match self.plan(conn)? {
            Plan::Few(few) => Ok(i64::try_from(few.len()).unwrap_or(most).min(most)),
            Plan::Walks(walks) => match walks.as_slice() {
                [walk] => walk::count(conn, walk, self.asked(), most),
                // An article with two of the terms counts once.
                _ => walk::count(conn, &Walk::Recency, self.asked(), most),
            },
        }
    }
}

impl Few {
    fn place(self, key: Key) -> Place {
        match key {
            Key::Publication | Key::Relevance => Place(String::new(), self.sort_key, self.id),
            Key::Update => Place(String::new(), self.updated_at, self.id),
            Key::Comments => Place(String::new(), self.comment_count, self.id),
            Key::Title => Place(self.title_key, self.sort_key, self.id),
        }
    }
}

/// The articles in these rows, in this order (primary key).
pub fn select_rows(conn: &mut Conn, ids: &[ArticleId]) -> QueryResult<Vec<ArticleRow>> {
    let rows: Vec<ArticleRow> = articles::table
        .filter(is_one_of(articles::id, ids.iter().map(|id| id.0)))
        .select(ArticleRow::columns())
        .load(conn)?;
    let mut by_id: HashMap<ArticleId, ArticleRow> =
        rows.into_iter().map(|row| (row.id, row)).collect();
    Ok(ids.iter().filter_map(|id| by_id.remove(id)).collect())
}

fixed_query! {
    /// The first instant after another at which an article becomes public, an embargo is lifted, or an article expires
    /// (indexes `articles_going_public`, `articles_embargoed`, `articles_expiring`).
    struct NextTurns { at: i64 => BigInt } -> (Nullable<BigInt>, Nullable<BigInt>, Nullable<BigInt>)
        = "select (select went_public_at from articles where trashed_at is null and state = 'published'
                 and went_public_at > ?at order by went_public_at limit 1),
             (select embargo_until from articles where trashed_at is null and embargo_until is not null
                 and embargo_until > ?at order by embargo_until limit 1),
             (select expires_at from articles where trashed_at is null and expires_at is not null
                 and expires_at > ?at order by expires_at limit 1)";
}

/// The next time at which the clock makes an article public, lifts an embargo or expires an
/// article.
pub fn select_until(conn: &mut Conn, now: Instant) -> QueryResult<Until> {
    let (public, lifted, ended): (Option<i64>, Option<i64>, Option<i64>) =
        NextTurns { at: now.as_micros() }.get_result(conn)?;
    Ok(Until::after(now, [public, lifted, ended]))
}

/// The same for what a caller sees in lists; with a key no answer is kept, and nothing is asked.
pub fn select_listed_until(conn: &mut Conn, sight: Sight) -> QueryResult<Until> {
    match sight.has_key() {
        true => Ok(Until::EVER),
        false => select_until(conn, sight.now),
    }
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::articles::ladder::{RUNGS, Rung};
    use crate::articles::store::{StandsOn, is_known, is_listed, is_read};
    use diesel::{Connection as _, SqliteConnection};

    use crate::db::{Options, ensure_file};
    use crate::domain::scope::{Scope, Scopes};

    /// Every combination of the columns that decide, as rows of a database.
    fn rows(conn: &mut Conn) {
        let mut values = Vec::new();
        for state in ["draft", "published", "withdrawn", "blocked"] {
            for public in ["null", "9", "10", "11"] {
                for embargo in ["null", "9", "10", "11"] {
                    for end in ["null", "9", "10", "11"] {
                        for access in ["public", "restricted"] {
                            let id = values.len() + 1;
                            values.push(format!("({id}, 'p{id}', 's{id}', '{state}', 'T', 'text', 'en', 'open', 1, 1, 1, {public}, {embargo}, {end}, '{access}')"));
                        }
                    }
                }
            }
        }
        let columns = "id, public_id, slug, state, title, body_format, language, comments_policy, published_at, created_at, updated_at, went_public_at, embargo_until, expires_at, access";
        conn.batch_execute(&format!(
            "insert into articles ({columns}) values {}",
            values.join(",")
        ))
        .unwrap();
    }

    #[test]
    fn the_function_and_the_sql_say_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.db");
        drop(ensure_file(&path, &Options::default(), None).unwrap());
        let mut conn = Conn::from(SqliteConnection::establish(path.to_str().unwrap()).unwrap());
        rows(&mut conn);
        let all: Vec<ArticleRow> =
            articles::table.select(ArticleRow::columns()).load(&mut conn).unwrap();
        assert_eq!(all.len(), 512);
        let now = Instant::from_micros(10);
        let reading = [Scope::DraftsRead, Scope::EmbargoRead, Scope::RestrictedRead];
        for with_key in [false, true] {
            for picked in 0..if with_key { 8 } else { 1 } {
                let scopes: Vec<Scope> = reading
                    .into_iter()
                    .enumerate()
                    .filter(|(bit, _)| picked >> bit & 1 == 1)
                    .map(|(_, scope)| scope)
                    .collect();
                let sight = Sight::with(Scopes::of(&scopes), with_key, now);
                type Predicates = [(fn(Sight) -> StandsOn, fn(Sight, Rung) -> bool); 3];
                let both: Predicates =
                    [(is_read, Sight::reads), (is_listed, Sight::lists), (is_known, Sight::knows)];
                for (sql, function) in both {
                    let by_sql: Vec<i64> = articles::table
                        .filter(sql(sight))
                        .order(articles::id)
                        .select(articles::id)
                        .load(&mut conn)
                        .unwrap();
                    let by_function: Vec<i64> = all
                        .iter()
                        .filter(|row| function(sight, Rung::of(row, now)))
                        .map(|row| row.id.0)
                        .collect();
                    assert_eq!(by_sql, by_function, "{sight:?}");
                }
            }
        }
        // Every rung occurs.
        for rung in RUNGS {
            assert!(all.iter().any(|row| Rung::of(row, now) == rung), "{rung:?}");
        }
    }
}
