//! A database that can be opened.

use super::conn::Conn;

/// A database that exists and is up to date.
pub struct Ensured {
    /// The names of the migrations that were applied.
    pub applied: Vec<String>,
    /// True if older rules have made the search index: it is to be made anew.
    pub is_index_old: bool,
    /// Open for as long as this value lives: the first connection to a file reads the whole log, and the last one to
    /// close takes it back. Connections that are opened while this is held do neither.
    pub(super) _held: Conn,
}
