//! Entity tags (RFC 9110 section 8.8.3) and the conditions on them (section 13).

use actix_web::http::header::{HeaderMap, HeaderName, IF_MATCH, IF_NONE_MATCH};
use sha2::{Digest, Sha256};

use crate::domain::text::hex;
use crate::problem::{Code, Problem};

/// Bytes of a representation's digest in its tag.
const DIGEST_BYTES: usize = 12;

/// The entity tag of a representation, without the quotes: `<version>-<digest>` if the resource
/// has a version, else the digest alone.
#[must_use]
pub fn tag(version: Option<i64>, body: &[u8]) -> String {
    let digest = hex(&Sha256::digest(body)[..DIGEST_BYTES]);
    match version {
        Some(version) => format!("{version}-{digest}"),
        None => digest,
    }
}

/// The pattern of `If-Match` and `If-None-Match`.
pub const CONDITION_PATTERN: &str = r#"^(\*|(W/)?"[!#-~]*"([ \t]*,[ \t]*(W/)?"[!#-~]*")*)$"#;

/// A list of tags, or `*`. Only the opaque part of a tag counts: proxies that compress or
/// decompress weaken tags (`W/`) and add suffixes, and that must not make a client's requests
/// fail.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    Any,
    Tags(Vec<String>),
}

impl Condition {
    /// True if it matches the representation tagged `tag`, in any content coding (weak comparison,
    /// RFC 9110 section 8.8.3.2).
    fn names(&self, tag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Tags(tags) => tags.iter().any(|known| plain(known) == tag),
        }
    }
}

/// A tag without the suffix of a content coding.
fn plain(tag: &str) -> &str {
    let mut codings = CODINGS.iter();
    let plain = codings.find_map(|coding| tag.strip_suffix(coding)?.strip_suffix('-'));
    plain.unwrap_or(tag)
}

fn read(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Condition>, Problem> {
    let mut values = headers.get_all(name).peekable();
    if values.peek().is_none() {
        return Ok(None);
    }
    let fault = || {
        Problem::parameter(
            name.as_str(),
            format!(
                "The header `{name}` takes `*` or entity tags in quotes with commas between, as an `ETag` gave them."
            ),
        )
    };
    let mut tags = Vec::new();
    for value in values {
        let text = std::str::from_utf8(value.as_bytes()).map_err(|_| fault())?;
        if text.trim() == "*" {
            return Ok(Some(Condition::Any));
        }
        tags.extend(read_tags(text).ok_or_else(fault)?);
    }
    if tags.is_empty() { Err(fault()) } else { Ok(Some(Condition::Tags(tags))) }
}

fn read_tags(text: &str) -> Option<Vec<String>> {
    let mut tags = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let quoted = rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"')?;
        let (opaque, after) = quoted.split_once('"')?;
        if !opaque.bytes().all(|c| c.is_ascii_graphic()) {
            return None;
        }
        tags.push(opaque.to_owned());
        rest = after.trim_start();
        if !rest.is_empty() {
            rest = Some(rest.strip_prefix(',')?.trim_start()).filter(|rest| !rest.is_empty())?;
        }
    }
    Some(tags)
}

/// The content codings whose variants have tags of their own.
pub const CODINGS: [&str; 2] = ["gzip", "br"];

/// Checks that `If-None-Match` is valid.
///
/// # Errors
/// `invalid_parameter` if it is not.
pub fn check(headers: &HeaderMap) -> Result<(), Problem> {
    read(headers, &IF_NONE_MATCH).map(drop)
}

/// True if the client has the representation tagged `tag` already, in any content coding.
///
/// # Errors
/// `invalid_parameter` if `If-None-Match` is not valid.
pub fn is_known(headers: &HeaderMap, tag: &str) -> Result<bool, Problem> {
    Ok(read(headers, &IF_NONE_MATCH)?.is_some_and(|known| known.names(tag)))
}

/// The precondition of a write (RFC 9110 section 13).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Precondition {
    /// The versions that must be present (`If-Match`).
    only_if: Option<Condition>,
    /// True if this server refuses writes without `If-Match`.
    is_required: bool,
    /// The versions that must not be present (`If-None-Match`).
    unless: Option<Condition>,
}

impl Precondition {
    /// Parses `If-Match` and `If-None-Match`. If `is_required`, a write without `If-Match` is
    /// refused.
    ///
    /// # Errors
    /// `invalid_parameter` if one is not valid.
    pub fn read(headers: &HeaderMap, is_required: bool) -> Result<Self, Problem> {
        Ok(Self {
            only_if: read(headers, &IF_MATCH)?,
            is_required,
            unless: read(headers, &IF_NONE_MATCH)?,
        })
    }

    /// True if the client has shown which version it read.
    #[must_use]
    pub fn names_version(&self) -> bool {
        matches!(self.only_if, Some(Condition::Tags(_)))
    }

