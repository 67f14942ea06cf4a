//! What becomes of a comment: pure decisions, no IO.

use super::api::{HeldBy, State};
use crate::articles::api::CommentsPolicy;
use crate::domain::instant::Instant;
use crate::domain::text::folded;
use crate::problem::{Code, Problem};
use crate::web::site::{Holds, Names};

/// When an article's comments close by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Not at all.
    Never,
    /// At its own `comments_close_at`.
    ByItself(Instant),
    /// So many days after its publication, as the newsroom has it.
    ByRule(Instant),
}

impl Ends {
    fn at(self) -> Option<Instant> {
        match self {
            Self::Never => None,
            Self::ByItself(at) | Self::ByRule(at) => Some(at),
        }
    }
}

/// The state of a new comment under an article's policy, on an article whose comments
/// close as `ends` says.
///
/// # Errors
/// `comments_closed` where the article takes none, or none any more.
pub fn initial_state(policy: CommentsPolicy, ends: Ends, now: Instant) -> Result<State, Problem> {
    let closed_at = ends.at().filter(|at| *at <= now);
    let refuse = |detail: String| {
        Err(Problem::new(Code::CommentsClosed, detail)
            .with("closed_at", closed_at.map(|at| at.to_string()))
            .with("policy", policy.word()))
    };
    match (policy, closed_at) {
        (CommentsPolicy::Closed, _) => refuse(
            "This article takes no comments: its policy is `closed`. An editor can change `comments_policy`."
                .to_owned(),
        ),
        (_, Some(at)) => refuse(match ends {
            Ends::ByRule(_) => format!(
                "This article takes no comments any more: by the newsroom's rule they closed at {at}. An editor can set its `comments_close_at` to later."
            ),
            _ => format!(
                "This article takes no comments any more: they closed at {at}, its `comments_close_at`. An editor can change that."
            ),
        }),
        (CommentsPolicy::Open, None) => Ok(State::Published),
        (CommentsPolicy::Moderated, None) => Ok(State::Pending),
    }
}

/// Why a comment waits for what it says, where it does.
#[must_use]
pub fn held_by_text(holds: &Holds, author_name: &str, body: &str) -> Option<HeldBy> {
    // What stands between keeps the end of one from being read with the start of the other.
    let names = |names: &Names| names(&format!("{author_name}\n.\n{body}"));
    if holds.words.as_ref().is_some_and(names) {
        return Some(HeldBy::Words);
    }
    let too_many = holds.links.is_some_and(|most| count_links(body) > most);
    too_many.then_some(HeldBy::Links)
}

/// Number of web addresses in a text, also of those that only some front end would make links of.
fn count_links(text: &str) -> usize {
    let text = folded(text);
    let bare = text.match_indices("www.").filter(|(at, _)| {
        let before = text[..*at].chars().next_back();
        before.is_none_or(|c| c != '/' && !c.is_alphanumeric())
    });
    text.matches("http://").count() + text.matches("https://").count() + bare.count()
}

/// How long the same words by the same author on the same article are taken for a double click.
pub const DUPLICATE_WINDOW: i64 = 10 * 60;
/// The time in which comments are counted as a flood, in seconds.
pub const FLOOD_WINDOW: i64 = 60;

/// How long whoever wrote a comment may read, edit and delete it with its token, in seconds.
pub const EDIT_WINDOW: i64 = 15 * 60;
/// Deepest that a comment stands in a thread; those at the top stand at 0. A screen has no room
/// for more, and what answers to the tenth level says to whom.
pub const DEPTH_MAX: i64 = 10;

/// Passes while a comment of `created_at` may still be edited.
///
/// # Errors
/// `edit_window_closed`.
pub fn check_window(created_at: Instant, now: Instant) -> Result<(), Problem> {
    if is_in_window(created_at, now) {
        return Ok(());
    }
    Err(Problem::plain(Code::EditWindowClosed).with("window_seconds", EDIT_WINDOW))
}

