//! The tables of the change log.

use diesel::sql_types::{BigInt, Nullable, Text};

use super::words::{ChangeType, Shows};
use crate::db::prelude::*;
use crate::db::schema::{article_publicity, change_log, changes};
use crate::domain::instant::Instant;
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
}

/// The kind of a row that is there for caches alone: a term got another name.
pub const TERMS_NAMED: &str = "terms.named";

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
    /// Its kind.
    pub kind: ChangeType,
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
        kind: change.kind.word().to_owned(),
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

/// The position of the newest change; 0 if there is none (primary key).
pub fn select_last(conn: &mut Conn) -> QueryResult<i64> {
    let last: Option<i64> = changes::table.select(diesel::dsl::max(changes::id)).first(conn)?;
    Ok(last.unwrap_or_default())
}

/// The log as a whole: its epoch, and the position up to which removals may be missing.
pub fn select_log(conn: &mut Conn) -> QueryResult<(String, i64)> {
    change_log::table.find(1).select((change_log::epoch, change_log::removed_until)).first(conn)
}

/// One of a thing's changes, and the position of the last.
#[derive(Queryable, Clone, Debug)]
struct Superseded {
    id: i64,
    kind: String,
    last: i64,
}

fixed_query! {
    /// Changes between two positions, each with the position of the last change of the same thing (primary key, index
    /// `changes_by_subject`).
    struct SelectWithLast { after: i64 => BigInt, before: i64 => BigInt, most: i64 => BigInt } -> (BigInt, Text, BigInt)
        = "select id, kind, (select max(later.id) from changes as later where later.subject = changes.subject)
           from changes where id > ?after and id < ?before order by id limit ?most";
}

/// Deletes what a reader from the start does not need of up to `most` changes between two positions: those of things that
/// changed again, and removals. Returns the position up to which it looked; `None` if it looked at none.
pub fn compact(conn: &mut Conn, after: i64, before: i64, most: i64) -> QueryResult<Option<i64>> {
    let rows: Vec<Superseded> = SelectWithLast { after, before, most }.load(conn)?;
    let mut removed_until = None;
    for row in &rows {
        let is_removal = ChangeType::from_word(&row.kind).is_some_and(ChangeType::is_removal);
        if row.last == row.id && !is_removal && row.kind != TERMS_NAMED {
            continue;
        }
        diesel::delete(changes::table.find(row.id)).execute(conn)?;
        // Who has not read it yet does without, if a later change says what became of the thing.
        if is_removal && row.last == row.id {
            removed_until = Some(row.id);
        }
    }
    if let Some(until) = removed_until {
        diesel::update(change_log::table.find(1).filter(change_log::removed_until.lt(until)))
            .set(change_log::removed_until.eq(until))
            .execute(conn)?;
    }
    Ok(rows.last().map(|row| row.id))
}
