//! The method QUERY (RFC 10008): a GET whose parameters are content, for those that are too long
//! for a URI or too secret for its logs.
//!
//! An operation that takes it has one handler: the content becomes the query string of the GET that
//! says the same, and everything after that is a GET's. Its answers are never stored: no cache in
//! reach keys them by the content.

use actix_web::HttpResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_LOCATION, ETAG, HeaderMap, HeaderName, HeaderValue,
};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::json;
use super::reply::{JSON, URI_MAX};
use crate::domain::text::cut;
use crate::problem::{Code, ParameterFault, Problem};

/// Its name; methods are case-sensitive (RFC 9110 section 9.1).
pub const QUERY: &str = "QUERY";
/// Names the media types that it takes (RFC 10008 section 3).
pub const ACCEPT_QUERY: HeaderName = HeaderName::from_static("accept-query");
/// Media type of HTML forms (WHATWG URL Standard, section 5).
const FORM: &str = "application/x-www-form-urlencoded";
/// The media types that it takes.
pub const QUERY_TYPES: &[&str] = &[JSON, FORM];
/// What a URI's query must not contain as it is (RFC 3986 section 3.4); `%` begins an escape.
const NOT_IN_QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The value of `Accept-Query`.
#[must_use]
pub fn accept_query() -> HeaderValue {
    // Media types, and commas between: always a valid header.
    HeaderValue::try_from(QUERY_TYPES.join(", ")).unwrap_or(HeaderValue::from_static(JSON))
}

/// The query string of the GET that says the same as `content`.
///
/// # Errors
/// `malformed_json`; `invalid_parameter` for parameters in the URI, for empty content, and for
/// values that no parameter can have.
pub fn query_string(
    uri_query: &str,
    headers: &HeaderMap,
    content: &[u8],
) -> Result<String, Problem> {
    if !uri_query.is_empty() {
        let name = uri_query.split(['=', '&']).next().unwrap_or_default();
        return Err(Problem::parameter(
            &cut(name),
            "The parameters of a QUERY are its content: move those of the URI there.",
        ));
    }
    if content.is_empty() {
        return Err(Problem::parameter(
            "content",
            "A QUERY has its parameters as content, and this one has none: send a form or a JSON object, `{}` for no parameters. A redirect may have dropped it.",
        ));
    }
    let is_json = headers
        .get(actix_web::http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with(JSON));
    match is_json {
        true => of_json(json::parse(content).map_err(as_parameter)?),
        false => match std::str::from_utf8(content) {
            Ok(form) => Ok(utf8_percent_encode(form.trim(), NOT_IN_QUERY).to_string()),
            Err(_) => Err(Problem::parameter("content", "The form is not UTF-8.")),
        },
    }
}

/// A number that is too large is a fault of the parameters here, and not of a body.
fn as_parameter(problem: Problem) -> Problem {
    match problem.code() {
        Code::ValidationFailed => Problem::parameter(
            "content",
            "It holds a number that is larger than a 64-bit float holds.",
        ),
        _ => problem,
    }
}

/// A JSON object as a query string: lists as the same parameter repeated.
fn of_json(content: Value) -> Result<String, Problem> {
    let Value::Object(members) = content else {
        return Err(Problem::parameter(
            "content",
            "The parameters are the members of a JSON object, such as {\"tag\": [\"weather\"]}.",
        ));
    };
    let (mut pairs, mut faults) = (Vec::new(), Vec::new());
    for (name, value) in &members {
        let values = match value {
            Value::Array(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        let texts: Option<Vec<String>> = values.iter().map(text_of).collect();
        match texts.filter(|texts| !texts.is_empty()) {
            Some(texts) => pairs.extend(texts.into_iter().map(|text| pair(name, &text))),
            None => faults.push(ParameterFault {
                parameter: cut(name),
                detail: format!(
                    "The parameter `{}` takes a text, a number, true or false, or a list of these that is not empty; leave it out for none.",
                    cut(name)
                ),
            }),
        }
    }
    match faults.is_empty() {
        true => Ok(pairs.join("&")),
        false => Err(Problem::parameters(faults)),
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

/// What a value of a query string is written without an escape.
const BARE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b',');

fn pair(name: &str, value: &str) -> String {
    format!("{}={}", utf8_percent_encode(name, BARE), utf8_percent_encode(value, BARE))
}

/// Makes the response to a GET that of the QUERY: never stored, and with the URI of that GET where
/// that is short enough.
pub fn finish(response: &mut HttpResponse, path: &str, query: Option<&str>) {
    let headers = response.headers_mut();
    // 200 and 304 alone have one.
    let is_shown = headers.contains_key(ETAG);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let Some(query) = query.filter(|_| is_shown) else {
        return;
    };
    let location = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    if location.len() <= URI_MAX
        && let Ok(location) = HeaderValue::from_str(&location)
    {
        headers.insert(CONTENT_LOCATION, location);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_says_what_a_query_string_says() {
        for (content, want) in [
            (json!({}), ""),
            (json!({"tag": ["a", "b"], "q": "C++ & more"}), "tag=a&tag=b&q=C%2B%2B%20%26%20more"),
            (json!({"limit": 5, "count": true}), "limit=5&count=true"),
        ] {
            assert_eq!(of_json(content).unwrap(), want);
        }
        for content in [json!([]), json!({"q": null}), json!({"tag": []}), json!({"tag": [{}]})] {
            assert!(of_json(content).is_err());
        }
    }
}
