//! The format of an answer: by the parameter `format`, else by `Accept` (RFC 9110 section 12.5.1).

use actix_web::http::header::{ACCEPT, HeaderMap};
use serde_json::Value;

use super::words::{Format, ListFormat};
use crate::domain::words::Word;
use crate::problem::Problem;
use crate::web::accept;
use crate::web::query::QueryMember;
use crate::web::reply::{JSON, Reply};

/// The media type of ninjs.
pub const NINJS: &str = "application/ninjs+json";
/// The media type of JSON-LD.
pub const JSON_LD: &str = "application/ld+json";
/// The media type of NewsML-G2 (IPTC).
pub const NEWSML: &str = "application/vnd.iptc.g2.newsitem+xml";
/// The media types of a list.
pub const OF_LIST: &[&str] = &[JSON, NINJS, JSON_LD];
/// The media types of an article.
pub const OF_ONE: &[&str] = &[JSON, NINJS, JSON_LD, NEWSML];

/// A format with a media type.
pub trait Typed: Word + PartialEq {
    /// All of them, each with its media type, the usual one first.
    const TYPES: &'static [(&'static str, Self)];
}

impl Typed for Format {
    const TYPES: &'static [(&'static str, Self)] = &[
        (JSON, Self::Json),
        (NINJS, Self::Ninjs),
        (JSON_LD, Self::JsonLd),
        (NEWSML, Self::NewsMl),
    ];
}

impl Typed for ListFormat {
    const TYPES: &'static [(&'static str, Self)] =
        &[(JSON, Self::Json), (NINJS, Self::Ninjs), (JSON_LD, Self::JsonLd)];
}

/// The parameter `format`: any page of a list may have another.
#[derive(Clone, Copy, Debug)]
pub struct In<F>(Option<F>);

impl<F> Default for In<F> {
    fn default() -> Self {
        Self(None)
    }
}

impl<F: Typed> In<F> {
    /// The format of the answer to a request with these headers.
    pub fn of(self, headers: &HeaderMap) -> F {
        let (_, usual) = F::TYPES[0];
        let types: Vec<&str> = F::TYPES.iter().map(|(media_type, _)| *media_type).collect();
        self.0.unwrap_or_else(|| {
            let wanted = accept::media_type(headers, &types);
            let found = F::TYPES.iter().find(|(media_type, _)| Some(*media_type) == wanted);
            found.map_or(usual, |(_, format)| *format)
        })
    }

    /// The format that the parameter names.
    pub const fn given(self) -> Option<F>
    where
        F: Copy,
    {
        self.0
    }

    /// An answer, with what it depends on.
    #[must_use]
    pub fn noted(self, reply: Reply) -> Reply {
        let reply = reply.varies_by(&ACCEPT);
        match self.0 {
            Some(_) => reply,
            None => reply.negotiated(),
        }
    }
}

impl<F: Typed> QueryMember for In<F>
where
    Option<F>: QueryMember<Value = F>,
{
    type Value = F;
    const NARROWS: bool = false;
    const DOC: &'static str =
        "The format of the answer; without it, the header `Accept` decides, and else it is `json`.";

    fn of(value: F) -> Self {
        Self(Some(value))
    }

    fn absent() -> Option<Self> {
        Some(Self(None))
    }

    fn default_value() -> Option<Value> {
        None
    }

    fn bound(&self) -> String {
        String::new()
    }
}

/// Refuses parameters that other formats than JSON have no place for.
///
/// # Errors
/// `invalid_parameter`.
pub fn refuse_members(given: &[(&'static str, bool)]) -> Result<(), Problem> {
    match given.iter().find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((name, _)) => Err(Problem::parameter(
            name,
            format!("The parameter `{name}` is for `format=json` alone; leave it out."),
        )),
    }
}
