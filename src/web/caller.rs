//! Who asks, and what they may do.

use uuid::Uuid;

use super::scope::{Preset, Scope, Scopes};
use crate::problem::{Code, Problem};

/// Who does something, as history tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor<'a> {
    /// The name of the key, or of what works without one.
    pub name: &'a str,
    /// The key, where it is one that is stored: names can be alike.
    pub key_id: Option<Uuid>,
}

impl<'a> Actor<'a> {
    /// One without a stored key.
    #[must_use]
    pub const fn named(name: &'a str) -> Self {
        Self { name, key_id: None }
    }

    /// The key's id as it is stored.
    #[must_use]
    pub fn stored_key_id(self) -> Option<String> {
        self.key_id.map(|id| id.to_string())
    }
}

/// The caller of an operation, as its credentials show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// No credentials: reads what is public and may comment.
    Anonymous,
    /// The holder of the key given from outside.
    Admin,
    /// The holder of a key that is kept in the database.
    Key {
        /// The key's public id.
        id: Uuid,
        /// The key's name, as history shows it.
        name: String,
        /// What it may do.
        scopes: Scopes,
    },
}

impl Caller {
    /// Whether the caller has shown no key.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        *self == Self::Anonymous
    }

    /// How history names the caller.
    #[must_use]
    pub fn actor(&self) -> Actor<'_> {
        match self {
            Self::Anonymous => Actor::named("anonymous"),
            Self::Admin => Actor::named("admin"),
            Self::Key { id, name, .. } => Actor {
                name,
                key_id: Some(*id),
            },
        }
    }

    /// What the caller may do beyond what anyone may.
    #[must_use]
    pub fn scopes(&self) -> Scopes {
        match self {
            Self::Anonymous => Scopes::default(),
            Self::Admin => Preset::Admin.scopes(),
            Self::Key { scopes, .. } => *scopes,
        }
    }

    /// Whether the caller has `scope`.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes().has(scope)
    }

    /// Passes whoever has one of `scopes`; any key where none is named.
    ///
    /// # Errors
    /// `unauthenticated` without a key, `insufficient_scope` with one that lacks them.
    pub fn require(&self, scopes: &[Scope]) -> Result<(), Problem> {
        if self.is_anonymous() {
            return Err(Problem::plain(Code::Unauthenticated));
        }
        let Some(first) = scopes.first() else {
            return Ok(());
        };
        if scopes.iter().any(|scope| self.may(*scope)) {
            return Ok(());
        }
        let named: Vec<String> = scopes
            .iter()
            .map(|scope| format!("`{}`", scope.word()))
            .collect();
        let detail = format!(
            "This needs a key with the scope {}; yours does not have it. Ask an administrator for one, or see `GET /v1/keys/self` for what yours may do.",
            named.join(" or ")
        );
        Err(Problem::new(Code::InsufficientScope, detail).with("required_scope", first.word()))
    }
}
