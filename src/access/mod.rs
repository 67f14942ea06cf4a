//! Keys: authentication and authorization.

pub mod api;
mod handlers;
mod key;
mod store;
pub mod ids;
pub mod words;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::{Value, json};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::audit::words::Event;
use crate::audit::{self, Happened};
use crate::db::Conn;
use crate::db::Db;
use crate::domain::ids::{Entropy, new_id};
use crate::domain::instant::{Clock, Instant};
use crate::domain::text::look_alike;

use crate::domain::scope::{Preset, Scope};
use crate::problem::{Code, FaultCode, Problem};
use crate::web::address::key_of;
use crate::web::call::Authenticate;
use crate::web::caller::Actor;
use crate::web::limit as rate;
use crate::web::query::{Count, Cursor, Fields, Limit};
use crate::web::{Caller, Operation};
use crate::{operation, path_values, query};

use ids::KeyId;
pub use key::{AdminKey, Key, redactor};
use store::KeyRow;
pub use store::{Asked, export};

/// The operations, in URL order.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let manage = &[Scope::KeysManage];
    vec![
        operation!(handlers::[__path_list_keys, list_keys]).scope(manage),
        operation!(handlers::[__path_create_key, create_key])
            .scope(manage)
            .leads_to(&["read_key", "revoke_key"])
            .example(json!({"name": "City desk", "preset": "author"})),
        operation!(handlers::[__path_read_own_key, read_own_key]).key(),
        operation!(handlers::[__path_read_key, read_key]).scope(manage).fails(&[Code::KeyNotFound]),
        operation!(handlers::[__path_revoke_key, revoke_key])
            .scope(manage)
            .no_content()
            .conditional_by_tag()
            .fails(&[Code::KeyNotFound, Code::LastKey]),
    ]
}

path_values! {
    /// The key's id.
    pub struct KeyPath(Uuid) = "key", "0192d5a0-0000-7000-8000-000000000004";
}

query! {
    /// A list of keys.
    pub struct ListKeys {
        limit: Limit,
        cursor: Cursor,
        count: Count,
        /// Only keys in this state; without it, all that are not revoked.
        state: Option<words::KeyState>,
        fields: Fields<api::Key>,
    }

    /// The revocation of a key.
    pub struct RevokeKey {
        /// Revoke it even if no other key may create keys then.
        force: bool,
    }
}

/// Microseconds between two records of a key's use: recording is a write, and nobody needs the use
/// to the second.
const NOTED_EVERY: i64 = 60 * 1_000_000;

/// When keys were last recorded as used: the record in the database may be on its way.
#[derive(Default)]
pub struct KeyUses {
    noted: Mutex<HashMap<KeyId, i64>>,
    /// True if a request waits until its use is recorded.
    waits: AtomicBool,
    /// How many wrong keys a minute are looked at from one address; without it all are.
    wrong: OnceLock<WrongKeys>,
}

impl KeyUses {
    /// Makes requests wait until their use is recorded: in test mode the next read shows it.
    pub fn wait(&self) {
        self.waits.store(true, Ordering::Relaxed);
    }

    /// Sets how many wrong keys a minute are looked at from one address.
    pub fn limit_wrong(&self, limit: Option<rate::Limit>) {
        if let Some(limit) = limit {
            // It is set once, before the first request.
            let _ = self.wrong.set(WrongKeys { limit, refused: Mutex::default() });
        }
    }

    /// Forgets them, for a reset in test mode.
    pub fn forget(&self) {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// The wrong keys that came lately.
struct WrongKeys {
    limit: rate::Limit,
    /// Addresses whose quota is spent, each until when and with the refusal.
    refused: Mutex<HashMap<String, (i64, Problem)>>,
}

/// Number of refused addresses from which those whose time is over are dropped: some megabytes.
const REFUSED_KEPT: usize = 10_000;

impl WrongKeys {
    /// Counts a wrong key from an address.
    ///
    /// # Errors
    /// `rate_limited` for one too many.
    fn count(&self, address: &str, now: Instant) -> Result<(), Problem> {
        let Err(refusal) = self.limit.check(address) else {
            return Ok(());
        };
        let now = now.as_micros();
        let seconds = refusal.member("retry_after_seconds").and_then(Value::as_i64).unwrap_or(1);
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.len() >= REFUSED_KEPT {
            refused.retain(|_, (until, _)| *until > now);
        }
        refused.insert(address.to_owned(), (now + seconds * 1_000_000, refusal.clone()));
        Err(refusal)
    }

    /// The refusal of an address whose quota is spent.
    fn refusal(&self, address: &str, now: Instant) -> Option<Problem> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, refusal) = refused.get(address)?;
        (*until > now.as_micros()).then(|| refusal.clone())
    }
}

