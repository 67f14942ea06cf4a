//! Problems (RFC 9457): the form of every refusal and failure.

pub mod catalogue;
pub mod fault;

use actix_web::http::header::HeaderName;
use serde_json::{Map, Value, json};

use crate::domain::until::Until;

pub use catalogue::{CATALOGUE, Code, Entry};
pub use fault::{FAULTS_MAX, Fault, FaultCode, Faults, ParameterFault};

/// Media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";
/// `Retry-After` of a refusal because of load, in seconds.
pub const RETRY_AFTER_SECONDS: u32 = 1;

/// One occurrence of a problem. Boxed: it is part of every `Result` on the way, and most never use
/// it.
#[derive(Clone, Debug)]
pub struct Problem(Box<Occurrence>);

#[derive(Clone, Debug)]
struct Occurrence {
    code: Code,
    /// The sentence for people; `None` for the catalogue's.
    detail: Option<String>,
    /// Values for the catalogue's sentence that are not members.
    words: Vec<(&'static str, String)>,
    members: Map<String, Value>,
    /// Headers with the same information for programs.
    headers: Vec<(HeaderName, String)>,
    /// The cause, only for the log: never part of a response.
    cause: Option<String>,
    /// When the clock changes it; `None` if that is unknown.
    until: Option<Until>,
}

impl Problem {
    /// The problem `code` with a sentence of its own: `detail` is for people and includes the
    /// remedy. If the catalogue's sentence fits, use [`Problem::plain`].
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let mut problem = Self::plain(code);
        problem.0.detail = Some(detail.into());
        problem
    }

    /// The problem `code` with the catalogue's sentence, filled with its [members](Self::with) and
    /// [words](Self::say).
    #[must_use]
    pub fn plain(code: Code) -> Self {
        Self(Box::new(Occurrence {
            code,
            detail: None,
            words: Vec::new(),
            members: Map::new(),
            headers: Vec::new(),
            cause: None,
            until: None,
        }))
    }

    /// The problem as the catalogue gives an example of it.
    #[must_use]
    pub fn example(code: Code) -> Self {
        let mut problem = Self::plain(code);
        problem.0.members = code.entry().example_members();
        problem
    }

    /// Sets a value for the catalogue's sentence that is not a member, or that replaces a
    /// member's.
    #[must_use]
    pub fn say(mut self, name: &'static str, word: impl ToString) -> Self {
        self.0.words.push((name, word.to_string()));
        self
    }

    /// Adds a header with the same information for programs.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.0.headers.push((name, value.into()));
        self
    }

    /// Its own headers.
    #[must_use]
    pub fn headers(&self) -> &[(HeaderName, String)] {
        &self.0.headers
    }

    /// Adds an extra member of the body. The catalogue's row must have it.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.0.members.insert(name.to_owned(), value.into());
        self
    }

    /// Sets the detail.
    #[must_use]
    pub fn saying(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Replaces everything after the first sentence of the detail with `advice`.
    #[must_use]
    pub fn advising(mut self, advice: &str) -> Self {
        let detail = self.detail();
        let first = detail.split(". ").next().unwrap_or_default();
        self.0.detail = Some(format!("{}. {advice}", first.trim_end_matches('.')));
        self
    }

    /// Sets the instant at which the clock changes it: until then, and until something is written, everyone without a
    /// key who asks for the same is told the same.
    #[must_use]
    pub fn until(mut self, until: Until) -> Self {
        self.0.until = Some(until);
        self
    }

    /// When the clock changes it, if that is known.
    #[must_use]
    pub fn known_until(&self) -> Option<Until> {
        self.0.until
    }

    /// Adds the cause, for the log.
    #[must_use]
    pub fn caused_by(mut self, cause: impl ToString) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    /// An internal error with its cause.
    #[must_use]
    pub fn internal(cause: impl ToString) -> Self {
        Self::plain(Code::Internal).caused_by(cause)
    }

    /// 422 with every broken rule.
    #[must_use]
    pub fn validation(faults: Vec<Fault>) -> Self {
        let first = faults.first().map_or_else(String::new, |fault| {
            let place = if fault.pointer.is_empty() { "its top" } else { fault.pointer.as_str() };
            format!(" at {place}: {}", fault.detail)
        });
        let detail = match faults.len() {
            1 => format!("The body breaks a rule{first}"),
            n => format!("The body breaks {n} rules, all in `errors`; the first{first}"),
        };
        Self::new(Code::ValidationFailed, detail).with("errors", json!(faults))
    }

    /// 422 for one broken rule.
    #[must_use]
    pub fn fault(pointer: &str, code: FaultCode, detail: impl Into<String>) -> Self {
        Self::validation(vec![Fault { pointer: pointer.to_owned(), code, detail: detail.into() }])
    }

    /// 400 with every invalid parameter.
    #[must_use]
    pub fn parameters(faults: Vec<ParameterFault>) -> Self {
        let detail = faults.first().map_or_else(String::new, |fault| fault.detail.clone());
        Self::new(Code::InvalidParameter, detail).with("errors", json!(faults))
    }

    /// 400 for one parameter.
    #[must_use]
    pub fn parameter(name: &str, detail: impl Into<String>) -> Self {
        Self::parameters(vec![ParameterFault { parameter: name.to_owned(), detail: detail.into() }])
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The cause, if any, for the log.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// The sentence for people.
    #[must_use]
    pub fn detail(&self) -> String {
        let occurrence = &self.0;
        let word = |name: &str| {
            let own = occurrence.words.iter().find(|(known, _)| *known == name);
            own.map(|(_, word)| word.clone())
        };
        let template = occurrence.code.entry().detail;
        let catalogue =
            || fill(template, |name| word(name).or_else(|| member_text(&occurrence.members, name)));
        occurrence.detail.clone().unwrap_or_else(catalogue)
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
            "detail": self.detail(),
            "instance": format!("urn:uuid:{request_id}"),
        });
        for member in entry.members {
            body[member.name] = self.0.members.get(member.name).cloned().unwrap_or_default();
        }
        body
    }
}

