//! What becomes of a comment: pure decisions, no IO.

use super::api::State;
use crate::articles::api::CommentsPolicy;
use crate::domain::instant::Instant;
use crate::problem::{Code, Problem};

/// The state of a new comment under an article's policy, on an article whose comments
/// close at `close_at`.
///
/// # Errors
/// `comments_closed` where the article takes none, or none any more.
pub fn initial_state(
    policy: CommentsPolicy,
    close_at: Option<Instant>,
    now: Instant,
) -> Result<State, Problem> {
    let closed_at = close_at.filter(|at| *at <= now);
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
        (_, Some(at)) => refuse(format!(
            "This article takes no comments any more: they closed at {at}, by its `comments_close_at` or the newsroom's rule."
        )),
        (CommentsPolicy::Open, None) => Ok(State::Published),
        (CommentsPolicy::Moderated, None) => Ok(State::Pending),
    }
}

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
        let (now, later) = (Instant::from_micros(10), Some(Instant::from_micros(11)));
        for (policy, want) in [
            (CommentsPolicy::Open, State::Published),
            (CommentsPolicy::Moderated, State::Pending),
        ] {
            assert_eq!(initial_state(policy, None, now).unwrap(), want);
            assert_eq!(initial_state(policy, later, now).unwrap(), want);
            let closed = initial_state(policy, Some(now), now).unwrap_err();
            assert_eq!(closed.member("closed_at"), Some(&now.to_string().into()));
        }
        let closed = initial_state(CommentsPolicy::Closed, None, now).unwrap_err();
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
    fn only_published_comments_count() {
        for before in State::WORDS {
            for after in State::WORDS {
                let want = i64::from(*after == "published") - i64::from(*before == "published");
                assert_eq!(count_difference(before, after), want, "{before} -> {after}");
            }
        }
    }
}
