//! Which addresses may be connected to.
//!
//! A name is looked up once, for the connection itself: what was checked is what is connected to. A second look-up could
//! give another address.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// The addresses that may be connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All: where the newsroom's own settings say where to.
    Anywhere,
    /// Those that everybody can reach: where somebody with a key says where to. The machine itself, its network and what
    /// has no owner are none of them.
    Public,
    /// None: nothing is sent.
    Nowhere,
}

/// Networks of IPv4 that are not public (IANA, special-purpose address registry), with the bits of their prefixes.
const NOT_PUBLIC: [([u8; 4], u32); 15] = [
    // This network.
    ([0, 0, 0, 0], 8),
    // Private.
    ([10, 0, 0, 0], 8),
    ([172, 16, 0, 0], 12),
    ([192, 168, 0, 0], 16),
    // Shared by the customers of a provider (CGNAT).
    ([100, 64, 0, 0], 10),
    // The machine itself.
    ([127, 0, 0, 0], 8),
    // Link-local; clouds tell machines their secrets there.
    ([169, 254, 0, 0], 16),
    // Protocols, and the relays of 6to4.
    ([192, 0, 0, 0], 24),
    ([192, 88, 99, 0], 24),
    // Documentation and benchmarks.
    ([192, 0, 2, 0], 24),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([198, 18, 0, 0], 15),
    // Multicast; reserved, with broadcast.
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

impl Reach {
    /// True if an address may be connected to.
    #[must_use]
    pub fn allows(self, address: IpAddr) -> bool {
        match (self, address) {
            (Self::Anywhere, _) => true,
            (Self::Nowhere, _) => false,
            (Self::Public, IpAddr::V4(address)) => is_public(address),
            (Self::Public, IpAddr::V6(address)) => is_public_v6(address),
        }
    }
}

fn is_public(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    !NOT_PUBLIC.iter().any(|(network, prefix)| {
        let shift = u32::BITS - prefix;
        bits >> shift == u32::from_be_bytes(*network) >> shift
    })
}

/// True for the public networks alone (2000::/3 without exceptions), and for public addresses of IPv4 in the forms of
/// IPv6 that lead to them.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let embedded = |high: u16, low: u16| {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        is_public(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        // As IPv4 (RFC 4291 section 2.5.5.2), by NAT64 (RFC 6052) and by 6to4 (RFC 3056).
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            embedded(high, low)
        }
        [0x2002, high, low, ..] => embedded(high, low),
        // Protocols, with Teredo (2001::/23); documentation.
        [0x2001, second, ..] if second < 0x200 || second == 0xdb8 => false,
        [0x3fff, second, ..] if second < 0x1000 => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

/// Looks names up, and refuses those that lead to an address that may not be connected to.
#[derive(Debug)]
pub(super) struct Guarded {
    reach: Reach,
    names: DefaultResolver,
}

impl Guarded {
    pub(super) fn new(reach: Reach) -> Self {
        Self { reach, names: DefaultResolver::default() }
    }
}

impl Resolver for Guarded {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.names.resolve(uri, config, timeout)?;
        // All of them: a name with one address outside and one inside means no good.
        if !found.iter().all(|address| self.reach.allows(address.ip())) {
            return Err(ureq::Error::Other(Box::new(Forbidden)));
        }
        Ok(found)
    }
}

/// The name leads to an address that may not be connected to.
#[derive(Debug)]
struct Forbidden;

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("its address is not a public one")
    }
}

impl std::error::Error for Forbidden {}

/// True if a request was refused for its address.
pub(super) fn is_forbidden(error: &ureq::Error) -> bool {
    matches!(error, ureq::Error::Other(why) if why.is::<Forbidden>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::8.8.8.8",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::8.8.8.8",
            "100::1",
            "2001::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:20::1",
            "2001:1ff::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:a00:1::1",
            "2002:c0a8:101::1",
            "3fff::1",
            "3fff:fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
            "1fff::1",
        ] {
            let address = text.parse().unwrap();
            assert!(!Reach::Public.allows(address), "{text}");
            assert!(Reach::Anywhere.allows(address), "{text}");
        }
        for text in [
            "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
            "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255",
            "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255",
            "198.20.0.0", "223.255.255.255", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
            "2002:808:808::1", "2001:200::1", "2001:4860:4860::8888", "2606:4700::1111",
            "2a00:1450::1", "3fff:1000::1",
        ] {
            assert!(Reach::Public.allows(text.parse().unwrap()), "{text}");
        }
    }
}
