//! Keys as an export has them: without their secrets; and storing them again, as keys that open nothing.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::ids::KeyId;
use crate::db::StoredAt;
use crate::db::prelude::*;
use crate::db::schema::api_keys;
use crate::domain::instant::Instant;
use crate::problem::Problem;

/// Who revokes a key that comes from elsewhere. No key may have this name.
const IMPORT: &str = "import";
/// What the public half of a key begins with that comes from elsewhere, which no key that is shown can have; and what
/// comes behind all of those.
pub(super) const IMPORTED: (&str, &str) = ("import ", "import!");
/// The digest of no secret that anybody knows.
const NO_SECRET: [u8; 32] = [0; 32];

/// A key, without its secret: what the ids of keys in histories mean.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportedKey {
    /// Its id.
    pub id: String,
    /// The name of its holder.
    pub name: String,
    /// Its scopes.
    pub scopes: Vec<String>,
    /// When it was created.
    pub created_at: StoredAt,
    /// Who created it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// The id of the key that created it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by_key_id: Option<String>,
    /// When it expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<StoredAt>,
    /// When it was last used, to the minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<StoredAt>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<StoredAt>,
    /// Who revoked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_by: Option<String>,
    /// The id of the key that revoked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_by_key_id: Option<String>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = api_keys)]
struct Row {
    id: KeyId,
    public_id: String,
    name: String,
    scopes: String,
    created_at: i64,
    created_by: Option<String>,
    created_by_key_id: Option<String>,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
    revoked_at: Option<i64>,
    revoked_by: Option<String>,
    revoked_by_key_id: Option<String>,
}

impl Row {
    fn exported(self) -> Result<ExportedKey, Problem> {
        // That it opens nothing here says nothing of what it was.
        let is_revoked = self.revoked_by.as_deref() != Some(IMPORT);
        Ok(ExportedKey {
            scopes: serde_json::from_str(&self.scopes).map_err(Problem::internal)?,
            id: self.public_id,
            name: self.name,
            created_at: StoredAt(self.created_at),
            created_by: self.created_by,
            created_by_key_id: self.created_by_key_id,
            expires_at: self.expires_at.map(StoredAt),
            last_used_at: self.last_used_at.map(StoredAt),
            revoked_at: self.revoked_at.filter(|_| is_revoked).map(StoredAt),
            revoked_by: self.revoked_by.filter(|_| is_revoked),
            revoked_by_key_id: self.revoked_by_key_id,
        })
    }
}

/// The next keys after `after`, revoked or not, in the order in which they were made, each with its row (primary key).
///
/// # Errors
/// `internal` if stored scopes are damaged, or a database fault.
pub fn select_next(
    conn: &mut Conn,
    after: KeyId,
    most: i64,
) -> Result<Vec<(KeyId, ExportedKey)>, Problem> {
    let rows: Vec<Row> = api_keys::table
        .filter(api_keys::id.gt(after))
        .order(api_keys::id.asc())
        .limit(most)
        .select(Row::columns())
        .load(conn)?;
    rows.into_iter().map(|row| Ok((row.id, row.exported()?))).collect()
}

/// Stores a key that opens nothing, revoked at `now` unless it was before. One that is here already stays as it is; returns
/// whether it is new (index `api_keys_public_id`).
///
/// # Errors
/// `internal` if its scopes cannot be stored, or a database fault.
pub fn restore(conn: &mut Conn, key: &ExportedKey, now: Instant) -> Result<bool, Problem> {
    let (revoked_at, revoked_by) = match key.revoked_at {
        Some(at) => (at.0, key.revoked_by.as_deref()),
        None => (now.as_micros(), Some(IMPORT)),
    };
    let stored = diesel::insert_into(api_keys::table)
        .values((
            api_keys::public_id.eq(&key.id),
            api_keys::name.eq(&key.name),
            api_keys::prefix.eq(format!("{}{}", IMPORTED.0, key.id)),
            api_keys::secret_sha256.eq(&NO_SECRET[..]),
            api_keys::scopes.eq(serde_json::to_string(&key.scopes).map_err(Problem::internal)?),
            api_keys::created_at.eq(key.created_at.0),
            api_keys::created_by.eq(key.created_by.as_deref()),
            api_keys::created_by_key_id.eq(key.created_by_key_id.as_deref()),
            api_keys::expires_at.eq(key.expires_at.map(|at| at.0)),
            api_keys::last_used_at.eq(key.last_used_at.map(|at| at.0)),
            api_keys::revoked_at.eq(revoked_at),
            api_keys::revoked_by.eq(revoked_by),
            api_keys::revoked_by_key_id.eq(key.revoked_by_key_id.as_deref()),
        ))
        .on_conflict_do_nothing()
        .execute(conn)?;
    Ok(stored > 0)
}

/// Deletes a key that was just stored (index `api_keys_public_id`).
///
/// # Errors
/// A database fault.
pub fn forget(conn: &mut Conn, id: &str) -> QueryResult<()> {
    diesel::delete(api_keys::table.filter(api_keys::public_id.eq(id))).execute(conn).map(drop)
}
