//! The tables of the change log.

use diesel::sql_types::{BigInt, Nullable, Text};

use super::words::{ChangeType, Followed, Shows};
use crate::db::last_at;
use crate::db::prelude::*;
use crate::db::schema::{article_publicity, change_log, change_log_epochs, changes};
use crate::domain::instant::{DAY, Instant};
use crate::fixed_query;

/// A stored change.
#[derive(Queryable, Selectable, Clone, Debug)]
#[diesel(table_name = changes)]
pub struct ChangeRow {
    /// Its position.
    pub id: i64,
    /// Its kind, as a word.
    pub kind: String,
    /// The public id of what changed.
    pub subject: String,
    /// The public id of a comment's article.
    pub article: Option<String>,
    /// The version after it.
    pub version: Option<i64>,
    /// When it happened, in microseconds.
    pub at: i64,
    /// The cache groups that it changes besides those that follow from the rest.
    pub cache_groups: Option<String>,
}

impl ChangeRow {
    /// Its kind; `None` if no consumer is told of it.
    #[must_use]
    pub fn change(&self) -> Option<ChangeType> {
        ChangeType::from_word(&self.kind)
    }

    /// True if an article changed.
    #[must_use]
    pub fn is_of_article(&self) -> bool {
        self.change().is_some_and(|change| change.of() == Followed::Article)
    }
}

/// The kind of a row that is there for caches alone: a term got another name.
pub const TERMS_NAMED: &str = "terms.named";

/// The same: a comment has another version, and shows nothing else.
pub const COMMENT_TOUCHED: &str = "comment.touched";

/// A change that is about to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewChange<'a> {
    /// Its kind.
    pub kind: &'a str,
    /// The public id of the article or disclaimer.
    pub subject: &'a str,
    /// The version after it.
    pub version: Option<i64>,
    /// The instant at which it happened.
    pub at: Instant,
    /// The cache groups that it changes.
    pub groups: Option<&'a str>,
}

fixed_query! {
    /// Adds a change after all others.
    struct InsertChange {
        now: i64 => BigInt, kind: String => Text, subject: String => Text, version: Option<i64> => Nullable<BigInt>,
        at: i64 => BigInt, groups: Option<String> => Nullable<Text>,
    } -> BigInt
        = "insert into changes (id, kind, subject, version, at, cache_groups)
           values (coalesce((select max(id) + 1 from changes where id >= ?now), ?now), ?kind, ?subject, ?version, ?at, ?groups)";
}

/// Adds a change in the unit of work at `now` (primary key).
pub fn insert(conn: &mut Conn, change: &NewChange<'_>, now: Instant) -> QueryResult<()> {
    let insert = InsertChange {
        now: now.as_micros(),
        kind: change.kind.to_owned(),
        subject: change.subject.to_owned(),
        version: change.version,
        at: change.at.as_micros(),
        groups: change.groups.map(str::to_owned),
    };
    insert.execute(conn).map(drop)
}

fixed_query! {
    /// Adds a change of a comment after all others, if readers can see the comments of its article. What the clock does
    /// to the article takes its comments along once it is told.
    struct InsertCommentChange {
        now: i64 => BigInt, kind: String => Text, subject: String => Text, article: String => Text,
        version: i64 => BigInt, article_id: i64 => BigInt,
    } -> BigInt
        = "insert into changes (id, kind, subject, article, version, at)
           select coalesce((select max(id) + 1 from changes where id >= ?now), ?now), ?kind, ?subject, ?article, ?version, ?now
           from article_publicity where article_id = ?article_id and shows = 'article'";
}

/// A change of a comment that is about to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewCommentChange<'a> {
    /// Its kind; `None` for one that is for caches alone.
    pub kind: Option<ChangeType>,
    /// The comment's public id.
    pub subject: &'a str,
    /// The row of its article.
    pub article_id: i64,
    /// The public id of its article.
    pub article: &'a str,
    /// The comment's version after it.
    pub version: i64,
}

/// Adds a change of a comment in the unit of work at `now`, if readers can see the comments of its article.
pub fn insert_of_comment(
    conn: &mut Conn,
    change: NewCommentChange<'_>,
    now: Instant,
) -> QueryResult<()> {
    let insert = InsertCommentChange {
        now: now.as_micros(),
        kind: change.kind.map_or(COMMENT_TOUCHED, ChangeType::word).to_owned(),
        subject: change.subject.to_owned(),
        article: change.article.to_owned(),
        version: change.version,
        article_id: change.article_id,
    };
    insert.execute(conn).map(drop)
}

