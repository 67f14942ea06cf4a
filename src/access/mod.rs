//! Keys: who may write. One admin key for now; scopes add to this.

mod key;
mod store;

use std::sync::Arc;

use diesel::sqlite::SqliteConnection;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::db::Db;
use crate::domain::ids::{Entropy, new_id};
use crate::domain::instant::Instant;
use crate::problem::Problem;
use crate::web::Caller;
use crate::web::call::Authenticate;

pub use key::{AdminKey, Key};

/// Tells who holds a key: the one given from outside, which lives in memory
/// only, or one of those in the database.
#[must_use]
pub fn authenticator(admin: Option<AdminKey>) -> Authenticate {
    Arc::new(move |db: &Db, shown: &str| {
        if admin.as_ref().is_some_and(|admin| admin.matches(shown)) {
            return Ok(Some(Caller::Admin));
        }
        let Some(key) = Key::parse(shown) else {
            return Ok(None);
        };
        let stored = db.read(|conn| Ok(store::select_by_prefix(conn, key.prefix())?))?;
        Ok(stored
            .filter(|row| bool::from(row.secret_sha256.ct_eq(&key.secret_sha256()[..])))
            .and_then(|row| {
                Some(Caller::Key {
                    id: Uuid::try_parse(&row.public_id).ok()?,
                    name: row.name,
                })
            }))
    })
}

/// Makes the first admin key of a newsroom that has none; `None` where it has one.
///
/// # Errors
/// A database fault.
pub fn make_first_key(
    conn: &mut SqliteConnection,
    now: Instant,
    entropy: &dyn Entropy,
) -> Result<Option<Key>, Problem> {
    if store::exists(conn)? {
        return Ok(None);
    }
    let key = Key::generate(entropy);
    store::insert(conn, new_id(now, entropy), "admin", &key, now)?;
    Ok(Some(key))
}
