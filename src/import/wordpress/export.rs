//! What an export says as a whole, and what its posts refer to: the first pass.

use std::collections::{HashMap, HashSet};
use std::io::BufRead;

use percent_encoding::percent_decode_str;

use super::record::{self, Post, children, walk};
use super::times::{self, Offsets};
use crate::domain::instant::Instant;
use crate::domain::slug::{is_slug, spell};
use crate::import::words::{bounded_id, line_of_html};
use crate::import::xml::{Stopped, Xml};

/// Longest synced pattern, in bytes: twice the longest article.
const PATTERN_MAX: usize = 1024 * 1024;
/// All synced patterns of an export, in bytes: they are held in memory. Posts that show further ones are refused.
const PATTERNS_MAX: usize = 32 * 1024 * 1024;
/// What WordPress puts behind the slug of a post that goes to the trash.
const TRASHED: &str = "__trashed";

/// A synced pattern: a text that stands in many posts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Its text, in blocks.
    Text(String),
    /// WordPress shows nothing in its place: it is a draft, in the trash, or has a password.
    Hidden,
}

/// A picture of the media library.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// Its URL.
    pub url: String,
    /// What it shows, for those who cannot see it.
    pub alt: Option<String>,
    /// Its caption in one line.
    pub caption: Option<String>,
}

/// Who has a slug.
#[derive(Clone, Copy, Debug)]
struct Owner {
    post: u64,
    /// True if the post was given its slug for good: drafts may have one that another post has.
    is_out: bool,
}

/// What is known of an export after the first pass.
#[derive(Debug, Default)]
pub struct Site {
    /// The address of the site, without a slash at its end.
    pub url: String,
    /// The version of the format.
    pub version: String,
    /// When the export was written, if it says so.
    pub exported_at: Option<Instant>,
    /// The names of authors, by their logins.
    pub authors: HashMap<String, String>,
    /// Synced patterns, by their numbers.
    pub patterns: HashMap<u64, Pattern>,
    /// Pictures, by their numbers.
    pub pictures: HashMap<u64, Picture>,
    /// The slugs of categories, by their numbers.
    pub categories: HashMap<u64, String>,
    /// The offsets of the site's clock.
    pub offsets: Offsets,
    /// Posts with members behind their comments.
    pub late: HashSet<u64>,
    /// The newest time of an edit or a comment in it.
    newest: Option<Instant>,
    slugs: HashMap<String, Owner>,
    pattern_bytes: usize,
}

impl Site {
    /// Reads a whole export.
    ///
    /// # Errors
    /// If it is no XML, or no whole one.
    pub fn read<R: BufRead>(xml: &mut Xml<R>) -> Result<Self, Stopped> {
        let mut site = Self::default();
        let mut addresses = [const { String::new() }; 3];
        walk(xml, |xml, element| {
            match element.name.as_str() {
                "wp:base_blog_url" => addresses[0] = xml.text()?,
                "link" => addresses[1] = xml.text()?,
                "wp:base_site_url" => addresses[2] = xml.text()?,
                "wp:wxr_version" => site.version = xml.text()?.trim().to_owned(),
                "pubDate" => site.exported_at = times::of_rss(&xml.text()?),
                "wp:author" => {
                    let members = children(xml)?;
                    let get = |name: &str| members.get(name).map_or("", |text| text.trim());
                    if let Some(name) = line_of_html(get("wp:author_display_name")) {
                        site.authors.insert(get("wp:author_login").to_owned(), name);
                    }
                }
                "wp:category" => {
                    let members = children(xml)?;
                    let get = |name: &str| members.get(name).map_or("", |text| text.trim());
                    if let Ok(id) = get("wp:term_id").parse() {
                        site.categories.insert(id, get("wp:category_nicename").to_owned());
                    }
                }
                "item" => {
                    let Self { offsets, newest, .. } = &mut site;
                    let post = record::post(xml, element.line, &mut |_, comment| {
                        let in_utc = comment.get("wp:comment_date_gmt");
                        offsets.learn(comment.get("wp:comment_date"), in_utc);
                        *newest = (*newest).max(times::utc(in_utc));
                        Ok(())
                    })?;
                    site.learn(&post);
                }
                _ => xml.skip()?,
            }
            Ok(())
        })?;
        let mut found = addresses.iter().map(|address| address.trim().trim_end_matches('/'));
        site.url = found.find(|address| !address.is_empty()).unwrap_or_default().to_owned();
        Ok(site)
    }

