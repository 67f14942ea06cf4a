//! Who asks.

use uuid::Uuid;

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
    pub fn actor(&self) -> &str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Admin => "admin",
            Self::Key { name, .. } => name,
        }
    }

    /// Whether the caller sees what is not public: drafts, held comments, mail
    /// addresses. Every key does, until keys have scopes.
    #[must_use]
    pub fn sees_unpublished(&self) -> bool {
        !self.is_anonymous()
    }
}
