//! The rules that decide which disclaimers an article carries: pure decisions, no IO.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ids::DisclaimerId;
use crate::domain::language::{canonical, is_in_range};
use crate::domain::text::look_alike;

/// The articles to which a rule attaches a disclaimer: entries of one list are alternatives, all
/// lists that are not empty must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AppliesTo)]
pub struct Rule {
    /// Every article that the lists allow.
    pub all: bool,
    /// Articles of one of these providers.
    pub sources: Vec<String>,
    /// Articles in one of these sections.
    pub sections: Vec<String>,
    /// Articles with one of these tags.
    pub tags: Vec<String>,
    /// Articles in one of these languages (RFC 4647 section 3.3.1: `pt` also matches `pt-BR`).
    pub languages: Vec<String>,
}

/// The facts of an article that rules look at.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Its provider.
    source: Option<String>,
    /// The provider's key for comparing names; computed when a rule asks for it.
    source_key: OnceCell<Option<String>>,
    /// Its section.
    section: Option<String>,
    /// Its tags.
    tags: Vec<String>,
    /// Its language.
    language: String,
    /// The language's key for comparing languages; computed when a rule asks for it.
    language_key: OnceCell<String>,
    /// The time since which it is public, if it is by now.
    pub public_since: Option<i64>,
}

impl Facts {
    /// The facts of an article of this provider, section, tags and language.
    #[must_use]
    pub fn new(
        source: Option<&str>,
        section: Option<&str>,
        tags: Vec<String>,
        language: &str,
        public_since: Option<i64>,
    ) -> Self {
        Self {
            source: source.map(str::to_owned),
            source_key: OnceCell::new(),
            section: section.map(str::to_owned),
            tags,
            language: language.to_owned(),
            language_key: OnceCell::new(),
            public_since,
        }
    }
}

impl Facts {
    fn source_key(&self) -> Option<&String> {
        let source = self.source.as_deref();
        self.source_key.get_or_init(|| source.map(look_alike)).as_ref()
    }

    fn language_key(&self) -> &str {
        self.language_key.get_or_init(|| canonical(&self.language))
    }
}

/// A rule, prepared for matching many articles.
#[derive(Clone, Debug, Serialize)]
pub struct ReadyRule {
    #[serde(flatten)]
    rule: Rule,
    /// The keys of its sources, for comparing names.
    source_keys: Vec<String>,
    /// The keys of its languages, for comparing languages.
    language_keys: Vec<String>,
}

impl ReadyRule {
    /// The providers of its list.
    #[must_use]
    pub fn sources(&self) -> &[String] {
        &self.rule.sources
    }

    /// The sections of its list.
    #[must_use]
    pub fn sections(&self) -> &[String] {
        &self.rule.sections
    }

    /// The tags of its list.
    #[must_use]
    pub fn tags(&self) -> &[String] {
        &self.rule.tags
    }

    /// The languages of its list.
    #[must_use]
    pub fn languages(&self) -> &[String] {
        &self.rule.languages
    }
}

impl From<Rule> for ReadyRule {
    fn from(rule: Rule) -> Self {
        Self {
            source_keys: rule.sources.iter().map(|name| look_alike(name)).collect(),
            language_keys: rule.languages.iter().map(|tag| canonical(tag)).collect(),
            rule,
        }
    }
}

impl Rule {
    /// True if it matches no article at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let lists = [&self.sources, &self.sections, &self.tags, &self.languages];
        !self.all && lists.iter().all(|list| list.is_empty())
    }

    /// Each of its conditions as a rule of its own, named as in [`ReadyRule::matched`].
    #[must_use]
    pub fn conditions(&self) -> Vec<(String, Self)> {
        let mut all = Vec::new();
        let mut each = |name: &str, list: &[String], of: fn(Vec<String>) -> Self| {
            let ones =
                list.iter().map(|entry| (format!("{name}:{entry}"), of(vec![entry.clone()])));
            all.extend(ones);
        };
        each("source", &self.sources, |sources| Self { sources, ..Self::default() });
        each("section", &self.sections, |sections| Self { sections, ..Self::default() });
        each("tag", &self.tags, |tags| Self { tags, ..Self::default() });
        each("language", &self.languages, |languages| Self { languages, ..Self::default() });
        all
    }
}

