//! Hostile strings in every member of every body and in every parameter, by walking the document. No answer is a 5xx,
//! each refusal is a problem, none takes long, and what was written can be read.
//!
//! Which strings meet which place is the same in every run: all of them at the main subjects, a part that differs from
//! place to place at the others (the constants in `bodies.rs` and `parameters.rs`). `--nocapture` shows the counts.

mod bodies;
mod corpus;
mod cursors;
mod parameters;
mod walk;
