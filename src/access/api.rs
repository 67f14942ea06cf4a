//! Keys on the wire.

use serde::Serialize;
use utoipa::ToSchema;

use super::store::KeyRow;
use crate::domain::instant::Instant;
use crate::input;
use crate::web::caller::Caller;
use crate::web::rules::{Line, List};
use crate::web::scope::Scope;

/// Longest name of a key, in code points: history shows it at every write.
pub const NAME_MAX: usize = 100;
/// Most scopes that can be named: all of them.
const SCOPES_MAX: usize = Scope::ALL.len();

input! {
    /// A key as a client asks for it.
    pub struct KeyInput {
        /// Whose key it is, as history names it.
        name: Line<NAME_MAX>,
        /// What it may do; nothing that the key which asks may not.
        scopes: List<Scope, SCOPES_MAX>,
        /// When it ends by itself; null for never.
        expires_at: Option<Instant> = None,
    }
}

/// A key, without its secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Key {
    /// Its id.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000004")]
    pub id: String,
    /// Whose it is.
    #[schema(example = "City desk")]
    pub name: String,
    /// What it may do.
    #[schema(value_type = Vec<Scope>)]
    pub scopes: Vec<String>,
    /// When it ends by itself; null for never.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub expires_at: Option<Instant>,
    /// When it was last used, to the minute; null for never.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub last_used_at: Option<Instant>,
    /// When it was made.
    #[schema(value_type = String, format = "date-time")]
    pub created_at: Instant,
    /// Who made it, as history names them; null where that was not kept.
    #[schema(example = "admin")]
    pub created_by: Option<String>,
    /// The key that made it; null where it was none that is stored.
    #[schema(format = "uuid")]
    pub created_by_key_id: Option<String>,
    /// When it was revoked; null for one in force.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub revoked_at: Option<Instant>,
    /// Who revoked it; null where nobody did or that was not kept.
    pub revoked_by: Option<String>,
    /// The key that revoked it; null where it was none that is stored.
    #[schema(format = "uuid")]
    pub revoked_by_key_id: Option<String>,
}

impl Key {
    /// Names of all members.
    pub const MEMBERS: &'static [&'static str] = &[
        "id",
        "name",
        "scopes",
        "expires_at",
        "last_used_at",
        "created_at",
        "created_by",
        "created_by_key_id",
        "revoked_at",
        "revoked_by",
        "revoked_by_key_id",
    ];
}

impl From<KeyRow> for Key {
    fn from(row: KeyRow) -> Self {
        Self {
            scopes: row
                .scopes()
                .words()
                .into_iter()
                .map(str::to_owned)
                .collect(),
            id: row.public_id,
            name: row.name,
            expires_at: row.expires_at.map(Instant::from_micros),
            last_used_at: row.last_used_at.map(Instant::from_micros),
            created_at: Instant::from_micros(row.created_at),
            created_by: row.created_by,
            created_by_key_id: row.created_by_key_id,
            revoked_at: row.revoked_at.map(Instant::from_micros),
            revoked_by: row.revoked_by,
            revoked_by_key_id: row.revoked_by_key_id,
        }
    }
}

/// A key that was just made, with its secret: it is shown this once.
#[derive(Serialize, ToSchema)]
pub struct NewKey {
    /// All but the secret.
    #[serde(flatten)]
    pub about: Key,
    /// The key itself. Only its digest is kept.
    #[schema(example = "cdk_4f8Qm1XbT0ac_Zy6MyGahzmewCnAa51TBTVgDq62fS5ZhjXkfiLVEeD1")]
    pub key: String,
}

/// The key that a request came with.
#[derive(Serialize, ToSchema)]
pub struct OwnKey {
    /// Its id; null for the admin key that was given from outside.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000004")]
    pub id: Option<String>,
    /// Whose it is.
    #[schema(example = "City desk")]
    pub name: String,
    /// What it may do.
    #[schema(value_type = Vec<Scope>)]
    pub scopes: Vec<&'static str>,
    /// When it ends by itself; null for never.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub expires_at: Option<Instant>,
}

impl OwnKey {
    /// What a caller is told of its key, `row` where the database keeps it.
    pub fn new(caller: &Caller, row: Option<KeyRow>) -> Self {
        Self {
            name: caller.actor().name.to_owned(),
            scopes: caller.scopes().words(),
            expires_at: row
                .as_ref()
                .and_then(|row| row.expires_at)
                .map(Instant::from_micros),
            id: row.map(|row| row.public_id),
        }
    }
}
