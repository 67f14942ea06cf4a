//! Disclaimers: the legal and provider texts that travel with articles.
//!
//! Each change is a new immutable version. Which article carries which
//! disclaimer is decided in `articles`.

pub mod api;
mod handlers;
pub mod rules;
pub(crate) mod store;

use serde_json::json;

use crate::operation;
use crate::problem::Code;
use crate::web::Operation;
use crate::web::query::{COUNT, CURSOR, LIMIT, fields};
use crate::web::scope::Scope;

pub use handlers::{body_html, create, find, nested_too_deep};

const WRITE: &[Scope] = &[Scope::DisclaimersWrite];

/// The operations, in URL order.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let example = || json!({"key": "wire-agency", "title": "Agency report", "body": "This report comes from an agency and was not edited by us.", "kind": "provider", "applies_to": {"sources": ["Valley Wire"]}});
    let rule = || json!({"all": false, "sources": ["Valley Wire"], "sections": [], "tags": [], "languages": []});
    vec![
        operation!(handlers::[__path_list_disclaimers, list_disclaimers]).query(vec![
            LIMIT,
            CURSOR,
            COUNT,
            fields(api::Disclaimer::MEMBERS),
        ]),
        operation!(handlers::[__path_create_disclaimer, create_disclaimer])
            .creates()
            .scope(WRITE)
            .takes::<api::DisclaimerInput>(example())
            .answers(json!({"applies_to": rule()}))
            .fails(&[Code::DisclaimerKeyTaken]),
        operation!(handlers::[__path_read_disclaimer, read_disclaimer])
            .fails(&[Code::DisclaimerNotFound]),
        operation!(handlers::[__path_replace_disclaimer, replace_disclaimer])
            .scope(WRITE)
            .takes::<api::DisclaimerInput>(example())
            .answers(json!({"version": 2, "applies_to": rule()}))
            .conditional()
            .fails(&[Code::DisclaimerNotFound, Code::DisclaimerKeyTaken]),
        operation!(handlers::[__path_update_disclaimer, update_disclaimer])
            .scope(WRITE)
            .takes_patch::<api::DisclaimerInput>(
                json!({"body": "This report comes from an agency."}),
            )
            .answers(
                json!({"version": 2, "body_html": "<p>This report comes from an agency.</p>\n"}),
            )
            .conditional()
            .fails(&[Code::DisclaimerNotFound, Code::DisclaimerKeyTaken]),
        operation!(handlers::[__path_delete_disclaimer, delete_disclaimer])
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
            .query(vec![LIMIT, CURSOR, fields(api::Disclaimer::MEMBERS)])
            .fails(&[Code::DisclaimerNotFound]),
        operation!(handlers::[__path_read_disclaimer_version, read_disclaimer_version])
            .fails(&[Code::DisclaimerNotFound, Code::VersionNotFound]),
    ]
}
