//! Scopes: the rights of a key, and the presets that name common sets of them.

use crate::words;

words! {
    /// A right that a key can have.
    pub enum Scope as "Scope" shown as "articles:write" {
        /// Read drafts and what was withdrawn, blocked or has expired, with revisions and history.
        DraftsRead = "drafts:read",
        /// Read what is still under an embargo.
        EmbargoRead = "embargo:read",
        /// Read licensed articles whole.
        RestrictedRead = "restricted:read",
        /// Create, change, trash and restore articles.
        ArticlesWrite = "articles:write",
        /// Make articles public and take them back: publish, unpublish, withdraw, block, unblock.
        ArticlesPublish = "articles:publish",
        /// Delete articles for good.
        ArticlesPurge = "articles:purge",
        /// Comment as the site.
        CommentsWrite = "comments:write",
        /// See held comments and readers' mail addresses, and decide on comments.
        CommentsModerate = "comments:moderate",
        /// Create, change and delete disclaimers, and attach them to articles.
        DisclaimersWrite = "disclaimers:write",
        /// Make, list and revoke keys.
        KeysManage = "keys:manage",
        /// Read the audit: keys made and revoked, wrong keys, blocked addresses.
        AuditRead = "audit:read",
        /// Read the server's metrics.
        MetricsRead = "metrics:read",
        /// Create, list and delete webhooks, and see what was sent to them.
        WebhooksManage = "webhooks:manage",
    }

    /// A usual set of scopes.
    pub enum Preset as "KeyPreset" shown as "editor" {
        /// A front end with licensed content.
        Reader = "reader",
        /// Writes articles and does not publish them.
        Author = "author",
        /// Writes and publishes.
        Editor = "editor",
        /// Looks after the comments.
        Moderator = "moderator",
        /// Looks after disclaimers, and blocks articles.
        Legal = "legal",
        /// Everything.
        Admin = "admin",
    }
}

use Scope::{
    ArticlesPublish, ArticlesPurge, ArticlesWrite, AuditRead, CommentsModerate, CommentsWrite,
    DisclaimersWrite, DraftsRead, EmbargoRead, KeysManage, MetricsRead, RestrictedRead,
    WebhooksManage,
};

impl Scope {
    /// All scopes, in the order of the contract.
    pub const ALL: [Self; 13] = [
        DraftsRead, EmbargoRead, RestrictedRead, ArticlesWrite, ArticlesPublish, ArticlesPurge,
        CommentsWrite, CommentsModerate, DisclaimersWrite, KeysManage, AuditRead, MetricsRead,
        WebhooksManage,
    ];
}

impl Preset {
    /// The scopes in this preset.
    #[must_use]
    pub const fn scopes(self) -> Scopes {
        const AUTHOR: Scopes =
            Scopes::of(&[ArticlesWrite, DraftsRead, RestrictedRead, CommentsWrite]);
        match self {
            Self::Reader => Scopes::of(&[RestrictedRead, EmbargoRead]),
            Self::Author => AUTHOR,
            Self::Editor => {
                AUTHOR.and(Scopes::of(&[ArticlesPublish, EmbargoRead, CommentsModerate]))
            }
            Self::Moderator => Scopes::of(&[CommentsModerate, CommentsWrite, RestrictedRead]),
            Self::Legal => Scopes::of(&[
                DisclaimersWrite, ArticlesPublish, DraftsRead, EmbargoRead, RestrictedRead,
            ]),
            Self::Admin => Scopes::ALL,
        }
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u16);

impl Scopes {
    /// All of them.
    pub const ALL: Self = Self::of(&Scope::ALL);

    /// The set of `scopes`.
    #[must_use]
    pub const fn of(scopes: &[Scope]) -> Self {
        let mut set = 0;
        let mut at = 0;
        // `for` is not allowed in a `const fn`.
        while at < scopes.len() {
            set |= 1 << scopes[at] as u16;
            at += 1;
        }
        Self(set)
    }

    /// The union of two sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// True if `scope` is in the set.
    #[must_use]
    pub const fn has(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u16) != 0
    }

    /// The scopes as words, in the order of the contract.
    #[must_use]
    pub fn words(self) -> Vec<&'static str> {
        let own = Scope::ALL.into_iter().filter(|scope| self.has(*scope));
        own.map(Scope::word).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_what_the_contract_says() {
        for (preset, want) in [
            (Preset::Reader, "embargo:read restricted:read"),
            (Preset::Author, "drafts:read restricted:read articles:write comments:write"),
            (
                Preset::Editor,
                "drafts:read embargo:read restricted:read articles:write articles:publish comments:write comments:moderate",
            ),
            (Preset::Moderator, "restricted:read comments:write comments:moderate"),
            (
                Preset::Legal,
                "drafts:read embargo:read restricted:read articles:publish disclaimers:write",
            ),
        ] {
            assert_eq!(preset.scopes().words().join(" "), want);
        }
        assert_eq!(Preset::Admin.scopes().words(), Scope::WORDS);
        assert_eq!(Scopes::default().words(), [""; 0]);
    }
}
