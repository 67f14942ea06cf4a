//! Entity tags (RFC 9110 section 8.8.3) and the conditions on them (section 13).

use actix_web::http::header::{HeaderMap, HeaderName, IF_MATCH, IF_NONE_MATCH};
use sha2::{Digest, Sha256};

use crate::problem::{Code, Problem};

/// Bytes of a representation's digest in its tag.
const DIGEST_BYTES: usize = 12;

/// The tag of a representation, without the quotes: `<version>-<digest>` of a
/// thing that has a version, else the digest alone.
#[must_use]
pub fn tag(version: Option<i64>, body: &[u8]) -> String {
    let digest: String = Sha256::digest(body)[..DIGEST_BYTES]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    version.map_or_else(|| digest.clone(), |version| format!("{version}-{digest}"))
}

/// What `If-Match` and `If-None-Match` look like.
pub const CONDITION_PATTERN: &str = r#"^(\*|(W/)?"[!#-~]*"(\s*,\s*(W/)?"[!#-~]*")*)$"#;

/// One tag of a condition.
#[derive(Debug, PartialEq, Eq)]
struct EntityTag {
    opaque: String,
    weak: bool,
}

/// A list of tags, or `*`.
#[derive(Debug, PartialEq, Eq)]
enum Condition {
    Any,
    Tags(Vec<EntityTag>),
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
    if tags.is_empty() {
        Err(fault())
    } else {
        Ok(Some(Condition::Tags(tags)))
    }
}

fn read_tags(text: &str) -> Option<Vec<EntityTag>> {
    let mut tags = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let weak = rest.starts_with("W/");
        let quoted = rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"')?;
        let (opaque, after) = quoted.split_once('"')?;
        if !opaque.bytes().all(|c| c.is_ascii_graphic()) {
            return None;
        }
        tags.push(EntityTag {
            opaque: opaque.to_owned(),
            weak,
        });
        rest = after.trim_start();
        if !rest.is_empty() {
            rest = Some(rest.strip_prefix(',')?.trim_start()).filter(|rest| !rest.is_empty())?;
        }
    }
    Some(tags)
}

/// The content codings whose variants have a tag of their own.
pub const CODINGS: [&str; 2] = ["gzip", "br"];

/// Makes sure that `If-None-Match` can be read.
///
/// # Errors
/// `invalid_parameter` where it cannot.
pub fn check(headers: &HeaderMap) -> Result<(), Problem> {
    read(headers, &IF_NONE_MATCH).map(drop)
}

/// Whether the client has the representation tagged `tag` already, in whatever coding.
///
/// # Errors
/// `invalid_parameter` where `If-None-Match` cannot be read.
pub fn is_known(headers: &HeaderMap, tag: &str) -> Result<bool, Problem> {
    Ok(match read(headers, &IF_NONE_MATCH)? {
        None => false,
        Some(Condition::Any) => true,
        Some(Condition::Tags(tags)) => tags.iter().any(|known| {
            let mut codings = CODINGS.iter();
            let plain =
                codings.find_map(|coding| known.opaque.strip_suffix(coding)?.strip_suffix('-'));
            plain.unwrap_or(&known.opaque) == tag
        }),
    })
}

/// The versions for which a write may go ahead (`If-Match`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// The client asked for none.
    None,
    /// The client asked for none, and this server takes no write without one.
    Missing,
    /// Any present version (`*`).
    Any,
    /// One of these. Only the version part of a tag counts: a reader's comment
    /// changes an article's representation and must not spoil an editor's save.
    Versions(Vec<i64>),
}

impl Precondition {
    /// Reads `If-Match`, without which nothing is written where it is `required`.
    ///
    /// # Errors
    /// `invalid_parameter` where it cannot be read.
    pub fn read(headers: &HeaderMap, required: bool) -> Result<Self, Problem> {
        Ok(match read(headers, &IF_MATCH)? {
            None if required => Self::Missing,
            None => Self::None,
            Some(Condition::Any) => Self::Any,
            Some(Condition::Tags(tags)) => Self::Versions(
                tags.iter()
                    // If-Match compares strongly (RFC 9110 section 13.1.1): a weak tag matches nothing.
                    .filter(|tag| !tag.weak)
                    .filter_map(|tag| {
                        let version = tag.opaque.split_once('-')?.0;
                        // `parse` would take a sign.
                        let digits = version.bytes().all(|c| c.is_ascii_digit());
                        digits.then(|| version.parse().ok()).flatten()
                    })
                    .collect(),
            ),
        })
    }

    /// Checks the condition against the present version, in the write's own transaction.
    ///
    /// # Errors
    /// `precondition_required` where there is none and one is needed (RFC 6585 section 3),
    /// `precondition_failed` with the present tag, which `present_tag` makes.
    pub fn check(
        &self,
        version: i64,
        present_tag: impl FnOnce() -> Result<String, Problem>,
    ) -> Result<(), Problem> {
        let holds = match self {
            Self::None | Self::Any => true,
            Self::Missing => return Err(Problem::plain(Code::PreconditionRequired)),
            Self::Versions(versions) => versions.contains(&version),
        };
        if holds {
            return Ok(());
        }
        let problem = match self {
            Self::Versions(versions) if versions.is_empty() => Problem::new(
                Code::PreconditionFailed,
                "`If-Match` names no version. It takes a strong tag as an `ETag` gave it: \"<version>-<digest>\". Send the present one, in `etag`.",
            ),
            _ => Problem::plain(Code::PreconditionFailed),
        };
        Err(problem.with("etag", format!("\"{}\"", present_tag()?)))
    }
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
            assert_eq!(
                is_known(&headers(IF_NONE_MATCH, value), "3-ab").unwrap(),
                known,
                "{value}"
            );
        }
        assert!(is_known(&headers(IF_NONE_MATCH, "3-ab"), "3-ab").is_err());
    }

    #[test]
    fn if_match_goes_by_the_version() {
        for (value, want) in [
            ("\"3-ab\"", Precondition::Versions(vec![3])),
            (
                "\"3-ab\" , \"4-cd-gzip\"",
                Precondition::Versions(vec![3, 4]),
            ),
            ("W/\"3-ab\"", Precondition::Versions(vec![])),
            ("\"nonsense\"", Precondition::Versions(vec![])),
            ("*", Precondition::Any),
        ] {
            assert_eq!(
                Precondition::read(&headers(IF_MATCH, value), false).unwrap(),
                want,
                "{value}"
            );
        }
        for value in ["3", "", "\"a", "\"a\" \"b\""] {
            assert!(
                Precondition::read(&headers(IF_MATCH, value), false).is_err(),
                "{value}"
            );
        }
    }
}
