//! Rate limits (draft-ietf-httpapi-ratelimit-headers-11): a bucket per address, on the injected
//! clock.

use std::num::NonZeroU32;
use std::ops::Add;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::header::{HeaderName, RETRY_AFTER};
use governor::clock::{Clock as LimiterClock, Reference};
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::{NotUntil, Quota, RateLimiter};

use super::headers::{RATE_LIMIT, RATE_LIMIT_POLICY};
use crate::domain::instant::Clock;
use crate::problem::{Code, Problem};

/// The window of a quota, in seconds.
const WINDOW: u64 = 60;
/// The same in microseconds.
const WINDOW_MICROS: i64 = 60 * 1_000_000;
/// Requests that are looked at for each one that is allowed: those that are refused for another
/// reason do not count towards the quota, but cost time too.
const ATTEMPTS: u32 = 10;
/// Number of keys from which idle ones are dropped: about a megabyte.
const KEYS_KEPT: usize = 10_000;

/// An instant of the injected clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Tick(u64);

impl Add<Nanos> for Tick {
    type Output = Self;

    fn add(self, other: Nanos) -> Self {
        Self(self.0.saturating_add(other.as_u64()))
    }
}

impl Reference for Tick {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_sub(earlier.0).into()
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(self.0.checked_sub(duration.as_u64()).unwrap_or(self.0))
    }
}

/// The injected clock, made monotonic for the rate limiter: if it is set back, this one goes on
/// from where it was.
#[derive(Clone)]
struct Ticking {
    clock: Arc<dyn Clock>,
    /// The clock's last reading, and how far it has been set back in total.
    last: Arc<Mutex<(i64, i64)>>,
}

impl LimiterClock for Ticking {
    type Instant = Tick;

    fn now(&self) -> Tick {
        let mut seen = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, back) = *seen;
        let now = self.clock.now().as_micros();
        let back = back.saturating_add(last.saturating_sub(now).max(0));
        *seen = (now, back);
        let micros = u64::try_from(now.saturating_add(back)).unwrap_or_default();
        Tick(micros.saturating_mul(1_000))
    }
}

type Limiter = RateLimiter<String, HashMapStateStore<String>, Ticking, StateInformationMiddleware>;

/// A quota per minute, for each key.
pub struct Limit {
    name: &'static str,
    quota: NonZeroU32,
    limiter: Limiter,
    attempts: Limiter,
    clock: Ticking,
    /// Number of keys from which idle ones are dropped.
    full_at: AtomicUsize,
}

/// The rest of a quota.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    name: String,
    quota: u32,
    remaining: u32,
    seconds: u64,
}

impl Limit {
    /// A limit of `a_minute` per minute for each key; `None` if that is 0.
    #[must_use]
    pub fn new(name: &'static str, a_minute: u32, clock: &Arc<dyn Clock>) -> Option<Self> {
        let quota = NonZeroU32::new(a_minute)?;
        let last = Arc::new(Mutex::new((clock.now().as_micros(), 0)));
        let clock = Arc::clone(clock);
        let clock = Ticking { clock, last };
        let limiter = |quota| {
            Limiter::new(Quota::per_minute(quota), HashMapStateStore::default(), clock.clone())
        };
        let attempts = quota.saturating_mul(NonZeroU32::new(ATTEMPTS)?);
        let (limiter, attempts) = (limiter(quota), limiter(attempts));
        Some(Self { name, quota, limiter, attempts, clock, full_at: AtomicUsize::new(KEYS_KEPT) })
    }

    /// Drops keys whose whole quota is free again, once there are many: so rarely that the cost
    /// per new key is small.
    fn forget_idle(&self) {
        let known = self.attempts.len().max(self.limiter.len());
        if known >= self.full_at.load(Ordering::Relaxed) {
            self.limiter.retain_recent();
            self.attempts.retain_recent();
            let left = self.attempts.len().max(self.limiter.len());
            self.full_at.store(KEYS_KEPT.max(2 * left), Ordering::Relaxed);
        }
    }

    /// Frees every quota, for a reset in test mode.
    pub fn restart(&self) {
        let mut seen = self.clock.last.lock().unwrap_or_else(PoisonError::into_inner);
        // As if two windows had passed: whatever was taken is free again.
        let (_, back) = &mut *seen;
        *back = back.saturating_add(2 * WINDOW_MICROS);
    }

    /// Counts a request that is looked at, before it costs anything: up to ten
    /// times the quota.
    ///
    /// # Errors
    /// `rate_limited` for one of many that were refused.
    pub fn admit(&self, key: &str) -> Result<(), Problem> {
        self.forget_idle();
        let admitted = self.attempts.check_key(&key.to_owned());
        let quota = self.quota.get().saturating_mul(ATTEMPTS);
        admitted
            .map(|_| ())
            .map_err(|until| self.refusal(format!("{}-attempts", self.name), quota, &until))
    }

    /// Takes one request from the quota of `key`: one that is not refused for another reason.
    ///
    /// # Errors
    /// `rate_limited`, with the time until the next request is allowed.
    pub fn check(&self, key: &str) -> Result<Left, Problem> {
        self.forget_idle();
        let quota = self.quota.get();
        match self.limiter.check_key(&key.to_owned()) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let taken = u64::from(quota.saturating_sub(remaining));
                Ok(Left {
                    name: self.name.to_owned(),
                    quota,
                    remaining,
                    seconds: (taken * WINDOW).div_ceil(u64::from(quota)),
                })
            }
            Err(until) => Err(self.refusal(self.name.to_owned(), quota, &until)),
        }
    }

    fn refusal(&self, name: String, quota: u32, until: &NotUntil<Tick>) -> Problem {
        let wait = until.wait_time_from(self.clock.now());
        let seconds = (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1);
        let left = Left { name, quota, remaining: 0, seconds };
        let problem = Problem::plain(Code::RateLimited)
            .with("retry_after_seconds", seconds)
            .say("quota", quota)
            .header(RETRY_AFTER, seconds.to_string());
        let told = left.headers().into_iter();
        told.fold(problem, |problem, (name, value)| problem.header(name, value))
    }
}

impl Left {
    fn policy(&self) -> String {
        format!("\"{}\";q={};w={WINDOW}", self.name, self.quota)
    }

    fn state(&self) -> String {
        format!("\"{}\";r={};t={}", self.name, self.remaining, self.seconds)
    }

    /// The `RateLimit-Policy` and `RateLimit` headers.
    #[must_use]
    pub fn headers(&self) -> [(HeaderName, String); 2] {
        [(RATE_LIMIT_POLICY, self.policy()), (RATE_LIMIT, self.state())]
    }
}
