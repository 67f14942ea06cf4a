//! Writing disclaimers: requests, imports and the demo all use this.

use serde_json::Value;
use uuid::Uuid;

use super::ids::DisclaimerId;
use super::input::{DisclaimerInput, check_period, rendered};
use super::model::DisclaimerRow;
use super::{read, store};
use crate::changes;
use crate::changes::words::ChangeType;
use crate::db::Conn;
use crate::domain::instant::Instant;
use crate::domain::markup::{RemovedElement, Rendered};
use crate::problem::{Code, Problem};
use crate::web::input::{InputObject as _, read_body};

/// Creates the disclaimer `id`; every new one is made here.
///
/// # Errors
/// `disclaimer_key_taken`, or a database fault.
pub fn create(
    conn: &mut Conn,
    input: &DisclaimerInput,
    rendered: &Rendered,
    id: Uuid,
    now: Instant,
) -> Result<DisclaimerRow, Problem> {
    refuse_taken_key(conn, input, None)?;
    store::insert(conn, id, input, &rendered.html_of(&id.to_string()), now)?;
    tell(conn, (&id.to_string(), 1), ChangeType::DisclaimerCreated, now)?;
    read::find(conn, id)
}

/// Adds the next version of a disclaimer; returns what was left out of its text.
///
/// # Errors
/// `disclaimer_key_taken`, `validation_failed`, or a database fault.
pub fn edit(
    conn: &mut Conn,
    present: &DisclaimerRow,
    input: &DisclaimerInput,
    now: Instant,
) -> Result<Option<Vec<RemovedElement>>, Problem> {
    let rendered = rendered(input)?;
    refuse_taken_key(conn, input, Some(present.id))?;
    check_period(input)?;
    let retired_at = present.retired_at.map(Instant::from_micros);
    let html = rendered.html_of(&present.public_id);
    store::update(conn, present, input, &html, retired_at, now)?;
    tell(conn, next(present), ChangeType::DisclaimerUpdated, now)?;
    Ok(rendered.removed)
}

/// Retires a disclaimer; `shown` is its present content. Retiring it again changes nothing.
pub fn retire(
    conn: &mut Conn,
    present: &DisclaimerRow,
    mut shown: Value,
    now: Instant,
) -> Result<(), Problem> {
    if present.retired_at.is_some() {
        return Ok(());
    }
    if let Value::Object(members) = &mut shown {
        members.retain(|name, _| DisclaimerInput::MEMBERS.contains(&name.as_str()));
    }
    let input = read_body(shown)?;
    store::update(conn, present, &input, &present.body_html, Some(now), now)?;
    tell(conn, next(present), ChangeType::DisclaimerRetired, now)
}

/// A disclaimer's id, with the version after a write.
fn next(present: &DisclaimerRow) -> (&str, i64) {
    (&present.public_id, present.version + 1)
}

/// Writes down a change of a disclaimer in the change log.
fn tell(
    conn: &mut Conn,
    subject: (&str, i64),
    kind: ChangeType,
    now: Instant,
) -> Result<(), Problem> {
    changes::record(conn, kind, subject, (now, now), None)
}

/// Deletes a disclaimer, unless any article carries or ever carried it; `carriers` is their
/// number.
///
/// # Errors
/// `disclaimer_in_use`, or a database fault.
pub fn delete(
    conn: &mut Conn,
    present: &DisclaimerRow,
    carriers: i64,
    now: Instant,
) -> Result<(), Problem> {
    if carriers > 0 {
        return Err(Problem::plain(Code::DisclaimerInUse).with("articles", carriers));
    }
    store::delete(conn, present.id, &present.public_id)?;
    tell(conn, (&present.public_id, present.version), ChangeType::DisclaimerDeleted, now)
}

fn refuse_taken_key(
    conn: &mut Conn,
    input: &DisclaimerInput,
    but: Option<DisclaimerId>,
) -> Result<(), Problem> {
    match store::select_key_owner(conn, &input.key, input.language.as_deref(), but)? {
        None => Ok(()),
        Some(owner) => Err(Problem::plain(Code::DisclaimerKeyTaken)
            .with("conflicting_id", owner)
            .with("pointer", "/key")
            .say("key", &*input.key)),
    }
}
