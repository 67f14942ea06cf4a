//! The newsroom's own secret, made with its database and never shown.

use diesel::prelude::*;

use super::Conn;
use super::schema::site_secrets;

/// The secret that readers' tokens are made with.
pub fn site_secret(conn: &mut Conn) -> QueryResult<Vec<u8>> {
    site_secrets::table.find(1).select(site_secrets::secret).first(conn)
}