/// What the log says of an article.
#[derive(Queryable, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Publicity {
    /// What readers can see of it.
    pub shows: Shows,
    /// The next instant at which the clock may change that.
    pub due_at: Option<i64>,
}

/// What the log says of an article, by its row (primary key).
pub fn select_publicity(conn: &mut Conn, article: i64) -> QueryResult<Option<Publicity>> {
    article_publicity::table
        .find(article)
        .select((article_publicity::shows, article_publicity::due_at))
        .first(conn)
        .optional()
}

fixed_query! {
    /// Notes what the log says of an article. Its comments follow (trigger `article_comments_follow`).
    struct NotePublicity {
        article: i64 => BigInt, shows: String => Text, due_at: Option<i64> => Nullable<BigInt>, at: i64 => BigInt,
    } -> BigInt
        = "insert into article_publicity (article_id, shows, due_at, at) values (?article, ?shows, ?due_at, ?at)
           on conflict (article_id) do update set shows = excluded.shows, due_at = excluded.due_at, at = excluded.at";
}

/// Notes what the log says of an article from an instant on.
pub fn note_publicity(
    conn: &mut Conn,
    article: i64,
    publicity: Publicity,
    at: Instant,
) -> QueryResult<()> {
    let note = NotePublicity {
        article,
        shows: publicity.shows.word().to_owned(),
        due_at: publicity.due_at,
        at: at.as_micros(),
    };
    note.execute(conn).map(drop)
}

/// Rows of articles that the clock may have changed up to an instant, and which the log does not know of; the earliest
/// first (index `article_publicity_due`).
pub fn select_due(conn: &mut Conn, now: Instant, rows: i64) -> QueryResult<Vec<i64>> {
    article_publicity::table
        .filter(article_publicity::due_at.is_not_null())
        .filter(article_publicity::due_at.le(now.as_micros()))
        .order((article_publicity::due_at.asc(), article_publicity::article_id.asc()))
        .limit(rows)
        .select(article_publicity::article_id)
        .load(conn)
}

/// The next instant at which the clock changes what is public (index `article_publicity_due`).
pub fn select_next_due(conn: &mut Conn) -> QueryResult<Option<i64>> {
    article_publicity::table
        .filter(article_publicity::due_at.is_not_null())
        .order(article_publicity::due_at.asc())
        .select(article_publicity::due_at)
        .first::<Option<i64>>(conn)
        .optional()
        .map(Option::flatten)
}

/// Changes after a position, the oldest first (primary key).
pub fn select_after(conn: &mut Conn, after: i64, rows: i64) -> QueryResult<Vec<ChangeRow>> {
    changes::table
        .filter(changes::id.gt(after))
        .order(changes::id.asc())
        .limit(rows)
        .select(ChangeRow::columns())
        .load(conn)
}

/// The cache groups of the last change of an article up to a position (index `changes_by_subject`).
pub fn select_groups(conn: &mut Conn, subject: &str, until: i64) -> QueryResult<Option<String>> {
    let found: Option<Option<String>> = changes::table
        .filter(changes::subject.eq(subject))
        .filter(changes::id.le(until))
        .order(changes::id.desc())
        .select(changes::cache_groups)
        .first(conn)
        .optional()?;
    Ok(found.flatten())
}

/// The position of the newest change; 0 if there is none (primary key).
pub fn select_last(conn: &mut Conn) -> QueryResult<i64> {
    let last: Option<i64> = changes::table.select(diesel::dsl::max(changes::id)).first(conn)?;
    Ok(last.unwrap_or_default())
}

/// How much of the log is no longer there: the positions up to which removals may be missing, and changes of what has
/// changed again.
pub fn select_log(conn: &mut Conn) -> QueryResult<(i64, i64)> {
    let columns = (change_log::removed_until, change_log::compacted_until);
    change_log::table.find(1).select(columns).first(conn)
}

/// Starts of servers that are known: cursors of older ones are of no log. Years of daily starts.
const EPOCHS_KEPT: i64 = 1_000;

