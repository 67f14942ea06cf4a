//! The single faults listed in `validation_failed` and `invalid_parameter`.

use serde::Serialize;
use utoipa::ToSchema;

/// A broken rule in a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(title = "Fault in a body")]
pub struct Fault {
    /// JSON Pointer (RFC 6901) of the invalid value; empty for the whole body.
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
    /// The value has another JSON type than the rule requires.
    WrongType,
    /// The member does not exist.
    UnknownMember,
    /// The member is read-only, and the value differs from the present one.
    ReadOnlyMember,
    /// The text or list is too short, or blank.
    TooShort,
    /// The text, list or object is too long.
    TooLong,
    /// The number or instant is outside its range.
    OutOfRange,
    /// The text does not have the required form.
    WrongForm,
    /// The value is not one of the known ones.
    UnknownValue,
    /// The text contains a character that is not allowed.
    ForbiddenCharacter,
    /// Elements nest too deep.
    NestedTooDeep,
}

/// An invalid parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(title = "Fault in a parameter")]
pub struct ParameterFault {
    /// Name of the query parameter, path segment or header.
    #[schema(example = "limit")]
    pub parameter: String,
    /// The values that it accepts, for people.
    #[schema(example = "The parameter `limit` takes a whole number from 1 to 100, not \"500\".")]
    pub detail: String,
}

/// Collects the faults of one body, so that a client sees all of them at once.
#[derive(Default)]
pub struct Faults {
    list: Vec<Fault>,
}

/// Most faults in one response: more of them help nobody.
pub const FAULTS_MAX: usize = 100;

impl Faults {
    /// Records a fault at `pointer`.
    pub fn add(&mut self, pointer: &str, code: FaultCode, detail: impl Into<String>) {
        if !self.is_full() {
            self.list.push(Fault { pointer: pointer.to_owned(), code, detail: detail.into() });
        }
    }

    /// True if no more faults are recorded: then there is no use in looking for them.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.list.len() >= FAULTS_MAX
    }

    /// True if there are no faults.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All recorded faults.
    #[must_use]
    pub fn into_vec(self) -> Vec<Fault> {
        self.list
    }
}
