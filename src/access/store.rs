//! The table of keys.

pub mod export;

use diesel::dsl::count_star;
use uuid::Uuid;

use super::ids::KeyId;
use super::key::Key;
use super::words::KeyState;
use crate::db::Selection;
use crate::db::prelude::*;
use crate::db::schema::api_keys;
use crate::db::within_deadline;
use crate::domain::instant::Instant;
use crate::domain::scope::{Scope, Scopes};
use crate::load_boxed;
use crate::web::caller::Actor;

/// A stored key.
#[derive(Queryable, Selectable, Clone, Debug)]
#[diesel(table_name = api_keys)]
pub struct KeyRow {
    pub id: KeyId,
    pub public_id: String,
    pub name: String,
    pub secret_sha256: Vec<u8>,
    pub scopes: String,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub last_used_at: Option<i64>,
    pub created_by: Option<String>,
    pub created_by_key_id: Option<String>,
    pub revoked_at: Option<i64>,
    pub revoked_by: Option<String>,
    pub revoked_by_key_id: Option<String>,
}

impl KeyRow {
    /// The scopes of the key. An unknown or former scope grants nothing.
    pub fn scopes(&self) -> Scopes {
        let words: Vec<String> = serde_json::from_str(&self.scopes).unwrap_or_default();
        let known: Vec<Scope> = words.iter().filter_map(|word| Scope::from_word(word)).collect();
        Scopes::of(&known)
    }
}

#[diesel::dsl::auto_type]
fn in_force() -> _ {
    let columns: Selection<KeyRow> = KeyRow::columns();
    api_keys::table.filter(api_keys::revoked_at.is_null()).select(columns)
}

/// The key whose public half is `prefix`, if it is not revoked (index `api_keys_prefix`).
pub fn select_by_prefix(conn: &mut Conn, prefix: &str) -> QueryResult<Option<KeyRow>> {
    in_force().filter(api_keys::prefix.eq(prefix)).first(conn).optional()
}

/// The key `id`, if it is not revoked (index `api_keys_public_id`).
pub fn select(conn: &mut Conn, id: Uuid) -> QueryResult<Option<KeyRow>> {
    in_force().filter(api_keys::public_id.eq(id.to_string())).first(conn).optional()
}

/// The key `id`, revoked or not (index `api_keys_public_id`).
pub fn select_any(conn: &mut Conn, id: Uuid) -> QueryResult<Option<KeyRow>> {
    api_keys::table
        .filter(api_keys::public_id.eq(id.to_string()))
        .select(KeyRow::columns())
        .first(conn)
        .optional()
}

/// The keys in a state at an instant; without a state all that are not revoked (indexes
/// `api_keys_in_force`, `api_keys_revoked`). (A boxed query is one engine's.)
macro_rules! in_state {
    ($state:expr, $now:expr) => {{
        let all = api_keys::table.into_boxed();
        let now = $now.as_micros();
        match $state {
            None => all.filter(api_keys::revoked_at.is_null()),
            Some(KeyState::Active) => all
                .filter(api_keys::revoked_at.is_null())
                .filter(api_keys::expires_at.is_null().or(api_keys::expires_at.gt(now))),
            Some(KeyState::Expired) => {
                all.filter(api_keys::revoked_at.is_null()).filter(api_keys::expires_at.le(now))
            }
            Some(KeyState::Revoked) => all.filter(api_keys::revoked_at.is_not_null()),
        }
    }};
}

/// A page of the keys in a state, oldest first.
pub fn select_page(
    conn: &mut Conn,
    state: Option<KeyState>,
    after: KeyId,
    rows: i64,
    now: Instant,
) -> QueryResult<Vec<KeyRow>> {
    load_boxed!(
        conn,
        in_state!(state, now)
            .filter(api_keys::id.gt(after))
            .order(api_keys::id.asc())
            .limit(rows)
            .select(KeyRow::columns())
    )
}

/// Number of keys in a state; for the side pool.
pub fn count(conn: &mut Conn, state: Option<KeyState>, now: Instant) -> QueryResult<i64> {
    let counted: QueryResult<Vec<i64>> =
        load_boxed!(conn, in_state!(state, now).filter(within_deadline()).select(count_star()));
    Ok(counted?.into_iter().sum())
}

/// True if a key other than `id` is in force that may create keys.
pub fn has_other_manager(conn: &mut Conn, id: KeyId, now: Instant) -> QueryResult<bool> {
    let active = api_keys::table
        .filter(api_keys::revoked_at.is_null())
        .filter(api_keys::expires_at.is_null().or(api_keys::expires_at.gt(now.as_micros())));
    let others: Vec<KeyRow> =
        active.filter(api_keys::id.ne(id)).select(KeyRow::columns()).load(conn)?;
    Ok(others.iter().any(|key| key.scopes().has(Scope::KeysManage)))
}

/// True if any key exists, or ever did. Those of an export that was read back open nothing and do not count: nobody would
/// get a key then (index `api_keys_prefix`).
pub fn exists(conn: &mut Conn) -> QueryResult<bool> {
    let (first, end) = export::IMPORTED;
    let own = api_keys::table
        .filter(api_keys::prefix.lt(first).or(api_keys::prefix.ge(end)))
        .select(api_keys::id);
    diesel::select(diesel::dsl::exists(own)).get_result(conn)
}

/// The values of a new key.
pub struct Asked<'a> {
    /// The name of its holder.
    pub name: &'a str,
    /// Its scopes.
    pub scopes: Scopes,
    /// The time when it expires.
    pub expires_at: Option<Instant>,
    /// Its creator.
    pub by: Actor<'a>,
}

/// Stores a new key.
pub fn insert(
    conn: &mut Conn,
    id: Uuid,
    asked: &Asked<'_>,
    key: &Key,
    now: Instant,
) -> QueryResult<()> {
    let Asked { name, scopes, expires_at, by } = *asked;
    let words = serde_json::json!(scopes.words()).to_string();
    diesel::insert_into(api_keys::table)
        .values((
            api_keys::public_id.eq(id.to_string()),
            api_keys::name.eq(name),
            api_keys::prefix.eq(key.prefix()),
            api_keys::secret_sha256.eq(&key.secret_sha256()[..]),
            api_keys::scopes.eq(words),
            api_keys::expires_at.eq(expires_at.map(Instant::as_micros)),
            api_keys::created_at.eq(now.as_micros()),
            api_keys::created_by.eq(by.name),
            api_keys::created_by_key_id.eq(by.stored_key_id()),
        ))
        .execute(conn)
        .map(drop)
}

/// Records that a key was used at `at`.
pub fn set_last_used(conn: &mut Conn, id: KeyId, at: Instant) -> QueryResult<()> {
    diesel::update(api_keys::table.find(id))
        .set(api_keys::last_used_at.eq(at.as_micros()))
        .execute(conn)
        .map(drop)
}

/// Revokes a key; its row is kept for the history.
pub fn revoke(conn: &mut Conn, id: KeyId, by: Actor<'_>, now: Instant) -> QueryResult<()> {
    diesel::update(api_keys::table.find(id))
        .set((
            api_keys::revoked_at.eq(now.as_micros()),
            api_keys::revoked_by.eq(by.name),
            api_keys::revoked_by_key_id.eq(by.stored_key_id()),
        ))
        .execute(conn)
        .map(drop)
}
