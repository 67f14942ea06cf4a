//! Copydesk: a content API for news.
//!
//! The modules are listed in the order of their dependencies: each uses only modules above it. A
//! request goes `web` -> a subject's `handlers` -> its `read` or `write` -> its `store` -> `db`, and
//! comes back as rows -> a view in its `api` -> `web`.

pub mod domain;
pub mod problem;
pub mod db;
pub mod web;
pub mod outgoing;
pub mod audit;
pub mod changes;
pub mod purge;
pub mod access;
pub mod webhooks;
pub mod settings;
pub mod logging;
pub mod disclaimers;
pub mod articles;
pub mod comments;
pub mod export;
pub mod import;
pub mod meta;
pub mod testing;
pub mod openapi;
pub mod app;
pub mod commands;
