//! JSON as this API accepts it: RFC 8259, nested at most [`DEPTH_MAX`] deep, no duplicate member
//! names. serde_json alone silently keeps the last duplicate. And JSON that is ready to be written ([`Raw`]).

use std::cell::RefCell;
use std::fmt;

use serde::Serialize;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use sonic_rs::OwnedLazyValue;

use crate::domain::text::cut;
use crate::problem::{Code, Fault, FaultCode, Problem};

/// Deepest nesting of arrays and objects. No member needs a tenth of it, and it bounds the stack
/// that a hostile body can use.
pub const DEPTH_MAX: usize = 64;

/// Parses a body.
///
/// # Errors
/// `malformed_json` with the byte offset at which parsing stopped; `validation_failed` for a
/// number outside the range of a 64-bit float: well-formed (RFC 8259 section 6), but it cannot be
/// stored.
pub fn parse(body: &[u8]) -> Result<Value, Problem> {
    if body.is_empty() {
        return Err(malformed(0, "it is empty"));
    }
    let fault = match read(body) {
        Ok(value) => return Ok(value),
        Err(fault) => fault,
    };
    if fault.reason != OUT_OF_RANGE {
        return Err(malformed(fault.offset, &fault.reason));
    }
    // A syntax error further on takes precedence: 400 before 422.
    match read(&without_huge_numbers(body)) {
        Ok(_) => Err(Problem::validation(vec![Fault {
            pointer: fault.pointer,
            code: FaultCode::OutOfRange,
            detail: "is a number larger than a 64-bit float holds.".to_owned(),
        }])),
        Err(syntax) => Err(malformed(syntax.offset, &syntax.reason)),
    }
}

/// serde_json's message for a number outside the range of a float.
const OUT_OF_RANGE: &str = "number out of range";

/// The reason why a body cannot be parsed, and the place.
struct Unreadable {
    offset: usize,
    /// The JSON Pointer of the value that was being parsed.
    pointer: String,
    reason: String,
}

fn read(body: &[u8]) -> Result<Value, Unreadable> {
    let at = RefCell::new(Vec::new());
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = Strict { depth: 0, at: &at }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    value.map_err(|error| {
        let text = error.to_string();
        let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
        Unreadable {
            offset: offset_of(body, error.line(), error.column()),
            pointer: at
                .borrow()
                .iter()
                .fold(String::new(), |parent, name| pointer(&parent, &cut(name))),
            reason: reason.to_owned(),
        }
    })
}

/// `body` with each number outside the range of a float replaced by 0, at the same offsets.
fn without_huge_numbers(body: &[u8]) -> Vec<u8> {
    let mut out = body.to_vec();
    let (mut at, mut in_string) = (0, false);
    while at < body.len() {
        match body[at] {
            b'\\' if in_string => at += 1,
            b'"' => in_string = !in_string,
            c if !in_string && (c.is_ascii_digit() || c == b'-') => {
                let is_part = |c: &u8| c.is_ascii_alphanumeric() || b"+-.".contains(c);
                let length = body[at..].iter().take_while(|c| is_part(c)).count();
                let text = std::str::from_utf8(&body[at..at + length]).unwrap_or_default();
                if text.parse::<f64>().is_ok_and(f64::is_infinite)
                    && !text.ends_with(char::is_alphabetic)
                {
                    out[at..at + length].fill(b' ');
                    out[at] = b'0';
                }
                at += length - 1;
            }
            _ => {}
        }
        at += 1;
    }
    out
}

fn malformed(offset: usize, reason: &str) -> Problem {
    Problem::plain(Code::MalformedJson).with("offset", offset).say("cause", reason)
}

/// The byte offset of a line and column, both counted from 1; a column counts bytes.
fn offset_of(body: &[u8], line: usize, column: usize) -> usize {
    let before: usize = body
        .split_inclusive(|byte| *byte == b'\n')
        .take(line.saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    (before + column.saturating_sub(1)).min(body.len())
}

#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: usize,
    /// Names and indexes that lead to the value that is being parsed.
    at: &'a RefCell<Vec<String>>,
}

