//! The client's address, and the key that it is counted under.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Once;

use actix_web::http::header::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac as _;
use ipnet::IpNet;

use crate::domain::signature::sign;

/// The proxies whose `X-Forwarded-For` is trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(pub Vec<IpNet>);

/// Headers in which proxies forward the client's address; the first is the one that is read.
const FORWARDED: [&str; 3] = ["x-forwarded-for", "forwarded", "x-real-ip"];
/// Whether the operator was told of a proxy that is not trusted.
static TOLD: Once = Once::new();

impl Proxies {
    fn names(&self, address: IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(&address))
    }

    /// The client's address: the peer, or if that is a trusted proxy, the last address in
    /// `X-Forwarded-For` that is not a trusted proxy. Anything before that one could be forged by
    /// the client.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.names(peer) {
            if FORWARDED.iter().any(|name| headers.contains_key(*name)) {
                TOLD.call_once(|| log::warn!(
                    "{peer} forwards requests of other addresses, and COPYDESK_TRUSTED_PROXIES does not name it: \
                     all readers behind it share one rate limit. If it is your proxy, name it there, and let it send X-Forwarded-For. \
                     This is said once."
                ));
            }
            return peer;
        }
        let values = headers.get_all(FORWARDED[0]);
        let listed: Vec<&[u8]> =
            values.flat_map(|value| value.as_bytes().split(|byte| *byte == b',')).collect();
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

/// An address as proxies write it: bare or in brackets, with or without a port.
fn forwarded(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare.parse().ok().or_else(with_port)
}

/// Bits of an IPv6 address that identify a network: one household or machine has all the addresses
/// in it.
const V6_NETWORK: u32 = 64;

/// The rate limiter's key for an address: all of an IPv6 network share one.
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

/// The purpose of the signature of an address.
const ADDRESS_PURPOSE: &[u8] = b"address\n";

/// The keyed digest that replaces an address, which itself must not be stored: without the secret
/// nobody can tell the address from it, and the same address has the same digest.
#[must_use]
pub fn digest_of(secret: &[u8], address: IpAddr) -> String {
    let signature = sign(secret, ADDRESS_PURPOSE, &key_of(address));
    URL_SAFE_NO_PAD.encode(signature.finalize().into_bytes())
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
        let proxies = Proxies(vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]);
        let client = |peer: &str, values: &[&'static str]| {
            proxies.client(peer.parse().unwrap(), &headers(values)).to_string()
        };
        assert_eq!(client("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["203.0.113.9, 198.51.100.7, 10.1.1.1"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["203.0.113.9", "198.51.100.7"]), "198.51.100.7");
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
