//! Lists of articles, and when the clock changes them.

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::{ArticleRow, BLOCKED, DRAFT, PUBLISHED, WITHDRAWN};
use crate::articles::ladder::{Rung, Sight};
use crate::db::schema::articles;
use crate::db::within_deadline;
use crate::domain::instant::Instant;
use crate::web::scope::Scope;

/// Where a page starts: behind this sort key and id.
pub type After = (i64, i64);
/// Before everything.
pub const FIRST: After = (i64::MAX, i64::MAX);

/// Which articles a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All that the caller may read.
    All,
    /// Drafts.
    Draft,
    /// Those whose time is to come.
    Scheduled,
    /// Published, whatever the embargo and the end say.
    Published,
    /// Taken back.
    Withdrawn,
    /// Blocked.
    Blocked,
    /// Past their end.
    Expired,
    /// In the trash.
    Trashed,
}

impl Filter {
    /// Whether this list can hold anything for this caller.
    #[must_use]
    pub fn may_show(self, sight: Sight) -> bool {
        let rungs: &[Rung] = match self {
            Self::All | Self::Published => return true,
            // The trash has no rung: it is one question for all of it.
            Self::Trashed => return sight.may(Scope::DraftsRead),
            Self::Draft | Self::Scheduled => &[Rung::Unpublished],
            Self::Withdrawn => &[Rung::Embargoed, Rung::NeverSeen, Rung::Withdrawn],
            Self::Blocked => &[Rung::Embargoed, Rung::NeverSeen, Rung::Blocked],
            Self::Expired => &[Rung::Unpublished, Rung::Embargoed, Rung::Expired],
        };
        rungs.iter().any(|rung| sight.lists(*rung))
    }
}

/// Runs `$then` on `$base` narrowed to what `$filter` asks for: each query has a type
/// of its own, and is prepared once.
macro_rules! narrowed {
    ($base:expr, $filter:expr, $sight:expr, |$query:ident| $then:expr) => {{
        let now = $sight.now.as_micros();
        let there = $base
            .filter(articles::trashed_at.is_null())
            .filter($sight.is_listed());
        match $filter {
            // The public's articles stand in an index of their own.
            Filter::All if !$sight.sees_more() => {
                let $query = there.filter(articles::state.eq(PUBLISHED));
                $then
            }
            Filter::All => {
                let $query = there;
                $then
            }
            Filter::Draft => {
                let $query = there.filter(articles::state.eq(DRAFT));
                $then
            }
            Filter::Withdrawn => {
                let $query = there.filter(articles::state.eq(WITHDRAWN));
                $then
            }
            Filter::Blocked => {
                let $query = there.filter(articles::state.eq(BLOCKED));
                $then
            }
            Filter::Published => {
                let $query = there
                    .filter(articles::state.eq(PUBLISHED))
                    .filter(articles::went_public_at.le(now));
                $then
            }
            Filter::Scheduled => {
                let $query = there
                    .filter(articles::state.eq(PUBLISHED))
                    .filter(articles::went_public_at.gt(now));
                $then
            }
            Filter::Expired => {
                let $query = there
                    .filter(articles::state.eq(PUBLISHED))
                    .filter(articles::expires_at.le(now));
                $then
            }
            Filter::Trashed => {
                let $query = $base.filter(articles::trashed_at.is_not_null());
                $then
            }
        }
    }};
}

/// A page of articles, newest first (index `articles_by_state_and_recency`,
/// `articles_by_recency` for all that is more than public, `articles_in_trash`).
pub fn select_page(
    conn: &mut SqliteConnection,
    sight: Sight,
    filter: Filter,
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
    narrowed!(page, filter, sight, |page| page.load(conn))
}

/// Number of articles in a list; for the side pool.
pub fn count(conn: &mut SqliteConnection, sight: Sight, filter: Filter) -> QueryResult<i64> {
    let all = articles::table
        .filter(within_deadline())
        .select(count_star());
    narrowed!(all, filter, sight, |all| all.first(conn))
}

/// When the clock next makes an article public or ends it, after `now` (indexes
/// `articles_going_public`, `articles_embargoed`, `articles_expiring`).
pub fn next_change(conn: &mut SqliteConnection, now: Instant) -> QueryResult<Option<i64>> {
    let now = now.as_micros();
    let there = articles::table.filter(articles::trashed_at.is_null());
    let public: Option<Option<i64>> = there
        .filter(articles::state.eq(PUBLISHED))
        .filter(articles::went_public_at.gt(now))
        .order(articles::went_public_at.asc())
        .select(articles::went_public_at)
        .first(conn)
        .optional()?;
    let lifted: Option<Option<i64>> = there
        .filter(articles::embargo_until.gt(now))
        .order(articles::embargo_until.asc())
        .select(articles::embargo_until)
        .first(conn)
        .optional()?;
    let ended: Option<Option<i64>> = there
        .filter(articles::expires_at.gt(now))
        .order(articles::expires_at.asc())
        .select(articles::expires_at)
        .first(conn)
        .optional()?;
    Ok([public, lifted, ended]
        .into_iter()
        .flatten()
        .flatten()
        .min())
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection as _;

    use super::*;
    use crate::articles::ladder::{RUNGS, StandsOn};
    use crate::db::{Options, ensure_file};
    use crate::web::scope::Scopes;

    /// Every combination of what decides, as rows of a database.
    fn rows(conn: &mut SqliteConnection) {
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
        let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        rows(&mut conn);
        let all: Vec<ArticleRow> = articles::table
            .select(ArticleRow::as_select())
            .load(&mut conn)
            .unwrap();
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
                let both: Predicates = [
                    (Sight::is_read, Sight::reads),
                    (Sight::is_listed, Sight::lists),
                    (Sight::is_known, Sight::knows),
                ];
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
                        .map(|row| row.id)
                        .collect();
                    assert_eq!(by_sql, by_function, "{sight:?}");
                }
            }
        }
        // Every rung is stood on.
        for rung in RUNGS {
            assert!(all.iter().any(|row| Rung::of(row, now) == rung), "{rung:?}");
        }
    }
}
