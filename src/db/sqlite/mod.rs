//! What only a database in a file has: its path, its log, its locks, and copies of it.

mod backup;
mod check;
mod compact;
pub(super) mod connection;
mod file;
mod folder_lock;
mod inspect;
pub(super) mod keeper;
pub mod isso;
mod log;
mod names;
mod place;
mod presence;
mod serve_lock;
mod start_state;
mod unfinished;
mod write_through;

pub use backup::{
    Backup, Restored, Source, back_up, back_up_open, copy, is_part_of, restore, stream_backup,
};
pub use check::{check, mend};
pub use compact::{Compacted, compact};
pub use connection::{assert_sqlite, compile_options, sqlite_version};
pub use file::{ensure_file, must_exist};
pub use inspect::COPY_OF_SERVED;
pub use names::{remove_if_there, resolved};
pub use presence::Presence;
pub use serve_lock::ServeLock;
pub use start_state::StartState;
pub use unfinished::{abandon_unfinished, remove_unfinished};

pub(super) use backup::note_served;
pub(super) use names::beside;
pub(super) use place::Place;
