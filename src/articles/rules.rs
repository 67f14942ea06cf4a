//! The state machine of articles, and the effects of the clock: pure decisions, no IO.

use super::input::CreationInput;
use super::model::ArticleRow;
use super::words::{CommentsPolicy, HistoryEvent, InitialState, Standing, State};
use crate::domain::instant::Instant;
use crate::domain::until::Until;
use crate::problem::{Code, FaultCode, Problem};

/// The state of `row` at `now`.
#[must_use]
pub fn state_of(row: &ArticleRow, now: Instant) -> State {
    let is_to_come = row.went_public_at.is_some_and(|at| at > now.as_micros());
    match row.state {
        _ if row.trashed_at.is_some() => State::Trashed,
        Standing::Draft => State::Draft,
        Standing::Published if is_to_come => State::Scheduled,
        Standing::Published => State::Published,
        Standing::Withdrawn => State::Withdrawn,
        Standing::Blocked => State::Blocked,
    }
}

/// The time of publication shown for `row` at `now`: the end of a lifted embargo, if that is later
/// than the publication.
#[must_use]
pub fn shown_published_at(row: &ArticleRow, now: Instant) -> Option<Instant> {
    let lifted = row.embargo_until.filter(|end| *end <= now.as_micros());
    let published = row.published_at?;
    Some(Instant::from_micros(lifted.map_or(published, |end| end.max(published))))
}

/// The time since which readers have had `row` as of `at`: its last actual publication, or the end
/// of an embargo that was lifted later. Its disclaimers are pinned to that instant. Callers who
/// may read it under its embargo have had it since it was published.
#[must_use]
pub fn public_since(row: &ArticleRow, at: Instant) -> Option<i64> {
    let published = row.went_public_at.filter(|since| *since <= at.as_micros())?;
    let lifted = row.embargo_until.filter(|end| *end <= at.as_micros());
    Some(lifted.map_or(published, |end| end.max(published)))
}

/// When the comments on an article close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommentsEnd {
    /// Never.
    Never,
    /// At the article's own `comments_close_at`.
    ByItself(Instant),
    /// By the newsroom's rule, some time after publication.
    ByRule(Instant),
}

impl CommentsEnd {
    /// The time, if there is one.
    #[must_use]
    pub fn at(self) -> Option<Instant> {
        match self {
            Self::Never => None,
            Self::ByItself(at) | Self::ByRule(at) => Some(at),
        }
    }
}

/// When the comments on `row` close; `close_after` is the newsroom's rule, in microseconds.
#[must_use]
pub fn comments_end(row: &ArticleRow, close_after: Option<i64>, now: Instant) -> CommentsEnd {
    // An editor's setting on this article takes precedence over the newsroom's rule.
    match row.comments_close_at.map(Instant::from_micros) {
        Some(at) => CommentsEnd::ByItself(at),
        None => match shown_published_at(row, now).zip(close_after) {
            Some((at, after)) => {
                CommentsEnd::ByRule(Instant::from_micros(at.as_micros().saturating_add(after)))
            }
            None => CommentsEnd::Never,
        },
    }
}

/// True if `row` takes comments at `now`.
#[must_use]
pub fn takes_comments(row: &ArticleRow, close_after: Option<i64>, now: Instant) -> bool {
    let end = comments_end(row, close_after, now).at();
    row.comments_policy != CommentsPolicy::Closed && end.is_none_or(|end| end > now)
}

/// The time at which the clock next changes `row` after `now`.
#[must_use]
pub fn until(row: &ArticleRow, now: Instant) -> Until {
    Until::after(
        now,
        [row.went_public_at, row.embargo_until, row.expires_at, row.comments_close_at],
    )
}

/// An action on an article, other than an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make it public, now or later.
    Publish,
    /// Make it a draft again.
    Unpublish,
    /// Withdraw it, with a notice to readers.
    Withdraw,
    /// Block it on a legal demand.
    Block,
    /// Lift the block.
    Unblock,
    /// Publish a correction of text that readers have seen.
    Correct,
    /// Restore it from the trash.
    Restore,
}

