//! The caller of an operation, and what it may do.

use uuid::Uuid;

use crate::domain::scope::{Scope, Scopes};
use crate::problem::{Code, Problem};

/// The author of a change, as history records it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor<'a> {
    /// The name of the key, or of a caller without one.
    pub name: &'a str,
    /// The key's id, if it is a stored key: names need not be unique.
    pub key_id: Option<Uuid>,
}

impl<'a> Actor<'a> {
    /// An actor without a stored key.
    #[must_use]
    pub const fn named(name: &'a str) -> Self {
        Self { name, key_id: None }
    }

    /// The key's id in the form in which it is stored.
    #[must_use]
    pub fn stored_key_id(self) -> Option<String> {
        self.key_id.map(|id| id.to_string())
    }
}

/// The caller of an operation, as shown by its credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// No credentials: may read what is public, and may comment.
    Anonymous,
    /// The holder of the admin key from the settings.
    Admin,
    /// The holder of a key stored in the database.
    Key {
        /// The key's public id.
        id: Uuid,
        /// The key's name, as history shows it.
        name: String,
        /// Its scopes.
        scopes: Scopes,
    },
}

impl Caller {
    /// True if the caller sent no key.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        *self == Self::Anonymous
    }

    /// The caller as history records it.
    #[must_use]
    pub fn actor(&self) -> Actor<'_> {
        match self {
            Self::Anonymous => Actor::named("anonymous"),
            Self::Admin => Actor::named("admin"),
            Self::Key { id, name, .. } => Actor { name, key_id: Some(*id) },
        }
    }

    /// The caller's scopes; none without a key.
    #[must_use]
    pub fn scopes(&self) -> Scopes {
        match self {
            Self::Anonymous => Scopes::default(),
            Self::Admin => Scopes::ALL,
            Self::Key { scopes, .. } => *scopes,
        }
    }

    /// True if the caller has `scope`.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes().has(scope)
    }

    /// Passes a caller that has one of `scopes`; any key if `scopes` is empty.
    ///
    /// # Errors
    /// `unauthenticated` without a key, `insufficient_scope` with a key that has none of them.
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
        let words: Vec<&str> = scopes.iter().map(|scope| scope.word()).collect();
        Err(Problem::plain(Code::InsufficientScope)
            .with("required_scope", first.word())
            .say("required_scope", words.join("` or `")))
    }
}