/// Whether a comment of `created_at` may still be edited.
#[must_use]
pub fn is_in_window(created_at: Instant, now: Instant) -> bool {
    now.as_micros() - created_at.as_micros() < EDIT_WINDOW * 1_000_000
}

/// Where an answer to a comment at `depth` stands.
///
/// # Errors
/// `thread_too_deep` past the deepest level.
pub fn depth_below(depth: i64) -> Result<i64, Problem> {
    if depth < DEPTH_MAX {
        return Ok(depth + 1);
    }
    Err(Problem::plain(Code::ThreadTooDeep).with("max_depth", DEPTH_MAX))
}

/// What a change of state adds to the number of comments that everyone sees.
#[must_use]
pub fn count_difference(before: &str, after: &str) -> i64 {
    let shown = |state: &str| i64::from(state == State::Published.word());
    shown(after) - shown(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policy_and_clock_decide() {
        let (now, later) = (
            Instant::from_micros(10),
            Ends::ByRule(Instant::from_micros(11)),
        );
        for (policy, want) in [
            (CommentsPolicy::Open, State::Published),
            (CommentsPolicy::Moderated, State::Pending),
        ] {
            assert_eq!(initial_state(policy, Ends::Never, now).unwrap(), want);
            assert_eq!(initial_state(policy, later, now).unwrap(), want);
            let closed = initial_state(policy, Ends::ByItself(now), now).unwrap_err();
            assert_eq!(closed.member("closed_at"), Some(&now.to_string().into()));
        }
        let closed = initial_state(CommentsPolicy::Closed, Ends::Never, now).unwrap_err();
        assert_eq!(closed.member("closed_at"), Some(&serde_json::Value::Null));
        assert_eq!(closed.member("policy"), Some(&"closed".into()));
    }

    #[test]
    fn a_window_closes_at_its_microsecond() {
        let (made, end) = (Instant::from_micros(5), 5 + EDIT_WINDOW * 1_000_000);
        assert!(check_window(made, Instant::from_micros(end - 1)).is_ok());
        let late = check_window(made, Instant::from_micros(end)).unwrap_err();
        assert_eq!(late.code(), Code::EditWindowClosed);
        assert_eq!(depth_below(0).unwrap(), 1);
        assert_eq!(depth_below(9).unwrap(), 10);
        assert_eq!(depth_below(10).unwrap_err().code(), Code::ThreadTooDeep);
    }

    #[test]
    fn a_text_is_held_for_its_words_first() {
        let holds = Holds {
            links: Some(1),
            words: Some(std::sync::Arc::new(|text| text.contains("casino"))),
            ..Holds::default()
        };
        let held = |name: &str, body: &str| held_by_text(&holds, name, body);
        assert_eq!(held("Sam", "https://a.example"), None);
        assert_eq!(held("Sam", "<a href <a href www http:/ awww. https"), None);
        for two in [
            "HTTPS://a.example (https://b.example)",
            "https://a,https://b",
            "[t](https://a) x:http://b",
            "\u{200b}https://a \u{200b}https://b",
            "www.a.example, WWW.b.example",
        ] {
            assert_eq!(held("Sam", two), Some(HeldBy::Links), "{two}");
        }
        assert_eq!(held("Sam", "https://www.a.example"), None, "that is one");
        let two = "https://a.example https://b.example";
        assert_eq!(held("Sam", two), Some(HeldBy::Links));
        assert_eq!(held("Sam", &format!("casino {two}")), Some(HeldBy::Words));
        assert_eq!(held("casino", "Hello"), Some(HeldBy::Words));
        let none = Holds::default();
        assert_eq!(held_by_text(&none, "casino", &two.repeat(9)), None);
    }

    #[test]
    fn only_published_comments_count() {
        for before in State::WORDS {
            for after in State::WORDS {
                let want = i64::from(*after == "published") - i64::from(*before == "published");
                assert_eq!(count_difference(before, after), want, "{before} -> {after}");
            }
        }
    }
}
