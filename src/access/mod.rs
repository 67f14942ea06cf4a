//! Keys: who may do what.

pub mod api;
mod handlers;
mod key;
mod store;
pub mod words;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use diesel::sqlite::SqliteConnection;
use serde_json::json;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::db::Db;
use crate::domain::ids::{Entropy, new_id};
use crate::domain::instant::{Clock, Instant};
use crate::domain::text::look_alike;
use crate::operation;
use crate::problem::{Code, Fault, FaultCode, Problem};
use crate::web::call::Authenticate;
use crate::web::caller::Actor;
use crate::web::query::{COUNT, CURSOR, LIMIT, Parameter, Takes, fields, state};
use crate::web::scope::{Preset, Scope};
use crate::web::{Caller, Operation};

pub use key::{AdminKey, Key};
pub use store::Asked;
use store::KeyRow;

/// The operations, in URL order.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let manage = &[Scope::KeysManage];
    vec![
        operation!(handlers::[__path_list_keys, list_keys])
            .scope(manage)
            .query(vec![
                LIMIT,
                CURSOR,
                COUNT,
                state(
                    words::KeyState::WORDS,
                    "Only keys in this state; without it, all that were not revoked.",
                ),
                fields(api::Key::MEMBERS),
            ]),
        operation!(handlers::[__path_create_key, create_key])
            .scope(manage)
            .takes::<api::KeyInput>(
                json!({"name": "City desk", "scopes": ["articles:write", "drafts:read"]}),
            ),
        operation!(handlers::[__path_read_own_key, read_own_key]).key(),
        operation!(handlers::[__path_read_key, read_key])
            .scope(manage)
            .fails(&[Code::KeyNotFound]),
        operation!(handlers::[__path_revoke_key, revoke_key])
            .scope(manage)
            .no_content()
            .query(vec![FORCE])
            .conditional_by_tag()
            .fails(&[Code::KeyNotFound, Code::LastKey]),
    ]
}

/// `force=true`.
const FORCE: Parameter = Parameter {
    name: "force",
    doc: "Revoke it although no other key may make keys then.",
    takes: Takes::Flag,
};

/// Microseconds between two notes of a key's use: a note is a write, and nobody
/// asks for the second.
const NOTED_EVERY: i64 = 60 * 1_000_000;

/// Tells who holds a key: the one given from outside, which lives in memory
/// only, or one of those in the database.
#[must_use]
pub fn authenticator(admin: Option<AdminKey>, clock: Arc<dyn Clock>) -> Authenticate {
    let noted = Mutex::new(HashMap::new());
    Arc::new(move |db: &Db, shown: &str| {
        if admin.as_ref().is_some_and(|admin| admin.matches(shown)) {
            return Ok(Some(Caller::Admin));
        }
        let Some(key) = Key::parse(shown) else {
            return Ok(None);
        };
        let stored = db.read(|conn| Ok(store::select_by_prefix(conn, key.prefix())?))?;
        let now = db.now(clock.as_ref());
        let holder = stored.filter(|row| is_good(row, &key, now));
        if let Some(row) = &holder {
            note_use(db, row, now, &noted);
        }
        Ok(holder.and_then(|row| {
            Some(Caller::Key {
                id: Uuid::try_parse(&row.public_id).ok()?,
                scopes: row.scopes(),
                name: row.name,
            })
        }))
    })
}

/// Whether `row` is `key`'s, and has not expired. Takes as long for a near miss as for a far one.
fn is_good(row: &KeyRow, key: &Key, now: Instant) -> bool {
    let same: bool = row.secret_sha256.ct_eq(&key.secret_sha256()[..]).into();
    same && row.expires_at.is_none_or(|end| now.as_micros() < end)
}

/// Notes that a key was used, unless that was noted a moment ago. Nobody waits for it.
fn note_use(db: &Db, row: &KeyRow, now: Instant, noted: &Mutex<HashMap<i64, i64>>) {
    let at = now.as_micros();
    let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
    let last = noted.get(&row.id).copied().or(row.last_used_at);
    if last.is_some_and(|last| at < last + NOTED_EVERY) {
        return;
    }
    noted.insert(row.id, at);
    let id = row.id;
    db.write_later(move |conn, _| Ok(store::set_last_used(conn, id, now)?));
}

/// Names under which history knows somebody else.
const RESERVED: [&str; 5] = ["admin", "anonymous", "command line", "demo", "import"];

/// Who works with the file and without a key.
pub const COMMAND_LINE: Actor<'static> = Actor::named("command line");

/// Whether a key may have this name: none that a reader takes for one of those that history has.
#[must_use]
pub fn is_free_name(name: &str) -> bool {
    !RESERVED.contains(&look_alike(name).as_str())
}

/// Tells the log of a key that was made: who may do what is worth a line.
pub fn log_made(key: &api::Key, by: Actor<'_>) {
    let (id, name, scopes) = (&key.id, &key.name, key.scopes.join(","));
    let by_key = by.stored_key_id().unwrap_or_default();
    log::info!(
        key_id:display = id, name:display = name, scopes:display = scopes, by = by.name, by_key_id:display = by_key;
        "a key was made"
    );
}

/// Tells the log of a key that was revoked.
pub fn log_revoked(id: Uuid, by: Actor<'_>) {
    let by_key = by.stored_key_id().unwrap_or_default();
    log::info!(key_id:display = id, by = by.name, by_key_id:display = by_key; "a key was revoked");
}

fn refused(pointer: &str, code: FaultCode, detail: &str) -> Problem {
    Problem::validation(vec![Fault {
        pointer: pointer.to_owned(),
        code,
        detail: detail.to_owned(),
    }])
}

/// Makes a key; the one way in.
///
/// # Errors
/// `validation_failed` where it would have ended by now, or a database fault.
pub fn make(
    conn: &mut SqliteConnection,
    asked: &Asked<'_>,
    entropy: &dyn Entropy,
    now: Instant,
) -> Result<(Uuid, Key), Problem> {
    if asked.expires_at.is_some_and(|end| end <= now) {
        return Err(refused(
            "/expires_at",
            FaultCode::OutOfRange,
            "must lie in the future.",
        ));
    }
    let (id, key) = (new_id(now, entropy), Key::generate(entropy));
    store::insert(conn, id, asked, &key, now)?;
    Ok((id, key))
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
    let asked = Asked {
        name: "admin",
        scopes: Preset::Admin.scopes(),
        expires_at: None,
        by: Actor::named("admin"),
    };
    let (_, key) = make(conn, &asked, entropy, now)?;
    Ok(Some(key))
}

/// All keys that were not revoked; for the command line.
///
/// # Errors
/// A database fault.
pub fn select_all(conn: &mut SqliteConnection) -> Result<Vec<KeyRow>, Problem> {
    let all = Instant::from_micros(i64::MAX);
    Ok(store::select_page(conn, None, 0, i64::MAX, all)?)
}

/// Revokes the key `id`; the last that may make keys only by `force`.
///
/// # Errors
/// `key_not_found`, `last_key`, or a database fault.
pub fn revoke(
    conn: &mut SqliteConnection,
    id: Uuid,
    force: bool,
    by: Actor<'_>,
    now: Instant,
) -> Result<(), Problem> {
    let row = handlers::find(conn, id)?;
    let is_over = row.expires_at.is_some_and(|end| end <= now.as_micros());
    let manages = row.scopes().has(Scope::KeysManage) && !is_over;
    if manages && !force && !store::has_other_manager(conn, row.id, now)? {
        return Err(Problem::plain(Code::LastKey));
    }
    Ok(store::revoke(conn, row.id, by, now)?)
}
