//! Which articles' changes a webhook is sent.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::groups::named;
use crate::domain::language::canonical;
use crate::domain::text::look_alike;

/// The articles whose changes are sent: entries of one list are alternatives, all lists that are not empty must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = WebhookFilter)]
pub struct Filter {
    /// Articles of one of these providers.
    pub sources: Vec<String>,
    /// Articles in one of these sections.
    pub sections: Vec<String>,
    /// Articles with one of these tags.
    pub tags: Vec<String>,
    /// Articles in one of these languages (RFC 4647 section 3.3.1: `pt` also matches `pt-BR`).
    pub languages: Vec<String>,
}

impl Filter {
    /// True if it allows every article.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        [&self.sources, &self.sections, &self.tags, &self.languages]
            .iter()
            .all(|one| one.is_empty())
    }

    /// True if it allows an article whose last change made these cache groups invalid: those of the lists that it was in
    /// before, and is in since. So a change that takes an article out of what is followed is sent too.
    #[must_use]
    pub fn allows(&self, groups: &str) -> bool {
        let has = |kind: &str, key: &str| {
            let group = named(kind, key);
            groups.split(' ').any(|one| one == group)
        };
        let one_of = |list: &[String], kind: &str, key: fn(&str) -> String| {
            list.is_empty() || list.iter().any(|entry| has(kind, &key(entry)))
        };
        one_of(&self.sources, "source", look_alike)
            && one_of(&self.sections, "section", str::to_owned)
            && one_of(&self.tags, "tag", str::to_owned)
            && one_of(&self.languages, "language", canonical)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(sources: &[&str], sections: &[&str], tags: &[&str], languages: &[&str]) -> Filter {
        let [sources, sections, tags, languages] = [sources, sections, tags, languages]
            .map(|list| list.iter().map(|&entry| entry.to_owned()).collect());
        Filter { sources, sections, tags, languages }
    }

    #[test]
    fn one_entry_of_each_list_must_match() {
        let wire = named("source", &look_alike("Valley Wire"));
        let groups = format!("articles section-city tag-harbour language-pt language-pt-br {wire}");
        for (filter, want) in [
            (filter(&[], &[], &[], &[]), true),
            (filter(&["valley wire"], &[], &[], &[]), true),
            (filter(&["Valley"], &[], &[], &[]), false),
            (filter(&[], &["sport", "city"], &[], &[]), true),
            (filter(&[], &["cit"], &[], &[]), false),
            (filter(&[], &["city"], &["weather"], &[]), false),
            (filter(&["Valley Wire"], &["city"], &["harbour"], &["PT"]), true),
            (filter(&[], &[], &[], &["en"]), false),
        ] {
            assert_eq!(filter.allows(&groups), want, "{filter:?}");
        }
    }
}
