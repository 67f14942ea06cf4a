//! Time and randomness that a test suite decides: a clock that stands still or is moved, and random
//! bytes that are the same on every run.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use super::ids::Entropy;
use super::instant::{Clock, Instant, SystemClock};

/// What a [`TestClock`] may show: ids count from 1970 on (RFC 9562 section 5.7), and each write is
/// later than the one before, so there must be time left.
const SHOWN: [&str; 2] = ["1970-01-01T00:00:00Z", "9999-01-01T00:00:00Z"];

/// True if a [`TestClock`] may show `at`.
#[must_use]
pub fn is_shown(at: Instant) -> bool {
    let [first, last] = SHOWN.map(Instant::parse);
    first <= Some(at) && Some(at) < last
}

/// A clock that stands still, or runs with the machine's, and that can be moved forward.
#[derive(Debug)]
pub struct TestClock {
    start: Reading,
    present: Mutex<Reading>,
}

/// How a [`TestClock`] tells the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// It stands at this instant.
    Standing(Instant),
    /// It is this many microseconds ahead of the machine's clock, and runs with it.
    Ahead(i64),
}

impl Reading {
    fn now(self) -> Instant {
        match self {
            Self::Standing(at) => at,
            Self::Ahead(micros) => {
                Instant::from_micros(SystemClock.now().as_micros().saturating_add(micros))
            }
        }
    }
}

impl TestClock {
    /// A clock that stands at `at`; without it, one that runs with the machine's.
    #[must_use]
    pub fn new(at: Option<Instant>) -> Self {
        let start = at.map_or(Reading::Ahead(0), Reading::Standing);
        Self { start, present: Mutex::new(start) }
    }

    fn change(&self, change: impl FnOnce(Reading) -> Option<Reading>) -> bool {
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        let next = change(*present);
        *present = next.unwrap_or(*present);
        next.is_some()
    }

    /// Stops it at `at`; false if that is in its past or too far ahead, and then nothing is changed.
    pub fn set(&self, at: Instant) -> bool {
        self.change(|present| {
            (at >= present.now() && is_shown(at)).then_some(Reading::Standing(at))
        })
    }

    /// Moves it forward by `micros`; false if that leads too far ahead, and then nothing is changed.
    pub fn advance(&self, micros: i64) -> bool {
        self.change(|present| {
            let reached = present.now().checked_plus(micros).filter(|at| is_shown(*at))?;
            Some(match present {
                Reading::Standing(_) => Reading::Standing(reached),
                Reading::Ahead(ahead) => Reading::Ahead(ahead.checked_add(micros)?),
            })
        })
    }

    /// True if it runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        let present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(*present, Reading::Ahead(_))
    }

    /// Puts it back to its start.
    pub fn restart(&self) {
        self.change(|_| Some(self.start));
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        self.present.lock().unwrap_or_else(PoisonError::into_inner).now()
    }
}

/// Bytes that look random and follow from a seed: the same seed gives the same ones, in every version.
///
/// They are no secret to anyone who knows the seed.
pub struct SeededEntropy {
    seed: u64,
    /// Tells sources of one seed apart.
    purpose: &'static str,
    given: AtomicU64,
    start: AtomicU64,
}

impl SeededEntropy {
    /// A source for one purpose: what others of the same seed give does not change what this one gives.
    #[must_use]
    pub fn new(seed: u64, purpose: &'static str) -> Self {
        Self { seed, purpose, given: AtomicU64::new(0), start: AtomicU64::new(0) }
    }

    /// Makes this the place that [`Self::restart`] goes back to.
    pub fn start_here(&self) {
        self.start.store(self.given.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Goes back to its start.
    pub fn restart(&self) {
        self.given.store(self.start.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        let number = self.given.fetch_add(1, Ordering::Relaxed);
        for (block, part) in (0_u64..).zip(bytes.chunks_mut(Sha256::output_size())) {
            let digest = Sha256::new()
                .chain_update(self.seed.to_le_bytes())
                .chain_update(number.to_le_bytes())
                .chain_update(block.to_le_bytes())
                .chain_update(self.purpose)
                .finalize();
            part.copy_from_slice(&digest[..part.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    #[test]
    fn a_clock_that_stands_moves_only_forward() {
        let clock = TestClock::new(Some(at("2026-01-01T00:00:00Z")));
        assert!(!clock.is_running());
        assert!(clock.advance(1_500_000));
        assert_eq!(clock.now(), at("2026-01-01T00:00:01.5Z"));
        assert!(!clock.set(at("2026-01-01T00:00:00Z")));
        assert!(clock.set(at("2026-01-02T00:00:00Z")));
        assert!(!clock.advance(i64::MAX), "beyond the year 9998");
        assert_eq!(clock.now(), at("2026-01-02T00:00:00Z"));
        clock.restart();
        assert_eq!(clock.now(), at("2026-01-01T00:00:00Z"));
    }

    #[test]
    fn a_clock_that_runs_stops_where_it_is_set() {
        let clock = TestClock::new(None);
        let before = clock.now();
        assert!(clock.advance(3_600_000_000));
        assert!(clock.is_running());
        assert!(clock.now() >= before.checked_plus(3_600_000_000).unwrap());
        assert!(clock.set(at("9000-01-01T00:00:00Z")));
        assert_eq!((clock.is_running(), clock.now()), (false, at("9000-01-01T00:00:00Z")));
    }

    #[test]
    fn a_seed_gives_the_same_bytes_again() {
        let some = |seed, purpose| {
            let source = SeededEntropy::new(seed, purpose);
            let mut bytes = [0; 40];
            source.fill(&mut bytes);
            source.fill(&mut bytes);
            bytes
        };
        assert_eq!(some(7, "ids"), some(7, "ids"));
        assert_ne!(some(7, "ids"), some(8, "ids"));
        assert_ne!(some(7, "ids"), some(7, "requests"));
        // A fixture of a test suite may name them: they never change.
        assert_eq!(some(7, "ids")[..4], FIRST_OF_SEVEN);
    }

    const FIRST_OF_SEVEN: [u8; 4] = [44, 168, 22, 183];

    #[test]
    fn a_restart_goes_back_to_the_start() {
        let source = SeededEntropy::new(1, "ids");
        let next = || {
            let mut bytes = [0; 8];
            source.fill(&mut bytes);
            bytes
        };
        let first = next();
        source.start_here();
        let second = next();
        next();
        source.restart();
        assert_eq!(next(), second);
        assert_ne!(first, second);
    }
}
