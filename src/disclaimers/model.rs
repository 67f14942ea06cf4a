//! The domain model of disclaimers: stored ones, and those that an article carries.

use diesel::Queryable;

use super::ids::DisclaimerId;
use super::rules::Rule;
use super::words::{BodyFormat, Kind, Placement, TextMode};
use crate::stored_words;

stored_words!(BodyFormat, Kind, Placement, TextMode);

/// A disclaimer with its present version.
#[derive(Queryable, Clone)]
pub struct DisclaimerRow {
    pub id: DisclaimerId,
    pub public_id: String,
    pub key: String,
    pub language: Option<String>,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub title: String,
    pub body: String,
    pub body_format: BodyFormat,
    pub body_html: String,
    pub kind: Kind,
    pub placement: Placement,
    pub priority: i64,
    pub text_mode: TextMode,
    pub applies_to: Option<String>,
    pub effective_from: Option<i64>,
    pub effective_until: Option<i64>,
    pub retired_at: Option<i64>,
}

impl DisclaimerRow {
    /// Its rule, if it has one.
    pub fn rule(&self) -> Option<Rule> {
        self.applies_to.as_deref().and_then(|rule| serde_json::from_str(rule).ok())
    }
}

/// A disclaimer as an article carries it.
#[derive(Clone, Debug)]
pub struct CarriedRow {
    pub disclaimer: DisclaimerId,
    pub public_id: String,
    pub key: String,
    pub version: i64,
    pub title: String,
    /// Empty if no text was asked for.
    pub body_html: String,
    pub placement: Placement,
    pub priority: i64,
    pub kind: Kind,
    pub language: Option<String>,
    /// The reasons: `manual`, `all`, `source:X` and so on.
    pub matched_by: Vec<String>,
}
