//! Disclaimers: the legal and provider texts that travel with articles.
//!
//! Each change is a new immutable version. The `articles` module decides which article carries
//! which disclaimer.

pub mod api;
mod handlers;
pub mod ids;
pub mod input;
pub(crate) mod model;
pub(crate) mod read;
pub mod rules;
pub(crate) mod store;
pub mod words;
pub(crate) mod write;

use serde_json::json;
use uuid::Uuid;

use self::ids::DisclaimerId;
use crate::db::Conn;
use crate::domain::instant::Instant;
use crate::domain::scope::Scope;
use crate::problem::{Code, Problem};
use crate::web::Operation;
use crate::web::query::{Count, Cursor, Fields, Limit};
use crate::{operation, path_values, query};

const WRITE: &[Scope] = &[Scope::DisclaimersWrite];

path_values! {
    /// The disclaimer's id.
    pub struct DisclaimerPath(Uuid) = "disclaimer", "0192d5a0-0000-7000-8000-000000000002";
}

query! {
    /// A list of disclaimers.
    pub struct ListDisclaimers {
        limit: Limit,
        cursor: Cursor,
        count: Count,
        fields: Fields<api::Disclaimer>,
    }

    /// A list of a disclaimer's versions.
    pub struct ListVersions {
        limit: Limit,
        cursor: Cursor,
        fields: Fields<api::Disclaimer>,
    }
}

/// Counts the articles that carry a disclaimer or ever did, as of an instant. A function pointer,
/// because articles depend on disclaimers.
pub type CountCarriers = fn(&mut Conn, DisclaimerId, Instant) -> Result<i64, Problem>;

/// The operations, in URL order.
#[must_use]
pub fn operations(count_carriers: CountCarriers) -> Vec<Operation> {
    let example = || json!({"key": "wire-agency", "title": "Agency report", "body": "This report comes from an agency and was not edited by us.", "kind": "provider", "applies_to": {"sources": ["Valley Wire"]}});
    let rule = || json!({"all": false, "sources": ["Valley Wire"], "sections": [], "tags": [], "languages": []});
    vec![
        operation!(handlers::[__path_list_disclaimers, list_disclaimers]),
        operation!(handlers::[__path_create_disclaimer, create_disclaimer])
            .creates()
            .leads_to(&[
                "read_disclaimer", "update_disclaimer", "list_disclaimer_versions",
                "retire_disclaimer", "delete_disclaimer",
            ])
            .scope(WRITE)
            .example(example())
            .answers(json!({"applies_to": rule()}))
            .fails(&[Code::DisclaimerKeyTaken]),
        operation!(handlers::[__path_read_disclaimer, read_disclaimer])
            .fails(&[Code::DisclaimerNotFound]),
        operation!(handlers::[__path_replace_disclaimer, replace_disclaimer])
            .scope(WRITE)
            .example(example())
            .answers(json!({"version": 2, "applies_to": rule()}))
            .conditional()
            .fails(&[Code::DisclaimerNotFound, Code::DisclaimerKeyTaken]),
        operation!(handlers::[__path_update_disclaimer, update_disclaimer])
            .scope(WRITE)
            .example(json!({"body": "This report comes from an agency."}))
            .answers(
                json!({"version": 2, "body_html": "<p>This report comes from an agency.</p>\n"}),
            )
            .conditional()
            .fails(&[Code::DisclaimerNotFound, Code::DisclaimerKeyTaken]),
        operation!(handlers::[__path_delete_disclaimer, delete_disclaimer], count_carriers)
            .scope(WRITE)
            .no_content()
            .conditional()
            .fails(&[Code::DisclaimerNotFound, Code::DisclaimerInUse]),
        operation!(handlers::[__path_retire_disclaimer, retire_disclaimer])
            .scope(WRITE)
            .answers(json!({"version": 2, "retired_at": "2026-11-22T10:00:00.000000Z"}))
            .conditional()
            .fails(&[Code::DisclaimerNotFound]),
        operation!(handlers::[__path_list_disclaimer_versions, list_disclaimer_versions])
            .fails(&[Code::DisclaimerNotFound]),
        operation!(handlers::[__path_read_disclaimer_version, read_disclaimer_version])
            .fails(&[Code::DisclaimerNotFound, Code::VersionNotFound]),
    ]
}
