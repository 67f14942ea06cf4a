//! What may be done to an article: pure decisions, no IO.

use super::api::{CreationInput, State};
use crate::domain::instant::Instant;
use crate::problem::{Code, Fault, FaultCode, Problem};

/// An action that moves an article from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make it public.
    Publish,
    /// Take it back.
    Unpublish,
}

impl Action {
    /// The state machine: from where each action leads where.
    const TABLE: &'static [(State, Action, State)] = &[
        (State::Draft, Action::Publish, State::Published),
        (State::Published, Action::Unpublish, State::Draft),
    ];

    /// The action's name in URLs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Unpublish => "unpublish",
        }
    }

    /// What history calls it once it is done.
    #[must_use]
    pub const fn event(self) -> &'static str {
        match self {
            Self::Publish => "published",
            Self::Unpublish => "unpublished",
        }
    }

    /// The state to which the action leads from `state`.
    ///
    /// # Errors
    /// `invalid_transition` naming what is possible from there.
    pub fn apply(self, state: State) -> Result<State, Problem> {
        let mut from_here = Self::TABLE.iter().filter(|(from, ..)| *from == state);
        if let Some((.., to)) = from_here.clone().find(|(_, action, _)| *action == self) {
            return Ok(*to);
        }
        let allowed: Vec<&str> = from_here
            .by_ref()
            .map(|(_, action, _)| action.word())
            .collect();
        let detail = format!(
            "An article that is `{}` cannot be {}. From here: {}.",
            state.word(),
            self.event(),
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
        Some(at) if at > now => Err(Problem::validation(vec![Fault {
            pointer: "/published_at".to_owned(),
            code: FaultCode::OutOfRange,
            detail: "must not lie in the future.".to_owned(),
        }])),
        None if creation.state == State::Published => Ok(Some(now)),
        given => Ok(given),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_knows_each_action_or_says_what_it_knows() {
        for (state, action, want) in [
            (State::Draft, Action::Publish, Ok(State::Published)),
            (State::Draft, Action::Unpublish, Err(vec!["publish"])),
            (State::Published, Action::Publish, Err(vec!["unpublish"])),
            (State::Published, Action::Unpublish, Ok(State::Draft)),
        ] {
            match (action.apply(state), want) {
                (Ok(to), Ok(want)) => assert_eq!(to, want),
                (Err(problem), Err(allowed)) => {
                    assert_eq!(problem.code(), Code::InvalidTransition);
                    assert_eq!(problem.member("allowed"), Some(&serde_json::json!(allowed)));
                    assert_eq!(
                        problem.member("state"),
                        Some(&serde_json::json!(state.word()))
                    );
                }
                (found, want) => panic!("{state:?} {action:?}: {found:?}, not {want:?}"),
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
        assert_eq!(at(State::Draft, None).unwrap(), None);
        assert_eq!(at(State::Published, None).unwrap(), Some(now));
        assert_eq!(at(State::Published, Some(earlier)).unwrap(), Some(earlier));
        assert_eq!(at(State::Draft, Some(earlier)).unwrap(), Some(earlier));
        assert!(at(State::Draft, Some(Instant::from_micros(101))).is_err());
    }
}
