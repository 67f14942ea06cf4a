//! Parsing request bodies: each type states its rules once, which gives both the reader, which
//! collects every broken rule, and the JSON Schema that documents it.

use serde_json::{Map, Value, json};

use super::caller::Caller;
use super::json::pointer;
use crate::domain::text::cut;
use crate::domain::words::hint;
use crate::problem::{FaultCode, Faults, Problem};

/// A value that a client can send.
pub trait Input: Sized {
    /// Reads `value`, which is at the JSON Pointer `at`. If it breaks rules, all of them are added
    /// to `faults` and the result is `None`.
    fn read(value: Value, at: &str, faults: &mut Faults) -> Option<Self>;

    /// The same rules as JSON Schema (2020-12).
    fn schema() -> Value;
}

/// An object that a client can send; made by [`input!`](crate::input).
pub trait InputObject: Input + serde::Serialize {
    /// Name of its schema in the OpenAPI document.
    const NAME: &'static str;
    /// Names of the members.
    const MEMBERS: &'static [&'static str];
    /// Names of the members without a default.
    const REQUIRED: &'static [&'static str];
    /// Members whose default a setting decides, each with that setting.
    const BY_SETTING: &'static [(&'static str, &'static str)] = &[];

    /// Adds to `faults` what is wrong with `value` as the member `name`, which is at `at`.
    fn check_member(name: &str, value: Value, at: &str, faults: &mut Faults);

    /// Checks what only the whole body shows, and whether this caller may send it: before anything is looked up, and
    /// before a kept answer is given.
    ///
    /// # Errors
    /// `validation_failed`, or what the caller lacks.
    fn check(&self, _caller: &Caller) -> Result<(), Problem> {
        Ok(())
    }
}

/// Reads a whole body.
///
/// # Errors
/// `validation_failed` with every broken rule.
pub fn read_body<T: Input>(body: Value) -> Result<T, Problem> {
    let mut faults = Faults::default();
    check_integers(&body, &mut faults);
    let read = T::read(body, "", &mut faults);
    finish(read, faults)
}

/// Reads an object of two kinds of members: those of `A`, and those of `B`.
///
/// # Errors
/// `validation_failed` with every broken rule.
pub fn read_both<A: InputObject, B: InputObject>(body: Value) -> Result<(A, B), Problem> {
    let mut faults = Faults::default();
    check_integers(&body, &mut faults);
    let read = read_joined(body, "", &mut faults);
    finish(read, faults)
}

fn finish<T>(read: Option<T>, faults: Faults) -> Result<T, Problem> {
    match read {
        Some(read) if faults.is_empty() => Ok(read),
        None if faults.is_empty() => {
            Err(Problem::internal("a rule refused a value without saying why"))
        }
        _ => Err(Problem::validation(faults.into_vec())),
    }
}

/// Largest integer that every JSON parser keeps exactly (RFC 8259 section 6): 2^53 - 1.
const INTEGER_MAX: f64 = 9_007_199_254_740_991.0;

/// A step from a value to one inside it: a member or an index.
#[derive(Clone, Copy)]
enum Step<'a> {
    Member(&'a str),
    Item(usize),
}

/// Refuses integers that a JavaScript client would round to another number.
fn check_integers(body: &Value, faults: &mut Faults) {
    walk_integers(body, &mut Vec::new(), faults);
}

/// Builds the pointer from the steps only if there is a fault: building it at every value would
/// make a hostile body cost the square of its size.
fn walk_integers<'a>(value: &'a Value, steps: &mut Vec<Step<'a>>, faults: &mut Faults) {
    let within =
        |step: Step<'a>, inner: &'a Value, steps: &mut Vec<Step<'a>>, faults: &mut Faults| {
            steps.push(step);
            walk_integers(inner, steps, faults);
            steps.pop();
        };
    match value {
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or(f64::INFINITY);
            if number.fract() == 0.0 && number.abs() > INTEGER_MAX && !faults.is_full() {
                let at = steps.iter().fold(String::new(), |at, step| match step {
                    Step::Member(name) => pointer(&at, &cut(name)),
                    Step::Item(index) => format!("{at}/{index}"),
                });
                faults.add(
                    &at,
                    FaultCode::OutOfRange,
                    "is an integer beyond 2^53 - 1, which many JSON readers cannot keep.",
                );
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                within(Step::Item(index), item, steps, faults);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                within(Step::Member(name), member, steps, faults);
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// Read-only members that each write changes: another value is most likely a stale one.
const CHANGES_BY_WRITES: [&str; 2] = ["version", "updated_at"];

/// How a change treats the present resource.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// PUT: members that the body leaves out take their defaults, except the sticky ones, which
    /// keep their values.
    Replace {
        /// Members that keep their present value if the body leaves them out.
        sticky: &'static [&'static str],
    },
    /// PATCH: a merge patch (RFC 7396).
    Merge,
}

