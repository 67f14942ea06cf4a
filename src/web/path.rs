//! Path parameters: each is a type that gives both its reader and its OpenAPI description. A
//! handler's signature names those in its path.

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::url::{UrlValue, Version, fault};
use crate::problem::ParameterFault;

/// A path parameter; made by [`path_values!`](crate::path_values).
pub trait PathValue: Sized {
    /// Its name in the path pattern.
    const NAME: &'static str;
    /// Its description.
    const DOC: &'static str;
    /// An example value.
    const EXAMPLE: &'static str;
    /// The type of its value.
    type Value: UrlValue;

    /// Makes the parameter from its value.
    fn of(value: Self::Value) -> Self;

    /// The parameter in the OpenAPI document.
    #[must_use]
    fn document() -> Value {
        let schema = Self::Value::schema();
        let example = match schema["type"] == "integer" {
            true => json!(1),
            false => json!(Self::EXAMPLE),
        };
        json!({"name": Self::NAME, "in": "path", "required": true, "description": Self::DOC, "schema": schema, "example": example})
    }

    /// Parses the parameter from its raw form.
    fn read(raw: &str, faults: &mut Vec<ParameterFault>) -> Option<Self> {
        let text = percent_decode_str(raw).decode_utf8_lossy();
        let read = Self::Value::parse(&text);
        if read.is_none() {
            let (name, form) = (Self::NAME, Self::Value::form());
            faults.push(fault(name, &format!("The path's {name} must be {form}.")));
        }
        read.map(Self::of)
    }
}

/// All parameters of a path, in the order of the pattern.
pub trait Path: Sized {
    /// Their names.
    fn names() -> Vec<&'static str>;

    /// The parameters in the OpenAPI document.
    fn documents() -> Vec<Value>;

    /// Parses them; `raw` gives each in its raw form.
    fn read(raw: &dyn Fn(&str) -> String, faults: &mut Vec<ParameterFault>) -> Option<Self>;
}

impl Path for () {
    fn names() -> Vec<&'static str> {
        Vec::new()
    }

    fn documents() -> Vec<Value> {
        Vec::new()
    }

    fn read(_raw: &dyn Fn(&str) -> String, _faults: &mut Vec<ParameterFault>) -> Option<Self> {
        Some(())
    }
}

impl<A: PathValue> Path for A {
    fn names() -> Vec<&'static str> {
        vec![A::NAME]
    }

    fn documents() -> Vec<Value> {
        vec![A::document()]
    }

    fn read(raw: &dyn Fn(&str) -> String, faults: &mut Vec<ParameterFault>) -> Option<Self> {
        A::read(&raw(A::NAME), faults)
    }
}

impl<A: PathValue, B: PathValue> Path for (A, B) {
    fn names() -> Vec<&'static str> {
        vec![A::NAME, B::NAME]
    }

    fn documents() -> Vec<Value> {
        vec![A::document(), B::document()]
    }

    fn read(raw: &dyn Fn(&str) -> String, faults: &mut Vec<ParameterFault>) -> Option<Self> {
        let (a, b) = (A::read(&raw(A::NAME), faults), B::read(&raw(B::NAME), faults));
        Some((a?, b?))
    }
}

/// Declares path parameters.
#[macro_export]
macro_rules! path_values {
    ($( $(#[doc = $doc:literal])+ pub struct $name:ident($value:ty) = $segment:literal, $example:literal; )+) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, Debug)]
        pub struct $name(pub $value);

        impl $crate::web::path::PathValue for $name {
            const NAME: &'static str = $segment;
            const DOC: &'static str = concat!($($doc),+).trim_ascii();
            const EXAMPLE: &'static str = $example;
            type Value = $value;

            fn of(value: $value) -> Self {
                Self(value)
            }
        }
    )+ };
}

path_values! {
    /// The number of the version.
    pub struct VersionPath(Version) = "version", "1";
}

/// A name that is looked up exactly as given.
#[derive(Clone, Debug)]
pub struct Name(pub String);

impl UrlValue for Name {
    fn parse(text: &str) -> Option<Self> {
        Some(Self(text.to_owned()))
    }

    fn schema() -> Value {
        json!({"type": "string", "pattern": "^[a-z0-9_]+$", "minLength": 1, "maxLength": 64})
    }

    fn form() -> String {
        "a name".to_owned()
    }

    fn text(&self) -> String {
        self.0.clone()
    }
}

/// The parameter names in a path pattern, in order.
pub fn path_names(pattern: &str) -> impl Iterator<Item = &str> {
    pattern.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}
