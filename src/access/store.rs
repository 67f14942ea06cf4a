//! Keys at rest.

use diesel::dsl::count_star;
use diesel::prelude::*;
use uuid::Uuid;

use super::key::Key;
use super::words::KeyState;
use crate::db::schema::api_keys;
use crate::db::within_deadline;
use crate::domain::instant::Instant;
use crate::web::caller::Actor;
use crate::web::scope::{Scope, Scopes};

/// A stored key.
#[derive(Queryable, Selectable, Clone, Debug)]
#[diesel(table_name = api_keys)]
pub struct KeyRow {
    pub id: i64,
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
    /// What the key may do. A word that is no scope (any more) grants nothing.
    pub fn scopes(&self) -> Scopes {
        let words: Vec<String> = serde_json::from_str(&self.scopes).unwrap_or_default();
        let known: Vec<Scope> = words
            .iter()
            .filter_map(|word| Scope::from_word(word))
            .collect();
        Scopes::of(&known)
    }
}

#[diesel::dsl::auto_type]
fn in_force() -> _ {
    let columns: diesel::dsl::AsSelect<KeyRow, diesel::sqlite::Sqlite> = KeyRow::as_select();
    api_keys::table
        .filter(api_keys::revoked_at.is_null())
        .select(columns)
}

/// The key that was not revoked whose public half is `prefix` (index `api_keys_prefix`).
pub fn select_by_prefix(conn: &mut SqliteConnection, prefix: &str) -> QueryResult<Option<KeyRow>> {
    in_force()
        .filter(api_keys::prefix.eq(prefix))
        .first(conn)
        .optional()
}

/// The key `id` that was not revoked (index `api_keys_public_id`).
pub fn select(conn: &mut SqliteConnection, id: Uuid) -> QueryResult<Option<KeyRow>> {
    in_force()
        .filter(api_keys::public_id.eq(id.to_string()))
        .first(conn)
        .optional()
}

/// The key `id`, revoked or not (index `api_keys_public_id`).
pub fn select_any(conn: &mut SqliteConnection, id: Uuid) -> QueryResult<Option<KeyRow>> {
    api_keys::table
        .filter(api_keys::public_id.eq(id.to_string()))
        .select(KeyRow::as_select())
        .first(conn)
        .optional()
}

/// Those in a state at an instant; without one all that were not revoked (indexes `api_keys_in_force`,
/// `api_keys_revoked`).
fn in_state(
    state: Option<KeyState>,
    now: Instant,
) -> api_keys::BoxedQuery<'static, diesel::sqlite::Sqlite> {
    let all = api_keys::table.into_boxed();
    let now = now.as_micros();
    match state {
        None => all.filter(api_keys::revoked_at.is_null()),
        Some(KeyState::Active) => all.filter(api_keys::revoked_at.is_null()).filter(
            api_keys::expires_at
                .is_null()
                .or(api_keys::expires_at.gt(now)),
        ),
        Some(KeyState::Expired) => all
            .filter(api_keys::revoked_at.is_null())
            .filter(api_keys::expires_at.le(now)),
        Some(KeyState::Revoked) => all.filter(api_keys::revoked_at.is_not_null()),
    }
}

/// A page of the keys in a state, oldest first.
pub fn select_page(
    conn: &mut SqliteConnection,
    state: Option<KeyState>,
    after: i64,
    rows: i64,
    now: Instant,
) -> QueryResult<Vec<KeyRow>> {
    in_state(state, now)
        .filter(api_keys::id.gt(after))
        .order(api_keys::id.asc())
        .limit(rows)
        .select(KeyRow::as_select())
        .load(conn)
}

/// Number of keys in a state; for the side pool.
pub fn count(
    conn: &mut SqliteConnection,
    state: Option<KeyState>,
    now: Instant,
) -> QueryResult<i64> {
    in_state(state, now)
        .filter(within_deadline())
        .select(count_star())
        .first(conn)
}

/// Whether another key than `id` is in force that may make keys.
pub fn has_other_manager(conn: &mut SqliteConnection, id: i64, now: Instant) -> QueryResult<bool> {
    let others: Vec<KeyRow> = in_state(Some(KeyState::Active), now)
        .filter(api_keys::id.ne(id))
        .select(KeyRow::as_select())
        .load(conn)?;
    Ok(others.iter().any(|key| key.scopes().has(Scope::KeysManage)))
}

/// Whether there is, or ever was, any key.
pub fn exists(conn: &mut SqliteConnection) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(api_keys::table.select(api_keys::id))).get_result(conn)
}

/// What is asked of a new key.
pub struct Asked<'a> {
    /// Whose it is.
    pub name: &'a str,
    /// What it may do.
    pub scopes: Scopes,
    /// When it ends by itself.
    pub expires_at: Option<Instant>,
    /// Who makes it.
    pub by: Actor<'a>,
}

/// Keeps a new key.
pub fn insert(
    conn: &mut SqliteConnection,
    id: Uuid,
    asked: &Asked<'_>,
    key: &Key,
    now: Instant,
) -> QueryResult<()> {
    let Asked {
        name,
        scopes,
        expires_at,
        by,
    } = *asked;
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

/// Notes that a key was used at `at`.
pub fn set_last_used(conn: &mut SqliteConnection, id: i64, at: Instant) -> QueryResult<()> {
    diesel::update(api_keys::table.find(id))
        .set(api_keys::last_used_at.eq(at.as_micros()))
        .execute(conn)
        .map(drop)
}

/// Revokes a key; it stays, for history's sake.
pub fn revoke(
    conn: &mut SqliteConnection,
    id: i64,
    by: Actor<'_>,
    now: Instant,
) -> QueryResult<()> {
    diesel::update(api_keys::table.find(id))
        .set((
            api_keys::revoked_at.eq(now.as_micros()),
            api_keys::revoked_by.eq(by.name),
            api_keys::revoked_by_key_id.eq(by.stored_key_id()),
        ))
        .execute(conn)
        .map(drop)
}
