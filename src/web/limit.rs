//! Limits on how often something is done (draft-ietf-httpapi-ratelimit-headers-11): a bucket for
//! each address, on the injected clock.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::ops::Add;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::header::{HeaderMap, HeaderName};
use governor::clock::{Clock as LimiterClock, Reference};
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use ipnet::IpNet;

use super::reply::Reply;
use crate::domain::instant::Clock;
use crate::problem::{Code, Problem};

/// How much is allowed in which time.
pub const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// How much of it is left.
pub const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// The time in which a quota is filled anew, in seconds.
const WINDOW: u64 = 60;
/// Keys up to which none is looked for that could be forgotten: some megabyte.
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

/// The injected clock, as the limiter reads it: it never goes back. Where the other one is set back,
/// this one goes on from where it was.
#[derive(Clone)]
struct Ticking {
    clock: Arc<dyn Clock>,
    /// What the clock said last, and how far it has been set back so far.
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

/// So many a minute, for each key.
pub struct Limit {
    name: &'static str,
    quota: NonZeroU32,
    limiter: Limiter,
    clock: Ticking,
    /// How many keys are too many.
    full_at: AtomicUsize,
}

/// What is left of a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    name: &'static str,
    quota: u32,
    remaining: u32,
    seconds: u64,
}

impl Limit {
    /// `a_minute` for each key; none where that is 0.
    #[must_use]
    pub fn new(name: &'static str, a_minute: u32, clock: &Arc<dyn Clock>) -> Option<Self> {
        let quota = NonZeroU32::new(a_minute)?;
        let last = Arc::new(Mutex::new((clock.now().as_micros(), 0)));
        let clock = Arc::clone(clock);
        let clock = Ticking { clock, last };
        let store = HashMapStateStore::default();
        let limiter = Limiter::new(Quota::per_minute(quota), store, clock.clone());
        Some(Self {
            name,
            quota,
            limiter,
            clock,
            full_at: AtomicUsize::new(KEYS_KEPT),
        })
    }

    /// Forgets keys that have their whole quota again, once there are many: seldom enough that
    /// it costs little for each of those that came in between.
    fn forget_idle(&self) {
        let known = self.limiter.len();
        if known >= self.full_at.load(Ordering::Relaxed) {
            self.limiter.retain_recent();
            let left = self.limiter.len();
            self.full_at
                .store(KEYS_KEPT.max(2 * left), Ordering::Relaxed);
        }
    }

    /// Takes one for `key`.
    ///
    /// # Errors
    /// `rate_limited`, with when there is one again.
    pub fn check(&self, key: &str) -> Result<Left, Problem> {
        self.forget_idle();
        let quota = self.quota.get();
        match self.limiter.check_key(&key.to_owned()) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let taken = u64::from(quota.saturating_sub(remaining));
                Ok(Left {
                    name: self.name,
                    quota,
                    remaining,
                    seconds: (taken * WINDOW).div_ceil(u64::from(quota)),
                })
            }
            Err(until) => {
                let wait = until.wait_time_from(self.clock.now());
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                let seconds = seconds.max(1);
                let detail = format!(
                    "That was too much: {quota} a minute are taken. Nothing was kept; try again in {seconds} seconds."
                );
                let left = Left {
                    name: self.name,
                    quota,
                    remaining: 0,
                    seconds,
                };
                Err(Problem::new(Code::RateLimited, detail)
                    .with("retry_after_seconds", seconds)
                    .with("rate_limit_policy", left.policy())
                    .with("rate_limit", left.state()))
            }
        }
    }
}

impl Left {
    fn policy(&self) -> String {
        format!("\"{}\";q={};w={WINDOW}", self.name, self.quota)
    }

    fn state(&self) -> String {
        format!("\"{}\";r={};t={}", self.name, self.remaining, self.seconds)
    }

    /// Says it in an answer.
    #[must_use]
    pub fn told(&self, reply: Reply) -> Reply {
        reply
            .header(RATE_LIMIT_POLICY, self.policy())
            .header(RATE_LIMIT, self.state())
    }
}

/// The addresses of proxies whose word is taken for whom they speak for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(pub Vec<IpNet>);

impl Proxies {
    fn names(&self, address: IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(&address))
    }

    /// Who has sent a request: the peer, or where that is a named proxy, the last address in
    /// `X-Forwarded-For` that is none. What stands before that one anybody could have written.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.names(peer) {
            return peer;
        }
        let values = headers.get_all("x-forwarded-for");
        let listed: Vec<&[u8]> = values
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
            .collect();
        let mut client = peer;
        for text in listed.into_iter().rev() {
            let Some(address) = std::str::from_utf8(text).ok().and_then(forwarded) else {
                return client;
            };
            client = address.to_canonical();
            if !self.names(client) {
                return client;
            }
        }
        client
    }
}

/// An address as proxies write it: bare, in brackets, with a port or without.
fn forwarded(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare.parse().ok().or_else(with_port)
}

/// Bits of an IPv6 address that name a network: a household or a machine has all that follow.
const V6_NETWORK: u32 = 64;

/// The key of an address: an IPv6 address stands for its network.
#[must_use]
pub fn key_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let network = address.to_bits() >> (128 - V6_NETWORK) << (128 - V6_NETWORK);
            format!("{}/{V6_NETWORK}", Ipv6Addr::from_bits(network))
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            let name = HeaderName::from_static("x-forwarded-for");
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    #[test]
    fn only_a_named_proxy_is_believed() {
        let proxies = Proxies(vec![
            "10.0.0.0/8".parse().unwrap(),
            "fd00::/8".parse().unwrap(),
        ]);
        let client = |peer: &str, values: &[&'static str]| {
            proxies
                .client(peer.parse().unwrap(), &headers(values))
                .to_string()
        };
        assert_eq!(client("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(
            client("10.0.0.1", &["203.0.113.9, 198.51.100.7, 10.1.1.1"]),
            "198.51.100.7"
        );
        assert_eq!(
            client("10.0.0.1", &["203.0.113.9", "198.51.100.7"]),
            "198.51.100.7"
        );
        assert_eq!(client("::ffff:10.0.0.1", &["2001:db8::1"]), "2001:db8::1");
        assert_eq!(client("10.0.0.1", &["nobody, 10.2.2.2"]), "10.2.2.2");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
        for (written, want) in [
            ("198.51.100.7:4711", "198.51.100.7"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("\u{e9}, 198.51.100.7", "198.51.100.7"),
        ] {
            assert_eq!(client("10.0.0.1", &[written]), want, "{written}");
        }
        assert_eq!(
            Proxies::default()
                .client("10.0.0.1".parse().unwrap(), &headers(&["1.2.3.4"]))
                .to_string(),
            "10.0.0.1"
        );
    }

    #[test]
    fn a_network_is_one_key() {
        let key = |text: &str| key_of(text.parse().unwrap());
        assert_eq!(key("192.0.2.1"), "192.0.2.1");
        assert_eq!(key("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
    }
}