impl Action {
    /// The state machine: the actions allowed in each state.
    const TABLE: &'static [(State, &'static [Action])] = &[
        (State::Draft, &[Action::Publish, Action::Block]),
        (State::Scheduled, &[Action::Publish, Action::Unpublish, Action::Block]),
        (State::Published, &[Action::Unpublish, Action::Withdraw, Action::Block, Action::Correct]),
        (State::Withdrawn, &[Action::Publish, Action::Unpublish, Action::Block, Action::Correct]),
        (State::Blocked, &[Action::Unblock, Action::Correct]),
        (State::Trashed, &[Action::Restore]),
    ];

    /// The action's name in URLs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Unpublish => "unpublish",
            Self::Withdraw => "withdraw",
            Self::Block => "block",
            Self::Unblock => "unblock",
            Self::Correct => "correct",
            Self::Restore => "restore",
        }
    }

    /// The history event that records it.
    #[must_use]
    pub const fn event(self) -> HistoryEvent {
        match self {
            Self::Publish => HistoryEvent::Published,
            Self::Unpublish => HistoryEvent::Unpublished,
            Self::Withdraw => HistoryEvent::Withdrawn,
            Self::Block => HistoryEvent::Blocked,
            Self::Unblock => HistoryEvent::Unblocked,
            Self::Correct => HistoryEvent::Corrected,
            Self::Restore => HistoryEvent::Restored,
        }
    }

    /// Checks that the action is allowed in `state`.
    ///
    /// # Errors
    /// `invalid_transition` with the actions that are allowed there.
    pub fn check(self, state: State) -> Result<(), Problem> {
        let from_here = Self::TABLE.iter().find(|(from, _)| *from == state);
        let allowed = from_here.map_or(&[][..], |(_, actions)| actions);
        if allowed.contains(&self) {
            return Ok(());
        }
        let allowed: Vec<&str> = allowed.iter().map(|action| action.word()).collect();
        Err(Problem::plain(Code::InvalidTransition)
            .with("state", state.word())
            .with("allowed", allowed)
            .say("done", self.event().word()))
    }
}

/// The time of publication for an article that is created now; `None` if it is not published.
///
/// # Errors
/// `validation_failed` for an instant in the future.
pub fn initial_published_at(
    creation: &CreationInput,
    now: Instant,
) -> Result<Option<Instant>, Problem> {
    match creation.published_at {
        Some(at) if at > now => Err(Problem::fault(
            "/published_at",
            FaultCode::OutOfRange,
            "must not lie in the future.",
        )),
        None if creation.state == InitialState::Published => Ok(Some(now)),
        given => Ok(given),
    }
}

/// The time at which an article that is published now becomes public.
///
/// # Errors
/// `validation_failed` for an instant in the past.
pub fn publication_at(at: Option<Instant>, now: Instant) -> Result<Instant, Problem> {
    match at {
        Some(at) if at <= now => Err(Problem::fault(
            "/at",
            FaultCode::OutOfRange,
            "must lie in the future; leave it out to publish now.",
        )),
        Some(at) => Ok(at),
        None => Ok(now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [State; 6] = [
        State::Draft,
        State::Scheduled,
        State::Published,
        State::Withdrawn,
        State::Blocked,
        State::Trashed,
    ];
    const ACTIONS: [Action; 7] = [
        Action::Publish,
        Action::Unpublish,
        Action::Withdraw,
        Action::Block,
        Action::Unblock,
        Action::Correct,
        Action::Restore,
    ];

    #[test]
    fn every_state_knows_each_action_or_says_what_it_knows() {
        // One row for each state, one column for each action, in the orders above.
        let want = ["x..x...", "xx.x...", ".xxx.x.", "xx.x.x.", "....xx.", "......x"];
        for (state, row) in STATES.into_iter().zip(want) {
            let possible: Vec<&str> = ACTIONS
                .iter()
                .zip(row.chars())
                .filter(|(_, mark)| *mark == 'x')
                .map(|(action, _)| action.word())
                .collect();
            for (action, mark) in ACTIONS.into_iter().zip(row.chars()) {
                match action.check(state) {
                    Ok(()) => assert_eq!(mark, 'x', "{state:?} {action:?}"),
                    Err(problem) => {
                        assert_eq!(mark, '.', "{state:?} {action:?}");
                        assert_eq!(problem.code(), Code::InvalidTransition);
                        let allowed = problem.member("allowed");
                        assert_eq!(allowed, Some(&serde_json::json!(possible)));
                        let told = problem.member("state");
                        assert_eq!(told, Some(&serde_json::json!(state.word())));
                    }
                }
            }
        }
    }

    #[test]
    fn publication_is_now_or_was_before() {
        let (now, earlier) = (Instant::from_micros(100), Instant::from_micros(50));
        let at =
            |state, published_at| initial_published_at(&CreationInput { state, published_at }, now);
        let (draft, published) = (InitialState::Draft, InitialState::Published);
        assert_eq!(at(draft, None).unwrap(), None);
        assert_eq!(at(published, None).unwrap(), Some(now));
        assert_eq!(at(published, Some(earlier)).unwrap(), Some(earlier));
        assert_eq!(at(draft, Some(earlier)).unwrap(), Some(earlier));
        assert!(at(draft, Some(Instant::from_micros(101))).is_err());
        assert_eq!(publication_at(None, now).unwrap(), now);
        assert!(publication_at(Some(now), now).is_err());
        let later = Instant::from_micros(101);
        assert_eq!(publication_at(Some(later), now).unwrap(), later);
    }
}