    /// Checks the precondition against a resource that has versions, in the write's own
    /// transaction: `If-Match` first, then `If-None-Match` (RFC 9110 section 13.2.2). Only the
    /// version part of a tag in `If-Match` counts: a reader's comment changes an article's
    /// representation and must not make an editor's save fail.
    ///
    /// # Errors
    /// `precondition_required` if one is needed and none was sent (RFC 6585 section 3),
    /// `precondition_failed` with the present tag, which `present_tag` makes.
    pub fn check(
        &self,
        version: i64,
        present_tag: impl FnOnce() -> Result<String, Problem>,
    ) -> Result<(), Problem> {
        let named = match &self.only_if {
            None if self.is_required => return Err(Problem::plain(Code::PreconditionRequired)),
            None | Some(Condition::Any) => None,
            Some(Condition::Tags(tags)) => {
                Some(tags.iter().filter_map(|tag| version_of(tag)).collect::<Vec<_>>())
            }
        };
        let holds = named.as_ref().is_none_or(|named| named.contains(&version));
        if holds && self.unless.is_none() {
            return Ok(());
        }
        let tag = present_tag()?;
        match named {
            Some(named) if named.is_empty() => Err(failed(
                &tag,
                "`If-Match` names no version. It takes a tag as an `ETag` gave it: \"<version>-<digest>\". Send the present one, in `etag`.",
            )),
            _ if !holds => Err(changed(&tag)),
            _ => self.check_unless(&tag),
        }
    }

    /// Checks the precondition against a resource without versions, by its whole tag.
    ///
    /// # Errors
    /// `precondition_failed` with the present tag.
    pub fn check_whole(&self, tag: &str) -> Result<(), Problem> {
        match &self.only_if {
            Some(condition) if !condition.names(tag) => Err(changed(tag)),
            _ => self.check_unless(tag),
        }
    }

    fn check_unless(&self, tag: &str) -> Result<(), Problem> {
        match &self.unless {
            Some(unless) if unless.names(tag) => Err(failed(
                tag,
                "`If-None-Match` asks to write only where none of its tags (with `*`, nothing at all) is there, and one is. Send `If-Match` with the present tag, in `etag`, or neither.",
            )),
            _ => Ok(()),
        }
    }
}

fn failed(tag: &str, detail: &str) -> Problem {
    Problem::new(Code::PreconditionFailed, detail).with("etag", format!("\"{tag}\""))
}

/// 412 for a resource that was changed since the client read it.
fn changed(tag: &str) -> Problem {
    Problem::plain(Code::PreconditionFailed).with("etag", format!("\"{tag}\""))
}

/// The version in a tag: the digits before its first hyphen.
fn version_of(tag: &str) -> Option<i64> {
    let version = tag.split_once('-')?.0;
    // `parse` would accept a sign.
    let digits = version.bytes().all(|c| c.is_ascii_digit());
    digits.then(|| version.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn if_none_match_compares_every_coding_of_a_representation() {
        for (value, known) in [
            ("\"3-ab\"", true),
            ("W/\"3-ab\"", true),
            ("\"x\", \"3-ab-gzip\"", true),
            ("\"3-ab-br\"", true),
            ("*", true),
            ("\"3-ac\"", false),
            ("\"3-ab-zip\"", false),
        ] {
            assert_eq!(is_known(&headers(IF_NONE_MATCH, value), "3-ab").unwrap(), known, "{value}");
        }
        assert!(is_known(&headers(IF_NONE_MATCH, "3-ab"), "3-ab").is_err());
    }

    #[test]
    fn if_match_goes_by_the_version_whatever_a_proxy_made_of_the_tag() {
        for (value, holds) in [
            ("\"3-ab\"", true),
            ("\"2-ab\" , \"3-cd-gzip\"", true),
            ("W/\"3-ab\"", true),
            ("\"3-ab-gzip\"", true),
            ("W/\"3-ab-br\"", true),
            ("W/\"3-ab-gzip\", \"x\"", true),
            // Suffixes as Apache's mod_deflate and mod_brotli write them.
            ("\"3-ab-gzip;br\"", true),
            ("*", true),
            ("\"4-ab\"", false),
            ("W/\"2-ab\"", false),
            ("\"nonsense\"", false),
            ("\"+3-ab\"", false),
        ] {
            let read = Precondition::read(&headers(IF_MATCH, value), false).unwrap();
            let checked = read.check(3, || Ok("3-zz".to_owned()));
            assert_eq!(checked.is_ok(), holds, "{value}");
        }
        for value in ["3", "", "\"a", "\"a\" \"b\"", "w/\"3-ab\""] {
            assert!(Precondition::read(&headers(IF_MATCH, value), false).is_err(), "{value}");
        }
    }

    #[test]
    fn if_none_match_on_a_write_asks_that_it_is_not_there() {
        for (value, holds) in [
            ("*", false),
            ("\"3-ab\"", false),
            ("W/\"3-ab\"", false),
            ("W/\"3-ab-gzip\"", false),
            ("\"9-x\", \"3-ab-br\"", false),
            ("\"2-ab\"", true),
            ("\"3-ac\"", true),
        ] {
            let read = Precondition::read(&headers(IF_NONE_MATCH, value), false).unwrap();
            let checked = read.check(3, || Ok("3-ab".to_owned()));
            assert_eq!(checked.is_ok(), holds, "{value}");
        }
        for (value, holds) in
            [("\"ab\"", true), ("W/\"ab-gzip\"", true), ("*", true), ("\"3-x\"", false)]
        {
            let read = Precondition::read(&headers(IF_MATCH, value), false).unwrap();
            assert_eq!(read.check_whole("ab").is_ok(), holds, "{value}");
            let read = Precondition::read(&headers(IF_NONE_MATCH, value), false).unwrap();
            assert_eq!(read.check_whole("ab").is_ok(), !holds, "{value}");
        }
        let mut both = headers(IF_MATCH, "\"3-ab\"");
        both.insert(IF_NONE_MATCH, HeaderValue::from_static("*"));
        let read = Precondition::read(&both, true).unwrap();
        assert!(read.check(3, || Ok("3-ab".to_owned())).is_err());
    }
}