impl ReadyRule {
    /// The conditions that an article meets, if the rule matches it.
    #[must_use]
    pub fn matched(&self, facts: &Facts) -> Option<Vec<String>> {
        let rule = &self.rule;
        if rule.is_empty() {
            return None;
        }
        let mut why = Vec::new();
        let mut meet = |name: &str, list: &[String], holds: &dyn Fn(usize, &str) -> bool| {
            let met: Vec<_> = list
                .iter()
                .enumerate()
                .filter(|(at, entry)| holds(*at, entry))
                .map(|(_, entry)| format!("{name}:{entry}"))
                .collect();
            let passes = list.is_empty() || !met.is_empty();
            why.extend(met);
            passes
        };
        let passes = meet("source", &rule.sources, &|at, _| {
            facts.source_key() == Some(&self.source_keys[at])
        }) & meet("section", &rule.sections, &|_, entry| {
            facts.section.as_deref() == Some(entry)
        }) & meet("tag", &rule.tags, &|_, entry| {
            facts.tags.iter().any(|tag| tag == entry)
        }) & meet("language", &rule.languages, &|at, entry| {
            is_in_range(&facts.language, entry)
                || is_in_range(facts.language_key(), &self.language_keys[at])
        });
        if rule.all {
            why.insert(0, "all".to_owned());
        }
        passes.then_some(why)
    }
}

/// A disclaimer that an article may carry, in the version that is in force.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its internal id.
    pub disclaimer: DisclaimerId,
    /// The number of the version.
    pub version: i64,
    /// Its key.
    pub key: String,
    /// Its language; `None` for all languages.
    pub language: Option<String>,
    /// True if articles show the newest version, instead of the one that they were published with.
    pub is_current: bool,
    /// Its rule.
    pub rule: Option<Arc<ReadyRule>>,
    /// The time from which the rule attaches.
    pub effective_from: Option<i64>,
    /// The time until which the rule attaches.
    pub effective_until: Option<i64>,
    /// The time since which the rule attaches to nothing new.
    pub retired_at: Option<i64>,
}

impl Candidate {
    /// The conditions by which its rule attaches it to an article at an instant, if it does.
    #[must_use]
    pub fn matched(&self, facts: &Facts, at: i64) -> Option<Vec<String>> {
        let begun = self.effective_from.is_none_or(|from| from <= at);
        let ended = self.effective_until.is_some_and(|until| until <= at);
        // An article that was public before the disclaimer was retired keeps it.
        let too_late = self
            .retired_at
            .is_some_and(|retired| facts.public_since.is_none_or(|since| since > retired));
        let rule = self.rule.as_ref().filter(|_| begun && !ended && !too_late)?;
        rule.matched(facts)
    }

    /// Rank of its language for an article, the smaller the better: the article's own, a wider one
    /// (of several the longest: lookup, RFC 4647 section 3.4), none, the newsroom's, another.
    fn fit(&self, facts: &Facts, site: &str) -> (usize, Reverse<usize>) {
        let Some(language) = &self.language else {
            return (2, Reverse(0));
        };
        let key = canonical(language);
        let length = key.split('-').count();
        let place = |tag: &str, tag_key: &str| {
            let is_same = language.eq_ignore_ascii_case(tag) || key == tag_key;
            let holds = is_in_range(tag, language) || is_in_range(tag_key, &key);
            is_same.then_some(0).or(holds.then_some(1))
        };
        let own = place(&facts.language, facts.language_key());
        let rank = own.or_else(|| place(site, &canonical(site)).map(|place| place + 3));
        match rank {
            Some(rank) => (rank, Reverse(length)),
            // If no language fits, the oldest disclaimer is used.
            None => (5, Reverse(0)),
        }
    }
}

