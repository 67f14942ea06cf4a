//! The header `Prefer` (RFC 7240) in test mode: an answer of the document instead of the server's
//! own, a delay, a broken connection.

use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::answer::{NO_STORE, shown};
use super::call::Document;
use super::headers::{PREFER, PREFERENCE_APPLIED};
use super::operation::Operation;
use super::refusal::refuse;
use super::reply::JSON;
use super::test_mode::{Connection, TestMode};
use crate::domain::ids::RequestId;
use crate::domain::text::cut;
use crate::domain::words::hint;
use crate::problem::{Code, Problem};

/// Longest delay, in milliseconds: longer than any client waits by default.
const DELAY_MAX: u64 = 120_000;

/// The preferences of test mode.
const OURS: [&str; 4] = ["code", "delay", "drop", "example"];
/// Registered preferences (IANA), which clients may send to any server: ignored, as outside test mode.
const REGISTERED: [&str; 6] =
    ["depth-noroot", "handling", "respond-async", "return", "safe", "wait"];

/// True for preferences that are not test mode's: registered ones, and those of other protocols
/// (`odata.maxpagesize`).
fn is_foreign(name: &str) -> bool {
    REGISTERED.contains(&name) || name.contains('.')
}

/// The parts of a text between `separator`, but for those in quoted strings (RFC 9110 section 5.6.4).
fn pieces(text: &str, separator: char) -> Vec<&str> {
    let mut is_quoted = false;
    let parts = text.split(move |c: char| {
        is_quoted ^= c == '"';
        c == separator && !is_quoted
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// The name and the value of a preference or a parameter.
fn named(text: &str) -> (String, &str) {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    (name.trim().to_ascii_lowercase(), value.trim().trim_matches('"'))
}

/// What a request wishes for in test mode.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wishes {
    /// The status of the document's answer, and the name of its example.
    code: Option<u16>,
    example: Option<String>,
    delay: Duration,
    drop: bool,
}

impl Wishes {
    fn read<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Self, Problem> {
        let refuse = |why: String| {
            Err(Problem::parameter("Prefer", format!("In the header `Prefer`, {why}")))
        };
        let mut wishes = Self::default();
        let mut known = Vec::new();
        for preference in lines.flat_map(|line| pieces(line, ',')) {
            let mut parts = pieces(preference, ';').into_iter();
            let first = parts.next().unwrap_or_default();
            if is_foreign(&named(first).0) {
                // Its parameters are its own.
                continue;
            }
            for (name, value) in std::iter::once(first).chain(parts).map(named) {
                if known.contains(&name) {
                    return refuse(format!("`{}` may stand once.", cut(&name)));
                }
                match name.as_str() {
                    "code" => match value.parse() {
                        Ok(code) => wishes.code = Some(code),
                        Err(_) => {
                            return refuse("`code` takes a status, as in `code=503`.".to_owned());
                        }
                    },
                    "example" => wishes.example = Some(value.to_owned()),
                    "delay" => match value.parse() {
                        Ok(millis @ 0..=DELAY_MAX) => wishes.delay = Duration::from_millis(millis),
                        _ => {
                            return refuse(format!(
                                "`delay` takes milliseconds, up to {DELAY_MAX}, as in `delay=800`."
                            ));
                        }
                    },
                    "drop" if value.is_empty() => wishes.drop = true,
                    "drop" => return refuse("`drop` takes no value.".to_owned()),
                    other => {
                        let hint = hint(other, &OURS);
                        let names = OURS.join("`, `");
                        return refuse(format!(
                            "test mode knows `{names}`, not `{}`.{hint}",
                            cut(other)
                        ));
                    }
                }
                known.push(name);
            }
        }
        match wishes.example.is_some() && wishes.code.is_none() {
            true => {
                refuse("`example` names an example of a status: send `code` as well.".to_owned())
            }
            false => Ok(wishes),
        }
    }

    /// The value of `Preference-Applied`; `None` if there were no wishes.
    fn applied(&self) -> Option<HeaderValue> {
        let code = self.code.map(|code| format!("code={code}"));
        let delay = (!self.delay.is_zero()).then(|| format!("delay={}", self.delay.as_millis()));
        let applied: Vec<String> = code.into_iter().chain(delay).collect();
        (!applied.is_empty()).then(|| HeaderValue::from_str(&applied.join(", ")).ok())?
    }
}

/// Passes a value of the header that has an effect in test mode.
///
/// # Errors
/// `invalid_parameter` with what is wrong.
pub fn check(line: &str) -> Result<(), Problem> {
    match Wishes::read(std::iter::once(line))? == Wishes::default() {
        true => {
            Err(Problem::parameter("Prefer", format!("It names none of `{}`.", OURS.join("`, `"))))
        }
        false => Ok(()),
    }
}

/// The paths of the operations of test mode.
pub(super) const TEST_PATHS: &str = "/v1/test/";

/// Answers a request in test mode: as it prefers, or as `served` does.
pub(super) async fn answer(
    mode: &TestMode,
    document: &Document,
    operation: &Operation,
    (request, id): (&HttpRequest, RequestId),
    served: impl Future<Output = HttpResponse>,
) -> HttpResponse {
    let lines = request.headers().get_all(PREFER).map(|line| line.to_str().unwrap_or_default());
    let mut lines: Vec<&str> = lines.collect();
    let next = match lines.is_empty() && !request.path().starts_with(TEST_PATHS) {
        true => mode.take_next(request.method().as_str(), request.path()),
        false => None,
    };
    lines.extend(next.as_deref());
    if lines.is_empty() {
        return served.await;
    }
    let wishes = match Wishes::read(lines.into_iter()) {
        Ok(wishes) => wishes,
        Err(problem) => return refuse(&problem, id),
    };
    let preferred = match wishes.code {
        Some(code) => {
            let name = wishes.example.as_deref();
            match documented(mode.document(document), operation, (code, name), id) {
                Ok(response) => Some(response),
                Err(problem) => return refuse(&problem, id),
            }
        }
        None => None,
    };
    let mut interruptions = mode.interruptions();
    let waited = actix_web::rt::time::timeout(wishes.delay, interruptions.changed()).await;
    let mut response = match (waited, preferred) {
        // The test that sent this has ended.
        (Ok(_), _) => return refuse(&Problem::plain(Code::ShuttingDown), id),
        (Err(_), Some(response)) => response,
        (Err(_), None) => served.await,
    };
    if wishes.drop
        && let Some(connection) = request.conn_data::<Connection>()
    {
        connection.break_off();
    }
    if let Some(applied) = wishes.applied() {
        response.headers_mut().insert(PREFERENCE_APPLIED, applied);
    }
    response
}

/// The answer that the document gives as an example.
fn documented(
    document: &Value,
    operation: &Operation,
    (code, example): (u16, Option<&str>),
    id: RequestId,
) -> Result<HttpResponse, Problem> {
    let method = operation.method.as_str().to_lowercase();
    let responses = &document["paths"][&operation.path][&method]["responses"];
    let unknown = |what: &str, known: Vec<&String>| {
        let known: Vec<&str> = known.into_iter().map(String::as_str).collect();
        Problem::parameter(
            "Prefer",
            format!(
                "The document knows no {what} of {} {}. It knows `{}`.",
                operation.method,
                operation.path,
                known.join("`, `")
            ),
        )
    };
    let found = responses.get(code.to_string()).and_then(|found| follow(document, found));
    let Some(found) = found else {
        let known = responses.as_object().into_iter().flat_map(|all| all.keys()).collect();
        return Err(unknown(&format!("answer {code}"), known));
    };
    let contents = found["content"].as_object();
    // JSON where there is a choice.
    let chosen = contents.and_then(|all| all.get_key_value(JSON).or_else(|| all.iter().next()));
    let media_type = chosen.map(|(media_type, _)| media_type.as_str());
    let content = chosen.map(|(_, content)| content);
    let named = content.and_then(|content| content["examples"].as_object());
    let (name, value) = match (example, named) {
        (Some(wanted), _) => {
            let value = named.and_then(|named| named.get(wanted));
            let known = || named.into_iter().flat_map(|named| named.keys()).collect();
            let value = value
                .ok_or_else(|| unknown(&format!("example `{}` of {code}", cut(wanted)), known()))?;
            (wanted, Some(&value["value"]))
        }
        (None, Some(named)) => {
            let first = named.iter().next();
            first.map_or(("", None), |(name, value)| (name.as_str(), Some(&value["value"])))
        }
        (None, None) => ("", content.map(|content| &content["example"])),
    };
    let mut response = match (Code::from_name(name), value) {
        (Some(code), _) => refuse(&Problem::example(code), id),
        (None, value) => shown(code, media_type, value)?,
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(NO_STORE));
    for (name, header) in found["headers"].as_object().into_iter().flatten() {
        // What only some of the answers with a success have would say what is not so.
        let is_so = |header: &&Value| code >= 400 || header["required"] == true;
        let header = follow(document, header).filter(is_so);
        let example = header.map(|header| &header["example"]);
        let text = match example {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => continue,
        };
        let pair = HeaderName::try_from(name.as_str()).ok().zip(HeaderValue::from_str(&text).ok());
        if let Some((name, value)) = pair.filter(|(name, _)| !headers.contains_key(name)) {
            headers.insert(name, value);
        }
    }
    Ok(response)
}

/// Follows a reference within the document.
fn follow<'a>(document: &'a Value, part: &'a Value) -> Option<&'a Value> {
    match part["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')),
        None => Some(part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Wishes, String> {
        Wishes::read(std::iter::once(line)).map_err(|problem| problem.detail())
    }

    #[test]
    fn reads_lists_and_parameters() {
        let wishes = Wishes {
            code: Some(451),
            example: Some("blocked".to_owned()),
            delay: Duration::from_millis(800),
            drop: true,
        };
        for line in [
            "code=451, example=blocked, delay=800, drop",
            "CODE=451;example=\"blocked\" , delay = 800,drop",
            "code=451, example=blocked, delay=800, drop, return=minimal, wait=10",
        ] {
            assert_eq!(read(line).as_ref(), Ok(&wishes), "{line}");
        }
        for foreign in
            ["respond-async", "return=minimal; foo=\"some, parameter\"", "odata.maxpagesize=10"]
        {
            assert_eq!(read(foreign), Ok(Wishes::default()), "{foreign}");
        }
        assert_eq!(read("code=403, example=\"a,b\"").unwrap().example.as_deref(), Some("a,b"));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for (line, want) in [
            ("cod=503", "Did you mean `code`?"),
            ("code=many", "as in `code=503`"),
            ("code=500, code=503", "may stand once"),
            ("delay=-1", "milliseconds"),
            ("delay=120001", "milliseconds"),
            ("drop=yes", "takes no value"),
            ("example=overloaded", "send `code` as well"),
        ] {
            let detail = read(line).unwrap_err();
            assert!(detail.contains(want), "{line}: {detail}");
        }
    }
}
