//! Articles in formats that others read: feeds, sitemaps, ninjs, NewsML-G2 and schema.org's JSON-LD.
//!
//! Each format is a pure function of [`Piece`]s, which are made of stories: none of them can be made without the
//! disclaimers of its article.

pub mod atom;
pub mod json_feed;
pub mod json_ld;
pub mod newsml;
pub mod ninjs;
pub mod notices;
mod piece;
pub mod rss;
#[cfg(test)]
pub mod sample;
pub mod sitemap;
mod uri;
mod xml;

pub use piece::{Feed, HTML, Page, Piece, Site};
