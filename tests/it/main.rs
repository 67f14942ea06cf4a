//! The integration tests, in one binary. Folders mirror the URL tree.

mod support;

mod answers;
mod articles;
mod authorisation;
mod binary;
mod breaking;
mod caching;
mod check;
mod comments;
mod conditions;
mod coverage;
mod disclaimers;
mod docs;
mod faults;
mod hostile;
mod idempotency;
mod import;
mod keys;
mod log;
mod migrations;
mod model;
mod openapi;
mod plans;
mod problems;
mod properties;
mod query_method;
mod races;
mod requests;
mod server;
mod settings;
mod start;
mod storage;
mod test_mode;
mod texts;
mod tidy;
