//! Whether a ninjs item may be shown, and from when. An item under an embargo is `usable` all the same.

use serde_json::Value;

use super::members::Members;
use crate::domain::instant::Instant;
use crate::import::words;

/// The state of an item (`pubStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It may be published.
    Usable,
    /// It may not be published now.
    Withheld,
    /// It must be withdrawn.
    Canceled,
}

/// The state of an item: `usable` if it says nothing, as the schemas say.
///
/// # Errors
/// A value that no schema has.
pub fn state_of(item: &mut Members) -> Result<State, String> {
    match item.take_any("pubstatus") {
        None => Ok(State::Usable),
        Some(Value::String(word)) if word == "usable" => Ok(State::Usable),
        Some(Value::String(word)) if word == "withheld" => Ok(State::Withheld),
        Some(Value::String(word)) if word == "canceled" => Ok(State::Canceled),
        Some(other) => {
            let (shown, _) = words::cut(&other.to_string(), 40);
            Err(format!(
                "`pubstatus` must be usable, withheld or canceled, not {shown}: whether it is public cannot be told"
            ))
        }
    }
}

/// The end of the embargo of an item: the latest, if it has several.
///
/// # Errors
/// A value that is no instant.
pub fn embargo_of(item: &mut Members) -> Result<Option<Instant>, String> {
    let mut latest: Option<Instant> = None;
    for name in ["embargoed", "embargoeduntil"] {
        latest = latest.max(instant_of(item, name)?);
    }
    Ok(latest)
}

/// Takes an instant out of an item.
///
/// # Errors
/// A value that is none.
pub fn instant_of(item: &mut Members, name: &str) -> Result<Option<Instant>, String> {
    let is_said = |value: &Value| {
        !value.is_null() && value.as_str().is_none_or(|text| !text.trim().is_empty())
    };
    let Some(value) = item.take_any(name).filter(is_said) else {
        return Ok(None);
    };
    let at = value.as_str().and_then(|text| instant(text.trim()));
    at.map(Some).ok_or_else(|| {
        let (shown, _) = words::cut(&value.to_string(), 40);
        format!("`{name}` must be an instant such as 2026-01-09T17:30:00Z, not {shown}")
    })
}

/// What was read of an item. Of one that is not for readers a fault is told, and stands in the way of nothing: the article
/// of its version before may be public.
///
/// # Errors
/// The fault, if the item is usable.
pub fn unless_withheld<T: Default>(
    read: Result<T, String>,
    state: State,
    warnings: &mut Vec<String>,
) -> Result<T, String> {
    match read {
        Err(reason) if state != State::Usable => {
            warnings.push(reason);
            Ok(T::default())
        }
        read => read,
    }
}

/// RFC 3339 with any fraction.
fn instant(text: &str) -> Option<Instant> {
    Instant::parse(text).or_else(|| {
        let (head, rest) = text.split_once('.')?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let kept = digits.min(6);
        Instant::parse(&format!("{head}.{}{}", &rest[..kept], &rest[digits..]))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn members(value: &Value) -> Members {
        Members::of(value.as_object().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_state_that_no_schema_has_is_refused() {
        for (item, want) in [
            (json!({}), Some(State::Usable)),
            (json!({"pubStatus": "usable"}), Some(State::Usable)),
            (json!({"pubstatus": "withheld"}), Some(State::Withheld)),
            (json!({"pubStatus": "canceled"}), Some(State::Canceled)),
            (json!({"pubStatus": "cancelled"}), None),
            (json!({"pubStatus": "Usable"}), None),
            (json!({"pubStatus": false}), None),
            (json!({"pubStatus": ""}), None),
            (json!({"pubStatus": null}), None),
            (json!({"pubStatus": ["usable"]}), None),
        ] {
            assert_eq!(state_of(&mut members(&item)).ok(), want, "{item}");
        }
    }

    #[test]
    fn the_latest_embargo_counts_and_one_that_cannot_be_read_is_refused() {
        let of = |item: Value| embargo_of(&mut members(&item));
        let both = of(
            json!({"embargoed": "2031-01-01T00:00:00Z", "embargoedUntil": "2030-01-01T01:00:00.123456789+01:00"}),
        );
        assert_eq!(both.unwrap().unwrap().to_string(), "2031-01-01T00:00:00.000000Z");
        let fine = of(json!({"embargoedUntil": "2030-01-01T01:00:00.123456789+01:00"}));
        assert_eq!(fine.unwrap().unwrap().to_string(), "2030-01-01T00:00:00.123456Z");
        assert_eq!(of(json!({})), Ok(None));
        assert_eq!(of(json!({"embargoed": null, "embargoedUntil": " "})), Ok(None));
        for embargo in
            [json!("tomorrow"), json!("2031-01-01"), json!(1), json!(true), json!([]), json!({})]
        {
            assert!(of(json!({"embargoed": embargo})).is_err(), "{embargo}");
        }
    }
}