/// A member that a resource shows and that a change cannot write.
#[derive(Clone, Copy, Debug)]
pub struct ReadOnly {
    name: &'static str,
    moving: bool,
    on_demand: bool,
    way: &'static str,
}

impl ReadOnly {
    /// The member `name`.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, moving: false, on_demand: false, way: "" }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The member changes without a write to the resource itself.
    #[must_use]
    pub const fn moving(mut self) -> Self {
        self.moving = true;
        self
    }

    /// The member belongs to another resource and is shown only on request: never compared.
    #[must_use]
    pub const fn on_demand(mut self) -> Self {
        self.on_demand = true;
        self
    }

    /// A sentence that says how the member can be changed otherwise.
    #[must_use]
    pub const fn changed_by(mut self, way: &'static str) -> Self {
        self.way = way;
        self
    }
}

/// Checks what can be checked of a change on its body alone, before the resource is looked up.
/// `read_only` names the members that are shown and that no client can write.
///
/// # Errors
/// `validation_failed` with every broken rule.
pub fn check_change<T: InputObject>(
    change: Change,
    body: &Value,
    read_only: &[ReadOnly],
) -> Result<(), Problem> {
    let mut faults = Faults::default();
    check_integers(body, &mut faults);
    let Value::Object(members) = body else {
        wrong_type(body, "an object", "", &mut faults);
        return Err(Problem::validation(faults.into_vec()));
    };
    for (name, value) in members {
        let at = pointer("", name);
        let name = name.as_str();
        if !T::MEMBERS.contains(&name) {
            if !read_only.iter().any(|member| member.name == name) {
                unknown_member(name, "", T::MEMBERS, &mut faults);
            }
        } else if value.is_null() {
            // Null takes the default.
            if T::REQUIRED.contains(&name) {
                faults.add(
                    &at,
                    FaultCode::Required,
                    "is required and has no default that null could set.",
                );
            }
        } else if change != Change::Merge || !value.is_object() {
            // An object in a merge patch is only part of a value: it is checked after the merge.
            T::check_member(name, value.clone(), &at, &mut faults);
        }
    }
    if change != Change::Merge {
        for name in T::REQUIRED.iter().filter(|name| !members.contains_key(**name)) {
            faults.add(&pointer("", name), FaultCode::Required, "is required.");
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Problem::validation(faults.into_vec())) }
}