/// Finds the holder of a key: of the one from the settings, which is kept in memory only, or of
/// one in the database.
///
/// An address that has sent many wrong keys within a minute is refused, so that nobody finds out a key from the
/// settings, which a person has chosen, by trying. A key that Copydesk has made cannot be guessed: it is looked up all
/// the same, so that nobody is locked out by others at their address.
#[must_use]
pub fn authenticator(
    admin: Option<AdminKey>,
    clock: Arc<dyn Clock>,
    uses: Arc<KeyUses>,
) -> Authenticate {
    Arc::new(move |db: &Db, shown: &str, address: Option<IpAddr>| {
        let counted_as = address.map(key_of);
        let wrong = uses.wrong.get().zip(counted_as.as_deref());
        let key = Key::parse(shown);
        let refusal = wrong.and_then(|(wrong, address)| wrong.refusal(address, clock.now()));
        if let (Some(refusal), None) = (&refusal, &key) {
            return Err(refusal.clone());
        }
        if admin.as_ref().is_some_and(|admin| admin.matches(shown)) {
            return Ok(Some(Caller::Admin));
        }
        let stored = match &key {
            Some(key) => db.read(|conn| Ok(store::select_by_prefix(conn, key.prefix())?))?,
            None => None,
        };
        let now = db.now(clock.as_ref());
        let holder = stored.zip(key).filter(|(row, key)| is_good(row, key, now));
        let Some((row, _)) = holder else {
            if let Some(refusal) = refusal {
                return Err(refusal);
            }
            if let Some((wrong, address)) = wrong {
                wrong.count(address, clock.now())?;
            }
            if let Some(address) = address {
                db.write_later(move |conn, now| audit::record_wrong_key(conn, address, now));
            }
            if uses.waits.load(Ordering::Relaxed) {
                db.settle();
            }
            return Ok(None);
        };
        note_use(db, &row, now, &uses);
        Ok(Uuid::try_parse(&row.public_id).ok().map(|id| Caller::Key {
            id,
            scopes: row.scopes(),
            name: row.name,
        }))
    })
}

/// True if `row` belongs to `key` and has not expired. The secret is compared in constant time.
fn is_good(row: &KeyRow, key: &Key, now: Instant) -> bool {
    let same: bool = row.secret_sha256.ct_eq(&key.secret_sha256()[..]).into();
    same && row.expires_at.is_none_or(|end| now.as_micros() < end)
}

/// Records the use of a key, unless that was done within the last minute. The request does not
/// wait for it.
fn note_use(db: &Db, row: &KeyRow, now: Instant, uses: &KeyUses) {
    let at = now.as_micros();
    let mut noted = uses.noted.lock().unwrap_or_else(PoisonError::into_inner);
    let last = noted.get(&row.id).copied().or(row.last_used_at);
    if last.is_some_and(|last| at < last + NOTED_EVERY) {
        return;
    }
    noted.insert(row.id, at);
    let id = row.id;
    db.write_later(move |conn, _| Ok(store::set_last_used(conn, id, now)?));
    if uses.waits.load(Ordering::Relaxed) {
        db.settle();
    }
}

/// Names that the history uses for other actors.
const RESERVED: [&str; 6] = ["admin", "anonymous", "command line", "demo", "fixtures", "import"];

/// The actor of the command line, which works on the file without a key.
pub const COMMAND_LINE: Actor<'static> = Actor::named("command line");

/// True if a key may have this name: it must not look like one of the reserved names.
#[must_use]
pub fn is_free_name(name: &str) -> bool {
    !RESERVED.contains(&look_alike(name).as_str())
}

