//! Addresses from which no comment is taken.

use std::net::IpAddr;
use std::sync::Arc;

use uuid::Uuid;

use crate::articles::ladder::Sight;
use crate::audit::words::Event;
use crate::audit::{self, Happened};
use crate::comments::api::AddressBlock;
use crate::comments::input::BlockAddressInput;
use crate::comments::model::BlockRow;
use crate::comments::read::find_any;
use crate::comments::{BlockPath, CommentPath, ListBlocks, store};
use crate::db::{Conn, Touched};
use crate::domain::ids::new_id;
use crate::domain::instant::{DAY, Instant};
use crate::problem::{Code, Problem};
use crate::web::address::digest_of;
use crate::web::body::OptionalJson;
use crate::web::paging::{Listing, Page};
use crate::web::{Call, Reply};

const LIST_PATH: &str = "/v1/blocked-addresses";

/// Block the address of a comment
///
/// No comment and no report is taken from the address that this comment came from, for `days`: they are answered with
/// 403 (`address_blocked`). A key with `comments:write` may still comment from there. An IPv6 address stands for its
/// /64 network. A block of the same address that is in force is replaced by this one.
#[utoipa::path(post, path = "/v1/comments/{comment}/block-address", responses((status = 201, description = "The block.", body = AddressBlock)))]
pub async fn block_address(
    call: Call<CommentPath, (), OptionalJson<BlockAddressInput>>,
) -> Result<Reply, Problem> {
    let Call { context: call, path: CommentPath(id), body: OptionalJson(input), .. } = call;
    let (caller, entropy) = (call.caller.clone(), Arc::clone(&call.services.entropy));
    let unit = move |conn: &mut Conn, now: Instant| {
        let comment = find_any(conn, id, Sight::of(&caller, now))?;
        let Some(address) = store::select_address(conn, comment.id)? else {
            return Err(Problem::plain(Code::AddressNotKept));
        };
        let until = now.checked_plus(input.days.0 * DAY).unwrap_or(now);
        let (block, reason) = (new_id(now, entropy.as_ref()), input.reason.as_deref());
        let row = BlockRow {
            id: 0,
            public_id: block.to_string(),
            address,
            comment: comment.public_id,
            reason: reason.map(str::to_owned),
            created_at: now.as_micros(),
            until: until.as_micros(),
            actor: caller.actor().name.to_owned(),
            actor_key_id: caller.actor().stored_key_id(),
        };
        store::insert_block(conn, &row)?;
        let address = Some(row.address.as_str());
        let happened =
            Happened { event: Event::BlockCreated, subject: block, note: reason, address };
        audit::record(conn, happened, caller.actor(), now)?;
        Ok((AddressBlock::from(row), Touched::Nothing))
    };
    let made = call.services.db.write_touching(unit).await?;
    Reply::created(format!("{LIST_PATH}/{}", made.id), &made)
}

/// List blocked addresses
///
/// Those that are blocked now, the latest block first.
#[utoipa::path(get, path = "/v1/blocked-addresses", responses((status = 200, description = "A page of blocks.", body = [AddressBlock])))]
pub async fn list_blocks(call: Call<(), ListBlocks>) -> Result<Reply, Problem> {
    let (query, now) = (&call.query, call.services.now());
    let listing = Listing::of(LIST_PATH, query);
    let before = listing.start(&query.cursor, i64::MAX)?;
    let db = &call.services.db;
    let rows = db.read(|conn| Ok(store::select_blocks(conn, before, query.limit.0 + 1, now)?))?;
    let total = match query.count.0 {
        true => Some(db.search(move |conn| Ok(store::count_blocks(conn, now)?)).await?),
        false => None,
    };
    let page = Page::of(rows, query.limit, |row| listing.seal(&row.id)).map(AddressBlock::from);
    Reply::page(&call, page, total, query.fields.names(), &["id"])
}

/// Read a block
///
/// One that is in force.
#[utoipa::path(get, path = "/v1/blocked-addresses/{block}", responses((status = 200, description = "The block.", body = AddressBlock)))]
pub async fn read_block(call: Call<BlockPath>) -> Result<Reply, Problem> {
    let (id, now) = (call.path.0, call.services.now());
    let row = call.services.db.read(|conn| find_block(conn, id, now))?;
    Reply::ok(&AddressBlock::from(row))
}

/// Lift a block
///
/// Comments are taken from the address again, at once.
#[utoipa::path(delete, path = "/v1/blocked-addresses/{block}", responses((status = 204, description = "It is lifted.")))]
pub async fn unblock_address(call: Call<BlockPath>) -> Result<Reply, Problem> {
    let (id, caller) = (call.path.0, call.caller.clone());
    let unit = move |conn: &mut Conn, now: Instant| {
        let row = find_block(conn, id, now)?;
        store::delete_block(conn, row.id)?;
        let (note, address) = (row.reason.as_deref(), Some(row.address.as_str()));
        let happened = Happened { event: Event::BlockLifted, subject: id, note, address };
        audit::record(conn, happened, caller.actor(), now)?;
        Ok(((), Touched::Nothing))
    };
    call.services.db.write_touching(unit).await?;
    Ok(Reply::no_content())
}

fn find_block(conn: &mut Conn, id: Uuid, now: Instant) -> Result<BlockRow, Problem> {
    let found = store::select_block(conn, id, now)?;
    found.ok_or_else(|| Problem::plain(Code::BlockNotFound).with("id", id.to_string()))
}

/// The keyed digest of the address that a request comes from. One by a reader is refused if the address is blocked.
///
/// # Errors
/// `address_blocked`, or a database fault.
pub(super) fn admitted(
    conn: &mut Conn,
    (address, secret): (Option<IpAddr>, &[u8]),
    is_reader: bool,
    now: Instant,
) -> Result<Option<String>, Problem> {
    let Some(address) = address.map(|address| digest_of(secret, address)) else {
        return Ok(None);
    };
    let until = match is_reader {
        true => store::select_block_of(conn, &address, now)?,
        false => None,
    };
    match until {
        None => Ok(Some(address)),
        Some(until) => Err(Problem::plain(Code::AddressBlocked)
            .with("until", Instant::from_micros(until).to_string())),
    }
}
