//! Looking up disclaimers.

use uuid::Uuid;

use super::ids::DisclaimerId;
use super::model::DisclaimerRow;
use super::store;
use crate::db::Conn;
use crate::problem::{Code, Problem};

/// The disclaimer `id`.
///
/// # Errors
/// `disclaimer_not_found`, or a database fault.
pub fn find(conn: &mut Conn, id: Uuid) -> Result<DisclaimerRow, Problem> {
    let found = store::select(conn, id)?;
    found.ok_or_else(|| Problem::plain(Code::DisclaimerNotFound).with("id", id.to_string()))
}

/// The version `version` of the disclaimer `id`.
///
/// # Errors
/// `disclaimer_not_found`, `version_not_found`, or a database fault.
pub fn find_version(conn: &mut Conn, id: Uuid, version: i64) -> Result<DisclaimerRow, Problem> {
    let present = find(conn, id)?;
    let found = store::select_versions(conn, present.id, version.saturating_add(1), 1)?.pop();
    found.filter(|row| row.version == version).ok_or_else(|| {
        Problem::plain(Code::VersionNotFound).with("id", version.to_string()).say("disclaimer", id)
    })
}

/// The disclaimers that articles can still be given, in the order of their keys, up to `most`.
///
/// # Errors
/// A database fault.
pub fn given(conn: &mut Conn, most: i64) -> Result<Vec<DisclaimerRow>, Problem> {
    let mut rows = store::select_page(conn, &(String::new(), DisclaimerId(0)), most)?;
    rows.retain(|row| row.retired_at.is_none());
    Ok(rows)
}
