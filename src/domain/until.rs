//! The end of a result's validity, which every read returns along with its result.

use super::instant::Instant;

/// The next instant at which the clock changes the result, if any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Until(Option<i64>);

impl Until {
    /// The clock never changes it.
    pub const EVER: Self = Self(None);

    /// The first of some instants, in microseconds, that is after `now`.
    #[must_use]
    pub fn after(now: Instant, instants: impl IntoIterator<Item = Option<i64>>) -> Self {
        let instants = instants.into_iter().flatten();
        Self(instants.filter(|at| *at > now.as_micros()).min())
    }

    /// The earlier of the two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0.into_iter().chain(other.0).min())
    }

    /// True if the clock has changed it by `now`.
    #[must_use]
    pub fn is_over(self, now: Instant) -> bool {
        self.0.is_some_and(|at| at <= now.as_micros())
    }

    /// Microseconds from `now`, if there is an end.
    #[must_use]
    pub fn micros_from(self, now: Instant) -> Option<i64> {
        self.0.map(|at| at - now.as_micros())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_is_to_come_counts() {
        let now = Instant::from_micros(10);
        let until = Until::after(now, [Some(9), Some(10), None, Some(13), Some(12)]);
        assert_eq!(until.micros_from(now), Some(2));
        assert_eq!(until.and(Until::EVER), until);
        assert_eq!(Until::EVER.and(until), until);
        let sooner = Until::after(now, [Some(11)]);
        assert_eq!(until.and(sooner), sooner);
        assert_eq!(Until::after(now, [Some(10)]), Until::EVER);
    }
}
