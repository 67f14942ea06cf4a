//! Pure types, parsed once at the edge: no IO, no HTTP, no SQL.

pub mod groups;
pub mod ids;
pub mod instant;
pub mod language;
pub mod markup;
pub mod scope;
pub mod search;
pub mod signature;
pub mod slug;
pub mod test_mode;
pub mod text;
pub mod until;
pub mod words;
