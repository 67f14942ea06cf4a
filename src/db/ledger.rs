//! What was written last, in memory: so that a kept response can be checked without a query.
//!
//! Each group of units that the writer commits has a number. Before the commit, what it changes is marked with that
//! number; after it, the number is published. A response is stamped with the number published before its read began,
//! and is as good as new while nothing that it shows is marked with a greater one. So no response from before a write
//! is given once that write, or any read of it, was answered.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant as Moment};

/// Numbers that parts are marked by: 128 KiB. Parts that share one are marked together, which costs a read and nothing
/// else.
const SLOTS: usize = 1 << 14;
/// How often the writer looks for writes of other processes.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(40);
/// For how long a look is good by default: a write of another process is noticed within this time.
pub(super) const LOOK_HOLDS: Duration = Duration::from_millis(100);
/// A look that comes later than this before the end of the one before counts as one that came too late.
const LATE: Duration = Duration::from_millis(20);

/// What a unit of work has changed of that which is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touched {
    /// Nothing that is shown without a key.
    Nothing,
    /// One part alone, by a number that its module gives it.
    Part(i64),
    /// Anything.
    Everything,
}

/// What a response shows of the parts; what belongs to no part counts anyway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Shows {
    /// These.
    Parts(Box<[i64]>),
    /// Any of them.
    #[default]
    Everything,
}

impl Shows {
    /// None of them.
    #[must_use]
    pub fn nothing() -> Self {
        Self::Parts(Box::default())
    }
}

/// The number of the newest group of units that a read has certainly seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(u64);

#[cfg(test)]
impl Stamp {
    /// Two of them, the older one first.
    pub fn two() -> [Self; 2] {
        [Self(1), Self(2)]
    }
}

/// The numbers of the groups that have last changed something.
pub(super) struct Ledger {
    published: AtomicU64,
    everything: AtomicU64,
    any_part: AtomicU64,
    slots: Box<[AtomicU64]>,
    began: Moment,
    /// For how long a look is good.
    look_holds: Duration,
    /// Until when the last look is good, in microseconds since it began.
    trusted_until: AtomicU64,
}

impl Ledger {
    pub(super) fn new(look_holds: Duration) -> Self {
        Self {
            published: AtomicU64::new(0),
            everything: AtomicU64::new(0),
            any_part: AtomicU64::new(0),
            slots: std::iter::repeat_with(AtomicU64::default).take(SLOTS).collect(),
            began: Moment::now(),
            look_holds,
            trusted_until: AtomicU64::new(0),
        }
    }

    fn slot(&self, part: i64) -> &AtomicU64 {
        &self.slots[part.cast_unsigned() as usize % SLOTS]
    }

    /// The stamp of a read that begins now.
    pub(super) fn stamp(&self) -> Stamp {
        Stamp(self.published.load(Ordering::Acquire))
    }

    /// True if nothing that a response with this stamp shows was written since.
    pub(super) fn holds(&self, Stamp(stamp): Stamp, shows: &Shows, now: Moment) -> bool {
        let is_older = |mark: &AtomicU64| mark.load(Ordering::Acquire) <= stamp;
        let is_trusted = self.since_start(now) < self.trusted_until.load(Ordering::Acquire);
        is_trusted
            && is_older(&self.everything)
            && match shows {
                Shows::Everything => is_older(&self.any_part),
                Shows::Parts(parts) => parts.iter().all(|part| is_older(self.slot(*part))),
            }
    }

    /// Marks what the group that is about to be committed has changed. Called by the writer alone.
    pub(super) fn mark(&self, touched: Touched) {
        let next = self.published.load(Ordering::Relaxed) + 1;
        match touched {
            Touched::Nothing => {}
            Touched::Part(part) => {
                self.any_part.store(next, Ordering::Release);
                self.slot(part).store(next, Ordering::Release);
            }
            Touched::Everything => self.everything.store(next, Ordering::Release),
        }
    }

    /// Publishes the number of a group that was committed, or given up.
    pub(super) fn publish(&self) {
        self.published.fetch_add(1, Ordering::Release);
    }

    /// True if reads may have gone past what is kept, since the last look is no longer good at `now`.
    pub(super) fn has_lapsed(&self, now: Moment) -> bool {
        self.since_start(now + LATE) >= self.trusted_until.load(Ordering::Acquire)
    }

    /// Records a look at the file at `now`, by which no other process has written to it since the one before.
    pub(super) fn trust(&self, now: Moment) {
        self.trusted_until.store(self.since_start(now + self.look_holds), Ordering::Release);
    }

    fn since_start(&self, at: Moment) -> u64 {
        u64::try_from(at.duration_since(self.began).as_micros()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_holds_until_what_it_shows_is_marked() {
        let (ledger, now) = (Ledger::new(LOOK_HOLDS), Moment::now());
        let one = Shows::Parts([1].into());
        assert!(!ledger.holds(ledger.stamp(), &one, now), "nobody has looked yet");
        ledger.trust(now);
        let before = ledger.stamp();
        assert!(ledger.holds(before, &one, now));
        ledger.mark(Touched::Nothing);
        ledger.mark(Touched::Part(2));
        assert!(ledger.holds(before, &one, now));
        assert!(!ledger.holds(before, &Shows::Everything, now));
        ledger.mark(Touched::Part(1));
        assert!(!ledger.holds(before, &one, now), "before the commit, no longer");
        assert!(!ledger.holds(ledger.stamp(), &one, now), "nor is anything new until it");
        assert!(ledger.holds(before, &Shows::nothing(), now));
        ledger.publish();
        assert!(ledger.holds(ledger.stamp(), &one, now));
        assert!(!ledger.holds(before, &one, now));
        ledger.mark(Touched::Everything);
        ledger.publish();
        assert!(!ledger.holds(before, &Shows::nothing(), now));
        assert!(ledger.holds(ledger.stamp(), &Shows::Everything, now));
    }

    #[test]
    fn a_look_is_good_for_a_while() {
        let (ledger, now) = (Ledger::new(LOOK_HOLDS), Moment::now());
        ledger.trust(now);
        let all = Shows::Everything;
        assert!(ledger.holds(ledger.stamp(), &all, now + LOOK_HOLDS / 2));
        assert!(!ledger.holds(ledger.stamp(), &all, now + LOOK_HOLDS));
        assert!(!ledger.has_lapsed(now + LOOK_EVERY) && ledger.has_lapsed(now + LOOK_HOLDS));
        assert!(LOOK_EVERY * 2 < LOOK_HOLDS, "one look may be late");
    }
}