/// Applies a change that passed [`check_change`] to `present`, the full representation of the
/// resource.
///
/// A read-only member is accepted if it equals the present value, so that GET, change, PUT works.
/// With `spare_moving`, those that change without a write to the resource itself are not compared.
///
/// # Errors
/// `validation_failed` with every broken rule.
pub fn apply_change<T: InputObject>(
    change: Change,
    body: Value,
    present: &Value,
    read_only: &[ReadOnly],
    spare_moving: bool,
) -> Result<T, Problem> {
    let mut faults = Faults::default();
    let Value::Object(mut body) = body else {
        return Err(Problem::internal("a change that is no object passed its check"));
    };
    body.retain(|name, value| {
        let written = T::MEMBERS.contains(&name.as_str());
        let member = read_only.iter().find(|member| member.name == name);
        let spared = member.is_some_and(|member| member.on_demand || spare_moving && member.moving);
        if !written && !spared && !present.get(name).is_some_and(|now| same(now, value)) {
            let mut detail =
                "cannot be written here; leave it out or send its present value.".to_owned();
            if CHANGES_BY_WRITES.contains(&name.as_str()) {
                detail.push_str(" If this is what GET gave, it was changed since: read it again.");
            }
            if let Some(member) = member.filter(|member| !member.way.is_empty()) {
                detail.push(' ');
                detail.push_str(member.way);
            }
            faults.add(&pointer("", name), FaultCode::ReadOnlyMember, detail);
        }
        written
    });
    let whole = match change {
        Change::Merge => {
            let mut merged = Value::Object(Map::new());
            for name in T::MEMBERS {
                merged[*name] = present.get(*name).cloned().unwrap_or_default();
            }
            super::json::merge_patch(&mut merged, Value::Object(body));
            merged
        }
        Change::Replace { sticky } => {
            for name in sticky {
                if body.get(*name).is_none_or(Value::is_null) {
                    body.insert(
                        (*name).to_owned(),
                        present.get(*name).cloned().unwrap_or_default(),
                    );
                }
            }
            Value::Object(body)
        }
    };
    let read = T::read(whole, "", &mut faults);
    finish(read, faults)
}

/// True if two values are equal; `1.0` equals `1`.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}

/// Adds a fault for a member that does not exist, with the name that was probably meant.
fn unknown_member(name: &str, at: &str, known: &[&str], faults: &mut Faults) {
    if faults.is_full() {
        return;
    }
    let name = cut(name);
    let hint = hint(&name, known);
    faults.add(
        &pointer(at, &name),
        FaultCode::UnknownMember,
        format!("is not a member that can be written here.{hint}"),
    );
}

/// Reads an object, member by member.
pub struct ObjectReader<'a> {
    members: Map<String, Value>,
    at: &'a str,
    faults: &'a mut Faults,
    known: &'static [&'static str],
}

impl<'a> ObjectReader<'a> {
    /// Opens `value`; adds a fault if it is not an object.
    pub fn open(
        value: Value,
        at: &'a str,
        faults: &'a mut Faults,
        known: &'static [&'static str],
    ) -> Option<Self> {
        match value {
            Value::Object(members) => Some(Self { members, at, faults, known }),
            other => {
                wrong_type(&other, "an object", at, faults);
                None
            }
        }
    }

    /// Reads a required member.
    pub fn required<T: Input>(&mut self, name: &str) -> Option<T> {
        let at = pointer(self.at, name);
        match self.members.shift_remove(name) {
            Some(Value::Null) | None => {
                self.faults.add(&at, FaultCode::Required, "is required.");
                None
            }
            Some(value) => T::read(value, &at, self.faults),
        }
    }

    /// Reads a member that takes `default` if it is left out or null: many clients write null for
    /// what was not set.
    pub fn optional<T: Input>(&mut self, name: &str, default: T) -> Option<T> {
        match self.members.shift_remove(name) {
            Some(Value::Null) | None => Some(default),
            Some(value) => T::read(value, &pointer(self.at, name), self.faults),
        }
    }

    /// Adds a fault for every member that is left: it does not exist.
    pub fn finish(self) {
        for name in self.members.keys() {
            unknown_member(name, self.at, self.known, self.faults);
        }
    }
}

/// Adds a fault: `value` is not `wanted` ("a string").
pub fn wrong_type(value: &Value, wanted: &str, at: &str, faults: &mut Faults) {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    faults.add(at, FaultCode::WrongType, format!("must be {wanted}, not {found}."));
}

/// Reads one object as two: the members of `A`, and all others as `B`.
pub fn read_joined<A: InputObject, B: InputObject>(
    value: Value,
    at: &str,
    faults: &mut Faults,
) -> Option<(A, B)> {
    let Value::Object(members) = value else {
        wrong_type(&value, "an object", at, faults);
        return None;
    };
    let (first, rest): (Map<_, _>, Map<_, _>) =
        members.into_iter().partition(|(name, _)| A::MEMBERS.contains(&name.as_str()));
    let first = A::read(Value::Object(first), at, faults);
    let rest = B::read(Value::Object(rest), at, faults);
    Some((first?, rest?))
}

