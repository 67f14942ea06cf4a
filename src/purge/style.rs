//! The forms of purges: each cache has its own.

use super::Cache;
use super::keys::Keys;
use crate::outgoing::Request;
use crate::words;

words! {
    /// The form of purges.
    pub enum Style as "PurgeStyle" shown as "varnish-xkey" {
        /// `PURGE` with the names in `xkey-purge`: for Varnish with the module xkey.
        VarnishXkey = "varnish-xkey",
        /// `BAN` with a regular expression for `Surrogate-Key` in `surrogate-key-ban`: for Varnish without modules.
        VarnishBan = "varnish-ban",
        /// `POST` with the names in `Surrogate-Key`: Fastly's.
        SurrogateKey = "surrogate-key",
        /// `PURGE` without names, after which the cache drops everything: for all others.
        All = "all",
    }
}

impl Cache {
    /// The request that tells it what to drop.
    pub(super) fn request(&self, keys: &Keys) -> Request {
        let (method, header) = match self.style {
            Style::VarnishXkey => ("PURGE", Some(("xkey-purge", keys.join(" ")))),
            Style::VarnishBan => ("BAN", Some(("surrogate-key-ban", pattern(keys)))),
            Style::SurrogateKey => ("POST", Some(("Surrogate-Key", keys.join(" ")))),
            Style::All => ("PURGE", None),
        };
        let header = header.map(|(name, value)| (name.to_owned(), value));
        let token = self.token.as_ref().map(super::Token::header);
        let headers = header.into_iter().chain(token).collect();
        Request { method, target: self.target.clone(), headers, body: Vec::new() }
    }
}

/// A regular expression for lists of names that have one of these. Names are letters, digits and hyphens
/// (`domain/groups.rs`), so none of them means anything in it. It has no space: Varnish would end the ban there.
fn pattern(keys: &Keys) -> String {
    format!(r"(^|\s)({})(\s|$)", keys.join("|"))
}

#[cfg(test)]
mod tests {
    use super::super::Token;
    use super::*;
    use crate::outgoing::Target;

    #[test]
    fn each_cache_is_told_in_its_form() {
        let mut keys = Keys::default();
        keys.add(["section-city".to_owned(), "articles".to_owned()]);
        let sent = |style| {
            let target = Target::parse("http://127.0.0.1:6081/").unwrap();
            Cache { target, style, token: Token::parse("Fastly-Key: abc") }.request(&keys)
        };
        let token = ("Fastly-Key".to_owned(), "abc".to_owned());
        for (style, method, header) in [
            (Style::VarnishXkey, "PURGE", Some(("xkey-purge", "articles section-city"))),
            (
                Style::VarnishBan,
                "BAN",
                Some(("surrogate-key-ban", r"(^|\s)(articles|section-city)(\s|$)")),
            ),
            (Style::SurrogateKey, "POST", Some(("Surrogate-Key", "articles section-city"))),
            (Style::All, "PURGE", None),
        ] {
            let request = sent(style);
            let header = header.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let want: Vec<_> = header.into_iter().chain([token.clone()]).collect();
            assert_eq!((request.method, request.headers), (method, want));
        }
    }
}
