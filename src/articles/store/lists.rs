//! Lists of articles, and the time at which the clock next changes them.

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::is_listed;
use crate::articles::filter::{After, Filter, Lead};
use crate::articles::ladder::Sight;
use crate::articles::model::ArticleRow;
use crate::articles::words::Standing;
use crate::db::schema::articles;
use crate::db::{Conn, within_deadline};
use crate::domain::instant::Instant;
use crate::domain::until::Until;
use crate::if_given;

/// The articles that match a filter: one condition, always the same, so that each statement is
/// prepared once for all filters. The leading condition comes before it, as that decides the
/// index.
macro_rules! wanted {
    ($base:expr, $filter:expr) => {
        $base
            .filter(if_given!($filter.public_by, articles::went_public_at.le($filter.public_by)))
            .filter(if_given!(
                $filter.public_after,
                articles::went_public_at.gt($filter.public_after)
            ))
            .filter(if_given!($filter.expired_by, articles::expires_at.le($filter.expired_by)))
    };
}

/// Articles that are there and that the caller may list.
macro_rules! listed {
    ($base:expr, $sight:expr) => {
        $base.filter(articles::trashed_at.is_null()).filter(is_listed($sight))
    };
}

/// Runs a statement with the filter's leading condition, whose index leads to the fewest rows.
macro_rules! led {
    ($base:expr, $filter:expr, $sight:expr, $run:expr) => {{
        let (base, filter, sight) = ($base, $filter, $sight);
        match filter.lead {
            // The public's articles have an index of their own.
            Lead::Public => {
                let public = base.filter(articles::state.eq(Standing::Published.word()));
                $run(wanted!(listed!(public, sight), filter))
            }
            Lead::Standing(standing) => {
                let of_state = base.filter(articles::state.eq(standing.word()));
                $run(wanted!(listed!(of_state, sight), filter))
            }
            Lead::Everything => $run(wanted!(listed!(base, sight), filter)),
            // The trash has no rung: one check applies to all of it.
            Lead::Trash => $run(wanted!(base.filter(articles::trashed_at.is_not_null()), filter)),
        }
    }};
}

/// A page of articles, newest first (index `articles_by_state_and_recency`, `articles_by_recency`
/// for all that is more than public, `articles_in_trash`).
pub fn select_page(
    conn: &mut Conn,
    filter: &Filter,
    sight: Sight,
    after: After,
    rows: i64,
) -> QueryResult<Vec<ArticleRow>> {
    let (key, id) = after;
    let page = articles::table
        .filter(articles::sort_key.le(key))
        .filter(articles::sort_key.lt(key).or(articles::id.lt(id)))
        .order((articles::sort_key.desc(), articles::id.desc()))
        .limit(rows)
        .select(ArticleRow::as_select());
    led!(page, filter, sight, |found| RunQueryDsl::load(found, conn))
}

/// Number of articles in a list; for the side pool.
pub fn count(conn: &mut Conn, filter: &Filter, sight: Sight) -> QueryResult<i64> {
    let all = articles::table.filter(within_deadline()).select(count_star());
    led!(all, filter, sight, |found| RunQueryDsl::first(found, conn))
}

/// The next time at which the clock makes an article public, lifts an embargo or expires an
/// article (indexes `articles_going_public`, `articles_embargoed`, `articles_expiring`).
pub fn select_until(conn: &mut Conn, now: Instant) -> QueryResult<Until> {
    let at = now.as_micros();
    let there = articles::table.filter(articles::trashed_at.is_null());
    let public: Option<Option<i64>> = there
        .filter(articles::state.eq(Standing::Published.word()))
        .filter(articles::went_public_at.gt(at))
        .order(articles::went_public_at.asc())
        .select(articles::went_public_at)
        .first(conn)
        .optional()?;
    let lifted: Option<Option<i64>> = there
        .filter(articles::embargo_until.gt(at))
        .order(articles::embargo_until.asc())
        .select(articles::embargo_until)
        .first(conn)
        .optional()?;
    let ended: Option<Option<i64>> = there
        .filter(articles::expires_at.gt(at))
        .order(articles::expires_at.asc())
        .select(articles::expires_at)
        .first(conn)
        .optional()?;
    Ok(Until::after(now, [public, lifted, ended].map(Option::flatten)))
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection as _;

    use super::*;
    use crate::articles::ladder::{RUNGS, Rung};
    use crate::articles::store::{StandsOn, is_known, is_read};
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
        drop(ensure_file(&path, &Options::default()).unwrap());
        let mut conn = Conn::establish(path.to_str().unwrap()).unwrap();
        rows(&mut conn);
        let all: Vec<ArticleRow> =
            articles::table.select(ArticleRow::as_select()).load(&mut conn).unwrap();
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
