//! What the tests share: an application on a database of its own, a client that
//! holds every answer against the document, and short ways to make things.

pub mod app;
pub mod client;
pub mod contract;
pub mod database;
pub mod make;
pub mod plans;
pub mod process;

pub use app::TestApp;
pub use client::Answer;
