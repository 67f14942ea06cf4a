//! What caches are told to drop: the groups of answers, by name.

use std::collections::BTreeSet;

use crate::domain::groups::{ARTICLES, COMMENTS, DISCLAIMERS, THREADS};

/// Groups to which every public answer belongs, to one of them at least: to drop these is to drop everything.
const EVERYTHING: [&str; 4] = [ARTICLES, COMMENTS, DISCLAIMERS, THREADS];
/// Names beyond which everything is dropped: as many requests would take longer than the second within which readers are
/// to see a change.
const NAMES_MAX: usize = 2_000;
/// Names in one request: Fastly takes 256, and no header may be longer than Varnish takes (8 KiB).
const NAMES_AT_ONCE: usize = 100;

/// Names of groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Keys(BTreeSet<String>);

impl Keys {
    /// What every answer belongs to.
    pub(super) fn everything() -> Self {
        Self(EVERYTHING.map(str::to_owned).into())
    }

    /// Adds names. Where they are too many, everything takes their place.
    pub(super) fn add(&mut self, names: impl IntoIterator<Item = String>) {
        self.0.extend(names);
        if self.0.len() > NAMES_MAX || self.is_everything() {
            *self = Self::everything();
        }
    }

    /// Adds those of another.
    pub(super) fn take_in(&mut self, other: Self) {
        self.add(other.0);
    }

    /// True if no answer belongs to none of them.
    pub(super) fn is_everything(&self) -> bool {
        EVERYTHING.iter().all(|name| self.0.contains(*name))
    }

    /// True if there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub(super) fn number(&self) -> usize {
        self.0.len()
    }

    /// Those of one request.
    pub(super) fn first(&self) -> Self {
        Self(self.0.iter().take(NAMES_AT_ONCE).cloned().collect())
    }

    /// Removes those of one request.
    pub(super) fn remove(&mut self, sent: &Self) {
        self.0.retain(|name| !sent.0.contains(name));
    }

    /// All of them, with something between.
    pub(super) fn join(&self, between: &str) -> String {
        let names: Vec<&str> = self.0.iter().map(String::as_str).collect();
        names.join(between)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: impl IntoIterator<Item = String>) -> Keys {
        let mut keys = Keys::default();
        keys.add(names);
        keys
    }

    #[test]
    fn names_are_told_once_and_a_part_at_a_time() {
        let mut left = keys((0..250).chain(0..250).map(|number| format!("section-{number:03}")));
        assert_eq!((left.number(), left.is_everything()), (250, false));
        let mut parts = Vec::new();
        while !left.is_empty() {
            let part = left.first();
            left.remove(&part);
            parts.push(part.number());
        }
        assert_eq!(parts, [100, 100, 50]);
    }

    #[test]
    fn too_many_are_everything() {
        let longest = |number: usize| format!("{number:032}");
        assert_eq!(keys((0..NAMES_MAX).map(longest)).number(), NAMES_MAX);
        let mut all = keys((0..=NAMES_MAX).map(longest));
        assert_eq!(all, Keys::everything());
        assert!(keys((0..NAMES_AT_ONCE).map(longest)).join(" ").len() < 4_096);
        all.add(["section-city".to_owned()]);
        assert_eq!(all.join(" "), "articles comments disclaimers threads");
    }
}
