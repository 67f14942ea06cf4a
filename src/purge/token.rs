//! What proves to a cache that a purge is from here.

use std::fmt;

/// The scheme of a token without a header of its own (RFC 6750).
const BEARER: &str = "Bearer";
/// Longest token, in bytes: common servers take as much in a header.
const TOKEN_MAX: usize = 4_096;

/// A header with a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    header: String,
    value: String,
}

impl Token {
    /// Parses `Fastly-Key: SECRET`, or a secret alone, which goes into `Authorization: Bearer`; `None` if it can be no
    /// header.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_name = |name: &str| {
            let is_of_a_name = |c: u8| c.is_ascii_alphanumeric() || b"-_".contains(&c);
            !name.is_empty() && name.bytes().all(is_of_a_name)
        };
        let (header, value) = match text.split_once(": ") {
            Some((name, value)) if is_name(name) => (name.to_owned(), value.to_owned()),
            _ => ("Authorization".to_owned(), format!("{BEARER} {text}")),
        };
        let is_value = !text.is_empty()
            && text.trim() == text
            && !value.is_empty()
            && value.len() <= TOKEN_MAX
            && value.bytes().all(|c| c == b' ' || c.is_ascii_graphic());
        is_value.then_some(Self { header, value })
    }

    /// The header: its name and its value.
    pub(super) fn header(&self) -> (String, String) {
        (self.header.clone(), self.value.clone())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_header_or_a_bearer_token() {
        let header = |text: &str| Token::parse(text).map(|token| token.header());
        let pair = |name: &str, value: &str| Some((name.to_owned(), value.to_owned()));
        assert_eq!(header("Fastly-Key: abc"), pair("Fastly-Key", "abc"));
        assert_eq!(header("abc"), pair("Authorization", "Bearer abc"));
        assert_eq!(header("Authorization: Basic YTpi"), pair("Authorization", "Basic YTpi"));
        for text in ["", " abc", "abc\r\nX: y", "Fastly-Key: ", "\u{e4}"] {
            assert_eq!(header(text), None, "{text:?}");
        }
        assert_eq!(format!("{:?}", Token::parse("abc").unwrap()), "Token(..)");
    }
}
