//! Where a request goes.

use std::fmt;

use url::Url;

/// Longest URL, in bytes: common servers take as much.
const URL_MAX: usize = 2_000;

/// The URL of a server: http or https, with a host, without a user and without a fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(Url);

impl Target {
    /// Parses it; `None` if it is no such URL.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok().filter(|url| url.as_str().len() <= URL_MAX)?;
        let is_plain = matches!(url.scheme(), "http" | "https")
            && url.host().is_some()
            && url.port() != Some(0)
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        is_plain.then_some(Self(url))
    }

    /// The URL in its usual form: what stands for an address is one, and names are in ASCII.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Without its query, which may hold a secret.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str().split('?').next().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_url_of_a_server() {
        for (text, read) in [
            ("http://127.0.0.1:6081", "http://127.0.0.1:6081/"),
            ("http://0x7f.1/", "http://127.0.0.1/"),
            ("https://b\u{fc}cher.example/a?b=c", "https://xn--bcher-kva.example/a?b=c"),
            ("http://[::1]:80/", "http://[::1]/"),
        ] {
            assert_eq!(Target::parse(text).unwrap().as_str(), read);
        }
        let long = format!("https://news.example/{}", "a".repeat(URL_MAX));
        for text in [
            "",
            "news.example",
            "ftp://news.example/",
            "http://",
            "http://a:b@news.example/",
            "http://news.example/#a",
            "http://news.example:0/",
            "mailto:a@b.example",
            long.as_str(),
        ] {
            assert_eq!(Target::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_query_is_not_shown() {
        let target = Target::parse("https://news.example/hook?token=secret").unwrap();
        assert_eq!(target.to_string(), "https://news.example/hook");
    }
}
