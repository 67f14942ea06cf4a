//! The version of the rules by which the tables for reading were made: terms and words of articles
//! are folded by the program, so an upgrade may have to make them anew.

use super::prelude::*;
use super::schema::reading_rules;
use super::spelling::FOLDING;
use crate::domain::search::RULES;

/// The present version.
fn version() -> String {
    format!("{RULES}.{FOLDING}")
}

/// True if the tables were made by the present rules.
pub fn is_current(conn: &mut Conn) -> QueryResult<bool> {
    let made: String = reading_rules::table.find(1).select(reading_rules::version).first(conn)?;
    Ok(made == version())
}

/// Records that the tables were made by the present rules.
pub fn set_current(conn: &mut Conn) -> QueryResult<()> {
    diesel::update(reading_rules::table.find(1))
        .set(reading_rules::version.eq(version()))
        .execute(conn)
        .map(drop)
}

/// The same for a file without articles: there is nothing to make.
pub(super) fn set_current_if_empty(conn: &mut Conn) -> QueryResult<()> {
    conn.batch_execute(&format!(
        "update reading_rules set version = '{}' where not exists (select 1 from articles)",
        version()
    ))
}