/// The rules that a body breaks: where, and how.
pub fn faults(problem: &Problem) -> impl Iterator<Item = (&str, &str)> {
    let faults = problem.member("errors").and_then(Value::as_array);
    faults.into_iter().flatten().map(|fault| {
        let text = |name: &str| fault[name].as_str().unwrap_or_default();
        (text("pointer"), text("detail"))
    })
}

/// A problem in one line, for whoever has the file and the database: each broken rule with its member, or the cause of what
/// has failed.
#[must_use]
pub fn reason_of(problem: &Problem) -> String {
    let lines: Vec<String> = faults(problem)
        .map(|(pointer, detail)| format!("{} {detail}", pointer.trim_start_matches('/')))
        .collect();
    if !lines.is_empty() {
        return lines.join(" ");
    }
    if let Some(cause) = problem.cause().filter(|_| problem.code() == Code::Internal) {
        return cause.to_owned();
    }
    let owner = problem.member("conflicting_id").and_then(Value::as_str);
    let owner = owner.map_or_else(String::new, |id| format!(" (article {id})"));
    format!("{}{owner}", problem.detail())
}

/// Fills values into a sentence: `{name}`, or `{name=example}` with an example in case there is no
/// value.
fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, inner, after)) = rest.split_once('{').and_then(|(before, tail)| {
        tail.split_once('}').map(|(inner, after)| (before, inner, after))
    }) {
        out.push_str(before);
        let (name, example) = inner.split_once('=').unwrap_or((inner, ""));
        match value(name) {
            Some(value) => out.push_str(&value),
            None if example.is_empty() => out.extend(["{", name, "}"]),
            None => out.push_str(example),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// A member as text in a sentence.
fn member_text(members: &Map<String, Value>, name: &str) -> Option<String> {
    match members.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => {
            let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            Some(texts.join(", "))
        }
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_names_members_and_words() {
        let problem = Problem::plain(Code::MethodNotAllowed).with("allowed", vec!["GET", "HEAD"]);
        let problem = problem.say("method", "PURGE");
        assert_eq!(problem.detail(), "`PURGE` is not allowed here. Allowed: GET, HEAD.");
        let filled = fill("a {b} {c=d} {e", |name| (name == "b").then(|| "{c}".to_owned()));
        assert_eq!(filled, "a {c} d {e", "what is put in is no template");
    }

    #[test]
    fn a_reason_is_what_can_be_mended() {
        let fault = |pointer: &str, detail: &str| Fault {
            pointer: pointer.to_owned(),
            code: FaultCode::UnknownValue,
            detail: detail.to_owned(),
        };
        let broken = Problem::validation(vec![fault("/slug", "must be."), fault("", "is empty.")]);
        assert_eq!(reason_of(&broken), "slug must be.  is empty.");
        assert_eq!(reason_of(&Problem::internal("the disk is full")), "the disk is full");
        let refused = Problem::new(Code::Overloaded, "Wait.").caused_by("locked");
        assert_eq!(reason_of(&refused), "Wait.");
    }
}
