//! Cache groups: names for what answers are made of, by which caches drop them (RFC 9875, and
//! `Surrogate-Key` of content delivery networks). A write names the groups that it has changed.
//!
//! A cache must take 32 groups of 32 characters; more is luck. So names are short, and long ones
//! are digests.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::text::hex;

/// Lists of articles, and of what articles are filtered by.
pub const ARTICLES: &str = "articles";
/// Everything that shows disclaimers.
pub const DISCLAIMERS: &str = "disclaimers";
/// Lists that show numbers of comments.
pub const COMMENTS: &str = "comments";
/// Everything that shows comments of any article, or their number.
pub const THREADS: &str = "threads";

/// Longest name of a group that all caches take, in characters (RFC 9875 section 2).
const NAME_MAX: usize = 32;

/// The group of what shows the article with this public id.
#[must_use]
pub fn of_article(id: &str) -> String {
    id.replace('-', "")
}

/// The group of what shows the comments of an article.
#[must_use]
pub fn of_comments(article_id: &str) -> String {
    named("comments", article_id)
}

/// The group of one of a kind: `section-city`, or a digest where the name is longer or has other
/// characters than letters, digits and hyphens.
#[must_use]
pub fn named(kind: &str, name: &str) -> String {
    let plain = format!("{kind}-{name}");
    let is_token = name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-');
    if is_token && !name.is_empty() && plain.len() <= NAME_MAX && Uuid::try_parse(name).is_err() {
        return plain;
    }
    let mut group = format!("{kind}-{}", hex(&Sha256::digest(name.as_bytes())));
    group.truncate(NAME_MAX);
    group
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_one_for_one_thing() {
        assert_eq!(named("section", "city"), "section-city");
        for name in
            ["a".repeat(200).as_str(), "S\u{e3}o Paulo", "0192d5a0-0000-7000-8000-000000000001", ""]
        {
            let group = named("author", name);
            assert_eq!(group.len(), NAME_MAX);
            assert!(
                group.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
            );
            assert_ne!(group, named("author", &format!("{name}x")));
        }
        assert_eq!(of_article("0192d5a0-0000-7000-8000-000000000001").len(), NAME_MAX);
    }
}
