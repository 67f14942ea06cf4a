//! The differences between two versions of an article: pure, and bounded in time.

use std::time::Duration;

use serde_json::{Map, Value};
use similar::TextDiff;

use super::api::{Difference, MemberChange};
use super::input::ArticleInput;
use crate::web::input::InputObject as _;

/// Time limit for finding the shortest difference of two texts; past it, a longer one is shown.
/// The search runs on the side pool, which it shares with searches.
const DIFF_TIMEOUT: Duration = Duration::from_millis(200);
/// The text, which is compared line by line.
const BODY: &str = "body";

/// The written members whose values differ between `before` and `after`, in the order of the
/// document.
#[must_use]
pub fn changed_members(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> Vec<&'static str> {
    let differs = |name: &&&str| before.get(**name) != after.get(**name);
    ArticleInput::MEMBERS.iter().filter(differs).copied().collect()
}

/// The changes from version `against` to version `version`.
#[must_use]
pub fn difference(
    (against, before): (i64, &Map<String, Value>),
    (version, after): (i64, &Map<String, Value>),
) -> Difference {
    let mut members = changed_members(before, after);
    let by_actions = ["state", "published_at", "disclaimers"];
    let differs = |name: &&str| before.get(*name) != after.get(*name);
    members.extend(by_actions.into_iter().filter(differs));
    let value = |of: &Map<String, Value>, name: &str| of.get(name).cloned().unwrap_or_default();
    let changes = members.iter().filter(|name| **name != BODY).map(|name| MemberChange {
        member: (*name).to_owned(),
        from: value(before, name),
        to: value(after, name),
    });
    let text = |of: &Map<String, Value>| value(of, BODY).as_str().unwrap_or_default().to_owned();
    Difference {
        against,
        changes: changes.collect(),
        body: members.contains(&BODY).then(|| {
            let names = [against, version].map(|number| format!("version {number}"));
            unified(&text(before), &text(after), &names)
        }),
    }
}

/// A unified diff of two texts.
fn unified(before: &str, after: &str, [old, new]: &[String; 2]) -> String {
    TextDiff::configure()
        .timeout(DIFF_TIMEOUT)
        .diff_lines(before, after)
        .unified_diff()
        .header(old, new)
        .to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn members(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn members_and_text_are_compared() {
        let before = members(
            json!({"title": "A", "body": "one\ntwo\n", "tags": [], "state": "draft", "version": 1}),
        );
        let after = members(
            json!({"title": "B", "body": "one\n2\n", "tags": [], "state": "published", "version": 2}),
        );
        assert_eq!(changed_members(&before, &after), ["title", "body"]);
        let found = difference((1, &before), (2, &after));
        let changes: Vec<_> = found.changes.iter().map(|change| change.member.as_str()).collect();
        assert_eq!((found.against, changes), (1, vec!["title", "state"]));
        assert_eq!(
            found.body.unwrap(),
            "--- version 1\n+++ version 2\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n"
        );
        let same = difference((1, &before), (1, &before));
        assert!(same.changes.is_empty() && same.body.is_none());
    }

    #[test]
    fn the_worst_texts_take_no_longer_than_they_may() {
        let lines =
            |odd: usize| (0..120_000).map(|n| format!("{}\n", n * 2 + odd)).collect::<String>();
        let found = unified(&lines(0), &lines(1), &["a".to_owned(), "b".to_owned()]);
        // Every line was removed and every line added, however the difference was found.
        assert_eq!(found.lines().filter(|line| line.starts_with('-')).count(), 120_001);
        assert_eq!(found.lines().filter(|line| line.starts_with('+')).count(), 120_001);
    }
}
