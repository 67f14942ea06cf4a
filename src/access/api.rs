//! Keys on the wire.

use serde::Serialize;
use utoipa::ToSchema;

use super::store::KeyRow;
use crate::domain::instant::Instant;
use crate::domain::scope::{Preset, Scope, Scopes};
use crate::input;
use crate::problem::{FaultCode, Problem};
use crate::web::caller::Caller;
use crate::web::query::Members;
use crate::web::rules::{Line, List};

/// Longest name of a key, in code points: the history shows it with every write.
pub const NAME_MAX: usize = 100;
/// Most scopes of one key: all of them.
const SCOPES_MAX: usize = Scope::ALL.len();

input! {
    /// A request for a new key.
    pub struct KeyInput checked by check {
        /// The name of its holder, as shown in the history.
        name: Line<NAME_MAX>,
        /// A usual set of scopes.
        preset: Option<Preset> = None,
        /// Its scopes, in addition to those of `preset`; at most those of the key that creates it.
        scopes: Option<List<Scope, SCOPES_MAX>> = None,
        /// The time when it expires; null for never.
        expires_at: Option<Instant> = None,
    }
}

impl KeyInput {
    /// The scopes that are asked for.
    #[must_use]
    pub fn all_scopes(&self) -> Scopes {
        let preset = self.preset.map(Preset::scopes).unwrap_or_default();
        self.scopes.as_ref().map_or(preset, |more| preset.and(Scopes::of(&more.0)))
    }
}

fn check(input: &KeyInput) -> Result<(), Problem> {
    match input.preset.is_some() || input.scopes.is_some() {
        true => Ok(()),
        false => Err(Problem::fault("/scopes", FaultCode::Required, "is required, or `preset`.")),
    }
}

/// A key, without its secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Key {
    /// Its id.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000004")]
    pub id: String,
    /// The name of its holder.
    #[schema(example = "City desk")]
    pub name: String,
    /// Its scopes.
    #[schema(value_type = Vec<Scope>)]
    pub scopes: Vec<&'static str>,
    /// The time when it expires; null for never.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub expires_at: Option<Instant>,
    /// The time when it was last used, to the minute; null for never.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub last_used_at: Option<Instant>,
    /// The time when it was created.
    #[schema(value_type = String, format = "date-time")]
    pub created_at: Instant,
    /// The name of its creator, as in the history; null if it was not recorded.
    #[schema(example = "admin")]
    pub created_by: Option<String>,
    /// The id of the key that created it; null without a stored key.
    #[schema(format = "uuid")]
    pub created_by_key_id: Option<String>,
    /// The time when it was revoked; null if it was not.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub revoked_at: Option<Instant>,
    /// The name of the one who revoked it; null if it was not revoked or that was not recorded.
    pub revoked_by: Option<String>,
    /// The id of the key that revoked it; null without a stored key.
    #[schema(format = "uuid")]
    pub revoked_by_key_id: Option<String>,
}

impl Members for Key {
    const MEMBERS: &'static [&'static str] = &[
        "id", "name", "scopes", "expires_at", "last_used_at", "created_at", "created_by",
        "created_by_key_id", "revoked_at", "revoked_by", "revoked_by_key_id",
    ];
}

impl From<KeyRow> for Key {
    fn from(row: KeyRow) -> Self {
        Self {
            scopes: row.scopes().words(),
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

/// A new key with its secret, which is shown only this once.
#[derive(Serialize, ToSchema)]
pub struct CreatedKey {
    /// The key without its secret.
    #[serde(flatten)]
    pub about: Key,
    /// The key itself. Only a digest of its secret is stored.
    #[schema(example = "cdk_4f8Qm1XbT0ac_Zy6MyGahzmewCnAa51TBTVgDq62fS5ZhjXkfiLVEeD1")]
    pub key: String,
}

/// The key of the request.
#[derive(Serialize, ToSchema)]
pub struct OwnKey {
    /// Its id; null for the admin key from the settings.
    #[schema(format = "uuid", example = "0192d5a0-0000-7000-8000-000000000004")]
    pub id: Option<String>,
    /// The name of its holder.
    #[schema(example = "City desk")]
    pub name: String,
    /// Its scopes.
    #[schema(value_type = Vec<Scope>)]
    pub scopes: Vec<&'static str>,
    /// The time when it expires; null for never.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub expires_at: Option<Instant>,
}

impl OwnKey {
    /// The caller's own key; `row` if it is stored in the database.
    pub fn new(caller: &Caller, row: Option<KeyRow>) -> Self {
        Self {
            name: caller.actor().name.to_owned(),
            scopes: caller.scopes().words(),
            expires_at: row.as_ref().and_then(|row| row.expires_at).map(Instant::from_micros),
            id: row.map(|row| row.public_id),
        }
    }
}
