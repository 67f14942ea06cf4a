//! Blocked addresses.

use diesel::dsl::count_star;
use uuid::Uuid;

use crate::comments::model::BlockRow;
use crate::db::prelude::*;
use crate::db::schema::blocked_addresses;
use crate::db::within_deadline;
use crate::domain::instant::Instant;

/// Stores a block in the place of the one that the address may have (index `blocked_addresses_address`).
pub fn insert_block(conn: &mut Conn, row: &BlockRow) -> QueryResult<()> {
    diesel::delete(blocked_addresses::table.filter(blocked_addresses::address.eq(&row.address)))
        .execute(conn)?;
    diesel::insert_into(blocked_addresses::table)
        .values((
            blocked_addresses::public_id.eq(&row.public_id),
            blocked_addresses::address.eq(&row.address),
            blocked_addresses::comment.eq(&row.comment),
            blocked_addresses::reason.eq(&row.reason),
            blocked_addresses::created_at.eq(row.created_at),
            blocked_addresses::until.eq(row.until),
            blocked_addresses::actor.eq(&row.actor),
            blocked_addresses::actor_key_id.eq(&row.actor_key_id),
        ))
        .execute(conn)
        .map(drop)
}

/// Until when an address is blocked, if it is (index `blocked_addresses_address`).
pub fn select_block_of(conn: &mut Conn, address: &str, now: Instant) -> QueryResult<Option<i64>> {
    blocked_addresses::table
        .filter(blocked_addresses::address.eq(address))
        .filter(blocked_addresses::until.gt(now.as_micros()))
        .select(blocked_addresses::until)
        .first(conn)
        .optional()
}

/// A block that is in force (index `blocked_addresses_public_id`).
pub fn select_block(conn: &mut Conn, id: Uuid, now: Instant) -> QueryResult<Option<BlockRow>> {
    blocked_addresses::table
        .filter(blocked_addresses::public_id.eq(id.to_string()))
        .filter(blocked_addresses::until.gt(now.as_micros()))
        .select(BlockRow::columns())
        .first(conn)
        .optional()
}

/// A page of the blocks in force, newest first (primary key).
pub fn select_blocks(
    conn: &mut Conn,
    before: i64,
    rows: i64,
    now: Instant,
) -> QueryResult<Vec<BlockRow>> {
    blocked_addresses::table
        .filter(blocked_addresses::id.lt(before))
        .filter(blocked_addresses::until.gt(now.as_micros()))
        .order(blocked_addresses::id.desc())
        .limit(rows)
        .select(BlockRow::columns())
        .load(conn)
}

/// Number of the blocks in force; for the side pool.
pub fn count_blocks(conn: &mut Conn, now: Instant) -> QueryResult<i64> {
    blocked_addresses::table
        .filter(blocked_addresses::until.gt(now.as_micros()))
        .filter(within_deadline())
        .select(count_star())
        .first(conn)
}

/// Deletes a block.
pub fn delete_block(conn: &mut Conn, id: i64) -> QueryResult<()> {
    diesel::delete(blocked_addresses::table.find(id)).execute(conn).map(drop)
}

/// Deletes blocks that have ended, up to `most`, the oldest first (index `blocked_addresses_until`). Returns true if
/// there may be more.
pub fn forget_blocks(conn: &mut Conn, most: i64, now: Instant) -> QueryResult<bool> {
    let over: Vec<i64> = blocked_addresses::table
        .filter(blocked_addresses::until.le(now.as_micros()))
        .order(blocked_addresses::until.asc())
        .limit(most)
        .select(blocked_addresses::id)
        .load(conn)?;
    let has_more = i64::try_from(over.len()) == Ok(most);
    over.into_iter().try_for_each(|id| delete_block(conn, id))?;
    Ok(has_more)
}
