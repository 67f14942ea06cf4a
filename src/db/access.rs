//! What a connection is for.

/// The purpose of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The one writer of this process.
    Write,
    /// Bounded queries, on a worker.
    Read,
    /// Unbounded queries, on the side pool.
    Search,
}