/// A disclaimer that an article carries.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Its internal id.
    pub disclaimer: DisclaimerId,
    /// The number of its version; `None` for the one that was in force when the article went
    /// public.
    pub version: Option<i64>,
    /// The reasons: `manual`, `all`, `source:X` and so on.
    pub matched_by: Vec<String>,
}

/// The disclaimers of `candidates` that an article carries: those in `attached` and those whose
/// rules match; of several translations of one key, the best fit. None is dropped because of its
/// language.
#[must_use]
pub fn carried<'a>(
    candidates: impl IntoIterator<Item = &'a Candidate>,
    attached: &[DisclaimerId],
    facts: &Facts,
    site_language: &str,
    at: i64,
) -> Vec<Choice> {
    let mut chosen: Vec<(&Candidate, Vec<String>)> = Vec::new();
    for candidate in candidates {
        let mut why = Vec::new();
        if attached.contains(&candidate.disclaimer) {
            why.push("manual".to_owned());
        }
        why.extend(candidate.matched(facts, at).unwrap_or_default());
        if why.is_empty() {
            continue;
        }
        let rank = |one: &Candidate| (one.fit(facts, site_language), one.disclaimer);
        match chosen.iter_mut().find(|(other, _)| other.key == candidate.key) {
            None => chosen.push((candidate, why)),
            Some((other, reasons)) => {
                if rank(candidate) < rank(other) {
                    *other = candidate;
                }
                why.retain(|reason| !reasons.contains(reason));
                reasons.extend(why);
            }
        }
    }
    let choice = |(candidate, matched_by): (&Candidate, _)| Choice {
        disclaimer: candidate.disclaimer,
        version: candidate.is_current.then_some(candidate.version),
        matched_by,
    };
    chosen.into_iter().map(choice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    fn facts() -> Facts {
        let tags = list(&["weather", "law"]);
        Facts::new(Some("18F"), Some("harbour"), tags, "pt-BR", Some(10))
    }

    #[test]
    fn members_of_a_list_are_alternatives_and_lists_are_conditions() {
        let matched = |rule: Rule| ReadyRule::from(rule).matched(&facts());
        assert_eq!(matched(Rule::default()), None);
        let all = Rule { all: true, ..Rule::default() };
        assert_eq!(matched(all.clone()), Some(list(&["all"])));
        let tags = Rule { tags: list(&["law", "sport", "weather"]), ..Rule::default() };
        assert_eq!(matched(tags.clone()), Some(list(&["tag:law", "tag:weather"])));
        let both = Rule { sources: list(&["18F"]), ..tags.clone() };
        assert_eq!(matched(both), Some(list(&["source:18F", "tag:law", "tag:weather"])));
        let other = Rule { sections: list(&["hills"]), ..tags };
        assert_eq!(matched(other.clone()), None);
        assert_eq!(matched(Rule { all: true, ..other }), None, "conditions narrow also `all`");
        for (range, holds) in
            [("pt", true), ("PT-br", true), ("p", false), ("pt-PT", false), ("pt-BR-x", false)]
        {
            let rule = Rule { languages: list(&[range]), ..Rule::default() };
            assert_eq!(matched(rule).is_some(), holds, "{range}");
        }
        for (article, range, holds) in [
            ("iw", "he", true),
            ("he-IL", "iw", true),
            ("zh-yue", "yue", true),
            ("zh-yue", "zh", true),
            ("cmn-Hans", "zh-Hans", true),
            ("he", "hr", false),
        ] {
            let rule = Rule { languages: list(&[range]), ..Rule::default() };
            let facts = Facts::new(None, None, Vec::new(), article, None);
            assert_eq!(ReadyRule::from(rule).matched(&facts).is_some(), holds, "{article} {range}");
        }
        for name in ["18f", " 18F", "18F\u{200b}", "\u{ff11}8F"] {
            let rule = Rule { sources: list(&[name]), ..Rule::default() };
            assert_eq!(matched(rule), Some(vec![format!("source:{name}")]), "{name}");
        }
    }

    fn candidate(disclaimer: i64, language: Option<&str>) -> Candidate {
        Candidate {
            disclaimer: DisclaimerId(disclaimer),
            version: 3,
            key: "k".to_owned(),
            language: language.map(str::to_owned),
            is_current: false,
            rule: Some(Arc::new(ReadyRule::from(Rule { all: true, ..Rule::default() }))),
            effective_from: None,
            effective_until: None,
            retired_at: None,
        }
    }

    #[test]
    fn a_rule_has_its_time() {
        let holds = |one: &Candidate, at: i64, since: Option<i64>| {
            one.matched(&Facts { public_since: since, ..facts() }, at).is_some()
        };
        let timed =
            Candidate { effective_from: Some(5), effective_until: Some(8), ..candidate(1, None) };
        let told: Vec<bool> = (4..=8).map(|at| holds(&timed, at, None)).collect();
        assert_eq!(told, [false, true, true, true, false]);
        let retired = Candidate { retired_at: Some(10), ..candidate(1, None) };
        assert!(holds(&retired, 99, Some(10)));
        assert!(!holds(&retired, 99, Some(11)));
        assert!(!holds(&retired, 99, None), "what is not public yet is published later");
    }

    #[test]
    fn the_best_translation_stands_and_none_is_lost() {
        let chosen = |languages: &[Option<&'static str>], article: &str| {
            let all: Vec<_> =
                languages.iter().zip(1..).map(|(language, id)| candidate(id, *language)).collect();
            let facts = Facts::new(None, None, Vec::new(), article, None);
            let found = carried(&all, &[], &facts, "en", 1);
            assert_eq!(found.len(), 1);
            languages[usize::try_from(found[0].disclaimer.0).unwrap() - 1]
        };
        let many = [Some("en"), None, Some("pt"), Some("pt-BR"), Some("de")];
        assert_eq!(chosen(&many, "pt-BR"), Some("pt-BR"));
        assert_eq!(chosen(&many, "pt-PT"), Some("pt"));
        assert_eq!(chosen(&many, "fr"), None);
        assert_eq!(chosen(&[Some("de"), Some("en")], "fr"), Some("en"));
        assert_eq!(chosen(&[Some("de")], "fr"), Some("de"));
        // The longest that fits, whichever is older; deprecated tags of a language count as its
        // own.
        for order in [[Some("zh"), Some("zh-Hant")], [Some("zh-Hant"), Some("zh")]] {
            assert_eq!(chosen(&order, "zh-Hant-TW"), Some("zh-Hant"));
            assert_eq!(chosen(&order, "zh-cmn-Hant-TW"), Some("zh-Hant"));
            assert_eq!(chosen(&order, "zh-Hans"), Some("zh"));
        }
        assert_eq!(chosen(&[Some("de"), Some("he")], "iw"), Some("he"));
        assert_eq!(chosen(&[Some("iw"), Some("de")], "he-IL"), Some("iw"));
        assert_eq!(chosen(&[Some("de"), Some("en"), Some("en-x-a")], "fr"), Some("en"));
    }

    #[test]
    fn by_hand_and_by_rule_are_one() {
        let two = [
            candidate(1, None),
            Candidate {
                is_current: true,
                key: "other".to_owned(),
                rule: None,
                ..candidate(2, None)
            },
        ];
        let found = carried(&two, &[DisclaimerId(1), DisclaimerId(2)], &facts(), "en", 1);
        let told: Vec<_> = found
            .iter()
            .map(|one| (one.disclaimer.0, one.version, one.matched_by.clone()))
            .collect();
        assert_eq!(told, [(1, None, list(&["manual", "all"])), (2, Some(3), list(&["manual"]))]);
        assert!(carried(&two[1..], &[DisclaimerId(1)], &facts(), "en", 1).is_empty());
    }
}
