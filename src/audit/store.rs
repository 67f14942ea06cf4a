//! The table of audit events.

use diesel::dsl::count_star;
use uuid::Uuid;

use super::words::Event;
use crate::db::prelude::*;
use crate::db::schema::audit_events;
use crate::db::within_deadline;
use crate::domain::ids::named_id;
use crate::domain::instant::{HOUR, Instant};
use crate::load_boxed;
use crate::web::caller::Actor;

/// Microseconds for which wrong keys from one address are one event.
const COUNTED_TOGETHER: i64 = HOUR;

/// A stored event.
#[derive(Queryable, Selectable, Clone, Debug)]
#[diesel(table_name = audit_events)]
pub struct EventRow {
    pub id: i64,
    pub public_id: String,
    pub event: Event,
    pub at: i64,
    pub last_at: i64,
    pub count: i64,
    pub actor: Option<String>,
    pub actor_key_id: Option<String>,
    pub subject: Option<String>,
    pub address: Option<String>,
    pub note: Option<String>,
}

/// What happened to a key or to the block of an address.
#[derive(Clone, Copy)]
pub struct Happened<'a> {
    /// The kind of event.
    pub event: Event,
    /// The public id of the key or the block.
    pub subject: Uuid,
    /// The key's name, or the reason of the block.
    pub note: Option<&'a str>,
    /// The keyed digest of the address that is blocked.
    pub address: Option<&'a str>,
}

/// Stores an event.
pub fn insert(
    conn: &mut Conn,
    happened: &Happened<'_>,
    by: Actor<'_>,
    now: Instant,
) -> QueryResult<()> {
    let subject = happened.subject.to_string();
    let name = format!("{} {subject}", happened.event.word());
    diesel::insert_into(audit_events::table)
        .values((
            audit_events::public_id.eq(named_id(now, &name).to_string()),
            audit_events::event.eq(happened.event.word()),
            audit_events::at.eq(now.as_micros()),
            audit_events::last_at.eq(now.as_micros()),
            audit_events::count.eq(1),
            audit_events::actor.eq(by.name),
            audit_events::actor_key_id.eq(by.stored_key_id()),
            audit_events::subject.eq(subject),
            audit_events::address.eq(happened.address),
            audit_events::note.eq(happened.note),
        ))
        .execute(conn)
        .map(drop)
}

/// Counts a wrong key from an address (index `audit_events_refused`).
pub fn count_wrong_key(conn: &mut Conn, address: &str, at: Instant) -> QueryResult<()> {
    let now = at.as_micros();
    let lately: Option<i64> = audit_events::table
        .filter(audit_events::address.eq(address))
        .filter(audit_events::event.eq(Event::KeyRefused.word()))
        .filter(audit_events::at.gt(now - COUNTED_TOGETHER))
        .order(audit_events::at.desc())
        .select(audit_events::id)
        .first(conn)
        .optional()?;
    if let Some(lately) = lately {
        return diesel::update(audit_events::table.find(lately))
            .set((audit_events::count.eq(audit_events::count + 1), audit_events::last_at.eq(now)))
            .execute(conn)
            .map(drop);
    }
    diesel::insert_into(audit_events::table)
        .values((
            audit_events::public_id.eq(named_id(at, address).to_string()),
            audit_events::event.eq(Event::KeyRefused.word()),
            audit_events::at.eq(now),
            audit_events::last_at.eq(now),
            audit_events::count.eq(1),
            audit_events::address.eq(address),
        ))
        .execute(conn)
        .map(drop)
}

/// What a list of events is limited to.
#[derive(Clone, Copy)]
pub struct Wanted {
    /// Events of this kind.
    pub event: Option<Event>,
    /// Events from then on.
    pub since: Option<Instant>,
}

/// The events that are wanted. (A boxed query is one engine's; without it, no index would serve each filter.)
macro_rules! wanted {
    ($by:expr) => {{
        let mut all = audit_events::table.into_boxed();
        if let Some(event) = $by.event {
            all = all.filter(audit_events::event.eq(event.word()));
        }
        if let Some(since) = $by.since {
            all = all.filter(audit_events::last_at.ge(since.as_micros()));
        }
        all
    }};
}

/// A page of events, newest first (primary key, index `audit_events_by_event`).
pub fn select_page(
    conn: &mut Conn,
    by: Wanted,
    before: i64,
    rows: i64,
) -> QueryResult<Vec<EventRow>> {
    load_boxed!(
        conn,
        wanted!(by)
            .filter(audit_events::id.lt(before))
            .order(audit_events::id.desc())
            .limit(rows)
            .select(EventRow::columns())
    )
}

/// Number of events; for the side pool.
pub fn count(conn: &mut Conn, by: Wanted) -> QueryResult<i64> {
    let counted: QueryResult<Vec<i64>> =
        load_boxed!(conn, wanted!(by).filter(within_deadline()).select(count_star()));
    Ok(counted?.into_iter().sum())
}

/// Deletes events from before an instant, and the digests of addresses from before another, up to `most` of each, the
/// oldest first (indexes `audit_events_by_time`, `audit_events_with_address`). Returns true if there may be more.
pub fn forget(
    conn: &mut Conn,
    before: Instant,
    addresses_before: Instant,
    most: i64,
) -> QueryResult<bool> {
    let old: Vec<i64> = audit_events::table
        .filter(audit_events::at.lt(before.as_micros()))
        .order(audit_events::at.asc())
        .limit(most)
        .select(audit_events::id)
        .load(conn)?;
    for id in &old {
        diesel::delete(audit_events::table.find(id)).execute(conn)?;
    }
    let known: Vec<i64> = audit_events::table
        .filter(audit_events::address.is_not_null())
        .filter(audit_events::at.lt(addresses_before.as_micros()))
        .order(audit_events::at.asc())
        .limit(most)
        .select(audit_events::id)
        .load(conn)?;
    for id in &known {
        diesel::update(audit_events::table.find(id))
            .set(audit_events::address.eq(None::<String>))
            .execute(conn)?;
    }
    let is_full = |rows: &[i64]| i64::try_from(rows.len()) == Ok(most);
    Ok(is_full(&old) || is_full(&known))
}
