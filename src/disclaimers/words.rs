//! Words of disclaimers, on the wire and in the database.

use crate::domain::markup::Markup;
use crate::words;

words! {
    /// The format of a text.
    pub enum BodyFormat as "BodyFormat" {
        /// CommonMark.
        Markdown = "markdown",
        /// HTML, sanitised on the way out.
        Html = "html",
        /// Plain text.
        Text = "text",
    }

    /// The category of a disclaimer.
    pub enum Kind as "DisclaimerKind" shown as "provider" {
        /// Legal notice.
        Legal = "legal",
        /// Required by the provider of the text.
        Provider = "provider",
        /// Risk warning.
        Risk = "risk",
        /// Sponsored content.
        Sponsorship = "sponsorship",
        /// Affiliate links, which earn a commission.
        Affiliate = "affiliate",
        /// Content made with the help of AI.
        Ai = "ai",
        /// Anything else.
        Other = "other",
    }

    /// The position of a disclaimer relative to the article's text.
    pub enum Placement as "DisclaimerPlacement" shown as "after" {
        /// Above the article's text.
        Before = "before",
        /// Below it.
        After = "after",
    }

    /// The version of a disclaimer that an article shows.
    pub enum TextMode as "TextMode" shown as "pinned" {
        /// The one in force when the article went public, and it stays so; the first if there was
        /// none yet.
        Pinned = "pinned",
        /// Always the newest.
        Current = "current",
    }
}

impl From<BodyFormat> for Markup {
    fn from(format: BodyFormat) -> Self {
        match format {
            BodyFormat::Markdown => Self::Markdown,
            BodyFormat::Html => Self::Html,
            BodyFormat::Text => Self::Text,
        }
    }
}
