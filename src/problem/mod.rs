//! Problems (RFC 9457): what every refusal and failure looks like.

pub mod catalogue;
pub mod fault;

use serde_json::{Map, Value, json};

pub use catalogue::{CATALOGUE, Code, Entry};
pub use fault::{FAULTS_MAX, Fault, FaultCode, Faults, ParameterFault};

/// Media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";
/// Seconds after which a refusal for load is worth another try.
pub const RETRY_AFTER_SECONDS: u32 = 1;

/// One occurrence of a problem. Boxed: every `Result` on the way has it, and most never use it.
#[derive(Debug)]
pub struct Problem(Box<Occurrence>);

#[derive(Debug)]
struct Occurrence {
    code: Code,
    detail: String,
    members: Map<String, Value>,
    /// Why, for the log alone: never part of an answer.
    cause: Option<String>,
}

impl Problem {
    /// The problem `code`; `detail` is a sentence for people, with the fix in it.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Occurrence {
            code,
            detail: detail.into(),
            members: Map::new(),
            cause: None,
        }))
    }

    /// The problem `code` with the catalogue's own sentence, where that says it all.
    #[must_use]
    pub fn plain(code: Code) -> Self {
        Self::new(code, code.entry().example_detail)
    }

    /// Adds an extra member of the body. The catalogue's row must have it.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.0.members.insert(name.to_owned(), value.into());
        self
    }

    /// Puts another sentence behind the first of its detail.
    #[must_use]
    pub fn advising(mut self, advice: &str) -> Self {
        let first = self.0.detail.split(". ").next().unwrap_or_default();
        self.0.detail = format!("{}. {advice}", first.trim_end_matches('.'));
        self
    }

    /// Adds the cause, for the log.
    #[must_use]
    pub fn caused_by(mut self, cause: impl ToString) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    /// A fault of ours with its cause.
    #[must_use]
    pub fn internal(cause: impl ToString) -> Self {
        Self::plain(Code::Internal).caused_by(cause)
    }

    /// 422 with every broken rule.
    #[must_use]
    pub fn validation(faults: Vec<Fault>) -> Self {
        let first = faults.first().map_or_else(String::new, |fault| {
            let place = if fault.pointer.is_empty() {
                "its top"
            } else {
                fault.pointer.as_str()
            };
            format!(" at {place}: {}", fault.detail)
        });
        let detail = match faults.len() {
            1 => format!("The body breaks a rule{first}"),
            n => format!("The body breaks {n} rules, all in `errors`; the first{first}"),
        };
        Self::new(Code::ValidationFailed, detail).with("errors", json!(faults))
    }

    /// 400 with every parameter at fault.
    #[must_use]
    pub fn parameters(faults: Vec<ParameterFault>) -> Self {
        let detail = faults
            .first()
            .map_or_else(String::new, |fault| fault.detail.clone());
        Self::new(Code::InvalidParameter, detail).with("errors", json!(faults))
    }

    /// 400 for one parameter.
    #[must_use]
    pub fn parameter(name: &str, detail: impl Into<String>) -> Self {
        Self::parameters(vec![ParameterFault {
            parameter: name.to_owned(),
            detail: detail.into(),
        }])
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The cause, if there is one to log.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// The sentence for people.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// An extra member's value.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.0.members.get(name)
    }

    /// The body, for the request `request_id`.
    #[must_use]
    pub fn body(&self, request_id: uuid::Uuid) -> Value {
        let entry = self.0.code.entry();
        let mut body = json!({
            "type": entry.path(),
            "title": entry.title,
            "status": entry.status.as_u16(),
            "code": entry.name,
            "detail": self.0.detail,
            "instance": format!("urn:uuid:{request_id}"),
        });
        for member in entry.members {
            body[member.name] = self.0.members.get(member.name).cloned().unwrap_or_default();
        }
        body
    }
}
