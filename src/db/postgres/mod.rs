//! What only a database on a PostgreSQL server has: its URL, its connections, and the lock of its writers.

mod connection;
pub(super) mod keeper;
mod schema;
mod server;
mod watch;

pub use schema::{alone_at_start, check, ensure, is_there, mend, must_exist};
pub use server::{Server, UrlError};

pub(super) use connection::{BEGIN_READ, open};
pub(super) use watch::{end_soon, has_answered, refuse_while_it_hangs};