    /// Learns what other posts may refer to.
    pub fn learn(&mut self, post: &Post) {
        self.offsets.learn(post.get("wp:post_date"), post.get("wp:post_date_gmt"));
        self.newest = self.newest.max(times::utc(post.get("wp:post_modified_gmt")));
        let Some(id) = post.id() else {
            return;
        };
        if post.is_late {
            self.late.insert(id);
        }
        let status = post.get("wp:status").trim();
        match post.get("wp:post_type").trim() {
            "wp_block" => {
                let text = post.get("content:encoded");
                let is_shown = status == "publish" && post.get("wp:post_password").is_empty();
                if !is_shown {
                    self.patterns.insert(id, Pattern::Hidden);
                } else if text.len() <= PATTERN_MAX
                    && self.pattern_bytes + text.len() <= PATTERNS_MAX
                {
                    self.pattern_bytes += text.len();
                    self.patterns.insert(id, Pattern::Text(text.to_owned()));
                }
            }
            "attachment" => {
                let alt = post.meta("_wp_attachment_image_alt").and_then(line_of_html);
                let caption = line_of_html(post.get("excerpt:encoded"));
                let url = post.get("wp:attachment_url").trim().to_owned();
                self.pictures.insert(id, Picture { url, alt, caption });
            }
            "post" if !matches!(status, "trash" | "post-trashed" | "auto-draft") => {
                let Some(slug) = slug_of(post.get("wp:post_name")) else {
                    return;
                };
                let is_out = matches!(status, "publish" | "future" | "private");
                let owner = self.slugs.entry(slug).or_insert(Owner { post: id, is_out });
                if is_out && !owner.is_out {
                    *owner = Owner { post: id, is_out };
                }
            }
            _ => {}
        }
    }

    /// The instant at which the site was as the export says, in microseconds since 1970. It is not before the newest time in
    /// the file.
    pub fn as_of(&self) -> Option<i64> {
        self.exported_at.or(self.newest).map(Instant::as_micros)
    }

    /// True if another post than this one has the slug.
    pub fn is_taken(&self, slug: &str, post: u64) -> bool {
        self.slugs.get(slug).is_some_and(|owner| owner.post != post)
    }

    /// The identity of a record: that of its site, its kind and its number.
    pub fn source_id(&self, kind: &str, id: u64) -> String {
        bounded_id(format!("wordpress {} {kind} {id}", self.url))
    }
}

/// The slug of a name as WordPress stores it: percent-encoded, in any script, and cut after 200 octets; none if it has
/// no letters.
pub fn slug_of(name: &str) -> Option<String> {
    let name = name.trim();
    let name = match name.find(TRASHED) {
        Some(at) if name[at + TRASHED.len()..].chars().all(|c| c == '-' || c.is_ascii_digit()) => {
            &name[..at]
        }
        _ => name,
    };
    let decoded = percent_decode_str(name).decode_utf8_lossy();
    // A name that was cut ends with a part of a letter.
    spell(decoded.trim_end_matches('\u{fffd}')).filter(|slug| is_slug(slug))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_decoded_and_spelled() {
        for (name, want) in [
            ("storm-closes", Some("storm-closes")),
            ("%d0%bc%d0%be%d1%80%d0%b5", Some("more")),
            ("%d0%bc%d0%be%d1%80%d0%b5%d0", Some("more")),
            ("mayor__trashed", Some("mayor")),
            ("mayor__trashed-2", Some("mayor")),
            ("22-2", Some("22-2")),
            ("", None),
            ("%f0%9f%98%80", spell("\u{1f600}").as_deref()),
        ] {
            assert_eq!(slug_of(name).as_deref(), want, "{name}");
        }
    }
}
