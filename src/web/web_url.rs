//! URLs of pages on the web, as members of a body.

use std::ops::Deref;

use serde::Serialize;
use serde_json::{Value, json};
use url::Url;

use super::input::Input;
use super::rules::string;
use crate::domain::text::{cut, is_forbidden_in_line};
use crate::problem::{FaultCode, Faults};

/// Longest URL, in characters: a length that all browsers and proxies handle.
pub const URL_MAX: usize = 2_048;
/// The pattern of a URL; the reader is stricter (WHATWG URL Standard).
const URL_PATTERN: &str = "^[Hh][Tt][Tt][Pp][Ss]?://[^\\s<>\"\\u0000-\\u0020\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]+$";
/// An absolute http or https URL of up to [`URL_MAX`] characters, as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct WebUrl(String);

impl Deref for WebUrl {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

/// Why a text is no URL of a page.
enum NoWebUrl {
    /// It is not written as one.
    Form,
    /// Browsers read another host than the one that is written: this one.
    ReadAs(String),
}

/// Checks that a URL's host is read in the same way by people (RFC 3986 section 3.2) and by
/// browsers (WHATWG URL Standard, section 4.4), which take a backslash for a slash, a number for
/// an address, and a wide letter for a plain one.
fn web_host(text: &str) -> Result<(), NoWebUrl> {
    let scheme = text.find("://").ok_or(NoWebUrl::Form)?;
    let is_web = ["http", "https"].iter().any(|known| text[..scheme].eq_ignore_ascii_case(known));
    let url = Url::parse(text).ok().filter(|_| is_web).ok_or(NoWebUrl::Form)?;
    let read = url.host_str().ok_or(NoWebUrl::Form)?;
    let rest = &text[scheme + 3..];
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let written = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|c| c.is_ascii_digit()) => host,
        _ => authority,
    };
    // Browsers write the shortest form of an address in brackets.
    let is_address = written.starts_with('[') && written.ends_with(']');
    let is_same = is_address || is_same_name(written, read);
    match is_same && url.username().is_empty() && url.password().is_none() {
        true => Ok(()),
        false => Err(NoWebUrl::ReadAs(read.to_owned())),
    }
}

/// True if `read` is the ASCII form of the name `written`, label by label: one with other letters
/// is encoded (RFC 5890 section 2.3.2.1), and none of them becomes an ASCII letter.
fn is_same_name(written: &str, read: &str) -> bool {
    let (mut written, mut read) = (written.split('.'), read.split('.'));
    loop {
        match (written.next(), read.next()) {
            (None, None) => return true,
            (Some(label), Some(ascii))
                if label.eq_ignore_ascii_case(ascii)
                    || !label.is_ascii() && ascii.starts_with("xn--") => {}
            _ => return false,
        }
    }
}

impl Input for WebUrl {
    fn read(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let text = string(value, at, faults)?;
        let is_url = text.chars().count() <= URL_MAX
            && !text
                .chars()
                .any(|c| c.is_whitespace() || is_forbidden_in_line(c) || "<>\"".contains(c));
        let host = match is_url {
            true => web_host(&text),
            false => Err(NoWebUrl::Form),
        };
        let detail = match host {
            Ok(()) => return Some(Self(text)),
            Err(NoWebUrl::Form) => {
                format!("must be an absolute http or https URL of at most {URL_MAX} characters.")
            }
            Err(NoWebUrl::ReadAs(host)) => format!(
                "must name its host as browsers read it, without a user name: they would open `{}`.",
                cut(&host)
            ),
        };
        faults.add(at, FaultCode::WrongForm, detail);
        None
    }

    fn schema() -> Value {
        json!({"type": "string", "maxLength": URL_MAX, "pattern": URL_PATTERN})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_as_it_is_written_if_it_leads_where_it_says() {
        let read = |text: &str| {
            let mut faults = Faults::default();
            let read = WebUrl::read(text.into(), "/url", &mut faults);
            read.map(|url| url.0).ok_or_else(|| faults.into_vec()[0].detail.clone())
        };
        for taken in [
            "https://example.com",
            "HTTPS://Example.com/",
            "hTTp://EXAMPLE.com:8080/a?b#c",
            "https://m\u{fc}nchen.example/",
            "https://M\u{dc}NCHEN.example/stra\u{df}e",
            "https://xn--mnchen-3ya.example/",
            "http://127.0.0.1:80/",
            "http://[2001:DB8::1]:8080/",
            "http://[2001:db8:0:0::1]/",
            "https://example.com./",
            "http://localhost/",
            "https://example.com/a\\b@c",
            "https://example.com/?next=https://user@example.org/",
        ] {
            assert_eq!(read(taken).as_deref(), Ok(taken));
        }
        for (refused, host) in [
            ("https://example.com\\@example.org/", "example.com"),
            ("https://example.com\\.example.org/", "example.com"),
            ("https://user@example.org/", "example.org"),
            ("https://user:word@example.org/", "example.org"),
            ("https://example.com@example.org/", "example.org"),
            ("https://[::1]\\@example.org/", "[::1]"),
            ("https://[2001:db8::1]\\.example.org/", "[2001:db8::1]"),
            ("https:///example.com/", "example.com"),
            ("https:////example.com/", "example.com"),
            ("https://\u{ff45}xample.com/", "example.com"),
            ("https://example\u{3002}com/", "example.com"),
            ("https://exam\u{ad}ple.com/", "example.com"),
            ("https://ex%61mple.com/", "example.com"),
            ("http://2130706433/", "127.0.0.1"),
            ("http://0x7f.1/", "127.0.0.1"),
            ("http://127.1/", "127.0.0.1"),
        ] {
            let detail = read(refused).unwrap_err();
            assert!(detail.contains(&format!("`{host}`")), "{refused}: {detail}");
        }
        for no_url in [
            "", "example.com", "https:example.com", "https:/example.com", "//example.com",
            "ftp://example.com/", "https://", "https:// example.com", "https://exa mple.com/",
            "https://a<b>/", "javascript:alert(1)", "https://example.com:99999/", "x https://a.b",
        ] {
            assert!(read(no_url).unwrap_err().contains("absolute"), "{no_url}");
        }
    }
}
