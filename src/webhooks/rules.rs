//! What follows from an attempt: when the next one is, and when there is none any more.

use super::words::{AttemptFailure, DisabledReason};
use crate::domain::instant::{DAY, HOUR, Instant};

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;
/// Microseconds in a minute.
const MINUTE: i64 = 60 * SECOND;
/// The time from each failed attempt to the next, as Standard Webhooks has it: a restart is over after the second, a bad
/// night after the seventh, a weekend after the last. Nothing is added at random: each webhook has one request at a
/// time, and there are few of them.
const BACKOFF: [i64; 9] = [
    5 * SECOND,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
];
/// How long a webhook fails before it is disabled: longer than one event is tried for, so that an event which its
/// receiver cannot stand is given up first, and the next one may end the failing.
const DISABLED_AFTER: i64 = 5 * DAY;
/// How long a former secret signs beside the new one: a day to put the new one everywhere.
pub const FORMER_SECRET_FOR: i64 = DAY;
/// The statuses by which a receiver takes an event.
const TAKEN: std::ops::RangeInclusive<u16> = 200..=299;
/// The status by which a receiver says that it wants no more.
const GONE: u16 = 410;

/// What the receiver made of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has taken it.
    Taken,
    /// It has not.
    Failed(AttemptFailure),
    /// It wants no more.
    Gone,
}

impl Outcome {
    /// What a status means.
    #[must_use]
    pub fn of_status(status: u16) -> Self {
        match status {
            GONE => Self::Gone,
            status if TAKEN.contains(&status) => Self::Taken,
            _ => Self::Failed(AttemptFailure::Status),
        }
    }

    /// Why it failed, if it did.
    #[must_use]
    pub const fn failure(self) -> Option<AttemptFailure> {
        match self {
            Self::Taken => None,
            Self::Failed(failure) => Some(failure),
            Self::Gone => Some(AttemptFailure::Status),
        }
    }

    /// Why the webhook is disabled after it, if it is. `failing_since` is the first failure of those without a success
    /// in between, this one included.
    #[must_use]
    pub fn disables(self, failing_since: Option<Instant>, now: Instant) -> Option<DisabledReason> {
        let failing = || failing_since.is_some_and(|since| since <= now.minus(DISABLED_AFTER));
        match self {
            Self::Taken => None,
            Self::Gone => Some(DisabledReason::Gone),
            Self::Failed(_) => failing().then_some(DisabledReason::Failing),
        }
    }
}

/// When an event is sent again after its attempt number `attempts` has failed at an instant; `None` if it is given up.
#[must_use]
pub fn next_attempt(attempts: i64, now: Instant) -> Option<Instant> {
    let before = usize::try_from(attempts).ok()?.checked_sub(1)?;
    BACKOFF.get(before).and_then(|pause| now.checked_plus(*pause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_tried_ten_times_in_three_days() {
        let (mut now, mut attempts) = (Instant::from_micros(0), 1);
        while let Some(next) = next_attempt(attempts, now) {
            assert!(next > now);
            (now, attempts) = (next, attempts + 1);
        }
        assert_eq!(attempts, 10);
        let whole = now.as_micros();
        assert!(whole > 3 * DAY && whole < 4 * DAY && whole < DISABLED_AFTER, "{whole}");
        assert_eq!(next_attempt(0, now), None);
    }

    #[test]
    fn a_status_is_taken_refused_or_the_end() {
        let failed = Outcome::Failed(AttemptFailure::Status);
        for (status, want) in [
            (199, failed),
            (200, Outcome::Taken),
            (204, Outcome::Taken),
            (299, Outcome::Taken),
            (301, failed),
            (404, failed),
            (410, Outcome::Gone),
            (429, failed),
            (503, failed),
        ] {
            assert_eq!(Outcome::of_status(status), want, "{status}");
        }
    }

    #[test]
    fn a_webhook_is_disabled_after_days_or_at_once() {
        let now = Instant::from_micros(100 * DAY);
        let since = |days: i64| Some(now.minus(days * DAY));
        let failed = Outcome::Failed(AttemptFailure::Timeout);
        for (outcome, failing_since, want) in [
            (failed, since(0), None),
            (failed, since(4), None),
            (failed, since(5), Some(DisabledReason::Failing)),
            (failed, None, None),
            (Outcome::Taken, since(9), None),
            (Outcome::Gone, since(0), Some(DisabledReason::Gone)),
        ] {
            assert_eq!(outcome.disables(failing_since, now), want, "{outcome:?}");
        }
    }
}
