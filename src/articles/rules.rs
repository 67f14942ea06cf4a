//! What may be done to an article, and what the clock makes of it: pure decisions, no IO.

use super::api::{CreationInput, HistoryEvent, InitialState, State};
use super::store::{ArticleRow, BLOCKED, DRAFT, PUBLISHED, WITHDRAWN};
use crate::domain::instant::Instant;
use crate::problem::{Code, Fault, FaultCode, Problem};

/// Where `row` stands at `now`.
///
/// # Errors
/// `internal` where the stored word is none.
pub fn state_of(row: &ArticleRow, now: Instant) -> Result<State, Problem> {
    let is_to_come = row.went_public_at.is_some_and(|at| at > now.as_micros());
    match row.state.as_str() {
        _ if row.trashed_at.is_some() => Ok(State::Trashed),
        DRAFT => Ok(State::Draft),
        PUBLISHED if is_to_come => Ok(State::Scheduled),
        PUBLISHED => Ok(State::Published),
        WITHDRAWN => Ok(State::Withdrawn),
        BLOCKED => Ok(State::Blocked),
        other => Err(Problem::internal(format!(
            "an article has the state {other}"
        ))),
    }
}

/// Since when `row` counts as published at `now`: once an embargo is lifted, since
/// then, if that is later.
#[must_use]
pub fn shown_published_at(row: &ArticleRow, now: Instant) -> Option<Instant> {
    let lifted = row.embargo_until.filter(|end| *end <= now.as_micros());
    let published = row.published_at?;
    Some(Instant::from_micros(
        lifted.map_or(published, |end| end.max(published)),
    ))
}

/// Since when readers have had `row` as of `at`: the last time that it was published in earnest or,
/// where an embargo was lifted later, since then. That is the instant to which its disclaimers are
/// pinned. Those who read it ahead of its embargo have it since it was published.
#[must_use]
pub fn public_since(row: &ArticleRow, at: Instant) -> Option<i64> {
    let published = row
        .went_public_at
        .filter(|since| *since <= at.as_micros())?;
    let lifted = row.embargo_until.filter(|end| *end <= at.as_micros());
    Some(lifted.map_or(published, |end| end.max(published)))
}

/// When the clock next changes what `row` is, after `now`.
#[must_use]
pub fn next_change(row: &ArticleRow, now: Instant) -> Option<Instant> {
    [
        row.went_public_at,
        row.embargo_until,
        row.expires_at,
        row.comments_close_at,
    ]
    .into_iter()
    .flatten()
    .filter(|at| *at > now.as_micros())
    .min()
    .map(Instant::from_micros)
}

/// An action on an article, beside its edits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make it public, now or later.
    Publish,
    /// Make it a draft again.
    Unpublish,
    /// Take it back, and say so.
    Withdraw,
    /// Block it on a legal demand.
    Block,
    /// Lift the block.
    Unblock,
    /// Say what was wrong in what readers have seen.
    Correct,
    /// Take it out of the trash.
    Restore,
}

impl Action {
    /// The state machine: what is possible from where.
    const TABLE: &'static [(State, &'static [Action])] = &[
        (State::Draft, &[Action::Publish, Action::Block]),
        (
            State::Scheduled,
            &[Action::Publish, Action::Unpublish, Action::Block],
        ),
        (
            State::Published,
            &[
                Action::Unpublish,
                Action::Withdraw,
                Action::Block,
                Action::Correct,
            ],
        ),
        (
            State::Withdrawn,
            &[
                Action::Publish,
                Action::Unpublish,
                Action::Block,
                Action::Correct,
            ],
        ),
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

    /// What history calls it once it is done.
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

    /// Passes where the action is possible from `state`.
    ///
    /// # Errors
    /// `invalid_transition` naming what is possible from there.
    pub fn check(self, state: State) -> Result<(), Problem> {
        let from_here = Self::TABLE.iter().find(|(from, _)| *from == state);
        let allowed = from_here.map_or(&[][..], |(_, actions)| actions);
        if allowed.contains(&self) {
            return Ok(());
        }
        let allowed: Vec<&str> = allowed.iter().map(|action| action.word()).collect();
        let detail = format!(
            "An article that is `{}` cannot be {}. From here: {}.",
            state.word(),
            self.event().word(),
            allowed.join(", ")
        );
        Err(Problem::new(Code::InvalidTransition, detail)
            .with("state", state.word())
            .with("allowed", allowed))
    }
}

/// When an article that is created now counts as published; null for never yet.
///
/// # Errors
/// `validation_failed` for an instant in the future.
pub fn initial_published_at(
    creation: &CreationInput,
    now: Instant,
) -> Result<Option<Instant>, Problem> {
    match creation.published_at {
        Some(at) if at > now => Err(out_of_range("/published_at", "must not lie in the future.")),
        None if creation.state == InitialState::Published => Ok(Some(now)),
        given => Ok(given),
    }
}

/// When an article that is published now becomes public.
///
/// # Errors
/// `validation_failed` for an instant in the past.
pub fn publication_at(at: Option<Instant>, now: Instant) -> Result<Instant, Problem> {
    match at {
        Some(at) if at <= now => Err(out_of_range(
            "/at",
            "must lie in the future; leave it out to publish now.",
        )),
        Some(at) => Ok(at),
        None => Ok(now),
    }
}

fn out_of_range(pointer: &str, detail: &str) -> Problem {
    Problem::validation(vec![Fault {
        pointer: pointer.to_owned(),
        code: FaultCode::OutOfRange,
        detail: detail.to_owned(),
    }])
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
        // A row a state, a column an action, in the orders above.
        let want = [
            "x..x...", "xx.x...", ".xxx.x.", "xx.x.x.", "....xx.", "......x",
        ];
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
        let at = |state, published_at| {
            initial_published_at(
                &CreationInput {
                    state,
                    published_at,
                },
                now,
            )
        };
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
