//! The operations on keys: parse, decide, store, reply.

use std::sync::Arc;

use super::api::{CreatedKey, Key, KeyInput, OwnKey};
use super::ids::KeyId;
use super::store;
use super::{
    Asked, KeyPath, ListKeys, RevokeKey, find, is_free_name, log_made, log_revoked, make,
    not_found, revoke,
};
use crate::domain::scope::Scope;
use crate::problem::{Code, FaultCode, Problem};
use crate::web::body::Json;
use crate::web::caller::Caller;
use crate::web::paging::{Listing, Page};
use crate::web::{Call, Reply, reply};

const LIST_PATH: &str = "/v1/keys";

/// List keys
///
/// Keys that are not revoked, including expired ones, in the order in which they were created.
/// With `state`, those that are active, expired or revoked. The admin key from the settings is not
/// listed.
#[utoipa::path(get, path = "/v1/keys", responses((status = 200, description = "A page of keys.", body = [Key])))]
pub async fn list_keys(call: Call<(), ListKeys>) -> Result<Reply, Problem> {
    let (query, now) = (&call.query, call.services.now());
    let (state, limit) = (query.state, query.limit);
    let listing = Listing::of(LIST_PATH, query);
    let after = listing.start(&query.cursor, KeyId::START)?;
    let db = &call.services.db;
    let rows = db.read(|conn| Ok(store::select_page(conn, state, after, limit.0 + 1, now)?))?;
    let total = match query.count.0 {
        true => Some(db.search(move |conn| Ok(store::count(conn, state, now)?)).await?),
        false => None,
    };
    let page = Page::of(rows, limit, |row| listing.seal(&row.id)).map(Key::from);
    Reply::page(&call, page, total, query.fields.names(), &["id"])
}

/// Make a key
///
/// The response shows its secret, only this once: only a digest is stored. A key can grant only
/// scopes that it has.
#[utoipa::path(post, path = "/v1/keys", responses((status = 201, description = "The key, with its secret.", body = CreatedKey)))]
pub async fn create_key(call: Call<(), (), Json<KeyInput>>) -> Result<Reply, Problem> {
    let Call { context: call, body: Json(input), .. } = call;
    if !is_free_name(&input.name) {
        let detail = "is reserved: admin, anonymous, command line, demo, fixtures and import are other actors in the history. Choose another.";
        return Err(Problem::fault("/name", FaultCode::UnknownValue, detail));
    }
    let scopes = input.all_scopes();
    for scope in Scope::ALL.into_iter().filter(|scope| scopes.has(*scope)) {
        if !call.caller.may(scope) {
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
    let caller = call.caller.clone();
    let made = call.services.db.write(move |conn, now| {
        let asked =
            Asked { name: &input.name, scopes, expires_at: input.expires_at, by: caller.actor() };
        let (id, key) = make(conn, &asked, entropy.as_ref(), now)?;
        let about = Key::from(find(conn, id)?);
        let key = key.reveal();
        Ok(CreatedKey { about, key })
    });
    let made = made.await?;
    let Key { id, name, scopes, .. } = &made.about;
    log_made((id, name), scopes, call.caller.actor());
    Reply::created(format!("{LIST_PATH}/{}", made.about.id), &made)
}

/// Read your own key
///
/// The identity and the scopes of the key that the request came with.
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
/// All but its secret, which is not stored; also a revoked one.
#[utoipa::path(get, path = "/v1/keys/{key}", responses((status = 200, description = "The key.", body = Key)))]
pub async fn read_key(call: Call<KeyPath>) -> Result<Reply, Problem> {
    let id = call.path.0;
    let row = call.services.db.read(|conn| {
        let found = store::select_any(conn, id)?;
        found.ok_or_else(|| not_found(id))
    })?;
    Reply::ok(&Key::from(row))
}

/// Revoke a key
///
/// At once, and for good. The last key that may create keys is revoked only with `force=true`:
/// after that, keys can be created only by someone with access to the database file
/// (`copydesk key create`).
#[utoipa::path(delete, path = "/v1/keys/{key}", responses((status = 204, description = "It opens nothing any more.")))]
pub async fn revoke_key(call: Call<KeyPath, RevokeKey>) -> Result<Reply, Problem> {
    let KeyPath(id) = call.path;
    // The admin key from the settings can create keys as well.
    let force = call.query.force || call.services.has_admin_key;
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
