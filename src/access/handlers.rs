//! The operations on keys: parse, decide, store, reply.

use std::sync::Arc;

use diesel::sqlite::SqliteConnection;
use uuid::Uuid;

use super::api::{Key, KeyInput, NewKey, OwnKey};
use super::store::{self, KeyRow};
use super::words::KeyState;
use super::{Asked, FORCE, is_free_name, log_made, log_revoked, make, refused, revoke};
use crate::problem::{Code, FaultCode, Problem};
use crate::web::caller::Caller;
use crate::web::paging::{Listing, Page};
use crate::web::scope::Scopes;
use crate::web::{Call, Reply, reply};

const LIST_PATH: &str = "/v1/keys";

/// List keys
///
/// Those that were not revoked, in the order in which they were made; those that have expired are
/// among them. With `state` those that are active, expired or revoked. The admin key that was given from outside is not
/// among them.
#[utoipa::path(get, path = "/v1/keys", responses((status = 200, description = "A page of keys.", body = [Key])))]
pub async fn list_keys(call: Call) -> Result<Reply, Problem> {
    let asked = call.query.state();
    let state = asked.and_then(KeyState::from_word);
    let listing = Listing::new(LIST_PATH, &[("state", asked.unwrap_or_default())]);
    let after = listing.start(&call.query, 0)?;
    let limit = call.query.limit();
    let now = call.services.now();
    let db = &call.services.db;
    let rows = db.read(|conn| Ok(store::select_page(conn, state, after, limit + 1, now)?))?;
    let total = match call.query.count() {
        true => Some(
            db.search(move |conn| Ok(store::count(conn, state, now)?))
                .await?,
        ),
        false => None,
    };
    let page = Page::of(rows, limit, |row| listing.seal(&row.id), Key::from);
    Reply::page(&call, page, total, &["id"])
}

/// Make a key
///
/// The answer shows it, this once: only its digest is kept. A key grants only scopes that it has.
#[utoipa::path(post, path = "/v1/keys", responses((status = 201, description = "The key, with its secret.", body = NewKey)))]
pub async fn create_key(call: Call) -> Result<Reply, Problem> {
    let input: KeyInput = call.body()?;
    if !is_free_name(&input.name) {
        let detail = "is a name under which history knows somebody else.";
        return Err(refused("/name", FaultCode::UnknownValue, detail));
    }
    for scope in &input.scopes.0 {
        if !call.caller.may(*scope) {
            let detail = format!(
                "A key grants only scopes that it has, and yours lacks `{}`. Leave it out, or use a key that has it.",
                scope.word()
            );
            return Err(
                Problem::new(Code::InsufficientScope, detail).with("required_scope", scope.word())
            );
        }
    }
    let entropy = Arc::clone(&call.services.entropy);
    let scopes = Scopes::of(&input.scopes.0);
    let caller = call.caller.clone();
    let made = call.services.db.write(move |conn, now| {
        let asked = Asked {
            name: &input.name,
            scopes,
            expires_at: input.expires_at,
            by: caller.actor(),
        };
        let (id, key) = make(conn, &asked, entropy.as_ref(), now)?;
        let about = Key::from(find(conn, id)?);
        let key = key.reveal();
        Ok(NewKey { about, key })
    });
    let made = made.await?;
    log_made(&made.about, call.caller.actor());
    Reply::created(format!("{LIST_PATH}/{}", made.about.id), &made)
}

/// Read your own key
///
/// Who you are to this server, and what you may do.
#[utoipa::path(get, path = "/v1/keys/self", responses((status = 200, description = "The key that the request came with.", body = OwnKey)))]
pub async fn read_own_key(call: Call) -> Result<Reply, Problem> {
    let row = match call.caller {
        Caller::Key { id, .. } => call.services.db.read(|conn| Ok(store::select(conn, id)?))?,
        _ => None,
    };
    Reply::ok(&OwnKey::new(&call.caller, row))
}

/// Read a key
///
/// All but its secret, which nobody has any more; also one that was revoked.
#[utoipa::path(get, path = "/v1/keys/{key}", responses((status = 200, description = "The key.", body = Key)))]
pub async fn read_key(call: Call) -> Result<Reply, Problem> {
    let id = call.id("key")?;
    let row = call.services.db.read(|conn| {
        let found = store::select_any(conn, id)?;
        found.ok_or_else(|| not_found(id))
    })?;
    Reply::ok(&Key::from(row))
}

/// Revoke a key
///
/// At once, and for good. The last key that may make keys is revoked with `force=true` only: without one, a key is made
/// by whoever holds the file (`copydesk key create`).
#[utoipa::path(delete, path = "/v1/keys/{key}", responses((status = 204, description = "It opens nothing any more.")))]
pub async fn revoke_key(call: Call) -> Result<Reply, Problem> {
    let id = call.id("key")?;
    // The admin key that was given from outside makes keys as well.
    let force = call.query.flag(FORCE.name) || call.services.has_admin_key;
    let (caller, precondition) = (call.caller.clone(), call.precondition.clone());
    call.services
        .db
        .write(move |conn, now| {
            let present = Key::from(find(conn, id)?);
            precondition.check_whole(&reply::plain_tag_of(&present)?)?;
            revoke(conn, id, force, caller.actor(), now)
        })
        .await?;
    log_revoked(id, call.caller.actor());
    Ok(Reply::no_content())
}

/// The key `id` that was not revoked.
///
/// # Errors
/// `key_not_found`, or a database fault.
pub fn find(conn: &mut SqliteConnection, id: Uuid) -> Result<KeyRow, Problem> {
    store::select(conn, id)?.ok_or_else(|| not_found(id))
}

fn not_found(id: Uuid) -> Problem {
    let detail = format!("There is no key `{id}` in force. `GET /v1/keys` lists them.");
    Problem::new(Code::KeyNotFound, detail).with("id", id.to_string())
}
