//! What must hold for every input: the same checks as in `cargo test`.

#[path = "../../tests/it/properties/checks.rs"]
pub mod checks;