/// The schema of an object with the members of `A` and of `B`.
#[must_use]
pub fn joined_schema<A: InputObject, B: InputObject>(doc: &str) -> Value {
    let (extra, mut schema) = (A::schema(), B::schema());
    if let (Some(more), Some(properties)) =
        (extra["properties"].as_object(), schema["properties"].as_object_mut())
    {
        properties.extend(more.clone());
    }
    schema["description"] = json!(doc);
    schema
}

/// Declares an object that clients send: the struct, its reader and its schema.
///
/// A member without `= default` is required. With `@"SETTING"` before it, that setting decides the
/// default; the default that is written here applies where there is no server: in imports and
/// tests.
#[macro_export]
macro_rules! input {
    ($(
        $(#[doc = $doc:literal])+
        pub struct $name:ident $(checked by $check:path)? {
            $( $(#[doc = $member_doc:literal])+ $(@$setting:literal)? $member:ident : $ty:ty $(= $default:expr)? ),+ $(,)?
        }
    )+) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, serde::Serialize)]
        pub struct $name { $( $(#[doc = $member_doc])+ pub $member: $ty ),+ }

        impl $crate::web::input::InputObject for $name {
            const NAME: &'static str = stringify!($name);
            const MEMBERS: &'static [&'static str] = &[ $( stringify!($member) ),+ ];
            const REQUIRED: &'static [&'static str] =
                $crate::input!(@required [] $( { $member $(, $default)? } )+);
            const BY_SETTING: &'static [(&'static str, &'static str)] =
                &[ $( $( (stringify!($member), $setting), )? )+ ];

            $( fn check(
                &self,
                _caller: &$crate::web::Caller,
            ) -> Result<(), $crate::problem::Problem> {
                $check(self)
            } )?

            fn check_member(
                name: &str,
                value: serde_json::Value,
                at: &str,
                faults: &mut $crate::problem::Faults,
            ) {
                match name {
                    // Only the faults are needed here, not the value.
                    $( stringify!($member) => drop(<$ty as $crate::web::input::Input>::read(value, at, faults)), )+
                    _ => {}
                }
            }
        }

        impl $crate::web::input::Input for $name {
            fn read(
                value: serde_json::Value,
                at: &str,
                faults: &mut $crate::problem::Faults,
            ) -> Option<Self> {
                use $crate::web::input::InputObject as _;
                let mut object =
                    $crate::web::input::ObjectReader::open(value, at, faults, Self::MEMBERS)?;
                // Read every member before the first missing one returns: all faults are reported
                // at once.
                $( let $member: Option<$ty> = $crate::input!(@read object, $member $(, $default)?); )+
                object.finish();
                Some(Self { $( $member: $member? ),+ })
            }

            fn schema() -> serde_json::Value {
                $crate::web::schema::object_schema(concat!($($doc, "\n"),+), vec![ $(
                    $crate::web::schema::Property {
                        name: stringify!($member),
                        doc: concat!($($member_doc, "\n"),+),
                        schema: <$ty as $crate::web::input::Input>::schema(),
                        default: $crate::input!(@default $ty $(, $default)?),
                        setting: $crate::input!(@setting $($setting)?),
                    }
                ),+ ])
            }
        }
    )+ };
    (@read $object:ident, $member:ident) => { $object.required(stringify!($member)) };
    (@read $object:ident, $member:ident, $default:expr) => {
        $object.optional(stringify!($member), $default)
    };
    (@required [$($name:ident)*]) => { &[ $( stringify!($name) ),* ] };
    (@required [$($name:ident)*] { $member:ident } $($rest:tt)*) => {
        $crate::input!(@required [$($name)* $member] $($rest)*)
    };
    (@required [$($name:ident)*] { $member:ident, $default:expr } $($rest:tt)*) => {
        $crate::input!(@required [$($name)*] $($rest)*)
    };
    (@setting) => { None };
    (@setting $setting:literal) => { Some($setting) };
    (@default $ty:ty) => { None };
    (@default $ty:ty, $default:expr) => {{
        let default: $ty = $default;
        // A default is plain data of this program: it always has a JSON form.
        Some(serde_json::to_value(default).unwrap_or_default())
    }};
}
