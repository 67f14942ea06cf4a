//! What becomes of a comment: pure decisions, no IO.

use super::api::State;
use crate::articles::api::CommentsPolicy;
use crate::problem::{Code, Problem};

/// The state of a new comment under an article's policy.
///
/// # Errors
/// `comments_closed` where the article takes none.
pub fn initial_state(policy: CommentsPolicy) -> Result<State, Problem> {
    match policy {
        CommentsPolicy::Open => Ok(State::Published),
        CommentsPolicy::Moderated => Ok(State::Pending),
        CommentsPolicy::Closed => Err(Problem::plain(Code::CommentsClosed)
            .with("closed_at", None::<String>)
            .with("policy", policy.word())),
    }
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
    fn the_policy_decides() {
        assert_eq!(
            initial_state(CommentsPolicy::Open).unwrap(),
            State::Published
        );
        assert_eq!(
            initial_state(CommentsPolicy::Moderated).unwrap(),
            State::Pending
        );
        let problem = initial_state(CommentsPolicy::Closed).unwrap_err();
        assert_eq!(problem.code(), Code::CommentsClosed);
        assert_eq!(problem.member("policy"), Some(&"closed".into()));
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
