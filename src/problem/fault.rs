//! The single faults that `validation_failed` and `invalid_parameter` list.

use serde::Serialize;
use utoipa::ToSchema;

/// A broken rule in a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(title = "Fault in a body")]
pub struct Fault {
    /// JSON Pointer (RFC 6901) of the value at fault; empty for the whole body.
    #[schema(example = "/title")]
    pub pointer: String,
    /// The broken rule's name for programs.
    pub code: FaultCode,
    /// What the value should be, for people.
    #[schema(example = "is required.")]
    pub detail: String,
}

/// The rules that a body can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(title = "Broken rule")]
pub enum FaultCode {
    /// A required member is missing.
    Required,
    /// The value has another JSON type than the rule asks for.
    WrongType,
    /// The member does not exist.
    UnknownMember,
    /// The member cannot be written, and the value differs from the present one.
    ReadOnlyMember,
    /// The text or list is too short, or blank.
    TooShort,
    /// The text, list or object is too long.
    TooLong,
    /// The number or instant lies outside its range.
    OutOfRange,
    /// The text has not the form that is asked for.
    WrongForm,
    /// The value is none of those there are.
    UnknownValue,
    /// The text holds a character that it may not.
    ForbiddenCharacter,
    /// Elements nest too deep.
    NestedTooDeep,
}

/// A parameter at fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(title = "Fault in a parameter")]
pub struct ParameterFault {
    /// Name of the query parameter, path segment or header.
    #[schema(example = "limit")]
    pub parameter: String,
    /// What it takes, for people.
    #[schema(example = "The parameter `limit` takes a whole number from 1 to 100, not \"500\".")]
    pub detail: String,
}

/// Collects the faults of one body, so that a client meets all of them at once.
#[derive(Default)]
pub struct Faults {
    list: Vec<Fault>,
}

/// Most faults that one answer lists: past that, more of them help nobody.
pub const FAULTS_MAX: usize = 100;

impl Faults {
    /// Notes a fault at `pointer`.
    pub fn add(&mut self, pointer: &str, code: FaultCode, detail: impl Into<String>) {
        if !self.is_full() {
            self.list.push(Fault {
                pointer: pointer.to_owned(),
                code,
                detail: detail.into(),
            });
        }
    }

    /// Whether no more faults are noted: then there is no use in looking for them.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.list.len() >= FAULTS_MAX
    }

    /// Whether nothing is at fault.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All faults noted.
    #[must_use]
    pub fn into_vec(self) -> Vec<Fault> {
        self.list
    }
}
