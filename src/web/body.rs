//! Request bodies: each kind is a type that gives both its reader and its OpenAPI description.

use std::marker::PhantomData;

use serde_json::{Map, Value};

use super::call::Context;
use super::etag::Precondition;
use super::input::{Change, InputObject, ReadOnly, apply_change, check_change, read_body};
use super::json;
use super::reply::JSON;
use super::schema::patch_schema;
use crate::problem::Problem;

/// Media type of a JSON merge patch (RFC 7396 section 4).
pub const MERGE_PATCH: &str = "application/merge-patch+json";

/// The body that an operation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// None; a body that is sent is not read.
    None,
    /// JSON.
    Json,
    /// JSON, or no body at all.
    OptionalJson,
    /// A JSON merge patch.
    MergePatch,
}

impl BodyKind {
    /// The accepted media types.
    #[must_use]
    pub const fn media_types(self) -> &'static [&'static str] {
        match self {
            Self::None => &[],
            Self::Json | Self::OptionalJson => &[JSON],
            Self::MergePatch => &[MERGE_PATCH, JSON],
        }
    }
}

/// A kind of request body.
pub trait Body: Sized {
    /// Its kind.
    const KIND: BodyKind;

    /// Name and schema in the OpenAPI document.
    fn schema() -> Option<(String, Value)>;

    /// Parses it.
    ///
    /// # Errors
    /// `malformed_json`, or `validation_failed` for the rules that can be checked on the body
    /// alone.
    fn read(bytes: &[u8], call: &Context) -> Result<Self, Problem>;
}

impl Body for () {
    const KIND: BodyKind = BodyKind::None;

    fn schema() -> Option<(String, Value)> {
        None
    }

    fn read(_bytes: &[u8], _call: &Context) -> Result<Self, Problem> {
        Ok(())
    }
}

/// Fills in members whose default a setting decides; `wants` decides from the body's present
/// value, if any.
fn fill<T: InputObject>(call: &Context, body: &mut Value, wants: impl Fn(Option<&Value>) -> bool) {
    let Value::Object(members) = body else {
        return;
    };
    let own = |(name, _): &&(&'static str, Value)| T::BY_SETTING.iter().any(|(by, _)| by == name);
    for (name, value) in call.services.defaults.iter().filter(own) {
        if wants(members.get(*name)) {
            members.insert((*name).to_owned(), value.clone());
        }
    }
}

/// A JSON object. A member whose default a setting decides takes it if left out or null.
pub struct Json<T>(pub T);

impl<T: InputObject> Body for Json<T> {
    const KIND: BodyKind = BodyKind::Json;

    fn schema() -> Option<(String, Value)> {
        Some((T::NAME.to_owned(), T::schema()))
    }

    fn read(bytes: &[u8], call: &Context) -> Result<Self, Problem> {
        let mut body = json::parse(bytes)?;
        fill::<T>(call, &mut body, |present| present.is_none_or(Value::is_null));
        let read: T = read_body(body)?;
        read.check(&call.caller)?;
        Ok(Self(read))
    }
}

/// A JSON object; no body counts as an empty object.
pub struct OptionalJson<T>(pub T);

impl<T: InputObject> Body for OptionalJson<T> {
    const KIND: BodyKind = BodyKind::OptionalJson;

    fn schema() -> Option<(String, Value)> {
        Json::<T>::schema()
    }

    fn read(bytes: &[u8], call: &Context) -> Result<Self, Problem> {
        // Clients that always write a body write null for none.
        if bytes.is_empty() || bytes.trim_ascii() == b"null" {
            return read_body(Value::Object(Map::new())).map(Self);
        }
        Json::<T>::read(bytes, call).map(|body| Self(body.0))
    }
}

/// An object that can be changed after its creation.
pub trait Changeable: InputObject {
    /// Members that are shown and that no client can write.
    const READ_ONLY: &'static [ReadOnly];
    /// Members that PUT leaves unchanged if the body leaves them out.
    const STICKY: &'static [&'static str] = &[];
}

/// The whole new representation of a resource (PUT).
pub struct Replace<T>(pub PendingChange<T>);

impl<T: Changeable> Body for Replace<T> {
    const KIND: BodyKind = BodyKind::Json;

    fn schema() -> Option<(String, Value)> {
        Json::<T>::schema()
    }

    fn read(bytes: &[u8], call: &Context) -> Result<Self, Problem> {
        PendingChange::read(Change::Replace { sticky: T::STICKY }, bytes, call).map(Self)
    }
}

/// A JSON merge patch of a resource (PATCH, RFC 7396).
pub struct Merge<T>(pub PendingChange<T>);

impl<T: Changeable> Body for Merge<T> {
    const KIND: BodyKind = BodyKind::MergePatch;

    fn schema() -> Option<(String, Value)> {
        Some((format!("{}Patch", T::NAME), patch_schema(&T::schema())))
    }

    fn read(bytes: &[u8], call: &Context) -> Result<Self, Problem> {
        PendingChange::read(Change::Merge, bytes, call).map(Self)
    }
}

/// A change that passed every check that does not need the present resource.
pub struct PendingChange<T> {
    change: Change,
    body: Value,
    /// The precondition (`If-Match`, `If-None-Match`); checked before [`Self::apply`].
    pub precondition: Precondition,
    kind: PhantomData<fn() -> T>,
}

impl<T: Changeable> PendingChange<T> {
    fn read(change: Change, bytes: &[u8], call: &Context) -> Result<Self, Problem> {
        let mut body = json::parse(bytes)?;
        // Null asks for the default; in a PUT, leaving a member out does too.
        fill::<T>(call, &mut body, |present| match present {
            Some(value) => value.is_null(),
            None => change != Change::Merge,
        });
        check_change::<T>(change, &body, T::READ_ONLY)?;
        Ok(Self { change, body, precondition: call.precondition.clone(), kind: PhantomData })
    }

    /// True if members that are left out take their defaults.
    #[must_use]
    pub fn is_replacement(&self) -> bool {
        self.change != Change::Merge
    }

    /// The text of the member `name` in the body, as sent.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        debug_assert!(T::MEMBERS.contains(&name), "no member {name}");
        self.body.get(name)?.as_str()
    }

    /// True if the body has the member `name`.
    #[must_use]
    pub fn names(&self, name: &str) -> bool {
        let is_read_only = || T::READ_ONLY.iter().any(|member| member.name() == name);
        debug_assert!(T::MEMBERS.contains(&name) || is_read_only(), "no member {name}");
        self.body.get(name).is_some()
    }

    /// Applies the change to `present`, the resource's representation: the written members, and
    /// those read-only ones that the body [names](Self::names).
    ///
    /// With an `If-Match` that names a version, read-only members that change without a write to
    /// the resource are not compared: the client has shown which version it read, and a reader's
    /// comment since then must not make its save fail.
    ///
    /// # Errors
    /// `validation_failed` with every broken rule.
    pub fn apply(self, present: &Value) -> Result<T, Problem> {
        let shown_version = self.precondition.names_version();
        apply_change(self.change, self.body, present, T::READ_ONLY, shown_version)
    }
}