/// The name of the present epoch (primary key).
pub fn select_epoch(conn: &mut Conn) -> QueryResult<String> {
    change_log_epochs::table
        .filter(change_log_epochs::number.gt(0))
        .order(change_log_epochs::number.desc())
        .select(change_log_epochs::epoch)
        .first(conn)
}

/// Begins another epoch, at the end of what was written before this unit (primary key).
pub fn insert_epoch(conn: &mut Conn, epoch: &str) -> QueryResult<()> {
    // The last rows may be gone by now; and a unit can have more rows than microseconds.
    let position = last_at(conn)?.max(select_last(conn)?);
    let last: Option<i64> =
        change_log_epochs::table.select(diesel::dsl::max(change_log_epochs::number)).first(conn)?;
    let number = last.unwrap_or_default() + 1;
    diesel::insert_into(change_log_epochs::table)
        .values((
            change_log_epochs::number.eq(number),
            change_log_epochs::epoch.eq(epoch),
            change_log_epochs::position.eq(position),
        ))
        .execute(conn)?;
    let old = change_log_epochs::table.filter(change_log_epochs::number.le(number - EPOCHS_KEPT));
    diesel::delete(old).execute(conn).map(drop)
}

/// True if a position was reached in an epoch: that is known, and the next one began no earlier (index
/// `change_log_epochs_epoch`).
pub fn has_reached(conn: &mut Conn, epoch: &str, id: i64) -> QueryResult<bool> {
    let number: Option<i64> = change_log_epochs::table
        .filter(change_log_epochs::epoch.eq(epoch))
        .select(change_log_epochs::number)
        .first(conn)
        .optional()?;
    let Some(number) = number else {
        return Ok(false);
    };
    let next: Option<i64> = change_log_epochs::table
        .filter(change_log_epochs::number.gt(number))
        .order(change_log_epochs::number.asc())
        .select(change_log_epochs::position)
        .first(conn)
        .optional()?;
    Ok(next.is_none_or(|position| id <= position))
}

/// One of a thing's changes, and the position of the last.
#[derive(Queryable, Clone, Debug)]
struct Superseded {
    id: i64,
    kind: String,
    last: i64,
}

fixed_query! {
    /// Changes between two positions, each with the position of the last change of the same thing that consumers are told (primary key, index
    /// `changes_by_subject`).
    struct SelectWithLast { after: i64 => BigInt, before: i64 => BigInt, most: i64 => BigInt } -> (BigInt, Text, BigInt)
        = "select id, kind, coalesce((select max(later.id) from changes as later
               where later.subject = changes.subject and later.kind not in ('terms.named', 'comment.touched')), 0)
           from changes where id > ?after and id < ?before order by id limit ?most";
}

/// How much longer removals are kept than changes of what has changed again, in microseconds: whoever began to read from the
/// start has so long to come to the end.
const REMOVALS_KEPT_LONGER: i64 = DAY;

/// Deletes what a reader from the start does not need of up to `most` changes between two positions: those of things that
/// changed again, and, a day later, removals. Returns the position up to which it looked; `None` at the end.
pub fn compact(conn: &mut Conn, after: i64, before: i64, most: i64) -> QueryResult<Option<i64>> {
    let rows: Vec<Superseded> = SelectWithLast { after, before, most }.load(conn)?;
    let mut removed_until = None;
    for row in &rows {
        let is_last = row.last == row.id;
        let is_removal = ChangeType::from_word(&row.kind).is_some_and(ChangeType::is_removal);
        let is_for_caches = [TERMS_NAMED, COMMENT_TOUCHED].contains(&&*row.kind);
        let is_over = is_removal && row.id < before - REMOVALS_KEPT_LONGER;
        if is_last && !is_over && !is_for_caches {
            continue;
        }
        diesel::delete(changes::table.find(row.id)).execute(conn)?;
        // Who has not read it yet does without, if a later change says what became of the thing.
        if is_last && is_removal {
            removed_until = Some(row.id);
        }
    }
    if let Some(until) = removed_until {
        diesel::update(change_log::table.find(1).filter(change_log::removed_until.lt(until)))
            .set(change_log::removed_until.eq(until))
            .execute(conn)?;
    }
    let at = rows.last().map(|row| row.id);
    if at.is_none() {
        diesel::update(change_log::table.find(1).filter(change_log::compacted_until.lt(before)))
            .set(change_log::compacted_until.eq(before))
            .execute(conn)?;
    }
    Ok(at)
}
