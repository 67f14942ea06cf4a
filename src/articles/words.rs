//! Words of articles, on the wire and in the database.

use crate::{stored_words, words};

words! {
    /// The state of an article now. Embargo and expiry are not states.
    pub enum State as "ArticleState" shown as "published" {
        /// Not public.
        Draft = "draft",
        /// Not public yet.
        Scheduled = "scheduled",
        /// Public, unless it is under an embargo or has expired.
        Published = "published",
        /// Withdrawn, with a notice to readers.
        Withdrawn = "withdrawn",
        /// Blocked on a legal demand.
        Blocked = "blocked",
        /// In the trash.
        Trashed = "trashed",
    }

    /// The state in which an article is created.
    pub enum InitialState as "InitialState" {
        /// Not public.
        Draft = "draft",
        /// Public at once; needs `articles:publish`.
        Published = "published",
    }

    /// Read access to an article that is public.
    pub enum Access as "Access" {
        /// Anyone.
        Public = "public",
        /// Keys with `restricted:read`; everyone else sees a teaser.
        Restricted = "restricted",
    }

    /// The policy for comments on an article.
    pub enum CommentsPolicy as "CommentsPolicy" {
        /// Anyone; comments appear at once.
        Open = "open",
        /// Anyone; comments wait for a moderator.
        Moderated = "moderated",
        /// No one.
        Closed = "closed",
    }

    /// The stored state of an article, without the effects of clock and trash.
    pub enum Standing as "Standing" {
        /// Not public.
        Draft = "draft",
        /// Public from its instant of publication on.
        Published = "published",
        /// Withdrawn.
        Withdrawn = "withdrawn",
        /// Blocked on a legal demand.
        Blocked = "blocked",
    }

    /// The format of one article.
    pub enum Format as "ArticleFormat" shown as "json" {
        /// JSON, as this document describes it.
        Json = "json",
        /// IPTC ninjs 3.1.
        Ninjs = "ninjs",
        /// A schema.org NewsArticle as JSON-LD.
        JsonLd = "jsonld",
        /// IPTC NewsML-G2.
        NewsMl = "newsml",
    }

    /// The format of a list of articles.
    pub enum ListFormat as "ListFormat" shown as "json" {
        /// JSON, as this document describes it.
        Json = "json",
        /// A list of IPTC ninjs 3.1.
        Ninjs = "ninjs",
        /// A schema.org ItemList of NewsArticles as JSON-LD.
        JsonLd = "jsonld",
    }

    /// The states by which articles can be listed.
    pub enum Listed as "ArticleList" {
        /// Not public.
        Draft = "draft",
        /// Not public yet.
        Scheduled = "scheduled",
        /// Published, including those under an embargo and expired ones.
        Published = "published",
        /// Withdrawn.
        Withdrawn = "withdrawn",
        /// Blocked.
        Blocked = "blocked",
        /// In the trash.
        Trashed = "trashed",
        /// Expired; not a state of its own.
        Expired = "expired",
    }

    /// The related resources that can be included with an article.
    pub enum WithArticle as "WithArticle" {
        /// The first page of its comments.
        Comments = "comments",
        /// Disclaimers in full, as they always are.
        Disclaimers = "disclaimers",
    }

    /// The related resources that can be included in a list of articles.
    pub enum WithArticles as "WithArticles" {
        /// Disclaimers in full instead of references.
        Disclaimers = "disclaimers",
        /// The first page of the comments of each.
        Comments = "comments",
    }

    /// The order of a list of articles; `-` is descending.
    pub enum Sort as "ArticleSort" {
        /// The newest publication first; what was never published stands before that, by creation.
        Newest = "-published_at",
        /// The oldest publication first.
        Oldest = "published_at",
        /// The last write first.
        LastUpdated = "-updated_at",
        /// The oldest write first.
        FirstUpdated = "updated_at",
        /// By headline, without regard to case and accents.
        Title = "title",
        /// By headline, backwards.
        TitleBackwards = "-title",
        /// The most public comments first.
        MostCommented = "-comment_count",
        /// The fewest public comments first.
        LeastCommented = "comment_count",
        /// The best match first; only with `q`.
        Relevance = "relevance",
        /// The same.
        BestMatch = "-relevance",
    }

    /// The order of a list of sections, tags, authors or providers.
    pub enum TermSort as "TermSort" {
        /// By name, without regard to case and accents.
        Name = "name",
        /// The most articles first.
        MostUsed = "-article_count",
        /// The one whose newest article is the newest first.
        Newest = "-last_published_at",
    }

    /// What the articles of a list are counted by.
    pub enum Facet as "ArticleFacet" {
        /// By section.
        Section = "section",
        /// By tag.
        Tag = "tag",
        /// By author.
        Author = "author",
        /// By provider.
        Source = "source",
        /// By language.
        Language = "language",
        /// By month of publication (UTC).
        Month = "month",
    }

    /// The kind of a term: what articles are filtered by.
    pub enum TermKind as "TermKind" {
        /// The section.
        Section = "section",
        /// A tag.
        Tag = "tag",
        /// An author.
        Author = "author",
        /// The provider.
        Source = "source",
        /// The language.
        Language = "language",
    }

    /// The kind of a write to an article.
    pub enum HistoryEvent as "HistoryEvent" shown as "edited" {
        /// It was created.
        Created = "created",
        /// Written members were changed.
        Edited = "edited",
        /// It was published.
        Published = "published",
        /// It was made a draft again.
        Unpublished = "unpublished",
        /// It was scheduled for publication.
        Scheduled = "scheduled",
        /// It was withdrawn.
        Withdrawn = "withdrawn",
        /// It was blocked on a legal demand.
        Blocked = "blocked",
        /// The block was lifted.
        Unblocked = "unblocked",
        /// It was moved to the trash.
        Trashed = "trashed",
        /// It was restored from the trash, or an earlier version's content was restored
        /// (`restored_version`).
        Restored = "restored",
        /// A correction was added.
        Corrected = "corrected",
        /// A correction was withdrawn.
        CorrectionWithdrawn = "correction_withdrawn",
        /// A disclaimer was attached.
        Attached = "attached",
        /// A disclaimer was detached.
        Detached = "detached",
    }
}

stored_words!(Access, CommentsPolicy, HistoryEvent, Standing, State);