impl Strict<'_> {
    fn deeper<E: de::Error>(self) -> Result<Self, E> {
        if self.depth == DEPTH_MAX {
            return Err(E::custom(format_args!("it nests deeper than {DEPTH_MAX}")));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    /// Reads the value at `name`. On failure its path stays in `at`.
    fn step<T, E>(self, name: String, read: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.at.borrow_mut().push(name);
        let value = read()?;
        self.at.borrow_mut().pop();
        Ok(value)
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) =
            inner.step(items.len().to_string(), || seq.next_element_seed(inner))?
        {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            if members.contains_key(&name) {
                return Err(de::Error::custom(format_args!(
                    "the member {:?} appears twice",
                    cut(&name)
                )));
            }
            let value = inner.step(name.clone(), || map.next_value_seed(inner))?;
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}

/// The JSON Pointer (RFC 6901 section 3) of member `name` in the value at `parent`.
#[must_use]
pub fn pointer(parent: &str, name: &str) -> String {
    format!("{parent}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Applies a merge patch (RFC 7396 section 2).
pub fn merge_patch(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(members) = target {
        for (name, value) in patch {
            if value.is_null() {
                members.shift_remove(&name);
            } else {
                merge_patch(members.entry(name).or_insert(Value::Null), value);
            }
        }
    }
}

/// JSON that is ready: it is written as it is.
pub type Raw = OwnedLazyValue;

/// `value` as JSON, to be written as it is into another.
///
/// # Errors
/// `internal` if it has no JSON form.
pub fn raw(value: &impl Serialize) -> Result<Raw, Problem> {
    let text = sonic_rs::to_string(value).map_err(Problem::internal)?;
    sonic_rs::from_str(&text).map_err(Problem::internal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn offset(body: &[u8]) -> u64 {
        let problem = parse(body).unwrap_err();
        assert_eq!(problem.code(), Code::MalformedJson);
        problem.member("offset").unwrap().as_u64().unwrap()
    }

    #[test]
    fn well_formed_json_is_read() {
        assert_eq!(
            parse(br#" {"a":[1,-2,1.5,true,null,"\u00e9"],"b":{}} "#).unwrap(),
            json!({"a": [1, -2, 1.5, true, null, "é"], "b": {}})
        );
        let deepest = [vec![b'['; 64], vec![b']'; 64]].concat();
        assert!(parse(&deepest).is_ok());
    }

    #[test]
    fn what_is_malformed_is_refused_at_its_offset() {
        assert_eq!(offset(b""), 0);
        assert_eq!(offset(b"{\"a\":1,}"), 7);
        assert_eq!(offset(b"{\n\"a\":x}"), 6);
        assert_eq!(offset(b"{} {}"), 3);
        assert_eq!(offset(b"\xef\xbb\xbf{}"), 0);
        for body in [
            &b"{\"a\":\"\xff\"}"[..],
            b"\"\\ud800\"",
            b"[1",
            b"nul",
            b"{\"a\" 1}",
            b"1e400x",
            b"{\"a\":1e400,}",
            b"[1e400",
            b"[-Infinity]",
            b"[01e400]",
        ] {
            offset(body);
        }
    }

    #[test]
    fn a_number_that_no_float_holds_is_well_formed_and_refused_at_its_place() {
        let long = format!("{{\"a\":{{\"~\":[0,{}]}}}}", "9".repeat(400));
        for (body, want) in [
            ("1e309", ""),
            ("-1E+999", ""),
            ("[1, 1e309]", "/1"),
            (r#"{"b":"1e309 \\\"","c/d":[{}, {"e":1e400}], "f": 1e999}"#, "/c~1d/1/e"),
            (&long, "/a/~0/1"),
        ] {
            let problem = parse(body.as_bytes()).unwrap_err();
            assert_eq!(problem.code(), Code::ValidationFailed, "{body}");
            let errors = problem.member("errors").unwrap();
            assert_eq!(errors[0]["pointer"], want, "{body}");
            assert_eq!(errors[0]["code"], "out_of_range");
        }
        assert_eq!(parse(b"[1e308, 1e-400]").unwrap(), json!([1e308, 0.0]));
    }

    #[test]
    fn deep_nesting_and_duplicates_are_refused() {
        assert_eq!(offset(&vec![b'['; 1 << 20]), 64);
        offset(&[vec![b'['; 65], vec![b']'; 65]].concat());
        assert!(
            parse(br#"{"a":1,"b":{"c":1,"c":2}}"#)
                .unwrap_err()
                .detail()
                .contains("\"c\" appears twice")
        );
        assert!(
            parse(br#"{"a":1,"\u0061":2}"#).unwrap_err().detail().contains("\"a\" appears twice")
        );
    }

    /// The examples of RFC 7396, appendix A.
    #[test]
    fn merge_patch_does_as_the_rfc_shows() {
        for (target, patch, want) in [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (json!({"a":"b","b":"c"}), json!({"a":null}), json!({"b":"c"})),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"c"}), json!({"a":["b"]}), json!({"a":["b"]})),
            (json!({"a":{"b":"c"}}), json!({"a":{"b":"d","c":null}}), json!({"a":{"b":"d"}})),
            (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a":"b"}), json!(["c"]), json!(["c"])),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (json!([1, 2]), json!({"a":"b","c":null}), json!({"a":"b"})),
            (json!({}), json!({"a":{"bb":{"ccc":null}}}), json!({"a":{"bb":{}}})),
        ] {
            let mut merged = target.clone();
            merge_patch(&mut merged, patch.clone());
            assert_eq!(merged, want, "{target} + {patch}");
        }
    }
}
