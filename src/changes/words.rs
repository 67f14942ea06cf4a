//! The kinds of changes.

use crate::{stored_words, words};

words! {
    /// A kind of change of what is public.
    pub enum ChangeType as "ChangeType" shown as "article.published" {
        /// An article has become public, or is public again.
        ArticlePublished = "article.published",
        /// A public article has a new version.
        ArticleUpdated = "article.updated",
        /// An article is a draft again, scheduled, or under an embargo.
        ArticleUnpublished = "article.unpublished",
        /// An article was withdrawn.
        ArticleWithdrawn = "article.withdrawn",
        /// An article was blocked on a legal demand.
        ArticleBlocked = "article.blocked",
        /// An article has expired.
        ArticleExpired = "article.expired",
        /// An article was moved to the trash or purged.
        ArticleDeleted = "article.deleted",
        /// A comment has become public, or is public again.
        CommentPublished = "comment.published",
        /// The text of a public comment has changed.
        CommentEdited = "comment.edited",
        /// A comment is no longer public.
        CommentRemoved = "comment.removed",
        /// A disclaimer was created.
        DisclaimerCreated = "disclaimer.created",
        /// A disclaimer has a new version.
        DisclaimerUpdated = "disclaimer.updated",
        /// A disclaimer was retired.
        DisclaimerRetired = "disclaimer.retired",
        /// A disclaimer was deleted.
        DisclaimerDeleted = "disclaimer.deleted",
    }

    /// What readers can see of an article.
    pub enum Shows as "Shows" {
        /// Nothing.
        Nothing = "nothing",
        /// Its teaser.
        Teaser = "teaser",
        /// All of it.
        Article = "article",
    }

    /// What a consumer follows: all changes of one kind of thing, or one kind of change.
    pub enum Followed as "FollowedChanges" shown as "article" {
        /// All changes of articles.
        Article = "article",
        /// All changes of comments.
        Comment = "comment",
        /// All changes of disclaimers.
        Disclaimer = "disclaimer",
        /// `article.published`.
        ArticlePublished = "article.published",
        /// `article.updated`.
        ArticleUpdated = "article.updated",
        /// `article.unpublished`.
        ArticleUnpublished = "article.unpublished",
        /// `article.withdrawn`.
        ArticleWithdrawn = "article.withdrawn",
        /// `article.blocked`.
        ArticleBlocked = "article.blocked",
        /// `article.expired`.
        ArticleExpired = "article.expired",
        /// `article.deleted`.
        ArticleDeleted = "article.deleted",
        /// `comment.published`.
        CommentPublished = "comment.published",
        /// `comment.edited`.
        CommentEdited = "comment.edited",
        /// `comment.removed`.
        CommentRemoved = "comment.removed",
        /// `disclaimer.created`.
        DisclaimerCreated = "disclaimer.created",
        /// `disclaimer.updated`.
        DisclaimerUpdated = "disclaimer.updated",
        /// `disclaimer.retired`.
        DisclaimerRetired = "disclaimer.retired",
        /// `disclaimer.deleted`.
        DisclaimerDeleted = "disclaimer.deleted",
    }
}

stored_words!(Shows);

impl ChangeType {
    /// The kind of thing that changes: `article`, `comment` or `disclaimer`.
    #[must_use]
    pub fn of(self) -> Followed {
        let word = self.word();
        match word.split_once('.').and_then(|(thing, _)| Followed::from_word(thing)) {
            Some(thing) => thing,
            None => Followed::Article,
        }
    }

    /// True if the thing is not public after it.
    #[must_use]
    pub const fn is_removal(self) -> bool {
        matches!(
            self,
            Self::ArticleUnpublished
                | Self::ArticleWithdrawn
                | Self::ArticleBlocked
                | Self::ArticleExpired
                | Self::ArticleDeleted
                | Self::CommentRemoved
                | Self::DisclaimerDeleted
        )
    }
}

impl Followed {
    /// True if it includes a kind of change.
    #[must_use]
    pub fn includes(self, change: ChangeType) -> bool {
        self.word() == change.word() || self == change.of()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_can_be_followed_alone_and_with_its_kind() {
        for word in ChangeType::WORDS {
            let change = ChangeType::from_word(word).unwrap();
            let alone = Followed::from_word(word).unwrap();
            assert!(alone.includes(change) && change.of().includes(change), "{word}");
            let others = Followed::WORDS.iter().filter_map(|word| Followed::from_word(word));
            assert_eq!(others.filter(|other| other.includes(change)).count(), 2, "{word}");
        }
        assert_eq!(Followed::WORDS.len(), ChangeType::WORDS.len() + 3);
    }
}
