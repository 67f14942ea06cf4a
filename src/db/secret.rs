//! The newsroom's own secret, made with its database and never shown.

use super::prelude::*;
use super::schema::site_secrets;

/// Sets it: in test mode it follows from the seed.
pub fn set_site_secret(conn: &mut Conn, secret: &[u8]) -> QueryResult<()> {
    diesel::update(site_secrets::table.find(1))
        .set(site_secrets::secret.eq(secret))
        .execute(conn)
        .map(drop)
}

/// The secret that readers' tokens are made with.
pub fn site_secret(conn: &mut Conn) -> QueryResult<Vec<u8>> {
    site_secrets::table.find(1).select(site_secrets::secret).first(conn)
}
