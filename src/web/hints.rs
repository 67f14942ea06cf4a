//! The path that a request to an unknown one probably meant.

use crate::domain::text::cut;
use crate::domain::words::nearest;
use crate::problem::{Code, Problem};

/// 404 for an unknown path, with the path that was probably meant.
pub(super) fn no_such_path(path: &str, patterns: &[String]) -> Problem {
    let known =
        |candidate: &str| patterns.iter().any(|pattern| matches_pattern(pattern, candidate));
    let trimmed = path.trim_end_matches('/');
    let with_base = format!("/v1{trimmed}");
    let problem = Problem::plain(Code::RouteNotFound).say("path", cut(path));
    if trimmed != path && known(trimmed) {
        let hint = format!("Paths have no trailing slash: ask for `{}`.", cut(trimmed));
        problem.say("hint", hint)
    } else if known(&with_base) {
        problem.say("hint", format!("Did you mean `{}`?", cut(&with_base)))
    } else if let Some(hint) = action_hint(trimmed, patterns) {
        problem.say("hint", hint)
    } else {
        problem
    }
}

/// Names that people try for an action, with the one that does it.
const OTHER_NAMES: [(&str, &str); 16] = [
    ("unwithdraw", "publish"),
    ("reinstate", "publish"),
    ("republish", "publish"),
    ("release", "publish"),
    ("schedule", "publish"),
    ("approve", "publish"),
    ("retract", "withdraw"),
    ("takedown", "withdraw"),
    ("hide", "unpublish"),
    ("archive", "unpublish"),
    ("draft", "unpublish"),
    ("unschedule", "unpublish"),
    ("correction", "correct"),
    ("undelete", "restore"),
    ("untrash", "restore"),
    ("recover", "restore"),
];

/// What to use instead of a path that is an action's, but for its last word.
fn action_hint(path: &str, patterns: &[String]) -> Option<String> {
    let (parent, word) = path.rsplit_once('/')?;
    let pattern = patterns.iter().find(|pattern| matches_pattern(pattern, parent))?;
    let known: Vec<&str> = patterns
        .iter()
        .filter_map(|other| other.strip_prefix(pattern.as_str())?.strip_prefix('/'))
        .filter(|rest| !rest.contains(['/', '{']))
        .collect();
    let other_name = OTHER_NAMES.iter().find(|(tried, _)| *tried == word).map(|(_, meant)| *meant);
    let alike = || nearest(word, &known);
    let meant = other_name.filter(|meant| known.contains(meant)).or_else(alike)?;
    Some(format!("Did you mean `{}/{meant}`?", cut(parent)))
}

fn matches_pattern(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given))
                if wanted == given || (wanted.starts_with('{') && !given.is_empty()) => {}
            _ => return false,
        }
    }
}
