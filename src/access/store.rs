//! Keys at rest.

use diesel::prelude::*;
use uuid::Uuid;

use super::key::Key;
use crate::db::schema::api_keys;
use crate::domain::instant::Instant;

/// A stored key.
#[derive(Queryable, Selectable)]
#[diesel(table_name = api_keys)]
pub struct KeyRow {
    pub public_id: String,
    pub name: String,
    pub secret_sha256: Vec<u8>,
}

/// The key in force whose public half is `prefix` (index `api_keys_prefix`).
pub fn select_by_prefix(conn: &mut SqliteConnection, prefix: &str) -> QueryResult<Option<KeyRow>> {
    api_keys::table
        .filter(api_keys::prefix.eq(prefix))
        .filter(api_keys::revoked_at.is_null())
        .select(KeyRow::as_select())
        .first(conn)
        .optional()
}

/// Whether there is any key.
pub fn exists(conn: &mut SqliteConnection) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(api_keys::table.select(api_keys::id))).get_result(conn)
}

/// Keeps a new key.
pub fn insert(
    conn: &mut SqliteConnection,
    id: Uuid,
    name: &str,
    key: &Key,
    now: Instant,
) -> QueryResult<()> {
    diesel::insert_into(api_keys::table)
        .values((
            api_keys::public_id.eq(id.to_string()),
            api_keys::name.eq(name),
            api_keys::prefix.eq(key.prefix()),
            api_keys::secret_sha256.eq(&key.secret_sha256()[..]),
            api_keys::created_at.eq(now.as_micros()),
        ))
        .execute(conn)
        .map(drop)
}