/// Logs the creation of a key: a change of permissions is worth a line.
pub fn log_made((id, name): (&str, &str), scopes: &[&str], by: Actor<'_>) {
    let scopes = scopes.join(",");
    let by_key = by.stored_key_id().unwrap_or_default();
    log::info!(
        key_id:display = id, name:display = name, scopes:display = scopes, by = by.name, by_key_id:display = by_key;
        "a key was made"
    );
}

/// Logs the revocation of a key.
pub fn log_revoked(id: Uuid, by: Actor<'_>) {
    let by_key = by.stored_key_id().unwrap_or_default();
    log::info!(key_id:display = id, by = by.name, by_key_id:display = by_key; "a key was revoked");
}

/// Creates a key; every new one is made here.
///
/// # Errors
/// `validation_failed` if its expiry is not in the future, or a database fault.
pub fn make(
    conn: &mut Conn,
    asked: &Asked<'_>,
    entropy: &dyn Entropy,
    now: Instant,
) -> Result<(Uuid, Key), Problem> {
    if asked.expires_at.is_some_and(|end| end <= now) {
        return Err(Problem::fault(
            "/expires_at",
            FaultCode::OutOfRange,
            "must lie in the future.",
        ));
    }
    let (id, key) = (new_id(now, entropy), Key::generate(entropy));
    add(conn, id, asked, &key, now)?;
    Ok((id, key))
}

/// Stores a key that was made before, also one that has expired.
pub fn add(
    conn: &mut Conn,
    id: Uuid,
    asked: &Asked<'_>,
    key: &Key,
    now: Instant,
) -> Result<(), Problem> {
    store::insert(conn, id, asked, key, now)?;
    let made =
        Happened { event: Event::KeyCreated, subject: id, note: Some(asked.name), address: None };
    audit::record(conn, made, asked.by, now)
}

/// True if the newsroom has a key, or ever had one that was not imported.
///
/// # Errors
/// A database fault.
pub fn has_keys(conn: &mut Conn) -> Result<bool, Problem> {
    Ok(store::exists(conn)?)
}

/// Creates the first admin key of a newsroom that has none; `None` if it has one.
pub fn make_first_key(
    conn: &mut Conn,
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

/// All keys that are not revoked; for the command line.
pub fn select_all(conn: &mut Conn) -> Result<Vec<KeyRow>, Problem> {
    let all = Instant::from_micros(i64::MAX);
    Ok(store::select_page(conn, None, KeyId::START, i64::MAX, all)?)
}

/// All keys that are revoked; for the command line.
pub fn select_revoked(conn: &mut Conn) -> Result<Vec<KeyRow>, Problem> {
    let (state, all) = (Some(words::KeyState::Revoked), Instant::from_micros(i64::MAX));
    Ok(store::select_page(conn, state, KeyId::START, i64::MAX, all)?)
}

/// The key `id`, if it is not revoked.
///
/// # Errors
/// `key_not_found`, or a database fault.
fn find(conn: &mut Conn, id: Uuid) -> Result<KeyRow, Problem> {
    store::select(conn, id)?.ok_or_else(|| not_found(id))
}

fn not_found(id: Uuid) -> Problem {
    Problem::plain(Code::KeyNotFound).with("id", id.to_string())
}

/// Revokes the key `id`; the last one that may create keys only with `force`.
///
/// # Errors
/// `key_not_found`, `last_key`, or a database fault.
pub fn revoke(
    conn: &mut Conn,
    id: Uuid,
    force: bool,
    by: Actor<'_>,
    now: Instant,
) -> Result<(), Problem> {
    let row = find(conn, id)?;
    let is_over = row.expires_at.is_some_and(|end| end <= now.as_micros());
    let manages = row.scopes().has(Scope::KeysManage) && !is_over;
    if manages && !force && !store::has_other_manager(conn, row.id, now)? {
        return Err(Problem::plain(Code::LastKey));
    }
    store::revoke(conn, row.id, by, now)?;
    let note = Some(row.name.as_str());
    audit::record(
        conn,
        Happened { event: Event::KeyRevoked, subject: id, note, address: None },
        by,
        now,
    )
}
