//! Readers' comments: written, listed, moderated, limited, kept and forgotten.

mod create;
mod data_requests;
mod holds;
mod hostile;
mod limits;
mod list;
mod moderate;
mod queue;
mod reports;
mod summaries;
mod threads;
mod tokens;
